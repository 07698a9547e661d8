"""`python -m model` fails at once, with one sentence, when it cannot reach the data."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model.catalog import SHIPPED

ROOT = Path(__file__).parents[2]
# In place of the origins an address where nobody listens; importing PyTorch or scikit-learn would be an error.
PROGRAM = """
import sys
sys.modules["torch"] = sys.modules["sklearn"] = sys.modules["onnxruntime"] = None
from model.__main__ import main
from model.train import datasets
from model.train.brain_mri import data
from model.train.tabular import campaigns
datasets.MNIST = data.ORIGIN = campaigns.ORIGIN = "http://127.0.0.1:9/"
sys.exit(main(sys.argv[1:]))
"""


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "MLSERVING_DATA"}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=inherited | {"XDG_CACHE_HOME": str(folder), "no_proxy": "*"} | environment,
    )


@pytest.mark.parametrize("name", [model.training for model in SHIPPED if model.data])
def test_training_fails_at_once_if_the_origin_is_unreachable(name: str, tmp_path: Path) -> None:
    done = run(tmp_path, "train", name, "--output", str(tmp_path / "bundle"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "cannot be downloaded from http://127.0.0.1:9/" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "bundle").exists()


def test_training_fails_at_once_if_the_mirror_lacks_a_file(tmp_path: Path) -> None:
    done = run(tmp_path, "train", "digits", MLSERVING_DATA=str(tmp_path))
    assert done.returncode == 1
    assert f"train-images-idx3-ubyte.gz is not in {tmp_path}" in done.stderr
    assert done.stderr.count("\n") == 1


def test_drawing_mistakes_fails_at_once_if_the_origin_is_unreachable(tmp_path: Path) -> None:
    done = run(tmp_path, "mistakes", "digits", "--output", str(tmp_path / "sheet.png"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be downloaded" in done.stderr
