"""CSV and XLSX for people: no formula, no link, no caller unless asked by name."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dtanalytics.analysis.units import unit_of
from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.exports.files import replacing
from dtanalytics.exports.upload import PathLike
from dtanalytics.paths import expand
from dtanalytics.schema import BIDS, LEADFLOW, TIMEZONE

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, full-width forms included."""

EXCEL_ROWS = 1_048_575
EXCEL_TEXT = 32_767


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
    target = expand(path)
    with replacing(target) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig"))
    return target


def to_excel(
    frame: pd.DataFrame | Mapping[str, pd.DataFrame], path: PathLike, include: Iterable[str] = ()
) -> Path:
    """Write a table as an XLSX sheet that is safe to open: no formula, no link.

    Parameters
    ----------
    frame : pandas.DataFrame or mapping of str to pandas.DataFrame
        Calls, or any table of this package; a named index becomes columns. Several tables, by title,
        become a sheet each, after a sheet that lists them.
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
        When a table has more rows than a sheet, or there is none.

    Notes
    -----
    Times are dates (Eastern wall clock), money has two decimal places, rates are shown in per cent
    and stay ratios. Text beyond a cell's 32,767 characters is cut. The first row stays in sight, and
    on every page in print. A sheet is named by its title, shortened to what Excel allows.

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
    tables = _book({"Sheet1": frame} if isinstance(frame, pd.DataFrame) else frame, include)
    target = expand(path)
    # a second lock: cells are written by type, so none of these conversions is ever asked for
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with replacing(target) as temporary:
        book = xlsxwriter.Workbook(str(temporary), options)
        styles = {text: book.add_format({"num_format": text}) for text in _FORMATS}
        head = book.add_format({"bold": True, "bottom": 1})
        for name, table in tables.items():
            _write_sheet(book.add_worksheet(name), table, styles, head)
        book.close()
    return target


_MONEY, _RATE, _COUNT, _TIME, _DAY = "#,##0.00", "0.0%", "#,##0", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"
_BY_UNIT = {"currency": _MONEY, "ratio": _RATE, "calls": _COUNT, "callers": _COUNT, "probability": "0.000"}
_FORMATS = {*_BY_UNIT.values(), _TIME, _DAY}
_WIDEST = 400  # of a column [px]; longer text is cut in sight, not in the cell


def _book(frames: Mapping[str, pd.DataFrame], include: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Sheet's name -> what it holds; several sheets begin with a list of them."""
    if not frames:
        raise InputError("there is no table to write")
    asked = {include} if isinstance(include, str) else set(include)
    tables = {title: _presentable(frame, asked) for title, frame in frames.items()}
    too_long = [title for title, table in tables.items() if len(table) > EXCEL_ROWS]
    if too_long:
        rows = len(tables[too_long[0]])
        raise InputError(f"a sheet holds {EXCEL_ROWS:,} rows, the table has {rows:,}: write CSV")
    if len(tables) == 1:
        return {_sheet_name(title, ()): table for title, table in tables.items()}
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
    return sheets


def _sheet_name(title: str, taken: Iterable[str]) -> str:
    """Shorten a title to a name that Excel takes and that no other sheet has, whatever its case."""
    plain = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("' ") or "Table"
    used = {name.casefold() for name in taken} | {"history"}  # which Excel keeps for itself
    endings = itertools.chain([""], (f" ({number})" for number in itertools.count(2)))
    names = (plain[: 31 - len(ending)].rstrip("' ") + ending for ending in endings)
    return next(name for name in names if name.casefold() not in used)


def _write_sheet(sheet: Any, table: pd.DataFrame, styles: Mapping[str, Any], head: Any) -> None:
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, safe_text(str(name)), head)
        style = styles.get(_format(str(name), table.iloc[:, column]))
        for row, value in enumerate(_values(table.iloc[:, column]), start=1):
            _write_cell(sheet, row, column, value, style)
    sheet.freeze_panes(1, 0)
    sheet.autofit(_WIDEST)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


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
    return _BY_UNIT.get(unit_of(name), "")


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
