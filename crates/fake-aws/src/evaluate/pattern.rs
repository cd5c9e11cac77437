//! Patterns of policies: wildcards, and variables that the request fills in.

use super::context::Context;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Any,
    One,
    Letter(char),
}

/// Whether a text is as a pattern with `*`, `?` and, where a context is given, policy variables. What a variable stands for is
/// taken as it is, wildcards and all; a variable that the request does not have is like nothing.
pub(crate) fn like(pattern: &str, text: &str, variables: Option<&Context>, fold_case: bool) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some(tokens) = tokens(pattern, variables) else { return false };
    let same = |a: char, b: char| a == b || fold_case && a.eq_ignore_ascii_case(&b);
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut of) = (0, 0);
    // Where the last `*` stands, and how far it reaches so far.
    let mut star = None;
    while at < text.len() {
        match tokens.get(of) {
            Some(Token::Any) => {
                star = Some((of, at));
                of += 1;
            }
            Some(Token::One) => (at, of) = (at + 1, of + 1),
            Some(Token::Letter(letter)) if same(*letter, text[at]) => (at, of) = (at + 1, of + 1),
            _ => match star {
                Some((token, reach)) => {
                    star = Some((token, reach + 1));
                    (at, of) = (reach + 1, token + 1);
                }
                None => return false,
            },
        }
    }
    tokens[of..].iter().all(|token| *token == Token::Any)
}

/// A pattern without its variables, taken literally: for operators that know no wildcards. Nothing where a variable is absent.
pub(crate) fn literal(pattern: &str, variables: Option<&Context>) -> Option<String> {
    if !pattern.contains("${") {
        return Some(pattern.to_owned());
    }
    let letters = tokens(pattern, variables)?.into_iter().map(|token| match token {
        Token::Any => '*',
        Token::One => '?',
        Token::Letter(letter) => letter,
    });
    Some(letters.collect())
}

fn tokens(pattern: &str, variables: Option<&Context>) -> Option<Vec<Token>> {
    let mut tokens = Vec::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        if let Some(context) = variables
            && let Some((name, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}'))
        {
            tokens.extend(value_of(name, context)?.chars().map(Token::Letter));
            rest = after;
            continue;
        }
        tokens.push(match letter {
            '*' => Token::Any,
            '?' => Token::One,
            letter => Token::Letter(letter),
        });
        rest = &rest[letter.len_utf8()..];
    }
    Some(tokens)
}

/// `${*}` and its like are the characters themselves; `${key, 'text'}` has a text for where the key is absent.
fn value_of(variable: &str, context: &Context) -> Option<String> {
    if matches!(variable, "*" | "?" | "$") {
        return Some(variable.to_owned());
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\'').to_owned())),
        None => (variable.trim(), None),
    };
    // A variable of many values has no value (IAM User Guide, "Policy variables").
    match context.get(key) {
        Some([one]) => Some(one.clone()),
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_span_anything_and_variables_are_literal() {
        let mut context = Context::default();
        context.set("aws:username", "b*b");
        let variables = Some(&context);
        for (pattern, text, matches) in [
            ("*", "", true),
            ("iam:*Key", "iam:CreateAccessKey", true),
            ("iam:*Key", "iam:CreateAccessKeys", false),
            ("a*b*c", "a-b-b-c", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("user/${aws:username}", "user/b*b", true),
            ("user/${aws:username}", "user/bob", false),
            ("user/${aws:userid}", "user/", false),
            ("user/${aws:userid, 'none'}", "user/none", true),
            ("a${*}b", "a*b", true),
            ("a${*}b", "axb", false),
        ] {
            assert_eq!(like(pattern, text, variables, false), matches, "{pattern} {text}");
        }
        assert!(
            like("user/${aws:username}", "user/${aws:username}", None, false),
            "the older version knows no variables"
        );
        assert!(
            like("IAM:create*", "iam:CreateUser", None, true) && !like("IAM:create*", "iam:CreateUser", None, false)
        );
    }
}
