"""Rows of a ledger that say something and are no calls: notes, headings of groups, lines of dashes."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from dtanalytics.columns.kinds import shown
from dtanalytics.ledgers.cells import bare, is_text, texts
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.digits import only_digits

_KEYS = (LEADFLOW.key, "caller_id", "ani")
_SHOWN = 5
_SENTENCE = re.compile(r"\*.*[^\W\d_]{2}.*|.*[^\W\d_]{2}.*\s.*", re.DOTALL)
"""Several words, or a footnote: no identifier has them."""
_RULE = re.compile(r"\s*[-=_+:|\s]{3,}\s*")


def without_remarks(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Take out the rows that are lines of dashes, or hold nothing but words instead of an identifier.

    Returns
    -------
    (table, left, notes)
        What is kept; ``row, label, amount`` of what is not (without an amount); what to warn of.
    """
    left = pd.DataFrame(
        {"row": pd.Series([], dtype="int64"), "label": pd.Series([], dtype="str"), "amount": []}
    )
    key = next((name for name in _KEYS if name in table.columns), None)
    if key is None or table.shape[1] < 2 or not len(table):
        return table, left, []
    if not is_text(table[key]):
        return table, left, []
    keys = texts(table[key])
    if (only_digits(keys) | keys.isna().to_numpy(dtype=bool)).all():
        return table, left, []  # neither words nor dashes
    alone = (table.notna().sum(axis=1) == 1) & keys.notna()  # a row without a key is told as one
    ruled = keys.str.match(r"\s*[-=_+:|]{3}").fillna(value=False).astype(bool)
    calls = keys[~alone & ~ruled].dropna().head(1_000)
    if bool(calls.map(_is_sentence).any()):  # identifiers have blanks here
        alone &= False
    numbered = len(calls) > 0 and bool(calls.map(_has_digit).all())
    is_remark = _is_no_number if numbered else _is_sentence  # a word alone then names a group of calls
    rows = [row for row in table.index[ruled] if _words(table, row, _is_rule)]
    said = {row: words[0] for row in table.index[alone] if (words := _words(table, row, is_remark))}
    if not rows and not said:
        return table, left, []
    left = pd.DataFrame({"row": list(said), "label": list(said.values()), "amount": float("nan")})
    return table.drop(index=[*rows, *said]), left, [_told(said)] if said else []


def _words(table: pd.DataFrame, row: Any, test: Any) -> list[str]:
    """The cells of a row that are filled, if all of them pass a test."""
    cells = [value for value in table.loc[row] if not pd.isna(value)]
    return [bare(cell) for cell in cells] if all(isinstance(one, str) and test(one) for one in cells) else []


def _is_sentence(text: Any) -> bool:
    return isinstance(text, str) and _SENTENCE.fullmatch(bare(text)) is not None


def _has_digit(text: Any) -> bool:
    return re.search(r"\d", str(text)) is not None


def _is_no_number(text: Any) -> bool:
    is_word = isinstance(text, str) and re.search(r"[^\W\d_]", text) is not None and not _has_digit(text)
    return is_word or _is_sentence(text)


def _is_rule(text: str) -> bool:
    return _RULE.fullmatch(text) is not None


def _told(said: dict[Any, str]) -> str:
    some = [f"row {row} ({shown(text, None)})" for row, text in list(said.items())[:_SHOWN]]
    more = f" and {len(said) - _SHOWN} more" if len(said) > _SHOWN else ""
    is_are = "is a remark" if len(said) == 1 else "are remarks"
    return f"{', '.join(some)}{more} {is_are}: no call, left out"
