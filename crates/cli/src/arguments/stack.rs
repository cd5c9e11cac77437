//! Which stack is asked, and whether the answer is for a person or a program.

use crate::remote::Stack;

/// Which stack is asked, as the AWS CLI says it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Which stack")]
pub(crate) struct RemoteOptions {
    /// The stack's name.
    #[arg(long, env = "SEVERANCE_STACK_NAME", default_value = "severance", value_name = "NAME")]
    pub(crate) stack: String,

    /// The stack's Region. Else the environment's, then the profile's.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// The profile in ~/.aws/config whose credentials are used. Else AWS's usual order, environment first.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Option<String>,

    /// Where AWS is, if not where it always is (emulators). Else as the environment or the profile says.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// Print one JSON document instead of text.
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
}

impl RemoteOptions {
    /// The stack that is meant.
    pub(crate) fn stack(&self) -> Stack<'_> {
        Stack {
            name: &self.stack,
            region: self.region.as_deref(),
            profile: self.profile.as_deref(),
            endpoint_url: self.endpoint_url.as_deref(),
        }
    }
}
