//! A user that was renamed since its case began: by which name AWS is asked about it.
//!
//! What is written down keeps the name of the claim, so that a case stays about the same thing; what is asked of AWS is asked with the
//! name that it knows by now. The unique id says that both are one user.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::record::case::Case;
use crate::words::ids::{Arn, IamName};
use crate::words::subject::Renamed;

impl Case {
    /// The same case as AWS knows its subject by now: what is asked of AWS is taken from this one.
    pub fn under_present_name(&self) -> Cow<'_, Self> {
        let Some(Renamed { name, arn, .. }) = &self.renamed else { return Cow::Borrowed(self) };
        let mut case = self.clone();
        let steps = case.steps.iter_mut().map(|record| &mut record.step.countermeasure);
        let returns = case.restoration.iter_mut().flat_map(|of| &mut of.steps).map(|of| &mut of.countermeasure);
        steps.chain(returns).for_each(|step| step.rename_user(&self.subject, name, arn));
        case.subject.name = name.to_string();
        case.subject.arn = Some(arn.clone());
        Cow::Owned(case)
    }

    /// Writes down under which name the subject was found.
    pub fn found_under(&mut self, name: IamName, arn: Arn, at: Timestamp) {
        let is_as_before = name.as_str() == self.subject.name && self.subject.arn.as_ref() == Some(&arn);
        self.renamed = (!is_as_before).then_some(Renamed { name, arn, at });
    }
}
