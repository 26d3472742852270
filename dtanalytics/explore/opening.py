"""`explore`: calls to a board."""

from __future__ import annotations

import importlib.util
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.columns.unsaid import check_said, unsaid
from dtanalytics.errors import ConfigError, InputError
from dtanalytics.explore.board import Board
from dtanalytics.explore.marks import Bars, Mark, States, as_list
from dtanalytics.explore.plan import Plan, columns_of_calls, plan_of
from dtanalytics.explore.rows import STATE, Rows, checked_calls, has_zone, read_rows
from dtanalytics.explore.time_marks import Talk, Trend, Week
from dtanalytics.metrics.dictionary import known, measures_for
from dtanalytics.personal.include import asked_for, is_asked
from dtanalytics.personal.parts import parts_of
from dtanalytics.scan.lazy import Scan


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
    >>> len(board.calls) == int((calls["call_day"] == "2026-10-05").sum())
    True
    """
    if importlib.util.find_spec("anywidget") is None:
        raise ConfigError(
            "explore needs the extra of the same name, which is not installed: "
            "pip install 'dtanalytics[explore]', then reload the page of JupyterLab"
        )
    checked = checked_calls(calls)
    plan = plan_of(_said(checked, by, metric), by, metric)
    rows = read_rows(checked, plan)
    _refuse_people(plan.by, rows.labels, include)
    marks = marks_of(rows, plan)
    if isinstance(trend := marks.get("window"), Trend):
        trend.is_zoned = has_zone(checked, trend.column)
    return Board(checked, plan, rows, marks)


def _said(calls: Any, by: str | Sequence[str], metric: str) -> list[str]:
    """Names of the columns, less those that a platform among the calls does not say."""
    names = columns_of_calls(calls)
    silent = (
        set()
        if isinstance(calls, Scan)
        else {one for some in unsaid(calls, names, names).values() for one in some}
    )
    if silent and metric in known():
        check_said(
            calls, [need for one in measures_for([metric], names).values() for need in one.needs], names
        )
    return [name for name in names if name not in silent or name in as_list(by)]


def marks_of(rows: Rows, plan: Plan) -> dict[str, Mark]:
    """Return the marks that these calls have."""
    marks: list[Mark] = []
    if plan.day is not None:
        first, after = rows.days
        marks.append(Trend("window", plan.day.column, None, first, after, plan.asked))
    marks += [Bars(name, name, None, at, rows.labels.get(name, [])) for at, name in enumerate(plan.by)]
    if plan.day is not None and plan.hour is not None:
        marks.append(Week("week", plan.day.column, None, plan.hour.column))
    if plan.state is not None and "state" not in plan.by:
        marks.append(States("state", plan.state, None, rows.labels.get(STATE, [])))
    if plan.talk is not None:
        marks.append(Talk("talk", plan.talk, None, plan.talk_factor))
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
