//! Reads policy files and checks them. build.rs includes this very file, so what passes at build passes at start.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use cedar_policy::{
    Policy, PolicyId, PolicySet, Schema, SchemaError, ValidationError, ValidationMode, ValidationWarning, Validator,
};
use miette::Diagnostic;

/// The schema that every policy is checked against.
pub const SCHEMA: &str = include_str!("../../../policies/severance.cedarschema");

/// What the schema is called in messages.
pub const SCHEMA_NAME: &str = "policies/severance.cedarschema";

/// The id that stands for "no policy permits it" in a ruling. No policy may bear it.
pub const NO_PERMIT: &str = "no-policy-permits-enforce";

/// The id that stands for "the policies could not be asked" in a ruling. No policy may bear it.
pub const NOT_ASKED: &str = "policies-not-asked";

/// One file of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// What it is called in messages: its path.
    pub name: String,
    /// What it says.
    pub text: String,
}

/// A policy that passed the check, and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    /// The policy. Its id in Cedar is its `@id`.
    pub(crate) policy: Policy,
    /// The name of its file.
    pub(crate) file: String,
    /// The line at which it begins.
    pub(crate) line: usize,
}

/// Policies that cannot be used, with everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// What is wrong, by file and line. Never empty.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The name of the file.
    pub file: String,
    /// The line, from 1. Zero where the file as a whole is meant.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// The policy's `@id`, where it is known.
    pub policy: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// The way out, where one is known.
    pub help: Option<String>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

/// One line, so that a build tool that prints only lines prints it whole.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        write!(f, " {}", one_line(&self.reason))?;
        if let Some(help) = &self.help {
            write!(f, " ({})", one_line(help))?;
        }
        Ok(())
    }
}

impl From<Problem> for PolicyError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl Problem {
    /// Something wrong with a file as a whole.
    pub fn with_file(file: impl Into<String>, reason: impl Into<String>, help: &str) -> Self {
        Self { file: file.into(), line: 0, column: 0, policy: None, reason: reason.into(), help: Some(help.to_owned()) }
    }

    /// What Cedar says of a text, at the place that it points to.
    fn reported(file: &SourceFile, policy: Option<&PolicyId>, diagnostic: &dyn Diagnostic) -> Self {
        // A label may say more than the error itself: "expected `;`".
        let label = diagnostic.labels().and_then(|mut labels| labels.next());
        let (line, column) = label.as_ref().map_or((1, 1), |label| Lines::of(&file.text).position(label.offset()));
        let hint = label.as_ref().and_then(|label| label.label()).map(str::to_owned);
        let help = diagnostic.help().map(|help| help.to_string());
        Self {
            file: file.name.clone(),
            line,
            column,
            policy: policy.map(ToString::to_string),
            reason: diagnostic.to_string(),
            help: match (hint, help) {
                (Some(hint), Some(help)) => Some(format!("{hint}; {help}")),
                (hint, help) => hint.or(help),
            },
        }
    }

    fn at(file: &SourceFile, offset: usize, policy: Option<&str>, reason: String, help: &str) -> Self {
        let (line, column) = Lines::of(&file.text).position(offset);
        let policy = policy.map(str::to_owned);
        Self { file: file.name.clone(), line, column, policy, reason, help: Some(help.to_owned()) }
    }
}

/// Parses the embedded schema.
pub(crate) fn schema() -> Result<Schema, PolicyError> {
    let file = SourceFile { name: SCHEMA_NAME.to_owned(), text: SCHEMA.to_owned() };
    let reported = |error: SchemaError| PolicyError::from(Problem::reported(&file, None, &error));
    let (schema, warnings) = Schema::from_cedarschema_str(SCHEMA).map_err(|error| match error {
        cedar_policy::CedarSchemaError::Schema(error) => reported(error),
        other => Problem::reported(&file, None, &other).into(),
    })?;
    match warnings.map(|warning| Problem::reported(&file, None, &warning)).next() {
        Some(problem) => Err(problem.into()),
        None => Ok(schema),
    }
}

/// Parses every file and validates every policy strictly. All that is wrong is told at once.
pub(crate) fn check(files: &[SourceFile], schema: Schema) -> Result<Vec<Checked>, PolicyError> {
    let mut problems = Vec::new();
    let mut checked: Vec<Checked> = Vec::new();
    let mut places: HashMap<String, String> = HashMap::new();
    let validator = Validator::new(schema);
    for file in files {
        let (found, wrong) = parse(file);
        problems.extend(wrong);
        let mut set = PolicySet::new();
        for found in found {
            let place = format!("{}:{}", found.file, found.line);
            let id = found.policy.id().to_string();
            let taken = match id.as_str() {
                NO_PERMIT | NOT_ASKED => Some("by Severance itself".to_owned()),
                _ => places.get(&id).map(|place| format!("at {place}")),
            };
            if let Some(taken) = taken {
                problems.push(Problem {
                    file: found.file,
                    line: found.line,
                    column: 1,
                    reason: format!("the policy's @id `{id}` is in use {taken}"),
                    policy: Some(id),
                    help: Some("give it an @id of its own".to_owned()),
                });
                continue;
            }
            places.insert(id, place);
            if let Err(error) = set.add(found.policy.clone()) {
                problems.push(Problem::reported(file, Some(found.policy.id()), &error));
            }
            checked.push(found);
        }
        problems.extend(validated(&validator, file, &set));
    }
    if problems.is_empty() {
        return Ok(checked);
    }
    problems.sort();
    // Cedar tells the same thing once for each type of resource and each action.
    problems.dedup_by(|one, other| {
        (&one.file, one.line, one.column, &one.policy) == (&other.file, other.line, other.column, &other.policy)
    });
    Err(PolicyError { problems })
}

fn validated(validator: &Validator, file: &SourceFile, set: &PolicySet) -> Vec<Problem> {
    let result = validator.validate(set, ValidationMode::Strict);
    let wrong: HashSet<&PolicyId> = result.validation_errors().map(ValidationError::policy_id).collect();
    let errors = result.validation_errors().map(|e| Problem::reported(file, Some(e.policy_id()), e));
    // What is wrong anyway is often also impossible, and to say so helps nobody.
    let grave = result.validation_warnings().filter(|w| is_grave(w) && !wrong.contains(w.policy_id()));
    errors.chain(grave.map(|w| Problem::reported(file, Some(w.policy_id()), w))).collect()
}

/// A policy that can never apply protects nobody, and one that reads otherwise than it acts is worse. Names in several
/// scripts are merely unusual.
fn is_grave(warning: &ValidationWarning) -> bool {
    matches!(
        warning,
        ValidationWarning::ImpossiblePolicy(_)
            | ValidationWarning::InvalidActionApplication(_)
            | ValidationWarning::BidiCharsInString(_)
            | ValidationWarning::BidiCharsInIdentifier(_)
    )
}

/// Parses one file, and gives each policy its `@id`; with what is wrong with the others.
fn parse(file: &SourceFile) -> (Vec<Checked>, Vec<Problem>) {
    let set: PolicySet = match file.text.parse::<PolicySet>() {
        Ok(set) => set,
        Err(errors) => return (vec![], errors.iter().map(|error| Problem::reported(file, None, error)).collect()),
    };
    let mut problems = Vec::new();
    let mut checked = Vec::new();
    // Policies come in the order of the file, so each stands after the one before; a search from there stays short.
    let mut after = 0;
    let mut place_of = |text: &str| {
        let rest = file.text.get(after..).unwrap_or_default();
        let at = rest.find(text).map(|at| after + at).or_else(|| file.text.find(text)).unwrap_or(0);
        after = at + text.len();
        at
    };
    let lines = Lines::of(&file.text);
    for template in set.templates() {
        // Cedar keeps templates apart and evaluates none of them: its author would wait in vain.
        let at = place_of(&template.to_cedar());
        let reason = "this is a template (it holds ?principal or ?resource), and templates are never asked".to_owned();
        problems.push(Problem::at(file, at, template.annotation("id"), reason, "write the entity out instead"));
    }
    for policy in set.policies() {
        let at = place_of(&policy.to_cedar().unwrap_or_default());
        match policy.annotation("id").map(str::trim) {
            Some(id) if is_id(id) => {
                let (line, _) = lines.position(at);
                checked.push(Checked { policy: policy.new_id(PolicyId::new(id)), file: file.name.clone(), line });
            }
            Some(id) => {
                let reason = format!("the policy's @id `{}` is not one that messages can show", one_line(id));
                problems.push(Problem::at(file, at, None, reason, "use letters, digits and -_./: (at most 128)"));
            }
            None => {
                let help = "write @id(\"a-name-of-its-own\") before it: evidence names the policy by it";
                problems.push(Problem::at(file, at, None, "the policy has no @id".to_owned(), help));
            }
        }
    }
    checked.sort_by_key(|checked| checked.line);
    (checked, problems)
}

fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
}

/// Where the lines of a text begin: a file of a thousand policies is not counted through a thousand times.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Line and column of a byte, both from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads DIR/default and DIR/custom, in the order of their names. `shown` is what DIR is called in messages.
pub(crate) fn read_directory(directory: &Path, shown: &str) -> Result<Vec<SourceFile>, PolicyError> {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for (folder, required) in [("default", true), ("custom", false)] {
        let path = directory.join(folder);
        let shown = format!("{shown}/{folder}");
        if !required && !path.exists() {
            continue;
        }
        match std::fs::read_dir(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(mut entries) => {
                entries.sort_by_key(std::fs::DirEntry::file_name);
                for entry in entries {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    let shown = format!("{shown}/{name}");
                    match read_entry(&entry.path(), &name, shown) {
                        Ok(file) => files.extend(file),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
            Err(error) => {
                let help = "name a folder that holds `default`, as `policies` in the repository does";
                problems.push(Problem::with_file(shown, format!("cannot be read: {error}"), help));
            }
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(PolicyError { problems }) }
}

/// A file that is passed over in silence is a rule that its author believes in: whatever is no policy must look like none.
fn read_entry(path: &Path, name: &str, shown: String) -> Result<Option<SourceFile>, Problem> {
    let is_policy = Path::new(name).extension().is_some_and(|extension| extension == "cedar");
    if is_policy && path.is_file() {
        return match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(SourceFile { name: shown, text })),
            Err(error) => {
                Err(Problem::with_file(shown, format!("cannot be read: {error}"), "make it a readable UTF-8 text"))
            }
        };
    }
    let is_note = Path::new(name).extension().is_some_and(|extension| extension == "md");
    if name.starts_with('.') || is_note {
        return Ok(None);
    }
    let help = "files of policies end in .cedar and stand in the folder itself; notes end in .md";
    Err(Problem::with_file(shown, "is neither a policy file nor a note, and would not be read", help))
}
