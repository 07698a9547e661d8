"""The compiled node is cached by what it is compiled from, and compiling says how far it is."""

import re
from pathlib import Path

from tests.scripts.conftest import Workshop


def compiled_at(workshop: Workshop) -> str:
    return workshop.shell("echo $bin").stdout.strip()


def test_the_cache_lies_outside_the_tree_and_apart_from_the_state(workshop: Workshop, tmp_path: Path) -> None:
    assert compiled_at(workshop).startswith(f"{tmp_path}/.cache/mlserving/node/")
    assert workshop.shell("echo $bin", XDG_CACHE_HOME="/cache").stdout.startswith("/cache/mlserving/node/")
    assert workshop.shell("echo $state").stdout == f"{tmp_path}/.local/state/mlserving/node\n"
    assert workshop.shell("echo $state", XDG_STATE_HOME="/state").stdout == "/state/mlserving/node\n"
    assert workshop.shell("echo $state", NODE_HOME="/elsewhere").stdout == "/elsewhere\n"


def test_a_changed_pin_or_source_is_compiled_anew(workshop: Workshop) -> None:
    kube = workshop.repository / "scripts" / "cluster" / "kube"
    seen = [compiled_at(workshop)]
    for name in ("go.mod", "go.sum", "main.go", "pause/main.go"):
        path = kube / name
        path.write_text(path.read_text() + "\n// changed\n")
        seen.append(compiled_at(workshop))
    assert len(set(seen)) == 5


def test_the_version_is_the_pinned_modules(workshop: Workshop) -> None:
    text = (workshop.repository / "scripts" / "cluster" / "kube" / "go.mod").read_text()
    pinned = re.search(r"k8s\.io/kubernetes (v\S+)", text)
    assert pinned
    assert workshop.shell("echo $version").stdout.strip() == pinned[1]


def test_a_compiled_node_is_not_compiled_again(workshop: Workshop) -> None:
    folder = Path(compiled_at(workshop))
    folder.mkdir(parents=True)
    (folder / "kube").write_text("")
    (folder / "kube").chmod(0o755)
    done = workshop.script("cluster/node", "build")
    assert (done.returncode, done.stderr) == (0, "")


def test_progress_is_told_while_it_goes_on_and_at_the_end(workshop: Workshop) -> None:
    words = ". ./build.sh; (for i in {1..5}; do echo $i; done; sleep 3; echo 6) | progress 'packages compiled:' 7 2"
    told = workshop.shell(words).stderr.splitlines()
    assert re.fullmatch(r"node: packages compiled: 5 of about 7, 0:0\d ", told[0])
    assert re.fullmatch(r"node: packages compiled: 6 in \d s +", told[1])
