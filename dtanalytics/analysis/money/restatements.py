"""What changed after it was first reported: call by call, field by field, and what it did to the money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dtanalytics.cache.entry import Entry
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.calling.public import public
from dtanalytics.errors import CacheError, InputError
from dtanalytics.frames import to_pandas
from dtanalytics.loading.imported import OWN, chosen, source_of
from dtanalytics.loading.moved import newest
from dtanalytics.rollup import rollup
from dtanalytics.settings import Settings, in_force
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import parse_window

_MONEY = ["call_count", "revenue", "payout", "margin"]


@dataclass(frozen=True)
class Restatements:
    """What a later answer of the service says otherwise than an earlier one.

    Attributes
    ----------
    changes : DataFrame
        A row a call and field: ``sid``, ``call_day``, ``affiliate``, ``advertiser``, ``change``
        ("changed", "appeared", "vanished"), ``field``, ``before``, ``after`` (as text, null for null).
    by_affiliate, by_advertiser : DataFrame
        ``call_count``, ``revenue``, ``payout``, ``margin`` [account currency], each ``_before``,
        ``_after`` and ``_change``, of the days whose answer changed; the last row is the total.
    """

    changes: pd.DataFrame
    by_affiliate: pd.DataFrame
    by_advertiser: pd.DataFrame

    def __repr__(self) -> str:
        calls = self.changes["sid"].nunique()
        moved = self.by_affiliate["margin_change"].iloc[-1] if len(self.by_affiliate) else 0.0
        return f"<restatements: {calls} calls, {len(self.changes)} changes, margin {moved:+,.2f}>"


@public
def restatements(
    start: Any,
    end: Any = None,
    *,
    since: Any,
    set_id: int | None = None,
    platform: str | None = None,
    settings: Settings | None = None,
) -> Restatements:
    """Compare what the cache knows of a window now with what it knew then.

    Only the cache is read: load the window first, so that "now" is now.

    Parameters
    ----------
    start, end : str, date, datetime, Timestamp or Period
        Window of calls, Eastern, as for :func:`dtanalytics.load_leadflow`.
    since : str or datetime
        The moment of the earlier knowledge, Eastern without a zone. A day that was first asked later
        is compared with its first answer.
    set_id : int, optional
        The LeadFlow set that was loaded; None for loads without one.
    platform : str, optional
        Another platform whose calls were imported (`import_calls`): what later files say otherwise.
    settings : Settings, optional
        Other settings than those in force.

    Returns
    -------
    Restatements
        Tables ``changes``, ``by_affiliate``, ``by_advertiser``; without rows when nothing changed.

    Raises
    ------
    CacheError
        When the window is not in the cache.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     _ = dta.load_leadflow("2026-10-05")
    ...     dta.restatements("2026-10-05", since="2026-10-13")
    <restatements: 0 calls, 0 changes, margin +0.00>
    """
    window = parse_window(start, end)
    moment = read_instant(since, "since")
    entry = _entry(in_force(settings), set_id, platform)
    state = entry.manifest()
    missing = [day for day in window.days() if day.isoformat() not in state.days]
    if missing:
        raise CacheError(f"{missing[0]} is not in the cache: load the window first")
    moved = [day for day in window.days() if _then(state, day, moment) != state.days[day.isoformat()][-1]]
    now = _calls(entry, entry.parts(state, moved))
    earlier = Manifest(days={day.isoformat(): (_then(state, day, moment),) for day in moved})
    then = _calls(entry, entry.parts(earlier, moved))
    return compare_answers(then, now)


def _entry(settings: Settings, set_id: int | None, platform: str | None) -> Entry:
    name = OWN if platform is None else chosen(platform, settings, set_id=set_id)[0]
    return source_of(name, settings, set_id=set_id).entry


def _calls(entry: Entry, parts: Sequence[Part]) -> pd.DataFrame:
    try:
        opened = entry.open(parts)
        table, kept = opened.read(threads=True), newest(opened, entry.memo)
    except Damaged as damaged:
        raise CacheError(
            f"the cached days {damaged} are damaged: load the window again, or choose another since"
        ) from None
    return to_pandas(table if kept is None else table.filter(kept), entry.report)


def compare_answers(before: pd.DataFrame, after: pd.DataFrame) -> Restatements:
    """Compare two answers for the same window, as frames of LeadFlow calls.

    Parameters
    ----------
    before, after : DataFrame
        Calls as from :func:`dtanalytics.load_leadflow`.

    Returns
    -------
    Restatements
        What the later frame says otherwise.
    """
    if before.columns.tolist() != after.columns.tolist():
        raise InputError("the two frames have different columns: compare answers of the same load")
    return Restatements(
        _changes(before.set_index("sid", drop=False), after.set_index("sid", drop=False)),
        _effect(before, after, "affiliate"),
        _effect(before, after, "advertiser"),
    )


def _then(state: Manifest, day: dt.date, moment: dt.datetime) -> Any:
    known = state.days[day.isoformat()]
    return state.current(day.isoformat(), moment) or known[0]


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.index.intersection(after.index)
    parts = []
    for name in before.columns:
        old, new = _text(before.loc[both, name]), _text(after.loc[both, name])
        differs = (old != new) & ~(old.isna() & new.isna())
        differs |= old.isna() != new.isna()
        if differs.any():
            parts.append(_rows(after.loc[both[differs]], "changed", name, old[differs], new[differs]))
    for change, frame in (
        ("appeared", after.loc[after.index.difference(before.index)]),
        ("vanished", before.loc[before.index.difference(after.index)]),
    ):
        if len(frame):
            nothing = pd.Series(pd.NA, index=frame.index, dtype="str")
            known = _text(frame["sid"])
            ends = (nothing, known) if change == "appeared" else (known, nothing)
            parts.append(_rows(frame, change, "sid", *ends))
    columns = ["sid", "call_day", "affiliate", "advertiser", "change", "field", "before", "after"]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in columns}).astype(
            {"call_day": "datetime64[us]"}
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["call_day", "sid", "field"], kind="stable", ignore_index=True)


def _rows(
    frame: pd.DataFrame, change: str, field: str, before: pd.Series[Any], after: pd.Series[Any]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sid": frame["sid"],
            "call_day": frame["call_day"],
            "affiliate": frame["affiliate"].astype("str"),
            "advertiser": frame["advertiser"].astype("str"),
            "change": change,
            "field": field,
            "before": before,
            "after": after,
        }
    )


def _text(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype("str").where(column.notna())


def _effect(before: pd.DataFrame, after: pd.DataFrame, by: str) -> pd.DataFrame:
    """Money by segment before and after, with a total row; segments that did not move are left out."""
    then, now = (rollup(frame, [by], _MONEY, total=True).astype({by: "str"}) for frame in (before, after))
    joined = then.merge(now, on=[by, "is_total"], how="outer", suffixes=("_before", "_after"))
    money = [f"{name}_{when}" for name in _MONEY for when in ("before", "after")]
    joined[money] = joined[money].fillna(0)
    for name in _MONEY:
        # money in whole units of 1/10,000, so that the parts add up to the total
        difference = (joined[f"{name}_after"] - joined[f"{name}_before"]).round(4)
        joined[f"{name}_change"] = difference.astype("int64") if name == "call_count" else difference
    moved = joined[[f"{name}_change" for name in _MONEY]].ne(0).any(axis=1)
    order = [by, "is_total", *(f"{name}_{when}" for name in _MONEY for when in ("before", "after", "change"))]
    kept: pd.DataFrame = joined[moved | joined["is_total"]].sort_values(
        ["is_total", "margin_change"],
        key=lambda column: column if column.name == "is_total" else -column.abs(),
    )
    return kept.reset_index(drop=True)[order]
