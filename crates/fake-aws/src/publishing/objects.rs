//! S3: objects with all their versions, written once where the writer asks for it.

use aws_smithy_types::base64;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::tables::Object;
use crate::call::{Answer, Call, Refusal};
use crate::state::State;

/// Which operation of S3 a path and method mean: bucket in the path, or in the host's name.
pub(crate) fn route(method: &str, uri: &str, if_none_match: Option<&str>) -> (String, Value) {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (bucket, key) = match host.split_once(".s3.").or_else(|| host.split_once(".s3-")) {
        Some((bucket, _)) => (bucket, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    let mut input = json!({ "Bucket": decoded(bucket), "Key": decoded(key) });
    if let Some(condition) = if_none_match {
        input["IfNoneMatch"] = condition.into();
    }
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        if name == "versionId" {
            input["VersionId"] = decoded(value).into();
        }
    }
    let operation = match (method, bucket, key) {
        ("GET", "", _) => "ListBuckets",
        ("GET", _, "") => "ListObjectsV2",
        ("PUT", _, "") => "CreateBucket",
        ("PUT", ..) => "PutObject",
        ("GET", ..) => "GetObject",
        ("HEAD", ..) => "HeadObject",
        ("DELETE", ..) => "DeleteObject",
        other => panic!("S3 was asked for {other:?}"),
    };
    (operation.to_owned(), input)
}

/// The bytes of an answer that is an object.
pub(crate) fn object_of(result: &Value) -> Vec<u8> {
    base64::decode(result["Body"].as_str().unwrap_or_default()).unwrap_or_default()
}

fn address(call: &Call) -> (String, String) {
    (call.text("Bucket").to_owned(), call.text("Key").to_owned())
}

pub(super) fn put(state: &mut State, call: &Call) -> Answer {
    let version = state.unique("version-");
    let versions = state.publishing.versions.entry(address(call)).or_default();
    match call.text("IfNoneMatch") {
        "" => {}
        "*" => {
            if versions.last().is_some_and(|last| !last.is_marker) {
                let why = "At least one of the pre-conditions you specified did not hold";
                return Err(Refusal::new(412, "PreconditionFailed", why));
            }
        }
        // S3 takes no ETag here (user guide, "Conditional writes").
        _ => return Err(Refusal::new(501, "NotImplemented", "If-None-Match takes an asterisk only")),
    }
    versions.push(Object {
        version: version.clone(),
        stored_at: call.at,
        body: call.request.body.clone(),
        is_marker: false,
    });
    Ok(json!({ "VersionId": version }))
}

pub(super) fn get(state: &State, call: &Call) -> Answer {
    let versions = state.publishing.versions_of(call.text("Bucket"), call.text("Key"));
    let found = match call.text("VersionId") {
        "" => versions.last(),
        id => versions.iter().find(|object| object.version == id),
    };
    let found = found.filter(|object| !object.is_marker);
    let object = found.ok_or_else(|| Refusal::new(404, "NoSuchKey", "The specified key does not exist."))?;
    let body = if call.request.operation == "HeadObject" { String::new() } else { base64::encode(&object.body) };
    Ok(json!({ "VersionId": object.version, "Body": body }))
}

/// Without a version, a marker hides what is there; a version that is named is gone for good.
pub(super) fn delete(state: &mut State, call: &Call) -> Value {
    let version = state.unique("version-");
    if let Some(versions) = state.publishing.versions.get_mut(&address(call)) {
        match call.text("VersionId") {
            "" => versions.push(Object { version, stored_at: call.at, body: vec![], is_marker: true }),
            id => versions.retain(|object| object.version != id),
        }
    }
    json!({})
}
