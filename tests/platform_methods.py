"""Which methods of ``df.calls`` each platform's calls answer: tried on calls as the platforms would send them."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import pandas as pd
import platform_answers as written

import dtanalytics as dta
from dtanalytics.accessor import CallsAccessor
from dtanalytics.accessor.methods.base import method_names
from dtanalytics.errors import DtError, SchemaError
from dtanalytics.platforms.catalog import PLATFORMS
from dtanalytics.schema import PLATFORM_TITLES

ORDER = tuple(PLATFORM_TITLES)
ASIDE = frozenset({
    "explore", "show", "pool_health", "flipped_calls", "plot", "to_google_ads", "to_microsoft_ads", "to_search_ads_360",
})  # fmt: skip
"""Methods that show or write what others work out, or ask for columns of Bid Management alone."""


def frame(platform: str, count: int = 60) -> pd.DataFrame:
    """Calls of thirty days, as the platform would send them."""
    start = pd.Timestamp("2026-09-28 09:00", tz="America/New_York")
    calls = [
        written.EXPECTED[at % 3]
        | {
            "sid": str(1000 + at),
            "caller_id": f"212555{at % 23:04d}",
            "call_date": str(start + pd.Timedelta(hours=12 * at)),
        }
        for at in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answer.json")
        path.write_text(written.answer(platform, calls), encoding="utf-8")
        return written.read(path, platform)


def arguments(name: str, calls: pd.DataFrame, folder: str) -> dict:
    later = calls["call_day"] >= "2026-10-13"
    if name in {"bridge", "compare"}:
        return {"other": calls[~later], "by": "lf_state"}
    if name == "overlap":
        return {"other": calls}
    if name in {"what_if", "break_even"}:
        terms = {"price": 30.0} if name == "what_if" else [60]
        return {
            "offers": {calls["offer"].dropna().iloc[0] if calls["offer"].notna().any() else "Roof A": terms}
        }
    if name == "reconcile":
        ledger = Path(folder, "ledger.csv")
        ledger.write_text("sid,revenue\n1000,274.77\n", encoding="utf-8")
        return {"ledger": ledger}
    return {}


def answer(name: str, calls: pd.DataFrame) -> str:
    """``yes``, or what the calls lack."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            getattr(dta.calls(calls), name)(**arguments(name, calls, folder))
        except SchemaError as error:
            return lacking(str(error))
        except DtError as error:
            return f"no: {error}"
    return "yes"


def lacking(message: str) -> str:
    columns = message.partition(", which this needs")[0].split("'")[1::2]
    if "have no" in message and columns:
        return "needs " + ", ".join(f"`{column}`" for column in columns)
    return (
        "needs the price of calls that did not qualify"
        if "price of calls" in message
        else "needs states that it never says"
    )


def names() -> list[str]:
    return [
        name
        for name in method_names(CallsAccessor)
        if name not in ASIDE and callable(getattr(CallsAccessor, name))
    ]


def table() -> str:
    frames = {platform: frame(platform) for platform in ORDER}
    titles = [PLATFORM_TITLES[platform] for platform in ORDER]
    lines = ["| method | " + " | ".join(titles) + " |", "|" + " --- |" * (len(ORDER) + 1)]
    lines += [
        f"| `{name}` | " + " | ".join(answer(name, calls) for calls in frames.values()) + " |"
        for name in names()
    ]
    return "\n".join(lines)


def columns() -> str:
    """Return the table of what fills each column, from the mappings."""
    mappings = [PLATFORMS[platform] for platform in ORDER if platform != "dialogtech"]
    targets = list(dict.fromkeys(source.target for one in mappings for source in one.sources))
    lines = [
        "| column | " + " | ".join(one.title for one in mappings) + " |",
        "|" + " --- |" * (len(mappings) + 1),
    ]
    lines += [
        f"| `{target}` | " + " | ".join(filled(one, target) for one in mappings) + " |"
        for target in targets
        if not target.startswith("_")
    ]
    return "\n".join(lines)


def filled(platform, target: str) -> str:
    """Name the columns that fill one of ours, and how their meaning differs."""
    said = []
    for source in platform.sources:
        if source.target == target:
            names = ", ".join(f"`{name}`" for name in source.names[:2])
            said.append(f"{names} ({source.about})" if source.about and names else names or source.about)
    if target in (platform.inferred or {}):
        said.append(f"follows from `{platform.inferred[target]}`")
    return "; ".join(filter(None, said)) or "-"
