//! Everything that there is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::call::Call;
use crate::caller::{Caller, Session};
use crate::cloudtrail::CloudTrail;
use crate::dynamodb::DynamoDb;
use crate::iam::Iam;
use crate::identity_center::IdentityCenter;
use crate::lag::Lag;
use crate::lambda::Lambda;
use crate::organizations::Organizations;
use crate::publishing::Publishing;
use crate::roles_anywhere::RolesAnywhere;
use crate::secrets_manager::SecretsManager;

/// All accounts, and all that is in them.
#[derive(Debug)]
pub struct State {
    /// How late writes are seen.
    pub lag: Lag,
    /// IAM.
    pub iam: Iam,
    /// Every session that was ever started, by its key id.
    pub sessions: BTreeMap<String, Session>,
    /// AWS Organizations: SCPs, and which accounts they bind.
    pub organizations: Organizations,
    /// CloudTrail's history of management events.
    pub cloudtrail: CloudTrail,
    /// DynamoDB.
    pub dynamodb: DynamoDb,
    /// Secrets Manager.
    pub secrets: SecretsManager,
    /// KMS, S3 and SNS, as far as evidence and messages need them.
    pub publishing: Publishing,
    /// IAM Roles Anywhere.
    pub roles_anywhere: RolesAnywhere,
    /// IAM Identity Center.
    pub identity_center: IdentityCenter,
    /// Lambda.
    pub lambda: Lambda,
    /// Regions that no account has enabled: calls to them are refused, whoever makes them.
    pub disabled_regions: BTreeSet<String>,
    /// Items on one page of a list.
    pub page: usize,
    made: u64,
}

impl State {
    pub(crate) fn new(lag: Lag) -> Self {
        Self {
            lag,
            iam: Iam::default(),
            sessions: BTreeMap::new(),
            organizations: Organizations::default(),
            cloudtrail: CloudTrail::default(),
            dynamodb: DynamoDb::default(),
            secrets: SecretsManager::default(),
            publishing: Publishing::default(),
            roles_anywhere: RolesAnywhere::default(),
            identity_center: IdentityCenter::default(),
            lambda: Lambda::default(),
            disabled_regions: BTreeSet::new(),
            page: 100,
            made: 0,
        }
    }

    /// A name that nothing else has: `AKIA` and sixteen characters of AWS's alphabet.
    pub fn unique(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        self.made += 1;
        let mut bits = crate::lag::draw(0x5eed, &[prefix.as_bytes(), &self.made.to_le_bytes()]);
        let mut text = prefix.to_owned();
        for _ in 0..12 {
            text.push(char::from(LETTERS[usize::try_from(bits % 32).unwrap_or(0)]));
            bits /= 32;
        }
        // The number itself keeps two of them apart.
        let mut left = self.made;
        for _ in 0..4 {
            text.push(char::from(LETTERS[usize::try_from(left % 32).unwrap_or(0)]));
            left /= 32;
        }
        text
    }

    /// The delays of what this caller writes.
    pub(crate) fn lag_for(&self, caller: &Caller) -> Lag {
        if matches!(caller, Caller::Stage { .. }) { Lag::NONE } else { self.lag }
    }

    /// The moment that a call was made at, and the delays of what it writes.
    pub(crate) fn writing(&self, call: &Call) -> (Timestamp, Lag) {
        (call.at, self.lag_for(&call.caller))
    }
}
