"""The table of recorded traffic: a CSV file with a header and two columns, seconds and requests per second.

`--shape traffic.csv` sends it, `plan simulate` predicts from it, and `python -m loadtest shape` makes it.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from pathlib import Path

HEADER = ("time_s", "requests_per_s")


@dataclass(frozen=True, slots=True)
class Piece:
    """`rate` requests per second are offered from `start` to `end`, by `users` who wait for answers (0: by others)."""

    start: float
    end: float
    rate: float
    users: int = 0


def read(path: Path) -> list[Piece]:
    """Read a table. Its times rise, and begin anywhere; the last row lasts as long as the one before.

    Raises:
        ValueError: The table has another form.
    """
    rows = _read_rows(path)
    if rows and all(map(_is_number, rows[0])):
        raise ValueError(f"{path} begins with numbers. Put a header before them, such as {','.join(HEADER)}.")
    try:
        points = [(float(t), float(rate)) for t, rate, *_ in rows[1:]]
    except ValueError as error:
        raise ValueError(f"{path} needs a header and the columns time (seconds) and requests per second.") from error
    if len(points) < 2 or not all(before < after for (before, _), (after, _) in pairwise(points)):  # noqa: PLR2004
        raise ValueError(f"{path} needs at least two rows, with rising times.")
    points.append((2 * points[-1][0] - points[-2][0], 0.0))
    if not all(isfinite(t) and 0 <= rate < inf for t, rate in points):
        raise ValueError(f"{path} has a time that is not finite, or a rate that is negative or not finite.")
    begin = points[0][0]
    return [Piece(t - begin, end - begin, rate) for (t, rate), (end, _) in pairwise(points)]


def _read_rows(path: Path) -> list[list[str]]:
    """Return the rows that are not blank. Raises ValueError if the file is not a CSV file in UTF-8."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [row for row in csv.reader(file) if any(field.strip() for field in row)]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in UTF-8. Save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise ValueError(f"{path} cannot be read as CSV: {error}.") from error


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def write(path: Path, rates: Sequence[float], step: float) -> None:
    """Write a table of rates that each lasted `step` seconds."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(HEADER)
        rows.writerows((f"{place * step:.12g}", f"{rate:.6g}") for place, rate in enumerate(rates))


def peak(pieces: Sequence[Piece]) -> float:
    return max(piece.rate for piece in pieces)
