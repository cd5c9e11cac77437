//! One body, each backend that has the API: every credential is switched off, read back, switched on again, read back.
//!
//! ministack with our overlay enforces IAM and has all of them; moto is by other hands, so what both show is less likely to be
//! our own idea of AWS. moto has no service-specific credentials and evaluates no policy.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_iam::types::StatusType;
use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};
use serde_json::{Value, json};
use severance_aws::calls::CallCounter;
use severance_aws::countermeasures::{
    About, Applied, CloseRoleTrust, DeactivateAccessKey, DeactivateServiceCredential, DeactivateSigningCertificate,
    DeactivateSshPublicKey, DeleteAccessKey, Driver, QuarantineByScp, QuarantineUser, RemoveConsolePassword,
    RevokeRoleSessions, Seen, Undo,
};
use severance_aws::guardrails::{Guardrails, Limits};
use severance_aws::rotation::{Keys, Vault};
use severance_domain::case::Case;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::AccountId;
use severance_domain::rotation::{RotationStep, StepRequest};
use severance_engine::rotation::{RotationError, Rotator};
use severance_tests::{ACCOUNT, Function, Stack, access_paths, misused, unique};

/// A backend, and how it is reached.
struct Backend {
    name: &'static str,
    sdk: SdkConfig,
    endpoint: String,
    has_service_credentials: bool,
}

impl Backend {
    // For each client: the environment's endpoint wins over a shared configuration's.
    fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.sdk).endpoint_url(&self.endpoint);
        aws_sdk_iam::Client::from_conf(config.build())
    }

    fn organizations(&self) -> aws_sdk_organizations::Client {
        let config = aws_sdk_organizations::config::Builder::from(&self.sdk).endpoint_url(&self.endpoint);
        aws_sdk_organizations::Client::from_conf(config.build())
    }
}

async fn backends() -> Vec<Backend> {
    let stack = Stack::enforcing().await;
    let backend = |name, endpoint, has_service_credentials| {
        let sdk = stack.sdk().clone();
        Backend { name, sdk, endpoint, has_service_credentials }
    };
    vec![backend("ministack", stack.endpoint(), true), backend("moto", severance_tests::moto(), false)]
}

/// A stored case, for what undoing depends on.
async fn some_case(stack: &Stack) -> Case {
    let user = unique("case");
    stack.user(&user, "/", &[("severance:owner", "platform@example.com")]).await;
    let key = stack.key(&user).await;
    let response = stack.invoke(Function::PostureFinding, &misused(&user, &key)).await.expect("an answer");
    stack.evidence(&response["reactions"][0]).await.predicate.case
}

/// Takes a step, reads it back, takes it again, undoes it, and reads that back.
async fn there_and_back(backend: &str, driver: &dyn Driver, step: &Countermeasure, case: &Case, is_undone: bool) {
    let what = format!("{} on {backend}", step.as_str());
    let applied = driver.apply(step, &case.id).await;
    assert!(matches!(applied, Ok(Applied::Changed(_))), "{what}: {applied:?}");
    let seen = driver.confirm(step, About::of(case)).await;
    assert!(matches!(seen, Ok(Seen::InEffect(_))), "{what}: {seen:?}");
    assert!(driver.apply(step, &case.id).await.is_ok(), "{what}, once more");
    if is_undone {
        let undo = Undo { case, keep_sessions_denied: false };
        let undone = driver.undo(step, undo).await;
        assert!(matches!(undone, Ok(Applied::Changed(_))), "{what}: {undone:?}");
        let seen = driver.confirm_undone(step, undo).await;
        assert!(matches!(seen, Ok(Seen::InEffect(_))), "{what}: {seen:?}");
    }
}

#[tokio::test]
async fn each_credential_goes_there_and_back_on_each_backend_that_has_it() {
    let stack = Stack::enforcing().await;
    let case = some_case(&stack).await;
    for backend in backends().await {
        let (name, iam) = (backend.name, backend.iam());
        let user = unique("backend");
        let made = iam.create_user().user_name(&user).send().await.expect("a user");
        // What is not held any more is read by the unique id of the user that a case is about.
        let mut case = case.clone();
        case.subject.name.clone_from(&user);
        case.subject.unique_id = made.user().and_then(|user| user.user_id().try_into().ok());
        let key = iam.create_access_key().user_name(&user).send().await.expect("a key");
        let key = key.access_key().expect("the key").access_key_id().to_owned();
        iam.create_access_key().user_name(&user).send().await.expect("a second key");
        let third = iam.create_access_key().user_name(&user).send().await;
        assert!(third.is_err(), "{name}: two keys are the limit");
        iam.create_login_profile().user_name(&user).password("Aa1!backend-password").send().await.expect("a password");
        let ssh =
            iam.upload_ssh_public_key().user_name(&user).ssh_public_key_body(access_paths::SSH_PUBLIC_KEY).send().await;
        let ssh = ssh.expect("an SSH key").ssh_public_key().expect("it").ssh_public_key_id().to_owned();
        let upload =
            iam.upload_signing_certificate().user_name(&user).certificate_body(access_paths::CERTIFICATES[1]).send();
        let certificate = upload.await.expect("a certificate").certificate().expect("it").certificate_id().to_owned();
        let user: severance_domain::ids::IamName = user.as_str().try_into().expect("a name");
        let named = |id: &str| severance_domain::ids::CredentialId::try_from(id).expect("an id");
        let mut journeys: Vec<(Box<dyn Driver>, Countermeasure, bool)> = vec![
            (
                Box::new(DeactivateAccessKey::new(iam.clone())),
                Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey {
                    user: user.clone(),
                    access_key: key.as_str().try_into().expect("an id"),
                }),
                true,
            ),
            (
                Box::new(DeactivateSshPublicKey::new(iam.clone())),
                Countermeasure::DeactivateSshPublicKey(card::DeactivateSshPublicKey {
                    user: user.clone(),
                    key: named(&ssh),
                }),
                true,
            ),
            (
                Box::new(DeactivateSigningCertificate::new(iam.clone())),
                Countermeasure::DeactivateSigningCertificate(card::DeactivateSigningCertificate {
                    user: user.clone(),
                    certificate: named(&certificate),
                }),
                true,
            ),
            (
                Box::new(RemoveConsolePassword::new(iam.clone())),
                Countermeasure::RemoveConsolePassword(card::RemoveConsolePassword { user: user.clone() }),
                false,
            ),
            (
                Box::new(QuarantineUser::new(iam.clone())),
                Countermeasure::QuarantineUser(card::QuarantineUser::of(user.clone(), None)),
                true,
            ),
        ];
        if backend.has_service_credentials {
            let made =
                iam.create_service_specific_credential().user_name(user.as_str()).service_name("bedrock.amazonaws.com");
            let made = made.send().await.expect("an API key");
            let id = made.service_specific_credential().expect("it").service_specific_credential_id().to_owned();
            journeys.push((
                Box::new(DeactivateServiceCredential::new(iam.clone())),
                Countermeasure::DeactivateServiceCredential(card::DeactivateServiceCredential {
                    user: user.clone(),
                    credential: named(&id),
                    service: "bedrock.amazonaws.com".to_owned(),
                }),
                true,
            ));
        }
        for (driver, step, is_undone) in &journeys {
            there_and_back(name, driver.as_ref(), step, &case, *is_undone).await;
        }

        let role = unique("backend");
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::000000000000:root"}}]});
        let made = iam.create_role().role_name(&role).assume_role_policy_document(trust.to_string()).send().await;
        made.expect("a role");
        let role: severance_domain::ids::IamName = role.as_str().try_into().expect("a name");
        let close = Countermeasure::CloseRoleTrust(card::CloseRoleTrust::of(role.clone()));
        there_and_back(name, &CloseRoleTrust::new(iam.clone()), &close, &case, true).await;
        let revoke = Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions {
            role,
            issued_before: severance_aws::clock::now(),
        });
        there_and_back(name, &RevokeRoleSessions::new(iam), &revoke, &case, false).await;
    }
}

/// moto's organization has nobody to bind; what is written, attached and taken away again is the same.
#[tokio::test]
async fn a_service_control_policy_goes_there_and_back_on_another_backend() {
    let stack = Stack::enforcing().await;
    let case = some_case(&stack).await;
    let moto = backends().await.remove(1);
    let organizations = moto.organizations();
    organizations.create_organization().send().await.expect("an organization");
    let made = organizations.create_account().account_name("member").email("member@example.com").send().await;
    let made = made.expect("an account");
    let account = made.create_account_status().and_then(|status| status.account_id()).expect("its id").to_owned();
    let step = Countermeasure::QuarantineByScp(card::QuarantineByScp {
        principal: format!("arn:aws:iam::{account}:user/thief").as_str().try_into().expect("an ARN"),
        account: account.as_str().try_into().expect("an account"),
        unique_id: None,
    });
    there_and_back(moto.name, &QuarantineByScp::new(organizations, "severance"), &step, &case, true).await;
}

/// What a rotation needs, on one backend. All of it goes there, whatever the environment's endpoint is.
struct Rotation {
    name: &'static str,
    sdk: SdkConfig,
    secrets: aws_sdk_secretsmanager::Client,
    iam: aws_sdk_iam::Client,
    cutovers: Guardrails,
    rotator: Rotator,
}

impl Rotation {
    async fn on(backend: &Backend) -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest()).endpoint_url(&backend.endpoint).load().await;
        let (secrets, iam) = (aws_sdk_secretsmanager::Client::new(&sdk), aws_sdk_iam::Client::new(&sdk));
        let account = AccountId::try_from(ACCOUNT).expect("an account");
        let limits = Limits {
            account: account.clone(),
            hygiene_account: 0,
            hygiene_organization: 0,
            danger_account: 0,
            danger_organization: 0,
            window: jiff::SignedDuration::from_hours(1),
        };
        let cutovers = Guardrails::new(aws_sdk_dynamodb::Client::new(&sdk), table(&sdk).await, limits);
        let rotator = Rotator::new(
            Vault::new(secrets.clone()),
            Keys::new(iam.clone()),
            cutovers.clone(),
            // moto has no history of calls.
            None,
            sdk.clone(),
            CallCounter::default(),
            account,
            format!("arn:aws:iam::{ACCOUNT}:role/nobody"),
        );
        Self { name: backend.name, sdk, secrets, iam, cutovers, rotator }
    }

    async fn key(&self, user: &str) -> (String, String) {
        let made = self.iam.create_access_key().user_name(user).send().await.expect("a key");
        let key = made.access_key().expect("the key");
        (key.access_key_id().to_owned(), key.secret_access_key().to_owned())
    }

    async fn keys(&self, user: &str) -> Vec<String> {
        let listed = self.iam.list_access_keys().user_name(user).send().await.expect("the keys");
        let ids = listed.access_key_metadata().iter().filter_map(|key| key.access_key_id());
        ids.map(str::to_owned).collect()
    }

    /// Starts a rotation that nobody carries out: a version without a value is the pending one.
    async fn begin(&self, secret: &str) -> String {
        let rules = RotationRulesType::builder().automatically_after_days(30).build();
        let mut rotate = self.secrets.rotate_secret().secret_id(secret).rotation_rules(rules);
        if self.name == "ministack" {
            rotate = rotate.rotation_lambda_arn(broken_function().await);
        }
        let answer = rotate.send().await.expect("the rotation starts");
        let token = answer.version_id().expect("a version").to_owned();
        if self.name == "moto" {
            // Without a function to call, moto makes the new version the current one at once.
            let first = self.version(secret, "AWSPREVIOUS").await;
            let back = self.secrets.update_secret_version_stage().secret_id(secret).version_stage("AWSCURRENT");
            back.move_to_version_id(first).remove_from_version_id(&token).send().await.expect("the label moves back");
            let pending = self.secrets.update_secret_version_stage().secret_id(secret).version_stage("AWSPENDING");
            pending.move_to_version_id(&token).send().await.expect("the version is pending");
        }
        token
    }

    async fn version(&self, secret: &str, label: &str) -> String {
        let described = self.secrets.describe_secret().secret_id(secret).send().await.expect("the secret");
        let mut versions = described.version_ids_to_stages().into_iter().flatten();
        let found = versions.find(|(_, labels)| labels.iter().any(|held| held == label));
        found.unwrap_or_else(|| panic!("{}: no {label} in {described:?}", self.name)).0.clone()
    }

    async fn step(&self, step: RotationStep, secret: &str, token: &str) -> Result<(), RotationError> {
        let request = StepRequest { step, secret_id: secret.to_owned(), client_request_token: token.to_owned() };
        Box::pin(self.rotator.step(&request)).await
    }
}

/// A table for journals and cutovers.
async fn table(sdk: &SdkConfig) -> String {
    let name = unique("rotations");
    let column =
        |name: &str| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build();
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    aws_sdk_dynamodb::Client::new(sdk)
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(column("pk").expect("a column"))
        .attribute_definitions(column("sk").expect("a column"))
        .key_schema(key("pk", KeyType::Hash).expect("a key"))
        .key_schema(key("sk", KeyType::Range).expect("a key"))
        .send()
        .await
        .expect("a table");
    name
}

/// The ARN of a function that Secrets Manager may call and that understands no step: a rotation by it stays where it is.
async fn broken_function() -> String {
    let stack = Stack::observing().await;
    let name = stack.name("KEY_CREATION_FUNCTION");
    let permit = stack.lambda.add_permission().function_name(&name).statement_id(unique("rotation"));
    let permit = permit.action("lambda:InvokeFunction").principal("secretsmanager.amazonaws.com");
    permit.source_account(ACCOUNT).send().await.expect("the permission");
    format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}")
}

/// Two keys are the limit; what is made is stored as pending, tried, and made the current one; the old one goes to its cutover and
/// from there.
#[tokio::test]
async fn a_key_is_replaced_in_its_secret_on_each_backend() {
    let stack = Stack::enforcing().await;
    let case = some_case(&stack).await;
    for backend in backends().await {
        let rotation = Rotation::on(&backend).await;
        let (on, iam) = (rotation.name, &rotation.iam);
        let user = unique("rotated");
        iam.create_user().user_name(&user).send().await.expect("a user");
        let (old, half) = rotation.key(&user).await;
        let value = json!({"userName": user, "accessKeyId": old, "secretAccessKey": half, "note": "kept"}).to_string();
        let managed = Tag::builder().key("severance:managed").value("true").build();
        let create = rotation.secrets.create_secret().name(unique("rotated")).secret_string(value).tags(managed);
        let secret = create.send().await.expect("a secret").arn().expect("its ARN").to_owned();
        let token = rotation.begin(&secret).await;
        let current = rotation.version(&secret, "AWSCURRENT").await;

        // Both places are taken: each key is named, and none is touched.
        let (other, _) = rotation.key(&user).await;
        let full = rotation.step(RotationStep::CreateSecret, &secret, &token).await;
        let Err(RotationError::NoPlace { keys, .. }) = &full else { panic!("{on}: {full:?}") };
        assert!(keys.contains(&format!("{old} (which the secret holds)")), "{on}: {keys}");
        assert!(keys.contains(&format!("{other} (which Severance did not make)")), "{on}: {keys}");
        assert_eq!(rotation.keys(&user).await.len(), 2, "{on}");
        iam.delete_access_key().user_name(&user).access_key_id(&other).send().await.expect("a place");

        for _ in 0..2 {
            // Once more changes nothing.
            let made = rotation.step(RotationStep::CreateSecret, &secret, &token).await;
            assert_eq!(made, Ok(()), "{on}");
        }
        let keys = rotation.keys(&user).await;
        assert_eq!(keys.len(), 2, "{on}: {keys:?}");
        let new = keys.into_iter().find(|key| *key != old).expect("a new key");
        let read = rotation.secrets.get_secret_value().secret_id(&secret).version_id(&token).send().await;
        let held: Value = serde_json::from_str(read.expect("a value").secret_string().expect("a text")).expect("JSON");
        assert_eq!((&held["accessKeyId"], &held["note"]), (&json!(new), &json!("kept")), "{on}");
        assert_eq!(rotation.version(&secret, "AWSPENDING").await, token, "{on}");
        assert_eq!(rotation.version(&secret, "AWSCURRENT").await, current, "{on}");

        for step in [RotationStep::SetSecret, RotationStep::TestSecret, RotationStep::FinishSecret] {
            assert_eq!(rotation.step(step, &secret, &token).await, Ok(()), "{on}");
        }
        assert_eq!(rotation.version(&secret, "AWSCURRENT").await, token, "{on}");
        assert_eq!(rotation.version(&secret, "AWSPREVIOUS").await, current, "{on}");
        let cutovers = rotation.cutovers.cutovers().await.expect("the cutovers");
        let told: Vec<_> = cutovers.iter().map(|cutover| (cutover.old.as_str(), cutover.new.as_str())).collect();
        assert_eq!(told, [(old.as_str(), new.as_str())], "{on}");

        gone(&rotation, &user, (old.as_str(), half.as_str()), &case).await;
    }
}

/// The last use of a replaced key shows; and it is deleted only while it is inactive.
async fn gone(rotation: &Rotation, user: &str, (old, half): (&str, &str), case: &Case) {
    let (on, iam) = (rotation.name, &rotation.iam);
    let begun = severance_aws::clock::now().as_second();
    let credentials = aws_sdk_iam::config::Credentials::new(old, half, None, None, "test");
    let config = aws_sdk_sts::config::Builder::from(&rotation.sdk).credentials_provider(credentials).build();
    aws_sdk_sts::Client::from_conf(config).get_caller_identity().send().await.expect("the old key works");
    let last = iam.get_access_key_last_used().access_key_id(old).send().await.expect("its last use");
    let at = last.access_key_last_used().and_then(|last| last.last_used_date()).expect("a time").secs();
    assert!(at >= begun - 1, "{on}: {at} is before {begun}");

    let user = severance_domain::ids::IamName::try_from(user).expect("a name");
    let driver = DeleteAccessKey::new(iam.clone());
    let step = Countermeasure::DeleteAccessKey(card::DeleteAccessKey {
        user: user.clone(),
        access_key: old.try_into().expect("an id"),
    });
    let refused = driver.apply(&step, &case.id).await;
    assert!(refused.is_err_and(|error| error.code == "KeyIsActive"), "{on}");
    let update = iam.update_access_key().user_name(user.as_str()).access_key_id(old).status(StatusType::Inactive);
    update.send().await.expect("the key is inactive");
    let mut case = case.clone();
    let shown = iam.get_user().user_name(user.as_str()).send().await.expect("the user");
    case.subject.name = user.to_string();
    case.subject.unique_id = shown.user().and_then(|user| user.user_id().try_into().ok());
    there_and_back(on, &driver, &step, &case, false).await;
    assert_eq!(rotation.keys(user.as_str()).await.len(), 1, "{on}");
}
