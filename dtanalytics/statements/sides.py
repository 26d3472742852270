"""Whom a statement is for: the column that names the partners, and whose rule and price count."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.money import Side

By = Literal["affiliate", "advertiser"]
SIDES: dict[str, Side] = {"affiliate": "affiliate", "advertiser": "offer"}
"""Column -> the side whose rule decides and whose price counts."""
MEASURE = {"affiliate": "payout", "advertiser": "revenue"}


def checked(by: object) -> By:
    """Return whom a statement is for, or say what there is.

    Raises
    ------
    InputError
        Anything but ``affiliate`` and ``advertiser``.
    """
    if by == "affiliate":
        return "affiliate"
    if by == "advertiser":
        return "advertiser"
    hint = nearest(by, SIDES) if isinstance(by, str) else "known are affiliate, advertiser"
    raise InputError(
        f"by={by!r}: a statement is for affiliates (what they are paid) or for advertisers (what they pay); "
        f"a period of two ends is one argument, as ('2026-10-01', '2026-10-15'); {hint}"
    )


def partner_key(name: Any) -> str:
    """Return what two spellings of one partner have in common; empty for no name.

    Letter case, forms of the same letter and white space do not tell partners apart.

    Examples
    --------
    >>> partner_key(" North  Media "), partner_key("NORTH MEDIA"), partner_key(None)
    ('north media', 'north media', '')
    """
    if not isinstance(name, str):
        return ""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def keys(names: pd.Series[Any]) -> pd.Series[Any]:
    """Key of each name; each spelling is looked at once."""
    codes, spellings = pd.factorize(names)
    found = np.array([*map(partner_key, spellings), ""], dtype=object)
    return pd.Series(found[codes], index=names.index, dtype="str")  # the code of no name, -1, is the last


def labels(key: pd.Series[Any], names: pd.Series[Any]) -> dict[str, str]:
    """Spelling of each key: the one that most rows have, the first in order among equals."""
    known = pd.DataFrame({"key": key, "name": names})[lambda row: row["key"] != ""]
    counts = known.groupby(["key", "name"], observed=True).size().reset_index(name="rows")
    counts = counts.sort_values(["rows", "name"], ascending=[False, True], kind="stable")
    first = counts.drop_duplicates("key")
    return {
        str(one): " ".join(str(name).split()) for one, name in zip(first["key"], first["name"], strict=True)
    }
