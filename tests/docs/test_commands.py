"""The documents' commands of this project exist."""

import re
import subprocess
import sys

import pytest

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
