"""Concatenate loads: the newest version of each call once, in the order of one load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from dtanalytics.analysis.reading import as_loaded, native_columns
from dtanalytics.analysis.tables import Ints, local, microseconds_since_epoch
from dtanalytics.calling.public import public
from dtanalytics.columns.numbering import repeats, whole_numbers
from dtanalytics.duplicates import mark
from dtanalytics.errors import InputError, SchemaError
from dtanalytics.schema import LEADFLOW, REPORTS

_KEY = LEADFLOW.key


@public
def concat(frames: Iterable[Any]) -> pd.DataFrame:
    """Put frames of calls together: the newest version of each call once, in the order of a load.

    Parameters
    ----------
    frames : iterable of frame
        Calls of one report, or joined ones, all with the same columns; windows may overlap. Frames that no
        load made are given a load's dtypes. None is changed.

    Returns
    -------
    pandas.DataFrame
        One row a call, by time, then ``sid``, numbered from 0. Of a call that several frames have, the
        version asked for last, as the loads say; where one does not say when it was asked, that of
        the last frame in the list. ``.attrs["dtanalytics"]["concat"]`` tells the ``frames``, the rows
        ``dropped`` as older or equal versions, and how many of those ``differed`` from the one kept.

    Raises
    ------
    InputError
        There are no frames, or they are of different reports.
    SchemaError
        A frame lacks ``sid``, the time, or a column that another has, or a column holds what it cannot.

    Notes
    -----
    A call that a newer load of its day no longer has is kept.

    Examples
    --------
    >>> def calls(*days):
    ...     times = pd.to_datetime([f"2026-10-{day:02d} 09:30" for day in days])
    ...     return pd.DataFrame({"sid": [f"26{day:04d}" for day in days], "call_date": times})
    >>> together = concat([calls(1, 2, 3), calls(3, 4)])
    >>> together["sid"].tolist(), together.attrs["dtanalytics"]["concat"]
    (['260001', '260002', '260003', '260004'], {'frames': 2, 'dropped': 1, 'differed': 0})
    """
    given = [one if isinstance(one, pd.DataFrame) else local(one, native_columns(one)) for one in frames]
    if not given:
        raise InputError("concat needs frames of calls: there are none")
    notes = [frame.attrs.get("dtanalytics", {}) for frame in given]
    times = _times(given)
    order = _oldest_first(notes)
    calls = _concatenated([given[at] for at in order])
    order_of_load = _by_time(calls, times)
    if not np.array_equal(order_of_load, np.arange(len(calls))):
        calls = calls.take(order_of_load).reset_index(drop=True)
    rows, version = repeats(calls[_KEY])
    older = np.sort(rows[:-1][version[1:] == version[:-1]])
    repeated = calls.iloc[np.sort(rows)].astype("str")
    differed = len(repeated.drop_duplicates()) - repeated[_KEY].nunique() if len(repeated) else 0
    once = calls.drop(index=pd.Index(older)).reset_index(drop=True) if older.size else calls
    for name, dtype in once.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            once[name] = once[name].cat.remove_unused_categories()
    said = {"frames": len(given), "dropped": int(older.size), "differed": int(differed)}
    once.attrs["dtanalytics"] = {
        **_window(notes),
        "rows": len(once),
        "demo": any(note.get("demo") for note in notes),
        "concat": said,
    }
    return mark(once)


def _times(frames: Sequence[pd.DataFrame]) -> list[str]:
    """Columns of the times by which the calls are ordered, the same in all frames."""
    wanted = [report.time for report in REPORTS.values()]
    found = [[time for time in wanted if time in frame.columns] for frame in frames]
    for at, (frame, times) in enumerate(zip(frames, found, strict=True), start=1):
        if _KEY not in frame.columns or not times:
            need = repr(_KEY) if times else f"{' or '.join(map(repr, wanted))}"
            raise SchemaError(f"frame {at} has no column {need}: load it too (columns=)")
        if times != found[0]:
            raise InputError(
                f"frame {at} holds calls of another report than the first ({', '.join(times)}, not "
                f"{', '.join(found[0])}): put each report's loads together, then join_calls"
            )
    return found[0]


def _by_time(calls: pd.DataFrame, times: Sequence[str]) -> Ints:
    """Rows by time, then by ``sid``, nulls last; equal ones as they stood."""
    first, *others = (_instants(calls[time]) for time in times)
    order = np.argsort(first, kind="stable")
    first = first[order]
    alike = np.zeros(len(order) + 1, dtype=bool)
    alike[1:-1] = first[1:] == first[:-1]
    ties = np.flatnonzero(alike[1:] | alike[:-1])
    if ties.size:
        rows = order[ties]
        keys = [_ranks(calls[_KEY].iloc[rows]), *(other[rows] for other in reversed(others)), first[ties]]
        order[ties] = rows[np.lexsort(keys)]
    return order


def _instants(column: pd.Series[Any]) -> Ints:
    instants = microseconds_since_epoch(column)
    return np.where(column.isna(), np.iinfo(np.int64).max, instants)


def _ranks(sids: pd.Series[Any]) -> Ints:
    """Numbers in the order of the texts; null last."""
    found = whole_numbers(sids)
    if found is not None and len(np.unique(found[1])) == 1:  # as many digits each: numbers are in their order
        return found[0]
    code = np.asarray(pd.factorize(sids, sort=True)[0], dtype=np.int64)
    return np.where(code < 0, len(sids), code)


def _oldest_first(notes: Sequence[dict[str, Any]]) -> list[int]:
    """Order of the frames by when they were asked for; as given where one does not say."""
    if not all(note.get("asked") for note in notes):
        return list(range(len(notes)))
    asked = pd.to_datetime([note["asked"] for note in notes], utc=True, format="ISO8601")
    return [int(at) for at in np.argsort(asked.to_numpy(), kind="stable")]


def _concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All rows below each other, in the dtypes of a load."""
    names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    for at, frame in enumerate(frames, start=1):
        lacking = [repr(name) for name in names if name not in frame.columns]
        if lacking:
            raise SchemaError(
                f"{at} of the {len(frames)} frames lacks {', '.join(lacking)}: load the same columns of each"
            )
    columns = {}
    for name in names:
        parts = [frame[[name]] for frame in frames]
        if not all(_exact(part[name]) for part in parts):
            parts = [as_loaded(part) for part in parts]
        columns[name] = _joined([part[name] for part in parts])
    return pd.DataFrame(columns, copy=len(frames) == 1)  # joined columns are copies already


def _exact(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds exact decimals, as ``money="decimal"`` loads them."""
    return column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) in {"decimal", "empty"}


def _joined(parts: Sequence[pd.Series[Any]]) -> Any:
    if all(isinstance(part.dtype, pd.CategoricalDtype) and not part.dtype.ordered for part in parts):
        return union_categoricals(list(parts), sort_categories=True)
    if len({isinstance(part.dtype, pd.CategoricalDtype) for part in parts}) > 1:
        return pd.concat([part.astype("str") for part in parts], ignore_index=True).astype("category").array
    return pd.concat(parts, ignore_index=True).array


def _window(notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is known of all frames: the report, and their window where it has no gap."""
    if len({note.get("report") for note in notes}) > 1 or not all("start" in note for note in notes):
        return {}
    spans = sorted((pd.Timestamp(note["start"]), pd.Timestamp(note["end"])) for note in notes)
    reached = spans[0][1]
    for start, end in spans[1:]:
        if start > reached:
            return {"report": notes[0]["report"]}
        reached = max(reached, end)
    asked = [note.get("asked") for note in notes]
    return {
        "report": notes[0]["report"],
        "start": spans[0][0].isoformat(),
        "end": reached.isoformat(),
        "asked": min(map(str, asked)) if all(asked) else None,
    }
