//! The breaker against a DynamoDB that is not ours: a hundred at once never pass the limit.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use futures::future::join_all;
use severance_aws::guardrails::{Admission, Guardrails, Limits};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::ids::AccountId;
use severance_domain::lane::Lane;
use severance_tests::{ACCOUNT, Stack, unique};

const LIMIT: usize = 25;
const AT_ONCE: usize = 100;

fn case(name: &str) -> CaseId {
    let id = format!("sev-{}", &Digest::of(name.as_bytes()).as_hex()[..20]);
    serde_json::from_value(serde_json::json!(id)).expect("a case's name")
}

/// A table of its own, like the template's: its breaker is nobody else's.
async fn table(dynamodb: &Client) -> String {
    let name = unique("breaker");
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        attribute.build().expect("an attribute")
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key");
    dynamodb
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("sk"))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .send()
        .await
        .expect("a new table");
    name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_at_once_never_pass_the_limit_and_one_raises_the_alarm() {
    let stack = Stack::enforcing().await;
    for recheck in 0..3 {
        let limits = Limits {
            account: AccountId::try_from(ACCOUNT).expect("an account"),
            hygiene_account: LIMIT,
            hygiene_organization: 2 * LIMIT,
            danger_account: 0,
            danger_organization: 0,
            window: jiff::SignedDuration::from_hours(1),
        };
        let guardrails = Guardrails::new(stack.dynamodb.clone(), table(&stack.dynamodb).await, limits);
        let asking = (0..AT_ONCE).map(|n| {
            let (guardrails, case) = (guardrails.clone(), case(&format!("{recheck} {n}")));
            tokio::spawn(async move { guardrails.admit(&case, 1).await })
        });
        let answers: Vec<Admission> = join_all(asking)
            .await
            .into_iter()
            .map(|answer| answer.expect("a task ends").expect("the breaker answers"))
            .collect();
        let admitted: Vec<usize> =
            answers.iter().enumerate().filter(|(_, answer)| **answer == Admission::Admitted).map(|(n, _)| n).collect();
        assert_eq!(admitted.len(), LIMIT, "recheck {recheck}");
        let opened = answers.iter().filter(|answer| matches!(answer, Admission::Refused { opened_now: true, .. }));
        assert_eq!(opened.count(), 1, "recheck {recheck}");

        // A redelivery of one that was admitted takes no more room, and is not turned away.
        let again = guardrails.admit(&case(&format!("{recheck} {}", admitted[0])), 1).await;
        assert_eq!(again, Ok(Admission::Admitted));
        let loaded = guardrails.load().await.expect("the breakers");
        assert!(loaded.breaker_open(Lane::Hygiene));
        assert_eq!(loaded.breakers.iter().map(|breaker| breaker.used).collect::<Vec<_>>(), [LIMIT, LIMIT]);
        let reset = guardrails.reset_breakers().await.expect("a reset");
        assert!(reset.iter().all(|breaker| breaker.used == 0 && breaker.open_since.is_none()), "{reset:?}");
        assert_eq!(guardrails.admit(&case("after"), 2).await, Ok(Admission::Admitted));
    }
}
