//! A Lambda on this machine that answers what a test says, and remembers what it was asked.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Dir, Run};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lambda's header that says that the function failed.
    pub(crate) failed: bool,
    /// Lambda's own error code.
    pub(crate) code: Option<&'static str>,
    pub(crate) body: Value,
    /// What STS answers, which is XML.
    pub(crate) xml: Option<String>,
    pub(crate) after: Duration,
}

/// STS knows whose key it is.
pub(crate) fn sts_says(account: &str) -> Answer {
    let xml = format!(
        "<GetAccessKeyInfoResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetAccessKeyInfoResult>\
         <Account>{account}</Account></GetAccessKeyInfoResult></GetAccessKeyInfoResponse>"
    );
    Answer { xml: Some(xml), ..answers(Value::Null) }
}

/// The function answers this.
pub(crate) fn answers(body: Value) -> Answer {
    Answer { status: 200, failed: false, code: None, body, xml: None, after: Duration::ZERO }
}

/// Lambda answers with this error.
pub(crate) fn lambda_says(status: u16, code: &'static str) -> Answer {
    Answer { status, code: Some(code), ..answers(json!({"Message": format!("{code} it is")})) }
}

/// One invocation.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl Asked {
    pub(crate) fn proof(&self) -> &Value {
        &self.body["proof"]["headers"]
    }
}

pub(crate) struct Lambda {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Lambda {
    /// Gives these answers in turn, and the last one again and again.
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (remembered, mut answers) = (Arc::clone(&asked), answers.into_iter().collect::<VecDeque<_>>());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
                serve(stream.unwrap(), &answer.unwrap(), &remembered);
            }
        });
        Self { port, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs `sever` against this Lambda, and checks that nothing secret is printed.
    pub(crate) fn sever(&self, dir: &Dir, args: &[&str]) -> Run {
        let endpoint = format!("http://{}", self.host());
        let run = sever(dir, args, &[("AWS_ENDPOINT_URL", &endpoint)]);
        for asked in self.asked() {
            if let Some(authorization) = asked.proof()["authorization"].as_str() {
                let (_, signature) = authorization.split_once("Signature=").unwrap();
                assert!(!run.out.contains(signature) && !run.err.contains(signature), "{run:?}");
            }
        }
        run
    }
}

/// Runs `sever` as somebody who is signed in.
pub(crate) fn sever(dir: &Dir, args: &[&str], environment: &[(&str, &str)]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_sever"))
        .args(args)
        .current_dir(dir.path())
        .env_clear()
        .envs([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_SESSION_TOKEN", TOKEN),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_CONFIG_FILE", "config"),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .envs(environment.iter().copied())
        .output();
    let run = Run::of(output.unwrap());
    for secret in [SECRET, TOKEN] {
        assert!(!run.out.contains(secret) && !run.err.contains(secret), "{run:?}");
    }
    run
}

fn serve(mut stream: TcpStream, answer: &Answer, remembered: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = || {
        let mut text = String::new();
        reader.read_line(&mut text).unwrap();
        text.trim_end().to_owned()
    };
    let path = line().split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line().split_once(": ") {
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    // What STS is asked is a form, and kept as the text that it is.
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    remembered.lock().unwrap().push(Asked { path, headers, body });
    std::thread::sleep(answer.after);
    let failed = if answer.failed { "x-amz-function-error: Unhandled\r\n" } else { "" };
    let code = answer.code.map(|code| format!("x-amzn-errortype: {code}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {} answer\r\nconnection: close\r\n{failed}{code}", answer.status);
    let body = answer.xml.clone().unwrap_or_else(|| answer.body.to_string());
    // Whoever asked may be gone by now.
    let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
}
