"""Masking: what identifies people is gone, and what can be counted still can."""

import hmac

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError
from dtanalytics.mask import mask
from dtanalytics.schema import BIDS, LEADFLOW

SECRET = "a long secret"  # noqa: S105 - of a test


@pytest.fixture
def calls():
    return pd.DataFrame(
        {
            "sid": ["1", "2", "3"],
            "caller_id": ["+1 (212) 555-0100", "2125550100", None],
            "first_name": ["Ann", "Bob", None],
            "recording_link": ["https://x/1", None, "https://x/3"],
            "extra": ['{"a": 1}', None, None],
            "zipcode": ["01234", "98765", None],
            "city": ["Boston", None, "Boston"],
            "state": pd.Categorical(["MA", "WA", None]),
            "offer": ["Roofing", "Roofing", None],
        },
        index=[5, 6, 7],
    )


def test_a_number_has_one_pseudonym_however_it_is_written(calls):
    masked = mask(calls, key=SECRET)["caller_id"]

    assert masked.iloc[0] == masked.iloc[1]
    assert pd.isna(masked.iloc[2])
    assert "555" not in masked.iloc[0] or len(masked.iloc[0]) == 20


def test_both_reports_give_a_caller_one_pseudonym(calls):
    bids = pd.DataFrame({"ani": ["12125550100"], "ip_address": ["2125550100"]})

    masked = mask(bids, key=SECRET)

    assert masked.loc[0, "ani"] == mask(calls, key=SECRET).loc[5, "caller_id"]
    assert masked.loc[0, "ip_address"] != masked.loc[0, "ani"]


def test_pseudonyms_differ_by_key_and_repeat_with_it(calls):
    first, again, other = (
        mask(calls, key=key)["caller_id"].iloc[0] for key in (SECRET, SECRET.encode(), "another")
    )

    assert first == again
    assert first != other
    assert mask(calls)["caller_id"].iloc[0] == mask(calls)["caller_id"].iloc[0] != first


def test_names_recordings_and_the_rest_are_nulled(calls):
    masked = mask(calls, key=SECRET)

    assert masked[["first_name", "recording_link", "extra", "city"]].isna().all(axis=None)
    assert masked["zipcode"].tolist()[:2] == ["012", "987"]
    assert masked["state"].tolist()[:2] == ["MA", "WA"]


def test_shape_index_and_business_columns_stay(calls):
    before = calls.copy(deep=True)

    masked = calls.assign(call_date=pd.Timestamp("2026-10-05")).calls.mask(key=SECRET)

    assert list(masked.columns) == [*calls.columns, "call_date"]
    assert masked.index.tolist() == [5, 6, 7]
    assert masked["offer"].tolist()[:2] == ["Roofing", "Roofing"]
    pd.testing.assert_frame_equal(before, calls)


def test_quasi_identifiers_are_kept_or_dropped_when_told(calls):
    assert mask(calls, quasi="keep")["zipcode"].tolist()[:2] == ["01234", "98765"]
    assert mask(calls, quasi="drop")[["zipcode", "city", "state"]].isna().all(axis=None)


@pytest.mark.parametrize("report", [LEADFLOW, BIDS])
def test_no_direct_identifier_survives_in_any_report(report):
    """Every field that the schema calls direct is changed, with the prefix of a joined frame too."""
    frame = pd.DataFrame({name: ["2125550100"] for name in report.personal("direct")}).add_prefix("bid_")

    masked = mask(frame, key=SECRET)

    assert not (masked == frame).any(axis=None)


def test_distinct_callers_can_still_be_counted():
    calls = pd.DataFrame({"caller_id": ["1", "2", "1", None]})

    assert dta.rollup(mask(calls), None, "caller_count")["caller_count"].item() == 2


def test_pages_are_cut_to_their_host():
    bids = pd.DataFrame(
        {"baseuri": ["https://user:pw@roof.example/a?gclid=Cj0", "roof.example/b", "http://[", ""]}
    )

    assert mask(bids)["baseuri"].fillna("?").tolist() == ["roof.example", "roof.example", "?", ""]


@pytest.mark.parametrize("options", [{"key": ""}, {"quasi": "some"}])
def test_bad_options_are_refused(calls, options):
    with pytest.raises(InputError):
        mask(calls, **options)


@pytest.mark.parametrize("key", ["short", "k" * 64, "longer than a block of the hash " * 4])
def test_a_pseudonym_is_the_beginning_of_an_hmac_of_the_number(key):
    found = mask(pd.DataFrame({"caller_id": ["2125550100", "", None]}), key=key)["caller_id"]

    expected = hmac.new(key.encode(), b"phone:2125550100", "sha256").hexdigest()[:20]
    assert found.iloc[0] == expected
    assert (found.iloc[1], found.isna().tolist()) == ("", [False, False, True])
