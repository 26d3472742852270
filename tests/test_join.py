"""Both reports side by side: one row a call, nothing doubled, nothing lost unsaid."""

import json
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.analysis.matching.match import match_report
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.schema import BIDS, LEADFLOW


def leadflow():
    """Four calls over two days; the third has no number on a website, the fourth no sid."""
    return pd.DataFrame(
        {
            "sid": pd.Series(["0001", "0002", "0003", None], dtype="str"),
            "affiliate": pd.Categorical(["A", "B", "B", None]),
            "affiliate_number": pd.Series(["800", "800", "900", "800"], dtype="str"),
            "city": pd.Series(["Reno", "Troy", None, "Ames"], dtype="str"),
            "offer_qualified": pd.array([True, False, None, True], dtype="boolean"),
            "offer_price": [12.25, 3.0, np.nan, 1.0],
            "call_day": pd.to_datetime(["2026-10-01", "2026-10-01", "2026-10-02", "2026-10-02"]).as_unit(
                "us"
            ),
        }
    ).set_axis([7, 7, 3, 1])


def bids():
    """Call 2, one of another account, one before LeadFlow's first day, and one without a sid."""
    return pd.DataFrame(
        {
            "sid": pd.Series(["0002", "0008", "0009", None], dtype="str"),
            "city": pd.Series(["Troy", "Ely", "Ely", None], dtype="str"),
            "acct_id": pd.Series(["1", "2", "1", "1"], dtype="str"),
            "dnis": pd.Series(["800"] * 4, dtype="str"),
            "rank": pd.array([1, 2, None, 3], dtype="Int8"),
            "channel": pd.Categorical(["SourceTrak", "Call Extension", "SourceTrak", "SourceTrak"]),
            "call_day": pd.to_datetime(["2026-10-01", "2026-10-02", "2026-09-30", "2026-10-02"]).as_unit(
                "us"
            ),
        }
    )


def test_a_left_join_keeps_leadflow_as_it_is_and_adds_the_other_side():
    calls = leadflow()
    joined = join_calls(calls, bids())

    pd.testing.assert_frame_equal(
        joined[list(calls.columns)], calls.reset_index(drop=True), check_flags=False
    )
    assert list(joined.columns[len(calls.columns) :]) == [
        "bid_city",
        "acct_id",
        "dnis",
        "rank",
        "channel",
        "bid_call_day",
    ]
    assert joined["rank"].fillna(0).tolist() == [0, 1, 0, 0]
    assert joined["channel"].notna().tolist() == [False, True, False, False]
    assert isinstance(joined.index, pd.RangeIndex)


def test_types_are_kept_where_a_side_has_no_call():
    joined = join_calls(leadflow(), bids(), how="outer")

    assert joined.dtypes[["offer_qualified", "offer_price", "rank", "bid_city"]].astype(str).tolist() == [
        "boolean",
        "float64",
        "Int8",
        "str",
    ]
    assert joined["channel"].dtype == bids()["channel"].dtype
    assert joined["affiliate"].dtype == leadflow()["affiliate"].dtype


def test_plain_flags_and_integers_become_nullable_whether_or_not_one_is_null():
    left = pd.DataFrame({"sid": ["1"], "flag": [True]})
    right = pd.DataFrame({"sid": ["1"], "seen": [False], "rank": [2]})

    assert join_calls(left, right).dtypes.astype(str).tolist() == ["str", "bool", "boolean", "Int64"]
    assert join_calls(left, right[:0]).dtypes.astype(str).tolist() == ["str", "bool", "boolean", "Int64"]


@pytest.mark.parametrize(
    ("how", "sids"),
    [
        ("left", ["0001", "0002", "0003", "null"]),
        ("inner", ["0002"]),
        ("right", ["0002", "0008", "0009", "null"]),
        ("outer", ["0001", "0002", "0003", "null", "0008", "0009", "null"]),
    ],
)
def test_each_kind_of_join_keeps_its_calls_once_and_a_null_sid_matches_nothing(how, sids):
    joined = join_calls(leadflow(), bids(), how=how)

    assert joined["sid"].fillna("null").tolist() == sids


sid = st.none() | st.text("01", min_size=1, max_size=3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(sid, max_size=12),
    st.lists(sid, max_size=12),
    st.sampled_from(["left", "inner", "right", "outer"]),
)
def test_a_join_has_the_rows_of_sql(left, right, how):
    one = pd.DataFrame({"sid": pd.Series(pd.unique(pd.Series(left, dtype=object)), dtype="str"), "a": 1})
    other = pd.DataFrame({"sid": pd.Series(pd.unique(pd.Series(right, dtype=object)), dtype="str"), "b": 2})
    one["a"], other["b"] = np.arange(len(one)), np.arange(len(other))
    joined = join_calls(one, other, how=how)
    ours = joined[["a", "b"]].astype("Int64").fillna(-1)
    kind = "full" if how == "outer" else how
    sql = f"select coalesce(a, -1) a, coalesce(b, -1) b from one {kind} join other using (sid)"  # noqa: S608 (four known words)
    theirs = duckdb.sql(sql).df()

    assert sorted(ours.to_numpy().tolist()) == sorted(theirs.to_numpy().tolist())


def test_sids_with_leading_zeros_or_of_any_length_stay_different():
    one = pd.DataFrame({"sid": ["1", "01", "001", "9" * 30, "é"]})
    other = pd.DataFrame({"sid": ["01", "9" * 30, "-1"], "b": [1, 2, 3]})

    assert join_calls(one, other)["b"].fillna(0).tolist() == [0, 1, 0, 2, 0]
    with_sign = join_calls(
        pd.DataFrame({"sid": ["-0", "+1"]}), pd.DataFrame({"sid": ["00", "01"], "b": [1, 2]})
    )
    assert with_sign["b"].isna().all()


def test_no_calls_on_either_side_make_a_frame_of_the_same_shape():
    full = join_calls(LEADFLOW.empty().to_pandas(), BIDS.empty().to_pandas())

    assert len(full) == 0
    assert full.columns.tolist()[: len(LEADFLOW.columns)] == LEADFLOW.columns
    assert {"bid_city", "bid_extra", "bid_call_day", "rank", "click_id"} <= set(full.columns)
    assert full.attrs["dtanalytics"]["match"]["leadflow_match_rate"] is None


def test_the_frames_that_are_joined_are_not_changed():
    left, right = leadflow(), bids()
    joined = join_calls(left, right, how="outer")
    joined.loc[0, "city"] = "changed"

    pd.testing.assert_frame_equal(left, leadflow())
    pd.testing.assert_frame_equal(right, bids())


def test_a_repeated_sid_is_refused_with_its_count():
    twice = pd.concat([leadflow(), leadflow()])

    with pytest.raises(SchemaError, match="3 of 8 LeadFlow calls repeat a sid"):
        join_calls(twice, bids())
    with pytest.raises(SchemaError, match="1 of 2 bids repeat a sid"):
        join_calls(leadflow(), pd.DataFrame({"sid": ["0001", "0001"]}))


def test_of_several_bid_records_of_a_call_the_surest_and_then_the_earliest_is_taken():
    records = pd.DataFrame(
        {
            "sid": ["1", "1", "2", "2", "2", "3", "3", None, None],
            "rank": pd.array([3, 1, 2, 2, None, None, 5, 1, 1], dtype="Int8"),
            "date_added": pd.to_datetime(
                ["2026-10-01 10:00"] * 2 + ["2026-10-01 12:00", "2026-10-01 11:00"] + ["2026-10-01 09:00"] * 5
            ),
            "record": list("abcdefghi"),
        }
    )
    joined = join_calls(pd.DataFrame({"sid": ["1", "2", "3"]}), records)

    assert joined["record"].tolist() == ["b", "d", "g"]
    assert joined.attrs["dtanalytics"]["match"]["bids_repeated"] == 4


def test_the_match_travels_with_the_frame_as_small_json():
    left = leadflow()
    left.attrs["dtanalytics"] = {"window": "2026-10"}
    note = join_calls(left, bids()).attrs["dtanalytics"]

    assert note["window"] == "2026-10"
    assert json.loads(json.dumps(note))["match"] == {
        "leadflow_count": 4,
        "leadflow_matched": 1,
        "leadflow_match_rate": 0.25,
        "bids_count": 4,
        "bids_matched": 1,
        "bids_match_rate": 0.25,
        "leadflow_outside_window": 0,
        "no_web_visit": 1,
        "only_in_leadflow": 2,
        "bids_outside_window": 1,
        "other_account": 1,
        "only_in_bids": 1,
        "bids_repeated": 0,
    }
    assert left.attrs["dtanalytics"] == {"window": "2026-10"}


def test_the_match_report_counts_by_day_channel_and_affiliate():
    report = match_report(leadflow(), bids())
    counts = report[["by", "group", "leadflow_count", "leadflow_matched", "bids_count", "bids_matched"]]

    assert counts.astype(object).where(counts.notna(), None).to_numpy().tolist() == [
        ["overall", "all", 4, 1, 4, 1],
        ["day", "2026-09-30", 0, 0, 1, 0],
        ["day", "2026-10-01", 2, 1, 1, 1],
        ["day", "2026-10-02", 2, 0, 2, 0],
        ["channel", "Call Extension", None, None, 1, 0],
        ["channel", "SourceTrak", None, None, 3, 1],
        ["affiliate", "A", 1, 0, None, None],
        ["affiliate", "B", 2, 1, None, None],
        ["affiliate", None, 1, 0, None, None],
    ]
    assert report["leadflow_match_rate"].fillna(-1).tolist() == [0.25, -1, 0.5, 0, -1, -1, 0, 0.5, 0]


def test_every_unmatched_call_has_exactly_one_reason():
    report = match_report(leadflow(), bids())
    reasons = report[["leadflow_outside_window", "no_web_visit", "only_in_leadflow"]].sum(axis="columns")
    others = report[["bids_outside_window", "other_account", "only_in_bids"]].sum(axis="columns")

    assert (reasons == (report["leadflow_count"] - report["leadflow_matched"]).fillna(0)).all()
    assert (others == (report["bids_count"] - report["bids_matched"]).fillna(0)).all()


def test_the_report_of_no_calls_is_one_row_of_zeros():
    report = match_report(LEADFLOW.empty().to_pandas(), BIDS.empty().to_pandas())

    assert report[["by", "leadflow_count", "bids_count"]].to_numpy().tolist() == [["overall", 0, 0]]
    assert report["leadflow_match_rate"].isna().all()


def test_days_are_read_from_times_when_there_is_no_call_day():
    left = pd.DataFrame({"sid": ["1"], "call_date": pd.to_datetime(["2026-10-02 03:00"], utc=True)})
    right = pd.DataFrame({"sid": ["1"], "date_added": pd.to_datetime(["2026-10-01 23:00"])})

    assert match_report(left, right).query("by == 'day'")["group"].tolist() == ["2026-10-01"]


def test_columns_are_brought_along_as_asked():
    assert list(join_calls(leadflow(), bids(), columns=["rank", "city"]).columns[-2:]) == ["rank", "bid_city"]
    with pytest.raises(SchemaError, match="did you mean 'rank'"):
        join_calls(leadflow(), bids(), columns=["rnk"])


@pytest.mark.parametrize(
    ("left", "right", "how", "error", "message"),
    [
        ({"id": ["1"]}, {"sid": ["1"]}, "left", SchemaError, "LeadFlow calls have no column 'sid'"),
        ({"sid": ["1"]}, {"id": ["1"]}, "left", SchemaError, "bids have no column 'sid'"),
        ({"sid": [2.61e17]}, {"sid": ["1"]}, "left", SchemaError, "too large to be exact"),
        ({"sid": ["1"]}, {"sid": ["1"]}, "lft", InputError, "did you mean 'left'"),
        ({"sid": ["1"], "x": [1], "bid_x": [1]}, {"sid": ["1"], "x": [1]}, "left", SchemaError, "bid_x"),
    ],
)
def test_what_cannot_be_joined_is_refused(left, right, how, error, message):
    with pytest.raises(error, match=message):
        join_calls(pd.DataFrame(left), pd.DataFrame(right), how=how)


def test_money_in_decimals_and_names_in_plain_text_are_joined_too():
    left = leadflow().astype({"affiliate": "str", "offer_qualified": object})
    left["offer_price"] = [Decimal("12.2500"), None, None, Decimal(1)]
    joined = join_calls(left, bids().astype({"channel": "str"}), how="outer")

    assert joined["offer_price"].dropna().tolist() == [Decimal("12.2500"), Decimal(1)]
