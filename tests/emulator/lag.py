"""IAM settles: what a write changed is seen by IAM's reads, and goes for authorization, only some time after the call.

There are two views of IAM beside the state that writes act on, one of reads and one of enforcement. Each write reaches each of
them after a delay of its own. A newer write that has arrived supersedes an older one that has not. Quotas and conflicts are
matters of writes, so they are never late.

    OVERLAY_IAM_READ_LAG_SECONDS   at most so late for GetUser, ListAccessKeys and all other reads of IAM
    OVERLAY_IAM_LAG_SECONDS        at most so late for authorization, sign-ins and sessions
    OVERLAY_LAG_SEED               draws each delay between 0 and its maximum; without it each is the maximum

Without a seed what is new works at once, which is the worst case for who contains: Create and Upload take effect at once. With
a seed it is drawn like the rest: a new key may be refused at first. A draw depends on the seed, the action, the names in the
request, and how often they occurred: with the same names in the same order it is the same again.

What CloudFormation changes does not lag, nor do SCPs and Identity Center.
AWS: docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

from __future__ import annotations

import copy
import functools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from credentials import CERTIFICATES, PASSWORDS, SERVICE_CREDENTIALS, SSH_KEYS
from ministack.core import iam_evaluator
from ministack.core.responses import AccountScopedDict, get_account_id
from ministack.services import iam, sts
from wire import Handler, Params, Refused, Response, iam_action, iam_result, param

SECONDS = float(os.environ.get("OVERLAY_IAM_LAG_SECONDS", "0"))
READ_SECONDS = float(os.environ.get("OVERLAY_IAM_READ_LAG_SECONDS", "0"))
SEED = os.environ.get("OVERLAY_LAG_SEED", "")

# ── Draws ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_drawn: Counter[str] = Counter()
_drawing = threading.Lock()


def draw(maximum: float, *label: str) -> float:
    """A delay between 0 and the maximum, by the seed; without a seed the maximum."""
    if not SEED or not maximum:
        return maximum
    name = "|".join(label)
    with _drawing:
        _drawn[name] += 1
        occurrence = _drawn[name]
    return random.Random(f"{SEED}|{name}|{occurrence}").uniform(0, maximum)


NAMES = ("UserName", "NewUserName", "RoleName", "GroupName", "PolicyName", "PolicyArn", "InstanceProfileName", "ServiceName")
"""Parameters that tell what a request is about. Ids are left out: they are random, and a draw must be repeatable."""


# ── Records and their leaves ─────────────────────────────────────────────────────────────────────────────────────────

STORES: tuple[AccountScopedDict, ...] = (
    iam._users,
    iam._roles,
    iam._groups,
    iam._policies,
    iam._access_keys,
    iam._instance_profiles,
    iam._user_inline_policies,
    iam._group_inline_policies,
    iam._oidc_providers,
    iam._saml_providers,
    iam._mfa_devices,
    iam._login_profiles,
    SSH_KEYS,
    CERTIFICATES,
    SERVICE_CREDENTIALS,
    PASSWORDS,
)

Item = tuple[int, str, Any]
"""Index of the store, account, key of the record."""
Leaf = tuple[str, ...]
"""Where in a record a value is: each attached policy, inline policy, version, member and tag settles by itself. () is whether
there is such a record."""
Leaves = dict[Leaf, Any]

ABSENT = object()


def flat(record: Any) -> Leaves:
    if not isinstance(record, dict):
        return {(): (record,)}
    leaves: Leaves = {(): True}
    for name, value in record.items():
        if isinstance(value, dict):
            leaves[(name,)] = {}
            for inner, held in value.items():
                # Which version is the default one is a matter of DefaultVersionId alone.
                held = {k: v for k, v in held.items() if k != "IsDefaultVersion"} if name == "Versions" else held
                leaves[name, inner] = copy.deepcopy(held)
        elif isinstance(value, list):
            leaves[(name,)] = []
            for held in value:
                leaves[name, held["Key"] if isinstance(held, dict) else str(held)] = copy.deepcopy(held)
        else:
            leaves[(name,)] = value
    return leaves


def built(leaves: Leaves, current: Any) -> Any:
    """The record of these leaves. `current` is what writes act on."""
    if leaves[()] is not True:
        return leaves[()][0]
    record: dict[str, Any] = {}
    for leaf, value in leaves.items():
        if len(leaf) == 1:
            record[leaf[0]] = copy.copy(value)
    for leaf, value in leaves.items():
        if len(leaf) == 2 and isinstance(record.get(leaf[0]), dict):
            record[leaf[0]][leaf[1]] = copy.deepcopy(value)
        elif len(leaf) == 2 and isinstance(record.get(leaf[0]), list):
            record[leaf[0]].append(copy.deepcopy(value))
    if (versions := record.get("Versions")) is not None:
        default = record.get("DefaultVersionId")
        if default not in versions and default in ((current or {}).get("Versions") or {}):
            # A version that is seen to be the default one is seen.
            versions[default] = dict(current["Versions"][default])
        for name, version in versions.items():
            version["IsDefaultVersion"] = name == default
    return record


def snapshot(account: str) -> dict[Item, Leaves]:
    return {
        (index, account, key): flat(record)
        for index, store in enumerate(STORES)
        for (owner, key), record in list(raw(store).items())
        if owner == account
    }


# ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────────

SHOWN = threading.local()
"""`stores`: what the current thread sees in place of the stores with these ids, while it looks through a view. Other threads,
CloudFormation's among them, go on reading and writing what is."""

_slot = AccountScopedDict._data


def raw(store: AccountScopedDict) -> dict[tuple[str, Any], Any]:
    return _slot.__get__(store)


class ViewedStore(AccountScopedDict):
    """A store that shows what the view shows through which the thread looks."""

    __slots__ = ()

    @property
    def _data(self) -> dict[tuple[str, Any], Any]:
        shown = getattr(SHOWN, "stores", None)
        return raw(self) if shown is None else shown.get(id(self), raw(self))

    @_data.setter
    def _data(self, data: dict[tuple[str, Any], Any]) -> None:
        _slot.__set__(self, data)


class View:
    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds
        self.written = 0
        self.pending: dict[Item, dict[Leaf, list[tuple[int, float, Any]]]] = {}
        """What was written, in order: number of the write, when it arrives, value. The first one has arrived."""
        self.lock = threading.Lock()

    def note(self, before: dict[Item, Leaves], after: dict[Item, Leaves], delay: float) -> None:
        arrives = time.time() + delay
        with self.lock:
            self.written += 1
            for item in before.keys() | after.keys():
                was, has = before.get(item, {}), after.get(item, {})
                if was == has:
                    continue
                changes = self.pending.setdefault(item, {})
                for leaf in was.keys() | has.keys():
                    old, new = was.get(leaf, ABSENT), has.get(leaf, ABSENT)
                    if old is not new and old != new:
                        changes.setdefault(leaf, [(0, 0.0, old)]).append((self.written, arrives, new))

    def record(self, item: Item, current: Any, moment: float) -> Any:
        """The record as the view shows it; None where it shows none. What has arrived is settled."""
        leaves = {} if current is None else flat(current)
        changes = self.pending[item]
        # Who sees that a record was deleted or made sees all that was written to it before.
        existence = [number for number, arrives, _ in changes.get((), []) if arrives <= moment]
        floor = max(existence, default=0)
        for leaf, writes in list(changes.items()):
            last = max(i for i, (number, arrives, _) in enumerate(writes) if arrives <= moment or number <= floor)
            value = writes[last][2]
            if value is ABSENT:
                leaves.pop(leaf, None)
            else:
                leaves[leaf] = value
            if last == len(writes) - 1:
                del changes[leaf]
            else:
                del writes[:last]
        if not changes:
            del self.pending[item]
        return built(leaves, current) if () in leaves else None

    def stores(self) -> dict[int, dict[tuple[str, Any], Any]]:
        moment = time.time()
        shown: dict[int, dict[tuple[str, Any], Any]] = {}
        with self.lock:
            for item in list(self.pending):
                index, account, key = item
                store = STORES[index]
                data = shown.setdefault(id(store), dict(raw(store)))
                record = self.record(item, data.get((account, key)), moment)
                if record is None:
                    data.pop((account, key), None)
                else:
                    data[account, key] = record
        return shown

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Look through the view. Nothing in between may wait for anything: others would look through it as well."""
        if not self.pending or getattr(SHOWN, "stores", None) is not None:
            yield
            return
        SHOWN.stores = self.stores()
        try:
            yield
        finally:
            SHOWN.stores = None


READS = View("read", READ_SECONDS)
ENFORCEMENT = View("enforcement", SECONDS)


def enforced(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that goes by what is in force."""

    @functools.wraps(function)
    def looking(*args: Any, **more: Any) -> Any:
        with ENFORCEMENT.showing():
            return function(*args, **more)

    return looking


def enforced_at_once(
    handle_request: Callable[..., Coroutine[Any, Any, Response]],
) -> Callable[..., Awaitable[Response]]:
    """The same for a coroutine that waits for nothing."""

    async def looking(*args: Any) -> Response:
        with ENFORCEMENT.showing():
            coroutine = handle_request(*args)
            try:
                coroutine.send(None)
            except StopIteration as stopped:
                return stopped.value
            coroutine.close()
        raise RuntimeError("a handler that looks through a view waited for something")

    return looking


# ── Actions ──────────────────────────────────────────────────────────────────────────────────────────────────────────

READ = ("Get", "List", "Generate", "Simulate")
AT_ONCE = ("Create", "Upload")


def delay_of(view: View, action: str, params: Params) -> float:
    if view is ENFORCEMENT and not SEED and action.startswith(AT_ONCE) and action != "CreatePolicyVersion":
        return 0
    names = [f"{name}={param(params, name)}" for name in NAMES if param(params, name)]
    return draw(view.seconds, view.name, get_account_id(), action, *names)


def reading(handler: Handler) -> Handler:
    def read(params: Params) -> Response:
        with READS.showing():
            return handler(params)

    return read


def lagging(action: str, handler: Handler) -> Handler:
    def written(params: Params) -> Response:
        account = get_account_id()
        before = snapshot(account)
        response = handler(params)
        if response[0] == 200:
            after = snapshot(account)
            for view in (READS, ENFORCEMENT):
                view.note(before, after, delay_of(view, action, params))
        return response

    return written


@iam_action("OverlaySettle")
def settle(_: Handler | None, params: Params) -> Response:
    """Not an AWS action: all that was written so far is seen and goes, in every account. Only the root of an account may.

    For what a test sets up before it looks: that need not be late.
    """
    if not iam_evaluator.caller_arn().endswith(":root"):
        raise Refused(403, "AccessDenied", "Only the root of the account may let IAM settle.")
    for view in (READS, ENFORCEMENT):
        with view.lock:
            view.pending.clear()
    return iam_result("OverlaySettle")


def install() -> None:
    """After all others: what they override is to be late as well."""
    if not SECONDS and not READ_SECONDS:
        return
    for store in STORES:
        store.__class__ = ViewedStore
    for action, handler in iam._IAM_HANDLERS.items():
        if action.startswith(READ):
            iam._IAM_HANDLERS[action] = reading(handler)
        elif not action.startswith("Overlay"):
            iam._IAM_HANDLERS[action] = lagging(action, handler)
    iam_evaluator.resolve_credential = sts.resolve_credential = enforced(iam_evaluator.resolve_credential)
    for name in ("resolve_principal", "resolve_caller_identity", "find_iam_access_key_account"):
        setattr(iam_evaluator, name, enforced(getattr(iam_evaluator, name)))
    sts.handle_request = enforced_at_once(sts.handle_request)
