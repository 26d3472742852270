"""Which field of the reports the name of a column stands for, in whatever spelling.

``Caller ID``, ``callerId``, ``bid_caller_id_x`` and ``caller_id_first`` all stand for ``caller_id``.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache, lru_cache
from typing import NamedTuple

from dtanalytics.schema import ARROW_TYPES, PANDAS_TYPES, REPORTS, Field, Personal

_ALIASES = {
    "caller_id": "caller ids|caller number|callers number|caller phone|callers phone|caller|from number|phone"
    "|phone number|telephone|telephone number|mobile|mobile number|cell phone|msisdn|customer phone|clid",
    "first_name": "f name|given name|forename|full name|caller name|customer name|contact name|cnam"
    "|lead name|client name|consumer name|prospect name|patient name|visitor name|person name"
    "|vorname|pr\u00e9nom|prenom|nombre completo|kundenname|anrufer|\u6c0f\u540d|\uc774\ub984",
    "last_name": "l name|surname|family name|nachname|apellido|apellidos|nom de famille",
    "street_address": "street|address|addr|address line|home address|mailing address|anschrift|adresse",
    "recording_link": "recording url|recordings|voicemail",
    "ip_address": "ip|ip addr|ipv 4|ipv 6",
    "extra": "e mail|email|email address|ssn|social security|social security number|date of birth|birth date"
    "|birthdate|birthday|dob",
    "zipcode": "zip|postcode|postal code",
    "click_id": "gclid|gbraid|wbraid|msclkid",
}
"""What others call the fields that identify people."""

_AFFIXES = frozenset(
    {
        "x",
        "y",
        "bid",
        "bids",
        "lf",
        "bm",
        "left",
        "right",
        "l",
        "r",
        "a",
        "b",
        "first",
        "last",
        "min",
        "max",
        "top",
        "mode",
        "list",
        *map(str, range(100)),
    }
)
"""Words that merges and aggregations add to a name."""


class Named(NamedTuple):
    """What a name stands for: the field, whether it is all of the name, and the other words of the name."""

    field: str
    whole: bool
    rest: frozenset[str]

    @property
    def affixed(self) -> bool:
        """True when the other words are those that a merge or an aggregation adds."""
        return self.rest <= _AFFIXES


def fields() -> dict[str, Field]:
    """Every field of both reports by its name."""
    return _fields()


def level_of(field: str) -> Personal:
    """How a field identifies people; ``no`` for what is no field."""
    known = _fields().get(field)
    return "no" if known is None else known.personal


def name_of(label: Hashable) -> str:
    """Name of a column as text: the parts of a name of several levels, one after the other."""
    if isinstance(label, tuple):
        return " ".join(str(part) for part in label if str(part))
    return str(label)


def named(label: Hashable) -> Named | None:
    """Say what a column's name stands for; None where it is no field of the reports.

    Examples
    --------
    >>> [named(label).field for label in ("Caller's number", "bid_ani_x", "last_touch_timestamp_y")]
    ['caller_id', 'ani', 'last_touch_timestamp']
    """
    return _named(name_of(label))


def words(text: str) -> list[str]:
    """Words of a name in lower case.

    Examples
    --------
    >>> words("callerId"), words("CALLER-ID 2"), words("Caller's number")
    (['caller', 'id'], ['caller', 'id', '2'], ['callers', 'number'])
    """
    text = re.sub("['\N{RIGHT SINGLE QUOTATION MARK}]", "", text)
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.findall(r"[^\W\d_]+|\d+", text.lower())


@cache
def vocabulary() -> frozenset[str]:
    """Texts of the data dictionary, which identify nobody though they name personal fields."""
    texts = {str(part) for kind in (ARROW_TYPES, PANDAS_TYPES) for pair in kind.items() for part in pair}
    texts |= {"direct", "quasi", "no", "object", "string", "float64", "int64", "bool", *REPORTS}
    for field in _fields().values():
        texts |= {field.name, field.unit, field.meaning, str(field.v2), str(field.v3)}
    return frozenset(texts)


@cache
def _fields() -> dict[str, Field]:
    return {field.name: field for report in REPORTS.values() for field in report.fields}


@cache
def _own() -> dict[str, str]:
    """Spelling of the reports without separators -> field."""
    known: dict[str, str] = {}
    for field in _fields().values():
        known |= {text.replace("_", ""): field.name for text in (field.v3, field.v2, field.name) if text}
    return known


@cache
def _others() -> dict[str, str]:
    return {alias.replace(" ", ""): field for field, names in _ALIASES.items() for alias in names.split("|")}


@lru_cache(maxsize=4096)
def _named(text: str) -> Named | None:
    if text in _fields():
        return Named(text, whole=True, rest=frozenset())
    parts = words(text)
    for length in range(min(len(parts), 6), 0, -1):  # the longest name decides
        for start in range(len(parts) - length + 1):
            spelled = "".join(parts[start : start + length])
            rest = frozenset(parts[:start] + parts[start + length :])
            if spelled in _own():
                return Named(_own()[spelled], whole=not rest, rest=rest)
            if spelled in _others() and rest <= _AFFIXES:
                return Named(_others()[spelled], whole=False, rest=rest)
    return None
