"""`python -m model push` and `fetch` against a real S3 server, and what they say of a store or bundle that is unfit."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from model import bundle
from tests.conftest import ROOT
from tests.model.test_bundle import measured, saved
from tests.object_store import SECRET, ObjectStore

pytestmark = pytest.mark.slow

Change = Callable[[Path], object]

WRONG_SECRET = {"AWS_SECRET_ACCESS_KEY": "hush-hush-0000"}


def run(
    store: ObjectStore, *words: str | Path, under: Sequence[str] = (), **changed: str
) -> subprocess.CompletedProcess[str]:
    command = [*under, sys.executable, "-m", "model", *map(str, words)]
    environment = {"PATH": os.environ["PATH"], **store.environment, **changed}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def pushed(store: ObjectStore, folder: Path, uri: str) -> tuple[str, str]:
    """Return what `push` prints: the address and the digest."""
    done = run(store, "push", folder, uri)
    assert done.returncode == 0, done.stderr
    address, digest = (line.partition("=")[2] for line in done.stdout.splitlines())
    return address, digest


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def requests(store: ObjectStore, folder: str) -> list[tuple[str, str]]:
    """Return the methods and names of the requests whose path begins with the folder, in their order."""
    fields = (line.split(" | ") for line in store.log.splitlines() if line.count(" | ") > 6)
    places = [(field[5].strip(), field[6].strip()) for field in fields]
    return [(method, path.rpartition("/")[2]) for method, path in places if path.startswith(f"/models/{folder}")]


def test_pushed_bundle_is_fetched_byte_for_byte(store: ObjectStore, tmp_path: Path) -> None:
    made = saved(tmp_path / "made")
    address, digest = pushed(store, made.folder, "s3://models/flowers/")
    assert (address, digest) == (f"s3://models/flowers/{made.digest}", made.digest)
    done = run(store, "fetch", address, tmp_path / "fetched")
    assert (done.returncode, done.stderr) == (0, "")
    assert made.digest in done.stdout
    assert contents(tmp_path / "fetched") == contents(made.folder)
    assert bundle.load(tmp_path / "fetched").onnx == made.onnx


def test_measured_speed_moves_with_the_bundle_and_not_its_address(store: ObjectStore, tmp_path: Path) -> None:
    addresses = {pushed(store, measured(tmp_path / "made", rate).folder, "s3://models/speed") for rate in (1.0, 2.0)}
    ((address, digest),) = addresses
    assert run(store, "fetch", address, tmp_path / "fetched").returncode == 0
    fetched = bundle.load(tmp_path / "fetched")
    assert (fetched.digest, fetched.speed["onnxruntime"].rows_per_second) == (digest, 2.0)


def test_two_versions_never_mix(store: ObjectStore, tmp_path: Path) -> None:
    first, _ = pushed(store, saved(tmp_path / "first", b"first").folder, "s3://models/versions")
    second, _ = pushed(store, saved(tmp_path / "second", b"second").folder, "s3://models/versions")
    for address, name in ((first, "first"), (second, "second"), (first, "first")):
        assert run(store, "fetch", address, tmp_path / "fetched").returncode == 0
        assert contents(tmp_path / "fetched") == contents(tmp_path / name)


def test_manifest_is_pushed_last(store: ObjectStore, tmp_path: Path) -> None:
    pushed(store, saved(tmp_path / "made").folder, "s3://models/last")
    puts = [name for method, name in requests(store, "last/") if method == "PUT"]
    assert (len(puts), puts[-1]) == (6, "manifest.json")


def test_neighbour_whose_name_begins_alike_is_not_read(store: ObjectStore, tmp_path: Path) -> None:
    made = saved(tmp_path / "made")
    for name in ("cost", "cost-old"):
        shutil.copytree(made.folder, store.root / "models" / name)
    assert run(store, "fetch", "s3://models/cost", tmp_path / "fetched").returncode == 0
    assert sorted(requests(store, "cost/")) == sorted(("GET", name) for name in contents(made.folder))
    assert requests(store, "cost-old") == []
    assert requests(store, "?") == []  # nothing is listed


FAULTS: dict[str, tuple[Change, str]] = {
    "no manifest": (lambda place: (place / "manifest.json").unlink(), "it has no manifest.json"),
    "missing": (lambda place: (place / "model.onnx").unlink(), "has no model.onnx"),
    "changed": (
        lambda place: (place / "model.onnx").write_bytes(b"GRAPH"),
        "has changed: its SHA-256 is not",
    ),
    "longer": (lambda place: (place / "model.onnx").write_bytes(b"graph" * 9), "has 45 bytes, more than the 5"),
    "shorter": (lambda place: (place / "model.onnx").write_bytes(b"g"), "has 1 bytes, but the manifest says 5"),
    "huge manifest": (lambda place: (place / "manifest.json").write_bytes(b" " * 99999), "more than the 65536"),
    "no JSON": (lambda place: (place / "manifest.json").write_bytes(b"<html>"), "The manifest of s3://models/"),
}


@pytest.mark.timing
@pytest.mark.parametrize("fault", FAULTS)
def test_unfit_bundle_ends_the_command_with_one_sentence(store: ObjectStore, tmp_path: Path, fault: str) -> None:
    change, sentence = FAULTS[fault]
    place = store.root / "models" / fault.replace(" ", "-")
    shutil.copytree(saved(tmp_path / "made").folder, place)
    change(place)
    _assert_fails_at_once(store, f"s3://models/{place.name}", tmp_path / "fetched", sentence)


@pytest.mark.timing
@pytest.mark.parametrize(
    ("uri", "changed", "sentence"),
    [
        ("s3://models/nowhere", {}, "There is no model bundle at s3://models/nowhere"),
        ("s3://nowhere/flowers", {}, "There is no bucket 'nowhere'"),
        ("s3://models/a", WRONG_SECRET, "does not allow access to s3://models/a"),
        ("s3://models/a", {"AWS_ACCESS_KEY_ID": "AKIDOFSOMEBODY"}, "does not allow access to s3://models/a"),
        ("s3://models/a", {"AWS_CA_BUNDLE": "/nowhere.pem"}, "AWS_CA_BUNDLE names /nowhere.pem, which cannot be read"),
        ("ftp://models/a", {}, "must look like s3://bucket/folder"),
        ("az://models/a", {}, "The store of az://models/a cannot be used with these settings"),
    ],
)
def test_unfit_address_or_key_ends_the_command_with_one_sentence(
    store: ObjectStore, tmp_path: Path, uri: str, changed: dict[str, str], sentence: str
) -> None:
    _assert_fails_at_once(store, uri, tmp_path / "fetched", sentence, **changed)


def _assert_fails_at_once(store: ObjectStore, uri: str, folder: Path, sentence: str, **changed: str) -> None:
    started = time.monotonic()
    done = run(store, "fetch", uri, folder, **changed)
    assert time.monotonic() - started < 2
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert not any(secret in done.stderr for secret in (SECRET, "hush", "AKID", "Signature"))
    assert not folder.exists()


def test_fetch_replaces_a_bundle_and_nothing_else(store: ObjectStore, tmp_path: Path) -> None:
    address, _ = pushed(store, saved(tmp_path / "made").folder, "s3://models/replaced")
    other = saved(tmp_path / "other", b"other").folder
    assert run(store, "fetch", address, other).returncode == 0
    assert contents(other) == contents(tmp_path / "made")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").touch()
    done = run(store, "fetch", address, tmp_path / "photos")
    assert done.returncode == 1
    assert "is not a model bundle" in done.stderr
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["me.jpg"]


def test_exact_push_puts_the_bundle_where_it_is_told(store: ObjectStore, tmp_path: Path) -> None:
    place = store.root / "models" / "exact"
    for content in (b"first", b"second"):
        made = saved(tmp_path / "made", content)
        done = run(store, "push", made.folder, "s3://models/exact", "--exact")
        assert done.stdout == f"MODEL_PATH=s3://models/exact\nMODEL_DIGEST={made.digest}\n"
        assert contents(place) == contents(made.folder)


# Root without capabilities may neither write into the parent folder nor change what is not its own, as anyone else.
UNPRIVILEGED = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """An empty folder as a pod mounts it: everyone may write into it, but not replace it, and it may be another's."""
    folder = tmp_path / "mnt" / "models"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    if UNPRIVILEGED:
        os.chown(folder, 65534, 65534)
    folder.parent.chmod(0o555)
    yield folder
    folder.parent.chmod(0o755)


def test_fetch_fills_a_volume_that_it_does_not_own(store: ObjectStore, tmp_path: Path, volume: Path) -> None:
    first, second = saved(tmp_path / "first", b"first"), saved(tmp_path / "second", b"second")
    for made in (first, second):
        address, _ = pushed(store, made.folder, "s3://models/volume")
        (volume / "task.json").write_bytes(b"left by an attempt that was killed")
        done = run(store, "fetch", address, volume, under=UNPRIVILEGED)
        assert (done.returncode, done.stderr) == (0, "")
        assert contents(volume) == contents(made.folder)
    assert volume.stat().st_mode & 0o777 == 0o777


def test_damaged_bundle_is_not_pushed(store: ObjectStore, tmp_path: Path) -> None:
    folder = saved(tmp_path / "made").folder
    (folder / "model.onnx").write_bytes(b"GRAPH")
    done = run(store, "push", folder, "s3://models/damaged")
    assert done.returncode == 1
    assert "has changed" in done.stderr
    assert not (store.root / "models" / "damaged").exists()


def test_push_needs_the_right_to_write(store: ObjectStore, tmp_path: Path) -> None:
    made = saved(tmp_path / "made")
    done = run(store, "push", made.folder, "s3://models/refused", **WRONG_SECRET)
    assert done.returncode == 1
    assert "does not allow access" in done.stderr
    assert "hush" not in done.stderr
