from collections import Counter
from pathlib import Path

from loadtest.bench import mix
from loadtest.bench.mix import Exchange
from loadtest.bench.tabular_models import Model

SMALL, LARGE = Exchange("small", b"s", 200), Exchange("large", b"l", 200, b'{"prediction": 1}')
INVALID = [Exchange(name, b"\r\n\x00\xff", 400) for name in ("one", "another")]


def order(text: str) -> list[int]:
    return [int(index) for index in text.rsplit("{", 1)[1].rstrip("}\n").split(",")]


def test_each_invalid_request_comes_once_at_every_hundredth_place() -> None:
    places = order(mix.to_lua([SMALL, SMALL, LARGE], INVALID))
    assert len(places) == 200
    assert places[99::100] == [4, 5]
    assert Counter(places)[4] == Counter(places)[5] == 1


def test_valid_requests_are_one_large_in_fifty_and_small_ones_in_turn() -> None:
    counts = Counter(order(mix.to_lua([SMALL, SMALL, LARGE], INVALID)))
    assert counts[3] == 2
    assert counts[1] == counts[2] == 98


def test_bytes_are_escaped_for_lua() -> None:
    text = mix.to_lua([SMALL, LARGE], INVALID)
    assert r'request = "\013\010\000\255"' in text
    assert text.isascii()


def test_invalid_requests_cover_every_refusal_status() -> None:
    rows = [{"area_se": 153.4, "area_worst": 2019.0}] * 2
    model = Model("a model", Path(), Path(), Path(), rows, [1, 1])
    assert {one.status for one in mix.invalid(model)} == {400, 404, 405, 413, 414, 415, 431}
