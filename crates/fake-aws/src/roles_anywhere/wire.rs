//! REST: method and path name the operation.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

/// Which operation a path and method mean.
pub(crate) fn route(method: &str, uri: &str, body: &[u8]) -> (String, Value) {
    let path = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut input: Value = serde_json::from_slice(body).unwrap_or_else(|_| json!({}));
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        input[decoded(name)] = decoded(value).into();
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let operation = match (method, parts.as_slice()) {
        ("GET", ["profiles"]) => "ListProfiles",
        ("POST", ["profiles"]) => "CreateProfile",
        ("GET", ["profile", _]) => "GetProfile",
        ("PATCH", ["profile", _]) => "UpdateProfile",
        ("DELETE", ["profile", _]) => "DeleteProfile",
        ("POST", ["profile", _, "enable"]) => "EnableProfile",
        ("POST", ["profile", _, "disable"]) => "DisableProfile",
        ("GET", ["trustanchors"]) => "ListTrustAnchors",
        ("POST", ["trustanchors"]) => "CreateTrustAnchor",
        ("GET", ["trustanchor", _]) => "GetTrustAnchor",
        ("DELETE", ["trustanchor", _]) => "DeleteTrustAnchor",
        ("POST", ["trustanchor", _, "enable"]) => "EnableTrustAnchor",
        ("POST", ["trustanchor", _, "disable"]) => "DisableTrustAnchor",
        other => panic!("Roles Anywhere was asked for {other:?}"),
    };
    match parts.as_slice() {
        ["profile", id, ..] => input["profileId"] = decoded(id).into(),
        ["trustanchor", id, ..] => input["trustAnchorId"] = decoded(id).into(),
        _ => {}
    }
    (operation.to_owned(), input)
}
