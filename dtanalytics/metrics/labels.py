"""Plain English for the names of columns and metrics, as headings, axes and notes show them."""

from __future__ import annotations

_LABELS = {
    # counts
    "call_count": "calls",
    "connected_count": "connected calls",
    "affiliate_cap_count": "calls beyond an affiliate's cap",
    "no_buyer_count": "calls without a buyer",
    "hang_up_count": "callers who hung up",
    "other_status_count": "calls of another status",
    "offer_qualified_count": "billed calls",
    "affiliate_qualified_count": "paid calls",
    "both_qualified_count": "calls billed and paid",
    "paid_not_billed_count": "calls paid, not billed",
    "billed_not_paid_count": "calls billed, not paid",
    "contested_count": "contested calls",
    "repeat_count": "repeat calls",
    "reroute_count": "rerouted calls",
    "caller_count": "callers",
    "attributed_count": "attributed calls",
    "active_caller_count": "callers who called again",
    **{f"rank_{rank}_count": f"calls of rank {rank}" for rank in range(1, 6)},
    # money and rates
    "offer_qualification_rate": "billed share of connected calls",
    "affiliate_qualification_rate": "paid share of connected calls",
    "offer_conversion_rate": "billed share of calls",
    "affiliate_conversion_rate": "paid share of calls",
    "connect_rate": "connected share of calls",
    "contest_rate": "contested share of billed calls",
    "repeat_rate": "repeat share of calls",
    "revenue_per_connected": "revenue per connected call",
    "revenue_per_qualified": "revenue per billed call",
    "expected_margin_lost": "expected margin lost",
    "active_share": "callers who call again",
    # columns
    "lf_state": "state",
    "lead_status": "status",
    "set_name": "set",
    "set_id": "set",
    "sid": "call",
    "ani": "caller",
    "caller_id": "caller",
    "call_day": "day",
    "call_hour": "hour",
    "call_date": "time of the call",
    "bite_hour": "hour from which the cap turns calls away",
    "phone_label": "phone label",
    "ad_group": "ad group",
    "adwords_account_id": "ad account",
    "adwords_campaign_id": "campaign",
    "adwords_adgroup_id": "ad group",
    "adwords_keyword_id": "keyword",
    "vt_keyword": "keyword",
    "vt_device": "device",
    "vt_campaign": "campaign",
    "acct_id": "account",
    "dnis": "dialled number",
}


def label_of(name: object) -> str:
    """Call a column or metric by its plain English name.

    Parameters
    ----------
    name : object
        A column of calls, or of a table of this package.

    Returns
    -------
    str
        The name's words where nothing better is known.

    Examples
    --------
    >>> label_of("call_count"), label_of("lf_state"), label_of("margin_per_call"), label_of("margin_change")
    ('calls', 'state', 'margin per call', 'change of margin')
    """
    text = str(name)
    if text in _LABELS:
        return _LABELS[text]
    if text.endswith("_change"):
        return f"change of {label_of(text.removesuffix('_change'))}"
    return " ".join(text.split("_")).strip() or text


def heading_of(name: object) -> str:
    """Return the label with a capital first letter.

    Examples
    --------
    >>> heading_of("margin_rate")
    'Margin rate'
    """
    label = label_of(name)
    return label[:1].upper() + label[1:]
