//! Commands that people copy: a shell reads every argument back, whatever a name holds.

use std::process::Command as Process;

use proptest::prelude::*;
use severance_domain::command::Command;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::Arn;

/// What bash passes on.
fn read_by_a_shell(commands: &[Command]) -> Vec<String> {
    let script = commands.iter().map(|command| format!("printf '%s\\0' {command}\n")).collect::<Vec<_>>().concat();
    let output = Process::new("bash").args(["--norc", "-c", &script]).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn words(commands: &[Command]) -> Vec<String> {
    commands.iter().flat_map(Command::words).map(str::to_owned).collect()
}

fn printed(step: &Countermeasure) -> impl Iterator<Item = Command> {
    let card = step.card();
    let delete = card.ends().map(|ended| ended.delete());
    [card.by_hand("aws"), card.check(), delete].into_iter().flatten()
}

#[test]
fn every_countermeasure_is_stored_under_its_name_and_is_the_same_step_as_itself_alone() {
    let all = Countermeasure::samples().unwrap();
    assert_eq!(all.iter().map(Countermeasure::as_str).collect::<Vec<_>>(), Countermeasure::NAMES);
    for (n, one) in all.iter().enumerate() {
        assert_eq!(serde_json::to_value(one).unwrap()["type"], one.as_str());
        for (m, other) in all.iter().enumerate() {
            assert_eq!(one.is_same_target(other), n == m, "{} and {}", one.as_str(), other.as_str());
        }
    }
    let commands: Vec<Command> = all.iter().flat_map(printed).collect();
    assert_eq!(read_by_a_shell(&commands), words(&commands));
}

#[test]
fn the_same_step_is_known_by_what_cannot_change() {
    let revoke = |role: &str, second| {
        let issued_before = jiff::Timestamp::from_second(second).unwrap();
        Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions { role: role.try_into().unwrap(), issued_before })
    };
    assert!(revoke("one", 1).is_same_target(&revoke("one", 2)));
    assert!(!revoke("one", 1).is_same_target(&revoke("other", 1)));
    let leave = |membership: &str| {
        let [user, store, group, membership] = ["u", "d-1", "g", membership].map(|id| id.try_into().unwrap());
        Countermeasure::RemoveGroupMembership(card::RemoveGroupMembership { user, store, group, membership })
    };
    assert!(leave("m-1").is_same_target(&leave("m-2")), "a restored membership has another id");
}

/// Names and paths with every byte that IAM allows there.
fn name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+=,.@_-]{1,64}"
}

fn path() -> impl Strategy<Value = String> {
    "/([\\x21-\\x2e\\x30-\\x7f]{1,40}/)?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_shell_reads_each_command_back(
        user in name(),
        path in path(),
        service in "[ -~\\x7f\\u{202e}\\u{430}'`$\\\\]{1,30}",
    ) {
        let arn = |kind: &str| Arn::try_from(format!("arn:aws:iam::111122223333:{kind}{path}{user}")).unwrap();
        let name = || user.as_str().try_into().unwrap();
        let steps = [
            Countermeasure::QuarantineUser(card::QuarantineUser::of(name(), None)),
            Countermeasure::QuarantineRole(card::QuarantineRole::of(name(), None)),
            Countermeasure::CloseRoleTrust(card::CloseRoleTrust::of(name())),
            Countermeasure::NeutralizePolicy(card::NeutralizePolicy { policy: arn("policy"), version: "v1".to_owned(), before: None, distrusted: vec![] }),
            Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { role: arn("role"), profile: arn("profile") }),
            Countermeasure::RotateSecret(card::RotateSecret { secret: arn("secret") }),
            Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                user: name(), credential: "ACCAEXAMPLE".try_into().unwrap(), service: service.clone(),
            }),
        ];
        let mut commands: Vec<Command> = steps.iter().flat_map(printed).collect();
        let of_sever = Command::sever("contain").quoted_word(arn("user").as_str()).option("stack", &service);
        commands.push(of_sever.quoted("reason", &service).word(&service));
        for command in &commands {
            let shown = command.to_string();
            prop_assert!(shown.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{shown:?}");
            prop_assert!(!shown.contains('`'), "a chat would end its code there: {shown}");
        }
        prop_assert_eq!(read_by_a_shell(&commands), words(&commands));
    }
}
