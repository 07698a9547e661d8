import json
from pathlib import Path
from typing import Any

import pytest

from loadtest.bench import tables
from loadtest.bench.request_spec import MeasurementError
from loadtest.bench.results import Results
from tests.loadtest.bench.test_tables import FIGURES

MACHINE = {key: FIGURES[key] for key in ("machine", "plan", "batch_rows")}


def measured(*sections: str) -> dict[str, Any]:
    return {section: FIGURES[section] for section in sections}


def fail() -> dict[str, Any]:
    raise MeasurementError("The server did not start. Its log ends:\nno model")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path, dict(MACHINE))


def test_each_table_is_printed_and_written_before_the_next(
    results: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check_forest() -> dict[str, Any]:
        assert tables.FOREST.markdown(FIGURES) in results.markdown.read_text()
        assert json.loads((tmp_path / "bench.json").read_text())["forest"] == FIGURES["forest"]
        assert tables.FOREST.markdown(FIGURES) in capsys.readouterr().out
        return measured("batches")

    results.add(tables.FOREST, lambda: measured("forest"))
    results.add(tables.BATCHES, check_forest)
    assert tables.BATCHES.markdown(FIGURES) in results.markdown.read_text()
    assert results.failures == []


def test_failed_table_is_named_with_its_reason_and_the_others_are_made(results: Results) -> None:
    results.add(tables.ONE_ROW, fail)
    results.add(tables.FOREST, lambda: measured("forest"))
    text = results.markdown.read_text()
    assert f"### {tables.ONE_ROW.title}\n\nNot measured. MeasurementError: The server did not start." in text
    assert tables.FOREST.markdown(FIGURES) in text
    (failure,) = results.failures
    assert failure.startswith(f"{tables.ONE_ROW.title}: not measured.")
    assert failure.endswith("Its log ends: no model")


def test_table_with_missing_figures_does_not_end_the_run(results: Results) -> None:
    results.add(tables.ONE_ROW, lambda: measured("one_client"))
    assert len(results.failures) == 1
    results.add(tables.FOREST, lambda: measured("forest"))
    assert tables.FOREST.markdown(FIGURES) in results.markdown.read_text()


def test_tables_are_written_in_the_order_of_the_documentation(results: Results) -> None:
    results.add(tables.BATCHES, lambda: measured("batches"))
    results.add(tables.FOREST, lambda: measured("forest"))
    text = results.markdown.read_text()
    assert text.index(tables.FOREST.title) < text.index(tables.BATCHES.title)
