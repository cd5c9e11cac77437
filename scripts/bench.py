#!/usr/bin/env python3
"""What each function costs: size, start, time per event, memory, AWS calls by name.

Runs each built bootstrap under AWS's own runtime interface emulator against the stack that `scripts/stack.py run`
deployed. Times are also given as ratios to a bare AWS call (sts:GetCallerIdentity over an open connection) that is
measured beside them on the same machine: only ratios carry over to other machines.
"""

import argparse
import os
import socket
import statistics
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from console import Failure, end_with, say, table
from deployment import sessions
from emulator import emulator_endpoint
from measured import RELEASE, bare_call_ms, by_name, fresh_user, median_ms, per_call, running
from users import event, finding


@dataclass
class Figures:
    """What was measured of one function."""

    zipped_mb: float
    start_ms: float
    first_ms: float
    warm_ms: list[float]
    peak_rss_mb: float
    calls: dict[str, int]


def threat() -> dict[str, Any]:
    return finding(*fresh_user())


def new_key() -> dict[str, Any]:
    name, key = fresh_user(owner=None, kind=None)
    names = {"new-hire-bot": name, "AKIAEXAMPLENEWHIRE01": key["AccessKeyId"]}
    made = event("cloudtrail-iam/create-access-key-no-owner.json", names)
    made["detail"]["eventID"] = name
    return made


def leaver() -> dict[str, Any]:
    person = f"leaver-{os.urandom(6).hex()}"
    fresh_user(person, "human")
    left = event("severance/person-left.json", {})
    left["detail"]["requestId"] = person
    left["detail"]["subject"]["identifiers"] = [person]
    return left


def question() -> dict[str, Any]:
    """What would be done: the responder's way through up to the plan, which needs no proof of who asks."""
    name, _ = fresh_user()
    return event("responder/explain.json", {"user/ci-deployer": f"user/{name}"})


EVENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "PostureFindingFunction": threat,
    "KeyCreationFunction": new_key,
    "OffboardingFunction": leaver,
    "ResponderFunction": question,
}
"""Logical id of a function → an event for it, about a fresh identity."""


def start(bootstrap: Path, variables: dict[str, str]) -> None:
    """From the start of the process to its first request for an event, at a bare listener in Lambda's place."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        environment = os.environ | variables | {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        }  # fmt: skip
        process = subprocess.Popen([bootstrap], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            listener.accept()[0].close()
        finally:
            process.kill()
            process.wait()


def measure(built: Path, function: str, variables: dict[str, str], events: int, scratch: Path) -> Figures:
    bootstrap = built / function / "bootstrap"
    zipped = scratch / f"{function}.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(bootstrap, "bootstrap")
    with running(function, variables, scratch, built, level="warn") as process:
        _, first = process.ask(EVENTS[function]())
        warm, calls = [], {}
        for _ in range(events):
            answer, took = process.ask(EVENTS[function]())
            # The responder explains, the others react.
            if not answer.get("reactions") and not answer.get("explained"):
                raise Failure(f"{function} answered {answer}")
            warm.append(took)
            calls = answer.get("calls", {})
        rss = process.peak_rss_mb()
    size = zipped.stat().st_size / 1_000_000
    return Figures(size, median_ms(lambda: start(bootstrap, variables), 5), first, warm, rss, calls)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20, help="warm events for each function (default 20)")
    parser.add_argument("--built", type=Path, default=RELEASE, help="from sam build (default .aws-sam/release)")
    parser.add_argument("--only", choices=EVENTS, help="the logical id of one function")
    options = parser.parse_args()
    emulator_endpoint()
    figures: dict[str, Figures] = {}
    chosen = [options.only] if options.only else list(EVENTS)
    bare = bare_call_ms()
    with TemporaryDirectory(prefix="severance-bench-") as scratch, sessions(chosen) as variables:
        for function in chosen:
            say(f"measuring {function} …")
            own = variables[function]
            figures[function] = measure(options.built.resolve(), function, own, options.events, Path(scratch))
    rows = []
    for function, each in figures.items():
        warm, p90 = statistics.median(each.warm_ms), statistics.quantiles(each.warm_ms, n=10)[8]
        count = sum(each.calls.values())
        times = [f"{milliseconds:.0f} ms" for milliseconds in (each.start_ms, each.first_ms, warm, p90)]
        zipped, rss = f"{each.zipped_mb:.1f} MB", f"{each.peak_rss_mb:.1f} MB"
        rows.append((function, zipped, *times, count or "–", per_call(warm, count, bare), rss))
    heads = ["function", ">zipped", ">start", ">first", ">warm", ">p90", ">calls", ">warm/call", ">peak RSS"]
    print(f"\n{table(heads, rows)}")
    print("\nwarm/call: time per AWS call of a warm event, as a multiple of the bare call. AWS calls of the last event:")
    for function, each in figures.items():
        print(f"  {function}: {by_name(each.calls)}")
    return 0


if __name__ == "__main__":
    end_with(main)
