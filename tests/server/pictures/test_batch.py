import json
from typing import Any

import numpy as np
import pytest

from server.errors import InvalidInput
from server.pictures import batch
from tests.server.pictures.images import BAR, BLOCK


def read(pictures: Any, **more: Any) -> batch.Batch:
    return batch.read(json.dumps({"x": pictures, **more}).encode())


PAIR = json.dumps([BAR.tolist(), BLOCK.tolist()]).encode()
DIM = BAR // 255
"""Of ones: as good as the bar itself."""


@pytest.mark.parametrize(
    "pictures",
    [
        BAR,
        BAR / 255,
        [BAR],
        [BAR, BLOCK],
        [BAR / 255, BLOCK / 255],
        [BAR, BLOCK / 255, DIM],
        [BAR[:9, :9], BLOCK],
        np.stack([BAR, BLOCK]).reshape(2, 28, 28, 1),
        np.zeros((2, 10, 12, 3)),
    ],
    ids=str,
)
@pytest.mark.parametrize("more", [{}, {"probabilities": True}], ids=str)
def test_every_form_is_read(pictures: Any, more: dict[str, Any]) -> None:
    each = [pictures] if isinstance(pictures, np.ndarray) and pictures.ndim == 2 else list(pictures)
    batch = read(pictures.tolist() if isinstance(pictures, np.ndarray) else [one.tolist() for one in each], **more)
    assert batch.probabilities is bool(more)
    assert len(batch.pictures) == len(each)
    for given, expected in zip(batch.pictures, each, strict=True):
        assert given.dtype == np.float32
        assert given.shape == expected.shape
        assert given == pytest.approx(expected / 255 if expected.max() > 1 else expected)


@pytest.mark.parametrize(
    "beside", [DIM, BAR, BAR / 255, BAR[:9, :9], np.zeros((28, 28), int), np.zeros((9, 9, 3))], ids=str
)
@pytest.mark.parametrize("picture", [DIM, BAR, BAR / 255], ids=str)
def test_nothing_of_a_picture_depends_on_those_beside_it(picture: Any, beside: Any) -> None:
    (alone,) = read([picture.tolist()]).pictures
    first, _ = read([picture.tolist(), beside.tolist()]).pictures
    _, _, third = read([beside.tolist(), beside.tolist(), picture.tolist()]).pictures
    assert alone.tolist() == first.tolist() == third.tolist()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "empty"),
        (b"7", "must be {"),
        (b"[]", "must be {"),
        (b"{}", "must be {"),
        (b'{"x":7}', "must be {"),
        (b'{"x":"7"}', "must be {"),
        (b'{"x":null}', "must be {"),
        (b'{"x":{"0":[[0]]}}', "must be {"),
        (b'{"x":[[[0]]],"y":1}', "must be {"),
        (b'{"x":[[[0]]],"probabilities":1}', "must be {"),
        (b'{"x":[]}', "list of pictures is empty"),
        (b'{"x":[7]}', "this is a number"),
        (b'{"x":[[[0]]]}', "at least 8 × 8"),
        (b'{"x":[[[0]],[[0]]]}', "Picture 0: A picture has at least 8 × 8"),
        (b'{"x":[[[NaN]]]}', "not valid JSON"),
        (b'{"x":[[[0,]]]}', "not valid JSON"),
        (b'{"x":[[[0]]]}}', "not valid JSON"),
        (b'{"x":[[[0]]}', "not valid JSON"),
        (b'{"x":[[[01]]]}', "not valid JSON"),
        (b'{"x":[[[0]]]} 7', "not valid JSON"),
        (b'{"x":%b} 7' % PAIR, "not valid JSON"),
        (b'\x0b{"x":%b}' % PAIR, "not valid JSON"),
        (b'{"x":%b}\x0c' % PAIR, "not valid JSON"),
        (b'{"x":%b}}' % PAIR, "not valid JSON"),
        (b'{"x":%b]}' % PAIR, "not valid JSON"),
        (b'{"x":%b,}' % PAIR, "not valid JSON"),
        (b'{"x":%b,"y":1}' % PAIR, "must be {"),
        (b'{"x":%b,"x":%b}' % (PAIR, PAIR), "same key twice"),
        (b'{"x":%b' % PAIR, "not valid JSON"),
        (b'{"x":' + b"[" * 100_000, "not valid JSON|nested too deeply"),
    ],
)
def test_what_is_no_batch_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        batch.read(body)


def test_a_refusal_says_which_picture() -> None:
    for bad, sentence in (
        ([*BAR[:, :-1].tolist(), [0]], "Picture 2: Row 28 has 1 pixels"),
        ("a", "Picture 2: A picture is a list of rows"),
        ((BAR.astype(int) + 1).tolist(), "Picture 2: Every number must be from 0 to 255"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            read([BAR.tolist(), BAR.tolist(), bad, bad])


def test_a_key_sent_twice_is_refused() -> None:
    pictures = json.dumps([BAR.tolist()])
    for body in (
        f'{{"x":{pictures},"x":{pictures}}}',
        f'{{"x":{pictures},"probabilities":true,"probabilities":false}}',
        f'{{"x":{pictures},"x":[]}}',
    ):
        with pytest.raises(InvalidInput, match="same key twice"):
            batch.read(body.encode())
