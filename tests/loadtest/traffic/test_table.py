from pathlib import Path

import pytest

from loadtest.traffic import table
from loadtest.traffic.table import Piece


def test_table_of_traffic_is_read(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    path.write_text("time,requests\n100,5\n160,10\n")
    assert table.read(path) == [Piece(0, 60, 5), Piece(60, 120, 10)]


def test_table_that_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    table.write(path, [0, 12.5, 1234.5], 0.5)
    assert table.read(path) == [Piece(0, 0.5, 0), Piece(0.5, 1, 12.5), Piece(1, 1.5, 1234.5)]


def test_times_of_a_long_table_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    table.write(path, [1, 2, 3], 1_000_003)
    assert table.read(path) == [Piece(0, 1_000_003, 1), Piece(1_000_003, 2_000_006, 2), Piece(2_000_006, 3_000_009, 3)]


def test_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "traffic.csv"
    path.write_text("time,requests\n100,5\n160,10\n\n , \n")
    assert len(table.read(path)) == 2


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ("time,requests\n0,1\n1,1\n".encode("utf-16"), "Save it as CSV in UTF-8"),
        ("größe,anfragen\n0,1\n1,1\n".encode("latin-1"), "Save it as CSV in UTF-8"),
        (b"time,requests\n0," + b"1" * 200_000 + b"\n", "cannot be read as CSV"),
        (b"0,1\n1,1\n2,1\n", "Put a header before them"),
    ],
)
def test_other_files_are_refused_with_advice(tmp_path: Path, content: bytes, advice: str) -> None:
    path = tmp_path / "traffic.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"traffic\.csv .*{advice}"):
        table.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time,requests\n",
        "t,r\n0,1\n",
        "t,r\n0,1\n0,2\n",
        "t,r\n0,1\n1,-2\n",
        "t,r\n0,1\n1,nan\n",
        "t,r\n0,1\n1,inf\n",
        "t,r\n0,1\nnan,1\n",
        "t,r\n0,1\n1,1\ninf,1\n",
        "t,r\n0,1\n1e308,1\n",
        "t,r\na,b\nc,d\n",
    ],
)
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "traffic.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"traffic\.csv"):
        table.read(path)
