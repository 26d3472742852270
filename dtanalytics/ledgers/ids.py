"""Identifiers of calls as spreadsheets leave them, brought back to what they were where no digit is lost."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.columns.kinds import TEXT
from dtanalytics.columns.numbering import numbered
from dtanalytics.ledgers.cells import bare, prepared, unwrapped
from dtanalytics.texts.digits import changed, only_digits, western

_EXACT = 1 << 53
"""Floats hold every whole number below."""
_SEPARATOR = "[,.'\u2019 _/-]"
"""Stands between the groups of digits of `_GROUPED`."""
_EXPONENT = re.compile(r"\d(?:[.,]\d*)?[eE]\+?\d{1,2}")
_GROUPED = re.compile(r"\d{1,3}(?:(?:,\d{3})+|(?:\.\d{3}){2,}|(?: \d{3})+|(?:['\u2019]\d{3})+)")
_MILLIONS = re.compile(
    r"\d{1,3}(?:(?:,\d{3}){2,}|(?:\.\d{3}){2,}|(?:[ \u00a0\u202f]\d{3}){2,}|(?:['\u2019]\d{3}){2,})"
)
_CALLED = re.compile(r"^(?:(?:call\s*)?s?id|call|ref|no)?[\s.:#-]+(?=\d{6,}$)", re.IGNORECASE)
_DASHED = re.compile(r"\d+(?:[-_/ ]\d+)+")
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
    return changed(column, _bare, only_digits(column))


def _bare(value: Any) -> str:
    if not isinstance(value, str):
        return _number(value)
    text = unwrapped(western(bare(value)))
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


def matched_ids(theirs: pd.Series[Any], ours: pd.Series[Any]) -> Found:
    """Find for each identifier of a ledger the call of ours that it names.

    Parameters
    ----------
    theirs, ours : pandas.Series
        As `read_ids` returns them.

    Returns
    -------
    Found
    """
    given = pd.unique(theirs[_elsewhere(theirs, ours)])
    named: dict[str, str] = {}
    zeros: dict[str, str] = {}
    rounded: dict[str, str] = {}
    if len(given):
        known = pd.Series(ours.dropna().unique(), dtype=TEXT)
        digits = {one: _ungrouped(one) for one in given}
        grouped = known.str.contains(_SEPARATOR).to_numpy(dtype=bool)
        plain = _alike(known, changed(known, _ungrouped, ~grouped), digits.values())
        ends = {one.lstrip("0") for one in digits.values() if one.isdigit()}
        short = _alike(known, known.str.lstrip("0").where(only_digits(known), known), ends)
        rounding = _Rounding(known[only_digits(known)])
        for one in given:
            if len(at := plain.get(digits[one], [])) == 1:
                named[one] = at[0]
            elif rounding.is_rounded(one):
                exact, maybe = rounding.candidates(one)
                if exact:
                    named[one] = exact
                else:
                    rounded[one] = maybe
            elif digits[one].isdigit() and len(at := short.get(digits[one].lstrip("0"), [])) == 1:
                named[one] = zeros[one] = at[0]
            elif maybe := rounding.cut(digits[one]):
                rounded[one] = maybe
    return Found(theirs.map(named).fillna(theirs) if named else theirs, zeros, rounded)


def _elsewhere(theirs: pd.Series[Any], ours: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Where theirs holds a text that stands nowhere in ours."""
    code = numbered(pd.concat([ours, theirs], ignore_index=True))
    held = np.zeros(int(code.max(initial=-1)) + 2, dtype=bool)
    held[code[: len(ours)]] = True
    held[-1] = True  # -1: null
    return np.asarray(~held[code[len(ours) :]])


def _ungrouped(text: str) -> str:
    """Return the digits of an identifier that was written in groups, or behind a word for what it is."""
    text = _CALLED.sub("", text)
    return re.sub("[^0-9]", "", text) if _GROUPED.fullmatch(text) or _DASHED.fullmatch(text) else text


def _alike(known: pd.Series[Any], spelt: pd.Series[Any], wanted: Iterable[str]) -> dict[str, list[str]]:
    """Our sids of each spelling that is wanted."""
    rows = spelt.isin(list(wanted)).to_numpy(dtype=bool)
    alike: dict[str, list[str]] = defaultdict(list)
    for spelling, sid in zip(spelt[rows].tolist(), known[rows].tolist(), strict=True):
        alike[spelling].append(sid)
    return alike


class _Rounding:
    """Our numeric sids, rounded to fewer digits as a spreadsheet shows them."""

    def __init__(self, known: pd.Series[Any]) -> None:
        self._known = known
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
        return min(self._of(len(digits), _DIGITS_KEPT).get(digits[:_DIGITS_KEPT], []), default="")

    def _of(self, length: int, kept: int) -> dict[str, list[str]]:
        key = (length, kept)
        if key not in self._made:
            unit = 10 ** max(length - kept, 0)
            alike: dict[str, list[str]] = defaultdict(list)
            for sid in self._known[self._known.str.len() == length].tolist():
                alike[str((int(sid) + unit // 2) // unit)].append(sid)
            self._made[key] = alike
        return self._made[key]
