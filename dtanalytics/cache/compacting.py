"""Merge the daily files of months that can no longer change into one file a month."""

from __future__ import annotations

import datetime as dt
import itertools

import msgspec

from dtanalytics.cache import files, manifest
from dtanalytics.cache.entry import Entry, is_final, plain
from dtanalytics.cache.inspect import entries
from dtanalytics.cache.manifest import Manifest
from dtanalytics.cache.read import Damaged, Part
from dtanalytics.calling.public import public
from dtanalytics.settings import current
from dtanalytics.window import parse_window


@public
def compact() -> int:
    """Join the daily files of months whose days are all final into one file a month.

    Returns
    -------
    int
        Months that were joined.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     calls = dta.load_leadflow("2026-10", progress=False)
    ...     months = dta.cache.compact()
    >>> months <= 1
    True
    """
    return sum(len(compact_entry(entry)) for entry in entries())


def compact_entry(entry: Entry, state: Manifest | None = None) -> list[str]:
    """Join the closed months of one entry; vintages that were replaced keep their own files."""
    state = state or entry.manifest()
    settle = current().settle_days
    done = []
    for month, days in itertools.groupby(sorted(state.days), lambda day: day[:7]):
        listed = list(days)
        newest = {day: state.days[day][-1] for day in listed}
        parts = [Part(day, entry.data / v.file, v) for day, v in newest.items() if v.file]
        closed = all(is_final(vintage, dt.date.fromisoformat(day), settle) for day, vintage in newest.items())
        if (
            closed
            and len(listed) == len(parse_window(month).days())
            and len({part.path for part in parts}) > 1
        ):
            _join(entry, month, parts)
            done.append(month)
    if done:
        files.sweep(entry.data, entry.manifest().names())
    return done


def _join(entry: Entry, month: str, parts: list[Part]) -> None:
    try:
        table = entry.read(parts)
    except Damaged:
        return  # the next load replaces the damaged days
    whole = entry.write_file(month, plain(table, entry.report))
    starts = itertools.accumulate((part.vintage.rows for part in parts), initial=0)
    moved = {
        part.day: (part.vintage, msgspec.structs.replace(part.vintage, **whole, offset=start))
        for part, start in zip(parts, starts, strict=False)
    }

    def change(state: Manifest) -> Manifest:
        days = dict(state.days)
        for day, (old, new) in moved.items():
            days[day] = tuple(new if vintage.file == old.file else vintage for vintage in days.get(day, ()))
        return msgspec.structs.replace(state, days=days)

    manifest.commit(entry.manifests, change)
