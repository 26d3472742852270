"""A ledger is matched with calls as it came: totals left out, identifiers as spreadsheets leave them, refunds."""

import re

import numpy as np
import pandas as pd
import pytest

import dtanalytics as dta  # noqa: F401 - registers df.calls
from dtanalytics.errors import InputError, LedgerWarning

ZONE = "America/New_York"
A, B, C, D = "2610010000001", "2610020000002", "0026100300003", "2610040000000"


@pytest.fixture
def calls() -> pd.DataFrame:
    times = ["2026-10-05 10:00", "2026-10-05 11:00", "2026-10-06 10:00", "2026-10-07 10:00"]
    return pd.DataFrame(
        {
            "sid": [A, B, C, D],
            "offer_qualified": True,
            "offer_price": [20.0, 1250.5, 18.5, 35.0],
            "caller_id": ["2125550101", "2125550102", "2125550103", "anonymous"],
            "call_date": pd.to_datetime(times).tz_localize(ZONE),
        }
    )


def told(record) -> str:
    return "\n".join(str(one.message) for one in record)


PARTNER = ["affiliate", "sid", "revenue"]


@pytest.mark.parametrize(
    ("rows", "left", "there"),
    [
        ([["N", A, "20.00"], ["N", B, "1250.50"], [None, "Total", "1270.50"]], [2], 1270.5),
        ([["N", A, "20.00"], ["N", B, "1250.50"], [None, None, "1270.50"]], [2], 1270.5),
        ([["N", A, "20.00"], ["N", B, "1250.50"], ["Grand Total:", "", "$1,270.50"]], [2], 1270.5),
        ([["N", A, "20,00"], ["N", B, "1.250,50"], ["Summe:", None, "1.270,50"]], [2], 1270.5),
        ([["N", A, "20.00"], ["N", B, "1250.50"], [None, None, "Total: 1,270.50"]], [2], 1270.5),
        ([["N", A, "20.00"], ["N", B, "1250.50"], ["Total 2 calls", None, "1270.50"]], [2], 1270.5),
        ([["Total", None, "1270.50"], ["N", A, "20.00"], ["N", B, "1250.50"]], [0], 1270.5),
        (
            [["N", A, "20.00"], ["N", B, "1250.50"], ["N Total", None, "1270.50"], ["S", C, "18.50"], ["S", D, "35.00"],
             ["S Total", None, "53.50"], ["Grand Total", None, "1324.00"]],
            [2, 5, 6],
            1324.0,
        ),
        (
            [["N", A, "20.00"], ["N", B, "1250.50"], [None, None, "1270.50"], ["S", C, "18.50"], ["S", D, "35.00"],
             [None, None, "53.50"], [None, None, "1324.00"]],
            [2, 5, 6],
            1324.0,
        ),
        (
            [["N", A, "20.00"], ["S", C, "18.50"], ["N", B, "1250.50"], ["N Total", None, "1270.50"],
             ["S Total", None, "18.50"]],
            [3, 4],
            1289.0,
        ),
    ],
)  # fmt: skip
def test_rows_that_add_others_up_are_left_out_and_named(calls, rows, left, there):
    with pytest.warns(LedgerWarning, match=f"row {left[0]} .*is a total") as record:
        result = calls.calls.reconcile(pd.DataFrame(rows, columns=PARTNER))

    assert result.totals["there"].tolist()[-1] == there
    assert result.left_out["row"].tolist() == left
    assert "add up to" not in told(record)
    assert "is a total" in repr(result)


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([["N", A, "20.00"], ["N", B, "1250.50"], ["S", None, "99.00"]], 2),
        ([["N", A, "20.00"], ["S", None, "20.00"]], 1),
        ([["Total Media", A, "20.00"], ["Total Media", None, "1250.50"], ["N", B, "5.00"]], 1),
    ],
)
def test_a_row_without_identifier_that_is_no_total_is_reported(calls, rows, row):
    result = calls.calls.reconcile(pd.DataFrame(rows, columns=PARTNER))

    assert result.left_out.empty
    assert result.only_there["row"].tolist() == [row]


def test_a_total_that_disagrees_with_its_rows_says_so(calls):
    rows = [["N", A, "20.00"], ["N", B, "1250.50"], ["Total", None, "1300.00"]]

    with pytest.warns(LedgerWarning, match=r"total of 1,300.00.*add up to 1,270.50"):
        result = calls.calls.reconcile(pd.DataFrame(rows, columns=PARTNER))

    assert result.totals["there"].tolist()[-1] == 1270.5


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["2125550101", "2026-10-05 10:00", "20"],
            ["2125550102", "2026-10-05 11:00", "3"],
            ["TOTAL", "", "23"],
        ],
        [
            ["2125550101", "2026-10-05 10:00", "20"],
            ["2125550102", "2026-10-05 11:00", "3"],
            ["", "Total", "23"],
        ],
        [["2125550101", "2026-10-05 10:00", "20"], ["2125550102", "2026-10-05 11:00", "3"], ["", "", "23"]],
    ],
)
def test_totals_are_left_out_where_callers_are_matched(calls, rows):
    ledger = pd.DataFrame(rows, columns=["caller_id", "call_date", "revenue"])

    with pytest.warns(LedgerWarning, match="row 2"):
        result = calls.calls.reconcile(ledger, on="caller_id")

    assert result.totals["there"].tolist() == [23.0, 0.0, 0.0, 23.0]


@pytest.mark.parametrize(
    "sids",
    [
        [A + ".0", "'" + B, f'="{D}"'],
        ["2,610,010,000,001", "2.610.020.000.002", "2 610 040 000 000"],
        [f" {A}\u00a0", f"\ufeff{B}", f"\t{D}\u200b"],
        [float(A), float(B), float(D)],
        pd.array([int(A), int(B), int(D)], dtype="Int64"),
        ["2.610010000001E+12", "2,610020000002E+12", "2.61004E+12"],
    ],
)
def test_identifiers_match_as_spreadsheets_leave_them_where_no_digit_is_lost(calls, sids):
    result = calls.calls.reconcile(pd.DataFrame({"sid": sids, "revenue": [20.0, 1250.5, 35.0]}))

    assert sorted(result.matched["sid"]) == [A, B, D]
    assert result.totals["difference"].tolist()[0] == 0


def test_leading_zeros_that_are_lost_match_the_one_call_and_say_so(calls):
    with pytest.warns(LedgerWarning, match=re.escape(f"'26100300003' is {C!r}")):
        result = calls.calls.reconcile(pd.DataFrame({"sid": ["26100300003"], "revenue": [18.5]}))

    assert result.matched["sid"].tolist() == [C]
    both = pd.concat([calls, calls.tail(1).assign(sid="026100300003")])
    with pytest.warns(LedgerWarning, match="0 of 1 rows"):
        assert both.calls.reconcile(pd.DataFrame({"sid": ["26100300003"], "revenue": [1.0]})).matched.empty


def test_rounded_identifiers_match_nothing_and_show_both_spellings(calls):
    ledger = pd.DataFrame({"sid": ["2.61001E+12", B], "revenue": [20.0, 1250.5]})

    with pytest.warns(LedgerWarning, match=re.escape(f"'2.61001E+12' may be {A!r}")):
        result = calls.calls.reconcile(ledger)

    assert result.matched["sid"].tolist() == [B]


def test_when_no_row_matches_both_spellings_stand_side_by_side(calls):
    with pytest.warns(LedgerWarning, match=f"0 of 1 rows .*'X-9', ours '{A}'"):
        calls.calls.reconcile(pd.DataFrame({"sid": ["X-9"], "revenue": [1.0]}))
    late = pd.DataFrame({"caller_id": ["2125550101"], "call_date": ["2026-10-05 09:00"], "revenue": [20.0]})
    with pytest.warns(LedgerWarning, match="2026-10-05 09:00.*ours 2026-10-05 10:00") as record:
        calls.calls.reconcile(late, on="caller_id")
    assert "5550101" not in told(record)
    assert len(calls.calls.reconcile(late, on="caller_id", timezone="America/Chicago").matched) == 1


def test_rounded_telephone_numbers_are_told(calls):
    ledger = pd.DataFrame(
        {
            "caller_id": ["2.12555E+09", "2125550102"],
            "call_date": ["2026-10-05 10:00", "2026-10-05 11:00"],
            "revenue": [20.0, 1250.5],
        }
    )

    with pytest.warns(LedgerWarning, match="rounded 1 telephone numbers"):
        assert calls.calls.reconcile(ledger, on="caller_id").matched["sid"].tolist() == [B]


def test_a_caller_repeats_a_call_at_the_same_second_only_and_nobody_repeats_nothing(calls):
    callers = ["2125550102", "2125550101", "2125550101", "2125550101", None, None, "2125550103"]
    times = [
        "10-05 11:00",
        "10-05 10:00",
        "10-05 10:00",
        "10-05 10:01",
        "10-05 10:00",
        "10-05 10:00",
        "10-05 10:00",
    ]
    ledger = pd.DataFrame(
        {"caller_id": callers, "call_date": ["2026-" + time for time in times], "revenue": 1.0}
    )

    with pytest.warns(LedgerWarning, match="^1 rows of the ledger are of a call .* the first is row 2:"):
        calls.calls.reconcile(ledger, on="caller_id")


def test_refunds_are_told_and_net_to_their_call_on_request(calls):
    ledger = pd.DataFrame({"sid": [A, B, A + ".0", None, None], "revenue": [20.0, 1250.5, -20.0, 1.0, 2.0]})

    with pytest.warns(LedgerWarning, match="1 of them are negative, which are refunds.*net=True"):
        apart = calls.calls.reconcile(ledger)
    net = calls.calls.reconcile(ledger, net=True)

    assert apart.totals["there"].tolist() == [1270.5, 0.0, -17.0, 1253.5]
    assert net.totals["there"].tolist() == [1250.5, 0.0, 3.0, 1253.5]
    assert net.totals["there_count"].tolist() == [2, 0, 2, 4]


@pytest.mark.parametrize("tolerance", ["five", "-5min", 5, 5.0, "5", None, True, "NaT", pd.Timedelta("-1s")])
def test_a_tolerance_without_a_unit_or_below_nothing_is_refused(calls, tolerance):
    with pytest.raises(InputError, match=r"tolerance is (.*'5min'|text, timedelta or timedelta64, not)"):
        calls.calls.reconcile(pd.DataFrame({"sid": [A], "revenue": [1.0]}), tolerance=tolerance)


@pytest.mark.parametrize("tolerance", ["5min", "0s", np.timedelta64(5, "m"), pd.Timedelta(minutes=5)])
def test_a_duration_of_any_kind_is_a_tolerance(calls, tolerance):
    assert (
        len(calls.calls.reconcile(pd.DataFrame({"sid": [A], "revenue": [1.0]}), tolerance=tolerance).matched)
        == 1
    )


def test_a_column_that_is_not_compared_is_not_read(calls):
    ledger = pd.DataFrame({"SID ": [A], "Revenue": ["20.00"], "call_date": ["soon"]})

    assert len(calls.calls.reconcile(ledger, fields=["revenue"]).matched) == 1
    with pytest.raises(InputError, match="'soon'"):
        calls.calls.reconcile(ledger)


def test_text_of_a_partner_called_na_is_compared_as_a_name(calls):
    named = calls.assign(affiliate=pd.Categorical(["NA", "None", "null", "nan"]))
    ledger = pd.DataFrame({"sid": [A, B, C, D], "revenue": [20.0, 1250.5, 18.5, 35.0],
                           "affiliate": ["NA", "None", "null", "x"]})  # fmt: skip

    differing = named.calls.reconcile(ledger).differing

    assert differing[["sid", "here", "there"]].to_numpy().tolist() == [[D, "nan", "x"]]


@pytest.mark.parametrize(
    "write",
    [
        lambda sid: "#" + sid,
        lambda sid: "SID: " + sid,
        lambda sid: "Call ID " + sid,
        lambda sid: f'"{sid}"',
        lambda sid: sid[:4] + "-" + sid[4:],
        lambda sid: f"{int(sid):,}".replace(",", "\u2019"),
    ],
)
def test_identifiers_match_behind_a_word_in_quotes_or_in_groups(calls, write):
    calls = calls.head(2)
    ledger = pd.DataFrame({"sid": [write(sid) for sid in calls["sid"]], "revenue": "1.00"})
    found = calls.calls.reconcile(ledger)
    assert len(found.matched) == 2
    assert found.only_there.empty
