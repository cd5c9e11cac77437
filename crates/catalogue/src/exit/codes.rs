//! The exit codes.

use severance_domain::evidence::verify::Class;

use super::kind::Exit;

/// What was asked is done, or is as it should be.
pub const DONE: u8 = 0;
/// Nothing was done, because the arguments make no sense. clap ends with the same.
pub const USAGE: u8 = 2;
/// Something could not be read or written.
pub const UNREADABLE: u8 = 10;
/// A policy does not hold.
pub const BROKEN_POLICY: u8 = 20;
/// The responder understood, and refuses.
pub const REFUSED: u8 = 21;
/// The responder did not answer, or failed.
pub const UNANSWERED: u8 = 22;
/// A file to import holds something else than rows of the registry.
pub const BAD_FILE: u8 = 23;
/// It was answered, but something was not seen: that access ended, that a rotation did, or that all was looked at.
pub const NOT_CONTAINED: u8 = 24;
/// It was answered, but not all that was to come back did.
pub const NOT_RESTORED: u8 = 25;
/// Something lives that a case had ended.
pub const LIVES: u8 = 26;

/// Every step was taken and read back, and the rechecks before the last verdict are still due.
pub const BEING_RECHECKED: u8 = 27;

const EVERY: &str = "every command";
const ASKING: &str = "each that asks the responder";
const FILES: &str = "`verify FILE`";
const CASE: &str = "`verify CASE`";

const WRONG_USAGE: Exit = Exit {
    fuller: "Wrong usage; nothing was done.",
    then: "Read the command's `--help`.",
    ..Exit::new(USAGE, EVERY, "wrong usage")
};

const UNWRITTEN: Exit = Exit {
    then: "What was asked may be done all the same. `sever status CASE` shows a case again.",
    ..Exit::new(UNREADABLE, "every command but `verify FILE`", "the output could not be written")
};

const NO_ANSWER: &str = "no answer: not reachable, not allowed, or the function itself failed";

const REFUSAL: &str = "refused: the responder says why, and what would help";
const UNDERSTOOD: &str = "The responder understood, and refuses; the reason is on standard error.";

/// `sever verify FILE`: every file is what the key signed.
pub const VERIFIED: Exit = Exit {
    name: "verified",
    fuller: "Every file is what the key signed, and every case is whole from revision 1 to the last one at hand.",
    ..Exit::new(DONE, FILES, "verified: every file is what the key signed, and every case is whole")
};

/// `sever verify FILE`: there is nothing to check, or nothing to check it with.
pub const UNREADABLE_FILE: Exit = Exit {
    name: "unreadable",
    fuller: "A file could not be read, a directory holds no evidence, or `--key` is no P-256 public key in PEM.",
    then: "Check the paths.",
    ..Exit::new(UNREADABLE, FILES, "unreadable: a file, or no evidence in a directory, or --key is no P-256 public key")
};

/// `sever verify FILE`: not an envelope of evidence.
pub const MALFORMED: Exit = Exit {
    name: Class::Malformed.as_str(),
    fuller: "Not a DSSE envelope; an envelope of something else; or a genuine record with content that this version of `sever` does \
             not know.",
    then: "The message says which. For the last, use the version in `stack.version` or a later one.",
    ..Exit::new(11, FILES, "malformed: not a DSSE envelope, or not evidence that this version reads")
};

/// `sever verify FILE`: a case's revisions are not whole, or do not follow on each other.
pub const CHAIN_BROKEN: Exit = Exit {
    name: "chain_broken",
    fuller: "A revision before the last one is missing (cut), two different records claim one revision (fork), or a `previous` is \
             not the digest of the revision before.",
    then: "Fetch the whole folder of the case, all versions of its objects included.",
    ..Exit::new(14, FILES, "chain_broken: a revision is missing, or does not follow on the one before it")
};

/// `sever verify FILE`: signed with another key.
pub const WRONG_KEY: Exit = Exit {
    name: Class::WrongKey.as_str(),
    fuller: "The envelope and its payload name a key that was not given.",
    then: "The message names both fingerprints. Find the public key of that fingerprint; see [Signing keys](#signing-keys).",
    ..Exit::new(13, FILES, "wrong_key: signed with a key that was not given")
};

/// `sever verify FILE`: genuine, but it contradicts itself.
pub const INCONSISTENT: Exit = Exit {
    name: Class::Inconsistent.as_str(),
    fuller: "Signed by the key, but the record contradicts itself.",
    then: "The signer did this, or a defect of Severance. Treat the record as unreliable and report it.",
    ..Exit::new(15, FILES, "inconsistent: signed with the key, but the record contradicts itself")
};

/// `sever verify FILE`: changed after it was signed.
pub const ALTERED: Exit = Exit {
    name: Class::Altered.as_str(),
    fuller: "Not what the key signed, or not readable as such.",
    then: "Fetch the object again. If it stays so, treat it as tampering: list the object's versions and CloudTrail's data events.",
    ..Exit::new(12, FILES, "altered: not what the key signed")
};

/// How `sever verify FILE` ends, from best to worst.
pub const OF_FILES: &[Exit] =
    &[VERIFIED, WRONG_USAGE, UNREADABLE_FILE, MALFORMED, CHAIN_BROKEN, WRONG_KEY, INCONSISTENT, ALTERED];

/// How `sever verify CASE` ends.
pub const OF_A_CASE: &[Exit] = &[
    Exit {
        fuller: "All that was ended is still dead, as AWS shows it: verdict `verified_revoked`.",
        ..Exit::new(DONE, CASE, "all that was ended is still dead, as AWS shows it")
    },
    WRONG_USAGE,
    UNWRITTEN,
    Exit {
        fuller: "Refused: there is no such case, or access was given back in it.",
        then: "The message says what would help.",
        ..Exit::new(REFUSED, CASE, REFUSAL)
    },
    Exit { then: "Ask again.", ..Exit::new(UNANSWERED, CASE, NO_ANSWER) },
    Exit {
        then: STATUS,
        ..Exit::new(NOT_CONTAINED, CASE, "not all was seen to be dead: held, left alone, failed, or not to be seen")
    },
    Exit {
        fuller: "Something that the case had ended lives again: verdict `reappeared`.",
        then: "Contain it again, and find out who may write in that account: `sever plan`, `sever contain`.",
        ..Exit::new(LIVES, CASE, "something lives again (verdict reappeared): contain it again")
    },
];

/// How every other command ends that asks the responder. Some may end otherwise, too.
pub const OF_THE_RESPONDER: &[Exit] = &[
    Exit {
        fuller: "Done. Of `contain`, `approve` and `cut`: all access was seen to end. Of `rotate` and `adopt`: the new key was seen \
                 in its secret. Of `restore`: all that was to come back was seen to, verdict `restored`. Of `plan`, and with \
                 `--dry-run`: answered.",
        ..Exit::new(DONE, ASKING, "done")
    },
    WRONG_USAGE,
    UNWRITTEN,
    Exit { fuller: UNDERSTOOD, then: "It says what would help.", ..Exit::new(REFUSED, ASKING, REFUSAL) },
    Exit {
        then: "What changes something may be done all the same, so look before you ask again: `sever status`, or the same command \
               again with the same words.",
        ..Exit::new(UNANSWERED, ASKING, NO_ANSWER)
    },
];

/// How `sever contain` ends beside [`OF_THE_RESPONDER`].
pub const CONTAIN: Exit = Exit {
    then: STATUS,
    ..Exit::new(
        NOT_CONTAINED,
        "`contain`",
        "it was answered, but access was not seen to end (held, observed, partial, failed)",
    )
};

/// How `sever contain` and `sever approve` end where somebody else may be using what was ended.
pub const RECHECKED: Exit = Exit {
    fuller: "Every step was taken, and AWS shows its effect. It is being rechecked, because AWS shows changes late: the last verdict \
             is sent when that is over, and in the evidence then.",
    then: "Nothing, unless another message comes. `sever status CASE` says how it stands.",
    ..Exit::new(
        BEING_RECHECKED,
        "`contain`, `approve`",
        "every step was taken and read back, and is being rechecked: the last verdict is sent when that is over",
    )
};

/// How `sever approve` ends beside [`OF_THE_RESPONDER`].
pub const APPROVE: Exit =
    Exit { then: STATUS, ..Exit::new(NOT_CONTAINED, "`approve`", "it was answered, but access was not seen to end") };

/// How `sever cut` ends beside [`OF_THE_RESPONDER`].
pub const CUT: Exit = Exit {
    then: STATUS,
    ..Exit::new(NOT_CONTAINED, "`cut`", "it was answered, but the key was not seen to end (held, observed, failed)")
};

/// How `sever rotate` ends beside [`OF_THE_RESPONDER`].
pub const ROTATE: Exit = Exit {
    then: STATUS,
    ..Exit::new(
        NOT_CONTAINED,
        "`rotate`",
        "it was answered, but the rotation was not seen to end (held, observed, failed, or still going on: the schedule follows \
         it for 24 hours)",
    )
};

/// How `sever adopt` ends beside [`OF_THE_RESPONDER`].
pub const ADOPT: Exit = Exit {
    then: STATUS,
    ..Exit::new(
        NOT_CONTAINED,
        "`adopt`",
        "it was answered, but the first rotation was not seen to end (held, observed, failed, or still going on: the schedule \
         follows it for 24 hours)",
    )
};

/// How `sever restore` ends beside [`OF_THE_RESPONDER`].
pub const RESTORE: Exit = Exit {
    then: STATUS,
    ..Exit::new(
        NOT_RESTORED,
        "`restore`",
        "it was answered, but not all that was to come back was seen to (partial, failed, held)",
    )
};

/// How `sever registry import` ends beside [`OF_THE_RESPONDER`].
pub const IMPORT: Exit = Exit {
    then: "Mend the file, and import it again.",
    ..Exit::new(
        BAD_FILE,
        "`registry import`",
        "the file is wrong; each problem is named by line and column. Nothing was imported",
    )
};

const STATUS: &str = "`sever status CASE`";

/// How `sever copies` ends.
pub const OF_COPIES: &[Exit] = &[
    Exit::new(DONE, COPIES, "answered, and all that the search looks into could be read"),
    WRONG_USAGE,
    UNWRITTEN,
    Exit::new(
        UNANSWERED,
        COPIES,
        "no answer: not reachable, not allowed, switched off in this stack, or the function itself failed",
    ),
    Exit {
        fuller: "Answered, but not all could be looked at: there may be copies that nobody knows of.",
        ..Exit::new(NOT_CONTAINED, COPIES, "answered, but not all could be looked at")
    },
];

const COPIES: &str = "`copies`";

/// How `sever policy check` ends.
pub const OF_POLICY_CHECK: &[Exit] = &[
    Exit::new(DONE, POLICY_CHECK, "every policy holds"),
    WRONG_USAGE,
    UNWRITTEN,
    Exit {
        fuller: "A policy does not hold: each problem is named by file, line and column.",
        ..Exit::new(BROKEN_POLICY, POLICY_CHECK, "broken: each problem is named by file, line and column")
    },
];

const POLICY_CHECK: &str = "`policy check`";

/// How `sever policy explain` ends.
pub const OF_POLICY_EXPLAIN: &[Exit] = &[
    Exit::new(DONE, POLICY_EXPLAIN, "explained, whatever the answer is"),
    WRONG_USAGE,
    UNWRITTEN,
    Exit {
        fuller: "A policy does not hold.",
        then: "`sever policy check`",
        ..Exit::new(BROKEN_POLICY, POLICY_EXPLAIN, "a policy is broken: see sever policy check")
    },
    Exit {
        fuller: UNDERSTOOD,
        then: "It says what would help.",
        ..Exit::new(REFUSED, ASKING, "refused (only --live)")
    },
    Exit {
        fuller: "The responder did not answer, or failed.",
        then: "Ask again.",
        ..Exit::new(UNANSWERED, POLICY_EXPLAIN_LIVE, "the responder did not answer (only --live)")
    },
];

const POLICY_EXPLAIN: &str = "`policy explain`";
const POLICY_EXPLAIN_LIVE: &str = "`policy explain --live`";

/// Every way in which a command ends, but those of `sever verify FILE`.
pub fn all() -> impl Iterator<Item = &'static Exit> {
    let own = [&CONTAIN, &RECHECKED, &APPROVE, &CUT, &ROTATE, &ADOPT, &RESTORE, &IMPORT];
    let lists = [OF_THE_RESPONDER, OF_A_CASE, OF_COPIES, OF_POLICY_CHECK, OF_POLICY_EXPLAIN];
    lists.into_iter().flatten().chain(own)
}
