//! `sever copies`: where an access key lives.

use severance_catalogue::exit::NOT_CONTAINED;
use severance_domain::copies::{CopiesRequest, Search};

use crate::arguments::copies::CopiesOptions;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::copies;
use crate::terminal::say;

/// Searches, and says what was found.
pub(super) fn run(given: CopiesOptions) -> Result<u8, Failure> {
    let CopiesOptions { key, look_in, remote } = given;
    let search = Search { access_key: Some(key), regions: look_in, ..Search::default() };
    let found = remote.stack().connect_to("copies-search")?.search(&CopiesRequest { search, keep: false })?;
    print(remote.json, &found, |out| copies::write(&found, out))?;
    if found.is_complete() {
        return Ok(0);
    }
    say("NOT ALL WAS LOOKED AT: there may be copies that nobody knows of");
    Ok(NOT_CONTAINED)
}
