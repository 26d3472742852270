"""Remember what was written into upload files, so that no call is sent twice.

SQLite beside the cache: platform, conversion name, order id, SHA-256 of the click id, moment and
value; no number of any caller, hashed or not. File and records change together: the records are
written first, with the name of the temporary file that is about to be renamed into place. A process
that is killed in between leaves that name behind, and whoever opens the ledger next can tell whether
the file got into place. The lock is held from the look-up to the end, so two processes never write
the same call.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.exports.replacing import prepared, renamed
from dtanalytics.exports.store import locked
from dtanalytics.texts.paths import expand

Where = str | os.PathLike[str] | Literal[False] | None
NAME = "sent.sqlite"
_WHAT = "the ledger of sent conversions"
_REMEDY = "name another folder with ledger=, or ledger=False to remember nothing"
_TABLES = """
CREATE TABLE IF NOT EXISTS sent (
    platform TEXT NOT NULL, action TEXT NOT NULL, order_id TEXT NOT NULL, click_hash TEXT,
    conversion_time INTEGER NOT NULL, units INTEGER, measure TEXT NOT NULL, currency TEXT NOT NULL,
    contested INTEGER NOT NULL, sent_at INTEGER NOT NULL, file TEXT NOT NULL, click_kind TEXT,
    PRIMARY KEY (platform, action, order_id)
);
CREATE TABLE IF NOT EXISTS adjusted (
    action TEXT NOT NULL, order_id TEXT NOT NULL, type TEXT NOT NULL, units INTEGER,
    adjusted_at INTEGER NOT NULL, file TEXT NOT NULL,
    PRIMARY KEY (action, order_id, adjusted_at)
);
CREATE TABLE IF NOT EXISTS pending (
    kind TEXT NOT NULL, first_row INTEGER NOT NULL, last_row INTEGER NOT NULL, temporary TEXT NOT NULL
);
"""
_LAST = "file = :file AND {0} = (SELECT max({0}) FROM {1} WHERE file = :file)"
_FORGET = [
    f"DELETE FROM {table} WHERE {_LAST.format(column, table)}"  # noqa: S608 - the names of this module
    for table, column in (("sent", "sent_at"), ("adjusted", "adjusted_at"))
]
# a conversion that was never uploaded has no adjustments to keep
_FORGET_CHANGES = (
    "DELETE FROM adjusted WHERE (action, order_id) IN (SELECT action, order_id FROM sent "  # noqa: S608
    f"WHERE platform = 'google_clicks' AND {_LAST.format('sent_at', 'sent')})"
)
SENT_COLUMNS = (
    "platform", "action", "order_id", "click_hash", "conversion_time", "units", "measure", "currency",
    "contested", "sent_at", "file", "click_kind",
)  # fmt: skip
ADJUSTED_COLUMNS = ("action", "order_id", "type", "units", "adjusted_at", "file")


@dataclass(frozen=True)
class UploadLog:
    """An open ledger, locked for this process; ``connection`` is None when nothing is remembered."""

    connection: sqlite3.Connection | None

    def sent(self, platform: str, action: str) -> pd.DataFrame:
        """What was written for one kind of file under one conversion name."""
        return self._select("sent", SENT_COLUMNS, "platform = ? AND action = ?", (platform, action))

    def adjusted(self, action: str) -> pd.DataFrame:
        """What was adjusted under one conversion name, oldest first."""
        return self._select("adjusted", ADJUSTED_COLUMNS, "action = ?", (action,)).sort_values("adjusted_at")

    def record(self, table: str, rows: pd.DataFrame) -> None:
        """Add rows; they become visible when the ledger is closed."""
        if self.connection is None:
            return
        columns = SENT_COLUMNS if table == "sent" else ADJUSTED_COLUMNS
        values = rows[list(columns)].astype(object)
        values = values.where(values.notna(), None)
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - own names only
            [tuple(row) for row in values.itertuples(index=False, name=None)],
        )

    def put(self, table: str, rows: pd.DataFrame, path: Path, content: bytes) -> None:
        """Write an upload file and the records of what is in it, both or neither."""
        temporary = prepared(path, content)
        try:
            first = self._next_row(table)
            self.record(table, rows)
            self._intend(table, first, temporary)
            renamed(temporary, path)
        except BaseException:
            if self.connection is not None and self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self._recover()  # if the file got into place after all, its records stay
            temporary.unlink(missing_ok=True)
            raise
        self._recover()

    def _next_row(self, table: str) -> int:
        if self.connection is None:
            return 0
        query = f"SELECT coalesce(max(rowid), 0) + 1 FROM {table}"  # noqa: S608 - the two names of this module
        return int(self.connection.execute(query).fetchone()[0])

    def _intend(self, table: str, first: int, temporary: Path) -> None:
        """Record, durably, that a temporary file is about to be renamed; the lock is kept."""
        if self.connection is None:
            return
        last = self._next_row(table) - 1
        row = (table, first, last, str(temporary.absolute()))
        self.connection.execute("INSERT INTO pending VALUES (?, ?, ?, ?)", row)
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")

    def _recover(self) -> None:
        """Complete or undo a write that was cut off: its temporary file is there unless it was renamed."""
        if self.connection is None:
            return
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN IMMEDIATE")
        left = []
        for table, first, last, name in self.connection.execute("SELECT * FROM pending").fetchall():
            if Path(name).exists():
                left.append(Path(name))
                query = f"DELETE FROM {table} WHERE rowid BETWEEN ? AND ?"  # noqa: S608 - the two names of this module
                self.connection.execute(query, (first, last))
        self.connection.execute("DELETE FROM pending")
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN IMMEDIATE")
        for temporary in left:  # only now: without them the records would count
            temporary.unlink(missing_ok=True)

    def _select(
        self, table: str, columns: tuple[str, ...], where: str, values: tuple[str, ...]
    ) -> pd.DataFrame:
        rows: list[tuple[object, ...]] = []
        if self.connection is not None:
            query = f"SELECT {', '.join(columns)} FROM {table} WHERE {where}"  # noqa: S608 - own names only
            rows = self.connection.execute(query, values).fetchall()
        frame = pd.DataFrame(rows, columns=list(columns), dtype=object)
        for column in {"units", "conversion_time", "sent_at", "adjusted_at", "contested"} & set(columns):
            frame[column] = frame[column].astype("Int64")
        return frame


def click_hash(click_ids: pd.Series) -> pd.Series:
    """SHA-256 of each click id, null where there is none."""
    hashed = [None if pd.isna(text) else hashlib.sha256(text.encode()).hexdigest() for text in click_ids]
    return pd.Series(hashed, index=click_ids.index, dtype="str")


def place(where: Where = None) -> Path:
    """File of the ledger: in the folder given, else in the cache's folder."""
    if where is None or where is False:
        from dtanalytics.settings import current

        return current().cache_dir / "exports" / NAME
    folder = expand(where, "ledger")
    return folder if folder.suffix else folder / NAME


@contextmanager
def opened(where: Where = None) -> Iterator[UploadLog]:
    """Open the ledger and hold its lock; what was recorded is kept when the block ends well."""
    if where is False:
        yield UploadLog(None)
        return
    with locked(place(where), _WHAT, _REMEDY, _TABLES) as connection:
        _upgrade(connection)
        book = UploadLog(connection)
        book._recover()  # noqa: SLF001 - same module
        yield book


def _upgrade(connection: sqlite3.Connection) -> None:
    """Add the column that a ledger of an earlier version lacks."""
    if "click_kind" not in {row[1] for row in connection.execute("PRAGMA table_info(sent)")}:
        connection.execute("ALTER TABLE sent ADD COLUMN click_kind TEXT")


@public
def sent(ledger: Where = None) -> pd.DataFrame:
    """List what was written into upload files so far.

    Parameters
    ----------
    ledger : path, optional
        Folder of the ledger; the cache's by default.

    Returns
    -------
    pandas.DataFrame
        A row a call and file: ``platform, conversion_name, sid, conversion_time, value, measure,
        currency, sent_at, file``, then of the last adjustment ``adjustment_type, adjusted_value,
        adjusted_at`` (null when there is none). Values in currency units; times Eastern.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(sent(folder))
    0
    """
    from dtanalytics.money import SCALE
    from dtanalytics.schema import TIMEZONE

    with opened(ledger) as book:
        rows = book._select("sent", SENT_COLUMNS, "1 = 1", ())  # noqa: SLF001 - same module
        changes = book._select("adjusted", ADJUSTED_COLUMNS, "1 = 1", ())  # noqa: SLF001 - same module
    last = changes.sort_values("adjusted_at").drop_duplicates(["action", "order_id"], keep="last")
    last = last.rename(columns={"type": "adjustment_type", "units": "adjusted_value"}).drop(columns="file")
    last["platform"] = "google_clicks"
    frame = rows.merge(last, on=["platform", "action", "order_id"], how="left")
    frame = frame.rename(columns={"action": "conversion_name", "order_id": "sid", "units": "value"})
    for column in ("value", "adjusted_value"):
        frame[column] = frame[column].astype("Float64").astype("float64") / SCALE
    for column in ("conversion_time", "sent_at", "adjusted_at"):
        times = pd.to_datetime(frame[column].astype("Int64"), unit="us", utc=True)
        frame[column] = times.dt.tz_convert(TIMEZONE).dt.as_unit("us")
    names = ["platform", "conversion_name", "sid", "measure", "currency", "file", "adjustment_type"]
    frame = frame.astype(dict.fromkeys(names, "str"))
    return frame.drop(columns=["click_hash", "contested", "click_kind"])[
        [
            "platform", "conversion_name", "sid", "conversion_time", "value", "measure", "currency",
            "sent_at", "file", "adjustment_type", "adjusted_value", "adjusted_at",
        ]
    ]  # fmt: skip


@public
def forget(file: str | os.PathLike[str], ledger: Where = None) -> int:
    """Take back the records of a file that was written and never uploaded.

    Only the last export into that file is taken back; once more, and the one before it is.

    Parameters
    ----------
    file : path
        The upload file, as it was named when it was written.
    ledger : path, optional
        Folder of the ledger; the cache's by default.

    Returns
    -------
    int
        Number of records taken back; its calls can be exported again.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     forget("google.csv", ledger=folder)
    0
    """
    name = str(expand(file, "the file").absolute())
    with opened(ledger) as book:
        if book.connection is None:
            return 0
        book.connection.execute(_FORGET_CHANGES, {"file": name})
        return sum(book.connection.execute(query, {"file": name}).rowcount for query in _FORGET)
