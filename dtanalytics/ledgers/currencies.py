"""Which currency a ledger is in, as far as it says so: beside its amounts, in their header, in a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.ledgers.cells import is_text, prepared
from dtanalytics.ledgers.headers import folded
from dtanalytics.texts.amounts import CURRENCIES, currencies, same_currency

_COLUMNS = frozenset(
    {"currency", "ccy", "curr", "cur", "w\u00e4hrung", "devise", "moneda", "divisa", "valuta"}
)
_WORDS = frozenset({"ALL", "TOP", "CUP", "TRY", "PEN", "MAD", "COP", "MOP", "GEL", "BAM", "SOS", "BOB"})
"""Codes of currencies that are words of a header, too."""


def named(table: pd.DataFrame, money: Mapping[str, Iterable[Any]]) -> set[str]:
    """Name the currencies that a ledger says it is in: codes, or signs that several share (``$``).

    Parameters
    ----------
    table : pandas.DataFrame
        The ledger with our names.
    money : mapping
        Column of amounts -> what the partner calls it.

    Raises
    ------
    InputError
        A column of currencies names two.

    Examples
    --------
    >>> table = pd.DataFrame({"revenue": ["12.00", "13.00"], "Currency": "EUR"})
    >>> named(table, {"revenue": ["Billed"]}), named(table[["revenue"]], {"revenue": ["Billed (\u20ac)"]})
    ({'EUR'}, {'EUR'})
    """
    found: set[str] = set()
    for name in table.columns:
        if _COLUMNS.intersection(folded(name).strip(".").split()):
            codes = sorted({str(value).strip().upper() for value in table[name].dropna()} - {""})
            if len(codes) > 1:
                raise InputError(
                    f"the ledger's {name!r} names {' and '.join(codes[:4])}: amounts of two currencies do "
                    "not add up; bring them into one, or split the file"
                )
            found |= currencies(codes)
    for name, headers in money.items():
        column = prepared(table[name])
        if is_text(column):
            found |= currencies(value for value in column.dropna().unique() if isinstance(value, str))
        for header in headers:
            words = folded(header).upper().replace("(", " ").replace(")", " ").split()
            found |= currencies(word for word in words if word not in _WORDS and len(word) <= 3)
    return {one for one in found if one in CURRENCIES or not one.isalpha()}


def other_currency(found: Iterable[str], ours: str) -> str:
    """Say that a ledger is in another currency than the account; "" where it is not, or does not say."""
    other = sorted(one for one in found if not same_currency(one, ours))
    if not other:
        return ""
    return (
        f"the ledger is in {' and '.join(other)}, and the account in {ours}: the amounts are compared as "
        f"they are, and none is converted; bring the ledger into {ours}, or, if the calls are in "
        f"{other[0]}, say so in DTANALYTICS_CURRENCY"
    )
