r"""How one value is written in the vendor's ``q=`` text, and read.

The vendor documents no escape. A backslash goes before syntax inside a value, as in the Lucene ranges
whose form this is: ``\ , [ ] { } * "`` and white space, but for a single space between two words of
which the second does not begin with ``TO``. Such spaces, and colons, stand as they are, as in the
vendor's own ``[2017-01-01 06:30:00 TO 2017-01-01 18:00:00}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from dtanalytics.errors import InputError

Value = str | Decimal | datetime
Range = tuple[str, str | None, str | None, bool, bool]
"""Field, low end, high end (None is open), and whether each end belongs to the range."""

_SYNTAX = re.compile(r'[\\,\[\]{}*"]|(?<!\S)\s|\s(?!\S)|\s(?=TO)|[^\S ]')
_TOKEN = re.compile(r"\\.|[^\\]", re.DOTALL)
_VALUE = r"(?:\\.|[^\\,\[\]{}])"
_RANGE = re.compile(
    r"\s*(?P<field>\w+)\s*:\s*"
    rf"(?P<open>[\[{{])(?P<low>{_VALUE}+?) TO (?P<high>{_VALUE}+)(?P<close>[\]}}])"
    r"\s*(?:,|$)",
    re.DOTALL | re.ASCII,
)


def escape(value: str) -> str:
    r"""Write a text value so that nothing in it is taken for syntax.

    Examples
    --------
    >>> print(escape("Smith, Kline [EU]"))
    Smith\, Kline \[EU\]
    """
    if not value:
        raise InputError("empty text cannot be asked for: filter the frame after loading")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"{value!r} has characters that cannot be sent (lone surrogates)")
    return _SYNTAX.sub(r"\\\g<0>", value)


def write(value: Value | None) -> str:
    """Write one end of a range: plain decimals, Eastern wall clock, ``*`` for open."""
    if value is None:
        return "*"
    if isinstance(value, datetime):
        return value.isoformat(" ", timespec="seconds")
    if isinstance(value, Decimal):
        plain = format(value, "f")
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if plain == "-0" else plain
    return escape(value)


def ranges(text: str) -> Iterator[Range]:
    """Read the ranges of a ``q=`` text, one after the other.

    Examples
    --------
    >>> list(ranges("talk_minutes:[0.5 TO *],rank:{1 TO 3]"))
    [('talk_minutes', '0.5', None, True, True), ('rank', '1', '3', False, True)]
    """
    text = text.rstrip()
    position = 0
    while position < len(text):
        part = _RANGE.match(text, position)
        if part is None or (part.end() == len(text) and part[0].endswith(",")):
            raise InputError(
                f"the q= text is not understood from {text[position : position + 60]!r} on: write "
                "field:[low TO high], { or } for an excluded bound, * for an open end, [v TO v] for one "
                "value, a comma between conditions, and a backslash before syntax inside a value"
            )
        low, high = _unescape(part["low"]), _unescape(part["high"])
        yield part["field"], low, high, part["open"] == "[", part["close"] == "]"
        position = part.end()


def _unescape(raw: str) -> str | None:
    """Take the backslashes off one end of a range; ``*`` alone is open."""
    tokens = _TOKEN.findall(raw)
    while tokens and tokens[0] == " ":
        tokens.pop(0)
    while tokens and tokens[-1] == " ":
        tokens.pop()
    if tokens == ["*"]:
        return None
    unescaped = "".join(token if len(token) == 1 else "\\" for token in tokens)
    if not unescaped or {"*", '"'} & set(unescaped) or " TO " in unescaped:
        raise InputError(
            f"{raw!r} in the q= text is no value: * alone is an open end, and inside a value a backslash "
            'goes before each of \\ , [ ] { } * " and before a space that TO follows'
        )
    return "".join(token[-1] for token in tokens)
