"""A container engine for `sam local invoke`: the one that answers here, or a private one."""

import contextlib
import ipaddress
import json
import os
import platform
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from console import EXIT_SKIPPED, Failure, step, tail, until

DOCKERD_SECONDS = 60


class Impossible(Failure):
    """No container engine can be had on this machine, and why."""

    exit_code = EXIT_SKIPPED

    def __str__(self) -> str:
        bar = "!" * 118
        return (
            f"\n{bar}\n!! SKIPPED: `sam local invoke` was NOT tried. No event file ran under AWS's runtime emulator here.\n"
            f"!! Reason: {super().__str__()}\n{bar}\n"
        )


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
