"""A hundred million published calls: each engine's totals, to the cent the same, and what it takes for them.

The data set is written once, below ``build/bench-year``, and used again. Spark is asked by the interpreter that
``DTANALYTICS_SPARK_PYTHON`` names, or this one, where it has pyspark; the package does not depend on it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from tests.bench.harness import Bench
from tests.bench.spark_totals import MISSING, ask, interpreter
from tests.bench.year_calls import BYTES, END, START

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "bench-year"
SIZES = (100_000_000,)
WEEK = ("2026-06-08", "2026-06-15")
MONEY = ["call_count", "connected_count", "revenue", "payout"]
CALLERS = [*MONEY, "caller_count"]
READ = """
import dtanalytics as dta
def asked(start, end, metrics, **options):
    scan = dta.scan("leadflow", start, end, source={folder!r}, progress=False)
    return scan.rollup("affiliate", metrics, **options)
"""
PANDAS = """
import dtanalytics as dta
def asked(start, end, metrics, **options):
    scan = dta.scan("leadflow", start, end, source={folder!r}, progress=False)
    needed = ["affiliate", "lead_status", "offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price"]
    return dta.rollup(scan.to_pandas(needed), "affiliate", metrics, **options)
"""
POLARS = """
from pathlib import Path
import polars as pl, dtanalytics as dta
def asked(start, end, metrics, **options):
    files = sorted(map(str, Path({folder!r}).rglob("*.parquet")))
    calls = pl.scan_parquet(files, hive_partitioning=False)
    return dta.rollup(calls, "affiliate", metrics, **options).collect().to_pandas()
"""
CLUSTER = """
import dtanalytics as dta
def asked(start, end, metrics, **options):
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local, Client(local) as client:
        scan = dta.scan("leadflow", start, end, engine="dask", source={folder!r}, progress=False)
        table = scan.rollup("affiliate", metrics, **options)
        workers.extend(client.run(memory).values())
        return table
"""
CODE = """
import json, time
from pathlib import Path
def memory():
    from pathlib import Path
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
workers = []
{read}
if __name__ == "__main__":
    import pandas
    before, started = memory(), time.perf_counter()
    table = asked({start!r}, {end!r}, {metrics!r}, **{options!r})
    seconds = time.perf_counter() - started
    rows = {{str(row[0]): [repr(value) for value in row[1:]] for row in table.itertuples(index=False)}}
    print("\\n" + json.dumps({{"seconds": seconds, "mb": max([memory() - before, *workers]), "rows": rows}}))
"""
QUESTIONS = {
    "money of all days": (READ, START, END, MONEY, {}),
    "money of a week": (READ, *WEEK, MONEY, {}),
    "money of a week, pandas": (PANDAS, *WEEK, MONEY, {}),
    "callers too": (READ, START, END, CALLERS, {}),
    "callers too, estimated": (READ, START, END, CALLERS, {"exact": False}),
    "money of all days, Polars": (POLARS, START, END, MONEY, {}),
    "callers too, estimated, Polars": (POLARS, START, END, CALLERS, {"exact": False}),
    "money of all days, Dask cluster of 2 workers": (CLUSTER, START, END, MONEY, {}),
    "money of a week, Dask cluster of 2 workers": (CLUSTER, *WEEK, MONEY, {}),
}
"""Question -> how it is read, of which days, what is asked; the first of the same days is the standard."""


def run(bench: Bench) -> None:
    """Ask each engine in an interpreter of its own, then compare the totals."""
    for rows in bench.sizes(SIZES):
        title, folder = f"{rows:,} published calls", FOLDER / str(rows)
        if not any(bench.wants(f"{title}: {name}") for name in [*QUESTIONS, "Spark"]):
            continue
        if not folder.exists() and rows * BYTES * 2 > shutil.disk_usage(ROOT).free:
            bench.skip(title, f"needs {rows * BYTES * 2 / 1e9:.0f} GB of disk")
            continue
        _python(f"from pathlib import Path; from tests.bench.year_calls import publish; "
                f"publish(Path({str(folder)!r}), {rows})")  # fmt: skip
        standard: dict[tuple[str, str], dict[str, list[str]]] = {}
        for name, (read, start, end, metrics, options) in QUESTIONS.items():
            if not bench.wants(f"{title}: {name}"):
                continue
            code = CODE.format(
                read=read.format(folder=str(folder)), start=start, end=end, metrics=metrics, options=options
            )
            found = json.loads(_python(code))
            bench.figure(f"{title}: {name}", found["seconds"], unit="s")
            bench.figure(f"{title}: {name}, memory of a process", found["mb"], unit="MB")
            known = standard.setdefault((start, end), found["rows"])
            _compare(bench, f"{title}: {name}", known, found["rows"], exact=not options)
            if metrics == CALLERS and not options:
                standard[start, end] = found["rows"]
        _spark(bench, title, folder, standard.get((START, END)))


def _compare(
    bench: Bench, name: str, known: dict[str, list[str]], found: dict[str, list[str]], *, exact: bool
) -> None:
    """Affiliates whose money or counts differ, and how far estimates of callers are off."""
    size = len(MONEY)
    keys = known.keys() | found.keys()
    differ = sum(known.get(key, [])[:size] != found.get(key, [])[:size] for key in keys)
    bench.figure(f"{name}, affiliates whose totals differ", differ, high=0)
    if exact or any(len(row) == size for row in known.values()):
        return
    off = max(abs(_number(found[key][-1]) / _number(known[key][-1]) - 1) for key in keys)
    bench.figure(f"{name}, an affiliate's callers off by at most", off * 100, unit="%")


def _number(shown: str) -> float:
    return float(shown.rpartition("(")[2].rstrip(")"))


def _spark(bench: Bench, title: str, folder: Path, known: dict[str, list[str]] | None) -> None:
    """Ask Spark by an interpreter that has it."""
    name = f"{title}: Spark, 2 threads, callers too"
    if not bench.wants(name):
        return
    python = interpreter()
    if not python:
        bench.skip(name, MISSING)
        return
    found = ask(python, str(folder))
    bench.figure(name, found["seconds"], unit="s")
    if known is None:
        return
    rows = {str(row["affiliate"]): row for row in found["rows"]}
    differ = sum(
        key not in rows
        or any(
            Decimal(str(_number(value))) != Decimal(str(rows[key][metric]))
            for metric, value in zip(CALLERS, row, strict=False)
        )
        for key, row in known.items()
    ) + len(rows.keys() - known.keys())
    bench.figure(f"{name}, affiliates whose totals differ", differ, high=0)


def _python(code: str) -> str:
    """Run code in a fresh interpreter, from a file, since workers of a cluster import it; its last line."""
    path = ROOT / "build" / "bench_hundred_asked.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.rstrip().rpartition("\n")[2]
