"""How long calls talk: classes of length, survival, buffers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.supply.talk import buffers, durations, survival
from dtanalytics.errors import InputError

talk = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.sampled_from(["Connected", "No Buyer"]),
        st.one_of(st.none(), st.sampled_from([0, 5, 30, 59, 60, 61, 90, 599, 600, 700])),
        st.sampled_from([True, False, None]),
    ),
    max_size=40,
)


def talks(rows) -> pd.DataFrame:
    names = ["offer", "lead_status", "talk_seconds", "offer_qualified"]
    types = {
        "offer": "category",
        "lead_status": "category",
        "talk_seconds": "Int32",
        "offer_qualified": "boolean",
    }
    return pd.DataFrame(rows, columns=names).astype(types)


@given(talk)
def test_classes_of_length_count_every_connected_call_once(rows):
    table = durations(talks(rows), "offer", width=60, longest=600)

    known = [row for row in rows if row[1] == "Connected" and row[2] is not None]
    assert table["call_count"].sum() == len(known)
    for row in table.itertuples():
        end = 10**9 if pd.isna(row.seconds_to) else row.seconds_to
        mine = [r for r in known if r[0] == row.offer and row.seconds_from <= r[2] < end]
        assert row.call_count == len(mine)
        assert row.offer_qualified_count == sum(r[3] is True for r in mine)


@given(talk)
def test_survival_is_the_share_that_talked_longer(rows):
    table = survival(talks(rows), "offer")

    for row in table.itertuples():
        mine = [r[2] for r in rows if r[0] == row.offer and r[1] == "Connected" and r[2] is not None]
        assert row.at_risk == sum(length >= row.seconds for length in mine)
        assert row.ended == mine.count(row.seconds)
        assert row.survival == sum(length > row.seconds for length in mine) / len(mine)
        assert row.survival_low <= row.survival <= row.survival_high


def test_survival_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    length = np.random.default_rng(1).exponential(120, 500).astype(int)
    table = survival(talks([("A", "Connected", int(n), True) for n in length]))
    oracle = SurvfuncRight(length, np.ones(500))

    assert table["seconds"].tolist() == oracle.surv_times.tolist()
    np.testing.assert_allclose(table["survival"], oracle.surv_prob, atol=1e-9)


@given(talk)
def test_a_buffer_has_the_fewest_calls_on_its_wrong_side(rows):
    table = buffers(talks(rows)).set_index("offer")

    for name in table.index:
        mine = [
            (r[2], r[3] is True) for r in rows if r[0] == name and r[1] == "Connected" and r[2] is not None
        ]
        lengths = sorted({length for length, yes in mine if yes})
        cost = {t: sum((length >= t) != yes for length, yes in mine) for t in lengths}
        row = table.loc[name]
        if not lengths:
            assert pd.isna(row["buffer"])
            continue
        assert row["buffer"] == min(lengths, key=lambda t: (cost[t], t))
        assert row["qualified_below"] + row["unqualified_above"] == cost[row["buffer"]]


def test_classes_without_width_are_refused_and_a_given_buffer_is_kept():
    rows = talks([("A", "Connected", 95, True), ("A", "Connected", 40, False)])

    with pytest.raises(InputError, match="width=0"):
        durations(rows, width=0)
    with pytest.raises(InputError, match="'offer' or 'affiliate'"):
        buffers(rows, side="buyer")
    assert buffers(rows, given={"A": 60})["buffer"].tolist() == [60]


def test_no_calls_give_no_rows():
    empty = talks([])

    assert durations(empty).empty
    assert survival(empty, "offer").empty
    assert buffers(empty).empty
