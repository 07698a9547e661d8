"""The page's routes: what browsers and probes get, with which headers, and the form without scripts."""

import html
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from model.task import Feature
from server import page, settings
from server.page import routes
from server.page.markup import Markup, render
from server.page.section import render_section
from server.predictor import Predictor

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FILES = sorted(path.name for path in Path(page.__path__[0]).iterdir() if path.suffix in {".js", ".css", ".svg"})


def test_browser_gets_the_page_and_probe_gets_liveness(client: httpx.Client) -> None:
    person, probe = client.get("/", headers=BROWSER), client.get("/")
    assert person.text.startswith("<!DOCTYPE html>")
    assert probe.json() == {"status": "alive"}
    assert person.headers["vary"] == "accept, Accept-Encoding"  # it is long enough to be compressed
    assert probe.headers["vary"] == "accept"


def test_page_lists_every_model_and_the_limit_of_pictures(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    assert re.findall(r'<section [^>]*data-model="(\w+)"', text) == ["sign", "price", "gap", "club"]
    assert 'data-max-bytes="10485760"' in text
    assert 'href="docs"' in text


def test_page_has_no_external_references_and_nothing_inline(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    assert not re.search(r"https?://|<style|style=|\son\w+=|<script(?![^>]* src=)", text)


@pytest.mark.parametrize("path", ["/", *(f"/page/{name}" for name in FILES)])
def test_security_and_cache_headers_are_on_every_file(client: httpx.Client, path: str) -> None:
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
        ("main.js", "text/javascript; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_file_has_its_content_type(client: httpx.Client, name: str, content_type: str) -> None:
    answer, head = client.get(f"/page/{name}"), client.head(f"/page/{name}")
    assert answer.headers["content-type"] == head.headers["content-type"] == content_type
    assert answer.content == (Path(page.__path__[0]) / name).read_bytes()
    assert head.content == b""


def test_every_referenced_file_exists_and_every_file_is_referenced(client: httpx.Client) -> None:
    text = client.get("/", headers=BROWSER).text
    named = set(re.findall(r"page/([\w.]+)", text))
    for name in FILES:
        named |= set(re.findall(r"from '\./([\w.]+)'", client.get(f"/page/{name}").text))
    assert named == set(FILES)


@pytest.mark.parametrize("path", ["/page/", "/page/none.js", "/page/markup.py", "/page/index.html", "/page/../site.py"])
def test_other_files_of_the_package_are_not_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_head_has_no_body(client: httpx.Client) -> None:
    head = client.head("/", headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "text/html; charset=utf-8"


def test_other_method_returns_405_with_allow(client: httpx.Client) -> None:
    answer = client.put("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_form_answer_keeps_the_row(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "sign", "x": "3", "y": "-1.5"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert '<strong class="label">high</strong> <span class="probability">81.8 %</span>' in answer.text
    assert 'value="-1.5"' in answer.text
    assert '<section class="model" id="price"' not in answer.text


def test_regression_shows_its_number(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "price", "colour": "blue", "size": "0.25"})
    assert '<strong class="label">2.25</strong>' in answer.text


@pytest.mark.parametrize(("member", "prediction"), [("true", "21.0"), ("false", "20.0"), ("", "19.0")])
def test_a_boolean_and_a_code_are_chosen_and_a_text_has_room(
    client: httpx.Client, member: str, prediction: str
) -> None:
    fields = {"model": "club", "member": member, "level": "2", "note": "any <words>"}
    text = client.post("/", headers=BROWSER, data=fields).text
    assert f'<strong class="label">{prediction}</strong>' in text
    assert re.findall(r"<option( selected)?>([^<]*)</option>", text) == [
        *((" selected" if value == member else "", value) for value in ("", "false", "true")),
        *((" selected" if value == "2" else "", value) for value in ("1", "2", "2.5")),
    ]
    assert re.search(r"<textarea [^>]*>any &lt;words&gt;</textarea>", text)


def test_blank_field_is_a_missing_value(client: httpx.Client) -> None:
    assert '<strong class="label">-1' in client.post("/", headers=BROWSER, data={"model": "gap", "x": ""}).text


@pytest.mark.parametrize(
    ("fields", "status", "fact"),
    [
        ({"model": "sign", "x": "", "y": "1"}, 400, "x"),
        ({"model": "sign", "x": "1,5", "y": "1"}, 400, "x must be a number, such as 12.5."),
        ({"model": "sign", "x": "nan", "y": "1"}, 400, "x must be a number"),
        ({"model": "sign", "x": "1_0", "y": "1"}, 400, "x must be a number"),
        ({"model": "sign", "x": "1", "y": "1", "z": "1"}, 400, "1 unknown field"),
        (
            {"model": "other", "x": "1"},
            404,
            "The form names no model that is served here. Use one of these: sign, price, gap, club.",
        ),
        ({"x": "1"}, 404, "The form names no model"),
        ({}, 415, "application/x-www-form-urlencoded"),
    ],
)
def test_form_refusal_is_a_page(client: httpx.Client, fields: dict[str, str], status: int, fact: str) -> None:
    page, refusal = client.post("/", headers=BROWSER, data=fields), client.post("/", data=fields)
    assert page.status_code == refusal.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    sentence = html.unescape(page.text.split('<p class="refused" role="alert">')[1].split("<")[0]).strip()
    assert sentence == refusal.json()["error"]
    assert re.search(rf"\b{re.escape(fact)}", sentence)


@pytest.mark.parametrize("content", [b"model", b"a=%ff", b"\xff=1", b"&".join([b"a=1"] * 1001)])
def test_form_that_cannot_be_decoded_is_refused(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/", content=content, headers={**BROWSER, "content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert "The form cannot be read" in answer.text


def test_form_refusal_is_json_for_programs(client: httpx.Client) -> None:
    answer = client.post("/", data={"model": "sign", "x": "a", "y": "1"})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "x must be a number, such as 12.5.", "reason": "value_type"},
    )


def test_form_over_the_body_limit_is_refused_with_a_page(client: httpx.Client) -> None:
    answer = client.post("/", headers=BROWSER, data={"model": "price", "colour": "red" * 65536, "size": "1"})
    assert answer.status_code == 413
    assert re.search(r"\b65,?536 bytes", answer.text)
    assert answer.text.startswith("<!DOCTYPE html>")


EVIL = """"><script>alert('1')</script>&amp;"""


def test_form_values_are_escaped(client: httpx.Client) -> None:
    text = client.post("/", headers=BROWSER, data={"model": "price", "colour": EVIL, "size": "1"}).text
    assert "<script>" not in text
    assert 'value="&quot;&gt;&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;&amp;amp;"' in text


def test_texts_of_a_bundle_are_escaped(price: Predictor) -> None:
    colour = Feature("colour", "BYTES", unit=EVIL, description=EVIL, categories=(EVIL,))
    size = Feature(EVIL, "FP32", unit=EVIL, description=EVIL)
    price.task = replace(price.task, title=EVIL, features=(colour, size), example={"colour": EVIL, EVIL: 1.0})
    price.bundle = replace(price.bundle, card={"summary": EVIL, "limits": [EVIL, EVIL]})
    assert "<script>" not in render_section(price)
    assert render_section(price).count("&lt;script&gt;") > 10


@pytest.mark.parametrize("card", [{}, {"limits": None, "summary": None}, {"limits": "one", "summary": ["two"]}])
def test_card_without_usable_texts_still_renders(price: Predictor, card: dict[str, object]) -> None:
    price.bundle = replace(price.bundle, card=card)
    assert "<h1>Price by colour</h1>" in render_section(price)


def test_render_escapes_text_but_not_markup() -> None:
    assert "<b>1</b>" in render(Markup("<p>{sentence}</p>"), sentence=Markup("<b>1</b>"))
    assert "<b>1</b>" not in render(Markup("<p>{sentence}</p>"), sentence="<b>1</b>")


def test_picture_forms_are_refused_without_a_picture_model(sign: Predictor) -> None:
    route = routes.routes_for([sign], settings.from_environment({}))["/", "POST"]
    assert route.reads == (b"application/x-www-form-urlencoded",)


def test_page_does_not_link_to_docs_when_they_are_off(sign: Predictor) -> None:
    handler = routes.routes_for([sign], settings.from_environment({"DOCS": "off"}))["/", "GET"].handler
    assert handler is not None
    assert b'"docs"' not in handler(b"", {b"accept": b"text/html"}).body
