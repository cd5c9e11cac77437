"""A user with every kind of credential that IAM lets one hold, to contain, and a look at what of it is still alive.

The look asks the emulator as its root, and tries with the user's own credentials what can be tried. It takes no tool's
word.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

# A refused call is an answer here, and not to be repeated.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=30)

# A user may hold two service-specific credentials of each of these. The last three are long-term API keys:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html
SERVICES = (
    "codecommit.amazonaws.com", "cassandra.amazonaws.com",
    "bedrock.amazonaws.com", "cloudwatch.amazonaws.com", "logs.amazonaws.com",
)  # fmt: skip
REFUSALS = ("AccessDenied", "InvalidClientTokenId", "InvalidAccessKeyId", "ExpiredToken")
USER_SESSION = "a session of the user (GetSessionToken)"
ROLE_SESSION = "a session of a role that it assumed"
WORK = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "sts:AssumeRole"], "Resource": "*"}],
}


@dataclass(frozen=True)
class Holdings:
    """How many credentials of each kind a user holds."""

    access_keys: int
    password: bool
    ssh_keys: int
    certificates: int
    services: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.access_keys + self.password + self.ssh_keys + self.certificates + len(self.services)


HOLDINGS = (
    Holdings(1, False, 0, 0, ()),
    Holdings(2, True, 1, 0, ("bedrock.amazonaws.com",)),
    # All that IAM's quotas allow, but for one service more with API keys.
    Holdings(2, True, 5, 2, SERVICES * 2),
)


@dataclass(frozen=True)
class State:
    """What a look found. Each text is for a person: '5 SSH keys'."""

    alive: tuple[str, ...]
    inactive: int
    """Can be made active again."""
    deleted: int
    """Cannot, and must be made anew by its holder. A password has no other end."""


class Subject:
    """A fresh IAM user, its credentials, and two sessions that it started with them: its own, and one of a role."""

    def __init__(self, name: str, holdings: Holdings) -> None:
        self.name, self.holdings, self.role = name, holdings, f"{name}-role"
        self.iam: Any = boto3.client("iam", config=ONCE)
        tags = {"severance:owner": "platform@example.com", "severance:class": "workload"}
        made = self.iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        self.arn = made["User"]["Arn"]
        self.iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(WORK))
        self.keys = [self.iam.create_access_key(UserName=name)["AccessKey"] for _ in range(holdings.access_keys)]
        if holdings.password:
            self.iam.create_login_profile(UserName=name, Password="not-a-real-one-1A!")
        for number in range(holdings.ssh_keys):
            self.iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=ssh_public_key(number))
        for _ in range(holdings.certificates):
            self.iam.upload_signing_certificate(UserName=name, CertificateBody=certificate(name))
        for service in holdings.services:
            self.iam.create_service_specific_credential(UserName=name, ServiceName=service)
        statement = {"Effect": "Allow", "Principal": {"AWS": self.arn}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        role = self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=self.role, PolicyName="work", PolicyDocument=json.dumps(WORK))
        sts = as_holder("sts", self.keys[0])
        self.sessions = {
            USER_SESSION: sts.get_session_token()["Credentials"],
            ROLE_SESSION: sts.assume_role(RoleArn=role, RoleSessionName="before-containment")["Credentials"],
        }
        before = self.look()
        if before.inactive or before.deleted or not all(self._sessions_work().values()):
            raise RuntimeError(f"{name} was to be wholly alive before it is contained: {before}")

    def look(self) -> State:
        """What is alive now: what AWS still accepts, what is still Active, though a deny-all may stand before it."""
        alive, inactive, kept = [], 0, 0
        for kind, active in self._listed().items():
            kept += len(active)
            inactive += active.count(False)
            if count := active.count(True):
                alive.append(f"{count} {kind}{'' if count == 1 else 's'}")
        alive += [session for session, works in self._sessions_work().items() if works]
        return State(tuple(alive), inactive, self.holdings.total - kept)

    def _listed(self) -> dict[str, list[bool]]:
        """Of each credential that is not gone, whether it is active."""
        name = self.name
        listed = self.iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        status = {key["AccessKeyId"]: key["Status"] for key in listed}
        # Whatever its status says: one that AWS accepts is alive. The call cannot be denied, so only the key is tried.
        accepted = [key["AccessKeyId"] for key in self.keys if answers(as_holder("sts", key).get_caller_identity)]
        status |= dict.fromkeys(accepted, "Active")
        ssh_keys = self.iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]
        certificates = self.iam.list_signing_certificates(UserName=name)["Certificates"]
        services = self.iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]
        return {
            "access key": [each == "Active" for each in status.values()],
            "password": [True] if self._has_password() else [],
            "SSH key": [each["Status"] == "Active" for each in ssh_keys],
            "signing certificate": [each["Status"] == "Active" for each in certificates],
            "service credential": [each["Status"] == "Active" for each in services],
        }

    def _sessions_work(self) -> dict[str, bool]:
        """Whether each may still do what it could before. That it is accepted until it expires, nobody can change."""
        return {what: answers(as_holder("s3", each).list_buckets) for what, each in self.sessions.items()}

    def _has_password(self) -> bool:
        return is_there(lambda: self.iam.get_login_profile(UserName=self.name))

    def erase(self) -> None:
        """Leaves nothing: Custodian reads every user of the account, and shall not pay for those measured before."""
        name, iam = self.name, self.iam
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        if self._has_password():
            iam.delete_login_profile(UserName=name)
        for key in iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]:
            iam.delete_ssh_public_key(UserName=name, SSHPublicKeyId=key["SSHPublicKeyId"])
        for each in iam.list_signing_certificates(UserName=name)["Certificates"]:
            iam.delete_signing_certificate(UserName=name, CertificateId=each["CertificateId"])
        for each in iam.list_service_specific_credentials(UserName=name)["ServiceSpecificCredentials"]:
            iam.delete_service_specific_credential(
                UserName=name, ServiceSpecificCredentialId=each["ServiceSpecificCredentialId"]
            )
        for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        iam.delete_user(UserName=name)
        for policy in iam.list_attached_role_policies(RoleName=self.role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=self.role, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=self.role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=self.role, PolicyName=policy)
        iam.delete_role(RoleName=self.role)


def as_holder(service: str, credentials: Mapping[str, Any]) -> Any:
    """A client with an access key's or a session's own credentials."""
    return cast(Any, boto3).client(
        service, config=ONCE, endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
    )  # fmt: skip


def answers(call: Callable[[], Any]) -> bool:
    """Whether AWS does what is asked. Only a refusal is a no; anything else that goes wrong is not taken for one."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSALS:
            return False
        raise
    return True


def is_there(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":
            return False
        raise
    return True


@cache
def key_pair(_number: int) -> rsa.RSAPrivateKey:
    """Made once each: they take a while, and users may share them."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ssh_public_key(number: int) -> str:
    """IAM takes RSA alone, and one key only once for each user."""
    public = key_pair(number).public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def certificate(name: str) -> str:
    """Self-signed, each with a serial number of its own: IAM takes a certificate only once in an account."""
    key, now = key_pair(0), datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    signed = builder.not_valid_after(now + datetime.timedelta(days=30)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()
