//! What the search calls, refuses and tells: no value is in any of it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use crate::account::*;
use crate::common::log::Log;
use serde_json::json;
use severance_catalogue::function::COPIES_SEARCH;
use severance_runtime::logs;
use severance_runtime::serve::{Failure, Serve};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{KEY, VALUE, everywhere, key, parameter, replacing, search, to_update, update};

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
    let out = String::from_utf8([out, log.text().into_bytes()].concat()).unwrap();
    assert!(out.contains("searched for copies") && out.contains(KEY));
    let encoded = aws_smithy_types::base64::encode(VALUE);
    for secret in [VALUE, encoded.trim_end_matches('=')] {
        if let Some(at) = out.find(secret) {
            panic!("a value came out: …{}…", out.get(at.saturating_sub(400)..at + 60).unwrap_or_default());
        }
    }
}
