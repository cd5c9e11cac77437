"""Secrets Manager's versions and their labels as AWS keeps them, on top of ministack's.

A version is named by the ClientRequestToken that made it, its value never changes, and it may have none. What lost its last
label can still be read by its id.

AWS: docs.aws.amazon.com/secretsmanager/latest/apireference
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import trail
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import cloudtrail, eventbridge, secretsmanager
from secret_access import demand, demand_key
from wire import Json, Refused, Response, iso, json_page

OVERRIDES: dict[str, Callable[..., Any]] = {}
"""By the name of ministack's function."""


def override(name: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Register an override of an action; it gets ministack's own handler first. It may raise Refused."""

    def register(function: Callable[..., Response]) -> Callable[..., Response]:
        original = getattr(secretsmanager, name)

        def handler(data: Json, *rest: Any) -> Response:
            try:
                return function(original, data, *rest)
            except Refused as refused:
                return error_response_json(refused.code, str(refused), refused.status)

        OVERRIDES[name] = handler
        return handler

    return register


def bad_parameter(message: str) -> Refused:
    return Refused(400, "InvalidParameterException", message)


def bad_request(message: str) -> Refused:
    return Refused(400, "InvalidRequestException", message)


def not_found(what: str) -> Refused:
    return Refused(400, "ResourceNotFoundException", f"Secrets Manager can't find the specified secret{what}.")


ON_A_REPLICA = "Operation not permitted on a replica secret. Call must be made in primary secret's region."


def named(data: Json) -> Json:
    """The secret whose values a request is about."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret is None:
        raise not_found("")
    if secret.get("DeletedDate"):
        raise bad_request("You can't perform this operation on the secret because it was marked for deletion.")
    return secret


def changeable(data: Json) -> Json:
    secret = named(data)
    if secretsmanager._is_replica(secret):
        raise bad_parameter(ON_A_REPLICA)
    return secret


def answer(secret: Json, **more: Any) -> Response:
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], **more})


def edited(response: Response, edit: Callable[[Json], None]) -> Response:
    status, headers, body = response
    if status >= 400:
        return response
    parsed = json.loads(body)
    edit(parsed)
    return status, headers, json.dumps(parsed).encode()


# ── Versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def value_of(data: Json) -> tuple[Any, Any]:
    return data.get("SecretString"), data.get("SecretBinary")


def has_value(version: Json | None) -> bool:
    return version is not None and value_of(version) != (None, None)


def new_version(secret: Json, version: str) -> Json:
    empty = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": []}
    return secret["Versions"].setdefault(version, empty)


def labelled(secret: Json, stage: str) -> str | None:
    return secretsmanager._find_stage_version(secret, stage)[0]


def promote(secret: Json, version: str) -> None:
    """AWSCURRENT moves, AWSPREVIOUS follows it. The version before that has no label any more, and stays."""
    before = labelled(secret, "AWSCURRENT")
    if before == version:
        return
    secretsmanager._remove_stage_everywhere(secret, "AWSCURRENT")
    secretsmanager._add_stage(secret, version, "AWSCURRENT")
    if before:
        secretsmanager._remove_stage_everywhere(secret, "AWSPREVIOUS")
        secretsmanager._add_stage(secret, before, "AWSPREVIOUS")
    secretsmanager._emit_secret_label_updated(secret, "AWSCURRENT", version)


def attach(secret: Json, version: str, stage: str) -> None:
    if stage == "AWSCURRENT":
        promote(secret, version)
        return
    secretsmanager._remove_stage_everywhere(secret, stage, except_version_id=version)
    secretsmanager._add_stage(secret, version, stage)
    if stage not in ("AWSPENDING", "AWSPREVIOUS"):
        secretsmanager._emit_secret_label_updated(secret, stage, version)


def changed(secret: Json) -> None:
    secret["LastChangedDate"] = int(time.time())
    secretsmanager._sync_replicas(secret)


@override("_create_secret")
def create_secret(original: Callable[[Json], Response], data: Json) -> Response:
    """The first version is the ClientRequestToken's; the same request again makes nothing. Without a value there is none."""
    name, token = str(data.get("Name")), data.get("ClientRequestToken") or str(uuid.uuid4())
    if existing := secretsmanager._secrets.get(name):
        if existing.get("DeletedDate"):
            raise bad_request("You can't create this secret because a secret with this name is already scheduled for deletion.")
        held = existing["Versions"].get(token)
        if held is not None and value_of(held) == value_of(data):
            return answer(existing, VersionId=token)
    response = original(data)
    if response[0] >= 400:
        return response
    secret = secretsmanager._secrets[name]
    (version,) = secret["Versions"].values()
    secret["Versions"] = {token: version} if has_value(version) else {}
    try:
        demand_key(secret, "kms:GenerateDataKey", "kms:Decrypt")
    except Refused:
        secretsmanager._secrets.pop(name)
        raise
    more = {"VersionId": token} if has_value(version) else {}
    if regions := data.get("AddReplicaRegions"):
        request = {"SecretId": secret["ARN"], "AddReplicaRegions": regions}
        request["ForceOverwriteReplicaSecret"] = data.get("ForceOverwriteReplicaSecret", False)
        replicated = secretsmanager._replicate_secret_to_regions(request)
        if replicated[0] >= 400:
            secretsmanager._secrets.pop(name)
            return replicated
        more["ReplicationStatus"] = secret["ReplicationStatus"]
    return answer(secret, **more)


@override("_put_secret_value")
def put_secret_value(_: Any, data: Json) -> Response:
    """A version that has a value keeps it: the same again changes nothing, another one is an error. An empty one gets it."""
    secret = changeable(data)
    token = stored(secret, data, data.get("VersionStages") or ["AWSCURRENT"])
    return answer(secret, VersionId=token, VersionStages=list(secret["Versions"][token]["Stages"]))


def stored(secret: Json, data: Json, stages: list[str]) -> str:
    if not has_value(data):
        raise bad_request("You must provide either SecretString or SecretBinary.")
    token = data.get("ClientRequestToken") or str(uuid.uuid4())
    held = secret["Versions"].get(token)
    if has_value(held):
        demand_key(secret, "kms:Decrypt")
        if value_of(held) == value_of(data):
            return token
        message = f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret"
        raise Refused(400, "ResourceExistsException", f"{message} {secret['ARN']}.")
    demand_key(secret, "kms:GenerateDataKey")
    version = new_version(secret, token)
    version["SecretString"], version["SecretBinary"] = value_of(data)
    for stage in stages:
        attach(secret, token, stage)
    pending = labelled(secret, "AWSPENDING")
    if "AWSCURRENT" in stages and pending not in (None, token):
        # Who writes a new value by hand gives up the rotation that is under way.
        secretsmanager._remove_stage(secret, pending, "AWSPENDING")
        service_event("RotationAbandoned", secret, pending)
    changed(secret)
    return token


@override("_update_secret")
def update_secret(original: Callable[[Json], Response], data: Json) -> Response:
    secret = changeable(data)
    if "KmsKeyId" in data:
        demand_key(secret | {"KmsKeyId": data["KmsKeyId"]}, "kms:GenerateDataKey", "kms:Decrypt")
    token = stored(secret, data, ["AWSCURRENT"]) if has_value(data) else None
    rest = {name: value for name, value in data.items() if name not in ("SecretString", "SecretBinary", "ClientRequestToken")}
    response = original(rest)
    return answer(secret, VersionId=token) if token and response[0] < 400 else response


@override("_get_secret_value")
def get_secret_value(original: Callable[[Json], Response], data: Json) -> Response:
    """A version without a value is not found; one that both parameters name must be the same."""
    secret = named(data)
    wanted, stage = data.get("VersionId"), data.get("VersionStage")
    version = secret["Versions"].get(wanted or labelled(secret, stage or "AWSCURRENT"))
    if not has_value(version):
        raise not_found(f" value for VersionId: {wanted}" if wanted else f" value for staging label: {stage or 'AWSCURRENT'}")
    if wanted and stage and stage not in version["Stages"]:
        raise bad_request("You provided a VersionStage that is not associated to the provided VersionId.")
    demand_key(secret, "kms:Decrypt")
    return original(data)


@override("_update_secret_version_stage")
def update_secret_version_stage(original: Callable[[Json], Response], data: Json) -> Response:
    """AWSCURRENT can be moved, not taken off."""
    changeable(data)
    if data.get("VersionStage") == "AWSCURRENT" and data.get("RemoveFromVersionId") and not data.get("MoveToVersionId"):
        raise bad_parameter(
            "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed."
        )
    return original(data)


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def details(secret: Json) -> Json:
    """What DescribeSecret and ListSecrets tell, and ministack does not."""
    names = ("KmsKeyId", "RotationLambdaARN", "RotationRules", "LastRotatedDate")
    told = {name: secret[name] for name in names if secret.get(name)}
    days = (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays")
    if secret.get("RotationEnabled") and days:
        told["NextRotationDate"] = int(secret.get("LastRotatedDate") or secret["LastChangedDate"]) + days * 86400
    return told


@override("_describe_secret")
def describe_secret(original: Callable[[Json], Response], data: Json) -> Response:
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    return edited(original(data), lambda told: told.update(details(secret)))


@override("_list_secrets")
def list_secrets(original: Callable[[Json], Response], data: Json) -> Response:
    def edit(told: Json) -> None:
        for entry in told["SecretList"]:
            entry |= details(secretsmanager._secrets[entry["Name"]])

    return edited(original(data), edit)


@override("_list_secret_version_ids")
def list_secret_version_ids(original: Callable[[Json], Response], data: Json) -> Response:
    """Versions without a label are told of on demand only."""

    def edit(told: Json) -> None:
        if not data.get("IncludeDeprecated"):
            told["Versions"] = [version for version in told["Versions"] if version["VersionStages"]]

    return edited(original(data), edit)


@override("_batch_get_secret_value")
def batch_get_secret_value(original: Callable[..., Response], data: Json, access_key: str | None = None) -> Response:
    """20 ids, or filters with pages of 20."""
    ids, filters = data.get("SecretIdList"), data.get("Filters")
    if bool(ids) == bool(filters):
        raise bad_parameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if ids:
        if len(ids) > 20:
            raise Refused(400, "ValidationException", "SecretIdList: Member must have length less than or equal to 20")
        return original({"SecretIdList": ids}, access_key)
    demand("secretsmanager:ListSecrets", "*")
    living = sorted(name for name, secret in secretsmanager._secrets.items() if not secret.get("DeletedDate"))
    page, rest = json_page(secretsmanager._filter_secret_names(living, filters), data, 20)
    if not page:
        return json_response({"SecretValues": [], "Errors": []})
    arns = [secretsmanager._secrets[name]["ARN"] for name in page]
    return edited(original({"SecretIdList": arns}, access_key), lambda told: told.update(rest))


# ── Events of the service's own ──────────────────────────────────────────────────────────────────────────────────────


def service_event(name: str, secret: Json, version: str) -> None:
    """What Secrets Manager does by itself is in CloudTrail, and through it on the default event bus."""
    event = {
        "userIdentity": {"accountId": get_account_id(), "invokedBy": "secretsmanager.amazonaws.com"},
        "eventSource": "secretsmanager.amazonaws.com",
        "eventName": name,
        "sourceIPAddress": "secretsmanager.amazonaws.com",
        "userAgent": "secretsmanager.amazonaws.com",
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"SecretId": secret["ARN"]},
        "requestID": f"Rotation-{secret['ARN']}-{version}",
        "readOnly": False,
        "eventType": "AwsServiceEvent",
    }
    if not cloudtrail._recording_enabled:
        return
    whole = trail.store(event, "")
    eventbridge._dispatch_event(
        {
            "EventId": str(uuid.uuid4()),
            "Source": "aws.secretsmanager",
            "DetailType": "AWS Service Event via CloudTrail",
            "Detail": json.dumps(whole),
            "EventBusName": "default",
            "Time": iso(time.time()),
            "Resources": [],
            "Account": get_account_id(),
            "Region": get_region(),
        }
    )


def install() -> None:
    secretsmanager._apply_current_promotion = promote
    secretsmanager._replica_mutation_error = lambda: error_response_json("InvalidParameterException", ON_A_REPLICA, 400)
    for name, handler in OVERRIDES.items():
        setattr(secretsmanager, name, handler)
