"""UpdateUser and UpdateGroup: another name or path for whom stays the same by unique id, credentials, policies and sessions.

AWS: docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html and id_users_manage.html (renaming)
"""

from __future__ import annotations

from typing import Any

from credentials import CERTIFICATES, LAST_SIGN_IN, PASSWORDS, SERVICE_CREDENTIALS, SSH_KEYS
from ministack.core.responses import get_account_id
from ministack.services import iam
from quotas import check_name, check_path, expect_odd, taken
from secret_access import refusal
from wire import Handler, Json, Params, Refused, Response, iam_action, no_such, param


def moved(params: Params, kind: str, store: Any, action: str) -> tuple[str, str, Json]:
    """Old name, new name and record, which already has its new name, path and ARN.

    The caller needs the permission for both, whom he renames and what that becomes.
    """
    check_name(params, f"New{kind}Name")
    check_path(params, "NewPath")
    old = param(params, f"{kind}Name")
    record = store.get(old)
    if record is None:
        raise no_such(f"The {kind.lower()} with name {old}")
    new, path = param(params, f"New{kind}Name") or old, param(params, "NewPath") or record["Path"]
    taken(store, new, kind, but=old)
    arn = f"arn:aws:iam::{get_account_id()}:{kind.lower()}{path}{new}"
    if arn != record["Arn"] and refusal(f"iam:{action}", arn) is not None:
        raise Refused(403, "AccessDenied", f"User is not authorized to perform: iam:{action} on resource: {arn}")
    expect_odd(kind.lower(), path, new)
    record |= {f"{kind}Name": new, "Path": path, "Arn": arn}
    return old, new, record


def rekey(store: Any, old: str, new: str) -> None:
    if old in store and old != new:
        store[new] = store.pop(old)


@iam_action("UpdateUser")
def update_user(_: Handler | None, params: Params) -> Response:
    """The sessions of the user follow by his unique id (sessions.py), and so do trust policies that name him (trusts.py)."""
    old, new, _ = moved(params, "User", iam._users, "UpdateUser")
    for store in (iam._users, iam._user_inline_policies, iam._login_profiles, PASSWORDS, LAST_SIGN_IN):
        rekey(store, old, new)
    if new in iam._login_profiles and "UserName" in iam._login_profiles[new]:
        iam._login_profiles[new]["UserName"] = new
    for store in (iam._access_keys, SSH_KEYS, CERTIFICATES, SERVICE_CREDENTIALS):
        for record in store.values():
            if record["UserName"] == old:
                record["UserName"] = new
    for device in iam._mfa_devices.values():
        if device.get("User") == old:
            device["User"] = new
    for group in iam._groups.values():
        group["Users"] = [new if name == old else name for name in group["Users"]]
    return iam._xml(200, "UpdateUserResponse", "", ns="iam")


@iam_action("UpdateGroup")
def update_group(_: Handler | None, params: Params) -> Response:
    old, new, _ = moved(params, "Group", iam._groups, "UpdateGroup")
    for store in (iam._groups, iam._group_inline_policies):
        rekey(store, old, new)
    return iam._xml(200, "UpdateGroupResponse", "", ns="iam")
