import numpy as np
import pytest

from model.train.picture.contact_sheet import GAP, SHOWN, sheet

WIDE = "a line of text that is wider than the picture"


def test_pictures_are_in_rows_of_five_and_keep_their_greys() -> None:
    page = np.asarray(sheet([np.full((28, 28), place / 6) for place in range(7)], ["text"] * 7))
    first, second = page[GAP + SHOWN // 2], page[-(GAP + SHOWN // 2)]
    for place in range(7):
        row, column = (first, place) if place < 5 else (second, place - 5)
        left = GAP + column * (SHOWN + GAP)
        assert set(row[left : left + SHOWN].tolist()) == {round(place / 6 * 255)}
    assert set(second[GAP + 2 * (SHOWN + GAP) :].tolist()) == {255}


@pytest.mark.parametrize("texts", [["a", "b"], [WIDE, "b"], ["b", WIDE], ["one\ntwo\nthree", "g"]])
def test_text_is_not_cut_off_and_does_not_overlap(texts: list[str]) -> None:
    page = np.asarray(sheet([np.ones((10, 10))] * 2, texts))
    assert (page[:, [0, -1]] == 255).all()
    assert (page[[0, -1]] == 255).all()
    columns = np.flatnonzero((page < 255).any(axis=0))
    wide = (page.shape[1] - GAP) // 2
    for place, text in enumerate(texts):
        own = columns[(columns >= GAP + place * wide) & (columns < (place + 1) * wide)]
        assert own.size, text
    assert not columns[(columns >= wide) & (columns < wide + GAP)].size


def test_pictures_are_smoothed_unless_the_factor_is_whole() -> None:
    sides = np.tri(100)
    assert len(np.unique(np.asarray(sheet([sides], [""])))) > 2
    assert len(np.unique(np.asarray(sheet([np.tri(28)], [""])))) == 2
