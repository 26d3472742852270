"""A cached month to a frame."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
from pydantic import SecretStr

import dtanalytics as dta
from dtanalytics.cache.compacting import compact_entry
from dtanalytics.emulator.world.calls import generate
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.settings import Settings
from tests.bench.harness import Bench

ROWS = 200_000


def cached_month(root: Path) -> tuple[Callable[[], pd.DataFrame], list[Path]]:
    """A closed month of LeadFlow calls in the cache: a load of it, and the files that it reads."""
    calls = generate(leadflow=ROWS, bids=0, start="2026-09-01", end="2026-10-01").leadflow
    secret = SecretStr("not a secret")
    settings = Settings(
        access_key=secret, secret_access_key=secret, api_key=secret, cache_dir=root, offline=True
    )
    entry = leadflow_source(settings).entry
    entry.prepare()
    asked = datetime(2026, 11, 1, tzinfo=UTC)
    days = pc.unique(calls["call_day"]).to_pylist()
    written = {
        day.isoformat(): entry.write(day, calls.filter(pc.equal(calls["call_day"], day)), asked)
        for day in days
    }
    entry.publish(written)
    compact_entry(entry)
    files = sorted({part.path for part in entry.parts(entry.manifest(), days)})
    return lambda: dta.load_leadflow("2026-09", settings=settings), files


def run(bench: Bench) -> None:
    """Compare a load with pandas' own reading of the same files."""
    with tempfile.TemporaryDirectory() as name:
        ours, files = cached_month(Path(name))
        variants = {"ours": ours, "pandas": lambda: pd.concat([pd.read_parquet(file) for file in files])}
        bench.compare(f"cached month of {ROWS // 1000} k calls to pandas", variants, rounds=15, target=5)
