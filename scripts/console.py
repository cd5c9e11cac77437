"""Progress that a person can follow: every long part says what it does, how long it has taken, and how it ended."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HEARTBEAT_SECONDS = 10
TAIL_LINES = 30

_started = time.monotonic()


class Failure(Exception):
    """Something a person has to mend. Its text says what happened and what to do about it."""


def say(text: str) -> None:
    print(f"[{time.monotonic() - _started:4.0f} s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a part, show that it still runs, and say how long it took."""
    say(f"{text} …")
    began = time.monotonic()
    done = threading.Event()

    def heartbeat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            say(f"{text} … {time.monotonic() - began:.0f} s so far")

    threading.Thread(target=heartbeat, daemon=True).start()
    try:
        yield
    finally:
        done.set()
    say(f"{text}: done in {time.monotonic() - began:.1f} s")


def tail(log: Path) -> str:
    """The end of a log, for a failure's text."""
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:] if log.exists() else []
    return "\n".join([f"--- end of {log} ---", *lines, "---"])
