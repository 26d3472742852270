"""Workbooks as spreadsheets save them: errors, formulas that nobody worked out, serials of 1904, XLS and ODS."""

import base64
import gzip
import io
import zipfile
from datetime import datetime

import pandas as pd
import pytest
import xlsxwriter

import dtanalytics as dta
from dtanalytics.errors import InputError, LedgerWarning

NAMES = {"Call ID": "sid", "Billed": "revenue", "Date": "call_date"}
OLD = gzip.decompress(
    base64.b85decode(
        r"ABzY8000000t4+>O-NKx6#nj;8RrLQoY67VKn5Wz(?zriL7z=i(qhEi^g~c%4k(Ue%($sVO_|FeXjQZsutgJCZTg|0S_DOcQHvl5"
        r"W-?c{2?|>1yv{xEy-Cf$fs%~(J?^>Zo_o)C&%1x`=k-h=pS{~qzzTH2hN9+1#S)vK<TeX_P`#!})y!R#Gz%LFZWm2tg#(Yg(@r^u"
        r"a=r^taL4|PB=C{aF`PorXfhsJM}#?sn2<4akQBI179Z+4s%n-eS=O+;%`G3Z>|)C$mL1eKFOFhH?P=L<tm4B;6C|UL<$d;f&#iZ&"
        r"7BA!~K6hE@Z5`N?8j2-0SVg0~5|f|_?T#noDOs+=4H_vNA+$xKZIMW5aIk%3q&=O^BS^D8iEmm6_-bzNry<L}zIFk!e_w8Q{>JX2"
        r"*<5MAqS%29v=h8rCg4SlUDi0TH<n1G7tlmUIylk7khai)2(^gB#^SW=!$XNge83}*cs>&R%Z>yuZ<R`t1E^v>z#GO-p)B0|@+R8f"
        r"s~%@dh93j^!(xjJ2^!8z4|4W#4M)Xsw6MnxmKT_HGwTg3gA_XD&AqjTvVWZ0T;$qj>Sq_@t-5uIzK!&W`GXG{CuY^{q)&Ah&IG64"
        r"sad*zH$^Y_8b_;W71ypxJXFnG7zfJ-mi50JGA_k$#I6}n#40Sp!)kz~UXr6DN+rb@E9os(c-v@9gyEf;deT!D)-5uUTe)0r`qNz3"
        r"S;a$T$<k-AD66n2W(+T%8!SqR<+H(}Fw1<_$t<>2SZro2v#$&mTZyG|Zm!FrxX2<|oT5{y#y#0B9k@T?fdvZ|ELgB$!GeW<7=m9="
        r"_1AGbe=X=Q{7&P)&LX9v^_%3sMIT1#8l!K?eMnNC!s)Ws&n7s8$tBk4WBxCcI7GdtFpPeVW4P?~OCM}v>HVzP(f{YRP`UjV%Zc+Z"
        r"_x}TWLhMZd761S"
    )
)
"""An XLS whose days are counted from 1904: three calls, the amount of the third is #DIV/0!."""
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORKBOOK = f"{LINKS}/officeDocument", f"{LINKS}/worksheet"


def text(cell: str, value: str) -> str:
    return f'<c r="{cell}" t="inlineStr"><is><t>{value}</t></is></c>'


def xlsx(*amounts: str) -> bytes:
    """A workbook with one call for each cell of an amount, which is written by hand."""
    rows = "".join(
        f'<row r="{at}"><c r="A{at}"><v>2610{at}</v></c>{amount.replace("AT", f"C{at}")}</row>'
        for at, amount in enumerate(amounts, 2)
    )
    head = text("A1", "Call ID") + text("C1", "Billed")
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{WORKBOOK[0]}" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="Calls" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{WORKBOOK[1]}" Target="worksheets/list.xml"/></Relationships>',
        "xl/worksheets/list.xml": f'<worksheet xmlns="{SHEET}"><sheetData><row r="1">{head}</row>{rows}'
        "</sheetData></worksheet>",
    }
    return packed(parts)


def packed(parts: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return data.getvalue()


def ods(*amounts: str) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{cell.format(f'2610{at}')}{amount}</table:table-row>"
        for at, amount in enumerate(amounts, 2)
    )
    head = f"<table:table-row>{cell.format('Call ID')}{cell.format('Billed')}</table:table-row>"
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"/>',
            "content.xml": f'<office:document-content xmlns:office="{names}:office:1.0" '
            f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet>'
            f'<table:table table:name="Calls">{head}{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        }
    )


PLAIN = '<c r="AT"><v>20</v></c>'
COMPUTED = '<c r="AT"><f>10+8.5</f><v>18.5</v></c>'
UNWORKED = '<c r="AT"><f>10+8.5</f></c>'
AMOUNT = (
    '<table:table-cell office:value-type="float" office:value="20"><text:p>20</text:p></table:table-cell>'
)


def read(tmp_path, data: bytes, name: str = "list.xlsx", **options) -> pd.DataFrame:
    path = tmp_path / name
    path.write_bytes(data)
    return dta.read_ledger(path, NAMES if name.endswith("xls") else dict(list(NAMES.items())[:2]), **options)


def test_a_formula_is_what_the_spreadsheet_worked_out(tmp_path):
    assert read(tmp_path, xlsx(PLAIN, COMPUTED))["revenue"].tolist() == [20.0, 18.5]


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"])
@pytest.mark.parametrize("formula", ["", "<f>A2/0</f>"])
def test_an_error_of_a_spreadsheet_is_refused_by_its_row(tmp_path, error, formula):
    with pytest.raises(InputError, match=r"row 1 of the ledger: 'revenue' is '#.*mend it there") as raised:
        read(tmp_path, xlsx(PLAIN, f'<c r="AT" t="e">{formula}<v>{error}</v></c>', PLAIN))

    assert error in str(raised.value)


def test_an_error_that_the_reader_does_not_know_is_no_bare_one(tmp_path):
    with pytest.raises(InputError, match=r"sheet 'Calls' cannot be read .*#SPILL!.*mend that"):
        read(tmp_path, xlsx(PLAIN, '<c r="AT" t="e"><v>#SPILL!</v></c>'))


@pytest.mark.parametrize("amounts", [(UNWORKED,), (PLAIN, UNWORKED), (UNWORKED, UNWORKED)])
def test_a_formula_without_a_result_is_refused_and_no_zero(tmp_path, amounts):
    with pytest.raises(InputError, match=r"a formula without a result.*open the file in a spreadsheet"):
        read(tmp_path, xlsx(*amounts))


@pytest.mark.parametrize(
    "cell",
    [
        '<table:table-cell table:formula="of:=1/0" office:value-type="float"><text:p>#DIV/0!</text:p></table:table-cell>',
        '<table:table-cell table:formula="of:=1/0" office:value-type="string"><text:p>Err:502</text:p></table:table-cell>',
    ],
)
def test_an_error_in_an_ods_is_refused_too(tmp_path, cell):
    assert read(tmp_path, ods(AMOUNT, AMOUNT), "list.ods")["revenue"].tolist() == [20.0, 20.0]
    with pytest.raises(InputError, match="row 1 of the ledger: 'revenue' is"):
        read(tmp_path, ods(AMOUNT, cell), "list.ods")


def test_an_xls_with_days_from_1904_is_read_and_says_that_it_hides_errors(tmp_path):
    path = tmp_path / "list.xls"
    path.write_bytes(OLD)
    calls = pd.DataFrame(
        {
            "sid": ["26100100000", "26100200000", "26100300000"],
            "call_date": ["2026-10-05 09:30", "2026-10-06 09:30", "2026-10-07 09:30"],
            "offer_qualified": "Y",
            "offer_price": [20.0, 1250.5, 18.5],
        }
    )

    with pytest.warns(LedgerWarning, match=r"1 rows of the ledger have no 'revenue', the first is row 2"):
        found = calls.calls.reconcile(path, names=NAMES)

    assert found.matched["there"].sum() == 1270.5
    assert found.differing["field"].tolist() == ["revenue"]


def test_an_error_in_text_is_no_amount_either(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Call ID,Billed\n1,20.00\n2,#N/A\n", encoding="utf-8")

    with pytest.raises(InputError, match="row 1 of the ledger: 'revenue' is '#N/A'"):
        dta.read_ledger(path, {"Call ID": "sid", "Billed": "revenue"})


CALLS = pd.DataFrame({"sid": ["1", "2"], "offer_qualified": "Y", "offer_price": [20.0, 18.5]})


@pytest.mark.parametrize(
    ("ledger", "header"),
    [
        ({"Billed": ["20,00 \u20ac", "18,50 \u20ac"]}, "Billed"),
        ({"Billed": ["20.00", "18.50 EUR"]}, "Billed"),
        ({"Billed": [20.0, 18.5], "Currency": "eur"}, "Billed"),
        ({"Billed (EUR)": [20.0, 18.5]}, "Billed (EUR)"),
        ({"Billed \u20ac": [20.0, 18.5]}, "Billed \u20ac"),
        ({"billed_eur": [20.0, 18.5]}, "billed_eur"),
    ],
    ids=["sign", "code", "column", "header", "sign in the header", "name"],
)
def test_a_ledger_in_another_currency_than_the_calls_is_told(ledger, header, monkeypatch):
    frame = pd.DataFrame({"Call ID": ["1", "2"], **ledger})
    names = {"Call ID": "sid", header: "revenue"}

    with pytest.warns(LedgerWarning, match="the ledger is in EUR, and the account in USD"):
        assert "none is converted" in repr(CALLS.calls.reconcile(frame, names=names))
    assert dta.read_ledger(frame, names).attrs["currencies"] == ["EUR"]

    monkeypatch.setenv("DTANALYTICS_CURRENCY", "EUR")
    assert not CALLS.calls.reconcile(frame, names=names).notes  # a warning would be an error here


@pytest.mark.parametrize(
    ("amounts", "account"),
    [
        (["$20.00", "18.50"], "USD"),
        (["$20.00", "18.50"], "CAD"),
        (["20.00", "18.50"], "EUR"),
        (["\u00a520", "18"], "JPY"),
    ],
)
def test_a_ledger_that_may_be_in_the_currency_of_the_account_is_not_told(amounts, account, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_CURRENCY", account)
    ledger = pd.DataFrame({"ALL CALL ID": ["1", "2"], "TOP ALL Billed": amounts})

    found = CALLS.calls.reconcile(ledger, names={"ALL CALL ID": "sid", "TOP ALL Billed": "revenue"})

    assert not found.notes


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        ([["Average", 19.25]], "Average"),
        ([["Total", 38.5], ["VAT 20%", 7.7], ["Total incl. VAT", 46.2]], "VAT 20%"),
        ([[None, None], ["Durchschnitt", 19.25]], "Durchschnitt"),
    ],
)
def test_averages_and_taxes_are_no_calls(rows, label):
    ledger = pd.DataFrame([["1", 20.0], ["2", 18.5], *rows], columns=["sid", "revenue"])

    with pytest.warns(LedgerWarning, match=label):
        found = CALLS.calls.reconcile(ledger)

    assert found.totals["there"].tolist()[-1] == 38.5


def test_a_last_row_with_the_number_of_calls_for_an_identifier_is_a_total():
    calls = CALLS.assign(sid=["26101", "26102"])
    ledger = pd.DataFrame([[26101, 20.0], [26102, 18.5], [2, 38.5]], columns=["sid", "revenue"])

    with pytest.warns(LedgerWarning, match="row 2 is a total of 38.50"):
        assert calls.calls.reconcile(ledger).totals["there"].tolist()[-1] == 38.5


@pytest.mark.parametrize("column", ["sid", "revenue"])
def test_a_cell_of_several_values_is_refused(column):
    ledger = pd.DataFrame({"sid": ["1", "2"], "revenue": [20.0, 18.5]}).assign(**{column: [["1"], {"a": 1}]})

    with pytest.raises(InputError, match=f"row 0 of the ledger: {column!r} holds several values"):
        CALLS.calls.reconcile(ledger)


@pytest.mark.parametrize(("value", "wrong"), [(0, True), (20, False)])
def test_formulas_that_a_library_wrote_without_working_them_out_are_no_zeros(tmp_path, value, wrong):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:  # it writes 0, and asks the spreadsheet to work all of them out
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["sid", "revenue"])
        for row, sid in enumerate(["2610011", "2610012"], 1):
            sheet.write(row, 0, sid)
            sheet.write_formula(row, 1, "=10*2", None, value if row == 1 else 0)

    if wrong:
        with pytest.raises(InputError, match=r"row 0 .*'revenue' is 'a formula without a result'"):
            dta.read_ledger(path)
    else:
        assert dta.read_ledger(path)["revenue"].tolist() == [20, 0]


def test_the_sheet_with_our_names_is_the_one_that_is_read(tmp_path):
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Read me").write(0, 0, "Calls of October")
        sheet = book.add_worksheet("Calls")
        sheet.write_row(0, 0, ["SID", "Revenue"])
        sheet.write_row(1, 0, ["2610011", 20.0])
    assert dta.read_ledger(path).to_dict("list") == {"sid": ["2610011"], "revenue": [20]}


@pytest.mark.parametrize(
    ("from_1904", "format_"), [(True, "General"), (False, "General"), (True, "yyyy-mm-dd hh:mm")]
)
def test_dates_that_are_shown_as_numbers_count_from_the_day_that_the_workbook_says(
    tmp_path, from_1904, format_
):
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path), {"date_1904": from_1904})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["sid", "revenue", "call_date"])
    sheet.write_row(1, 0, ["c1001", 20.0])
    sheet.write_datetime(1, 2, datetime(2026, 10, 5, 14, 13), book.add_format({"num_format": format_}))
    book.close()
    assert dta.read_ledger(path)["call_date"].astype(str).tolist() == ["2026-10-05 14:13:00-04:00"]


def test_a_time_of_day_that_is_shown_as_a_number_goes_with_its_date(tmp_path):
    path = tmp_path / "list.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["sid", "revenue", "Date", "Time"])
    sheet.write_row(1, 0, ["c1001", 20.0])
    sheet.write_datetime(1, 2, datetime(2026, 10, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_number(1, 3, (14 * 60 + 13) / 1440)
    book.close()
    found = dta.read_ledger(path, {("Date", "Time"): "call_date"})
    assert found["call_date"].astype(str).tolist() == ["2026-10-05 14:13:00-04:00"]
