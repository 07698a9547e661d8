"""Render one model's part of the page: its form, the place of its answer, and what its card says."""

from collections.abc import Mapping
from typing import Any

import msgspec

from model.task import Feature, Picture
from server.page.about import limits_of, render_about
from server.page.answer import render_answer
from server.page.markup import Markup, element, join, render, template
from server.predictor import Predictor
from server.rows.closed_numbers import shown

_CAUTION = Markup(
    '<p class="caution{strong}"><svg viewBox="0 0 20 20" aria-hidden="true">'
    '<path d="M10 2.5 18.5 17.5H1.5Z M10 8v4.5 M10 15v.3"/></svg><span>{sentence}</span></p>'
)
_DRAWING_AREA = Markup(
    '<div class="paper blank with-script" data-hint="Draw {subject}"><canvas class="drawing" width="336" height="336" '
    'role="img" aria-label="Draw {subject} here with mouse, finger or pen; with the keyboard, choose a picture '
    'instead."></canvas><img class="given" alt="The picture given" hidden></div>'
)
_DRAWING_TOOLS = Markup(
    '<button class="clear with-script" type="button">Clear</button>\n'
    '<button class="keep with-script" type="button" aria-label="Save the drawing">Save</button>'
)
_DROP_AREA = Markup(
    '<div class="drop with-script"><svg viewBox="0 0 48 48" aria-hidden="true">'
    '<path d="M24 32V11M15 20l9-9 9 9M8 33v6h32v-6"/></svg><span>Drop or choose {subject}</span>'
    '<img class="given" alt="The picture given" hidden></div>'
)
_PICTURE_TABLE = Markup(
    '<div class="several with-script" hidden>\n'
    '<div class="head"><h2>All pictures</h2><p class="progress" role="status"></p>'
    '<button type="button" class="save">Save as CSV</button></div>\n'
    '<table aria-label="Answers"><thead><tr><th scope="col">Picture</th><th scope="col">Answer</th>'
    '<th scope="col">Probability</th><th scope="col">Alarms</th><th scope="col">ms</th></tr></thead>'
    "<tbody></tbody></table>\n</div>"
)
_ROW = Markup('<div class="fields">{fields}</div>\n<button class="send">Predict</button>')
_NUMBER = Markup(
    '<div class="field"><label for="{id}">{label}</label><span class="value">'
    '<input id="{id}" name="{name}" type="number" step="any" value="{value}" aria-describedby="{id}-about"{range}>'
    '<span class="unit">{unit}</span></span><p class="hint" id="{id}-about">{about}</p></div>'
)
_TEXT = Markup(
    '<div class="field"><label for="{id}">{label}</label><span class="value">'
    '<input id="{id}" name="{name}" value="{value}" list="{id}-known" aria-describedby="{id}-about"></span>'
    '<datalist id="{id}-known">{options}</datalist><p class="hint" id="{id}-about">{about}</p></div>'
)
_PARAGRAPH = Markup(
    '<div class="field"><label for="{id}">{label}</label><span class="value">'
    '<textarea id="{id}" name="{name}" rows="3" aria-describedby="{id}-about">{value}</textarea></span>'
    '<p class="hint" id="{id}-about">{about}</p></div>'
)
_CHOICE = Markup(
    '<div class="field"><label for="{id}">{label}</label><span class="value">'
    '<select id="{id}" name="{name}" data-kind="{kind}" aria-describedby="{id}-about">{options}</select>'
    '<span class="unit">{unit}</span></span><p class="hint" id="{id}-about">{about}</p></div>'
)


def render_section(
    predictor: Predictor, answer: Mapping[str, Any] | None = None, row: Mapping[str, Any] | None = None
) -> Markup:
    """Render the section of one model.

    Args:
        predictor: The model.
        answer: Its answer as POST /predict returns it, if there is one to show.
        row: The values to fill into the form. None fills in the model's example.
    """
    task, card, picture = predictor.task, predictor.bundle.card, predictor.task.picture
    names = predictor.bundle.class_names
    return render(
        template("section"),
        name=predictor.name,
        title=task.title,
        summary=card.get("summary", ""),
        enctype="multipart/form-data" if picture else "application/x-www-form-urlencoded",
        input=picture.input if picture else "row",
        size=f"{picture.width} × {picture.height}" if picture else "",
        names=msgspec.json.encode(tuple(names.items())).decode(),
        targets=msgspec.json.encode(task.targets).decode(),
        number=msgspec.json.encode(task.number).decode(),
        caution=_caution(picture, limits_of(card)),
        fields=_picture_form(picture) if picture else _row_form(predictor, task.example if row is None else row),
        answer=render_answer(task, names, answer),
        table=_PICTURE_TABLE if picture else Markup(""),
        about=render_about(predictor.bundle),
    )


def _caution(picture: Picture | None, limits: list[str]) -> Markup:
    """Render the model's caution, or else the first limit on its card."""
    if picture and picture.caution:
        return render(_CAUTION, strong=" strong", sentence=picture.caution)
    return render(_CAUTION, strong="", sentence=limits[0]) if limits else Markup("")


def _picture_form(picture: Picture) -> Markup:
    drawn = picture.input == "draw"
    return render(
        template("picture"),
        surface=render(_DRAWING_AREA if drawn else _DROP_AREA, subject=picture.subject),
        tools=_DRAWING_TOOLS if drawn else Markup(""),
    )


def _row_form(predictor: Predictor, values: Mapping[str, Any]) -> Markup:
    fields = [
        _field(feature, f"{predictor.name}-{index}", values.get(feature.name))
        for index, feature in enumerate(predictor.task.features)
    ]
    return render(_ROW, fields=join(fields))


def _field(feature: Feature, identifier: str, value: bool | float | str | None) -> Markup:
    common = {
        "id": identifier,
        "name": feature.name,
        "label": feature.name.replace("_", " "),
        "value": "" if value is None else value,
    }
    unit = "" if feature.unit == "1" else feature.unit
    if feature.only_numbers:
        kind = "boolean" if feature.boolean else "number"
        return render(
            _CHOICE, **common, kind=kind, unit=unit, about=feature.description, options=_options(feature, value)
        )
    if feature.is_number:
        about = join([element("span", feature.description), _training_range(feature)])
        return render(_NUMBER, **common, unit=unit, about=about, range=_bounds(feature))
    if not feature.categories:
        return render(_PARAGRAPH, **common, about=feature.description)
    options = join(element("option", category) for category in feature.categories)
    return render(_TEXT, **common, about=feature.description, options=options)


def _options(feature: Feature, value: bool | float | str | None) -> Markup:
    """Return the values to choose from, with the one that is chosen; a blank one stands for a missing value."""
    texts = ["", *map(shown, feature.codes)] if feature.codes else ["", "false", "true"]
    numbers = [None, *feature.only_numbers]
    pairs = list(zip(texts, numbers, strict=True))[0 if feature.optional else 1 :]
    return join(element("option", text, " selected" if number == value else "") for text, number in pairs)


def _training_range(feature: Feature) -> Markup:
    if feature.minimum is None or feature.maximum is None:
        return Markup("")
    return element("span", f"Seen in training: {feature.minimum:g} to {feature.maximum:g}.", ' class="range"')


def _bounds(feature: Feature) -> Markup:
    """Return the attributes by which the browser marks a value outside the training range. It is still accepted."""
    bounds = {"min": feature.minimum, "max": feature.maximum}
    return Markup("".join(f' {name}="{bound}"' for name, bound in bounds.items() if bound is not None))
