"""Issued statements in SQLite beside the cache: added and read, never changed.

A book is kept by account and by whom the statements are for. What was taken back stays, with a
counter-statement that says the opposite; the sum of all rows is what is owed.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from dtanalytics.errors import CacheError, StatementError
from dtanalytics.exports.store import locked
from dtanalytics.settings import Settings, in_force
from dtanalytics.statements.document import Document, Head
from dtanalytics.texts.paths import expand

Where = str | os.PathLike[str] | None
NAME = "issued.sqlite"
_HEAD = (
    "number", "account", "partners", "set_id", "first", "past", "currency", "minimum", "hold_days", "made_at",
    "issued_at", "cancels", "notes",
)  # fmt: skip
_COLUMNS = {
    "line": (
        "number", "sid", "time", "key", "partner", "offer", "price", "qualified", "kind", "reason", "before",
        "units",
    ),
    "balance": (
        "number", "key", "partner", "call_count", "opening", "calls", "corrections", "adjustments", "held",
        "payable",
    ),
    "adjustment": ("number", "key", "partner", "units", "reason"),
    "seen": ("number", "sid"),
}  # fmt: skip
_TABLES = """
CREATE TABLE IF NOT EXISTS statement (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, partners TEXT NOT NULL, set_id INTEGER,
    first INTEGER NOT NULL, past INTEGER NOT NULL, currency TEXT NOT NULL, minimum INTEGER NOT NULL,
    hold_days INTEGER NOT NULL, made_at INTEGER NOT NULL, issued_at INTEGER NOT NULL,
    cancels INTEGER UNIQUE REFERENCES statement (number), notes TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS line (
    number INTEGER NOT NULL, sid TEXT NOT NULL, time INTEGER NOT NULL, key TEXT NOT NULL, partner TEXT,
    offer TEXT, price INTEGER, qualified INTEGER, kind TEXT NOT NULL, reason TEXT, before INTEGER NOT NULL,
    units INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS line_of_call ON line (sid);
CREATE INDEX IF NOT EXISTS line_of_statement ON line (number);
CREATE TABLE IF NOT EXISTS balance (
    number INTEGER NOT NULL, key TEXT NOT NULL, partner TEXT, call_count INTEGER NOT NULL,
    opening INTEGER NOT NULL, calls INTEGER NOT NULL, corrections INTEGER NOT NULL,
    adjustments INTEGER NOT NULL, held INTEGER NOT NULL, payable INTEGER NOT NULL,
    PRIMARY KEY (number, key)
);
CREATE TABLE IF NOT EXISTS adjustment (
    number INTEGER NOT NULL, key TEXT NOT NULL, partner TEXT, units INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (
    number INTEGER NOT NULL, sid TEXT NOT NULL, PRIMARY KEY (sid, number)
) WITHOUT ROWID
"""
_GUARDS = ";\n".join(
    f"CREATE TRIGGER IF NOT EXISTS no_{verb.lower()}_of_{table} BEFORE {verb} ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'issued statements are not changed'); END"
    for table in ("statement", *_COLUMNS)
    for verb in ("UPDATE", "DELETE")
)
_IN_FORCE = "cancels IS NULL AND number NOT IN (SELECT cancels FROM statement WHERE cancels IS NOT NULL)"
_FILES = (".sqlite", ".sqlite3", ".db")
_FORMAT = 1
"""Raised when a book of before could be misread; a file says its own in ``user_version`` (0 in the first)."""
_MOST = 500
"""Identifiers asked for at once; SQLite counts the marks of a query."""


class Series(NamedTuple):
    """The statements that belong to one another: one account, one side."""

    account: str
    by: str


class Book:
    """An open book, locked for this process."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def heads(self, series: Series | None = None) -> list[Head]:
        """Heads of the statements of a series, or of all, in the order of their numbers."""
        where, values = ("account = ? AND partners = ?", series) if series else ("1 = 1", ())
        query = f"SELECT {', '.join(_HEAD)} FROM statement WHERE {where} ORDER BY number"  # noqa: S608 - own names only
        rows = self._select(query, values)
        every = self._select("SELECT cancels, number FROM statement WHERE cancels IS NOT NULL")
        cancelled = dict(every)
        return [
            Head(
                number=number,
                account=account,
                by=by,
                set_id=set_id,
                span=(first, past),
                currency=currency,
                minimum=minimum,
                hold_days=hold_days,
                made_at=made_at,
                issued_at=issued_at,
                cancels=cancels,
                cancelled_by=cancelled.get(number),
                notes=self._notes(notes),
            )
            for (
                number, account, by, set_id, first, past, currency, minimum, hold_days, made_at, issued_at,
                cancels, notes,
            ) in rows
        ]  # fmt: skip

    def document(self, number: int) -> Document:
        """One statement, whole.

        Raises
        ------
        StatementError
            There is none of that number.
        """
        found = [head for head in self.heads() if head.number == number]
        if not found:
            known = ", ".join(str(head.number) for head in self.heads()) or "none"
            raise StatementError(f"there is no statement {number}; issued are {known}")
        parts = {table: self.rows(table, number) for table in _COLUMNS}
        return Document(found[0], parts["line"], parts["balance"], parts["adjustment"], parts["seen"])

    def balances(self, series: Series) -> pd.DataFrame:
        """What each partner was owed and not paid, over all statements: ``key, partner, opening``."""
        rows = self._select(
            "SELECT key, partner, calls + corrections + adjustments - payable FROM balance WHERE number IN "
            "(SELECT number FROM statement WHERE account = ? AND partners = ?) ORDER BY number",
            series,
        )
        frame = self._typed(pd.DataFrame(rows, columns=["key", "partner", "opening"]))
        return frame.groupby("key", as_index=False, sort=False).agg({"partner": "last", "opening": "sum"})

    def booked(self, series: Series, set_id: int | None) -> pd.DataFrame:
        """What each call was owed for by statements in force, a row a call and partner.

        Returns
        -------
        DataFrame
            ``sid, key, partner, offer, price, qualified, reason`` as they were last, ``time`` as it was at
            first, ``units``, the sum, and ``is_own``: whether a statement of the same set owed it.
        """
        standing = [head.number for head in self.heads(series) if head.in_force]
        lines = pd.concat([self.rows("line", number) for number in standing] or [self.rows("line", 0)])
        own = [head.number for head in self.heads(series) if head.set_id == set_id]
        lines["is_own"] = lines["number"].isin(own)
        # "last" of groupby passes over nulls, and an unknown price or flag is what matters here
        names = ["sid", "key", "partner", "offer", "price", "qualified", "reason"]
        newest = lines.drop_duplicates(["sid", "key"], keep="last")[names]
        first = lines.drop_duplicates("sid")[["sid", "time"]]
        sums = lines.groupby(["sid", "key"], as_index=False).agg({"units": "sum", "is_own": "any"})
        return newest.merge(sums, on=["sid", "key"], validate="1:1").merge(first, on="sid", validate="m:1")

    def seen(self, series: Series, sids: Sequence[str]) -> set[str]:
        """Which of these calls were there, and did not count, when their period was settled."""
        query = (
            "SELECT sid FROM seen JOIN statement USING (number) WHERE account = ? AND partners = ? "  # noqa: S608 - own names only
            f"AND {_IN_FORCE} AND sid IN"
        )
        return {row[0] for rows in self._parts(sids, query, series) for row in rows}

    def owed_elsewhere(self, series: Series, sids: Sequence[str]) -> dict[str, int]:
        """How many of these calls statements of another account in force owe, by account."""
        query = (
            "SELECT DISTINCT sid, account FROM line JOIN statement USING (number) WHERE account <> ? "  # noqa: S608 - own names only
            f"AND partners = ? AND {_IN_FORCE} AND sid IN"
        )
        found: dict[str, int] = {}
        for rows in self._parts(sids, query, series):
            for _, account in rows:
                found[account] = found.get(account, 0) + 1
        return found

    def add(self, document: Document) -> int:
        """Add a statement under the next number, which is returned."""
        head = document.head
        number = self._select("SELECT coalesce(max(number), 0) + 1 FROM statement")[0][0]
        row = (
            number, head.account, head.by, head.set_id, *head.span, head.currency, head.minimum,
            head.hold_days, head.made_at, head.issued_at, head.cancels, json.dumps(head.notes),
        )  # fmt: skip
        self._insert("statement", _HEAD, [row])
        for table, frame in document.parts().items():
            columns = _COLUMNS[table]
            values = frame.assign(number=number)[list(columns)].astype(object)
            values = values.where(values.notna(), None)
            self._insert(table, columns, [tuple(row) for row in values.itertuples(index=False, name=None)])
        return int(number)

    def _insert(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(columns))
        self._connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - own names only
            rows,
        )

    def _parts(self, sids: Sequence[str], query: str, series: Series) -> Iterator[list[tuple[Any, ...]]]:
        for start in range(0, len(sids), _MOST):
            part = list(sids[start : start + _MOST])
            yield self._select(f"{query} ({', '.join('?' * len(part))})", (*series, *part))

    def rows(self, table: str, number: int | None) -> pd.DataFrame:
        """Rows of one statement in one of the tables ``line``, ``balance``, ``adjustment`` and ``seen``."""
        columns = _COLUMNS[table]
        names = ", ".join(columns)
        query = f"SELECT {names} FROM {table} WHERE number = ?"  # noqa: S608 - own names only
        return self._typed(pd.DataFrame(self._select(query, (number,)), columns=list(columns), dtype=object))

    def _typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        kinds = {
            name: "str" if name in _TEXT else "boolean" if name == "qualified" else "Int64" for name in frame
        }
        try:
            return frame.astype(kinds)
        except (TypeError, ValueError) as error:
            raise _unreadable(self._path, error) from None

    def _notes(self, text: str) -> tuple[str, ...]:
        try:
            return tuple(map(str, json.loads(text)))
        except (TypeError, ValueError) as error:
            raise _unreadable(self._path, error) from None

    def _select(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, tuple(values)).fetchall()


_TEXT = ("sid", "key", "partner", "offer", "kind", "reason")


def place(where: Where = None, settings: Settings | None = None) -> Path:
    """File of the book: in the folder given, else in the cache's folder."""
    if where is None:
        return in_force(settings).cache_dir / "statements" / NAME
    folder = expand(where, "book")
    is_file = folder.suffix.lower() in _FILES and not folder.is_dir()
    return folder if is_file else folder / NAME


@contextmanager
def opened(path: Path) -> Iterator[Book]:
    """Open the book and hold its lock; what was added is kept when the block ends well."""
    remedy = "name another folder with book="
    with locked(path, "the book of statements", remedy, f"{_TABLES.strip()};\n{_GUARDS}") as connection:
        _check(connection, path)
        yield Book(connection, path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a book of another version, or one whose tables are others."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _FORMAT:
        raise CacheError(
            f"the book of statements {path} was written by a newer version of dtanalytics (format {version}, "
            f"this one reads {_FORMAT}): upgrade dtanalytics, or name another folder with book="
        )
    for table, names in {"statement": _HEAD, **_COLUMNS}.items():
        known = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        if not set(names) <= set(known):
            raise _unreadable(path, f"its table {table!r} lacks {sorted(set(names) - set(known))}")
    if version < _FORMAT:
        connection.execute(f"PRAGMA user_version = {_FORMAT}")


def _unreadable(path: Path, why: object) -> CacheError:
    return CacheError(
        f"the book of statements {path} holds what was not written by dtanalytics ({why}): restore it from a "
        "backup, or name another folder with book="
    )
