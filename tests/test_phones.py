"""A telephone number has one spelling, however people, telephones and spreadsheets write it."""

import sys

import pandas as pd
import pyarrow as pa
import pytest

from dtanalytics.texts.phones import is_rounded, spell, spelled

HOME = "2125550101"


@pytest.mark.parametrize(
    "written",
    [
        "2125550101",
        "+12125550101",
        "1 212 555 0101",
        "(212) 555-0101",
        "+1 (212) 555-0101",
        "212.555.0101",
        "212\u2011555\u20110101",
        "\u202a+1 212 555 0101\u202c",
        "\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff10\uff11",
        "212\u00a0555\u00a00101",
        "2125550101.0",
        "12125550101.0",
        "2.125550101E+09",
        "2.1255501010e9",
        "1.2125550101E+10",
        "'2125550101",
        '="2125550101"',
        "(212) 555-0101 x12",
        "212-555-0101 ext. 7",
        "2125550101 extension 1234",
        "2125550101;ext=7",
        "2125550101#7",
        "tel:+1-212-555-0101",
        "tel:+1-212-555-0101;ext=7",
        "sip:+12125550101@10.0.0.1",
        "sip:2125550101@host.example;user=phone",
        '"Ann" <sip:+12125550101@host.example>',
        "011 1 212 555 0101",
        "001 212 555 0101",
    ],
)
def test_a_number_of_north_america_is_spelled_by_its_ten_digits(written):
    assert spell(written) == HOME
    assert spelled(pd.Series([written, None, written])).tolist()[::2] == [HOME, HOME]


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("1-800-FLOWERS", "8003569377"),
        ("(800) GO-FEDEX", "8004633339"),
        ("+1 888 555 CALL", "8885552255"),
        ("1-800-CONTACTS", "8002668228"),
    ],
)
def test_a_word_is_dialled_on_the_keys(written, right):
    assert spell(written) == right


@pytest.mark.parametrize(
    "written", ['"ROOFER" <2125550101>', "Acme LLC <+1 (212) 555-0101>", "US +1 212 555 0101"]
)
def test_a_number_stands_behind_a_name(written):
    assert spell(written) == "2125550101"


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("+44 20 7946 0018", "+442079460018"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("0044 20 7946 0018", "+442079460018"),
        ("011 44 20 7946 0018", "+442079460018"),
        ("442079460018", "+442079460018"),
        ("4.42079460018E+11", "+442079460018"),
        ("+39 06 6982 1234", "+390669821234"),
        ("+45 12 34 56 78", "+4512345678"),
        ("+212 212 555 0101", "+2122125550101"),
    ],
)
@pytest.mark.parametrize("library", [True, False])
def test_a_number_of_another_country_keeps_its_country_and_meets_no_other(
    written, right, library, monkeypatch
):
    if not library:
        monkeypatch.setitem(sys.modules, "phonenumbers", None)
    spell.cache_clear()

    assert spell(written) == right
    spell.cache_clear()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "anonymous",
        "RESTRICTED",
        "266696687",
        "7378742833",
        "+17378742833",
        "1-737-874-2833",
        "0000000000",
        "+10000000000",
        "555-0101",
        "911",
        "sip:ann@host.example",
        "call 2125550101",
        "2125550101; 2125550102",
        "2.1255501E+09",
        "12.5",
        "+",
    ],
)
def test_what_is_no_number_or_lost_digits_has_no_spelling(written):
    assert spell(written) is None
    assert spelled(pd.Series([written, HOME])).isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([2125550101, 2125550102]),
        pd.Series([2125550101.0, 2125550102.0]),
        pd.Series([2125550101, 2125550102], dtype="Int64"),
        pd.Series(["2125550101", "2125550102"], dtype=object),
        pd.Series([2125550101.0, "(212) 555-0102"], dtype=object),
        pd.Series(["2125550101", "2125550102"], dtype="category"),
        pd.Series(["2125550101", "2125550102"], dtype=pd.ArrowDtype(pa.string())),
        pd.Series([2125550101, 2125550102], dtype=pd.ArrowDtype(pa.int64())),
        pd.Series([2125550101, 2125550102], dtype=pd.ArrowDtype(pa.decimal128(12, 0))),
    ],
    ids=str,
)
def test_the_type_of_the_column_does_not_change_the_spelling(column):
    assert spelled(column.set_axis([7, 3])).to_dict() == {7: "2125550101", 3: "2125550102"}
    assert spelled(column.head(0)).tolist() == []


def test_digits_that_a_spreadsheet_rounded_away_are_told_from_those_it_kept():
    assert [is_rounded(text) for text in ("2.12555E+09", "2.125550101E+09", "2125550101", "x")] == [
        True,
        False,
        False,
        False,
    ]
