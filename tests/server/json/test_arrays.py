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
def test_an_array_is_parsed_to_the_numbers_of_json(shape: tuple[int, ...], separators: tuple[str, str]) -> None:
    random = np.random.default_rng(sum(shape))
    wide = random.standard_normal(shape) * 10.0 ** random.integers(-300, 300, shape)
    whole = [random.integers(-largest, largest + 1, shape) for largest in (1, 255, 2**62)]
    for numbers in (random.random(shape), wide, *whole):
        read = arrays.parse(json.dumps(numbers.tolist(), separators=separators).encode())
        assert read is not None
        assert read.dtype == np.float32
        assert read.tolist() == as_float32(numbers)


NOT_ARRAYS = [
    "",
    "7",
    "[]",
    "[[]]",
    "[[[]]]",
    "[[[1]]",
    "[[1]]]",
    "[[[1,2]],[[3]]]",  # lists of different lengths
    "[[[1,2],[3]]]",
    "[[[1,2],[3,4]],[[5,6]]]",
    "[[[1,2]],[[3,4],[5,6]]]",
    "[[[1234567890123456789012]]]",  # more than 64 bits
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
    "[[[١]]]",  # digits, but not those of JSON
    "[" * 100,
    "]" * 100,
    "[[[" + "," * 100,
]


@pytest.mark.parametrize("text", NOT_ARRAYS)
def test_text_that_is_no_regular_array_gives_none(text: str) -> None:
    assert arrays.parse(text.encode()) is None


def test_mutated_text_gives_none_or_what_json_reads() -> None:
    random = np.random.default_rng(5)
    good = b"[[[1, 2.3,4],[0,-255,10]],[[7,8e1,9],[100, 0,0]]]"
    parsed = 0
    for _ in range(20_000):
        text = bytearray(good)
        for _ in range(random.integers(1, 3)):
            text[random.integers(len(text))] = random.choice(list(b"[],0129 .-e"))
        read = arrays.parse(bytes(text))
        if read is not None:
            parsed += 1
            assert read.tolist() == as_float32(json.loads(text)), text
    assert parsed > 1000


def test_a_promise_of_a_huge_shape_allocates_nothing() -> None:
    # The first row and the first picture promise an array of 10^15 numbers.
    text = b"[[[" + b"1," * 100_000 + b"1]" + b",[1]" * 100_000 + b"]" + b",[[1]]" * 50_000 + b"]"
    assert arrays.parse(text) is None


def test_a_text_too_long_for_the_kept_parser_is_parsed() -> None:
    row = list(range(1000))
    read = arrays.parse(json.dumps([row] * 300).encode())
    assert read is not None
    assert read.tolist() == [row] * 300


def test_the_parser_still_works_after_invalid_text() -> None:
    for wrong in (b"[1,,2]", b"[1e400]", b"[123456789012345678901234567890]"):
        assert arrays.parse(wrong) is None
        assert arrays.parse(b"[1]") == [1]


def test_memory_besides_the_parser_is_at_most_12_times_the_text() -> None:
    text = b"[" + b"1," * 200_000 + b"1]"
    arrays.parse(text)
    tracemalloc.start()
    arrays.parse(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * len(text)


def test_a_float32_is_encoded_in_its_shortest_decimal_form() -> None:
    values = np.random.default_rng(4).integers(0, 2**32, 20_000, np.uint32).view(np.float32)
    values = np.concatenate([values[np.isfinite(values)], np.array([0.1, -0.0, 1e-45, 3.4028235e38, 1e16], np.float32)])
    for number, value in zip(arrays.encode_each(values), values, strict=True):
        assert float(number) == float(str(value))
    assert arrays.encode(values[:0]) == b"[]"
    assert arrays.encode(np.array([[0.1, 2]], np.float32).T) == b"[0.1,2.0]"
    assert arrays.to_list(np.array([[0.1, 2]], np.float32)) == [0.1, 2.0]
