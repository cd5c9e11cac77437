//! The guardrails from outside: events and `sever` in; AWS's state, the evidence and the messages out.

mod exemptions;
mod open_breaker;
mod registry;
mod reviews;

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_tests::{Function, HeldKey, Person, Ran, Stack, misused, stale, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");
const WORKLOAD: (&str, &str) = ("severance:class", "workload");

/// The exit codes of `sever`: refused, not seen to end, and seen to end but still being rechecked.
const REFUSED: i32 = 21;
const NOT_CONTAINED: i32 = 24;
const BEING_RECHECKED: i32 = 27;

fn only(reactions: &Value) -> &Value {
    let reactions = reactions.as_array().unwrap_or_else(|| panic!("no reactions in {reactions}"));
    assert_eq!(reactions.len(), 1, "{reactions:?}");
    &reactions[0]
}

fn reacted(ran: &Ran) -> &Value {
    assert!(!ran.json.is_null(), "{ran:?}");
    only(&ran.json["reacted"]["reactions"])
}

async fn react(stack: &Stack, event: &Value) -> Value {
    let response = stack.invoke(Function::PostureFinding, event).await.expect("an answer");
    only(&response["reactions"]).clone()
}

async fn case(stack: &Stack, reaction: &Value) -> Case {
    stack.evidence(reaction).await.predicate.case
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

/// How a claim comes: each scenario holds on both paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// As an event that AWS sends.
    Event,
    /// By `sever contain`, on a person's word.
    Hand,
}

/// One claim about a user, which can be made again: by a later event of the same finding, or in the same words.
struct Claim<'a> {
    stack: &'a Stack,
    event: Value,
    by_hand: Option<(Person<'a>, String, &'static str)>,
}

impl<'a> Claim<'a> {
    /// A key of this user is too old.
    async fn stale(stack: &'a Stack, by: By, user: &str) -> Self {
        Self::new(stack, by, user, stale(user), "credential_stale").await
    }

    /// This key of this user is misused.
    async fn misused(stack: &'a Stack, by: By, user: &str, key: &HeldKey) -> Self {
        Self::new(stack, by, user, misused(user, key), "identity_compromised").await
    }

    async fn new(stack: &'a Stack, by: By, user: &str, event: Value, signal: &'static str) -> Self {
        let by_hand = match by {
            By::Event => None,
            By::Hand => Some((stack.person("requester").await, stack.user_arn(user), signal)),
        };
        Self { stack, event, by_hand }
    }

    async fn make(&mut self) -> Value {
        if let Some((person, arn, signal)) = &self.by_hand {
            let ran = person.sever(&["contain", arn, "--signal", signal, "--reason", "as the scan says"]).await;
            return reacted(&ran).clone();
        }
        self.event["id"] = json!(unique("event"));
        react(self.stack, &self.event).await
    }

    /// The same once more. Signatures have whole seconds, and a proof counts once.
    async fn make_again(&mut self) -> Value {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        self.make().await
    }
}

/// Runs a scenario on both paths.
macro_rules! on_both_paths {
    ($scenario:ident, $by_event:ident, $by_hand:ident) => {
        #[tokio::test]
        async fn $by_event() {
            $scenario(By::Event).await;
        }

        #[tokio::test]
        async fn $by_hand() {
            $scenario(By::Hand).await;
        }
    };
}

pub(crate) use on_both_paths;

/// A workload with a key that is too old and was used two days ago, and what the claim about it came to.
async fn held<'a>(stack: &'a Stack, by: By, tags: &[(&str, &str)]) -> (String, HeldKey, Claim<'a>, Value) {
    let user = unique("report");
    stack.user(&user, "/", tags).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(2)).await;
    let mut claim = Claim::stale(stack, by, &user).await;
    let reaction = claim.make().await;
    assert_eq!(reaction["verdict"], "awaiting_review", "{reaction}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    (user, key, claim, reaction)
}

async fn approve(person: &Person<'_>, reaction: &Value) -> Ran {
    let (case, plan) = (text(reaction, "case"), text(reaction, "plan"));
    person.sever(&["approve", case, "--plan", plan, "--reason", "the owner agreed"]).await
}
