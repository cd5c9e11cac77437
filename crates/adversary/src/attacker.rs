//! The attacker: what they hold, and how each act is done with it.

mod ways;

use std::collections::BTreeMap;

use fake_aws::oracle::{self, Held, Honest};
use fake_aws::{Caller, Credential, FakeAws, Request};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::act::{Act, On};
use crate::stage::{Cast, HONEST, OUTSIDE, SHARED_ROLE, VICTIM, VICTIM_ROLE, allow};

/// Something that is done later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Later {
    /// Renames the victim once more.
    Rename,
    /// Makes a version of a policy the default one.
    SetDefault(String, String),
    /// Starts a session of a role once more, by itself.
    Renew(String),
    /// Tries a federated session again, which was not let in yet.
    Federate {
        /// The provider's ARN.
        provider: String,
        /// The role's ARN.
        role: String,
        /// Whether by SAML.
        saml: bool,
    },
}

/// How often a kind of act was tried, and how often it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often it was tried.
    pub tried: usize,
    /// How often AWS let it.
    pub took_effect: usize,
}

/// The attacker.
#[derive(Debug)]
pub struct Attacker {
    /// The account that they are in.
    pub account: String,
    /// Every credential that they have, the newest last.
    pub credentials: Vec<Credential>,
    /// All that they hold and control, for the oracle.
    pub held: oracle::Attacker,
    /// What is to be done later.
    pub later: Vec<(Timestamp, Later)>,
    /// What honest people ask of the stack meanwhile.
    pub second_case: bool,
    /// Whether the event was delivered once more.
    pub delivered_again: bool,
    /// What honest people have changed since this was last asked.
    pub honestly_changed: Vec<Honest>,
    /// How often each kind of act was tried, and took effect.
    pub tally: BTreeMap<Act, Tally>,
    /// What the victim is called.
    pub name: String,
    cast: Cast,
    made: usize,
}

impl Attacker {
    /// With the credential that was stolen.
    pub fn with(cast: &Cast, stolen: Credential) -> Self {
        Self {
            account: cast.account.clone(),
            credentials: vec![stolen.clone()],
            held: oracle::Attacker { accounts: [OUTSIDE.to_owned()].into(), ..oracle::Attacker::with(stolen) },
            later: vec![],
            second_case: false,
            delivered_again: false,
            honestly_changed: vec![],
            tally: BTreeMap::new(),
            name: VICTIM.to_owned(),
            cast: cast.clone(),
            made: 0,
        }
    }

    /// Does an act at a moment, as far as it can be done, and counts whether it took effect.
    pub fn act(&mut self, aws: &FakeAws, at: Timestamp, act: Act) {
        let took_effect = Doing { attacker: self, aws, at }.act(act);
        let tally = self.tally.entry(act).or_default();
        tally.tried += 1;
        tally.took_effect += usize::from(took_effect);
    }

    /// Does what was put off.
    pub fn go_on(&mut self, aws: &FakeAws, at: Timestamp, later: &Later) {
        let _ = Doing { attacker: self, aws, at }.later(later);
    }
}

/// An act under way.
struct Doing<'a> {
    attacker: &'a mut Attacker,
    aws: &'a FakeAws,
    at: Timestamp,
}

impl Doing<'_> {
    /// With the newest credential that is let.
    fn attempt(&self, request: &Request) -> Option<Value> {
        let mut credentials = self.attacker.credentials.iter().rev();
        credentials.find_map(|credential| self.aws.call_at(self.at, credential, request.clone()).ok())
    }

    fn iam(&self, operation: &str, input: Value) -> Option<Value> {
        self.attempt(&Request::new("iam", operation, input))
    }

    fn done(&self, operation: &str, input: Value) -> bool {
        self.iam(operation, input).is_some()
    }

    fn unique(&mut self, what: &str) -> String {
        self.attacker.made += 1;
        format!("{what}-{}", self.attacker.made)
    }

    /// A session that STS has started.
    fn take_session(&mut self, answer: Option<Value>) -> bool {
        let Some(answer) = answer else { return false };
        let text = |name: &str| answer["Credentials"][name].as_str().map(str::to_owned);
        let (Some(key_id), token) = (text("AccessKeyId"), text("SessionToken")) else { return false };
        self.take(Credential { key_id, token });
        true
    }

    fn take(&mut self, credential: Credential) {
        self.attacker.held.credentials.insert(credential.clone());
        self.attacker.credentials.push(credential);
    }

    fn name(&self) -> String {
        self.attacker.name.clone()
    }

    /// The user that an act is about, by name and unique id.
    fn user(&self, on: On) -> (String, String) {
        match on {
            On::Own => (self.name(), self.attacker.cast.victim.clone()),
            On::Others => (HONEST.to_owned(), self.attacker.cast.honest_id.clone()),
        }
    }

    fn role_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.attacker.account)
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each kind of act, and nothing else")]
    fn act(&mut self, act: Act) -> bool {
        let name = self.name();
        match act {
            Act::MintKey(on) => self.mint_key(&self.user(on).0),
            Act::MintPassword(on) => self.mint_password(&self.user(on)),
            Act::MintSshKey(on) => self.mint_ssh_key(&self.user(on)),
            Act::MintCertificate(on) => self.mint_certificate(&self.user(on)),
            Act::MintServiceCredential(on) => self.mint_service_credential(&self.user(on)),
            Act::ReactivateKeys => {
                let keys = self.keys_of(&name);
                let activate = |key: &String| {
                    let input = json!({ "UserName": name, "AccessKeyId": key, "Status": "Active" });
                    self.done("UpdateAccessKey", input)
                };
                keys.iter().map(activate).fold(false, |any, done| any | done)
            }
            Act::DeleteNamedKey => {
                let _ = self.mint_key(&name);
                let key = self.attacker.cast.stolen.key_id.clone();
                self.done("DeleteAccessKey", json!({ "UserName": name, "AccessKeyId": key }))
            }
            Act::FillKeys => {
                let first = self.mint_key(&name);
                self.mint_key(&name) | first
            }

            Act::GetSessionToken => {
                let answer =
                    self.attempt(&Request::new("sts", "GetSessionToken", json!({ "DurationSeconds": "129600" })));
                self.take_session(answer)
            }
            Act::GetFederationToken => {
                let input = json!({
                    "Name": "visitor", "DurationSeconds": "129600", "Policy": allow(&["*"]).to_string(),
                });
                let answer = self.attempt(&Request::new("sts", "GetFederationToken", input));
                self.take_session(answer)
            }
            Act::AssumeShared => self.assume(SHARED_ROLE, "build", "us-east-1"),
            Act::AssumeSharedElsewhere => self.assume(SHARED_ROLE, "build", "ap-southeast-2"),
            Act::AssumeVictimRole => self.assume(VICTIM_ROLE, "build", "us-east-1"),
            Act::AssumeUnderHonestName => self.assume(VICTIM_ROLE, "colleague", "us-east-1"),
            Act::AssumeByChain => {
                let first = self.assume(VICTIM_ROLE, "first", "us-east-1");
                self.assume(SHARED_ROLE, "second", "us-east-1") && first
            }
            Act::AssumeOften => (0..8)
                .map(|n| self.assume(SHARED_ROLE, &format!("s{n}"), "us-east-1"))
                .fold(false, |any, did| any | did),
            Act::RenewBySelfTrust => self.trust_itself(),
            Act::WebIdentity => self.federate(false),
            Act::Saml => self.federate(true),

            Act::StripUser => self.strip("User", &name),
            Act::StripRole => self.strip("Role", VICTIM_ROLE),
            Act::ReplaceUserPolicies => {
                let names = self.denials("User", &name);
                let replace = |policy: &String| {
                    let document = allow(&["*"]).to_string();
                    let input = json!({ "UserName": name, "PolicyName": policy, "PolicyDocument": document });
                    self.done("PutUserPolicy", input)
                };
                names.iter().map(replace).fold(false, |any, did| any | did)
            }
            Act::FillUserPolicies => self.fill_inline(&name),
            Act::FillAttachments => self.fill_attachments(&name),
            Act::RemoveBoundary => self.done("DeleteUserPermissionsBoundary", json!({ "UserName": name })),

            Act::Rename => self.rename(),
            Act::RenameLoop => {
                for n in 1..120 {
                    let at = self.at + SignedDuration::from_millis(500) * n;
                    self.attacker.later.push((at, Later::Rename));
                }
                self.rename()
            }
            Act::MoveToOddPath => self.done("UpdateUser", json!({ "UserName": name, "NewPath": "/a\u{7f}b/" })),
            Act::Recreate => self.recreate(),
            Act::NameLikeOwn => self.make_role("severance-offboarding"),
            Act::TagBreakGlass => self.tag(&name, &[("class", "break-glass"), ("severance:class", "break-glass")]),
            Act::TagHonest => self.tag(&name, &[("owner", "alice@example.com"), ("class", "workload")]),

            Act::OpenTrust => self.open_trust(VICTIM_ROLE, "Let"),
            Act::OpenTrustUnderOurSid => {
                self.open_trust_under(VICTIM_ROLE, &["SeveranceClosed", "SeveranceCloseTrust"])
            }
            Act::OpenSharedTrust => self.open_trust(SHARED_ROLE, "Let"),
            Act::WritePolicyVersion => self.write_version(true).is_some(),
            Act::WriteTwoPolicyVersions => {
                let first = self.write_version(true);
                self.write_version(true).is_some() && first.is_some()
            }
            Act::PlantThenSetDefault => {
                let Some((policy, version)) = self.write_version(false) else { return false };
                let at = self.at + SignedDuration::from_secs(20);
                self.attacker.later.push((at, Later::SetDefault(policy, version)));
                true
            }
            Act::GiveRights => self.make_user().is_some_and(|(user, _)| self.give_all("User", &user)),
            Act::GiveByGroup => self.give_by_group(),
            Act::MakeUser => {
                self.make_user().is_some_and(|(user, _)| self.give_all("User", &user) | self.mint_key(&user))
            }
            Act::MakeRole => {
                let role = self.unique("helper-role");
                self.make_role(&role)
            }
            Act::MakeManyUsers => (0..24)
                .map(|_| self.make_user().is_some_and(|(user, _)| self.mint_key(&user)))
                .fold(false, |any, did| any | did),
            Act::MakeManyCredentials => (0..6)
                .map(|_| self.make_user().is_some_and(|user| self.every_credential(&user)))
                .fold(false, |any, did| any | did),
            Act::RolesAnywhere => self.by_certificate(),
            Act::InstanceProfile => self.by_instance(),
            Act::MakeManyProfiles => self.many_profiles(),
            Act::ChangeRightsOften => self.change_rights_often(),

            Act::BuryInReads => self.bury("iam", "ListUsers"),
            Act::BuryInRefused => self.bury("organizations", "LeaveOrganization"),
            Act::StrangeWrite => {
                let permission =
                    json!({ "FunctionName": "app", "StatementId": "s", "Action": "lambda:*", "Principal": OUTSIDE });
                self.attempt(&Request::new("lambda", "AddPermission", permission)).is_some()
            }

            Act::NamesakeWorks => self.namesake_works(),
            Act::HonestPolicyChange => self.honest_policy_change(),
            Act::SecondCase => {
                self.attacker.second_case = true;
                true
            }
            Act::DeliverTwice => {
                self.attacker.delivered_again = true;
                true
            }
            // The run does these.
            Act::CrashBefore | Act::CrashAfter | Act::Throttle | Act::LateAnswer => true,
        }
    }

    fn holds(&self, user: &str, id: String) -> Held {
        Held { account: self.attacker.account.clone(), user: user.to_owned(), id }
    }

    fn mint_password(&mut self, (user, id): &(String, String)) -> bool {
        let input = json!({ "UserName": user, "Password": "Pa55word!of-the-attacker" });
        let did = self.done("CreateLoginProfile", input);
        if did {
            let account = self.attacker.account.clone();
            self.attacker.held.learn_password(&self.aws.state(), &account, id);
        }
        did
    }

    fn mint_ssh_key(&mut self, (user, id): &(String, String)) -> bool {
        let body = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ attacker";
        let made = self.iam("UploadSSHPublicKey", json!({ "UserName": user, "SSHPublicKeyBody": body }));
        let Some(key) = made.and_then(|made| id_of(&made, "SSHPublicKey", "SSHPublicKeyId")) else { return false };
        let held = self.holds(id, key);
        self.attacker.held.ssh_keys.insert(held)
    }

    fn mint_certificate(&mut self, (user, id): &(String, String)) -> bool {
        let body = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        let made = self.iam("UploadSigningCertificate", json!({ "UserName": user, "CertificateBody": body }));
        let Some(key) = made.and_then(|made| id_of(&made, "Certificate", "CertificateId")) else { return false };
        let held = self.holds(id, key);
        self.attacker.held.certificates.insert(held)
    }

    fn mint_service_credential(&mut self, (user, id): &(String, String)) -> bool {
        let input = json!({ "UserName": user, "ServiceName": "bedrock.amazonaws.com" });
        let made = self.iam("CreateServiceSpecificCredential", input);
        let of = "ServiceSpecificCredential";
        let Some(key) = made.and_then(|made| id_of(&made, of, "ServiceSpecificCredentialId")) else { return false };
        let held = self.holds(id, key);
        self.attacker.held.service_credentials.insert(held)
    }

    fn mint_key(&mut self, user: &str) -> bool {
        let made = self.iam("CreateAccessKey", json!({ "UserName": user }));
        let Some(key_id) = made.and_then(|made| id_of(&made, "AccessKey", "AccessKeyId")) else { return false };
        self.take(Credential { key_id, token: None });
        true
    }

    fn keys_of(&self, user: &str) -> Vec<String> {
        let listed = self.iam("ListAccessKeys", json!({ "UserName": user })).unwrap_or_default();
        let keys = listed["AccessKeyMetadata"].as_array().into_iter().flatten();
        keys.filter_map(|key| key["AccessKeyId"].as_str().map(str::to_owned)).collect()
    }

    fn assume(&mut self, role: &str, session: &str, region: &str) -> bool {
        let input = json!({ "RoleArn": self.role_arn(role), "RoleSessionName": session, "DurationSeconds": "3600" });
        let answer = self.attempt(&Request::new("sts", "AssumeRole", input).in_region(region));
        self.take_session(answer)
    }

    fn rename(&mut self) -> bool {
        let old = self.name();
        let new = if old == VICTIM { format!("{VICTIM}-2") } else { VICTIM.to_owned() };
        let did = self.done("UpdateUser", json!({ "UserName": old, "NewUserName": new }));
        if did {
            self.attacker.name = new;
        }
        did
    }

    fn tag(&self, user: &str, tags: &[(&str, &str)]) -> bool {
        let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        self.done("TagUser", json!({ "UserName": user, "Tags": tags }))
    }

    fn bury(&self, service: &str, operation: &str) -> bool {
        let request = Request::new(service, operation, json!({}));
        for n in 0..300 {
            let at = self.at + SignedDuration::from_millis(n);
            for credential in self.attacker.credentials.iter().rev().take(1) {
                let _ = self.aws.call_at(at, credential, request.clone());
            }
        }
        true
    }

    /// The honest session that bears the victim's name makes a user, as its own work.
    fn namesake_works(&mut self) -> bool {
        let user = self.unique("deployed");
        let by = self.attacker.cast.namesake.clone();
        let call =
            |operation: &str, input: Value| self.aws.call_at(self.at, &by, Request::new("iam", operation, input));
        let Ok(made) = call("CreateUser", json!({ "UserName": user })) else { return false };
        let document = allow(&["s3:*"]).to_string();
        let _ = call("PutUserPolicy", json!({ "UserName": user, "PolicyName": "work", "PolicyDocument": document }));
        let _ = call("CreateAccessKey", json!({ "UserName": user }));
        let Some(id) = id_of(&made, "User", "UserId") else { return false };
        let account = self.attacker.account.clone();
        self.attacker.honestly_changed.push(Honest::User { account, id });
        true
    }

    fn honest_policy_change(&mut self) -> bool {
        let document = allow(&["s3:GetObject", "s3:PutObject"]).to_string();
        let policy = format!("arn:aws:iam::{}:policy/{}", self.attacker.account, crate::stage::TEAM_POLICY);
        let input = json!({ "PolicyArn": policy, "PolicyDocument": document, "SetAsDefault": "true" });
        let root = Caller::Root { account: self.attacker.account.clone() };
        let did = self.aws.call_as(self.at, root, Request::new("iam", "CreatePolicyVersion", input)).is_ok();
        let (account, id) = (self.attacker.account.clone(), self.attacker.cast.shared_role.clone());
        if did {
            self.attacker.honestly_changed.push(Honest::Role { account, id });
        }
        did
    }
}

/// A member of a member of an answer.
fn id_of(answer: &Value, of: &str, name: &str) -> Option<String> {
    answer[of][name].as_str().map(str::to_owned)
}

/// A list of texts in an answer.
fn texts(answer: Option<&Value>, name: &str) -> Vec<String> {
    let list = answer.and_then(|answer| answer[name].as_array()).into_iter().flatten();
    list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
