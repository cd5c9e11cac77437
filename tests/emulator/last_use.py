"""Last use: AWS records when, where and for which service a key or role was last used, refused calls included.

IAM tells of it for each key and role, and for keys in the credential report.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict

import credentials
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam, sts
from wire import Handler, Params, Response, iam_action, now, param

Use = tuple[str, str, str]
"""Time, Region, service."""

LAST_USE: dict[tuple[str, str, str], list[tuple[float, Use]]] = {}
"""By account, "key" or "role", and key id or role name: the last use that is told of, and those that are not yet."""

USE_LAG_SECONDS = float(os.environ.get("OVERLAY_LAST_USE_LAG_SECONDS", "0"))


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


def install() -> None:
    iam._build_credential_report = credential_report
