"""Which row of a table names its columns, and which of these names is meant."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

import pandas as pd

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.ledgers.cells import UNSEEN

Rows = Sequence[Sequence[Any]]
_AHEAD = 500
"""Rows among which the header is looked for."""
_SPACES = re.compile("[\\s\u00a0\u202f_-]+")


def folded(name: object) -> str:
    """Return a name without what people overlook: case, spaces, invisible characters, coding of accents.

    Examples
    --------
    >>> folded(" Call  ID "), folded("call_id")
    ('call id', 'call id')
    """
    seen = UNSEEN.sub("", str(name))
    return (
        _SPACES.sub(" ", seen if seen.isascii() else unicodedata.normalize("NFKC", seen)).strip().casefold()
    )


def header_row(rows: Rows, wanted: Iterable[str]) -> int | None:
    """Find the first row that has every wanted name."""
    names = {folded(name) for name in wanted}
    if not names:
        return None
    for place, row in enumerate(rows[:_AHEAD]):
        if len(row) >= len(names) and names <= {folded(cell) for cell in row if cell not in {None, ""}}:
            return place
    return None


def known_header(rows: Rows, known: Iterable[str]) -> int | None:
    """Find the first row of which two cells and more are names of ours, no other cell being a number."""
    names = {folded(name) for name in known}
    for place, row in enumerate(rows[:_AHEAD]):
        cells = [cell for cell in row if _filled(cell)]
        if all(map(_is_word, cells)) and sum(folded(cell) in names for cell in cells) > 1:
            return place
    return None


def likely_header(rows: Rows) -> int:
    """Guess the header where no name is known: the first row as wide as most, of words only."""
    widths = Counter(width for row in rows if (width := sum(_filled(cell) for cell in row)))
    most = max(widths, key=lambda width: (widths[width], width), default=0)
    for place, row in enumerate(rows[:_AHEAD]):
        cells = [cell for cell in row if _filled(cell)]
        if len(cells) >= most and cells and all(_is_word(cell) for cell in cells):
            return place
    raise InputError("no row names the columns: the ledger needs a header, with names such as 'Call ID'")


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _is_word(cell: Any) -> bool:
    return (
        isinstance(cell, str) and re.search(r"[^\W\d_]", cell) is not None and not re.search(r"\d{5}", cell)
    )


def as_table(rows: Rows, header: int, place: Sequence[int], what: str) -> pd.DataFrame:
    """Make a table of the rows below the header; blank rows and repeated headers are left out.

    Parameters
    ----------
    rows : sequence of sequences
        Cells.
    header : int
        Which row names the columns.
    place : sequence of int
        Where each row is in the file, for messages.
    what : str
        What these places are: "line of list.csv".
    """
    names = [
        UNSEEN.sub("", str(cell if cell is not None else "")).replace("\u00a0", " ").strip()
        for cell in rows[header]
    ]
    width = max((number + 1 for number, name in enumerate(names) if name), default=0)
    below = rows[header + 1 :]
    long = next(
        (n for n, row in enumerate(below) if len(row) > width and any(map(_filled, row[width:]))), None
    )
    if long is not None:
        wide = [name for name in names if name]
        raise InputError(
            f"{what} {place[header + 1 + long]} has {len(below[long])} values, the header {len(wide)}: a "
            "value that holds the delimiter must stand in quotation marks; save the table again, or as XLSX"
        )
    head = list(rows[header])
    kept = [
        [*row[:width], *[None] * (width - len(row))]
        for row in below
        if any(map(_filled, row)) and list(row) != head
    ]
    table = pd.DataFrame(kept, columns=range(width), dtype=object)
    table.columns = pd.Index(_apart([name or f"column {n + 1}" for n, name in enumerate(names[:width])]))
    unnamed = [
        name
        for name, given in zip(table.columns, names, strict=False)
        if not given and not table[name].map(_filled).any()
    ]
    return table.drop(columns=unnamed)


def _apart(names: list[str]) -> list[str]:
    """Number names that occur again."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        made.append(f"{name}.{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return made


def renamed(
    table: pd.DataFrame, names: Mapping[Any, str], known: Iterable[str], needed: Sequence[str]
) -> pd.DataFrame:
    """Give the columns our names.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns as the partner calls them.
    names : mapping
        Column of the ledger -> our name; spaces, case and invisible marks in a key do not matter. A
        key of two columns, ``("Date", "Time")``, joins them.
    known : iterable of str
        Our names.
    needed : sequence of str
        Names for which a column that is so called but for case and spaces is taken.

    Raises
    ------
    SchemaError
        A key is no column, or two columns get one name.
    InputError
        A value is no name of ours.
    """
    _check_values(names, known, table.columns)
    for key in [key for key in names if isinstance(key, tuple)]:
        parts = [_column(table, part) for part in key]
        table = table.drop(columns=parts).assign(**{str(key): _joined([table[part] for part in parts])})
    given = {
        (str(key) if isinstance(key, tuple) else _column(table, key)): name for key, name in names.items()
    }
    table = table.rename(columns=given)
    for name in needed:
        if name not in table.columns:
            alike = [column for column in table.columns if folded(column) == folded(name)]
            if len(alike) == 1:
                table = table.rename(columns={alike[0]: name})
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise SchemaError(
            f"two columns of the ledger would be called {twice!r}: name the right one in names="
        )
    return table


def _check_values(names: Mapping[Any, str], known: Iterable[str], columns: Iterable[str]) -> None:
    ours = list(known)
    theirs = {folded(column) for column in columns}
    for key, name in names.items():
        if name in ours:
            continue
        hint = nearest(name, ours)
        if key in ours and folded(name) in theirs:
            hint = f"names= goes from the ledger's column to ours: {{{name!r}: {key!r}}}"
        elif not hint.startswith("did"):
            hint = "dtanalytics.fields('leadflow') lists them, and there are 'revenue' and 'payout'"
        raise InputError(f"names= gives {key!r} the name {name!r}, which is none of ours; {hint}")


def _column(table: pd.DataFrame, name: object) -> str:
    if name in table.columns:
        if f"{name}.1" in table.columns:
            raise SchemaError(
                f"the ledger has two columns {name!r}: give one of them another name in the file"
            )
        return str(name)
    alike = [column for column in table.columns if folded(column) == folded(name)]
    if len(alike) == 1:
        return str(alike[0])
    raise SchemaError(f"the ledger has no column {name!r}: {nearest(name, map(str, table.columns))}")


def _joined(parts: list[pd.Series]) -> pd.Series:
    """Join the text of columns; a day and a time of day become one time."""
    if any(part.map(lambda value: isinstance(value, date)).any() for part in parts):
        parts = [part.map(_clock) for part in parts]
    texts = [part.map(_as_text) for part in parts]
    joined = [" ".join(filter(None, row)) or None for row in zip(*texts, strict=True)]
    return pd.Series(joined, index=parts[0].index, dtype=object)


def _clock(value: Any) -> Any:
    """Write the part of a day, as which a spreadsheet keeps a time of day, as a time; others stay."""
    if isinstance(value, float) and 0 <= value < 1:
        minutes, seconds = divmod(round(value * 86_400), 60)
        return time(minutes // 60 % 24, minutes % 60, seconds)
    return value


def _as_text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return ""
    text = str(value).strip()
    return text.removesuffix(" 00:00:00") if not isinstance(value, str) else text
