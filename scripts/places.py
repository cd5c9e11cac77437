"""Where things are: in this checkout, and on this machine."""

import os
import platform
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
EVENTS = REPO / "events"
BUILT = REPO / ".aws-sam" / "build"
"""What scripts/lay_out.py makes of template.yaml and the functions' binaries."""
PACKED_TEMPLATE = BUILT / "packed.yaml"
SAM = Path(sys.executable).with_name("sam")
"""SAM CLI, which `make venv` installs beside Python."""
ARCHITECTURE = "arm64" if platform.machine().lower() in ("aarch64", "arm64") else "x86_64"
"""Lambda's name for the architecture of this machine, on which the emulator runs the functions."""


def cache() -> Path:
    """What is made once for all checkouts."""
    folder = Path(os.environ.get("SEVERANCE_CACHE") or Path.home() / ".cache" / "severance")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
