"""ministack 1.5.33 with AWS's behaviour restored where Severance's tests depend on it.

Run in place of the `ministack` command, with the same environment. Each override says which AWS behaviour it restores; what
is left wrong stands in README.md beside this file. It reaches into ministack's modules, so requirements.txt pins the version.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import dynamodb, eventbridge, iam, lambda_svc, s3, secretsmanager, sts
from ministack.services.cloudformation import provisioners

Params = dict[str, list[str]]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]

IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def param(params: Params, name: str) -> str:
    return iam._p(params, name)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def iam_action(name: str) -> Callable[[Callable[[Handler, Params], Response]], Handler]:
    """Register an override of an IAM action; it gets ministack's own handler first."""

    def register(override: Callable[[Handler, Params], Response]) -> Handler:
        original = iam._IAM_HANDLERS.get(name)

        def handler(params: Params) -> Response:
            return override(original, params)

        iam._IAM_HANDLERS[name] = handler
        return handler

    return register


# ── Access keys ──────────────────────────────────────────────────────────────────────────────────────────────────────


@iam_action("CreateAccessKey")
def create_access_key(original: Handler, params: Params) -> Response:
    """A user holds two access keys at most, and inactive ones count."""
    user = param(params, "UserName")
    if sum(key["UserName"] == user for key in iam._access_keys.values()) >= 2:
        return iam._error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", ns="iam")
    return original(params)


@iam_action("ListAccessKeys")
def list_access_keys(original: Handler, params: Params) -> Response:
    """Keys of a user that does not exist are an error, not an empty list."""
    user = param(params, "UserName")
    if user and user not in iam._users:
        return iam._error(404, "NoSuchEntity", f"The user with name {user} cannot be found.", ns="iam")
    return original(params)


# ── Last use ─────────────────────────────────────────────────────────────────────────────────────────────────────────
# AWS records when, where and for which service a key or role was last used, refused calls included.

LAST_USE: dict[tuple[str, str, str], tuple[str, str, str]] = {}
"""(account, "key" or "role", key id or role name) → (time, Region, service)."""

_enforce = iam_evaluator.enforce


def enforce(access_key_id: str, action: str, service: str, region: str, *args: Any, **kwargs: Any) -> Any:
    verdict = _enforce(access_key_id, action, service, region, *args, **kwargs)
    if access_key_id and not isinstance(verdict, iam_evaluator.AuthError):
        record_use(access_key_id, (now(), region or "us-east-1", service))
    return verdict


def record_use(access_key_id: str, use: tuple[str, str, str]) -> None:
    if not access_key_id.startswith("ASIA"):
        LAST_USE[get_account_id(), "key", access_key_id] = use
        return
    arn = str((sts._sessions.get(access_key_id) or {}).get("Arn", ""))
    if ":assumed-role/" in arn:
        LAST_USE[arn.split(":")[4], "role", arn.split("/")[1]] = use


def last_use(kind: str, name: str) -> tuple[str, str, str] | None:
    return LAST_USE.get((get_account_id(), kind, name))


@iam_action("GetAccessKeyLastUsed")
def get_access_key_last_used(original: Handler, params: Params) -> Response:
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
        LAST_USE[get_account_id(), "key", key_id] = (used, "us-east-1", "s3")
    return iam._xml(200, "OverlaySetKeyDatesResponse", "", ns="iam")


def credential_report() -> str:
    """The columns on last use and the row of root; and it does not take N² time to make."""
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
        password = "true,no_information,N/A,N/A" if name in iam._login_profiles else "false,N/A,N/A,N/A"
        mfa = "true" if name in with_mfa else "false"
        rows.append(
            f"{name},{user['Arn']},{user['CreateDate']},{password},{mfa},{key_columns(first)},{key_columns(second)},"
            "false,N/A,false,N/A"
        )
    return "\n".join(rows)


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


PAGE = 25
"""IAM may return fewer items than MaxItems asks for. Here it does, so that small accounts have several pages."""


def paginate(original: Handler) -> Handler:
    """Lists come in pages, with a Marker for the rest."""

    def handler(params: Params) -> Response:
        status, headers, body = original(params)
        if status != 200:
            return status, headers, body
        limit = min(int(param(params, "MaxItems") or PAGE), PAGE)
        marker = param(params, "Marker")
        start = int(base64.urlsafe_b64decode(marker)) if marker else 0
        return status, headers, page_of(body, start, limit)

    return handler


def page_of(body: bytes, start: int, limit: int) -> bytes:
    """Keep the members [start, start + limit), counted over all lists of a result in order."""
    ET.register_namespace("", IAM_NAMESPACE)
    tag = f"{{{IAM_NAMESPACE}}}".__add__
    root = ET.fromstring(body)
    result = root[0]
    index = 0
    for container in result:
        for member in container.findall(tag("member")):
            if not start <= index < start + limit:
                container.remove(member)
            index += 1
    if index > start + limit:
        result.find(tag("IsTruncated")).text = "true"
        ET.SubElement(result, tag("Marker")).text = base64.urlsafe_b64encode(str(start + limit).encode()).decode()
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


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


def extract_resource_arn(service: str, *request: Any) -> Any:
    """The ARN of a user, role or group carries its path; GetAccessKeyLastUsed is about the key's user."""
    arn = _extract_resource_arn(service, *request)
    if service != "iam" or not isinstance(arn, str):
        return arn
    _method, _path, _headers, _body, params, *_ = request
    key = iam._access_keys.get(param(params, "AccessKeyId")) if arn == "*" else None
    if key is not None and (user := iam._users.get(key["UserName"])):
        return user["Arn"]
    if arn.count(":") == 5:
        kind, _, name = arn.split(":")[5].partition("/")
        store = {"user": iam._users, "role": iam._roles, "group": iam._groups}.get(kind)
        if store is not None and (entity := store.get(name)):
            return entity["Arn"]
    return arn


def request_context(service: str, action: str, body: bytes, params: Params) -> dict[str, Any]:
    """kms:SigningAlgorithm, kms:MessageType and dynamodb:LeadingKeys are condition keys."""
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


def deny_all_policy() -> dict[str, Any]:
    """AWSDenyAll denies."""
    statement = {"Sid": "DenyAll", "Effect": "Deny", "Action": ["*"], "Resource": "*"}
    return iam._make_aws_managed_record("AWSDenyAll", json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


# ── Secrets Manager ──────────────────────────────────────────────────────────────────────────────────────────────────

def rotate_secret(data: dict[str, Any]) -> Response:
    """A rotation is only configured where RotateImmediately is false, and where it starts, the new version is AWSPENDING until
    the rotation function moves AWSCURRENT to it. The function is not called here: a test or a person moves the label.

    A secret without a rotation function cannot be rotated, nor one whose last rotation has not ended."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret or secret.get("DeletedDate") or secretsmanager._is_replica(secret):
        return _rotate_secret(data)
    function = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not function:
        return error_response_json(
            "InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.", 400
        )
    pending, _ = secretsmanager._find_stage_version(secret, "AWSPENDING")
    current, version = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    if pending and pending != current:
        return error_response_json(
            "InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.", 400
        )
    secret |= {"RotationLambdaARN": function, "RotationEnabled": True}
    if rules := data.get("RotationRules"):
        secret["RotationRules"] = rules
    if data.get("RotateImmediately") is False:
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": current})
    wanted = data.get("ClientRequestToken") or str(uuid.uuid4())
    secret["Versions"][wanted] = {
        "SecretString": version.get("SecretString"),
        "SecretBinary": version.get("SecretBinary"),
        "CreatedDate": int(time.time()),
        "Stages": ["AWSPENDING"],
    }
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": wanted})


_rotate_secret = secretsmanager._rotate_secret


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
    iam._aws_managed_policies["arn:aws:iam::aws:policy/AWSDenyAll"] = deny_all_policy()
    secretsmanager._rotate_secret = rotate_secret
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["create"] = create_bucket
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]["create"] = create_alarm
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = {
        "create": create_bus_policy,
        "delete": delete_bus_policy,
    }


if __name__ == "__main__":
    install()
    from ministack.app import main

    main()
