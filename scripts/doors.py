"""A user with one of each credential that IAM lets one hold, and every way in that they open.

`Everything` makes the user and tries each credential as its holder would: signed calls, the console, an API key, Git over
HTTPS and SSH. The ways in that are no signed calls are the emulator's (tests/emulator/README.md).
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError
from seed import ROOT
from subject import ONCE, REFUSALS, as_holder

MATERIAL = ROOT / "tests" / "material"
"""A public key and a certificate: AWS checks that they are real. Nothing is signed with their private halves."""
QUARANTINE = "SeveranceQuarantine"
PATIENCE = 60.0
EXPOSED, OTHER = "access key, exposed", "access key, the other"
SESSION, NEW_SESSION = "session from before", "session begun now"
PASSWORD, BEDROCK, GIT = "console password", "Bedrock API key", "CodeCommit credential"
SSH, CERTIFICATE = "SSH public key", "signing certificate"
MINTED = "Bedrock API key, minted"
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "bedrock:CallWithBearerToken", "bedrock:InvokeModel", "codecommit:GitPull", "iam:GetUser", "s3:ListAllMyBuckets",
            ],
            "Resource": "*",
        }
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Tried:
    """One credential, tried."""

    what: str
    by: str
    """The call that it was tried with."""
    opens: bool
    said: str
    """What AWS answered."""


class Everything:
    """A fresh user, as an administrator makes it, and its credentials, as their holder has them."""

    def __init__(self, name: str, path: str, tags: Mapping[str, str]) -> None:
        self.name = name
        self.iam: Any = boto3.client("iam", config=ONCE)
        iam = self.iam
        made = iam.create_user(UserName=name, Path=path, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        self.arn: str = made["User"]["Arn"]
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(MAY))
        self.exposed, self.other = (iam.create_access_key(UserName=name)["AccessKey"] for _ in range(2))
        self._password = "not-a-real-one-1A!"
        iam.create_login_profile(UserName=name, Password=self._password)
        body = (MATERIAL / "ssh.pub").read_text(encoding="utf-8")
        self.ssh: str = iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=body)["SSHPublicKey"]["SSHPublicKeyId"]
        body = (MATERIAL / "certificate.pem").read_text(encoding="utf-8")
        self.certificate: str = iam.upload_signing_certificate(UserName=name, CertificateBody=body)["Certificate"]["CertificateId"]
        self.bedrock, self.git = self.service_credential("bedrock"), self.service_credential("codecommit")
        self.session = self.start_session()

    def service_credential(self, service: str) -> dict[str, Any]:
        """Makes an API key, or a name and a password, for a service."""
        made = self.iam.create_service_specific_credential(UserName=self.name, ServiceName=f"{service}.amazonaws.com")
        return made["ServiceSpecificCredential"]

    def start_session(self) -> dict[str, Any]:
        """A session of the user, begun with the key that nobody exposed."""
        return as_holder("sts", self.other).get_session_token()["Credentials"]

    def try_all(self) -> list[Tried]:
        """Tries each credential that it was made with."""
        return [
            self._key(EXPOSED, self.exposed),
            self._key(OTHER, self.other),
            self.try_session(SESSION, self.session),
            self._post(PASSWORD, "console sign-in", "/_overlay/signin", self._signs_in),
            self.try_bedrock(BEDROCK, self.bedrock),
            self._git(),
            self._post(SSH, "git over SSH", "/_overlay/ssh", self._over_ssh),
            self._certificate(),
        ]

    def try_session(self, what: str, session: Mapping[str, Any]) -> Tried:
        """Of a session STS says until it expires whose it is, whatever is denied: what it may do is what counts."""
        return signed(what, "iam:GetUser", lambda: as_holder("iam", session).get_user(UserName=self.name)["User"]["Arn"])

    def try_bedrock(self, what: str, credential: Mapping[str, Any]) -> Tried:
        """Asks a model something with an API key."""
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}).encode()
        secret = credential["ServiceCredentialSecret"]
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return unsigned(what, "bedrock Converse", "/model/any/converse", headers, body)

    def is_active(self, credential: Mapping[str, Any]) -> bool:
        """Whether IAM calls a service-specific credential active."""
        listed = self.iam.list_service_specific_credentials(UserName=self.name)["ServiceSpecificCredentials"]
        wanted = credential["ServiceSpecificCredentialId"]
        return any(each["ServiceSpecificCredentialId"] == wanted and each["Status"] == "Active" for each in listed)

    def _key(self, what: str, key: Mapping[str, Any]) -> Tried:
        # First the one call that nothing can deny: where it is refused, the key itself is dead.
        tried = signed(what, "sts:GetCallerIdentity", as_holder("sts", key).get_caller_identity)
        return self.try_session(what, key) if tried.opens else tried

    def _git(self) -> Tried:
        pair = f"{self.git['ServiceUserName']}:{self.git['ServicePassword']}"
        headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        return unsigned(GIT, "git over HTTPS", "/v1/repos/any/info/refs?service=git-upload-pack", headers, None)

    @property
    def _signs_in(self) -> dict[str, str]:
        return {"AccountId": self.arn.split(":")[4], "UserName": self.name, "Password": self._password}

    @property
    def _over_ssh(self) -> dict[str, str]:
        return {"SSHPublicKeyId": self.ssh, "Repository": "any", "Service": "git-upload-pack"}

    def _post(self, what: str, by: str, path: str, form: Mapping[str, str]) -> Tried:
        return unsigned(what, by, path, {}, urllib.parse.urlencode(form).encode())

    def _certificate(self) -> Tried:
        """It opens nothing in the emulator, so IAM's word is all there is."""
        listed = self.iam.list_signing_certificates(UserName=self.name)["Certificates"]
        status = next((each["Status"] for each in listed if each["CertificateId"] == self.certificate), "gone")
        return Tried(CERTIFICATE, "its status in IAM", status == "Active", status)


class Minting(threading.Thread):
    """An attacker who is an administrator, too: as soon as the user is denied everything, it gets one more key.

    In AWS the user itself can do it for some seconds, until IAM shows the denial everywhere. Of access keys a user holds
    two at most, so it is an API key."""

    def __init__(self, user: Everything) -> None:
        super().__init__(daemon=True)
        self._user, self._failed = user, ""
        self._made: dict[str, Any] | None = None

    def run(self) -> None:
        deadline = time.monotonic() + PATIENCE
        try:
            while QUARANTINE not in self._user.iam.list_user_policies(UserName=self._user.name)["PolicyNames"]:
                if time.monotonic() > deadline:
                    self._failed = f"{self._user.name} was not quarantined within {PATIENCE:.0f} s"
                    return
                time.sleep(0.02)
            self._made = self._user.service_credential("bedrock")
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the key
            self._failed = str(error)

    def key(self) -> dict[str, Any]:
        """The key; RuntimeError where none could be made."""
        self.join(PATIENCE)
        if self._made is None:
            raise RuntimeError(f"no key was minted: {self._failed or 'it took too long'}")
        return self._made


def signed(what: str, by: str, call: Any) -> Tried:
    """Tries a signed call. Only a refusal is a no; anything else that goes wrong is not taken for one."""
    try:
        call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in REFUSALS:
            raise
        return Tried(what, by, False, code)
    return Tried(what, by, True, "answered")


def unsigned(what: str, by: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Tried:
    """Tries a request that carries its credential in itself."""
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=body, headers=dict(headers))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return Tried(what, by, True, f"{answer.status}")
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403):
            raise
        return Tried(what, by, False, f"{error.code} {error.reason}".rstrip())


def table(tried: Iterable[Tried]) -> str:
    """The credentials and what came of each, to read."""
    heads = f"{'CREDENTIAL':<26}{'TRIED WITH':<24}{'':<8}AWS SAYS"
    rows = [f"{each.what:<26}{each.by:<24}{'WORKS' if each.opens else 'dead':<8}{each.said}" for each in tried]
    return "\n".join([heads, *rows])
