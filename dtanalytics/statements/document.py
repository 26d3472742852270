"""One statement as it is kept: its head, and tables in whole units of 1/10,000."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dtanalytics.statements.periods import Span
from dtanalytics.statements.sides import By

_FLOWS = ("calls", "corrections", "adjustments")
"""What the due amount of a partner consists of, beside its opening balance."""


@dataclass(frozen=True)
class Head:
    """What a statement is about.

    Attributes
    ----------
    number : int or None
        None for one that is not issued.
    account, by, set_id
        Whose calls, and whom it is for.
    span : Span
        The period.
    currency : str
        ISO code.
    minimum : int
        Least that is paid [1/10,000].
    hold_days : int
        Days for which a call is held back [days].
    made_at, issued_at : int or None
        Moments [us since 1970].
    cancels, cancelled_by : int or None
        Number of the statement that this one takes back, or that takes this one back.
    notes : tuple of str
        What a reader has to know.
    """

    account: str
    by: By
    set_id: int | None
    span: Span
    currency: str
    minimum: int
    hold_days: int
    made_at: int
    number: int | None = None
    issued_at: int | None = None
    cancels: int | None = None
    cancelled_by: int | None = None
    notes: tuple[str, ...] = ()

    def with_notes(self, notes: Sequence[str]) -> Head:
        """Return the head with other notes."""
        return replace(self, notes=tuple(notes))

    def issued(self, at: int, number: int | None = None) -> Head:
        """Return the head of the statement when it is issued."""
        return replace(self, issued_at=at, number=number)

    @property
    def in_force(self) -> bool:
        """True for one that neither takes another back nor was taken back."""
        return self.cancels is None and self.cancelled_by is None


@dataclass(frozen=True)
class Document:
    """A statement: what each call is owed, each partner's balance, what was adjusted by hand.

    Attributes
    ----------
    head : Head
    lines : DataFrame
        A row a call and partner whose amount is new or has changed; see `changes.LINE`.
    balances : DataFrame
        A row a partner: ``key, partner, call_count, opening, calls, corrections, adjustments, held,
        payable``.
    adjustments : DataFrame
        ``key, partner, units, reason``.
    seen : DataFrame
        ``sid`` of the period's calls that do not count.
    """

    head: Head
    lines: pd.DataFrame
    balances: pd.DataFrame
    adjustments: pd.DataFrame
    seen: pd.DataFrame

    def parts(self) -> dict[str, pd.DataFrame]:
        """Tables by their name in the book."""
        return {
            "line": self.lines,
            "balance": self.balances,
            "adjustment": self.adjustments,
            "seen": self.seen,
        }

    def with_head(self, head: Head) -> Document:
        """Return the same tables under another head."""
        return replace(self, head=head)

    def of_partner(self, key: str) -> Document:
        """Return what belongs to one partner, without notes, which may name others."""
        lines, balances, adjustments = (
            part[part["key"] == key].reset_index(drop=True)
            for part in (self.lines, self.balances, self.adjustments)
        )
        return Document(self.head.with_notes(()), lines, balances, adjustments, self.seen.iloc[:0])

    def opposite(self, at: int, notes: tuple[str, ...]) -> Document:
        """The counter-statement: every amount with the other sign, so that both add up to nothing."""
        head = replace(
            self.head, number=None, cancels=self.head.number, made_at=at, issued_at=at, notes=notes
        )
        balances, after = self.balances, self.lines["before"] + self.lines["units"]
        money = {name: -balances[name] for name in (*_FLOWS, "payable", "call_count")}
        carried = due(balances) - balances["payable"]
        return Document(
            head,
            self.lines.assign(units=-self.lines["units"], before=after),
            balances.assign(**money, opening=carried, held=0),
            self.adjustments.assign(units=-self.adjustments["units"]),
            self.seen.iloc[:0],
        )


def due(balances: pd.DataFrame) -> pd.Series[int]:
    """Opening balance, calls, corrections and adjustments together [1/10,000]."""
    return balances["opening"] + balances[list(_FLOWS)].sum(axis=1)
