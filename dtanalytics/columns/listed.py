"""Words of a list, such as those of ``lead_status``, in whatever case and spacing a frame holds them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

import pandas as pd

from dtanalytics.columns.kinds import TEXT, by_category
from dtanalytics.columns.labels import names
from dtanalytics.columns.remembered import remembered
from dtanalytics.schema import LEAD_STATUSES

LISTED = {"lead_status": LEAD_STATUSES}
"""Column of a report -> the words that its vendor lists; measures and analyses look for them."""
_GAPS = re.compile(r"[\s_-]+")


def listed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read a column of names; listed words are written as the vendor lists them, others as they stand.

    Examples
    --------
    >>> listed(pd.Series(["connected", " NO_BUYER ", "Voicemail"], name="lead_status")).tolist()
    ['Connected', 'No Buyer', 'Voicemail']
    """
    found, name = names(column), str(column.name)
    if not isinstance(found.dtype, pd.CategoricalDtype):
        found = found.astype("category")
        return by_category(found, lambda words: _written(words, name))
    if is_listed(found.dtype.categories, name):
        return found
    words = by_category(found, lambda words: _written(words, name))
    return words.astype("category")


def is_listed(words: Iterable[str], name: str) -> bool:
    """Tell whether no word of a column is a listed one in another spelling.

    Examples
    --------
    >>> is_listed(["Connected", "Voicemail"], "lead_status"), is_listed(["CONNECTED"], "lead_status")
    (True, False)
    """
    if name not in LISTED:
        return True
    # Every question about a column asks it, and of its categories the answer never changes.
    found = (
        remembered(cast("Any", words), _names_listed) if isinstance(words, pd.Index) else _names_listed(words)
    )
    return name in found


def _names_listed(words: Iterable[str]) -> frozenset[str]:
    """Columns of whose lists no word is in another spelling."""
    known = list(words)
    return frozenset(name for name in LISTED if all(as_listed(word, name) == word for word in known))


def as_listed(word: str, name: str) -> str:
    """Write a word as it is listed for a column; one that is not listed stays as it is."""
    return _listed(name).get(_folded(word), word)


@lru_cache(maxsize=len(LISTED))
def _listed(name: str) -> dict[str, str]:
    return {_folded(word): word for word in LISTED.get(name, ())}


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    return _GAPS.sub(" ", word).strip().casefold()


def _written(words: pd.Series[Any], name: str) -> pd.Series[Any]:
    written = [word if pd.isna(word) else as_listed(word, name) for word in words]
    return pd.Series(written, words.index, name=words.name, dtype=TEXT)
