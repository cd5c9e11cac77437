//! What a search is asked for.

use serde::{Deserialize, Serialize};

use crate::words::ids::{AccessKeyId, Arn};
use crate::words::malformed::Malformed;

/// One invocation of the search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CopiesRequest {
    /// What is looked for.
    pub search: Search,
    /// Whether to keep the answer for the cutover of the key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep: bool,
}

/// What is looked for. With neither a key nor a secret: only secrets that hold the same as others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Search {
    /// The key whose id is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<AccessKeyId>,
    /// The secret whose value is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal_to: Option<Arn>,
    /// What to do about the copies that are found; none to only list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Update>,
    /// Where to look; the function's own Region where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Whether to say only what would be updated.
    #[serde(default)]
    pub dry_run: bool,
}

/// Write the new key into the copies whose format is ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Update {
    /// The ARN of the secret that holds the new key.
    pub from: Arn,
}

/// Characters that a key's id must have to be looked for: AWS's own lower limit. A shorter text is in everything.
const KEY_MIN: usize = 16;

impl CopiesRequest {
    /// Reads a payload.
    ///
    /// # Errors
    /// Names the JSON path of the first thing that is not as it must be.
    pub fn read(payload: &serde_json::Value) -> Result<Self, Malformed> {
        let request: Self = serde_path_to_error::deserialize(payload).map_err(|error| {
            Malformed::of_payload(&error, "a call of the copies search (docs/adr/0023-copies-search.md)")
        })?;
        let malformed = |at: &str, expected: &str, found: String| {
            Err(Malformed { at: at.to_owned(), expected: expected.to_owned(), found })
        };
        let search = &request.search;
        if let Some(key) = &search.access_key
            && key.as_str().len() < KEY_MIN
        {
            let expected = format!("an access key id of {KEY_MIN} characters or more");
            return malformed("$.search.accessKey", &expected, format!("{:?}", key.as_str()));
        }
        let secrets = [("equalTo", search.equal_to.as_ref()), ("update.from", search.update.as_ref().map(|u| &u.from))];
        for (at, arn) in secrets {
            if let Some(arn) = arn
                && (arn.service() != "secretsmanager" || !arn.resource().starts_with("secret:"))
            {
                return malformed(&format!("$.search.{at}"), "the ARN of a secret", format!("{:?}", arn.as_str()));
            }
        }
        if search.update.is_some() && search.access_key.is_none() {
            let expected = "the key that is replaced, because copies are to be updated";
            return malformed("$.search.accessKey", expected, "nothing".to_owned());
        }
        let is_region = |name: &str| {
            (1..=40).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if let Some((n, name)) = search.regions.iter().enumerate().find(|(_, name)| !is_region(name)) {
            return malformed(&format!("$.search.regions[{n}]"), "the name of a Region", format!("{name:?}"));
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    #[test]
    fn a_request_is_read_and_a_broken_one_names_the_path() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf";
        let payload =
            json!({"search": {"accessKey": KEY, "equalTo": secret, "update": {"from": secret}, "dryRun": true}});
        let request = CopiesRequest::read(&payload).unwrap();
        assert_eq!(serde_json::to_value(&request).unwrap(), payload);
        assert_eq!(CopiesRequest::read(&json!({"search": {}})).unwrap().search, Search::default());

        let at = |payload: serde_json::Value| CopiesRequest::read(&payload).unwrap_err().to_string();
        for (payload, expected) in [
            (json!({}), "$.search: expected a call of the copies search"),
            (json!({"search": {"accesskey": KEY}}), "$.search.accesskey: expected"),
            (
                json!({"search": {"accessKey": "AKIA"}}),
                "$.search.accessKey: expected an access key id of 16 characters",
            ),
            (json!({"search": {"accessKey": "AKIA EXAMPLE EXAMPLE"}}), "$.search.accessKey: expected"),
            (
                json!({"search": {"equalTo": "arn:aws:iam::111122223333:user/x"}}),
                "$.search.equalTo: expected the ARN of a secret",
            ),
            (json!({"search": {"update": {"from": secret}}}), "$.search.accessKey: expected the key that is replaced"),
            (json!({"search": {"accessKey": KEY, "update": {}}}), "$.search.update.from: expected"),
            (json!({"search": {"regions": ["eu-west-1", "EU"]}}), "$.search.regions[1]: expected the name of a Region"),
        ] {
            let said = at(payload.clone());
            assert!(said.starts_with(expected), "{payload}: {said}");
        }
    }
}
