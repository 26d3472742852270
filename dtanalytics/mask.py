"""Calls without what identifies people: keyed pseudonyms, blanks, coarser places.

What is personal, and how much, is declared in `schema`. Nothing here can be undone without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.schema import REPORTS, Personal
from dtanalytics.settings import current

Quasi = Literal["keep", "coarsen", "drop"]

_PHONES = frozenset({"caller_id", "ani"})
_PSEUDONYMS = frozenset({*_PHONES, "ip_address"})
_TOKENS = frozenset({"super_id", "click_id", "ppc_gclid"})
_ZIPS = frozenset({"entered_zip", "zipcode"})
_PAGES = frozenset({"baseuri", "last_touch", "landing_page", "conversion_page"})
_PROCESS_KEY = secrets.token_bytes(32)
_LENGTH = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that different callers do not meet."""


def mask(calls: pd.DataFrame, *, key: str | bytes | None = None, quasi: Quasi = "coarsen") -> pd.DataFrame:
    """Return the calls with direct identifiers replaced.

    Telephone numbers and IP addresses become pseudonyms: the same value has the same pseudonym (also
    ``caller_id`` in one report and ``ani`` in the other), so that callers can still be counted and
    reports joined. Names, streets, recordings and ``extra`` become null.

    Parameters
    ----------
    calls : pandas.DataFrame
        Calls of either report, or joined. Not changed.
    key : str or bytes, optional
        Secret of the pseudonyms (HMAC-SHA-256). Keep it to get the same pseudonyms another day. None:
        that of the settings (``DTANALYTICS_MASK_KEY``), else a random one that lives as long as this
        process.
    quasi : {"coarsen", "keep", "drop"}
        What becomes of fields that identify together with others: ZIP codes to three digits, pages to
        their host, click and visitor identifiers to pseudonyms, cities and search terms to null; all
        of them kept; or all of them null.

    Returns
    -------
    pandas.DataFrame
        The same rows, columns and index. Nulls stay null.

    Raises
    ------
    InputError
        An empty key, or an unknown ``quasi``.

    References
    ----------
    .. [1] RFC 2104, HMAC: Keyed-Hashing for Message Authentication.

    Examples
    --------
    >>> calls = pd.DataFrame({"caller_id": ["2125550100", "2125550100"], "first_name": ["Ann", "Ann"]})
    >>> masked = mask(calls, key="a long secret")
    >>> masked["caller_id"].nunique(), masked["caller_id"].str.len().tolist()
    (1, [20, 20])
    >>> int(masked["first_name"].notna().sum())
    0
    """
    if quasi not in {"coarsen", "keep", "drop"}:
        raise InputError(f"quasi is 'coarsen', 'keep' or 'drop', not {quasi!r}")
    secret = _secret(key)
    if not secret:
        raise InputError("the key is empty: pass a secret, or None for a random one")
    hidden = {}
    for column in calls.columns:
        name = str(column).removeprefix("bid_")
        change = _change(name, secret, quasi)
        if change is not None:
            hidden[column] = _mapped(calls[column], change)
    return calls.assign(**hidden)


def _secret(key: str | bytes | None) -> bytes:
    if key is None:
        known = current().mask_key
        return known.get_secret_value().encode() if known else _PROCESS_KEY
    return key.encode() if isinstance(key, str) else bytes(key)


def _change(name: str, secret: bytes, quasi: Quasi) -> Callable[[str], str | None] | None:
    """Return what becomes of a value of this field; None: it stays."""
    level = _level(name)
    if level == "no" or (level == "quasi" and quasi == "keep"):
        return None
    if name in _PSEUDONYMS or (name in _TOKENS and quasi == "coarsen"):
        domain = "phone" if name in _PHONES else "token" if name in _TOKENS else name
        return lambda value: _pseudonym(secret, domain, _number(value) if domain == "phone" else value)
    if level == "quasi" and quasi == "coarsen":
        if name in _ZIPS:
            return lambda value: value[:3]
        if name in _PAGES:
            return _host
        if name == "state":
            return None
    return _nothing


def _level(name: str) -> Personal:
    levels = {report.by_name[name].personal for report in REPORTS.values() if name in report.by_name}
    return "direct" if "direct" in levels else "quasi" if "quasi" in levels else "no"


def _mapped(column: pd.Series[Any], change: Callable[[str], str | None]) -> pd.Series[Any]:
    """Apply a change to each different value once; an empty text stays empty."""
    codes, found = pd.factorize(column)
    changed = [change(str(value)) if str(value) else "" for value in found]
    values = pd.Series([*changed, None], dtype="str").take(codes % (len(changed) + 1))
    values = values.set_axis(column.index)
    return values.astype("category") if isinstance(column.dtype, pd.CategoricalDtype) else values


def _pseudonym(secret: bytes, domain: str, value: str) -> str:
    return hmac.new(secret, f"{domain}:{value}".encode(), hashlib.sha256).hexdigest()[:_LENGTH]


def _number(value: str) -> str:
    """Spell a North American number one way, so that both reports give one pseudonym."""
    digits = re.sub(r"\D", "", value)
    if not digits:
        return value
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def _host(value: str) -> str | None:
    try:
        return urlsplit(value if "//" in value else f"//{value}").hostname
    except ValueError:
        return None


def _nothing(_: str) -> None:
    return None
