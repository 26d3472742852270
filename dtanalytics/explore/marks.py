"""The marks of a board: what each is drawn over, what is chosen in it, and how that is said.

A mark has an axis of whole numbers: 0 stands for an unknown value, where a call has none. What is chosen is
said four ways: as SQL for the board's own sums, as the choice among the axis' numbers, as text for
``DataFrame.query``, and as conditions for a scan.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.money.state_map import NAMES
from dtanalytics.errors import InputError, nearest
from dtanalytics.explore.rows import TILES, tile_of
from dtanalytics.explore.where import listed
from dtanalytics.metrics.labels import label_of

Mask = npt.NDArray[np.bool_]


@dataclass(eq=False)
class Mark(ABC):
    """One chart that can be chosen in.

    Attributes
    ----------
    name : str
        The word by which `Board.select` knows it.
    column : str
        Column of the frame that it is about.
    chosen : object
        What is chosen; None: nothing, so that all calls pass.
    """

    name: str
    column: str
    chosen: Any = None

    kind = ""

    @property
    def title(self) -> str:
        """Heading."""
        return label_of(self.column)

    @property
    @abstractmethod
    def size(self) -> int:
        """How many numbers the axis has."""

    @property
    @abstractmethod
    def code(self) -> str:
        """The column of the board's table that holds the numbers of its axis."""

    def places(self, values: Any) -> npt.NDArray[np.int64]:
        """Return the numbers of the axis that values of the column stand for."""
        return np.asarray(values, dtype=np.int64)

    @abstractmethod
    def sql(self) -> str:
        """The calls that are chosen, as SQL."""

    @abstractmethod
    def mask(self) -> Mask | None:
        """The numbers of the axis that are chosen; None: the choice lies between them."""

    @abstractmethod
    def text(self) -> str:
        """The choice for ``DataFrame.query``."""

    @abstractmethod
    def conditions(self) -> dict[str, Any]:
        """The choice as ``Scan.where`` takes it."""

    @abstractmethod
    def said(self) -> str:
        """The choice in words."""

    @abstractmethod
    def point(self, value: Any) -> None:
        """Choose what the board's page sent: numbers of the axis."""


@dataclass(eq=False)
class Bars(Mark):
    """Values of a column, as their numbers."""

    number: int = 0
    labels: Sequence[Any] = ()

    kind = "bars"

    @property
    def size(self) -> int:
        """One for null, and one a value."""
        return len(self.labels) + 1

    @property
    def code(self) -> str:
        """Number of the value."""
        return f"d{self.number}"

    def sql(self) -> str:
        """Any of the numbers."""
        return f"d{self.number} IN ({', '.join(map(str, self.chosen))})"

    def mask(self) -> Mask:
        """Return the numbers themselves."""
        return chosen_of(self.chosen, self.size)

    def value(self, number: int) -> Any:
        """Return the value of a number; None is null."""
        return None if number == 0 else self.labels[number - 1]

    def name_of(self, number: int) -> str:
        """Return the value of a number as text."""
        return "(none)" if number == 0 else str(self.labels[number - 1])

    @cached_property
    def ranks(self) -> npt.NDArray[np.int64]:
        """Place of each number in the order of the names; null comes last."""
        names = [str(value) for value in self.labels]
        rank = np.empty(len(names) + 1, dtype=np.int64)
        rank[1 + np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)] = np.arange(
            len(names)
        )
        rank[0] = len(names)
        return rank

    def _values(self) -> list[Any]:
        return [self.value(number) for number in self.chosen]

    def text(self) -> str:
        """One of the values."""
        return listed(self.column, self._values())

    def conditions(self) -> dict[str, Any]:
        """Return the values; None is null."""
        values = self._values()
        return {self.column: values[0] if len(values) == 1 and values[0] is not None else values}

    def said(self) -> str:
        """List the values."""
        return ", ".join(map(self.name_of, self.chosen))

    def point(self, value: Any) -> None:
        """Choose numbers."""
        self.chosen = numbers_of(value, self.size)

    def choose(self, values: Any) -> None:
        """Choose values; None is null."""
        known = {value: at for at, value in enumerate(self.labels, 1)}
        found = []
        for value in as_list(values):
            if value is None or (not isinstance(value, str) and pd.isna(value)):
                found.append(0)
            elif value in known:
                found.append(known[value])
            else:
                raise InputError(
                    f"no call has {self.name}={value!r}: {nearest(value, map(str, self.labels))}"
                )
        self.chosen = tuple(dict.fromkeys(found)) or None


@dataclass(eq=False)
class States(Mark):
    """States of callers, as numbers of tiles; 0 is elsewhere or unknown."""

    written: Sequence[Any] = ()

    kind = "states"

    @property
    def title(self) -> str:
        """Heading."""
        return "state"

    @property
    def size(self) -> int:
        """One for elsewhere, and one a state."""
        return len(TILES) + 1

    @property
    def code(self) -> str:
        """Number of the tile."""
        return "tile"

    def sql(self) -> str:
        """Any of these tiles."""
        return f"tile IN ({', '.join(map(str, self.chosen))})"

    def mask(self) -> Mask:
        """Return the tiles themselves."""
        return chosen_of(self.chosen, self.size)

    def _values(self) -> list[Any]:
        found = [value for value in self.written if tile_of(value) in self.chosen]
        return [*found, None] if 0 in self.chosen else found

    def text(self) -> str:
        """States as they are written in the calls."""
        return listed(self.column, self._values())

    def conditions(self) -> dict[str, Any]:
        """States as they are written in the calls."""
        return {self.column: self._values()}

    def said(self) -> str:
        """List the states."""
        return ", ".join("elsewhere" if one == 0 else TILES[one - 1] for one in self.chosen)

    def point(self, value: Any) -> None:
        """Choose tiles."""
        self.chosen = numbers_of(value, self.size)

    def choose(self, states: Any) -> None:
        """Choose states by code or name; "elsewhere" is all others."""
        found = []
        for one in as_list(states):
            tile = 0 if one is None or str(one).lower() == "elsewhere" else tile_of(one)
            if tile == 0 and one is not None and str(one).lower() != "elsewhere":
                raise InputError(f"state={one!r}: {nearest(one, [*TILES, *NAMES.values(), 'elsewhere'])}")
            found.append(tile)
        self.chosen = tuple(dict.fromkeys(found)) or None


def chosen_of(numbers: Sequence[int], size: int) -> Mask:
    """Return which numbers of an axis are among some."""
    found = np.zeros(size, dtype=bool)
    found[list(numbers)] = True
    return found


def as_list(values: Any) -> list[Any]:
    """Return several values, or one alone, as a list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        return [values]
    return list(values)


def numbers_of(value: Any, size: int) -> tuple[int, ...]:
    """Read numbers that a page sent: whole, within the axis."""
    good = isinstance(value, list) and value
    if not good or not all(type(one) is int and 0 <= one < size for one in value):
        raise unreadable(value)
    return tuple(sorted(set(value)))


def span_of(value: Any, size: int) -> tuple[int, int]:
    """Read a half-open span of places that a page sent."""
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int for one in value):
        raise unreadable(value)
    low, high = max(0, value[0]), min(size, value[1])
    if low >= high:
        raise unreadable(value)
    return low, high


def unreadable(value: object) -> InputError:
    """Return the error that tells what a page sent."""
    return InputError(f"the board's page sent {str(value)[:60]!r}, which is no choice")
