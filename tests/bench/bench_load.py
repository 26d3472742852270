"""Loading: against a client that throws pages away, against a script, against the quota; and reading back."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import requests

import dtanalytics as dta
from dtanalytics.cache.entry import Entry
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator, generate, serve_process
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings, using
from dtanalytics.window import parse_window
from tests.bench.harness import Bench

CALLS = 200_000
SPAN = ("2026-10-01", "2026-10-29")
WINDOW = 20.0
"""The minute of the service, three times faster; what latency costs a load does not shrink with it."""

MEMORY = """
import pathlib, tempfile
import dtanalytics as dta
from pydantic import SecretStr
from dtanalytics.settings import Settings, using
with tempfile.TemporaryDirectory() as folder:
    settings = Settings(access_key={keys[0]!r}, secret_access_key={keys[1]!r}, api_key={keys[2]!r},
        leadflow_url={url!r}, cache_dir=pathlib.Path(folder), requests_per_minute=0)
    assert len(dta.load_leadflow("2026-10-01", "2026-10-29", settings=settings, progress=False)) == {rows}
"""

PROCESS = """
import pathlib, sys
import dtanalytics as dta
from dtanalytics.apis import limiter
from dtanalytics.settings import Settings
limiter.WINDOW = {window}
settings = Settings(access_key={keys[0]!r}, secret_access_key={keys[1]!r}, api_key={keys[2]!r},
    leadflow_url={url!r}, cache_dir=pathlib.Path(sys.argv[1]), requests_per_minute=100)
dta.load_leadflow(sys.argv[2], sys.argv[3], settings=settings, progress=False)
"""


def keys_of(service) -> tuple[str, str, str]:
    """The three credentials of LeadFlow."""
    known = service.credentials
    return known.access_key, known.secret_access_key, known.api_key


@contextmanager
def fresh(service, **options) -> Iterator[Settings]:
    """Settings in force with an empty cache."""
    with (
        tempfile.TemporaryDirectory() as folder,
        using(settings_for(service, Path(folder), **options)) as known,
    ):
        yield known


def pages_of(service) -> Iterator[requests.Response]:
    """Every page, the way a plain script walks: week by week until a page is empty."""
    access, secret, key = keys_of(service)
    with requests.Session() as session:
        session.headers.update({"Authorization": f"{access}:{secret}", "x-api-key": key})
        for window in parse_window(*SPAN).split():
            asked = {
                "start_date": window.start.isoformat(),
                "end_date": window.end.isoformat(),
                "page_size": 250,
            }
            for number in range(1, 10_000):
                answer = session.get(service.leadflow_url, params={**asked, "page": number}, timeout=60)
                answer.raise_for_status()
                if len(answer.content) < 10:
                    break
                yield answer


def thrown_away(service) -> Callable[[], object]:
    """Read every page and keep nothing."""
    return lambda: sum(len(answer.content) for answer in pages_of(service))


def script(service) -> Callable[[], object]:
    """What a competent analyst writes: pages, one frame, types, Parquet."""

    def load() -> int:
        rows = [row for answer in pages_of(service) for row in answer.json()]
        frame = pd.DataFrame(rows).drop_duplicates("sid")
        frame["call_date"] = pd.to_datetime(frame["call_date"])
        for field in LEADFLOW.fields:
            if field.kind in {"money", "minutes", "int32"}:
                frame[field.name] = pd.to_numeric(frame[field.name])
            elif field.kind == "flag" and field.v2:
                frame[field.name] = frame[field.name].map({"Y": True, "N": False})
            elif field.kind == "name":
                frame[field.name] = frame[field.name].astype("category")
        with tempfile.TemporaryDirectory() as folder:
            frame.to_parquet(Path(folder) / "calls.parquet")
        return len(frame)

    return load


def ours(service, rows: int) -> Callable[[], object]:
    """A cold load: cache written, frame returned, completeness proved."""

    def load() -> None:
        with fresh(service):
            assert len(dta.load_leadflow(*SPAN, progress=False)) == rows

    return load


def quota(bench: Bench, latency: float, processes: int) -> None:
    """Time over the quota's floor, and refusals, at a faster clock."""
    name = f"quota, {latency * 1000:.0f} ms, {processes} process{'es' * (processes > 1)}"
    if not bench.wants(name):
        return
    halves = [SPAN] if processes == 1 else [("2026-10-01", "2026-10-15"), ("2026-10-15", "2026-10-29")]
    calls = 62_500
    with (
        serve_process(
            leadflow=calls,
            bids=10,
            start=SPAN[0],
            end=SPAN[1],
            latency=latency,
            requests_per_window=100,
            window=WINDOW,
        ) as service,
        tempfile.TemporaryDirectory() as folder,
    ):
        code = PROCESS.format(window=WINDOW, keys=keys_of(service), url=service.leadflow_url)
        begun = time.perf_counter()
        started = [
            subprocess.Popen([sys.executable, "-c", code, str(Path(folder) / str(number)), *half])
            for number, half in enumerate(halves)
        ]
        assert [child.wait() for child in started] == [0] * processes
        taken = time.perf_counter() - begun
        counted = service.stats()
    floor = (math.ceil(calls / 250 / 100) - 1) * WINDOW
    startup = 1.3  # imports of the child, which the service does not see
    bench.figure(f"{name}: time over the floor of {floor:.0f} s", (taken - startup) / floor, high=1.1)
    bench.figure(f"{name}: answers 429 of {counted['requests']}", counted["refused"], high=0.5)


def run(bench: Bench) -> None:
    """Cold loads, quota, memory, and a week out of a year."""
    for processes in (1, 2):
        for latency in (0.015, 0.150):
            quota(bench, latency, processes)
    cold(bench)
    million(bench)
    week_of_a_year(bench)


def cold(bench: Bench) -> None:
    """A cold load, cache written, against clients that do less."""
    names = {"thrown away": "cold load, against pages thrown away", "script": "cold load, against a script"}
    if not any(bench.wants(name) for name in names.values()):
        return
    with serve_process(leadflow=CALLS, bids=10, start=SPAN[0], end=SPAN[1]) as service:
        load = ours(service, CALLS)
        for other, made, better in (("thrown away", thrown_away, False), ("script", script, True)):
            variants = {"ours": load, other: made(service)}
            bench.compare(names[other], variants, rounds=5, target=2.0, higher_is_better=better)


def million(bench: Bench) -> None:
    """A cold and a warm load of 1 M calls, and the memory of the cold one."""
    name, rows = "cold load of 1 M calls", 1_000_000
    if not bench.wants(name):
        return
    with serve_process(leadflow=rows, bids=10, start=SPAN[0], end=SPAN[1]) as service:
        code = MEMORY.format(keys=keys_of(service), url=service.leadflow_url, rows=rows)
        bench.peak_memory(name, code, target_mb=600)
        with fresh(service):
            bench.note(f"1 M calls: cold {timed_load(rows):.1f} s, warm {timed_load(rows):.1f} s")


def timed_load(rows: int) -> float:
    """Seconds of one load."""
    begun = time.perf_counter()
    assert len(dta.load_leadflow(*SPAN, progress=False)) == rows
    return time.perf_counter() - begun


def week_of_a_year(bench: Bench) -> None:
    """Seven days out of a cached year of 10 M calls, against DuckDB on the seven files."""
    name = "7 days of a year of 10 M calls"
    if not bench.wants(name):
        return
    with (
        Emulator(generate(leadflow=27_400, bids=10, start="2025-06-02", end="2025-06-03")) as service,
        fresh(service) as known,
    ):
        day = dta.load_leadflow("2025-06-02", progress=False, columns=None)
        entry = leadflow_source(known).entry
        table = entry.read(entry.parts(entry.manifest(), [dt.date(2025, 6, 2)]))
        fill_year(entry, table)
        week = ("2025-03-10", "2025-03-17")
        columns = ["sid", "affiliate", "offer_qualified", "offer_price"]
        paths = [str(part.path) for part in entry.parts(entry.manifest(), parse_window(*week).days())]
        query = f"select {chr(44).join(columns)} from read_parquet({paths})"  # noqa: S608  # our own names

        def by_hand() -> object:
            return duckdb.sql(query).to_arrow_table().to_pandas()

        def loaded() -> object:
            return dta.load_leadflow(*week, columns=columns, offline=True)

        assert len(loaded()) == 7 * len(day)
        bench.compare(name, {"ours": loaded, "duckdb": by_hand}, rounds=7, target=2.0, higher_is_better=False)


def fill_year(entry: Entry, table: pa.Table) -> None:
    """The same day, 365 times, each on its own date."""
    plain = pa.table(
        [column.cast(field.type) for column, field in zip(table.columns, LEADFLOW.schema, strict=True)],
        schema=LEADFLOW.schema,
    )
    asked = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    days = {}
    for offset in range(365):
        date = dt.date(2025, 1, 1) + dt.timedelta(days=offset)
        moved = plain.set_column(
            plain.schema.get_field_index("call_day"),
            LEADFLOW.schema.field("call_day"),
            pc.if_else(pc.is_valid(plain["sid"]), pa.scalar(date, pa.date32()), None),
        )
        days[date.isoformat()] = entry.write(date, moved, asked)
    entry.publish(days)
