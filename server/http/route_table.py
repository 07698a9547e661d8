"""The table of routes: which one answers a request, or why none does."""

import re
from collections.abc import Iterator

from server.errors import MethodNotAllowed, NotFound
from server.route import Route, Routes

_UNKNOWN = Route("unknown", "")


class RouteTable:
    """Finds what the App's lookup by path and method did not: HEAD requests, and refusals."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def other_route(self, path: str, method: str) -> Route:
        """Return the GET route for a HEAD; otherwise a route of the path, under which its refusal is counted."""
        if method == "HEAD" and (route := self._routes.get((path, "GET"))):
            return route
        return next(self._routes_of(path), _UNKNOWN)

    def check_method(self, route: Route, path: str, method: str) -> None:
        """Refuse a request that `other_route` was asked for, unless the route answers its method.

        Raises:
            NotFound: There is no such path.
            MethodNotAllowed: The path takes other methods.
        """
        if route is _UNKNOWN:
            raise NotFound(self._not_found(path))
        if method == "HEAD" and route.method == "GET":
            return
        methods = ", ".join(taken for its_route in self._routes_of(path) for taken in _methods(its_route))
        raise MethodNotAllowed(f"Method not allowed. This path takes {methods} only.", {"allow": methods})

    def _not_found(self, path: str) -> str:
        """Return what was most likely meant, in words. Nothing that the caller sent is repeated."""
        meant = re.sub("/+", "/", path).rstrip("/") or "/"
        if meant != path and any(self._routes_of(meant)):
            return f"Not found: the path has a slash too many. Use {meant}."
        return "Not found. Use POST /predict to predict; GET /info describes the input."

    def _routes_of(self, path: str) -> Iterator[Route]:
        return (route for (its_path, _), route in self._routes.items() if its_path == path)


def _methods(route: Route) -> Iterator[str]:
    yield route.method
    if route.method == "GET":
        yield "HEAD"
