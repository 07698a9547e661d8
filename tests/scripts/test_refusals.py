"""Where the node cannot work, it says so in a sentence, says what to do instead, and changes nothing."""

import socket

import pytest

from tests.scripts.conftest import Workshop

LOAD = ". ./preflight.sh; . ./packages.sh; . ./go.sh;"


@pytest.mark.parametrize("command", ["up", "build", "load"])
def test_another_system_than_linux_is_refused(workshop: Workshop, command: str) -> None:
    workshop.tool("uname", {"-s": "Darwin", "-m": "arm64"})
    done = workshop.script("cluster/node", command, "image")
    assert done.returncode == 1
    assert "runs on Linux only, and this is Darwin" in done.stderr
    assert "minikube start" in done.stderr
    assert "CONTEXT=" in done.stderr


@pytest.mark.parametrize("command", ["up", "load"])
def test_a_user_other_than_root_is_refused_and_told_every_missing_package(workshop: Workshop, command: str) -> None:
    workshop.tool("id", {"-u": "1000"})
    done = workshop.script("cluster/node", command, "image")
    assert done.returncode == 1
    assert "run it with sudo" in done.stderr
    assert "sudo apt-get install --no-install-recommends" in done.stderr
    assert " containerd " in done.stderr, "nothing of it is on this PATH"
    assert not list(workshop.repository.parent.glob(".local"))


def test_root_gets_what_is_missing_and_only_that(workshop: Workshop) -> None:
    workshop.tool("apt-get")
    words = f'{LOAD} install_packages "bash bash" "no-such-tool first" "/no/such/file second"'
    done = workshop.shell(words)
    assert done.returncode == 0
    assert "installing first second" in done.stderr
    install = "apt-get install -qy --no-install-recommends --no-remove first second"
    assert workshop.commands() == ["apt-get update -q", install]


def test_nothing_missing_nothing_installed(workshop: Workshop) -> None:
    workshop.tool("apt-get")
    assert workshop.shell(f'{LOAD} install_packages "bash bash"').returncode == 0
    assert workshop.commands() == []


def test_a_system_without_apt_is_told_the_packages(workshop: Workshop) -> None:
    done = workshop.shell(f'{LOAD} install_packages "no-such-tool its-package"')
    assert done.returncode == 1
    assert "no apt-get: install what these Debian packages bring: its-package" in done.stderr


def test_a_taken_port_is_named(workshop: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = workshop.shell(f"{LOAD} require_free_ports {port}")
        assert done.returncode == 1
        assert f"port {port} of this machine is taken" in done.stderr
    assert workshop.shell(f"{LOAD} require_free_ports {port}").returncode == 0


def test_too_little_memory_is_refused(workshop: Workshop) -> None:
    table = workshop.record.parent / "meminfo"
    table.write_text("MemTotal: 8000000 kB\nMemAvailable: 2000000 kB\n")
    done = workshop.shell(f"{LOAD} require_memory 2 {table}")
    assert done.returncode == 1
    assert "needs 2 GiB of free memory, and 1953 MiB are free" in done.stderr
    assert workshop.shell(f"{LOAD} require_memory 1 {table}").returncode == 0


def test_too_little_disk_is_refused_for_a_folder_that_is_not_there_yet(workshop: Workshop) -> None:
    workshop.tool("df", {"*": "Filesystem 1M-blocks Used Available\n/dev/x 9 9 3071\n"})
    done = workshop.shell(f"{LOAD} require_disk 3 {workshop.tools}/not/there")
    assert done.returncode == 1
    assert "needs 3 GiB of disk" in done.stderr
    assert "3071 MiB are free" in done.stderr
    assert workshop.commands() == [f"df -Pm {workshop.tools}"]
    assert workshop.shell(f"{LOAD} require_disk 2 {workshop.tools}").returncode == 0


NO_GO = f"{LOAD} usual_go=/nowhere; find_go"


def test_no_go_and_no_way_to_install_it(workshop: Workshop) -> None:
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "needs Go 1.26.4 or newer: install it from https://go.dev/dl/" in done.stderr


def test_no_go_is_installed_from_debian_by_root(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "0"})
    workshop.tool("apt-get", otherwise=1)
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "apt-get could not install: golang-go ca-certificates" in done.stderr
    assert workshop.commands()[-1].endswith("--no-remove golang-go ca-certificates")


def test_an_old_go_that_cannot_fetch_the_pinned_one(workshop: Workshop) -> None:
    workshop.tool("go", {"version": "go version go1.19.8 linux/amd64"}, otherwise=1)
    done = workshop.shell(NO_GO)
    assert done.returncode == 1
    assert "Go 1.19.8, the node needs 1.26.4 or newer" in done.stderr


@pytest.mark.parametrize("version", ["1.26.4", "1.26.10", "1.27"])
def test_a_go_that_is_new_enough_is_used(workshop: Workshop, version: str) -> None:
    workshop.tool("go", {"version": f"go version go{version} linux/amd64"})
    done = workshop.shell(f"{NO_GO}; command -v go")
    assert done.stdout.strip() == str(workshop.tools / "go")


def test_an_unknown_command_shows_the_usage(workshop: Workshop) -> None:
    done = workshop.script("cluster/node", "dance")
    assert done.returncode == 2
    assert "node base-image" in done.stderr
    assert "NODE_HOME=" in done.stderr


LOADING = f"{LOAD} . ./images.sh; load no-such-image"


def test_load_wants_a_node_that_is_up(workshop: Workshop) -> None:
    done = workshop.shell(f"ours() {{ false; }}; {LOADING}")
    assert done.returncode == 1
    assert "not up, so there is nowhere to load an image: scripts/cluster/node up" in done.stderr


def test_load_wants_an_image_that_was_built(workshop: Workshop) -> None:
    workshop.tool("buildah", otherwise=1)
    done = workshop.shell(f"ours() {{ true; }}; {LOADING}")
    assert done.returncode == 1
    assert "there is no image no-such-image yet: scripts/image/build" in done.stderr


@pytest.mark.parametrize("home", ["relative", "/with blank", "/with'quote"])
def test_a_home_that_could_not_be_written_into_a_configuration_is_refused(workshop: Workshop, home: str) -> None:
    workshop.tool("id", {"-u": "0"})
    done = workshop.script("cluster/node", "up", NODE_HOME=home)
    assert done.returncode == 1
    assert "NODE_HOME must be an absolute path" in done.stderr
