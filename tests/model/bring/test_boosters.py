"""Boosted trees and imbalanced-learn: bundled where their packages are, and served where they are not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from model import bundle
from model.__main__ import main
from model.bring import boosters
from model.bring.convertible import parts
from model.bundle import BundleError
from server.predictor import Predictor
from server.rows import rest

ROOT = Path(__file__).parents[3]
WITHIN = 1e-5

SERVED = (
    *("xgboost_binary", "xgboost_multi", "xgboost_number", "xgboost_gaps", "xgboost_marker_for_gaps"),
    *("xgboost_encoded", "xgboost_scaled", "xgboost_early", "xgboost_poisson", "xgboost_gamma", "xgboost_tweedie"),
    *("xgboost_quantile", "xgboost_logistic", "xgboost_hinge", "xgboost_base_score", "xgboost_dart"),
    *("xgboost_forest", "xgboost_forest_number", "xgboost_voting", "xgboost_stacking", "xgboost_calibrated"),
    *("xgboost_search", "lightgbm_binary", "lightgbm_words", "lightgbm_multi", "lightgbm_number", "lightgbm_gaps"),
    *("lightgbm_zero_is_gap", "lightgbm_encoded", "lightgbm_scaled", "lightgbm_early", "lightgbm_poisson"),
    *("lightgbm_tweedie", "lightgbm_quantile", "lightgbm_square_root", "lightgbm_one_against_all", "lightgbm_dart"),
    *("lightgbm_forest", "lightgbm_calibrated", "lightgbm_search", "catboost_binary", "catboost_words"),
    *("catboost_multi", "catboost_number", "catboost_gaps", "catboost_gaps_low", "catboost_encoded"),
    *("catboost_scaled", "catboost_poisson", "catboost_leafwise", "catboost_one_against_all", "imblearn_linear"),
    *("imblearn_forest", "imblearn_xgboost", "imblearn_search", "imblearn_balanced_forest"),
    "imblearn_balanced_bagging",
)
REFUSED = {
    "xgboost_categories": "enable_categorical",
    "xgboost_linear": "'gblinear' has no trees",
    "lightgbm_categories": "split on categories",
    "lightgbm_linear_leaves": "linear models",
    "catboost_categories": "catboost's own categories",
}


def test_the_docs_say_how_many_are_served() -> None:
    counts = f"Of {len(SERVED) + len(REFUSED)} models that the tests fit with these packages, {len(SERVED)} are served"
    assert counts in (ROOT / "docs" / "bring.md").read_text()


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each model: what the command printed, the bundle, new rows and what the model predicts for them."""
    folder = tmp_path_factory.mktemp("boosters")
    command = [sys.executable, "-m", "tests.model.bring.booster_models", str(folder)]
    single = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads that wait for each other cost more than they save
    done = subprocess.run(command, cwd=ROOT, env=single, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\nscripts/environment boosters installs the packages."
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", SERVED)
def test_a_served_booster_predicts_new_rows_as_it_does_itself(
    bundled: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("xgboost", "lightgbm", "catboost", "imblearn"):
        monkeypatch.setitem(sys.modules, package, None)  # the server has none of them
    folder = bundled / name
    assert (folder / "bundle").is_dir(), (folder / "output.txt").read_text()
    made = bundle.load(folder / "bundle")
    assert made.skops is None
    served = Predictor("mine", made)
    served.load()
    body = b'{"instances":' + (folder / "new.json").read_bytes() + b"}"
    predictions = json.loads(rest.predict_batch(served, body, {}).body)["predictions"]
    expected = json.loads((folder / "expected.json").read_text())
    got = [each["prediction"] for each in predictions]
    if made.task.kind == "regression":
        size = np.std(expected["predictions"])
        assert got == pytest.approx(expected["predictions"], rel=WITHIN, abs=WITHIN * size)
        return
    probabilities = np.array(expected["probabilities"])
    likeliest, second = np.sort(probabilities, axis=1)[:, :-3:-1].T
    tied = likeliest - second <= WITHIN
    assert ((np.array(got) == np.array(expected["predictions"])) | tied).all()
    assert [each["probability"] for each in predictions] == pytest.approx(likeliest, abs=WITHIN)


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_onnx_has_no_form_for_is_refused(bundled: Path, name: str) -> None:
    output = (bundled / name / "output.txt").read_text().splitlines()
    assert REFUSED[name] in output[-1]
    assert output[-1].startswith("error: ")
    assert len(output[-1]) <= len("error: ") + 300
    assert not (bundled / name / "bundle").exists()


@pytest.mark.parametrize(
    ("module", "name", "package"),
    [
        ("xgboost.sklearn", "XGBClassifier", "xgboost"),
        ("lightgbm.sklearn", "LGBMClassifier", "lightgbm"),
        ("catboost.core", "CatBoostClassifier", "catboost"),
        ("imblearn.pipeline", "Pipeline", "imbalanced-learn"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    module: str,
    name: str,
    package: str,
) -> None:
    monkeypatch.setitem(sys.modules, module.partition(".")[0], None)  # as if it were not installed
    (tmp_path / "model.pkl").write_bytes(f"c{module}\n{name}\n)R.".encode())
    assert main(["bundle", str(tmp_path / "model.pkl"), "--name", "mine", "--data", "rows.csv"]) == 1
    error = capsys.readouterr().err
    assert f"It needs {package}, which is not installed. Run scripts/environment boosters" in error


@pytest.mark.parametrize(
    ("head", "advice"),
    [
        (b'{"learner":{"attributes"', "m = xgboost.XGBClassifier()"),
        (b"{L\0\0\0\0\0\0\0\7learner{L", "m = xgboost.XGBClassifier()"),
        (b"CBM1\xf04\0\0", "m = catboost.CatBoostClassifier()"),
        (b"tree\nversion=v4\n", "Save the fitted LGBMClassifier"),
    ],
)
def test_a_file_in_the_packages_own_format_gets_the_line_that_loads_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, head: bytes, advice: str
) -> None:
    (tmp_path / "model").write_bytes(head + bytes(100))
    assert main(["bundle", str(tmp_path / "model"), "--name", "mine", "--data", "rows.csv"]) == 1
    assert advice in capsys.readouterr().err


@pytest.mark.parametrize("package", ["xgboost", "lightgbm"])
def test_a_booster_without_its_estimator_is_refused(package: str) -> None:
    booster = type("Booster", (), {"__module__": f"{package}.core"})()
    with pytest.raises(BundleError, match=f"holds a Booster of {package} alone"):
        boosters.refuse_part(booster, Path("model.pkl"))


class _Sampler:
    """As imbalanced-learn's samplers."""

    def fit_resample(self, rows: Any, target: Any) -> Any:
        return rows, target


def test_a_sampler_is_left_out_of_a_pipeline() -> None:
    sampled = type("Pipeline", (Pipeline,), {"__module__": "imblearn.pipeline"})
    pipeline = sampled([("scale", StandardScaler()), ("sample", _Sampler()), ("model", LogisticRegression())])
    boosters.without_samplers(list(parts(pipeline)))
    assert type(pipeline) is Pipeline
    assert [name for name, _ in pipeline.steps] == ["scale", "model"]


def test_lightgbm_writes_blanks_in_names_as_underlines() -> None:
    assert boosters.written_as("mean_radius", ["mean area", "mean radius"]) == "mean radius"
    assert boosters.written_as("mean_radius", ["mean_radius"]) == "mean_radius"
    assert boosters.written_as("width", ["mean radius"]) == "width"


def test_a_column_of_the_very_name_is_taken_before_one_with_blanks() -> None:
    assert boosters.written_as("mean_radius", ["mean radius", "mean_radius"]) == "mean_radius"
    assert boosters.written_as("mean radius", ["mean_radius", "mean radius"]) == "mean radius"
