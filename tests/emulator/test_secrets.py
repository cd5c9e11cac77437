"""What the overlay claims of secrets, held as fixtures.py says."""

from __future__ import annotations

import unittest
import uuid
from collections.abc import Callable
from typing import Any

from fixtures import (
    ACCOUNT,
    Case,
    allow,
    client,
    new_key,
    new_secret,
    new_user,
    setUpModule,
    stages,
    tearDownModule,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


def token() -> str:
    return str(uuid.uuid4())


def elsewhere(region: str) -> Any:
    return client("secretsmanager", region=region)


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
