"""Serve GET /docs: Swagger UI with the OpenAPI document. All of its files come from this server, not from a CDN.

The links are relative, so that they work behind a proxy that strips a prefix from the path.
"""

from collections.abc import Iterable
from functools import partial
from importlib.resources import files

import msgspec
from fastapi.openapi.docs import get_swagger_ui_html

from server import openapi
from server.predictor import Predictor
from server.response import Response
from server.route import Route, Routes

_ASSETS = {
    "swagger-ui-bundle.js": b"text/javascript",
    "swagger-ui.css": b"text/css",
    "favicon.png": b"image/png",
}


def routes_for(predictors: Iterable[Predictor]) -> Routes:
    """Return the routes of the documentation page."""
    document = openapi.document(predictors)
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=document["info"]["title"],
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon.png",
    )
    documents = {
        "/docs": Response(bytes(page.body), [(b"content-type", b"text/html; charset=utf-8")]),
        "/openapi.json": Response(msgspec.json.encode(document)),
    }
    routes = {(path, "GET"): Route(path, "GET", partial(_static, response)) for path, response in documents.items()}
    return routes | {(f"/docs/{name}", "GET"): Route("/docs/asset", "GET", partial(_asset, name)) for name in _ASSETS}


def _static(response: Response, _body: bytes, _headers: object) -> Response:
    return response


def _asset(name: str, _body: bytes, _headers: object) -> Response:
    content = files("fastapi_offline").joinpath("static", name).read_bytes()
    return Response(content, [(b"content-type", _ASSETS[name]), (b"cache-control", b"max-age=86400")])
