"""What the analyses share: columns of any frame as plain arrays, and money as exact integers.

Money is counted in ten-thousandths of a currency unit, the finest that the services send, so that
sums do not depend on the order of the rows and every table ties to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.rollup import rollup

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

UNITS = 10_000
"""Units in one of the currency."""


def as_list(by: str | Sequence[str] | None) -> list[str]:
    """Read one name, several or none as a list."""
    return [by] if isinstance(by, str) else list(by or [])


def require(columns: Iterable[str], needed: Iterable[str], what: str = "calls") -> None:
    """Raise SchemaError for the first column that is needed and not there."""
    known = list(columns)
    for name in needed:
        if name not in known:
            raise SchemaError(f"the {what} have no column {name!r}: {nearest(name, known)}")


def local(frame: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Bring the named columns of a frame of any engine into pandas, rows numbered from 0.

    Parameters
    ----------
    frame : frame
        pandas, Arrow, Polars, DuckDB or Dask; pandas columns are not copied.
    columns : sequence of str
        In the order wanted; a name may be asked for twice.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SchemaError
        A column is missing.
    """
    wanted = list(dict.fromkeys(columns))
    require(columns_of(frame), wanted)
    if isinstance(frame, pd.DataFrame):
        return frame[wanted].reset_index(drop=True)
    if hasattr(frame, "map_partitions"):
        return pd.DataFrame(frame[wanted].compute().reset_index(drop=True))
    chosen = nw.from_native(frame).select(wanted)
    table = chosen.collect() if isinstance(chosen, nw.LazyFrame) else chosen
    return pd.DataFrame(table.to_pandas())


def columns_of(frame: Any) -> list[str]:
    """Names of the columns of a frame of any engine, without reading it."""
    if isinstance(frame, pd.DataFrame) or hasattr(frame, "map_partitions"):
        return list(frame.columns)
    return list(nw.from_native(frame).collect_schema().names())


def measured(frame: Any, by: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    """Roll up a frame of any engine, and bring the table, small by now, into pandas."""
    table = rollup(frame, list(by) or None, list(metrics))
    return local(table, columns_of(table))


def units(values: Any) -> Ints:
    """Money as integers of 1/10,000 currency unit; a missing amount is zero.

    Examples
    --------
    >>> units(pd.Series([37.25, None, 46.3333])).tolist()
    [372500, 0, 463333]
    """
    series = pd.Series(values)
    if series.dtype == object:
        return np.array([_unit(value) for value in series], dtype=np.int64)
    amounts = series.to_numpy(dtype=np.float64, na_value=0.0)
    return np.asarray(np.rint(np.nan_to_num(amounts) * UNITS), dtype=np.int64)


def _unit(value: Any) -> int:
    if value is None or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return 0
    return int((Decimal(str(value)) * UNITS).to_integral_value())


def currency(amounts: Any) -> Floats:
    """Integers of 1/10,000 currency unit as money.

    Examples
    --------
    >>> currency([372500, -1]).tolist()
    [37.25, -0.0001]
    """
    return np.asarray(amounts, dtype=np.int64) / UNITS


def true(values: pd.Series) -> Bools:
    """Where a flag is set; an unknown flag is not."""
    return np.asarray(values.astype("boolean").to_numpy(dtype=bool, na_value=False))


def known(values: pd.Series) -> Bools:
    """Where a value is not null."""
    return np.asarray(values.notna())


def numbers(values: pd.Series) -> Floats:
    """Counts and seconds as floats; null is NaN."""
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def seconds_since_epoch(times: pd.Series) -> Ints:
    """Microseconds since 1970 of times, whatever their resolution and time zone."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    elif times.dtype.kind != "M":
        raise InputError(f"{times.name!r} holds {times.dtype}, not times")
    return np.asarray(times.to_numpy(dtype="datetime64[us]").view(np.int64))


def group_codes(frame: pd.DataFrame, by: Sequence[str]) -> tuple[Ints, pd.DataFrame]:
    """Number the groups of a frame; a null is a group of its own.

    Returns
    -------
    (codes, keys)
        A number per row, and the frame of the groups' names, sorted, one row a number.
    """
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(min(len(frame), 1)))
    frame = frame.assign(**{name: _in_order(frame[name]) for name in by})
    grouped = frame.groupby(list(by), observed=True, dropna=False, sort=True)
    codes = np.asarray(grouped.ngroup().to_numpy(), dtype=np.int64)
    first = np.empty(grouped.ngroups, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(frame))[::-1]
    return codes, frame[list(by)].iloc[first].reset_index(drop=True)


def _in_order(names: pd.Series) -> pd.Series:
    """Put categories into the order of their text, as in every table; an order of their own stays."""
    kind = names.dtype
    if not isinstance(kind, pd.CategoricalDtype) or kind.ordered or kind.categories.is_monotonic_increasing:
        return names
    return names.cat.reorder_categories(kind.categories.sort_values())


def sums(codes: Ints, groups: int, values: Ints) -> Ints:
    """Add up integers by group, exactly."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, codes, values)
    return total


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Divide; null where the denominator is zero or missing."""
    top = np.asarray(numerator, dtype=np.float64)
    bottom = np.asarray(denominator, dtype=np.float64)
    out = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=out, where=(bottom != 0) & ~np.isnan(bottom))
    return out
