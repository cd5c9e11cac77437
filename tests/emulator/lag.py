"""IAM settles: with OVERLAY_IAM_LAG_SECONDS, a change takes effect in authorization that much later. AWS takes some seconds.

Changes of policies, boundaries, groups and trust policies lag, and so does deactivating or deleting an access key. A new key
works at once, which is the worst case for who contains. What CloudFormation changes does not lag, nor do SCPs and Identity
Center.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, sts
from wire import Handler, Params, Response, param

SECONDS = float(os.environ.get("OVERLAY_IAM_LAG_SECONDS", "0"))

Subject = tuple[str, str, str]
"""Kind ("user", "role", "trust", "key"), account, name."""

SUPERSEDED: dict[Subject, list[tuple[float, Any]]] = defaultdict(list)
"""What a change replaced, and when."""

_gather = {"user": iam_evaluator._gather_user_policies, "role": iam_evaluator._gather_role_policies}
_permissions_boundary = iam_evaluator._permissions_boundary
_resolve_credential = iam_evaluator.resolve_credential


def in_force(kind: str, account: str, name: str, current: Callable[[], Any]) -> Any:
    """What authorization goes by now: what the first change that has not settled yet replaced, if there is one."""
    horizon = time.time() - SECONDS
    for moment, replaced in SUPERSEDED.get((kind, account, name), ()):
        if moment > horizon:
            return replaced
    return current()


def current(subject: Subject) -> Any:
    kind, account, name = subject
    match kind:
        case "key":
            record = iam._access_keys.get(name)
            return dict(record) if record else None
        case "trust":
            return (iam._roles.get(name) or {}).get("AssumeRolePolicyDocument")
        case _:
            store = iam._users if kind == "user" else iam._roles
            return _gather[kind](name, account), _permissions_boundary(store, name, account)


def concerned(params: Params) -> list[Subject]:
    """Whose permissions a request may change."""
    account = get_account_id()
    users, roles = {param(params, "UserName")} & set(iam._users), {param(params, "RoleName")} & set(iam._roles)
    if group := iam._groups.get(param(params, "GroupName")):
        users |= set(group["Users"])
    if (arn := param(params, "PolicyArn")) and not users and not roles:
        users |= {name for name, user in iam._users.items() if arn in user.get("AttachedPolicies", [])}
        roles |= {name for name, role in iam._roles.items() if arn in role.get("AttachedPolicies", [])}
    subjects = [("user", account, name) for name in users]
    subjects += [(kind, account, name) for name in roles for kind in ("role", "trust")]
    key = param(params, "AccessKeyId")
    return subjects + ([("key", account, key)] if key in iam._access_keys else [])


def lagging(handler: Handler) -> Handler:
    def changed(params: Params) -> Response:
        before = {subject: current(subject) for subject in concerned(params)}
        response = handler(params)
        if response[0] == 200:
            for subject, replaced in before.items():
                horizon = time.time() - SECONDS
                kept = [entry for entry in SUPERSEDED[subject] if entry[0] > horizon]
                SUPERSEDED[subject] = [*kept, (time.time(), replaced)] if replaced != current(subject) else kept
        return response

    return changed


def gather(kind: str) -> Callable[[str, str], Any]:
    return lambda name, account: in_force(
        kind, account, name, lambda: (_gather[kind](name, account), None)
    )[0]


def permissions_boundary(store: Any, name: str, account: str) -> Any:
    kind = "user" if store is iam._users else "role"
    return in_force(kind, account, name, lambda: (None, _permissions_boundary(store, name, account)))[1]


def resolve_credential(access_key_id: str, account_id: str | None = None, *token: Any, **more: Any) -> Any:
    account = account_id or get_account_id()
    now = iam._access_keys.get_scoped(account, None, access_key_id)
    then = in_force("key", account, access_key_id, lambda: now)
    if then is None or then is now:
        return _resolve_credential(access_key_id, account_id, *token, **more)
    # Handlers do not run side by side: nobody sees the record in between.
    iam._access_keys.set_scoped(account, None, access_key_id, then)
    try:
        return _resolve_credential(access_key_id, account_id, *token, **more)
    finally:
        if now is None:
            iam._access_keys.pop_scoped(account, None, access_key_id)
        else:
            iam._access_keys.set_scoped(account, None, access_key_id, now)


def trust_in_force(account: str, name: str, document: Any) -> Any:
    return in_force("trust", account, name, lambda: document)


def install() -> None:
    if not SECONDS:
        return
    iam_evaluator._gather_user_policies = gather("user")
    iam_evaluator._gather_role_policies = gather("role")
    iam_evaluator._permissions_boundary = permissions_boundary
    iam_evaluator.resolve_credential = sts.resolve_credential = resolve_credential
    for action in iam._IAM_HANDLERS:
        if not action.startswith(("Get", "List", "Generate", "Simulate", "Create", "Overlay")) or action == "CreatePolicyVersion":
            iam._IAM_HANDLERS[action] = lagging(iam._IAM_HANDLERS[action])
