"""Numbers as pictures show them: money, counts, rates, at axes and in labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dtanalytics.metrics.units import unit_of
from dtanalytics.plots import style
from dtanalytics.plots.fonts import draws
from dtanalytics.texts.currencies import PLACES, checked
from dtanalytics.texts.numerals import MINUS, WHOLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MISSING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
ARROW = "\N{RIGHTWARDS ARROW}"


def currency_of(given: str | None) -> str:
    """Return the currency that is asked for, else that of the settings, else USD.

    Examples
    --------
    >>> currency_of("EUR"), currency_of(None)
    ('EUR', 'USD')
    """
    if given is None:
        from dtanalytics.settings import current

        given = current().currency
    return checked(given)


def money(value: float, *, sign: bool = False, currency: str | None = None) -> str:
    """Money in as few characters as a label needs.

    Parameters
    ----------
    value : float
        Amount [currency].
    sign : bool
        Write the plus of a gain.
    currency : str, optional
        ISO code; by default that of the picture.

    Returns
    -------
    str
        A dash where the amount is missing.

    Examples
    --------
    >>> [money(v) for v in (0, 3.5, 4210, 48_250, 1_250_000)]
    ['$0', '$3.50', '$4,210', '$48.2k', '$1.25M']
    >>> money(12, sign=True), money(1234.5, currency="JPY"), money(9.5, currency="CHF")
    ('+$12.00', '¥1,234', 'CHF 9.50')
    """
    if value is None or value != value:  # noqa: PLR0124 (a missing value differs from itself)
        return MISSING
    code, write = currency or style.now().currency, style.now().numerals
    size = abs(value)
    scale = write.scale(size, draws)
    if scale != WHOLE:
        digits = write.decimals(size, scale)
    elif size >= 99.995 or PLACES.get(code) == 0 or size < 0.005:
        digits = 0
    else:
        digits = 2
    is_zero = scale == WHOLE and round(size, digits) == 0
    return write.money(size, code, digits, "" if is_zero else _lead(value, sign=sign), scale)


def _lead(value: float, *, sign: bool = False) -> str:
    return MINUS if value < 0 else "+" if sign and value > 0 else ""


def count(value: float) -> str:
    """Whole number with thousands apart.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    if value is None or value != value:  # noqa: PLR0124 (missing)
        return MISSING
    return style.now().numerals.number(abs(value), 0, _lead(value))


def number(value: float) -> str:
    """Any other number: seconds, minutes, ratios of counts.

    Examples
    --------
    >>> number(1234.5), number(3.25), number(7)
    ('1,234', '3.25', '7')
    """
    if value is None or value != value:  # noqa: PLR0124 (missing)
        return MISSING
    spec = ",.0f" if abs(value) >= 100 or float(value).is_integer() else ".3g"
    return style.now().numerals.format(value, spec).replace("-", MINUS)


def fixed(value: float, digits: int) -> str:
    """Number with as many decimals as are asked for.

    Examples
    --------
    >>> fixed(1234.25, 1), fixed(3, 0)
    ('1,234.2', '3')
    """
    return style.now().numerals.number(abs(value), digits, _lead(value))


def percent(value: float, digits: int = 0) -> str:
    """Ratio as a percentage, for labels only.

    Examples
    --------
    >>> percent(0.125, 1)
    '12.5 %'
    """
    if value is None or value != value:  # noqa: PLR0124 (missing)
        return MISSING
    return style.now().numerals.percent(abs(value), digits, _lead(value), gap=" ")


def points(value: float, *, sign: bool = True) -> str:
    """Change of a ratio in percentage points.

    Examples
    --------
    >>> points(0.02), points(0.324 - 0.603) == f"{MINUS}27.9 points"
    ('+2.0 points', True)
    """
    if value is None or value != value:  # noqa: PLR0124 (missing)
        return MISSING
    size = round(abs(value) * 100, 1)
    lead = _lead(value, sign=sign) if size else ""
    return f"{style.now().numerals.number(abs(value) * 100, 1, lead)} points"


def changed(value: float, metric: str) -> str:
    """Change of a metric, with its sign and in its unit: money, points of a rate, calls.

    Examples
    --------
    >>> changed(40, "margin"), changed(0.01, "connect_rate"), changed(3, "call_count")
    ('+$40.00', '+1.0 points', '+3')
    """
    unit = unit_of(metric)
    if unit == "currency":
        return money(value, sign=True)
    if unit in {"ratio", "probability"}:
        return points(value)
    return ("+" if value > 0 else "") + writer(metric)(value)


def writer(metric: str) -> Callable[[float], str]:
    """Give the function that writes values of a metric."""
    unit = unit_of(metric)
    if unit == "currency":
        return money
    if unit == "ratio":
        return points if metric.endswith("_change") else percent
    return count if unit in {"", "calls", "callers"} else number


class _Even:
    """Write all numbers of an axis in one format: the same unit, as many decimals as its steps need."""

    def __init__(self, unit: str) -> None:
        self.unit, self.code, self.write = unit, style.now().currency, style.now().numerals
        self.scale, self.digits = WHOLE, 0

    def choose(self, ticks: Sequence[float]) -> None:
        most = max((abs(tick) for tick in ticks), default=0.0)
        step = min((abs(b - a) for a, b in pairwise(ticks) if b != a), default=most)
        is_money = self.unit == "currency"
        self.scale = self.write.scale(most, draws) if is_money else WHOLE
        factor = 0.01 if self.unit in {"ratio", "points"} else self.scale.factor
        self.digits = next((d for d in range(4) if _fits(step / factor, d)), 3)
        if is_money and self.scale == WHOLE and self.digits == 1:
            self.digits = 2  # cents
        if self.unit == "calls":
            self.digits = 0

    def __call__(self, value: float) -> str:
        size = abs(value)
        percent = 100.0 if self.unit in {"ratio", "points"} else 1.0
        is_zero = not any(
            char in "123456789" for char in f"{size * percent / self.scale.factor:.{self.digits}f}"
        )
        lead = "" if is_zero else _lead(value, sign=self.unit == "points")
        if self.unit == "currency":
            digits, scale = (0, WHOLE) if is_zero else (self.digits, self.scale)
            return self.write.money(size, self.code, digits, lead, scale)
        if self.unit == "ratio":
            return self.write.percent(size, self.digits, lead, gap=" ")
        return self.write.number(size * percent, self.digits, lead)


def _fits(step: float, digits: int) -> bool:
    return abs(step - round(step, digits)) < 1e-6 * max(abs(step), 1e-12) and round(step, digits) > 0


def _written(ax: Axes, axis: str, unit: str) -> None:
    from matplotlib.ticker import Formatter, MaxNLocator

    even = _Even(unit)

    class Written(Formatter):
        def set_locs(self, locs: Any) -> None:
            low, high = sorted(self.axis.get_view_interval())  # type: ignore[union-attr]  # set with the formatter
            even.choose(
                [float(place) for place in locs if low - 1e-9 <= place <= high + 1e-9]
                or [float(p) for p in locs]
            )

        def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: ARG002 - the base class's
            return even(x)

    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_formatter(Written())
    if axis == "x" and target.get_scale() == "linear":  # wide numbers side by side
        target.set_major_locator(MaxNLocator(max(3, round(6 * style.now().scale)), steps=[1, 2, 2.5, 5, 10]))


def money_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis as money, all in one unit."""
    _written(ax, axis, "currency")


def percent_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis, ratios from 0 to 1, as percentages."""
    _written(ax, axis, "ratio")


def count_axis(ax: Axes, axis: str) -> None:
    """Write the numbers of an axis with thousands apart."""
    _written(ax, axis, "calls")


def metric_axis(ax: Axes, axis: str, metric: str) -> None:
    """Write the numbers of an axis as the metric's unit asks for."""
    unit = unit_of(metric)
    if unit == "ratio" and metric.endswith("_change"):
        unit = "points"
    _written(ax, axis, unit or "calls")


def change_axis(ax: Axes, axis: str, metric: str) -> None:
    """Write the numbers of an axis, changes of a metric, as its unit asks for."""
    _written(ax, axis, "points" if unit_of(metric) == "ratio" else unit_of(metric) or "calls")
