from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.__main__ import SHEETS, main
from model.bundle import BundleError
from model.train import mistakes
from model.train.mistakes import Judged
from model.train.picture import contact_sheet
from tests.server.pictures import bundles

ROOT = Path(mistakes.__file__).parents[2]


def grey(*shades: float) -> np.ndarray:
    return np.array(shades).repeat(28 * 28).reshape(-1, 28, 28)


def test_the_surest_come_first_and_of_near_copies_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[list[float], list[str]]] = []

    def note(pictures: list[np.ndarray], texts: list[str]) -> Image.Image:
        shown.append(([float(picture.mean()) for picture in pictures], texts))
        return contact_sheet.sheet(pictures, texts)

    monkeypatch.setattr(mistakes, "sheet", note)
    shades = (0.1, 0.2, 0.5, 0.85, 0.8, 1.0)
    judged = Judged(grey(*shades), np.array([1, 1, 0, 0, 0, 1]), np.array([0, 1, 2, 3, 3, 4]))
    _, said = mistakes.drawn(bundles.ink(tmp_path / "ink"), judged)
    assert said == "5 of 6 pictures are answered wrong, 4 of them unlike each other."
    ((pictures, texts),) = shown
    assert pictures == pytest.approx([0.1, 0.85, 0.2, 0.5])
    assert texts == [
        "labelled much\nsays little, 90 %",
        "labelled little\nsays much, 85 %",
        "labelled much\nsays little, 80 %",
        "labelled little\nsays much, 50 %",
    ]


def test_at_most_ten_are_shown(tmp_path: Path) -> None:
    ink = bundles.ink(tmp_path / "ink")
    many, ten = (mistakes.drawn(ink, Judged(grey(*[0.5] * n), np.zeros(n, int), np.arange(n)))[0] for n in (30, 10))
    assert many.tobytes() == ten.tobytes()


def test_where_nothing_is_wrong_there_is_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"ink answers all of the 2 pictures rightly\."):
        mistakes.drawn(bundles.ink(tmp_path / "ink"), Judged(grey(0, 1), np.array([0, 1]), np.array([0, 1])))


def test_a_command_that_cannot_be_done_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["wrong", "digits"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", ["digits", "brain_mri"])
def test_the_sheet_of_the_documentation_is_what_the_command_draws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["wrong", name, "--output", str(tmp_path / "drawn.png")]) == 0
    drawn, kept = (
        np.asarray(Image.open(path), int) for path in (tmp_path / "drawn.png", ROOT / SHEETS / f"{name}_wrong.png")
    )
    assert drawn.shape == kept.shape
    assert np.abs(drawn - kept).mean() < 1
