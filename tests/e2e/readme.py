"""The console lines of README.md, and how the tests run them."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT

LINES = [
    line
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for line in block.splitlines()
]
COMMANDS = [line[2:] for line in LINES if line.startswith("$ ")]
KSERVE = (ROOT / "README.md").read_text().partition("### On KServe\n")[2].partition("\n## ")[0]
KSERVE_COMMANDS: list[str] = re.findall(r"^\$ (.+)$", KSERVE, re.MULTILINE)


def commands_starting_with(*beginnings: str) -> list[str]:
    return [command for command in COMMANDS if command.startswith(beginnings)]


def run(command: str, environment: Mapping[str, str], cwd: Path = ROOT) -> str:
    """Run a shell command, which must succeed, and return what it prints."""
    done = subprocess.run(
        ["bash", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def assert_prints_what_readme_shows(command: str, output: str) -> None:
    """Compare a command's output with the JSON that README shows below it, if there is any."""
    following = LINES[LINES.index(f"$ {command}") + 1 :][:1]
    if following and not following[0].startswith("$ "):
        assert json.loads(output) == pytest.approx(json.loads(following[0]), abs=1e-5)


def wait_until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> httpx.Response:
    """Return the first response of a server that is starting."""
    for _ in range(300):
        assert process.poll() is None, "the server ended before it answered"
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within 30 s")


@contextmanager
def started(
    command: str, environment: Mapping[str, str], stdout: int | None = None, cwd: Path = ROOT
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a shell command in a process group, so that Ctrl-C reaches all of it, and kill the group at the end."""
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
