//! Evidence for tests, signed with fixed keys.

pub(crate) mod lambda;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};
use severance_domain::case::{Case, CaseId};
use severance_domain::digest::Digest;
use severance_domain::evidence::dsse::{self, Envelope};
use severance_domain::evidence::{PAYLOAD_TYPE, Stack, Statement};

/// A signing key that is the same in every run.
pub(crate) struct Key(SigningKey);

pub(crate) fn key(scalar: u8) -> Key {
    Key(SigningKey::from_slice(&[scalar; 32]).unwrap())
}

impl Key {
    pub(crate) fn pem(&self) -> String {
        self.0.verifying_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.0.verifying_key().to_public_key_der().unwrap().as_bytes().to_vec()
    }

    pub(crate) fn fingerprint(&self) -> String {
        dsse::fingerprint_of_spki(&self.der())
    }

    pub(crate) fn stack(&self) -> Stack {
        serde_json::from_value(json!({
            "name": "severance", "account": "111122223333", "region": "eu-west-1",
            "version": env!("CARGO_PKG_VERSION"),
            "signingKey": {
                "arn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "fingerprint": self.fingerprint(),
            }
        }))
        .unwrap()
    }

    pub(crate) fn state(&self, case: &Case) -> Statement {
        Statement::of(case, &self.stack())
    }

    pub(crate) fn seal(&self, statement: &Statement) -> Vec<u8> {
        self.seal_bytes(PAYLOAD_TYPE, &statement.to_bytes())
    }

    pub(crate) fn seal_bytes(&self, payload_type: &str, payload: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(&dsse::pre_authentication_encoding(payload_type, payload));
        let envelope = Envelope::seal(payload_type, payload, &self.fingerprint(), signature.to_der().as_bytes());
        serde_json::to_vec(&envelope).unwrap()
    }
}

/// A contained user: one step confirmed, one failed for now.
pub(crate) fn case(user: &str) -> Case {
    let mut case: Case = serde_json::from_value(case_json(user)).unwrap();
    case.id = CaseId::of(case.signal.kind, &case.subject, &case.signal.finding_id);
    case.conclude("2026-03-01T12:00:09Z".parse().unwrap());
    case
}

fn case_json(user: &str) -> Value {
    let at = "2026-03-01T12:00:00Z";
    json!({
        "id": "", "revision": 1, "previous": null, "openedAt": at, "concludedAt": null, "mode": "enforce",
        "signal": {
            "kind": "credential_exposed", "source": "health", "eventId": "e-1", "findingId": "f-1",
            "rule": "AWS_RISK_CREDENTIALS_EXPOSED", "account": "012345678901", "region": "us-east-1",
            "severity": "critical", "occurredAt": at, "subject": {"type": "user", "name": user},
            "accessKey": "AKIAIOSFODNN7EXAMPLE", "title": format!("an access key of {user} is public"),
            "eventDigest": Digest::of(b"event").as_hex(),
        },
        "subject": {
            "kind": "user", "account": "012345678901", "name": user,
            "arn": format!("arn:aws:iam::012345678901:user/{user}"), "uniqueId": format!("AIDA{}", user.to_uppercase()),
        },
        "profile": {"owners": ["alice@example.com"], "class": "workload"},
        "inventory": {"accessKeys": [{
            "id": "AKIAIOSFODNN7EXAMPLE", "active": true, "createdAt": at, "lastUsed": {"state": "never"}
        }]},
        "steps": [
            {
                "countermeasure": {"type": "quarantine_user", "user": user}, "disposition": "enforce",
                "reason": "somebody else may be using its credentials", "intentAt": at,
                "outcome": {"result": "applied", "at": at},
                "confirmation": {"state": "confirmed", "at": at, "observed": "the policy is there"},
            },
            {
                "countermeasure": {"type": "deactivate_access_key", "user": user, "accessKey": "AKIAIOSFODNN7EXAMPLE"},
                "disposition": "enforce", "reason": "somebody else may be using its credentials", "intentAt": at,
                "outcome": {
                    "result": "failed", "at": at, "action": "iam:UpdateAccessKey", "code": "Throttling",
                    "message": "Rate exceeded", "retryable": true
                },
                "confirmation": null,
            },
        ],
        "verdict": null,
    })
}

/// Three revisions of one case, each following on the one before.
pub(crate) fn history(user: &str, key: &Key) -> [Statement; 3] {
    let mut case = case(user);
    [(); 3].map(|()| {
        let statement = key.state(&case);
        case.reopen(Digest::of(&statement.to_bytes()));
        case.conclude("2026-03-01T12:05:00Z".parse().unwrap());
        statement
    })
}

/// An empty directory for one test.
pub(crate) struct Dir(PathBuf);

pub(crate) fn dir(test: &str) -> Dir {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    Dir(path)
}

impl Dir {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs `sever` in this directory.
    pub(crate) fn sever(&self, args: &[&str]) -> Run {
        Run::of(Command::new(env!("CARGO_BIN_EXE_sever")).args(args).current_dir(&self.0).output().unwrap())
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Expects an exit code and texts in the report.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        for text in texts {
            assert!(self.out.contains(text) || self.err.contains(text), "no {text:?} in\n{}\n{}", self.out, self.err);
        }
    }
}
