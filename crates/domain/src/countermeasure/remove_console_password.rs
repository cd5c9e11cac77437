use serde::{Deserialize, Serialize};

use crate::ids::IamName;

/// Delete a console password (`iam:DeleteLoginProfile`). It has no inactive state, so only a new one can follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveConsolePassword {
    /// Whose.
    pub user: IamName,
}
