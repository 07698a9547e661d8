"""Every third-party package that is imported is declared: none may be there only because another package needs it."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {"model", "server", "loadtest", "tests", "scripts"}
DISTRIBUTIONS = {"imblearn": ["imbalanced-learn"], **packages_distributions()}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]


@pytest.mark.parametrize(
    ("folder", "extras"),
    [("server", ()), ("model", ("dev", "train")), ("loadtest", ("dev",)), ("tests", ("dev", "boosters"))],
)
def test_every_third_party_import_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    declared = set(_names(PROJECT["dependencies"]))
    for extra in extras:
        declared.update(_names(PROJECT["optional-dependencies"][extra]))
    undeclared = {
        module: path
        for path in (ROOT / folder).rglob("*.py")
        for module in _imports(path)
        # What is installed only for some models, such as torch, has a module with the name of its package.
        if declared.isdisjoint(map(_normalized, DISTRIBUTIONS.get(module, [module])))
    }
    assert not undeclared, "declare the packages of these modules in pyproject.toml, then run scripts/lock"


@pytest.mark.slow
def test_the_load_generators_image_has_the_packages_that_a_load_imports_and_no_others() -> None:
    starts = ("loadtest.__main__, loadtest.live.__main__", "loadtest.locustfile, loadtest.users.stage_shape")
    files = {path for start in starts for path in _loaded(start)}
    imported = {module for path in files for module in _imports(path)}
    needed = {_normalized(name) for module in imported for name in DISTRIBUTIONS[module]}
    assert set(_names(GROUPS["loadtest"])) == needed
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements-loadtest.lock").read_text(), re.MULTILINE))
    assert needed <= locked.keys()


def test_uvicorn_is_pinned_to_a_minor_version() -> None:
    pin = next(requirement for requirement in PROJECT["dependencies"] if requirement.startswith("uvicorn"))
    assert re.fullmatch(r"uvicorn==0\.[0-9]+\.\*", pin)


def _names(requirements: list[str]) -> Iterator[str]:
    for requirement in requirements:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert found
        yield _normalized(found[0])


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _loaded(modules: str) -> set[Path]:
    """Return the files of loadtest that are loaded when these modules are imported."""
    code = (
        f"import json, sys, {modules}; print(json.dumps([getattr(m, '__file__', None) for m in sys.modules.values()]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [Path(path) for path in json.loads(done.stdout.splitlines()[-1]) if path]
    return {path for path in paths if path.is_relative_to(ROOT / "loadtest")}


def _imports(path: Path) -> Iterator[str]:
    """Yield the top-level names of the third-party modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        else:
            continue
        yield from {module.partition(".")[0] for module in modules} - OWN - sys.stdlib_module_names
