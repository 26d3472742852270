"""Amounts that people add to a statement by hand, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from dtanalytics import columns
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.statements.sides import By, keys

Adjustments = Mapping[str, tuple[float | Decimal | str, str]] | Iterable[Any] | pd.DataFrame | None
_FORM = "give {partner: (amount, reason)}, a list of (partner, amount, reason), or a frame of these columns"


def read(given: Any, by: By) -> pd.DataFrame:
    """Read adjustments.

    Returns
    -------
    DataFrame
        ``key, partner, units`` [1/10,000], ``reason``.

    Raises
    ------
    InputError
        One has no partner, no amount or no reason, or the form cannot be understood.
    """
    table = _table(given, by)
    names, reasons = (table[name].astype("str").where(table[name].notna()) for name in ("partner", "reason"))
    try:
        amounts = columns.money(table["amount"])
    except SchemaError as error:
        raise InputError(f"adjustments: {error}") from None
    read_in = pd.DataFrame(
        {
            "key": keys(names),
            "partner": names,
            "units": pd.Series(amounts.filled, dtype="Int64").to_numpy(),
            "reason": reasons.str.strip(),
        }
    )
    for lacking, what in (
        (read_in["key"].eq(""), "names no partner"),
        (pd.Series(~amounts.known), "has no amount"),
        (read_in["reason"].fillna("").eq(""), "has no reason: an adjustment says why"),
    ):
        if lacking.any():
            raise InputError(f"adjustment {int(lacking.to_numpy().argmax()) + 1} {what}; {_FORM}")
    return read_in.astype({"units": "Int64"})


def known(adjustments: pd.DataFrame, partners: Mapping[str, str], by: By) -> None:
    """Raise an InputError for an adjustment of a partner that is in no call and in no statement."""
    for key, name in zip(adjustments["key"], adjustments["partner"], strict=True):
        if key not in partners:
            raise InputError(
                f"adjustments: no {by} {name!r} has calls or a balance; {nearest(name, partners.values())}"
            )


def _table(given: Any, by: By) -> pd.DataFrame:
    if given is None:
        return pd.DataFrame(columns=["partner", "amount", "reason"], dtype=object)
    if isinstance(given, pd.DataFrame):
        table = given.rename(columns={by: "partner"}) if "partner" not in given else given
        lacking = [name for name in ("partner", "amount", "reason") if name not in table]
        if lacking:
            raise InputError(f"adjustments have no column {', '.join(map(repr, lacking))}; {_FORM}")
        return table[["partner", "amount", "reason"]].reset_index(drop=True)
    rows: list[tuple[Any, ...]] = []
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InputError(f"adjustments is {type(given).__name__}; {_FORM}")
    for one in given.items() if isinstance(given, Mapping) else given:
        row = (one[0], *one[1]) if isinstance(given, Mapping) and isinstance(one[1], tuple | list) else one
        if not isinstance(row, tuple | list) or len(row) != 3:
            raise InputError(f"an adjustment consists of a partner, an amount and a reason; {_FORM}")
        rows.append(tuple(row))
    return pd.DataFrame(rows, columns=["partner", "amount", "reason"], dtype=object)
