"""DialogTech: calls v2 (LeadFlow's money and attribution under one sid), and its reports as tables."""

from __future__ import annotations

from dtanalytics.platforms.mapping import Platform, Source
from dtanalytics.schema import ATTRIBUTION, LEADFLOW

_FLOW, _DETAILS, _VISIT = "call_details.advanced_routing.leadflow.", "call_details.", "attribution."
_MADE = frozenset({
    LEADFLOW.key, LEADFLOW.time, "extra", "call_day", "call_hour", LEADFLOW.ambiguous, "caller_id",
    "talk_minutes", "total_minutes", "call_duration",
})  # fmt: skip


def _paths(name: str) -> tuple[str, ...]:
    return (f"{_FLOW}{name}", f"{_DETAILS}{name}", f"{_VISIT}{name}", name)


DIALOGTECH = Platform(
    name="dialogtech",
    lists=("response",),
    has_wall_clock=True,
    sources=(
        Source("sid", ("sid", "call_details.sid")),
        Source(
            "call_date",
            (*_paths("call_date"), *_paths("date_added"), *_paths("start_time"), *_paths("call_start")),
        ),
        Source("caller_id", (*_paths("caller_id"), *_paths("ani"))),
        *(Source(name, _paths(name)) for name in LEADFLOW.columns if name not in _MADE),
        *(Source(name, _paths(name)) for name in ATTRIBUTION if not name.startswith("click_id")),
        Source("_gclid", (*_paths("gclid"), *_paths("ppc_gclid"))),
        Source("_gbraid", _paths("gbraid")),
        Source("_wbraid", _paths("wbraid")),
        Source("_msclkid", _paths("msclkid")),
        Source("_page", (*_paths("last_touch"), *_paths("baseuri"), *_paths("first_touch"))),
    ),
    others=("call_details", "attribution", "talk_minutes", "total_minutes", "call_duration"),
)
