"""Numbers and money as people read them: in English, or as a locale writes them.

Tables, pictures, their alternative texts and boards write every number here, so that all numbers of a page
follow one setting. Words and dates stay as they are, and so does what programs read: frames, files, messages.
"""

from __future__ import annotations

import functools
import math
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from dtanalytics.errors import ConfigError
from dtanalytics.texts.currencies import SIGNS
from dtanalytics.texts.locales import locale_name

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

MINUS = "\N{MINUS SIGN}"
_SHORTENED = 9_999.5
"""Amounts from here on are shortened in pictures; smaller ones are as short in full."""
_MARKS = str.maketrans(dict.fromkeys("\u200e\u200f\u061c") | {"\N{FULLWIDTH YEN SIGN}": "\N{YEN SIGN}"})
"""Marks of direction and a wide sign, which fonts draw as boxes or not at all."""


@dataclass(frozen=True)
class Scale:
    """How large amounts are shortened.

    Attributes
    ----------
    factor : float
        What an amount is divided by.
    ending : str
        What stands after it in English, such as ``"k"``; the whole pattern of a locale.
    """

    factor: float = 1.0
    ending: str = ""


WHOLE = Scale()
"""Nothing is shortened."""


class Numerals:
    """Numbers in English; the digits of every locale are those that are written here.

    Attributes
    ----------
    tag : str
        Name of the locale as browsers know it.
    """

    tag = "en-US"

    def number(self, value: float, digits: int = 0, lead: str = "") -> str:
        """Write a number that is not negative, in groups of thousands.

        Parameters
        ----------
        value : float
        digits : int
            Decimals.
        lead : str
            Sign to write: a minus, a plus, or none.

        Examples
        --------
        >>> Numerals().number(1234.56, 1), numerals("de_DE").number(1234.56, 1, "+")
        ('1,234.6', '+1.234,6')
        """
        return f"{lead}{value:,.{digits}f}"

    def percent(self, value: float, digits: int = 0, lead: str = "", gap: str = "") -> str:
        """Write a ratio that is not negative in per cent; `gap` stands before the English sign.

        Examples
        --------
        >>> Numerals().percent(0.1234, 1), numerals("de_DE").percent(0.1234, 1) == "12,3\N{NO-BREAK SPACE}%"
        ('12.3%', True)
        """
        return f"{lead}{value * 100:.{digits}f}{gap}%"

    def money(self, value: float, code: str, digits: int, lead: str = "", scale: Scale = WHOLE) -> str:
        """Write an amount that is not negative, with the sign of its currency.

        Parameters
        ----------
        value : float
            Amount [currency].
        code : str
            ISO code.
        digits : int
            Decimals of what is left of the amount when it is shortened.
        lead : str
            Sign to write.
        scale : Scale
            How it is shortened: see `scale`.

        Examples
        --------
        >>> Numerals().money(48250, "USD", 1, scale=Numerals().scale(48250))
        '$48.2k'
        >>> numerals("de_DE").money(1234.56, "EUR", 2) == "1.234,56\N{NO-BREAK SPACE}\N{EURO SIGN}"
        True
        """
        number = f"{value / scale.factor:,.{digits}f}{scale.ending}"
        return f"{lead}{SIGNS[code]}{number}" if code in SIGNS else f"{lead}{code} {number}"

    def scale(self, most: float, drawn: Callable[[str], bool] = bool) -> Scale:  # noqa: ARG002 - a locale's
        """Say how amounts up to the largest are shortened.

        Parameters
        ----------
        most : float
            Largest amount [currency].
        drawn : callable
            Tells whether a text can be drawn; what cannot is not used.
        """
        if most >= 999_500:
            return Scale(1e6, "M")
        return Scale(1e3, "k") if most >= _SHORTENED else WHOLE

    def decimals(self, value: float, scale: Scale) -> int:
        """Decimals of one shortened amount."""
        del value
        return 2 if scale.factor == 1e6 else 1

    def format(self, value: float, spec: str) -> str:
        """Write a number by one of Python's format specifications: ``,``, ``,.2f``, ``.1%``, ``,.6g``.

        Examples
        --------
        >>> Numerals().format(12345, ","), numerals("de_DE").format(1234.5, ",.6g")
        ('12,345', '1.234,5')
        """
        return format(value, spec)

    def tell(self, sentence: str) -> str:
        """Write a sentence: the numbers of one that was `Told` are written anew, any other text stays.

        Examples
        --------
        >>> numerals("de_DE").tell(Told("{count:,} calls", count=1234)), numerals("de_DE").tell("1,234 calls")
        ('1.234 calls', '1,234 calls')
        """
        return (
            _Sentence(self).format(sentence.template, **sentence.values)
            if isinstance(sentence, Told)
            else sentence
        )


class Told(str):
    """A sentence with numbers in it: English text, whose numbers a table writes in its own locale.

    Parameters
    ----------
    template : str
        As for ``str.format``; braces of names that stand in it by themselves are doubled.
    **values : float or str
        What stands in its places; a text may be told in its turn.

    Examples
    --------
    >>> Told("{share:.1%} of {count:,} flags", share=0.25, count=1200)
    '25.0% of 1,200 flags'
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Self:
        """Write the sentence in English."""
        told = super().__new__(cls, template.format(**values))
        told.template, told.values = template, values
        return told

    def __getnewargs_ex__(self) -> tuple[tuple[str], Mapping[str, Any]]:
        """Make copies, as pandas does of ``attrs``, of the template and not of the text."""
        return (self.template,), self.values


class _Sentence(string.Formatter):
    def __init__(self, numerals: Numerals) -> None:
        self.numerals = numerals

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, str):
            return format(self.numerals.tell(value), format_spec)
        return self.numerals.format(value, format_spec)


class _Local(Numerals):
    """Numbers of a locale: Babel's patterns of Unicode's CLDR, with Latin digits."""

    def __init__(self, name: str) -> None:
        from babel import Locale

        self.locale: Locale = Locale.parse(name)
        self.tag = name.replace("_", "-")

    def number(self, value: float, digits: int = 0, lead: str = "") -> str:
        return self._written(self.locale.decimal_formats[None].pattern, f"{value:.{digits}f}", lead)

    def percent(self, value: float, digits: int = 0, lead: str = "", gap: str = "") -> str:
        del gap
        return self._written(self.locale.percent_formats[None].pattern, f"{value * 100:.{digits}f}", lead)

    def money(self, value: float, code: str, digits: int, lead: str = "", scale: Scale = WHOLE) -> str:
        pattern = scale.ending or self.locale.currency_formats["standard"].pattern
        return self._written(pattern, f"{value / scale.factor:.{digits}f}", lead, code)

    def scale(self, most: float, drawn: Callable[[str], bool] = bool) -> Scale:
        if most < _SHORTENED:
            return WHOLE
        most = float(f"{most:.2e}")  # what rounds to a million is one
        known = self.locale.compact_currency_formats["short"]["other"]
        fitting = {float(size): one.pattern for size, one in known.items() if float(size) <= most}
        size = max(fitting, default=1.0)
        pattern = fitting.get(size, "0")
        if "\N{CURRENCY SIGN}" not in pattern or not drawn(pattern):
            return WHOLE
        return Scale(size / 10 ** (pattern.count("0") - 1), re.sub("0+", "#,##0", pattern, count=1))

    def decimals(self, value: float, scale: Scale) -> int:
        shortened = float(f"{value / scale.factor:.2e}")
        return 0 if scale == WHOLE else max(0, 2 - int(math.log10(max(shortened, 1.0))))

    def format(self, value: float, spec: str) -> str:
        text = format(value, spec)
        found = re.fullmatch(r"([-+]?)([\d,]+(?:\.(\d+))?)(e[-+]\d+)?(%?)", text)
        if found is None:
            return text
        sign, number, decimals, power, percent = found.groups(default="")
        lead = sign.replace("-", MINUS)
        if percent:
            return self.percent(abs(value), len(decimals), lead)
        pattern = self.locale.decimal_formats[None].pattern if "," in spec else "0"
        return self._written(pattern, number.replace(",", ""), lead) + power

    def _written(self, pattern: str, digits: str, lead: str, code: str | None = None) -> str:
        """Write a number, already spelled in digits, by a pattern, its sign in the locale's place."""
        from decimal import Decimal

        made = _pattern(pattern, len(digits.partition(".")[2]))
        value = Decimal(digits).scaleb(-made.scale)
        if lead:
            value = value.copy_negate()
        text: str = made.apply(value, self.locale, currency=code, currency_digits=False)
        return (text.replace("-", lead, 1) if lead else text).translate(_MARKS)


@functools.lru_cache(maxsize=256)
def _pattern(pattern: str, decimals: int) -> NumberPattern:
    from babel.numbers import parse_pattern

    made = parse_pattern(pattern)
    made.frac_prec = (decimals, decimals)
    return made


ENGLISH = Numerals()


@functools.lru_cache(maxsize=32)
def numerals(locale: str | None = None) -> Numerals:
    """Return how a locale writes numbers.

    Parameters
    ----------
    locale : str, optional
        Such as ``"de_DE"``; by default English in this package's own form.

    Raises
    ------
    ConfigError
        There is no such locale.

    Examples
    --------
    >>> numerals("fr_FR").number(0.5, 1), numerals().number(0.5, 1)
    ('0,5', '0.5')
    """
    if locale is None:
        return ENGLISH
    try:
        return _Local(locale_name(locale))
    except ValueError as error:
        raise ConfigError(f"locale: {error}") from None
