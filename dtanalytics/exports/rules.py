"""Every reason for which a platform refuses or ignores a conversion, in one table.

The names are the platform's own where it has one (Google's ``ConversionUploadError``,
``ConversionAdjustmentUploadError`` and ``DateError``), else this package's. Rules are tried in
the order of the table; the first that a call breaks is the one it is listed under.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from dtanalytics.exports.calls import precedes

CLICKS = frozenset({"google_clicks", "microsoft_clicks", "microsoft_bulk", "sa360"})
CONVERSIONS = CLICKS | {"google_leads"}
GOOGLE = frozenset({"google_clicks", "google_leads"})
MICROSOFT = frozenset({"microsoft_clicks", "microsoft_bulk"})
ADJUSTMENTS = frozenset({"google_adjustments"})
WAITING = GOOGLE | {"sa360"}

KINDS = {
    "google_clicks": ("gclid", "gbraid", "wbraid"),
    "microsoft_clicks": ("msclkid",),
    "microsoft_bulk": ("msclkid",),
    "sa360": ("gclid",),
}
OLDEST_CLICK = {name: pd.Timedelta(days=63 if name == "google_leads" else 90) for name in CONVERSIONS}
YOUNGEST = pd.Timedelta(hours=6)
OLDEST_ADJUSTED, YOUNGEST_ADJUSTED = pd.Timedelta(days=54), pd.Timedelta(hours=24)

ORDER_ID = r"[A-Za-z0-9][A-Za-z0-9_.:\-]{0,99}"
_GOOGLE_CLICK = r"[A-Za-z0-9_\-]{1,512}"
_MICROSOFT_CLICK = r"[0-9A-Fa-f]{32}"
_NUMBER_LIKE = r"(?:\+.*|\(?\d{3}\)?[\s.\-]+\d{3}[\s.\-]+\d{4}|.*@.*)"
_BARE_NUMBER = r"1?[2-9]\d{2}[2-9]\d{6}"
_TEMPLATE = "; braces such as {gclid} mean that the tracking template was never filled in"


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


@dataclass(frozen=True)
class Rule:
    """One reason, the files that it holds for, how a call breaks it and what to do then."""

    error: str
    files: frozenset[str]
    breaks: Test
    remedy: str
    source: str = "platform"
    among_rest: bool = False


def _order_id_is_personal(calls: pd.DataFrame, _: Context) -> pd.Series:
    sid = calls["sid"].fillna("")
    caller = calls["caller"].fillna("").str.replace(r"\D", "", regex=True).str[-10:]
    known = caller.str.len() == 10
    digits = sid.str.replace(r"\D", "", regex=True)
    pairs = zip(caller, digits, strict=True)
    own = known & pd.Series([number in text for number, text in pairs], index=calls.index, dtype=bool)
    return own | sid.str.fullmatch(_NUMBER_LIKE) | (~known & sid.str.fullmatch(_BARE_NUMBER))


def _unparseable(kind: str, pattern: str) -> Test:
    def breaks(calls: pd.DataFrame, _: Context) -> pd.Series:
        return (calls["kind"] == kind) & ~calls["click_id"].fillna("").str.fullmatch(pattern)

    return breaks


def _precedes(calls: pd.DataFrame, _: Context) -> pd.Series:
    return calls["click_known"] & precedes(calls["time"], calls["click_until"])


def _expired(calls: pd.DataFrame, context: Context) -> pd.Series:
    # a click of unknown age is at least as old as its call
    return context.now - calls["click_from"].fillna(calls["time"]) > OLDEST_CLICK[context.file]


def _too_recent(calls: pd.DataFrame, context: Context) -> pd.Series:
    return context.now - calls["click_until"].fillna(calls["time"]) < YOUNGEST


def _new_action(calls: pd.DataFrame, context: Context) -> pd.Series:
    new = context.action_created is not None and context.now - context.action_created < YOUNGEST
    return pd.Series(new, index=calls.index)


def _repeated(error: str) -> Test:
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
            errors.append(_SAME_CLICK)
        elif order in orders:
            errors.append(_SAME_ORDER)
        else:
            errors.append("")
            orders.add(order)
            if known:
                clicks.add(pair)
    return pd.Series(errors, index=calls.index, dtype=object)


_SAME_CLICK, _SAME_ORDER = "CLICK_CONVERSION_ALREADY_EXISTS", "ORDER_ID_ALREADY_IN_USE"


RULES: tuple[Rule, ...] = (
    Rule(
        "MISSING_ORDER_ID",
        CONVERSIONS,
        lambda calls, _: calls["sid"].isna(),
        "load the calls with their sid, which is the order id",
        "dtanalytics",
    ),
    Rule(
        "ORDER_ID_CONTAINS_PII",
        CONVERSIONS,
        _order_id_is_personal,
        "use DialogTech's sid as order id, never the caller's number or address",
    ),
    Rule(
        "INVALID_ORDER_ID",
        CONVERSIONS,
        lambda calls, _: ~calls["sid"].fillna("").str.fullmatch(ORDER_ID),
        "use DialogTech's sid as order id: letters, digits, _ . : - and nothing else",
        "dtanalytics",
    ),
    Rule(
        "MISSING_CLICK_ID",
        CLICKS,
        lambda calls, _: calls["click_id"].isna(),
        "no ad click is known for the visit (Call Extension, organic): switch auto-tagging on",
        "dtanalytics",
    ),
    Rule(
        "WRONG_CLICK_ID",
        CLICKS,
        lambda calls, context: calls["click_id"].notna() & ~calls["kind"].isin(KINDS[context.file]),
        "the click belongs to another platform: send it in that platform's file",
        "dtanalytics",
    ),
    *(
        Rule(
            f"UNPARSEABLE_{kind.upper()}",
            frozenset({"google_clicks", "sa360"}),
            _unparseable(kind, _GOOGLE_CLICK),
            f"the {kind} was altered on the landing page; keep it byte for byte{_TEMPLATE}",
        )
        for kind in KINDS["google_clicks"]
    ),
    Rule(
        "UNPARSEABLE_MSCLKID",
        MICROSOFT,
        _unparseable("msclkid", _MICROSOFT_CLICK),
        f"a Microsoft click id is 32 hexadecimal digits{_TEMPLATE}",
        "dtanalytics",
    ),
    Rule(
        "INVALID_USER_IDENTIFIER",
        frozenset({"google_leads"}),
        lambda calls, _: calls["phone_hash"].isna(),
        "the caller's number is withheld, or is no assigned number: its hash would never match",
    ),
    Rule(
        "MISSING_CONVERSION_TIME",
        CONVERSIONS,
        lambda calls, _: calls["time"].isna(),
        "load the calls again: a call without a time cannot be placed",
        "dtanalytics",
    ),
    Rule(
        "LATER_THAN_MAXIMUM_DATE",
        CONVERSIONS,
        lambda calls, context: calls["time"] > context.now,
        "the call lies after now=: check the clock, the zone and the argument now",
    ),
    Rule(
        "CONVERSION_PRECEDES_EVENT",
        CONVERSIONS,
        _precedes,
        "the call is earlier than its click: the match to the visit is wrong; leave it out",
    ),
    Rule(
        "EXPIRED_EVENT",
        CONVERSIONS,
        _expired,
        "too late: the click is more than 90 days old (63 for enhanced conversions); export weekly",
    ),
    Rule(
        "TOO_RECENT_EVENT",
        WAITING,
        _too_recent,
        "export again 6 hours after the click",
    ),
    Rule(
        "TOO_RECENT_CONVERSION_ACTION",
        WAITING,
        _new_action,
        "export again 6 hours after the conversion action was created",
    ),
    Rule(
        "MISSING_VALUE",
        CONVERSIONS,
        lambda calls, context: calls["units"].isna() & context.valued,
        "the call has no price; name another value=, or value=None for the action's own default",
        "dtanalytics",
    ),
    Rule(
        "NEGATIVE_VALUE",
        CONVERSIONS | ADJUSTMENTS,
        lambda calls, _: (calls["units"] < 0).fillna(value=False),
        "a conversion is worth nothing or more: value='revenue', or negative='zero' to write 0",
        "dtanalytics",
    ),
    Rule(
        "CONVERSION_NOT_FOUND",
        ADJUSTMENTS,
        lambda calls, _: calls["conversion_time"].isna(),
        "disputed, and not in the ledger: nothing to do unless it was uploaded from another machine",
    ),
    Rule(
        "CONVERSION_ALREADY_RETRACTED",
        ADJUSTMENTS,
        lambda calls, _: calls["retracted"],
        "a retraction, or a restatement to 0, is final: the call cannot be counted again under this order id",
    ),
    Rule(
        "WBRAID_CANNOT_BE_ADJUSTED",
        ADJUSTMENTS,
        lambda calls, _: calls["click_kind"] == "wbraid",
        "the platform adjusts conversions of a gclid or gbraid only: correct the figures in your own report",
        "dtanalytics",
    ),
    Rule(
        "DUPLICATE_ADJUSTMENT_IN_REQUEST",
        ADJUSTMENTS,
        lambda calls, _: calls["contradicted"],
        "the sid stands in the frame more than once, with different values or flags: keep the right row",
    ),
    Rule(
        "ADJUSTMENT_PRECEDES_CONVERSION",
        ADJUSTMENTS,
        lambda calls, context: calls["conversion_time"] >= context.now,
        "the adjustment must be later than the conversion: check the argument now",
    ),
    Rule(
        "TOO_RECENT_CONVERSION",
        ADJUSTMENTS,
        lambda calls, context: context.now - calls["conversion_time"] < YOUNGEST_ADJUSTED,
        "export again 24 hours after the call",
    ),
    Rule(
        "CONVERSION_EXPIRED",
        ADJUSTMENTS,
        lambda calls, context: context.now - calls["conversion_time"] > OLDEST_ADJUSTED,
        "too late: the conversion is more than 54 days old; correct the figures in your own report",
    ),
    Rule(
        "MORE_RECENT_RESTATEMENT_FOUND",
        ADJUSTMENTS,
        lambda calls, context: calls["adjusted_at"] >= context.now,
        "an adjustment must be later than the last one: check the argument now",
    ),
    Rule(
        _SAME_CLICK,
        CONVERSIONS,
        _repeated(_SAME_CLICK),
        "the same click and time is in this file or was sent before (dta.exports.sent()); "
        "if that file was never uploaded: dta.exports.forget(file)",
        among_rest=True,
    ),
    Rule(
        _SAME_ORDER,
        CONVERSIONS,
        _repeated(_SAME_ORDER),
        "the same sid is in this file or was sent before (dta.exports.sent()); "
        "if that file was never uploaded: dta.exports.forget(file)",
        among_rest=True,
    ),
)
