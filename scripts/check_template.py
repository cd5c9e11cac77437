#!/usr/bin/env python3
"""Hold template.yaml to what no emulator keeps: encryption, retention, rights, alarms; and the member accounts' role to it.

    check_template.py [TEMPLATE [MEMBER-TEMPLATE]]

cfn-lint knows what CloudFormation takes; a deployment into the emulator shows that the parts fit together. Neither notices
when a key, a lock, a queue or an alarm is gone. Each failure names the resource and what is expected of it.

Exit codes: 0 all hold, 1 something does not, or the template cannot be read.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

REPO = Path(__file__).resolve().parent.parent
DEFAULTS = {
    "Architecture": "arm64",
    "Mode": "observe",
    "OwnerTagKeys": "severance:owner,owner,Owner",
    "ClassTagKeys": "severance:class,class",
    "EnvironmentTagKeys": "severance:environment,environment,env,Environment",
    "CriticalityTagKeys": "severance:criticality,criticality",
    "ExpiryTagKeys": "severance:expires-on,expires-on",
    "ReviewByTagKeys": "severance:review-by",
    "ProfilePrecedence": "tags",
    "OrganizationalUnits": "",
    "BreakerAccountLimit": "50",
    "BreakerOrganizationLimit": "200",
    "BreakerWindowMinutes": "60",
    "EscalateHours": "24",
    "ReviewHours": "72",
    "ExemptionMaxDays": "90",
    "RecertifyDays": "365",
    "WatchSchedule": "rate(15 minutes)",
    "MemberRoleName": "",
    "MemberExternalId": "",
    "MemberAccounts": "",
    "StaleKeyDays": "90",
    "UnusedKeyDays": "45",
    "CaseRetentionDays": "400",
    "SettleSeconds": "5",
    "Looks": "3",
    "TrailHours": "24",
    "RolesAnywhereRegions": "",
    "IdentityCenter": "false",
    "ScpQuarantine": "false",
    "ManagementAccount": "",
    "ResponderUrl": "false",
    "RotateDays": "90",
    "SecretsKeyArn": "",
    "CopiesSearch": "false",
    "CutoverQuiet": "workload=30m,agent=30m,pipeline=26h,*=168h",
    "CutoverDeadline": "workload=168h,agent=168h,*=720h",
    "CutoverDeletion": "168h",
}
"""What a stack does that nobody set up. The functions have the same defaults (crates/aws/src/config.rs)."""
SETTINGS = {
    "SEVERANCE_MODE": "Mode",
    "SEVERANCE_ALARM_TOPIC": "AlarmTopic",
    "SEVERANCE_OWNER_TAGS": "OwnerTagKeys",
    "SEVERANCE_CLASS_TAGS": "ClassTagKeys",
    "SEVERANCE_ENVIRONMENT_TAGS": "EnvironmentTagKeys",
    "SEVERANCE_CRITICALITY_TAGS": "CriticalityTagKeys",
    "SEVERANCE_EXPIRY_TAGS": "ExpiryTagKeys",
    "SEVERANCE_REVIEW_BY_TAGS": "ReviewByTagKeys",
    "SEVERANCE_PRECEDENCE": "ProfilePrecedence",
    "SEVERANCE_ORGANIZATIONAL_UNITS": "OrganizationalUnits",
    "SEVERANCE_BREAKER_ACCOUNT_LIMIT": "BreakerAccountLimit",
    "SEVERANCE_BREAKER_ORGANIZATION_LIMIT": "BreakerOrganizationLimit",
    "SEVERANCE_BREAKER_MINUTES": "BreakerWindowMinutes",
    "SEVERANCE_ESCALATE_HOURS": "EscalateHours",
    "SEVERANCE_REVIEW_HOURS": "ReviewHours",
    "SEVERANCE_EXEMPTION_MAX_DAYS": "ExemptionMaxDays",
    "SEVERANCE_RECERTIFY_DAYS": "RecertifyDays",
    "SEVERANCE_MEMBER_ROLE": "MemberRoleName",
    "SEVERANCE_MEMBER_EXTERNAL_ID": "MemberExternalId",
    "SEVERANCE_MEMBER_ACCOUNTS": "MemberAccounts",
    "SEVERANCE_STALE_DAYS": "StaleKeyDays",
    "SEVERANCE_UNUSED_DAYS": "UnusedKeyDays",
    "SEVERANCE_CASE_DAYS": "CaseRetentionDays",
    "SEVERANCE_SETTLE_SECONDS": "SettleSeconds",
    "SEVERANCE_LOOKS": "Looks",
    "SEVERANCE_TRAIL_HOURS": "TrailHours",
    "SEVERANCE_REGIONS": "RolesAnywhereRegions",
    "SEVERANCE_IDENTITY_CENTER": "IdentityCenter",
    "SEVERANCE_SCP_QUARANTINE": "ScpQuarantine",
    "SEVERANCE_MANAGEMENT_ACCOUNT": "ManagementAccount",
    "SEVERANCE_ROTATE_DAYS": "RotateDays",
    "SEVERANCE_SECRETS_KEY": "SecretsKeyArn",
    "SEVERANCE_CUTOVER_QUIET": "CutoverQuiet",
    "SEVERANCE_CUTOVER_DEADLINE": "CutoverDeadline",
    "SEVERANCE_CUTOVER_DELETION": "CutoverDeletion",
}
"""Variable of every function → what it refers to. A function that misses one would quietly go by its default."""
NOT_FOR_FUNCTIONS = {
    "AlarmEmail",
    "Architecture",
    "BusName",
    "CopiesSearch",
    "EndpointUrl",
    "EvidenceRetentionDays",
    "EvidenceRetentionMode",
    "LogRetentionDays",
    "OktaEventBusName",
    "ReservedConcurrency",
    "ResponderUrl",
    "RotationFunctionArns",
    "SecurityHubActionId",
    "WatchSchedule",
}
"""Parameters that shape the stack and say nothing to the code."""
RESPONDER = "ResponderFunction"
"""The one function that keeps the guardrails: only it deletes, and only it writes the registry."""
RESPONDER_URL = "ResponderUrlFunction"
"""The same program behind a URL: what it is told of its caller is in the payload, so nobody else may write one."""
ROTATION = "SecretRotationFunction"
"""The one function that makes access keys: asked by Secrets Manager, step by step, and by nobody else."""
COPIES = "CopiesSearchFunction"
"""The one function that may read all secrets: there only if somebody said so, and asked by the responder and by few people."""
COPIES_INVOKE = "CopiesInvokePolicy"
"""What lets them ask."""
TOOLS = (ROTATION, COPIES)
"""They react to nothing: no case, no evidence, and nothing of what the others may do to identities."""
SYNCHRONOUS = (RESPONDER_URL, ROTATION)
"""Whoever asks them waits for the answer: nothing is retried or kept by Lambda."""
OWN_SECRETS = "secret:severance/*"
"""The names of the secrets that adoption makes."""
RECORD = "RecordPolicy"
CONTAIN = "ContainPolicy"
POLICY_LIMIT = 6_144
"""Characters of a managed policy without white space (the quotas of IAM)."""
LONGEST = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "0" * 12,
    "AWS::URLSuffix": "amazonaws.com",
    # A function's name has 64 characters, and -posture-finding is the longest of those that the stack's precedes.
    "AWS::StackName": "s" * 48,
    "MemberRoleName": "r" * 64,
    "MemberExternalId": "e" * 64,
    "MemberAccounts": ",".join(["0" * 12] * 20),
}
"""What stands in a policy for a reference, where it may be long."""
TICK = REPO / "events" / "responder" / "tick.json"
WITHOUT_RESOURCE = {
    "cloudtrail:LookupEvents",
    "codebuild:ListProjects",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    "iam:GetAccountAuthorizationDetails",
    "iam:ListRoles",
    "iam:ListUsers",
    "lambda:ListFunctions",
    "organizations:CreatePolicy",
    "organizations:ListPolicies",
    "rolesanywhere:ListProfiles",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:ListSecrets",
    "sso:ListInstances",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""AWS knows no resource for these. Nothing else may be allowed on "*", but what follows."""
OF_DIRECTORY = {
    "identitystore:CreateGroupMembership",
    "identitystore:DeleteGroupMembership",
    "identitystore:DescribeUser",
    "identitystore:ListGroupMembershipsForMember",
    "sso:CreateAccountAssignment",
    "sso:DeleteAccountAssignment",
    "sso:DescribeAccountAssignmentCreationStatus",
    "sso:DescribeAccountAssignmentDeletionStatus",
    "sso:ListAccountAssignmentsForPrincipal",
}
"""The ids of these resources nobody has before they are listed. Only where the stack administers the directory."""
OPTIONAL = {"identitystore": "HasIdentityCenter", "organizations": "HasScpQuarantine", "sso": "HasIdentityCenter"}
"""Services that only a stack that was told to may use, by the condition that says so."""
GIVES_BACK = (
    "iam:Delete*Policy",
    "iam:DeletePolicyVersion",
    "iam:Untag*",
    "identitystore:Create*",
    "organizations:*",
    "rolesanywhere:Create*",
    "rolesanywhere:Enable*",
    "sso:Create*",
    "sso:DescribeAccountAssignmentCreationStatus",
    "*:Create*Assignment*",
    "*:Create*Membership",
)
"""What no event may make a function do: it gives access back, or binds a whole account."""
GIVES_ACCESS = ("iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Remove*")
"""Of these verbs, all that any of the functions may do is in MEMBER_MAY."""
OF_LEAVERS = ("iam:GetAccountAuthorizationDetails", "identitystore:*", "secretsmanager:ListSecrets", "sso:*")
"""What leavers own, and their place in the directory: not reached from a finding."""
BY_HAND = {"iam:DeleteAccessKey", "secretsmanager:CreateSecret", "secretsmanager:TagResource"}
"""What becomes of managed keys, by the responder alone and in its own account: rotations run where the stack is."""
KEY_CREATION_MAY = {"iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys", "iam:UpdateAccessKey"}
CODE = (
    "crates/aws/src/countermeasures/*.rs",
    "crates/aws/src/identity/*.rs",
    "crates/aws/src/identity.rs",
    "crates/aws/src/trail.rs",
)
"""Where the code names the actions that it calls on identities."""
CALLED = re.compile(r'"((?:cloudtrail|iam|identitystore|organizations|rolesanywhere|secretsmanager|sso):[A-Z]\w+)"')
TOOL_CODE = {
    ROTATION: ("functions/secret-rotation", ("crates/aws/src/rotation/*.rs", "crates/aws/src/rotation.rs", "crates/aws/src/trail.rs")),
    COPIES: ("functions/copies-search", ("crates/aws/src/copies/*.rs", "crates/aws/src/copies.rs")),
}
"""Where the code of a tool lives, and where it names the actions that it calls."""
TOOL_CALLED = re.compile(r'"((?:cloudtrail|codebuild|ecs|iam|lambda|secretsmanager|ssm):[A-Z]\w+)"')
OF_ASKERS = {"crates/aws/src/copies/ask.rs"}
"""Beside the code of a tool, and of who asks it."""
IMPLIED = {"secretsmanager:BatchGetSecretValue": "secretsmanager:GetSecretValue"}
"""What a call asks for beside itself."""
CONDITION_KEYS = {"identitystore:UserId"}
"""What CALLED takes for an action and is none."""
IN_MEMBERS = ("cloudtrail:", "iam:", "lambda:", "rolesanywhere:", "secretsmanager:")
"""Services in which the hub's own roles and the one in members may do the same: the code does not differ."""
METRICS_PER_ALARM = 10
"""CloudWatch's limit for an alarm that computes."""
DELIVERY_METRICS = ("FailedInvocations", "InvocationsFailedToBeSentToDlq")
TABLE_WRITES = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
TABLE_READS = {"dynamodb:GetItem", "dynamodb:Query"}
DELETABLE = {"CUTOVERS", "GUARDRAILS", "NOTICES", "REGISTRY", "REVIEWS", "ROTATIONS"}
"""The table's partitions but CASE#…, ROTATION#… and COPIES#…: a case goes by its time to live, and by nothing else."""
KEPT_BY_RESPONDER = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
QUEUE_METRICS = ("ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent")
MEMBER_ROLE = "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"
"""The one thing in other accounts that the functions may name."""
SOURCE_IDENTITY = {"sts:SourceIdentity": "sev-*"}
"""How every source identity begins (crates/aws/src/sessions.rs)."""
SELF_DENIED = ("iam:Add*", "iam:Attach*", "iam:Create*", "iam:Delete*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Update*")
MEMBER_NEVER = ("Create", "Attach", "Detach", "Delete", "Put", "PassRole")
"""Verbs of iam: that give access or end it for good; the few that containment takes are MEMBER_MAY."""
MEMBER_MAY = {
    "iam:CreatePolicyVersion",
    "iam:DeleteLoginProfile",
    "iam:DeleteRolePolicy",
    "iam:DeleteUserPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
}
RETAINED = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key")


@dataclass(frozen=True)
class Rule:
    """A rule of EventBridge: an event of a function, or a resource."""

    label: str
    name: Any
    bus: Any
    condition: str | None
    targets: list[dict[str, Any]]


@dataclass(frozen=True)
class Watched:
    """A metric that decides over an alarm, while the alarm exists and its name is heard."""

    namespace: Any
    metric: Any
    dimensions: dict[str, Any]
    condition: str | None


@dataclass
class Checks:
    """All there is to say about one template."""

    template: dict[str, Any]
    held: int = 0
    failures: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    def expect(self, holds: bool, resource: str, expected: str) -> None:
        if holds:
            self.held += 1
        else:
            self.failures.append(f"{resource}: expected {expected}")

    def run(self) -> None:
        self.parameters()
        self.tables()
        self.evidence()
        self.messages()
        self.functions()
        self.rules()
        self.alarms()
        self.rights()
        self.table_rights()
        self.own_roles()
        self.containment()
        self.policy_sizes()
        self.member_accounts()
        self.responder()
        self.responder_url()
        self.rotation()
        self.copies()
        for kind in RETAINED:
            for name, resource in self.of_type(kind):
                kept = {resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")} == {"Retain"}
                self.expect(kept, name, "DeletionPolicy and UpdateReplacePolicy Retain")

    # ── What is checked ──────────────────────────────────────────────────────────────────────────────────────────────

    def parameters(self) -> None:
        for parameter, default in DEFAULTS.items():
            found = at(self.template, "Parameters", parameter, "Default")
            self.expect(str(found) == default, f"parameter {parameter}", f"default {default!r}, found {found!r}")
        modes = at(self.template, "Parameters", "Mode", "AllowedValues")
        self.expect(modes == ["observe", "review", "enforce"], "parameter Mode", f"observe, review, enforce; found {modes}")
        groups = at(self.template, "Metadata", "AWS::CloudFormation::Interface", "ParameterGroups") or []
        shown = sorted(name for group in groups for name in group.get("Parameters", []))
        declared = sorted(self.template.get("Parameters", {}))
        self.expect(shown == declared, "ParameterGroups", f"each parameter once; differ in {sorted(set(shown) ^ set(declared))}")

        silent = sorted(set(declared) - set(SETTINGS.values()) - NOT_FOR_FUNCTIONS)
        self.expect(not silent, "Parameters", f"a variable of the functions (SETTINGS) for each that says something to them: {silent}")

    def tables(self) -> None:
        for name, properties in self.some("AWS::DynamoDB::Table"):
            sse = properties.get("SSESpecification", {})
            encrypted = is_true(sse.get("SSEEnabled")) and sse.get("SSEType") == "KMS"
            self.expect(encrypted and self.is_key(sse.get("KMSMasterKeyId")), name, "SSE by KMS with a key of this stack")
            recovery = at(properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
            self.expect(is_true(recovery), name, "point-in-time recovery")
            ttl = properties.get("TimeToLiveSpecification", {})
            right = ttl.get("AttributeName") == "expires_at" and is_true(ttl.get("Enabled"))
            self.expect(right, name, "time to live by the attribute expires_at")
            self.expect(is_true(properties.get("DeletionProtectionEnabled")), name, "deletion protection")

    def evidence(self) -> None:
        role_names = sorted(str(self.role_name(role)) for role in self.reacting_roles())
        for name, properties in self.some("AWS::S3::Bucket"):
            self.expect(at(properties, "VersioningConfiguration", "Status") == "Enabled", name, "versioning")
            self.expect(is_true(properties.get("ObjectLockEnabled")), name, "ObjectLockEnabled")
            lock = properties.get("ObjectLockConfiguration", {})
            retention = at(lock, "Rule", "DefaultRetention") or {}
            days = retention.get("Days") or retention.get("Years")
            locked = lock.get("ObjectLockEnabled") == "Enabled" and bool(retention.get("Mode")) and bool(days)
            self.expect(locked, name, "an object lock with a default retention: mode and days")
            for block in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
                self.expect(is_true(at(properties, "PublicAccessBlockConfiguration", block)), name, block)
            defaults = [
                rule.get("ServerSideEncryptionByDefault", {})
                for rule in at(properties, "BucketEncryption", "ServerSideEncryptionConfiguration") or []
            ]
            encrypted = any(d.get("SSEAlgorithm") == "aws:kms" and self.is_key(d.get("KMSMasterKeyID")) for d in defaults)
            self.expect(encrypted, name, "default encryption aws:kms with a key of this stack")
            self.expect("LifecycleConfiguration" not in properties, name, "no lifecycle rules, which its policy cannot bind")

            denies = [
                statement
                for _, policy in self.of_type("AWS::S3::BucketPolicy")
                if at(policy, "Properties", "Bucket") == {"Ref": name}
                for statement in listed(at(policy, "Properties", "PolicyDocument", "Statement"))
                if statement.get("Effect") == "Deny" and statement.get("Principal") == "*"
            ]
            insecure = {"Bool": {"aws:SecureTransport": "false"}}
            everything = [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
            tls = any(
                listed(d.get("Action")) == ["s3:*"]
                and d.get("Condition") == insecure
                and all(resource in listed(d.get("Resource")) for resource in everything)
                for d in denies
            )
            self.expect(tls, name, "a policy that denies s3:* without TLS, on the bucket and its objects")
            objects = [{"Fn::Sub": f"${{{name}.Arn}}/evidence/*"}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
            hides = any(
                "s3:DeleteObject" in listed(d.get("Action"))
                and "Condition" not in d
                and any(resource in objects for resource in listed(d.get("Resource")))
                for d in denies
            )
            self.expect(hides, name, "a policy that denies everybody s3:DeleteObject on evidence/*, without a condition")
            bypass = any(
                {"s3:BypassGovernanceRetention", "s3:PutObjectRetention"} <= set(listed(d.get("Action")))
                and "Condition" not in d
                and everything[1] in listed(d.get("Resource"))
                for d in denies
            )
            self.expect(bypass, name, "a policy that denies everybody s3:BypassGovernanceRetention and s3:PutObjectRetention")
            writers = [
                sorted(end_of(arn) for arn in listed(at(d, "Condition", "ArnNotEquals", "aws:PrincipalArn")))
                for d in denies
                if "s3:PutObject" in listed(d.get("Action")) and everything[1] in listed(d.get("Resource"))
            ]
            self.expect(role_names in writers, name, "a policy that denies s3:PutObject to all but the functions' roles, by their full names")

    def messages(self) -> None:
        for kind in ("AWS::SNS::Topic", "AWS::SQS::Queue"):
            for name, properties in self.some(kind):
                self.expect(self.is_key(properties.get("KmsMasterKeyId")), name, "KmsMasterKeyId, a key of this stack")

    def functions(self) -> None:
        common = at(self.template, "Globals", "Function") or {}
        roles: set[str] = set()
        groups: set[str] = set()
        for name, own in self.some("AWS::Serverless::Function"):
            properties = {**common, **own}
            self.expect(properties.get("Tracing") == "Active", name, "Tracing Active")
            architecture = properties.get("Architectures") == [{"Ref": "Architecture"}]
            self.expect(architecture, name, "Architectures by the parameter Architecture")
            # SAM merges a function's own variables over the common ones.
            variables = {**(at(common, "Environment", "Variables") or {}), **(at(own, "Environment", "Variables") or {})}
            for variable, source in SETTINGS.items():
                self.expect(variables.get(variable) == {"Ref": source}, name, f"{variable} by {source}")
            # By name, as a function cannot refer to itself.
            own = self.arn_of(ROTATION)
            self.expect(variables.get("SEVERANCE_ROTATION_FUNCTION") == own, name, f"SEVERANCE_ROTATION_FUNCTION, {own}")
            asked = {"Fn::If": ["HasCopiesSearch", self.arn_of(COPIES), ""]} if name in (RESPONDER, RESPONDER_URL) else None
            found = variables.get("SEVERANCE_COPIES_FUNCTION")
            self.expect(found == asked, name, f"SEVERANCE_COPIES_FUNCTION {asked}, which the responder alone asks; found {found}")

            door = variables.get("SEVERANCE_DOOR")
            right = door == "url" if name == RESPONDER_URL else door is None
            self.expect(right, name, f"SEVERANCE_DOOR url behind the URL and nowhere else, found {door}")
            if name == RESPONDER_URL:
                # Asked synchronously: nothing is retried, and nothing waits. Whose role and log it has, responder_url says.
                continue
            role = referred(properties.get("Role"), "Arn")
            is_own = role is not None and role not in roles and self.type_of(role) == "AWS::IAM::Role"
            self.expect(is_own, name, "a role of this stack that no other function has")
            roles.add(str(role))

            group = referred(at(properties, "LoggingConfig", "LogGroup"))
            is_own = group is not None and group not in groups and self.type_of(group) == "AWS::Logs::LogGroup"
            self.expect(is_own, name, "a log group of this stack that no other function has")
            groups.add(str(group))

            if name in SYNCHRONOUS:
                self.expect("EventInvokeConfig" not in properties, name, "no EventInvokeConfig: it is asked synchronously")
                continue
            invoke = properties.get("EventInvokeConfig", {})
            retries = invoke.get("MaximumRetryAttempts")
            self.expect(str(retries) in ("1", "2"), name, "EventInvokeConfig with MaximumRetryAttempts 1 or 2")
            failure = at(invoke, "DestinationConfig", "OnFailure") or {}
            queue = failure.get("Type") == "SQS" and self.is_queue(failure.get("Destination"))
            self.expect(queue, name, "EventInvokeConfig with an OnFailure queue of this stack")

        for name, properties in self.some("AWS::Logs::LogGroup"):
            self.expect(bool(properties.get("RetentionInDays")), name, "RetentionInDays")
            self.expect(self.is_key(properties.get("KmsKeyId")), name, "KmsKeyId, a key of this stack")

    def rules(self) -> None:
        for rule in self.all_rules():
            self.expect(bool(rule.name), rule.label, "a name, by which an alarm can watch it")
            self.expect(bool(rule.targets), rule.label, "a target")
            for target in rule.targets:
                retry = target.get("RetryPolicy", {})
                bounded = all(retry.get(key) for key in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"))
                self.expect(bounded, rule.label, "RetryPolicy with retries and an age")
                queue = at(target, "DeadLetterConfig", "Arn")
                self.expect(self.is_queue(queue), rule.label, "DeadLetterConfig with a queue of this stack")

    def alarms(self) -> None:
        watched = list(self.watched())

        def expect_alarm(what: str, condition: str | None, namespace: str, metric: str, dimensions: dict[str, Any]) -> None:
            found = any(
                (w.namespace, w.metric, w.dimensions) == (namespace, metric, dimensions)
                and w.condition in (None, condition)
                for w in watched
            )
            self.expect(found, what, f"an alarm on {namespace} {metric} that goes off at the first (>= 1 in 1 period)")

        for name, queue in self.of_type("AWS::SQS::Queue"):
            for metric in QUEUE_METRICS:
                dimensions = {"QueueName": {"Fn::GetAtt": [name, "QueueName"]}}
                expect_alarm(name, queue.get("Condition"), "AWS/SQS", metric, dimensions)
        for name, function in self.of_type("AWS::Serverless::Function"):
            asynchronous = () if name in SYNCHRONOUS else ("DestinationDeliveryFailures",)
            for metric in ("Errors", "Throttles", *asynchronous):
                expect_alarm(name, function.get("Condition"), "AWS/Lambda", metric, {"FunctionName": {"Ref": name}})
        for rule in self.all_rules():
            # The default bus is no dimension.
            dimensions = {"RuleName": rule.name} | ({"EventBusName": rule.bus} if rule.bus else {})
            for metric in DELIVERY_METRICS:
                expect_alarm(rule.label, rule.condition, "AWS/Events", metric, dimensions)
        published = {
            referred(resource)
            for _, policy in self.of_type("AWS::IAM::ManagedPolicy")
            for statement in listed(at(policy, "Properties", "PolicyDocument", "Statement"))
            if statement.get("Effect") == "Allow" and "sns:Publish" in listed(statement.get("Action"))
            for resource in listed(statement.get("Resource"))
        }
        self.expect(bool(published), "template", "a topic that the functions may publish to")
        for name in sorted(str(topic) for topic in published):
            dimensions = {"TopicName": {"Fn::GetAtt": [name, "TopicName"]}}
            expect_alarm(name, None, "AWS/SNS", "NumberOfNotificationsFailed", dimensions)

    def rights(self) -> None:
        for name, resource in self.resources().items():
            kind = str(resource.get("Type"))
            for optional, statement in branches(resource.get("Properties")):
                label = f"{name} {statement['Sid']}" if "Sid" in statement else name
                effect = statement.get("Effect")
                self.expect(effect in ("Allow", "Deny"), label, "an effect that does not depend on anything")
                if effect == "Deny":
                    continue
                inverted = [key for key in ("NotAction", "NotPrincipal", "NotResource") if key in statement]
                self.expect(not inverted, label, f"to name what it allows, not {' '.join(inverted)}")
                if kind == "AWS::KMS::Key":
                    # "*" is the key itself.
                    continue
                actions = list(texts(statement.get("Action")))
                broad = [action for action in actions if "*" in action or "?" in action]
                self.expect(bool(actions) and not broad, label, f"allowed actions without wildcard, found {broad or 'none'}")
                if any(set(text) <= {"*"} for text in texts(statement.get("Resource"))):
                    others = sorted(set(actions) - WITHOUT_RESOURCE - OF_DIRECTORY)
                    self.expect(not others, label, f"a resource other than * for {' '.join(others)}")
                for service in sorted({action.partition(":")[0] for action in actions} & set(OPTIONAL)):
                    self.expect(optional == OPTIONAL[service], label, f"to be there only if {OPTIONAL[service]}")
                if any(action.startswith("organizations:") for action in actions):
                    wide = [arn for arn in texts(statement.get("Resource")) if arn != "*" and not is_account_or_scp(arn)]
                    self.expect(not wide, label, f"accounts and service control policies of the organization, found {wide}")
            if kind == "AWS::IAM::Role":
                foreign = [arn for arn in listed(at(resource, "Properties", "ManagedPolicyArns")) if not self.is_policy(arn)]
                self.expect(not foreign, name, f"no managed policies but this stack's, found {foreign}")

        guarded = ["iam:Attach*", "iam:Create*", "iam:Delete*", "iam:Detach*", "iam:PassRole", "iam:Put*", "iam:Set*", "iam:Update*"]
        # CloudFormation names them by stack, logical id and a random suffix.
        own_policies = {
            f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy/${{AWS::StackName}}-{name}-*"
            for name, policy in self.of_type("AWS::IAM::ManagedPolicy")
            if "ManagedPolicyName" not in policy.get("Properties", {})
        }
        every = {str(self.role_name(role)) for role in self.function_roles()}
        for role in self.reacting_roles():
            policies = [referred(arn) for arn in listed(at(self.resource(role), "Properties", "ManagedPolicyArns"))]
            denied: list[str] = []
            for policy in policies:
                for statement in statements(at(self.resource(str(policy)), "Properties")):
                    if statement.get("Effect") == "Deny" and "Condition" not in statement:
                        denied += [end_of(arn) for arn in listed(statement.get("Resource")) if self.covers(statement, guarded)]
            unnamed = len(list(self.of_type("AWS::IAM::ManagedPolicy"))) == len(own_policies)
            self.expect(unnamed, role, "managed policies that CloudFormation names, as the deny has them")
            open_roles = sorted(every - set(denied))
            self.expect(not open_roles, role, f"a policy that denies changes to the stack's roles by their full names, missing {open_roles}")
            missing = sorted(own_policies - set(denied))
            self.expect(not missing, role, f"a policy that denies changes to the stack's own policies, missing {missing}")
            prefixes = [name for name in denied if name.startswith("${AWS::StackName}") and name.endswith("*")]
            self.expect(not prefixes, role, f"a deny by full names, not by {' '.join(prefixes)}")

    def table_rights(self) -> None:
        """Who may do what in the table. Its partitions are the borders."""
        responder = self.role_of(RESPONDER)
        for role in self.function_roles():
            for policy, statement in self.statements_of(role):
                actions = set(texts(statement.get("Action")))
                touched = {action for action in actions if action.startswith("dynamodb:")}
                if statement.get("Effect") != "Allow" or not touched:
                    continue
                label = f"{role} through {policy} {statement.get('Sid', '')}".rstrip()
                strange = sorted(actions - TABLE_READS - TABLE_WRITES)
                self.expect(not strange, label, f"of dynamodb only what is known here, found {strange}")
                tables = [self.type_of(referred(arn, "Arn") or "") for arn in listed(statement.get("Resource"))]
                self.expect(tables == ["AWS::DynamoDB::Table"], label, "the stack's table as its only resource")
                keys = leading_keys(statement)
                if touched & (TABLE_WRITES | {"dynamodb:Query"}):
                    bound = bool(keys) and not any(key.startswith("*") for key in keys)
                    self.expect(bound, label, "a condition ForAllValues on dynamodb:LeadingKeys that names partitions")
                if role != responder:
                    kept = sorted(touched & KEPT_BY_RESPONDER)
                    self.expect(not kept, label, f"nothing that {RESPONDER} alone may do, found {kept}")
                    registry = touched & TABLE_WRITES and any(fnmatchcase("REGISTRY", key) for key in keys)
                    self.expect(not registry, label, f"no writes to the registry, which {RESPONDER} alone keeps")
                elif touched & KEPT_BY_RESPONDER:
                    self.expect(set(keys) <= DELETABLE, label, f"to delete in {sorted(DELETABLE)} only, found {keys}")

    def own_roles(self) -> None:
        """Wherever one role of the functions that react is named, in a deny or in a condition, all of them are. The tools' roles
        are named beside them only where something is denied to all of these."""
        every = {str(self.role_name(role)) for role in self.function_roles()}
        reacting = {str(self.role_name(role)) for role in self.reacting_roles()}
        for name, resource in self.resources().items():
            for statement in statements(resource.get("Properties")):
                found = {end_of(text) for text in texts(statement) if ":role/" in text} & every
                if found:
                    label = f"{name} {statement.get('Sid', '')}".rstrip()
                    expected = every if found - reacting else reacting
                    self.expect(found == expected, label, f"all the functions' roles or none, missing {sorted(expected - found)}")

    def containment(self) -> None:
        """What the functions may do to identities: what the code calls, and what gives access back is the responder's."""
        responder = str(self.role_of(RESPONDER))
        for role in self.reacting_roles():
            allowed = self.actions_of(role)
            known = MEMBER_MAY | BY_HAND if role == responder else MEMBER_MAY
            strange = sorted(action for action in allowed - known if matches(action, GIVES_ACCESS))
            self.expect(not strange, role, f"nothing that gives or ends access for good, found {strange}")
            if role != responder:
                kept = sorted(action for action in allowed if matches(action, GIVES_BACK) or action in BY_HAND)
                self.expect(not kept, role, f"nothing that gives access back, which is {RESPONDER}'s alone; found {kept}")
            for policy, statement in self.statements_of(role):
                tags = [action for action in texts(statement.get("Action")) if matches(action, ("iam:Tag*", "iam:Untag*"))]
                if statement.get("Effect") == "Allow" and tags:
                    label = f"{policy} {statement.get('Sid', '')}".rstrip()
                    managed = role == responder and tags == ["iam:TagUser"] and tags_only(statement, "severance:secret")
                    self.expect(managed or tags_quarantine(statement), label, "to tag with severance:quarantined-by alone")
        contain = {
            action
            for statement in statements(at(self.resource(CONTAIN), "Properties"))
            for action in texts(statement.get("Action"))
        }
        deleted = sorted(action for action in contain if ":Delete" in action)
        self.expect(deleted == ["iam:DeleteLoginProfile"], CONTAIN, f"to delete a password and nothing else, found {deleted}")
        back = sorted(action for action in contain if matches(action, GIVES_BACK))
        self.expect(not back, CONTAIN, f"nothing that gives access back, found {back}")
        holders = sorted(
            role
            for role in self.reacting_roles()
            if {"Ref": CONTAIN} in listed(at(self.resource(role), "Properties", "ManagedPolicyArns"))
        )
        expected = sorted(set(self.reacting_roles()) - {str(self.role_of("KeyCreationFunction"))})
        self.expect(holders == expected, CONTAIN, f"to be held by {expected}, found {holders}")
        keys = {action for action in self.actions_of(str(self.role_of("KeyCreationFunction"))) if action.startswith("iam:")}
        self.expect(keys == KEY_CREATION_MAY, "KeyCreationFunction", f"of iam {sorted(KEY_CREATION_MAY)}, found {sorted(keys)}")

        called = called_by_code()
        services = tuple({action.partition(":")[0] + ":" for action in called})
        held = {action for action in self.actions_of(responder) if action.startswith(services)}
        lacking, idle = sorted(called - held), sorted(held - called)
        on_leavers = {action for action in called - BY_HAND if not matches(action, GIVES_BACK)}
        on_findings = {action for action in on_leavers if not matches(action, OF_LEAVERS)}
        for function, expected in (("PostureFindingFunction", on_findings), ("OffboardingFunction", on_leavers)):
            differ = sorted(expected ^ {action for action in self.actions_of(str(self.role_of(function))) if action.startswith(services)})
            self.expect(not differ, function, f"to do to identities what its code calls, and no more; differ in {differ}")
        self.expect(not lacking, responder, f"all that the code calls on identities, missing {lacking}")
        self.expect(not idle, responder, f"nothing that the code does not call, found {idle}")

    def policy_sizes(self) -> None:
        for name, policy in self.of_type("AWS::IAM::ManagedPolicy"):
            document = json.dumps(rendered(at(policy, "Properties", "PolicyDocument")), separators=(",", ":"))
            size = len(re.sub(r"\s", "", document))
            self.expect(size <= POLICY_LIMIT, name, f"at most {POLICY_LIMIT} characters without white space, found {size}")

    def member_accounts(self) -> None:
        """Who may enter other accounts: the functions, as one role, saying its external id and naming a case."""
        found: dict[str, list[dict[str, Any]]] = {}
        for name, resource in self.resources().items():
            if resource.get("Type") not in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
                continue
            properties = resource.get("Properties", {})
            granted = {key: value for key, value in properties.items() if key != "AssumeRolePolicyDocument"}
            for optional, statement in branches(granted):
                for action in texts(statement.get("Action")):
                    if not action.startswith("sts:"):
                        continue
                    label = f"{name} {statement.get('Sid', '')}".rstrip()
                    self.expect(optional == "HasMemberRole", label, "to be there only if HasMemberRole")
                    resource_is = statement.get("Resource") == {"Fn::Sub": MEMBER_ROLE}
                    self.expect(resource_is, label, f"{MEMBER_ROLE} as its only resource")
                    condition = statement.get("Condition", {})
                    named_case = condition.get("StringLike") == SOURCE_IDENTITY
                    self.expect(named_case, label, f"a condition StringLike {SOURCE_IDENTITY}")
                    found.setdefault(action, []).append(condition)
        allowed = sorted(found)
        both = allowed == ["sts:AssumeRole", "sts:SetSourceIdentity"]
        self.expect(both, "template", f"to assume roles, naming the case; found {allowed}")
        for condition in found.get("sts:AssumeRole", []):
            said = at(condition, "StringEquals", "sts:ExternalId")
            self.expect(said == {"Ref": "MemberExternalId"}, "sts:AssumeRole", "a condition on sts:ExternalId by MemberExternalId")
            listed_accounts = at(condition, "StringEqualsIfExists", "Fn::If")
            narrowed = {"aws:ResourceAccount": {"Fn::Split": [",", {"Ref": "MemberAccounts"}]}}
            right = isinstance(listed_accounts, list) and listed_accounts[:2] == ["HasMemberAccounts", narrowed]
            self.expect(right, "sts:AssumeRole", "a condition on aws:ResourceAccount by MemberAccounts, where there are some")
        rule = at(self.template, "Rules", "MemberRoleNeedsExternalId", "Assertions")
        self.expect(bool(rule), "Rules", "MemberRoleNeedsExternalId: no role without an external id")

    def responder(self) -> None:
        """Who can reach the responder: the schedule and Secrets Manager, with a tick, and who has the policy for it."""
        events = at(self.resource(RESPONDER), "Properties", "Events") or {}
        kinds = sorted(str(event.get("Type")) for event in events.values())
        right = kinds == ["EventBridgeRule", "Schedule"]
        self.expect(right, RESPONDER, f"a Schedule, and a rule on rotations that have ended; found {kinds}")
        for event_name, event in events.items():
            label = f"{RESPONDER} event {event_name}"
            properties = event.get("Properties", {})
            if event.get("Type") == "Schedule":
                right = properties.get("Schedule") == {"Ref": "WatchSchedule"}
                self.expect(right, label, "Schedule by the parameter WatchSchedule")
            else:
                self.expect(at(properties, "Pattern", "source") == ["aws.secretsmanager"], label, "events of Secrets Manager alone")
                self.expect("EventBusName" not in properties, label, "the default bus, on which only AWS speaks for itself")
            try:
                sent = json.loads(str(properties.get("Input")))
                same = sent == json.loads(TICK.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                same, sent = False, error
            self.expect(same, label, f"the Input that stands in {TICK.relative_to(REPO)}, found {sent}")
        self.expect(at(self.resource(RESPONDER), "Properties", "FunctionUrlConfig") is None, RESPONDER, "no URL")
        output = referred(at(self.template, "Outputs", "InvokePolicy", "Value"))
        self.expect(self.is_policy({"Ref": output}), "output InvokePolicy", "a managed policy of this stack")
        allowed = sorted(
            (*texts_of(statement.get("Action")), str(referred(statement.get("Resource"), "Arn")), str(optional), str(statement.get("Condition")))
            for optional, statement in branches(at(self.resource(str(output)), "Properties"))
        )
        by_url = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
        url_only = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        right = sorted([
            ("lambda:InvokeFunction", RESPONDER, "None", "None"),
            ("lambda:InvokeFunctionUrl", RESPONDER_URL, "HasResponderUrl", str(by_url)),
            ("lambda:InvokeFunction", RESPONDER_URL, "HasResponderUrl", str(url_only)),
        ])
        expected = f"lambda:InvokeFunction on {RESPONDER}, and on {RESPONDER_URL} by its URL only; nothing else"
        self.expect(allowed == right, str(output), expected)
        for asked in (RESPONDER, RESPONDER_URL):
            others = sorted({
                name
                for name, resource in self.resources().items()
                if name != output
                for statement in statements(resource.get("Properties"))
                if statement.get("Effect") == "Allow" and self.reaches(statement.get("Resource"), asked)
            })
            self.expect(not others, asked, f"to be named by no policy but {output}, found {others}")
            permitted = [
                name
                for name, permission in self.of_type("AWS::Lambda::Permission")
                if self.reaches(at(permission, "Properties", "FunctionName"), asked)
            ]
            self.expect(not permitted, asked, f"no permission beside its events', found {permitted}")
        # RotationFunctionArns is anybody's pattern.
        never = {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}
        both = {"Fn::Sub": "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:${AWS::StackName}-responder*"}
        for role in self.reacting_roles():
            denied = any(
                statement.get("Effect") == "Deny"
                and "Condition" not in statement
                and never <= set(texts(statement.get("Action")))
                and both in listed(statement.get("Resource"))
                for _, statement in self.statements_of(role)
            )
            self.expect(denied, role, "a policy that denies to ask the responder, directly or by its URL")

    def responder_url(self) -> None:
        """The responder behind a URL is the same program with the same rights; who asks there, AWS IAM says."""
        url, direct = (at(self.resource(name), "Properties") or {} for name in (RESPONDER_URL, RESPONDER))
        self.expect(self.resource(RESPONDER_URL).get("Condition") == "HasResponderUrl", RESPONDER_URL, "to be there only if HasResponderUrl")
        condition = at(self.template, "Conditions", "HasResponderUrl")
        right = condition == {"Fn::Equals": [{"Ref": "ResponderUrl"}, "true"]}
        self.expect(right, "condition HasResponderUrl", "ResponderUrl is true")
        for key in ("CodeUri", "Role", "LoggingConfig", "Timeout"):
            self.expect(url.get(key) is not None and url.get(key) == direct.get(key), RESPONDER_URL, f"{key} as {RESPONDER} has it")
        auth = at(url, "FunctionUrlConfig", "AuthType")
        self.expect(auth == "AWS_IAM", RESPONDER_URL, f"a URL with AuthType AWS_IAM, found {auth}")
        self.expect("Cors" not in (url.get("FunctionUrlConfig") or {}), RESPONDER_URL, "no cross-origin requests")
        for key in ("Events", "EventInvokeConfig", "DeadLetterQueue", "AutoPublishAlias"):
            self.expect(key not in url, RESPONDER_URL, f"no {key}: it is asked synchronously, by its URL")
        others = [
            name
            for name, function in self.of_type("AWS::Serverless::Function")
            if name != RESPONDER_URL and at(function, "Properties", "FunctionUrlConfig") is not None
        ]
        others += [name for name, _ in self.of_type("AWS::Lambda::Url")]
        self.expect(not others, "template", f"no URL but that of {RESPONDER_URL}, found {others}")

    def rotation(self) -> None:
        """Rotations: a function that makes keys, on what is tagged as managed and on nothing else; and who may attach it to what."""
        role = str(self.role_of(ROTATION))
        self.tool(ROTATION)
        self.expect("Condition" not in self.resource(ROTATION), ROTATION, "to be there always: secrets depend on it")
        tagged_user = {"Null": {"aws:ResourceTag/severance:secret": "false"}}
        managed = {"StringEquals": {"secretsmanager:ResourceTag/severance:managed": "true"}}
        for _, statement in self.statements_of(role):
            label = f"{role} {statement.get('Sid', '')}".rstrip()
            actions = set(texts(statement.get("Action")))
            if any(matches(action, GIVES_ACCESS) for action in actions):
                of_users = statement.get("Resource") == {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*"}
                self.expect(of_users and statement.get("Condition") == tagged_user, label, "users that carry severance:secret, and only them")
            if any(action.startswith("secretsmanager:") for action in actions):
                self.expect(statement.get("Condition") == managed, label, "secrets tagged severance:managed=true, and only them")
            keys = leading_keys(statement)
            strange = sorted(key for key in keys if key != "CUTOVERS" and not key.startswith("ROTATION#"))
            self.expect(not strange, label, f"of the table only CUTOVERS and ROTATION#…, found {strange}")
        permitted = [
            permission.get("Properties", {})
            for _, permission in self.of_type("AWS::Lambda::Permission")
            if self.reaches(at(permission, "Properties", "FunctionName"), ROTATION)
        ]
        expected = [("secretsmanager.amazonaws.com", {"Ref": "AWS::AccountId"}, "lambda:InvokeFunction")]
        found = [(one.get("Principal"), one.get("SourceAccount"), one.get("Action")) for one in permitted]
        self.expect(found == expected, ROTATION, f"one permission, for Secrets Manager in this account; found {found}")
        pattern = at(self.resource("KeyCreationFunction"), "Properties", "Events", "CreateAccessKey", "Properties", "Pattern")
        issuer = at(pattern, "detail", "userIdentity", "sessionContext", "sessionIssuer", "arn")
        made = {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/{self.role_name(role)}"}
        right = issuer == [{"anything-but": [made]}, {"exists": False}]
        self.expect(right, "KeyCreationFunction event CreateAccessKey", f"all keys but those that {role} made, found {issuer}")
        for holder in self.function_roles():
            if "secretsmanager:RotateSecret" in self.actions_of(holder):
                self.attaches(holder)

    def attaches(self, role: str) -> None:
        """A rotation is started as it is configured. The responder alone configures it, of the secrets that it makes, to be this
        stack's own."""
        denied = [
            statement
            for _, statement in self.statements_of(role)
            if statement.get("Effect") == "Deny" and texts_of(statement.get("Action")) == ["secretsmanager:RotateSecret"]
        ]
        is_responder = role == self.role_of(RESPONDER)
        own = {"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:" + OWN_SECRETS}
        beyond = {"NotResource": own} if is_responder else {"Resource": "*"}
        names_one = {"Null": {"secretsmanager:RotationLambdaARN": "false"}}
        expected = [beyond | {"Condition": {"Bool": {"secretsmanager:ModifyRotationRules": "true"}}}, beyond | {"Condition": names_one}]
        if is_responder:
            other = {"ArnNotEquals": {"secretsmanager:RotationLambdaARN": self.arn_of(ROTATION)}}
            expected.append({"Resource": "*", "Condition": names_one | other})
        found = [{key: value for key, value in statement.items() if key not in ("Sid", "Effect", "Action")} for statement in denied]
        right = all(one in found for one in expected)
        self.expect(right, role, f"denies of secretsmanager:RotateSecret by {expected}, found {found}")

    def copies(self) -> None:
        """The search for copies reads every secret: only where somebody said so, for the responder and those who may ask it by hand."""
        self.tool(COPIES)
        role = str(self.role_of(COPIES))
        for name in (COPIES, role):
            self.expect(self.resource(name).get("Condition") == "HasCopiesSearch", name, "to be there only if HasCopiesSearch")
        condition = at(self.template, "Conditions", "HasCopiesSearch")
        right = condition == {"Fn::Equals": [{"Ref": "CopiesSearch"}, "true"]}
        self.expect(right, "condition HasCopiesSearch", "CopiesSearch is true")
        managed = {"StringEquals": {"secretsmanager:ResourceTag/severance:managed": "true"}}
        for _, statement in self.statements_of(role):
            label = f"{role} {statement.get('Sid', '')}".rstrip()
            writes = sorted(action for action in texts(statement.get("Action")) if matches(action, ("*:Put*", "*:Create*", "*:Update*", "*:Delete*")))
            if any(action.startswith("secretsmanager:") for action in writes):
                self.expect(statement.get("Condition") == managed, label, "to write to secrets tagged severance:managed=true, and only them")
            known = {"secretsmanager:PutSecretValue", "dynamodb:PutItem", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
            strange = sorted(set(writes) - known - {"logs:CreateLogStream"})
            self.expect(not strange, label, f"to write nothing else, found {strange}")
            keys = [key for key in leading_keys(statement) if not key.startswith("COPIES#")]
            self.expect(not keys, label, f"of the table only COPIES#…, found {keys}")
        permitted = [
            name
            for name, permission in self.of_type("AWS::Lambda::Permission")
            if self.reaches(at(permission, "Properties", "FunctionName"), COPIES)
        ]
        self.expect(not permitted, COPIES, f"no permission: the responder asks, by its role; found {permitted}")
        asking = sorted({
            name
            for name, resource in self.resources().items()
            for statement in statements(resource.get("Properties"))
            if statement.get("Effect") == "Allow" and self.reaches(statement.get("Resource"), COPIES)
        })
        right = asking == sorted([str(self.role_of(RESPONDER)), COPIES_INVOKE])
        self.expect(right, COPIES, f"to be asked by {self.role_of(RESPONDER)} and {COPIES_INVOKE} alone, found {asking}")
        self.expect(self.resource(COPIES_INVOKE).get("Condition") == "HasCopiesSearch", COPIES_INVOKE, "to be there only if HasCopiesSearch")
        allowed = [
            (texts_of(statement.get("Action")), referred(statement.get("Resource"), "Arn"), statement.get("Condition"))
            for statement in statements(self.resource(COPIES_INVOKE).get("Properties"))
        ]
        right = allowed == [(["lambda:InvokeFunction"], COPIES, None)]
        self.expect(right, COPIES_INVOKE, f"lambda:InvokeFunction on {COPIES}, and nothing else; found {allowed}")
        output = at(self.template, "Outputs", "CopiesInvokePolicy") or {}
        right = output.get("Condition") == "HasCopiesSearch" and referred(output.get("Value")) == COPIES_INVOKE
        self.expect(right, "output CopiesInvokePolicy", f"{COPIES_INVOKE}, only if HasCopiesSearch")

    def tool(self, function: str) -> None:
        """A tool's role: its own statements, and exactly what its code names."""
        role = str(self.role_of(function))
        held = listed(at(self.resource(role), "Properties", "ManagedPolicyArns"))
        self.expect(not held, role, f"no managed policy: it reacts to nothing; found {held}")
        self.expect(at(self.resource(function), "Properties", "Events") is None, function, "no events: it is asked")
        folder, patterns = TOOL_CODE[function]
        found = [path for pattern in patterns for path in sorted(REPO.glob(pattern))]
        sources = [path for path in found if str(path.relative_to(REPO)) not in OF_ASKERS]
        own = [path for path in sources if path.match(patterns[0])]
        if not own and not (REPO / folder).exists():
            self.unchecked.append(f"{role} against its code, of which neither {folder} nor {patterns[0]} is there")
            return
        self.expect(bool(own), function, f"code that names its actions in {patterns[0]}")
        called = {action for path in sources for action in TOOL_CALLED.findall(path.read_text(encoding="utf-8"))}
        called |= {also for action, also in IMPLIED.items() if action in called}
        services = ("cloudtrail:", "codebuild:", "ecs:", "iam:", "lambda:", "secretsmanager:", "ssm:")
        allowed = {action for action in self.actions_of(role) if action.startswith(services)}
        lacking, idle = sorted(called - allowed), sorted(allowed - called)
        self.expect(not lacking, role, f"all that its code calls, missing {lacking}")
        self.expect(not idle, role, f"nothing that its code does not call, found {idle}")

    # ── What the template holds ──────────────────────────────────────────────────────────────────────────────────────

    def resources(self) -> dict[str, Any]:
        return self.template.get("Resources", {})

    def resource(self, name: str) -> dict[str, Any]:
        return self.resources().get(name, {})

    def type_of(self, name: str) -> str | None:
        return self.resource(name).get("Type")

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, resource) for name, resource in self.resources().items() if resource.get("Type") == kind)

    def some(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The properties of all of a type. That there is none is a failure too."""
        found = [(name, resource.get("Properties", {})) for name, resource in self.of_type(kind)]
        self.expect(bool(found), "template", f"at least one {kind}")
        return found

    def is_key(self, value: Any) -> bool:
        return any(self.type_of(name) == "AWS::KMS::Key" for name in (referred(value), referred(value, "Arn")) if name)

    def is_queue(self, value: Any) -> bool:
        name = referred(value, "Arn")
        return name is not None and self.type_of(name) == "AWS::SQS::Queue"

    def is_policy(self, value: Any) -> bool:
        name = referred(value)
        return name is not None and self.type_of(name) == "AWS::IAM::ManagedPolicy"

    def covers(self, statement: dict[str, Any], actions: Iterable[str]) -> bool:
        return set(actions) <= set(texts(statement.get("Action")))

    def function_roles(self) -> list[str]:
        """Each once: the responder's two functions share one."""
        roles = (referred(at(f, "Properties", "Role"), "Arn") for _, f in self.of_type("AWS::Serverless::Function"))
        return list(dict.fromkeys(role for role in roles if role is not None))

    def reacting_roles(self) -> list[str]:
        """Those of the functions that react to something, and keep cases of it."""
        tools = {self.role_of(function) for function in TOOLS}
        return [role for role in self.function_roles() if role not in tools]

    def arn_of(self, function: str) -> dict[str, str]:
        """A function of this stack by its name, where it cannot be referred to."""
        name = at(self.resource(function), "Properties", "FunctionName", "Fn::Sub")
        return {"Fn::Sub": f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}"}

    def role_of(self, function: str) -> str | None:
        return referred(at(self.resource(function), "Properties", "Role"), "Arn")

    def statements_of(self, role: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement of a role, with the policy that it stands in: the role's own, or a managed one of this stack."""
        properties = at(self.resource(role), "Properties") or {}
        for statement in statements(properties.get("Policies")):
            yield role, statement
        for arn in listed(properties.get("ManagedPolicyArns")):
            policy = str(referred(arn))
            for statement in statements(at(self.resource(policy), "Properties")):
                yield policy, statement

    def actions_of(self, role: str) -> set[str]:
        """All that a role is allowed, wherever that is said."""
        allowed = (statement for _, statement in self.statements_of(role) if statement.get("Effect") == "Allow")
        return {action for statement in allowed for action in texts(statement.get("Action"))}

    def reaches(self, value: Any, function: str) -> bool:
        """Whether what a policy names may be this function: by reference, or by a pattern on its name."""
        if function in (referred(value), referred(value, "Arn")):
            return True
        if isinstance(value, dict):
            if set(value) & {"Ref", "Fn::GetAtt"}:
                return False
            return any(self.reaches(inner, function) for inner in value.values())
        if isinstance(value, list):
            return any(self.reaches(inner, function) for inner in value)
        text = str(value)
        name = str(at(self.resource(function), "Properties", "FunctionName", "Fn::Sub"))
        pattern = text.rpartition(":function:")[2]
        return (":function:" in text and fnmatchcase(name, pattern)) or text == name or f"${{{function}" in text

    def role_name(self, role: str) -> Any:
        return at(self.resource(role), "Properties", "RoleName", "Fn::Sub")

    def all_rules(self) -> Iterator[Rule]:
        for name, function in self.of_type("AWS::Serverless::Function"):
            for event_name, event in (at(function, "Properties", "Events") or {}).items():
                properties = event.get("Properties", {})
                label = f"{name} event {event_name}"
                yield Rule(
                    # A schedule calls it otherwise.
                    label, properties.get("RuleName") or properties.get("Name"), properties.get("EventBusName"), function.get("Condition"), [properties]
                )
        for name, rule in self.of_type("AWS::Events::Rule"):
            properties = rule.get("Properties", {})
            yield Rule(
                name,
                properties.get("Name"),
                properties.get("EventBusName"),
                rule.get("Condition"),
                properties.get("Targets", []),
            )

    def watched(self) -> Iterator[Watched]:
        """What the alarms watch. An alarm that tells nobody, or never goes off at the first loss, watches nothing."""
        for name, alarm in self.of_type("AWS::CloudWatch::Alarm"):
            properties = alarm.get("Properties", {})
            topics = [self.type_of(referred(action) or "") for action in listed(properties.get("AlarmActions"))]
            heard = "AWS::SNS::Topic" in topics and str(properties.get("ActionsEnabled", True)).lower() == "true"
            self.expect(heard, name, "an action: a topic of this stack")
            first = str(properties.get("Threshold")) == "1" and str(properties.get("EvaluationPeriods")) == "1"
            first = first and properties.get("ComparisonOperator") == "GreaterThanOrEqualToThreshold"
            if not heard or not first:
                continue
            condition = alarm.get("Condition")
            metrics = properties.get("Metrics")
            if metrics is None:
                dimensions = named(properties.get("Dimensions"))
                yield Watched(properties.get("Namespace"), properties.get("MetricName"), dimensions, condition)
                continue
            computed = [entry for entry in metrics if "MetricStat" in entry]
            self.expect(len(computed) <= METRICS_PER_ALARM, name, f"at most {METRICS_PER_ALARM} metrics, found {len(computed)}")
            deciding = [str(e["Expression"]) for e in metrics if "Expression" in e and is_true(e.get("ReturnData", True))]
            for entry in computed:
                counts = any(expression == "SUM(METRICS())" or entry["Id"] in words(expression) for expression in deciding)
                self.expect(counts, f"{name} metric {entry['Id']}", "to count in the expression that decides")
                if counts:
                    metric = at(entry, "MetricStat", "Metric") or {}
                    dimensions = named(metric.get("Dimensions"))
                    yield Watched(metric.get("Namespace"), metric.get("MetricName"), dimensions, condition)


@dataclass
class MemberChecks(Checks):
    """What there is to say about the role in member accounts, beside the hub's template."""

    hub: Checks | None = None

    def run(self) -> None:
        self.rights()
        self.policy_sizes()
        roles = list(self.of_type("AWS::IAM::Role"))
        self.expect(len(roles) == 1, "template", f"one role, found {len(roles)}")
        for name, role in roles:
            self.trust(name, role.get("Properties", {}))
            self.reach(name)

    def trust(self, name: str, properties: dict[str, Any]) -> None:
        self.expect(str(properties.get("MaxSessionDuration")) == "3600", name, "MaxSessionDuration 3600, the least there is")
        boundary = at(properties, "PermissionsBoundary", "Fn::If")
        self.expect(isinstance(boundary, list) and {"Ref": "PermissionsBoundaryArn"} in boundary, name, "an optional boundary")
        hub = [str(self.hub.role_name(role)) for role in self.hub.reacting_roles()] if self.hub else []
        trusted = sorted(own.replace("${AWS::StackName}", "${HubStackName}") for own in hub)
        found = []
        for statement in statements(properties.get("AssumeRolePolicyDocument")):
            label = f"{name} {statement.get('Sid', '')}".rstrip()
            condition = statement.get("Condition", {})
            account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${HubAccountId}:root"}}
            self.expect(statement.get("Principal") == account, label, "the hub's account as principal, and nobody else")
            named_roles = listed(at(condition, "ArnEquals", "aws:PrincipalArn"))
            right = sorted(map(end_of, named_roles)) == trusted
            self.expect(right, label, f"of the hub's account {trusted} only, by aws:PrincipalArn")
            of_hub = all(":iam::${HubAccountId}:role/" in str(at(arn, "Fn::Sub")) for arn in named_roles)
            self.expect(of_hub, label, "roles of the hub's account")
            named_case = condition.get("StringLike") == SOURCE_IDENTITY
            self.expect(named_case, label, f"a condition StringLike {SOURCE_IDENTITY}")
            actions = texts_of(statement.get("Action"))
            if "sts:AssumeRole" in actions:
                said = at(condition, "StringEquals", "sts:ExternalId")
                self.expect(said == {"Ref": "ExternalId"}, label, "a condition StringEquals on sts:ExternalId")
            found += actions
        both = sorted(found) == ["sts:AssumeRole", "sts:SetSourceIdentity"]
        self.expect(both, name, f"to be assumed under a source identity, found {found}")
        default = at(self.template, "Parameters", "ExternalId", "Default")
        self.expect(default is None, "parameter ExternalId", "no default: everybody would know it")

    def reach(self, role: str) -> None:
        """Only this account; never itself; nothing that gives anybody access but what containment cannot do without."""
        denied: list[str] = []
        for policy, statement in self.statements_of(role):
            label = f"{policy} {statement.get('Sid', '')}".rstrip()
            if statement.get("Effect") == "Deny":
                if self.covers(statement, SELF_DENIED) and "Condition" not in statement:
                    denied += texts_of(statement.get("Resource"))
                    chosen = [listed(at(arn, "Fn::If")) for arn in listed(statement.get("Resource"))]
                    denied += [str(referred(branch)) for either in chosen for branch in either]
                continue
            actions = set(texts(statement.get("Action")))
            never = tuple(f"iam:{verb}" for verb in MEMBER_NEVER)
            strange = sorted(action for action in actions - MEMBER_MAY if action.startswith(never))
            self.expect(not strange, label, f"nothing that gives or ends access for good, found {strange}")
            secret = sorted(actions & {"secretsmanager:GetSecretValue", "kms:Decrypt", "sts:AssumeRole"})
            self.expect(not secret, label, f"no secrets and no other roles, found {secret}")
            if actions & {"iam:TagUser", "iam:UntagUser"}:
                self.expect(tags_quarantine(statement), label, "to tag with severance:quarantined-by alone")
            for arn in texts(statement.get("Resource")):
                # Of AWS's own policies, reading is all there is.
                reads = all(action.startswith(("iam:Get", "iam:List")) for action in actions)
                here = arn == "*" or ":${AWS::AccountId}:" in arn or (":aws:policy/" in arn and reads)
                self.expect(here or arn == "HasRotationFunctions", label, f"resources of this account, found {arn}")
        for own in ("role/${RoleName}", "policy/${RoleName}-containment", "role/aws-service-role/*", "role/aws-reserved/*"):
            arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:" + own
            self.expect(arn in denied, role, f"a policy that denies changes to {own}")
        self.expect("PermissionsBoundaryArn" in denied, role, "a policy that denies changes to its boundary")
        policies = self.of_type("AWS::IAM::ManagedPolicy")
        names = [at(policy, "Properties", "ManagedPolicyName", "Fn::Sub") for _, policy in policies]
        self.expect(names == ["${RoleName}-containment"], role, f"one policy, by the name that is denied; found {names}")
        if self.hub:
            # The responder may do in its own account whatever any function may.
            here = {action for action in self.actions_of(role) if action.startswith(IN_MEMBERS)}
            there = {action for action in self.hub.actions_of(str(self.hub.role_of(RESPONDER))) if action.startswith(IN_MEMBERS)}
            there -= BY_HAND
            lacking, more = sorted(there - here), sorted(here - there)
            self.expect(not lacking, role, f"all that the hub's own role may do to identities, missing {lacking}")
            self.expect(not more, role, f"nothing that the hub's own role may not do to identities, found {more}")


# ── Reading values ───────────────────────────────────────────────────────────────────────────────────────────────────


def plain(node: Any) -> Any:
    """Without cfn-lint's own node types, which answer unknown attributes with errors."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def at(node: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(node, dict):
            return None
        node = node.get(key)
    return node


def listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, in each branch of a condition, and within what is substituted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        if set(value) & {"Ref", "Fn::GetAtt"}:
            return
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every policy, wherever the resource's type keeps it."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
            return
        for inner in node.values():
            yield from statements(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from statements(inner)


def branches(node: Any, condition: str | None = None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every statement, with the condition that decides whether it is there."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield condition, node
            return
        chosen = node.get("Fn::If")
        if isinstance(chosen, list) and chosen:
            for inner in chosen[1:]:
                yield from branches(inner, str(chosen[0]))
            return
        for inner in node.values():
            yield from branches(inner, condition)
    elif isinstance(node, list):
        for inner in node:
            yield from branches(inner, condition)


def texts_of(value: Any) -> list[str]:
    return list(texts(value))


def leading_keys(statement: dict[str, Any]) -> list[str]:
    """The partitions that a statement is bound to; none where it is not bound, or only in part."""
    condition = statement.get("Condition") or {}
    bounds = [at(condition, f"ForAllValues:{operator}", "dynamodb:LeadingKeys") for operator in ("StringEquals", "StringLike")]
    return [key for bound in bounds for key in texts_of(bound)]


def referred(value: Any, attribute: str | None = None) -> str | None:
    """The resource that a !Ref names or, with an attribute, a !GetAtt of it."""
    if attribute is None:
        name = at(value, "Ref")
        return name if isinstance(name, str) else None
    got = at(value, "Fn::GetAtt")
    return got[0] if isinstance(got, list) and got[1:] == [attribute] else None


def matches(action: str, patterns: Iterable[str]) -> bool:
    """IAM does not distinguish case."""
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def tags_quarantine(statement: dict[str, Any]) -> bool:
    """Whether a statement is bound to the one tag that says which case quarantined the user."""
    return tags_only(statement, "severance:quarantined-by")


def tags_only(statement: dict[str, Any], tag: str) -> bool:
    keys = at(statement, "Condition", "ForAllValues:StringEquals", "aws:TagKeys")
    return listed(keys) == [tag] and at(statement, "Condition", "Null", "aws:TagKeys") == "false"


def is_account_or_scp(arn: str) -> bool:
    """No root and no organizational unit, and none of AWS's own policies."""
    return arn.rpartition("organizations::")[2] in ("*:account/o-*/*", "*:policy/o-*/service_control_policy/*")


def called_by_code() -> set[str]:
    """The actions that the code names as its calls on identities."""
    sources = (path for pattern in CODE for path in sorted(REPO.glob(pattern)))
    return {action for path in sources for action in CALLED.findall(path.read_text(encoding="utf-8"))} - CONDITION_KEYS


def rendered(node: Any) -> Any:
    """A policy as CloudFormation writes it at its longest: with what depends on a condition, and long values."""
    if isinstance(node, list):
        return [rendered(value) for value in node if value != {"Ref": "AWS::NoValue"}]
    if not isinstance(node, dict):
        return node
    if "Fn::If" in node:
        return max((rendered(branch) for branch in listed(node["Fn::If"])[1:]), key=lambda branch: len(json.dumps(branch)))
    if "Fn::Split" in node:
        separator, text = node["Fn::Split"]
        return str(rendered(text)).split(separator)
    if "Fn::Sub" in node:
        return re.sub(r"\$\{([^}]+)\}", lambda found: long_value(found[1]), str(node["Fn::Sub"]))
    if "Ref" in node:
        return long_value(str(node["Ref"]))
    if "Fn::GetAtt" in node:
        return long_value(".".join(node["Fn::GetAtt"]))
    return {key: rendered(value) for key, value in node.items()}


def long_value(name: str) -> str:
    """What a reference becomes: known, or an ARN of 128 characters."""
    return LONGEST.get(name, "x" * 128)


def end_of(arn: Any) -> str:
    """The name in the ARN of a role that !Sub puts together."""
    return str(at(arn, "Fn::Sub") or arn).rpartition(":role/")[2]


def named(dimensions: Any) -> dict[str, Any]:
    return {str(entry.get("Name")): entry.get("Value") for entry in dimensions or []}


def words(expression: str) -> set[str]:
    return set(re.findall(r"\w+", expression))


def is_true(value: Any) -> bool:
    return value is True or value == "true"


def main() -> int:
    paths = [REPO / "template.yaml", REPO / "infra" / "member-account.yaml"]
    for n, path in enumerate(sys.argv[1 : len(paths) + 1]):
        paths[n] = Path(path)
    templates = []
    for path in paths:
        try:
            templates.append(plain(cfn_yaml.load(str(path))))
        except Exception as error:  # cfn-lint's and YAML's errors have no common class.
            print(f"{path.name} cannot be read: {error}", file=sys.stderr)
            return 1
    hub = Checks(templates[0])
    all_checks = [hub, MemberChecks(templates[1], hub=hub)]
    failed = False
    for path, checks in zip(paths, all_checks, strict=True):
        checks.run()
        failed = failed or bool(checks.failures)
        if checks.failures:
            print(f"{path.name} does not hold:", *checks.failures, sep="\n  ", file=sys.stderr)
        else:
            print(f"{checks.held} checks of {path.name} hold")
        for what in checks.unchecked:
            print(f"not checked yet: {what}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
