"""Why a partner's due amount is paid now, in part, or not: a word for each partner, for accounting."""

from __future__ import annotations

import numpy as np

from dtanalytics.money import SCALE
from dtanalytics.statements.document import Document, due
from dtanalytics.texts.currencies import PLACES

STATES = {
    "payable": "all of it is paid now; a rest finer than the currency is carried",
    "payable in part": "what is not held is paid now",
    "on hold": "its calls are younger than the days for which they are held",
    "below minimum": "less than is paid at once; it is carried",
    "nothing to pay": "nothing is due, or the partner owes",
    "no partner": "calls of nobody known, which are never paid",
    "taken back": "of a counter-statement: the payment counts as not made",
}
"""State of a partner in a statement -> what it means."""


def states(document: Document) -> list[str]:
    """State of each row of the balances."""
    head, table = document.head, document.balances
    owed, held, paid = (part.to_numpy(np.int64) for part in (due(table), table["held"], table["payable"]))
    finest = SCALE // 10 ** PLACES[head.currency]
    conditions = [
        np.full(len(table), head.cancels is not None),
        table["key"].to_numpy(str) == "",
        (paid != 0) & (held < finest),
        paid != 0,
        owed <= 0,
        (held > 0) & (owed >= head.minimum),
    ]
    names = ["taken back", "no partner", "payable", "payable in part", "nothing to pay", "on hold"]
    return np.select(conditions, names, default="below minimum").tolist()  # type: ignore[no-any-return]  # numpy says Any
