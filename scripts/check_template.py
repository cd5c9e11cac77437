#!/usr/bin/env python3
"""Hold what is written by hand in the templates to what no emulator keeps: encryption, retention, rights, who may ask.

    check_template.py [TEMPLATE [MEMBER-TEMPLATE]]

cfn-lint knows what CloudFormation takes, a deployment into the emulator shows that the parts fit together, and what is
generated `cargo xtask gen --check` holds to its cards. None of them notices when a key, a lock or a deny is gone. Each
failure names the resource and what is expected of it.

Exit codes: 0 all hold, 1 something does not, or the template cannot be read.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml

REPO = Path(__file__).resolve().parent.parent
RECORD = "RecordPolicy"
"""All that keep cases hold it. It says as well what none of them may ever do."""
RESPONDER = "ResponderFunction"
RESPONDER_ROLE = "ResponderRole"
RESPONDER_URL = "ResponderUrlFunction"
"""The same program behind a URL: who asks stands in the payload, so nobody else may write one."""
RESPONDER_INVOKE = "ResponderInvokePolicy"
COPIES = "CopiesSearchFunction"
COPIES_INVOKE = "CopiesInvokePolicy"
ROTATION = "SecretRotationFunction"
OWN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:"
OF_AWS = [OWN + "role/aws-service-role/*", OWN + "role/aws-reserved/*"]
SAYS = ("Action", "Resource", "Condition")
NOTHING = {"Ref": "AWS::NoValue"}
BOUNDARY = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, NOTHING]}
DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
ENCRYPTION = [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
"""S3's own key: evidence is readable whatever becomes of the account's keys."""
RETENTION = {"Mode": {"Ref": "EvidenceRetentionMode"}, "Days": {"Ref": "EvidenceRetentionDays"}}
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
OF_TYPE = {
    "AWS::DynamoDB::Table": {
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": DATA_KEY},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "DeletionProtectionEnabled": True,
        **RETAINED,
    },
    "AWS::S3::Bucket": {
        "VersioningConfiguration": {"Status": "Enabled"},
        "ObjectLockEnabled": True,
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": RETENTION}},
        "BucketEncryption": {"ServerSideEncryptionConfiguration": ENCRYPTION},
        "PublicAccessBlockConfiguration": dict.fromkeys(BLOCKS, True),
        # No policy binds lifecycle rules.
        "LifecycleConfiguration": None,
        **RETAINED,
    },
    "AWS::S3::BucketPolicy": {"Bucket": {"Ref": "EvidenceBucket"}, **RETAINED},
    "AWS::KMS::Key": RETAINED,
    # Dead letters outlive the data key.
    "AWS::SQS::Queue": {"SqsManagedSseEnabled": True, "KmsMasterKeyId": None},
    "AWS::Logs::LogGroup": {"KmsKeyId": DATA_KEY, "RetentionInDays": {"Ref": "LogRetentionDays"}},
    "AWS::Serverless::Function": {"Tracing": "Active", "Architectures": [{"Ref": "Architecture"}]},
}
"""What each resource of a type has, and there is at least one. None: it must not be there."""
TOPIC_KEYS = {"VerdictTopic": "DataKey", "AlarmTopic": "AlarmKey"}
"""Alarms are heard when the data key is gone."""
NAMES = dict.fromkeys(("RecordPolicy", "ContainPolicy", "ResponderInvokePolicy", "CopiesInvokePolicy"), "")
NAMES = {name: re.sub(r"(?<!^)([A-Z])", r"-\1", name.removesuffix("Policy")).lower() for name in NAMES}
"""The deny of changes to the policies is by full names, or it would shield whatever somebody calls like them."""
KEY_NEVER = {f"kms:{what}" for what in ("DeleteImportedKeyMaterial", "DisableKey", "DisableKeyRotation", "RetireGrant")}
KEY_NEVER |= {"kms:RevokeGrant", "kms:ScheduleKeyDeletion"}
"""What stops everything that is under a key, or shreds it. No key policy allows it to anybody."""
UNHEARD = ("AWS/SNS", "NumberOfNotificationsFailed", "TopicName")
ALARMS = {
    "ResponderUrlErrorAlarm": ("AWS/Lambda", "Errors", "FunctionName", {"Ref": RESPONDER_URL}),
    "ResponderUrlThrottleAlarm": ("AWS/Lambda", "Throttles", "FunctionName", {"Ref": RESPONDER_URL}),
    "VerdictDeliveryAlarm": (*UNHEARD, {"Fn::GetAtt": ["VerdictTopic", "TopicName"]}),
    "AlarmDeliveryAlarm": (*UNHEARD, {"Fn::GetAtt": ["AlarmTopic", "TopicName"]}),
    "KeysTouchedAlarm": ("AWS/Events", "TriggeredRules", "RuleName", {"Ref": "KeysTouchedRule"}),
}
"""What the alarms that are written by hand watch; the others are generated with their functions."""
FIRST = {"Threshold": 1, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
OPEN = {
    "cloudtrail:LookupEvents", "codebuild:ListProjects", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions",
    "iam:GetAccountAuthorizationDetails", "iam:ListRoles", "iam:ListUsers", "lambda:ListFunctions",
    "organizations:CreatePolicy", "organizations:ListPolicies", "rolesanywhere:ListProfiles", "sso:ListInstances",
    "secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets",
    "xray:PutTelemetryRecords", "xray:PutTraceSegments",
    # AWS knows resources for what follows, of the directory; their ids nobody has before they are listed.
    "identitystore:CreateGroupMembership", "identitystore:DeleteGroupMembership", "identitystore:DescribeUser",
    "identitystore:ListGroupMembershipsForMember", "sso:ListAccountAssignmentsForPrincipal",
    "sso:CreateAccountAssignment", "sso:DescribeAccountAssignmentCreationStatus",
    "sso:DeleteAccountAssignment", "sso:DescribeAccountAssignmentDeletionStatus",
}  # fmt: skip
"""AWS knows no resource for these. Nothing else may be allowed on "*"."""
TABLE_DELETES = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
TABLE_WRITES = TABLE_DELETES | {"dynamodb:PutItem", "dynamodb:UpdateItem"}
CHANGES = {f"iam:{verb}*" for verb in "Add Attach Create Delete Detach Put Remove Set Tag Untag Update".split()}
CHANGES |= {"iam:PassRole"}
"""What is denied on the remediator itself, and on AWS's own roles."""
SOURCE_IDENTITY = {"StringLike": {"sts:SourceIdentity": "sev-*"}}
"""How every source identity begins (crates/aws/src/sessions.rs)."""
MEMBER_NEVER = tuple(f"iam:{what}" for what in ("Add", "Attach", "Create", "Delete", "Detach", "PassRole"))
MEMBER_NEVER += ("kms:Decrypt", "secretsmanager:GetSecretValue", "sts:")
"""What gives access or ends it for good. What else the role may do is generated from the cards."""
MEMBER_MAY = {"iam:CreatePolicyVersion", "iam:DeleteLoginProfile"}
"""Of these, what containment takes; and of what it put there itself (policies, boundaries), the removal."""
DENY_ALL = {"ArnEquals": {"iam:PolicyARN": {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}}}
"""Under which policies are attached and detached: nothing but AWS's own denial."""
POLICY_LIMIT = 6_144
"""Characters of a managed policy without white space (the quotas of IAM)."""
LONGEST = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1", "AWS::URLSuffix": "amazonaws.com"}
LONGEST |= {"AWS::AccountId": "0" * 12, "MemberAccounts": ",".join(["0" * 12] * 20)}
# A function's name has 64 characters, and -posture-finding is the longest of those that the stack's precedes.
LONGEST |= {"AWS::StackName": "s" * 48, "MemberRoleName": "r" * 64, "MemberExternalId": "e" * 64}
"""What stands in a policy for a reference, where it may be long."""


@dataclass
class Checks:
    """All there is to say about the stack's template."""

    template: dict[str, Any]
    held: int = 0
    failures: list[str] = field(default_factory=list)

    def expect(self, holds: bool, resource: str, expected: str) -> None:
        self.held += holds
        if not holds:
            self.failures.append(f"{resource}: expected {expected}")

    def run(self) -> None:
        for kind, expected in OF_TYPE.items():
            found = self.of_type(kind)
            self.expect(bool(found), "template", f"at least one {kind}")
            for name in found:
                self.has(name, expected)
        for name, (namespace, metric, dimension, watched) in ALARMS.items():
            right = {"Namespace": namespace, "MetricName": metric, **FIRST, "AlarmActions": [{"Ref": "AlarmTopic"}]}
            right |= {"Dimensions": [{"Name": dimension, "Value": watched}], "ActionsEnabled": None}
            self.has(name, right | {"Condition": self.resource(str(watched.get("Ref"))).get("Condition")})
        for check in (self.keys, self.rights, self.denied, self.table_rights, self.members, self.responder_url, self.asked):
            check()

    def keys(self) -> None:
        """What becomes of them: nobody stops or shreds one in passing, and what tells of it is under another."""
        keys = self.of_type("AWS::KMS::Key")
        for name in keys:
            self.has(name, {"PendingWindowInDays": 30, "Enabled": None})
            for label, optional, statement in self.statements(name):
                if statement["Effect"] == "Deny":
                    continue
                actions = texts(statement.get("Action"))
                loose = sorted(never for never in KEY_NEVER if any(fnmatchcase(never, action) for action in actions))
                self.expect(not optional and bool(actions) and not loose, label, f"never to allow {loose}")
                grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
                bound = "kms:CreateGrant" not in actions or statement.get("Condition") == grants
                self.expect(bound, label, "grants to AWS's own services alone")
        topics = {name: at(topic, "Properties", "KmsMasterKeyId") for name, topic in self.of_type("AWS::SNS::Topic").items()}
        right = {name: {"Ref": key} for name, key in TOPIC_KEYS.items()}
        self.expect(topics == right, "topics", f"the keys {right}, found {topics}")
        service = {"Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["kms:Decrypt", "kms:GenerateDataKey"]}
        found = [said for _, _, said in self.statements("AlarmKey") if service.items() <= said.items()]
        self.expect(len(found) == 1, "AlarmKey", "CloudWatch to be let in: it could not publish an alarm")
        arns = [{"Fn::GetAtt": [name, "Arn"]} for name in keys]
        ids = arns + [{"Ref": name} for name in keys]
        detail = at(self.resource("KeysTouchedRule"), "Properties", "EventPattern", "detail") or {}
        named = [at(one, "resources", "ARN") or at(one, "requestParameters", "keyId") for one in detail.get("$or", [])]
        watched = all(one in (named[0] if named else []) for one in arns) and all(one in named[-1] for one in ids)
        self.expect(watched, "KeysTouchedRule", f"every key by ARN and id: {ids}, found {named}")
        names = {never.removeprefix("kms:") for never in KEY_NEVER} - {"DeleteImportedKeyMaterial"} | {"PutKeyPolicy"}
        self.expect(set(detail.get("eventName", [])) == names, "KeysTouchedRule", f"{sorted(names)}")

    def rights(self) -> None:
        """Of every policy of every resource; and how long the managed ones are."""
        policies = self.of_type("AWS::IAM::ManagedPolicy")
        for name, resource in self.template["Resources"].items():
            for label, _, statement in self.statements(name):
                effect = statement["Effect"]
                self.expect(effect in ("Allow", "Deny"), label, "an effect that does not depend on anything")
                if effect == "Deny":
                    continue
                inverted = {"NotAction", "NotPrincipal", "NotResource"} & set(statement)
                self.expect(not inverted, label, f"to name what it allows, not {sorted(inverted)}")
                # To a key's own policy, "*" is the key.
                if resource["Type"] != "AWS::KMS::Key":
                    actions = texts(statement.get("Action"))
                    broad = [action for action in actions if not re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", action)]
                    self.expect(bool(actions) and not broad, label, f"allowed actions by full names, found {broad}")
                    everything = any(set(text) <= {"*"} for text in texts(statement.get("Resource")))
                    others = sorted(set(actions) - OPEN) if everything else []
                    self.expect(not others, label, f"a resource other than * for {others}")
            arns = at(resource, "Properties", "ManagedPolicyArns") or []
            foreign = [arn for arn in arns if at(arn, "Ref") not in policies]
            self.expect(not foreign, name, f"no managed policies but this stack's, found {foreign}")
        for name, policy in policies.items():
            size = len("".join(json.dumps(rendered(policy["Properties"]["PolicyDocument"])).split()))
            self.expect(size <= POLICY_LIMIT, name, f"at most {POLICY_LIMIT} characters, found {size}")

    def denied(self) -> None:
        """What nobody may do, whatever allows it: change the remediator itself, ask the responder, spoil evidence."""
        found = sorted(self.of_type("AWS::IAM::ManagedPolicy"))
        self.expect(found == sorted(NAMES), "managed policies", f"{sorted(NAMES)}, found {found}")
        own = [(role, f"role/{at(self.resource(role), 'Properties', 'RoleName', 'Fn::Sub')}")
               for role in self.of_type("AWS::IAM::Role")]  # fmt: skip
        for policy, name in NAMES.items():
            self.has(policy, {"ManagedPolicyName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}})
            own.append((policy, f"policy/${{AWS::StackName}}-{name}"))
        # What is not deployed is not ours: whoever calls theirs so is not shielded.
        protected = []
        for resource, arn in own:
            condition, sub = self.resource(resource).get("Condition"), {"Fn::Sub": OWN + arn}
            protected.append({"Fn::If": [condition, sub, NOTHING]} if condition else sub)
        protected += [{"Fn::Sub": arn} for arn in OF_AWS]
        self.denies(RECORD, CHANGES, protected)
        named = [said.get("Resource") for _, _, said in self.statements(RECORD) if said.get("Sid") == "NeverItselfNorAwsRoles"]
        self.expect(named == [protected], RECORD, f"to shield {protected} and nothing else, found {named}")
        # RotationFunctionArns is anybody's pattern.
        responder, asks = "arn:${AWS::Partition}:lambda:*:${AWS::AccountId}:function:${AWS::StackName}-responder", {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}
        self.denies(RECORD, asks, [{"Fn::Sub": f"{responder}-*"}])
        may = [{"Fn::Sub": f"{OWN}role/${{AWS::StackName}}-{name}"} for name in ("posture-finding", "responder")]
        self.denies(RECORD, asks, [{"Fn::Sub": responder}], {"ArnNotEquals": {"aws:PrincipalArn": may}})
        policy, bucket = "EvidenceBucketPolicy", {"Fn::GetAtt": ["EvidenceBucket", "Arn"]}
        evidence, objects = ({"Fn::Sub": f"${{EvidenceBucket.Arn}}/{end}"} for end in ("evidence/*", "*"))
        self.denies(policy, {"s3:*"}, [bucket, objects], {"Bool": {"aws:SecureTransport": "false"}})
        self.denies(policy, {"s3:DeleteObject"}, [evidence])
        self.denies(policy, {"s3:BypassGovernanceRetention", "s3:PutObjectRetention"}, [objects])
        encryption = "s3:x-amz-server-side-encryption"
        other = {"Null": {encryption: "false"}, "StringNotEquals": {encryption: "AES256"}}
        self.denies(policy, {"s3:PutObject"}, [objects], other)
        self.denies(policy, {"s3:PutObject"}, [objects], {"Null": {f"{encryption}-customer-algorithm": "false"}})
        self.denies(policy, {"s3:PutObject"}, [objects], {"ArnNotEquals": {"aws:PrincipalArn": self.role_arns(RECORD)}})

    def table_rights(self) -> None:
        """The table's partitions are the borders, and what ends something in it is the responder's alone."""
        for name, label, _, statement in self.grants():
            writes = set(texts(statement.get("Action"))) & TABLE_WRITES
            if writes:
                condition = statement.get("Condition") or {}
                bounds = [condition.get(f"ForAllValues:{operator}") for operator in ("StringEquals", "StringLike")]
                keys = [key for bound in bounds for key in texts(at(bound, "dynamodb:LeadingKeys"))]
                bound = bool(keys) and not any(key.startswith("*") for key in keys)
                beyond = writes & TABLE_DELETES or any(fnmatchcase("REGISTRY", key) for key in keys)
                self.expect(bound, label, "a condition ForAllValues on dynamodb:LeadingKeys that names partitions")
                alone = f"neither deletions nor writes to REGISTRY, which are {RESPONDER_ROLE}'s"
                self.expect(name == RESPONDER_ROLE or not beyond, label, alone)

    def members(self) -> None:
        """Who may enter other accounts: the functions, as one role, saying its external id and naming a case."""
        narrowed = {"aws:ResourceAccount": {"Fn::Split": [",", {"Ref": "MemberAccounts"}]}}
        said = {"StringEquals": {"sts:ExternalId": {"Ref": "MemberExternalId"}}}
        said["StringEqualsIfExists"] = {"Fn::If": ["HasMemberAccounts", narrowed, NOTHING]}
        conditions = {"sts:AssumeRole": SOURCE_IDENTITY | said, "sts:SetSourceIdentity": SOURCE_IDENTITY}
        member = {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${MemberRoleName}"}
        right = [(RECORD, "HasMemberRole", action, member, conditions[action]) for action in conditions]
        grants = ((name, optional, *map(statement.get, SAYS)) for name, _, optional, statement in self.grants())
        found = [grant for grant in grants if "sts:" in str(grant[2])]
        self.expect(found == right, "sts:", f"to be allowed as {right} and not otherwise, found {found}")
        rule = at(self.template, "Rules", "MemberRoleNeedsExternalId", "Assertions")
        self.expect(bool(rule), "Rules", "MemberRoleNeedsExternalId: no role without an external id")

    def responder_url(self) -> None:
        """The responder behind a URL is the same program with the same rights; who asks there, AWS IAM says."""
        direct = self.resource(RESPONDER)["Properties"]
        right = {key: direct[key] for key in ("CodeUri", "Role", "LoggingConfig", "Timeout")}
        right |= {"FunctionUrlConfig": {"AuthType": "AWS_IAM"}, "Condition": "HasResponderUrl"}
        right |= {"Environment": {"Variables": {**direct["Environment"]["Variables"], "SEVERANCE_FUNCTION_URL": "true"}}}
        # It is asked synchronously, by its URL.
        right |= dict.fromkeys(("Events", "EventInvokeConfig", "DeadLetterQueue", "AutoPublishAlias"))
        self.has(RESPONDER_URL, right)
        others = {**self.template["Resources"], RESPONDER_URL: None, "Globals": self.template["Globals"]}
        urls = ("FunctionUrlConfig", "AWS::Lambda::Url", "SEVERANCE_FUNCTION_URL")
        found = [url for url in urls if url in json.dumps(others)]
        self.expect(not found, "template", f"no URL and no SEVERANCE_FUNCTION_URL but {RESPONDER_URL}'s, found {found}")

    def asked(self) -> None:
        """Who can ask the functions that are asked: whoever has the policy for it, and Secrets Manager the rotation."""
        direct, url, copies = ({"Fn::GetAtt": [name, "Arn"]} for name in (RESPONDER, RESPONDER_URL, COPIES))
        by_url = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
        url_only = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
        ask, if_url = "lambda:InvokeFunction", "HasResponderUrl"
        expected = {RESPONDER_INVOKE: [(None, ask, direct, None)], COPIES_INVOKE: [(None, ask, copies, None)]}
        expected[RESPONDER_INVOKE] += [(if_url, ask + "Url", url, by_url), (if_url, ask, url, url_only)]
        for policy, right in expected.items():
            found = [(optional, *map(statement.get, SAYS)) for _, optional, statement in self.statements(policy)]
            self.expect(found == right, policy, f"{right}, and nothing else; found {found}")
        self.has(COPIES_INVOKE, {"Condition": "HasCopiesSearch"})
        for parameter in ("CopiesSearch", "ResponderUrl"):
            right = self.template["Conditions"].get(f"Has{parameter}") == {"Fn::Equals": [{"Ref": parameter}, "true"]}
            self.expect(right, f"condition Has{parameter}", f"{parameter} is true")
        askers = {RESPONDER: ["PostureFindingRole", RESPONDER_INVOKE, RESPONDER_ROLE], RESPONDER_URL: [RESPONDER_INVOKE]}
        askers[COPIES] = [COPIES_INVOKE, RESPONDER_ROLE]
        for function, right in askers.items():
            names = {name for name, _, _, said in self.grants() if self.reaches(said.get("Resource"), function)}
            self.expect(sorted(names) == right, function, f"to be named by {right} alone, found {sorted(names)}")
        permissions = [permission["Properties"] for permission in self.of_type("AWS::Lambda::Permission").values()]
        found = [said for said in permissions if any(self.reaches(said, name) for name in (*askers, ROTATION))]
        right = {"Action": ask, "FunctionName": {"Ref": ROTATION}, "SourceAccount": {"Ref": "AWS::AccountId"}}
        right["Principal"] = "secretsmanager.amazonaws.com"
        self.expect(found == [right], "permissions", f"beside those of events {right}, found {found}")

    def resource(self, name: str) -> dict[str, Any]:
        return self.template["Resources"].get(name, {})

    def of_type(self, kind: str) -> dict[str, Any]:
        return {name: resource for name, resource in self.template["Resources"].items() if resource["Type"] == kind}

    def has(self, name: str, expected: dict[str, Any]) -> None:
        """Of a resource, or of its properties. Functions have those of Globals as well."""
        resource = self.resource(name)
        common = self.template["Globals"]["Function"] if resource.get("Type") == "AWS::Serverless::Function" else {}
        found = {**common, **resource, **resource.get("Properties", {})}
        for key, value in expected.items():
            self.expect(found.get(key) == value, name, f"{key} {value}, found {found.get(key)}")

    def role_arns(self, *policies: str) -> list[dict[str, str]]:
        """Of the roles that hold these policies, as they stand in conditions."""
        roles = [role["Properties"] for role in self.of_type("AWS::IAM::Role").values()]
        held = [role for role in roles if all({"Ref": one} in role.get("ManagedPolicyArns", []) for one in policies)]
        return [{"Fn::Sub": f"{OWN}role/{at(role, 'RoleName', 'Fn::Sub')}"} for role in held]

    def statements(self, name: str) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
        """Each statement of a resource: its label, the condition that decides whether it is there, what it says."""
        for optional, statement in branches(self.resource(name).get("Properties")):
            yield f"{name} {statement.get('Sid', '')}".rstrip(), optional, statement

    def grants(self) -> Iterator[tuple[str, str, str | None, dict[str, Any]]]:
        """What roles and policies are allowed. Who may assume a role is another matter: that names principals."""
        for name, resource in self.template["Resources"].items():
            for label, optional, statement in self.statements(name):
                allows = statement["Effect"] != "Deny" and "Principal" not in statement
                if allows and resource["Type"].startswith("AWS::IAM::"):
                    yield name, label, optional, statement

    def denies(self, policy: str, actions: set[str], resources: list[Any], condition: Any = None) -> None:
        found = False
        for _, optional, statement in self.statements(policy):
            named = statement.get("Resource")
            missing = [one for one in resources if one not in (named if isinstance(named, list) else [named])]
            always = (statement["Effect"], optional, statement.get("Principal", "*")) == ("Deny", None, "*")
            same = statement.get("Condition") == condition and actions <= set(texts(statement.get("Action")))
            found = found or (always and same and not missing)
        self.expect(found, policy, f"a deny of {sorted(actions)} on {resources}, condition {condition}")

    def reaches(self, value: Any, function: str) -> bool:
        """Whether what a policy names may be this function: by reference, or by a pattern on its name."""
        if re.search(rf'["{{]{function}\b', json.dumps(value)):
            return True
        name = str(at(self.resource(function), "Properties", "FunctionName", "Fn::Sub"))
        parts = [text.rpartition(":function:") for text in texts(value)]
        return any(pattern == name or (found and fnmatchcase(name, pattern)) for _, found, pattern in parts)


@dataclass
class MemberChecks(Checks):
    """What there is to say about the role in member accounts, beside the hub's template."""

    hub: Checks | None = None

    def run(self) -> None:
        self.rights()
        self.trust("MemberRole")
        self.reach("ContainmentPolicy")
        found = [name for name, resource in self.template["Resources"].items() if "::IAM::" in resource["Type"]]
        self.expect(sorted(found) == ["ContainmentPolicy", "MemberRole"], "template", f"one role, one policy: {found}")

    def trust(self, role: str) -> None:
        self.has(role, {"MaxSessionDuration": 3600, "PermissionsBoundary": BOUNDARY})
        roles = json.dumps(self.hub.role_arns(RECORD) if self.hub else [])
        roles = roles.replace("${AWS::AccountId}", "${HubAccountId}").replace("${AWS::StackName}", "${HubStackName}")
        of_hub = SOURCE_IDENTITY | {"ArnEquals": {"aws:PrincipalArn": json.loads(roles)}}
        saying_the_id = of_hub | {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
        hub = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${HubAccountId}:root"}}
        right = [(hub, "sts:AssumeRole", None, saying_the_id), (hub, "sts:SetSourceIdentity", None, of_hub)]
        trust = branches(at(self.resource(role), "Properties", "AssumeRolePolicyDocument"))
        found = [(statement.get("Principal"), *map(statement.get, SAYS)) for _, statement in trust]
        self.expect(found == right, role, f"to let in {right}, found {found}")
        self.expect("Default" not in self.template["Parameters"]["ExternalId"], "parameter ExternalId", "no default")

    def reach(self, policy: str) -> None:
        """Never itself; nothing that gives anybody access but what containment cannot do without."""
        for _, label, _, statement in self.grants():
            never = [action for action in texts(statement.get("Action")) if action.startswith(MEMBER_NEVER)]
            # The oldest version of a policy makes room for one that allows nothing.
            own = "iam:Delete(User|Role)(Policy|PermissionsBoundary)|iam:DeletePolicyVersion"
            denying = "|iam:(Attach|Detach)(User|Role)Policy" if statement.get("Condition") == DENY_ALL else ""
            own = re.compile(own + denying)
            strange = sorted(action for action in set(never) - MEMBER_MAY if not own.fullmatch(action))
            self.expect(not strange, label, f"no secrets, and nothing that gives or ends access, found {strange}")
        self.has(policy, {"ManagedPolicyName": {"Fn::Sub": "${RoleName}-containment"}})
        own = [OWN + "role/${RoleName}", OWN + "policy/${RoleName}-containment", *OF_AWS]
        self.denies(policy, CHANGES, [*({"Fn::Sub": arn} for arn in own), BOUNDARY])
        rotate = {"secretsmanager:RotateSecret"}
        self.denies(policy, rotate, ["*"], {"Bool": {"secretsmanager:ModifyRotationRules": "true"}})
        self.denies(policy, rotate, ["*"], {"Null": {"secretsmanager:RotationLambdaARN": "false"}})


# ── Reading values ───────────────────────────────────────────────────────────────────────────────────────────────


def at(node: Any, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def texts(value: Any) -> list[str]:
    """Every text in a value, in each branch of a condition, and within what is substituted."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [] if {"Ref", "Fn::GetAtt"} & set(value) else value.get("Fn::If", [None, *value.values()])[1:]
    return [text for inner in value or [] for text in texts(inner)]


def branches(node: Any, condition: str | None = None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every statement, wherever the resource's type keeps it, with the condition that decides whether it is there."""
    match node:
        case {"Effect": _}:
            yield condition, node
        case {"Fn::If": [chooses, *either]}:
            yield from branches(either, chooses)
        case dict():
            yield from branches(list(node.values()), condition)
        case list():
            for inner in node:
                yield from branches(inner, condition)


def rendered(node: Any) -> Any:
    """A policy as CloudFormation writes it at its longest. What is not known is an ARN of 128 characters."""
    match node:
        case str():
            return re.sub(r"\$\{([^}]+)\}", lambda found: LONGEST.get(found[1], "x" * 128), node)
        case {"Fn::If": [_, *either]}:
            return max((rendered(branch) for branch in either), key=lambda branch: len(json.dumps(branch)))
        case {"Fn::Split": [separator, text]}:
            return rendered(text).split(separator)
        case {"Fn::Sub": text}:
            return rendered(text)
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return rendered(f"${{{name}}}")
        case dict():
            return {key: rendered(value) for key, value in node.items()}
        case list():
            return [rendered(value) for value in node if value != NOTHING]
    return node


def main() -> int:
    paths = [REPO / "template.yaml", REPO / "infra" / "member-account.yaml"]
    paths[: len(sys.argv) - 1] = [Path(path) for path in sys.argv[1 : len(paths) + 1]]
    templates = []
    for path in paths:
        try:
            # By way of JSON, without cfn-lint's own types of nodes.
            templates.append(json.loads(json.dumps(cfn_yaml.load(str(path)))))
        except Exception as error:  # cfn-lint's and YAML's errors have no common class.
            print(f"{path.name} cannot be read: {error}", file=sys.stderr)
            return 1
    hub = Checks(templates[0])
    all_checks = [hub, MemberChecks(templates[1], hub=hub)]
    for path, checks in zip(paths, all_checks, strict=True):
        checks.run()
        if checks.failures:
            print(f"{path.name} does not hold:", *checks.failures, sep="\n  ", file=sys.stderr)
        else:
            print(f"{checks.held} checks of {path.name} hold")
    return 1 if any(checks.failures for checks in all_checks) else 0


if __name__ == "__main__":
    sys.exit(main())
