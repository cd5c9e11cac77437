//! Where a copy may stand: each place, what is refused there, and what it costs to look.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::account::*;
use serde_json::json;
use severance_domain::copies::{CopiesRequest, Copy, How, Place};

use super::{KEY, VALUE, everywhere, expected, find, function_arn, key, of_places, owned, parameter, search};

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
