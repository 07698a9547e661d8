"""Render what a model's card says about it: its purpose, how far to trust it, and last how it was made."""

from collections.abc import Mapping
from typing import Any

from model.bundle import Bundle
from server.page.markup import Markup, element, join, render

_ABOUT = Markup(
    '<details class="about"><summary>About this model</summary>\n{parts}\n'
    "<p>Version {version}, bundle <code>{digest}</code></p>\n</details>"
)
_LIST = Markup("<h2>{heading}</h2>\n<ul>{items}</ul>")
_PARAGRAPH = Markup("<h2>{heading}</h2>\n<p>{text}</p>")


def render_about(bundle: Bundle) -> Markup:
    """Render the part that opens; what the card lacks is left out."""
    card, limits = bundle.card, limits_of(bundle.card)
    parts = [_paragraph("What it is for", card.get("intended_use"))]
    if figures := _figures(card):
        limits = [*limits, figures]
    if limits:
        parts.append(render(_LIST, heading="How far to trust it", items=join(element("li", limit) for limit in limits)))
    parts.append(_paragraph("How it was made", card.get("method")))
    return render(
        _ABOUT, parts=join(part for part in parts if part), version=bundle.task.version, digest=bundle.digest[:12]
    )


def limits_of(card: Mapping[str, Any]) -> list[str]:
    """Return the card's limits. A card's fields are free, so this one may have any type."""
    limits = card.get("limits")
    return [str(limit) for limit in limits] if isinstance(limits, list) else []


def _figures(card: Mapping[str, Any]) -> str:
    """Return how often the model was right in the card's first evaluation, and which one that is."""
    match card:
        case {"metrics": {**metrics}, "fits": {**fits}} if metrics:
            name, figures = next(iter(metrics.items()))
            match figures:
                case {"rows": int(rows), "accuracy": float(accuracy)}:
                    return f"{100 * accuracy:.1f} % of {rows:,} answers were right. {fits.get(name, '')}".strip()
    return ""


def _paragraph(heading: str, text: object) -> Markup:
    return render(_PARAGRAPH, heading=heading, text=text) if text else Markup("")
