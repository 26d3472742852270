"""Retreaver: calls of the API, version 2, and tables exported from it."""

from __future__ import annotations

from dtanalytics.platforms.mapping import Platform, Source

RETREAVER = Platform(
    name="retreaver",
    lists=("calls",),
    wrapper="call",
    sources=(
        Source("sid", ("uuid", "Call UUID")),
        Source("call_date", ("start_time", "created_at")),
        Source("set_name", ("campaign_name", "Campaign", "campaign_id")),
        Source("affiliate", ("affiliate_name", "Affiliate", "Publisher")),
        Source("affiliate_number", ("number", "number.number", "Tracking Number")),
        Source("advertiser", ("target_group.name", "target_group_name", "target_name", "Target")),
        Source("offer", ("target_name", "Target")),
        Source("transfer_number", ("dialed_number", "Dialed Number")),
        Source("caller_id", ("caller", "Caller")),
        Source("_connected", ("connected",), "flag"),
        Source("_given", ("forwarded_time",), "given"),
        Source("offer_price", ("revenue", "Revenue")),
        Source("affiliate_price", ("payout", "Payout")),
        Source("offer_qualified", ("receivable",)),
        Source("affiliate_qualified", ("payable",)),
        Source("talk_seconds", ("dialed_call_duration",)),
        Source("total_seconds", ("total_duration",)),
        Source(
            "repeat_affiliate_caller",
            ("affiliate_repeat",),
            about="the caller called through this affiliate before, at any time",
        ),
        Source("entered_zip", ("caller_zip",), about="of the caller's number or tags"),
        Source("lf_state", ("caller_state",), about="the state of the caller's number"),
        Source("recording_link", ("recording_url",)),
        Source("vt_keyword", ("tags.keyword", "tags.utm_term")),
        Source("landing_page", ("visitor_url",)),
        Source("_gclid", ("tags.gclid", "gclid")),
        Source("_gbraid", ("tags.gbraid", "gbraid")),
        Source("_wbraid", ("tags.wbraid", "wbraid")),
        Source("_msclkid", ("tags.msclkid", "msclkid")),
    ),
    others=(
        "sid", "cid", "afid", "tid", "charge_total", "total_cost", "profit_gross", "profit_net", "converted",
        "duplicate", "repeat", "target_repeat", "number_repeat", "ivr_duration", "hold_duration",
        "end_time", "updated_at", "created_at", "rescued", "hung_up_by", "forwarded_time", "connected",
        "tags", "target_group", "caller_city", "caller_country", "status", "visitor_url",
    ),
    differs={
        "repeat_affiliate_caller": "the caller called through this affiliate before, at any time",
        "lf_state": "the state of the caller's number",
        "offer_price": "what was earned, null or 0 where nothing was",
        "affiliate_price": "what was paid, null or 0 where nothing was",
    },
)  # fmt: skip
