//! What the template tells a function, read once at start.

mod whose_word;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use jiff::SignedDuration;
use severance_aws::countermeasures::Attachment;
use severance_aws::sessions::{ExternalId, Member};
use severance_catalogue::setting::{self, Setting};
use severance_domain::cutover::Times;
use severance_domain::ids::{AccountId, Arn};
use severance_domain::playbook::Mode;
use severance_domain::profile::{Precedence, TagKeys};
use severance_domain::refusals::OwnRoles;
use severance_domain::review::ReviewTimes;
use severance_domain::standing::{Principals, WhoMay};

/// A function's settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `SEVERANCE_MODE`.
    pub mode: Mode,
    /// `SEVERANCE_ACCOUNT`: the account that the stack runs in.
    pub account: AccountId,
    /// `SEVERANCE_MEMBER_ROLE`, `SEVERANCE_MEMBER_EXTERNAL_ID`, `SEVERANCE_MEMBER_ACCOUNTS`: how other accounts are
    /// entered; none where no role is named, and then the stack acts in its own account only.
    pub member: Option<Member>,
    /// `SEVERANCE_STACK`: the stack's name. Its roles begin with it.
    pub stack: String,
    /// `AWS_REGION`.
    pub region: String,
    /// `SEVERANCE_TABLE`: the cases' table.
    pub table: String,
    /// `SEVERANCE_EVIDENCE_BUCKET`.
    pub bucket: String,
    /// `SEVERANCE_SIGNING_KEY`: the ARN of the key that signs evidence.
    pub signing_key: Arn,
    /// `SEVERANCE_TOPIC`: the ARN of the topic for messages.
    pub topic: String,
    /// `SEVERANCE_ALARM_TOPIC`: the ARN of the topic for alarms. An open breaker is one.
    pub alarm_topic: String,
    /// `SEVERANCE_OWNER_TAGS`, `SEVERANCE_CLASS_TAGS`, `SEVERANCE_ENVIRONMENT_TAGS`, `SEVERANCE_CRITICALITY_TAGS`,
    /// `SEVERANCE_EXPIRY_TAGS`, `SEVERANCE_REVIEW_BY_TAGS`: tag keys, separated by commas.
    pub tags: TagKeys,
    /// `SEVERANCE_PRECEDENCE`: whose word counts where tags and the registry differ.
    pub precedence: Precedence,
    /// `SEVERANCE_ORGANIZATIONAL_UNITS`: those that the account is in, the innermost first.
    pub organizational_units: Vec<String>,
    /// `SEVERANCE_BREAKER_ACCOUNT_LIMIT`: identities that may be changed in the account within the window, where no danger is
    /// immediate; 0 for no limit.
    pub breaker_account_limit: usize,
    /// `SEVERANCE_BREAKER_ORGANIZATION_LIMIT`: the same over all accounts.
    pub breaker_organization_limit: usize,
    /// `SEVERANCE_BREAKER_DANGER_ACCOUNT_LIMIT`: the same in the account where danger is immediate, or a person has asked.
    pub breaker_danger_account_limit: usize,
    /// `SEVERANCE_BREAKER_DANGER_ORGANIZATION_LIMIT`: the same over all accounts.
    pub breaker_danger_organization_limit: usize,
    /// `SEVERANCE_BREAKER_MINUTES`: the breakers' window.
    pub breaker_window: SignedDuration,
    /// `SEVERANCE_ESCALATE_HOURS`, `SEVERANCE_REVIEW_HOURS`: how long people have to answer.
    pub review: ReviewTimes,
    /// `SEVERANCE_EXEMPTION_MAX_DAYS`: the longest time that an exemption may be given for.
    pub exemption_max_days: i64,
    /// `SEVERANCE_RECERTIFY_DAYS`: the longest time that a recertification is good for.
    pub recertify_days: i64,
    /// `SEVERANCE_STALE_DAYS`: days from which a key is stale.
    pub stale_key_days: i64,
    /// `SEVERANCE_UNUSED_DAYS`: days without use from which a key is unused.
    pub unused_key_days: i64,
    /// `SEVERANCE_CASE_DAYS`: days that a case is remembered after its last change.
    pub case_days: i64,
    /// `SEVERANCE_CONFIRM_SECONDS`: how long a step's effect is waited for.
    pub confirm_within: Duration,
    /// `SEVERANCE_SETTLE_SECONDS`: the longest that IAM is taken to be inconsistent after a write.
    pub settle_seconds: u32,
    /// `SEVERANCE_TRAIL_MINUTES`: how long CloudTrail is awaited before a verdict about danger is final; 0 where it is not read.
    pub trail_minutes: u32,
    /// `SEVERANCE_RECHECKS`: how many rechecks of a case may find something before the rest is left to people; 0 for no recheck.
    pub rechecks: u32,
    /// `SEVERANCE_RESPONDER_FUNCTION`: the function that rechecks; none where the schedule does it in its own invocation.
    pub responder_function: Option<String>,
    /// `SEVERANCE_TRAIL_HOURS`: how long before its claim CloudTrail is searched for what an identity made; 0 for not at all.
    pub trail_hours: i64,
    /// `SEVERANCE_REGIONS`: the Regions in which profiles of IAM Roles Anywhere are looked for.
    pub regions: Vec<String>,
    /// `SEVERANCE_FUNCTION_URL`: whether callers come by a function URL, where AWS says who they are.
    pub behind_url: bool,
    /// `SEVERANCE_IDENTITY_CENTER`: whether this account administers IAM Identity Center, and may take access from its users.
    pub identity_center: bool,
    /// `SEVERANCE_SCP_QUARANTINE`: whether service control policies may be written.
    pub scp_quarantine: bool,
    /// `SEVERANCE_ROTATION_FUNCTION`, `SEVERANCE_ROTATE_DAYS`, `SEVERANCE_SECRETS_KEY`: what the rotation of adopted keys is
    /// attached to; none where keys cannot be adopted.
    pub rotation: Option<Attachment>,
    /// `SEVERANCE_COPIES_FUNCTION`: the function that searches for copies of a key; none where that is switched off.
    pub copies_function: Option<String>,
    /// `SEVERANCE_CUTOVER_QUIET`, `SEVERANCE_CUTOVER_DEADLINE`, `SEVERANCE_CUTOVER_DELETION`: how long a key that was replaced
    /// lives on.
    pub cutover: Times,
    /// `SEVERANCE_MANAGEMENT_ACCOUNT`: the organization's, which no service control policy binds.
    pub management_account: Option<AccountId>,
    /// `SEVERANCE_ASKERS`, `SEVERANCE_APPROVERS`, `SEVERANCE_NAMED_SESSIONS`: whose word counts.
    pub who_may: WhoMay,
    /// `SEVERANCE_FUNCTIONS`: the functions that are deployed, by their names after the stack's.
    pub functions: Vec<String>,
}

/// A setting that is missing or makes no sense. The deployment is wrong; no event is lost by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("environment variable {name} is {found}; expected {expected}")]
pub struct InvalidSetting {
    name: &'static str,
    found: String,
    expected: &'static str,
}

impl Settings {
    /// Reads the settings from the process's environment.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings from wherever `lookup` finds them.
    #[expect(clippy::too_many_lines, reason = "one line or two for each setting, and nothing else")]
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidSetting> {
        let optional = |name: &'static str| lookup(name).filter(|value| !value.trim().is_empty());
        let text = |name: &'static str, expected: &'static str| {
            optional(name).ok_or_else(|| InvalidSetting { name, found: "not set".to_owned(), expected })
        };
        // What nobody set is as the template has it.
        let said = |setting: &Setting| {
            optional(setting.name()).or_else(|| Some(setting.default.to_owned()).filter(|text| !text.is_empty()))
        };
        let wrong = |setting: &Setting, found: &str, expected: &'static str| InvalidSetting {
            name: setting.name(),
            found: format!("{found:?}"),
            expected,
        };
        let count = |setting: &Setting, expected: &'static str| -> Result<i64, InvalidSetting> {
            let value = said(setting).unwrap_or_default();
            let number = value.trim().parse().ok().filter(|count| (0..=100_000).contains(count));
            number.ok_or_else(|| wrong(setting, &value, expected))
        };
        let days = |setting: &Setting| count(setting, "a whole number of days, 0 or more");
        let limit = |setting: &Setting| {
            // An identity is one slot of an item, and an item ends at 400 KB.
            count(setting, "a whole number, 0 for no limit, at most 1000")
                .map(|limit| usize::try_from(limit).unwrap_or_default().min(1_000))
        };
        let hours = |setting: &Setting| count(setting, "a whole number of hours").map(SignedDuration::from_hours);
        let split = |value: String| -> Vec<String> {
            value.split(',').map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect()
        };
        let list = |setting: &Setting| split(said(setting).unwrap_or_default());
        let flag = |setting: &Setting| match said(setting).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(wrong(setting, other, "true or false")),
        };
        let account = text("SEVERANCE_ACCOUNT", AccountId::EXPECTED)?;
        let account = AccountId::try_from(account.as_str()).map_err(|invalid| InvalidSetting {
            name: "SEVERANCE_ACCOUNT",
            found: format!("{account:?}"),
            expected: invalid.expected,
        })?;
        // What would be asked again after its time is over is asked again at its end: no reason to stop a whole stack.
        let expire_after = hours(&setting::REVIEW_HOURS)?;
        let escalate_after = hours(&setting::ESCALATE_HOURS)?.min(expire_after);
        let review = ReviewTimes { escalate_after, expire_after };
        Ok(Self {
            mode: match said(&setting::MODE).as_deref() {
                None | Some("observe") => Mode::Observe,
                Some("review") => Mode::Review,
                Some("enforce") => Mode::Enforce,
                Some(other) => return Err(wrong(&setting::MODE, other, "observe, review or enforce")),
            },
            who_may: whose_word::who_may(&account, &said).map_err(|(setting, invalid)| InvalidSetting {
                name: setting.name(),
                found: format!("wrong: {invalid}"),
                expected: Principals::EXPECTED,
            })?,
            functions: whose_word::deployed(split(optional("SEVERANCE_FUNCTIONS").unwrap_or_default())),
            account,
            member: member(&optional)?,
            stack: text("SEVERANCE_STACK", "the stack's name")?,
            region: text("AWS_REGION", "a Region")?,
            table: text("SEVERANCE_TABLE", "a table's name")?,
            bucket: text("SEVERANCE_EVIDENCE_BUCKET", "a bucket's name")?,
            signing_key: {
                let expected = "the ARN of a KMS key";
                let arn = text("SEVERANCE_SIGNING_KEY", expected)?;
                Arn::try_from(arn.as_str()).map_err(|_| InvalidSetting {
                    name: "SEVERANCE_SIGNING_KEY",
                    found: format!("{arn:?}"),
                    expected,
                })?
            },
            topic: text("SEVERANCE_TOPIC", "the ARN of an SNS topic")?,
            tags: TagKeys {
                owner: list(&setting::OWNER_TAG_KEYS),
                class: list(&setting::CLASS_TAG_KEYS),
                environment: list(&setting::ENVIRONMENT_TAG_KEYS),
                criticality: list(&setting::CRITICALITY_TAG_KEYS),
                expiry: list(&setting::EXPIRY_TAG_KEYS),
                review_by: list(&setting::REVIEW_BY_TAG_KEYS),
            },
            alarm_topic: text("SEVERANCE_ALARM_TOPIC", "the ARN of an SNS topic")?,
            precedence: match said(&setting::PROFILE_PRECEDENCE).as_deref() {
                None | Some("tags") => Precedence::Tags,
                Some("registry") => Precedence::Registry,
                Some(other) => return Err(wrong(&setting::PROFILE_PRECEDENCE, other, "tags or registry")),
            },
            organizational_units: list(&setting::ORGANIZATIONAL_UNITS),
            breaker_account_limit: limit(&setting::BREAKER_ACCOUNT_LIMIT)?,
            breaker_organization_limit: limit(&setting::BREAKER_ORGANIZATION_LIMIT)?,
            breaker_danger_account_limit: limit(&setting::BREAKER_DANGER_ACCOUNT_LIMIT)?,
            breaker_danger_organization_limit: limit(&setting::BREAKER_DANGER_ORGANIZATION_LIMIT)?,
            breaker_window: count(&setting::BREAKER_WINDOW_MINUTES, "a whole number of minutes")
                .map(SignedDuration::from_mins)?,
            review,
            exemption_max_days: days(&setting::EXEMPTION_MAX_DAYS)?,
            recertify_days: days(&setting::RECERTIFY_DAYS)?,
            stale_key_days: days(&setting::STALE_KEY_DAYS)?,
            unused_key_days: days(&setting::UNUSED_KEY_DAYS)?,
            case_days: days(&setting::CASE_RETENTION_DAYS)?,
            settle_seconds: count(&setting::SETTLE_SECONDS, "a whole number of seconds")?
                .try_into()
                .unwrap_or_default(),
            // What is not read is not awaited.
            trail_minutes: match count(&setting::TRAIL_HOURS, "a whole number of hours, 0 for not at all")? {
                0 => 0,
                _ => count(&setting::TRAIL_MINUTES, "a whole number of minutes")?.try_into().unwrap_or_default(),
            },
            responder_function: optional("SEVERANCE_RESPONDER_FUNCTION"),
            rechecks: count(&setting::RECHECKS, "a whole number")?.try_into().unwrap_or_default(),
            trail_hours: count(&setting::TRAIL_HOURS, "a whole number of hours, 0 for not at all")?,
            regions: split(said(&setting::ROLES_ANYWHERE_REGIONS).or_else(|| lookup("AWS_REGION")).unwrap_or_default()),
            behind_url: match optional("SEVERANCE_FUNCTION_URL").as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => {
                    let found = format!("{other:?}");
                    return Err(InvalidSetting { name: "SEVERANCE_FUNCTION_URL", found, expected: "true or false" });
                }
            },
            identity_center: flag(&setting::IDENTITY_CENTER)?,
            rotation: match optional("SEVERANCE_ROTATION_FUNCTION") {
                None => None,
                Some(function) => Some(Attachment {
                    function,
                    every_days: match count(&setting::ROTATE_DAYS, "a whole number of days, 1 to 1000")? {
                        days @ 1..=1000 => days,
                        other => {
                            let expected = "a whole number of days, 1 to 1000";
                            return Err(wrong(&setting::ROTATE_DAYS, &other.to_string(), expected));
                        }
                    },
                    kms_key: said(&setting::SECRETS_KEY_ARN),
                }),
            },
            copies_function: optional("SEVERANCE_COPIES_FUNCTION"),
            cutover: {
                let quiet = said(&setting::CUTOVER_QUIET).unwrap_or_default();
                let deadline = said(&setting::CUTOVER_DEADLINE).unwrap_or_default();
                let deletion = said(&setting::CUTOVER_DELETION).unwrap_or_default();
                Times::read(&quiet, &deadline, &deletion).map_err(|found| InvalidSetting {
                    name: "SEVERANCE_CUTOVER_QUIET, _DEADLINE or _DELETION",
                    found,
                    expected: "class=duration, separated by commas (workload=30m,*=168h); for the last one a duration",
                })?
            },
            scp_quarantine: flag(&setting::SCP_QUARANTINE)?,
            management_account: match said(&setting::MANAGEMENT_ACCOUNT) {
                None => None,
                Some(id) => {
                    let setting = &setting::MANAGEMENT_ACCOUNT;
                    Some(AccountId::try_from(id.as_str()).map_err(|invalid| wrong(setting, &id, invalid.expected))?)
                }
            },
            confirm_within: Duration::from_secs(optional("SEVERANCE_CONFIRM_SECONDS").map_or(Ok(5), |value| {
                value.trim().parse().map_err(|_| InvalidSetting {
                    name: "SEVERANCE_CONFIRM_SECONDS",
                    found: format!("{value:?}"),
                    expected: "a whole number of seconds",
                })
            })?),
        })
    }
}

impl Settings {
    /// The roles by which this stack acts, by their full ARNs.
    pub fn own_roles(&self) -> OwnRoles {
        let partition = self.signing_key.partition();
        whose_word::own_roles(partition, &self.account, &self.stack, &self.functions, self.member.as_ref())
    }
}

/// How other accounts are entered. An external id or a list of accounts without a role means nothing.
fn member(optional: &impl Fn(&'static str) -> Option<String>) -> Result<Option<Member>, InvalidSetting> {
    let [name, external_id, accounts] =
        [setting::MEMBER_ROLE_NAME, setting::MEMBER_EXTERNAL_ID, setting::MEMBER_ACCOUNTS].map(|of| of.name());
    let Some(role) = optional(name) else { return Ok(None) };
    let role_name = role.trim().to_owned();
    if !Member::is_role_name(&role_name) {
        let expected = "a role's name without a path: 1 to 64 letters, digits and _+=,.@-";
        return Err(InvalidSetting { name, found: format!("{role:?}"), expected });
    }
    let said = optional(external_id);
    let external_id = match said.as_deref().map(|id| ExternalId::try_from(id.trim())) {
        Some(Ok(id)) => id,
        unusable => {
            // What it held stands in the trust policies of all members: it is not for a log.
            let found = if unusable.is_some() { "something else, which is not shown" } else { "not set" };
            let expected = "2 to 1224 letters, digits and _+=,.@:/-, because SEVERANCE_MEMBER_ROLE is set";
            return Err(InvalidSetting { name: external_id, found: found.to_owned(), expected });
        }
    };
    let listed = optional(accounts).unwrap_or_default();
    let listed = listed.split(',').map(str::trim).filter(|account| !account.is_empty());
    let accounts = listed
        .map(|account| {
            AccountId::try_from(account).map_err(|_| InvalidSetting {
                name: accounts,
                found: format!("{account:?}, among others"),
                expected: "AWS account ids of 12 digits, separated by commas",
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(Some(Member { role_name, external_id, accounts }))
}

/// The SDK's configuration: one per process, shared by all clients, because loading the certificate store costs tens of
/// milliseconds.
pub async fn sdk() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).retry_config(retries()).timeout_config(time_outs()).load().await
}

/// How often a call is tried in all: the SDK's standard mode, four times.
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

/// How long is waited for AWS: 2 s for a connection, 5 s for one try, 15 s for a call with all its tries.
pub fn time_outs() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(15))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(changes: &[(&str, &str)]) -> Result<Settings, InvalidSetting> {
        let base = [
            ("SEVERANCE_ACCOUNT", "012345678901"),
            ("SEVERANCE_STACK", "severance"),
            ("AWS_REGION", "us-east-1"),
            ("SEVERANCE_TABLE", "t"),
            ("SEVERANCE_EVIDENCE_BUCKET", "b"),
            ("SEVERANCE_SIGNING_KEY", "arn:aws:kms:us-east-1:012345678901:key/k"),
            ("SEVERANCE_TOPIC", "a"),
            ("SEVERANCE_ALARM_TOPIC", "b"),
        ];
        Settings::read(|name| {
            changes.iter().chain(&base).find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_fresh_stack_observes() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.mode, Mode::Observe);
        assert_eq!(settings.tags.owner, ["severance:owner", "owner", "Owner"]);
        assert_eq!((settings.stale_key_days, settings.unused_key_days), (90, 45));
    }

    #[test]
    fn other_accounts_are_entered_only_where_a_role_and_its_external_id_are_set() {
        let hub_only = [("SEVERANCE_MEMBER_EXTERNAL_ID", "x"), ("SEVERANCE_MEMBER_ACCOUNTS", "nonsense")];
        assert_eq!(read(&hub_only).unwrap().member, None);
        assert_eq!(read(&[("SEVERANCE_MEMBER_ROLE", " ")]).unwrap().member, None);
        let role = ("SEVERANCE_MEMBER_ROLE", "SeveranceMember");
        let id = ("SEVERANCE_MEMBER_EXTERNAL_ID", "hush-hush");
        let member = read(&[role, id]).unwrap().member.unwrap();
        assert_eq!((member.role_name.as_str(), member.accounts.len()), ("SeveranceMember", 0));
        let accounts = ("SEVERANCE_MEMBER_ACCOUNTS", "444455556666, 000011112222,");
        let settings = read(&[role, id, accounts]).unwrap();
        let listed: Vec<&str> =
            settings.member.iter().flat_map(|member| &member.accounts).map(AccountId::as_str).collect();
        assert_eq!(listed, ["444455556666", "000011112222"]);
        assert!(!format!("{settings:?}").contains("hush"), "{settings:?}");

        let error = |changes: &[(&str, &str)]| read(changes).unwrap_err().to_string();
        assert_eq!(
            error(&[("SEVERANCE_MEMBER_ROLE", "path/Role"), id]),
            "environment variable SEVERANCE_MEMBER_ROLE is \"path/Role\"; expected a role's name without a path: \
             1 to 64 letters, digits and _+=,.@-"
        );
        assert_eq!(
            error(&[role]),
            "environment variable SEVERANCE_MEMBER_EXTERNAL_ID is not set; expected 2 to 1224 letters, digits and \
             _+=,.@:/-, because SEVERANCE_MEMBER_ROLE is set"
        );
        let wrong = error(&[role, ("SEVERANCE_MEMBER_EXTERNAL_ID", "hush hush")]);
        assert!(wrong.contains("SEVERANCE_MEMBER_EXTERNAL_ID is something else") && !wrong.contains("hush"), "{wrong}");
        let wrong = error(&[role, id, ("SEVERANCE_MEMBER_ACCOUNTS", "444455556666,4444")]);
        assert!(wrong.contains("SEVERANCE_MEMBER_ACCOUNTS is \"4444\"") && wrong.contains("12 digits"), "{wrong}");
    }

    #[test]
    fn an_error_names_the_variable_what_it_held_and_what_was_expected() {
        let error = |changes: &[(&str, &str)]| read(changes).unwrap_err().to_string();
        assert_eq!(
            error(&[("SEVERANCE_MODE", "enfroce")]),
            "environment variable SEVERANCE_MODE is \"enfroce\"; expected observe, review or enforce"
        );
        assert_eq!(
            error(&[("SEVERANCE_TABLE", " ")]),
            "environment variable SEVERANCE_TABLE is not set; expected a table's name"
        );
        assert!(error(&[("SEVERANCE_STALE_DAYS", "-1")]).contains("SEVERANCE_STALE_DAYS is \"-1\""));
        assert!(error(&[("SEVERANCE_ACCOUNT", "123")]).contains("12 digits"));
        assert!(error(&[("SEVERANCE_BREAKER_ACCOUNT_LIMIT", "-1")]).contains("0 for no limit"));
        assert!(error(&[("SEVERANCE_PRECEDENCE", "cmdb")]).contains("expected tags or registry"));
        assert!(error(&[("SEVERANCE_REVIEW_HOURS", "soon")]).contains("a whole number of hours"));
        let wrong = error(&[("SEVERANCE_APPROVERS", "everybody")]);
        assert!(
            wrong.contains("SEVERANCE_APPROVERS is wrong: \"everybody\"") && wrong.contains("account ids"),
            "{wrong}"
        );
    }
}
