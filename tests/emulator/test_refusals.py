"""What the overlay refuses as AWS does, and who stays who under another name; held as fixtures.py says."""

from __future__ import annotations

import json
from typing import Any

from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    DENY_ALL,
    OTHER,
    Case,
    client,
    http,
    new_key,
    new_role,
    new_user,
    of_session,
    policy,
    setUpModule,
    ssh_key,
    tearDownModule,
    trust,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


def sized(characters: int, *, spaces: int = 0) -> str:
    """A policy of so many characters, and spaces between its parts that do not count."""
    document = {"Version": "2012-10-17", "Statement": [ALLOW_ALL | {"Sid": ""}]}
    length = len(json.dumps(document, separators=(",", ":")))
    document["Statement"][0]["Sid"] = "x" * (characters - length)
    return json.dumps(document, separators=("," + " " * spaces, ":"))


def named(arn: str) -> str:
    return arn.rpartition("/")[2]


# ── Quotas and names ─────────────────────────────────────────────────────────────────────────────────────────────────


class Quotas(Case):
    def test_inline_policies_are_so_long_together(self) -> None:
        iam, user, group = client("iam"), new_user(), unique("group")
        role = named(new_role(trust({"Principal": {"AWS": ACCOUNT}})))
        iam.create_group(GroupName=group)
        for put, whose, limit in (
            (iam.put_user_policy, {"UserName": user}, 2048),
            (iam.put_group_policy, {"GroupName": group}, 5120),
            (iam.put_role_policy, {"RoleName": role}, 10240),
        ):
            put(**whose, PolicyName="one", PolicyDocument=sized(1000))
            two = whose | {"PolicyName": "two"}
            self.refused("LimitExceeded", put, **two, PolicyDocument=sized(limit - 999))
            put(**two, PolicyDocument=sized(limit - 1000, spaces=500))
            put(**two, PolicyDocument=sized(limit - 1000))
        self.refused("NoSuchEntity", iam.put_user_policy, UserName="nobody", PolicyName="x", PolicyDocument=sized(9000))

    def test_trust_and_managed_policies_are_so_long(self) -> None:
        iam = client("iam")
        principals = [f"arn:aws:iam::{number:012}:root" for number in range(60)]
        long = trust({"Principal": {"AWS": principals}})
        refused = self.refused("LimitExceeded", iam.create_role, RoleName=unique("role"), AssumeRolePolicyDocument=long)
        self.assertIn("ACLSizePerRole: 2048", str(refused))
        role = named(new_role(trust({"Principal": {"AWS": ACCOUNT}})))
        self.refused("LimitExceeded", iam.update_assume_role_policy, RoleName=role, PolicyDocument=long)
        name = unique("policy")
        self.refused("LimitExceeded", iam.create_policy, PolicyName=name, PolicyDocument=sized(6145))
        arn = iam.create_policy(PolicyName=name, PolicyDocument=sized(6144))["Policy"]["Arn"]
        self.refused("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=sized(6145))

    def test_ten_policies_are_attached(self) -> None:
        iam, user, group = client("iam"), new_user(), unique("group")
        role = named(new_role(trust({"Principal": {"AWS": ACCOUNT}})))
        iam.create_group(GroupName=group)
        made = [iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(ALLOW_ALL)) for _ in range(11)]
        arns = [each["Policy"]["Arn"] for each in made]
        for attach, whose in (
            (iam.attach_user_policy, {"UserName": user}),
            (iam.attach_role_policy, {"RoleName": role}),
            (iam.attach_group_policy, {"GroupName": group}),
        ):
            for arn in arns[:10]:
                attach(**whose, PolicyArn=arn)
            self.refused("LimitExceeded", attach, **whose, PolicyArn=arns[10])
            attach(**whose, PolicyArn=arns[0])
            missing = f"arn:aws:iam::{ACCOUNT}:policy/{unique('none')}"
            self.refused("NoSuchEntity", attach, **whose, PolicyArn=missing)
        groups = [unique("group") for _ in range(11)]
        for name in groups:
            iam.create_group(GroupName=name)
        for name in groups[:10]:
            iam.add_user_to_group(GroupName=name, UserName=user)
        self.refused("LimitExceeded", iam.add_user_to_group, GroupName=groups[10], UserName=user)
        self.refused("DeleteConflict", iam.delete_group, GroupName=groups[0])

    def test_names_and_paths(self) -> None:
        iam, trusted = client("iam"), trust({"Principal": {"AWS": ACCOUNT}})
        for name in ("x" * 65, "with space", "ümlaut", "a/b"):
            self.refused("ValidationError", iam.create_user, UserName=name)
            self.refused("ValidationError", iam.create_role, RoleName=name, AssumeRolePolicyDocument=trusted)
        self.refused("ValidationError", iam.create_policy, PolicyName="x" * 129, PolicyDocument=policy(ALLOW_ALL))
        self.refused("ValidationError", iam.create_group, GroupName="x" * 129)
        user = unique("user")
        for path in ("no", "/no", "no/", "/with space/", "//" + "x" * 512 + "/"):
            self.refused("ValidationError", iam.create_user, UserName=user, Path=path)
        iam.create_user(UserName=user + "+=,.@-_", Path="/a!\"#%'()*:;?[]^`{|}~\x7f/")
        iam.create_user(UserName=user)
        self.refused("EntityAlreadyExists", iam.create_user, UserName=user.upper())
        put = iam.put_user_policy
        self.refused("ValidationError", put, UserName=user, PolicyName="a b", PolicyDocument=policy(ALLOW_ALL))

    def test_characters_that_xml_marks_up_with(self) -> None:
        iam, user, path = client("iam"), unique("user"), "/<b>&amp;\"'/"
        arn = f"arn:aws:iam::{ACCOUNT}:user{path}{user}"
        made = iam.create_user(UserName=user, Path=path)["User"]
        self.assertEqual((made["Path"], made["Arn"]), (path, arn))
        self.assertEqual(iam.get_user(UserName=user)["User"]["Arn"], arn)
        pages = iam.get_paginator("get_account_authorization_details").paginate(Filter=["User"])
        self.assertIn(arn, [detail["Arn"] for page in pages for detail in page["UserDetailList"]])
        self.assertIn(arn, [u["Arn"] for page in iam.get_paginator("list_users").paginate() for u in page["Users"]])
        own = new_key(user)
        self.assertEqual(client("sts", *own).get_caller_identity()["Arn"], arn)
        refused = self.refused("AccessDenied", client("iam", *own).list_users)
        self.assertIn(arn, str(refused))
        iam.update_user(UserName=user, NewPath="/a&b/")
        self.assertEqual(iam.get_user(UserName=user)["User"]["Path"], "/a&b/")
        role, trusted = unique("role"), trust({"Principal": {"AWS": ACCOUNT}})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trusted, Path=path, Description="a < b & c")
        self.assertEqual(iam.get_role(RoleName=role)["Role"]["Description"], "a < b & c")

    def test_dynamodb_items(self) -> None:
        database, table = client("dynamodb"), unique("table")
        database.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        key = {"pk": {"S": "one"}}
        database.put_item(TableName=table, Item=key | {"v": {"S": "x" * (400 * 1024 - 6)}})
        too_long = {"v": {"S": "x" * (400 * 1024 - 5)}}
        refused = self.refused("ValidationException", database.put_item, TableName=table, Item=key | too_long)
        self.assertIn("Item size has exceeded the maximum allowed size", str(refused))
        update = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": too_long["v"]}}
        refused = self.refused("ValidationException", database.update_item, TableName=table, Key=key, **update)
        self.assertIn("exceeded the maximum allowed size", str(refused))

    def test_last_use_of_a_key_that_is_gone(self) -> None:
        iam, user, foreign = client("iam"), new_user(), new_key(new_user(account=OTHER), OTHER)
        key = new_key(user)
        iam.get_access_key_last_used(AccessKeyId=key[0])
        iam.delete_access_key(UserName=user, AccessKeyId=key[0])
        for gone in (key[0], foreign[0]):
            refused = self.refused("AccessDenied", iam.get_access_key_last_used, AccessKeyId=gone)
            self.assertEqual(refused.response["ResponseMetadata"]["HTTPStatusCode"], 403)

    def test_session_policies(self) -> None:
        arn, user = new_role(trust({"Principal": {"AWS": ACCOUNT}}), ALLOW_ALL), new_user(ALLOW_ALL)
        sts = client("sts", *new_key(user))
        asked = {"RoleArn": arn, "RoleSessionName": "visit"}
        sts.assume_role(**asked, Policy=sized(2048))
        self.refused("ValidationError", sts.assume_role, **asked, Policy=sized(2049))
        self.refused("ValidationError", sts.get_federation_token, Name="someone", Policy=sized(2049))
        managed = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
        self.refused("PackedPolicyTooLarge", sts.assume_role, **asked, Policy=sized(2020), PolicyArns=managed)
        self.refused("ValidationError", sts.assume_role, **asked, PolicyArns=managed * 11)


class Versions(Case):
    def setUp(self) -> None:
        self.iam = client("iam")
        self.arn = self.iam.create_policy(PolicyName=unique("policy"), PolicyDocument=policy(ALLOW_ALL))["Policy"]["Arn"]

    def create(self, *statements: dict[str, Any], default: bool = False) -> str:
        made = self.iam.create_policy_version(
            PolicyArn=self.arn, PolicyDocument=policy(*statements), SetAsDefault=default
        )["PolicyVersion"]
        self.assertEqual(made["IsDefaultVersion"], default)
        return made["VersionId"]

    def versions(self) -> dict[str, bool]:
        listed = self.iam.list_policy_versions(PolicyArn=self.arn)["Versions"]
        return {version["VersionId"]: version["IsDefaultVersion"] for version in listed}

    def test_the_default_one_is_evaluated(self) -> None:
        user = new_user()
        self.iam.attach_user_policy(UserName=user, PolicyArn=self.arn)
        sqs = client("sqs", *new_key(user))
        sqs.list_queues()
        self.assertEqual(self.create(DENY_ALL), "v2")
        sqs.list_queues()
        self.iam.set_default_policy_version(PolicyArn=self.arn, VersionId="v2")
        self.refused("AccessDenied", sqs.list_queues)
        self.assertEqual(self.versions(), {"v1": False, "v2": True})
        self.assertEqual(self.iam.get_policy(PolicyArn=self.arn)["Policy"]["DefaultVersionId"], "v2")
        self.refused("DeleteConflict", self.iam.delete_policy_version, PolicyArn=self.arn, VersionId="v2")
        self.iam.set_default_policy_version(PolicyArn=self.arn, VersionId="v1")
        sqs.list_queues()
        self.refused("NoSuchEntity", self.iam.set_default_policy_version, PolicyArn=self.arn, VersionId="v9")
        self.assertEqual(self.create(DENY_ALL, default=True), "v3")
        self.refused("AccessDenied", sqs.list_queues)

    def test_five_at_most_and_numbers_once(self) -> None:
        for _ in range(4):
            last = self.create(ALLOW_ALL)
        self.refused("LimitExceeded", self.iam.create_policy_version, PolicyArn=self.arn, PolicyDocument=policy(ALLOW_ALL))
        self.iam.delete_policy_version(PolicyArn=self.arn, VersionId=last)
        self.assertEqual(self.create(DENY_ALL, default=True), "v6")
        self.assertEqual(self.versions(), {"v1": False, "v2": False, "v3": False, "v4": False, "v6": True})
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=self.arn)
        for version in ("v1", "v2", "v3", "v4"):
            self.iam.delete_policy_version(PolicyArn=self.arn, VersionId=version)
        self.iam.delete_policy(PolicyArn=self.arn)

    def test_nobody_changes_policies_of_aws(self) -> None:
        theirs = {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "VersionId": "v1"}
        self.refused("AccessDenied", self.iam.set_default_policy_version, **theirs)


# ── Trust ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Trust(Case):
    def test_nobody_is_named_who_is_not_there(self) -> None:
        iam = client("iam")
        user = f"arn:aws:iam::{ACCOUNT}:user/{new_user()}"
        foreign = f"arn:aws:iam::{OTHER}:user/{new_user(account=OTHER)}"
        role = new_role(trust({"Principal": {"AWS": [user, foreign, f"arn:aws:iam::{OTHER}:root", OTHER, "*"]}}))
        update = {"RoleName": named(role)}
        missing = (
            f"arn:aws:iam::{ACCOUNT}:user/nobody",
            f"arn:aws:iam::{OTHER}:role/nobody",
            user.replace("user/", "user/path/"),
            f"arn:aws:iam::{ACCOUNT}:user/*",
            "AIDAIOSFODNN7EXAMPLE",
            "someone",
        )
        for principal in missing:
            document = trust({"Principal": {"AWS": [user, principal]}})
            refused = self.refused("MalformedPolicyDocument", iam.update_assume_role_policy, **update, PolicyDocument=document)
            self.assertIn(f'Invalid principal in policy: "AWS":"{principal}"', str(refused))
            create = {"RoleName": unique("role"), "AssumeRolePolicyDocument": document}
            self.refused("MalformedPolicyDocument", iam.create_role, **create)
        for document in ("{", "{}", trust({"Principal": {"AWS": user}, "Resource": "*"})):
            self.refused("MalformedPolicyDocument", iam.update_assume_role_policy, **update, PolicyDocument=document)

    def principals(self, role: str) -> list[str]:
        iam, name = client("iam"), named(role)
        shown = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        details = iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
        (other,) = [r for page in details for r in page["RoleDetailList"] if r["RoleName"] == name]
        self.assertEqual(other["AssumeRolePolicyDocument"], shown)
        (statement,) = shown["Statement"]
        return statement["Principal"]["AWS"]

    def test_who_is_deleted_is_trusted_no_more_and_another_of_that_name_neither(self) -> None:
        iam, first = client("iam"), new_user()
        arn, known = f"arn:aws:iam::{ACCOUNT}:user/{first}", iam.get_user(UserName=first)["User"]["UserId"]
        other = new_role(trust({"Principal": {"AWS": ACCOUNT}}))
        other_id = iam.get_role(RoleName=named(other))["Role"]["RoleId"]
        role = new_role(trust({"Principal": {"AWS": [arn, other]}}))
        client("sts", *new_key(first)).assume_role(RoleArn=role, RoleSessionName="visit")
        self.assertEqual(self.principals(role), [arn, other])
        (key,) = iam.list_access_keys(UserName=first)["AccessKeyMetadata"]
        iam.delete_access_key(UserName=first, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=first)
        iam.delete_role(RoleName=named(other))
        self.assertEqual(self.principals(role), [known, other_id])
        iam.create_user(UserName=first)
        self.assertEqual(self.principals(role), [known, other_id])
        again = client("sts", *new_key(first))
        self.refused("AccessDenied", again.assume_role, RoleArn=role, RoleSessionName="visit")
        document = trust({"Principal": {"AWS": [arn, other_id]}})
        update = {"RoleName": named(role)}
        self.refused("MalformedPolicyDocument", iam.update_assume_role_policy, **update, PolicyDocument=document)
        iam.update_assume_role_policy(**update, PolicyDocument=trust({"Principal": {"AWS": arn}}))
        again.assume_role(RoleArn=role, RoleSessionName="visit")

    def test_roles_of_cloudformation_keep_whom_they_name(self) -> None:
        iam, user, role, stack = client("iam"), new_user(), unique("role"), unique("stack")
        arn, known = f"arn:aws:iam::{ACCOUNT}:user/{user}", iam.get_user(UserName=user)["User"]["UserId"]
        document = json.loads(trust({"Principal": {"AWS": [arn]}}))
        body = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": role, "AssumeRolePolicyDocument": document}}
        template = json.dumps({"Resources": {"Role": body}})
        cloudformation = client("cloudformation")
        cloudformation.create_stack(StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
        cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
        self.assertEqual(self.principals(role), [arn])
        iam.delete_user(UserName=user)
        self.assertEqual(self.principals(role), [known])

    def test_shared_providers_need_their_claim(self) -> None:
        iam, role = client("iam"), named(new_role(trust({"Principal": {"AWS": ACCOUNT}})))

        def document(provider: str, *conditions: dict[str, Any], **more: Any) -> str:
            arn = provider if provider.startswith("cognito") else f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"
            allowed = {"Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"} | more
            return trust(*(allowed | {"Condition": condition} for condition in conditions))

        update = iam.update_assume_role_policy
        github = "token.actions.githubusercontent.com"
        shared = {github: "sub", "gitlab.com": "sub", "app.terraform.io": "sub", "cognito-identity.amazonaws.com": "aud"}
        for provider, claim in shared.items():
            key = f"{provider}:{claim}"
            good = {"StringLike": {key: "repo:mine/*"}}
            update(RoleName=role, PolicyDocument=document(provider, good))
            for bad in ({}, {"StringEquals": {f"{provider}:other": "x"}}, {"StringLike": {key: "*"}}, {"Null": {key: "false"}}):
                asked = {"RoleName": role, "PolicyDocument": document(provider, good, bad)}
                refused = self.refused("MalformedPolicyDocument", update, **asked)
                self.assertIn(key, str(refused))
        update(RoleName=role, PolicyDocument=document(github, {}, Effect="Deny"))
        update(RoleName=role, PolicyDocument=document("idp.example.com", {}))


# ── Other names ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Renaming(Case):
    def test_a_user_stays_who_he_is(self) -> None:
        iam, old, new, group = client("iam"), new_user(ALLOW_ALL), unique("renamed"), unique("group")
        known, key = iam.get_user(UserName=old)["User"]["UserId"], new_key(old)
        iam.create_group(GroupName=group)
        iam.add_user_to_group(GroupName=group, UserName=old)
        iam.create_login_profile(UserName=old, Password="Correct-horse-7")
        iam.upload_ssh_public_key(UserName=old, SSHPublicKeyBody=ssh_key())
        iam.create_service_specific_credential(UserName=old, ServiceName="logs.amazonaws.com")
        iam.attach_user_policy(UserName=old, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        iam.tag_user(UserName=old, Tags=[{"Key": "team", "Value": "blue"}])
        sts = client("sts", *key)
        federated = sts.get_federation_token(Name="someone", Policy=policy(ALLOW_ALL))["Credentials"]
        made = [sts.get_session_token()["Credentials"], federated]
        role = new_role(trust({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{old}"}}))
        iam.update_user(UserName=old, NewUserName=new, NewPath="/moved/")
        arn = f"arn:aws:iam::{ACCOUNT}:user/moved/{new}"
        user = iam.get_user(UserName=new)["User"]
        self.assertEqual((user["UserId"], user["Arn"], user["Path"]), (known, arn, "/moved/"))
        self.assertEqual(user["Tags"], [{"Key": "team", "Value": "blue"}])
        self.refused("NoSuchEntity", iam.get_user, UserName=old)
        self.assertEqual(sts.get_caller_identity()["Arn"], arn)
        self.assertEqual(of_session("sts", made[0]).get_caller_identity()["Arn"], arn)
        for credentials in made:
            of_session("sqs", credentials).list_queues()
        self.assertEqual([k["UserName"] for k in iam.list_access_keys(UserName=new)["AccessKeyMetadata"]], [new])
        self.assertEqual(iam.get_login_profile(UserName=new)["LoginProfile"]["UserName"], new)
        form = {"AccountId": ACCOUNT, "UserName": new, "Password": "Correct-horse-7"}
        self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 200)
        self.assertEqual(len(iam.list_ssh_public_keys(UserName=new)["SSHPublicKeys"]), 1)
        self.assertEqual(len(iam.list_service_specific_credentials(UserName=new)["ServiceSpecificCredentials"]), 1)
        self.assertEqual(iam.list_user_policies(UserName=new)["PolicyNames"], ["own"])
        self.assertEqual(len(iam.list_attached_user_policies(UserName=new)["AttachedPolicies"]), 1)
        self.assertEqual([g["GroupName"] for g in iam.list_groups_for_user(UserName=new)["Groups"]], [group])
        shown = iam.get_role(RoleName=named(role))["Role"]["AssumeRolePolicyDocument"]
        self.assertEqual(shown["Statement"][0]["Principal"], {"AWS": arn})
        sts.assume_role(RoleArn=role, RoleSessionName="visit")
        iam.put_user_policy(UserName=new, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        for credentials in made:
            self.refused("AccessDenied", of_session("sqs", credentials).list_queues)

    def test_what_is_refused(self) -> None:
        iam, one, two = client("iam"), new_user(), new_user()
        self.refused("EntityAlreadyExists", iam.update_user, UserName=one, NewUserName=two)
        self.refused("NoSuchEntity", iam.update_user, UserName="nobody", NewUserName=unique("new"))
        self.refused("ValidationError", iam.update_user, UserName=one, NewUserName="a b")
        self.refused("ValidationError", iam.update_user, UserName=one, NewPath="no")
        arn = f"arn:aws:iam::{ACCOUNT}:user/"
        may = {"Effect": "Allow", "Action": "iam:UpdateUser", "Resource": [arn + one, arn + "may-be"]}
        helper = client("iam", *new_key(new_user(may)))
        self.refused("AccessDenied", helper.update_user, UserName=one, NewUserName="may-not")
        self.refused("AccessDenied", helper.update_user, UserName=two, NewUserName="may-be")
        helper.update_user(UserName=one, NewUserName="may-be")

    def test_groups(self) -> None:
        iam, user, old, new = client("iam"), new_user(), unique("group"), unique("renamed")
        iam.create_group(GroupName=old)
        iam.put_group_policy(GroupName=old, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        iam.add_user_to_group(GroupName=old, UserName=user)
        iam.update_group(GroupName=old, NewGroupName=new, NewPath="/teams/")
        group = iam.get_group(GroupName=new)
        self.assertEqual(group["Group"]["Arn"], f"arn:aws:iam::{ACCOUNT}:group/teams/{new}")
        self.assertEqual([u["UserName"] for u in group["Users"]], [user])
        client("sqs", *new_key(user)).list_queues()
