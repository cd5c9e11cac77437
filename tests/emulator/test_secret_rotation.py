"""What the overlay claims of the rotation of secrets, held as fixtures.py says."""

from __future__ import annotations

import json
import sys
import time
import unittest.mock
from collections.abc import Callable
from typing import Any

import fixtures
from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    ASSUMED_BY_LAMBDA,
    Case,
    client,
    new_function,
    new_key,
    new_role,
    new_secret,
    new_user,
    stages,
    unique,
)

environment = unittest.mock.patch.dict("os.environ", OVERLAY_ROTATION_RETRY_SECONDS="0.3", OVERLAY_ROTATION_ATTEMPTS="3")


def setUpModule() -> None:
    environment.start()
    fixtures.setUpModule()


def tearDownModule() -> None:
    fixtures.tearDownModule()
    environment.stop()


# ── A rotation function ──────────────────────────────────────────────────────────────────────────────────────────────

BOOTSTRAP = """#!%s
import json, os, urllib.request
import boto3

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
FAILURES = {}


def client(service, **more):
    return boto3.client(service, region_name="us-east-1", endpoint_url=os.environ["ENDPOINT"], **more)


def handle(event):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    secrets = client("secretsmanager")
    client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
    current = secrets.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
    value = json.loads(current["SecretString"])
    if value.get("fails") == step and FAILURES.setdefault(secret, 0) < value["times"]:
        FAILURES[secret] += 1
        raise ValueError("as told")
    if step == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            key = client("iam").create_access_key(UserName=value["user"])["AccessKey"]
            new = value | {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
            secrets.put_secret_value(
                SecretId=secret, ClientRequestToken=token, SecretString=json.dumps(new), VersionStages=["AWSPENDING"]
            )
    elif step == "testSecret":
        new = json.loads(secrets.get_secret_value(SecretId=secret, VersionId=token)["SecretString"])
        key = {"aws_access_key_id": new["id"], "aws_secret_access_key": new["secret"], "aws_session_token": None}
        client("sts", **key).get_caller_identity()
    elif step == "finishSecret" and value.get("fails") != "silently":
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current["VersionId"]
        )


while True:
    with OPENER.open(API + "next") as response:
        request, event = response.headers["Lambda-Runtime-Aws-Request-Id"], json.load(response)
    try:
        result, answer = "response", handle(event)
    except Exception as error:
        result, answer = "error", {"errorType": type(error).__name__, "errorMessage": str(error)}
    body = json.dumps(answer).encode()
    OPENER.open(urllib.request.Request(f"{API}{request}/{result}", body, method="POST")).close()
"""


def let_in(function: str, **more: str) -> None:
    client("lambda").add_permission(
        FunctionName=function,
        StatementId=unique("rotation"),
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        **more,
    )


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


# ── Rotation ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Rotation(Case):
    def setUp(self) -> None:
        sqs = client("sqs")
        self.queue = sqs.create_queue(QueueName=unique("steps"))["QueueUrl"]
        self.events = sqs.create_queue(QueueName=unique("events"))["QueueUrl"]
        self.role = new_role(ASSUMED_BY_LAMBDA, ALLOW_ALL)
        told = {"ENDPOINT": fixtures.emulator.endpoint, "QUEUE": self.queue, "NO_PROXY": "127.0.0.1"}
        self.function = new_function(self.role, BOOTSTRAP % sys.executable, **told)
        let_in(self.function, SourceAccount=ACCOUNT)
        bus, rule = client("events"), unique("rule")
        pattern = {"source": ["aws.secretsmanager"], "detail-type": ["AWS Service Event via CloudTrail"]}
        bus.put_rule(Name=rule, EventPattern=json.dumps(pattern))
        self.addCleanup(bus.delete_rule, Name=rule)
        self.addCleanup(bus.remove_targets, Rule=rule, Ids=["1"])
        arn = sqs.get_queue_attributes(QueueUrl=self.events, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])

    def received(self, queue: str) -> list[Any]:
        found = []
        while messages := client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    def happened(self, secret: str) -> list[str]:
        """Names of the service's events, as CloudTrail has them, in their order."""
        wanted = [{"AttributeKey": "EventSource", "AttributeValue": "secretsmanager.amazonaws.com"}]
        pages = client("cloudtrail").get_paginator("lookup_events").paginate(LookupAttributes=wanted)
        events = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
        own = [e for e in events if e["eventType"] == "AwsServiceEvent" and e["additionalEventData"]["SecretId"] == secret]
        return [event["eventName"] for event in reversed(own)]

    def rotate(self, value: dict[str, Any], **more: Any) -> tuple[str, str, str]:
        """The secret, its version before, and the one that its rotation is about."""
        made = new_secret(value)
        arguments = {"RotationLambdaARN": self.function, "RotationRules": {"AutomaticallyAfterDays": 30}, **more}
        rotated = client("secretsmanager").rotate_secret(SecretId=made["ARN"], **arguments)
        return made["ARN"], made["VersionId"], rotated["VersionId"]

    def test_four_steps(self) -> None:
        user = new_user()
        secret, before, after = self.rotate({"user": user})
        secrets = client("secretsmanager")
        self.assertTrue(eventually(lambda: "RotationSucceeded" in self.happened(secret)), self.happened(secret))
        self.assertEqual(self.happened(secret), ["RotationStarted", "RotationSucceeded"])
        steps = self.received(self.queue)
        self.assertEqual([step["Step"] for step in steps], ["createSecret", "setSecret", "testSecret", "finishSecret"])
        for step in steps:
            self.assertEqual(step, {"Step": step["Step"], "SecretId": secret, "ClientRequestToken": after})
        self.assertEqual(stages(secret), {"AWSCURRENT": after, "AWSPENDING": after, "AWSPREVIOUS": before})
        described = secrets.describe_secret(SecretId=secret)
        self.assertLess(abs(described["LastRotatedDate"].timestamp() - time.time()), 30)
        self.assertGreater(described["NextRotationDate"], described["LastRotatedDate"])
        told = [event for event in self.received(self.events) if event["detail"]["additionalEventData"]["SecretId"] == secret]
        self.assertEqual([event["detail"]["eventName"] for event in told], ["RotationStarted", "RotationSucceeded"])
        detail = told[1]["detail"]
        self.assertEqual((told[1]["source"], told[1]["resources"]), ("aws.secretsmanager", []))
        self.assertEqual(detail["userIdentity"], {"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"})
        self.assertEqual(detail["eventType"], "AwsServiceEvent")
        # The function called under its role, and CloudTrail says so.
        value = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
        wanted = [{"AttributeKey": "ResourceName", "AttributeValue": value["id"]}]
        found = client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
        event = json.loads(next(e for e in found if e["EventName"] == "CreateAccessKey")["CloudTrailEvent"])
        self.assertEqual(event["responseElements"]["accessKey"]["accessKeyId"], value["id"])
        self.assertEqual(event["userIdentity"]["type"], "AssumedRole")
        self.assertEqual(event["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"], self.role)
        again = secrets.rotate_secret(SecretId=secret, ClientRequestToken=after)
        self.assertEqual((again["VersionId"], stages(secret)["AWSCURRENT"]), (after, after))

    def test_a_step_that_fails_is_tried_again(self) -> None:
        secret, _, after = self.rotate({"user": new_user(), "fails": "setSecret", "times": 1})
        self.assertTrue(eventually(lambda: "RotationSucceeded" in self.happened(secret)), self.happened(secret))
        self.assertEqual(self.happened(secret), ["RotationStarted", "RotationFailed", "RotationStarted", "RotationSucceeded"])
        steps = [step["Step"] for step in self.received(self.queue)]
        self.assertEqual(steps, ["createSecret", "setSecret", "createSecret", "setSecret", "testSecret", "finishSecret"])
        self.assertEqual(stages(secret)["AWSCURRENT"], after)

    def test_a_rotation_that_fails_for_good_leaves_an_empty_version(self) -> None:
        secret, before, after = self.rotate({"user": new_user(), "fails": "createSecret", "times": 9})
        secrets = client("secretsmanager")
        self.assertEqual(stages(secret), {"AWSCURRENT": before, "AWSPENDING": after})
        self.refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=secret, VersionStage="AWSPENDING")
        self.refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=secret, VersionId=after)
        self.refused("InvalidRequestException", secrets.rotate_secret, SecretId=secret)
        self.assertTrue(eventually(lambda: self.happened(secret) == ["RotationStarted", "RotationFailed"] * 3))
        self.assertNotIn("LastRotatedDate", secrets.describe_secret(SecretId=secret))
        self.refused("InvalidRequestException", secrets.rotate_secret, SecretId=secret)
        # Who writes a value by hand gives the rotation up.
        written = secrets.put_secret_value(SecretId=secret, SecretString='{"user": "x"}')["VersionId"]
        self.assertEqual(stages(secret), {"AWSCURRENT": written, "AWSPREVIOUS": before})
        self.assertEqual(self.happened(secret)[-1], "RotationAbandoned")
        self.assertIn("VersionId", secrets.rotate_secret(SecretId=secret))

    def test_a_function_that_never_moves_the_label_has_not_rotated(self) -> None:
        secret, before, after = self.rotate({"user": new_user(), "fails": "silently", "times": 0})
        self.assertTrue(eventually(lambda: "RotationFailed" in self.happened(secret)))
        self.assertEqual(stages(secret), {"AWSCURRENT": before, "AWSPENDING": after})

    def test_configuring_runs_the_test_alone(self) -> None:
        secret, before, _ = self.rotate({"user": new_user()}, RotateImmediately=False)
        self.assertTrue(eventually(lambda: "TestRotationFailed" in self.happened(secret)), self.happened(secret))
        self.assertEqual([step["Step"] for step in self.received(self.queue)], ["testSecret"])
        self.assertEqual(stages(secret), {"AWSCURRENT": before})
        described = client("secretsmanager").describe_secret(SecretId=secret)
        self.assertEqual((described["RotationEnabled"], described["RotationLambdaARN"]), (True, self.function))

    def test_who_may_start_one(self) -> None:
        made = new_secret({"user": "x"})
        rotate = {"SecretId": made["ARN"], "RotationLambdaARN": self.function}
        start = {"Effect": "Allow", "Action": "secretsmanager:RotateSecret", "Resource": "*"}
        starter = client("secretsmanager", *new_key(new_user(start)))
        refusal = self.refused("AccessDeniedException", starter.rotate_secret, **rotate)
        self.assertIn("lambda:InvokeFunction", str(refusal))
        invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": self.function}
        client("secretsmanager", *new_key(new_user(start, invoke))).rotate_secret(**rotate)

    def test_the_function_must_let_secrets_manager_in(self) -> None:
        function, made, secrets = new_function(self.role), new_secret(), client("secretsmanager")
        rotate = {"SecretId": made["ARN"], "RotationLambdaARN": function}
        self.assertIn("cannot invoke", str(self.refused("AccessDeniedException", secrets.rotate_secret, **rotate)))
        let_in(function, SourceAccount="111111111111")
        self.refused("AccessDeniedException", secrets.rotate_secret, **rotate)
        let_in(function, SourceArn=made["ARN"])
        self.assertIn("VersionId", secrets.rotate_secret(**rotate))

    def test_a_function_that_is_not_there_leaves_the_label_to_the_test(self) -> None:
        made, secrets = new_secret(), client("secretsmanager")
        self.refused("InvalidRequestException", secrets.rotate_secret, SecretId=made["ARN"])
        nowhere = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nowhere"
        after = secrets.rotate_secret(SecretId=made["ARN"], RotationLambdaARN=nowhere)["VersionId"]
        self.assertEqual(stages(made["ARN"]), {"AWSCURRENT": made["VersionId"], "AWSPENDING": after})
        self.assertEqual(secrets.get_secret_value(SecretId=made["ARN"], VersionStage="AWSPENDING")["SecretString"], "first")
        self.assertEqual(self.happened(made["ARN"]), [])
