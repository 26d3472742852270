"""Calls without what identifies people: keyed pseudonyms, blanks, coarser places.

What is personal, and how much, is declared in `schema`. Nothing here can be undone without the key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pyarrow as pa

from dtanalytics.columns.numbering import Ints, numbered
from dtanalytics.errors import InputError
from dtanalytics.personal.include import asked_for, is_asked, tell
from dtanalytics.personal.names import level_of, named
from dtanalytics.personal.parts import PHONES, Part, parts_of
from dtanalytics.personal.pseudonyms import pseudonym_of, pseudonyms_of
from dtanalytics.personal.values import is_personal_text, mostly_numbers, pseudonymous
from dtanalytics.settings import current
from dtanalytics.texts.phones import spelled

Quasi = Literal["keep", "coarsen", "drop"]
MASKED = "dtanalytics.masked"
"""Attribute of a frame that `mask` made: the names of the columns that it changed."""

_TOKENS = frozenset({"super_id", "click_id", "ppc_gclid"})
_PSEUDONYMS = frozenset({*PHONES, "ip_address"})
_ZIPS = frozenset({"entered_zip", "zipcode"})
_PAGES = frozenset({"baseuri", "last_touch", "landing_page", "conversion_page"})
_PROCESS_KEY = secrets.token_bytes(32)


def mask(
    calls: pd.DataFrame,
    *,
    key: str | bytes | None = None,
    quasi: Quasi = "coarsen",
    include: str | Iterable[Hashable] = (),
) -> pd.DataFrame:
    """Return the calls with direct identifiers replaced.

    Telephone numbers and IP addresses become pseudonyms: the same value has the same pseudonym (also
    ``caller_id`` in one report and ``ani`` in the other, and however a number is written), so that
    callers can still be counted and reports joined. Names, streets, recordings and ``extra`` become null.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls of either report, joined, or a table made of them. Not changed.
    key : str or bytes, optional
        Secret of the pseudonyms (HMAC-SHA-256). Keep it to get the same pseudonyms another day. None:
        that of the settings (``DTANALYTICS_MASK_KEY``), else a random one that lives as long as this
        process.
    quasi : {"coarsen", "keep", "drop"}
        What becomes of fields that identify together with others: ZIP codes to three digits, pages to
        their host, click and visitor identifiers to pseudonyms, cities and search terms to null; all
        of them kept; or all of them null.
    include : str or iterable
        Columns that stay as they are although they look personal, such as order numbers of ten digits.

    Returns
    -------
    pandas.DataFrame
        The same rows and columns. Nulls stay null. Levels of the index and of the columns are masked,
        too. ``attrs["dtanalytics.masked"]`` names the columns that were changed; other attributes
        are kept where they are plain numbers, or text that identifies nobody.

    Raises
    ------
    InputError
        An empty key, an unknown ``quasi``, or a column of ``include`` that is not there.

    Warns
    -----
    PersonalDataWarning
        Columns were masked for their values and not for their name: telephone numbers, addresses,
        links to recordings.

    Notes
    -----
    A column is personal if its name is one of the reports' in any spelling, with any prefix or suffix,
    or by the shape of its values. A name or a street under a name that says nothing is not found.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication.

    Examples
    --------
    >>> calls = pd.DataFrame({"caller_id": ["2125550100", "+1 (212) 555-0100"], "first_name": ["Ann", "Ann"]})
    >>> masked = mask(calls, key="a long secret")
    >>> masked["caller_id"].nunique(), masked["caller_id"].str.len().tolist()
    (1, [20, 20])
    >>> int(masked["first_name"].notna().sum())
    0
    """
    if quasi not in {"coarsen", "keep", "drop"}:
        raise InputError(f"quasi is 'coarsen', 'keep' or 'drop', not {quasi!r}")
    if not isinstance(calls, pd.DataFrame):
        raise InputError(f"calls must be a pandas frame of calls, not {type(calls).__name__}")
    secret = _secret(key)
    if not secret:
        raise InputError("the key is empty: pass a secret, or None for a random one")
    index, columns = parts_of(calls)
    asked = asked_for(include, [*index, *columns])
    changed = [part for part in columns if _is_changed(part, asked, quasi)]
    levels = [part for part in index if _is_changed(part, asked, quasi)]
    masked = calls.copy(deep=False)
    for place, part in enumerate(columns):
        if part in changed and part.header is None:
            masked.isetitem(place, _masked(part, secret, quasi).array)
    masked.index = _relabelled(calls.index, levels, index, secret, quasi)
    masked.columns = _renamed(calls.columns, columns, changed, secret)
    for axis in (0, 1):
        names = masked.axes[axis].names
        if any(map(is_personal_text, names)):  # as where one caller's calls were taken out of a group
            masked = masked.rename_axis([None if is_personal_text(one) else one for one in names], axis=axis)
    tell([part for part in (*levels, *changed) if part.why], "masked")
    masked.attrs = _clean(calls.attrs) | {
        MASKED: [str(part.label) for part in changed if part.header is None]
    }
    return masked


def is_masked(calls: pd.DataFrame) -> bool:
    """Tell whether calls hold pseudonyms for people: by the mark of `mask`, or by their values.

    Examples
    --------
    >>> bids = pd.DataFrame({"ani": ["2125550100"]})
    >>> is_masked(mask(bids)), is_masked(bids)
    (True, False)
    """
    if MASKED in calls.attrs:
        return True
    return any(
        pseudonymous(calls.iloc[:, place])
        for place, label in enumerate(calls.columns)
        if (found := named(label)) and found.field in _PSEUDONYMS | _TOKENS
    )


def pseudonym(value: object, key: str | bytes | None = None) -> str:
    """Short name for a person in a picture, the same for the same value in this process."""
    return "caller " + pseudonym_of(_secret(key), "phone", str(value))[:8]


def _secret(key: str | bytes | None) -> bytes:
    if key is None:
        known = current().mask_key
        return known.get_secret_value().encode() if known else _PROCESS_KEY
    return key.encode() if isinstance(key, str) else bytes(key)


def _is_changed(part: Part, asked: set[str], quasi: Quasi) -> bool:
    if part.level == "no" or is_asked(part, asked):
        return False
    if part.level == "direct":
        return True
    return quasi == "drop" or (quasi == "coarsen" and part.field != "state" and not pseudonymous(part.column))


def _masked(part: Part, secret: bytes, quasi: Quasi) -> pd.Series[Any]:
    """Replace the values of a column."""
    field = part.field or {"telephone numbers": "caller_id", "IP addresses": "ip_address"}.get(part.why, "")
    column = part.column
    if part.rows is not None:
        return column.astype(object).mask(part.rows)
    if column.dtype == object and any(isinstance(one, list | dict | set | np.ndarray) for one in column):
        return column.mask(column.notna())  # several values in a cell have no pseudonym
    text = _text(column)
    if field in PHONES and (part.field or mostly_numbers(column)):
        return _pseudonymised(spelled(column).fillna(text), secret, "phone", column)
    if part.field in _TOKENS and quasi == "coarsen":
        return _pseudonymised(text, secret, "token", column)
    if field == "ip_address":
        return _pseudonymised(text, secret, "ip_address", column)
    if quasi == "coarsen" and part.field in _ZIPS:
        return _as(text.str[:3], column)
    if quasi == "coarsen" and part.field in _PAGES:
        return _mapped(text, lambda pages: [_host(page) if page else "" for page in pages], column)
    return _as(text.where(text == ""), column)


def _text(column: pd.Series[Any]) -> pd.Series[Any]:
    """Values as text; whole numbers without the point that a float has put there."""
    if pd.api.types.is_float_dtype(column.dtype):
        return column.map(
            lambda value: f"{value:.0f}" if value == value // 1 else str(value), "ignore"
        ).astype("str")
    return column.astype("str")


def _pseudonymised(texts: pd.Series[Any], secret: bytes, domain: str, like: pd.Series[Any]) -> pd.Series[Any]:
    """Replace texts by their pseudonyms, each different one once; an empty text stays empty."""
    codes, different = _different(texts)
    hidden = pseudonyms_of(secret, domain, pa.array(different.array, pa.large_string()))
    spread = np.append(hidden, b"")[codes]
    ends = np.arange(len(spread) + 1) * spread.itemsize  # all are as long: nothing has to be joined
    known = np.packbits(codes >= 0, bitorder="little")
    buffers = map(pa.py_buffer, (known, ends, spread.view(np.uint8)))
    made = pd.array(pa.Array.from_buffers(pa.large_string(), len(spread), list(buffers)), dtype="str")
    for empty in np.flatnonzero((different == "").to_numpy(dtype=bool)):
        made[codes == empty] = ""
    return _as(pd.Series(made, like.index), like)


def _mapped(
    texts: pd.Series[Any], change: Callable[[list[str]], Sequence[str | None]], like: pd.Series[Any]
) -> pd.Series[Any]:
    """Apply a change to the different values of a column, each once."""
    codes, different = _different(texts)
    made = pd.array(change(different.tolist()), dtype="str")
    return _as(pd.Series(made.take(codes, allow_fill=True), like.index), like)


def _different(texts: pd.Series[Any]) -> tuple[Ints, pd.Series[Any]]:
    """Number of the value of each row, -1 for null, and the different values."""
    codes = numbered(texts)
    rows = np.zeros(int(codes.max(initial=-1)) + 1, dtype=np.int64)
    known = codes >= 0
    rows[codes[known]] = np.flatnonzero(known)
    return codes, texts.iloc[rows]


def _as(values: pd.Series[Any], like: pd.Series[Any]) -> pd.Series[Any]:
    """Categories where the column had some."""
    return values.astype("category") if isinstance(like.dtype, pd.CategoricalDtype) else values


def _relabelled(
    whole: pd.Index[Any], levels: list[Part], parts: list[Part], secret: bytes, quasi: Quasi
) -> pd.Index[Any]:
    """Mask the levels of an index that are personal."""
    if not levels:
        return whole
    values: list[Any] = [_masked(part, secret, quasi) if part in levels else part.column for part in parts]
    if len(values) == 1:
        single: pd.Index[Any] = pd.Index(values[0].array, name=whole.name)
        return single
    return pd.MultiIndex.from_arrays([one.array for one in values], names=whole.names)


def _renamed(header: pd.Index[Any], parts: list[Part], changed: list[Part], secret: bytes) -> pd.Index[Any]:
    """Mask names of columns that are callers."""
    hidden = [part.header if part in changed else None for part in parts]
    if not any(one is not None for one in hidden):
        return header

    def level(place: int) -> list[Any]:
        name = header.names[place]
        texts = header.get_level_values(place)
        return [
            pseudonym_of(secret, "phone", _spelled_one(text))
            if person is not None and _is_person(text, name, person)
            else text
            for text, person in zip(texts, hidden, strict=True)
        ]

    if header.nlevels == 1:
        single: pd.Index[Any] = pd.Index(level(0), name=header.name)
        return single
    return pd.MultiIndex.from_arrays([level(place) for place in range(header.nlevels)], names=header.names)


def _is_person(text: object, name: object, header: object) -> bool:
    if header != "":
        return bool(name == header) and str(text) not in {"nan", "None", "<NA>"}
    return is_personal_text(text)


def _spelled_one(value: object) -> str:
    number = spelled(pd.Series([value], dtype=object)).iloc[0]
    return str(value) if pd.isna(number) else str(number)


def _clean(value: Any) -> Any:
    """Keep the attributes of a frame that identify nobody: numbers, and text without a caller in it."""
    if isinstance(value, dict):
        kept = {name: _clean(one) for name, one in value.items() if not _names_a_person(name)}
        return {name: one for name, one in kept.items() if one is not None}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(one for one in map(_clean, value) if one is not None)
    if isinstance(value, (bool, pd.Timestamp, pd.Timedelta)):
        return value
    if isinstance(value, (str, int, float)):
        return None if is_personal_text(value) else value
    return None


def _names_a_person(name: object) -> bool:
    found = named(name) if isinstance(name, str) else None
    return is_personal_text(name) or (found is not None and found.whole and level_of(found.field) == "direct")


def _host(value: str) -> str | None:
    try:
        return urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        return None
