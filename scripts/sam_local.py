#!/usr/bin/env python3
"""Run the functions with `sam local invoke`, under AWS's own runtime emulator, against the local emulator of AWS.

    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py invoke              every file in events/
    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py invoke FILE…        these
    scripts/stack.py run -- .venv/bin/python scripts/sam_local.py env-file -o FILE    what --env-vars needs
    .venv/bin/python scripts/sam_local.py doctor                                      can this machine do it?

`invoke` needs a container engine. If one answers, that is used. If none does, and this is root on Linux with dockerd,
a private one is started and stopped again: its socket, data and network bridge are its own, and no firewall rule or
other setting of the host is touched. The functions' base image comes from AWS's registry; where that is out of reach, a
minimal Debian of debootstrap stands in for Amazon Linux. It is kept as a tar in $SEVERANCE_CACHE (~/.cache/severance).

A function has what it has when deployed: the same variables, and a session of its own role. A file named refused-*.json
must end in the function error Severance.Terminal.MalformedEvent; ignored-*.json in a response without a reaction; any
other in a response with one. The files of events/responder are requests: refused-*.json must end in the answer refused
or, where they are no requests, in that function error; any other in the answer to its request.

Exit codes: 0 all as named, 1 something not, 2 wrong use, 77 no container engine can be had here.
"""

import argparse
import contextlib
import ipaddress
import json
import os
import platform
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3
from console import EXIT_SKIPPED, Failure, Usage, end_with, say, step, tail, until
from counting_proxy import CountingProxy
from deployment import sessions, variables
from emulator import emulator_endpoint
from places import ARCHITECTURE, BUILT, EVENTS, REPO, SAM, cache
from seed import Account, seed

FUNCTIONS = dict(re.findall(r"(?m)^## ([\w-]+) — `(\w+)`$", (EVENTS / "README.md").read_text(encoding="utf-8")))
"""Folder of events/ → logical id of the function that reads it, as the headings there say."""
RESPONDER = "ResponderFunction"
ANSWERS: Mapping[str, str] = {
    "explain": "explained",
    "plan": "explained",
    "reviews": "reviews",
    "exemptions": "exemptions",
    "breaker_status": "breakers",
    "registry_export": "registry",
    "cutovers": "cutovers",
    "scheduled_run": "scheduled_run",
}
"""Request to the responder → its answer, as crates/domain/src/tell/respond.rs has them. What needs a proof, or a case, is
refused in a file."""

AWS_IMAGE = f"public.ecr.aws/lambda/provided:al2023-{ARCHITECTURE}"
STAND_IN_IMAGE = f"severance/lambda-provided:debian-{ARCHITECTURE}"
MIRROR = os.environ.get("SEVERANCE_DEBIAN_MIRROR", "http://deb.debian.org/debian")
BULK = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man")

MALFORMED = "Severance.Terminal.MalformedEvent"
DOCKERD_SECONDS = 60
PULL_SECONDS = 300
INVOKE_SECONDS = 180


class Impossible(Failure):
    """No container engine can be had on this machine, and why."""

    exit_code = EXIT_SKIPPED

    def __str__(self) -> str:
        bar = "!" * 118
        return (
            f"\n{bar}\n!! SKIPPED: `sam local invoke` was NOT tried. No event file ran under AWS's runtime emulator here.\n"
            f"!! Reason: {super().__str__()}\n{bar}\n"
        )


def main() -> int:
    options = arguments()
    # Whatever ends this must also end what it started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    match options.verb:
        case "invoke":
            return invoke(options)
        case "env-file":
            options.output.write_text(env_vars(options.endpoint or emulator_endpoint()), encoding="utf-8")
            return 0
        case _:
            with container_engine() as engine:
                prepare_image(engine)
                print(f"`sam local invoke` can be run here: {engine.description}")
            return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="invoke | env-file | doctor")
    run = verbs.add_parser("invoke", help="invoke the functions with event files")
    run.add_argument("files", nargs="*", type=Path, metavar="FILE", help="below events/; default: all of them")
    run.add_argument("--seed", action="store_true", help="first make the identities that the events speak of (once a stack)")
    run.add_argument("--verbose", "-v", action="store_true", help="show each command, response and log")
    env = verbs.add_parser("env-file", help="write the file that `sam local invoke --env-vars` needs")
    env.add_argument("--output", "-o", type=Path, default=Path("/dev/stdout"), help="default: standard output")
    env.add_argument("--endpoint", help="how a container reaches the emulator; default: $AWS_ENDPOINT_URL as it is")
    verbs.add_parser("doctor", help="say whether a container engine can be had here, by trying")
    return parser.parse_args()


# ── Verbs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """An event file, the function that reads it, and the file to hand over."""

    name: str
    function: str
    payload: Path


def invoke(options: argparse.Namespace) -> int:
    endpoint = emulator_endpoint()
    template = BUILT / "template.yaml"
    if not template.exists():
        raise Usage(f"{template} is not there. Build the functions first: make build")
    names = event_names(options.files)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="severance-sam-")))
        engine = stack.enter_context(container_engine())
        image = prepare_image(engine)
        reachable = stack.enter_context(bridge_to(endpoint, engine))
        environment = scratch / "env.json"
        environment.write_text(env_vars(reachable), encoding="utf-8")
        cases = make_cases(names, scratch, seed(boto3.Session()) if options.seed else Account())
        credentials = stack.enter_context(sessions({case.function for case in cases}))
        command = [
            str(SAM), "local", "invoke",
            f"--template={template}", f"--env-vars={environment}", "--skip-pull-image",
            *([f"--invoke-image={image}"] if image != AWS_IMAGE else []),
            # A variable that the template sets under a condition can be overridden only where the condition holds.
            "--parameter-overrides", f"Architecture={ARCHITECTURE}", f"EndpointUrl={reachable}",
        ]  # fmt: skip
        own = engine.environment | {"TMPDIR": str(scratch)}
        environments = {function: own | each for function, each in credentials.items()}
        return run_all(cases, command, environments, verbose=options.verbose)


def env_vars(endpoint: str) -> str:
    """What `--env-vars` takes: "Parameters" holds for every function of the template."""
    parameters = variables("OffboardingFunction") | {"AWS_ENDPOINT_URL": endpoint}
    return json.dumps({"Parameters": parameters}, indent=2) + "\n"


# ── Event files and what they must come to ───────────────────────────────────────────────────────────────────────────


def event_names(files: list[Path]) -> list[str]:
    """The files' names below events/."""
    chosen = [path.resolve() for path in files] or sorted(path.resolve() for path in EVENTS.glob("*/*.json"))
    for path in chosen:
        if not path.is_relative_to(EVENTS) or path.relative_to(EVENTS).parts[0] not in FUNCTIONS:
            raise Usage(f"{path} is in none of the folders {', '.join(f'events/{folder}' for folder in FUNCTIONS)}")
        if not path.exists():
            raise Usage(f"{path} is not there")
    return [path.relative_to(EVENTS).as_posix() for path in chosen]


def make_cases(names: list[str], scratch: Path, account: Account) -> list[Case]:
    """The cases, with the real ids of the keys that the account has."""
    cases = []
    for name in names:
        payload = scratch / "events" / name
        payload.parent.mkdir(parents=True, exist_ok=True)
        payload.write_text(json.dumps(account.event(name)), encoding="utf-8")
        cases.append(Case(name, FUNCTIONS[name.split("/")[0]], payload))
    return cases


def judge(case: Case, output: str) -> tuple[bool, str]:
    """Whether a function's answer is what the file's name says, and the answer in short.

    `sam local invoke` ends with 0 whatever happens, even when it never reached the function: only the answer tells."""
    try:
        answer = json.loads(output)
    except ValueError:
        return False, f"no answer: {output.strip()[:200] or 'nothing'}"
    kind = Path(case.name).name.split("-")[0]
    unknown = f"an answer of an unknown shape: {output.strip()[:200]}"
    match answer:
        case {"errorType": error}:
            # A crash, a time-out or a denied call is a function error too, but no refusal.
            return kind == "refused" and error == MALFORMED, f"{error}: {answer.get('errorMessage', '')}"
        case dict() if case.function == RESPONDER:
            # It reacts to no event, but answers a request.
            asked = json.loads(case.payload.read_text(encoding="utf-8"))["request"]
            request = asked if isinstance(asked, str) else next(iter(asked))
            expected = "refused" if kind == "refused" else ANSWERS.get(request)
            found = [name for name in answer if name in {*ANSWERS.values(), "done", "refused"}]
            why = f": {answer['refused'].get('why')}" if "refused" in answer else ""
            # An answer with no content is one as well: no review waits.
            return found == [expected], (", ".join(found) + why) or unknown
        case {"reactions": [*reactions], "ignored": [*ignored]}:
            told = [str(reaction.get("verdict")) for reaction in reactions]
            told += [f"ignored: {part.get('reason')}" for part in ignored]
            good = {"refused": False, "ignored": bool(ignored and not reactions)}.get(kind, bool(reactions))
            return good, ", ".join(told) or "nothing"
        case _:
            return False, unknown


def run_all(cases: list[Case], command: list[str], environments: Mapping[str, dict[str, str]], *, verbose: bool) -> int:
    wrong = 0
    for case in cases:
        full = [*command[:3], case.function, f"--event={case.payload}", *command[3:]]
        if verbose:
            print(f"\n$ {shlex.join(full)}", flush=True)
        begun = time.monotonic()
        try:
            done = subprocess.run(
                full, cwd=REPO, env=environments[case.function], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=INVOKE_SECONDS, check=False,
            )  # fmt: skip
            output, log = done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            output, log = "", f"sam local invoke did not end within {INVOKE_SECONDS} s"
        good, told = judge(case, output)
        wrong += not good
        took = time.monotonic() - begun
        print(f"{'ok   ' if good else 'WRONG'} {took:4.1f} s  {case.function:<23} {case.name:<52} {told}", flush=True)
        if verbose or not good:
            lines = [*output.splitlines(), *log.splitlines()]
            print("\n".join(f"      | {line}" for line in lines if line.strip()), flush=True)
    print(f"sam local invoke: {len(cases) - wrong} of {len(cases)} event files came to what their names say", flush=True)
    return 1 if wrong else 0


# ── A container engine ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Engine:
    """A container engine, by its command."""

    environment: dict[str, str]
    description: str = ""
    gateway: str | None = None
    """The host's address on the containers' network, if the host has one there."""
    private: bool = False

    def run(self, *command: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["docker", *command], env=self.environment, text=True, capture_output=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, "", f"docker {command[0]} did not end within {timeout:.0f} s")

    def ask(self, *command: str) -> str:
        """What it answers; nothing where it does not."""
        done = self.run(*command, timeout=15)
        return done.stdout.strip() if done.returncode == 0 else ""

    def version(self) -> str:
        return self.ask("version", "--format", "{{.Server.Version}}")


@contextlib.contextmanager
def container_engine() -> Iterator[Engine]:
    """The engine that answers, or a private one for as long as the context lasts."""
    if not shutil.which("docker"):
        raise Impossible(
            "docker is not installed. On Debian, as root: apt-get install --no-install-recommends docker.io debootstrap"
        )
    engine = Engine(dict(os.environ))
    if version := engine.version():
        named = engine.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        if not engine.environment.get("DOCKER_HOST") and named:
            # SAM does not know docker's contexts.
            engine.environment["DOCKER_HOST"] = named
        engine.description = f"the engine that answers here, Docker {version}"
        engine.gateway = gateway_of_bridge(engine)
        yield engine
    else:
        with private_engine(engine.run("version", timeout=15).stderr.strip().splitlines()[-1:]) as engine:
            yield engine


def gateway_of_bridge(engine: Engine) -> str | None:
    found = engine.ask("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}")
    for network in json.loads(found or "null") or []:
        if ":" not in network["Subnet"]:
            # Docker leaves the gateway out where it is the first address.
            return str(network.get("Gateway") or ipaddress.ip_network(network["Subnet"])[1])
    return None


@contextlib.contextmanager
def private_engine(why: list[str]) -> Iterator[Engine]:
    no_engine = f"no container engine answers ({' '.join(why)}), and none can be started: "
    if platform.system() != "Linux":
        raise Impossible(f"{no_engine}that takes Linux. Start Docker Desktop, Colima or the like")
    if os.geteuid() != 0:
        raise Impossible(f"{no_engine}that takes root. Start Docker: sudo systemctl start docker")
    for needed in ("dockerd", "ip"):
        if not shutil.which(needed):
            raise Impossible(f"{no_engine}{needed} is missing. apt-get install --no-install-recommends docker.io iproute2")
    with contextlib.ExitStack() as undo:
        # Short, because a socket's path is limited to 107 bytes.
        home = Path(tempfile.mkdtemp(prefix="severance-docker-"))
        undo.callback(remove_with_mounts, home)
        bridge, gateway = undo.enter_context(private_bridge())
        log = home / "dockerd.log"
        host = f"unix://{home}/docker.sock"
        engine = Engine({**os.environ, "DOCKER_HOST": host, "DOCKER_CONTEXT": ""}, gateway=gateway, private=True)
        command = [
            "dockerd", f"--host={host}", f"--data-root={home}/data", f"--exec-root={home}/exec",
            f"--pidfile={home}/pid", f"--bridge={bridge}",
            # The containers need no way out, and the host's firewall and forwarding are not ours to change.
            "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false",
        ]  # fmt: skip
        with step("starting a private dockerd"):
            with log.open("wb") as output:
                daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            undo.callback(stop, daemon)
            until(lambda: engine.version() or daemon.poll() is not None, DOCKERD_SECONDS, pause=0.2)
            if not (version := engine.version()):
                raise Impossible(f"{no_engine}dockerd does not start.\n{tail(log)}")
        engine.description = f"a private dockerd {version}"
        yield engine


@contextlib.contextmanager
def private_bridge() -> Iterator[tuple[str, str]]:
    """A network bridge of our own: two daemons cannot share docker0."""
    for number in random.sample(range(256), 20):
        name, gateway = f"severance{number}", f"198.18.{number}.1"  # of 198.18.0.0/15, which no network may really use
        if not (complaint := ip("link", "add", "name", name, "type", "bridge")):
            break
    else:
        raise Impossible(f"no network bridge can be made here: {complaint}")
    try:
        if complaint := ip("addr", "add", f"{gateway}/24", "dev", name) or ip("link", "set", name, "up"):
            raise Impossible(f"the network bridge {name} cannot be set up: {complaint}")
        yield name, gateway
    finally:
        ip("link", "delete", name)


def ip(*command: str) -> str:
    """What the command complains of."""
    done = subprocess.run(["ip", *command], capture_output=True, text=True, check=False)
    return (done.stderr.strip() or f"it ended with {done.returncode}") if done.returncode else ""


def stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(timeout=20)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def remove_with_mounts(home: Path) -> None:
    """Removes a folder, and first what may have been left mounted in it: never delete through a mount."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(f"{home}/")]):
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
    shutil.rmtree(home, ignore_errors=True)


# ── The functions' base image ────────────────────────────────────────────────────────────────────────────────────────


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


# ── The way from a container to the emulator ─────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def bridge_to(endpoint: str, engine: Engine) -> Iterator[str]:
    """An address at which containers reach the emulator, which listens on the host's loopback alone.

    `sam local invoke --docker-network host` is no help: SAM (1.167 and 1.170) takes it for "no further network" and leaves
    the container on the default bridge, where 127.0.0.1 is the container itself."""
    try:
        proxy = CountingProxy(endpoint, host=engine.gateway) if engine.gateway else None
    except OSError:
        proxy = None
    if proxy is None:
        # The engine runs in a virtual machine, which has a name for the host and leads it to the host's loopback.
        yield f"http://host.docker.internal:{urllib.parse.urlsplit(endpoint).port}"
        return
    with proxy:
        yield proxy.endpoint


if __name__ == "__main__":
    end_with(main)
