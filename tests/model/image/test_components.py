import numpy as np
import pytest

from model.image.components import MAX_RUNS, label


def labels(*rows: str) -> list[list[int]]:
    numbers: list[list[int]] = label(np.array([[mark == "#" for mark in row] for row in rows])).tolist()
    return numbers


def count(*rows: str) -> int:
    return len({number for row in labels(*rows) for number in row} - {0})


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
def test_pixels_that_touch_also_diagonally_are_one_component(rows: tuple[str, ...], expected: int) -> None:
    assert count(*rows) == expected


def test_every_pixel_has_the_number_of_its_component() -> None:
    numbers = labels("##..#", ".#..#", "....#")
    assert numbers == [[1, 1, 0, 0, 2], [0, 1, 0, 0, 2], [0, 0, 0, 0, 2]]


def test_more_runs_than_the_limit_are_one_component() -> None:
    dots = np.zeros((MAX_RUNS, 9), bool)
    dots[::2, 1::4] = True
    assert label(dots).max() == MAX_RUNS
    dots[::2, 1::2] = True
    assert (label(dots) == dots).all()
