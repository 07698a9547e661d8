"""Says what a file holds if it is no whole model, and gives the line of Python that makes one of its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelBinarizer, LabelEncoder

DEEPEST = 3  # levels of dictionaries and lists that are searched
MOST = 12  # parts that are found
NAMED = 4  # parts that a sentence names

ROOM = 290  # characters of a sentence on the terminal

LABELS = (LabelEncoder, LabelBinarizer)
_IMPORTS = "import joblib; from sklearn.pipeline import make_pipeline; "


class _Part(NamedTuple):
    """A part of a file, and the expression that takes it out of what the file holds."""

    value: Any
    expression: str

    @property
    def is_model(self) -> bool:
        return hasattr(self.value, "predict")

    @property
    def is_step(self) -> bool:
        """Whether it is a preprocessing step of the model. A label encoder is not: it encodes the target."""
        return is_only_a_step(self.value) and not isinstance(self.value, LABELS)

    @property
    def width(self) -> int | None:
        width: int | None = getattr(self.value, "n_features_in_", None)
        return width


def refusal(content: Any, path: Path, *, pickles: int = 1) -> str:
    """Return why this cannot be bundled and what to do.

    Args:
        content: What the file holds: something other than a fitted model.
        path: The file.
        pickles: How many pickles it holds, one after the other; if several, content is the list of what they hold.
    """
    name, kind = path.name, _kind(content)
    if isinstance(content, Mapping | list | tuple):
        return _of_parts(content, name, pickles)
    if isinstance(content, type):
        return f"{name} holds the class {content.__name__}, not a fitted model. Save the object whose fit was called."
    if isinstance(content, LABELS):
        return f"{name} holds a {kind}, which only names classes. Bundle the model, and add --encoder {name}."
    if is_only_a_step(content):
        return _with_code(
            f"{name} holds a {kind}, which predicts nothing. Bundle its model with --before {name}, or save both:",
            f'joblib.dump(make_pipeline(joblib.load("{name}"), joblib.load("model.pkl")), "pipeline.joblib")',
        )
    return f"{name} holds a {kind}, not a scikit-learn pipeline or model. Save the fitted pipeline with joblib.dump."


def several_classes(pipeline: Any, path: Path) -> str:
    """Return what to do with a classifier of several targets."""
    sentence = f"{path.name} predicts several classes per row, and only one can be served."
    last = pipeline.steps[-1][1] if isinstance(pipeline, Pipeline) else pipeline
    if not isinstance(last, MultiOutputClassifier):
        return f"{sentence} Fit and bundle a model for each column of the target."
    one = "make_pipeline(p[:-1], p[-1].estimators_[0])" if last is not pipeline else "p.estimators_[0]"
    return _with_code(
        f"{sentence} It has a model for each target. Bundle them one by one:",
        f'p = joblib.load("{path.name}"); joblib.dump({one}, "first.joblib")',
    )


def _of_parts(content: Any, name: str, pickles: int) -> str:
    what = f"{pickles} pickles" if pickles > 1 else f"a {_kind(content)}"
    found = list(islice(_parts(content, "p"), MOST))
    models = [part for part in found if part.is_model]
    if not models:
        held = f"with {_named(found)} but no model" if found else "without a fitted model"
        return f"{name} holds {what} {held}. Save the whole fitted pipeline with joblib.dump."
    load = f'p = joblib.load("{name}")'
    if pickles > 1:
        load = f'f = open("{name}", "rb"); p = [{", ".join(["pickle.load(f)"] * pickles)}]'
    steps = sorted((part for part in found if part.is_step), key=_place)
    head = f"{name} holds {what} with {_named(found)}."
    if len(models) > 1 or not steps:
        which = "the one to serve" if len(models) > 1 else "the model alone"
        return f'{head} Save {which}: {load}; joblib.dump({models[0].expression}, "pipeline.joblib")'
    if not _follow(steps, models[0]):
        return f"{head} They take different columns, so fit them as one: {_by_columns(steps, models[0])}.fit(X, y)"
    joined = ", ".join(part.expression for part in (*steps, models[0]))
    return _with_code(f"{head} Save them as one:", f'{load}; joblib.dump(make_pipeline({joined}), "pipeline.joblib")')


def is_only_a_step(content: Any) -> bool:
    """Return whether it prepares rows, or labels, but predicts nothing."""
    return isinstance(content, BaseEstimator) and hasattr(content, "transform") and not hasattr(content, "predict")


def _with_code(sentence: str, code: str) -> str:
    """Return both as one line, with the imports if there is room for them."""
    whole = f"{sentence} {_IMPORTS}{code}"
    return whole if len(whole) <= ROOM else f"{sentence} {code}"


def _parts(content: Any, expression: str, level: int = 0) -> Iterator[_Part]:
    if isinstance(content, BaseEstimator) or hasattr(content, "predict"):
        yield _Part(content, expression)
    elif isinstance(content, Mapping | list | tuple) and level < DEEPEST:
        items = content.items() if isinstance(content, Mapping) else enumerate(content)
        for key, value in islice(items, MOST * MOST):
            quoted = f'"{key}"' if isinstance(key, str) and '"' not in key else repr(key)
            yield from _parts(value, f"{expression}[{quoted}]", level + 1)


def _named(found: list[_Part]) -> str:
    names = [f"{part.expression.removeprefix('p')} {_kind(part.value)}" for part in found[:NAMED]]
    return ", ".join(names) + (f" and {len(found) - NAMED} more parts" if len(found) > NAMED else "")


def _kind(content: Any) -> str:
    return type(content).__name__


def _place(part: _Part) -> int:
    """Return the usual rank of a step in a pipeline: imputers and encoders first, then scalers, then all others."""
    words = (("Impute", "Encode", "Vectorize", "ColumnTransformer"), ("Scale", "Normalize", "Power", "Quantile"))
    kind = _kind(part.value)
    return next((place for place, some in enumerate(words) if any(word in kind for word in some)), len(words))


def _follow(steps: list[_Part], model: _Part) -> bool:
    """Return whether each step can take what the one before returns, as far as they say how many columns that is."""
    for part, following in zip(steps, [*steps[1:], model], strict=True):
        names = getattr(part.value, "get_feature_names_out", None)
        try:
            width = None if names is None else len(names())
        except Exception:  # an estimator of any kind, which may lack the names
            width = None
        if width is not None and following.width not in (None, width):
            return False
    return True


def _by_columns(steps: list[_Part], model: _Part) -> str:
    columns = ", ".join(f"({part.expression}, [its columns])" for part in steps)
    return f"make_pipeline(make_column_transformer({columns}), {model.expression})"
