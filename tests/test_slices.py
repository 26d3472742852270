"""Long columns are worked on a slice at a time: where a slice ends, nothing changes."""

import hmac

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.supply.talk import buffers
from dtanalytics.columns import slices as dividing
from dtanalytics.columns.numbering import counted, dense, in_order, whole_numbers
from dtanalytics.mask import mask
from dtanalytics.personal import pseudonyms

SHORT = 7


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(dividing, "SLICE", SHORT)
    monkeypatch.setattr(pseudonyms, "_AT_ONCE", SHORT)


def some_calls(rows=400):
    draw = np.random.default_rng(5)
    number = 2_125_550_000 + draw.integers(0, 60, rows)
    caller = pd.Series(number.astype(str), dtype="str")
    caller[draw.random(rows) < 0.1] = None
    caller[draw.random(rows) < 0.1] = "anonymous"
    zips = pd.Series(draw.choice(["10001", "0213", "94105", "90001-1234"], rows), dtype="str")
    zips[:30] = None  # more than a slice of nothing
    billed = pd.array(draw.random(rows) < 0.4, dtype="boolean")
    billed[draw.random(rows) < 0.1] = pd.NA
    seconds = np.sort(draw.integers(0, 5 * 86_400, rows))
    return pd.DataFrame(
        {
            "call_date": pd.Timestamp("2026-10-30") + pd.to_timedelta(seconds, unit="s"),
            "affiliate": pd.Series(draw.choice(["North", "South", None], rows), dtype="str"),
            "offer": pd.Series(draw.choice(["Auto", "Home", None], rows), dtype="str"),
            "caller_id": caller,
            "entered_zip": zips,
            "zipcode": "60601",
            "lf_state": draw.choice(["NY", "CA"], rows),
            "lead_status": "Connected",
            "repeat_affiliate_caller": draw.random(rows) < 0.2,
            "talk_seconds": draw.integers(0, 120, rows),
            "offer_qualified": billed,
            "offer_price": 20.0,
            "affiliate_qualified": draw.random(rows) < 0.5,
            "affiliate_price": 12.5,
        }
    )


@pytest.mark.parametrize("by", ["affiliate", ["affiliate", "offer"], None])
def test_signs_of_bad_traffic_are_the_same_however_short_a_slice_is(by, monkeypatch):
    calls = some_calls()
    whole = quality(calls, by)
    monkeypatch.setattr(dividing, "SLICE", SHORT)
    pd.testing.assert_frame_equal(quality(calls.copy(), by), whole, check_exact=True)
    assert set(whole["signal"]) == {
        "offer_buffer", "affiliate_buffer", "repeat_callers", "sequential_callers",
        "area_code_state", "zip_code_state", "off_hours", "bursts",
    }  # fmt: skip


@pytest.mark.usefixtures("short")
def test_a_call_follows_the_one_before_also_where_a_slice_ends():
    calls = pd.DataFrame(
        {
            "call_date": pd.date_range("2026-10-05 09:00", periods=20, freq="h"),
            "affiliate": "North",
            "caller_id": [str(2_125_550_100 + at) for at in range(20)],
            "offer_qualified": True,
            "offer_price": 20.0,
            "affiliate_qualified": True,
            "affiliate_price": 12.5,
        }
    )
    found = quality(calls, signals="sequential_callers")
    assert found["observed"].tolist() == [19.0]
    # By hand: pairs of numbers up to 5 apart are 19 + 18 + 17 + 16 + 15; two calls in a row are each of
    # the 190 pairs with chance 1 / 10.
    assert found["expected"].tolist() == pytest.approx([8.5])


@pytest.mark.usefixtures("short")
def test_numbers_are_counted_and_ranked_as_numpy_does():
    numbers = np.random.default_rng(1).integers(0, 30, 100)
    found, times = np.unique(numbers, return_counts=True)
    assert dense(numbers).tolist() == np.searchsorted(found, numbers).tolist()
    assert in_order(numbers)[0].tolist() == np.argsort(numbers, kind="stable").tolist()
    place, many = counted(numbers.copy())
    assert (place.tolist(), many.tolist()) == (found.tolist(), times.tolist())
    assert [one.tolist() for one in counted(np.arange(20))] == [list(range(20)), [1] * 20]
    assert [one.tolist() for one in counted(np.empty(0, dtype=np.int64))] == [[], []]


@pytest.mark.usefixtures("short")
def test_a_slice_without_any_number_and_a_text_in_the_last_one_are_both_seen():
    column = pd.Series([None] * 10 + ["07"] + [None] * 10, dtype="str")
    numbers, digits = whole_numbers(column)
    assert (numbers[10], digits[10]) == (7, 2)
    assert np.delete(numbers, 10).tolist() == np.delete(digits, 10).tolist() == [-1] * 20
    assert whole_numbers(pd.concat([column, pd.Series(["x"], dtype="str")])) is None
    assert whole_numbers(pd.Series([None] * 20, dtype="str")) is None


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("secret", [b"short", b"longer than a block of SHA-256, which is hashed before" * 2])
def test_pseudonyms_are_hmacs_and_nothing_stays_nothing(secret):
    callers = [f"212555{at:04}" for at in range(30)] + ["", None, "2125550000"]
    masked = mask(pd.DataFrame({"caller_id": pd.Series(callers, dtype="str")}), key=secret)["caller_id"]
    expected = [
        hmac.new(secret, b"phone:" + one.encode(), "sha256").hexdigest()[:20] if one else one
        for one in callers
    ]
    assert masked.iloc[:31].tolist() == expected[:31]
    assert masked.isna().tolist() == [one is None for one in callers]
    assert masked.iloc[32] == masked.iloc[0]


@pytest.mark.usefixtures("short")
def test_a_buffer_is_found_among_calls_of_several_slices():
    talk = np.arange(0, 200, 5)
    calls = pd.DataFrame(
        {
            "lead_status": "Connected", "offer": np.where(talk % 2 == 0, "Even", "Odd"),
            "talk_seconds": talk, "offer_qualified": talk >= np.where(talk % 2 == 0, 60, 95),
        }
    )  # fmt: skip
    assert buffers(calls)[["offer", "buffer"]].to_numpy().tolist() == [["Even", 60], ["Odd", 95]]
