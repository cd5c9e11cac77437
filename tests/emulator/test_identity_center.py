"""What the overlay claims of Identity Center, held as fixtures.py says."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError
from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    DENY_ALL,
    MANAGEMENT,
    OTHER,
    Case,
    client,
    http,
    new_key,
    new_scp,
    new_user,
    of_session,
    policy,
    setUpModule,
    tearDownModule,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


class IdentityCenter(Case):
    def setUp(self) -> None:
        self.sso, self.store = client("sso-admin"), client("identitystore")
        instance = self.sso.list_instances()["Instances"][0]
        self.instance, self.id = {"InstanceArn": instance["InstanceArn"]}, {"IdentityStoreId": instance["IdentityStoreId"]}

    def new_user(self) -> tuple[str, str]:
        name = unique("person") + "@example.com"
        made = self.store.create_user(
            **self.id,
            UserName=name,
            DisplayName="A Person",
            Name={"GivenName": "A", "FamilyName": "Person"},
            Emails=[{"Value": name, "Primary": True}],
        )
        return name, made["UserId"]

    def new_permission_set(self, *statements: dict[str, Any]) -> dict[str, str]:
        made = self.sso.create_permission_set(**self.instance, Name=unique("ps"))["PermissionSet"]
        named = {"PermissionSetArn": made["PermissionSetArn"]}
        self.sso.put_inline_policy_to_permission_set(**self.instance, **named, InlinePolicy=policy(*statements))
        return named

    def wait(self, kind: str, answer: dict[str, Any]) -> list[str]:
        status = answer[f"AccountAssignment{kind}Status"]
        describe = getattr(self.sso, f"describe_account_assignment_{kind.lower()}_status")
        seen = [status["Status"]]
        while seen[-1] == "IN_PROGRESS":
            time.sleep(0.1)
            asked = {f"AccountAssignment{kind}RequestId": status["RequestId"]}
            seen.append(describe(**self.instance, **asked)[f"AccountAssignment{kind}Status"]["Status"])
        return seen

    def sign_in(self, name: str) -> str:
        status, body = http("POST", "/_overlay/sso/token", form={"UserName": name})
        self.assertEqual(status, 200)
        return json.loads(body)["accessToken"]

    def credentials(self, token: str, permissions: dict[str, str], account: str) -> dict[str, Any]:
        name = self.sso.describe_permission_set(**self.instance, **permissions)["PermissionSet"]["Name"]
        made = client("sso").get_role_credentials(roleName=name, accountId=account, accessToken=token)["roleCredentials"]
        return {name[:1].upper() + name[1:]: value for name, value in made.items()}

    def test_users_and_groups(self) -> None:
        name, user = self.new_user()
        group = self.store.create_group(**self.id, DisplayName=unique("group"))["GroupId"]
        for path in ("userName", "emails.value"):
            by = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": name}}
            self.assertEqual(self.store.get_user_id(**self.id, AlternateIdentifier=by)["UserId"], user)
        described = self.store.describe_user(**self.id, UserId=user)
        self.assertEqual((described["UserName"], described["UserStatus"]), (name, "ENABLED"))
        listed = self.store.list_users(**self.id, Filters=[{"AttributePath": "UserName", "AttributeValue": name}])["Users"]
        self.assertEqual([u["UserId"] for u in listed], [user])
        member = {"MemberId": {"UserId": user}}
        made = self.store.create_group_membership(**self.id, GroupId=group, **member)["MembershipId"]
        self.refused("ConflictException", self.store.create_group_membership, **self.id, GroupId=group, **member)
        found = self.store.list_group_memberships_for_member(**self.id, **member)["GroupMemberships"]
        self.assertEqual([(m["GroupId"], m["MembershipId"]) for m in found], [(group, made)])
        self.store.delete_group_membership(**self.id, MembershipId=made)
        self.refused("ResourceNotFoundException", self.store.delete_group_membership, **self.id, MembershipId=made)
        self.assertEqual(self.store.list_group_memberships_for_member(**self.id, **member)["GroupMemberships"], [])
        self.assertIn(group, [g["GroupId"] for g in self.store.list_groups(**self.id)["Groups"]])

    def test_assignments(self) -> None:
        name, user = self.new_user()
        group = self.store.create_group(**self.id, DisplayName=unique("group"))["GroupId"]
        member = self.store.create_group_membership(**self.id, GroupId=group, MemberId={"UserId": user})["MembershipId"]
        direct, by_group = self.new_permission_set(ALLOW_ALL), self.new_permission_set(ALLOW_ALL)
        target = {"TargetId": OTHER, "TargetType": "AWS_ACCOUNT"}
        one = self.instance | target | direct | {"PrincipalType": "USER", "PrincipalId": user}
        two = self.instance | target | by_group | {"PrincipalType": "GROUP", "PrincipalId": group}
        for assignment in (one, two):
            self.assertEqual(self.wait("Creation", self.sso.create_account_assignment(**assignment))[-1], "SUCCEEDED")
        of_user = self.instance | {"PrincipalId": user, "PrincipalType": "USER"}

        def principals() -> list[tuple[str, str]]:
            found = self.sso.list_account_assignments_for_principal(**of_user)["AccountAssignments"]
            return sorted((a["PrincipalType"], a["PrincipalId"]) for a in found)

        self.assertEqual(principals(), [("GROUP", group), ("USER", user)])
        asked = self.instance | direct | {"AccountId": OTHER}
        self.assertEqual(len(self.sso.list_account_assignments(**asked)["AccountAssignments"]), 1)
        token = self.sign_in(name)
        session = self.credentials(token, direct, OTHER)
        self.assertEqual(of_session("sts", session).get_caller_identity()["Account"], OTHER)
        self.credentials(token, by_group, OTHER)
        seen = self.wait("Deletion", self.sso.delete_account_assignment(**one))
        self.assertEqual((seen[0], seen[-1]), ("IN_PROGRESS", "SUCCEEDED"))
        self.assertEqual(principals(), [("GROUP", group)])
        with self.assertRaises(ClientError):
            self.credentials(token, direct, OTHER)
        self.refused("ResourceNotFoundException", self.sso.delete_account_assignment, **one)
        self.store.delete_group_membership(**self.id, MembershipId=member)
        self.assertEqual(principals(), [])
        with self.assertRaises(ClientError):
            self.credentials(token, by_group, OTHER)

    def test_roles_of_permission_sets(self) -> None:
        name, user = self.new_user()
        permissions = self.new_permission_set(ALLOW_ALL)
        assignment = self.instance | permissions | {"PrincipalType": "USER", "PrincipalId": user}
        self.wait("Creation", self.sso.create_account_assignment(**assignment, TargetId=ACCOUNT, TargetType="AWS_ACCOUNT"))
        session = self.credentials(self.sign_in(name), permissions, ACCOUNT)
        role = of_session("sts", session).get_caller_identity()["Arn"].split("/")[1]
        self.assertTrue(role.startswith("AWSReservedSSO_"))
        put = client("iam").put_role_policy
        self.refused("UnmodifiableEntity", put, RoleName=role, PolicyName="x", PolicyDocument=policy(DENY_ALL))
        of_session("sqs", session).list_queues()
        whose = {"StringEquals": {"identitystore:UserId": user}}
        scp, organizations = new_scp(DENY_ALL | {"Condition": whose}), client("organizations", MANAGEMENT)
        organizations.attach_policy(PolicyId=scp, TargetId=ACCOUNT)
        try:
            self.refused("AccessDenied", of_session("sqs", session).list_queues)
        finally:
            organizations.detach_policy(PolicyId=scp, TargetId=ACCOUNT)

    def test_permissions(self) -> None:
        other = client("sso-admin", OTHER)
        self.assertEqual(other.list_instances()["Instances"], [])
        self.refused("AccessDeniedException", other.list_permission_sets, **self.instance)
        _, user = self.new_user()
        mine = self.new_permission_set(ALLOW_ALL)
        may = {"Effect": "Allow", "Action": "sso:CreateAccountAssignment"}
        account = f"arn:aws:sso:::account/{OTHER}"
        resources = [self.instance["InstanceArn"], mine["PermissionSetArn"], account]
        asked = self.instance | mine | {"PrincipalType": "USER", "PrincipalId": user, "TargetType": "AWS_ACCOUNT"}
        scoped = client("sso-admin", *new_key(new_user(may | {"Resource": resources})))
        self.refused("AccessDeniedException", scoped.create_account_assignment, **asked, TargetId=ACCOUNT)
        scoped.create_account_assignment(**asked, TargetId=OTHER)
        reader = client("identitystore", *new_key(new_user()))
        self.refused("AccessDeniedException", reader.describe_user, **self.id, UserId=user)
