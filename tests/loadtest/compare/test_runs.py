from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.compare import runs
from loadtest.compare.runs import Repeat
from loadtest.shapes import Shape, Stage
from loadtest.users.models import CannotRunError
from tests.loadtest import synthetic


def test_run_a_folder_of_runs_and_a_pattern_are_found(tmp_path: Path) -> None:
    for name in ("a-1", "a-2", "b-1"):
        synthetic.folder(tmp_path / name)
    (tmp_path / "latest").symlink_to("b-1")
    (tmp_path / "c").mkdir()
    assert runs.find(str(tmp_path / "a-1")) == [tmp_path / "a-1"]
    assert len(runs.find(str(tmp_path))) == 3
    assert runs.find(str(tmp_path / "a-*")) == [tmp_path / "a-1", tmp_path / "a-2"]
    for nothing in ("c", "d", "x-*"):
        with pytest.raises(CannotRunError, match="no run"):
            runs.find(str(tmp_path / nothing))


def read(path: Path, shape: Shape = synthetic.SHORT) -> Repeat:
    return Repeat.read(synthetic.folder(path, shape=shape))


def test_runs_of_another_load_are_refused(tmp_path: Path) -> None:
    first = read(tmp_path / "a")
    runs.check([first], [read(tmp_path / "b")])
    other_shape = read(tmp_path / "c", Shape("demo", "", (Stage("load", 60, 50), Stage("cool-down", 90, 2))))
    other_model = replace(first, run=replace(first.run, plan={**first.run.plan, "models": {"digits": 1}}))
    open_loop = replace(first, run=replace(first.run, plan={**first.run.plan, "open": "constant"}))
    interrupted = replace(first, run=replace(first.run, plan={**first.run.plan, "interrupted": True}))
    for other, word in (
        (other_shape, "another shape"),
        (other_model, "another models"),
        (open_loop, "another way to send"),
        (interrupted, "interrupted"),
    ):
        with pytest.raises(CannotRunError, match=word):
            runs.check([first], [other])


@pytest.mark.parametrize(
    ("busy", "warned"),
    [((0.1, 0.25), False), ((0.1, 0.35), True), ((0.7, 0.7), True), ((None, 0.7), False)],
)
def test_machine_that_was_busy_otherwise_is_pointed_out(
    tmp_path: Path, busy: tuple[float | None, float], *, warned: bool
) -> None:
    sides = [read(tmp_path / name) for name in ("a", "b")]
    for side, share in zip(sides, busy, strict=True):
        for second in side.run.loaded:
            assert second.load is not None
            second.load.machine_busy = share if second.t >= 90 else 1.0  # what the load itself takes does not matter
    assert (runs.warn(sides[:1], sides[1:]) is not None) is warned
