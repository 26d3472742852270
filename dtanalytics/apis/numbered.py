"""The walk over pages that are numbered and announce no total: look for the last one, then prove it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

from dtanalytics.apis.paging import PAGE_SIZE, Page, PageMoved, ShownOnce, Span, TooManyPages, Walk, in_order
from dtanalytics.errors import IncompleteError

_SHORT = 8
"""Pages in the middle that are shorter than others, and are looked behind."""

_NEAR = 0.92
"""Where to look for the last page when there are fewer than expected: so far down from one behind it."""


class NumberedPages:
    """The walk of a service that numbers its pages and announces no total (LeadFlow).

    The last page is looked for first. Pages read before it are read again after it, and it is read
    again after all others: were a row inserted or deleted meanwhile, one of them would have changed.
    (One row inserted and another deleted in the same seconds, both below the last page, can cancel.)

    Parameters
    ----------
    ask : callable
        ``ask(number, size)`` -> Page; number None asks without one.
    base : int or None
        Number of the first page as an earlier walk found it out; ``certain`` says whether this walk did.
    size : int
        Records to ask for at once; afterwards as many as the service gives.
    edge_shown : ShownOnce
        A walk of this load looked across an edge between two pages, and nothing was left out there.
    span : (datetime, datetime)
        The window; used to guess how many pages there are, never to decide anything.
    most_pages : float
        A window with more pages than this raises ``TooManyPages`` before they are read.
    expected : float
        How many pages other windows lead one to expect; 0 when nothing is known.
    """

    def __init__(
        self,
        ask: Callable[[int | None, int], Page],
        pool: Executor,
        *,
        base: int | None,
        span: Span,
        size: int = PAGE_SIZE,
        edge_shown: ShownOnce | None = None,
        most_pages: float = math.inf,
        expected: float = 0.0,
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._expected = expected
        self._span = span
        self._most_pages = most_pages
        self.base = base
        self.size = size
        self.certain = False
        self._edge_shown = edge_shown or ShownOnce()
        self._pages: dict[int, Page] = {}

    def __call__(self) -> Walk:
        """Walk once."""
        hinted, self.certain = self.base is not None, False
        try:
            return self._walk().checked()
        except (PageMoved, IncompleteError) as problem:
            # the base may rest on a page that moved, or on a service that repeats its last page
            self.base, self.certain, self.size = None, False, PAGE_SIZE
            if isinstance(problem, PageMoved):
                problem.pages = [*self._pages.values()]
            elif hinted:
                raise PageMoved(str(problem)) from None
            raise

    def _walk(self) -> Walk:
        pages = self._pages = {0: self._ask(None, self.size)}
        if not pages[0]:
            return Walk([pages[0]])
        end = self._find_end(pages)
        early = set(pages) - {end}
        late = self._fill(pages, end)
        while end and pages[end - 1].keys == pages[end].keys:  # it repeats its last page for ever
            del pages[end]
            end -= 1
        longest = max(len(page) for page in pages.values())
        short = {index for index, page in pages.items() if len(page) < longest}
        # the only page is asked for by its number: a wrong base would show
        self._check(pages, (early | short | ({end} if late or not end else set())) & set(pages))
        edges = sorted(short - {end})[:_SHORT]
        self._look_across(pages, edges, longest)
        # a service that counts a page too many skips its second one; later edges show other mistakes
        first = [edge for edge in range(min(end, 2)) if edge not in edges]
        if first:
            self._edge_shown.by(lambda: self._look_across(pages, first, longest))
        return Walk([pages[index] for index in range(end + 1)])

    def _find_end(self, pages: dict[int, Page]) -> int:
        """Look for the last page by guessing: the one after it brings nothing new."""
        known = set(pages[0].keys)
        low, high = 0, 0
        while high != low + 1:
            index = 1 if self.base is None else self._guess(pages, low, high)
            page = self._ask(index + (self.base or 0), self.size)
            if not self.base and index == 1 and _is_first_again(page, pages[0]):
                self.base = 1  # the number just asked is the first page
                continue
            if self.base is None:
                self.base, self.certain = 0, True
            if known.issuperset(page.keys):
                if page.keys and all(set(page.keys) != set(other.keys) for other in pages.values()):
                    raise PageMoved(f"page {index + 1} brought nothing new")
                high = index
                continue
            self.certain = True
            if low == 0 and len(page) <= len(pages[0]) < self.size:
                page = self._fit(index, page, len(pages[0]))
            known.update(page.keys)
            pages[index] = page
            low = index
            if low >= self._most_pages:  # the last page need not be found to know that
                raise TooManyPages(max(low + 1, self._guess(pages, low, high)))
        return low

    def _fit(self, index: int, page: Page, given: int) -> Page:
        """Ask for as many records as the service gives: it may count its pages by the size that is asked."""
        smaller = self._ask(index + (self.base or 0), given)
        if not 0 < len(smaller) <= given:
            return page  # it does not give so few
        self.size = given
        return smaller

    def _guess(self, pages: dict[int, Page], low: int, high: int) -> int:
        """Where the last page may be, from how much of the window the pages so far cover."""
        start, end = self._span
        if low == 0 and not high and self._expected:
            return max(1, round(self._expected) - 1)
        if low <= 1 < high and high > self._expected / 2 > 2:
            return int(_NEAR * high)  # the first pages are of one night, and tell less than what was expected
        if len(pages[low]) < len(pages[0]):
            return low + 1  # most likely the last page itself
        head, tail = pages[0].rows.span, pages[low].rows.span
        if head is None or tail is None:
            return (low + high) // 2 if high else 2 * low + 1
        descending = tail[1] < head[0]
        covered = ((end - tail[1]) if descending else (tail[1] - start)) / (end - start)
        last = int((low + 1) / max(covered, 0.01) - 0.2)
        if not high:
            return max(low + 1, min(last, 4 * low + 40))
        return last if low < last < high else (low + high) // 2

    def _fill(self, pages: dict[int, Page], end: int) -> bool:
        """Read the pages that are still missing; say whether there were any."""
        missing = [index for index in range(end) if index not in pages]
        for index, page in zip(missing, self._together(missing), strict=True):
            if not page:
                raise PageMoved(f"page {index + 1} of {end + 1} came empty")
            pages[index] = page
        return bool(missing)

    def _check(self, pages: dict[int, Page], doubtful: set[int]) -> None:
        """Read pages again and compare; the second reading stays, it is the newer one."""
        order = sorted(doubtful)
        for index, page in zip(order, self._together(order), strict=True):
            changed = set(page.keys) ^ set(pages[index].keys)
            if changed:
                raise PageMoved(f"page {index + 1} changed in {len(changed)} records while others were read")
            pages[index] = page

    def _look_across(self, pages: dict[int, Page], edges: Sequence[int], size: int) -> bool:
        """Ask for pages of other sizes, which reach across the ends of pages: nothing new may lie there.

        Says whether it is certain that these were the pages that reach across.
        """
        known = {key for page in pages.values() for key in page.keys}
        questions = []
        for place in ((edge + 1) * size for edge in edges):
            other = min(range(size // 2 + 1, size), key=lambda n: abs(place % n - n // 2), default=0)
            if other:
                questions.append((place // other + (self.base or 0), other))
        for page in in_order(self._pool, questions, self._ask):
            left_out = len(set(page.keys) - known)
            if left_out:
                raise PageMoved(f"a page of another size holds {left_out} records that did not come before")
        return self.certain

    def _together(self, indexes: Sequence[int]) -> Iterator[Page]:
        """Answers in the order asked, several requests at once."""
        # the first page, too, is asked by its number: a wrong base shows
        questions = [(index + (self.base or 0), self.size) for index in indexes]
        yield from in_order(self._pool, questions, self._ask)


def _is_first_again(page: Page, first: Page) -> bool:
    """True when asking page 1 brought the first page once more (rows may have moved by a few)."""
    return 2 * len(set(first.keys) & set(page.keys)) > len(page)
