//! `sever policy check`: whether policies hold, before they are deployed.

use severance_catalogue::exit::BROKEN_POLICY;
use severance_policy::Guardrails;

use crate::arguments::policy::CheckOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::policies::{self, Checked};

/// Checks a folder of policies. Offline.
pub(super) fn run(given: &CheckOptions) -> Result<u8, Failure> {
    let directory = given.directory.display().to_string();
    let found = Guardrails::from_directory(&given.directory);
    print(given.json, &Checked::from(&found), |out| policies::write(&found, &directory, out))?;
    Ok(if found.is_ok() { 0 } else { BROKEN_POLICY })
}
