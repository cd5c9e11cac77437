"""What the overlay claims of Organizations, held as fixtures.py says."""

from __future__ import annotations

from typing import Any

from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    MANAGEMENT,
    OTHER,
    Case,
    client,
    new_key,
    new_role,
    new_scp,
    new_user,
    of_session,
    policy,
    setUpModule,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


def deny_for(arn: str, *actions: str) -> dict[str, Any]:
    whose = {"ArnLike": {"aws:PrincipalArn": arn}}
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", "Condition": whose}


class Organizations(Case):
    def test_members_and_parents(self) -> None:
        there, here = client("organizations", MANAGEMENT), client("organizations")
        organization = here.describe_organization()["Organization"]
        self.assertEqual(organization["MasterAccountId"], MANAGEMENT)
        self.assertEqual(organization["Id"], there.describe_organization()["Organization"]["Id"])
        root = there.list_roots()["Roots"][0]["Id"]
        for account in (ACCOUNT, OTHER):
            self.assertEqual(here.list_parents(ChildId=account)["Parents"], [{"Id": root, "Type": "ROOT"}])
            attached = here.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
            self.assertIn("FullAWSAccess", [p["Name"] for p in attached])
        self.refused("AccessDeniedException", client("organizations", OTHER).list_roots)
        made = there.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]["AccountId"]
        self.assertIn(made, [a["Id"] for page in there.get_paginator("list_accounts").paginate() for a in page["Accounts"]])
        self.assertEqual(there.list_tags_for_resource(ResourceId=ACCOUNT)["Tags"], [])

    def test_an_scp_binds_members(self) -> None:
        user = new_user(ALLOW_ALL)
        key = new_key(user)
        sqs = client("sqs", *key)
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        session = of_session("sqs", client("sts", *key).get_session_token()["Credentials"])
        scp, organizations = new_scp(deny_for(arn, "sqs:*")), client("organizations", MANAGEMENT)
        sqs.list_queues()
        organizations.attach_policy(PolicyId=scp, TargetId=ACCOUNT)
        self.refused("DuplicatePolicyAttachmentException", organizations.attach_policy, PolicyId=scp, TargetId=ACCOUNT)
        for queue in (sqs, session):
            refusal = self.refused("AccessDenied", queue.list_queues)
            self.assertIn("service control policy", str(refusal))
        client("sns", *key).list_topics()
        organizations.update_policy(PolicyId=scp, Content=policy(deny_for(arn, "sns:*")))
        sqs.list_queues()
        targets = organizations.list_targets_for_policy(PolicyId=scp)["Targets"]
        self.assertEqual([t["TargetId"] for t in targets], [ACCOUNT])
        self.refused("PolicyInUseException", organizations.delete_policy, PolicyId=scp)
        organizations.detach_policy(PolicyId=scp, TargetId=ACCOUNT)
        client("sns", *key).list_topics()
        organizations.delete_policy(PolicyId=scp)
        self.refused("PolicyNotFoundException", organizations.describe_policy, PolicyId=scp)

    def test_an_scp_binds_root_and_roles_but_not_the_management_account(self) -> None:
        organizations = client("organizations", MANAGEMENT)
        root = organizations.list_roots()["Roots"][0]["Id"]
        arn = new_role(trust({"Principal": {"AWS": OTHER}}), ALLOW_ALL, account=OTHER)
        user = new_user(ALLOW_ALL, account=OTHER)
        role = client("sts", *new_key(user, OTHER)).assume_role(RoleArn=arn, RoleSessionName="visit")["Credentials"]
        manager = client("sns", *new_key(new_user(ALLOW_ALL, account=MANAGEMENT), MANAGEMENT))
        deny = {"Effect": "Deny", "Action": "sns:*", "Resource": "*"}
        scp = new_scp(deny | {"Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}})
        organizations.attach_policy(PolicyId=scp, TargetId=root)
        try:
            self.refused("AuthorizationError", of_session("sns", role).list_topics)
            self.refused("AuthorizationError", client("sns", OTHER).list_topics)
            client("sns").list_topics()
            organizations.update_policy(PolicyId=scp, Content=policy(deny))
            self.refused("AuthorizationError", client("sns").list_topics)
            manager.list_topics()
        finally:
            organizations.detach_policy(PolicyId=scp, TargetId=root)

    def test_limits(self) -> None:
        organizations = client("organizations", MANAGEMENT)
        root = organizations.list_roots()["Roots"][0]["Id"]
        unit = organizations.create_organizational_unit(ParentId=root, Name=unique("ou"))["OrganizationalUnit"]["Id"]
        for _ in range(4):
            organizations.attach_policy(PolicyId=new_scp(ALLOW_ALL), TargetId=unit)
        self.refused("ConstraintViolationException", organizations.attach_policy, PolicyId=new_scp(ALLOW_ALL), TargetId=unit)
        long = policy(ALLOW_ALL | {"Sid": "x" * 5200})
        create = {"Name": unique("scp"), "Description": "", "Type": "SERVICE_CONTROL_POLICY"}
        self.refused("ConstraintViolationException", organizations.create_policy, **create, Content=long)
        self.refused("MalformedPolicyDocumentException", organizations.create_policy, **create, Content="{}")

    def test_the_delegated_administrator_needs_permission(self) -> None:
        scp = new_scp(ALLOW_ALL, by="test")
        arn = client("organizations").describe_policy(PolicyId=scp)["Policy"]["PolicySummary"]["Arn"]
        account = f"arn:aws:organizations::{MANAGEMENT}:account/o-*/{OTHER}"
        may = {"Effect": "Allow", "Action": ["organizations:AttachPolicy", "organizations:DetachPolicy"]}
        both = client("organizations", *new_key(new_user(may | {"Resource": [arn, account]})))
        half = client("organizations", *new_key(new_user(may | {"Resource": arn})))
        self.refused("AccessDeniedException", half.attach_policy, PolicyId=scp, TargetId=OTHER)
        both.attach_policy(PolicyId=scp, TargetId=OTHER)
        both.detach_policy(PolicyId=scp, TargetId=OTHER)
        self.refused("AccessDeniedException", both.attach_policy, PolicyId=scp, TargetId=ACCOUNT)
