"""The documents' commands of this project exist."""

import re
import subprocess
import sys

import pytest

from loadtest.shapes import SHAPES
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(document.read_text() for document in DOCUMENTS)
SUBCOMMANDS = sorted(set(re.findall(r"python -m (model|loadtest) (\w+)", TEXT)))
TARGETS = sorted(set(re.findall(r"\bmake (\w+)", "\n".join(re.findall(r"`[^`\n]*`|^\$ .*$", TEXT, re.MULTILINE)))))


@pytest.mark.parametrize(("package", "subcommand"), SUBCOMMANDS)
def test_subcommand_exists(package: str, subcommand: str) -> None:
    subprocess.run([sys.executable, "-m", package, subcommand, "--help"], cwd=ROOT, check=True, capture_output=True)


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert {"demo", "test"} <= set(TARGETS)
    assert [target for target in TARGETS if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize(
    ("document", "listed"),
    [
        ("README.md", r"The shapes are (.*?)\. "),
        ("CONTRIBUTING.md", r"^\| shape \| .*?: (.*), or recorded traffic \|$"),
        ("docs/report.md", r"^\| shape \| .*?\|---\|\n(.*?)\n\n"),
    ],
)
def test_lists_of_shapes_are_complete(document: str, listed: str) -> None:
    text = (ROOT / document).read_text()
    (found,) = re.findall(listed, text, re.MULTILINE | re.DOTALL)
    names = re.findall(r"^\| `(\w+)`", found, re.MULTILINE) if found.startswith("|") else re.findall(r"`(\w+)`", found)
    assert sorted(names) == sorted(SHAPES)


def test_every_target_that_chooses_a_cluster_is_listed() -> None:
    recipes = re.findall(r"^(\w+):.*\n\t(scripts/\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    choosing = {target for target, script in recipes if re.search(r"(choose|use)_cluster", (ROOT / script).read_text())}
    (listed,) = re.findall(r"^(`make demo`, .*) use the first of these:$", TEXT, re.MULTILINE)
    assert set(re.findall(r"(\w+)`", listed)) == {*choosing, "test"}, "the tests choose one by themselves"


def test_the_nodes_commands_are_listed() -> None:
    folder = ROOT / "scripts" / "node"
    commands = set(re.findall(r"^#   node ([\w-]+)", (folder / "node").read_text(), re.MULTILINE))
    (row,) = re.findall(r"^\| `node` \| the command: (.*) \|$", (folder / "README.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", row)) == commands
