"""The commands of docs/bring.md on a model in a store, in their order, in a copy of the project, with a real store."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.test_own_model import label_from, run
from tests.object_store import object_store
from tests.server import bundles

SECTION = (ROOT / "docs" / "bring.md").read_text().partition("## From a store\n")[2]
COMMANDS: list[str] = re.findall(r"^\$ (.+)$", SECTION, re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with a bundle of one's own."""
    folder = tmp_path / "project"
    for name in ("model", "server"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "bundles"))
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    bundles.sign(folder / "model" / "bundles" / "my_model")
    return folder


@pytest.mark.slow
def test_the_commands_push_serve_and_fetch(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_store(project.parent / "store") as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        for command in COMMANDS:
            if command.endswith("make serve"):
                assert label_from(project, command.removesuffix("make serve")) == "high"
            elif not command.startswith("kubectl"):
                run(project, command)
    assert (project / "model" / "bundles" / "fetched" / "model.onnx").exists()
