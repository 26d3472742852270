"""Calls that stand in a frame more than once, as where loads that overlap were put together.

Their money is counted as often as they stand there. A frame is looked through once, and one that a load
made, or that was filtered or sorted from it, is not: it is marked.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dtanalytics.columns import ids
from dtanalytics.columns.kinds import TEXT
from dtanalytics.columns.labels import has_blanks
from dtanalytics.columns.numbering import repeats
from dtanalytics.columns.remembered import remembered
from dtanalytics.errors import DuplicateCallsWarning, SchemaError, warn_caller
from dtanalytics.money import currency, earned
from dtanalytics.schema import LEADFLOW

if TYPE_CHECKING:
    import pandas as pd

_NOTE, _MARK = "dtanalytics", "once"
_PROBES = 64
_known: dict[int, tuple[weakref.ref[Any], Duplicates | None]] = {}
"""Number of a frame -> the frame, weakly, and what stands in it more than once."""
_told: set[int] = set()
"""Numbers of the frames of which a warning was given."""


class Mark(str):
    """A note in the attributes of a frame that equals no other note.

    pandas keeps the attributes of frames that are put together where all of them are equal. With a mark
    among them they are not, so that what is put together of two parts of a load is not marked itself.

    Attributes
    ----------
    rows : int
        Rows of the frame that was marked.
    """

    __slots__ = ("rows",)
    rows: int

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    __hash__ = str.__hash__

    def __deepcopy__(self, _: object) -> Mark:
        """Copy quickly: pandas copies the attributes of a frame with each column that is taken from it."""
        made = Mark(self)
        made.rows = self.rows
        return made


class Note(dict[str, Any]):
    """What a load says of a frame, flat and with a mark.

    pandas copies the attributes of a frame deeply with each column that is taken from it, which takes as
    long as the column itself; nothing in a note can be changed but the note, so that a plain copy is enough.
    """

    def __deepcopy__(self, memo: object) -> Note:
        made = Note(self)
        if (mark := made.get(_MARK)) is not None:
            made[_MARK] = mark.__deepcopy__(memo)
        return made


class Duplicates(NamedTuple):
    """What stands in a frame more than once.

    Attributes
    ----------
    rows : int
        Rows whose ``sid`` an earlier row has.
    revenue, payout : float or None
        Their money [currency]; None where the columns are missing or cannot be read.
    """

    rows: int
    revenue: float | None
    payout: float | None

    def __str__(self) -> str:
        money = ((name, value) for name, value in (("revenue", self.revenue), ("payout", self.payout)))
        told = " and ".join(f"{name} {value:,.2f}" for name, value in money if value is not None)
        repeat = "row repeats a call" if self.rows == 1 else "rows repeat calls"
        return f"{self.rows:,} {repeat} (sid)" + (f", counted again: {told}" if told else "")


def mark(frame: pd.DataFrame) -> pd.DataFrame:
    """Note in ``attrs`` that each call stands in the frame once; filtered frames inherit the note."""
    found = Mark("each call stands here once")
    found.rows = len(frame)
    frame.attrs[_NOTE] = Note({**frame.attrs.get(_NOTE, {}), _MARK: found})
    _remember(frame, None)
    return frame


def duplicates(frame: pd.DataFrame) -> Duplicates | None:
    """Look for calls that stand in a frame more than once; None: there is none, or no ``sid``.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"sid": ["1", "2", "1"], "offer_price": 20.0, "offer_qualified": True})
    >>> str(duplicates(calls))
    '1 row repeats a call (sid), counted again: revenue 20.00'
    """
    found = _known.get(id(frame))
    if found is not None and found[0]() is frame:
        return found[1]
    return _remember(frame, _looked_for(frame))


def warn_duplicates(frame: Any) -> None:
    """Warn, once for a frame, that calls stand in it more than once."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame) or LEADFLOW.key not in frame.columns:
        return
    repeated = duplicates(frame)
    if repeated is not None and id(frame) not in _told:
        _told.add(id(frame))
        warn_caller(
            f"{repeated}. Put loads together with dta.concat([...]), or keep one row a call: "
            ".drop_duplicates('sid')",
            DuplicateCallsWarning,
        )


def _remember(frame: pd.DataFrame, found: Duplicates | None) -> Duplicates | None:
    number = id(frame)

    def forget(_: object) -> None:
        _known.pop(number, None)
        _told.discard(number)

    _known[number] = weakref.ref(frame, forget), found
    return found


def _looked_for(frame: pd.DataFrame) -> Duplicates | None:
    sid = frame[LEADFLOW.key] if list(frame.columns).count(LEADFLOW.key) == 1 else None
    if sid is None or len(sid) < 2:
        return None
    try:
        if sid.dtype != TEXT:  # the same call may stand there as text and as a number
            sid = ids(sid)
        if remembered(sid, has_blanks):
            sid = sid.str.strip()
        if _is_part(frame) and not _again(sid):
            return None
        rows, number = repeats(sid)
    except (TypeError, ValueError, SchemaError):  # lists, dicts, numbers that have lost digits
        return None
    again = np.sort(rows[1:][number[1:] == number[:-1]])
    return Duplicates(len(again), *_money(frame.iloc[again])) if again.size else None


def _is_part(frame: pd.DataFrame) -> bool:
    """Tell whether a frame is a marked one, or rows of it, each once (``attrs`` outlive repeated rows)."""
    import pandas as pd

    found = frame.attrs.get(_NOTE, {}).get(_MARK)
    if not isinstance(found, Mark):
        return False
    if isinstance(frame.index, pd.RangeIndex):  # the index may have been reset
        return bool(getattr(found, "rows", -1) == len(frame))
    # pandas finds sorted labels unique without a hash table, if it has looked at their order first.
    return bool(frame.index.is_monotonic_increasing and frame.index.is_unique) or bool(frame.index.is_unique)


def _again(sid: pd.Series[Any]) -> bool:
    """Tell whether some calls are repeated, as in a sample with replacement."""
    some = sid.iloc[:: len(sid) // _PROBES + 1]
    return bool(sid.isin(some).sum() > len(some))


def _money(rows: pd.DataFrame) -> tuple[float | None, float | None]:
    amounts: list[float | None] = []
    for side in ("offer", "affiliate"):
        try:
            amounts.append(float(currency(earned(rows, side).sum())))
        except (KeyError, SchemaError):
            amounts.append(None)
    return amounts[0], amounts[1]
