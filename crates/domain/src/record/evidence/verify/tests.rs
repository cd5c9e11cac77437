mod revisions;

use jiff::SignedDuration;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::LineEnding;
use serde_json::json;

use super::*;
use crate::record::case::Case;
use crate::record::evidence::Stack;
use crate::record::review::{Decision, ReviewTimes};

fn secret(scalar: u8) -> SigningKey {
    SigningKey::from_slice(&[scalar; 32]).unwrap()
}

fn public(scalar: u8) -> PublicKey {
    let pem = secret(scalar).verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
    PublicKey::from_pem(&pem).unwrap()
}

fn stack(scalar: u8) -> Stack {
    serde_json::from_value(json!({
        "name": "severance", "account": "111122223333", "region": "eu-west-1",
        "version": env!("CARGO_PKG_VERSION"),
        "signingKey": {"arn": "arn:aws:kms:eu-west-1:111122223333:key/1", "fingerprint": public(scalar).fingerprint()}
    }))
    .unwrap()
}

/// A concluded first revision about a user of this name, whose one step failed.
fn case(name: &str) -> Case {
    let at = "2026-03-01T12:00:00.5Z";
    let mut case: Case = serde_json::from_value(json!({
        "id": "", "revision": 1, "previous": null, "openedAt": at, "concludedAt": null, "mode": "enforce",
        "signal": {
            "kind": "credential_exposed", "source": "health", "eventId": "e", "findingId": "f", "rule": "RISK",
            "account": "012345678901", "region": "us-east-1", "severity": "critical", "occurredAt": at,
            "subject": {"type": "access_key_only"}, "title": "a “key” is known", "eventDigest": Digest::of(b"").as_hex(),
        },
        "subject": {"kind": "user", "account": "012345678901", "name": name},
        "profile": {"owners": []}, "inventory": {"gaps": ["passkeys"]},
        "steps": [{
            "countermeasure": {"type": "quarantine_user", "user": name}, "disposition": "enforce", "reason": "r",
            "intentAt": at, "confirmation": null, "outcome": {
                "result": "failed", "at": at, "action": "iam:PutUserPolicy", "code": "Throttling", "message": "m",
                "retryable": true
            },
        }],
        "verdict": null,
    }))
    .unwrap();
    case.id = CaseId::of(case.signal.kind, &case.subject, &case.signal.finding_id);
    case.conclude(at.parse().unwrap());
    case
}

/// Three revisions, each following on the one before.
fn history(name: &str) -> Vec<Statement> {
    let mut case = case(name);
    let mut statements = Vec::new();
    for _ in 0..3 {
        let statement = Statement::of(&case, &stack(7));
        case.reopen(Digest::of(&statement.to_bytes()));
        case.conclude("2026-03-01T12:01:00Z".parse().unwrap());
        statements.push(statement);
    }
    statements
}

fn seal(payload_type: &str, payload: &[u8], scalar: u8) -> Envelope {
    let pae = dsse::pre_authentication_encoding(payload_type, payload);
    let signature: EcdsaSignature = secret(scalar).sign(&pae);
    Envelope::seal(payload_type, payload, public(scalar).fingerprint(), signature.to_der().as_bytes())
}

fn bytes(envelope: &Envelope) -> Vec<u8> {
    serde_json::to_vec(envelope).unwrap()
}

fn check(envelope: &Envelope) -> Result<Verified, Failure> {
    verify(&bytes(envelope), &[public(7)])
}

fn first() -> Statement {
    Statement::of(&case("bot"), &stack(7))
}

fn sealed(statement: &Statement) -> Envelope {
    seal(PAYLOAD_TYPE, &statement.to_bytes(), 7)
}

fn class(result: Result<Verified, Failure>) -> &'static str {
    result.err().map_or("verified", |failure| failure.class().as_str())
}

#[test]
fn what_the_key_signed_is_verified() {
    let verified = check(&sealed(&first())).unwrap();
    assert_eq!(verified.statement, first());
    assert_eq!(verified.digest, Digest::of(&first().to_bytes()));
    assert_eq!(verified.fingerprint, public(7).fingerprint());
}

#[test]
fn any_of_several_trusted_keys_will_do() {
    assert!(verify(&bytes(&sealed(&first())), &[public(9), public(7)]).is_ok());
}

#[test]
fn both_forms_of_a_signature_are_accepted_because_kms_gives_either() {
    let payload = first().to_bytes();
    let signature: EcdsaSignature = secret(7).sign(&dsse::pre_authentication_encoding(PAYLOAD_TYPE, &payload));
    let (r, s) = signature.split_scalars();
    let other = EcdsaSignature::from_scalars(r, -s).unwrap();
    assert_ne!(signature, other);
    for signature in [signature, other] {
        let envelope = Envelope::seal(PAYLOAD_TYPE, &payload, public(7).fingerprint(), signature.to_der().as_bytes());
        assert!(check(&envelope).is_ok());
    }
}

/// Also where the change is invisible to a lax base64 decoder or leaves the signature well-formed.
#[test]
fn no_single_character_of_an_envelope_can_be_changed() {
    let envelope = sealed(&first());
    let changed = |text: &str, n: usize, to: u8| {
        let mut text = text.as_bytes().to_vec();
        text[n] = if text[n] == to { b'B' } else { to };
        String::from_utf8(text).unwrap()
    };
    for n in (0..envelope.payload.len()).step_by(7) {
        let payload = changed(&envelope.payload, n, b'A');
        let result = check(&Envelope { payload, ..envelope.clone() });
        assert_eq!(class(result), "altered", "payload {n}");
    }
    let signature = &envelope.signatures[0];
    for n in 0..signature.sig.len() {
        for to in [b'A', b'z', b'='] {
            let sig = changed(&signature.sig, n, to);
            if sig != signature.sig {
                let signatures = vec![dsse::Signature { sig, ..signature.clone() }];
                assert_eq!(class(check(&Envelope { signatures, ..envelope.clone() })), "altered", "signature {n}");
            }
        }
    }
    for n in 0..signature.keyid.len() {
        let signatures = vec![dsse::Signature { keyid: changed(&signature.keyid, n, b'x'), ..signature.clone() }];
        assert_eq!(class(check(&Envelope { signatures, ..envelope.clone() })), "altered", "key id {n}");
    }
    for n in 0..PAYLOAD_TYPE.len() {
        let payload_type = changed(PAYLOAD_TYPE, n, b'x');
        assert_eq!(class(check(&Envelope { payload_type, ..envelope.clone() })), "malformed", "payload type {n}");
    }
}

#[test]
fn a_wrong_key_is_told_from_altered_bytes() {
    let envelope = sealed(&first());
    assert_eq!(
        verify(&bytes(&envelope), &[public(9)]),
        Err(Failure::WrongKey { named: public(7).fingerprint.clone(), given: public(9).fingerprint.clone() })
    );
    // Signed anew by someone else, who also claims the right key.
    let mut forged = seal(PAYLOAD_TYPE, &first().to_bytes(), 9);
    forged.signatures[0].keyid = public(7).fingerprint.clone();
    assert_eq!(class(check(&forged)), "altered");
    // Signed anew by someone else, whose key the reader does not have.
    assert_eq!(class(check(&seal(PAYLOAD_TYPE, &first().to_bytes(), 9))), "altered");
    let theirs = Statement::of(&case("bot"), &stack(9));
    assert_eq!(class(check(&seal(PAYLOAD_TYPE, &theirs.to_bytes(), 9))), "wrong_key");
    // No key id at all.
    let mut nameless = envelope.clone();
    nameless.signatures[0].keyid = String::new();
    assert_eq!(class(check(&nameless)), "altered");
}

#[test]
fn more_signatures_than_ours_are_counted_and_no_bad_one_hides_among_them() {
    let envelope = sealed(&first());
    let mut both = envelope.clone();
    both.signatures.insert(0, seal(PAYLOAD_TYPE, &first().to_bytes(), 9).signatures.remove(0));
    assert_eq!(check(&both).unwrap().unchecked_signatures, 1);
    let mut bad = envelope.clone();
    bad.signatures.push(dsse::Signature { sig: both.signatures[0].sig.clone(), ..envelope.signatures[0].clone() });
    assert_eq!(class(check(&bad)), "altered");
    assert_eq!(check(&Envelope { signatures: vec![], ..envelope }), Err(Failure::Unsigned));
}

#[test]
fn what_is_not_our_envelope_is_malformed() {
    for text in ["", "{}", "[]", "null", "\u{0}", r#"{"payloadType":"x","payload":"","signatures":[],"more":1}"#] {
        assert_eq!(class(verify(text.as_bytes(), &[public(7)])), "malformed", "{text}");
    }
    assert_eq!(class(check(&seal("text/plain", b"hello", 7))), "malformed");
    assert_eq!(class(check(&seal(PAYLOAD_TYPE, b"hello", 7))), "malformed");
    let mut other = first();
    other.predicate_type = "https://slsa.dev/provenance/v1".to_owned();
    assert_eq!(class(check(&sealed(&other))), "malformed");
    let deep = "[".repeat(100_000);
    assert_eq!(class(check(&seal(PAYLOAD_TYPE, deep.as_bytes(), 7))), "malformed");
    assert_eq!(class(verify(deep.as_bytes(), &[public(7)])), "malformed");
}

#[test]
fn a_signed_record_must_be_canonical_and_understood_in_full() {
    let value = serde_json::to_value(first()).unwrap();
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    assert_eq!(check(&seal(PAYLOAD_TYPE, &pretty, 7)), Err(Failure::NotCanonical));
    let mut doubled = first().to_bytes();
    doubled.splice(1..1, *br#""_type":"x","#);
    assert_eq!(check(&seal(PAYLOAD_TYPE, &doubled, 7)), Err(Failure::NotCanonical));

    let altered = |pointer: &str, name: &str, content: Value| {
        let mut value = value.clone();
        value.pointer_mut(pointer).unwrap()[name] = content;
        check(&seal(PAYLOAD_TYPE, &canonical_json(&value), 7)).unwrap_err()
    };
    for (pointer, name, content, expected) in [
        ("/predicate", "more", json!(1), "predicate.more"),
        ("/predicate/case", "verdict", json!("splendid"), "predicate.case.verdict"),
        ("/predicate/case/steps/0/countermeasure", "x", json!(1), "predicate.case.steps[0].countermeasure.x"),
        ("/predicate/case", "openedAt", json!("2026-03-01T13:00:00.5+01:00"), "predicate.case.openedAt"),
    ] {
        match altered(pointer, name, content) {
            Failure::UnknownContent { path, .. } => assert_eq!(path, expected),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_signed_record_that_contradicts_itself_is_noticed() {
    type Lie = (&'static str, fn(&mut Statement));
    let lies: Vec<Lie> = vec![
        ("its verdict is verified_revoked, but its steps allow only failed", |s| {
            s.predicate.case.verdict = Some(Verdict::VerifiedRevoked);
        }),
        ("its verdict is none", |s| s.predicate.case.verdict = None),
        ("no time", |s| s.predicate.case.concluded_at = None),
        ("proof does not follow", |s| s.predicate.proof.not_proven.clear()),
        ("subject is not the case's", |s| s.subject[0].name = "someone else".to_owned()),
        ("subject is not the case's", |s| s.subject.clear()),
        ("names the signing key sha256:0", |s| s.predicate.stack.signing_key.fingerprint = "sha256:0".to_owned()),
        ("the case of this signal and subject is", |s| s.predicate.case.signal.finding_id.push('x')),
        ("was to be taken in observe mode", |s| s.predicate.case.mode = Mode::Observe),
        ("was to be taken in review mode, and nobody approved it", |s| s.predicate.case.mode = Mode::Review),
        ("was taken without intent", |s| s.predicate.case.steps[0].intent_at = None),
        ("was not to be taken", |s| s.predicate.case.steps[0].step.disposition = Disposition::Observe),
    ];
    for (expected, lie) in lies {
        let mut statement = first();
        lie(&mut statement);
        let failure = check(&sealed(&statement)).unwrap_err();
        assert_eq!(failure.class(), Class::Inconsistent, "{failure}");
        assert!(failure.to_string().contains(expected), "{failure} lacks {expected}");
    }
}

#[test]
fn what_a_person_answered_is_no_contradiction() {
    let at = "2026-03-01T12:01:00Z".parse().unwrap();
    let by: crate::words::ids::Arn = "arn:aws:sts::012345678901:assumed-role/responder/bob".try_into().unwrap();
    let times =
        ReviewTimes { escalate_after: SignedDuration::from_hours(4), expire_after: SignedDuration::from_hours(24) };
    let verdict = |mut case: Case| {
        case.conclude(at);
        check(&sealed(&Statement::of(&case, &stack(7)))).map_err(|failure| failure.to_string())
    };
    // Throttled, then held because the breaker had opened before the next try.
    let mut held = case("ci");
    held.hold("the breaker is open", times, at);
    assert!(held.review.is_some());
    verdict(held.clone()).unwrap();

    let mut denied = held.clone();
    denied.decline_held("denied", Decision::Denied { by: by.clone(), reason: "r".to_owned(), at, standing: None });
    verdict(denied.clone()).unwrap();

    // In review mode, what a person approved is taken, and what nobody approved is not.
    for mode in [Mode::Enforce, Mode::Review] {
        let mut approved = Case { mode, ..held.clone() };
        approved.release_held(Decision::Approved { by: by.clone(), reason: "r".to_owned(), at, standing: None }, at);
        verdict(approved.clone()).unwrap();
        approved.review = None;
        assert_eq!(verdict(approved).is_ok(), mode == Mode::Enforce);
    }

    // A step that was declined after it had worked is a contradiction all the same.
    denied.steps[0].outcome = Some(Outcome::Applied { at, note: None });
    assert!(verdict(denied).unwrap_err().contains("something came of it"));
}

#[test]
fn a_restoration_gives_back_what_may_come_back_and_nothing_else() {
    use crate::record::case::Confirmation;
    use crate::record::restoration::{Restoration, ReturnAnswer};
    use crate::words::request::Request;
    type Lie = (&'static str, fn(&mut Restoration));

    let at = "2026-03-01T12:01:00Z".parse().unwrap();
    let by = "arn:aws:sts::012345678901:assumed-role/responder/bob".try_into().unwrap();
    let request = Request { by, reason: "a drill".to_owned(), ticket: None, standing: None };
    // A quarantine, and a key that the claim may be about: both were done and seen.
    let mut done = case("ci");
    let mut key = done.steps[0].clone();
    key.step.countermeasure = serde_json::from_value(json!({
        "type": "deactivate_access_key", "user": "ci", "accessKey": "AKIAIOSFODNN7EXAMPLE"
    }))
    .unwrap();
    done.steps.push(key);
    done.inventory = serde_json::from_value(json!({
        "accessKeys": [{"id": "AKIAIOSFODNN7EXAMPLE", "active": true, "lastUsed": {"state": "not_asked"}}]
    }))
    .unwrap();
    let seen = || Some(Confirmation::Confirmed { at, observed: "seen".to_owned() });
    for record in &mut done.steps {
        (record.outcome, record.confirmation) = (Some(Outcome::Applied { at, note: None }), seen());
    }
    let mut restored = done.clone();
    let mut restoration = Restoration::of(&done, request, at);
    assert!(matches!(restoration.steps[0].answer, ReturnAnswer::Rotate { .. }));
    assert_eq!(restoration.steps[1].answer, ReturnAnswer::UndoKeepingSessionsDenied);
    (restoration.steps[1].outcome, restoration.steps[1].confirmation) =
        (Some(Outcome::Applied { at, note: None }), seen());
    restored.restoration = Some(restoration);

    let told = |lie: &dyn Fn(&mut Restoration)| {
        let mut case = restored.clone();
        lie(case.restoration.as_mut().unwrap());
        case.conclude(at);
        check(&sealed(&Statement::of(&case, &stack(7)))).err().map(|failure| failure.to_string())
    };
    assert_eq!(told(&|_| {}), None);
    let lies: [Lie; 6] = [
        ("restores step 2, which must stay", |of| of.steps[0].answer = ReturnAnswer::Undo),
        ("restores step 1, which must stay, or more of it", |of| of.steps[1].answer = ReturnAnswer::Undo),
        ("restores step 10, which was not taken", |of| of.steps[1].step = 9),
        ("restores step 2, which was not taken", |of| of.steps[1].step = 1),
        ("step 2 was to stay, but something came of undoing it", |of| {
            of.steps[0].outcome = of.steps[1].outcome.clone();
        }),
        ("step 2 was to stay, but something came of undoing it", |of| {
            of.steps[0].confirmation = of.steps[1].confirmation.clone();
        }),
    ];
    for (expected, lie) in lies {
        let failure = told(&lie).unwrap_or_default();
        assert!(failure.contains(expected), "{failure} lacks {expected}");
    }
    // What was never done cannot be given back.
    let mut undone = restored;
    undone.steps[0].outcome = None;
    undone.steps[0].confirmation = None;
    undone.conclude(at);
    let failure = check(&sealed(&Statement::of(&undone, &stack(7)))).unwrap_err().to_string();
    assert!(failure.contains("restores step 1, which was not taken"), "{failure}");
}

#[test]
fn a_verdict_that_a_recheck_or_a_verification_does_not_allow_is_noticed() {
    use crate::record::case::{Confirmation, Recheck};
    let at = "2026-03-01T12:01:00Z".parse().unwrap();
    let mut done = case("ci");
    done.steps[0].outcome = Some(Outcome::Applied { at, note: None });
    done.steps[0].confirmation = Some(Confirmation::Confirmed { at, observed: "seen".to_owned() });
    done.conclude(at);
    let told = |case: &Case| check(&sealed(&Statement::of(case, &stack(7)))).err().map(|failure| failure.to_string());
    assert_eq!((done.verdict, told(&done)), (Some(Verdict::VerifiedRevoked), None));
    let mut found = done;
    found.rechecks = vec![Recheck { number: 1, at, found: vec!["a key".to_owned()], unread: vec![] }];
    assert!(told(&found).unwrap().contains("its steps allow only partial"));
}

#[test]
fn another_version_may_word_its_proof_otherwise() {
    let mut statement = first();
    statement.predicate.proof.not_proven = vec!["in other words".to_owned()];
    statement.predicate.stack.version = "0.0.1".to_owned();
    assert!(!check(&sealed(&statement)).unwrap().proof_checked);
    assert!(check(&sealed(&first())).unwrap().proof_checked);
}

#[test]
fn only_a_public_key_of_the_right_curve_is_a_key() {
    let p384 = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE\n-----END PUBLIC KEY-----\n";
    for text in ["", "sha256:0", p384] {
        assert!(PublicKey::from_pem(text).is_err(), "{text}");
    }
    let pem = secret(7).verifying_key().to_public_key_pem(LineEnding::CRLF).unwrap();
    assert_eq!(PublicKey::from_pem(&pem).unwrap().fingerprint(), public(7).fingerprint());
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(file: Vec<u8>, payload: Vec<u8>, sig: Vec<u8>) {
        let _ = verify(&file, &[public(7)]);
        let _ = check(&seal(PAYLOAD_TYPE, &payload, 7));
        let _ = check(&Envelope::seal(PAYLOAD_TYPE, &payload, "", &sig));
        let _ = PublicKey::from_pem(&String::from_utf8_lossy(&file));
    }
}
