"""Calls for the tests of exports: one good call of each platform, and frames of them."""

from __future__ import annotations

import pandas as pd

EASTERN = "America/New_York"
NOW = pd.Timestamp("2026-10-20 12:00", tz=EASTERN)
MSCLKID = "f894f652ea334e739002f7167ab8f8e3"

GOOD = {
    "sid": "1710010011223344",
    "call_date": "2026-10-15 14:00:00",
    "affiliate": "Acme",
    "offer_qualified": True,
    "offer_price": 40.0,
    "affiliate_qualified": True,
    "affiliate_price": 27.5,
    "margin": 12.5,
    "contest_qualification": False,
    "caller_id": "(800) 555-0102",
    "first_name": "=HYPERLINK(1)",
    "call_date_ambiguous": False,
    "date_added": "2026-10-15 14:00:00",
    "ani": "8005550102",
    "click_id": "Cj0KCQjw-x_AbC",
    "click_id_type": "gclid",
    "click_id_field": "last_touch",
    "last_touch_timestamp": "2026-10-15 13:50:00",
    "displayed_timestamp": "2026-10-15 13:50:01",
}
_DTYPES = {
    "affiliate": "category",
    "offer_qualified": "boolean",
    "affiliate_qualified": "boolean",
    "contest_qualification": "boolean",
    "call_date_ambiguous": "boolean",
    "offer_price": "float64",
    "affiliate_price": "float64",
    "margin": "float64",
    "click_id_type": "category",
    "click_id_field": "category",
}
_TIMES = ("call_date", "date_added", "last_touch_timestamp", "displayed_timestamp")


def joined(*calls: dict, platform: str = "google") -> pd.DataFrame:
    """Joined calls with the dtypes of a load: the good call, changed as each mapping says."""
    native = {"click_id": MSCLKID, "click_id_type": "msclkid"} if platform == "microsoft" else {}
    rows = [{**GOOD, **native, **call} for call in calls]
    frame = pd.DataFrame(rows, columns=list(GOOD)).astype(_DTYPES)
    for name in _TIMES:
        stamps = [pd.Timestamp(value) for value in frame[name]]
        stamps = [
            stamp if stamp is pd.NaT or stamp.tzinfo else stamp.tz_localize(EASTERN, ambiguous=True)
            for stamp in stamps
        ]
        instants = [stamp if stamp is pd.NaT else stamp.tz_convert("UTC") for stamp in stamps]
        frame[name] = pd.Series(instants, dtype="datetime64[us, UTC]").dt.tz_convert(EASTERN)
    text = [name for name in GOOD if name not in _DTYPES and name not in _TIMES]
    return frame.astype(dict.fromkeys(text, "str"))


def bids(*calls: dict) -> pd.DataFrame:
    """The same calls as Bid Management alone knows them."""
    columns = [*GOOD][list(GOOD).index("date_added") :]
    return joined(*calls)[["sid", *columns]]
