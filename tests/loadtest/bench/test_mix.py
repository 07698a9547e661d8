from collections import Counter
from pathlib import Path

from loadtest.bench import mix
from loadtest.bench.mix import Expected
from loadtest.bench.models import Model

SMALL, LARGE = Expected("small", b"s", 200), Expected("large", b"l", 200, b'{"right": 1}')
BAD = [Expected(name, b"\r\n\x00\xff", 400) for name in ("one", "another")]


def order(text: str) -> list[int]:
    return [int(word) for word in text.rsplit("{", 1)[1].rstrip("}\n").split(",")]


def test_one_request_in_a_hundred_is_bad_each_once() -> None:
    placed = order(mix.lua([SMALL, SMALL, LARGE], BAD))
    assert len(placed) == 200
    assert placed[99::100] == [4, 5]
    assert Counter(placed)[4] == Counter(placed)[5] == 1


def test_of_the_good_ones_a_few_are_large_and_the_small_take_turns() -> None:
    counted = Counter(order(mix.lua([SMALL, SMALL, LARGE], BAD)))
    assert counted[3] == 2
    assert counted[1] == counted[2] == 98


def test_bytes_are_written_as_lua_reads_them_whatever_they_are() -> None:
    text = mix.lua([SMALL, LARGE], BAD)
    assert r'request = "\013\010\000\255"' in text
    assert text.isascii()


def test_refusals_of_every_status_are_asked_for() -> None:
    rows = [{"area_se": 153.4, "area_worst": 2019.0}] * 2
    model = Model("a model", Path(), Path(), Path(), rows, [1, 1])
    assert {one.status for one in mix.bad(model)} == {400, 404, 405, 413, 414, 415, 431}
