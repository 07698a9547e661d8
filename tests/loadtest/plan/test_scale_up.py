"""`plan scaleup` on records whose decisions are known."""

from pathlib import Path

import pytest

from loadtest.plan import capacity, command, scale_up
from loadtest.plan.autoscaler import Settings
from loadtest.plan.predict import predict
from loadtest.plan.simulate import Deployment
from tests.loadtest.plan.capacities import CAPACITY

# 2,000 requests/s use up the limit of five pods, and a target of 20 % allows up to eight: 1 → 5 → 8.
RATE, MAXIMUM = 2000.0, 8
DECISIONS = ((25, 5), (60, 8))


def record(path: Path, decisions: tuple[tuple[int, int], ...] = DECISIONS, rate: float = RATE) -> Path:
    """Write 30 s of rest and then the load, with pods that are ready 5 s after they were asked for."""
    lines = [",".join(scale_up.HEADER)]
    for t in range(-30, decisions[-1][0] + 6):
        desired = max([1, *(count for at, count in decisions if at <= t)])
        ready = max([1, *(count for at, count in decisions if at + 5 <= t)])
        lines.append(f"{t + 30.25},{rate if t >= 0 else 0},{desired},{ready}")
    path.write_text("\n".join(lines) + "\n")
    return path


def compare(path: Path) -> dict[str, tuple[str, bool | None]]:
    planned = Deployment(Settings(20, MAXIMUM), CAPACITY.pod, CAPACITY.request, CAPACITY.start_s, CAPACITY.stop_s)
    seconds = scale_up.read(path)
    predicted = predict(planned, scale_up.pieces(seconds), phases=100)
    return {one.figure: (one.recorded, one.held) for one in scale_up.compare(seconds, predicted)}


def test_times_count_from_the_beginning_of_the_load(tmp_path: Path) -> None:
    seconds = scale_up.read(record(tmp_path / "record.csv"))
    assert [round(seconds[0].t), seconds[30].t, round(seconds[-1].t)] == [-30, 0, 65]
    assert scale_up.Second(25, RATE, 5, 1) == seconds[55]


def test_decisions_within_their_interval_are_held(tmp_path: Path) -> None:
    assert compare(record(tmp_path / "record.csv")) == {
        "5 pods asked for": ("0:25", True),
        "8 pods asked for": ("1:00", True),
        "decisions": ("2", True),
        "8 pods ready": ("1:05", True),
    }


def test_late_decisions_are_missed(tmp_path: Path) -> None:
    late = tuple((at, count) for at, count in ((90, 2), (120, 3), (150, 4), (180, 5), (210, 6), (240, 7), (270, 8)))
    found = compare(record(tmp_path / "record.csv", late))
    assert {held for _, held in found.values()} == {False}
    assert found["decisions"] == ("7", False)


def test_the_table_is_printed_and_put_into_a_document_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capacity.write(CAPACITY, tmp_path / "capacity.json")
    document, picture = tmp_path / "planner.md", tmp_path / "charts" / "scale_up.png"
    document.write_text("before\n<!-- plan scaleup -->\nold\n<!-- end of plan scaleup -->\nafter\n")
    words = ["scaleup", str(record(tmp_path / "record.csv")), "--target", "20", "--max", str(MAXIMUM)]
    words += ["--capacity", str(tmp_path / "capacity.json"), "--into", str(document), "--output", str(picture)]
    assert command.run(words) == 0
    table = capsys.readouterr().out.partition("\n\n")[0]
    assert "| 8 pods ready | " in table
    assert table in document.read_text()
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no record"),
        ("time_s,requests_per_s\n0,5\n", "its header is not time_s,requests_per_s,desired,ready"),
        ("time_s,requests_per_s,desired,ready\n0,0,1,1\n", "no load"),
        ("time_s,requests_per_s,desired,ready\n0,5,1\n", "a line that is not four numbers"),
        ("time_s,requests_per_s,desired,ready\n0,5,one,1\n", "a line that is not four numbers"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "record.csv").write_text(content)
    with pytest.raises(ValueError, match=why):
        scale_up.read(tmp_path / "record.csv")
