"""Sheets for people: inert, typed, and without callers unless asked by name."""

from __future__ import annotations

import csv
import io
import re
import stat
import sys
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pyarrow as pa
import pytest
from export_calls import joined
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics import exports
from dtanalytics.errors import ConfigError, InputError
from dtanalytics.reports import table
from dtanalytics.schema import BIDS, LEADFLOW

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = [
    "=cmd|'/c calc'!A0",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\uff1d1",
    "http://x.example",
    "<b>",
    "貨",
]


def read_csv(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def read_xlsx(path: Path) -> tuple[list[list[str]], str]:
    """Cells as text with their type, and the whole sheet's XML."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        strings = []
        if "xl/sharedStrings.xml" in names:
            root = ET.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - the file was just written
            strings = ["".join(t.text or "" for t in item.iter(f"{SHEET}t")) for item in root]
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    rows = []
    for row in ET.fromstring(xml).iter(f"{SHEET}row"):  # noqa: S314 - the file was just written
        cells = {}
        for cell in row:
            value = cell.find(f"{SHEET}v")
            raw = value.text if value is not None else ""
            cells[re.sub(r"\d", "", cell.get("r"))] = strings[int(raw)] if cell.get("t") == "s" else raw
        rows.append(list(cells.values()))
    return rows, xml


@pytest.mark.parametrize("dtype", ["str", "category", "object"])
def test_no_text_in_a_csv_begins_a_formula(dtype, tmp_path):
    path = exports.to_csv(pd.DataFrame({"affiliate": pd.Series(HOSTILE, dtype=dtype)}), tmp_path / "a.csv")
    cells = [row[0] for row in read_csv(path)[1:]]

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d")) for cell in cells)
    assert [cell.removeprefix("'") for cell in cells] == HOSTILE


def test_no_text_in_a_sheet_is_a_formula_or_a_link(tmp_path):
    path = exports.to_excel(pd.DataFrame({"affiliate": HOSTILE, "=x": HOSTILE}), tmp_path / "a.xlsx")
    rows, xml = read_xlsx(path)

    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert len(rows) == len(HOSTILE) + 1


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=5))
def test_any_text_comes_back_out_of_a_csv(texts):
    with tempfile.TemporaryDirectory() as folder:
        path = exports.to_csv(pd.DataFrame({"affiliate": texts, "n": 1}), Path(folder) / "a.csv")
        cells = [row[0] for row in read_csv(path)[1:]]

    assert all(cell in (text, f"'{text}") for cell, text in zip(cells, texts, strict=True))


def test_numbers_are_not_escaped(tmp_path):
    table = pd.DataFrame({"margin": [-1.5], "exact": [Decimal("-2.50")], "n": pd.array([-3], "Int64")})

    assert read_csv(exports.to_csv(table, tmp_path / "a.csv"))[1] == ["-1.5", "-2.50", "-3"]


@pytest.mark.parametrize("write", [exports.to_csv, exports.to_excel])
def test_callers_are_left_out_unless_asked_by_name(write, tmp_path):
    direct = sorted({*LEADFLOW.personal("direct"), *BIDS.personal("direct")})
    table = pd.DataFrame({name: ["secret"] for name in [*direct, *(f"bid_{name}" for name in direct)]})
    read = read_csv if write is exports.to_csv else lambda path: read_xlsx(path)[0]
    without = read(write(table.assign(sid="1"), tmp_path / "a"))
    asked = read(write(table.assign(sid="1"), tmp_path / "b", include=["caller_id"]))

    assert without == [["sid"], ["1"]]
    assert asked == [["caller_id", "sid"], ["secret", "1"]]


def test_asking_for_a_column_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(InputError, match="did you mean 'caller_id'"):
        exports.to_csv(joined({}), tmp_path / "a.csv", include=["calller_id"])


def test_times_are_eastern_clocks_in_both(tmp_path):
    table = joined({})[["call_date"]].assign(call_date=lambda t: t["call_date"].dt.tz_convert("UTC"))
    rows, xml = read_xlsx(exports.to_excel(table, tmp_path / "a.xlsx"))

    assert read_csv(exports.to_csv(table, tmp_path / "a.csv"))[1] == ["2026-10-15 14:00:00"]
    assert float(rows[1][0]) == pytest.approx(46310 + 14 / 24)  # days since 1899-12-30
    assert 's="' in xml


def test_nothing_is_an_empty_cell_and_infinity_is_nothing_to_excel(tmp_path):
    table = pd.DataFrame(
        {
            "a": pd.array([None, True], "boolean"),
            "b": [float("nan"), float("inf")],
            "c": pd.array([None, 1], "Int32"),
            "d": [None, "x"],
        }
    )

    assert read_csv(exports.to_csv(table, tmp_path / "a.csv"))[1] == ["", "", "", ""]
    assert read_xlsx(exports.to_excel(table, tmp_path / "a.xlsx"))[0][1:] == [["1", "1", "x"]]


def test_money_rates_and_days_have_their_formats(tmp_path):
    table = pd.DataFrame(
        {
            "affiliate": ["A"],
            "margin": [1.5],
            "margin_rate": [0.25],
            "call_day": pd.to_datetime(["2026-10-05"]),
        }
    )
    path = exports.to_excel(table, tmp_path / "a.xlsx")
    with zipfile.ZipFile(path) as archive:
        styles = archive.read("xl/styles.xml").decode()
    rows, _ = read_xlsx(path)

    assert rows[1] == ["A", "1.5", "0.25", "46300"]
    assert all(code in styles for code in ("0.0%", "yyyy-mm-dd"))


def test_a_named_index_becomes_a_column(tmp_path):
    table = pd.DataFrame({"margin": [1.0]}, index=pd.Index(["=A"], name="affiliate"))

    assert read_csv(exports.to_csv(table, tmp_path / "a.csv")) == [["affiliate", "margin"], ["'=A", "1.0"]]


@pytest.mark.parametrize("write", [exports.to_csv, exports.to_excel])
def test_sheets_are_private_and_tables_stay_as_they_were(write, tmp_path):
    table = joined({})
    before = table.copy(deep=True)
    path = write(table, tmp_path / "a")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("write", [exports.to_csv, exports.to_excel])
def test_no_calls_make_a_header(write, tmp_path):
    assert write(joined({}).iloc[:0], tmp_path / "a").stat().st_size > 0


def test_without_the_library_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(ConfigError, match=r"pip install 'dtanalytics\[excel\]'"):
        exports.to_excel(joined({}), tmp_path / "a.xlsx")


def test_a_table_longer_than_a_sheet_is_refused(tmp_path):
    with pytest.raises(InputError, match="1,048,575"):
        exports.to_excel(pd.DataFrame({"n": range(1_048_576)}), tmp_path / "a.xlsx")


def opened(path: Path) -> dict[str, tuple[list[list[str]], list[list[str]], str]]:
    """Sheet's name -> the text of its cells, their number formats, and its XML."""
    with zipfile.ZipFile(path) as archive:
        book, styles, strings = (
            ET.fromstring(archive.read(f"xl/{part}.xml"))  # noqa: S314 - the file was just written
            for part in ("workbook", "styles", "sharedStrings")
        )
        sheets = [
            archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            for number in range(1, 1 + len(list(book.iter(f"{SHEET}sheet"))))
        ]
    texts = ["".join(t.text or "" for t in item.iter(f"{SHEET}t")) for item in strings]
    own = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{SHEET}numFmt")}
    builtin = {"0": "General", "3": "#,##0", "4": "#,##0.00"}
    kinds = [
        (builtin | own)[each.get("numFmtId")] for each in styles.find(f"{SHEET}cellXfs").iter(f"{SHEET}xf")
    ]
    found = {}
    for name, xml in zip((each.get("name") for each in book.iter(f"{SHEET}sheet")), sheets, strict=True):
        rows = [list(row) for row in ET.fromstring(xml).iter(f"{SHEET}row")]  # noqa: S314 - as above
        value = {
            cell: texts[int(cell.findtext(f"{SHEET}v"))]
            if cell.get("t") == "s"
            else cell.findtext(f"{SHEET}v")
            for row in rows
            for cell in row
        }
        found[name] = (
            [[value[cell] for cell in row] for row in rows],
            [[kinds[int(cell.get("s", 0))] for cell in row] for row in rows],
            xml,
        )
    return found


def test_numbers_are_shown_in_their_units(tmp_path):
    """Money has two decimals, a rate is in per cent and stays a ratio, a count is grouped, a day is a date."""
    table = pd.DataFrame(
        {
            "week": pd.to_datetime(["2026-10-05"]),
            "margin": [-1234.5],
            "margin_rate_low": [0.25],
            "call_count": [12345],
            "q_value": [0.05],
            "suggested_bid": [4.0],
            "weight": [0.5],
        }
    )
    rows, formats, _ = opened(exports.to_excel(table, tmp_path / "a.xlsx"))["Sheet1"]

    assert rows[1] == ["46300", "-1234.5", "0.25", "12345", "0.05", "4", "0.5"]
    assert formats[1] == ["yyyy-mm-dd", "#,##0.00", "0.0%", "#,##0", "0.000", "#,##0.00", "General"]


def test_several_tables_are_a_sheet_each_after_their_list(tmp_path):
    """Names are cut to what Excel takes and stay apart; the list has the titles whole."""
    titles = ["Margin [USD]: by 'affiliate'?", "x" * 40, "X" * 40, "History", "=cmd()", "//"]
    book = opened(exports.to_excel({t: pd.DataFrame({"n": [1, 2]}) for t in titles}, tmp_path / "a.xlsx"))

    assert list(book) == [
        "Contents",
        "Margin USD by 'affiliate",
        "x" * 31,
        "X" * 27 + " (2)",
        "History (2)",
        "=cmd()",
        "Table",
    ]
    assert [row[1] for row in book["Contents"][0]] == ["table", *titles[:4], "'=cmd()", "//"]
    assert not any("<f>" in xml or "hyperlink" in xml for _, _, xml in book.values())


def test_the_header_stays_in_sight_and_columns_fit(tmp_path):
    """The first row is frozen and bold; a column is as wide as its text, up to a limit."""
    table = pd.DataFrame({"n": [1], "name": ["a name of some length"], "long": ["貨" * 500]})
    xml = opened(exports.to_excel(table, tmp_path / "a.xlsx"))["Sheet1"][2]
    widths = [float(width) for width in re.findall(r'<col [^>]*width="([\d.]+)"', xml)]

    assert 'ySplit="1"' in xml
    assert 'state="frozen"' in xml
    assert widths[0] < widths[1] < widths[2] < 60


def test_no_table_at_all_is_refused(tmp_path):
    with pytest.raises(InputError, match="no table"):
        exports.to_excel({}, tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(["\ud800", "half of a character"], dtype=object),
        pd.array([{"a": 1}, None], dtype=pd.ArrowDtype(pa.struct([("a", pa.int64())]))),
        pd.array([[1, 2], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
        pd.array([[("a", 1)], None], dtype=pd.ArrowDtype(pa.map_(pa.string(), pa.int64()))),
        [1j, 2j],
    ],
    ids=["surrogate", "struct", "list", "map", "complex"],
)
def test_odd_values_are_written_as_text(tmp_path, values):
    frame = pd.DataFrame({"affiliate": ["North", "South"], "what": values})
    assert exports.to_csv(frame, tmp_path / "odd.csv").read_text("utf-8-sig").count("North") == 1
    assert exports.to_excel(frame, tmp_path / "odd.xlsx").exists()
    assert "South" in table(frame)._repr_html_()
    assert frame.calls.mask(key="k")["affiliate"].tolist() == ["North", "South"]
