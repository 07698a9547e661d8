"""docs/api.md agrees with the code."""

import re

from model.image.alarms import REASONS
from server import errors
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()


def test_error_table_lists_every_status_and_reason() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| \S", TEXT, re.MULTILINE)
    documented = {(int(status), reason) for status, reason in rows}
    known = {(status, reason) for status, reasons in errors.reasons_by_status().items() for reason in reasons}
    assert sorted(known - documented) == [], "docs/api.md needs a row for each of these"
    assert sorted(documented - known) == [], "server/errors.py has none of these"
    assert len(rows) == len(documented)


def test_alarm_table_lists_every_reason() -> None:
    table = TEXT.partition("| alarm | when |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \| \S", table, re.MULTILINE)) == REASONS
