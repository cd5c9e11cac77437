#!/usr/bin/env python3
"""What each function costs: size, start, time per event, memory, AWS calls by name.

Runs each built bootstrap under AWS's own runtime interface emulator (from the SAM CLI) against the stack that
`scripts/stack.py run` deployed. Times are also given as ratios to a bare AWS call (sts:GetCallerIdentity over an open
connection) that is measured beside them on the same machine: only ratios carry over to other machines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import samcli
from sam_local import sessions
from seed import EVENTS, ROOT

RIE = Path(samcli.__file__).parent / "local" / "rapid" / (
    "aws-lambda-rie-arm64" if platform.machine() in ("aarch64", "arm64") else "aws-lambda-rie-x86_64"
)
BUILT = ROOT / ".aws-sam" / "release"
"""Where `make build-release` leaves the functions."""


@dataclass
class Figures:
    """What was measured of one function."""

    zipped_mb: float
    start_ms: float
    first_ms: float
    warm_ms: list[float]
    peak_rss_mb: float
    calls: dict[str, int]


class Setup:
    """Makes a fresh identity for each event, so that every event is a real one."""

    def __init__(self) -> None:
        session = boto3.Session(region_name=os.environ["AWS_REGION"])
        self.iam = session.client("iam")
        self.sts = session.client("sts")
        self.count = 0

    def user(self, owner: str | None, kind: str | None) -> tuple[str, str]:
        self.count += 1
        name = f"bench-{os.getpid()}-{self.count}"
        pairs = {"severance:owner": owner, "severance:class": kind}
        self.iam.create_user(UserName=name, Tags=[{"Key": k, "Value": v} for k, v in pairs.items() if v])
        return name, self.iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]

    def threat(self) -> dict[str, Any]:
        name, key = self.user("platform@example.com", "workload")
        event = load("guardduty/compromised-access-key.json", {"ci-deployer": name, "AKIAEXAMPLECIDEPLOY1": key})
        event["detail"]["id"] = name
        return event

    def new_key(self) -> dict[str, Any]:
        name, key = self.user(None, None)
        event = load("cloudtrail-iam/create-access-key-no-owner.json", {"new-hire-bot": name, "AKIAEXAMPLENEWHIRE01": key})
        event["detail"]["eventID"] = name
        return event

    def leaver(self) -> dict[str, Any]:
        self.count += 1
        person = f"leaver-{os.getpid()}-{self.count}"
        self.user(person, "human")
        event = load("severance/person-left.json", {})
        event["detail"]["requestId"] = person
        event["detail"]["subject"]["identifiers"] = [person]
        return event

    def question(self) -> dict[str, Any]:
        """What would be done: the responder's way through up to the plan, which needs no proof of who asks."""
        name, _ = self.user("platform@example.com", "workload")
        return load("responder/explain.json", {"user/ci-deployer": f"user/{name}"})

    def bare_call_ms(self, count: int = 50) -> float:
        """The median time of one AWS call over an open connection."""
        times = []
        for _ in range(count):
            begun = time.perf_counter()
            self.sts.get_caller_identity()
            times.append((time.perf_counter() - begun) * 1000)
        return statistics.median(times)


def load(name: str, replace: dict[str, str]) -> dict[str, Any]:
    text = (EVENTS / name).read_text(encoding="utf-8")
    for old, new in replace.items():
        text = text.replace(old, new)
    return json.loads(text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(bootstrap: Path, variables: dict[str, str], log: Path, level: str = "warn") -> Iterator[str]:
    """A function under the runtime interface emulator; gives the URL to post events to."""
    port, api = free_port(), free_port()
    command = [str(RIE), "--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address", f"127.0.0.1:{api}", str(bootstrap)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | variables | {"RUST_LOG": level}, stdout=out, stderr=out, start_new_session=True)
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def peak_rss_mb(bootstrap: Path) -> float:
    """The high-water mark of the running bootstrap's memory, as the kernel counts it (VmHWM)."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if os.readlink(status.parent / "exe") == str(bootstrap):
                found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
                if found:
                    return int(found.group(1)) / 1024
        except OSError:
            continue
    raise SystemExit(f"{bootstrap} is not running; is /proc there?")


def start_ms(bootstrap: Path, variables: dict[str, str], tries: int = 5) -> float:
    """From the start of the process to its first request for an event, at a bare listener in Lambda's place."""
    times = []
    for _ in range(tries):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(30)
            environment = os.environ | variables | {
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{listener.getsockname()[1]}",
                "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            }
            begun = time.perf_counter()
            process = subprocess.Popen([str(bootstrap)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                listener.accept()[0].close()
                times.append((time.perf_counter() - begun) * 1000)
            finally:
                process.kill()
                process.wait()
    return statistics.median(times)


def post(url: str, event: dict[str, Any]) -> tuple[dict[str, Any], float]:
    request = urllib.request.Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
    begun = time.perf_counter()
    with urllib.request.urlopen(request, timeout=70) as answer:
        body = json.loads(answer.read())
    return body, (time.perf_counter() - begun) * 1000


def measure(
    source: Path, logical_id: str, make: Callable[[], dict[str, Any]], variables: dict[str, str], events: int, scratch: Path
) -> Figures:
    bootstrap = scratch / logical_id
    shutil.copy2(source, bootstrap)
    with zipfile.ZipFile(scratch / f"{logical_id}.zip", "w", zipfile.ZIP_DEFLATED) as package:
        package.write(source, "bootstrap")
    with running(bootstrap, variables, scratch / f"{logical_id}.log") as url:
        body, first = post(url, make())
        warm, calls = [], {}
        for _ in range(events):
            body, took = post(url, make())
            # The responder explains, the others react.
            if not body.get("reactions") and not body.get("explained"):
                raise SystemExit(f"{logical_id} answered {body}")
            warm.append(took)
            calls = body.get("calls", {})
        rss = peak_rss_mb(bootstrap)
    size = (scratch / f"{logical_id}.zip").stat().st_size / 1_000_000
    return Figures(size, start_ms(bootstrap, variables), first, warm, rss, calls)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20, help="warm events for each function (default 20)")
    parser.add_argument("--built", type=Path, default=BUILT, help="where sam build left the functions (default .aws-sam/release)")
    parser.add_argument("--only", help="the logical id of one function")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    setup = Setup()
    lambda_ = boto3.client("lambda")
    plan: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
        ("PostureFindingFunction", "POSTURE_FINDING", setup.threat),
        ("KeyCreationFunction", "KEY_CREATION", setup.new_key),
        ("OffboardingFunction", "OFFBOARDING", setup.leaver),
        ("ResponderFunction", "RESPONDER", setup.question),
    ]
    figures: dict[str, Figures] = {}
    bare = setup.bare_call_ms()
    with TemporaryDirectory(prefix="severance-bench-") as scratch:
        for logical_id, output, make in plan:
            if options.only not in (None, logical_id):
                continue
            print(f"measuring {logical_id} …", file=sys.stderr, flush=True)
            name = os.environ[f"SEVERANCE_{output}_FUNCTION"]
            variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            source = options.built.resolve() / logical_id / "bootstrap"
            with sessions({logical_id}, variables) as credentials:
                figures[logical_id] = measure(source, logical_id, make, variables | credentials[logical_id], options.events, Path(scratch))
    if options.json:
        print(json.dumps({"bareCallMs": bare} | {name: vars(figure) for name, figure in figures.items()}, indent=2))
        return 0
    print(f"\none bare AWS call (sts:GetCallerIdentity, median of 50): {bare:.1f} ms\n")
    print(f"{'function':<24}{'zipped':>9}{'start':>10}{'first':>10}{'warm':>10}{'p90':>9}{'calls':>7}{'warm/call':>11}{'peak RSS':>11}")
    for name, figure in figures.items():
        warm = statistics.median(figure.warm_ms)
        p90 = statistics.quantiles(figure.warm_ms, n=10)[8]
        count = sum(figure.calls.values())
        # Not every answer tells its calls.
        each = f"{warm / count / bare:>10.2f}x" if count else f"{'–':>11}"
        print(
            f"{name:<24}{figure.zipped_mb:>6.1f} MB{figure.start_ms:>7.0f} ms{figure.first_ms:>7.0f} ms{warm:>7.0f} ms{p90:>6.0f} ms"
            f"{count or '–':>7}{each}{figure.peak_rss_mb:>8.1f} MB"
        )
    print("\nwarm/call: time per AWS call of a warm event, as a multiple of the bare call. AWS calls of the last event:")
    for name, figure in figures.items():
        print(f"  {name}: " + (", ".join(f"{call} {count}" for call, count in figure.calls.items()) or "not told"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
