"""The scale of money, its rounding, and one grammar for amounts that people wrote as text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np

DecimalMark = Literal[".", ","]

SCALE = 10_000
"""Units in one of the currency."""
LARGEST = int(np.iinfo(np.int64).max)
"""Units of the largest amount that can be counted."""

_SIGN = r"[-+\u2212]"
_CURRENCY = r"(?:US\$|[$\u20ac\u00a3]|USD|EUR|GBP)"
_GROUPED = {".": r"\d{1,3}(?:,\d{3})+", ",": r"\d{1,3}(?:[.\u2019' \u00a0\u202f]\d{3})+"}
_SHAPES = {
    mark: re.compile(
        rf"(?P<open>\()?\s*(?P<sign>{_SIGN})?\s*{_CURRENCY}?\s*(?P<inner>{_SIGN})?\s*"
        rf"(?P<whole>{grouped}|\d+|(?=[.,]\d))(?:{re.escape(mark)}(?P<part>\d*))?"
        rf"\s*(?P<after>{_SIGN})?\s*{_CURRENCY}?\s*(?P<close>\))?",
        re.IGNORECASE,
    )
    for mark, grouped in _GROUPED.items()
}


def whole(amount: Decimal) -> int:
    """Round an amount to whole units, a half to the even one, below zero as above it.

    Examples
    --------
    >>> [whole(Decimal(text)) for text in ("12.5", "0.00005", "0.00015", "-0.00005", "-0.00015")]
    [125000, 0, 2, 0, -2]
    """
    return int((amount * SCALE).to_integral_value(ROUND_HALF_EVEN))


def read_amount(text: str, mark: DecimalMark = ".") -> Decimal | None:
    """Read one amount that people or spreadsheets wrote; None where it is not one.

    Parameters
    ----------
    text : str
        Digits, which may be grouped by thousands, with a currency sign or code on either side, a
        minus before or after, or parentheses for a minus.
    mark : {".", ","}
        What stands before the decimals.

    Examples
    --------
    >>> [str(read_amount(text)) for text in ("1250.50", "$1,250.50", "(12.50)", "3.00-", "1.250,50")]
    ['1250.50', '1250.50', '-12.50', '-3.00', 'None']
    >>> read_amount("1.250,50 EUR", ",")
    Decimal('1250.50')
    """
    found = _SHAPES[mark].fullmatch(text.strip())
    if found is None or (found["open"] is None) != (found["close"] is None):
        return None
    signs = [sign for sign in (found["sign"], found["inner"], found["after"]) if sign]
    if len(signs) > 1 or (signs and found["open"]):
        return None
    digits = re.sub(r"\D", "", found["whole"]) + "." + (found["part"] or "")
    amount = Decimal("0" + digits)
    return -amount if found["open"] or (signs and signs[0] != "+") else amount


def decimal_marks(texts: Iterable[str]) -> set[DecimalMark]:
    """Tell which decimal marks let every text of a column be read as money.

    Both remain where nothing decides between them, as for ``1,250`` alone.

    Examples
    --------
    >>> decimal_marks(["1,250.00", "12.5"]), sorted(decimal_marks(["1,250", "980"])), decimal_marks(["12,5"])
    ({'.'}, [',', '.'], {','})
    """
    found = list(texts)
    marks: tuple[DecimalMark, DecimalMark] = (".", ",")
    return {mark for mark in marks if all(read_amount(text, mark) is not None for text in found)}
