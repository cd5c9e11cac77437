"""The real `sam deploy`, into the emulator that the environment names; and the deployed functions, for programs that run
them outside of it as if they were in it."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import WaiterError
from console import Failure, Usage, tail
from emulator import REGION
from places import ARCHITECTURE, REPO, SAM
from users import client

MEMBER_TEMPLATE = REPO / "infra" / "member-account.yaml"
OKTA_BUS = "okta-partner-stand-in"
"""A partner event bus cannot be made in the emulator; Okta's rule stands on this one, so that it is deployed too."""
HUB_ACCOUNT = "000000000000"
MEMBER_ACCOUNT = "222222222222"
MEMBER_ROLE = "SeveranceMember"
EXTERNAL_ID = "severance-tests-external-id"

EVERY_STACK = {
    "OktaEventBusName": OKTA_BUS,
    "Architecture": ARCHITECTURE,
    # The emulator fires schedules, too. A scheduled run that comes by itself would take reviews from the test that set them up.
    "WatchSchedule": "rate(1 day)",
    # The emulator shows every change at once, and CloudTrail tells of each call as it is made.
    "SettleSeconds": "1",
    "TrailMinutes": "0",
}
NO_BREAKER = {
    "BreakerAccountLimit": "0", "BreakerOrganizationLimit": "0",
    "BreakerDangerAccountLimit": "0", "BreakerDangerOrganizationLimit": "0",
}
"""The tests and the benchmark contain hundreds of identities within minutes: what a breaker is there to stop."""
ROTATING = {
    # The template's own default, said aloud: the emulator takes an empty list in a condition for one that holds something.
    "RotationFunctionArns": "arn:aws:lambda:*:000000000000:function:SecretsManager*",
    "CopiesSearch": "true",
    "CutoverQuiet": "workload=2s,pipeline=5s,*=168h",
    "CutoverDeadline": "workload=120s,pipeline=5s,*=720h",
    "CutoverDeletion": "2s",
}
"""Keys that were replaced are ended within seconds. A pipeline's has its deadline at the end of its quiet window."""
SMALL_BREAKER = {
    "BreakerAccountLimit": "3", "BreakerOrganizationLimit": "3",
    "BreakerDangerAccountLimit": "3", "BreakerDangerOrganizationLimit": "3", "BreakerWindowMinutes": "60",
}
"""Few enough for a test to reach."""
WHOLE_ORGANIZATION = {
    "MemberRoleName": MEMBER_ROLE,
    "MemberExternalId": EXTERNAL_ID,
    "IdentityCenter": "true",
    "ScpQuarantine": "true",
    "ManagementAccount": "999999999999",
    "ResponderUrl": "true",
}
"""The account is a member to which policies and IAM Identity Center are delegated; MEMBER_ACCOUNT is one more."""


@dataclass(frozen=True)
class Stack:
    """A stack to deploy."""

    name: str
    mode: str
    overrides: dict[str, str] = field(default_factory=dict)
    """Parameters beside what every stack here has."""

    @property
    def has_member(self) -> bool:
        """Whether it acts in MEMBER_ACCOUNT, too."""
        return "MemberRoleName" in self.overrides

    def deploy(self, template: Path, run_dir: Path) -> None:
        """Run `sam deploy`; raises Failure with the end of its log."""
        log = run_dir / f"sam-deploy-{self.name}.log"
        own = {"Mode": self.mode, "BusName": self.name, "EndpointUrl": os.environ["AWS_ENDPOINT_URL"]}
        command = [
            str(SAM),
            "deploy",
            f"--template-file={template}",
            f"--stack-name={self.name}",
            f"--region={REGION}",
            "--resolve-s3",
            "--capabilities=CAPABILITY_NAMED_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            # SAM takes its own quotes off again; without them a value ends at its first space.
            *(f'{name}="{value}"' for name, value in (EVERY_STACK | own | self.overrides).items()),
        ]
        with log.open("wb") as output:
            code = subprocess.run(command, cwd=REPO, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
        if code != 0:
            raise Failure(
                f"sam deploy of {self.name} failed ({code}).\n{tail(log)}\n"
                "If template.yaml changed, build again (make build) and see that `make lint` is clean. If the log speaks of an "
                "unknown resource type or property, the emulator lacks it: see tests/emulator/README.md."
            )
        if self.has_member:
            self._deploy_member()

    def _deploy_member(self) -> None:
        """Deploy the role of a member account into MEMBER_ACCOUNT, for this hub to act in."""
        formation = client("cloudformation", {"AccessKeyId": MEMBER_ACCOUNT, "SecretAccessKey": "test"})
        hub = {"HubAccountId": HUB_ACCOUNT, "HubStackName": self.name}
        parameters = hub | {"ExternalId": EXTERNAL_ID, "RoleName": MEMBER_ROLE}
        formation.create_stack(
            StackName="severance-member",
            TemplateBody=MEMBER_TEMPLATE.read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        try:
            waiter = formation.get_waiter("stack_create_complete")
            waiter.wait(StackName="severance-member", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        except WaiterError as error:
            stack = error.last_response.get("Stacks", [{}])[0]
            why = stack.get("StackStatusReason") or stack.get("StackStatus") or error
            raise Failure(f"{MEMBER_TEMPLATE.relative_to(REPO)} cannot be deployed into {MEMBER_ACCOUNT}: {why}") from error

    def outputs(self) -> dict[str, str]:
        """Its outputs as environment variables: EvidenceBucket is SEVERANCE_EVIDENCE_BUCKET."""
        described = client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        found = {"Stack": self.name} | {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        if self.has_member:
            found["MemberAccount"] = MEMBER_ACCOUNT
        prefix = self.name.replace("-", "_").upper()
        return {f"{prefix}_{upper_snake(name)}": value for name, value in found.items()}


def stacks(mode: str, observe: bool, review: bool, parameters: dict[str, str]) -> Iterator[Stack]:
    yield Stack("severance", mode, NO_BREAKER | WHOLE_ORGANIZATION | ROTATING | parameters)
    if observe:
        yield Stack("severance-observe", "observe")
    if review:
        # For the guardrails' own tests: the breaker turns what it enforces into reviews.
        yield Stack("severance-review", "enforce", SMALL_BREAKER)


def configuration(function: str) -> dict[str, Any]:
    """A function's configuration in the deployed stack, by its logical id: so the stack's output is called, too."""
    variable = f"SEVERANCE_{upper_snake(function)}"
    if not (name := os.environ.get(variable)):
        raise Usage(f"{variable} is not set: run this under scripts/stack.py, or source what stack.py up names")
    return client("lambda").get_function_configuration(FunctionName=name)


def variables(function: str) -> dict[str, str]:
    """The environment that a deployed function sees."""
    return dict(configuration(function)["Environment"]["Variables"])


@contextmanager
def sessions(functions: Iterable[str]) -> Iterator[dict[str, dict[str, str]]]:
    """What each function has in its environment: its variables, and a session of its own role. Under the emulator's
    root, which the caller is, no policy would be tried; and a copy of the role is not the role to the key's, bucket's
    and table's own policies.

    The role trusts Lambda alone, so for the time being it also trusts the emulated account."""
    iam, sts = client("iam"), client("sts")
    caller = {"AWS": f"arn:aws:iam::{sts.get_caller_identity()['Account']}:root"}
    with ExitStack() as undo:
        found: dict[str, dict[str, str]] = {}
        for function in functions:
            arn = configuration(function)["Role"]
            name = arn.rpartition("/")[2]
            trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
            statements = [*trust["Statement"], {"Effect": "Allow", "Principal": caller, "Action": "sts:AssumeRole"}]
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({**trust, "Statement": statements}))
            undo.callback(iam.update_assume_role_policy, RoleName=name, PolicyDocument=json.dumps(trust))
            session = sts.assume_role(RoleArn=arn, RoleSessionName="as-function", DurationSeconds=3600)["Credentials"]
            found[function] = variables(function) | {
                "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
                "AWS_SESSION_TOKEN": session["SessionToken"],
            }
        yield found


def evidence(uri: str) -> bytes:
    """The envelope that a function wrote to s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bytes(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def stated_case(envelope: bytes) -> dict[str, Any]:
    """The case that an envelope states. Whether it is genuine is for `sever verify` to say."""
    return dict(json.loads(base64.b64decode(json.loads(envelope)["payload"]))["predicate"]["case"])


def upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
