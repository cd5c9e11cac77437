//! Ways in that are no signed API calls, as the emulator's overlay serves them (tests/emulator/README.md): the console, API
//! keys, Git over HTTPS and SSH.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use aws_sdk_iam::types::{ServiceSpecificCredential, StatusType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::events::unique;
use crate::identities::HeldKey;
use crate::stack::{ACCOUNT, Stack};

/// A public key and a certificate: AWS checks that they are real. Nothing is signed with their private halves, which are gone.
pub const SSH_PUBLIC_KEY: &str = include_str!("../material/ssh.pub");
/// Two, because an account takes each but once.
pub const CERTIFICATES: [&str; 2] =
    [include_str!("../material/certificate.pem"), include_str!("../material/other.pem")];

/// What an HTTP server answered.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Sends one request to the emulator, without any signature.
pub async fn http(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").expect("the emulator's address");
    let address = endpoint.strip_prefix("http://").expect("the emulator speaks HTTP").trim_end_matches('/').to_owned();
    let mut head =
        vec![format!("{method} {path} HTTP/1.1"), format!("Host: {address}"), "Connection: close".to_owned()];
    head.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    head.push(format!("Content-Length: {}", body.len()));
    let request = format!("{}\r\n\r\n{body}", head.join("\r\n"));
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("the emulator listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
        stream.write_all(request.as_bytes()).expect("the request is sent");
        let mut answer = Vec::new();
        // Whatever came before the other side closed counts.
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    let answer = answer.await.expect("a thread");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, body: body.to_owned() }
}

/// A user with one of each credential that a user can have, and a session that was started with one of its keys.
pub struct Everything {
    /// The user.
    pub user: String,
    /// Two access keys.
    pub keys: [HeldKey; 2],
    password: String,
    ssh: String,
    certificate: String,
    bedrock: ServiceSpecificCredential,
    git: ServiceSpecificCredential,
    session: aws_sdk_iam::Client,
}

/// The access paths that stand open, by name.
pub const ACCESS_PATHS: [&str; 7] = ["key 0", "key 1", "session", "console", "bedrock", "git", "ssh"];

impl Stack {
    /// Makes a user who holds everything.
    pub async fn everything(&self, user: &str, path: &str, tags: &[(&str, &str)]) -> Everything {
        self.user(user, path, tags).await;
        let allow = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": [
            "bedrock:CallWithBearerToken", "bedrock:InvokeModel", "codecommit:GitPull", "codecommit:GitPush"]}]});
        let put = self.iam.put_user_policy().user_name(user).policy_name("more").policy_document(allow.to_string());
        put.send().await.expect("a policy");
        let keys = [self.key(user).await, self.key(user).await];
        let password = format!("Aa1!{}", unique("password"));
        let login = self.iam.create_login_profile().user_name(user).password(&password).send();
        login.await.expect("a password");
        let ssh = self.iam.upload_ssh_public_key().user_name(user).ssh_public_key_body(SSH_PUBLIC_KEY).send();
        let ssh =
            ssh.await.expect("an SSH public key").ssh_public_key().expect("the key").ssh_public_key_id().to_owned();
        let upload = self.iam.upload_signing_certificate().user_name(user).certificate_body(CERTIFICATES[0]).send();
        let certificate = upload.await.expect("a certificate").certificate().expect("it").certificate_id().to_owned();
        let bedrock = self.service_credential(user, "bedrock.amazonaws.com").await;
        let git = self.service_credential(user, "codecommit.amazonaws.com").await;
        let session = self.user_session(&keys[1]).await;
        Everything { user: user.to_owned(), keys, password, ssh, certificate, bedrock, git, session }
    }

    /// Makes a service-specific credential.
    pub async fn service_credential(&self, user: &str, service: &str) -> ServiceSpecificCredential {
        let made = self.iam.create_service_specific_credential().user_name(user).service_name(service).send().await;
        made.expect("a credential").service_specific_credential().expect("it").clone()
    }

    /// Starts a session with a user's key (`sts:GetSessionToken`), and returns a client that uses it.
    pub async fn user_session(&self, key: &HeldKey) -> aws_sdk_iam::Client {
        let sts = aws_sdk_sts::config::Builder::from(self.sdk()).credentials_provider(key.credentials()).build();
        let given = aws_sdk_sts::Client::from_conf(sts).get_session_token().send().await.expect("a session");
        let given = given.credentials().expect("its credentials");
        let credentials = aws_sdk_iam::config::Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "test",
        );
        let config = aws_sdk_iam::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Whether an API key for Bedrock is let in.
    pub async fn bedrock_opens(&self, credential: &ServiceSpecificCredential) -> bool {
        let secret = credential.service_credential_secret().expect("an API key has a secret");
        let bearer = format!("Bearer {secret}");
        let body = r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#;
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        http("POST", "/model/any/converse", &headers, body).await.status == 200
    }
}

impl Everything {
    /// The access paths that are open, of [`ACCESS_PATHS`], in their order.
    pub async fn open(&self, stack: &Stack) -> Vec<&'static str> {
        let mut open = Vec::new();
        for (name, key) in ["key 0", "key 1"].into_iter().zip(&self.keys) {
            if stack.accepts(key).await.is_ok() {
                open.push(name);
            }
        }
        if self.session.get_user().user_name(&self.user).send().await.is_ok() {
            open.push("session");
        }
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let sign_in =
            format!("AccountId={ACCOUNT}&UserName={}&Password={}", encode(&self.user), encode(&self.password));
        if http("POST", "/_overlay/signin", &form, &sign_in).await.status == 200 {
            open.push("console");
        }
        if stack.bedrock_opens(&self.bedrock).await {
            open.push("bedrock");
        }
        let basic = format!("{}:{}", self.git.service_user_name(), self.git.service_password());
        let basic = format!("Basic {}", STANDARD.encode(basic));
        let path = "/v1/repos/any/info/refs?service=git-upload-pack";
        if http("GET", path, &[("Authorization", basic.as_str())], "").await.status == 200 {
            open.push("git");
        }
        let ssh = format!("SSHPublicKeyId={}&Repository=any&Service=git-upload-pack", self.ssh);
        if http("POST", "/_overlay/ssh", &form, &ssh).await.status == 200 {
            open.push("ssh");
        }
        open
    }

    /// The state of the credential that opens no access path here: the signing certificate.
    pub async fn certificate_status(&self, stack: &Stack) -> StatusType {
        let listed = stack.iam.list_signing_certificates().user_name(&self.user).send().await.expect("certificates");
        let mine = listed.certificates().iter().find(|one| one.certificate_id() == self.certificate);
        mine.expect("the certificate").status().clone()
    }

    /// Starts a new session with the second key.
    pub async fn start_session(&mut self, stack: &Stack) {
        self.session = stack.user_session(&self.keys[1]).await;
    }
}
