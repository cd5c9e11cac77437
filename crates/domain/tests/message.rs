//! What is remembered of a reaction, and what a person reads about it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::process::Command;
use std::sync::LazyLock;

use common::*;
use jiff::Timestamp;
use proptest::prelude::*;
use severance_domain::case::{Case, CaseId, Confirmation, Outcome, StepRecord};
use severance_domain::digest::Digest;
use severance_domain::evidence::{Proof, SigningKey, Stack, Statement};
use severance_domain::ids::UniqueId;
use severance_domain::message::Message;
use severance_domain::plan::{Countermeasure, Disposition, Plan, Step};
use severance_domain::playbook::{Mode, decide};
use severance_domain::signal::{PrincipalHint, Severity, Signal, SignalKind as Kind, Source, SubjectHint};
use severance_domain::subject::{Class, Inventory, LastUsed, Profile, SecretState, Subject, SubjectKind};
use severance_domain::verdict::Verdict;

const URI: &str = "s3://severance-evidence/evidence/111122223333/2026/03/01/case/r0001.dsse.json";
const GAP: &str = "SSH public keys, signing certificates and service-specific credentials were not enumerated";

fn later(seconds: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_secs(seconds)
}

fn open(mode: Mode, signal: &Signal, subject: Subject, profile: Profile, inventory: Inventory) -> Case {
    let plan = decide(signal, &subject, &profile, &inventory, &context(mode));
    Case::open(signal.clone(), subject, profile, inventory, plan, mode, now())
}

/// How a driver's call and its read-back went.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Went {
    Well,
    Unseen,
    AlreadySo,
    Denied,
    Throttled,
    Never,
}

fn take(record: &mut StepRecord, went: Went) {
    if record.step.disposition != Disposition::Enforce {
        return;
    }
    let (seen, action) = match &record.step.countermeasure {
        Countermeasure::DeactivateAccessKey { .. } => ("iam:ListAccessKeys shows it Inactive", "iam:UpdateAccessKey"),
        Countermeasure::QuarantineUser { .. } => {
            ("iam:GetUserPolicy shows the deny-all policy SeveranceQuarantine", "iam:PutUserPolicy")
        }
        Countermeasure::RevokeRoleSessions { .. } => {
            ("iam:GetRolePolicy shows older sessions denied", "iam:PutRolePolicy")
        }
        Countermeasure::RotateSecret { .. } => {
            ("secretsmanager:DescribeSecret shows the rotation finished", "secretsmanager:RotateSecret")
        }
        Countermeasure::HoldForReview => ("", ""),
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
            Some(Confirmation::Unconfirmed { at: later(6), reason })
        }
        Went::Denied | Went::Throttled | Went::Never => None,
    };
}

/// Takes the steps in order, the last of these ways for all that remain, and concludes.
fn taken(mut case: Case, went: &[Went]) -> Case {
    for (n, record) in case.steps.iter_mut().enumerate() {
        take(record, went[n.min(went.len() - 1)]);
    }
    case.conclude(later(6));
    case
}

fn message(case: &Case) -> Message {
    Message::of(case, &Proof::of(case), URI, &Digest::of(b"payload"))
}

/// As a person sees it.
fn shown(case: &Case) -> String {
    let message = message(case);
    let attributes: Vec<String> = message.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("Subject: {}\n[{}]\n\n{}", message.subject, attributes.join(" "), message.body)
}

fn exposed() -> Signal {
    Signal {
        source: Source::Health,
        rule: "AWS_RISK_CREDENTIALS_EXPOSED".to_owned(),
        severity: Severity::Critical,
        title: format!("AWS found access key {KEY} on a public website"),
        ..signal(Kind::CredentialExposed, Some(KEY))
    }
}

fn two_keys() -> Inventory {
    Inventory { console_password: Some(true), gaps: vec![GAP.to_owned()], ..keys([key(KEY, 20), key(OTHER_KEY, 400)]) }
}

fn exposed_user(mode: Mode) -> Case {
    open(mode, &exposed(), user("ci-deployer"), profile(&["alice@x.io"], Some(Class::Pipeline)), two_keys())
}

fn stale(mode: Mode) -> Case {
    let inventory = Inventory { gaps: vec![GAP.to_owned()], ..keys([key(KEY, 120), key(OTHER_KEY, 3)]) };
    open(mode, &signal(Kind::CredentialStale, None), user("ci-deployer"), profile(&["alice@x.io"], None), inventory)
}

fn compromised_role(went: Went) -> Case {
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

fn leavers_user() -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io", "alice"]) };
    open(Mode::Enforce, &claim, user("alice"), profile(&["alice@x.io"], Some(Class::Human)), two_keys())
}

fn leavers_secret(inventory: Inventory) -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io"]) };
    open(Mode::Enforce, &claim, subject(SubjectKind::Secret, "billing/db"), profile(&["alice@x.io"], None), inventory)
}

fn held() -> Case {
    let claim = Signal { title: "Okta: alice@x.io was deactivated".to_owned(), ..leaver(&["alice@x.io"]) };
    let both = profile(&["alice@x.io", "bob@x.io"], Some(Class::Workload));
    taken(open(Mode::Enforce, &claim, user("reporting"), both, two_keys()), &[Went::Well])
}

fn refused() -> Case {
    let glass = profile(&["secops@x.io"], Some(Class::BreakGlass));
    taken(open(Mode::Enforce, &exposed(), user("emergency"), glass, two_keys()), &[Went::Well])
}

macro_rules! snapshot {
    ($test:ident, $case:expr) => {
        #[test]
        fn $test() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($test), shown(&$case));
            });
        }
    };
}

snapshot!(an_exposed_user_verified, taken(exposed_user(Mode::Enforce), &[Went::Well]));
snapshot!(partial_by_access_denied, taken(exposed_user(Mode::Enforce), &[Went::Well, Went::Denied, Went::Well]));
snapshot!(a_stale_key_revoked_unverified, taken(stale(Mode::Enforce), &[Went::Unseen]));
snapshot!(an_exposed_user_observed, taken(exposed_user(Mode::Observe), &[Went::Well]));
snapshot!(a_stale_key_observed, taken(stale(Mode::Observe), &[Went::Well]));
snapshot!(awaiting_review, held());
snapshot!(refused_for_break_glass, refused());
snapshot!(a_leaver, taken(leavers_user(), &[Went::Well]));
snapshot!(a_leavers_secret_with_rotation_started, taken(leavers_secret(secret(true, false)), &[Went::Unseen]));
snapshot!(a_leavers_secret_rotated, taken(leavers_secret(secret(true, false)), &[Went::Well]));
snapshot!(a_compromised_role, compromised_role(Went::Well));
snapshot!(failed_and_tried_again, taken(exposed_user(Mode::Enforce), &[Went::Throttled]));
snapshot!(a_new_key_recorded, {
    let claim = Signal {
        source: Source::CloudTrail,
        rule: "CreateAccessKey".to_owned(),
        title: "Access key created for user ci-deployer by arn:aws:iam::111122223333:user/bob".to_owned(),
        ..signal(Kind::CredentialCreated, Some(KEY))
    };
    let owned = profile(&["alice@x.io"], Some(Class::Workload));
    taken(open(Mode::Enforce, &claim, user("ci-deployer"), owned, two_keys()), &[Went::Well])
});

const WAYS: [Went; 6] = [Went::Well, Went::Unseen, Went::AlreadySo, Went::Denied, Went::Throttled, Went::Never];

/// Every case of the playbook in every mode, its steps gone every way.
fn all_cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let mut cases = Vec::new();
        for (kind, subject_kind) in KINDS.iter().flat_map(|kind| SUBJECTS.map(|subject| (*kind, subject))) {
            for (class, mode) in CLASSES.iter().flat_map(|class| [(*class, Mode::Enforce), (*class, Mode::Observe)]) {
                let claim = if kind == Kind::Offboarding { leaver(&["alice"]) } else { signal(kind, Some(KEY)) };
                let inventory = Inventory { secret: secret(true, false).secret, ..two_keys() };
                let who = subject(subject_kind, "deployer");
                let case = open(mode, &claim, who, profile(&["alice"], class), inventory);
                // Where no step is taken there is only one way.
                let ways = if case.is_settled() { &WAYS[..1] } else { &WAYS };
                for (first, rest) in ways.iter().flat_map(|first| ways.iter().map(|rest| (*first, *rest))) {
                    cases.push(taken(case.clone(), &[first, rest]));
                }
            }
        }
        cases
    });
    &CASES
}

/// The lines of one section.
fn section<'a>(body: &'a str, title: &str) -> Vec<&'a str> {
    let from = |line: &&str| line.starts_with(title);
    body.lines().skip_while(|line| !from(line)).skip(1).take_while(|line| !line.is_empty()).collect()
}

#[test]
fn every_message_names_its_case_its_evidence_and_what_happened_to_each_step() {
    for case in all_cases() {
        let Message { subject, body, attributes } = message(case);
        for expected in [case.id.as_str(), URI, &Digest::of(b"payload").to_string(), &case.signal.title] {
            assert!(body.contains(expected), "{expected}\n{body}");
        }
        assert!(body.contains(case.verdict.unwrap().as_str()));
        assert!(subject.contains(ACCOUNT) && subject.contains("deployer"), "{subject}");
        assert_eq!(attributes.map(|(name, _)| name), ["verdict", "severity", "account", "signal"]);
        let bullets = section(&body, "Steps").iter().filter(|line| line.starts_with("  - ")).count();
        assert_eq!(bullets, case.steps.len());
        assert!(body.lines().all(|line| line == line.trim_end()), "no trailing blanks");
        // What was not seen is never under what is proven.
        let proven = section(&body, "Proven");
        let confirmed =
            case.steps.iter().filter(|step| matches!(step.confirmation, Some(Confirmation::Confirmed { .. }))).count();
        assert_eq!(proven.len(), confirmed, "{body}");
        if case.verdict != Some(Verdict::VerifiedRevoked) {
            assert!(!subject.contains(", verified"), "{subject}");
        }
    }
}

#[test]
fn what_others_know_is_never_brought_back() {
    for case in all_cases() {
        let body = message(case).body;
        let undo = section(&body, "To undo").join("\n");
        if !case.signal.kind.is_immediate_danger() {
            continue;
        }
        assert!(!body.contains("--status Active"), "{body}");
        // Nor by lifting the quarantine that alone holds a key down.
        let alive = case.steps.iter().any(|record| {
            matches!(record.step.countermeasure, Countermeasure::DeactivateAccessKey { .. })
                && !matches!(record.confirmation, Some(Confirmation::Confirmed { .. }))
        });
        assert!(!(alive && undo.contains("delete-user-policy")), "{body}");
    }
}

#[test]
fn only_what_was_really_applied_can_be_undone() {
    for case in all_cases() {
        let undo = section(&message(case).body, "To undo").join("\n");
        let applied = case.steps.iter().filter(|record| matches!(record.outcome, Some(Outcome::Applied { .. })));
        assert_eq!(undo.matches("  - ").count(), applied.count(), "{undo}");
        for record in &case.steps {
            let Some(command) = record.step.countermeasure.undo_command() else { continue };
            let is_applied = matches!(record.outcome, Some(Outcome::Applied { .. }));
            assert!(is_applied || !undo.contains(&command), "{undo}");
            assert!(!is_applied || case.signal.kind.is_immediate_danger() || undo.contains(&command), "{undo}");
        }
    }
}

/// The commands of a message: the lines that begin with the program's name.
fn commands(body: &str) -> Vec<&str> {
    body.lines().filter_map(|line| line.strip_prefix("      ")).filter(|line| line.starts_with("aws ")).collect()
}

/// The words that a shell makes of a command, with `&&` cut apart.
fn words(command: &str) -> Vec<String> {
    let script = format!("aws() {{ printf '%s\\n' \"$@\"; }}\n{command}");
    // In an empty folder nothing can match a pattern, and in this one everything would.
    let output = Command::new("sh").args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{command}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The value of an option, in either way of writing it.
fn values(words: &[String], option: &str) -> Vec<String> {
    let apart = words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone());
    let joined = words.iter().filter_map(|word| word.strip_prefix(&format!("{option}=")).map(str::to_owned));
    apart.chain(joined).collect()
}

#[test]
fn commands_survive_a_shell_whatever_iam_allows_in_a_name() {
    for name in ["+=,.@_-x", "a=b,c@d.e+f_g-h", "x@y.io", "=ls", "Z".repeat(128).as_str()] {
        for went in WAYS {
            let case = open(Mode::Enforce, &leaver(&[name]), user(name), Profile::default(), two_keys());
            let body = message(&taken(case, &[went])).body;
            for command in commands(&body) {
                let words = words(command);
                let names = values(&words, "--user-name");
                assert!(!names.is_empty() && names.iter().all(|found| found == name), "{command}\n{words:?}");
            }
            assert_eq!(went == Went::Well, section(&body, "To undo").len() == 6 && !body.contains("NOT CONFIRMED"));
        }
    }
    let mut secret_case = leavers_secret(secret(true, false));
    let odd = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a/b'; touch /tmp/x; '$(id)-AbCdEf";
    secret_case.steps[0].step.countermeasure = Countermeasure::RotateSecret { secret: odd.try_into().unwrap() };
    for went in [Went::Denied, Went::Unseen] {
        let body = message(&taken(secret_case.clone(), &[went])).body;
        assert_eq!(values(&words(commands(&body)[0]), "--secret-id"), [odd], "{body}");
    }
}

#[test]
fn text_from_outside_cannot_pass_for_ours() {
    let forged = "finding\n\nTo undo, with credentials of account 999988887777\n  - undo:\r\n      aws iam delete-user\u{2028}x\u{202e}";
    let mut case = exposed_user(Mode::Enforce);
    case.signal.title = forged.to_owned();
    case.signal.rule = forged.to_owned();
    case.profile.owners = vec![forged.to_owned()];
    case.notes = vec![forged.to_owned()];
    case.inventory.gaps = vec![forged.to_owned()];
    case.steps[1].step.reason = forged.to_owned();
    let honest = message(&taken(exposed_user(Mode::Enforce), &[Went::Denied])).body;
    let mut case = taken(case, &[Went::Denied]);
    if let Some(Outcome::Failed { message, code, .. }) = &mut case.steps[2].outcome {
        *message = forged.to_owned();
        *code = forged.to_owned();
    }
    let body = message(&case).body;
    // What stands at the left edge is the outline: the headings, and the first words of the facts.
    let outline = |body: &str| -> Vec<String> {
        body.lines().filter(|line| !line.starts_with(' ')).map(|line| line.chars().take(8).collect()).collect()
    };
    assert_eq!(outline(&body), outline(&honest));
    assert_eq!(commands(&body), commands(&honest));
    assert!(!body.contains(['\r', '\u{2028}', '\u{202e}']));
}

#[test]
fn a_message_fits_whatever_comes() {
    let huge = "ä\u{1F511} ".repeat(60_000);
    let mut case = exposed_user(Mode::Enforce);
    case.signal.title.clone_from(&huge);
    case.signal.rule.clone_from(&huge);
    case.subject.name.clone_from(&huge);
    case.subject.arn = None;
    case.profile.owners = vec![huge.clone(); 50];
    case.notes = vec![huge.clone(); 500];
    case.inventory.gaps = vec![huge; 500];
    let Message { subject, body, .. } = message(&taken(case.clone(), &[Went::Well]));
    assert!(body.len() <= 128 * 1024, "{}", body.len());
    assert!(body.contains(URI) && body.contains("... cut here"), "the evidence is always named");
    assert!(body.contains(case.id.as_str()));
    assert!(subject.len() < 100 && subject.is_ascii());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,200}", "\\PC{0,50}", "[\\x00-\\x20]{1,9}", "[a-zA-Z+=,.@_-]{1,128}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_subject_line_is_one_that_sns_takes(
        name in any_text(),
        title in any_text(),
        kind in prop::sample::select(KINDS.to_vec()),
        subject_kind in prop::sample::select(SUBJECTS.to_vec()),
        went in prop::sample::select(WAYS.to_vec()),
        mode in prop::sample::select(vec![Mode::Enforce, Mode::Observe]),
    ) {
        let claim = Signal { title, ..signal(kind, Some(KEY)) };
        let who = Subject { name, ..subject(subject_kind, "x") };
        let case = taken(open(mode, &claim, who, Profile::default(), two_keys()), &[went]);
        let Message { subject, body, .. } = message(&case);
        prop_assert!(subject.len() < 100 && subject.starts_with("[Severance] "), "{subject}");
        prop_assert!(subject.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{subject:?}");
        prop_assert!(body.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(body.len() < 32 * 1024);
    }
}

#[test]
fn a_long_name_leaves_the_account_and_the_claim_in_sight() {
    let case = open(Mode::Enforce, &exposed(), user(&"n".repeat(128)), Profile::default(), two_keys());
    let subject = message(&taken(case, &[Went::Well])).subject;
    assert!(subject.ends_with("... (111122223333) credential exposed"), "{subject}");
    assert_eq!(subject.len(), 99);
}

// Cases.

#[test]
fn a_case_has_the_same_name_for_every_delivery_and_another_for_anything_else() {
    let one = CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/1");
    // A change of this name orphans every case that is stored: it must be meant.
    assert_eq!(one.as_str(), "sev-0de0fbd1b8c451f7256f");
    assert_eq!(one, CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/1"));

    // Whoever has the same unique id is the same, also after a change of name or path.
    assert_eq!(one, CaseId::of(Kind::CredentialExposed, &user("renamed"), "finding/1"));

    // A name that is used again is somebody else.
    let reborn = Subject { unique_id: Some(UniqueId::try_from("AIDAREBORNEXAMPLE").unwrap()), ..user("ci") };
    let elsewhere = Subject { account: "444455556666".try_into().unwrap(), ..user("ci") };
    let mut others = vec![
        one,
        CaseId::of(Kind::IdentityCompromised, &user("ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &user("ci"), "finding/2"),
        CaseId::of(Kind::CredentialExposed, &reborn, "finding/1"),
        CaseId::of(Kind::CredentialExposed, &elsewhere, "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Role, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Secret, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Unresolved, "ci"), "finding/1"),
        CaseId::of(Kind::CredentialExposed, &subject(SubjectKind::Unresolved, "cd"), "finding/1"),
    ];
    let count = others.len();
    others.sort();
    others.dedup();
    assert_eq!(others.len(), count);
}

#[test]
fn opening_a_case_writes_down_the_intent_of_what_will_be_done_and_of_nothing_else() {
    let enforced = exposed_user(Mode::Enforce);
    assert!(enforced.steps.iter().all(|record| record.intent_at == Some(now())));
    assert_eq!((enforced.revision, &enforced.previous, enforced.verdict), (1, &None, None));
    assert_eq!(enforced.id, CaseId::of(Kind::CredentialExposed, &enforced.subject, &enforced.signal.finding_id));
    for case in [exposed_user(Mode::Observe), held(), refused()] {
        assert!(case.steps.iter().all(|record| record.intent_at.is_none()));
        assert!(case.is_settled(), "nothing is left to be tried");
    }
}

#[test]
fn a_case_is_settled_when_no_step_is_left_to_be_tried() {
    for (went, settled, verdict) in [
        (Went::Well, true, Verdict::VerifiedRevoked),
        (Went::AlreadySo, true, Verdict::VerifiedRevoked),
        (Went::Unseen, true, Verdict::RevokedUnverified),
        (Went::Denied, true, Verdict::Failed),
        (Went::Throttled, false, Verdict::Failed),
        (Went::Never, false, Verdict::Failed),
    ] {
        let case = taken(exposed_user(Mode::Enforce), &[went]);
        assert_eq!((case.is_settled(), case.verdict), (settled, Some(verdict)), "{went:?}");
        // One step that is left is enough.
        let mixed = taken(exposed_user(Mode::Enforce), &[Went::Well, went]);
        assert_eq!(mixed.is_settled(), settled, "{went:?}");
    }
    // Applied, but the worker died before it read back.
    let mut case = taken(exposed_user(Mode::Enforce), &[Went::Well]);
    case.steps[0].confirmation = None;
    assert!(!case.is_settled());
}

#[test]
fn each_revision_points_at_the_one_before_it() {
    let mut case = taken(exposed_user(Mode::Enforce), &[Went::Well, Went::Throttled]);
    assert_eq!((case.verdict, case.concluded_at), (Some(Verdict::Partial), Some(later(6))));
    let first = Statement::object_key(&case);
    let opened = case.opened_at;
    for revision in 2..5 {
        let published = Digest::of(&Statement::of(&case, &stack()).to_bytes());
        case.reopen(published.clone());
        assert_eq!((case.revision, &case.previous), (revision, &Some(published)));
        assert_eq!((case.verdict, case.concluded_at, case.opened_at), (None, None, opened));
        assert!(!case.is_settled(), "what failed is tried again, and what was done is not");
        assert!(matches!(case.steps[0].outcome, Some(Outcome::Applied { .. })));
        assert_eq!(case.conclude(later(60)), Verdict::Partial);
    }
    assert_ne!(Statement::object_key(&case), first);
    case.reopen(Digest::of(b"x"));
    for record in &mut case.steps {
        take(record, Went::Well);
    }
    assert_eq!(case.conclude(later(90)), Verdict::VerifiedRevoked);
    assert!(case.is_settled());
}

fn stack() -> Stack {
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

/// A case with every field set, every kind of step, disposition, outcome and confirmation.
fn maximal() -> Case {
    let step =
        |countermeasure, disposition| Step { countermeasure, disposition, reason: "because \"ä\"\n".to_owned() };
    let ci = iam_name("+=,.@_-");
    let arn = subject(SubjectKind::Secret, "db:main/ä").arn.unwrap();
    let deactivate = |id| Countermeasure::DeactivateAccessKey { user: ci.clone(), access_key: key_id(id) };
    let revoke = Countermeasure::RevokeRoleSessions { role: ci.clone(), issued_before: later(0) };
    let plan = Plan {
        steps: vec![
            step(Countermeasure::QuarantineUser { user: ci.clone() }, Disposition::Enforce),
            step(deactivate(KEY), Disposition::Enforce),
            step(deactivate(OTHER_KEY), Disposition::Enforce),
            step(revoke, Disposition::Enforce),
            step(Countermeasure::RotateSecret { secret: arn.clone() }, Disposition::Refuse),
            step(Countermeasure::RotateSecret { secret: arn }, Disposition::Observe),
            step(Countermeasure::HoldForReview, Disposition::Review),
        ],
        notes: vec!["a note".to_owned()],
    };
    let mut keys = vec![inactive(key(KEY, 1)), used(key(OTHER_KEY, 2), 1)];
    keys.push(severance_domain::subject::AccessKey { last_used: LastUsed::NotAsked, created_at: None, ..key(KEY, 0) });
    let inventory = Inventory {
        access_keys: keys,
        console_password: Some(false),
        secret: Some(SecretState {
            rotation_enabled: true,
            last_rotated_at: Some(days_ago(9)),
            deletion_scheduled: true,
        }),
        unread: vec!["unread".to_owned()],
        gaps: vec![GAP.to_owned()],
    };
    let hint = PrincipalHint { name: Some(ci), arn: user("ci").arn, unique_id: user("ci").unique_id };
    let claim = Signal { subject: SubjectHint::User(hint), ..exposed() };
    let owned = profile(&["alice", "bob"], Some(Class::ThirdParty));
    let case = Case::open(
        claim,
        user("ci"),
        owned,
        inventory,
        plan,
        Mode::Enforce,
        "2026-03-01T12:00:00.123456789Z".parse().unwrap(),
    );
    let mut case = taken(case, &[Went::Well, Went::Unseen, Went::AlreadySo, Went::Denied]);
    if let Some(Outcome::Applied { note, .. }) = &mut case.steps[0].outcome {
        *note = Some("the user could not be tagged".to_owned());
    }
    case.reopen(Digest::of(b"before"));
    case.conclude(later(9));
    case
}

#[test]
fn a_case_survives_its_json() {
    for case in [maximal(), exposed_user(Mode::Enforce), compromised_role(Went::Throttled), held()] {
        let json = serde_json::to_value(&case).unwrap();
        assert_eq!(serde_json::from_value::<Case>(json.clone()).unwrap(), case);
        assert_eq!(serde_json::from_str::<Case>(&json.to_string()).unwrap(), case);
        let statement = Statement::of(&case, &stack());
        assert_eq!(serde_json::from_slice::<Statement>(&statement.to_bytes()).unwrap(), statement);
    }
    for hint in [
        SubjectHint::Root,
        SubjectHint::AccessKeyOnly,
        SubjectHint::Role(PrincipalHint::default()),
        SubjectHint::Secret { arn: subject(SubjectKind::Secret, "db").arn.unwrap() },
        SubjectHint::Person { identifiers: names(&["alice"]) },
        SubjectHint::Workload { identifiers: vec![] },
    ] {
        let json = serde_json::to_string(&hint).unwrap();
        assert_eq!(serde_json::from_str::<SubjectHint>(&json).unwrap(), hint, "{json}");
    }
    // The names that auditors' queries hang on.
    let json = serde_json::to_value(maximal()).unwrap();
    let step = &json["steps"][1];
    assert_eq!(step["countermeasure"]["type"], "deactivate_access_key");
    assert_eq!(step["countermeasure"]["accessKey"], KEY);
    assert_eq!((&step["disposition"], &step["outcome"]["result"]), (&"enforce".into(), &"applied".into()));
    assert_eq!(step["confirmation"]["state"], "unconfirmed");
    assert_eq!(json["steps"][3]["outcome"]["action"], "iam:PutRolePolicy");
}

// What is proven.

#[test]
fn what_a_step_leaves_open_is_said_whether_or_not_its_effect_was_seen() {
    let says = |case: &Case, text: &str| Proof::of(case).not_proven.iter().any(|line| line.contains(text));
    for went in [Went::Well, Went::Unseen, Went::AlreadySo] {
        let stale = taken(stale(Mode::Enforce), &[went]);
        assert!(says(&stale, "36 hours") && says(&stale, "probe"), "{went:?}");
        let secret = taken(leavers_secret(secret(true, false)), &[went]);
        assert!(says(&secret, "the secret's old value") && says(&secret, "probe"), "{went:?}");
        assert!(says(&compromised_role(went), "started after the revocation"), "{went:?}");
    }
    // A quarantine that was seen denies the sessions as well; one that was not does not count.
    assert!(!says(&taken(exposed_user(Mode::Enforce), &[Went::Well]), "36 hours"));
    assert!(says(&taken(exposed_user(Mode::Enforce), &[Went::Unseen, Went::Well]), "36 hours"));
    assert!(says(&taken(exposed_user(Mode::Enforce), &[Went::Denied, Went::Well]), "36 hours"));
    // Where nothing was done there is no effect whose limits could be told.
    for case in [exposed_user(Mode::Observe), held(), taken(exposed_user(Mode::Enforce), &[Went::Denied])] {
        assert!(Proof::of(&case).state.is_empty());
        assert!(!says(&case, "probe"));
        assert!(says(&case, GAP));
    }
}
