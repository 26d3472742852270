"""What a board shows of calls: which columns, which measures, which parts a frame does not have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dtanalytics.analysis.reading import native_columns, require
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.metrics.dictionary import fits, known, measures_for, suggested
from dtanalytics.metrics.measures import Measure
from dtanalytics.rollup.keys import FREQUENCIES, HOUR_OF_DAY, PARTS, WORDS, Key, resolve
from dtanalytics.scan.lazy import Scan
from dtanalytics.schema import BIDS, LEADFLOW

HEADLINE = ("call_count", "connected_count", "revenue", "payout", "margin", "margin_rate")
"""What the headline holds, as far as the calls have it."""
_STATES = ("lf_state", "state", "bid_state")
_TALK = {"talk_seconds": 1, "talk_minutes": 60, "bid_talk_minutes": 60}
_BUFFERED = ("connected_count", "offer_qualified_count")
_PARTS = ("window", "weekday", "hour", "talk", "state")
"""Words of `Board.select` that no column of ``by`` may take."""


@dataclass(frozen=True)
class Plan:
    """What is read of a frame.

    Attributes
    ----------
    by : tuple of str
        Columns whose values are shown as bars.
    metric : str
        What bars, lines and cells show.
    headline : tuple of str
        Metrics of the headline, which the table has too.
    measures : dict of str to Measure
        What all of these metrics rest on.
    day, hour : Key or None
        From which column days and hours are read; None: the calls have no time.
    talk : str or None
        Column of the talk time, and `talk_factor` what turns it into seconds.
    state : str or None
        Column of the callers' states.
    offer : str or None
        Column of the offers, where their buffers can be found.
    asked : str
        Column by which Bid Management is asked for days; empty for other calls.
    """

    by: tuple[str, ...]
    metric: str
    headline: tuple[str, ...]
    measures: dict[str, Measure]
    day: Key | None
    hour: Key | None
    talk: str | None
    talk_factor: int
    state: str | None
    offer: str | None
    asked: str = ""

    @property
    def needs(self) -> list[str]:
        """Columns that are read, each once."""
        keys = [key.column for key in (self.day, self.hour) if key is not None]
        measured = [name for one in self.measures.values() for name in one.needs]
        others = [name for name in (self.talk, self.state, self.offer) if name is not None]
        return list(dict.fromkeys([*self.by, *keys, *others, *measured]))


def plan_of(columns: Sequence[str], by: str | Sequence[str], metric: str) -> Plan:
    """Decide what a frame with these columns can be asked.

    Raises
    ------
    InputError
        `by` names a time or a word that `Board.select` uses; an unknown metric.
    SchemaError
        The frame lacks a column that `by` names or that the metric needs.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    _check_by(names, columns)
    if not isinstance(metric, str) or metric not in known():
        raise InputError(f"no metric is called {metric!r}: {suggested(metric)}")
    measures_for([metric], columns)  # says which columns are lacking
    headline = tuple(name for name in HEADLINE if fits(name, columns))
    talk = next((name for name in _TALK if name in columns), None)
    buffered = talk is not None and "offer" in columns and all(fits(name, columns) for name in _BUFFERED)
    more = _BUFFERED if buffered else ()
    return Plan(
        by=names,
        metric=metric,
        headline=headline,
        measures=measures_for([*headline, metric, *more], columns),
        day=_key("D", columns),
        hour=_key(HOUR_OF_DAY, columns),
        talk=talk,
        talk_factor=_TALK[talk] if talk else 1,
        state=next((name for name in _STATES if name in columns), None),
        offer="offer" if buffered else None,
        asked=BIDS.time if BIDS.time in columns and LEADFLOW.time not in columns else "",
    )


def _check_by(names: Sequence[str], columns: Sequence[str]) -> None:
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"by takes names of columns, not {name!r}")
        if names.count(name) > 1:
            raise InputError(f"by names {name!r} twice")
        if name not in columns and name in (*FREQUENCIES, *WORDS.values(), *PARTS):
            raise InputError(
                f"by={name!r}: a board shows days, weekdays and hours without being asked; by takes names of "
                "columns, such as 'affiliate' and 'offer'"
            )
        if name in _PARTS and name != "state":
            raise InputError(f"by={name!r} is a word of board.select; rename the column")
    require(columns, names)
    if not names:
        raise InputError(f"by names no column: give one at least; {nearest('affiliate', columns)}")


def _key(name: str, columns: Sequence[str]) -> Key | None:
    try:
        return resolve([name], columns)[0]
    except SchemaError:
        return None


def columns_of_calls(calls: Any) -> list[str]:
    """Names of the columns of a frame or a scan."""
    return calls.columns if isinstance(calls, Scan) else native_columns(calls)
