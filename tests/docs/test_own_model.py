"""The commands of README's section on one's own model, in its order, in a copy of the project."""

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import joblib
import numpy as np
import onnx
import pytest
from PIL import Image
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from tests.conftest import ROOT
from tests.model.bring import networks
from tests.served import free_port

SECTION = (ROOT / "README.md").read_text().partition("## Bring your own model\n")[2].partition("On the cluster")[0]
COMMANDS: list[str] = re.findall(r"^\$ (.+)$", SECTION, re.MULTILINE)
BOOSTERS = ("scripts/environment", "xgb_model.pkl")

FIT = """
import pandas, pickle, xgboost
rows = pandas.read_csv("rows.csv")
model = xgboost.XGBClassifier(n_estimators=5).fit(rows.iloc[:, :4], rows["species"].astype("category").cat.codes)
pickle.dump(model, open("xgb_model.pkl", "wb"))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with the files that the commands name."""
    for name in ("model", "server", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.lock"):
        shutil.copy(path, tmp_path)
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    _write_models(tmp_path)
    _write_network(tmp_path)
    return tmp_path


def _write_models(folder: Path) -> None:
    data = load_iris(as_frame=True)
    rows, species = data.data, data.target.map(dict(enumerate(data.target_names)))
    table = rows.assign(species=species)
    table[::2].to_csv(folder / "rows.csv", index=False)
    table[1::2].to_csv(folder / "new_rows.csv", index=False)
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, species), folder / "my_pipeline.joblib")
    scaler, encoder = StandardScaler().fit(rows), LabelEncoder().fit(species)
    model = LogisticRegression().fit(scaler.transform(rows), encoder.transform(species))
    for name, part in (("scaler", scaler), ("label_encoder", encoder), ("model", model)):
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(part))


def _write_network(folder: Path) -> None:
    onnx.save(networks.network(("n", 3, 224, 224)), folder / "flowers.onnx")
    (folder / "labels.txt").write_text("daisy\nrose\ntulip\n")
    (folder / "pictures").mkdir()
    random = np.random.default_rng(0)
    for place in range(24):
        pixels = random.integers(0, 256, (260, 300, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{place}.png")


def run(project: Path, command: str) -> str:
    done = subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.slow
def test_the_commands_bundle_and_serve(project: Path) -> None:
    wanted = [command for command in COMMANDS if not any(word in command for word in BOOSTERS)]
    assert sum("-m model bundle" in command for command in wanted) == 3
    for command in wanted:
        if command.endswith("make serve"):
            label = label_from(project, command.removesuffix("make serve"))
            assert label in ("setosa", "versicolor", "virginica")
        else:
            run(project, command)
    assert {"my_model", "flowers"} <= {path.name for path in (project / "model" / "bundles").iterdir()}


def label_from(project: Path, variables: str) -> str:
    """Run what `make serve` runs with these variables, and return the label of the model's example."""
    port = free_port()
    command = f"exec env {variables} .venv/bin/python -m server"
    environment = {**os.environ, "PORT": str(port)}
    with subprocess.Popen(["bash", "-c", command], cwd=project, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            transport = httpx.HTTPTransport(retries=8)  # waits 0, 0.5, 1, 2, … s between attempts to connect
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=60) as client:
                row = client.get("/info").json()["example"]
                label: str = client.post("/predict", json=row).json()["label"]
        finally:
            server.send_signal(signal.SIGTERM)
            stopped = server.wait(15)
    assert stopped == 0
    return label


@pytest.mark.slow
@pytest.mark.network
def test_the_commands_bundle_boosted_trees(project: Path) -> None:
    install, bundle = (command for command in COMMANDS if any(word in command for word in BOOSTERS))
    run(project, install)
    run(project, f".venv/bin/python -c '{FIT}'")
    assert "my_trees" in run(project, bundle)
