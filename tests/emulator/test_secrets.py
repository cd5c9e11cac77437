"""What the overlay claims of secrets and of their rotation, held as in test_overlay.py."""

from __future__ import annotations

import io
import json
import sys
import time
import unittest
import unittest.mock
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import test_overlay
from test_overlay import ACCOUNT, ALLOW_ALL, Case, client, new_key, new_role, new_user, trust, unique

environment = unittest.mock.patch.dict("os.environ", OVERLAY_ROTATION_RETRY_SECONDS="0.3", OVERLAY_ROTATION_ATTEMPTS="3")


def setUpModule() -> None:
    environment.start()
    test_overlay.setUpModule()


def tearDownModule() -> None:
    test_overlay.tearDownModule()
    environment.stop()


# ── Means ────────────────────────────────────────────────────────────────────────────────────────────────────────────

ASSUMED_BY_LAMBDA = trust({"Principal": {"Service": "lambda.amazonaws.com"}})

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


def package(bootstrap: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, bootstrap)
    return held.getvalue()


def new_function(role: str, bootstrap: str = "#!/bin/sh\n", **environment: str) -> str:
    made = client("lambda").create_function(
        FunctionName=unique("function"),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": package(bootstrap)},
        Environment={"Variables": environment},
        Timeout=20,
    )
    return made["FunctionArn"]


def let_in(function: str, **more: str) -> None:
    client("lambda").add_permission(
        FunctionName=function,
        StatementId=unique("rotation"),
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        **more,
    )


def elsewhere(region: str) -> Any:
    return client("secretsmanager", region=region)


def new_secret(value: Any = "first", **more: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value)
    return client("secretsmanager").create_secret(Name=unique("secret"), SecretString=text, **more)


def stages(secret: str, secrets: Any = None) -> dict[str, str]:
    """Versions by their labels."""
    described = (secrets or client("secretsmanager")).describe_secret(SecretId=secret)
    return {stage: version for version, held in described.get("VersionIdsToStages", {}).items() for stage in held}


def eventually(look: Callable[[], Any], seconds: float = 15) -> Any:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def token() -> str:
    return str(uuid.uuid4())


# ── Versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Versions(Case):
    def test_a_token_names_a_version(self) -> None:
        secrets, first, name = client("secretsmanager"), token(), unique("secret")
        made = secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=first)
        self.assertEqual(made["VersionId"], first)
        again = secrets.create_secret(Name=name, SecretString="one", ClientRequestToken=first)
        self.assertEqual((again["ARN"], again["VersionId"]), (made["ARN"], first))
        for value, other in (("two", first), ("one", token())):
            create = {"Name": name, "SecretString": value, "ClientRequestToken": other}
            self.refused("ResourceExistsException", secrets.create_secret, **create)
        second = token()
        put = {"SecretId": name, "ClientRequestToken": second, "SecretString": "two"}
        secrets.put_secret_value(**put)
        self.assertEqual(stages(name), {"AWSCURRENT": second, "AWSPREVIOUS": first})
        self.assertEqual(secrets.put_secret_value(**put)["VersionId"], second)
        self.refused("ResourceExistsException", secrets.put_secret_value, **put | {"SecretString": "three"})
        self.assertEqual(secrets.get_secret_value(SecretId=name)["SecretString"], "two")
        self.refused("ResourceExistsException", secrets.put_secret_value, **put | {"ClientRequestToken": first})
        third = secrets.update_secret(SecretId=name, SecretString="three", Description="told")["VersionId"]
        self.assertEqual(stages(name), {"AWSCURRENT": third, "AWSPREVIOUS": second})
        # What has no label can still be read by its id.
        self.assertEqual(secrets.get_secret_value(SecretId=name, VersionId=first)["SecretString"], "one")
        listed = {held["VersionId"] for held in secrets.list_secret_version_ids(SecretId=name)["Versions"]}
        self.assertEqual(listed, {second, third})
        every = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
        self.assertEqual({held["VersionId"] for held in every}, {first, second, third})

    def test_a_secret_without_a_value(self) -> None:
        secrets, name = client("secretsmanager"), unique("secret")
        self.assertNotIn("VersionId", secrets.create_secret(Name=name))
        self.assertEqual(stages(name), {})
        self.refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=name)
        version = secrets.put_secret_value(SecretId=name, SecretString="one")["VersionId"]
        self.assertEqual(stages(name), {"AWSCURRENT": version})

    def test_labels_move(self) -> None:
        secrets, made = client("secretsmanager"), new_secret()
        first, second = made["VersionId"], token()
        secrets.put_secret_value(
            SecretId=made["ARN"], ClientRequestToken=second, SecretString="two", VersionStages=["AWSPENDING", "mine"]
        )
        self.assertEqual(stages(made["ARN"]), {"AWSCURRENT": first, "AWSPENDING": second, "mine": second})
        moved = {"SecretId": made["ARN"], "VersionStage": "AWSCURRENT", "MoveToVersionId": second}
        move = secrets.update_secret_version_stage
        self.refused("InvalidParameterException", move, **moved)
        self.refused("InvalidParameterException", move, **moved, RemoveFromVersionId=second)
        move(**moved, RemoveFromVersionId=first)
        now = {"AWSCURRENT": second, "AWSPREVIOUS": first, "AWSPENDING": second, "mine": second}
        self.assertEqual(stages(made["ARN"]), now)
        move(**moved)
        self.assertEqual(stages(made["ARN"]), now)
        # A version that does not have the label is an error, also where it has moved before.
        self.refused("InvalidParameterException", move, **moved, RemoveFromVersionId=first)
        off = {"SecretId": made["ARN"], "RemoveFromVersionId": second}
        self.refused("InvalidParameterException", move, **off, VersionStage="AWSCURRENT")
        move(**off, VersionStage="AWSPENDING")
        self.assertNotIn("AWSPENDING", stages(made["ARN"]))
        both = {"SecretId": made["ARN"], "VersionId": first, "VersionStage": "AWSCURRENT"}
        self.refused("InvalidRequestException", secrets.get_secret_value, **both)
        third = secrets.put_secret_value(SecretId=made["ARN"], SecretString="three", VersionStages=["mine"])["VersionId"]
        self.assertEqual(stages(made["ARN"])["mine"], third)

    def test_what_is_gone_and_what_will_be(self) -> None:
        secrets, made = client("secretsmanager"), new_secret()
        calls: list[tuple[Callable[..., Any], dict[str, Any]]] = [
            (secrets.get_secret_value, {}),
            (secrets.put_secret_value, {"SecretString": "x"}),
            (secrets.update_secret, {"SecretString": "x"}),
            (secrets.update_secret_version_stage, {"VersionStage": "a", "MoveToVersionId": made["VersionId"]}),
            (secrets.rotate_secret, {}),
            (secrets.tag_resource, {"Tags": [{"Key": "a", "Value": "b"}]}),
            (secrets.replicate_secret_to_regions, {"AddReplicaRegions": [{"Region": "eu-west-1"}]}),
        ]
        for call, arguments in calls:
            self.refused("ResourceNotFoundException", call, SecretId="nowhere", **arguments)
        secrets.delete_secret(SecretId=made["ARN"])
        for call, arguments in calls:
            self.refused("InvalidRequestException", call, SecretId=made["ARN"], **arguments)
        self.refused("InvalidRequestException", secrets.create_secret, Name=made["Name"], SecretString="x")
        self.assertIn("DeletedDate", secrets.describe_secret(SecretId=made["ARN"]))
        failed = secrets.batch_get_secret_value(SecretIdList=[made["ARN"], "nowhere"])["Errors"]
        codes = {error["SecretId"]: error["ErrorCode"] for error in failed}
        self.assertEqual(codes, {made["ARN"]: "InvalidRequestException", "nowhere": "ResourceNotFoundException"})


# ── Rotation ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Rotation(Case):
    def setUp(self) -> None:
        sqs = client("sqs")
        self.queue = sqs.create_queue(QueueName=unique("steps"))["QueueUrl"]
        self.events = sqs.create_queue(QueueName=unique("events"))["QueueUrl"]
        self.role = new_role(ASSUMED_BY_LAMBDA, ALLOW_ALL)
        told = {"ENDPOINT": test_overlay.emulator.endpoint, "QUEUE": self.queue, "NO_PROXY": "127.0.0.1"}
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


# ── Replicas ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Replicas(Case):
    def test_they_follow_and_cannot_be_changed(self) -> None:
        made = new_secret(AddReplicaRegions=[{"Region": "eu-west-1"}])
        self.assertEqual([status["Status"] for status in made["ReplicationStatus"]], ["InSync"])
        here, there = client("secretsmanager"), elsewhere("eu-west-1")
        here.replicate_secret_to_regions(SecretId=made["ARN"], AddReplicaRegions=[{"Region": "eu-central-1"}])
        after = here.put_secret_value(SecretId=made["ARN"], SecretString="second")["VersionId"]
        for secrets in (there, elsewhere("eu-central-1")):
            described = secrets.describe_secret(SecretId=made["Name"])
            self.assertEqual(described["PrimaryRegion"], "us-east-1")
            self.assertEqual(described["VersionIdsToStages"], {after: ["AWSCURRENT"], made["VersionId"]: ["AWSPREVIOUS"]})
            self.assertEqual(secrets.get_secret_value(SecretId=made["Name"])["SecretString"], "second")
        for call, arguments in ((there.put_secret_value, {"SecretString": "x"}), (there.rotate_secret, {})):
            self.refused("InvalidParameterException", call, SecretId=made["Name"], **arguments)

    def test_one_is_left_behind(self) -> None:
        made = new_secret(AddReplicaRegions=[{"Region": "eu-west-1"}])
        here, there = client("secretsmanager"), elsewhere("eu-west-1")

        def status() -> str:
            return here.describe_secret(SecretId=made["ARN"])["ReplicationStatus"][0]["Status"]

        here.tag_resource(SecretId=made["ARN"], Tags=[{"Key": "overlay:replica-lags", "Value": "true"}])
        after = here.put_secret_value(SecretId=made["ARN"], SecretString="second")["VersionId"]
        self.assertEqual(status(), "Failed")
        self.assertEqual(stages(made["Name"], there), {"AWSCURRENT": made["VersionId"]})
        here.tag_resource(SecretId=made["ARN"], Tags=[{"Key": "overlay:replica-lags", "Value": "InProgress"}])
        self.assertEqual(status(), "InProgress")
        here.untag_resource(SecretId=made["ARN"], TagKeys=["overlay:replica-lags"])
        self.assertEqual(status(), "InSync")
        self.assertEqual(stages(made["Name"], there)["AWSCURRENT"], after)

    def test_where_the_name_is_taken(self) -> None:
        made = new_secret()
        elsewhere("eu-west-1").create_secret(Name=made["Name"], SecretString="another")
        regions = [{"Region": "eu-west-1"}, {"Region": "eu-west-2"}]
        told = client("secretsmanager").replicate_secret_to_regions(SecretId=made["ARN"], AddReplicaRegions=regions)
        found = {status["Region"]: status["Status"] for status in told["ReplicationStatus"]}
        self.assertEqual(found, {"eu-west-1": "Failed", "eu-west-2": "InSync"})


# ── Permissions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def allow(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | ({"Condition": condition} if condition else {})


class Permissions(Case):
    def caller(self, *statements: dict[str, Any]) -> Any:
        return client("secretsmanager", *new_key(new_user(*statements)))

    def test_keys_of_the_secret(self) -> None:
        mine = new_secret(Tags=[{"Key": "team", "Value": "mine"}])["ARN"]
        other = new_secret(Tags=[{"Key": "team", "Value": "other"}])["ARN"]
        for key in ("secretsmanager:ResourceTag/team", "aws:ResourceTag/team"):
            secrets = self.caller(allow("secretsmanager:GetSecretValue", StringEquals={key: "mine"}))
            secrets.get_secret_value(SecretId=mine)
            self.refused("AccessDeniedException", secrets.get_secret_value, SecretId=other)
        function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{unique('nowhere')}"
        configure = {"RotationLambdaARN": function, "RotateImmediately": False}
        client("secretsmanager").rotate_secret(SecretId=mine, **configure)
        put = allow("secretsmanager:PutSecretValue", ArnEquals={"secretsmanager:resource/AllowRotationLambdaArn": function})
        secrets = self.caller(put)
        secrets.put_secret_value(SecretId=mine, SecretString="x")
        self.refused("AccessDeniedException", secrets.put_secret_value, SecretId=other, SecretString="x")

    def test_keys_of_the_request(self) -> None:
        made, secrets = new_secret(), client("secretsmanager")
        secrets.put_secret_value(SecretId=made["ARN"], SecretString="next", VersionStages=["AWSPENDING"])
        stage = {"secretsmanager:VersionStage": "AWSCURRENT"}
        reader = self.caller(allow("secretsmanager:GetSecretValue", StringEquals=stage))
        reader.get_secret_value(SecretId=made["ARN"])
        reader.get_secret_value(SecretId=made["ARN"], VersionStage="AWSCURRENT")
        for more in ({"VersionStage": "AWSPENDING"}, {"VersionId": made["VersionId"]}):
            self.refused("AccessDeniedException", reader.get_secret_value, SecretId=made["ARN"], **more)
        name = unique("adopted")
        tagged = {"aws:RequestTag/owner": "me", "secretsmanager:Name": name}
        keys = {"aws:TagKeys": ["owner"]}
        maker = allow("secretsmanager:CreateSecret", StringEquals=tagged, **{"ForAllValues:StringEquals": keys})
        adopt = self.caller(maker).create_secret
        own, foreign = {"Key": "owner", "Value": "me"}, {"Key": "more", "Value": "x"}
        self.refused("AccessDeniedException", adopt, Name=name, SecretString="x", Tags=[own, foreign])
        self.refused("AccessDeniedException", adopt, Name=name, SecretString="x")
        self.refused("AccessDeniedException", adopt, Name=name + "x", SecretString="x", Tags=[own])
        adopt(Name=name, SecretString="x", Tags=[own])

    def test_keys_of_a_rotation(self) -> None:
        functions = [f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{unique('nowhere')}" for _ in range(2)]
        invoke = allow("lambda:InvokeFunction")
        rotate = {"RotateImmediately": False}
        made = new_secret()["ARN"]
        right = {"secretsmanager:RotationLambdaARN": functions[0]}
        adopter = self.caller(invoke, allow("secretsmanager:RotateSecret", ArnEquals=right))
        for function, good in ((functions[1], False), (functions[0], True)):
            arguments = {"SecretId": made, "RotationLambdaARN": function, **rotate}
            if good:
                adopter.rotate_secret(**arguments)
            else:
                self.refused("AccessDeniedException", adopter.rotate_secret, **arguments)
        never = {"Bool": {"secretsmanager:ModifyRotationRules": "true"}}
        deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": never}
        starter = self.caller(invoke, allow("secretsmanager:RotateSecret"), deny)
        rules = {"AutomaticallyAfterDays": 1}
        self.refused("AccessDeniedException", starter.rotate_secret, SecretId=made, RotationRules=rules, **rotate)
        starter.rotate_secret(SecretId=made, **rotate)
        # The rules are not the function: that takes a condition of its own.
        starter.rotate_secret(SecretId=made, RotationLambdaARN=functions[1], **rotate)

    def test_a_key_that_the_caller_may_not_use(self) -> None:
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        made = new_secret(KmsKeyId=key)
        may = allow("secretsmanager:*")
        without = self.caller(may)
        name = unique("secret")
        for call, arguments in (
            (without.get_secret_value, {"SecretId": made["ARN"]}),
            (without.put_secret_value, {"SecretId": made["ARN"], "SecretString": "x"}),
            (without.update_secret, {"SecretId": made["ARN"], "SecretString": "x"}),
            (without.create_secret, {"Name": name, "SecretString": "x", "KmsKeyId": key}),
        ):
            self.assertIn("Access to KMS is not allowed", str(self.refused("AccessDeniedException", call, **arguments)))
        self.refused("ResourceNotFoundException", client("secretsmanager").describe_secret, SecretId=name)
        failed = without.batch_get_secret_value(SecretIdList=[made["ARN"]])["Errors"]
        self.assertEqual([error["ErrorCode"] for error in failed], ["AccessDeniedException"])
        through = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com", "kms:EncryptionContext:SecretARN": made["ARN"]}
        use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key, "Condition": {"StringEquals": through}}
        reader = self.caller(may, use)
        self.assertEqual(reader.get_secret_value(SecretId=made["ARN"])["SecretString"], "first")
        self.refused("AccessDeniedException", reader.put_secret_value, SecretId=made["ARN"], SecretString="x")
        writer = self.caller(may, {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": key})
        writer.put_secret_value(SecretId=made["ARN"], SecretString="x")
        owned = self.caller(may)
        owned.get_secret_value(SecretId=new_secret(KmsKeyId="alias/aws/secretsmanager")["ARN"])


if __name__ == "__main__":
    unittest.main()
