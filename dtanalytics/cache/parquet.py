"""Parquet encodings of the data files, chosen for small files and fast reading."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dtanalytics.schema import Report

_ROW_GROUP = 1 << 17
_DICTIONARY = 8 << 20
"""Bytes of different texts in a row group: with more of them Arrow would give up numbering half-way."""
_REPEATED = 4.0
"""Text of its own takes more than four bytes in a file, where its length alone takes four."""


def encode(table: pa.Table, report: Report) -> bytes:
    """Bytes of a Parquet file of calls.

    Values that repeat are numbered, and take so little room that compression would cost more than it
    saves; so do times, kept as differences, and flags, kept as runs. A column without nulls is declared so,
    and readers do not look for any. Least and largest values are written for the time alone: no question
    needs those of other columns, and those of telephone numbers would identify callers.
    """
    fields = list(table.schema)
    times = [field.name for field in fields if pa.types.is_timestamp(field.type)]
    flags = [field.name for field in fields if pa.types.is_boolean(field.type)]
    values = [name for name in table.column_names if name not in {*times, *flags}]
    numbered = [name for name in values if _repeats(table[name], name, report)]
    laid_out = [_field_at_rest(field, table[field.name].null_count, report) for field in fields]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.cast(pa.schema(laid_out, table.schema.metadata)),
        sink,
        compression={
            name: "none" if name in {*times, *flags, *numbered} else "zstd" for name in table.column_names
        },
        use_dictionary=numbered,
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED") | dict.fromkeys(flags, "RLE"),
        row_group_size=_ROW_GROUP,
        dictionary_pagesize_limit=_DICTIONARY,
        write_statistics=[report.time, "call_day"],
        store_decimal_as_integer=True,
        write_page_checksum=True,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _field_at_rest(field: pa.Field, nulls: int, report: Report) -> pa.Field:
    """Store text as large_string, pandas' own type, which Arrow reads a fifth faster."""
    kind = pa.large_string() if report.by_name[field.name].kind == "text" else field.type
    return field.with_nullable(nulls > 0).with_type(kind)


def repeated(metadata: pq.FileMetaData, report: Report) -> list[str]:
    """Columns of names, and of text without null that takes so little room that its values repeat.

    As dictionaries these are read several times faster, also when they are made text afterwards.
    """
    first = metadata.row_group(0)
    columns = {first.column(at).path_in_schema: at for at in range(first.num_columns)}

    def repeats(name: str) -> bool:
        size = first.column(columns[name]).total_uncompressed_size
        no_null: bool = metadata.schema.column(columns[name]).max_definition_level == 0
        return no_null and size < _REPEATED * first.num_rows

    return [
        field.name
        for field in report.fields
        if field.kind == "name" or (field.kind == "text" and repeats(field.name))
    ]


def _repeats(column: pa.ChunkedArray, name: str, report: Report) -> bool:
    """Tell whether a dictionary helps: for identifiers it saves nothing and is twice as slow to read."""
    if report.by_name[name].kind != "text":
        return True
    different: int = pc.count_distinct(column).as_py()
    return 2 * different < len(column)
