"""Render a model's answer: the prediction, a bar for each class, the warnings, and the picture as the model sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.task import Task
from server.page.markup import Markup, element, escape, join, render, template

MOST_BARS = 10  # of more classes, the page shows the likeliest

NO_ANSWER = "No answer"  # of a picture in which there is nothing to recognise
_SMALLEST_SHOWN = 0.001  # a probability closer to 0 or 1 is shown as a bound

_BAR = Markup(
    '<li data-label="{label}"{likeliest}><span class="class">{label}</span>'
    '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="{width}" height="1"/></svg>'
    '<span class="percent">{percent}</span></li>'
)
_SEEN = Markup(
    '<figure class="seen"{hidden}><img alt="The picture as the model sees it"{source}>'
    "<figcaption>As the model sees it,<br>{width} × {height} pixels</figcaption></figure>"
)


def render_answer(task: Task, answer: Mapping[str, Any] | None) -> Markup:
    """Render the answer's part of the page.

    Args:
        task: The model's description.
        answer: The JSON object that POST /predict returns, with "seen" for a picture. None renders the empty
            elements that the scripts fill, with a hint on what to do.
    """
    found = answer or {}
    probabilities = _probabilities(task, found)
    return render(
        template("answer"),
        state="" if answer else " empty with-script",
        label=_headline(task, found),
        probability=_beside(found),
        message="" if answer else _hint(task),
        warnings=join(element("li", warning) for warning in found.get("warnings", [])),
        bars=join(
            _bar(label, probabilities.get(label), label == found.get("label")) for label in _shown(task, probabilities)
        ),
        seen=_seen(task, found.get("seen")),
    )


def _headline(task: Task, answer: Mapping[str, Any]) -> str:
    """Return the label or the number, or each of several numbers with its name."""
    if task.targets and answer:
        pairs = zip(task.targets, answer["prediction"], strict=True)
        return ", ".join(f"{name} {number}" for name, number in pairs)
    found = answer.get("label", answer.get("prediction", ""))
    return NO_ANSWER if found is None else str(found)


def _beside(answer: Mapping[str, Any]) -> str:
    if "score" in answer:
        return f"score {answer['score']:.4g}"
    return "" if answer.get("probability") is None else _percent(answer["probability"])


def _hint(task: Task) -> str:
    if task.picture is None:
        return "The example is filled in. Change any value, then predict."
    if task.picture.input == "draw":
        return "The answer appears as you draw."
    return f"Choose {task.picture.subject}, and the answer appears here."


def _probabilities(task: Task, answer: Mapping[str, Any]) -> Mapping[str, float]:
    """Return the known probabilities by label. With two labels, one probability implies the other."""
    known: dict[str, float] = answer.get("probabilities") or {}
    if known or answer.get("probability") is None:
        return known
    label, probability = answer["label"], answer["probability"]
    others = [other for other in task.labels if other != label]
    return {label: probability} | ({others[0]: 1 - probability} if len(others) == 1 else {})


def _shown(task: Task, probabilities: Mapping[str, float]) -> Sequence[str]:
    """Return the labels that get a bar. Of many, the scripts replace those by the likeliest of each answer."""
    if len(task.labels) <= MOST_BARS:
        return task.labels
    return sorted(task.labels, key=lambda label: -probabilities.get(label, 0))[:MOST_BARS]


def _bar(label: str, probability: float | None, likeliest: bool) -> Markup:
    return render(
        _BAR,
        label=label,
        likeliest=Markup(' class="likeliest"' if likeliest else ""),
        width=f"{100 * (probability or 0):.2f}",
        percent="" if probability is None else _percent(probability),
    )


def _seen(task: Task, url: str | None) -> Markup:
    if task.picture is None:
        return Markup("")
    return render(
        _SEEN,
        hidden=Markup("" if url else " hidden"),
        source=Markup(f' src="{escape(url)}"' if url else ""),
        width=task.picture.width,
        height=task.picture.height,
    )


def _percent(probability: float) -> str:
    """Round to a tenth of a percent, but never to 0 or 100 unless the probability is exactly that."""
    if 0 < probability < _SMALLEST_SHOWN:
        return "< 0.1 %"
    if 1 - _SMALLEST_SHOWN < probability < 1:
        return "> 99.9 %"
    return f"{100 * probability:.1f} %"
