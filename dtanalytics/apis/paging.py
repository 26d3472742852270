"""Walk the pages of one window and prove that all came: two services, two kinds of proof.

A walk either returns every record of its window, once, or raises. It never relies on order, page
size, page base or a short page; rows that move while they are read are noticed and read again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

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


Facts = dict[str, int | None]
"""What a walk must know about a page to go on after an interruption."""


class Moved(Exception):  # noqa: N818  # not a failure: the walk is repeated
    """Rows were inserted, deleted or reordered while the pages were read, or an answer was untrue."""


@dataclass
class Kept:
    """Pages of a window that an interrupted load has already paid for, and where new ones go."""

    pages: dict[int, tuple[Page, Facts]] = field(default_factory=dict)
    add: Callable[[int, Page, Facts], None] = lambda _index, _page, _facts: None


@dataclass
class Walk:
    """What a walk brought: its pages in order."""

    pages: list[Page]

    def once(self) -> Walk:
        """The walk itself, when no record came twice."""
        times = Counter(key for page in self.pages for key in page.keys)
        twice = [key for key, count in times.items() if count > 1]
        if twice:
            raise Moved(f"{len(twice)} records came twice, {twice[0]} among them")
        return self

    def rows(self) -> pa.Table:
        """Every record."""
        return pa.concat_tables([page.table for page in self.pages])


def newest(tables: Sequence[pa.Table], keys: Sequence[tuple[str, ...]]) -> pa.Table:
    """Join tables; of records with the same key the last that came stays."""
    table = pa.concat_tables(tables)
    every = [key for page in keys for key in page]
    latest = {key: index for index, key in enumerate(every)}
    if len(latest) == len(every):
        return table
    return table.take(pa.array(sorted(latest.values()), pa.int64()))


def until_still(walk: Callable[[], Walk], what: str) -> pa.Table:
    """Repeat a walk until one finds the rows standing still.

    Raises
    ------
    Moved
        When they move in every walk, each time in another way: a shorter window may hold still.
    IncompleteError
        When every walk fails in the same way, so that a shorter window would as well.
    """
    reasons = []
    for _ in range(WALKS):
        try:
            return walk().rows()
        except Moved as moved:
            reasons.append(str(moved))
    if len(set(reasons)) == 1:
        raise incomplete(what, reasons[0])
    raise Moved(reasons[-1])


def incomplete(what: str, reason: str) -> IncompleteError:
    """The error for answers that cannot be shown to be everything."""
    return IncompleteError(
        f"the answers for {what} do not add up: {reason}; nothing was kept: load again, later or a "
        "shorter window",
        retryable=True,
    )


class Numbered:
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
    span : (datetime, datetime)
        The window; used to guess how many pages there are, never to decide anything.
    time : str
        Column with the time of a record.
    expected : float
        How many pages other windows lead one to expect; 0 when nothing is known.
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
        expected: float = 0.0,
    ) -> None:
        self._ask = ask
        self._pool = pool
        self._expected = expected
        self._span = span
        self._time = time
        self._kept = kept
        self.base = base
        self.certain = False

    def __call__(self) -> Walk:
        """Walk once."""
        hinted, self.certain = self.base is not None, False
        kept, self._kept.pages = self._kept.pages, {}  # good for one walk only
        try:
            return self._walk(kept).once()
        except (Moved, IncompleteError) as problem:
            # the base may rest on a page that moved, or on a service that repeats its last page
            self.base, self.certain = None, False
            if hinted and isinstance(problem, IncompleteError):
                raise Moved(str(problem)) from None
            raise

    def _walk(self, kept: dict[int, tuple[Page, Facts]]) -> Walk:
        pages, early, end = self._resumed(kept)
        repeats = False
        if end is None:
            pages = {0: self._first()}
            if not pages[0].keys:
                return Walk([pages[0]])
            end, repeats = self._find_end(pages)
            early = set(pages) - {end}
        late = self._fill(pages, end)
        while end and pages[end - 1].keys == pages[end].keys:  # it repeats its last page for ever
            del pages[end]
            end, repeats = end - 1, True
        longest = max(len(page.keys) for page in pages.values())
        short = {index for index, page in pages.items() if len(page.keys) < longest}
        self._check(pages, (early | short | ({end} if late else set())) & set(pages))
        walk = Walk([pages[index] for index in range(end + 1)])
        if repeats or end not in short:  # a short last page, seen twice, has nothing behind it
            self._check_nothing_follows(walk, repeats=repeats)
        return walk

    def _resumed(self, kept: dict[int, tuple[Page, Facts]]) -> tuple[dict[int, Page], set[int], int | None]:
        """Go on with an interrupted walk, if it had found the last page."""
        ends = [index for index, (_, facts) in kept.items() if facts.get("end")]
        if not ends:
            return {}, set(), None
        end = ends[-1]
        self.base = kept[end][1]["base"]
        early = {index for index, (_, facts) in kept.items() if facts.get("early")}
        return {index: page for index, (page, _) in kept.items() if index <= end}, early, end

    def _first(self) -> Page:
        first = self._ask(None, PAGE_SIZE)
        if not first.keys and self._ask(None, 1).keys:
            raise Moved("an empty page came where there are records")
        return first

    def _find_end(self, pages: dict[int, Page]) -> tuple[int, bool]:
        """Look for the last page by guessing; say whether the page after it repeats it."""
        self._keep(pages, 0, early=True)
        known = set(pages[0].keys)
        low, high, repeats = 0, 0, False
        while high != low + 1:
            index = 1 if self.base is None else self._guess(pages, low, high)
            page = self._ask(index + (self.base or 0), PAGE_SIZE)
            if not self.base and index == 1 and _is_first_again(page, pages[0]):
                self.base = 1  # the number just asked is the first page
                continue
            if self.base is None:
                self.base, self.certain = 0, True
            if known.issuperset(page.keys):
                if page.keys and all(set(page.keys) != set(other.keys) for other in pages.values()):
                    raise Moved(f"page {index + 1} brought nothing new, {page.keys[0]} for one")
                high, repeats = index, bool(page.keys)
                continue
            self.certain = True
            known.update(page.keys)
            pages[index] = page
            low = index
            self._keep(pages, index, early=True)
        self._keep(pages, low, end=True)
        return low, repeats

    def _guess(self, pages: dict[int, Page], low: int, high: int) -> int:
        """Where the last page may be, from how much of the window the pages so far cover."""
        start, end = self._span
        if low == 0 and not high and self._expected:
            return max(1, round(self._expected) - 1)
        if len(pages[low].keys) < len(pages[0].keys):
            return low + 1  # most likely the last page itself
        head, tail = _ends(pages[0].table, self._time), _ends(pages[low].table, self._time)
        descending = tail[1] < head[0]
        covered = ((end - tail[1]) if descending else (tail[1] - start)) / (end - start)
        last = int((low + 1) / max(covered, 0.01) - 0.2)
        if not high:
            return max(low + 1, min(last, 4 * low + 40))
        return max(low + 1, min(high - 1, last if low < last < high else (low + high) // 2))

    def _fill(self, pages: dict[int, Page], end: int) -> bool:
        """Read the pages that are still missing; say whether there were any."""
        missing = [index for index in range(end) if index not in pages]
        for index, page in zip(missing, self._together(missing), strict=True):
            if not page.keys:
                raise Moved(f"page {index + 1} of {end + 1} came empty")
            pages[index] = page
            self._keep(pages, index)
        return bool(missing)

    def _check(self, pages: dict[int, Page], doubtful: set[int]) -> None:
        """Read pages again and compare; the second reading stays, it is the newer one."""
        order = sorted(doubtful)
        for index, page in zip(order, self._together(order), strict=True):
            changed = set(page.keys) ^ set(pages[index].keys)
            if changed:
                raise Moved(
                    f"page {index + 1} changed in {len(changed)} records while others were read, "
                    f"{min(changed)} among them"
                )
            pages[index] = page

    def _check_nothing_follows(self, walk: Walk, *, repeats: bool) -> None:
        """Prove in another way than by an empty page that the last record is the last."""
        base, last = self.base or 0, walk.pages[-1].keys[-1:]
        rows = sum(len(page.keys) for page in walk.pages)
        if base == 1 and len(walk.pages) == 1 and not self.certain:
            nth = self._ask(rows, 1).keys
            if len(nth) != 1 or nth[0] not in walk.pages[0].keys:
                raise Moved("pages are not numbered from 1")
        behind = self._ask(base + rows, 1).keys
        if not behind:
            return
        if not repeats:
            raise Moved("a record lies behind the last page")
        if behind != last:
            raise IncompleteError(
                "the service answers the same page for every page number, so that the rest cannot be read; "
                "report it to the vendor, or ask for a shorter window",
                retryable=True,
            )

    def _together(self, indexes: Sequence[int]) -> Iterator[Page]:
        """Answers in the order asked, several requests at once."""
        # the first page, too, is asked by its number: a wrong base shows
        questions = [(index + (self.base or 0), PAGE_SIZE) for index in indexes]
        yield from in_order(self._pool, questions, self._ask)

    def _keep(self, pages: dict[int, Page], index: int, *, early: bool = False, end: bool = False) -> None:
        self._kept.add(index, pages[index], {"base": self.base, "early": int(early), "end": int(end)})


def in_order(
    pool: Executor, questions: Sequence[tuple[Any, Any]], ask: Callable[[Any, Any], Page]
) -> Iterator[Page]:
    """Answers in the order of the questions, ``LOOKAHEAD`` requests at once."""
    coming: deque[Future[Page]] = deque()
    waiting = iter(questions)
    try:
        for question in waiting:
            coming.append(pool.submit(ask, *question))
            if len(coming) >= LOOKAHEAD:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        for future in coming:
            future.cancel()


def _is_first_again(page: Page, first: Page) -> bool:
    """True when asking page 1 brought the first page once more (rows may have moved by a few)."""
    return 2 * len(set(first.keys) & set(page.keys)) > len(page.keys)


def _ends(table: pa.Table, time: str) -> tuple[dt.datetime, dt.datetime]:
    """Times of the first and the last record of a page."""
    column = table.column(time)
    first, last = (column[index].as_py().replace(tzinfo=None) for index in (0, len(column) - 1))
    return first, last


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
        rows = sum(len(page.keys) for page in pages)
        counted = self._count()
        if counted != rows:
            raise Moved(f"the pages hold {rows} records and the service counts {counted}")
        return Walk(pages).once()

    def _walk(self, kept: dict[int, tuple[Page, Facts]]) -> list[Page]:
        pages = self._resumed(kept)
        if not pages:
            pages = [self._ask(0, PAGE_SIZE)]
            self._kept.add(0, pages[0], {})
            if not pages[0].keys:
                return pages
        total = pages[0].total
        if total is None:
            total = self._count()
        self._check(pages[0], 0, total)
        size = len(pages[0].keys)  # what the service is willing to give, not what was asked
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
        if not pages or not pages[0].keys or len({len(page.keys) for page in pages}) > 1:
            return []
        mark = self._ask(len(pages) * len(pages[0].keys) - 1, 1)
        same = mark.keys == pages[-1].keys[-1:] and mark.total == pages[0].total
        return pages if same else []

    def _check(self, page: Page, offset: int, total: int) -> None:
        if page.total is not None and page.total != total:
            raise Moved(f"the total changed from {total} to {page.total} while the pages were read")
        if page.first != offset + 1 or not page.keys:
            raise Moved(f"records {offset + 1} and on were asked, {page.first} to {page.last} came")
