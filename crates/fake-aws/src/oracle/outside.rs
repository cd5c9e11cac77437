//! New sessions from outside: roles that let in whom the attacker is, owns, or speaks for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::caller::{Caller, Session, SessionOf, StartedBy};
use crate::evaluate::Decision;
use crate::iam::Trust;
use crate::state::State;
use crate::store::View;

use super::access_paths::{AccessPath, Open, holder};
use super::attacker::{Attacker, Tokens, Workload};
use super::probes::{self, Brought, NOBODY};
use super::rights::{Asked, Begin, sessions_of};

/// An account that nobody knows: whoever trusts everybody trusts it.
const SOMEBODY: &str = "999999999990";

/// The roles that open to the attacker without a credential of theirs in the account.
pub(super) fn open(state: &State, at: Timestamp, attacker: &Attacker) -> Vec<Open> {
    let mut found = Vec::new();
    let iam = &state.iam;
    for account in iam.roles.accounts() {
        if attacker.accounts.contains(account) {
            continue;
        }
        for (role, ..) in iam.roles.in_account(View::Settled, account) {
            let Some(trust) = iam.trust(View::Settled, account, role) else { continue };
            let mut ways: Vec<(AccessPath, Begin)> = Vec::new();
            if let Some(who) = outsider(state, at, attacker, (account, role), trust) {
                ways.push((AccessPath::Outsider(who), Begin::by(StartedBy::Key(format!("AKIA{NOBODY}")))));
            }
            for tokens in &attacker.tokens {
                ways.extend(provider(state, at, tokens, (account, role), trust));
            }
            for workload in attacker.workloads.iter().filter(|of| of.account == account && of.role == role) {
                ways.extend(service(state, at, workload));
            }
            ways.extend(roles_anywhere(state, at, attacker, (account, role)));
            ways.extend(people(state, attacker, (account, role)));
            for (access_path, begin) in ways {
                let sessions = sessions_of(state, at, account, role, &begin);
                let can = sessions.iter().map(|caller| Asked::new(state, at, caller).effective());
                if let Some(can) = can.into_iter().find(|can| !can.is_empty()) {
                    found.push(Open {
                        access_path,
                        holder: holder(state, account, role),
                        ends_at: None,
                        can,
                        renews: vec![],
                    });
                }
            }
        }
    }
    found
}

/// An accomplice, or anybody at all, who can assume this role. What their own account allows them is up to them: only what the
/// role's trust says counts, and what binds the role.
fn outsider(
    state: &State,
    at: Timestamp,
    attacker: &Attacker,
    (account, role): (&str, &str),
    trust: &Trust,
) -> Option<String> {
    let document = trust.read();
    let statements = probes::statements(&document);
    let arn = state.iam.role_arn(View::Settled, account, role)?;
    let mut accounts: BTreeSet<String> = attacker.accounts.clone();
    accounts.insert(SOMEBODY.to_owned());
    let mut callers: Vec<(String, Caller)> = Vec::new();
    for outside in &accounts {
        let user = |id: &str| Caller::User { account: outside.clone(), id: id.to_owned(), key: String::new() };
        callers.push((format!("arn:aws:iam::{outside}:root"), user(NOBODY)));
    }
    // Whom the trust names in an account of theirs they can be; of single principals, they are those.
    let named = statements.iter().flat_map(|statement| probes::values(&statement["Principal"]["AWS"]));
    for text in named.collect::<BTreeSet<_>>() {
        let in_account = text.split(':').nth(4).unwrap_or_default();
        if accounts.contains(in_account) || attacker.principals.contains(&text) {
            callers.extend(as_principal(state, &text, trust).map(|caller| (text.clone(), caller)));
        }
    }
    // Somebody of an account that is trusted as a whole.
    for text in &attacker.principals {
        callers.extend(as_principal(state, text, trust).map(|caller| (text.clone(), caller)));
    }
    callers.into_iter().find_map(|(text, caller)| {
        let asked = Asked::new(state, at, &caller);
        let lets_in = requests(&statements, at, &text, caller.account()).iter().any(|brought| {
            // Without a policy of their own account's, which they write themselves.
            matches!(
                asked.decide("sts:AssumeRole", &arn, brought),
                Decision::Allowed | Decision::NotAllowed("identity-based policy")
            )
        });
        lets_in.then_some(text)
    })
}

/// Who a principal outside is to the evaluation: one that a trust names by this text, without policies.
fn as_principal(state: &State, text: &str, trust: &Trust) -> Option<Caller> {
    let mut parts = text.splitn(6, ':').skip(2);
    let (service, account, resource) = (parts.next()?, parts.nth(1)?.to_owned(), parts.next()?);
    let id = trust.ids.get(text).map_or(text, String::as_str).to_owned();
    match (service, resource.split_once('/')) {
        ("sts", Some((_, rest))) => {
            let (role, name) = rest.rsplit_once('/')?;
            let role = state.iam.role_id(View::Settled, &account, role).unwrap_or_else(|| role.to_owned());
            let at = Timestamp::MIN;
            Some(Caller::Session(Box::new(Session {
                key: String::new(),
                token: String::new(),
                account,
                of: SessionOf::Role(role),
                name: name.to_owned(),
                issued_at: at,
                expires_at: Timestamp::MAX,
                policies: vec![],
                source_identity: None,
                tags: BTreeMap::new(),
                by: StartedBy::Key(String::new()),
                context: BTreeMap::new(),
            })))
        }
        ("iam", Some(_)) => Some(Caller::User { account, id, key: String::new() }),
        ("iam", None) => Some(Caller::User { account, id: NOBODY.to_owned(), key: String::new() }),
        _ => None,
    }
}

/// The requests that a trust's conditions ask for. An outsider chooses also what they are called and tagged at home, but not where
/// they are at home, nor what organization that is in.
fn requests(statements: &[&Value], at: Timestamp, text: &str, account: &str) -> Vec<Brought> {
    let mut own = Brought::new();
    for statement in statements.iter().filter(|statement| statement["Effect"] != "Deny") {
        for (_, key, values) in probes::conditions(statement) {
            let lower = key.to_ascii_lowercase();
            let at_home = |value: &String| value.split(':').nth(4).is_some_and(|of| of == account || of == "*");
            let chosen = match lower.as_str() {
                "aws:principalarn" => values
                    .iter()
                    .find(|value| at_home(value))
                    .map(|value| probes::instance(&value.replacen(":*:", &format!(":{account}:"), 1))),
                "aws:username" | "aws:userid" => values.first().map(|value| probes::instance(value)),
                _ if lower.starts_with("aws:principaltag/") => values.first().map(|value| probes::instance(value)),
                _ => None,
            };
            if let Some(value) = chosen {
                own.insert(key.to_owned(), vec![value]);
            }
        }
    }
    if !own.keys().any(|key| key.eq_ignore_ascii_case("aws:principalarn")) && text.starts_with("arn:aws:iam") {
        own.insert("aws:PrincipalArn".to_owned(), vec![text.replace(":root", &format!(":user/{NOBODY}"))]);
    }
    let plain = probes::contexts(statements, at);
    let mut all = plain.clone();
    all.extend(plain.into_iter().map(|mut one| {
        one.extend(own.clone());
        one
    }));
    all
}

/// By tokens or assertions of a provider.
fn provider(
    state: &State,
    at: Timestamp,
    tokens: &Tokens,
    (account, role): (&str, &str),
    trust: &Trust,
) -> Option<(AccessPath, Begin)> {
    let arn = &tokens.provider;
    // Those without an ARN STS knows by itself: `accounts.google.com`.
    let known = state.iam.providers.get(View::Settled, &(account.to_owned(), arn.clone(), String::new()));
    if known.is_none() && arn.starts_with("arn:") {
        return None;
    }
    let document = trust.read();
    let statements = probes::statements(&document);
    let (action, context, by) = if arn.contains(":saml-provider/") {
        let context = assertion(tokens, &statements);
        let subject = context["saml:sub"].clone();
        ("sts:AssumeRoleWithSAML", context, StartedBy::Saml { provider: arn.clone(), subject })
    } else {
        let host = arn.split_once(":oidc-provider/").map_or(arn.as_str(), |(_, host)| host);
        let context = claims(tokens, host, &statements, known.map_or(&[], |known| &known.clients))?;
        let subject = context[&format!("{host}:sub")].clone();
        ("sts:AssumeRoleWithWebIdentity", context, StartedBy::WebIdentity { provider: arn.clone(), subject })
    };
    let mut brought: Brought = context.iter().map(|(key, value)| (key.clone(), vec![value.clone()])).collect();
    brought.insert("aws:FederatedProvider".to_owned(), vec![arn.clone()]);
    let caller = Caller::Anonymous { account: account.to_owned() };
    let lets_in = Asked::new(state, at, &caller).may_assume(action, account, role, &brought);
    lets_in.then(|| (AccessPath::Provider(arn.clone()), Begin { context, ..Begin::by(by) }))
}

/// What an attacker who writes the tokens or assertions writes: whatever the trust wants to read of this provider.
fn wanted(statements: &[&Value], prefix: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for statement in statements {
        for (operator, key, values) in probes::conditions(statement) {
            let key = key.to_ascii_lowercase();
            let wants = (statement["Effect"] == "Deny") == operator.to_ascii_lowercase().contains("not");
            if let Some(value) = values.first().filter(|_| wants && key.starts_with(prefix)) {
                found.insert(key, probes::instance(value));
            }
        }
    }
    found
}

/// The claims of a token, as condition keys. None where STS refuses its audience.
fn claims(tokens: &Tokens, host: &str, statements: &[&Value], clients: &[String]) -> Option<BTreeMap<String, String>> {
    let is_own = tokens.subject.is_none();
    let (host_is, subject, audience) = (host.to_ascii_lowercase(), format!("{host}:sub"), format!("{host}:aud"));
    let mut claims = BTreeMap::new();
    if is_own {
        // Keys of conditions know no case, but of one claim there is one key.
        for (key, value) in wanted(statements, &format!("{host_is}:")) {
            claims.insert(format!("{host}{}", &key[host.len()..]), value);
        }
    }
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            claims.insert(key.to_owned(), value.to_owned());
        } else if !claims.contains_key(key) {
            claims.insert(key.to_owned(), NOBODY.to_owned());
        }
    };
    set(&subject, tokens.subject.as_deref());
    set(&audience, Some(&tokens.audience));
    // "Incorrect token audience" is what STS says to all but the provider's clients.
    if !clients.is_empty() && !clients.contains(&claims[&audience]) {
        if !is_own {
            return None;
        }
        claims.insert(audience, clients[0].clone());
    }
    Some(claims)
}

/// The condition keys of a SAML assertion.
fn assertion(tokens: &Tokens, statements: &[&Value]) -> BTreeMap<String, String> {
    let mut keys = if tokens.subject.is_none() { wanted(statements, "saml:") } else { BTreeMap::new() };
    // What AWS's own sign-in sends, and every trust for SAML asks for.
    keys.insert("saml:aud".to_owned(), "https://signin.aws.amazon.com/saml".to_owned());
    keys.entry("saml:sub_type".to_owned()).or_insert_with(|| "persistent".to_owned());
    match &tokens.subject {
        Some(subject) => drop(keys.insert("saml:sub".to_owned(), subject.clone())),
        None => drop(keys.entry("saml:sub".to_owned()).or_insert_with(|| NOBODY.to_owned())),
    }
    keys
}

/// By a service that runs a program of theirs. An instance gets what its profile holds.
fn service(state: &State, at: Timestamp, workload: &Workload) -> Option<(AccessPath, Begin)> {
    let Workload { account, role, service } = workload;
    let mut profiles = state.iam.instance_profiles.in_account(View::Settled, account);
    if service == "ec2.amazonaws.com" && !profiles.any(|(.., profile)| profile.role.as_deref() == Some(role)) {
        return None;
    }
    let caller = Caller::Service { account: account.clone(), name: service.clone() };
    let lets_in = Asked::new(state, at, &caller).may_assume("sts:AssumeRole", account, role, &Brought::new());
    lets_in.then(|| (AccessPath::Workload(service.clone()), Begin::by(StartedBy::Service(service.clone()))))
}

/// By a certificate that an enabled trust anchor takes, through each enabled profile beside it that names the role.
fn roles_anywhere(
    state: &State,
    at: Timestamp,
    attacker: &Attacker,
    (account, role): (&str, &str),
) -> Vec<(AccessPath, Begin)> {
    let mut found = Vec::new();
    let iam = &state.iam;
    let Some(role_arn) = iam.role_arn(View::Settled, account, role) else { return found };
    for anchor_arn in &attacker.anchors {
        // `arn:aws:rolesanywhere:<region>:<account>:trust-anchor/<id>`; a profile works with the anchors of its own Region.
        let parts: Vec<&str> = anchor_arn.splitn(6, ':').collect();
        let ["arn", _, _, region, of_account, anchor] = parts.as_slice() else { continue };
        let anchor = anchor.rsplit('/').next().unwrap_or_default();
        let anchor = state.roles_anywhere.anchor(View::Settled, account, region, anchor);
        if *of_account != account || !anchor.is_some_and(|anchor| anchor.enabled) {
            continue;
        }
        for (id, profile) in state.roles_anywhere.profiles.of(View::Settled, account, region) {
            if !profile.enabled || !profile.roles.contains(&role_arn) {
                continue;
            }
            let caller =
                Caller::Service { account: account.to_owned(), name: "rolesanywhere.amazonaws.com".to_owned() };
            // A certificate of theirs says of itself what the trust asks for.
            let mut brought = Brought::from([("aws:SourceArn".to_owned(), vec![anchor_arn.clone()])]);
            if let Some(trust) = iam.trust(View::Settled, account, role) {
                let tags = wanted(&probes::statements(&trust.read()), "aws:principaltag/");
                brought.extend(tags.into_iter().map(|(key, value)| (key, vec![value])));
            }
            if Asked::new(state, at, &caller).may_assume("sts:AssumeRole", account, role, &brought) {
                let documents = profile.managed_policies.iter();
                let documents = documents.filter_map(|arn| iam.policy_document(View::Settled, account, arn));
                let policies = documents.chain(profile.session_policy.clone());
                let policies = policies.filter_map(|text| serde_json::from_str(&text).ok()).collect();
                let arn = crate::roles_anywhere::arn(region, account, "profile", id);
                let begin = Begin { policies, ..Begin::by(StartedBy::RolesAnywhere(arn.clone())) };
                found.push((AccessPath::RolesAnywhere(arn), begin));
            }
        }
    }
    found
}

/// By signing in as a person to whom the account and the role's permission set are assigned. Identity Center's roles trust it by
/// themselves, and nobody can edit them.
fn people(state: &State, attacker: &Attacker, (account, role): (&str, &str)) -> Vec<(AccessPath, Begin)> {
    let Some(known) = state.iam.role(View::Settled, account, role) else { return vec![] };
    let center = &state.identity_center;
    let is_of = |set: &String| {
        let name = center.permission_sets.get(set);
        known.path.starts_with("/aws-reserved/sso.amazonaws.com/")
            && name.is_some_and(|name| known.name.starts_with(&format!("AWSReservedSSO_{name}_")))
    };
    let mut found = Vec::new();
    for person in attacker.people.iter().filter(|person| center.users.contains_key(*person)) {
        if center.access_of(View::Settled, person).iter().any(|(of, set, _)| of == account && is_of(set)) {
            let context = BTreeMap::from([("identitystore:UserId".to_owned(), person.clone())]);
            let begin = Begin { context, ..Begin::by(StartedBy::IdentityCenter(person.clone())) };
            found.push((AccessPath::Person(person.clone()), begin));
        }
    }
    found
}
