from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.bundle import BundleError
from model.train import mistakes
from model.train.command import DRAWINGS
from model.train.mistakes import TestSet
from model.train.picture import contact_sheet
from tests.server.pictures import bundles

ROOT = Path(mistakes.__file__).parents[2]


def grey(*shades: float) -> np.ndarray:
    return np.array(shades).repeat(28 * 28).reshape(-1, 28, 28)


def test_mistakes_are_sorted_by_confidence_without_near_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[list[float], list[str]]] = []

    def record(pictures: list[np.ndarray], texts: list[str]) -> Image.Image:
        shown.append(([float(picture.mean()) for picture in pictures], texts))
        return contact_sheet.sheet(pictures, texts)

    monkeypatch.setattr(mistakes, "sheet", record)
    shades = (0.1, 0.2, 0.5, 0.85, 0.8, 1.0)
    test_set = TestSet(grey(*shades), np.array([1, 1, 0, 0, 0, 1]), np.array([0, 1, 2, 3, 3, 4]))
    _, summary = mistakes.draw(bundles.ink(tmp_path / "ink"), test_set)
    assert summary == "5 of 6 predictions are wrong; 4 if near copies count once."
    ((pictures, texts),) = shown
    assert pictures == pytest.approx([0.1, 0.85, 0.2, 0.5])
    assert texts == [
        "labelled much\nsays little, 90 %",
        "labelled little\nsays much, 85 %",
        "labelled much\nsays little, 80 %",
        "labelled little\nsays much, 50 %",
    ]


def test_at_most_ten_mistakes_are_shown(tmp_path: Path) -> None:
    ink = bundles.ink(tmp_path / "ink")
    many, ten = (mistakes.draw(ink, TestSet(grey(*[0.5] * n), np.zeros(n, int), np.arange(n)))[0] for n in (30, 10))
    assert many.tobytes() == ten.tobytes()


def test_no_mistakes_raise_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"ink predicts all of the 2 pictures correctly\."):
        mistakes.draw(bundles.ink(tmp_path / "ink"), TestSet(grey(0, 1), np.array([0, 1]), np.array([0, 1])))


def test_a_missing_bundle_is_reported_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mistakes", "digits"]) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize("name", ["digits", "brain_mri"])
def test_the_sheets_in_the_documentation_are_what_the_command_draws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["mistakes", name, "--output", str(tmp_path / "drawn.png")]) == 0
    drawn, kept = (
        np.asarray(Image.open(path), int) for path in (tmp_path / "drawn.png", ROOT / DRAWINGS / f"{name}_wrong.png")
    )
    assert drawn.shape == kept.shape
    assert np.abs(drawn - kept).mean() < 1
