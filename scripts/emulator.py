"""The emulator that the functions are deployed into: ministack, with tests/emulator/overlay.py, enforcing IAM."""

import contextlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from console import Failure, Usage, tail, until
from places import REPO

OVERLAY = REPO / "tests" / "emulator" / "overlay.py"
REGION = "us-east-1"
LATE = {
    "OVERLAY_IAM_READ_LAG_SECONDS": "4",
    "OVERLAY_IAM_LAG_SECONDS": "4",
    "OVERLAY_TRAIL_DELAY_SECONDS": "6",
    "OVERLAY_EVENT_DELAY_SECONDS": "2",
}
"""How late one is at most that is late as AWS is (tests/emulator/README.md). CloudTrail's minutes are seconds."""
READY_SECONDS = 60
STOP_SECONDS = 5


def own_environment() -> dict[str, str]:
    """This process's environment without what is AWS's or ours in it, and no proxy before what runs here."""
    foreign = ("AWS_", "SEVERANCE_", "SAM_CLI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")


def client_environment(endpoint: str) -> dict[str, str]:
    """The environment in which every AWS client talks to the emulator, as its account's root, and to nothing else."""
    return own_environment() | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Neither a profile of the user's nor an instance's role may slip in.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


def emulator_endpoint() -> str:
    """The emulator's address, as scripts/stack.py left it in the environment. Refuses any other: functions in enforce
    mode would contain identities of a real account."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    host = urllib.parse.urlsplit(endpoint).hostname or ""
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return endpoint
    raise Usage(
        f"AWS_ENDPOINT_URL is {endpoint!r}, not an emulator on this machine.\n"
        f"Run it so: scripts/stack.py run -- .venv/bin/python {' '.join(sys.argv)}"
    )


def late(seed: str) -> dict[str, str]:
    """The settings of an emulator whose IAM and CloudTrail are late, each write by itself, as the seed draws it. What the
    environment says of how late it is at most goes before."""
    return {name: os.environ.get(name, seconds) for name, seconds in LATE.items()} | {"OVERLAY_LAG_SEED": seed}


class Emulator:
    """One emulator, with a port, a state and temporary files of its own, so that any number can run side by side."""

    def __init__(self, run_dir: Path) -> None:
        self.log = run_dir / "emulator.log"
        self.endpoint = ""
        self._run_dir = run_dir
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        # Between choosing a free port and binding it somebody else may take it.
        for _ in range(3):
            port = free_port()
            self.endpoint = f"http://127.0.0.1:{port}"
            self.process = self._spawn(port)
            until(lambda: not self._runs() or self._answers(), READY_SECONDS)
            # Another process may have won the port and be the one that answers.
            if self._runs() and self._answers():
                return
            self.stop()
        hint = "If a module is missing, run: make clean-venv venv"
        raise Failure(f"the emulator did not start.\n{tail(self.log)}\n{hint}")

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        temporary = self._run_dir / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            # Without it functions run as root, and no policy is tested.
            "AUTH": "true",
            "CLOUDTRAIL_RECORDING": "1",
            "STATE_DIR": str(self._run_dir / "state"),
            "TMPDIR": str(temporary),
            "LOG_LEVEL": "INFO",
            # Lambda waits one and two minutes between attempts. The shape is the same here.
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.05",
            # These listen on fixed ports.
            "IOT_MTLS_ENABLED": "false",
            "SFTP_ENABLED": "false",
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(OVERLAY)],
                env=own_environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own takes the functions' processes along when it is ended.
                start_new_session=True,
            )

    def _answers(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with contextlib.suppress(OSError), opener.open(f"{self.endpoint}/_ministack/health", timeout=2):
            return True
        return False

    def _runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None:
            end_group(self.process.pid, self._runs)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def end_group(pid: int, runs: Callable[[], bool]) -> None:
    """End the process group that `pid` leads: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            break
        until(lambda: not runs(), STOP_SECONDS, pause=0.05)
