//! What lies in the stack's table, and the schedule that works on it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use severance_domain::case::Case;

use crate::stack::{Function, PATIENCE, Stack};

impl Stack {
    /// An item of the stack's table, as JSON text under `record`.
    pub async fn record(&self, pk: &str, sk: &str) -> Value {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let read = self.dynamodb.get_item().table_name(self.name("TABLE")).consistent_read(true);
        let item = read.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned())).send().await.expect("the item");
        let item = item.item().unwrap_or_else(|| panic!("there is no item {pk} {sk}")).clone();
        serde_json::from_str(item["record"].as_s().expect("a record")).expect("a record is JSON")
    }

    /// Changes the JSON under `record` of an item: what only time would do.
    pub async fn change_record(&self, pk: &str, sk: &str, change: impl FnOnce(&mut Value)) {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let mut record = self.record(pk, sk).await;
        change(&mut record);
        self.dynamodb
            .update_item()
            .table_name(self.name("TABLE"))
            .key("pk", S(pk.to_owned()))
            .key("sk", S(sk.to_owned()))
            .update_expression("SET #r = :r")
            .expression_attribute_names("#r", "record")
            .expression_attribute_values(":r", S(record.to_string()))
            .send()
            .await
            .expect("the item is changed");
    }

    /// A case as it lies in the stack's table.
    pub async fn case(&self, id: &str) -> Case {
        let record = self.record(&format!("CASE#{id}"), "CASE").await;
        serde_json::from_value(record).expect("a case")
    }

    /// Lets so many hours pass for a review: its times, and when the schedule looks at it, lie that much earlier.
    pub async fn pass_hours(&self, case: &str, hours: i64) {
        use aws_sdk_dynamodb::types::AttributeValue::{N, S};
        self.change_record(&format!("CASE#{case}"), "CASE", |record| {
            for name in ["requestedAt", "escalateAt", "expiresAt"] {
                let at: jiff::Timestamp = record["review"][name].as_str().expect("a time").parse().expect("a time");
                record["review"][name] = json!(at - jiff::SignedDuration::from_hours(hours));
            }
        })
        .await;
        self.dynamodb
            .update_item()
            .table_name(self.name("TABLE"))
            .key("pk", S("REVIEWS".to_owned()))
            .key("sk", S(case.to_owned()))
            .update_expression("SET due_at = :past")
            .expression_attribute_values(":past", N("0".to_owned()))
            .send()
            .await
            .expect("the review is due");
    }

    /// How a reaction ends: has its case rechecked, as the schedule does every minute, until the last verdict is reached. The same
    /// reaction, of the case's last revision.
    pub async fn last_word(&self, reaction: &Value) -> Value {
        self.rechecked_until(reaction, |case| case.recheck_due_at().is_none()).await
    }

    /// The same, until a case passes.
    pub async fn rechecked_until(&self, reaction: &Value, passes: impl Fn(&Case) -> bool) -> Value {
        let id = reaction["case"].as_str().expect("a case");
        let recheck = json!({"request": {"recheck": {"case": id}}});
        let begun = Instant::now();
        loop {
            self.invoke(Function::Responder, &recheck).await.expect("the responder rechecks");
            let case = self.case(id).await;
            if let Some(verdict) = case.verdict.filter(|_| passes(&case)) {
                let mut last = reaction.clone();
                let first = reaction["evidence"].as_str().expect("the evidence's place");
                let folder = first.rsplit_once('/').map_or(first, |(folder, _)| folder);
                last["verdict"] = json!(verdict);
                last["revision"] = json!(case.revision);
                last["plan"] = json!(case.pending_review().map(|review| review.short_plan().to_owned()));
                last["evidence"] = json!(format!("{folder}/r{:04}.dsse.json", case.revision));
                return last;
            }
            assert!(begun.elapsed() < PATIENCE, "no recheck did it: {case:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What the schedule does, now.
    pub async fn run_schedule(&self) -> Value {
        let answer = self
            .invoke(Function::Responder, &json!({"request": "scheduled_run"}))
            .await
            .expect("the responder runs the schedule");
        answer["scheduled_run"].clone()
    }

    /// Runs the schedule until a case's record passes: other tests run it too, and theirs may be the one that does it.
    pub async fn run_schedule_until(&self, case: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let ran = self.run_schedule().await;
            let record = self.record(&format!("CASE#{case}"), "CASE").await;
            if passes(&record) {
                return record;
            }
            assert!(begun.elapsed() < PATIENCE, "no run did it: {ran} {record}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
