"""A cached month to a frame."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from pydantic import SecretStr

import dtanalytics as dta
from dtanalytics.cache.compacting import compact_entry
from dtanalytics.emulator.world.calls import generate
from dtanalytics.loading.ordering import by_day
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings
from dtanalytics.window import parse_window
from tests.bench.harness import Bench

ROWS = 200_000


def cached(root: Path, window: str, rows: int) -> tuple[Callable[[], pd.DataFrame], list[Path]]:
    """A closed window of LeadFlow calls in the cache: a load of it, and the files that it reads."""
    span = parse_window(window)
    secret = SecretStr("not-a-secret")
    settings = Settings(
        access_key=secret, secret_access_key=secret, api_key=secret, cache_dir=root, offline=True
    )
    entry = leadflow_source(settings).entry
    entry.prepare()
    asked = datetime(2027, 2, 1, tzinfo=UTC)
    days, months = {}, sorted({day.strftime("%Y-%m") for day in span.days()})
    for number, month in enumerate(months):  # a year at once would need the memory of a year
        part = parse_window(month)
        first, *_, last = part.days()
        end = (last + timedelta(days=1)).isoformat()
        made = generate(rows // len(months), 0, first.isoformat(), end, seed=number).leadflow
        for day, table in by_day(made, part, LEADFLOW).items():
            days[day.isoformat()] = entry.write(day, table, asked)
    entry.publish(days)
    compact_entry(entry)
    files = sorted({part.path for part in entry.parts(entry.manifest(), span.days())})
    return lambda: dta.load_leadflow(window, settings=settings), files


def run(bench: Bench) -> None:
    """Compare a load with pandas' own reading of the same files."""
    with tempfile.TemporaryDirectory() as name:
        ours, files = cached(Path(name), "2026-09", ROWS)
        variants = {"ours": ours, "pandas": lambda: pd.concat([pd.read_parquet(file) for file in files])}
        bench.compare(f"cached month of {ROWS // 1000} k calls to pandas", variants, rounds=15, target=5)
