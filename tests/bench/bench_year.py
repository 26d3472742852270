"""A cached year to a frame: against the time that Arrow needs to read the same columns, and where it goes.

Each load has an interpreter of its own, since Arrow keeps memory for its next read, and processor time is compared.
``DTANALYTICS_BENCH_ROWS=1e6,1e7`` chooses the sizes.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from tests.bench.bench_cached import cached
from tests.bench.bench_size import FLOOR, GROWTH, python
from tests.bench.harness import Bench

SIZES = (1_000_000, 3_000_000, 10_000_000)
MOST = 1.3
"""Processor time of a load, in that of Arrow's reading."""
ROUNDS = 3
CODE = """
import json, time
from collections import defaultdict
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from pydantic import SecretStr
import dtanalytics as dta
from dtanalytics import frames
from dtanalytics.cache.read import PartsReader
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings

def memory(name):
    return int(Path("/proc/self/status").read_text().split(name)[1].split()[0]) / 1024

secret = SecretStr("not-a-secret")
settings = Settings(
    access_key=secret, secret_access_key=secret, api_key=secret, cache_dir={root!r}, offline=True
)
shares = defaultdict(float)

def watched(function, name):
    def call(*arguments, **options):
        begun = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            shares[name] += time.process_time() - begun
    return call

def arrow():
    return pa.concat_tables([pq.read_table(file) for file in {files!r}])

def ours():
    return dta.load_leadflow("2026", settings=settings, progress=False)

def ours_by_shares():
    PartsReader.read = watched(PartsReader.read, "files read and decoded")
    for name, what in {watched!r}.items():
        setattr(frames, name, watched(getattr(frames, name), what))
    return ours()

before = memory("VmRSS:")
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
started = time.process_time()
table = {asked}()
taken = time.process_time() - started
print("\\n" + json.dumps({{"seconds": taken, "mb": memory("VmHWM:") - before, "shares": shares}}))
"""
WATCHED = {
    "_texts": "texts joined to one piece each",
    "_floats": "decimals made floats",
    "_categorical": "names made categories",
    "_flags": "flags",
    "_integers": "whole numbers",
}


def run(bench: Bench) -> None:
    """Load a year of each size, then compare the sizes."""
    if not Path("/proc/self/clear_refs").exists():
        bench.skip("year", "peak memory is read from /proc, which this system does not have")
        return
    sizes = sorted(bench.sizes(SIZES))
    seconds = []
    for rows in sizes:
        title = f"cached year of {rows:,} calls to pandas"
        if not bench.wants(title):
            continue
        with tempfile.TemporaryDirectory() as root:
            files = [str(file) for file in cached(Path(root), "2026", rows)[1]]

            def asked(who: str, root: str = root, files: list[str] = files) -> dict[str, object]:
                return json.loads(python(CODE.format(root=root, files=files, asked=who, watched=WATCHED)))

            both = [(asked("ours"), asked("arrow")) for _ in range(ROUNDS)]
            shares = asked("ours_by_shares")
        ours, arrow = (statistics.median(pair[place]["seconds"] for pair in both) for place in (0, 1))
        seconds.append(ours)
        bench.figure(f"{title}, processor time", ours, unit="s")
        bench.figure(f"{title}, Arrow's reading of the same columns", arrow, unit="s")
        bench.figure(f"{title}, in Arrow's time", ours / arrow, high=MOST, unit="x")
        bench.figure(f"{title}, memory", max(one["mb"] for one, _ in both), unit="MB")
        bench.figure(f"{title}, memory of Arrow's table", max(one["mb"] for _, one in both), unit="MB")
        for what, taken in shares["shares"].items():
            bench.figure(f"{title}: {what}", 100 * taken / shares["seconds"], unit="% of the time")
    if len(seconds) == len(sizes) > 1:
        most = GROWTH * sizes[-1] / sizes[0] / 10
        growth = seconds[-1] / max(seconds[0], FLOOR)
        bench.figure(f"cached year, growth {sizes[0]:,} to {sizes[-1]:,}", growth, high=most, unit="x")
