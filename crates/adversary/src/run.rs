//! One schedule, played from the first act to long after the last.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fake_aws::oracle::{Snapshot, open_access_paths, watch};
use fake_aws::{Arrival, Credential, FakeAws, Fault, Lag, Setup};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use severance_engine::settings;
use tokio::sync::Notify;

use crate::act::Act;
use crate::attacker::{Attacker, Later, Tally};
use crate::outcome::{Claimed, Outcome, STOLEN_BEFORE};
use crate::product::{POSTURE_FINDING, Product, Sessions};
use crate::properties::{self, Violation};
use crate::published::Published;
use crate::schedule::{Claim, Place, Planned, Schedule, When};
use crate::stage::{self, Cast, FUNCTIONS, HUB, MEMBER, VICTIM, VICTIM_ROLE};

/// How long after the claim the last recheck is taken: an attacker who stops is to be told of as ended within 25 minutes, and the
/// last act comes 10 minutes after the claim.
const HORIZON: SignedDuration = SignedDuration::from_mins(38);

/// How often rechecks that are due are asked for, as deployed.
const SCHEDULE: Duration = Duration::from_mins(1);

/// After how many of them a second case is restored: when the first has its last verdict.
const SECOND_RESTORED: u64 = 24;

/// Of these, which is the one that does all that is due.
const WATCH: u64 = 15;

/// What a run showed.
#[derive(Debug, Clone)]
pub struct Report {
    /// The schedule.
    pub schedule: Schedule,
    /// What was published.
    pub published: Published,
    /// What no property allows.
    pub violations: Vec<Violation>,
    /// How often each kind of act was tried, and took effect.
    pub tally: BTreeMap<Act, Tally>,
    /// Calls that the product made.
    pub calls: usize,
    /// When the claim was made.
    pub claimed_at: Timestamp,
    /// What was open in the end, in words.
    pub open: Vec<String>,
    /// Events that ended in the dead-letter queue, with what was said last.
    pub dead_letters: Vec<String>,
    /// Each call of the product, in order.
    pub log: Vec<Arrival>,
}

impl Report {
    /// The last verdict of the first case; none where there is no case.
    pub fn verdict(&self) -> Option<&str> {
        self.published.first_cases().first().map(|revision| revision.verdict.as_str())
    }
}

/// Plays a schedule.
///
/// # Panics
/// Where the stage cannot be set, or no runtime started.
pub fn run(schedule: &Schedule) -> Report {
    virtually(schedule.seed, schedule.lag(), async |aws| Box::pin(play(schedule, aws)).await)
}

/// Plays in virtual time, over an AWS of its own.
pub(crate) fn virtually<T>(seed: u64, lag: Lag, play: impl AsyncFnOnce(FakeAws) -> T) -> T {
    // The SDK draws from this thread's generator how long it waits between tries.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let aws = FakeAws::new(Setup { lag, ..Setup::default() });
        let clock = aws.clone();
        Box::pin(severance_aws::clock::by(move || clock.now(), play(aws))).await
    })
}

/// What the hook between any two calls knows.
struct Meanwhile {
    attacker: Attacker,
    /// Told when the workers die.
    dies: Arc<Notify>,
    /// An action that is throttled, and for how many more tries.
    throttled: Option<(String, u32)>,
    first_call: usize,
    claimed_at: Timestamp,
    /// Not done yet.
    ahead: Vec<Planned>,
    /// When something was last done.
    last_act: Timestamp,
    /// The honest people as they were when they last changed something themselves.
    before: Snapshot,
}

impl Meanwhile {
    /// Does all that is due, the oldest first, and says what befalls this call.
    fn before_call(&mut self, aws: &FakeAws, arrival: &Arrival) -> Fault {
        let (now, throttled) = (arrival.at, Fault::Refuse(400, "ThrottlingException"));
        self.until(aws, now);
        let n = u32::try_from(arrival.number - self.first_call).unwrap_or(u32::MAX);
        let mut fault = Fault::None;
        if let Some((action, tries)) = &mut self.throttled
            && *action == arrival.request.action()
            && *tries > 0
        {
            *tries -= 1;
            fault = throttled;
        }
        let due: Vec<Planned> = self.ahead.extract_if(.., |planned| planned.when == When::AtCall(n)).collect();
        for Planned { act, .. } in due {
            self.act(aws, now, act);
            match act {
                Act::CrashBefore | Act::CrashAfter => {
                    self.dies.notify_waiters();
                    fault = Fault::Silence { performed: act == Act::CrashAfter };
                }
                Act::Throttle => {
                    self.throttled = Some((arrival.request.action(), settings::retries().max_attempts() - 1));
                    fault = throttled;
                }
                Act::LateAnswer => fault = Fault::Late(Duration::from_secs(6)),
                _ => {}
            }
        }
        fault
    }

    fn act(&mut self, aws: &FakeAws, at: Timestamp, act: Act) {
        self.last_act = at;
        self.attacker.act(aws, at, act);
        // What honest people have changed is what they must keep.
        for changed in std::mem::take(&mut self.attacker.honestly_changed) {
            self.before.renew(&aws.state(), at, &changed);
        }
    }

    /// Does all that is due by a moment.
    fn until(&mut self, aws: &FakeAws, now: Timestamp) {
        loop {
            let moment = |planned: &Planned| match planned.when {
                When::After(milliseconds) => {
                    Some(self.claimed_at + SignedDuration::from_millis(i64::from(milliseconds)))
                }
                When::Before(_) | When::AtCall(_) => None,
            };
            let planned = self.ahead.iter().enumerate().filter_map(|(n, of)| Some((moment(of)?, n))).min();
            let later = self.attacker.later.iter().enumerate().map(|(n, (at, _))| (*at, n)).min();
            match (planned, later) {
                (Some((at, n)), other) if at <= now && other.is_none_or(|(other, _)| at <= other) => {
                    let planned = self.ahead.remove(n);
                    self.act(aws, at, planned.act);
                }
                (_, Some((at, n))) if at <= now => {
                    let (_, later): (Timestamp, Later) = self.attacker.later.remove(n);
                    self.last_act = at;
                    self.attacker.go_on(aws, at, &later);
                }
                _ => return,
            }
        }
    }
}

#[allow(clippy::too_many_lines, reason = "a play, told from beginning to end")]
async fn play(schedule: &Schedule, aws: FakeAws) -> Report {
    let account = match schedule.place {
        Place::Hub => HUB,
        Place::Member => MEMBER,
    };
    let cast = stage::set(&aws, account, schedule.two_keys);
    let stolen = if schedule.claim == Claim::RoleSession { &cast.stolen_session } else { &cast.stolen };
    let sessions = sessions(&aws);
    let dies = Arc::new(Notify::new());
    let deployed = |worker| Product::deployed(&aws, sessions.clone()).mortal(worker, &dies);
    let (mut product, mut beside, mut again) = (deployed("delivery"), deployed("second"), deployed("again"));
    let (mut runs, mut people) = (deployed("schedule"), deployed("people"));
    let attacker = Attacker::with(&cast, stolen.clone());

    // What happens before the claim: then the clock stands at the claim.
    tokio::time::sleep(Duration::from_secs(STOLEN_BEFORE.unsigned_abs().as_secs())).await;
    let claimed_at = aws.now();
    let (mut early, ahead): (Vec<Planned>, Vec<Planned>) =
        schedule.acts.iter().copied().partition(|planned| matches!(planned.when, When::Before(_)));
    early.sort_by_key(|planned| std::cmp::Reverse(planned.when));
    let meanwhile = Arc::new(Mutex::new(Meanwhile {
        attacker,
        dies: Arc::clone(&dies),
        throttled: None,
        first_call: aws.call_count(),
        claimed_at,
        ahead,
        last_act: claimed_at,
        before: watch(&aws.state(), claimed_at, &properties::honest(schedule.claim, &cast)),
    }));
    for Planned { when, act } in early {
        let When::Before(seconds) = when else { continue };
        let at = claimed_at - SignedDuration::from_secs(i64::from(seconds));
        let mut meanwhile = meanwhile.lock().expect("no act panicked");
        meanwhile.act(&aws, at, act);
        // What the act puts off within that time happens within it.
        meanwhile.until(&aws, at);
    }
    let hook = Arc::clone(&meanwhile);
    aws.on_call(move |aws: &FakeAws, arrival: &Arrival| {
        hook.lock().expect("no act panicked").before_call(aws, arrival)
    });

    let claims = RefCell::new(Vec::new());
    let seen = Cell::new(0);
    let check_claims = || {
        let stored = aws.state().publishing.objects().count();
        if seen.replace(stored) == stored {
            return;
        }
        let published = Published::by(&aws);
        let meanwhile = meanwhile.lock().expect("no act panicked");
        let mut claims = claims.borrow_mut();
        for revision in published.revisions.iter().filter(|of| of.verdict == "verified_revoked" && !of.follows) {
            if !claims.iter().any(|known: &Claimed| known.key == revision.key) {
                let open = open_access_paths(&aws.state(), aws.now(), &meanwhile.attacker.held);
                claims.push(Claimed { key: revision.key.clone(), open });
            }
        }
    };

    let event = claim(schedule, &cast, claimed_at, "finding-1", &cast.stolen);
    let is_done = Cell::new(false);
    let first = async {
        match schedule.claim {
            Claim::ByHand => {
                let _ = product.ask(ASKER, &event).await;
            }
            _ => drop(product.deliver(POSTURE_FINDING, &event).await),
        }
        is_done.set(true);
    };
    let plays = |act: Act| schedule.claim != Claim::ByHand && schedule.acts.iter().any(|of| of.act == act);
    // Whether an act asks for another delivery while the first is being worked on.
    let asked = async |act: Act, is_asked: fn(&Attacker) -> bool| {
        while plays(act) && !is_done.get() {
            if is_asked(&meanwhile.lock().expect("no act panicked").attacker) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    };
    // A second finding names the other key, where there is one.
    let asks_twice = plays(Act::SecondCase);
    let second = async {
        if asked(Act::SecondCase, |of| of.second_case).await {
            let key = cast.second.as_ref().unwrap_or(&cast.stolen);
            let event = claim(schedule, &cast, aws.now(), "finding-2", key);
            beside.deliver(POSTURE_FINDING, &event).await;
        }
    };
    let repeated = async {
        if asked(Act::DeliverTwice, |of| of.delivered_again).await {
            again.deliver(POSTURE_FINDING, &event).await;
        }
    };
    // What functions ask of each other, each in an invocation of its own.
    let ended = Notify::new();
    let asked_functions = async {
        let mut running = FuturesUnordered::new();
        let mut failed = Vec::new();
        loop {
            tokio::select! {
                invocation = aws.next_invocation() => running.push(async {
                    let mut invoked = deployed("invoked");
                    let invocation = invocation;
                    invoked.invoked(&invocation).await;
                    invoked.failed_runs
                }),
                Some(mut of_one) = running.next() => {
                    check_claims();
                    failed.append(&mut of_one);
                }
                () = ended.notified() => return failed,
            }
        }
    };
    let all_delivered = Cell::new(false);
    let events = async {
        let ((), (), ()) = tokio::join!(first, second, repeated);
        check_claims();
        all_delivered.set(true);
    };
    // The runs of the schedule go on whatever events do; so do people.
    let mut restored = None;
    let mut second_done = false;
    let clock = async {
        let mut minute = 0_u64;
        while aws.now() < claimed_at + HORIZON {
            tokio::time::sleep(SCHEDULE).await;
            minute += 1;
            let now = aws.now();
            meanwhile.lock().expect("no act panicked").until(&aws, now);
            match minute % WATCH {
                0 => runs.scheduled_run().await,
                _ => runs.recheck_run().await,
            }
            check_claims();
            // When the last verdict is reached, the second is found to be a false alarm, and somebody gives back what it took.
            if asks_twice && !second_done && all_delivered.get() && minute >= SECOND_RESTORED {
                second_done = true;
                let cases: Vec<String> =
                    Published::by(&aws).first_cases().iter().skip(1).map(|revision| revision.case.clone()).collect();
                for case in cases {
                    let _ = people.ask(ASKER, &json!({ "restore": { "case": case, "reason": "a false alarm" } })).await;
                    check_claims();
                }
            }
            // When it has been quiet for long, a person gives the access back.
            if schedule.restore && restored.is_none() && aws.now() > claimed_at + SignedDuration::from_mins(26) {
                let first = Published::by(&aws).first_cases().first().map(|revision| revision.case.clone());
                if let Some(case) = first {
                    let held = meanwhile.lock().expect("no act panicked").attacker.held.clone();
                    restored = Some(open_access_paths(&aws.state(), aws.now(), &held));
                    let request = json!({ "restore": { "case": case, "reason": "the key was replaced" } });
                    let _ = people.ask(ASKER, &request).await;
                    check_claims();
                }
            }
        }
        ended.notify_one();
    };
    let ((), (), mut failed) = tokio::join!(events, clock, asked_functions);
    for of in [&mut beside, &mut again] {
        product.dead_letters.append(&mut of.dead_letters);
    }
    product.failed_requests.append(&mut people.failed_requests);
    product.failed_runs.append(&mut runs.failed_runs);
    product.failed_runs.append(&mut failed);
    let claims = claims.take();
    let now = aws.now();
    let mut meanwhile = meanwhile.lock().expect("no act panicked");
    meanwhile.until(&aws, now);
    let attacker = &meanwhile.attacker;
    let open = open_access_paths(&aws.state(), now, &attacker.held);
    let after = meanwhile.before.again(&aws.state(), now);
    let published = Published::by(&aws);
    let calls = aws.call_count() - meanwhile.first_call;
    let outcome = Outcome {
        aws: &aws,
        product: &product,
        schedule,
        cast: &cast,
        attacker,
        published: &published,
        claimed_at,
        claims: &claims,
        open: &open,
        before: &meanwhile.before,
        after: &after,
        calls,
        before_restore: restored.as_deref(),
        last_act: meanwhile.last_act,
    };
    let violations = properties::judge(&outcome);
    Report {
        schedule: schedule.clone(),
        violations,
        tally: attacker.tally.clone(),
        calls,
        claimed_at,
        open: open.iter().map(properties::in_words).collect(),
        dead_letters: product.dead_letters.iter().map(|(_, why)| why.clone()).collect(),
        published,
        log: aws.calls(),
    }
}

/// Who asks by hand.
pub(crate) const ASKER: &str = "arn:aws:sts::111111111111:assumed-role/SecurityOnCall/robin";

fn sessions(aws: &FakeAws) -> Sessions {
    let week = SignedDuration::from_hours(24 * 7);
    FUNCTIONS.into_iter().map(|function| (function, stage::session_of_function(aws, function, week))).collect()
}

/// The claim, as its source sends it.
fn claim(schedule: &Schedule, cast: &Cast, at: Timestamp, id: &str, key: &Credential) -> Value {
    let account = &cast.account;
    let first_seen = (at - SignedDuration::from_mins(60)).to_string();
    let last_seen = (at - SignedDuration::from_mins(5)).to_string();
    let envelope = |source: &str, kind: &str, detail: Value| {
        json!({
            "version": "0", "id": format!("event-of-{id}"), "detail-type": kind, "source": source, "account": account,
            "time": at.to_string(), "region": "us-east-1", "resources": [], "detail": detail,
        })
    };
    let guard_duty = |key: Value| {
        let detail = json!({
            "schemaVersion": "2.0", "accountId": account, "region": "us-east-1", "partition": "aws", "id": id,
            "arn": format!("arn:aws:guardduty:us-east-1:{account}:detector/d/finding/{id}"),
            "type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
            "resource": { "resourceType": "AccessKey", "accessKeyDetails": key },
            "service": {
                "serviceName": "guardduty", "detectorId": "d", "archived": false, "count": 17,
                "eventFirstSeen": first_seen, "eventLastSeen": last_seen,
            },
            "severity": 8, "createdAt": last_seen, "updatedAt": last_seen,
            "title": "API ListBuckets was invoked from an IP address on a custom threat list.",
        });
        envelope("aws.guardduty", "GuardDuty Finding", detail)
    };
    match schedule.claim {
        Claim::UserKey => guard_duty(json!({
            "accessKeyId": key.key_id, "principalId": cast.victim, "userType": "IAMUser", "userName": VICTIM,
        })),
        Claim::RoleSession => guard_duty(json!({
            "accessKeyId": cast.stolen_session.key_id, "userType": "AssumedRole", "userName": VICTIM_ROLE,
            "principalId": format!("{}:i-0a1b2c3d4e5f60718", cast.victim_role),
        })),
        Claim::ExposedKey => {
            let detail = json!({
                "eventArn": format!("arn:aws:health:us-east-1::event/RISK/AWS_RISK_CREDENTIALS_EXPOSED/{id}"),
                "service": "RISK", "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED", "eventTypeCategory": "issue",
                "startTime": first_seen, "lastUpdatedTime": last_seen, "statusCode": "open", "eventRegion": "us-east-1",
                "affectedEntities": [{ "entityValue": key.key_id, "status": "IMPAIRED" }],
                "affectedAccount": account, "page": "1", "totalPages": "1",
            });
            envelope("aws.health", "AWS Health Event", detail)
        }
        Claim::ByHand => json!({ "contain": {
            "claim": {
                "subject": format!("arn:aws:iam::{account}:user/{VICTIM}"), "signal": "identity_compromised",
                "accessKey": key.key_id,
            },
            "reason": "the key is used by somebody else",
        } }),
    }
}
