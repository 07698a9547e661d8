"""Where the node cannot run, it says why and what to do, and changes nothing."""

import socket

import pytest

from tests.scripts.conftest import Workshop

LOAD = ". ./preflight.sh; . ./build.sh;"


@pytest.mark.parametrize("command", ["up", "build", "load"])
def test_a_system_other_than_linux_is_refused(workshop: Workshop, command: str) -> None:
    workshop.tool("uname", {"-s": "Darwin", "-m": "arm64"})
    done = workshop.script("node/node", command, "image")
    assert done.returncode == 1
    assert "runs only on Linux, and this is Darwin" in done.stderr
    assert "minikube start" in done.stderr
    assert "CONTEXT=" in done.stderr


@pytest.mark.parametrize("command", ["up", "load"])
def test_a_user_other_than_root_is_refused_and_sees_every_missing_package(workshop: Workshop, command: str) -> None:
    workshop.tool("id", {"-u": "1000"})
    done = workshop.script("node/node", command, "image")
    assert done.returncode == 1
    assert "run this with sudo" in done.stderr
    assert "sudo apt-get install --no-install-recommends" in done.stderr
    assert " containerd " in done.stderr, "nothing of it is on this PATH"
    assert not list(workshop.repository.parent.glob(".local"))


def test_root_gets_only_the_missing_packages_installed(workshop: Workshop) -> None:
    workshop.tool("apt-get")
    code = f'{LOAD} install_packages "bash bash" "no-such-tool first" "/no/such/file second"'
    done = workshop.shell(code)
    assert done.returncode == 0
    assert "Installing first second." in done.stderr
    install = "apt-get install -qy --no-install-recommends --no-remove first second"
    assert workshop.commands() == ["apt-get update -q", install]


def test_nothing_is_installed_if_nothing_is_missing(workshop: Workshop) -> None:
    workshop.tool("apt-get")
    assert workshop.shell(f'{LOAD} install_packages "bash bash"').returncode == 0
    assert workshop.commands() == []


def test_a_system_without_apt_sees_the_packages(workshop: Workshop) -> None:
    done = workshop.shell(f'{LOAD} install_packages "no-such-tool its-package"')
    assert done.returncode == 1
    assert "no apt-get: install what these Debian packages provide: its-package." in done.stderr


def test_a_port_in_use_is_named(workshop: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = workshop.shell(f"{LOAD} require_free_ports {port}")
        assert done.returncode == 1
        assert f"Port {port} is in use" in done.stderr
    assert workshop.shell(f"{LOAD} require_free_ports {port}").returncode == 0


def test_too_little_memory_is_refused(workshop: Workshop) -> None:
    table = workshop.record.parent / "meminfo"
    table.write_text("MemTotal: 8000000 kB\nMemAvailable: 2000000 kB\n")
    done = workshop.shell(f"{LOAD} require_memory 2 {table}")
    assert done.returncode == 1
    assert "2 GiB are required and 1953 MiB are free" in done.stderr
    assert workshop.shell(f"{LOAD} require_memory 1 {table}").returncode == 0


def test_too_little_disk_is_refused_even_if_the_folder_does_not_exist(workshop: Workshop) -> None:
    workshop.tool("df", {"*": "Filesystem 1M-blocks Used Available\n/dev/x 9 9 3071\n"})
    done = workshop.shell(f"{LOAD} require_disk 3 {workshop.tools}/not/there")
    assert done.returncode == 1
    assert "3 GiB are required and 3071 MiB are free" in done.stderr
    assert workshop.commands() == [f"df -Pm {workshop.tools}"]
    assert workshop.shell(f"{LOAD} require_disk 2 {workshop.tools}").returncode == 0


NO_GO = f"{LOAD} default_go=/nowhere; find_go"


def test_a_missing_go_is_refused_if_it_cannot_be_installed(workshop: Workshop) -> None:
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "requires Go 1.26.4 or newer: install it from https://go.dev/dl/" in done.stderr


def test_root_gets_a_missing_go_from_debian(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "0"})
    workshop.tool("apt-get", otherwise=1)
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "apt-get could not install golang-go ca-certificates." in done.stderr
    assert workshop.commands()[-1].endswith("--no-remove golang-go ca-certificates")


def test_an_old_go_that_cannot_fetch_the_pinned_one_is_refused(workshop: Workshop) -> None:
    workshop.tool("go", {"version": "go version go1.19.8 linux/amd64"}, otherwise=1)
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "Go 1.19.8, but the node requires 1.26.4 or newer" in done.stderr


@pytest.mark.parametrize("version", ["1.26.4", "1.26.10", "1.27"])
def test_a_recent_go_is_used(workshop: Workshop, version: str) -> None:
    workshop.tool("go", {"version": f"go version go{version} linux/amd64"})
    done = workshop.shell(f"{NO_GO}; command -v go")
    assert done.stdout.strip() == str(workshop.tools / "go")


def test_an_unknown_command_shows_the_usage(workshop: Workshop) -> None:
    done = workshop.script("node/node", "dance")
    assert done.returncode == 2
    assert "node base-image" in done.stderr
    assert "NODE_HOME=" in done.stderr


LOADING = f"{LOAD} . ./images.sh; load no-such-image"


def test_load_requires_a_running_node(workshop: Workshop) -> None:
    done = workshop.shell(f"ours() {{ false; }}; {LOADING}")
    assert done.returncode == 1
    assert "The node is not up. Start it first: scripts/node/node up" in done.stderr


def test_load_requires_an_image_that_was_built(workshop: Workshop) -> None:
    workshop.tool("buildah", otherwise=1)
    done = workshop.shell(f"ours() {{ true; }}; {LOADING}")
    assert done.returncode == 1
    assert "There is no image no-such-image. Build it first: scripts/image/build" in done.stderr


@pytest.mark.parametrize("home", ["relative", "/with blank", "/with'quote"])
def test_a_home_with_special_characters_is_refused(workshop: Workshop, home: str) -> None:
    workshop.tool("id", {"-u": "0"})
    done = workshop.script("node/node", "up", NODE_HOME=home)
    assert done.returncode == 1
    assert "NODE_HOME must be an absolute path" in done.stderr
