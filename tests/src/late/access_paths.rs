//! Access paths, and whether they let somebody in.

use aws_sdk_iam::config::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata as _;

use crate::identities::HeldKey;
use crate::stack::Stack;

/// The attacker's own account. It is in no organization of ours.
pub(super) const OUTSIDE: &str = "666666666666";

/// What every identity here may do, so that an access path can be tried: it reads nothing of anybody.
pub(super) const PROBE: &str = "sqs:ListQueues";

/// How AWS refuses.
const REFUSALS: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException"];

/// An access path, or a bystander's own.
#[derive(Clone)]
pub enum AccessPath {
    /// An access key.
    Key(HeldKey),
    /// A session of a user.
    UserSession(Credentials),
    /// A session of the role with this ARN, which may start the next one.
    RoleSession(Credentials, String),
    /// The role with this ARN, assumed from the attacker's own account.
    Trust(String),
}

impl AccessPath {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::UserSession(_) => "session",
            Self::RoleSession(..) => "renewable session",
            Self::Trust(_) => "trust",
        }
    }
}

impl Stack {
    fn sts_with(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_sts::Client::from_conf(config)
    }

    /// IAM, as the holder of these credentials.
    pub fn iam_with(&self, credentials: Credentials) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Starts a session of a role, if AWS allows it; else the error's code.
    pub async fn assume_as(&self, credentials: Credentials, role: &str, session: &str) -> Result<Credentials, String> {
        let answer = self.sts_with(credentials).assume_role().role_arn(role).role_session_name(session).send().await;
        let answer = answer.map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))?;
        Ok(held(answer.credentials().expect("a session has credentials")))
    }

    /// Starts a session with a user's key (`sts:GetSessionToken`).
    pub async fn session_token(&self, key: &HeldKey) -> Credentials {
        let answer = self.sts_with(key.credentials()).get_session_token().send().await.expect("a session");
        held(answer.credentials().expect("a session has credentials"))
    }

    /// Makes an access key of a user as somebody else, if AWS allows it; else the error's code.
    pub async fn try_key_by(&self, iam: &aws_sdk_iam::Client, user: &str) -> Result<HeldKey, String> {
        let made = iam.create_access_key().user_name(user).send().await;
        let made = made.map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))?;
        let key = made.access_key().expect("the key");
        Ok(HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() })
    }

    async fn probe(&self, credentials: Credentials) -> Result<(), String> {
        let config = aws_sdk_sqs::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        let answer = aws_sdk_sqs::Client::from_conf(config).list_queues().max_results(1).send().await;
        answer.map(drop).map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))
    }

    /// Whether an access path lets somebody in.
    pub(super) async fn opens(&self, access_path: &AccessPath) -> bool {
        let tried = match access_path {
            AccessPath::Key(key) => self.probe(key.credentials()).await,
            AccessPath::UserSession(credentials) => self.probe(credentials.clone()).await,
            AccessPath::RoleSession(credentials, role) => {
                match self.assume_as(credentials.clone(), role, "renewed").await {
                    Ok(renewed) => self.probe(renewed).await,
                    Err(code) => Err(code),
                }
            }
            AccessPath::Trust(role) => {
                let root = Credentials::new(OUTSIDE, "test", None, None, "test");
                match self.assume_as(root, role, "outsider").await {
                    Ok(session) => self.probe(session).await,
                    Err(code) => Err(code),
                }
            }
        };
        match tried {
            Ok(()) => true,
            Err(code) if REFUSALS.contains(&code.as_str()) => false,
            // What answers in no way that we know is not shut.
            Err(code) => panic!("a {} was neither let in nor refused: {code}", access_path.kind()),
        }
    }
}

fn held(given: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(given.session_token().to_owned());
    Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test")
}
