"""Cells of a workbook that show an error, or a formula that nobody has worked out.

The library that reads workbooks hands them out as empty cells, which would count as no money.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_LINK = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ERRORS = (b't="e"', b"t='e'", b"<f", b":f>", b":f ")
_FULL = b'fullCalcOnLoad="1"'
NO_RESULT = "a formula without a result"

Place = tuple[int, int]


def tells_errors(data: bytes) -> bool:
    """Tell whether `unread_cells` knows a workbook's format; XLS and XLSB it does not."""
    return data.startswith(b"PK") and b"xl/workbook.bin" not in data


def unread_cells(data: bytes, sheet: str) -> dict[Place, str]:
    """Find the cells of a sheet that hold no value, though they are not empty.

    Parameters
    ----------
    data : bytes
        A workbook; of XLS and XLSB nothing is told.
    sheet : str
        Its sheet.

    Returns
    -------
    dict
        (Row, column), from 0 -> the error that is shown, such as ``#DIV/0!``, or `NO_RESULT`.
    """
    if not data.startswith(b"PK"):
        return {}
    try:
        return _found(data, sheet)
    except (zipfile.BadZipFile, ET.ParseError, KeyError, ValueError):
        return {}  # the library that reads the cells was content with it


def _found(data: bytes, sheet: str) -> dict[Place, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = set(packed.namelist())
        if "content.xml" in names:
            return dict(_of_ods(packed.read("content.xml"), sheet))
        path = _part(packed, sheet) if "xl/workbook.xml" in names else ""
        if path not in names:
            return {}
        part = packed.read(path)
        worked_out = _FULL not in packed.read("xl/workbook.xml")
    if not any(sign in part for sign in _ERRORS):
        return {}
    found, zeros = _of_xlsx(part)
    return found if worked_out else {**found, **zeros}


def _part(packed: zipfile.ZipFile, sheet: str) -> str:
    """Name of the part of an XLSX that holds a sheet; "" where none is told."""
    book = ET.fromstring(packed.read("xl/workbook.xml"))  # noqa: S314 - expat expands nothing here
    numbers = {
        one.get("name"): one.get(_LINK) or one.get(_STRICT_LINK)
        for space in (_MAIN, _STRICT)
        for one in book.iter(f"{space}sheet")
    }
    links = ET.fromstring(packed.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - as above
    target = {one.get("Id"): one.get("Target") or "" for one in links}.get(numbers.get(sheet), "")
    return posixpath.normpath(posixpath.join("xl", target)).lstrip("/") if target else ""


def _of_xlsx(part: bytes) -> tuple[dict[Place, str], dict[Place, str]]:
    """Cells without a value; and, where every formula is 0, the formulas.

    A library that writes formulas without working them out writes 0 for each, and asks the spreadsheet to
    work all of them out when it opens the file.
    """
    found: dict[Place, str] = {}
    zeros: dict[Place, str] = {}
    is_other = False
    row, column = -1, -1
    for _, one in ET.iterparse(io.BytesIO(part), events=("end",)):  # noqa: S314 - as above
        tag = one.tag.rpartition("}")[2]
        if tag == "row":
            one.clear()
        if tag != "c":
            continue
        row, column = _place(one.get("r"), row, column)
        shown = next((child.text or "" for child in one if child.tag.endswith("}v")), "")
        has_formula = any(child.tag.endswith("}f") for child in one)
        if one.get("t") == "e":
            found[row, column] = shown or "an error"
        elif has_formula and not shown and one.get("t") != "str":
            found[row, column] = NO_RESULT
        elif has_formula and shown == "0":
            zeros[row, column] = NO_RESULT
        is_other |= has_formula and shown not in {"", "0"}
    return found, {} if is_other else zeros


def _place(name: str | None, row: int, column: int) -> Place:
    """Read a name such as B7; a cell without one is right of the one before."""
    if not name:
        return max(row, 0), column + 1
    letters = name.rstrip("0123456789")
    found = 0
    for letter in letters.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return int(name[len(letters) :]) - 1, found - 1


def _of_ods(part: bytes, sheet: str) -> Iterator[tuple[Place, str]]:
    tree = ET.fromstring(part)  # noqa: S314 - as above
    table: Any = next((one for one in tree.iter(f"{_TABLE}table") if one.get(f"{_TABLE}name") == sheet), [])
    row = 0
    for line in table.iter(f"{_TABLE}table-row") if len(table) else []:
        column = 0
        for cell in line:
            shown = "".join(cell.find(f"{_TEXT}p").itertext()) if cell.find(f"{_TEXT}p") is not None else ""
            if cell.get(f"{_TABLE}formula") and (shown.startswith(("#", "Err:")) or not shown):
                yield (row, column), shown or NO_RESULT
            column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        row += int(line.get(f"{_TABLE}number-rows-repeated", "1"))
