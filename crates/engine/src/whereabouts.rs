//! Where a user is by now. Whoever holds it may rename it as often as they like, twice a second too, and AWS is asked about users by
//! name: so who is not found under a name is looked for by the unique id, which no rename changes.

use severance_aws::clock;
use severance_aws::error::AwsError;
use severance_domain::case::Case;
use severance_domain::ids::{AccessKeyId, Arn, IamName};
use severance_domain::signal::{PrincipalHint, Signal, SubjectHint};
use severance_domain::subject::SubjectKind;

use crate::reactor::Reactor;

/// Where a case's subject was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whereabouts {
    /// Under another name than it was asked about with.
    Elsewhere(IamName, Arn),
    /// Under the same one.
    There,
    /// Nowhere, or it cannot be looked for.
    Unknown,
}

impl Whereabouts {
    /// Writes a new name down. Whether there is one.
    pub(crate) fn follow(self, case: &mut Case) -> bool {
        let Self::Elsewhere(name, arn) = self else { return false };
        // LOG: A contained user was renamed; AWS is asked with the new name from here on.
        tracing::warn!(case = %case.id, %arn, "the user was renamed");
        case.found_under(name, arn, clock::now());
        true
    }
}

impl Reactor {
    /// Looks for the subject of a case by its unique id.
    ///
    /// # Errors
    /// Where AWS refuses or does not answer.
    pub(crate) async fn whereabouts(&self, case: &Case) -> Result<Whereabouts, AwsError> {
        let (SubjectKind::User, Some(unique_id)) = (case.subject.kind, &case.subject.unique_id) else {
            return Ok(Whereabouts::Unknown);
        };
        let named = case.signal.access_key.iter();
        let keys: Vec<AccessKeyId> =
            named.chain(case.inventory.access_keys.iter().map(|key| &key.id)).cloned().collect();
        let hint = PrincipalHint { unique_id: Some(unique_id.clone()), ..PrincipalHint::default() };
        let key = keys.iter().find(|key| !key.is_temporary()).cloned();
        let about = Signal {
            account: case.subject.account.clone(),
            subject: SubjectHint::User(hint),
            access_key: key,
            ..case.signal.clone()
        };
        let access = self.accounts.to_read(&about).await?;
        let present = access.identities.present_name(unique_id, &keys).await?;
        let asked = case.under_present_name();
        Ok(match present {
            Some((name, arn)) if name.as_str() != asked.subject.name || asked.subject.arn.as_ref() != Some(&arn) => {
                Whereabouts::Elsewhere(name, arn)
            }
            Some(_) => Whereabouts::There,
            None => Whereabouts::Unknown,
        })
    }
}
