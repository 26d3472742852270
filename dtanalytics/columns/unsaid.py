"""What the platforms in a frame of calls do not say, so that no sum takes their silence for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from dtanalytics.errors import SchemaError
from dtanalytics.schema import LEADFLOW, PLATFORM_TITLES

_COLUMN = "platform"
_KINDS = frozenset({"flag", "money", "minutes", "int32"})
_OWN = "dialogtech"


def unsaid(
    frame: Any, names: Iterable[str], columns: Sequence[str], *, keys: Sequence[str] = ()
) -> dict[str, list[str]]:
    """Name the flags, amounts and lengths that no call of a platform has.

    Parameters
    ----------
    frame : frame
        Calls of any engine.
    names : iterable of str
        Columns to look at; others than flags, amounts and lengths are passed over.
    columns : sequence of str
        Columns of the frame.
    keys : sequence of str
        Columns to look at whatever they hold: those by which calls are grouped where null is no group.

    Returns
    -------
    dict
        Platform -> columns that are null in each of its calls. DialogTech's calls, and calls whose
        platform is null, are not looked at.

    Examples
    --------
    >>> prices = {"offer_price": [5.0, None], "offer_qualified": None}
    >>> calls = pd.DataFrame({"platform": ["callrail", None], **prices})
    >>> unsaid(calls, ["offer_price", "offer_qualified"], list(calls))
    {'callrail': ['offer_qualified']}
    """
    if _COLUMN not in columns:
        return {}
    looked = [
        name
        for name in dict.fromkeys([*keys, *names])
        if name in columns
        and name in LEADFLOW.by_name
        and (name in keys or LEADFLOW.by_name[name].kind in _KINDS)
    ]
    if not looked:
        return {}
    if isinstance(frame, pd.DataFrame):
        known = frame[looked].notna().groupby(frame[_COLUMN].astype("str").to_numpy(), observed=True).any()
        found = {str(platform): dict(known.loc[platform]) for platform in known.index}
    else:
        found = _counted(frame, looked)
    silent = {
        platform: [name for name in looked if not row[name]]
        for platform, row in found.items()
        if platform in PLATFORM_TITLES and platform != _OWN
    }
    return {platform: lacking for platform, lacking in silent.items() if lacking}


def _counted(frame: Any, names: Sequence[str]) -> dict[str, dict[str, bool]]:
    """As for pandas, on another engine."""
    import narwhals as nw

    try:
        lazy = nw.from_native(getattr(frame, "relation", frame)).lazy()
    except TypeError:  # Dask, whose frames are asked where they are summed
        return {}
    counts = lazy.group_by(_COLUMN).agg(*(nw.col(name).count() for name in names)).collect("pyarrow")
    rows = counts.to_arrow().to_pylist()
    return {str(row[_COLUMN]): {name: bool(row[name]) for name in names} for row in rows}


def check_said(frame: Any, names: Iterable[str], columns: Sequence[str], *, keys: Sequence[str] = ()) -> None:
    """Raise a SchemaError where a platform in a frame does not say what is needed; see `unsaid`."""
    for platform, lacking in unsaid(frame, names, columns, keys=keys).items():
        listed = " and no ".join(map(repr, lacking))
        raise SchemaError(
            f"the calls of {PLATFORM_TITLES[platform]} have no {listed}, which this needs: leave them out, "
            f"calls[calls['{_COLUMN}'] != {platform!r}], or fill in what you know"
        )
