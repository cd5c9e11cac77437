//! Take a role out of a profile of IAM Roles Anywhere, or disable a profile that has no other: whoever holds a
//! certificate then starts no session of it. Both can be undone.

use async_trait::async_trait;
use aws_sdk_rolesanywhere::Client;
use aws_sdk_rolesanywhere::config::{Builder, Region};
use aws_sdk_rolesanywhere::types::ProfileDetail;
use severance_domain::case::{Case, CaseId};
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::ids::Arn;
use severance_domain::right::rolesanywhere;

use super::driver::{About, Applied, Driver, Seen, Undo, misdirected, unless_gone, without};
use crate::error::AwsError;

const GET: &str = rolesanywhere::GET_PROFILE.action;
const UPDATE: &str = rolesanywhere::UPDATE_PROFILE.action;
const DISABLE: &str = rolesanywhere::DISABLE_PROFILE.action;
const ENABLE: &str = rolesanywhere::ENABLE_PROFILE.action;

const GONE: &str = "the profile does not exist any more";

/// Drives [`Countermeasure::LeaveRolesAnywhere`].
pub struct LeaveRolesAnywhere {
    rolesanywhere: Client,
}

/// One profile, where it lives.
struct Profile<'a> {
    id: &'a str,
    region: Region,
}

impl Profile<'_> {
    /// Profiles live in Regions, and a role may be in profiles of several.
    fn region(&self) -> Builder {
        Builder::default().region(self.region.clone())
    }
}

impl LeaveRolesAnywhere {
    /// Over this client. Its Region is put aside for that of each profile.
    pub fn new(rolesanywhere: Client) -> Self {
        Self { rolesanywhere }
    }

    /// None where there is no such profile.
    async fn get(&self, profile: &Profile<'_>) -> Result<Option<ProfileDetail>, AwsError> {
        let get = self.rolesanywhere.get_profile().profile_id(profile.id);
        let answer = get.customize().config_override(profile.region()).send().await;
        let Some(found) = unless_gone(answer.map_err(|error| AwsError::of(GET, &error)))? else { return Ok(None) };
        let profile = found.profile.ok_or_else(|| without(GET, "a profile"))?;
        // Roles Anywhere refuses a profile without roles, so an answer without them says nothing of them.
        if profile.role_arns.is_none() {
            return Err(without(GET, "the profile's roles"));
        }
        Ok(Some(profile))
    }

    /// Roles Anywhere leaves alone what a PATCH does not name.
    async fn set_roles(&self, profile: &Profile<'_>, roles: Vec<String>) -> Result<Option<()>, AwsError> {
        let update = self.rolesanywhere.update_profile().profile_id(profile.id).set_role_arns(Some(roles));
        let answer = update.customize().config_override(profile.region()).send().await;
        unless_gone(answer.map(drop).map_err(|error| AwsError::of(UPDATE, &error)))
    }

    async fn disable(&self, profile: &Profile<'_>) -> Result<Option<()>, AwsError> {
        let disable = self.rolesanywhere.disable_profile().profile_id(profile.id);
        let answer = disable.customize().config_override(profile.region()).send().await;
        unless_gone(answer.map(drop).map_err(|error| AwsError::of(DISABLE, &error)))
    }

    async fn enable(&self, profile: &Profile<'_>) -> Result<Option<()>, AwsError> {
        let enable = self.rolesanywhere.enable_profile().profile_id(profile.id);
        let answer = enable.customize().config_override(profile.region()).send().await;
        unless_gone(answer.map(drop).map_err(|error| AwsError::of(ENABLE, &error)))
    }
}

/// A profile without a word on it can be used.
fn is_enabled(profile: &ProfileDetail) -> bool {
    profile.enabled().unwrap_or(true)
}

fn lists(profile: &ProfileDetail, role: &Arn) -> bool {
    profile.role_arns().iter().any(|listed| listed == role.as_str())
}

/// Whether it has this role and no other, which is when we disable it.
fn has_only(profile: &ProfileDetail, role: &Arn) -> bool {
    lists(profile, role) && profile.role_arns().iter().all(|listed| listed == role.as_str())
}

/// What stands between a profile as it is and as it was before this case.
enum Missing {
    Nothing,
    /// The role is not in it.
    Role,
    /// It is disabled as we left it.
    Enabling,
    /// It is disabled, and is not as we left it.
    Others,
}

fn missing(profile: &ProfileDetail, role: &Arn, arn: &Arn, case: &Case) -> Missing {
    let was_enabled = case.inventory.roles_anywhere.iter().find(|was| was.arn == *arn).is_none_or(|was| was.enabled);
    if !lists(profile, role) {
        Missing::Role
    } else if is_enabled(profile) || !was_enabled {
        Missing::Nothing
    } else if has_only(profile, role) {
        Missing::Enabling
    } else {
        Missing::Others
    }
}

fn target(step: &Countermeasure) -> Result<(&Arn, &Arn, Profile<'_>), AwsError> {
    match step {
        Countermeasure::LeaveRolesAnywhere(card::LeaveRolesAnywhere { role, profile }) => {
            let id = profile.name_of("profile").ok_or_else(|| misdirected(GET))?;
            Ok((role, profile, Profile { id, region: Region::new(profile.region().to_owned()) }))
        }
        _ => Err(misdirected(GET)),
    }
}

#[async_trait]
impl Driver for LeaveRolesAnywhere {
    fn drives(&self, step: &Countermeasure) -> bool {
        target(step).is_ok()
    }

    async fn apply(&self, step: &Countermeasure, _case: &CaseId) -> Result<Applied, AwsError> {
        let (role, _, profile) = target(step)?;
        let done = match self.get(&profile).await? {
            None => None,
            Some(found) if !lists(&found, role) => {
                return Ok(Applied::Already("the profile does not name the role".to_owned()));
            }
            Some(found) if !is_enabled(&found) => {
                return Ok(Applied::Already("the profile was disabled already".to_owned()));
            }
            // A profile without any role is refused.
            Some(found) if has_only(&found, role) => {
                let note = "it had no other role, so the profile is disabled".to_owned();
                self.disable(&profile).await?.map(|()| Some(note))
            }
            Some(found) => {
                let others = found.role_arns().iter().filter(|listed| *listed != role.as_str()).cloned();
                self.set_roles(&profile, others.collect()).await?.map(|()| None)
            }
        };
        Ok(done.map_or_else(|| Applied::Already(GONE.to_owned()), Applied::Changed))
    }

    async fn confirm(&self, step: &Countermeasure, _about: About<'_>) -> Result<Seen, AwsError> {
        let (role, _, profile) = target(step)?;
        Ok(match self.get(&profile).await? {
            None => Seen::InEffect(format!("{GET} shows that the profile does not exist any more")),
            Some(found) if !is_enabled(&found) => Seen::InEffect(format!("{GET} shows the profile disabled")),
            Some(found) if !lists(&found, role) => Seen::InEffect(format!("{GET} shows the profile without the role")),
            Some(_) => Seen::NotYet(format!("{GET} shows the profile enabled, with the role")),
        })
    }

    async fn undo(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Applied, AwsError> {
        let (role, arn, profile) = target(step)?;
        let Some(found) = self.get(&profile).await? else { return Ok(Applied::Already(GONE.to_owned())) };
        let done = match missing(&found, role, arn, undo.case) {
            Missing::Nothing => return Ok(Applied::Already("the profile is as it was for the role".to_owned())),
            Missing::Others => {
                let why = "somebody else changed the profile since, and it is disabled: left alone";
                return Ok(Applied::Already(why.to_owned()));
            }
            Missing::Enabling => self.enable(&profile).await?.map(|()| None),
            Missing::Role => {
                let note =
                    (!is_enabled(&found)).then(|| "the profile stays disabled, as somebody else left it".to_owned());
                let roles = found.role_arns().iter().cloned().chain([role.to_string()]);
                self.set_roles(&profile, roles.collect()).await?.map(|()| note)
            }
        };
        Ok(done.map_or_else(|| Applied::Already(GONE.to_owned()), Applied::Changed))
    }

    async fn confirm_undone(&self, step: &Countermeasure, undo: Undo<'_>) -> Result<Seen, AwsError> {
        let (role, arn, profile) = target(step)?;
        let Some(found) = self.get(&profile).await? else {
            return Ok(Seen::InEffect(format!("{GET} shows that the profile does not exist any more")));
        };
        Ok(match missing(&found, role, arn, undo.case) {
            Missing::Nothing => Seen::InEffect(format!("{GET} shows the role in the profile, as it was")),
            Missing::Others => {
                Seen::InEffect(format!("{GET} shows the profile disabled by somebody else, which was left alone"))
            }
            Missing::Enabling => Seen::NotYet(format!("{GET} still shows the profile disabled")),
            Missing::Role => Seen::NotYet(format!("{GET} does not show the role in the profile")),
        })
    }
}
