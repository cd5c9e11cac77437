"""What the overlay claims of late reads, late enforcement and a late CloudTrail, held as fixtures.py says."""

from __future__ import annotations

import json
import time
import unittest
import unittest.mock
from collections.abc import Callable
from typing import Any

import fixtures
from botocore.config import Config
from botocore.exceptions import ClientError
from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    DENY_ALL,
    OTHER,
    Case,
    another_emulator,
    client,
    http,
    new_key,
    new_role,
    new_user,
    of_session,
    policy,
    settle,
    setUpModule,
    ssh_key,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]

LAG = 600
"""Seconds, which no test waits for."""


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be so"
        time.sleep(0.1)


def works(call: Callable[..., Any], **arguments: Any) -> bool:
    try:
        call(**arguments)
    except ClientError:
        return False
    return True


# ── Reads ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class LateReads(Case):
    """Without a seed, every write shows exactly so late."""

    emulator: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = another_emulator(OVERLAY_IAM_READ_LAG_SECONDS=str(LAG))
        cls.emulator.__enter__()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.__exit__(None, None, None)

    def test_users_and_their_policies(self) -> None:
        iam, user = client("iam"), unique("user")
        iam.create_user(UserName=user)
        self.refused("NoSuchEntity", iam.get_user, UserName=user)
        self.refused("NoSuchEntity", iam.list_access_keys, UserName=user)
        self.assertNotIn(user, [u["UserName"] for u in iam.list_users()["Users"]])
        # Writes go by what is.
        self.refused("EntityAlreadyExists", iam.create_user, UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="one", PolicyDocument=policy(ALLOW_ALL))
        iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        settle()
        self.assertEqual(iam.list_user_policies(UserName=user)["PolicyNames"], ["one"])
        iam.put_user_policy(UserName=user, PolicyName="one", PolicyDocument=policy(DENY_ALL))
        iam.put_user_policy(UserName=user, PolicyName="two", PolicyDocument=policy(DENY_ALL))
        iam.detach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        seen = iam.get_user_policy(UserName=user, PolicyName="one")["PolicyDocument"]
        self.assertEqual(seen["Statement"], [ALLOW_ALL])
        self.assertEqual(iam.list_user_policies(UserName=user)["PolicyNames"], ["one"])
        self.assertEqual(len(iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]), 1)
        details = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
        (mine,) = [detail for detail in details if detail["UserName"] == user]
        self.assertEqual([p["PolicyName"] for p in mine["UserPolicyList"]], ["one"])
        settle()
        seen = iam.get_user_policy(UserName=user, PolicyName="one")["PolicyDocument"]
        self.assertEqual(seen["Statement"], [DENY_ALL])
        self.assertEqual(iam.list_user_policies(UserName=user)["PolicyNames"], ["one", "two"])
        self.assertEqual(iam.list_attached_user_policies(UserName=user)["AttachedPolicies"], [])
        for name in ("one", "two"):
            iam.delete_user_policy(UserName=user, PolicyName=name)
        iam.delete_user(UserName=user)
        first = iam.get_user(UserName=user)["User"]["UserId"]
        second = iam.create_user(UserName=user)["User"]["UserId"]
        self.assertEqual(iam.get_user(UserName=user)["User"]["UserId"], first)
        settle()
        self.assertEqual(iam.get_user(UserName=user)["User"]["UserId"], second)
        self.assertEqual(iam.list_user_policies(UserName=user)["PolicyNames"], [])

    def test_credentials(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        settle()
        key = new_key(user)
        client("sqs", *key).list_queues()
        self.assertEqual(iam.list_access_keys(UserName=user)["AccessKeyMetadata"], [])
        new_key(user)
        self.refused("LimitExceeded", iam.create_access_key, UserName=user)
        iam.create_login_profile(UserName=user, Password="Correct-horse-7")
        self.refused("NoSuchEntity", iam.get_login_profile, UserName=user)
        iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=ssh_key())
        self.assertEqual(iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"], [])
        iam.create_service_specific_credential(UserName=user, ServiceName="logs.amazonaws.com")
        self.assertEqual(iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"], [])
        settle()
        self.assertEqual(len(iam.list_access_keys(UserName=user)["AccessKeyMetadata"]), 2)
        iam.get_login_profile(UserName=user)
        self.assertEqual(len(iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]), 1)
        self.assertEqual(len(iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]), 1)
        iam.update_access_key(UserName=user, AccessKeyId=key[0], Status="Inactive")
        # Enforcement has a lag of its own, which is none here.
        self.refused("InvalidClientTokenId", client("sqs", *key).list_queues)
        self.assertEqual({k["Status"] for k in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]}, {"Active"})
        settle()
        self.assertIn("Inactive", [k["Status"] for k in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]])

    def test_roles_groups_and_versions(self) -> None:
        iam = client("iam")
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}))
        name, group, user = arn.rpartition("/")[2], unique("group"), new_user()
        made = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(ALLOW_ALL))["Policy"]["Arn"]
        iam.create_group(GroupName=group)
        self.refused("NoSuchEntity", iam.get_role, RoleName=name)
        self.refused("NoSuchEntity", iam.get_policy, PolicyArn=made)
        settle()
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust({"Principal": {"AWS": OTHER}}))
        iam.add_user_to_group(GroupName=group, UserName=user)
        iam.create_policy_version(PolicyArn=made, PolicyDocument=policy(DENY_ALL), SetAsDefault=True)
        seen = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        self.assertEqual(seen, {"AWS": ACCOUNT})
        self.assertEqual(iam.list_groups_for_user(UserName=user)["Groups"], [])
        self.assertEqual(iam.get_policy(PolicyArn=made)["Policy"]["DefaultVersionId"], "v1")
        self.assertEqual([v["IsDefaultVersion"] for v in iam.list_policy_versions(PolicyArn=made)["Versions"]], [True])
        self.refused("NoSuchEntity", iam.get_policy_version, PolicyArn=made, VersionId="v2")
        settle()
        seen = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
        self.assertNotEqual(seen, {"AWS": ACCOUNT})
        self.assertEqual([g["GroupName"] for g in iam.list_groups_for_user(UserName=user)["Groups"]], [group])
        versions = {v["VersionId"]: v["IsDefaultVersion"] for v in iam.list_policy_versions(PolicyArn=made)["Versions"]}
        self.assertEqual(versions, {"v1": False, "v2": True})

    def test_a_test_need_not_wait(self) -> None:
        user = new_user(ALLOW_ALL)
        self.refused("NoSuchEntity", client("iam").get_user, UserName=user)
        settle()
        client("iam").get_user(UserName=user)
        self.assertEqual(client("iam").list_user_policies(UserName=user)["PolicyNames"], ["own"])

    def test_what_cloudformation_makes_is_there_at_once(self) -> None:
        cloudformation, name, role = client("cloudformation"), unique("stack"), unique("role")
        body = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": role, "AssumeRolePolicyDocument": json.loads(trust())}}
        template = json.dumps({"Resources": {"Role": body}})
        cloudformation.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        self.assertEqual(client("iam").get_role(RoleName=role)["Role"]["RoleName"], role)


class LateEnforcement(Case):
    def test_changes_take_effect_later(self) -> None:
        with another_emulator(OVERLAY_IAM_LAG_SECONDS=str(LAG)):
            self.race()

    def race(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        key = new_key(user)
        sqs = client("sqs", *key)
        self.refused("AccessDenied", sqs.list_queues)
        settle()
        sqs.list_queues()
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        # In the gap the attacker mints another key.
        minted = client("iam", *key).create_access_key(UserName=user)["AccessKey"]
        iam.update_access_key(UserName=user, AccessKeyId=key[0], Status="Inactive")
        sqs.list_queues()
        settle()
        self.refused("InvalidClientTokenId", sqs.list_queues)
        late = client("sqs", minted["AccessKeyId"], minted["SecretAccessKey"])
        self.refused("AccessDenied", late.list_queues)

    def test_what_was_written_arrives_by_itself(self) -> None:
        with another_emulator(OVERLAY_IAM_LAG_SECONDS="1", OVERLAY_IAM_READ_LAG_SECONDS="2", OVERLAY_LAG_SEED="7"):
            iam, user = client("iam"), new_user(ALLOW_ALL)
            key = new_key(user)
            soon(lambda: works(client("sqs", *key).list_queues))
            soon(lambda: works(iam.get_user, UserName=user))
            iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
            soon(lambda: not works(client("sqs", *key).list_queues))
            soon(lambda: iam.list_user_policies(UserName=user)["PolicyNames"] == ["own", "deny"])

    def test_a_seed_makes_new_keys_late_too(self) -> None:
        seed = a_seed_by_which(lambda draws: draws["CreateAccessKey"] > 0.5)
        with another_emulator(OVERLAY_IAM_LAG_SECONDS=str(LAG), OVERLAY_LAG_SEED=seed):
            iam = client("iam")
            iam.create_user(UserName=THIEF)
            sts = client("sts", *new_key(THIEF))
            self.refused("InvalidClientTokenId", sts.get_caller_identity)
            settle()
            self.assertIn(THIEF, sts.get_caller_identity()["Arn"])

    def test_sessions_doors_and_deleted_roles(self) -> None:
        with another_emulator(OVERLAY_IAM_LAG_SECONDS=str(LAG)):
            iam, user = client("iam"), new_user(ALLOW_ALL)
            key = new_key(user)
            arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}), ALLOW_ALL)
            name = arn.rpartition("/")[2]
            iam.create_login_profile(UserName=user, Password="Correct-horse-7")
            settle()
            sts = client("sts", *key)
            form = {"AccountId": ACCOUNT, "UserName": user, "Password": "Correct-horse-7"}
            session = sts.assume_role(RoleArn=arn, RoleSessionName="one")["Credentials"]
            iam.delete_role_policy(RoleName=name, PolicyName="own")
            iam.delete_role(RoleName=name)
            iam.delete_login_profile(UserName=user)
            of_session("sqs", session).list_queues()
            sts.assume_role(RoleArn=arn, RoleSessionName="two")
            self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 200)
            settle()
            self.refused("InvalidClientTokenId", of_session("sns", session).list_topics)
            self.refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="three")
            self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 401)

    def test_a_deleted_key_of_another_account(self) -> None:
        with another_emulator(OVERLAY_IAM_LAG_SECONDS=str(LAG)):
            iam, user = client("iam", OTHER), new_user(ALLOW_ALL, account=OTHER)
            key = new_key(user, OTHER)
            settle()
            iam.delete_access_key(UserName=user, AccessKeyId=key[0])
            self.assertEqual(client("sts", *key).get_caller_identity()["Account"], OTHER)
            settle()
            self.refused("InvalidClientTokenId", client("sts", *key).get_caller_identity)


def client_once(service: str, account: str, region: str = "us-east-1") -> Any:
    """A client that does not try again."""
    return fixtures.session.client(
        service,
        region_name=region,
        endpoint_url=fixtures.emulator.endpoint,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


class Trail(Case):
    def told(self, key: str) -> int:
        wanted = [{"AttributeKey": "AccessKeyId", "AttributeValue": key}]
        return len(client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"])

    def test_events_are_told_of_one_by_one(self) -> None:
        with another_emulator(OVERLAY_TRAIL_DELAY_SECONDS="5", OVERLAY_LAG_SEED="7"):
            user = new_user(ALLOW_ALL)
            key = new_key(user)
            iam, counts = client("iam", *key), [0]
            for _ in range(20):
                iam.get_user(UserName=user)

            def all_told() -> bool:
                counts.append(self.told(key[0]))
                return counts[-1] == 20

            soon(all_told)
            self.assertEqual(counts, sorted(counts))
            self.assertGreater(len(set(counts)), 3)

    def test_so_many_questions_a_second(self) -> None:
        with another_emulator(OVERLAY_TRAIL_RATE="0.1"):
            here, there, other = (client_once("cloudtrail", *where) for where in ((ACCOUNT,), (OTHER,), (ACCOUNT, "eu-west-1")))
            here.lookup_events()
            self.refused("ThrottlingException", here.lookup_events)
            there.lookup_events()
            other.lookup_events()
            soon(lambda: works(here.lookup_events))
            self.refused("ThrottlingException", here.lookup_events)


# ── Views, by themselves ─────────────────────────────────────────────────────────────────────────────────────────────

THIEF = "thief"


def a_seed_by_which(fits: Callable[[dict[str, float]], bool]) -> str:
    """The first seed by which a user who is made, and gets a key, is enforced after shares of the maximum that fit."""
    import lag

    for seed in map(str, range(1000)):
        with unittest.mock.patch.multiple(lag, SEED=seed, _drawn=lag.Counter()):
            label = ("enforcement", ACCOUNT)
            if fits({name: lag.draw(1, *label, name, f"UserName={THIEF}") for name in ("CreateUser", "CreateAccessKey")}):
                return seed
    raise AssertionError("no seed fits")


class Views(unittest.TestCase):
    def setUp(self) -> None:
        import lag

        self.lag = lag
        self.item = (0, ACCOUNT, THIEF)

    def shown(self, view: Any, current: Any, moment: float) -> Any:
        return view.record(self.item, current, moment) if self.item in view.pending else current

    def write(self, view: Any, before: Any, after: Any, delay: float) -> None:
        flat = [{} if record is None else {self.item: self.lag.flat(record)} for record in (before, after)]
        view.note(*flat, delay)

    def test_a_newer_write_that_has_arrived_supersedes_an_older_one(self) -> None:
        view, start = self.lag.View("read", 4), time.time()
        self.write(view, {"Status": "Active"}, {"Status": "Inactive"}, 3)
        self.write(view, {"Status": "Inactive"}, {"Status": "Gone"}, 1)
        last = {"Status": "Gone"}
        self.assertEqual(self.shown(view, last, start), {"Status": "Active"})
        self.assertEqual(self.shown(view, last, start + 1.5), last)
        self.assertEqual(self.shown(view, last, start + 3.5), last)
        self.assertEqual(view.pending, {})

    def test_parts_of_a_record_settle_by_themselves(self) -> None:
        view, start = self.lag.View("read", 4), time.time()
        one, both = {"AttachedPolicies": ["a"]}, {"AttachedPolicies": ["a", "b"]}
        self.write(view, one, both, 3)
        self.write(view, both, {"AttachedPolicies": ["b"]}, 1)
        last = {"AttachedPolicies": ["b"]}
        self.assertEqual(self.shown(view, last, start), one)
        self.assertEqual(self.shown(view, last, start + 1.5), {"AttachedPolicies": []})
        self.assertEqual(self.shown(view, last, start + 3.5), last)

    def test_what_was_made_again_has_nothing_of_what_was_before(self) -> None:
        view, start = self.lag.View("read", 4), time.time()
        old, new = {"UserId": "AIDA1", "AttachedPolicies": ["a"]}, {"UserId": "AIDA2", "AttachedPolicies": []}
        self.write(view, old, None, 3)
        self.write(view, None, new, 1)
        self.assertEqual(self.shown(view, new, start), old)
        self.assertEqual(self.shown(view, new, start + 1.5), new)
        self.assertEqual(view.pending, {})

    def test_a_seed_draws_the_same_again(self) -> None:
        def drawn(seed: str) -> list[float]:
            with unittest.mock.patch.multiple(self.lag, SEED=seed, _drawn=self.lag.Counter()):
                return [self.lag.draw(4, "read", ACCOUNT, "PutUserPolicy") for _ in range(20)]

        self.assertEqual(drawn("7"), drawn("7"))
        self.assertNotEqual(drawn("7"), drawn("8"))
        self.assertEqual(len(set(drawn("7"))), 20)
        self.assertTrue(all(0 <= seconds <= 4 for seconds in drawn("7")))
        self.assertEqual(drawn(""), [4] * 20)
