//! How much later a write is seen.

use jiff::SignedDuration;

/// The longest delays of a run, and the seed that they are drawn from.
///
/// Each write of each item has delays of its own. They depend on the seed, the item and how often it was written before, and on
/// nothing else: leaving out one act of a schedule moves no delay of another one, so that a schedule can be shrunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// What the delays are drawn from.
    pub seed: u64,
    /// The longest until lists and other reads show a write.
    pub reads: SignedDuration,
    /// The longest until a write is enforced: a denial denies, a new key opens, a deleted one is refused.
    pub enforcement: SignedDuration,
    /// The shortest until CloudTrail shows a call.
    pub trail_from: SignedDuration,
    /// The longest until CloudTrail shows a call.
    pub trail_to: SignedDuration,
}

impl Lag {
    /// Everything is seen at once.
    pub const NONE: Self = Self {
        seed: 0,
        reads: SignedDuration::ZERO,
        enforcement: SignedDuration::ZERO,
        trail_from: SignedDuration::ZERO,
        trail_to: SignedDuration::ZERO,
    };

    /// AWS at its slowest, as far as the design counts on: IAM within 15 seconds, CloudTrail within 15 minutes.
    pub const fn slow(seed: u64) -> Self {
        Self {
            seed,
            reads: SignedDuration::from_secs(15),
            enforcement: SignedDuration::from_secs(15),
            trail_from: SignedDuration::ZERO,
            trail_to: SignedDuration::from_mins(15),
        }
    }

    /// When a write number `n` of an item is seen by reads and by enforcement, after it was made.
    pub(crate) fn of_write(&self, item: &str, n: usize) -> (SignedDuration, SignedDuration) {
        (self.up_to(self.reads, item, n, 1), self.up_to(self.enforcement, item, n, 2))
    }

    /// When CloudTrail shows a call of a Region, after it was made.
    pub(crate) fn of_record(&self, region: &str, call: &str, n: usize) -> SignedDuration {
        self.trail_from + self.up_to(self.trail_to - self.trail_from, &format!("{region} {call}"), n, 3)
    }

    fn up_to(&self, longest: SignedDuration, item: &str, n: usize, plane: u64) -> SignedDuration {
        let milliseconds = u64::try_from(longest.as_millis()).unwrap_or(0);
        if milliseconds == 0 {
            return SignedDuration::ZERO;
        }
        let drawn = draw(self.seed, &[item.as_bytes(), &n.to_le_bytes(), &plane.to_le_bytes()]) % (milliseconds + 1);
        SignedDuration::from_millis(i64::try_from(drawn).unwrap_or(0))
    }
}

/// A number that depends on the seed and on these parts alone (FNV-1a, then the finish of `SplitMix64`).
pub fn draw(seed: u64, parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for part in parts {
        for byte in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
