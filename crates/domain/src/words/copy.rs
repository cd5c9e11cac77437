//! One copy of an access key: where it is, never what it holds.

use serde::{Deserialize, Serialize};

/// A kind of place in which copies of keys live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A secret of AWS Secrets Manager.
    Secret,
    /// A parameter of AWS Systems Manager.
    Parameter,
    /// The environment of an AWS Lambda function, or of one of its published versions.
    FunctionEnvironment,
    /// A project of AWS `CodeBuild`.
    BuildProject,
    /// A task definition of Amazon ECS.
    TaskDefinition,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 5] =
        [Self::Secret, Self::Parameter, Self::FunctionEnvironment, Self::BuildProject, Self::TaskDefinition];

    /// As a person would say it.
    pub fn as_words(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Parameter => "SSM parameter",
            Self::FunctionEnvironment => "Lambda environment",
            Self::BuildProject => "CodeBuild project",
            Self::TaskDefinition => "ECS task definition",
        }
    }
}

/// What makes something a copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum How {
    /// It holds the id of the key.
    NamesKey,
    /// It holds exactly what a secret holds.
    EqualValue {
        /// That secret's ARN.
        to: String,
    },
}

/// What was done about a copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Updated {
    /// It holds the new key since this search.
    Written {
        /// The id of the version that was made.
        version: String,
    },
    /// An earlier search had written it.
    Already {
        /// The id of the version that was made then.
        version: String,
    },
    /// It would be written, if the search were allowed to.
    WouldBe,
    /// It still holds the old key. Somebody has to see to it before that key is ended.
    Left {
        /// Why, and the way out.
        why: String,
    },
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Copy {
    /// What kind of place holds it.
    pub place: Place,
    /// Which one.
    pub arn: String,
    /// The Region that it is in.
    pub region: String,
    /// Where in it: a variable, a JSON field, `container/variable`. A name, never a value; none where it has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What makes it a copy.
    pub how: How,
    /// What was done about it; none where nothing was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Updated>,
}

impl Copy {
    /// Whether it was written, and holds the new key.
    pub fn holds_new_key(&self) -> bool {
        matches!(self.updated, Some(Updated::Written { .. } | Updated::Already { .. }))
    }

    /// In one line, for a reader.
    pub fn describe(&self) -> String {
        let field = self.field.as_ref().map(|field| format!(", {field}")).unwrap_or_default();
        let why = match &self.updated {
            Some(Updated::Left { why }) => format!(" ({why})"),
            _ => String::new(),
        };
        format!("{} {}{field}{why}", self.place.as_words(), self.arn)
    }
}
