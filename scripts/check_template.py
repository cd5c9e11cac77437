#!/usr/bin/env python3
"""Hold template.yaml to what no emulator keeps: encryption, retention, rights, alarms.

    check_template.py [TEMPLATE]

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
}
"""Variable of every function → what it refers to. A function that misses one would quietly go by its default."""
RESPONDER = "ResponderFunction"
"""The one function that keeps the guardrails: only it deletes, and only it writes the registry."""
TICK = REPO / "events" / "responder" / "tick.json"
WITHOUT_RESOURCE = {
    "iam:GetAccountAuthorizationDetails",
    "iam:ListRoles",
    "iam:ListUsers",
    "secretsmanager:ListSecrets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""AWS knows no resource for these. Nothing else may be allowed on "*"."""
METRICS_PER_ALARM = 10
"""CloudWatch's limit for an alarm that computes."""
DELIVERY_METRICS = ("FailedInvocations", "InvocationsFailedToBeSentToDlq")
TABLE_WRITES = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
TABLE_READS = {"dynamodb:GetItem", "dynamodb:Query"}
DELETABLE = {"GUARDRAILS", "NOTICES", "REGISTRY", "REVIEWS"}
"""The table's partitions but CASE#…: a case goes by its time to live, and by nothing else."""
KEPT_BY_RESPONDER = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}
QUEUE_METRICS = ("ApproximateNumberOfMessagesVisible", "NumberOfMessagesSent")
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
        self.responder()
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
        role_names = sorted(str(self.role_name(role)) for role in self.function_roles())
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

            role = referred(properties.get("Role"), "Arn")
            is_own = role is not None and role not in roles and self.type_of(role) == "AWS::IAM::Role"
            self.expect(is_own, name, "a role of this stack that no other function has")
            roles.add(str(role))

            group = referred(at(properties, "LoggingConfig", "LogGroup"))
            is_own = group is not None and group not in groups and self.type_of(group) == "AWS::Logs::LogGroup"
            self.expect(is_own, name, "a log group of this stack that no other function has")
            groups.add(str(group))

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
            for metric in ("Errors", "Throttles", "DestinationDeliveryFailures"):
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
            for statement in statements(resource.get("Properties")):
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
                    others = sorted(set(actions) - WITHOUT_RESOURCE)
                    self.expect(not others, label, f"a resource other than * for {' '.join(others)}")
            if kind == "AWS::IAM::Role":
                foreign = [arn for arn in listed(at(resource, "Properties", "ManagedPolicyArns")) if not self.is_policy(arn)]
                self.expect(not foreign, name, f"no managed policies but this stack's, found {foreign}")

        guarded = ["iam:Attach*", "iam:Create*", "iam:Delete*", "iam:PassRole", "iam:Put*", "iam:Update*"]
        for role in self.function_roles():
            own = self.role_name(role)
            policies = [referred(arn) for arn in listed(at(self.resource(role), "Properties", "ManagedPolicyArns"))]
            denied: list[str] = []
            for policy in policies:
                for statement in statements(at(self.resource(str(policy)), "Properties")):
                    if statement.get("Effect") == "Deny" and "Condition" not in statement:
                        denied += [end_of(arn) for arn in listed(statement.get("Resource")) if self.covers(statement, guarded)]
            self.expect(own in denied, role, "a policy that denies changes to this role, by its full name")
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
        """Wherever one of the functions' roles is named, in a deny or in a condition, all of them are."""
        every = {str(self.role_name(role)) for role in self.function_roles()}
        for name, resource in self.resources().items():
            for statement in statements(resource.get("Properties")):
                found = {end_of(text) for text in texts(statement) if ":role/" in text} & every
                if found:
                    label = f"{name} {statement.get('Sid', '')}".rstrip()
                    self.expect(found == every, label, f"all the functions' roles or none, missing {sorted(every - found)}")

    def responder(self) -> None:
        """Who can reach the responder: the schedule, with a tick, and who has the policy for it."""
        events = at(self.resource(RESPONDER), "Properties", "Events") or {}
        kinds = sorted(str(event.get("Type")) for event in events.values())
        self.expect(kinds == ["Schedule"], RESPONDER, f"one event, a Schedule, found {kinds}")
        for event_name, event in events.items():
            label = f"{RESPONDER} event {event_name}"
            properties = event.get("Properties", {})
            self.expect(properties.get("Schedule") == {"Ref": "WatchSchedule"}, label, "Schedule by the parameter WatchSchedule")
            try:
                sent = json.loads(str(properties.get("Input")))
                same = sent == json.loads(TICK.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                same, sent = False, error
            self.expect(same, label, f"the Input that stands in {TICK.relative_to(REPO)}, found {sent}")
        self.expect(at(self.resource(RESPONDER), "Properties", "FunctionUrlConfig") is None, RESPONDER, "no URL")
        output = referred(at(self.template, "Outputs", "InvokePolicy", "Value"))
        self.expect(self.is_policy({"Ref": output}), "output InvokePolicy", "a managed policy of this stack")
        allowed = [
            (texts_of(statement.get("Action")), statement.get("Resource"), statement.get("Effect"))
            for statement in statements(at(self.resource(str(output)), "Properties"))
        ]
        right = [(["lambda:InvokeFunction"], {"Fn::GetAtt": [RESPONDER, "Arn"]}, "Allow")]
        self.expect(allowed == right, str(output), f"lambda:InvokeFunction on {RESPONDER}, and nothing else")
        others = [
            name
            for name, resource in self.resources().items()
            if name != output
            for statement in statements(resource.get("Properties"))
            for arn in listed(statement.get("Resource"))
            if statement.get("Effect") == "Allow" and referred(arn, "Arn") == RESPONDER
        ]
        self.expect(not others, RESPONDER, f"to be named by no policy but {output}, found {others}")

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
        roles = (referred(at(f, "Properties", "Role"), "Arn") for _, f in self.of_type("AWS::Serverless::Function"))
        return [role for role in roles if role is not None]

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
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "template.yaml"
    try:
        checks = Checks(plain(cfn_yaml.load(str(path))))
    except Exception as error:  # cfn-lint's and YAML's errors have no common class.
        print(f"{path.name} cannot be read: {error}", file=sys.stderr)
        return 1
    checks.run()
    if checks.failures:
        print(f"{path.name} does not hold:", *checks.failures, sep="\n  ", file=sys.stderr)
        return 1
    print(f"{checks.held} checks of {path.name} hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
