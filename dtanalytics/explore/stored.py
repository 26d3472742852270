"""The table of a board's numbers in DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dtanalytics.rollup.time_keys import quoted


class Stored:
    """The board's table, whose columns are as narrow as their numbers allow."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.types: dict[str, np.dtype[Any]] = {}

    def add(self, coded: Mapping[str, Any]) -> None:
        """Add the numbers of a piece; a masked one is null."""
        anew = not self.types
        for name, values in coded.items():
            wanted, before = _least_type(values), self.types.get(name)
            if before is not None and wanted.itemsize > before.itemsize:
                kind = f"INT{wanted.itemsize}"
                self.connection.execute(f"ALTER TABLE calls ALTER {quoted(name)} TYPE {kind}")
            if before is None or wanted.itemsize > before.itemsize:
                self.types[name] = wanted
        columns = {
            name: pa.array(
                np.ma.getdata(values).astype(self.types[name]),
                mask=np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None,
            )
            for name, values in coded.items()
        }
        self.connection.register("piece", pa.table(columns))
        self.connection.execute(
            "CREATE TABLE calls AS FROM piece" if anew else "INSERT INTO calls FROM piece"
        )
        self.connection.unregister("piece")

    def multiply(self, name: str, factor: int) -> None:
        """Multiply the numbers that are there, because those to come are in a finer unit."""
        if name in self.types:
            self.types[name] = np.dtype(np.int64)
            column = quoted(name)
            self.connection.execute(f"ALTER TABLE calls ALTER {column} TYPE INT8")
            self.connection.execute(f"UPDATE calls SET {column} = {column} * {factor}")  # noqa: S608 - quoted


def _least_type(numbers: Any) -> np.dtype[Any]:
    """Return the narrowest signed type that holds whole numbers."""
    plain = np.ma.getdata(numbers)
    low, high = int(plain.min(initial=0)), int(plain.max(initial=0))
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.int64)
