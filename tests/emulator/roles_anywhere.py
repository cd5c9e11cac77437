"""IAM Roles Anywhere, which ministack lacks: trust anchors and profiles, per account and Region.

Certificates are not checked. At an access path a workload with a good certificate asks for a session, to see whether anchor, profile and
role still give one.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, request_scope
from sessions import REQUEST, acts, as_list, role_session, trust_policy_for_arn
from wire import Json, Params, Refused, Request, Response, access_path, iso, json_page, now, plain_json

SERVICE = "rolesanywhere"
TRUST_ANCHORS = AccountRegionScopedDict()
PROFILES = AccountRegionScopedDict()
TAGS = AccountRegionScopedDict()

STORES = {"trustanchor": (TRUST_ANCHORS, "trustAnchor"), "profile": (PROFILES, "profile")}
PROFILE_FIELDS = (
    *("name", "roleArns", "sessionPolicy", "managedPolicyArns", "durationSeconds", "acceptRoleSessionName"),
    *("requireInstanceProperties", "enabled"),
)


def arn(kind: str, identifier: str) -> str:
    return f"arn:aws:rolesanywhere:{get_region()}:{get_account_id()}:{kind.replace('trustanchor', 'trust-anchor')}/{identifier}"


def resource_arn(_method: str, path: str, body: bytes, params: Params) -> str:
    """Policies name the anchor or profile; what creates or lists has none."""
    named = re.fullmatch(r"/(profile|trustanchor)/([^/]+)(?:/\w+)?", path)
    if named:
        return arn(named[1], named[2])
    asked = params.get("resourceArn") or [json.loads(body or b"{}").get("resourceArn") if body else None]
    return asked[0] or "*"


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def handle_request(method: str, path: str, _headers: dict[str, str], body: bytes, query: Params) -> Response:
    request = json.loads(body) if body else {}
    try:
        return answer(method, path.strip("/").split("/"), request, {name: values[0] for name, values in query.items()})
    except Refused as refused:
        return plain_json(refused.status, {"message": str(refused)}, **{"x-amzn-errortype": refused.code})


def answer(method: str, path: list[str], request: Json, query: dict[str, str]) -> Response:
    match method, *path:
        case "POST", "trustanchors":
            return create("trustanchor", request, ("name", "source", "enabled", "notificationSettings"))
        case "POST", "profiles":
            return create("profile", {"durationSeconds": 3600} | request, PROFILE_FIELDS)
        case "GET", ("trustanchors" | "profiles") as listed:
            store, name = STORES[listed.removesuffix("s")]
            page, rest = json_page(store.values(), query, 20)
            return plain_json(200, {name + "s": page} | {"nextToken": token for token in rest.values()})
        case "GET", ("trustanchor" | "profile") as kind, identifier:
            return shown(kind, existing(kind, identifier))
        case "PATCH", ("trustanchor" | "profile") as kind, identifier:
            fields = PROFILE_FIELDS if kind == "profile" else ("name", "source")
            return changed(kind, identifier, {name: request[name] for name in fields if name in request and name != "enabled"})
        case "POST", ("trustanchor" | "profile") as kind, identifier, ("enable" | "disable") as verb:
            return changed(kind, identifier, {"enabled": verb == "enable"})
        case "DELETE", ("trustanchor" | "profile") as kind, identifier:
            record = existing(kind, identifier)
            STORES[kind][0].pop(identifier)
            return shown(kind, record)
        case "GET", "ListTagsForResource":
            return plain_json(200, {"tags": TAGS.get(query.get("resourceArn", "")) or []})
        case "POST", "TagResource":
            kept = {tag["key"]: tag for tag in [*(TAGS.get(request["resourceArn"]) or []), *request["tags"]]}
            TAGS[request["resourceArn"]] = list(kept.values())
            return plain_json(201, {})
    raise Refused(404, "UnknownOperationException", "This is not known here")


def create(kind: str, request: Json, fields: tuple[str, ...]) -> Response:
    required = ("name", "roleArns") if kind == "profile" else ("name", "source")
    if any(name not in request for name in required):
        raise Refused(400, "ValidationException", f"{' and '.join(required)} are required")
    store, name = STORES[kind]
    identifier = str(uuid.uuid4())
    record = {field: request[field] for field in fields if field in request}
    record |= {f"{name}Id": identifier, f"{name}Arn": arn(kind, identifier), "createdAt": now(), "updatedAt": now()}
    # AWS creates them disabled where the request does not say otherwise.
    record.setdefault("enabled", False)
    if kind == "profile":
        record["createdBy"] = iam_evaluator.caller_arn()
    if request.get("tags"):
        TAGS[record[f"{name}Arn"]] = request["tags"]
    store[identifier] = record
    return shown(kind, record, 201)


def existing(kind: str, identifier: str) -> Json:
    record = STORES[kind][0].get(identifier)
    if record is None:
        raise Refused(404, "ResourceNotFoundException", f"There is no {kind} {identifier}")
    return record


def changed(kind: str, identifier: str, members: Json) -> Response:
    record = existing(kind, identifier)
    record |= members | {"updatedAt": now()}
    return shown(kind, record)


def shown(kind: str, record: Json, status: int = 200) -> Response:
    return plain_json(status, {STORES[kind][1]: record})


# ── The access path ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@access_path
async def create_session(request: Request) -> Response | None:
    """`POST /_overlay/rolesanywhere/session`, form TrustAnchorArn, ProfileArn, RoleArn, CommonName: credentials, or 403."""
    if request.path != "/_overlay/rolesanywhere/session" or request.method != "POST":
        return None
    form = request.form
    try:
        anchor, profile = (found(form.get(name, "")) for name in ("TrustAnchorArn", "ProfileArn"))
        if not (anchor["enabled"] and profile["enabled"] and form.get("RoleArn") in profile["roleArns"]):
            raise Refused(403, "AccessDeniedException", "Trust anchor or profile is disabled, or the role is not in the profile")
        if not trusts(form["RoleArn"], anchor["trustAnchorArn"]):
            raise Refused(403, "AccessDeniedException", "The role does not trust Roles Anywhere")
        policies = {"Policy": profile.get("sessionPolicy", ""), "PolicyArns": profile.get("managedPolicyArns") or []}
        seconds, name = int(profile["durationSeconds"]), form.get("CommonName", "workload")
        limits = {"SessionPolicies": policies} if any(policies.values()) else {}
        key, session = role_session(form["RoleArn"], name, seconds, **limits)
    except Refused as refused:
        return plain_json(refused.status, {"message": str(refused)}, **{"x-amzn-errortype": refused.code})
    credentials = {
        "accessKeyId": key,
        "secretAccessKey": session["SecretAccessKey"],
        "sessionToken": session["SessionToken"],
        "expiration": iso(session["Expiration"]),
    }
    return plain_json(201, {"credentialSet": [{"credentials": credentials, "roleArn": form["RoleArn"]}]})


def found(resource: str) -> Json:
    parts = resource.split(":")
    kind, _, identifier = parts[-1].partition("/")
    store, _ = STORES.get(kind.replace("-", ""), (None, ""))
    record = store.get_scoped(parts[4], parts[3], identifier) if store is not None and len(parts) == 6 else None
    if record is None:
        raise Refused(404, "ResourceNotFoundException", f"There is no {resource}")
    return record


def trusts(role: str, anchor: str) -> bool:
    """Whether the role's trust policy lets the service in on behalf of this anchor. A Deny on everybody is one on services."""
    trust = trust_policy_for_arn(role)
    if trust is None:
        return False
    document, account = trust
    token = REQUEST.set({})
    try:
        with request_scope(account, anchor.split(":")[3]):
            context = iam_evaluator.EvalContext(
                principal_arn="",
                principal_type="Service",
                principal_account=account,
                action="sts:AssumeRole",
                resource_arn=role,
                region=get_region(),
                service_context={"aws:sourcearn": anchor, "aws:sourceaccount": anchor.split(":")[4]},
            )
            statements = document.get("Statement", [])
            effects = {
                statement["Effect"]
                for statement in (statements if isinstance(statements, list) else [statements])
                if names_service(statement.get("Principal"))
                and acts(statement, "sts:AssumeRole")
                and iam_evaluator._conditions_met(statement.get("Condition", {}), context)
            }
    finally:
        REQUEST.reset(token)
    return effects == {"Allow"}


def names_service(principal: Any) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    named = as_list(principal.get("Service"))
    return "*" in as_list(principal.get("AWS")) or bool({f"{SERVICE}.amazonaws.com", "*"} & set(named))


def install(app: Any) -> None:
    router.SERVICE_PATTERNS[SERVICE] = {}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]
    app.SERVICE_HANDLERS[SERVICE] = handle_request
