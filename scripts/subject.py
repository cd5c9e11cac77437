"""A user to contain, with as many credentials as it shall hold, and a look at what of it is still alive.

The look asks the emulator as its root, and tries with the user's own credentials what can be tried. It takes no tool's
word.
"""

from __future__ import annotations

from dataclasses import dataclass

from users import LISTED, Holdings, User, allow, as_holder, refusal

# A user may hold two service-specific credentials of each of these. The last three are long-term API keys:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_api_keys_for_aws_services.html
SERVICES = ("codecommit", "cassandra", "bedrock", "cloudwatch", "logs")
USER_SESSION = "a session of the user (GetSessionToken)"
ROLE_SESSION = "a session of a role that it assumed"
WORK = allow(Action=["s3:ListAllMyBuckets", "sts:AssumeRole"], Resource="*")
HOLDINGS = (
    Holdings(1, False, 0, 0, ()),
    Holdings(2, True, 1, 0, ("bedrock",)),
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


class Subject(User):
    """A fresh IAM user, its credentials, and two sessions that it started with them: its own, and one of a role."""

    def __init__(self, name: str, holdings: Holdings) -> None:
        super().__init__(name, holdings, WORK)
        self.role = f"{name}-role"
        trust = allow(Principal={"AWS": self.arn}, Action="sts:AssumeRole")
        role = self.iam.create_role(RoleName=self.role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.iam.put_role_policy(RoleName=self.role, PolicyName="work", PolicyDocument=WORK)
        sts = as_holder("sts", self.keys[0])
        self.sessions = {
            USER_SESSION: sts.get_session_token()["Credentials"],
            ROLE_SESSION: sts.assume_role(RoleArn=role, RoleSessionName="before-containment")["Credentials"],
        }
        before = self.look()
        if before.inactive or before.deleted or not all(session in before.alive for session in self.sessions):
            raise RuntimeError(f"{name} was to be wholly alive before it is contained: {before}")

    def look(self) -> State:
        """What is alive now: what AWS still accepts, what is still Active, though a deny-all may stand before it."""
        listed = {kind: self.statuses(kind) for kind in LISTED}
        # Whatever its status says: one that AWS accepts is alive. The call cannot be denied, so only the key is tried.
        accepted = [key for key in self.keys if not refusal(as_holder("sts", key).get_caller_identity)]
        listed["access key"] |= {key["AccessKeyId"]: "Active" for key in accepted}
        listed["password"] = {"its": "Active"} if self.has_password() else {}
        alive, inactive, kept = [], 0, 0
        for kind, statuses in listed.items():
            kept += len(statuses)
            active = list(statuses.values()).count("Active")
            inactive += len(statuses) - active
            if active:
                alive.append(f"{active} {kind}{'' if active == 1 else 's'}")
        # Whether each may still do what it could before. That it is accepted until it expires, nobody can change.
        alive += [what for what, each in self.sessions.items() if not refusal(as_holder("s3", each).list_buckets)]
        return State(tuple(alive), inactive, self.holdings.total - kept)

    def erase(self) -> None:
        """Leaves nothing: Custodian reads every user of the account, and shall not pay for those measured before."""
        user, iam = {"UserName": self.name}, self.iam
        for kind, (noun, _, identity) in LISTED.items():
            for credential in self.statuses(kind):
                getattr(iam, f"delete_{noun}")(**user, **{identity: credential})
        if self.has_password():
            iam.delete_login_profile(**user)
        for holder, name in (("user", user), ("role", {"RoleName": self.role})):
            for policy in getattr(iam, f"list_attached_{holder}_policies")(**name)["AttachedPolicies"]:
                getattr(iam, f"detach_{holder}_policy")(**name, PolicyArn=policy["PolicyArn"])
            for inline in getattr(iam, f"list_{holder}_policies")(**name)["PolicyNames"]:
                getattr(iam, f"delete_{holder}_policy")(**name, PolicyName=inline)
            getattr(iam, f"delete_{holder}")(**name)
