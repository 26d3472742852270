"""The walk over answers that say where they lie: every record has a place, and the service's count agrees."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor

from dtanalytics.apis.paging import PAGE_SIZE, Facts, Kept, Moved, Page, TooLong, Walk, in_order


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
        kept, self._kept.pages = self._kept.pages, {}  # good for one walk only
        pages = self._walk(kept)
        rows = sum(len(page) for page in pages)
        counted = self._count()
        if counted != rows:
            raise Moved(f"the pages hold {rows} records and the service counts {counted}")
        return Walk(pages).once()

    def _walk(self, kept: dict[int, tuple[Page, Facts]]) -> list[Page]:
        pages = self._resumed(kept)
        if not pages:
            pages = [self._ask(0, PAGE_SIZE)]
            self._kept.add(0, pages[0], {})
            if not pages[0]:
                return pages
        total = pages[0].total
        if total is None:
            total = self._count()
        self._check(pages[0], 0, total)
        if total / len(pages[0]) > self._kept.longest:
            raise TooLong(math.ceil(total / len(pages[0])))
        size = len(pages[0])  # what the service is willing to give, not what was asked
        offsets = range(size * len(pages), total, size)
        answers = in_order(self._pool, [(offset // size, size) for offset in offsets], self._ask)
        for offset, page in zip(offsets, answers, strict=True):
            self._check(page, offset, total)
            self._kept.add(offset // size, page, {})
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

    def _resumed(self, kept: dict[int, tuple[Page, Facts]]) -> list[Page]:
        """Pages of an earlier load without a gap, if the last of them still stands where it stood."""
        pages: list[Page] = []
        while len(pages) in kept:
            pages.append(kept[len(pages)][0])
        sizes = [len(page) for page in pages]
        rows = sum(sizes)
        if pages and rows == pages[0].total:
            sizes.pop()  # the last page of all may be short
        if not rows or len(set(sizes)) > 1:
            return []
        mark = self._ask(rows - 1, 1)
        same = mark.keys == pages[-1].keys[-1:] and mark.total == pages[0].total
        return pages if same else []

    def _check(self, page: Page, offset: int, total: int) -> None:
        if page.total is not None and page.total != total:
            raise Moved(f"the total changed from {total} to {page.total} while the pages were read")
        if page.first != offset + 1 or not page:
            raise Moved(f"records {offset + 1} and on were asked, {page.first} to {page.last} came")
