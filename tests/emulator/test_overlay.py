"""What the overlay claims, held with boto3 against the running emulator, under enforced IAM.

    .venv/bin/python -m unittest discover -s tests/emulator
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import sys
import tempfile
import time
import unittest
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from emulator import Emulator  # noqa: E402

ACCOUNT, OTHER, MANAGEMENT = "000000000000", "222222222222", "999999999999"
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}

folder: tempfile.TemporaryDirectory[str]
emulator: Emulator
session = boto3.Session(region_name="us-east-1")


def setUpModule() -> None:
    global folder, emulator
    folder = tempfile.TemporaryDirectory()
    emulator = Emulator(Path(folder.name))
    emulator.start()


def tearDownModule() -> None:
    emulator.stop()
    folder.cleanup()


@contextmanager
def another_emulator(**settings: str) -> Iterator[None]:
    """An emulator with other settings, in place of the module's."""
    global emulator
    before = emulator
    with tempfile.TemporaryDirectory() as place, unittest.mock.patch.dict("os.environ", settings):
        emulator = Emulator(Path(place))
        emulator.start()
        try:
            yield
        finally:
            emulator.stop()
            emulator = before


# ── Means ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def client(
    service: str, key: str = "test", secret: str = "test", token: str | None = None, region: str | None = None
) -> Any:
    return session.client(
        service,
        region_name=region,
        endpoint_url=emulator.endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 1}),
    )


def of_session(service: str, credentials: dict[str, Any]) -> Any:
    return client(service, credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(*statements: dict[str, Any]) -> str:
    return policy(*({"Effect": "Allow", "Action": "sts:AssumeRole"} | statement for statement in statements))


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def new_user(*statements: dict[str, Any], account: str = "test") -> str:
    name = unique("user")
    iam = client("iam", account)
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return name


def new_key(user: str, account: str = "test") -> tuple[str, str]:
    key = client("iam", account).create_access_key(UserName=user)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def new_role(trusted: str, *statements: dict[str, Any], account: str = "test") -> str:
    name = unique("role")
    iam = client("iam", account)
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return arn


def http(
    method: str, path: str, *, form: dict[str, str] | None = None, data: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    body = urllib.parse.urlencode(form).encode() if form is not None else data
    request = urllib.request.Request(emulator.endpoint + path, body, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def settle() -> None:
    """Let all that was written to IAM show and go."""
    signed = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    status, body = http("POST", "/", form={"Action": "OverlaySettle"}, Authorization=signed)
    assert status == 200, body


class Case(unittest.TestCase):
    def refused(self, code: str, call: Callable[..., Any], **arguments: Any) -> ClientError:
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception


def ssh_key(key: Any = None) -> str:
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.OpenSSH
    return key.public_key().public_bytes(serialization.Encoding.OpenSSH, form).decode()


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    start = dt.datetime.now(dt.timezone.utc)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = built.not_valid_before(start).not_valid_after(start + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


# ── Credentials of users ─────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def issued_before(moment: dt.datetime) -> dict[str, Any]:
    condition = {"DateLessThan": {"aws:TokenIssueTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    return DENY_ALL | {"Condition": condition}


def after_this_second() -> dt.datetime:
    """A time that is later than everything issued so far: token times have whole seconds."""
    time.sleep(1.05)
    return dt.datetime.now(dt.timezone.utc)


class Sessions(Case):
    def test_sessions_of_a_user_end_with_what_denies_him(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        key = new_key(user)
        sts = client("sts", *key)
        session_token = sts.get_session_token()["Credentials"]
        federated = sts.get_federation_token(Name="someone", Policy=policy(ALLOW_ALL))["Credentials"]
        old = [of_session("sqs", session_token), of_session("sqs", federated)]
        for queue in old:
            queue.list_queues()
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(issued_before(after_this_second())))
        for queue in old:
            self.refused("AccessDenied", queue.list_queues)
        client("sqs", *key).list_queues()
        of_session("sqs", sts.get_session_token()["Credentials"]).list_queues()
        iam.put_user_policy(UserName=user, PolicyName="deny", PolicyDocument=policy(DENY_ALL))
        self.refused("AccessDenied", client("sqs", *key).list_queues)
        late = sts.get_session_token()["Credentials"]
        self.refused("AccessDenied", of_session("sqs", late).list_queues)
        self.assertIn(user, of_session("sts", late).get_caller_identity()["Arn"])

    def test_sessions_of_a_user_end_with_the_user(self) -> None:
        iam, user = client("iam"), new_user(ALLOW_ALL)
        key = new_key(user)
        sts = client("sts", *key)
        made = [
            sts.get_session_token()["Credentials"],
            sts.get_federation_token(Name="someone", Policy=policy(ALLOW_ALL))["Credentials"],
        ]
        iam.delete_access_key(UserName=user, AccessKeyId=key[0])
        for credentials in made:
            of_session("sqs", credentials).list_queues()
        iam.delete_user_policy(UserName=user, PolicyName="own")
        iam.delete_user(UserName=user)
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        for credentials in made:
            self.refused("InvalidClientTokenId", of_session("sns", credentials).list_topics)

    def test_sessions_of_a_role_end_at_a_time_and_with_the_role(self) -> None:
        iam = client("iam")
        arn = new_role(trust({"Principal": {"AWS": ACCOUNT}}), ALLOW_ALL)
        name = arn.rpartition("/")[2]
        user = new_user(ALLOW_ALL)
        sts = client("sts", *new_key(user))
        old = of_session("sqs", sts.assume_role(RoleArn=arn, RoleSessionName="old")["Credentials"])
        old.list_queues()
        iam.put_role_policy(RoleName=name, PolicyName="cut", PolicyDocument=policy(issued_before(after_this_second())))
        self.refused("AccessDenied", old.list_queues)
        new = of_session("sqs", sts.assume_role(RoleArn=arn, RoleSessionName="new")["Credentials"])
        new.list_queues()
        for policy_name in ("own", "cut"):
            iam.delete_role_policy(RoleName=name, PolicyName=policy_name)
        iam.delete_role(RoleName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"Principal": {"AWS": ACCOUNT}}))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(ALLOW_ALL))
        self.refused("InvalidClientTokenId", new.list_queues)

    def test_a_deny_in_the_trust_policy_shuts_everybody_out(self) -> None:
        iam, sts = client("iam"), client("sts", *new_key(new_user(ALLOW_ALL)))
        allowed = {"Principal": {"AWS": ACCOUNT}}
        arn = new_role(trust(allowed))
        assume = {"RoleArn": arn, "RoleSessionName": "visit"}
        sts.assume_role(**assume)
        name = arn.rpartition("/")[2]
        for principal in ({"AWS": "*"}, "*"):
            document = trust(allowed, {"Effect": "Deny", "Principal": principal})
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
            self.refused("AccessDenied", sts.assume_role, **assume)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(allowed))
        sts.assume_role(**assume)

    def test_a_trust_policy_that_names_the_user_is_enough(self) -> None:
        user = new_user()
        sts = client("sts", *new_key(user))
        named = new_role(trust({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"}}))
        sts.assume_role(RoleArn=named, RoleSessionName="visit")
        not_named = new_role(trust({"Principal": {"AWS": ACCOUNT}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=not_named, RoleSessionName="visit")

    def test_web_identity(self) -> None:
        iam = client("iam")
        host = unique("idp") + ".example.com"
        provider = iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["app"])["OpenIDConnectProviderArn"]
        listed = [p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        self.assertIn(provider, listed)
        web = {"Action": "sts:AssumeRoleWithWebIdentity"}
        condition = {"StringEquals": {f"{host}:sub": "build"}}
        allowed = web | {"Principal": {"Federated": provider}, "Condition": condition}
        arn = new_role(trust(allowed), ALLOW_ALL)
        sts = client("sts")

        def token(subject: str) -> str:
            parts = ({"alg": "none"}, {"iss": f"https://{host}", "sub": subject, "aud": "app"})
            encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
            return ".".join([*encoded, "x"])

        def assume(subject: str = "build", **more: Any) -> dict[str, Any]:
            asked = {"RoleArn": arn, "RoleSessionName": "visit", "WebIdentityToken": token(subject)}
            return sts.assume_role_with_web_identity(**asked, **more)["Credentials"]

        of_session("sqs", assume()).list_queues()
        self.refused("AccessDenied", assume, subject="other")
        limited = assume(Policy=policy({"Effect": "Allow", "Action": "sns:*", "Resource": "*"}))
        self.refused("AccessDenied", of_session("sqs", limited).list_queues)
        for principal in ({"AWS": "*"}, {"Federated": [provider]}, {"Federated": "*"}):
            document = trust(allowed, web | {"Effect": "Deny", "Principal": principal})
            iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
            self.refused("AccessDenied", assume)
        iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=trust(allowed))
        assume()
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
        self.refused("InvalidIdentityToken", assume)

    def test_saml(self) -> None:
        iam, sts = client("iam"), client("sts")
        metadata = "<m>" + "x" * 1000 + "</m>"
        provider = iam.create_saml_provider(Name=unique("idp"), SAMLMetadataDocument=metadata)["SAMLProviderArn"]
        self.assertIn(provider, [p["Arn"] for p in iam.list_saml_providers()["SAMLProviderList"]])
        saml = {"Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}
        arn = new_role(trust(saml), ALLOW_ALL)
        role, name = (f"https://aws.amazon.com/SAML/Attributes/{last}" for last in ("Role", "RoleSessionName"))
        assertion = (
            f'<Response><Attribute Name="{role}"><AttributeValue>{arn},{provider}</AttributeValue></Attribute>'
            f'<Attribute Name="{name}"><AttributeValue>someone</AttributeValue></Attribute></Response>'
        )
        asked = {"RoleArn": arn, "PrincipalArn": provider, "SAMLAssertion": base64.b64encode(assertion.encode()).decode()}
        made = sts.assume_role_with_saml(**asked)
        self.assertTrue(made["AssumedRoleUser"]["Arn"].endswith("/someone"))
        of_session("sqs", made["Credentials"]).list_queues()
        document = trust(saml, saml | {"Effect": "Deny"})
        iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
        self.refused("AccessDenied", sts.assume_role_with_saml, **asked)

    def test_across_accounts(self) -> None:
        hub = new_user(ALLOW_ALL)
        sts = client("sts", *new_key(hub))
        external = {"StringEquals": {"sts:ExternalId": "secret-word"}}
        here = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        arn = new_role(trust({"Principal": here, "Condition": external}), ALLOW_ALL, account=OTHER)
        asked = {"RoleArn": arn, "RoleSessionName": "visit"}
        self.refused("AccessDenied", sts.assume_role, **asked)
        self.refused("AccessDenied", sts.assume_role, **asked, ExternalId="wrong")
        asked |= {"ExternalId": "secret-word"}
        made = sts.assume_role(**asked)["Credentials"]
        self.assertEqual(of_session("sts", made).get_caller_identity()["Account"], OTHER)
        there = new_user(account=OTHER)
        of_session("iam", made).get_user(UserName=there)
        only = policy({"Effect": "Allow", "Action": "iam:GetUser", "Resource": f"arn:aws:iam::{OTHER}:user/{there}"})
        cut = of_session("iam", sts.assume_role(**asked, Policy=only)["Credentials"])
        cut.get_user(UserName=there)
        self.refused("AccessDenied", cut.get_user, UserName=new_user(account=OTHER))
        self.refused("AccessDenied", cut.list_users)
        # Who may assume is settled on both sides.
        self.refused("AccessDenied", client("sts", *new_key(new_user())).assume_role, **asked)

    def test_source_identity(self) -> None:
        key = new_key(new_user(ALLOW_ALL))
        sts = client("sts", *key)
        principal = {"Principal": {"AWS": ACCOUNT}}
        silent = new_role(trust(principal))
        self.refused("AccessDenied", sts.assume_role, RoleArn=silent, RoleSessionName="visit", SourceIdentity="case-1")
        both = principal | {"Action": ["sts:AssumeRole", "sts:SetSourceIdentity"]}
        whose = {"StringLike": {"sts:SourceIdentity": "case-*"}}
        arn = new_role(trust(both | {"Condition": whose}), ALLOW_ALL)
        self.refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="visit", SourceIdentity="other")
        made = sts.assume_role(RoleArn=arn, RoleSessionName="visit", SourceIdentity="case-1")
        self.assertEqual(made["SourceIdentity"], "case-1")
        condition = {"StringEquals": {"aws:SourceIdentity": "case-1"}}
        client("iam").put_role_policy(
            RoleName=arn.rpartition("/")[2], PolicyName="deny", PolicyDocument=policy(DENY_ALL | {"Condition": condition})
        )
        self.refused("AccessDenied", of_session("sqs", made["Credentials"]).list_queues)
        only_assume = new_user({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
        may_not = client("sts", *new_key(only_assume))
        self.refused("AccessDenied", may_not.assume_role, RoleArn=arn, RoleSessionName="visit", SourceIdentity="case-1")


# ── CloudTrail ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Organizations ────────────────────────────────────────────────────────────────────────────────────────────────────


def new_scp(*statements: dict[str, Any], by: str = MANAGEMENT) -> str:
    made = client("organizations", by).create_policy(
        Name=unique("scp"), Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(*statements)
    )
    return made["Policy"]["PolicySummary"]["Id"]


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


# ── Identity Center ──────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Roles Anywhere ───────────────────────────────────────────────────────────────────────────────────────────────────


class RolesAnywhere(Case):
    def test_anchors_and_profiles(self) -> None:
        service = client("rolesanywhere")
        source = {"sourceType": "CERTIFICATE_BUNDLE", "sourceData": {"x509CertificateData": certificate()}}
        anchor = service.create_trust_anchor(name="anchor", source=source, enabled=True)["trustAnchor"]
        trusted = trust({"Principal": {"Service": "rolesanywhere.amazonaws.com"}})
        role = new_role(trusted, ALLOW_ALL)
        profile = service.create_profile(name="profile", roleArns=[role], enabled=True)["profile"]
        named = {"profileId": profile["profileId"]}
        self.assertIn(anchor["trustAnchorId"], [a["trustAnchorId"] for a in service.list_trust_anchors()["trustAnchors"]])
        self.assertIn(profile["profileId"], [p["profileId"] for p in service.list_profiles()["profiles"]])
        self.assertEqual(client("rolesanywhere", OTHER).list_profiles()["profiles"], [])
        form = {"TrustAnchorArn": anchor["trustAnchorArn"], "ProfileArn": profile["profileArn"], "RoleArn": role}

        def session() -> int:
            return http("POST", "/_overlay/rolesanywhere/session", form=form)[0]

        self.assertEqual(session(), 201)
        self.assertFalse(service.disable_profile(**named)["profile"]["enabled"])
        self.assertEqual(session(), 403)
        service.enable_profile(**named)
        service.update_profile(**named, roleArns=[])
        self.assertEqual(service.get_profile(**named)["profile"]["roleArns"], [])
        self.assertEqual(session(), 403)
        service.update_profile(**named, roleArns=[role])
        self.assertEqual(session(), 201)
        service.disable_trust_anchor(trustAnchorId=anchor["trustAnchorId"])
        self.assertEqual(session(), 403)
        service.enable_trust_anchor(trustAnchorId=anchor["trustAnchorId"])
        document = trust({"Principal": {"Service": "rolesanywhere.amazonaws.com"}}, {"Effect": "Deny", "Principal": {"AWS": "*"}})
        client("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=document)
        self.assertEqual(session(), 403)
        service.delete_profile(**named)
        self.refused("ResourceNotFoundException", service.get_profile, **named)

    def test_permissions(self) -> None:
        profile = client("rolesanywhere").create_profile(name="profile", roleArns=[])["profile"]
        may = {"Effect": "Allow", "Action": "rolesanywhere:DisableProfile", "Resource": profile["profileArn"]}
        scoped = client("rolesanywhere", *new_key(new_user(may)))
        scoped.disable_profile(profileId=profile["profileId"])
        self.refused("AccessDeniedException", scoped.enable_profile, profileId=profile["profileId"])
        self.refused("AccessDeniedException", scoped.list_profiles)


# ── Function URLs ────────────────────────────────────────────────────────────────────────────────────────────────────

FUNCTION_STACK = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { ZipFile: "def handler(event, context):\n    return event['requestContext'] | {'raw': event['rawPath']}\n" }
  Url:
    Type: AWS::Lambda::Url
    Properties: { TargetFunctionArn: !Ref Function, AuthType: AWS_IAM }
Outputs:
  Url: { Value: !GetAtt Url.FunctionUrl }
  Function: { Value: !GetAtt Function.Arn }
"""


class FunctionUrls(Case):
    def test_the_function_knows_who_called(self) -> None:
        cloudformation, name = client("cloudformation"), unique("stack")
        cloudformation.create_stack(StackName=name, TemplateBody=FUNCTION_STACK, Capabilities=["CAPABILITY_IAM"])
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
        outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        named = {output["OutputKey"]: output["OutputValue"] for output in outputs}
        self.assertTrue(named["Url"].startswith(f"{emulator.endpoint}/_aws/lambda-url/"))
        may = {"Effect": "Allow", "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"], "Resource": named["Function"]}
        user = new_user(may)
        key = new_key(user)
        status, body = signed_call(named["Url"] + "some/path", *key)
        self.assertEqual(status, 200, body)
        context = json.loads(body)
        caller = context["authorizer"]["iam"]
        unique_id = client("iam").get_user(UserName=user)["User"]["UserId"]
        organization = client("organizations").describe_organization()["Organization"]["Id"]
        expected = {
            "accessKey": key[0],
            "accountId": ACCOUNT,
            "callerId": unique_id,
            "userId": unique_id,
            "userArn": f"arn:aws:iam::{ACCOUNT}:user/{user}",
            "principalOrgId": organization,
        }
        self.assertEqual({name: caller[name] for name in expected}, expected)
        self.assertEqual(context["raw"], "/some/path")
        for action in ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"):
            half = new_key(new_user(may | {"Action": action}))
            self.assertEqual(signed_call(named["Url"], *half)[0], 403)
        self.assertEqual(signed_call(named["Url"], key[0], "wrong-secret")[0], 403)
        self.assertEqual(http("GET", named["Url"].removeprefix(emulator.endpoint))[0], 403)


def signed_call(url: str, key: str, secret: str, token: str | None = None) -> tuple[int, bytes]:
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret, token), "lambda", "us-east-1").add_auth(request)
    return http("GET", url.removeprefix(emulator.endpoint), **dict(request.headers))


# ── Settling ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Settling(Case):
    def test_changes_take_effect_later(self) -> None:
        with another_emulator(OVERLAY_IAM_LAG_SECONDS="600"):
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


if __name__ == "__main__":
    unittest.main()
