use super::*;
use severance_domain::countermeasure::Kind;
use severance_domain::ids::UniqueId;

const ACCOUNT: &str = "444455556666";
const USER: &str = "arn:aws:iam::444455556666:user/ci/build-bot";
/// The same under whatever path: a user can be moved.
const BY_NAME: [&str; 2] = ["arn:aws:iam::444455556666:user/*/build-bot", "arn:aws:iam::444455556666:user/build-bot"];
const ROLE: &str = "arn:aws:iam::444455556666:role/app";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:db/main-AbCdEf";

/// What `infra/member-account.yaml` lets the role do to a user, and to whatever belongs to one.
const ON_USERS: [&str; 27] = [
    "iam:AttachUserPolicy",
    "iam:DeleteLoginProfile",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachUserPolicy",
    "iam:GetAccessKeyLastUsed",
    "iam:GetGroupPolicy",
    "iam:GetLoginProfile",
    "iam:GetUser",
    "iam:GetUserPolicy",
    "iam:ListAccessKeys",
    "iam:ListAttachedGroupPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListGroupPolicies",
    "iam:ListGroupsForUser",
    "iam:ListSSHPublicKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSigningCertificates",
    "iam:ListUserPolicies",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:TagUser",
    "iam:UntagUser",
    "iam:UpdateAccessKey",
    "iam:UpdateSSHPublicKey",
    "iam:UpdateServiceSpecificCredential",
    "iam:UpdateSigningCertificate",
];

/// The same of roles, and of all else.
const ON_ROLES_AND_ELSEWHERE: [&str; 29] = [
    "cloudtrail:LookupEvents",
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListPolicyVersions",
    "iam:ListRolePolicies",
    "iam:ListRoles",
    "iam:ListUsers",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "lambda:InvokeFunction",
    "rolesanywhere:DisableProfile",
    "rolesanywhere:EnableProfile",
    "rolesanywhere:GetProfile",
    "rolesanywhere:ListProfiles",
    "rolesanywhere:UpdateProfile",
    "secretsmanager:DescribeSecret",
    "secretsmanager:ListSecrets",
    "secretsmanager:RotateSecret",
];

fn account() -> AccountId {
    AccountId::try_from(ACCOUNT).unwrap()
}

fn arn(text: &str) -> Arn {
    Arn::try_from(text).unwrap()
}

fn hint(name: Option<&str>, arn: Option<&str>, unique_id: Option<&str>) -> PrincipalHint {
    PrincipalHint {
        name: name.map(|name| IamName::try_from(name).unwrap()),
        arn: arn.map(|arn| Arn::try_from(arn).unwrap()),
        unique_id: unique_id.map(|id| UniqueId::try_from(id).unwrap()),
    }
}

fn read(subject: &SubjectHint, key: Option<&str>) -> Scope {
    let key = key.map(|key| AccessKeyId::try_from(key).unwrap());
    Scope::read("aws", &account(), subject, key.as_ref())
}

fn act(subject: &str, actions: &[&str]) -> Scope {
    Scope::act(&arn(subject), actions.iter().map(|action| Right::of(action).expect(action)))
}

fn document(scope: &Scope) -> Value {
    serde_json::from_str(&scope.policy().unwrap()).unwrap()
}

/// On what a policy allows an action.
fn on(scope: &Scope, action: &str) -> Vec<String> {
    let policy = document(scope);
    assert_eq!(policy["Version"], "2012-10-17");
    let list = |value: &Value| match value {
        Value::String(one) => vec![one.clone()],
        list => serde_json::from_value(list.clone()).unwrap(),
    };
    let statements = policy["Statement"].as_array().unwrap().iter();
    let mut found = statements.filter(|s| s["Effect"] == "Allow" && list(&s["Action"]).contains(&action.to_owned()));
    let resources = found.next().map(|statement| list(&statement["Resource"])).unwrap_or_default();
    assert!(found.next().is_none(), "{action} stands once");
    resources
}

#[test]
fn a_user_is_read_by_its_name_under_whatever_path_it_is_by_now() {
    let exact = read(&SubjectHint::User(hint(Some("build-bot"), Some(USER), Some("AIDAEXAMPLE"))), None);
    assert_eq!(on(&exact, "iam:GetUser"), BY_NAME);
    assert_eq!(on(&exact, "iam:GetAccessKeyLastUsed"), BY_NAME);
    assert_eq!(on(&exact, "iam:ListAttachedGroupPolicies"), ["arn:aws:iam::444455556666:group/*"]);
    for (name, arn) in [
        (Some("build-bot"), None),
        // The name counts, and so does the account of the signal.
        (Some("build-bot"), Some("arn:aws:iam::444455556666:user/other")),
        (None, Some("arn:aws:iam::111122223333:user/ci/build-bot")),
        (None, Some("arn:aws-cn:iam::444455556666:user/ci/build-bot")),
    ] {
        let scope = read(&SubjectHint::User(hint(name, arn, None)), None);
        assert_eq!(on(&scope, "iam:ListAccessKeys"), BY_NAME, "{name:?} {arn:?}");
    }
    for scope in [exact, read(&SubjectHint::User(hint(Some("build-bot"), None, Some("AIDAEXAMPLE"))), None)] {
        for action in ["iam:ListUsers", "iam:GetAccountAuthorizationDetails", "iam:GetRole", "iam:PutUserPolicy"] {
            assert!(on(&scope, action).is_empty(), "{action}");
        }
    }
}

#[test]
fn the_account_is_searched_only_for_what_the_event_does_not_name() {
    let users = ["arn:aws:iam::444455556666:user/*"];
    let by_id = read(&SubjectHint::User(hint(None, None, Some("AIDAEXAMPLE"))), None);
    assert_eq!(on(&by_id, "iam:ListUsers"), ["*"]);
    assert_eq!(on(&by_id, "iam:GetUser"), users);
    let role = read(&SubjectHint::Role(hint(None, None, Some("AROAEXAMPLE"))), None);
    assert_eq!(on(&role, "iam:ListRoles"), ["*"]);
    assert_eq!(on(&role, "iam:GetRole"), ["arn:aws:iam::444455556666:role/*"]);
    // Whose a key is, IAM says; of one that was deleted CloudTrail does, by an id that is searched for.
    let by_key = read(&SubjectHint::AccessKeyOnly, Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(on(&by_key, "iam:GetAccessKeyLastUsed"), users);
    assert_eq!(on(&by_key, "iam:ListUsers"), ["*"]);
    assert_eq!(on(&by_key, "cloudtrail:LookupEvents"), ["*"]);
    // A user may have another name by now: its key tells.
    let named = read(&SubjectHint::User(hint(Some("build-bot"), Some(USER), None)), Some("AKIAIOSFODNN7EXAMPLE"));
    assert_eq!(on(&named, "iam:GetAccessKeyLastUsed"), users);
    assert_eq!(on(&named, "iam:GetUser"), BY_NAME);

    let leaver = read(&SubjectHint::Person { identifiers: vec!["alice".to_owned()] }, None);
    assert_eq!(on(&leaver, "iam:GetAccountAuthorizationDetails"), ["*"]);
    assert_eq!(on(&leaver, "secretsmanager:ListSecrets"), ["*"]);
    assert_eq!(on(&leaver, "secretsmanager:DescribeSecret"), ["arn:aws:secretsmanager:*:444455556666:secret:*"]);
    assert!(on(&leaver, "iam:ListUsers").is_empty());
}

#[test]
fn roles_and_secrets_are_read_and_nothing_else() {
    let role = read(&SubjectHint::Role(hint(None, Some("arn:aws:sts::444455556666:assumed-role/app/i-1"), None)), None);
    assert_eq!(role, Scope::default(), "a session's ARN alone names no role");
    let role = read(&SubjectHint::Role(hint(Some("app"), None, None)), None);
    assert_eq!(on(&role, "iam:GetRole"), ["arn:aws:iam::444455556666:role/*/app", ROLE]);
    assert!(on(&role, "iam:GetUser").is_empty() && on(&role, "iam:PutRolePolicy").is_empty());
    let secret = read(&SubjectHint::Secret { arn: arn(SECRET) }, None);
    assert_eq!(on(&secret, "secretsmanager:DescribeSecret"), [SECRET]);
    assert!(on(&secret, "secretsmanager:GetSecretValue").is_empty());
}

#[test]
fn without_anything_to_do_everything_is_denied() {
    let denied = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
    for scope in [Scope::default(), read(&SubjectHint::Root, None), act(USER, &[])] {
        assert_eq!(document(&scope), denied);
    }
    // Of a session's key alone only CloudTrail can tell whose it is.
    let session_key = read(&SubjectHint::AccessKeyOnly, Some("ASIAIOSFODNN7EXAMPLE"));
    assert_eq!(on(&session_key, "cloudtrail:LookupEvents"), ["*"]);
    assert!(on(&session_key, "iam:GetUser").is_empty());
}

#[test]
fn a_plan_gets_its_actions_on_its_subject() {
    let scope = act(USER, &["iam:UpdateAccessKey", "iam:PutUserPolicy", "iam:UpdateAccessKey", "iam:ListUsers"]);
    assert_eq!(
        document(&scope),
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"},
            {"Effect": "Allow", "Action": ["iam:PutUserPolicy", "iam:UpdateAccessKey"], "Resource": BY_NAME},
        ]})
    );
    assert!(!scope.policy().unwrap().contains(' '), "compact");
    let both = act(USER, &["iam:GetUser"]).and(act(ROLE, &["iam:PutRolePolicy"]));
    assert_eq!(
        (on(&both, "iam:GetUser"), on(&both, "iam:PutRolePolicy")),
        (BY_NAME.map(String::from).into(), vec![ROLE.into()])
    );
}

#[test]
fn each_action_gets_the_narrowest_resource_that_it_knows() {
    let iam = |rest: &str| format!("arn:aws:iam::444455556666:{rest}");
    for (action, subject, expected) in [
        ("iam:PutUserPolicy", USER, vec![iam("user/build-bot"), iam("user/*/build-bot")]),
        ("iam:ListGroupsForUser", USER, vec![iam("user/build-bot"), iam("user/*/build-bot")]),
        ("iam:UpdateAssumeRolePolicy", ROLE, vec![ROLE.to_owned()]),
        ("iam:ListGroupPolicies", USER, vec![iam("group/*")]),
        ("iam:GetPolicyVersion", USER, vec![iam("policy/*"), "arn:aws:iam::aws:policy/*".to_owned()]),
        ("iam:CreatePolicyVersion", ROLE, vec![iam("policy/*")]),
        ("iam:CreatePolicyVersion", "arn:aws:iam::444455556666:policy/p", vec![iam("policy/p")]),
        ("secretsmanager:RotateSecret", SECRET, vec![SECRET.to_owned()]),
        ("secretsmanager:ListSecrets", SECRET, vec!["*".to_owned()]),
        ("rolesanywhere:DisableProfile", ROLE, vec!["arn:aws:rolesanywhere:*:444455556666:profile/*".to_owned()]),
        ("rolesanywhere:ListProfiles", ROLE, vec!["*".to_owned()]),
        ("cloudtrail:LookupEvents", USER, vec!["*".to_owned()]),
        ("sso:DeleteAccountAssignment", USER, vec!["*".to_owned()]),
        ("identitystore:DescribeUser", USER, vec!["*".to_owned()]),
        ("organizations:DescribePolicy", USER, vec!["*".to_owned()]),
    ] {
        assert_eq!(resources(Right::of(action).unwrap().on, &arn(subject)).unwrap(), expected, "{action}");
    }
}

/// Paths may hold these characters, and an event may say anything.
#[test]
fn what_looks_like_a_pattern_is_only_itself() {
    for (said, written) in [
        ("arn:aws:iam::444455556666:user/*", "arn:aws:iam::444455556666:user/${*}"),
        ("arn:aws:iam::444455556666:role/a?/b", "arn:aws:iam::444455556666:role/a${?}/b"),
        ("arn:aws:iam::444455556666:role/*/${x}/b", "arn:aws:iam::444455556666:role/${*}/${$}{x}/b"),
        ("arn:aws:iam::444455556666:user/${aws:username}", "arn:aws:iam::444455556666:user/${$}{aws:username}"),
    ] {
        assert_eq!(on(&act(said, &["iam:GetUser"]), "iam:GetUser"), [written]);
    }
    let quoted = "arn:aws:iam::444455556666:role/a\"],\"b/c";
    assert_eq!(on(&act(quoted, &["iam:GetUser"]), "iam:GetUser"), [quoted]);
    // A name that is none, in an ARN: there is no such user to read.
    assert_eq!(
        read(&SubjectHint::User(hint(None, Some("arn:aws:iam::444455556666:user/*"), None)), None),
        Scope::default()
    );
    let path = "arn:aws:iam::444455556666:user/*/build-bot";
    let scope = read(&SubjectHint::User(hint(None, Some(path), None)), None);
    assert_eq!(on(&scope, "iam:GetUser"), BY_NAME);
    let secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:*";
    let scope = read(&SubjectHint::Secret { arn: arn(secret) }, None);
    assert_eq!(
        on(&scope, "secretsmanager:DescribeSecret"),
        ["arn:aws:secretsmanager:eu-west-1:444455556666:secret:${*}"]
    );
}

#[test]
fn nothing_but_ascii_becomes_a_resource() {
    let odd = "arn:aws:iam::444455556666:role/é/b";
    let unwritable = Err(ScopeError::Unwritable(odd.to_owned()));
    assert_eq!(act(odd, &["iam:GetRole"]).policy(), unwritable);
    assert_eq!(read(&SubjectHint::Role(hint(None, Some(odd), None)), None).policy(), unwritable);
    // Nothing but a path of IAM may hold it.
    let secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:a\u{7f}/b";
    let unwritable = Err(ScopeError::Unwritable(secret.to_owned()));
    assert_eq!(read(&SubjectHint::Secret { arn: arn(secret) }, None).policy(), unwritable);
}

/// IAM takes every ASCII character from `!` to DEL in a path, and a policy no DEL.
#[test]
fn a_path_that_no_policy_can_hold_is_named_by_the_name_behind_it() {
    let role = "arn:aws:iam::444455556666:role/a\u{7f}b/app";
    let written = ["arn:aws:iam::444455556666:role/a?b/app"];
    assert_eq!(on(&act(role, &["iam:PutRolePolicy"]), "iam:PutRolePolicy"), written);
    assert_eq!(on(&read(&SubjectHint::Role(hint(Some("app"), Some(role), None)), None), "iam:GetRole"), written);
    let policy = "arn:aws:iam::444455556666:policy/\u{7f}/p";
    let on_policy = on(&act(policy, &["iam:SetDefaultPolicyVersion"]), "iam:SetDefaultPolicyVersion");
    assert_eq!(on_policy, ["arn:aws:iam::444455556666:policy/?/p"]);
    let user = "arn:aws:iam::444455556666:user/a\u{7f}b/build-bot";
    assert_eq!(on(&act(user, &["iam:PutUserPolicy"]), "iam:PutUserPolicy"), BY_NAME);
    assert_eq!(on(&read(&SubjectHint::User(hint(None, Some(user), None)), None), "iam:GetUser"), BY_NAME);
    // A name cannot hold it, so such a name is nobody's.
    assert!(act("arn:aws:iam::444455556666:role/a\u{7f}", &["iam:GetRole"]).policy().is_err());
}

/// Whatever one plan may take and undo, with all that it reads.
#[test]
fn all_that_a_plan_may_need_fits() {
    let of_user = [
        Kind::QuarantineUser,
        Kind::DeactivateAccessKey,
        Kind::RemoveConsolePassword,
        Kind::DeactivateServiceCredential,
        Kind::DeactivateSshPublicKey,
        Kind::DeactivateSigningCertificate,
        Kind::RevokeUserSessions,
        Kind::NeutralizePolicy,
    ];
    let of_role = [
        Kind::QuarantineRole,
        Kind::RevokeRoleSessions,
        Kind::CloseRoleTrust,
        Kind::LeaveRolesAnywhere,
        Kind::NeutralizePolicy,
    ];
    for (kind, kinds) in [("user", of_user.as_slice()), ("role", of_role.as_slice())] {
        let name = longest(kind, "aws-us-gov");
        let hint = hint(None, Some(&name), Some("AIDAEXAMPLE"));
        let subject = if kind == "user" { SubjectHint::User(hint) } else { SubjectHint::Role(hint) };
        let reads = Scope::read("aws-us-gov", &account(), &subject, None);
        let to_act = kinds.iter().flat_map(|kind| kind.rights().to_act().collect::<Vec<_>>());
        let acts = Scope::act(&arn(&name), to_act);
        let undo = Scope::act(&arn(&name), kinds.iter().flat_map(|kind| kind.rights().undo.to_vec()));
        for (what, scope) in [("acts", acts.and(reads.clone())), ("undo", undo.and(reads))] {
            assert!(scope.policy().is_ok(), "{kind} {what}: {:?}", scope.policy());
        }
    }
}

#[test]
fn a_session_attaches_and_sets_nothing_but_the_denial() {
    for (partition, kind) in [("aws", "user"), ("aws-us-gov", "role")] {
        let name = longest(kind, partition);
        let rights = if kind == "user" { Kind::QuarantineUser.rights() } else { Kind::QuarantineRole.rights() };
        let scope = Scope::act(&arn(&name), rights.to_act().chain(rights.undo.iter().copied()));
        let policy = scope.policy().unwrap();
        assert!(policy.len() <= POLICY_LIMIT, "{}", policy.len());
        let policy = document(&scope);
        let denial = format!("arn:{partition}:iam::aws:policy/AWSDenyAll");
        let mut seen = Vec::new();
        for statement in policy["Statement"].as_array().unwrap() {
            let actions = statement["Action"].to_string();
            for (part, condition) in [
                ("Attach", json!({"ArnEquals": {"iam:PolicyARN": denial}})),
                ("Detach", json!({"ArnEquals": {"iam:PolicyARN": denial}})),
                ("PermissionsBoundary", json!({"ArnEquals": {"iam:PermissionsBoundary": denial}})),
            ] {
                if actions.contains(&format!("iam:{part}")) || part.starts_with('P') && actions.contains(part) {
                    let own = json!({"ArnLike": {
                        "iam:PermissionsBoundary": format!("arn:{partition}:iam::{ACCOUNT}:policy/*")
                    }});
                    let is_own = part.starts_with('P') && statement["Condition"] == own;
                    assert!(statement["Condition"] == condition || is_own, "{statement}");
                    seen.push(part);
                }
            }
        }
        for part in ["Attach", "Detach", "PermissionsBoundary"] {
            assert!(seen.contains(&part), "{policy}");
        }
    }
}

/// The longest ARNs that there are: partition, account, a path of 512 characters, a name of 64.
fn longest(kind: &str, partition: &str) -> String {
    format!("arn:{partition}:iam::{ACCOUNT}:{kind}/{}/{}", "p".repeat(510), "n".repeat(64))
}

#[test]
fn what_the_member_role_may_do_fits_whatever_the_subject_is_called() {
    for (kind, actions) in [("user", ON_USERS.as_slice()), ("role", ON_ROLES_AND_ELSEWHERE.as_slice())] {
        let longest = longest(kind, "aws-us-gov");
        let policy = act(&longest, actions).policy().unwrap();
        assert!(policy.len() <= POLICY_LIMIT, "{kind}: {}", policy.len());
        assert!(kind == "user" || policy.contains(&longest), "as it is, while it fits");
    }
    let name = "n".repeat(64);
    let leaver = SubjectHint::Person { identifiers: vec![name.clone()] };
    let by_name = SubjectHint::User(hint(Some(&name), None, Some("AIDAEXAMPLE")));
    for subject in [leaver, by_name, SubjectHint::User(hint(None, Some(&longest("user", "aws")), None))] {
        assert!(read(&subject, Some("AKIAIOSFODNN7EXAMPLE")).policy().is_ok(), "{subject:?}");
    }
}

/// Many together, on a user and a role at once, fit by name. A name is there once in an account, so it is no wider.
#[test]
fn a_path_goes_where_it_does_not_fit() {
    let user = longest("user", "aws");
    let scope = act(&user, &ON_USERS).and(act(&longest("role", "aws"), &ON_ROLES_AND_ELSEWHERE[..18]));
    assert!(scope.document(str::to_owned, true).len() > POLICY_LIMIT);
    let name = "n".repeat(64);
    let by_name = [format!("arn:aws:iam::{ACCOUNT}:user/*/{name}"), format!("arn:aws:iam::{ACCOUNT}:user/{name}")];
    assert_eq!(on(&scope, "iam:PutUserPolicy"), by_name);
    assert_eq!(on(&scope, "iam:PutRolePolicy"), [format!("arn:aws:iam::{ACCOUNT}:role/*/{name}")]);
    assert_eq!(on(&scope, "iam:ListUsers"), ["*"]);
}

#[test]
fn sixty_actions_on_one_subject_fit_as_long_as_they_are_as_short_as_iams_are() {
    let of = |count: usize, length: usize| -> Vec<Right> {
        let right =
            |n: usize| Right { action: format!("iam:{n:0>width$}", width = length - 4).leak(), ..iam::GET_USER };
        (0..count).map(right).collect()
    };
    let policy = |rights: &[Right]| Scope::act(&arn(&longest("user", "aws-us-gov")), rights.iter().copied()).policy();
    // The mean of the actions above.
    let mean = ON_USERS.iter().map(|action| action.len()).sum::<usize>() / ON_USERS.len();
    assert!(policy(&of(60, mean)).unwrap().len() <= POLICY_LIMIT);
    let refused = policy(&of(60, 40)).unwrap_err();
    assert!(refused.to_string().contains("take fewer steps in one session"), "{refused}");
    assert!(matches!(refused, ScopeError::TooLarge(size) if size > POLICY_LIMIT));
}
