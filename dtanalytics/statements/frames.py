"""The tables of a statement in currency, as people read them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dtanalytics.money import currency
from dtanalytics.schema import TIMEZONE
from dtanalytics.statements.document import Document, due
from dtanalytics.statements.periods import eastern

MONEY = ("opening", "calls", "corrections", "due", "adjustments", "held", "payable", "carried")
"""Columns of what is due [currency]."""


def due_of(document: Document) -> pd.DataFrame:
    """A row a partner, and the total."""
    balances = document.balances.reset_index(drop=True)
    owed = due(balances)
    units = balances.assign(due=owed, carried=owed - balances["payable"])[[*MONEY, "call_count"]]
    both = pd.concat([units, units.sum().to_frame().T], ignore_index=True)
    names = pd.Series([*balances["partner"], None], dtype="str")
    table = pd.DataFrame({document.head.by: names})
    for name in MONEY:
        table[name] = currency(both[name].to_numpy(np.int64))
    table["call_count"] = both["call_count"].astype("int64")
    table["is_total"] = np.arange(len(table)) == len(table) - 1
    return table


def calls_of(document: Document) -> pd.DataFrame:
    """Calls of the period that count."""
    lines = _lines(document, "call")
    return lines[["sid", "call_date", document.head.by, "offer", "price", "amount"]]


def by_offer(calls: pd.DataFrame, by: str) -> pd.DataFrame:
    """Calls and amounts by partner, offer and price."""
    units = calls.assign(units=(calls["amount"] * 10_000).round().astype("int64"))
    names = [by, "offer", "price"]
    table = units.groupby(names, as_index=False, dropna=False).agg(
        call_count=("sid", "size"), units=("units", "sum")
    )
    return table.assign(amount=currency(table["units"])).drop(columns="units").reset_index(drop=True)


def corrections_of(document: Document) -> pd.DataFrame:
    """Calls of settled periods that changed."""
    lines = _lines(document, "correction")
    names = [
        "sid",
        "call_date",
        document.head.by,
        "offer",
        "amount_before",
        "amount_after",
        "amount",
        "reason",
    ]
    return lines[names]


def adjustments_of(document: Document) -> pd.DataFrame:
    """Amounts by hand."""
    table = document.adjustments.reset_index(drop=True)
    return pd.DataFrame(
        {
            document.head.by: table["partner"].astype("str"),
            "amount": currency(table["units"].to_numpy(np.int64)),
            "reason": table["reason"].astype("str"),
        }
    )


def name_of(document: Document, key: str) -> str | None:
    """Name of a partner; None for nobody."""
    names = document.balances.loc[document.balances["key"] == key, "partner"].dropna()
    return str(names.iloc[0]) if len(names) else None


def moment(microseconds: int | None) -> pd.Timestamp | None:
    """An instant as Eastern time."""
    if microseconds is None:
        return None
    return pd.Timestamp(microseconds, unit="us", tz="UTC").tz_convert(TIMEZONE)


def _lines(document: Document, kind: str) -> pd.DataFrame:
    lines = document.lines[document.lines["kind"] == kind]
    lines = lines.sort_values(["key", "time", "sid"], kind="stable").reset_index(drop=True)
    before, change = (lines[name].to_numpy(np.int64) for name in ("before", "units"))
    price = currency(lines["price"].fillna(0).to_numpy(np.int64))
    return pd.DataFrame(
        {
            "sid": lines["sid"].astype("str"),
            "call_date": eastern(lines["time"]),
            document.head.by: lines["partner"].astype("str"),
            "offer": lines["offer"].astype("str"),
            "price": np.where(lines["price"].isna(), np.nan, price),
            "amount_before": currency(before),
            "amount_after": currency(before + change),
            "amount": currency(change),
            "reason": lines["reason"].astype("str"),
        }
    )
