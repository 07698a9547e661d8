"""Serve the page at / and its files. Clients that do not accept HTML get KServe's liveness answer there.

Every link of the page is relative, so that it works behind a proxy that strips a prefix from the path.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import quote

import msgspec

from server.errors import ServingError
from server.page.form import PICTURE_FORM, ROW_FORM, FormResult, answer_picture, answer_row
from server.page.markup import Markup, element, join, render, template
from server.page.section import render_section
from server.predictor import Predictor
from server.response import Header, Response, error_response
from server.route import Headers, Route, Routes, media_type
from server.settings import Settings

FormHandler = Callable[[Mapping[str, Predictor], bytes, Headers], FormResult]

_HTML = (b"content-type", b"text/html; charset=utf-8")
_TYPES = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)
_VARY = (b"vary", b"accept")
_ALIVE = Response(msgspec.json.encode({"status": "alive"}), [(b"content-type", b"application/json"), _VARY])
_DOCS = Markup('<p><a href="docs">API documentation, with requests to try</a></p>')
_REFUSAL = Markup('<p class="refused" role="alert">{sentence} <a href="./">Start again.</a></p>')


class Page:
    """The page of these models: as first opened, with one model's answer, or with a refusal."""

    def __init__(self, predictors: Sequence[Predictor], settings: Settings) -> None:
        self._predictors = predictors
        self._settings = settings

    def empty(self) -> Markup:
        """Return the page with a section for every model."""
        return self._page(map(render_section, self._predictors))

    def answered(self, result: FormResult) -> Markup:
        """Return the page with the section of the model that answered."""
        return self._page([render_section(*result)])

    def refused(self, sentence: str) -> Markup:
        return self._page([render(_REFUSAL, sentence=sentence)])

    def _page(self, sections: Iterable[Markup]) -> Markup:
        tasks = [model.task for model in self._predictors]
        links = (
            element("a", _short(model.task.title), f' href="./#{quote(model.name)}"') for model in self._predictors
        )
        return render(
            template("index"),
            title=" · ".join(["mlserving", *(task.title for task in tasks)]),
            max_picture_bytes=self._settings.max_picture_bytes,
            links=join(links),
            sections=join(sections),
            docs=_DOCS if self._settings.docs else Markup(""),
        )


def routes_for(predictors: Iterable[Predictor], settings: Settings) -> Routes:
    """Return the routes of the page and of its files."""
    predictors = tuple(predictors)
    page, handlers = Page(predictors, settings), _form_handlers(predictors)
    posted = Route(
        "/",
        "POST",
        partial(_answer_form, page, handlers, {predictor.name: predictor for predictor in predictors}),
        tuple(handlers),
        error_response=partial(_refuse_form, page),
    )
    page_or_liveness = Route("/", "GET", partial(_page_or_liveness, _html(page.empty())))
    return {("/", "GET"): page_or_liveness, ("/", "POST"): posted} | {
        (f"/page/{file.name}", "GET"): Route("/page/file", "GET", partial(_static, _file(file.name, file.read_bytes())))
        for file in files("server.page").iterdir()
        if PurePath(file.name).suffix in _TYPES
    }


def _form_handlers(predictors: Sequence[Predictor]) -> dict[bytes, FormHandler]:
    """Return the handler of each content type that the page's forms have."""
    handlers: dict[bytes, FormHandler] = {ROW_FORM: answer_row}
    if any(predictor.task.picture for predictor in predictors):
        handlers[PICTURE_FORM] = answer_picture
    return handlers


def _answer_form(
    page: Page,
    handlers: Mapping[bytes, FormHandler],
    predictors: Mapping[str, Predictor],
    body: bytes,
    headers: Headers,
) -> Response:
    return _html(page.answered(handlers[media_type(headers)](predictors, body, headers)))


def _refuse_form(page: Page, error: ServingError, headers: Headers) -> Response:
    return _html(page.refused(error.sentence)) if _accepts_html(headers) else error_response(error, headers)


def _page_or_liveness(page: Response, _body: bytes, headers: Headers) -> Response:
    return page if _accepts_html(headers) else _ALIVE


def _accepts_html(headers: Headers) -> bool:
    return b"text/html" in headers.get(b"accept", b"")


def _static(response: Response, _body: bytes, _headers: object) -> Response:
    return response


def _html(page: str) -> Response:
    return Response(page.encode(), [_HTML, _VARY, *_SECURITY_HEADERS])


def _file(name: str, content: bytes) -> Response:
    return Response(content, [(b"content-type", _TYPES[PurePath(name).suffix]), *_SECURITY_HEADERS])


def _short(title: str) -> str:
    """Return the title without a remark in brackets at its end."""
    return title.partition(" (")[0]
