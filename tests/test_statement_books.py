"""Whatever is loaded, restated, issued and taken back: due adds up, no call is owed twice, none is forgotten.

The statements are held against a ledger of `Decimal` amounts that this file keeps by rules of its own.
"""

from __future__ import annotations

import tempfile
import warnings
from decimal import Decimal

import pandas as pd
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import dtanalytics as dta
from dtanalytics.errors import StatementError, StatementWarning

MONTHS = ("2026-06", "2026-07", "2026-08", "2026-09")
PARTNERS = ("North", "South", None)
PRICES = ("0", "0.0001", "12.5", "33.3333", "-4.25")
month = st.sampled_from(MONTHS)
partner = st.sampled_from(PARTNERS)
price = st.sampled_from(PRICES).map(Decimal)
counts = st.sampled_from([True, True, False, None])
ZERO = Decimal(0)


class Books(RuleBasedStateMachine):
    """Calls as the service knows them, and a ledger of what was owed for each."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.calls = {}  # sid -> month, partner, price, counts
        self.issued = []  # in force: month, deltas {(sid, partner): amount}, carried {partner: amount}, statement
        self.drafts = []

    def teardown(self):
        self.folder.cleanup()

    # -- the world ---------------------------------------------------------------------------------

    @rule(month=month, partner=partner, price=price, counts=counts)
    def call(self, month, partner, price, counts):
        self.calls[f"s{len(self.calls)}"] = [month, partner, price, counts]

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def restate(self, data):
        known = [sid for sid, call in self.calls.items() if call]
        if known:
            sid = data.draw(st.sampled_from(known))
            at, values = data.draw(st.sampled_from([(0, month), (1, partner), (2, price), (3, counts)]))
            self.calls[sid][at] = data.draw(values)

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def withdraw(self, data):
        self.calls[data.draw(st.sampled_from(list(self.calls)))] = None

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), month=month, partner=partner, price=price, counts=counts)
    def appear(self, data, month, partner, price, counts):
        self.calls[data.draw(st.sampled_from(list(self.calls)))] = [month, partner, price, counts]

    def frame(self):
        rows = [(sid, *call) for sid, call in self.calls.items() if call]
        return pd.DataFrame(
            {
                "sid": pd.Series([row[0] for row in rows], dtype="str"),
                "call_date": pd.to_datetime([f"{row[1]}-15 12:00" for row in rows]),
                "affiliate": pd.Series([row[2] for row in rows], dtype="str"),
                "offer": "Roof",
                "affiliate_price": pd.Series([row[3] for row in rows], dtype=object),
                "affiliate_qualified": pd.Series([row[4] for row in rows], dtype="boolean"),
            }
        )

    # -- the ledger --------------------------------------------------------------------------------

    def owed(self):
        """What was owed for each call and partner, by statements in force."""
        total = {}
        for _, deltas, _, _ in self.issued:
            for key, amount in deltas.items():
                total[key] = total.get(key, ZERO) + amount
        return total

    def deltas(self, month):
        """What a statement of the month owes anew: of its calls, of settled ones, and of those owed before."""
        before, settled = self.owed(), {one[0] for one in self.issued}
        sids = {sid for sid, call in self.calls.items() if call and call[0] in {month, *settled}}
        sids |= {sid for sid, _ in before}
        now = {
            (sid, self.calls[sid][1]): self.calls[sid][2] if self.calls[sid][3] else ZERO
            for sid in sids
            if self.calls.get(sid)
        }
        return {key: now.get(key, ZERO) - before.get(key, ZERO) for key in {*now, *before} if key[0] in sids}

    # -- statements --------------------------------------------------------------------------------

    def make(self, month, minimum=0, adjustments=None):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", StatementWarning)
            return dta.statement(
                month,
                calls=self.frame(),
                since="2026-01-01",
                now="2026-11-20",
                minimum=minimum,
                adjustments=adjustments,
                book=self.folder.name,
            )

    @rule(month=month, minimum=st.sampled_from([0, 20]), extra=st.sampled_from([None, "-7.5"]))
    def issue(self, month, minimum, extra):
        deltas = self.deltas(month)
        carried = self.issued[-1][2] if self.issued else {}
        moved = {who: sum((d for (_, p), d in deltas.items() if p == who), ZERO) for who in PARTNERS}
        known = {p for _, p in deltas} | {who for who in PARTNERS if carried.get(who)}
        added = {"North": Decimal(extra)} if extra and "North" in known else {}
        statement = self.make(month, minimum, {who: (amount, "by hand") for who, amount in added.items()})
        due = {w: carried.get(w, ZERO) + moved[w] + added.get(w, ZERO) for w in PARTNERS}
        shown = {
            None if pd.isna(row.affiliate) else row.affiliate: row
            for row in statement.due.itertuples()
            if not row.is_total
        }
        for who in PARTNERS:
            row = shown.get(who)
            assert exact(row.due if row else 0) == due[who]
            assert exact(row.opening if row else 0) == carried.get(who, ZERO)
        total = statement.due.iloc[-1]
        assert exact(total["due"]) == sum(due.values())
        fresh = {sid for sid in self.calls if self.is_fresh(sid, month)}
        assert exact(total["calls"]) == sum((d for (sid, _), d in deltas.items() if sid in fresh), ZERO)
        try:
            statement.issue()
        except StatementError:
            assert month in {one[0] for one in self.issued}
            assert not any(deltas.values())
            return
        payable = {w: paid(due[w], minimum) if w else ZERO for w in PARTNERS}
        assert exact(total["payable"]) == sum(payable.values())
        self.issued.append((month, deltas, {w: due[w] - payable[w] for w in PARTNERS}, statement))

    def is_fresh(self, sid, month):
        """Whether a call belongs to the month, which is not settled, and nobody was owed for it."""
        call, settled = self.calls[sid], {one[0] for one in self.issued}
        return (
            call
            and call[0] == month not in settled
            and not any(a for (s, _), a in self.owed().items() if s == sid)
        )

    @precondition(lambda self: self.issued)
    @rule()
    def cancel(self):
        self.issued.pop()[3].cancel("a mistake")

    @rule(month=month)
    def draft(self, month):
        self.drafts.append((self.make(month), [one[3].number for one in self.issued]))

    @precondition(lambda self: self.drafts)
    @rule()
    def issue_a_draft_too_late(self):
        draft, known = self.drafts.pop()
        if known != [one[3].number for one in self.issued]:
            try:
                draft.issue(unfinished=True)
            except StatementError:
                return
            raise AssertionError("a statement was issued on a state of the book that is past")

    @invariant()
    def the_book_owes_what_the_ledger_owes(self):
        listed = dta.statements(book=self.folder.name)
        standing = listed[listed["cancels"].isna() & listed["cancelled_by"].isna()]
        amounts = [
            exact(a) + exact(b) for a, b in zip(standing["calls"], standing["corrections"], strict=True)
        ]

        assert sum(amounts, ZERO) == sum(self.owed().values(), ZERO)
        assert standing["number"].tolist() == [one[3].number for one in self.issued]
        assert listed["number"].tolist() == list(range(1, len(listed) + 1))


def exact(amount):
    """A number that came as a float, as the decimal of four places that it stands for."""
    return Decimal(f"{amount:.4f}")


def paid(due, minimum):
    """The whole cents of what is due, if they are more than nothing and not below the minimum."""
    cents = max(due, ZERO).quantize(Decimal("0.01"), rounding="ROUND_HALF_EVEN")
    return cents if cents and cents >= minimum else ZERO


TestBooks = Books.TestCase
# a failure is short as it is, and to make it shorter takes minutes
TestBooks.settings = settings(max_examples=5, stateful_step_count=10, phases=[Phase.explicit, Phase.generate])
