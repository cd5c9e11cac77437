#!/usr/bin/env python3
"""Run the functions with `sam local invoke`, under AWS's own runtime emulator, against the local emulator of AWS.

    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py invoke              every file in events/
    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py invoke FILE…        these
    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py env-file -o FILE    what --env-vars needs
    .venv/bin/python scripts/sam_local.py doctor                                      can this machine do it?

`invoke` needs a container engine. If one answers, that is used. If none does, and this is root on Linux with dockerd,
a private one is started and stopped again: its socket, data and network bridge are its own, and no firewall rule or
other setting of the host is touched. The functions' base image comes from AWS's registry; where that is out of reach, a
minimal Debian of debootstrap stands in for Amazon Linux. It is kept as a tar in $SEVERANCE_CACHE (~/.cache/severance).

A function has what it has when deployed: the same variables, and a session of its own role. A file named refused-*.json
must end in the function error Severance.Terminal.MalformedEvent; ignored-*.json in a response without a reaction; any
other in a response with one. The files of events/responder are requests: refused-*.json must end in the answer refused
or, where they are no requests, in that function error; any other in the answer to its request.

Exit codes: 0 all as named, 1 something not, 2 wrong use, 77 no container engine can be had here.
"""

import argparse
import contextlib
import json
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
from base_image import AWS_IMAGE, prepare_image
from console import Usage, end_with
from containers import Engine, container_engine
from counting_proxy import CountingProxy
from deployment import sessions, variables
from emulator import emulator_endpoint
from places import ARCHITECTURE, BUILT, EVENTS, REPO, SAM
from seed import Account, seed

FUNCTIONS = dict(re.findall(r"(?m)^## ([\w-]+) — `(\w+)`$", (EVENTS / "README.md").read_text(encoding="utf-8")))
"""Folder of events/ → logical id of the function that reads it, as the headings there say."""
RESPONDER = "ResponderFunction"
ANSWERS: Mapping[str, str] = {
    "explain": "explained",
    "plan": "explained",
    "reviews": "reviews",
    "exemptions": "exemptions",
    "breaker_status": "breakers",
    "registry_export": "registry",
    "cutovers": "cutovers",
    "scheduled_run": "scheduled_run",
}
"""Request to the responder → its answer, as crates/domain/src/tell/respond.rs has them. What needs a proof, or a case, is
refused in a file."""

MALFORMED = "Severance.Terminal.MalformedEvent"
INVOKE_SECONDS = 180


def main() -> int:
    options = arguments()
    # Whatever ends this must also end what it started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    match options.verb:
        case "invoke":
            return invoke(options)
        case "env-file":
            options.output.write_text(env_vars(options.endpoint or emulator_endpoint()), encoding="utf-8")
            return 0
        case _:
            with container_engine() as engine:
                prepare_image(engine)
                print(f"`sam local invoke` can be run here: {engine.description}")
            return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="invoke | env-file | doctor")
    run = verbs.add_parser("invoke", help="invoke the functions with event files")
    run.add_argument("files", nargs="*", type=Path, metavar="FILE", help="below events/; default: all of them")
    run.add_argument("--seed", action="store_true", help="first make the identities that the events speak of (once a stack)")
    run.add_argument("--verbose", "-v", action="store_true", help="show each command, response and log")
    env = verbs.add_parser("env-file", help="write the file that `sam local invoke --env-vars` needs")
    env.add_argument("--output", "-o", type=Path, default=Path("/dev/stdout"), help="default: standard output")
    env.add_argument("--endpoint", help="how a container reaches the emulator; default: $AWS_ENDPOINT_URL as it is")
    verbs.add_parser("doctor", help="say whether a container engine can be had here, by trying")
    return parser.parse_args()


# ── Verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """An event file, the function that reads it, and the file to hand over."""

    name: str
    function: str
    payload: Path


def invoke(options: argparse.Namespace) -> int:
    endpoint = emulator_endpoint()
    template = BUILT / "template.yaml"
    if not template.exists():
        raise Usage(f"{template} is not there. Build the functions first: make build")
    names = event_names(options.files)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="severance-sam-")))
        engine = stack.enter_context(container_engine())
        image = prepare_image(engine)
        reachable = stack.enter_context(bridge_to(endpoint, engine))
        environment = scratch / "env.json"
        environment.write_text(env_vars(reachable), encoding="utf-8")
        cases = make_cases(names, scratch, seed(boto3.Session()) if options.seed else Account())
        credentials = stack.enter_context(sessions({case.function for case in cases}))
        command = [
            str(SAM), "local", "invoke",
            f"--template={template}", f"--env-vars={environment}", "--skip-pull-image",
            *([f"--invoke-image={image}"] if image != AWS_IMAGE else []),
            # A variable that the template sets under a condition can be overridden only where the condition holds.
            "--parameter-overrides", f"Architecture={ARCHITECTURE}", f"EndpointUrl={reachable}",
        ]  # fmt: skip
        own = engine.environment | {"TMPDIR": str(scratch)}
        environments = {function: own | each for function, each in credentials.items()}
        return run_all(cases, command, environments, verbose=options.verbose)


def env_vars(endpoint: str) -> str:
    """What `--env-vars` takes: "Parameters" holds for every function of the template."""
    parameters = variables("OffboardingFunction") | {"AWS_ENDPOINT_URL": endpoint}
    return json.dumps({"Parameters": parameters}, indent=2) + "\n"


# ── Event files and what they must come to ───────────────────────────────────────────────────────────────────────────


def event_names(files: list[Path]) -> list[str]:
    """The files' names below events/."""
    chosen = [path.resolve() for path in files] or sorted(path.resolve() for path in EVENTS.glob("*/*.json"))
    for path in chosen:
        if not path.is_relative_to(EVENTS) or path.relative_to(EVENTS).parts[0] not in FUNCTIONS:
            raise Usage(f"{path} is in none of the folders {', '.join(f'events/{folder}' for folder in FUNCTIONS)}")
        if not path.exists():
            raise Usage(f"{path} is not there")
    return [path.relative_to(EVENTS).as_posix() for path in chosen]


def make_cases(names: list[str], scratch: Path, account: Account) -> list[Case]:
    """The cases, with the real ids of the keys that the account has."""
    cases = []
    for name in names:
        payload = scratch / "events" / name
        payload.parent.mkdir(parents=True, exist_ok=True)
        payload.write_text(json.dumps(account.event(name)), encoding="utf-8")
        cases.append(Case(name, FUNCTIONS[name.split("/")[0]], payload))
    return cases


def judge(case: Case, output: str) -> tuple[bool, str]:
    """Whether a function's answer is what the file's name says, and the answer in short.

    `sam local invoke` ends with 0 whatever happens, even when it never reached the function: only the answer tells."""
    try:
        answer = json.loads(output)
    except ValueError:
        return False, f"no answer: {output.strip()[:200] or 'nothing'}"
    kind = Path(case.name).name.split("-")[0]
    unknown = f"an answer of an unknown shape: {output.strip()[:200]}"
    match answer:
        case {"errorType": error}:
            # A crash, a time-out or a denied call is a function error too, but no refusal.
            return kind == "refused" and error == MALFORMED, f"{error}: {answer.get('errorMessage', '')}"
        case dict() if case.function == RESPONDER:
            # It reacts to no event, but answers a request.
            asked = json.loads(case.payload.read_text(encoding="utf-8"))["request"]
            request = asked if isinstance(asked, str) else next(iter(asked))
            expected = "refused" if kind == "refused" else ANSWERS.get(request)
            found = [name for name in answer if name in {*ANSWERS.values(), "done", "refused"}]
            why = f": {answer['refused'].get('why')}" if "refused" in answer else ""
            # An answer with no content is one as well: no review waits.
            return found == [expected], (", ".join(found) + why) or unknown
        case {"reactions": [*reactions], "ignored": [*ignored]}:
            told = [str(reaction.get("verdict")) for reaction in reactions]
            told += [f"ignored: {part.get('reason')}" for part in ignored]
            good = {"refused": False, "ignored": bool(ignored and not reactions)}.get(kind, bool(reactions))
            return good, ", ".join(told) or "nothing"
        case _:
            return False, unknown


def run_all(cases: list[Case], command: list[str], environments: Mapping[str, dict[str, str]], *, verbose: bool) -> int:
    wrong = 0
    for case in cases:
        full = [*command[:3], case.function, f"--event={case.payload}", *command[3:]]
        if verbose:
            print(f"\n$ {shlex.join(full)}", flush=True)
        begun = time.monotonic()
        try:
            done = subprocess.run(
                full, cwd=REPO, env=environments[case.function], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=INVOKE_SECONDS, check=False,
            )  # fmt: skip
            output, log = done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            output, log = "", f"sam local invoke did not end within {INVOKE_SECONDS} s"
        good, told = judge(case, output)
        wrong += not good
        took = time.monotonic() - begun
        print(f"{'ok   ' if good else 'WRONG'} {took:4.1f} s  {case.function:<23} {case.name:<52} {told}", flush=True)
        if verbose or not good:
            lines = [*output.splitlines(), *log.splitlines()]
            print("\n".join(f"      | {line}" for line in lines if line.strip()), flush=True)
    print(f"sam local invoke: {len(cases) - wrong} of {len(cases)} event files came to what their names say", flush=True)
    return 1 if wrong else 0


# ── The way from a container to the emulator ─────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def bridge_to(endpoint: str, engine: Engine) -> Iterator[str]:
    """An address at which containers reach the emulator, which listens on the host's loopback alone.

    `sam local invoke --docker-network host` is no help: SAM (1.167 and 1.170) takes it for "no further network" and leaves
    the container on the default bridge, where 127.0.0.1 is the container itself."""
    try:
        proxy = CountingProxy(endpoint, host=engine.gateway) if engine.gateway else None
    except OSError:
        proxy = None
    if proxy is None:
        # The engine runs in a virtual machine, which has a name for the host and leads it to the host's loopback.
        yield f"http://host.docker.internal:{urllib.parse.urlsplit(endpoint).port}"
        return
    with proxy:
        yield proxy.endpoint


if __name__ == "__main__":
    end_with(main)
