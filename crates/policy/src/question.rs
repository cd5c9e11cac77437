//! A question in Cedar's terms: the same facts as `policies/severance.cedarschema` declares, and no text is parsed for it.

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression};
use jiff::tz::TimeZone;
use severance_domain::countermeasure::Countermeasure;
use severance_domain::policy::Question;
use severance_domain::profile::{Class, Criticality};
use severance_domain::signal::SignalKind;
use severance_domain::subject::{AccessKey, SubjectKind};

/// What the policies are asked about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Is it done now?
    Enforce,
    /// May a person decide? Asked if it is not done now.
    Review,
    /// Is it done if nobody decides in time? Asked of reviews.
    EnforceOnSilence,
}

impl Action {
    /// Every action, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Review, Self::EnforceOnSilence];

    /// The name as policies write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Review => "review",
            Self::EnforceOnSilence => "enforce_on_silence",
        }
    }
}

/// The schema's entity types, parsed once.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    countermeasure: EntityTypeName,
    action: EntityTypeName,
    user: EntityTypeName,
    role: EntityTypeName,
    secret: EntityTypeName,
    directory_user: EntityTypeName,
    account: EntityTypeName,
    organizational_unit: EntityTypeName,
    class: EntityTypeName,
    criticality: EntityTypeName,
    signal: EntityTypeName,
    source: EntityTypeName,
    severity: EntityTypeName,
    attribution: EntityTypeName,
    mode: EntityTypeName,
}

/// A question that can be put for each action.
#[derive(Debug)]
pub(crate) struct Asking {
    countermeasure: EntityUid,
    subject: EntityUid,
    context: Context,
    pub(crate) entities: Entities,
}

impl Vocabulary {
    pub(crate) fn new() -> Result<Self, String> {
        let kind = |name: &str| name.parse::<EntityTypeName>().map_err(|error| error.to_string());
        Ok(Self {
            countermeasure: kind("Countermeasure")?,
            action: kind("Action")?,
            user: kind("User")?,
            role: kind("Role")?,
            secret: kind("Secret")?,
            directory_user: kind("DirectoryUser")?,
            account: kind("Account")?,
            organizational_unit: kind("OrganizationalUnit")?,
            class: kind("Class")?,
            criticality: kind("Criticality")?,
            signal: kind("Signal")?,
            source: kind("Source")?,
            severity: kind("Severity")?,
            attribution: kind("Attribution")?,
            mode: kind("Mode")?,
        })
    }

    pub(crate) fn action(&self, action: Action) -> EntityUid {
        uid(&self.action, action.as_str())
    }

    /// Puts the facts together. The error says in words why the policies cannot be asked.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Result<Asking, String> {
        if *question.countermeasure == Countermeasure::HoldForReview {
            return Err("holding for review touches nothing".to_owned());
        }
        let kind = match question.subject.kind {
            SubjectKind::User => &self.user,
            SubjectKind::Role => &self.role,
            SubjectKind::Secret => &self.secret,
            SubjectKind::DirectoryUser => &self.directory_user,
            kind @ (SubjectKind::Root | SubjectKind::Person | SubjectKind::Unresolved) => {
                return Err(format!(
                    "policies speak of users, roles, secrets and directory users, and this is a {}",
                    kind.as_words()
                ));
            }
        };
        let subject = uid(kind, &question.subject.label());
        let context = Context::from_pairs(self.situation(question)).map_err(|error| error.to_string())?;
        let entities = self.entities(question, subject.clone())?;
        Ok(Asking {
            countermeasure: uid(&self.countermeasure, question.countermeasure.as_str()),
            subject,
            context,
            entities,
        })
    }

    /// The subject, its account, and the units that the account is in, each in the next.
    fn entities(&self, question: &Question<'_>, subject: EntityUid) -> Result<Entities, String> {
        let account = uid(&self.account, question.subject.account.as_str());
        let tags = question.profile.tags.iter().map(|(key, value)| (key.clone(), string(value)));
        let identity = Entity::new_with_tags(subject, self.attributes(question), [account.clone()], tags)
            .map_err(|error| error.to_string())?;
        let mut entities = vec![identity];
        let mut inner = account;
        for unit in question.organizational_units {
            let outer = uid(&self.organizational_unit, unit);
            entities.push(Entity::new_no_attrs(inner, [outer.clone()].into()));
            inner = outer;
        }
        entities.push(Entity::with_uid(inner));
        Entities::from_entities(entities, None).map_err(|error| error.to_string())
    }

    fn attributes(&self, question: &Question<'_>) -> Vec<(String, RestrictedExpression)> {
        let Question { subject, profile, inventory, now, .. } = *question;
        let class = profile.class.map_or("unknown", Class::as_str);
        let criticality = profile.criticality.map_or("unknown", Criticality::as_str);
        let active: Vec<&AccessKey> = inventory.access_keys.iter().filter(|key| key.active).collect();
        let idle: Option<Vec<i64>> = active.iter().map(|key| key.idle_days(now)).collect();
        let today = now.to_zoned(TimeZone::UTC).date();
        let expires_in = profile.expires_on.map(|date| date.duration_since(today).as_hours() / 24);
        let optional = [
            ("arn", subject.arn.as_ref().map(|arn| string(arn.as_str()))),
            ("uniqueId", subject.unique_id.as_ref().map(|id| string(id.as_str()))),
            ("privileged", profile.privileged.map(RestrictedExpression::new_bool)),
            ("ageDays", question.subject_age_days().map(RestrictedExpression::new_long)),
            ("idleDays", idle.and_then(|days| days.into_iter().min()).map(RestrictedExpression::new_long)),
            ("expiresInDays", expires_in.map(RestrictedExpression::new_long)),
            ("consolePassword", inventory.console_password.map(RestrictedExpression::new_bool)),
        ];
        let owners = RestrictedExpression::new_set(profile.owners.iter().map(|owner| string(owner)));
        let environment = profile.environment.as_deref().unwrap_or("unknown");
        let keys = i64::try_from(active.len()).unwrap_or(i64::MAX);
        let required = [
            ("name", string(&subject.name)),
            ("class", value(&self.class, class)),
            ("classStated", RestrictedExpression::new_bool(profile.is_class_stated())),
            ("owned", RestrictedExpression::new_bool(!profile.owners.is_empty())),
            ("owners", owners),
            ("environment", string(environment)),
            ("criticality", value(&self.criticality, criticality)),
            ("activeKeys", RestrictedExpression::new_long(keys)),
        ];
        named(required, optional)
    }

    fn situation(&self, question: &Question<'_>) -> Vec<(String, RestrictedExpression)> {
        let signal = question.signal;
        let generation = signal.follows.as_ref().map_or(0, |follows| follows.generation);
        let requester = signal.request.as_ref().map_or("event", |request| request.by.as_str());
        let superseded = signal.cutover.as_ref().filter(|_| signal.kind == SignalKind::CredentialSuperseded);
        let still_used = superseded.map(|cutover| cutover.is_still_used());
        let required = [
            ("signal", value(&self.signal, signal.kind.as_str())),
            ("severity", value(&self.severity, signal.severity.as_str())),
            ("source", value(&self.source, signal.source.as_str())),
            ("rule", string(&signal.rule)),
            ("dangerous", RestrictedExpression::new_bool(signal.kind.is_immediate_danger())),
            ("useCorroborated", RestrictedExpression::new_bool(question.is_use_corroborated())),
            ("attribution", value(&self.attribution, question.attribution.as_str())),
            ("generation", RestrictedExpression::new_long(generation.into())),
            ("irreversible", RestrictedExpression::new_bool(question.countermeasure.is_irreversible())),
            ("exempted", RestrictedExpression::new_bool(question.exempted)),
            ("requester", string(requester)),
            ("mode", value(&self.mode, question.mode.as_str())),
            ("breakerOpen", RestrictedExpression::new_bool(question.breaker_open)),
        ];
        let optional = [
            ("credentialAgeDays", question.credential_age_days().map(RestrictedExpression::new_long)),
            ("credentialIdleDays", question.credential_idle_days().map(RestrictedExpression::new_long)),
            ("stillUsed", still_used.map(RestrictedExpression::new_bool)),
        ];
        named(required, optional)
    }
}

impl Asking {
    pub(crate) fn request(&self, action: EntityUid) -> Result<Request, String> {
        Request::new(self.countermeasure.clone(), action, self.subject.clone(), self.context.clone(), None)
            .map_err(|error| error.to_string())
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn value(kind: &EntityTypeName, id: &str) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid(kind, id))
}

fn string(text: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(text.to_owned())
}

fn named<const R: usize, const O: usize>(
    required: [(&str, RestrictedExpression); R],
    optional: [(&str, Option<RestrictedExpression>); O],
) -> Vec<(String, RestrictedExpression)> {
    let known = optional.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    required.into_iter().chain(known).map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use severance_domain::policy::Attribution;

    use super::*;
    use crate::check::schema;
    use crate::common::Asker;

    /// Nothing checks a question against the schema while it is asked, so every fact is checked here.
    #[test]
    fn a_question_fits_the_schema() {
        let vocabulary = Vocabulary::new().unwrap();
        let schema = schema().unwrap();
        let fits = |asker: &Asker| {
            let asking = vocabulary.ask(&asker.question()).unwrap();
            Entities::from_entities(asking.entities.iter().cloned(), Some(&schema)).unwrap();
            for action in Action::ALL {
                let Asking { countermeasure, subject, context, .. } = &asking;
                let action = vocabulary.action(action);
                Request::new(countermeasure.clone(), action, subject.clone(), context.clone(), Some(&schema)).unwrap();
            }
            asking
        };
        for step in Countermeasure::NAMES {
            // With as little as can be known, then with all.
            let mut asker = Asker::new("unknown", "offboarding", step, "owned=no");
            asker.subject.arn = None;
            asker.subject.unique_id = None;
            asker.inventory.created_at = None;
            asker.inventory.access_keys.clear();
            fits(&asker);
            let situation = "expires=10,criticality=high,env=prod,by-hand,exempted,breaker,attribution=workload_owns";
            let mut asker = Asker::new("third-party", "offboarding", step, situation).tagged(&[("a", "b")]);
            asker.profile.privileged = Some(true);
            asker.inventory.console_password = Some(true);
            asker.units = vec!["ou-1".to_owned(), "ou-2".to_owned()];
            fits(&asker);
        }
        for kind in SignalKind::ALL {
            for class in ["human", "workload", "pipeline", "agent", "third-party", "break-glass"] {
                fits(&Asker::new(class, kind.as_str(), "quarantine_user", "idle=3"));
            }
        }
        for source in severance_domain::signal::Source::ALL {
            for attribution in Attribution::ALL {
                let mut asker = Asker::new("agent", "offboarding", "rotate_secret", "-");
                asker.signal.source = source;
                asker.attribution = attribution;
                fits(&asker);
            }
        }
    }

    #[test]
    fn whether_a_key_is_still_used_is_said_of_one_that_was_replaced_and_of_no_other() {
        let vocabulary = Vocabulary::new().unwrap();
        let said = |signal: &str, situation: &str| {
            let asker = Asker::new("workload", signal, "deactivate_access_key", situation);
            vocabulary.ask(&asker.question()).unwrap().context.get("stillUsed").map(|value| value.to_string())
        };
        assert_eq!(said("credential_superseded", "-").as_deref(), Some("false"));
        assert_eq!(said("credential_superseded", "still-used").as_deref(), Some("true"));
        assert_eq!(said("credential_superseded", "no-facts"), None);
        assert_eq!(said("credential_stale", "still-used"), None);
    }

    #[test]
    fn days_are_counted_as_the_schema_says() {
        let vocabulary = Vocabulary::new().unwrap();
        let asked = |situation: &str| {
            let asker = Asker::new("human", "credential_stale", "deactivate_access_key", situation);
            let asking = vocabulary.ask(&asker.question()).unwrap();
            let subject = asking.entities.get(&asking.subject).unwrap().clone();
            let of_subject = move |name: &str| subject.attr(name).map(|value| value.unwrap().to_string());
            (of_subject, asking.context)
        };
        for (situation, days) in [("expires=0", "0"), ("expires=-1", "-1"), ("expires=30", "30")] {
            assert_eq!(asked(situation).0("expiresInDays").as_deref(), Some(days), "{situation}");
        }
        let (subject, context) = asked("idle=33");
        assert_eq!(subject("idleDays").as_deref(), Some("33"));
        assert_eq!(subject("ageDays").as_deref(), Some("600"));
        assert_eq!(subject("activeKeys").as_deref(), Some("1"));
        assert_eq!(context.get("credentialIdleDays").unwrap().to_string(), "33");
        assert_eq!(context.get("credentialAgeDays").unwrap().to_string(), "500");
        // Not asked is not known, and not known is not there.
        let (subject, context) = asked("-");
        assert_eq!((subject("idleDays"), subject("expiresInDays")), (None, None));
        assert!(context.get("credentialIdleDays").is_none());
        assert_eq!(context.get("requester").unwrap().to_string(), "\"event\"");
    }
}
