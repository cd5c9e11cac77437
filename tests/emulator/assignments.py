"""IAM Identity Center, which ministack lacks: permission sets, who is assigned them in which account, the roles and the portal.

Assignments take effect a moment after they were asked for, and provision roles that only AWS may change. AWS:
docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetsconcept.html and …/APIReference
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Any

import organizations
from directory import (
    GROUPS,
    STORE,
    STORE_ARN,
    USERS,
    administers,
    first_of,
    groups_of,
    guarded,
    listing,
    not_found,
    one,
    register,
    required,
)
from ministack.core.responses import get_account_id, request_scope
from ministack.services import iam
from sessions import role_session
from wire import Handler, Json, Params, Refused, Request, Response, access_path, iam_action, param, plain_json

INSTANCE = "arn:aws:sso:::instance/ssoins-7223b02e29a4f5c6"
ASSIGNING_SECONDS = float(os.environ.get("OVERLAY_ASSIGNING_SECONDS", "0.3"))
"""An assignment or its deletion is in progress that long."""

PERMISSION_SETS: dict[str, Json] = {}
ASSIGNMENTS: dict[tuple[str, ...], Json] = {}
"""What is in force, by ASSIGNMENT_KEY."""
REQUESTS: dict[str, Json] = {}
TOKENS: dict[str, str] = {}
"""Bearer tokens of signed-in users."""

ASSIGNMENT_KEY = ("TargetId", "PermissionSetArn", "PrincipalType", "PrincipalId")


# ── Permission sets and assignments ──────────────────────────────────────────────────────────────────────────────────


def create_permission_set(request: Json) -> Json:
    required(request, "Name")
    if any(known["Name"] == request["Name"] for known in PERMISSION_SETS.values()):
        raise Refused(400, "ConflictException", f"PermissionSet with name {request['Name']} already exists.")
    identifier = f"arn:aws:sso:::permissionSet/{INSTANCE.rpartition('/')[2]}/ps-{secrets.token_hex(8)}"
    fields = {name: request[name] for name in ("Name", "Description", "RelayState") if name in request}
    duration = request.get("SessionDuration", "PT1H")
    fields |= {"PermissionSetArn": identifier, "SessionDuration": duration, "CreatedDate": time.time()}
    PERMISSION_SETS[identifier] = fields | {"inline": "", "attached": [], "suffix": secrets.token_hex(8)}
    return {"PermissionSet": fields}


def permission_set(request: Json) -> Json:
    return one(PERMISSION_SETS, "PERMISSION_SET", request.get("PermissionSetArn"))


def describe_permission_set(request: Json) -> Json:
    shown = permission_set(request)
    return {"PermissionSet": {name: value for name, value in shown.items() if name[0].isupper()}}


def put_inline_policy(request: Json) -> Json:
    permission_set(request)["inline"] = request["InlinePolicy"]
    provision_again(request["PermissionSetArn"])
    return {}


def attach_managed_policy(request: Json) -> Json:
    permission_set(request)["attached"].append(request["ManagedPolicyArn"])
    provision_again(request["PermissionSetArn"])
    return {}


def asked(request: Json, verb: str) -> Json:
    """Accept the creation or deletion of an assignment. It is done later: see settle()."""
    required(request, *ASSIGNMENT_KEY)
    permission_set(request)
    principals = USERS if request["PrincipalType"] == "USER" else GROUPS
    if verb == "Creation":
        one(principals, request["PrincipalType"], request["PrincipalId"])
    account = request["TargetId"]
    if organizations.organization_id(account) is None:
        raise not_found("ACCOUNT", account)
    if account == organizations.MANAGEMENT and get_account_id() != organizations.MANAGEMENT:
        raise Refused(400, "AccessDeniedException", "A delegated administrator cannot manage access to the management account.")
    key = tuple(request[name] for name in ASSIGNMENT_KEY)
    if any(r["Status"] == "IN_PROGRESS" and r["key"] == key for r in REQUESTS.values()):
        raise Refused(400, "ConflictException", "An operation on this assignment is in progress.")
    if verb == "Deletion" and key not in ASSIGNMENTS:
        raise not_found("ACCOUNT_ASSIGNMENT", account)
    status = {name: request[name] for name in ASSIGNMENT_KEY} | {
        "Status": "IN_PROGRESS",
        "RequestId": str(uuid.uuid4()),
        "TargetType": "AWS_ACCOUNT",
        "CreatedDate": time.time(),
    }
    REQUESTS[status["RequestId"]] = status | {"key": key, "verb": verb, "due": time.time() + ASSIGNING_SECONDS}
    return {f"AccountAssignment{verb}Status": status}


def settle() -> None:
    """Carry out what is due."""
    for request in REQUESTS.values():
        if request["Status"] != "IN_PROGRESS" or request["due"] > time.time():
            continue
        account, permissions, *_ = request["key"]
        if request["verb"] == "Creation":
            ASSIGNMENTS[request["key"]] = {name: request[name] for name in ASSIGNMENT_KEY}
            provision(account, permissions)
        else:
            ASSIGNMENTS.pop(request["key"], None)
            if not any(key[:2] == (account, permissions) for key in ASSIGNMENTS):
                with request_scope(account, "us-east-1"):
                    iam._roles.pop(role_name(permissions), None)
        request["Status"] = "SUCCEEDED"


def status_of(request: Json, verb: str) -> Json:
    found = REQUESTS.get(request.get(f"AccountAssignment{verb}RequestId", ""))
    if found is None or found["verb"] != verb:
        raise not_found("REQUEST", str(request.get(f"AccountAssignment{verb}RequestId")))
    return {f"AccountAssignment{verb}Status": {name: value for name, value in found.items() if name[0].isupper()}}


def shown_assignment(assignment: Json) -> Json:
    return {"AccountId": assignment["TargetId"]} | {name: assignment[name] for name in ASSIGNMENT_KEY[1:]}


def list_account_assignments(request: Json) -> Json:
    wanted = (request["AccountId"], request["PermissionSetArn"])
    found = [shown_assignment(a) for key, a in ASSIGNMENTS.items() if key[:2] == wanted]
    return listing("AccountAssignments", found, request)


def list_account_assignments_for_principal(request: Json) -> Json:
    """Of a user those of his groups, too, each with its principal: that is why answers tell the principal's type."""
    principals = {request["PrincipalId"]}
    if request["PrincipalType"] == "USER":
        principals |= groups_of(request["PrincipalId"])
    account = (request.get("Filter") or {}).get("AccountId")
    found = [
        shown_assignment(a)
        for a in ASSIGNMENTS.values()
        if a["PrincipalId"] in principals and account in (None, a["TargetId"])
    ]
    return listing("AccountAssignments", found, request)


def list_instances(_request: Json) -> Json:
    instance = {
        "InstanceArn": INSTANCE,
        "IdentityStoreId": STORE,
        "IdentityStoreArn": STORE_ARN,
        "OwnerAccountId": organizations.MANAGEMENT,
        "Status": "ACTIVE",
        "CreatedDate": 1700000000,
    }
    return {"Instances": [instance] if administers() else []}


# ── Provisioned roles ────────────────────────────────────────────────────────────────────────────────────────────────

RESERVED = "/aws-reserved/sso.amazonaws.com/"


def role_name(permissions: str) -> str:
    known = PERMISSION_SETS[permissions]
    return f"AWSReservedSSO_{known['Name']}_{known['suffix']}"


def provision(account: str, permissions: str) -> None:
    known, name = PERMISSION_SETS[permissions], role_name(permissions)
    with request_scope(account, "us-east-1"):
        if name not in iam._roles:
            provider = f"arn:aws:iam::{account}:saml-provider/AWSSSO_{STORE.removeprefix('d-')}_DO_NOT_DELETE"
            trust = {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            }
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            iam._create_role({"RoleName": [name], "Path": [RESERVED], "AssumeRolePolicyDocument": [document]})
        role = iam._roles[name]
        role["InlinePolicies"] = {"AwsSSOInlinePolicy": known["inline"]} if known["inline"] else {}
        role["AttachedPolicies"] = list(known["attached"])


def provision_again(permissions: str) -> None:
    for account in {key[0] for key in ASSIGNMENTS if key[1] == permissions}:
        provision(account, permissions)


def protected(original: Handler, params: Params) -> Response:
    """Only AWS changes the roles of permission sets."""
    name = param(params, "RoleName")
    if (iam._roles.get(name) or {}).get("Path") == RESERVED:
        message = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
        raise Refused(400, "UnmodifiableEntity", message)
    return original(params)


for _action in (
    *("AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy"),
    *("PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole"),
    "UpdateRoleDescription",
):
    iam_action(_action)(protected)


# ── Access paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@access_path
async def portal(request: Request) -> Response | None:
    """The access portal: `POST /_overlay/sso/token` (form UserName) signs a user in; GetRoleCredentials of the real `sso` client
    then gives credentials for what is assigned to him, by himself or by group."""
    settle()
    if request.path == "/_overlay/sso/token" and request.method == "POST":
        name = request.form.get("UserName", "")
        user = next((u for u in USERS.values() if u["UserName"] == name and u["UserStatus"] == "ENABLED"), None)
        if user is None:
            return plain_json(401, {"message": "Unauthorized"})
        token = secrets.token_urlsafe(32)
        TOKENS[token] = user["UserId"]
        return plain_json(200, {"accessToken": token, "userId": user["UserId"]})
    if request.path != "/federation/credentials" or request.method != "GET":
        return None
    user = USERS.get(TOKENS.get(request.headers.get("x-amz-sso_bearer_token", ""), ""))
    if user is None or user["UserStatus"] != "ENABLED":
        return portal_error(401, "UnauthorizedException", "Session token not found or invalid")
    account, wanted = (request.query.get(name, [""])[0] for name in ("account_id", "role_name"))
    principals = {user["UserId"], *groups_of(user["UserId"])}
    for assigned in ASSIGNMENTS.values():
        known = PERMISSION_SETS[assigned["PermissionSetArn"]]
        if (assigned["TargetId"], known["Name"]) == (account, wanted) and assigned["PrincipalId"] in principals:
            return plain_json(200, {"roleCredentials": role_credentials(account, known, user)})
    return portal_error(403, "ForbiddenException", "No access")


def portal_error(status: int, code: str, message: str) -> Response:
    return plain_json(status, {"message": message}, **{"x-amzn-errortype": code})


def role_credentials(account: str, known: Json, user: Json) -> Json:
    """The session knows whose it is: identitystore:UserId is a condition key in it."""
    arn = f"arn:aws:iam::{account}:role{RESERVED}{role_name(known['PermissionSetArn'])}"
    hours = re.fullmatch(r"PT(\d+)H", known["SessionDuration"])
    context = {"identitystore:userid": user["UserId"], "identitystore:identitystorearn": STORE_ARN}
    with request_scope(account, "us-east-1"):
        key, session = role_session(arn, user["UserName"], int(hours[1]) * 3600 if hours else 3600, ContextKeys=context)
    return {
        "accessKeyId": key,
        "secretAccessKey": session["SecretAccessKey"],
        "sessionToken": session["SessionToken"],
        "expiration": int(session["Expiration"] * 1000),
    }


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sso_resources(request: Json) -> list[str]:
    """All of these must be allowed: instance, permission set and account."""
    found = [str(request.get("InstanceArn", "*"))]
    found += [request["PermissionSetArn"]] if request.get("PermissionSetArn") else []
    account = request.get("TargetId") or request.get("AccountId")
    return found + ([f"arn:aws:sso:::account/{account}"] if account else [])


SSO_ACTIONS: dict[str, Callable[[Json], Json]] = {
    "AttachManagedPolicyToPermissionSet": attach_managed_policy,
    "CreateAccountAssignment": lambda request: asked(request, "Creation"),
    "CreatePermissionSet": create_permission_set,
    "DeleteAccountAssignment": lambda request: asked(request, "Deletion"),
    "DescribeAccountAssignmentCreationStatus": lambda request: status_of(request, "Creation"),
    "DescribeAccountAssignmentDeletionStatus": lambda request: status_of(request, "Deletion"),
    "DescribePermissionSet": describe_permission_set,
    "GetInlinePolicyForPermissionSet": lambda request: {"InlinePolicy": permission_set(request)["inline"]},
    "ListAccountAssignments": list_account_assignments,
    "ListAccountAssignmentsForPrincipal": list_account_assignments_for_principal,
    "ListInstances": list_instances,
    "ListPermissionSets": lambda request: listing("PermissionSets", PERMISSION_SETS, request),
    "PutInlinePolicyToPermissionSet": put_inline_policy,
}


resource_arn = first_of(sso_resources)


def install(app: Any) -> None:
    serve = guarded("sso", INSTANCE, sso_resources, SSO_ACTIONS, ("ListInstances",))

    async def handle_request(*request: Any) -> Response:
        settle()
        return await serve(*request)

    # Its requests are signed for "sso", whatever botocore calls it.
    register(app, "sso", "SWBExternalService", "sso-admin", handle_request)
