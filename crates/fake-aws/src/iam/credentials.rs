//! SSH public keys, signing certificates and service-specific credentials: three kinds with one shape.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::state::State;
use crate::store::{Table, View};

use super::lists::{paged, time};
use super::names::{Kind, invalid, named, named_or_own, number, one_of, user_name};
use super::{Iam, OtherCredential, key};

/// A kind of credential, and how IAM calls it.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// The member that has its id.
    id: &'static str,
    /// In words.
    what: &'static str,
    /// What a list of them is called.
    list: &'static str,
    table: fn(&Iam) -> &Table<OtherCredential>,
    table_mut: fn(&mut Iam) -> &mut Table<OtherCredential>,
}

pub(super) const SSH_KEY: Shape = Shape {
    id: "SSHPublicKeyId",
    what: "Public Key with id",
    list: "SSHPublicKeys",
    table: |iam| &iam.ssh_keys,
    table_mut: |iam| &mut iam.ssh_keys,
};

pub(super) const CERTIFICATE: Shape = Shape {
    id: "CertificateId",
    what: "Certificate with id",
    list: "Certificates",
    table: |iam| &iam.certificates,
    table_mut: |iam| &mut iam.certificates,
};

pub(super) const SERVICE_CREDENTIAL: Shape = Shape {
    id: "ServiceSpecificCredentialId",
    what: "service specific credential",
    list: "ServiceSpecificCredentials",
    table: |iam| &iam.service_credentials,
    table_mut: |iam| &mut iam.service_credentials,
};

/// SSH public keys of a user (IAM quotas, not adjustable).
const SSH_KEYS: usize = 5;
/// Signing certificates of a user (IAM quotas, not adjustable).
const CERTIFICATES: usize = 2;
/// Service-specific credentials of a user for one service (`CreateServiceSpecificCredential`).
const SERVICE_CREDENTIALS: usize = 2;

/// Services that have credentials with a user name and a password.
const WITH_PASSWORD: [&str; 2] = ["codecommit.amazonaws.com", "cassandra.amazonaws.com"];
/// Services that have long-term API keys, which may end by themselves.
const WITH_API_KEY: [&str; 4] =
    ["bedrock.amazonaws.com", "aws-external-anthropic.amazonaws.com", "cloudwatch.amazonaws.com", "logs.amazonaws.com"];

fn upload(state: &mut State, call: &Call, user: &str, shape: Shape, prefix: &str) -> (String, OtherCredential) {
    let id = state.unique(prefix);
    let (at, lag) = state.writing(call);
    let held = OtherCredential { status: "Active".to_owned(), created: at, service: String::new(), expires: None };
    (shape.table_mut)(&mut state.iam).put(at, &lag, key(call.account(), user, &id), held.clone());
    (id, held)
}

pub(super) fn upload_ssh_key(state: &mut State, call: &Call) -> Answer {
    let user = named(state, View::Settled, call, Kind::User)?;
    let body = call.required("SSHPublicKeyBody")?;
    if !body.starts_with("ssh-rsa ") && !body.starts_with("-----BEGIN PUBLIC KEY-----") {
        return Err(Refusal::new(400, "UnrecognizedPublicKeyEncoding", "The public key encoding is not recognized."));
    }
    if state.iam.ssh_keys.of(View::Settled, call.account(), &user).count() >= SSH_KEYS {
        return Err(Refusal::limit("SSHPublicKeysPerUser: 5"));
    }
    let (id, held) = upload(state, call, &user, SSH_KEY, "APKA");
    Ok(json!({ "SSHPublicKey": {
        "UserName": user_name(&state.iam, View::Settled, call.account(), &user), "SSHPublicKeyId": id,
        "Fingerprint": "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff", "SSHPublicKeyBody": body, "Status": held.status,
        "UploadDate": time(held.created),
    } }))
}

pub(super) fn upload_certificate(state: &mut State, call: &Call) -> Answer {
    let user = named_or_own(state, View::Settled, call)?;
    let body = call.required("CertificateBody")?;
    if !body.starts_with("-----BEGIN CERTIFICATE-----") {
        return Err(Refusal::new(400, "MalformedCertificate", "Unable to parse certificate."));
    }
    if state.iam.certificates.of(View::Settled, call.account(), &user).count() >= CERTIFICATES {
        return Err(Refusal::limit("SigningCertificatesPerUser: 2"));
    }
    let (id, held) = upload(state, call, &user, CERTIFICATE, "ASCACERT");
    Ok(json!({ "Certificate": {
        "UserName": user_name(&state.iam, View::Settled, call.account(), &user), "CertificateId": id, "CertificateBody": body,
        "Status": held.status, "UploadDate": time(held.created),
    } }))
}

pub(super) fn create_service_credential(state: &mut State, call: &Call) -> Answer {
    let user = named(state, View::Settled, call, Kind::User)?;
    let service = call.required("ServiceName")?;
    let ages = WITH_API_KEY.contains(&service);
    if !ages && !WITH_PASSWORD.contains(&service) {
        let why = format!("The specified service {service} does not support service-specific credentials.");
        return Err(Refusal::new(404, "NotSupportedService", why));
    }
    let age = match &call.request.input["CredentialAgeDays"] {
        Value::Null => None,
        _ if !ages => return Err(invalid("CredentialAgeDays is not supported for this service")),
        _ => {
            let days = number(call, "CredentialAgeDays").filter(|days| (1..=36_600).contains(days));
            Some(days.ok_or_else(|| invalid("Value at 'credentialAgeDays' must be from 1 to 36600"))?)
        }
    };
    let account = call.account();
    let held = state.iam.service_credentials.of(View::Settled, account, &user);
    if held.filter(|(_, held)| held.service == service).count() >= SERVICE_CREDENTIALS {
        return Err(Refusal::limit("ServiceSpecificCredentialsPerUser: 2"));
    }
    let id = state.unique("ACCA");
    let (at, lag) = state.writing(call);
    let expires = age.map(|days| at + SignedDuration::from_hours(24 * days));
    let held = OtherCredential { status: "Active".to_owned(), created: at, service: service.to_owned(), expires };
    state.iam.service_credentials.put(at, &lag, key(account, &user, &id), held.clone());
    Ok(json!({ "ServiceSpecificCredential": with_secret(state, call, &user, &id, &held) }))
}

/// Another secret for the same credential, whose status stays as it is.
pub(super) fn reset_service_credential(state: &mut State, call: &Call) -> Answer {
    let (user, id, held) = found(state, call, SERVICE_CREDENTIAL)?;
    let (at, lag) = state.writing(call);
    state.iam.service_credentials.put(at, &lag, key(call.account(), &user, &id), held.clone());
    Ok(json!({ "ServiceSpecificCredential": with_secret(state, call, &user, &id, &held) }))
}

fn with_secret(state: &mut State, call: &Call, user: &str, id: &str, held: &OtherCredential) -> Value {
    let secret = state.unique("secret/of/this/service/");
    let name = user_name(&state.iam, View::Settled, call.account(), user);
    let mut shown = shown(SERVICE_CREDENTIAL, call, name, id, held);
    let member = if WITH_API_KEY.contains(&&*held.service) { "ServiceCredentialSecret" } else { "ServicePassword" };
    shown[member] = secret.into();
    shown
}

fn shown(shape: Shape, call: &Call, user: &str, id: &str, held: &OtherCredential) -> Value {
    let mut shown = json!({ "UserName": user, "Status": held.status_at(call.at) });
    shown[shape.id] = id.into();
    if held.service.is_empty() {
        shown["UploadDate"] = time(held.created);
        // A certificate's text is a required member of the model.
        shown["CertificateBody"] =
            if shape.id == CERTIFICATE.id { "-----BEGIN CERTIFICATE-----".into() } else { Value::Null };
    } else {
        let number = &id[id.len() - 4..];
        shown["CreateDate"] = time(held.created);
        shown["ServiceName"] = held.service.as_str().into();
        shown["ExpirationDate"] = held.expires.map_or(Value::Null, time);
        let member = if WITH_API_KEY.contains(&&*held.service) { "ServiceCredentialAlias" } else { "ServiceUserName" };
        shown[member] = format!("{user}-{number}-at-{}", call.account()).into();
    }
    shown
}

/// The credential that a call changes, with its user.
fn found(state: &State, call: &Call, shape: Shape) -> Result<(String, String, OtherCredential), Refusal> {
    let user = named_or_own(state, View::Settled, call)?;
    let id = call.required(shape.id)?;
    let held = (shape.table)(&state.iam).get(View::Settled, &key(call.account(), &user, id));
    let held = held.ok_or_else(|| Refusal::no_such(&format!("{} {id}", shape.what)))?;
    Ok((user, id.to_owned(), held.clone()))
}

pub(super) fn update(state: &mut State, call: &Call, shape: Shape) -> Answer {
    let status = one_of(call, "Status", &["Active", "Inactive"])?;
    let (user, id, mut held) = found(state, call, shape)?;
    status.clone_into(&mut held.status);
    let (at, lag) = state.writing(call);
    (shape.table_mut)(&mut state.iam).put(at, &lag, key(call.account(), &user, &id), held);
    Ok(json!({}))
}

pub(super) fn delete(state: &mut State, call: &Call, shape: Shape) -> Answer {
    let (user, id, _) = found(state, call, shape)?;
    let (at, lag) = state.writing(call);
    (shape.table_mut)(&mut state.iam).remove(at, &lag, &key(call.account(), &user, &id));
    Ok(json!({}))
}

pub(super) fn list(state: &State, call: &Call, shape: Shape) -> Answer {
    let (view, account) = (View::Reads(call.at), call.account());
    let user = named_or_own(state, view, call)?;
    let name = user_name(&state.iam, view, account, &user);
    let held = (shape.table)(&state.iam).of(view, account, &user);
    let held = held.map(|(id, held)| (id.to_owned(), shown(shape, call, name, id, held)));
    paged(state, call, shape.list, held)
}

/// Of one user, or with `AllUsers` of the account; of one service where it is named.
pub(super) fn list_service_credentials(state: &State, call: &Call) -> Answer {
    let (view, account, service) = (View::Reads(call.at), call.account(), call.text("ServiceName"));
    let one = if call.flag("AllUsers") { None } else { Some(named_or_own(state, view, call)?) };
    let all = state.iam.service_credentials.in_account(view, account);
    let held = all.filter(|(user, _, held)| {
        one.as_ref().is_none_or(|one| one == user) && (service.is_empty() || held.service == service)
    });
    let held = held.map(|(user, id, held)| {
        (id.to_owned(), shown(SERVICE_CREDENTIAL, call, user_name(&state.iam, view, account, user), id, held))
    });
    paged(state, call, SERVICE_CREDENTIAL.list, held)
}

/// No user here has a second factor.
pub(super) fn list_mfa(state: &State, call: &Call) -> Answer {
    named_or_own(state, View::Reads(call.at), call)?;
    Ok(json!({ "MFADevices": [], "IsTruncated": false }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{FakeAws, Request, Setup};

    #[tokio::test]
    async fn each_kind_has_its_quota_and_an_api_key_expires_by_itself() {
        let aws = FakeAws::new(Setup::default());
        let ask = |operation: &str, input| aws.stage("111111111111", Request::new("iam", operation, input));
        ask("CreateUser", json!({ "UserName": "ann" })).unwrap();
        let ssh = json!({ "UserName": "ann", "SSHPublicKeyBody": "ssh-rsa AAAA" });
        for _ in 0..5 {
            ask("UploadSSHPublicKey", ssh.clone()).unwrap();
        }
        assert_eq!(ask("UploadSSHPublicKey", ssh).unwrap_err().code, "LimitExceeded");
        let certificate = json!({ "UserName": "ann", "CertificateBody": "-----BEGIN CERTIFICATE-----" });
        for _ in 0..2 {
            ask("UploadSigningCertificate", certificate.clone()).unwrap();
        }
        assert_eq!(ask("UploadSigningCertificate", certificate).unwrap_err().code, "LimitExceeded");
        let bedrock = json!({ "UserName": "ann", "ServiceName": "bedrock.amazonaws.com", "CredentialAgeDays": "1" });
        for _ in 0..2 {
            ask("CreateServiceSpecificCredential", bedrock.clone()).unwrap();
        }
        assert_eq!(ask("CreateServiceSpecificCredential", bedrock).unwrap_err().code, "LimitExceeded");
        ask("CreateServiceSpecificCredential", json!({ "UserName": "ann", "ServiceName": "codecommit.amazonaws.com" }))
            .unwrap();
        let list = ask("ListServiceSpecificCredentials", json!({ "AllUsers": "true" })).unwrap();
        assert_eq!(list["ServiceSpecificCredentials"].as_array().unwrap().len(), 3);
        let later = aws.now() + jiff::SignedDuration::from_hours(24);
        let input = json!({ "UserName": "ann", "ServiceName": "bedrock.amazonaws.com" });
        let request = Request::new("iam", "ListServiceSpecificCredentials", input);
        let list = aws.stage_at(later, "111111111111", request).unwrap();
        assert_eq!(list["ServiceSpecificCredentials"][0]["Status"], "Expired");
    }
}
