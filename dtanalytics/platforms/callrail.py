"""CallRail: calls of the API, version 3, and exports of its call log."""

from __future__ import annotations

from dtanalytics.platforms.mapping import Platform, Source

CALLRAIL = Platform(
    name="callrail",
    lists=("calls",),
    nothing=("--",),
    sources=(
        Source("sid", ("id", "Call ID")),
        Source("call_date", ("start_time",)),
        Source("set_name", ("company_name", "Company")),
        Source("phone_label", ("source_name", "Number Name", "Tracker")),
        Source("affiliate_number", ("tracking_phone_number", "Tracking Number")),
        Source("transfer_number", ("business_phone_number", "Destination Number")),
        Source("caller_id", ("customer_phone_number", "Phone Number")),
        Source(
            "_status", ("call_type", "Call Status"), "name",
            words={"answered": "Connected", "answered call": "Connected"},
        ),
        Source("offer_price", ("value",)),
        Source(
            "offer_qualified", (), about="only where names={'lead_status': 'offer_qualified'} asks for it",
            words={"good_lead": "true", "not_a_lead": "false", "previously_marked_good_lead": "false"},
        ),
        Source("talk_seconds", ("duration", "Duration (seconds)"), about="about the total"),
        Source("total_seconds", ("duration", "Duration (seconds)")),
        Source(
            "repeat_affiliate_caller", ("first_call", "First-Time Caller"), inverted=True,
            about="not the caller's first call to the company",
        ),
        Source("entered_zip", ("zip_code",), about="of the caller's number, not typed"),
        Source("lf_state", ("customer_state", "State"), about="from the number, not the place"),
        Source("recording_link", ("recording", "recording_player")),
        Source("vt_keyword", ("keywords",)),
        Source("ppc_campaign", ("campaign", "utm_campaign")),
        Source("landing_page", ("landing_page_url", "Landing Page")),
        Source("_gclid", ("gclid",)),
        Source("_gbraid", ("gbraid",)),
        Source("_wbraid", ("wbraid",)),
        Source("_msclkid", ("msclkid",)),
    ),
    others=(
        "answered", "source", "medium", "utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign",
        "fbclid", "milestones", "lead_status", "customer_name", "customer_city", "customer_country",
        "direction", "voicemail", "tags", "note", "company_id", "tracker_id", "referring_url",
        "last_requested_url", "referrer_domain", "device_type", "agent_email", "created_at",
        "formatted_duration", "formatted_value", "prior_calls", "total_calls", "recording_duration",
    ),
    differs={
        "repeat_affiliate_caller": "any call but the caller's first to the company",
        "lf_state": "the state of the caller's number",
        "offer_price": "the value that the user gave the call",
    },
)  # fmt: skip
