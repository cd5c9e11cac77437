//! The slots of a window: what stands in them, in which order a case tries them, and under which condition it takes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;

use super::super::table::{Item, corrupt, text_of, time_of};
use crate::error::AwsError;

/// Steps that one write can take: an expression ends at 4 KB and at 300 operators, and a slot costs 46 bytes and 4 operators.
pub(super) const MOST_STEPS: usize = 40;

/// Slots, beside those that it takes, in which a write makes sure that the case does not stand already. With a window of more
/// slots than this, almost all of them taken, a repeated case may be counted twice; never one too few.
const WATCHED: usize = 45;

/// A window as it lies in the table.
#[derive(Debug, Default)]
pub(super) struct Window {
    slots: BTreeMap<usize, Slot>,
    pub(super) open_since: Option<Timestamp>,
    pub(super) opened_by: Option<String>,
    /// The call that opened it.
    pub(super) opened_as: Option<String>,
}

#[derive(Debug)]
struct Slot {
    until: String,
    case: String,
}

/// A slot that a case takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) slot: usize,
    pub(super) value: String,
}

impl Claim {
    /// Claims of these slots, for the steps of a case from this one on.
    pub(super) fn of(
        case: &CaseId,
        slots: impl Iterator<Item = usize>,
        first_step: usize,
        now: Timestamp,
        window: SignedDuration,
    ) -> Vec<Self> {
        let until = stamp(now.saturating_add(window).unwrap_or(Timestamp::MAX));
        let claims = slots.zip(first_step..);
        claims.map(|(slot, step)| Self { slot, value: format!("{until}{}{step}", mark(case)) }).collect()
    }
}

impl Window {
    pub(super) fn read(action: &'static str, sk: &str, item: &Item) -> Result<Self, AwsError> {
        let mut slots = BTreeMap::new();
        for name in item.keys() {
            let Some(number) = name.strip_prefix('s').and_then(|number| number.parse().ok()) else { continue };
            let value = text_of(action, sk, item, name)?;
            let mut parts = value.split('#');
            let (Some(until), Some(case), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(corrupt(action, sk, &format!("attribute {name} is no slot")));
            };
            if until.len() != DIGITS || !until.bytes().all(|b| b.is_ascii_digit()) {
                return Err(corrupt(action, sk, &format!("attribute {name} says no time")));
            }
            slots.insert(number, Slot { until: until.to_owned(), case: case.to_owned() });
        }
        let optional =
            |name: &str| item.get(name).map(|_| text_of(action, sk, item, name).map(str::to_owned)).transpose();
        Ok(Self {
            slots,
            open_since: time_of(action, sk, item, "open_since")?,
            opened_by: optional("opened_by")?,
            opened_as: optional("opened_as")?,
        })
    }

    /// Steps that count now. More than the limit, if that was lowered.
    pub(super) fn used(&self, now: Timestamp) -> usize {
        let now = stamp(now);
        self.slots.values().filter(|slot| slot.until >= now).count()
    }

    /// Whether a slot holds a step that counts now.
    pub(super) fn counts(&self, slot: usize, now: Timestamp) -> bool {
        self.slots.get(&slot).is_some_and(|slot| slot.until >= stamp(now))
    }

    /// The slots that a case holds now.
    pub(super) fn held_by(&self, case: &CaseId, now: Timestamp) -> Vec<usize> {
        let now = stamp(now);
        let held = self.slots.iter().filter(|(_, slot)| slot.case == case.as_str() && slot.until >= now);
        held.map(|(number, _)| *number).collect()
    }

    /// Under which condition a case takes slots: the breaker is closed, the slots are free, and the case stands in none of the
    /// first others in its order, beyond what this window shows of it. A delivery that found its first choice taken holds one
    /// of those.
    pub(super) fn condition(&self, case: &CaseId, now: Timestamp, order: &[usize], claims: &[Claim]) -> String {
        let mut condition = "attribute_not_exists(open_since)".to_owned();
        // Writing to a String cannot fail.
        for claim in claims {
            let _ = write!(condition, " AND (attribute_not_exists(s{0}) OR s{0} < :now)", claim.slot);
        }
        let held = self.held_by(case, now);
        let others =
            order.iter().filter(|slot| !held.contains(slot) && claims.iter().all(|claim| claim.slot != **slot));
        for slot in others.take(WATCHED) {
            // It stood there, and that counts no more.
            let _ = if self.slots.get(slot).is_some_and(|slot| slot.case == case.as_str()) {
                write!(condition, " AND s{slot} < :now")
            } else {
                write!(condition, " AND NOT contains(s{slot}, :me)")
            };
        }
        condition
    }
}

/// Milliseconds of so many digits, until the year 2286.
const DIGITS: usize = 13;

/// A time that compares as text, as DynamoDB compares a slot with it: a slot that begins with it is later.
pub(super) fn stamp(at: Timestamp) -> String {
    format!("{:0DIGITS$}", at.as_millisecond().clamp(0, 9_999_999_999_999))
}

/// What stands in the slots of a case and in no other's.
pub(super) fn mark(case: &CaseId) -> String {
    format!("#{case}#")
}

/// The order in which a case tries the slots: always the same one for the same case, so that its deliveries meet.
pub(super) fn order_of(case: &CaseId, limit: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..limit).collect();
    let mut state = number_of(&Digest::of(case.as_str().as_bytes()));
    for last in (1..limit).rev() {
        // Sebastiano Vigna's splitmix64, and Fisher and Yates' shuffle.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let other = usize::try_from(mixed % (last as u64 + 1)).unwrap_or_default();
        order.swap(last, other);
    }
    order
}

/// The first 64 bits of a digest.
pub(super) fn number_of(digest: &Digest) -> u64 {
    digest.as_hex().get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or_default()
}

/// Whether these very claims stand in the item.
pub(super) fn stand_in(item: &Item, claims: &[Claim]) -> bool {
    let value = |claim: &Claim| item.get(&format!("s{}", claim.slot)).and_then(|value| value.as_s().ok());
    claims.iter().all(|claim| value(claim) == Some(&claim.value))
}

/// `SET s3 = :s3, s9 = :s9`
pub(super) fn update_expression(claims: &[Claim]) -> String {
    let sets: Vec<String> = claims.iter().map(|claim| format!("s{0} = :s{0}", claim.slot)).collect();
    format!("SET {}", sets.join(", "))
}
