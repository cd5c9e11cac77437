//! Exemptions: added, warned of and ended once.

use crate::common::*;
use serde_json::json;
use severance_aws::guardrails::Admission;
use severance_domain::exemption::Exemption;

use super::{at, case, exemption, put};

#[tokio::test(start_paused = true)]
async fn one_query_of_several_pages_reads_exemptions_and_breakers() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    for n in 0..25 {
        assert_eq!(guardrails.add_exemption(&exemption(n)).await, Ok(true));
    }
    assert_eq!(guardrails.admit(&case("a"), 2).await, Ok(Admission::Admitted));
    // Another account's breaker is none of ours, open or not.
    put(&aws, "GUARDRAILS", "BREAKER#ACCOUNT#999999999999", &json!({"open_since": {"N": "1"}}));
    aws.state().page = 4;
    aws.take_calls();
    let loaded = guardrails.load().await.unwrap();
    assert_eq!(aws.take_calls(), ["dynamodb:Query"; 7]);
    let mut expected: Vec<Exemption> = (0..25).map(exemption).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(loaded.exemptions, expected);
    assert_eq!(loaded.breakers.iter().map(|breaker| breaker.used).collect::<Vec<_>>(), [2, 2]);
    assert!(!loaded.breaker_open(severance_domain::lane::Lane::Hygiene));
    // A page that does not come leaves no half of the truth.
    aws.fault_after("dynamodb:Query", 3, THROTTLED, ATTEMPTS);
    assert_eq!(guardrails.load().await.unwrap_err().code, "Throttling");
}

#[tokio::test(start_paused = true)]
async fn an_exemption_is_added_once_warned_of_once_and_ended_once() {
    let aws = FakeAws::new();
    let guardrails = guardrails(&aws, 5, 5);
    assert_eq!(guardrails.add_exemption(&exemption(1)).await, Ok(true));
    let taken = Exemption { created_at: at("2026-01-02T00:00:00Z"), ..exemption(1) };
    assert_eq!(guardrails.add_exemption(&taken).await, Ok(false));
    let key = "GUARDRAILS EXEMPTION#exm-1";
    // 90 days after it ends.
    assert_eq!(aws.state().table[key]["expires_at"]["N"], at("2026-05-02T00:00:00Z").as_second().to_string());
    let first = at("2026-01-25T00:00:00Z");
    assert_eq!(guardrails.exemption_warned("exm-1", first).await, Ok(true));
    assert_eq!(guardrails.exemption_warned("exm-1", at("2026-01-26T00:00:00Z")).await, Ok(false));
    let warned = Exemption { warned_at: Some(first), ..exemption(1) };
    assert_eq!(guardrails.load().await.unwrap().exemptions, [warned]);
    assert_eq!(guardrails.end_exemption("exm-1").await, Ok(true));
    assert_eq!(guardrails.end_exemption("exm-1").await, Ok(false));
    assert_eq!(guardrails.exemption_warned("exm-1", first).await, Ok(false), "a warning brings nothing back");
    assert!(guardrails.load().await.unwrap().exemptions.is_empty());
}
