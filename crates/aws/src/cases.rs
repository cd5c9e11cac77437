//! Cases in DynamoDB: the first delivery of a claim takes the case, every other one meets it.
//!
//! One item a case. A lease says who works on it; each write asks that the lease is still ours, so a worker that was taken
//! for dead cannot write over its successor. All writes are conditional.

mod outgrown;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use severance_domain::case::{Case, CaseId};
use severance_domain::digest::Digest;

use self::outgrown::{is_active_since, outgrown};
use crate::clock;
use crate::error::AwsError;

const PUT: &str = "dynamodb:PutItem";
const GET: &str = "dynamodb:GetItem";
const UPDATE: &str = "dynamodb:UpdateItem";

/// How long a worker may stay silent before another takes its case over. Longer than a step or a publication takes, short of
/// calls that each use up all their retries; then a worker may be overtaken, whose next write is refused.
pub const LEASE: Duration = Duration::from_mins(1);

/// How long a second delivery waits for the first one's verdict before it goes back to the queue.
const PATIENCE: Duration = Duration::from_secs(20);

/// The cases' table.
#[derive(Clone)]
pub struct Cases {
    dynamodb: Client,
    table: String,
    keep_days: i64,
}

/// What taking a case came to.
#[derive(Debug)]
pub enum Taken {
    /// It is ours: it is new, or its worker has gone. What is stored is what counts, not what was just planned.
    Ours(Lease, Box<Case>),
    /// It was closed by an earlier delivery.
    Closed(Box<Case>),
}

/// Our hold on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    holder: String,
    /// How the case is called meanwhile: one that is held for a recheck stays closed as it was published.
    state: State,
}

impl Lease {
    fn of(holder: &str) -> Self {
        Self { holder: holder.to_owned(), state: State::Open }
    }

    /// The same, on a case that goes on: from the next write on it is open.
    #[must_use]
    pub fn to_go_on(self) -> Self {
        Self { state: State::Open, ..self }
    }
}

/// Why a case could not be taken or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// DynamoDB refused or did not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// Another delivery has been working on it for longer than we wait.
    #[error("case {0} is being worked on by another delivery")]
    Busy(CaseId),
    /// Another delivery took it over, because we were silent for too long.
    #[error("case {0} was taken over by another delivery")]
    TakenOver(CaseId),
    /// What is stored is not a case. Nothing is done about it blindly.
    #[error("what is stored as case {id} cannot be read: {why}")]
    Corrupt {
        /// The case's name.
        id: CaseId,
        /// What is wrong with it.
        why: String,
    },
}

impl CaseError {
    /// Whether another delivery may fare better.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.retryable,
            Self::Busy(_) | Self::TakenOver(_) => true,
            Self::Corrupt { .. } => false,
        }
    }
}

type Item = HashMap<String, AttributeValue>;

impl Cases {
    /// Over this table; closed cases are forgotten after so many days.
    pub fn new(dynamodb: Client, table: String, keep_days: i64) -> Self {
        Self { dynamodb, table, keep_days }
    }

    /// Takes a case: stores it, with the intent of its steps, if no delivery of its claim did so before; else waits for the
    /// first one's verdict, or goes on where a dead worker stopped. `holder` names this delivery.
    pub async fn take(&self, case: &Case, holder: &str) -> Result<Taken, CaseError> {
        let lease = Lease::of(holder);
        let mut waited = Duration::ZERO;
        let mut pause = Duration::from_millis(50);
        let Some(mut found) = self.store_new(case, &lease).await? else {
            return Ok(Taken::Ours(lease, Box::new(case.clone())));
        };
        loop {
            let stored = Stored::read(&case.id, &found)?;
            if stored.closed && !outgrown(&stored.case, case) {
                return Ok(Taken::Closed(Box::new(stored.case)));
            }
            if stored.closed || stored.lease_until <= clock::now() {
                let ours = if stored.closed { stored.followed_by(case) } else { stored.case.clone() };
                if self.take_over(&ours, &lease, &stored.lease).await? {
                    return Ok(Taken::Ours(lease, Box::new(ours)));
                }
            } else if stored.lease == lease.holder {
                // The answer to our own write was lost, and the SDK's second try met the first: nobody else is at work.
                return Ok(Taken::Ours(lease, Box::new(stored.case)));
            }
            if waited >= PATIENCE {
                return Err(CaseError::Busy(case.id.clone()));
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(Duration::from_secs(1));
            found = self.read(&case.id).await?;
        }
    }

    /// A case as it lies in the table, if it is there.
    pub async fn load(&self, id: &CaseId) -> Result<Option<Stored>, CaseError> {
        match self.item(id).await? {
            Some(item) => Stored::read(id, &item).map(Some),
            None => Ok(None),
        }
    }

    /// Takes a stored case over, to go on with it as given. None where another worker was faster.
    pub async fn go_on(&self, case: &Case, from: &Stored, holder: &str) -> Result<Option<Lease>, CaseError> {
        let lease = Lease::of(holder);
        Ok(self.take_over(case, &lease, &from.lease).await?.then_some(lease))
    }

    /// Holds a closed case for a recheck, for so long: whoever rechecks it beside us finds it held, and everybody else finds it
    /// closed as it was. None where somebody is at work on it, or was since it was loaded.
    pub async fn hold(&self, from: &Stored, holder: &str, until: Timestamp) -> Result<Option<Lease>, CaseError> {
        let lease = Lease { state: State::Closed, ..Lease::of(holder) };
        let update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&from.case.id)))
            .update_expression("SET lease = :lease, lease_until = :until")
            .condition_expression("lease = :from AND lease_until < :now AND #state = :closed")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":lease", text(&lease.holder))
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":from", text(&from.lease))
            .expression_attribute_values(":now", millis(clock::now()))
            .expression_attribute_values(":closed", text(State::Closed.as_str()));
        Ok(holds(update).await?.then_some(lease))
    }

    /// Closes a case that was held, as it was, with what was seen meanwhile: its revision is the published one.
    pub async fn let_go(&self, case: &Case, lease: &Lease) -> Result<(), CaseError> {
        self.write(case, lease, State::Closed, Timestamp::UNIX_EPOCH, None).await
    }

    /// Writes down where a case stands, and keeps the lease.
    pub async fn save(&self, case: &Case, lease: &Lease) -> Result<(), CaseError> {
        self.write(case, lease, lease.state, clock::now() + LEASE, None).await
    }

    /// Writes down where a case stands and lets it go: steps are left, and the next delivery goes on at once.
    pub async fn release(&self, case: &Case, lease: &Lease) -> Result<(), CaseError> {
        self.write(case, lease, State::Open, Timestamp::UNIX_EPOCH, None).await
    }

    /// Closes a case whose evidence, with this digest, is published.
    pub async fn close(&self, case: &Case, lease: &Lease, published: &Digest) -> Result<(), CaseError> {
        self.write(case, lease, State::Closed, Timestamp::UNIX_EPOCH, Some(published)).await
    }

    /// Stores a new case. The stored one if there is one already.
    async fn store_new(&self, case: &Case, lease: &Lease) -> Result<Option<Item>, CaseError> {
        let answer = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(key(&case.id)))
            .item("state", text(State::Open.as_str()))
            .item("lease", text(&lease.holder))
            .item("lease_until", millis(clock::now() + LEASE))
            .item("record", text(&to_json(case)?))
            .item("kind", text(case.signal.kind.as_str()))
            .item("subject", text(&case.subject.label()))
            .item("account", text(case.subject.account.as_str()))
            .item("expires_at", self.expiry())
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(None) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => match refused.item() {
                Some(item) => Ok(Some(item.clone())),
                None => self.read(&case.id).await.map(Some),
            },
            _ => Err(AwsError::of(PUT, &error).into()),
        }
    }

    async fn read(&self, id: &CaseId) -> Result<Item, CaseError> {
        self.item(id).await?.ok_or_else(|| CaseError::Corrupt { id: id.clone(), why: "it is gone".to_owned() })
    }

    async fn item(&self, id: &CaseId) -> Result<Option<Item>, CaseError> {
        let answer = self
            .dynamodb
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| AwsError::of(GET, &error))?;
        Ok(answer.item)
    }

    async fn take_over(&self, case: &Case, lease: &Lease, from: &str) -> Result<bool, CaseError> {
        let mut update = self.update(case, lease, State::Open, clock::now() + LEASE, None)?;
        update = update
            .condition_expression("lease = :from AND (lease_until < :now OR #state = :closed)")
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":now", millis(clock::now()))
            .expression_attribute_values(":closed", text(State::Closed.as_str()));
        holds(update).await
    }

    async fn write(
        &self,
        case: &Case,
        lease: &Lease,
        state: State,
        until: Timestamp,
        published: Option<&Digest>,
    ) -> Result<(), CaseError> {
        let update = self.update(case, lease, state, until, published)?.condition_expression("lease = :lease");
        if holds(update).await? { Ok(()) } else { Err(CaseError::TakenOver(case.id.clone())) }
    }

    fn update(
        &self,
        case: &Case,
        lease: &Lease,
        state: State,
        until: Timestamp,
        published: Option<&Digest>,
    ) -> Result<UpdateItemFluentBuilder, CaseError> {
        let verdict = case.verdict.map_or("none", severance_domain::verdict::Verdict::as_str);
        let mut set = "SET #state = :state, lease = :lease, lease_until = :until, #record = :record, \
                       verdict = :verdict, expires_at = :expires"
            .to_owned();
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&case.id)))
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#record", "record")
            .expression_attribute_values(":state", text(state.as_str()))
            .expression_attribute_values(":lease", text(&lease.holder))
            .expression_attribute_values(":until", millis(until))
            .expression_attribute_values(":record", text(&to_json(case)?))
            .expression_attribute_values(":verdict", text(verdict))
            .expression_attribute_values(":expires", self.expiry());
        if let Some(published) = published {
            set.push_str(", published = :published");
            update = update.expression_attribute_values(":published", text(published.as_hex()));
        }
        Ok(update.update_expression(set))
    }

    fn expiry(&self) -> AttributeValue {
        let seconds = clock::now().as_second() + self.keep_days * 86_400;
        AttributeValue::N(seconds.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A case as it lies in the table.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The case.
    pub case: Case,
    /// Whether its evidence is published and nobody works on it.
    pub closed: bool,
    lease: String,
    lease_until: Timestamp,
    published: Option<Digest>,
}

impl Stored {
    /// Whether its worker has gone without closing it.
    pub fn is_abandoned(&self) -> bool {
        !self.closed && self.lease_until <= clock::now()
    }

    /// The next revision of a closed case, on the plan that a later event calls for. What a person decided against stays so,
    /// unless somebody is at it again.
    fn followed_by(&self, planned: &Case) -> Case {
        let mut planned = planned.clone();
        if !(planned.signal.kind.is_immediate_danger() && is_active_since(&self.case, &planned)) {
            planned.keep_denials(&self.case);
        }
        self.successor(&planned)
    }

    /// The next revision of a closed case, on this plan.
    #[must_use]
    pub fn successor(&self, planned: &Case) -> Case {
        Case {
            revision: self.case.revision + 1,
            previous: self.published.clone(),
            opened_at: self.case.opened_at,
            ..planned.clone()
        }
    }

    fn read(id: &CaseId, item: &Item) -> Result<Self, CaseError> {
        let corrupt = |why: String| CaseError::Corrupt { id: id.clone(), why };
        let string = |name: &str| {
            item.get(name)
                .and_then(|value| value.as_s().ok())
                .ok_or_else(|| corrupt(format!("attribute {name} is no text")))
        };
        let until = item.get("lease_until").and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok());
        Ok(Self {
            case: serde_json::from_str(string("record")?).map_err(|error| corrupt(error.to_string()))?,
            closed: string("state")? == State::Closed.as_str(),
            lease: string("lease")?.clone(),
            lease_until: until
                .and_then(|millis| Timestamp::from_millisecond(millis).ok())
                .ok_or_else(|| corrupt("attribute lease_until is no time".to_owned()))?,
            published: match item.get("published") {
                Some(_) => Some(
                    serde_json::from_value(serde_json::json!(string("published")?))
                        .map_err(|error| corrupt(error.to_string()))?,
                ),
                None => None,
            },
        })
    }
}

fn key(id: &CaseId) -> Item {
    HashMap::from([("pk".to_owned(), text(&format!("CASE#{id}"))), ("sk".to_owned(), text("CASE"))])
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn millis(at: Timestamp) -> AttributeValue {
    AttributeValue::N(at.as_millisecond().to_string())
}

/// The record as it is stored. One that DynamoDB would refuse is stored shortened: what was ended and how it is undone stays.
fn to_json(case: &Case) -> Result<String, CaseError> {
    let write = |case: &Case| {
        serde_json::to_string(case).map_err(|error| CaseError::Corrupt { id: case.id.clone(), why: error.to_string() })
    };
    let record = write(case)?;
    if record.len() <= MOST_STORED {
        return Ok(record);
    }
    let mut shortened = case.clone();
    shortened.fit();
    write(&shortened)
}

/// Bytes of a record that fit into an item, which DynamoDB lets have 400 KB, its other attributes among them.
const MOST_STORED: usize = 350 * 1024;

/// Writes, and says whether the condition held.
async fn holds(update: UpdateItemFluentBuilder) -> Result<bool, CaseError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
            _ => Err(AwsError::of(UPDATE, &error).into()),
        },
    }
}
