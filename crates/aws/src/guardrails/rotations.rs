//! What rotations remember: the rotation journal of a user's keys, and the cutovers of keys that were replaced.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use severance_domain::case::CaseId;
use severance_domain::copies::CopiesFound;
use severance_domain::cutover::Cutover;
use severance_domain::ids::{AccessKeyId, AccountId, IamName};
use severance_domain::rotation::RotationJournal;

use super::table::{
    GET, Guardrails, IS_NEW, Item, PUT, QUERY, contended, corrupt, expiry, key, millis, nonce, text, text_of, time_of,
    to_json,
};
use crate::clock;
use crate::error::AwsError;

const CUTOVERS: &str = "CUTOVERS";
const ROTATIONS: &str = "ROTATIONS";
const JOURNAL: &str = "LEDGER";
const COPIES: &str = "COPIES";

/// So many copies of a key are kept for its cutover.
const MOST_COPIES: usize = 200;

/// How long after its last change a rotation journal or a cutover is kept: longer than any cutover waits.
const KEEP_DAYS: i64 = 400;

/// A user's journal as it was read. It can be written back as long as nobody else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// What is remembered.
    pub journal: RotationJournal,
    /// Which writing of it this is; none where there was no item.
    written: Option<String>,
}

fn copies_key(account: &AccountId, key: &AccessKeyId) -> String {
    format!("COPIES#{account}#{key}")
}

fn journal_key(account: &AccountId, user: &IamName) -> String {
    format!("ROTATION#{account}#{user}")
}

impl Guardrails {
    /// What is remembered of a user's rotations; an empty journal where there were none.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or the item cannot be read.
    pub async fn journal(&self, account: &AccountId, user: &IamName) -> Result<JournalRow, AwsError> {
        let pk = journal_key(account, user);
        let Some(item) = self.item(&pk, JOURNAL).await? else {
            return Ok(JournalRow { journal: RotationJournal::new(account.clone(), user.clone()), written: None });
        };
        let journal = read(GET, &pk, &item, "ledger")?;
        Ok(JournalRow { journal, written: Some(text_of(GET, &pk, &item, "written")?.to_owned()) })
    }

    /// Writes a rotation journal back, if nobody wrote it since it was read.
    ///
    /// # Errors
    /// `Contention` where somebody did: another delivery reads it anew.
    pub async fn save_journal(&self, row: &mut JournalRow) -> Result<(), AwsError> {
        let pk = journal_key(&row.journal.account, &row.journal.user);
        let written = nonce(&pk);
        let mut item = key(&pk, JOURNAL);
        item.insert("ledger".to_owned(), to_json(PUT, &pk, &row.journal)?);
        item.insert("written".to_owned(), text(&written));
        item.insert("expires_at".to_owned(), expiry(clock::now(), KEEP_DAYS));
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item));
        let put = match &row.written {
            Some(known) => put
                .condition_expression("written = :known OR written = :ours")
                .expression_attribute_values(":known", text(known))
                .expression_attribute_values(":ours", text(&written)),
            None => put
                .condition_expression(format!("{IS_NEW} OR written = :ours"))
                .expression_attribute_values(":ours", text(&written)),
        };
        match put.send().await {
            Ok(_) => {
                row.written = Some(written);
                Ok(())
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Err(contended(PUT, &pk)),
                _ => Err(AwsError::of(PUT, &error)),
            },
        }
    }

    /// Opens the cutover of a key that is replaced. One that the same rotation opened stays as it is; one that another had opened,
    /// and that did not end or was taken back, is over.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn open_cutover(&self, cutover: &Cutover) -> Result<bool, AwsError> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(cutover_item(cutover)?))
            .condition_expression(format!("{IS_NEW} OR made <> :made"))
            .expression_attribute_values(":made", text(&cutover.version));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(AwsError::of(PUT, &error)),
            },
        }
    }

    /// Every cutover that is open, the oldest first.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or an item cannot be read.
    pub async fn cutovers(&self) -> Result<Vec<Cutover>, AwsError> {
        let items = self.partition(CUTOVERS).await?;
        let mut cutovers: Vec<Cutover> = items
            .iter()
            .map(|item| {
                let sk = text_of(QUERY, "an item of the cutovers", item, "sk")?;
                read(QUERY, sk, item, "gate")
            })
            .collect::<Result<_, _>>()?;
        cutovers.sort_by(|a, b| (a.opened_at, &a.old).cmp(&(b.opened_at, &b.old)));
        Ok(cutovers)
    }

    /// Writes what is known of a cutover, if it is still open.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn save_cutover(&self, cutover: &Cutover) -> Result<(), AwsError> {
        let put = self
            .dynamodb
            .put_item()
            .table_name(&self.table)
            .set_item(Some(cutover_item(cutover)?))
            .condition_expression(super::table::IS_THERE);
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Another scheduled run has closed it.
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(AwsError::of(PUT, &error)),
            },
        }
    }

    /// Keeps what a search found for the cutover of its key, in place of what an earlier one found.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn keep_copies(&self, account: &AccountId, found: &CopiesFound) -> Result<(), AwsError> {
        let Some(access_key) = &found.access_key else { return Ok(()) };
        let mut kept = found.clone();
        // An item ends at 400 KB, and a message much earlier.
        let more = kept.copies.len().saturating_sub(MOST_COPIES);
        kept.copies.truncate(MOST_COPIES);
        kept.unread.truncate(MOST_COPIES);
        kept.equal.clear();
        if more > 0 {
            kept.unread.push(format!("{more} more copies: sever copies {access_key} lists them"));
        }
        let pk = copies_key(account, access_key);
        let mut item = key(&pk, COPIES);
        item.insert("found".to_owned(), to_json(PUT, &pk, &kept)?);
        item.insert("expires_at".to_owned(), expiry(clock::now(), KEEP_DAYS));
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item));
        // Two searches at once find the same.
        let put =
            put.condition_expression(format!("{IS_NEW} OR sk = :sk")).expression_attribute_values(":sk", text(COPIES));
        put.send().await.map(drop).map_err(|error| AwsError::of(PUT, &error))
    }

    /// What a search found for the cutover of this key; none where it is not done.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or the item cannot be read.
    pub async fn copies(&self, account: &AccountId, access_key: &AccessKeyId) -> Result<Option<CopiesFound>, AwsError> {
        let pk = copies_key(account, access_key);
        self.item(&pk, COPIES).await?.map(|item| read(GET, &pk, &item, "found")).transpose()
    }

    /// Remembers a case whose rotation had not ended when it was closed.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn remember_rotation(&self, case: &CaseId) -> Result<(), AwsError> {
        let now = clock::now();
        let mut item = key(ROTATIONS, case.as_str());
        item.insert("since".to_owned(), millis(now));
        item.insert("expires_at".to_owned(), expiry(now, KEEP_DAYS));
        // One that is remembered keeps its time.
        self.put_new(item).await.map(drop)
    }

    /// Every case whose rotation is followed, and since when.
    ///
    /// # Errors
    /// Where DynamoDB does not answer, or an item cannot be read.
    pub async fn rotations(&self) -> Result<Vec<(CaseId, Timestamp)>, AwsError> {
        let mut followed = Vec::new();
        for item in self.partition(ROTATIONS).await? {
            let sk = text_of(QUERY, "an item of the rotations", &item, "sk")?;
            let case = serde_json::from_value(serde_json::Value::from(sk))
                .map_err(|error| corrupt(QUERY, sk, &error.to_string()))?;
            let since = time_of(QUERY, sk, &item, "since")?;
            followed.push((case, since.ok_or_else(|| corrupt(QUERY, sk, "attribute since is missing"))?));
        }
        Ok(followed)
    }

    /// Forgets a case whose rotation has ended.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn forget_rotation(&self, case: &CaseId) -> Result<bool, AwsError> {
        self.delete(ROTATIONS, case.as_str()).await
    }

    /// Closes a cutover.
    ///
    /// # Errors
    /// Where DynamoDB does not answer.
    pub async fn close_cutover(&self, cutover: &Cutover) -> Result<bool, AwsError> {
        self.delete(CUTOVERS, &cutover.key()).await
    }
}

fn cutover_item(cutover: &Cutover) -> Result<Item, AwsError> {
    let sk = cutover.key();
    let mut item = key(CUTOVERS, &sk);
    item.insert("gate".to_owned(), to_json(PUT, &sk, cutover)?);
    item.insert("made".to_owned(), text(&cutover.version));
    let last: Timestamp = cutover.inactive_since.unwrap_or(cutover.opened_at);
    item.insert("expires_at".to_owned(), expiry(last, KEEP_DAYS));
    Ok(item)
}

fn read<T: serde::de::DeserializeOwned>(
    action: &'static str,
    what: &str,
    item: &Item,
    name: &str,
) -> Result<T, AwsError> {
    let json = text_of(action, what, item, name)?;
    serde_json::from_str(json).map_err(|error| corrupt(action, what, &error.to_string()))
}
