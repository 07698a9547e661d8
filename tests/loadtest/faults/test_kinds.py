import re

import pytest

from loadtest.__main__ import parse as parse_command
from loadtest.faults.fault import Fault
from loadtest.faults.kinds import KINDS, parse
from loadtest.shapes import SHAPES


def test_fault_is_a_kind_at_a_second() -> None:
    assert parse("stop-metrics-server@45") == Fault("stop-metrics-server", 45, 60)
    assert parse("swap-model=s3://models/a@b/5f0c@90") == Fault("swap-model", 90, 45, "s3://models/a@b/5f0c")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("delete-pod", "does not say when"),
        ("delete-pod@soon", "does not say when"),
        ("delete-pod@-5", "does not say when"),
        ("delete-everything@60", "no fault 'delete-everything', only delete-pod, "),
        ("swap-model@60", "needs the address of a model"),
        ("swap-model=@60", "needs the address of a model"),
        ("delete-pod=web-1@60", "takes no value"),
    ],
)
def test_unusable_fault_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse(text)


def test_shapes_have_known_faults() -> None:
    faults = [fault for shape in SHAPES.values() for fault in shape.faults]
    assert faults
    for fault in faults:
        assert KINDS[fault.kind].seconds == fault.seconds


def test_help_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_command(["--help"])
    words = capsys.readouterr().out
    assert [kind for kind in KINDS if kind not in re.sub(r"\s*\n\s*", "", words)] == []
