use serde::{Deserialize, Serialize};

use crate::ids::ResourceId;

/// Take a user of IAM Identity Center out of a group (`identitystore:DeleteGroupMembership`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveGroupMembership {
    /// The user's id in the directory.
    pub user: ResourceId,
    /// The directory.
    pub store: ResourceId,
    /// Out of which group.
    pub group: ResourceId,
    /// The membership's own id.
    pub membership: ResourceId,
}
