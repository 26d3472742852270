"""Calls whose day changed between loads: only the newest record of a call counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.cache import files, memo
from dtanalytics.cache.read import Part, PartsReader


def newest(reader: PartsReader, path: Path) -> pa.Array | None:
    """Tell which rows are the newest record of their call; None when all are.

    Days of one load hold no call twice, and days that were looked at before are remembered in ``path``:
    mostly there is nothing to look at.
    """
    key = key_of(reader.parts)
    if key is None or key in memo.recall(path):
        return None
    sids = reader.read([reader.report.key]).column(0)
    if pc.count_distinct(sids).as_py() == len(sids):
        memo.remember(path, {key: ""})
        return None
    places = ranks(reader.parts)
    rank = np.repeat(
        [places[part.day] for part in reader.parts], [part.vintage.rows for part in reader.parts]
    )
    keep = np.ones(len(sids), dtype=bool)
    keep[outdated(sids.cast(pa.string()).to_pandas(), rank)] = False
    return pa.array(keep)


def key_of(parts: Sequence[Part]) -> str | None:
    """Key under which the result for a set of days is remembered; None when one load brought all days."""
    loads = {(part.vintage.since, part.vintage.since or part.vintage.checked) for part in parts}
    if len(loads) < 2:
        return None
    rows = [f"{part.vintage.sha256} {part.vintage.offset} {part.vintage.rows}" for part in parts]
    return f"once {files.digest(chr(10).join(rows).encode())}"


def ranks(parts: Sequence[Part]) -> Mapping[str, int]:
    """Rank of each day by the time of its load; earlier releases noted only when they asked."""
    newest_last = sorted(parts, key=lambda part: (part.vintage.since, part.vintage.checked, part.day))
    return {part.day: place for place, part in enumerate(newest_last)}


def outdated(sids: Any, rank: Any) -> Any:
    """Positions of records whose call has a record of higher rank."""
    import pandas as pd

    calls = pd.DataFrame({"sid": np.asarray(sids, dtype=object), "rank": np.asarray(rank)})
    twice = calls[calls["sid"].duplicated(keep=False)]
    return twice.index[twice["rank"] < twice.groupby("sid")["rank"].transform("max")].to_numpy()
