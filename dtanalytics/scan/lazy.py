"""Calls of a window that have not been read: DuckDB or Dask read what a question needs of their files."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, nearest
from dtanalytics.filters.pushed import to_sql
from dtanalytics.frames import to_pandas
from dtanalytics.rollup import rollup
from dtanalytics.rollup.dask_calls import DaskCalls
from dtanalytics.rollup.duck_calls import DuckCalls
from dtanalytics.rollup.keys import WEEKDAY, Key
from dtanalytics.rollup.table import Having, Sort, Total
from dtanalytics.rollup.weekdays import WEEKDAY_TYPE
from dtanalytics.scan.choosing import Chosen, choose, read_chosen
from dtanalytics.scan.pieces import FileDays, ReadPlan, read_piece, read_relation
from dtanalytics.schema import TIMEZONE, Report
from dtanalytics.window import Window

Engine = Literal["duckdb", "dask"]

_MAGIC = re.compile(r"[*?[]")
"""Characters that DuckDB takes for a pattern."""


@dataclass(frozen=True, repr=False)
class Scan:
    """Calls of a window that have not been read; `rollup` takes it, and so does SQL.

    Attributes
    ----------
    report : Report
        Declares the columns.
    window : Window
        Half-open, Eastern.
    file_days : tuple of FileDays
        The files that hold the window's days, and nothing else.
    engine : {"duckdb", "dask"}
        Who reads them.
    memory_limit : str or None
        Most memory that DuckDB takes for its work, for example ``"400MB"``.
    filesystem : object
        fsspec file system of published files; None: files of this machine.
    condition : str
        The vendor's ``q=`` text that the calls must meet.
    without : tuple of (str, str)
        Day and sid of records that are left out: a newer load found their calls on another day.
    chosen : tuple of Chosen
        What `where` chose.
    """

    report: Report
    window: Window
    file_days: tuple[FileDays, ...]
    engine: Engine = "duckdb"
    memory_limit: str | None = None
    filesystem: Any = field(default=None, repr=False)
    condition: str = ""
    without: tuple[tuple[str, str], ...] = ()
    chosen: tuple[Chosen, ...] = ()

    def __repr__(self) -> str:
        """Say in one line what is asked lazily, and what to do with it."""
        tests = [*([self.condition] if self.condition else []), *map(str, self.chosen)]
        where = f", where {' and '.join(tests)}" if tests else ""
        return (
            f"<scan of {self.report.title}, {self.window}{where}: {len(self.file_days)} files, not read yet; "
            f"dta.rollup(scan, ...), scan.relation or scan.dask reads them by {self.engine}>"
        )

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self.report.columns

    @public
    def rollup(
        self,
        by: str | Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort | None = None,
        columns: str | None = None,
        exact: bool = True,
        explain: bool = False,
    ) -> Any:
        """Sum as `dtanalytics.rollup` does, in pandas; ``explain=True`` is the SQL that DuckDB is asked."""
        return rollup(
            self,
            by,
            metrics,
            total=total,
            having=having,
            top=top,
            sort=sort,
            columns=columns,
            exact=exact,
            explain=explain,
        )

    @cached_property
    def relation(self) -> Any:
        """The calls as a DuckDB relation, for SQL: ``scan.relation.query("calls", "SELECT ...")``."""
        import duckdb

        spill = tempfile.mkdtemp(prefix="dtanalytics-")  # 0700: what is spilled holds telephone numbers
        config: dict[str, Any] = {"temp_directory": spill}
        if self.memory_limit is not None:
            config["memory_limit"] = self.memory_limit
        connection = duckdb.connect(config=config)
        connection.execute(f"SET TimeZone = '{TIMEZONE}'")
        if self.filesystem is not None:
            connection.register_filesystem(self.filesystem)
        weakref.finalize(self, _remove, spill)
        whole = [file.path for file in self.file_days if not file.days]
        parts = [_read_parquet(connection, whole)] if whole else []
        for file in (file for file in self.file_days if file.days):
            days = ", ".join(f"DATE '{day}'" for day in file.days)
            parts.append(_read_parquet(connection, [file.path]).filter(f"call_day IN ({days})"))
        found = parts[0] if parts else connection.from_arrow(self.report.empty())
        for part in parts[1:]:
            found = found.union(part)
        if self.without:
            quoted = ((day, sid.replace("'", "''")) for day, sid in self.without)
            gone = ", ".join(f"(DATE '{day}', '{sid}')" for day, sid in quoted)
            found = found.filter(f"(call_day, sid) NOT IN ({gone})")
        if self.condition:
            found = found.filter(to_sql(self.condition, self.report))
        if self.window != self.window.whole_days():
            found = found.filter(self._within())
        return choose(found, self.chosen)

    def where(self, conditions: Mapping[str, Any], *, keep: bool = True) -> Scan:
        """Choose calls, without reading them.

        Parameters
        ----------
        conditions : mapping
            Column -> a value, a list of values (None is null), a flag, or a `pandas.Interval` of numbers or
            days; ``weekday`` takes names of weekdays. All of them must hold.
        keep : bool, default True
            False leaves the calls out for which all of them hold, and keeps the others.

        Returns
        -------
        Scan

        Raises
        ------
        InputError
            The report has no such column, or a value is of another type.

        Examples
        --------
        >>> import dtanalytics as dta
        >>> with dta.demo():
        ...     scan = dta.scan("leadflow", "2026-10-05", "2026-10-12", progress=False)
        ...     mondays = scan.where({"weekday": ["Monday"]}).rollup("call_day", "call_count")
        >>> mondays["call_day"].dt.day.tolist()
        [5]
        """
        return replace(self, chosen=(*self.chosen, read_chosen(conditions, self.columns, keep=keep)))

    @cached_property
    def dask(self) -> Any:
        """The calls as a Dask frame, a partition a file, with the dtypes of the loaders."""
        import dask.dataframe as dd

        meta = to_pandas(self.report.empty(), self.report)
        if not self.file_days:
            return dd.from_pandas(meta, npartitions=1)  # type: ignore[no-untyped-call] # dask has no types
        names = [one.name for one in self.report.fields if one.kind == "name"]
        meta = meta.astype(dict.fromkeys(names, "str"))  # categories differ from file to file
        how = ReadPlan(
            self.report.name,
            self.window,
            self.filesystem,
            self.condition,
            frozenset(self.without),
            self.chosen,
        )
        read = {"how": how, "meta": meta, "enforce_metadata": False}
        return dd.from_map(read_piece, list(self.file_days), **read)  # type: ignore[no-untyped-call] # dask has no types

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read columns of the calls into pandas; of the files, nothing else is read.

        Analyses that need single calls and not only sums take a scan, too, and read what they need by this.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns wanted, in this order; all when left out.

        Returns
        -------
        pandas.DataFrame
            In the dtypes of a load; DuckDB reads the rows in the order of the files, day by day.

        Raises
        ------
        InputError
            The report has no such column.

        Examples
        --------
        >>> import dtanalytics as dta
        >>> with dta.demo():
        ...     scan = dta.scan("leadflow", "2026-10-05", progress=False)
        ...     calls = scan.to_pandas(["affiliate", "margin"])
        >>> calls.dtypes.astype(str).to_dict()
        {'affiliate': 'category', 'margin': 'float64'}
        """
        wanted = self.columns if columns is None else list(columns)
        for name in wanted:
            if name not in self.columns:
                raise InputError(f"the scan has no column {name!r}: {nearest(name, self.columns)}")
        if self.engine == "dask":
            frame = self.dask[wanted].compute().reset_index(drop=True)
            labels = [name for name in wanted if self.report.by_name[name].kind == "name"]
            return pd.DataFrame(frame.astype(dict.fromkeys(labels, "category")))
        read = wanted or [self.report.key]  # how many rows there are, where no column is wanted
        return read_relation(self.relation, read, self.report)[wanted]

    def as_calls(self) -> Any:
        """Return what `rollup` reads."""
        return _ScannedDask(self) if self.engine == "dask" else _ScannedDuck(self)

    def _within(self) -> str:
        low, high = (f"TIMESTAMPTZ '{moment}'" for moment in self.window.instants())
        return f"{self.report.time} >= {low} AND {self.report.time} < {high}"


def _read_parquet(connection: Any, paths: Sequence[str]) -> Any:
    """Read Parquet files as a relation; names are no patterns, and folders ``name=value`` give no columns."""
    return connection.read_parquet(
        [_MAGIC.sub(r"[\g<0>]", path) for path in paths], hive_partitioning=False, union_by_name=False
    )


def _typed(table: pd.DataFrame, keys: Sequence[Key], report: Report) -> pd.DataFrame:
    """Give labels the dtypes that they have in the frames of the loaders."""
    for key in keys:
        if key.name not in table:
            continue
        if key.freq is None:
            dtype: Any = report.by_name[key.column].pandas
        else:
            dtype = {"h": f"datetime64[us, {TIMEZONE}]", "hour_of_day": "Int8", WEEKDAY: WEEKDAY_TYPE}.get(
                key.freq, "datetime64[us]"
            )
        table[key.name] = table[key.name].astype(dtype)
    return table


class _ScannedDuck(DuckCalls):
    """A scan by DuckDB, as `rollup` reads it."""

    def __init__(self, scanned: Scan) -> None:
        super().__init__(scanned.relation)
        self.report = scanned.report

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:
        """Return pandas, typed like the frames of the loaders."""
        return _typed(table, keys, self.report)


class _ScannedDask(DaskCalls):
    """A scan by Dask, as `rollup` reads it."""

    def __init__(self, scanned: Scan) -> None:
        super().__init__(scanned.dask)
        self.report = scanned.report

    def wrap(self, table: pd.DataFrame, keys: Sequence[Key]) -> pd.DataFrame:
        """Return pandas, typed like the frames of the loaders."""
        return _typed(table, keys, self.report)


def _remove(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
