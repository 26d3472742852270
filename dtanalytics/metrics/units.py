"""The unit of a column, read off its name: what pages and sheets need to write a number well."""

from __future__ import annotations

from dtanalytics.errors import InputError
from dtanalytics.metrics.dictionary import find

_DERIVED = ("_low", "_high", "_shrunken", "_before", "_after", "_change")
_BY_NAME = {
    **dict.fromkeys(
        ("volume", "mix", "qualification", "price", "new", "lost", "change", "amount"), "currency"
    ),
    **dict.fromkeys(("offer_qualification", "affiliate_qualification"), "currency"),  # of a bridge by side
    **dict.fromkeys(("offer_price", "affiliate_price"), "currency"),
    **dict.fromkeys(("target_bid", "suggested_bid", "here", "there", "difference"), "currency"),
    **dict.fromkeys(("calls_needed", "effective_sample"), "calls"),
    **dict.fromkeys(("p_value", "q_value"), "probability"),
}
_BY_ENDING = {"_rate": "ratio", "_share": "ratio", "_count": "calls"}
_MONEY = ("margin", "revenue", "payout", "value")


def unit_of(name: str) -> str:
    """Unit of a column: the metric's that it is, or is derived from; else what its name says.

    Parameters
    ----------
    name : str
        A column of calls, or of a table of this package.

    Returns
    -------
    str
        ``currency``, ``ratio``, ``calls``, ``probability``, another unit of a metric, or nothing.

    Examples
    --------
    >>> unit_of("margin_rate_low"), unit_of("change"), unit_of("repeat_share"), unit_of("affiliate")
    ('ratio', 'currency', 'ratio', '')
    """
    for ending in _DERIVED:
        name = name.removesuffix(ending)
    try:
        found = find(name)
    except InputError:
        endings = (unit for ending, unit in _BY_ENDING.items() if name.endswith(ending))
        guess = "currency" if any(word in name for word in _MONEY) else ""
        return _BY_NAME.get(name) or next(endings, guess)
    return (found[0] if isinstance(found, tuple) else found).unit
