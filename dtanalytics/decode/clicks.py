"""Click identifiers out of the fields of a call that may hold one, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_Rows = np.ndarray[Any, np.dtype[np.int64]]

CLICK_TYPES = ("gclid", "gbraid", "wbraid", "msclkid")
"""In the order of preference when one field holds several."""

CLICK_FIELDS = ("last_touch", "baseuri", "url_tag", "activity_keyword")
"""Where to look, in this order, when the vendor's own ``ppc_gclid`` holds nothing."""

CLICK_COLUMNS = ("click_id", "click_id_type", "click_id_field")

# A pattern (gclid=*) or a template that nobody filled in ({gclid}, %7Bgclid%7D) names no click.
_VALUE = r"[0-9A-Za-z_.~+/=:,!-](?:%[0-9A-Fa-f]{2}|[0-9A-Za-z_.~+/=:,!-])*"
_ANY = r"(?i:" + "|".join(CLICK_TYPES) + r")=[0-9A-Za-z_.~+/=:,!-]"


def click_columns(columns: Mapping[str, pa.Array], rows: int) -> dict[str, pa.Array]:
    """Find the click of each call.

    Parameters
    ----------
    columns : mapping of str to pyarrow.Array
        Columns of the calls by canonical name; those that may hold a click need not be there.
    rows : int
        Number of calls.

    Returns
    -------
    dict of str to pyarrow.Array
        ``click_id`` (case kept, nothing unescaped), ``click_id_type`` and ``click_id_field``; null
        where a call has no click.

    Examples
    --------
    >>> page = pa.array(["https://x.example/?gclid=Cj0aB-c_1&utm=2", "gclid=*", None])
    >>> found = click_columns({"last_touch": page}, 3)
    >>> found["click_id"].to_pylist(), found["click_id_type"].to_pylist()
    (['Cj0aB-c_1', None, None], ['gclid', None, None])
    """
    found: list[tuple[_Rows, pa.Array, str, str]] = []  # rows, their click ids, type, field
    is_open = np.ones(rows, dtype=bool)

    def look(name: str, kind: str, near: _Rows, pattern: str) -> _Rows:
        """Read a click id of one type in those rows of a field; return the rows that hold none."""
        if not len(near):
            return near
        match = pc.extract_regex(columns[name].take(pa.array(near)), pattern)
        hit = np.asarray(match.is_valid(), dtype=bool)
        found.append((near[hit], pc.struct_field(match, "id").drop_null(), kind, name))
        is_open[near[hit]] = False
        rest: _Rows = near[~hit]
        return rest

    def holding(name: str, pattern: str) -> _Rows:
        """Rows without a click so far whose field looks as if it held one."""
        column = columns.get(name)
        if column is None or column.null_count == rows:
            return np.empty(0, dtype=np.int64)
        near = np.flatnonzero(is_open & np.asarray(column.is_valid(), dtype=bool))
        looks = pc.match_substring_regex(column.take(pa.array(near)), pattern)
        hits: _Rows = near[np.asarray(looks, dtype=bool)]
        return hits

    look("ppc_gclid", "gclid", holding("ppc_gclid", "."), f"^(?P<id>{_VALUE})$")
    for name in CLICK_FIELDS:
        near = holding(name, _ANY)
        for kind in CLICK_TYPES:
            near = look(name, kind, near, rf"(?:^|[?&#;\s])(?i:{kind})=(?P<id>{_VALUE})(?:[&#;\s]|$)")
    return _scatter(found, rows)


def _scatter(found: list[tuple[_Rows, pa.Array, str, str]], rows: int) -> dict[str, pa.Array]:
    """Lay the finds out as whole columns."""
    if not found:
        return {name: pa.nulls(rows, pa.string()) for name in CLICK_COLUMNS}
    lengths = [len(part[0]) for part in found]
    places = np.full(rows, -1, dtype=np.int64)
    places[np.concatenate([part[0] for part in found])] = np.arange(sum(lengths))
    spots = pa.array(places, mask=places < 0)
    ids = pa.concat_arrays([part[1] for part in found])
    kinds, fields = (
        pa.concat_arrays([pa.repeat(part[item], count) for part, count in zip(found, lengths, strict=True)])
        for item in (2, 3)
    )
    return dict(zip(CLICK_COLUMNS, (ids.take(spots), kinds.take(spots), fields.take(spots)), strict=True))
