"""Amounts of money as people and spreadsheets write them, one grammar for a whole column.

What stands before the decimals, a point or a comma, is told from all texts of a column together:
one text such as ``1,250`` does not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from dtanalytics.texts.currencies import PLACES
from dtanalytics.texts.digits import western

DecimalMark = Literal[".", ","]
MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")

_CODES = """\
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP
LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB
PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR
ZMW ZWG"""
CURRENCIES = frozenset(_CODES.split())
"""Codes of ISO 4217."""

_SIGNS = {
    "us$": "USD", "ca$": "CAD", "c$": "CAD", "au$": "AUD", "a$": "AUD", "nz$": "NZD", "hk$": "HKD",
    "s$": "SGD", "r$": "BRL", "mx$": "MXN", "$": "$", "\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "\u00a5",
    "\u20b9": "INR", "\u20a9": "KRW", "\u20aa": "ILS", "\u20ba": "TRY", "\u20bd": "RUB", "\u20b4": "UAH",
    "\u20ab": "VND", "\u20b1": "PHP", "\u20a6": "NGN", "\u0e3f": "THB", "z\u0142": "PLN", "k\u010d": "CZK",
    "rs.": "INR", "rs": "INR", "sfr.": "CHF", "fr.": "CHF", "kr.": "kr", "kr": "kr", "ft": "HUF",
    "\u5186": "JPY", "\u5143": "CNY", "\u0440\u0443\u0431.": "RUB", "\u0440\u0443\u0431": "RUB",
    "dollars": "$", "euros": "EUR", "euro": "EUR", "pounds": "GBP", "rupees": "INR",
}  # fmt: skip
_MEANT = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN"}),
    "\u00a5": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}
"""Signs that several currencies share."""
_WITHOUT_DECIMALS = frozenset({"\u00a5"} | {code for code, places in PLACES.items() if places == 0})
"""Currencies whose amounts are whole. The yuan, which shares the yen's sign, has no decimal comma either."""

_PLAIN = str.maketrans(
    dict.fromkeys("\u2212\u2013\u2014\u2010\u2011\ufe63\uff0d", "-")
    | dict.fromkeys("\u2019\u02bc\u2032\u00b4`", "'")
    | dict.fromkeys("\u00a0\u202f\u2009\u2007\t", " ")
    | {"\uffe5": "\u00a5", "\uffe1": "\u00a3", "\uffe6": "\u20a9", "\u066b": ".", "\u066c": ","}
    | dict.fromkeys("\ufeff\u00ad\u200b\u2060\u200e\u200f\u202a\u202c", None)
)
_NINES = str.maketrans("12345678", "99999999")
_CURRENCY = "(?:" + "|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))) + "|[a-z]{3})"
_GROUPS = r"[1-9]\d{0,2}(?:(?:%s\d{3})+|(?: \d{3})+|(?:'\d{3})+)"
_NUMBER = {
    ".": rf"(?:{_GROUPS % ','}|[1-9]\d?(?:,\d{{2}})+,\d{{3}}|\d+)(?:\.(?:-{{1,3}}|\d*))?|\.\d+",
    ",": rf"(?:{_GROUPS % '[.]'}|\d+)(?:,(?:-{{1,3}}|\d*))?|,\d+",
}
_SHAPES = {
    mark: re.compile(
        rf"(?:(?P<side>[cd]r)\b\.? *)?(?P<open>\()? *(?P<before>[-+])? *(?P<one>{_CURRENCY})? *"
        rf"(?P<inner>[-+])? *(?P<open2>\()? *(?P<number>{number}) *(?(open2)\)) *(?P<after>-)? *"
        rf"(?P<other>{_CURRENCY})? *(?P<last>-)? *(?(open)\)) *(?P<side2>[cd]r)?\.?",
        re.IGNORECASE | re.ASCII,
    )
    for mark, number in _NUMBER.items()
}
_NOTHING = re.compile(rf"\(? *(?P<one>{_CURRENCY})? *-{{1,3}} *(?P<other>{_CURRENCY})? *\)?", re.IGNORECASE)


def read_amount(text: str, mark: DecimalMark = ".") -> Decimal | None:
    """Read one amount that people or spreadsheets wrote; None where it is not one.

    Parameters
    ----------
    text : str
        Digits, which may be grouped (``1,250.50``, ``1.250,50``, ``1 250,50``, ``1'250.50``,
        ``1,25,000``), with the sign or the code of a currency on either side; a minus before or
        after, parentheses or CR (credit) for a minus, DR (debit) for a plus; a dash alone is zero,
        and so is one in place of the decimals (``20.-``, ``20,--``, ``500/-``).
    mark : {".", ","}
        What stands before the decimals.

    Examples
    --------
    >>> [str(read_amount(text)) for text in ("$1,250.50", "(12.50)", "3.00-", "12.50 CR", "$ -", "1.250,50")]
    ['1250.50', '-12.50', '-3.00', '-12.50', '0', 'None']
    >>> read_amount("1.250,50 EUR", ",")
    Decimal('1250.50')
    """
    text = western(text).translate(_PLAIN).strip().removesuffix("/-")
    nothing = _NOTHING.fullmatch(text)
    if nothing is not None:
        return Decimal(0) if _known(nothing["one"], nothing["other"]) else None
    found = _SHAPES[mark].fullmatch(text)
    if found is None or not _known(found["one"], found["other"]):
        return None
    sides = [side.lower() for side in (found["side"], found["side2"]) if side]
    signs = [sign for sign in (found["before"], found["inner"], found["after"], found["last"]) if sign]
    signs += ["-"] * (bool(found["open"]) + bool(found["open2"]) + ("cr" in sides))
    if len(signs) > 1 or len(sides) > 1:
        return None
    whole, _, part = found["number"].partition(mark)
    amount = Decimal("0" + re.sub("[^0-9]", "", whole) + "." + part.strip("-"))
    return -amount if signs == ["-"] else amount


def decimal_marks(texts: Iterable[str]) -> set[DecimalMark]:
    """Tell which decimal marks let every text of a column be read as money.

    Both remain where nothing decides between them, as for ``1,250`` alone; with the sign of a currency
    without decimals, such as the yen's, or with ``/-`` behind it, it is a thousand and more.

    Examples
    --------
    >>> decimal_marks(["1,250.00", "12.5"]), sorted(decimal_marks(["1,250", "980"])), decimal_marks(["12,5"])
    ({'.'}, [',', '.'], {','})
    """
    found = {shape(text) for text in texts}
    marks = {mark for mark in MARKS if all(read_amount(text, mark) is not None for text in found)}
    named = currencies(found)
    is_whole = bool(named and named <= _WITHOUT_DECIMALS) or any(
        text.strip().endswith("/-") for text in found
    )
    if len(marks) == 2 and is_whole:
        used = {sign for text in found for sign in re.findall(r"(?<=\d)[.,](?=\d{3})", western(text))}
        return marks - used if len(used) == 1 else marks
    return marks


def shape(text: str) -> str:
    """Return what the text looks like: each digit but 0 written as 9. A column has few shapes.

    Examples
    --------
    >>> shape("$1,250.75")
    '$9,990.99'
    """
    return western(text).translate(_NINES)


def currencies(texts: Iterable[str]) -> set[str]:
    """Name the currencies that signs and codes in the texts stand for; ``$`` goes with any dollar.

    Examples
    --------
    >>> sorted(currencies(["$12.50", "USD 3", "4.00"])), sorted(currencies(["12 EUR", "\u00a33"]))
    (['USD'], ['EUR', 'GBP'])
    """
    named = {meant for text in {shape(text) for text in texts} for meant in _named(text)}
    shared = {sign for sign in named if named & _MEANT.get(sign, frozenset())}
    return named - shared


def same_currency(one: str, other: str) -> bool:
    """Tell whether two codes or signs may stand for one currency; ``$`` goes with any dollar.

    Examples
    --------
    >>> same_currency("$", "USD"), same_currency("EUR", "USD")
    (True, False)
    """
    return one == other or other in _MEANT.get(one, frozenset()) or one in _MEANT.get(other, frozenset())


def _named(text: str) -> list[str]:
    words = re.findall(_CURRENCY, re.sub(r"\b[cd]r\b", "", western(text).translate(_PLAIN).lower()))
    return [_SIGNS.get(word, word.upper()) for word in words]


def _known(*names: str | None) -> bool:
    """Whether what stands beside a number is the sign or code of one currency."""
    meant = {_SIGNS.get(name.lower(), name.upper()) for name in names if name}
    shared = {sign for sign in meant if meant & _MEANT.get(sign, frozenset())}
    return len(meant - shared) <= 1 and all(one in CURRENCIES or one in _MEANT for one in meant)
