"""Which statements were issued, and one of them as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError
from dtanalytics.money import currency
from dtanalytics.settings import Settings
from dtanalytics.statements.book import Where, opened, place
from dtanalytics.statements.document import due
from dtanalytics.statements.periods import eastern, window_of
from dtanalytics.statements.result import Statement
from dtanalytics.statements.sides import By, checked

_SUMS = ("opening", "calls", "corrections", "adjustments", "due", "payable")


@public
def statements(by: By | None = None, *, book: Where = None, settings: Settings | None = None) -> pd.DataFrame:
    """List the statements that were issued, counter-statements among them.

    Parameters
    ----------
    by : {"affiliate", "advertiser"}, optional
        Only those for affiliates, or for advertisers.
    book : path, optional
        Folder that remembers them; the cache's by default.
    settings : Settings, optional
        Other settings than those in force.

    Returns
    -------
    DataFrame
        A row a statement, by ``number``: ``by, period`` (as text), ``start, end`` (exclusive), ``issued_at``
        (Eastern), ``partner_count``, ``opening, calls, corrections, adjustments, due, payable`` [currency],
        ``currency``, ``cancels`` (the one that it takes back), ``cancelled_by``, ``set_id``, ``account``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     len(statements(book=folder))
    0
    """
    wanted = None if by is None else checked(by)
    with opened(place(book, settings)) as known:
        heads = [head for head in known.heads() if wanted in {None, head.by}]
        balances = [known.rows("balance", head.number) for head in heads]
    sums = [table.assign(due=due(table))[list(_SUMS)].sum() for table in balances]
    table = pd.DataFrame({"number": pd.Series([head.number for head in heads], dtype="int64")})
    table["by"] = pd.Series([head.by for head in heads], dtype="str")
    table["period"] = pd.Series([window_of(head.span).text() for head in heads], dtype="str")
    table["start"] = eastern([head.span[0] for head in heads])
    table["end"] = eastern([head.span[1] for head in heads])
    table["issued_at"] = eastern([head.issued_at for head in heads])
    table["partner_count"] = pd.Series([int((one["key"] != "").sum()) for one in balances], dtype="int64")
    for name in _SUMS:
        table[name] = currency(np.array([int(one[name]) for one in sums], dtype=np.int64))
    table["currency"] = pd.Series([head.currency for head in heads], dtype="str")
    for name in ("cancels", "cancelled_by", "set_id"):
        table[name] = pd.Series([getattr(head, name) for head in heads], dtype="Int64")
    table["account"] = pd.Series([head.account for head in heads], dtype="str")
    return table


@public
def issued_statement(number: int, *, book: Where = None, settings: Settings | None = None) -> Statement:
    """Read a statement that was issued, as it was.

    Parameters
    ----------
    number : int
        Its number.
    book : path, optional
        Folder that remembers it; the cache's by default.
    settings : Settings, optional
        Other settings than those in force.

    Returns
    -------
    Statement

    Raises
    ------
    StatementError
        There is none of that number.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     issued_statement(7, book=folder)
    Traceback (most recent call last):
    dtanalytics.errors.StatementError: there is no statement 7; issued are none
    """
    if isinstance(number, bool) or not isinstance(number, int | np.integer):
        raise InputError(
            f"number is {number!r}: give the number of a statement, as dta.statements() lists them"
        )
    path = place(book, settings)
    with opened(path) as known:
        return Statement(known.document(int(number)), path)
