//! What a call asks the policies for: actions, the ARNs of what it is about, and the condition keys that it brings.
//!
//! After the Service Authorization Reference. Where it knows no resource for an action, the resource is `*`.

mod identities;
mod need;
mod tokens;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::Call;
use crate::state::State;
use crate::store::View;

use need::{Need, pass, set};

/// Everything that a call needs to be allowed.
pub(crate) fn needs(state: &State, call: &Call) -> Vec<Need> {
    let request = &call.request;
    let mut context = BTreeMap::new();
    set(&mut context, "aws:RequestedRegion", &request.region);
    tags(&mut context, &request.input);
    let action = request.action();
    let account = call.account();
    let region = &request.region;
    match request.service.as_str() {
        "iam" => identities::needs(state, call, &mut context),
        "sts" => tokens::needs(state, call, &mut context),
        "dynamodb" => dynamodb(call, &context),
        "rolesanywhere" => roles_anywhere(state, call, &context),
        "kms" => {
            for (key, member) in [("kms:SigningAlgorithm", "SigningAlgorithm"), ("kms:MessageType", "MessageType")] {
                set(&mut context, key, call.text(member));
            }
            let key = call.text("KeyId");
            let resource = if key.starts_with("arn:") {
                key.to_owned()
            } else {
                format!("arn:aws:kms:{region}:{account}:key/{key}")
            };
            vec![Need::new(&action, resource, &context)]
        }
        "s3" => {
            let resource = match (call.text("Bucket"), call.text("Key")) {
                ("", _) => "*".to_owned(),
                (bucket, "") => format!("arn:aws:s3:::{bucket}"),
                (bucket, key) => format!("arn:aws:s3:::{bucket}/{key}"),
            };
            vec![Need::new(&action, resource, &context)]
        }
        "sns" => vec![Need::new(&action, star(call.text("TopicArn")), &context)],
        "secretsmanager" => vec![secret(state, call, &mut context)],
        "organizations" => {
            let resource = match (call.text("PolicyId"), call.text("TargetId")) {
                ("", "") => "*".to_owned(),
                ("", target) => state.organizations.account_arn(target),
                (policy, _) => state.organizations.policy_arn(policy),
            };
            vec![Need::new(&action, resource, &context)]
        }
        "lambda" => {
            let action = if request.operation == "Invoke" { "lambda:InvokeFunction" } else { &action };
            let mut needs = vec![Need::new(action, star(call.text("FunctionName")), &context)];
            pass(&mut needs, call.text("Role"), "lambda.amazonaws.com", &context);
            needs
        }
        "ec2" => {
            let mut needs = vec![Need::new(&action, "*", &context)];
            let profile = &request.input["IamInstanceProfile"];
            let name = profile["Name"].as_str().or_else(|| profile["Arn"].as_str()?.rsplit('/').next());
            if let Some(role) = name.and_then(|name| role_in_profile(state, account, name)) {
                pass(&mut needs, &role, "ec2.amazonaws.com", &context);
            }
            needs
        }
        _ => vec![Need::new(&action, "*", &context)],
    }
}

fn secret(state: &State, call: &Call, context: &mut BTreeMap<String, Vec<String>>) -> Need {
    let (account, region) = (call.account(), &call.request.region);
    set(context, "secretsmanager:VersionStage", call.text("VersionStage"));
    let (id, name) = (call.text("SecretId"), call.text("Name"));
    let known = state.secrets.find(View::Settled, account, region, id);
    let resource = match (&known, id, name) {
        (Some((arn, secret)), ..) => {
            for (key, value) in &secret.tags {
                set(context, &format!("aws:ResourceTag/{key}"), value);
                set(context, &format!("secretsmanager:ResourceTag/{key}"), value);
            }
            arn.clone()
        }
        (None, "", "") => "*".to_owned(),
        (None, arn, _) if arn.starts_with("arn:") => arn.to_owned(),
        // The last six characters are AWS's choice: patterns end in `-??????` or `*`.
        (None, "", name) | (None, name, _) => format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"),
    };
    Need::new(&call.request.action(), resource, context)
}

fn star(text: &str) -> String {
    if text.is_empty() { "*".to_owned() } else { text.to_owned() }
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn tags(context: &mut BTreeMap<String, Vec<String>>, input: &Value) {
    let mut keys = Vec::new();
    for tag in input["Tags"].as_array().into_iter().flatten() {
        let key = tag["Key"].as_str().unwrap_or_default();
        set(context, &format!("aws:RequestTag/{key}"), tag["Value"].as_str().unwrap_or_default());
        keys.push(key.to_owned());
    }
    keys.extend(input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    if !keys.is_empty() {
        context.insert("aws:TagKeys".to_owned(), keys);
    }
}

fn role_in_profile(state: &State, account: &str, name: &str) -> Option<String> {
    let key = (account.to_owned(), name.to_owned(), String::new());
    let role = state.iam.instance_profiles.get(View::Settled, &key)?.role.as_ref()?;
    state.iam.role_arn(View::Settled, account, role)
}

fn dynamodb(call: &Call, context: &BTreeMap<String, Vec<String>>) -> Vec<Need> {
    let (account, region) = (call.account(), &call.request.region);
    let input = &call.request.input;
    let need = |action: &str, table: &str, index: &str, keys: Vec<String>| {
        let mut context = context.clone();
        if !keys.is_empty() {
            context.insert("dynamodb:LeadingKeys".to_owned(), keys);
        }
        let index = if index.is_empty() { String::new() } else { format!("/index/{index}") };
        let resource = match table {
            "" => "*".to_owned(),
            table if table.starts_with("arn:") => format!("{table}{index}"),
            table => format!("arn:aws:dynamodb:{region}:{account}:table/{table}{index}"),
        };
        Need::new(&format!("dynamodb:{action}"), resource, &context)
    };
    match call.request.operation.as_str() {
        // A transaction is as many actions as it has parts; it has no action of its own.
        "TransactWriteItems" => {
            let mut needs = Vec::new();
            for item in input["TransactItems"].as_array().into_iter().flatten() {
                for (kind, part) in item.as_object().into_iter().flatten() {
                    let action = if kind == "ConditionCheck" { "ConditionCheckItem" } else { &format!("{kind}Item") };
                    needs.push(need(action, part["TableName"].as_str().unwrap_or_default(), "", leading_keys(part)));
                }
            }
            needs
        }
        "BatchWriteItem" | "BatchGetItem" => {
            let tables = input["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| need(&call.request.operation, table, "", vec![])).collect()
        }
        operation => vec![need(operation, call.text("TableName"), call.text("IndexName"), leading_keys(input))],
    }
}

/// The partition keys of what is asked. Tables of ours call theirs `pk`; a query names its value among the expression's.
fn leading_keys(part: &Value) -> Vec<String> {
    let of = |value: &Value| value["S"].as_str().map(str::to_owned);
    let direct = of(&part["Key"]["pk"]).or_else(|| of(&part["Item"]["pk"]));
    let queried = || {
        part["KeyConditionExpression"].as_str()?;
        let values = &part["ExpressionAttributeValues"];
        of(&values[":pk"]).or_else(|| of(&values[":partition"]))
    };
    direct.or_else(queried).into_iter().collect()
}

fn roles_anywhere(state: &State, call: &Call, context: &BTreeMap<String, Vec<String>>) -> Vec<Need> {
    let (account, region) = (call.account(), call.request.region.as_str());
    let resource = match (call.text("profileId"), call.text("trustAnchorId")) {
        ("", "") => "*".to_owned(),
        ("", anchor) => crate::roles_anywhere::arn(region, account, "trust-anchor", anchor),
        (profile, _) => crate::roles_anywhere::arn(region, account, "profile", profile),
    };
    let mut needs = vec![Need::new(&call.request.action(), resource, context)];
    let roles: Vec<String> = if call.request.operation == "EnableProfile" {
        // It hands out what the profile holds.
        let profile = state.roles_anywhere.profile(View::Settled, account, region, call.text("profileId"));
        profile.map(|profile| profile.roles.clone()).unwrap_or_default()
    } else {
        let listed = call.request.input["roleArns"].as_array().into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    // CreateProfile, UpdateProfile and EnableProfile depend on it (Service Authorization Reference); DisableProfile does not.
    for role in roles {
        pass(&mut needs, &role, "rolesanywhere.amazonaws.com", context);
    }
    needs
}
