//! The calls to AWS that read, end and give back identities, and what IAM must allow for each: declared here once, named by the
//! cards of the countermeasures, by the readers and by the drivers. Roles, session policies and the proof that neither holds more
//! than it uses are made from these.

/// What IAM must allow for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Right {
    /// The action, as policies write it.
    pub action: &'static str,
    /// What it is on, by the Service Authorization Reference.
    pub on: On,
    /// Which of those.
    pub only: Only,
}

/// What an action is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// IAM users.
    User,
    /// IAM groups.
    Group,
    /// IAM roles.
    Role,
    /// The account's own managed policies.
    Policy,
    /// Managed policies, those of AWS among them.
    AnyPolicy,
    /// Profiles of IAM Roles Anywhere, in any Region.
    Profile,
    /// Secrets of the stack's Region.
    Secret,
    /// Secrets of any Region: replicas are elsewhere.
    SecretAnywhere,
    /// Secrets under the name that adoption gives.
    OwnSecret,
    /// The functions that rotate secrets: `RotateSecret` checks that its caller may invoke the one it starts.
    RotationFunction,
    /// The stack's own rotation function.
    OwnRotation,
    /// The stack's own search for copies.
    CopiesSearch,
    /// The stack's own responder, which rechecks cases in invocations of their own.
    OwnResponder,
    /// Parameters of Systems Manager.
    Parameter,
    /// Build projects of `CodeBuild`.
    BuildProject,
    /// Accounts and service control policies of the organization.
    Organization,
    /// Something whose ids nobody has before they are listed, in the directory of IAM Identity Center.
    Directory,
    /// AWS knows no resource for the action.
    Nothing,
}

/// Which of the resources, by a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Only {
    /// All of them.
    All,
    /// A tag is set or removed that is this one.
    ThisTag(&'static str),
    /// Secrets that Severance manages.
    ManagedSecrets,
    /// Users whose key Severance manages.
    ManagedUsers,
    /// A secret is made that Severance manages, with the tags that adoption sets.
    NewManagedSecrets,
    /// Where this policy of AWS is attached or detached.
    Attaching(&'static str),
    /// Where this policy of AWS is the permissions boundary: that is set, or that is there and is removed.
    Boundary(&'static str),
    /// Where the permissions boundary that is set is a policy of the account's own.
    OwnBoundary,
}

impl Right {
    /// The same, where this holds.
    #[must_use]
    pub const fn only(self, only: Only) -> Self {
        Self { only, ..self }
    }

    /// The right of this action, without a condition; none where nothing here calls it.
    pub fn of(action: &str) -> Option<Self> {
        ALL.iter().flat_map(|rights| rights.iter()).find(|right| right.action == action).copied()
    }

    /// The service that the action is one of.
    pub fn service(&self) -> &'static str {
        self.action.split_once(':').map_or(self.action, |(service, _)| service)
    }
}

/// What AWS asks for beside the action of a call itself: that action, and what it asks for with it.
pub const IMPLIED: &[(Right, Right)] = &[
    (organizations::CREATE_POLICY, organizations::TAG_RESOURCE),
    (secretsmanager::BATCH_GET_SECRET_VALUE, secretsmanager::GET_SECRET_VALUE),
    (secretsmanager::CREATE_SECRET, secretsmanager::TAG_RESOURCE),
    (secretsmanager::ROTATE_SECRET, lambda::INVOKE_OWN_ROTATION),
    (secretsmanager::ROTATE_SECRET, lambda::INVOKE_ROTATION),
];

macro_rules! services {
    ($($module:ident $service:literal { $($on:ident: $($name:ident $action:literal),+;)+ })+) => {
        $(
            #[doc = concat!("The actions of `", $service, "`.")]
            pub mod $module {
                use super::{On, Only, Right};

                $($(
                    #[doc = concat!("`", $service, ":", $action, "`.")]
                    pub const $name: Right =
                        Right { action: concat!($service, ":", $action), on: On::$on, only: Only::All };
                )+)+

                pub(super) const ALL: &[Right] = &[$($($name),+),+];
            }
        )+

        const ALL: &[&[Right]] = &[$($module::ALL),+];
    };
}

services! {
    cloudtrail "cloudtrail" {
        Nothing: LOOKUP_EVENTS "LookupEvents";
    }
    codebuild "codebuild" {
        BuildProject: BATCH_GET_PROJECTS "BatchGetProjects";
        Nothing: LIST_PROJECTS "ListProjects";
    }
    ecs "ecs" {
        Nothing: DESCRIBE_TASK_DEFINITION "DescribeTaskDefinition", LIST_TASK_DEFINITIONS "ListTaskDefinitions";
    }
    iam "iam" {
        User:
            ATTACH_USER_POLICY "AttachUserPolicy",
            CREATE_ACCESS_KEY "CreateAccessKey",
            DELETE_ACCESS_KEY "DeleteAccessKey",
            DELETE_LOGIN_PROFILE "DeleteLoginProfile",
            DELETE_USER_PERMISSIONS_BOUNDARY "DeleteUserPermissionsBoundary",
            DELETE_USER_POLICY "DeleteUserPolicy",
            DETACH_USER_POLICY "DetachUserPolicy",
            GET_ACCESS_KEY_LAST_USED "GetAccessKeyLastUsed",
            GET_LOGIN_PROFILE "GetLoginProfile",
            GET_USER "GetUser",
            GET_USER_POLICY "GetUserPolicy",
            LIST_ACCESS_KEYS "ListAccessKeys",
            LIST_ATTACHED_USER_POLICIES "ListAttachedUserPolicies",
            LIST_GROUPS_FOR_USER "ListGroupsForUser",
            LIST_SERVICE_SPECIFIC_CREDENTIALS "ListServiceSpecificCredentials",
            LIST_SIGNING_CERTIFICATES "ListSigningCertificates",
            LIST_SSH_PUBLIC_KEYS "ListSSHPublicKeys",
            LIST_USER_POLICIES "ListUserPolicies",
            PUT_USER_PERMISSIONS_BOUNDARY "PutUserPermissionsBoundary",
            PUT_USER_POLICY "PutUserPolicy",
            TAG_USER "TagUser",
            UNTAG_USER "UntagUser",
            UPDATE_ACCESS_KEY "UpdateAccessKey",
            UPDATE_SERVICE_SPECIFIC_CREDENTIAL "UpdateServiceSpecificCredential",
            UPDATE_SIGNING_CERTIFICATE "UpdateSigningCertificate",
            UPDATE_SSH_PUBLIC_KEY "UpdateSSHPublicKey";
        Group:
            GET_GROUP_POLICY "GetGroupPolicy",
            LIST_ATTACHED_GROUP_POLICIES "ListAttachedGroupPolicies",
            LIST_GROUP_POLICIES "ListGroupPolicies";
        Role:
            ATTACH_ROLE_POLICY "AttachRolePolicy",
            DELETE_ROLE_PERMISSIONS_BOUNDARY "DeleteRolePermissionsBoundary",
            DELETE_ROLE_POLICY "DeleteRolePolicy",
            DETACH_ROLE_POLICY "DetachRolePolicy",
            GET_ROLE "GetRole",
            GET_ROLE_POLICY "GetRolePolicy",
            LIST_ATTACHED_ROLE_POLICIES "ListAttachedRolePolicies",
            LIST_ROLE_POLICIES "ListRolePolicies",
            PUT_ROLE_PERMISSIONS_BOUNDARY "PutRolePermissionsBoundary",
            PUT_ROLE_POLICY "PutRolePolicy",
            UPDATE_ASSUME_ROLE_POLICY "UpdateAssumeRolePolicy";
        Policy:
            CREATE_POLICY_VERSION "CreatePolicyVersion",
            DELETE_POLICY_VERSION "DeletePolicyVersion",
            SET_DEFAULT_POLICY_VERSION "SetDefaultPolicyVersion";
        AnyPolicy:
            GET_POLICY "GetPolicy",
            GET_POLICY_VERSION "GetPolicyVersion",
            LIST_POLICY_VERSIONS "ListPolicyVersions";
        Nothing:
            GET_ACCOUNT_AUTHORIZATION_DETAILS "GetAccountAuthorizationDetails",
            LIST_ROLES "ListRoles",
            LIST_USERS "ListUsers";
    }
    identitystore "identitystore" {
        Directory:
            CREATE_GROUP_MEMBERSHIP "CreateGroupMembership",
            DELETE_GROUP_MEMBERSHIP "DeleteGroupMembership",
            DESCRIBE_USER "DescribeUser",
            LIST_GROUP_MEMBERSHIPS_FOR_MEMBER "ListGroupMembershipsForMember";
    }
    lambda "lambda" {
        RotationFunction: INVOKE_ROTATION "InvokeFunction";
        OwnRotation: INVOKE_OWN_ROTATION "InvokeFunction";
        CopiesSearch: INVOKE_COPIES_SEARCH "InvokeFunction";
        OwnResponder: INVOKE_RESPONDER "InvokeFunction";
        Nothing: LIST_FUNCTIONS "ListFunctions";
    }
    organizations "organizations" {
        Organization:
            ATTACH_POLICY "AttachPolicy",
            DELETE_POLICY "DeletePolicy",
            DESCRIBE_POLICY "DescribePolicy",
            DETACH_POLICY "DetachPolicy",
            LIST_POLICIES_FOR_TARGET "ListPoliciesForTarget",
            TAG_RESOURCE "TagResource",
            UPDATE_POLICY "UpdatePolicy";
        Nothing: CREATE_POLICY "CreatePolicy", LIST_POLICIES "ListPolicies";
    }
    rolesanywhere "rolesanywhere" {
        Profile:
            DISABLE_PROFILE "DisableProfile",
            ENABLE_PROFILE "EnableProfile",
            GET_PROFILE "GetProfile",
            UPDATE_PROFILE "UpdateProfile";
        Nothing: LIST_PROFILES "ListProfiles";
    }
    secretsmanager "secretsmanager" {
        SecretAnywhere: DESCRIBE_SECRET "DescribeSecret";
        Secret:
            GET_SECRET_VALUE "GetSecretValue",
            PUT_SECRET_VALUE "PutSecretValue",
            ROTATE_SECRET "RotateSecret",
            UPDATE_SECRET_VERSION_STAGE "UpdateSecretVersionStage";
        OwnSecret: CREATE_SECRET "CreateSecret", TAG_RESOURCE "TagResource";
        Nothing: BATCH_GET_SECRET_VALUE "BatchGetSecretValue", LIST_SECRETS "ListSecrets";
    }
    sso "sso" {
        Directory:
            CREATE_ACCOUNT_ASSIGNMENT "CreateAccountAssignment",
            DELETE_ACCOUNT_ASSIGNMENT "DeleteAccountAssignment",
            DESCRIBE_ACCOUNT_ASSIGNMENT_CREATION_STATUS "DescribeAccountAssignmentCreationStatus",
            DESCRIBE_ACCOUNT_ASSIGNMENT_DELETION_STATUS "DescribeAccountAssignmentDeletionStatus",
            LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL "ListAccountAssignmentsForPrincipal";
        Nothing: LIST_INSTANCES "ListInstances";
    }
    ssm "ssm" {
        Parameter:
            GET_PARAMETER "GetParameter",
            GET_PARAMETERS "GetParameters",
            GET_PARAMETERS_BY_PATH "GetParametersByPath";
    }
}
