"""What was worked out of a column of text is kept while its values are in memory, and no longer."""

import gc

import pandas as pd
import pytest

from dtanalytics.columns import remembered as module
from dtanalytics.columns.remembered import remembered


@pytest.fixture
def lengths():
    """A function of a column, and how often it has been at work."""
    seen = []

    def work(column):
        seen.append(len(column))
        return column.str.len().tolist()

    return work, seen


def test_frames_that_share_a_column_share_the_answer(lengths):
    work, seen = lengths
    calls = pd.DataFrame({"caller_id": ["2125550101", "212", None], "sid": ["1", "2", "3"]}, dtype="str")

    found = [
        remembered(frame["caller_id"], work)
        for frame in (calls, calls[["caller_id"]].reset_index(drop=True), calls)
    ]

    assert [answer[:2] for answer in found] == [[10, 3]] * 3
    assert seen == [3]


def test_a_column_that_is_changed_is_worked_on_anew(lengths):
    work, seen = lengths
    calls = pd.DataFrame({"caller_id": ["2125550101", "212"]}, dtype="str")
    remembered(calls["caller_id"], work)

    calls.loc[1, "caller_id"] = "21255"

    assert remembered(calls["caller_id"], work) == [10, 5]
    assert remembered(calls["caller_id"].iloc[1:], work) == [5]
    assert seen == [2, 2, 1]


def test_an_answer_is_forgotten_with_its_column(lengths):
    work, _ = lengths
    column = pd.Series(["a", "bc"], dtype="str")
    before = len(module._found)
    remembered(column, work)
    assert len(module._found) == before + 1

    del column
    gc.collect()
    assert len(module._found) == before


def test_an_answer_that_is_not_worth_its_memory_is_not_kept(lengths):
    work, seen = lengths
    column = pd.Series(["a", "bc"], dtype="str")
    for keep in (False, False, True, True):
        assert remembered(column, work, keep=lambda _, keep=keep: keep) == [1, 2]
    assert seen == [2, 2, 2]
