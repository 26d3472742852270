"""Workbooks to calls as text: cells keep what the spreadsheet meant, written in one way."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from dtanalytics.ledgers.workbooks import workbook_table
from dtanalytics.platforms.catalog import recognised
from dtanalytics.platforms.mapping import Platform
from dtanalytics.platforms.objects import opened
from dtanalytics.platforms.parts import Part
from dtanalytics.platforms.raw import Raw, collected, fills


def read_sheet(
    part: Part, platform: Platform | None, names: Mapping[str, str], sheet: str | int | None
) -> Raw:
    """Read one sheet of a workbook.

    Raises
    ------
    InputError, ConfigError
        As `dtanalytics.ledgers.workbooks.workbook_table`.
    SchemaError
        Its columns tell no platform, or lack one that is needed.
    """
    data = gzip.decompress(part.path.read_bytes()) if part.packed else part.path.read_bytes()
    table = workbook_table(part.name, data, [*names], sheet)
    columns = [str(name) for name in table.columns]
    platform = platform or recognised(columns, part.name, names)
    texts = {name: pa.array([_text(value) for value in table[name]], pa.string()) for name in columns}
    opened_table = opened(pa.table(texts), platform)
    return collected(platform, opened_table, fills(platform, opened_table.column_names, names, part.name))


def _text(value: Any) -> str | None:
    """Write a cell as text."""
    if value is None or value == "" or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value == int(value) and abs(value) < 1 << 53:
            return str(int(value))
        text = repr(value)
        return f"{text}0" if len(text.partition(".")[2]) == 3 else text
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, time):
        return str(value.hour * 3600 + value.minute * 60 + value.second)
    return value.isoformat() if isinstance(value, date) else str(value)
