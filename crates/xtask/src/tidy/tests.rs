use super::*;
use crate::sources::{Fault, Sources};

fn sources(files: &[(&str, &str)]) -> Sources {
    files.iter().copied().collect()
}

fn told(files: &[(&str, &str)], known: &str) -> Report {
    report(&sources(files), &Sources::default(), known, false).unwrap()
}

/// The circles of a crate, as `a -> b -> a`.
fn ways(files: &[(&str, &str)]) -> Vec<String> {
    let text = report(&sources(files), &Sources::default(), "", true).unwrap().text;
    let headings = text.lines().filter(|line| !line.starts_with(' '));
    headings.filter_map(|line| Some(line.split_once(": circle ")?.1.to_owned())).collect()
}

const ROOT: &str = "crates/x/src/lib.rs";
const A: &str = "crates/x/src/a.rs";
const B: &str = "crates/x/src/b.rs";
const C: &str = "crates/x/src/c.rs";
const A_B: &str = "crates/x/src/a/b.rs";
const A_C: &str = "crates/x/src/a/c.rs";

#[test]
fn a_circle_by_crate_is_told_with_each_import() {
    let files = [
        (ROOT, "mod a;\nmod b;"),
        (A, "use std::fmt;\n\nuse crate::b::Thing;\n\npub struct Other(Thing);"),
        (B, "\nuse crate::a::Other;\n\npub struct Thing(Option<Box<Other>>);"),
    ];
    let report = told(&files, "");
    assert!(!report.is_tidy);
    let expected = "\
crates/x: circle a -> b -> a
    crates/x/src/a.rs:3: a uses b (crate::b::Thing)
    crates/x/src/b.rs:2: b uses a (crate::a::Other)
    not known: circle crates/x: 2 modules, 2 imports: a, b
";
    assert!(report.text.starts_with(expected), "{}", report.text);
}

#[test]
fn a_child_that_uses_what_its_parent_defines_while_the_parent_uses_the_child_is_a_circle() {
    let child = "use super::Thing;\npub fn f(_: Thing) {}";
    let uses = "mod b;\nuse self::b::f;\npub struct Thing;\npub fn g() { f(Thing) }";
    assert_eq!(ways(&[(ROOT, "mod a;"), (A, uses), (A_B, child)]), ["a -> a::b -> a"]);
    let relative = "mod b;\nuse b::f;\npub struct Thing;\npub fn g() { f(Thing) }";
    assert_eq!(ways(&[(ROOT, "mod a;"), (A, relative), (A_B, child)]), ["a -> a::b -> a"]);
    let inline = "mod b;\npub struct Thing;\npub fn g() { b::f(Thing) }";
    assert_eq!(ways(&[(ROOT, "mod a;"), (A, inline), (A_B, child)]), ["a -> a::b -> a"]);
    let passes_on = "mod b;\npub use b::f;\npub struct Thing;";
    assert_eq!(ways(&[(ROOT, "mod a;"), (A, passes_on), (A_B, child)]), ["a -> a::b -> a"]);
    let by_mod_rs = "crates/x/src/a/mod.rs";
    assert_eq!(ways(&[(ROOT, "mod a;"), (by_mod_rs, uses), (A_B, child)]), ["a -> a::b -> a"]);
    let only_declares = "mod b;\npub struct Thing;";
    assert!(ways(&[(ROOT, "mod a;"), (A, only_declares), (A_B, child)]).is_empty());
}

#[test]
fn a_circle_with_an_ancestor_is_one() {
    let files = [
        (ROOT, "mod a;\npub struct Thing;\npub fn g() { a::b::f(Thing) }"),
        (A, "pub mod b;"),
        (A_B, "pub fn f(_: super::super::Thing) {}"),
    ];
    assert_eq!(ways(&files), ["a::b -> crate -> a::b"]);
}

#[test]
fn a_circle_through_a_group_or_another_name_is_one() {
    let back = "pub struct Other;\npub fn f(_: crate::b::Thing) {}";
    for import in [
        "use crate::{\n    c::Third,\n    a::{self, Other},\n};",
        "use crate::a as first;",
        "use crate::{a::Other as First};",
        "use crate::a::*;",
        "use super::{a::{Other}};",
    ] {
        let b = format!("{import}\npub struct Thing;");
        let files = [(ROOT, "mod a;\nmod b;\nmod c;"), (A, back), (B, &b), (C, "pub struct Third;")];
        assert_eq!(ways(&files), ["a -> b -> a"], "{import}");
    }
}

#[test]
fn a_circle_through_what_the_root_passes_on_is_one() {
    let passes_on = [
        "mod a;\nmod b;\npub use a::Other;",
        "mod a;\nmod b;\npub use self::a::*;",
        "mod a;\nmod b;\nmod c { pub(crate) use super::a::Other; }\npub use c::Other;",
    ];
    for root in passes_on {
        let files = [
            (ROOT, root),
            (A, "use crate::b::Thing;\npub struct Other(Thing);"),
            (B, "use crate::Other;\npub struct Thing(Option<Box<Other>>);"),
        ];
        assert_eq!(ways(&files), ["a -> b -> a"], "{root}");
    }
}

#[test]
fn a_circle_by_a_path_in_the_code_is_one() {
    let a = "pub const N: u8 = 1;\npub struct Other;\npub trait Does {}\npub fn f() -> u8 { crate::b::g() }";
    for code in [
        "pub fn g() -> u8 { crate::a::N }",
        "pub fn g() -> u8 { let _: Vec<crate::a::Other>; 1 }",
        "pub fn g() -> u8 { use crate::a::N; N }",
        "impl super::a::Does for Vec<u8> {}\npub fn g() -> u8 { 1 }",
        "pub fn g() -> u8 { println!(\"{}\", crate::a::N); 1 }",
        "pub fn g() -> u8 { assert!(matches!(1, super::a::N)); 1 }",
        "macro_rules! n { () => { $crate::a::N } }\npub fn g() -> u8 { n!() }",
        "macro_rules! n { () => { use crate::{a::{N}}; } }\npub fn g() -> u8 { 1 }",
        "#[serde(with = \"crate::a::N\")]\npub fn g() -> u8 { 1 }",
        "#[derive(crate::a::Does)]\npub struct G;\npub fn g() -> u8 { 1 }",
        "mod within { pub(crate) fn h() -> u8 { crate::a::N } }\npub fn g() -> u8 { within::h() }",
    ] {
        let files = [(ROOT, "mod a;\nmod b;"), (A, a), (B, code)];
        assert_eq!(ways(&files), ["a -> b -> a"], "{code}");
    }
}

#[test]
fn a_parent_that_passes_on_what_its_children_define_is_in_no_circle_with_them() {
    let parent = "mod b;\nmod c;\npub use b::Thing;\npub use c::f;\nuse jiff::Timestamp;";
    for import in ["super::b::Thing", "super::Thing", "crate::a::Thing", "crate::a::b::Thing", "super::Timestamp"] {
        let child = format!("use {import};\npub fn f() {{}}");
        let files = [(ROOT, "pub mod a;"), (A, parent), (A_B, "pub struct Thing;"), (A_C, &child)];
        assert!(ways(&files).is_empty(), "{import}");
    }
}

#[test]
fn a_function_that_is_called_like_a_module_is_not_what_a_longer_path_means() {
    let root = "mod a;\nmod b;\nfn b() { a::f() }";
    let files = [(ROOT, root), (A, "use crate::b::Thing;\npub fn f() {}"), (B, "pub struct Thing;")];
    assert!(ways(&files).is_empty());
    let files = [(ROOT, root), (A, "use crate::b;\npub fn f() { b() }"), (B, "pub struct Thing;")];
    assert_eq!(ways(&files), ["a -> crate -> a"]);
}

#[test]
fn what_imports_nothing_is_in_no_circle() {
    for code in [
        "#[cfg(test)]\nmod tests { use crate::a::f; }",
        "#[cfg(test)]\nuse crate::a::f;",
        "#[cfg(all(test, unix))]\nfn f() { crate::a::f() }",
        "#[cfg(test)]\nmod tests;",
        "mod tests;",
        "/// [`crate::a::f`]\npub struct Documented;",
        "pub(in crate::a) struct Restricted;",
        "use ::a::f;",
        "use a::f;",
        "fn f() { let text = \"crate::a::f\"; }",
    ] {
        let code = format!("{code}\npub fn g() {{}}");
        let files = [
            (ROOT, "mod a;\nmod b;"),
            (A, "pub fn f() { crate::b::g() }"),
            (B, code.as_str()),
            ("crates/x/src/b/tests.rs", "use crate::a::f;"),
        ];
        assert!(ways(&files).is_empty(), "{code}");
    }
}

#[test]
fn a_library_and_its_binary_are_two_crates() {
    let files = [
        (ROOT, "mod a;\npub fn f() { a::g() }"),
        (A, "pub fn g() {}"),
        ("crates/x/src/main.rs", "mod b;\nfn main() { b::g() }\nfn h() {}"),
        (B, "pub fn g() { super::h() }"),
    ];
    let report = told(&files, "");
    assert!(report.text.contains("circle crates/x/src/main.rs: 2 modules, 2 imports: b, crate\n"), "{}", report.text);
}

#[test]
fn names_that_lead_to_each_other_come_to_an_end() {
    let files = [(ROOT, "mod a;\nmod b;"), (A, "pub use crate::b::*;\nfn f() { x::y() }"), (B, "pub use crate::a::*;")];
    assert_eq!(ways(&files), ["a -> b -> a"]);
}

#[test]
fn the_smallest_circles_are_told_and_all_modules_that_hang_together() {
    let files = [
        (ROOT, "mod a;\nmod b;\nmod c;\nmod d;"),
        (A, "use crate::b;\nuse crate::d;"),
        (B, "use crate::c;\nuse crate::a;"),
        (C, "use crate::a;"),
        ("crates/x/src/d.rs", ""),
    ];
    assert_eq!(ways(&files), ["a -> b -> a", "a -> b -> c -> a"]);
    let report = told(&files, "");
    assert!(report.text.contains("not known: circle crates/x: 3 modules, 4 imports: a, b, c\n"), "{}", report.text);
}

/// A crate of two wings, with this in a module of the lower one. The upper one is handed on by the root.
fn in_the_lower_wing(code: &str) -> Report {
    let root = format!("//! Words.\n\n{}\n\n/// Low.\nmod a;\n\npub mod c;\n\npub use c::deep;", wings::MARKER);
    told(
        &[
            (ROOT, &root),
            ("crates/x/src/a/mod.rs", "mod b;\nmod c;"),
            (A_B, code),
            (A_C, "pub struct Low;"),
            ("crates/x/src/c/mod.rs", "pub mod deep;"),
            ("crates/x/src/c/deep.rs", "use crate::a::c::Low;\npub struct High(Low);\npub fn high() {}"),
        ],
        "",
    )
}

#[test]
fn an_import_that_leads_up_is_told_however_it_is_written() {
    for path in ["crate::c::deep::High", "super::super::c::deep::High", "crate::deep::High", "super::super::deep::High"]
    {
        let report = in_the_lower_wing(&format!("\nuse {path};"));
        assert!(!report.is_tidy, "{path}");
        let expected = format!(
            "crates/x: wing a imports from c, which is above it\n    crates/x/src/a/b.rs:2: a::b uses c::deep ({path})\n    never known\n"
        );
        assert!(report.text.starts_with(&expected), "{}", report.text);
    }
    for code in [
        "use crate::{c::deep::{self}};",
        "fn f() { crate::deep::high() }",
        "use crate::deep as other;\nfn f(_: other::High) {}",
    ] {
        let report = in_the_lower_wing(code);
        assert!(report.text.contains("a::b uses c::deep"), "{code}: {}", report.text);
    }
}

#[test]
fn an_import_within_a_wing_or_down_from_one_is_none_that_leads_up() {
    for code in [
        "use super::c::Low;",
        "use crate::a::c::Low;",
        "use std::fmt;",
        "#[cfg(test)]\nmod tests { use crate::deep::High; }",
    ] {
        let report = in_the_lower_wing(code);
        assert!(report.is_tidy, "{code}: {}", report.text);
    }
}

#[test]
fn what_is_no_wing_is_above_them_all() {
    let root = format!("mod c;\npub struct Thing;\n{}\nmod a;\nmod b;", wings::MARKER);
    let with = |code| told(&[(ROOT, &root), (A, ""), (B, code), (C, "use crate::a;")], "").text;
    assert!(with("use crate::c;").starts_with("crates/x: wing b imports from c, which is above it\n"));
    assert!(with("use crate::Thing;").starts_with("crates/x: wing b imports from crate, which is above it\n"));
    assert!(with("use crate::a;").starts_with("tidy: "));
    let unordered = format!("mod a;\nmod b;\n\n{}", wings::MARKER);
    let fault = report(&sources(&[(ROOT, &unordered), (A, ""), (B, "")]), &Sources::default(), "", false).unwrap_err();
    assert!(fault.to_string().starts_with("crates/x/src/lib.rs:4: no two modules follow"), "{fault}");
}

#[test]
fn the_domain_has_wings() {
    let root = "crates/domain/src/lib.rs";
    let domain: Sources = [(root, include_str!("../../../domain/src/lib.rs"))].into_iter().collect();
    assert!(Wings::read(root, &domain).unwrap().is_some());
}

fn long_file(first: &str, lines: usize) -> String {
    format!("{first}\n{}", "//\n".repeat(lines - 1))
}

#[test]
fn a_file_that_is_too_long_is_told_unless_it_is_generated() {
    let (fits, long) = (long_file("//! Words.", 450), long_file("//! Words.", 451));
    assert!(told(&[(ROOT, &fits)], "").is_tidy);
    let report = told(&[(ROOT, &long)], "");
    assert!(!report.is_tidy);
    let expected = "\
crates/x/src/lib.rs:451: 451 lines, of which 450 may be
    not known: long crates/x/src/lib.rs: 451 lines
";
    assert!(report.text.starts_with(expected), "{}", report.text);
    for first in [
        "// @generated",
        "// Generated by make gen.",
        "//! Words.\n//!\n//! Made by `scripts/permissions.py` from data.",
    ] {
        assert!(told(&[(ROOT, &long_file(first, 900))], "").is_tidy, "{first}");
    }
    for first in ["//! Made by hand.", "//\n//\n//\n//\n//\n// @generated", "const NAME: &str = \"@generated\";"] {
        assert!(!told(&[(ROOT, &long_file(first, 900))], "").is_tidy, "{first}");
    }
}

#[test]
fn a_test_that_is_too_long_is_told_and_nothing_else_of_it() {
    let (main, example) = ("crates/x/tests/suite/main.rs", "crates/x/examples/measure.rs");
    let long = long_file("mod a;\nuse crate::nowhere;", 451);
    let tests = sources(&[(main, &long), (example, "not Rust {")]);
    let report = report(&sources(&[(ROOT, "")]), &tests, "", false).unwrap();
    assert!(!report.is_tidy);
    let expected = format!(
        "{main}:451: 452 lines, of which 450 may be\n    not known: long {main}: 452 lines\n\nnot tidy: 1 findings "
    );
    assert!(report.text.starts_with(&expected), "{}", report.text);
}

#[test]
fn the_tests_and_examples_of_this_workspace_are_read() {
    let tests = Sources::read_tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    for path in ["crates/domain/tests/suite/main.rs", "crates/policy/examples/measure.rs", "tests/tests/suite/main.rs"]
    {
        assert!(tests.get(path).is_some(), "{path}");
    }
    assert!(tests.get("crates/xtask/src/main.rs").is_none());
}

const CIRCLE: [(&str, &str); 3] = [(ROOT, "mod a;\nmod b;"), (A, "use crate::b;"), (B, "use crate::a;")];

#[test]
fn what_is_known_is_let_pass_while_it_does_not_grow() {
    let known = "# Words.\n\ncircle crates/x: 2 modules, 2 imports: a, b\n";
    let report = told(&CIRCLE, known);
    assert!(report.is_tidy);
    assert_eq!(report.text, "tidy: 3 files, nothing new, 1 known\n");
    assert!(told(&CIRCLE, &known.replace("2 imports", "3 imports")).is_tidy);
    let grown = told(&CIRCLE, &known.replace("2 imports", "1 imports"));
    assert!(!grown.is_tidy);
    assert!(
        grown.text.contains("grown since crates/xtask/tidy-known.txt:3: circle crates/x: 2 modules, 2 imports: a, b\n")
    );

    let long = long_file("", 460);
    assert!(told(&[(ROOT, &long)], "long crates/x/src/lib.rs: 460 lines").is_tidy);
    assert!(told(&[(ROOT, &long)], "long crates/x/src/lib.rs: 470 lines").is_tidy);
    assert!(!told(&[(ROOT, &long)], "long crates/x/src/lib.rs: 459 lines").is_tidy);
}

#[test]
fn what_is_known_can_be_shown() {
    let known = "circle crates/x: 2 modules, 2 imports: a, b";
    let report = report(&sources(&CIRCLE), &Sources::default(), known, true).unwrap();
    assert!(report.is_tidy);
    assert!(report.text.contains("    known: circle crates/x: 2 modules, 2 imports: a, b\n"), "{}", report.text);
}

#[test]
fn a_known_finding_that_is_gone_has_to_leave_the_list() {
    for known in [
        "circle crates/x: 2 modules, 2 imports: a, b",
        "circle crates/x: 3 modules, 3 imports: a, b, c",
        "long crates/x/src/gone.rs: 500 lines",
    ] {
        let report = told(&[(ROOT, "")], known);
        assert!(!report.is_tidy, "{known}");
        let expected = format!("crates/xtask/tidy-known.txt:1: no longer so, remove this line: {known}\n");
        assert!(report.text.contains(&expected), "{}", report.text);
    }
    let shrunk = told(&CIRCLE, "circle crates/x: 3 modules, 3 imports: a, b, c");
    assert!(shrunk.text.contains("not known: circle crates/x: 2 modules, 2 imports: a, b\n"));
    assert!(shrunk.text.contains("no longer so, remove this line: circle crates/x: 3 modules"));
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    let fault = |files: &[(&str, &str)], known| {
        report(&sources(files), &Sources::default(), known, false).unwrap_err().to_string()
    };
    let list = "crates/xtask/tidy-known.txt";
    let files = [(ROOT, "")];
    for wrong in
        ["circle crates/x: a, b", "long crates/x/src/lib.rs", "circle crates/x: 3 modules, 2 imports: a, b", "words"]
    {
        assert!(fault(&files, wrong).starts_with(&format!("{list}:1: neither `circle")), "{wrong}");
    }
    let twice = "long x.rs: 500 lines\nlong x.rs: 600 lines";
    assert_eq!(fault(&files, twice), format!("{list}:2: the same finding as in line 1"));
    assert!(fault(&[(ROOT, "\nfn {")], "").starts_with("crates/x/src/lib.rs:2: not Rust: "));
    assert_eq!(
        fault(&[(ROOT, "\n\nmod a;")], ""),
        "crates/x/src/lib.rs:3: mod a: neither crates/x/src/a.rs nor crates/x/src/a/mod.rs exists"
    );
}

#[test]
fn a_folder_without_a_workspace_is_refused_by_name() {
    let fault = Sources::read(Path::new("/nowhere")).unwrap_err();
    assert!(matches!(fault, Fault::Unreadable { path, .. } if path == "crates"));
}
