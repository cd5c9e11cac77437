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

IDENTITIES: dict[str, list[dict[str, Any]]] = json.loads((EVENTS / "account.json").read_text(encoding="utf-8"))

# The files in events/ name one fixed key id for each identity; real ids exist only once the keys do.
PLACEHOLDERS: dict[str, str] = {user["name"]: user["keyInEvents"] for user in IDENTITIES["users"] if "keyInEvents" in user}


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


def _tags(identity: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Key": f"severance:{key}", "Value": identity[key]} for key in ("owner", "class") if key in identity]


def seed(session: Any) -> Account:
    """Makes the identities. `session` is a boto3 session with the emulator's root credentials."""
    iam, secrets = session.client("iam"), session.client("secretsmanager")
    account = Account()
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "iam:GetUser"], "Resource": "*"}]}
    for user in IDENTITIES["users"]:
        name = user["name"]
        iam.create_user(UserName=name, Path=user["path"], Tags=_tags(user))
        iam.put_user_policy(UserName=name, PolicyName="work", PolicyDocument=json.dumps(allow))
        if user["hasKey"]:
            account.keys[name] = create_key(iam, name)
        if user.get("hasPassword"):
            iam.create_login_profile(UserName=name, Password="not-a-real-one-1A!")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}],
    }
    for role in IDENTITIES["roles"]:
        name = role["name"]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=_tags(role))
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=json.dumps(allow))
    rotation = "arn:aws:lambda:us-east-1:000000000000:function:SecretsManagerDemoRotation"
    for secret in IDENTITIES["secrets"]:
        name = secret["name"]
        made = secrets.create_secret(Name=name, SecretString=json.dumps({"token": "demo"}), Tags=_tags(secret))
        account.secrets[name] = made["ARN"]
        secrets.rotate_secret(
            SecretId=name, RotationLambdaARN=rotation, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
        )
    return account


def create_key(iam: Any, user: str) -> Key:
    """A new access key of this user."""
    made = iam.create_access_key(UserName=user)["AccessKey"]
    return Key(made["AccessKeyId"], made["SecretAccessKey"])
