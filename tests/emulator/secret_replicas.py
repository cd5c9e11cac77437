"""Replicas of secrets. A Region where the name is taken fails, the others are served; and replicas can lag.

A secret with the tag `overlay:replica-lags` leaves its replicas behind: `true` as AWS tells of a replication that failed,
another value as the Status that the replicas then have (`InProgress`). Without the tag they follow again.

AWS: docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import secretsmanager
from secret_values import changeable, edited, override
from wire import Json, Response

LAGS = "overlay:replica-lags"
TAKEN = "Secret with this name already exists in this region."

_sync_replicas = secretsmanager._sync_replicas


def lag(secret: Json) -> str | None:
    value = next((tag["Value"] for tag in secret.get("Tags") or [] if tag["Key"] == LAGS), None)
    return "Failed" if value == "true" else value


def sync_replicas(secret: Json) -> None:
    behind = lag(secret)
    if behind is None:
        _sync_replicas(secret)
    for status in secret.get("ReplicationStatus", []):
        if status.get("StatusMessage") != TAKEN:
            message = "Replication failed." if behind == "Failed" else "Replication succeeded."
            status |= {"Status": behind or "InSync", "StatusMessage": message}


@override("_replicate_secret_to_regions")
def replicate_secret_to_regions(original: Callable[[Json], Response], data: Json) -> Response:
    secret = changeable(data)
    wanted: list[Json] = data.get("AddReplicaRegions") or []

    def taken(region: Any) -> bool:
        there = secretsmanager._secrets.get_scoped(get_account_id(), region, secret["Name"])
        mine = secretsmanager._secret_arn_for_region(secret, region)
        return there is not None and there["ARN"] not in (mine, secret["ARN"]) and not data.get("ForceOverwriteReplicaSecret")

    failed = [region for region in wanted if taken(region.get("Region"))]
    response = original(data | {"AddReplicaRegions": [region for region in wanted if region not in failed]})
    if response[0] >= 400:
        return response
    regions = {region["Region"] for region in failed}
    kept = [status for status in secret["ReplicationStatus"] if status["Region"] not in regions]
    secret["ReplicationStatus"] = kept + [
        {"Region": region["Region"], "Status": "Failed", "StatusMessage": TAKEN} for region in failed
    ]
    sync_replicas(secret)
    return edited(response, lambda told: told.update(ReplicationStatus=secret["ReplicationStatus"]))


def install() -> None:
    secretsmanager._sync_replicas = sync_replicas
