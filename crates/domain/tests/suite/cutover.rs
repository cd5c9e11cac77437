//! The cutover of a key that was replaced: what is due, and when, by what was seen of it.

use crate::common::*;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use severance_catalogue::setting;
use severance_domain::cutover::{
    Closed, Consumer, Copies, Cutover, CutoverFacts, Next, QUIET_TAG, Seen, Stage, Times, Windows,
};
use severance_domain::ids::{AccountId, Arn};
use severance_domain::playbook::Mode;
use severance_domain::profile::{Class, Profile};
use severance_domain::subject::LastUsed;

const STAGES: [Stage; 3] = [Stage::Quiet, Stage::Deadline, Stage::Deletion];

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// Half an hour of quiet, a day until people are asked, and two days until it is deleted.
fn windows() -> Windows {
    Windows { quiet: minutes(30), deadline: hours(24), deletion: hours(48) }
}

/// A cutover that was opened now.
fn cutover() -> Cutover {
    Cutover {
        account: AccountId::try_from(ACCOUNT).unwrap(),
        user: iam_name("payments-api"),
        secret: Arn::try_from(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:severance/p-AbCdEf")).unwrap(),
        version: "22222222-2222-4222-8222-222222222222".to_owned(),
        old_version: Some("11111111-1111-4111-8111-111111111111".to_owned()),
        old: key_id(KEY),
        new: key_id(OTHER_KEY),
        opened_at: now(),
        inactive_since: None,
        looked_at: None,
        due_at: None,
        searched_at: None,
        asked: vec![],
        cases: vec![],
    }
}

/// An active key of which nothing was seen for so long after the cutover was opened.
fn seen(after: SignedDuration) -> Seen {
    Seen {
        now: now() + after,
        active: Some(true),
        last_used: LastUsed::Never,
        consumers: vec![],
        copies: Some(Copies::default()),
        is_current: false,
        is_replaced: true,
        unread: vec![],
    }
}

fn consumer(last_seen: Timestamp) -> Consumer {
    Consumer {
        source_ip: "203.0.113.7".to_owned(),
        user_agent: "aws-cli/2.31.2".to_owned(),
        service: "s3.amazonaws.com".to_owned(),
        region: "eu-west-1".to_owned(),
        last_seen,
        calls: 3,
    }
}

fn next(cutover: &Cutover, seen: &Seen) -> Next {
    cutover.next(windows(), seen, Mode::Enforce)
}

fn asked(stages: &[Stage]) -> Cutover {
    Cutover { asked: stages.iter().map(|stage| (*stage, Mode::Enforce)).collect(), ..cutover() }
}

#[test]
fn a_key_that_nobody_uses_ends_after_its_quiet_window_and_not_a_second_before() {
    let almost = minutes(30) - SignedDuration::from_secs(1);
    assert_eq!(next(&cutover(), &seen(almost)), Next::Wait { until: now() + minutes(30) });
    assert_eq!(next(&cutover(), &seen(minutes(30))), Next::Deactivate);
    // Use before the rotation says nothing: until then it was the key to use.
    let before = Seen { last_used: LastUsed::At(now() - hours(1)), ..seen(minutes(30)) };
    assert_eq!(next(&cutover(), &before), Next::Deactivate);
}

#[test]
fn each_use_after_the_rotation_begins_the_quiet_window_anew_whoever_saw_it() {
    let used_at = now() + minutes(20);
    for used in [
        Seen { last_used: LastUsed::At(used_at), ..seen(minutes(40)) },
        Seen { consumers: vec![consumer(now() + minutes(3)), consumer(used_at)], ..seen(minutes(40)) },
        Seen { last_used: LastUsed::At(used_at - minutes(9)), consumers: vec![consumer(used_at)], ..seen(minutes(40)) },
    ] {
        assert_eq!(next(&cutover(), &used), Next::Wait { until: used_at + minutes(30) });
        assert_eq!(next(&cutover(), &Seen { now: used_at + minutes(30), ..used }), Next::Deactivate);
    }
}

#[test]
fn what_could_not_be_read_may_be_a_use() {
    let blind = Seen { unread: vec!["cloudtrail:LookupEvents".to_owned()], ..seen(hours(2)) };
    assert!(matches!(next(&cutover(), &blind), Next::Wait { .. }), "{:?}", next(&cutover(), &blind));
    assert_eq!(next(&cutover(), &Seen { now: now() + hours(24), ..blind.clone() }), Next::Ask);
    assert_eq!(next(&cutover(), &Seen { now: now() + hours(24), unread: vec![], ..blind }), Next::Deactivate);
}

#[test]
fn people_are_asked_at_the_deadline_once_and_the_key_still_ends_when_it_is_quiet() {
    let busy = |at: SignedDuration| Seen { last_used: LastUsed::At(now() + at - minutes(5)), ..seen(at) };
    assert!(matches!(next(&cutover(), &busy(hours(23))), Next::Wait { .. }));
    assert_eq!(next(&cutover(), &busy(hours(24))), Next::Ask);
    let told = asked(&[Stage::Deadline]);
    assert!(matches!(next(&told, &busy(hours(25))), Next::Wait { .. }));
    assert_eq!(next(&told, &Seen { now: now() + hours(30), ..busy(hours(25)) }), Next::Deactivate);
    // What was asked while the stack only watched is asked again once it acts.
    for (mode, other) in [(Mode::Enforce, Mode::Observe), (Mode::Review, Mode::Enforce), (Mode::Observe, Mode::Review)]
    {
        assert_eq!(told_in(other, Stage::Deadline).next(windows(), &busy(hours(25)), mode), Next::Ask);
        assert_eq!(told_in(other, Stage::Quiet).next(windows(), &seen(hours(1)), mode), Next::Deactivate);
    }
}

fn told_in(mode: Mode, stage: Stage) -> Cutover {
    Cutover { asked: vec![(stage, mode)], ..cutover() }
}

#[test]
fn quiet_is_asked_for_once_in_each_mode() {
    let told = asked(&[Stage::Quiet]);
    assert!(matches!(next(&told, &seen(hours(2))), Next::Wait { .. }));
    // Whoever declined that and sees it used again is asked at the deadline all the same.
    let busy = Seen { last_used: LastUsed::At(now() + hours(24)), ..seen(hours(24)) };
    assert_eq!(next(&told, &busy), Next::Ask);
}

#[test]
fn an_inactive_key_is_deleted_when_nobody_missed_it() {
    let dead = |after: SignedDuration| Seen { active: Some(false), ..seen(after) };
    // Until the cutover has seen it inactive, the time has not begun.
    assert_eq!(next(&cutover(), &dead(hours(100))), Next::Wait { until: now() + hours(148) });
    let since = Cutover { inactive_since: Some(now() + hours(1)), ..cutover() };
    assert_eq!(next(&since, &dead(hours(48))), Next::Wait { until: now() + hours(49) });
    assert_eq!(next(&since, &dead(hours(49))), Next::Delete);
    let told = Cutover { asked: vec![(Stage::Deletion, Mode::Enforce)], ..since.clone() };
    assert!(matches!(next(&told, &dead(hours(49))), Next::Wait { .. }));
    assert_eq!(told.next(windows(), &dead(hours(49)), Mode::Review), Next::Delete);
    // An inactive key cannot be used, so what could not be read of its use is no reason to keep it.
    let blind = Seen { unread: vec!["cloudtrail:LookupEvents".to_owned()], ..dead(hours(49)) };
    assert_eq!(next(&since, &blind), Next::Delete);
}

#[test]
fn a_cutover_is_over_when_the_key_is_gone_counts_again_or_was_given_back() {
    let since = Cutover { inactive_since: Some(now()), ..cutover() };
    for after in [hours(0), hours(1), hours(500)] {
        let gone = Seen { active: None, ..seen(after) };
        assert_eq!(next(&cutover(), &gone), Next::Close(Closed::Gone));
        let back = Seen { is_current: true, ..seen(after) };
        // A rotation that is just ending is given an hour to end.
        let expected = match after {
            soon if soon < hours(1) => Next::Wait { until: now() + hours(1) },
            _ => Next::Close(Closed::RolledBack),
        };
        assert_eq!(next(&cutover(), &back), expected);
        assert_eq!(next(&since, &Seen { active: Some(false), ..back }), expected);
        assert_eq!(next(&since, &seen(after)), Next::Close(Closed::GivenBack));
    }
    for closed in [Closed::Gone, Closed::RolledBack, Closed::GivenBack] {
        assert!(closed.as_words().contains("old key"));
    }
}

#[test]
fn the_facts_say_what_the_decision_rests_on() {
    let used = now() + minutes(7);
    let seen = Seen {
        last_used: LastUsed::At(used),
        consumers: vec![consumer(used)],
        unread: vec!["eu-west-1".to_owned()],
        ..seen(hours(24))
    };
    let facts = cutover().facts(Stage::Deadline, windows(), &seen);
    assert_eq!((facts.opened_at, facts.deadline, facts.quiet_for), (now(), now() + hours(24), minutes(30)));
    assert_eq!((facts.last_used_at, &facts.replaced_by), (Some(used), &key_id(OTHER_KEY)));
    assert_eq!((&facts.consumers, &facts.unread), (&seen.consumers, &seen.unread));
    for stage in STAGES {
        let facts = cutover().facts(stage, windows(), &seen);
        assert_eq!(facts.is_still_used(), stage == Stage::Deadline, "{stage:?}");
    }
    let json = serde_json::to_value(&facts).unwrap();
    assert_eq!(serde_json::from_value::<CutoverFacts>(json.clone()).unwrap(), facts);
    assert_eq!(json["stage"], "deadline");
    assert_eq!(
        consumer(used).describe(),
        "203.0.113.7 (aws-cli/2.31.2) called s3.amazonaws.com in eu-west-1, last at 2026-03-01T12:07:00Z"
    );
    let stored = serde_json::to_value(asked(&STAGES)).unwrap();
    assert_eq!(serde_json::from_value::<Cutover>(stored).unwrap(), asked(&STAGES));
    assert_eq!(cutover().key(), format!("{ACCOUNT}#{KEY}"));
}

fn times(quiet: &str, deadline: &str, deletion: &str) -> Result<Times, String> {
    Times::read(quiet, deadline, deletion)
}

#[test]
fn windows_go_by_class_and_a_tag_can_only_lengthen_them() {
    let fresh =
        times(setting::CUTOVER_QUIET.default, setting::CUTOVER_DEADLINE.default, setting::CUTOVER_DELETION.default)
            .unwrap();
    for (class, quiet, deadline) in [
        (Some(Class::Workload), minutes(30), hours(168)),
        (Some(Class::Agent), minutes(30), hours(168)),
        (Some(Class::Pipeline), hours(26), hours(720)),
        (Some(Class::Human), hours(168), hours(720)),
        (Some(Class::ThirdParty), hours(168), hours(720)),
        (None, hours(168), hours(720)),
    ] {
        let windows = fresh.windows(&profile(&["a"], class));
        assert_eq!(windows, Windows { quiet, deadline, deletion: hours(168) }, "{class:?}");
        for (tag, wanted) in [
            ("200h", hours(200)),
            (" 200h ", hours(200)),
            ("1m", quiet),
            ("0s", quiet),
            ("-900h", quiet),
            ("soon", quiet),
            ("", quiet),
        ] {
            let tags = [(QUIET_TAG.to_owned(), tag.to_owned())].into();
            let tagged = fresh.windows(&Profile { tags, ..profile(&["a"], class) });
            assert_eq!(tagged.quiet, wanted, "{class:?} {tag:?}");
            assert_eq!(tagged.deadline, deadline.max(wanted), "a deadline is not before the end of the quiet window");
        }
    }
    let odd = times("*=100h", "*=1h", "0s").unwrap().windows(&Profile::default());
    assert_eq!(odd, Windows { quiet: hours(100), deadline: hours(100), deletion: SignedDuration::ZERO });
    assert_eq!(
        times(" workload = 1h , * = 2h ,", "*=1h", " 3h ").unwrap().windows(&Profile::default()).quiet,
        hours(2)
    );
}

#[test]
fn a_setting_that_makes_no_sense_says_which_part() {
    for (quiet, deadline, deletion, why) in [
        ("workload=30m", "*=1h", "1h", "says nothing of other classes"),
        ("", "*=1h", "1h", "says nothing of other classes"),
        ("*=1h", "", "1h", "says nothing of other classes"),
        ("workloads=30m,*=1h", "*=1h", "1h", "\"workloads\" is no class"),
        ("unknown=30m,*=1h", "*=1h", "1h", "\"unknown\" is no class"),
        ("workload,*=1h", "*=1h", "1h", "\"workload\" is not class=duration"),
        ("*=soon", "*=1h", "1h", "\"soon\" is no duration"),
        ("*=30", "*=1h", "1h", "\"30\" is no duration"),
        ("*=1h", "*=-1h", "1h", "less than nothing"),
        ("*=1h", "*=1h", "never", "\"never\" is no duration"),
        ("*=1h", "*=1h", "", "\"\" is no duration"),
    ] {
        let error = times(quiet, deadline, deletion).unwrap_err();
        assert!(error.contains(why), "{quiet:?} {deadline:?} {deletion:?}: {error}");
    }
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(MODES.to_vec())
}

fn any_windows() -> impl Strategy<Value = Windows> {
    (0..300i64, 0..900i64, 0..300i64).prop_map(|(quiet, deadline, deletion)| Windows {
        quiet: minutes(quiet),
        // As Times makes them.
        deadline: minutes(deadline.max(quiet)),
        deletion: minutes(deletion),
    })
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    (-600..1_500i64).prop_map(|at| now() + minutes(at))
}

fn any_cutover() -> impl Strategy<Value = Cutover> {
    let stage = prop::sample::select(STAGES.to_vec());
    (prop::option::of(any_time()), prop::collection::vec((stage, any_mode()), 0..4))
        .prop_map(|(inactive_since, asked)| Cutover { inactive_since, asked, ..cutover() })
}

fn any_seen() -> impl Strategy<Value = Seen> {
    let last_used = prop_oneof![Just(LastUsed::Never), Just(LastUsed::NotAsked), any_time().prop_map(LastUsed::At)];
    let consumers = prop::collection::vec(any_time().prop_map(consumer), 0..3);
    let unread = prop::collection::vec(Just("CloudTrail did not answer".to_owned()), 0..2);
    (0..1_500i64, any::<Option<bool>>(), last_used, consumers, any::<bool>(), unread).prop_map(
        |(after, active, last_used, consumers, is_current, unread)| Seen {
            now: now() + minutes(after),
            active,
            last_used,
            consumers,
            is_current,
            is_replaced: !is_current,
            copies: Some(Copies::default()),
            unread,
        },
    )
}

/// The last use after the rotation, or the rotation itself: as a reader of the rules would say it.
fn silent_since(cutover: &Cutover, seen: &Seen) -> Timestamp {
    let mut latest = cutover.opened_at;
    if let LastUsed::At(at) = seen.last_used {
        latest = latest.max(at);
    }
    seen.consumers.iter().fold(latest, |latest, who| latest.max(who.last_seen))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_cutover_never_ends_a_key_that_somebody_may_use(
        cutover in any_cutover(),
        windows in any_windows(),
        seen in any_seen(),
        mode in any_mode(),
    ) {
        let is_quiet = seen.now >= silent_since(&cutover, &seen) + windows.quiet;
        let is_late = seen.now >= cutover.opened_at + windows.deadline;
        let is_open = seen.active == Some(true) && !seen.is_current && cutover.inactive_since.is_none();
        let dead_long = cutover.inactive_since.is_some_and(|since| since + windows.deletion <= seen.now);
        let is_settled = seen.now >= cutover.opened_at + hours(1);
        match cutover.next(windows, &seen, mode) {
            Next::Deactivate => {
                prop_assert!(is_open && is_quiet && seen.unread.is_empty() && !cutover.was_asked(Stage::Quiet, mode));
            }
            Next::Ask => {
                prop_assert!(is_open && is_late && (!is_quiet || !seen.unread.is_empty()));
                prop_assert!(!cutover.was_asked(Stage::Deadline, mode));
            }
            Next::Delete => {
                prop_assert!(seen.active == Some(false) && !seen.is_current && dead_long);
                prop_assert!(!cutover.was_asked(Stage::Deletion, mode));
            }
            Next::Close(Closed::Gone) => prop_assert!(seen.active.is_none()),
            Next::Close(Closed::RolledBack) => prop_assert!(seen.active.is_some() && seen.is_current && is_settled),
            Next::Close(Closed::GivenBack) => {
                prop_assert!(seen.active == Some(true) && !seen.is_current && cutover.inactive_since.is_some());
            }
            // Nothing is forgotten either: it waits only where nothing is due, or where it was asked for.
            Next::Wait { .. } => {
                prop_assert!(seen.active.is_some() && !(seen.is_current && is_settled));
                let quiet_due = is_open && is_quiet && seen.unread.is_empty();
                prop_assert!(!quiet_due || cutover.was_asked(Stage::Quiet, mode));
                let late_due = is_open && is_late && (!is_quiet || !seen.unread.is_empty());
                prop_assert!(!late_due || cutover.was_asked(Stage::Deadline, mode));
                let delete_due = seen.active == Some(false) && dead_long && !seen.is_current;
                prop_assert!(!delete_due || cutover.was_asked(Stage::Deletion, mode));
            }
        }
    }

    /// A schedule that asks at each due moment, and marks what it asked, comes to an end in each mode.
    #[test]
    fn each_mode_is_asked_for_each_thing_once(windows in any_windows(), seen in any_seen(), mode in any_mode()) {
        let mut cutover = cutover();
        for _ in 0..4 {
            let stage = match cutover.next(windows, &seen, mode) {
                Next::Deactivate => Stage::Quiet,
                Next::Ask => Stage::Deadline,
                Next::Delete => Stage::Deletion,
                Next::Wait { .. } | Next::Close(_) => return Ok(()),
            };
            prop_assert!(!cutover.was_asked(stage, mode));
            cutover.asked.push((stage, mode));
        }
        prop_assert!(false, "asked more often than there are things to ask for: {:?}", cutover.asked);
    }

    #[test]
    fn no_setting_makes_the_reader_panic(quiet in ".{0,30}", deadline in "[a-z*=,0-9 hm-]{0,30}", deletion in ".{0,12}") {
        for (one, other) in [(&quiet, &deadline), (&deadline, &quiet)] {
            if let Ok(times) = Times::read(one, other, &deletion) {
                let windows = times.windows(&Profile::default());
                prop_assert!(!windows.quiet.is_negative() && windows.deadline >= windows.quiet);
            }
        }
    }
}
