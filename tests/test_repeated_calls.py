"""A frame that a load made is trusted to hold each call once; what repeats its rows is not."""

from __future__ import annotations

import pandas as pd
import pytest

from dtanalytics.duplicates import duplicates, mark


def loaded(rows: int = 500) -> pd.DataFrame:
    return mark(pd.DataFrame({"sid": [f"{number:018d}" for number in range(rows)], "affiliate": "North"}))


TWO = pd.DataFrame({"affiliate": ["North", "North"], "target": [1, 2]})
REPEATED = {
    "put together with itself": lambda calls: pd.concat([calls, calls]),
    "put together and numbered anew": lambda calls: pd.concat([calls, calls], ignore_index=True),
    "parts that overlap": lambda calls: pd.concat([calls.iloc[:100], calls.iloc[50:]]),
    "the first row twice": lambda calls: calls.loc[[0, 0]],
    "a later row twice": lambda calls: calls.loc[[3, 5, 5]],
    "a later row twice, numbered anew": lambda calls: calls.loc[[3, 5, 5]].reset_index(drop=True),
    "taken twice": lambda calls: calls.take([7, 8, 8]),
    "labels repeated": lambda calls: calls.loc[calls.index.repeat(2)],
    "drawn with replacement": lambda calls: calls.sample(frac=1, replace=True, random_state=1),
    "drawn and numbered anew": lambda calls: calls.sample(frac=1, replace=True, random_state=1).reset_index(
        drop=True
    ),
    "merged with two rows a call": lambda calls: calls.merge(TWO, on="affiliate"),
    "a part merged with two rows a call": lambda calls: calls.iloc[5:9].merge(TWO, on="affiliate"),
    "another load of the same window": lambda calls: pd.concat([calls, loaded()]),
}
ONCE = {
    "filtered": lambda calls: calls[calls.index % 3 == 0],
    "filtered and numbered anew": lambda calls: calls[calls.index % 3 == 0].reset_index(drop=True),
    "sorted": lambda calls: calls.sort_values("sid", ascending=False),
    "with another column": lambda calls: calls.assign(weight=1),
    "drawn without replacement": lambda calls: calls.sample(frac=0.5, random_state=1),
    "merged with one row a call": lambda calls: calls.merge(TWO.head(1), on="affiliate"),
}


@pytest.mark.parametrize("made", REPEATED.values(), ids=REPEATED)
def test_rows_that_stand_again_are_found_whatever_repeated_them(made):
    calls = made(loaded())
    found = duplicates(calls)
    assert found is not None
    assert found.rows == len(calls) - calls["sid"].nunique()


@pytest.mark.parametrize("made", ONCE.values(), ids=ONCE)
def test_parts_of_a_load_repeat_no_call(made):
    assert duplicates(made(loaded())) is None
