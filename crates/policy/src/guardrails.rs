//! The policies, ready to be asked.

use std::path::Path;

use cedar_policy::{ActionConstraint, Authorizer, Decision, EntityUid, PolicySet, Response};
use severance_domain::plan::Disposition;
use severance_domain::policy::{Policy, PolicyReason, Question, Ruling};

use crate::check::{self, Checked, NO_PERMIT, NOT_ASKED, PolicyError, Problem, SCHEMA_NAME, SourceFile};
use crate::question::{Action, Asking, Vocabulary};

/// The files that build.rs found.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Every policy that is in force. Built once, at start; a decision parses nothing.
#[derive(Debug)]
pub struct Guardrails {
    authorizer: Authorizer,
    vocabulary: Vocabulary,
    enforce: PolicySet,
    review: PolicySet,
    enforce_on_silence: PolicySet,
    about: Vec<About>,
}

/// What there is to say of one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// Its `@id`.
    pub id: String,
    /// Its `@reason`.
    pub says: Option<String>,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// Its file.
    pub file: String,
    /// The line at which it begins.
    pub line: usize,
}

/// Whether a policy permits or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It permits.
    Permit,
    /// It forbids, and wins over all that permit.
    Forbid,
}

/// A ruling, and how it came about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The answer.
    pub ruling: Ruling,
    /// What was asked for it, in order.
    pub asked: Vec<Asked>,
}

/// One action that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which.
    pub action: Action,
    /// What the policies said. Worth nothing if one of them failed.
    pub allowed: bool,
    /// Those that decided: the permits if it is allowed, else the forbids; none where nothing permits it.
    pub policies: Vec<PolicyReason>,
    /// Those that could not be evaluated, and why.
    pub failed: Vec<PolicyReason>,
}

impl Guardrails {
    /// The policies that were there when this was built, parsed and checked again.
    pub fn embedded() -> Result<Self, PolicyError> {
        let file = |(name, text): &(&str, &str)| SourceFile { name: (*name).to_owned(), text: (*text).to_owned() };
        Self::from_files(&EMBEDDED.iter().map(file).collect::<Vec<_>>())
    }

    /// The policies of these files and no others, ours neither.
    pub fn from_files(files: &[SourceFile]) -> Result<Self, PolicyError> {
        let checked = check::check(files, check::schema()?)?;
        let vocabulary = Vocabulary::new()
            .map_err(|error| Problem::with_file(SCHEMA_NAME, error, "this is a fault of Severance"))?;
        let about = checked.iter().map(About::of).collect();
        Ok(Self {
            authorizer: Authorizer::new(),
            enforce: concerning(&checked, &vocabulary.action(Action::Enforce))?,
            review: concerning(&checked, &vocabulary.action(Action::Review))?,
            enforce_on_silence: concerning(&checked, &vocabulary.action(Action::EnforceOnSilence))?,
            vocabulary,
            about,
        })
    }

    /// The policies in `default` and `custom` of a folder. The schema is always the embedded one.
    pub fn from_directory(directory: &Path) -> Result<Self, PolicyError> {
        let shown = directory.display().to_string();
        Self::from_files(&check::read_directory(directory, shown.trim_end_matches('/'))?)
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.about.len()
    }

    /// Whether there is none, so that everything is only recorded.
    pub fn is_empty(&self) -> bool {
        self.about.is_empty()
    }

    /// The id of each policy, by file and line.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.about.iter().map(|about| about.id.as_str())
    }

    /// What there is to say of each policy, by file and line.
    pub fn policies(&self) -> &[About] {
        &self.about
    }

    /// The answer, with all that was asked for it.
    pub fn explain(&self, question: &Question<'_>) -> Explanation {
        let mut asked = Vec::new();
        let ruling = match self.vocabulary.ask(question) {
            Ok(asking) => self.rule(&asking, &mut asked),
            Err(reason) => Err(reason),
        };
        let ruling = ruling.unwrap_or_else(|reason| {
            let says = format!("the policies cannot be asked, so a person decides: {reason}");
            let policies = vec![PolicyReason { id: NOT_ASKED.to_owned(), says: Some(says) }];
            Ruling { answer: Disposition::Review, policies, enforce_on_silence: false, lowered_by: None }
        });
        Explanation { ruling, asked }
    }

    /// Cedar passes over a policy that it cannot evaluate, a forbid too. So no answer stands on which one failed.
    fn rule(&self, asking: &Asking, asked: &mut Vec<Asked>) -> Result<Ruling, String> {
        let ruling =
            |answer, policies, enforce_on_silence| Ruling { answer, policies, enforce_on_silence, lowered_by: None };
        let enforce = self.ask(Action::Enforce, asking)?;
        asked.push(enforce.clone());
        if !enforce.failed.is_empty() {
            return Ok(ruling(Disposition::Review, enforce.failed, false));
        }
        if enforce.allowed {
            return Ok(ruling(Disposition::Enforce, enforce.policies, false));
        }
        let review = self.ask(Action::Review, asking)?;
        asked.push(review.clone());
        if !review.failed.is_empty() {
            return Ok(ruling(Disposition::Review, review.failed, false));
        }
        if !review.allowed {
            return Ok(ruling(Disposition::Observe, or_no_permit(review.policies), false));
        }
        let silence = self.ask(Action::EnforceOnSilence, asking)?;
        let enforce_on_silence = silence.allowed && silence.failed.is_empty();
        asked.push(silence);
        Ok(ruling(Disposition::Review, or_no_permit(enforce.policies), enforce_on_silence))
    }

    fn ask(&self, action: Action, asking: &Asking) -> Result<Asked, String> {
        let policies = match action {
            Action::Enforce => &self.enforce,
            Action::Review => &self.review,
            Action::EnforceOnSilence => &self.enforce_on_silence,
        };
        let request = asking.request(self.vocabulary.action(action))?;
        let response = self.authorizer.is_authorized(&request, policies, &asking.entities);
        Ok(Asked {
            action,
            allowed: response.decision() == Decision::Allow,
            policies: determining(&response, policies),
            failed: failed(&response),
        })
    }
}

impl Policy for Guardrails {
    fn answer(&self, question: &Question<'_>) -> Ruling {
        self.explain(question).ruling
    }
}

impl About {
    fn of(checked: &Checked) -> Self {
        Self {
            id: checked.policy.id().to_string(),
            says: checked.policy.annotation("reason").map(str::to_owned),
            effect: match checked.policy.effect() {
                cedar_policy::Effect::Permit => Effect::Permit,
                cedar_policy::Effect::Forbid => Effect::Forbid,
            },
            file: checked.file.clone(),
            line: checked.line,
        }
    }
}

/// The policies whose scope admits an action: the others could never say anything about it.
fn concerning(checked: &[Checked], action: &EntityUid) -> Result<PolicySet, PolicyError> {
    let policies = checked.iter().filter(|checked| match checked.policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == *action,
        ActionConstraint::In(several) => several.contains(action),
    });
    PolicySet::from_policies(policies.map(|checked| checked.policy.clone())).map_err(|error| {
        Problem::with_file("policies", error.to_string(), "this is a fault of Severance: the check has passed").into()
    })
}

fn determining(response: &Response, policies: &PolicySet) -> Vec<PolicyReason> {
    let reason =
        |id| PolicyReason { id: ToString::to_string(id), says: policies.annotation(id, "reason").map(str::to_owned) };
    let mut reasons: Vec<PolicyReason> = response.diagnostics().reason().map(reason).collect();
    reasons.sort();
    reasons
}

fn failed(response: &Response) -> Vec<PolicyReason> {
    let reason = |error: &cedar_policy::AuthorizationError| {
        let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
        let says = format!("it could not be evaluated, so a person decides: {}", error.inner());
        PolicyReason { id: error.policy_id().to_string(), says: Some(says) }
    };
    let mut reasons: Vec<PolicyReason> = response.diagnostics().errors().map(reason).collect();
    reasons.sort();
    reasons
}

fn or_no_permit(policies: Vec<PolicyReason>) -> Vec<PolicyReason> {
    if !policies.is_empty() {
        return policies;
    }
    let says = "no policy permits doing it without a person".to_owned();
    vec![PolicyReason { id: NO_PERMIT.to_owned(), says: Some(says) }]
}
