"""The real `sam deploy`, into the emulator."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import boto3
from botocore.exceptions import WaiterError
from console import Failure, tail
from emulator import REGION, REPO

PACKED_TEMPLATE = REPO / ".aws-sam" / "build" / "packed.yaml"
"""What scripts/lay_out.py makes of template.yaml."""
MEMBER_TEMPLATE = REPO / "infra" / "member-account.yaml"
OKTA_BUS = "okta-partner-stand-in"
"""A partner event bus cannot be made in the emulator; Okta's rule stands on this one, so that it is deployed too."""


@dataclass(frozen=True)
class Stack:
    """A stack to deploy, and the prefix that its outputs get as environment variables."""

    name: str
    mode: str
    prefix: str
    overrides: dict[str, str] = field(default_factory=dict)
    """Beside what every stack here has."""

    @property
    def has_member(self) -> bool:
        """Whether it acts in MEMBER_ACCOUNT, too."""
        return "MemberRoleName" in self.overrides

    @property
    def parameters(self) -> dict[str, str]:
        common = {
            "Mode": self.mode,
            "BusName": self.name,
            "OktaEventBusName": OKTA_BUS,
            "Architecture": host_architecture(),
            # The emulator fires schedules, too. A tick that comes by itself would take reviews from the test that set them up.
            "WatchSchedule": "rate(1 day)",
            # The emulator shows every change at once.
            "SettleSeconds": "1",
        }
        return common | self.overrides


class Deployer:
    def __init__(self, endpoint: str, environment: dict[str, str], template: Path, run_dir: Path) -> None:
        self._endpoint = endpoint
        self._environment = environment
        self._template = template
        self._run_dir = run_dir
        self._session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def deploy_member(self, hub: Stack) -> None:
        """Deploy the role of a member account into MEMBER_ACCOUNT, for this hub to act in."""
        member = cast(Any, boto3.Session(MEMBER_ACCOUNT, "test", region_name=REGION))
        formation = member.client("cloudformation", endpoint_url=self._endpoint)
        parameters = {"HubAccountId": HUB_ACCOUNT, "HubStackName": hub.name, "ExternalId": EXTERNAL_ID, "RoleName": MEMBER_ROLE}
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

    def client(self, service: str) -> Any:
        # boto3 makes the types of its clients at run time.
        return cast(Any, self._session).client(service, endpoint_url=self._endpoint)

    def prepare(self) -> None:
        self.client("events").create_event_bus(Name=OKTA_BUS)

    def deploy(self, stack: Stack) -> None:
        """Run `sam deploy`; raises Failure with the end of its log."""
        log = self._run_dir / f"sam-deploy-{stack.name}.log"
        overrides = stack.parameters | {"EndpointUrl": self._endpoint}
        command = [
            str(Path(sys.executable).parent / "sam"),
            "deploy",
            f"--template-file={self._template}",
            f"--stack-name={stack.name}",
            f"--region={REGION}",
            "--resolve-s3",
            "--capabilities=CAPABILITY_NAMED_IAM",
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            # SAM takes its own quotes off again; without them a value ends at its first space.
            *(f'{name}="{value}"' for name, value in overrides.items()),
        ]
        with log.open("wb") as output:
            code = subprocess.run(
                command,
                cwd=REPO,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        if code != 0:
            raise Failure(
                f"sam deploy of {stack.name} failed ({code}).\n{tail(log)}\n"
                "If template.yaml changed, build again (make build) and see that `make lint` is clean. If the log speaks of an "
                "unknown resource type or property, the emulator lacks it: see tests/emulator/README.md."
            )

    def outputs(self, stack: Stack) -> dict[str, str]:
        """A stack's outputs as environment variables: EvidenceBucket is SEVERANCE_EVIDENCE_BUCKET."""
        described = self.client("cloudformation").describe_stacks(StackName=stack.name)["Stacks"][0]
        found = {f"{stack.prefix}_STACK": stack.name}
        for output in described["Outputs"]:
            found[f"{stack.prefix}_{upper_snake(output['OutputKey'])}"] = output["OutputValue"]
        if stack.has_member:
            found[f"{stack.prefix}_MEMBER_ACCOUNT"] = MEMBER_ACCOUNT
        return found

    def function_variables(self, function_name: str) -> dict[str, str]:
        """The environment that a deployed function sees."""
        configuration = self.client("lambda").get_function_configuration(FunctionName=function_name)
        return dict(configuration["Environment"]["Variables"])


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


HUB_ACCOUNT = "000000000000"
MEMBER_ACCOUNT = "222222222222"
MEMBER_STACK = "severance-member"
MEMBER_ROLE = "SeveranceMember"
EXTERNAL_ID = "severance-tests-external-id"
MANAGEMENT_ACCOUNT = "999999999999"
WHOLE_ORGANIZATION = {
    "MemberRoleName": MEMBER_ROLE,
    "MemberExternalId": EXTERNAL_ID,
    "IdentityCenter": "true",
    "ScpQuarantine": "true",
    "ManagementAccount": MANAGEMENT_ACCOUNT,
    "ResponderUrl": "true",
}
"""The account is a member to which policies and IAM Identity Center are delegated; MEMBER_ACCOUNT is one more."""


def stacks(
    mode: str, *, with_observe_stack: bool, with_review_stack: bool, parameters: dict[str, str] | None = None
) -> Iterable[Stack]:
    yield Stack("severance", mode, "SEVERANCE", NO_BREAKER | WHOLE_ORGANIZATION | ROTATING | (parameters or {}))
    if with_observe_stack:
        yield Stack("severance-observe", "observe", "SEVERANCE_OBSERVE")
    if with_review_stack:
        # For the guardrails' own tests: the breaker turns what it enforces into reviews.
        yield Stack("severance-review", "enforce", "SEVERANCE_REVIEW", SMALL_BREAKER)


def host_architecture() -> str:
    """Lambda's name for the host's architecture: the emulator runs the functions on the host."""
    return "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x86_64"


def upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
