"""Every field of both reports, once: name, type, unit, personal or not, wire spelling, meaning.

Whatever depends on a field (decoding, empty frames, the data dictionary, masks, the emulator's
rows, the cache's fingerprint) is derived from here. To add a field, add a line.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from dtanalytics.errors import InputError, nearest
from dtanalytics.public import public

if TYPE_CHECKING:
    import pandas as pd

TIMEZONE = "America/New_York"
"""Time zone of both reports' times: Eastern wall clock."""
EASTERN = ZoneInfo(TIMEZONE)
"""The same zone, for times of the standard library."""

Kind = Literal["name", "text", "flag", "money", "minutes", "int8", "int32", "int64", "time", "day"]
Personal = Literal["no", "quasi", "direct"]
Version = Literal["v2", "v3"]

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "name": pa.string(),
    "text": pa.string(),
    "flag": pa.bool_(),
    "money": pa.decimal128(18, 4),
    "minutes": pa.decimal128(10, 2),
    "int8": pa.int8(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "time": pa.timestamp("us", tz=TIMEZONE),
    "day": pa.date32(),
}
PANDAS_TYPES: dict[Kind, str] = {
    "name": "category",
    "text": "str",
    "flag": "boolean",
    "money": "float64",
    "minutes": "float64",
    "int8": "Int8",
    "int32": "Int32",
    "int64": "Int64",
    "time": f"datetime64[us, {TIMEZONE}]",
    "day": "datetime64[us]",
}


@dataclass(frozen=True)
class Field:
    """One column of a report.

    Attributes
    ----------
    name : str
        Canonical name: the column in every table and frame.
    kind : Kind
        Logical type. ``name`` is a label with few values, ``text`` anything else that is text.
    unit : str
        Unit of the values, empty when there is none.
    personal : {"no", "quasi", "direct"}
        ``direct`` identifies a person alone, ``quasi`` together with other fields.
    meaning : str
        What a value says.
    v2, v3 : str or None
        The vendor's spelling in that version of the service; None where it is not sent.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    personal: Personal = "no"
    v2: str | None = None
    v3: str | None = None

    @property
    def derived(self) -> bool:
        """True when the column is made at load and never sent."""
        return self.v2 is None and self.v3 is None

    @property
    def arrow(self) -> pa.DataType:
        """Arrow type at rest."""
        return ARROW_TYPES[self.kind]

    @property
    def pandas(self) -> str:
        """Dtype in a frame."""
        return PANDAS_TYPES[self.kind]


@dataclass(frozen=True)
class Report:
    """One report of the vendor: its fields, the key of a record and the time that places it."""

    name: str
    title: str
    time: str
    ambiguous: str
    fields: tuple[Field, ...]
    dropped: frozenset[str] = frozenset()
    key: str = "sid"

    def __hash__(self) -> int:
        """Reports are told apart by name."""
        return hash(self.name)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Canonical name -> field, in column order."""
        return {field.name: field for field in self.fields}

    @property
    def columns(self) -> list[str]:
        """Canonical names in column order."""
        return list(self.by_name)

    def wire(self, version: Version = "v2") -> dict[str, Field]:
        """Spelling on the wire -> field, for one version of the service."""
        spelled = ((getattr(field, version), field) for field in self.fields)
        return {name: field for name, field in spelled if name is not None}

    def personal(self, *levels: Personal) -> list[str]:
        """Columns that identify people; all of them when no level is named."""
        wanted = levels or ("direct", "quasi")
        return [field.name for field in self.fields if field.personal in wanted]

    @cached_property
    def schema(self) -> pa.Schema:
        """Arrow schema at rest; unit, meaning and sensitivity in the metadata of each field."""
        return pa.schema(
            [
                pa.field(
                    field.name,
                    field.arrow,
                    metadata={
                        "unit": field.unit,
                        "personal": field.personal,
                        "meaning": field.meaning,
                    },
                )
                for field in self.fields
            ],
            metadata={"dtanalytics.report": self.name, "dtanalytics.schema": self.fingerprint},
        )

    @cached_property
    def fingerprint(self) -> str:
        """Changes when a column or a type changes, so that caches of two shapes never mix."""
        shape = ";".join(f"{field.name}:{field.arrow}" for field in self.fields)
        return hashlib.sha256(f"{self.name}|{self.key}|{self.time}|{shape}".encode()).hexdigest()[:12]

    def empty(self) -> pa.Table:
        """The table of no calls."""
        return self.schema.empty_table()


def _sent(
    name: str,
    kind: Kind,
    meaning: str,
    unit: str = "",
    personal: Personal = "no",
    v3: str | None = "",
) -> Field:
    """Declare a field that v2 sends under its own name, and v3 too unless said otherwise."""
    return Field(name, kind, meaning, unit, personal, v2=name, v3=name if v3 == "" else v3)


def _added(name: str, kind: Kind, meaning: str, unit: str = "", personal: Personal = "no") -> Field:
    """Declare a field that only v3 sends."""
    return Field(name, kind, meaning, unit, personal, v3=name)


_EXTRA = Field(
    "extra",
    "text",
    "what the schema does not know: unknown keys and values that do not parse, as JSON text",
    personal="direct",
)

LEADFLOW = Report(
    name="leadflow",
    title="LeadFlow History",
    time="call_date",
    ambiguous="call_date_ambiguous",
    fields=(
        _sent("call_date", "time", "when the call reached the system", "Eastern"),
        _sent("set_name", "name", "LeadFlow set that handled the call"),
        _sent("affiliate", "name", "affiliate who generated the call"),
        _sent("phone_label", "name", "label of the number that was dialled"),
        _sent("affiliate_number", "text", "inbound number that was dialled"),
        _sent("advertiser", "name", "advertiser who received the call; null: it went to nobody"),
        _sent("offer", "name", "offer that took the call; null: none did"),
        _sent("transfer_number", "text", "phone number or IVR of the advertiser that received it"),
        _sent("caller_id", "text", "number of the caller", personal="direct"),
        _sent("lead_status", "name", "Connected, Affiliate Cap, No Buyer, Hang Up, or a newer word"),
        _sent("entered_zip", "text", "ZIP code that the caller typed when asked", personal="quasi"),
        _sent("lf_state", "name", "state of the caller, as used to match offers"),
        _sent("first_name", "text", "caller's first name by reverse look-up", personal="direct"),
        _sent("last_name", "text", "caller's last name by reverse look-up", personal="direct"),
        _sent("street_address", "text", "caller's street by reverse look-up", personal="direct"),
        _sent("city", "text", "caller's city by reverse look-up", personal="quasi"),
        _sent("state", "name", "caller's state by reverse look-up", personal="quasi"),
        _sent("zipcode", "text", "caller's ZIP code by reverse look-up", personal="quasi"),
        _sent("reroute", "flag", "a repeat caller within the offer's reroute time"),
        _sent("repeat_affiliate_caller", "flag", "a repeat within the affiliate's unique-caller time"),
        _sent("affiliate_cap", "flag", "the affiliate had reached a capacity limit"),
        _sent("offer_qualified", "flag", "converted under the offer's rule: the advertiser pays"),
        _sent("offer_price", "money", "what the advertiser pays if the call qualified", "currency"),
        _sent("affiliate_qualified", "flag", "converted under the affiliate's rule: it is paid"),
        _sent("affiliate_price", "money", "what the affiliate gets if the call qualified", "currency"),
        _sent("margin", "money", "offer price less affiliate price, as the vendor worked it out", "currency"),
        _sent("talk_minutes", "minutes", "two parties connected, in tenths of a minute", "min"),
        _sent("talk_seconds", "int32", "two parties connected", "s"),
        _sent("total_minutes", "minutes", "the whole call", "min"),
        _sent("total_seconds", "int32", "the whole call", "s"),
        _sent("call_duration", "int32", "the whole call, rounded up to a minute", "min"),
        _sent(
            "recording_link",
            "text",
            "link to the audio of the call; never followed unasked",
            personal="direct",
        ),
        _sent("contest_qualification", "flag", "the advertiser disputes having to pay for the lead"),
        _sent("sid", "text", "the call's identifier: the key"),
        Field("call_day", "day", "Eastern day of call_date", "Eastern"),
        Field("call_hour", "int8", "Eastern hour of call_date, 0 to 23", "h"),
        Field("call_date_ambiguous", "flag", "the wall clock sent occurs twice that night, or never"),
        _EXTRA,
    ),
)

BIDS = Report(
    name="bids",
    title="Bid Management",
    time="date_added",
    ambiguous="date_added_ambiguous",
    dropped=frozenset({"call_logging_id", "phone_number"}),
    fields=(
        _sent("acct_id", "text", "DialogTech account"),
        _sent("smart_minutes", "minutes", "on the system, not connected to anybody, in tenths", "min"),
        _sent("date_added", "time", "when the call was made", "Eastern"),
        _sent("talk_minutes", "minutes", "connected to another party, in tenths", "min"),
        _sent("talk_start", "time", "when the second party was connected", "Eastern"),
        _sent("talk_end", "time", "when the second party was disconnected", "Eastern"),
        _sent("dnis", "text", "number that was dialled"),
        _sent("ani", "text", "number of the caller", personal="direct"),
        _sent("first_name", "text", "caller's first name by reverse look-up", personal="direct"),
        _sent("last_name", "text", "caller's last name by reverse look-up", personal="direct"),
        _sent("street_address", "text", "caller's street by reverse look-up", personal="direct"),
        _sent("city", "text", "caller's city by reverse look-up", personal="quasi"),
        _sent("state", "name", "caller's state by reverse look-up", personal="quasi"),
        _sent("zipcode", "text", "caller's ZIP code by reverse look-up", personal="quasi"),
        _sent("sid", "text", "the call's identifier: the key"),
        _sent("rank", "int8", "how sure the match to a web session is; 1 is the surest", "1 to 5"),
        _sent("search_term", "text", "what was searched for, literally", personal="quasi"),
        _sent("incoming_keyword", "text", "property of the visit that matched the SourceTrak activity"),
        _sent("activity_type_id", "int32", "kind of activity that triggered the number"),
        _sent("url_tag", "text", "tag that rotated the number, its wildcards filled in"),
        _sent("baseuri", "text", "page of the first touch", "URL", "quasi", v3="first_touch"),
        _sent("last_touch", "text", "page of the last touch", "URL", "quasi"),
        _sent("last_touch_timestamp", "time", "when the last touch took place", "Eastern"),
        _sent("referrer", "text", "domain that the visitor came from"),
        _sent("ip_address", "text", "address of the visitor", personal="direct"),
        _sent("displayed_timestamp", "time", "when the visitor was first shown a number", "Eastern"),
        _sent("super_id", "text", "identifier of the visitor", personal="quasi", v3=None),
        _sent("pool_id", "int64", "pool that the number came from"),
        _sent("domain_set_id", "int64", "domain set that the visit is tracked from"),
        _sent("activity_keyword", "text", "pattern of the tag that rotated the number, such as gclid=*"),
        _sent("phone_label", "name", "label of the number that was dialled"),
        _sent("vt_keyword", "text", "ValueTrack: keyword"),
        _sent("vt_matchtype", "name", "ValueTrack: e exact, p phrase, b broad"),
        _sent("vt_network", "name", "ValueTrack: g search, s partner, d display, x Performance Max"),
        _sent("vt_device", "name", "ValueTrack: m mobile, t tablet, c computer"),
        _sent("vt_devicemodel", "text", "ValueTrack: model of the device"),
        _sent("vt_creative", "text", "ValueTrack: ad"),
        _sent("vt_placement", "text", "ValueTrack: site of the placement"),
        _sent("vt_target", "text", "ValueTrack: category of the placement"),
        _sent("vt_param1", "text", "ValueTrack: first parameter of the keyword"),
        _sent("vt_param2", "text", "ValueTrack: second parameter of the keyword"),
        _sent("vt_random", "text", "ValueTrack: random number"),
        _sent("vt_aceid", "text", "ValueTrack: experiment"),
        _sent("vt_adposition", "text", "ValueTrack: position of the ad"),
        _sent("vt_adtype", "name", "ValueTrack: type of the ad"),
        _sent("vt_adwords_producttargetid", "text", "ValueTrack: product target"),
        _sent("recording", "text", "recording of the call; never followed unasked", personal="direct"),
        _sent("adwords_account_id", "text", "Google Ads account", v3="ppc_account_id"),
        _sent("adwords_campaign_id", "text", "Google Ads campaign", v3="ppc_campaign_id"),
        _sent("adwords_adgroup_id", "text", "Google Ads ad group", v3="ppc_adgroup_id"),
        _sent("adwords_keyword_id", "text", "Google Ads keyword", v3="ppc_keyword_id"),
        _sent("channel", "name", "SourceTrak or Call Extension"),
        _added("first_touch_title", "text", "title of the first page"),
        _added("first_touch_domain", "text", "domain of the first page"),
        _added("landing_page", "text", "page on which the visit began", "URL", "quasi"),
        _added("last_touch_title", "text", "title of the last page"),
        _added("last_touch_domain", "text", "domain of the last page"),
        _added("conversion_page", "text", "page from which the call was made", "URL", "quasi"),
        _added("ppc_status", "name", "state of the match to a paid click"),
        _added("ppc_match_type", "name", "match type of the paid keyword"),
        _added("ppc_campaign", "name", "campaign by name"),
        _added("ppc_ad_group", "name", "ad group by name"),
        _added("ppc_keywords", "text", "paid keyword"),
        _added("ppc_ad_id", "text", "ad"),
        _added("ppc_gclid", "text", "Google click id of the paid click", personal="quasi"),
        _added("os", "name", "operating system of the visitor"),
        _added("os_version", "text", "version of the operating system"),
        _added("browser", "name", "browser of the visitor"),
        _added("browser_version", "text", "version of the browser"),
        _added("location_id", "text", "location"),
        _added("call_duration", "int32", "length of the call, as sent (the vendor states no unit)"),
        _added("pid", "text", "identifier that v3 adds (the vendor does not explain it)"),
        Field("call_day", "day", "Eastern day of date_added", "Eastern"),
        Field("call_hour", "int8", "Eastern hour of date_added, 0 to 23", "h"),
        Field("date_added_ambiguous", "flag", "the wall clock sent occurs twice that night, or never"),
        Field("click_id", "text", "click identifier, byte for byte", personal="quasi"),
        Field("click_id_type", "name", "gclid, gbraid, wbraid or msclkid"),
        Field("click_id_field", "name", "field that the click identifier was read from"),
        _EXTRA,
    ),
)

REPORTS: dict[str, Report] = {report.name: report for report in (LEADFLOW, BIDS)}

ATTRIBUTION = (
    "rank", "vt_keyword", "vt_matchtype", "vt_creative", "adwords_account_id", "adwords_campaign_id",
    "adwords_adgroup_id", "adwords_keyword_id", "ppc_campaign", "ppc_ad_group", "landing_page", "click_id",
    "click_id_type", "click_id_field",
)  # fmt: skip
"""Columns of Bid Management that calls of other platforms have beside LeadFlow's."""

_PLATFORM = Field("platform", "name", "the platform whose call it is, such as invoca")


def _calls_of(name: str, title: str) -> Report:
    """LeadFlow's table, filled from what another platform says of its calls."""
    fields = (*LEADFLOW.fields, _PLATFORM, *(BIDS.by_name[column] for column in ATTRIBUTION))
    return Report(name, title, LEADFLOW.time, LEADFLOW.ambiguous, fields)


PLATFORM_TITLES = {
    "dialogtech": "DialogTech",
    "invoca": "Invoca",
    "ringba": "Ringba",
    "retreaver": "Retreaver",
    "callrail": "CallRail",
}
"""Platforms whose saved answers and exports are read into LeadFlow's table, and how they write themselves."""

PLATFORM_REPORTS: dict[str, Report] = {
    name: _calls_of(name, title) for name, title in PLATFORM_TITLES.items()
}

LEAD_STATUSES = ("Connected", "Affiliate Cap", "No Buyer", "Hang Up")
"""The words of ``lead_status`` that the vendor's page lists; any other passes through."""


@public
def fields(report: str | None = None) -> pd.DataFrame:
    """List the columns of the reports: the data dictionary.

    Parameters
    ----------
    report : {"leadflow", "bids"}, optional
        One report; both when left out.

    Returns
    -------
    DataFrame
        A row a column, in column order: ``report, name, type`` (Arrow, at rest), ``pandas`` (dtype
        in a frame), ``unit``, ``personal`` ("direct" identifies a person alone, "quasi" together
        with others), ``v2, v3`` (the vendor's spelling; null where it is not sent), ``meaning``.

    Raises
    ------
    InputError
        When there is no such report.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> table = dta.fields("leadflow").set_index("name")
    >>> table.loc["talk_seconds", ["type", "pandas", "unit"]].tolist()
    ['int32', 'Int32', 's']
    """
    import pandas as pd

    if report is not None and report not in REPORTS:
        raise InputError(f"there is no report {report!r}: {nearest(report, REPORTS)}")
    rows = [
        {
            "report": item.name,
            "name": field.name,
            "type": str(field.arrow),
            "pandas": field.pandas,
            "unit": field.unit,
            "personal": field.personal,
            "v2": field.v2,
            "v3": field.v3,
            "meaning": field.meaning,
        }
        for item in REPORTS.values()
        if report in {None, item.name}
        for field in item.fields
    ]
    return pd.DataFrame(rows, dtype="str")
