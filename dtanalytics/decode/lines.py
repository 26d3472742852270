"""Join the records of answers into JSON lines, the input of Arrow's JSON reader.

It reads objects with blanks between them, so only the commas between records have to go. Where
answers are plain arrays these are found by the bytes around them, and Arrow's reader proves the
find: a record ends at each of them and nowhere else. Anything else is cut by a reader of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from dtanalytics.decode.body import BOM

_BETWEEN = re.compile(rb"\}(\s*,\s*)\{")
_BREAK = ord("\n")
_BLOCK = 1 << 19
"""Places looked at together: what is made of them stays in the processor's cache."""


@dataclass(frozen=True)
class Lines:
    """Records as bytes.

    Attributes
    ----------
    data : bytes or bytearray
        The records, with blanks between them.
    count : int
        How many there have to be; the reader of the lines checks that it finds as many.
    samples : list of bytes
        A few of them.
    """

    data: bytes | bytearray
    count: int
    samples: list[bytes]


def from_records(records: Sequence[Sequence[msgspec.Raw]]) -> Lines:
    """Join the records of answers, each valid JSON on its own."""
    whole = list(chain.from_iterable(records))
    places = (0, len(whole) // 2, -1) if whole else ()
    return Lines(b"\n".join(whole), len(whole), [bytes(whole[place]) for place in places])


def from_arrays(bodies: Sequence[bytes]) -> Lines | None:
    """Join answers that are plain arrays of records, not read yet; None when one is not.

    Each comma found becomes a line break. In the middle of a text that would make it no JSON, and a
    record within a record is none that a report declares. So a reader that finds neither,
    and ``count`` records, knows that there was exactly one comma between any two.
    """
    arrays = [array for body in bodies if (array := body.removeprefix(BOM).strip()) != b"[]"]
    if not arrays:
        return from_records([])
    if not all(array[:2] == b"[{" and array[-2:] == b"}]" for array in arrays):
        return None
    found = _BETWEEN.search(arrays[0])
    between = found[1] if found else b","
    data = bytearray(between).join([memoryview(array)[1:-1] for array in arrays])
    breaks = _ends(data, between) + 1 + between.index(b",")
    np.frombuffer(data, np.uint8)[breaks] = _BREAK
    edges = [0, *breaks.tolist(), len(data)]
    places = (0, len(breaks) // 2, len(breaks))
    return Lines(data, len(breaks) + 1, [bytes(data[edges[at] : edges[at + 1]]) for at in places])


def _ends(data: bytearray, between: bytes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places of the braces behind which another record follows (numpy lets go of the interpreter's lock)."""
    view = np.frombuffer(data, np.uint8)
    blocks = range(0, len(view), _BLOCK)
    places = np.concatenate([np.flatnonzero(view[at : at + _BLOCK] == ord("}")) + at for at in blocks])
    for offset, code in enumerate(between + b"{", 1):
        places = places[places < len(view) - offset]
        places = places[view[places + offset] == code]
    return places


def count_pairs(data: bytes | bytearray, pair: bytes) -> int:
    """Count places with two different bytes in a row, even and odd ones (thrice as fast as bytes.count)."""
    code = int.from_bytes(pair, "little")
    views = [np.frombuffer(data, "<u2", (len(data) - odd) // 2, odd) for odd in (0, 1)]
    blocks = [view[at : at + _BLOCK] for view in views for at in range(0, len(view), _BLOCK)]
    return sum(int(np.count_nonzero(block == code)) for block in blocks)
