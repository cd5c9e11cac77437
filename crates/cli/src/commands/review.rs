//! `sever reviews`, `sever approve`, `sever deny`, `sever recertify`: what people decide.

use jiff::civil::Date;
use severance_domain::case::{Case, CaseId};
use severance_domain::ids::Arn;
use severance_domain::respond::{Answer, Ask};

use crate::arguments::help::remote_help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::commands::contain::contained;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::{table, view};
use crate::remote::unexpected;

const REVIEWS_HELP: &str = remote_help!(
    "\
Examples:
  sever reviews
  sever reviews --json | jq -r '.reviews.cases[] | .id + \" \" + .review.plan'"
);

const APPROVE_HELP: &str = remote_help!(
    "\
Examples:
  # What waits, with the digest of each plan; then look at one, and decide.
  sever reviews
  sever status sev-0123456789abcdef0123
  sever approve sev-0123456789abcdef0123 --plan 0123456789abcdef --reason \"confirmed with the owner\"

You approve the plan as it was shown, by its digest. If the situation has changed meanwhile, the plan has another digest and
nothing is done. Whoever asked for a reaction cannot approve it.

Besides the codes below, 24: it was answered, but access was not seen to end."
);

const DENY_HELP: &str = remote_help!(
    "\
Examples:
  sever deny sev-0123456789abcdef0123 --plan 0123456789abcdef --reason \"planned test, see OPS-7\""
);

const RECERTIFY_HELP: &str = remote_help!(
    "\
Examples:
  sever recertify arn:aws:iam::111122223333:user/batch --until 2027-03-31 --reason \"yearly closing still runs on it\""
);

/// The options of `sever reviews`.
#[derive(Debug, clap::Args)]
#[command(after_help = REVIEWS_HELP)]
pub(crate) struct ReviewsOptions {
    #[command(flatten)]
    remote: RemoteOptions,
}

/// What `sever approve` and `sever deny` name.
#[derive(Debug, clap::Args)]
struct Decided {
    /// The case.
    #[arg(value_parser = values::case)]
    case: CaseId,

    /// The digest of the plan that you saw, or its first 16 digits.
    #[arg(long, value_name = "DIGEST", value_parser = values::plan)]
    plan: String,

    /// Why. Stands in the evidence.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// The options of `sever approve`.
#[derive(Debug, clap::Args)]
#[command(after_help = APPROVE_HELP)]
pub(crate) struct ApproveOptions {
    #[command(flatten)]
    decided: Decided,
}

/// The options of `sever deny`.
#[derive(Debug, clap::Args)]
#[command(after_help = DENY_HELP)]
pub(crate) struct DenyOptions {
    #[command(flatten)]
    decided: Decided,
}

/// The options of `sever recertify`.
#[derive(Debug, clap::Args)]
#[command(after_help = RECERTIFY_HELP)]
pub(crate) struct RecertifyOptions {
    /// The identity.
    #[arg(value_name = "ARN", value_parser = values::arn)]
    subject: Arn,

    /// Until when nobody need ask again. The stack has a longest time.
    #[arg(long, value_name = "DATE")]
    until: Date,

    /// Why it is still needed.
    #[arg(long, value_name = "TEXT", value_parser = values::words)]
    reason: String,

    #[command(flatten)]
    remote: RemoteOptions,
}

/// Lists what waits for a person.
pub(crate) fn list(given: &ReviewsOptions) -> Result<u8, Failure> {
    let answer = given.remote.stack().connect()?.ask(Ask::Reviews)?;
    let Answer::Reviews { cases } = &answer else { return Err(unexpected()) };
    print(given.remote.json, &answer, |out| {
        if cases.is_empty() {
            return writeln!(out, "Nothing waits for a person.");
        }
        let rows: Vec<Vec<String>> = cases.iter().map(row).collect();
        table::write(&["CASE", "PLAN", "SIGNAL", "WHO", "ANSWER UNTIL", "IF NOBODY ANSWERS"], &rows, out)?;
        writeln!(out, "\nLook at one: sever status CASE. Decide: sever approve|deny CASE --plan PLAN --reason TEXT")
    })?;
    Ok(0)
}

fn row(case: &Case) -> Vec<String> {
    let review = case.review.as_ref();
    let until = review.map_or_else(
        || "not known".to_owned(),
        |review| {
            let again = if review.escalated_at.is_some() { " (asked again)" } else { "" };
            format!("{}{again}", review.expires_at)
        },
    );
    vec![
        case.id.to_string(),
        review.map(|review| review.short_plan().to_owned()).unwrap_or_default(),
        case.signal.kind.as_str().to_owned(),
        case.subject.label(),
        until,
        review.map(view::on_silence).unwrap_or_default().to_owned(),
    ]
}

/// Carries a held plan out.
pub(crate) fn approve(given: ApproveOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Approve { case, plan, reason })?;
    let Answer::Reacted { reactions } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| view::reactions(reactions, out))?;
    Ok(contained(reactions))
}

/// Closes a held plan.
pub(crate) fn deny(given: DenyOptions) -> Result<u8, Failure> {
    let Decided { case, plan, reason, remote } = given.decided;
    let answer = remote.stack().connect()?.ask(Ask::Deny { case, plan, reason })?;
    print(remote.json, &answer, |out| match &answer {
        Answer::Reacted { reactions } => view::reactions(reactions, out),
        other => view::done(other, out),
    })?;
    Ok(0)
}

/// Says that an identity is still needed.
pub(crate) fn recertify(given: RecertifyOptions) -> Result<u8, Failure> {
    let RecertifyOptions { subject, until, reason, remote } = given;
    let answer = remote.stack().connect()?.ask(Ask::Recertify { subject, until, reason })?;
    print(remote.json, &answer, |out| view::done(&answer, out))?;
    Ok(0)
}
