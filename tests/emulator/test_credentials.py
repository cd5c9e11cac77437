"""What the overlay claims of users and their credentials, held as fixtures.py says."""

from __future__ import annotations

import base64
import json
from typing import Any

from fixtures import (
    ACCOUNT,
    ALLOW_ALL,
    DENY_ALL,
    OTHER,
    Case,
    certificate,
    client,
    http,
    new_key,
    new_user,
    policy,
    setUpModule,
    ssh_key,
    tearDownModule,
    unique,
)

__all__ = ["setUpModule", "tearDownModule"]


class SshKeys(Case):
    def test_life_of_a_key(self) -> None:
        iam, user = client("iam"), new_user()
        body = ssh_key()
        key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=body)["SSHPublicKey"]
        self.assertTrue(key["SSHPublicKeyId"].startswith("APKA"))
        self.refused("DuplicateSSHPublicKey", iam.upload_ssh_public_key, UserName=user, SSHPublicKeyBody=body)
        self.refused("InvalidPublicKey", iam.upload_ssh_public_key, UserName=user, SSHPublicKeyBody="ssh-rsa nonsense")
        named = {"UserName": user, "SSHPublicKeyId": key["SSHPublicKeyId"]}
        iam.update_ssh_public_key(**named, Status="Inactive")
        self.assertEqual([k["Status"] for k in iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"]], ["Inactive"])
        pem = iam.get_ssh_public_key(**named, Encoding="PEM")["SSHPublicKey"]["SSHPublicKeyBody"]
        self.assertIn("BEGIN PUBLIC KEY", pem)
        self.refused("NoSuchEntity", iam.update_ssh_public_key, **named | {"UserName": new_user()}, Status="Active")
        self.refused("DeleteConflict", iam.delete_user, UserName=user)
        iam.delete_ssh_public_key(**named)
        self.refused("NoSuchEntity", iam.delete_ssh_public_key, **named)
        self.refused("NoSuchEntity", iam.list_ssh_public_keys, UserName="nobody")
        iam.delete_user(UserName=user)

    def test_five_at_most(self) -> None:
        iam, user = client("iam"), new_user()
        for _ in range(5):
            iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=ssh_key())
        self.refused("LimitExceeded", iam.upload_ssh_public_key, UserName=user, SSHPublicKeyBody=ssh_key())

    def test_opens_git_while_active_and_permitted(self) -> None:
        iam, user = client("iam"), new_user({"Effect": "Allow", "Action": "codecommit:GitPull", "Resource": "*"})
        key = iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=ssh_key())["SSHPublicKey"]["SSHPublicKeyId"]
        asked = {"SSHPublicKeyId": key, "Repository": "code"}
        self.assertEqual(http("POST", "/_overlay/ssh", form=asked)[0], 200)
        self.assertEqual(http("POST", "/_overlay/ssh", form=asked | {"Service": "git-receive-pack"})[0], 403)
        iam.update_ssh_public_key(UserName=user, SSHPublicKeyId=key, Status="Inactive")
        self.assertEqual(http("POST", "/_overlay/ssh", form=asked)[0], 403)


class SigningCertificates(Case):
    def test_life_of_a_certificate(self) -> None:
        iam, user = client("iam"), new_user()
        body = certificate()
        made = iam.upload_signing_certificate(UserName=user, CertificateBody=body)["Certificate"]
        self.refused("DuplicateCertificate", iam.upload_signing_certificate, UserName=user, CertificateBody=body)
        self.refused("MalformedCertificate", iam.upload_signing_certificate, UserName=user, CertificateBody="no")
        iam.upload_signing_certificate(UserName=user, CertificateBody=certificate())
        self.refused("LimitExceeded", iam.upload_signing_certificate, UserName=user, CertificateBody=certificate())
        named = {"UserName": user, "CertificateId": made["CertificateId"]}
        iam.update_signing_certificate(**named, Status="Inactive")
        listed = iam.list_signing_certificates(UserName=user)["Certificates"]
        self.assertEqual([c["Status"] for c in listed if c["CertificateId"] == made["CertificateId"]], ["Inactive"])
        iam.generate_credential_report()
        rows = iam.get_credential_report()["Content"].decode().splitlines()
        row = next(row for row in rows if row.startswith(user + ","))
        self.assertEqual(sorted((row.split(",")[-4], row.split(",")[-2])), ["false", "true"])
        self.refused("DeleteConflict", iam.delete_user, UserName=user)
        iam.delete_signing_certificate(**named)
        self.refused("NoSuchEntity", iam.delete_signing_certificate, **named)


class ServiceSpecificCredentials(Case):
    def create(self, user: str, service: str = "bedrock.amazonaws.com", **more: Any) -> dict[str, Any]:
        iam = client("iam")
        made = iam.create_service_specific_credential(UserName=user, ServiceName=service, **more)
        return made["ServiceSpecificCredential"]

    def test_limits_and_errors(self) -> None:
        iam, user = client("iam"), new_user()
        create = iam.create_service_specific_credential
        for service in ("bedrock", "codecommit", "cassandra", "logs", "cloudwatch", "aws-external-anthropic"):
            for _ in range(2):
                self.create(user, f"{service}.amazonaws.com")
            self.refused("LimitExceeded", create, UserName=user, ServiceName=f"{service}.amazonaws.com")
        self.refused("NotSupportedService", create, UserName=user, ServiceName="s3.amazonaws.com")
        self.refused("NoSuchEntity", create, UserName="nobody", ServiceName="logs.amazonaws.com")
        other = new_user()
        self.refused("ValidationError", create, UserName=other, ServiceName="codecommit.amazonaws.com", CredentialAgeDays=1)
        listed = iam.list_service_specific_credentials
        self.assertEqual(len(listed(UserName=user)["ServiceSpecificCredentials"]), 12)
        of_one = listed(UserName=user, ServiceName="logs.amazonaws.com")["ServiceSpecificCredentials"]
        self.assertEqual([c["ServiceName"] for c in of_one], ["logs.amazonaws.com"] * 2)
        self.refused("ValidationError", listed, UserName=user, AllUsers=True)
        self.refused("DeleteConflict", iam.delete_user, UserName=user)

    def test_lists_of_all_users_have_pages(self) -> None:
        iam = client("iam")
        made = set()
        for _ in range(15):
            user = new_user()
            made |= {self.create(user)["ServiceSpecificCredentialId"] for _ in range(2)}
        found: set[str] = set()
        pages, marker = 0, {}
        while True:
            page = iam.list_service_specific_credentials(AllUsers=True, ServiceName="bedrock.amazonaws.com", **marker)
            found |= {c["ServiceSpecificCredentialId"] for c in page["ServiceSpecificCredentials"]}
            pages += 1
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page["Marker"]}
        self.assertGreater(pages, 1)
        self.assertLessEqual(made, found)

    def converse(self, key: str) -> int:
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": "hello"}]}]}).encode()
        path = "/model/anthropic.claude-3-haiku-20240307-v1:0/converse"
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return http("POST", path, data=body, **headers)[0]

    def test_api_key_opens_bedrock_while_it_should(self) -> None:
        iam, user = client("iam"), new_user()
        iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess")
        made = self.create(user, CredentialAgeDays=30)
        key, named = made["ServiceCredentialSecret"], {"ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        self.assertTrue(key.startswith("ABSK"))
        self.assertNotIn("ServicePassword", made)
        self.assertEqual(self.converse(key), 200)
        self.assertEqual(self.converse(key + "x"), 403)
        for status, answer in (("Inactive", 403), ("Active", 200)):
            iam.update_service_specific_credential(UserName=user, **named, Status=status)
            self.assertEqual(self.converse(key), answer)
        deny = {"Effect": "Deny", "Action": "bedrock:CallWithBearerToken", "Resource": "*"}
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(deny))
        self.assertEqual(self.converse(key), 403)
        iam.delete_user_policy(UserName=user, PolicyName="deny")
        reset = iam.reset_service_specific_credential(UserName=user, **named)["ServiceSpecificCredential"]
        self.assertEqual((self.converse(key), self.converse(reset["ServiceCredentialSecret"])), (403, 200))
        signed = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
        form = {"Action": "OverlaySetCredentialDates", "ExpirationDate": "2025-01-31T00:00:00Z"} | named
        self.assertEqual(http("POST", "/", form=form, Authorization=signed)[0], 200)
        self.assertEqual(self.converse(reset["ServiceCredentialSecret"]), 403)
        listed = iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
        self.assertEqual(listed[0]["Status"], "Expired")
        self.assertNotIn("ServiceCredentialSecret", listed[0])

    def test_other_api_keys(self) -> None:
        iam, user = client("iam"), new_user()
        iam.attach_user_policy(UserName=user, PolicyArn="arn:aws:iam::aws:policy/CloudWatchLogsAPIKeyAccess")
        key = self.create(user, "logs.amazonaws.com")["ServiceCredentialSecret"]
        bearer = {"Authorization": f"Bearer {key}"}
        self.assertEqual(http("POST", "/_overlay/bearer/logs.amazonaws.com", **bearer)[0], 200)
        self.assertEqual(http("POST", "/_overlay/bearer/bedrock.amazonaws.com", **bearer)[0], 403)

    def test_git_credential(self) -> None:
        iam, user = client("iam"), new_user({"Effect": "Allow", "Action": "codecommit:*", "Resource": "*"})
        made = self.create(user, "codecommit.amazonaws.com")
        pair = f"{made['ServiceUserName']}:{made['ServicePassword']}"
        basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        path = "/v1/repos/code/info/refs?service=git-upload-pack"
        self.assertEqual(http("GET", path)[0], 401)
        self.assertEqual(http("GET", path, **basic)[0], 200)
        named = {"UserName": user, "ServiceSpecificCredentialId": made["ServiceSpecificCredentialId"]}
        iam.update_service_specific_credential(**named, Status="Inactive")
        self.assertEqual(http("GET", path, **basic)[0], 403)
        iam.update_service_specific_credential(**named, Status="Active")
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        self.assertEqual(http("GET", path, **basic)[0], 403)


class Users(Case):
    def test_console_password(self) -> None:
        iam, user = client("iam"), new_user()
        form = {"AccountId": ACCOUNT, "UserName": user, "Password": "Correct-horse-7"}
        self.refused("NoSuchEntity", iam.get_login_profile, UserName=user)
        self.refused("PasswordPolicyViolation", iam.create_login_profile, UserName=user, Password="short")
        iam.create_login_profile(UserName=user, Password=form["Password"])
        self.refused("EntityAlreadyExists", iam.create_login_profile, UserName=user, Password=form["Password"])
        self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 200)
        self.assertEqual(http("POST", "/_overlay/signin", form=form | {"Password": "wrong"})[0], 401)
        self.assertEqual(http("POST", "/_overlay/signin", form=form | {"AccountId": OTHER})[0], 401)
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 200, "a denied user may sign in, and do nothing")
        iam.update_login_profile(UserName=user, Password="Another-horse-8")
        self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 401)
        self.refused("DeleteConflict", iam.delete_user, UserName=user)
        iam.delete_login_profile(UserName=user)
        self.refused("NoSuchEntity", iam.delete_login_profile, UserName=user)
        self.assertEqual(http("POST", "/_overlay/signin", form=form | {"Password": "Another-horse-8"})[0], 401)

    def test_groups(self) -> None:
        iam, user, group = client("iam"), new_user(), unique("group")
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        own = client("iam", *new_key(user))
        self.refused("AccessDenied", own.list_users)
        iam.add_user_to_group(GroupName=group, UserName=user)
        self.assertEqual([g["GroupName"] for g in iam.list_groups_for_user(UserName=user)["Groups"]], [group])
        own.list_users()
        self.refused("DeleteConflict", iam.delete_user, UserName=user)
        iam.remove_user_from_group(GroupName=group, UserName=user)
        self.refused("AccessDenied", own.list_users)

    def test_policies_can_name_the_caller_alone(self) -> None:
        user = unique("user")
        client("iam").create_user(UserName=user)
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        own_keys = {"Effect": "Allow", "Action": "iam:*", "Resource": arn}
        client("iam").put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(own_keys))
        own = client("iam", *new_key(user))
        self.assertEqual(own.create_access_key()["AccessKey"]["UserName"], user)
        self.assertEqual(len(own.list_access_keys()["AccessKeyMetadata"]), 2)
        self.assertEqual(own.list_ssh_public_keys()["SSHPublicKeys"], [])
        self.refused("AccessDenied", own.list_access_keys, UserName=new_user())

    def test_accounts_are_apart(self) -> None:
        there, here = client("iam", OTHER), client("iam")
        user = new_user(account=OTHER)
        there.upload_ssh_public_key(UserName=user, SSHPublicKeyBody=ssh_key())
        there.upload_signing_certificate(UserName=user, CertificateBody=certificate())
        made = there.create_service_specific_credential(UserName=user, ServiceName="logs.amazonaws.com")
        there.create_login_profile(UserName=user, Password="Correct-horse-7")
        self.refused("NoSuchEntity", here.list_ssh_public_keys, UserName=user)
        named = made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
        listed = here.list_service_specific_credentials(AllUsers=True)["ServiceSpecificCredentials"]
        self.assertNotIn(named, [c["ServiceSpecificCredentialId"] for c in listed])
        form = {"AccountId": OTHER, "UserName": user, "Password": "Correct-horse-7"}
        self.assertEqual(http("POST", "/_overlay/signin", form=form)[0], 200)
