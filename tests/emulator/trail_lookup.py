"""CloudTrail's LookupEvents: what it finds, in which order and pages, and how often one may ask."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail
from wire import Json, Refused, Response, json_answer, json_refusal

RATE = float(os.environ.get("OVERLAY_TRAIL_RATE", "0"))
"""Calls of LookupEvents a second, in each account and Region. AWS: 2, docs.aws.amazon.com/awscloudtrail/latest/userguide/
WhatIsCloudTrail-Limits.html. 0: any number."""

RESOURCES = {
    "userName": "AWS::IAM::User",
    "roleName": "AWS::IAM::Role",
    "groupName": "AWS::IAM::Group",
    "accessKeyId": "AWS::IAM::AccessKey",
    "policyArn": "AWS::IAM::Policy",
    "roleArn": "AWS::IAM::Role",
    "sSHPublicKeyId": "AWS::IAM::SshPublicKey",
    "certificateId": "AWS::IAM::SigningCertificate",
    "userId": "AWS::IAM::User",
    "roleId": "AWS::IAM::Role",
    "secretId": "AWS::SecretsManager::Secret",
    "keyId": "AWS::KMS::Key",
}
"""Members of requests and responses that name what a call was about."""

_spent: dict[tuple[str, str], tuple[float, float]] = {}
"""By account and Region: when somebody last asked, and how many calls could still have followed at once."""


def throttle() -> None:
    """The calls of all who ask in an account and Region count together, refused ones not."""
    if not RATE:
        return
    moment = time.monotonic()
    most = max(RATE, 1)
    last, left = _spent.get((get_account_id(), get_region()), (moment, most))
    left = min(most, left + (moment - last) * RATE)
    if left < 1:
        raise Refused(400, "ThrottlingException", "Rate exceeded")
    _spent[get_account_id(), get_region()] = (moment, left - 1)


def lookup_events(request: Json) -> Response:
    """Newest first, in pages of 50 at most, by one attribute at most."""
    try:
        throttle()
        return json_answer(looked_up(request))
    except Refused as refused:
        return json_refusal(refused)


def looked_up(request: Json) -> Json:
    attributes = request.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise Refused(400, "InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    start, end = request.get("StartTime"), request.get("EndTime")
    if start is not None and end is not None and float(start) > float(end):
        raise Refused(400, "InvalidTimeRangeException", "StartTime must not be after EndTime.")
    if not 1 <= int(request.get("MaxResults") or 50) <= 50:
        raise Refused(400, "InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
    size = int(request.get("MaxResults") or 50)
    now = time.time()
    # The token is the last event shown: events that come in between do not move the pages.
    last = request.get("NextToken")
    page: list[Json] = []
    for moment, key, user, event, shown_at in reversed(cloudtrail._events.get("events") or []):
        if last:
            last = None if event["eventID"] == last else last
            continue
        # EventTime has whole seconds, and is compared as such.
        second = int(moment)
        if shown_at > now or (start is not None and second < float(start)) or (end is not None and second > float(end)):
            continue
        if not all(matches(key, user, event, wanted["AttributeKey"], wanted["AttributeValue"]) for wanted in attributes):
            continue
        if len(page) == size:
            return {"Events": page, "NextToken": page[-1]["EventId"]}
        page.append(shown_event(moment, key, user, event))
    if last:
        raise Refused(400, "InvalidNextTokenException", "The NextToken is not valid.")
    return {"Events": page}


def shown_event(moment: float, key: str, user: str, event: Json) -> Json:
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "EventSource": event["eventSource"],
        "EventTime": int(moment),
        "Username": user,
        "ReadOnly": str(event["readOnly"]).lower(),
        "Resources": resources_of(event),
        "CloudTrailEvent": json.dumps(event),
    } | ({"AccessKeyId": key} if key else {})


def matches(key: str, user: str, event: Json, attribute: str, value: str) -> bool:
    match attribute:
        case "AccessKeyId":
            return key == value
        case "Username":
            return user == value
        case "ReadOnly":
            return str(event["readOnly"]).lower() == value
        case "ResourceName" | "ResourceType":
            return any(resource[attribute] == value for resource in resources_of(event))
        case "EventId":
            return event["eventID"] == value
        case _:
            return event[attribute[:1].lower() + attribute[1:]] == value


def resources_of(event: Json) -> list[dict[str, str]]:
    found: dict[tuple[str, str], None] = {}

    def look(value: Any, kind: str = "") -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in RESOURCES and isinstance(inner, str):
                    found[RESOURCES[name], inner] = None
                elif name == "arn" and kind in ("user", "role", "policy") and isinstance(inner, str):
                    found[f"AWS::IAM::{kind.title()}", inner] = None
                elif name != "credentials":
                    look(inner, name)
        elif isinstance(value, list):
            for inner in value:
                look(inner, kind)

    look(event["requestParameters"])
    look(event["responseElements"])
    if event["eventName"].startswith("AssumeRole"):
        # Of a new session AWS lists its key, too: one finds by it who made the session.
        key = ((event["responseElements"] or {}).get("credentials") or {}).get("accessKeyId")
        if key:
            found["AWS::IAM::AccessKey", key] = None
    return [{"ResourceType": kind, "ResourceName": name} for kind, name in found]
