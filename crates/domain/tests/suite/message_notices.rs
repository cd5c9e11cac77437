//! What a person reads of the guardrails' housekeeping: exemptions that end, identities to recertify.

use crate::common::cases::*;
use crate::common::*;
use severance_domain::exemption::Exemption;
use severance_domain::message::{Message, Notice};
use severance_domain::profile::RegistryEntry;

fn entries(count: usize) -> Vec<RegistryEntry> {
    let entry = |n: usize| RegistryEntry {
        arn: format!("arn:aws:iam::{ACCOUNT}:user/batch/batch-{n}"),
        review_by: Some(format!("2026-03-{:02}", 1 + n % 28).parse().unwrap()),
        ..RegistryEntry::default()
    };
    (0..count).map(entry).collect()
}

fn notice_shown(message: &Message) -> String {
    format!("Subject: {}\n{:?}\n\n{}", message.subject, message.attributes, message.body)
}

macro_rules! notice_snapshot {
    ($test:ident, $notice:expr) => {
        #[test]
        fn $test() {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(stringify!($test), notice_shown(&Message::from($notice)));
            });
        }
    };
}

notice_snapshot!(an_exemption_ends, Notice::exemption_ends(&exemption(&["rotate_secret"]), "severance"));
notice_snapshot!(an_exemption_of_everything_ends, Notice::exemption_ends(&exemption(&[]), "severance"));
notice_snapshot!(one_identity_to_recertify, Notice::recertify("alice@x.io", &entries(1), "severance", 365));

#[test]
fn a_digest_of_hundreds_lists_the_first_and_says_how_many_more_there_are() {
    let Message { subject, body, attributes, chat } = Notice::recertify("alice@x.io", &entries(250), "sev", 365).into();
    assert_eq!(subject, "[Severance] STILL NEEDED? 250 identities of alice@x.io");
    assert_eq!(attributes, [("notice", "recertification".to_owned())]);
    assert_eq!(body.matches("\n      sever recertify 'arn:").count(), 200);
    assert!(body.contains("  - and 50 more: sever registry export lists them\n"), "{body}");
    assert!(body.ends_with("at most 365 days.\n"), "{body}");
    assert!(chat.description.chars().count() <= 4_000);
    assert!(chat.description.ends_with("... cut here; all of it is in the mail\n"), "{}", chat.description);
    // However long the ARNs are that somebody imported, SNS takes no more than 256 KiB.
    let long: Vec<_> = entries(250)
        .into_iter()
        .map(|entry| RegistryEntry { arn: format!("{}{}", entry.arn, "x".repeat(2_000)), ..entry })
        .collect();
    let body = Message::from(Notice::recertify("alice@x.io", &long, "sev", 365)).body;
    assert!(body.len() < 128 * 1024, "{}", body.len());
    let listed = body.matches("\n      sever recertify 'arn:").count();
    assert!(listed > 10 && body.contains(&format!("and {} more", 250 - listed)), "{listed}");
}

#[test]
fn text_from_outside_cannot_forge_a_line_or_a_command_of_a_notice() {
    let honest = exemption(&["rotate_secret"]);
    let mut forged: Exemption = honest.clone();
    let request = &mut forged.request;
    for field in
        [&mut request.subject, &mut request.owner, &mut request.reason, &mut request.ticket, &mut request.way_out]
    {
        FORGED.clone_into(field);
    }
    let (honest, forged) =
        (Message::from(Notice::exemption_ends(&honest, "sev")), Message::from(Notice::exemption_ends(&forged, "sev")));
    assert_eq!(outline(&forged.body), outline(&honest.body));
    assert!(!forged.chat.description.contains(['`', '<', '\u{202e}']));

    let rows = |arn: &str| vec![RegistryEntry { arn: arn.to_owned(), ..entries(1).remove(0) }];
    let evil = "arn:aws:iam::1:user/x'; rm -rf / #\n  - arn:aws:iam::1:user/y";
    for owner in ["alice@x.io", FORGED] {
        let honest = Message::from(Notice::recertify(owner, &rows("arn:aws:iam::1:user/x"), "sev", 365));
        let forged = Message::from(Notice::recertify(owner, &rows(evil), "sev", 365));
        assert_eq!(forged.body.lines().count(), honest.body.lines().count());
        assert!(
            forged
                .body
                .contains(r"      sever recertify $'arn:aws:iam::1:user/x\'; rm -rf / #\x0a  - arn:aws:iam::1:user/y'"),
            "{}",
            forged.body
        );
        assert!(!forged.body.contains(['\r', '\u{2028}', '\u{202e}']) && !forged.chat.thread.contains('\n'));
        assert!(forged.subject.is_ascii() && forged.subject.len() < 100);
    }
}
