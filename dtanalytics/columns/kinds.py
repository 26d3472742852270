"""What a column of a frame really holds, and how a column is refused that holds something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dtanalytics.errors import SchemaError
from dtanalytics.schema import REPORTS

Bools = npt.NDArray[np.bool_]
TEXT = pd.StringDtype(na_value=np.nan)
"""pandas' own ``str``."""

_PERSONAL = frozenset(name for report in REPORTS.values() for name in report.personal())
_PERSON = re.compile(r"@|\+?1?[\s.-]*\(?\d{3}\)?[\s.-]*\d{3}[\s.-]*\d{4}(?!\d)")
_TELEPHONE = re.compile(r"1?[2-9]\d{9}(?:\.0)?")
_LONGEST = 40
_NULLABLE = {
    pa.bool_(): pd.BooleanDtype(),
    **{getattr(pa, f"int{bits}")(): getattr(pd, f"Int{bits}Dtype")() for bits in (8, 16, 32, 64)},
    **{getattr(pa, f"uint{bits}")(): getattr(pd, f"UInt{bits}Dtype")() for bits in (8, 16, 32, 64)},
}


_DECIMAL_BITS = 128


class Values(NamedTuple):
    """Values of a column, one a row, and which of them are known; an unknown one is 0 or False."""

    filled: npt.NDArray[Any]
    known: Bools


_ODD = ("dictionary", "string_view", "Sparse", "binary", "large_binary", "fixed_size_binary")


def is_odd(dtype: Any) -> bool:
    """Tell whether a dtype is one that pandas can hardly group, take from or test."""
    return isinstance(dtype, pd.ArrowDtype | pd.SparseDtype) and str(dtype).startswith(_ODD)


def is_object(dtype: Any) -> bool:
    """Tell whether a dtype is that of Python objects (to compare a dtype with ``object`` takes longer)."""
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Give a column of Arrow's, a sparse one, or one of bytes pandas' own dtype; others stay as they are.

    Text becomes ``str``, bytes as well (UTF-8), a dictionary of text ``category``. Decimals stay Arrow's:
    pandas has no other dtype for them.

    Raises
    ------
    SchemaError
        Bytes that are no UTF-8.
    """
    if is_object(column.dtype):
        return _decoded(column)
    if not isinstance(column.dtype, pd.ArrowDtype):
        sparse = isinstance(column.dtype, pd.SparseDtype)
        return cast("pd.Series[Any]", cast("Any", column).sparse.to_dense()) if sparse else column
    kind = column.dtype.pyarrow_dtype
    array = cast("Any", column.array).__arrow_array__()
    if pa.types.is_dictionary(kind) and not is_text(kind.value_type):
        kind, array = kind.value_type, array.cast(kind.value_type)
    if pa.types.is_string_view(kind) or _is_binary(kind):  # pyarrow has few functions for text views
        try:
            if pa.types.is_fixed_size_binary(kind):
                array = array.cast(pa.large_binary())
            array = array.cast(pa.large_string())
        except pa.ArrowInvalid:
            raise _no_text(column) from None
    if pa.types.is_decimal(kind):
        if kind.bit_width < _DECIMAL_BITS:  # pyarrow has few functions for short ones
            kind = pa.decimal128(38, kind.scale)
        return column.astype(pd.ArrowDtype(kind))
    made = array.to_pandas(types_mapper=_NULLABLE.get, date_as_object=False)
    return pd.Series(made.array, column.index, name=column.name)


def _decoded(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read the bytes of a column of objects as text; other objects stay as they are."""
    if pd.api.types.infer_dtype(column, skipna=True) != "bytes":
        return column
    try:
        return column.map(bytes.decode, na_action="ignore")
    except UnicodeDecodeError:
        raise _no_text(column) from None


def _no_text(column: pd.Series[Any]) -> SchemaError:
    return refused(column, "bytes that are no UTF-8", "decode them, with .str.decode(encoding)")


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests) or bool(pa.types.is_fixed_size_binary(kind))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether an Arrow type is one of the types of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def distinct(column: pd.Series[Any], what: str) -> tuple[npt.NDArray[np.intp], list[Any]]:
    """Number the different values of a column of objects, text or numbers; -1 is null."""
    try:
        codes, found = pd.factorize(column)
    except TypeError:  # lists, dicts
        raise refused(column, f"values that are no {what}", f"give it {what}") from None
    return codes, list(found)


def taken(codes: npt.NDArray[np.intp], values: npt.NDArray[Any], known: Bools) -> Values:
    """Spread what was read from the different values over the rows again."""
    values, known = np.append(values, values.dtype.type(0)), np.append(known, [False])
    return Values(values[codes], known[codes])  # -1, null, picks the last


def by_category(column: pd.Series[Any], read: Callable[[pd.Series[Any]], pd.Series[Any]]) -> pd.Series[Any]:
    """Read the categories of a column instead of its rows."""
    words = read(pd.Series(column.cat.categories.array, name=column.name)).array
    codes = column.cat.codes.to_numpy()
    return pd.Series(words.take(codes, allow_fill=True), column.index, name=column.name)


def as_decimal(value: Any) -> Decimal | None:
    """Return a number as it is written; None where the value is no number. A flag is none."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / value.denominator
    number = isinstance(value, Real) and type(value) not in {bool, np.bool_}
    return Decimal(str(value)) if number else None


def shown(value: Any, name: Any) -> str:
    """Write a value for a message, unless it may identify a person."""
    text = repr(value) if isinstance(value, str) else str(value)
    person = _PERSON.search(text) if isinstance(value, str) else _TELEPHONE.fullmatch(text)
    if name in _PERSONAL or person:
        return "a value that may be personal (not shown)"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"


def refused(column: pd.Series[Any], holds: str, remedy: str) -> SchemaError:
    """Return the error that says what a column holds, and what to do."""
    return SchemaError(f"the column {column.name!r} holds {holds}; {remedy}")


def listed(units: list[int | None]) -> Values:
    """Return whole numbers as arrays."""
    known = np.array([one is not None for one in units], dtype=bool)
    return Values(np.array([one or 0 for one in units], dtype=np.int64), known)
