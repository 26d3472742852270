"""Issue a statement, and take one back: one change of the book, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dtanalytics.errors import StatementError
from dtanalytics.statements.book import Series, opened
from dtanalytics.statements.document import Document
from dtanalytics.statements.periods import microseconds, window_of


def issue(
    made: Document, path: Path, last: int | None, refused: Sequence[str], *, unfinished: bool
) -> Document:
    """Add a statement to the book under the next number.

    Parameters
    ----------
    made : Document
        The statement.
    path : Path
        File of the book.
    last : int or None
        Number of the last statement of its account and side when it was made.
    refused : sequence of str
        Why it cannot be issued.
    unfinished : bool
        Issue it although its period is not over.

    Raises
    ------
    StatementError
        It cannot be issued, or the book has changed since it was made.
    """
    head = made.head
    period = window_of(head.span).text()
    if refused:
        raise StatementError(refused[0])
    if head.number is not None:
        raise StatementError(f"this is statement {head.number}, which is issued: it stays as it is")
    now = microseconds(pd.Timestamp.now("UTC"))
    if max(now, head.made_at) < head.span[1] and not unfinished:
        raise StatementError(
            f"{period} is not over: calls are still to come. Issue it afterwards, or now with "
            "issue(unfinished=True)"
        )
    with opened(path) as book:
        before = book.heads(Series(head.account, head.by))
        known = before[-1].number if before else None
        if known != last:
            raise StatementError(
                f"statement {known} was issued or taken back after this one was made, and may owe the same "
                "calls: make this one again"
            )
        if any(one.span == head.span and one.in_force for one in before) and not _says_something(made):
            raise StatementError(f"{period} is settled, and nothing has changed: there is nothing to issue")
        number = book.add(made.with_head(head.issued(now)))
    return made.with_head(head.issued(now, number))


def _says_something(made: Document) -> bool:
    paid = made.balances["payable"].ne(0).any()
    return bool(len(made.lines) or len(made.adjustments) or paid)


def cancel(made: Document, path: Path, refused: Sequence[str], reason: str) -> Document:
    """Add the counter-statement of an issued one, and return it.

    Raises
    ------
    StatementError
        It was not issued, is not in force, or a later one stands on it.
    """
    head = made.head
    if refused:
        raise StatementError(refused[0])
    if head.number is None:
        raise StatementError("this statement is not issued: there is nothing to take back")
    note = f"takes back statement {head.number}" + (f": {reason.strip()}" if reason.strip() else "")
    with opened(path) as book:
        standing = [one.number for one in book.heads(Series(head.account, head.by)) if one.in_force]
        if head.number not in standing:
            raise StatementError(
                f"statement {head.number} is not in force: it was taken back, or takes another back"
            )
        if standing[-1] != head.number:
            raise StatementError(
                f"statement {standing[-1]} stands on statement {head.number}: take that back first"
            )
        whole = book.document(head.number)
        number = book.add(whole.opposite(microseconds(pd.Timestamp.now("UTC")), (note,)))
        return book.document(number)
