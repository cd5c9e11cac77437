"""A user with one of each credential that IAM lets one hold, and every access path that they open.

`Everything` makes the user and tries each credential as its holder would: signed calls, the console, an API key, Git over
HTTPS and SSH. The access paths that are no signed calls are the emulator's (tests/emulator/README.md).
"""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console import Failure, until
from users import PASSWORD, Holdings, User, allow, client, refusal

QUARANTINE = "SeveranceQuarantine"
PATIENCE = 60.0
EXPOSED, OTHER = "access key, exposed", "access key, the other"
SESSION, NEW_SESSION = "session from before", "session begun now"
CONSOLE, BEDROCK, GIT = "console password", "Bedrock API key", "CodeCommit credential"
SSH, CERTIFICATE = "SSH public key", "signing certificate"
MINTED = "Bedrock API key, minted"
ONE_OF_EACH = Holdings(2, True, 1, 1, ("bedrock", "codecommit"))
MAY = ("bedrock:CallWithBearerToken", "bedrock:InvokeModel", "codecommit:GitPull", "iam:GetUser", "s3:ListAllMyBuckets")


@dataclass(frozen=True)
class Tried:
    """One credential, tried."""

    what: str
    by: str
    """The call that it was tried with."""
    opens: bool
    said: str
    """What AWS answered."""


class Everything(User):
    """A fresh user that holds one of everything: two access keys, of which one will be exposed."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, ONE_OF_EACH, allow(Action=MAY, Resource="*"), path)
        self.exposed, self.other = self.keys
        self.bedrock, self.git = self.services
        self.session = self.start_session()

    def start_session(self) -> dict[str, Any]:
        """A session of the user, begun with the key that nobody exposed."""
        return dict(client("sts", self.other).get_session_token()["Credentials"])

    def try_all(self) -> list[Tried]:
        """Tries each credential that it was made with."""
        account, [ssh_key] = self.arn.split(":")[4], self.ssh_keys
        signs_in = {"AccountId": account, "UserName": self.name, "Password": PASSWORD}
        over_ssh = {"SSHPublicKeyId": ssh_key, "Repository": "any", "Service": "git-upload-pack"}
        pair = f"{self.git['ServiceUserName']}:{self.git['ServicePassword']}"
        over_https = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        pull = "/v1/repos/any/info/refs?service=git-upload-pack"
        # It opens nothing in the emulator, so IAM's word is all there is.
        status = next(iter(self.statuses("signing certificate").values()), "gone")
        return [
            self._key(EXPOSED, self.exposed),
            self._key(OTHER, self.other),
            self.try_session(SESSION, self.session),
            unsigned(CONSOLE, "console sign-in", "/_overlay/signin", {}, urllib.parse.urlencode(signs_in)),
            self.try_bedrock(BEDROCK, self.bedrock),
            unsigned(GIT, "git over HTTPS", pull, over_https),
            unsigned(SSH, "git over SSH", "/_overlay/ssh", {}, urllib.parse.urlencode(over_ssh)),
            Tried(CERTIFICATE, "its status in IAM", status == "Active", status),
        ]

    def _key(self, what: str, key: Mapping[str, Any]) -> Tried:
        # First the one call that nothing can deny: where it is refused, the key itself is dead.
        if refused := refusal(client("sts", key).get_caller_identity):
            return Tried(what, "sts:GetCallerIdentity", False, refused["Code"])
        return self.try_session(what, key)

    def try_session(self, what: str, session: Mapping[str, Any]) -> Tried:
        """Of a session STS says until it expires whose it is, whatever is denied: what it may do is what counts."""
        refused = refusal(lambda: client("iam", session).get_user(UserName=self.name))
        return Tried(what, "iam:GetUser", not refused, refused["Code"] if refused else "answered")

    def try_bedrock(self, what: str, credential: Mapping[str, Any]) -> Tried:
        """Asks a model something with an API key."""
        body = json.dumps({"messages": [{"role": "user", "content": [{"text": "hi"}]}]})
        secret = credential["ServiceCredentialSecret"]
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        return unsigned(what, "bedrock Converse", "/model/any/converse", headers, body)

    def mint_when_denied(self) -> dict[str, Any]:
        """What an attacker does who is an administrator, too: as soon as the user is denied everything, one more key.

        In AWS the user itself can do it for some seconds, until IAM shows the denial everywhere. Of access keys a user
        holds two at most, so it is an API key."""
        if not until(self._is_denied, PATIENCE, pause=0.02):
            raise Failure(f"{self.name} was not quarantined within {PATIENCE:.0f} s")
        return self.service_credential("bedrock")

    def _is_denied(self) -> bool:
        return QUARANTINE in self.iam.list_user_policies(UserName=self.name)["PolicyNames"]

    def is_active(self, credential: Mapping[str, Any]) -> bool:
        """Whether IAM calls a service-specific credential active."""
        return self.statuses("service credential").get(credential["ServiceSpecificCredentialId"]) == "Active"


def unsigned(what: str, by: str, path: str, headers: Mapping[str, str], body: str | None = None) -> Tried:
    """Tries a request that carries its credential in itself."""
    data = body.encode() if body is not None else None
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, data=data, headers=dict(headers))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return Tried(what, by, True, f"{answer.status}")
    except urllib.error.HTTPError as error:
        if error.code not in (401, 403):
            raise
        return Tried(what, by, False, f"{error.code} {error.reason}".rstrip())
