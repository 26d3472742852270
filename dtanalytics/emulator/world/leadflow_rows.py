"""The LeadFlow report of generated calls, and the disputes that change it days later."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from dtanalytics.emulator.world import clock
from dtanalytics.emulator.world.columns import (
    flags,
    integers,
    labels,
    minutes,
    money,
    report_table,
    texts,
    wall_clock,
)
from dtanalytics.emulator.world.market import Facts, Market
from dtanalytics.emulator.world.model import Amendments, BaseCalls, ReportRows
from dtanalytics.emulator.world.people import FIRST_NAMES, LAST_NAMES, STATES
from dtanalytics.emulator.world.routing import AFFILIATE_CAP, CONNECTED, Floats, position
from dtanalytics.schema import LEAD_STATUSES, LEADFLOW

_VOIDED, _HALVED = 0.4, 0.1  # what becomes of a dispute; the rest stays as billed


def make_leadflow_rows(
    calls: BaseCalls, facts: Facts, rng: np.random.Generator, *, disputes: bool
) -> tuple[ReportRows, Floats]:
    """Build the report, and each call's chance to be billed once its dispute is settled."""
    market, caller = calls.market, calls.caller
    people = calls.callers
    billed, paid = calls.outcome.offer_qualified, calls.outcome.affiliate_qualified
    connected = calls.status == CONNECTED
    found = people.found[caller]
    state = np.where(calls.entered, people.state[caller], people.area_state[caller])
    line = (calls.affiliate * len(market.sets) + calls.lf_set) * 2 + calls.line
    columns = {
        "call_date": wall_clock(calls.when),
        "set_name": labels(calls.lf_set, list(market.sets)),
        "affiliate": labels(calls.affiliate, [item.name for item in market.affiliates]),
        "phone_label": labels(line, line_labels(market)),
        "affiliate_number": labels(line, line_numbers(market)),
        "advertiser": labels(calls.offer, [item.advertiser for item in market.offers]),
        "offer": labels(calls.offer, [item.name for item in market.offers]),
        "transfer_number": labels(calls.offer, [_transfer(index) for index in range(len(market.offers))]),
        "caller_id": texts(people.number[caller]),
        "lead_status": labels(calls.status, LEAD_STATUSES),
        "entered_zip": texts(people.zipcode[caller], calls.entered),
        "lf_state": labels(state, STATES.codes.tolist()),
        "first_name": labels(np.where(found, people.first[caller], -1), FIRST_NAMES),
        "last_name": labels(np.where(found, people.last[caller], -1), LAST_NAMES),
        "street_address": texts(people.street[caller], found),
        "city": labels(np.where(found, people.state[caller], -1), STATES.cities.tolist()),
        "state": labels(np.where(found, people.state[caller], -1), STATES.codes.tolist()),
        "zipcode": texts(people.zipcode[caller], found),
        "reroute": flags(calls.reroute),
        "repeat_affiliate_caller": flags(calls.repeat),
        "affiliate_cap": flags(calls.status == AFFILIATE_CAP),
        "offer_qualified": flags(billed),
        "offer_price": money(calls.offer_price, billed),
        "affiliate_qualified": flags(paid),
        "affiliate_price": money(calls.affiliate_price, paid),
        "margin": money(calls.offer_price * billed - calls.affiliate_price * paid, billed | paid),
        "talk_minutes": minutes(calls.outcome.talk),
        "talk_seconds": integers(calls.outcome.talk, LEADFLOW.by_name["talk_seconds"].arrow),
        "total_minutes": minutes(calls.total),
        "total_seconds": integers(calls.total, LEADFLOW.by_name["total_seconds"].arrow),
        "call_duration": integers((calls.total + 59) // 60, LEADFLOW.by_name["call_duration"].arrow),
        "recording_link": texts(
            [f"https://recordings.example.com/{sid}.mp3" for sid in calls.sid], connected
        ),
        "contest_qualification": flags(np.zeros(len(caller), dtype=bool)),
        "sid": texts(calls.sid),
    }
    amendments, dispute_rate = _disputes(calls, facts, rng) if disputes else (_none(), np.zeros(len(caller)))
    set_ids = np.array([number for number, _ in market.sets.values()], dtype=np.int64)
    source = ReportRows(
        table=report_table(LEADFLOW, columns, len(caller)),
        visible=calls.visible,
        ended=calls.when + calls.total,
        set_id=set_ids[calls.lf_set],
        amendments=amendments,
    )
    return source, calls.outcome.offer_rate * (1 - dispute_rate * _VOIDED)


def line_labels(market: Market) -> list[str]:
    """Labels of the tracking numbers: two for each affiliate and set."""
    return [
        f"{who.name} {name} {kind}"
        for who in market.affiliates
        for name in market.sets
        for kind in ("A", "B")
    ]


def line_numbers(market: Market) -> list[str]:
    """Tracking numbers, out of the lines kept for fiction."""
    count = len(line_labels(market))
    return [f"{(800, 833, 844, 855)[index // 100 % 4]}55501{index % 100:02d}" for index in range(count)]


def _transfer(offer: int) -> str:
    """Where an offer's calls go: every fifth to a voice menu, the rest to a number."""
    return f"IVR intake {offer}" if offer % 5 == 4 else f"88855501{offer:02d}"


def _none() -> Amendments:
    return Amendments(np.empty(0, np.int64), np.empty(0, np.int64), [], [])


def _disputes(calls: BaseCalls, facts: Facts, rng: np.random.Generator) -> tuple[Amendments, Floats]:
    """Draw which billed calls are disputed, when, and what comes of it days later."""
    market = calls.market
    rate = np.array([item.contest for item in market.affiliates])[calls.affiliate]
    if facts.leak is not None:  # a voided bill would add to a leak that is stated to the cent
        rate[calls.affiliate == position(market.affiliates, facts.leak)] = 0.0
    disputed = np.flatnonzero(calls.outcome.offer_qualified & (rng.random(len(rate)) < rate))
    at = calls.when[disputed] + rng.integers(clock.DAY, 6 * clock.DAY, size=len(disputed))
    settled = at + rng.integers(clock.DAY, 4 * clock.DAY, size=len(disputed))
    fate = rng.random(len(disputed))
    rows: list[int] = []
    times: list[int] = []
    names: list[str] = []
    values: list[object] = []

    def amend(row: int, moment: int, **changes: object) -> None:
        for name, value in changes.items():
            rows.append(row)
            times.append(moment)
            names.append(name)
            values.append(value)

    for row, first, last, luck in zip(
        disputed.tolist(), at.tolist(), settled.tolist(), fate.tolist(), strict=True
    ):
        amend(row, first, contest_qualification=True)
        paid = int(calls.affiliate_price[row]) if calls.outcome.affiliate_qualified[row] else None
        if luck < _VOIDED:
            margin = None if paid is None else _amount(-paid)
            amend(row, last, offer_qualified=False, offer_price=None, margin=margin)
        elif luck < _VOIDED + _HALVED:
            half = int(calls.offer_price[row]) // 2
            amend(row, last, offer_price=_amount(half), margin=_amount(half - (paid or 0)))
    return Amendments(np.array(rows, np.int64), np.array(times, np.int64), names, values), rate


def _amount(units: int) -> Decimal:
    return Decimal(units).scaleb(-4)
