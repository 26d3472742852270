"""Metrics of states on a grid of tiles."""

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from dtanalytics.analysis.money.state_map import NAMES, state_map


def test_every_state_has_a_tile_of_its_own():
    table = state_map(pd.DataFrame({"lf_state": ["TX"]}), "call_count")

    tiles = table.dropna(subset=["row"])
    assert len(tiles) == 51
    assert not tiles.duplicated(["row", "column"]).any()
    assert set(tiles["state"]) == set(NAMES)


@given(st.lists(st.sampled_from(["TX", "tx ", "Texas", "NY", "ON", "", None]), max_size=30))
def test_the_map_holds_every_call_once(states):
    table = state_map(pd.DataFrame({"lf_state": pd.Series(states, dtype="str")}), "call_count").set_index(
        "state"
    )

    assert table["call_count"].sum() == len(states)
    assert table.loc["TX", "call_count"] == sum(state in {"TX", "tx ", "Texas"} for state in states)
    assert table.loc["elsewhere", "call_count"] == sum(state in {"ON", "", None} for state in states)


def test_two_spellings_of_a_state_make_one_rate_from_sums_on_any_engine():
    calls = pd.DataFrame(
        {
            "lf_state": ["TX", "texas", "TX", "NY"],
            "lead_status": ["Connected", "Connected", "No Buyer", "No Buyer"],
        }
    )

    table = state_map(calls, "connect_rate").set_index("state")

    assert table.loc["TX", "connect_rate"] == 2 / 3
    assert np.isnan(table.loc["OH", "connect_rate"])
    pd.testing.assert_frame_equal(state_map(pl.from_pandas(calls), "connect_rate").set_index("state"), table)
