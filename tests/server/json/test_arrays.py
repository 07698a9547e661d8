import json
import tracemalloc
from typing import Any

import numpy as np
import pytest

from server.json import arrays


def as_float32(numbers: Any) -> Any:
    with np.errstate(over="ignore"):
        return np.array(numbers, float).astype(np.float32).tolist()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), ("\r\n,\t", ":")])
@pytest.mark.parametrize("shape", [(1,), (3,), (2, 3), (3, 1), (1, 1, 1), (2, 3, 1), (7, 28, 28), (2, 3, 1, 4)])
def test_any_array_is_read_as_json_reads_it(shape: tuple[int, ...], separators: tuple[str, str]) -> None:
    random = np.random.default_rng(sum(shape))
    wide = random.standard_normal(shape) * 10.0 ** random.integers(-300, 300, shape)
    whole = [random.integers(-largest, largest + 1, shape) for largest in (1, 255, 2**62)]
    for numbers in (random.random(shape), wide, *whole):
        read = arrays.array(json.dumps(numbers.tolist(), separators=separators).encode())
        assert read is not None
        assert read.dtype == np.float32
        assert read.tolist() == as_float32(numbers)


OTHERS = [
    "",
    "7",
    "[]",
    "[[]]",
    "[[[]]]",
    "[[[1]]",
    "[[1]]]",
    "[[[1,2]],[[3]]]",  # not of one shape
    "[[[1,2],[3]]]",
    "[[[1,2],[3,4]],[[5,6]]]",
    "[[[1,2]],[[3,4],[5,6]]]",
    "[[[1234567890123456789012]]]",  # of more than 64 bits
    "[[[1e400]]]",
    "[[[[[1]]]]]",
    "[[1,[2]],[3]]",
    "{}",
    '{"a":1}',
    "[{}]",
    "[[[true]]]",
    '[[["1"]]]',
    "[[[null]]]",
    "[[[01]]]",  # not JSON
    "[[[00]]]",
    "[[[001]]]",
    "[[[1,]]]",
    "[[[,1]]]",
    "[[[1,,2]]]",
    "[[[1 2]]]",
    "[[[1 2,]]]",
    "[[[ 1,2 3]]]",
    "[[[1,2],3[4,5]]]",  # numbers in the wrong place, as many as there should be
    "[[[1,],2[3,4]]]",
    "[[[1,] 2,[3,4]]]",
    "[[[1,]2,[3,4]]]",
    "[[5[1,],[3,4]]]",
    "[5[[1,],[3,4]]]",
    "5[[[1,],[3,4]]]",
    "[[[1,],[3,4]]]5",
    "[[[1,],[3,4]5]]",
    "[[[1,],[3,4] 5]]",
    "[[[1,],[3,4]], 5[[1,2],[3,4]]]",
    "[[[1,2]]]]",
    "[[[1,2]]],",
    "[[[1;2]]]",
    "[[[1\x002]]]",
    "[[[١]]]",  # digits, but none of JSON's
    "[" * 100,
    "]" * 100,
    "[[[" + "," * 100,
]


@pytest.mark.parametrize("text", OTHERS)
def test_whatever_else_is_left_to_others(text: str) -> None:
    assert arrays.array(text.encode()) is None


def test_what_it_takes_is_json_of_that_value() -> None:
    random = np.random.default_rng(5)
    good = b"[[[1, 2.3,4],[0,-255,10]],[[7,8e1,9],[100, 0,0]]]"
    taken = 0
    for _ in range(20_000):
        text = bytearray(good)
        for _ in range(random.integers(1, 3)):
            text[random.integers(len(text))] = random.choice(list(b"[],0129 .-e"))
        read = arrays.array(bytes(text))
        if read is not None:
            taken += 1
            assert read.tolist() == as_float32(json.loads(text)), text
    assert taken > 1000


def test_it_takes_no_more_memory_than_the_text_is_worth() -> None:
    # The first row and the first picture promise an array of 10^15 numbers.
    text = b"[[[" + b"1," * 100_000 + b"1]" + b",[1]" * 100_000 + b"]" + b",[[1]]" * 50_000 + b"]"
    assert arrays.array(text) is None


def test_a_long_text_is_read_as_a_short_one() -> None:
    row = list(range(1000))
    read = arrays.array(json.dumps([row] * 300).encode())
    assert read is not None
    assert read.tolist() == [row] * 300


def test_what_is_no_json_leaves_the_next_text_readable() -> None:
    for wrong in (b"[1,,2]", b"[1e400]", b"[123456789012345678901234567890]"):
        assert arrays.array(wrong) is None
        assert arrays.array(b"[1]") == [1]


def test_it_takes_little_memory_beside_the_parser() -> None:
    text = b"[" + b"1," * 200_000 + b"1]"
    arrays.array(text)
    tracemalloc.start()
    arrays.array(text)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * len(text)
