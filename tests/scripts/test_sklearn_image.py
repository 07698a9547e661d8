"""What the image of a pipeline that scikit-learn runs is made of: its packages and files suffice to serve it."""

import ast
import re
import shutil
import subprocess
import sysconfig
import venv
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import httpx
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.served import ROOT, Served, free_port, wait_until_ready
from tests.server import pipelines

DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNINSTALLED = set(re.findall(r"uninstall --yes \\\n +([a-z -]+) ", DOCKERFILE)[0].split())
UNUSED = next(line for line in DOCKERFILE.splitlines() if "find /opt/venv" in line)


def lines_of(lock: str) -> dict[str, list[str]]:
    """Return the versions of each package in a lock file."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def copied() -> list[str]:
    """Return the files and folders of our code that go into every image."""
    lines = re.findall(r"^COPY ((?:model|server).*) \S+$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split() if source != "model/bundles"]


def test_every_image_has_the_modules_that_its_code_imports() -> None:
    sources = [path for source in copied() for path in ((ROOT / source).rglob("*.py"), [ROOT / source])]
    files = {path for found in sources for path in found if path.suffix == ".py"}
    imported: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    modules = {ROOT / f"{name.replace('.', '/')}.py" for name in imported if name.startswith(("model.", "server."))}
    assert not {path for path in modules if path.exists()} - files


def test_the_image_runs_the_versions_that_bundled_the_pipeline() -> None:
    bundling, serving = lines_of("requirements-dev.lock"), lines_of("requirements-sklearn.lock")
    assert {"pandas", "scikit-learn", "scipy", "skops"} <= serving.keys()
    assert {name: bundling.get(name) for name in serving} == serving


def environment(folder: Path) -> Path:
    """Make an environment of the image's packages alone, linked from this one, and return its python."""
    venv.create(folder, symlinks=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    slim = lines_of("requirements.lock").keys() - UNINSTALLED
    for package in slim | lines_of("requirements-sklearn.lock").keys():
        with suppress(metadata.PackageNotFoundError):  # one of another platform
            found = metadata.distribution(package)
            for file in filter(lambda file: ".." not in file.parts, found.files or ()):
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                (site / file).symlink_to(Path(str(found.locate_file(file))))
    return folder / "bin" / "python"


@pytest.mark.slow
def test_packages_and_files_of_the_image_serve_a_pipeline(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    unused = UNUSED.strip().removeprefix("&& ").removesuffix("\\").replace("/opt/venv", str(tmp_path / "venv"))
    subprocess.run(["sh", "-c", unused], check=True)
    for source in copied():
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        (tmp_path / "app" / source).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / source, tmp_path / "app" / source)

    rows = np.array([[1.0], [2.0], [5.0]])
    logarithm = make_pipeline(FunctionTransformer(np.log), LinearRegression()).fit(rows, np.log(rows[:, 0]))
    folder = pipelines.saved(tmp_path / "logarithm", logarithm, "logarithm").folder
    variables = {"MODEL_NAME": "logarithm", "MODEL_PATH": str(folder), "PORT": str(free_port())}
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [python, "-m", "server"], cwd=tmp_path / "app", env=variables, stdout=output, stderr=output
        )
    served = Served(f"http://127.0.0.1:{variables['PORT']}", process, log)
    try:
        wait_until_ready(served, 120)
        assert httpx.post(f"{served.url}/predict", json={"x": 3.0}).json() == {"prediction": pytest.approx(np.log(3))}
    finally:
        process.kill()
        process.wait()
