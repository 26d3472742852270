"""Calls published as Parquet on shared storage: a file a day, below ``month=…``, and a list of the days.

Dask, Spark, DuckDB and pandas read the folder as it is: they pass over names that begin with ``_``, which
the list has. Units, meanings and sensitivity are in the metadata of each column. `scan` reads what the list
names, and compares it with the checksums there.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from dtanalytics.cache import files, memo
from dtanalytics.cache.manifest import Vintage
from dtanalytics.cache.read import Part
from dtanalytics.errors import CacheError, ConfigError, InputError
from dtanalytics.schema import Report
from dtanalytics.texts.paths import expand

LIST = "_published.json"
_LOCK = "_published.lock"
_PATIENCE = 60.0
"""Longest wait for another process that publishes to the same folder [s]."""
_OLD_LIST = "published.json"
_MOST = 64 << 20
"""Largest list of days [B]."""


class Published(msgspec.Struct, frozen=True):
    """What is published: of whom, under which condition, and each day's file, rows and checksum."""

    report: str
    schema: str
    condition: str = ""
    account: str | None = None
    number: int = 0
    days: dict[str, Vintage] = {}


class Folder:
    """A report's folder on shared storage.

    Parameters
    ----------
    url : str
        Above it: a folder, or a URL that fsspec knows.
    report : Report
        Which calls it holds.
    """

    def __init__(self, url: str, report: Report) -> None:
        try:
            import fsspec
        except ImportError as error:
            raise ConfigError("published data needs fsspec: pip install 'dtanalytics[dask]'") from error
        try:
            if "://" in str(url):
                self.filesystem, path = fsspec.url_to_fs(str(url))
            else:  # a path may hold any characters
                self.filesystem = fsspec.filesystem("file")
                path = self.filesystem._strip_protocol(str(expand(url, "the folder")))  # noqa: SLF001 - fsspec's own name for it
        except (ValueError, ImportError, OSError, TypeError) as error:
            raise InputError(f"{str(url)[:80]!r} is no folder or URL that fsspec opens: {error}") from None
        self.report = report
        self.path = f"{path.rstrip('/')}/{report.name}"

    @property
    def local(self) -> bool:
        """True for files of this machine, which DuckDB reads itself."""
        protocol = self.filesystem.protocol
        return "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def published(self) -> Published:
        """The list of what is published; an empty one when nothing is."""
        with self._told("read"):
            if not self.filesystem.exists(f"{self.path}/{LIST}"):
                if self.filesystem.exists(f"{self.path}/{_OLD_LIST}"):
                    raise CacheError(
                        f"{self.path} was published by an earlier release, without checksums; publish to a "
                        "new folder"
                    )
                return Published(self.report.name, self.report.fingerprint)
            if not self.filesystem.isfile(f"{self.path}/{LIST}"):  # a pipe would be waited for
                raise CacheError(f"{self.path}/{LIST} is no file; publish to a new folder")
            if self.filesystem.size(f"{self.path}/{LIST}") > _MOST:
                raise CacheError(
                    f"{self.path}/{LIST} is too large for a list of days; publish to a new folder"
                )
            content = self.filesystem.cat_file(f"{self.path}/{LIST}")
        try:
            known = msgspec.json.decode(content, type=Published)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            known = Published("", "")
        if known.report != self.report.name:
            raise CacheError(f"{self.path}/{LIST} is damaged or no list of days; publish to a new folder")
        if known.schema != self.report.fingerprint:
            raise CacheError(
                f"{self.path} was published by another version of the schema; publish to a new folder"
            )
        return known

    @contextlib.contextmanager
    def one_writer(self) -> Iterator[None]:
        """Let one process write at a time, where the file system takes locks; `list_days` looks again."""
        with contextlib.ExitStack() as held:
            if self.local:
                with self._told("write"):
                    self.filesystem.makedirs(self.path, exist_ok=True)
                try:
                    held.enter_context(FileLock(f"{self.path}/{_LOCK}", timeout=_PATIENCE))
                except Timeout:
                    raise CacheError(
                        f"another process has been publishing to {self.path} for {_PATIENCE:.0f} s; publish "
                        "again when it is done"
                    ) from None
                except (OSError, NotImplementedError):
                    pass  # the file system takes no locks
            yield

    def write_day(self, day: str, table: pa.Table) -> dict[str, Any]:
        """Write the calls of one day, which `scan` reads after `list_days`; say what the list notes."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", store_decimal_as_integer=True)
        content = sink.getvalue().to_pybytes()
        self._replace(_name(day), content)
        return {"file": _name(day), "sha256": files.digest(content), "bytes": len(content)}

    def list_days(self, published: Published) -> None:
        """Make the list say what is published, and take files of days away that have no calls any more.

        Raises
        ------
        CacheError
            When another process has published since the list was read.
        """
        if self.published().number != published.number - 1:
            raise CacheError(
                f"another process published to {self.path} at the same time; publish again when it is done"
            )
        self._replace(LIST, msgspec.json.format(msgspec.json.encode(published), indent=1))
        with self._told("write"):
            for day, vintage in published.days.items():
                if vintage.file is None and self.filesystem.exists(f"{self.path}/{_name(day)}"):
                    self.filesystem.rm_file(f"{self.path}/{_name(day)}")

    def parts(self, published: Published, days: Sequence[str], remembered: Path) -> list[Part]:
        """Files of these days, compared with the list.

        Raises
        ------
        CacheError
            When days were never published, or do not hold what was.
        """
        missing = [day for day in days if day not in published.days]
        if missing:
            raise CacheError(
                f"{self.path} lacks {len(missing)} days of {self.report.title}, the first is {missing[0]}; "
                "publish them"
            )
        known = {day: published.days[day] for day in days}
        recalled = memo.recall(remembered)
        with ThreadPoolExecutor(2) as pool:
            notes = list(pool.map(lambda day: self._note(day, known[day], recalled), known))
        damaged = [day for day, note in zip(known, notes, strict=True) if note is None]
        if damaged:
            raise CacheError(
                f"{self.path}: {len(damaged)} published days, the first is {damaged[0]}, are damaged or were "
                "replaced by something else; publish them again"
            )
        fresh = {self.path_of(day): str(note) for day, note in zip(known, notes, strict=True) if note}
        memo.remember(remembered, {path: note for path, note in fresh.items() if recalled.get(path) != note})
        return [Part(day, Path(self.path_of(day)), vintage) for day, vintage in known.items() if vintage.rows]

    def path_of(self, day: str) -> str:
        """Where the calls of a day are."""
        return f"{self.path}/{_name(day)}"

    def _note(self, day: str, vintage: Vintage, recalled: Mapping[str, str]) -> str | None:
        """What is remembered of a sound file; None when it is not what was published."""
        path = self.path_of(day)
        try:
            if not vintage.rows:
                return None if self.filesystem.exists(path) else ""
            if self.local and not self.filesystem.isfile(path):  # a pipe would be waited for
                return None
            note = f"{vintage.sha256} {self.filesystem.ukey(path)}"
            if recalled.get(path) == note:
                return note
            with self._told("read"), self.filesystem.open(path, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != vintage.sha256:
                    return None
                file.seek(0)
                found = pq.read_metadata(file)
                alike = found.schema.to_arrow_schema().equals(self.report.schema)
                return note if alike and found.num_rows == vintage.rows else None
        except (FileNotFoundError, IsADirectoryError, pa.ArrowException):
            return None

    def _replace(self, name: str, content: bytes) -> None:
        folder, _, last = f"{self.path}/{name}".rpartition("/")
        temp = f"{folder}/_{uuid.uuid4().hex}.tmp"
        with self._told("write"):
            self.filesystem.makedirs(folder, exist_ok=True)
            with self.filesystem.open(temp, "wb") as file:
                file.write(content)
            self.filesystem.mv(temp, f"{folder}/{last}")

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError) as error:
            if verb == "read":
                raise
            raise CacheError(f"cannot write {self.path[:200]}: {error.strerror or error}") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise CacheError(
                f"cannot {verb} {self.path[:200]} ({reason}); check that you may {verb} it"
            ) from None


def _name(day: str) -> str:
    return f"month={day[:7]}/{day}.parquet"
