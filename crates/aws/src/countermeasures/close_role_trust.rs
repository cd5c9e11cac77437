//! Let nobody start a session of a role any more but the AWS services that its trust policy names. Where it names none, by a denial
//! beside all that stands there, or by a denial alone where IAM does not take that back. Where it names some, by what it says of
//! them and nothing else. What was there is in the case.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use severance_domain::case::{Case, CaseId};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::IamName;
use severance_domain::plan::CLOSED_TRUST_SID;
use severance_domain::right::iam;
use severance_domain::subject::{GivenBack, TrustPolicy};

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone};
use super::policy;
use crate::error::AwsError;

const GET: &str = iam::GET_ROLE.action;
const UPDATE: &str = iam::UPDATE_ASSUME_ROLE_POLICY.action;

/// Drives [`Countermeasure::CloseRoleTrust`].
pub struct CloseRoleTrust {
    iam: Client,
}

/// What a role trusts, as IAM shows it.
enum Shown {
    Policy(TrustPolicy),
    /// A document that is none, or can be read in two ways.
    Unreadable,
    /// There is no such role any more.
    Gone,
}

/// What came of writing a trust policy.
enum Written {
    Done,
    /// IAM does not take it: it names somebody who is gone, lacks what IAM asks for today, or is too long.
    NotTaken(AwsError),
    Gone,
}

impl CloseRoleTrust {
    /// Over this client.
    pub fn new(iam: Client) -> Self {
        Self { iam }
    }

    async fn shown(&self, role: &IamName) -> Result<Shown, AwsError> {
        let answer = self.iam.get_role().role_name(role.as_str()).send().await;
        let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))? else {
            return Ok(Shown::Gone);
        };
        let document = found.role.and_then(|role| role.assume_role_policy_document);
        let document = document.ok_or_else(|| AwsError {
            action: GET,
            code: "InvalidResponse".to_owned(),
            message: "the answer holds no trust policy".to_owned(),
            retryable: false,
        })?;
        let policy = policy::decoded(&document).and_then(|document| TrustPolicy::parse(&document));
        Ok(policy.map_or(Shown::Unreadable, Shown::Policy))
    }

    async fn write(&self, role: &IamName, trust: &TrustPolicy) -> Result<Written, AwsError> {
        let update = self.iam.update_assume_role_policy().role_name(role.as_str());
        let answer = update.policy_document(trust.to_text()).send().await;
        match unless_gone(answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))) {
            Ok(Some(())) => Ok(Written::Done),
            Ok(None) => Ok(Written::Gone),
            Err(error) if ["MalformedPolicyDocument", "LimitExceeded"].contains(&error.code.as_str()) => {
                Ok(Written::NotTaken(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Denies everybody by this case's statement, and keeps what stands beside it where IAM takes it back.
    async fn deny(&self, role: &IamName, trust: Option<&TrustPolicy>, own: &str) -> Result<Applied, AwsError> {
        let mut why = "the trust policy could not be read".to_owned();
        if let Some(trust) = trust {
            match self.write(role, &trust.denied(own)).await? {
                Written::Done => return Ok(Applied::Changed(None)),
                Written::Gone => return Ok(Applied::Already(GONE.to_owned())),
                Written::NotTaken(error) => why = format!("IAM does not take back what stands there ({})", error.code),
            }
        }
        match self.write(role, &TrustPolicy::denial_alone(own)).await? {
            Written::Done => Ok(Applied::Changed(Some(format!(
                "{why}: the denial was written alone, and what was there is in this case"
            )))),
            Written::Gone => Ok(Applied::Already(GONE.to_owned())),
            Written::NotTaken(error) => Err(error),
        }
    }

    /// Writes what comes back. Where IAM does not take that, without what it refuses and nobody can use.
    async fn give_back(&self, role: &IamName, back: TrustPolicy, mut left: Vec<String>) -> Result<Applied, AwsError> {
        let without_gone = back.without_gone();
        let (without_claimless, claimless) = without_gone.without_claimless();
        let mut refused = None;
        for (policy, lost) in [(back, vec![]), (without_gone, vec![]), (without_claimless, claimless)] {
            if policy.is_empty() {
                continue;
            }
            match self.write(role, &policy).await? {
                Written::Done => {
                    left.extend(lost);
                    let note = (!left.is_empty()).then(|| format!("not let in again: {}", left.join(", ")));
                    return Ok(Applied::Changed(note));
                }
                Written::Gone => return Ok(Applied::Already(GONE.to_owned())),
                Written::NotTaken(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) => Err(error),
            None => Ok(Applied::Already("nobody who was let in is there any more".to_owned())),
        }
    }
}

/// The Sid of this case's statement. IAM takes letters and digits alone, so a case's hyphen is left out.
fn own_sid(case: &CaseId) -> String {
    let name = case.as_str();
    let digits = name.strip_prefix("sev-").unwrap_or(name).chars().filter(char::is_ascii_alphanumeric);
    format!("{CLOSED_TRUST_SID}By{}", digits.collect::<String>())
}

/// The case whose statement has this name.
fn case_of(name: &str) -> String {
    let case = name.strip_prefix(CLOSED_TRUST_SID).and_then(|rest| rest.strip_prefix("By"));
    case.map_or_else(|| name.to_owned(), |case| format!("sev-{case}"))
}

fn target(step: &Countermeasure) -> Result<&IamName, AwsError> {
    match step {
        Countermeasure::CloseRoleTrust(card::CloseRoleTrust { role, .. }) => Ok(role),
        _ => Err(misdirected(UPDATE)),
    }
}

/// What the case gives back of this trust. Where the identity was in other hands, nobody comes in whom nobody knew of.
fn given_back(trust: &TrustPolicy, case: &Case) -> GivenBack {
    let in_danger = case.signal.kind.is_immediate_danger() || case.signal.follows.is_some();
    let before = case.inventory.trust.as_ref().and_then(|before| TrustPolicy::parse(&before.document));
    trust.given_back(&own_sid(&case.id), before.as_ref(), in_danger)
}

const GONE: &str = "the role does not exist any more";
const UNREADABLE: &str = "a trust policy that could not be read";

#[async_trait]
impl Driver for CloseRoleTrust {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let role = target(step)?;
        let own = own_sid(case);
        let trust = match self.shown(role).await? {
            Shown::Gone => return Ok(Applied::Already(GONE.to_owned())),
            Shown::Unreadable => return self.deny(role, None, &own).await,
            Shown::Policy(trust) => trust,
        };
        if trust.is_closed_by(&own) {
            return Ok(Applied::Changed(Some("an earlier try of this case closed it".to_owned())));
        }
        if let Some(other) = trust.closed_by_another(&own) {
            return Ok(Applied::Already(format!("case {} closed it already", case_of(other))));
        }
        let let_in = trust.lets_in();
        if let_in.services.is_empty() {
            return self.deny(role, Some(&trust), &own).await;
        }
        if let_in.is_no_other_than_services() {
            return Ok(Applied::Already(format!("it lets in {} alone, which goes on", let_in.words())));
        }
        Ok(match self.write(role, &trust.of_services_alone()).await? {
            Written::Done => Applied::Changed(Some(format!(
                "sessions of {} alone can be started, which goes on",
                trust.of_services_alone().lets_in().words()
            ))),
            Written::Gone => Applied::Already(GONE.to_owned()),
            Written::NotTaken(error) => return Err(error),
        })
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let role = target(step)?;
        let own = own_sid(about.case);
        let trust = match self.shown(role).await? {
            Shown::Gone => {
                let seen = format!("{GET} shows no role of that name: it was deleted, or renamed and lives on");
                return Ok(Seen::NotYet(seen));
            }
            Shown::Unreadable => return Ok(Seen::NotYet(format!("{GET} shows {UNREADABLE}"))),
            Shown::Policy(trust) => trust,
        };
        let let_in = trust.lets_in();
        Ok(if trust.is_closed_by(&own) {
            Seen::InEffect(format!("{GET} shows a trust policy that lets nobody in ({own})"))
        } else if let Some(other) = trust.closed_by_another(&own) {
            Seen::InEffect(format!("{GET} shows a trust policy that case {} closed", case_of(other)))
        } else if let_in.is_no_other_than_services() {
            Seen::InEffect(format!("{GET} shows a trust policy that lets in {} alone", let_in.words()))
        } else {
            Seen::NotYet(format!("{GET} shows a trust policy that lets in {}", let_in.words()))
        })
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let role = target(step)?;
        let trust = match self.shown(role).await? {
            Shown::Gone => return Ok(Applied::Already(GONE.to_owned())),
            Shown::Unreadable => return Ok(Applied::Already(format!("{UNREADABLE} is there now: left alone"))),
            Shown::Policy(trust) => trust,
        };
        match given_back(&trust, undo.case) {
            GivenBack::NotThere => Ok(Applied::Already("this case's denial is not there any more".to_owned())),
            GivenBack::LeftAlone => Ok(Applied::Already("others have written another trust policy since".to_owned())),
            GivenBack::Write(back, left) => {
                let other = back.closed_by_another(&own_sid(&undo.case.id)).map(case_of);
                Ok(match (self.give_back(role, *back, left).await?, other) {
                    (Applied::Changed(None), Some(other)) => {
                        Applied::Changed(Some(format!("case {other} keeps it closed")))
                    }
                    (applied, _) => applied,
                })
            }
        }
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let role = target(step)?;
        let trust = match self.shown(role).await? {
            Shown::Gone => {
                let seen = format!("{GET} shows no role of that name: it was deleted, or renamed and lives on");
                return Ok(Seen::NotYet(seen));
            }
            Shown::Unreadable => return Ok(Seen::InEffect(format!("{GET} shows {UNREADABLE}, which was left alone"))),
            Shown::Policy(trust) => trust,
        };
        Ok(match given_back(&trust, undo.case) {
            GivenBack::NotThere => Seen::InEffect(format!("{GET} shows the trust policy without this case's denial")),
            GivenBack::LeftAlone => {
                Seen::InEffect(format!("{GET} shows a trust policy that others have written, which was left alone"))
            }
            GivenBack::Write(..) => Seen::NotYet(format!("{GET} still shows the trust policy as this case wrote it")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_holds_letters_and_digits_alone_and_names_its_case() {
        let case: CaseId = serde_json::from_value("sev-0123456789abcdef0123".into()).unwrap();
        assert_eq!(own_sid(&case), "SeveranceClosedBy0123456789abcdef0123");
        assert_eq!(case_of(&own_sid(&case)), case.as_str());
    }
}
