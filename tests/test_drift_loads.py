"""What the schema does not know is told by every load that brings it, from the cache too, and counted once."""

from __future__ import annotations

import re
import warnings

import pytest

import dtanalytics as dta
from dtanalytics.decode import page_decoder
from dtanalytics.emulator import Quirks
from dtanalytics.errors import SchemaDriftWarning

WINDOW = ("2026-10-01", "2026-10-08")


def told(load):
    """What a load warns of, and its frame."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", EncodingWarning)  # a file of zoneinfo's own
        frame = load()
    assert {warning.category for warning in caught} <= {SchemaDriftWarning}
    return [str(warning.message) for warning in caught], frame


@pytest.mark.parametrize("columns", [None, ["sid"], ["extra"], ["sid", "margin"]])
def test_a_cached_load_repeats_the_warning_with_the_count_of_its_calls(emulate, columns):
    emulate(quirks=Quirks(extra_keys={"surprise": 1}))
    for _ in range(3):
        said, frame = told(lambda: dta.load_leadflow(*WINDOW, columns=columns))

        assert len(said) == 1
        assert f"unknown key 'surprise' ({len(frame):,} records)" in said[0]


def test_a_part_of_a_cached_day_counts_its_own_calls(emulate):
    emulate(quirks=Quirks(extra_keys={"surprise": 1}))
    told(lambda: dta.load_bids(*WINDOW))
    said, frame = told(lambda: dta.load_bids("2026-10-05 09:00", "2026-10-05 15:00"))

    assert 0 < len(frame) < 100
    assert f"({len(frame):,} records)" in said[0]


def test_calls_without_a_surprise_are_loaded_without_a_word(emulate):
    emulate()

    assert [told(lambda: dta.load_leadflow(*WINDOW))[0] for _ in range(2)] == [[], []]


@pytest.mark.parametrize("sent", ["1,234", "12,50", "12.50 EUR", "n/a", "1e9999", "9" * 400])
def test_money_that_does_not_parse_is_kept_and_told_each_time(emulate, monkeypatch, sent):
    emulate()
    rewrite_money(monkeypatch, sent)
    for _ in range(2):
        said, frame = told(lambda: dta.load_leadflow("2026-10-05"))

        assert frame["offer_price"].isna().all()
        assert f"unreadable value in 'offer_price' ({len(frame):,} records)" in said[0]
        assert frame["extra"].str.contains(sent, regex=False).all()


@pytest.mark.parametrize(("sent", "amount"), [("$12.50", 12.5), ("1,234.50", 1234.5), ("(3.00)", -3.0)])
def test_money_written_for_people_is_money_in_the_cache_too(emulate, monkeypatch, sent, amount):
    """The load that asks the service tells it once; the amounts stay."""
    emulate()
    rewrite_money(monkeypatch, sent)
    (said, *none), fresh = told(lambda: dta.load_leadflow("2026-10-05"))
    again, cached = told(lambda: dta.load_leadflow("2026-10-05"))

    assert f"amounts written as text in 'offer_price', which were read ({len(fresh):,} records)" in said
    assert (none, again) == ([], [])
    assert set(fresh["offer_price"]) == set(cached["offer_price"]) == {amount}


def rewrite_money(monkeypatch, sent):
    """Make the service send one text for every offer price."""
    split = page_decoder.PageDecoder.__call__

    def altered(self, body, source):
        body = re.sub(rb'"offer_price": ?("[^"]*"|null|[0-9.]+)', b'"offer_price":"%b"' % sent.encode(), body)
        return split(self, body, source)

    monkeypatch.setattr(page_decoder.PageDecoder, "__call__", altered)
