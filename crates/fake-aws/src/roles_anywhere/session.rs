//! A session by certificate: `CreateSession`, which is signed with a certificate and not with a key.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::call::{Call, Refusal, Request};
use crate::caller::{Caller, Credential, SessionOf, StartedBy};
use crate::cloudtrail;
use crate::evaluate::{Decision, Question, decide, role_by_arn};
use crate::state::State;
use crate::store::View;
use crate::sts::{Start, start};

/// Who Roles Anywhere is to the trust of a role.
const SERVICE: &str = "rolesanywhere.amazonaws.com";

/// What the holder of a certificate would get.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The account of profile, anchor and role.
    pub account: String,
    /// The Region of profile and anchor.
    pub region: String,
    /// The role's unique id.
    pub role: String,
    /// What the session is cut down with.
    pub policies: Vec<Value>,
    /// How long it lasts.
    pub lasts: SignedDuration,
}

/// Whether the holder of a certificate of this subject gets a session of a role, as it is seen from there: the anchor and the profile
/// are enabled, the profile names the role, and the role trusts the service. The certificate itself is not checked.
///
/// # Errors
/// `AccessDeniedException` where one of these does not hold.
pub fn opening(
    state: &State,
    view: View,
    profile_arn: &str,
    anchor_arn: &str,
    role_arn: &str,
    subject: &str,
) -> Result<Opening, Refusal> {
    let denied = |why: &str| Refusal::new(403, "AccessDeniedException", why);
    let (region, account, profile_id) = parts(profile_arn).ok_or_else(|| denied("Profile not found"))?;
    let (anchor_region, anchor_account, anchor_id) =
        parts(anchor_arn).ok_or_else(|| denied("Trust anchor not found"))?;
    // A profile works with the trust anchors beside it (user guide, "Trust model").
    if (region, account) != (anchor_region, anchor_account) {
        return Err(denied("Untrusted signing certificate"));
    }
    let anchor = state.roles_anywhere.anchor(view, account, region, anchor_id);
    if !anchor.is_some_and(|anchor| anchor.enabled) {
        return Err(denied("Trust anchor disabled"));
    }
    let profile = state.roles_anywhere.profile(view, account, region, profile_id).filter(|profile| profile.enabled);
    let profile = profile.ok_or_else(|| denied("Profile disabled"))?;
    if !profile.roles.iter().any(|listed| listed == role_arn) {
        return Err(denied("Role not in the profile"));
    }
    let (of, role) = role_by_arn(state, view, role_arn).ok_or_else(|| denied("Unable to assume role"))?;
    let caller = Caller::Service { account: account.to_owned(), name: SERVICE.to_owned() };
    let context = BTreeMap::from([
        ("aws:SourceArn".to_owned(), vec![anchor_arn.to_owned()]),
        ("aws:SourceAccount".to_owned(), vec![account.to_owned()]),
        ("aws:PrincipalTag/x509Subject/CN".to_owned(), vec![subject.to_owned()]),
    ]);
    let question =
        Question { caller: &caller, action: "sts:AssumeRole".to_owned(), resource: role_arn.to_owned(), context };
    if of != account || decide(state, view, &question) != Decision::Allowed {
        return Err(denied("Unable to assume role"));
    }
    let documents = profile
        .managed_policies
        .iter()
        .filter_map(|arn| state.iam.policy_document(view, account, arn))
        .chain(profile.session_policy.clone());
    Ok(Opening {
        account: account.to_owned(),
        region: region.to_owned(),
        role,
        policies: documents.filter_map(|text| serde_json::from_str(&text).ok()).collect(),
        lasts: SignedDuration::from_secs(profile.seconds),
    })
}

/// Starts a session of a role for the holder of a certificate of this subject, if it [opens](opening) as it is enforced at that moment.
///
/// CloudTrail records it as the service's `AssumeRole` in the profile's Region.
///
/// # Errors
/// As [`opening`].
pub fn start_session(
    state: &mut State,
    at: Timestamp,
    profile_arn: &str,
    anchor_arn: &str,
    role_arn: &str,
    subject: &str,
) -> Result<Credential, Refusal> {
    let Opening { account, region, role, policies, lasts } =
        opening(state, View::Enforced(at), profile_arn, anchor_arn, role_arn, subject)?;
    // A session is named by the certificate's serial number.
    let serial = format!("{:016x}", crate::lag::draw(0x509, &[subject.as_bytes()]));
    let by = StartedBy::RolesAnywhere(profile_arn.to_owned());
    let mut wanted = Start::new(&account, SessionOf::Role(role.clone()), &serial, lasts, by);
    wanted.policies = policies;
    wanted.source_identity = Some(format!("CN={subject}"));
    wanted.tags = BTreeMap::from([("x509Subject/CN".to_owned(), subject.to_owned())]);
    let session = start(state, at, wanted);
    let name = role_arn.rsplit('/').next().unwrap_or_default();
    let input = json!({ "RoleArn": role_arn, "RoleSessionName": serial, "SourceIdentity": format!("CN={subject}") });
    let answer = json!({
        "Credentials": { "AccessKeyId": session.key, "Expiration": session.expires_at.to_string() },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{role}:{serial}"),
            "Arn": format!("arn:aws:sts::{account}:assumed-role/{name}/{serial}"),
        },
    });
    let caller = Caller::Service { account, name: SERVICE.to_owned() };
    let call = Call { request: Request::new("sts", "AssumeRole", input).in_region(&region), caller, at };
    cloudtrail::record(state, &call, &Ok(answer));
    Ok(session.credential())
}

/// Region, account and id of `arn:aws:rolesanywhere:<region>:<account>:<kind>/<id>`.
fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next()?, parts.next()?);
    Some((region, account, parts.next()?.split_once('/')?.1))
}
