//! The breakers: a sliding window of identities for the account and one for the organization, in each of two lanes: danger, and
//! all else. A case is about one identity, so it takes one place, however many steps it has and however often it is delivered.
//!
//! A window of N places is an item of N slots. A slot holds until when it counts, and for which case; a case is admitted by
//! taking a slot that is free or counts no more, by one conditional write. So however deliveries interleave, die or repeat, no
//! window ever holds more than N. A case that finds no free slot opens the breaker, which stays open until somebody resets it.
//! Items of earlier versions of Severance held a slot for each step of a case: they are read alike.
//!
//! A case counts from when it is admitted, by the clock of the function that asks.

mod slots;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::lane::Lane;
use severance_domain::respond::Breaker;

use self::slots::{Claim, MOST_STEPS, Window, order_of};
use super::table::{
    GUARDRAILS, Guardrails, IS_THERE, Item, PUT, QUERY, UPDATE, contended, key, millis, nonce, text, text_of,
};
use crate::clock;
use crate::error::AwsError;

/// How the sort keys of breakers begin.
pub(super) const PREFIX: &str = "BREAKER#";

/// How those of immediate danger go on.
const DANGER: &str = "DANGER#";

/// How those of accounts go on.
const ACCOUNT: &str = "ACCOUNT#";

/// How the names of breakers of danger begin.
const OF_DANGER: &str = "danger in ";

/// The lane of a breaker, by its name.
pub(super) fn lane_of(name: &str) -> Lane {
    if name.starts_with(OF_DANGER) { Lane::Danger } else { Lane::Hygiene }
}

/// How often a claim that others cross is tried. Each try that fails lets another one through, so even a hundred at once are
/// done after a few.
const ATTEMPTS: u32 = 12;

/// How long whoever opened a breaker has to raise its alarm before somebody else does.
const ALARM_LEASE: SignedDuration = SignedDuration::from_mins(1);

/// Whether a case may take its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may, as far as the breakers are concerned.
    Admitted,
    /// A breaker is open: a person decides.
    Refused {
        /// The breaker's, as in [`Breaker::scope`].
        scope: String,
        /// Since when it is open.
        since: Timestamp,
        /// Whether this very call opened it, so that its caller raises the alarm. True for one call only.
        opened_now: bool,
        /// Identities in the window.
        used: usize,
        /// Identities that the window allows.
        limit: usize,
    },
}

/// What a breaker counts.
pub(super) struct Scope {
    pub(super) sk: String,
    name: String,
    limit: usize,
}

/// What came of a claim in one scope.
enum Claimed {
    /// The case has its slots. Those that it had before this call are not among these.
    Held(Vec<Claim>),
    Refused(Admission),
}

/// What a conditional write met.
enum Written {
    Done(Item),
    /// The condition did not hold of this item.
    Met(Item),
}

impl Guardrails {
    /// Asks both breakers of the lane for so many places for a case: one for each identity. A case that was admitted and asks again,
    /// because its first worker died, holds what it needs and takes nothing more, even if the breaker has opened meanwhile. An error
    /// admits nothing.
    pub async fn admit(&self, case: &CaseId, steps: usize) -> Result<Admission, AwsError> {
        if steps == 0 {
            return Ok(Admission::Admitted);
        }
        let [account, organization] = self.scopes();
        let held = match self.claim(&account, case, steps).await? {
            Claimed::Held(claims) => claims,
            Claimed::Refused(refused) => return Ok(refused),
        };
        match self.claim(&organization, case, steps).await? {
            Claimed::Held(_) => Ok(Admission::Admitted),
            Claimed::Refused(refused) => {
                self.give_back(&account, &held).await;
                Ok(refused)
            }
        }
    }

    /// The breakers as they stand: this account's, the organization's, those of danger, and those of other accounts that were ever
    /// asked.
    pub async fn breakers(&self) -> Result<Vec<Breaker>, AwsError> {
        let found = self.stored_breakers().await?;
        let scopes = self.known_scopes(&found);
        scopes.iter().map(|scope| self.shown(QUERY, scope, found.get(&scope.sk))).collect()
    }

    /// The items of breakers, by their sort keys.
    async fn stored_breakers(&self) -> Result<BTreeMap<String, Item>, AwsError> {
        let mut found = BTreeMap::new();
        for item in self.partition(GUARDRAILS).await? {
            let sk = text_of(QUERY, "an item of the guardrails", &item, "sk")?.to_owned();
            if sk.starts_with(PREFIX) {
                found.insert(sk, item);
            }
        }
        Ok(found)
    }

    fn known_scopes(&self, found: &BTreeMap<String, Item>) -> Vec<Scope> {
        let mut scopes = self.own_scopes();
        for sk in found.keys().filter_map(|sk| sk.strip_prefix(PREFIX)) {
            let (lane, sk) = sk.strip_prefix(DANGER).map_or((Lane::Hygiene, sk), |rest| (Lane::Danger, rest));
            let Some(account) = sk.strip_prefix(ACCOUNT) else { continue };
            if account != self.limits.account.as_str() {
                scopes.push(self.in_lane(lane).scope_of(account));
            }
        }
        scopes
    }

    /// The breakers that cases in this account ask. One of danger without a limit is none.
    pub(super) fn own_scopes(&self) -> Vec<Scope> {
        let of_danger = self.in_lane(Lane::Danger).scopes().into_iter().filter(|scope| scope.limit > 0);
        self.in_lane(Lane::Hygiene).scopes().into_iter().chain(of_danger).collect()
    }

    fn scope_of(&self, account: &str) -> Scope {
        let limit = match self.lane {
            Lane::Hygiene => self.limits.hygiene_account,
            Lane::Danger => self.limits.danger_account,
        };
        self.scope(&format!("{ACCOUNT}{account}"), &format!("account {account}"), limit)
    }

    fn scope(&self, sk: &str, name: &str, limit: usize) -> Scope {
        let (of_sk, of_name) = match self.lane {
            Lane::Hygiene => ("", ""),
            Lane::Danger => (DANGER, OF_DANGER),
        };
        Scope { sk: format!("{PREFIX}{of_sk}{sk}"), name: format!("{of_name}{name}"), limit }
    }

    /// The scope that a breaker's name stands for.
    fn scope_named(&self, name: &str) -> Option<Scope> {
        let of_lane = self.in_lane(lane_of(name));
        match name.strip_prefix(OF_DANGER).unwrap_or(name).strip_prefix("account ") {
            Some(account) => Some(of_lane.scope_of(account)),
            None => of_lane.scopes().into_iter().find(|known| known.name == name),
        }
    }

    /// Closes the breakers and forgets what filled them, even where an item cannot be read: this is the way out of that.
    /// Answers how they stand then.
    pub async fn reset_breakers(&self) -> Result<Vec<Breaker>, AwsError> {
        for scope in self.known_scopes(&self.stored_breakers().await?) {
            self.reset(&scope).await?;
        }
        self.breakers().await
    }

    /// Whether this breaker is open and nobody was told, and its alarm is now ours to raise: whoever opened it, or was to raise
    /// the alarm before us, had a minute.
    pub async fn alarm_is_due(&self, scope: &str) -> Result<bool, AwsError> {
        let now = clock::now();
        let ours = text(&nonce(scope));
        let Some(scope) = self.scope_named(scope) else { return Ok(false) };
        let update = self
            .update(&scope)
            .update_expression("SET alarm_by = :until, alarm_of = :ours")
            .condition_expression(
                "attribute_exists(open_since) AND attribute_not_exists(alarmed_at) AND alarm_by < :now",
            )
            .expression_attribute_values(":until", millis(now + ALARM_LEASE))
            .expression_attribute_values(":ours", ours.clone())
            .expression_attribute_values(":now", millis(now));
        match self.write(update, &scope).await? {
            Written::Done(_) => Ok(true),
            // The answer to our own write may have been lost.
            Written::Met(item) => Ok(!item.contains_key("alarmed_at") && item.get("alarm_of") == Some(&ours)),
        }
    }

    /// Writes down that the alarm of this opening was raised. False if the breaker was reset meanwhile, or it was raised
    /// before.
    pub async fn alarm_sent(&self, breaker: &Breaker) -> Result<bool, AwsError> {
        let scope = self.scope_named(&breaker.scope);
        let (Some(scope), Some(since)) = (scope, breaker.open_since) else { return Ok(false) };
        let update = self
            .update(&scope)
            .update_expression("SET alarmed_at = :now")
            .condition_expression("open_since = :since AND attribute_not_exists(alarmed_at)")
            .expression_attribute_values(":since", millis(since))
            .expression_attribute_values(":now", millis(clock::now()));
        Ok(matches!(self.write(update, &scope).await?, Written::Done(_)))
    }

    /// The account's, then the organization's, of this lane.
    fn scopes(&self) -> [Scope; 2] {
        let over_all = match self.lane {
            Lane::Hygiene => self.limits.hygiene_organization,
            Lane::Danger => self.limits.danger_organization,
        };
        [self.scope_of(self.limits.account.as_str()), self.scope("ORGANIZATION", "organization", over_all)]
    }

    /// A breaker as people see it. One without a limit is never open, whatever it was before its limit was lifted.
    pub(super) fn shown(&self, action: &'static str, scope: &Scope, item: Option<&Item>) -> Result<Breaker, AwsError> {
        let window = item.filter(|_| scope.limit > 0).map(|item| Window::read(action, &scope.sk, item)).transpose()?;
        let window = window.unwrap_or_default();
        Ok(Breaker {
            scope: scope.name.clone(),
            used: window.used(clock::now()),
            limit: scope.limit,
            window_minutes: self.limits.window.as_mins(),
            open_since: window.open_since,
            opened_by: window.opened_by,
        })
    }

    async fn claim(&self, scope: &Scope, case: &CaseId, steps: usize) -> Result<Claimed, AwsError> {
        if scope.limit == 0 {
            return Ok(Claimed::Held(vec![]));
        }
        let nonce = nonce(case.as_str());
        let mut met = None;
        let mut pause = Duration::from_millis(5);
        let order = order_of(case, scope.limit);
        for attempt in 0..ATTEMPTS {
            if attempt > 1 {
                // What was met is fresh: only those who cross again and again step aside.
                tokio::time::sleep(jittered(pause, case, attempt)).await;
                pause = (pause * 2).min(Duration::from_millis(200));
            }
            let now = clock::now();
            // Nothing is read before the first write: most cases find their first choice free.
            let window = met.as_ref().map(|item| Window::read(UPDATE, &scope.sk, item)).transpose()?;
            let window = window.unwrap_or_default();
            let held = window.held_by(case, now);
            if held.len() >= steps {
                return Ok(Claimed::Held(vec![]));
            }
            if let Some(since) = window.open_since {
                let opened_now = window.opened_as.as_deref() == Some(nonce.as_str());
                return Ok(refused(scope, since, opened_now, window.used(now)));
            }
            let missing = steps - held.len();
            let written = if window.used(now) + missing > scope.limit {
                self.open(scope, case, &nonce, met.as_ref(), now).await?
            } else if missing > MOST_STEPS {
                return Err(too_many(case, missing));
            } else {
                let free = order.iter().copied().filter(|slot| !window.counts(*slot, now));
                let claims = Claim::of(case, free.take(missing), held.len(), now, self.limits.window);
                match self.take(scope, case, now, &window.condition(case, now, &order, &claims), &claims).await? {
                    Written::Done(_) => return Ok(Claimed::Held(claims)),
                    // The answer to our own write was lost, and the SDK's second try met the first.
                    Written::Met(item) if slots::stand_in(&item, &claims) => return Ok(Claimed::Held(claims)),
                    met @ Written::Met(_) => met,
                }
            };
            match written {
                Written::Done(item) => {
                    let used = Window::read(UPDATE, &scope.sk, &item)?.used(now);
                    return Ok(refused(scope, now, true, used));
                }
                Written::Met(item) => met = Some(item),
            }
        }
        Err(contended(UPDATE, &scope.sk))
    }

    /// Takes these slots, all or none.
    async fn take(
        &self,
        scope: &Scope,
        case: &CaseId,
        now: Timestamp,
        condition: &str,
        claims: &[Claim],
    ) -> Result<Written, AwsError> {
        let mut update = self
            .update(scope)
            .update_expression(slots::update_expression(claims))
            .condition_expression(condition)
            .expression_attribute_values(":now", text(&slots::stamp(now)));
        for claim in claims {
            update = update.expression_attribute_values(format!(":s{}", claim.slot), text(&claim.value));
        }
        // DynamoDB refuses a value that no expression uses.
        if condition.contains(":me") {
            update = update.expression_attribute_values(":me", text(&slots::mark(case)));
        }
        self.write(update, scope).await
    }

    /// Opens the breaker, unless it is open, or was reset since it was looked at.
    async fn open(
        &self,
        scope: &Scope,
        case: &CaseId,
        nonce: &str,
        met: Option<&Item>,
        now: Timestamp,
    ) -> Result<Written, AwsError> {
        let mut condition = "attribute_not_exists(open_since)".to_owned();
        let mut update = self
            .update(scope)
            .update_expression("SET open_since = :now, opened_by = :case, opened_as = :nonce, alarm_by = :alarm")
            .expression_attribute_values(":now", millis(now))
            .expression_attribute_values(":case", text(case.as_str()))
            .expression_attribute_values(":nonce", text(nonce))
            .expression_attribute_values(":alarm", millis(now + ALARM_LEASE))
            .return_values(ReturnValue::AllNew);
        match met.map(|item| item.get("resets")) {
            Some(Some(resets)) => {
                condition.push_str(" AND resets = :resets");
                update = update.expression_attribute_values(":resets", resets.clone());
            }
            Some(None) => condition.push_str(" AND attribute_not_exists(resets)"),
            // More steps than the window has slots: no reset makes room for them.
            None => {}
        }
        self.write(update.condition_expression(condition), scope).await
    }

    /// Gives slots back that this call took. If it cannot, the window is only stricter until they count no more.
    async fn give_back(&self, scope: &Scope, claims: &[Claim]) {
        if claims.is_empty() {
            return;
        }
        let names: Vec<String> = claims.iter().map(|claim| format!("s{}", claim.slot)).collect();
        let same: Vec<String> = names.iter().map(|name| format!("{name} = :{name}")).collect();
        let mut update = self
            .update(scope)
            .update_expression(format!("REMOVE {}", names.join(", ")))
            .condition_expression(same.join(" AND "));
        for claim in claims {
            update = update.expression_attribute_values(format!(":s{}", claim.slot), text(&claim.value));
        }
        if let Err(error) = self.write(update, scope).await {
            // LOG: The breaker is stricter than it should be, until the window has passed.
            tracing::warn!(scope = scope.name, error = %error, "a breaker counts a case that was not admitted");
        }
    }

    /// Puts an empty, closed item in the place of what is there, if it has been neither opened nor reset meanwhile.
    async fn reset(&self, scope: &Scope) -> Result<(), AwsError> {
        for attempt in 0..ATTEMPTS {
            let Some(old) = self.item(GUARDRAILS, &scope.sk).await? else { return Ok(()) };
            let resets = old.get("resets").and_then(|n| n.as_n().ok()).and_then(|n| n.parse::<u64>().ok());
            let mut new = key(GUARDRAILS, &scope.sk);
            new.insert("resets".to_owned(), AttributeValue::N((resets.unwrap_or_default() + 1).to_string()));
            new.insert("reset_at".to_owned(), millis(clock::now()));
            let mut put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(new));
            let mut unchanged = vec![IS_THERE.to_owned()];
            for name in ["open_since", "opened_as", "resets"] {
                if let Some(value) = old.get(name) {
                    unchanged.push(format!("{name} = :{name}"));
                    put = put.expression_attribute_values(format!(":{name}"), value.clone());
                } else {
                    unchanged.push(format!("attribute_not_exists({name})"));
                }
            }
            match put.condition_expression(unchanged.join(" AND ")).send().await {
                Ok(_) => return Ok(()),
                Err(error) => match error.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(_)) => {}
                    _ => return Err(AwsError::of(PUT, &error)),
                },
            }
            tokio::time::sleep(Duration::from_millis(10 * u64::from(attempt))).await;
        }
        Err(contended(PUT, &scope.sk))
    }

    fn update(&self, scope: &Scope) -> UpdateItemFluentBuilder {
        self.dynamodb
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(GUARDRAILS, &scope.sk)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    async fn write(&self, update: UpdateItemFluentBuilder, scope: &Scope) -> Result<Written, AwsError> {
        match update.send().await {
            Ok(answer) => Ok(Written::Done(answer.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => match refused.item() {
                    Some(item) => Ok(Written::Met(item.clone())),
                    // No item, or an AWS that does not show it.
                    None => Ok(Written::Met(self.item(GUARDRAILS, &scope.sk).await?.unwrap_or_default())),
                },
                _ => Err(AwsError::of(UPDATE, &error)),
            },
        }
    }
}

fn refused(scope: &Scope, since: Timestamp, opened_now: bool, used: usize) -> Claimed {
    let (scope, limit) = (scope.name.clone(), scope.limit);
    Claimed::Refused(Admission::Refused { scope, since, opened_now, used, limit })
}

/// Between half of a pause and the whole, different for each who waits.
fn jittered(pause: Duration, case: &CaseId, attempt: u32) -> Duration {
    let digest = Digest::of(format!("{case}#{attempt}#{}", clock::now()).as_bytes());
    let random = slots::number_of(&digest);
    let half = u64::try_from(pause.as_micros() / 2).unwrap_or_default();
    Duration::from_micros(half + random % (half + 1))
}

/// No case is about so many identities; if one were, nothing of it would be taken.
fn too_many(case: &CaseId, steps: usize) -> AwsError {
    let message = format!(
        "case {case} asks for {steps} places at once, and one write gives at most {MOST_STEPS}. Split the claim by subject"
    );
    AwsError { action: UPDATE, code: "TooManySteps".to_owned(), message, retryable: false }
}
