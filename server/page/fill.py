"""Templates → HTML: what is filled in is escaped, unless it is HTML already."""

from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template


class Html(str):
    """Text that is HTML."""

    __slots__ = ()


NOTHING = Html()


def fill(template: str, **values: object) -> Html:
    """The template of that name with every $value in its place."""
    return Html(_template(template).substitute({name: _written(value) for name, value in values.items()}))


def element(tag: str, text: str, attributes: str = "") -> Html:
    """One that holds text alone; attributes: as they are written."""
    return Html(f"<{tag}{attributes}>{escape(text)}</{tag}>")


def joined(parts: Iterable[Html]) -> Html:
    return Html("\n".join(parts))


def _written(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value))


@cache
def _template(name: str) -> Template:
    return Template(files("server.page").joinpath(f"{name}.html").read_text("utf-8").strip())
