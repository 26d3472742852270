"""The same totals, to the cent, of one published data set, whoever reads it; and what each takes for them.

Spark is asked by the interpreter that ``DTANALYTICS_SPARK_PYTHON`` names, or this one, where it has pyspark.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

import dtanalytics as dta
from dtanalytics.cache.manifest import Vintage
from dtanalytics.emulator.world.calls import generate
from dtanalytics.loading.ordering import by_day
from dtanalytics.scan.dataset import Folder, Published
from dtanalytics.schema import LEADFLOW
from dtanalytics.window import parse_window
from tests.bench.harness import Bench
from tests.bench.spark_totals import MISSING, ask, interpreter

START, END = "2026-08-01", "2026-10-01"
METRICS = ["call_count", "connected_count", "revenue", "payout", "caller_count"]
ASKED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
Row = tuple[int, int, Decimal, Decimal, int]


def run(bench: Bench) -> None:
    """Publish, ask every engine, compare."""
    for rows in bench.sizes((300_000,)):
        name = f"engines {rows:,}"
        if not bench.wants(name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            files = published(Path(folder), rows)
            expected = by_hand(files)
            for engine, ask in engines(folder, files).items():
                started = time.perf_counter()
                found = totals(ask())
                bench.figure(f"{name}: {engine}", time.perf_counter() - started, unit="s")
                same = sum(found.get(key) != row for key, row in expected.items()) + len(
                    found.keys() - expected.keys()
                )
                bench.figure(f"{name}: {engine}, affiliates whose totals differ", same, high=0)
            if not interpreter():
                bench.skip(f"{name}: spark", MISSING)


def published(folder: Path, rows: int) -> list[str]:
    """Write calls as `dta.publish` lays them out: a file a day."""
    calls = by_day(generate(rows, 10, START, END, seed=3).leadflow, parse_window(START, END), LEADFLOW)
    target = Folder(str(folder), LEADFLOW)
    days = {}
    with target.one_writer():
        for day, table in calls.items():
            made = target.write_day(day.isoformat(), table)
            days[day.isoformat()] = Vintage(rows=table.num_rows, asked=ASKED, checked=ASKED, since=1, **made)
        target.list_days(Published(LEADFLOW.name, LEADFLOW.fingerprint, "", None, 1, days))
    return sorted(map(str, folder.rglob("*.parquet")))


def by_hand(files: list[str]) -> dict[str, Row]:
    """Totals of each affiliate, added up as decimals by Python."""
    calls = pl.read_parquet(files, hive_partitioning=False)
    found = {}
    for (affiliate,), part in calls.group_by("affiliate"):
        sold = part.filter("offer_qualified")["offer_price"].drop_nulls()
        paid = part.filter("affiliate_qualified")["affiliate_price"].drop_nulls()
        connected = (part["lead_status"] == "Connected").sum()
        money = (sum(values.to_list(), Decimal(0)) for values in (sold, paid))
        found[str(affiliate)] = (len(part), connected, *money, part["caller_id"].drop_nulls().n_unique())
    return found


def engines(folder: str, files: list[str]) -> dict[str, Callable[[], Any]]:
    """Who reads the data set, and how it is asked."""
    source = {"source": folder, "progress": False}

    def pandas() -> Any:
        return dta.rollup(dta.scan("leadflow", START, END, **source).to_pandas(), "affiliate", METRICS)

    def cluster() -> Any:
        from distributed import Client, LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local, Client(local):
            return dta.scan("leadflow", START, END, engine="dask", **source).rollup("affiliate", METRICS)

    asked = {
        "pandas": pandas,
        "duckdb": lambda: dta.scan("leadflow", START, END, **source).rollup("affiliate", METRICS),
        "polars": lambda: dta.rollup(
            pl.scan_parquet(files, hive_partitioning=False), "affiliate", METRICS
        ).collect(),
        "dask": lambda: dta.scan("leadflow", START, END, engine="dask", **source).rollup(
            "affiliate", METRICS
        ),
        "dask distributed, 2 workers": cluster,
    }
    python = interpreter()
    return asked | ({"spark, 2 threads": lambda: pd.DataFrame(ask(python, folder)["rows"])} if python else {})


def totals(table: Any) -> dict[str, Row]:
    """A table's rows, money as decimals of four places."""
    frame = table.to_pandas() if hasattr(table, "to_pandas") else table

    def exact(value: Any) -> Decimal:
        return Decimal(str(round(value, 4) if isinstance(value, float) else value)).quantize(
            Decimal("0.0001")
        )

    return {
        str(row.affiliate): (
            int(row.call_count), int(row.connected_count), exact(row.revenue), exact(row.payout),
            int(row.caller_count),
        )
        for row in frame.itertuples()
    }  # fmt: skip
