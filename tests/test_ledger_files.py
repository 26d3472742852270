"""A partner's file is read as it came: any encoding, delimiter, workbook, and whatever stands around the table."""

import gzip
import io
import zipfile

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError

NAMES = {"Call ID": "sid", "Billed": "revenue", "Offer": "offer"}
ROWS = [("26100100000", "20.00", "Café"), ("26100200001", "1250.50", "NA"), ("26100300002", "18.50", "None")]


def written(delimiter=",", newline="\n", rows=ROWS, header=("Call ID", "Billed", "Offer")) -> str:
    return "".join(delimiter.join(row) + newline for row in [header, *rows])


def read(tmp_path, data: bytes, name="list.csv", **options) -> list:
    path = tmp_path / name
    path.write_bytes(data)
    table = dta.read_ledger(path, NAMES, **options)
    return list(table[["sid", "revenue", "offer"]].itertuples(index=False, name=None))


RIGHT = [("26100100000", 20.0, "Café"), ("26100200001", 1250.5, "NA"), ("26100300002", 18.5, "None")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings_delimiters_and_line_ends_are_told_from_the_file(tmp_path, delimiter, newline, encoding):
    assert read(tmp_path, written(delimiter, newline).encode(encoding)) == RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "Acme\nOctober\n\n" + written(),
        "Acme, Inc., all offers, October 2026\n\n" + written(),
        '"Acme; ""the"" buyer"\n' + written(";"),
        "sep=;\n" + written(";"),
        '"sep=;"\r\n' + written(";", "\r\n"),
        "sep=\\t\n" + written("\t"),
        written().replace("\n", ",\n"),
        written().replace("\n", ",,,\n"),
        written().replace("\n", "\n\n"),
        written().replace("\n", "\n,,\n"),
        written() + written(),
        "\ufeff\ufeff" + written(),
        written(header=(" call id ", "BILLED", "\u00a0Offer")),
        written(header=("Call\u00a0ID", '"Billed"', "Offer")),
        written(rows=[tuple(f'"{cell}"' for cell in row) for row in ROWS]),
    ],
    ids=range(15),
)
def test_what_stands_around_the_table_is_passed_over(tmp_path, text):
    read_rows = read(tmp_path, text.encode("utf-8"))

    assert read_rows[:3] == RIGHT


@pytest.mark.parametrize(
    ("encoding", "offer"),
    [
        ("shift_jis", "テスト屋"),
        ("gb18030", "屋顶维修"),
        ("cp1251", "Крыши"),
        ("cp949", "지붕수리"),
        ("cp1253", "Στέγες"),
    ],
)
def test_text_of_another_alphabet_asks_for_its_encoding_instead_of_becoming_other_letters(
    tmp_path, encoding, offer
):
    data = f"Call ID,Billed,Offer\n26100100000,20.00,{offer}\n".encode(encoding)

    with pytest.raises(InputError, match="name its encoding"):
        read(tmp_path, data)
    assert read(tmp_path, data, encoding=encoding) == [("26100100000", 20.0, offer)]


@pytest.mark.parametrize(
    "offer",
    [
        "Señor Ñandú",
        "créée à Orléans",
        "ÄÖÜß",
        "\u201aso\u2018 \u2013 “that” … 5 €",
        "££££ ½ price",
        "Þórður",
    ],
)
def test_western_text_needs_no_encoding(tmp_path, offer):
    data = f"Call ID,Billed,Offer\n26100100000,20.00,{offer}\n".encode("cp1252")

    assert read(tmp_path, data) == [("26100100000", 20.0, offer)]


def test_utf_8_that_breaks_off_within_a_character_is_not_read_as_western_text(tmp_path):
    data = "Call ID,Billed,Offer\n26100100000,20.00,Café\n26100100001,20.00,Zürich Sûreté\n".encode()
    with pytest.raises(InputError, match="UTF-8 in which some characters are broken"):
        read(tmp_path, data[:-2])
    assert (
        read(tmp_path, "Call ID,Billed,Offer\n1,2.00,CAFÉ® ¡Niño!\n".encode("cp1252"))[0][2] == "CAFÉ® ¡Niño!"
    )


def test_a_quoted_value_may_hold_newlines_quotation_marks_and_the_delimiter(tmp_path):
    text = 'Call ID,Billed,Offer\n1,"1,250.50","Roof\nand ""Gutter"", all"\n2,3.00,x\n'

    assert read(tmp_path, text.encode()) == [("1", 1250.5, 'Roof\nand "Gutter", all'), ("2", 3.0, "x")]


def test_a_packed_file_is_unpacked(tmp_path):
    plain = written().encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("__MACOSX/._list.csv", b"x")
        packed.writestr("list.csv", plain)

    assert read(tmp_path, gzip.compress(plain), "list.csv.gz") == RIGHT
    assert read(tmp_path, held.getvalue(), "list.zip") == RIGHT


def test_without_names_the_delimiter_is_told_from_the_whole_text(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "Acme\n\nsid;revenue;Note\n" + "".join(f"{n};20,00;a, b\n" for n in range(50)), encoding="utf-8"
    )

    table = dta.read_ledger(path)

    assert table["revenue"].sum() == 1000.0
    assert table["Note"].unique().tolist() == ["a, b"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "is empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PAR1....", "Parquet"),
        (b"<html><table><tr><td>Call ID</td></tr></table></html>", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b'[{"sid": "1"}]', "JSON"),
        (b"\x00\x01\x02\x03" * 20, "neither text nor a workbook"),
        (b"PK\x03\x04 no zip", "cannot be unpacked"),
        (b"\x1f\x8b no gz", "broken gz"),
        (b"\xd0\xcf\x11\xe0 no workbook", "cannot be opened"),
        (b"Call ID,Billed,Offer\n1,1,250.50,x\n", r"line 2 has 4 values, the header 3"),
        (b'Call ID,Billed,Offer\n1,2.00,"x\n2,3.00,y\n', "not closed"),
        (b'Call ID,Billed,Offer\n1,2.00,"x\n2,3.00,y\n3,4.00,"\n', "not closed"),
        (b"1,2.00,x\n2,3.00,y\n", "no row names the columns"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name_and_what_to_do(tmp_path, data, said):
    with pytest.raises(InputError, match=said) as failed:
        read(tmp_path, data)

    assert "list.csv" in str(failed.value) or "no row" in said


def test_a_zip_of_several_files_and_a_file_that_is_not_there_are_told(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("a.csv", b"x")
        packed.writestr("b.csv", b"y")

    with pytest.raises(InputError, match=r"2 files \(a.csv, b.csv\)"):
        read(tmp_path, held.getvalue(), "list.zip")
    with pytest.raises(InputError, match=r"no file .*lost.zip.*did you mean 'list.zip'"):
        dta.read_ledger(tmp_path / "lost.zip", NAMES)
    with pytest.raises(InputError, match="cannot be read"):
        dta.read_ledger(tmp_path, NAMES)


def workbook(sheets: dict, hidden=()) -> bytes:
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"default_date_format": "yyyy-mm-dd hh:mm", "in_memory": True}) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    if value is not None:
                        sheet.write(number, place, value)
            if title in hidden:
                sheet.hide()
    return held.getvalue()


HEADER = ["Call ID", "Billed", "Offer"]
CELLS = [HEADER, [26100100000, 20, "Café"], ["26100200001", 1250.5, "NA"], ["26100300002", "18.50", "None"]]


@pytest.mark.parametrize(
    "sheets",
    [
        {"October": CELLS},
        {"Empty": [], "October": CELLS},
        {"October": [["Acme"], [], [None, "October 2026"], *CELLS]},
        {"Notes": [["Please pay"], ["soon"]], "October": CELLS},
        {"October": [*CELLS[:2], [], *CELLS[2:]]},
    ],
)
def test_a_workbook_is_read_by_its_cells(tmp_path, sheets):
    assert read(tmp_path, workbook(sheets), "list.xlsx") == RIGHT


def test_of_several_sheets_with_the_table_one_must_be_named(tmp_path):
    data = workbook({"October": CELLS, "November": CELLS[:2]})

    with pytest.raises(InputError, match="sheet= one of 'October', 'November'"):
        read(tmp_path, data, "list.xlsx")
    assert read(tmp_path, data, "list.xlsx", sheet="November") == RIGHT[:1]
    assert read(tmp_path, data, "list.xlsx", sheet=0) == RIGHT
    with pytest.raises(InputError, match=r"no sheet 'Novembre'.*did you mean 'November'"):
        read(tmp_path, data, "list.xlsx", sheet="Novembre")
    assert read(tmp_path, workbook({"October": CELLS, "Old": CELLS}, hidden=["Old"]), "list.xlsx") == RIGHT
    with pytest.raises(InputError, match="no sheet with data"):
        read(tmp_path, workbook({"Empty": []}), "list.xlsx")


def test_a_name_that_is_not_there_is_told_with_the_nearest(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(written(), encoding="utf-8")

    with pytest.raises(SchemaError, match=r"list.csv: .*no column 'Bill'.*did you mean 'Billed'"):
        dta.read_ledger(path, {"Call ID": "sid", "Bill": "revenue"})
    with pytest.raises(InputError, match=r"'revenu'.*did you mean 'revenue'"):
        dta.read_ledger(path, {"Call ID": "sid", "Billed": "revenu"})
    with pytest.raises(InputError, match=r"from the ledger's column to ours: \{'Call ID': 'sid'\}"):
        dta.read_ledger(path, {"sid": "Call ID"})


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"decimal": "x"}, "decimal is '.' or ','"),
        ({"dayfirst": "yes"}, "dayfirst is True or False"),
        ({"timezone": "America/Chicgo"}, "did you mean 'America/Chicago'"),
        ({"delimiter": ", "}, "delimiter is one character"),
        ({"encoding": "utf-5"}, "encoding 'utf-5' is not known"),
        ({"encoding": "ascii"}, "is not ascii"),
    ],
)
def test_an_option_that_is_none_is_refused_with_what_it_may_be(tmp_path, option, said):
    with pytest.raises(InputError, match=said):
        read(tmp_path, written().encode(), **option)


def test_a_ledger_that_is_neither_a_path_nor_a_frame_is_refused():
    with pytest.raises(InputError, match="a path or a frame, not int"):
        dta.read_ledger(7)


def test_frames_of_other_libraries_are_read():
    import polars as pl
    import pyarrow as pa

    held = {"Call ID": ["1", "2"], "Billed": ["1.250,50 €", "20,00"]}
    for frame in (pd.DataFrame(held), pa.table(held), pl.DataFrame(held), pl.LazyFrame(held)):
        table = dta.read_ledger(frame, {"Call ID": "sid", "Billed": "revenue"})
        assert table["revenue"].tolist() == [1250.5, 20.0]


@pytest.mark.parametrize(
    "text",
    [
        "sid,revenue\n2610011,20.00\n2610012,35.00\n\x1a",
        "SID,Revenue\n2610011,20.00\n2610012,35.00\n",
        "Acme, Inc,,\nPeriod,2026-10-01,2026-10-31\nsid,revenue\n2610011,20.00\n2610012,35.00\n",
        "Call,Money\nsid,revenue\n2610011,20.00\n2610012,35.00\n",
        "sid;revenue\n2610011;20,00\n2610012;35,00\nGenerated on 1 November by Acme\n",
        "sid,revenue\n2610011,20.00\n2610012,35.00\nCount,2\n",
        "sid,revenue\n2610011,20.00\n2610012,35.00\nNumber of calls:,2\n",
    ],
    ids=["end of DOS", "capitals", "title lines", "two headers", "remark below", "count", "number of calls"],
)
@pytest.mark.filterwarnings("ignore::dtanalytics.errors.LedgerWarning")
def test_a_file_with_names_of_ours_is_read_without_being_told_them(tmp_path, text):
    path = tmp_path / "ledger.csv"
    path.write_text(text, encoding="utf-8")
    assert dta.read_ledger(path).to_dict("list") == {"sid": ["2610011", "2610012"], "revenue": [20, 35]}
