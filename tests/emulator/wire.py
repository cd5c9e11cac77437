"""What the overrides share: registering them, AWS's shapes of answers and errors, pages, and who calls."""

from __future__ import annotations

import base64
import json
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

Params = dict[str, list[str]]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Params], Response]
Json = dict[str, Any]

IAM_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def param(params: Params, name: str) -> str:
    return iam._p(params, name)


def now() -> str:
    return iso(time.time())


def iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def unique_id(prefix: str, length: int) -> str:
    """An id as AWS makes them: a prefix for its kind, then letters and digits of base32."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length - len(prefix)))


# ── IAM's query protocol ─────────────────────────────────────────────────────────────────────────────────────────────


class Refused(Exception):
    """An error that the client gets to see."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def no_such(what: str) -> Refused:
    return Refused(404, "NoSuchEntity", f"{what} cannot be found.")


def iam_action(name: str) -> Callable[[Callable[[Handler, Params], Response]], Handler]:
    """Register an override of an IAM action; it gets ministack's own handler first. It may raise Refused."""

    def register(override: Callable[[Handler, Params], Response]) -> Handler:
        original = iam._IAM_HANDLERS.get(name)

        def handler(params: Params) -> Response:
            try:
                return override(original, params)
            except Refused as refused:
                return iam._error(refused.status, refused.code, escaped(str(refused)), ns="iam")

        iam._IAM_HANDLERS[name] = handler
        return handler

    return register


def iam_result(action: str, inner: str = "") -> Response:
    """A successful answer; without a result element where the action has none."""
    result = f"<{action}Result>{inner}</{action}Result>" if inner else ""
    return iam._xml(200, f"{action}Response", result, ns="iam")


def elements(record: Json, *names: str) -> str:
    """The named members as XML; those that are absent are left out."""
    return "".join(f"<{name}>{escaped(str(record[name]))}</{name}>" for name in names if record.get(name) is not None)


def members(container: str, records: list[str]) -> str:
    inner = "".join(f"<member>{record}</member>" for record in records)
    return f"<{container}>{inner}</{container}><IsTruncated>false</IsTruncated>"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


PAGE = 25
"""IAM may return fewer items than MaxItems asks for. Here it does, so that small accounts have several pages."""


def paginate(original: Handler) -> Handler:
    """Lists come in pages, with a Marker for the rest."""

    def handler(params: Params) -> Response:
        status, headers, body = original(params)
        if status != 200:
            return status, headers, body
        limit = min(int(param(params, "MaxItems") or PAGE), PAGE)
        marker = param(params, "Marker")
        start = int(base64.urlsafe_b64decode(marker)) if marker else 0
        return status, headers, page_of(body, start, limit)

    return handler


def page_of(body: bytes, start: int, limit: int) -> bytes:
    """Keep the members [start, start + limit), counted over all lists of a result in order."""
    ET.register_namespace("", IAM_NAMESPACE)
    tag = f"{{{IAM_NAMESPACE}}}".__add__
    root = ET.fromstring(body)
    result = root[0]
    index = 0
    for container in result:
        for member in container.findall(tag("member")):
            if not start <= index < start + limit:
                container.remove(member)
            index += 1
    if index > start + limit:
        result.find(tag("IsTruncated")).text = "true"
        ET.SubElement(result, tag("Marker")).text = base64.urlsafe_b64encode(str(start + limit).encode()).decode()
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


# ── JSON protocols ───────────────────────────────────────────────────────────────────────────────────────────────────


def json_answer(body: Json, status: int = 200) -> Response:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def json_refusal(refused: Refused) -> Response:
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": refused.code}
    return refused.status, headers, json.dumps({"__type": refused.code, "Message": str(refused)}).encode()


def json_service(actions: dict[str, Callable[[Json], Json]]) -> Callable[..., Awaitable[Response]]:
    """The handler of a service whose requests name their action in X-Amz-Target. An action may raise Refused."""

    async def handle_request(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Params) -> Response:
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            if name not in actions:
                raise Refused(400, "UnknownOperationException", f"{name} is not known here")
            return json_answer(actions[name](json.loads(body or b"{}")))
        except Refused as refused:
            return json_refusal(refused)

    return handle_request


def json_page(items: list[Any], request: Json, size: int = 100) -> tuple[list[Any], Json]:
    """A page of a list, and the NextToken for the rest of it where there is one."""
    token = request.get("NextToken") or request.get("nextToken")
    start = int(base64.urlsafe_b64decode(token)) if token else 0
    end = start + min(int(request.get("MaxResults") or request.get("pageSize") or size), size)
    rest = {"NextToken": base64.urlsafe_b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return items[start:end], rest


# ── Callers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def own_user(params: Params) -> str:
    """IAM takes the user who signed where a request names none."""
    name = param(params, "UserName")
    if name:
        return name
    arn = iam_evaluator.caller_arn()
    return arn.rpartition("/")[2] if ":user/" in arn else ""


def user_named(params: Params) -> Json:
    """The record of the user that a request is about."""
    name = own_user(params)
    user = iam._users.get(name)
    if user is None:
        raise no_such(f"The user with name {name}")
    return user


def user_may(name: str, action: str, resource: str, **context: Any) -> bool:
    """Whether the policies on a user of the current account allow an action. For credentials that are not signing keys."""
    account = get_account_id()
    user = iam._users.get(name)
    if user is None:
        return False
    credential = iam_evaluator.ResolvedCredential(
        access_key_id="",
        secret_access_key="",
        account_id=account,
        principal_arn=user["Arn"],
        principal_id=user["UserId"],
        principal_type="User",
        principal_name=name,
    )
    principal = iam_evaluator.resolve_principal("", account, credential)
    request = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={key.lower(): value for key, value in context.items()},
        principal_keys=principal.keys,
    )
    return iam_evaluator.evaluate(request, principal.policies, *principal.limits).decision == "Allow"


# ── Access paths ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# Those that are not signed with SigV4, so that what they prove is not the business of ministack's own authentication.


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query: Params = field(default_factory=dict)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode("utf-8", "replace")).items()}


AccessPath = Callable[[Request], Awaitable[Response | None]]
ACCESS_PATHS: list[AccessPath] = []
"""Asked in turn; None means: not mine."""


def access_path(handler: AccessPath) -> AccessPath:
    ACCESS_PATHS.append(handler)
    return handler


def plain_json(status: int, body: Json, **headers: str) -> Response:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(body).encode()
