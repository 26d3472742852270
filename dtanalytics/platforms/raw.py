"""Calls as text: what a file holds under the names of our columns, before anything is read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.values import to_json
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.platforms.catalog import listed
from dtanalytics.platforms.cleaning import SAMPLE, cleaned, has_few
from dtanalytics.platforms.mapping import Platform, Source, folded
from dtanalytics.platforms.values import coded_array, words_of
from dtanalytics.platforms.zones import zone_in
from dtanalytics.schema import LEADFLOW

NEEDED = (LEADFLOW.key, LEADFLOW.time)
ZONES = ("Time Zone", "Call Time Zone", "Start Time Zone")
"""Columns that name the zone of each row's time, on any platform."""
_DERIVED = frozenset({"call_day", "call_hour", LEADFLOW.ambiguous, "extra", "platform", "click_id_field"})


@dataclass
class Raw:
    """Calls of one platform as text.

    Attributes
    ----------
    platform : Platform
        Whose calls.
    table : pyarrow.Table
        A column of text for each name of ours that is filled, ``extra`` among them.
    origins : dict
        Name of ours -> the platform's column that fills it.
    announced : int, optional
        How many calls the answer says that there are, on all of its pages.
    has_more : bool, optional
        Whether the last page here says that another follows.
    unknown : Counter
        Columns that no mapping knows -> calls that have a value there.
    """

    platform: Platform
    table: pa.Table
    origins: dict[str, str] = field(default_factory=dict)
    unknown: Counter[str] = field(default_factory=Counter)
    announced: int | None = None
    has_more: bool | None = None


@dataclass(frozen=True)
class Fill:
    """A column of ours, the columns of a file that fill it, the preferred first, and how they are read."""

    source: Source
    columns: tuple[str, ...]


def fills(platform: Platform, columns: Sequence[str], names: Mapping[str, str], where: str) -> list[Fill]:
    """Tell which columns of a file fill ours.

    Parameters
    ----------
    platform : Platform
        Whose columns.
    columns : sequence of str
        Names in the file.
    names : mapping
        Column of the file -> our name, before the mapping's own; see `checked_names`.
    where : str
        What messages call the file.

    Raises
    ------
    SchemaError
        A needed column is not there; the message lists those that are.
    """
    there: dict[str, list[str]] = {}
    for name in columns:
        there.setdefault(folded(name), []).append(name)
        bare = zone_in(name)[0]
        if bare != name:
            there.setdefault(folded(bare), []).append(name)
    asked = {folded(key): target for key, target in names.items()}
    _check_there(asked, there, names, columns, where)
    made: list[Fill] = []
    for source in (*platform.sources, *_declared(asked, platform)):
        by_user = [name for key, target in asked.items() if target == source.target for name in there[key]]
        own = [] if by_user else [name for alias in source.names for name in there.get(folded(alias), ())]
        found = tuple(dict.fromkeys([*by_user, *own]))
        if found:
            made.append(Fill(source, found))
    filled = {one.source.target for one in made}
    for needed in NEEDED:
        if needed not in filled:
            raise SchemaError(
                f"{where} has no column for {needed} of {platform.title}, such as "
                f"{platform.names_of(needed)[0]!r}; it has {listed(columns)}: say which it is, "
                f"names={{'...': {needed!r}}}"
            )
    return made


def _check_there(
    asked: Mapping[str, str],
    there: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
    columns: Sequence[str],
    where: str,
) -> None:
    for key in names:
        if folded(key) not in there:
            raise SchemaError(f"{where} has no column {key!r}: {nearest(key, columns)}")
    for target in set(asked.values()):
        given = [key for key, one in names.items() if one == target]
        if len({folded(key) for key in given}) > 1:
            raise SchemaError(
                f"names= gives {' and '.join(map(repr, given))} one name, {target!r}: name the right one"
            )


def _declared(asked: Mapping[str, str], platform: Platform) -> list[Source]:
    """Sources for columns that only the user's names fill, for the marks of corrections, and for zones."""
    own = {source.target for source in platform.sources}
    marks = [Source(f"_{name}", (name,)) for name in (*platform.corrected_by, platform.row_kind) if name]
    marks.append(Source("_zone", ZONES, "name"))
    return [*marks, *(Source(target, ()) for target in dict.fromkeys(asked.values()) if target not in own)]


def collected(
    platform: Platform,
    table: pa.Table,
    made: Sequence[Fill],
    rest: tuple[pa.Array, Counter[str]] | None = None,
) -> Raw:
    """Take the columns of a file under our names: text without spaces around it, nothing as null.

    Columns of few values become dictionaries; what no column of ours takes becomes JSON text in ``extra``,
    unless ``rest`` says what it holds, and which unknown columns are in it.
    """
    used = {name for one in made for name in one.columns}
    left = [] if rest is not None else [name for name in table.column_names if name not in used]
    header = {one.source.target: one.columns[0] for one in made}
    if rest is None:
        table = _without_headers(table, header[LEADFLOW.key])
    nothing = ("", *platform.nothing)

    def column(one: Fill) -> tuple[str, pa.ChunkedArray]:
        parts = [
            cleaned(
                table[name],
                nothing,
                few=one.source.reading in _FEW or (one.source.target not in NEEDED and has_few(table[name])),
            )
            for name in one.columns
        ]
        if len(parts) > 1:
            parts = [pc.coalesce(*(part.cast(pa.string()) for part in parts))]
        if one.source.reading == "given":
            return one.source.target, pc.if_else(parts[0].is_valid(), "true", "false")
        return one.source.target, parts[0]

    def other(name: str) -> tuple[str, pa.ChunkedArray]:
        return name, cleaned(table[name], nothing, few=has_few(table[name]))

    with ThreadPoolExecutor(pa.cpu_count(), "dtanalytics-platform") as pool:
        columns = dict(pool.map(column, made))
        others = dict(pool.map(other, left))
        unknown: Mapping[str, int] = {
            name: len(values) - values.null_count
            for name, values in others.items()
            if folded(name) not in platform.quiet and values.null_count < len(values)
        }
        columns["extra"] = _numbered_json(others, table.num_rows)
        if columns["extra"] is None:
            columns["extra"] = _as_json(dict(pool.map(_member, others.items())), table.num_rows)
    if rest is not None:
        columns["extra"], unknown = pa.chunked_array([rest[0]]), rest[1]
    if (zone := zone_in(header[LEADFLOW.time])[1]) is not None:
        of_header = pa.repeat(zone, table.num_rows).dictionary_encode()
        own = columns.get("_zone")
        columns["_zone"] = (
            pa.chunked_array([of_header])
            if own is None
            else pc.coalesce(own.cast(pa.string()), of_header.cast(pa.string()))
        )
    return Raw(platform, pa.table(columns), header, Counter(unknown))


_FEW = frozenset({"name", "flag", "money", "seconds", "zip"})


def _without_headers(table: pa.Table, name: str) -> pa.Table:
    """Rows that are not the header once more."""
    again = pc.equal(table[name], name)
    return table.filter(pc.invert(again.fill_null(fill_value=False))) if pc.any(again).as_py() else table


def _numbered_json(columns: Mapping[str, pa.ChunkedArray], rows: int) -> pa.ChunkedArray | None:
    """JSON objects, each different one written once; None where the columns have too many values for that."""
    if not columns or not all(pa.types.is_dictionary(column.type) for column in columns.values()):
        return None
    coded = [words_of(column) for column in columns.values()]
    if math.prod(len(words) + 1 for _, words in coded) >= 1 << 62:
        return None
    code = np.zeros(rows, dtype=np.int64)
    for indices, words in coded:
        code = code * (len(words) + 1) + indices.cast(pa.int64()).fill_null(len(words)).to_numpy()
    numbered = pa.array(code).dictionary_encode()
    if len(numbered.dictionary) > max(rows // 8, SAMPLE):
        return None
    first = np.empty(len(numbered.dictionary), dtype=np.int64)
    first[numbered.indices.to_numpy()[::-1]] = np.arange(rows)[::-1]
    some = pa.array(first)
    members = {
        name: _member((name, pa.chunked_array([_one_chunk(column).take(some)])))[1]
        for name, column in columns.items()
    }
    objects = _as_json(members, len(first)).to_pylist()
    return pa.chunked_array([coded_array(numbered.indices, objects)])


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    made = column.combine_chunks()
    return made.chunk(0) if isinstance(made, pa.ChunkedArray) else made


def _member(item: tuple[str, pa.ChunkedArray]) -> tuple[str, pa.ChunkedArray]:
    """Write a column as members of JSON objects: ``,"name":"value"``, null where there is no value."""
    name, column = item
    key = f",{to_json(name)}"
    if pa.types.is_dictionary(column.type):
        chunk = column.combine_chunks()
        chunk = chunk if isinstance(chunk, pa.DictionaryArray) else chunk.chunk(0)
        words = [None if word is None else f"{key}:{to_json(word)}" for word in chunk.dictionary.to_pylist()]
        return name, pa.chunked_array([pa.array(words, pa.string()).take(chunk.indices)])
    if pc.any(pc.match_substring_regex(column, r'["\\\x00-\x1f]')).as_py():
        texts = [None if text is None else f"{key}:{to_json(text)}" for text in column.to_pylist()]
        return name, pa.chunked_array([pa.array(texts, pa.string())])
    return name, pc.binary_join_element_wise(f'{key}:"', column, '"', "")


def _as_json(members: Mapping[str, pa.ChunkedArray], rows: int) -> pa.ChunkedArray:
    """JSON objects of members; null where a row has none."""
    some = [member for member in members.values() if member.null_count < rows]
    if not some:
        return pa.chunked_array([pa.nulls(rows, pa.string())])
    # null_handling="skip" leaves out rows in which all are null
    listed_members = pc.binary_join_element_wise(*some, "", null_handling="replace", null_replacement="")
    objects = pc.binary_join_element_wise("{", pc.utf8_slice_codeunits(listed_members, 1), "}", "")
    return pc.if_else(pc.equal(listed_members, ""), None, objects)


def checked_names(names: Mapping[Any, str] | None, known: Iterable[str]) -> dict[str, str]:
    """Return the user's names, or say which is none of ours."""
    ours = [name for name in known if name not in _DERIVED]
    for key, name in (names or {}).items():
        if name not in ours:
            hint = nearest(name, ours)
            if key in ours:
                hint = f"names= goes from the file's column to ours: {{{name!r}: {key!r}}}"
            raise InputError(f"names= gives {key!r} the name {name!r}, which is none of ours; {hint}")
    return {str(key): name for key, name in (names or {}).items()}
