"""What a frame of calls holds and what to ask of it, in a few lines: how ``df.calls`` shows itself."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from dtanalytics.metrics import fits
from dtanalytics.rollup import rollup
from dtanalytics.schema import REPORTS

_MONEY = ("revenue", "payout", "margin")
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
        said so, the money [currency unit], how many the other report has too, and what to try.

    Examples
    --------
    >>> summary(pd.DataFrame({"lead_status": ["Connected", "Hang Up"]}))
    {'calls': '2', 'try': "df.calls.rollup('lead_status')"}
    """
    said = {"calls": f"{len(calls):,}"}
    time = next((name for name in ("call_day", "call_date", "date_added") if name in calls), None)
    if time is not None and calls[time].notna().any():
        said["days"] = f"{calls[time].min():%Y-%m-%d} to {calls[time].max():%Y-%m-%d}, Eastern"
    loaded = calls.attrs.get("dtanalytics", {})
    if loaded.get("report") in REPORTS:
        said["loaded"] = _loaded(loaded, len(calls))
    money = [name for name in _MONEY if fits(name, calls.columns)]
    if money:
        sums = rollup(calls, None, money).iloc[0]
        said["money"] = ", ".join(f"{name} {sums[name]:,.2f}" for name in money)
    if "match" in loaded:
        match = loaded["match"]
        said["matched"] = f"{match['leadflow_matched']:,} of {match['leadflow_count']:,} have a bid record"
    said["try"] = ", ".join(_tries(calls, money))
    return said


def summary_html(calls: pd.DataFrame) -> str:
    """Lay `summary` out for notebooks, escaped.

    Examples
    --------
    >>> "<b>2 calls</b>" in summary_html(pd.DataFrame({"lead_status": ["Connected", "Hang Up"]}))
    True
    """
    said = summary(calls)
    head = f"<b>{said.pop('calls')} calls</b>"
    said["try"] = "".join(f"<code>{escape(text)}</code> " for text in said["try"].split(", "))
    rows = "".join(
        f'<tr><td style="{_LABEL}">{topic}</td>'
        f'<td style="{_TEXT}">{text if topic == "try" else escape(text)}</td></tr>'
        for topic, text in said.items()
    )
    return f"<div>{head}<table>{rows}</table></div>"


def _loaded(loaded: dict[str, Any], rows: int) -> str:
    start, end = (pd.Timestamp(loaded[edge]) for edge in ("start", "end"))
    shape = "%Y-%m-%d" if start == start.normalize() and end == end.normalize() else "%Y-%m-%d %H:%M"
    whole = "all" if rows == loaded["rows"] else f"{rows:,} of {loaded['rows']:,}"
    asked = f", as of {pd.Timestamp(loaded['asked']):%Y-%m-%d %H:%M} UTC" if loaded["asked"] else ""
    title = REPORTS[loaded["report"]].title
    return f"{whole} calls of {title} from {start:{shape}} until before {end:{shape}}{asked}"


def _tries(calls: pd.DataFrame, money: list[str]) -> list[str]:
    by = next((name for name in ("affiliate", "offer", "channel", "lead_status") if name in calls), None)
    method = "margin" if "margin" in money else "rollup"
    return [
        *([f"df.calls.{method}({by!r})"] if by else []),
        *(["df.calls.trend('W')"] if {"call_day", "call_date", "date_added"} & {*calls} else []),
    ]
