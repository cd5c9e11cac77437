//! Cases as the domain's tests need them: opened, carried out in every way that a call can go, and put into words.

use jiff::{SignedDuration, Timestamp};
use severance_domain::case::{Case, Confirmation, Outcome, StepRecord};
use severance_domain::countermeasure::{self as of, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::evidence::{Proof, SigningKey, Stack};
use severance_domain::message::Message;
use severance_domain::plan::{Disposition, Step};
use severance_domain::playbook::{Context, Mode, decide};
use severance_domain::profile::{Class, Profile};
use severance_domain::review::ReviewTimes;
use severance_domain::signal::{Severity, Signal, SignalKind as Kind, Source};
use severance_domain::subject::{Inventory, Subject, SubjectKind};

use super::*;

pub(crate) const URI: &str = "s3://severance-evidence/evidence/111122223333/2026/03/01/case/r0001.dsse.json";
pub(crate) const GAP: &str =
    "SSH public keys, signing certificates and service-specific credentials were not enumerated";

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

pub(crate) fn times() -> ReviewTimes {
    ReviewTimes { escalate_after: SignedDuration::from_hours(4), expire_after: SignedDuration::from_hours(24) }
}

/// The answer that the default policies (policies/default) give in the common case, in their words.
pub(crate) fn usual(kind: Kind) -> Always {
    let policy = match kind {
        Kind::CredentialExposed | Kind::IdentityCompromised => DANGER,
        Kind::CredentialStale => ("unknown-stale-key", "The key is too old and was not used for 90 days."),
        Kind::Offboarding => {
            ("offboarding-persons-own", "The person who left is its only owner, and it is a person's identity.")
        }
        _ => ("house-rule", "The house does so."),
    };
    says(Disposition::Enforce, &[policy])
}

pub(crate) const DANGER: (&str, &str) =
    ("danger-is-contained", "Somebody else may be using the credential right now: it is ended at once.");

/// Opens a case as [`usual`].
pub(crate) fn open(mode: Mode, signal: &Signal, subject: Subject, profile: Profile, inventory: Inventory) -> Case {
    open_under(&usual(signal.kind), &context(mode), signal, subject, profile, inventory)
}

pub(crate) fn open_under(
    policy: &Always,
    context: &Context,
    signal: &Signal,
    subject: Subject,
    profile: Profile,
    inventory: Inventory,
) -> Case {
    let plan = decide(signal, &subject, &profile, &inventory, context, policy);
    Case::open(signal.clone(), subject, profile, inventory, plan, context.mode, times(), context.now)
}

/// As if a step had been stored so: nobody but the domain says whether one is taken.
pub(crate) fn dispose(step: &mut Step, to: Disposition) {
    let mut stored = serde_json::to_value(&*step).unwrap();
    stored["disposition"] = serde_json::json!(to);
    *step = serde_json::from_value(stored).unwrap();
}

/// How a driver's call and its read-back went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Went {
    Well,
    Unseen,
    AlreadySo,
    Denied,
    Throttled,
    Never,
}

pub(crate) fn take(record: &mut StepRecord, went: Went) {
    if record.step.disposition() != Disposition::Enforce {
        return;
    }
    let (seen, action) = match &record.step.countermeasure {
        Countermeasure::DeactivateAccessKey(_) => ("iam:ListAccessKeys shows it Inactive", "iam:UpdateAccessKey"),
        Countermeasure::QuarantineUser(_) => {
            ("iam:GetUserPolicy shows the deny-all policy SeveranceQuarantine", "iam:PutUserPolicy")
        }
        Countermeasure::RevokeRoleSessions(_) => ("iam:GetRolePolicy shows older sessions denied", "iam:PutRolePolicy"),
        Countermeasure::DeleteAccessKey(_) => ("iam:ListAccessKeys does not show it any more", "iam:DeleteAccessKey"),
        Countermeasure::RotateSecret(_) | Countermeasure::AdoptAccessKey(_) => {
            ("secretsmanager:DescribeSecret shows the rotation finished", "secretsmanager:RotateSecret")
        }
        Countermeasure::RemoveConsolePassword(_) => {
            ("iam:GetLoginProfile shows no console password", "iam:DeleteLoginProfile")
        }
        Countermeasure::DeactivateSshPublicKey(_) => {
            ("iam:ListSSHPublicKeys shows it Inactive", "iam:UpdateSSHPublicKey")
        }
        Countermeasure::DeactivateSigningCertificate(_) => {
            ("iam:ListSigningCertificates shows it Inactive", "iam:UpdateSigningCertificate")
        }
        Countermeasure::DeactivateServiceCredential(_) => {
            ("iam:ListServiceSpecificCredentials shows it Inactive", "iam:UpdateServiceSpecificCredential")
        }
        Countermeasure::RevokeUserSessions(_) => ("iam:GetUserPolicy shows older sessions denied", "iam:PutUserPolicy"),
        Countermeasure::QuarantineRole(_) => {
            ("iam:GetRolePolicy shows the deny-all policy SeveranceQuarantine", "iam:PutRolePolicy")
        }
        Countermeasure::CloseRoleTrust(_) => {
            ("iam:GetRole shows that its trust policy lets nobody in", "iam:UpdateAssumeRolePolicy")
        }
        Countermeasure::LeaveRolesAnywhere(_) => {
            ("rolesanywhere:GetProfile shows the profile without it", "rolesanywhere:UpdateProfile")
        }
        Countermeasure::RemoveAccountAssignment(_) => {
            ("sso:ListAccountAssignmentsForPrincipal shows it gone", "sso:DeleteAccountAssignment")
        }
        Countermeasure::RemoveGroupMembership(_) => {
            ("identitystore:ListGroupMembershipsForMember shows it gone", "identitystore:DeleteGroupMembership")
        }
        Countermeasure::NeutralizePolicy(_) => {
            ("iam:GetPolicyVersion shows that it allows nothing", "iam:CreatePolicyVersion")
        }
        Countermeasure::HoldForReview => ("", ""),
        // One that came since says what its card says.
        other => {
            let rights = other.kind().map(of::Kind::rights).unwrap();
            ("AWS shows it", rights.apply.last().unwrap().action)
        }
    };
    let failed = |code: &str, message: String, retryable| Outcome::Failed {
        at: later(1),
        action: action.to_owned(),
        code: code.to_owned(),
        message,
        retryable,
    };
    record.outcome = match went {
        Went::Well | Went::Unseen => Some(Outcome::Applied { at: later(1), note: None }),
        Went::AlreadySo => {
            Some(Outcome::AlreadyInEffect { at: later(1), note: "the user does not exist any more".to_owned() })
        }
        Went::Denied => Some(failed("AccessDenied", format!("not authorized to perform: {action}"), false)),
        Went::Throttled => Some(failed("Throttling", "Rate exceeded".to_owned(), true)),
        Went::Never => None,
    };
    record.confirmation = match went {
        Went::Well | Went::AlreadySo => Some(Confirmation::Confirmed { at: later(2), observed: seen.to_owned() }),
        Went::Unseen => {
            let reason = "waited 5 s and did not see it".to_owned();
            Some(Confirmation::Unconfirmed { at: later(6), reason, contradicted: false })
        }
        Went::Denied | Went::Throttled | Went::Never => None,
    };
}

/// Takes the steps in order, the last of these ways for all that remain, and concludes.
pub(crate) fn taken(mut case: Case, went: &[Went]) -> Case {
    for (n, record) in case.steps.iter_mut().enumerate() {
        take(record, went[n.min(went.len() - 1)]);
    }
    case.conclude(later(6));
    case
}

pub(crate) fn message(case: &Case) -> Message {
    Message::of(case, "severance", &Proof::of(case), URI, &Digest::of(b"payload"))
}

/// As a person sees it.
pub(crate) fn shown(case: &Case) -> String {
    let message = message(case);
    let attributes: Vec<String> = message.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("Subject: {}\n[{}]\n\n{}", message.subject, attributes.join(" "), message.body)
}

pub(crate) fn exposed() -> Signal {
    Signal {
        source: Source::Health,
        rule: "AWS_RISK_CREDENTIALS_EXPOSED".to_owned(),
        severity: Severity::Critical,
        title: format!("AWS found access key {KEY} on a public website"),
        ..signal(Kind::CredentialExposed, Some(KEY))
    }
}

pub(crate) fn two_keys() -> Inventory {
    Inventory { console_password: Some(true), gaps: vec![GAP.to_owned()], ..keys([key(KEY, 20), key(OTHER_KEY, 400)]) }
}

pub(crate) fn exposed_user(mode: Mode) -> Case {
    open(mode, &exposed(), user("ci-deployer"), profile(&["alice@x.io"], Some(Class::Pipeline)), two_keys())
}

pub(crate) fn stale(mode: Mode) -> Case {
    let inventory = Inventory { gaps: vec![GAP.to_owned()], ..keys([key(KEY, 120), key(OTHER_KEY, 3)]) };
    open(mode, &signal(Kind::CredentialStale, None), user("ci-deployer"), profile(&["alice@x.io"], None), inventory)
}

pub(crate) fn compromised_role(went: Went) -> Case {
    let claim = Signal {
        source: Source::GuardDuty,
        rule: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS".to_owned(),
        severity: Severity::High,
        title: "Credentials of role app were used from outside AWS".to_owned(),
        ..signal(Kind::IdentityCompromised, Some(SESSION_KEY))
    };
    let case = open(Mode::Enforce, &claim, subject(SubjectKind::Role, "app"), Profile::default(), keys([]));
    taken(case, &[went])
}

pub(crate) fn leavers_user() -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io", "alice"]) };
    open(Mode::Enforce, &claim, user("alice"), profile(&["alice@x.io"], Some(Class::Human)), two_keys())
}

pub(crate) fn leavers_secret(inventory: Inventory) -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io"]) };
    open(Mode::Enforce, &claim, subject(SubjectKind::Secret, "billing/db"), profile(&["alice@x.io"], None), inventory)
}

pub(crate) fn held() -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io"]) };
    let both = profile(&["alice@x.io", "bob@x.io"], Some(Class::Workload));
    taken(open(Mode::Enforce, &claim, user("reporting"), both, two_keys()), &[Went::Well])
}

pub(crate) fn refused() -> Case {
    let glass = profile(&["secops@x.io"], Some(Class::BreakGlass));
    taken(open(Mode::Enforce, &exposed(), user("emergency"), glass, two_keys()), &[Went::Well])
}

pub(crate) const WAYS: [Went; 6] =
    [Went::Well, Went::Unseen, Went::AlreadySo, Went::Denied, Went::Throttled, Went::Never];

pub(crate) fn stack() -> Stack {
    Stack {
        name: "severance".to_owned(),
        account: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        version: "0.1.0".to_owned(),
        signing_key: SigningKey {
            arn: "arn:aws:kms:us-east-1:111122223333:key/1".try_into().unwrap(),
            fingerprint: Digest::of(b"public key").to_string(),
        },
    }
}

/// What somebody outside may write, all of it hostile.
pub(crate) const FORGED: &str = "x\n\nTo decide\n  - to have it done\r\n      sever approve sev-0 --plan 0\
                                 \u{2028}      aws iam delete-user\u{202e}`sever approve sev-1` <!channel> \
                                 [here](https://evil.example)";

/// What stands at the left edge of a body, and its commands.
pub(crate) fn outline(body: &str) -> Vec<String> {
    let command = |line: &str| line.strip_prefix("      ").map(str::to_owned);
    body.lines()
        .filter_map(|line| if line.starts_with(' ') { command(line) } else { Some(line.chars().take(8).collect()) })
        .collect()
}

/// A test that compares what a person is shown with a snapshot.
macro_rules! snapshot {
    ($test:ident, $case:expr) => {
        #[test]
        fn $test() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($test), $crate::common::cases::shown(&$case));
            });
        }
    };
}

pub(crate) use snapshot;
