"""The results of a benchmark run, on disk as soon as they exist."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.bench import tables
from loadtest.bench.tables import Table

REASON_LENGTH = 500


class Results:
    """The figures measured so far, and the tables made of them.

    `performance.md` and `bench.json` in the output folder are written again after each table.

    Attributes:
        figures: what was measured, by section.
        failures: a sentence for each table that could not be made, and for each row with failed requests.
    """

    def __init__(self, output: Path, figures: dict[str, Any]) -> None:
        self.figures = figures
        self.failures: list[str] = []
        self.markdown = output / "performance.md"
        self._json = output / "bench.json"
        self._made: dict[Table, str] = {}

    def add(self, table: Table, measure: Callable[[], dict[str, Any]]) -> None:
        """Measure a table's figures, print the table and write it.

        Args:
            table: the table to make.
            measure: returns the figures, by section.
        """
        log(f"Measuring: {table.title}")
        try:
            self.figures |= measure()
            text = table.markdown(self.figures)
            self.failures += table.failures(self.figures)
        except Exception as error:  # whatever goes wrong with one table must not cost the others
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:REASON_LENGTH]
            self.failures.append(f"{table.title}: not measured. {reason}")
            text = f"### {table.title}\n\nNot measured. {reason}"
        self._made[table] = text
        self._write()
        print(f"\n{text}\n", flush=True)

    def _write(self) -> None:
        made = [self._made[table] for table in tables.TABLES if table in self._made]
        self.markdown.write_text("\n\n".join([tables.machine(self.figures), *made]) + "\n")
        self._json.write_text(json.dumps(self.figures, indent=2, allow_nan=False) + "\n")


def log(message: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {message}", flush=True)
