"""The walk over answers that say where they lie: every record has a place, and the service's count agrees."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor

from dtanalytics.apis.paging import MOST_RECORDS, PAGE_SIZE, Page, PageMoved, TooManyPages, Walk, in_order
from dtanalytics.errors import IncompleteError


class RangedPages:
    """The walk of a service whose answers say where they lie: ``Content-Range: 3-4/18`` (Bid Management).

    Parameters
    ----------
    ask : callable
        ``ask(start, rows)`` -> Page with its range; ``start`` counts record sets of ``rows`` from 0.
    count : callable
        How many records the question has, from the service's own count.
    size : int
        Records to ask for at once.
    most_pages : float
        A window with more pages than this raises ``TooManyPages`` before they are read.
    """

    def __init__(
        self,
        ask: Callable[[int, int], Page],
        count: Callable[[], int],
        pool: Executor,
        *,
        size: int = PAGE_SIZE,
        most_pages: float = math.inf,
    ) -> None:
        self._ask = ask
        self._count = count
        self._pool = pool
        self._size = size
        self._most_pages = most_pages
        self._pages: list[Page] = []

    def __call__(self) -> Walk:
        """Walk once."""
        try:
            return self._counted().checked()
        except PageMoved as moved:
            moved.pages = self._pages
            raise

    def _counted(self) -> Walk:
        pages = self._walk()
        rows = sum(len(page) for page in pages)
        counted = self._count()
        if counted != rows:
            raise PageMoved(f"the pages hold {rows} records and the service counts {counted}")
        return Walk(pages)

    def _walk(self) -> list[Page]:
        pages = self._pages = [self._ask(0, self._size)]
        if not pages[0]:
            return pages
        total = pages[0].total
        if total is None:
            total = self._count()
        if total > MOST_RECORDS:
            raise IncompleteError(
                f"the service states {total:,} records, which no account has in a week; nothing was read: "
                "report it to the vendor, or ask for a shorter window"
            )
        self._check(pages[0], 0, total)
        if total / len(pages[0]) > self._most_pages:
            raise TooManyPages(math.ceil(total / len(pages[0])))
        size = len(pages[0])  # what the service is willing to give, not what was asked
        offsets = range(size, total, size)
        answers = in_order(self._pool, [(offset // size, size) for offset in offsets], self._ask)
        for offset, page in zip(offsets, answers, strict=True):
            self._check(page, offset, total)
            pages += [page, *self._rest(page, min(offset + size, total), total)]
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

    def _check(self, page: Page, offset: int, total: int) -> None:
        if page.total is not None and page.total != total:
            raise PageMoved(f"the total changed from {total} to {page.total} while the pages were read")
        if page.first != offset + 1 or not page:
            raise PageMoved(f"records {offset + 1} and on were asked, {page.first} to {page.last} came")
