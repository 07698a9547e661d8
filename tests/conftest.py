"""Fixtures that all tests share (the cluster, the browser), and which tests run, in which order."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.mark.expression import Expression

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
LATE = ("cluster", "docker", "node", "load", "network", "browser", "slow")
KINDS = frozenset((*LATE, "timing", "data"))  # the marks of pyproject.toml
ENGINE = pytest.StashKey[ExitStack]()

# A shell that starts the tests in the background has them ignore Ctrl-C, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# `make test` runs the tests. A make that a test starts would take itself for a part of it and name the folder it is in.
for variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(variable, None)

# Workers side by side already use the cores. Threads of theirs that wait for each other spin, which takes four times as
# much CPU time. The libraries read this when they are imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import only the files that may have a test that `-m` selects: importing all of them takes half a minute."""
    wanted = config.option.markexpr
    if not wanted or collection_path.suffix != ".py":
        return None
    named = named_kinds(collection_path)
    sets = chain.from_iterable(combinations(named, size) for size in range(len(named) + 1))
    return None if any(selects(wanted, kinds) for kinds in sets) else True


@cache
def named_kinds(path: Path) -> frozenset[str]:
    """Return the kinds that a file's tests may have: those that its text names."""
    return KINDS.intersection(re.findall(r"\bpytest\.mark\.(\w+)", path.read_text()))


def selects(expression: str, kinds: tuple[str, ...]) -> bool:
    """Return whether `-m` selects a test of these kinds."""

    def has(name: str, /, **_: str | int | bool | None) -> bool:
        return name in kinds

    return Expression.compile(expression).evaluate(has)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Quick tests run first. The tests of the node itself come before those that keep it up until the end, and so do
    # those of Docker, which compare the machine afterwards with what it was before.
    items.sort(key=lambda item: [item.get_closest_marker(name) is not None for name in LATE])
    for item in items:
        unnamed = KINDS.intersection(mark.name for mark in item.iter_markers()) - named_kinds(item.path)
        if unnamed:
            raise pytest.UsageError(f"{item.nodeid} is of a kind that its file does not name: {', '.join(unnamed)}.")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real Chromium: its headless shell, which needs a quarter of the full browser's CPU time."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # the default, 5 s, is too short where other tests need the cores
    path = program("chromium-headless-shell", "chromium-headless-shell", "chrome-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def program(package: str, *names: str) -> str:
    """Return the path of a program by one of its names, after its Debian package is installed if that is needed."""
    command = [str(ROOT / "scripts" / "program"), package, *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def npm_packages(locked: Path, folder: Path) -> Path:
    """Copy a folder that has a package.json with its lock file, install its packages there, and return their folder."""
    shutil.copytree(locked, folder, dirs_exist_ok=True)
    subprocess.run([program("npm", "npm"), "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder / "node_modules"


@dataclass(frozen=True)
class Cluster:
    """The chosen cluster: the address of its NodePort, and how to reach its API."""

    host: str
    context: str
    kubeconfig: str
    kubectl: str
    namespace: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what kubectl prints. If it fails, its message is the error."""
        command = [self.kubectl, "--context", self.context, "--namespace", self.namespace, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The cluster that `make demo` would use. The built-in node is started, and stopped if it was not up before."""
    node = ROOT / "scripts" / "node" / "node"
    chosen = subprocess.run([ROOT / "scripts" / "choose_cluster"], stdout=subprocess.PIPE, text=True, check=True)
    values = dict(word.split("=", 1) for word in shlex.split(chosen.stdout))
    was_up = values["KIND"] != "node" or subprocess.run([node, "status"], check=False).returncode == 0
    if values["KIND"] == "node":
        subprocess.run([node, "up"], check=True)
    yield Cluster(*(values[name] for name in ("HOST", "CONTEXT", "KUBECONFIG", "KUBECTL", "NAMESPACE")))
    if not was_up:
        subprocess.run([node, "down"], check=True)


@pytest.fixture(scope="session")
def docker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in which `docker` works. A temporary engine runs until the last test of Docker has ended."""
    from tests.e2e.docker_engine import working_docker

    stack = request.config.stash[ENGINE] = ExitStack()
    return stack.enter_context(working_docker(tmp_path_factory.mktemp("bin")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    # The end of the session would be too late for the engine: the node starts before that.
    yield
    if ENGINE in item.config.stash and (nextitem is None or not nextitem.get_closest_marker("docker")):
        with item.config.stash[ENGINE]:
            del item.config.stash[ENGINE]
