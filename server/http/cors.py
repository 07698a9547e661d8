"""CORS: which pages of other origins may call this server from a browser.

This behaves like Starlette's CORSMiddleware without credentials. Tests compare the two.
"""

from collections.abc import Sequence
from functools import partial

from server.errors import MethodNotAllowed, OriginNotAllowed
from server.http.route_table import methods_of
from server.response import Header, Response
from server.route import Headers, Route, Routes

ANY = "*"

# A browser hides every other header of a response from the page.
_EXPOSED: Header = (
    b"access-control-expose-headers",
    b"Allow, Inference-Header-Content-Length, Retry-After, Traceparent, X-Request-Id, X-Served-By",
)
# Requests have no cookies, so any header is harmless. The asterisk does not stand for Authorization, which a gateway in
# front may want. A page asks again after ten minutes.
_PREFLIGHT: Sequence[Header] = (
    (b"access-control-allow-headers", b"*, Authorization"),
    (b"access-control-max-age", b"600"),
)


class Cors:
    """Adds the headers that let a browser show a response to a page.

    Args:
        origins: The pages' origins, as a browser writes them, or ANY.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._any = ANY in origins
        self._origins = frozenset(origin.encode() for origin in origins)

    def add_to(self, headers: list[Header], origin: bytes | None) -> None:
        """Add them to a response for a page of that origin, or for no page."""
        if self._any:
            headers += ((b"access-control-allow-origin", b"*"), _EXPOSED)
            return
        varies = [*(value for name, value in headers if name == b"vary"), b"Origin"]
        headers[:] = [header for header in headers if header[0] != b"vary"]
        headers.append((b"vary", b", ".join(varies)))
        if origin in self._origins:
            headers += ((b"access-control-allow-origin", origin), _EXPOSED)

    def preflight_routes(self, routes: Routes) -> Routes:
        """Return the routes that answer preflight requests, one for each path."""
        methods: dict[str, list[str]] = {}
        for (path, _), route in routes.items():
            methods.setdefault(path, []).extend(methods_of(route))
        return {
            (path, "OPTIONS"): Route(route.name, "OPTIONS", partial(self._preflight, ", ".join(methods[path])))
            for (path, _), route in routes.items()
        }

    def _preflight(self, methods: str, _body: bytes, headers: Headers) -> Response:
        origin = headers.get(b"origin")
        if origin is None or b"access-control-request-method" not in headers:
            raise MethodNotAllowed(f"Method not allowed. This path takes {methods} only.", {"allow": methods})
        if not self._any and origin not in self._origins:
            raise OriginNotAllowed("Pages of this origin may not call this server: CORS_ORIGINS does not name it.")
        return Response(b"", [(b"access-control-allow-methods", methods.encode()), *_PREFLIGHT])
