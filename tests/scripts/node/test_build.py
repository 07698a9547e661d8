"""The compiled node is cached by its sources, and compiling reports progress."""

import re
from pathlib import Path

from tests.scripts.conftest import Sandbox


def binary_folder(sandbox: Sandbox) -> str:
    return sandbox.shell("echo $bin").stdout.strip()


def test_binaries_and_state_are_in_separate_folders_outside_the_tree(sandbox: Sandbox, tmp_path: Path) -> None:
    assert binary_folder(sandbox).startswith(f"{tmp_path}/.cache/mlserving/node/")
    assert sandbox.shell("echo $bin", XDG_CACHE_HOME="/cache").stdout.startswith("/cache/mlserving/node/")
    assert sandbox.shell("echo $state").stdout == f"{tmp_path}/.local/state/mlserving/node\n"
    assert sandbox.shell("echo $state", XDG_STATE_HOME="/state").stdout == "/state/mlserving/node\n"
    assert sandbox.shell("echo $state", NODE_HOME="/elsewhere").stdout == "/elsewhere\n"


def test_a_changed_pin_or_source_selects_another_cache_folder(sandbox: Sandbox) -> None:
    kube = sandbox.repository / "scripts" / "node" / "kube"
    seen = [binary_folder(sandbox)]
    for name in ("go.mod", "go.sum", "main.go", "pause/main.go"):
        path = kube / name
        path.write_text(path.read_text() + "\n// changed\n")
        seen.append(binary_folder(sandbox))
    assert len(set(seen)) == 5


def test_version_is_read_from_go_mod(sandbox: Sandbox) -> None:
    text = (sandbox.repository / "scripts" / "node" / "kube" / "go.mod").read_text()
    pinned = re.search(r"k8s\.io/kubernetes (v\S+)", text)
    assert pinned
    assert sandbox.shell("echo $version").stdout.strip() == pinned[1]


def test_build_does_nothing_if_the_binary_exists(sandbox: Sandbox) -> None:
    folder = Path(binary_folder(sandbox))
    folder.mkdir(parents=True)
    (folder / "kube").write_text("")
    (folder / "kube").chmod(0o755)
    done = sandbox.script("node/node", "build")
    assert (done.returncode, done.stderr) == (0, "")


def test_progress_is_reported_periodically_and_at_the_end(sandbox: Sandbox) -> None:
    code = ". ./build.sh; (for i in {1..5}; do echo $i; done; sleep 3; echo 6) | progress 'Packages compiled:' 7 2"
    lines = sandbox.shell(code).stderr.splitlines()
    assert re.fullmatch(r"node: Packages compiled: 5 of about 7, 0:0\d ", lines[0])
    assert re.fullmatch(r"node: Packages compiled: 6 in \d s +", lines[1])
