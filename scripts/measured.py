"""Deployed functions, each run by itself under AWS's runtime interface emulator (from the SAM CLI) to be measured.

Times are this machine's. Each bench also measures a bare AWS call beside its own: what carries over are the ratios.
"""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import samcli
from console import Failure, until
from emulator import free_port
from places import ARCHITECTURE, REPO
from users import OWNER, client, new_key, new_user

RELEASE = REPO / ".aws-sam" / "release"
"""Where `make build-release` leaves the functions."""
RIE = Path(samcli.__file__).parent / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"


@dataclass
class Function:
    """A function under the runtime interface emulator."""

    bootstrap: Path
    url: str
    log: Path
    session: int
    """Of its processes: the runtime interface emulator gives the bootstrap a process group of its own."""
    lines_read: int = 0

    def ask(self, event: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
        """Its answer to an event, and the milliseconds until it came."""
        request = urllib.request.Request(self.url, json.dumps(event).encode(), {"Content-Type": "application/json"})
        begun = time.perf_counter()
        with urllib.request.urlopen(request, timeout=70) as response:
            answer = json.loads(response.read())
        took = (time.perf_counter() - begun) * 1000
        if "errorType" in answer:
            raise Failure(f"{self.bootstrap} failed: {answer['errorType']}: {answer.get('errorMessage')}")
        return answer, took

    def told(self, message: str) -> dict[str, Any]:
        """The line of its log since the last recheck that says so (docs/LOGGING.md)."""
        # What the function prints goes through the runtime interface emulator, and may come a little after the answer.
        line = until(lambda: self._new_line(message), 2, pause=0.02)
        if not line:
            raise Failure(f"{self.log} has no new line {message!r}")
        return dict(json.loads(line[line.index("{") :]))

    def _new_line(self, message: str) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        found = [line for line in lines[self.lines_read :] if f'"message":"{message}"' in line and line.endswith("}")]
        self.lines_read = len(lines) if found else self.lines_read
        return found[-1] if found else ""

    def peak_rss_mb(self) -> float:
        """The high-water mark of its memory, as the kernel counts it (VmHWM)."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                mine = os.getsid(int(status.parent.name)) == self.session
                if mine and os.readlink(status.parent / "exe") == str(self.bootstrap):
                    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())
                    return int(kilobytes) / 1024
            except OSError:
                continue
        raise Failure(f"{self.bootstrap} is not running; is /proc there?")


@contextmanager
def running(
    function: str, variables: Mapping[str, str], scratch: Path, built: Path = RELEASE, level: str = "info"
) -> Iterator[Function]:
    """A fresh process of a function. The runtime interface emulator starts it with the first event."""
    bootstrap, log = built / function / "bootstrap", scratch / f"{function}.log"
    port, api = free_port(), free_port()
    addresses = [f"--runtime-interface-emulator-address=127.0.0.1:{port}", f"--runtime-api-address=127.0.0.1:{api}"]
    environment = os.environ | variables | {"RUST_LOG": level}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [RIE, *addresses, bootstrap], env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            until(lambda: listens(port), 4, pause=0.02)
            url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
            yield Function(bootstrap, url, log, process.pid)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fresh_user(owner: str | None = OWNER, kind: str | None = "workload") -> tuple[str, dict[str, str]]:
    """A user of its own for each event, so that every event is a real one, and its access key."""
    name = f"bench-{uuid.uuid4().hex[:12]}"
    new_user(name, owner=owner, kind=kind)
    return name, new_key(name)


def median_ms(once: Callable[[], Any], count: int) -> float:
    """The median time of what is done so often."""
    times = []
    for _ in range(count):
        begun = time.perf_counter()
        once()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def bare_call_ms() -> float:
    """The median time of one AWS call over an open connection, printed too."""
    took = median_ms(client("sts").get_caller_identity, 50)
    print(f"\none bare AWS call (sts:GetCallerIdentity, median of 50): {took:.1f} ms")
    return took


def by_name(calls: Mapping[str, int]) -> str:
    """AWS calls, to read."""
    return ", ".join(f"{name} {count}" for name, count in sorted(calls.items())) or "not told"


def per_call(milliseconds: float, calls: int, bare_ms: float) -> str:
    """Time per AWS call, as a multiple of the bare call. Not every answer tells its calls."""
    return f"{milliseconds / calls / bare_ms:.2f}x" if calls else "–"
