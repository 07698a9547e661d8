"""Every file of the corpus is served with the model's own answers, or refused in a sentence that says what to do."""

from collections import Counter
from itertools import chain

import pytest

from tests.bring.case import Case
from tests.bring.corpus import GROUPS
from tests.bring.outcome import outcome
from tests.bring.shortfalls import KNOWN
from tests.bring.summary import table
from tests.conftest import ROOT

CASES = list(chain.from_iterable(GROUPS.values()))


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
    assert table(GROUPS) in (ROOT / "docs" / "bring.md").read_text()
