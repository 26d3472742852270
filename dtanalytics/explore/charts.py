"""What a board's page is sent: numbers and names, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.state_map import STATES
from dtanalytics.analysis.supply.talk import thresholds
from dtanalytics.explore.cubes import Cubes, value_of
from dtanalytics.explore.groups import Groups, TableView, groups_of
from dtanalytics.explore.marks import Bars, Mark
from dtanalytics.explore.plan import Plan
from dtanalytics.explore.rows import OFFER, TILES, WIDTH, Rows
from dtanalytics.explore.time_marks import Trend
from dtanalytics.explore.where import Where
from dtanalytics.loading.progress import somebody_looks
from dtanalytics.metrics.dictionary import find
from dtanalytics.metrics.labels import label_of

BARS = 12
"""Most values that a chart of bars shows, beside those that are chosen."""
TABLE_ROWS = 100
"""Most rows that the page is sent of the table."""


_GRID = [line.split() for line in STATES.split("\n") if line]
_AT = {code: (row, place) for row, line in enumerate(_GRID) for place, code in enumerate(line)}
_PLACES = [[code, *_AT[code]] for code in TILES]
"""Each state with the row and column of its tile."""
_MOST_BUFFERS = 6


def somebody_clicks() -> bool:
    """Tell whether a person sits at the notebook, who can click: not where cells are run by a program."""
    if not somebody_looks():
        return False
    kernel = (
        getattr(sys.modules["IPython"].get_ipython(), "kernel", None) if "IPython" in sys.modules else None
    )
    return bool(getattr(kernel, "_allow_stdin", False))  # nbconvert and papermill never answer questions


def unit_of(metric: str) -> str:
    """Unit of a measure or metric."""
    found = find(metric)
    return found.unit if not isinstance(found, tuple) else found[0].unit


def shown_metric(plan: Plan, mark: Mark) -> str:
    """Return the metric that a mark's chart shows: talk time is of connected calls, where they are known."""
    if mark.kind != "talk":
        return plan.metric
    return "connected_count" if "connected_count" in plan.measures else "call_count"


def headline(cubes: Cubes, plan: Plan, active: Mark | None = None) -> pd.DataFrame:
    """Return the metrics of the headline, for what is chosen and for all calls."""
    names = list(dict.fromkeys([*plan.headline, plan.metric]))
    chosen, every = cubes.sums(None, active), cubes.all_sums()
    rows = [(name, float(value_of(name, chosen)), float(value_of(name, every))) for name in names]
    return pd.DataFrame(rows, columns=["metric", "selected", "all"])


def payload(
    cubes: Cubes,
    plan: Plan,
    marks: Mapping[str, Mark],
    active: Mark | None,
    view: TableView,
    buffers: Sequence[tuple[str, int]],
) -> dict[str, Any]:
    """Return all that the page draws."""
    cubes.next_step()
    figures = headline(cubes, plan, active)
    return {
        "metric": plan.metric,
        "metrics": [
            {"name": name, "label": label_of(name), "unit": unit_of(name)}
            for name in dict.fromkeys([*plan.headline, plan.metric])
        ],
        "headline": [
            {"name": name, "selected": _number(one), "all": _number(every)}
            for name, one, every in figures.itertuples(index=False)
        ],
        "marks": [_chart(cubes, plan, mark, active, buffers) for mark in marks.values()],
        "chips": [
            {"mark": mark.name, "text": f"{'days' if isinstance(mark, Trend) else mark.title}: {mark.said()}"}
            for mark in marks.values()
            if mark.chosen is not None
        ],
        "table": _rows(groups_of(cubes, plan, marks, active), plan, view),
    }


def _chart(
    cubes: Cubes, plan: Plan, mark: Mark, active: Mark | None, buffers: Sequence[tuple[str, int]]
) -> dict[str, Any]:
    metric = shown_metric(plan, mark)
    amounts = cubes.sums(mark, active)
    values = np.asarray(value_of(metric, amounts), dtype=np.float64)
    counts = value_of("call_count", amounts) if "call_count" in amounts else np.ones(len(values))
    chosen = None if mark.chosen is None else mark.mask()
    sent: dict[str, Any] = {
        "name": mark.name,
        "kind": mark.kind,
        "title": mark.title,
        "metric": metric,
        "unit": unit_of(metric),
        "label": label_of(metric),
        "active": mark.chosen is not None,
    }
    if isinstance(mark, Bars):
        return sent | _bars(mark, values, counts, chosen)
    sent["values"] = [_number(value) for value in values[1:]]
    sent["unknown"] = _number(values[0])
    sent["chosen"] = None if chosen is None else np.flatnonzero(chosen[1:]).tolist()
    if isinstance(mark, Trend):
        sent |= {"first": str(np.datetime64(mark.first, "D")), "step": mark.step}
    if mark.kind == "talk":
        sent |= {"width": WIDTH, "buffers": [{"name": name, "at": at} for name, at in buffers]}
    if mark.kind == "states":
        sent |= {"tiles": _PLACES, "chosen": None if chosen is None else np.flatnonzero(chosen).tolist()}
    return sent


def _bars(mark: Bars, values: Any, counts: Any, chosen: Any) -> dict[str, Any]:
    """Return the largest values and all that are chosen; the others by number."""
    there = np.flatnonzero(counts > 0)
    rank = there[np.argsort(-np.nan_to_num(values[there], nan=-np.inf), kind="stable")]
    shown = list(rank[:BARS])
    if chosen is not None:
        shown += [code for code in np.flatnonzero(chosen) if code not in shown]
    rows = [
        {
            "code": int(code),
            "name": mark.name_of(int(code)),
            "value": _number(values[code]),
            "chosen": bool(chosen[code]) if chosen is not None else False,
        }
        for code in shown
    ]
    return {"rows": rows, "more": max(0, len(there) - len(shown))}


def _rows(found: Groups, plan: Plan, view: TableView) -> dict[str, Any]:
    """Return the table as the page shows it: filtered, sorted, cut."""
    dims = list(plan.by)
    known = [*dims, *found.metrics]
    sort = view.sort if view.sort in known else plan.metric
    rows = found.matching(view.text) if view.text else np.arange(len(found))
    made = found.frame(found.ordered(rows, sort, descending=view.descending)[:TABLE_ROWS])
    cells = [
        [_cell(value, text=name in dims) for name, value in zip(made, row, strict=True)]
        for row in made.itertuples(index=False)
    ]
    return {
        "columns": [
            {"name": name, "label": label_of(name), "unit": "" if name in dims else unit_of(name)}
            for name in known
        ],
        "rows": cells,
        "matching": len(rows),
        "every": len(found),
        "sort": sort,
        "descending": view.descending,
        "text": view.text,
    }


def _cell(value: Any, *, text: bool) -> Any:
    return _number(value) if not text else "(none)" if value is None else str(value)


def _number(value: Any) -> float | int | None:
    """Return a number as JSON has it; what is not known is null."""
    number = float(value)
    if not np.isfinite(number):
        return None
    return int(number) if number == int(number) else number


def buffers(cubes: Cubes, rows: Rows) -> list[tuple[str, int]]:
    """Return the talk times from which the calls of the largest offers qualify [s]: `talk.buffers`."""
    offers = rows.labels.get(OFFER, [])
    if not offers or not {"connected_count", "offer_qualified_count"} <= set(cubes.plan.measures):
        return []
    found = (
        cubes.rows.connection.cursor()
        .execute(
            "SELECT o, talk, m_offer_qualified_count = 1 AS yes, count(*) AS n FROM calls "
            "WHERE o > 0 AND talk >= 0 AND m_connected_count = 1 GROUP BY ALL"
        )
        .fetchnumpy()
    )
    offer, talk = found["o"].astype(np.int64), found["talk"].astype(np.float64)
    size = len(offers) + 1
    least = thresholds(offer, talk, found["yes"].astype(bool), size, found["n"])
    largest = np.argsort(-np.bincount(offer, found["n"], size), kind="stable")[:_MOST_BUFFERS]
    return [(str(offers[at - 1]), int(least[at])) for at in largest if at and np.isfinite(least[at])]


def query_line(where: Where) -> str:
    """Write the line that chooses by ``DataFrame.query``."""
    if not where:
        return "calls"
    text = str(where)
    quoted = f'"{text}"' if '"' not in text and "\\" not in text else repr(text)
    return f"calls.query({quoted})"


def written(conditions: Mapping[str, Any]) -> str:
    """Write conditions as Python, with pandas as ``pd``."""
    return "{" + ", ".join(f"{name!r}: {_python(test)}" for name, test in conditions.items()) + "}"


def _python(test: Any) -> str:
    if isinstance(test, pd.Interval):
        ends = [_end(end) for end in (test.left, test.right)]
        return f"pd.Interval({ends[0]}, {ends[1]}, closed={test.closed!r})"
    if not isinstance(test, list):
        return repr(test.item() if isinstance(test, np.generic) else test)
    return repr([value.item() if isinstance(value, np.generic) else value for value in test])


def _end(end: Any) -> str:
    if isinstance(end, pd.Timestamp):
        return f"pd.Timestamp('{end:%Y-%m-%d}')"
    return "float('inf')" if end == np.inf else repr(end)
