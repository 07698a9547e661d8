from collections.abc import Mapping, Sequence

import pytest

from tests.served import ROOT
from tests.server.parity.cases import CASES
from tests.server.parity.differences import DIFFERENCES, Difference
from tests.server.parity.grpc_cases import GRPC_CASES
from tests.server.parity.grpc_differences import GRPC_DIFFERENCES

SUITES = [(DIFFERENCES, CASES), (GRPC_DIFFERENCES, GRPC_CASES)]


def test_the_tables_in_the_document_are_the_tested_ones() -> None:
    text = (ROOT / "docs" / "compatibility.md").read_text()
    tables = [table.split("\n\n")[0].splitlines()[1:] for table in text.split("|---|---|---|---|")[1:]]
    assert tables == [
        [f"| {row.sent} | {row.theirs} | {row.ours} | {row.why} |" for row in differences] for differences, _ in SUITES
    ]


@pytest.mark.parametrize(("differences", "cases"), SUITES)
def test_every_difference_has_its_own_requests(differences: Sequence[Difference], cases: Mapping[str, object]) -> None:
    shown = [case for row in differences for case in row.cases]
    assert len(shown) == len(set(shown))
    assert set(shown) <= cases.keys()
    assert all(row.cases for row in differences)
