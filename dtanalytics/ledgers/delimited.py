"""Rows of delimited text: which delimiter, which row names the columns, and every cell as text."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.ledgers.headers import as_table, header_row, known_header, likely_header

DELIMITERS = (",", ";", "\t", "|")
_SEP = re.compile(r'"?sep=(\\t|.)"?', re.IGNORECASE)
_AHEAD = 500


def text_table(
    name: str, text: str, wanted: Sequence[str], delimiter: str | None = None, known: Sequence[str] = ()
) -> pd.DataFrame:
    """Read delimited text into a table; every value stays text, empty ones are null.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    text : str
        What it holds.
    wanted : sequence of str
        Columns that the header must have: they tell the delimiter and the header row. Without them,
        or where no row has them, DuckDB's sniffer tells the delimiter from the whole text.
    delimiter : str, optional
        Where it is known.
    known : sequence of str
        Names of ours: a row of several of them is the header where no column is wanted.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    InputError
        No header, rows of more values than it has, a quotation mark that is never closed.
    """
    first, _, rest = text.lstrip("\ufeff").partition("\n")
    skipped = 0
    if (said := _SEP.fullmatch(first.strip())) is not None:
        delimiter, text, skipped = delimiter or said[1].replace("\\t", "\t"), rest, 1
    candidates = [delimiter] if delimiter else list(DELIMITERS)
    heads = {mark: _first_rows(text, mark) for mark in candidates}
    found = [(mark, at) for mark, rows in heads.items() if (at := header_row(rows, wanted)) is not None]
    found = found or [
        (mark, at) for mark, rows in heads.items() if (at := known_header(rows, known)) is not None
    ]
    if len(found) > 1:  # one column alone has the wanted names under any delimiter
        chosen = _sniffed(text)
        found = [one for one in found if one[0] == chosen] or found[:1]
    mark = found[0][0] if found else delimiter or _sniffed(text)
    rows, lines = _rows(name, text, mark)
    header = found[0][1] if found else likely_header(rows)
    table = as_table(rows, header, [line + skipped for line in lines], f"{name}: line")
    return table.astype("str").replace({"": None}) if len(table) else table.astype("str")


def _first_rows(text: str, mark: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        rows.extend(itertools.islice(_reader(text, mark), _AHEAD))
    return rows


def _reader(text: str, mark: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)


def _rows(name: str, text: str, mark: str) -> tuple[list[list[str]], list[int]]:
    """Every row, and the line on which each ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True, strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        begun = lines[-1] + 1 if lines else 1
        raise InputError(
            f"{name}: the row that begins on line {begun} cannot be read ({error}): a quotation mark is not "
            "closed, or not doubled within a value; save the table again"
        ) from None
    width = max(map(len, rows), default=0)
    for row, line in zip(rows, lines, strict=True):
        for cell in row:
            if "\n" in cell and any(part.count(mark) >= max(width - 1, 2) for part in cell.splitlines()[1:]):
                raise InputError(
                    f"{name}: the value that ends on line {line} holds whole rows: a quotation mark before "
                    "it is not closed; save the table again"
                )
    return rows, lines


def _sniffed(text: str) -> str:
    """Ask DuckDB's sniffer, which reads the whole text; else take the one that gives most rows one width."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ledger.csv")
        file.write_text(text, encoding="utf-8", newline="\n")
        try:
            told = duckdb.connect().execute("SELECT Delimiter FROM sniff_csv(?, sample_size=-1)", [str(file)])
            found = told.fetchone()
        except duckdb.Error:
            found = None
    if found and found[0] in DELIMITERS:
        return str(found[0])
    lines = [line for line in text.splitlines() if line.strip()]
    return max(DELIMITERS, key=lambda mark: sum(mark in line for line in lines))
