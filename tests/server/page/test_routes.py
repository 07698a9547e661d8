"""The page's routes: what a browser gets and a probe, with which headers, and the form where no script runs."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from model.task import Feature
from server import page, settings
from server.page import routes
from server.page.fill import Html, fill
from server.page.sections import section
from server.predictor import Predictor

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FILES = sorted(path.name for path in Path(page.__path__[0]).iterdir() if path.suffix in {".js", ".css", ".svg"})


def test_a_browser_gets_the_page_and_a_probe_the_liveness(client: httpx.Client) -> None:
    person, probe = client.get("/", headers=BROWSER), client.get("/")
    assert person.text.startswith("<!DOCTYPE html>")
    assert probe.json() == {"status": "alive"}
    assert person.headers["vary"] == probe.headers["vary"] == "accept"


def test_the_page_names_every_model_and_the_cap(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    assert re.findall(r'<section [^>]*data-model="(\w+)"', text) == ["sign", "price", "gap"]
    assert 'data-max-bytes="65536"' in text
    assert 'href="/docs"' in text


def test_the_page_refers_to_nothing_elsewhere_and_has_nothing_inline(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    assert not re.search(r"https?://|<style|style=|\son\w+=|<script(?![^>]* src=)", text)


@pytest.mark.parametrize("path", ["/", *(f"/page/{name}" for name in FILES)])
def test_all_of_it_is_shut_to_others_and_never_stale(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("page.js", "text/javascript; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_is_what_it_says(client: httpx.Client, name: str, content_type: str) -> None:
    answer, head = client.get(f"/page/{name}"), client.head(f"/page/{name}")
    assert answer.headers["content-type"] == head.headers["content-type"] == content_type
    assert answer.content == (Path(page.__path__[0]) / name).read_bytes()
    assert head.content == b""


def test_every_file_that_a_file_names_is_there(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    named = set(re.findall(r"/page/([\w.]+)", text))
    for name in FILES:
        named |= set(re.findall(r"from '\./([\w.]+)'", client.get(f"/page/{name}").text))
    assert named == set(FILES)


@pytest.mark.parametrize("path", ["/page/", "/page/none.js", "/page/fill.py", "/page/index.html", "/page/../site.py"])
def test_nothing_else_is_a_file_of_the_page(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_head_of_the_page_has_no_body(client: httpx.Client) -> None:
    head = client.head("/", headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/html; charset=utf-8"


def test_another_method_is_told_which_there_are(client: httpx.Client) -> None:
    answer = client.put("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_a_form_is_answered_by_the_page_with_the_row_kept(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "sign", "x": "3", "y": "-1.5"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert '<strong class="label">high</strong> <span class="sure">81.8 %</span>' in answer.text
    assert 'value="-1.5"' in answer.text
    assert '<section class="model" id="price"' not in answer.text


def test_a_regression_is_answered_by_its_number(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "price", "colour": "blue", "size": "0.25"})
    assert '<strong class="label">2.25</strong>' in answer.text


def test_a_field_left_empty_is_a_missing_value(client: httpx.Client) -> None:
    assert '<strong class="label">-1' in client.post("/", headers=BROWSER, data={"model": "gap", "x": ""}).text


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"model": "sign", "x": "", "y": "1"}, 400, "The row lacks x"),
        ({"model": "sign", "x": "1,5", "y": "1"}, 400, "x must be a number, such as 12.5."),
        ({"model": "sign", "x": "nan", "y": "1"}, 400, "x must be a number"),
        ({"model": "sign", "x": "1_0", "y": "1"}, 400, "x must be a number"),
        ({"model": "sign", "x": "1", "y": "1", "z": "1"}, 400, "1 unknown field"),
        ({"model": "other", "x": "1"}, 404, "The form asks no model that is served here."),
        ({"x": "1"}, 404, "The form asks no model"),
        ({}, 415, "This path reads application/x-www-form-urlencoded"),
    ],
)
def test_a_form_is_refused_by_a_page(client: httpx.Client, fields: dict[str, str], status: int, sentence: str) -> None:
    answer = client.post("/", headers=BROWSER, data=fields)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert sentence in answer.text.split('<p class="refused" role="alert">')[1].split("<")[0]


@pytest.mark.parametrize("content", [b"model", b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 1001)])
def test_a_form_that_no_browser_sends_is_refused(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/", content=content, headers={**BROWSER, "content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert "The form cannot be read" in answer.text


def test_a_program_is_refused_as_elsewhere(client: httpx.Client) -> None:
    answer = client.post("/", data={"model": "sign", "x": "a", "y": "1"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "x must be a number, such as 12.5.", "reason": "value_type"},
    )


def test_a_form_over_the_cap_is_refused_by_a_page(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "price", "colour": "red" * 65536, "size": "1"})
    assert answer.status_code == 413
    assert "over 65536 bytes" in answer.text
    assert answer.text.startswith("<!DOCTYPE html>")


EVIL = """"><script>alert('1')</script>&amp;"""


def test_what_a_person_writes_is_shown_as_it_is(client: httpx.Client) -> None:
    text = client.post("/", headers=BROWSER, data={"model": "price", "colour": EVIL, "size": "1"}).text
    assert "<script>" not in text
    assert 'value="&quot;&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;amp;"' in text


def test_what_a_bundle_says_is_shown_as_it_is(price: Predictor) -> None:
    colour = Feature("colour", "BYTES", unit=EVIL, description=EVIL, categories=(EVIL,))
    size = Feature(EVIL, "FP32", unit=EVIL, description=EVIL)
    price.task = replace(price.task, title=EVIL, features=(colour, size), example={"colour": EVIL, EVIL: 1.0})
    price.bundle = replace(price.bundle, card={"summary": EVIL, "limits": [EVIL, EVIL]})
    assert "<script>" not in section(price)
    assert section(price).count("&lt;script&gt;") > 10


@pytest.mark.parametrize("card", [{}, {"limits": None, "summary": None}, {"limits": "one", "summary": ["two"]}])
def test_a_card_may_say_anything(price: Predictor, card: dict[str, object]) -> None:
    price.bundle = replace(price.bundle, card=card)
    assert "<h1>Price by colour</h1>" in section(price)


def test_html_is_filled_in_as_it_is_and_text_is_not() -> None:
    assert "<b>1</b>" in fill("refusal", sentence=Html("<b>1</b>"))
    assert "<b>1</b>" not in fill("refusal", sentence="<b>1</b>")


def test_where_no_pictures_are_served_a_form_of_one_is_refused(sign: Predictor) -> None:
    route = routes.table([sign], settings.from_environment({}))["/"]
    assert route.beside is not None
    assert route.beside.reads == (b"application/x-www-form-urlencoded",)


def test_without_docs_the_page_does_not_name_them(sign: Predictor) -> None:
    handler = routes.table([sign], settings.from_environment({"DOCS": "off"}))["/"].handler
    assert handler is not None
    assert b"/docs" not in handler(b"", {b"accept": b"text/html"}).body
