"""CSV and XLSX for people: no formula, no link, no caller unless asked by name."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import numbers
import re
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.columns.kinds import plain
from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.exports.cells import csv_cell, presentable, safe_text, values_of
from dtanalytics.exports.replacing import replacing
from dtanalytics.exports.upload import PathLike
from dtanalytics.metrics.units import units_of
from dtanalytics.personal.include import tell
from dtanalytics.personal.parts import Part
from dtanalytics.personal.values import is_personal_text
from dtanalytics.texts.paths import expand

EXCEL_ROWS = 1_048_575
EXCEL_COLUMNS = 16_384
EXCEL_TEXT = 32_767
_EXACT = 10**15  # Excel keeps fifteen digits of a number
_FIRST_DAY = dt.date(1900, 3, 1)  # Excel counts a 29 February 1900


@public
def to_csv(
    table: pd.DataFrame | pd.Series[Any], path: PathLike, include: str | Iterable[Hashable] = ()
) -> Path:
    """Write a table as CSV that is safe to open in a spreadsheet.

    Parameters
    ----------
    table : pandas.DataFrame or pandas.Series
        Calls, or any table; a named index, and one of text, becomes columns.
    path : path
        File to write; one that exists is replaced. Mode 0600, UTF-8 with a mark (Excel), CRLF.
    include : str or iterable
        Columns that identify callers and shall be written all the same; left out otherwise.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        A column of ``include`` is not there.
    WriteError
        The file cannot be written.

    Warns
    -----
    PersonalDataWarning
        Columns were left out whose name is not one of the reports' own: renamed ones, those of a
        pivot on callers, or such whose values are telephone numbers, addresses or links to recordings.

    Notes
    -----
    A column is left out if its name is that of a personal field in any spelling, with any prefix or
    suffix, or by the shape of its values; pseudonyms of ``mask`` are written. Only text is escaped,
    numbers are not. Times with a zone are Eastern wall clocks, also in a column of objects; days stay
    days. Null is empty.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> table = pd.DataFrame({"affiliate": ["=cmd()"], "caller_id": ["8005550102"], "margin": [-1.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(to_csv(table, f"{folder}/a.csv").read_text("utf-8-sig"), end="")
    affiliate,margin
    '=cmd(),-1.5
    """
    shown, left = presentable(table, include)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([safe_text(name) for name in shown.columns])
    columns = [[csv_cell(value) for value in values_of(shown.iloc[:, i])] for i in range(shown.shape[1])]
    writer.writerows(zip(*columns, strict=True))
    target = expand(path)
    with replacing(target) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig", "replace"))
    tell(left, "left out of the file")
    return target


@public
def to_excel(
    table: pd.DataFrame | pd.Series[Any] | Mapping[str, pd.DataFrame],
    path: PathLike,
    include: str | Iterable[Hashable] = (),
) -> Path:
    """Write a table as an XLSX sheet that is safe to open: no formula, no link.

    Parameters
    ----------
    table : pandas.DataFrame, pandas.Series or mapping of str to pandas.DataFrame
        Calls, or any table; a named index, and one of text, becomes columns. Several tables, by title,
        become a sheet each, after a sheet that lists them.
    path : path
        File to write; one that exists is replaced. Mode 0600.
    include : str or iterable
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
        When a table has more rows or columns than a sheet, when there is none, or when a column of
        ``include`` is in none.
    WriteError
        The file cannot be written.

    Warns
    -----
    PersonalDataWarning
        As ``to_csv``, which says what is left out.

    Notes
    -----
    Times are dates (Eastern wall clock, also in a column of objects), days are dates, money has two
    decimal places, rates are shown in per cent and stay ratios. Text beyond a cell's 32,767 characters
    is cut, and a whole number of more than 15 digits, which Excel would round, is text. The first row
    stays in sight, and on every page in print. A sheet is named by its title, shortened to what Excel
    allows.

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
    tables, left = _book(table if isinstance(table, Mapping) else {"Sheet1": table}, include)
    target = expand(path)
    # a second safeguard: cells are written by type, so none of these conversions happens
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with replacing(target) as temporary:
        book = xlsxwriter.Workbook(str(temporary), options)
        styles = {text: book.add_format({"num_format": text}) for text in _FORMATS}
        head = book.add_format({"bold": True, "bottom": 1})
        for name, sheet in tables.items():
            _write_sheet(book.add_worksheet(name), sheet, styles, head)
        book.close()
    tell(left, "left out of the file")
    return target


_MONEY, _RATE, _COUNT, _TIME, _DAY = "#,##0.00", "0.0%", "#,##0", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
_BY_UNIT = {"currency": _MONEY, "ratio": _RATE, "calls": _COUNT, "callers": _COUNT, "probability": "0.000"}
_FORMATS = {*_BY_UNIT.values(), _TIME, _DAY}
_WIDEST = 400  # of a column [px]; longer text is cut in sight, not in the cell


def _book(
    frames: Mapping[str, Any], include: str | Iterable[Hashable]
) -> tuple[dict[str, pd.DataFrame], list[Part]]:
    """Sheet's name -> what it holds, several sheets after a list of them; and what was left out."""
    if not frames:
        raise InputError("there is no table to write")
    tables: dict[str, pd.DataFrame] = {}
    left: list[Part] = []
    for number, (title, frame) in enumerate(frames.items(), start=1):
        asked = include if len(frames) == 1 else _asked_of(frame, include, frames)
        public = f"Table {number}" if is_personal_text(title) else str(title)
        tables[public], out = presentable(frame, asked)
        left += out
        _check_size(tables[public])
    if len(tables) == 1:
        return {_sheet_name(title, ()): table for title, table in tables.items()}, left
    sheets: dict[str, pd.DataFrame] = {"Contents": pd.DataFrame()}
    for title, table in tables.items():
        sheets[_sheet_name(title, sheets)] = table
    sheets["Contents"] = pd.DataFrame(
        {
            "sheet": list(sheets)[1:],
            "table": list(tables),
            "row_count": [len(table) for table in tables.values()],
        }
    )
    return sheets, left


def _asked_of(frame: Any, include: str | Iterable[Hashable], frames: Mapping[str, Any]) -> list[Hashable]:
    """Columns of one of several tables that are asked for; each must be in one of them at least."""
    names = [include] if isinstance(include, str) else list(include)
    known = {title: {*map(str, _names(one))} for title, one in frames.items()}
    for name in names:
        if not any(str(name) in here for here in known.values()):
            every = sorted(set().union(*known.values()))
            raise InputError(f"include={name!r} is a column of no table; {nearest(name, every)}")
    return [name for name in names if str(name) in set(map(str, _names(frame)))]


def _names(frame: Any) -> list[Hashable]:
    table = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not isinstance(table, pd.DataFrame):
        return []  # which is refused by its type
    return [*table.columns, *table.columns.names, *table.index.names]


def _check_size(table: pd.DataFrame) -> None:
    if len(table) > EXCEL_ROWS:
        raise InputError(f"a sheet holds {EXCEL_ROWS:,} rows, the table has {len(table):,}: write CSV")
    if table.shape[1] > EXCEL_COLUMNS:
        raise InputError(
            f"a sheet holds {EXCEL_COLUMNS:,} columns, the table has {table.shape[1]:,}: write CSV"
        )


def _sheet_name(title: str, taken: Iterable[str]) -> str:
    """Shorten a title to a name that Excel takes and that no other sheet has, whatever its case."""
    text = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("' ") or "Table"
    used = {name.casefold() for name in taken} | {"history"}  # which Excel keeps for itself
    endings = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    names = (text[: 31 - len(ending)].rstrip("' ") + ending for ending in endings)
    return next(name for name in names if name.casefold() not in used)


def _write_sheet(sheet: Any, table: pd.DataFrame, styles: Mapping[str, Any], head: Any) -> None:
    units = units_of(table) if table.columns.is_unique else {}
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, safe_text(name), head)
        style = styles.get(_format(units.get(name, ""), table.iloc[:, column]))
        for row, value in enumerate(values_of(table.iloc[:, column]), start=1):
            _write_cell(sheet, row, column, value, style or styles.get(_format_of(value)))
    sheet.freeze_panes(1, 0)
    sheet.autofit(_WIDEST)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _format(unit: str, column: pd.Series[Any]) -> str:
    column = plain(column)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return _TIME
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _DAY if (column.dropna() == column.dropna().dt.normalize()).all() else _TIME
    if not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
        return ""
    return _BY_UNIT.get(unit, "")


def _format_of(value: Any) -> str:
    """Format of a value in a column of objects."""
    if isinstance(value, dt.datetime):
        return _TIME
    return _DAY if isinstance(value, dt.date) else ""


def _write_cell(sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(row, column, safe_text(value)[:EXCEL_TEXT])
    elif isinstance(value, (bool, np.bool_)):
        sheet.write_boolean(row, column, bool(value))
    elif isinstance(value, dt.date) and dt.date(value.year, value.month, value.day) >= _FIRST_DAY:
        moment = value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
        sheet.write_datetime(row, column, moment, style)
    elif isinstance(value, numbers.Real) or hasattr(value, "as_tuple"):
        if pd.api.types.is_integer(value) and abs(int(value)) >= _EXACT:
            sheet.write_string(row, column, str(value))
        elif float("-inf") < float(value) < float("inf"):
            sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, safe_text(str(value))[:EXCEL_TEXT])
