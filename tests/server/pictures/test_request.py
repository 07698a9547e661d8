import json
from typing import Any

import httpx
import pytest

from server.errors import InvalidInput
from server.pictures import request
from server.pictures.request import Sent
from tests.server.pictures.images import base64, png

FILE = png()


def read(content_type: str, data: bytes) -> Sent:
    return request.read(data, {b"content-type": content_type.encode()})


def of_json(document: Any) -> Sent:
    return read("application/json; charset=utf-8", json.dumps(document).encode())


def of_form(files: Any, data: Any = None) -> Sent:
    request = httpx.Request("POST", "http://localhost", files=files, data=data)
    return read(request.headers["content-type"], request.read())


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "IMAGE/PNG ; x=y"])
def test_a_body_may_be_the_picture(content_type: str) -> None:
    assert read(content_type, FILE) == Sent(FILE)


@pytest.mark.parametrize("name", ["image_file", "image", "file"])
def test_a_form_has_it_as_a_file(name: str) -> None:
    assert of_form({name: ("a.png", FILE)}) == Sent(FILE)
    assert of_form({name: ("a.png", FILE)}, {"seen": "true", "model": "x"}) == Sent(FILE, seen=True)
    assert of_form({name: ("a.png", FILE)}, {"seen": "false", "probabilities": "true"}) == Sent(
        FILE, probabilities=True
    )


@pytest.mark.parametrize(
    "text", [base64(FILE), "data:image/png;base64," + base64(FILE), "data:;base64," + base64(FILE)]
)
def test_json_has_it_in_base64(text: str) -> None:
    assert of_json({"image": text}) == Sent(FILE)
    assert of_json({"seen": True, "image": text, "probabilities": True}) == Sent(FILE, seen=True, probabilities=True)


def test_json_may_have_a_link_instead() -> None:
    assert of_json({"url": "https://a.example/b.png", "seen": True}) == Sent(url="https://a.example/b.png", seen=True)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({}, "picture is missing"),
        ({"seen": True}, "picture is missing"),
        ({"image": "AAAA", "url": "https://a.example"}, "or there are two"),
        ({"url": ""}, "link is empty"),
        ({"url": None}, "must be {"),
        ({"image": None}, "must be {"),
        ({"image": 7}, "must be {"),
        ({"image": [[0]]}, "must be {"),
        ({"image": "AAAA", "seen": "true"}, "must be {"),
        ({"image": "AAAA", "seen": 1}, "must be {"),
        ({"image": "AAAA", "more": 1}, "must be {"),
        ([], "must be {"),
        ({"image": ""}, "picture is empty"),
        ({"image": "data:image/png;base64,"}, "picture is empty"),
        ({"image": "AAA"}, "not base64"),
        ({"image": "AAAA\n"}, "not base64"),
        ({"image": "AA AA"}, "not base64"),
        ({"image": "AAAA===="}, "not base64"),
        ({"image": "AB=="}, "not base64"),
        ({"image": "AA==AAAA"}, "not base64"),
        ({"image": "AB-_"}, "not base64"),
        ({"image": "é"}, "not base64"),
        ({"image": "data:image/png,AAAA"}, "data: URL"),
        ({"image": "data:image/png;base64"}, "data: URL"),
        ({"image": "data:" + "x" * 200 + ";base64,AAAA"}, "data: URL"),
    ],
)
def test_json_without_one_picture_is_refused(document: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        of_json(document)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"image":"AAAA","image":"AAAA"}', "same key twice"),
        ('{"image":"AAAA","seen":true,"seen":false}', "same key twice"),
        ('{"image":"data:image/png;base64,AAAA","image":"AAAA"}', "same key twice"),
        ('{"image":"AAAA"', "not valid JSON"),
        ("", "empty"),
    ],
)
def test_other_json_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read("application/json", text.encode())


@pytest.mark.parametrize(
    ("files", "data", "sentence"),
    [
        ({"picture": FILE}, None, "has 0 pictures"),
        ({"image": FILE, "file": FILE}, None, "has 2 pictures"),
        ([("image", FILE), ("image", FILE)], None, "has 2 pictures"),
        ({"image": b""}, None, "file in the form is empty"),
        ({"image": FILE}, {"seen": "yes"}, "field seen of the form is true or false"),
        ({"image": FILE}, {"seen": ["true", "true"]}, "field seen"),
        ({"image": FILE}, {"probabilities": ""}, "field probabilities"),
    ],
)
def test_a_form_without_one_picture_is_refused(files: Any, data: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        of_form(files, data)


def test_an_empty_body_is_refused() -> None:
    with pytest.raises(InvalidInput, match="There is no picture: send it as"):
        read("image/png", b"")
