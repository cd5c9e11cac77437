//! AWS's wildcards: `*` for any text, `?` for one character.

/// Whether the pattern fits a text, whatever the case of its letters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes(), |of, with| of.eq_ignore_ascii_case(&with) || of == b'?')
}

/// Whether the pattern fits a text, letter by letter.
pub(crate) fn fits_exactly(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes(), |of, with| of == with || of == b'?')
}

/// Whether everything that `other` fits, this one fits too. A wildcard of the other is met by `*` alone, or by `?`
/// where it is `?`, so what is said to be covered is; where wildcards interlock, one that covers may not be found to.
pub(crate) fn covers(pattern: &str, other: &str) -> bool {
    glob(pattern.as_bytes(), other.as_bytes(), |of, with| of == with || (of == b'?' && with != b'*'))
}

/// Whether there is a text that both fit.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    if one == "*" || other == "*" || one == other {
        return true;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // What of `other` may be used up after each character of `one`, as a row of a table.
    let mut row: Vec<bool> = Vec::with_capacity(other.len() + 1);
    row.push(true);
    for with in other {
        let last = row.last() == Some(&true);
        row.push(last && *with == b'*');
    }
    for of in one {
        let mut next: Vec<bool> = Vec::with_capacity(row.len());
        next.push(*of == b'*' && row.first() == Some(&true));
        for (with, above) in other.iter().zip(row.windows(2)) {
            let [diagonal, over] = above else { continue };
            let left = next.last() == Some(&true);
            let star = (*of == b'*' || *with == b'*') && (left || *over);
            next.push(
                star || (*diagonal && (of == with || *of == b'?' || *with == b'?' || *of == b'*' || *with == b'*')),
            );
        }
        row = next;
    }
    row.last() == Some(&true)
}

/// Whether a pattern is nothing but `*`.
pub(crate) fn is_everything(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

/// Linear but for what follows the last `*`, so no policy can make it slow.
fn glob(pattern: &[u8], text: &[u8], same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(from) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(of) if same(*of, *character) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((after, eaten)) => {
                    at = after + 1;
                    from = eaten + 1;
                    star = Some((after, eaten + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards_stand_for_what_aws_lets_them_stand_for() {
        for (pattern, text, expected) in [
            ("*", "iam:PassRole", true),
            ("*:*", "iam:PassRole", true),
            ("IAM:passrole", "iam:PassRole", true),
            ("iam:*Policy*", "iam:CreatePolicyVersion", true),
            ("iam:*Policy*", "iam:PassRole", false),
            ("iam:*Policy", "iam:CreatePolicyVersion", false),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:GetObject?", "s3:GetObject", false),
            ("iam:", "iam:PassRole", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn one_covers_another_only_if_it_leaves_nothing_out() {
        for (pattern, other, expected) in [
            ("arn:aws:s3:::*", "arn:aws:s3:::bucket/*", true),
            ("arn:aws:s3:::bucket/*", "arn:aws:s3:::*", false),
            ("a?", "a*", false),
            ("a*", "a?", true),
            ("?", "?", true),
            ("a", "A", false),
        ] {
            assert_eq!(covers(pattern, other), expected, "{pattern} {other}");
        }
    }

    #[test]
    fn two_overlap_if_a_text_fits_both() {
        for (one, other, expected) in [
            ("a*", "*b", true),
            ("a*c", "ab", false),
            ("a?c", "abc", true),
            ("arn:aws:iam::1:user/x", "arn:*:iam::*:user/*", true),
            ("arn:aws:iam::1:role/x", "arn:*:iam::*:user/*", false),
            ("*a", "*b", false),
            ("", "*", true),
            ("", "?", false),
            ("**", "", true),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_said_of_two_patterns_holds_for_every_text(
            one in "[ab*?]{0,6}", other in "[ab*?]{0,6}", text in "[ab]{0,6}",
        ) {
            let (first, second) = (fits(&one, &text), fits(&other, &text));
            if covers(&one, &other) && second { prop_assert!(first) }
            if first && second { prop_assert!(overlap(&one, &other)) }
            if covers(&one, &other) { prop_assert!(overlap(&one, &other)) }
        }
    }
}
