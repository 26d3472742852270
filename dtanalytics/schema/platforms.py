"""LeadFlow's table as the calls of other platforms fill it: more columns, a report a platform."""

from __future__ import annotations

from dtanalytics.schema.bids import BIDS
from dtanalytics.schema.leadflow import LEADFLOW
from dtanalytics.schema.report import Field, Report

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
