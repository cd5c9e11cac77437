use severance_domain::right::{On, Only, Right, codebuild, ecs, lambda, secretsmanager, ssm};

use super::card::{Function, Queue, Table};

/// Finds the copies of a key. It reads whatever may hold one, all secrets and parameters of the account among it, and so is the most
/// powerful reader of the stack. It writes where it found something, never what.
pub const CARD: Function = Function {
    name: "copies-search",
    description: "Finds where else the value of a key stands, and says where, never what.",
    comment: "Asked by the responder, once for each replaced key, and by a person with CopiesInvokePolicy. It reads whatever may hold \
              a copy of a key, all secrets among it, and so is the most powerful reader of the stack: off unless CopiesSearch says \
              otherwise.",
    sources: &[],
    calls: &[],
    queue: Some(Queue {
        retries: 1,
        waiting: "A search for copies did not end. Read the message, mend the cause, ask for it again.",
        arrived: "Within five minutes one more search for copies did not end. Read the newest message; older ones may still wait.",
        delivery: "The failure of a search did not reach the dead-letter queue. Check the permissions of function and queue.",
        lost: "",
        output: "Queue of the searches that the copies-search function could not end.",
    }),
    condition: Some("HasCopiesSearch"),
    // Thousands of secrets and parameters, twenty or ten in each call.
    timeout: Some(900),
    memory: Some(512),
    keeps_cases: false,
    countermeasures: &[],
    undoes: false,
    rotates_managed_only: false,
    readers: &[],
    rights: &[
        // What a function's variables or a task definition holds, its list or its description says.
        codebuild::LIST_PROJECTS,
        codebuild::BATCH_GET_PROJECTS,
        ecs::DESCRIBE_TASK_DEFINITION,
        ecs::LIST_TASK_DEFINITIONS,
        lambda::LIST_FUNCTIONS,
        secretsmanager::BATCH_GET_SECRET_VALUE,
        secretsmanager::LIST_SECRETS,
        Right { on: On::Secret, ..secretsmanager::DESCRIBE_SECRET },
        secretsmanager::GET_SECRET_VALUE,
        // A copy in a secret that Severance manages follows the key.
        secretsmanager::PUT_SECRET_VALUE.only(Only::ManagedSecrets),
        ssm::GET_PARAMETER,
        ssm::GET_PARAMETERS,
        ssm::GET_PARAMETERS_BY_PATH,
    ],
    table: Some(Table { sid: "KeepWhatWasFound", actions: &["dynamodb:PutItem"], partitions: &["COPIES#*"] }),
    decrypts: &["lambda", "secretsmanager", "ssm"],
    variables: &[],
    errors: "A search for copies failed and is tried once more. If this lasts, read the log.",
    throttles: "Searches for copies wait for concurrency. Raise the account quota or set ReservedConcurrency.",
    output: "Name of the function that searches for copies of a key, which the responder asks.",
};
