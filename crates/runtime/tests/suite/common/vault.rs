//! What rotations need of AWS beside the rest: values of secrets, new keys, who they are, and who made them.

use serde_json::{Value, json};

use super::ACCOUNT;
use super::fake_aws::{Secret, State};
use super::protocol::Answer;

/// The role of the rotation function, as CloudTrail names it.
pub(crate) const ROTATION_ROLE: &str = "arn:aws:iam::111122223333:role/severance-secret-rotation";

/// Values of a secret, and its labels.
pub(crate) fn answer(state: &mut State, operation: &str, arn: &str, input: &Value) -> Answer {
    let gone = || (400, "ResourceNotFoundException".to_owned());
    let secret = state.secrets.get_mut(arn).ok_or_else(gone)?;
    if secret.deleted {
        return Err((400, "InvalidRequestException".to_owned()));
    }
    let text = |name: &str| input[name].as_str().map(str::to_owned);
    match operation {
        "GetSecretValue" => {
            let version = text("VersionId").unwrap();
            let value = secret.values.get(&version).ok_or_else(gone)?;
            Ok(json!({"ARN": arn, "VersionId": version, "SecretString": value}).to_string())
        }
        "PutSecretValue" => {
            let (version, value) = (text("ClientRequestToken").unwrap(), text("SecretString").unwrap());
            match secret.values.get(&version) {
                Some(held) if *held != value => return Err((400, "ResourceExistsException".to_owned())),
                _ => {}
            }
            let label = input["VersionStages"][0].as_str().unwrap().to_owned();
            for labels in secret.versions.values_mut() {
                labels.retain(|held| *held != label);
            }
            secret.values.insert(version.clone(), value);
            secret.versions.entry(version.clone()).or_default().push(label);
            Ok(json!({"ARN": arn, "VersionId": version}).to_string())
        }
        "UpdateSecretVersionStage" => {
            let (label, to) = (text("VersionStage").unwrap(), text("MoveToVersionId").unwrap());
            assert_eq!(label, "AWSCURRENT");
            let holder = secret.versions.iter().find(|(_, labels)| labels.contains(&label)).map(|(id, _)| id.clone());
            if holder.as_ref() == Some(&to) {
                return Ok(json!({"ARN": arn}).to_string());
            }
            if holder != text("RemoveFromVersionId") || !secret.versions.contains_key(&to) {
                return Err((400, "InvalidParameterException".to_owned()));
            }
            for labels in secret.versions.values_mut() {
                labels.retain(|held| held != "AWSPREVIOUS" && *held != label);
            }
            if let Some(from) = holder {
                secret.versions.get_mut(&from).unwrap().push("AWSPREVIOUS".to_owned());
            }
            secret.versions.get_mut(&to).unwrap().push(label);
            Ok(json!({"ARN": arn}).to_string())
        }
        other => panic!("Secrets Manager was asked for {other}"),
    }
}

pub(crate) fn create_secret(state: &mut State, input: &Value) -> Answer {
    let name = input["Name"].as_str().unwrap();
    let arn = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{name}-AbCdEf");
    if state.secrets.contains_key(&arn) {
        return Err((400, "ResourceExistsException".to_owned()));
    }
    let tags = input["Tags"].as_array().unwrap().iter();
    let tags = tags.map(|tag| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].as_str().unwrap().to_owned()));
    let first = input["ClientRequestToken"].as_str().unwrap().to_owned();
    let secret = Secret {
        name: name.to_owned(),
        tags: tags.collect(),
        versions: [(first.clone(), vec!["AWSCURRENT".to_owned()])].into(),
        values: [(first, input["SecretString"].as_str().unwrap().to_owned())].into(),
        rotation: true,
        driven: true,
        ..Secret::default()
    };
    state.secrets.insert(arn.clone(), secret);
    Ok(json!({"ARN": arn, "Name": name}).to_string())
}

/// Two keys at most, inactive ones too.
pub(crate) fn create_key(state: &mut State, user: &str) -> Result<String, (u16, String)> {
    let number = state.made.len();
    let asker = state.asker.clone().unwrap_or_else(|| ROTATION_ROLE.to_owned());
    let held = state.users.get_mut(user).ok_or((404, "NoSuchEntity".to_owned()))?;
    if held.keys.len() >= 2 {
        return Err((409, "LimitExceeded".to_owned()));
    }
    let id = format!("AKIAMADE{number:012}");
    held.keys.insert(id.clone(), true);
    state.made.push((id.clone(), asker));
    Ok(format!(
        "<AccessKey><UserName>{user}</UserName><AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{}</SecretAccessKey></AccessKey>",
        secret_of(&id)
    ))
}

pub(crate) fn secret_of(id: &str) -> String {
    format!("sEcReTvAlUe/{id}")
}

/// By the key alone: an active one is its user's.
pub(crate) fn identity(state: &mut State, form: &Value) -> Answer {
    let id = form["Signer"].as_str().unwrap();
    let holder = state.users.iter().find(|(_, user)| user.keys.get(id) == Some(&true));
    let (name, user) = holder.ok_or((403, "InvalidClientTokenId".to_owned()))?;
    Ok(format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/{name}</Arn>\
         <UserId>{}</UserId><Account>{ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
        user.id
    ))
}

pub(crate) fn trail(state: &mut State, operation: &str, input: &Value) -> String {
    assert_eq!(operation, "LookupEvents");
    let asked = &input["LookupAttributes"][0];
    let value = asked["AttributeValue"].as_str().unwrap();
    let records: Vec<Value> = match asked["AttributeKey"].as_str().unwrap() {
        "ResourceName" if state.trail_lag > 0 => {
            state.trail_lag -= 1;
            vec![]
        }
        "ResourceName" => state.made.iter().filter(|(id, _)| id == value).map(|(id, by)| creation(id, by)).collect(),
        "AccessKeyId" => state.used.iter().filter(|(id, _)| id == value).map(|(_, record)| record.clone()).collect(),
        _ => vec![],
    };
    let events: Vec<Value> = records.iter().map(|record| json!({"CloudTrailEvent": record.to_string()})).collect();
    json!({"Events": events}).to_string()
}

#[allow(clippy::disallowed_methods, reason = "CloudTrail has a clock of its own")]
fn creation(id: &str, by: &str) -> Value {
    let identity = if by.contains(":role/") {
        json!({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": by, "principalId": "AROAEXAMPLE"}}})
    } else {
        json!({"type": "IAMUser", "arn": by, "principalId": "AIDAEXAMPLE"})
    };
    json!({
        "eventID": format!("event-{id}"), "eventTime": jiff::Timestamp::now().to_string(),
        "eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "awsRegion": "us-east-1",
        "userIdentity": identity, "requestParameters": {"userName": super::USER},
        "responseElements": {"accessKey": {"accessKeyId": id, "userName": super::USER}},
    })
}
