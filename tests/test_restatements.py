"""Restatements: what a later answer says otherwise, call by call, and what it did to the money."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

import dtanalytics as dta
from dtanalytics.errors import CacheError, InputError

DAY = "2026-10-05"


@pytest.fixture
def disputed(emulate, time_machine_at):
    """A day that was loaded twice; between the loads one qualified call lost its price and one vanished."""
    service = emulate()
    time_machine_at("2026-10-08 12:00")
    before = dta.load_leadflow(DAY)
    paid = before[
        before["offer_qualified"].fillna(value=False) & before["affiliate_qualified"].fillna(value=False)
    ]
    changed, gone = paid["sid"].iloc[0], paid["sid"].iloc[1]
    time_machine_at("2026-10-09 12:00")
    service.update("leadflow", changed, offer_qualified=False, offer_price=None, contest_qualification=True)
    service.delete("leadflow", gone)
    dta.load_leadflow(DAY)
    return before.set_index("sid"), changed, gone


def test_every_field_that_changed_is_listed_and_no_other(disputed):
    _, changed, gone = disputed

    table = dta.restatements(DAY, since="2026-10-08 12:00").changes

    listed = set(zip(table["sid"], table["change"], table["field"], strict=True))
    assert listed == {
        (changed, "changed", "offer_qualified"),
        (changed, "changed", "offer_price"),
        (changed, "changed", "contest_qualification"),
        (gone, "vanished", "sid"),
    }


def test_the_money_that_moved_is_the_money_of_those_calls(disputed):
    before, changed, gone = disputed

    effect = dta.restatements(DAY, since="2026-10-08 12:00").by_affiliate

    total = effect[effect["is_total"]].iloc[0]
    prices = [Decimal(str(before.loc[sid, "offer_price"])) for sid in (changed, gone)]
    assert Decimal(str(total["revenue_change"])) == -sum(prices)
    assert Decimal(str(total["payout_change"])) == -Decimal(str(before.loc[gone, "affiliate_price"]))
    assert total["call_count_change"] == -1
    assert effect.loc[~effect["is_total"], "margin_change"].sum() == pytest.approx(total["margin_change"])


def test_nothing_changed_is_empty_tables_of_the_same_columns(disputed):
    some = dta.restatements(DAY, since="2026-10-08 12:00")

    none = dta.restatements(DAY, since="2026-10-09 13:00")

    assert none.changes.empty
    assert list(none.changes) == list(some.changes)
    assert list(none.by_affiliate) == list(some.by_affiliate)


def test_a_window_that_was_never_loaded_is_an_error(disputed):
    with pytest.raises(CacheError, match="2026-10-06 is not in the cache"):
        dta.restatements("2026-10-06", since="2026-10-08")


def test_a_damaged_answer_is_an_error(disputed):
    from dtanalytics.loading.sources import leadflow_source
    from dtanalytics.settings import current

    entry = leadflow_source(current()).entry
    (entry.data / entry.manifest().days[DAY][0].file).write_bytes(b"")

    with pytest.raises(CacheError, match=f"{DAY} are damaged"):
        dta.restatements(DAY, since="2026-10-08 12:00")


def test_a_call_that_moved_to_another_day_is_one_call_that_changed(emulate, time_machine_at):
    """The 5th was asked again without it, the 6th with it: it is neither new nor gone."""
    service = emulate()
    time_machine_at("2026-10-08 12:00")
    sid = dta.load_leadflow(DAY, "2026-10-07")["sid"].iloc[0]
    time_machine_at("2026-10-09 12:00")
    service.update("leadflow", sid, call_date=dt.datetime(2026, 10, 6, 16, tzinfo=dt.UTC))
    dta.load_leadflow(DAY, "2026-10-07")

    changes = dta.restatements(DAY, "2026-10-07", since="2026-10-08 12:00").changes
    assert set(changes["sid"]) == {sid}
    assert set(changes["change"]) == {"changed"}
    assert "call_date" in set(changes["field"])


def test_answers_of_different_loads_cannot_be_compared(disputed):
    from dtanalytics.analysis.money.restatements import compare_answers

    frame = dta.load_leadflow(DAY, offline=True)
    with pytest.raises(InputError, match="different columns"):
        compare_answers(frame, frame.drop(columns="city"))
