//! What a person reads when the guardrails ask, answer or hold: reviews, exemptions, the breaker.

use crate::common::cases::*;
use crate::common::*;
use severance_domain::case::Case;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::exemption::ExemptionUse;
use severance_domain::ids::Arn;
use severance_domain::message::{Chat, Message};
use severance_domain::plan::Disposition;
use severance_domain::playbook::{BREAKER_OPEN, Context, Mode};
use severance_domain::policy::{PolicyReason, Request};
use severance_domain::profile::{Basis, Class, Confidence, Criticality, Field, Origin, Profile};
use severance_domain::review::Decision;
use severance_domain::signal::{Signal, SignalKind as Kind, Source};
use severance_domain::subject::{Inventory, SubjectKind};

const IN_PRODUCTION: (&str, &str) = (
    "neglect-in-production-needs-a-person",
    "It is a production workload, and neglect is no emergency: a person decides.",
);
const RECORDED: (&str, &str) =
    ("exempted-is-recorded", "An exemption in force covers it: it is recorded, and nothing else.");

fn approver() -> Arn {
    Arn::try_from(format!("arn:aws:sts::{ACCOUNT}:assumed-role/responder/carol")).unwrap()
}

/// A workload of production, of whose keys one is old.
fn production() -> Profile {
    let inferred = Basis {
        origin: Origin::Inferred,
        detail: "its name holds the word ci".to_owned(),
        confidence: Confidence::Low,
    };
    Profile {
        environment: Some("prod".to_owned()),
        criticality: Some(Criticality::High),
        privileged: Some(true),
        basis: [(Field::Class, inferred)].into(),
        ..profile(&["alice@x.io"], Some(Class::Workload))
    }
}

fn holdings() -> Inventory {
    Inventory {
        gaps: vec![GAP.to_owned()],
        console_password: Some(false),
        attached_policies: Some(names(&["PowerUserAccess"])),
        ..keys([used(key(KEY, 120), 1), inactive(key(OTHER_KEY, 300))])
    }
}

fn stale_under(policy: &Always, context: &Context) -> Case {
    let claim = signal(Kind::CredentialStale, None);
    open_under(policy, context, &claim, user("ci-deployer"), production(), holdings())
}

fn asks() -> Always {
    says(Disposition::Review, &[IN_PRODUCTION])
}

/// Held, and published so.
fn held_key() -> Case {
    taken(stale_under(&asks(), &context(Mode::Enforce)), &[Went::Well])
}

fn held_key_in(mode: Mode) -> Case {
    taken(stale_under(&asks(), &context(mode)), &[Went::Well])
}

fn silence_enforces() -> Case {
    taken(stale_under(&enforces_on_silence(&[IN_PRODUCTION]), &context(Mode::Enforce)), &[Went::Well])
}

/// The next revision, after somebody or nobody answered.
fn next(mut case: Case, answer: impl FnOnce(&mut Case)) -> Case {
    case.reopen(severance_domain::digest::Digest::of(b"before"));
    case.begin_revision();
    answer(&mut case);
    taken(case, &[Went::Well])
}

fn escalated(case: Case) -> Case {
    next(case, |case| {
        let review = case.review.as_mut().unwrap();
        review.escalated_at = Some(review.escalate_at);
    })
}

fn approved() -> Case {
    let approval = Decision::Approved {
        by: approver(),
        reason: "the owner rotated it today".to_owned(),
        at: later(600),
        standing: None,
    };
    next(held_key(), |case| case.release_held(approval, later(601)))
}

fn denied() -> Case {
    let denial = Decision::Denied {
        by: approver(),
        reason: "the closing runs on it until Friday".to_owned(),
        at: later(600),
        standing: None,
    };
    next(held_key(), |case| case.decline_held(&format!("denied by {}", approver()), denial))
}

fn lapsed(case: Case, enforced: bool) -> Case {
    let lapse = Decision::Lapsed { enforced, at: later(24 * 3600) };
    next(case, |case| {
        if enforced {
            case.release_held(lapse, later(24 * 3600));
        } else {
            case.decline_held("nobody answered in time", lapse);
        }
    })
}

fn exempted() -> Case {
    let context = Context { exemptions: vec![exemption(&["deactivate_access_key"])], ..context(Mode::Enforce) };
    taken(stale_under(&says(Disposition::Observe, &[RECORDED]), &context), &[Went::Well])
}

fn held_by_the_breaker() -> Case {
    let context = Context { breaker_open: true, ..context(Mode::Enforce) };
    let policy = says(Disposition::Enforce, &[DANGER]);
    let case = open_under(&policy, &context, &exposed(), user("ci-deployer"), production(), two_keys());
    taken(case, &[Went::Well])
}

fn by_hand(case_policy: &Always) -> Case {
    let request =
        Request { by: bob(), reason: "seen in a paste".to_owned(), ticket: Some("OPS-9".to_owned()), standing: None };
    let claim = Signal {
        source: Source::Responder,
        rule: "contain".to_owned(),
        title: "credential_exposed of user ci-deployer, by hand".to_owned(),
        request: Some(request),
        ..exposed()
    };
    let who = user("ci-deployer");
    taken(open_under(case_policy, &context(Mode::Enforce), &claim, who, production(), two_keys()), &[Went::Well])
}

fn nothing_fits() -> Case {
    let claim = Signal {
        source: Source::AccessAnalyzer,
        rule: "ExternalAccess".to_owned(),
        title: "role app can be assumed from account 444455556666".to_owned(),
        ..signal(Kind::TrustExposed, None)
    };
    let who = subject(SubjectKind::Role, "app");
    taken(open(Mode::Enforce, &claim, who, profile(&["alice@x.io"], None), Inventory::default()), &[Went::Well])
}

/// The policy takes one step and leaves the others at recording them.
fn partly_recorded() -> Case {
    let mut case = open(Mode::Enforce, &exposed(), user("ci-deployer"), production(), two_keys());
    for record in &mut case.steps[1..] {
        let ruling = record.step.ruling.as_mut().unwrap();
        (ruling.answer, record.intent_at) = (Disposition::Observe, None);
        dispose(&mut record.step, Disposition::Observe);
    }
    taken(case, &[Went::Well])
}

snapshot!(review_asked, held_key());
snapshot!(review_asked_silence_enforces, silence_enforces());
snapshot!(review_asked_while_observing, held_key_in(Mode::Observe));
snapshot!(review_escalated, escalated(held_key()));
snapshot!(review_of_danger_escalated, escalated(held_by_the_breaker()));
snapshot!(review_approved, approved());
snapshot!(review_denied, denied());
snapshot!(review_lapsed, lapsed(held_key(), false));
snapshot!(review_lapsed_and_enforced, lapsed(silence_enforces(), true));
snapshot!(review_where_nothing_fits, nothing_fits());
snapshot!(exempted_and_recorded, exempted());
snapshot!(held_by_the_breaker_in_danger, held_by_the_breaker());
snapshot!(asked_for_by_hand_and_held, by_hand(&says(Disposition::Review, &[("base.ask", "By hand needs two.")])));
snapshot!(asked_for_by_hand_and_done, by_hand(&says(Disposition::Enforce, &[DANGER])));
snapshot!(taken_in_part_by_policy, partly_recorded());

#[test]
fn a_chat_gets_its_own_json() {
    let case = held_key();
    let chat = message(&case).chat;
    // Sorted, because another crate of the build may have serde_json keep the order of keys.
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, sort_maps => true }, {
        insta::assert_json_snapshot!("review_asked_in_a_chat", chat.to_json());
    });
    assert_eq!(chat.thread, case.id.as_str(), "all revisions of a case stand together");
    assert_eq!(message(&approved()).chat.thread, chat.thread);
    // Another text is another message: Amazon Q drops an id that it has seen.
    assert_ne!(message(&approved()).chat.to_json()["id"], chat.to_json()["id"]);
    assert_eq!(Chat::default().to_json()["source"], "custom");
}

/// Every case here, as it is and in danger of being overlong.
fn all() -> Vec<Case> {
    vec![
        held_key(),
        silence_enforces(),
        held_key_in(Mode::Observe),
        held_key_in(Mode::Review),
        escalated(held_key()),
        escalated(held_by_the_breaker()),
        approved(),
        denied(),
        lapsed(held_key(), false),
        lapsed(silence_enforces(), true),
        nothing_fits(),
        exempted(),
        held_by_the_breaker(),
        by_hand(&asks()),
        partly_recorded(),
    ]
}

/// The commands by which a person answers, in a body or a chat.
fn answers(text: &str) -> Vec<String> {
    text.lines()
        .flat_map(|line| match line.strip_prefix("      ") {
            Some(command) => vec![command.to_owned()],
            None => line.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
        })
        .filter(|command| command.starts_with("sever approve ") || command.starts_with("sever deny "))
        .collect()
}

#[test]
fn who_must_decide_gets_the_commands_to_do_so_for_this_plan_and_nobody_else_does() {
    for case in all() {
        let Message { body, chat, attributes, .. } = message(&case);
        let commands = answers(&body);
        assert_eq!(commands, answers(&chat.description), "{body}\n{}", chat.description);
        let Some(review) = case.pending_review() else {
            assert!(commands.is_empty() && !attributes.iter().any(|(name, _)| *name == "review"), "{body}");
            continue;
        };
        let verbs: Vec<&str> = commands.iter().filter_map(|command| command.split(' ').nth(1)).collect();
        assert_eq!(verbs, if case.can_be_approved() { vec!["approve", "deny"] } else { vec!["deny"] });
        for command in commands {
            let plan = format!(" {} --plan {} --stack severance --reason '", case.id, review.short_plan());
            assert!(command.contains(&plan), "{command}");
        }
        let until = format!("by {:.0}", review.expires_at);
        assert!(body.contains(&until) && chat.description.contains(&until), "{body}");
        let asked = if review.escalated_at.is_some() { "escalated" } else { "requested" };
        assert!(attributes.contains(&("review", asked.to_owned())));
    }
}

#[test]
fn silence_is_said_to_act_only_where_it_does() {
    let acts = "if nobody answers, it is carried out then";
    for (mode, wanted) in [(Mode::Enforce, true), (Mode::Review, false), (Mode::Observe, false)] {
        let case = taken(stale_under(&enforces_on_silence(&[IN_PRODUCTION]), &context(mode)), &[Went::Well]);
        assert_eq!(message(&case).body.contains(acts), wanted, "{mode:?}");
    }
    assert!(!message(&held_key()).body.contains(acts));
}

#[test]
fn an_exemption_is_not_blamed_for_what_the_mode_left_undone() {
    // Danger goes through the exemption, and only the mode stopped it.
    let context = Context { exemptions: vec![exemption(&[])], ..context(Mode::Observe) };
    let policy = says(Disposition::Enforce, &[DANGER]);
    let case = open_under(&policy, &context, &exposed(), user("ci-deployer"), production(), two_keys());
    assert_eq!(case.exemptions.len(), 1);
    let Message { subject, body, .. } = message(&taken(case, &[Went::Well]));
    assert!(subject.starts_with("[Severance] ONLY OBSERVED, act now"), "{subject}");
    assert!(!body.contains("an exemption covers it. The access is as it was"), "{body}");
    assert!(message(&exempted()).subject.starts_with("[Severance] EXEMPTED, nothing done"));
}

#[test]
fn what_was_declined_or_only_recorded_is_never_said_to_be_done() {
    for case in [denied(), lapsed(held_key(), false), exempted(), held_key()] {
        let Message { subject, body, .. } = message(&case);
        assert!(body.starts_with("Nothing was changed"), "{body}");
        assert!(
            !subject.contains("REVOKED") && !body.contains("done, confirmed") && !body.contains("\nProven"),
            "{body}"
        );
        assert!(!body.contains("\nTo undo"), "{body}");
    }
    let body = message(&partly_recorded()).body;
    assert!(!body.contains("Every step below was taken"), "{body}");
    assert!(body.contains("not done (the policy only records it)") && !body.contains("observe mode"), "{body}");
    assert!(message(&denied()).body.contains("not done (declined)"));
}

/// A case of everything that somebody else writes, all of it hostile.
fn forge(case: &mut Case) {
    let text = || FORGED.to_owned();
    case.signal.title = text();
    case.signal.rule = text();
    case.profile.owners = vec![text()];
    case.profile.environment = Some(text());
    if let Some(basis) = case.profile.basis.get_mut(&Field::Class) {
        basis.detail = text();
    }
    case.inventory.attached_policies = Some(vec![text()]);
    if let Some(request) = &mut case.signal.request {
        (request.reason, request.ticket) = (text(), Some(text()));
    }
    for used in &mut case.exemptions {
        let ExemptionUse { owner, reason, ticket, way_out, covered, .. } = used;
        (*owner, *reason, *ticket, *way_out, *covered) = (text(), text(), text(), text(), vec![text()]);
    }
    for record in &mut case.steps {
        record.step.reason = text();
        if let Some(ruling) = &mut record.step.ruling {
            ruling.policies = vec![PolicyReason { id: text(), says: Some(text()) }];
            ruling.lowered_by = Some(text());
        }
    }
    if let Some(Decision::Approved { reason, .. } | Decision::Denied { reason, .. }) =
        case.review.as_mut().and_then(|review| review.decision.as_mut())
    {
        *reason = text();
    }
}

#[test]
fn text_from_outside_cannot_forge_a_line_or_a_command_of_a_review() {
    for honest in all() {
        let mut forged = honest.clone();
        forge(&mut forged);
        let (honest, forged) = (message(&honest), message(&forged));
        assert_eq!(outline(&forged.body), outline(&honest.body));
        assert_eq!(answers(&forged.chat.description).len(), answers(&honest.chat.description).len());
        let unseen = ['\r', '\u{2028}', '\u{202e}'];
        assert!(!forged.body.contains(unseen) && !forged.chat.description.contains(unseen));
        let chat = format!("{}\n{}", forged.chat.title, forged.chat.description) + &forged.chat.next_steps.join("\n");
        assert!(!chat.contains(['<', '>']) && !chat.contains("]("), "no mention, no link: {chat}");
        assert_eq!(chat.matches('`').count() % 2, 0);
        for quoted in chat.split('`').skip(1).step_by(2) {
            assert!(!quoted.contains("sev-1") && !quoted.contains("sev-0 "), "{quoted}");
        }
        assert!(forged.subject.is_ascii() && forged.subject.len() < 100);
    }
}

#[test]
fn a_chat_keeps_the_commands_whatever_stands_before_them() {
    let mut case = held_by_the_breaker();
    for record in &mut case.steps {
        record.step.reason = "ä".repeat(5_000);
    }
    case.signal.title = "t".repeat(5_000);
    let chat = message(&case).chat;
    assert!(chat.description.chars().count() <= 4_000, "{}", chat.description.chars().count());
    assert_eq!(answers(&chat.description).len(), 2, "{}", chat.description);
    assert!(chat.description.contains("... cut here"), "{}", chat.description);
}

#[test]
fn the_breaker_is_named_where_it_is_why() {
    let case = held_by_the_breaker();
    assert!(
        case.steps
            .iter()
            .all(|record| record.step.ruling.as_ref().unwrap().lowered_by.as_deref() == Some(BREAKER_OPEN))
    );
    let body = message(&case).body;
    assert_eq!(body.matches(BREAKER_OPEN).count(), 1, "said once for all steps: {body}");
    assert!(case.steps.iter().any(|record| matches!(record.step.countermeasure, Countermeasure::QuarantineUser(_))));
}
