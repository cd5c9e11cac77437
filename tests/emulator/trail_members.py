"""What CloudTrail tells of a request and of what came of it: members as it spells them, and nothing that is secret."""

from __future__ import annotations

import json
import re
import time
import xml.etree.ElementTree as ET
from typing import Any

from wire import Json, Params

SECRETS = {
    *("secretaccesskey", "sessiontoken", "password", "oldpassword", "newpassword", "servicepassword"),
    *("servicecredentialsecret", "secretstring", "secretbinary", "webidentitytoken", "samlassertion", "tokencode"),
    *("plaintext", "ciphertextblob", "authorization", "privatekey", "seed", "qrcodepng", "base32stringseed"),
    *("authparameters", "parametervalue", "environment"),
    # Too long, and of no use.
    *("templatebody", "zipfile"),
}
"""Members that no event has, in lower case."""

SESSIONS = ("AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "GetSessionToken", "GetFederationToken")
WITH_ANSWER = ("iam", "sts", "organizations", "sso", "identitystore", "rolesanywhere")


def camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def cleaned(value: Any) -> Any:
    """Members as CloudTrail spells them, and without what is secret in them."""
    if isinstance(value, dict):
        return {camel(name): cleaned(inner) for name, inner in value.items() if name.lower() not in SECRETS}
    if isinstance(value, list):
        return [cleaned(inner) for inner in value]
    return value


def request_parameters(headers: dict[str, str], body: bytes, params: Params) -> Json:
    if "json" in headers.get("content-type", ""):
        try:
            return cleaned(json.loads(body or b"{}"))
        except ValueError:
            return {}
    tree: Json = {}
    for name, values in params.items():
        if name in ("Action", "Version") or name.startswith("X-Amz-"):
            continue
        *parents, leaf = [part for part in name.split(".") if part != "member"]
        branch = tree
        for parent in parents:
            inner = branch.setdefault(parent, {})
            branch = inner if isinstance(inner, dict) else {}
        branch[leaf] = values[0]
    return cleaned(listed(tree))


def listed(tree: Any) -> Any:
    """Numbered members are lists."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(name.isdecimal() for name in tree):
        return [listed(tree[name]) for name in sorted(tree, key=int)]
    return {name: listed(inner) for name, inner in tree.items()}


def response_elements(service: str, answer: bytes) -> Json | None:
    if service not in WITH_ANSWER or not answer:
        return None
    if answer.lstrip().startswith(b"{"):
        return cleaned(json.loads(answer)) or None
    result = ET.fromstring(answer)[0]
    return cleaned(told(result)) if result.tag.endswith("Result") else None


def told(element: ET.Element) -> Any:
    children = list(element)
    name = element.tag.rpartition("}")[2]
    if not children:
        text = element.text or ""
        # CloudTrail writes IAM's dates as a person in the US would.
        date = name.endswith("Date") or name == "Expiration"
        return us_date(text) if date else text
    if all(child.tag.endswith("}member") for child in children):
        return [told(child) for child in children]
    return {child.tag.rpartition("}")[2]: told(child) for child in children}


def us_date(text: str) -> str:
    try:
        moment = time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text
    return time.strftime("%b ", moment) + f"{moment.tm_mday}, " + time.strftime("%Y ", moment) + (
        f"{moment.tm_hour % 12 or 12}:" + time.strftime("%M:%S %p", moment)
    )


def error_of(service: str, answer: bytes) -> tuple[str, str]:
    text = answer.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        body = json.loads(text)
        code = str(body.get("__type", "")).rpartition("#")[2]
        return ("AccessDenied" if code == "AccessDeniedException" else code), str(body.get("message") or body.get("Message"))
    code, message = re.search(r"<Code>(.*?)</Code>", text), re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    name = code[1] if code else "Unknown"
    if service == "iam" and name != "AccessDenied":
        # IAM's errors have other names on the wire than in events.
        name = name.removesuffix("Error") + "Exception"
    return name, (message[1] if message else "")
