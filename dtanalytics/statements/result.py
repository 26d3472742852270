"""A statement as people meet it: tables, what it comes to, and the ways to issue, take back and write it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, nearest
from dtanalytics.exports.upload import PathLike
from dtanalytics.money import SCALE
from dtanalytics.statements import frames
from dtanalytics.statements.document import Document, Head, due
from dtanalytics.statements.issuing import cancel, issue
from dtanalytics.statements.periods import window_of
from dtanalytics.statements.sides import partner_key
from dtanalytics.window import Window


class Statement:
    """What is owed to each affiliate, or by each advertiser, for a period.

    Made by :func:`dtanalytics.statement`, or read back by :func:`dtanalytics.issued_statement`.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from dtanalytics import statement
    >>> calls = pd.DataFrame({"sid": ["1"], "call_date": ["2026-10-05 09:30"], "affiliate": ["North"],
    ...     "offer": ["Roof"], "affiliate_qualified": [True], "affiliate_price": [12.5]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = statement("2026-10", calls=calls, book=folder, now="2026-11-20")
    ...     made.number, made.issue().number, made.cancel().number
    (None, 1, 2)
    """

    def __init__(
        self,
        document: Document,
        book: Path,
        last: int | None = None,
        refused: Sequence[str] = (),
        partner: str | None = None,
    ) -> None:
        self._document = document
        self._partner = partner
        self._book = book
        self._last = last
        self._refused = refused

    @property
    def _head(self) -> Head:
        return self._document.head

    @property
    def _part(self) -> list[str]:
        """Why it can be neither issued nor taken back, if it is a part."""
        return ["this is one partner's part: issue or take back the whole"] if self._partner else []

    @property
    def number(self) -> int | None:
        """Number under which it was issued; None before."""
        return self._head.number

    @property
    def by(self) -> str:
        """Whom it is for: the column of the partners."""
        return self._head.by

    @property
    def window(self) -> Window:
        """The period, Eastern."""
        return window_of(self._head.span)

    @property
    def currency(self) -> str:
        """ISO code of all amounts."""
        return self._head.currency

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know."""
        return self._head.notes

    @property
    def cancels(self) -> int | None:
        """Number of the statement that this one takes back."""
        return self._head.cancels

    @property
    def issued_at(self) -> pd.Timestamp | None:
        """Moment of issue, Eastern; None before."""
        return frames.moment(self._head.issued_at)

    @cached_property
    def due(self) -> pd.DataFrame:
        """What is owed, a row a partner.

        The column of ``by``, then ``opening, calls, corrections, due, adjustments, held, payable, carried``
        [currency], ``call_count`` and ``is_total``, true in the last row. ``opening + calls + corrections +
        adjustments = due = payable + carried``; ``held`` is the part of ``carried`` whose calls are too
        young. The row of nobody (null) holds calls without a partner, which are never paid.
        """
        return frames.due_of(self._document)

    @cached_property
    def calls(self) -> pd.DataFrame:
        """Calls of the period that count and were not owed before, a row each.

        ``sid, call_date``, the column of ``by``, ``offer, price, amount`` [currency]; a price that is
        missing is null, and its amount 0.
        """
        return frames.calls_of(self._document)

    @cached_property
    def by_offer(self) -> pd.DataFrame:
        """The same calls by partner, offer and price: ``call_count, amount`` [currency]."""
        return frames.by_offer(self.calls, self.by)

    @cached_property
    def corrections(self) -> pd.DataFrame:
        """Calls of settled periods that are owed otherwise than before, a row a call and partner.

        ``sid, call_date``, the column of ``by``, ``offer, amount_before, amount_after, amount`` [currency,
        after less before] and ``reason``: ``disputed`` (no longer counts), ``qualified later``, ``price
        changed``, ``withdrawn`` (gone from the report), ``appeared late``, ``moved to another partner`` (a
        row for each of the two), ``unknown`` (whether it counts, or its price, is null now).
        """
        return frames.corrections_of(self._document)

    @cached_property
    def adjustments(self) -> pd.DataFrame:
        """Amounts by hand: the column of ``by``, ``amount`` [currency], ``reason``."""
        return frames.adjustments_of(self._document)

    @public
    def issue(self, *, unfinished: bool = False) -> Statement:
        """Issue the statement: number it and remember, for good, what it owes.

        Parameters
        ----------
        unfinished : bool
            Issue it before its period is over; calls that come later are corrections of the next one.

        Returns
        -------
        Statement
            Itself, with its ``number``.

        Raises
        ------
        StatementError
            It is issued already, another was issued since it was made, its period is not over, its calls
            are owed by another account, or there is nothing to issue.
        CacheError
            The book cannot be written; then nothing was issued.
        """
        refused = [*self._part, *self._refused]
        self._document = issue(self._document, self._book, self._last, refused, unfinished=unfinished)
        return self

    @public
    def cancel(self, reason: str = "") -> Statement:
        """Take the statement back by a counter-statement: its calls are owed anew by the next one.

        Parameters
        ----------
        reason : str, optional
            Why; it stands in the notes of the counter-statement.

        Returns
        -------
        Statement
            The counter-statement, issued: all amounts of this one with the other sign.

        Raises
        ------
        StatementError
            It was not issued, was taken back before, is a counter-statement, or a later one stands on it.

        Notes
        -----
        Only the last statement in force of its account and side can be taken back, since the balances of
        later ones begin with it: take those back first. What it paid counts as not paid; a payment that was
        made is entered in the next statement as an adjustment.
        """
        return Statement(cancel(self._document, self._book, self._part, reason), self._book)

    @public
    def only(self, partner: str | None) -> Statement:
        """Show the part of one partner, as that partner may see it: to write, not to issue.

        Parameters
        ----------
        partner : str or None
            Name in any spelling; None for calls of nobody.
        """
        key, whole = partner_key(partner), self._document
        if key not in set(whole.balances["key"]):
            known = whole.balances["partner"].dropna()
            raise InputError(f"the statement has no {self.by} {partner!r}; {nearest(str(partner), known)}")
        name = frames.name_of(whole, key) or f"no {self.by}"
        return Statement(whole.of_partner(key), self._book, partner=name)

    @public
    def to_excel(self, path: PathLike) -> Path:
        """Write it as a workbook: what is due, calls by offer and price, corrections, adjustments, calls.

        Returns
        -------
        pathlib.Path
            The file, mode 0600. A sheet that would be empty is left out.

        Raises
        ------
        ConfigError
            Without the library ``xlsxwriter`` (``pip install 'dtanalytics[excel]'``).
        WriteError
            The file cannot be written.
        """
        from dtanalytics.statements.writing import to_excel

        return to_excel(self, path)

    @public
    def to_csv(self, path: PathLike) -> Path:
        """Write it for accounting: a row an amount; ``payable`` adds up to what is paid now.

        ``statement, issued, start, end`` (exclusive), ``item`` (opening, call, correction, adjustment), the
        column of ``by``, ``offer, price, call_count, sid, reason, amount`` (which adds up to what is due),
        ``payable`` (in the first row of a partner, 0 in the others), ``state`` (``payable``, ``payable in
        part``, ``on hold``, ``below minimum``, ``nothing to pay``, ``no partner``, ``taken back``) and
        ``currency``; calls are added up by offer and price.

        Returns
        -------
        pathlib.Path
            The file, mode 0600.

        Raises
        ------
        WriteError
            The file cannot be written.
        """
        from dtanalytics.statements.writing import to_csv

        return to_csv(self, path)

    @public
    def to_html(self, path: PathLike) -> Path:
        """Write it as a page that prints on A4 and needs no network.

        Returns
        -------
        pathlib.Path
            The file, mode 0600.

        Raises
        ------
        WriteError
            The file cannot be written.
        """
        from dtanalytics.statements.writing import to_html

        return to_html(self, path)

    @property
    def title(self) -> str:
        """What it is, in a line."""
        what = "statement" if self.number is None else f"statement {self.number}"
        kind = f"counter-{what}" if self.cancels is not None else what
        return f"{kind} to {self._partner or self.by + 's'}, {self.window.text()}"

    def __repr__(self) -> str:
        balances = self._document.balances
        total = int(due(balances).sum()) / SCALE
        partners = int((balances["key"] != "").sum())
        side = self.by if partners == 1 else f"{self.by}s"
        verb = "to" if self.by == "affiliate" else "from"
        return (
            f"<{self.title}: due {total:,.2f} {self.currency} {verb} {partners} {side}, "
            f"{len(self.calls):,} calls, {len(self.corrections):,} corrections>"
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Carry the table of what is due beside the HTML, where a report is being written."""
        from dtanalytics.statements.writing import due_table

        return due_table(self)._repr_mimebundle_()

    def _repr_html_(self) -> str:
        from dtanalytics.statements.writing import due_table

        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return due_table(self)._repr_html_() + (f"<ul>{notes}</ul>" if notes else "")
