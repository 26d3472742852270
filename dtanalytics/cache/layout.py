"""How the columns of a data file are coded, so that it is small, and read at the speed of memory."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dtanalytics.schema import Report

_ROW_GROUP = 1 << 17
_REPEATED = 4.0
"""Text of its own takes more than four bytes in a file, where its length alone takes four."""


def encode(table: pa.Table, report: Report) -> bytes:
    """Bytes of a Parquet file of calls.

    Values that repeat are numbered, and take so little room that compression would cost more than it
    saves. Times are kept as differences. Least and largest values are noted of the time alone: of
    anything else they serve no question, and of a number they would be somebody's.
    """
    names = table.column_names
    times = [name for name in names if pa.types.is_timestamp(table.schema.field(name).type)]
    numbered = [name for name in names if name not in times and _repeats(table[name], name, report)]
    whole = {name for name in (*times, *numbered) if not pa.types.is_boolean(table.schema.field(name).type)}
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression={name: "none" if name in whole else "zstd" for name in names},
        use_dictionary=numbered,
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
        row_group_size=_ROW_GROUP,
        write_statistics=[report.time, "call_day"],
        store_decimal_as_integer=True,
        write_page_checksum=True,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def repeated(metadata: pq.FileMetaData, report: Report) -> list[str]:
    """Columns of names, and of text that takes so little room in the file that its values repeat.

    As dictionaries these are read several times faster, also when they are made text afterwards.
    """
    first = metadata.row_group(0)
    sizes = {
        first.column(at).path_in_schema: first.column(at).total_uncompressed_size
        for at in range(first.num_columns)
    }
    return [
        field.name
        for field in report.fields
        if field.kind == "name" or (field.kind == "text" and sizes[field.name] < _REPEATED * first.num_rows)
    ]


def _repeats(column: pa.ChunkedArray, name: str, report: Report) -> bool:
    """Tell whether numbering helps: of identifiers it saves nothing, and is read twice as slowly."""
    if report.by_name[name].kind != "text":
        return True
    different: int = pc.count_distinct(column).as_py()
    return 2 * different < len(column)
