"""The price at which a proposed buffer costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import local, ratio
from dtanalytics.analysis.terms.replay import Replay, replay
from dtanalytics.analysis.terms.sides import check_name, clusters, unknown_names
from dtanalytics.analysis.terms.terms import check_text, read_buffers
from dtanalytics.errors import InputError
from dtanalytics.money import SCALE
from dtanalytics.platforms.differences import check_potential_prices
from dtanalytics.stats.bootstrap import bootstrap_ratio, checked_repeats
from dtanalytics.stats.callers import gather_callers
from dtanalytics.stats.intervals import checked_confidence

_NEEDED = (
    "offer_qualified",
    "offer_price",
    "affiliate_qualified",
    "affiliate_price",
    "lead_status",
    "talk_seconds",
    "caller_id",
)
_USEFUL = ("call_date", "contest_qualification", "set_name", "reroute", "repeat_affiliate_caller")
_COLUMNS = (
    "side",
    "name",
    "buffer",
    "buffer_before",
    "qualified_count_before",
    "qualified_count",
    "price_before",
    "price",
    "price_low",
    "price_high",
    "explained_share",
)
Buffers = Mapping[str, float | Iterable[float]]
"""Name -> one buffer, or several of them [s]."""


def break_even(
    calls: Any,
    offers: Buffers | None = None,
    affiliates: Buffers | None = None,
    *,
    offer_buffers: Mapping[str, float] | None = None,
    affiliate_buffers: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    repeats: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Find the price at which a proposed buffer costs nothing.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    offers, affiliates : mapping, optional
        Name of an offer or affiliate -> its proposed buffer, or several of them [s].
    offer_buffers, affiliate_buffers : mapping, optional
        Present buffers that are known, name -> seconds; others are learnt from the calls.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval.
    repeats, seed : int
        Samples of the bootstrap, and their seed.

    Returns
    -------
    pandas.DataFrame
        A row a party and proposed buffer, as they are given: ``side`` (offer, affiliate), ``name``,
        ``buffer`` [s], ``buffer_before`` [s; the present one, the shortest where it differs by set],
        ``qualified_count_before`` and ``qualified_count`` [calls], ``price_before`` [currency; mean of what
        a qualified call brings, or costs for an affiliate], ``price`` with ``price_low`` and
        ``price_high`` [currency], null where no call would qualify, and ``explained_share`` [ratio of the
        flags that the present rule gives]. Buffers that were given for
        names that no call has are in ``.attrs["assumptions"]``.

    Raises
    ------
    InputError
        No party, a name that no call has, or a buffer that is none.
    SchemaError
        A column is missing.

    Notes
    -----
    The price of an offer is its present revenue over the calls that would qualify, the next 0.0001 above:
    at this price margin is not lower than before, one step below it is. The payout of an affiliate is its
    present payout over the calls for which it would be paid, the next 0.0001 below. What the other side
    decides and is paid stays as it is. Flags are decided as in `what_if`, with the same assumptions.

    Examples
    --------
    >>> calls = pd.DataFrame({
    ...     "offer": "Auto Prime", "lead_status": "Connected", "talk_seconds": [30, 70, 100, 300],
    ...     "caller_id": ["2125550101", "2125550102", "2125550103", "2125550104"],
    ...     "offer_qualified": [False, True, True, True], "offer_price": 20.0,
    ...     "affiliate_qualified": False, "affiliate_price": None})
    >>> break_even(calls, {"Auto Prime": [60, 90]})[["buffer", "qualified_count", "price_before", "price"]]
       buffer  qualified_count  price_before  price
    0    60.0                3          20.0   20.0
    1    90.0                2          20.0   30.0
    """
    checked_confidence(confidence)
    checked_repeats(repeats)
    asked = [
        (side, name, buffer)
        for side, given in (("offer", offers), ("affiliate", affiliates))
        for name, buffer in _proposed(given, side)
    ]
    if not asked:
        raise InputError(
            "name whose buffer is proposed: offers={'Auto Prime': [60, 90, 120]}, or affiliates="
        )
    check_potential_prices(calls, "break_even")
    loaded = local(calls, [*_NEEDED, *dict.fromkeys(side for side, _, _ in asked)], _USEFUL)
    parts: dict[tuple[str, str], pd.DataFrame] = {}
    rows = []
    for side, name, buffer in asked:
        check_name(loaded, side, name)
        if (side, name) not in parts:
            parts[side, name] = loaded[np.asarray(loaded[side].astype("str") == name)]
        part = parts[side, name]
        # What calls that qualify for the first time bring does not matter here, so any price will do.
        term = {name: {"buffer": buffer, "price" if side == "offer" else "payout": 0}}
        found = replay(
            part,
            term if side == "offer" else None,
            term if side == "affiliate" else None,
            needed=["caller_id"],
            offer_buffers=offer_buffers,
            affiliate_buffers=affiliate_buffers,
        )
        row = {"side": side, "name": name, "buffer": float(buffer), **_present(found.rules)}
        rows.append(row | _price(found, side, confidence, repeats, seed))
    table = pd.DataFrame(rows)[list(_COLUMNS)]
    table.attrs["assumptions"] = [
        note
        for side, given in (("offer", offer_buffers), ("affiliate", affiliate_buffers))
        for note in unknown_names(loaded, side, read_buffers(given, f"{side}_buffers"))
    ]
    return table


def _proposed(given: Any, side: str) -> list[tuple[str, Any]]:
    """Parties and their proposed buffers, one by one."""
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise InputError(
            f"{side}s maps names to buffers, such as {{'Auto Prime': [60, 90]}}, not {given!r:.80}"
        )
    found = []
    for name, buffers in given.items():
        check_text(name, f"{side}s")
        if isinstance(buffers, Mapping):
            buffers = buffers.get("buffer", buffers)  # noqa: PLW2901 - the terms of `what_if`, of which one counts
        several = isinstance(buffers, Iterable) and not isinstance(buffers, str | Mapping)
        found += [(str(name), buffer) for buffer in (buffers if several else [buffers])]
    return found


def _present(rules: list[dict[str, Any]]) -> dict[str, float]:
    """The present buffer, and the share of the flags that it gives."""
    buffers = [rule["buffer"] for rule in rules if rule["buffer"] is not None]
    right = sum((rule["explained_share"] or 0.0) * rule["decided_count"] for rule in rules)
    decided = sum(rule["decided_count"] for rule in rules)
    return {
        "buffer_before": min(buffers, default=np.nan),
        "explained_share": float(ratio(right, decided)),
    }


def _price(found: Replay, side: str, confidence: float, repeats: int, seed: int) -> dict[str, float]:
    """Present money over the calls that would qualify, with its interval."""
    earned, after = found.earned_before[side], found.after[side]
    money, count, count_before = int(earned.sum()), int(after.sum()), int(found.before[side].sum())
    one = np.zeros(len(earned), dtype=np.int64)
    callers = gather_callers(earned, after, clusters(found.calls), one, 1).in_currency(SCALE)
    bounds = bootstrap_ratio(callers, repeats=repeats, seed=seed, confidence=confidence)
    whole = 0 if count == 0 else -(-money // count) if side == "offer" else money // count
    return {
        "qualified_count_before": count_before,
        "qualified_count": count,
        "price_before": float(ratio(money / SCALE, count_before)),
        "price": whole / SCALE if count else np.nan,
        "price_low": float(bounds["low"].iloc[0]),
        "price_high": float(bounds["high"].iloc[0]),
    }
