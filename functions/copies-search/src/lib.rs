//! Where does this key live? Before an old access key is ended, its copies are found: in secrets, parameters and environments.
//! The only function that reads what secrets hold, and it tells nobody.

use severance_aws::copies::CopiesSearch;
use severance_runtime::composition::Composition;

/// What this function answers with.
pub fn compose(composition: &Composition) -> CopiesSearch {
    composition.copies()
}
