"""Five calls as each platform would answer and export them, written by hand from the vendors' documents.

Nothing here knows the reader: each writer spells one call in the platform's own fields.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
from datetime import UTC, datetime

import dtanalytics as dta

EXPECTED = [
    {"sid": "1", "call_date": "2026-10-05 09:30:00-04:00", "set_name": "Roofing", "affiliate": "North", "caller_id": "2125550101",
     "advertiser": "Acme", "offer": "Roof A", "transfer_number": "8005550199", "lead_status": "Connected", "offer_price": 274.77,
     "affiliate_price": 120.5, "offer_qualified": True, "affiliate_qualified": True, "talk_seconds": 205, "total_seconds": 230,
     "repeat_affiliate_caller": False, "entered_zip": "02134", "lf_state": "MA", "vt_keyword": "roof repair", "click_id": "Cj0KC-a_1"},
    {"sid": "2", "call_date": "2026-10-05 23:59:59-04:00", "set_name": "Roofing", "affiliate": "South", "caller_id": "3055550102",
     "advertiser": "Acme", "offer": "Roof A", "transfer_number": "8005550199", "lead_status": "Connected", "offer_price": 0.0,
     "affiliate_price": 12.25, "offer_qualified": False, "affiliate_qualified": True, "talk_seconds": 61, "total_seconds": 70,
     "repeat_affiliate_caller": True, "entered_zip": "33101", "lf_state": "FL", "vt_keyword": None, "click_id": None},
    {"sid": "3", "call_date": "2026-11-01 01:30:00-05:00", "set_name": "Plumbing", "affiliate": "North", "caller_id": "4155550103",
     "advertiser": "Best", "offer": "Pipes", "transfer_number": "8005550188", "lead_status": "Connected", "offer_price": 1250.0,
     "affiliate_price": 0.0, "offer_qualified": True, "affiliate_qualified": False, "talk_seconds": 3723, "total_seconds": 3800,
     "repeat_affiliate_caller": False, "entered_zip": "94105", "lf_state": "CA", "vt_keyword": "plumber", "click_id": "Cj0KC-b_2"},
]  # fmt: skip


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def epoch_ms(text: str) -> int:
    return int(instant(text).timestamp() * 1000)


def e164(number: str) -> str:
    return f"+1{number}"


def invoca(call: dict) -> dict:
    return {
        "transaction_id": f"T-{call['sid']}", "complete_call_id": call["sid"], "transaction_type": "Call",
        "corrects_transaction_id": None, "corrected_at": None, "start_time_utc": epoch_ms(call["call_date"]),
        "start_time_local": call["call_date"][:19] + " " + call["call_date"][19:],
        "advertiser_campaign_name": call["set_name"], "affiliate_name": call["affiliate"], "advertiser_name": call["advertiser"],
        "destination_phone_number": f"{call['transfer_number'][:3]}-{call['transfer_number'][3:6]}-{call['transfer_number'][6:]}",
        "calling_phone_number": f"{call['caller_id'][:3]}-{call['caller_id'][3:6]}-{call['caller_id'][6:]}",
        "hangup_cause": "Caller: Hang-up", "advertiser_payin_localized": call["offer_price"], "affiliate_payout_localized": call["affiliate_price"],
        "duration": call["total_seconds"], "connect_duration": call["talk_seconds"], "ivr_duration": 10,
        "repeat_calling_phone_number": call["repeat_affiliate_caller"], "verified_zip": call["entered_zip"], "region": call["lf_state"],
        "dynamic_number_pool_referrer_search_keywords": call["vt_keyword"], "gclid": call["click_id"],
    }  # fmt: skip


def ringba(call: dict) -> dict:
    return {
        "inboundCallId": call["sid"], "callDt": epoch_ms(call["call_date"]), "campaignName": call["set_name"], "publisherName": call["affiliate"],
        "buyer": call["advertiser"], "targetName": call["offer"], "targetNumber": e164(call["transfer_number"]),
        "inboundPhoneNumber": e164(call["caller_id"]), "number": "+18005550100", "hasConnected": call["lead_status"] == "Connected",
        "conversionAmount": call["offer_price"], "payoutAmount": call["affiliate_price"], "hasConverted": call["offer_qualified"],
        "hasPayout": call["affiliate_qualified"], "connectedCallLengthInSeconds": call["talk_seconds"], "callLengthInSeconds": call["total_seconds"],
        "hasPreviouslyConnected": call["repeat_affiliate_caller"], "tag:Geo:ZipCode": call["entered_zip"], "tag:InboundNumber:State": call["lf_state"],
        "tag:User:utm_term": call["vt_keyword"], "tag:User:gclid": call["click_id"], "profitNet": 1.0, "telcoCost": 0.0125,
    }  # fmt: skip


def retreaver(call: dict) -> dict:
    start = instant(call["call_date"]).isoformat().replace("+00:00", "Z")
    return {"call": {
        "uuid": call["sid"], "sid": "publisher-7", "start_time": start, "forwarded_time": start, "campaign_name": call["set_name"],
        "affiliate_name": call["affiliate"], "target_name": call["offer"], "target_group": {"name": call["advertiser"]},
        "number": "+18005550100", "dialed_number": e164(call["transfer_number"]), "caller": e164(call["caller_id"]),
        "revenue": call["offer_price"], "payout": call["affiliate_price"], "receivable": call["offer_qualified"], "payable": call["affiliate_qualified"],
        "converted": True, "dialed_call_duration": call["talk_seconds"], "total_duration": call["total_seconds"],
        "affiliate_repeat": call["repeat_affiliate_caller"], "caller_zip": call["entered_zip"], "caller_state": call["lf_state"],
        "tags": {"keyword": call["vt_keyword"], "gclid": call["click_id"]}, "charge_total": "0.05",
    }}  # fmt: skip


def callrail(call: dict) -> dict:
    return {
        "id": call["sid"], "start_time": call["call_date"].replace(" ", "T"), "company_name": call["set_name"], "call_type": "answered",
        "answered": True, "business_phone_number": e164(call["transfer_number"]), "customer_phone_number": e164(call["caller_id"]),
        "tracking_phone_number": "+18005550100", "source_name": "Ads", "value": "--" if call["offer_price"] == 0 else round(call["offer_price"]),
        "duration": call["total_seconds"], "first_call": not call["repeat_affiliate_caller"], "zip_code": call["entered_zip"],
        "customer_state": call["lf_state"], "keywords": call["vt_keyword"], "gclid": call["click_id"], "lead_status": "good_lead",
        "milestones": {"first_touch": {"source": "Google Ads"}},
    }  # fmt: skip


def dialogtech(call: dict) -> dict:
    flags = {
        name: "Y" if call[name] else "N"
        for name in ("offer_qualified", "affiliate_qualified", "repeat_affiliate_caller")
    }
    return {"sid": call["sid"], "call_details": {
        "call_date": call["call_date"][:19] if "11-01" not in call["call_date"] else call["call_date"].replace(" ", "T"),
        "caller_id": call["caller_id"], "talk_seconds": str(call["talk_seconds"]), "total_seconds": str(call["total_seconds"]),
        "advanced_routing": {"leadflow": {
            "set_name": call["set_name"], "affiliate": call["affiliate"], "advertiser": call["advertiser"], "offer": call["offer"],
            "transfer_number": call["transfer_number"], "lead_status": call["lead_status"], "offer_price": f"{call['offer_price']:.2f}",
            "affiliate_price": f"{call['affiliate_price']:.2f}", "entered_zip": call["entered_zip"], "lf_state": call["lf_state"], **flags}},
        }, "attribution": {"vt_keyword": call["vt_keyword"] or "", "gclid": call["click_id"] or ""}}  # fmt: skip


RECORD = {
    "invoca": invoca,
    "ringba": ringba,
    "retreaver": retreaver,
    "callrail": callrail,
    "dialogtech": dialogtech,
}
ENVELOPE = {
    "invoca": lambda records: records,
    "ringba": lambda records: {"isSuccessful": True, "transactionId": "x", "report": {"partialResult": False, "records": records, "totalCount": len(records)}},
    "retreaver": lambda records: records,
    "callrail": lambda records: {"page": 1, "per_page": 100, "total_pages": 1, "total_records": len(records), "calls": records},
    "dialogtech": lambda records: {"response": records},
}  # fmt: skip


def answer(platform: str, calls: list[dict] = EXPECTED) -> str:
    return json.dumps(ENVELOPE[platform]([RECORD[platform](call) for call in calls]))


def expected(platform: str) -> list[dict]:
    """What each call is in LeadFlow's table: as it was, less what the platform does not say."""
    rows = [dict(call) for call in EXPECTED]
    for row in rows:
        row["offer"] = row["set_name"] if platform == "invoca" else row["offer"]
        if platform == "callrail":
            price = None if row["offer_price"] == 0 else float(round(row["offer_price"]))
            row |= {"affiliate": None, "advertiser": None, "offer": None, "offer_price": price, "affiliate_price": None,
                    "offer_qualified": None, "affiliate_qualified": None, "talk_seconds": row["total_seconds"]}  # fmt: skip
    return rows


LABELS = {
    "invoca": {
        "Transaction ID": lambda c: f"T-{c['sid']}", "Call Record ID": lambda c: c["sid"], "Call Start Time": lambda c: c["call_date"],
        "Advertiser Campaign": lambda c: c["set_name"], "Affiliate": lambda c: c["affiliate"], "Advertiser": lambda c: c["advertiser"],
        "Destination Phone Number": lambda c: c["transfer_number"], "Caller ID": lambda c: c["caller_id"], "Earned": lambda c: c["offer_price"],
        "Paid": lambda c: c["affiliate_price"], "Duration (seconds)": lambda c: c["total_seconds"],
        "Connected Duration (seconds)": lambda c: c["talk_seconds"], "Repeat Caller (Invoca)": lambda c: int(c["repeat_affiliate_caller"]),
        "Verified Zip": lambda c: c["entered_zip"], "Region (Invoca)": lambda c: c["lf_state"], "Google Click ID": lambda c: c["click_id"] or "{Null}",
        "Search Keywords": lambda c: c["vt_keyword"] or "{Empty}",
    },
    "ringba": {
        "Call Date": lambda c: c["call_date"], "Inbound Call ID": lambda c: c["sid"], "Campaign": lambda c: c["set_name"],
        "Publisher": lambda c: c["affiliate"], "Buyer": lambda c: c["advertiser"], "Target": lambda c: c["offer"],
        "Target Number": lambda c: e164(c["transfer_number"]), "Caller ID": lambda c: e164(c["caller_id"]),
        "Connected": lambda c: "Yes" if c["lead_status"] == "Connected" else "No", "Converted": lambda c: "Yes" if c["offer_qualified"] else "No",
        "Paid Out": lambda c: "True" if c["affiliate_qualified"] else "False", "Revenue": lambda c: f"${c['offer_price']:,.2f}",
        "Payout": lambda c: f"${c['affiliate_price']:,.2f}", "Connected Call Length": lambda c: clock(c["talk_seconds"]),
        "Call Length": lambda c: clock(c["total_seconds"]), "Previously Connected": lambda c: "Yes" if c["repeat_affiliate_caller"] else "No",
        "tag:Geo:ZipCode": lambda c: c["entered_zip"].lstrip("0"), "tag:InboundNumber:State": lambda c: c["lf_state"],
        "tag:User:utm_term": lambda c: c["vt_keyword"] or "", "tag:User:gclid": lambda c: c["click_id"] or "",
    },
}  # fmt: skip


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def export(
    platform: str, calls: list[dict] = EXPECTED, delimiter: str = ",", columns: list[str] | None = None
) -> str:
    """An export as delimited text: labels where the vendor has them, else its keys."""
    rows = [exported(platform, call) for call in calls]
    out = io.StringIO()
    writer = csv.DictWriter(
        out, columns or list(rows[0]), delimiter=delimiter, extrasaction="ignore", lineterminator="\r\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def exported(platform: str, call: dict) -> dict:
    if platform in LABELS:
        return {label: value(call) for label, value in LABELS[platform].items()}
    record = RECORD[platform](call)
    return {name: "" if value is None else value for name, value in flat(record.get("call", record)).items()}


def flat(record: dict, prefix: str = "") -> dict:
    made = {}
    for key, value in record.items():
        made |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return made


CHECKED = list(EXPECTED[0])


def read(path, platform=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dta.read_calls(path, platform, **options)


def saved(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows_of(calls):
    plain = calls.assign(call_date=calls["call_date"].map(str))[CHECKED].astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
