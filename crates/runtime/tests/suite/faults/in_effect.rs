//! What is in effect already, what is read back, and rotations that are under way.

use severance_aws::countermeasures::{Applied, Seen};
use severance_aws::error::AwsError;
use severance_domain::countermeasure::Countermeasure;

use super::{
    ANOTHER_ID, KEY, Reply, Rule, USER_ID, about, always, case, deactivate, described, driver, in_turn, keys_page,
    no_such_entity, our_version, quarantine, revoke, rotate, shown,
};

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_any_more_is_told_from_what_was_changed() {
    let gone = || Reply::json(400, "ResourceNotFoundException");
    // Who is not there under a name may live on under another one, so that is told from what is in effect.
    let cases: [(Countermeasure, Vec<Rule>, Applied); 4] = [
        (
            deactivate(),
            vec![always("UpdateAccessKey", no_such_entity())],
            Applied::Gone("the key does not exist any more".to_owned()),
        ),
        (
            quarantine(),
            vec![always("PutUserPolicy", no_such_entity())],
            Applied::Gone("the user does not exist any more".to_owned()),
        ),
        (
            revoke(),
            vec![always("GetRolePolicy", no_such_entity()), always("PutRolePolicy", no_such_entity())],
            Applied::Gone("the role does not exist any more".to_owned()),
        ),
        (
            rotate(),
            vec![always("RotateSecret", gone())],
            Applied::Already("the secret does not exist any more".to_owned()),
        ),
    ];
    for (step, rules, told) in cases {
        let applied = driver(&step, &rules).apply(&step, &case()).await;
        assert_eq!(applied, Ok(told), "{}", step.as_str());
    }
}

#[expect(clippy::too_many_lines, reason = "one table, one row a case")]
#[tokio::test(start_paused = true)]
async fn reading_back_tells_the_effect_from_everything_else() {
    let policy = |of: &str, body: &str| {
        Reply::ok(&format!(
            "<Get{of}PolicyResponse><Get{of}PolicyResult><PolicyDocument>{body}</PolicyDocument>\
             </Get{of}PolicyResult></Get{of}PolicyResponse>"
        ))
    };
    let exists = |of: &str| {
        let kind = of.to_lowercase();
        Reply::ok(&format!(
            "<Get{of}Response><Get{of}Result><{of}><{of}Id>{USER_ID}</{of}Id><Arn>arn:aws:iam::111122223333:{kind}/it</Arn>\
             </{of}></Get{of}Result></Get{of}Response>"
        ))
    };
    let attached = |of: &str, name: &str| {
        let arn = format!("<member><PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn></member>");
        Reply::ok(&format!(
            "<ListAttached{of}PoliciesResponse><ListAttached{of}PoliciesResult><AttachedPolicies>{}</AttachedPolicies>\
             <IsTruncated>false</IsTruncated></ListAttached{of}PoliciesResult></ListAttached{of}PoliciesResponse>",
            if name.is_empty() { String::new() } else { arn }
        ))
    };
    let deny = "{%22Version%22:%222012-10-17%22,%22Statement%22:[{%22Sid%22:%22SeveranceQuarantine%22,\
                %22Effect%22:%22Deny%22,%22Action%22:%22*%22,%22Resource%22:%22*%22}]}";
    let allow = deny.replace("Deny", "Allow");
    let keys = |id, status| vec![always("ListAccessKeys", keys_page(id, status, false))];
    let (key, other) = (KEY, "AKIAI44QH8DHBEXAMPLE");
    let versions = |version: &str, label| vec![always("DescribeSecret", described(version, label))];
    let ours = our_version();
    let gone = Reply::json(400, "ResourceNotFoundException");
    let cases: Vec<(Countermeasure, Vec<Rule>, Result<&str, &str>)> = vec![
        (deactivate(), keys(key, "Inactive"), Ok("iam:ListAccessKeys shows it Inactive")),
        (deactivate(), keys(key, "Active"), Err("iam:ListAccessKeys shows it Active")),
        (deactivate(), keys(key, "Expired"), Ok("iam:ListAccessKeys shows it Expired")),
        (deactivate(), keys(key, "Suspended"), Err("iam:ListAccessKeys shows it Suspended")),
        (
            deactivate(),
            vec![always("ListAccessKeys", keys_page(other, "Active", false)), always("GetUser", shown(USER_ID))],
            Ok("iam:ListAccessKeys does not show it any more"),
        ),
        (
            deactivate(),
            vec![
                always("ListAccessKeys", keys_page(other, "Active", false)),
                always("GetUser", shown(ANOTHER_ID)),
                always("GetAccessKeyLastUsed", no_such_entity()),
            ],
            Ok("iam:ListAccessKeys does not show it, and iam:GetAccessKeyLastUsed no other holder"),
        ),
        (
            deactivate(),
            vec![
                always("ListAccessKeys", no_such_entity()),
                always(
                    "GetAccessKeyLastUsed",
                    Reply::ok(
                        "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>renamed</UserName>\
                     </GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>",
                    ),
                ),
            ],
            Err("iam:GetAccessKeyLastUsed shows it with user renamed: the user was renamed"),
        ),
        (
            deactivate(),
            vec![in_turn("ListAccessKeys", vec![keys_page(other, "Inactive", true), keys_page(key, "Active", false)])],
            Err("iam:ListAccessKeys shows it Active"),
        ),
        (
            deactivate(),
            vec![always("ListAccessKeys", no_such_entity()), always("GetAccessKeyLastUsed", no_such_entity())],
            Ok("iam:ListAccessKeys does not show it, and iam:GetAccessKeyLastUsed no other holder"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", policy("User", deny)), always("GetUser", shown(USER_ID))],
            Ok("iam:GetUserPolicy shows the deny-all policy SeveranceQuarantine"),
        ),
        // Somebody was put under the name of the one who is meant.
        (
            quarantine(),
            vec![always("GetUserPolicy", policy("User", deny)), always("GetUser", shown(ANOTHER_ID))],
            Err("iam:GetUser shows another user of that name: the one that is meant lives on or is gone"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", policy("User", deny)), always("GetUser", no_such_entity())],
            Err("iam:GetUser shows no user of that name: it was deleted, or renamed and lives on"),
        ),
        (
            quarantine(),
            vec![
                always("GetUserPolicy", policy("User", &allow)),
                always("GetUser", exists("User")),
                always("ListAttachedUserPolicies", attached("User", "")),
            ],
            Err("iam:GetUserPolicy shows another document under SeveranceQuarantine"),
        ),
        (
            quarantine(),
            vec![
                always("GetUserPolicy", no_such_entity()),
                always("GetUser", exists("User")),
                always("ListAttachedUserPolicies", attached("User", "AWSDenyAll")),
            ],
            Ok("iam:ListAttachedUserPolicies shows AWSDenyAll attached"),
        ),
        (
            quarantine(),
            vec![
                always("GetUserPolicy", no_such_entity()),
                always("GetUser", exists("User")),
                always("ListAttachedUserPolicies", attached("User", "ReadOnlyAccess")),
            ],
            Err("iam:GetUserPolicy shows no policy SeveranceQuarantine"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", no_such_entity()), always("GetUser", no_such_entity())],
            Err("iam:GetUser shows no user of that name: it was deleted, or renamed and lives on"),
        ),
        (
            revoke(),
            vec![
                always("GetRolePolicy", policy("Role", &allow)),
                always("GetRole", exists("Role")),
                always("ListAttachedRolePolicies", attached("Role", "")),
            ],
            Err("iam:GetRolePolicy shows another document under SeveranceRevokeOlderSessions"),
        ),
        (
            revoke(),
            vec![
                always("GetRolePolicy", no_such_entity()),
                always("GetRole", exists("Role")),
                always("ListAttachedRolePolicies", attached("Role", "")),
            ],
            Err("iam:GetRolePolicy shows no policy SeveranceRevokeOlderSessions"),
        ),
        (
            revoke(),
            vec![always("GetRolePolicy", no_such_entity()), always("GetRole", no_such_entity())],
            Err("iam:GetRole shows no role of that name: it was deleted, or renamed and lives on"),
        ),
        (
            rotate(),
            versions(&ours, "AWSCURRENT"),
            Ok("secretsmanager:DescribeSecret shows the new version as AWSCURRENT"),
        ),
        (
            rotate(),
            versions(&ours, "AWSPENDING"),
            Err("secretsmanager:DescribeSecret shows the rotation unfinished: the new version is AWSPENDING"),
        ),
        (
            rotate(),
            versions("someone-elses", "AWSCURRENT"),
            Err("secretsmanager:DescribeSecret does not show the new version"),
        ),
        (
            rotate(),
            vec![always("DescribeSecret", gone)],
            Err(
                "secretsmanager:DescribeSecret shows that the secret does not exist any more: its value was not seen replaced",
            ),
        ),
    ];
    for (step, rules, expected) in cases {
        let seen = driver(&step, &rules).confirm(&step, about()).await.unwrap();
        let expected = match expected {
            Ok(seen) => Seen::InEffect(seen.to_owned()),
            Err(seen) => Seen::NotYet(seen.to_owned()),
        };
        assert_eq!(seen, expected, "{}", step.as_str());
    }
}

/// For a key that was deleted AWS answers as for one that may not be asked about.
#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_can_be_asked_about_is_not_confirmed() {
    let holder = |name: &str| {
        Reply::ok(&format!(
            "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult>{name}</GetAccessKeyLastUsedResult>\
             </GetAccessKeyLastUsedResponse>"
        ))
    };
    let listed = [
        vec![
            always("ListAccessKeys", keys_page("AKIAI44QH8DHBEXAMPLE", "Active", false)),
            always("GetUser", shown(ANOTHER_ID)),
        ],
        vec![
            always("ListAccessKeys", keys_page("AKIAI44QH8DHBEXAMPLE", "Active", false)),
            always("GetUser", no_such_entity()),
        ],
        vec![always("ListAccessKeys", no_such_entity())],
    ];
    for rules in listed {
        for (status, code) in
            [(403, "AccessDenied"), (400, "ValidationError"), (400, "Throttling"), (500, "ServiceFailure")]
        {
            let rules = [rules.clone(), vec![always("GetAccessKeyLastUsed", Reply::xml(status, code))]].concat();
            let error = driver(&deactivate(), &rules).confirm(&deactivate(), about()).await.unwrap_err();
            assert_eq!((error.action, error.code.as_str()), ("iam:GetAccessKeyLastUsed", code));
        }
        for (answer, why) in [("", "does not say whose"), ("<UserName>build-bot</UserName>", "still shows it")] {
            let rules = [rules.clone(), vec![always("GetAccessKeyLastUsed", holder(answer))]].concat();
            let seen = driver(&deactivate(), &rules).confirm(&deactivate(), about()).await.unwrap();
            assert!(matches!(&seen, Seen::NotYet(said) if said.contains(why)), "{seen:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_way_is_ours_or_is_refused() {
    let ours = our_version();
    let begun = || Ok(Applied::Already("an earlier delivery of this case began the rotation".to_owned()));
    let refused = || {
        let (code, message) = ("InvalidRequestException".to_owned(), "because".to_owned());
        Err(AwsError { action: "secretsmanager:RotateSecret", code, message, retryable: false })
    };
    let gone = Reply::json(400, "ResourceNotFoundException");
    let cases = [
        (described(&ours, "AWSPENDING"), begun()),
        (described(&ours, "AWSCURRENT"), begun()),
        (described("someone-elses", "AWSPENDING"), refused()),
        (gone, refused()),
    ];
    for (described, expected) in cases {
        let rules =
            [always("RotateSecret", Reply::json(400, "InvalidRequestException")), always("DescribeSecret", described)];
        assert_eq!(driver(&rotate(), &rules).apply(&rotate(), &case()).await, expected);
    }
}
