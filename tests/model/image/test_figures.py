import numpy as np
import pytest
from PIL import Image, ImageDraw

from model.image.components import label
from model.image.figures import count_figures

Line = list[tuple[int, int]]

ONE: list[Line] = [[(20, 10), (20, 60)]]
FIVE: list[Line] = [[(20, 10), (40, 10)], [(20, 16), (20, 30), (38, 40), (34, 58), (18, 60)]]
EIGHT: list[Line] = [
    [(30, 10), (20, 20), (30, 30), (40, 20), (30, 10)],
    [(30, 36), (18, 48), (30, 60), (42, 48), (30, 36)],
]
FOUR: list[Line] = [[(16, 14), (14, 38), (30, 38)], [(34, 10), (34, 60)]]


def moved(lines: list[Line], right: int, down: int = 0) -> list[Line]:
    return [[(x + right, y + down) for x, y in line] for line in lines]


def count(*lines: Line) -> int:
    picture = Image.new("1", (160, 160))
    for line in lines:
        ImageDraw.Draw(picture).line(line, 1, 3)
    return count_figures(label(np.asarray(picture)))


def test_an_empty_drawing_has_no_figure() -> None:
    assert count_figures(np.zeros((9, 9), np.int64)) == 0


@pytest.mark.parametrize("lines", [ONE, FIVE, EIGHT, FOUR], ids=["one", "broken five", "broken eight", "broken four"])
def test_the_parts_of_a_broken_digit_are_one_figure(lines: list[Line]) -> None:
    assert count(*lines) == 1


def test_digits_side_by_side_are_counted() -> None:
    assert count(*ONE, *moved(ONE, 20)) == 2
    assert count(*FIVE, *moved(ONE, 40, 6), *moved(EIGHT, 80)) == 3


def test_a_dot_or_dash_beside_a_digit_is_no_figure() -> None:
    assert count(*EIGHT, [(60, 58), (64, 58)]) == 1
    assert count(*EIGHT, [(60, 30), (90, 30)]) == 1


def test_a_picture_of_many_dots_is_many_figures() -> None:
    dots = np.zeros((60, 60), np.bool_)
    dots[::3, ::3] = True
    assert count_figures(label(dots)) == 400
