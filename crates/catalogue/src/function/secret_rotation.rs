use severance_domain::right::{On, Only, Right, cloudtrail, iam, secretsmanager};

use super::card::{Function, Table};

const fn managed(right: Right) -> Right {
    Right { on: On::Secret, ..right }.only(Only::ManagedSecrets)
}

/// Rotates access keys in secrets: the only function that makes keys. Which users and secrets it may touch, their tags say: adoption
/// sets them. Where a secret is put under management without it, its user must carry `severance:secret` and the secret
/// `severance:managed=true` first. Who may set these tags may have keys of the user made.
pub const CARD: Function = Function {
    name: "secret-rotation",
    description: "Rotates the access key that a secret holds; the old one is left to the cutover.",
    comment: "Secrets Manager asks it, step by step, and waits for each answer: nothing is queued, and what fails it asks for again.",
    sources: &[],
    calls: &[],
    queue: None,
    condition: None,
    // A new key is believed once IAM lets it in everywhere, which takes seconds; the rest is room for retries.
    timeout: Some(120),
    memory: None,
    keeps_cases: false,
    countermeasures: &[],
    undoes: false,
    rotates_managed_only: false,
    readers: &[],
    rights: &[
        // Whether a key that nobody wrote down is of an earlier try.
        cloudtrail::LOOKUP_EVENTS,
        iam::GET_ACCESS_KEY_LAST_USED,
        iam::LIST_ACCESS_KEYS,
        // Deleted is only what a rotation made and nobody can have used.
        iam::CREATE_ACCESS_KEY.only(Only::ManagedUsers),
        iam::DELETE_ACCESS_KEY.only(Only::ManagedUsers),
        managed(secretsmanager::DESCRIBE_SECRET),
        managed(secretsmanager::GET_SECRET_VALUE),
        managed(secretsmanager::PUT_SECRET_VALUE),
        managed(secretsmanager::UPDATE_SECRET_VERSION_STAGE),
    ],
    // What is remembered of a user's rotations, and the cutover of the key that was replaced.
    table: Some(Table {
        sid: "KeepRotation",
        actions: &["dynamodb:GetItem", "dynamodb:PutItem"],
        partitions: &["CUTOVERS", "ROTATION#*"],
    }),
    // Whatever key encrypts a managed secret, as far as that key's own policy lets IAM decide.
    decrypts: &["secretsmanager"],
    variables: &[],
    errors: "A step of a rotation failed and is asked for again. The secret's old value still counts. If this lasts, read the log, \
             then sever rotate the secret anew.",
    throttles: "Rotations wait for concurrency. Raise the account quota or set ReservedConcurrency.",
    output: "Name of the function that rotates access keys in secrets. Attach it to a secret as its rotation.",
};
