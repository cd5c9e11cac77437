#!/usr/bin/env python3
"""The same containment by Severance and by Cloud Custodian, side by side: AWS calls, time, what each leaves alive.

Runs inside `scripts/stack.py run`. For each size it makes a fresh user with that many credentials and two sessions,
lets one tool contain it, and then looks for itself at what still lives. One proxy before the emulator counts the calls
of all tools the same way. Times are this machine's: what carries over are the ratios to what ran beside it.

    severance        GuardDuty's finding, posted to the posture-finding function under AWS's runtime interface emulator,
                     with a session of the function's role
    custodian run    `custodian run` of scripts/peers/contain-user.yml, a process for each containment
    custodian event  Custodian's Lambda handler with scripts/peers/contain-user-by-event.yml, given the same finding

Exit codes: 0; 1 where --insist finds something alive; 77 where Custodian cannot be installed, so nothing was compared.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from bench import BUILT, Setup, load, post, running
from console import Failure, say
from counting_proxy import CountingProxy, counting
from custodian import Custodian, Run, install
from sam_local import emulator_endpoint, sessions
from subject import HOLDINGS, ROLE_SESSION, Holdings, State, Subject

FUNCTION = "PostureFindingFunction"
NOT_COMPARED = 77
SEVERANCE, CUSTODIAN_RUN, CUSTODIAN_EVENT = "severance", "custodian run", "custodian event"

Contain = Callable[[Subject], Run]
Process = AbstractContextManager[Contain]
"""A tool's process, fresh; it contains as often as it is asked to."""


@dataclass
class Figures:
    """One tool at one size."""

    calls: dict[str, int] = field(default_factory=dict)
    """Of a fresh process, start included."""
    fresh_ms: list[float] = field(default_factory=list)
    """From the start of the process to its answer."""
    own_ms: list[float] = field(default_factory=list)
    """The containment alone, by the tool's own clock; in a warm process where there is one."""
    state: State = State((), 0, 0)


class Bench:
    def __init__(self, proxy: CountingProxy, scratch: Path, rounds: int) -> None:
        self.proxy, self.scratch, self.rounds = proxy, scratch, rounds
        # What a tool's process gets: everything that it asks of AWS goes through the proxy.
        self.counted = {"AWS_ENDPOINT_URL": proxy.endpoint}
        self.users = 0

    def measure(self, holdings: Holdings, process: Callable[[], Process], *, warm: bool) -> Figures:
        figures = Figures()
        for _ in range(self.rounds):
            with process() as contain:
                calls, run, figures.state = self._contain(holdings, contain)
                figures.fresh_ms.append(run.wall_ms)
                figures.calls = calls
                if warm:
                    _, run, figures.state = self._contain(holdings, contain)
                figures.own_ms.append(run.own_ms)
        return figures

    def _contain(self, holdings: Holdings, contain: Contain) -> tuple[dict[str, int], Run, State]:
        self.users += 1
        subject = Subject(f"contain-{os.getpid()}-{self.users}", holdings)
        try:
            self.proxy.take()
            run = contain(subject)
            calls = self.proxy.take()
            if any(calls.get(name) != count for name, count in run.told.items()):
                # One of them is wrong. The table has what was counted.
                say(f"told and counted calls differ: told {run.told}, counted {calls}")
            return calls, run, subject.look()
        finally:
            subject.erase()

    # ── The tools ────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def severance(self, bootstrap: Path, variables: dict[str, str]) -> Iterator[Contain]:
        """A fresh process of the function. The runtime interface emulator starts it with the first event."""
        log = self.scratch / "severance.log"
        log.unlink(missing_ok=True)
        with running(bootstrap, variables | self.counted, log, level="info") as url:

            def contain(subject: Subject) -> Run:
                answer, wall = post(url, finding(subject))
                if not answer.get("reactions"):
                    raise Failure(f"{FUNCTION} answered {answer}")
                return Run(wall, handled_ms(log), answer["calls"])

            yield contain

    @contextmanager
    def custodian_run(self, custodian: Custodian) -> Iterator[Contain]:
        with TemporaryDirectory(dir=self.scratch) as folder:
            yield lambda subject: custodian.run(subject.name, os.environ | self.counted, Path(folder))

    @contextmanager
    def custodian_event(self, custodian: Custodian) -> Iterator[Contain]:
        with (
            TemporaryDirectory(dir=self.scratch) as folder,
            custodian.listening(os.environ | self.counted, Path(folder)) as by_event,
        ):
            yield lambda subject: by_event.send(finding(subject))


def finding(subject: Subject) -> dict[str, Any]:
    """GuardDuty's finding about the subject's first key: each time another one, else it were a second delivery."""
    names = {"ci-deployer": subject.name, "AKIAEXAMPLECIDEPLOY1": subject.keys[0]["AccessKeyId"]}
    event = load("guardduty/compromised-access-key.json", names)
    event["detail"]["id"] = subject.name
    return event


def handled_ms(log: Path) -> float:
    """The function's own milliseconds for its last event (docs/LOGGING.md)."""
    for line in reversed(log.read_text(encoding="utf-8", errors="replace").splitlines()):
        if '"handled an event"' in line:
            return float(json.loads(line[line.index("{") :])["milliseconds"])
    raise Failure(f"{log} has no line 'handled an event'")


# ── What is printed ──────────────────────────────────────────────────────────────────────────────────────────────────


def show(figures: dict[tuple[str, int], Figures], bare_ms: float, rounds: int) -> None:
    print(f"\none bare AWS call (sts:GetCallerIdentity, median of 50): {bare_ms:.1f} ms; medians of {rounds}\n")
    heads = f"{'credentials':>12}{'AWS calls':>11}"
    print(f"{'tool':<17}{heads}{'of IAM':>8}{'fresh':>10}{'own':>9}{'inactive':>10}{'deleted':>9}  left alive")
    for (tool, size), each in figures.items():
        fresh, own = statistics.median(each.fresh_ms), statistics.median(each.own_ms)
        of_iam = sum(count for name, count in each.calls.items() if name.startswith("IAM."))
        print(
            f"{tool:<17}{size:>12}{sum(each.calls.values()):>11}{of_iam:>8}{fresh / 1000:>8.2f} s{own:>6.0f} ms"
            f"{each.state.inactive:>10}{each.state.deleted:>9}  {', '.join(each.state.alive) or 'nothing'}"
        )
    ratios = list(ratios_of(figures))
    if ratios:
        print(f"\n{'severance / …':<17}{heads}{'':>8}{'fresh':>10}{'own':>9}")
    for tool, size, calls, fresh, own in ratios:
        print(f"{tool:<17}{size:>12}{calls:>10.2f}x{'':>8}{fresh:>9.2f}x{own:>8.2f}x")
    print(
        "\nfresh: from the start of the process to its answer. own: the containment alone by the tool's own clock, in a"
        "\nwarm process but for `custodian run`, which has none. inactive can be made active again, deleted cannot (a"
        "\npassword has no other end). The account held this one user: `custodian run` reads each other one, too."
        "\n\nAWS calls of a fresh process by name, as the proxy counted them:"
    )
    for (tool, size), each in figures.items():
        print(f"  {tool}, {size}: " + ", ".join(f"{name} {count}" for name, count in each.calls.items()))


def ratios_of(figures: dict[tuple[str, int], Figures]) -> Iterator[tuple[str, int, float, float, float]]:
    for (tool, size), other in figures.items():
        if tool != SEVERANCE:
            ours = figures[SEVERANCE, size]
            yield (
                tool, size,
                sum(ours.calls.values()) / sum(other.calls.values()),
                statistics.median(ours.fresh_ms) / statistics.median(other.fresh_ms),
                statistics.median(ours.own_ms) / statistics.median(other.own_ms),
            )  # fmt: skip


def survivors(figures: dict[tuple[str, int], Figures], insist: str) -> list[str]:
    """What Severance left alive of what it is to end."""
    spared = {ROLE_SESSION} if insist == "own" else set()
    return [
        f"{what}, of {size} credentials"
        for (tool, size), each in figures.items()
        if tool == SEVERANCE
        for what in each.state.alive
        if what not in spared
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes for each tool and size (default 3)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--latency-ms", type=float, default=0, help="what each AWS call takes longer (default 0)")
    parser.add_argument(
        "--insist", nargs="?", const="all", choices=("all", "own"),
        help="fail if Severance left anything alive; `own`: but sessions of roles that the user had assumed",
    )  # fmt: skip
    options = parser.parse_args()
    endpoint = emulator_endpoint()
    custodian: Custodian | None = None
    missing = ""
    try:
        custodian = install()
    except Failure as failure:
        missing = str(failure)
    variables = boto3.client("lambda").get_function_configuration(
        FunctionName=os.environ["SEVERANCE_POSTURE_FINDING_FUNCTION"]
    )["Environment"]["Variables"]
    figures: dict[tuple[str, int], Figures] = {}
    bare = Setup().bare_call_ms()
    with (
        TemporaryDirectory(prefix="severance-bench-") as scratch,
        counting(endpoint, options.latency_ms) as proxy,
        sessions({FUNCTION}, variables) as credentials,
    ):
        bench = Bench(proxy, Path(scratch), options.rounds)
        bootstrap = Path(shutil.copy2(BUILT / FUNCTION / "bootstrap", Path(scratch) / FUNCTION))
        for holdings in HOLDINGS:
            size = holdings.total
            say(f"containing users with {size} credentials …")
            function = partial(bench.severance, bootstrap, variables | credentials[FUNCTION])
            figures[SEVERANCE, size] = bench.measure(holdings, function, warm=True)
            if custodian:
                run, event = partial(bench.custodian_run, custodian), partial(bench.custodian_event, custodian)
                figures[CUSTODIAN_RUN, size] = bench.measure(holdings, run, warm=False)
                figures[CUSTODIAN_EVENT, size] = bench.measure(holdings, event, warm=True)
    if options.json:
        told = [
            {"tool": tool, "credentials": size} | vars(each) | {"state": vars(each.state)}
            for (tool, size), each in figures.items()
        ]
        print(json.dumps({"bareCallMs": bare, "latencyMs": options.latency_ms, "figures": told}, indent=2))
    else:
        if options.latency_ms:
            print(f"\neach AWS call of the tools takes {options.latency_ms:.0f} ms longer than the emulator")
        show(figures, bare, options.rounds)
    if options.insist and (left := survivors(figures, options.insist)):
        print("\n!! Severance left alive: " + "; ".join(left), file=sys.stderr)
        return 1
    if missing:
        print(f"\n!! NOT COMPARED: Cloud Custodian cannot be installed here.\n{missing}", file=sys.stderr)
        return NOT_COMPARED
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"bench_containment.py: {failure}", file=sys.stderr)
        sys.exit(1)
