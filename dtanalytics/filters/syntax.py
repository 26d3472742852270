r"""How one value is written in the vendor's ``q=`` text, and read.

The vendor documents no escape. A backslash goes before syntax inside a value, as in the Lucene ranges
whose form this is: ``\ , [ ] { } * "`` and white space, but for a single space between two words of
which the second does not begin with ``TO``. Such spaces, and colons, stand as they are, as in the
vendor's own ``[2017-01-01 06:30:00 TO 2017-01-01 18:00:00}``.

Read, but never written: one value alone, ``channel:SourceTrak`` or ``channel:"Call Extension"``, which the
vendor does not document and people write. In quotes, a backslash goes before a quote and before itself.
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

Equal = tuple[str, str]
"""Field and the one value asked for; ``*`` stands for any."""

_SYNTAX = re.compile(r'[\\,\[\]{}*"]|(?<!\S)\s|\s(?!\S)|\s(?=TO)|[^\S ]')
_TOKEN = re.compile(r"\\.|[^\\]", re.DOTALL)
_VALUE = r"(?:\\.|[^\\,\[\]{}])"
_RANGE = re.compile(
    r"\s*(?P<field>\w+)\s*:\s*"
    rf"(?P<open>[\[{{])(?P<low>{_VALUE}+?) TO (?P<high>{_VALUE}+)(?P<close>[\]}}])"
    r"\s*(?:,|$)",
    re.DOTALL | re.ASCII,
)

_EQUAL = re.compile(
    r"\s*(?P<field>\w+)\s*:\s*"
    r'(?:"(?P<quoted>(?:\\.|[^\\"])*)"|(?P<plain>(?!["\s])(?:\\.|[^\\,\[\]{}"])+))'
    r"\s*(?:,|$)",
    re.DOTALL | re.ASCII,
)
_OPERATOR = re.compile(r"(?:^|\s)(?:AND|OR|NOT|&&|\|\|)(?:\s|$)")


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


def ranges(text: str) -> Iterator[Range | Equal]:
    """Read the conditions of a ``q=`` text, one after the other.

    Examples
    --------
    >>> list(ranges("talk_minutes:[0.5 TO *],rank:{1 TO 3]"))
    [('talk_minutes', '0.5', None, True, True), ('rank', '1', '3', False, True)]
    >>> list(ranges('channel:SourceTrak,city:"New York, NY"'))
    [('channel', 'SourceTrak'), ('city', 'New York, NY')]
    """
    text = text.rstrip()
    position = 0
    while position < len(text):
        part = _RANGE.match(text, position) or _EQUAL.match(text, position)
        if part is None or (part.end() == len(text) and part[0].endswith(",")):
            raise InputError(
                f"the q= text is not understood from {text[position : position + 60]!r} on: write "
                "field:[low TO high], { or } for an excluded bound, * for an open end, field:value for one "
                "value (in quotes where it holds a comma), a comma between conditions, and a backslash "
                "before syntax inside a value"
            )
        if part.re is _EQUAL:
            yield part["field"], _alone(part)
            position = part.end()
            continue
        low, high = _unescape(part["low"]), _unescape(part["high"])
        yield part["field"], low, high, part["open"] == "[", part["close"] == "]"
        position = part.end()


def _alone(part: re.Match[str]) -> str:
    """One value without a range around it."""
    if part["quoted"] is not None:
        value = re.sub(r"\\(.)", r"\1", part["quoted"], flags=re.DOTALL)
        if not value or value == "*":
            raise InputError(f"{part['field']} is compared with {value!r} in quotes, which cannot be asked")
        return value
    if part["plain"].strip() == "*":
        return "*"
    if _OPERATOR.search(part["plain"]):
        raise InputError(
            f"{part['field']}: AND, OR and NOT are not part of the q= text: put a comma between conditions, "
            "all of which must hold, and quotes around a value that holds such a word"
        )
    return _unescape(part["plain"]) or ""


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
