"""The measures and metrics of the package, each defined once, as data.

A *measure* is additive (rows counted, a column summed). A *metric* is a formula over measures. To add
one, add an entry: the dictionary, `rollup` on every engine and the documentation follow.
"""

from __future__ import annotations

from dataclasses import dataclass

from dtanalytics.metrics import formulas
from dtanalytics.metrics.measures import Measure, RowCondition
from dtanalytics.schema import LEAD_STATUSES

_PAGE = "LeadFlow History Report"
_BIDS = "Bid Management API"


@dataclass(frozen=True)
class Metric:
    """A formula over measures and other metrics.

    Attributes
    ----------
    name, unit : str
        As in the dictionary.
    formula : str
        The definition itself, for example ``margin / revenue``: this text is what is worked out.
    also_called, source : str
        What others call it; who defines it so.
    """

    name: str
    unit: str
    formula: str
    meaning: str = ""
    also_called: str = ""
    source: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Measures and metrics that the formula names."""
        return formulas.names(self.formula)

    @property
    def null_rule(self) -> str:
        """When there is no value."""
        return "null where the denominator is 0" if "/" in self.formula else "never null"


def _yes(column: str) -> RowCondition:
    return RowCondition((column,), test=True)


def _no(column: str) -> RowCondition:
    return RowCondition((column,), test=False)


def _status(*words: str) -> RowCondition:
    return RowCondition(("lead_status",), words)


def _calls(name: str, meaning: str, *conditions: RowCondition, source: str = _PAGE) -> Measure:
    return Measure(name, "calls", meaning, where=conditions, source=source)


def _money(name: str, value: str, meaning: str, *conditions: RowCondition) -> Measure:
    return Measure(name, "currency", meaning, where=conditions, value=value, source=_PAGE)


_OFFER, _AFFILIATE = _yes("offer_qualified"), _yes("affiliate_qualified")
_KEYWORDS = ("click_id", "vt_keyword", "adwords_keyword_id")

_DEFINITIONS = (
    _calls("call_count", "every row", source=f"{_PAGE}; {_BIDS}"),
    _calls("connected_count", "calls that reached a buyer", _status("Connected")),
    _calls("affiliate_cap_count", "calls beyond the affiliate's capacity", _status("Affiliate Cap")),
    _calls("no_buyer_count", "calls for which no buyer was found", _status("No Buyer")),
    _calls("hang_up_count", "callers who hung up first", _status("Hang Up")),
    _calls(
        "other_status_count",
        "calls with a status that the vendor's page does not list",
        RowCondition(("lead_status",), LEAD_STATUSES, negate=True),
    ),
    _calls("offer_qualified_count", "the advertiser pays", _OFFER),
    _calls("affiliate_qualified_count", "the affiliate is paid", _AFFILIATE),
    _calls("both_qualified_count", "the advertiser pays and the affiliate is paid", _OFFER, _AFFILIATE),
    _calls("paid_not_billed_count", "only the affiliate is paid", _AFFILIATE, _no("offer_qualified")),
    _calls("billed_not_paid_count", "only the advertiser pays", _OFFER, _no("affiliate_qualified")),
    _calls("contested_count", "the advertiser disputes the lead", _yes("contest_qualification")),
    _calls("repeat_count", "repeats within the affiliate's time", _yes("repeat_affiliate_caller")),
    _calls("reroute_count", "repeats within the offer's reroute time", _yes("reroute")),
    _money("revenue", "offer_price", "what advertisers pay", _OFFER),
    _money("payout", "affiliate_price", "what affiliates are paid", _AFFILIATE),
    _money("contested_revenue", "offer_price", "revenue in dispute", _OFFER, _yes("contest_qualification")),
    _money("leakage", "affiliate_price", "paid and not billed", _AFFILIATE, _no("offer_qualified")),
    _money("windfall", "offer_price", "billed and not paid", _OFFER, _no("affiliate_qualified")),
    _money("reported_margin", "margin", "the vendor's own margin, for reconciliation"),
    Measure("talk_time", "s", "time that two parties were connected", value="talk_seconds", source=_PAGE),
    Measure(
        "talk_time",
        "s",
        "time that two parties were connected",
        value="talk_minutes",
        factor=60,
        source=_BIDS,
    ),
    Measure("total_time", "s", "length of the whole calls", value="total_seconds", source=_PAGE),
    Measure("total_time", "s", "length of the whole calls", value="total_minutes", factor=60, source=_PAGE),
    Measure("caller_count", "callers", "different callers", value="caller_id", distinct=True, source=_PAGE),
    Measure("caller_count", "callers", "different callers", value="ani", distinct=True, source=_BIDS),
    _calls(
        "attributed_count",
        "calls with a click id or a keyword",
        RowCondition(_KEYWORDS, test=None),
        source=_BIDS,
    ),
    *(
        _calls(
            f"rank_{rank}_count",
            f"calls matched to a visit with confidence {rank} (1 is the surest)",
            RowCondition(("rank",), (rank,)),
            source=_BIDS,
        )
        for rank in range(1, 6)
    ),
)

MEASURES: dict[str, tuple[Measure, ...]] = {
    name: tuple(measure for measure in _DEFINITIONS if measure.name == name)
    for name in dict.fromkeys(measure.name for measure in _DEFINITIONS)
}
"""Name -> definitions; of several, the first whose columns a frame has is used."""

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "margin",
            "currency",
            "revenue - payout",
            "what is left of revenue",
            "Ringba Profit, Invoca Margin, Retreaver net profit (its gross also subtracts telephony)",
            "Ringba, Invoca, Retreaver",
        ),
        Metric(
            "margin_rate", "ratio", "margin / revenue", "share of revenue kept", "Ringba Margin", "Ringba"
        ),
        Metric(
            "connect_rate", "ratio", "connected_count / call_count", "share of calls that reached a buyer"
        ),
        Metric(
            "offer_qualification_rate",
            "ratio",
            "offer_qualified_count / connected_count",
            "share of connected calls that the advertiser pays for",
            "billable rate",
        ),
        Metric(
            "affiliate_qualification_rate",
            "ratio",
            "affiliate_qualified_count / connected_count",
            "share of connected calls that the affiliate is paid for",
        ),
        Metric(
            "offer_conversion_rate",
            "ratio",
            "offer_qualified_count / call_count",
            "share of all calls that the advertiser pays for",
            "Ringba Conversion, Marketcall CR (Invoca and Phonexa use other numerators)",
            "Ringba, Marketcall",
        ),
        Metric(
            "affiliate_conversion_rate",
            "ratio",
            "affiliate_qualified_count / call_count",
            "share of all calls that the affiliate is paid for",
        ),
        Metric("revenue_per_call", "currency", "revenue / call_count", "", "RPC"),
        Metric("revenue_per_connected", "currency", "revenue / connected_count", "", "RPC"),
        Metric("revenue_per_qualified", "currency", "revenue / offer_qualified_count", "", "RPC"),
        Metric(
            "payout_per_call",
            "currency",
            "payout / call_count",
            "",
            "publisher EPC at Phonexa (Invoca's EPC is per 100 calls)",
            "Phonexa",
        ),
        Metric("margin_per_call", "currency", "margin / call_count"),
        Metric("average_talk_time", "s", "talk_time / connected_count", "talk per connected call", "ACL"),
        Metric(
            "contest_rate", "ratio", "contested_count / offer_qualified_count", "disputes per billed call"
        ),
        Metric("repeat_rate", "ratio", "repeat_count / call_count", "share of calls that are repeats"),
        Metric(
            "effective_revenue",
            "currency",
            "revenue - contested_revenue",
            "worst case: every dispute is lost",
        ),
    )
}
