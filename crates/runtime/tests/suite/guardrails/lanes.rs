//! Danger and hygiene have breakers of their own.

use crate::common::*;
use jiff::SignedDuration;
use severance_aws::guardrails::{Admission, Guardrails, Limits};
use severance_domain::ids::AccountId;
use severance_domain::lane::Lane;

use super::{ACCOUNT_BREAKER, case, opened_now, slots_in};

const DANGER_BREAKER: &str = "GUARDRAILS BREAKER#DANGER#ACCOUNT#111122223333";

fn in_lanes(aws: &FakeAws, hygiene: usize, danger: usize) -> Guardrails {
    let limits = Limits {
        account: AccountId::try_from(ACCOUNT).unwrap(),
        hygiene_account: hygiene,
        hygiene_organization: 100,
        danger_account: danger,
        danger_organization: 100,
        window: SignedDuration::from_hours(1),
    };
    guardrails_with(aws, limits)
}

#[tokio::test(start_paused = true)]
async fn neither_lane_fills_the_other_or_keeps_it_from_acting() {
    for (full, other) in [(Lane::Hygiene, Lane::Danger), (Lane::Danger, Lane::Hygiene)] {
        let aws = FakeAws::new();
        let guardrails = in_lanes(&aws, 2, 2);
        let (flooded, free) = (guardrails.in_lane(full), guardrails.in_lane(other));
        for name in ["a", "b"] {
            assert_eq!(flooded.admit(&case(name), 1).await, Ok(Admission::Admitted));
        }
        assert!(opened_now(&flooded.admit(&case("c"), 1).await));
        let loaded = guardrails.load().await.unwrap();
        assert_eq!((loaded.breaker_open(full), loaded.breaker_open(other)), (true, false));
        for name in ["d", "e"] {
            assert_eq!(free.admit(&case(name), 1).await, Ok(Admission::Admitted));
        }
        assert!(opened_now(&free.admit(&case("f"), 1).await), "each has a limit of its own");
        assert_eq!((slots_in(&aws, ACCOUNT_BREAKER).len(), slots_in(&aws, DANGER_BREAKER).len()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn both_lanes_are_shown_alarmed_and_reset() {
    let aws = FakeAws::new();
    let guardrails = in_lanes(&aws, 1, 1);
    let danger = guardrails.in_lane(Lane::Danger);
    assert_eq!(danger.admit(&case("a"), 1).await, Ok(Admission::Admitted));
    let refused = danger.admit(&case("b"), 1).await;
    let name = "danger in account 111122223333";
    assert!(matches!(&refused, Ok(Admission::Refused { scope, opened_now: true, .. }) if scope == name), "{refused:?}");
    let shown = guardrails.breakers().await.unwrap();
    let names: Vec<&str> = shown.iter().map(|breaker| breaker.scope.as_str()).collect();
    assert_eq!(names, ["account 111122223333", "organization", name, "danger in organization"]);
    assert_eq!(
        shown.iter().map(|breaker| breaker.open_since.is_some()).collect::<Vec<_>>(),
        [false, false, true, false]
    );
    assert_eq!(guardrails.load().await.unwrap().breakers, shown);
    let item = ("alarm_by".to_owned(), serde_json::json!({"N": "1"}));
    aws.state().table.get_mut(DANGER_BREAKER).unwrap().extend([item]);
    assert_eq!(guardrails.alarm_is_due(name).await, Ok(true));
    assert_eq!(guardrails.alarm_sent(&shown[2]).await, Ok(true));
    // Other accounts' are shown, and reset, too.
    let other = AccountId::try_from("444455556666").unwrap();
    assert_eq!(danger.in_account(&other).admit(&case("c"), 1).await, Ok(Admission::Admitted));
    assert_eq!(guardrails.breakers().await.unwrap()[4].scope, "danger in account 444455556666");
    let after = guardrails.reset_breakers().await.unwrap();
    assert!(after.iter().all(|breaker| breaker.used == 0 && breaker.open_since.is_none()), "{after:?}");
    assert_eq!(danger.admit(&case("b"), 1).await, Ok(Admission::Admitted));
}
