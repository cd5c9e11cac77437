use super::table;
use crate::sources::Sources;

const AT: &str = "crates/engine/src/schedule.rs";

/// What the table says of this source, without its head; or what is wrong.
fn told(source: &str) -> Result<String, Vec<String>> {
    told_of(&[(AT, source)])
}

fn told_of(sources: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let sources: Sources = sources.iter().copied().collect();
    let table = table(&sources).map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    Ok(table.lines().skip(2).collect::<Vec<_>>().join("\n"))
}

fn wrong(line: usize, reason: &str) -> Result<String, Vec<String>> {
    Err(vec![format!("{AT}:{line}: {reason}")])
}

const TICKED: &str = r#"
fn tick() {
    // The order is that of the tasks.
    // LOG: The schedule's work is done, whatever
    // came of it.
    // - escalated, lapsed: counts
    // - failed: what the
    // next one tries again
    tracing::info!(
        target: "schedule",
        escalated = ticked.escalated.len(),
        lapsed,
        case.id = %case.id,
        failed = ?ticked.failed,
        %by,
        ?why,
        "ticked"
    );
}
"#;

#[test]
fn a_line_is_told_by_its_macro_and_its_mark() {
    let row = "| `INFO` | `ticked` | `escalated`, `lapsed` (counts), `case.id`, `failed` (what the next one tries again), \
               `by`, `why` | The schedule's work is done, whatever came of it. |";
    assert_eq!(told(TICKED), Ok(row.to_owned()));
}

#[test]
fn lines_are_found_wherever_they_are_logged_and_told_by_level_and_text() {
    let source = r#"
const FAILS: fn(&str) =
    // LOG: Once.
    |error| tracing::error!(error, "b");
fn f(x: Option<u8>) {
    match x {
        // LOG: Twice.
        Some(x) => tracing::warn!(x, "c"),
        None => {
            select! { _ = async {
                // LOG: Seldom.
                tracing::warn!("a");
            } => {} }
        }
    }
}
"#;
    let rows = "| `WARN` | `a` |  | Seldom. |\n| `WARN` | `c` | `x` | Twice. |\n| `ERROR` | `b` | `error` | Once. |";
    assert_eq!(told(source), Ok(rows.to_owned()));
}

#[test]
fn a_line_that_nothing_is_said_of_is_named() {
    let why = "nothing says when \"ticked\" is logged: // LOG: directly above it";
    assert_eq!(told("fn f() {\n    tracing::info!(\"ticked\");\n}"), wrong(2, why));
    // What stands between a mark and its macro makes it a mark of something else.
    let apart = "fn f() {\n    // LOG: Once.\n    g();\n    tracing::info!(\"ticked\");\n}";
    let stray = format!("{AT}:2: no log line stands directly below this mark");
    assert_eq!(told(apart), Err(vec![format!("{AT}:4: {why}"), stray]));
    assert_eq!(
        told("#[cfg(test)]\nmod tests {\n    fn f() {\n        tracing::info!(\"ticked\");\n    }\n}"),
        Ok(String::new())
    );
}

#[test]
fn a_mark_without_a_line_is_named() {
    let why = "no log line stands directly below this mark";
    assert_eq!(told("// LOG: Once.\n// - by: who\nfn f() {}"), wrong(1, why));
    assert_eq!(told("fn f() {\n    // LOG: Once.\n    // LOG: Twice.\n    tracing::info!(\"a\");\n}"), wrong(2, why));
    assert_eq!(told("fn f() {}\n// LOG: Once."), wrong(2, why));
}

#[test]
fn lines_of_one_text_say_one_thing() {
    let line = |level: &str, fields: &str, when: &str| {
        format!("fn f() {{\n    // LOG: {when}\n    tracing::{level}!({fields}\"a\");\n}}")
    };
    let first = line("info", "by, ", "Once.");
    assert_eq!(
        told_of(&[(AT, &first), ("crates/engine/src/tell.rs", &first)]),
        Ok("| `INFO` | `a` | `by` | Once. |".to_owned())
    );
    let others = [line("warn", "by, ", "Once."), line("info", "", "Once."), line("info", "by, ", "Twice.")];
    for other in others {
        let why = format!("crates/engine/src/tell.rs:3: \"a\" is logged at {AT}:3, too, and not declared alike");
        assert_eq!(told_of(&[(AT, &first), ("crates/engine/src/tell.rs", &other)]), Err(vec![why]));
    }
}

#[test]
fn a_mark_says_something_and_of_what_is_there() {
    let why = "this mark does not say in whole sentences when the line is logged";
    assert_eq!(told("fn f() {\n    // LOG: once\n    tracing::info!(\"a\");\n}"), wrong(2, why));
    assert_eq!(told("fn f() {\n    // LOG:\n    tracing::info!(\"a\");\n}"), wrong(2, why));
    let note = |note: &str| {
        told(&format!("fn f() {{\n    // LOG: Once.\n    // - {note}\n    tracing::info!(a, b, c, \"a\");\n}}"))
    };
    assert_eq!(note("b"), wrong(2, "this mark says nothing of b: - FIELD: WORDS"));
    for names in ["d", "a, c", "b, a"] {
        let why = format!("this mark speaks of {names}, and the log line has no such fields beside each other");
        assert_eq!(note(&format!("{names}: words")), wrong(2, &why));
    }
}

#[test]
fn a_text_that_only_the_run_knows_is_named() {
    let line = |given: &str| told(&format!("fn f() {{\n    // LOG: Once.\n    tracing::info!({given});\n}}"));
    assert_eq!(line("\"{fails}\""), wrong(3, "the text of a log line is plain: what varies belongs into fields"));
    assert_eq!(line("\"a\", b"), wrong(3, "the text of a log line is one text: what varies belongs into fields"));
    assert_eq!(line("a, b"), wrong(3, "a log line has a text"));
    assert_eq!(line("f(a), \"a\""), wrong(3, "this field of a log line cannot be read"));
}

#[test]
fn what_plants_lines_to_test_this_is_left_out() {
    assert_eq!(told_of(&[("crates/xtask/src/x.rs", "// LOG: Once.")]), Ok(String::new()));
}
