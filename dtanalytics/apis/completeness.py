"""What can be shown against the records of a window once they are all there, at the price of one request."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.apis.blank_pages import BlankPage, blank_pages
from dtanalytics.apis.paging import PAGE_SIZE, Page, PageMoved, RecordsWithheld, ShownOnce, ValuesWithheld
from dtanalytics.schema import Report
from dtanalytics.window import Window

_EDGE = dt.timedelta(seconds=1)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_MANY = 20
"""A day with fewer records than this looks like no cap."""

_NARROWER = 6
"""How often a part whose records fill a page is halved: what a page leaves out would not be seen."""

_BLANK = 2
"""Pages without a column that are looked into."""

_LONG, _HOURS = 0.25, dt.timedelta(hours=12)
"""Share of a window, and time, without records that are looked into: no usual night is so long."""


class CompletenessCheck:
    """Looks whether records lie outside of the window, and whether some of it were withheld.

    A service may read the window in another zone, pass over it, or give the first few hundred records
    of any question. So a part of the window is asked for once more, on its own: the part behind the last
    record where records come in order of time (and that before the first where it is long), both where
    the newest come first, else one in the middle. Nothing new may lie there.

    Pages on which a column is null throughout, while all other pages have it, are looked into as well.

    Parameters
    ----------
    ask : callable
        A window to the first page of its records.
    thorough : bool
        Look at both ends, whatever the records look like.
    end_is_asked_later : bool
        What comes from the last record on is asked for when all windows were read; see ``Client``.
    head_shown : ShownOnce
        A window of this load was looked at on both ends, and nothing was withheld there.
    """

    def __init__(
        self,
        window: Window,
        report: Report,
        ask: Callable[[Window], Page],
        *,
        thorough: bool = False,
        end_is_asked_later: bool = False,
        head_shown: ShownOnce | None = None,
    ) -> None:
        self._window = window
        self._report = report
        self._ask = ask
        self._thorough = thorough
        self._end_is_asked_later = end_is_asked_later
        self._head_shown = head_shown or ShownOnce()
        self.blank: Counter[str] = Counter()
        """Columns that whole pages lack, also when they are asked again -> records of those pages."""

    def __call__(self, table: pa.Table, sizes: Sequence[int] = ()) -> None:
        """Raise ``PageMoved`` or ``RecordsWithheld`` when the records cannot be all that the window holds."""
        clocks = self._clocks(table, self._window)
        if not len(clocks):
            return
        keys = table.column(self._report.key).to_pylist()
        known = set(keys)
        full = max(sizes) if len(sizes) > 1 else PAGE_SIZE
        flagged = table.column(f"{self._report.time}_ambiguous").to_numpy(zero_copy_only=False).astype(bool)

        def look(wide: Window) -> bool:
            """Nothing new may lie in a part, and nothing of it may be missing."""
            part, page = self._look(wide, full)
            self._clocks(page.rows.table(), part)
            unknown = len(set(page.keys) - known)
            if unknown:
                raise RecordsWithheld(
                    f"{part} holds {unknown} records that did not come before: some are withheld"
                )
            if len(page) < full:
                low, high = _micros(part.start), _micros(part.end)
                inside = np.flatnonzero((clocks >= low) & (clocks < high) & ~flagged)
                missing = len({keys[place] for place in inside} - set(page.keys))
                if missing:
                    raise PageMoved(
                        f"{part} came without {missing} of its records: the service may leave out the first "
                        "second of what it is asked, or more"
                    )
            return True

        later = self._end_is_asked_later and not flagged[np.argmax(clocks)]
        parts, head = self._parts(clocks, full, later=later)
        for part in parts:
            look(part)
        if head:
            self._head_shown.by(lambda: look(head))

        self.blank.clear()
        for blank in blank_pages(table, sizes)[:_BLANK]:
            for _ in range(2):  # replicas take turns
                self._ask_again(blank, table, clocks, full)

    def _ask_again(
        self, blank: BlankPage, table: pa.Table, clocks: np.ndarray[tuple[int], np.dtype[np.int64]], full: int
    ) -> None:
        """Raise ``ValuesWithheld`` when a column that a page lacks comes when a part of its time is asked."""
        times = clocks[blank.start : blank.stop]
        part, page = self._look(self._within(_clock(times.min()), _clock(times.max()) + _EDGE), full)
        keys = table.column(self._report.key).slice(blank.start, blank.stop - blank.start)
        again = page.rows.table()
        again = again.filter(pc.is_in(again.column(self._report.key), keys.combine_chunks()))
        for name in blank.columns:
            if again.column(name).null_count < len(again):
                raise ValuesWithheld(f"{name} was null on a whole page, and not when {part} was asked alone")
            self.blank[name] = max(self.blank[name], blank.stop - blank.start)

    def _look(self, part: Window, full: int) -> tuple[Window, Page]:
        """Ask for a part, or for so little of it that its records do not fill a page."""
        page = self._ask(part)
        for _ in range(_NARROWER):
            middle = (part.start + (part.end - part.start) / 2).replace(microsecond=0)
            if len(page) < full or middle <= part.start:
                break
            narrower = Window(part.start, middle)
            page, part = self._ask(narrower), narrower
        return part, page

    def _clocks(self, table: pa.Table, window: Window) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Wall clocks [us since 1970] of records, all of which lie in the window or at its shared edges."""
        column = table.column(self._report.time)
        clocks = pc.local_timestamp(column).cast(pa.int64()).to_numpy()
        flagged = table.column(f"{self._report.time}_ambiguous").to_numpy(zero_copy_only=False).astype(bool)
        low, high = (_micros(moment) for moment in (window.start - _EDGE, window.end + _EDGE))
        # a clock that never was, in the night in which an hour is left out, reads as an hour later
        outside = ((clocks < low) | (clocks >= high)) & ~flagged
        if outside.any():
            first, last = (_clock(moment) for moment in (clocks[outside].min(), clocks[outside].max()))
            raise PageMoved(
                f"{int(outside.sum())} of {len(clocks)} records lie outside of {window}, from {first} to "
                f"{last}: the service may read times in another zone, or pass over them"
            )
        return np.asarray(clocks)

    def _parts(
        self, clocks: np.ndarray[tuple[int], np.dtype[np.int64]], full: int, *, later: bool
    ) -> tuple[list[Window], Window | None]:
        """The parts that are asked for once more, each from the very second of a record.

        The last one, if any, is asked for in one window of a load: it shows the same for all.
        """
        steps, whole = np.diff(clocks), self._window
        ordered = np.sort(clocks)
        if not ((steps >= 0).all() or (steps <= 0).all()):
            middle, reach = len(ordered) // 2, min(full // 5, len(ordered) // 8)
            low, high = ordered[max(0, middle - reach)], ordered[min(len(ordered) - 1, middle + reach)]
            return [self._within(_clock(low), _clock(high) + _EDGE)], None
        behind: list[Window] = []
        if _clock(ordered[0]) == _clock(ordered[-1]) < whole.end - _EDGE:
            # a service that gives so few records of any question would give the same ones again
            behind = [Window(_clock(ordered[-1]) + _EDGE, whole.end)]
        tail = self._within(_clock(ordered[-1]), whole.end)
        head = self._within(whole.start, _clock(ordered[0]) + _EDGE)
        if not (steps >= 0).all():
            return [
                head,
                tail,
            ], None  # newest first: a cap cuts off the oldest, a replica that lags the newest
        behind += self._ends_of_fullest_days(ordered)
        long = head.end - head.start > max(_HOURS, _LONG * (whole.end - whole.start))
        if long or self._thorough:
            return [*behind, tail, head], None
        return behind if later else [*behind, tail], head

    def _ends_of_fullest_days(self, ordered: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Window]:
        """What lies behind the records of days that have as many as if no day could have more."""
        days, firsts, counts = np.unique(ordered // _DAY, return_index=True, return_counts=True)
        most = int(counts[:-1].max(initial=0))  # behind those of the last day is looked anyhow
        capped = self._thorough or most % 50 == 0 or np.count_nonzero(counts == most) > 1
        if most < _MANY or not capped:
            return []
        return [
            self._within(_clock(ordered[firsts[place] + most - 1]), _clock((days[place] + 1) * _DAY))
            for place in np.flatnonzero(counts[:-1] == most)
        ]

    def _within(self, low: dt.datetime, high: dt.datetime) -> Window:
        """A part of the window, one second long at least."""
        low = max(self._window.start, min(low, self._window.end - _EDGE))
        return Window(low, max(low + _EDGE, min(high, self._window.end)))


def _micros(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def _clock(micros: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=int(micros) // _SECOND)
