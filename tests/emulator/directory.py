"""Identity Center's identity store, which ministack lacks: users, groups, memberships. One for the organization.

The management account owns it, the delegated administrator may use it, others are refused. AWS:
docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import organizations
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id
from wire import Json, Params, Refused, Response, json_page, json_refusal, json_service

STORE = "d-9067642ac7"
STORE_ARN = f"arn:aws:identitystore::{organizations.MANAGEMENT}:identitystore/{STORE}"

USERS: dict[str, Json] = {}
GROUPS: dict[str, Json] = {}
MEMBERSHIPS: dict[str, Json] = {}


def not_found(kind: str, identifier: str) -> Refused:
    return Refused(400, "ResourceNotFoundException", f"{kind} not found: {identifier}")


def one(records: dict[str, Json], kind: str, identifier: Any) -> Json:
    # Ids and ARNs are both taken.
    key = str(identifier).rpartition("/")[2] if kind != "PERMISSION_SET" else str(identifier)
    if key not in records:
        raise not_found(kind, key)
    return records[key]


def new_id() -> str:
    return f"{STORE.removeprefix('d-')}-{uuid.uuid4()}"


def required(request: Json, *names: str) -> None:
    for name in names:
        if not request.get(name):
            raise Refused(400, "ValidationException", f"{name} is required")


def listing(name: str, records: Iterable[Json], request: Json) -> Json:
    page, rest = json_page(list(records), request)
    return {name: page} | rest


# ── Users and groups ─────────────────────────────────────────────────────────────────────────────────────────────────


def create_user(request: Json) -> Json:
    required(request, "UserName", "Name", "DisplayName")
    emails = {email["Value"].lower() for email in request.get("Emails", [])}
    for user in USERS.values():
        theirs = {email["Value"].lower() for email in user.get("Emails", [])}
        if user["UserName"].lower() == request["UserName"].lower() or emails & theirs:
            raise Refused(400, "ConflictException", "Duplicate UserName or email")
    identifier = new_id()
    USERS[identifier] = request | stamped("user", "User", identifier) | {"UserStatus": "ENABLED"}
    return created(USERS[identifier], "UserId", "UserArn", "Revision")


def create_group(request: Json) -> Json:
    required(request, "DisplayName")
    if any(group["DisplayName"] == request["DisplayName"] for group in GROUPS.values()):
        raise Refused(400, "ConflictException", "Duplicate GroupDisplayName")
    identifier = new_id()
    GROUPS[identifier] = request | stamped("group", "Group", identifier)
    return created(GROUPS[identifier], "GroupId", "GroupArn", "Revision")


def stamped(kind: str, name: str, identifier: str) -> Json:
    moment = time.time()
    return {
        "IdentityStoreId": STORE,
        f"{name}Id": identifier,
        f"{name}Arn": f"arn:aws:identitystore:::{kind}/{identifier}",
        "Revision": "1",
        "CreatedAt": moment,
        "UpdatedAt": moment,
    }


def created(record: Json, *names: str) -> Json:
    return {name: record[name] for name in ("IdentityStoreId", *names)}


def update_user(request: Json) -> Json:
    user = one(USERS, "USER", request["UserId"])
    for operation in request.get("Operations", []):
        path = operation["AttributePath"]
        user[path[:1].upper() + path[1:]] = operation.get("AttributeValue")
    return created(user, "UserId", "UserArn", "Revision")


def delete_user(request: Json) -> Json:
    identifier = one(USERS, "USER", request["UserId"])["UserId"]
    USERS.pop(identifier)
    for membership in [m for m in MEMBERSHIPS.values() if m["MemberId"]["UserId"] == identifier]:
        MEMBERSHIPS.pop(membership["MembershipId"])
    return {}


def get_user_id(request: Json) -> Json:
    alternative = request.get("AlternateIdentifier", {})
    wanted = alternative.get("UniqueAttribute") or {}
    path, value = wanted.get("AttributePath", "").lower(), str(wanted.get("AttributeValue", "")).lower()
    external = alternative.get("ExternalId")
    for user in USERS.values():
        emails = [email["Value"].lower() for email in user.get("Emails", [])]
        if (
            (path == "username" and user["UserName"].lower() == value)
            or (path == "emails.value" and value in emails)
            or (external is not None and external in user.get("ExternalIds", []))
        ):
            return created(user, "UserId", "UserArn")
    raise not_found("USER", value)


def list_users(request: Json) -> Json:
    return listing("Users", filtered(USERS, request), request)


def list_groups(request: Json) -> Json:
    return listing("Groups", filtered(GROUPS, request), request)


def filtered(records: dict[str, Json], request: Json) -> list[Json]:
    filters = request.get("Filters") or []
    return [r for r in records.values() if all(str(r.get(f["AttributePath"])) == f["AttributeValue"] for f in filters)]


def create_group_membership(request: Json) -> Json:
    group = one(GROUPS, "GROUP", request["GroupId"])["GroupId"]
    user = one(USERS, "USER", request["MemberId"]["UserId"])["UserId"]
    if any((m["GroupId"], m["MemberId"]["UserId"]) == (group, user) for m in MEMBERSHIPS.values()):
        raise Refused(400, "ConflictException", "Member and Group relationship already exists")
    identifier = new_id()
    record = stamped("membership", "Membership", identifier) | {"GroupId": group, "MemberId": {"UserId": user}}
    record.pop("Revision")
    MEMBERSHIPS[identifier] = record
    return created(record, "MembershipId", "MembershipArn")


def delete_group_membership(request: Json) -> Json:
    MEMBERSHIPS.pop(one(MEMBERSHIPS, "GROUP_MEMBERSHIP", request["MembershipId"])["MembershipId"])
    return {}


def list_group_memberships_for_member(request: Json) -> Json:
    user = one(USERS, "USER", request["MemberId"]["UserId"])["UserId"]
    return listing("GroupMemberships", [m for m in MEMBERSHIPS.values() if m["MemberId"]["UserId"] == user], request)


def list_group_memberships(request: Json) -> Json:
    group = one(GROUPS, "GROUP", request["GroupId"])["GroupId"]
    return listing("GroupMemberships", [m for m in MEMBERSHIPS.values() if m["GroupId"] == group], request)


def get_group_membership_id(request: Json) -> Json:
    wanted = (request["GroupId"], request["MemberId"]["UserId"])
    for membership in MEMBERSHIPS.values():
        if (membership["GroupId"], membership["MemberId"]["UserId"]) == wanted:
            return created(membership, "MembershipId", "MembershipArn")
    raise not_found("GROUP_MEMBERSHIP", wanted[0])


def groups_of(user: str) -> set[str]:
    return {m["GroupId"] for m in MEMBERSHIPS.values() if m["MemberId"]["UserId"] == user}


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def administers() -> bool:
    return get_account_id() in (organizations.MANAGEMENT, organizations.DELEGATED)


def store_resources(request: Json) -> list[str]:
    """All of these must be allowed: store, user, group and membership."""
    identifier = str(request.get("IdentityStoreId", STORE)).rpartition("/")[2]
    found = [STORE_ARN.replace(STORE, identifier)]
    named = request | (request.get("MemberId") or {})
    for field, kind in (("UserId", "user"), ("GroupId", "group"), ("MembershipId", "membership")):
        if named.get(field):
            found.append(f"arn:aws:identitystore:::{kind}/{str(named[field]).rpartition('/')[2]}")
    return found


def guarded(
    service: str,
    known: str,
    resources: Callable[[Json], list[str]],
    actions: dict[str, Callable[[Json], Json]],
    open_to_all: tuple[str, ...] = (),
) -> Any:
    """ministack has checked the first resource of an action; these are the others. And who may call at all, about what."""
    serve = json_service(actions)

    async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        request = json.loads(body or b"{}")
        try:
            if not administers() and action not in open_to_all:
                raise Refused(400, "AccessDeniedException", "Only the management account and its delegate may do this.")
            first, *others = resources(request) or ["*"]
            if first not in (known, "*"):
                raise not_found("INSTANCE", first)
            for resource in others:
                key = router.extract_access_key_id(headers, query)
                organizations.refuse_unless_allowed(key, f"{service}:{action}", resource)
        except Refused as refused:
            return json_refusal(refused)
        return await serve(method, path, headers, body, query)

    return handle_request


def first_of(resources: Callable[[Json], list[str]]) -> Callable[[str, str, bytes, Params], str]:
    return lambda _method, _path, body, _params: (resources(json.loads(body or b"{}")) or ["*"])[0]


STORE_ACTIONS: dict[str, Callable[[Json], Json]] = {
    "CreateGroup": create_group,
    "CreateGroupMembership": create_group_membership,
    "CreateUser": create_user,
    "DeleteGroupMembership": delete_group_membership,
    "DeleteUser": delete_user,
    "DescribeGroup": lambda request: one(GROUPS, "GROUP", request["GroupId"]),
    "DescribeGroupMembership": lambda request: one(MEMBERSHIPS, "GROUP_MEMBERSHIP", request["MembershipId"]),
    "DescribeUser": lambda request: one(USERS, "USER", request["UserId"]),
    "GetGroupMembershipId": get_group_membership_id,
    "GetUserId": get_user_id,
    "ListGroupMemberships": list_group_memberships,
    "ListGroupMembershipsForMember": list_group_memberships_for_member,
    "ListGroups": list_groups,
    "ListUsers": list_users,
    "UpdateUser": update_user,
}


def register(app: Any, service: str, target: str, model: str, handler: Any) -> None:
    router.SERVICE_PATTERNS[service] = {"target_prefixes": [target + "."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
    iam_actions._BOTOCORE_SERVICE_MAP[service] = [model]
    app.SERVICE_HANDLERS[service] = handler


resource_arn = first_of(store_resources)


def install(app: Any) -> None:
    handler = guarded("identitystore", STORE_ARN, store_resources, STORE_ACTIONS)
    register(app, "identitystore", "AWSIdentityStore", "identitystore", handler)
