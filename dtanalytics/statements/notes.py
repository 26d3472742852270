"""What a reader of a statement has to know, and what may make it wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from dtanalytics.money import written
from dtanalytics.schema import EASTERN
from dtanalytics.statements.calls import among
from dtanalytics.statements.document import Head
from dtanalytics.statements.periods import Span, gaps, inside, window_of
from dtanalytics.statements.sides import By

_NO_NAMES = ("nan", "none", "null", "<na>", "nat", "n/a", "unknown")
"""Keys of names that programs write for no name."""


def of_days(moving: Sequence[dt.date]) -> list[str]:
    """Say which days can still change."""
    if not moving:
        return []
    days = f"{moving[0]}" if len(moving) == 1 else f"{len(moving)} days, {moving[0]} to {moving[-1]},"
    return [f"{days} can still change (settle_days): what changes is a correction of a later statement"]


def of_final_days(old: Sequence[tuple[dt.date, dt.datetime]]) -> list[str]:
    """Say of which days it is not known whether they have changed since they became final."""
    if not old:
        return []
    days, first = [day for day, _ in old], min(checked for _, checked in old)
    span = f"{days[0]} was" if len(days) == 1 else f"{len(days)} days, {days[0]} to {days[-1]}, were"
    since = f"{first.astimezone(EASTERN):%Y-%m-%d}"
    return [f"{span} asked last on {since} or later: disputes since are not known (refresh=True asks again)"]


def of_periods(span: Span, settled: Sequence[Span], compared: Sequence[Span]) -> list[str]:
    """Say which periods have no statement, and which are not looked at again."""
    notes = [
        f"{window_of(gap).text()} lies between statements and has none: its calls are owed to nobody"
        for gap in gaps([span, *settled])
    ]
    left = [one for one in settled if one not in compared and one != span]
    notes += [
        f"no call of {window_of(one).text()}, which is settled, is among the calls given: corrections of it "
        "are not known (give the calls of all settled periods, or load them)"
        for one in left
    ]
    return notes


def of_sets(others: Iterable[Head]) -> list[str]:
    """Say which settled periods belong to statements of other sets."""
    sets = sorted({"all sets" if head.set_id is None else f"set {head.set_id}" for head in others})
    if not sets:
        return []
    return [f"periods settled for {', '.join(sets)} are corrected by statements of the same set_id, not here"]


def of_calls(now: pd.DataFrame, lines: pd.DataFrame, span: Span, by: By) -> list[str]:
    """Say which calls are owed to nobody known, have no price, or whose partner has several spellings."""
    notes = []
    here = now[inside(now["time"].to_numpy("int64"), [span])]
    nobody = lines[(lines["key"] == "") & (lines["kind"] == "call")]
    if len(nobody):
        amount = written(int(nobody["units"].sum()))
        notes.append(f"{len(nobody):,} calls that count have no {by}: {amount} is paid to nobody")
    unpriced = here["qualified"].fillna(value=False).astype(bool) & here["price"].isna()
    if unpriced.any():
        notes.append(f"{int(unpriced.sum()):,} calls count and have no price: they are owed with 0")
    unknown = here["qualified"].isna() & (here["price"].fillna(0) != 0)
    if unknown.any():
        notes.append(
            f"of {int(unknown.sum()):,} calls with a price it is unknown whether they count: not owed"
        )
    empty = sorted(set(lines["partner"].dropna()[lines["key"].isin(_NO_NAMES)]))
    if empty:
        notes.append(
            f"{', '.join(map(repr, empty))} is paid as the name of an {by}: make it null if it means nobody"
        )
    spellings = here.dropna(subset=["partner"]).groupby("key")["partner"].unique()
    notes += [
        "spellings of one name: " + ", ".join(repr(name) for name in sorted(names))
        for names in spellings
        if len(names) > 1
    ]
    return notes


def of_withdrawals(lines: pd.DataFrame, booked: pd.DataFrame, compared: Sequence[Span]) -> list[str]:
    """Say of which settled periods most calls are gone, as where somebody gave some of the calls alone."""
    gone = lines[lines["reason"] == "withdrawn"]
    if gone.empty:
        return []
    notes, held = [], booked[booked["units"] != 0]
    remedy = "if these are some of the calls alone, give all, or since= to leave earlier ones alone"
    for one in compared:
        lost, all_ = (part[inside(part["time"].to_numpy("int64"), [one])]["key"] for part in (gone, held))
        period, counts = window_of(one).text(), lost.value_counts()
        empty = counts.index[(counts == all_.value_counts().reindex(counts.index)) & (counts.index != "")]
        if 2 * len(lost) > len(all_):
            notes.append(
                f"{len(lost):,} of {len(all_):,} calls owed for {period} are gone, and are taken back: "
                f"{remedy}"
            )
        elif len(empty):
            names = gone.drop_duplicates("key").set_index("key")["partner"].reindex(sorted(empty))
            notes.append(
                f"all calls owed for {period} to {_listed(names)} are gone, and are taken back: {remedy}"
            )
    return notes


def of_names(lines: pd.DataFrame, booked: pd.DataFrame) -> list[str]:
    """Say which partners' calls are another partner's now, as where the report renamed one.

    The new name is owed all calls anew, and what was paid under the old one stays with that: whoever pays
    both without looking pays twice.
    """
    moved = lines[lines["reason"] == "moved to another partner"]
    pairs = moved[moved["units"] < 0].merge(moved[moved["units"] > 0], on="sid", suffixes=("_old", "_new"))
    notes, owed = [], booked[booked["units"] > 0]["key"].value_counts()
    for (old, new), rows in pairs.groupby(["key_old", "key_new"], sort=True):
        count = int(owed.get(str(old), 0))
        if old and new and 2 * len(rows) > count:
            amount = written(int(-rows["units_old"].sum()))
            before, after = rows["partner_old"].iloc[0], rows["partner_new"].iloc[0]
            notes.append(
                f"{len(rows):,} of {count:,} calls owed to {before!r} are calls of {after!r} now. If "
                "both are one, what was paid is owed again: add "
                f"adjustments={{{before!r}: ({amount}, 'renamed'), {after!r}: (-{amount}, 'renamed')}}"
            )
    return notes


def _listed(names: pd.Series[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def of_overlap(lines: pd.DataFrame, now: pd.DataFrame, booked: pd.DataFrame, span: Span) -> list[str]:
    """Say how many calls of the period earlier statements owed."""
    here = now["sid"][inside(now["time"].to_numpy("int64"), [span])]
    again = int((among(here, booked["sid"]) & ~among(here, lines["sid"])).sum())
    if not again:
        return []
    return [f"{again:,} calls of the period are owed by earlier statements, and are not owed again"]


def of_accounts(elsewhere: Mapping[str, int]) -> list[str]:
    """Say which calls another account's statements owe."""
    return [
        f"{count:,} calls are owed by statements of the account {account or 'without a name'!r} already (new "
        f"credentials?): account={account!r} goes on with its book; they cannot be issued twice"
        for account, count in elsewhere.items()
    ]
