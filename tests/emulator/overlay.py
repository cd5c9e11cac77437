"""ministack 1.5.33 with AWS's behaviour restored where Severance's tests depend on it.

Run in place of the `ministack` command, with the same environment. Each override, here and in the modules that are imported,
says which AWS behaviour it restores; what is left wrong stands in README.md beside this file. They reach into ministack's
modules, so requirements.txt pins the version.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import access_paths  # noqa: F401 (it opens them)
import assignments
import authorization
import copies
import directory
import events
import function_urls
import lag
import last_use
import organizations
import quotas
import renaming  # noqa: F401 (it registers its actions)
import roles_anywhere
import secret_replicas
import secret_rotation  # noqa: F401 (it registers RotateSecret)
import secret_values
import sessions
import trail
import trusts
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, iam, lambda_svc, s3, sts
from ministack.services.cloudformation import provisioners
from wire import ACCESS_PATHS, IAM_NAMESPACE, Handler, Params, Request, Response, iam_action, own_user, paginate

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
    authorization.install()
    last_use.install()
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
