"""A private SQLite file that several processes share: one at a time, each change whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dtanalytics.errors import CacheError

LOCK_SECONDS = 60.0
"""How long to wait for another process [s]."""


@contextmanager
def locked(path: Path, what: str, remedy: str, tables: str) -> Iterator[sqlite3.Connection]:
    """Open a store and hold its lock; what was changed is kept when the block ends well.

    Parameters
    ----------
    path : Path
        The file, which is made with its folder if need be; mode 0600 in a folder of mode 0700.
    what, remedy : str
        What the store is, and what to do where it cannot be opened, for messages.
    tables : str
        Statements that make what is missing, one after the other, ``;`` at the end of a line between them.

    Raises
    ------
    CacheError
        The file cannot be opened, is no database, is held by another process, or cannot be written.
    """
    try:
        connection = _connect(path, tables)
    except (OSError, sqlite3.Error) as error:
        raise CacheError(f"{what} {path} cannot be opened ({error}); {remedy}") from error
    try:
        yield connection
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise CacheError(
            f"{what} {path} cannot be written ({error}); see to the disk, and try again"
        ) from error
    finally:
        connection.close()


def _connect(path: Path, tables: str) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        # The lock outlives each COMMIT; set before, two that wait would each keep what the other waits for.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        for statement in tables.strip().split(";\n"):
            connection.execute(statement)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
