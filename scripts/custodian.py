"""Cloud Custodian, installed from scripts/peers/requirements.txt into a virtual environment of its own, and run."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from console import Failure, step, tail

PEERS = Path(__file__).resolve().parent / "peers"
REQUIREMENTS = PEERS / "requirements.txt"
INSTALL_SECONDS = 300
PLACEHOLDER = "USER_TO_CONTAIN"


@dataclass(frozen=True)
class Run:
    """One containment by a fresh process or by one that was already warm."""

    wall_ms: float
    """As whoever started it, or sent the event, sees it."""
    own_ms: float
    """The policy's execution alone, by Custodian's own clock (metadata.json, or around its handler)."""
    told: dict[str, int]
    """AWS calls during the execution, as Custodian counts them: IAM.GetUser."""


@dataclass(frozen=True)
class Custodian:
    python: Path

    def run(self, user: str, environment: dict[str, str], folder: Path) -> Run:
        """`custodian run` of contain-user.yml, a process of its own, as a schedule or a person at a shell starts it."""
        policy = folder / "contain-user.yml"
        text = (PEERS / policy.name).read_text(encoding="utf-8")
        policy.write_text(text.replace(PLACEHOLDER, user), encoding="utf-8")
        # No cache: it would contain from what was true up to a quarter of an hour ago.
        program = self.python.with_name("custodian")
        command: list[str | Path] = [program, "run", "--cache-period", "0", "--output-dir", folder, policy]
        log = folder / "custodian.log"
        with log.open("wb") as output:
            begun = time.perf_counter()
            code = subprocess.run(command, env=environment, stdout=output, stderr=output, check=False).returncode
            wall = (time.perf_counter() - begun) * 1000
        if code != 0:
            raise Failure(f"custodian run ended with {code}.\n{tail(log)}")
        execution, told = metadata(folder / "contain-user")
        return Run(wall, execution, told)

    @contextmanager
    def listening(self, environment: dict[str, str], folder: Path) -> Iterator[ByEvent]:
        """Custodian's Lambda handler with contain-user-by-event.yml, waiting for events."""
        with (folder / "by-event.log").open("wb") as log:
            command = [self.python, PEERS / "custodian_by_event.py", PEERS / "contain-user-by-event.yml", folder]
            begun = time.perf_counter()
            process = subprocess.Popen(
                command, env=environment, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
            try:
                assert process.stdin is not None and process.stdout is not None
                yield ByEvent(process.stdin, process.stdout, folder, begun)
            finally:
                process.kill()
                process.communicate()


@dataclass
class ByEvent:
    """A process that answers events. The first answer's wall time counts from the start of the process."""

    _to: IO[str]
    _answers: IO[str]
    _folder: Path
    _begun: float | None

    def send(self, event: dict[str, Any]) -> Run:
        begun, self._begun = self._begun or time.perf_counter(), None
        self._to.write(json.dumps(event) + "\n")
        line = self._answers.readline()
        wall = (time.perf_counter() - begun) * 1000
        if not line:
            raise Failure(f"Cloud Custodian failed on the event.\n{tail(self._folder / 'by-event.log')}")
        _, told = metadata(self._folder / "contain-user-by-event")
        return Run(wall, json.loads(line)["milliseconds"], told)


def metadata(output: Path) -> tuple[float, dict[str, int]]:
    """How long the policy's execution took, in milliseconds, and its AWS calls, by Custodian's own record."""
    told = json.loads((output / "metadata.json").read_text(encoding="utf-8"))
    # Custodian writes iam.GetUser, the SDKs and the proxy IAM.GetUser; it calls no other service here.
    calls = {name.replace("iam.", "IAM."): count for name, count in told["api-stats"].items()}
    return told["execution"]["duration"] * 1000, calls


def install() -> Custodian:
    """Custodian as pinned, installed once, below $SEVERANCE_CACHE; raises Failure where it cannot be installed."""
    cache = Path(os.environ.get("SEVERANCE_CACHE") or Path.home() / ".cache" / "severance")
    pins = REQUIREMENTS.read_bytes()
    # A new pin or a new Python makes a new one; a half-made one has no mark.
    made_for = hashlib.sha256(pins + sys.version.encode()).hexdigest()[:12]
    home = cache / f"peers-{made_for}"
    python, mark, log = home / "bin" / "python", home / ".installed", cache / f"peers-{made_for}.log"
    cache.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # Another run may be at it, and the cache is shared.
        fcntl.flock(output, fcntl.LOCK_EX)
        if not mark.exists():
            output.truncate(0)
            with step(f"installing {REQUIREMENTS.relative_to(PEERS.parent.parent)} into {home}"):
                into(home, python, output, log)
            mark.touch()
    return Custodian(python)


def into(home: Path, python: Path, output: IO[bytes], log: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--requirement", str(REQUIREMENTS)]
    try:
        venv.create(home, clear=True, with_pip=True)
        subprocess.run(
            pip, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=INSTALL_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Failure(f"{error}\n{tail(log)}") from error
