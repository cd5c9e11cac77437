"""EventBridge gets what CloudTrail records, in the account and Region where AWS emits it, and a moment later; rules forward to
buses of other Regions and accounts; and a test can put in the event of any service.

Emitted is what OVERLAY_EVENTS says:

    tagged    (default) calls of, on, or with a user or role with the tag `overlay:events` = `true`
    on        all
    off       none
    <ids>     those in the accounts with these ids, separated by commas

Not all of them by default: most tests invoke a function with the event of what they did, and it would act twice.

AWS: docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html, eb-cross-account.html, eb-cross-region.html
"""

from __future__ import annotations

import calendar
import heapq
import itertools
import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import lag
import trail
from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import eventbridge, iam, lambda_svc, sqs
from wire import Handler, Json, Params, Refused, Response, iam_action, iam_result, json_refusal, param

logger = logging.getLogger("overlay.events")

WHAT = os.environ.get("OVERLAY_EVENTS", "tagged")
DELAY_SECONDS = float(os.environ.get("OVERLAY_EVENT_DELAY_SECONDS", "0.2"))
TAG = "overlay:events"

DETAIL_TYPES = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
}
"""The events of services themselves are put on the bus by those (secret_values.py)."""

WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
READS = ("Get", "List", "Describe")
NO_READS = ("GetFederationToken", "GetSessionToken")
"""By their names alone calls are taken for reads, but these two of STS. AssumeRole is none either."""


# ── Emitting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def emit(recorded: Json) -> None:
    """CloudTrail has recorded a call in the current account: EventBridge gets to know of it."""
    kind, account, region, name = recorded["eventType"], get_account_id(), recorded["awsRegion"], recorded["eventName"]
    if kind not in DETAIL_TYPES or not wanted(account, recorded):
        return
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": "aws." + recorded["eventSource"].partition(".")[0],
        "DetailType": DETAIL_TYPES[kind],
        "Detail": json.dumps(recorded),
        "EventBusName": "default",
        "Time": seconds(recorded["eventTime"]),
        "Resources": [],
        "Account": account,
        "Region": region,
    }
    if name.startswith(READS) and name not in NO_READS:
        event["_Read"] = True
    later(lag.draw(DELAY_SECONDS, "event", account, region, name), lambda: put(event, account, region))


def seconds(moment: str) -> int:
    return calendar.timegm(time.strptime(moment.partition(".")[0].removesuffix("Z"), "%Y-%m-%dT%H:%M:%S"))


def put(event: Json, account: str, region: str) -> None:
    with request_scope(account, region):
        eventbridge._ensure_default_bus()
        dispatch_event(event)
        eventbridge._archive_event(event)


_due: list[tuple[float, int, Callable[[], None]]] = []
_changed = threading.Condition()
_number = itertools.count()


def later(delay: float, work: Callable[[], None]) -> None:
    with _changed:
        if not any(thread.name == "events" for thread in threading.enumerate()):
            threading.Thread(target=post, name="events", daemon=True).start()
        heapq.heappush(_due, (time.monotonic() + delay, next(_number), work))
        _changed.notify()


def post() -> None:
    while True:
        with _changed:
            while not _due or _due[0][0] > time.monotonic():
                _changed.wait(_due[0][0] - time.monotonic() if _due else None)
            _, _, work = heapq.heappop(_due)
        try:
            work()
        except Exception:
            # One event that cannot be delivered must not keep the others.
            logger.exception("an event was not delivered")


# ── Whose ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_gone: set[tuple[str, str, str]] = set()
"""Account, kind and name of who had the tag: the event of his deletion is wanted as well."""


def wanted(account: str, recorded: Json) -> bool:
    match WHAT:
        case "on":
            return True
        case "off":
            return False
        case "tagged":
            return any([tagged(*who) for who in set(concerned(account, recorded))])
        case accounts:
            return account in accounts.split(",")


def concerned(account: str, recorded: Json) -> Iterator[tuple[str, str, str]]:
    caller = recorded["userIdentity"]
    for identity in (caller, (caller.get("sessionContext") or {}).get("sessionIssuer") or {}):
        kind = {"IAMUser": "user", "Role": "role"}.get(identity.get("type", ""))
        if kind and identity.get("userName"):
            yield identity.get("accountId", account), kind, identity["userName"]
    pending: list[Any] = [recorded.get("requestParameters"), recorded.get("responseElements")]
    while pending:
        value = pending.pop()
        pending += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        for name, held in value.items() if isinstance(value, dict) else ():
            if name in ("userName", "newUserName", "roleName") and isinstance(held, str):
                yield account, "role" if name == "roleName" else "user", held
            elif name == "roleArn" and isinstance(held, str) and held.count(":") == 5:
                yield held.split(":")[4], "role", held.rpartition("/")[2]


def tagged(account: str, kind: str, name: str) -> bool:
    record = (iam._users if kind == "user" else iam._roles).get_scoped(account, None, name)
    if record is None:
        return (account, kind, name) in _gone
    if {"Key": TAG, "Value": "true"} not in (record.get("Tags") or []):
        _gone.discard((account, kind, name))
        return False
    _gone.add((account, kind, name))
    return True


# ── Rules and targets ────────────────────────────────────────────────────────────────────────────────────────────────


def dispatch_event(event: Json, view: Any = None) -> None:
    """A rule gets reads only in the state that asks for them. That an event does not go in circles is a matter of account and
    Region as well: stacks in two of them have rules of the same names."""
    bus, path = event.get("EventBusName", "default"), event.get("_DispatchPath") or []
    view = view or eventbridge._pattern_event_view(event)
    states = (WITH_READS,) if event.get("_Read") else ("ENABLED", WITH_READS)
    for key, rule in eventbridge._rules.items():
        if rule.get("EventBusName", "default") != bus or rule.get("State") not in states or not rule.get("EventPattern"):
            continue
        if step(key) in path or not eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {key}"):
            continue
        for target in eventbridge._targets.get(key, []):
            eventbridge._invoke_target(target, event, rule, view)


def step(key: str) -> str:
    return f"{get_account_id()}|{get_region()}|{key}"


_invoke_target = eventbridge._invoke_target


def invoke_target(target: Json, event: Json, rule: Json, view: Any = None) -> None:
    """A bus may be another Region's or account's. What cannot be delivered goes to the target's dead-letter queue."""
    try:
        spec = parse_arn(target.get("Arn", ""))
    except ArnParseError:
        spec = None
    if spec is not None and spec.service == "events" and spec.resource.startswith("event-bus/"):
        refusal = forward(spec, target, event, rule)
    elif spec is not None and spec.service == "lambda" and lambda_svc._get_func_record_for_ref(target["Arn"])[0] is None:
        refusal = "RESOURCE_NOT_FOUND"
    else:
        _invoke_target(target, event, rule, view)
        return
    if refusal:
        logger.warning("rule %s did not deliver to %s: %s", rule["Arn"], target["Arn"], refusal)
        if queue := (target.get("DeadLetterConfig") or {}).get("Arn"):
            whole = (view or eventbridge._pattern_event_view(event)).event_with_detail()
            dead_letter(queue, whole, RULE_ARN=rule["Arn"], TARGET_ARN=target["Arn"], ERROR_CODE=refusal)


def dead_letter(arn: str, event: Json, **attributes: str) -> None:
    """The event in a queue, with the attributes that say why it is there.

    docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        logger.warning("there is no dead-letter queue %s", arn)
        return
    eventbridge._dispatch_to_sqs(parse_arn(arn), json.dumps(event))
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    queue["messages"][-1]["message_attributes"] = told


def forward(spec: Any, target: Json, event: Json, rule: Json) -> str:
    """Deliver an event to another bus; returns why not. Source, account and Region stay those of its origin."""
    here, name = get_account_id(), spec.resource.partition("/")[2]
    if here != spec.account_id and event.get("Account", here) != here:
        # What came from another account does not go on to a third one.
        return "NO_PERMISSIONS"
    with request_scope(spec.account_id, spec.region):
        eventbridge._ensure_default_bus()
        if name not in eventbridge._event_buses:
            return "RESOURCE_NOT_FOUND"
        policy = eventbridge._event_bus_policies.get(name)
    role = target.get("RoleArn")
    request = iam_evaluator.EvalContext(
        principal_arn=role or f"arn:aws:iam::{here}:root",
        principal_type="AssumedRole" if role else "Root",
        principal_account=here,
        action="events:PutEvents",
        resource_arn=target["Arn"],
        region=spec.region,
        service_context={
            "events:source": event.get("Source", ""),
            "events:detail-type": event.get("DetailType", ""),
            "aws:sourcearn": rule["Arn"],
            "aws:sourceaccount": here,
        },
    )
    with lag.ENFORCEMENT.showing():
        if role and not role_may(role, request):
            return "NO_PERMISSIONS"
    if here != spec.account_id and iam_evaluator.evaluate_resource_policy(policy, request).decision != "Allow":
        return "NO_PERMISSIONS"
    forwarded = event | {"EventBusName": name, "_DispatchPath": [*(event.get("_DispatchPath") or []), step(rule_key(rule))]}
    with request_scope(spec.account_id, spec.region):
        dispatch_event(forwarded)
        eventbridge._archive_event({key: value for key, value in forwarded.items() if key != "_DispatchPath"})
    return ""


_put_permission = eventbridge._put_permission


def put_permission(request: Json) -> Response:
    """A bus has a whole policy, if one is given; and an account as principal is its root."""
    if policy := request.get("Policy"):
        eventbridge._event_bus_policies[request.get("EventBusName", "default")] = json.loads(policy)
        return eventbridge.json_response({})
    principal = str(request.get("Principal", "*"))
    account = {"Principal": {"AWS": f"arn:aws:iam::{principal}:root"}} if principal.isdecimal() else {}
    return _put_permission(request | account)


def rule_key(rule: Json) -> str:
    return eventbridge._rule_key(rule["Name"], rule.get("EventBusName", "default"))


def role_may(arn: str, request: Any) -> bool:
    """Whether EventBridge may act as the role, and the role put events on the bus."""
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None:
        return False
    document = role.get("AssumeRolePolicyDocument") or "{}"
    trust = json.loads(document) if isinstance(document, str) else document
    statements = trust.get("Statement") or []
    trusted = any(
        statement.get("Effect") == "Allow"
        and iam_evaluator._service_principal_matches(statement.get("Principal"), "events.amazonaws.com")
        for statement in (statements if isinstance(statements, list) else [statements])
    )
    policies = iam_evaluator._gather_role_policies(name, account)
    return trusted and iam_evaluator.evaluate(request, policies).decision == "Allow"


# ── Putting events in ────────────────────────────────────────────────────────────────────────────────────────────────


def conditions(body: bytes) -> Json:
    """The condition keys of PutEvents. AWS looks at each entry by itself, here they count together."""
    try:
        entries = [entry for entry in json.loads(body or b"{}").get("Entries") or [] if isinstance(entry, dict)]
    except (ValueError, AttributeError):
        return {}
    found = {}
    for key, field in (("events:source", "Source"), ("events:detail-type", "DetailType")):
        values = sorted({str(entry.get(field, "")) for entry in entries})
        if values:
            found[key] = values[0] if len(values) == 1 else values
    return found


def bus_policy_for_arn(arn: str) -> tuple[Any, str] | None:
    """The policy of a bus, which counts beside the caller's own."""
    spec = parse_arn(arn)
    if not spec.resource.startswith("event-bus/"):
        return None
    policy = eventbridge._event_bus_policies.get_scoped(spec.account_id, spec.region, spec.resource.partition("/")[2])
    return policy or "", spec.account_id


_put_events = eventbridge._put_events


def put_events(request: Json, allow_aws_source: bool = False) -> Response:
    """A bus of another account takes events, where its policy allows their senders."""
    entries = request.get("Entries") or []
    abroad = {number: entry for number, entry in enumerate(entries) if isinstance(entry, dict) and is_abroad(entry)}
    if not abroad or len(entries) > 10:
        return _put_events(request, allow_aws_source)
    for entry in abroad.values():
        context = iam_evaluator.EvalContext(
            principal_arn=iam_evaluator.caller_arn(),
            principal_type="",
            principal_account=get_account_id(),
            action="events:PutEvents",
            resource_arn=entry["EventBusName"],
            region=get_region(),
            service_context={"events:source": entry.get("Source", ""), "events:detail-type": entry.get("DetailType", "")},
        )
        policy, _ = bus_policy_for_arn(entry["EventBusName"]) or ("", "")
        if iam_evaluator.evaluate_resource_policy(policy, context).decision != "Allow":
            message = f"{context.principal_arn} is not authorized to perform: events:PutEvents on {entry['EventBusName']}"
            return json_refusal(Refused(400, "AccessDeniedException", message))
    here = [entry for number, entry in enumerate(entries) if number not in abroad]
    status, headers, body = _put_events(request | {"Entries": here}, allow_aws_source)
    answer = json.loads(body)
    for number, entry in abroad.items():
        answer["Entries"].insert(number, put_abroad(entry))
    answer["FailedEntryCount"] = sum("ErrorCode" in result for result in answer["Entries"])
    return status, headers, json.dumps(answer).encode()


def is_abroad(entry: Json) -> bool:
    parts = str(entry.get("EventBusName") or "").split(":")
    return len(parts) == 6 and parts[3] == get_region() and parts[4] != get_account_id() and parts[5].startswith("event-bus/")


def put_abroad(entry: Json) -> Json:
    if str(entry.get("Source", "")).startswith("aws."):
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    spec = parse_arn(entry["EventBusName"])
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": entry.get("Source", ""),
        "DetailType": entry.get("DetailType", ""),
        "Detail": entry.get("Detail", "{}"),
        "EventBusName": spec.resource.partition("/")[2],
        "Time": int(time.time()),
        "Resources": entry.get("Resources", []),
        "Account": get_account_id(),
        "Region": spec.region,
    }
    put(event, spec.account_id, spec.region)
    return {"EventId": event["EventId"]}


# ── Events of tests ──────────────────────────────────────────────────────────────────────────────────────────────────


@iam_action("OverlayPutEvent")
def put_event(_: Handler | None, params: Params) -> Response:
    """Not an AWS action: an event of any source comes in as if AWS had sent it. Only the root of the account may.

    Parameters: Event, as a target would get it, of which `source`, `detail-type` and `detail` must be there; Region
    (us-east-1) and EventBusName (default) where it comes in.
    """
    if not iam_evaluator.caller_arn().endswith(":root"):
        raise Refused(403, "AccessDenied", "Only the root of the account may put in events.")
    try:
        given = json.loads(param(params, "Event"))
        event = {
            "EventId": given.get("id") or str(uuid.uuid4()),
            "Source": given["source"],
            "DetailType": given["detail-type"],
            "Detail": json.dumps(given["detail"]),
            "EventBusName": param(params, "EventBusName") or "default",
            "Time": seconds(given["time"]) if "time" in given else int(time.time()),
            "Resources": given.get("resources", []),
            "Account": given.get("account") or get_account_id(),
            "Region": given.get("region") or param(params, "Region") or "us-east-1",
        }
    except (ValueError, KeyError, AttributeError, TypeError):
        raise Refused(400, "ValidationError", "Event must be a JSON object with source, detail-type and detail") from None
    put(event, get_account_id(), param(params, "Region") or "us-east-1")
    return iam_result("OverlayPutEvent", f"<EventId>{event['EventId']}</EventId>")


def install() -> None:
    trail.LISTENERS.append(emit)
    eventbridge._dispatch_event = dispatch_event
    eventbridge._invoke_target = invoke_target
    eventbridge._put_permission = put_permission
    eventbridge._put_events = put_events
    eventbridge.bus_policy_for_arn = bus_policy_for_arn
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["events"] = ("eventbridge", "bus_policy_for_arn")
