"""The currency of an upload: the one given, else that of the settings, and what it can pay."""

from __future__ import annotations

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.money import SCALE
from dtanalytics.settings import current
from dtanalytics.texts.currencies import PLACES


def check(currency: str | None) -> str:
    """Return a code that the standard lists; that of the settings (``DTANALYTICS_CURRENCY``) for None.

    Raises
    ------
    InputError
        Any other text.

    Examples
    --------
    >>> check("USD")
    'USD'
    """
    if currency is None:
        return current().currency
    if not isinstance(currency, str) or currency not in PLACES:
        known = str(currency).strip().upper()
        hint = f"did you mean {known!r}?" if known in PLACES else "such as 'USD'"
        raise InputError(
            f"currency must be three capital letters of the list of ISO 4217, not {currency!r}; {hint}"
        )
    return currency


def payable(units: pd.Series, currency: str) -> pd.Series:
    """Round amounts to what the currency can pay, where it has no decimal places; a half to the even one.

    Examples
    --------
    >>> payable(pd.Series([12_345_000], dtype="Int64"), "JPY").tolist()
    [12340000]
    """
    if PLACES[currency]:
        return units
    return (units.astype("Float64") / SCALE).round().astype("Int64") * SCALE
