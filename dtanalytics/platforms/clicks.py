"""The click that brought a call: of a column of its own, else out of a page."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.clicks import click_columns
from dtanalytics.platforms.mapping import CLICKS
from dtanalytics.platforms.values import words_of


def add_clicks(made: dict[str, pa.Array], rows: int) -> None:
    """The click of each call: of a column of its own, else out of a page."""
    page = made.get("_page", made.get("landing_page"))
    ids, kinds = _clicks_of_pages(page, rows)
    fields = pc.if_else(ids.is_valid(), "landing_page", None)
    for kind in reversed(CLICKS):
        if f"_{kind}" in made:
            own = made[f"_{kind}"]
            ids = pc.coalesce(own, ids)
            kinds = pc.if_else(own.is_valid(), kind, kinds)
            fields = pc.if_else(own.is_valid(), kind, fields)
    made |= {"click_id": ids, "click_id_type": kinds, "click_id_field": fields}


def _clicks_of_pages(page: Any, rows: int) -> tuple[Any, Any]:
    """Click ids that stand in pages, and their kinds; each different page is read once."""
    if page is None or not pa.types.is_dictionary(page.type):
        found = click_columns({} if page is None else {"baseuri": page}, rows)
        return found["click_id"], found["click_id_type"]
    codes, pages = words_of(pa.chunked_array([page]) if isinstance(page, pa.Array) else page)
    found = click_columns({"baseuri": pa.array(pages, pa.string())}, len(pages))
    return found["click_id"].take(codes), found["click_id_type"].take(codes)
