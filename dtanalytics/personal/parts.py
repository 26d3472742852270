"""Which columns of a table identify people, whoever made the table and whatever its columns are called.

A column is personal by its name (one of the schema's in any spelling, with any prefix or suffix), by
its place (a level of the index or of the columns), or by its values. Masks, sheets, tables and pictures
ask here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.personal.names import Named, fields, level_of, name_of, named, vocabulary, words
from dtanalytics.personal.values import as_text, personal_texts, pseudonymous, shape
from dtanalytics.schema import Personal

PHONES = frozenset({"caller_id", "ani"})
OWN_NUMBERS = frozenset({"affiliate_number", "transfer_number", "dnis", "phone_label"})
"""Fields with the numbers of affiliates and buyers, which identify no person."""

_IDENTIFIERS = re.compile(
    r".*_id|sid|pid|vt_(?:random|creative|target|param\d|aceid|adposition)|.*_version|.*targetid"
)
_IDS = frozenset({
    "campaign", "adgroup", "group", "keyword", "keywords", "account", "acct", "creative", "pool",
    "sid", "placement", "path",
})  # fmt: skip
"""Words of a name whose ten digits are an identifier of the ad platform."""
_NUMERIC = PHONES | {"ip_address", "entered_zip", "zipcode", "click_id", "super_id", "ppc_gclid"}
_COUNTED = frozenset({
    "calls", "count", "counts", "nunique", "size", "n", "num", "rate", "share", "freq", "len",
    "length", "sum", "mean", "std", "total",
})  # fmt: skip
_MOST_COMPARED = 1_000
_SHORTEST = 3
"""Letters of a name at least, to be looked for among other words."""
_LEAST_NUMBER = 1_000_000  # a smaller number counts something, and is no telephone number


@dataclass(frozen=True, eq=False)
class Part:
    """One column of a table, or one level of its index.

    Attributes
    ----------
    label : hashable
        Name of the column or level.
    column : pandas.Series
        Its values.
    level : {"no", "quasi", "direct"}
        ``direct`` identifies a person alone, ``quasi`` together with other columns.
    field : str
        The schema's field that it is by name; nothing where its values decided.
    why : str
        What its values are, where they and not the name decided.
    plain : bool
        The name is the schema's own, so that no warning is needed.
    rows : array of bool or None
        The rows that are personal; None for all.
    header : hashable
        Name of the level of the columns that is personal, where that decided.
    """

    label: Hashable
    column: pd.Series[Any]
    level: Personal = "no"
    field: str = ""
    why: str = ""
    plain: bool = False
    rows: npt.NDArray[np.bool_] | None = None
    header: Hashable = None


def parts_of(frame: pd.DataFrame) -> tuple[list[Part], list[Part]]:
    """Judge the levels of the index of a frame, then its columns: what of each is personal."""
    index = [_level_part(frame.index, place) for place in range(frame.index.nlevels)]
    heads = _personal_headers(frame.columns)
    columns = [_part(label, frame.iloc[:, place]) for place, label in enumerate(frame.columns)]
    columns = [
        _under(part, heads[place]) if heads[place] is not None else part for place, part in enumerate(columns)
    ]
    every = _rows_of_fields(_copies([*index, *columns]))
    return every[: len(index)], every[len(index) :]


def _level_part(index: pd.Index[Any], place: int) -> Part:
    name = index.names[place]
    values = index.get_level_values(place).to_series(index=pd.RangeIndex(len(index)))
    if name is None and isinstance(index, pd.RangeIndex):
        return Part(None, values)
    return _part(name, values)


def _part(label: Hashable, column: pd.Series[Any]) -> Part:
    """Judge one column by its name, then by its values."""
    found = None if label is None else named(label)
    level = level_of(found.field) if found else "no"
    if found and level != "no" and not _only_measures(column, found) and not pseudonymous(column):
        plain = found.whole and name_of(label).removeprefix("bid_") == found.field
        plain = plain or name_of(label) == f"bid_{found.field}"
        if level == "direct" or found.field not in {"city", "search_term"}:
            return Part(label, column, level, found.field, plain=plain)
        why = shape(column, declared=True)
        return Part(
            label,
            column,
            "direct" if why else level,
            "" if why else found.field,
            why,
            plain=plain and not why,
        )
    if level == "no" and not (found and found.field in OWN_NUMBERS):
        declared = found is not None and found.affixed
        if declared and not _may_hide(found):
            return Part(label, column)
        ids = not declared and label is not None and bool(_IDS & set(words(name_of(label))))
        if why := shape(column, declared=declared, ids=ids):
            return Part(label, column, "direct", why=why)
    return Part(label, column)


def _may_hide(found: Named | None) -> bool:
    """Tell whether a declared column could hold a caller under its name: labels and free text could."""
    return (
        found is not None
        and fields()[found.field].kind in {"name", "text"}
        and not _IDENTIFIERS.fullmatch(found.field)
    )


def _only_measures(column: pd.Series[Any], found: Named) -> bool:
    """Tell whether a column that is named after a field only counts, times or measures it."""
    kind = column.dtype
    if kind.kind in "mMb" or isinstance(kind, (pd.PeriodDtype, pd.IntervalDtype)):
        return True
    if found.whole or not pd.api.types.is_numeric_dtype(kind):
        return False
    if pd.api.types.is_bool_dtype(kind) or found.field not in _NUMERIC:
        return True
    if found.field in PHONES or found.rest & _COUNTED:
        largest = column.abs().max()
        return bool(pd.isna(largest) or largest < _LEAST_NUMBER)
    return False


def _personal_headers(header: pd.Index[Any]) -> list[Hashable]:
    """Say of each column the level of its header that names people, as after a pivot on the caller."""
    for name in header.names:
        found = None if name is None else named(name)
        if found and level_of(found.field) == "direct":
            return [None if _is_plain(label) else name for label in header]
    parts = [label if isinstance(label, tuple) else (label,) for label in header]
    marks = [personal_texts(level) for level in zip_longest(*parts, fillvalue="")]
    return ["" if any(mark[place] for mark in marks) else None for place in range(len(parts))]


def _is_plain(label: Hashable) -> bool:
    """Tell whether a column has the name of a field that identifies nobody, as after ``reset_index``."""
    return name_of(label) in fields() and level_of(name_of(label)) == "no"


def _under(part: Part, header: Hashable) -> Part:
    return Part(part.label, part.column, "direct", why="names of columns", header=header)


def _copies(parts: list[Part]) -> list[Part]:
    """Mark columns that repeat a personal one row by row under a name of their own, alone or among words."""
    people = [part.column for part in parts if part.level == "direct" and part.field]
    if not people:
        return parts
    return [
        Part(part.label, part.column, "direct", why="the values of a personal column")
        if part.level == "no"
        and _is_free(part)
        and any(_repeats(part.column, other) or _contains(part.column, other) for other in people)
        else part
        for part in parts
    ]


def _is_free(part: Part) -> bool:
    """Tell whether a column of text has a name that is none of the schema's."""
    return _is_text(part.column) and (part.label is None or named(part.label) is None)


def _repeats(column: pd.Series[Any], other: pd.Series[Any]) -> bool:
    mine = as_text(column)
    known = mine.notna().to_numpy() & (mine != "").to_numpy(dtype=bool)
    return bool(known.any()) and bool(
        (mine.to_numpy()[known] == as_text(other).to_numpy()[known]).all() and not pseudonymous(column)
    )


def _contains(column: pd.Series[Any], other: pd.Series[Any]) -> bool:
    """Tell whether half of the rows or more have the other column's text among their words.

    Evenly spaced rows are enough to tell.
    """
    step = len(column) // _MOST_COMPARED + 1
    pairs = zip(column.iloc[::step], other.iloc[::step], strict=True)
    both = [(str(one), str(two)) for one, two in pairs if isinstance(one, str) and isinstance(two, str)]
    long = [(one.casefold(), two.casefold()) for one, two in both if len(two) >= _SHORTEST]
    found = sum(re.search(rf"(?<!\w){re.escape(two)}(?!\w)", one) is not None for one, two in long)
    return found > 0 and found * 2 >= len(long)


def _rows_of_fields(parts: list[Part]) -> list[Part]:
    """Mark the rows whose values belong to a personal field that another column names, as after ``melt``."""
    named_rows = [
        rows for part in parts if _is_free(part) if (rows := _rows_naming_people(part.column)) is not None
    ]
    if not named_rows:
        return parts
    rows = np.logical_or.reduce(named_rows)
    return [_with_rows(part, rows) if part.level == "no" and _is_free(part) else part for part in parts]


def _rows_naming_people(column: pd.Series[Any]) -> npt.NDArray[np.bool_] | None:
    values = as_text(column)
    different = values.dropna().unique()
    if len(different) > 1_000:  # no column of names
        return None
    people = [
        value
        for value in different
        if (found := named(value)) and found.whole and level_of(found.field) == "direct"
    ]
    if not any(len(words(str(value))) > 1 for value in people):  # "extra" and "recording" are words, too
        return None
    return np.asarray(values.isin(people).to_numpy(dtype=bool))


def _with_rows(part: Part, rows: npt.NDArray[np.bool_]) -> Part:
    values = as_text(part.column)
    strange = rows & values.notna().to_numpy() & ~values.isin(vocabulary()).to_numpy(dtype=bool)
    if not strange.any():
        return part
    return Part(part.label, part.column, "direct", why="values of fields that identify people", rows=strange)


def _is_text(column: pd.Series[Any]) -> bool:
    kind = column.dtype
    return bool(
        kind.kind == "O" or pd.api.types.is_string_dtype(kind) or isinstance(kind, pd.CategoricalDtype)
    )
