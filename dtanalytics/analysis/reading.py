"""Bring the columns that an analysis needs into pandas, in the dtypes of a load.

What an analysis needs of a frame is brought into pandas and read once, at its door; behind it every
column is what `dtanalytics.schema` declares. Columns that a load made are recognised by their dtype
and handed on as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics import columns as read
from dtanalytics.analysis.parts_of_time import cut, derived, keys_of
from dtanalytics.columns.callers import CALLERS, is_respelled, one_spelling
from dtanalytics.columns.kinds import TEXT, plain
from dtanalytics.columns.labels import has_empty
from dtanalytics.columns.levels import check_levels
from dtanalytics.columns.listed import LISTED, is_listed, listed
from dtanalytics.columns.numbering import are_ten_digits
from dtanalytics.columns.remembered import remembered
from dtanalytics.columns.unsaid import check_said
from dtanalytics.duplicates import warn_duplicates
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.money import currency
from dtanalytics.schema import BIDS, LEADFLOW, Field

FIELDS: dict[str, Field] = {
    **BIDS.by_name,
    **{f"bid_{name}": field for name, field in BIDS.by_name.items()},  # as `join_calls` names them
    **LEADFLOW.by_name,
}
"""Column -> what a load makes of it."""
DERIVED = ("call_day", "call_hour")
"""Columns that can be worked out where the time of the call is there."""
_DISPUTED = "contest_qualification"
"""Only DialogTech says it; who needs it leaves what follows from it null."""
_TIMES = (LEADFLOW.time, BIDS.time)
_ZIPS = frozenset({"entered_zip", "zipcode", "bid_zipcode"})


def columns_of(frame: Any) -> list[str]:
    """Names of the columns of a frame of any engine, without reading it; those that can be derived too."""
    names = native_columns(frame)
    if any(time in names for time in _TIMES):
        names += [name for name in DERIVED if name not in names]
    return names


def is_scan(frame: Any) -> bool:
    """Tell whether calls are a scan: files that have not been read."""
    return not isinstance(frame, pd.DataFrame) and hasattr(frame, "as_calls")


def native_columns(frame: Any) -> list[str]:
    """Names of the columns that a frame of any engine has."""
    if isinstance(frame, pd.DataFrame) or hasattr(frame, "map_partitions") or is_scan(frame):
        return list(frame.columns)
    if isinstance(frame, pa.RecordBatch):
        return list(frame.schema.names)
    import narwhals as nw

    try:
        return list(nw.from_native(frame).collect_schema().names())
    except TypeError:
        more = "; read it first, with .read_all()" if isinstance(frame, pa.RecordBatchReader) else ""
        raise SchemaError(
            "calls come as pandas, pyarrow, Polars, DuckDB relation, Dask or scan(), not as "
            f"{type(frame).__name__}{more}"
        ) from None


def check_frame(frame: Any, argument: str) -> None:
    """Raise InputError, which names the argument, where it is no frame of calls of any engine."""
    try:
        native_columns(frame)
    except SchemaError as error:
        raise InputError(f"{argument}: {error}") from None


def require(columns: Iterable[str], needed: Iterable[str], what: str = "calls") -> None:
    """Raise SchemaError where columns are needed that are not there, and name all of them."""
    known = list(columns)
    lacking = [name for name in dict.fromkeys(needed) if name not in known]
    if len(lacking) == 1:
        raise SchemaError(f"the {what} have no column {lacking[0]!r}: {nearest(lacking[0], known)}")
    if lacking:
        listed = ", ".join(map(repr, lacking))
        raise SchemaError(f"the {what} have none of the columns {listed}: load them too (columns=), or all")


def local(
    frame: Any, needed: Iterable[str], useful: Iterable[str] = (), *, warn: bool = True
) -> pd.DataFrame:
    """Bring columns of a frame of any engine into pandas, in a load's dtypes, rows numbered from 0.

    Parameters
    ----------
    frame : frame
        pandas, Arrow, Polars, DuckDB, Dask or a scan; pandas columns that are as loaded are not copied,
        and of a scan only these columns of its days are read.
    needed, useful : iterable of str
        Columns that must be there, and those that are taken if they are, in this order; a name may be
        asked for twice. ``call_day`` and ``call_hour`` are worked out where only the time is there, and
        "week", "weekday" and the other words of `rollup` from the day or the time.
    warn : bool, default True
        Warn of calls that stand in the frame more than once, since their money does too.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SchemaError
        A column is missing, stands twice, or holds what it cannot.
    """
    if warn:
        warn_duplicates(frame)
    native, known = native_columns(frame), columns_of(frame)
    wanted = list(dict.fromkeys(needed))
    parts = keys_of(wanted, known, native)
    check_levels(frame, wanted, [*known, *parts])
    require([*known, *parts], wanted)
    check_said(frame, [name for name in wanted if name != _DISPUTED], native)
    wanted += [name for name in dict.fromkeys(useful) if name in known and name not in wanted]
    made = [name for name in wanted if name not in native]
    time = next((name for name in _TIMES if name in native), None)
    sources = [name for name in wanted if name in native]
    if set(made) - set(parts) and time not in sources:
        sources.append(str(time))
    sources += [key.column for key in parts.values() if key.column not in sources]
    for name in sources:
        if native.count(name) > 1:
            raise SchemaError(
                f"{native.count(name)} columns are called {name!r}: drop or rename all but one of them"
            )
    calls = as_loaded(_columns_in_pandas(frame, sources))
    if made:
        calls = calls.assign(
            **{n: cut(calls, parts[n]) if n in parts else derived(calls[time], n) for n in made}
        )
    return calls if list(calls.columns) == wanted else calls[wanted]


def _columns_in_pandas(frame: Any, names: Sequence[str]) -> pd.DataFrame:
    """Columns as they are, in pandas."""
    names = list(names)
    if isinstance(frame, pd.DataFrame):
        known = frame.columns.tolist()
        chosen = frame.iloc[:, [known.index(name) for name in names]]  # in half of the time of frame[names]
        numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.equals(pd.RangeIndex(len(frame)))
        return chosen if numbered else chosen.reset_index(drop=True)
    if is_scan(frame):
        return pd.DataFrame(frame.to_pandas(names))
    if hasattr(frame, "map_partitions"):
        return pd.DataFrame(frame[names].compute().reset_index(drop=True))
    import narwhals as nw

    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    asked = nw.from_native(frame).select(names)
    table = asked.collect("pyarrow") if isinstance(asked, nw.LazyFrame) else asked
    arrow = table.to_arrow()
    if not names:
        return pd.DataFrame(index=range(arrow.num_rows))
    return pd.DataFrame(arrow.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True))


def as_loaded(calls: pd.DataFrame) -> pd.DataFrame:
    """Give the columns of calls the dtypes of a load; the frame itself where they have them."""
    read_anew = {}
    for name, dtype in zip(calls.columns, calls.dtypes, strict=True):
        field = FIELDS.get(name)
        if field is None:
            if isinstance(dtype, pd.ArrowDtype):
                read_anew[name] = plain(calls[name])
        elif not _is_loaded(calls, name, dtype, field):
            read_anew[name] = as_field(calls[name], field)
    return calls.assign(**read_anew) if read_anew else calls


def _is_loaded(calls: pd.DataFrame, name: str, dtype: Any, field: Field) -> bool:
    """Tell by its dtype whether a column is as loaded; of text see that none is empty."""
    if field.kind == "name":
        is_category = isinstance(dtype, pd.CategoricalDtype) and dtype.categories.dtype == TEXT
        return is_category and _in_order(dtype) and is_listed(dtype.categories, field.name)
    if field.kind == "text":
        if dtype != TEXT:
            return False
        if field.name in CALLERS and remembered(calls[name], are_ten_digits):
            return True  # none is empty, and each number is spelled in one way
        if remembered(calls[name], has_empty):
            return False
        return field.name not in CALLERS or not remembered(calls[name], is_respelled)
    if field.kind == "flag":
        return dtype.kind == "b" and not isinstance(dtype, pd.ArrowDtype)
    if field.kind in {"money", "minutes"}:
        return bool(dtype == np.float64)
    if field.kind in {"time", "day"}:
        return str(dtype) == field.pandas
    return dtype.kind in "iu" and not isinstance(dtype, pd.ArrowDtype)


def as_field(column: pd.Series[Any], field: Field) -> pd.Series[Any]:
    """Read a column of any dtype as what a load makes of such a field.

    Parameters
    ----------
    column : Series
        Of any dtype that `dtanalytics.columns` reads.
    field : Field
        Says what the column is.

    Returns
    -------
    Series
        In the dtype of a load; names may be ``str`` instead of ``category``, numbers that do not fit
        ``Int64``, seconds that are not whole ``float64``.

    Raises
    ------
    SchemaError
        The column holds something else.

    Examples
    --------
    >>> as_field(pd.Series(["Y", None]), LEADFLOW.by_name["offer_qualified"]).tolist()
    [True, <NA>]
    """
    return pd.Series(_READERS[field.kind](column, field), column.index, name=column.name)


def _in_order(kind: pd.CategoricalDtype[Any]) -> bool:
    """Tell whether categories are in the order of their text, or in one of their own."""
    return bool(kind.ordered or kind.categories.is_monotonic_increasing)


def _name(column: pd.Series[Any], field: Field) -> Any:
    names = listed(column) if field.name in LISTED else read.names(column)
    if isinstance(names.dtype, pd.CategoricalDtype) and not _in_order(names.dtype):
        names = names.cat.reorder_categories(names.cat.categories.sort_values())
    return names.array


def _text(column: pd.Series[Any], field: Field) -> Any:
    texts = read.ids(column)
    if field.name in _ZIPS and plain(column).dtype.kind in "iufO":
        is_number = np.array([not isinstance(value, str) for value in plain(column)], dtype=bool)
        texts = texts.mask(is_number, texts.str.zfill(5))  # it has lost the zeros that a ZIP code begins with
    return (one_spelling(texts) if field.name in CALLERS else texts).array


def _flag(column: pd.Series[Any], _: Field) -> Any:
    values, known = read.flags(column)
    return pd.arrays.BooleanArray(np.array(values, dtype=bool), ~known)


def _amount(column: pd.Series[Any], _: Field) -> Any:
    values, known = read.money(column)
    return np.where(known, currency(values), np.nan)


def _count(column: pd.Series[Any], field: Field) -> Any:
    if field.unit != "s":
        return _integers(*read.counts(column), field)
    seconds = read.seconds(column)
    known = ~np.isnan(seconds)
    whole = np.nan_to_num(seconds).astype(np.int64)
    if not np.array_equal(whole[known], seconds[known]):
        return seconds
    return _integers(whole, known, field)


def _integers(values: Any, known: Any, field: Field) -> Any:
    """Whole numbers in the dtype that the field has, or in a wider one that they fit into."""
    limits = np.iinfo(field.arrow.to_pandas_dtype())
    fits = values.min(initial=0) >= limits.min and values.max(initial=0) <= limits.max
    numbers = pd.arrays.IntegerArray(values, ~known)
    return pd.Series(numbers).astype(field.pandas).array if fits else numbers  # type: ignore[call-overload]  # a name of a dtype


def _time(column: pd.Series[Any], _: Field) -> Any:
    return read.times(column).array


def _day(column: pd.Series[Any], _: Field) -> Any:
    return read.days(column).array


_READERS: dict[str, Callable[[pd.Series[Any], Field], Any]] = {
    "name": _name,
    "text": _text,
    "flag": _flag,
    "money": _amount,
    "minutes": _amount,
    "int8": _count,
    "int32": _count,
    "int64": _count,
    "time": _time,
    "day": _day,
}
