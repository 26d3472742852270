"""Which encoding a text is in: told by its mark, else UTF-16, UTF-8 or Windows-1252, or an InputError."""

from __future__ import annotations

import codecs
import re

from dtanalytics.errors import InputError

WESTERN = "cp1252"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_FLORIN = re.compile(rb"\x83[\x40-\x7e\x80-\xfc]")
"""A small f with a hook before a letter, which no western word has: half of a Japanese sign."""

_FOREIGN_WORD = re.compile(rb"[\xa1-\xff]{5,}")
"""Five letters with accents in a row, which no western word has: Cyrillic, Greek, Chinese, Korean."""

_SIGNS = bytes(range(0xA1, 0xC0))
_HIGH = bytes(range(0x80, 0x100))
_OF_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""A character of UTF-8; in a western text two signs that hardly ever stand together, such as \u00c3\u00a9."""
_ACCENTED = re.compile(rb"[\xc2\xc3][\x80-\xbf]")
"""A western letter in UTF-8, which counts twice: no word has these two signs together."""


def encoding_of(data: bytes, *, is_cut: bool = False) -> str:
    """Name the encoding of a text by its bytes: what is neither marked nor UTF-8 is Windows-1252.

    Parameters
    ----------
    data : bytes
        The text, or its beginning.
    is_cut : bool
        It is a beginning, whose last character may be cut.

    Examples
    --------
    >>> [encoding_of("Café".encode(code)) for code in ("utf-8", "utf-16", "utf-16-be", "cp1252")]
    ['utf-8', 'utf-16-le', 'utf-16-be', 'cp1252']
    """
    for mark, code in _MARKS:
        if data.startswith(mark):
            return code
    wide = _without_mark(data[:4096])
    if wide is not None:
        return wide
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=not is_cut)
    except UnicodeDecodeError:
        return WESTERN
    return "utf-8"


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without a mark: nearly every other byte of western text is zero."""
    half = max(len(data) // 2, 1)
    if data[1::2].count(0) > 0.7 * half and data[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if data[::2].count(0) > 0.7 * half and data[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


class WesternText:
    """Looks through a text that passes for Windows-1252, a piece at a time, for what it cannot be.

    Parameters
    ----------
    name : str
        How messages call the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._open = b""
        self._of_utf8 = self._others = 0

    def check(self, piece: bytes, *, is_last: bool) -> None:
        """Look at the next piece.

        Raises
        ------
        InputError
            The text is of another alphabet, or UTF-8 in which some characters are broken.

        Examples
        --------
        >>> WesternText("list.csv").check("Caf\u00e9".encode("cp1252"), is_last=True)
        """
        data = self._open + piece
        whole = len(data) if is_last else len(data.rstrip(_HIGH))
        data, self._open = data[:whole], data[whole:]  # a word that the next piece may go on with
        words = (found[0].strip(_SIGNS) for found in _FOREIGN_WORD.finditer(data))
        self._count(data)
        if self._of_utf8 > self._others and is_last:
            raise InputError(
                f"{self._name} is UTF-8 in which some characters are broken: ask for it again, or name its "
                "encoding="
            )
        if self._of_utf8 > self._others:
            return
        if _UNDEFINED.search(data) or _FLORIN.search(data) or any(len(word) > 4 for word in words):
            raise InputError(
                f"{self._name} is neither UTF-8 nor Western text (cp1252): name its encoding, such as "
                "encoding='shift_jis', 'gb18030' or 'cp1251', or save it as UTF-8"
            )

    def _count(self, data: bytes) -> None:
        rest, found = _OF_UTF8.subn(b"", data)
        self._of_utf8 += found + len(_ACCENTED.findall(data))
        self._others += len(rest) - len(rest.translate(None, _HIGH))
