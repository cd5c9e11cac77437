//! Deny an identity everything by a service control policy on its account: nobody in the account can lift it. It binds neither
//! the management account nor service-linked roles.
//!
//! One policy serves a whole stack, because an account holds few: it has the statements of all cases, and is attached to each
//! account that one of them names. A second one is made where the first is full. Earlier versions wrote one for each case; those
//! are still read back and taken away.
//!
//! A policy of Organizations is replaced as a whole, and no call does so on a condition. What is written is read back, and
//! written once more where another writer came in between; what is lost after that, the confirmation shows.

use async_trait::async_trait;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{PolicySummary, PolicyType, Tag};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::AccountId;
use severance_domain::plan::{QUARANTINE_POLICY, QUARANTINE_TAG};
use severance_domain::right::organizations;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, without};
use super::scp::{self, Denial, Document};
use crate::error::AwsError;

const CREATE: &str = organizations::CREATE_POLICY.action;
const UPDATE: &str = organizations::UPDATE_POLICY.action;
const ATTACH: &str = organizations::ATTACH_POLICY.action;
const LIST: &str = organizations::LIST_POLICIES.action;
const LIST_FOR: &str = organizations::LIST_POLICIES_FOR_TARGET.action;
const DESCRIBE: &str = organizations::DESCRIBE_POLICY.action;
const DETACH: &str = organizations::DETACH_POLICY.action;
const DELETE: &str = organizations::DELETE_POLICY.action;

/// Policies of one stack at the most. An account holds five, AWS's `FullAWSAccess` among them, and others need room.
const MOST: usize = 2;

/// How often a statement is written that is not there when it is read back.
const WRITES: usize = 2;

/// What is said where nothing of the case is there.
const NOT_THERE: &str = "it is not there any more";

/// Drives [`Countermeasure::QuarantineByScp`].
pub struct QuarantineByScp {
    organizations: Client,
    stack: String,
}

/// A policy that is called like one of ours.
struct Named {
    id: String,
    name: String,
}

impl QuarantineByScp {
    /// Over this client, with the rights of the management account or of a delegated administrator for policies, for the stack
    /// of this name.
    pub fn new(organizations: Client, stack: impl Into<String>) -> Self {
        Self { organizations, stack: stack.into() }
    }

    /// What the stack's policies are called, in the order in which they are filled.
    fn names(&self) -> Vec<String> {
        let first = scp::name_of(&self.stack);
        (1..=MOST).map(|n| if n == 1 { first.clone() } else { format!("{first}-{n}") }).collect()
    }

    /// Those of these that are the stack's, or that an earlier version made for this case, in the order in which they are filled.
    fn ours(&self, policies: Vec<PolicySummary>, case: &CaseId) -> Vec<Named> {
        let mut names = self.names();
        names.push(name_of_case(case));
        let called = policies.into_iter().filter_map(|policy| Some(Named { id: policy.id?, name: policy.name? }));
        let mut found: Vec<(usize, Named)> =
            called.filter_map(|of| Some((names.iter().position(|name| *name == of.name)?, of))).collect();
        found.sort_by_key(|(n, _)| *n);
        found.into_iter().map(|(_, of)| of).collect()
    }

    /// Wherever they are attached.
    async fn find(&self, case: &CaseId) -> Result<Vec<Named>, AwsError> {
        let list = self.organizations.list_policies().filter(PolicyType::ServiceControlPolicy);
        let mut pages = list.into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.extend(page.map_err(|error| AwsError::of(LIST, &error))?.policies.unwrap_or_default());
        }
        Ok(self.ours(all, case))
    }

    /// Those that are attached to the account itself.
    async fn attached(&self, account: &AccountId, case: &CaseId) -> Result<Vec<Named>, AwsError> {
        let list = self.organizations.list_policies_for_target().filter(PolicyType::ServiceControlPolicy);
        let mut pages = list.target_id(account.as_str()).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            all.extend(page.map_err(|error| AwsError::of(LIST_FOR, &error))?.policies.unwrap_or_default());
        }
        Ok(self.ours(all, case))
    }

    /// What a policy says. One that is gone says nothing. One that is not shown, or cannot be read, is no empty one: whoever took it
    /// for that would write over what it says.
    async fn read(&self, id: &str) -> Result<Document, AwsError> {
        let answer = self.organizations.describe_policy().policy_id(id).send().await;
        match answer.map_err(|error| AwsError::of(DESCRIBE, &error)) {
            Ok(found) => {
                let content = found.policy.and_then(|policy| policy.content);
                content.as_deref().and_then(Document::read).ok_or_else(|| without(DESCRIBE, "a document that can be read"))
            }
            Err(error) if error.code == "PolicyNotFoundException" => Ok(Document::default()),
            Err(error) => Err(error),
        }
    }

    /// The id of the policy that holds the denial now: one that has room for it, or a new one.
    async fn write(&self, denial: &Denial<'_>, case: &CaseId) -> Result<String, AwsError> {
        let known: Vec<Named> =
            self.find(case).await?.into_iter().filter(|of| of.name != name_of_case(case)).collect();
        let mut documents = Vec::new();
        for of in &known {
            let document = self.read(&of.id).await?;
            if document.holds(denial) {
                return Ok(of.id.clone());
            }
            documents.push(document.with(denial));
        }
        if let Some((of, document)) = known.iter().zip(&documents).find(|(_, document)| document.fits()) {
            self.update(&of.id, document).await?;
            return Ok(of.id.clone());
        }
        let names = self.names();
        let free = names.iter().find(|name| known.iter().all(|of| of.name != **name));
        let Some(free) = free else {
            return Err(AwsError {
                action: UPDATE,
                code: "PolicyLimit".to_owned(),
                message: format!("the {MOST} policies of this stack are full: restore cases, or deny it by hand"),
                retryable: false,
            });
        };
        self.create(free, &Document::default().with(denial)).await
    }

    /// Tags in the same call, so that none is without.
    async fn create(&self, name: &str, document: &Document) -> Result<String, AwsError> {
        let invalid = || misdirected(CREATE);
        let tag = Tag::builder().key(QUARANTINE_TAG).value(&self.stack).build().map_err(|_| invalid())?;
        let create = self.organizations.create_policy().r#type(PolicyType::ServiceControlPolicy).name(name);
        let create = create.description("Severance denies identities everything").tags(tag);
        let answer = create.content(document.text()).send().await;
        let made = answer.map_err(|error| {
            let error = AwsError::of(CREATE, &error);
            // Another writer made it meanwhile, and the list does not show it yet.
            AwsError { retryable: error.retryable || error.code == "DuplicatePolicyException", ..error }
        })?;
        let id = made.policy.and_then(|policy| policy.policy_summary).and_then(|summary| summary.id);
        id.ok_or_else(|| AwsError { code: "InvalidResponse".to_owned(), ..invalid() })
    }

    async fn update(&self, id: &str, document: &Document) -> Result<(), AwsError> {
        let answer = self.organizations.update_policy().policy_id(id).content(document.text()).send().await;
        answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error))
    }

    /// False where it was attached before.
    async fn attach(&self, id: &str, account: &AccountId) -> Result<bool, AwsError> {
        let answer = self.organizations.attach_policy().policy_id(id).target_id(account.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(ATTACH, &error)) {
            Ok(_) => Ok(true),
            Err(error) if error.code == "DuplicatePolicyAttachmentException" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// False where it was not attached.
    async fn detach(&self, id: &str, account: &AccountId) -> Result<bool, AwsError> {
        let answer = self.organizations.detach_policy().policy_id(id).target_id(account.as_str()).send().await;
        match answer.map_err(|error| AwsError::of(DETACH, &error)) {
            Ok(_) => Ok(true),
            Err(error) => match error.code.as_str() {
                // An account that left the organization took no policy along.
                "PolicyNotAttachedException" | "PolicyNotFoundException" | "TargetNotFoundException" => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// False where it is attached to other accounts still.
    async fn delete(&self, id: &str) -> Result<bool, AwsError> {
        let answer = self.organizations.delete_policy().policy_id(id).send().await;
        match answer.map_err(|error| AwsError::of(DELETE, &error)) {
            Ok(_) => Ok(true),
            Err(error) if error.code == "PolicyNotFoundException" => Ok(true),
            Err(error) if error.code == "PolicyInUseException" => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes a denial out of a policy, and the policy off the account and away where nothing needs it there any more.
    async fn take_out(&self, id: &str, document: &Document, denial: &Denial<'_>) -> Result<(), AwsError> {
        let rest = document.without(denial);
        if rest.names(denial.account) {
            return self.update(id, &rest).await;
        }
        self.detach(id, denial.account).await?;
        if rest.is_empty() && self.delete(id).await? {
            return Ok(());
        }
        self.update(id, &rest).await
    }
}

/// What an earlier version called the policy of a case.
fn name_of_case(case: &CaseId) -> String {
    format!("{QUARANTINE_POLICY}-{case}")
}

fn target<'a>(step: &'a Countermeasure, case: &CaseId) -> Result<Denial<'a>, AwsError> {
    match step {
        Countermeasure::QuarantineByScp(card::QuarantineByScp { principal, account, unique_id }) => {
            Ok(Denial::of(principal, unique_id.as_ref(), account, case))
        }
        _ => Err(misdirected(CREATE)),
    }
}

#[async_trait]
impl Driver for QuarantineByScp {
    fn drives(&self, step: &Countermeasure) -> bool {
        matches!(step, Countermeasure::QuarantineByScp(_))
    }

    async fn apply(&self, step: &Countermeasure, case: &CaseId) -> Result<Applied, AwsError> {
        let denial = target(step, case)?;
        let mut id = self.write(&denial, case).await?;
        let attached = self.attach(&id, denial.account).await?;
        for _ in 1..WRITES {
            if self.read(&id).await?.holds(&denial) {
                break;
            }
            id = self.write(&denial, case).await?;
        }
        let before = if attached { "" } else { ", which was on the account already" };
        // What a federated session is called says nothing of the user who asked for it.
        let federated = if denial.is_user() {
            "; sessions of GetFederationToken are denied by the user's own denial alone"
        } else {
            ""
        };
        Ok(Applied::Changed(Some(format!("by policy {id}{before}{federated}"))))
    }

    async fn confirm(&self, step: &Countermeasure, about: About<'_>) -> Result<Seen, AwsError> {
        let denial = target(step, about.case)?;
        let attached = self.attached(denial.account, about.case).await?;
        for of in &attached {
            let id = &of.id;
            if self.read(id).await?.denies(&denial, of.name == name_of_case(about.case)) {
                return Ok(Seen::InEffect(format!(
                    "{LIST_FOR} shows policy {id} on the account, and {DESCRIBE} the denial in it"
                )));
            }
        }
        let ids: Vec<&str> = attached.iter().map(|of| of.id.as_str()).collect();
        Ok(Seen::NotYet(if ids.is_empty() {
            format!("{LIST_FOR} shows no policy {} on the account", scp::name_of(&self.stack))
        } else {
            format!("{DESCRIBE} does not show our denial in policy {}", ids.join(", "))
        }))
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let case = &undo.case.id;
        let denial = target(step, case)?;
        let (mut changed, mut left) = (false, Vec::new());
        for of in self.find(case).await? {
            let (id, document) = (&of.id, self.read(&of.id).await?);
            if of.name == name_of_case(case) {
                if document.denies(&denial, true) {
                    let detached = self.detach(id, denial.account).await?;
                    let deleted = self.delete(id).await?;
                    changed |= detached || deleted;
                    if !deleted {
                        left.push(format!("policy {id} stays, because it is attached to other accounts"));
                    }
                } else {
                    left.push(format!("policy {id} is not as we wrote it: left alone"));
                }
            } else if document.holds(&denial) {
                self.take_out(id, &document, &denial).await?;
                changed = true;
            } else if document.has_other(&denial) {
                left.push(format!("policy {id} is not as we wrote it: left alone"));
            }
        }
        Ok(match (changed, left.is_empty()) {
            (true, true) => Applied::Changed(None),
            (true, false) => Applied::Changed(Some(left.join("; "))),
            (false, true) => Applied::Already(NOT_THERE.to_owned()),
            (false, false) => Applied::Already(left.join("; ")),
        })
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let case = &undo.case.id;
        let denial = target(step, case)?;
        let attached = match self.attached(denial.account, case).await {
            Ok(attached) => attached,
            Err(error) if error.code == "TargetNotFoundException" => {
                return Ok(Seen::InEffect(format!(
                    "{LIST_FOR} shows that the account is not in the organization any more"
                )));
            }
            Err(error) => return Err(error),
        };
        let mut seen = format!("{LIST_FOR} shows no denial of this case on the account");
        for of in attached {
            let (id, document, is_old) = (&of.id, self.read(&of.id).await?, of.name == name_of_case(case));
            if document.denies(&denial, is_old) {
                return Ok(Seen::NotYet(format!("{LIST_FOR} still shows policy {id} on the account")));
            }
            if is_old || document.has_other(&denial) {
                seen = format!("{DESCRIBE} shows another document in policy {id}, which was left alone");
            }
        }
        Ok(Seen::InEffect(seen))
    }
}
