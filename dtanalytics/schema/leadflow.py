"""Every field of LeadFlow History, in column order. To add a field, add a line."""

from __future__ import annotations

from dtanalytics.schema.report import EXTRA, Field, Report, sent

LEADFLOW = Report(
    name="leadflow",
    title="LeadFlow History",
    time="call_date",
    ambiguous="call_date_ambiguous",
    fields=(
        sent("call_date", "time", "when the call reached the system", "Eastern"),
        sent("set_name", "name", "LeadFlow set that handled the call"),
        sent("affiliate", "name", "affiliate who generated the call"),
        sent("phone_label", "name", "label of the number that was dialled"),
        sent("affiliate_number", "text", "inbound number that was dialled"),
        sent("advertiser", "name", "advertiser who received the call; null: it went to nobody"),
        sent("offer", "name", "offer that took the call; null: none did"),
        sent("transfer_number", "text", "phone number or IVR of the advertiser that received it"),
        sent("caller_id", "text", "number of the caller", personal="direct"),
        sent("lead_status", "name", "Connected, Affiliate Cap, No Buyer, Hang Up, or a newer word"),
        sent("entered_zip", "text", "ZIP code that the caller typed when asked", personal="quasi"),
        sent("lf_state", "name", "state of the caller, as used to match offers"),
        sent("first_name", "text", "caller's first name by reverse look-up", personal="direct"),
        sent("last_name", "text", "caller's last name by reverse look-up", personal="direct"),
        sent("street_address", "text", "caller's street by reverse look-up", personal="direct"),
        sent("city", "text", "caller's city by reverse look-up", personal="quasi"),
        sent("state", "name", "caller's state by reverse look-up", personal="quasi"),
        sent("zipcode", "text", "caller's ZIP code by reverse look-up", personal="quasi"),
        sent("reroute", "flag", "a repeat caller within the offer's reroute time"),
        sent("repeat_affiliate_caller", "flag", "a repeat within the affiliate's unique-caller time"),
        sent("affiliate_cap", "flag", "the affiliate had reached a capacity limit"),
        sent("offer_qualified", "flag", "converted under the offer's rule: the advertiser pays"),
        sent("offer_price", "money", "what the advertiser pays if the call qualified", "currency"),
        sent("affiliate_qualified", "flag", "converted under the affiliate's rule: it is paid"),
        sent("affiliate_price", "money", "what the affiliate gets if the call qualified", "currency"),
        sent("margin", "money", "offer price less affiliate price, as the vendor worked it out", "currency"),
        sent("talk_minutes", "minutes", "two parties connected, in tenths of a minute", "min"),
        sent("talk_seconds", "int32", "two parties connected", "s"),
        sent("total_minutes", "minutes", "the whole call", "min"),
        sent("total_seconds", "int32", "the whole call", "s"),
        sent("call_duration", "int32", "the whole call, rounded up to a minute", "min"),
        sent(
            "recording_link",
            "text",
            "link to the audio of the call; never followed unasked",
            personal="direct",
        ),
        sent("contest_qualification", "flag", "the advertiser disputes having to pay for the lead"),
        sent("sid", "text", "the call's identifier: the key"),
        Field("call_day", "day", "Eastern day of call_date", "Eastern"),
        Field("call_hour", "int8", "Eastern hour of call_date, 0 to 23", "h"),
        Field("call_date_ambiguous", "flag", "the wall clock sent occurs twice that night, or never"),
        EXTRA,
    ),
)

LEAD_STATUSES = ("Connected", "Affiliate Cap", "No Buyer", "Hang Up")
"""The words of ``lead_status`` that the vendor's page lists; any other passes through."""
