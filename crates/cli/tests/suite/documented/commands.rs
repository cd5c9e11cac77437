//! The commands that docs/EVIDENCE.md shows, run.

use std::process::Command;

use crate::support::{Dir, Run, dir, history, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use severance_domain::digest::Digest;

use super::DOC;

/// The commands of the block that follows this mark.
fn block(mark: &str) -> &'static str {
    let (_, rest) =
        DOC.split_once(&format!("<!-- tested: {mark} -->\n```sh\n")).unwrap_or_else(|| panic!("no block {mark}"));
    rest.split_once("```").unwrap().0
}

/// A directory in which the document's commands can run: `aws` answers as AWS would, and `sever` is the one just built.
fn workplace(test: &str) -> Option<Dir> {
    for tool in ["bash", "openssl", "jq"] {
        if Command::new(tool).arg("--version").output().is_err() {
            #[allow(clippy::print_stderr, reason = "a test that did not run must say so")]
            {
                eprintln!("SKIPPED: {tool} is not installed");
            }
            return None;
        }
    }
    let dir = dir(test);
    for (n, statement) in history("deployer", &key(7)).iter().enumerate() {
        dir.write(&format!("bucket/r{:04}.dsse.json", n + 1), key(7).seal(statement));
    }
    let case = history("deployer", &key(7))[0].predicate.case.id.to_string();
    let aws = format!(
        "#!/bin/bash\ncase \"$*\" in\n  'kms get-public-key --key-id alias/severance-evidence --query PublicKey --output text')\n    \
         echo '{}' ;;\n  \"s3 cp --recursive s3://$BUCKET/evidence/012345678901/2026/03/01/$CASE/ case/\")\n    \
         cp -r bucket case ;;\n  *) echo \"unexpected: aws $*\" >&2; exit 1 ;;\nesac\n",
        STANDARD.encode(key(7).der())
    );
    dir.write("bin/aws", aws);
    dir.write("bin/sever", format!("#!/bin/bash\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_sever")));
    dir.write("env", format!("export BUCKET=evidence-bucket CASE={case} PATH=\"$PWD/bin:$PATH\"\nchmod +x bin/*\n"));
    Some(dir)
}

fn bash(dir: &Dir, commands: &str) -> Run {
    let script = format!("set -euo pipefail\n. ./env\n{commands}");
    Run::of(Command::new("bash").args(["-c", &script]).current_dir(dir.path()).output().unwrap())
}

#[test]
fn the_commands_to_fetch_and_verify_work() {
    let Some(dir) = workplace("documented-sever") else { return };
    bash(&dir, block("fetch")).expect(0, &[]);
    bash(&dir, block("verify")).expect(0, &["RESULT  VERIFIED: 3 of 3 files verified"]);
}

#[test]
fn the_commands_that_need_no_sever_work_and_fail_where_they_should() {
    let Some(dir) = workplace("documented-openssl") else { return };
    bash(&dir, block("fetch")).expect(0, &[]);
    let digest = Digest::of(&history("deployer", &key(7))[0].to_bytes());
    let commands = block("openssl");
    let run = bash(&dir, commands);
    run.expect(0, &["Verified OK", digest.as_hex(), key(7).fingerprint().trim_start_matches("sha256:")]);
    // Both digests of the chain's first link, and both fingerprints, stand there to be compared.
    assert_eq!(run.out.matches(digest.as_hex()).count(), 2, "{}", run.out);
    assert_eq!(run.out.matches(key(7).fingerprint().trim_start_matches("sha256:")).count(), 3, "{}", run.out);

    dir.write("evidence-key.pem", key(9).pem());
    let wrong = bash(&dir, commands);
    assert_ne!(wrong.code, Some(0));
    assert!(!wrong.out.contains("Verified OK"), "{}", wrong.out);
}
