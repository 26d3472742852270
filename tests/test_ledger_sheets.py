"""Sheets as people lay them out: merged cells, chart sheets, passwords."""

from types import SimpleNamespace

import pytest
import xlsxwriter

from dtanalytics import read_ledger
from dtanalytics.errors import InputError
from dtanalytics.ledgers import workbooks

NAMES = {"Call ID": "sid", "Billed": "revenue", "Affiliate": "affiliate"}
CALLS = [("2610011", 20.0), ("2610012", 1250.5), ("2610013", 18.5)]


@pytest.fixture
def sheet(tmp_path):
    """A sheet to write into, and what is read of it afterwards."""
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(path)

    def read(names=NAMES):
        book.close()
        return read_ledger(path, names)

    return SimpleNamespace(it=book.add_worksheet(), read=read)


def test_a_partner_merged_over_its_calls_is_the_partner_of_each(sheet):
    sheet.it.write_row(0, 0, ["Affiliate", "Call ID", "Billed"])
    sheet.it.merge_range(1, 0, 2, 0, "North")
    sheet.it.write(3, 0, "South")
    for row, call in enumerate(CALLS, start=1):
        sheet.it.write_row(row, 1, call)
    table = sheet.read()
    assert table[["affiliate", "sid", "revenue"]].to_numpy().tolist() == [
        ["North", "2610011", 20.0],
        ["North", "2610012", 1250.5],
        ["South", "2610013", 18.5],
    ]


def test_an_amount_merged_over_calls_is_counted_once(sheet):
    sheet.it.write_row(0, 0, ["Call ID", "Billed"])
    for row, (sid, _) in enumerate(CALLS, start=1):
        sheet.it.write(row, 0, sid)
    sheet.it.merge_range(1, 1, 3, 1, 60.0)
    names = {"Call ID": "sid", "Billed": "revenue"}
    assert sheet.read(names)["revenue"].sum() == 60


def test_a_header_of_two_lines_with_merged_cells_names_the_columns_by_the_lower(sheet):
    sheet.it.merge_range(0, 0, 1, 0, "Call ID")
    sheet.it.merge_range(0, 1, 0, 2, "Money")
    sheet.it.write_row(1, 1, ["Billed", "Tax"])
    for row, call in enumerate(CALLS, start=2):
        sheet.it.write_row(row, 0, call)
    table = sheet.read({"Call ID": "sid", "Billed": "revenue"})
    assert table[["sid", "revenue"]].to_numpy().tolist() == [list(call) for call in CALLS]


def test_chart_sheets_are_not_looked_at(monkeypatch):
    def asked(name):
        if name == "Chart":
            raise OSError("failed to fill whole buffer")
        rows = [["Call ID", "Billed"], *map(list, CALLS)]
        return SimpleNamespace(to_python=lambda skip_empty_area: rows, merged_cell_ranges=None)  # noqa: ARG005 - as called

    kinds = {"Chart": "SheetTypeEnum.ChartSheet", "Calls": "SheetTypeEnum.WorkSheet"}
    book = SimpleNamespace(
        sheet_names=list(kinds),
        sheets_metadata=[
            SimpleNamespace(name=name, typ=kind, visible="SheetVisibleEnum.Visible")
            for name, kind in kinds.items()
        ],
        get_sheet_by_name=asked,
    )
    monkeypatch.setattr(workbooks, "_opened", lambda *_: book)
    assert len(workbooks.workbook_table("list.xlsb", b"", ["Call ID"])) == 3
    with pytest.raises(InputError, match="sheet 'Chart' cannot be read"):
        workbooks.workbook_table("list.xlsb", b"", ["Call ID"], "Chart")


def test_a_workbook_with_a_password_says_so(tmp_path):
    path = tmp_path / "list.xlsb"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    with pytest.raises(InputError, match=r"list\.xlsb has a password: save it without one"):
        read_ledger(path, NAMES)
