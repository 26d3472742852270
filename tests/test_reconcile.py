"""Reconciliation: one to one, nothing lost, tied to the cent."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.matching.reconcile import reconcile
from dtanalytics.errors import InputError, LedgerWarning, SchemaError

ZONE = "America/New_York"


def ours(rows) -> pd.DataFrame:
    """Calls from (sid, caller, minute, offer qualified, offer price)."""
    names = ["sid", "caller_id", "minute", "offer_qualified", "offer_price"]
    table = pd.DataFrame(rows, columns=names)
    start = pd.Timestamp("2026-10-05 08:00", tz=ZONE)
    return table.assign(
        sid=table["sid"].astype("str"),
        caller_id=table["caller_id"].astype("str"),
        call_date=(start + pd.to_timedelta(table["minute"].astype("int64"), unit="min")).astype(
            f"datetime64[us, {ZONE}]"
        ),
        offer_qualified=table["offer_qualified"].astype("boolean"),
        offer_price=table["offer_price"].astype("float64"),
        affiliate=pd.Categorical(["North"] * len(table)),
    ).drop(columns="minute")


def exact(value) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal("0.0001"))


money = st.integers(0, 900_000).map(lambda n: n / 10_000)
sids = st.sampled_from(["1", "2", "3", "4", None])
here_rows = st.lists(
    st.tuples(sids, st.just("2125550101"), st.integers(0, 60), st.booleans(), money), max_size=15
)
there_rows = st.lists(st.tuples(sids, st.one_of(st.none(), money)), max_size=15)


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.LedgerWarning")
@given(here_rows, there_rows)
def test_totals_tie_on_both_sides_and_each_row_is_in_one_part(here, there):
    ledger = pd.DataFrame(there, columns=["sid", "revenue"]).astype({"sid": "str", "revenue": "float64"})

    result = reconcile(ours(here), ledger)
    totals = set(result.left_out["row"])
    there = [row for place, row in enumerate(there) if place not in totals]

    assert all(ledger["sid"].isna()[list(totals)])
    parts = result.totals.set_index("part")
    for side in ("here", "there"):
        rows = parts.loc[["matched", "only_here", "only_there"]]
        assert sum(map(exact, rows[side])) == exact(parts.loc["total", side])
        assert rows[f"{side}_count"].sum() == parts.loc["total", f"{side}_count"]
    assert exact(parts.loc["total", "here"]) == sum((Decimal(str(r[4])) for r in here if r[3]), Decimal())
    assert exact(parts.loc["total", "there"]) == sum((Decimal(str(r[1])) for r in there if r[1]), Decimal())
    assert len(result.matched) + len(result.only_here) == len(here)
    assert len(result.matched) + len(result.only_there) == len(there)
    for sid in "1234":
        pairs = min(sum(r[0] == sid for r in here), sum(r[0] == sid for r in there))
        assert (result.matched["sid"] == sid).sum() == pairs
    for part, frame, side in (
        ("only_here", result.only_here, "here"),
        ("only_there", result.only_there, "there"),
    ):
        assert sum(map(exact, frame[side])) == exact(parts.loc[part, side])
    assert sum(map(exact, result.matched["difference"])) == exact(parts.loc["matched", "difference"])


callers = st.sampled_from(["2125550101", "+1 212 555 0101", "2125550102", "anonymous", None])


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.LedgerWarning")
@given(
    st.lists(st.tuples(callers, st.integers(0, 40)), max_size=10),
    st.lists(st.tuples(callers, st.integers(0, 40)), max_size=10),
)
def test_by_caller_the_closest_pair_is_matched_first_and_each_call_once(here, there):
    calls = ours([(str(n), caller, minute, True, 1.0) for n, (caller, minute) in enumerate(here)])
    start = pd.Timestamp("2026-10-05 08:00")
    ledger = pd.DataFrame(
        {
            "caller_id": pd.Series([caller for caller, _ in there], dtype="str"),
            "call_date": pd.to_datetime([start + pd.Timedelta(minutes=m) for _, m in there]),
            "revenue": 1.0,
        }
    )

    result = reconcile(calls, ledger, on="caller_id", tolerance="5min")

    def digits(caller):
        found = "".join(char for char in caller or "" if char.isdigit())[-10:]
        return found if len(found) == 10 else None

    left = [
        (abs(a - b), i, j)
        for i, (one, a) in enumerate(here)
        for j, (other, b) in enumerate(there)
        if digits(one) and digits(one) == digits(other) and abs(a - b) <= 5
    ]
    distances = []
    while left:
        best = min(left)
        distances.append(best[0])
        left = [pair for pair in left if pair[1] != best[1] and pair[2] != best[2]]
    found = [
        abs(here[int(sid)][1] - there[row][1])
        for sid, row in zip(result.matched["sid"], result.matched["row"], strict=True)
    ]
    assert result.matched["sid"].is_unique
    assert result.matched["row"].is_unique
    assert sorted(found) == sorted(distances)


def test_a_csv_with_other_names_signs_and_leading_zeros_is_read_as_written(tmp_path):
    path = tmp_path / "buyer.csv"
    path.write_text(
        '\ufeffCall ID, Billed ,Status\n001,"$1,020.00",Connected\n002,($3.50),No Buyer\n009,,x\n',
        encoding="utf-8",
    )
    calls = ours([("001", "1", 0, True, 1020.0), ("002", "1", 0, True, 20.0), ("1", "1", 0, True, 5.0)])
    calls["lead_status"] = pd.Categorical(["Connected", "Connected", "Connected"])

    result = reconcile(calls, path, names={"Call ID": "sid", "Billed": "revenue", "Status": "lead_status"})

    assert result.matched["sid"].tolist() == ["002", "001"]
    assert result.only_here["sid"].tolist() == ["1"]
    assert result.only_there["sid"].tolist() == ["009"]
    assert result.differing[["sid", "field", "here", "there", "amount"]].to_numpy().tolist() == [
        ["002", "revenue", "20.0", "-3.5", -23.5],
        ["002", "lead_status", "Connected", "No Buyer", 0.0],
    ]


def test_flags_times_and_money_of_the_affiliate_are_compared_by_their_kind():
    calls = ours([("1", "1", 0, True, 20.0), ("2", "1", 0, True, 20.0)])
    calls = calls.assign(affiliate_qualified=[True, True], affiliate_price=[12.5, 12.5])
    ledger = pd.DataFrame(
        {
            "sid": ["1", "2"],
            "payout": ["12.50", "12.5"],
            "affiliate_qualified": ["Y", "N"],
            "call_date": ["2026-10-05 08:04:59", "10/15/2026 08:06"],
        }
    )

    result = reconcile(calls, ledger, money="payout")

    assert result.differing[["sid", "field"]].to_numpy().tolist() == [
        ["2", "affiliate_qualified"],
        ["2", "call_date"],
    ]


def test_times_with_an_offset_are_compared_in_eastern_time():
    """10:00 in New York in October is 14:00 UTC; a time an hour off differs."""
    flags = {"offer_qualified": [True, True], "offer_price": [20.0, 20.0]}
    at = pd.to_datetime(["2026-10-05 10:00", "2026-10-05 11:00"]).tz_localize("America/New_York")
    calls = pd.DataFrame({"sid": ["1", "2"], "call_date": at, **flags})
    utc = pd.to_datetime(["2026-10-05 14:00", "2026-10-05 14:00"]).tz_localize("UTC")
    ledger = pd.DataFrame({"sid": ["1", "2"], "call_date": utc, "revenue": 20.0})

    assert reconcile(calls, ledger).differing["sid"].tolist() == ["2"]


def test_what_cannot_be_read_or_is_missing_is_named():
    calls = ours([("1", "1", 0, True, 20.0)])

    with pytest.raises(InputError, match=r"row 1 .*'twenty'.* no money"):
        reconcile(calls, pd.DataFrame({"sid": ["1", "2"], "revenue": ["20", "twenty"]}))
    with pytest.raises(SchemaError, match="names="):
        reconcile(calls, pd.DataFrame({"sid": ["1"], "Amount": ["20"]}))
    with pytest.raises(SchemaError, match="did you mean 'Amount'"):
        reconcile(calls, pd.DataFrame({"sid": ["1"], "Amount": ["20"]}), names={"Amuont": "revenue"})
    with pytest.raises(SchemaError, match="two columns"):
        reconcile(calls, pd.DataFrame({"sid": ["1"], "Id": ["1"]}), names={"Id": "sid"})
    with pytest.raises(InputError, match="'sid' or 'caller_id'"):
        reconcile(calls, pd.DataFrame({"sid": ["1"], "revenue": ["20"]}), on="affiliate")


def test_empty_sides_reconcile_and_a_hostile_ledger_stays_text(tmp_path):
    calls = ours([("1", "1", 0, True, 20.0)])
    hostile = pd.DataFrame({"sid": ["<script>alert(1)</script>"], "revenue": ["1.00"], "x": ["=cmd()"]})

    assert reconcile(calls.head(0), hostile.head(0)).totals["here_count"].sum() == 0
    with pytest.warns(LedgerWarning, match="0 of 1 rows"):
        result = reconcile(calls, hostile)
    assert "<script>" not in result._repr_html_()
    assert result.only_there["x"].tolist() == ["=cmd()"]
