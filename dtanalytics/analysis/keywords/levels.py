"""Levels of a keyword table: the path of ids, a device, an hour, words of the search term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.keywords import ngrams
from dtanalytics.analysis.keywords.valuetrack import is_template, label
from dtanalytics.analysis.tables import Ints, columns_of
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.rollup.groups import compress

IDS = ("adwords_account_id", "adwords_campaign_id", "adwords_adgroup_id", "adwords_keyword_id")
PATHS = {"account": IDS[:1], "campaign": IDS[:2], "ad_group": IDS[:3], "keyword": IDS}
"""Level -> ids, from the account down."""

_NGRAMS = {"1gram": 1, "2gram": 2, "3gram": 3}
LEVELS = (*PATHS, *_NGRAMS, "device", "hour")

_NAMES = {"campaign": "ppc_campaign", "ad_group": "ppc_ad_group"}
_WORDS = ("vt_keyword", "ppc_keywords")


@dataclass(frozen=True)
class Groups:
    """Which rows belong to which group.

    Attributes
    ----------
    rows : numpy.ndarray
        Row of the frame, once for each group that it is in.
    codes : numpy.ndarray
        Number of that group.
    keys : pandas.DataFrame
        What each group is called, in the order of the numbers.
    """

    rows: Ints
    codes: Ints
    keys: pd.DataFrame


def reads(level: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that calls must have to be grouped at a level, and those that name the groups."""
    if level in PATHS:
        names = [_NAMES[name] for name in list(PATHS)[: list(PATHS).index(level) + 1] if name in _NAMES]
        return PATHS[level], (*names, *(_WORDS if level == "keyword" else ()))
    if level in _NGRAMS:
        return ("search_term",), ()
    if level not in LEVELS:
        raise InputError(f"level is {level!r}: {nearest(level, LEVELS)}")
    return ("vt_device" if level == "device" else "call_hour",), ()


def check_attributed(calls: Any, needed: Sequence[str]) -> None:
    """Say how LeadFlow calls get what Bid Management knows of them, where they lack it."""
    names = columns_of(calls)
    lacking = [name for name in needed if name not in names]
    if lacking and "lead_status" in names and "rank" not in names:
        raise SchemaError(
            f"LeadFlow calls alone have no {' and no '.join(map(repr, lacking))}: Bid Management knows the "
            "keywords; join both first, dta.join_calls(leadflow, bids)"
        )


def groups(calls: pd.DataFrame, level: str) -> Groups:
    """Group calls at a level; calls without it are a group of their own, whose name is null.

    The calls have the columns that `reads` names, as `local` brings them.
    """
    if level in PATHS:
        return _by_path(calls, level)
    if level in _NGRAMS:
        rows, runs = ngrams.explode(calls["search_term"], _NGRAMS[level])
        return _by_column(rows, runs, level)
    every = np.arange(len(calls))
    if level == "device":
        return _by_column(every, label(calls["vt_device"], "vt_device"), "device")
    return _by_column(every, calls["call_hour"], "call_hour")


def _by_column(rows: Ints, column: pd.Series[Any], name: str) -> Groups:
    codes, values = pd.factorize(column, sort=True, use_na_sentinel=True)
    last = len(values)
    missing = codes < 0
    keys = pd.Series(values, dtype=column.dtype if name == "call_hour" else "str")
    if missing.any():
        keys = keys.reindex(range(last + 1))
    return Groups(rows, np.where(missing, last, codes).astype(np.int64), keys.to_frame(name))


def _by_path(calls: pd.DataFrame, level: str) -> Groups:
    ids = PATHS[level]
    parts = [_clean(calls[name]) for name in ids]
    if level == "keyword":
        parts.append(_by_words(calls, parts[-1][0]))
    codes, size = np.zeros(len(calls), dtype=np.int64), 1
    for part, values in parts:
        codes *= len(values) + 1
        codes += part
        codes += 1
        codes, found = compress(codes, size * (len(values) + 1))
        size = len(found)
    first = _first_rows(codes)
    keys = pd.DataFrame({name: _at(part, first) for name, part in zip(ids, parts, strict=False)})
    keys["path"] = _path(keys)
    for name, source in _NAMES.items():
        if source in calls and source in reads(level)[1]:
            keys[name] = _name(calls[source], codes, len(first))
    if level == "keyword":
        keys["keyword"] = _keyword(calls, codes, len(first))
    order = keys.sort_values([*ids, *(["keyword"] if level == "keyword" else [])], kind="stable").index
    place = np.empty(len(order), dtype=np.int64)
    place[order.to_numpy()] = np.arange(len(order))
    return Groups(
        np.arange(len(calls)), place[codes] if len(order) else codes, keys.loc[order].reset_index(drop=True)
    )


def _clean(column: pd.Series[Any]) -> tuple[Ints, list[str]]:
    """Number the values of a column; null, empty values and unexpanded templates are -1."""
    codes, values = pd.factorize(column)
    texts = [str(value) for value in values]
    useless = np.array([not text.strip() or is_template(text) for text in texts] + [False])
    codes = codes.astype(np.int64, copy=False)
    return np.where(useless[codes], -1, codes) if useless.any() else codes, texts


def _by_words(calls: pd.DataFrame, ids: Ints) -> tuple[Ints, list[str]]:
    """Tell keywords without an id apart by their words."""
    words = [name for name in _WORDS if name in calls]
    if not words:
        return np.full(len(calls), -1), []
    codes, texts = _clean(calls[words[0]])
    return np.where(ids < 0, codes, -1), texts


def _first_rows(codes: Ints) -> Ints:
    first = np.empty(int(codes.max()) + 1 if len(codes) else 0, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _at(part: tuple[Ints, list[str]], rows: Ints) -> pd.Series[Any]:
    codes, texts = part
    return pd.Series(np.array([*texts, None], dtype=object)[codes[rows]], dtype="str")


def _name(column: pd.Series[Any], groups_of: Ints, size: int) -> pd.Series[Any]:
    """Name each group by the first name that one of its calls has."""
    codes, texts = _clean(column)
    named = np.flatnonzero(codes >= 0)
    first = np.full(size, -1)
    first[groups_of[named][::-1]] = codes[named][::-1]
    return pd.Series(np.array([*texts, None], dtype=object)[first], dtype="str")


def _keyword(calls: pd.DataFrame, codes: Ints, size: int) -> pd.Series[Any]:
    keyword = pd.Series([None] * size, dtype="str")
    for name in _WORDS:
        if name in calls:
            keyword = keyword.fillna(_name(calls[name], codes, size))
    return keyword


def _path(keys: pd.DataFrame) -> pd.Series[Any]:
    """Join ids to ``account > campaign > ad group > keyword``; an unknown one is ``?``."""
    path = keys.iloc[:, 0].fillna("?")
    for name in keys.columns[1:]:
        path = path + " > " + keys[name].fillna("?")
    return path.where(keys.notna().any(axis="columns"))
