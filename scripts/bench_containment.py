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

import argparse
import os
import statistics
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from console import EXIT_SKIPPED, Failure, end_with, say, table
from counting_proxy import CountingProxy
from custodian import Contain, Custodian, Run, install
from deployment import sessions
from emulator import emulator_endpoint
from measured import bare_call_ms, by_name, running
from users import LISTED, Holdings, User, allow, client, finding, refusal

FUNCTION = "PostureFindingFunction"
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
SEVERANCE, CUSTODIAN_RUN, CUSTODIAN_EVENT = "severance", "custodian run", "custodian event"

Process = Callable[[], AbstractContextManager[Contain]]
"""Starts a tool's process, which contains as often as it is asked to."""


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
        sts = client("sts", self.keys[0])
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
        accepted = [key for key in self.keys if not refusal(client("sts", key).get_caller_identity)]
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
        alive += [what for what, each in self.sessions.items() if not refusal(client("s3", each).list_buckets)]
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


@dataclass
class Figures:
    """One tool at one size."""

    calls: Counter[str] = field(default_factory=Counter)
    """Of a fresh process, start included."""
    fresh_ms: list[float] = field(default_factory=list)
    """From the start of the process to its answer."""
    own_ms: list[float] = field(default_factory=list)
    """The containment alone, by the tool's own clock; in a warm process where there is one."""
    state: State = State((), 0, 0)

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


def contained(proxy: CountingProxy, holdings: Holdings, contain: Contain) -> tuple[Counter[str], Run, State]:
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

        def contain(user: User) -> Run:
            answer, wall = function.ask(finding(user.name, user.keys[0]))
            if not answer.get("reactions"):
                raise Failure(f"{FUNCTION} answered {answer}")
            return Run(wall, function.told("handled an event")["milliseconds"], answer["calls"])

        yield contain


def show(figures: dict[tuple[str, int], Figures], rounds: int) -> None:
    rows, ratios = [], []
    for (tool, size), each in figures.items():
        ours = figures[SEVERANCE, size]
        of_iam = sum(count for name, count in each.calls.items() if name.startswith("IAM."))
        times = f"{each.fresh / 1000:.2f} s", f"{each.own:.0f} ms"
        alive = ", ".join(each.state.alive) or "nothing"
        rows.append((tool, size, each.calls.total(), of_iam, *times, each.state.inactive, each.state.deleted, alive))
        if tool != SEVERANCE:
            parts = ours.calls.total() / each.calls.total(), ours.fresh / each.fresh, ours.own / each.own
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
