"""A model → its part of the page: what it is asked, and the place of its answer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from model.task import Feature, Picture
from server.page.answers import answer
from server.page.fill import NOTHING, Html, element, fill, joined
from server.predictor import Predictor

NO_DEVICE = "This is no medical device: it must not take part in any decision about a patient."


def section(predictor: Predictor, said: Mapping[str, Any] | None = None, row: Mapping[str, Any] | None = None) -> Html:
    """said: what it answered, if it was asked; row: what it was asked, else the example is filled in."""
    task, card = predictor.task, predictor.bundle.card
    limits = _limits(card)
    caution = NO_DEVICE if task.picture and task.picture.transform == "scan" else (limits or [""])[0]
    return fill(
        "section",
        name=predictor.name,
        title=task.title,
        summary=card.get("summary", ""),
        enctype="multipart/form-data" if task.picture else "application/x-www-form-urlencoded",
        takes=task.picture.transform if task.picture else "row",
        labels=msgspec.json.encode(task.labels).decode(),
        caution=fill("caution", sentence=caution) if caution else NOTHING,
        question=_picture(task.picture) if task.picture else _row(predictor, task.example if row is None else row),
        answer=answer(task, said),
        several=fill("several") if task.picture else NOTHING,
        about=fill(
            "about",
            limits=joined(element("li", limit) for limit in limits),
            version=task.version,
            digest=predictor.bundle.digest[:12],
        ),
    )


def _limits(card: Mapping[str, Any]) -> list[str]:
    """A card may hold anything."""
    limits = card.get("limits")
    return [str(limit) for limit in limits] if isinstance(limits, list) else []


def _picture(picture: Picture) -> Html:
    drawn = picture.transform == "digit"
    surface = fill("drawing" if drawn else "drop", subject=picture.subject)
    return fill("picture", surface=surface, tools=fill("tools") if drawn else NOTHING)


def _row(predictor: Predictor, values: Mapping[str, Any]) -> Html:
    fields = [
        _field(feature, f"{predictor.name}-{place}", values.get(feature.name))
        for place, feature in enumerate(predictor.task.features)
    ]
    return fill("rows", fields=joined(fields))


def _field(feature: Feature, identity: str, value: float | str | None) -> Html:
    written = "" if value is None else value
    common = {"id": identity, "name": feature.name, "label": feature.name.replace("_", " "), "value": written}
    if feature.is_number:
        about = joined([element("span", feature.description), _seen(feature)])
        return fill("number", **common, unit=_unit(feature), about=about, range=_range(feature))
    options = joined(element("option", category) for category in feature.categories)
    return fill("text", **common, about=feature.description, options=options)


def _unit(feature: Feature) -> str:
    return "" if feature.unit == "1" else feature.unit


def _seen(feature: Feature) -> Html:
    if feature.minimum is None or feature.maximum is None:
        return NOTHING
    return element("span", f"Seen in training: {feature.minimum:g} to {feature.maximum:g}.", ' class="range"')


def _range(feature: Feature) -> Html:
    """A value outside is marked, not refused."""
    ends = {"min": feature.minimum, "max": feature.maximum}
    return Html("".join(f' {name}="{end}"' for name, end in ends.items() if end is not None))
