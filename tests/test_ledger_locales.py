"""Amounts and dates as spreadsheets and people write them in other countries, each read as what it says."""

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.columns import flags, money, seconds
from dtanalytics.errors import InputError, LedgerWarning


def amounts(*texts):
    ledger = pd.DataFrame({"sid": [f"a{at}" for at in range(len(texts))], "revenue": texts})
    return dta.read_ledger(ledger)["revenue"].tolist()


def times(*texts):
    ledger = pd.DataFrame({"sid": [f"a{at}" for at in range(len(texts))], "call_date": texts})
    return [f"{one:%Y-%m-%d %H:%M}" for one in dta.read_ledger(ledger)["call_date"]]


@pytest.mark.parametrize(
    ("texts", "right"),
    [
        (["12.-", "CHF 1'250.\u2013", "45.50"], [12.0, 1250.0, 45.5]),
        (["12,- \u20ac", "20,-- EUR", "1.250,50 \u20ac"], [12.0, 20.0, 1250.5]),
        (["1.250,- kr", "20,00 kr"], [1250.0, 20.0]),
        (["-12,-", "(3,\u2014)", "4,00-"], [-12.0, -3.0, -4.0]),
        (["Rs. 1,500/-", "Rs. 250/-"], [1500.0, 250.0]),
    ],
)
def test_a_dash_in_place_of_the_decimals_is_no_minus(texts, right):
    assert amounts(*texts) == right


@pytest.mark.parametrize(
    ("texts", "right"),
    [
        (["1,250\u5186", "20\u5186"], [1250.0, 20.0]),
        (["\u00a51,250", "\u00a520", "\uffe53,000\u5186"], [1250.0, 20.0, 3000.0]),
        (["\u20a91,250", "\u20a920"], [1250.0, 20.0]),
        (["1.250 \u20ab", "20 \u20ab"], [1250.0, 20.0]),
        (["1 250,50 \u0440\u0443\u0431.", "20,00 \u0440\u0443\u0431."], [1250.5, 20.0]),
        (["1 250 Ft", "20 Ft"], [1250.0, 20.0]),
        (["20.00 dollars", "5 dollars"], [20.0, 5.0]),
    ],
)
def test_words_and_signs_of_currencies_stand_behind_amounts(texts, right):
    assert amounts(*texts) == right


def test_currencies_with_decimals_still_ask_what_a_comma_is():
    with pytest.raises(InputError, match=r"may be 1250 or 1\.250, and no row of the column decides"):
        amounts("\u20ac1,250", "\u20ac20")


def test_what_spreadsheets_keep_as_text_is_read():
    assert amounts("'20.00", '="1,250.50"', "=5.00", "\u00ad3.00", "N.A.", "nil") == [
        20.0, 1250.5, 5.0, 3.0, pytest.approx(float("nan"), nan_ok=True), pytest.approx(float("nan"), nan_ok=True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "5 ottobre 2026 14:13",
        "5-ott-26 14:13",
        "5 de outubro de 2026, 14:13",
        "5-out-2026 14:13",
        "5 oktober 2026 om 14:13",
        "5 pa\u017adziernika 2026 14:13",
        "5. oktober 2026 kl. 14.13",
        "5 de octubre de 2026 a las 14:13",
        "lundi 5 octobre 2026 \u00e0 14:13",
        "Montag, 5. Oktober 2026 um 14.13 Uhr",
        "2026\u5e7410\u67085\u65e5 14:13",
        "2026\u5e7410\u67085\u65e5\uff08\u6708\uff09 14\u664213\u5206",
        "2026/10/5 \u5348\u5f8c2:13",
        "2026. 10. 5. \uc624\ud6c4 2:13",
        "5 Ekim 2026 14:13",
        "5 \u043e\u043a\u0442\u044f\u0431\u0440\u044f 2026 \u0433. 14:13",
        "5. \u0159\u00edjna 2026 14:13",
        "2026\ub144 10\uc6d4 5\uc77c 14:13",
        "2026\u5e7410\u67085\u65e5 \u4e0b\u53482:13",
        "2026.10.05. 14:13",
        "20261005141300",
        "20261005T1413",
        "10/05/2026 (Mon) 14:13",
        "2026\u00ad-10-05 14:13",
        "2026\u201110\u201105 14:13",
        "2026-10-05 11:13 America/Los_Angeles",
        "Oct 5, 2026 1:13 PM Central",
    ],
)
def test_dates_of_other_languages_are_read(text):
    assert times(text, "10/25/2026 9:05") == ["2026-10-05 14:13", "2026-10-25 09:05"]


def test_a_word_may_stand_before_the_time():
    found = times("25.10.2026 klo 14.13", "5.10.2026 klo 9.05")
    assert found == ["2026-10-25 14:13", "2026-10-05 09:05"]


def test_the_end_of_a_day_is_the_midnight_after_it():
    assert times("2026-10-05 24:00", "2026-10-31 24:00:00") == ["2026-10-06 00:00", "2026-11-01 00:00"]


@pytest.mark.parametrize(
    "text",
    ["2026-10-05 24:01", "2026-10-05 14:13 Mars/Base", "20261005991300", "2026\u5e7413\u67085\u65e5", "5.10"],
)
def test_what_is_no_time_stays_none(text):
    with pytest.raises(InputError, match="which is no time"):
        times(text)


def test_two_digit_years_behind_a_weekday_keep_their_points():
    assert times("Mo 05.10.26", "So 25.10.26") == ["2026-10-05 00:00", "2026-10-25 00:00"]


def test_flags_of_spreadsheets_in_other_languages_are_flags():
    for yes, no in (("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("Ja", "Nein"), ("oui", "non"), ("S\u00ed", "No")):
        assert flags(pd.Series([yes, no, None])).filled.tolist() == [True, False, False]


@pytest.mark.parametrize("text", ["3m 25s", "205s", "205 sec", "3 min 25 sec", "0h 3m 25s", "3:25"])
def test_lengths_with_their_units_are_lengths(text):
    ledger = pd.DataFrame({"sid": ["a1", "a2"], "revenue": 1.0, "talk_seconds": [text, "60"]})
    assert dta.read_ledger(ledger)["talk_seconds"].tolist() == [205.0, 60.0]
    assert seconds(pd.Series([text])).tolist() == [205.0]


def test_stars_instead_of_an_identifier_mark_a_total():
    ledger = pd.DataFrame({"sid": ["a1", "a2", "*", "**"], "revenue": ["20,00", "5,00", "25,00", "25,00"]})
    with pytest.warns(LedgerWarning, match="is a total of 25.00"):
        assert dta.read_ledger(ledger)["sid"].tolist() == ["a1", "a2"]


def test_a_frame_of_yen_needs_no_decimal_mark():
    assert money(pd.Series(["\u00a51,250", "\u00a520"])).filled.tolist() == [12_500_000, 200_000]
