"""Shapes of what identifies a person: telephone numbers, addresses (e-mail, IP, street), recordings.

A column whose name is not declared is judged by its values. Each pattern is tried on the
different values of a whole column at once, by Arrow.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

PSEUDONYM_DIGITS = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that different callers do not meet."""

_PSEUDONYM = rf"^[0-9a-f]{{{PSEUDONYM_DIGITS}}}$"
_BARE = r"1?[2-9][0-9]{2}[2-9][0-9]{6}"
_PARTS = r"\(?[2-9][0-9]{2}\)?[ .\-/\x{A0}]{1,2}[2-9][0-9]{2}[ .\-\x{A0}]?[0-9]{4}"
_NUMBER = (
    rf"(?:\+?1[ .\-]?)?(?:{_PARTS}|\([2-9][0-9]{{2}}\)[2-9][0-9]{{2}}-?[0-9]{{4}}|[2-9][0-9]{{5}}-[0-9]{{4}})"
)
_ABROAD = r"(?:\+|011[ \-]?)[1-9][0-9]{0,3}[ ().\-]{0,2}[0-9][0-9 ().\-]{5,14}[0-9]"
_END = r"(?:\s*(?:;ext=|,|#|x|ext\.?|extension)\s*[0-9]{1,7})?(?:\.0+)?"
_WHOLE_NUMBER = rf"""(?i)^\s*['"=]*(?:(?:sips?|tel|callto):(?://)?)?(?:{_NUMBER}|{_ABROAD}|\+{_BARE})\s*{_END}(?:@\S*)?['"]*\s*$"""
_WHOLE_BARE = rf"""(?i)^\s*['"=]*(?:(?:sips?|tel|callto):(?://)?)?{_BARE}{_END}(?:@\S*)?['"]*\s*$"""
_EXPONENT = r"^\s*[2-9]\.[0-9]{8,9}[eE]\+?0?9\s*$"
_BEFORE, _BEHIND = r"(?:^|[^0-9A-Za-z.\-_/])", r"(?:$|[^0-9A-Za-z\-_])"
_NUMBER_INSIDE = rf"{_BEFORE}(?:{_NUMBER}{_BEHIND}|\(?\+[1-9][0-9]{{9,14}}{_BEHIND})|%2B[1-9][0-9]{{9,14}}"
_BARE_INSIDE = rf"(?:^|[^0-9A-Za-z.\-_/]){_BARE}(?:\.0+)?(?:$|[^0-9A-Za-z.\-_]|\.$|\. )"
_JOINED = rf"(?:^|[_\-:~]){_BARE}(?:$|[_\-:~])"
"""A number that is joined with something else into a key, as in 2125550101_1."""
_EMAIL = r"[A-Za-z0-9][A-Za-z0-9._%+\-]*(?:@|%40)[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IP = rf"^\s*(?:{_OCTET}\.){{3}}{_OCTET}(?::[0-9]{{1,5}}|/[0-9]{{1,2}})?\s*$"
_IP_INSIDE = rf"(?:^|[^0-9A-Za-z.])(?:{_OCTET}\.){{3}}{_OCTET}(?:$|[^0-9A-Za-z.])"
_IP6 = r"^\s*\[?[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:%\w+)?\]?\s*$"
_RECORDING = (
    r"(?i)(?:^|[\s\"'(])(?:[a-z0-9+]{2,9}:)?//\S*(?:recording|/rec/|voicemail|/audio)"
    r"|[^\s]\.(?:mp3|wav|ogg|m4a|aac|flac|opus|gsm)(?:$|[?#\s\"'])"
)
_STREET = (
    r"(?i)^\s*[0-9]{1,6}[a-z]?\s+(?:[nsew]{1,2}\.?\s+)?"
    r"(?:[0-9]{1,3}(?:st|nd|rd|th)|[a-z][a-z.' \-]{0,40}?)\s+"
    r"(?:st|street|ave?|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|ct|court|way|pl|place|ter|terrace|cir"
    r"|circle|pkwy|parkway|hwy|highway|trl|trail|sq|square|loop|pike|row|path|aly|alley)\.?"
    r"(?:\s*,?\s*(?:apt|unit|ste|suite|#|[nsew]{1,2}\b).*)?\s*$"
)
_KEYS = (
    r"(?i)[\"'](?:caller[_ \-]?(?:id|number|phone|name)|ani|first[_ \-]?name|last[_ \-]?name|full[_ \-]?name"
    r"|street[_ \-]?address|recording(?:[_ \-]?(?:link|url))?|ip[_ \-]?address|e?[_ \-]?mail|phone"
    r"(?:[_ \-]?number)?)[\"']\s*[:,]"
)
_EVERY = (
    _WHOLE_NUMBER, _WHOLE_BARE, _EXPONENT, _NUMBER_INSIDE, _BARE_INSIDE, _EMAIL, _IP, _RECORDING, _KEYS
)  # fmt: skip
_MANY = 0.1
"""Share of a declared column's different values that must look like telephone numbers."""
_MOST_READ = 2_000


def shape(column: pd.Series[Any], *, declared: bool = False, ids: bool = False) -> str:
    """Say what the values of a column are, when they identify people.

    Parameters
    ----------
    column : pandas.Series
        Any dtype.
    declared : bool
        The schema knows the column by name: values as a whole must have the shape, and many of them.
    ids : bool
        Bare digits are identifiers of something else, and no telephone numbers.

    Returns
    -------
    str
        ``telephone numbers``, ``e-mail addresses``, ``IP addresses``, ``links to recordings``,
        ``records of callers``, ``street addresses`` (one in ten or more), or nothing.
    """
    if _is_number(column):
        return "" if ids or declared or not _dialled(column) else "telephone numbers"
    if _is_clock(column):
        return ""
    if declared:  # only a share is needed: a sample of evenly spaced rows is enough
        column = column.iloc[:: len(column) // _MOST_READ + 1]
    texts = distinct(column)
    if not len(texts):
        return ""
    if declared:
        return _shape_of_declared(texts, ids=ids)
    if _has(texts, _EMAIL):
        return "e-mail addresses"
    if _has(texts, _IP) or _has(texts, _IP_INSIDE) or _ip6(texts):
        return "IP addresses"
    if _has(texts, _RECORDING):
        return "links to recordings"
    if _has(texts, _KEYS):
        return "records of callers"
    if _count(texts, _STREET) > _MANY * len(texts):
        return "street addresses"
    if not ids and _count(texts, _JOINED) * 2 > len(texts):
        return "telephone numbers"
    patterns = [_WHOLE_NUMBER, _EXPONENT, _NUMBER_INSIDE] + ([] if ids else [_WHOLE_BARE, _BARE_INSIDE])
    return "telephone numbers" if any(_has(texts, pattern) for pattern in patterns) else ""


def _shape_of_declared(texts: pa.Array, *, ids: bool) -> str:
    numbers = [_WHOLE_NUMBER] if ids else [_WHOLE_NUMBER, _WHOLE_BARE]
    shapes = {"e-mail addresses": [_EMAIL], "telephone numbers": numbers, "IP addresses": [_IP]}
    for name, patterns in shapes.items():
        if sum(_count(texts, pattern) for pattern in patterns) > _MANY * len(texts):
            return name
    return "links to recordings" if _count(texts, _RECORDING) > _MANY * len(texts) else ""


def personal_texts(values: Sequence[object]) -> npt.NDArray[np.bool_]:
    """Tell which single values, such as headers or labels of a picture, identify a person."""
    found = np.zeros(len(values), dtype=bool)
    places = [place for place, value in enumerate(values) if _may_be_personal(value)]
    if places:
        texts = pa.array([_printable(values[place]) for place in places], pa.large_string())
        marks = [
            pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False) for pattern in _EVERY
        ]
        found[places] = np.logical_or.reduce(marks)
    return found


def is_personal_text(value: object) -> bool:
    """Tell whether one value, such as the name of a column, identifies a person."""
    return bool(personal_texts([value])[0])


def _may_be_personal(value: object) -> bool:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (str, int, float, np.number)):
        return False
    text = str(value)
    return "@" in text or "//" in text or sum(map(str.isdigit, text)) > 3


def pseudonymous(column: pd.Series[Any]) -> bool:
    """Tell whether every value of a column, of which there is one or more, is a pseudonym."""
    if _is_number(column) or _is_clock(column):
        return False
    first = column.iloc[:50].dropna()
    if len(first) and not re.fullmatch(_PSEUDONYM, str(first.iloc[0])):
        return False  # most columns are told apart by their first values
    known = column.dropna()
    if not len(known) or not re.fullmatch(_PSEUDONYM, str(known.iloc[0])):
        return False
    texts = distinct(column)
    return _count(texts, _PSEUDONYM) == len(texts)


def mostly_numbers(column: pd.Series[Any]) -> bool:
    """Tell whether half the different values or more are telephone numbers and nothing else."""
    texts = distinct(column)
    patterns = (_WHOLE_NUMBER, _WHOLE_BARE, _EXPONENT)
    return sum(_count(texts, pattern) for pattern in patterns) * 2 >= max(len(texts), 1)


def distinct(column: pd.Series[Any]) -> pa.Array:
    """Different values of a column as text; those of nested values as they are printed."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        values: Any = column.cat.categories
    else:
        try:
            values = column.dropna().unique()
        except (TypeError, pa.ArrowNotImplementedError):  # lists and mappings cannot be hashed
            values = {str(value) for value in column.dropna()}
    try:
        return pa.array(values, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, UnicodeEncodeError):
        return pa.array([_printable(value) for value in values], pa.large_string())


def as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as text; halves of characters, which some JSON holds, are written as question marks."""
    try:
        return column.astype("str")
    except UnicodeEncodeError:
        return column.map(_printable, na_action="ignore").astype("str")


def _printable(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _is_number(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype)


def _is_clock(column: pd.Series[Any]) -> bool:
    kind = column.dtype
    return kind.kind in "mM" or isinstance(kind, (pd.PeriodDtype, pd.IntervalDtype))


def _dialled(column: pd.Series[Any]) -> bool:
    """Tell whether whole numbers are such as are dialled in North America, in one of ten or more."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_complex_dtype(column.dtype):
        return False
    try:
        values = np.unique(column.dropna().to_numpy(dtype=np.float64))
    except (TypeError, ValueError):
        return False
    values = values[np.isfinite(values)]
    if not len(values) or (values != np.rint(values)).any():
        return False
    short = np.where((values >= 1e10) & (values < 2e10), values - 1e10, values)
    right = (short >= 2e9) & (short < 1e10) & (short // 1e4 % 1e3 >= 200)
    return bool(np.count_nonzero(right) >= _MANY * len(values) and right.any())


def _count(texts: pa.Array, pattern: str) -> int:
    return pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0


def _has(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _ip6(texts: pa.Array) -> bool:
    found = pc.filter(texts, pc.match_substring_regex(texts, _IP6))[:_MOST_READ].to_pylist()
    return any(_is_ip(text.strip(" []")) for text in found)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.count(":") > 2 or any(char in "abcdefABCDEF" for char in text)
