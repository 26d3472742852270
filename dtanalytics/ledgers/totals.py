"""Rows of a ledger that add others up: they are no calls, and would count the money twice."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.columns.units import SCALE
from dtanalytics.ledgers.cells import bare

_WORDS = (
    r"(?:sub|grand|page|report|overall|invoice|running|gesamt|zwischen|end|sous|gran)?[\s-]*"
    r"(?:totals?|totale|totaal|totaux|suma|sum|somme|summe|insgesamt|gesamt|gesamtsumme|gesamtbetrag)"
)
_LABEL = re.compile(
    rf"{_WORDS}(?:\s+(?:due|billed|payable|payout|revenue|amount|calls|count|general|g\u00e9n\u00e9ral))*"
    r"\s*(?:\([^()]*\)|[:=#-]?\s*[\d.,$\u20ac\u00a3 ]*(?:calls?|rows?)?)?\s*:?",
    re.IGNORECASE,
)
_WITHIN = re.compile(rf"(?<!\w){_WORDS}(?!\w)(?:\s+(?:for|of|f\u00fcr|pour))?\s*:?", re.IGNORECASE)


def labelled(column: pd.Series[Any]) -> pd.Series[Any]:
    """Where a text calls its row a total, and nothing else."""
    return column.map(
        lambda value: isinstance(value, str) and _LABEL.fullmatch(bare(value)) is not None
    ).astype(bool)


def total_rows(
    texts: pd.DataFrame, is_call: pd.Series[Any], is_bare: pd.Series[Any], units: pd.Series[Any]
) -> dict[Any, str]:
    """Find the rows that add others up.

    Parameters
    ----------
    texts : pandas.DataFrame
        Cells of every column but the money.
    is_call : pandas.Series of bool
        Rows with an identifier of a call.
    is_bare : pandas.Series of bool
        Rows with neither an identifier, nor a caller, nor a time: only these can be totals.
    units : pandas.Series
        Money in 1/10,000, 0 where there is none.

    Returns
    -------
    dict
        Row -> what it is called, "" where nothing but its amount tells: it stands below all calls, or
        below two and more of a group, and is their sum.
    """
    rows = list(texts.index[is_bare.to_numpy()])
    if not rows:
        return {}
    place = pd.Series(np.arange(len(texts)), texts.index)
    calls = np.where(is_call.to_numpy(), units.to_numpy(), 0)
    running = np.concatenate([[0], np.cumsum(calls)])
    counts = np.concatenate([[0], np.cumsum(is_call.to_numpy())])
    found: dict[Any, str] = {}
    begun = 0
    for row in rows:
        at = int(place[row])
        words = [bare(value) for value in texts.loc[row] if isinstance(value, str) and bare(value)]
        label = next((word for word in words if _LABEL.fullmatch(word)), None)
        near = next((word for word in words if _WITHIN.search(word)), None)
        amount = int(units[row])
        block, above, every = running[at] - running[begun], running[at], running[-1]
        if label is None and near is not None and amount in {block, above, every, _group(texts, calls, near)}:
            label = near
        if label is None and not any(re.search(r"[^\W\d_]", word) for word in words) and amount != 0:
            last = counts[at] == counts[-1] and counts[at] > 0
            if (last and amount in {block, above}) or (amount == block and counts[at] - counts[begun] >= 2):
                label = ""
        if label is not None:
            found[row] = label
            begun = at
    return found


def _group(texts: pd.DataFrame, calls: Any, label: str) -> int | None:
    """Sum of the calls of whatever the label names besides the word for a total."""
    name = _WITHIN.sub("", label).strip(" :-").casefold()
    for column in texts.columns if name else ():
        same = texts[column].map(lambda value: isinstance(value, str) and bare(value).casefold() == name)
        if same.any():
            return int(calls[same.to_numpy(dtype=bool)].sum())
    return None


def told(label: str, row: Any, amount: float, above: float) -> str:
    """Say which row is a total, and whether it is what the rows above it add up to."""
    name = f" ({label!r})" if label else ""
    agrees = round(amount * SCALE) == round(above * SCALE)
    more = "" if agrees else f"; the calls of the ledger add up to {above:,.2f}"
    return f"row {row}{name} is a total of {amount:,.2f}, no call: left out{more}"
