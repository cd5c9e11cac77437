"""What IAM refuses: names and paths that it does not take, and more than its quotas allow.

Quotas: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. Those that can be raised stand as they are in a new
account. Names: docs.aws.amazon.com/IAM/latest/APIReference, at each action.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from credentials import quota
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, sts
from wire import Handler, Json, Params, Refused, Response, escaped, iam_action, no_such, param

NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
PATH = re.compile(r"/|/[!-\x7f]+/")
"""Every printable ASCII character, and DEL."""
LENGTHS = {"UserName": 64, "NewUserName": 64, "RoleName": 64, "GroupName": 128, "NewGroupName": 128, "PolicyName": 128}
"""Of names that are given. A user's is 64 at most, but the actions on users that exist take 128."""
PATH_LENGTH = 512

INLINE = {"User": 2048, "Group": 5120, "Role": 10240}
"""Characters of all inline policies of one together. White space does not count."""
TRUST = 2048
MANAGED = 6144
ATTACHED = 10
GROUPS = 10
VERSIONS = 5


def invalid(field: str, value: str, constraint: str) -> Refused:
    shown = field[:1].lower() + field[1:]
    message = f"1 validation error detected: Value '{value}' at '{shown}' failed to satisfy constraint: {constraint}"
    return Refused(400, "ValidationError", message)


def check_name(params: Params, field: str) -> None:
    value = param(params, field)
    if field not in params:
        return
    if len(value) > LENGTHS[field]:
        raise invalid(field, value, f"Member must have length less than or equal to {LENGTHS[field]}")
    if not NAME.fullmatch(value):
        message = f"The specified value for {field[:1].lower() + field[1:]} is invalid. It must contain only alphanumeric "
        raise Refused(400, "ValidationError", message + "characters and/or the following: +=,.@_-")


def check_path(params: Params, field: str) -> None:
    value = param(params, field)
    if value and (len(value) > PATH_LENGTH or not PATH.fullmatch(value)):
        raise Refused(400, "ValidationError", "The specified value for path is invalid. It must begin and end with /")


def taken(store: Any, name: str, what: str, *, but: str = "") -> None:
    """Names differ by more than their case."""
    if any(other.lower() == name.lower() and other != but for other in store):
        raise Refused(409, "EntityAlreadyExists", f"{what} with name {name} already exists.")


def size(document: Any) -> int:
    """The characters that count. White space within a string is taken to count."""
    try:
        document = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return len("".join(document.split()))
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


# ── Odd characters ───────────────────────────────────────────────────────────────────────────────────────────────────
# Paths and descriptions may have the characters that XML marks up with, which ministack writes as they are.

ODD: dict[str, str] = {}
"""What may stand in an answer, and how it is to be written."""


def expect_odd(kind: str, path: str, name: str, description: str = "") -> None:
    if escaped(path) != path:
        arn = f"arn:aws:iam::{get_account_id()}:{kind}{path}{name}"
        ODD[arn], ODD[f">{path}<"] = escaped(arn), f">{escaped(path)}<"
    if escaped(description) != description:
        ODD[f">{description}<"] = f">{escaped(description)}<"


def well_formed(text: str) -> str:
    for raw, written in ODD.items():
        text = text.replace(raw, written)
    return text


_xml, _error = iam._xml, iam._error


def xml(status: int, root_tag: str, inner: str, ns: str = "iam") -> Response:
    return _xml(status, root_tag, well_formed(inner), ns)


def error(status: int, code: str, message: str, ns: str = "iam") -> Response:
    return _error(status, code, well_formed(message), ns)


def in_well_formed_xml(refuse: Callable[..., Response]) -> Callable[..., Response]:
    def refused(*args: Any, **more: Any) -> Response:
        status, headers, body = refuse(*args, **more)
        return status, headers, well_formed(body.decode()).encode() if body.lstrip().startswith(b"<") else body

    return refused


def install() -> None:
    iam._xml = sts._xml = xml
    iam._error = sts._error = error
    iam_actions.access_denied_response = in_well_formed_xml(iam_actions.access_denied_response)


# ── Names and paths ──────────────────────────────────────────────────────────────────────────────────────────────────


def created(kind: str, store: Any) -> None:
    @iam_action(f"Create{kind}")
    def create(original: Handler, params: Params) -> Response:
        check_name(params, f"{kind}Name")
        check_path(params, "Path")
        taken(store, param(params, f"{kind}Name"), kind)
        expect_odd(kind.lower(), param(params, "Path") or "/", param(params, f"{kind}Name"), param(params, "Description"))
        return original(params)


for _kind, _store in (("User", iam._users), ("Role", iam._roles), ("Group", iam._groups)):
    created(_kind, _store)


# ── Inline policies ──────────────────────────────────────────────────────────────────────────────────────────────────


def inline_policies(kind: str, name: str) -> Json | None:
    """None if there is nobody of that name."""
    match kind:
        case "User":
            return (iam._user_inline_policies.get(name) or {}) if name in iam._users else None
        case "Group":
            return (iam._group_inline_policies.get(name) or {}) if name in iam._groups else None
        case _:
            return iam._roles[name]["InlinePolicies"] if name in iam._roles else None


def put(kind: str) -> None:
    @iam_action(f"Put{kind}Policy")
    def put_policy(original: Handler, params: Params) -> Response:
        check_name(params, "PolicyName")
        name, document = param(params, f"{kind}Name"), param(params, "PolicyDocument")
        others = inline_policies(kind, name)
        if others is not None and not iam_evaluator.validate_policy_document(document):
            kept = [policy for own, policy in others.items() if own != param(params, "PolicyName")]
            if sum(map(size, [*kept, document])) > INLINE[kind]:
                message = f"Maximum policy size of {INLINE[kind]} bytes exceeded for {kind.lower()} {name}"
                raise Refused(409, "LimitExceeded", message)
        return original(params)


# ── Managed policies ─────────────────────────────────────────────────────────────────────────────────────────────────


def attach(kind: str, store: Any) -> None:
    @iam_action(f"Attach{kind}Policy")
    def attach_policy(original: Handler, params: Params) -> Response:
        entity, arn = store.get(param(params, f"{kind}Name")), param(params, "PolicyArn")
        if entity is None:
            return original(params)
        # Of AWS's own policies ministack knows the most used ones only.
        if not iam._is_aws_managed_arn(arn) and not iam._policy_exists(arn):
            raise Refused(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        held = entity.get("AttachedPolicies") or []
        if arn not in held and len(held) >= ATTACHED:
            raise quota(f"PoliciesPer{kind}", ATTACHED)
        return original(params)


for _kind, _store in (("User", iam._users), ("Role", iam._roles), ("Group", iam._groups)):
    put(_kind)
    attach(_kind, _store)


def check_managed(params: Params) -> None:
    document = param(params, "PolicyDocument")
    if not iam_evaluator.validate_policy_document(document) and size(document) > MANAGED:
        raise quota("PolicySize", MANAGED)


@iam_action("CreatePolicy")
def create_policy(original: Handler, params: Params) -> Response:
    check_name(params, "PolicyName")
    check_path(params, "Path")
    check_managed(params)
    expect_odd("policy", param(params, "Path") or "/", param(params, "PolicyName"), param(params, "Description"))
    # A name is taken whatever the path is.
    taken((policy["PolicyName"] for policy in iam._policies.values()), param(params, "PolicyName"), "A policy")
    return original(params)


def customer_policy(params: Params) -> Json:
    """The policy that a request is about, which AWS's own are not: nobody changes them."""
    arn = param(params, "PolicyArn")
    if iam._is_aws_managed_arn(arn):
        raise Refused(403, "AccessDenied", f"AWS's own policy {arn} cannot be changed.")
    if arn not in iam._policies:
        raise no_such(f"Policy {arn}")
    return iam._policies[arn]


@iam_action("CreatePolicyVersion")
def create_policy_version(original: Handler, params: Params) -> Response:
    """Five versions at most. The number of one that was deleted is not given again."""
    policy = customer_policy(params)
    check_managed(params)
    if len(policy["Versions"]) >= VERSIONS:
        message = f"A managed policy can have up to {VERSIONS} versions. Before you create a new version, you must delete one."
        raise Refused(409, "LimitExceeded", message)
    next_number = max(highest(policy), policy.get("HighestVersion", 0)) + 1
    status, headers, body = original(params)
    given = f"v{highest(policy)}"
    if status == 200 and given != f"v{next_number}":
        # ministack counts from the highest version that is there.
        version = policy["Versions"].pop(given) | {"VersionId": f"v{next_number}"}
        policy["Versions"][version["VersionId"]] = version
        if policy["DefaultVersionId"] == given:
            policy["DefaultVersionId"] = version["VersionId"]
        body = body.replace(f">{given}<".encode(), f">{version['VersionId']}<".encode())
    return status, headers, body


def highest(policy: Json) -> int:
    return max(int(version.removeprefix("v")) for version in policy["Versions"])


@iam_action("SetDefaultPolicyVersion")
def set_default_policy_version(_: Handler | None, params: Params) -> Response:
    """The action exists: another version is what is evaluated from now on."""
    policy, wanted = customer_policy(params), param(params, "VersionId")
    if wanted not in policy["Versions"]:
        raise no_such(f"Policy {policy['Arn']} version {wanted}")
    policy["DefaultVersionId"] = wanted
    for name, version in policy["Versions"].items():
        version["IsDefaultVersion"] = name == wanted
    policy["UpdateDate"] = iam._now()
    return iam._xml(200, "SetDefaultPolicyVersionResponse", "", ns="iam")


@iam_action("DeletePolicyVersion")
def delete_policy_version(original: Handler, params: Params) -> Response:
    policy = customer_policy(params)
    policy["HighestVersion"] = max(highest(policy), policy.get("HighestVersion", 0))
    return original(params)


@iam_action("DeletePolicy")
def delete_policy(original: Handler, params: Params) -> Response:
    """A policy goes last: attachments and versions but the default one must have gone before."""
    policy = iam._policies.get(param(params, "PolicyArn"))
    if policy is not None and len(policy["Versions"]) > 1 and not policy.get("AttachmentCount"):
        message = "This policy has more than one version. Before you delete a policy, you must delete the policy's versions."
        raise Refused(409, "DeleteConflict", message)
    return original(params)


# ── Trust and groups ─────────────────────────────────────────────────────────────────────────────────────────────────


def check_trust(document: str) -> None:
    if size(document) > TRUST:
        raise quota("ACLSizePerRole", TRUST)


@iam_action("CreateRole")
def create_role(original: Handler, params: Params) -> Response:
    check_trust(param(params, "AssumeRolePolicyDocument"))
    return original(params)


@iam_action("UpdateAssumeRolePolicy")
def update_assume_role_policy(original: Handler, params: Params) -> Response:
    if param(params, "RoleName") in iam._roles:
        check_trust(param(params, "PolicyDocument"))
    return original(params)


@iam_action("AddUserToGroup")
def add_user_to_group(original: Handler, params: Params) -> Response:
    user = param(params, "UserName")
    joined = [name for name, group in iam._groups.items() if user in group["Users"]]
    if param(params, "GroupName") in iam._groups and param(params, "GroupName") not in joined and len(joined) >= GROUPS:
        raise quota("GroupsPerUser", GROUPS)
    return original(params)


@iam_action("DeleteGroup")
def delete_group(original: Handler, params: Params) -> Response:
    """A group goes last, too."""
    group = iam._groups.get(param(params, "GroupName"))
    for left, what in (
        ((group or {}).get("Users"), "must remove users from group first"),
        ((group or {}).get("AttachedPolicies"), "must detach all policies first"),
        (iam._group_inline_policies.get(param(params, "GroupName")), "must delete policies first"),
    ):
        if left:
            raise Refused(409, "DeleteConflict", f"Cannot delete entity, {what}.")
    return original(params)
