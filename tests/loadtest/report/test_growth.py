"""The work of a report grows in proportion to the length of its run."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loadtest.report import timeline, write
from loadtest.shapes import Shape, Stage
from tests.loadtest import synthetic

SHORT, LONG = (Shape("soak", "", (Stage("soak", seconds, 5),), scales=False) for seconds in (60, 180))


class Counted(tuple[Any, ...]):
    """A tuple that counts how often it is iterated over."""

    scans: Counter[str]
    name: str

    def __iter__(self) -> Iterator[Any]:
        self.scans[self.name] += 1
        return super().__iter__()


def counted(items: tuple[Any, ...], scans: Counter[str], name: str) -> Counted:
    found = Counted(items)
    found.scans, found.name = scans, name
    return found


def scans_of(path: Path, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return how often a whole report goes through all seconds of its run."""
    folder = synthetic.folder(path, shape)
    run, scans = timeline.read(folder), Counter[str]()
    run = replace(run, seconds=counted(run.seconds, scans, "seconds"))
    run.__dict__["loaded"] = counted(run.loaded, scans, "loaded")
    run.__dict__["states"] = counted(run.states, scans, "states")
    monkeypatch.setattr(timeline, "read", lambda _: run)
    write.write(folder)
    monkeypatch.undo()
    return scans


@pytest.mark.slow
def test_number_of_passes_over_the_run_does_not_depend_on_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long = (scans_of(tmp_path / str(shape.duration), shape, monkeypatch) for shape in (SHORT, LONG))
    assert short == long
    assert set(long) == {"seconds", "loaded", "states"}
    assert long.total() < 150, long
