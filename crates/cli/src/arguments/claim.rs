//! What is claimed by hand about an identity: the options that `plan` and `contain` share, so that the one can print
//! the other.

use jiff::Timestamp;
use severance_domain::ids::AccessKeyId;
use severance_domain::signal::{Severity, SignalKind};

use crate::arguments::stack::RemoteOptions;
use crate::arguments::values::{self, Named};

/// What is claimed where nobody says it: that somebody else holds the identity, which ends all of it.
const DEFAULT_SIGNAL: &str = "identity_compromised";

/// A claim, as it is written on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct ClaimOptions {
    /// The identity: the ARN of an IAM user, an IAM role, a secret, or a user of IAM Identity Center. Or the id of a
    /// long-term access key, where all that is known is the key.
    #[arg(value_name = "ARN|KEY", value_parser = values::named)]
    pub(crate) named: Named,

    /// What is claimed about it.
    #[arg(long, value_name = "KIND", value_parser = values::signal(), default_value = DEFAULT_SIGNAL)]
    pub(crate) signal: SignalKind,

    /// The access key that it is about.
    #[arg(long, value_name = "ID", value_parser = values::access_key)]
    pub(crate) access_key: Option<AccessKeyId>,

    /// How bad it is; high unless said.
    #[arg(long, value_name = "SEVERITY", value_parser = values::severity())]
    pub(crate) severity: Option<Severity>,

    /// Since when it has been in other hands, where you know: `2026-10-05T08:00Z`, or `3h` for three hours ago. What it
    /// made since then is ended with it; without this what it made in the last hours waits for a person.
    #[arg(long, value_name = "TIME", value_parser = values::past)]
    pub(crate) since: Option<Timestamp>,
}

impl ClaimOptions {
    /// The command that reacts to this claim, for the same stack, to be copied into a shell.
    pub(crate) fn contain_command(&self, remote: &RemoteOptions) -> String {
        let mut words = vec!["sever".to_owned(), "contain".to_owned()];
        words.push(match &self.named {
            Named::Identity(arn) => word(arn.as_str()),
            Named::Key(key) => word(key.as_str()),
        });
        let mut option = |name: &str, value: &str| words.push(format!("--{name} {}", word(value)));
        if self.signal.as_str() != DEFAULT_SIGNAL {
            option("signal", self.signal.as_str());
        }
        if let Some(key) = &self.access_key {
            option("access-key", key.as_str());
        }
        if let Some(severity) = self.severity {
            option("severity", severity.as_str());
        }
        if let Some(since) = self.since {
            option("since", &since.to_string());
        }
        option("stack", &remote.stack);
        for (name, value) in
            [("region", &remote.region), ("profile", &remote.profile), ("endpoint-url", &remote.endpoint_url)]
        {
            if let Some(value) = value {
                option(name, value);
            }
        }
        words.push("--reason 'WHY'".to_owned());
        words.join(" ")
    }
}

/// One word of a shell, whatever the text holds.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+,-./:=@_".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_stays_one() {
        assert_eq!(
            word("arn:aws:iam::111122223333:user/ci/a+b=c,d@e.f"),
            "arn:aws:iam::111122223333:user/ci/a+b=c,d@e.f"
        );
        assert_eq!(word("a b;$(c)'d"), r"'a b;$(c)'\''d'");
        assert_eq!(word(""), "''");
    }
}
