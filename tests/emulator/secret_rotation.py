"""RotateSecret drives the rotation function, as AWS does: four steps, one after the other, in the background.

A version without a value is AWSPENDING until the function has stored one and moved AWSCURRENT to it. A step that fails ends the
attempt; AWS tries again later, from the first step. What becomes of it is in CloudTrail and on the default event bus.

A function that the emulator does not know is not called: the new version then holds the current value, and waits for a test to
move the label.

AWS: docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html and
docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, secretsmanager
from secret_access import demand
from secret_values import (
    answer,
    attach,
    bad_request,
    changeable,
    changed,
    has_value,
    labelled,
    new_version,
    override,
    service_event,
    value_of,
)
from wire import Json, Refused, Response

RETRY_SECONDS = float(os.environ.get("OVERLAY_ROTATION_RETRY_SECONDS", "2"))
ATTEMPTS = int(os.environ.get("OVERLAY_ROTATION_ATTEMPTS", "3"))

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


@override("_rotate_secret")
def rotate_secret(_: Any, data: Json) -> Response:
    """A secret without a rotation function cannot be rotated, nor one whose last rotation has not ended. The caller must be
    allowed to invoke the function, and so must Secrets Manager."""
    secret = changeable(data)
    arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not arn:
        raise bad_request("No Lambda rotation function ARN is associated with this secret.")
    demand("lambda:InvokeFunction", arn)
    function = known_function(arn)
    if function is not None and not lets_in(arn, secret):
        raise Refused(
            400,
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the "
            "principal secretsmanager.amazonaws.com.",
        )
    pending, current = labelled(secret, "AWSPENDING"), labelled(secret, "AWSCURRENT")
    if pending and pending != current:
        raise bad_request("A previous rotation isn't complete. That rotation will be reattempted.")
    token = data.get("ClientRequestToken") or str(uuid.uuid4())
    if token in secret["Versions"]:
        # The same request again, whose rotation has ended.
        return answer(secret, VersionId=token)
    secret |= {"RotationLambdaARN": arn, "RotationEnabled": True}
    if rules := data.get("RotationRules"):
        secret["RotationRules"] = rules
    now = data.get("RotateImmediately") is not False
    if function is None and not now:
        changed(secret)
        return answer(secret, VersionId=current)
    version = new_version(secret, token)
    if function is None:
        version["SecretString"], version["SecretBinary"] = value_of(secret["Versions"].get(current) or {})
    attach(secret, token, "AWSPENDING")
    changed(secret)
    if function is not None:
        start(drive if now else rehearse, secret["ARN"], token)
    return answer(secret, VersionId=token)


def known_function(arn: str) -> Json | None:
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    return lambda_svc._execution_record_for_config(function, config) if function and config else None


def lets_in(arn: str, secret: Json) -> bool:
    """Whether the resource policy of a function lets Secrets Manager invoke it for this secret."""
    request = iam_evaluator.EvalContext(
        principal_arn="",
        principal_type="Service",
        principal_account=get_account_id(),
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:sourceaccount": get_account_id(), "aws:sourcearn": secret["ARN"]},
    )
    policy = (lambda_svc._get_base_func_record_for_ref(arn)[0] or {}).get("policy")
    verdict = iam_evaluator.evaluate_resource_policy(policy, request, service="secretsmanager.amazonaws.com")
    return verdict.decision == "Allow"


def start(work: Callable[[str, str], None], arn: str, token: str) -> None:
    threading.Thread(target=contextvars.copy_context().run, args=(work, arn, token), daemon=True).start()


def rotating(arn: str, token: str) -> Json | None:
    """The secret, while the version is the one that its rotation is about: somebody may have given it up."""
    _, secret = secretsmanager._resolve(arn)
    if secret is None or secret.get("DeletedDate") or token not in secret["Versions"]:
        return None
    return secret if labelled(secret, "AWSPENDING") == token or labelled(secret, "AWSCURRENT") == token else None


def drive(arn: str, token: str) -> None:
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(RETRY_SECONDS)
        secret = rotating(arn, token)
        if secret is None:
            return
        service_event("RotationStarted", secret, token)
        completed = all(step(arn, token, name) for name in STEPS)
        secret = rotating(arn, token)
        if secret is None:
            return
        if completed and labelled(secret, "AWSCURRENT") == token:
            secret["LastRotatedDate"] = time.time()
            changed(secret)
            service_event("RotationSucceeded", secret, token)
            return
        service_event("RotationFailed", secret, token)


def step(arn: str, token: str, name: str) -> bool:
    secret = rotating(arn, token)
    function = known_function(secret["RotationLambdaARN"]) if secret else None
    if secret is None or function is None:
        return False
    result = lambda_svc._execute_function(function, {"Step": name, "SecretId": arn, "ClientRequestToken": token})
    return not result.get("error")


def rehearse(arn: str, token: str) -> None:
    """With RotateImmediately=false AWS runs testSecret, on a version without a value that is gone afterwards."""
    secret = rotating(arn, token)
    if secret is None:
        return
    service_event("TestRotationStarted", secret, token)
    passed = step(arn, token, "testSecret")
    _, secret = secretsmanager._resolve(arn)
    if secret is None:
        return
    if not has_value(secret["Versions"].get(token)):
        secret["Versions"].pop(token, None)
        changed(secret)
    service_event("TestRotationSucceeded" if passed else "TestRotationFailed", secret, token)
