"""GET / for a person: one page for all models, and its files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import PurePath

import msgspec

from server.errors import ServingError
from server.page import asked_row
from server.page.form import Asked
from server.page.whole import Page
from server.predictor import Predictor
from server.response import Header, Response, refused
from server.route import Headers, Route
from server.settings import Settings

Reader = Callable[[Mapping[str, Predictor], bytes, Headers], Asked]

_HTML = (b"content-type", b"text/html; charset=utf-8")
_TYPES = {".css": b"text/css; charset=utf-8", ".js": b"text/javascript; charset=utf-8", ".svg": b"image/svg+xml"}

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STANDING: tuple[Header, ...] = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)
_VARY = (b"vary", b"accept")
_ALIVE = Response(msgspec.json.encode({"status": "alive"}), [(b"content-type", b"application/json"), _VARY])


def table(predictors: Iterable[Predictor], settings: Settings) -> dict[str, Route]:
    """The page, at the path of KServe's liveness, and its files."""
    predictors = tuple(predictors)
    page, readers = Page(predictors, settings), _readers(predictors)
    posted = Route(
        "/",
        "POST",
        partial(_answered, page, readers, {predictor.name: predictor for predictor in predictors}),
        tuple(readers),
        refusal=partial(_refused, page),
    )
    return {"/": Route("/", "GET", partial(_page_or_alive, _html(page.empty())), beside=posted)} | {
        f"/page/{file.name}": Route("/page/file", "GET", partial(_fixed, _file(file.name, file.read_bytes())))
        for file in files("server.page").iterdir()
        if PurePath(file.name).suffix in _TYPES
    }


def _readers(predictors: Sequence[Predictor]) -> dict[bytes, Reader]:
    """Content type of a form → what reads it."""
    readers: dict[bytes, Reader] = {asked_row.TYPE: asked_row.ask}
    if any(predictor.task.picture for predictor in predictors):
        from server.page import asked_picture  # noqa: PLC0415 (Pillow is loaded only where it is needed)

        readers[asked_picture.TYPE] = asked_picture.ask
    return readers


def _answered(
    page: Page, readers: Mapping[bytes, Reader], predictors: Mapping[str, Predictor], body: bytes, headers: Headers
) -> Response:
    content_type = headers[b"content-type"].partition(b";")[0].strip().lower()
    return _html(page.answered(readers[content_type](predictors, body, headers)))


def _refused(page: Page, error: ServingError, headers: Headers) -> Response:
    return _html(page.refused(error.sentence)) if _is_person(headers) else refused(error, headers)


def _page_or_alive(page: Response, _body: bytes, headers: Headers) -> Response:
    return page if _is_person(headers) else _ALIVE


def _is_person(headers: Headers) -> bool:
    return b"text/html" in headers.get(b"accept", b"")


def _fixed(answer: Response, _body: bytes, _headers: object) -> Response:
    return answer


def _html(page: str) -> Response:
    return Response(page.encode(), [_HTML, _VARY, *_STANDING])


def _file(name: str, content: bytes) -> Response:
    return Response(content, [(b"content-type", _TYPES[PurePath(name).suffix]), *_STANDING])
