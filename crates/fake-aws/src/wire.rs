//! AWS's protocols: query (IAM, STS, SNS), JSON (most others), REST (S3, Roles Anywhere, Lambda).

use std::fmt::Write as _;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::call::{Answer, Refusal, Request};
use crate::caller::Credential;
use crate::{publishing, roles_anywhere};

/// A request, read.
pub(crate) struct Read {
    pub(crate) request: Request,
    pub(crate) credential: Option<Credential>,
}

/// Reads a request of any service: which one, and in which Region, its signature's scope says.
pub(crate) fn read(http: &HttpRequest) -> Read {
    let body = http.body().bytes().expect("bodies are in memory").to_vec();
    let scope = http.headers().get("authorization").and_then(|text| text.split("Credential=").nth(1));
    let scope: Vec<&str> =
        scope.and_then(|text| text.split(',').next()).unwrap_or_default().trim().split('/').collect();
    let (key_id, region, service) = match scope.as_slice() {
        [key, _date, region, service, "aws4_request"] => (Some(*key), *region, *service),
        _ => (None, "us-east-1", "sts"),
    };
    let token = http.headers().get("x-amz-security-token").map(str::to_owned);
    let credential = key_id.map(|key_id| Credential { key_id: key_id.to_owned(), token });
    let (operation, input) = match service {
        "s3" => publishing::route(http.method(), http.uri(), http.headers().get("if-none-match")),
        "rolesanywhere" => roles_anywhere::route(http.method(), http.uri(), &body),
        "lambda" => ("Invoke".to_owned(), json!({ "Uri": http.uri() })),
        _ => match http.headers().get("x-amz-target") {
            Some(target) => (
                target.rsplit('.').next().unwrap_or_default().to_owned(),
                serde_json::from_slice(&body).expect("the SDK writes JSON"),
            ),
            None => form(std::str::from_utf8(&body).expect("forms are text")),
        },
    };
    let body = if matches!(service, "s3" | "lambda") { body } else { vec![] };
    let request = Request { service: service.to_owned(), operation, region: region.to_owned(), input, body };
    Read { request, credential }
}

/// The query protocol: `Tags.member.1.Key=a` is the first of a list's members, `A.entry.1.key` the first of a map's.
fn form(text: &str) -> (String, Value) {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut input = Value::Object(Map::new());
    let mut operation = String::new();
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        match (decoded(name).as_str(), decoded(value)) {
            ("Action", value) => operation = value,
            ("Version", _) => {}
            (name, value) => set(&mut input, &name.split('.').collect::<Vec<_>>(), value),
        }
    }
    (operation, input)
}

fn set(at: &mut Value, path: &[&str], value: String) {
    match path {
        [] => *at = Value::String(value),
        ["member" | "entry", number, rest @ ..] if number.parse::<usize>().is_ok() => {
            let n = number.parse::<usize>().unwrap_or(1).saturating_sub(1);
            if !at.is_array() {
                *at = json!([]);
            }
            let list = at.as_array_mut().expect("made above");
            while list.len() <= n {
                list.push(Value::Object(Map::new()));
            }
            set(&mut list[n], rest, value);
        }
        [name, rest @ ..] => {
            if !at.is_object() {
                *at = json!({});
            }
            set(&mut at[*name], rest, value);
        }
    }
}

/// Writes an answer in the protocol of the service that was asked.
pub(crate) fn write(request: &Request, answer: Answer) -> HttpResponse {
    let service = request.service.as_str();
    let (status, body) = match (service, answer) {
        ("iam" | "sts" | "sns", Ok(result)) => {
            let operation = &request.operation;
            let mut xml = format!("<{operation}Response><{operation}Result>");
            members(&mut xml, &result);
            let _ = write!(
                xml,
                "</{operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
            );
            (200, xml.into_bytes())
        }
        ("iam" | "sts" | "sns", Err(Refusal { status, code, message, .. })) => {
            let mut xml = String::from("<ErrorResponse><Error><Type>Sender</Type>");
            members(&mut xml, &json!({ "Code": code, "Message": message }));
            xml.push_str("</Error><RequestId>r</RequestId></ErrorResponse>");
            (status, xml.into_bytes())
        }
        ("s3", Ok(result)) => (200, publishing::object_of(&result)),
        ("s3", Err(Refusal { status, code, message, .. })) => {
            let mut xml = String::from("<Error>");
            members(&mut xml, &json!({ "Code": code, "Message": message }));
            xml.push_str("</Error>");
            (status, xml.into_bytes())
        }
        (_, Ok(result)) => (200, result.to_string().into_bytes()),
        (_, Err(Refusal { status, code, message, extra })) => {
            let mut document = json!({ "__type": code, "message": message });
            for (name, value) in extra.as_object().into_iter().flatten() {
                document[name] = value.clone();
            }
            (status, document.to_string().into_bytes())
        }
    };
    HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body))
}

/// Members of a structure as elements; what is null is left out, a list has `member`s.
fn members(xml: &mut String, of: &Value) {
    for (name, value) in of.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let _ = write!(xml, "<{name}>");
        element(xml, value);
        let _ = write!(xml, "</{name}>");
    }
}

fn element(xml: &mut String, value: &Value) {
    match value {
        Value::Object(_) => members(xml, value),
        Value::Array(list) => {
            for item in list {
                xml.push_str("<member>");
                element(xml, item);
                xml.push_str("</member>");
            }
        }
        Value::String(text) => escape(xml, text),
        other => {
            let _ = write!(xml, "{other}");
        }
    }
}

fn escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            c if (c as u32) < 0x20 && !matches!(c, '\t' | '\n' | '\r') => {}
            '\r' => xml.push_str("&#xD;"),
            c => xml.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_nests_as_the_service_means_it() {
        let (operation, input) = form(
            "Action=TagUser&Version=2010-05-08&UserName=a%2Bb&Tags.member.1.Key=k&Tags.member.1.Value=v+w\
             &Tags.member.2.Key=l&PolicyArns.member.1.arn=x&Attributes.entry.1.Name=n",
        );
        assert_eq!(operation, "TagUser");
        assert_eq!(
            input,
            json!({
                "UserName": "a+b", "Tags": [{ "Key": "k", "Value": "v w" }, { "Key": "l" }],
                "PolicyArns": [{ "arn": "x" }], "Attributes": [{ "Name": "n" }],
            })
        );
    }

    #[test]
    fn an_answer_of_iam_is_xml_without_what_is_absent() {
        let mut xml = String::new();
        members(
            &mut xml,
            &json!({ "IsTruncated": false, "User": { "Path": "/a&b/", "Tags": [{ "Key": "k" }], "Zone": null } }),
        );
        assert_eq!(
            xml,
            "<IsTruncated>false</IsTruncated><User><Path>/a&amp;b/</Path><Tags><member><Key>k</Key></member></Tags></User>"
        );
    }
}
