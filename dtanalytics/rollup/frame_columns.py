"""Columns of a pandas frame as measures and keys read them: those of loaded calls as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics import columns
from dtanalytics.columns.callers import one_spelling
from dtanalytics.columns.kinds import is_object, is_odd, plain
from dtanalytics.columns.listed import LISTED, listed
from dtanalytics.errors import SchemaError
from dtanalytics.metrics.measures import Measure, Role, kind_of
from dtanalytics.rollup.groups import Ints

_KIND_ROLES: dict[str, Role] = {
    "flag": "flag",
    "money": "number",
    "minutes": "number",
    "int8": "number",
    "int32": "number",
    "int64": "number",
    "time": "time",
    "day": "day",
}


class Columns:
    """The columns of a frame, each read once for each purpose."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._plain: dict[str, pd.Series[Any]] = {}
        self._read: dict[tuple[str, str], pd.Series[Any]] = {}
        self._exact: dict[tuple[str, int], tuple[Ints, int]] = {}

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """Return a column as it is."""
        found = self._plain.get(name)
        if found is not None:
            return found
        column: Any = self.frame[name]
        if isinstance(column, pd.DataFrame):
            raise SchemaError(f"the frame has {column.shape[1]} columns called {name!r}: drop or rename one")
        found = plain(column) if is_odd(column.dtype) or is_object(column.dtype) else column  # or bytes
        self._plain[name] = found
        return found

    def read(self, name: str, role: Role) -> pd.Series[Any]:
        """Return a column as what it is tested or counted as."""
        found = self._read.get((name, role))
        if found is None:
            reader = listed if role == "text" and name in LISTED else _READERS[role]
            found = self._read[name, role] = reader(self[name])
        return found

    def typed(self, name: str) -> pd.Series[Any]:
        """Return a column of a report as what its kind says; a column of the user's own as it is."""
        role = _KIND_ROLES.get(kind_of(name), "text" if kind_of(name) else None)
        return plain(self[name]) if role is None else self.read(name, role)

    def exact(self, measure: Measure) -> tuple[Ints, int]:
        """Return the values of a measure as whole numbers, and their decimals."""
        least = measure.decimals
        if measure.rows is not None:
            import narwhals as nw

            table = nw.from_native(pd.DataFrame({name: self.typed(name) for name in measure.reads}))
            value = table.select(value=measure.rows)["value"].to_native()
            return columns.exact(value.astype("Int64") if value.dtype.kind == "b" else value, least)
        name = str(measure.value)
        if (name, least) not in self._exact:
            column = plain(self[name])
            if kind_of(name) in {"int8", "int32", "int64"} and column.dtype.kind in "OUm":
                column = pd.Series(columns.seconds(column), name=name)
            self._exact[name, least] = columns.exact(column, least, money=kind_of(name) == "money")
        return self._exact[name, least]


def loaded(column: pd.Series[Any], measure: Measure) -> bool:
    """Tell whether a column that is summed has the dtype that the loaders give it."""
    numpy = isinstance(column.dtype, np.dtype)
    if measure.scale == 1:
        return column.dtype.kind in "iu" and not isinstance(column.dtype, pd.ArrowDtype)
    return numpy and column.dtype == np.float64


def _flag(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype.kind == "b" and not isinstance(column.dtype, pd.ArrowDtype):
        return column
    filled, known = columns.flags(column)
    return pd.Series(pd.arrays.BooleanArray(filled, ~known), column.index, name=column.name)


def _number(column: pd.Series[Any]) -> pd.Series[Any]:
    if column.dtype.kind in "iuf" and not isinstance(column.dtype, pd.ArrowDtype):
        return column
    return pd.Series(columns.numbers(column), column.index, name=column.name)


_READERS: dict[str, Any] = {
    "flag": _flag,
    "number": _number,
    "text": columns.names,
    "present": plain,
    "time": columns.times,
    "day": columns.days,
    "caller": lambda column: one_spelling(columns.ids(column)),
}
