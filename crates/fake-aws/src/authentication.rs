//! Whose a credential is.

use jiff::Timestamp;

use crate::call::Refusal;
use crate::caller::{Caller, Credential, SessionOf};
use crate::state::State;
use crate::store::View;

impl State {
    /// Whose a credential is at a moment, as it is enforced then.
    ///
    /// # Errors
    /// `InvalidClientTokenId` where the key is not known, not active or its holder gone; `ExpiredToken` for a session that ended.
    pub fn caller_of(&self, credential: &Credential, at: Timestamp) -> Result<Caller, Refusal> {
        self.caller_in(View::Enforced(at), credential, at)
    }

    /// The same, from any view.
    ///
    /// # Errors
    /// As [`Self::caller_of`].
    pub fn caller_in(&self, view: View, credential: &Credential, at: Timestamp) -> Result<Caller, Refusal> {
        let invalid =
            || Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
        if let Some(session) = self.sessions.get(&credential.key_id) {
            if credential.token.as_deref() != Some(&session.token) {
                return Err(invalid());
            }
            if session.expires_at <= at {
                return Err(Refusal::new(403, "ExpiredToken", "The security token included in the request is expired"));
            }
            let holder = match &session.of {
                SessionOf::Role(id) => self.iam.role(view, &session.account, id).is_some(),
                SessionOf::User(id) | SessionOf::Federated(id) => self.iam.user(view, &session.account, id).is_some(),
                SessionOf::Root => true,
            };
            return if holder { Ok(Caller::Session(Box::new(session.clone()))) } else { Err(invalid()) };
        }
        for account in self.iam.access_keys.accounts() {
            let found = self.iam.access_keys.in_account(view, account).find(|(_, id, _)| *id == credential.key_id);
            if let Some((holder, id, key)) = found {
                if !key.active || self.iam.user(view, account, holder).is_none() {
                    return Err(invalid());
                }
                return Ok(Caller::User { account: account.to_owned(), id: holder.to_owned(), key: id.to_owned() });
            }
        }
        Err(invalid())
    }
}
