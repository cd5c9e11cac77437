//! The demonstration account, whose identities the files in `events/` speak of.

use std::path::Path;

use fake_aws::FakeAws;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::product::{Product, REACTING, RESPONDER, Sessions};
use crate::stage::{HUB, MANAGEMENT, MEMBER, Stage, allow, session_of_function, trust};

/// The account in the files.
const IN_EVENTS: &str = "000000000000";

/// `events/account.json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Identities {
    users: Vec<Identity>,
    roles: Vec<Identity>,
    secrets: Vec<Identity>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    name: String,
    path: Option<String>,
    owner: Option<String>,
    class: Option<String>,
    #[serde(default)]
    has_key: bool,
    key_in_events: Option<String>,
    #[serde(default)]
    has_password: bool,
    directory_id: Option<String>,
}

impl Identity {
    fn tags(&self) -> Value {
        let tags = [("owner", &self.owner), ("class", &self.class)];
        let tag = |(key, value): (&str, &Option<String>)| {
            value.as_ref().map(|value| json!({ "Key": format!("severance:{key}"), "Value": value }))
        };
        tags.into_iter().filter_map(tag).collect()
    }
}

/// Reads it.
pub(super) fn read() -> Result<Identities, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/account.json");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

impl Identities {
    /// What claims by hand are made about: the ends of ARNs, for [`Account::exact`].
    pub(super) fn subjects(&self) -> Vec<String> {
        let user = |user: &Identity| format!("user{}{}", user.path.as_deref().unwrap_or("/"), user.name);
        let mut subjects: Vec<String> = self.users.iter().map(user).collect();
        subjects.extend(self.roles.iter().map(|role| format!("role/{}", role.name)));
        subjects.extend(self.secrets.iter().map(|secret| format!("secret:{}", secret.name)));
        subjects
            .extend(self.users.iter().filter_map(|user| Some(format!("directory:{}", user.directory_id.as_ref()?))));
        subjects
    }
}

/// The account in a fake, with the stack in it.
pub(super) struct Account {
    /// Of the stack's functions.
    pub(super) sessions: Sessions,
    keys: Vec<(String, String)>,
    secrets: Vec<(String, String)>,
    store: String,
}

impl Account {
    /// Fills an empty AWS.
    pub(super) fn of(aws: &FakeAws) -> Self {
        let identities = read().expect("the account of the events");
        let setting = Stage { aws, account: HUB, at: aws.now() - SignedDuration::from_hours(24 * 200) };
        aws.state().organizations.join(MANAGEMENT, &[HUB, MEMBER]);
        let functions = REACTING.iter().map(|function| function.name).chain([RESPONDER]);
        functions.clone().for_each(|function| setting.function(function));
        let (keys, secrets) = (identities.users.iter().filter_map(|of| user(setting, of)).collect(), Vec::new());
        let mut account = Self { sessions: Sessions::new(), keys, secrets, store: String::new() };
        for role in &identities.roles {
            let trust = trust(&json!({ "AWS": format!("arn:aws:iam::{HUB}:root") })).to_string();
            let input = json!({ "RoleName": role.name, "AssumeRolePolicyDocument": trust, "Tags": role.tags() });
            setting.iam("CreateRole", &input);
            let work = json!({ "RoleName": role.name, "PolicyName": "work", "PolicyDocument": work() });
            setting.iam("PutRolePolicy", &work);
        }
        for secret in &identities.secrets {
            let input = json!({ "Name": secret.name, "SecretString": "{\"token\":\"demo\"}", "Tags": secret.tags() });
            let made = setting.ask("secretsmanager", "CreateSecret", &input);
            let function = format!("arn:aws:lambda:eu-west-1:{HUB}:function:SecretsManagerDemoRotation");
            let input = json!({
                "SecretId": secret.name, "RotationLambdaARN": function, "RotateImmediately": false,
                "RotationRules": { "AutomaticallyAfterDays": 30 },
            });
            setting.ask("secretsmanager", "RotateSecret", &input);
            account.secrets.push((secret.name.clone(), made["ARN"].as_str().expect("an ARN").to_owned()));
        }
        {
            let mut state = aws.state();
            let center = &mut state.identity_center;
            account.store.clone_from(&center.store);
            let set = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444";
            center.permission_sets.insert(set.to_owned(), "Administrator".to_owned());
            center.groups.insert("g-1".to_owned(), "admins".to_owned());
            center.assign(setting.at, HUB, "GROUP", "g-1", set);
            for (user, id) in identities.users.iter().filter_map(|user| Some((user, user.directory_id.as_ref()?))) {
                center.users.insert(id.clone(), user.name.clone());
                center.add_member(setting.at, id, "g-1");
                center.assign(setting.at, MEMBER, "USER", id, set);
            }
        }
        let year = SignedDuration::from_hours(24 * 365);
        account.sessions = functions.map(|function| (function, session_of_function(aws, function, year))).collect();
        account
    }

    /// The stack with everything on that is off by default.
    pub(super) fn product(&self, aws: &FakeAws) -> Product {
        Product::deployed(aws, self.sessions.clone())
            .with("SEVERANCE_IDENTITY_CENTER", "true")
            .with("SEVERANCE_SCP_QUARANTINE", "true")
            .with(
                "SEVERANCE_ROTATION_FUNCTION",
                "arn:aws:lambda:eu-west-1:111111111111:function:severance-secret-rotation",
            )
    }

    /// An event with the account and the keys that there are.
    pub(super) fn with_its_keys(&self, event: &Value) -> Value {
        let mut text = event.to_string().replace(IN_EVENTS, HUB);
        for (placeholder, key) in &self.keys {
            text = text.replace(placeholder, key);
        }
        serde_json::from_str(&text).expect("ids replace ids")
    }

    /// The ARN of what the end of one names.
    pub(super) fn exact(&self, subject: &str) -> String {
        if let Some(name) = subject.strip_prefix("secret:") {
            return self.secrets.iter().find(|(of, _)| of == name).map(|(_, arn)| arn.clone()).expect("a secret");
        }
        match subject.strip_prefix("directory:") {
            Some(id) => format!("arn:aws:identitystore:::user/{}/{id}", self.store),
            None => format!("arn:aws:iam::{HUB}:{subject}"),
        }
    }
}

fn work() -> String {
    allow(&["s3:ListAllMyBuckets", "iam:GetUser"]).to_string()
}

/// Makes a user. Says the key that events call by another id, and its id.
fn user(setting: Stage<'_>, user: &Identity) -> Option<(String, String)> {
    let name = &user.name;
    setting.iam("CreateUser", &json!({ "UserName": name, "Path": user.path, "Tags": user.tags() }));
    setting.iam("PutUserPolicy", &json!({ "UserName": name, "PolicyName": "work", "PolicyDocument": work() }));
    if user.has_password {
        setting.iam("CreateLoginProfile", &json!({ "UserName": name, "Password": "Pa55word!of-nobody" }));
    }
    if !user.has_key && user.key_in_events.is_none() {
        return None;
    }
    let made = setting.iam("CreateAccessKey", &json!({ "UserName": name }));
    Some((user.key_in_events.clone()?, made["AccessKey"]["AccessKeyId"].as_str().expect("an id").to_owned()))
}
