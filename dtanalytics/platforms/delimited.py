"""Delimited text of any size to calls as text, by DuckDB's reader."""

from __future__ import annotations

import csv
import io
import itertools
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.errors import InputError
from dtanalytics.ledgers.delimited import DELIMITERS
from dtanalytics.ledgers.headers import likely_header
from dtanalytics.platforms.catalog import PLATFORMS, recognised
from dtanalytics.platforms.mapping import Platform, folded
from dtanalytics.platforms.objects import opened
from dtanalytics.platforms.parts import Part, decoded
from dtanalytics.platforms.raw import Raw, collected, fills
from dtanalytics.platforms.recoded import recoded
from dtanalytics.texts.encodings import WESTERN, WesternText, encoding_of

if TYPE_CHECKING:
    import duckdb

_SEP = re.compile(r'"?sep=(\\t|.)"?', re.IGNORECASE)
_AHEAD = 500


class Layout(NamedTuple):
    """How a text is laid out.

    Attributes
    ----------
    delimiter : str
        Between values.
    rows, lines : int
        Up to the end of the header; a value in quotation marks may have several lines.
    columns : list of str
        Names in the header.
    """

    delimiter: str
    rows: int
    lines: int
    columns: list[str]


@dataclass(frozen=True)
class Laid:
    """A file of delimited text, and how it is laid out.

    Attributes
    ----------
    is_told : bool
        Whether the encoding is known, and not taken from the first bytes.
    """

    part: Part
    code: str
    layout: Layout
    platform: Platform
    is_told: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether DuckDB reads the file as it is."""
        return self.code in {"utf-8", "utf-8-sig"} and not set("*?[]{}") & set(str(self.part.path))

    def goes_with(self, other: Laid) -> bool:
        """Tell whether both are read at once."""
        alike = self.layout == other.layout and self.platform is other.platform
        return alike and self.is_plain and other.is_plain and self.part.packed == other.part.packed

    def of_copy(self, path: Path) -> Laid:
        """The same table in a copy that begins below the header."""
        layout = self.layout._replace(rows=0)
        return replace(self, part=replace(self.part, path=path, packed=False), layout=layout)


def laid_out(
    part: Part,
    platform: Platform | None,
    names: Mapping[str, str],
    delimiter: str | None,
    encoding: str | None,
) -> Laid:
    """Tell how a file of delimited text is laid out, and whose calls it holds.

    Raises
    ------
    SchemaError
        Its columns tell no platform.
    """
    code = encoding or encoding_of(part.head, is_cut=True)
    if code == WESTERN and encoding is None:
        WesternText(part.name).check(part.head, is_last=False)
    layout = _layout(decoded(part.head, code), platform, names, delimiter)
    whose = platform or recognised(layout.columns, part.name, names)
    return Laid(part, code, layout, whose, is_told=encoding is not None or part.head.startswith(BOM_UTF8))


def read_delimited(laid: Sequence[Laid], names: Mapping[str, str]) -> Raw:
    """Read files of one layout.

    Raises
    ------
    InputError
        A file is not such text, or has rows of more values than its header.
    SchemaError
        The columns lack one that is needed.
    """
    one = laid[0]
    fills(one.platform, one.layout.columns, names, one.part.name)  # before anything is read
    table = opened(_read(laid), one.platform)
    return collected(one.platform, table, fills(one.platform, table.column_names, names, one.part.name))


def _layout(head: str, platform: Platform | None, names: Mapping[str, str], delimiter: str | None) -> Layout:
    """Tell the delimiter and the header by the names that the mappings know."""
    first, _, rest = head.partition("\n")
    skipped = 0
    if (said := _SEP.fullmatch(first.strip())) is not None:
        delimiter, head, skipped = delimiter or said[1].replace("\\t", "\t"), rest, 1
    best: tuple[int, Layout] | None = None
    for mark in [delimiter] if delimiter else DELIMITERS:
        for at, (row, lines) in enumerate(_rows(head, mark), 1):
            if len(row) < 2:
                continue
            score = _score(row, platform, names)
            if score:
                if best is None or score > best[0]:
                    best = score, Layout(mark, at + skipped, lines + skipped, _named(row))
                break
    if best is not None:
        return best[1]
    mark = delimiter or max(
        DELIMITERS, key=lambda one: sum(one in line for line in head.splitlines()[:_AHEAD])
    )
    rows = [*_rows(head, mark)]
    at = likely_header([row for row, _ in rows]) if rows else 0
    row, lines = rows[at] if rows else ([], 0)
    return Layout(mark, at + 1 + skipped, lines + skipped, _named(row))


def _rows(head: str, mark: str) -> Iterator[tuple[list[str], int]]:
    """Rows of the first lines, each with the number of lines up to its end."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=mark, skipinitialspace=True)
    with suppress(csv.Error):
        for row in itertools.islice(reader, _AHEAD):
            yield row, reader.line_num


def _score(row: Sequence[str], platform: Platform | None, names: Mapping[str, str]) -> int:
    there = {folded(cell) for cell in row}
    asked = {folded(key): target for key, target in names.items()}
    own = [asked[key] for key in there & set(asked)]
    known = [
        *row,
        *(alias for one in (platform,) if one for target in own for alias in one.names_of(target)[:1]),
    ]
    return max(one.score(known) for one in ([platform] if platform else PLATFORMS.values())) + len(own)


def _named(row: Sequence[str]) -> list[str]:
    """Names of the columns, trailing ones without a name left out, equal ones numbered."""
    names = [cell.replace("\u00a0", " ").strip() for cell in row]
    seen: Counter[str] = Counter()
    made = []
    for place, name in enumerate(names):
        seen[name] += 1
        made.append((name or f"column {place + 1}") if seen[name] == 1 else f"{name}.{seen[name] - 1}")
    return made


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _read(laid: Sequence[Laid]) -> pa.Table:
    """Every value as text, empty ones null, below each other in the order of the files."""
    import duckdb

    if all(one.is_plain for one in laid):
        with _connected() as connection:
            for padded in (False, True):
                with suppress(duckdb.Error):
                    made = connection.sql(_statement(laid, padded=padded)).to_arrow_table()
                    if (calls := _below_headers(made, laid)) is not None:
                        return calls
    if len(laid) > 1:
        return pa.concat_tables([_read([one]) for one in laid])
    return _read_copy(laid[0])


def _read_copy(one: Laid) -> pa.Table:
    """Read a copy that begins below the header, in UTF-8 and with line feeds alone."""
    import duckdb

    with (
        recoded(one.part, one.code, one.layout.lines, is_told=one.is_told) as path,
        _connected() as connection,
    ):
        copy = one.of_copy(path)
        for padded in (False, True):
            try:
                return connection.sql(_statement([copy], padded=padded)).to_arrow_table()
            except duckdb.Error as error:
                problem = str(error)
    raise _refused(one, problem)


def _below_headers(table: pa.Table, laid: Sequence[Laid]) -> pa.Table | None:
    """Rows below the header of each file; None where they are not where they should be.

    The header is read with the rows to see that none is lost: DuckDB counts lines and their ends in its
    own way.
    """
    first = table.slice(0, 1).to_pylist()
    if not first or _named([value or "" for value in first[0].values()]) != laid[0].layout.columns:
        return None
    if len(laid) == 1:
        return table.slice(1)
    again = None
    for name, word in first[0].items():
        same = table[name].is_null() if word is None else pc.equal(table[name], word)
        same = same.fill_null(fill_value=False)
        again = same if again is None else pc.and_(again, same)
        if pc.sum(again).as_py() == len(laid):
            return table.filter(pc.invert(again))
    return None


def _connected() -> duckdb.DuckDBPyConnection:
    """Connect to a data base in memory that draws no progress bar."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def _statement(laid: Sequence[Laid], *, padded: bool) -> str:
    layout = laid[0].layout
    paths = ", ".join(_quoted(str(one.part.path)) for one in laid)
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in layout.columns)
    more = ", null_padding=true, parallel=false" if padded else ""
    return (
        f"FROM read_csv([{paths}], auto_detect=false, header=false, "
        f"delim={_quoted(layout.delimiter)}, quote='\"', escape='\"', skip={max(layout.rows - 1, 0)}, "
        f"columns={{{columns}}}, max_line_size=16777216, "
        f"compression={_quoted('gzip' if laid[0].part.packed else 'none')}{more})"
    )


def _refused(one: Laid, problem: str) -> InputError:
    """Return the error that says which line of a file is no row of its table."""
    layout = one.layout
    line = re.search(r"(?:CSV Error on )?Line: (\d+)", problem)
    where = f"line {int(line[1]) + layout.lines} of {one.part.name}" if line else one.part.name
    return InputError(
        f"{where} is no row of the {len(layout.columns)} columns that the header names (delimiter "
        f"{layout.delimiter!r}): a value that holds the delimiter or a quotation mark must stand in "
        "quotation marks; save the table again, or as XLSX"
    )
