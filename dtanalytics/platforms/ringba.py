"""Ringba: call logs of the API, and exports of the call log."""

from __future__ import annotations

from dtanalytics.platforms.mapping import Platform, Source

_CAPS = {
    "no buyer": "No Buyer", "nobuyer": "No Buyer", "no buyers": "No Buyer", "no targets": "No Buyer",
    "no target": "No Buyer", "notarget": "No Buyer", "notargets": "No Buyer",
    "no eligible target": "No Buyer", "no eligible targets": "No Buyer", "no available target": "No Buyer",
    "no available targets": "No Buyer", "no eligible buyers": "No Buyer", "affiliate cap": "Affiliate Cap",
    "affiliate cap reached": "Affiliate Cap", "publisher cap": "Affiliate Cap",
    "publisher cap reached": "Affiliate Cap",
}  # fmt: skip

RINGBA = Platform(
    name="ringba",
    lists=("report.records", "result.callLog.data", "records"),
    sources=(
        Source("sid", ("inboundCallId", "Inbound Call ID")),
        Source("call_date", ("callDt", "Call Date", "Call Date Time")),
        Source("set_name", ("campaignName", "Campaign")),
        Source("affiliate", ("publisherName", "Publisher")),
        Source("affiliate_number", ("number", "Dialed #", "Dialed Number")),
        Source("advertiser", ("buyer", "buyerName")),
        Source("offer", ("targetName", "Target")),
        Source("transfer_number", ("targetNumber", "Target Number")),
        Source("caller_id", ("inboundPhoneNumber", "Caller ID")),
        Source("_connected", ("hasConnected", "Connected", "Is Connected"), "flag"),
        Source(
            "_status",
            ("incompleteCallReason", "blockReason", "noConversionReason", "noPayoutReason"),
            "name",
            words=_CAPS,
        ),
        Source("offer_price", ("conversionAmount", "Revenue")),
        Source("affiliate_price", ("payoutAmount", "Payout")),
        Source("offer_qualified", ("hasConverted", "Converted", "Is Converted")),
        Source("affiliate_qualified", ("hasPayout", "Paid Out", "Is Paid Out")),
        Source("talk_seconds", ("connectedCallLengthInSeconds", "Connected Call Length")),
        Source("total_seconds", ("callLengthInSeconds", "Call Length", "Duration")),
        Source(
            "repeat_affiliate_caller",
            ("hasPreviouslyConnected", "Previously Connected"),
            about="the caller was connected before, in this campaign",
        ),
        Source("entered_zip", ("tag:Geo:ZipCode", "tag:User:zip", "tag:User:zipcode")),
        Source("lf_state", ("tag:InboundNumber:State",), about="from the caller's number, not the place"),
        Source("recording_link", ("recordingUrl", "Recording URL", "Recording")),
        Source("vt_keyword", ("tag:User:utm_term", "tag:User:keyword", "tag:Google:Keyword")),
        Source("landing_page", ("tag:User:landing_page", "tag:User:url")),
        Source("_gclid", ("tag:User:gclid",)),
        Source("_gbraid", ("tag:User:gbraid",)),
        Source("_wbraid", ("tag:User:wbraid",)),
        Source("_msclkid", ("tag:User:msclkid",)),
    ),
    others=(
        "profitNet", "profitGross", "Profit", "totalCost", "Total Cost", "telcoCost", "Telco Cost",
        "isDuplicate", "Is Duplicate", "Duplicate", "isIncomplete", "wasBlocked", "Hangup", "End Call Source",
        "endCallSource", "No Payout Reason", "No Conversion Reason", "noPayoutReason", "noConversionReason",
        "incompleteCallReason", "blockReason", "wasConversionAdjusted", "wasPayoutAdjusted", "campaignId",
        "publisherId", "buyerId", "targetId", "numberId", "conversionAmount", "isLive", "hasRecording",
    ),
    differs={
        "repeat_affiliate_caller": "the caller was connected before",
        "lf_state": "the state of the caller's number",
        "offer_price": "what was paid, 0 where the call did not convert",
        "affiliate_price": "what was paid, 0 where there was no payout",
    },
)  # fmt: skip
