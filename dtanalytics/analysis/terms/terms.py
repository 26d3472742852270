"""Proposed terms of offers and affiliates, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from dtanalytics.errors import DtError, InputError, nearest
from dtanalytics.money import units

Terms = Mapping[str, Mapping[str, Any]]
"""Name -> term -> value, as it is given."""

OFFER_TERMS = ("price", "buffer", "payout", "revenue_share", "cap", "repeat_days")
AFFILIATE_TERMS = ("payout", "revenue_share", "buffer", "cap", "repeat_days")
SHARE = 1_000_000
"""Parts that a revenue share is counted in."""


def read_terms(given: Any, side: str) -> dict[str, dict[str, int | float]]:
    """Read the proposed terms of one side.

    Parameters
    ----------
    given : mapping or None
        Name -> terms.
    side : {"offer", "affiliate"}
        Whose terms they are.

    Returns
    -------
    dict
        Name -> term -> value: money in 1/10,000, a share in millionths, seconds, days and calls as numbers.

    Raises
    ------
    InputError
        No mapping of names to terms, an unknown term, or a value that a term cannot have.

    Examples
    --------
    >>> read_terms({"Auto Prime": {"price": 30.0, "buffer": 90}}, "offer")
    {'Auto Prime': {'price': 300000, 'buffer': 90.0}}
    """
    if given is None:
        return {}
    known = OFFER_TERMS if side == "offer" else AFFILIATE_TERMS
    example = "{'Auto Prime': {'price': 30.0}}" if side == "offer" else "{'North': {'payout': 20.0}}"
    if not isinstance(given, Mapping) or not all(isinstance(terms, Mapping) for terms in given.values()):
        raise InputError(f"{side}s maps names to terms, such as {side}s={example}, not {given!r:.80}")
    found = {}
    for name, terms in given.items():
        check_text(name, f"{side}s")
        if not terms:
            raise InputError(f"{side} {name!r} has no term; known are {', '.join(known)}")
        for term in terms:
            if term not in known:
                raise InputError(f"{side} {name!r} has no term {term!r}: {nearest(term, known)}")
        if "payout" in terms and "revenue_share" in terms:
            raise InputError(f"{side} {name!r} has both a payout and a revenue_share: give one of them")
        found[str(name)] = {term: _value(str(name), term, value) for term, value in terms.items()}
    return found


def check_text(name: Any, argument: str) -> None:
    """Raise InputError for a name that is null: its text would be that of a name, such as 'None'."""
    if pd.api.types.is_scalar(name) and pd.isna(name):
        raise InputError(f"{argument}: {name!r} is no name; calls without one have no terms")


def read_buffers(given: Any, argument: str) -> dict[str, float]:
    """Read buffers that are known: name -> seconds.

    Raises
    ------
    InputError
        A name is null, or a buffer is no number of seconds.

    Examples
    --------
    >>> read_buffers({"Auto Prime": "90"}, "offer_buffers")
    {'Auto Prime': 90.0}
    """
    for name in given or {}:
        check_text(name, argument)
    return {str(name): float(_value(str(name), "buffer", value)) for name, value in (given or {}).items()}


def _value(name: str, term: str, value: Any) -> int | float:
    try:
        exact = Decimal(str(value))
        usable = not isinstance(value, bool) and exact.is_finite() and exact >= 0
    except (InvalidOperation, ValueError):
        usable, exact = False, Decimal(0)
    if term in {"price", "payout"}:
        try:
            if usable:
                return int(units([exact])[0])
        except DtError:
            usable = False
        wanted = "an amount of money of 0 or more, in steps of 0.0001"
    elif term == "revenue_share":
        usable = usable and exact <= 1 and exact * SHARE == int(exact * SHARE)
        wanted = "a ratio from 0 to 1, such as 0.7 for 70 %, with at most six decimals"
    elif term == "cap":
        usable = usable and exact == int(exact)
        wanted = "a whole number of calls a day"
    else:
        wanted = "a number of seconds of talk" if term == "buffer" else "a number of days, 0 for no repeats"
    if not usable:
        raise InputError(f"{term} of {name!r} is {value!r}: give {wanted}")
    if term == "revenue_share":
        return int(exact * SHARE)
    return int(exact) if term == "cap" else float(exact)
