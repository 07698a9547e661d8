"""What the page's form asked, where no script runs, and what the model said."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from server.errors import NotFound
from server.predictor import Predictor

Row = Mapping[str, float | str]


class Asked(NamedTuple):
    """said: the answer of the plain protocol, with "seen" of a picture; row: what was asked, empty of a picture."""

    predictor: Predictor
    said: Mapping[str, Any]
    row: Row


def named(predictors: Mapping[str, Predictor], names: Sequence[str]) -> Predictor:
    """names: what stands under "model": first the form's own field, after it that of a feature so called."""
    if not names or names[0] not in predictors:
        raise NotFound("The form asks no model that is served here.")
    return predictors[names[0]]
