"""Calls as narrow columns of whole numbers in a database of the board's own, for sums in a moment.

Names become numbers, money whole multiples of 1/10,000, times days and hours. No column that identifies
a person is taken over unless the user asked for it.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dtanalytics import columns
from dtanalytics.analysis.money.state_map import NAMES
from dtanalytics.analysis.reading import as_loaded
from dtanalytics.errors import InputError
from dtanalytics.explore.plan import Plan
from dtanalytics.explore.stored import Stored
from dtanalytics.metrics.measures import Measure, kind_of
from dtanalytics.rollup.codes import DAY_US, MISSING, Finer, encode, holds, key_codes, scaled, wall_clock
from dtanalytics.rollup.frame_columns import Columns, loaded
from dtanalytics.rollup.keys import Key
from dtanalytics.rollup.time_keys import quoted
from dtanalytics.scan.lazy import Scan

NO_TALK = -1
"""Stands for an unknown talk time."""
WIDTH, LONGEST = 10, 600
"""Classes of talk time: their width, and where the last one begins, which has no end [s]."""
_SMALL_KEYS = 20
"""Bits up to which DuckDB counts groups in a table of all of them, which is faster than hashing."""
STATE = "(state)"
"""Where `Rows.labels` has the states as written: the column may be one of ``by`` too."""
OFFER = "(offer)"
"""Where it has the offers, whose buffers are drawn."""
_CALLERS = "(caller)"
TILES = sorted(NAMES)
"""States in the order of their numbers, which begin at 1."""
_BATCH = 1_000_000

Ints = npt.NDArray[np.int64]


@dataclass
class Rows:
    """The calls of a board.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds the table ``calls``: ``d0, d1, ...`` (numbers of names; 0: null), ``day`` (since 1970; may be
        null), ``week`` (1 + 24 * weekday + hour), ``talk`` [s] and its ``class``, ``tile`` (number of the
        state), ``s`` (number of the state as written), ``o`` (number of the offer) and ``m_<measure>``.
    labels : dict
        Column -> its values, in the order of their numbers, the first of which is 1.
    scales : dict
        Measure -> what its sums are divided by.
    days : (int, int)
        First day, and the day after the last one, since 1970.
    count : int
        Number of calls.
    """

    connection: Any
    labels: dict[str, list[Any]] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    days: tuple[int, int] = (0, 0)
    count: int = 0


def read_rows(calls: Any, plan: Plan) -> Rows:
    """Read what a board needs, once; a scan piece by piece, into a file of its own."""
    import duckdb

    folder = None
    if isinstance(calls, Scan):
        folder = tempfile.mkdtemp(prefix="dtanalytics-")  # 0700
        limit = {} if calls.memory_limit is None else {"memory_limit": calls.memory_limit}
        connection = duckdb.connect(str(Path(folder, "board.duckdb")), config=dict(limit))
    else:
        connection = duckdb.connect()
    connection.execute(f"SET perfect_ht_threshold = {_SMALL_KEYS}")
    rows = Rows(connection)
    if folder is not None:
        weakref.finalize(rows, _close, connection, folder)
    numbers: dict[str, dict[Any, int]] = {}
    stored = Stored(connection)
    for frame in _pieces(calls, plan):
        coded = _coded(Columns(frame), plan, rows, numbers, stored)
        stored.add(coded)
        rows.count += len(frame)
    rows.labels = {name: list(found) for name, found in numbers.items() if name != _CALLERS}
    ((low, high),) = connection.execute("SELECT min(day), max(day) FROM calls").fetchall()
    rows.days = (0, 0) if low is None else (low, high + 1)
    return rows


def _close(connection: Any, folder: str) -> None:
    connection.close()
    shutil.rmtree(folder, ignore_errors=True)


def _pieces(calls: Any, plan: Plan) -> Iterator[pd.DataFrame]:
    """Cut calls into pieces that take little memory, where each column can be read by its parts."""
    needed = plan.needs
    if isinstance(calls, Scan):
        chosen = calls.relation.project(", ".join(map(quoted, needed)))
        empty = True
        for batch in chosen.to_arrow_reader(_BATCH):
            empty = False
            yield _in_pandas(pa.Table.from_batches([batch]))
        if empty:
            yield _in_pandas(chosen.limit(0).to_arrow_table())
    elif isinstance(calls, pd.DataFrame):
        labels = [name for name in needed if isinstance(calls.dtypes.get(name), pd.CategoricalDtype)]
        labels = [name for name in labels if kind_of(name) in {"name", ""}]  # in whatever order
        others = calls[[name for name in needed if name not in labels]]
        if len(calls) > _BATCH and as_loaded(others) is others:
            part = calls[needed]
            for start in range(0, len(part), _BATCH):
                yield part.iloc[start : start + _BATCH]
        else:  # how dates and amounts are written is seen in the whole column
            yield calls
    else:
        yield _in_pandas(nw.from_native(calls, eager_only=True).select(needed).to_arrow())


def _in_pandas(table: pa.Table) -> pd.DataFrame:
    return as_loaded(table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True))


def _coded(
    frame: Columns, plan: Plan, rows: Rows, numbers: dict[str, dict[Any, int]], stored: Stored
) -> dict[str, Any]:
    """Return the columns of one piece as whole numbers."""
    made: dict[str, Any] = {}
    for at, name in enumerate(plan.by):
        made[f"d{at}"] = _numbered(frame, name, numbers)
    moments = np.full(len(frame), MISSING, dtype=np.int64)
    if plan.day is not None:
        moments = wall_clock(frame[plan.day.column]).to_numpy().view(np.int64)
    days, unknown = moments // DAY_US, moments == MISSING
    made["day"] = np.ma.array(np.where(unknown, 0, days), mask=unknown)
    if plan.hour is not None and plan.day is not None:
        made["week"] = _week(frame, plan.hour, days, ~unknown)
    if plan.talk is not None:
        made["talk"] = talk = _talk(frame[plan.talk], plan.talk_factor)
        made["class"] = np.where(talk < 0, 0, np.minimum(talk, LONGEST) // WIDTH + 1).astype(np.int8)
    if plan.offer is not None:
        made["o"] = _numbered(frame, plan.offer, numbers, OFFER)
    if plan.state is not None:
        made |= _states(frame, plan.state, numbers)
    for name, measure in plan.measures.items():
        if measure.counts and not measure.where:
            rows.scales[name] = 1  # rows are counted, without a column
        elif measure.distinct:
            rows.scales[name] = 1
            made[f"m_{name}"] = _callers(frame, str(measure.value), numbers)
        else:
            made[f"m_{name}"] = _units(frame, measure, name, rows, stored)
    return made


def _numbered(frame: Columns, name: str, numbers: dict[str, dict[Any, int]], as_: str | None = None) -> Ints:
    """Number the values of a column from 1, the same in all pieces; 0 is null."""
    codes = key_codes(frame, Key(name, name))
    known = numbers.setdefault(as_ or name, {})
    table = np.zeros(codes.size, dtype=np.int64)
    for at, value in enumerate(codes.labels.tolist()):
        table[at] = known.setdefault(value, len(known) + 1)
    numbered: Ints = table[codes.codes]
    return numbered


def _callers(frame: Columns, name: str, numbers: dict[str, dict[Any, int]]) -> Any:
    """Number the callers; an unknown one is null, which no count of different ones counts."""
    codes = encode(frame.read(name, "caller"))
    known = numbers.setdefault(_CALLERS, {})
    table = np.array([*(known.setdefault(one, len(known) + 1) for one in codes.labels.tolist()), 0])
    found = table[codes.codes]
    return np.ma.array(found, mask=found == 0)


def _week(frame: Columns, key: Key, days: Ints, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    hours = key_codes(frame, key)
    hour = np.append(np.asarray(hours.labels, dtype=np.int64), -1)[hours.codes]
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    return np.where(known & (hour >= 0) & (hour < 24), weekday * 24 + hour + 1, 0).astype(np.int16)


def _talk(column: pd.Series[Any], factor: int) -> npt.NDArray[np.int32]:
    if factor == 1:
        seconds = columns.seconds(column)
    else:
        seconds = np.round(np.asarray(columns.numbers(column), dtype=np.float64) * factor, 3)
    known = np.isfinite(seconds) & (seconds >= 0)
    return np.where(known, np.floor(np.where(known, seconds, 0)), NO_TALK).astype(np.int32)


def _states(frame: Columns, name: str, numbers: dict[str, dict[Any, int]]) -> dict[str, Any]:
    """Return the number of each call's state as written, and of the tile that it means."""
    written = _numbered(frame, name, numbers, STATE)
    tiles = np.array([0, *(tile_of(value) for value in numbers[STATE])])
    return {"s": written, "tile": tiles[written]}


_CODES: Mapping[str, int] = {
    **{code: at for at, code in enumerate(TILES, 1)},
    **{NAMES[code].upper(): at for at, code in enumerate(TILES, 1)},
}


def tile_of(value: object) -> int:
    """Return the number of a state by its code or name in any case; 0 for anything else."""
    return _CODES.get(str(value).strip().upper(), 0)


def _units(frame: Columns, measure: Measure, name: str, rows: Rows, stored: Stored) -> Ints:
    """Return what each call adds to a measure, as whole multiples of ``1 / scale``."""
    passes = np.ones(len(frame), dtype=bool)
    for condition in measure.where:
        passes &= holds(frame, condition)
    if measure.counts:
        rows.scales[name] = 1
        return passes.astype(np.int64)
    units, scale = _values(frame, measure)
    units = np.where(passes, units, 0) * measure.factor
    before = rows.scales.setdefault(name, scale)
    if scale > before:  # this piece has more decimals than those before it
        stored.multiply(f"m_{name}", scale // before)
        rows.scales[name] = scale
    return units * (rows.scales[name] // scale)


def _values(frame: Columns, measure: Measure) -> tuple[Ints, int]:
    if measure.rows is None and loaded(frame[str(measure.value)], measure):
        column = frame[str(measure.value)]
        if measure.scale == 1:
            return column.fillna(0).to_numpy(dtype=np.int64), 1
        try:
            return scaled(column.to_numpy(), measure.scale, str(measure.value)), measure.scale
        except Finer:
            pass
    units, decimals = frame.exact(replace(measure, finer=None))
    return units, int(10**decimals)


def positions_in(calls: Any, positions: Ints) -> Any:
    """Return some rows of a frame that is held in memory, in the kind that it is."""
    if isinstance(calls, pd.DataFrame):
        return calls.iloc[positions]
    native = nw.from_native(calls, eager_only=True)
    return native[positions.tolist()].to_native()


def has_zone(calls: Any, column: str) -> bool:
    """Tell whether the times of a column have a zone; false for clock time."""
    if isinstance(calls, Scan):
        return True
    kind = nw.from_native(calls[[column]] if isinstance(calls, pd.DataFrame) else calls).collect_schema()[
        column
    ]
    return not isinstance(kind, nw.Datetime) or kind.time_zone is not None


def checked_calls(calls: Any) -> Any:
    """Return calls that a board takes: pandas, Arrow, Polars or a scan.

    Raises
    ------
    InputError
        It is anything else.
    """
    if isinstance(calls, Scan | pd.DataFrame):
        return calls
    if isinstance(calls, pa.RecordBatch):
        return pa.Table.from_batches([calls])
    try:
        nw.from_native(calls, eager_only=True)
    except TypeError:
        raise InputError(
            "explore takes calls as pandas, pyarrow or Polars, or dta.scan(...), which may be larger than "
            f"memory, not {type(calls).__name__}"
        ) from None
    return calls
