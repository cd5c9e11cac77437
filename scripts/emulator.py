"""The emulator that the functions are deployed into: ministack, with tests/emulator/overlay.py, enforcing IAM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from console import Failure, tail

REPO = Path(__file__).resolve().parent.parent
OVERLAY = REPO / "tests" / "emulator" / "overlay.py"
REGION = "us-east-1"
LATE = {
    "OVERLAY_IAM_READ_LAG_SECONDS": "4",
    "OVERLAY_IAM_LAG_SECONDS": "4",
    "OVERLAY_TRAIL_DELAY_SECONDS": "6",
    "OVERLAY_EVENT_DELAY_SECONDS": "2",
}
"""How late an emulator is at most that is to be late as AWS is (tests/emulator/README.md). CloudTrail's minutes are seconds."""
READY_SECONDS = 60
STOP_SECONDS = 5


def client_environment(endpoint: str) -> dict[str, str]:
    """The environment in which every AWS client talks to the emulator, as its account's root, and to nothing else."""
    foreign = ("AWS_", "SEVERANCE_", "SAM_CLI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # Neither a profile of the user's nor an instance's role may slip in.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
    }


def late(seed: str) -> dict[str, str]:
    """The settings of an emulator whose IAM and CloudTrail are late, each write by itself, as the seed draws it. What the
    environment says of how late it is at most goes before."""
    return {name: os.environ.get(name, seconds) for name, seconds in LATE.items()} | {"OVERLAY_LAG_SEED": seed}


class Server:
    """A process that answers HTTP on a port of its own, so that any number can run side by side."""

    name: str
    """As errors call it, and as its log is named."""
    health: str
    """The path that answers once it is ready."""

    def __init__(self, run_dir: Path) -> None:
        self.log = run_dir / f"{self.name.rpartition(' ')[2]}.log"
        self._run_dir = run_dir
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        # Between choosing a free port and binding it somebody else may take it.
        for _ in range(3):
            port = free_port()
            self.endpoint = f"http://127.0.0.1:{port}"
            self._spawn(port)
            if self._ready():
                return
            self.stop()
        raise Failure(f"{self.name} did not start.\n{tail(self.log)}\nIf a module is missing, run: make clean-venv venv")

    def _spawn(self, port: int) -> None:
        raise NotImplementedError

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own takes the functions' processes along when it is ended.
                start_new_session=True,
            )

    def _ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + READY_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with opener.open(f"{self.endpoint}{self.health}", timeout=2):
                    # Another process may have won the port and be the one that answers.
                    return self._process.poll() is None
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        return False

    def stop(self) -> None:
        if self._process is not None:
            end_group(self._process.pid, self._process)
            self._process = None


class Emulator(Server):
    """One emulator, with a state and temporary files of its own."""

    name = "the emulator"
    health = "/_ministack/health"

    def __init__(self, run_dir: Path, settings: dict[str, str] | None = None) -> None:
        super().__init__(run_dir)
        # Beside those of the environment, which are passed on.
        self._settings = settings or {}

    def _spawn(self, port: int) -> None:
        temporary = self._run_dir / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEVERANCE_"))}
        environment |= {
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
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        self._run([sys.executable, str(OVERLAY)], environment | self._settings)


class Moto(Server):
    """moto's server, as a second opinion on what AWS does. It keeps nothing, and ends with whoever started it."""

    name = "moto"
    health = "/moto-api/data.json"

    def _spawn(self, port: int) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SEVERANCE_"))}
        # The same account as the emulator's.
        environment |= {"MOTO_ACCOUNT_ID": "000000000000", "AWS_DEFAULT_REGION": REGION}
        self._run([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], environment)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_group(pid: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """End the process group that `pid` leads: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and alive(pid, process):
            time.sleep(0.05)
    if process is not None:
        process.wait()


def alive(pid: int, process: subprocess.Popen[bytes] | None) -> bool:
    if process is not None:
        return process.poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
