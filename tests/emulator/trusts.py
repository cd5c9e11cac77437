"""Trust policies: whom they may name, and what becomes of who is named.

IAM keeps a user or role that a trust policy names by his unique id, and shows his ARN as long as he is there. When he has been
deleted the policy shows the id, and another of that name is not trusted. A policy that names nobody is refused.

AWS: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.services import iam
from ministack.services.cloudformation import provisioners
from wire import Handler, Json, Params, Refused, Response, iam_action, param

ENTITY = re.compile(r"arn:aws:iam::(\d{12}):(user|role)(/.+)")
ACCOUNT = re.compile(r"\d{12}|arn:aws:iam::\d{12}:root")
SESSION = re.compile(r"arn:aws:sts::\d{12}:(assumed-role|federated-user)/[^*]+")
UNIQUE_ID = re.compile("(AIDA|AROA)[A-Z0-9]+")

SHARED_PROVIDERS = {
    "agent.buildkite.com": "sub",
    "api.pulumi.com/oidc": "aud",
    "app.terraform.io": "sub",
    "cognito-identity.amazonaws.com": "aud",
    "gitlab.com": "sub",
    "oidc-configuration.audit-log.githubusercontent.com": "sub",
    "oidc.codefresh.io": "sub",
    "oidc.vercel.com": "aud",
    "proidc.upbound.io": "sub",
    "sandboxes.cloud": "aud",
    "scalr.io": "sub",
    "studio.datachain.ai/api": "sub",
    "token.actions.githubusercontent.com": "sub",
    "tokens.cloud.shisho.dev": "sub",
    "vstoken.actions.githubusercontent.com": "sub",
}
"""Issuers that serve many organizations, and the claim that tells one from another.

docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html. Left out are the two whose issuer holds
a tenant of its operator's own (Azure Sentinel, Turbonomic).
"""


def malformed(message: str) -> Refused:
    return Refused(400, "MalformedPolicyDocument", message)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def statements(document: Json) -> list[Json]:
    return [statement for statement in as_list(document.get("Statement")) if isinstance(statement, dict)]


def named(document: Json, kind: str) -> Iterator[str]:
    for statement in statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            yield from (str(one) for one in as_list(principal.get(kind)))


# ── Who is named ─────────────────────────────────────────────────────────────────────────────────────────────────────


def entities(account: str) -> Iterator[tuple[str, Json]]:
    """The users and roles of an account, with their unique ids."""
    for store, field in ((iam._users, "UserId"), (iam._roles, "RoleId")):
        for (owner, _), record in list(store.to_dict().items()):
            if owner == account:
                yield record[field], record


def id_of(arn: str) -> str | None:
    """The unique id of the user or role with exactly this ARN, path included."""
    match = ENTITY.fullmatch(arn)
    if match is None:
        return None
    store, field = (iam._users, "UserId") if match[2] == "user" else (iam._roles, "RoleId")
    record = store.get_scoped(match[1], None, arn.rpartition("/")[2])
    return record[field] if record and record["Arn"] == arn else None


def exists(principal: str) -> bool:
    if principal == "*" or ACCOUNT.fullmatch(principal) or SESSION.fullmatch(principal):
        return True
    if UNIQUE_ID.fullmatch(principal):
        accounts = {account for store in (iam._users, iam._roles) for account, _ in store.to_dict()}
        return any(principal == unique_id for account in accounts for unique_id, _ in entities(account))
    return id_of(principal) is not None


def parsed(text: str) -> Json:
    try:
        document = json.loads(text)
    except ValueError:
        raise malformed("This policy contains invalid Json") from None
    if not isinstance(document, dict) or not statements(document):
        raise malformed("Syntax errors in policy.")
    return document


def check(text: str) -> None:
    document = parsed(text)
    for statement in statements(document):
        for field in ("Resource", "NotResource"):
            if field in statement:
                raise malformed(f"Has prohibited field {field}")
    for principal in named(document, "AWS"):
        if not exists(principal):
            raise malformed(f'Invalid principal in policy: "AWS":"{principal}"')
    for statement in statements(document):
        demand_claim(statement)


def demand_claim(statement: Json) -> None:
    """A role that trusts a shared identity provider must say which of its organizations it means."""
    principal = statement.get("Principal")
    if statement.get("Effect") != "Allow" or not isinstance(principal, dict):
        return
    for provider in as_list(principal.get("Federated")):
        issuer = str(provider).partition(":oidc-provider/")[2] or str(provider)
        claim = SHARED_PROVIDERS.get(issuer)
        if claim and not evaluates(statement.get("Condition") or {}, f"{issuer}:{claim}"):
            raise malformed(f"Role trust policy for the identity provider {issuer} must evaluate the condition {issuer}:{claim}")


def evaluates(conditions: Json, key: str) -> bool:
    """Whether a condition on the key lets not everything through.

    docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html: not wildcards alone, nor null.
    """
    for operator, block in conditions.items():
        if operator.endswith("IfExists") or operator in ("Null",) or not isinstance(block, dict):
            continue
        for name, values in block.items():
            if name.lower() == key.lower() and all(str(value).strip("*?") for value in as_list(values)) and values:
                return True
    return False


# ── What becomes of them ─────────────────────────────────────────────────────────────────────────────────────────────


def bind(role: Json) -> None:
    """Remember by their unique ids whom the trust policy of a role names."""
    document = role.get("AssumeRolePolicyDocument") or "{}"
    document = json.loads(document) if isinstance(document, str) else document
    bound = {arn: id_of(arn) for arn in named(document, "AWS")}
    role["PrincipalIds"] = {arn: unique_id for arn, unique_id in bound.items() if unique_id}


def settled(role: Json) -> Any:
    """The trust policy of a role as it reads now: with the ARNs of today, or the ids of those who are gone."""
    text = role.get("AssumeRolePolicyDocument") or "{}"
    now = {arn: today(arn, unique_id) for arn, unique_id in (role.get("PrincipalIds") or {}).items()}
    now = {arn: name for arn, name in now.items() if arn != name}
    if not now:
        return text
    document = json.loads(text) if isinstance(text, str) else json.loads(json.dumps(text))
    for statement in statements(document):
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal:
            names = [now.get(one, one) for one in as_list(principal["AWS"])]
            principal["AWS"] = names if isinstance(principal["AWS"], list) else names[0]
    return json.dumps(document)


def today(arn: str, unique_id: str) -> str:
    if id_of(arn) == unique_id:
        return arn
    account = arn.split(":")[4]
    return next((record["Arn"] for known, record in entities(account) if known == unique_id), unique_id)


@iam_action("CreateRole")
def create_role(original: Handler, params: Params) -> Response:
    check(param(params, "AssumeRolePolicyDocument"))
    response = original(params)
    if response[0] == 200:
        bind(iam._roles[param(params, "RoleName")])
    return response


@iam_action("UpdateAssumeRolePolicy")
def update_assume_role_policy(original: Handler, params: Params) -> Response:
    role = iam._roles.get(param(params, "RoleName"))
    if role is None:
        return original(params)
    check(param(params, "PolicyDocument"))
    response = original(params)
    if response[0] == 200:
        bind(role)
    return response


_role_xml = iam._role_xml


def role_xml(name: str, boundary: bool = True) -> str:
    role = iam._roles[name]
    text, now = role.get("AssumeRolePolicyDocument") or "{}", settled(role)
    xml = _role_xml(name, boundary)
    return xml if now is text else xml.replace(iam._url_quote(text, safe=""), iam._url_quote(now, safe=""))


@iam_action("GetAccountAuthorizationDetails")
def get_account_authorization_details(original: Handler, params: Params) -> Response:
    status, headers, body = original(params)
    for role in iam._roles.values():
        text, now = role.get("AssumeRolePolicyDocument") or "{}", settled(role)
        if now is not text:
            # Of two roles with the same text one may name somebody who is gone: only its own element is changed.
            start = body.find(f"<RoleId>{role['RoleId']}</RoleId>".encode())
            end = body.find(b"</AssumeRolePolicyDocument>", start)
            if 0 <= start < end:
                quoted = (iam._url_quote(document, safe="").encode() for document in (text, now))
                body = body[:start] + body[start:end].replace(*quoted) + body[end:]
    return status, headers, body


_create_role = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]["create"]


def provision_role(logical_id: str, props: Json, stack_name: str) -> tuple[str, dict[str, str]]:
    """What CloudFormation makes is not refused here, but keeps whom it names."""
    name, attributes = _create_role(logical_id, props, stack_name)
    bind(iam._roles[name])
    return name, attributes


def install() -> None:
    iam._role_xml = role_xml
    provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]["create"] = provision_role
