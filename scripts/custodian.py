"""Cloud Custodian, installed from scripts/peers/requirements.txt into a virtual environment of its own, and run."""

import fcntl
import hashlib
import json
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from console import Failure, step, tail
from places import REPO, cache
from users import User, finding

PEERS = REPO / "scripts" / "peers"
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


Contain = Callable[[User], Run]
"""Has a tool contain a user."""


@dataclass(frozen=True)
class Custodian:
    """An installed Custodian, the environment that its processes get, and the folder below which they write."""

    python: Path
    environment: dict[str, str]
    scratch: Path

    @contextmanager
    def running(self) -> Iterator[Contain]:
        """`custodian run` of contain-user.yml, a process of its own, as a schedule or a person at a shell starts it."""
        with TemporaryDirectory(dir=self.scratch) as folder:
            yield lambda user: self._run(user.name, Path(folder))

    def _run(self, user: str, folder: Path) -> Run:
        policy, log = folder / "contain-user.yml", folder / "custodian.log"
        text = (PEERS / policy.name).read_text(encoding="utf-8")
        policy.write_text(text.replace(PLACEHOLDER, user), encoding="utf-8")
        # No cache: it would contain from what was true up to a quarter of an hour ago.
        program = self.python.with_name("custodian")
        command: list[str | Path] = [program, "run", "--cache-period", "0", "--output-dir", folder, policy]
        with log.open("wb") as output:
            begun = time.perf_counter()
            code = subprocess.run(command, env=self.environment, stdout=output, stderr=output, check=False).returncode
            wall = (time.perf_counter() - begun) * 1000
        if code != 0:
            raise Failure(f"custodian run ended with {code}.\n{tail(log)}")
        execution, told = metadata(folder / "contain-user")
        return Run(wall, execution, told)

    @contextmanager
    def listening(self) -> Iterator[Contain]:
        """Custodian's Lambda handler with contain-user-by-event.yml, waiting for events. The first answer's wall time
        counts from the start of the process."""
        with TemporaryDirectory(dir=self.scratch) as name, Path(name, "by-event.log").open("wb") as log:
            folder = Path(name)
            command = [self.python, PEERS / "custodian_by_event.py", PEERS / "contain-user-by-event.yml", folder]
            begun = time.perf_counter()
            process = subprocess.Popen(
                command, env=self.environment, text=True, bufsize=1,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip

            def contain(user: User) -> Run:
                nonlocal begun
                begun = begun or time.perf_counter()
                assert process.stdin is not None and process.stdout is not None
                process.stdin.write(json.dumps(finding(user.name, user.keys[0])) + "\n")
                line = process.stdout.readline()
                wall, begun = (time.perf_counter() - begun) * 1000, 0.0
                if not line:
                    raise Failure(f"Cloud Custodian failed on the event.\n{tail(folder / 'by-event.log')}")
                _, told = metadata(folder / "contain-user-by-event")
                return Run(wall, json.loads(line)["milliseconds"], told)

            try:
                yield contain
            finally:
                process.kill()
                process.communicate()


def metadata(output: Path) -> tuple[float, dict[str, int]]:
    """How long the policy's execution took, in milliseconds, and its AWS calls, by Custodian's own record."""
    told = json.loads((output / "metadata.json").read_text(encoding="utf-8"))
    # Custodian writes iam.GetUser, the SDKs and the proxy IAM.GetUser; it calls no other service here.
    calls = {name.replace("iam.", "IAM."): count for name, count in told["api-stats"].items()}
    return told["execution"]["duration"] * 1000, calls


def install() -> Path:
    """The Python of Custodian as pinned, installed once, below $SEVERANCE_CACHE; Failure where that cannot be."""
    # A new pin or a new Python makes a new one; a half-made one has no mark.
    made_for = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = cache() / f"peers-{made_for}"
    python, mark, log = home / "bin" / "python", home / ".installed", home.with_suffix(".log")
    pip = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--requirement", REQUIREMENTS]
    with log.open("ab") as output:
        # Another run may be at it, and the cache is shared.
        fcntl.flock(output, fcntl.LOCK_EX)
        if not mark.exists():
            output.truncate(0)
            try:
                with step(f"installing {REQUIREMENTS.relative_to(REPO)} into {home}"):
                    venv.create(home, clear=True, with_pip=True)
                    subprocess.run(pip, stdout=output, stderr=output, timeout=INSTALL_SECONDS, check=True)
            except (OSError, subprocess.SubprocessError) as error:
                raise Failure(f"{error}\n{tail(log)}") from error
            mark.touch()
    return python
