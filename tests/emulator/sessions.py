"""Sessions: who may start one, what binds it, and what it says about itself. On top of ministack's STS.

AWS: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and id_credentials_temp_control-access*.
"""

from __future__ import annotations

import base64
import json
import re
import time
import xml.etree.ElementTree as ET
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import lag
import organizations
import trusts
from ministack.core import iam_evaluator, router
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts
from wire import Json, Params, Refused, Response, escaped, param

EvalContext = iam_evaluator.EvalContext

REQUEST: ContextVar[Params] = ContextVar("sts_request", default={})
"""The parameters of the STS request that is being served: conditions in trust policies are about them."""

_handle_request = sts.handle_request
_principal_keys = iam_evaluator._principal_keys
_resolve_principal = iam_evaluator.resolve_principal
_resolve_credential = iam_evaluator.resolve_credential


# ── Who a session is ─────────────────────────────────────────────────────────────────────────────────────────────────


def follow_user(access_key_id: str) -> None:
    """A user who was renamed is still the one whose session this is: sessions know him by his unique id."""
    session = sts._sessions.get(access_key_id) or {}
    known = session.get("IssuerId")
    if not known:
        return
    account = session["AccountId"]
    named = iam._users.get_scoped(account, None, session["PrincipalName"])
    if named is None or named["UserId"] != known:
        users = (user for (owner, _), user in list(iam._users.to_dict().items()) if owner == account)
        named = next((user for user in users if user["UserId"] == known), None)
    if named is not None:
        session["PrincipalName"] = named["UserName"]
        if session["PrincipalType"] == "User":
            session["Arn"] = named["Arn"]


def resolve_credential(access_key_id: str, *rest: Any, **more: Any) -> Any:
    follow_user(access_key_id)
    return _resolve_credential(access_key_id, *rest, **more)


def resolve_principal(access_key_id: str, account_id: str, credential: Any = None) -> Any:
    """A session of a user or role that was deleted is dead, also where there is a new one of that name by now.

    Service control policies limit everybody in a member account but service-linked roles."""
    follow_user(access_key_id)
    principal = _resolve_principal(access_key_id, account_id, credential)
    if isinstance(principal, iam_evaluator.AuthError) or principal.policies is None:
        return principal
    session = sts._sessions.get(access_key_id) or {}
    role, dead = None, False
    if principal.type == "AssumedRole":
        role = iam._roles.get_scoped(principal.account, None, principal.arn.split("/")[1])
        issuer = str(session.get("UserId", "")).partition(":")[0]
        dead = role is None or (issuer.startswith("AROA") and issuer != role["RoleId"])
    elif session.get("PrincipalName"):
        user = iam._users.get_scoped(principal.account, None, session["PrincipalName"])
        dead = user is None or session.get("IssuerId", user["UserId"]) != user["UserId"]
    if dead:
        return iam_evaluator.AuthError("InvalidClientTokenId", "The security token included in the request is invalid.")
    principal.limits += organizations.limits(principal.account, (role or {}).get("Path", "/"))
    return principal


def principal_keys(credential: Any) -> Json:
    """aws:SourceIdentity and the keys that an identity provider vouched for describe the session."""
    keys = _principal_keys(credential)
    session = sts._sessions.get(credential.access_key_id) or {}
    if source := session.get("SourceIdentity"):
        keys["aws:sourceidentity"] = source
    return keys | session.get("ContextKeys", {})


# ── Trust policies ───────────────────────────────────────────────────────────────────────────────────────────────────

FEDERATED = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")


def request_keys() -> Json:
    """The condition keys of an STS request."""
    params = REQUEST.get()
    keys = {
        "sts:externalid": param(params, "ExternalId"),
        "sts:rolesessionname": param(params, "RoleSessionName"),
        "sts:sourceidentity": param(params, "SourceIdentity"),
    }
    return {name: value for name, value in keys.items() if value}


def evaluate_trust_policy(document: Any, caller: str, context: Any = None) -> bool:
    """A Deny on everybody (`"*"` as well as `{"AWS": "*"}`) is one on federated users, too; SAML is federation as well;
    sts:SourceIdentity is a condition key."""
    if context is not None:
        context = replace(context, service_context=request_keys() | context.service_context)
        role = context.resource_arn
        record = iam._roles.get_scoped(account_of(role), None, role.rpartition("/")[2])
        document = trusts.settled(record) if record else document
    if isinstance(document, str):
        document = json.loads(document)
    if context is None or context.action not in FEDERATED:
        return _evaluate_trust_policy(document, caller, context)
    statements = document.get("Statement", [])
    effects = {
        statement["Effect"]
        for statement in (statements if isinstance(statements, list) else [statements])
        if federated(statement.get("Principal"), caller)
        and acts(statement, context.action)
        and iam_evaluator._conditions_met(statement.get("Condition", {}), context)
    }
    return effects == {"Allow"}


_evaluate_trust_policy = iam_evaluator.evaluate_trust_policy


def federated(principal: Any, provider: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return "*" in as_list(principal.get("AWS")) or any(name in (provider, "*") for name in as_list(principal.get("Federated")))


def acts(statement: Json, action: str) -> bool:
    named, excluded = as_list(statement.get("Action")), as_list(statement.get("NotAction"))
    return bool(named or excluded) and iam_evaluator._action_matches(action, named, excluded)


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


@lag.enforced
def trust_policy_for_arn(arn: str) -> tuple[Json, str] | None:
    """A trust policy is the role's resource policy: what it says of a user of its own account needs no identity policy."""
    account, name = arn.split(":")[4], arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)
    if role is None:
        return None
    document = trusts.settled(role)
    return (json.loads(document) if isinstance(document, str) else document), account


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sts_params(headers: dict[str, str], body: bytes, query: Params) -> Params:
    if "amz-json" in headers.get("content-type", ""):
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        request = {name: value if isinstance(value, list) else [str(value)] for name, value in json.loads(body or b"{}").items()}
        return {"Action": [action]} | request
    return dict(query) | parse_qs(body.decode("utf-8", "replace"))


async def handle_request(method: str, path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
    params = sts_params(headers, body, query)
    token = REQUEST.set(params)
    try:
        match param(params, "Action"):
            case "AssumeRole":
                fits(params)
                may_set_source_identity(params, router.extract_access_key_id(headers, query))
                response = await _handle_request(method, path, headers, body, query)
                return with_source_identity(response, params, router.extract_access_key_id(headers, query))
            case "AssumeRoleWithWebIdentity":
                knows_provider(params)
                policies = session_policies(params)
                return with_session_policy(await _handle_request(method, path, headers, body, query), policies)
            case "AssumeRoleWithSAML":
                return assume_role_with_saml(params)
            case "GetSessionToken" | "GetFederationToken":
                fits(params)
                return with_issuer(await _handle_request(method, path, headers, body, query))
            case _:
                return await _handle_request(method, path, headers, body, query)
    except Refused as refused:
        return iam._error(refused.status, refused.code, escaped(str(refused)), ns="sts")
    finally:
        REQUEST.reset(token)


def session_of(response: Response) -> Json:
    """The session that a response has just handed out."""
    found = re.search(rb"<AccessKeyId>(\w+)</AccessKeyId>", response[2]) or re.search(rb'"AccessKeyId": "(\w+)"', response[2])
    return sts._sessions[found[1].decode()]


def with_issuer(response: Response) -> Response:
    """The session remembers the user by his unique id."""
    if response[0] == 200:
        session = session_of(response)
        user = iam._users.get(session.get("PrincipalName") or "")
        if user is not None:
            session["IssuerId"] = user["UserId"]
    return response


# ── Source identity ──────────────────────────────────────────────────────────────────────────────────────────────────


def may_set_source_identity(params: Params, access_key: str) -> None:
    """To set a source identity, sts:SetSourceIdentity must be allowed to the caller and by the role's trust policy; one
    that is set stays set when a role assumes another."""
    wanted = param(params, "SourceIdentity")
    inherited = (sts._sessions.get(access_key) or {}).get("SourceIdentity")
    if inherited and wanted and inherited != wanted:
        raise Refused(403, "AccessDenied", "The source identity of a session cannot be changed.")
    if not (wanted or inherited):
        return
    role_arn = param(params, "RoleArn")
    principal = iam_evaluator.resolve_principal(access_key, get_account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        return  # What is called next says so.
    context = EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action="sts:SetSourceIdentity",
        resource_arn=role_arn,
        region=get_region(),
        service_context=request_keys() | {"sts:sourceidentity": wanted or inherited},
        principal_keys=principal.keys,
    )
    trust = trust_policy_for_arn(role_arn) if role_arn.count(":") == 5 else None
    allowed = principal.policies is None or (
        iam_evaluator.evaluate(context, principal.policies, *principal.limits).decision == "Allow"
    )
    if not allowed or trust is None or not evaluate_trust_policy(trust[0], principal.arn, context):
        message = f"User: {principal.arn} is not authorized to perform: sts:SetSourceIdentity on resource: {role_arn}"
        raise Refused(403, "AccessDenied", message)


def with_source_identity(response: Response, params: Params, access_key: str) -> Response:
    source = param(params, "SourceIdentity") or (sts._sessions.get(access_key) or {}).get("SourceIdentity")
    status, headers, body = response
    if status != 200 or not source:
        return response
    session_of(response)["SourceIdentity"] = source
    if body.lstrip().startswith(b"{"):
        return status, headers, json.dumps(json.loads(body) | {"SourceIdentity": source}).encode()
    element = f"<SourceIdentity>{escaped(source)}</SourceIdentity></AssumeRoleResult>".encode()
    return status, headers, body.replace(b"</AssumeRoleResult>", element)


# ── Federation ───────────────────────────────────────────────────────────────────────────────────────────────────────


def account_of(role_arn: str) -> str:
    if role_arn.count(":") != 5:
        raise Refused(400, "ValidationError", f"Invalid RoleArn: {role_arn}")
    return role_arn.split(":")[4]


def knows_provider(params: Params) -> None:
    """A web identity counts if its provider is known to the account: deleting the provider shuts it out."""
    account = account_of(param(params, "RoleArn"))
    provider, _ = sts._web_identity_principal(
        param(params, "WebIdentityToken"), param(params, "ProviderId"), param(params, "RoleArn")
    )
    if ":oidc-provider/" in provider and iam._oidc_providers.get_scoped(account, None, provider) is None:
        raise Refused(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + provider)


def with_session_policy(response: Response, policies: Json | None) -> Response:
    """A web identity session takes a policy, too."""
    if response[0] == 200 and policies:
        session_of(response)["SessionPolicies"] = policies
    return response


SESSION_POLICY = 2048
SESSION_POLICY_ARNS = 10


def fits(params: Params) -> None:
    """Inline policy and ARNs of a session have 2,048 characters together, and the ARNs are ten at most. How full AWS's packed
    form of them and of the tags is, is not known here.

    docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, Policy and PolicyArns
    """
    arns = [values[0] for name, values in params.items() if re.fullmatch(r"PolicyArns\.member\.\d+\.arn", name)]
    arns += [str(each.get("arn", "")) for each in params.get("PolicyArns", []) if isinstance(each, dict)]
    policy = param(params, "Policy")
    if len(arns) > SESSION_POLICY_ARNS:
        constraint = f"failed to satisfy constraint: Member must have length less than or equal to {SESSION_POLICY_ARNS}"
        raise Refused(400, "ValidationError", f"1 validation error detected: Value at 'policyArns' {constraint}")
    if len(policy) <= SESSION_POLICY < len(policy) + sum(map(len, arns)):
        raise Refused(400, "PackedPolicyTooLarge", "The session policies consume more than 100% of the allotted space.")


def session_policies(params: Params) -> Json | None:
    fits(params)
    policies, refusal = sts._session_policies(params, account_of(param(params, "RoleArn")))
    if refusal:
        code = re.search(rb"<Code>(\w+)</Code>", refusal[2])
        raise Refused(400, code[1].decode() if code else "MalformedPolicyDocument", "The session policies are not valid.")
    return policies if any(policies.values()) else None


SAML_ROLE = "https://aws.amazon.com/SAML/Attributes/Role"
SAML_SESSION_NAME = "https://aws.amazon.com/SAML/Attributes/RoleSessionName"


def assume_role_with_saml(params: Params) -> Response:
    """AssumeRoleWithSAML exists. The assertion must name role and provider; its signature is not checked."""
    role_arn, provider = param(params, "RoleArn"), param(params, "PrincipalArn")
    account = account_of(role_arn)
    try:
        assertion = ET.fromstring(base64.b64decode(param(params, "SAMLAssertion")))
    except (ET.ParseError, ValueError):
        raise Refused(400, "InvalidIdentityToken", "The SAML assertion is not valid.") from None
    values = saml_attributes(assertion)
    if not any({role_arn, provider} == set(pair.replace(" ", "").split(",")) for pair in values.get(SAML_ROLE, [])):
        raise Refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    if iam._saml_providers.get_scoped(account, None, provider) is None:
        raise Refused(400, "InvalidIdentityToken", "Specified provider doesn't exist")
    name = (values.get(SAML_SESSION_NAME) or ["saml"])[0]
    trust = trust_policy_for_arn(role_arn)
    context = EvalContext(
        principal_arn=provider,
        principal_type="SAMLUser",
        principal_account=account,
        action="sts:AssumeRoleWithSAML",
        resource_arn=role_arn,
        region=get_region(),
        service_context={"saml:aud": "https://signin.aws.amazon.com/saml"},
    )
    if trust is None or not evaluate_trust_policy(trust[0], provider, context):
        raise Refused(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML")
    seconds = int(param(params, "DurationSeconds") or 3600)
    user, credentials = start_role_session(role_arn, name, seconds, SessionPolicies=session_policies(params))
    return sts._xml(
        200,
        "AssumeRoleWithSAMLResponse",
        f"<AssumeRoleWithSAMLResult>{credentials}{user}<Issuer>{escaped(provider)}</Issuer>"
        "<SubjectType>persistent</SubjectType></AssumeRoleWithSAMLResult>",
        ns="sts",
    )


def saml_attributes(assertion: ET.Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(".//{*}Attribute"):
        found[attribute.get("Name", "")] = [value.text or "" for value in attribute.iterfind("{*}AttributeValue")]
    return found


def start_role_session(role_arn: str, name: str, seconds: int, **more: Any) -> tuple[str, str]:
    """Start a session of a role, and tell of its user and its credentials in XML."""
    key, session = role_session(role_arn, name, seconds, **more)
    user = f"<AssumedRoleUser><AssumedRoleId>{session['UserId']}</AssumedRoleId><Arn>{session['Arn']}</Arn></AssumedRoleUser>"
    credentials = (
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{session['SecretAccessKey']}</SecretAccessKey>"
        f"<SessionToken>{session['SessionToken']}</SessionToken><Expiration>{iam._future(seconds)}</Expiration></Credentials>"
    )
    return user, credentials


def role_session(role_arn: str, name: str, seconds: int, **more: Any) -> tuple[str, Json]:
    arn, refusal = sts._assumed_role_arn(role_arn, name)
    if refusal:
        raise Refused(400, "ValidationError", f"Invalid RoleArn: {role_arn}")
    key = iam._gen_session_access_key()
    session = {
        "Arn": arn,
        "UserId": f"{sts._role_id(role_arn)}:{name}",
        "SecretAccessKey": iam._gen_secret(),
        "SessionToken": iam._gen_session_token(),
        "Expiration": time.time() + seconds,
        "AccountId": account_of(role_arn),
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(key, session | more)
    return key, sts._sessions[key]


def install() -> None:
    iam_evaluator.resolve_credential = sts.resolve_credential = resolve_credential
    iam_evaluator.resolve_principal = resolve_principal
    iam_evaluator._principal_keys = sts._principal_keys = principal_keys
    iam_evaluator.evaluate_trust_policy = evaluate_trust_policy
    sts.handle_request = handle_request
    iam.trust_policy_for_arn = trust_policy_for_arn
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["sts"] = ("iam", "trust_policy_for_arn")
