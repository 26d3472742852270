"""Every reason for which a platform refuses or ignores a conversion, in one table.

The names are the platform's own where it has one (Google's ``ConversionUploadError``,
``ConversionAdjustmentUploadError`` and ``DateError``), else this package's. Rules are tried in
the order of the table; the first that a call breaks is the one it is listed under.
"""

from __future__ import annotations

from dataclasses import dataclass

from dtanalytics.exports.rule_checks import (
    GOOGLE_CLICK,
    KINDS,
    MICROSOFT_CLICK,
    OLDEST_ADJUSTED,
    ORDER_ID,
    SAME_CLICK,
    SAME_ORDER,
    YOUNGEST_ADJUSTED,
    Context,
    Test,
    expired,
    new_action,
    order_id_is_personal,
    precedes_click,
    repeated,
    too_recent,
    unparseable,
)

__all__ = ["RULES", "Context", "Rule"]

CLICKS = frozenset({"google_clicks", "microsoft_clicks", "microsoft_bulk", "sa360"})
CONVERSIONS = CLICKS | {"google_leads"}
GOOGLE = frozenset({"google_clicks", "google_leads"})
MICROSOFT = frozenset({"microsoft_clicks", "microsoft_bulk"})
ADJUSTMENTS = frozenset({"google_adjustments"})
WAITING = GOOGLE | {"sa360"}
_TEMPLATE = "; braces such as {gclid} mean that the tracking template was never filled in"


@dataclass(frozen=True)
class Rule:
    """One reason, the files that it holds for, how a call breaks it and what to do then."""

    error: str
    files: frozenset[str]
    breaks: Test
    remedy: str
    source: str = "platform"
    among_rest: bool = False


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
        order_id_is_personal,
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
            unparseable(kind, GOOGLE_CLICK),
            f"the {kind} was altered on the landing page; keep it byte for byte{_TEMPLATE}",
        )
        for kind in KINDS["google_clicks"]
    ),
    Rule(
        "UNPARSEABLE_MSCLKID",
        MICROSOFT,
        unparseable("msclkid", MICROSOFT_CLICK),
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
        precedes_click,
        "the call is earlier than its click: the match to the visit is wrong; leave it out",
    ),
    Rule(
        "EXPIRED_EVENT",
        CONVERSIONS,
        expired,
        "too late: the click is more than 90 days old (63 for enhanced conversions); export weekly",
    ),
    Rule(
        "TOO_RECENT_EVENT",
        WAITING,
        too_recent,
        "export again 6 hours after the click",
    ),
    Rule(
        "TOO_RECENT_CONVERSION_ACTION",
        WAITING,
        new_action,
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
        SAME_CLICK,
        CONVERSIONS,
        repeated(SAME_CLICK),
        "the same click and time is in this file or was sent before (dta.exports.sent()); "
        "if that file was never uploaded: dta.exports.forget(file)",
        among_rest=True,
    ),
    Rule(
        SAME_ORDER,
        CONVERSIONS,
        repeated(SAME_ORDER),
        "the same sid is in this file or was sent before (dta.exports.sent()); "
        "if that file was never uploaded: dta.exports.forget(file)",
        among_rest=True,
    ),
)
