#!/usr/bin/env python3
"""Deploy Severance into a local emulator of AWS, and run a command against it.

    stack.py run -- CMD…   start, deploy, run CMD with the stack's names in its environment, always stop again
    stack.py up            start and deploy, and leave it running; prints the file with the environment
    stack.py down RUN      stop what `up` started

Any number can run side by side: each has a folder .severance/run-… of its own, and ports that were free.

The environment of CMD, also written to .severance/run-…/env: AWS_ENDPOINT_URL, AWS_REGION and the credentials of the
emulated account's root; SEVERANCE_STACK; each output of template.yaml as SEVERANCE_<OUTPUT> (EvidenceBucket is
SEVERANCE_EVIDENCE_BUCKET), those of the observing stack as SEVERANCE_OBSERVE_<OUTPUT>, those of the one with a small
breaker as SEVERANCE_REVIEW_<OUTPUT>; SEVERANCE_MEMBER_ACCOUNT, another account in which the stack may act (its root's key
id is the account, the secret is test); SEVERANCE_OKTA_BUS; SEVERANCE_RUN_DIR; SEVERANCE_EMULATOR_LOG, where the functions'
output stands too. The stack itself has no breaker, as tests contain many identities at once.

Variables that begin with OVERLAY_ set up the emulator (tests/emulator/README.md). `--late SEED` sets some of them: what IAM's
actions change shows in its reads up to 4 s later and goes for authorization up to 4 s later, CloudTrail tells of a call up to
6 s later and EventBridge up to 2 s, each by a delay of its own that the seed draws; what is set already stays. CMD finds the
seed in SEVERANCE_LATE_SEED. What sam deploys is there at once.
"""

import argparse
import json
import logging
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import FrameType

from console import Failure, end_with, say, step
from deployment import HUB_ACCOUNT, OKTA_BUS, stacks, variables
from emulator import OVERLAY, Emulator, client_environment, end_group, late
from places import PACKED_TEMPLATE, REPO
from users import client

RUNS = REPO / ".severance"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Failure):
    """SIGINT, SIGTERM or SIGHUP: whatever runs is torn down on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


def main() -> int:
    options = arguments()
    for number in SIGNALS:
        signal.signal(number, interrupt)
    return down(options.run) if options.verb == "down" else start(options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="run | up | down")
    for verb in ("run", "up"):
        sub = verbs.add_parser(verb)
        sub.add_argument("--mode", choices=("observe", "review", "enforce"), default="enforce")
        sub.add_argument("--with-observe-stack", action="store_true", help="deploy severance-observe beside it")
        sub.add_argument("--with-review-stack", action="store_true", help="and severance-review: breakers of three an hour")
        sub.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE", help="of the main stack")
        sub.add_argument("--late", metavar="SEED", help="IAM, CloudTrail and events are late, as the seed draws it")
        sub.add_argument("--template", type=Path, default=PACKED_TEMPLATE, help="default: the one that make build made")
        if verb == "run":
            sub.add_argument("--with-moto", action="store_true", help="start moto as well; its address is SEVERANCE_MOTO")
            sub.add_argument("command", nargs="+", metavar="CMD")
    verbs.add_parser("down").add_argument("run", type=Path, help="its folder")
    return parser.parse_args()


def interrupt(number: int, _frame: FrameType | None) -> None:
    ignore_signals()
    raise Interrupted(number)


def ignore_signals() -> None:
    """Tearing down is short, and must not be interrupted."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def start(options: argparse.Namespace) -> int:
    """Both verbs that start a stack: `run` always stops it again, `up` only where something failed."""
    run_dir = new_run_dir(options.template)
    if options.late:
        os.environ.update(late(options.late))
    emulator = Emulator(run_dir)
    code = 1
    try:
        bring_up(emulator, options, run_dir)
        code = leave_running(emulator, run_dir) if options.verb == "up" else run_command(options, run_dir)
    finally:
        if options.verb == "run" or code != 0:
            ignore_signals()
            emulator.stop()
            tidy(run_dir, keep_logs=code != 0)
    return code


def down(run_dir: Path) -> int:
    pid_file = run_dir / "pid"
    if not pid_file.exists():
        raise Failure(f"nothing that `up` started is running in {run_dir}")
    pid = int(pid_file.read_text())
    if is_ours(pid):
        end_group(pid, lambda: is_ours(pid))
    tidy(run_dir, keep_logs=False)
    say(f"stopped {run_dir.name}")
    return 0


def parameters(given: list[str]) -> dict[str, str]:
    for each in given:
        if "=" not in each:
            raise Failure(f"--parameter {each}: expected NAME=VALUE")
    return dict(each.split("=", 1) for each in given)


def new_run_dir(template: Path) -> Path:
    if not template.exists():
        raise Failure(f"{template} is not there. Build the functions first: make build")
    RUNS.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="run-", dir=RUNS))


def bring_up(emulator: Emulator, options: argparse.Namespace, run_dir: Path) -> None:
    """Start the emulator, deploy into it, and make this process's environment one that knows all about it."""
    with step("starting the emulator"):
        emulator.start()
    # `make clean` leaves a folder alone whose emulator runs.
    (run_dir / "emulator.pid").write_text(str(emulator.pid))
    say(f"emulator at {emulator.endpoint}, log in {emulator.log}")
    environment = client_environment(emulator.endpoint)
    os.environ.clear()
    os.environ.update(environment)
    chosen = parameters(options.parameter)
    wanted = list(stacks(options.mode, options.with_observe_stack, options.with_review_stack, chosen))
    names = ", ".join(f"{stack.name} ({stack.mode})" for stack in wanted)
    with step(f"deploying {names} with sam deploy"):
        client("events").create_event_bus(Name=OKTA_BUS)
        for stack in wanted:
            stack.deploy(options.template.resolve(), run_dir)
            os.environ.update(stack.outputs())
    os.environ["SEVERANCE_RUN_DIR"] = str(run_dir)
    os.environ["SEVERANCE_EMULATOR_LOG"] = str(emulator.log)
    os.environ["SEVERANCE_OKTA_BUS"] = OKTA_BUS
    if options.late:
        os.environ["SEVERANCE_LATE_SEED"] = options.late
    ours = sorted((name, value) for name, value in os.environ.items() if name.startswith(("AWS_", "SEVERANCE_")))
    (run_dir / "env").write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in ours))
    # For `sam local invoke --env-vars`, which cannot resolve what the template refers to.
    known = {"Parameters": variables("OffboardingFunction")}
    (run_dir / "sam-local-env.json").write_text(json.dumps(known, indent=2) + "\n")


def start_moto(log: Path) -> str:
    """Start moto's server, a second opinion on what AWS does, in this process, with which it ends; its address."""
    # The same account as the emulator's.
    os.environ["MOTO_ACCOUNT_ID"] = HUB_ACCOUNT
    from moto.server import ThreadedMotoServer

    logging.basicConfig(filename=log)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    return f"http://127.0.0.1:{server.get_host_and_port()[1]}"


def run_command(options: argparse.Namespace, run_dir: Path) -> int:
    """Run the command in a process group of its own, and end the whole group when interrupted."""
    if options.with_moto:
        with step("starting moto"):
            os.environ["SEVERANCE_MOTO"] = start_moto(run_dir / "moto.log")
    say(f"running: {shlex.join(options.command)}")
    try:
        process = subprocess.Popen(options.command, cwd=REPO, start_new_session=True)
    except OSError as error:
        raise Failure(f"cannot run {options.command[0]}: {error}") from error
    try:
        code = process.wait()
    finally:
        end_group(process.pid, lambda: process.poll() is None)
    say(f"the command ended with {code}")
    return code


def leave_running(emulator: Emulator, run_dir: Path) -> int:
    (run_dir / "pid").write_text(str(emulator.pid))
    say(f"left running as process {emulator.pid}")
    print(f"set -a; . {run_dir}/env; set +a   # use it\n.venv/bin/python scripts/stack.py down {run_dir}   # stop it")
    return 0


def tidy(run_dir: Path, *, keep_logs: bool) -> None:
    if not keep_logs:
        shutil.rmtree(run_dir, ignore_errors=True)
        return
    for part in ("state", "tmp"):
        shutil.rmtree(run_dir / part, ignore_errors=True)
    say(f"logs are kept in {run_dir}")


def is_ours(pid: int) -> bool:
    """Whether the process is an emulator of this checkout: ids are reused."""
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return os.fspath(OVERLAY) in listed.stdout


if __name__ == "__main__":
    end_with(main)
