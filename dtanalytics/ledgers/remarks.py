"""Rows of a ledger that say something and are no calls: notes, headings of groups, lines of dashes."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from dtanalytics.columns.kinds import shown
from dtanalytics.ledgers.cells import NO_VALUE, bare, is_text, texts
from dtanalytics.ledgers.totals import MONEY
from dtanalytics.schema import LEADFLOW
from dtanalytics.texts.digits import only_digits

_KEYS = (LEADFLOW.key, "caller_id", "ani")
_TELLING = ("caller_id", "ani", LEADFLOW.time, "date_added")
"""Columns besides the identifier that tell a call."""
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
    if only_digits(keys).all():
        return table, left, []  # neither words nor dashes, and no row without an identifier
    headings = _headings(table, keys)
    alone = (table.notna().sum(axis=1) == 1) & keys.notna()  # a row without a key is told as one
    ruled = keys.str.match(r"\s*[-=_+:|]{3}").fillna(value=False).astype(bool)
    calls = keys[~alone & ~ruled].dropna().head(1_000)
    if bool(calls.map(_is_sentence).any()):  # identifiers have blanks here
        alone &= False
    numbered = len(calls) > 0 and bool(calls.map(_has_digit).all())
    is_remark = _is_no_number if numbered else _is_sentence  # a word alone then names a group of calls
    rows = [row for row in table.index[ruled] if _words(table, row, _is_rule)]
    said = {row: words[0] for row in table.index[alone] if (words := _words(table, row, is_remark))}
    said = {**headings, **said}
    if not rows and not said:
        return table, left, []
    left = pd.DataFrame({"row": list(said), "label": list(said.values()), "amount": float("nan")})
    return table.drop(index=[*rows, *said]), left, [_told(said)] if said else []


def _headings(table: pd.DataFrame, keys: pd.Series[Any]) -> dict[Any, str]:
    """Rows without an identifier, a caller, a time and an amount: the name of a group, or a second header."""
    told = [name for name in _TELLING if name in table.columns]
    money = [name for name in MONEY if name in table.columns]
    empty = keys.isna() if money else pd.Series(data=False, index=table.index)
    for name in (*told, *money):
        column = table[name]
        empty &= (texts(column) if is_text(column) else column).isna()
    found = {row: cells[0] for row in table.index[empty] if (cells := _filled(table, row))}
    first = table.index[0]
    if money and is_text(table[money[0]]) and _is_second_header(table, first, money[0], keys):
        found[first] = ", ".join(_filled(table, first))
    return found


def _is_second_header(table: pd.DataFrame, row: Any, money: str, keys: pd.Series[Any]) -> bool:
    """Whether a row above all others has words alone, where identifiers and amounts have digits below it."""
    cells = _filled(table, row)
    below = keys.drop(row).dropna()
    return (
        len(cells) > 1
        and not any(map(_has_digit, cells))
        and re.search(r"[^\W\d_]", str(table[money][row])) is not None
        and str(table[money][row]).strip().lower() not in NO_VALUE
        and len(below) > 0
        and bool(below.head(1_000).map(_has_digit).all())
    )


def _filled(table: pd.DataFrame, row: Any) -> list[str]:
    return [bare(str(value)) for value in table.loc[row] if not pd.isna(value) and bare(str(value))]


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
