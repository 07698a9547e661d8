"""One file of the corpus: how it is made, and what must become of it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import clone

from tests.bring import saving
from tests.bring.tables.table import Table

SAMPLE_ROWS = 150
FRESH_ROWS = 80

Form = Literal["frame", "array", "records", "series"]
Fit = Callable[[Any, Any, Any], Any]  # (model, rows, target) → what is saved


def fitted(model: Any, rows: Any, target: Any) -> Any:
    return clone(model).fit(rows, target)


@dataclass(frozen=True, eq=False)
class Case:
    """A model file.

    Attributes:
        name: What stands in its file.
        table: Draws the rows that it was trained on.
        model: The estimator, not fitted.
        form: What it is fitted on: a DataFrame, a numpy array, dictionaries, or the only column.
        columns: The columns that it takes; all but the targets if there are none.
        targets: The columns that it predicts, if they are not those of the table.
        fit: Makes what is saved.
        save: Writes it.
        write: Writes the sample of rows.
        labels: How the classes are shown.
        beside: Fields of the request that name a file next to the model, or several: its name, or theirs.
        options: Further fields of the request.
        gaps: Columns that may be missing in a request although the sample has no gap there.
        codes: Columns of codes that the model would cut to whole numbers; there a fraction is refused.
        whole: Whether the file holds a whole model.
        refused: A part of the sentence that refuses the file; empty if it is served.
    """

    name: str
    table: Table
    model: Any = None
    form: Form = "frame"
    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    fit: Fit = fitted
    save: saving.Save = saving.joblib_file
    write: saving.Write = saving.csv
    labels: Sequence[str] = ()
    beside: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    whole: bool = True
    refused: str = ""

    @property
    def predicted(self) -> list[str]:
        return list(self.targets or self.table.targets)


@dataclass(frozen=True)
class Made:
    """A case's files.

    Attributes:
        content: What was saved.
        file: Where.
        data: The file of the sample.
        sample: The sample's rows without the target.
        fresh: Rows that the sample lacks, as far as there are any.
    """

    content: Any
    file: Path
    data: Path
    sample: pd.DataFrame
    fresh: pd.DataFrame


def make(case: Case, folder: Path) -> Made:
    """Fit the model and write its files."""
    table = case.table.draw(np.random.default_rng(0), SAMPLE_ROWS)
    columns = list(case.columns) or [name for name in table.columns if name not in case.predicted]
    sample = table[columns]
    new = case.table.draw(np.random.default_rng(1), 3 * FRESH_ROWS)[columns]
    seen = set(_written(sample))
    # Columns of a few words may have no rows that the sample lacks.
    fresh = new.iloc[np.argsort([row in seen for row in _written(new)], kind="stable")[:FRESH_ROWS]]
    target = table[case.predicted[0]] if len(case.predicted) == 1 else table[case.predicted] if case.predicted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = case.fit(case.model, contained(sample, case.form), target)
    return Made(
        content,
        case.save(content, folder),
        case.write(table[[*columns, *case.predicted]], folder),
        sample,
        fresh.reset_index(drop=True),
    )


def _written(rows: pd.DataFrame) -> list[str]:
    return ["|".join(map(str, row)) for row in rows.itertuples(index=False)]


def contained(rows: pd.DataFrame, form: Form, model: Any = None) -> Any:
    """Return rows in the form that a model takes; without one, in the form that it is fitted on."""
    match form:
        case "frame":
            return rows[list(getattr(model, "feature_names_in_", rows.columns))]
        case "array":
            return rows.to_numpy()
        case "records":
            return rows.to_dict("records")
        case "series":
            return rows.iloc[:, 0]
