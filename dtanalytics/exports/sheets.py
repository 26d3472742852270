"""CSV and XLSX for people: no formula, no link, no caller unless asked by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.exports.files import replacing
from dtanalytics.exports.upload import PathLike
from dtanalytics.schema import BIDS, LEADFLOW, TIMEZONE

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, full-width forms included."""

EXCEL_ROWS = 1_048_575
EXCEL_TEXT = 32_767
_MONEY_UNIT = "currency"


def safe_text(text: str) -> str:
    """Make a cell's text inert: an apostrophe before what begins like a formula.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("Acme")
    ("'=1+1", 'Acme')
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def to_csv(frame: pd.DataFrame, path: PathLike, include: Iterable[str] = ()) -> Path:
    """Write a table as CSV that is safe to open in a spreadsheet.

    Parameters
    ----------
    frame : pandas.DataFrame
        Calls, or any table of this package; a named index becomes columns.
    path : path
        File to write; one that exists is replaced. Mode 0600, UTF-8 with a mark (Excel), CRLF.
    include : iterable of str
        Columns that identify callers and shall be written all the same; left out otherwise.

    Returns
    -------
    pathlib.Path
        The file.

    Notes
    -----
    Only text is escaped, numbers are not. Times with a zone are Eastern wall clocks. Null is empty.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> table = pd.DataFrame({"affiliate": ["=cmd()"], "caller_id": ["8005550102"], "margin": [-1.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_csv(table, f"{folder}/a.csv").read_text("utf-8-sig"), end="")
    affiliate,margin
    '=cmd(),-1.5
    """
    table = _presentable(frame, include)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([safe_text(str(name)) for name in table.columns])
    columns = [[_csv_cell(value) for value in _values(table.iloc[:, i])] for i in range(table.shape[1])]
    writer.writerows(zip(*columns, strict=True))
    target = Path(path)
    with replacing(target) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig"))
    return target


def to_excel(frame: pd.DataFrame, path: PathLike, include: Iterable[str] = ()) -> Path:
    """Write a table as an XLSX sheet that is safe to open: no formula, no link.

    Parameters
    ----------
    frame : pandas.DataFrame
        Calls, or any table of this package; a named index becomes columns.
    path : path
        File to write; one that exists is replaced. Mode 0600.
    include : iterable of str
        Columns that identify callers and shall be written all the same; left out otherwise.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ConfigError
        Without the library ``xlsxwriter`` (``pip install 'dtanalytics[excel]'``).
    InputError
        When the table has more rows than a sheet.

    Notes
    -----
    Times are dates (Eastern wall clock), money has two decimal places, rates are shown in percent
    and stay ratios. Text beyond a cell's 32,767 characters is cut.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_excel(pd.DataFrame({"affiliate": ["=cmd()"]}), f"{folder}/a.xlsx").name
    'a.xlsx'
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise ConfigError(
            "XLSX files need the library xlsxwriter: pip install 'dtanalytics[excel]'"
        ) from error
    table = _presentable(frame, include)
    if len(table) > EXCEL_ROWS:
        raise InputError(f"a sheet holds {EXCEL_ROWS:,} rows, the table has {len(table):,}: write CSV")
    target = Path(path)
    # a second lock: cells are written by type, so none of these conversions is ever asked for
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with replacing(target) as temporary:
        book = xlsxwriter.Workbook(str(temporary), options)
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        formats = {text: book.add_format({"num_format": text}) for text in (_MONEY, _RATE, _TIME, _DAY)}
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, safe_text(str(name)))
            style = formats.get(_format(str(name), table.iloc[:, column]))
            for row, value in enumerate(_values(table.iloc[:, column]), start=1):
                _write_cell(sheet, row, column, value, style)
        book.close()
    return target


_MONEY, _RATE, _TIME, _DAY = "#,##0.00", "0.0%", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"


def _presentable(frame: pd.DataFrame, include: Iterable[str]) -> pd.DataFrame:
    """The columns that may be written, times as Eastern wall clocks."""
    named = [name for name in frame.index.names if name is not None]
    table = frame.reset_index(level=named) if named else frame
    asked = {include} if isinstance(include, str) else set(include)
    for column in asked:
        if column not in table.columns:
            raise InputError(
                f"include={column!r} is no column of the table; {nearest(column, table.columns)}"
            )
    direct = {*LEADFLOW.personal("direct"), *BIDS.personal("direct")}
    keep = [str(name).removeprefix("bid_") not in direct or name in asked for name in table.columns]
    return table.loc[:, keep]


def _values(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert(TIMEZONE).dt.tz_localize(None)
    values = column.astype(object)
    return [None if missing else value for value, missing in zip(values, values.isna(), strict=True)]


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, pd.Timestamp):
        return str(value.floor("s"))
    return "" if value is None else value


def _format(name: str, column: pd.Series) -> str:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _TIME
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _DAY if (column.dropna() == column.dropna().dt.normalize()).all() else _TIME
    if pd.api.types.is_bool_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
        return ""
    if name.endswith("_rate") or "_rate_" in name:
        return _RATE
    return _MONEY if name in _money_columns() else ""


def _money_columns() -> set[str]:
    from dtanalytics.metrics import metrics

    table = metrics()
    units = table["unit"].astype("str").str.contains(_MONEY_UNIT, na=False)
    fields = {field.name for report in (LEADFLOW, BIDS) for field in report.fields if field.kind == "money"}
    return fields | set(table.loc[units, "name"])


def _write_cell(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(row, column, safe_text(value)[:EXCEL_TEXT])
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, column, value.to_pydatetime(), style)
    elif pd.api.types.is_number(value) or hasattr(value, "as_tuple"):
        if float("-inf") < float(value) < float("inf"):
            sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, safe_text(str(value))[:EXCEL_TEXT])
