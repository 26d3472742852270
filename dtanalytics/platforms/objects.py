"""Cells of a table that hold objects, as programs write them that put an answer into a table."""

from __future__ import annotations

import ast
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.exact import load_json
from dtanalytics.platforms.mapping import Platform, folded
from dtanalytics.platforms.records import PREFIXES, as_text, flat
from dtanalytics.platforms.values import words_of


def opened(table: pa.Table, platform: Platform) -> pa.Table:
    """Add columns for what the mapping looks for in objects: ``target_group.name`` of ``{"name": "Acme"}``.

    The cells stay for ``extra``, except where a mapping takes the column itself for a value.
    """
    there = {folded(name) for name in table.column_names}
    for name in table.column_names:
        if folded(name) not in PREFIXES or not pc.any(pc.starts_with(table[name], "{")).as_py():
            continue
        codes, words = words_of(table[name])
        records = [_object(word) for word in words]
        members = [{} if one is None else dict(flat({name: one}, "")) for one in records]
        for path in dict.fromkeys(key for one in members for key in one):
            if folded(path) in platform.known and folded(path) not in there:
                texts = pa.array([as_text(one.get(path)) for one in members], pa.string())
                table = table.append_column(path, texts.take(codes))
        if folded(name) in platform.known:
            plain = [word if one is None else None for word, one in zip(words, records, strict=True)]
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.array(plain, pa.string()).take(codes))
    return table


def _object(word: str | None) -> dict[str, Any] | None:
    """The object that a cell holds, as JSON or as Python writes it."""
    if word is None or not word.startswith("{"):
        return None
    try:
        value = load_json(word.encode())
    except ValueError:
        try:
            value = ast.literal_eval(word)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
