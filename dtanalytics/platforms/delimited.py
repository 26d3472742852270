"""Delimited text of any size to calls as text, by DuckDB's reader."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import pyarrow as pa

from dtanalytics.errors import InputError
from dtanalytics.ledgers.delimited import DELIMITERS
from dtanalytics.ledgers.headers import likely_header
from dtanalytics.platforms.catalog import PLATFORMS, recognised
from dtanalytics.platforms.files import Part, decoded, encoding_of
from dtanalytics.platforms.mapping import Platform, folded
from dtanalytics.platforms.raw import Raw, collected, fills

if TYPE_CHECKING:
    import duckdb

_SEP = re.compile(r'"?sep=(\\t|.)"?', re.IGNORECASE)
_AHEAD = 500
_CHUNK = 1 << 22


class Layout(NamedTuple):
    """How a text is laid out: its delimiter, its lines above the first row, the names of its columns."""

    delimiter: str
    skip: int
    columns: list[str]


def read_delimited(
    part: Part,
    platform: Platform | None,
    names: Mapping[str, str],
    delimiter: str | None,
    encoding: str | None,
) -> Raw:
    """Read a file of delimited text.

    Raises
    ------
    InputError
        The file is not such text, or has rows of more values than its header.
    SchemaError
        Its columns tell no platform, or lack one that is needed.
    """
    code = encoding or encoding_of(part.head)
    layout = _layout(decoded(part.head, code), platform, names, delimiter)
    platform = platform or recognised(layout.columns, part.name)
    columns = fills(platform, layout.columns, names, part.name)
    return collected(platform, _read(part, code, layout), columns)


def _layout(head: str, platform: Platform | None, names: Mapping[str, str], delimiter: str | None) -> Layout:
    """Tell the delimiter and the header by the names that the mappings know."""
    first, _, rest = head.partition("\n")
    skipped = 0
    if (said := _SEP.fullmatch(first.strip())) is not None:
        delimiter, head, skipped = delimiter or said[1].replace("\\t", "\t"), rest, 1
    best: tuple[int, Layout] | None = None
    for mark in [delimiter] if delimiter else DELIMITERS:
        for row, lines in _rows(head, mark):
            if len(row) < 2:
                continue
            score = _score(row, platform, names)
            if score:
                if best is None or score > best[0]:
                    best = score, Layout(mark, lines + skipped, _named(row))
                break
    if best is not None:
        return best[1]
    mark = delimiter or max(
        DELIMITERS, key=lambda one: sum(one in line for line in head.splitlines()[:_AHEAD])
    )
    rows = [*_rows(head, mark)]
    at = likely_header([row for row, _ in rows]) if rows else 0
    row, lines = rows[at] if rows else ([], 0)
    return Layout(mark, lines + skipped, _named(row))


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


def _read(part: Part, code: str, layout: Layout) -> pa.Table:
    """Every value as text; empty ones are null."""
    import duckdb

    problem = ""
    with _as_utf8(part, code) as (path, packed), _connected() as connection:
        for padded in (False, True):
            try:
                return connection.sql(_statement(path, layout, packed=packed, padded=padded)).to_arrow_table()
            except duckdb.Error as error:
                problem = str(error)
    if "unicode" not in problem.lower() and "utf-8" not in problem.lower():
        raise _refused(part.name, layout, problem)
    with _recoded(part, "cp1252") as path, _connected() as connection:
        try:
            return connection.sql(_statement(path, layout, packed=False, padded=True)).to_arrow_table()
        except duckdb.Error as error:
            raise _refused(part.name, layout, str(error)) from None


def _connected() -> duckdb.DuckDBPyConnection:
    """Connect to a data base in memory that draws no progress bar."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


def _statement(path: Path, layout: Layout, *, packed: bool, padded: bool) -> str:
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in layout.columns)
    more = ", null_padding=true, parallel=false" if padded else ""
    return (
        f"FROM read_csv({_quoted(str(path))}, auto_detect=false, header=false, "
        f"delim={_quoted(layout.delimiter)}, quote='\"', escape='\"', skip={layout.skip}, "
        f"columns={{{columns}}}, max_line_size=16777216, "
        f"compression={_quoted('gzip' if packed else 'none')}{more})"
    )


def _refused(name: str, layout: Layout, problem: str) -> InputError:
    """Return the error that says which line of a file is no row of its table."""
    line = re.search(r"(?:CSV Error on )?Line: (\d+)", problem)
    where = f"line {line[1]} of {name}" if line else name
    return InputError(
        f"{where} is no row of the {len(layout.columns)} columns that the header names (delimiter "
        f"{layout.delimiter!r}): a value that holds the delimiter or a quotation mark must stand in "
        "quotation marks; save the table again, or as XLSX"
    )


@contextmanager
def _as_utf8(part: Part, code: str) -> Iterator[tuple[Path, bool]]:
    """Path of the text as UTF-8 that DuckDB reads as it is; whether it is packed."""
    plain = not set("*?[]{}") & set(str(part.path))
    if code == "utf-8" and plain:
        yield part.path, part.packed
        return
    with _recoded(part, code) as path:
        yield path, False


@contextmanager
def _recoded(part: Part, code: str) -> Iterator[Path]:
    """Copy of the text in UTF-8, a piece at a time."""
    try:
        decoder = codecs.getincrementaldecoder(code)(errors="replace" if code == "cp1252" else "strict")
    except LookupError:
        raise InputError(f"encoding {code!r} is not known: 'utf-8', 'utf-16', 'cp1252', ...") from None
    opened: IO[bytes]
    with tempfile.TemporaryDirectory(prefix="dta-") as folder:
        copy = Path(folder, "text.csv")
        with gzip.open(part.path) if part.packed else part.path.open("rb") as opened, copy.open("wb") as out:  # type: ignore[assignment]
            try:
                first = True
                while piece := opened.read(_CHUNK):
                    text = decoder.decode(piece)
                    out.write((text.lstrip("\ufeff") if first else text).encode())
                    first = first and not text
                out.write(decoder.decode(b"", final=True).encode())
            except UnicodeError:
                raise InputError(
                    f"{part.name} is not {code}: ask for it again, or name its encoding="
                ) from None
        yield copy
