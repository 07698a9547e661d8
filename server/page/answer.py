"""Render a model's answer: the prediction, alarms, bars of the classes, notes, and the picture as the model sees it."""

from collections.abc import Mapping, Sequence
from typing import Any

from model.task import Task
from server.page.markup import Markup, element, escape, join, render, template

MOST_BARS = 10  # of more classes, the page shows the likeliest

_INCONCLUSIVE, _NO_ANSWER = "Inconclusive", "No answer"  # in place of a class; panel.js has the same words
_SMALLEST_SHOWN = 0.001  # a probability closer to 0 or 1 is shown as a bound

_BAR = Markup(
    '<li data-label="{label}"{likeliest}><span class="class">{name}</span>'
    '<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="{width}" height="1"/></svg>'
    '<span class="percent">{percent}</span></li>'
)
_SEEN = Markup(
    '<figure class="seen"{hidden}><img alt="The picture as the model sees it"{source}>'
    "<figcaption>As the model sees it,<br>{width} × {height} pixels</figcaption></figure>"
)


def render_answer(task: Task, names: Mapping[str, str], answer: Mapping[str, Any] | None) -> Markup:
    """Render the answer's part of the page.

    Args:
        task: The model's description.
        names: What to call the class of each label.
        answer: The JSON object that POST /predict returns, with "seen" for a picture. None renders the empty
            elements that the scripts fill, with a hint on what to do.
    """
    found = answer or {}
    probabilities = _probabilities(task, found)
    return render(
        template("answer"),
        state=_state(answer),
        label=_headline(task, names, found),
        probability=_beside(found),
        message="" if answer else _hint(task),
        alarms=join(element("p", sentence) for sentence in _alarms(found)),
        bars=join(
            _bar(label, names[label], probabilities.get(label), label == found.get("label"))
            for label in _shown(task, probabilities)
        ),
        notes=join(element("li", note) for note in found.get("notes", [])),
        seen=_seen(task, found.get("seen")),
    )


def _state(answer: Mapping[str, Any] | None) -> str:
    """Return the classes that the style sheet needs."""
    if answer is None:
        return " empty with-script"
    return " unanswered" if answer.get("label", "") is None else ""


def _alarms(answer: Mapping[str, Any]) -> list[str]:
    """Return why not to trust the answer. All warnings of a row are such reasons."""
    if "alarms" in answer:
        return [alarm["sentence"] for alarm in answer["alarms"]]
    return list(answer.get("warnings", []))


def _headline(task: Task, names: Mapping[str, str], answer: Mapping[str, Any]) -> str:
    """Return the class or the number, or each of several numbers with its name."""
    if task.targets and answer:
        pairs = zip(task.targets, answer["prediction"], strict=True)
        return ", ".join(f"{name} {number}" for name, number in pairs)
    if task.number and answer:
        number, value = task.number, f"{answer[task.number.name]:.{task.number.decimals}f}"
        return f"{number.name} {value} {number.unit}".rstrip()
    if "label" not in answer:
        return str(answer.get("prediction", ""))
    if answer["label"] is None:
        reasons = [alarm["reason"] for alarm in answer["alarms"]]
        return _INCONCLUSIVE if "inconclusive" in reasons else _NO_ANSWER
    return names[answer["label"]]


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


def _bar(label: str, name: str, probability: float | None, likeliest: bool) -> Markup:
    return render(
        _BAR,
        label=label,
        name=name,
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
