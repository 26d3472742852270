"""Identifiers of calls as spreadsheets leave them, brought back to what they were where no digit is lost."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd

from dtanalytics.columns.kinds import TEXT
from dtanalytics.ledgers.cells import bare, prepared

_EXACT = 1 << 53
"""Floats hold every whole number below."""
_EXPONENT = re.compile(r"\d(?:[.,]\d*)?[eE]\+?\d{1,2}")
_GROUPED = re.compile(r"\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3}){2,}|(?: \d{3})+|(?:'\d{3})+)")
_MILLIONS = re.compile(
    r"\d{1,3}(?:(?:,\d{3}){2,}|(?:\.\d{3}){2,}|(?:[ \u00a0\u202f]\d{3}){2,}|(?:'\d{3}){2,})"
)
_DIGITS_KEPT = 15
"""Significant digits that a spreadsheet keeps of a number."""


class Found(NamedTuple):
    """What became of the identifiers of a ledger.

    Attributes
    ----------
    sids : pandas.Series
        For each row our spelling of its call, else the row's own.
    zeros : dict
        Identifiers that had lost their leading zeros -> ours.
    rounded : dict
        Identifiers that a spreadsheet had rounded -> calls of ours that they may be, "" for none.
    """

    sids: pd.Series[Any]
    zeros: dict[str, str]
    rounded: dict[str, str]


def read_ids(column: pd.Series[Any]) -> pd.Series[Any]:
    """Read identifiers as text, without what a spreadsheet puts around them.

    Examples
    --------
    >>> read_ids(pd.Series(['="2610"', "'2610", "2610.0", " 2610 ", None])).tolist()
    ['2610', '2610', '2610', '2610', nan]
    >>> read_ids(pd.Series([26100100000.0, None])).tolist()
    ['26100100000', nan]
    """
    column = prepared(column)
    codes, found = pd.factorize(column)
    made = pd.array([_bare(value) or None for value in found], dtype=TEXT)
    return pd.Series(made.take(codes, allow_fill=True), column.index, name=column.name)


def _bare(value: Any) -> str:
    if not isinstance(value, str):
        return _number(value)
    if value.isascii() and value.isdigit():
        return value
    text = bare(value)
    if (formula := re.fullmatch(r'="?([^"]*)"?', text)) is not None:
        text = formula[1]
    text = text.removeprefix("'").strip()
    if re.fullmatch(r"\d+[.,]0+", text) and not _GROUPED.fullmatch(text):
        text = re.split("[.,]", text)[0]
    if _MILLIONS.fullmatch(text):
        return re.sub("[^0-9]", "", text)
    if _EXPONENT.fullmatch(text):
        mantissa, exponent = re.split("[eE]", text.replace(",", "."))
        if len(mantissa.partition(".")[2]) >= int(exponent):
            return str(int(Decimal(text.replace(",", "."))))
    return text


def _number(value: Any) -> str:
    """Write a number out; a float too large to hold every digit as a spreadsheet shows it."""
    if isinstance(value, float) and (value != int(value) if abs(value) < 1e300 else True):
        return str(value)
    if isinstance(value, float) and abs(value) >= _EXACT:
        return f"{value:.14E}"
    try:
        return str(int(value)) if value == int(value) else str(value)
    except (TypeError, ValueError):
        return str(value)


def matched_ids(theirs: pd.Series[Any], ours: Iterable[str]) -> Found:
    """Find for each identifier of a ledger the call of ours that it names.

    Parameters
    ----------
    theirs : pandas.Series
        As `read_ids` returns them.
    ours : iterable of str
        Sids of our calls.

    Returns
    -------
    Found
    """
    known = set(ours)
    given = [one for one in pd.unique(theirs.dropna()) if one not in known]
    named: dict[str, str] = {}
    zeros: dict[str, str] = {}
    rounded: dict[str, str] = {}
    if given:
        plain = _alike(known, _ungrouped)
        short = _alike(known, lambda sid: sid.lstrip("0") if sid.isdigit() else sid)
        rounding = _Rounding(known)
        for one in given:
            digits = _ungrouped(one)
            if len(at := plain.get(digits, [])) == 1:
                named[one] = at[0]
            elif rounding.is_rounded(one):
                exact, maybe = rounding.candidates(one)
                if exact:
                    named[one] = exact
                else:
                    rounded[one] = maybe
            elif digits.isdigit() and len(at := short.get(digits.lstrip("0"), [])) == 1:
                named[one] = zeros[one] = at[0]
            elif maybe := rounding.cut(digits):
                rounded[one] = maybe
    return Found(theirs.map(named).fillna(theirs) if named else theirs, zeros, rounded)


def _ungrouped(text: str) -> str:
    return re.sub("[^0-9]", "", text) if _GROUPED.fullmatch(text) else text


def _alike(known: set[str], spell: Any) -> dict[str, list[str]]:
    alike: dict[str, list[str]] = defaultdict(list)
    for sid in known:
        alike[spell(sid)].append(sid)
    return alike


class _Rounding:
    """Our numeric sids, rounded to fewer digits as a spreadsheet shows them."""

    def __init__(self, known: set[str]) -> None:
        self._known = [sid for sid in known if sid.isdigit()]
        self._made: dict[tuple[int, int], dict[str, list[str]]] = {}

    def is_rounded(self, text: str) -> bool:
        return _EXPONENT.fullmatch(text) is not None

    def candidates(self, text: str) -> tuple[str, str]:
        """The one call that it can only be, with all its digits; and one that it may be."""
        mantissa, exponent = re.split("[eE]", text.replace(",", "."))
        kept = re.sub("[^0-9]", "", mantissa)
        length = int(exponent) + 1
        sids = self._of(length, len(kept)).get(kept, [])
        whole = kept.ljust(length, "0")
        return (whole if sids == [whole] else ""), min(sids, default="")

    def cut(self, digits: str) -> str:
        """A call that has the digits which a spreadsheet keeps, where the others are zeros."""
        if not digits.isdigit() or len(digits) <= _DIGITS_KEPT or set(digits[_DIGITS_KEPT:]) != {"0"}:
            return ""
        cut = {**self._of(len(digits), _DIGITS_KEPT)}.get(digits[:_DIGITS_KEPT], [])
        return min(cut, default="")

    def _of(self, length: int, kept: int) -> dict[str, list[str]]:
        key = (length, kept)
        if key not in self._made:
            unit = 10 ** max(length - kept, 0)
            self._made[key] = _alike(
                {sid for sid in self._known if len(sid) == length},
                lambda sid: str((int(sid) + unit // 2) // unit),
            )
        return self._made[key]
