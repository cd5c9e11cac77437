//! Whose word counts: who may ask, who may approve, and whether two callers may be one person.
//!
//! All of it goes by what AWS vouches for: account, ARN, unique id. What a caller chooses freely, as the name of a session, lets
//! nobody in and makes nobody a second person.

use crate::words::caller::{Caller, Standing, Word};
use crate::words::ids::{AccountId, Arn, UniqueId};
use crate::words::pattern::fits_exactly;
use crate::words::subject::{Subject, SubjectKind};

/// How the roles of IAM Identity Center begin, and the folder that AWS keeps for them. AWS sets the names of their sessions.
const OF_DIRECTORY: &str = "AWSReservedSSO_";
const PATH_OF_DIRECTORY: &str = "aws-reserved/sso.amazonaws.com/";

/// Whose word counts, by the stack's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoMay {
    /// Those who may ask.
    pub ask: Principals,
    /// Those who may approve.
    pub approve: Principals,
    /// Roles whose sessions' names somebody else than the caller sets. Those of IAM Identity Center always count as such.
    pub named_sessions: Principals,
}

/// Principals that a setting names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principals {
    setting: &'static str,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    text: String,
    who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// Every user and every role of an account.
    Account(AccountId),
    /// A user or a role, whatever its name is by now.
    Id(String),
    /// The root user alone.
    Root(AccountId),
    /// Users by path and name.
    User(AccountId, String),
    /// The sessions of roles, by the role's name: STS does not say its path.
    Role(AccountId, String),
}

/// Why a text names no principal that a caller could be compared with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{entry:?} {problem}")]
pub struct InvalidPrincipal {
    /// The entry.
    pub entry: String,
    /// What is wrong with it, and what it must be.
    pub problem: &'static str,
}

impl Principals {
    /// What an entry may be.
    pub const EXPECTED: &'static str = "account ids of 12 digits, unique ids (AIDA…, AROA…), or ARNs of users, roles or an \
                                        account's root, with * and ? in names, separated by commas";

    /// Reads a setting's entries, separated by commas.
    ///
    /// # Errors
    /// Names the first entry that is none, or that could not be held to what STS says of a caller.
    pub fn read(setting: &'static str, text: &str) -> Result<Self, InvalidPrincipal> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let entries = entries.map(|entry| {
            let who = Who::read(entry).map_err(|problem| InvalidPrincipal { entry: entry.to_owned(), problem })?;
            Ok(Entry { text: entry.to_owned(), who })
        });
        Ok(Self { setting, entries: entries.collect::<Result<_, _>>()? })
    }

    /// The same, and this account's users and roles where it names nobody.
    ///
    /// # Errors
    /// As [`Principals::read`].
    pub fn or_account(setting: &'static str, text: &str, own: &AccountId) -> Result<Self, InvalidPrincipal> {
        let mut read = Self::read(setting, text)?;
        if read.entries.is_empty() {
            read.entries.push(Entry { text: own.to_string(), who: Who::Account(own.clone()) });
        }
        Ok(read)
    }

    /// The entry that names this caller, if one does.
    fn entry_of(&self, caller: &Caller) -> Option<&str> {
        let kind = Kind::of(&caller.arn);
        let id = caller.principal_id.as_deref().map(|id| id.split(':').next().unwrap_or_default());
        let names = |who: &Who| {
            let of = |account: &AccountId| caller.arn.account() == account.as_str();
            match (who, &kind) {
                (Who::Account(account), Kind::User(_) | Kind::Session { .. }) | (Who::Root(account), Kind::Root) => {
                    of(account)
                }
                (Who::Id(wanted), Kind::User(_) | Kind::Session { .. }) => id == Some(wanted.as_str()),
                (Who::User(account, pattern), Kind::User(path_and_name)) => {
                    of(account) && fits_exactly(pattern, path_and_name)
                }
                (Who::Role(account, pattern), Kind::Session { role, .. }) => of(account) && fits_exactly(pattern, role),
                _ => false,
            }
        };
        self.entries.iter().find(|entry| names(&entry.who)).map(|entry| entry.text.as_str())
    }

    fn listed(&self) -> String {
        self.entries.iter().map(|entry| entry.text.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Who {
    fn read(text: &str) -> Result<Self, &'static str> {
        if let Ok(account) = AccountId::try_from(text) {
            return Ok(Self::Account(account));
        }
        if text.len() >= 16
            && ["AIDA", "AROA"].iter().any(|kind| text.starts_with(kind))
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        {
            return Ok(Self::Id(text.to_owned()));
        }
        let arn = Arn::try_from(text).map_err(|_| "is no account id of 12 digits, no unique id and no ARN")?;
        if (arn.service(), arn.resource().split('/').next()) == ("sts", Some("assumed-role")) {
            return Err("names a session, whose name its caller may have chosen: name the role, as \
                        arn:aws:iam::111122223333:role/NAME");
        }
        let account = AccountId::try_from(arn.account());
        let (Ok(account), "iam", "") = (account, arn.service(), arn.region()) else {
            return Err("is no ARN of IAM that names an account by its 12 digits");
        };
        let resource = arn.resource();
        if resource == "root" {
            return Ok(Self::Root(account));
        }
        if let Some(user) = resource.strip_prefix("user/").filter(|user| !user.is_empty()) {
            return Ok(Self::User(account, user.to_owned()));
        }
        let Some(role) = resource.strip_prefix("role/") else {
            return Err("is the ARN of no user, no role and no account's root");
        };
        let (path, name) = role.rsplit_once('/').unwrap_or(("", role));
        if name.is_empty() {
            return Err("names no role");
        }
        let is_pattern = |text: &str| text.contains(['*', '?']);
        // Under this path AWS alone makes roles, and it begins all of their names in this way.
        let is_directorys = format!("{path}/").starts_with(PATH_OF_DIRECTORY) && name.starts_with(OF_DIRECTORY);
        if !is_directorys && (is_pattern(path) || (!path.is_empty() && is_pattern(name))) {
            return Err(
                "holds a role's path and a wildcard: STS does not say the path of the role whose session asks, so such an \
                        entry would let in roles of any path. Name each role, or use a pattern without a path",
            );
        }
        Ok(Self::Role(account, name.to_owned()))
    }
}

/// What kind of caller an ARN is of.
enum Kind<'a> {
    /// `arn:aws:iam::111122223333:root`.
    Root,
    /// A user: path and name.
    User(&'a str),
    /// `arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`.
    Session { role: &'a str, name: &'a str },
    /// `arn:aws:iam::111122223333:role/PATH/NAME`, as which no caller signs, but a stored record may.
    Role(&'a str),
    /// A federated user, whose name whoever made the session chose, or nothing that signs.
    Other,
}

impl<'a> Kind<'a> {
    fn of(arn: &'a Arn) -> Self {
        let resource = arn.resource();
        match arn.service() {
            "iam" if resource == "root" => Self::Root,
            "iam" => match (resource.strip_prefix("user/"), arn.name_of("role")) {
                (Some(user), _) => Self::User(user),
                (None, Some(role)) => Self::Role(role),
                (None, None) => Self::Other,
            },
            "sts" => match resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) {
                Some((role, name)) => Self::Session { role, name },
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// The name by which a person may go in more than one place.
    fn name(&self) -> Option<&'a str> {
        match self {
            Self::User(user) => user.rsplit('/').next(),
            Self::Session { name, .. } => Some(name),
            Self::Root | Self::Role(_) | Self::Other => None,
        }
    }

    fn role(&self) -> Option<&'a str> {
        match self {
            Self::Session { role, .. } | Self::Role(role) => Some(role),
            Self::Root | Self::User(_) | Self::Other => None,
        }
    }
}

impl WhoMay {
    /// How this caller is let in to say such a word.
    ///
    /// # Errors
    /// Says why not, whom the setting lets in, and what to do.
    pub fn standing(&self, word: Word, caller: &Caller) -> Result<Standing, String> {
        let (list, does) = match word {
            Word::Asks => (&self.ask, "ask for this"),
            Word::Approves => (&self.approve, "decide this"),
        };
        if let Some(entry) = list.entry_of(caller) {
            let allowed_by = format!("{}: {entry}", list.setting);
            return Ok(Standing { principal_id: caller.principal_id.clone(), allowed_by });
        }
        let why = match Kind::of(&caller.arn) {
            Kind::Other => "whoever makes such a session chooses its name, so it does not say whose it is",
            Kind::Root => "a root user is let in by its own ARN alone",
            Kind::User(_) | Kind::Session { .. } | Kind::Role(_) => "it is not among them",
        };
        let (arn, setting) = (&caller.arn, list.setting);
        Err(format!(
            "{arn} may not {does}: the stack's {setting} lets in {}, and {why}. Ask with credentials of one of these, or have the \
             stack deployed with another {setting}",
            list.listed(),
        ))
    }

    /// Whether two callers must be taken for one person, so that the second may not approve what the first asked for. In doubt they
    /// are one: under one unique id; a role and a session of it; two sessions of one role, unless somebody else than the caller
    /// sets their names; users and sessions of one name, in whatever account; names that differ in case only.
    pub fn same_person(&self, a: &Caller, b: &Caller) -> bool {
        if a.arn.as_str().eq_ignore_ascii_case(b.arn.as_str()) {
            return true;
        }
        if a.principal_id.is_some() && a.principal_id == b.principal_id {
            return true;
        }
        let (one, other) = (Kind::of(&a.arn), Kind::of(&b.arn));
        if matches!(one, Kind::Other) || matches!(other, Kind::Other) {
            return true;
        }
        let alike = |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        if alike(one.name(), other.name()) {
            return true;
        }
        let same_role = a.arn.account() == b.arn.account() && alike(one.role(), other.role());
        same_role && !(self.is_named(a, &one) && self.is_named(b, &other))
    }

    /// Whether somebody else than the caller sets the name of this session.
    fn is_named(&self, caller: &Caller, kind: &Kind<'_>) -> bool {
        let Kind::Session { role, .. } = kind else { return false };
        role.starts_with(OF_DIRECTORY) || self.named_sessions.entry_of(caller).is_some()
    }
}

/// Whether a caller is this identity, or a session of it.
pub fn is_subject(caller: &Caller, subject: &Subject) -> bool {
    let id = caller.principal_id.as_deref().and_then(|id| id.split(':').next());
    let known = subject.unique_id.as_ref().map(UniqueId::as_str);
    if id.is_some() && id == known {
        return true;
    }
    if caller.arn.account() != subject.account.as_str() {
        return false;
    }
    match (Kind::of(&caller.arn), subject.kind) {
        (Kind::Root, SubjectKind::Root) => true,
        // A user that was made again under the same name is somebody else, where both ids are known.
        (Kind::User(user), SubjectKind::User) => {
            (id.is_none() || known.is_none()) && user.rsplit('/').next() == Some(subject.name.as_str())
        }
        (Kind::Session { role, .. }, SubjectKind::Role) => (id.is_none() || known.is_none()) && role == subject.name,
        _ => false,
    }
}

/// Whether this holds of an ARN by which identities are named elsewhere: the user's own, or that of the role whose session asks, as far
/// as STS says it.
pub fn is_named_by(caller: &Caller, names: impl Fn(&str) -> bool) -> bool {
    let arn = &caller.arn;
    match Kind::of(arn) {
        Kind::Session { role, .. } => names(&format!("arn:{}:iam::{}:role/{role}", arn.partition(), arn.account())),
        _ => names(arn.as_str()),
    }
}
