"""One organization for all accounts here, and service control policies that bind its members.

ministack makes each account an organization of its own, and evaluates no SCP. AWS:
docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import json
import os
import time
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import organizations
from wire import Json, Params, Refused, Response, json_answer, json_page, json_refusal

MANAGEMENT = os.environ.get("OVERLAY_MANAGEMENT_ACCOUNT", "999999999999")
"""No SCP binds it. Its root: key id 999999999999, secret `test`."""
MEMBERS = os.environ.get("OVERLAY_MEMBER_ACCOUNTS", "000000000000,222222222222").split(",")
DELEGATED = os.environ.get("OVERLAY_DELEGATED_ACCOUNT", "000000000000")
"""May manage policies and Identity Center beside the management account, as far as its own IAM policies allow."""

Statements = list[iam_evaluator.ParsedStatement]

SCP = "SERVICE_CONTROL_POLICY"
SCP_SIZE = 5120
SCP_LIMIT = 5
# Of this organization only; docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html

DENIED_BY_SCP: ContextVar[bool] = ContextVar("denied_by_scp", default=False)
"""Set where a service control policy refused the current request: the message says so."""

SCP_SID = "scp "
"""Before the Sid of a statement of an SCP: a denial can be told from one by an identity policy."""

_ensure_org = organizations._ensure_org
_access_denied_response = iam_actions.access_denied_response


# ── The organization ─────────────────────────────────────────────────────────────────────────────────────────────────


def ensure_org() -> None:
    """The organization has members from the beginning."""
    if "self" in organizations._orgs:
        return
    _ensure_org()
    org, root = organizations._orgs["self"]["Id"], next(iter(organizations._roots))
    for account in MEMBERS:
        organizations._accounts[account] = {
            "Id": account,
            "Arn": f"arn:aws:organizations::{MANAGEMENT}:account/{org}/{account}",
            "Email": f"aws+{account}@example.com",
            "Name": f"member-{account}",
            "Status": "ACTIVE",
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": int(time.time()),
            "Path": "/",
            "_ParentId": root,
        }
        attach_full_access(account)


def attach_full_access(target: str) -> None:
    full = organizations.FULL_ACCESS_POLICY_ID
    organizations._attachments[full] = [*organizations._attachments[full], target]


def organization_id(account: str) -> str | None:
    """aws:PrincipalOrgID is the one organization's id in each of its accounts."""
    with request_scope(MANAGEMENT, "us-east-1"):
        ensure_org()
        return organizations._orgs["self"]["Id"] if account in organizations._accounts else None


def create_organizational_unit(request: Json) -> Response:
    """A new OU has FullAWSAccess, as everything that SCPs can be attached to."""
    response = _actions["CreateOrganizationalUnit"](request)
    if response[0] == 200:
        attach_full_access(json.loads(response[2])["OrganizationalUnit"]["Id"])
    return response


def attached_to(target: str) -> list[str]:
    return [
        policy
        for policy, targets in organizations._attachments.items()
        if target in targets and organizations._policies[policy]["Type"] == SCP
    ]


def attach_policy(request: Json) -> Response:
    """Five SCPs can be attached to a target at most."""
    policy, target = request.get("PolicyId"), request.get("TargetId")
    attached = attached_to(str(target))
    is_scp = (organizations._policies.get(policy) or {}).get("Type") == SCP
    if is_scp and policy not in attached and len(attached) >= SCP_LIMIT:
        raise constraint("You have attached the maximum number of policies to the specified target.", "MAX")
    return _actions["AttachPolicy"](request)


def detach_policy(request: Json) -> Response:
    """One SCP must stay."""
    if attached_to(str(request.get("TargetId"))) == [request.get("PolicyId")]:
        raise constraint("You cannot remove the last policy attached to the specified target.", "MIN")
    return _actions["DetachPolicy"](request)


def constraint(message: str, end: str) -> Refused:
    refused = Refused(400, "ConstraintViolationException", message)
    refused.reason = f"{end}_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    return refused


def checked_content(name: str) -> Any:
    """An SCP has a size limit, and is a policy without principals."""

    def handler(request: Json) -> Response:
        content = request.get("Content")
        if content is not None:
            if len(content) > SCP_SIZE:
                raise constraint("You have exceeded the maximum policy size.", "POLICY_CONTENT")
            try:
                statements = json.loads(content)["Statement"]
                statements = statements if isinstance(statements, list) else [statements]
                sound = all(isinstance(one, dict) and not {"Principal", "NotPrincipal"} & one.keys() for one in statements)
            except (ValueError, KeyError, TypeError):
                sound = False
            if not sound or iam_evaluator.validate_policy_document(content):
                raise Refused(400, "MalformedPolicyDocumentException", "The policy document does not meet the requirements")
        return _actions[name](request)

    return handler


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FOR_EVERYBODY = {"DescribeOrganization"}
LISTS = {
    "ListAccounts": "Accounts",
    "ListAccountsForParent": "Accounts",
    "ListOrganizationalUnitsForParent": "OrganizationalUnits",
    "ListPolicies": "Policies",
    "ListPoliciesForTarget": "Policies",
    "ListTargetsForPolicy": "Targets",
    "ListRoots": "Roots",
}
PAGE = 20
"""As in AWS."""


async def handle_request(_method: str, _path: str, headers: dict[str, str], body: bytes, query: Params) -> Response:
    """There is one organization; the management account and the delegated administrator call, others may only look who leads."""
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    request = json.loads(body or b"{}")
    caller, key = get_account_id(), router.extract_access_key_id(headers, query)
    try:
        if action not in FOR_EVERYBODY and caller not in (MANAGEMENT, DELEGATED):
            raise Refused(400, "AccessDeniedException", "You don't have permissions to access this resource.")
        target = request.get("TargetId")
        if target and request.get("PolicyId"):
            # Attaching takes the permission on both, the policy and what it is attached to.
            refuse_unless_allowed(key, f"organizations:{action}", target_arn(target))
        with request_scope(MANAGEMENT, get_region()):
            ensure_org()
            handler = organizations._DISPATCH.get(action)
            if handler is None:
                raise Refused(400, "UnknownOperationException", f"{action} is not known here")
            return paged(action, handler(request), request)
    except Refused as refused:
        status, answer_headers, answer = json_refusal(refused)
        if reason := getattr(refused, "reason", None):
            answer = json.dumps(json.loads(answer) | {"Reason": reason}).encode()
        return status, answer_headers, answer


def paged(action: str, response: Response, request: Json) -> Response:
    name = LISTS.get(action)
    if response[0] != 200 or name is None:
        return response
    page, rest = json_page(json.loads(response[2])[name], request, PAGE)
    return json_answer({name: page} | rest)


def refuse_unless_allowed(key: str, action: str, resource: str) -> None:
    """A second resource that an action needs, checked as ministack checks the first."""
    service = action.partition(":")[0]
    denied = iam_evaluator.enforce(key, action, service, get_region(), resource_arn=resource)
    if denied is not None:
        principal = getattr(denied, "principal_arn", "")
        raise Refused(400, "AccessDeniedException", f"User: {principal} is not authorized to perform: {action} on {resource}")


def policy_arn(policy: str) -> str:
    record = organizations._policies.get_scoped(MANAGEMENT, None, policy)
    return record["Arn"] if record else "*"


def target_arn(target: str) -> str:
    with request_scope(MANAGEMENT, get_region()):
        ensure_org()
        record, _ = organizations._target(target)
        return record["Arn"] if record else "*"


def resource_arn(body: bytes) -> str:
    """Policies on Organizations' actions can name the policy, account, OU or root."""
    request = json.loads(body or b"{}")
    if policy := request.get("PolicyId"):
        return policy_arn(policy)
    for name in ("TargetId", "ResourceId", "ChildId", "AccountId", "ParentId"):
        if request.get(name):
            return policy_arn(request[name]) if request[name].startswith("p-") else target_arn(request[name])
    return "*"


# ── Binding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=256)
def parsed(content: str) -> tuple[iam_evaluator.ParsedStatement, ...]:
    statements = iam_evaluator.parse_policy_document(content)
    for statement in statements:
        statement.sid = SCP_SID + statement.sid
    return tuple(statements)


def limits(account: str, role_path: str = "/") -> list[list[Statements]]:
    """What root, OUs and account let an identity of the account do: each must allow, and none deny.

    Not in the management account, and not for service-linked roles."""
    if account == MANAGEMENT or role_path.startswith("/aws-service-role/"):
        return []
    with request_scope(MANAGEMENT, "us-east-1"):
        ensure_org()
        if only_full_access():
            return []
        record = organizations._accounts.get(account)
        if record is None or not organizations._policy_type_enabled(SCP):
            return []
        chain, entity = [account], record
        while entity is not None:
            parent = entity["_ParentId"]
            chain.append(parent)
            entity = organizations._ous.get(parent)
        return [
            [list(parsed(organizations._policies[policy]["_Content"])) for policy in attached_to(target)] for target in chain
        ]


def only_full_access() -> bool:
    """Whether no policy is attached anywhere that could refuse: the way out for nearly every request."""
    return not any(
        targets for policy, targets in organizations._attachments.items() if policy != organizations.FULL_ACCESS_POLICY_ID
    )


def refuses_root(action: str, service_context: Json | None, region: str, resource: str) -> Any:
    """The root of a member account is bound by SCPs like everybody in it."""
    account = get_account_id()
    layers = limits(account)
    if not layers:
        return None
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",
        principal_type="Root",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=region,
        service_context={key.lower(): value for key, value in (service_context or {}).items()},
    )
    all_is_allowed = iam_evaluator.parse_policy_document({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    verdict = iam_evaluator.evaluate(context, [all_is_allowed], *layers)
    return None if verdict.decision == "Allow" else verdict


def access_denied_response(*args: Any, **kwargs: Any) -> Response:
    """The message names the kind of policy that refused."""
    status, headers, body = _access_denied_response(*args, **kwargs)
    if DENIED_BY_SCP.get():
        body = body.replace(b"in an identity-based policy", b"in a service control policy")
    return status, headers, body


_actions = dict(organizations._DISPATCH)


def install() -> None:
    iam_evaluator._principal_org_id = organization_id
    iam_actions.access_denied_response = access_denied_response
    organizations._ensure_org = ensure_org
    organizations.handle_request = handle_request
    organizations._DISPATCH |= {
        "CreateOrganizationalUnit": create_organizational_unit,
        "AttachPolicy": attach_policy,
        "DetachPolicy": detach_policy,
        "CreatePolicy": checked_content("CreatePolicy"),
        "UpdatePolicy": checked_content("UpdatePolicy"),
    }
