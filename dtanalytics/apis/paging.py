"""Walk the pages of one window and prove that all came: two services, two kinds of proof.

A walk either returns every record of its window, once, or raises. It never relies on order, page
size, page base or a short page; rows that move while they are read are noticed and read again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import pyarrow as pa

from dtanalytics.errors import IncompleteError

PAGE_SIZE = 250
"""Most records that the vendor puts on a page."""

WALKS = 4
"""How often a window whose rows move is read before it is halved."""

LOOKAHEAD = 8
"""Pages of one window under way at once, at most."""


@dataclass(frozen=True)
class Page:
    """One answer, decoded, with the keys of its records in the order of the answer.

    ``first``, ``last`` and ``total`` are the positions that a ``Content-Range`` states, from 1.
    """

    table: pa.Table
    keys: tuple[str, ...]
    first: int | None = None
    last: int | None = None
    total: int | None = None


class Moved(Exception):  # noqa: N818  # not a failure: the walk is repeated
    """Rows were inserted, deleted or reordered while the pages were read."""


@dataclass
class Kept:
    """Pages of a window that an earlier, interrupted load has already paid for, and where new ones go."""

    pages: list[Page] = field(default_factory=list)
    base: int | None = None
    add: Callable[[int, Page, int | None], None] = lambda _index, _page, _base: None


@dataclass
class Walk:
    """What a walk brought: the pages, and how many records they hold, repetitions included."""

    pages: list[Page]

    @property
    def positions(self) -> int:
        """Records that the pages hold, repetitions counted."""
        return sum(len(page.keys) for page in self.pages)

    @property
    def unique(self) -> set[str]:
        """Keys that the pages hold."""
        return {key for page in self.pages for key in page.keys}

    def rows(self) -> pa.Table:
        """Every record once, in its newest form."""
        return newest([page.table for page in self.pages], [page.keys for page in self.pages])


def newest(tables: Sequence[pa.Table], keys: Sequence[tuple[str, ...]]) -> pa.Table:
    """Join tables; of records with the same key the last that came stays."""
    table = pa.concat_tables(tables)
    every = [key for page in keys for key in page]
    latest = {key: index for index, key in enumerate(every)}
    if len(latest) == len(every):
        return table
    return table.take(pa.array(sorted(latest.values()), pa.int64()))


def until_still(walk: Callable[[], Walk], what: str) -> pa.Table:
    """Repeat a walk until one is clean, or until several together hold a row for every position.

    Raises
    ------
    Moved
        When the rows would not hold still for ``WALKS`` walks.
    """
    seen: list[Page] = []
    reason = ""
    for _ in range(WALKS):
        try:
            done = walk()
        except Moved as moved:
            reason = str(moved)
            continue
        if done.positions == len(done.unique):
            return done.rows()
        # a stable number of positions, some of them taken twice: ties in an unstable order
        seen += done.pages
        if len({key for page in seen for key in page.keys}) == done.positions:
            return Walk(seen).rows()
        reason = f"{done.positions - len(done.unique)} records came twice"
    raise Moved(f"{what}: {reason}")


class Numbered:
    """The walk of a service that numbers its pages and announces no total (LeadFlow).

    Parameters
    ----------
    ask : callable
        ``ask(number, size)`` -> Page; number None asks without one.
    base : int or None
        Number of the first page where an earlier walk found it out; ``certain`` says whether this
        walk did.
    span : (datetime, datetime)
        The window; used to guess how many pages are still to come, never to decide anything.
    time : str
        Column with the time of a record.
    """

    def __init__(
        self,
        ask: Callable[[int | None, int], Page],
        pool: Executor,
        *,
        base: int | None,
        span: tuple[dt.datetime, dt.datetime],
        time: str,
        kept: Kept,
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._span = span
        self._time = time
        self._kept = kept
        self.base = base
        self.certain = base is not None

    def __call__(self) -> Walk:
        """Walk once."""
        hinted = self.base is not None
        try:
            return self._walk()
        except (Moved, IncompleteError) as problem:
            # the base may rest on a page that moved, or on a service that repeats its last page
            self.base, self.certain = None, False
            if hinted and isinstance(problem, IncompleteError):
                raise Moved(str(problem)) from None
            raise
        finally:
            self._kept.pages = []  # good for one walk only

    def _walk(self) -> Walk:
        pages = self._resumed()
        if not pages:
            first = self._ask(None, PAGE_SIZE)
            if not first.keys:
                if self._ask(None, 1).keys:
                    raise Moved("an empty page came where there are records")
                return Walk([])
            pages = [first]
            self._kept.add(0, first, self.base)
        ended_empty = self._read_on(pages)
        self._check_short(pages)
        self._check_end(pages, ended_empty=ended_empty)
        return Walk(pages)

    def _resumed(self) -> list[Page]:
        """Pages of an earlier load, where the last of them still stands where it stood."""
        pages = self._kept.pages
        if not pages or self._kept.base is None:
            return []
        size = len(pages[0].keys)
        if any(len(page.keys) != size for page in pages):
            return []
        self.base = self._kept.base
        mark = self._ask(self.base + size * len(pages) - 1, 1)
        return list(pages) if mark.keys == pages[-1].keys[-1:] else []

    def _read_on(self, pages: list[Page]) -> bool:
        """Append pages until one is empty (True) or brings nothing new (False)."""
        known = {key for page in pages for key in page.keys}
        for page in self._ahead(pages):
            if not page.keys:
                return True
            if self.base is None:
                self._learn_base(pages[0], page)
                if self.base == 1:
                    continue  # the number just asked is the first page
            if known.issuperset(page.keys):
                return False
            known.update(page.keys)
            pages.append(page)
            self.certain = True
            self._kept.add(len(pages) - 1, page, self.base)
        raise AssertionError("unreachable")  # the pages of _ahead do not end by themselves

    def _learn_base(self, first: Page, page: Page) -> None:
        shared = len(set(first.keys) & set(page.keys))
        self.base = 1 if 2 * shared > len(page.keys) else 0

    def _ahead(self, pages: list[Page]) -> Iterator[Page]:
        """Answers in the order of their numbers, a few requests ahead of the reader."""
        number = 1 if self.base is None else self.base + len(pages)
        coming: list[Future[Page]] = []
        try:
            while True:
                depth = 1 if self.base is None else self._remaining(pages)
                while len(coming) < depth:
                    coming.append(self._pool.submit(self._ask, number, PAGE_SIZE))
                    number += 1
                page = coming.pop(0).result()
                if self.base is None and not page.keys:
                    self.base, self.certain = 0, True  # numbered from 1, this were the first page
                if not page.keys and any(other.result().keys for other in coming):
                    raise Moved("an empty page came before the end")
                yield page
        finally:
            for future in coming:
                future.cancel()

    def _remaining(self, pages: list[Page]) -> int:
        """Guess how many pages are left from how much of the window those read so far cover."""
        start, end = self._span
        times = [page.table.column(self._time) for page in (pages[0], pages[-1])]
        head, tail = (_middle(column) for column in times)
        if head is None or tail is None:
            return 1
        descending = tail < head or (len(pages) == 1 and head > start + (end - start) / 2)
        covered = (end - tail if descending else tail - start) / (end - start)
        left = len(pages) / max(covered, 1e-6) - len(pages)
        return max(1, min(LOOKAHEAD, round(left)))

    def _check_short(self, pages: list[Page]) -> None:
        """A page shorter than its fellows may have lost records on the way: ask it again."""
        longest = max(len(page.keys) for page in pages)
        for index, page in enumerate(pages[:-1]):
            if len(page.keys) < longest and self._again(index).keys != page.keys:
                raise Moved("a page came short")

    def _check_end(self, pages: list[Page], *, ended_empty: bool) -> None:
        """Prove that nothing follows the last record, and that no page has slid away under the reader."""
        base = self.base or 0
        rows = sum(len(page.keys) for page in pages)
        after = self._pool.submit(self._ask, base + rows, 1)
        last = self._again(len(pages) - 1) if len(pages) > 1 else pages[-1]
        if set(last.keys) != set(pages[-1].keys):
            raise Moved("the last page changed while the others were read")
        probe = after.result().keys
        if not probe:
            return
        if ended_empty:
            raise Moved("a record lies behind the last page")
        # beyond the end this service repeats its last page: the probe must be the very last record
        if probe != last.keys[-1:]:
            raise IncompleteError(
                "the service answers the same page for every page number, so that the rest cannot be read; "
                "report it to the vendor, or ask for a shorter window",
                retryable=True,
            )

    def _again(self, index: int) -> Page:
        return self._ask(None if index == 0 else (self.base or 0) + index, PAGE_SIZE)


def _middle(column: pa.ChunkedArray) -> dt.datetime | None:
    if not len(column):
        return None
    moment = column[len(column) // 2].as_py()
    return None if moment is None else moment.replace(tzinfo=None)


class Ranged:
    """The walk of a service whose answers say where they lie: ``Content-Range: 3-4/18`` (Bid Management).

    Parameters
    ----------
    ask : callable
        ``ask(start, rows)`` -> Page with its range; ``start`` counts record sets of ``rows`` from 0.
    count : callable
        How many records the question has, from the service's own count.
    """

    def __init__(
        self, ask: Callable[[int, int], Page], count: Callable[[], int], pool: Executor, *, kept: Kept
    ) -> None:
        self._ask = ask
        self._count = count
        self._pool = pool
        self._kept = kept

    def __call__(self) -> Walk:
        """Walk once."""
        try:
            pages = self._walk()
        finally:
            self._kept.pages = []  # good for one walk only
        rows = sum(len(page.keys) for page in pages)
        counted = self._count()
        if counted != rows:
            raise Moved(f"the pages hold {rows} records and the service counts {counted}")
        return Walk(pages)

    def _walk(self) -> list[Page]:
        pages = self._resumed()
        if not pages:
            first = self._ask(0, PAGE_SIZE)
            if not first.keys:
                return []
            pages = [first]
            self._kept.add(0, first, None)
        total = pages[0].total
        if total is None:
            total = self._count()
        size = len(pages[0].keys)  # what the service is willing to give, not what was asked
        done = sum(len(page.keys) for page in pages)
        plan = list(range(done, total, size))
        self._check(pages[0], 0, total)
        for batch in _batches(plan, LOOKAHEAD):
            futures = [self._pool.submit(self._ask, offset // size, size) for offset in batch]
            try:
                for offset, future in zip(batch, futures, strict=True):
                    page = future.result()
                    self._check(page, offset, total)
                    pages.append(page)
                    self._kept.add(len(pages) - 1, page, None)
                    pages += self._rest(page, min(offset + size, total), total)
            finally:
                for future in futures:
                    future.cancel()
        return pages

    def _rest(self, page: Page, end: int, total: int) -> list[Page]:
        """What a page in the middle left out: ask on from where it ended, in sets that fit."""
        pages = []
        reached = page.last or 0
        while reached < end:
            rows = next(size for size in range(min(PAGE_SIZE, end - reached), 0, -1) if reached % size == 0)
            more = self._ask(reached // rows, rows)
            self._check(more, reached, total)
            pages.append(more)
            reached = more.last or 0
        return pages

    def _resumed(self) -> list[Page]:
        """Pages of an earlier load, where the last of them still stands where it stood."""
        pages = self._kept.pages
        if not pages or len({len(page.keys) for page in pages}) > 1:
            return []
        done = sum(len(page.keys) for page in pages)
        mark = self._ask(done - 1, 1)
        same = mark.keys == pages[-1].keys[-1:] and mark.total == pages[0].total
        return list(pages) if same else []

    def _check(self, page: Page, offset: int, total: int) -> None:
        if page.total is not None and page.total != total:
            raise Moved(f"the total changed from {total} to {page.total} while the pages were read")
        if page.first != offset + 1 or not page.keys:
            raise Moved(f"records {offset + 1} and on were asked, {page.first} to {page.last} came")


def _batches(items: list[int], size: int) -> Iterator[list[int]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]
