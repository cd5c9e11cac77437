//! `sever policy explain`: what would be done about an identity, which policies say so, and what lowered their answer.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::message::radius;
use severance_domain::playbook::{Context, decide};
use severance_domain::profile::{Clues, Profile, RegistryEntry, TagKeys};
use severance_domain::refusals::OwnRoles;
use severance_domain::respond::{Answer, Claim, Explanation};
use severance_domain::signal::{NewSignal, PrincipalHint, Signal, SignalKind, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, SecretState, Subject, SubjectKind};
use severance_policy::Guardrails;

use crate::arguments::policy::ExplainOptions;
use crate::clock;
use crate::commands::explanation;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::text::write_list;
use crate::output::view;

/// The age of the key that a user is taken to have.
const ASSUMED_DAYS: i64 = 400;
/// The template's own defaults.
const STALE_DAYS: i64 = 90;
const UNUSED_DAYS: i64 = 45;
/// The id of that key: AWS's own example.
const ASSUMED_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// Explains, offline or live.
pub(super) fn run(given: ExplainOptions) -> Result<u8, Failure> {
    if given.live {
        let ExplainOptions { subject, signal, access_key, severity, remote, .. } = given;
        let claim = Claim { subject, signal, access_key, severity: Some(severity), since: None };
        return explanation::live(claim, &remote.stack().connect()?, remote.json);
    }
    let guardrails = guardrails(given.policies.as_deref())?;
    let now = clock::now();
    let Imagined { signal, subject, profile, inventory, assumed } = imagine(&given, now)?;
    let context = Context {
        mode: given.mode,
        now,
        stale_key_days: STALE_DAYS,
        unused_key_days: UNUSED_DAYS,
        own_roles: OwnRoles::default(),
        exemptions: Vec::new(),
        breaker_open: false,
        organizational_units: Vec::new(),
        // As the template's own defaults have it.
        scp_quarantine: false,
        management_account: None,
    };
    let plan = decide(&signal, &subject, &profile, &inventory, &context, &guardrails);
    let blast_radius = radius(&subject, &profile, &inventory, now);
    let explained = Explanation { subject, profile, inventory, plan, mode: given.mode, blast_radius, radius: None };
    let answer = Answer::Explained(vec![explained]);
    print(given.remote.json, &answer, |out| {
        view::explained(&answer, out)?;
        write_list("Taken as given", &assumed, out)
    })?;
    Ok(0)
}

/// The policies of a folder, or those that were built in.
fn guardrails(directory: Option<&Path>) -> Result<Guardrails, Failure> {
    let found = directory.map_or_else(Guardrails::embedded, Guardrails::from_directory);
    found.map_err(|error| Failure::Policy(error.to_string()))
}

/// What a decision takes, without anybody being asked, and what of it nobody said.
struct Imagined {
    signal: Signal,
    subject: Subject,
    profile: Profile,
    inventory: Inventory,
    assumed: Vec<String>,
}

fn imagine(given: &ExplainOptions, now: Timestamp) -> Result<Imagined, Failure> {
    let subject = subject(&given.subject)?;
    let mut assumed = vec![
        format!("limits as the template sets them: a key is stale from {STALE_DAYS} days, unused from {UNUSED_DAYS}"),
        "no exemption is in force, the breaker is closed, and a role is none of Severance's own".to_owned(),
    ];
    let (inventory, access_key) = inventory(given, &subject, now, &mut assumed);
    let profile = profile(given, &subject, &inventory);
    let name = IamName::try_from(subject.name.as_str()).ok();
    let hint = || PrincipalHint { name: name.clone(), arn: Some(given.subject.clone()), unique_id: None };
    let meant = match (&given.leaver, &given.workload, subject.kind) {
        (Some(_), _, _) | (_, Some(_), _) if given.signal != SignalKind::Offboarding => {
            return Err(Failure::Usage("--leaver and --workload belong to --signal offboarding".to_owned()));
        }
        (Some(person), _, _) => SubjectHint::Person { identifiers: vec![person.clone()] },
        (_, Some(workload), _) => SubjectHint::Workload { identifiers: vec![workload.clone()] },
        (_, _, SubjectKind::Role) => SubjectHint::Role(hint()),
        (_, _, SubjectKind::Secret) => SubjectHint::Secret { arn: given.subject.clone() },
        (_, _, SubjectKind::Root) => SubjectHint::Root,
        _ => SubjectHint::User(hint()),
    };
    let signal = Signal::new(NewSignal {
        kind: given.signal,
        source: given.source,
        event_id: "explain".to_owned(),
        finding_id: "explain".to_owned(),
        rule: "explain".to_owned(),
        account: subject.account.clone(),
        region: given.subject.region().to_owned(),
        severity: given.severity,
        occurred_at: now,
        subject: meant,
        title: "an explanation was asked for".to_owned(),
        event_digest: Digest::of(b"explain"),
    })
    .with_access_key(access_key);
    Ok(Imagined { signal, subject, profile, inventory, assumed })
}

fn subject(arn: &Arn) -> Result<Subject, Failure> {
    let unusable = || {
        Failure::Usage(format!(
            "{arn} is not the ARN of an IAM user, an IAM role, a secret or a root user in an account"
        ))
    };
    let secret = || arn.resource().strip_prefix("secret:").filter(|_| arn.service() == "secretsmanager");
    let (kind, name) = match (arn.service(), arn.name_of("user"), arn.name_of("role"), secret()) {
        ("iam", Some(user), _, _) => (SubjectKind::User, user),
        ("iam", _, Some(role), _) => (SubjectKind::Role, role),
        ("iam", ..) if arn.resource() == "root" => (SubjectKind::Root, "root"),
        (_, _, _, Some(secret)) => (SubjectKind::Secret, secret),
        _ => return Err(unusable()),
    };
    let account = AccountId::try_from(arn.account()).map_err(|_| unusable())?;
    Ok(Subject { kind, account, name: name.to_owned(), arn: Some(arn.clone()), unique_id: None })
}

fn inventory(
    given: &ExplainOptions,
    subject: &Subject,
    now: Timestamp,
    assumed: &mut Vec<String>,
) -> (Inventory, Option<AccessKeyId>) {
    let ago = |days: i64| now - SignedDuration::from_hours(24 * days);
    let is_new = given.signal == SignalKind::CredentialCreated;
    let age = given.age_days.unwrap_or(if is_new { 0 } else { ASSUMED_DAYS });
    let created_at = Some(ago(age));
    let mut signal_key = given.access_key.clone();
    let mut inventory = Inventory { created_at, attached_policies: Some(Vec::new()), ..Inventory::default() };
    match subject.kind {
        SubjectKind::User => {
            let idle = given.idle_days.unwrap_or(age);
            let last_used = if idle >= age { LastUsed::Never } else { LastUsed::At(ago(idle)) };
            let named = given.access_key.clone().filter(|key| !key.is_temporary());
            if let Some(id) = named.or_else(|| AccessKeyId::try_from(ASSUMED_KEY).ok()) {
                if is_new && signal_key.is_none() {
                    signal_key = Some(id.clone());
                }
                let idle = idle.min(age);
                assumed.push(format!(
                    "the user holds one active key, {id}, {age} days old and idle for {idle}, and no password (--access-key, \
                     --age-days, --idle-days)"
                ));
                inventory.access_keys = vec![AccessKey { id, active: true, created_at, last_used }];
            }
            inventory.console_password = Some(false);
        }
        SubjectKind::Secret => {
            assumed.push("the secret has rotation configured".to_owned());
            inventory.secret = Some(SecretState { rotation_enabled: true, ..SecretState::default() });
        }
        _ => {}
    }
    (inventory, signal_key)
}

fn profile(given: &ExplainOptions, subject: &Subject, inventory: &Inventory) -> Profile {
    let entry = RegistryEntry {
        arn: given.subject.to_string(),
        owners: given.owners.clone(),
        class: given.class,
        environment: given.environment.clone(),
        criticality: given.criticality,
        ..RegistryEntry::default()
    };
    let mut said = Profile::from_registry(&entry);
    said.basis.values_mut().for_each(|basis| "command line".clone_into(&mut basis.detail));
    let tags = given.tags.iter().cloned().collect();
    let clues = Clues { subject, inventory, trust: None };
    said.or(Profile::from_tags(&tags, &tag_keys())).inferred(&clues)
}

/// The template's own tag keys.
fn tag_keys() -> TagKeys {
    let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    TagKeys {
        owner: keys(&["severance:owner", "owner", "Owner"]),
        class: keys(&["severance:class", "class"]),
        environment: keys(&["severance:environment", "environment", "env", "Environment"]),
        criticality: keys(&["severance:criticality", "criticality"]),
        expiry: keys(&["severance:expires-on", "expires-on"]),
        review_by: keys(&["severance:review-by"]),
    }
}
