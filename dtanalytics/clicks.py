"""Click identifiers out of the fields of a call that may hold one, byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

CLICK_TYPES = ("gclid", "gbraid", "wbraid", "msclkid")
"""In the order of preference when one field holds several."""

CLICK_FIELDS = ("last_touch", "baseuri", "url_tag", "activity_keyword")
"""Where to look, in this order, when the vendor's own ``ppc_gclid`` holds nothing."""

_ANY = r"(?i)(?:" + "|".join(CLICK_TYPES) + r")="
# A pattern (gclid=*) or a template that nobody filled in ({gclid}, %7Bgclid%7D) names no click.
_VALUE = r"[0-9A-Za-z_.~+/=:,!-](?:%[0-9A-Fa-f]{2}|[0-9A-Za-z_.~+/=:,!-])*"


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
    found: list[tuple[pa.Array, pa.Array, str, str]] = []  # rows, ids, type, field
    open_rows = pa.array(range(rows), pa.int64())
    own = columns.get("ppc_gclid")
    if own is not None:
        hits = pc.fill_null(pc.match_substring_regex(own, f"^{_VALUE}$"), False)  # noqa: FBT003 (a value)
        found.append((open_rows.filter(hits), own.filter(hits), "gclid", "ppc_gclid"))
        open_rows = open_rows.filter(pc.invert(hits))
    for name in CLICK_FIELDS:
        column = columns.get(name)
        if column is None or column.null_count == rows:
            continue
        near = open_rows.filter(
            pc.fill_null(pc.match_substring_regex(column.take(open_rows), _ANY), False)  # noqa: FBT003
        )
        for kind in CLICK_TYPES:
            if not len(near):
                break
            ids = pc.struct_field(
                pc.extract_regex(
                    column.take(near), rf"(?:^|[?&#;\s])(?i:{kind})=(?P<id>{_VALUE})(?:[&#;\s]|$)"
                ),
                "id",
            )
            hit = pc.is_valid(ids)
            found.append((near.filter(hit), ids.filter(hit), kind, name))
            near = near.filter(pc.invert(hit))
        taken = pc.is_in(open_rows, pa.concat_arrays([part[0] for part in found] or [open_rows[:0]]))
        open_rows = open_rows.filter(pc.invert(taken))
    return _scatter(found, rows)


def _scatter(found: list[tuple[pa.Array, pa.Array, str, str]], rows: int) -> dict[str, pa.Array]:
    """Lay the finds out as whole columns."""
    found = [part for part in found if len(part[0])]
    if not found:
        return {name: pa.nulls(rows, pa.string()) for name in ("click_id", "click_id_type", "click_id_field")}
    places = pc.index_in(pa.array(range(rows), pa.int64()), pa.concat_arrays([part[0] for part in found]))
    columns = {
        "click_id": pa.concat_arrays([part[1] for part in found]),
        "click_id_type": pa.concat_arrays([pa.repeat(part[2], len(part[0])) for part in found]),
        "click_id_field": pa.concat_arrays([pa.repeat(part[3], len(part[0])) for part in found]),
    }
    return {name: column.take(places) for name, column in columns.items()}
