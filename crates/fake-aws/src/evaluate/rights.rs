//! Everything that binds a caller, gathered once, and the logic that joins it to a decision.

use crate::caller::{Caller, SessionOf};
use crate::state::State;
use crate::store::View;

use super::context::{Context, identity, of_caller};
use super::document::Document;
use super::principal::{Grant, Verdict, role_of, verdict};
use super::question::Decision;

pub(crate) const SCP: &str = "service control policy";
pub(crate) const IDENTITY: &str = "identity-based policy";
pub(crate) const BOUNDARY: &str = "permissions boundary";
pub(crate) const SESSION: &str = "session policy";
pub(crate) const RESOURCE: &str = "resource-based policy";
/// Not a policy: what credentials of this kind may never call.
pub(crate) const KIND: &str = "kind of credentials";

/// The actions that a role's trust policy decides about.
const TRUSTED: [&str; 5] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:SetSourceIdentity",
    "sts:TagSession",
];

/// A caller's policies in a view, read.
pub(crate) struct Rights<'a> {
    state: &'a State,
    view: View,
    caller: &'a Caller,
    /// The keys that follow from the caller.
    pub(crate) context: Context,
    /// None: none binds the caller.
    scps: Option<Vec<Document>>,
    /// None: everything is allowed, as to an account's root.
    identity: Option<Vec<Document>>,
    boundary: Option<Vec<Document>>,
    session: Option<Vec<Document>>,
}

impl<'a> Rights<'a> {
    /// Gathers what binds the caller.
    pub(crate) fn of(state: &'a State, view: View, at: Option<jiff::Timestamp>, caller: &'a Caller) -> Self {
        let account = caller.account();
        let id = identity(caller);
        // SCPs bind no service-linked role (Organizations User Guide, "Service control policies").
        let service_linked = id
            .and_then(|id| state.iam.role(view, account, id))
            .is_some_and(|role| role.path.starts_with("/aws-service-role/"));
        let scps = match caller {
            Caller::Root { .. } | Caller::User { .. } | Caller::Session(_) if !service_linked => {
                state.organizations.binding(view, account)
            }
            _ => None,
        };
        let boundary = id
            .and_then(|id| state.iam.boundary(view, account, id))
            // A boundary whose policy is gone allows nothing.
            .map(|arn| state.iam.policy_document(view, account, arn).iter().map(|text| Document::read(text)).collect());
        let session = match caller {
            Caller::Session(session) => match session.of {
                // Without a session policy it may do nothing (IAM User Guide, "Permissions for GetFederationToken").
                SessionOf::Federated(_) => Some(&session.policies),
                _ if session.policies.is_empty() => None,
                _ => Some(&session.policies),
            },
            _ => None,
        };
        let is_root = matches!(caller, Caller::Root { .. })
            || matches!(caller, Caller::Session(session) if session.of == SessionOf::Root);
        Self {
            state,
            view,
            caller,
            context: of_caller(state, view, at, caller),
            scps: scps.map(|all| all.iter().map(|text| Document::read(text)).collect()),
            identity: (!is_root).then(|| id.map_or(vec![], |id| identity_policies(state, view, account, id))),
            boundary,
            session: session.map(|policies| policies.iter().map(Document::of).collect()),
        }
    }

    /// The documents that speak of the caller.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        [&self.scps, &self.identity, &self.boundary, &self.session].into_iter().flatten().flatten()
    }

    /// Joins the policies (IAM User Guide, "Policy evaluation logic"): a denial anywhere denies; then a service control policy, the
    /// resource's policy, the boundary, the session's and the identity's policies have to allow.
    pub(crate) fn decide(&self, action: &str, resource: &str, context: &Context) -> Decision {
        if let Some(decision) = self.without_policies(action) {
            return decision;
        }
        let role = TRUSTED.contains(&action).then(|| role_of(self.state, self.view, resource));
        let trust = role.as_ref().map(|role| match role {
            Some((account, id)) => {
                verdict(self.state, self.view, (account.as_str(), id.as_str()), self.caller, action, context)
            }
            None => Verdict::Silent,
        });
        let says = |documents: &Option<Vec<Document>>, denies| {
            documents.iter().flatten().any(|document| document.says(denies, action, resource, context))
        };
        for (kind, documents) in
            [(SCP, &self.scps), (IDENTITY, &self.identity), (BOUNDARY, &self.boundary), (SESSION, &self.session)]
        {
            if says(documents, true) {
                return Decision::Denied(kind);
            }
        }
        if trust == Some(Verdict::Denied) {
            return Decision::Denied(RESOURCE);
        }
        let allows = |documents: &Option<Vec<Document>>| documents.is_none() || says(documents, false);
        if !allows(&self.scps) {
            return Decision::NotAllowed(SCP);
        }
        // Another account's trust allows nothing that the caller's own account does not allow, too.
        let near = role.as_ref().is_some_and(|role| role.as_ref().is_some_and(|(in_, _)| in_ == self.caller.account()));
        let granted = match trust {
            None => None,
            Some(Verdict::Granted(grant)) => {
                let unsigned = matches!(self.caller, Caller::Service { .. } | Caller::Anonymous { .. });
                Some(if near || unsigned { grant } else { Grant::Account })
            }
            Some(Verdict::Silent | Verdict::Denied) => return Decision::NotAllowed(RESOURCE),
        };
        if granted == Some(Grant::Direct) {
            return Decision::Allowed;
        }
        for (kind, documents) in [(BOUNDARY, &self.boundary), (SESSION, &self.session)] {
            if !allows(documents) {
                return Decision::NotAllowed(kind);
            }
        }
        if granted == Some(Grant::Role) || allows(&self.identity) {
            return Decision::Allowed;
        }
        Decision::NotAllowed(IDENTITY)
    }

    /// What no policy decides about.
    fn without_policies(&self, action: &str) -> Option<Decision> {
        let service = action.split(':').next().unwrap_or_default();
        let never = Some(Decision::NotAllowed(KIND));
        match self.caller {
            Caller::Stage { .. } => return Some(Decision::Allowed),
            Caller::Anonymous { .. } => {
                let known = ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"].contains(&action);
                return if known { None } else { never };
            }
            Caller::Service { .. } => return if TRUSTED.contains(&action) { None } else { never },
            Caller::Root { .. } | Caller::User { .. } | Caller::Session(_) => {}
        }
        match action {
            // "No permissions are required", even where a policy denies it (STS API Reference, GetCallerIdentity).
            "sts:GetCallerIdentity" => return Some(Decision::Allowed),
            // "You cannot use policies to control authentication operations" (STS API Reference, GetSessionToken).
            "sts:GetSessionToken" => {
                let long_term = matches!(self.caller, Caller::Root { .. } | Caller::User { .. });
                return if long_term { Some(Decision::Allowed) } else { never };
            }
            // These calls are not signed; who may assume by them, the trust says of the provider.
            "sts:AssumeRoleWithWebIdentity" | "sts:AssumeRoleWithSAML" => return never,
            // "Roles may not be assumed by root accounts."
            "sts:AssumeRole" if matches!(self.caller, Caller::Root { .. }) => return never,
            _ => {}
        }
        let Caller::Session(session) = self.caller else { return None };
        match &session.of {
            // IAM User Guide, "Comparison of AWS STS API operations": GetSessionToken's credentials cannot call IAM without MFA, nor
            // STS but for AssumeRole and GetCallerIdentity.
            SessionOf::User(_) => {
                let mfa = self.context.get("aws:multifactorauthpresent").is_some_and(|value| value == ["true"]);
                let assumes = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"].contains(&action);
                if service == "iam" && !mfa || service == "sts" && !assumes { never } else { None }
            }
            // The same: a federated user calls neither IAM nor STS.
            SessionOf::Federated(_) if matches!(service, "iam" | "sts") => never,
            // The same: GetFederationToken takes a user's own key.
            SessionOf::Role(_) | SessionOf::Root if action == "sts:GetFederationToken" => never,
            _ => None,
        }
    }
}

/// The policies of a user or role, as long as it is there.
fn identity_policies(state: &State, view: View, account: &str, id: &str) -> Vec<Document> {
    if state.iam.user(view, account, id).is_none() && state.iam.role(view, account, id).is_none() {
        return vec![];
    }
    state.iam.identity_policies(view, account, id).iter().map(|policy| Document::read(&policy.document)).collect()
}
