use serde_json::{Value, json};

use super::*;

const OUTSIDER: &str = "arn:aws:iam::666666666666:root";
const HOME: &str = "arn:aws:iam::111122223333:root";
const GITHUB: &str = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
const SUB: &str = "token.actions.githubusercontent.com:sub";
const OWN: &str = "SeveranceClosedBy0";
const OTHER: &str = "SeveranceClosedBy1";

fn policy(statements: &Value) -> TrustPolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    TrustPolicy::parse(&document.to_string()).unwrap()
}

fn allow(principal: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

fn open() -> Value {
    allow(&json!({"AWS": OUTSIDER}))
}

fn with(mut statement: Value, more: Value) -> Value {
    let (Value::Object(statement_of), Value::Object(more)) = (&mut statement, more) else { unreachable!() };
    for (name, value) in more {
        if value.is_null() {
            statement_of.remove(&name);
        } else {
            statement_of.insert(name, value);
        }
    }
    statement
}

fn denial() -> Value {
    json!({"Sid": OWN, "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*"})
}

fn let_in(statements: &Value) -> String {
    policy(statements).lets_in().words()
}

#[test]
fn a_name_of_ours_means_nothing_by_itself() {
    for sid in [OWN, OTHER, "SeveranceClosed", "SeveranceCloseTrust"] {
        for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": [OUTSIDER]}), json!({"Federated": GITHUB})] {
            let statement = with(allow(&principal), json!({"Sid": sid}));
            let alone = policy(&json!([statement]));
            assert!(!alone.lets_in().is_no_other_than_services(), "{statement}");
            assert!(!alone.is_closed_by(sid), "{statement}");
            assert!(!Trust::read(&alone.to_text()).closed, "{statement}");
        }
    }
}

#[test]
fn a_denial_closes_a_role_only_if_it_has_no_exception() {
    assert_eq!(let_in(&json!([open(), denial()])), "nobody");
    assert_eq!(let_in(&json!([denial()])), "nobody");
    let whole = [
        json!({"Action": "*"}),
        json!({"Action": ["sts:AssumeRole*", "sts:TagSession"]}),
        json!({"Action": ["STS:assumerole"]}),
        json!({"Principal": "*"}),
        json!({"Principal": {"AWS": ["*"]}}),
        json!({"Condition": {}}),
        json!({"Condition": {"StringLikeIfExists": {"cognito-identity.amazonaws.com:aud": "*"}}}),
        json!({"Sid": null}),
    ];
    for change in whole {
        assert_eq!(let_in(&json!([open(), with(denial(), change.clone())])), "nobody", "{change}");
    }
    let open_still = [
        json!({"Effect": "Allow"}),
        json!({"Action": "sts:TagSession"}),
        json!({"Action": ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]}),
        json!({"Action": null, "NotAction": "sts:TagSession"}),
        json!({"Action": null, "NotAction": "sts:AssumeRole"}),
        json!({"Principal": {"AWS": HOME}}),
        json!({"Principal": {"AWS": OUTSIDER}}),
        json!({"Principal": {"AWS": ["666666666666", HOME]}}),
        json!({"Principal": {"Federated": "*"}}),
        json!({"Principal": {"CanonicalUser": "*"}}),
        json!({"Principal": {"Service": "*"}}),
        json!({"Principal": {"aws": "*"}}),
        json!({"Principal": null, "NotPrincipal": {"AWS": OUTSIDER}}),
        json!({"Principal": null, "NotPrincipal": {"AWS": HOME}}),
        json!({"Resource": "*"}),
        json!({"NotResource": "arn:aws:iam::111122223333:role/app"}),
        json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}),
        json!({"Condition": {"StringLike": {"cognito-identity.amazonaws.com:aud": "*"}}}),
        json!({"Condition": {"StringLikeIfExists": {"aws:PrincipalTag/a": "b*"}}}),
        json!({"Condition": {"StringLikeIfExists": {"a:b": "*"}, "Bool": {"aws:SecureTransport": "true"}}}),
        json!({"Condition": "never"}),
    ];
    for change in open_still {
        let who = let_in(&json!([open(), with(denial(), change.clone())]));
        assert!(who.contains("666666666666"), "{change}: {who}");
    }
}

#[test]
fn who_is_let_in_is_said_whatever_form_it_stands_in() {
    let github = || json!({"Federated": GITHUB});
    let rows: Vec<(Value, &str)> = vec![
        (open(), OUTSIDER),
        (json!([]), "nobody"),
        (json!([allow(&json!("*"))]), "*"),
        (json!([allow(&json!({"AWS": ["666666666666", "*"]}))]), "*, 666666666666"),
        (json!([allow(&json!({"CanonicalUser": "79a5"}))]), "79a5"),
        (json!([allow(&json!({"AWS": 7}))]), "*"),
        (json!([allow(&json!(null))]), "*"),
        (json!([with(open(), json!({"Principal": null, "NotPrincipal": {"AWS": HOME}}))]), "*"),
        (json!([with(open(), json!({"Action": null, "NotAction": "sts:TagSession"}))]), OUTSIDER),
        (json!([with(open(), json!({"Action": null}))]), OUTSIDER),
        (json!([with(open(), json!({"Action": "sts:*"}))]), OUTSIDER),
        (json!([with(open(), json!({"Action": "sts:BeSomebody"}))]), OUTSIDER),
        (json!([with(open(), json!({"Action": ["sts:TagSession", "sts:SetSourceIdentity"]}))]), "nobody"),
        (
            json!([
                with(open(), json!({"Action": "sts:BeSomebody"})),
                with(denial(), json!({"Action": "sts:AssumeRole*"}))
            ]),
            OUTSIDER,
        ),
        (json!([with(open(), json!({"Condition": {"Bool": {"a:b": "false"}}}))]), OUTSIDER),
        // A denial of everybody is not relied on for those who are in no account of AWS: they are named.
        (json!([allow(&github()), denial()]), GITHUB),
        (
            json!([allow(&github()), with(denial(), json!({"Principal": {"AWS": "*", "Federated": [GITHUB]}}))]),
            "nobody",
        ),
        (json!([allow(&json!({"Service": "ec2.amazonaws.com"})), denial()]), "ec2.amazonaws.com"),
    ];
    for (statements, who) in rows {
        assert_eq!(let_in(&statements), who, "{statements}");
    }
}

#[test]
fn what_cannot_be_read_or_in_two_ways_is_not_closed() {
    let documents = [
        "",
        "severance",
        r#""no policy""#,
        r#"{"Version": "2012-10-17"}"#,
        r#"{"Statement": ["Deny"]}"#,
        r#"{"Statement": [], "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}"#,
        r#"{"Statement": [], "statement": []}"#,
        r#"{"Statement": {"Effect": "Deny", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}"#,
        r#"{"Statement": {"Effect": "Allow", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*"}}"#,
        r#"{"Statement": {"Effect": "Deny", "Principal": {"AWS": "*", "AWS": "1"}, "Action": "sts:*"}}"#,
        r#"{"Statement": {"effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:*"}}"#,
        r#"{"Statement": {"Effect": "deny", "Principal": {"AWS": "*"}, "Action": "sts:*"}}"#,
        r#"{"Statement": {"Principal": {"AWS": "*"}, "Action": "sts:*"}}"#,
    ];
    for document in documents {
        assert_eq!(TrustPolicy::parse(document), None, "{document}");
        let trust = Trust::read(document);
        assert!(!trust.closed && !trust.lets_in_no_other_than_services(), "{document}");
        assert_eq!(trust.document, document);
    }
}

#[test]
fn a_denial_of_ours_closes_whatever_stands_beside_it() {
    let claim = json!({"Condition": {"StringLike": {SUB: "repo:acme/app:*"}}});
    let web =
        with(allow(&json!({"Federated": GITHUB})), json!({"Action": "sts:AssumeRoleWithWebIdentity", "Sid": OWN}));
    let saml = allow(&json!({"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}));
    let rows = [
        json!([open()]),
        json!([open(), with(saml, json!({"Sid": "SeveranceClosedByOther"}))]),
        json!([with(web.clone(), json!({"Sid": OTHER})), with(open(), json!({"Sid": OWN}))]),
        json!([with(with(web, claim), json!({"Sid": "ci"}))]),
        json!([with(denial(), json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}})), open()]),
    ];
    for statements in rows {
        let closed = policy(&statements).denied(OWN);
        assert!(closed.is_closed_by(OWN) && closed.lets_in().is_nobody(), "{}", closed.to_text());
        assert_eq!(TrustPolicy::parse(&closed.to_text()), Some(closed.clone()));
        assert_eq!(closed.denied(OWN), closed, "twice is once");
    }
    assert!(TrustPolicy::denial_alone(OWN).is_closed_by(OWN));
}

#[test]
fn the_claim_by_which_a_shared_provider_is_let_in_is_evaluated_by_the_denial_too() {
    let claim = json!({"Condition": {"StringLike": {SUB: "repo:acme/app:*"}, "Bool": {"aws:SecureTransport": "true"}}});
    let closed = policy(&json!([with(allow(&json!({"Federated": GITHUB})), claim)])).denied(OWN);
    let document: Value = serde_json::from_str(&closed.to_text()).unwrap();
    assert_eq!(document["Statement"][1]["Condition"], json!({"StringLikeIfExists": {SUB: "*"}}));
}

#[test]
fn of_services_stays_what_is_said_of_them_alone() {
    let mixed = with(allow(&json!({"Service": ["ec2.amazonaws.com"], "AWS": OUTSIDER})), json!({"Sid": "both"}));
    let external = json!({"Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}});
    let lambda = with(allow(&json!({"Service": "lambda.amazonaws.com"})), external);
    let confused = with(denial(), json!({"Sid": "edge", "Principal": "*", "Condition": {"Bool": {"a:b": "true"}}}));
    let gone = with(denial(), json!({"Sid": "old", "Principal": {"AWS": "AIDAGONE"}}));
    let before = policy(&json!([mixed, lambda, confused, gone, allow(&json!({"Federated": GITHUB}))]));
    let after = before.of_services_alone();
    assert_eq!(after.lets_in().words(), "ec2.amazonaws.com, lambda.amazonaws.com");
    let split = with(mixed, json!({"Principal": {"Service": ["ec2.amazonaws.com"]}}));
    assert_eq!(after, policy(&json!([split, lambda, confused])));
    assert!(after.is_of_services_of(&before) && !after.is_of_services_of(&after));
    assert_eq!(after.given_back(OWN, Some(&before), true), GivenBack::Write(Box::new(before.clone()), vec![]));
    // Others have let somebody in since.
    let changed = policy(&json!([lambda, open()]));
    assert_eq!(changed.given_back(OWN, Some(&before), true), GivenBack::NotThere);
}

#[test]
fn what_was_there_comes_back_and_in_danger_nobody_else() {
    let home = allow(&json!({"AWS": HOME}));
    let before = policy(&json!([home]));
    let closed = before.denied(OWN);
    let back = |trust: &TrustPolicy, known_alone| trust.given_back(OWN, Some(&before), known_alone);
    let write = |statements: &Value, left: &[&str]| {
        GivenBack::Write(Box::new(policy(statements)), left.iter().map(|of| (*of).to_owned()).collect())
    };
    for known_alone in [false, true] {
        assert_eq!(back(&closed, known_alone), write(&json!([home]), &[]));
        assert_eq!(back(&before, known_alone), GivenBack::NotThere);
        // The denial stands alone where IAM did not take the rest back.
        assert_eq!(back(&TrustPolicy::denial_alone(OWN), known_alone), write(&json!([home]), &[]));
    }
    let added = policy(&json!([home, open()])).denied(OWN);
    assert_eq!(back(&added, false), write(&json!([home, open()]), &[]));
    assert_eq!(back(&added, true), write(&json!([home]), &[OUTSIDER]));
    // Others have narrowed it since, and say so by what is left.
    let wide = policy(&json!([allow(&json!({"AWS": [HOME, "444455556666"]}))]));
    assert_eq!(closed.given_back(OWN, Some(&wide), true), write(&json!([home]), &[]));
    // Nothing of what was there is left, so nobody knows what is meant.
    assert_eq!(back(&policy(&json!([open()])).denied(OWN), true), GivenBack::LeftAlone);
    // Another case closes it as well.
    let twice = before.denied(OTHER).denied(OWN);
    assert_eq!(back(&twice, true), GivenBack::Write(Box::new(before.denied(OTHER)), vec![]));
    // Where it is not known what was there, what stands beside the denial stays.
    assert_eq!(closed.given_back(OWN, None, true), write(&json!([home]), &[]));
    assert_eq!(TrustPolicy::denial_alone(OWN).given_back(OWN, None, true), GivenBack::LeftAlone);
}

#[test]
fn what_iam_does_not_take_back_is_left_out_of_what_comes_back() {
    let claim = json!({"Condition": {"StringEquals": {SUB: "repo:acme/app:ref:refs/heads/main"}}});
    let github = allow(&json!({"Federated": GITHUB}));
    let held = with(github.clone(), claim);
    let trust =
        policy(&json!([allow(&json!({"AWS": ["AIDAGONE", HOME]})), allow(&json!({"AWS": "AROAGONE"})), github, held]));
    let kept = trust.without_gone();
    assert_eq!(kept, policy(&json!([allow(&json!({"AWS": [HOME]})), github, held])));
    let (kept, left) = kept.without_claimless();
    assert_eq!((kept, left), (policy(&json!([allow(&json!({"AWS": [HOME]})), held])), vec![GITHUB.to_owned()]));
    assert!(policy(&json!([allow(&json!({"AWS": "AROAGONE"}))])).without_gone().is_empty());
}
