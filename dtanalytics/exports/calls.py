"""Read a frame of calls as conversions: which calls, their click, their moment, their value.

A joined frame (``join_calls``) and the bids alone both serve. The result has one row a call, in
the order of the frame, and the columns that every rule and every file is written against.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from dtanalytics import columns
from dtanalytics.analysis.reading import check_frame
from dtanalytics.analysis.tables import in_pandas
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.exports.money import to_units
from dtanalytics.exports.times import instants, second_occurrence
from dtanalytics.mask import is_masked
from dtanalytics.money import Side

Value = str | float | Decimal | None
QUALIFIED = "offer_qualified"
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Conversions:
    """Calls read as conversions.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``sid, click_id, kind, caller`` (text), ``time`` (UTC, whole seconds), ``click_from`` and
        ``click_until`` (UTC; the click took place between them), ``click_known``, ``qualified``,
        ``contested`` (boolean, null when unknown), ``units`` (value in 1/10,000, null when unknown),
        ``settled`` (every flag that decides about the conversion and its value is known).
    valued : bool
        False when no value is asked for, or the frame knows no money (bids alone).
    notes : tuple of str
        What a reader has to know about how the frame was read.
    """

    frame: pd.DataFrame
    valued: bool
    notes: tuple[str, ...]


def read(calls: Any, value: Value, qualified: str | None) -> Conversions:
    """Read calls of any engine as conversions; the frame that came is left as it is."""
    if not isinstance(calls, pd.DataFrame):
        check_frame(calls, "calls")
        calls = in_pandas(calls)
    if is_masked(calls):
        raise InputError(
            "the calls are masked: platforms find no click and no caller by a pseudonym; export the calls as "
            "they were loaded, an upload file holds no direct identifier"
        )
    for column in ("sid", "click_id"):
        if column not in calls:
            raise SchemaError(f"column {column!r} is missing: use dta.join_calls(leadflow, bids), or bids")
    notes: list[str] = []
    frame = pd.DataFrame(
        {name: _text(calls, column) for name, column in (("sid", "sid"), ("click_id", "click_id"))}
    )
    frame["kind"] = _text(calls, "click_id_type").str.lower()
    frame["caller"] = _text(calls, "caller_id").fillna(_text(calls, "ani"))
    frame["time"], guessed = _call_times(calls)
    frame["click_from"], frame["click_until"] = _click_times(calls)
    frame["click_known"] = frame["click_until"].notna()
    moved = _settle(frame, guessed)
    if moved:
        notes.append(
            f"{moved} calls in the hour that Eastern clocks showed twice follow their click only in the "
            "second occurrence, and are written there"
        )
    frame["time"] = frame["time"].dt.floor("s")
    frame["contested"] = flag(calls, "contest_qualification")
    frame["qualified"] = _qualified(calls, qualified)
    units = _units(calls, value)
    if units is None and value is not None:
        notes.append("bids alone know no money: no value is written, the action's own default holds")
    frame["units"] = pd.Series(pd.NA, index=frame.index, dtype="Int64") if units is None else units
    frame["settled"] = frame["qualified"].notna() & _flags_known(calls, value)
    return Conversions(frame.reset_index(drop=True), units is not None, tuple(notes))


def bids_alone(calls: pd.DataFrame) -> bool:
    """Tell whether a frame has nothing of LeadFlow in it."""
    return "call_date" not in calls and QUALIFIED not in calls


def flag(calls: pd.DataFrame, column: str) -> pd.Series:
    """Read a flag; null where it, or the whole column, is unknown."""
    if column not in calls:
        return pd.Series(pd.NA, index=calls.index, dtype="boolean")
    read = columns.flags(_single(calls, column))
    return pd.Series(pd.array(read.filled, "boolean"), index=calls.index).mask(~read.known)


def _single(calls: pd.DataFrame, column: str) -> pd.Series:
    """Return the column of a name; refuse a frame that has several of it."""
    found: Any = calls[column]
    if isinstance(found, pd.DataFrame):
        raise SchemaError(f"{found.shape[1]} columns are called {column!r}: rename or drop all but one")
    single: pd.Series = found
    return single


def _flags_known(calls: pd.DataFrame, value: Value) -> pd.Series:
    """Tell of which calls every flag is known that their own money depends on."""
    known = pd.Series(data=True, index=calls.index)
    needed = {"margin": ["offer_qualified", "affiliate_qualified"], "revenue": ["offer_qualified"]}
    for column in needed.get(value, []) if isinstance(value, str) else []:
        if column in calls:
            known &= flag(calls, column).notna()
    return known


def _text(calls: pd.DataFrame, column: str) -> pd.Series:
    if column not in calls:
        return pd.Series(None, index=calls.index, dtype="str")
    bare = columns.text(_single(calls, column)).str.strip()
    return bare.mask(bare == "")


def _qualified(calls: pd.DataFrame, qualified: str | None) -> pd.Series:
    everything = pd.Series(data=True, index=calls.index, dtype="boolean")
    if qualified is None or (qualified == QUALIFIED and bids_alone(calls)):
        return everything
    if qualified not in calls:
        raise InputError(
            f"qualified={qualified!r} is no column of the calls; {nearest(qualified, calls.columns)}"
        )
    return flag(calls, qualified)


def _call_times(calls: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Moment of each call, and whether its clock was ambiguous when it was loaded."""
    times = pd.Series(pd.NaT, index=calls.index, dtype="datetime64[us, UTC]")
    guessed = pd.Series(data=False, index=calls.index)
    if "call_date" not in calls and "date_added" not in calls:
        raise SchemaError("neither 'call_date' nor 'date_added' is a column: these are calls of no report")
    for column, doubt in (("call_date", "call_date_ambiguous"), ("date_added", "date_added_ambiguous")):
        if column in calls:
            unsure = flag(calls, doubt).fillna(value=False).astype(bool)
            guessed = guessed.where(times.notna(), unsure)
            times = times.fillna(instants(_single(calls, column)))
    return times, guessed


def _click_times(calls: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Earliest and latest moment at which the click took place, null when nothing is known.

    A click id out of the page of the last touch is as old as that touch. One out of the first
    page is as old as the first number shown, and no younger than the last touch.
    """
    unknown = pd.Series(pd.NaT, index=calls.index, dtype="datetime64[us, UTC]")
    last = instants(_single(calls, "last_touch_timestamp")) if "last_touch_timestamp" in calls else unknown
    shown = instants(_single(calls, "displayed_timestamp")) if "displayed_timestamp" in calls else unknown
    latest = last.fillna(shown)
    first_page = _text(calls, "click_id_field").eq("baseuri")
    return latest.mask(first_page & (shown < latest), shown), latest


def precedes(times: pd.Series, clicks: pd.Series) -> pd.Series:
    """Tell which calls took place before their click, in whole seconds: the reports know no finer time."""
    earlier: pd.Series = times.dt.floor("s") < clicks.dt.floor("s")
    return earlier


def _settle(frame: pd.DataFrame, guessed: pd.Series) -> int:
    """Move a call of the repeated hour to its second occurrence, when only that one follows its click."""
    later = frame["time"] + _HOUR
    doubtful = guessed & precedes(frame["time"], frame["click_until"]) & (later > frame["click_until"])
    moving = doubtful & ~second_occurrence(frame["time"]) & second_occurrence(later)
    frame["time"] = frame["time"].mask(moving, later)
    return int(moving.sum())


def _units(calls: pd.DataFrame, value: Value) -> pd.Series | None:
    if value is None:
        return None
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return to_units(pd.Series([value] * len(calls), index=calls.index, dtype=object))
    if isinstance(value, str) and value in {"margin", "revenue"}:
        return _own_money(calls, value)
    if not isinstance(value, str) or value not in calls:
        known = ["margin", "revenue", *map(str, calls.columns)]
        raise InputError(f"value={value!r} is neither margin, revenue nor a column; {nearest(value, known)}")
    if pd.api.types.is_bool_dtype(_single(calls, value).dtype):
        raise InputError(f"value={value!r} is a flag, not money; name a column of amounts")
    return to_units(_single(calls, value))


def _own_money(calls: pd.DataFrame, value: str) -> pd.Series | None:
    """Revenue, or revenue less payout, of each call as the metrics define them."""
    needed = ["offer_price", "offer_qualified"]
    if value == "margin":
        needed += ["affiliate_price", "affiliate_qualified"]
    missing = [column for column in needed if column not in calls]
    if not missing:
        revenue = _earned(calls, "offer")
        return revenue - _earned(calls, "affiliate") if value == "margin" else revenue
    if not {"offer_price", "affiliate_price"} & set(calls.columns):
        if value in calls:  # a table of the user's own making
            return to_units(_single(calls, value))
        if bids_alone(calls):
            return None
    raise SchemaError(
        f"value={value!r} needs the columns {', '.join(missing)}; keep them when you choose columns"
    )


def _earned(calls: pd.DataFrame, side: Side) -> pd.Series:
    """As `dtanalytics.money.earned`, but unknown where a call qualified at a price that is unknown."""
    price = to_units(_single(calls, f"{side}_price"))
    return price.where(flag(calls, f"{side}_qualified").fillna(value=False), 0)


def describe(value: Any) -> str:
    """Name what a conversion is worth, as the ledger remembers it."""
    return "" if value is None else str(value)
