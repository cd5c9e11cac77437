//! What happens when: a claim, how late AWS is, and the acts, each at its moment.

use std::fmt;
use std::str::FromStr;

use fake_aws::{Lag, draw};

use crate::act::Act;

/// What the stack is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// `GuardDuty`: a user's key is used by somebody else.
    UserKey,
    /// AWS Health: a user's key was found in the open.
    ExposedKey,
    /// `GuardDuty`: an instance's session of a role is used from outside.
    RoleSession,
    /// A person says so, by hand, of the user.
    ByHand,
}

impl Claim {
    /// Every claim.
    pub const ALL: [Self; 4] = [Self::UserKey, Self::ExposedKey, Self::RoleSession, Self::ByHand];

    fn name(self) -> &'static str {
        match self {
            Self::UserKey => "user-key",
            Self::ExposedKey => "exposed-key",
            Self::RoleSession => "role-session",
            Self::ByHand => "by-hand",
        }
    }
}

/// Where the identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the stack's own account.
    Hub,
    /// In another account, which the stack enters by a session that is cut down.
    Member,
}

/// How late AWS is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Late {
    /// Not at all.
    Prompt,
    /// IAM up to 4 seconds, CloudTrail up to 5 minutes: an ordinary day.
    Usual,
    /// IAM up to 15 seconds, CloudTrail up to 15 minutes: as slow as the design counts on.
    Slow,
}

/// When an act happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// So many seconds before the claim.
    Before(u32),
    /// Just before the product's call of this number, from the claim on.
    AtCall(u32),
    /// So many milliseconds after the claim.
    After(u32),
}

/// An act at its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// When.
    pub when: When,
    /// What.
    pub act: Act,
}

/// A whole run, said in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What delays are drawn from.
    pub seed: u64,
    /// What the stack is told.
    pub claim: Claim,
    /// Where the identity is.
    pub place: Place,
    /// How late AWS is.
    pub late: Late,
    /// Whether the user has a second key, which nobody stole.
    pub two_keys: bool,
    /// Whether a person restores the case in the end.
    pub restore: bool,
    /// What happens meanwhile.
    pub acts: Vec<Planned>,
}

/// Calls of the product within which acts are tried: a containment with its first rechecks makes some fifty, with a second key or
/// something planted more.
pub const CALLS: u32 = 80;

impl Schedule {
    /// Nobody does anything.
    pub fn quiet(claim: Claim) -> Self {
        let (place, late) = (Place::Hub, Late::Prompt);
        Self { seed: 1, claim, place, late, two_keys: false, restore: false, acts: vec![] }
    }

    /// The delays of this schedule.
    pub fn lag(&self) -> Lag {
        let seconds = jiff::SignedDuration::from_secs;
        match self.late {
            Late::Prompt => Lag::NONE,
            Late::Usual => {
                let iam = seconds(4);
                Lag { seed: self.seed, reads: iam, enforcement: iam, trail_from: seconds(60), trail_to: seconds(300) }
            }
            Late::Slow => Lag::slow(self.seed),
        }
    }

    /// A random schedule: most are short, so that what fails is not buried.
    pub fn random(seed: u64) -> Self {
        let mut n = 0_u64;
        let mut next = |below: u64| {
            n += 1;
            draw(seed, &[b"schedule", &n.to_le_bytes()]) % below
        };
        let claim = Claim::ALL[usize::try_from(next(4)).unwrap_or(0)];
        let place = if next(3) == 0 { Place::Member } else { Place::Hub };
        let late = [Late::Prompt, Late::Usual, Late::Usual, Late::Slow][usize::try_from(next(4)).unwrap_or(0)];
        let (two_keys, restore) = (next(2) == 0, next(4) == 0);
        let count = [0, 1, 1, 2, 2, 3, 4, 6][usize::try_from(next(8)).unwrap_or(0)];
        let acts = (0..count)
            .map(|_| {
                let act = Act::ALL[usize::try_from(next(Act::ALL.len() as u64)).unwrap_or(0)];
                let when = match next(10) {
                    0..=2 if !act.is_fault() => When::Before(u32::try_from(next(3_600)).unwrap_or(0)),
                    0..=7 => When::AtCall(u32::try_from(next(u64::from(CALLS))).unwrap_or(0)),
                    _ if act.is_fault() => When::AtCall(u32::try_from(next(u64::from(CALLS))).unwrap_or(0)),
                    _ => When::After(u32::try_from(next(600_000)).unwrap_or(0)),
                };
                Planned { when, act }
            })
            .collect();
        Self { seed, claim, place, late, two_keys, restore, acts }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(seconds) => write!(f, "-{seconds}s"),
            Self::AtCall(n) => write!(f, "#{n}"),
            Self::After(milliseconds) => write!(f, "+{milliseconds}ms"),
        }
    }
}

/// `7 user-key hub slow two-keys restore mint_key:own@#12 strip_user@+3000ms`
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Hub => "hub",
            Place::Member => "member",
        };
        let late = match self.late {
            Late::Prompt => "prompt",
            Late::Usual => "usual",
            Late::Slow => "slow",
        };
        write!(f, "{} {} {place} {late}", self.seed, self.claim.name())?;
        if self.two_keys {
            f.write_str(" two-keys")?;
        }
        if self.restore {
            f.write_str(" restore")?;
        }
        for Planned { when, act } in &self.acts {
            write!(f, " {}@{when}", act.name())?;
        }
        Ok(())
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let mut word = |what: &str| words.next().ok_or_else(|| format!("a schedule lacks its {what}: {text}"));
        let seed = word("seed")?.parse().map_err(|_| format!("no seed: {text}"))?;
        let claim = word("claim")?;
        let claim =
            Claim::ALL.into_iter().find(|known| known.name() == claim).ok_or_else(|| format!("no claim: {claim}"))?;
        let place = match word("place")? {
            "hub" => Place::Hub,
            "member" => Place::Member,
            other => return Err(format!("no place: {other}")),
        };
        let late = match word("delay")? {
            "prompt" => Late::Prompt,
            "usual" => Late::Usual,
            "slow" => Late::Slow,
            other => return Err(format!("no delay: {other}")),
        };
        let mut schedule = Self { seed, claim, place, late, two_keys: false, restore: false, acts: vec![] };
        for word in words {
            match word {
                "two-keys" => schedule.two_keys = true,
                "restore" => schedule.restore = true,
                planned => schedule.acts.push(planned.parse()?),
            }
        }
        Ok(schedule)
    }
}

impl FromStr for Planned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("no act and moment (mint_key:own@#12, strip_user@-60s, rename@+500ms): {text}");
        let (act, when) = text.split_once('@').ok_or_else(unknown)?;
        let act = Act::named(act).ok_or_else(unknown)?;
        let number = |text: &str| text.parse().map_err(|_| unknown());
        let when = if let Some(n) = when.strip_prefix('#') {
            When::AtCall(number(n)?)
        } else if let Some(seconds) = when.strip_prefix('-').and_then(|rest| rest.strip_suffix('s')) {
            When::Before(number(seconds)?)
        } else if let Some(milliseconds) = when.strip_prefix('+').and_then(|rest| rest.strip_suffix("ms")) {
            When::After(number(milliseconds)?)
        } else {
            return Err(unknown());
        };
        Ok(Self { when, act })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_back_as_it_was_written() {
        for seed in 0..500 {
            let schedule = Schedule::random(seed);
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        let error = "7 user-key hub slow fly@#1".parse::<Schedule>().unwrap_err();
        assert!(error.contains("fly@#1") && error.contains("mint_key:own@#12"), "{error}");
    }
}
