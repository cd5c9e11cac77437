//! What must hold, whoever does what.

use std::collections::BTreeSet;
use std::fmt;

use fake_aws::evaluate::{Decision, Question, decide};
use fake_aws::oracle::{self, AccessPath, Harm, Honest, Lost, Open};
use fake_aws::{Caller, SessionOf, View};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::act::{Act, On};
use crate::outcome::{Outcome, STOLEN_BEFORE};
use crate::schedule::{Claim, Place, Planned, When};
use crate::stage::{Cast, MEMBER, TEAM_POLICY, UNINVOLVED, allow};

/// A property. DESIGN, "What verified means", is where they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// `verified_revoked` is never said of access that lives.
    Sound,
    /// Nobody else loses anything.
    NoHarm,
    /// Nothing that the attacker holds comes back.
    NeverGivenBack,
    /// There is evidence and a message, or a dead letter.
    Told,
    /// Steps, calls, records and time have bounds that no attacker moves.
    Bounded,
    /// An attacker who stops is told of as ended.
    Reached,
    /// A session into a member account can do nothing to others.
    CutDown,
}

impl Property {
    /// Every property.
    pub const ALL: [Self; 7] =
        [Self::Sound, Self::NoHarm, Self::NeverGivenBack, Self::Told, Self::Bounded, Self::Reached, Self::CutDown];

    /// The property of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.to_string() == name)
    }
}

impl fmt::Display for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sound => "sound",
            Self::NoHarm => "no-harm",
            Self::NeverGivenBack => "never-given-back",
            Self::Told => "told",
            Self::Bounded => "bounded",
            Self::Reached => "reached",
            Self::CutDown => "cut-down",
        })
    }
}

/// A property that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// What is wrong, in a few words that are the same for the same fault.
    pub what: String,
    /// What exactly.
    pub detail: String,
}

/// A containment makes a few hundred calls, for it is rechecked a dozen times. One that an attacker feeds may make more, but not without
/// end: each of the twenty things that are followed is rechecked as often.
const MOST_CALLS: usize = 12_000;

/// A step is a call or two. More of them than this are an attacker's work, and must be capped and counted.
const MOST_STEPS: usize = 200;

/// `DynamoDB` takes 400 KB an item: a record must stay well below it.
const MOST_BYTES: usize = 300 * 1024;

/// Until then somebody must know.
const FIRST_MESSAGE: SignedDuration = SignedDuration::from_mins(10);

/// Until then an attacker who stopped is told of as ended.
const LAST_VERDICT: SignedDuration = SignedDuration::from_mins(25);

/// All that is violated.
pub fn judge(outcome: &Outcome<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    sound(outcome, &mut violations);
    no_harm(outcome, &mut violations);
    never_given_back(outcome, &mut violations);
    told(outcome, &mut violations);
    bounded(outcome, &mut violations);
    reached(outcome, &mut violations);
    cut_down(outcome, &mut violations);
    violations
}

fn violation(violations: &mut Vec<Violation>, property: Property, what: impl Into<String>, detail: impl Into<String>) {
    violations.push(Violation { property, what: what.into(), detail: detail.into() });
}

/// What ends by itself is no access path where the headline says until when.
fn excused(outcome: &Outcome<'_>, key: &str, open: &Open) -> bool {
    let Some(ends_at) = open.ends_at else { return false };
    let until = ends_at.strftime("%Y-%m-%dT%H:%M").to_string();
    let revision = outcome.published.revisions.iter().find(|revision| revision.key == key);
    let sent = revision
        .and_then(|revision| outcome.published.messages.iter().find(|message| message.body.contains(&revision.key)));
    sent.is_some_and(|message| message.subject.contains(&until))
}

fn sound(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    for claim in outcome.claims {
        let open: Vec<&Open> = claim.open.iter().filter(|open| !excused(outcome, &claim.key, open)).collect();
        if !open.is_empty() {
            let words: Vec<String> = open.iter().map(|open| in_words(open)).collect();
            violation(violations, Property::Sound, kinds(&open), format!("{}: {}", claim.key, words.join("; ")));
            return;
        }
    }
    let cases = outcome.published.first_cases();
    let Some(last) = cases.first().filter(|revision| revision.verdict == "verified_revoked") else { return };
    let open: Vec<&Open> = outcome.open.iter().filter(|open| !excused(outcome, &last.key, open)).collect();
    if !open.is_empty() {
        let words: Vec<String> = open.iter().map(|open| in_words(open)).collect();
        violation(violations, Property::Sound, kinds(&open), format!("{}, in the end: {}", last.key, words.join("; ")));
        return;
    }
    let state = outcome.aws.state();
    let policy = format!("arn:aws:iam::{}:policy/{TEAM_POLICY}", outcome.cast.account);
    let document = state.iam.policy_document(View::Settled, &outcome.cast.account, &policy);
    let written = allow(&["*"]).to_string();
    if document.is_some_and(|document| document == written) {
        violation(
            violations,
            Property::Sound,
            "policy",
            format!("{}: {policy} says what the attacker wrote", last.key),
        );
        return;
    }
    let principal = match outcome.schedule.claim {
        Claim::RoleSession => &outcome.cast.victim_role,
        _ => &outcome.cast.victim,
    };
    let since = outcome.claimed_at - STOLEN_BEFORE;
    let strange = oracle::not_understood(&state, principal, since);
    if !strange.is_empty() {
        violation(violations, Property::Sound, "strange write", format!("{}: it wrote {strange:?}", last.key));
    }
}

/// The kinds of access paths, each once: what a failure is called by.
fn kinds(open: &[&Open]) -> String {
    let kinds: BTreeSet<&str> = open.iter().map(|open| kind(open)).collect();
    kinds.into_iter().collect::<Vec<_>>().join(", ")
}

fn kind(open: &Open) -> &'static str {
    match &open.access_path {
        AccessPath::AccessKey(_) => "key",
        AccessPath::Session(_) if open.ends_at.is_none() => "renewable session",
        AccessPath::Session(_) => "session",
        AccessPath::Password => "password",
        AccessPath::SshKey(_) => "ssh key",
        AccessPath::Certificate(_) => "certificate",
        AccessPath::ServiceCredential(_) => "service credential",
        AccessPath::Outsider(_) => "trust",
        AccessPath::Provider(_) => "provider",
        AccessPath::RolesAnywhere(_) => "roles anywhere",
        AccessPath::Workload(_) => "workload",
        AccessPath::Person(_) => "person",
    }
}

/// An access path in words.
pub fn in_words(open: &Open) -> String {
    let can = open.can.first().map(String::as_str).unwrap_or_default();
    let until = open.ends_at.map(|at| format!(" until {at}")).unwrap_or_default();
    format!("{} {:?} of {}{until} ({can}, …)", kind(open), open.access_path, open.holder.arn)
}

/// What was lost, in a word.
fn lost(harm: &Harm) -> &'static str {
    match harm.lost {
        Lost::Name(_) => "name",
        Lost::Key(_) => "key",
        Lost::Password(_) => "password",
        Lost::Credential(_) => "credential",
        Lost::Session(_) => "session",
        Lost::Right(_) => "right",
        Lost::Trust(_) => "trust",
        Lost::Member(_) => "member",
        Lost::Words(..) => "policy",
    }
}

fn no_harm(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    let harm = oracle::harmed(outcome.before, outcome.after);
    if harm.is_empty() {
        return;
    }
    let kinds: BTreeSet<&str> = harm.iter().map(lost).collect();
    let words: Vec<String> = harm.iter().map(|harm| format!("{:?} lost {:?}", harm.who, harm.lost)).collect();
    violation(violations, Property::NoHarm, kinds.into_iter().collect::<Vec<_>>().join(", "), words.join("; "));
}

fn never_given_back(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    let Some(before) = outcome.before_restore else { return };
    // Whoever had another way to the same rights before needs none that comes back.
    let had = |open: &&Open| before.iter().any(|known| known.holder == open.holder);
    let back: Vec<&Open> = outcome.open.iter().filter(|open| !had(open)).collect();
    if !back.is_empty() {
        let words: Vec<String> = back.iter().map(|open| in_words(open)).collect();
        violation(violations, Property::NeverGivenBack, kinds(&back), words.join("; "));
    }
}

fn told(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    let published = outcome.published;
    if published.revisions.is_empty() {
        if outcome.product.dead_letters.is_empty() && outcome.schedule.claim != Claim::ByHand {
            violation(violations, Property::Told, "nothing", "no evidence and no dead letter");
        }
        // Whoever finds it there must still find out who is meant; the access lives meanwhile.
        if let (Some((_, why)), false) = (outcome.product.dead_letters.first(), outcome.open.is_empty()) {
            violation(violations, Property::Told, "dead letter alone", why.clone());
        }
        return;
    }
    for revision in &published.revisions {
        let name = revision.key.rsplit('/').next().unwrap_or_default();
        let sent = published.messages.iter().filter(|message| message.body.contains(&revision.key)).count();
        if sent == 0 {
            violation(violations, Property::Told, "no message", format!("nobody was sent {} {name}", revision.case));
            return;
        }
        // A worker that dies, or waits in vain, between the message and the record of it leaves it to be sent once more.
        if sent > 1 && !outcome.schedule.acts.iter().any(|planned| repeats(planned.act)) {
            let detail = format!("{} {name} was sent {sent} times", revision.case);
            violation(violations, Property::Told, "said twice", detail);
        }
        let numbers = published.revisions.iter().filter(|other| other.case == revision.case).map(|other| other.number);
        let numbers: BTreeSet<u64> = numbers.collect();
        if !numbers.iter().copied().eq(1..=numbers.len() as u64) {
            let detail = format!("{} has revisions {numbers:?}", revision.case);
            violation(violations, Property::Told, "a revision is missing", detail);
            return;
        }
    }
    let first = published.messages.iter().filter(|message| !message.is_alarm).map(|message| message.at).min();
    if first.is_none_or(|at| at > outcome.claimed_at + FIRST_MESSAGE) && outcome.product.dead_letters.is_empty() {
        violation(violations, Property::Told, "late", format!("the first message was sent at {first:?}"));
    }
}

fn repeats(act: Act) -> bool {
    act.is_fault() && act != Act::DeliverTwice
}

fn bounded(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    if outcome.calls > MOST_CALLS {
        violation(violations, Property::Bounded, "calls", format!("{} calls", outcome.calls));
    }
    if let Some(long) = outcome.published.revisions.iter().find(|revision| revision.steps > MOST_STEPS) {
        violation(violations, Property::Bounded, "steps", format!("{} has {} steps", long.key, long.steps));
    }
    let too_long = |why: &str| why.contains("Item size") || why.contains("tem size to update");
    let refused = outcome.product.dead_letters.iter().map(|(_, why)| why).chain(&outcome.product.failed_runs);
    if let Some(why) = refused.clone().find(|why| too_long(why)) {
        violation(violations, Property::Bounded, "record refused", why.clone());
    }
    let largest = outcome.aws.state().dynamodb.largest;
    if largest > MOST_BYTES {
        violation(violations, Property::Bounded, "record", format!("an item of {largest} bytes"));
    }
    let timed_out = |why: &&String| why.contains("timed out");
    let crashed = outcome.schedule.acts.iter().any(|planned| matches!(planned.act, Act::CrashBefore | Act::CrashAfter));
    if let Some(why) = refused.clone().find(timed_out).filter(|_| !crashed) {
        violation(violations, Property::Bounded, "time", why.clone());
    }
}

/// Whether the word is owed in the end: what was done can be ended, seen and understood, and is nobody else's.
fn owes_the_word(claim: Claim, planned: Planned) -> bool {
    // A thief of a role's session works on users that are others'.
    let is_own_user = claim != Claim::RoleSession;
    // Who asks by hand does not say since when, so what it made elsewhere before may be its honest work: a person answers.
    let is_doubtful = claim == Claim::ByHand && matches!(planned.when, When::Before(_));
    match planned.act {
        Act::MakeUser | Act::MakeRole | Act::MakeManyCredentials | Act::NameLikeOwn | Act::FillAttachments
            if is_doubtful =>
        {
            false
        }
        Act::MintKey(on)
        | Act::MintPassword(on)
        | Act::MintSshKey(on)
        | Act::MintCertificate(on)
        | Act::MintServiceCredential(on) => on == On::Own && is_own_user,
        Act::ReactivateKeys
        | Act::DeleteNamedKey
        | Act::FillKeys
        | Act::StripUser
        | Act::ReplaceUserPolicies
        | Act::FillUserPolicies
        | Act::FillAttachments
        | Act::Rename
        | Act::RenameLoop
        | Act::MoveToOddPath
        | Act::TagHonest => is_own_user,
        Act::StripRole => !is_own_user,
        Act::GetSessionToken
        | Act::GetFederationToken
        | Act::NameLikeOwn
        | Act::MakeUser
        | Act::MakeRole
        | Act::MakeManyCredentials
        | Act::NamesakeWorks
        | Act::CrashBefore
        | Act::CrashAfter
        | Act::Throttle
        | Act::LateAnswer
        | Act::DeliverTwice => true,
        _ => false,
    }
}

fn reached(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    if outcome.schedule.restore
        || !outcome.schedule.acts.iter().all(|planned| owes_the_word(outcome.schedule.claim, *planned))
    {
        return;
    }
    let cases = outcome.published.first_cases();
    let Some(last) = cases.first() else {
        let failed: Vec<&str> = outcome.product.dead_letters.iter().map(|(_, why)| why.as_str()).collect();
        // Who asked by hand knows that it failed, but what was begun is finished without them.
        let is_begun = outcome.aws.calls().iter().any(|call| call.request.action() == "dynamodb:PutItem");
        if outcome.product.failed_requests.is_empty() || is_begun {
            violation(violations, Property::Reached, "no case", failed.join("; "));
        }
        return;
    };
    if last.verdict != "verified_revoked" {
        let why = last.record["proof"]["notProven"].to_string();
        violation(violations, Property::Reached, last.verdict.clone(), format!("{}: {why}", last.key));
        return;
    }
    let stopped = outcome.claimed_at.max(outcome.last_act);
    if last.at > stopped + LAST_VERDICT {
        violation(violations, Property::Reached, "late", format!("{} at {}", last.key, last.at));
    }
}

fn cut_down(outcome: &Outcome<'_>, violations: &mut Vec<Violation>) {
    if outcome.schedule.place != Place::Member {
        return;
    }
    let state = outcome.aws.state();
    let Some(role) = state.iam.role_id(View::Settled, MEMBER, "SeveranceMember") else { return };
    let honest = format!("arn:aws:iam::{MEMBER}:user/{UNINVOLVED}");
    for session in state.sessions.values().filter(|session| session.of == SessionOf::Role(role.clone())) {
        let caller = Caller::Session(Box::new(session.clone()));
        for action in ["iam:UpdateAccessKey", "iam:PutUserPolicy", "iam:CreateAccessKey"] {
            let resource = honest.clone();
            let question = Question { caller: &caller, action: action.to_owned(), resource, context: [].into() };
            if decide(&state, View::Settled, &question) == Decision::Allowed {
                let detail = format!("session {} may {action} on {honest}", session.name);
                violation(violations, Property::CutDown, "reach", detail);
                return;
            }
        }
    }
}

/// The honest people, for the oracle. Who works with a role beside the thief of its sessions is one only where the role itself is
/// not what the claim is about.
pub fn honest(claim: Claim, cast: &Cast) -> Vec<Honest> {
    let account = || cast.account.clone();
    let user = |id: &str| Honest::User { account: account(), id: id.to_owned() };
    let role = |id: &str| Honest::Role { account: account(), id: id.to_owned() };
    let mut honest = vec![
        user(&cast.honest_id),
        role(&cast.shared_role),
        role(&cast.service_role),
        Honest::Session(cast.namesake.clone()),
    ];
    // Of the role that the claim is about, and of the user whom its thief works on, nothing can be asked.
    if claim != Claim::RoleSession {
        honest.extend([role(&cast.victim_role), Honest::Session(cast.colleague.clone())]);
    }
    honest
}
