//! AWS's own managed policies, abridged: what Severance and attackers meet.

/// The ARNs, and the documents as far as something here asks for what they say.
pub(super) const MANAGED: &[(&str, &str)] = &[
    (
        "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["cloudtrail:LookupEvents","ec2:RequestSpotInstances","ec2:RunInstances","ec2:StartInstances","iam:AddUserToGroup","iam:AttachGroupPolicy","iam:AttachRolePolicy","iam:AttachUserPolicy","iam:ChangePassword","iam:CreateAccessKey","iam:CreateInstanceProfile","iam:CreateLoginProfile","iam:CreatePolicyVersion","iam:CreateRole","iam:CreateUser","iam:DetachUserPolicy","iam:PassRole","iam:PutGroupPolicy","iam:PutRolePolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy","iam:SetDefaultPolicyVersion","iam:UpdateAccessKey","iam:UpdateAccountPasswordPolicy","iam:UpdateAssumeRolePolicy","iam:UpdateLoginProfile","iam:UpdateUser","lambda:AddPermission","lambda:CreateFunction","lambda:InvokeFunction","lambda:UpdateFunctionCode","organizations:CreateAccount","organizations:CreateOrganization","organizations:InviteAccountToOrganization","s3:DeleteBucket","s3:DeleteObject","s3:PutBucketPolicy","s3:PutLifecycleConfiguration"],"Resource":["*"]}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["bedrock:CreateModelInvocationJob","bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream","bedrock:PutFoundationModelEntitlement","cloudtrail:LookupEvents","ec2:RequestSpotInstances","ec2:RunInstances","ec2:StartInstances","ecs:RunTask","iam:AddUserToGroup","iam:AttachGroupPolicy","iam:AttachRolePolicy","iam:AttachUserPolicy","iam:ChangePassword","iam:CreateAccessKey","iam:CreateInstanceProfile","iam:CreateLoginProfile","iam:CreatePolicyVersion","iam:CreateRole","iam:CreateUser","iam:DetachUserPolicy","iam:PassRole","iam:PutGroupPolicy","iam:PutRolePolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy","iam:SetDefaultPolicyVersion","iam:UpdateAccessKey","iam:UpdateAccountPasswordPolicy","iam:UpdateAssumeRolePolicy","iam:UpdateLoginProfile","iam:UpdateUser","lambda:AddPermission","lambda:CreateFunction","lambda:InvokeFunction","lambda:UpdateFunctionCode","organizations:CreateAccount","organizations:CreateOrganization","organizations:InviteAccountToOrganization","s3:DeleteBucket","s3:DeleteObject","s3:PutBucketPolicy","s3:PutLifecycleConfiguration","ses:SendEmail","ses:SendRawEmail","sts:GetFederationToken","sts:GetSessionToken"],"Resource":["*"]}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV4",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["bedrock:CreateModelInvocationJob","bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream","bedrock:PutFoundationModelEntitlement","cloudtrail:LookupEvents","ec2:RequestSpotInstances","ec2:RunInstances","ec2:StartInstances","ecs:RunTask","iam:AddUserToGroup","iam:AttachGroupPolicy","iam:AttachRolePolicy","iam:AttachUserPolicy","iam:ChangePassword","iam:CreateAccessKey","iam:CreateInstanceProfile","iam:CreateLoginProfile","iam:CreatePolicyVersion","iam:CreateRole","iam:CreateServiceSpecificCredential","iam:CreateUser","iam:DetachUserPolicy","iam:PassRole","iam:PutGroupPolicy","iam:PutRolePolicy","iam:PutUserPermissionsBoundary","iam:PutUserPolicy","iam:SetDefaultPolicyVersion","iam:UpdateAccessKey","iam:UpdateAccountPasswordPolicy","iam:UpdateAssumeRolePolicy","iam:UpdateLoginProfile","iam:UpdateUser","lambda:AddPermission","lambda:CreateFunction","lambda:InvokeFunction","lambda:UpdateFunctionCode","organizations:CreateAccount","organizations:CreateOrganization","organizations:InviteAccountToOrganization","s3:DeleteBucket","s3:DeleteObject","s3:PutBucketPolicy","s3:PutLifecycleConfiguration","ses:SendEmail","ses:SendRawEmail","sts:GetFederationToken","sts:GetSessionToken"],"Resource":["*"]}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/AWSDenyAll",
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":["*"],"Resource":"*"}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/AdministratorAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/IAMFullAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListPolicies","organizations:ListTargetsForPolicy"],"Resource":"*"}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/PowerUserAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},{"Effect":"Allow","Action":["account:GetAccountInformation","account:GetPrimaryEmail","account:ListRegions","iam:CreateServiceLinkedRole","iam:DeleteServiceLinkedRole","iam:ListRoles","organizations:DescribeOrganization"],"Resource":"*"}]}"#,
    ),
    (
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["cloudtrail:Describe*","cloudtrail:Get*","cloudtrail:List*","cloudtrail:LookupEvents","dynamodb:BatchGet*","dynamodb:Describe*","dynamodb:Get*","dynamodb:List*","dynamodb:Query","dynamodb:Scan","ec2:Describe*","iam:Generate*","iam:Get*","iam:List*","iam:Simulate*","identitystore:Describe*","identitystore:Get*","identitystore:List*","kms:Describe*","kms:Get*","kms:List*","lambda:Get*","lambda:List*","organizations:Describe*","organizations:List*","rolesanywhere:Get*","rolesanywhere:List*","s3:Get*","s3:List*","secretsmanager:DescribeSecret","secretsmanager:GetResourcePolicy","secretsmanager:List*","sns:Get*","sns:List*","sso:Describe*","sso:Get*","sso:List*","sts:GetAccessKeyInfo","sts:GetCallerIdentity","sts:GetSessionToken"],"Resource":"*"}]}"#,
    ),
];

/// The document of a policy of AWS's own; None for what is not modelled.
pub fn managed_document(arn: &str) -> Option<&'static str> {
    MANAGED.iter().find(|(of, _)| *of == arn).map(|(_, document)| *document)
}

#[cfg(test)]
mod tests {
    use super::super::documents::{Grammar, read};
    use super::*;

    #[test]
    fn aws_s_own_policies_are_policies_in_the_order_of_their_arns() {
        for (arn, document) in MANAGED {
            read(document, Grammar::Identity).unwrap_or_else(|refusal| panic!("{arn}: {refusal:?}"));
        }
        assert!(MANAGED.is_sorted_by_key(|(arn, _)| arn));
        assert_eq!(managed_document("arn:aws:iam::aws:policy/Nothing"), None);
    }
}
