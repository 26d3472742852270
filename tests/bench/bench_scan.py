"""Twelve metrics of calls on disk: rollup against DuckDB SQL written by hand, and the memory it takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import dtanalytics as dta
from dtanalytics.schema import LEADFLOW
from tests.bench.calls import METRICS, make
from tests.bench.harness import Bench

FOLDER = Path(__file__).parents[2] / "build" / "bench-calls"
FILE_ROWS = 1_000_000
FILE_BYTES = 20_000_000
SQL = """
SELECT affiliate, call_day, count(*) AS rows_in_all,
       count(*) FILTER (lead_status = 'Connected') AS connected,
       count(*) FILTER (offer_qualified), count(*) FILTER (affiliate_qualified),
       count(*) FILTER (affiliate_qualified AND NOT offer_qualified),
       sum(offer_price) FILTER (offer_qualified) AS revenue,
       sum(affiliate_price) FILTER (affiliate_qualified) AS payout,
       revenue - payout AS margin, margin / revenue, sum(talk_seconds) AS talk,
       talk / connected, connected / rows_in_all
FROM calls GROUP BY affiliate, call_day ORDER BY affiliate, call_day
"""
CHILD = """
import duckdb, dtanalytics as dta
connection = duckdb.connect(config={{"memory_limit": "200MB", "preserve_insertion_order": "false"}})
table = dta.rollup(connection.read_parquet({files!r}), ["affiliate", "call_day"], {metrics!r})
print(len(table))
"""


def run(bench: Bench) -> None:
    """Compare at 10 M and 100 M calls; files that are there already are used again."""
    for rows in bench.sizes((10_000_000, 100_000_000)):
        count = max(1, rows // FILE_ROWS)
        name = f"scan {rows:,} from Parquet"
        free = shutil.disk_usage(FOLDER.parent if FOLDER.parent.exists() else Path(__file__)).free
        missing = [at for at in range(count) if not (FOLDER / f"{at:03}.parquet").exists()]
        if len(missing) * FILE_BYTES * 2 > free:
            bench.skip(name, f"needs {len(missing) * FILE_BYTES * 2 / 1e9:.0f} GB of disk")
            continue
        if not (bench.wants(name) or bench.wants(f"{name}, memory")):
            continue
        for at in missing:
            _write(at)
        files = [str(FOLDER / f"{at:03}.parquet") for at in range(count)]
        calls = duckdb.connect().read_parquet(files)
        variants = {
            "ours": lambda calls=calls: dta.rollup(calls, ["affiliate", "call_day"], METRICS),
            "SQL": lambda calls=calls: calls.query("calls", SQL).to_arrow_table(),
        }
        rounds = 9 if rows <= 10_000_000 else 3
        bench.compare(name, variants, rounds=rounds, target=1.15, higher_is_better=False)
        code = CHILD.format(files=files, metrics=METRICS)
        bench.peak_memory(f"{name}, memory", code, target_mb=400)


def _write(at: int) -> None:
    """Write a million calls, typed as the cache keeps them; whole or not at all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(make(FILE_ROWS, seed=at), preserve_index=False)
    columns = {}
    for name in table.column_names:
        wanted, column = LEADFLOW.schema.field(name).type, table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_decimal(wanted):
            column = pc.round(column, 2)
        columns[name] = column.cast(wanted)
    path = FOLDER / f"{at:03}.parquet"
    temp = path.with_suffix(".tmp")
    pq.write_table(
        pa.table(columns),
        temp,
        compression="zstd",
        compression_level=1,
        row_group_size=1 << 17,
        store_decimal_as_integer=True,
    )
    temp.replace(path)
