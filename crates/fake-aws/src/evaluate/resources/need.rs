//! What one thing that a call needs is made of.

use std::collections::BTreeMap;

/// One thing that a call needs to be allowed.
#[derive(Debug, Clone)]
pub(crate) struct Need {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

impl Need {
    pub(super) fn new(action: &str, resource: impl Into<String>, context: &BTreeMap<String, Vec<String>>) -> Self {
        Self { action: action.to_owned(), resource: resource.into(), context: context.clone() }
    }
}

/// Gives a condition key its one value, if there is one.
pub(super) fn set(context: &mut BTreeMap<String, Vec<String>>, key: &str, value: &str) {
    if !value.is_empty() {
        context.insert(key.to_owned(), vec![value.to_owned()]);
    }
}

/// Handing a role to a service is an action of its own (IAM User Guide, "Grant a user permissions to pass a role").
pub(super) fn pass(needs: &mut Vec<Need>, role: &str, service: &str, context: &BTreeMap<String, Vec<String>>) {
    if !role.is_empty() {
        let mut context = context.clone();
        set(&mut context, "iam:PassedToService", service);
        needs.push(Need::new("iam:PassRole", role, &context));
    }
}
