"""What the overlay claims of where copies of keys lie and of how their use shows, held as fixtures.py says."""

from __future__ import annotations

import base64
import json
import tempfile
import time
import unittest
import unittest.mock
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fixtures
from fixtures import (
    ACCOUNT,
    ASSUMED_BY_LAMBDA,
    Case,
    Emulator,
    allow,
    client,
    new_function,
    new_key,
    new_role,
    new_user,
    setUpModule,
    tearDownModule,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


# ── Copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Copies(Case):
    def test_secrets_in_batches(self) -> None:
        word = uuid.uuid4().hex[:8]
        root = client("secretsmanager")
        arns = [root.create_secret(Name=f"{word}-{number:02}", SecretString=str(number))["ARN"] for number in range(23)]
        both = allow("secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets")
        some = {**allow("secretsmanager:GetSecretValue"), "Resource": f"arn:aws:secretsmanager:*:*:secret:{word}-0*"}
        secrets = client("secretsmanager", *new_key(new_user(both, some)))
        answer = secrets.batch_get_secret_value(SecretIdList=arns[8:12])
        self.assertEqual([held["SecretString"] for held in answer["SecretValues"]], ["8", "9"])
        self.assertEqual({error["SecretId"] for error in answer["Errors"]}, set(arns[10:12]))
        self.assertEqual({error["ErrorCode"] for error in answer["Errors"]}, {"AccessDeniedException"})
        wanted = [{"Key": "name", "Values": [word]}]
        pages = [secrets.batch_get_secret_value(Filters=wanted)]
        pages.append(secrets.batch_get_secret_value(Filters=wanted, NextToken=pages[0]["NextToken"]))
        self.assertNotIn("NextToken", pages[1])
        self.assertEqual([len(page["SecretValues"]) + len(page["Errors"]) for page in pages], [20, 3])
        self.assertEqual(len([held for page in pages for held in page["SecretValues"]]), 10)
        self.refused("InvalidParameterException", secrets.batch_get_secret_value, SecretIdList=arns[:1], Filters=wanted)
        self.refused("InvalidParameterException", secrets.batch_get_secret_value)
        listed = list(secrets.get_paginator("list_secrets").paginate(Filters=wanted, PaginationConfig={"PageSize": 10}))
        self.assertEqual([len(page["SecretList"]) for page in listed], [10, 10, 3])
        alone = client("secretsmanager", *new_key(new_user(some)))
        self.refused("AccessDeniedException", alone.batch_get_secret_value, SecretIdList=arns[:1])

    def test_parameters(self) -> None:
        root, word = client("ssm"), uuid.uuid4().hex[:8]
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        names = [f"/{word}/{number:02}" for number in range(12)] + [word]
        for name in names:
            root.put_parameter(Name=name, Value=name, Type="SecureString")
        readable = {"Effect": "Allow", "Action": ["ssm:Get*"], "Resource": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/*"}
        reader = client("ssm", *new_key(new_user(readable, allow("ssm:DescribeParameters"))))
        by_path = reader.get_paginator("get_parameters_by_path")
        pages = list(by_path.paginate(Path="/", Recursive=True, WithDecryption=True))
        self.assertLessEqual(max(len(page["Parameters"]) for page in pages), 10)
        found = {parameter["Name"]: parameter["Value"] for page in pages for parameter in page["Parameters"]}
        self.assertEqual({name: found.get(name) for name in names}, {name: name for name in names})
        shallow = [p["Name"] for page in by_path.paginate(Path="/") for p in page["Parameters"]]
        self.assertIn(word, shallow)
        self.assertNotIn(names[0], shallow)
        self.refused("ValidationException", reader.get_parameters_by_path, Path="/", MaxResults=11)
        self.refused("ValidationException", reader.get_parameters, Names=names[:11])
        self.assertEqual(len(reader.get_parameters(Names=names[:10])["Parameters"]), 10)
        self.assertEqual(reader.get_parameters(Names=[word, "nowhere"])["InvalidParameters"], ["nowhere"])
        self.refused("ValidationException", reader.describe_parameters, MaxResults=51)
        described = {p["Name"] for p in reader.describe_parameters()["Parameters"]}
        self.assertLessEqual(set(names), described)
        narrow = readable | {"Resource": readable["Resource"].replace("*", f"{word}/*")}
        narrow_reader = client("ssm", *new_key(new_user(narrow)))
        narrow_reader.get_parameters(Names=names[:2])
        self.refused("AccessDeniedException", narrow_reader.get_parameters, Names=[names[0], word])
        self.refused("AccessDeniedException", narrow_reader.get_parameters_by_path, Path="/")
        root.put_parameter(Name=f"/{word}/locked", Value="x", Type="SecureString", KeyId=key)
        path = {"Path": f"/{word}", "MaxResults": 10}
        reader.get_parameters_by_path(**path)
        # It is on the second page.
        second = reader.get_parameters_by_path(**path)["NextToken"]
        locked = {"Names": [f"/{word}/locked"], "WithDecryption": True}
        self.refused("AccessDeniedException", reader.get_parameters, **locked)
        self.refused("AccessDeniedException", reader.get_parameters_by_path, **path, NextToken=second, WithDecryption=True)
        use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
        user = client("ssm", *new_key(new_user(readable, use)))
        self.assertEqual(user.get_parameters(**locked)["Parameters"][0]["Value"], "x")

    def test_functions(self) -> None:
        role = new_role(ASSUMED_BY_LAMBDA)
        key = client("kms").create_key()["KeyMetadata"]["Arn"]
        plain, locked = new_function(role, KEY="AKIA"), new_function(role, KEY="AKIA")
        client("lambda").update_function_configuration(FunctionName=locked, KMSKeyArn=key)
        for _ in range(49):
            new_function(role)
        functions = client("lambda", *new_key(new_user(allow("lambda:List*", "lambda:Get*"))))
        self.assertEqual(len(functions.list_functions(MaxItems=100)["Functions"]), 50)
        pages = functions.get_paginator("list_functions").paginate()
        found = {config["FunctionArn"]: config for page in pages for config in page["Functions"]}
        self.assertEqual(found[plain]["Environment"]["Variables"], {"KEY": "AKIA"})
        self.assertEqual(found[locked]["Environment"]["Error"]["ErrorCode"], "AccessDeniedException")
        self.assertNotIn("Variables", found[locked]["Environment"])
        self.assertIn("Error", functions.get_function_configuration(FunctionName=locked)["Environment"])
        self.assertIn("Error", functions.get_function(FunctionName=locked)["Configuration"]["Environment"])
        use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
        permitted = client("lambda", *new_key(new_user(allow("lambda:Get*"), use)))
        told = permitted.get_function_configuration(FunctionName=locked)["Environment"]
        self.assertEqual(told["Variables"], {"KEY": "AKIA"})
        client("lambda").publish_version(FunctionName=plain)
        client("lambda").update_function_configuration(FunctionName=plain, Environment={"Variables": {}})
        pages = functions.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        name = plain.rpartition(":")[2]
        versions = [config for page in pages for config in page["Functions"] if config["FunctionName"] == name]
        kept = {config["Version"]: config.get("Environment", {}).get("Variables", {}) for config in versions}
        self.assertEqual(kept, {"$LATEST": {}, "1": {"KEY": "AKIA"}})

    def test_projects(self) -> None:
        root, word = client("codebuild"), uuid.uuid4().hex[:8]
        variables = [
            {"name": "KEY", "value": "AKIA", "type": "PLAINTEXT"},
            {"name": "NAMED", "value": "secret", "type": "SECRETS_MANAGER"},
        ]
        built = {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"}
        built |= {"environmentVariables": variables}
        names = [f"{word}-{number:03}" for number in range(101)]
        for name in names:
            root.create_project(
                name=name,
                source={"type": "NO_SOURCE", "buildspec": "version: 0.2"},
                artifacts={"type": "NO_ARTIFACTS"},
                environment=built,
                serviceRole=f"arn:aws:iam::{ACCOUNT}:role/build",
            )
        may = allow("codebuild:ListProjects", "codebuild:BatchGetProjects")
        projects = client("codebuild", *new_key(new_user(may)))
        pages = list(projects.get_paginator("list_projects").paginate())
        self.assertEqual([len(page["projects"]) for page in pages], [100, 1])
        found = projects.batch_get_projects(names=[names[0], "nowhere"])
        self.assertEqual(found["projectsNotFound"], ["nowhere"])
        self.assertEqual(found["projects"][0]["environment"]["environmentVariables"], variables)
        self.refused("InvalidInputException", projects.batch_get_projects, names=names)

    def test_task_definitions(self) -> None:
        root, family = client("ecs"), unique("family")
        container = {"name": "c", "image": "x", "memory": 64, "environment": [{"name": "KEY", "value": "AKIA"}]}
        arns = [
            root.register_task_definition(family=family, containerDefinitions=[container])["taskDefinition"]["taskDefinitionArn"]
            for _ in range(101)
        ]
        tasks = client("ecs", *new_key(new_user(allow("ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"))))
        pages = list(tasks.get_paginator("list_task_definitions").paginate(familyPrefix=family))
        self.assertEqual([len(page["taskDefinitionArns"]) for page in pages], [100, 1])
        self.assertEqual([arn for page in pages for arn in page["taskDefinitionArns"]], arns)
        told = tasks.describe_task_definition(taskDefinition=arns[0])["taskDefinition"]["containerDefinitions"][0]
        self.assertEqual(told["environment"], container["environment"])
        self.refused("InvalidParameterException", tasks.list_task_definitions, maxResults=101)


# ── Uses of a key ────────────────────────────────────────────────────────────────────────────────────────────────────


def signs_as(agent: str) -> Callable[..., None]:
    def sign(request: Any, **_: Any) -> None:
        request.headers["User-Agent"] = agent

    return sign


class Uses(Case):
    def test_where_and_for_what_a_key_was_used(self) -> None:
        key = new_key(new_user(allow("secretsmanager:ListSecrets")))
        iam = client("iam")

        def last() -> tuple[str, str]:
            used = iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]
            return used["ServiceName"], used["Region"]

        self.assertEqual(last(), ("N/A", "N/A"))
        client("secretsmanager", *key).list_secrets()
        self.assertEqual(last(), ("secretsmanager", "us-east-1"))
        far = client("secretsmanager", *key, region="eu-west-1")
        far.meta.events.register("before-sign", signs_as("the-old-batch-job/1.0"))
        far.list_secrets()
        self.assertEqual(last(), ("secretsmanager", "eu-west-1"))
        wanted = [{"AttributeKey": "AccessKeyId", "AttributeValue": key[0]}]
        there = client("cloudtrail", region="eu-west-1")
        (found,) = there.lookup_events(LookupAttributes=wanted)["Events"]
        event = json.loads(found["CloudTrailEvent"])
        self.assertEqual((event["eventSource"], event["awsRegion"]), ("secretsmanager.amazonaws.com", "eu-west-1"))
        self.assertEqual((event["sourceIPAddress"], event["userAgent"]), ("127.0.0.1", "the-old-batch-job/1.0"))
        self.assertEqual(event["userIdentity"]["accessKeyId"], key[0])

    def test_reading_a_value_keeps_it_out_of_the_trail(self) -> None:
        word = base64.b32encode(uuid.uuid4().bytes).decode()
        key = new_key(new_user(allow("secretsmanager:*")))
        secrets = client("secretsmanager", *key)
        made = secrets.create_secret(Name=unique("secret"), SecretString=word)
        secrets.get_secret_value(SecretId=made["ARN"])
        wanted = [{"AttributeKey": "AccessKeyId", "AttributeValue": key[0]}]
        events = client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
        self.assertEqual({event["EventName"] for event in events}, {"CreateSecret", "GetSecretValue"})
        self.assertNotIn(word, json.dumps([event["CloudTrailEvent"] for event in events]))

    def test_a_use_can_be_told_of_later(self) -> None:
        instant = fixtures.emulator
        with tempfile.TemporaryDirectory() as place, unittest.mock.patch.dict("os.environ", OVERLAY_LAST_USE_LAG_SECONDS="1"):
            fixtures.emulator = Emulator(Path(place))
            fixtures.emulator.start()
            try:
                self.tell_later()
            finally:
                fixtures.emulator.stop()
                fixtures.emulator = instant

    def tell_later(self) -> None:
        key, iam = new_key(new_user()), client("iam")

        def service() -> str:
            return iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]["ServiceName"]

        client("sts", *key).get_caller_identity()
        self.assertEqual(service(), "N/A")
        time.sleep(1.1)
        self.refused("AccessDenied", client("sqs", *key).list_queues)
        self.assertEqual(service(), "sts")
        time.sleep(1.1)
        self.assertEqual(service(), "sqs")


if __name__ == "__main__":
    unittest.main()
