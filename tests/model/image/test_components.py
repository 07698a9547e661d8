import numpy as np
import pytest

from model.image.components import RUNS, label


def parts(*rows: str) -> list[list[int]]:
    numbers: list[list[int]] = label(np.array([[mark == "#" for mark in row] for row in rows])).tolist()
    return numbers


def count(*rows: str) -> int:
    return len({number for row in parts(*rows) for number in row} - {0})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("....", "...."), 0),
        (("####", "####"), 1),
        (("#.#.", "....", "#.#."), 4),
        (("#..#", "#..#", "####"), 1),
        (("####", "#..#", "#..#"), 1),
        (("#...", ".#..", "..#."), 1),
        (("..#.", ".#..", "#..."), 1),
        (("#.#.#", "#.#.#", "#####", "#.#.#"), 1),
        (("#.#.#.#", "###.###", "......."), 2),
        (("#..#..#", "##.#.##", ".#####."), 1),
        (("..", "#."), 1),
    ],
)
def test_what_touches_hangs_together_also_by_corners(rows: tuple[str, ...], expected: int) -> None:
    assert count(*rows) == expected


def test_every_pixel_of_a_part_and_no_other_has_its_number() -> None:
    numbers = parts("##..#", ".#..#", "....#")
    assert numbers == [[1, 1, 0, 0, 2], [0, 1, 0, 0, 2], [0, 0, 0, 0, 2]]


def test_a_grid_of_more_dots_than_any_digit_has_is_one_part() -> None:
    dots = np.zeros((RUNS, 9), bool)
    dots[::2, 1::4] = True
    assert label(dots).max() == RUNS
    dots[::2, 1::2] = True
    assert (label(dots) == dots).all()
