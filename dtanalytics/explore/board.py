"""The board: what is chosen, its numbers, and the way back to code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.compare import compare
from dtanalytics.errors import InputError, nearest
from dtanalytics.explore import charts
from dtanalytics.explore.cubes import Cubes
from dtanalytics.explore.groups import TableView, groups_of
from dtanalytics.explore.marks import Mark
from dtanalytics.explore.plan import Plan, columns_of_calls
from dtanalytics.explore.rows import Rows, positions_in
from dtanalytics.explore.time_marks import WEEKDAYS
from dtanalytics.explore.where import Where
from dtanalytics.metrics.dictionary import known, measures_for, suggested
from dtanalytics.scan.lazy import Scan
from dtanalytics.settings import current


class Board:
    """Charts of calls in which each choice filters every other chart.

    Displayed in a notebook it is drawn; each choice with the mouse or the keyboard can also be made by
    `select`. Where widgets do not run it is a picture.

    Attributes
    ----------
    calls : DataFrame or Scan
        The chosen calls, in the kind that came in.
    where : Where
        The choice as a condition: text for ``DataFrame.query``, which ``load_bids(where=...)`` reads too.
    headline : DataFrame
        The headline's metrics: a column ``metric``, ``selected`` and ``all``.

    Examples
    --------
    >>> from dtanalytics.explore import explore
    >>> calls = pd.DataFrame({"affiliate": ["North", "South"], "lead_status": "Connected"})
    >>> board = explore(calls, "affiliate", "connected_count")
    >>> board.select(affiliate="North").calls["affiliate"].tolist()
    ['North']
    >>> print(board.code())
    calls.query("affiliate in ['North']")
    """

    def __init__(self, calls: Any, plan: Plan, rows: Rows, marks: dict[str, Mark]) -> None:
        self._calls, self._plan, self._rows, self._marks = calls, plan, rows, marks
        self._cubes = Cubes(self._rows, plan, list(self._marks.values()))
        self._active: Mark | None = None
        self._table = TableView()
        self._buffers: list[tuple[str, int]] | None = None
        self._widget: Any = None

    # -- choosing

    def select(self, **marks: Any) -> Board:
        """Choose calls, as clicks do; what is not named stays as it is, None takes a choice back.

        Parameters
        ----------
        **marks
            A column of ``by`` with a value or a list of them (None inside a list is null);
            ``window=("2026-10-05", "2026-10-12")`` (half-open days, Eastern; a day or month alone),
            ``weekday=["Monday"]``, ``hour=[9, 10]`` or ``(9, 17)`` (half-open), ``talk=(60, 120)`` (half-open
            seconds, None is an open end), ``state=["TX", "elsewhere"]``.

        Returns
        -------
        Board
            This one.

        Raises
        ------
        InputError
            The board has no such mark, or no call has that value. Nothing is changed then.
        """
        before = {name: mark.chosen for name, mark in self._marks.items()}
        try:
            for name in self._chosen_by(marks):
                self._active = self._marks[name]
        except Exception:
            for name, chosen in before.items():
                self._marks[name].chosen = chosen
            raise
        self._changed()
        return self

    def _chosen_by(self, marks: dict[str, Any]) -> list[str]:
        named = []
        week: dict[str, Any] = {word: marks.pop(word) for word in ("weekday", "hour") if word in marks}
        if week:
            mark = self._mark("week", next(iter(week)))
            if mark.chosen is not None:
                days, hours = mark.chosen
                kept: dict[str, Any] = {
                    "weekday": days and [WEEKDAYS[day] for day in days],
                    "hour": hours and list(hours),
                }
                week = {**kept, **week}
            mark.choose(**week)
            named.append("week")
        for name, wanted in marks.items():
            mark = self._mark(name, name)
            if wanted is None:
                mark.chosen = None
            else:
                mark.choose(wanted)
            named.append(name)
        return named

    def _mark(self, name: str, word: str) -> Any:
        if name not in self._marks or word == "week":
            words = [
                *(one for one in self._marks if one != "week"),
                *(["weekday", "hour"] * ("week" in self._marks)),
            ]
            raise InputError(f"the board has no {word!r} to choose by: {nearest(word, words)}")
        return self._marks[name]

    def clear(self) -> Board:
        """Take every choice back; returns this board."""
        for mark in self._marks.values():
            mark.chosen = None
        self._changed()
        return self

    @property
    def metric(self) -> str:
        """The metric that the charts show; another one may be set."""
        return self._plan.metric

    @metric.setter
    def metric(self, name: str) -> None:
        if not isinstance(name, str) or name not in known():
            raise InputError(f"no metric is called {name!r}: {suggested(name)}")
        if not set(measures_for([name], columns_of_calls(self._calls))) <= set(self._plan.measures):
            raise InputError(
                f"the board was not made for {name!r}: ask explore(..., metric={name!r}) for a new one"
            )
        self._plan = Plan(**{**vars(self._plan), "metric": name})
        self._changed()

    # -- back to code

    @property
    def calls(self) -> Any:
        """The chosen calls: a frame of the kind that came in, or a scan."""
        if isinstance(self._calls, Scan):
            chosen = self._conditions()
            return self._calls.where(chosen) if chosen else self._calls
        return positions_in(self._calls, self._cubes.positions())

    @property
    def where(self) -> Where:
        """The choice as a condition; empty text where nothing is chosen.

        Raises
        ------
        InputError
            ``DataFrame.query`` reads a column of this frame otherwise, such as days that are text.
        """
        made = self._where()
        if made and isinstance(self._calls, pd.DataFrame):
            try:
                numbered = self._calls.reset_index(drop=True).query(str(made)).index.to_numpy()
                same = np.array_equal(numbered, self._cubes.positions())
            except Exception:  # noqa: BLE001 - whatever query refuses, this choice cannot be said in it
                same = False
            if not same:
                raise InputError(
                    f"DataFrame.query does not understand {str(made)!r} of this frame, whose columns are not "
                    "as loaded; board.calls has the chosen calls"
                )
        return made

    def _where(self) -> Where:
        chosen = [mark for mark in self._marks.values() if mark.chosen is not None]
        return Where(" and ".join(mark.text() for mark in chosen), self._conditions())

    def _conditions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for mark in self._marks.values():
            if mark.chosen is not None:
                for column, test in mark.conditions().items():
                    both = column in found and isinstance(test, list)
                    found[column] = [one for one in found[column] if one in test] if both else test
        return found

    def code(self) -> str:
        """Return the line of Python that chooses the same calls without the board; the frame is ``calls``."""
        if isinstance(self._calls, Scan):
            chosen = self._conditions()
            return f"calls.where({charts.written(chosen)})" if chosen else "calls"
        if isinstance(self._calls, pd.DataFrame):
            return charts.query_line(self.where)
        return f"calls.to_pandas().query({str(self._where())!r})" if self._where() else "calls"

    def compare(
        self,
        by: str | Sequence[str] | None = None,
        *,
        metrics: str | Sequence[str] | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Set the chosen calls against the rest: `dtanalytics.analysis.money.compare.compare`.

        Parameters
        ----------
        by : str or sequence of str, optional
            Columns whose values are the segments.
        metrics, confidence
            As for ``df.calls.compare``.

        Returns
        -------
        pandas.DataFrame
            As ``df.calls.compare`` returns it; ``_before`` is the rest, ``_change`` the chosen calls less
            the rest.

        Raises
        ------
        InputError
            Nothing is chosen, or everything, so that there is no rest.
        """
        rest = np.setdiff1d(np.arange(self._rows.count), self._cubes.positions(), assume_unique=True)
        if not len(rest):
            raise InputError("all calls are chosen, so there is no rest to compare with: choose fewer")
        if isinstance(self._calls, Scan):
            chosen = self._conditions()
            ours, theirs = self._calls.where(chosen).relation, self._calls.where(chosen, keep=False).relation
        else:
            ours, theirs = self.calls, positions_in(self._calls, rest)
        return compare(ours, theirs, by, metrics=metrics, confidence=confidence)

    @property
    def headline(self) -> pd.DataFrame:
        """The metrics of the headline: a row each, ``metric``, ``selected`` and ``all``."""
        return charts.headline(self._cubes, self._plan, self._active)

    def rollup(self) -> pd.DataFrame:
        """Return the board's table whole: a row a combination of ``by`` that the choice holds."""
        found = groups_of(self._cubes, self._plan, self._marks)
        return found.frame(found.ordered(np.arange(len(found)), self.metric, descending=True))

    # -- showing

    def page(self) -> dict[str, Any]:
        """Return all that the board's page draws: numbers, and names as text."""
        if self._buffers is None:
            self._buffers = charts.buffers(self._cubes, self._rows)
        return charts.payload(self._cubes, self._plan, self._marks, self._active, self._table, self._buffers)

    def hear(self, message: Any) -> None:
        """Do what the board's page asks for.

        Parameters
        ----------
        message : dict
            ``{"mark": name, "value": numbers of its axis, or None}``, ``{"clear": True}``,
            ``{"metric": name}`` or ``{"table": {"sort": column, "descending": flag, "text": filter}}``.

        Raises
        ------
        InputError
            It is anything else.
        """
        asked = message if isinstance(message, dict) else {}
        if asked.get("clear") is True:
            self.clear()
        elif "metric" in asked:
            self.metric = asked["metric"]
        elif isinstance(asked.get("table"), dict):
            view = asked["table"]
            self._table = TableView(
                str(view.get("sort", "")),
                view.get("descending") is not False,
                str(view.get("text", ""))[:200],
            )
            self._changed()
        elif isinstance(asked.get("mark"), str) and asked["mark"] in self._marks:
            mark = self._marks[asked["mark"]]
            if asked.get("value") is None:
                mark.chosen = None
            else:
                mark.point(asked["value"])
                self._active = mark
            self._changed()
        else:
            raise InputError(f"the board's page sent {str(message)[:60]!r}, which is no choice")

    def _changed(self) -> None:
        if self._widget is not None:
            self._widget.tell()

    def __repr__(self) -> str:
        """Say what is chosen, and how many of the calls that are."""
        chosen = [f"{mark.name}: {mark.said()}" for mark in self._marks.values() if mark.chosen is not None]
        rows = self.headline
        selected, every = (float(rows[name].iloc[0]) for name in ("selected", "all"))
        write = current().numerals.number
        said = f"{write(selected)} of {write(every)} calls"
        return f"<board of {said}; {'; '.join(chosen) or 'all calls chosen'}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the widget where somebody looks, and always a picture for where widgets do not run."""
        from dtanalytics.explore.picture import alternative, png

        page = self.page()
        bundle: dict[str, Any] = {"text/plain": repr(self), "image/png": png(page)}
        if charts.somebody_clicks():
            if self._widget is None:
                from dtanalytics.explore.widget import make

                self._widget = make(self)
            bundle |= self._widget.view()
        return bundle, {"image/png": {"alt": alternative(page)}}
