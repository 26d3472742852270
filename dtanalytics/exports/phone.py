"""Telephone numbers in the one form that hashes to a match: E.164, then SHA-256.

A number in any other form is accepted by every platform and never matches, so what cannot be
brought into that form with certainty is refused with a reason and never hashed.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import ConfigError, InputError
from dtanalytics.texts.phones import WITHHELD

REGION = "US"
_WRITTEN = re.compile(r"\+?[\d\s().\-/]{1,30}")


@public
def e164(number: str, region: str = REGION) -> str:
    """Bring a telephone number into E.164 form.

    Parameters
    ----------
    number : str
        A number as people or exchanges write it.
    region : str, default "US"
        Country of numbers that come without one, as ISO 3166 letters.

    Returns
    -------
    str
        ``+``, country code and number, digits only.

    Raises
    ------
    InputError
        When it is no telephone number: letters, too short or long, not assigned.
    ConfigError
        When the library ``phonenumbers`` is not installed.

    Examples
    --------
    >>> e164("(800) 555-0102")
    '+18005550102'
    """
    numbers = _library()
    if region not in numbers.SUPPORTED_REGIONS:
        raise InputError(f"region is two letters of ISO 3166, such as 'US', not {region!r}")
    text = str(number).strip()
    if not _WRITTEN.fullmatch(text):
        raise InputError("the caller's number is withheld or not a number; ask for calls with a caller id")
    if re.sub(r"\D", "", text).removeprefix("1") in WITHHELD:
        raise InputError("the caller's number is withheld: its digits are a word on the keys of a telephone")
    try:
        parsed = numbers.parse(text, region)
    except numbers.NumberParseException:
        raise InputError("the caller's number has too few digits or an unknown country code") from None
    if not numbers.is_valid_number(parsed):
        raise InputError("the caller's number is not one that is assigned to anybody")
    return str(numbers.format_number(parsed, numbers.PhoneNumberFormat.E164))


@public
def hash_phone(number: str, region: str = REGION) -> str:
    """Hash a telephone number as Google Ads and Microsoft Advertising match it.

    Parameters
    ----------
    number : str
        A number as people or exchanges write it.
    region : str, default "US"
        Country of numbers that come without one, as ISO 3166 letters.

    Returns
    -------
    str
        SHA-256 of the E.164 form, 64 hexadecimal digits in lower case.

    Raises
    ------
    InputError
        When it is no telephone number.
    ConfigError
        When the library ``phonenumbers`` is not installed.

    Examples
    --------
    >>> hash_phone("+1 800 555 0102") == hash_phone("8005550102")
    True
    >>> hash_phone("(800) 555-0102")[:8]
    'c5383c2e'
    """
    return hashlib.sha256(e164(number, region).encode()).hexdigest()


def hash_phones(numbers: pd.Series, region: str = REGION) -> pd.Series:
    """Hash a column of numbers; null where there is none or it cannot be hashed."""
    _library()
    hashed: dict[str, str | None] = {}
    for number in numbers.dropna().unique():
        try:
            hashed[number] = hash_phone(number, region)
        except InputError:
            hashed[number] = None
    return numbers.map(hashed).astype("str")


def _library() -> Any:
    try:
        import phonenumbers
    except ImportError as error:
        raise ConfigError(
            "hashing callers' numbers needs the library phonenumbers: pip install 'dtanalytics[phone]'"
        ) from error
    return phonenumbers
