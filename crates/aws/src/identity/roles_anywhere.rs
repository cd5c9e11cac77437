//! The profiles of IAM Roles Anywhere that name a role.

use aws_sdk_rolesanywhere::Client;
use aws_sdk_rolesanywhere::config::Region;
use severance_domain::ids::Arn;
use severance_domain::right::rolesanywhere;
use severance_domain::subject::RolesAnywhereProfile;

use crate::error::AwsError;

const LIST_PROFILES: &str = rolesanywhere::LIST_PROFILES.action;

/// Reads profiles in some Regions: IAM Roles Anywhere is a regional service, and roles are global.
#[derive(Debug, Clone)]
pub struct RolesAnywhere {
    client: Client,
    regions: Vec<String>,
}

impl RolesAnywhere {
    /// In these Regions.
    pub fn new(client: Client, regions: Vec<String>) -> Self {
        Self { client, regions }
    }

    /// The Regions that are looked at.
    pub fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Every profile that names this role.
    pub async fn profiles_of(&self, role: &Arn) -> Result<Vec<RolesAnywhereProfile>, AwsError> {
        let mut found = Vec::new();
        for region in &self.regions {
            let mut next = None;
            loop {
                let there = aws_sdk_rolesanywhere::config::Builder::new().region(Region::new(region.clone()));
                let page =
                    self.client.list_profiles().set_next_token(next).customize().config_override(there).send().await;
                let page = page.map_err(|error| AwsError::of(LIST_PROFILES, &error))?;
                for profile in page.profiles() {
                    let Some(arn) = profile.profile_arn().and_then(|arn| Arn::try_from(arn).ok()) else { continue };
                    if profile.role_arns().iter().any(|named| named == role.as_str()) {
                        found.push(RolesAnywhereProfile {
                            arn,
                            enabled: profile.enabled().unwrap_or(true),
                            roles: profile.role_arns().to_vec(),
                        });
                    }
                }
                next = page.next_token().map(str::to_owned);
                if next.is_none() {
                    break;
                }
            }
        }
        found.sort_by(|a, b| a.arn.cmp(&b.arn));
        Ok(found)
    }
}
