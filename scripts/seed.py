"""The people, service accounts, keys and secrets of the demonstration account.

`seed()` fills an empty account of the emulator; the identities are those that the files in events/ speak of.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from places import EVENTS
from users import PASSWORD, allow, event, new_key, new_user, tags

IDENTITIES: dict[str, list[dict[str, Any]]] = json.loads((EVENTS / "account.json").read_text(encoding="utf-8"))


@dataclass
class Account:
    """What the seeding made."""

    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    def event(self, name: str) -> dict[str, Any]:
        """The event of this file below events/, with the real ids of the keys that it speaks of."""
        # The files name one fixed key id for each identity; real ids exist only once the keys do.
        known = [user for user in IDENTITIES["users"] if "keyInEvents" in user and user["name"] in self.keys]
        return event(name, {user["keyInEvents"]: self.keys[user["name"]]["AccessKeyId"] for user in known})


def seed(session: Any) -> Account:
    """Makes the identities. `session` is a boto3 session with the emulator's root credentials."""
    iam, secrets = session.client("iam"), session.client("secretsmanager")
    account = Account()
    may = allow(Action=["s3:ListAllMyBuckets", "iam:GetUser"], Resource="*")
    for user in IDENTITIES["users"]:
        name = user["name"]
        new_user(name, may, path=user["path"], owner=user.get("owner"), kind=user.get("class"))
        if user["hasKey"]:
            account.keys[name] = new_key(name)
        if user.get("hasPassword"):
            iam.create_login_profile(UserName=name, Password=PASSWORD)
    trust = allow(Principal={"AWS": "arn:aws:iam::000000000000:root"}, Action="sts:AssumeRole")
    for role in IDENTITIES["roles"]:
        name = role["name"]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tags(role.get("owner"), role.get("class")))
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=may)
    rotation = "arn:aws:lambda:us-east-1:000000000000:function:SecretsManagerDemoRotation"
    for secret in IDENTITIES["secrets"]:
        name, owner = secret["name"], tags(secret.get("owner"), secret.get("class"))
        secrets.create_secret(Name=name, SecretString=json.dumps({"token": "demo"}), Tags=owner)
        secrets.rotate_secret(
            SecretId=name, RotationLambdaARN=rotation, RotationRules={"AutomaticallyAfterDays": 30}, RotateImmediately=False
        )
    return account
