"""The real `sam deploy`, into the emulator that the environment names."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import WaiterError
from console import Failure, tail
from emulator import REGION
from places import ARCHITECTURE, BUILT, REPO, SAM

PACKED_TEMPLATE = BUILT / "packed.yaml"
MEMBER_TEMPLATE = REPO / "infra" / "member-account.yaml"
OKTA_BUS = "okta-partner-stand-in"
"""A partner event bus cannot be made in the emulator; Okta's rule stands on this one, so that it is deployed too."""
HUB_ACCOUNT = "000000000000"
MEMBER_ACCOUNT = "222222222222"
MEMBER_STACK = "severance-member"
MEMBER_ROLE = "SeveranceMember"
EXTERNAL_ID = "severance-tests-external-id"
MANAGEMENT_ACCOUNT = "999999999999"

EVERY_STACK = {
    "OktaEventBusName": OKTA_BUS,
    "Architecture": ARCHITECTURE,
    # The emulator fires schedules, too. A tick that comes by itself would take reviews from the test that set them up.
    "WatchSchedule": "rate(1 day)",
    # The emulator shows every change at once.
    "SettleSeconds": "1",
}
NO_BREAKER = {"BreakerAccountLimit": "0", "BreakerOrganizationLimit": "0"}
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
SMALL_BREAKER = {"BreakerAccountLimit": "6", "BreakerOrganizationLimit": "6", "BreakerWindowMinutes": "60"}
"""Few enough for a test to reach."""
WHOLE_ORGANIZATION = {
    "MemberRoleName": MEMBER_ROLE,
    "MemberExternalId": EXTERNAL_ID,
    "IdentityCenter": "true",
    "ScpQuarantine": "true",
    "ManagementAccount": MANAGEMENT_ACCOUNT,
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
    def prefix(self) -> str:
        """Of its outputs as environment variables."""
        return self.name.replace("-", "_").upper()

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
            done = subprocess.run(command, cwd=REPO, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            raise Failure(
                f"sam deploy of {self.name} failed ({done.returncode}).\n{tail(log)}\n"
                "If template.yaml changed, build again (make build) and see that `make lint` is clean. If the log speaks of an "
                "unknown resource type or property, the emulator lacks it: see tests/emulator/README.md."
            )
        if self.has_member:
            self._deploy_member()

    def _deploy_member(self) -> None:
        """Deploy the role of a member account into MEMBER_ACCOUNT, for this hub to act in."""
        # boto3 makes the types of its clients at run time.
        formation = cast(Any, boto3.Session(MEMBER_ACCOUNT, "test")).client("cloudformation")
        parameters = {"HubAccountId": HUB_ACCOUNT, "HubStackName": self.name, "ExternalId": EXTERNAL_ID, "RoleName": MEMBER_ROLE}
        formation.create_stack(
            StackName=MEMBER_STACK,
            TemplateBody=MEMBER_TEMPLATE.read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        try:
            waiter = formation.get_waiter("stack_create_complete")
            waiter.wait(StackName=MEMBER_STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        except WaiterError as error:
            stack = error.last_response.get("Stacks", [{}])[0]
            why = stack.get("StackStatusReason") or stack.get("StackStatus") or error
            raise Failure(f"{MEMBER_TEMPLATE.relative_to(REPO)} cannot be deployed into {MEMBER_ACCOUNT}: {why}") from error

    def outputs(self) -> dict[str, str]:
        """Its outputs as environment variables: EvidenceBucket is SEVERANCE_EVIDENCE_BUCKET."""
        described = cast(Any, boto3).client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        found = {"Stack": self.name} | {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        if self.has_member:
            found["MemberAccount"] = MEMBER_ACCOUNT
        return {f"{self.prefix}_{upper_snake(name)}": value for name, value in found.items()}


def stacks(mode: str, observe: bool, review: bool, parameters: dict[str, str]) -> Iterator[Stack]:
    yield Stack("severance", mode, NO_BREAKER | WHOLE_ORGANIZATION | ROTATING | parameters)
    if observe:
        yield Stack("severance-observe", "observe")
    if review:
        # For the guardrails' own tests: the breaker turns what it enforces into reviews.
        yield Stack("severance-review", "enforce", SMALL_BREAKER)


def upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
