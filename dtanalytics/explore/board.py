"""The board: what is chosen, its numbers, and the way back to code."""

from __future__ import annotations

import importlib.util
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.reading import native_columns
from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.explore import charts
from dtanalytics.explore.cubes import Cubes
from dtanalytics.explore.marks import Bars, Mark, States, Talk, Trend, Week
from dtanalytics.explore.plan import Plan, plan_of
from dtanalytics.explore.rows import STATE, checked_calls, positions_in, read_rows
from dtanalytics.explore.where import Where
from dtanalytics.metrics.dictionary import known, measures_for, suggested
from dtanalytics.personal.include import asked_for, is_asked
from dtanalytics.personal.parts import parts_of
from dtanalytics.public import public
from dtanalytics.scan.lazy import Scan


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
    >>> calls = pd.DataFrame({"affiliate": ["North", "South"], "lead_status": "Connected"})
    >>> board = explore(calls, "affiliate", "connected_count")
    >>> board.select(affiliate="North").calls["affiliate"].tolist()
    ['North']
    >>> print(board.code())
    calls.query("affiliate in ['North']")
    """

    def __init__(self, calls: Any, plan: Plan, include: str | Iterable[Hashable] = ()) -> None:
        self._calls, self._plan = calls, plan
        self._rows = read_rows(calls, plan)
        _refuse_people(plan.by, self._rows.labels, include)
        self._marks = _marks_of(self._rows, plan)
        self._cubes = Cubes(self._rows, plan, list(self._marks.values()))
        self._active: Mark | None = None
        self._table = charts.TableView()
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
                    "weekday": days and [charts.WEEKDAYS[day] for day in days],
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
        if not set(measures_for([name], native_or_scan_columns(self._calls))) <= set(self._plan.measures):
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
        return charts.table(self._cubes, self._plan, self._marks)

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
            self._table = charts.TableView(
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
        said = f"{selected:,.0f} of {every:,.0f} calls"
        return f"<board of {said}; {'; '.join(chosen) or 'all calls chosen'}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the widget where somebody looks, and always a picture for where widgets do not run."""
        from dtanalytics.explore.picture import png

        bundle: dict[str, Any] = {"text/plain": repr(self), "image/png": png(self.page())}
        if charts.somebody_clicks():
            if self._widget is None:
                from dtanalytics.explore.widget import make

                self._widget = make(self)
            bundle |= self._widget.view()
        return bundle


def _marks_of(rows: Any, plan: Plan) -> dict[str, Mark]:
    """Return the marks that these calls have."""
    marks: list[Mark] = []
    if plan.day is not None:
        first, after = rows.days
        marks.append(Trend("window", plan.day.column, None, first, after, plan.asked))
    marks += [Bars(name, name, None, at, rows.labels.get(name, [])) for at, name in enumerate(plan.by)]
    if plan.day is not None and plan.hour is not None:
        marks.append(Week("week", plan.day.column, None, plan.hour.column))
    if plan.talk is not None:
        marks.append(Talk("talk", plan.talk, None, plan.talk_factor))
    if plan.state is not None and "state" not in plan.by:
        marks.append(States("state", plan.state, None, rows.labels.get(STATE, [])))
    return {mark.name: mark for mark in marks}


def _refuse_people(
    by: Sequence[str], labels: dict[str, list[Any]], include: str | Iterable[Hashable]
) -> None:
    """Refuse columns whose names or values identify people, unless they were asked for by name."""
    for name in by:
        values = [None, *labels.get(name, [])]
        _, parts = parts_of(pd.DataFrame({name: pd.Series(values, dtype=object)}))
        mine = [include] if isinstance(include, str) else [one for one in include if one in by]
        asked = asked_for([one for one in mine if one == name], parts)
        if parts[0].level == "direct" and not is_asked(parts[0], asked):
            raise InputError(
                f"by={name!r} identifies people, whom a board does not show; say include={name!r} if it shall"
            )


def native_or_scan_columns(calls: Any) -> list[str]:
    """Names of the columns of a frame or a scan."""
    return calls.columns if isinstance(calls, Scan) else native_columns(calls)


@public
def explore(
    calls: Any,
    by: str | Sequence[str] = ("affiliate", "offer"),
    metric: str = "margin",
    *,
    include: str | Iterable[Hashable] = (),
) -> Board:
    """Show calls as charts in which each choice filters every other, and hand the choice back as a frame.

    Parameters
    ----------
    calls : frame
        pandas, pyarrow, Polars, or ``dta.scan(...)``, which may be larger than memory; joined frames
        too.
    by : str or sequence of str, default ("affiliate", "offer")
        Columns that are shown as bars, and by which the table is grouped.
    metric : str, default "margin"
        What bars, lines and cells show: any measure or metric of ``dta.metrics()``.
    include : str or iterable, optional
        Columns of `by` that identify people and shall be shown all the same.

    Returns
    -------
    Board
        ``.select(...)`` chooses by code, ``.calls`` are the chosen calls, ``.where`` is the choice as a
        condition, ``.code()`` the line that makes it without the board, ``.compare()`` sets it against the
        rest, ``.headline`` has its figures.

    Raises
    ------
    ConfigError
        The extra ``explore`` is not installed; the message says how.
    InputError
        An unknown column or metric, a column that identifies people, or no frame of calls.
    SchemaError
        The metric needs a column that the calls lack.

    Notes
    -----
    Sums are those of `rollup`, to the cent: whole multiples of 1/10,000, of which metrics are worked out.
    A call whose value is null is chosen by no span; among names null is a value, ``(none)``.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10", progress=False)
    >>> board = calls.calls.explore().select(window=("2026-10-05", "2026-10-12"), weekday="Monday")
    >>> len(board.calls) == (calls["call_day"] == "2026-10-05").sum()
    True
    """
    if importlib.util.find_spec("anywidget") is None:
        raise ConfigError(
            "explore needs the extra of the same name, which is not installed: "
            "pip install 'dtanalytics[explore]', then reload the page of JupyterLab"
        )
    checked = checked_calls(calls)
    return Board(checked, plan_of(native_or_scan_columns(checked), by, metric), include)
