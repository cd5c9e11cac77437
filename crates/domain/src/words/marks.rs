//! How what Severance puts into an account is named, so that it is found again.

/// The name of the inline policy by which a user is quarantined.
pub const QUARANTINE_POLICY: &str = "SeveranceQuarantine";

/// The tag on a quarantined user that names the case. Inline policies cannot be tagged themselves.
pub const QUARANTINE_TAG: &str = "severance:quarantined-by";

/// The name of the inline policy that denies older sessions of a role or a user.
pub const REVOKE_SESSIONS_POLICY: &str = "SeveranceRevokeOlderSessions";

/// How the statement is named by which a role's trust policy lets nobody in.
pub const CLOSED_TRUST_SID: &str = "SeveranceClosed";
