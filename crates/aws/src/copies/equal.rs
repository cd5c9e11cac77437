//! Which values are equal, told without keeping one.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A random key that lives as long as one search. Digests under it say which values of that search are equal, and nothing to
/// anybody who sees them without it: not even a guessed value can be compared.
#[derive(Clone)]
pub struct RunKey(Hmac<Sha256>);

impl RunKey {
    /// A new one; none where the operating system has no random bytes.
    pub fn random() -> Option<Self> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).ok()?;
        Some(Self::of(key))
    }

    /// A block of SHA-256 long: a shorter key is filled up with zeros to that (RFC 2104).
    fn of(key: [u8; 64]) -> Self {
        Self(Hmac::new(&key.into()))
    }

    /// HMAC-SHA256 of a value.
    pub fn digest(&self, value: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

/// The names under equal digests, where there are two or more, and how many were beyond the limit. Sorts in place: nothing is
/// held twice.
pub(super) fn groups(mut digests: Vec<([u8; 32], String)>, limit: usize) -> (Vec<Vec<String>>, usize) {
    digests.sort_unstable();
    digests.dedup();
    let (mut groups, mut told, mut beyond) = (Vec::new(), 0, 0);
    for same in digests.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let room = same.len().min(limit.saturating_sub(told));
        beyond += same.len() - room;
        told += room;
        if room > 0 {
            groups.push(same.iter().take(room).map(|(_, name)| name.clone()).collect::<Vec<_>>());
        }
    }
    groups.sort();
    (groups, beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(key: &[u8]) -> RunKey {
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        RunKey::of(block)
    }

    #[test]
    fn digests_are_those_of_rfc_4231() {
        for (key, data, expected) in [
            (&[0x0b; 20][..], &b"Hi There"[..], "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        ] {
            assert_eq!(keyed(key).digest(data).map(|byte| format!("{byte:02x}")).concat(), expected);
        }
    }

    #[test]
    fn no_two_searches_share_a_key() {
        let (one, two) = (RunKey::random().unwrap(), RunKey::random().unwrap());
        assert_eq!(one.digest(b"x"), one.clone().digest(b"x"));
        assert_ne!(one.digest(b"x"), two.digest(b"x"));
    }

    #[test]
    fn equal_ones_are_grouped_up_to_the_limit() {
        let named = |n: u8, name: &str| ([n; 32], name.to_owned());
        let digests = vec![named(2, "d"), named(1, "c"), named(3, "z"), named(2, "b"), named(1, "a"), named(1, "a")];
        assert_eq!(
            groups(digests.clone(), 10),
            (vec![vec!["a".to_owned(), "c".into()], vec!["b".into(), "d".into()]], 0)
        );
        assert_eq!(groups(digests.clone(), 3).1, 1);
        assert_eq!(groups(digests, 0), (vec![], 4));
    }
}
