"""What platforms define differently, and what none of them but DialogTech says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import narwhals as nw
import pandas as pd

from dtanalytics.errors import PlatformWarning, SchemaError, warn_caller
from dtanalytics.platforms.catalog import PLATFORMS
from dtanalytics.schema import LEADFLOW, PLATFORM_TITLES

OWN = "dialogtech"
COMPARED = ("repeat_affiliate_caller", "lf_state", "offer_price", "affiliate_price")
_MEANT = {
    "repeat_affiliate_caller": "a repeat within the affiliate's unique-caller time",
    "lf_state": "the state used to match offers",
    "offer_price": "the price if the call qualifies",
    "affiliate_price": "the price if the call qualifies",
}


def platforms_in(frame: Any) -> list[str]:
    """Name the platforms whose calls are in a frame, sorted; calls without one are DialogTech's.

    Examples
    --------
    >>> platforms_in(pd.DataFrame({"platform": ["invoca", None]})), platforms_in(pd.DataFrame({"sid": ["1"]}))
    (['dialogtech', 'invoca'], ['dialogtech'])
    """
    if isinstance(frame, pd.DataFrame):
        if "platform" not in frame.columns:
            return [OWN]
        found = frame["platform"].unique().tolist()
    else:
        try:
            lazy = nw.from_native(getattr(frame, "relation", frame)).lazy()
        except TypeError:
            return [OWN]
        if "platform" not in lazy.collect_schema().names():
            return [OWN]
        found = lazy.select("platform").unique().collect("pyarrow").to_arrow()["platform"].to_pylist()
    names = {OWN if one is None or one != one else str(one) for one in found}  # noqa: PLR0124 (NaN)
    return sorted(names)


def warn_different(calls: Any, other: Any, columns: Iterable[str] = ()) -> None:
    """Warn where two frames are compared that are of different platforms: what each means differently.

    Parameters
    ----------
    calls, other : frame
        What is compared.
    columns : iterable of str
        Columns by which it is compared, besides the money.
    """
    here, there = platforms_in(calls), platforms_in(other)
    if here == there and len(here) == 1:
        return
    both = sorted({*here, *there})
    used = {*columns, "offer_price", "affiliate_price", "repeat_affiliate_caller", "lf_state"}
    told = []
    for column in COMPARED:
        meant = {PLATFORM_TITLES.get(name, name): meaning(name, column) for name in both}
        if column in used and len(set(meant.values())) > 1:
            told.append(f"{column} is " + ", ".join(f"in {name} {text}" for name, text in meant.items()))
    if told:
        warn_caller(
            f"Calls of {' and '.join(PLATFORM_TITLES.get(name, name) for name in both)} are compared, which "
            f"define some columns differently: {'; '.join(told)}. What changed may be the platform's way to "
            "count.",
            PlatformWarning,
        )


def meaning(platform: str, column: str) -> str:
    """Say what a platform means by a column of ours; ``(unsaid)`` where it does not have it."""
    one = PLATFORMS.get(platform)
    if one is None or platform == OWN:
        return _MEANT.get(column, LEADFLOW.by_name[column].meaning)
    if column not in one.targets:
        return "(unsaid)"
    return (one.differs or {}).get(column, _MEANT.get(column, ""))


def check_states(frame: Any, states: Iterable[str], what: str) -> None:
    """Raise a SchemaError where a platform never says the states of calls that are looked for.

    Parameters
    ----------
    frame : frame
        Calls.
    states : iterable of str
        Words of ``lead_status``.
    what : str
        What looks for them.
    """
    wanted = list(states)
    for name in platforms_in(frame):
        one = PLATFORMS.get(name)
        if one is None or name == OWN:
            continue
        said = {
            word
            for source in one.sources
            if source.target == "_status"
            for word in (source.words or {}).values()
        }
        if not said & set(wanted):
            raise SchemaError(
                f"{what} looks for calls whose lead_status is {' or '.join(map(repr, wanted))}, which "
                f"{one.title} never says: leave its calls out, calls[calls['platform'] != {name!r}]"
            )


def check_potential_prices(frame: Any, what: str) -> None:
    """Raise a SchemaError where calls of a platform that says what was paid are asked for what would be.

    Parameters
    ----------
    frame : frame
        Calls.
    what : str
        What needs prices of calls that did not qualify.
    """
    paid = [PLATFORM_TITLES.get(name, name) for name in platforms_in(frame) if name != OWN]
    if paid:
        raise SchemaError(
            f"{what} needs the price of calls that did not qualify, which {' and '.join(paid)} "
            f"{'do' if len(paid) > 1 else 'does'} not say: only what was paid. Ask it of DialogTech's calls"
        )
