//! `sever registry`: files in and out, and what is said of a wrong one.

use std::fmt::Write as _;

use crate::support::lambda::{Lambda, answers, lambda_says, sever};
use crate::support::{Dir, Run, dir};
use serde_json::{Value, json};

const GOOD: &str = "\u{feff}arn,owners,class,environment,criticality,privileged,expires_on,review_by
arn:aws:iam::111122223333:user/batch,payments@example.com; ops,workload,prod,high,false,2027-12-31,2027-03-31
arn:aws:iam::111122223333:role/app,,,,,,,
\"arn:aws:iam::111122223333:role/quoted\",\"a@example.com,b@example.com\",Break_Glass,,,yes,,
";

fn rows() -> Value {
    json!([
        {
            "arn": "arn:aws:iam::111122223333:user/batch", "owners": ["payments@example.com", "ops"], "class": "workload",
            "environment": "prod", "criticality": "high", "privileged": false, "expiresOn": "2027-12-31",
            "reviewBy": "2027-03-31",
        },
        {"arn": "arn:aws:iam::111122223333:role/app"},
        {
            "arn": "arn:aws:iam::111122223333:role/quoted", "owners": ["a@example.com", "b@example.com"],
            "class": "break-glass", "privileged": true,
        },
    ])
}

/// Checks a file without asking anybody.
fn check(dir: &Dir, file: &str) -> Run {
    sever(dir, &["registry", "import", file, "--dry-run"], &[("AWS_ACCESS_KEY_ID", ""), ("AWS_REGION", "")])
}

#[test]
fn a_good_file_is_stored_whole() {
    let (dir, lambda) = (dir("import"), Lambda::new([answers(json!({"done": {"what": "stored", "count": 3}}))]));
    dir.write("rows.csv", GOOD);
    dir.write("rows.json", rows().to_string());
    check(&dir, "rows.csv").expect(0, &["rows.csv is good: 3 rows; nothing was sent"]);
    for file in ["rows.csv", "rows.json"] {
        lambda.sever(&dir, &["registry", "import", file]).expect(0, &["stored 3 rows"]);
    }
    for asked in lambda.asked() {
        assert_eq!(asked.body["request"]["registry_import"]["entries"], rows());
        assert!(asked.proof()["authorization"].is_string());
    }
    assert_eq!(lambda.asked().len(), 2);
}

#[test]
fn every_wrong_row_is_named_and_nothing_is_sent() {
    let (dir, lambda) = (dir("wrong"), Lambda::new([answers(json!({"done": {"what": "stored", "count": 1}}))]));
    dir.write(
        "rows.csv",
        "arn,class,criticality,privileged,review_by\n\
         arn:aws:iam::111122223333:user/good,workload,low,true,2027-01-01\n\
         user/bad,wrokload,highest,perhaps,tomorrow\n\
         arn:aws:iam::111122223333:user/short,workload\n\
         arn:aws:iam::111122223333:user/good,,,,\n",
    );
    let run = lambda.sever(&dir, &["registry", "import", "rows.csv"]);
    run.expect(
        23,
        &[
            "rows.csv: line 3, column arn: \"user/bad\": expected an ARN",
            "line 3, column class: \"wrokload\": expected one of human, workload",
            "line 3, column criticality: \"highest\": expected low, medium, high or critical",
            "line 3, column privileged: \"perhaps\": expected true or false",
            "line 3, column review_by: \"tomorrow\": expected a day such as",
            "line 4: 2 columns, but the first line has 5",
            "line 5, column arn: arn:aws:iam::111122223333:user/good stands in line 2 already",
            "nothing was imported",
        ],
    );
    assert!(lambda.asked().is_empty());
    for (name, text, words) in [
        ("head.csv", "arn,ownr\nx,y\n", "line 1: there is no column \"ownr\"; the columns are arn,owners,"),
        ("no-arn.csv", "owners\nx\n", "the column arn is missing"),
        ("twice.csv", "arn,arn\nx,y\n", "the column arn stands there twice"),
        ("empty.csv", "arn\n", "there are no rows"),
        ("rows.json", "[{\"arn\": \"arn:aws:iam::111122223333:user/u\", \"ownr\": []}]", "$[0]: unknown field `ownr`"),
        ("arn.json", "[{\"arn\": \"u\"}]", "$[0].arn: \"u\": expected an ARN"),
        ("broken.json", "[{]", "line 1, column 3: expected an array of objects"),
        ("rows.xlsx", "PK", "must be named *.csv or *.json"),
    ] {
        dir.write(name, text);
        check(&dir, name).expect(23, &[words]);
    }
    dir.write("latin1.csv", b"arn\n\xe4\n");
    check(&dir, "latin1.csv").expect(23, &["not UTF-8"]);
    check(&dir, "gone.csv").expect(23, &["gone.csv: cannot be read"]);
}

fn many(count: usize) -> String {
    let mut text = "arn,owners\n".to_owned();
    for n in 0..count {
        writeln!(text, "arn:aws:iam::111122223333:user/u{n},ops").unwrap();
    }
    text
}

#[test]
fn a_long_file_goes_in_batches_and_says_how_far_it_is() {
    let (dir, lambda) = (dir("batches"), Lambda::new([answers(json!({"done": {"what": "stored", "count": 1}}))]));
    dir.write("rows.csv", many(1_001));
    let run = lambda.sever(&dir, &["registry", "import", "rows.csv"]);
    run.expect(0, &["500 of 1001 rows are stored", "1000 of 1001 rows", "stored 1001 rows"]);
    assert!(!run.out.contains("500 of"), "progress is no output: {}", run.out);
    let sizes = lambda
        .asked()
        .iter()
        .map(|asked| asked.body["request"]["registry_import"]["entries"].as_array().unwrap().len())
        .collect::<Vec<_>>();
    assert_eq!(sizes, [500, 500, 1]);
}

#[test]
fn a_batch_that_fails_says_what_is_stored_and_how_to_go_on() {
    let stored = answers(json!({"done": {"what": "stored", "count": 500}}));
    let (dir, lambda) = (dir("cut-off"), Lambda::new([stored, lambda_says(403, "AccessDeniedException")]));
    dir.write("rows.csv", many(501));
    let run = lambda.sever(&dir, &["registry", "import", "rows.csv"]);
    run.expect(22, &["500 of 501 rows are stored", "import the file again", "lambda:InvokeFunction"]);
}

#[test]
fn what_is_exported_can_be_imported() {
    let all = rows();
    let pages = [
        answers(json!({"registry": {"entries": [all[0]], "next": "arn:1"}})),
        answers(json!({"registry": {"entries": [all[1], all[2]]}})),
    ];
    let (dir, lambda) = (dir("export"), Lambda::new(pages.clone()));
    let run = lambda.sever(&dir, &["registry", "export"]);
    run.expect(0, &[]);
    assert_eq!(lambda.asked()[1].body["request"], json!({"registry_export": {"after": "arn:1"}}));
    dir.write("again.csv", &run.out);
    let run = Lambda::new(pages).sever(&dir, &["registry", "export", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), all);
    dir.write("again.json", &run.out);
    for file in ["again.csv", "again.json"] {
        let lambda = Lambda::new([answers(json!({"done": {"what": "stored", "count": 3}}))]);
        lambda.sever(&dir, &["registry", "import", file]).expect(0, &[]);
        assert_eq!(lambda.asked()[0].body["request"]["registry_import"]["entries"], all, "{file}");
    }
}

#[test]
fn rows_are_removed_by_their_arns() {
    let lambda = Lambda::new([answers(json!({"done": {"what": "rows removed", "count": 2}}))]);
    let (one, other) = ("arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:role/b");
    lambda.sever(&dir("remove"), &["registry", "remove", one, other]).expect(0, &["rows removed (2)"]);
    assert_eq!(lambda.asked()[0].body["request"], json!({"registry_remove": {"arns": [one, other]}}));
    lambda.sever(&dir("remove"), &["registry", "remove", "u"]).expect(2, &["an ARN"]);
}
