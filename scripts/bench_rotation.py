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

import argparse
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.utils import parse_timestamp
from console import Failure, end_with, say, table, until
from deployment import evidence, sessions, stated_case
from emulator import emulator_endpoint
from measured import Function, bare_call_ms, by_name, fresh_user, per_call, running
from users import client, event

ROTATION, POSTURE_FINDING = "SecretRotationFunction", "PostureFindingFunction"
ALL_FOUR = "all four"
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
    calls: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass
class Exposure:
    """From the event's arrival: until the exposed key is inactive, and until all is told."""

    dead_ms: float
    told_ms: float
    verdict: str


class Bench:
    def __init__(self) -> None:
        self._iam, self._secrets = client("iam"), client("secretsmanager")

    def rotate(self, function: Function) -> Rotation:
        """All four steps for a fresh user's key."""
        return self._steps(function, *self._pending())

    def _steps(self, function: Function, secret: str, token: str) -> Rotation:
        rotation = Rotation()
        for step in STEPS:
            answer, _ = function.ask({"Step": step, "SecretId": secret, "ClientRequestToken": token})
            rotation.calls[step] = Counter(answer["calls"])
            rotation.milliseconds[step] = function.told("a step of a rotation")["milliseconds"]
        rotation.calls[ALL_FOUR] = sum(rotation.calls.values(), Counter())
        rotation.milliseconds[ALL_FOUR] = sum(rotation.milliseconds.values())
        stages = self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
        if "AWSCURRENT" not in stages[token]:
            raise Failure(f"the rotation of {secret} did not end: {stages}")
        return rotation

    def _pending(self) -> tuple[str, str]:
        """A managed secret with a user's key, and a version without a value that is pending: what RotateSecret leaves behind."""
        user, key = fresh_user()
        secret = self._managed(user)
        token = self._rotate(secret, NOBODY)
        # Now that the pending version is there, without one, the current value: this takes the label off, so it is put back.
        self._secrets.put_secret_value(SecretId=secret, SecretString=value_of(user, key))
        self._secrets.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", MoveToVersionId=token)
        return secret, token

    def _managed(self, user: str, **value: str) -> str:
        """A secret of a user's key under management."""
        tags = {"severance:managed": "true", "severance:user-name": user}
        tagged = [{"Key": name, "Value": text} for name, text in tags.items()]
        secret = self._secrets.create_secret(Name=user, Tags=tagged, **value)["ARN"]
        # The rotation function may touch only users that name the secret of their key.
        self._iam.tag_user(UserName=user, Tags=[{"Key": "severance:secret", "Value": secret}])
        return str(secret)

    def _rotate(self, secret: str, function: str, **options: bool) -> str:
        rules = {"AutomaticallyAfterDays": 30}
        own = {"SecretId": secret, "RotationLambdaARN": function, "RotationRules": rules}
        return str(self._secrets.rotate_secret(**own, **options).get("VersionId"))

    def alone(self, function: Function) -> Exposure:
        """The key stands in no secret."""
        _, key = fresh_user()
        return self._expose(function, key["AccessKeyId"])

    def beside(self, function: Function) -> Exposure:
        """The key stands in a secret that the deployed stack rotates, as part of the same plan."""
        user, key = fresh_user()
        secret = self._managed(user, SecretString=value_of(user, key))
        name = os.environ["SEVERANCE_SECRET_ROTATION_FUNCTION"]
        self._rotate(secret, f"arn:aws:lambda:us-east-1:000000000000:function:{name}", RotateImmediately=False)
        # It is tried out first, with a version that is gone afterwards.
        if not until(lambda: self._is_settled(secret), 30, pause=0.05):
            raise Failure(f"the rotation of {secret} was not tried out within 30 s: look at the emulator's log")
        return self._expose(function, key["AccessKeyId"])

    def _is_settled(self, secret: str) -> bool:
        return "AWSPENDING" not in str(self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"])

    def meanwhile(self, rotator: Function, function: Function) -> Exposure:
        """The key stands in no secret, and another user's is rotated at the same time."""
        secret, token = self._pending()
        _, key = fresh_user()
        return self._expose(function, key["AccessKeyId"], partial(self._steps, rotator, secret, token))

    def _expose(self, function: Function, key: str, beside: Callable[[], Any] = lambda: None) -> Exposure:
        exposed = event("health/credentials-exposed.json", {"AKIAEXAMPLECIDEPLOY1": key})
        exposed["detail"]["eventArn"] = f"arn:aws:health:us-east-1::event/RISK/X/{key}"
        time.sleep(CALM_SECONDS)
        with ThreadPoolExecutor() as threads:
            other = threads.submit(beside)
            answer, _ = function.ask(exposed)
            other.result()
        line = function.told("handled an event")
        [reaction] = answer["reactions"]
        begun = parse_timestamp(line["timestamp"]) - timedelta(milliseconds=line["milliseconds"])
        dead = died(stated_case(evidence(reaction["evidence"])), key)
        return Exposure((dead - begun) / timedelta(milliseconds=1), line["milliseconds"], reaction["verdict"])


def died(case: dict[str, Any], key: str) -> datetime:
    """When AWS accepted that the key is inactive, as the evidence states it."""
    for step in case["steps"]:
        what, outcome = step["countermeasure"], step["outcome"] or {}
        if what["type"] == "deactivate_access_key" and what["accessKey"] == key and outcome.get("result") == "applied":
            return parse_timestamp(outcome["at"])
    raise Failure(f"the evidence does not say that {key} was deactivated: {case['steps']}")


def value_of(user: str, key: dict[str, str]) -> str:
    return json.dumps({"userName": user, "accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]})


def medians(exposures: list[Exposure]) -> tuple[float, float]:
    """Until the key was dead, and until that was told."""
    return statistics.median(each.dead_ms for each in exposures), statistics.median(each.told_ms for each in exposures)


def show_rotations(fresh: Rotation, warm: list[Rotation], bare: float) -> None:
    last = warm[-1]
    rows = []
    for step in (*STEPS, ALL_FOUR):
        median = statistics.median(each.milliseconds[step] for each in warm)
        calls = last.calls[step].total()
        rows.append((step, calls, f"{fresh.milliseconds[step]} ms", f"{median:.0f} ms", per_call(median, calls, bare)))
    print(f"\nmedians of {len(warm)}", table(["step", ">AWS calls", ">fresh", ">warm", ">warm/call"], rows), sep="\n\n")
    print(f"\nAWS calls of a rotation by name: {by_name(last.calls[ALL_FOUR])}")
    if any(each.calls != last.calls for each in warm):
        print("The calls were not the same in each rotation: these are the last one's.")


def show_exposures(exposures: dict[str, list[Exposure]]) -> None:
    rows = []
    alone = medians(exposures[ALONE])
    for kind, each in exposures.items():
        [dead, told] = [(f"{own:.0f} ms", f"{own / other:.2f}x") for own, other in zip(medians(each), alone)]
        rows.append((kind, *dead, *told, by_name(Counter(one.verdict for one in each))))
    print("", table(["exposed key", ">dead after", ">ratio", ">told after", ">ratio", "verdicts"], rows), sep="\n")
    print(
        "\nwarm/call: time for each AWS call, as a multiple of the bare call; testSecret waits for a new key to become known."
        "\ndead after: from the event's arrival at the function to IAM's yes to the deactivation. told after: to its answer,"
        "\nwith the pause before the recheck (SettleSeconds) in it."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="warm rotations, and exposures of each kind (default 10)")
    rounds = parser.parse_args().rounds
    emulator_endpoint()
    bare = bare_call_ms()
    with TemporaryDirectory(prefix="severance-bench-") as scratch, sessions((ROTATION, POSTURE_FINDING)) as variables:
        bench = Bench()
        with (
            running(ROTATION, variables[ROTATION], Path(scratch)) as rotator,
            running(POSTURE_FINDING, variables[POSTURE_FINDING], Path(scratch)) as function,
        ):
            say("rotating …")
            fresh = bench.rotate(rotator)
            warm = [bench.rotate(rotator) for _ in range(rounds)]
            bench.alone(function)  # The first event of a process pays for its connections.
            kinds = {ALONE: bench.alone, BESIDE: bench.beside, MEANWHILE: partial(bench.meanwhile, rotator)}
            exposures: dict[str, list[Exposure]] = {kind: [] for kind in kinds}
            for number in range(rounds):
                say(f"exposing, {number + 1} of {rounds} …")
                # One of each after the other: what else the machine does is then the same for all.
                for kind, expose in kinds.items():
                    exposures[kind].append(expose(function))
    show_rotations(fresh, warm, bare)
    show_exposures(exposures)
    return 0


if __name__ == "__main__":
    end_with(main)
