"""Reading a partner's ledger: text that people and spreadsheets wrote, compared with our types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.tables import Bools, Ints, units
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.schema import LEADFLOW, TIMEZONE

KEY, CALLER, TIME = "sid", "caller_id", "call_date"
_MONEY = frozenset(
    {"revenue", "payout", *(name for name, field in LEADFLOW.by_name.items() if field.kind == "money")}
)
_YES = {"y": True, "yes": True, "true": True, "t": True, "1": True}
_NO = {"n": False, "no": False, "false": False, "f": False, "0": False}


def read_ledger(ledger: pd.DataFrame | str | Path, names: Mapping[str, str]) -> pd.DataFrame:
    """Read a ledger and give its columns our names.

    Parameters
    ----------
    ledger : pandas.DataFrame, str or Path
        Rows, or a CSV file (comma, UTF-8 with or without a mark), whose values stay text.
    names : mapping
        Column of the ledger -> our name.

    Returns
    -------
    pandas.DataFrame
        Rows numbered from 0.

    Raises
    ------
    SchemaError
        A column that `names` maps is not there, or two columns get one name.

    Examples
    --------
    >>> read_ledger(pd.DataFrame({"Call ID": ["1"]}), {"Call ID": "sid"})
      sid
    0   1
    """
    if isinstance(ledger, pd.DataFrame):
        table = ledger.reset_index(drop=True)
    else:
        table = pd.read_csv(ledger, dtype="str", encoding="utf-8-sig", skipinitialspace=True)
        table.columns = table.columns.str.strip()
    for name in names:
        if name not in table:
            raise SchemaError(f"the ledger has no column {name!r}: {nearest(name, table.columns)}")
    table = table.rename(columns=dict(names))
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise SchemaError(
            f"two columns of the ledger would be called {twice!r}: name the right one in names="
        )
    return table


def phone(numbers: pd.Series) -> pd.Series:
    """Last ten digits of telephone numbers; null where there are fewer.

    Examples
    --------
    >>> phone(pd.Series(["+1 (212) 555-0101", "anonymous"])).tolist()
    ['2125550101', nan]
    """
    digits = numbers.astype("str").str.replace(r"\.0$|\D", "", regex=True).str[-10:]
    return pd.Series(digits.where(digits.str.len() == 10))


def eastern(times: pd.Series) -> pd.Series:
    """Wall clock in the East, without a time zone."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return pd.Series(times.dt.tz_convert(TIMEZONE).dt.tz_localize(None))
    return times


def readable(values: pd.Series, kind: str) -> pd.Series:
    """Read text as money, a time, a flag or a number; what is typed already stays.

    Parameters
    ----------
    values : pandas.Series
        A column of a ledger.
    kind : {"money", "time", "flag", "number", "text"}
        How to read it. Money may have a currency sign, commas, and parentheses for a minus.

    Returns
    -------
    pandas.Series

    Raises
    ------
    InputError
        A value cannot be read; the message names the first such row.

    Examples
    --------
    >>> readable(pd.Series(["$1,250.00", "(3.50)", None]), "money").tolist()
    [1250.0, -3.5, nan]
    """
    if kind == "text":
        return values.astype("str").str.strip()
    written = isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype) or values.dtype == object
    if not written:
        return values
    text = values.astype("str").str.strip()
    text = text.mask(text.isin(["", "nan", "None"]))
    if kind == "money":
        bare = text.str.replace("[$\\s,\u20ac\u00a3]|USD", "", regex=True)
        bare = bare.str.replace(r"^\((.*)\)$", r"-\1", regex=True)
        read: Any = pd.to_numeric(bare, errors="coerce")
    elif kind == "number":
        read = pd.to_numeric(text, errors="coerce")
    elif kind == "flag":
        read = text.str.lower().map({**_YES, **_NO}).astype("boolean")
    else:
        read = eastern(pd.to_datetime(text, errors="coerce", format="mixed"))
    wrong = np.flatnonzero(read.isna() & text.notna())
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"row {row} of the ledger: {values.name!r} is {text.iloc[row]!r}, which is no {kind}"
        )
    return pd.Series(read)


def difference(
    ours: pd.Series, theirs: pd.Series, field: str, tolerance: pd.Timedelta
) -> tuple[Bools, Any, Any, Ints]:
    """Compare one field of matched pairs.

    Parameters
    ----------
    ours, theirs : pandas.Series
        Values of the same pairs, in the same order.
    field : str
        Our name of it, which says how it is read.
    tolerance : Timedelta
        Times that are no further apart are equal.

    Returns
    -------
    (differs, ours, theirs, amount)
        Which pairs differ; both values of these as text ("null" where missing); and of all pairs
        theirs less ours in 1/10,000 currency (0 where the field is not money). Two missing values
        are equal.
    """
    kind = _kind(field, ours)
    theirs = readable(theirs, kind)
    amount = np.zeros(len(ours), dtype=np.int64)
    if kind == "money":
        amount = units(theirs) - units(ours)
        differs = amount != 0
    else:
        ours = eastern(ours) if kind == "time" else readable(ours, kind) if kind == "text" else ours
        both = np.asarray(ours.notna()) & np.asarray(theirs.notna())
        one = np.asarray(ours.notna()) ^ np.asarray(theirs.notna())
        if kind == "time":
            theirs = eastern(theirs)
            unequal = np.asarray(
                (ours.reset_index(drop=True) - theirs.reset_index(drop=True)).abs() > tolerance
            )
        elif field == CALLER:
            unequal = phone(ours).to_numpy(dtype=object) != phone(theirs).to_numpy(dtype=object)
        else:
            unequal = ours.to_numpy(dtype=object) != theirs.to_numpy(dtype=object)
        differs = (unequal & both) | one
    return differs, _texts(ours[differs]), _texts(theirs[differs]), amount


def _kind(field: str, ours: pd.Series) -> str:
    if field in _MONEY:
        return "money"
    declared = LEADFLOW.by_name.get(field)
    if declared is None:
        return "number" if pd.api.types.is_numeric_dtype(ours.dtype) else "text"
    kinds = {"flag": "flag", "time": "time", "day": "time", "name": "text", "text": "text"}
    return kinds.get(declared.kind, "number")


def _texts(values: pd.Series) -> Any:
    return values.astype(object).map(lambda value: "null" if pd.isna(value) else str(value)).to_numpy()
