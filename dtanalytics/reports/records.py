"""The frame of a table that is shown, carried beside its HTML, so that a report can hand it on."""

from __future__ import annotations

import base64
from typing import Any

import pandas as pd

RECORD = "DTANALYTICS_RECORD"
"""Environment variable; where it is set, a table that is shown carries its frame."""

RECORDED = "application/vnd.apache.arrow.file"
"""MIME type of that frame, in base64."""


def recorded_table(data: str) -> tuple[str, pd.DataFrame]:
    """Title and frame of a table that was shown where `RECORD` is set."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.BufferReader(base64.b64decode(data))) as file:
        table = file.read_all()
    return table.schema.metadata[b"title"].decode(), table.to_pandas()


def recorded(frame: pd.DataFrame, title: str) -> str:
    """A frame and its title, as text that an output can carry."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame.apply(_storable))
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"title": title.encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()


def _storable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn into text what Arrow has no type for: mixed objects, intervals."""
    import pyarrow as pa

    try:
        pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError):
        return column.astype("str")
    return column
