//! What may live on after a countermeasure.

/// Access that a countermeasure does not end, or that nobody proves to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residue {
    /// Sessions of roles that a user assumed, and what those assume.
    UserChains,
    /// Sessions that were started with a key itself.
    KeySessions,
    /// Sessions of roles that a user assumed.
    AssumedSessions,
    /// Identity tokens for services outside AWS.
    IdentityTokens,
    /// Sessions of other roles that a role's sessions assumed.
    ChainedSessions,
    /// Sessions of permission sets.
    DirectorySessions,
    /// Sessions that are started after a revocation.
    LaterSessions,
    /// The value that a secret had before.
    OldValue,
}

/// How much must have come of a step for it to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It was taken.
    Taken,
    /// Its effect was seen.
    Seen,
}

impl Residue {
    /// Every kind, in the order in which readers are told.
    pub const ALL: [Self; 8] = [
        Self::UserChains,
        Self::KeySessions,
        Self::AssumedSessions,
        Self::IdentityTokens,
        Self::ChainedSessions,
        Self::DirectorySessions,
        Self::LaterSessions,
        Self::OldValue,
    ];

    /// For readers.
    pub fn words(self) -> &'static str {
        match self {
            Self::UserChains => {
                "a session of a role that the user assumed may assume other roles, an hour at a time, for as long as their \
                 trust policies let it"
            }
            Self::KeySessions => {
                "sessions started earlier with a deactivated key (GetSessionToken, GetFederationToken)"
            }
            Self::AssumedSessions => "sessions of roles that the user assumed are not ended",
            Self::IdentityTokens => {
                "identity tokens that it got for services outside AWS (GetWebIdentityToken) cannot be recalled"
            }
            Self::ChainedSessions => "sessions of other roles that its sessions assumed are not ended",
            Self::DirectorySessions => "sessions of permission sets that the directory user has started are not ended",
            Self::LaterSessions => "sessions started after the revocation are not denied",
            Self::OldValue => {
                "whether the secret's old value is refused where it was used: a new current version does not end the old one"
            }
        }
    }

    /// After how many hours it has ended by itself; none where it does not. Sources: the maximum durations that AWS's documentation
    /// of `sts:GetSessionToken` (36 hours), `sts:AssumeRole` (12 hours, and 1 hour by a role's session), `sts:GetWebIdentityToken`
    /// (1 hour), and Bedrock's short-term API keys (12 hours) states.
    pub fn at_most_hours(self) -> Option<u32> {
        match self {
            Self::KeySessions => Some(36),
            Self::AssumedSessions | Self::DirectorySessions => Some(12),
            Self::IdentityTokens | Self::ChainedSessions => Some(1),
            Self::UserChains | Self::LaterSessions | Self::OldValue => None,
        }
    }

    /// What must have come of a step that leaves it.
    pub fn is_left_once(self) -> Counts {
        match self {
            // Until a denial is seen, it is not known that anything else has ended.
            Self::AssumedSessions => Counts::Seen,
            Self::UserChains
            | Self::KeySessions
            | Self::IdentityTokens
            | Self::ChainedSessions
            | Self::DirectorySessions
            | Self::LaterSessions
            | Self::OldValue => Counts::Taken,
        }
    }

    /// What must have come of a step that spares readers from it.
    pub fn is_spared_once(self) -> Counts {
        match self {
            Self::LaterSessions => Counts::Taken,
            Self::UserChains
            | Self::KeySessions
            | Self::AssumedSessions
            | Self::IdentityTokens
            | Self::ChainedSessions
            | Self::DirectorySessions
            | Self::OldValue => Counts::Seen,
        }
    }
}
