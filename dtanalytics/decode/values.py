"""Parse one JSON value: the definition with which the fast reader must agree.

A parser answers None for what is absent (null and ``""``, which the vendor prints interchangeably)
and ``UNREADABLE`` for what is not of its kind; it never guesses, rounds or cuts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, Final

import pyarrow as pa

from dtanalytics.schema import Field
from dtanalytics.texts.amounts import currencies, read_amount


class Number(str):
    """A JSON number, kept as it was printed, so that no digit is lost to a float."""

    __slots__ = ()


class _Unreadable:
    """The only instance says: there is a value, and it is not of the field's kind."""

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE: Final = _Unreadable()

FLAGS: Final = {
    "Y": True,
    "N": False,
    "YES": True,
    "NO": False,
    "TRUE": True,
    "FALSE": False,
    "1": True,
    "0": False,
}
"""Spellings of a flag, in upper case."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MADE_FLOAT = re.compile(r"-?([0-9]{1,16})\.0+")
_LONGEST_NUMBER = 400
_LONGEST_WRITTEN = 40
_NOISE = Decimal("1e-9")
"""How far the arithmetic of binary fractions puts an amount off, at most [currency, min]."""
_DOLLARS = frozenset({"$", "USD"})
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?"
    r"(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_text(value: Any) -> Any:
    """Text as sent; a number keeps its digits as printed.

    What the service read as a float (``6175550100.0``) is the whole number that it was, where a float
    holds all its digits.

    Examples
    --------
    >>> [parse_text(value) for value in (Number("6175550100.0"), "1.0", Number("1e5"), Number("12.5"))]
    ['6175550100', '1.0', '1e5', '12.5']
    """
    if isinstance(value, Number) and (made := _MADE_FLOAT.fullmatch(value)) and int(made[1]) <= 2**53:
        return made[0].partition(".")[0]
    return (str(value) or None) if isinstance(value, str) else UNREADABLE


def parse_flag(value: Any) -> Any:
    """Y or N, yes or no, true or false in any case, 1 or 0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return FLAGS.get(value.upper(), UNREADABLE) if value.isascii() else UNREADABLE
    return UNREADABLE


def parse_decimal(value: Any, precision: int, scale: int) -> Any:
    """Exact decimal of that scale; more digits than it holds are unreadable, never rounded."""
    if not isinstance(value, str) or len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
        return UNREADABLE
    try:
        number = Decimal(value)
        if not number:
            return Decimal(0)
        if not -precision <= number.adjusted() < precision - scale:
            return UNREADABLE
        return number.quantize(Decimal(1).scaleb(-scale), context=_EXACT)
    except (Inexact, InvalidOperation):
        return UNREADABLE


def parse_written_amount(value: Any, precision: int, scale: int) -> Any:
    """Money written for people, such as ``$12.50``, ``1,234.50`` or ``(3.00)``, that reads in one way only.

    ``1,250`` may be either of two amounts, ``12,50`` has another decimal mark than all other answers,
    and euros are no dollars: each is unreadable.

    Examples
    --------
    >>> [parse_written_amount(text, 18, 4) for text in ("$1,234.50", "1,250", "12,50", "12.50 EUR")]
    [Decimal('1234.5000'), UNREADABLE, UNREADABLE, UNREADABLE]
    """
    if type(value) is not str or len(value) > _LONGEST_WRITTEN or not re.search("[0-9]", value):
        return UNREADABLE
    amount = read_amount(value, ".")
    if amount is None or read_amount(value, ",") not in {None, amount} or not currencies([value]) <= _DOLLARS:
        return UNREADABLE
    return parse_decimal(str(amount), precision, scale)


def parse_binary_fraction(value: Any, precision: int, scale: int) -> Any:
    """Number with the noise of binary fractions, as a service prints that subtracts floats.

    Examples
    --------
    >>> [parse_binary_fraction(text, 18, 4) for text in ("-2.8900000000000006", "2.88999", "3e-13")]
    [Decimal('-2.8900'), UNREADABLE, Decimal('0.0000')]
    """
    if not isinstance(value, str) or len(value) > _LONGEST_WRITTEN or not _NUMBER.fullmatch(value):
        return UNREADABLE
    number = Decimal(value)
    if not number or number.adjusted() >= precision - scale:
        return UNREADABLE
    amount = number.quantize(Decimal(1).scaleb(-scale))
    return amount if abs(amount - number) < _NOISE else UNREADABLE


def parse_integer(value: Any, bits: int) -> Any:
    """Integer that fits; ``3`` and ``3.0``, as number or as string."""
    number = parse_decimal(value, 20, 0)
    if number is UNREADABLE:
        return UNREADABLE
    whole = int(number)
    return whole if -(1 << bits - 1) <= whole < 1 << bits - 1 else UNREADABLE


def parse_time(value: Any) -> Any:
    """Wall clock, or instant where an offset was sent: ``(microseconds, has_offset)``."""
    if not isinstance(value, str) or not (match := _TIME.fullmatch(value)):
        return UNREADABLE
    day, clock, fraction, zulu, sign, hours, minutes = match.groups()
    digits = (fraction or "").rstrip("0")
    if len(digits) > 6 or int(hours or 0) > 23 or int(minutes or 0) > 59:
        return UNREADABLE
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}+00:00") - _EPOCH
    except ValueError:
        return UNREADABLE
    wall = (whole.days * 86_400 + whole.seconds) * 1_000_000 + int(digits.ljust(6, "0"))
    offset = (int(hours or 0) * 60 + int(minutes or 0)) * 60_000_000
    return wall - (-offset if sign == "-" else offset), bool(zulu or sign)


def parser(field: Field) -> Callable[[Any], Any]:
    """Parser of one field; the caller has already taken out null and ``""``."""
    if pa.types.is_decimal(field.arrow):
        precision, scale = field.arrow.precision, field.arrow.scale
        return lambda value: parse_decimal(value, precision, scale)
    if pa.types.is_integer(field.arrow):
        bits = field.arrow.bit_width
        return lambda value: parse_integer(value, bits)
    return {"flag": parse_flag, "time": parse_time}.get(field.kind, parse_text)


def to_json(value: Any) -> str:
    """JSON text of a value, numbers exactly as they came."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(key)}:{to_json(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
