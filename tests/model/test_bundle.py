import gzip
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model import bundle
from model.bundle import Bundle, BundleError
from model.bundle_write import save
from model.manifest import DESCRIPTION, MANIFEST, ONNX, PIPELINE, Rates
from tests.model.test_task import TASK

Change = Callable[[Path], object]

WRITTEN = (ONNX, PIPELINE, *DESCRIPTION)


def saved(folder: Path, onnx: bytes = b"graph") -> Bundle:
    return save(folder, TASK, b"pipeline", onnx, {"title": "Flowers"}, {"rows": 3})


def measured(folder: Path, rate: float, onnx: bytes = b"graph") -> Bundle:
    """Save it with the speed with which it predicted."""
    speed = {"onnxruntime": Rates(requests_per_second=10.0, rows_per_second=rate)}
    return save(folder, TASK, b"pipeline", onnx, {"title": "Flowers"}, {"rows": 3}, speed=speed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "flowers").folder


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def replace_and_sign(folder: Path, name: str, content: bytes) -> None:
    """Replace a file, and its entry in the manifest."""
    (folder / name).write_bytes(content)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    rewrite_manifest(folder, lambda manifest: manifest["files"].update({name: entry}))


def test_a_saved_bundle_is_loaded(folder: Path) -> None:
    loaded = bundle.load(folder)
    assert (loaded.task, loaded.onnx, loaded.card, loaded.statistics) == (
        TASK,
        b"graph",
        {"title": "Flowers"},
        {"rows": 3},
    )
    assert loaded.digest == hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert gzip.decompress((folder / "model_binary.dat.gz").read_bytes()) == b"pipeline"


@pytest.mark.parametrize(
    ("card", "names"),
    [
        ({"data": {"classes": {"low": "below zero"}}}, ["below zero", "high"]),
        ({"data": {"classes": ["below zero"]}}, ["low", "high"]),
        ({"data": "rows of a sensor"}, ["low", "high"]),
        ({}, ["low", "high"]),
    ],
)
def test_a_class_is_called_as_the_card_says_or_by_its_label(
    tmp_path: Path, card: dict[str, object], names: list[str]
) -> None:
    task = replace(TASK, kind="classification", classes=(0, 1), labels=("low", "high"))
    assert Bundle(tmp_path, task, card, {}, "", b"").class_names == dict(zip(("low", "high"), names, strict=True))


@pytest.mark.parametrize("name", [MANIFEST, *WRITTEN])
def test_a_path_to_any_file_of_a_bundle_loads_it(folder: Path, name: str) -> None:
    assert bundle.load(str(folder / name)).folder == folder


def test_a_link_to_the_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(folder)
    assert bundle.load(tmp_path / "current").task == TASK


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved(tmp_path / "first"), saved(tmp_path / "second")
    assert first.digest == second.digest
    assert (first.folder / "model_binary.dat.gz").read_bytes()[4:8] == bytes(4)  # no time of day
    for name in WRITTEN:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_the_digest_covers_everything_but_the_speed(tmp_path: Path) -> None:
    without = saved(tmp_path / "without")
    made = [measured(tmp_path / str(rate), rate) for rate in (100.0, 200.0)]
    assert [each.speed["onnxruntime"].rows_per_second for each in made] == [100.0, 200.0]
    assert {each.digest for each in made} == {without.digest}
    assert measured(tmp_path / "other", 100.0, b"other graph").digest != without.digest


def test_other_users_can_read_a_bundle(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o644}


def test_saving_replaces_an_older_bundle_and_leaves_no_temporary_folder(folder: Path) -> None:
    assert saved(folder, onnx=b"better graph").onnx == b"better graph"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_folder_without_a_bundle_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BundleError, match="not a model bundle"):
        saved(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        saved(tmp_path / "file" / "flowers")


def flip_byte(name: str) -> Change:
    def change(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[-1] ^= 1
        (folder / name).write_bytes(content)

    return change


def link_out(folder: Path) -> None:
    outside = folder.parent / "outside.onnx"
    (folder / "model.onnx").rename(outside)
    (folder / "model.onnx").symlink_to(outside)


def link_inside(folder: Path) -> None:
    (folder / "card.json").unlink()
    (folder / "card.json").symlink_to("statistics.json")


def pipe(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    os.mkfifo(folder / "model.onnx")


def directory(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()


def manifest_with(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda folder: rewrite_manifest(folder, change)


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def unname(name: str) -> Change:
    return manifest_with(lambda manifest: manifest["files"].pop(name))


def write(name: str, content: str) -> Change:
    return lambda folder: (folder / name).write_text(content)


ENTRY = {"sha256": "0" * 64, "bytes": 5}

TAMPERINGS: list[tuple[str, Change, str]] = [
    *((f"changed {name}", flip_byte(name), f"{name} in .* has changed") for name in WRITTEN),
    *((f"missing {name}", remove(name), f"has no {name}") for name in WRITTEN),
    *((f"unnamed {name}", unname(name), name) for name in WRITTEN),
    ("no manifest", remove("manifest.json"), "has no manifest.json"),
    ("longer file", write("model.onnx", "a longer graph"), "14 bytes, more than the 5"),
    ("shorter file", write("model.onnx", "grap"), "has 4 bytes, but the manifest says 5"),
    ("surplus file", write("extra.py", "print()"), "contains 'extra.py'"),
    ("hidden file", write(".extra", ""), "contains '.extra'"),
    ("surplus folder", lambda folder: (folder / "more").mkdir(), "contains 'more'"),
    ("surplus entry", manifest_with(lambda m: m["files"].update({"extra": ENTRY})), "'extra', which is not a file"),
    ("traversal", manifest_with(lambda m: m["files"].update({"../../etc/passwd": ENTRY})), "etc/passwd"),
    ("absolute name", manifest_with(lambda m: m["files"].update({"/etc/passwd": ENTRY})), "etc/passwd"),
    ("link out of the folder", link_out, "model.onnx in .* is a symbolic link"),
    ("link inside", link_inside, "card.json in .* is a symbolic link"),
    ("named pipe", pipe, "not a regular file"),
    ("folder in a file's place", directory, "cannot be read"),
    (
        "newer format",
        manifest_with(lambda m: m.update(format=3)),
        "has format 3. This program reads formats 1 to 2",
    ),
    ("format as text", manifest_with(lambda m: m.update(format="1")), "Expected `int`"),
    ("no format", manifest_with(lambda m: m.pop("format")), "format"),
    ("size as text", manifest_with(lambda m: m["files"]["card.json"].update(bytes="5")), "Expected `int`"),
    ("negative size", manifest_with(lambda m: m["files"]["card.json"].update(bytes=-1)), "card.json"),
    ("digest as number", manifest_with(lambda m: m["files"]["card.json"].update(sha256=5)), "Expected `str`"),
    ("unknown key", manifest_with(lambda m: m.update(more=5)), "unknown field `more`"),
    ("speed as text", manifest_with(lambda m: m.update(speed={"onnxruntime": "fast"})), "Expected `object`"),
    ("files as list", manifest_with(lambda m: m.update(files=[])), "Expected `object`"),
    ("manifest as list", write("manifest.json", "[]"), "Expected `object`"),
    ("manifest cut short", write("manifest.json", '{"format": 1, "fil'), "truncated"),
    ("empty manifest", write("manifest.json", ""), "truncated"),
    ("deep manifest", write("manifest.json", '{"format": ' + "[" * 30_000), "manifest"),
    ("huge manifest", write("manifest.json", " " * 100_000), "100000 bytes"),
]


@pytest.mark.parametrize(("tamper", "sentence"), [pytest.param(*case[1:], id=case[0]) for case in TAMPERINGS])
def test_tampering_is_refused(folder: Path, tamper: Change, sentence: str) -> None:
    tamper(folder)
    with pytest.raises(BundleError, match=sentence) as caught:
        bundle.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("task.json", b"[]", "Expected `object`"),
        ("task.json", b"{", "task.json in .* is invalid"),
        ("task.json", b"{}", "task.json in .* is invalid"),
        ("task.json", b'{"name": 5}', "task.json in .* is invalid"),
        ("card.json", b"5", "Expected `object`"),
        ("card.json", b'{"accuracy": NaN}', "card.json in .* is invalid"),
        ("statistics.json", b"null", "Expected `object`"),
        ("statistics.json", b'{"a": ' + b"[" * 100_000, "statistics.json in .* is invalid"),
        ("statistics.json", b'"\xff"', "statistics.json in .* is invalid"),
    ],
)
def test_invalid_json_with_a_correct_digest_is_refused(folder: Path, name: str, content: bytes, sentence: str) -> None:
    replace_and_sign(folder, name, content)
    with pytest.raises(BundleError, match=sentence):
        bundle.load(folder)


def test_nothing_is_parsed_before_everything_is_verified(folder: Path) -> None:
    (folder / "task.json").write_text("no JSON")
    flip_byte("statistics.json")(folder)
    with pytest.raises(BundleError, match="bytes"):
        bundle.load(folder)
    replace_and_sign(folder, "task.json", b"no JSON")
    with pytest.raises(BundleError, match=r"statistics.json in .* has changed"):
        bundle.load(folder)


def test_the_pipeline_is_never_unpickled(folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    import pickle

    replace_and_sign(folder, "model_binary.dat.gz", gzip.compress(pickle.dumps(Bomb())))
    bundle.load(folder)
    assert not (tmp_path / "exploded").exists()


def test_a_path_without_a_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model bundle"):
        bundle.load(tmp_path / "nowhere")
    with pytest.raises(BundleError, match=r"has no manifest.json"):
        bundle.load(tmp_path)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A bundle in a folder that other users can reach."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield saved(Path(place) / "flowers").folder


@contextmanager
def as_somebody_without_rights() -> Iterator[None]:
    """Drop root's rights, which override permissions."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("mode", "inside", "sentence"),
    [
        (0o000, "", r"manifest.json in .* cannot be read: Permission denied"),
        (0o000, "model_binary.dat.gz", r"The bundle .*gz cannot be read: Permission denied"),
        (0o111, "", r"The files of .* cannot be listed: Permission denied"),
    ],
)
def test_an_unreadable_folder_is_refused(elsewhere: Path, mode: int, inside: str, sentence: str) -> None:
    elsewhere.chmod(mode)
    try:
        with as_somebody_without_rights(), pytest.raises(BundleError, match=sentence):
            bundle.load(elsewhere / inside)
    finally:
        elsewhere.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "sentence"), [("flo\0wers", "There is no model bundle at .*null"), ("f" * 300, "File name too long")]
)
def test_an_impossible_file_name_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence) as caught:
        bundle.load(tmp_path / name)
    assert "\0" not in str(caught.value)
    with pytest.raises(BundleError, match="cannot be written"):
        saved(tmp_path / name)


def test_a_dangling_link_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "flowers").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BundleError, match="not a model bundle"):
        saved(tmp_path / "flowers")


def test_a_card_with_nan_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save(tmp_path / "flowers", TASK, b"", b"", {"accuracy": float("nan")}, {})
    assert not (tmp_path / "flowers").exists()
