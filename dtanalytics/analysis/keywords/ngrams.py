"""Search terms as runs of words."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_WORD = re.compile(r"\w+(?:['’\-]\w+)*")  # noqa: RUF001 (a typographic apostrophe is meant)


def words(term: str, size: int) -> list[str]:
    """List the different runs of `size` words of a search term, in order of appearance.

    Examples
    --------
    >>> words("Roof repair near me, roof repair", 2)
    ['roof repair', 'repair near', 'near me', 'me roof']
    """
    found = _WORD.findall(term.casefold())
    runs = (" ".join(found[start : start + size]) for start in range(len(found) - size + 1))
    return list(dict.fromkeys(runs))


def explode(terms: pd.Series[Any], size: int) -> tuple[npt.NDArray[np.int64], pd.Series[Any]]:
    """Spread calls over the runs of words in their search terms.

    A call stands once under each different run; a call without a run stands once, under null.

    Returns
    -------
    (rows, runs)
        Row of the call and run of words, one pair each.
    """
    codes, values = pd.factorize(terms)
    runs: list[list[str | None]] = [[*words(str(value), size)] or [None] for value in values]
    runs.append([None])  # for null, whose code is -1
    counts = np.array([len(found) for found in runs])[codes]
    rows = np.repeat(np.arange(len(codes)), counts)
    flat = [run for found in runs for run in found]
    first = np.concatenate([[0], np.cumsum([len(found) for found in runs])[:-1]])[codes]
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(first, counts) + within
    texts = pd.Series(flat, dtype="str").take(places).reset_index(drop=True)
    return rows, texts
