"""A file of another version of scikit-learn is bundled with that version, or refused with both versions."""

import json
import re
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from model import bundle
from model.__main__ import main
from model.bring import model_file, sklearn_version
from model.bring.check import open_graph
from model.bring.examine import examine
from model.bundle import BundleError

ROOT = Path(__file__).parents[3]
LOCKS = sorted(sklearn_version.LOCKS.glob("*.txt"))

# Fits in the other environment: SimpleImputer and trees of 1.4 cannot be used, or not even loaded, in later versions.
FIT = """
import sys, joblib, numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
rows = load_iris(as_frame=True)
pipeline = make_pipeline(SimpleImputer(), GradientBoostingClassifier(n_estimators=5)).fit(rows.data, rows.target)
joblib.dump(pipeline, sys.argv[1] + "/old.joblib")
rows.data.assign(kind=rows.target).to_csv(sys.argv[1] + "/rows.csv", index=False)
np.save(sys.argv[1] + "/home.npy", pipeline.predict_proba(rows.data))
"""


def written_by(version: str, folder: Path) -> Path:
    """Save a model whose file says that a version wrote it."""
    rows, kinds = load_iris(return_X_y=True)
    file = folder / "old.joblib"
    joblib.dump(LogisticRegression(max_iter=1000).fit(rows, kinds), file, protocol=2)
    ours, other = (len(name).to_bytes(4, "little") + name.encode() for name in (sklearn.__version__, version))
    content = file.read_bytes()
    assert ours in content
    file.write_bytes(content.replace(ours, other))
    return file


def test_the_version_is_read_without_loading(tmp_path: Path) -> None:
    assert examine(written_by("0.24.2", tmp_path)).versions == {"0.24.2"}


def test_a_file_of_another_patch_release_is_bundled_here_with_a_note(tmp_path: Path) -> None:
    version = f"{sklearn.__version__.rpartition('.')[0]}.77"
    file = written_by(version, tmp_path)
    assert sklearn_version.environment_for(file, {version}, None) is None
    assert f"fitted with scikit-learn {version}" in model_file.load(file)[1][0]


@pytest.mark.parametrize("version", ["0.24.2", "1.1.3", "7.0.1"])
def test_a_version_that_cannot_be_had_is_named_with_ours_and_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, version: str
) -> None:
    file = written_by(version, tmp_path)
    assert main(["bundle", str(file), "--name", "old", "--data", "rows.csv"]) == 1
    error = capsys.readouterr().err
    assert len(error) <= 302
    for part in (f"was written by scikit-learn {version}", sklearn.__version__, "1.2 to 1.8", "--sklearn"):
        assert part in error


def test_the_installed_version_can_be_chosen(tmp_path: Path) -> None:
    file = written_by("1.1.3", tmp_path)
    assert sklearn_version.environment_for(file, {"1.1.3"}, sklearn.__version__) is None


@pytest.mark.parametrize("wanted", ["newest", "1", "../1.4.2", "1.4.2; rm"])
def test_what_is_not_a_version_is_refused(wanted: str) -> None:
    with pytest.raises(BundleError, match="not a version"):
        sklearn_version.environment_for(Path("old.joblib"), set(), wanted)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_listed_version_is_locked_with_hashes_and_named_in_the_script(lock: Path) -> None:
    content = lock.read_text()
    assert f"scikit-learn=={lock.stem}" in content
    assert all("--hash=sha256:" in package for package in re.split(r"\n(?=[a-z])", content))
    assert re.search(rf"^{re.escape(lock.stem)} ", (ROOT / "scripts" / "lock").read_text(), re.MULTILINE)


@pytest.mark.slow
def test_an_index_that_cannot_be_reached_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(BundleError, match=rf"1\.4\.2, which cannot be installed.*--sklearn {sklearn.__version__}"):
        sklearn_version.environment_for(Path("old.joblib"), {"1.4.0"}, None)


def test_a_pipeline_that_scikit_learn_has_to_serve_needs_the_servers_version(monkeypatch: pytest.MonkeyPatch) -> None:
    sklearn_version.refuse_to_serve("It has no operator.")
    monkeypatch.setenv("MLSERVING_SKLEARN", "1.9.9")
    with pytest.raises(BundleError, match=r"Fit it again with 1\.9\.9"):
        sklearn_version.refuse_to_serve("It has no operator.")


@pytest.mark.network
@pytest.mark.slow
def test_a_file_of_an_older_version_is_bundled_by_it_and_answers_as_at_home(tmp_path: Path) -> None:
    environment = sklearn_version.environment_for(Path("old.joblib"), {"1.4.0"}, None)
    assert environment is not None
    subprocess.run([environment.python, "-W", "ignore", "-c", FIT, tmp_path], check=True)
    command = [sys.executable, "-m", "model", "bundle", str(tmp_path / "old.joblib"), "--name", "old"]
    command += ["--data", str(tmp_path / "rows.csv"), "--target", "kind", "--output", str(tmp_path / "old")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = bundle.load(tmp_path / "old")
    assert made.card["versions"]["scikit-learn"] == "1.4.2"
    assert json.loads((tmp_path / "old" / "card.json").read_text())["verification"]["labels_differing"] == 0
    rows, _ = load_iris(return_X_y=True)
    precision = {"FP32": np.float32, "FP64": np.float64}[made.task.features[0].datatype]
    answers = open_graph(made.onnx)({"input": rows.astype(precision)})
    assert np.allclose(answers["probabilities"], np.load(tmp_path / "home.npy"), atol=1e-5)
