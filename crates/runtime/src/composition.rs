//! What each function is composed of: the clients, readers and drivers that its card names, and no other.

use std::cell::LazyCell;
use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_sts::config::retry::RetryPartition;
use jiff::SignedDuration;
use severance_aws::announce::Announcer;
use severance_aws::caller::Callers;
use severance_aws::calls::CallCounter;
use severance_aws::cases::Cases;
use severance_aws::copies::{CopiesFunction, CopiesSearch, KeyFormats};
use severance_aws::countermeasures::{
    self, AdoptAccessKey, Driver, LeaveRolesAnywhere, QuarantineByScp, RemoveAccountAssignment, RemoveGroupMembership,
    RotateSecret,
};
use severance_aws::evidence_store::EvidenceStore;
use severance_aws::guardrails::{Guardrails, Limits};
use severance_aws::identity::Identities;
use severance_aws::identity::directory::Directory;
use severance_aws::identity::roles_anywhere::RolesAnywhere;
use severance_aws::recheck::RecheckFunction;
use severance_aws::rotation::{Keys, Vault};
use severance_aws::sessions::Sessions;
use severance_aws::signer::Signer;
use severance_aws::trail::{Trail, region_of_iam};
use severance_catalogue::function::Function as Card;
use severance_catalogue::reader::Reader;
use severance_domain::countermeasure::Kind;
use severance_domain::ids::AccountId;
use severance_domain::playbook::Mode;
use severance_domain::policy::Policy;
use severance_engine::access::{AccountAccess, Accounts};
use severance_engine::alarm::Alarms;
use severance_engine::publish::Publisher;
use severance_engine::reactor::Reactor;
use severance_engine::rotation::Rotator;
use severance_engine::settings::Settings;

/// What a function is composed from. Each client is made where it is asked for, so a function holds only those it uses.
#[derive(Clone)]
pub struct Composition {
    /// The stack's settings.
    pub settings: Settings,
    /// The account that identities are read and ended in, and the configuration that acts there.
    account: AccountId,
    there: SdkConfig,
    /// For what the stack itself keeps.
    sdk: SdkConfig,
    pub(crate) calls: CallCounter,
    policy: Arc<dyn Policy>,
}

/// A client over a configuration, whose calls are counted and which has an allowance of retries of its own: the SDK keeps one for
/// each service and process, so that one account's throttling would use up the retries in every other one.
macro_rules! client_over {
    ($sdk:ident, $config:expr, $calls:expr) => {
        $sdk::Client::from_conf(
            $config
                .retry_partition(RetryPartition::custom(stringify!($sdk)).build())
                .interceptor($calls.clone())
                .build(),
        )
    };
}

/// A client over the stack's own configuration.
macro_rules! client {
    ($composition:expr, $sdk:ident) => {
        client_over!($sdk, $sdk::config::Builder::from(&$composition.sdk), $composition.calls)
    };
}

/// The same over the configuration of the account that identities live in.
macro_rules! client_there {
    ($composition:expr, $sdk:ident) => {
        client_over!($sdk, $sdk::config::Builder::from(&$composition.there), $composition.calls)
    };
}

impl Composition {
    /// From this configuration of the SDK, under this policy.
    pub fn new(settings: Settings, sdk: SdkConfig, policy: Arc<dyn Policy>) -> Self {
        let (account, there) = (settings.account.clone(), sdk.clone());
        Self { settings, account, there, sdk, calls: CallCounter::default(), policy }
    }

    /// The same for another account, in which this configuration acts.
    fn in_account(&self, there: &SdkConfig, account: &AccountId) -> Self {
        Self { account: account.clone(), there: there.clone(), ..self.clone() }
    }

    /// IAM.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        client_there!(self, aws_sdk_iam)
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        client_there!(self, aws_sdk_secretsmanager)
    }

    /// IAM Roles Anywhere.
    pub fn roles_anywhere(&self) -> aws_sdk_rolesanywhere::Client {
        client_there!(self, aws_sdk_rolesanywhere)
    }

    /// IAM Identity Center, which only its own account administers.
    pub fn sso(&self) -> aws_sdk_ssoadmin::Client {
        client!(self, aws_sdk_ssoadmin)
    }

    /// The directory of IAM Identity Center, which only its own account administers.
    pub fn directory(&self) -> aws_sdk_identitystore::Client {
        client!(self, aws_sdk_identitystore)
    }

    /// AWS Organizations, which only its management account or a delegated administrator speaks to.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        client!(self, aws_sdk_organizations)
    }

    /// Looks for the copies of access keys. It writes copies only where the stack enforces.
    pub fn copies(&self) -> CopiesSearch {
        CopiesSearch::new(self.there.clone(), self.calls.clone(), self.settings.region.clone())
            .updating(self.settings.mode == Mode::Enforce)
            .with_format(Arc::new(KeyFormats))
            .keeping(self.guardrails(), self.settings.account.clone())
    }

    fn partition(&self) -> &str {
        self.settings.signing_key.partition()
    }

    /// Reads CloudTrail's history of IAM; none where the stack is told not to.
    pub fn trail(&self) -> Option<Trail> {
        let hours = self.settings.trail_hours;
        let region = aws_sdk_cloudtrail::config::Region::new(region_of_iam(self.partition()));
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.there).region(region);
        let client = client_over!(aws_sdk_cloudtrail, config, self.calls);
        let mut regions = self.settings.regions.clone();
        regions.extend([self.settings.region.clone(), region_of_iam(self.partition()).to_owned()]);
        regions.sort();
        regions.dedup();
        (hours > 0).then(|| Trail::new(client, SignedDuration::from_hours(hours)).in_regions(regions))
    }

    /// Replaces access keys in secrets.
    pub fn rotator(&self) -> Rotator {
        let settings = &self.settings;
        let role =
            format!("arn:{}:iam::{}:role/{}-secret-rotation", self.partition(), settings.account, settings.stack);
        Rotator::new(
            Vault::new(self.secrets()),
            Keys::new(self.iam()),
            self.guardrails(),
            self.trail(),
            self.sdk.clone(),
            self.calls.clone(),
            settings.account.clone(),
            role,
        )
    }

    /// The guardrails' part of the table.
    pub fn guardrails(&self) -> Guardrails {
        let settings = &self.settings;
        let limits = Limits {
            account: settings.account.clone(),
            hygiene_account: settings.breaker_account_limit,
            hygiene_organization: settings.breaker_organization_limit,
            danger_account: settings.breaker_danger_account_limit,
            danger_organization: settings.breaker_danger_organization_limit,
            window: settings.breaker_window,
        };
        Guardrails::new(client!(self, aws_sdk_dynamodb), settings.table.clone(), limits)
    }

    /// Who is asking, by the word of AWS STS.
    pub fn callers(&self) -> Callers {
        Callers::new(&self.sdk)
    }

    /// Reads identities: over IAM and the registry.
    pub fn identities(&self, iam: aws_sdk_iam::Client) -> Identities {
        let settings = &self.settings;
        Identities::new(iam, self.account.clone(), settings.tags.clone(), self.guardrails(), settings.precedence)
    }

    /// What IAM Roles Anywhere may start sessions of.
    pub fn roles_anywhere_profiles(&self) -> RolesAnywhere {
        RolesAnywhere::new(self.roles_anywhere(), self.settings.regions.clone())
    }

    /// Reads the directory of IAM Identity Center.
    /// None where the stack does not administer it.
    pub fn directory_users(&self) -> Option<Directory> {
        let (partition, account) = (self.partition().to_owned(), self.settings.account.clone());
        self.settings.identity_center.then(|| Directory::new(self.sso(), self.directory(), account, partition))
    }

    /// What a function with this card reads and ends identities with: these readers, these drivers and no other.
    pub fn access(&self, card: &Card) -> AccountAccess {
        let reads = |reader| card.readers.contains(&reader);
        // A client is made once, where it is used at all: that costs time at each start.
        let iam = self.iam();
        let secrets = LazyCell::new(|| self.secrets());
        let mut identities = self.identities(iam.clone());
        if reads(Reader::Secrets) {
            identities = identities.with_secrets((*secrets).clone());
        }
        if reads(Reader::RolesAnywhere) {
            identities = identities.with_roles_anywhere(self.roles_anywhere_profiles());
        }
        if reads(Reader::Directory) {
            identities = identities.with_directory(self.directory_users());
        }
        let drivers = card.kinds().filter_map(|kind| self.driver(kind, &iam, &secrets)).collect();
        AccountAccess::new(identities, drivers).with_trail(if reads(Reader::Trail) { self.trail() } else { None })
    }

    /// What takes a countermeasure of this kind; none where the stack is not set up for it.
    fn driver(
        &self,
        kind: Kind,
        iam: &aws_sdk_iam::Client,
        secrets: &LazyCell<aws_sdk_secretsmanager::Client, impl FnOnce() -> aws_sdk_secretsmanager::Client>,
    ) -> Option<Box<dyn Driver>> {
        let settings = &self.settings;
        let more: Box<dyn Driver> = match kind {
            Kind::LeaveRolesAnywhere => Box::new(LeaveRolesAnywhere::new(self.roles_anywhere())),
            Kind::RotateSecret => Box::new(RotateSecret::new((**secrets).clone())),
            Kind::AdoptAccessKey => {
                let rotation = settings.rotation.clone()?;
                Box::new(AdoptAccessKey::new(iam.clone(), (**secrets).clone(), rotation))
            }
            // Identity Center is its own account's to administer, and service control policies the organization's.
            Kind::RemoveGroupMembership if settings.identity_center => {
                Box::new(RemoveGroupMembership::new(self.directory()))
            }
            Kind::RemoveAccountAssignment if settings.identity_center => {
                Box::new(RemoveAccountAssignment::new(self.sso()))
            }
            Kind::QuarantineByScp if settings.scp_quarantine => {
                Box::new(QuarantineByScp::new(self.organizations(), &settings.stack))
            }
            other => return countermeasures::over_iam(other, iam),
        };
        Some(more)
    }

    /// A reactor over what reads and ends identities, which is made once for the stack's own account and anew for each session
    /// into another one. What every function shares is added here: the policy among it, so that none can go without.
    pub fn reactor(&self, card: &'static Card) -> Reactor {
        let settings = self.settings.clone();
        let mut accounts = Accounts::hub(settings.account.clone(), self.access(card));
        if let Some(member) = &settings.member {
            let (sdk, hub) = (self.sdk.clone(), settings.account.clone());
            let sessions = Sessions::new(sdk, self.calls.clone(), hub, self.partition(), Some(member.clone()));
            let composition = self.clone();
            accounts = accounts
                .with_members(sessions, move |there, account| composition.in_account(there, account).access(card));
        }
        Reactor {
            accounts,
            policy: self.policy.clone(),
            guardrails: self.guardrails(),
            alarms: Alarms::new(
                Announcer::new(client!(self, aws_sdk_sns), settings.alarm_topic.clone()),
                settings.stack.clone(),
            ),
            cases: self.cases(),
            publisher: self.publisher(),
            rechecks: settings
                .responder_function
                .clone()
                .map(|name| RecheckFunction::new(client!(self, aws_sdk_lambda), name)),
            copies: settings
                .copies_function
                .clone()
                .map(|name| CopiesFunction::new(client!(self, aws_sdk_lambda), name)),
            settings,
        }
    }

    /// The cases' table.
    pub fn cases(&self) -> Cases {
        Cases::new(client!(self, aws_sdk_dynamodb), self.settings.table.clone(), self.settings.case_days)
    }

    /// Evidence: signed, stored, announced.
    pub fn publisher(&self) -> Publisher {
        // A local emulator has no host name for each bucket.
        let s3 = aws_sdk_s3::config::Builder::from(&self.sdk).force_path_style(self.sdk.endpoint_url().is_some());
        Publisher::new(
            Signer::new(client!(self, aws_sdk_kms), self.settings.signing_key.clone()),
            EvidenceStore::new(client_over!(aws_sdk_s3, s3, self.calls), self.settings.bucket.clone()),
            Announcer::new(client!(self, aws_sdk_sns), self.settings.topic.clone()),
            &self.settings,
        )
    }
}
