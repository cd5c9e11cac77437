//! Each fault at each call.

use severance_aws::countermeasures::Applied;
use severance_aws::error::AwsError;

use super::{Half, NEVER, Reply, about, always, case, deactivate, driver, quarantine, revoke, rotate, sites};

/// What AWS does, and how it must be told: code, message, whether another delivery may help, attempts.
struct Fault {
    iam: Reply,
    secrets: Reply,
    code: [&'static str; 2],
    message: &'static str,
    retryable: bool,
    attempts: usize,
}

fn faults() -> Vec<Fault> {
    let fault = |status, codes: [&'static str; 2], retryable, attempts| Fault {
        iam: Reply::xml(status, codes[0]),
        secrets: Reply::json(status, codes[1]),
        code: codes,
        message: "because",
        retryable,
        attempts,
    };
    let empty = |status, code, message, attempts| {
        let reply = Reply { status, body: String::new() };
        Fault { iam: reply.clone(), secrets: reply, code: [code, code], message, retryable: true, attempts }
    };
    vec![
        fault(403, ["AccessDenied", "AccessDeniedException"], false, 1),
        fault(400, ["Throttling", "ThrottlingException"], true, 4),
        fault(500, ["ServiceFailure", "InternalServiceError"], true, 4),
        fault(409, ["EntityTemporarilyUnmodifiable", "InternalServiceError"], true, 1),
        empty(429, "429", "no message", 1),
        empty(503, "503", "no message", 4),
        empty(NEVER, "Timeout", "no answer within the time allowed", 3),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_call_names_the_action_the_code_and_whether_to_try_again() {
    for site in sites() {
        for fault in faults() {
            let of_secrets = site.action.starts_with("secretsmanager");
            let rules = (site.rules)(if of_secrets { fault.secrets.clone() } else { fault.iam.clone() });
            let driver = driver(&site.step, &rules);
            let error = match site.half {
                Half::Apply => driver.apply(&site.step, &case()).await.map(|_| ()).unwrap_err(),
                Half::Confirm => driver.confirm(&site.step, about()).await.map(|_| ()).unwrap_err(),
            };
            let code = fault.code[usize::from(of_secrets)].to_owned();
            let message = fault.message;
            assert!(error.message.starts_with(message), "{error}");
            let message = error.message.clone();
            let expected = AwsError { action: site.action, code, message, retryable: fault.retryable };
            assert_eq!(error, expected, "{:?} of {}", site.half, site.step.as_str());
            let mut rights = site.step.kind().unwrap().rights().to_act();
            assert!(rights.any(|right| right.action == site.action), "{} is not among the card's rights", site.action);
            assert_eq!(rules.last().unwrap().num_calls(), site.before + fault.attempts, "{expected:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_cannot_be_tagged_is_still_one_and_says_so() {
    for fault in faults() {
        let tag = fault.iam.clone();
        let rules = [always("PutUserPolicy", Reply::ok("")), always("TagUser", tag)];
        let applied = driver(&quarantine(), &rules).apply(&quarantine(), &case()).await;
        let note = format!("the user could not be tagged: iam:TagUser answered {}: {}", fault.code[0], fault.message);
        assert_eq!(applied, Ok(Applied::Changed(Some(note))));
    }
}

#[tokio::test]
async fn a_step_of_another_kind_is_refused_without_a_call() {
    let steps = [deactivate(), quarantine(), revoke(), rotate()];
    for of in &steps {
        for step in steps.iter().filter(|step| *step != of) {
            let driver = driver(of, &[]);
            assert!(driver.drives(of) && !driver.drives(step));
            assert_eq!(driver.apply(step, &case()).await.unwrap_err().code, "NotDriven");
            assert_eq!(driver.confirm(step, about()).await.unwrap_err().code, "NotDriven");
        }
    }
}
