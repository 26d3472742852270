"""Text without a mark that is not UTF-8: Windows-1252 where it can be that, else an error that asks."""

from __future__ import annotations

import re

from dtanalytics.errors import InputError

_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_FLORIN = re.compile(rb"\x83[\x40-\x7e\x80-\xfc]")
"""A small f with a hook before a letter, which no western word has: half of a Japanese sign."""

_FOREIGN_WORD = re.compile(rb"[\xa1-\xff]{5,}")
"""Five letters with accents in a row, which no western word has: Cyrillic, Greek, Chinese, Korean."""

_SIGNS = bytes(range(0xA1, 0xC0))


def check_western(name: str, data: bytes) -> None:
    """Raise where bytes that are not UTF-8 cannot be Windows-1252 either.

    Parameters
    ----------
    name : str
        How messages call the file.
    data : bytes
        The file, or its beginning.

    Raises
    ------
    InputError
        They hold what no text of a western language holds.
    """
    words = (found[0].strip(_SIGNS) for found in _FOREIGN_WORD.finditer(data))
    if _UNDEFINED.search(data) or _FLORIN.search(data) or any(len(word) > 4 for word in words):
        raise InputError(
            f"{name} is neither UTF-8 nor Western text (cp1252): name its encoding, such as "
            "encoding='shift_jis', 'gb18030' or 'cp1251', or save it as UTF-8"
        )
