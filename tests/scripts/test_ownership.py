"""What is not the node's own is never removed, and where there is no node, nothing is needed to say so."""

from pathlib import Path

import pytest

from tests.scripts.conftest import Workshop

LOAD = ". ./preflight.sh; . ./ownership.sh; . ./leftovers.sh;"


def as_root(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "0"})


def as_user_of_a_mac(workshop: Workshop) -> None:
    workshop.tool("id", {"-u": "1000"})
    workshop.tool("uname", {"-s": "Darwin", "-m": "arm64"})


@pytest.mark.parametrize("command", ["up", "down", "load"])
@pytest.mark.parametrize("name", ["data", "."])
def test_a_home_that_holds_somebodys_data_is_refused_and_left_alone(
    workshop: Workshop, tmp_path: Path, command: str, name: str
) -> None:
    as_root(workshop)
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    (home / "data" / "thesis").write_text("years of work")
    done = workshop.script("cluster/node", command, "image", NODE_HOME=str(home / name))
    assert done.returncode == 1
    assert "holds what is not the node's: name a folder that is empty or not there yet" in done.stderr
    assert (home / "data" / "thesis").read_text() == "years of work"


def test_a_home_that_is_a_file_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    as_root(workshop)
    (tmp_path / "home").write_text("mine")
    done = workshop.script("cluster/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert done.returncode == 1
    assert "holds what is not the node's" in done.stderr


MARKED = "mkdir $state; echo >$marker; echo >$state/admin.conf;"


@pytest.mark.parametrize("words", ["", "mkdir $state;", MARKED])
def test_a_home_that_is_absent_empty_or_marked_is_the_nodes_own(workshop: Workshop, tmp_path: Path, words: str) -> None:
    done = workshop.shell(f"{LOAD} {words} require_own", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_home_behind_a_link_is_spelled_as_the_machine_spells_it(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert workshop.shell("echo $state", NODE_HOME=f"{tmp_path}/link//node/").stdout == f"{tmp_path}/disk/node\n"


def test_a_node_that_another_home_started_is_not_taken_down(workshop: Workshop, tmp_path: Path) -> None:
    as_root(workshop)
    (tmp_path / "run").mkdir()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    (tmp_path / "run" / "identity").write_text(f"{boot} /their/home /their/bin\n")
    done = workshop.script("cluster/node", "down")
    assert done.returncode == 1
    assert "a node that keeps its state in /their/home is up: use that one (NODE_HOME=/their/home)" in done.stderr


def test_down_where_nothing_is_needs_nothing(workshop: Workshop) -> None:
    as_user_of_a_mac(workshop)
    done = workshop.script("cluster/node", "down")
    assert (done.returncode, done.stderr) == (0, "node: none is up\n")


def test_down_leaves_an_empty_home_as_it_is(workshop: Workshop, tmp_path: Path) -> None:
    as_user_of_a_mac(workshop)
    (tmp_path / "home").mkdir()
    done = workshop.script("cluster/node", "down", NODE_HOME=f"{tmp_path}/home")
    assert (done.returncode, done.stderr) == (0, "node: none is up\n")
    assert (tmp_path / "home").is_dir()


def test_down_of_what_is_left_needs_root_and_installs_nothing(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    workshop.tool("id", {"-u": "1000"})
    assert "run it with sudo" in workshop.script("cluster/node", "down").stderr
    as_root(workshop)
    workshop.tool("apt-get")
    done = workshop.script("cluster/node", "down")
    assert done.returncode == 1
    assert "taking the node down needs Debian packages: iproute2 iptables" in done.stderr
    assert [line for line in workshop.commands() if line.startswith("apt-get")] == []
    assert (tmp_path / "run").is_dir()


def test_status_where_nothing_is_needs_nothing(workshop: Workshop) -> None:
    as_user_of_a_mac(workshop)
    done = workshop.script("cluster/node", "status")
    assert (done.returncode, done.stderr) == (1, "node: not up\n")


@pytest.mark.parametrize("others", [["theirs"], []])
def test_what_the_network_plugins_noted_of_others_stays(workshop: Workshop, tmp_path: Path, others: list[str]) -> None:
    results = tmp_path / "results"
    for name in ("ours", *others):
        (results / name).mkdir(parents=True)
        (results / name / "eth0").write_text(f'{{"netns": "{tmp_path}/{"run" if name == "ours" else name}/netns/1"}}')
    for _ in range(2):  # the second time none is ours
        done = workshop.shell(f"{LOAD} forget_results {results}; echo went on")
        assert done.stdout == "went on\n"
        assert [path.parent.name for path in results.glob("*/eth0")] == others
    assert workshop.shell(f"{LOAD} forget_results {tmp_path}/absent; echo went on").stdout == "went on\n"


def test_what_was_interrupted_while_it_was_removed_stays_the_nodes_own(workshop: Workshop, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "etcd").mkdir(parents=True)
    (home / "mlserving-node").write_text("")
    interrupted = workshop.shell(f"{LOAD} find() {{ false; }}; remove_folders", NODE_HOME=str(home))
    assert interrupted.returncode != 0
    assert (home / "mlserving-node").exists()
    assert workshop.shell(f"{LOAD} remove_folders", NODE_HOME=str(home)).returncode == 0
    assert not home.exists()
