"""Where the node cannot run, it says why and what to do, and changes nothing."""

import socket
from pathlib import Path

import pytest

from tests.scripts.conftest import Sandbox

LOAD = ". ./preflight.sh; . ./build.sh;"


@pytest.mark.parametrize("command", ["up", "build", "load"])
def test_a_system_other_than_linux_is_refused(sandbox: Sandbox, command: str) -> None:
    sandbox.tool("uname", {"-s": "Darwin", "-m": "arm64"})
    done = sandbox.script("node/node", command, "image")
    assert done.returncode == 1
    assert "runs only on Linux, and this is Darwin" in done.stderr
    assert "minikube start" in done.stderr
    assert "CONTEXT=" in done.stderr


@pytest.mark.parametrize("command", ["up", "load"])
def test_a_user_other_than_root_is_refused_and_sees_every_missing_package(sandbox: Sandbox, command: str) -> None:
    sandbox.tool("id", {"-u": "1000"})
    done = sandbox.script("node/node", command, "image")
    assert done.returncode == 1
    assert "run this with sudo" in done.stderr
    assert "sudo apt-get install --no-install-recommends" in done.stderr
    assert " containerd " in done.stderr, "nothing of it is on this PATH"
    assert not list(sandbox.repository.parent.glob(".local"))


def test_root_gets_only_the_missing_packages_installed(sandbox: Sandbox) -> None:
    sandbox.tool("apt-get")
    code = f'{LOAD} install_packages "bash bash" "no-such-tool first" "/no/such/file second"'
    done = sandbox.shell(code)
    assert done.returncode == 0
    assert "Installing first second." in done.stderr
    install = "apt-get install -qy --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 first second"
    assert sandbox.commands() == ["apt-get update -q", install]


def test_nothing_is_installed_if_nothing_is_missing(sandbox: Sandbox) -> None:
    sandbox.tool("apt-get")
    assert sandbox.shell(f'{LOAD} install_packages "bash bash"').returncode == 0
    assert sandbox.commands() == []


def test_a_system_without_apt_sees_the_packages(sandbox: Sandbox) -> None:
    done = sandbox.shell(f'{LOAD} install_packages "no-such-tool its-package"')
    assert done.returncode == 1
    assert "no apt-get: install what these Debian packages provide: its-package." in done.stderr


def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = sandbox.shell(f"{LOAD} require_free_ports {port}")
        assert done.returncode == 1
        assert f"Port {port} is in use" in done.stderr
    assert sandbox.shell(f"{LOAD} require_free_ports {port}").returncode == 0


@pytest.mark.parametrize("up", [False, True])
def test_a_port_in_use_is_found_before_anything_is_compiled(sandbox: Sandbox, tmp_path: Path, up: bool) -> None:
    sandbox.tool("id", {"-u": "0"})
    for name in ("apt-get", "go"):
        sandbox.tool(name, otherwise=1)
    node = sandbox.repository / "scripts" / "node" / "node"
    node.write_text(node.read_text().replace("  install_packages", "  : install_packages"))
    if up:
        (tmp_path / "run").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        node.write_text(node.read_text().replace("require_free_ports ", f"require_free_ports {port} "))
        done = sandbox.script("node/node", "up")
    assert done.returncode == 1
    assert (f"Port {port} is in use" in done.stderr) is not up, "the node itself may use the port"
    assert up or not [line for line in sandbox.commands() if line.startswith("go ")]


def test_too_little_memory_is_refused(sandbox: Sandbox) -> None:
    table = sandbox.record.parent / "meminfo"
    table.write_text("MemTotal: 8000000 kB\nMemAvailable: 2000000 kB\n")
    done = sandbox.shell(f"{LOAD} require_memory 2 {table}")
    assert done.returncode == 1
    assert "2 GiB are required and 1953 MiB are free" in done.stderr
    assert sandbox.shell(f"{LOAD} require_memory 1 {table}").returncode == 0


def test_too_little_disk_is_refused_even_if_the_folder_does_not_exist(sandbox: Sandbox) -> None:
    sandbox.tool("df", {"*": "Filesystem 1M-blocks Used Available\n/dev/x 9 9 3071\n"})
    done = sandbox.shell(f"{LOAD} require_disk 3 {sandbox.tools}/not/there")
    assert done.returncode == 1
    assert "3 GiB are required and 3071 MiB are free" in done.stderr
    assert sandbox.commands() == [f"df -Pm {sandbox.tools}"]
    assert sandbox.shell(f"{LOAD} require_disk 2 {sandbox.tools}").returncode == 0


NO_GO = f"{LOAD} default_go=/nowhere; find_go"


def test_a_missing_go_is_refused_if_it_cannot_be_installed(sandbox: Sandbox) -> None:
    done = sandbox.shell(NO_GO)
    assert done.returncode == 1
    assert "requires Go 1.26.4 or newer: install it from https://go.dev/dl/" in done.stderr


def test_root_gets_a_missing_go_from_debian(sandbox: Sandbox) -> None:
    sandbox.tool("id", {"-u": "0"})
    sandbox.tool("apt-get", otherwise=1)
    done = sandbox.shell(NO_GO)
    assert done.returncode == 1
    assert "apt-get could not install golang-go ca-certificates." in done.stderr
    assert sandbox.commands()[-1].endswith(" golang-go ca-certificates")


def test_an_old_go_that_cannot_fetch_the_pinned_one_is_refused(sandbox: Sandbox) -> None:
    sandbox.tool("go", {"version": "go version go1.19.8 linux/amd64"}, otherwise=1)
    done = sandbox.shell(NO_GO)
    assert done.returncode == 1
    assert "Go 1.19.8, but the node requires 1.26.4 or newer" in done.stderr


@pytest.mark.parametrize("version", ["1.26.4", "1.26.10", "1.27"])
def test_a_recent_go_is_used(sandbox: Sandbox, version: str) -> None:
    sandbox.tool("go", {"version": f"go version go{version} linux/amd64"})
    done = sandbox.shell(f"{NO_GO}; command -v go")
    assert done.stdout.strip() == str(sandbox.tools / "go")


def test_an_unknown_command_shows_the_usage(sandbox: Sandbox) -> None:
    done = sandbox.script("node/node", "dance")
    assert done.returncode == 2
    assert "node base-image" in done.stderr
    assert "NODE_HOME=" in done.stderr


LOADING = f"{LOAD} . ./images.sh; load no-such-image"


def test_load_requires_a_running_node(sandbox: Sandbox) -> None:
    done = sandbox.shell(f"ours() {{ false; }}; {LOADING}")
    assert done.returncode == 1
    assert "The node is not up. Start it first: scripts/node/node up" in done.stderr


def test_load_requires_an_image_that_was_built(sandbox: Sandbox) -> None:
    sandbox.tool("buildah", otherwise=1)
    done = sandbox.shell(f"ours() {{ true; }}; {LOADING}")
    assert done.returncode == 1
    assert "There is no image no-such-image. Build it first: scripts/image/build" in done.stderr


@pytest.mark.parametrize("home", ["relative", "/with blank", "/with'quote"])
def test_a_home_with_special_characters_is_refused(sandbox: Sandbox, home: str) -> None:
    sandbox.tool("id", {"-u": "0"})
    done = sandbox.script("node/node", "up", NODE_HOME=home)
    assert done.returncode == 1
    assert "NODE_HOME must be an absolute path" in done.stderr
