"""Invoca: transactions of the API (JSON and CSV), and exports of its reports."""

from __future__ import annotations

from dtanalytics.platforms.mapping import Platform, Source

_POOL = "dynamic_number_pool_referrer_"

INVOCA = Platform(
    name="invoca",
    nothing=("{Null}", "{Empty}"),
    lists=("transactions",),
    connected_by_talk=True,
    corrected_by=("transaction_id", "corrects_transaction_id", "corrected_at"),
    row_kind="transaction_type",
    inferred={"offer_qualified": "offer_price", "affiliate_qualified": "affiliate_price"},
    sources=(
        Source("sid", ("complete_call_id", "Call Record ID")),
        Source("call_date", ("start_time_utc", "start_time_local", "Call Start Time", "start_time")),
        Source("set_name", ("advertiser_campaign_name", "Campaign", "Advertiser Campaign")),
        Source("affiliate", ("affiliate_name", "Affiliate", "Publisher")),
        Source("phone_label", ("promo_line_description", "Promo Number Description")),
        Source("affiliate_number", ("call_source_description", "Source", "Promo Number")),
        Source("advertiser", ("advertiser_name", "Advertiser")),
        Source("offer", ("advertiser_campaign_name", "Campaign", "Advertiser Campaign")),
        Source("transfer_number", ("destination_phone_number",)),
        Source("caller_id", ("calling_phone_number", "Caller ID")),
        Source("_status", ("hangup_cause", "Hangup Cause", "End Call Reason"), "name"),
        Source("offer_price", ("advertiser_payin_localized", "advertiser_payin", "Earned")),
        Source("affiliate_price", ("affiliate_payout_localized", "affiliate_payout", "Paid", "Earnings")),
        Source("talk_seconds", ("connect_duration", "Connected Duration (seconds)", "Connected Duration")),
        Source(
            "total_seconds",
            ("duration", "Duration (seconds)"),
            about="with the time in the IVR",
        ),
        Source(
            "repeat_affiliate_caller",
            ("repeat_calling_phone_number", "Repeat Caller (Invoca)", "Repeat Caller"),
            about="a repeat caller of the advertiser campaign, whoever brought the call",
        ),
        Source("entered_zip", ("verified_zip", "Verified Zip")),
        Source("lf_state", ("region", "Region (Invoca)"), about="the caller's region by look-up"),
        Source("recording_link", ("recording", "Recording URL")),
        Source("vt_keyword", (f"{_POOL}search_keywords", "Search Keywords")),
        Source("vt_matchtype", (f"{_POOL}keyword_match_type",)),
        Source("vt_creative", (f"{_POOL}ad_id",)),
        Source("adwords_campaign_id", (f"{_POOL}referrer_campaign_id",)),
        Source("adwords_adgroup_id", (f"{_POOL}ad_group_id",)),
        Source("adwords_keyword_id", (f"{_POOL}search_keywords_id",)),
        Source("ppc_campaign", (f"{_POOL}referrer_campaign",)),
        Source("ppc_ad_group", (f"{_POOL}ad_group",)),
        Source("landing_page", ("landing_page", "calling_page", "Landing Page")),
        Source("_gclid", ("gclid", "Google Click ID")),
        Source("_gbraid", ("gbraid",)),
        Source("_wbraid", ("wbraid",)),
        Source("_msclkid", ("msclkid", "Microsoft Click ID")),
    ),
    others=(
        "ivr_duration", "IVR Duration (seconds)", "margin_localized", "Margin", "call_fee_localized",
        "sale_amount", "revenue", "media_type", "mobile", "signal_name", "signal_occurred_at",
        "advertiser_call_result_description_detail", "affiliate_call_result_description_detail",
        "call_result_description_detail", "Call Result", "advertiser_id", "affiliate_id",
        "advertiser_campaign_id", "call_source_description", "utm_source", "utm_medium", "utm_campaign",
        "utm_term", "utm_content", f"{_POOL}ad", f"{_POOL}search_engine", f"{_POOL}search_type", "city",
        "original_order_id", "promo_line_id", "start_time_local", "transaction_type", "Transaction Type",
    ),
    differs={
        "repeat_affiliate_caller": "a repeat caller of the advertiser campaign",
        "lf_state": "the region of the caller by look-up",
        "offer_price": "what was paid, 0 where the call did not qualify",
        "affiliate_price": "what was paid, 0 where the call did not qualify",
    },
)  # fmt: skip
