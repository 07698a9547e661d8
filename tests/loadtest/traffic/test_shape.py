import json
from dataclasses import asdict
from pathlib import Path

import pytest

from loadtest.shapes import SHAPES, Shape
from loadtest.traffic import shape
from loadtest.traffic.shape import LONGEST


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """An hour of traffic, by the minute: 60, 61, … requests/s."""
    path = tmp_path / "traffic.csv"
    path.write_text("time,requests\n" + "".join(f"{60 * minute},{60 + minute}\n" for minute in range(60)))
    return path


def rates(found: Shape) -> list[float]:
    return [found.rate_at(t) for t in range(found.duration)]


def test_shape_has_the_rate_of_each_second(recorded: Path) -> None:
    found = shape.read(recorded, 1, 1)
    assert found.duration == 3600
    assert rates(found)[59:62] == [60, 61, 61]
    assert (found.rate_at(-1), found.rate_at(3600)) == (0, 0)
    assert "1:00 hours of recorded traffic from traffic.csv, up to 119 requests/s" in found.about


@pytest.mark.parametrize(
    ("faster", "scale", "seconds", "requests"),
    [(60, 1, 60, 5370), (60, 0.5, 60, 2685), (0.5, 2, 7200, 1_288_800)],
)
def test_faster_changes_the_time_and_scale_the_rates(
    recorded: Path, faster: float, scale: float, seconds: int, requests: float
) -> None:
    found = shape.read(recorded, faster, scale)
    assert found.duration == seconds
    assert sum(rates(found)) == pytest.approx(requests)


def test_second_has_the_mean_of_rows_that_are_shorter(recorded: Path) -> None:
    found = shape.read(recorded, 150, 1)  # a row lasts 0.4 s
    assert found.duration == 24
    assert found.rate_at(0) == pytest.approx(0.4 * 60 + 0.4 * 61 + 0.2 * 62)
    assert sum(rates(found)) == pytest.approx(5370 * 0.4)


def test_last_second_that_is_not_whole_keeps_its_requests(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    path.write_text("time,requests\n0,10\n1.5,10\n")
    assert rates(shape.read(path, 2, 1)) == [10, 5]


def test_plan_keeps_the_traffic(recorded: Path) -> None:
    found = shape.read(recorded, 60, 1)
    assert Shape.from_dict(json.loads(json.dumps(asdict(found)))) == found
    old = asdict(SHAPES["demo"])
    del old["traffic"]
    assert Shape.from_dict(old) == SHAPES["demo"]


def test_traffic_that_cannot_be_sent_is_refused(recorded: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most a week"):
        shape.read(recorded, 3600 / LONGEST / 2, 1)
    silent = tmp_path / "silent.csv"
    silent.write_text("time,requests\n0,0\n1,0\n")
    with pytest.raises(ValueError, match="no request"):
        shape.read(silent, 1, 1)
    with pytest.raises(ValueError, match="less than a second"):
        shape.read(recorded, 1e9, 1)
    for scale in (1000, 1e300, 1e308):
        with pytest.raises(ValueError, match=r"sends at most 100.000"):
            shape.read(recorded, 1, scale)
    with pytest.raises(ValueError, match="not --hours"):
        shape.read(recorded, 1, 1).lasting(24)
