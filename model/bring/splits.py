"""Finds the values of a table at which a pipeline switches: thresholds of trees, edges of bins, codes and markers.

A part of a pipeline compares what the steps before it computed. Each number that it compares with is traced back to a
column of the table by bisection on those steps: to the two adjacent doubles between which the part switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from model.bring import comparisons
from model.bring.comparisons import Compared, Given
from model.bring.features import fullest
from model.bring.fitted_on import converter

ROWS_SEEN = 2_000  # rows of the sample that are followed through the trees
CELLS = 1_000_000  # of the table that one step of a bisection computes
STEPS = 80  # a double has 64 bits; an interval around zero takes some more

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Splits(NamedTuple):
    """Where parts of a pipeline switch; arrays of shape [splits]."""

    rows: Places  # in this row of the sample, the value of one column decides
    columns: Places  # the column's position
    below: Floats  # the last double on the one side
    above: Floats  # the next one, which is on the other side


def of_trees(pipeline: Any, sample: pd.DataFrame, most: int, rng: np.random.Generator) -> Splits:
    """Return at most `most` of the thresholds of all trees, each in a row of the sample that gets there."""
    return _found(pipeline, sample, most, rng, comparisons.thresholds)


def of_steps(pipeline: Any, sample: pd.DataFrame, most: int, rng: np.random.Generator) -> Splits:
    """Return at most `most` edges of bins, codes, knots, quantiles and numbers that stand for a missing value."""
    return _found(pipeline, sample, most, rng, comparisons.edges)


def with_values(rows: pd.DataFrame, columns: Places, values: Floats) -> pd.DataFrame:
    """Return the rows with one value each replaced: in row i the one in the column at position columns[i]."""
    rows = rows.copy()
    for place in np.unique(columns):
        changed = rows.iloc[:, place].to_numpy(np.float64, copy=True)
        changed[columns == place] = values[columns == place]
        rows.isetitem(place, changed)
    return rows


def numbers(rows: pd.DataFrame) -> Places:
    """Return the positions of the columns of numbers."""
    kinds = [column.dtype for _, column in rows.items()]
    return np.array([place for place, kind in enumerate(kinds) if kind.kind in "iuf"], np.intp)


def _found(
    pipeline: Any,
    sample: pd.DataFrame,
    most: int,
    rng: np.random.Generator,
    compared_by: Callable[[Any, Given], Iterator[Compared]],
) -> Splits:
    seen = np.sort(rng.permutation(len(sample))[:ROWS_SEEN])
    rows = sample.iloc[seen].reset_index(drop=True)
    parts = list(comparisons.parts_of(pipeline, converter(pipeline)))
    most = min(most, max(1, CELLS // max(1, sample.shape[1])))
    groups: dict[int, list[Compared]] = {}  # parts that get the same
    for compared in _drawn([each for part in parts for each in compared_by(*part)], most, rng):
        groups.setdefault(id(compared.given), []).append(compared)
    moved = _moved(rows)
    none = np.empty(0, np.intp)
    found = [Splits(none, none, np.empty(0), np.empty(0))]
    for group in groups.values():
        inputs, reactions = _matrix(group[0].given, rows), _matrix(group[0].given, moved)
        if inputs is not None and reactions is not None and inputs.shape[1] > max(max(each.places) for each in group):
            reached = np.concatenate([_reached(each, inputs, rng) for each in group])
            split = _traced(group, rows, reached, _strongest(reactions, rows))
            found.append(split._replace(rows=seen[split.rows]))
    return Splits(*map(np.concatenate, zip(*found, strict=True)))


def _drawn(compared: list[Compared], most: int, rng: np.random.Generator) -> Iterator[Compared]:
    """Yield what is left of the parts when `most` of all their numbers are drawn."""
    total = sum(len(each.numbers) for each in compared)
    drawn = np.zeros(total, np.bool_)
    drawn[rng.permutation(total)[:most]] = True
    for each in compared:
        mine, drawn = drawn[: len(each.numbers)], drawn[len(each.numbers) :]
        if mine.any():
            nodes = None if each.nodes is None else each.nodes[mine]
            yield each._replace(places=each.places[mine], numbers=each.numbers[mine], nodes=nodes)


def _matrix(given: Given, rows: pd.DataFrame) -> Floats | None:
    """Return what a part gets as a table of numbers, or None if it gets something else."""
    try:
        computed = given(rows)
        matrix = np.asarray(computed.toarray() if hasattr(computed, "toarray") else computed, np.float64)
    except Exception:  # steps raise what they like on rows that they do not take
        return None
    return matrix if matrix.shape[:-1] == (len(rows),) else None


def _moved(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a full row once for each column of numbers, with another value there, and once as it is."""
    places = numbers(rows)
    full = rows.iloc[[fullest(rows)] * (len(places) + 1)].reset_index(drop=True)
    lowest, highest = (
        extreme.to_numpy(np.float64) for extreme in (rows.iloc[:, places].min(), rows.iloc[:, places].max())
    )
    now = full.iloc[0, places].to_numpy(np.float64)
    other = np.where(highest - now > now - lowest, highest, lowest)
    return with_values(full, np.append(places, places[:1]), np.append(other, now[:1]))


def _strongest(reactions: Floats, rows: pd.DataFrame) -> Places:
    """Return for each place the column that moves it most, or -1 if none does."""
    if len(reactions) < 2:  # noqa: PLR2004 (no column of numbers)
        return np.full(reactions.shape[1], -1, np.intp)
    moves = np.nan_to_num(np.abs(reactions[:-1] - reactions[-1]))
    return np.where(moves.max(axis=0) > 0, numbers(rows)[moves.argmax(axis=0)], -1)


def _reached(compared: Compared, inputs: Floats, rng: np.random.Generator) -> Places:
    """Return for each number a row of the inputs that is compared with it, if there is one."""
    rows = rng.integers(len(inputs), size=len(compared.numbers))
    if compared.nodes is not None and compared.part.tree_.n_features == inputs.shape[1]:
        visits = compared.part.tree_.decision_path(inputs.astype(np.float32)).tocsc()
        starts, ends = visits.indptr[compared.nodes], visits.indptr[compared.nodes + 1]
        visited = ends > starts
        rows[visited] = visits.indices[rng.integers(starts[visited], ends[visited])]
    return np.asarray(rows, np.intp)


def _traced(group: list[Compared], rows: pd.DataFrame, reached: Places, strongest: Places) -> Splits:
    """Bisect the strongest column of each number; one that cannot be reached by it is left out."""
    places, compared = (np.concatenate([each[field] for each in group]) for field in (2, 3))
    single = np.concatenate([np.full(len(each.numbers), each.nodes is not None) for each in group])
    moving = strongest[places] >= 0
    reached, places, compared, single = (array[moving] for array in (reached, places, compared, single))
    columns = strongest[places]
    base = rows.iloc[reached].reset_index(drop=True)

    def passes(values: Floats) -> NDArray[np.bool_]:
        inputs = _matrix(group[0].given, with_values(base, columns, values))
        if inputs is None:  # a step refuses such values
            return np.zeros(len(values), np.bool_)
        computed = inputs[np.arange(len(values)), places]
        return np.asarray(np.where(single, computed.astype(np.float32), computed) <= compared)

    for beyond in (True, False):  # what was seen, unless a step refuses that
        below, above = _ends(rows, columns, compared if beyond else None)
        passed = passes(below)
        if (kept := passed != passes(above)).any():
            break
    for _ in range(STEPS):
        middle = below + (above - below) / 2
        adjacent = (middle <= below) | (middle >= above)
        if adjacent.all():
            break
        like_below = passes(middle) == passed
        below, above = (
            np.where(like_below & ~adjacent, middle, below),
            np.where(like_below | adjacent, above, middle),
        )
    return Splits(reached[kept], columns[kept], below[kept], above[kept])


def _ends(rows: pd.DataFrame, columns: Places, compared: Floats | None) -> tuple[Floats, Floats]:
    lowest, highest = _ranges(rows, columns)
    span = np.where(highest > lowest, highest - lowest, 1.0)
    if compared is None:
        return lowest, highest
    # What stands for a missing value is often far from all others.
    return np.minimum(lowest, compared) - span, np.maximum(highest, compared) + span


def _ranges(rows: pd.DataFrame, columns: Places) -> tuple[Floats, Floats]:
    places, inverse = np.unique(columns, return_inverse=True)
    table = rows.iloc[:, places].to_numpy(np.float64)
    return np.nanmin(table, axis=0)[inverse], np.nanmax(table, axis=0)[inverse]
