"""How a call breaks a rule of a platform: one function a rule, where one line does not say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from dtanalytics.exports.calls import precedes

KINDS = {
    "google_clicks": ("gclid", "gbraid", "wbraid"),
    "microsoft_clicks": ("msclkid",),
    "microsoft_bulk": ("msclkid",),
    "sa360": ("gclid",),
}
OLDEST_CLICK, OLDEST_LEAD = pd.Timedelta(days=90), pd.Timedelta(days=63)
YOUNGEST = pd.Timedelta(hours=6)
OLDEST_ADJUSTED, YOUNGEST_ADJUSTED = pd.Timedelta(days=54), pd.Timedelta(hours=24)

ORDER_ID = r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,99}"
GOOGLE_CLICK = r"[A-Za-z0-9_\-]{1,512}"
MICROSOFT_CLICK = r"[0-9A-Fa-f]{32}"
_NUMBER_LIKE = r"(?:\+.*|\(?\d{3}\)?[\s.\-]+\d{3}[\s.\-]+\d{4}|.*@.*)"
_BARE_NUMBER = r"1?[2-9]\d{2}[2-9]\d{6}"
SAME_CLICK, SAME_ORDER = "CLICK_CONVERSION_ALREADY_EXISTS", "ORDER_ID_ALREADY_IN_USE"


@dataclass(frozen=True)
class Context:
    """What rules are judged against: the file, the moment, and what was already sent."""

    file: str
    now: pd.Timestamp
    valued: bool = True
    action_created: pd.Timestamp | None = None
    sent_orders: frozenset[str] = field(default_factory=frozenset)
    sent_clicks: frozenset[tuple[str, int]] = field(default_factory=frozenset)


Test = Callable[[pd.DataFrame, Context], pd.Series]


def order_id_is_personal(calls: pd.DataFrame, _: Context) -> pd.Series:
    """Where the order id is, or holds, a telephone number or an address."""
    sid = calls["sid"].fillna("")
    caller = calls["caller"].fillna("").str.replace(r"\D", "", regex=True).str[-10:]
    known = caller.str.len() == 10
    digits = sid.str.replace(r"\D", "", regex=True)
    pairs = zip(caller, digits, strict=True)
    own = known & pd.Series([number in text for number, text in pairs], index=calls.index, dtype=bool)
    return own | sid.str.fullmatch(_NUMBER_LIKE) | (~known & sid.str.fullmatch(_BARE_NUMBER))


def unparseable(kind: str, pattern: str) -> Test:
    """Return the check of click ids of a kind that do not have its form."""

    def breaks(calls: pd.DataFrame, _: Context) -> pd.Series:
        return (calls["kind"] == kind) & ~calls["click_id"].fillna("").str.fullmatch(pattern)

    return breaks


def precedes_click(calls: pd.DataFrame, _: Context) -> pd.Series:
    """Where the call is earlier than its click."""
    return calls["click_known"] & precedes(calls["time"], calls["click_until"])


def expired(calls: pd.DataFrame, context: Context) -> pd.Series:
    """Where the click is older than the platform takes."""
    # a click of unknown age is at least as old as its call
    return context.now - calls["click_from"].fillna(calls["time"]) > (
        OLDEST_LEAD if context.file == "google_leads" else OLDEST_CLICK
    )


def too_recent(calls: pd.DataFrame, context: Context) -> pd.Series:
    """Where the platform may not know the click yet."""
    return context.now - calls["click_until"].fillna(calls["time"]) < YOUNGEST


def new_action(calls: pd.DataFrame, context: Context) -> pd.Series:
    """All calls, where the conversion action is too new."""
    new = context.action_created is not None and context.now - context.action_created < YOUNGEST
    return pd.Series(new, index=calls.index)


def repeated(error: str) -> Test:
    """Return the check of calls whose click or order id was taken before."""

    def breaks(calls: pd.DataFrame, context: Context) -> pd.Series:
        return _taken(calls, context) == error

    return breaks


def _taken(calls: pd.DataFrame, context: Context) -> pd.Series:
    """Error of each call whose click or order id an earlier one has; one that is refused takes neither."""
    clicks, orders = set(context.sent_clicks), set(context.sent_orders)
    errors = []
    pairs = zip(calls["click_hash"], calls["time"].astype("int64"), strict=True)
    for pair, order, known in zip(pairs, calls["sid"], calls["click_hash"].notna(), strict=True):
        if known and pair in clicks:
            errors.append(SAME_CLICK)
        elif order in orders:
            errors.append(SAME_ORDER)
        else:
            errors.append("")
            orders.add(order)
            if known:
                clicks.add(pair)
    return pd.Series(errors, index=calls.index, dtype=object)
