//! KMS: signatures and ciphertexts that depend on key, message and number alone. Nothing here is cryptography.

use aws_smithy_types::base64;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal};
use crate::lag::draw;
use crate::state::State;

/// "Message size: 4096 bytes" for what is signed as it is (API reference, `Sign`).
const MOST_BYTES: usize = 4_096;

/// What a ciphertext begins with.
const MARK: &str = "fake-kms";

pub(super) fn answer(state: &mut State, call: &Call) -> Answer {
    let key = match call.text("KeyId") {
        "" if call.request.operation == "Decrypt" => String::new(),
        "" => return Err(invalid("1 validation error detected: Value null at 'keyId'")),
        key => key.to_owned(),
    };
    let input = &call.request.input;
    Ok(match call.request.operation.as_str() {
        "GetPublicKey" => json!({
            "KeyId": key, "PublicKey": base64::encode(bytes("public key", &[key.as_bytes()], 91)),
            "KeySpec": "ECC_NIST_P256", "CustomerMasterKeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": ["ECDSA_SHA_256"],
        }),
        "Sign" => {
            let message = decoded(&input["Message"])?;
            let is_digest = input["MessageType"] == "DIGEST";
            if message.is_empty() || message.len() > MOST_BYTES || (is_digest && message.len() != 32) {
                return Err(invalid("Digest is invalid length for algorithm ECDSA_SHA_256."));
            }
            // No two signatures of one message are alike.
            let publishing = &mut state.publishing;
            publishing.signatures += 1;
            let signature = bytes("signature", &[key.as_bytes(), &message, &publishing.signatures.to_le_bytes()], 70);
            json!({
                "KeyId": key, "Signature": base64::encode(signature), "SigningAlgorithm": input["SigningAlgorithm"],
            })
        }
        "Encrypt" => json!({ "KeyId": key, "CiphertextBlob": ciphertext(&key, &decoded(&input["Plaintext"])?) }),
        "GenerateDataKey" => {
            let plain = bytes("data key", &[key.as_bytes(), state.unique("data-key").as_bytes()], 32);
            json!({ "KeyId": key, "Plaintext": base64::encode(&plain), "CiphertextBlob": ciphertext(&key, &plain) })
        }
        "Decrypt" => {
            let text = String::from_utf8(decoded(&input["CiphertextBlob"])?).unwrap_or_default();
            let parts: Vec<&str> = text.splitn(3, ' ').collect();
            match parts.as_slice() {
                [MARK, of, plain] if key.is_empty() || key == *of => json!({ "KeyId": of, "Plaintext": plain }),
                _ => return Err(Refusal::new(400, "InvalidCiphertextException", "it was not encrypted with this key")),
            }
        }
        _ => return Err(call.unknown()),
    })
}

fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "ValidationException", why)
}

fn ciphertext(key: &str, plain: &[u8]) -> String {
    base64::encode(format!("{MARK} {key} {}", base64::encode(plain)))
}

fn decoded(value: &Value) -> Result<Vec<u8>, Refusal> {
    base64::decode(value.as_str().unwrap_or_default()).map_err(|_| invalid("the value is no base64"))
}

/// So many bytes that depend on these parts alone.
fn bytes(what: &str, parts: &[&[u8]], length: usize) -> Vec<u8> {
    let words = (0_u64..).flat_map(|n| {
        let parts = [&[what.as_bytes()], parts].concat();
        draw(n, &parts).to_le_bytes()
    });
    words.take(length).collect()
}
