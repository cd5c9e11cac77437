"""The people, service accounts, keys and secrets of the demonstration account.

`seed()` fills an empty account of the emulator; the identities are those that the files in events/ speak of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EVENTS = ROOT / "events"

# The files in events/ name one fixed key id for each identity; real ids exist only once the keys do.
PLACEHOLDERS = {
    "ci-deployer": "AKIAEXAMPLECIDEPLOY1",
    "report-batch": "AKIAEXAMPLEREPORTB01",
    "new-hire-bot": "AKIAEXAMPLENEWHIRE01",
    "payments-api": "AKIAEXAMPLEPAYMENTS1",
}


@dataclass(frozen=True)
class Key:
    """An access key as its holder has it."""

    id: str
    secret: str = field(repr=False)


@dataclass
class Account:
    """What the seeding made."""

    keys: dict[str, Key] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def event(self, name: str) -> dict[str, Any]:
        """The event of this file below events/, with the real ids of the keys that it speaks of."""
        text = (EVENTS / name).read_text(encoding="utf-8")
        for user, placeholder in PLACEHOLDERS.items():
            if user in self.keys:
                text = text.replace(placeholder, self.keys[user].id)
        return json.loads(text)


def _tags(owner: str | None, kind: str | None) -> list[dict[str, str]]:
    pairs = {"severance:owner": owner, "severance:class": kind}
    return [{"Key": key, "Value": value} for key, value in pairs.items() if value]


def seed(session: Any) -> Account:
    """Makes the identities. `session` is a boto3 session with the emulator's root credentials."""
    iam, secrets = session.client("iam"), session.client("secretsmanager")
    account = Account()
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "iam:GetUser"], "Resource": "*"}]}
    users = [
        ("ci-deployer", "/", "platform@example.com", "workload", True),
        ("report-batch", "/service/", "finance@example.com", "workload", True),
        ("new-hire-bot", "/", None, None, False),
        ("payments-api", "/", "payments@example.com", "workload", True),
        ("alice", "/", "alice@example.com", "human", True),
        ("warehouse-sync", "/", "alice@example.com bob@example.com", "workload", True),
    ]
    for name, path, owner, kind, with_key in users:
        iam.create_user(UserName=name, Path=path, Tags=_tags(owner, kind))
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(allow))
        if with_key:
            account.keys[name] = create_key(iam, name)
    iam.create_login_profile(UserName="alice", Password="not-a-real-one-1A!")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}],
    }
    iam.create_role(RoleName="build-runner", AssumeRolePolicyDocument=json.dumps(trust), Tags=_tags("platform@example.com", "pipeline"))
    iam.put_role_policy(RoleName="build-runner", PolicyName="work", PolicyDocument=json.dumps(allow))
    rotation = "arn:aws:lambda:us-east-1:000000000000:function:SecretsManagerDemoRotation"
    for name, owner, rotated in (
        ("alice/crm-token", "alice@example.com", True),
        ("shared/warehouse", "alice@example.com bob@example.com", True),
    ):
        made = secrets.create_secret(Name=name, SecretString=json.dumps({"token": "demo"}), Tags=_tags(owner, None))
        account.secrets[name] = made["ARN"]
        if rotated:
            secrets.rotate_secret(
                SecretId=name, RotationLambdaARN=rotation, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
            )
    return account


def create_key(iam: Any, user: str) -> Key:
    """A new access key of this user."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])
