"""Both nights on which Eastern clocks change: 8 March and 1 November 2026."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
import upload_rules
from export_calls import joined

from dtanalytics import exports

FILES = ["google_clicks", "microsoft_clicks", "microsoft_bulk", "sa360", "google_leads"]
NIGHTS = {
    "spring": ("2026-03-08 04:00", "2026-03-20 12:00"),
    "autumn": ("2026-11-01 03:00", "2026-11-20 12:00"),
}


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.mark.parametrize("night", NIGHTS)
@pytest.mark.parametrize("kind", FILES)
def test_every_quarter_of_an_hour_of_the_night_comes_back_as_the_same_instant(kind, night, tmp_path):
    start, now = NIGHTS[night]
    moments = pd.date_range(at(start), periods=20, freq="15min")
    platform = "microsoft" if kind.startswith("microsoft") else "google"
    calls = joined(
        *(
            {
                "sid": f"s{i}",
                "call_date": moment,
                "last_touch_timestamp": moment - pd.Timedelta(minutes=5),
            }
            for i, moment in enumerate(moments)
        ),
        platform=platform,
    )
    done = getattr(exports, kind)(calls, tmp_path / "a.csv", "Call", now=now)
    rows = getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8"))

    assert [row.time for row in rows] == [moment.to_pydatetime() for moment in moments]


def times(calls, tmp_path) -> list[str]:
    done = exports.google_clicks(calls, tmp_path / "a.csv", "Call", now="2026-11-20 12:00")
    return [line.split(",")[2] for line in done.path.read_text(encoding="utf-8").splitlines()[2:]]


def test_only_the_second_occurrence_of_the_hour_carries_its_offset(tmp_path):
    early = {"last_touch_timestamp": at("2026-10-31")}
    calls = joined(
        {"sid": "1", "call_date": at("2026-11-01 05:30"), **early},
        {"sid": "2", "call_date": at("2026-11-01 06:30"), **early},
        {"sid": "3", "call_date": at("2026-11-01 07:30"), **early},
    )

    assert times(calls, tmp_path) == [
        "2026-11-01 01:30:00",
        "2026-11-01 01:30:00-0500",
        "2026-11-01 02:30:00",
    ]


def test_a_clock_that_came_twice_follows_its_click_when_only_its_second_time_does(tmp_path):
    """Loaded as 01:10 summer time, clicked at 01:50 summer time: the call was at 01:10 winter time."""
    calls = joined(
        {
            "call_date": at("2026-11-01 05:10"),
            "call_date_ambiguous": True,
            "last_touch_timestamp": at("2026-11-01 05:50"),
        }
    )

    assert times(calls, tmp_path) == ["2026-11-01 01:10:00-0500"]


def test_a_moment_that_is_known_is_never_moved_to_suit_a_click(tmp_path):
    calls = joined({"call_date": at("2026-11-01 05:10"), "last_touch_timestamp": at("2026-11-01 05:50")})
    done = exports.google_clicks(calls, tmp_path / "a.csv", "Call", now="2026-11-20 12:00")

    assert done.refused["error"].tolist() == ["CONVERSION_PRECEDES_EVENT"]


def test_clocks_without_a_zone_are_eastern(tmp_path):
    calls = joined({})
    naive = calls.assign(
        call_date=calls["call_date"].dt.tz_localize(None),
        last_touch_timestamp=["2026-10-15 13:50:00"],
        date_added=[datetime(2026, 10, 15, 14)],
    )
    done = exports.microsoft_clicks(
        naive.assign(click_id="0" * 32, click_id_type="msclkid"),
        tmp_path / "a.csv",
        "Call",
        now=datetime(2026, 10, 20, 12),
    )
    (row,) = upload_rules.microsoft_clicks(done.path.read_text(encoding="utf-8"))

    assert row.time == datetime(2026, 10, 15, 18, tzinfo=UTC)
