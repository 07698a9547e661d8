"""The whole command, on synthetic runs."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.loadtest import synthetic
from tests.loadtest.compare import noisy

pytestmark = pytest.mark.slow


def compare(*words: str, output: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "loadtest", "compare", *words, "--output", str(output)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def repeats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs each of a server, of the same again, and of one that is a fifth slower."""
    home = tmp_path_factory.mktemp("runs")
    for place, (name, slower) in enumerate((("before", 1.0), ("same", 1.0), ("slow", 1.2))):
        for seed in range(4):
            noisy.folder(home / f"{name}-{seed}", 10 * place + seed, slower=slower)
    return home


@pytest.mark.parametrize(
    ("a", "b", "status", "word"),
    [
        ("before", "same", 0, "B: no difference seen"),
        ("before", "slow", 1, "B: worse"),
        ("slow", "before", 0, "B: better"),
    ],
)
def test_the_exit_status_says_whether_b_is_worse(
    repeats: Path, tmp_path: Path, a: str, b: str, status: int, word: str
) -> None:
    done = compare(str(repeats / f"{a}-*"), str(repeats / f"{b}-*"), output=tmp_path)
    assert done.returncode == status, done.stderr
    assert word in done.stdout
    assert "A  4 runs" in done.stdout
    (chart,) = tmp_path.glob("*/compare.png")
    with Image.open(chart) as picture:
        assert picture.width > 1000


def test_change_that_matters_is_an_option(repeats: Path, tmp_path: Path) -> None:
    words = [str(repeats / f"{name}-*") for name in ("before", "slow")]
    assert compare(*words, "--worse", "40", output=tmp_path).returncode == 0
    assert compare(*words, "--worse", "0", output=tmp_path).returncode == 2


def test_what_the_autoscaler_did_is_in_the_table(tmp_path: Path) -> None:
    folder = str(synthetic.folder(tmp_path / "run"))
    done = compare(folder, folder, output=tmp_path / "out")
    assert "load step to decision" in done.stdout
    assert "takes 4 runs a side" in done.stdout


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(lambda path: path / "nothing", "There is no run in"), (lambda path: path.parent, "There is no run in")],
)
def test_what_cannot_be_compared_is_exit_status_2_with_a_sentence(
    tmp_path: Path, change: Callable[[Path], Path], sentence: str
) -> None:
    run = synthetic.folder(tmp_path / "deep" / "er" / "run")
    done = compare(str(run), str(change(tmp_path / "deep" / "x")), output=tmp_path / "out")
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_in_the_docs_runs(repeats: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "report.md").read_text()
    (command,) = re.findall(r"^\$ \.venv/bin/python -m loadtest compare (.+)$", text, re.MULTILINE)
    words = [str(repeats / f"{word}-*") if word in ("before", "after") else word for word in command.split()]
    for seed in range(4):
        (repeats / f"after-{seed}").symlink_to(repeats / f"same-{seed}")
    assert compare(*words, output=tmp_path).returncode == 0
