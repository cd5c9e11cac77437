//! The cutovers: what the schedule does about keys that a rotation has replaced.
//!
//! A cutover only says when to ask. Each answer is a case like any other: decided by the policies, signed, told, and undone by
//! `sever restore`.

use futures::future::join;
use jiff::SignedDuration;
use severance_aws::clock;
use severance_aws::identity::Found;
use severance_domain::case::Case;
use severance_domain::copies::How;
use severance_domain::cutover::{Copies, Cutover, Seen, Stage, Windows, unreadable_window};
use severance_domain::digest::Digest;
use severance_domain::ids::AccessKeyId;
use severance_domain::policy::Request;
use severance_domain::profile::Profile;
use severance_domain::respond::Answer;
use severance_domain::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::{LastUsed, SubjectKind};
use severance_domain::verdict::Verdict;

use crate::reactor::{ReactError, Reactor};

/// How long a search for copies is waited for.
const SEARCHED: SignedDuration = SignedDuration::from_mins(20);

/// A cutover with what AWS says of it now.
pub(crate) struct CutoverNow {
    pub(crate) seen: Seen,
    pub(crate) windows: Windows,
}

impl Reactor {
    /// What AWS says of an old key now.
    pub(crate) async fn read_cutover(&self, cutover: &Cutover) -> Result<CutoverNow, ReactError> {
        let nothing = Seen {
            now: clock::now(),
            active: None,
            last_used: LastUsed::NotAsked,
            consumers: vec![],
            copies: self.copies_of(cutover).await?,
            is_current: false,
            is_replaced: false,
            unread: vec![],
        };
        let times = &self.settings.cutover;
        let hint = signal(cutover, Stage::Quiet, times.windows(&Profile::default()), &nothing, "read", None);
        let access = self.accounts.to_read(&hint).await?;
        let users = access.identities.resolve(&hint);
        let used = async {
            match &access.trail {
                Some(trail) => trail.consumers(&cutover.old, cutover.opened_at).await,
                None => (vec![], vec![]),
            }
        };
        let (found, (consumers, unread)) = join(Box::pin(users), used).await;
        let found = found?;
        let Some(Found { profile, inventory, subject, .. }) = found.into_iter().next() else {
            return Ok(CutoverNow { seen: nothing, windows: times.windows(&Profile::default()) });
        };
        let windows = times.windows(&profile);
        let mut unread = unread;
        unread.extend(inventory.unread.iter().cloned());
        let key = inventory.access_keys.iter().find(|key| key.id == cutover.old);
        let holds_old = access.identities.holds_old_key(cutover).await?;
        if holds_old.is_none() {
            unread.push(format!(
                "which key {} holds: it is gone or going, or its current version is one that no rotation made",
                cutover.secret
            ));
        }
        // IAM allows two keys, so as long as the old one is there the new one is the other.
        let new_works = inventory.access_keys.iter().any(|key| key.id == cutover.new && key.active);
        if !new_works && inventory.unread.is_empty() {
            unread.push(format!("what its consumers use now: the new key {} is not active any more", cutover.new));
        }
        unread.extend(unreadable_window(&profile));
        if key.is_some_and(|key| key.active && key.last_used == LastUsed::NotAsked) {
            unread.push("when IAM saw it used last".to_owned());
        }
        if access.trail.is_none() {
            unread.push("its calls: this stack does not read CloudTrail (TrailHours=0)".to_owned());
        }
        let mut seen = Seen {
            active: key.map(|key| key.active),
            last_used: key.map_or(LastUsed::NotAsked, |key| key.last_used),
            consumers,
            is_current: holds_old == Some(true),
            is_replaced: holds_old == Some(false) && new_works,
            unread,
            ..nothing
        };
        // A user that cannot be read is not one without the key.
        if seen.active.is_none() && (!inventory.unread.is_empty() || subject.kind == SubjectKind::Unresolved) {
            seen.active = Some(true);
            seen.unread.push("whether the key is active could not be read".to_owned());
        }
        Ok(CutoverNow { seen, windows })
    }

    /// Where copies of an old key are; none while they are searched for.
    async fn copies_of(&self, cutover: &Cutover) -> Result<Option<Copies>, ReactError> {
        let unread = |why: &str| Some(Copies { found: vec![], unread: vec![why.to_owned()] });
        if self.copies.is_none() {
            return Ok(unread("the search for copies is switched off in this stack (CopiesSearch=false)"));
        }
        Ok(match self.guardrails.copies(&cutover.account, &cutover.old).await? {
            Some(found) => {
                let names = |copy: &severance_domain::copies::Copy| copy.how == How::NamesKey;
                Some(Copies { found: found.copies.into_iter().filter(names).collect(), unread: found.unread })
            }
            None if cutover.searched_at.is_some_and(|at| clock::now().duration_since(at) > SEARCHED) => {
                unread("the search for copies did not end: look at the log of the copies search, and run sever copies")
            }
            None => None,
        })
    }

    /// Deactivates a key that was replaced, on somebody's word, whoever still uses it.
    pub async fn cut(&self, key: &AccessKeyId, request: Request, holder: &str) -> Result<Answer, ReactError> {
        let Some(mut cutover) = self.guardrails.cutovers().await?.into_iter().find(|cutover| cutover.old == *key)
        else {
            let why = format!("no rotation has replaced {key}: sever cutovers shows the keys that one has");
            return Ok(Answer::Refused { why });
        };
        let CutoverNow { seen, windows } = self.read_cutover(&cutover).await?;
        if !seen.is_replaced {
            return Ok(Answer::Refused { why: not_replaced(&cutover, &seen) });
        }
        let by = Digest::of_json(&serde_json::json!([request.by, request.reason, request.ticket]));
        let asked = format!("cut/{}", by.as_hex().get(..12).unwrap_or_default());
        let signal = signal(&cutover, Stage::Deadline, windows, &seen, &asked, Some(request));
        let mut reactions = Vec::new();
        for outcome in Box::pin(self.react(&signal, holder)).await {
            reactions.push(outcome?);
        }
        cutover.cases.extend(reactions.iter().map(|reaction| reaction.case.clone()));
        if reactions.iter().any(|reaction| reaction.verdict == Verdict::VerifiedRevoked) {
            cutover.inactive_since = Some(clock::now());
        }
        self.guardrails.save_cutover(&cutover).await?;
        Ok(Answer::Reacted { reactions })
    }

    /// Whether what a cutover asked for is still as it was then; or why not. A person answers days later, and the secret may have
    /// been moved back meanwhile.
    pub(crate) async fn is_still_due(&self, case: &Case) -> Result<Result<(), String>, ReactError> {
        let (Some(facts), Some(key)) = (&case.signal.cutover, &case.signal.access_key) else { return Ok(Ok(())) };
        let Some(cutover) = self.guardrails.cutovers().await?.into_iter().find(|cutover| cutover.old == *key) else {
            return Ok(Err(format!("the cutover of {key} is over: deny this, and look at sever cutovers")));
        };
        let CutoverNow { seen, windows } = self.read_cutover(&cutover).await?;
        Ok(if !seen.is_replaced {
            Err(not_replaced(&cutover, &seen))
        } else if facts.stage == Stage::Quiet && cutover.is_in_use(windows, &seen) {
            Err(format!("{key} is in use again, or nobody can say that it is not: deny this, or sever cut {key}"))
        } else {
            Ok(())
        })
    }
}

/// Why an old key is not ended, whoever wants that.
fn not_replaced(cutover: &Cutover, seen: &Seen) -> String {
    let old = &cutover.old;
    if seen.is_current {
        return format!(
            "{} holds {old} again, or its rotation has not ended: rotate it first (sever rotate)",
            cutover.secret
        );
    }
    let why = seen.unread.join("; ");
    format!("nobody can say that another key has taken the place of {old} ({why}): see to that first")
}

/// The claim of a cutover, like one that an event brings.
pub(crate) fn signal(
    cutover: &Cutover,
    stage: Stage,
    windows: Windows,
    seen: &Seen,
    asked: &str,
    request: Option<Request>,
) -> Signal {
    let finding_id = format!("cutover/{}/{}/{asked}", cutover.account, cutover.old);
    let hint = PrincipalHint { name: Some(cutover.user.clone()), arn: None, unique_id: None };
    let title = match (&request, stage) {
        (Some(request), _) => format!("{} says: {}", request.by, request.reason),
        (None, Stage::Quiet) => format!("{} was replaced by {} and is not used any more", cutover.old, cutover.new),
        (None, Stage::Deadline) => format!("{} was replaced by {} and may still be used", cutover.old, cutover.new),
        (None, Stage::Deletion) => format!("{} was replaced by {} and has been inactive", cutover.old, cutover.new),
    };
    Signal::new(NewSignal {
        kind: SignalKind::CredentialSuperseded,
        source: if request.is_some() { Source::Responder } else { Source::Rotation },
        event_id: finding_id.clone(),
        event_digest: Digest::of_json(&serde_json::json!(cutover)),
        finding_id,
        rule: "AccessKeyReplaced".to_owned(),
        account: cutover.account.clone(),
        region: cutover.secret.region().to_owned(),
        severity: Severity::Low,
        occurred_at: seen.now,
        subject: SubjectHint::User(hint),
        title,
    })
    .with_access_key(Some(cutover.old.clone()))
    .with_request(request)
    .with_cutover(Some(Box::new(cutover.facts(stage, windows, seen))))
}
