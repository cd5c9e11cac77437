"""What a person sees of a script: the progress of every long part, tables, and how it ended."""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

HEARTBEAT_SECONDS = 10
TAIL_LINES = 30
EXIT_SKIPPED = 77
"""What was asked for cannot be done on this machine, and a person is told so."""

_started = time.monotonic()
Found = TypeVar("Found")


class Failure(Exception):
    """Something a person has to mend. Its text says what happened and what to do about it."""

    exit_code = 1


class Usage(Failure):
    """A script was given something it cannot work with."""

    exit_code = 2


def end_with(main: Callable[[], int]) -> NoReturn:
    """Run a script, and end with what it gives or with its failure's text and code."""
    try:
        code = main()
    except Failure as failure:
        print(f"{Path(sys.argv[0]).name}: {failure}", file=sys.stderr)
        code = failure.exit_code
    sys.exit(code)


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


def until(look: Callable[[], Found], seconds: float, pause: float = 0.1) -> Found:
    """What a look finds as soon as it finds something; where that takes too long, what the last one gave."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(pause)
    return found


def tail(log: Path) -> str:
    """The end of a log, for a failure's text."""
    lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:] if log.exists() else []
    return "\n".join([f"--- end of {log} ---", *lines, "---"])


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows below their heads, each column as wide as it needs. One whose head begins with > is set to the right."""
    cells = [[head.lstrip(">") for head in heads], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells)]
    sides = [">" if head.startswith(">") else "<" for head in heads]
    lines = ("  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths)) for row in cells)
    return "\n".join(line.rstrip() for line in lines)
