"""Tables of workbooks (XLSX, XLS, XLSB, ODS): cells keep the types that the spreadsheet gave them."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from dtanalytics.errors import ConfigError, InputError, nearest
from dtanalytics.ledgers.headers import as_table, header_row, known_header, likely_header
from dtanalytics.ledgers.unread import tells_errors, unread_cells

HIDES_ERRORS = "hides_errors"
"""Attribute of a table: cells that show an error read as empty ones."""
EPOCH = "epoch"
"""Attribute of a table: the day from which numbers count days."""
_FROM_1904 = re.compile(rb"date1904=[\"'](?:1|true|on)[\"']")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""What a workbook with a password, of any kind, calls its content."""


def workbook_table(
    name: str, data: bytes, wanted: Sequence[str], sheet: str | int | None = None, known: Sequence[str] = ()
) -> pd.DataFrame:
    """Read one sheet into a table of objects: text, numbers, times, and errors as they are shown.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    data : bytes
        The workbook.
    wanted : sequence of str
        Columns that the header must have; they tell the sheet, too, where several have data.
    sheet : str or int, optional
        Name of the sheet, or its place from 0.
    known : sequence of str
        Names of ours: a row of several of them is the header where no column is wanted.

    Raises
    ------
    InputError
        A workbook that cannot be opened, no such sheet, no data, or several sheets that it could be.
    ConfigError
        The library python-calamine is not installed.
    """
    book = _opened(name, data)
    found = {}
    for one in _asked(name, book, sheet):
        rows = _rows(name, book, one)
        if any(cell != "" for row in rows for cell in row):
            found[one] = rows
    if not found:
        raise InputError(f"{name} has no sheet with data: save the table in it and send it again")
    fitting = {one: at for one, rows in found.items() if (at := header_row(rows, wanted)) is not None}
    fitting = fitting or {
        one: at for one, rows in found.items() if (at := known_header(rows, known)) is not None
    }
    if len(fitting) > 1 or (not fitting and len(found) > 1):
        among = ", ".join(map(repr, fitting or found))
        raise InputError(f"{name} has several sheets with data: say which, sheet= one of {among}")
    title, header = next(iter(fitting.items())) if fitting else (next(iter(found)), None)
    rows = found[title]
    for (row, column), shown in unread_cells(data, title).items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = shown
    at = likely_header(rows) if header is None else header
    places = range(1, len(rows) + 1)
    table = as_table(rows, at, places, f"{name}, sheet {title!r}: row").replace({"": None})
    table.attrs[EPOCH] = _epoch(data)
    table.attrs[HIDES_ERRORS] = not tells_errors(data)
    return table


def _epoch(data: bytes) -> date:
    """Day from which a workbook counts: Excel for Macintosh took 1904."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed, contextlib.suppress(KeyError):
            if _FROM_1904.search(packed.read("xl/workbook.xml")):
                return date(1904, 1, 1)
    return date(1899, 12, 30)


def _rows(name: str, book: Any, sheet: str) -> list[list[Any]]:
    import python_calamine

    try:
        opened = book.get_sheet_by_name(sheet)
        rows: list[list[Any]] = opened.to_python(skip_empty_area=False)
        merged = opened.merged_cell_ranges or []
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise InputError(
            f"{name}, sheet {sheet!r} cannot be read ({error}): mend that in a spreadsheet and save it"
        ) from None
    for (top, left), (bottom, _) in merged:
        _repeat_down(rows, top, bottom, left)
    return rows


def _repeat_down(rows: list[list[Any]], top: int, bottom: int, column: int) -> None:
    """Write the words of a cell that was merged over several rows into each of them.

    A number stays where it is: the amount of three calls is not that of each.
    """
    value = rows[top][column] if top < len(rows) and column < len(rows[top]) else None
    if isinstance(value, str) and re.search(r"[^\W\d_]", value):
        for row in rows[top + 1 : bottom + 1]:
            if column < len(row) and row[column] == "":
                row[column] = value


def _opened(name: str, data: bytes) -> Any:
    try:
        import python_calamine
    except ImportError as error:
        raise ConfigError(
            "reading workbooks needs the library python-calamine: pip install 'dtanalytics[excel]'"
        ) from error
    try:
        return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, python_calamine.PasswordError) or _ENCRYPTED in data:
            raise InputError(f"{name} has a password: save it without one") from None
        raise InputError(f"{name} cannot be opened as a workbook ({error}): save it as XLSX or CSV") from None


def _asked(name: str, book: Any, sheet: str | int | None) -> list[str]:
    titles = list(book.sheet_names)
    if sheet is None:
        tables = [one for one in book.sheets_metadata if str(one.typ).endswith("WorkSheet")]  # and no charts
        return [one.name for one in tables if str(one.visible).endswith(".Visible")] or titles
    if isinstance(sheet, int) and not isinstance(sheet, bool) and -len(titles) <= sheet < len(titles):
        return [titles[sheet]]
    if isinstance(sheet, str) and sheet in titles:
        return [sheet]
    raise InputError(f"{name} has no sheet {sheet!r}: {nearest(sheet, titles)}")
