"""An answer → the part of the page that shows it; without one, the place that the scripts fill."""

from collections.abc import Mapping
from html import escape
from typing import Any

from model.task import Task
from server.page.fill import NOTHING, Html, element, fill, joined

_HINTS = {
    "digit": "The answer appears as you draw.",
    "scan": "Give it a scan, and the answer appears here.",
    "row": "The example is filled in. Change it as you like, and predict.",
}
_LEAST = 0.001


def answer(task: Task, said: Mapping[str, Any] | None) -> Html:
    """said: the answer of the plain protocol, with "seen" where it was of a picture."""
    found = said or {}
    return fill(
        "answer",
        state="" if said else " empty with-script",
        label=found.get("label", found.get("prediction", "")),
        sure=_percent(found["probability"]) if "probability" in found else "",
        told="" if said else _HINTS[task.picture.transform if task.picture else "row"],
        warnings=joined(element("li", warning) for warning in found.get("warnings", [])),
        bars=joined(
            _bar(label, _probabilities(task, found).get(label), label == found.get("label")) for label in task.labels
        ),
        seen=_seen(task, found.get("seen")),
    )


def _probabilities(task: Task, found: Mapping[str, Any]) -> Mapping[str, float]:
    """Of each label, where they are known: of two, one says the other."""
    known: dict[str, float] = found.get("probabilities", {})
    if known or "probability" not in found:
        return known
    label, probability = found["label"], found["probability"]
    others = [other for other in task.labels if other != label]
    return {label: probability} | ({others[0]: 1 - probability} if len(others) == 1 else {})


def _bar(label: str, probability: float | None, likeliest: bool) -> Html:
    return fill(
        "bar",
        label=label,
        likeliest=Html(' class="likeliest"') if likeliest else NOTHING,
        width=f"{100 * (probability or 0):.2f}",
        percent="" if probability is None else _percent(probability),
    )


def _seen(task: Task, address: str | None) -> Html:
    if task.picture is None:
        return NOTHING
    return fill(
        "seen",
        hidden=NOTHING if address else Html(" hidden"),
        source=Html(f' src="{escape(address)}"') if address else NOTHING,
        width=task.picture.width,
        height=task.picture.height,
    )


def _percent(probability: float) -> str:
    """To a tenth, and neither none nor all where it is not."""
    if 0 < probability < _LEAST:
        return "< 0.1 %"
    if 1 - _LEAST < probability < 1:
        return "> 99.9 %"
    return f"{100 * probability:.1f} %"
