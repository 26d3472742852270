"""Read upload files as the ad platforms do, and name every rule that a row breaks.

Written from the platforms' public rules with the standard library alone; nothing here knows how
the files are made.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
GOOGLE_REQUIRED = [
    "Google Click ID",
    "Conversion Name",
    "Conversion Time",
    "Conversion Value",
    "Conversion Currency",
]
GOOGLE_OPTIONAL = {"Order ID", "GBRAID", "WBRAID", "Ad User Data", "Ad Personalization", "Attributed Credit"}
LEADS = [
    "Email",
    "Phone Number",
    "Conversion Name",
    "Conversion Time",
    "Conversion Value",
    "Conversion Currency",
    "Ad User Data",
    "Ad Personalization",
]
ADJUSTMENTS = [
    "Order ID",
    "Conversion Name",
    "Adjustment Time",
    "Adjustment Type",
    "Adjusted Value",
    "Adjusted Value Currency",
]
MICROSOFT = [
    "Microsoft Click ID",
    "Conversion Name",
    "Conversion Time",
    "Conversion Value",
    "Conversion Currency",
]
BULK = (
    "Type,Status,Id,Parent Id,Client Id,Name,Conversion Currency Code,Conversion Name,"
    "Conversion Time,Conversion Value,Microsoft Click Id"
)
SA360 = [
    "Row type",
    "Action",
    "Status",
    "Click ID",
    "Advertiser Conversion ID",
    "Conversion revenue",
    "Conversion timestamp",
    "Floodlight activity ID",
]


@dataclass(frozen=True)
class Row:
    """One conversion as a platform understands it: identifiers, instant, value."""

    click_id: str
    kind: str
    name: str
    time: datetime
    value: Decimal | None
    currency: str
    order_id: str = ""
    phone: str = ""


class InvalidFileError(AssertionError):
    """The file breaks a rule; the message begins with its name."""


def require(holds: bool, rule: str, what: object = "") -> None:
    if not holds:
        raise InvalidFileError(f"{rule} {what}")


def _table(text: str) -> list[list[str]]:
    require("\r" not in text.replace("\r\n", ""), "BARE_CARRIAGE_RETURN")
    require(text.endswith("\n"), "TRUNCATED")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _records(lines: list[list[str]]) -> list[dict[str, str]]:
    header, *rows = lines
    require(all(len(row) == len(header) for row in rows), "RAGGED")
    for row in rows:
        require(not any(re.match(r"[=+@\t\r]", cell) for cell in row), "FORMULA", row)
    return [dict(zip(header, row, strict=True)) for row in rows]


def eastern(text: str) -> datetime:
    """``yyyy-MM-dd HH:mm:ss`` in the file's zone, its own offset first when it has one."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4}", text):
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S%z").astimezone(UTC)
    require(bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)), "UNPARSEABLE_TIME", text)
    wall = datetime.fromisoformat(text).replace(tzinfo=EASTERN)
    instant = wall.astimezone(UTC)
    require(
        instant.astimezone(EASTERN).replace(tzinfo=None) == wall.replace(tzinfo=None), "NO_SUCH_TIME", text
    )
    return instant


def _money(text: str, currency: str) -> Decimal | None:
    if text == "":
        require(currency == "", "CURRENCY_WITHOUT_VALUE")
        return None
    require(bool(re.fullmatch(r"\d+\.\d{2,4}", text)), "INVALID_VALUE", text)
    require(bool(re.fullmatch(r"[A-Z]{3}", currency)), "INVALID_CURRENCY", currency)
    return Decimal(text)


def _order(order: str) -> str:
    require(order != "", "MISSING_ORDER_ID")
    digits = re.sub(r"\D", "", order)
    looks_dialled = order.startswith("+") or bool(re.fullmatch(r"\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}", order))
    require("@" not in order and not looks_dialled, "ORDER_ID_CONTAINS_PII", digits)
    return order


def _consent(record: dict[str, str]) -> None:
    for column in ("Ad User Data", "Ad Personalization"):
        require(record.get(column, "") in {"", "GRANTED", "DENIED"}, "INVALID_CONSENT", record.get(column))


def _unique(rows: list[Row]) -> list[Row]:
    clicks = [(row.click_id or row.phone, row.time, row.name) for row in rows]
    require(len(clicks) == len(set(clicks)), "CLICK_CONVERSION_ALREADY_EXISTS")
    orders = [row.order_id for row in rows if row.order_id]
    require(len(orders) == len(set(orders)), "ORDER_ID_ALREADY_IN_USE")
    return rows


def google_clicks(text: str) -> list[Row]:
    first, header, *rest = _table(text)
    require(first == ["Parameters:TimeZone=America/New_York"], "PARAMETERS", first)
    require(header[:5] == GOOGLE_REQUIRED and set(header[5:]) <= GOOGLE_OPTIONAL, "COLUMNS", header)
    rows = []
    for record in _records([header, *rest]):
        columns = {"Google Click ID": "gclid", "GBRAID": "gbraid", "WBRAID": "wbraid"}
        given = [(kind, record[name]) for name, kind in columns.items() if record.get(name)]
        require(len(given) == 1, "ONE_CLICK_ID_A_ROW", given)
        kind, click_id = given[0]
        require(bool(re.fullmatch(r"[A-Za-z0-9_-]+", click_id)), f"UNPARSEABLE_{kind.upper()}", click_id)
        _consent(record)
        rows.append(
            Row(
                click_id,
                kind,
                record["Conversion Name"],
                eastern(record["Conversion Time"]),
                _money(record["Conversion Value"], record["Conversion Currency"]),
                record["Conversion Currency"],
                _order(record["Order ID"]),
            )
        )
    return _unique(rows)


def google_leads(text: str) -> list[Row]:
    first, header, *rest = _table(text)
    require(first == ["Parameters:TimeZone=America/New_York"] and header == LEADS, "COLUMNS", header)
    rows = []
    for record in _records([header, *rest]):
        require(bool(re.fullmatch(r"[0-9a-f]{64}", record["Phone Number"])), "INVALID_USER_IDENTIFIER")
        _consent(record)
        value = _money(record["Conversion Value"], record["Conversion Currency"])
        name, when = record["Conversion Name"], eastern(record["Conversion Time"])
        rows.append(
            Row("", "", name, when, value, record["Conversion Currency"], phone=record["Phone Number"])
        )
    return _unique(rows)


def google_adjustments(text: str) -> list[tuple[str, datetime, str, Decimal | None]]:
    first, header, *rest = _table(text)
    require(first == ["Parameters:TimeZone=America/New_York"] and header == ADJUSTMENTS, "COLUMNS", header)
    rows = []
    for record in _records([header, *rest]):
        kind = record["Adjustment Type"]
        require(kind in {"RETRACT", "RESTATE"}, "ADJUSTMENT_TYPE", kind)
        value = _money(record["Adjusted Value"], record["Adjusted Value Currency"])
        require((value is None) == (kind == "RETRACT"), "ADJUSTED_VALUE", record)
        rows.append((_order(record["Order ID"]), eastern(record["Adjustment Time"]), kind, value))
    require(len({row[0] for row in rows}) == len(rows), "DUPLICATE_ADJUSTMENT_IN_REQUEST")
    return rows


def microsoft_clicks(text: str) -> list[Row]:
    first, header, *rest = _table(text)
    require(first == ["Parameters:TimeZone=+0000"], "PARAMETERS", first)
    require(header[:5] == MICROSOFT, "COLUMNS", header)
    require(header[5:] in ([], ["Hashed Email Address", "Hashed Phone Number"]), "COLUMNS", header)
    rows = []
    for record in _records([header, *rest]):
        require(bool(re.fullmatch(r"[0-9A-Fa-f]{32}", record["Microsoft Click ID"])), "UNPARSEABLE_MSCLKID")
        require(bool(re.fullmatch(r"([0-9a-f]{64})?", record.get("Hashed Phone Number", ""))), "HASH")
        text_time = record["Conversion Time"]
        require(
            bool(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text_time)), "UNPARSEABLE_TIME", text_time
        )
        when = datetime.fromisoformat(text_time).replace(tzinfo=UTC)
        value = _money(record["Conversion Value"], record["Conversion Currency"])
        rows.append(
            Row(
                record["Microsoft Click ID"],
                "msclkid",
                record["Conversion Name"],
                when,
                value,
                record["Conversion Currency"],
            )
        )
    return _unique(rows)


def microsoft_bulk(text: str) -> list[Row]:
    header, version, *rest = text.splitlines()
    require(header == BULK and version == "Format Version,,,,,6.0,,,,,", "COLUMNS", header)
    rows = []
    for record in _records(_table("\n".join([header, *rest]) + "\n")):
        require(record["Type"] == "Offline Conversion", "TYPE", record["Type"])
        require(not any(record[name] for name in ("Status", "Id", "Parent Id", "Name")), "COLUMNS", record)
        require(bool(re.fullmatch(r"[0-9A-Fa-f]{32}", record["Microsoft Click Id"])), "UNPARSEABLE_MSCLKID")
        pattern = r"([1-9]|1[0-2])/([1-9]|[12]\d|3[01])/\d{4} ([1-9]|1[0-2]):[0-5]\d:[0-5]\d [AP]M"
        require(bool(re.fullmatch(pattern, record["Conversion Time"])), "UNPARSEABLE_TIME", record)
        when = datetime.strptime(record["Conversion Time"], "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
        currency = record["Conversion Currency Code"]
        value = _money(record["Conversion Value"], currency)
        order = _order(record["Client Id"])
        name, click_id = record["Conversion Name"], record["Microsoft Click Id"]
        rows.append(Row(click_id, "msclkid", name, when, value, currency, order))
    return _unique(rows)


def sa360(text: str) -> list[Row]:
    header, *rest = _table(text)
    require(header in (SA360, [*SA360, "Floodlight activity name"]), "COLUMNS", header)
    rows = []
    for record in _records([header, *rest]):
        fixed = (record["Row type"], record["Action"], record["Status"])
        require(fixed == ("Conversion", "Add", "Active"), "ACTION", fixed)
        require(bool(re.fullmatch(r"[A-Za-z0-9_-]+", record["Click ID"])), "UNPARSEABLE_GCLID")
        name = record["Floodlight activity ID"] or record.get("Floodlight activity name", "")
        require(name != "", "MISSING_ACTIVITY")
        when = datetime.strptime(record["Conversion timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        value = _money(record["Conversion revenue"], "USD" if record["Conversion revenue"] else "")
        order = _order(record["Advertiser Conversion ID"])
        rows.append(Row(record["Click ID"], "gclid", name, when, value, "", order))
    return _unique(rows)


def ages(row: Row, click: datetime | None, now: datetime, oldest_days: int, youngest_hours: int) -> None:
    """Judge one conversion against the moment of the upload and, when it is known, of its click."""
    require(row.time <= now, "LATER_THAN_MAXIMUM_DATE", row)
    require(click is None or row.time >= click, "CONVERSION_PRECEDES_EVENT", row)
    event = click or row.time
    require(now - event <= timedelta(days=oldest_days), "EXPIRED_EVENT", row)
    require(now - event >= timedelta(hours=youngest_hours), "TOO_RECENT_EVENT", row)
