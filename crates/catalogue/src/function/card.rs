//! What there is to say of a function.

use std::collections::BTreeSet;

use severance_domain::countermeasure::Kind;
use severance_domain::intake::EventSource;
use severance_domain::right::{Only, Right, lambda, secretsmanager};

use crate::reader::Reader;

/// A function: all there is to say of it.
#[derive(Clone, Copy)]
pub struct Function {
    /// Its name after the stack's; its folder, and the end of its role's name.
    pub name: &'static str,
    /// What it does, as AWS shows it.
    pub description: &'static str,
    /// Why it is as it is, above it in the template.
    pub comment: &'static str,
    /// The events that start it.
    pub sources: &'static [EventSource],
    /// Calls that start it with a request of its own.
    pub calls: &'static [Call],
    /// Where what it cannot deal with is kept; none: whoever asks it waits for the answer.
    pub queue: Option<Queue>,
    /// The condition in the template under which it is there; none: always.
    pub condition: Option<&'static str>,
    /// Seconds; none: as all functions.
    pub timeout: Option<u16>,
    /// MB; none: as all functions.
    pub memory: Option<u16>,
    /// Whether it keeps cases and publishes evidence of them.
    pub keeps_cases: bool,
    /// The countermeasures that it may take, by what they have in common.
    pub countermeasures: &'static [&'static [Kind]],
    /// Whether it may undo them as well.
    pub undoes: bool,
    /// Whether it rotates no secrets but those that this stack manages.
    pub rotates_managed_only: bool,
    /// What it reads of identities.
    pub readers: &'static [Reader],
    /// What it calls beside that, for itself.
    pub rights: &'static [Right],
    /// Actions on items of the table, by partition: beside those for cases.
    pub table: Option<Table>,
    /// The services through which it may use whatever KMS key encrypts what it reads or writes there.
    pub decrypts: &'static [&'static str],
    /// Variables of its own: name, and value as the template writes it.
    pub variables: &'static [(&'static str, &'static str)],
    /// What people are to do where it fails.
    pub errors: &'static str,
    /// What people are to do where it is throttled.
    pub throttles: &'static str,
    /// What the stack's outputs say of it.
    pub output: &'static str,
}

/// Something that starts a function with a request of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its logical id in the template.
    pub id: &'static str,
    /// The rule's name, after the stack's.
    pub name: &'static str,
    /// What for.
    pub description: &'static str,
    /// When.
    pub when: When,
    /// The request, as JSON.
    pub request: &'static str,
}

/// When a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On the schedule that this parameter gives.
    Schedule(&'static str),
    /// On this schedule.
    Every(&'static str),
    /// On events of this pattern, as JSON.
    Event(&'static str),
}

/// What a function may do with items of the table, by partition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The statement's id.
    pub sid: &'static str,
    /// The actions.
    pub actions: &'static [&'static str],
    /// The partitions; `*` at the end of one stands for anything.
    pub partitions: &'static [&'static str],
}

/// Where a function keeps what it cannot deal with, and what people are to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// How often Lambda tries again before that.
    pub retries: u8,
    /// Something waits in it.
    pub waiting: &'static str,
    /// Something came into it.
    pub arrived: &'static str,
    /// Something did not reach the function, or its failure not the queue.
    pub delivery: &'static str,
    /// Something reached neither the function nor the queue.
    pub lost: &'static str,
    /// What the stack's outputs say of it.
    pub output: &'static str,
}

/// What contains users: every credential that they can have.
pub(super) const OF_USERS: &[Kind] = &[
    Kind::QuarantineUser,
    Kind::DeactivateAccessKey,
    Kind::RemoveConsolePassword,
    Kind::DeactivateServiceCredential,
    Kind::DeactivateSshPublicKey,
    Kind::DeactivateSigningCertificate,
    Kind::RevokeUserSessions,
    Kind::NeutralizePolicy,
];

/// What contains roles: their sessions, and the ways to new ones.
pub(super) const OF_ROLES: &[Kind] =
    &[Kind::RevokeRoleSessions, Kind::QuarantineRole, Kind::CloseRoleTrust, Kind::LeaveRolesAnywhere];

/// What is said of a queue that keeps events.
pub(super) const EVENTS: Queue = Queue {
    retries: 2,
    waiting: "An event was not dealt with. Read the message, mend the cause, send the event again.",
    arrived: "Within five minutes one more event was not dealt with. Read the newest message; older ones may still wait.",
    delivery: "An event did not reach the function, or its failure not the dead-letter queue. Check the permissions of rule, \
               function and queue.",
    lost: "An event reached neither the function nor the dead-letter queue. It is lost: find it at its source. Check the policies \
           of queue and key.",
    output: "",
};
pub(super) const EVENTS_FAIL: &str = "A reaction failed and is retried. If this lasts, read the log; what stays unfinished lands in the \
                           dead-letter queue.";
pub(super) const EVENTS_WAIT: &str =
    "Reactions wait for concurrency. Raise the account quota or set ReservedConcurrency.";

/// Which function rechecks, for those that ask it.
pub(super) const RESPONDER_FUNCTION: (&str, &str) = (
    "SEVERANCE_RESPONDER_FUNCTION",
    "!Sub \"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-responder\"",
);

impl Function {
    /// The name in logical ids: `PostureFinding`.
    pub fn id(&self) -> String {
        self.name
            .split('-')
            .map(|word| {
                word.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default() + &word[1..]
            })
            .collect()
    }

    /// The countermeasures that it may take.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        self.countermeasures.iter().copied().flatten().copied()
    }

    /// Whether it may take this one.
    pub fn takes(&self, kind: Kind) -> bool {
        self.kinds().any(|own| own == kind)
    }

    /// What its role must allow it on identities, and in services that it reads for itself.
    pub fn rights(&self) -> BTreeSet<Right> {
        let mut rights: BTreeSet<Right> = self.rights.iter().copied().collect();
        rights.extend(self.readers.iter().flat_map(|reader| reader.rights()));
        for kind in self.kinds() {
            rights.extend(kind.rights().to_act());
            if self.undoes {
                rights.extend(kind.rights().undo);
            }
        }
        if self.rotates_managed_only {
            rights.remove(&lambda::INVOKE_ROTATION);
            if rights.remove(&secretsmanager::ROTATE_SECRET) {
                rights.insert(secretsmanager::ROTATE_SECRET.only(Only::ManagedSecrets));
            }
        }
        rights
    }
}
