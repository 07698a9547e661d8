from tests.served import ROOT
from tests.server.parity.cases import CASES
from tests.server.parity.differences import DIFFERENCES


def test_the_table_in_the_document_is_the_tested_one() -> None:
    text = (ROOT / "docs" / "compatibility.md").read_text()
    table = text[text.index("|---|") :].split("\n\n")[0].splitlines()[1:]
    assert table == [f"| {row.sent} | {row.theirs} | {row.ours} | {row.why} |" for row in DIFFERENCES]


def test_every_difference_has_its_own_requests() -> None:
    shown = [case for row in DIFFERENCES for case in row.cases]
    assert len(shown) == len(set(shown))
    assert set(shown) <= CASES.keys()
    assert all(row.cases for row in DIFFERENCES)
