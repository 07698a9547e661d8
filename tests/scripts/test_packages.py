"""scripts/packages installs the packages of a lock from the index that pip is configured to use."""

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import ROOT

WHEEL = "mine-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The URL of a package index with one package in it."""
    folder = tmp_path / "index" / "mine"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("mine.py", "value = 42\n")
        wheel.writestr("mine-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
        wheel.writestr("mine-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("mine-1.0.dist-info/RECORD", "")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "index")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """The Python of an environment that contains only uv."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (tmp_path / "venv" / "bin" / "uv").symlink_to(ROOT / ".venv" / "bin" / "uv")
    return tmp_path / "venv" / "bin" / "python"


def install(python: Path, digest: str, tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    lock = tmp_path / "mine.lock"
    lock.write_text(f"mine==1.0 --hash=sha256:{digest}\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **settings}
    command = [ROOT / "scripts" / "packages", python, lock]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("by", ["the environment", "a file"])
def test_index_of_pips_configuration_is_used(by: str, index: str, python: Path, tmp_path: Path) -> None:
    digest = hashlib.sha256((tmp_path / "index" / "mine" / WHEEL).read_bytes()).hexdigest()
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index}\n")
    settings = {"PIP_INDEX_URL": index} if by == "the environment" else {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    done = install(python, digest, tmp_path, **settings)
    assert done.returncode == 0, done.stderr
    assert subprocess.check_output([python, "-c", "import mine; print(mine.value)"], text=True) == "42\n"
    assert list(tmp_path.glob("venv/lib/*/site-packages/__pycache__/mine.*.pyc"))


def test_file_with_another_hash_is_refused(index: str, python: Path, tmp_path: Path) -> None:
    done = install(python, "0" * 64, tmp_path, PIP_INDEX_URL=index)
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
