"""Calls that are put together or matched stand in the order, and in the pairs, that pandas' own tools give."""

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.matching.concat import concat
from dtanalytics.analysis.matching.ledger_pairs import same_sids
from dtanalytics.ledgers.ids import matched_ids
from dtanalytics.texts.phones import spelled


@pytest.mark.parametrize("sids", [range(900), range(9950, 10_850)], ids=["same length", "other lengths"])
def test_calls_put_together_are_sorted_by_time_then_sid(sids):
    draw = np.random.default_rng(1)
    texts = pd.Series([f"{sid:04d}" for sid in sids], dtype="str")
    times = pd.Timestamp("2026-10-31 23:00", tz="America/New_York") + pd.to_timedelta(
        draw.integers(0, 40, len(texts)), unit="min"
    )
    calls = pd.DataFrame({"sid": texts.sample(frac=1, random_state=1).array, "call_date": times})

    together = concat([calls[:400], calls[400:]])

    expected = calls.sort_values(["call_date", "sid"], ignore_index=True)
    pd.testing.assert_frame_equal(together, expected, check_dtype=False)


def test_equal_sids_pair_as_a_join_on_sid_and_occurrence_pairs_them():
    draw = np.random.default_rng(2)
    here, there = (
        pd.DataFrame({"sid": pd.Series(draw.integers(0, 300, size).astype(str), dtype="str")})
        for size in (400, 500)
    )
    here.loc[3, "sid"] = there.loc[5, "sid"] = None
    sides = [
        side.assign(again=side.groupby("sid").cumcount(), row=range(len(side))) for side in (here, there)
    ]
    joined = sides[0].dropna().merge(sides[1].dropna(), on=["sid", "again"]).sort_values("row_x")

    mine, theirs = same_sids(here, there)

    assert mine.tolist() == joined["row_x"].tolist()
    assert theirs.tolist() == joined["row_y"].tolist()


def test_a_damaged_identifier_is_found_among_sids_that_are_not_all_digits():
    theirs = pd.Series(["2,610", "7", "1.23E+05", "X-1", "nowhere"], dtype="str")
    ours = pd.Series(["2610", "007", "122999", "X-1", None, "\u00b2"], dtype="str")

    found = matched_ids(theirs, ours)

    assert found.sids.tolist() == ["2610", "007", "1.23E+05", "X-1", "nowhere"]
    assert (found.zeros, found.rounded) == ({"7": "007"}, {"1.23E+05": "122999"})


def test_plain_numbers_keep_their_spelling_beside_those_that_are_spelled_anew():
    numbers = pd.Series(
        ["2125550101", "1234567890", "7378742833", "2222222222", "+1 (212) 555-0102", None], dtype="str"
    )

    read = spelled(numbers)

    assert read.dropna().to_dict() == {0: "2125550101", 1: "1234567890", 4: "2125550102"}
