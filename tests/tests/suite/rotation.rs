//! A key is replaced under those who work with it: adopted, rotated, ended at its cutover; and what is told where that does not go
//! well.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::cutover::Stage;
use severance_domain::verdict::Verdict;
use severance_tests::rotation::Managed;
use severance_tests::{Function, HeldKey, Inbox, Stack, event, stale, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");
const WORKLOAD: (&str, &str) = ("severance:class", "workload");
const MANAGED: (&str, &str) = ("severance:managed", "true");

fn only(reactions: &Value) -> &Value {
    let reactions = reactions.as_array().unwrap_or_else(|| panic!("no reactions in {reactions}"));
    assert_eq!(reactions.len(), 1, "{reactions:?}");
    &reactions[0]
}

fn steps(case: &Case) -> Vec<&'static str> {
    case.steps.iter().map(|record| record.step.countermeasure.as_str()).collect()
}

fn stage(case: &Case) -> Option<Stage> {
    case.signal.cutover.as_ref().map(|cutover| cutover.stage)
}

/// The end of a rotation that had not ended when its case was closed is seen by a later run.
async fn until_verified(stack: &Stack, reaction: &Value) -> Case {
    let case = reaction["case"].as_str().expect("a case");
    if reaction["verdict"] != "verified_revoked" {
        assert_eq!(reaction["verdict"], "revoked_unverified", "{reaction}");
        stack.run_schedule_until(case, |record| record["verdict"] == "verified_revoked").await;
    }
    stack.case(case).await
}

/// Lets the schedule run until a replaced key is inactive, then deleted, and its cutover closed: by a case each, with evidence and
/// a message.
async fn through_the_cutover(stack: &Stack, inbox: &Inbox<'_>, user: &str, old: &HeldKey) {
    let inactive = || async { stack.status(user, old).await != Some(StatusType::Active) };
    stack.run_schedule_until_so("the old key is inactive", inactive).await;
    assert_eq!(stack.knows(old).await, Err("InvalidClientTokenId".to_owned()));
    stack.run_schedule_until_so("the old key is deleted", || async { stack.status(user, old).await.is_none() }).await;
    stack.run_schedule_until_so("the cutover is closed", || async { stack.cutover(old).await.is_none() }).await;
    // Whoever closed it need not be who deleted the key, and may be first.
    let concluded = || async {
        let cases = stack.cases_of_cutover(old).await;
        cases.len() == 2 && cases.iter().all(|case| case.verdict.is_some())
    };
    stack.until("both cases are concluded", concluded).await;
    let cases = stack.cases_of_cutover(old).await;
    let told: Vec<_> = cases.iter().map(|case| (stage(case), case.verdict)).collect();
    let dead = Some(Verdict::VerifiedRevoked);
    assert_eq!(told, [(Some(Stage::Quiet), dead), (Some(Stage::Deletion), dead)], "{cases:#?}");
    for (case, step) in cases.iter().zip(["deactivate_access_key", "delete_access_key"]) {
        let message = inbox.about(case.id.as_str()).await;
        let stated = stack.evidence_of(&message).await.predicate.case;
        assert_eq!((steps(&stated), stage(&stated)), (vec![step], stage(case)), "{stated:#?}");
        assert!(message["Message"].as_str().is_some_and(|body| body.contains(&old.id)), "{message}");
    }
}

#[tokio::test]
async fn a_key_is_adopted_and_rotated_under_a_service_that_never_fails() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let user = unique("adopted");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let first = stack.key(&user).await;
    let name = format!("severance/{user}");
    let service = stack.service(&name, &first);
    let person = stack.person("adopter").await;

    let arn = stack.user_arn(&user);
    let words = ["adopt", &arn, "--reason", "no key outside of secrets", "--ticket", "OPS-7"];
    let (ran, second) = tokio::join!(person.sever(&words), async {
        let second = stack.moved(&name, &first).await;
        assert_eq!(stack.accepts(&second).await, Ok(()), "the new key works");
        assert_eq!(stack.accepts(&first).await, Ok(()), "and so does the old one");
        second
    });
    assert_eq!(ran.code, 0, "{ran:?}");
    let reaction = only(&ran.json["reacted"]["reactions"]);
    assert_eq!(reaction["verdict"], "verified_revoked", "{reaction}");
    assert_eq!(steps(&stack.case(reaction["case"].as_str().expect("a case")).await), ["adopt_access_key"]);
    let described = stack.secrets.describe_secret().secret_id(&name).send().await.expect("the secret");
    let secret = described.arn().expect("its ARN");
    let tags = stack.iam.list_user_tags().user_name(&user).send().await.expect("tags");
    let tag = tags.tags().iter().find(|tag| tag.key() == "severance:secret").expect("the user names its secret");
    assert_eq!(tag.value(), secret);
    stack.until("the service works with the new key", || async { service.uses(&second) }).await;
    through_the_cutover(&stack, &inbox, &user, &first).await;

    let ran = person.sever(&["rotate", secret, "--reason", "the yearly rotation"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let third = stack.key_in(&name).await;
    assert_ne!(third.id, second.id);
    stack.until("the service works with the third key", || async { service.uses(&third) }).await;
    through_the_cutover(&stack, &inbox, &user, &second).await;

    let worked = service.end().await;
    assert!(worked.failures.is_empty(), "{worked:?}");
    let each = [&first, &second, &third].map(|key| worked.calls.contains_key(&key.id));
    assert_eq!(each, [true; 3], "{worked:?}");
}

#[tokio::test]
async fn who_stays_on_the_old_key_is_named_at_its_deadline_and_cut_off_by_a_person() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let Managed { user, key: old, secret } = stack.managed("pipeline").await;
    // It does not know of the secret.
    let consumer = stack.service(&unique("nowhere"), &old);
    stack.secrets.rotate_secret().secret_id(&secret).send().await.expect("the rotation starts");
    let new = stack.moved(&secret, &old).await;

    let asked = || async { stack.cases_of_cutover(&old).await.iter().any(|case| case.verdict.is_some()) };
    stack.run_schedule_until_so("people are asked", asked).await;
    let cases = stack.cases_of_cutover(&old).await;
    let [case] = cases.as_slice() else { panic!("{cases:#?}") };
    assert_eq!((stage(case), case.verdict), (Some(Stage::Deadline), Some(Verdict::AwaitingReview)), "{case:#?}");
    assert_eq!(stack.knows(&old).await, Ok(()), "nothing was done");
    let cutover = case.signal.cutover.as_ref().expect("a cutover");
    let found = cutover.consumers.iter().find(|consumer| consumer.service == "sts.amazonaws.com");
    let found = found.unwrap_or_else(|| panic!("{:?}", cutover.consumers));
    assert_eq!((found.source_ip.as_str(), found.region.as_str()), ("127.0.0.1", "us-east-1"));
    assert!(found.user_agent.contains("aws-sdk-rust"), "{found:?}");

    let message = inbox.about(case.id.as_str()).await;
    assert_eq!(message["MessageAttributes"]["verdict"]["Value"], "awaiting_review");
    let body = message["Message"].as_str().expect("a body");
    let parts = [found.source_ip.as_str(), &found.user_agent, &found.service, &found.region, &old.id, &new.id];
    for part in parts.into_iter().chain(["Still used by", "sever approve", "sever cut"]) {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    let stated = stack.evidence_of(&message).await.predicate.case;
    assert_eq!(stated.signal.cutover.as_ref().map(|of| &of.consumers), Some(&cutover.consumers));

    let plan = case.pending_review().expect("a review").short_plan();
    let person = stack.person("approver").await;
    let words = ["approve", case.id.as_str(), "--plan", plan, "--reason", "the job is retired"];
    let ran = person.sever(&words).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stack.case(case.id.as_str()).await.verdict, Some(Verdict::VerifiedRevoked));
    assert_ne!(stack.status(&user, &old).await, Some(StatusType::Active));
    assert_eq!(stack.knows(&new).await, Ok(()));
    let refused = || async { consumer.worked().failures.iter().any(|(_, code)| code == "InvalidClientTokenId") };
    stack.until("the consumer is refused", refused).await;
    consumer.end().await;
}

#[tokio::test]
async fn a_person_who_knows_that_a_key_is_used_may_cut_it_before_its_deadline() {
    let stack = Stack::enforcing().await;
    // Of another class than those that are named, so its windows are of days.
    let Managed { user, key: old, secret } = stack.managed("agent").await;
    stack.secrets.rotate_secret().secret_id(&secret).send().await.expect("the rotation starts");
    stack.moved(&secret, &old).await;
    let person = stack.person("cutter").await;
    let shown = person.sever(&["cutovers"]).await;
    assert!(shown.code == 0 && shown.json.to_string().contains(&old.id), "{shown:?}");
    assert_eq!(stack.status(&user, &old).await, Some(StatusType::Active));
    let ran = person.sever(&["cut", &old.id, "--reason", "its host was sold", "--ticket", "OPS-9"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(only(&ran.json["reacted"]["reactions"])["verdict"], "verified_revoked", "{}", ran.json);
    assert_eq!(stack.status(&user, &old).await, Some(StatusType::Inactive));
}

#[tokio::test]
async fn an_exposed_key_dies_at_once_and_its_secret_brings_another() {
    let stack = Stack::enforcing().await;
    let Managed { user, key: exposed, secret } = stack.managed("workload").await;
    assert_eq!(stack.accepts(&exposed).await, Ok(()));
    let mut event = event("health/credentials-exposed.json", &[("AKIAEXAMPLECIDEPLOY1", &exposed.id)]);
    event["detail"]["eventArn"] = json!(format!("arn:aws:health:us-east-1::event/RISK/X/{}", unique("event")));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let reaction = only(&response["reactions"]);

    assert_eq!(stack.knows(&exposed).await, Err("InvalidClientTokenId".to_owned()));
    let new = stack.moved(&secret, &exposed).await;
    // The recheck did not take it for an attacker's.
    assert_eq!(stack.status(&user, &new).await, Some(StatusType::Active));
    assert_eq!(stack.knows(&new).await, Ok(()));
    assert!(stack.policies(&user).await.contains(&"SeveranceQuarantine".to_owned()), "it was told to others, too");

    let case = until_verified(&stack, reaction).await;
    assert_eq!(steps(&case), ["quarantine_user", "deactivate_access_key", "rotate_secret"]);
    let sentence = format!("used {} and no longer can: 127.0.0.1", exposed.id);
    assert!(case.rechecks.last().is_none_or(severance_domain::case::Recheck::is_quiet), "{:?}", case.rechecks);
    let stated = stack.evidence(reaction).await.predicate.case;
    let names = |note: &String| note.starts_with(&sentence) && note.contains("iam.amazonaws.com");
    assert!(stated.notes.iter().any(names), "{:?}", stated.notes);
}

#[tokio::test]
async fn a_managed_key_that_is_too_old_is_replaced_and_not_cut() {
    let stack = Stack::enforcing().await;
    // The key of an agent that nobody rotates would die: it was not used for longer than two weeks.
    let Managed { user, key: old, secret } = stack.managed("agent").await;
    stack.age(&old, 400, Some(120)).await;
    let response = stack.invoke(Function::PostureFinding, &stale(&user)).await.expect("an answer");
    let case = until_verified(&stack, only(&response["reactions"])).await;
    assert_eq!(steps(&case), ["rotate_secret"], "{case:#?}");
    let new = stack.moved(&secret, &old).await;
    assert_eq!(stack.knows(&new).await, Ok(()));
    assert_eq!(stack.status(&user, &old).await, Some(StatusType::Active));
    let cutover = stack.cutover(&old).await.expect("a cutover");
    assert_eq!((&cutover["new"], &cutover["secret"]), (&json!(new.id), &json!(secret)));
}

// ---- Copies. ----------------------------------------------------------------------------------------------------------

/// Puts the id of a key where keys are found, and returns each place's kind, a part of its ARN, and the field.
async fn scatter(stack: &Stack, id: &str) -> Vec<(&'static str, String, Option<&'static str>)> {
    let (ssm, codebuild, ecs) = (
        aws_sdk_ssm::Client::new(stack.sdk()),
        aws_sdk_codebuild::Client::new(stack.sdk()),
        aws_sdk_ecs::Client::new(stack.sdk()),
    );
    let (plain, secure) = (unique("plain"), unique("secure"));
    let put = ssm.put_parameter().name(&plain).value(id).r#type(aws_sdk_ssm::types::ParameterType::String);
    put.send().await.expect("a parameter");
    let put = ssm.put_parameter().name(&secure).value(format!("aws_access_key_id={id}"));
    put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.expect("a secure parameter");

    let function = unique("function");
    let configured = stack.lambda.get_function_configuration().function_name(stack.name("POSTURE_FINDING_FUNCTION"));
    let role = configured.send().await.expect("a function").role().expect("its role").to_owned();
    let variables = aws_sdk_lambda::types::Environment::builder().variables("OLD_KEY", id).build();
    let code = aws_sdk_lambda::types::FunctionCode::builder().image_uri("example.com/never/started:1").build();
    let create = stack.lambda.create_function().function_name(&function).role(&role).environment(variables);
    let create = create.package_type(aws_sdk_lambda::types::PackageType::Image).code(code);
    create.send().await.expect("a function");

    let project = unique("project");
    create_project(&codebuild, &project, &role, id).await;

    let family = unique("family");
    let variable = aws_sdk_ecs::types::KeyValuePair::builder().name("OLD_KEY").value(id).build();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("app").image("x").memory(64);
    let container = container.environment(variable).build();
    let register = ecs.register_task_definition().family(&family).container_definitions(container);
    register.send().await.expect("a task definition");
    vec![
        ("parameter", plain, None),
        ("parameter", secure, Some("aws_access_key_id")),
        ("function_environment", function, Some("OLD_KEY")),
        ("build_project", project, Some("OLD_KEY")),
        ("task_definition", family, Some("app/OLD_KEY")),
    ]
}

async fn create_project(codebuild: &aws_sdk_codebuild::Client, name: &str, role: &str, id: &str) {
    use aws_sdk_codebuild::types::{
        ArtifactsType, ComputeType, EnvironmentType, EnvironmentVariable, ProjectArtifacts, ProjectEnvironment,
        ProjectSource, SourceType,
    };
    let source = ProjectSource::builder().r#type(SourceType::NoSource).buildspec("version: 0.2").build();
    let artifacts = ProjectArtifacts::builder().r#type(ArtifactsType::NoArtifacts).build();
    let variable = EnvironmentVariable::builder().name("OLD_KEY").value(id).build().expect("a variable");
    let environment = ProjectEnvironment::builder()
        .r#type(EnvironmentType::LinuxContainer)
        .image("x")
        .compute_type(ComputeType::BuildGeneral1Small)
        .environment_variables(variable)
        .build();
    codebuild
        .create_project()
        .name(name)
        .source(source.expect("a source"))
        .artifacts(artifacts.expect("no artifacts"))
        .environment(environment.expect("an environment"))
        .service_role(role)
        .send()
        .await
        .expect("a project");
}

#[tokio::test]
async fn every_copy_is_found_and_no_value_is_told() {
    let stack = Stack::enforcing().await;
    let user = unique("copied");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let value = key.in_secret(&user);
    let (one, other) = (stack.secret(&value, &[]).await, stack.secret(&value, &[]).await);
    let unlike = stack.secret(&unique("another-value"), &[]).await;
    let mut expected = scatter(&stack, &key.id).await;
    expected.extend([&one, &other].map(|arn| ("secret", arn.clone(), Some("accessKeyId"))));

    let request = json!({"search": {"accessKey": key.id, "equalTo": one}});
    let found = stack.invoke_named("COPIES_SEARCH_FUNCTION", &request).await.expect("an answer");
    let copies = found["copies"].as_array().expect("copies");
    for (place, part, field) in &expected {
        let is_it = |copy: &&Value| {
            copy["place"] == *place
                && copy["how"] == "names_key"
                && copy["arn"].as_str().is_some_and(|arn| arn.contains(part.as_str()))
        };
        let copy = copies.iter().find(is_it).unwrap_or_else(|| panic!("no {place} {part} in {found}"));
        assert_eq!(copy["field"].as_str(), *field, "{copy}");
        assert_eq!(copy["region"], "us-east-1");
    }
    let named = copies.iter().filter(|copy| copy["how"] == "names_key").count();
    assert_eq!(named, expected.len(), "nothing else names this key: {found}");
    let equal = copies.iter().filter(|copy| copy["how"]["equal_value"]["to"] == json!(one));
    assert_eq!(equal.map(|copy| &copy["arn"]).collect::<Vec<_>>(), [&json!(other)], "{found}");
    let groups = found["equal"].as_array().expect("groups");
    let group = groups.iter().find(|group| group.as_array().is_some_and(|arns| arns.contains(&json!(one))));
    let mut same = vec![json!(one), json!(other)];
    same.sort_by_key(Value::to_string);
    assert_eq!(group, Some(&json!(same)), "{found}");
    assert!(groups.iter().all(|group| !group.to_string().contains(&unlike)), "{found}");
    assert!(!key.is_told_by(&found.to_string()), "the secret half is in the answer");
    for (place, _, _) in &expected {
        assert!(found["lookedAt"][*place].as_u64().is_some_and(|count| count > 0), "{found}");
    }
}

#[tokio::test]
async fn a_copy_that_is_ours_follows_its_key_and_one_that_is_not_is_named() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let Managed { user, key: old, secret } = stack.managed("workload").await;
    let ours = stack.secret(&old.in_secret(&user), &[MANAGED]).await;
    let theirs = stack.secret(&old.in_secret(&user), &[OWNER]).await;
    stack.secrets.rotate_secret().secret_id(&secret).send().await.expect("the rotation starts");
    let new = stack.moved(&secret, &old).await;
    stack.run_schedule_until_so("our copy follows", || async { stack.key_in(&ours).await.id == new.id }).await;
    assert_eq!(stack.knows(&stack.key_in(&ours).await).await, Ok(()));
    assert_eq!(stack.key_in(&theirs).await.id, old.id, "what is not ours is not written");

    let quiet = || async {
        let cases = stack.cases_of_cutover(&old).await;
        cases.iter().any(|case| stage(case) == Some(Stage::Quiet) && case.verdict.is_some())
    };
    stack.run_schedule_until_so("the old key is quiet", quiet).await;
    let cases = stack.cases_of_cutover(&old).await;
    let message = inbox.about(cases[0].id.as_str()).await;
    let notes = stack.evidence_of(&message).await.predicate.case.notes;
    let is_left = format!("a copy of {} is left", old.id);
    let left: Vec<&String> = notes.iter().filter(|note| note.contains(&is_left)).collect();
    assert!(left.len() == 1 && left[0].contains(&theirs), "{notes:?}");
    let body = message["Message"].as_str().expect("a body");
    assert!(body.contains(&theirs) && !old.is_told_by(body), "{body}");
}

// ---- What does not go well. -------------------------------------------------------------------------------------------

#[tokio::test]
async fn a_rotation_that_fails_waits_for_its_owner() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let owner = "databases@example.com";
    let secret = stack.secret(r#"{"password":"x"}"#, &[("severance:owner", owner)]).await;
    // Not this stack's: one that may not read the secret, and so fails.
    let function = Stack::observing().await.rotation_function();
    stack.attach_rotation(&secret, &function, true).await;

    // Secrets Manager says so by an event, and the stack's rule brings it.
    let message = inbox.about(&secret).await;
    assert_eq!(message["MessageAttributes"]["verdict"]["Value"], "awaiting_review", "{message}");
    let body = message["Message"].as_str().expect("a body");
    for part in [owner, "its rotation failed", "sever rotate"] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    // The same, as CloudTrail writes it.
    let known = "arn:aws:secretsmanager:us-east-1:000000000000:secret:severance/payments-api-q8Zt3B";
    let mut event = event("secretsmanager/rotation-failed.json", &[(known, &secret)]);
    event["detail"]["eventID"] = json!(unique("event"));
    let response = stack.invoke(Function::PostureFinding, &event).await.expect("an answer");
    let reaction = only(&response["reactions"]);
    assert_eq!(reaction["verdict"], "awaiting_review", "{response}");
    let case = stack.evidence(reaction).await.predicate.case;
    assert_eq!(case.profile.owners, [owner]);
    assert_eq!(case.steps[0].step.countermeasure, Countermeasure::HoldForReview);
    assert!(case.steps[0].step.reason.contains("its old value still counts"), "{case:#?}");
    // Nothing was begun anew.
    let calls = &response["calls"];
    assert!(!calls.to_string().contains("RotateSecret"), "{calls}");
}

/// What the function answers to a first step that cannot be taken.
async fn refused(stack: &Stack, secret: &str, token: &str) -> String {
    let step = json!({"Step": "createSecret", "SecretId": secret, "ClientRequestToken": token});
    let failure = stack.invoke_named("SECRET_ROTATION_FUNCTION", &step).await.expect_err("the step fails");
    assert_eq!(failure["errorType"], "Severance.Terminal", "{failure}");
    failure["errorMessage"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn a_secret_that_cannot_be_rotated_says_why_and_costs_no_key() {
    let stack = Stack::enforcing().await;
    let user = unique("broken");
    stack.user(&user, "/", &[OWNER, WORKLOAD, ("severance:secret", "by hand")]).await;
    let tags = [MANAGED, ("severance:user-name", user.as_str())];
    let function = stack.rotation_function();

    // A file of the wrong kind: where it breaks is told, what it holds is not.
    let word = unique("hidden");
    let secret = stack.secret(&format!("PASSWORD={word}"), &tags).await;
    let token = stack.attach_rotation(&secret, &function, true).await;
    let why = refused(&stack, &secret, &token).await;
    assert!(why.contains("no JSON object (line 1, column 1)") && why.contains(&secret), "{why}");
    assert!(!why.contains(&word), "{why}");

    // The same, once somebody deletes it.
    stack.secrets.delete_secret().secret_id(&secret).recovery_window_in_days(7).send().await.expect("it is to go");
    let why = refused(&stack, &secret, &token).await;
    assert!(why.contains("scheduled for deletion") && why.contains("restore-secret"), "{why}");

    // Fields that nobody has named.
    let secret = stack.secret(r#"{"user":"a","password":"b"}"#, &tags).await;
    let token = stack.attach_rotation(&secret, &function, true).await;
    let why = refused(&stack, &secret, &token).await;
    assert!(why.contains("no field of a known format") && why.contains("severance:access-key-id-field"), "{why}");

    // Under a key of another account, which does not let us use it.
    let key = format!("arn:aws:kms:us-east-1:{}:key/7a1c2b3d-0000-4000-8000-000000000000", stack.member_account());
    let tag = |(key, value): (&str, &str)| aws_sdk_secretsmanager::types::Tag::builder().key(key).value(value).build();
    let create = stack.secrets.create_secret().name(unique("locked")).secret_string("{}").kms_key_id(key);
    let made = create.set_tags(Some(tags.map(tag).to_vec())).send().await.expect("a secret");
    let secret = made.arn().expect("its ARN");
    let token = stack.attach_rotation(secret, &function, true).await;
    let why = refused(&stack, secret, &token).await;
    assert!(why.contains("secretsmanager:GetSecretValue answered AccessDenied") && why.contains("KMS"), "{why}");

    // A version that nobody is making.
    let why = refused(&stack, secret, "00000000-0000-4000-8000-000000000000").await;
    assert!(why.contains("it has no version") && why.contains("rotate-secret"), "{why}");

    let keys = stack.iam.list_access_keys().user_name(&user).send().await.expect("the keys");
    assert_eq!(keys.access_key_metadata().len(), 0, "no key was made: {keys:?}");
}
