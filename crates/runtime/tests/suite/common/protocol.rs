//! What a request says, whatever its service's protocol, and how an answer is written in it.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// One request, read.
pub(crate) struct Call {
    pub(crate) action: String,
    /// What the service's protocol carries: a form, JSON, or an object with its key.
    pub(crate) input: Value,
    pub(crate) body: Vec<u8>,
}

/// One answer. Errors give a status and a code.
pub(crate) type Answer = Result<String, (u16, String)>;

pub(crate) fn read(request: &HttpRequest) -> Call {
    let body = request.body().bytes().unwrap().to_vec();
    let host = request.uri().split('/').nth(2).unwrap();
    if host.contains("s3.") {
        let create_only = request.headers().get("if-none-match") == Some("*");
        let key = request.uri().splitn(4, '/').last().unwrap().split('?').next().unwrap().to_owned();
        let operation = match request.method() {
            "PUT" => "PutObject",
            "GET" => "GetObject",
            other => panic!("S3 was asked to {other}"),
        };
        return Call { action: format!("s3:{operation}"), input: json!({"key": key, "createOnly": create_only}), body };
    }
    let service = host.split('.').next().unwrap();
    if service == "lambda" {
        return Call { action: "lambda:Invoke".to_owned(), input: json!({"at": request.uri()}), body };
    }
    if service == "rolesanywhere" {
        let (operation, input) = read_profile_call(request, &body);
        return Call { action: format!("rolesanywhere:{operation}"), input, body: vec![] };
    }
    let (operation, input) = if let Some(target) = request.headers().get("x-amz-target") {
        (target.rsplit('.').next().unwrap().to_owned(), serde_json::from_slice(&body).unwrap())
    } else {
        let mut form = form(std::str::from_utf8(&body).unwrap());
        let authorization = request.headers().get("authorization").unwrap_or_default();
        let signer = authorization.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
        if form["Action"] == "GetCallerIdentity" {
            form["Signer"] = signer.unwrap_or_default().into();
        }
        (form["Action"].as_str().unwrap().to_owned(), form)
    };
    Call { action: format!("{service}:{operation}"), input, body: vec![] }
}

fn form(text: &str) -> Value {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    Value::Object(pairs.map(|(name, value)| (decode(name), decode(value).into())).collect())
}

/// Roles Anywhere's protocol names the operation by method and path.
fn read_profile_call(request: &HttpRequest, body: &[u8]) -> (&'static str, Value) {
    let mut parts = request.uri().split('/').skip(2);
    let region = parts.next().unwrap().split('.').nth(1).unwrap().to_owned();
    let of = parts.next().unwrap().split('?').next().unwrap();
    if of == "profiles" {
        return ("ListProfiles", json!({"profile": region}));
    }
    assert_eq!(of, "profile");
    let id = parts.next().unwrap();
    let operation = match (request.method(), parts.next()) {
        ("GET", None) => "GetProfile",
        ("PATCH", None) => "UpdateProfile",
        ("POST", Some("disable")) => "DisableProfile",
        ("POST", Some("enable")) => "EnableProfile",
        other => panic!("Roles Anywhere was asked for {other:?}"),
    };
    let mut input: Value = serde_json::from_slice(body).unwrap_or_else(|_| json!({}));
    input["profile"] = format!("{region}/{id}").into();
    (operation, input)
}

pub(crate) fn response(call: &Call, answer: Answer) -> HttpResponse {
    let (status, body) = match answer {
        Ok(body) => (200, body),
        // What is a whole document already carries more than a code.
        Err((status, document)) if document.starts_with('{') => (status, document),
        Err((status, code)) => (status, error_document(&call.action, &code)),
    };
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

/// An answer with nothing in it.
pub(crate) fn blank(action: &str) -> String {
    match action.split_once(':').unwrap() {
        ("iam" | "sns" | "sts", of) => format!("<{of}Response><{of}Result></{of}Result></{of}Response>"),
        _ => "{}".to_owned(),
    }
}

fn error_document(action: &str, code: &str) -> String {
    let message = format!("{action} was answered with {code}");
    match action.split_once(':').unwrap().0 {
        "iam" | "sns" | "sts" => format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r</RequestId></ErrorResponse>"
        ),
        "s3" => format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        _ => json!({"__type": code, "message": message}).to_string(),
    }
}
