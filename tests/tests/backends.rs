//! One body, each backend that has the API: every credential is switched off, read back, switched on again, read back.
//!
//! ministack with our overlay enforces IAM and has all of them; moto is by other hands, so what both show is less likely to be
//! our own idea of AWS. moto has no service-specific credentials and evaluates no policy.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what is not as expected fails the test, in helpers too"
)]

use aws_config::SdkConfig;
use serde_json::json;
use severance_aws::countermeasures::{
    Applied, CloseRoleTrust, DeactivateAccessKey, DeactivateServiceCredential, DeactivateSigningCertificate,
    DeactivateSshPublicKey, Driver, QuarantineByScp, QuarantineUser, RemoveConsolePassword, RevokeRoleSessions, Seen,
    Undo,
};
use severance_domain::case::Case;
use severance_domain::plan::Countermeasure;
use severance_tests::{Function, Stack, doors, misused, unique};

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
    let seen = driver.confirm(step, &case.id).await;
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
        iam.create_user().user_name(&user).send().await.expect("a user");
        let key = iam.create_access_key().user_name(&user).send().await.expect("a key");
        let key = key.access_key().expect("the key").access_key_id().to_owned();
        iam.create_access_key().user_name(&user).send().await.expect("a second key");
        let third = iam.create_access_key().user_name(&user).send().await;
        assert!(third.is_err(), "{name}: two keys are the limit");
        iam.create_login_profile().user_name(&user).password("Aa1!backend-password").send().await.expect("a password");
        let ssh = iam.upload_ssh_public_key().user_name(&user).ssh_public_key_body(doors::SSH_PUBLIC_KEY).send().await;
        let ssh = ssh.expect("an SSH key").ssh_public_key().expect("it").ssh_public_key_id().to_owned();
        let upload = iam.upload_signing_certificate().user_name(&user).certificate_body(doors::CERTIFICATES[1]).send();
        let certificate = upload.await.expect("a certificate").certificate().expect("it").certificate_id().to_owned();
        let user: severance_domain::ids::IamName = user.as_str().try_into().expect("a name");
        let named = |id: &str| severance_domain::ids::CredentialId::try_from(id).expect("an id");
        let mut journeys: Vec<(Box<dyn Driver>, Countermeasure, bool)> = vec![
            (
                Box::new(DeactivateAccessKey::new(iam.clone())),
                Countermeasure::DeactivateAccessKey {
                    user: user.clone(),
                    access_key: key.as_str().try_into().expect("an id"),
                },
                true,
            ),
            (
                Box::new(DeactivateSshPublicKey::new(iam.clone())),
                Countermeasure::DeactivateSshPublicKey { user: user.clone(), key: named(&ssh) },
                true,
            ),
            (
                Box::new(DeactivateSigningCertificate::new(iam.clone())),
                Countermeasure::DeactivateSigningCertificate { user: user.clone(), certificate: named(&certificate) },
                true,
            ),
            (
                Box::new(RemoveConsolePassword::new(iam.clone())),
                Countermeasure::RemoveConsolePassword { user: user.clone() },
                false,
            ),
            (Box::new(QuarantineUser::new(iam.clone())), Countermeasure::QuarantineUser { user: user.clone() }, true),
        ];
        if backend.has_service_credentials {
            let made =
                iam.create_service_specific_credential().user_name(user.as_str()).service_name("bedrock.amazonaws.com");
            let made = made.send().await.expect("an API key");
            let id = made.service_specific_credential().expect("it").service_specific_credential_id().to_owned();
            journeys.push((
                Box::new(DeactivateServiceCredential::new(iam.clone())),
                Countermeasure::DeactivateServiceCredential {
                    user: user.clone(),
                    credential: named(&id),
                    service: "bedrock.amazonaws.com".to_owned(),
                },
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
        let close = Countermeasure::CloseRoleTrust { role: role.clone() };
        there_and_back(name, &CloseRoleTrust::new(iam.clone()), &close, &case, true).await;
        let revoke = Countermeasure::RevokeRoleSessions { role, issued_before: severance_aws::clock::now() };
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
    let step = Countermeasure::QuarantineByScp {
        principal: format!("arn:aws:iam::{account}:user/thief").as_str().try_into().expect("an ARN"),
        account: account.as_str().try_into().expect("an account"),
    };
    there_and_back(moto.name, &QuarantineByScp::new(organizations), &step, &case, true).await;
}
