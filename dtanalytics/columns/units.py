"""The scale of money and its rounding."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

SCALE = 10_000
"""Units in one of the currency."""
LARGEST = int(np.iinfo(np.int64).max)
"""Units of the largest amount that can be counted."""


def whole(amount: Decimal) -> int:
    """Round an amount to whole units, a half to the even one, below zero as above it.

    Examples
    --------
    >>> [whole(Decimal(text)) for text in ("12.5", "0.00005", "0.00015", "-0.00005", "-0.00015")]
    [125000, 0, 2, 0, -2]
    """
    return int((amount * SCALE).to_integral_value(ROUND_HALF_EVEN))
