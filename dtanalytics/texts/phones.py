"""One spelling of a telephone number, however people, telephones and spreadsheets write it.

Two numbers are equal where their spellings are: ten digits in North America, ``+`` and all digits
elsewhere. Matching with a ledger and pseudonyms both rest on it.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.texts.digits import only_digits

WITHHELD = frozenset({"266696687", "7378742833", "8656696", "86282452253", "2562533", "7748283"})
"""What exchanges send for a caller who is not named: ANONYMOUS, RESTRICTED, UNKNOWN, UNAVAILABLE,
BLOCKED and PRIVATE as the letters of a keypad."""

_PLAIN = r"(?:\+?1[ .\-]?)?\(?[2-9][0-9]{2}\)?[ .\-]{0,2}[0-9]{3}[ .\-]?[0-9]{4}"
_DIGITS = 10
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_ADDRESS = re.compile(r"^(?:.*<)?\s*(?:sips?|tel|callto):(?://)?([^@;>]*)", re.IGNORECASE)
_NAMED = re.compile(r"(?:[^<>]*<\s*([^<>]*\d)\s*>|(?:US|USA|CA)\s+(?=\+?1\D)(.*))")
"""A number behind the name of its caller, in angle brackets, or behind the letters of its country."""
_EXTENSION = re.compile(
    r"(?<=[\d)])\s*(?:;\s*ext=|[,;]*\s*(?:extension|extn|ext|x)\.?:?|#|,+)\s*\d{1,7}$", re.IGNORECASE
)
_EXPONENT = re.compile(r"\+?\d(?:\.\d*)?[eE]\+?\d{1,2}")
_SEPARATED = re.compile(r"\+?[\d\s().\-/\u00b7\u2010-\u2015\u2212]+")
_TRUNK_ZERO = re.compile(r"\(0\)")


def spelled(numbers: pd.Series) -> pd.Series:
    """Write a column of telephone numbers in one spelling.

    Parameters
    ----------
    numbers : pandas.Series
        Text, categories, Arrow text, whole numbers or floats.

    Returns
    -------
    pandas.Series
        Text with the same index: ten digits for numbers of North America, ``+`` and digits for
        others. Null where there is no number, where it is withheld, or where a spreadsheet has
        rounded digits away.

    Notes
    -----
    Extensions are left out. Words on the keys of a telephone are dialled (``1-800-FLOWERS``). Numbers
    of other countries are read with the library ``phonenumbers`` where it is installed (the extra
    ``phone``); without it a zero that is dialled only within the country is not recognised, unless it
    stands in parentheses.

    Examples
    --------
    >>> spelled(pd.Series(["+1 (212) 555-0101", "212-555-0101 ext. 7", "anonymous"])).tolist()
    ['2125550101', '2125550101', nan]
    >>> spelled(pd.Series([2125550101.0, None])).tolist()
    ['2125550101', nan]
    """
    same = _ten_digits(numbers)
    if not same.any():
        return _each(numbers)
    rows = np.flatnonzero(~same & numbers.notna().to_numpy(dtype=bool))
    values = numbers.array.copy()
    if rows.size:
        values[rows] = _each(numbers.iloc[rows]).array
    return pd.Series(values, numbers.index, name=numbers.name)


def _ten_digits(numbers: pd.Series[Any]) -> npt.NDArray[np.bool_]:
    """Where a column of text holds ten digits of a number in North America, which is their spelling."""
    found = only_digits(numbers)
    if not found.any():
        return found
    return np.asarray(
        found
        & (numbers.str.len() == _DIGITS).to_numpy(dtype=bool)
        & ~numbers.str.startswith(("0", "1")).to_numpy(dtype=bool)
        & ~numbers.isin(WITHHELD | _REPEATED).to_numpy(dtype=bool)
    )


def _each(numbers: pd.Series[Any]) -> pd.Series[Any]:
    """Spell each different number once."""
    codes, found = pd.factorize(numbers)
    text = pd.Series([_text(value) for value in found], dtype="str")
    plain = text.str.fullmatch(_PLAIN).fillna(value=False).to_numpy(dtype=bool)
    short = text.where(plain).str.replace(r"[^0-9]", "", regex=True).str[-10:]
    others = [spell(value) for value in text[~plain]]
    short = short.mask(short.isin(WITHHELD | _REPEATED))
    short[~plain] = pd.Series(others, index=short.index[~plain], dtype="str")
    values = pd.concat([short, pd.Series([None], dtype="str")], ignore_index=True)
    taken = values.take(codes % (len(short) + 1))
    return pd.Series(taken.array, index=numbers.index, name=numbers.name)


_REPEATED = frozenset(digit * 10 for digit in "0123456789")


@lru_cache(maxsize=65_536)
def spell(number: str) -> str | None:
    """Write one telephone number in one spelling; None where it is no number.

    Examples
    --------
    >>> spell("sip:+12125550101@10.0.0.1"), spell("+44 (0)20 7946 0018"), spell("RESTRICTED")
    ('2125550101', '+442079460018', None)
    """
    digits = dialled(number)
    if digits is None or digits.strip("+") in WITHHELD or len(set(digits.strip("+"))) == 1:
        return None
    if digits.startswith("+"):
        return _abroad(digits)
    if len(digits) == 11 and digits.startswith("1"):
        short = digits[1:]
        return None if short in WITHHELD | _REPEATED else short
    if len(digits) == 10:
        return digits
    if 11 <= len(digits) <= 15 and digits[0] not in "01":  # a spreadsheet has taken the plus
        return _abroad("+" + digits)
    return None


def dialled(number: str) -> str | None:
    """Return the digits of a number, with ``+`` where the code of the country is among them.

    Examples
    --------
    >>> dialled("tel:+1-212-555-0101;ext=7"), dialled("1-800-FLOWERS"), dialled("2.125550101E+09")
    ('+12125550101', '18003569377', '2125550101')
    """
    text = unicodedata.normalize("NFKC", str(number))
    text = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cc"}).strip(" '\"=")
    if (address := _ADDRESS.match(text)) is not None:
        text = address[1].strip()
    if (named := _NAMED.fullmatch(text)) is not None:
        text = (named[1] or named[2]).strip()
    if _EXPONENT.fullmatch(text):
        return _whole(text)
    text = re.sub(r"(?<=\d)\.0+$", "", text)
    text = _EXTENSION.sub("", text)
    if re.search("[A-Za-z]", text):
        return _by_keys(text)
    if not _SEPARATED.fullmatch(text):
        return None
    digits = re.sub(r"\D", "", _TRUNK_ZERO.sub("", text))
    if text.startswith("+"):
        return "+" + digits
    if match := re.match("(?:011|00)(?=[1-9])", digits):
        return "+" + digits[match.end() :]
    return digits or None


def is_rounded(number: str) -> bool:
    """Whether a spreadsheet has rounded the number to fewer digits than it had.

    Examples
    --------
    >>> is_rounded("2.12555E+09"), is_rounded("2.125550101E+09")
    (True, False)
    """
    text = str(number).strip()
    return _EXPONENT.fullmatch(text) is not None and _whole(text) is None


def _text(value: Any) -> str:
    if isinstance(value, (float, Decimal)) and value == value // 1:
        return str(int(value))
    return str(value)


def _whole(text: str) -> str | None:
    """Write out a number with an exponent; None unless every digit is there."""
    mantissa, exponent = re.split("[eE]", text.lstrip("+"))
    fraction = mantissa.partition(".")[2]
    return str(int(Decimal(text))) if len(fraction) >= int(exponent) else None


def _by_keys(text: str) -> str | None:
    """Dial a word on the keys: an area code in digits, then seven keys or more, of which seven count."""
    keys = re.sub(r"[\s().\-]", "", text.upper())
    word = re.fullmatch(r"(\+?1)?([2-9]\d{2})([0-9A-Z]{7,12})", keys)
    if word is None or not re.search("[A-Z]{3}", word[3]):
        return None
    return (word[1] or "") + word[2] + word[3].translate(_KEYS)[:7]


def _abroad(digits: str) -> str | None:
    """Spell a number that has the code of its country."""
    if re.fullmatch(r"\+1\d{10}", digits):
        short = digits[2:]
        return None if short in WITHHELD | _REPEATED else short
    if not 8 <= len(digits) <= 16:
        return None
    try:
        import phonenumbers
    except ImportError:
        return digits
    try:
        parsed = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(parsed) and re.fullmatch(r"\+[2-9]\d{2}[2-9]\d{6}", digits):
        return digits[1:]  # ten digits of North America behind a plus
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
