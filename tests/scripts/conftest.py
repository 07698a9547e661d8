"""A copy of the scripts in a temporary folder, and a PATH that holds only plain tools and the fakes a test adds.

The folder's name contains a space, as a user's may.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLAIN_TOOLS = (
    "awk",
    "bash",
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "df",
    "dirname",
    "env",
    "find",
    "flock",
    "grep",
    "head",
    "id",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "paste",
    "pgrep",
    "ps",
    "python3",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "setsid",
    "sha256sum",
    "sleep",
    "sort",
    "tac",
    "tail",
    "tar",
    "tee",
    "timeout",
    "tr",
    "uname",
    "xargs",
)


@dataclass(frozen=True)
class Sandbox:
    repository: Path
    tools: Path
    record: Path

    def tool(self, name: str | Path, answers: Mapping[str, str] | None = None, otherwise: int = 0) -> None:
        """Create a fake executable that records its command line.

        Args:
            name: its name, or an absolute path to create it elsewhere than on PATH.
            answers: shell patterns of the arguments, each with what the tool prints for them.
            otherwise: its exit status where no pattern matches.
        """
        cases = "".join(
            f"  {pattern}) printf %s {shlex.quote(text)}; exit ;;\n" for pattern, text in (answers or {}).items()
        )
        path = self.tools / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # writing to it would follow the link to a real tool
        path.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "{path.name} $*" >>{self.record}\ncase "$*" in\n'
            f"  *-stdin*) read -r _ ;; # what writes there would be ended by a closed pipe\nesac\n"
            f'case "$*" in\n{cases}esac\nexit {otherwise}\n'
        )
        path.chmod(0o755)

    def train(self) -> None:
        """Create what the scripts look for after a training."""
        bundle = self.repository / "model" / "bundles" / "breast_model"
        bundle.mkdir(parents=True)
        (bundle / "manifest.json").write_text("{}")
        (bundle / "task.json").write_text("{}")

    def run(self, *command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        home = str(self.repository.parent)
        variables = {"PATH": str(self.tools), "HOME": home, "LANG": "C.UTF-8", **environment}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, timeout=60)

    def shell(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run shell code in scripts/node, after settings.sh."""
        folder = self.repository / "scripts" / "node"
        return self.run("bash", "-euo", "pipefail", "-c", f'cd "$0"; . ./settings.sh; {code}', folder, **environment)

    def script(self, name: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run(self.repository / "scripts" / name, *words, **environment)

    def commands(self) -> list[str]:
        return self.record.read_text().splitlines() if self.record.exists() else []


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    repository, tools = tmp_path / "my clone", tmp_path / "tools"
    for folder in ("scripts", "k8s"):
        shutil.copytree(ROOT / folder, repository / folder)
    settings = repository / "scripts" / "node" / "settings.sh"
    text = settings.read_text()
    assert "runtime=/run/kube-node " in text
    # Hides a node that is up on this machine.
    settings.write_text(text.replace("runtime=/run/kube-node ", f"runtime={tmp_path}/run "))
    tools.mkdir()
    for name in PLAIN_TOOLS:
        found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        assert found, f"{name} is not on PATH"
        (tools / name).symlink_to(found)
    return Sandbox(repository, tools, tmp_path / "record")
