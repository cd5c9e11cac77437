#!/usr/bin/env python3
"""What a rotation costs, and whether an exposed key dies any later because of one.

Runs inside `scripts/stack.py run`, the functions under AWS's runtime interface emulator with sessions of their roles, as in
bench.py. Two parts:

    rotation   the four steps of an access key's rotation, as Secrets Manager asks for them: AWS calls by name, and the
               function's own milliseconds (docs/LOGGING.md), a fresh process and a warm one
    exposure   from the arrival of AWS Health's event to the deactivated key, by the function's own clock and its signed
               evidence: of a user whose key stands in no secret, of one whose secret is rotated beside it, and of the
               first kind while another user's secret is being rotated

Times are this machine's: what carries over are the ratios.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import statistics
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from bench import BUILT, Setup, load, post, running
from console import Failure, say
from sam_local import emulator_endpoint, sessions

ROTATION, POSTURE_FINDING = "SecretRotationFunction", "PostureFindingFunction"
NAMES = {ROTATION: "SEVERANCE_SECRET_ROTATION_FUNCTION", POSTURE_FINDING: "SEVERANCE_POSTURE_FINDING_FUNCTION"}
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ALONE, BESIDE, MEANWHILE = "in no secret", "its secret is rotated beside", "another secret is rotated meanwhile"
NOBODY = "arn:aws:lambda:us-east-1:000000000000:function:SecretsManagerNobody"
"""The emulator calls no function that it does not know: the steps are asked for by this program."""
CALM_SECONDS = 2
"""A rotation's end is an event that sets the responder to work. That shall not fall into what is measured next."""


@dataclass
class Rotation:
    """One rotation: its steps' own milliseconds, and their AWS calls."""

    milliseconds: dict[str, int] = field(default_factory=dict)
    calls: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def total_ms(self) -> int:
        return sum(self.milliseconds.values())

    @property
    def all_calls(self) -> Counter[str]:
        return sum((Counter(calls) for calls in self.calls.values()), Counter())


@dataclass
class Exposure:
    """From the event's arrival: until the exposed key is inactive, and until all is told."""

    dead_ms: float
    told_ms: float
    verdict: str


class Function:
    """A function under the runtime interface emulator."""

    def __init__(self, url: str, log: Path) -> None:
        self._url, self._log, self._read = url, log, 0

    def ask(self, event: dict[str, Any], message: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Its answer, and the line of its log that says how long that took."""
        answer, _ = post(self._url, event)
        if "errorType" in answer:
            raise Failure(f"the function failed: {answer['errorType']}: {answer.get('errorMessage')}")
        # What the function prints goes through the runtime interface emulator, and may come a little after the answer.
        for _ in range(100):
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
            found = [line for line in lines[self._read :] if f'"message":"{message}"' in line and line.endswith("}")]
            if found:
                self._read = len(lines)
                return answer, json.loads(found[-1][found[-1].index("{") :])
            time.sleep(0.02)
        raise Failure(f"{self._log} has no new line {message!r}")


class Bench:
    def __init__(self, scratch: Path, variables: dict[str, dict[str, str]]) -> None:
        self._scratch, self._variables = scratch, variables
        session = boto3.Session(region_name=os.environ["AWS_REGION"])
        self._iam, self._s3 = session.client("iam"), session.client("s3")
        self._secrets = session.client("secretsmanager")
        self._count = 0

    @contextmanager
    def function(self, logical_id: str) -> Iterator[Function]:
        """A fresh process of a function. The runtime interface emulator starts it with the first event."""
        self._count += 1
        log = self._scratch / f"{logical_id}-{self._count}.log"
        with running(self._scratch / logical_id, self._variables[logical_id], log, level="info") as url:
            yield Function(url, log)

    # ── Rotations ────────────────────────────────────────────────────────────────────────────────────────────────

    def rotate(self, function: Function) -> Rotation:
        """All four steps for a fresh user's key."""
        return self._steps(function, *self._pending())

    def _steps(self, function: Function, secret: str, token: str) -> Rotation:
        rotation = Rotation()
        for step in STEPS:
            event = {"Step": step, "SecretId": secret, "ClientRequestToken": token}
            answer, line = function.ask(event, "a step of a rotation")
            rotation.calls[step], rotation.milliseconds[step] = answer["calls"], line["milliseconds"]
        stages = self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        if "AWSCURRENT" not in stages[token]:
            raise Failure(f"the rotation of {secret} did not end: {stages}")
        return rotation

    def _pending(self) -> tuple[str, str]:
        """A managed secret with a user's key, and a version without a value that is pending: what RotateSecret leaves behind."""
        user, key = self._user()
        tags = {"severance:managed": "true", "severance:user-name": user}
        made = self._secrets.create_secret(Name=user, Tags=[{"Key": name, "Value": value} for name, value in tags.items()])
        # The rotation function may touch only users that name the secret of their key.
        self._iam.tag_user(UserName=user, Tags=[{"Key": "severance:secret", "Value": made["ARN"]}])
        secret = made["ARN"]
        rules = {"AutomaticallyAfterDays": 30}
        token = self._secrets.rotate_secret(SecretId=secret, RotationLambdaARN=NOBODY, RotationRules=rules)["VersionId"]
        # Now that the pending version is there, without one, the current value: this takes the label off, so it is put back.
        self._secrets.put_secret_value(SecretId=secret, SecretString=value_of(user, key))
        self._secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=token)
        return secret, token

    def _user(self) -> tuple[str, dict[str, str]]:
        name = f"bench-{uuid.uuid4().hex[:12]}"
        tags = {"severance:owner": "platform@example.com", "severance:class": "workload"}
        self._iam.create_user(UserName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
        return name, self._iam.create_access_key(UserName=name)["AccessKey"]

    # ── Exposures ────────────────────────────────────────────────────────────────────────────────────────────────

    def alone(self, function: Function) -> Exposure:
        """The key stands in no secret."""
        _, key = self._user()
        return self._expose(function, key["AccessKeyId"])

    def beside(self, function: Function) -> Exposure:
        """The key stands in a secret that the deployed stack rotates, as part of the same plan."""
        user, key = self._user()
        tags = [{"Key": "severance:managed", "Value": "true"}]
        secret = self._secrets.create_secret(Name=user, SecretString=value_of(user, key), Tags=tags)["ARN"]
        self._iam.tag_user(UserName=user, Tags=[{"Key": "severance:secret", "Value": secret}])
        name = os.environ[NAMES[ROTATION]]
        self._secrets.rotate_secret(
            SecretId=secret,
            RotationLambdaARN=f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
            RotationRules={"AutomaticallyAfterDays": 30},
            RotateImmediately=False,
        )
        # It is tried out first, with a version that is gone afterwards.
        deadline = time.monotonic() + 30
        while "AWSPENDING" in str(self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]):
            time.sleep(0.05)
            if time.monotonic() > deadline:
                raise Failure(f"the rotation of {secret} was not tried out within 30 s: look at the emulator's log")
        return self._expose(function, key["AccessKeyId"])

    def meanwhile(self, rotator: Function) -> Callable[[Function], Exposure]:
        """The key stands in no secret, and another user's is rotated at the same time."""

        def expose(function: Function) -> Exposure:
            failed: list[Exception] = []
            secret, token = self._pending()
            _, key = self._user()

            def rotate() -> None:
                try:
                    self._steps(rotator, secret, token)
                except Exception as error:  # noqa: BLE001: it is raised below, in the thread that can end the program
                    failed.append(error)

            other = threading.Thread(target=rotate)
            exposure = self._expose(function, key["AccessKeyId"], at_once=other.start)
            other.join()
            if failed:
                raise failed[0]
            return exposure

        return expose

    def _expose(self, function: Function, key: str, at_once: Callable[[], None] = lambda: None) -> Exposure:
        event = load("health/credentials-exposed.json", {"AKIAEXAMPLECIDEPLOY1": key})
        event["detail"]["eventArn"] = f"arn:aws:health:us-east-1::event/RISK/X/{key}"
        time.sleep(CALM_SECONDS)
        at_once()
        answer, line = function.ask(event, "handled an event")
        [reaction] = answer["reactions"]
        told = moment(line["timestamp"])
        begun = told - timedelta(milliseconds=line["milliseconds"])
        dead = self._died(reaction["evidence"], key)
        return Exposure((dead - begun) / timedelta(milliseconds=1), line["milliseconds"], reaction["verdict"])

    def _died(self, evidence: str, key: str) -> datetime:
        """When AWS accepted that the key is inactive, as the evidence states it."""
        bucket, _, name = evidence.removeprefix("s3://").partition("/")
        envelope = json.loads(self._s3.get_object(Bucket=bucket, Key=name)["Body"].read())
        case = json.loads(base64.b64decode(envelope["payload"]))["predicate"]["case"]
        for step in case["steps"]:
            what, outcome = step["countermeasure"], step["outcome"] or {}
            if what["type"] == "deactivate_access_key" and what["accessKey"] == key and outcome.get("result") == "applied":
                return moment(outcome["at"])
        raise Failure(f"{evidence} does not say that {key} was deactivated: {case['steps']}")


def value_of(user: str, key: dict[str, str]) -> str:
    return json.dumps({"userName": user, "accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]})


def moment(text: str) -> datetime:
    """Of any number of decimals, which Python 3.10 does not read."""
    whole, _, decimals = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{decimals[:6]:0<6}+00:00")


# ── What is printed ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Figures:
    bare_ms: float
    fresh: Rotation
    warm: list[Rotation]
    exposures: dict[str, list[Exposure]]


def show(figures: Figures) -> None:
    bare = figures.bare_ms
    print(f"\none bare AWS call (sts:GetCallerIdentity, median of 50): {bare:.1f} ms; medians of {len(figures.warm)}\n")
    print(f"{'step':<14}{'AWS calls':>11}{'fresh':>10}{'warm':>10}{'warm/call':>11}")
    for step in STEPS:
        warm = statistics.median(each.milliseconds[step] for each in figures.warm)
        calls = sum(figures.warm[-1].calls[step].values())
        each_call = f"{warm / calls / bare:>10.2f}x" if calls else f"{'–':>11}"
        print(f"{step:<14}{calls:>11}{figures.fresh.milliseconds[step]:>7} ms{warm:>7.0f} ms{each_call}")
    total = statistics.median(each.total_ms for each in figures.warm)
    calls = figures.warm[-1].all_calls.total()
    print(f"{'all four':<14}{calls:>11}{figures.fresh.total_ms:>7} ms{total:>7.0f} ms{total / calls / bare:>10.2f}x")
    print("\nAWS calls of a rotation by name: " + ", ".join(f"{name} {n}" for name, n in sorted(figures.warm[-1].all_calls.items())))
    if {json.dumps(each.calls, sort_keys=True) for each in figures.warm} != {json.dumps(figures.warm[-1].calls, sort_keys=True)}:
        print("The calls were not the same in each rotation: these are the last one's.")

    print(f"\n{'exposed key':<38}{'dead after':>12}{'ratio':>8}{'told after':>13}{'ratio':>8}  verdicts")
    alone = figures.exposures[ALONE]
    for kind, each in figures.exposures.items():
        dead, told = (statistics.median(getattr(one, name) for one in each) for name in ("dead_ms", "told_ms"))
        ratios = [dead / statistics.median(one.dead_ms for one in alone), told / statistics.median(one.told_ms for one in alone)]
        verdicts = ", ".join(f"{verdict} {count}" for verdict, count in Counter(one.verdict for one in each).items())
        print(f"{kind:<38}{dead:>9.0f} ms{ratios[0]:>7.2f}x{told:>10.0f} ms{ratios[1]:>7.2f}x  {verdicts}")
    print(
        "\nwarm/call: time for each AWS call, as a multiple of the bare call; testSecret waits for a new key to become known."
        "\ndead after: from the event's arrival at the function to IAM's yes to the deactivation. told after: to its answer,"
        "\nwith the pause before the second look (SettleSeconds) in it."
    )


def measure(bench: Bench, rounds: int) -> Figures:
    say("rotating …")
    bare = Setup().bare_call_ms()
    with bench.function(ROTATION) as rotator:
        fresh = bench.rotate(rotator)
        warm = [bench.rotate(rotator) for _ in range(rounds)]
        with bench.function(POSTURE_FINDING) as function:
            bench.alone(function)  # The first event of a process pays for its connections.
            exposures: dict[str, list[Exposure]] = {ALONE: [], BESIDE: [], MEANWHILE: []}
            kinds = {ALONE: bench.alone, BESIDE: bench.beside, MEANWHILE: bench.meanwhile(rotator)}
            for number in range(rounds):
                say(f"exposing, {number + 1} of {rounds} …")
                # One of each after the other: what else the machine does is then the same for all.
                for kind, expose in kinds.items():
                    exposures[kind].append(expose(function))
    return Figures(bare, fresh, warm, exposures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="warm rotations, and exposures of each kind (default 10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    emulator_endpoint()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="severance-bench-")))
        lambda_ = boto3.client("lambda")
        variables: dict[str, dict[str, str]] = {}
        for logical_id, output in NAMES.items():
            shutil.copy2(BUILT / logical_id / "bootstrap", scratch / logical_id)
            configuration = lambda_.get_function_configuration(FunctionName=os.environ[output])
            own = configuration["Environment"]["Variables"]
            variables[logical_id] = own | stack.enter_context(sessions({logical_id}, own))[logical_id]
        figures = measure(Bench(scratch, variables), options.rounds)
    if options.json:
        rotations = [vars(each) for each in (figures.fresh, *figures.warm)]
        exposures = {kind: [vars(one) for one in each] for kind, each in figures.exposures.items()}
        print(json.dumps({"bareCallMs": figures.bare_ms, "rotations": rotations, "exposures": exposures}, indent=2))
    else:
        show(figures)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"bench_rotation.py: {failure}", file=sys.stderr)
        sys.exit(1)
