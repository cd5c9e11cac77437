"""Fresh IAM users with credentials, as an administrator makes them, and what their holders can do with them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from places import EVENTS, REPO

# A refused call is an answer here, and not to be repeated.
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=70)
REFUSALS = ("AccessDenied", "InvalidClientTokenId", "InvalidAccessKeyId", "ExpiredToken")
OWNER = "platform@example.com"
PASSWORD = "not-a-real-one-1A!"
# AWS checks that they are real. Nothing is signed with their private halves, which are gone.
MATERIAL = REPO / "tests" / "material"
SSH_KEYS = [path.read_text(encoding="utf-8") for path in sorted(MATERIAL.glob("*.pub"))]
CERTIFICATES = [path.read_text(encoding="utf-8") for path in sorted(MATERIAL.glob("*.pem"))]
LISTED = {
    "access key": ("access_key", "AccessKeyMetadata", "AccessKeyId"),
    "SSH key": ("ssh_public_key", "SSHPublicKeys", "SSHPublicKeyId"),
    "signing certificate": ("signing_certificate", "Certificates", "CertificateId"),
    "service credential": ("service_specific_credential", "ServiceSpecificCredentials", "ServiceSpecificCredentialId"),
}
"""Each kind of credential that IAM lists, as boto3 names it, as its list is named, and its id."""


def client(service: str, holder: Mapping[str, Any] | None = None) -> Any:
    """A client with an access key's or a session's credentials, or with those of the environment."""
    own = holder or {}
    # boto3 makes the types of its clients at run time.
    return cast(Any, boto3).client(
        service, config=ONCE, aws_access_key_id=own.get("AccessKeyId"),
        aws_secret_access_key=own.get("SecretAccessKey"), aws_session_token=own.get("SessionToken"),
    )  # fmt: skip


def refusal(call: Callable[[], Any]) -> Mapping[str, str] | None:
    """How AWS refuses a call; None where it does what is asked. Nothing else that goes wrong is taken for a refusal."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in REFUSALS:
            return error.response["Error"]
        raise
    return None


def allow(**statement: Any) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def tags(owner: str | None, kind: str | None) -> list[dict[str, str]]:
    """The tags that say whose an identity is, and of which class; without those of which nothing is known."""
    return [{"Key": f"severance:{key}", "Value": value} for key, value in (("owner", owner), ("class", kind)) if value]


def new_user(
    name: str, may: str = "", *, path: str = "/", owner: str | None = OWNER, kind: str | None = "workload"
) -> str:
    """A user with its owner, its class and its policy; gives its ARN."""
    iam = client("iam")
    made = iam.create_user(UserName=name, Path=path, Tags=tags(owner, kind))
    if may:
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=may)
    return str(made["User"]["Arn"])


def new_key(name: str) -> dict[str, str]:
    """A new access key of a user, as its holder has it."""
    return dict(client("iam").create_access_key(UserName=name)["AccessKey"])


def event(name: str, replace: Mapping[str, str]) -> dict[str, Any]:
    """The event of this file below events/, with other texts in the place of those that stand there."""
    text = (EVENTS / name).read_text(encoding="utf-8")
    for old, new in replace.items():
        text = text.replace(old, new)
    return dict(json.loads(text))


def finding(user: str, key: Mapping[str, str]) -> dict[str, Any]:
    """GuardDuty's finding that a user's key is misused: of each user another one, else it were a second delivery."""
    names = {"ci-deployer": user, "AKIAEXAMPLECIDEPLOY1": key["AccessKeyId"]}
    found = event("guardduty/compromised-access-key.json", names)
    found["detail"]["id"] = user
    return found


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


class User:
    """A fresh user and its credentials."""

    def __init__(self, name: str, holdings: Holdings, may: str, path: str = "/") -> None:
        self.name, self.holdings = name, holdings
        self.iam = iam = client("iam")
        self.arn = new_user(name, may, path=path)
        self.keys = [new_key(name) for _ in range(holdings.access_keys)]
        if holdings.password:
            iam.create_login_profile(UserName=name, Password=PASSWORD)
        self.ssh_keys = []
        for body in SSH_KEYS[: holdings.ssh_keys]:
            made = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=body)
            self.ssh_keys.append(made["SSHPublicKey"]["SSHPublicKeyId"])
        # An account takes each but once.
        for body in CERTIFICATES[: holdings.certificates]:
            iam.upload_signing_certificate(UserName=name, CertificateBody=body)
        self.services = [self.service_credential(service) for service in holdings.services]

    def service_credential(self, service: str) -> dict[str, Any]:
        """Makes an API key, or a name and a password, for a service."""
        made = self.iam.create_service_specific_credential(UserName=self.name, ServiceName=f"{service}.amazonaws.com")
        return dict(made["ServiceSpecificCredential"])

    def statuses(self, kind: str) -> dict[str, str]:
        """The status of each credential of a kind that is not gone, by its id."""
        noun, key, identity = LISTED[kind]
        listed = getattr(self.iam, f"list_{noun}s")(UserName=self.name)[key]
        return {each[identity]: each["Status"] for each in listed}

    def has_password(self) -> bool:
        try:
            self.iam.get_login_profile(UserName=self.name)
        except self.iam.exceptions.NoSuchEntityException:
            return False
        return True
