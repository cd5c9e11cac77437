"""The image that the functions run on: AWS's own, or a minimal Debian where its registry is out of reach."""

import contextlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from console import Failure, say, step, tail
from containers import Engine, Impossible, remove_with_mounts
from places import ARCHITECTURE, cache

AWS_IMAGE = f"public.ecr.aws/lambda/provided:al2023-{ARCHITECTURE}"
STAND_IN_IMAGE = f"severance/lambda-provided:debian-{ARCHITECTURE}"
MIRROR = os.environ.get("SEVERANCE_DEBIAN_MIRROR", "http://deb.debian.org/debian")
BULK = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man")
PULL_SECONDS = 300


def prepare_image(engine: Engine) -> str:
    """Sees that the base image is there and runs, and returns its name. SAM lays the runtime interface emulator over it."""
    image = find_or_make_image(engine)
    # A daemon may well answer where containers are not allowed.
    tried = engine.run("run", "--rm", "--entrypoint=/bin/sh", image, "-c", ":", timeout=120)
    if tried.returncode != 0:
        raise Impossible(f"{engine.description} cannot run a container: {tried.stderr.strip()}")
    return image


def find_or_make_image(engine: Engine) -> str:
    for image in (AWS_IMAGE, STAND_IN_IMAGE):
        if engine.ask("image", "inspect", image):
            return image
    suite = debian_suite()
    cached = cache() / f"lambda-provided-{suite}-{ARCHITECTURE}.tar"
    if not cached.exists():
        with step(f"pulling {AWS_IMAGE}"):
            pulled = engine.run("pull", "--quiet", AWS_IMAGE, timeout=PULL_SECONDS)
        if pulled.returncode == 0:
            return AWS_IMAGE
        say(f"It cannot be pulled ({pulled.stderr.strip()}): Debian {suite} stands in for Amazon Linux.")
        make_root_file_system(suite, cached)
    name = AWS_IMAGE if engine.private else STAND_IN_IMAGE
    # In an engine that is not ours, the stand-in must not pass for AWS's image.
    with step(f"importing {cached.name} as {name}"):
        imported = engine.run("import", "--change=WORKDIR /var/task", str(cached), name)
    if imported.returncode != 0:
        raise Impossible(f"{engine.description} cannot import an image: {imported.stderr.strip()}")
    return name


def debian_suite() -> str:
    """The host's own Debian, whose C library the functions were linked against, or the oldest still maintained."""
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
        if release["ID"] == "debian" and "VERSION_CODENAME" in release:
            return release["VERSION_CODENAME"]
    return "bookworm"


def make_root_file_system(suite: str, target: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Impossible(f"{AWS_IMAGE} cannot be pulled, and its stand-in takes root and debootstrap (apt-get install debootstrap)")
    with contextlib.ExitStack() as undo:
        scratch = Path(tempfile.mkdtemp(prefix="severance-root-"))
        undo.callback(remove_with_mounts, scratch)
        undo.enter_context(step(f"making a minimal Debian {suite} from {MIRROR}"))
        root, log = scratch / "root", scratch / "log"
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", suite, str(root), MIRROR]
        with log.open("wb") as output:
            made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if made.returncode != 0:
            failed = f"{shlex.join(command)} ended with {made.returncode}"
            raise Impossible(f"{AWS_IMAGE} cannot be pulled, and {failed}.\n{tail(log)}")
        # Whole or not at all, also when two copies of this do it at once.
        part = target.with_suffix(f".{os.getpid()}.part")
        packed = subprocess.run(
            ["tar", "--create", f"--file={part}", f"--directory={root}", *(f"--exclude=./{path}" for path in BULK), "."],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if packed.returncode != 0:
            part.unlink(missing_ok=True)
            raise Failure(f"tar of the root file system failed: {packed.stderr.strip()}")
        part.replace(target)
