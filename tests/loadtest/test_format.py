import pytest

from loadtest.format import clock, listed, number, plural, span


@pytest.mark.parametrize(
    ("t", "spelled"), [(0, "0:00"), (47, "0:47"), (125.4, "2:05"), (-3, "−0:03"), (3600, "60:00"), (-0.2, "0:00")]
)
def test_clock(t: float, spelled: str) -> None:
    assert clock(t) == spelled


def test_span_is_in_hours_from_an_hour_on() -> None:
    assert [span(seconds) for seconds in (40, 3599, 3600, 86400)] == [
        "0:40 minutes",
        "59:59 minutes",
        "1:00 hours",
        "24:00 hours",
    ]


@pytest.mark.parametrize(
    ("value", "spelled"),
    [(0, "0"), (3.0, "3"), (0.1234, "0.123"), (12.34, "12.3"), (999.4, "999"), (999.6, "1 000"), (84102.4, "84 102")],
)
def test_number(value: float, spelled: str) -> None:
    assert number(value) == spelled.replace(" ", "\N{NARROW NO-BREAK SPACE}")


def test_plural_and_listed() -> None:
    assert plural(1, "pod") == "1 pod"
    assert plural(2, "pod") == "2 pods"
    assert [listed(list("abc")[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
