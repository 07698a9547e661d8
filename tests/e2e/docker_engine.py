"""A temporary Docker engine for a machine on which none is running. It leaves nothing behind."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scripts.node.machine import snapshot

BASE = "docker.io/library/python:3.11-slim"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
INTERFACE = Path("/sys/class/net/docker0")
SHARED_FOLDERS = (Path("/run/docker"), Path("/run/containerd"))
START_SECONDS = 60
NO_HOME = Path("/nonexistent")  # the node's home, which these tests do not use

# The engine changes neither the firewall nor the kernel's settings. Published ports work through its userland proxy,
# and builds use the host's network.
OPTIONS = ("--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false", "--bip=172.30.255.1/24")


@contextmanager
def working_docker(tools: Path) -> Iterator[Mapping[str, str]]:
    """Yield an environment with a working Docker. A temporary engine must leave the machine as it was."""
    if is_running(os.environ):
        yield dict(os.environ)
        return
    install_docker()
    make_base()
    before = snapshot(NO_HOME)
    with docker_environment(tools) as environment:
        yield environment
    changed = {name: found ^ before[name] for name, found in snapshot(NO_HOME).items() if found != before[name]}
    assert not changed, changed


@contextmanager
def docker_environment(tools: Path) -> Iterator[Mapping[str, str]]:
    """Start a temporary engine and yield the environment in which `docker` uses it.

    Args:
        tools: a folder that goes first on PATH. It gets a `docker` whose builds use the host's network, and whose
            `docker compose` is Debian's docker-compose.
    """
    if INTERFACE.exists():
        pytest.fail("docker0 exists, but no Docker engine responds. Start the engine, or remove the interface.")
    # A short path, because the names of Unix sockets are limited to 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="docker-", dir="/tmp"))
    new_folders = [folder for folder in SHARED_FOLDERS if not folder.exists()]
    docker = shlex.quote(str(shutil.which("docker")))
    (tools / "docker").write_text(
        f"""#!/bin/sh
case $1 in
  build) shift; exec {docker} build --network host "$@" ;;
  compose) shift; exec docker-compose "$@" ;;
  *) exec {docker} "$@" ;;
esac
"""
    )
    (tools / "docker").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "DOCKER_HOST": f"unix://{home}/sock",
        "DOCKER_BUILDKIT": "0",  # Debian's docker.io comes without buildx
    }
    try:
        with engine(home, environment):
            load_base(home, environment)
            yield environment
    finally:
        remove_leftovers(home, new_folders)


def is_running(environment: Mapping[str, str]) -> bool:
    if not shutil.which("docker"):
        return False
    return subprocess.run(["docker", "info"], env=environment, capture_output=True, check=False).returncode == 0


def make_base() -> None:
    """Make the base image in buildah's store, which stays mounted, if it is not there."""
    run_bash(f". scripts/image/store.sh; builder inspect --type image {BASE} || scripts/node/node base-image")


def install_docker() -> None:
    if not (shutil.which("dockerd") and shutil.which("docker-compose")):
        packages = '"dockerd docker.io" "docker docker.io" "docker-compose docker-compose"'
        code = f"say() {{ echo docker: $* >&2; }}; . scripts/node/preflight.sh; install_packages {packages}"
        subprocess.run(["bash", "-c", f"set -euo pipefail; {code}"], cwd=ROOT, check=True)


@contextmanager
def engine(home: Path, environment: Mapping[str, str]) -> Iterator[None]:
    command = ["dockerd", f"--data-root={home}/data", f"--exec-root={home}/exec", f"--pidfile={home}/pid"]
    with (home / "log").open("w") as log:
        command += [f"--host=unix://{home}/sock", *OPTIONS]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_running(environment):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"dockerd did not start:\n{(home / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(60)


def load_base(home: Path, environment: Mapping[str, str]) -> None:
    """Load the base image from buildah's store, with the host's pip configuration and certificates in it.

    Docker's classic builder cannot mount files, and this engine's images are removed with it.
    """
    code = f"""
    . scripts/image/store.sh
    builder push -q {BASE} docker-archive:{home}/base.tar:{BASE}
    docker load -q -i {home}/base.tar
    python3 scripts/pip_config.py >{home}/pip.conf
    container=$(docker create {BASE})
    docker cp {home}/pip.conf "$container":/etc/pip.conf
    [ ! -e {CERTIFICATES} ] || docker cp {CERTIFICATES} "$container":{CERTIFICATES}
    docker commit "$container" {BASE}
    docker rm "$container"
    """
    run_bash(code, environment)


def run_bash(code: str, environment: Mapping[str, str] | None = None) -> None:
    command = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def remove_leftovers(home: Path, folders: list[Path]) -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{home}/")), reverse=True):
        subprocess.run(["umount", mount], check=True)
    if INTERFACE.exists():
        subprocess.run(["ip", "link", "delete", INTERFACE.name], check=True)
    for cgroup in sorted(Path("/sys/fs/cgroup").glob("*/docker"), reverse=True):
        cgroup.rmdir()
    for folder in (home, *folders):
        shutil.rmtree(folder, ignore_errors=True)
