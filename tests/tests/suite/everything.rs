//! A user with one of each credential: nothing of it works after a containment, and a restore brings back what it may.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::restoration::ReturnAnswer;
use severance_domain::verdict::Verdict;
use severance_tests::access_paths::ACCESS_PATHS;
use severance_tests::{Function, Stack, misused, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");

fn only(reactions: &Value) -> &Value {
    let reactions = reactions.as_array().unwrap_or_else(|| panic!("no reactions in {reactions}"));
    assert_eq!(reactions.len(), 1, "{reactions:?}");
    &reactions[0]
}

async fn contained(stack: &Stack, event: &Value) -> (Value, Case) {
    let response = stack.invoke(Function::PostureFinding, event).await.expect("an answer");
    let reaction = stack.last_word(only(&response["reactions"])).await;
    let case = stack.evidence(&reaction).await.predicate.case;
    (reaction, case)
}

/// Names with every character that IAM allows, and a path: they broke a peer.
#[tokio::test]
async fn every_credential_is_dead_afterwards_and_a_restore_brings_back_what_was_not_exposed() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let user = unique("all+=,.@-_");
    let mut everything = stack.everything(&user, "/team/ci/", &[OWNER]).await;
    assert_eq!(everything.open(&stack).await, ACCESS_PATHS, "everything works before");
    // A session's time of issue has whole seconds.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;

    let mut event = misused(&user, &everything.keys[0]);
    // AWS makes nothing that is a day old, so the finding is a day ahead: all of it was made before the hours in which it may be
    // somebody else's.
    let seen_last = event["detail"]["service"]["eventLastSeen"].clone();
    let ahead: jiff::Timestamp = seen_last.as_str().expect("a time").parse().expect("a time");
    let ahead = ahead + jiff::SignedDuration::from_hours(24);
    for seen in ["eventFirstSeen", "eventLastSeen"] {
        event["detail"]["service"][seen] = json!(ahead.to_string());
    }
    let (reaction, case) = contained(&stack, &event).await;
    assert_eq!(reaction["verdict"], "verified_revoked", "{case:#?}");
    assert_eq!(everything.open(&stack).await, Vec::<&str>::new(), "nothing works after");
    assert_eq!(everything.certificate_status(&stack).await, StatusType::Inactive);

    // The evidence lists each, the denial came first, and the rechecks afterwards found nothing.
    let steps: Vec<&str> = case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect();
    assert_eq!(
        steps,
        [
            "quarantine_user",
            "deactivate_access_key",
            "deactivate_access_key",
            "remove_console_password",
            "deactivate_service_credential",
            "deactivate_service_credential",
            "deactivate_ssh_public_key",
            "deactivate_signing_certificate",
        ]
    );
    let held = &case.inventory;
    assert_eq!(
        (held.access_keys.len(), held.console_password, held.service_credentials.len(), held.ssh_public_keys.len()),
        (2, Some(true), 2, 1)
    );
    assert!(
        case.rechecks.last().is_some_and(|recheck| recheck.is_quiet() && recheck.unread.is_empty()),
        "{:?}",
        case.rechecks
    );
    let proof = severance_domain::evidence::Proof::of(&case);
    assert!(proof.residual.iter().any(|residual| residual.what.contains("roles that the user assumed")), "{proof:?}");
    let message = inbox.about(case.id.as_str()).await;
    let body = message["Message"].as_str().expect("a body");
    assert!(body.contains(&format!("sever restore {}", case.id)), "{body}");

    // What a restore would do, and that it changes nothing.
    let person = stack.person("restorer").await;
    let dry = person.sever(&["restore", case.id.as_str(), "--reason", "drill", "--dry-run"]).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    assert_eq!(dry.json["restorable"]["steps"].as_array().map(Vec::len), Some(steps.len()), "{}", dry.json);
    assert_eq!(everything.open(&stack).await, Vec::<&str>::new());

    let ran = person.sever(&["restore", case.id.as_str(), "--reason", "false alarm", "--ticket", "INC-7"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let restored: Case = stack.case(case.id.as_str()).await;
    assert_eq!(restored.verdict, Some(Verdict::Restored), "{restored:#?}");
    let restoration = restored.restoration.as_ref().expect("a restoration");
    assert_eq!(restoration.by().as_str(), person.arn);
    assert_eq!(restoration.request.ticket.as_deref(), Some("INC-7"));
    let kept: Vec<&str> =
        restoration.steps.iter().filter(|of| !of.answer.changes()).map(|of| of.countermeasure.as_str()).collect();
    assert_eq!(kept, ["remove_console_password", "deactivate_access_key"], "the password and the exposed key stay");
    assert!(restoration.steps.iter().any(|of| matches!(of.answer, ReturnAnswer::Rotate { .. })));

    // The key that the claim names stays dead, and so do the sessions from before.
    assert_eq!(everything.open(&stack).await, ["key 1", "bedrock", "git", "ssh"]);
    assert_eq!(everything.certificate_status(&stack).await, StatusType::Active);
    everything.start_session(&stack).await;
    assert_eq!(everything.open(&stack).await, ["key 1", "session", "bedrock", "git", "ssh"], "new sessions work");
    assert!(!stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()));

    // The finding comes again, as findings do: what was given back on purpose stays.
    event["id"] = json!(unique("event"));
    event["detail"]["service"]["eventLastSeen"] = seen_last;
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    assert_eq!(only(&response["reactions"])["verdict"], "restored", "{response}");
    assert_eq!(everything.open(&stack).await, ["key 1", "session", "bedrock", "git", "ssh"]);
    // A second restore says so.
    let again = person.sever(&["restore", case.id.as_str(), "--reason", "once more"]).await;
    assert_eq!(again.code, 21, "{again:?}");
    assert!(again.stderr.contains("restored already"), "{}", again.stderr);
}

/// What an attacker does in the seconds in which IAM does not show the denial everywhere: here by an administrator's hand.
#[tokio::test]
async fn what_appears_while_a_user_is_contained_dies_too() {
    let stack = Stack::enforcing().await;
    let user = unique("raced");
    stack.user(&user, "/", &[OWNER]).await;
    let stolen = stack.key(&user).await;
    let event = misused(&user, &stolen);
    let (reacted, minted) = tokio::join!(contained(&stack, &event), async {
        stack.until_quarantined(&user).await;
        // The denial is taken away, and a key, a password and an API key are made.
        stack
            .iam
            .delete_user_policy()
            .user_name(&user)
            .policy_name("SeveranceQuarantine")
            .send()
            .await
            .expect("lifted");
        let key = stack.key(&user).await;
        let login = stack.iam.create_login_profile().user_name(&user).password("Aa1!raced-password").send();
        login.await.expect("a password");
        stack.service_credential(&user, "bedrock.amazonaws.com").await;
        key
    });
    let (reaction, case) = reacted;
    assert_eq!(stack.accepts(&minted).await, Err("InvalidClientTokenId".to_owned()));
    assert_eq!(stack.accepts(&stolen).await, Err("InvalidClientTokenId".to_owned()));
    assert!(stack.iam.get_login_profile().user_name(&user).send().await.is_err(), "the password is gone");
    assert!(stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()), "the denial stands again");
    let found: Vec<&String> = case.rechecks.iter().flat_map(|recheck| &recheck.found).collect();
    for word in ["was lifted", &minted.id, "console password", "bedrock.amazonaws.com"] {
        assert!(found.iter().any(|found| found.contains(word)), "{word} in {found:?}");
    }
    // A recheck that finds nothing is no revision, but stands in the record.
    let rechecks = stack.case(case.id.as_str()).await.rechecks;
    assert!(
        rechecks.len() >= 2 && rechecks.last().is_some_and(severance_domain::case::Recheck::is_quiet),
        "{rechecks:?}"
    );
    // Somebody in the account lifts what IAM denies, so a person is asked about what nobody there can lift.
    assert_eq!(reaction["verdict"], "partial");
    let plan = reaction["plan"].as_str().expect("a plan waits");
    let held = case.steps.iter().find(|record| record.step.countermeasure.as_str() == "quarantine_by_scp");
    assert!(held.is_some(), "{:#?}", case.steps);

    let person = stack.person("approver").await;
    let ran = person.sever(&["approve", case.id.as_str(), "--plan", plan, "--reason", "it is being lifted"]).await;
    let after: Case = stack.case(case.id.as_str()).await;
    assert_eq!((ran.code, after.verdict), (27, Some(Verdict::RevokedUnverified)), "{ran:?} {after:#?}");
    let last = stack.last_word(only(&ran.json["reacted"]["reactions"])).await;
    assert_eq!(last["verdict"], "verified_revoked", "{last}");
    // Lifted once more, the service control policy still denies everything.
    stack.iam.delete_user_policy().user_name(&user).policy_name("SeveranceQuarantine").send().await.expect("lifted");
    let update = stack.iam.update_access_key().user_name(&user).access_key_id(&minted.id).status(StatusType::Active);
    update.send().await.expect("the key is active");
    assert_eq!(stack.accepts(&minted).await, Err("AccessDenied".to_owned()));

    // Somebody looks once more: what lives is stated, and nothing is called dead.
    let verified = person.sever(&["verify", case.id.as_str(), "--reason", "weekly check"]).await;
    assert_eq!(verified.code, 26, "{verified:?}");
    let after: Case = stack.case(case.id.as_str()).await;
    assert_eq!(after.verdict, Some(Verdict::Reappeared));
    let alive = &after.verification.as_ref().expect("a verification").alive;
    assert!(alive.iter().any(|alive| alive.contains(&minted.id)), "{alive:?}");
}

#[tokio::test]
async fn what_a_contained_user_had_made_is_followed_and_ends_as_well() {
    let stack = Stack::enforcing().await;
    let (thief, evil, victim) = (unique("thief"), unique("evil"), unique("victim"));
    stack.user(&victim, "/", &[OWNER, ("severance:class", "workload")]).await;
    let honest = stack.key(&victim).await;
    stack.user(&thief, "/", &[OWNER]).await;
    stack.allow(&thief, &["iam:*"]).await;
    let stolen = stack.key(&thief).await;
    let mut event = misused(&thief, &stolen);
    // The claim is of a moment ago; all that follows is later.
    let seen = severance_aws::clock::now() - jiff::SignedDuration::from_secs(2);
    event["detail"]["service"]["eventLastSeen"] = json!(seen.to_string());

    let as_thief = stack.iam_as(&stolen);
    as_thief.create_user().user_name(&evil).send().await.expect("a new user");
    let of_evil = stack.key_by(&as_thief, &evil).await;
    let planted = stack.key_by(&as_thief, &victim).await;
    let role = unique("backdoor");
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}]});
    as_thief
        .create_role()
        .role_name(&role)
        .assume_role_policy_document(trust.to_string())
        .send()
        .await
        .expect("a role");
    let grant =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]});
    let made = as_thief.create_policy().policy_name(unique("grant")).policy_document(grant.to_string()).send().await;
    let policy = made.expect("a policy").policy().and_then(|policy| policy.arn()).expect("its ARN").to_owned();
    as_thief.attach_user_policy().user_name(&evil).policy_arn(&policy).send().await.expect("attached");
    assert_eq!(stack.accepts(&of_evil).await, Ok(()));
    assert_eq!(stack.accepts(&planted).await, Ok(()));

    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let told = only(&response["reactions"]);
    assert_eq!(told["verdict"], "revoked_unverified", "people are told before anything is followed");
    let reaction = stack.rechecked_until(told, |case| case.followed.len() >= 3).await;
    let case = stack.evidence(&reaction).await.predicate.case;
    assert_eq!(stack.accepts(&of_evil).await, Err("InvalidClientTokenId".to_owned()), "{case:#?}");
    assert_eq!(stack.accepts(&planted).await, Err("InvalidClientTokenId".to_owned()), "{case:#?}");
    assert_eq!(stack.accepts(&honest).await, Ok(()), "what the victim had before goes on");
    assert!(stack.policies(&evil).await.contains(&"SeveranceQuarantine".to_owned()));
    assert!(!stack.policies(&victim).await.contains(&"SeveranceQuarantine".to_owned()));
    let of_role = stack.iam.list_role_policies().role_name(&role).send().await.expect("the role's policies");
    assert!(of_role.policy_names().contains(&"SeveranceQuarantine".to_owned()), "{of_role:?}");
    let version = stack.iam.get_policy().policy_arn(&policy).send().await.expect("the policy");
    assert_ne!(
        version.policy().and_then(|policy| policy.default_version_id()),
        Some("v1"),
        "it grants nothing any more"
    );
    // Each in a case of its own, with evidence of its own; that rights were given is for a person to look at.
    let followed: Vec<&str> = case.followed.iter().map(|followed| followed.what.as_str()).collect();
    for what in [&evil, &planted.id, &role] {
        assert!(followed.iter().any(|followed| followed.contains(what.as_str())), "{what} in {followed:?}");
    }
    assert!(case.followed.iter().all(|followed| followed.case.is_some()), "{:?}", case.followed);
    assert_eq!(reaction["verdict"], "revoked_unverified", "what it made is being rechecked as well: {case:#?}");
}
