import logging

import httpx
import pytest

from server.pictures.form import parse_form
from tests.server.pictures.images import png
from tests.server.pictures.refusals import refused


def sent(files: object = None, data: object = None) -> tuple[bytes, bytes]:
    """Encode a form as an HTTP client does; return the body and its content type."""
    request = httpx.Request("POST", "http://localhost", files=files, data=data)  # type: ignore[arg-type]
    return request.read(), request.headers["content-type"].encode()


def test_fields_and_files_are_returned_by_name() -> None:
    body, content_type = sent({"image_file": ("../a.png", png(), "image/png"), "b": ("", b"\r\n--")}, {"seen": "true"})
    assert parse_form(body, content_type) == {b"image_file": [png()], b"b": [b"\r\n--"], b"seen": [b"true"]}


def test_a_repeated_field_keeps_all_its_values() -> None:
    body, content_type = sent([("image", ("a", b"1")), ("image", ("b", b"2"))])
    assert parse_form(body, content_type) == {b"image": [b"1", b"2"]}


def test_a_file_may_contain_what_looks_like_a_boundary() -> None:
    body, content_type = sent({"image": ("a", b"\r\n--bound\r\n\r\n--\r\n\r")})
    assert parse_form(body, content_type) == {b"image": [b"\r\n--bound\r\n\r\n--\r\n\r"]}


DISPOSITION = b'Content-Disposition: form-data; name="image"\r\n'


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        (b"", "cut short"),
        (b"no form", "not valid multipart/form-data"),
        (b"--b\r\n" + DISPOSITION + b"\r\nx", "cut short"),
        (b"--b\r\n" + DISPOSITION + b"\r\nx\r\n--b", "cut short"),
        (b"--b\r\n" + DISPOSITION + b"\r\nx\r\n--b\r\n", "cut short"),
        (b"--c\r\n" + DISPOSITION + b"\r\nx\r\n--c--\r\n", "not valid"),
        (b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b--\r\n", "no name"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "no name"),
        (b"--b\r\n" + DISPOSITION * 9 + b"\r\nx\r\n--b--\r\n", "not valid"),
        (b"--b\r\nX: " + b"x" * 5000 + b"\r\n" + DISPOSITION + b"\r\nx\r\n--b--\r\n", "not valid"),
        ((b"--b\r\n" + DISPOSITION + b"\r\nx\r\n") * 9 + b"--b--\r\n", "more than 8 fields"),
    ],
)
def test_malformed_forms_are_refused_without_logging_them(
    body: bytes, fact: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), refused("form", fact):
        parse_form(body, b"multipart/form-data; boundary=b")
    assert not caplog.records  # the log must not contain what was sent


@pytest.mark.parametrize(
    "parameters", [b"", b"; boundary=", b'; boundary=""', b"; charset=utf-8", b"; boundary=" + b"b" * 300]
)
def test_a_form_without_a_boundary_is_refused(parameters: bytes) -> None:
    with refused("form"):
        parse_form(b"--b--\r\n", b"multipart/form-data" + parameters)


def test_eight_fields_are_accepted() -> None:
    body = (b"--b\r\n" + DISPOSITION + b"\r\nx\r\n") * 8 + b"--b--\r\n"
    assert parse_form(body, b'multipart/form-data; boundary="b"') == {b"image": [b"x"] * 8}
