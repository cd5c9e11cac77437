"""What the tests of the overlay share.

Each of their modules holds with boto3 what the overlay claims, under enforced IAM, against an emulator that runs for it alone:

    .venv/bin/python -m unittest discover -s tests/emulator
"""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
import tempfile
import unittest
import unittest.mock
import urllib.error
import urllib.parse
import urllib.request
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
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


class Case(unittest.TestCase):
    def refused(self, code: str, call: Callable[..., Any], **arguments: Any) -> ClientError:
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception


# ── Calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Identities ───────────────────────────────────────────────────────────────────────────────────────────────────────


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | ({"Condition": condition} if condition else {})


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


def new_scp(*statements: dict[str, Any], by: str = MANAGEMENT) -> str:
    made = client("organizations", by).create_policy(
        Name=unique("scp"), Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(*statements)
    )
    return made["Policy"]["PolicySummary"]["Id"]


# ── Credentials ──────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Secrets and functions ────────────────────────────────────────────────────────────────────────────────────────────

ASSUMED_BY_LAMBDA = trust({"Principal": {"Service": "lambda.amazonaws.com"}})


def package(bootstrap: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, bootstrap)
    return held.getvalue()


def new_function(role: str, bootstrap: str = "#!/bin/sh\n", **environment: str) -> str:
    made = client("lambda").create_function(
        FunctionName=unique("function"),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": package(bootstrap)},
        Environment={"Variables": environment},
        Timeout=20,
    )
    return made["FunctionArn"]


def new_secret(value: Any = "first", **more: Any) -> dict[str, Any]:
    text = value if isinstance(value, str) else json.dumps(value)
    return client("secretsmanager").create_secret(Name=unique("secret"), SecretString=text, **more)


def stages(secret: str, secrets: Any = None) -> dict[str, str]:
    """Versions by their labels."""
    described = (secrets or client("secretsmanager")).describe_secret(SecretId=secret)
    return {stage: version for version, held in described.get("VersionIdsToStages", {}).items() for stage in held}
