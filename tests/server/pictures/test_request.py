import json
from typing import Any

import httpx
import pytest

from server.pictures.request import ImageRequest, decode_request
from tests.server.pictures.images import base64, png
from tests.server.pictures.refusals import refused

FILE = png()


def decode(content_type: str, body: bytes) -> ImageRequest:
    return decode_request(body, {b"content-type": content_type.encode()})


def from_json(document: Any) -> ImageRequest:
    return decode("application/json; charset=utf-8", json.dumps(document).encode())


def from_form(files: Any, data: Any = None) -> ImageRequest:
    request = httpx.Request("POST", "http://localhost", files=files, data=data)
    return decode(request.headers["content-type"], request.read())


@pytest.mark.parametrize(
    "content_type", ["image/png", "image/jpeg", "IMAGE/PNG ; x=y", "application/dicom", "application/octet-stream"]
)
def test_the_body_may_be_the_file(content_type: str) -> None:
    assert decode(content_type, FILE) == ImageRequest(FILE)


@pytest.mark.parametrize("name", ["image_file", "image", "file"])
def test_a_form_may_have_the_file(name: str) -> None:
    assert from_form({name: ("a.png", FILE)}) == ImageRequest(FILE)
    assert from_form({name: ("a.png", FILE)}, {"seen": "true", "model": "x"}) == ImageRequest(FILE, preview=True)
    assert from_form({name: ("a.png", FILE)}, {"seen": "false", "probabilities": "true"}) == ImageRequest(
        FILE, probabilities=True
    )


@pytest.mark.parametrize(
    "text", [base64(FILE), "data:image/png;base64," + base64(FILE), "data:;base64," + base64(FILE)]
)
def test_json_may_have_the_file_in_base64(text: str) -> None:
    assert from_json({"image": text}) == ImageRequest(FILE)
    assert from_json({"seen": True, "image": text, "probabilities": True}) == ImageRequest(
        FILE, preview=True, probabilities=True
    )


def test_json_may_have_a_link() -> None:
    assert from_json({"url": "https://a.example/b.png", "seen": True}) == ImageRequest(
        url="https://a.example/b.png", preview=True
    )


@pytest.mark.parametrize(
    ("document", "reason", "fact"),
    [
        ({}, "no_picture", '"image" and "url"'),
        ({"seen": True}, "no_picture", '"image" and "url"'),
        ({"image": "AAAA", "url": "https://a.example"}, "no_picture", '"image" and "url"'),
        ({"url": ""}, "no_picture", "link"),
        ({"url": None}, "structure", ""),
        ({"image": None}, "structure", ""),
        ({"image": 7}, "structure", ""),
        ({"image": [[0]]}, "structure", ""),
        ({"image": "AAAA", "seen": "true"}, "structure", ""),
        ({"image": "AAAA", "seen": 1}, "structure", ""),
        ({"image": "AAAA", "more": 1}, "structure", ""),
        ([], "structure", ""),
        ({"image": ""}, "no_picture", "empty"),
        ({"image": "data:image/png;base64,"}, "no_picture", "empty"),
        ({"image": "AAA"}, "base64", "not valid base64"),
        ({"image": "AAAA\n"}, "base64", "not valid base64"),
        ({"image": "AA AA"}, "base64", "not valid base64"),
        ({"image": "AAAA===="}, "base64", "not valid base64"),
        ({"image": "AB=="}, "base64", "not valid base64"),
        ({"image": "AA==AAAA"}, "base64", "not valid base64"),
        ({"image": "AB-_"}, "base64", "not valid base64"),
        ({"image": "é"}, "base64", "not valid base64"),
        ({"image": "data:image/png,AAAA"}, "base64", "data: URL"),
        ({"image": "data:image/png;base64"}, "base64", "data: URL"),
        ({"image": "data:" + "x" * 200 + ";base64,AAAA"}, "base64", "data: URL"),
    ],
)
def test_json_without_exactly_one_picture_is_refused(document: Any, reason: str, fact: str) -> None:
    with refused(reason, fact):
        from_json(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"image":"AAAA","image":"AAAA"}', "duplicate_key"),
        ('{"image":"AAAA","seen":true,"seen":false}', "duplicate_key"),
        ('{"image":"data:image/png;base64,AAAA","image":"AAAA"}', "duplicate_key"),
        ('{"image":"AAAA"', "invalid_json"),
        ("", "empty_body"),
    ],
)
def test_invalid_json_is_refused(text: str, reason: str) -> None:
    with refused(reason):
        decode("application/json", text.encode())


def test_a_second_field_without_a_file_is_no_picture() -> None:
    assert from_form({"image_file": ("a.png", FILE), "file": ("", b"")}) == ImageRequest(FILE)


@pytest.mark.parametrize(
    ("files", "data", "reason", "fact"),
    [
        ({"picture": FILE}, None, "no_picture", "0 pictures"),
        ({"image": FILE, "file": FILE}, None, "no_picture", "2 pictures"),
        ([("image", FILE), ("image", FILE)], None, "no_picture", "2 pictures"),
        ({"image": b""}, None, "no_picture", "empty"),
        ({"image": b"", "file": b""}, None, "no_picture", "empty"),
        ({"image": FILE}, {"seen": "yes"}, "form", "field seen must be true or false"),
        ({"image": FILE}, {"seen": ["true", "true"]}, "form", "field seen"),
        ({"image": FILE}, {"probabilities": ""}, "form", "field probabilities"),
    ],
)
def test_a_form_without_exactly_one_picture_is_refused(files: Any, data: Any, reason: str, fact: str) -> None:
    with refused(reason, fact):
        from_form(files, data)


def test_an_empty_body_is_refused() -> None:
    with refused("no_picture", "image_file"):
        decode("image/png", b"")
