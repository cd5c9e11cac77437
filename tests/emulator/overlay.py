"""ministack 1.5.33 with AWS's behaviour restored where Severance's tests depend on it.

Run in place of the `ministack` command, with the same environment. Each override says which AWS behaviour it restores; what
is left wrong stands in README.md beside this file. It reaches into ministack's modules, so requirements.txt pins the version.
"""

from __future__ import annotations

import json
import os
import re
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import assignments
import copies
import credentials
import directory
import access_paths  # noqa: F401 (it opens them)
import events
import function_urls
import lag
import organizations
import quotas
import renaming  # noqa: F401 (it registers its actions)
import roles_anywhere
import secret_access
import secret_replicas
import secret_rotation  # noqa: F401 (it registers RotateSecret)
import secret_values
import sessions
import trail
import trusts
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import dynamodb, eventbridge, iam, lambda_svc, s3, sts
from ministack.services.cloudformation import provisioners
from wire import ACCESS_PATHS, IAM_NAMESPACE, Handler, Params, Request, Response, iam_action, now, own_user, paginate, param

# ── Access keys ──────────────────────────────────────────────────────────────────────────────────────────────────────


@iam_action("CreateAccessKey")
def create_access_key(original: Handler, params: Params) -> Response:
    """A user holds two access keys at most, and inactive ones count. Without a name it is the caller's own."""
    user = own_user(params)
    if sum(key["UserName"] == user for key in iam._access_keys.values()) >= 2:
        return iam._error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", ns="iam")
    return original(params | ({"UserName": [user]} if user else {}))


@iam_action("ListAccessKeys")
def list_access_keys(original: Handler, params: Params) -> Response:
    """Keys of a user that does not exist are an error, not an empty list. Without a name they are the caller's own."""
    user = own_user(params)
    if user and user not in iam._users:
        return iam._error(404, "NoSuchEntity", f"The user with name {user} cannot be found.", ns="iam")
    return original(params | ({"UserName": [user]} if user else {}))


# ── Last use ─────────────────────────────────────────────────────────────────────────────────────────────────────────
# AWS records when, where and for which service a key or role was last used, refused calls included.

Use = tuple[str, str, str]
"""Time, Region, service."""

LAST_USE: dict[tuple[str, str, str], list[tuple[float, Use]]] = {}
"""By account, "key" or "role", and key id or role name: the last use that is told of, and those that are not yet."""

USE_LAG_SECONDS = float(os.environ.get("OVERLAY_LAST_USE_LAG_SECONDS", "0"))

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


def record_use(access_key_id: str, use: Use) -> None:
    if not access_key_id.startswith("ASIA"):
        note_use((get_account_id(), "key", access_key_id), use)
        return
    arn = str((sts._sessions.get(access_key_id) or {}).get("Arn", ""))
    if ":assumed-role/" in arn:
        note_use((arn.split(":")[4], "role", arn.split("/")[1]), use)


def note_use(who: tuple[str, str, str], use: Use) -> None:
    told, untold = told_uses(who)
    LAST_USE[who] = [*told[-1:], *untold, (time.time(), use)]


def told_uses(who: tuple[str, str, str]) -> tuple[list[tuple[float, Use]], list[tuple[float, Use]]]:
    uses, horizon = LAST_USE.get(who, []), time.time() - USE_LAG_SECONDS
    told = [entry for entry in uses if entry[0] <= horizon]
    return told, uses[len(told) :]


def last_use(kind: str, name: str) -> Use | None:
    told, _ = told_uses((get_account_id(), kind, name))
    return told[-1][1] if told else None


@iam_action("GetAccessKeyLastUsed")
def get_access_key_last_used(original: Handler, params: Params) -> Response:
    """Of a key that is gone, or of another account's, IAM does not say that there is none: it refuses."""
    key = param(params, "AccessKeyId")
    if key and key not in iam._access_keys:
        caller = iam_evaluator.caller_arn()
        message = f"User: {caller} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {key}"
        return iam._error(403, "AccessDenied", message, ns="iam")
    status, headers, body = original(params)
    used = last_use("key", param(params, "AccessKeyId"))
    if status == 200 and used:
        when, region, service = used
        body = body.replace(
            b"<Region>N/A</Region><ServiceName>N/A</ServiceName>",
            f"<LastUsedDate>{when}</LastUsedDate><Region>{region}</Region><ServiceName>{service}</ServiceName>".encode(),
        )
    return status, headers, body


@iam_action("GetRole")
def get_role(original: Handler, params: Params) -> Response:
    status, headers, body = original(params)
    used = last_use("role", param(params, "RoleName"))
    if status == 200 and used:
        element = f"<RoleLastUsed><LastUsedDate>{used[0]}</LastUsedDate><Region>{used[1]}</Region></RoleLastUsed></Role>"
        body = body.replace(b"</Role>", element.encode())
    return status, headers, body


@iam_action("OverlaySetKeyDates")
def set_key_dates(_: Handler | None, params: Params) -> Response:
    """Not an AWS action: makes a key look old or long unused. No role is allowed it, so only the account's root can.

    Parameters: AccessKeyId; CreateDate and LastUsedDate, each optional, as 2025-01-31T00:00:00Z.
    """
    key_id = param(params, "AccessKeyId")
    key = iam._access_keys.get(key_id)
    if key is None:
        return iam._error(404, "NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", ns="iam")
    if created := param(params, "CreateDate"):
        key["CreateDate"] = created
    if used := param(params, "LastUsedDate"):
        LAST_USE[get_account_id(), "key", key_id] = [(0, (used, "us-east-1", "s3"))]
    return iam._xml(200, "OverlaySetKeyDatesResponse", "", ns="iam")


def credential_report() -> str:
    """The columns on last use and certificates, and the row of root; and it does not take N² time to make."""
    keys = defaultdict(list)
    for key in iam._access_keys.values():
        keys[key["UserName"]].append(key)
    with_mfa = {device.get("User") for device in iam._mfa_devices.values()}

    def key_columns(key: dict[str, str] | None) -> str:
        if key is None:
            return "false,N/A,N/A,N/A,N/A"
        used = last_use("key", key["AccessKeyId"]) or ("N/A", "N/A", "N/A")
        return ",".join(["true" if key["Status"] == "Active" else "false", key["CreateDate"], *used])

    root = f"arn:aws:iam::{get_account_id()}:root"
    unsupported = ",".join(["not_supported"] * 4)
    none = key_columns(None)
    rows = [iam._CRED_REPORT_HEADER, f"<root_account>,{root},{now()},{unsupported},true,{none},{none},false,N/A,false,N/A"]
    for name, user in iam._users.items():
        first, second, *_ = [*sorted(keys[name], key=lambda key: key["CreateDate"]), None, None]
        signed_in = credentials.LAST_SIGN_IN.get(name, "no_information")
        password = f"true,{signed_in},N/A,N/A" if name in iam._login_profiles else "false,N/A,N/A,N/A"
        certificates = [
            f"{'true' if certificate['Status'] == 'Active' else 'false'},{certificate['UploadDate']}"
            for certificate in credentials.held(credentials.CERTIFICATES, name)
        ]
        mfa = "true" if name in with_mfa else "false"
        rows.append(
            f"{name},{user['Arn']},{user['CreateDate']},{password},{mfa},{key_columns(first)},{key_columns(second)},"
            + ",".join([*certificates, "false,N/A", "false,N/A"][:2])
        )
    return "\n".join(rows)


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def without_details(original: Handler, kind: str) -> Handler:
    """ListUsers and ListRoles leave tags out: they must be asked for one by one."""

    def handler(params: Params) -> Response:
        status, headers, body = original(params)
        if status != 200:
            return status, headers, body
        ET.register_namespace("", IAM_NAMESPACE)
        tag = f"{{{IAM_NAMESPACE}}}".__add__
        root = ET.fromstring(body)
        for member in root.iterfind(f"*/{tag(kind)}/{tag('member')}"):
            for tags in member.findall(tag("Tags")):
                member.remove(tags)
        return status, headers, ET.tostring(root, encoding="utf-8", xml_declaration=True)

    return handler


for _action, _kind in (("ListUsers", "Users"), ("ListRoles", "Roles")):
    iam._IAM_HANDLERS[_action] = without_details(iam._IAM_HANDLERS[_action], _kind)
for _action in (
    "GetAccountAuthorizationDetails",
    "ListAccessKeys",
    "ListAttachedGroupPolicies",
    "ListAttachedRolePolicies",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListRolePolicies",
    "ListRoles",
    "ListUserPolicies",
    "ListUsers",
):
    iam._IAM_HANDLERS[_action] = paginate(iam._IAM_HANDLERS[_action])


# ── Authorization ────────────────────────────────────────────────────────────────────────────────────────────────────

_extract_resource_arn = iam_actions.extract_resource_arn
_request_tag_context = iam_actions.request_tag_context
_resolve_condition_key = iam_evaluator._resolve_condition_key


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


_pin_request_origin = iam_evaluator.pin_request_origin


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


# ── Functions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """The session of a function is one of its role: aws:userid begins with the role's unique id."""
    variables = _execution_credentials(config)
    session = sts._sessions.get(variables["AWS_ACCESS_KEY_ID"])
    if session is not None:
        session["UserId"] = f"{sts._role_id(config['Role'])}:{session['UserId'].partition(':')[2]}"
    return variables


_execution_credentials = lambda_runtime.execution_credentials


# ── EventBridge ──────────────────────────────────────────────────────────────────────────────────────────────────────


def dispatch_to_lambda(arn: str, payload: str) -> None:
    """A rule invokes a function asynchronously: failures are retried and end in the on-failure destination."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), json.loads(payload))


# ── CloudFormation ───────────────────────────────────────────────────────────────────────────────────────────────────


def create_bucket(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    """A bucket's ObjectLockConfiguration is applied, so that what is put into it is locked."""
    name, attributes = provisioners._s3_create(logical_id, props, stack_name)
    if props.get("ObjectLockEnabled") in (True, "true"):
        rule = (props.get("ObjectLockConfiguration") or {}).get("Rule") or {}
        retention = rule.get("DefaultRetention")
        if retention:
            retention = {"Mode": retention["Mode"], "Days": int(retention["Days"])}
        s3._bucket_object_lock[name] = {"enabled": True, "default_retention": retention}
    return name, attributes


def create_bus_policy(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    """AWS::Events::EventBusPolicy exists."""
    bus, sid = props.get("EventBusName", "default"), props["StatementId"]
    eventbridge._put_permission({"EventBusName": bus, "StatementId": sid})
    for statement in eventbridge._event_bus_policies[bus]["Statement"]:
        if statement["Sid"] == sid:
            statement.update(props["Statement"])
    return f"{bus}|{sid}", {}


def delete_bus_policy(physical_id: str, props: dict[str, Any]) -> None:
    bus, _, sid = physical_id.partition("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": sid})


_create_alarm = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]["create"]


def create_alarm(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    """An alarm on an expression over several metrics can be created. Here it never fires."""
    if "Metrics" not in props:
        return _create_alarm(logical_id, props, stack_name)
    name = props["AlarmName"]
    return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}


def install() -> None:
    """Put the overrides in place. ministack.app must not have been imported before: it copies some of these names."""
    iam_evaluator.enforce = enforce
    iam_evaluator.pin_request_origin = pin_request_origin
    iam_evaluator._resolve_condition_key = resolve_condition_key
    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.request_tag_context = request_context
    iam._build_credential_report = credential_report
    iam._aws_managed_policies |= {policy["Arn"]: policy for policy in MANAGED_POLICIES}
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials
    organizations.install()
    quotas.install()
    trusts.install()
    sessions.install()
    lag.install()
    secret_values.install()
    secret_replicas.install()
    events.install()
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"] = create_bucket
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]["create"] = create_alarm
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = {
        "create": create_bus_policy,
        "delete": delete_bus_policy,
    }


def open_access_paths(app: Any) -> None:
    """Let requests through the access paths before ministack sees them: it would take some for S3."""
    within = app._handle_special_data_plane_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Params, *rest: Any, **more: Any) -> Any:
        for access_path in ACCESS_PATHS:
            response = await access_path(Request(method, path, headers, body, query))
            if response is not None:
                return response
        return await within(method, path, headers, body, query, *rest, **more)

    app._handle_special_data_plane_request = handle


if __name__ == "__main__":
    install()
    from ministack import app

    for module in (assignments, copies, directory, function_urls, roles_anywhere, trail):
        module.install(app)
    open_access_paths(app)
    app.main()
