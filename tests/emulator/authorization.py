"""Authorization: what a request is about, under which conditions it is made, and whether its caller may make it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import assignments
import copies
import directory
import events
import organizations
import roles_anywhere
import secret_access
import trail
from last_use import record_use
from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb, iam
from wire import Params, now, own_user, param

_extract_resource_arn = iam_actions.extract_resource_arn
_request_tag_context = iam_actions.request_tag_context
_resolve_condition_key = iam_evaluator._resolve_condition_key
_pin_request_origin = iam_evaluator.pin_request_origin
_enforce = iam_evaluator.enforce


def enforce(
    access_key_id: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Records the use; and the root of a member account is bound by service control policies, too."""
    organizations.DENIED_BY_SCP.set(False)
    if service == "secretsmanager":
        service_context = secret_access.conditions(action, resource_arn, service_context or {})
    verdict = _enforce(access_key_id, action, service, region, resource_arn, service_context)
    if isinstance(verdict, iam_evaluator.AuthError):
        trail.UNAUTHENTICATED.set(True)
        return verdict
    if access_key_id:
        record_use(access_key_id, (now(), region or "us-east-1", service))
        if verdict is None and iam_evaluator.is_root_access_key(access_key_id):
            verdict = organizations.refuses_root(action, service_context, region, resource_arn)
    if verdict is not None and verdict.matched_sid.startswith(organizations.SCP_SID):
        organizations.DENIED_BY_SCP.set(True)
    return verdict


def extract_resource_arn(service: str, method: str, path: str, headers: Any, body: bytes, params: Params, *rest: Any) -> Any:
    """The ARN of a user, role or group carries its path; GetAccessKeyLastUsed is about the key's user, and what names no user
    is about the caller's own. Services that ministack does not know have ARNs as well."""
    if own := RESOURCE_ARNS.get(service):
        return own(method, path, body, params)
    if service == "codebuild" and (own_arn := copies.project_arn(body)):
        return own_arn
    if service == "ssm" and (own_arn := copies.ssm_resource_arn(body)):
        return own_arn
    arn = _extract_resource_arn(service, method, path, headers, body, params, *rest)
    if service != "iam" or not isinstance(arn, str):
        return arn
    if arn == "*":
        return named_by_id(params)
    if arn.count(":") == 5:
        kind, _, name = arn.split(":")[5].partition("/")
        store = {"user": iam._users, "role": iam._roles, "group": iam._groups}.get(kind)
        if store is not None and (entity := store.get(name)):
            return entity["Arn"]
    return arn


RESOURCE_ARNS: dict[str, Callable[[str, str, bytes, Params], str]] = {
    "organizations": lambda _method, _path, body, _params: organizations.resource_arn(body),
    "identitystore": directory.resource_arn,
    "rolesanywhere": roles_anywhere.resource_arn,
    "sso": assignments.resource_arn,
}

OWN = re.compile("(Access|SSHPublic)Keys?$|SigningCertificates?$|ServiceSpecificCredentials?$|^GetUser$")
"""IAM actions that are about the caller where they name no user."""


def named_by_id(params: Params) -> str:
    """The resource of an IAM request that names neither user, role, group nor policy."""
    for provider in ("OpenIDConnectProviderArn", "SAMLProviderArn"):
        if param(params, provider):
            return param(params, provider)
    key = iam._access_keys.get(param(params, "AccessKeyId"))
    name = key["UserName"] if key else ""
    if not name and OWN.search(param(params, "Action")) and param(params, "AllUsers") != "true":
        name = own_user(params)
    user = iam._users.get(name)
    return user["Arn"] if user else "*"


IAM_CONDITION_KEYS = {
    "PolicyArn": "iam:policyarn",
    "PermissionsBoundary": "iam:permissionsboundary",
    "ServiceName": "iam:servicespecificcredentialservicename",
    "CredentialAgeDays": "iam:servicespecificcredentialagedays",
}


def request_context(service: str, action: str, body: bytes, params: Params) -> dict[str, Any]:
    """Condition keys that ministack does not know: kms:SigningAlgorithm, kms:MessageType, dynamodb:LeadingKeys, events:source and
    events:detail-type, those of IAM in IAM_CONDITION_KEYS, sts:ExternalId, sts:RoleSessionName and sts:SourceIdentity in identity policies."""
    context = _request_tag_context(service, action, body, params)
    if service == "kms":
        request = json.loads(body or b"{}")
        for field in ("SigningAlgorithm", "MessageType"):
            if field in request:
                context[f"kms:{field}".lower()] = request[field]
    elif service == "dynamodb":
        keys = leading_keys(json.loads(body or b"{}"))
        if keys:
            context["dynamodb:leadingkeys"] = keys
    elif service == "iam":
        context |= {key: param(params, name) for name, key in IAM_CONDITION_KEYS.items() if param(params, name)}
    elif service == "sts":
        names = ("ExternalId", "RoleSessionName", "SourceIdentity")
        context |= {f"sts:{name}".lower(): param(params, name) for name in names if param(params, name)}
    elif service == "secretsmanager":
        context |= secret_access.request_conditions(action, body)
    elif action == "events:PutEvents":
        context |= events.conditions(body)
    return context


def leading_keys(request: dict[str, Any]) -> list[str]:
    """The partitions that a request on items names. Of a condition on the key it knows `pk = :value`, which AWS wants anyway."""

    def values(table: str, item: dict[str, Any] | None) -> list[str]:
        # A name or an ARN.
        known = dynamodb._tables.get(table.rpartition("/")[2])
        return [str(value) for value in (item or {}).get(known["pk_name"], {}).values()] if known else []

    table = str(request.get("TableName", ""))
    found = values(table, request.get("Key")) + values(table, request.get("Item"))
    for batched, entries in (request.get("RequestItems") or {}).items():
        if isinstance(entries, dict):
            found += [key for item in entries.get("Keys", []) for key in values(batched, item)]
            continue
        for entry in entries:
            found += values(batched, (entry.get("PutRequest") or {}).get("Item"))
            found += values(batched, (entry.get("DeleteRequest") or {}).get("Key"))
    for entry in request.get("TransactItems") or []:
        for part in entry.values():
            item_table = str(part.get("TableName", ""))
            found += values(item_table, part.get("Key")) + values(item_table, part.get("Item"))
    known = dynamodb._tables.get(table.rpartition("/")[2])
    condition = str(request.get("KeyConditionExpression", ""))
    if known and condition:
        aliases = [known["pk_name"]]
        aliases += [alias for alias, name in (request.get("ExpressionAttributeNames") or {}).items() if name == known["pk_name"]]
        names = "|".join(re.escape(alias) for alias in aliases)
        for placeholder in re.findall(rf"(?<![\w#])(?:{names})\s*=\s*(:\w+)", condition):
            found += [str(value) for value in (request.get("ExpressionAttributeValues") or {}).get(placeholder, {}).values()]
    return found


def resolve_condition_key(key: str, context: Any) -> Any:
    """aws:PrincipalArn of a role session is the role's ARN, not the session's."""
    value = _resolve_condition_key(key, context)
    if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
        role = iam._roles.get(value.split("/")[1])
        return role["Arn"] if role else value
    return value


def pin_request_origin(source_ip: str, _secure_transport: bool) -> None:
    """AWS is spoken to over TLS, the emulator is not: the template's TLS-only denials would refuse every call to it."""
    _pin_request_origin(source_ip, True)


def managed_policy(name: str, effect: str, *actions: str) -> dict[str, Any]:
    statement = {"Sid": name, "Effect": effect, "Action": list(actions), "Resource": "*"}
    return iam._make_aws_managed_record(name, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


MANAGED_POLICIES = (
    managed_policy("AWSDenyAll", "Deny", "*"),
    # What API keys need, cut down to it.
    managed_policy("AmazonBedrockLimitedAccess", "Allow", "bedrock:CallWithBearerToken", "bedrock:InvokeModel*", "bedrock:List*"),
    managed_policy("CloudWatchLogsAPIKeyAccess", "Allow", "logs:CallWithBearerToken", "logs:PutLogEvents"),
    managed_policy("CloudWatchAPIKeyAccess", "Allow", "cloudwatch:CallWithBearerToken", "cloudwatch:PutMetricData"),
    managed_policy("AnthropicInferenceAccess", "Allow", "aws-external-anthropic:*"),
)
"""AWSDenyAll denies; it is empty in ministack. The others are not there."""


def install() -> None:
    iam_evaluator.enforce = enforce
    iam_evaluator.pin_request_origin = pin_request_origin
    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_context
    iam._aws_managed_policies |= {policy["Arn"]: policy for policy in MANAGED_POLICIES}
