//! DynamoDB with exactly the conditions that cases are written under, Secrets Manager, KMS, S3, SNS and STS.

use serde_json::{Map, Value, json};

use super::fake_aws::{Message, State};
use super::protocol::Answer;

const ONLY_NEW: &str = "attribute_not_exists(pk)";
const STILL_OURS: &str = "lease = :lease";
const FREE_AND_CLOSED: &str = "lease = :from AND lease_until < :now AND #state = :closed";
const EXPIRED: &str = "lease = :from AND (lease_until < :now OR #state = :closed)";

pub(crate) fn table(state: &mut State, operation: &str, input: &Value) -> Answer {
    let key = |of: &Value| format!("{} {}", of["pk"]["S"].as_str().unwrap(), of["sk"]["S"].as_str().unwrap());
    match operation {
        "PutItem" => {
            assert_eq!(input["ConditionExpression"], ONLY_NEW);
            let item = &input["Item"];
            if let Some(old) = state.table.get(&key(item)) {
                assert_eq!(input["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
                return Err(refused(Some(old)));
            }
            state.table.insert(key(item), item.as_object().unwrap().clone());
            Ok("{}".to_owned())
        }
        "GetItem" => {
            assert_eq!(input["ConsistentRead"], true);
            Ok(state.table.get(&key(&input["Key"])).map_or(json!({}), |item| json!({"Item": item})).to_string())
        }
        "UpdateItem" => {
            let values = &input["ExpressionAttributeValues"];
            let item = state.table.get_mut(&key(&input["Key"])).expect("a case is there before it is written to");
            let number = |value: &Value| value["N"].as_str().unwrap().parse::<i64>().unwrap();
            let holds = match input["ConditionExpression"].as_str().unwrap() {
                STILL_OURS => item["lease"] == values[":lease"],
                FREE_AND_CLOSED => {
                    item["lease"] == values[":from"]
                        && number(&item["lease_until"]) < number(&values[":now"])
                        && item["state"] == values[":closed"]
                }
                EXPIRED => {
                    assert_eq!(input["ExpressionAttributeNames"]["#state"], "state");
                    item["lease"] == values[":from"]
                        && (number(&item["lease_until"]) < number(&values[":now"])
                            || item["state"] == values[":closed"])
                }
                other => panic!("a condition that this table does not know: {other}"),
            };
            if !holds {
                return Err(refused(None));
            }
            for set in input["UpdateExpression"].as_str().unwrap().strip_prefix("SET ").unwrap().split(',') {
                let (name, value) = set.split_once('=').unwrap();
                let name = input["ExpressionAttributeNames"][name.trim()].as_str().unwrap_or(name.trim()).to_owned();
                item.insert(name, values[value.trim()].clone());
            }
            Ok("{}".to_owned())
        }
        other => panic!("DynamoDB was asked for {other}"),
    }
}

fn refused(old: Option<&Map<String, Value>>) -> (u16, String) {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    (400, json!({"__type": kind, "message": "The conditional request failed", "Item": old}).to_string())
}

pub(crate) fn secrets(state: &mut State, operation: &str, input: &Value) -> Answer {
    let gone = (400, "ResourceNotFoundException".to_owned());
    if operation == "ListSecrets" {
        let from: usize = input["NextToken"].as_str().unwrap_or("0").parse().unwrap();
        let owner_tags = &input["Filters"][0]["Values"];
        let tagged = |tags: &std::collections::BTreeMap<String, String>| {
            owner_tags.as_array().unwrap().iter().any(|key| tags.contains_key(key.as_str().unwrap()))
        };
        let all: Vec<Value> = state.secrets.iter().filter(|(_, secret)| tagged(&secret.tags)).map(described).collect();
        let mut answer = json!({"SecretList": all.iter().skip(from).take(state.page).collect::<Vec<_>>()});
        if from + state.page < all.len() {
            answer["NextToken"] = (from + state.page).to_string().into();
        }
        return Ok(answer.to_string());
    }
    if operation == "CreateSecret" {
        return super::vault::create_secret(state, input);
    }
    // By name, or by ARN.
    let named = input["SecretId"].as_str().unwrap().to_owned();
    let arn = state.secrets.iter().find(|(_, secret)| secret.name == named).map_or(named, |(arn, _)| arn.clone());
    match operation {
        "DescribeSecret" => {
            let finished = !state.lags("DescribeSecret");
            let secret = state.secrets.get_mut(&arn).ok_or(gone)?;
            if finished
                && !secret.driven
                && let Some((new, _)) = pending(secret)
            {
                secret.versions.values_mut().for_each(Vec::clear);
                secret.versions.insert(new, vec!["AWSCURRENT".to_owned()]);
            }
            Ok(described((&arn, &*secret)).to_string())
        }
        "RotateSecret" => {
            state.wrote("DescribeSecret");
            let secret = state.secrets.get_mut(&arn).ok_or(gone)?;
            if pending(secret).is_some() {
                return Err((400, "InvalidRequestException".to_owned()));
            }
            let version = input["ClientRequestToken"].as_str().unwrap().to_owned();
            secret.versions.entry(version).or_insert_with(|| vec!["AWSPENDING".to_owned()]);
            Ok(json!({"ARN": arn}).to_string())
        }
        other => super::vault::answer(state, other, &arn, input),
    }
}

fn pending(secret: &super::fake_aws::Secret) -> Option<(String, Vec<String>)> {
    let mut versions = secret.versions.iter().map(|(id, labels)| (id.clone(), labels.clone()));
    versions.find(|(_, labels)| labels.iter().any(|label| label == "AWSPENDING"))
}

fn described((arn, secret): (&String, &super::fake_aws::Secret)) -> Value {
    let tags: Vec<Value> = secret.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({
        "ARN": arn, "Name": secret.name, "RotationEnabled": secret.rotation, "Tags": tags,
        "ReplicationStatus": secret.replicas.iter()
            .map(|(region, status)| json!({"Region": region, "Status": status, "StatusMessage": "no such key there"}))
            .collect::<Vec<_>>(),
        "VersionIdsToStages": secret.versions, "PrimaryRegion": secret.primary,
        "DeletedDate": secret.deleted.then_some(1_700_000_000),
    })
}

pub(crate) fn kms(state: &mut State, operation: &str) -> String {
    use aws_smithy_types::base64::encode;
    match operation {
        "GetPublicKey" => json!({"PublicKey": encode("a public key")}).to_string(),
        "Sign" => {
            // No two signatures of one statement are alike.
            state.signatures += 1;
            json!({"Signature": encode(format!("signature {}", state.signatures))}).to_string()
        }
        other => panic!("KMS was asked for {other}"),
    }
}

pub(crate) fn bucket(state: &mut State, operation: &str, input: &Value, body: &[u8]) -> Answer {
    let key = input["key"].as_str().unwrap().to_owned();
    if operation == "GetObject" {
        let object = state.objects.get(&key).ok_or((404, "NoSuchKey".to_owned()))?;
        return Ok(String::from_utf8(object.clone()).unwrap());
    }
    assert_eq!(input["createOnly"], true, "evidence is never written over");
    if state.objects.contains_key(&key) {
        return Err((412, "PreconditionFailed".to_owned()));
    }
    state.objects.insert(key, body.to_vec());
    Ok(String::new())
}

pub(crate) fn topic(state: &mut State, form: &Value) -> String {
    let text = |name: &str| form[name].as_str().unwrap_or_default().to_owned();
    let attributes = (1..).map_while(|n| {
        let name = form[format!("MessageAttributes.entry.{n}.Name")].as_str()?;
        Some((name.to_owned(), text(&format!("MessageAttributes.entry.{n}.Value.StringValue"))))
    });
    state.messages.push(Message { subject: text("Subject"), body: text("Message"), attributes: attributes.collect() });
    "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>".to_owned()
}

/// What the members' trust expects to hear.
pub(crate) const EXTERNAL_ID: &str = "hush-hush";
/// What of a session nobody may see.
pub(crate) const SESSION_SECRET: &str = "sEsSiOnSeCrEtkEy";
pub(crate) const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjSESSIONTOKEN";

/// The members' role: its trust is that of infra/member-account.yaml, and a session's key id names its account.
pub(crate) fn sts(state: &mut State, operation: &str, form: &Value) -> Answer {
    if operation == "GetCallerIdentity" {
        return super::vault::identity(state, form);
    }
    assert_eq!(operation, "AssumeRole");
    let text = |name: &str| form[name].as_str().unwrap_or_default();
    state.sessions.push(form.clone());
    if text("ExternalId") != EXTERNAL_ID || !text("SourceIdentity").starts_with("sev-") {
        return Err((403, "AccessDenied".to_owned()));
    }
    let policy = text("Policy");
    assert!(
        policy.len() <= 2_048 && serde_json::from_str::<Value>(policy).unwrap()["Statement"].is_array(),
        "{policy}"
    );
    let account = text("RoleArn").split(':').nth(4).unwrap();
    Ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId>\
         <SecretAccessKey>{SESSION_SECRET}</SecretAccessKey><SessionToken>{SESSION_TOKEN}</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    ))
}
