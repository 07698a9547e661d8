"""Every file of the corpus is served with the model's own answers, or refused in a sentence that says what to do."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, takewhile

import pytest

from model.bring import speed
from tests.bring.case import Case
from tests.bring.corpus import GROUPS
from tests.bring.outcome import outcome
from tests.bring.shortfalls import KNOWN
from tests.bring.summary import BACKENDS, HEAD, table
from tests.conftest import ROOT

# Single precision is off by about the tolerance for some models: how the processor rounds decides what serves them.
UNDECIDED = 3  # in a group

CASES = list(chain.from_iterable(GROUPS.values()))


@pytest.fixture(scope="module", autouse=True)
def short_measurements() -> Iterator[None]:
    """No test here reads the measured speeds, and measuring them takes half a second for each model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "SECONDS", 0.001)
        patch.setattr(speed, "LONGEST", 0.01)
        yield


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_file_is_answered_as_at_home(case: Case) -> None:
    found = str(outcome(case))
    if case.name in KNOWN:
        assert KNOWN[case.name] in found
        assert not _as_it_should(case, found), "it is mended: take it out of tests/bring/shortfalls.py"
    else:
        assert _as_it_should(case, found), found


def _as_it_should(case: Case, found: str) -> bool:
    if case.refused:
        return found.startswith(("refused: ", "warned: ")) and case.refused in found
    return found.startswith("served: ")


def test_the_corpus_is_large_and_its_names_differ() -> None:
    names = Counter(case.name for case in CASES)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(CASES) >= 150
    assert len(GROUPS) == 10


def test_each_shortfall_names_a_file() -> None:
    assert set(KNOWN) <= {case.name for case in CASES}


@pytest.mark.slow
def test_the_table_of_the_docs_is_that_of_the_corpus() -> None:
    found, documented = _rows(table(GROUPS)), _rows((ROOT / "docs" / "bring.md").read_text())
    assert [_without_backends(row) for row in found] == [_without_backends(row) for row in documented]
    for row, other in zip(found, documented, strict=True):
        for backend in BACKENDS:
            most = UNDECIDED * (2 if row["group"] == "all" else 1)
            assert abs(int(row[backend]) - int(other[backend])) <= most, f"{backend}: {row}"


def _rows(text: str) -> list[dict[str, str]]:
    """Return the rows of the table in a document."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    start = lines.index(list(HEAD)) + 2
    return [dict(zip(HEAD, cells, strict=True)) for cells in takewhile(lambda cells: cells != [""], lines[start:])]


def _without_backends(row: dict[str, str]) -> dict[str, str]:
    return {name: cell for name, cell in row.items() if name not in BACKENDS}
