"""Who may do what with secrets: condition keys, the key that encrypts a secret, and what else a call demands of its caller.

AWS: docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html and
docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms, secretsmanager
from wire import Json, Refused

_enforce = iam_evaluator.enforce
"""ministack's own: what a call demands besides its action is no use of the caller's key for another service."""


# ── The caller ───────────────────────────────────────────────────────────────────────────────────────────────────────


def refusal(action: str, resource: str, context: Json | None = None) -> Any:
    """Why the caller of the current request may not; None if he may. An account's root may all."""
    from ministack.app import AUTH

    key = iam_evaluator._verified_key.get()
    if not AUTH or not key:
        return None
    return _enforce(key, action, action.partition(":")[0], get_region(), resource, context or {})


def demand(action: str, resource: str) -> None:
    denied = refusal(action, resource)
    if denied is not None:
        caller = getattr(denied, "principal_arn", "") or iam_evaluator.caller_arn()
        message = f"User: {caller} is not authorized to perform: {action} on resource: {resource}"
        raise Refused(400, "AccessDeniedException", message)


def key_refused(action: str, key_id: str | None, service: str, **encryption_context: str) -> bool:
    """Whether the caller may not use a key of the account's own through a service. AWS's own keys are for everybody in it."""
    if not key_id or ":alias/aws/" in key_id or key_id.startswith("alias/aws/"):
        return False
    record = kms._resolve_key(key_id)
    region, account = get_region(), get_account_id()
    arn = record["Arn"] if record else key_id if key_id.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{key_id}"
    context = {f"kms:EncryptionContext:{name}": value for name, value in encryption_context.items()}
    context |= {"kms:ViaService": f"{service}.{region}.amazonaws.com", "kms:CallerAccount": account}
    return refusal(action, arn, context) is not None


def demand_key(secret: Json, *actions: str) -> None:
    for action in actions:
        if key_refused(action, secret.get("KmsKeyId"), "secretsmanager", SecretARN=secret["ARN"]):
            raise Refused(400, "AccessDeniedException", "Access to KMS is not allowed")


# ── Condition keys ───────────────────────────────────────────────────────────────────────────────────────────────────

REQUEST_FIELDS = (
    *("Name", "Description", "KmsKeyId", "RotationLambdaARN", "RotateImmediately", "VersionId", "VersionStage"),
    *("RecoveryWindowInDays", "ForceDeleteWithoutRecovery", "ForceOverwriteReplicaSecret", "BlockPublicPolicy"),
)


def request_conditions(action: str, body: bytes) -> Json:
    """The keys that a request on secrets carries. aws:RequestTag and aws:TagKeys are known to ministack."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    found = {f"secretsmanager:{field}": text(request[field]) for field in REQUEST_FIELDS if field in request}
    if stages := request.get("VersionStages"):
        found["secretsmanager:VersionStage"] = stages
    if regions := request.get("AddReplicaRegions"):
        found["secretsmanager:AddReplicaRegions"] = [region["Region"] for region in regions]
    if action == "secretsmanager:RotateSecret":
        # Of the rules only: another function is not one, RotationLambdaARN is the key for that.
        found["secretsmanager:ModifyRotationRules"] = text("RotationRules" in request)
    if named := request.get("SecretId"):
        _, secret = secretsmanager._resolve(named)
        found["secretsmanager:SecretId"] = secret["ARN"] if secret else named
    return found


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def conditions(action: str, arn: str, context: Json) -> Json:
    """The request's keys, and those of the secret that it is about. It also holds for each secret of a batch."""
    context = dict(context)
    named = {key.lower() for key in context}
    if action == "secretsmanager:GetSecretValue" and not named & {"secretsmanager:versionstage", "secretsmanager:versionid"}:
        context["secretsmanager:VersionStage"] = "AWSCURRENT"
    _, secret = secretsmanager._resolve(arn) if arn.startswith("arn:") else (None, None)
    if secret is None:
        return context
    for tag in secret.get("Tags") or []:
        for prefix in ("aws", "secretsmanager"):
            context[f"{prefix}:ResourceTag/{tag['Key']}"] = tag["Value"]
    if function := secret.get("RotationLambdaARN"):
        context["secretsmanager:resource/AllowRotationLambdaArn"] = function
    if primary := secret.get("_PrimaryRegion"):
        context["secretsmanager:SecretPrimaryRegion"] = primary
    return context
