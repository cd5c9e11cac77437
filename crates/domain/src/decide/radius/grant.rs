//! Whether an action is allowed, and on what: what is allowed, less what is denied whatever the conditions, within the
//! boundary.
//!
//! INVARIANT: where patterns leave it open, this says that more is allowed, never less.

use std::borrow::Cow;

use super::permissions::{Effect, Permissions, PolicyDocument, Selection};
use crate::words::pattern::{covers, is_everything, overlap};
use crate::words::subject::{Subject, SubjectKind};

/// An action of the table.
pub(super) struct Action {
    /// As AWS writes it.
    pub(super) name: &'static str,
    /// What it works on, as patterns. None: it takes no resource but `*`.
    pub(super) arns: &'static [&'static str],
}

/// A way to more rights.
pub(super) struct Method {
    /// Its source's name for it.
    pub(super) name: &'static str,
    /// Whether IAM alone does it: nothing must run, and no role must be passed.
    pub(super) direct: bool,
    /// All of them must be allowed.
    pub(super) actions: &'static [&'static Action],
}

/// What an action is allowed on by one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) over: Over,
    /// Whether only under a condition.
    pub(super) conditional: bool,
    /// The place of the policy that allows it among all.
    pub(super) policy: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Over {
    /// Every resource of the account that the action works on.
    Any,
    /// What fits this pattern.
    Named(String),
}

impl Over {
    /// Whether all that the other is about is among this.
    fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (Self::Named(_), Self::Any) => false,
            (Self::Named(this), Self::Named(other)) => covers(this, other),
        }
    }

    /// What is in both, or more where their wildcards interlock; none if nothing is.
    fn within(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (of, Self::Any) | (Self::Any, of) => Some(of.clone()),
            (Self::Named(one), Self::Named(two)) if covers(one, two) => Some(Self::Named(two.clone())),
            (Self::Named(one), Self::Named(two)) => overlap(one, two).then(|| Self::Named(one.clone())),
        }
    }
}

/// An identity, and what its policies say, made ready to be asked about many actions.
pub(super) struct Holder<'a> {
    pub(super) subject: &'a Subject,
    pub(super) permissions: &'a Permissions,
    granted: Vec<Clause<'a>>,
    boundary: Option<Vec<Clause<'a>>>,
}

/// A statement, as it reads for one identity.
struct Clause<'a> {
    effect: Effect,
    actions: &'a Selection,
    /// Whether it is about these resources, or about all but these.
    only: bool,
    resources: Vec<Resource<'a>>,
    conditional: bool,
    /// The place of its policy among all.
    policy: usize,
}

/// One pattern of a statement's resources.
struct Resource<'a> {
    /// With what it says of the identity itself filled in.
    pattern: Cow<'a, str>,
    /// With its partition and its own account open: what the identity lives in. The second with its Region open, too.
    in_account: String,
    in_regions: String,
}

impl<'a> Resource<'a> {
    fn of(pattern: &'a str, subject: &Subject) -> Self {
        let pattern = resolved(pattern, subject);
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let (in_account, in_regions) = match parts.as_slice() {
            [arn, _, service, region, account, resource] => {
                let account = if *account == subject.account.as_str() { "*" } else { account };
                (
                    format!("{arn}:*:{service}:{region}:{account}:{resource}"),
                    format!("{arn}:*:{service}:*:{account}:{resource}"),
                )
            }
            _ => (pattern.to_string(), pattern.to_string()),
        };
        Self { pattern, in_account, in_regions }
    }

    /// What an action does on the resources of this pattern; none if it does not work on such.
    fn over(&self, action: &Action) -> Option<Over> {
        if is_everything(&self.pattern) {
            return Some(Over::Any);
        }
        let mut arns = action.arns.iter().filter(|arn| may_be_one_service(&self.pattern, arn)).peekable();
        arns.peek()?;
        // A Region less is not much less, so one Region is taken for all.
        if arns.clone().any(|arn| covers(&self.in_regions, arn)) {
            return Some(Over::Any);
        }
        arns.any(|arn| overlap(&self.pattern, arn)).then(|| Over::Named(self.pattern.to_string()))
    }
}

/// Whether two ARNs' services can be the same. A wildcard does not reach beyond its part of an ARN, but for the last.
fn may_be_one_service(one: &str, other: &str) -> bool {
    let service = |arn: &'_ str| -> Option<(usize, usize)> {
        let mut colons = arn.match_indices(':').map(|(at, _)| at);
        let (_, from, to) = (colons.next()?, colons.next()?, colons.next()?);
        (!arn.get(from + 1..to)?.contains(['*', '?'])).then_some((from + 1, to))
    };
    match (service(one), service(other)) {
        (Some((from, to)), Some((begin, end))) => one.get(from..to) == other.get(begin..end),
        _ => true,
    }
}

/// A pattern with what it says of the identity filled in. Other variables stay, as text that nothing is named by.
fn resolved<'p>(pattern: &'p str, subject: &Subject) -> Cow<'p, str> {
    if !pattern.contains("${") {
        return Cow::Borrowed(pattern);
    }
    let mut text = pattern.replace("${aws:PrincipalAccount}", subject.account.as_str());
    if subject.kind == SubjectKind::User {
        text = text.replace("${aws:username}", &subject.name);
    }
    Cow::Owned(text)
}

impl<'a> Holder<'a> {
    pub(super) fn new(subject: &'a Subject, permissions: &'a Permissions) -> Self {
        let clauses = |document: &'a PolicyDocument, policy, denials: bool| {
            let statements = document.statements.iter().filter(move |one| denials || one.effect == Effect::Allow);
            statements.map(move |statement| {
                let (only, patterns) = match &statement.resources {
                    Selection::Only(patterns) => (true, patterns),
                    Selection::AllBut(patterns) => (false, patterns),
                };
                Clause {
                    effect: statement.effect,
                    actions: &statement.actions,
                    only,
                    resources: patterns.iter().map(|pattern| Resource::of(pattern, subject)).collect(),
                    conditional: statement.conditional,
                    policy,
                }
            })
        };
        let policies = permissions.policies.iter().enumerate();
        let granted = policies.flat_map(|(number, policy)| clauses(&policy.document, number, !policy.contains()));
        let boundary = permissions.boundary.as_ref().map(|document| clauses(document, 0, true).collect());
        Self { subject, permissions, granted: granted.collect(), boundary }
    }

    /// On what an action is allowed; on nothing if the list is empty.
    pub(super) fn reaches(&self, action: &Action) -> Vec<Reach> {
        let allowed = permitted(&self.granted, action);
        let Some(boundary) = self.boundary.as_ref().filter(|_| !allowed.is_empty()) else { return allowed };
        let inside = permitted(boundary, action);
        let mut both = Vec::new();
        for reach in &allowed {
            for bound in &inside {
                if let Some(over) = reach.over.within(&bound.over) {
                    let conditional = reach.conditional || bound.conditional;
                    keep(&mut both, Reach { over, conditional, policy: reach.policy });
                }
            }
        }
        both
    }

    /// By what an action is allowed on everything, if it is, best whatever the conditions.
    pub(super) fn may_anywhere(&self, action: &Action) -> Option<Reach> {
        let anywhere = self.reaches(action).into_iter().filter(|reach| reach.over == Over::Any);
        anywhere.min_by_key(|reach| reach.conditional)
    }

    /// Whether the identity itself is among what a pattern is about.
    pub(super) fn is_itself(&self, over: &Over) -> bool {
        match over {
            Over::Any => false,
            Over::Named(pattern) => self.subject.arn.as_ref().is_some_and(|arn| covers(pattern, arn.as_str())),
        }
    }

    /// Whether a pattern is about nothing but the identity itself, among the users or roles of its account: a name is
    /// unique there, whatever its path.
    pub(super) fn is_only_itself(&self, over: &Over) -> bool {
        let Over::Named(pattern) = over else { return false };
        let kind = if self.subject.kind == SubjectKind::User { "user/" } else { "role/" };
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let [_, _, _, _, account, resource] = parts.as_slice() else { return false };
        (*account == self.subject.account.as_str() || is_everything(account))
            && resource.starts_with(kind)
            && resource.rsplit('/').next() == Some(self.subject.name.as_str())
    }
}

/// What statements allow of an action, less what they deny. A denial under a condition may not apply, so it takes
/// nothing away.
fn permitted(clauses: &[Clause<'_>], action: &Action) -> Vec<Reach> {
    let about: Vec<&Clause<'_>> = clauses.iter().filter(|clause| clause.actions.has_action(action.name)).collect();
    let mut allowed: Vec<Reach> = Vec::new();
    for clause in about.iter().filter(|clause| clause.effect == Effect::Allow) {
        let reach = |over| Reach { over, conditional: clause.conditional, policy: clause.policy };
        if clause.only {
            for over in clause.resources.iter().filter_map(|resource| resource.over(action)) {
                keep(&mut allowed, reach(over));
            }
        } else if !clause.names_everything(action) {
            keep(&mut allowed, reach(Over::Any));
        }
    }
    for clause in about.iter().filter(|clause| clause.effect == Effect::Deny && !clause.conditional) {
        if clause.only && clause.names_everything(action) {
            return vec![];
        }
        if clause.only {
            allowed.retain(|reach| match &reach.over {
                Over::Any => true,
                Over::Named(named) => !clause.resources.iter().any(|resource| covers(&resource.pattern, named)),
            });
        } else {
            // What is spared is all that is left.
            let spared: Vec<Over> = clause.resources.iter().filter_map(|resource| resource.over(action)).collect();
            let mut left = Vec::new();
            for reach in &allowed {
                for over in spared.iter().filter_map(|spared| reach.over.within(spared)) {
                    keep(&mut left, Reach { over, ..reach.clone() });
                }
            }
            allowed = left;
        }
    }
    allowed
}

impl Clause<'_> {
    /// Whether its patterns together are all that an action works on.
    fn names_everything(&self, action: &Action) -> bool {
        // A role can be assumed in other accounts too, so this account's are not all.
        let in_account = !action.name.starts_with("sts:");
        let all = |resource: &Resource<'_>, arn: &str| {
            covers(&resource.pattern, arn) || (in_account && covers(&resource.in_account, arn))
        };
        self.resources.iter().any(|resource| is_everything(&resource.pattern))
            || (!action.arns.is_empty()
                && action.arns.iter().all(|arn| self.resources.iter().any(|resource| all(resource, arn))))
    }
}

/// Adds what nothing there includes already.
fn keep(reaches: &mut Vec<Reach>, new: Reach) {
    let known = |old: &Reach| old.over.includes(&new.over) && (!old.conditional || new.conditional);
    if !reaches.iter().any(known) {
        reaches.push(new);
    }
}
