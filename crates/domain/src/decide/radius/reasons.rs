//! From policies to reasons: what an identity can do that somebody else would want to.

use std::collections::BTreeMap;

use super::grant::{Action, Holder, Method, Over, Reach};
use super::permissions::Permissions;
use super::table;
use super::weight::weight;
use crate::words::blast_radius::{Reason, ReasonKind};
use crate::words::subject::{Subject, SubjectKind};

/// Examples in one reason: a reader at night wants the shortest way, not all of them.
const SHOWN: usize = 3;

/// Of another's text in one reason, in characters. ARNs of secrets and streams are about so long.
const NAME_LIMIT: usize = 120;

/// What only who may do everything may do on everything. The first belongs to no service, so that no list of actions,
/// however long, has it; the others are what such a policy is most often cut down by.
static EVERYTHING: [Action; 4] = [
    Action { name: "severance-probe:Anything", arns: &[] },
    Action { name: "iam:AttachRolePolicy", arns: &["arn:*:iam::*:role/*"] },
    Action { name: "iam:CreatePolicyVersion", arns: &["arn:*:iam::*:policy/*"] },
    Action { name: "s3:GetObject", arns: &["arn:*:s3:::*/*"] },
];

/// What is no way to more rights where it is allowed on the identity itself alone: a user who may renew its own
/// credentials, as AWS advises, gains nothing by it.
const NOTHING_ON_ITSELF: [&str; 3] = ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

/// The reasons that the policies give, in no order.
pub(super) fn of_policies(subject: &Subject, permissions: &Permissions) -> Vec<Reason> {
    let mut abilities = Abilities { holder: Holder::new(subject, permissions), known: BTreeMap::new() };
    let mut reasons = Vec::new();
    if let Some(reason) = abilities.administrator() {
        let all = reason.points == weight(ReasonKind::Administrator, true);
        reasons.push(reason);
        // All else follows from it.
        if all {
            return reasons;
        }
    }
    reasons.extend(abilities.methods(ReasonKind::Escalation, true));
    reasons.extend(abilities.methods(ReasonKind::ServiceRole, false));
    reasons.extend(abilities.roles());
    for (kind, actions) in [
        (ReasonKind::Persistence, table::PERSISTENCE),
        (ReasonKind::SecretsAccess, table::SECRETS),
        (ReasonKind::DataAccess, table::DATA),
        (ReasonKind::ResourceExposure, table::EXPOSURE),
        (ReasonKind::Blinding, table::BLINDING),
        (ReasonKind::Destruction, table::DESTRUCTION),
    ] {
        reasons.extend(abilities.any_of(kind, actions));
    }
    reasons
}

struct Abilities<'a> {
    holder: Holder<'a>,
    known: BTreeMap<&'static str, Vec<Reach>>,
}

/// An action, the best that is allowed of it, and whether that is all there is.
#[derive(Clone)]
struct Ability {
    action: &'static str,
    reach: Reach,
    full: bool,
}

impl Abilities<'_> {
    fn reaches(&mut self, action: &'static Action) -> &[Reach] {
        self.known.entry(action.name).or_insert_with(|| self.holder.reaches(action))
    }

    /// Full is what is allowed whatever the conditions on everything, or on the identity itself: no more is needed.
    fn best(&mut self, action: &'static Action, counts: impl Fn(&Holder<'_>, &Over) -> bool) -> Option<Ability> {
        let reaches = self.reaches(action).to_vec();
        let holder = &self.holder;
        let abilities = reaches.into_iter().filter(|reach| counts(holder, &reach.over)).map(|reach| {
            let full = !reach.conditional && (reach.over == Over::Any || holder.is_itself(&reach.over));
            Ability { action: action.name, reach, full }
        });
        // The first of the best: the order of policies is their reader's.
        abilities.min_by_key(|ability| (!ability.full, ability.reach.conditional, ability.reach.over != Over::Any))
    }

    fn administrator(&self) -> Option<Reason> {
        let probed: Option<Vec<Reach>> = EVERYTHING.iter().map(|action| self.holder.may_anywhere(action)).collect();
        let probed = probed?;
        let full = probed.iter().all(|reach| !reach.conditional);
        let says = format!(
            "is administrator: everything is allowed on everything{} ({})",
            if full { "" } else { ", under a condition" },
            self.policies(probed.iter())
        );
        Some(Reason::new(ReasonKind::Administrator, full, says))
    }

    /// The escalation methods that are open.
    fn methods(&mut self, kind: ReasonKind, direct: bool) -> Option<Reason> {
        let mut open: Vec<(&Method, Vec<Ability>)> = Vec::new();
        for method in table::METHODS.iter().filter(|method| method.direct == direct) {
            let abilities: Option<Vec<Ability>> = method
                .actions
                .iter()
                .map(|action| {
                    self.best(action, |holder, over| {
                        !(NOTHING_ON_ITSELF.contains(&action.name) && holder.is_only_itself(over))
                    })
                })
                .collect();
            open.extend(abilities.map(|abilities| (method, abilities)));
        }
        // Stable: the table has the shortest first.
        open.sort_by_key(|(_, abilities)| {
            let full = abilities.iter().all(|ability| ability.full);
            (!full, !abilities.iter().any(|ability| self.is_on_itself(ability)))
        });
        let full = open.first()?.1.iter().all(|ability| ability.full);
        let ways: Vec<String> = open
            .iter()
            .take(SHOWN)
            .map(|(method, abilities)| {
                let steps: Vec<String> = abilities.iter().map(|ability| self.show(ability)).collect();
                let by = self.policies(abilities.iter().map(|ability| &ability.reach));
                format!("{} (method {}, by {by})", steps.join(" + "), method.name)
            })
            .collect();
        let what = if direct { "can make itself administrator" } else { "can act as a role that a service holds" };
        let more = match open.len() - ways.len() {
            0 => String::new(),
            1 => "; and 1 more way".to_owned(),
            more => format!("; and {more} more ways"),
        };
        Some(Reason::new(kind, full, format!("{what}: {}{more}", ways.join("; "))))
    }

    /// Whether an action changes what the identity itself may do.
    fn is_on_itself(&self, ability: &Ability) -> bool {
        let on_its_kind = match self.holder.subject.kind {
            SubjectKind::User => ["iam:AttachUserPolicy", "iam:PutUserPolicy"],
            _ => ["iam:AttachRolePolicy", "iam:PutRolePolicy"],
        };
        on_its_kind.contains(&ability.action)
            && (ability.reach.over == Over::Any || self.holder.is_itself(&ability.reach.over))
    }

    /// The roles that it may assume, if they trust it. Roles of other accounts weigh more than its own account's.
    fn roles(&mut self) -> Option<Reason> {
        let action = table::ROLES.first()?;
        let own = self.holder.subject.arn.clone();
        let own_account = self.holder.subject.account.clone();
        let elsewhere = |reach: &Reach| match &reach.over {
            Over::Any => true,
            Over::Named(pattern) => pattern.split(':').nth(4) != Some(own_account.as_str()),
        };
        let mut reaches: Vec<Reach> = self.reaches(action).to_vec();
        reaches.retain(|reach| !matches!((&reach.over, &own), (Over::Named(one), Some(own)) if *one == own.as_str()));
        reaches.sort_by_key(|reach| (reach.over != Over::Any, !elsewhere(reach), reach.conditional));
        let points = reaches.iter().map(|reach| match (reach.over == Over::Any, elsewhere(reach), reach.conditional) {
            (true, _, false) => 20,
            (true, _, true) | (_, true, false) => 12,
            (_, true, true) | (_, _, false) => 8,
            (_, _, true) => 5,
        });
        let points = points.max()?;
        let by = self.policies(reaches.iter());
        let says = if let Some(any) = reaches.iter().find(|reach| reach.over == Over::Any) {
            let condition = if any.conditional { ", under a condition" } else { "" };
            format!("can assume every role that trusts it or its account, in any account{condition} ({by})")
        } else {
            let named: Vec<String> = reaches
                .iter()
                .map(|reach| match &reach.over {
                    Over::Named(pattern) if reach.conditional => format!("{} under a condition", shortened(pattern)),
                    Over::Named(pattern) => shortened(pattern),
                    Over::Any => String::new(),
                })
                .collect();
            format!("can assume {} ({by})", listed(&named))
        };
        Some(Reason { kind: ReasonKind::AssumesRoles, points, says })
    }

    /// Whichever of these actions are allowed.
    fn any_of(&mut self, kind: ReasonKind, actions: &'static [&'static Action]) -> Option<Reason> {
        let mut open: Vec<Ability> = actions.iter().filter_map(|action| self.best(action, |_, _| true)).collect();
        open.sort_by_key(|ability| !ability.full);
        let full = open.first()?.full;
        let shown: Vec<String> = open.iter().map(|ability| self.show(ability)).collect();
        let by = self.policies(open.iter().take(SHOWN).map(|ability| &ability.reach));
        Some(Reason::new(kind, full, format!("{}: {} (by {by})", kind.says(), listed(&shown))))
    }

    /// An action, on what, and whether under a condition; on everything goes without saying.
    fn show(&self, ability: &Ability) -> String {
        let on = match &ability.reach.over {
            _ if self.is_on_itself(ability) || self.holder.is_only_itself(&ability.reach.over) => {
                " on itself".to_owned()
            }
            Over::Any => String::new(),
            Over::Named(pattern) => format!(" on {}", shortened(pattern)),
        };
        let condition = if ability.reach.conditional { " under a condition" } else { "" };
        format!("{}{on}{condition}", ability.action)
    }

    /// The policies by which something is allowed, in the order in which they are held.
    fn policies<'r>(&self, reaches: impl Iterator<Item = &'r Reach>) -> String {
        let mut numbers: Vec<usize> = reaches.map(|reach| reach.policy).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let names = numbers.iter().filter_map(|number| self.holder.permissions.policies.get(*number));
        listed(&names.map(|policy| shortened(&policy.label())).collect::<Vec<_>>())
    }
}

fn listed(all: &[String]) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(String::as_str).collect();
    match all.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= NAME_LIMIT {
        return text.to_owned();
    }
    text.chars().take(NAME_LIMIT).chain(['…']).collect()
}
