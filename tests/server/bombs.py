"""Measure what bodies of 1 MiB cost at most. test_bounds.py runs this in a process of its own."""

import gc
import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

from server.errors import ServingError
from server.predictor import Predictor
from server.rows import rest, v2
from tests.server import bundles

LIMIT = 1 << 20

TENSOR = b'{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}'
PLACES = {
    "document": (b"[", b"]"),
    "rows": (b'{"instances":[', b"]}"),
    "one row": (b'{"instances":[[', b"]]}"),
    "next to valid rows": (b'{"inputs":[' + TENSOR + b'],"instances":[[1,2]],"x":[', b"]}"),
    "inputs": (b'{"inputs":[', b"]}"),
    "data": (b'{"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[', b"]}]}"),
    "shape": (b'{"inputs":[{"name":"input","datatype":"FP32","data":[1,2],"shape":[', b"]}]}"),
    "parameters": (b'{"inputs":[' + TENSOR + b'],"parameters":{"x":[', b"]}}"),
    "outputs": (b'{"inputs":[' + TENSOR + b'],"outputs":[', b"]}"),
}
UNITS = (b"{}", b"[]", b"[[]]", b"0", b"1e9", b'""', b'"\\u00e9"', b'{"a":0,"a":0}', b'{"":{}}', b'{"x":1}', TENSOR)


def bodies() -> Iterator[tuple[str, bytes]]:
    for place, (before, after) in PLACES.items():
        for unit in UNITS:
            count = (LIMIT - len(before) - len(after) + 1) // (len(unit) + 1)
            yield f"{unit.decode()} as {place}", before + (unit + b",") * (count - 1) + unit + after
    yield "brackets", b"[" * LIMIT
    yield "braces", b'{"a":' * (LIMIT // 5)
    keys = b",".join(b'"%x":0' % number for number in range(100_000))
    yield "keys", b"{%b}" % keys
    yield "keys in a row", b'{"instances":[{%b}]}' % keys
    yield "keys next to valid rows", b'{"inputs":[%b],"instances":[[1,2]],%b}' % (TENSOR, keys)
    yield "digits", b'{"x":1,"y":%b}' % (b"1" * (LIMIT - 20))
    yield "digits next to valid rows", b'{"inputs":[%b],"instances":[[1,2]],"x:":%b}' % (TENSOR, b"1" * (LIMIT - 200))
    for unit in (b"\\\\", b'\\"', b"\\u0041", b":"):
        text = unit * ((LIMIT - 300) // len(unit))
        yield f"{unit.decode()} in a string", b'{"x":"%b","y":1}' % text
        yield f"{unit.decode()} in a key", b'{"%b":1,"y":1}' % text
        yield f"{unit.decode()} in an id", b'{"id":"%b","instances":[[1,2]],"inputs":[%b]}' % (text, TENSOR)
    yield "spaces", b" " * LIMIT
    rows = b"[0,0]," * 174_000
    yield "an invalid last row", b'{"instances":[%b["a"]]}' % rows
    yield "a last row too large", b'{"instances":[%b[1e39,1]]}' % rows
    yield "rows next to a duplicate key", b'{"a":0,"a":0,"instances":[%b[1,2]]}' % rows


def main(folder: Path) -> None:
    """Print JSON: the most CPU seconds, the growth in MiB and the longest response, with the request each is from."""
    sign = Predictor("sign", bundles.sign(folder))
    sign.load()
    handlers: dict[str, Callable[[bytes], bytes]] = {
        "predict": lambda body: rest.predict(sign, body, {}).body,
        "batch": lambda body: rest.predict_batch(sign, body, {}).body,
        "V1": lambda body: rest.predict_v1(sign, body, {}).body,
        "V2": lambda body: v2.infer(sign, body, {})[0],
    }
    gc.freeze()  # as the server does at its start
    before = _peak()
    seconds, longest = (0.0, ""), (0.0, "")
    for name, body in bodies():
        for handler, handle in handlers.items():
            began = process_time()
            try:
                answer = handle(body)
            except ServingError as error:
                answer = error.sentence.encode()
            seconds = max(seconds, (process_time() - began, f"{handler}: {name}"))
            longest = max(longest, ((len(answer) - 1024) / len(body), f"{handler}: {name}"))
    json.dump({"seconds": seconds, "MiB": _peak() - before, "answer": longest}, sys.stdout)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
