"""Pictures say of which period they are, and draw periods in their order."""

from __future__ import annotations

import pandas as pd
import pytest

import dtanalytics as dta


@pytest.mark.parametrize(
    ("days", "rows", "period"),
    [
        (("2026-10-01", "2026-11-01"), 3, "2026-10-01 to 2026-10-31"),
        (("2026-10-01", "2026-11-01"), 9, "2026-10-05 to 2026-10-07"),
        (("2026-10-05", "2026-10-06"), 3, "2026-10-05"),
        (None, 0, "2026-10-05 to 2026-10-07"),
    ],
)
def test_a_table_says_of_which_period_its_calls_are(days, rows, period):
    """What was loaded, whole days with their last one; of calls that were chosen from it, their own days."""
    calls = pd.DataFrame(
        {
            "call_day": pd.date_range("2026-10-05", periods=3, unit="us"),
            "lead_status": "Connected",
            "offer_qualified": True,
            "offer_price": 20.0,
            "affiliate_qualified": True,
            "affiliate_price": 12.5,
        }
    )
    if days:
        calls.attrs["dtanalytics"] = {"start": days[0], "end": days[1], "rows": rows}

    assert calls.calls.margin("call_day").attrs["period"] == period
    assert calls.calls.plot.margin("call_day").texts[-1].get_text().startswith(f"{period}; ")


def test_hours_weekdays_and_periods_are_drawn_in_their_order():
    """Not by size, as other groups are; all 24 hours, where as many groups as is usual may be drawn."""
    margins = [float(hour % 7) for hour in range(24)]
    hours = pd.DataFrame({"call_hour": range(24), "call_count": 1, "revenue": 10.0, "margin": margins})

    names = [label.get_text() for label in dta.plots.margin_bars(hours).get_yticklabels()]
    largest = [label.get_text() for label in dta.plots.margin_bars(hours, top=3).get_yticklabels()]

    assert names == [f"{hour}:00" for hour in range(24)]
    assert largest == ["6:00", "13:00", "20:00", "21 others"]


def test_a_title_is_true_of_all_groups_though_few_are_drawn():
    """The group whose calls talk longest is named, whether it is drawn or not."""
    curves = pd.DataFrame(
        {
            "affiliate": ["Large", "Large", "Small", "Small"],
            "seconds": [5, 30, 5, 90],
            "at_risk": [9, 4, 3, 1],
            "survival": [0.6, 0.2, 0.7, 0.4],
            "survival_low": 0.1,
            "survival_high": 0.9,
        }
    )

    assert (
        dta.plots.survival(curves, top=1).get_title(loc="left")
        == "Calls of Small talk longest, half over 90 s"
    )


@pytest.mark.parametrize(
    ("known", "title"),
    [(2, "October 2026 brought 200 so far and is expected to bring 310"), (3, "October 2026 brought 310")],
)
def test_a_month_that_is_over_is_not_forecast(known, title):
    """`so far` and what is expected are said of a month that has days left."""
    month = pd.DataFrame({"day": [1, 2, 3], "call_day": pd.date_range("2026-10-01", periods=3)})
    month["to_date"] = [100.0, 200.0, 310.0][:known] + [None] * (3 - known)
    for name in ("earlier_mean", "earlier_low", "earlier_high", "forecast", "forecast_low", "forecast_high"):
        month[name] = [100.0, 200.0, 310.0]

    assert dta.plots.pacing(month, metric="call_count").get_title(loc="left") == title
