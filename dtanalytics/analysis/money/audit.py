"""Rows that contradict themselves: each violation of what must hold within a call, with its money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats, Ints, known, local, native_columns, numbers, true
from dtanalytics.columns.numbering import repeats
from dtanalytics.columns.unsaid import check_said
from dtanalytics.money import Side, currency, earned, units
from dtanalytics.schema import LEAD_STATUSES

SIDES: tuple[tuple[Side, str], ...] = (("offer", "advertiser"), ("affiliate", "affiliate"))
_TOLERANCE = 0.1 + 1e-9
_OPTIONAL = (
    "margin", "offer_price", "offer_qualified", "affiliate_price", "affiliate_qualified", "talk_minutes",
    "talk_seconds", "total_minutes", "total_seconds", "call_duration", "lead_status", "advertiser", "offer",
    "affiliate", "call_day",
)  # fmt: skip


class Finding(NamedTuple):
    """Rows that break one rule, in one field.

    Attributes
    ----------
    broken : array of bool
        Which rows.
    value, expected : array-like
        What stands there and what should, a value a row.
    amount : array of int64
        Money at stake [1/10,000 currency], a value a row.
    """

    rule: str
    field: str
    broken: Bools
    value: Any
    expected: Any
    amount: Ints


def audit(calls: Any) -> pd.DataFrame:
    """List every value that contradicts another one of the same call.

    Parameters
    ----------
    calls : frame
        LeadFlow calls. Rules whose columns are missing are left out; ``sid`` is required.

    Returns
    -------
    pandas.DataFrame
        One row a violation, the most money first, then by rule and sid: ``rule``, ``sid``, ``field``,
        ``value`` and ``expected`` (as text), ``amount`` [currency, never negative]: what is at stake,
        0 where it is not money. No rows: nothing contradicts.

    Raises
    ------
    SchemaError
        There is no column ``sid``.

    Notes
    -----
    ========================= ====================================================================
    margin                    ``margin`` is the offer's price less the affiliate's, a missing price
                              counting as 0; amount: the difference
    qualified_without_price   a qualified call has a price other than 0; expected and amount: the
                              price that most qualified calls of the same offer (affiliate) have
    price_without_flag        a price comes with a known flag; amount: the price
    qualified_not_connected   only a connected call qualifies; amount: the price
    connected_to_nobody       a connected call has an advertiser and an offer; amount: its margin
    unsold_to_somebody        a call that was not connected has neither; amount: its margin
    negative                  prices and lengths are not negative; amount: a price
    minutes                   minutes are within 0.1 of the seconds (tenths, however rounded)
    call_duration             minutes of the whole call, rounded up
    talk_longer_than_call     talk is part of the call
    sid_day                   where most sids begin with the day as yymmdd, all do
    duplicate_sid             a sid is there once, and not null; each later row is listed; amount: its
                              margin
    ========================= ====================================================================

    Null is not compared. A status that the vendor does not list breaks no rule of status.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({
    ...     "sid": ["1", "2"], "offer_price": [20.0, 20.0], "affiliate_price": [12.5, 12.5],
    ...     "margin": [7.5, 8.0],
    ... })
    >>> audit(calls)
         rule sid   field value expected  amount
    0  margin   2  margin   8.0      7.5     0.5
    """
    check_said(calls, ("offer_qualified", "affiliate_qualified"), native_columns(calls))
    calls = local(calls, ["sid"], _OPTIONAL, warn=False)
    found = [_listed(calls, finding) for rule in _RULES for finding in rule(calls) if finding.broken.any()]
    columns = {"rule": "str", "sid": "str", "field": "str", "value": "str", "expected": "str"}
    if not found:
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns.items()}).assign(
            amount=np.empty(0)
        )
    table = pd.concat(found, ignore_index=True).astype(columns)
    table = table.sort_values(
        ["amount", "rule", "sid", "field"], ascending=[False, True, True, True], ignore_index=True
    )
    return table.assign(amount=currency(table["amount"]))


def _listed(calls: pd.DataFrame, finding: Finding) -> pd.DataFrame:
    rows = finding.broken
    return pd.DataFrame(
        {
            "rule": finding.rule,
            "sid": calls["sid"][rows].astype("str").to_numpy(),
            "field": finding.field,
            "value": _texts(finding.value, rows),
            "expected": _texts(finding.expected, rows),
            "amount": np.abs(finding.amount[rows]),
        }
    )


def _texts(values: Any, rows: Bools) -> list[str]:
    if isinstance(values, str):
        return [values] * int(rows.sum())
    chosen = pd.Series(values).astype(object)[rows]
    return ["null" if pd.isna(value) else str(value) for value in chosen]


def _has(calls: pd.DataFrame, *names: str) -> bool:
    return all(name in calls for name in names)


def _margin(calls: pd.DataFrame) -> Iterator[Finding]:
    if not _has(calls, "margin", "offer_price", "affiliate_price"):
        return
    expected = units(calls["offer_price"]) - units(calls["affiliate_price"])
    off = units(calls["margin"]) - expected
    broken = known(calls["margin"]) & (off != 0)
    yield Finding("margin", "margin", broken, calls["margin"], currency(expected), off)


def _prices(calls: pd.DataFrame) -> Iterator[Finding]:
    for side, owner in SIDES:
        price, flag = f"{side}_price", f"{side}_qualified"
        if not _has(calls, price, flag):
            continue
        amount, qualified = units(calls[price]), true(calls[flag])
        missing = qualified & (amount == 0)
        if missing.any():
            names = calls[[name for name in dict.fromkeys((owner, "offer")) if name in calls]]
            usual = _usual_price(names.loc[:, names.columns[::-1]], amount, qualified & ~missing)
            yield Finding("qualified_without_price", price, missing, calls[price], currency(usual), usual)
        unknown = ~known(calls[flag]) & (amount != 0)
        yield Finding("price_without_flag", flag, unknown, calls[flag], "Y or N", amount)
        if "lead_status" in calls:
            listed = calls["lead_status"].isin([word for word in LEAD_STATUSES if word != "Connected"])
            yield Finding(
                "qualified_not_connected", flag, qualified & np.asarray(listed), calls[flag], "N", amount
            )
        yield Finding("negative", price, amount < 0, calls[price], "0 or more", amount)


def _usual_price(names: pd.DataFrame, amount: Ints, priced: Bools) -> Ints:
    """Most common price among the priced calls of the same names; 0 where there are none."""
    if names.empty or not len(names.columns):
        return np.zeros(len(amount), dtype=np.int64)
    codes = names.groupby(list(names.columns), observed=True, dropna=False).ngroup().to_numpy()
    table = pd.DataFrame({"code": codes[priced], "price": amount[priced]})
    counts = table.value_counts().reset_index().sort_values(["count", "price"], ascending=[False, True])
    most = counts.drop_duplicates("code").set_index("code")["price"]
    return np.asarray(pd.Series(codes).map(most).fillna(0).to_numpy(dtype=np.int64))


def _status(calls: pd.DataFrame) -> Iterator[Finding]:
    if "lead_status" not in calls:
        return
    at_stake = _earned_margin(calls)
    connected = np.asarray(calls["lead_status"] == "Connected")
    unsold = np.asarray(calls["lead_status"].isin([w for w in LEAD_STATUSES if w != "Connected"]))
    for name in ("advertiser", "offer"):
        if name not in calls:
            continue
        given = known(calls[name])
        yield Finding("connected_to_nobody", name, connected & ~given, calls[name], "a name", at_stake)
        yield Finding("unsold_to_somebody", name, unsold & given, calls[name], "null", at_stake)


def _earned_margin(calls: pd.DataFrame) -> Ints:
    """Margin that each call brought, as far as its columns are there."""
    total = np.zeros(len(calls), dtype=np.int64)
    for (side, _), sign in zip(SIDES, (1, -1), strict=True):
        if _has(calls, f"{side}_price", f"{side}_qualified"):
            total += sign * earned(calls, side)
    return total


def _lengths(calls: pd.DataFrame) -> Iterator[Finding]:
    nothing = np.zeros(len(calls), dtype=np.int64)
    seconds: dict[str, Floats] = {
        name: numbers(calls[name]) for name in ("talk_seconds", "total_seconds") if name in calls
    }
    for kind in ("talk", "total"):
        if not _has(calls, f"{kind}_minutes", f"{kind}_seconds"):
            continue
        minutes, length = calls[f"{kind}_minutes"].astype("float64"), seconds[f"{kind}_seconds"] / 60
        broken = np.abs(numbers(minutes) - length) > _TOLERANCE
        yield Finding(
            "minutes", f"{kind}_minutes", broken, calls[f"{kind}_minutes"], length.round(2), nothing
        )
    for name in ("talk_seconds", "total_seconds", "talk_minutes", "total_minutes", "call_duration"):
        if name in calls:
            values = numbers(calls[name].astype("float64"))
            yield Finding("negative", name, values < 0, calls[name], "0 or more", nothing)
    if _has(calls, "call_duration", "total_seconds"):
        wanted = np.ceil(seconds["total_seconds"] / 60)
        given = numbers(calls["call_duration"])
        broken = (given != wanted) & ~np.isnan(given) & ~np.isnan(wanted)
        expected = pd.array(np.nan_to_num(wanted).astype(np.int64))
        yield Finding("call_duration", "call_duration", broken, calls["call_duration"], expected, nothing)
    if len(seconds) == 2:
        broken = seconds["talk_seconds"] > seconds["total_seconds"]
        bound = ("at most " + calls["total_seconds"][broken].astype("str")).reindex(calls.index)
        yield Finding("talk_longer_than_call", "talk_seconds", broken, calls["talk_seconds"], bound, nothing)


def _keys(calls: pd.DataFrame) -> Iterator[Finding]:
    sid = calls["sid"].astype("str")
    rows, number = repeats(sid)
    again = sid.isna().to_numpy(copy=True)
    again[rows[1:][number[1:] == number[:-1]]] = True
    yield Finding("duplicate_sid", "sid", again, sid, "once", _earned_margin(calls))
    if "call_day" not in calls or not len(calls):
        return
    code, unique = pd.factorize(calls["call_day"])  # there are few different days: format each once
    written = np.array([*pd.DatetimeIndex(unique).strftime("%y%m%d"), None], dtype=object)
    days = pd.Series(written[code], dtype="str")
    differs = np.asarray((sid.str[:6] != days) & sid.notna() & days.notna())
    if differs.mean() < 0.5:
        nothing = np.zeros(len(calls), dtype=np.int64)
        yield Finding("sid_day", "sid", differs, sid, days + "...", nothing)


_RULES: tuple[Callable[[pd.DataFrame], Iterator[Finding]], ...] = (_margin, _prices, _status, _lengths, _keys)
