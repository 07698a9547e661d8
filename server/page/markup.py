"""Render HTML templates. Every inserted value is escaped unless it is Markup already."""

import html
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


class Markup(str):
    """HTML that may be inserted as it stands. MarkupSafe has the same type; the server does not install it."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Return the value as HTML text, or unchanged if it is Markup."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def render(template: Markup, **values: object) -> Markup:
    """Return the template with every {name} replaced by its escaped value."""
    return Markup(template.format(**{name: escape(value) for name, value in values.items()}))


def element(tag: str, text: str, attributes: str = "") -> Markup:
    """Return an element that contains only text. The attributes are inserted unescaped."""
    return Markup(f"<{tag}{attributes}>{escape(text)}</{tag}>")


def join(parts: Iterable[Markup]) -> Markup:
    return Markup("\n".join(parts))


@cache
def template(name: str) -> Markup:
    """Read a template from its file in this folder."""
    return Markup(files("server.page").joinpath(f"{name}.html").read_text("utf-8").strip())
