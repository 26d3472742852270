"""What walks over the pages of a window have in common: pages, trying again, what proves a walk wrong.

A walk either returns every record of its window, once, or raises. It never relies on order, page
size, page base or a short page; rows that move while they are read are noticed and read again.
Each service has a walk of its own, with its own proof: ``numbered`` and ``ranged``.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import pyarrow as pa

from dtanalytics.errors import ApiError, IncompleteError

PAGE_SIZE = 250
"""Most records that the vendor puts on a page."""

MOST_WALKS = 4
"""How often a window whose rows move is read before it is halved."""

MOST_PAGES = 120
"""Pages that one walk of several days reads at most: about a minute of the quota, lost by an interruption."""

MOST_RECORDS = 10_000_000
"""No account has so many calls in a week: a total beyond it is no total."""

LOOKAHEAD = 8
"""Pages of one window under way at once, at most."""

_VANISHED = "no record came any more, after answers that did not add up"

Span = tuple[dt.datetime, dt.datetime]


class PageRows(Protocol):
    """The records of one answer: how many is known at once, the rest is worked out when it is asked for."""

    def __len__(self) -> int: ...

    @property
    def keys(self) -> tuple[str, ...]:
        """The key of each record, in the order of the answer."""

    @property
    def span(self) -> Span | None:
        """Wall clocks of the first and the last record; None where they are not known."""

    @property
    def counts(self) -> tuple[int, ...]:
        """Numbers of records that the answer states beside them, of this page or of all."""

    @property
    def more(self) -> bool | None:
        """Whether the answer says that more records follow it; None when it does not say."""

    def table(self) -> pa.Table:
        """The records, typed; raises what is wrong with them."""


@dataclass(frozen=True)
class EmptyRows:
    """The records of an answer without a body, which are none."""

    empty: pa.Table
    keys: tuple[str, ...] = ()
    span: Span | None = None
    counts: tuple[int, ...] = ()
    more: bool | None = None

    def __len__(self) -> int:
        return 0

    def table(self) -> pa.Table:
        """A table without rows."""
        return self.empty


@dataclass(frozen=True)
class Page:
    """One answer: its records, and where they lie.

    ``first``, ``last`` and ``total`` are the positions that a ``Content-Range`` states, from 1.
    """

    rows: PageRows
    first: int | None = None
    last: int | None = None
    total: int | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its records."""
        return self.rows.keys


class PageMoved(Exception):  # noqa: N818  # not a failure: the walk is repeated
    """Rows were inserted, deleted or reordered while the pages were read, or an answer was untrue.

    ``pages`` are what the walk had read by then.
    """

    pages: Sequence[Page] = ()


class ValuesWithheld(PageMoved):
    """Values of records are missing that come when a part of the window is asked alone."""


class TooManyPages(Exception):  # noqa: N818  # not a failure: a shorter window is asked instead
    """A window has more pages than one walk should read."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"{pages} pages")
        self.pages = pages


class RecordsWithheld(Exception):  # noqa: N818  # not a failure: shorter windows are asked instead
    """Records of the window lie beyond those that were given."""


class ShownOnce:
    """What one window shows for all of a load: the others wait for it, and look themselves where it fails."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown = False

    def by(self, look: Callable[[], bool]) -> None:
        """Look, unless an earlier look has shown it; ``look`` says whether it did, or raises."""
        with self._lock:
            self._shown = self._shown or look()


@dataclass
class Walk:
    """What a walk brought: its pages in order."""

    pages: list[Page]

    def checked(self) -> Walk:
        """The walk itself, when no record came twice and its pages say of themselves what they are."""
        keys = [*chain.from_iterable(page.keys for page in self.pages)]
        if len(set(keys)) < len(keys):
            twice = sum(count > 1 for count in Counter(keys).values())
            raise PageMoved(f"{twice} records came twice")
        if self.pages[-1].rows.more:
            raise PageMoved("the last answer says that more follow")
        wrong = {n for page in self.pages for n in page.rows.counts if n not in (len(page), len(keys))}
        if wrong:
            raise PageMoved(f"an answer says that there are {min(wrong)} records, {len(keys)} came")
        return self

    def table(self) -> pa.Table:
        """Every record."""
        return pa.concat_tables([page.rows.table() for page in self.pages])


def newest_of_each(tables: Sequence[pa.Table], key: str) -> pa.Table:
    """Join tables; of records with the same key the last that came stays."""
    table = pa.concat_tables(tables)
    every = table.column(key).to_pylist()
    latest = {name: index for index, name in enumerate(every)}
    if len(latest) == len(every):
        return table
    return table.take(pa.array(sorted(latest.values()), pa.int64()))


def retry_until_stable(
    walk: Callable[[], Walk],
    what: str,
    prove: Callable[[pa.Table, list[int]], None] = lambda _table, _sizes: None,
    seen: list[Page] | None = None,
) -> pa.Table:
    """Repeat a walk until one finds the rows standing still, and ``prove`` has nothing against them.

    Pages of walks that failed are added to ``seen``.

    Raises
    ------
    PageMoved, RecordsWithheld
        When they move in every walk, each time in another way, or when some are withheld: a shorter
        window may be answered whole.
    IncompleteError
        When every walk fails in the same way, so that a shorter window would as well.
    """
    reasons: list[str] = []
    withheld = 0
    for _ in range(MOST_WALKS):
        try:
            walked = walk()
        except PageMoved as moved:
            reasons.append(str(moved))
            if seen is not None:
                seen += moved.pages
            continue
        try:
            table = walked.table()
        except ApiError as error:  # seen only when the records were typed: that page has to come again
            if not error.retryable:
                raise
            reasons.append(str(error))
            continue
        if reasons and not table.num_rows:
            reasons.append(_VANISHED)
            continue
        try:
            prove(table, [len(page) for page in walked.pages])
        except (PageMoved, RecordsWithheld) as found:
            if reasons[-1:] == [str(found)]:  # it takes a whole walk to see, so twice is enough
                if isinstance(found, RecordsWithheld):
                    raise
                break
            reasons.append(str(found))
            if seen is not None:
                seen += walked.pages
            withheld += isinstance(found, ValuesWithheld)
        else:
            return table
    if len(set(reasons)) == 1 or withheld > 1 or reasons[-1] == _VANISHED:
        raise incomplete(what, reasons[-1])
    raise PageMoved(reasons[-1])


def incomplete(what: str, reason: str) -> IncompleteError:
    """The error for answers that cannot be shown to be everything."""
    return IncompleteError(
        f"the answers for {what} do not add up: {reason}; nothing was kept: load again, later or a "
        "shorter window",
        retryable=True,
    )


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
