"""CloudTrail: events look as AWS's, so that what reads them, or is fed with them, can be tested.

ministack writes IAM calls as `POST.iam` by a user named after the key id, without what came of them; refused calls not at all.
AWS: docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html, and its event reference for userIdentity.

Events are visible at once; OVERLAY_TRAIL_DELAY_SECONDS sets a delay (AWS: about five minutes), and OVERLAY_LAG_SEED draws each
event's between 0 and that: then they do not come in order.
"""

from __future__ import annotations

import os
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

import lag
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_account_id, get_region, get_request_client_ip, request_scope
from ministack.services import cloudtrail, iam, sts
from trail_lookup import lookup_events
from trail_members import SESSIONS, error_of, request_parameters, response_elements
from wire import Json, Params, Response, iso

DELAY_SECONDS = float(os.environ.get("OVERLAY_TRAIL_DELAY_SECONDS", "0"))
MAX_EVENTS = int(os.environ.get("CLOUDTRAIL_MAX_EVENTS", "10000"))

LISTENERS: list[Callable[[Json], None]] = []
"""Called with each event as it is recorded."""

UNAUTHENTICATED: ContextVar[bool] = ContextVar("unauthenticated", default=False)
"""Set where the credentials of the current request were refused. AWS has no event of such calls: it knows no caller."""

GLOBAL_SERVICES = ("iam", "organizations", "cloudfront", "route53")
"""Their events are in us-east-1, whatever Region a request was signed for."""

DATA_EVENTS = {
    "s3": {"GetObject", "PutObject", "DeleteObject", "HeadObject", "CreateMultipartUpload", "ListObjects"},
    "dynamodb": {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"),
        *("TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    },
    "lambda": {"Invoke"},
    "sqs": {
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        "ChangeMessageVisibility",
    },
    "sns": {"Publish", "PublishBatch"},
    "kinesis": {"PutRecord", "PutRecords", "GetRecords"},
    "logs": {"PutLogEvents"},
    "monitoring": {"PutMetricData"},
}
"""The event history has management events only."""


# ── Recording ────────────────────────────────────────────────────────────────────────────────────────────────────────


Dispatch = Callable[[str, str, dict[str, str], bytes, Params, str], Awaitable[Response]]


def recording(dispatch: Dispatch) -> Dispatch:
    """Wrap ministack's dispatch of requests to services: what came of a call is in its event."""

    async def recorded(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Params, request_id: str
    ) -> Response:
        UNAUTHENTICATED.set(False)
        # Who calls is settled before the call: it may be about the caller's own key.
        key = router.extract_access_key_id(headers, query)
        identity = caller_identity(key)
        response = await dispatch(method, path, headers, body, query, request_id)
        if cloudtrail._recording_enabled and not UNAUTHENTICATED.get():
            params = form_params(headers, body, query)
            service = router.detect_service(method, path, headers, params)
            name = event_name(service, method, path, headers, body, params)
            ours = name.startswith("Overlay")
            if service not in ("cloudtrail", "imds", "ecs-metadata") and name not in DATA_EVENTS.get(service, ()) and not ours:
                record_call(service, name, identity, key, headers, body, params, response, request_id)
        return response

    return recorded


def form_params(headers: dict[str, str], body: bytes, query: Params) -> Params:
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True) | query
    return query


def event_name(service: str, method: str, path: str, headers: dict[str, str], body: bytes, params: Params) -> str:
    from ministack import app

    name = app._ct_event_name(service, method, path, headers, params)
    if name == f"{method}.{service}":
        action = iam_actions.extract_iam_action(service, method, path, headers, body, params)
        name = action.partition(":")[2] if action else name
    return name


def record_call(
    service: str,
    name: str,
    identity: Json | None,
    key: str,
    headers: dict[str, str],
    body: bytes,
    params: Params,
    response: Response,
    request_id: str,
) -> None:
    if identity is None and name not in ("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"):
        return
    request = request_parameters(headers, body, params)
    if service == "ssm":
        request.pop("value", None)
    status, _, answer = response
    error = error_of(service, answer) if status >= 400 else None
    denied = error is not None and error[0].startswith("AccessDenied")
    read_only = name.startswith(("Get", "List", "Describe", "Head", "Lookup", "Simulate", "Generate"))
    event = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        # What a caller may not do is not told further: the parameters are left out.
        "requestParameters": None if denied else (request or None),
        "responseElements": None if error or (read_only and name not in SESSIONS) else response_elements(service, answer),
        "requestID": request_id,
        "readOnly": read_only or name in SESSIONS,
        "userAgent": headers.get("user-agent", ""),
    }
    if error:
        event |= {"errorCode": error[0], "errorMessage": error[1]}
    event["userIdentity"] = identity or federated_identity(name, request)
    account = request["roleArn"].split(":")[4] if service == "sts" and name == "AssumeRole" and not error else get_account_id()
    if account == get_account_id():
        store(event, key)
        return
    event["sharedEventID"] = str(uuid.uuid4())
    store(event, key)
    share(event, key, account)


def share(event: Json, key: str, account: str) -> None:
    """The account of a role that was assumed has an event, too, in which the caller is an account."""
    caller = event["userIdentity"]
    foreign = {"type": "AWSAccount", "principalId": caller.get("principalId"), "accountId": caller.get("accountId")}
    with request_scope(account, get_region()):
        store(event | {"userIdentity": foreign}, key)


def store(event: Json, key: str) -> Json:
    moment = time.time()
    identity = event["userIdentity"]
    service = event["eventSource"].partition(".")[0]
    region = "us-east-1" if service in GLOBAL_SERVICES else get_region()
    whole = {
        "eventVersion": "1.10",
        "userIdentity": identity,
        "eventTime": iso(moment),
        "awsRegion": region,
        "sourceIPAddress": get_request_client_ip(),
        "eventID": str(uuid.uuid4()),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": get_account_id(),
        "eventCategory": "Management",
        **event,
    }
    queue = cloudtrail._events.get_scoped(get_account_id(), region, "events")
    if queue is None:
        queue = deque(maxlen=MAX_EVENTS)
        cloudtrail._events.set_scoped(get_account_id(), region, "events", queue)
    shown_at = moment + lag.draw(DELAY_SECONDS, "trail", get_account_id(), region, whole["eventName"], user_name(identity))
    queue.append((moment, key, user_name(identity), whole, shown_at))
    for listener in LISTENERS:
        listener(whole)
    return whole


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def caller_identity(key: str) -> Json | None:
    credential = iam_evaluator.resolve_credential(key, get_account_id()) if key else None
    if not isinstance(credential, iam_evaluator.ResolvedCredential):
        return None
    identity = {
        "principalId": credential.principal_id,
        "arn": credential.principal_arn,
        "accountId": credential.account_id,
        "accessKeyId": key,
    }
    session = sts._sessions.get(key)
    context: Json = {}
    if session is not None:
        issued = session.get("IssuedAt", time.time())
        context = {"attributes": {"creationDate": iso(issued), "mfaAuthenticated": "false"}}
        if source := session.get("SourceIdentity"):
            context["sourceIdentity"] = source
    match credential.principal_type:
        case "AssumedRole":
            name = credential.principal_arn.split("/")[1]
            role = iam._roles.get_scoped(credential.account_id, None, name) or {}
            context["sessionIssuer"] = {
                "type": "Role",
                "principalId": credential.principal_id.partition(":")[0],
                "arn": role.get("Arn", f"arn:aws:iam::{credential.account_id}:role/{name}"),
                "accountId": credential.account_id,
                "userName": name,
            }
            kind = "AssumedRole"
        case "FederatedUser":
            kind = "FederatedUser"
            if issuer := issuing_user(session or {}, credential.account_id):
                context["sessionIssuer"] = issuer
        case "User":
            kind = "IAMUser"
            identity["userName"] = credential.principal_name
        case _:
            kind = "Root"
    return {"type": kind} | identity | ({"sessionContext": context} if context else {})


def issuing_user(session: Json, account: str) -> Json | None:
    user = iam._users.get_scoped(account, None, session.get("PrincipalName") or "")
    if user is None:
        return None
    return {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": account,
        "userName": user["UserName"],
    }


def federated_identity(name: str, request: Json) -> Json:
    if name == "AssumeRoleWithSAML":
        return {"type": "SAMLUser", "principalId": request.get("principalArn"), "identityProvider": request.get("principalArn")}
    return {"type": "WebIdentityUser", "principalId": "", "identityProvider": request.get("providerId", "")}


def user_name(identity: Json) -> str:
    """What LookupEvents calls the user name: of a role session, its session name."""
    if "userName" in identity:
        return identity["userName"]
    return "root" if identity.get("type") == "Root" else str(identity.get("arn", "")).rpartition("/")[2]


# ── Sign-ins and API keys ────────────────────────────────────────────────────────────────────────────────────────────


def of_user(user: Json) -> Json:
    return {
        "type": "IAMUser",
        "principalId": user["UserId"],
        "arn": user["Arn"],
        "accountId": get_account_id(),
        "userName": user["UserName"],
    }


def console_login(user: Json, *, success: bool) -> None:
    event = {
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "userIdentity": of_user(user),
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success" if success else "Failure"},
        "additionalEventData": {"MobileVersion": "No", "MFAUsed": "No"},
        "readOnly": False,
    }
    store(event if success else event | {"errorMessage": "Failed authentication"}, "")


def bearer_call(service: str, name: str, user: Json) -> None:
    event = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": {"converse": "Converse", "invoke": "InvokeModel"}.get(name, name),
        "userIdentity": of_user(user),
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"callWithBearerToken": True},
        "readOnly": True,
    }
    store(event, "")


def install(app: Any) -> None:
    cloudtrail._DISPATCH["LookupEvents"] = lookup_events
    app._dispatch_service_request = recording(app._dispatch_service_request)
    app._maybe_record_cloudtrail = lambda *_: None
