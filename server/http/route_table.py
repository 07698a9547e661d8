"""The table of routes: which one answers a request, or why none does."""

import re
from collections.abc import Iterator, Mapping, Sequence

from server.errors import MethodNotAllowed, NotFound
from server.route import Route, Routes

_UNKNOWN = Route("unknown", "")
_VARIABLES = {"{model}": "(?P<model>[^/:]+)", "{version}": "(?P<version>.+)"}


class RouteTable:
    """Finds what the App's lookup by path and method did not: HEAD requests, and refusals."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        # The models and versions in the paths, by the pattern of their route's name.
        self._served: dict[re.Pattern[str], list[dict[str, str]]] = {}
        for (path, _), route in routes.items():
            if "{model}" in route.name and (found := _pattern(route.name).fullmatch(path)):
                self._served.setdefault(found.re, []).append(found.groupdict())

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
        methods = ", ".join(taken for its_route in self._routes_of(path) for taken in methods_of(its_route))
        raise MethodNotAllowed(f"Method not allowed. This path takes {methods} only.", {"allow": methods})

    def _not_found(self, path: str) -> str:
        """Return what was most likely meant, in words. Nothing that the caller sent is repeated."""
        meant = re.sub("/+", "/", path).rstrip("/") or "/"
        if meant != path and any(self._routes_of(meant)):
            return f"Not found: the path has a slash too many. Use {meant}."
        for pattern, served in self._served.items():
            if found := pattern.fullmatch(path):
                return _not_served(found["model"], served)
        return "Not found. Use POST /predict to predict; GET /info describes the input."

    def _routes_of(self, path: str) -> Iterator[Route]:
        return (route for (its_path, _), route in self._routes.items() if its_path == path)


def methods_of(route: Route) -> Iterator[str]:
    yield route.method
    if route.method == "GET":
        yield "HEAD"


def _pattern(name: str) -> re.Pattern[str]:
    """Return what the paths of a route look like, given its name."""
    pattern = re.escape(name)
    for variable, text in _VARIABLES.items():
        pattern = pattern.replace(re.escape(variable), text)
    return re.compile(pattern)


def _not_served(model: str, served: Sequence[Mapping[str, str]]) -> str:
    """Return which models, or which version of the model, the path has."""
    for parts in served:
        if parts["model"] == model:
            return f"Not found: {model} has another version here. Use version {parts['version']}."
    models = ", ".join(dict.fromkeys(parts["model"] for parts in served))
    return f"Not found: no model of that name answers at this path. Use one of these: {models}."
