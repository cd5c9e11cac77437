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
import os
import statistics
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from console import EXIT_SKIPPED, Failure, end_with, say, table
from counting_proxy import CountingProxy
from custodian import Contain, Custodian, Run, install
from emulator import emulator_endpoint
from functions import sessions
from measured import bare_call_ms, by_name, running
from subject import HOLDINGS, ROLE_SESSION, State, Subject
from users import Holdings, finding

FUNCTION = "PostureFindingFunction"
SEVERANCE, CUSTODIAN_RUN, CUSTODIAN_EVENT = "severance", "custodian run", "custodian event"

Process = Callable[[], AbstractContextManager[Contain]]
"""Starts a tool's process, which contains as often as it is asked to."""


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

    @property
    def count(self) -> int:
        return sum(self.calls.values())

    @property
    def fresh(self) -> float:
        return statistics.median(self.fresh_ms)

    @property
    def own(self) -> float:
        return statistics.median(self.own_ms)


def measure(proxy: CountingProxy, holdings: Holdings, start: Process, rounds: int, *, warm: bool) -> Figures:
    figures = Figures()
    for _ in range(rounds):
        with start() as contain:
            figures.calls, run, figures.state = contained(proxy, holdings, contain)
            figures.fresh_ms.append(run.wall_ms)
            if warm:
                _, run, figures.state = contained(proxy, holdings, contain)
            figures.own_ms.append(run.own_ms)
    return figures


def contained(proxy: CountingProxy, holdings: Holdings, contain: Contain) -> tuple[dict[str, int], Run, State]:
    subject = Subject(f"contain-{uuid.uuid4().hex[:12]}", holdings)
    try:
        proxy.take()
        run = contain(subject)
        calls = proxy.take()
        if any(calls.get(name) != count for name, count in run.told.items()):
            # One of them is wrong. The table has what was counted.
            say(f"told and counted calls differ: told {run.told}, counted {calls}")
        return calls, run, subject.look()
    finally:
        subject.erase()


@contextmanager
def severance(variables: dict[str, str], scratch: Path) -> Iterator[Contain]:
    """A fresh process of the function."""
    with running(FUNCTION, variables, scratch) as function:

        def contain(subject: Subject) -> Run:
            answer, wall = function.ask(finding(subject.name, subject.keys[0]))
            if not answer.get("reactions"):
                raise Failure(f"{FUNCTION} answered {answer}")
            return Run(wall, function.told("handled an event")["milliseconds"], answer["calls"])

        yield contain


# ── What is printed ──────────────────────────────────────────────────────────────────────────────────────────────────


def show(figures: dict[tuple[str, int], Figures], rounds: int) -> None:
    rows, ratios = [], []
    for (tool, size), each in figures.items():
        ours = figures[SEVERANCE, size]
        of_iam = sum(count for name, count in each.calls.items() if name.startswith("IAM."))
        times = f"{each.fresh / 1000:.2f} s", f"{each.own:.0f} ms"
        alive = ", ".join(each.state.alive) or "nothing"
        rows.append((tool, size, each.count, of_iam, *times, each.state.inactive, each.state.deleted, alive))
        if tool != SEVERANCE:
            parts = ours.count / each.count, ours.fresh / each.fresh, ours.own / each.own
            ratios.append((tool, size, *(f"{part:.2f}x" for part in parts)))
    heads = [">credentials", ">AWS calls"]
    print(f"\nmedians of {rounds}\n")
    print(table(["tool", *heads, ">of IAM", ">fresh", ">own", ">inactive", ">deleted", "left alive"], rows))
    if ratios:
        print("", table(["severance / …", *heads, ">fresh", ">own"], ratios), sep="\n")
    print(
        "\nfresh: from the start of the process to its answer. own: the containment alone by the tool's own clock, in a"
        "\nwarm process but for `custodian run`, which has none. inactive can be made active again, deleted cannot (a"
        "\npassword has no other end). The account held this one user: `custodian run` reads each other one, too."
        "\n\nAWS calls of a fresh process by name, as the proxy counted them:"
    )
    for (tool, size), each in figures.items():
        print(f"  {tool}, {size}: {by_name(each.calls)}")


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
    parser.add_argument("--latency-ms", type=float, default=0, help="what each AWS call takes longer (default 0)")
    parser.add_argument(
        "--insist", nargs="?", const="all", choices=("all", "own"),
        help="fail if Severance left anything alive; `own`: but sessions of roles that the user had assumed",
    )  # fmt: skip
    options = parser.parse_args()
    endpoint = emulator_endpoint()
    python, missing = None, ""
    try:
        python = install()
    except Failure as failure:
        missing = str(failure)
    figures: dict[tuple[str, int], Figures] = {}
    bare_call_ms()
    with (
        TemporaryDirectory(prefix="severance-bench-") as folder,
        CountingProxy(endpoint, options.latency_ms) as proxy,
        sessions([FUNCTION]) as variables,
    ):
        scratch = Path(folder)
        # What a tool's process gets: everything that it asks of AWS goes through the proxy.
        counted = {"AWS_ENDPOINT_URL": proxy.endpoint}
        tools: dict[str, Process] = {SEVERANCE: partial(severance, variables[FUNCTION] | counted, scratch)}
        if python:
            custodian = Custodian(python, os.environ | counted, scratch)
            tools |= {CUSTODIAN_RUN: custodian.running, CUSTODIAN_EVENT: custodian.listening}
        for holdings in HOLDINGS:
            size = holdings.total
            say(f"containing users with {size} credentials …")
            for tool, start in tools.items():
                warm = tool != CUSTODIAN_RUN
                figures[tool, size] = measure(proxy, holdings, start, options.rounds, warm=warm)
    if options.latency_ms:
        print(f"\neach AWS call of the tools takes {options.latency_ms:.0f} ms longer than the emulator")
    show(figures, options.rounds)
    if options.insist and (left := survivors(figures, options.insist)):
        print("\n!! Severance left alive: " + "; ".join(left), file=sys.stderr)
        return 1
    if missing:
        print(f"\n!! NOT COMPARED: Cloud Custodian cannot be installed here.\n{missing}", file=sys.stderr)
        return EXIT_SKIPPED
    return 0


if __name__ == "__main__":
    end_with(main)
