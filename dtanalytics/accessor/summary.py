"""What a frame of calls holds and what to ask of it, in a few lines: how ``df.calls`` shows itself."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd

from dtanalytics.analysis.period import days_of
from dtanalytics.analysis.tables import columns_of, local
from dtanalytics.duplicates import duplicates
from dtanalytics.errors import ConfigError, DtError
from dtanalytics.metrics.dictionary import fits
from dtanalytics.rollup import rollup
from dtanalytics.schema import LEADFLOW, REPORTS
from dtanalytics.settings import current
from dtanalytics.texts.numerals import ENGLISH, MINUS, Numerals, Told

_MONEY = ("revenue", "payout", "margin")
_LARGE = 1_000_000  # calls from which their memory is worth a word
_LABEL = "text-align:left;color:#777;padding:2px 12px 2px 0"
_TEXT = "text-align:left;padding:2px 0"


def summary(calls: pd.DataFrame) -> dict[str, str]:
    """Say what a frame of calls holds, where it came from and what to ask of it.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls of either report, or of both joined.

    Returns
    -------
    dict of str to str
        Topic -> text: the calls and their days, whether they are all that was loaded and when the service
        said so, the money [currency unit], how many the other report has too, what to try, and of a million
        calls and more how much memory they take.

    Examples
    --------
    >>> summary(pd.DataFrame({"lead_status": ["Connected", "Hang Up"]}))
    {'calls': '2', 'try': "df.calls.rollup('lead_status')"}
    """
    names = set(columns_of(calls))
    write = _numerals()
    said = {"calls": write.number(len(calls))}
    repeated = duplicates(calls)
    if repeated is not None:
        said["repeated"] = f"{repeated}; dta.concat([...]) puts loads together"
    if "call_day" in names:
        said["days"] = _or_why(_days, calls)
    loaded = calls.attrs.get("dtanalytics", {})
    if loaded.get("report") in REPORTS and "start" in loaded:
        said["loaded"] = _loaded(loaded, len(calls), write)
    if "concat" in loaded:
        said["together"] = write.tell(
            Told(
                "{frames} frames; {dropped:,} older versions dropped, of which {differed:,} differed",
                **loaded["concat"],
            )
        )
    money = [name for name in _MONEY if fits(name, names)]
    if money:
        # Of repeats there is no need to warn once more.
        once = calls if repeated is None else calls.drop(columns=LEADFLOW.key)
        said["money"] = _or_why(_money, once, money, write)
    if "match" in loaded:
        match = loaded["match"]
        matched, every = (write.number(match[f"leadflow_{name}"]) for name in ("matched", "count"))
        said["matched"] = f"{matched} of {every} have a bid record"
    said["try"] = ", ".join(_tries(names, money))
    if len(calls) >= _LARGE:
        said["size"] = _size(calls, write)
    return {topic: text for topic, text in said.items() if text}


def _numerals() -> Numerals:
    """How the settings write numbers; in English where they cannot be read: a frame is shown all the same."""
    try:
        return current().numerals
    except ConfigError:
        return ENGLISH


def _size(calls: pd.DataFrame, write: Numerals) -> str:
    """Say how much memory so many calls take, and how to do with less."""
    megabytes = calls.memory_usage().sum() / 1e6
    return (
        f"{write.number(megabytes)} MB of memory; columns=[...] of a load reads fewer, dta.scan(...) none: "
        "rollup and most analyses take it"
    )


def _or_why(say: Callable[..., str], *args: Any) -> str:
    """What a column says, or why it cannot be read: a frame is shown whatever it holds."""
    try:
        return say(*args)
    except DtError as error:
        return str(error)


def _days(calls: pd.DataFrame) -> str:
    first, last = days_of(calls) or (None, None)
    if first is None:
        days = local(calls, ["call_day"], warn=False)["call_day"]
        first, last = days.min(), days.max()
    return "" if pd.isna(first) else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, Eastern"


def _money(calls: pd.DataFrame, names: list[str], write: Numerals) -> str:
    sums = rollup(calls, None, names).iloc[0]
    lead = {name: MINUS if sums[name] < 0 else "" for name in names}
    return ", ".join(f"{name} {write.number(abs(sums[name]), 2, lead[name])}" for name in names)


def summary_html(calls: pd.DataFrame) -> str:
    """Lay `summary` out for notebooks, escaped.

    Examples
    --------
    >>> "<b>2 calls</b>" in summary_html(pd.DataFrame({"lead_status": ["Connected", "Hang Up"]}))
    True
    """
    said = summary(calls)
    head = f"<b>{said.pop('calls')} calls</b>"
    if "try" in said:
        said["try"] = "".join(f"<code>{escape(text)}</code> " for text in said["try"].split(", "))
    rows = "".join(
        f'<tr><td style="{_LABEL}">{topic}</td>'
        f'<td style="{_TEXT}">{text if topic == "try" else escape(text)}</td></tr>'
        for topic, text in said.items()
    )
    return f"<div>{head}<table>{rows}</table></div>"


def _loaded(loaded: dict[str, Any], rows: int, write: Numerals) -> str:
    start, end = (pd.Timestamp(loaded[edge]) for edge in ("start", "end"))
    shape = "%Y-%m-%d" if start == start.normalize() and end == end.normalize() else "%Y-%m-%d %H:%M"
    whole = "all" if rows == loaded["rows"] else f"{write.number(rows)} of {write.number(loaded['rows'])}"
    asked = f", as of {pd.Timestamp(loaded['asked']):%Y-%m-%d %H:%M} UTC" if loaded["asked"] else ""
    title = REPORTS[loaded["report"]].title
    return f"{whole} calls of {title} from {start:{shape}} until before {end:{shape}}{asked}"


def _tries(names: set[str], money: list[str]) -> list[str]:
    by = next((name for name in ("affiliate", "offer", "channel", "lead_status") if name in names), None)
    method = "margin" if "margin" in money else "rollup"
    return [
        *([f"df.calls.{method}({by!r})"] if by else []),
        *(["df.calls.trend('W')"] if "call_day" in names else []),
    ]
