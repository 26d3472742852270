"""Each column of a ledger is read by one grammar, or the error asks what decides."""

import datetime as dt
import tempfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.errors import DtError, InputError


def column(name, values, **options) -> list:
    ledger = pd.DataFrame({name: values}).assign(sid=[str(n) for n in range(len(values))])
    return dta.read_ledger(ledger, **options)[name].tolist()


def times(*values, **options) -> list:
    return [str(value)[:19] for value in column("call_date", list(values), **options)]


@pytest.mark.parametrize(
    ("values", "option", "right"),
    [
        (["20,00", "1250,50"], {}, [20, 1250.5]),
        (["1.250,50 €", "(12,50)"], {}, [1250.5, -12.5]),
        (["1\u202f250,50", "3"], {}, [1250.5, 3]),
        (["1'250.50", "$ -"], {}, [1250.5, 0]),
        (["12.50-", "12.50 CR", "12.50 DR"], {}, [-12.5, -12.5, 12.5]),
        (["1,25,000.00", "5"], {}, [125000, 5]),
        (["1,250", "2,500"], {"decimal": "."}, [1250, 2500]),
        (["1,250", "2,500"], {"decimal": ","}, [1.25, 2.5]),
        ([Decimal("1.5"), 2, "3.25"], {}, [1.5, 2, 3.25]),
        ([1.5, "1.250,50"], {}, [1.5, 1250.5]),
        (pd.array(["$1.00", "2"], dtype=pd.ArrowDtype(pa.string())), {}, [1, 2]),
        (pd.array([Decimal("1.10"), Decimal(2)], dtype=pd.ArrowDtype(pa.decimal128(8, 2))), {}, [1.1, 2]),
        (pd.Categorical(["1,00", "2,00"]), {}, [1, 2]),
    ],
)
def test_amounts_are_read_by_the_grammar_of_their_column(values, option, right):
    assert column("revenue", values, **option) == right


@pytest.mark.parametrize(
    ("values", "option", "said"),
    [
        (["1,250", "2,500"], {}, r"'1,250'.* 1250 or 1.250.*decimal='.' or decimal=','"),
        (["1.250"], {}, "decimal="),
        (["20", "1,250"], {}, "decimal="),
        (["20,00", "20.00"], {}, "has both '20.00' and '20,00'"),
        (["$5", "€6"], {}, r"in \$ and EUR"),
        (["USD 5", "CAD 6"], {}, "in CAD and USD"),
        (["5", "7%"], {}, "row 1 of the ledger: 'revenue' is '7%'"),
        (["5", "six"], {}, "row 1 of the ledger: 'revenue' is 'six', which is no money"),
        (["20.00"], {"decimal": ","}, "'20.00'"),
        (["(212) 555-0101"], {}, "may be personal"),
        (["9" * 18], {}, "too large|personal"),
    ],
)
def test_an_amount_that_is_none_or_two_is_refused(values, option, said):
    with pytest.raises(InputError, match=said) as failed:
        column("revenue", values, **option)

    assert "555-0101" not in str(failed.value)


def test_a_column_of_two_currencies_refuses_the_ledger():
    ledger = pd.DataFrame({"sid": ["1", "2"], "revenue": [1.0, 2.0], "Currency": ["USD", "EUR"]})

    with pytest.raises(InputError, match="EUR and USD"):
        dta.read_ledger(ledger)


@pytest.mark.parametrize(
    ("values", "option", "right"),
    [
        (["2026-10-05 14:13"], {}, ["2026-10-05 14:13:00"]),
        (["2026-10-05T18:13:00Z", "2026-10-05 14:13"], {}, ["2026-10-05 14:13:00"] * 2),
        (["2026-10-05T14:13:00-0400"], {}, ["2026-10-05 14:13:00"]),
        (["05.10.2026", "20.10.2026 14:13"], {}, ["2026-10-05 00:00:00", "2026-10-20 14:13:00"]),
        (["10/5/26 2:13 PM", "10/25/26 2:13 AM"], {}, ["2026-10-05 14:13:00", "2026-10-25 02:13:00"]),
        (["5-Oct-26"], {}, ["2026-10-05 00:00:00"]),
        (["Oct 5, 2026 2:13 PM"], {}, ["2026-10-05 14:13:00"]),
        (["Monday, October 5, 2026 at 2:13 p.m."], {}, ["2026-10-05 14:13:00"]),
        (["5. Oktober 2026 14:13 Uhr"], {}, ["2026-10-05 14:13:00"]),
        (["Mon, 05 Oct 2026 18:13:00 GMT"], {}, ["2026-10-05 14:13:00"]),
        (["Mon Oct  5 14:13:00 2026"], {}, ["2026-10-05 14:13:00"]),
        (["2026-10-05 13:13 CT"], {}, ["2026-10-05 14:13:00"]),
        (["2026/10/05 12:05:09 AM"], {}, ["2026-10-05 00:05:09"]),
        (["26-10-05"], {}, ["2026-10-05 00:00:00"]),
        (["05/10/2026"], {"dayfirst": True}, ["2026-10-05 00:00:00"]),
        (["05/10/2026"], {"dayfirst": False}, ["2026-05-10 00:00:00"]),
        (["05/05/2026"], {}, ["2026-05-05 00:00:00"]),
        (["2026-10-05 13:13"], {"timezone": "America/Chicago"}, ["2026-10-05 14:13:00"]),
        (["2026-10-05 14:13-04:00"], {"timezone": "Asia/Tokyo"}, ["2026-10-05 14:13:00"]),
        (["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"], {}, ["2026-11-01 01:30:00"] * 2),
        ([dt.datetime(2026, 10, 5, 14, 13), dt.date(2026, 10, 6)], {}, ["2026-10-05 14:13:00", "2026-10-06 00:00:00"]),
        ([pd.Timestamp("2026-10-05 18:13", tz="UTC"), None], {}, ["2026-10-05 14:13:00", "NaT"]),
        (["", "nan", None], {}, ["NaT"] * 3),
    ],
)  # fmt: skip
def test_times_are_read_in_one_order_of_day_and_month(values, option, right):
    assert [text.replace("nan", "NaT") for text in times(*values, **option)] == right


@pytest.mark.parametrize(
    ("values", "option", "said"),
    [
        (["05/10/2026", "06/10/2026"], {}, "dayfirst=True or dayfirst=False"),
        (["20/10/2026", "10/20/2026"], {}, "has both"),
        (["12-10-26"], {}, "four digits"),
        (["10/20/2026"], {"dayfirst": True}, "day first"),
        (["31/02/2026"], {}, "no such day"),
        (["2026-10-05 25:00"], {}, "no such day or hour"),
        (["46300.59"], {}, "bare number"),
        (["1790878380"], {}, "bare number"),
        ([1790878380], {}, "bare number"),
        ([46300.59], {}, "bare number"),
        (["soon"], {}, "row 0 of the ledger: 'call_date' is 'soon', which is no time"),
        ([pd.Timestamp("2026-05-10"), "20/10/2026"], {}, "day and month exchanged"),
        (["14:13"], {}, "no time"),
    ],
)
def test_a_time_that_is_none_or_two_is_refused(values, option, said):
    with pytest.raises(InputError, match=said):
        times(*values, **option)


def test_a_day_and_a_time_of_day_make_one_time():
    ledger = pd.DataFrame({"sid": ["1"], "Date": ["10/25/2026"], "Time": ["2:13 PM"]})

    read = dta.read_ledger(ledger, {("date", "time"): "call_date"})

    assert read["call_date"].astype(str).tolist() == ["2026-10-25 14:13:00-04:00"]


def test_cells_of_a_workbook_keep_their_types_and_numbers_are_its_days(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "list.xlsx") as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["sid", "call_date", "revenue"])
        sheet.write(1, 0, 26100100000)
        sheet.write_datetime(1, 1, dt.datetime(2026, 10, 5, 14, 13), day)
        sheet.write(1, 2, 1250.5)
        plain = book.add_worksheet("numbers")
        plain.write_row(0, 0, ["sid", "When"])
        plain.write_row(1, 0, [1, 46300.592361])  # the same time, not formatted: 14:13 is .592361 of a day

    one = dta.read_ledger(tmp_path / "list.xlsx", sheet=0)
    other = dta.read_ledger(tmp_path / "list.xlsx", {"When": "call_date"}, sheet=1)

    assert one["call_date"].astype(str).tolist() == ["2026-10-05 14:13:00-04:00"]
    assert (one["sid"].tolist(), one["revenue"].tolist()) == (["26100100000"], [1250.5])
    assert other["call_date"].tolist() == one["call_date"].tolist()


def test_flags_durations_and_names_are_read_by_their_kind():
    ledger = pd.DataFrame(
        {
            "sid": ["1", "2"],
            "offer_qualified": ["Y", "no"],
            "talk_seconds": ["3:25", "205"],
            "talk_minutes": ["3,4", "1,5"],
            "affiliate": [" NA\u00a0", ""],
            "caller_id": ["(212) 555-0101 x12", "anonymous"],
            "Note": ["=cmd()", "007"],
        }
    )

    read = dta.read_ledger(ledger)

    assert read["offer_qualified"].tolist() == [True, False]
    assert read["talk_seconds"].tolist() == [205.0, 205.0]
    assert read["talk_minutes"].tolist() == [3.4, 1.5]
    assert read["affiliate"].fillna("null").tolist() == ["NA", "null"]
    assert read["caller_id"].tolist() == ["2125550101", "anonymous"]
    assert read["Note"].tolist() == ["=cmd()", "007"]


MONEY = {
    "point": (lambda x: f"{x:.2f}", {"."}),
    "dollar": (lambda x: f"${x:,.2f}", {"."}),
    "comma": (lambda x: f"{x:.2f}".replace(".", ","), {","}),
    "euro": (lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")) + " €", {","}),
    "space": (lambda x: f"{x:,.2f}".replace(",", "\u00a0").replace(".", ","), {","}),
    "swiss": (lambda x: f"{x:,.2f}".replace(",", "'"), {"."}),
    "whole": (lambda x: f"{x:,.0f}", {"."}),
}
DATES = {
    "iso": lambda t: t.strftime("%Y-%m-%d %H:%M:%S"),
    "us": lambda t: t.strftime("%m/%d/%Y %I:%M:%S %p"),
    "german": lambda t: t.strftime("%d.%m.%Y %H:%M:%S"),
    "named": lambda t: t.strftime("%d-%b-%y %H:%M:%S"),
    "rfc": lambda t: t.strftime("%a, %d %b %Y %H:%M:%S"),
}
IDS = {
    "plain": str,
    "float": lambda n: f"{n}.0",
    "formula": lambda n: f'="{n}"',
    "apostrophe": lambda n: f"'{n}",
    "grouped": lambda n: f"{n:,}",
    "exponent": lambda n: f"{n:.12E}",
}
rows = st.tuples(
    st.integers(2_610_010_000_000, 2_619_999_999_999),
    st.integers(0, 900_000),
    st.datetimes(dt.datetime(2026, 3, 10), dt.datetime(2026, 10, 30)).map(lambda t: t.replace(microsecond=0)),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=6, unique_by=lambda row: row[0]),
    st.sampled_from(sorted(MONEY)),
    st.sampled_from(sorted(DATES)),
    st.sampled_from(sorted(IDS)),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_what_another_program_writes_comes_back_equal_or_is_asked_about(
    made, money, date, sid, delimiter, encoding, newline, title
):
    def quoted(text):
        return '"' + text.replace('"', '""') + '"'

    lines = ["Acme: October, all; offers", ""] if title else []
    lines.append(delimiter.join(["Call ID", "Billed", "When"]))
    for number, cents, when in made:
        amount = cents / 100 if money != "whole" else float(cents)
        cells = [IDS[sid](number), MONEY[money][0](amount), DATES[date](when)]
        lines.append(delimiter.join(map(quoted, cells)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(newline.join([*lines, ""]).encode(encoding))
        try:
            read = dta.read_ledger(path, {"Call ID": "sid", "Billed": "revenue", "When": "call_date"})
        except InputError as error:
            assert "decimal=" in str(error) or "dayfirst=" in str(error)  # noqa: PT017
            return

    assert read["sid"].tolist() == [str(row[0]) for row in made]
    scale = 1 if money == "whole" else 100
    assert read["revenue"].tolist() == [row[1] / scale for row in made]
    assert [t.replace(tzinfo=None) for t in read["call_date"]] == [row[2] for row in made]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(max_size=12), min_size=1, max_size=5), st.sampled_from(["revenue", "call_date", "sid"])
)
def test_any_text_is_read_or_refused_in_words(values, name):
    ledger = pd.DataFrame({"sid": [str(n) for n in range(len(values))], name: values})
    try:
        read = dta.read_ledger(ledger)
    except DtError:
        return

    assert len(read) <= len(values)
