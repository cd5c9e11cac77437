//! What a decision depends on besides the signal and its subject.

use jiff::Timestamp;

use crate::decide::refusals::OwnRoles;
use crate::record::exemption::Exemption;
use crate::words::ids::AccountId;
use crate::words::mode::Mode;

/// What a decision depends on besides the signal and its subject.
#[derive(Debug, Clone)]
pub struct Context {
    /// Whether the stack acts.
    pub mode: Mode,
    /// The moment of the decision.
    pub now: Timestamp,
    /// From this age on a key is stale.
    pub stale_key_days: i64,
    /// From this many days without use on a key is unused.
    pub unused_key_days: i64,
    /// The roles that are Severance's own.
    pub own_roles: OwnRoles,
    /// Exemptions, whether in force or not.
    pub exemptions: Vec<Exemption>,
    /// Whether the breaker of the account or of the organization is open.
    pub breaker_open: bool,
    /// The organizational units that the account is in, the innermost first.
    pub organizational_units: Vec<String>,
    /// Whether this stack may write service control policies.
    pub scp_quarantine: bool,
    /// The organization's management account, which no service control policy binds.
    pub management_account: Option<AccountId>,
}
