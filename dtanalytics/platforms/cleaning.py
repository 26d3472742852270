"""Columns of text without what stands around values, and without texts that stand for nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.ledgers.cells import bare

SAMPLE = 20_000
"""Rows that tell whether a column has few different values."""
_SPACE, _LAST_ASCII = 0x20, 0x7F


def has_few(column: pa.ChunkedArray) -> bool:
    """Tell whether a column has so few different values that numbering them pays."""
    some = column.slice(0, SAMPLE)
    return bool(pc.count_distinct(some).as_py() < max(64, len(some) // 4))


def is_bare(text: pa.Array) -> bool:
    """Tell, at a glance at the bytes, that no text has white space or anything invisible in it.

    Examples
    --------
    >>> [is_bare(pa.array([text, None])) for text in ("0142-77", "North Media", "\u200b1")]
    [True, False, False]
    """
    if not pa.types.is_string(text.type):
        return False
    _, offsets, data = text.buffers()
    if data is None or not len(text):
        return True
    ends = np.frombuffer(offsets, np.int32)[[text.offset, text.offset + len(text)]]
    seen = np.frombuffer(data, np.uint8)[ends[0] : ends[1]]
    return not len(seen) or bool(seen.min() > _SPACE and seen.max() < _LAST_ASCII)


def cleaned(column: pa.ChunkedArray, nothing: Sequence[str], *, few: bool) -> pa.ChunkedArray:
    """Text without spaces around it; texts that stand for nothing are null; few of them are numbered."""
    if not few:
        if not all(map(is_bare, column.chunks)):
            column = pc.utf8_trim_whitespace(column)
        for text in nothing:
            empty = pc.equal(column, text)
            column = pc.if_else(empty, None, column) if pc.any(empty).as_py() else column
        return column
    coded = column.dictionary_encode().combine_chunks()
    coded = coded if isinstance(coded, pa.DictionaryArray) else coded.chunk(0)
    marks = pa.array(nothing, pa.string())
    if is_bare(coded.dictionary) and not pc.any(pc.is_in(coded.dictionary, marks)).as_py():
        return pa.chunked_array([coded])
    words = [bare(word) for word in coded.dictionary.to_pylist()]
    kept = list(dict.fromkeys(word for word in words if word not in nothing))
    if kept == words:
        return pa.chunked_array([coded])
    place = {word: number for number, word in enumerate(kept)}
    codes = pa.array([place.get(word) for word in words], pa.int32()).take(coded.indices)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, pa.array(kept, pa.string()))])
