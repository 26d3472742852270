"""The same calls decided and paid for anew, under proposed terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.supply.talk import lengths
from dtanalytics.analysis.tables import (
    Bools,
    Ints,
    clock_of,
    local,
    true,
)
from dtanalytics.analysis.terms.prices import payments
from dtanalytics.analysis.terms.repeats import beyond_cap, repeats_within
from dtanalytics.analysis.terms.rules import learn_rules
from dtanalytics.analysis.terms.sides import Side, disputed, read_side
from dtanalytics.analysis.terms.terms import read_buffers, read_terms
from dtanalytics.columns.numbering import numbered
from dtanalytics.errors import InputError
from dtanalytics.platforms.differences import check_potential_prices
from dtanalytics.texts.numerals import Told

SIDES = ("offer", "affiliate")
_MONEY = ("offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price")
_REPEAT = {"offer": "reroute", "affiliate": "repeat_affiliate_caller"}
_NEEDS = {
    "buffer": ("lead_status", "talk_seconds"),
    "repeat_days": ("lead_status", "talk_seconds", "call_date", "caller_id"),
    "cap": ("lead_status", "call_date"),
}
_USEFUL = ("call_date", "contest_qualification", "set_name", "sid", "talk_seconds", *SIDES, *_REPEAT.values())


@dataclass(frozen=True)
class Replay:
    """Flags and money of each call before and after.

    Attributes
    ----------
    calls : pandas.DataFrame
        The calls, rows numbered from 0.
    before, after : dict
        Side -> which calls qualify, a bool a call.
    earned_before, earned_after : dict
        Side -> what each call brings (offer) or costs (affiliate) [1/10,000 currency].
    rules : list of dict
        Rules that were learnt, of the parties whose flags are decided anew.
    notes : list of str
        What the figures assume besides.
    """

    calls: pd.DataFrame
    before: dict[str, Bools]
    after: dict[str, Bools]
    earned_before: dict[str, Ints]
    earned_after: dict[str, Ints]
    rules: list[dict[str, Any]]
    notes: list[str]

    @property
    def flipped(self) -> Bools:
        """Calls that one of the sides decides otherwise."""
        return np.asarray(
            (self.before["offer"] != self.after["offer"])
            | (self.before["affiliate"] != self.after["affiliate"])
        )


def replay(
    calls: Any,
    offers: Any,
    affiliates: Any,
    by: Sequence[str] = (),
    needed: Sequence[str] = (),
    *,
    offer_buffers: Mapping[str, float] | None = None,
    affiliate_buffers: Mapping[str, float] | None = None,
) -> Replay:
    """Decide and pay for calls anew.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    offers, affiliates
        Proposed terms, as for `what_if`.
    by, needed : sequence of str
        Columns that are needed besides.
    offer_buffers, affiliate_buffers : mapping, optional
        Buffers that are known: name -> seconds.

    Raises
    ------
    InputError
        No terms, or terms of a name that no call has; calls would qualify whose price nobody knows.
    SchemaError
        A column is missing.
    """
    proposed = {"offer": read_terms(offers, "offer"), "affiliate": read_terms(affiliates, "affiliate")}
    if not any(proposed.values()):
        raise InputError(
            "nothing is proposed: give offers= or affiliates=, such as "
            "offers={'Auto Prime': {'price': 30.0, 'buffer': 90}}"
        )
    declared = {
        "offer": read_buffers(offer_buffers, "offer_buffers"),
        "affiliate": read_buffers(affiliate_buffers, "affiliate_buffers"),
    }
    check_potential_prices(calls, "what_if")
    calls = local(calls, [*by, *needed, *_needed(proposed)], _USEFUL)
    sides = {name: read_side(calls, name, proposed[name], declared[name]) for name in SIDES}
    for side in sides.values():
        if side.has("buffer", "repeat_days"):
            _decide(calls, side)
    _apply_caps(calls, sides)
    before, after = payments(calls, sides)
    return Replay(
        calls=calls,
        before={name: side.before for name, side in sides.items()},
        after={name: side.after for name, side in sides.items()},
        earned_before=before,
        earned_after=after,
        rules=[rule for side in sides.values() if side.rules for rule in _said(side)],
        notes=[note for side in sides.values() for note in side.notes],
    )


def _needed(proposed: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """Columns that the proposed terms are decided by."""
    wanted = list(_MONEY)
    for side, parties in proposed.items():
        wanted += [side] if parties else []
        for terms in parties.values():
            wanted += [column for term in terms for column in _NEEDS.get(term, ())]
            wanted += [_REPEAT[side]] if "repeat_days" in terms else []
    return list(dict.fromkeys(wanted))


def _decide(calls: pd.DataFrame, side: Side) -> None:
    """Decide the flags of one side by talk time and repeats, where its rule explains the present ones."""
    rows = np.flatnonzero(side.asked("buffer", "repeat_days"))  # those of other parties stay as they are
    flag = _REPEAT[side.name]
    names = ["talk_seconds", "lead_status", f"{side.name}_qualified", flag, "contest_qualification"]
    start, clock = 0, np.empty(0, dtype=np.int64)
    if side.has("repeat_days"):
        names += [side.name, "caller_id"]
        clock = clock_of(calls)
        start = int(clock.min(initial=np.iinfo(np.int64).max))
        clock = clock[rows]
    calls = calls[[name for name in dict.fromkeys(names) if name in calls]].take(rows)
    code, before = side.code[rows], side.before[rows]
    talk = lengths(calls["talk_seconds"])
    repeat = true(calls[flag]) if flag in calls else np.zeros(len(calls), dtype=bool)
    stated = np.asarray(calls[f"{side.name}_qualified"].notna())
    connected = np.asarray(calls["lead_status"] == "Connected")
    decided = connected & ~np.isnan(talk) & stated
    rules = learn_rules(code, side.keys, talk, repeat, before, decided, side.declared)
    side.rules = rules
    proposed, days = side.term("buffer")[rows], side.term("repeat_days")[rows]
    present = rules.buffer_of_call
    buffer = np.where(np.isnan(proposed), present, proposed)
    refused = rules.refused(repeat)
    again = refused
    if side.has("repeat_days"):
        counted = connected if side.name == "offer" else np.ones(len(calls), dtype=bool)
        party = pd.factorize(calls[side.name])[0].astype(np.int64)
        found, unknown = repeats_within(
            numbered(calls["caller_id"]), party, clock, counted, days, repeat, start
        )
        again = np.where(np.isnan(days), refused, found)
        kept = int((unknown & decided).sum())
        if kept:
            side.notes.append(
                Told(
                    "{count:,} calls near the first day keep the {side}'s repeat flag that they have: what "
                    "they may repeat lies before the calls that are here.",
                    count=kept,
                    side=side.name,
                )
            )
    with np.errstate(invalid="ignore"):
        old = (talk >= present) & ~refused
        new = (talk >= buffer) & ~again
    explained = decided & ~np.isnan(present) & (old == before)
    if side.name == "offer":  # what an advertiser disputed with success stays unpaid
        explained &= before | ~disputed(calls)
    side.after = side.before.copy()
    side.after[rows] = np.where(explained, new, before)


def _apply_caps(calls: pd.DataFrame, sides: Mapping[str, Side]) -> None:
    """Take both sides' qualification from calls beyond a cap, the affiliate's cap first."""
    if not any(side.has("cap") for side in sides.values()):
        return
    clock, status = clock_of(calls), calls["lead_status"]
    counted = {
        "affiliate": ~np.asarray(status.isin(["Hang Up", "Affiliate Cap"])),
        "offer": np.asarray(status == "Connected"),
    }
    gone = np.zeros(len(calls), dtype=bool)
    for name in ("affiliate", "offer"):
        side = sides[name]
        if side.has("cap"):
            party = pd.factorize(calls[name])[0].astype(np.int64)
            gone |= beyond_cap(party, clock, counted[name] & ~gone & (party >= 0), side.term("cap"))
            side.notes.append(
                f"Calls beyond the {name}'s cap find no other buyer, and calls that were turned away before "
                "stay turned away."
            )
    for side in sides.values():
        side.after = side.after & ~gone


def _said(side: Side) -> list[dict[str, Any]]:
    """Rules of the parties whose flags are decided anew."""
    asked = {name for name, terms in side.terms.items() if {"buffer", "repeat_days"} & set(terms)}
    return [rule for rule in (side.rules.said(side.name) if side.rules else []) if rule[side.name] in asked]
