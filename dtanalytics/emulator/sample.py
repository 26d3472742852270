"""The sample in ``data/``: two synthetic months with something to find, the same bytes each time.

``python -m dtanalytics.emulator.sample [FOLDER]`` writes it.
"""

from __future__ import annotations

import datetime as dt
import gzip
import sys
from pathlib import Path

from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.wire import render
from dtanalytics.emulator.world.calls import Calls, generate
from dtanalytics.emulator.world.market import Facts
from dtanalytics.emulator.world.rows import snapshot_at
from dtanalytics.schema import REPORTS

START, END = "2026-09-01", "2026-11-01"
FACTS = Facts(
    leak="Juniper Digital",
    cap="Roof Repair",
    bunching="Summit Broadcast",
    shift="Quickdial Network",
    shift_factor=3.0,
    drop="Harbor Leads",
    since=dt.date(2026, 10, 1),
    misattribution=True,
)
"""October pays less: calls move to a weak affiliate, and another one's callers hang up."""


def sample_calls() -> Calls:
    """The calls of the sample, with their truth and with what changed after they were made."""
    return generate(leadflow=20_000, bids=12_000, start=START, end=END, seed=2026, facts=FACTS)


def sample_bytes(calls: Calls, report: str) -> bytes:
    """One report as a saved answer of the service: a JSON array with one record a line."""
    rows = render(snapshot_at(calls.sources[report], None).table, REPORTS[report], "v2", Quirks())
    return b"[\n" + b",\n".join(rows) + b"\n]\n"


def write_sample(folder: Path) -> list[Path]:
    """Write both reports as ``NAME.json.gz`` into a folder."""
    calls = sample_calls()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.json.gz" for name in REPORTS]
    for path in paths:
        path.write_bytes(gzip.compress(sample_bytes(calls, path.name.partition(".")[0]), 9, mtime=0))
    return paths


if __name__ == "__main__":
    write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "data"))
