"""scripts/tests runs every test once. Its background commands yield to the others, and their failures count."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import KINDS, ROOT, selects

# Stands for Python and for node: records how it was called, then does what the file `plan` says for one of its words.
PROGRAM = f"""#!{sys.executable}
import json, os, sys, time
from pathlib import Path

folder = Path.cwd()
name, *words = sys.argv
with (folder / "record").open("a") as file:
    print(json.dumps({{"program": Path(name).name, "words": words, "nice": os.nice(0)}}), file=file)
for word, (seconds, status) in json.loads((folder / "plan").read_text()).items():
    if any(each.startswith(word) for each in words):
        time.sleep(seconds)
        print(f"{{word}} ends with {{status}}")
        sys.exit(status)
"""
FOLDERS = ("tests/model", "tests/loadtest", "tests/server")


class Checkout:
    """A checkout in which scripts/tests runs PROGRAM in place of Python and of the node's script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (".venv/bin/python", "scripts/node/node"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text(PROGRAM)
            (folder / name).chmod(0o755)
        shutil.copy2(ROOT / "scripts" / "tests", folder / "scripts")

    def run(self, plan: dict[str, tuple[int, int]] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run scripts/tests.

        Args:
            plan: The seconds that a command takes and its exit status, by the beginning of one of its arguments.
        """
        (self.folder / "plan").write_text(json.dumps(plan or {}))
        command = [self.folder / "scripts" / "tests"]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "record").read_text().splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def runs(words: Sequence[str], kinds: tuple[str, ...], folder: str) -> bool:
    """Return whether pytest, given these arguments, runs a test with these marks in this folder."""
    folders = [word for word in words if word.startswith("tests/")]
    within = folder in folders if folders else f"--ignore={folder}" not in words
    return within and selects(words[words.index("-m", 2) + 1], kinds)


def combinations_of(kinds: frozenset[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(sorted(kinds), size) for size in range(len(kinds) + 1))


def test_every_test_but_those_of_the_data_is_run_by_exactly_one_command(checkout: Checkout) -> None:
    quick = re.search(r"^.venv/bin/python (-m pytest .*) -m '(.*)'$", dry_run(), re.MULTILINE)
    assert quick
    assert checkout.run().returncode == 0
    commands = [[*quick[1].split(), "-m", quick[2]]]
    commands += [call["words"] for call in checkout.calls() if call["program"] == "python"]
    assert all((ROOT / word).exists() for words in commands for word in words if word.startswith("tests/"))
    for kinds in combinations_of(KINDS):
        for folder in FOLDERS:
            number = sum(runs(words, kinds, folder) for words in commands)
            assert number == ("data" not in kinds), (kinds, folder)


def dry_run() -> str:
    return subprocess.run(["make", "--dry-run", "check"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_only_background_commands_have_the_lowest_priority(checkout: Checkout) -> None:
    checkout.run()
    behind = [call["words"] for call in checkout.calls() if call["nice"] == 19]
    behind.remove(["build"])
    docker, cpu_bound = behind
    assert runs(docker, ("docker",), "tests/server")
    assert runs(cpu_bound, ("slow",), "tests/model")


@pytest.mark.slow
def test_failure_in_the_background_is_shown_and_ends_the_run(checkout: Checkout) -> None:
    done = checkout.run({"docker and": (0, 3), "load and": (1, 0)})
    assert done.returncode == 3
    assert done.stdout.endswith("load and ends with 0\ndocker and ends with 3\n")


@pytest.mark.slow
def test_failure_interrupts_the_background(checkout: Checkout) -> None:
    done = checkout.run({"docker and": (600, 0), "load and": (1, 5)})
    assert done.returncode == 5
    assert "load and ends with 5\n" in done.stdout
    assert done.stdout.endswith("KeyboardInterrupt\n")
