"""Records of a failed reading that a later one lacks: deleted, or withheld by a replica."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from dtanalytics.apis.paging import Page
from dtanalytics.apis.vanished import check_gone
from dtanalytics.decode.page_decoder import PageDecoder
from dtanalytics.errors import IncompleteError
from dtanalytics.schema import LEADFLOW
from dtanalytics.window import Window

DAY = Window(dt.datetime(2026, 10, 5), dt.datetime(2026, 10, 6))


def page(*numbers: int) -> Page:
    """The calls with these numbers, one in each minute of the day."""
    records = [
        {"sid": str(n), "call_date": f"2026-10-05 {n // 60:02}:{n % 60:02}:00"} for n in sorted(numbers)
    ]
    return Page(PageDecoder(LEADFLOW, lambda _found: None)(json.dumps(records).encode(), "a page"))


def answers(*held: int) -> tuple[Callable[[Window], Page], list[dt.datetime]]:
    """A service that holds these calls; what it was asked for is noted."""
    asked: list[dt.datetime] = []

    def ask(window: Window) -> Page:
        asked.append(window.start)
        return page(*(n for n in held if window.start <= DAY.start + dt.timedelta(minutes=n) < window.end))

    return ask, asked


@pytest.mark.parametrize("withheld", [1, 700, 1400])
def test_a_deleted_call_does_not_hide_one_that_a_replica_withholds(withheld: int) -> None:
    """Three calls are missing, of which two were deleted; the third comes when it is asked for."""
    ask, _ = answers(3, withheld)
    with pytest.raises(IncompleteError, match="3 records come and go"):
        check_gone([page(1, 3, 700, 1400)], page(3).rows.table(), DAY, LEADFLOW, ask)


def test_calls_that_no_question_brings_back_count_as_deleted() -> None:
    """Of a hundred calls that are missing five are asked for, three times each, from the first to the last."""
    ask, asked = answers(200)
    check_gone([page(*range(100), 200)], page(200).rows.table(), DAY, LEADFLOW, ask)
    assert len(asked) == 15
    assert (min(asked).minute, max(asked).hour, max(asked).minute) == (0, 1, 39)


def test_nothing_is_asked_for_when_nothing_is_missing() -> None:
    """A reading that holds whatever the failed ones held needs no question."""
    ask, asked = answers(1)
    check_gone([page(1)], page(1, 2).rows.table(), DAY, LEADFLOW, ask)
    check_gone([], page(1).rows.table(), DAY, LEADFLOW, ask)
    assert asked == []
