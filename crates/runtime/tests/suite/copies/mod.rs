//! Where a key lives: every place is looked into, what is refused is said, and no value comes out.

mod search;
mod told;
mod update;

use std::sync::Arc;

use crate::account::*;
use serde_json::{Value, json};
use severance_aws::calls::CallCounter;
use severance_aws::copies::CopiesSearch;
use severance_domain::copies::{CopiesFound, CopiesRequest, Place, Updated};
use severance_runtime::serve::Serve;

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const NEW_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
/// What values hold beside the id, and nobody may see.
const VALUE: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";

fn search(account: &Account) -> CopiesSearch {
    CopiesSearch::new(account.sdk(), CallCounter::default(), REGION.to_owned())
}

async fn find(account: &Account, what: Value) -> CopiesFound {
    search(account).run(&CopiesRequest::read(&json!({"search": what})).unwrap()).await
}

async fn key(account: &Account) -> CopiesFound {
    find(account, json!({"accessKey": KEY})).await
}

fn places(found: &CopiesFound) -> Vec<(Place, &str, Option<&str>)> {
    found.copies.iter().map(|copy| (copy.place, copy.arn.as_str(), copy.field.as_deref())).collect()
}

fn parameter(name: &str, value: &str, is_secure: bool) -> Parameter {
    Parameter { name: name.to_owned(), value: value.to_owned(), is_secure, refused: false }
}

fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

fn function(name: &str, value: &str) -> Function {
    let variables = vec![("AWS_ACCESS_KEY_ID".to_owned(), value.to_owned()), ("SECRET".to_owned(), VALUE.to_owned())];
    Function { arn: function_arn(name), variables, refused: false }
}

fn project(name: &str, kind: &str, value: &str, buildspec: &str) -> Value {
    json!({
        "name": name, "arn": format!("arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{name}"),
        "source": {"type": "NO_SOURCE", "buildspec": buildspec},
        "environment": {
            "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [{"name": "KEY", "value": value, "type": kind}, {"name": "S", "value": VALUE}],
        },
    })
}

fn task(name: &str, value: &str) -> Value {
    json!({
        "taskDefinitionArn": format!("arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}:1"),
        "containerDefinitions": [{
            "name": "web", "command": ["run", VALUE],
            "environment": [{"name": "KEY", "value": value}, {"name": "S", "value": VALUE}],
        }],
    })
}

/// The key in every place, and beside each of them what looks like it.
fn everywhere() -> Account {
    let account = Account::default();
    let longer = format!("{KEY}2");
    {
        let mut state = account.state();
        let json = json!({"a": {"accessKeyId": KEY}, "secretAccessKey": VALUE}).to_string();
        let binary = [&[0xff, 0][..], KEY.as_bytes(), &[0xfe]].concat();
        state.secrets = vec![
            secret("json", &json),
            secret("longer", &format!("{longer} X{KEY} {VALUE}")),
            Secret { text: None, binary: Some(binary), ..secret("binary", "") },
            secret("dotenv", &format!("AWS_ACCESS_KEY_ID={KEY}\nAWS_SECRET_ACCESS_KEY={VALUE}\n")),
            secret("same", &json),
            secret("other", VALUE),
        ];
        state.parameters = vec![
            parameter("/ci/key", KEY, false),
            parameter("plain", &format!("{longer}{VALUE}"), false),
            parameter("/ci/secure", &json, true),
        ];
        state.functions =
            vec![function("app:$LATEST", KEY), function("app:3", KEY), function("longer:$LATEST", &longer)];
        state.projects = vec![
            project("build", "PLAINTEXT", KEY, "version: 0.2"),
            project("named", "SECRETS_MANAGER", KEY, ""),
            project("spec", "PLAINTEXT", &longer, &format!("env:\n  variables:\n    K: {KEY}\n    S: {VALUE}")),
        ];
        state.tasks = vec![task("web", KEY), task("longer", &longer)];
    }
    account
}

fn expected() -> Vec<(Place, String, Option<&'static str>)> {
    let of = |service: &str, rest: &str| format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}");
    vec![
        (Place::Secret, secret_arn("binary"), None),
        (Place::Secret, secret_arn("dotenv"), Some("AWS_ACCESS_KEY_ID")),
        (Place::Secret, secret_arn("json"), Some("a.accessKeyId")),
        (Place::Secret, secret_arn("same"), Some("a.accessKeyId")),
        (Place::Parameter, parameter_arn("ci/key"), None),
        (Place::Parameter, parameter_arn("ci/secure"), Some("a.accessKeyId")),
        (Place::FunctionEnvironment, function_arn("app"), Some("AWS_ACCESS_KEY_ID")),
        (Place::FunctionEnvironment, function_arn("app:3"), Some("AWS_ACCESS_KEY_ID")),
        (Place::BuildProject, of("codebuild", "project/build"), Some("KEY")),
        (Place::BuildProject, of("codebuild", "project/spec"), Some("buildspec")),
        (Place::TaskDefinition, of("ecs", "task-definition/web:1"), Some("web/KEY")),
    ]
}

fn of_places(keep: impl Fn(Place) -> bool) -> Vec<(Place, String, Option<&'static str>)> {
    expected().into_iter().filter(|(place, ..)| keep(*place)).collect()
}

fn owned(found: &CopiesFound) -> Vec<(Place, String, Option<&str>)> {
    places(found).into_iter().map(|(place, arn, field)| (place, arn.to_owned(), field)).collect()
}

/// A format: the old id is replaced by the new one.
fn replacing(copy: &str, _source: &str) -> Option<String> {
    copy.starts_with('{').then(|| copy.replace(KEY, NEW_KEY))
}

fn managed(secret: Secret) -> Secret {
    Secret { tags: [("severance:managed".to_owned(), "true".to_owned())].into(), ..secret }
}

/// Copies of each kind, and the secret with the new key.
fn to_update() -> Account {
    let account = Account::default();
    let json = json!({"accessKeyId": KEY, "secretAccessKey": VALUE}).to_string();
    account.state().secrets = vec![
        managed(secret("a-managed", &json)),
        managed(secret("b-text", &format!("{KEY} {VALUE}"))),
        managed(Secret { rotation: true, ..secret("c-rotated", &json) }),
        managed(Secret { primary_region: Some("us-east-1".to_owned()), ..secret("d-replica", &json) }),
        secret("e-theirs", &json),
        managed(secret("source", &json!({"accessKeyId": NEW_KEY, "secretAccessKey": VALUE}).to_string())),
    ];
    account.state().parameters = vec![parameter("/ci/key", KEY, false)];
    account
}

async fn update(account: &Account, dry: bool, enforce: bool) -> Vec<Updated> {
    let from = secret_arn("source");
    let payload = json!({"search": {"accessKey": KEY, "update": {"from": from}, "dryRun": dry}});
    let search = search(account).updating(enforce).with_format(Arc::new(replacing));
    let found = search.serve(&payload, "d").await.unwrap();
    found.copies.into_iter().map(|copy| copy.updated.unwrap()).collect()
}

fn why(updated: &Updated) -> &str {
    match updated {
        Updated::Left { why } => why,
        other => panic!("{other:?}"),
    }
}
