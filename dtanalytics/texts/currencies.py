"""Currencies of ISO 4217 that money is paid in, and their decimal places."""

from __future__ import annotations

from typing import Any

from dtanalytics.errors import InputError

_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE "
    "CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
    "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP "
    "MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS "
    "VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
PLACES = {code: places for places, codes in _PLACES.items() for code in codes.split()}
"""Code -> decimal places. Metals, units of account and test codes are left out: nobody is paid in them."""
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "INR": "₹"}
"""Code -> how tables and plots write it; the others by their code."""


def checked(currency: Any) -> str:
    """Return a code of the list.

    Raises
    ------
    InputError
        It is another text, or none.

    Examples
    --------
    >>> checked("EUR")
    'EUR'
    """
    if isinstance(currency, str) and currency in PLACES:
        return currency
    known = str(currency).strip().upper()
    hint = f"did you mean {known!r}?" if known in PLACES else "such as 'USD'"
    raise InputError(
        f"currency must be three capital letters of the list of ISO 4217, not {currency!r}; {hint}"
    )
