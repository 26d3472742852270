"""The same calls decided and paid for anew, under proposed terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.tables import (
    Bools,
    Floats,
    Ints,
    group_codes,
    local,
    microseconds_since_epoch,
    numbers,
    true,
)
from dtanalytics.analysis.terms.prices import usual_prices
from dtanalytics.analysis.terms.repeats import beyond_cap, repeats_within
from dtanalytics.analysis.terms.rules import Rules, learn_rules
from dtanalytics.analysis.terms.terms import SHARE, read_terms
from dtanalytics.columns.numbering import numbered
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.platforms.differences import check_potential_prices

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


@dataclass
class _Side:
    """One side while it is decided: its parties, and what is proposed to each."""

    name: str
    terms: Mapping[str, Mapping[str, int | float]]
    declared: Mapping[str, float]
    code: Ints
    keys: pd.DataFrame
    before: Bools
    after: Bools
    notes: list[str] = field(default_factory=list)
    rules: Rules | None = None

    def term(self, name: str) -> Floats:
        """What is proposed to the party of each call; null where nothing is."""
        of_party = [self.terms.get(str(party), {}).get(name, np.nan) for party in self.keys.iloc[:, 0]]
        return np.array([*of_party, np.nan], dtype=float)[self.code]

    def has(self, *names: str) -> bool:
        return any(name in terms for terms in self.terms.values() for name in names)


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
    declared = {"offer": offer_buffers or {}, "affiliate": affiliate_buffers or {}}
    check_potential_prices(calls, "what_if")
    calls = local(calls, [*by, *needed, *_needed(proposed)], _USEFUL)
    sides = {name: _side(calls, name, proposed[name], declared[name]) for name in SIDES}
    for side in sides.values():
        if side.has("buffer", "repeat_days"):
            _decide(calls, side)
    _apply_caps(calls, sides)
    before, after = _money(calls, sides)
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


def _side(calls: pd.DataFrame, name: str, terms: Any, declared: Mapping[str, float]) -> _Side:
    before = true(calls[f"{name}_qualified"])
    if name not in calls:
        nobody = np.full(len(calls), -1, dtype=np.int64)
        return _Side(name, terms, declared, nobody, pd.DataFrame({name: []}), before, before)
    keys = [name, *(["set_name"] if name == "affiliate" and "set_name" in calls else [])]
    code, table = group_codes(calls, keys)
    code = np.where(calls[name].isna(), -1, code)
    for party in terms:
        check_name(calls, name, party)
    return _Side(name, terms, declared, code, table, before, before)


def check_name(calls: pd.DataFrame, side: str, name: str) -> None:
    """Raise InputError where there are calls, but none of that offer or affiliate."""
    known = [str(party) for party in calls[side].dropna().unique()]
    if known and name not in known:
        raise InputError(f"no call has the {side} {name!r}: {nearest(name, known)}")


def clusters(calls: pd.DataFrame) -> Any:
    """Number of each call's caller, null where unknown, as the bootstrap takes them."""
    caller = numbered(calls["caller_id"])
    return pd.arrays.IntegerArray(caller, caller < 0)


def _decide(calls: pd.DataFrame, side: _Side) -> None:
    """Decide the flags of one side by talk time and repeats, where its rule explains the present ones."""
    talk = numbers(calls["talk_seconds"])
    flag = _REPEAT[side.name]
    repeat = true(calls[flag]) if flag in calls else np.zeros(len(calls), dtype=bool)
    stated = np.asarray(calls[f"{side.name}_qualified"].notna())
    connected = np.asarray(calls["lead_status"] == "Connected")
    decided = connected & ~np.isnan(talk) & stated & (side.code >= 0)
    rules = learn_rules(side.code, side.keys, talk, repeat, side.before, decided, side.declared)
    side.rules = rules
    proposed, days = side.term("buffer"), side.term("repeat_days")
    present = rules.buffer_of_call
    buffer = np.where(np.isnan(proposed), present, proposed)
    refused = rules.refused(repeat)
    again = refused
    if side.has("repeat_days"):
        counted = connected if side.name == "offer" else np.ones(len(calls), dtype=bool)
        party = pd.factorize(calls[side.name])[0].astype(np.int64)
        found, unknown = repeats_within(
            numbered(calls["caller_id"]), party, _clock(calls), counted, days, repeat
        )
        again = np.where(np.isnan(days), refused, found)
        kept = int((unknown & decided).sum())
        if kept:
            side.notes.append(
                f"{kept:,} calls near the first day keep the {side.name}'s repeat flag that they have: what "
                "they may repeat lies before the calls that are here."
            )
    with np.errstate(invalid="ignore"):
        old = (talk >= present) & ~refused
        new = (talk >= buffer) & ~again
    explained = decided & ~np.isnan(present) & (old == side.before)
    if side.name == "offer":  # what an advertiser disputed with success stays unpaid
        explained &= side.before | ~_disputed(calls)
    side.after = np.where(explained, new, side.before)


def _apply_caps(calls: pd.DataFrame, sides: Mapping[str, _Side]) -> None:
    """Take both sides' qualification from calls beyond a cap, the affiliate's cap first."""
    if not any(side.has("cap") for side in sides.values()):
        return
    clock, status = _clock(calls), calls["lead_status"]
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


def _money(calls: pd.DataFrame, sides: Mapping[str, _Side]) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """What each call brings and costs, before and after."""
    before, after = {}, {}
    offer, affiliate = sides["offer"], sides["affiliate"]
    payout = np.where(np.isnan(affiliate.term("payout")), offer.term("payout"), affiliate.term("payout"))
    share = affiliate.term("revenue_share")
    own = ~np.isnan(affiliate.term("payout")) | ~np.isnan(share)  # an affiliate's own terms go first
    share = np.where(own, share, offer.term("revenue_share"))
    payout = np.where(own, affiliate.term("payout"), payout)
    for side, proposed in ((offer, offer.term("price")), (affiliate, payout)):
        price = columns.money(calls[f"{side.name}_price"]).filled
        before[side.name] = price * side.before
        paid_by_share = ~np.isnan(share) if side is affiliate else np.zeros(len(calls), dtype=bool)
        after[side.name] = _prices(calls, side, price, proposed, paid_by_share) * side.after
    shared = (after["offer"] * np.nan_to_num(share).astype(np.int64) + SHARE // 2) // SHARE
    after["affiliate"] = np.where(np.isnan(share), after["affiliate"], shared * affiliate.after)
    return before, after


def _prices(calls: pd.DataFrame, side: _Side, price: Ints, proposed: Floats, otherwise: Bools) -> Ints:
    """Price of each call after; `otherwise` are those whose price is worked out in another way."""
    asked = ~np.isnan(proposed)
    prices = np.where(asked, np.nan_to_num(proposed).astype(np.int64), price)
    lacking = side.after & ~side.before & (price == 0) & ~asked & ~otherwise
    disputed = _disputed(calls)
    reduced = disputed & side.before & asked & (price > 0) if side.name == "offer" else np.zeros_like(asked)
    if not (lacking | reduced).any():
        return prices
    timed = "call_date" in calls and bool(calls["call_date"].notna().all())
    order = np.argsort(_clock(calls), kind="stable") if timed else np.arange(len(calls))
    usual = usual_prices(side.code, order, price, side.before & (price > 0) & ~disputed)
    unknown = lacking & (usual < 0)
    if unknown.any():
        names = ", ".join(map(repr, calls.loc[unknown, side.name].astype("str").unique()[:3]))
        word = "price" if side.name == "offer" else "payout"
        raise InputError(
            f"{unknown.sum():,} calls of {names} would qualify, and no call says what they are worth: give a "
            f"{word} beside the buffer"
        )
    prices = np.where(lacking, usual, prices)
    # A dispute that ended in part of the price ends in the same part of the proposed one.
    part = reduced & (usual > 0) & (usual != price)
    whole = np.where(part, usual, 1)
    return np.where(part, (2 * prices * price + whole) // (2 * whole), prices)


def _disputed(calls: pd.DataFrame) -> Bools:
    if "contest_qualification" not in calls:
        return np.zeros(len(calls), dtype=bool)
    return true(calls["contest_qualification"])


def _clock(calls: pd.DataFrame) -> Ints:
    """Eastern wall clock of each call [us]."""
    times = calls["call_date"]
    if times.isna().any():
        raise SchemaError(f"call_date is null in {times.isna().sum():,} calls: leave them out first")
    return microseconds_since_epoch(columns.wall_clock(times))


def _said(side: _Side) -> list[dict[str, Any]]:
    """Rules of the parties whose flags are decided anew."""
    asked = {name for name, terms in side.terms.items() if {"buffer", "repeat_days"} & set(terms)}
    return [rule for rule in (side.rules.said(side.name) if side.rules else []) if rule[side.name] in asked]
