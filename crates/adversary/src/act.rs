//! What an attacker, or an honest person beside the containment, may do: one entry for each kind of act.

use serde::{Deserialize, Serialize};

/// Whose user an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The victim.
    Own,
    /// An honest user.
    Others,
}

/// One kind of act. Every one is done with whatever credential of the attacker's still lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    // ── Credentials ──────────────────────────────────────────────────────────────────────────────────────────────────
    /// `CreateAccessKey`.
    MintKey(On),
    /// `CreateLoginProfile`.
    MintPassword(On),
    /// `UploadSSHPublicKey`.
    MintSshKey(On),
    /// `UploadSigningCertificate`.
    MintCertificate(On),
    /// `CreateServiceSpecificCredential`, for Bedrock.
    MintServiceCredential(On),
    /// `UpdateAccessKey` to active, of every key of the victim.
    ReactivateKeys,
    /// `DeleteAccessKey` of the key that the finding names, after another one was made where there is room.
    DeleteNamedKey,
    /// Two keys, so that nobody can add one.
    FillKeys,

    // ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────
    /// `GetSessionToken`.
    GetSessionToken,
    /// `GetFederationToken`, with a policy that allows everything.
    GetFederationToken,
    /// `AssumeRole` of the role of many, in us-east-1.
    AssumeShared,
    /// The same at a regional endpoint.
    AssumeSharedElsewhere,
    /// `AssumeRole` of the victim role.
    AssumeVictimRole,
    /// A chain: by the newest session of a role, another session of the role of many.
    AssumeByChain,
    /// The role of many is made to trust itself, and a session of it renews itself.
    RenewBySelfTrust,
    /// Eight sessions of the role of many, each under a name of its own.
    AssumeOften,
    /// A session whose name is an honest user's.
    AssumeUnderHonestName,
    /// An identity provider, a role that trusts it, and a session by web identity.
    WebIdentity,
    /// The same by SAML.
    Saml,

    // ── Denials and quotas ───────────────────────────────────────────────────────────────────────────────────────────
    /// Deletes every inline policy of the victim, and detaches `AWSDenyAll` and quarantine policies.
    StripUser,
    /// The same of the victim role.
    StripRole,
    /// Writes `Allow *` under the name of each inline policy of the victim.
    ReplaceUserPolicies,
    /// Fills what a user's inline policies may hold in all.
    FillUserPolicies,
    /// Attaches ten policies to the victim.
    FillAttachments,
    /// Takes the victim's permissions boundary off.
    RemoveBoundary,

    // ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────
    /// `UpdateUser` with another name.
    Rename,
    /// Renames it back and forth, twice a second, for a minute.
    RenameLoop,
    /// `UpdateUser` with a path that holds DEL.
    MoveToOddPath,
    /// Deletes the victim, and makes one of the same name with a key.
    Recreate,
    /// A role named like one of the stack's own functions, which the attacker may assume.
    NameLikeOwn,
    /// Tags the victim as break-glass.
    TagBreakGlass,
    /// Tags the victim with an owner and a class of honest work.
    TagHonest,

    // ── Trusts, policies, rights ─────────────────────────────────────────────────────────────────────────────────────
    /// The victim role's trust lets the attacker's own account in.
    OpenTrust,
    /// The same with statements whose Sids begin as ours do.
    OpenTrustUnderOurSid,
    /// The trust of the role of many lets the attacker's own account in.
    OpenSharedTrust,
    /// A new default version of the role of many's policy allows everything.
    WritePolicyVersion,
    /// The same, twice: the version before the newest is the attacker's, too.
    WriteTwoPolicyVersions,
    /// A version that is not the default one, and later `SetDefaultPolicyVersion`.
    PlantThenSetDefault,
    /// Administrator's rights for a user of the attacker's making.
    GiveRights,
    /// A group of the attacker's making with all rights, and an accomplice in it.
    GiveByGroup,
    /// A user with a key and all rights.
    MakeUser,
    /// A role with all rights that the attacker's own account may assume.
    MakeRole,
    /// Two dozen users with a key each.
    MakeManyUsers,
    /// A Roles Anywhere anchor and profile, for a role with all rights.
    RolesAnywhere,
    /// An instance profile with a role that has all rights, and an instance that runs with it.
    InstanceProfile,
    /// Forty-five profiles of Roles Anywhere for the victim role: more steps than one write admits.
    MakeManyProfiles,
    /// Four hundred changes of rights under long names, in the minutes before the claim: a record that grows.
    ChangeRightsOften,
    /// Six users, each with credentials of all kinds.
    MakeManyCredentials,

    // ── Traces ───────────────────────────────────────────────────────────────────────────────────────────────────────
    /// Three hundred reads, so that pages of CloudTrail hold nothing else.
    BuryInReads,
    /// Three hundred refused calls.
    BuryInRefused,
    /// A write of a kind that nobody knows: `lambda:AddPermission` for the attacker's own account.
    StrangeWrite,

    // ── Honest people ────────────────────────────────────────────────────────────────────────────────────────────────
    /// The session that bears the victim's name makes a user with a key, as its own work.
    NamesakeWorks,
    /// An honest administrator writes a new default version of the role of many's policy.
    HonestPolicyChange,
    /// A second finding about the same victim, and a person who restores the second case when it is closed.
    SecondCase,

    // ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────
    /// The workers die before their next call.
    CrashBefore,
    /// The workers die after their next call took effect.
    CrashAfter,
    /// The next call is throttled, with its retries.
    Throttle,
    /// The next call is answered after six seconds, though it took effect.
    LateAnswer,
    /// The event is delivered once more, to a worker beside the first: EventBridge promises at least one delivery, not at most one.
    DeliverTwice,
}

impl Act {
    /// Every kind, for enumerations.
    pub const ALL: &[Self] = &[
        Self::MintKey(On::Own),
        Self::MintKey(On::Others),
        Self::MintPassword(On::Own),
        Self::MintPassword(On::Others),
        Self::MintSshKey(On::Own),
        Self::MintSshKey(On::Others),
        Self::MintCertificate(On::Own),
        Self::MintCertificate(On::Others),
        Self::MintServiceCredential(On::Own),
        Self::MintServiceCredential(On::Others),
        Self::ReactivateKeys,
        Self::DeleteNamedKey,
        Self::FillKeys,
        Self::GetSessionToken,
        Self::GetFederationToken,
        Self::AssumeShared,
        Self::AssumeSharedElsewhere,
        Self::AssumeVictimRole,
        Self::AssumeByChain,
        Self::RenewBySelfTrust,
        Self::AssumeOften,
        Self::AssumeUnderHonestName,
        Self::WebIdentity,
        Self::Saml,
        Self::StripUser,
        Self::StripRole,
        Self::ReplaceUserPolicies,
        Self::FillUserPolicies,
        Self::FillAttachments,
        Self::RemoveBoundary,
        Self::Rename,
        Self::RenameLoop,
        Self::MoveToOddPath,
        Self::Recreate,
        Self::NameLikeOwn,
        Self::TagBreakGlass,
        Self::TagHonest,
        Self::OpenTrust,
        Self::OpenTrustUnderOurSid,
        Self::OpenSharedTrust,
        Self::WritePolicyVersion,
        Self::WriteTwoPolicyVersions,
        Self::PlantThenSetDefault,
        Self::GiveRights,
        Self::GiveByGroup,
        Self::MakeUser,
        Self::MakeRole,
        Self::MakeManyUsers,
        Self::RolesAnywhere,
        Self::InstanceProfile,
        Self::MakeManyProfiles,
        Self::ChangeRightsOften,
        Self::MakeManyCredentials,
        Self::BuryInReads,
        Self::BuryInRefused,
        Self::StrangeWrite,
        Self::NamesakeWorks,
        Self::HonestPolicyChange,
        Self::SecondCase,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::Throttle,
        Self::LateAnswer,
        Self::DeliverTwice,
    ];

    /// As the list of known failures and the soak's file write it.
    pub fn name(self) -> String {
        match serde_json::to_value(self).expect("a plain value") {
            serde_json::Value::String(name) => name,
            serde_json::Value::Object(of) => {
                let (name, on) = of.into_iter().next().expect("one member");
                format!("{name}:{}", on.as_str().unwrap_or_default())
            }
            other => other.to_string(),
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        let value = match name.split_once(':') {
            Some((kind, on)) => serde_json::json!({ kind: on }),
            None => serde_json::json!(name),
        };
        serde_json::from_value(value).ok()
    }

    /// Whether it befalls the product's own calls, and is nobody's doing.
    pub fn is_fault(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter | Self::Throttle | Self::LateAnswer | Self::DeliverTwice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_act_has_a_name_by_which_it_is_found_again() {
        for act in Act::ALL {
            assert_eq!(Act::named(&act.name()), Some(*act), "{}", act.name());
        }
        assert_eq!(Act::MintKey(On::Own).name(), "mint_key:own");
    }
}
