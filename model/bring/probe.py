"""Makes the rows with which a model is proved besides the sample: those that are most likely to be predicted otherwise.

Between the values of the sample, at thresholds and at the edge of what a pipeline knows, rounding and special cases
decide. Every row is one that the served model takes: closed features keep to their categories, codes stay codes, and
only optional features are missing. The same pipeline and sample always give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model.bring import splits
from model.bring.splits import Floats, Splits, numbers, with_values
from model.task import Feature

SEED = 0
BETWEEN = 10_000
MOST = 2_000  # splits, and rows of each other kind
CELLS = 8_000_000  # of the rows of one kind: fewer rows if the columns are more than 800
DIGITS = 6  # significant ones of a value that a person would send

_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda text: f"{text}?",
    lambda text: f" {text} ",
    lambda text: f"é{text} 7 x_y don't",
    lambda text: " ".join(reversed(text.split())) + "!",
    lambda text: text.replace(" ", "-\n"),
    lambda text: text[: len(text) // 2],
    lambda _: "nan",
)


class Block(NamedTuple):
    """Rows of one kind; their columns are those of the sample."""

    kind: str
    rows: pd.DataFrame


def blocks(pipeline: Any, sample: pd.DataFrame, features: tuple[Feature, ...]) -> Iterator[Block]:
    """Yield the sample, and then rows of each kind that the features allow; rows are in random order."""
    probe = _Probe(sample.reset_index(drop=True), features)
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "midway": lambda: probe.changed(probe.midway),
        "at thresholds": lambda: probe.around(splits.of_trees(pipeline, probe.sample, probe.most, probe.rng)),
        "at edges and codes": lambda: probe.around(splits.of_steps(pipeline, probe.sample, probe.most, probe.rng)),
        "known categories": probe.known,
        "unknown categories": probe.unknown,
        "missing values": probe.missing,
        "whole or broken numbers": lambda: probe.changed(probe.whole_or_broken),
        "drawn between": probe.between,
    }
    yield Block("sample", probe.sample.iloc[probe.rng.permutation(len(sample))])
    for kind, make in makers.items():
        rows = make()
        if len(rows):
            yield Block(kind, rows.iloc[probe.rng.permutation(len(rows))])


class _Probe:
    def __init__(self, sample: pd.DataFrame, features: tuple[Feature, ...]) -> None:
        self.sample = sample
        self.rng = np.random.default_rng(SEED)
        self.most = min(MOST, CELLS // sample.shape[1])
        self._features = features
        coded = [bool(feature.codes) or feature.boolean for feature in features]
        self._places = [place for place in numbers(sample) if not coded[place]]
        self._values = {place: np.unique(sample.iloc[:, place].dropna().to_numpy(np.float64)) for place in self._places}

    def changed(self, change: Callable[[int, Floats], Floats]) -> pd.DataFrame:
        """Return rows of the sample: in one half all numbers are changed, in the other one number in each row."""
        rows = self._drawn(self.most if self._places else 0)
        only = self.rng.choice(self._places, len(rows)) if len(rows) else np.empty(0)
        only[: len(rows) // 2] = -1
        for place in self._places:
            values = rows.iloc[:, place].to_numpy(np.float64)
            rows.isetitem(place, np.where(np.isin(only, (-1, place)), change(place, values), values))
        return rows

    def midway(self, place: int, values: Floats) -> Floats:
        """Return the middle between each value and the next one of the sample."""
        known = self._values[place]
        if len(known) < 2:  # noqa: PLR2004 (nothing is between them)
            return values
        lower = np.minimum(np.searchsorted(known, values), len(known) - 2)
        return np.asarray(known[lower] + (known[lower + 1] - known[lower]) / 2)

    def whole_or_broken(self, place: int, values: Floats) -> Floats:
        if self._whole(place):
            return np.asarray(values + self.rng.choice([0.5, -0.25, self.rng.random()], len(values)))
        return np.round(values)

    def around(self, found: Splits) -> pd.DataFrame:
        """Return rows on both sides of each split: neighbours in double and single precision, and plain numbers."""
        free = np.isin(found.columns, self._places)
        below, above = found.below[free], found.above[free]
        single = below.astype(np.float32)
        values = [
            *(below, above, np.nextafter(below, -np.inf), np.nextafter(above, np.inf)),
            *(single, np.nextafter(single, np.float32(-np.inf)), np.nextafter(single, np.float32(np.inf))),
            *(np.array([float(f"{value:.{DIGITS}g}") for value in side]) for side in (below, below - 0.5, below + 0.5)),
        ]
        rows = self.sample.iloc[np.tile(found.rows[free], len(values))]
        return with_values(rows, np.tile(found.columns[free], len(values)), np.concatenate(values, dtype=np.float64))

    def known(self) -> pd.DataFrame:
        """Return a row for each category and each code."""
        return self._with(
            [(place, value) for place, feature in enumerate(self._features) for value in self._allowed(place, feature)]
        )

    def unknown(self) -> pd.DataFrame:
        """Return rows with other spellings of the sample's strings, in the columns that take any string."""
        spelled = []
        for place, feature in enumerate(self._features):
            if not feature.is_number and not feature.closed:
                seen = self.sample.iloc[:, place].dropna().astype(str).unique()
                words = self.rng.permutation(seen)[: self.most // len(_SPELLINGS)]
                other = {spell(word) for word in words for spell in _SPELLINGS}
                spelled += [(place, text) for text in sorted(other) if text or not feature.optional]
        return self._with(spelled)

    def missing(self) -> pd.DataFrame:
        """Return rows without one of the optional features, and rows without about half of them."""
        optional = [place for place, feature in enumerate(self._features) if feature.optional]
        rows = self._drawn(self.most if optional else 0)
        absent = self.rng.random((len(rows), len(optional))) < 1 / 2
        absent[: len(rows) // 2] = np.arange(len(rows) // 2)[:, None] % max(1, len(optional)) == np.arange(
            len(optional)
        )
        for place, gone in zip(optional, absent.T, strict=True):
            column = rows.iloc[:, place]
            kind = np.float64 if column.dtype.kind in "iuf" else np.object_
            rows.isetitem(place, column.astype(kind).mask(gone).to_numpy())
        return rows

    def between(self) -> pd.DataFrame:
        """Return rows whose every value is drawn on its own, numbers from the range seen."""
        rows = self._drawn(min(BETWEEN, CELLS // self.sample.shape[1]))
        for place in range(rows.shape[1]):
            if place not in self._values:
                rows.isetitem(place, rows.iloc[self.rng.permutation(len(rows)), place].to_list())
            elif len(known := self._values[place]):
                drawn = self.rng.uniform(known[0], known[-1], len(rows))
                whole = self._whole(place) & (self.rng.random(len(rows)) < 1 / 2)
                rows.isetitem(place, np.where(whole, np.round(drawn), drawn))
        return rows

    def _drawn(self, count: int) -> pd.DataFrame:
        return self.sample.iloc[self.rng.integers(len(self.sample), size=count)].reset_index(drop=True)

    def _whole(self, place: int) -> bool:
        known = self._values[place]
        return bool((known == np.round(known)).all())

    def _allowed(self, place: int, feature: Feature) -> list[Any]:
        if feature.codes or feature.closed:
            return [*feature.codes, *feature.categories]
        return [] if feature.is_number else list(self.sample.iloc[:, place].dropna().unique())

    def _with(self, values: list[tuple[int, Any]]) -> pd.DataFrame:
        """Return a row of the sample for each of the values, at most `most`, with the value in the column."""
        values = [values[index] for index in self.rng.permutation(len(values))[: self.most]]
        rows = self._drawn(len(values))
        for row, (place, value) in enumerate(values):
            rows.iat[row, place] = value
        return rows
