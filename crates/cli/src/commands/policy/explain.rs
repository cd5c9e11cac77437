//! `sever policy explain`: what would be done about an identity, which policies say so, and what lowered their answer.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName};
use severance_domain::message::radius;
use severance_domain::playbook::{Context, Mode, decide};
use severance_domain::profile::{Class, Clues, Criticality, Profile, RegistryEntry, TagKeys};
use severance_domain::respond::{Answer, Ask, Claim, Explanation};
use severance_domain::signal::{PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, SecretState, Subject, SubjectKind};

use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::clock;
use crate::commands::policy::guardrails;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::view;
use crate::remote::{Responder, unexpected};

const HELP: &str = "\
Examples:
  # Offline, about an identity that you describe. No AWS account is asked.
  sever policy explain arn:aws:iam::111122223333:user/batch --signal credential_unused --class workload \\
    --owner payments@example.com --environment prod --idle-days 120

  # With policies of your own, before you deploy them.
  sever policy explain arn:aws:iam::111122223333:role/app --signal identity_compromised --policies policies

  # A leaver.
  sever policy explain arn:aws:iam::111122223333:user/alice --signal offboarding --owner alice --leaver alice

  # The deployed stack, about the identity as AWS shows it now. Changes nothing.
  sever policy explain arn:aws:iam::111122223333:user/batch --signal credential_unused --live

Exit codes:
   0  explained, whatever the answer is
   2  wrong usage
  10  the output could not be written
  20  a policy is broken: see sever policy check
  21  refused (only --live)
  22  the responder did not answer (only --live)";

/// The age of the key that a user is taken to have.
const ASSUMED_DAYS: i64 = 400;
/// The template's own defaults.
const STALE_DAYS: i64 = 90;
const UNUSED_DAYS: i64 = 45;
/// The id of that key: AWS's own example.
const ASSUMED_KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// The options of `sever policy explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct ExplainOptions {
    /// The identity: the ARN of an IAM user, an IAM role, a secret, or an account's root user.
    #[arg(value_name = "ARN", value_parser = values::arn)]
    subject: Arn,

    /// What is claimed about it.
    #[arg(long, value_name = "KIND", value_parser = values::signal())]
    signal: SignalKind,

    /// The access key that it is about.
    #[arg(long, value_name = "ID", value_parser = values::access_key)]
    access_key: Option<AccessKeyId>,

    /// How bad it is.
    #[arg(long, value_name = "SEVERITY", value_parser = values::severity(), default_value = "high")]
    severity: Severity,

    /// Ask the deployed responder about the real identity, instead of describing one.
    #[arg(long, conflicts_with_all = [
        "policies", "source", "class", "owners", "environment", "criticality", "tags", "age_days", "idle_days", "leaver",
        "workload", "mode",
    ])]
    live: bool,

    /// A folder of policies (in default and custom below it), instead of those that were built in.
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,

    /// Who makes the claim.
    #[arg(long, value_name = "SOURCE", value_parser = values::source(), default_value = "responder")]
    source: Source,

    /// Its class.
    #[arg(long, value_name = "CLASS", value_parser = values::class())]
    class: Option<Class>,

    /// Its owner. May be given more than once.
    #[arg(long = "owner", value_name = "OWNER")]
    owners: Vec<String>,

    /// Where it runs.
    #[arg(long, value_name = "ENVIRONMENT")]
    environment: Option<String>,

    /// What would break without it.
    #[arg(long, value_name = "CRITICALITY", value_parser = values::criticality())]
    criticality: Option<Criticality>,

    /// A tag on it. May be given more than once. The template's own tag keys count, such as severance:class.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = values::pair)]
    tags: Vec<(String, String)>,

    /// How old it and its key are; 400 unless given, 0 for a new key.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=36_500))]
    age_days: Option<i64>,

    /// For how long its key has not been used; all its life, unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=36_500))]
    idle_days: Option<i64>,

    /// The person who leaves, for --signal offboarding. Else the identity itself is named as retired.
    #[arg(long, alias = "attribution-owner", value_name = "NAME", conflicts_with = "workload")]
    leaver: Option<String>,

    /// The workload that is retired, for --signal offboarding.
    #[arg(long, value_name = "NAME")]
    workload: Option<String>,

    /// What the stack is set to.
    #[arg(long, value_name = "MODE", value_parser = values::mode(), default_value = "enforce")]
    mode: Mode,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Explains, offline or live.
pub(crate) fn run(given: ExplainOptions) -> Result<u8, Failure> {
    if given.live {
        let ExplainOptions { subject, signal, access_key, severity, remote, .. } = given;
        let claim = Claim { subject, signal, access_key, severity: Some(severity) };
        return live(claim, &remote.stack().connect()?, remote.json);
    }
    let guardrails = guardrails(given.policies.as_deref())?;
    let now = clock::now();
    let Imagined { signal, subject, profile, inventory, assumed } = imagine(&given, now)?;
    let context = Context {
        mode: given.mode,
        now,
        stale_key_days: STALE_DAYS,
        unused_key_days: UNUSED_DAYS,
        own_roles: Vec::new(),
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
        show(&answer, out)?;
        crate::output::text::write_list("Taken as given", &assumed, out)
    })?;
    Ok(0)
}

/// Asks the deployed responder. Changes nothing.
pub(crate) fn live(claim: Claim, responder: &Responder, json: bool) -> Result<u8, Failure> {
    let answer = responder.ask(Ask::Explain(claim))?;
    if !matches!(answer, Answer::Explained(_)) {
        return Err(unexpected());
    }
    print(json, &answer, |out| show(&answer, out))?;
    Ok(0)
}

fn show(answer: &Answer, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    match answer {
        Answer::Explained(explained) if explained.is_empty() => {
            writeln!(out, "Nothing was found that the claim is about.")
        }
        Answer::Explained(explained) => explained.iter().try_for_each(|one| view::explanation(one, out)),
        _ => Ok(()),
    }
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
    let signal = Signal {
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
        access_key,
        title: "an explanation was asked for".to_owned(),
        event_digest: Digest::of(b"explain"),
        request: None,
        follows: None,
        cutover: None,
    };
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
