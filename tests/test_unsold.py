"""Unsold calls: who came back, what was lost, where to buy capacity."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import regimes
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.supply.unsold import capacity_to_buy, unsold
from dtanalytics.errors import InputError, SchemaError

START = pd.Timestamp("2026-10-05 08:00", tz="America/New_York")


def frame(rows) -> pd.DataFrame:
    """Calls from (minute, caller, status, margin, state, set): the margin is all revenue."""
    names = ["minute", "caller_id", "lead_status", "offer_price", "lf_state", "set_name"]
    table = pd.DataFrame(rows, columns=names)
    times = START + pd.to_timedelta(table["minute"].astype("int64"), unit="min")
    connected = (table["lead_status"] == "Connected").astype("boolean")
    return table.assign(
        call_date=times.astype("datetime64[us, America/New_York]"),
        call_hour=times.dt.hour.astype("Int8"),
        lead_status=table["lead_status"].astype("category"),
        lf_state=table["lf_state"].astype("category"),
        set_name=table["set_name"].astype("category"),
        caller_id=table["caller_id"].astype("str"),
        offer_price=table["offer_price"].astype("float64"),
        offer_qualified=connected,
        affiliate_qualified=connected,
        affiliate_price=0.0,
    ).drop(columns="minute")


statuses = st.sampled_from(["Connected", "No Buyer", "Hang Up", "Affiliate Cap", "Voicemail", None])
calls = st.lists(
    st.tuples(
        st.integers(0, 24).map(lambda hour: hour * 60),
        st.sampled_from(["1", "2", "3", None]),
        statuses,
        st.integers(0, 900_000).map(lambda n: n / 10_000),
        st.just("NY"),
        st.just("Auto"),
    ),
    max_size=30,
)


@given(calls)
def test_recovered_calls_are_those_whose_caller_is_connected_within_the_time(rows):
    table = unsold(frame(rows), hours=12).set_index("lead_status")

    connected = [row for row in rows if row[2] == "Connected"]
    for status in {row[2] or "Unknown" for row in rows} - {"Connected"}:
        mine = [row for row in rows if (row[2] or "Unknown") == status]
        back = [
            row
            for row in mine
            if row[1] is not None
            and any(other[1] == row[1] and 0 < other[0] - row[0] <= 12 * 60 for other in connected)
        ]
        assert table.loc[status, "call_count"] == len(mine)
        assert table.loc[status, "recovered_count"] == len(back)
        assert table.loc[status, "lost_count"] == len(mine) - len(back)


@given(calls)
def test_each_recovering_call_is_counted_once_to_the_cent(rows):
    rows = list({(row[0], row[1]): row for row in rows}.values())  # one call of a caller a minute
    table = unsold(frame(rows), hours=12)

    expected = Decimal()
    for row in rows:
        if row[2] != "Connected" or row[1] is None:
            continue
        before = [other for other in rows if other[1] == row[1] and other[0] < row[0]]
        last = max(before, key=lambda other: other[0], default=None)
        if last is not None and last[2] != "Connected" and row[0] - last[0] <= 12 * 60:
            expected += Decimal(str(row[3]))
    assert Decimal(repr(float(table["recovered_margin"].sum()))).quantize(Decimal("0.0001")) == expected


@pytest.mark.parametrize(("minute", "recovered"), [(0, 0), (1, 1), (1440, 1), (1441, 0)])
def test_a_caller_recovers_later_than_the_call_and_up_to_24_hours_after_it(minute, recovered):
    rows = [(0, "1", "No Buyer", 0, "NY", "Auto"), (minute, "1", "Connected", 10, "NY", "Auto")]

    assert unsold(frame(rows))["recovered_count"].tolist() == [recovered]


def test_groups_share_out_all_unsold_calls_and_name_every_status():
    rows = [
        (0, "1", "No Buyer", 0, "NY", "Auto"),
        (1, "2", "Connected", 10, "NJ", "Auto"),
        (2, "3", None, 0, "NY", "Auto"),
        (3, "4", "Voicemail", 0, "NJ", "Auto"),
    ]

    table = unsold(frame(rows), "lf_state")

    found = set(zip(table["lf_state"], table["lead_status"], table["call_count"], strict=True))
    assert found == {("NY", "No Buyer", 1), ("NY", "Unknown", 1), ("NJ", "Voicemail", 1)}
    assert set(zip(table["lf_state"], table["group_call_count"], strict=True)) == {("NY", 2), ("NJ", 2)}


def lively(margin_by_state: dict[str, float], seed: int = 7, sold_states: int = 99) -> pd.DataFrame:
    """Many connected calls whose margin depends on the state, and 100 unsold ones in each state."""
    rng = np.random.default_rng(seed)
    rows = []
    for number, (state, mean) in enumerate(margin_by_state.items()):
        sold = rng.normal(mean, 5, 900).round(2)
        minutes = rng.integers(0, 60, 1000)
        if number < sold_states:
            rows += [
                (int(m), None, "Connected", x, state, "Auto") for m, x in zip(minutes, sold, strict=False)
            ]
        rows += [(int(m), None, "No Buyer", 0.0, state, "Auto") for m in minutes[900:]]
    return frame(rows)


def test_a_lost_call_is_worth_what_connected_calls_of_its_state_brought():
    table = unsold(lively({"NY": 30.0, "NJ": 10.0}), "lf_state").set_index("lf_state")

    assert table.loc["NY", "expected_margin_lost"] == pytest.approx(3000, rel=0.03)
    assert table.loc["NJ", "expected_margin_lost"] == pytest.approx(1000, rel=0.06)
    assert (table["expected_margin_lost_low"] < table["expected_margin_lost"]).all()
    assert (table["expected_margin_lost"] < table["expected_margin_lost_high"]).all()


@pytest.mark.parametrize("sold_states", [12, 4])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(sold_states):
    states = [f"S{n}" for n in range(sold_states)] + [f"T{n}" for n in range(16 - sold_states)]
    hits = 0
    for seed in range(24):
        rng = np.random.default_rng(seed)
        truth = dict(zip(states, rng.normal(20, 4, len(states)), strict=True))
        table = unsold(lively(truth, seed, sold_states)).iloc[0]
        true_loss = sum(truth.values()) * 100
        hits += table["expected_margin_lost_low"] <= true_loss <= table["expected_margin_lost_high"]

    assert hits >= 20  # 23 of 24 expected; fewer than 20 has a chance of 1 in 170


@pytest.mark.parametrize(
    ("rows", "rate", "interaction"), [(20_000, 0.02, 0.0), (5_000, 0.3, 0.3), (5_000, 0.75, 0.0)]
)
def test_the_loss_is_that_of_the_truth_in_the_mean_and_by_state_as_sure_as_it_says(rows, rate, interaction):
    """States and hours differ, nights find no buyer, few calls pay: sixteen markets of twelve states."""
    rng = np.random.default_rng(12)
    found, true, held = 0.0, 0.0, []
    for _ in range(16):
        calls, truth = regimes.market(rng, rows, rate, interaction=interaction)
        table = unsold(calls, "lf_state").set_index("lf_state").loc[truth.index]
        found, true = found + table["expected_margin_lost"].sum(), true + truth.sum()
        low, high = table["expected_margin_lost_low"], table["expected_margin_lost_high"]
        held.append(((low <= truth) & (truth <= high)).mean())

    assert found / true == pytest.approx(1.0, abs=0.06)
    assert np.mean(held) == pytest.approx(0.945, abs=0.045)


def test_a_caller_who_is_connected_at_the_last_moment_is_recovered_and_one_a_second_later_is_not():
    calls = frame(
        [
            (0, "1", "No Buyer", 0, "NY", "Auto"),
            (60, "1", "Connected", 10, "NY", "Auto"),
            (0, "2", "No Buyer", 0, "NY", "Auto"),
            (61, "2", "Connected", 10, "NY", "Auto"),
        ]
    )

    table = unsold(calls, hours=1.0)

    assert table["recovered_count"].tolist() == [1]
    assert table["recovered_margin"].tolist() == [10.0]


def test_callers_who_call_again_widen_the_interval():
    calls = lively({"NY": 30.0, "NJ": 10.0})
    order = np.argsort(calls["offer_price"].to_numpy(), kind="stable")
    alike = calls.assign(caller_id=pd.Series(np.argsort(order) // 10).astype("str"))

    own, again = (
        (table["expected_margin_lost_high"] - table["expected_margin_lost_low"]).sum()
        for table in (unsold(calls), unsold(alike))
    )

    assert again > 1.5 * own


def test_capacity_is_ranked_by_the_margin_that_it_would_keep():
    table = capacity_to_buy(lively({"NY": 30.0, "NJ": 10.0, "FL": 20.0}))

    assert table["lf_state"].tolist() == ["NY", "FL", "NJ"]
    assert table["lost_count"].tolist() == [100, 100, 100]
    assert table["lost_per_day"].tolist() == [100.0, 100.0, 100.0]


def test_hang_ups_need_no_capacity_unless_asked_for():
    rows = [(0, "1", "Hang Up", 0, "NY", "Auto"), (1, "2", "Connected", 10, "NY", "Auto")]

    assert capacity_to_buy(frame(rows)).empty
    assert capacity_to_buy(frame(rows), statuses=["Hang Up"])["lost_count"].tolist() == [1]


def test_no_calls_give_no_rows_and_nothing_sold_gives_no_estimate():
    assert unsold(frame([])).empty
    assert list(unsold(frame([]))) == list(unsold(frame([(0, "1", "Hang Up", 0, "NY", "Auto")])))
    assert unsold(frame([(0, "1", "Hang Up", 0, "NY", "Auto")]))["expected_margin_lost"].isna().all()


def test_the_frame_stays_as_it_was_and_naive_times_and_plain_types_serve_as_well():
    declared = lively({"NY": 30.0, "NJ": 10.0})
    copy = declared.copy()
    plain = declared.assign(
        call_date=declared["call_date"].dt.tz_localize(None),
        offer_qualified=declared["offer_qualified"].astype(bool),
        lf_state=declared["lf_state"].astype("str"),
        offer_price=[Decimal(str(value)) for value in declared["offer_price"]],
    )

    pd.testing.assert_frame_equal(unsold(plain), unsold(declared))
    pd.testing.assert_frame_equal(declared, copy)


def test_bad_questions_are_refused_by_name():
    table = frame([(0, "1", "Hang Up", 0, "NY", "Auto")])

    with pytest.raises(InputError, match="leave it out of by"):
        unsold(table, "lead_status")
    with pytest.raises(SchemaError, match="caller_id"):
        unsold(table.drop(columns="caller_id"))


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    rows = [
        (int(rng.integers(0, 60 * 24 * 20)), str(rng.integers(0, 300)), rng.choice(["Connected", "No Buyer", "Hang Up"]),
         round(float(rng.gamma(0.5, 30)), 4), str(rng.choice(["NY", "NJ", "CA", "TX"])), "Auto")
        for _ in range(2000)
    ]  # fmt: skip
    # Calls of one caller at one time, connected or not, dear or cheap, of two states.
    rows += [(9, "again", status, price, state, "Auto") for status, price, state in (
        ("No Buyer", 0.0, "NY"), ("No Buyer", 0.0, "NJ"), ("Hang Up", 0.0, "NY"), ("Connected", 5.0, "NY"))]  # fmt: skip
    rows += [(12, "again", "Connected", price, "NY", "Auto") for price in (7.0, 20.0)]
    tables = [
        unsold(frame([rows[at] for at in order]), "lf_state")
        for order in (range(len(rows)), *(rng.permutation(len(rows)) for _ in range(3)))
    ]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], check_exact=True)
    early = frame([row for row in rows if row[1] == "again"])
    found = unsold(early)
    assert found["recovered_count"].tolist() == found["call_count"].tolist()
    assert found["recovered_margin"].sum() == 20.0
