"""What the overlay claims of CloudTrail, held as fixtures.py says."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    OTHER,
    Case,
    client,
    new_key,
    new_role,
    new_user,
    of_session,
    policy,
    setUpModule,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


class Trail(Case):
    def events(self, attribute: str, value: str, account: str = "test", **more: Any) -> list[dict[str, Any]]:
        wanted = [{"AttributeKey": attribute, "AttributeValue": value}]
        pages = client("cloudtrail", account).get_paginator("lookup_events").paginate(LookupAttributes=wanted, **more)
        return [event for page in pages for event in page["Events"]]

    def one(self, attribute: str, value: str, name: str, account: str = "test") -> dict[str, Any]:
        found = [e for e in self.events(attribute, value, account) if e["EventName"] == name]
        self.assertEqual(len(found), 1, f"{name} by {attribute}")
        return json.loads(found[0]["CloudTrailEvent"])

    def test_what_a_stolen_key_did(self) -> None:
        thief = new_user(ALLOW_ALL)
        key = new_key(thief)
        iam = client("iam", *key)
        victim = unique("made")
        user = iam.create_user(UserName=victim)["User"]
        minted = iam.create_access_key(UserName=victim)["AccessKey"]
        role = iam.create_role(RoleName=victim, AssumeRolePolicyDocument=trust({"Principal": {"AWS": ACCOUNT}}))["Role"]
        made = iam.create_policy(PolicyName=victim, PolicyDocument=policy(ALLOW_ALL))["Policy"]
        iam.create_login_profile(UserName=victim, Password="Correct-horse-7")
        session = client("sts", *key).assume_role(RoleArn=role["Arn"], RoleSessionName="hop")["Credentials"]
        events = {e["EventName"]: json.loads(e["CloudTrailEvent"]) for e in self.events("AccessKeyId", key[0])}
        answers = {name: event["responseElements"] for name, event in events.items()}
        self.assertEqual(answers["CreateUser"]["user"]["arn"], user["Arn"])
        self.assertEqual(answers["CreateUser"]["user"]["userId"], user["UserId"])
        self.assertEqual(answers["CreateAccessKey"]["accessKey"]["accessKeyId"], minted["AccessKeyId"])
        self.assertRegex(answers["CreateAccessKey"]["accessKey"]["createDate"], r"^[A-Z][a-z]{2} \d+, \d{4} \d+:\d\d:\d\d [AP]M$")
        self.assertEqual(answers["CreateRole"]["role"]["roleId"], role["RoleId"])
        self.assertEqual(answers["CreatePolicy"]["policy"]["arn"], made["Arn"])
        self.assertEqual(answers["AssumeRole"]["credentials"]["accessKeyId"], session["AccessKeyId"])
        who = events["CreateUser"]["userIdentity"]
        expected = {"type": "IAMUser", "accessKeyId": key[0], "userName": thief, "accountId": ACCOUNT}
        self.assertEqual({name: who[name] for name in expected}, expected)
        self.assertTrue(who["principalId"].startswith("AIDA"))
        self.assertEqual(events["CreateAccessKey"]["requestParameters"], {"userName": victim})
        self.assertEqual(events["CreateAccessKey"]["eventSource"], "iam.amazonaws.com")
        told = json.dumps(list(events.values()))
        for secret in (minted["SecretAccessKey"], session["SecretAccessKey"], session["SessionToken"], "Correct-horse-7"):
            self.assertNotIn(secret, told)
        by_resource = self.one("ResourceName", victim, "CreateAccessKey")
        self.assertEqual(by_resource, events["CreateAccessKey"])
        self.assertEqual(self.one("ResourceName", minted["AccessKeyId"], "CreateAccessKey"), by_resource)
        self.assertIn("CreateUser", [e["EventName"] for e in self.events("Username", thief)])

    def test_role_sessions(self) -> None:
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}), ALLOW_ALL)
        made = client("sts", *new_key(new_user(ALLOW_ALL))).assume_role(RoleArn=arn, RoleSessionName="worker")
        of_session("iam", made["Credentials"]).create_user(UserName=unique("made"))
        event = self.one("AccessKeyId", made["Credentials"]["AccessKeyId"], "CreateUser")
        who = event["userIdentity"]
        self.assertEqual((who["type"], who["arn"]), ("AssumedRole", made["AssumedRoleUser"]["Arn"]))
        self.assertEqual(who["principalId"], made["AssumedRoleUser"]["AssumedRoleId"])
        issuer = who["sessionContext"]["sessionIssuer"]
        self.assertEqual((issuer["type"], issuer["arn"], issuer["userName"]), ("Role", arn, arn.rpartition("/")[2]))
        self.assertIn("CreateUser", [e["EventName"] for e in self.events("Username", "worker")])

    def test_refused_calls(self) -> None:
        user = new_user()
        key = new_key(user)
        self.refused("AccessDenied", client("iam", *key).create_user, UserName="x")
        event = self.one("AccessKeyId", key[0], "CreateUser")
        self.assertEqual(event["errorCode"], "AccessDenied")
        self.assertEqual((event["requestParameters"], event["responseElements"]), (None, None))
        root = client("iam")
        self.refused("NoSuchEntity", root.delete_access_key, UserName=user, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
        failed = self.one("ResourceName", "AKIAIOSFODNN7EXAMPLE", "DeleteAccessKey")
        self.assertEqual(failed["errorCode"], "NoSuchEntityException")
        root.update_access_key(UserName=user, AccessKeyId=key[0], Status="Inactive")
        before = len(self.events("AccessKeyId", key[0]))
        self.refused("InvalidClientTokenId", client("iam", *key).list_users)
        self.assertEqual(len(self.events("AccessKeyId", key[0])), before, "a key that is refused leaves no event")

    def test_pages_and_times(self) -> None:
        user = new_user(ALLOW_ALL)
        key = new_key(user)
        iam = client("iam", *key)
        for _ in range(55):
            iam.get_user(UserName=user)
        wanted = [{"AttributeKey": "AccessKeyId", "AttributeValue": key[0]}]
        lookup = client("cloudtrail").lookup_events
        first = lookup(LookupAttributes=wanted)
        iam.get_user(UserName=user)
        second = lookup(LookupAttributes=wanted, NextToken=first["NextToken"])
        ids = [e["EventId"] for e in first["Events"] + second["Events"]]
        self.assertEqual((len(first["Events"]), len(set(ids))), (50, 55))
        later = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=2)
        self.assertEqual(lookup(LookupAttributes=wanted, StartTime=later)["Events"], [])
        self.refused("InvalidMaxResultsException", lookup, MaxResults=51)
        self.refused("InvalidLookupAttributesException", lookup, LookupAttributes=wanted * 2)

    def test_across_accounts(self) -> None:
        sts = client("sts", *new_key(new_user(ALLOW_ALL)))
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}), account=OTHER)
        made = sts.assume_role(RoleArn=arn, RoleSessionName="visitor")["Credentials"]
        here = self.one("ResourceName", arn, "AssumeRole")
        there = self.one("ResourceName", arn, "AssumeRole", account=OTHER)
        self.assertEqual(here["sharedEventID"], there["sharedEventID"])
        self.assertEqual(there["userIdentity"]["type"], "AWSAccount")
        self.assertEqual(there["responseElements"]["credentials"]["accessKeyId"], made["AccessKeyId"])
