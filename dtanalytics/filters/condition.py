"""What a caller writes for a condition on one field, made one range of that field's type."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.errors import InputError, nearest
from dtanalytics.filters.syntax import Value, escape, write
from dtanalytics.schema import Field, Report
from dtanalytics.texts.instants import read_moment

_TEXT = {"name", "text"}
_NUMBER = {"money", "minutes", "int8", "int32", "int64"}
_MOST_DIGITS = 30  # longer than any value of either report; 1e999999 written plainly would fill the memory


@dataclass(frozen=True)
class Condition:
    """The range in which the values of one field must lie; null lies in none.

    Attributes
    ----------
    low, high : str, Decimal, datetime or None
        Ends; None is open. Times are naive Eastern wall clock in whole seconds.
    low_closed, high_closed : bool
        True when the end itself belongs to the range.
    """

    low: Value | None = None
    high: Value | None = None
    low_closed: bool = True
    high_closed: bool = True

    def __str__(self) -> str:
        """Write it as the vendor does, without the field."""
        left, right = "{["[self.low_closed], "}]"[self.high_closed]
        return f"{left}{write(self.low)} TO {write(self.high)}{right}"

    def __and__(self, other: Condition) -> Condition:
        """Both conditions at once; a range without values when they exclude each other."""
        low, low_open = max(_low_key(self), _low_key(other))[1:]
        high, high_closed = min(_high_key(self), _high_key(other))[1:]
        if low is not None and high is not None and low > high:
            return Condition(low, low, high_closed=False)
        return Condition(low, high, not low_open, high_closed)


def field_of(name: str, report: Report) -> Field:
    """Find a field that the service can be asked about, or say why it cannot."""
    if name in report.dropped:
        raise InputError(
            f"{name} is deprecated by the vendor and dropped on arrival: no condition can name it"
        )
    field = report.by_name.get(name)
    if field is None:
        askable = [field.name for field in report.fields if not field.derived]
        raise InputError(f"{report.title} has no field {name!r}: {nearest(name, askable)}")
    if field.derived:
        hint = f"use {report.time}" if name.startswith("call_") else "filter the frame after loading"
        raise InputError(f"{name} is made at load, the service does not know it: {hint}")
    return field


def read_condition(field: Field, wanted: Any) -> Condition:
    """Read what a mapping holds for one field."""
    if isinstance(wanted, Condition):
        return make_range(field, wanted.low, wanted.high, wanted.low_closed, wanted.high_closed)
    if isinstance(wanted, str) and wanted == "*":
        return Condition()
    if isinstance(wanted, pd.Interval):
        if field.kind in _TEXT:
            raise InputError(f"{field.name} is text, which has no ranges here: give one value, or '*'")
        return make_range(field, wanted.left, wanted.right, wanted.closed_left, wanted.closed_right)
    if isinstance(wanted, tuple | slice):
        return _dates(field, wanted)
    if field.kind == "time":
        first, after = read_moment(wanted, field.name)
        return whole_seconds(Condition(first, after or first, high_closed=after is None))
    value = read_value(field, wanted)
    if value is None:
        raise InputError(f"{field.name} is compared with {wanted!r}: give a finite value, or '*' for any")
    return Condition(value, value)


def _dates(field: Field, wanted: tuple[Any, ...] | slice) -> Condition:
    ends = (wanted.start, wanted.stop) if isinstance(wanted, slice) else wanted
    if field.kind != "time" or len(ends) != 2 or (isinstance(wanted, slice) and wanted.step is not None):
        raise InputError(
            f"{field.name}: {wanted!r} is no condition: tuples and slices hold two dates; "
            "for numbers give a pandas.Interval, which says which ends belong to it"
        )
    return make_range(field, *ends, low_closed=True, high_closed=False)


def make_range(field: Field, low: Any, high: Any, low_closed: bool, high_closed: bool) -> Condition:
    """Make a range of two ends, each None (open) or a value that suits the field."""
    low, high = (None if end is None else read_value(field, end) for end in (low, high))
    if field.kind in _TEXT and low != high:
        raise InputError(
            f"{field.name} is text, whose order the vendor does not define: give [v TO v], or [* TO *]"
        )
    if low is not None and high is not None and low > high:
        raise InputError(
            f"{field.name}: the range starts at {write(low)} and ends at {write(high)}, before it"
        )
    return whole_seconds(Condition(low, high, low_closed or low is None, high_closed or high is None))


def read_value(field: Field, value: Any) -> Value | None:
    """One value in the type of its field; None for an infinity, which is an open end."""
    if field.kind == "time":
        if isinstance(value, str | date | pd.Period | np.datetime64):
            return read_moment(value, field.name)[0]
    elif field.kind in _NUMBER:
        if isinstance(value, str | Number) and not isinstance(value, bool | np.bool_ | complex):
            return _number(field, value)
    elif isinstance(value, str):
        escape(value)
        return value
    kind = "a time" if field.kind == "time" else "a number" if field.kind in _NUMBER else "text"
    extra = "; the service takes one value or one range a field" if isinstance(value, list | set) else ""
    raise InputError(f"{field.name} is {kind}, and {value!r} is not{extra}")


def _number(field: Field, value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise InputError(f"{field.name} is a number, and {value!r} is not") from None
    if number.is_nan():
        raise InputError(f"{field.name} cannot be compared with {value!r}: null matches no condition")
    if number.is_infinite():
        return None
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise InputError(f"{field.name} cannot be compared with {value!r}: it has too many digits")
    return number


def whole_seconds(condition: Condition) -> Condition:
    """Fractions of a second cannot be written: bounds that mean the same for times in whole seconds."""
    low, high = condition.low, condition.high
    if isinstance(low, datetime) and low.microsecond:
        condition = replace(condition, low=low.replace(microsecond=0), low_closed=False)
    if isinstance(high, datetime) and high.microsecond:
        condition = replace(condition, high=high.replace(microsecond=0), high_closed=True)
    return condition


def _low_key(condition: Condition) -> tuple[Any, ...]:
    return (condition.low is not None, condition.low, not condition.low_closed)


def _high_key(condition: Condition) -> tuple[Any, ...]:
    return (condition.high is None, condition.high, condition.high_closed)
