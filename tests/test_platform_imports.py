"""Imported calls lie in the cache beside DialogTech's days; calls that two platforms saw are found."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import platform_answers as written
import pytest
from platform_answers import read, saved

import dtanalytics as dta
from dtanalytics.errors import CacheError, InputError, SchemaError, WindowWarning

FIRST, SECOND, THIRD = written.EXPECTED
WHOLE = ("2026-10-05", "2026-11-02")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DTANALYTICS_OFFLINE", "1")


def imported(tmp_path, records, platform="invoca"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dta.import_calls(saved(tmp_path, "import.json", json.dumps(records)), platform)


def loaded(*window, **options):
    return dta.load_calls(*window, platforms="invoca", **options)


def test_what_is_imported_is_what_is_read_and_imported_again_nothing_doubles(tmp_path):
    path = saved(tmp_path, "a.json", written.answer("invoca"))
    before = read(path)
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            counts = dta.import_calls(path)[["read", "added", "changed"]].sum().tolist()
        pd.testing.assert_frame_equal(loaded(*WHOLE), before)
    assert counts == [3, 0, 0]
    assert dta.cache.info()[["report", "days", "rows", "vintages"]].to_numpy().tolist() == [
        ["invoca", 28, 3, 28]
    ]
    assert len(dta.cache.verify()) == 0


def test_a_later_file_replaces_its_calls_and_keeps_the_others_and_the_earlier_vintage(tmp_path):
    other = written.invoca(FIRST) | {"complete_call_id": "4", "transaction_id": "T-4"}
    imported(tmp_path, [written.invoca(FIRST), other])
    counts = imported(tmp_path, [written.invoca(FIRST) | {"advertiser_payin_localized": 1.0}])
    assert counts[["read", "added", "changed", "kept"]].to_numpy().tolist() == [[1, 0, 1, 2]]
    assert loaded("2026-10-05")["offer_price"].tolist() == [1.0, 274.77]
    assert dta.cache.vintages("invoca", "2026-10-05")["rows"].tolist() == [2, 2]


def test_the_version_before_a_correction_is_a_vintage_and_is_so_once(tmp_path):
    rows = [
        written.invoca(FIRST),
        written.invoca(FIRST)
        | {"transaction_id": "T-7", "corrects_transaction_id": "T-1", "advertiser_payin_localized": 5.0},
    ]
    imported(tmp_path, rows)
    imported(tmp_path, rows)
    assert loaded("2026-10-05")["offer_price"].tolist() == [5.0]
    vintages = dta.cache.vintages("invoca", "2026-10-05")
    assert len(vintages) == 2
    assert loaded("2026-10-05", as_of=vintages["asked"][0])["offer_price"].tolist() == [274.77]


def test_a_call_that_moved_to_another_day_stands_once(tmp_path):
    imported(tmp_path, [written.invoca(FIRST), written.invoca(SECOND)])
    imported(tmp_path, [written.invoca(FIRST | {"call_date": "2026-10-06 09:30:00-04:00"})])
    assert loaded("2026-10-05", "2026-10-07")["sid"].tolist() == ["2", "1"]


def test_a_scan_sums_imported_calls_and_days_that_were_not_imported_are_refused(tmp_path):
    imported(tmp_path, [written.invoca(call) for call in written.EXPECTED])
    table = dta.scan("invoca", *WHOLE).rollup("affiliate", ["call_count", "revenue"])
    assert table.to_numpy().tolist() == [["North", 2, 1524.77], ["South", 1, 0.0]]
    with pytest.raises(CacheError, match="import_calls"):
        dta.scan("invoca", "2026-09")
    with pytest.raises(InputError, match="set_id"):
        dta.scan("invoca", *WHOLE, set_id=1)


def test_a_window_beyond_what_was_imported_is_told(tmp_path):
    imported(tmp_path, [written.invoca(FIRST)])
    with pytest.warns(WindowWarning, match="2026-10-05"):
        assert loaded("2026-10")["sid"].tolist() == ["1"]


def test_both_platforms_calls_load_as_one_frame(tmp_path, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_OFFLINE", "0")
    with dta.demo():
        ours = dta.load_leadflow("2026-10-05", progress=False)
        imported(tmp_path, [written.invoca(FIRST)])
        calls = dta.load_calls("2026-10-05", progress=False)
    assert calls["platform"].value_counts().to_dict() == {"dialogtech": len(ours), "invoca": 1}
    revenue = dta.rollup(calls, "platform", "revenue")["revenue"].sum()
    assert round(revenue - dta.rollup(ours, None, "revenue")["revenue"].item(), 4) == 274.77


def call(sid, time, caller="2125550101", **more):
    return {"sid": sid, "call_date": pd.Timestamp(time, tz="America/New_York"), "caller_id": caller, **more}


def test_a_call_that_both_saw_is_found_by_caller_time_and_numbers():
    ours = pd.DataFrame([
        call("a", "2026-10-05 09:00:00", transfer_number="8005550199"), call("b", "2026-10-05 09:01:00", transfer_number="8005550199"),
        call("c", "2026-10-05 10:00:00", transfer_number="8005550199"), call("d", "2026-10-05 11:00:00", None, transfer_number="8005550199")])  # fmt: skip
    theirs = pd.DataFrame([
        call("x", "2026-10-05 09:01:05", "+1 (212) 555-0101", transfer_number="+18005550199"), call("y", "2026-10-05 09:00:02", transfer_number="8005550199"),
        call("z", "2026-10-05 10:00:00", transfer_number="8005550111"), call("w", "2026-10-05 11:00:00", None, transfer_number="8005550199")])  # fmt: skip
    both = dta.overlap(ours, theirs)
    assert both[["sid", "other_sid", "seconds_apart"]].to_numpy().tolist() == [
        ["a", "y", 2.0],
        ["b", "x", 5.0],
    ]
    assert both.attrs["dtanalytics"] == {"matched": 2, "refused": 1}
    assert len(dta.overlap(ours, theirs, tolerance="1s")) == 1 - 1
    with pytest.raises(InputError, match="tolerance"):
        dta.overlap(ours, theirs, tolerance="soon")
    with pytest.raises(SchemaError, match="caller_id"):
        dta.overlap(ours.drop(columns="caller_id"), theirs)


def test_money_of_both_sides_is_shown_where_it_is_known():
    ours = pd.DataFrame([call("a", "2026-10-05 09:00:00", offer_price=20.0, offer_qualified=True)])
    theirs = pd.DataFrame([call("x", "2026-10-05 09:00:01", offer_price=30.0, offer_qualified=None)])
    both = dta.overlap(ours, theirs)
    assert both["revenue"].tolist() == [20.0]
    assert both[["other_revenue", "payout"]].isna().all(axis=None)
