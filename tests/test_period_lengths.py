"""Sums of periods of unequal length are compared with a word: in a warning, in the table, on the picture."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.analysis.money.bridge import bridge
from dtanalytics.errors import WindowWarning
from dtanalytics.plots import changes, waterfall

COLUMNS = {
    "affiliate": "North",
    "lead_status": "Connected",
    "offer_qualified": True,
    "offer_price": 20.0,
    "affiliate_qualified": True,
    "affiliate_price": 12.5,
}


def loaded(start: str, end: str) -> pd.DataFrame:
    """A call a day, with the note of a load."""
    days = pd.date_range(start, end, inclusive="left", unit="us")
    callers = [str(2125550100 + number) for number in range(len(days))]
    calls = pd.DataFrame({"call_day": days, "caller_id": callers, **COLUMNS})
    calls.attrs["dtanalytics"] = {"start": f"{start}T00:00:00", "end": f"{end}T00:00:00", "rows": len(days)}
    return calls


def said(calls: pd.DataFrame, other: pd.DataFrame, method: str = "bridge", **options: object) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(calls.calls, method)(other, "affiliate", **options)
    return [str(one.message) for one in caught if one.category is WindowWarning]


OCTOBER, SEPTEMBER = ("2026-10-01", "2026-11-01"), ("2026-09-01", "2026-10-01")


@pytest.mark.parametrize("method", ["bridge", "compare"])
@pytest.mark.parametrize(
    ("now", "before", "lengths"),
    [
        (OCTOBER, SEPTEMBER, None),
        (("2026-02-01", "2026-03-01"), ("2026-01-01", "2026-02-01"), None),
        (("2026-07-01", "2026-10-01"), ("2026-04-01", "2026-07-01"), None),
        (("2026-10-05", "2026-10-12"), ("2026-09-28", "2026-10-05"), None),
        (("2026-10-05", "2026-10-12"), SEPTEMBER, "7 days against 30 days"),
        (SEPTEMBER, ("2026-10-05", "2026-10-13"), "30 days against 8 days"),
        (("2026-10-05", "2026-10-13"), ("2026-09-28", "2026-10-05"), "8 days against 7 days"),
    ],
)
def test_periods_differ_in_length_where_one_is_longer_than_months_are(method, now, before, lengths):
    """Months, quarters and weeks are alike; a week and a month are not, whichever comes first."""
    told = said(loaded(*now), loaded(*before), method)

    assert [text.split("(")[1].split(")")[0] for text in told] == ([lengths] if lengths else [])
    assert all("sums of calls and money differ for that alone" in text for text in told)


def test_what_is_no_sum_is_compared_without_a_word():
    """Margin per call of a week and of a month may be compared."""
    week = loaded("2026-10-05", "2026-10-12")

    assert said(week, loaded(*SEPTEMBER), "compare", metrics=["margin_per_call", "connect_rate"]) == []


def test_a_part_of_a_load_is_not_taken_for_its_window():
    """A week that was chosen from a month is a week; an affiliate's calls of a month are of a month."""
    month, week = loaded(*OCTOBER), loaded("2026-09-21", "2026-09-28")

    assert said(month[month["call_day"].between("2026-10-05", "2026-10-11")], week) == []
    assert len(said(month[month.index % 2 == 0], week)) == 1
    assert said(pd.DataFrame(COLUMNS, index=range(3)), week) == []


def test_parts_of_one_period_are_no_two_periods():
    """One affiliate's calls against those of all others, of the same month."""
    month = loaded(*OCTOBER)

    assert "periods" not in month.calls.bridge(month[month.index % 2 == 0]).attrs


def test_scans_say_it_too():
    """A scan knows its window without reading a call."""
    with dta.demo():
        week = dta.scan("leadflow", "2026-10-05", "2026-10-12")
        day = dta.scan("leadflow", "2026-10-12")

        with pytest.warns(WindowWarning, match="7 days against 1 day"):
            bridge(week, day, "affiliate")


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.WindowWarning")
def test_the_picture_names_the_periods_and_says_that_they_are_unequal():
    """The note below the heading of a waterfall and of changes."""
    week, month = loaded("2026-10-05", "2026-10-12"), loaded(*SEPTEMBER)
    words = "2026-10-05 to 2026-10-11 against 2026-09-01 to 2026-09-30 (unequal: 7 days against 30 days)"

    for ax in (waterfall(week.calls.bridge(month)), changes(week.calls.compare(month, "affiliate"))):
        assert words in " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
