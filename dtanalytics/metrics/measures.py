"""What a measure is: rows that pass conditions, counted or summed as integers.

A measure is declared once, as data. From the declaration come the narwhals row expression (Polars,
DuckDB) and, in ``rollup``, the vectorised passes over a pandas frame. Money and minutes are summed
as integers of 1/10,000, so that every engine, order and partition gives the same total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import pandas as pd

from dtanalytics.schema import REPORTS, TIMEZONE

if TYPE_CHECKING:  # imported where it is used: calls in pandas do without
    import narwhals as nw

Role = Literal["flag", "number", "text", "present", "time", "day", "caller"]
"""What a column is read as."""
_LARGEST = float(1 << 62)
_WHOLE_KINDS = {"int8", "int32", "int64"}


@dataclass(frozen=True)
class RowCondition:
    """A test that a row passes; a null never does.

    Attributes
    ----------
    columns : tuple of str
        Column that is tested (several only for ``present``: any of them will do).
    test : bool, tuple, pandas.Interval or None
        True or False of a flag; the values allowed; an interval; None: some value is there.
    negate : bool
        The known values that are *not* among ``test``.
    """

    columns: tuple[str, ...]
    test: bool | tuple[Any, ...] | pd.Interval[Any] | None
    negate: bool = False

    @property
    def role(self) -> Role:
        """What the column is read as, to be tested."""
        if self.test is None:
            return "present"
        if isinstance(self.test, bool):
            return "flag"
        one = self.test.left if isinstance(self.test, pd.Interval) else self.test[0]
        if isinstance(one, str):
            return "text"
        if isinstance(one, pd.Timestamp):
            return "day" if one.tzinfo is None else "time"
        return "flag" if isinstance(one, bool) else "number"

    def __str__(self) -> str:
        names = " or ".join(self.columns)
        if self.test is None:
            return f"{names} is present"
        if isinstance(self.test, bool):
            return names if self.test else f"not {names}"
        if isinstance(self.test, pd.Interval):
            return f"{names} in {self.test}"
        words = ", ".join(map(str, self.test))
        return f"{names} {'other than' if self.negate else 'in' if len(self.test) > 1 else '='} {words}"

    def expr(self, schema: Mapping[str, Any]) -> nw.Expr:
        """Return the test as a narwhals expression; where it is null, the row does not pass."""
        import narwhals as nw

        tests = [self._expr(column, schema[column]) for column in self.columns]
        return tests[0] if len(tests) == 1 else nw.any_horizontal(*tests, ignore_nulls=False)

    def _expr(self, name: str, dtype: Any) -> nw.Expr:
        import narwhals as nw

        column = nw.col(name)
        textual = dtype in {nw.String, nw.Categorical, nw.Enum}
        if dtype in {nw.Categorical, nw.Enum}:
            column = column.cast(nw.String)
        if self.test is None:
            return column != "" if textual else ~column.is_null()
        if isinstance(self.test, bool):
            return column if self.test else ~column
        if isinstance(self.test, pd.Interval):
            low, high = (_literal(end, dtype) for end in (self.test.left, self.test.right))
            above = column >= low if self.test.closed_left else column > low
            below = column <= high if self.test.closed_right else column < high
            return cast("nw.Expr", above & below)
        wanted = [_literal(one, dtype) for one in self.test]
        if self.negate and textual:
            return (column != "") & ~column.is_in(wanted)
        if len(wanted) == 1:
            return cast("nw.Expr", column != wanted[0] if self.negate else column == wanted[0])
        return ~column.is_in(wanted) if self.negate else column.is_in(wanted)


def _literal(value: Any, dtype: Any) -> Any:
    """Write a value as a column of that type is compared with it."""
    import narwhals as nw

    if not isinstance(value, pd.Timestamp):
        return value
    if dtype == nw.Date:
        return value.date()
    zoned = getattr(dtype, "time_zone", None) is not None
    local = value if value.tzinfo is None else value.tz_convert(TIMEZONE)
    if not zoned:
        return local.tz_localize(None).to_pydatetime()
    instant = local if local.tzinfo is not None else local.tz_localize(TIMEZONE)
    return instant.to_pydatetime()


def kind_of(column: str) -> str:
    """Return the kind of a column of the reports; empty for a column of the user's own."""
    kinds = [report.by_name[column].kind for report in REPORTS.values() if column in report.by_name]
    return kinds[0] if kinds else ""


@dataclass(frozen=True)
class Measure:
    """Something additive: rows counted, a column summed, or (not additive) callers told apart.

    Attributes
    ----------
    name, unit, meaning : str
        As in the dictionary of metrics.
    where : tuple of RowCondition
        Rows that count: all of the conditions hold.
    value : str or None
        Column that is summed; None counts rows.
    factor : int
        What the column is multiplied with (60 turns minutes into seconds).
    distinct : bool
        Different values of ``value`` are counted instead.
    estimated : bool
        They may be estimated, by an engine that can.
    rows : narwhals.Expr or None
        A user's own row expression, summed instead of ``value``.
    reads : tuple of str
        Columns that ``rows`` reads.
    finer : int or None
        Decimals in which the values of a frame must be summed to be exact; None: as its kind says.
    """

    name: str
    unit: str
    meaning: str
    where: tuple[RowCondition, ...] = ()
    value: str | None = None
    factor: int = 1
    distinct: bool = False
    rows: nw.Expr | None = None
    reads: tuple[str, ...] = ()
    also_called: str = ""
    source: str = ""
    finer: int | None = None
    estimated: bool = False

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """Columns that a frame must have."""
        value = () if self.value is None else (self.value,)
        tested = (column for condition in self.where for column in condition.columns)
        return tuple(dict.fromkeys([*value, *tested, *self.reads]))

    @property
    def counts(self) -> bool:
        """True when rows are counted."""
        return self.value is None and self.rows is None

    @property
    def scale(self) -> int:
        """What a sum is divided by at the very end."""
        return int(10**self.decimals)

    @cached_property
    def decimals(self) -> int:
        """Decimals in which values are summed; a frame whose values have more decides anew."""
        if self.finer is not None:
            return self.finer
        if self.rows is not None:
            return 0 if self.unit in {"calls", "callers"} else 4
        if self.value is None or self.distinct:
            return 0
        return 0 if kind_of(self.value) in _WHOLE_KINDS else 4

    @property
    def formula(self) -> str:
        """The definition in words."""
        if self.rows is not None:
            return "sum of an expression of " + ", ".join(self.reads)
        what = "rows" if self.value is None else self.value + (f" * {self.factor}" if self.factor > 1 else "")
        kind = "count of" if self.value is None else "count of distinct" if self.distinct else "sum of"
        tests = " and ".join(map(str, self.where))
        return f"{kind} {what}" + (f" where {tests}" if tests else "")

    @property
    def null_rule(self) -> str:
        """What an unknown value does."""
        if self.distinct:
            return "an unknown caller is not counted"
        if self.value is None and not self.where:
            return "never null"
        return "a null counts in neither side" if self.value is None else "a null adds nothing; no rows: 0"

    def expr(self, schema: Mapping[str, Any]) -> nw.Expr:
        """Return the row expression, to be summed over the rows of a group.

        Parameters
        ----------
        schema : mapping
            Column name -> narwhals dtype of the frame that it is for.

        Returns
        -------
        narwhals.Expr
            What is summed (of `counts`: counted): int64 in units of ``1 / scale``; of a decimal column the
            column itself, which engines sum exactly. Null where a row adds nothing. ``factor`` is left
            to the sum.
        """
        import narwhals as nw

        if self.rows is not None:
            return _whole(self.rows.cast(nw.Float64), nw.Float64(), self.scale)
        tests = [condition.expr(schema) for condition in self.where]
        passes = tests[0] if tests else None
        for test in tests[1:]:
            passes = passes & test
        value = (
            nw.lit(1) if self.value is None else _whole(nw.col(self.value), schema[self.value], self.scale)
        )
        return value if passes is None else nw.when(passes).then(value)


def _whole(column: nw.Expr, dtype: Any, scale: int) -> nw.Expr:
    """Return a column as int64 multiples of ``1 / scale``; decimals are not converted."""
    import narwhals as nw

    if dtype.is_float():
        # floor(x + 0.5) and not round: engines round a half differently. What does not fit is found apart.
        known = column.fill_nan(None).fill_null(0.0) * scale
        fits = nw.when(known.abs() < _LARGEST).then(known).otherwise(0.0)
        return (fits + 0.5).floor().cast(nw.Int64)
    if dtype.is_integer():
        column = column.cast(nw.Int64)  # before it is scaled, so that small types do not overflow
        return column * scale if scale > 1 else column
    return column
