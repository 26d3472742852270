"""The currency of an upload: the one given, else that of the settings, and what it can pay."""

from __future__ import annotations

import pandas as pd

from dtanalytics.money import SCALE
from dtanalytics.settings import current
from dtanalytics.texts.currencies import PLACES, checked


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
    return checked(currency)


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
