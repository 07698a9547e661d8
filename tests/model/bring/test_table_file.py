"""Samples as people have them: separators, encodings, indices, missing values."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.bring import table_file
from model.bring.table_file import Expected, Table
from model.bundle import BundleError

ROWS = pd.DataFrame(
    {
        "größe": np.arange(12) + 0.5,
        "city": ["Köln, am Rhein", "Ulm", "New York"] * 4,
        "count": np.arange(12),
        "member": [True, False] * 6,
    }
)
NAMES = tuple(ROWS.columns)


def read(folder: Path, content: str | bytes, expected: Expected | None = None, name: str = "rows.csv") -> Table:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return table_file.read(path, expected or Expected())


def test_a_number_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = pd.DataFrame({"a": [0.1 + 0.2, 1 / 3, 1e-300, 123456.789e3] * 5, "b": 1.0})
    assert (read(tmp_path, written.to_csv(index=False).encode()).rows["a"] == written["a"]).all()
    german = written.to_csv(index=False, sep=";", decimal=",").encode()
    assert (read(tmp_path, german).rows["a"] == written["a"]).all()


@pytest.mark.parametrize("names", [NAMES, ()], ids=["names known", "names unknown"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("separator", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ",")]
)
def test_separator_decimal_mark_and_encoding_are_recognised(
    tmp_path: Path, separator: str, decimal: str, encoding: str, names: tuple[str, ...]
) -> None:
    text = ROWS.to_csv(sep=separator, decimal=decimal, index=False)
    pd.testing.assert_frame_equal(read(tmp_path, text.encode(encoding), Expected(names)).rows, ROWS)


def test_what_was_understood_is_one_line(tmp_path: Path) -> None:
    plain = read(tmp_path, ROWS.to_csv(index=False)).understood
    assert plain == "rows.csv: 12 rows of 4 columns, columns separated by commas."
    odd = read(tmp_path, ROWS.to_csv(sep=";", decimal=",").encode("utf-16"), Expected(NAMES)).understood
    assert odd == (
        "rows.csv: 12 rows of 4 columns, columns separated by semicolons, decimal commas, UTF-16, "
        "without the numbers of the rows."
    )


def test_columns_may_be_separated_by_blanks(tmp_path: Path) -> None:
    text = "a   b  c\n" + " 1.5  x   2\n" * 12
    assert read(tmp_path, text).rows.iloc[0].tolist() == [1.5, "x", 2]


@pytest.mark.parametrize(
    "text",
    [
        "first name,last name\n" + "Ann Maria,Lee\n" * 12,
        'text,label\n"a; b; c",1\n' + '"d, e",0\n' * 11,
        'text,label\n"two\nlines; of, text",1\n' + "plain,0\n" * 11,
        "only one\n" + "x\n" * 12,
    ],
)
def test_separators_within_words_do_not_separate_columns(tmp_path: Path, text: str) -> None:
    rows = read(tmp_path, text).rows
    assert list(rows.columns) == text.splitlines()[0].split(",")
    assert len(rows) == 12


def test_expected_names_decide_between_separators(tmp_path: Path) -> None:
    text = "a;b,c\n" + "1;2,3\n" * 12
    assert list(read(tmp_path, text, Expected(("a", "b,c"))).rows.columns) == ["a", "b,c"]
    assert list(read(tmp_path, text, Expected(("a;b", "c"))).rows.columns) == ["a;b", "c"]


def test_blanks_after_separators_are_dropped_unless_the_pipeline_knows_them(tmp_path: Path) -> None:
    text = "a, b\n" + "1, x\n" * 12
    assert read(tmp_path, text, Expected(("a", "b"))).rows["b"].unique().tolist() == ["x"]
    assert read(tmp_path, text, Expected(("a", " b"))).rows[" b"].unique().tolist() == [" x"]


@pytest.mark.parametrize("packed", [gzip.compress(ROWS.to_csv(index=False).encode())])
def test_gzip_is_unpacked_whatever_the_file_is_called(tmp_path: Path, packed: bytes) -> None:
    assert len(read(tmp_path, packed, name="rows.data").rows) == 12
    with pytest.raises(BundleError, match="cannot be unpacked by gzip"):
        read(tmp_path, packed[:60])
    with pytest.raises(BundleError, match="cannot be unpacked by gzip"):
        read(tmp_path, packed[:20] + b"\xff" * 20 + packed[40:])


def test_a_bomb_is_refused_before_it_is_unpacked_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "MOST_BYTES", 1 << 20)
    with pytest.raises(BundleError, match=r"more than 1 MiB\. Some thousand rows are enough"):
        read(tmp_path, gzip.compress(b"0" * (1 << 26)))


@pytest.mark.parametrize("index", [range(12), np.random.default_rng(0).permutation(500)[:12]], ids=["counts", "drawn"])
def test_a_nameless_index_is_left_out(tmp_path: Path, index: Sequence[int]) -> None:
    text = ROWS.set_axis(list(index)).to_csv()
    assert list(read(tmp_path, text, Expected(NAMES)).rows.columns) == list(NAMES)
    assert list(read(tmp_path, text, Expected(width=4)).rows.columns) == list(NAMES)
    assert read(tmp_path, text, Expected(width=5)).rows.shape == (12, 5)
    assert read(tmp_path, text, Expected(("Unnamed: 0", *NAMES))).rows.shape == (12, 5)


def test_names_of_rows_as_r_writes_them_are_left_out(tmp_path: Path) -> None:
    lines = ['"a" "b"', *(f'"row {place}" {place} {place / 2}' for place in range(12))]
    text = "\n".join(lines).replace(" ", ",").replace("row,", "row ")
    rows = read(tmp_path, text)
    assert list(rows.rows.columns) == ["a", "b"]
    assert rows.rows["a"].tolist() == list(range(12))
    assert "without the names of the rows" in rows.understood


@pytest.mark.parametrize("word", ["", "?", "NA", "NaN", "null", "None"])
def test_words_for_missing_are_missing_unless_the_pipeline_knows_them(tmp_path: Path, word: str) -> None:
    text = "size,city\n" + f"{word},Ulm\n1,{word}\n" * 6
    rows = read(tmp_path, text, Expected(("size", "city"))).rows
    assert rows["size"].dtype == np.float64
    assert rows.isna().sum().tolist() == [6, 6]
    known = read(tmp_path, text, Expected(("size", "city"), strings={"city": {"Ulm", word}})).rows
    assert known.isna().sum().tolist() == [6, 0]
    exact = read(tmp_path, text, Expected(("size", "city"), verbatim=("city",))).rows
    assert exact["city"].tolist() == ["Ulm", word] * 6


def test_digits_that_the_pipeline_knows_as_strings_stay_strings(tmp_path: Path) -> None:
    rows = read(tmp_path, "zip,size\n" + "01067,01067\n" * 12, Expected(strings={"zip": {"01067"}})).rows
    assert rows.iloc[0].tolist() == ["01067", 1067]


@pytest.mark.parametrize("words", ["True,False", "true,false", "TRUE,FALSE"])
def test_booleans_are_booleans_with_and_without_gaps(tmp_path: Path, words: str) -> None:
    text = "a,b\n" + f"{words}\n" * 11
    rows = read(tmp_path, text + f"{words}\n").rows
    assert rows.dtypes.tolist() == [np.bool_, np.bool_]
    gaps = read(tmp_path, text + ",True\n").rows
    assert gaps["a"].tolist()[0] is True
    assert np.isnan(gaps["a"].iloc[11])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04rest", "is a ZIP or Excel file. Save the table as CSV."),
        (b"PAR1rest", "is a Parquet file, which pandas reads by pyarrow. Run pip install pyarrow, or save"),
        (b"a,b\n\0\1\2\n", "it has bytes that text does not have"),
        (b"a,b\n1,2\n", "has 1 rows. Give at least 10"),
        (b'a,b\n"1,2\n', "is not a table"),
        (b"a,b,\xe9,a\n" + b"1,2,3,4\n" * 12, "more than one column 'a'"),
        (b"\x80" * 40, "has 0 rows"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BundleError) as caught:
        read(tmp_path, content)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).replace(str(tmp_path), "")) <= 300


def test_a_folder_or_nothing_is_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "none.csv", "No such file")):
        with pytest.raises(BundleError, match=reason):
            table_file.read(path, Expected())
