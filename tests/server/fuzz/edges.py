"""Edge values as JSON text: where types, ranges, encodings and limits end. Some of it is no JSON at all."""

import json
from typing import Any

MARK = "zq9x"  # part of every made-up name and string; no refusal may repeat it


def _written(*values: Any) -> list[bytes]:
    return [json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") for value in values]


# fmt: off
NUMBERS = [
    *_written(0, -1, 1.5, 17.99, 255, 256, 2**24 + 1, 2**31 - 1, 2**31, 2**32, 2**53, 2**53 + 1),
    *_written(2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**400, -(10**309)),
    *_written(5e-324, 1e-45, 1.17549435e-38, 1e-7, 3.4028234663852886e38, 3.40282356e38, 3.4028235677973366e38),
    *_written(3.5e38, -3.5e38, 1.7976931348623157e308, -1.7976931348623157e308),
    b"-0", b"-0.0", b"0e0", b"1E5", b"1e+5", b"1.0", b"2.0", b"1e-400", b"-1e-9999", b"0." + b"3" * 500,
    b"1e308", b"1.8e308", b"1e309", b"-1e999", b"1e99999999999", b"9" * 308, b"9" * 310, b"9" * 5000,
    b"01", b"+1", b".5", b"1.", b"1e", b"1e+", b"0x10", b"1_000", b"1,5", b"--1", b"-", b"1f", "１".encode(),
    b"NaN", b"-NaN", b"nan", b"Infinity", b"-Infinity", b"inf",
]

STRINGS = [
    *_written("", " ", "red", "Red", "red ", "0", "1", "1.5", "NaN", "null", "true", MARK, MARK * 500),
    *_written("ré", "re\u0301", "红", "🟥", "\u202ered", "\ufeffred", "red\u200b", "\x7f", "%s%n{0}"),
    *_written("../../etc/passwd", "<script>zq9x</script>", "'; DROP TABLE zq9x;--", "${jndi:ldap://zq9x}"),
    rb'"\u0000"', rb'"red\u0000zq9x"', rb'"\u0072\u0065d"', rb'"\/\b\f\n\r\t\"\\"', rb'"\ud83d\ude00"',
    rb'"\ud800"', rb'"\udc00"', rb'"\udc00\ud800"', rb'"\ud800\ud800"', rb'"\ud83dx"', rb'"\uD83D"',
    rb'"\x41"', rb'"\u12"', rb'"\uzzzz"', rb'"\"', rb'"\q"', b"'red'", b'"red', b"red",
    b'"\0"', b'"\x01"', b'"\n"', b'"\r\n"', b'"\t"', b'"\x1b[31m"',
    b'"\xff"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x82"', b'"r\xe9d"',
]

NAMES = [
    *_written("x", "y", "X", " x", "x ", "colour", "size", "color", "instances", "inputs", "data", "shape", "name"),
    *_written("id", "", MARK, "х", "__class__", "__proto__", "x\n", "parameters", "outputs", "predictions", "error"),
    rb'"\u0078"', rb'"\ud800"', rb'"x\u0000"', b'"x', b"x", b"1", b"null", b'"\xff"', b'"\x01"',
]

OTHERS = [
    *_written(None, True, False, [], {}, [[]], [None], {"x": 1}),
    b"", b"undefined", b"/*zq9x*/1",
]

SHAPES = _written(
    [], [0], [1], [2], [0, 2], [-1, 2], [1, 2], [2, 1], [2, 2], [1, 1], [1, 2, 1], [1, 0], [4, 1],
    [2**31, 2], [2**31, 2**31], [2**32 + 1, 2], [2**63, 2], [-(2**63), 2], [10**30, 2], [1] * 500,
    [1, None], [True, 2], ["1", 2], [1.0, 2], [1.5, 2], [[1], 2], 1, "1,2", None, {},
)

DATATYPES = _written(
    "FP32", "FP64", "BYTES", "INT64", "INT32", "INT8", "UINT64", "BOOL", "FP16", "BF16", "fp32", "float32",
    "", MARK, None, 1, [],
)

SIZES = _written(
    0, 1, 3, 4, 7, 8, 9, 12, 15, 16, 17, 24, 2**31, 2**32, 2**63, 2**64, -1, -8,
    True, "8", 8.0, None, [], {},
)

FIELDS = {"shape": SHAPES, "datatype": DATATYPES, "binary_data_size": SIZES, "name": NAMES}  # of V2 tensors

JSON_LENGTHS = [
    b"", b"0", b"1", b"2", b"-1", b"+1", b"1.0", b"0x10", b" ", b"1,1", b"9" * 9, b"9" * 10, b"9" * 11, b"9" * 5000,
    b"nan", b"zq9x", b"\xff", b"\xef\xbc\x91", b"1e2", b"00000000000000000001",
]
# fmt: on
