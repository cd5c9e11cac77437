//! What a search for the copies of a key costs over 10,000 secrets, 10,000 parameters and 10,000 function environments: calls by
//! name, seconds, peak memory; beside it a search that asks for each thing by itself, and one over a tenth of that with secrets of 64 kB. Prints a table.
//!
//!     cargo run --release -p severance-runtime --example measure_copies
//!
//! AWS is in memory and answers after 0 or 10 ms, within the measured process, so times and memory include making its answers.
//! Memory is the kernel's high-water mark, so each row is measured in a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a measurement, not the product"
)]

#[path = "../tests/suite/account/mod.rs"]
mod account;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use account::{Account, REGION, parameter_arn, secret, secret_arn};
use aws_sdk_lambda::types::FunctionVersion;
use futures::StreamExt as _;
use serde_json::json;
use severance_aws::calls::CallCounter;
use severance_aws::copies::CopiesSearch;
use severance_domain::copies::CopiesRequest;

const THINGS: usize = 10_000;
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
/// As many as the search asks for at the same time.
const AT_ONCE: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [kind, latency] = &arguments[..] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(measure(kind, latency.parse().unwrap()));
    }
    println!("| search | latency | calls | seconds | peak memory |\n|---|---|---|---|---|");
    let mut names = Vec::new();
    for latency in ["0", "10"] {
        let mut rows = Vec::new();
        for kind in ["none", "search", "naive", "large"] {
            let output = Command::new(std::env::current_exe().unwrap()).args([kind, latency]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            names.push(format!("{kind}, {latency} ms: {}", String::from_utf8_lossy(&output.stderr)));
            let figures: Vec<f64> =
                String::from_utf8(output.stdout).unwrap().split_whitespace().map(|f| f.parse().unwrap()).collect();
            let [calls, seconds, peak] = figures[..] else { panic!("{figures:?}") };
            println!("| {kind} | {latency} ms | {calls:.0} | {seconds:.1} | {peak:.1} MB |");
            rows.push(figures);
        }
        let ratio = |n: usize| rows[2][n] / rows[1][n];
        println!("| naive / search | {latency} ms | {:.1} | {:.1} | {:.2} |", ratio(0), ratio(1), ratio(2));
    }
    println!("\n{}", names.join("\n"));
}

/// Prints calls, seconds and megabytes; the calls by name go to the other stream.
async fn measure(kind: &str, latency: u64) {
    let account = Account::default();
    {
        let mut state = account.state();
        state.fillers = if kind == "large" { THINGS / 10 } else { THINGS };
        // The largest value that Secrets Manager takes has 65,536 bytes.
        state.secret_bytes = if kind == "large" { 65_000 } else { 0 };
        state.latency = Duration::from_millis(latency);
        state.secrets = vec![secret("copy", &json!({"accessKeyId": KEY}).to_string())];
        state.parameters =
            vec![account::Parameter { name: "/copy".to_owned(), value: KEY.to_owned(), ..Default::default() }];
    }
    let begun = Instant::now();
    let mut found = match kind {
        "none" => vec![secret_arn("copy"), parameter_arn("copy")],
        "search" | "large" => {
            let search = CopiesSearch::new(account.sdk(), CallCounter::default(), REGION.to_owned());
            let found = search.run(&CopiesRequest::read(&json!({"search": {"accessKey": KEY}})).unwrap()).await;
            assert!(found.is_complete(), "{:?}", found.unread);
            found.copies.into_iter().map(|copy| copy.arn).collect()
        }
        "naive" => {
            let (secrets, parameters, functions) =
                tokio::join!(naive_secrets(&account), naive_parameters(&account), naive_functions(&account));
            [secrets, parameters, functions].concat()
        }
        other => panic!("{other}"),
    };
    let seconds = begun.elapsed().as_secs_f64();
    found.sort();
    assert_eq!(found, [secret_arn("copy"), parameter_arn("copy")]);
    let calls: BTreeMap<String, usize> = account.state().calls.clone();
    eprint!("{calls:?}");
    println!("{} {seconds} {}", calls.values().sum::<usize>(), peak());
}

/// The process's high-water mark, in megabytes.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

async fn naive_secrets(account: &Account) -> Vec<String> {
    let client = aws_sdk_secretsmanager::Client::new(&account.sdk());
    let mut found = Vec::new();
    let mut pages = client.list_secrets().max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        let gets = page.unwrap().secret_list.unwrap().into_iter().map(|secret| {
            let arn = secret.arn.unwrap();
            async { client.get_secret_value().secret_id(&arn).send().await.map(|value| (arn, value)).unwrap() }
        });
        let mut values = futures::stream::iter(gets).buffer_unordered(AT_ONCE);
        while let Some((arn, value)) = values.next().await {
            found.extend(value.secret_string().filter(|text| text.contains(KEY)).map(|_| arn));
        }
    }
    found
}

async fn naive_parameters(account: &Account) -> Vec<String> {
    let client = aws_sdk_ssm::Client::new(&account.sdk());
    let mut found = Vec::new();
    let mut pages = client.describe_parameters().max_results(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        let gets = page
            .unwrap()
            .parameters
            .unwrap()
            .into_iter()
            .map(|parameter| client.get_parameter().name(parameter.name.unwrap()).with_decryption(true).send());
        let mut values = futures::stream::iter(gets).buffer_unordered(AT_ONCE);
        while let Some(value) = values.next().await {
            let parameter = value.unwrap().parameter.unwrap();
            found.extend(parameter.arn.filter(|_| parameter.value.unwrap().contains(KEY)));
        }
    }
    found
}

async fn naive_functions(account: &Account) -> Vec<String> {
    let client = aws_sdk_lambda::Client::new(&account.sdk());
    let mut found = Vec::new();
    let mut pages =
        client.list_functions().function_version(FunctionVersion::All).max_items(50).into_paginator().send();
    while let Some(page) = pages.next().await {
        let names = page.unwrap().functions.unwrap().into_iter().map(|function| function.function_name.unwrap());
        let gets = names.map(|name| client.get_function_configuration().function_name(name).send());
        let mut values = futures::stream::iter(gets).buffer_unordered(AT_ONCE);
        while let Some(value) = values.next().await {
            let function = value.unwrap();
            let variables = function.environment.and_then(|environment| environment.variables).unwrap_or_default();
            found.extend(variables.values().find(|value| value.contains(KEY)).and(function.function_arn));
        }
    }
    found
}
