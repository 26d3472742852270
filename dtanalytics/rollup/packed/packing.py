"""Several sums in one: measures as fields of a whole number, each so wide that its sum fits.

Adding to the groups costs most, so three or four measures are added at once. A field is signed: what
is negative borrows from the field above, and gives it back when the fields are taken apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from dtanalytics.metrics.measures import RowCondition
from dtanalytics.rollup.groups import Ints

Mask = npt.NDArray[np.bool_]
Reader = Callable[[Any], npt.NDArray[Any]]
"""Reads a slice of a column, or the rows of such numbers."""

BITS = 64
TESTS = 8
"""Flags of a call that counts of one word may rest on: they are one byte together."""


@dataclass(frozen=True)
class Field:
    """One measure in a word.

    Attributes
    ----------
    name : str
        The measure.
    bits : int
        Enough for the sum of any group.
    signed : bool
        Some value may be negative: the highest bit is a sign.
    tests : tuple of RowCondition
        A row that does not pass them adds nothing.
    read : callable or None
        Reads what the rows of a slice add; None: 1.
    """

    name: str
    bits: int
    signed: bool
    tests: tuple[RowCondition, ...]
    read: Reader | None = None


@dataclass
class Word:
    """Fields that are added up together, the lowest bits first."""

    fields: list[Field] = field(default_factory=list)

    @property
    def tests(self) -> list[RowCondition]:
        """What its counts rest on."""
        return list(dict.fromkeys(test for one in self.fields if one.read is None for test in one.tests))

    def takes(self, one: Field) -> bool:
        """Tell whether there is room for one more field."""
        if sum(kept.bits for kept in self.fields) + one.bits > BITS:
            return False
        return one.read is not None or len({*self.tests, *one.tests}) <= TESTS

    def reader(self, passing: Mapping[RowCondition, Mask], memory: Ints) -> Reader:
        """Return a reader of the word of each row.

        Parameters
        ----------
        passing : mapping
            RowCondition -> which rows pass it.
        memory : array of three rows
            As long as any slice; what is read lies in it until the next slice is read.
        """
        counts, values, shift = [], [], 0
        for one in self.fields:
            if one.read is None:
                counts.append((one, shift))
            else:
                values.append((one.read, [passing[test] for test in one.tests], shift))
            shift += one.bits
        flags = [passing[test] for test in self.tests]
        choices = _choices(counts, self.tests)
        words, parts, kept = memory

        def read(rows: slice) -> Ints:
            size = rows.stop - rows.start
            word: Ints = words[:size]
            part = parts[:size]
            if flags:
                np.copyto(part, _combined([flag[rows] for flag in flags]))
                choices.take(part, out=word, mode="clip")
            for value, masks, shift in values:
                found = value(rows)
                for mask in masks:
                    found = np.multiply(found, mask[rows], out=kept.view(found.dtype)[:size])
                if not shift and not flags:
                    np.copyto(word, found)
                    continue
                np.copyto(part, found)  # widened first: to add int32 to int64 takes longer than both steps
                if shift:
                    np.left_shift(part, shift, out=part)
                np.add(word, part, out=word)
            return word

        return read

    def split(self, sums: Ints, part: Ints) -> Iterator[tuple[str, Ints]]:
        """Take the sums of the fields apart, each into ``part``; ``sums`` is used up."""
        for one in self.fields:
            if one.signed:  # the highest bit of the field is its sign
                np.left_shift(sums, BITS - one.bits, out=part)
                np.right_shift(part, BITS - one.bits, out=part)
                np.subtract(sums, part, out=sums)
            else:
                np.bitwise_and(sums, (1 << one.bits) - 1, out=part)
            yield one.name, part
            np.right_shift(sums, min(one.bits, BITS - 1), out=sums)


def _combined(flags: Sequence[Mask]) -> npt.NDArray[np.uint8]:
    """Number the combination of flags of each row, the first flag being the lowest bit."""
    number = flags[-1].view(np.uint8)
    for flag in reversed(flags[:-1]):
        number = number + number
        number |= flag.view(np.uint8)
    return number


def _choices(counts: Sequence[tuple[Field, int]], tests: Sequence[RowCondition]) -> Ints:
    """Return the word for each combination of tests that a row passes."""
    combination = np.arange(1 << len(tests))
    words = np.zeros(len(combination), dtype=np.int64)
    for one, shift in counts:
        needed = sum(1 << tests.index(test) for test in one.tests)
        words += (combination & needed == needed).astype(np.int64) << shift
    return words


def pack(fields: Iterable[Field]) -> list[Word]:
    """Put fields into few words, counts first since one look-up finds all counts of a word."""
    words: list[Word] = []
    for one in sorted(fields, key=lambda one: (one.read is not None, -one.bits)):
        room = next((word for word in words if word.takes(one)), None)
        if room is None:
            words.append(room := Word())
        room.fields.append(one)
    for word in words:
        word.fields.reverse()  # the lowest field is not shifted, which pays for values only
    return words
