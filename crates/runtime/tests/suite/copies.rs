//! Where a key lives: every place is looked into, what is refused is said, and no value comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::account::*;
use serde_json::{Value, json};
use severance_aws::calls::CallCounter;
use severance_aws::copies::CopiesSearch;
use severance_catalogue::function::COPIES_SEARCH;
use severance_domain::copies::{CopiesFound, CopiesRequest, Copy, How, Place, Updated};
use severance_runtime::logs;
use severance_runtime::serve::{Failure, Serve};
use tracing_subscriber::layer::SubscriberExt as _;

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

#[tokio::test(start_paused = true)]
async fn every_place_is_found_and_no_longer_word() {
    let found = key(&everywhere()).await;
    assert_eq!(owned(&found), expected());
    assert!(
        found.copies.iter().all(|copy| copy.how == How::NamesKey && copy.region == REGION && copy.updated.is_none())
    );
    assert_eq!(found.looked_at.values().copied().collect::<Vec<_>>(), [6, 3, 3, 3, 2]);
    assert!(found.is_complete(), "{:?}", found.unread);
    assert_eq!(found.equal, [[secret_arn("json"), secret_arn("same")]]);
    assert_eq!(found.calls["Secrets Manager.BatchGetSecretValue"], 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_is_said_and_the_rest_is_found() {
    for (action, place) in [
        ("secretsmanager:ListSecrets", Place::Secret),
        ("lambda:ListFunctions", Place::FunctionEnvironment),
        ("codebuild:ListProjects", Place::BuildProject),
        ("codebuild:BatchGetProjects", Place::BuildProject),
        ("ecs:ListTaskDefinitions", Place::TaskDefinition),
        ("ecs:DescribeTaskDefinition", Place::TaskDefinition),
        ("ssm:GetParametersByPath", Place::Parameter),
    ] {
        let account = everywhere();
        account.fault(action, 400, "AccessDeniedException", usize::MAX);
        let found = key(&account).await;
        assert_eq!(owned(&found), of_places(|of| of != place), "{action}");
        assert_eq!(found.unread.len(), 1, "{action}: {:?}", found.unread);
        let said = &found.unread[0];
        assert!(
            said.starts_with(&format!("{}s in {REGION}: {action} answered AccessDenied", place.as_words())),
            "{said}"
        );
        assert!(said.ends_with(&format!("allow {action} to the role of the copies search")), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttles_are_waited_out_and_a_service_that_stays_busy_is_said() {
    let account = everywhere();
    for action in ["ssm:GetParametersByPath", "ecs:DescribeTaskDefinition", "secretsmanager:BatchGetSecretValue"] {
        account.fault(action, 400, "ThrottlingException", 3);
    }
    let found = key(&account).await;
    assert_eq!((owned(&found), found.unread.len()), (expected(), 0), "{:?}", found.unread);
    assert_eq!(found.calls["SSM.GetParametersByPath"], 4);

    account.fault("lambda:ListFunctions", 429, "TooManyRequestsException", usize::MAX);
    account.fault("secretsmanager:BatchGetSecretValue", 500, "InternalServiceError", usize::MAX);
    account.state().calls.clear();
    let found = key(&account).await;
    assert_eq!(owned(&found), of_places(|of| of != Place::FunctionEnvironment && of != Place::Secret));
    assert!(found.unread.iter().any(|said| said.ends_with("search again")), "{:?}", found.unread);
    assert!(found.unread.iter().any(|said| said.contains("InternalServiceError: arn:aws")), "{:?}", found.unread);
    assert_eq!(account.state().calls.get("secretsmanager:GetSecretValue"), None, "a busy service is not asked more");
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_is_read_one_by_one() {
    let account = everywhere();
    account.fault("secretsmanager:BatchGetSecretValue", 400, "AccessDeniedException", usize::MAX);
    account.state().fillers = 40;
    let found = key(&account).await;
    assert_eq!(owned(&found), expected());
    assert_eq!(account.state().calls["secretsmanager:GetSecretValue"], 46);
    assert!(found.is_complete(), "{:?}", found.unread);
}

#[tokio::test(start_paused = true)]
async fn one_forbidden_key_hides_only_what_is_under_it() {
    for strict in [false, true] {
        let account = everywhere();
        {
            let mut state = account.state();
            state.strict_tokens = strict;
            state.secrets[0].refused = Some(("AccessDeniedException", "Access to KMS is not allowed"));
            state.secrets[5].refused = Some(("AccessDeniedException", "no identity-based policy allows it"));
            state.secrets[4].refused = Some(("ResourceNotFoundException", "no value for AWSCURRENT"));
            state.functions[2].refused = true;
            for n in 0..25 {
                state.parameters.insert(0, parameter(&format!("/more/{n}"), &format!("{n} {KEY}"), n % 3 == 0));
            }
            state.parameters[12].refused = true;
            state.parameters[12].is_secure = true;
        }
        let found = key(&account).await;
        let hidden = [secret_arn("json"), secret_arn("same")];
        let rest: Vec<_> = expected().into_iter().filter(|(_, arn, _)| !hidden.contains(arn)).collect();
        let (more, known): (Vec<_>, Vec<_>) = owned(&found).into_iter().partition(|(_, arn, _)| arn.contains("/more/"));
        assert_eq!(known, rest);
        assert_eq!(more.len(), 24, "all but the refused one");
        assert_eq!(found.looked_at[&Place::Parameter], 27);
        let kms = "the KMS key may not be used; allow kms:Decrypt on it to the copies search";
        assert_eq!(
            found.unread,
            [
                format!(
                    "lambda:ListFunctions answered AccessDeniedException for an environment; allow kms:Decrypt on its key to the \
                 copies search: {}",
                    function_arn("longer")
                ),
                format!("secretsmanager:GetSecretValue answered AccessDeniedException: {}", secret_arn("other")),
                format!("secretsmanager:GetSecretValue answered AccessDeniedException: {kms}: {}", secret_arn("json")),
                format!("ssm:GetParameter answered AccessDeniedException: {kms}: /more/12"),
            ]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn equal_values_are_grouped_and_found() {
    let account = everywhere();
    {
        let mut state = account.state();
        state.secrets.push(Secret { primary_region: Some("us-east-1".to_owned()), ..secret("replica", VALUE) });
        state.secrets.push(secret("third", VALUE));
        state.secrets.extend([secret("empty", ""), secret("void", "")]);
        state.parameters.push(parameter("/pass", VALUE, true));
        state.functions[0].variables.retain(|(name, _)| name != "SECRET");
    }
    let found = find(&account, json!({"equalTo": secret_arn("other")})).await;
    assert_eq!(
        found.equal,
        [vec![secret_arn("json"), secret_arn("same")], vec![secret_arn("other"), secret_arn("third")]]
    );
    let how = How::EqualValue { to: secret_arn("other") };
    assert!(found.copies.iter().all(|copy| copy.how == how));
    let named = |place: Place| -> Vec<&Copy> { found.copies.iter().filter(|copy| copy.place == place).collect() };
    let secrets: Vec<&str> = named(Place::Secret).iter().map(|copy| copy.arn.as_str()).collect();
    assert_eq!(secrets, [secret_arn("replica"), secret_arn("third")]);
    assert_eq!(named(Place::Parameter)[0].arn, parameter_arn("pass"));
    let functions: Vec<_> = named(Place::FunctionEnvironment).iter().map(|copy| copy.field.as_deref()).collect();
    assert_eq!(functions, [Some("SECRET"); 2]);
    assert_eq!(named(Place::TaskDefinition)[0].field.as_deref(), Some("web/S"), "and its command");

    let found = find(&account, json!({})).await;
    assert_eq!((found.equal.len(), found.copies.len(), found.looked_at.len()), (2, 0, 1), "only secrets are read");

    let found = find(&account, json!({"equalTo": secret_arn("gone")})).await;
    assert!(found.unread[0].starts_with("what is equal to arn:aws:secretsmanager"), "{:?}", found.unread);
}

#[tokio::test(start_paused = true)]
async fn calls_grow_with_pages() {
    let account = Account::default();
    account.state().fillers = 1_001;
    let found = key(&account).await;
    assert_eq!(
        account.state().calls,
        BTreeMap::from([
            ("codebuild:ListProjects".to_owned(), 1),
            ("ecs:ListTaskDefinitions".to_owned(), 1),
            ("lambda:ListFunctions".to_owned(), 21),
            ("secretsmanager:BatchGetSecretValue".to_owned(), 51),
            ("secretsmanager:ListSecrets".to_owned(), 11),
            ("ssm:GetParametersByPath".to_owned(), 101),
        ])
    );
    assert_eq!(found.looked_at[&Place::Parameter], 1_001);
    assert_eq!((found.looked_at[&Place::Secret], found.looked_at[&Place::FunctionEnvironment]), (1_001, 1_001));
}

#[tokio::test(start_paused = true)]
async fn a_search_that_runs_out_of_time_tells_what_it_found() {
    let account = everywhere();
    account.state().fillers = 1_000;
    account.state().latency = Duration::from_millis(10);
    let request = CopiesRequest::read(&json!({"search": {"accessKey": KEY}})).unwrap();
    let found = search(&account).within(Duration::from_millis(400)).run(&request).await;
    assert_eq!(owned(&found), expected());
    let said = found.unread.join("\n");
    assert!(said.contains("SSM parameters in eu-west-1: the search ran out of time after"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn other_regions_are_searched_when_they_are_named() {
    let found = find(&everywhere(), json!({"accessKey": KEY, "regions": [REGION, "us-east-1"]})).await;
    assert_eq!(found.copies.len(), 2 * expected().len(), "the account in memory is the same in both");
    assert_eq!(found.regions, [REGION, "us-east-1"]);
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

#[tokio::test(start_paused = true)]
async fn copies_that_are_ours_are_written_once_and_the_others_are_left() {
    let account = to_update();
    for (dry, enforce) in [(true, true), (false, false)] {
        assert_eq!(update(&account, dry, enforce).await[0], Updated::WouldBe);
    }
    assert_eq!(account.state().calls.get("secretsmanager:PutSecretValue"), None);

    let before = account.state().secrets.clone();
    let updated = update(&account, false, true).await;
    let Updated::Written { version } = &updated[0] else { panic!("{updated:?}") };
    for (left, expected) in updated[1..].iter().zip([
        "its format is not known",
        "it has a rotation of its own",
        "it is a replica, and follows its secret in us-east-1",
        "it is not ours to write: tag it severance:managed = true",
        "a SSM parameter is not written by us",
    ]) {
        assert!(why(left).starts_with(expected), "{left:?}");
    }
    {
        let state = account.state();
        assert_eq!(state.secrets[0].text.as_deref().unwrap(), before[0].text.as_deref().unwrap().replace(KEY, NEW_KEY));
        assert_eq!(state.secrets[0].versions, ["first".to_owned(), version.clone()]);
        assert!(state.secrets[1..].iter().zip(&before[1..]).all(|(now, then)| now.text == then.text));
        assert_eq!(state.calls["secretsmanager:PutSecretValue"], 1);
    }

    // The listing may still show the old value, as to a search that began before: then nothing is written again.
    account.state().secrets[0].text = before[0].text.clone();
    assert_eq!(update(&account, false, true).await[0], Updated::Already { version: version.clone() });
    account.state().secrets[0].versions.push("somebody's".to_owned());
    assert!(why(&update(&account, false, true).await[0]).contains("somebody has put another version"));
    assert_eq!(account.state().calls["secretsmanager:PutSecretValue"], 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_from_a_source_that_is_not_rotated_or_cannot_be_read() {
    let account = to_update();
    account.state().secrets[5].text = Some(json!({"accessKeyId": KEY}).to_string());
    let updated = update(&account, false, true).await;
    assert!(why(&updated[0]).contains("itself still holds the old key"), "{updated:?}");
    let account = to_update();
    account.state().secrets[5].tags.clear();
    assert!(why(&update(&account, false, true).await[0]).contains("none that is rotated"));
    let account = to_update();
    account.state().secrets.pop();
    assert!(why(&update(&account, false, true).await[0]).contains("ResourceNotFoundException"));
    for action in ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"] {
        let account = to_update();
        account.fault(action, 400, "AccessDeniedException", usize::MAX);
        assert!(why(&update(&account, false, true).await[0]).contains(action));
    }
    let request = CopiesRequest::read(&json!({"search": {"accessKey": KEY, "update": {"from": secret_arn("source")}}}));
    let found = search(&to_update()).updating(true).run(&request.unwrap()).await;
    assert!(why(found.copies[0].updated.as_ref().unwrap()).contains("knows no formats"));
}

#[tokio::test(start_paused = true)]
async fn what_is_called_is_what_the_card_says() {
    let (account, updated) = (everywhere(), to_update());
    {
        let mut state = account.state();
        state.strict_tokens = true;
        for n in 0..10 {
            state.parameters.push(parameter(&format!("/more/{n}"), KEY, true));
        }
        state.parameters[12].refused = true;
    }
    account.fault("secretsmanager:BatchGetSecretValue", 400, "AccessDeniedException", usize::MAX);
    key(&account).await;
    let mut called: BTreeSet<String> = account.state().calls.keys().cloned().collect();
    update(&updated, false, true).await;
    called.extend(updated.state().calls.keys().cloned());
    let said = COPIES_SEARCH.rights().into_iter().map(|right| right.action.to_owned());
    assert_eq!(called, said.collect());
}

#[tokio::test]
async fn a_broken_request_is_refused_with_its_path() {
    let account = everywhere();
    let refused = search(&account).serve(&json!({"search": {"key": KEY}}), "d").await.unwrap_err();
    let Failure::Malformed(malformed) = &refused else { panic!("{refused:?}") };
    assert_eq!(malformed[0].at, "$.search.key");
    assert!(account.state().calls.is_empty());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn no_value_comes_out() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    // The finest that somebody could set.
    let filter = logs::filter(Some("trace,aws_smithy_runtime=trace,aws_smithy_runtime::client::orchestrator=trace"));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines).with(filter));
    let mut out = Vec::new();
    for fault in [None, Some(("AccessDeniedException", 400)), Some(("InternalServiceError", 500))] {
        for action in [
            "secretsmanager:BatchGetSecretValue",
            "secretsmanager:PutSecretValue",
            "ssm:GetParametersByPath",
            "ecs:DescribeTaskDefinition",
        ] {
            let account = everywhere();
            account.state().secrets.extend(to_update().state().secrets.clone());
            if let Some((code, status)) = fault {
                account.fault(action, status, code, usize::MAX);
            }
            let what = json!({
                "accessKey": KEY, "equalTo": secret_arn("other"), "update": {"from": secret_arn("source")},
            });
            let search = search(&account).updating(true).with_format(Arc::new(replacing));
            let found = search.serve(&json!({"search": what}), "d").await.unwrap();
            writeln!(out, "{}\n{found:?}\n{search:?}", json!(found)).unwrap();
        }
    }
    drop(guard);
    let out = String::from_utf8([out, log.0.lock().unwrap().clone()].concat()).unwrap();
    assert!(out.contains("searched for copies") && out.contains(KEY));
    let encoded = aws_smithy_types::base64::encode(VALUE);
    for secret in [VALUE, encoded.trim_end_matches('=')] {
        if let Some(at) = out.find(secret) {
            panic!("a value came out: …{}…", out.get(at.saturating_sub(400)..at + 60).unwrap_or_default());
        }
    }
}
