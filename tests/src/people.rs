//! People who ask the responder: at its URL, and with `sever`.

use serde_json::Value;

use crate::access_paths;
use crate::events::unique;
use crate::identities::HeldKey;
use crate::stack::{ACCOUNT, Stack};

/// Somebody who may invoke the responder, and nothing else.
pub struct Person<'a> {
    stack: &'a Stack,
    /// The ARN, as STS states it.
    pub arn: String,
    key: HeldKey,
}

/// What a run of `sever` came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What `--json` printed, or null.
    pub json: Value,
    /// What was printed to standard error.
    pub stderr: String,
}

impl Stack {
    /// Makes somebody who may invoke the responder.
    pub async fn person(&self, name: &str) -> Person<'_> {
        let name = unique(name);
        self.user(&name, "/people/", &[]).await;
        let policy = self.name("INVOKE_POLICY");
        self.iam.attach_user_policy().user_name(&name).policy_arn(policy).send().await.expect("the policy is attached");
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/people/{name}");
        Person { stack: self, arn, key: self.key(&name).await }
    }
}

impl Person<'_> {
    /// Asks the responder at its URL, signed by this person.
    pub async fn post(&self, ask: &Value) -> access_paths::Answer {
        use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
        let (url, body) = (self.stack.name("RESPONDER_URL"), ask.to_string());
        let identity = self.key.credentials().into();
        let params = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("lambda")
            .time(std::time::SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("parameters");
        let host = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default().to_owned();
        let headers = [("host", host.as_str())];
        let request = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
        let signed = sign(request.expect("a request"), &params.into()).expect("a signature").into_parts().0;
        let (signed, _) = signed.into_parts();
        let headers: Vec<(&str, &str)> = signed.iter().map(|header| (header.name(), header.value())).collect();
        access_paths::http("POST", &self.stack.url_path(), &headers, &body).await
    }

    /// Runs `sever` with these words, as this person, on this stack.
    pub async fn sever(&self, words: &[&str]) -> Ran {
        let sever = std::env::var("SEVERANCE_SEVER")
            .expect("SEVERANCE_SEVER is not set: these tests run the command itself, run `make test`");
        let mut command = std::process::Command::new(sever);
        command
            .args(words)
            .args(["--json", "--stack", &self.stack.name("STACK")])
            .env("AWS_ACCESS_KEY_ID", &self.key.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.key.secret)
            .env_remove("AWS_SESSION_TOKEN");
        let output =
            tokio::task::spawn_blocking(move || command.output()).await.expect("a thread").expect("sever runs");
        Ran {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
