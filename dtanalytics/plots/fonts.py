"""Text that is safe to draw, in fonts that have its letters.

Names come from affiliates and advertisers, so all text passes through `shown`: no mathematics between
dollar signs, no control characters, no glyph that the fonts lack, no line longer than its limit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from pandas import isna
from pandas.api.types import is_scalar

if TYPE_CHECKING:
    from matplotlib.text import Text

FALLBACKS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Source Han Sans",
    "Hiragino Sans",
    "PingFang SC",
    "Microsoft YaHei",
    "Yu Gothic",
    "WenQuanYi Zen Hei",
    "Malgun Gothic",
)
"""Fonts that draw Chinese, Japanese and Korean names, where one is installed."""
BOX = "\N{WHITE SQUARE}"


def families() -> list[str]:
    """Fonts in use: the reader's or matplotlib's, then those that draw Chinese, Japanese and Korean."""
    import matplotlib as mpl

    asked = [str(name) for name in mpl.rcParams["font.family"]]
    return list(dict.fromkeys([*asked, "DejaVu Sans", *_installed()]))


@cache
def _installed() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {entry.name for entry in fontManager.ttflist}
    return tuple(name for name in FALLBACKS if name in installed)


@cache
def _glyphs() -> frozenset[int]:
    """Code points that the fonts in use can draw."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    drawn = (FT2Font(findfont(name)).get_charmap() for name in ("DejaVu Sans", *_installed()))
    return frozenset(code for charmap in drawn for code in charmap)


def shown(text: Any, limit: int = 28) -> str:
    """Text that is safe to draw: one line, at most `limit` characters, only glyphs that exist.

    Parameters
    ----------
    text : object
        A name of the data; None and missing values read "(none)".
    limit : int
        Longest text [characters]; what is longer ends in an ellipsis.

    Returns
    -------
    str
        A character that no installed font has is an empty box.

    Examples
    --------
    >>> shown("Acme Leads and Partners of North America", limit=12)
    'Acme Leads …'
    >>> shown(None)
    '(none)'
    """
    if text is None or (is_scalar(text) and isna(text)):
        return "(none)"
    kept = (" " if char.isspace() else char for char in str(text)[: 4 * limit + 64])
    line = " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())
    if len(line) > limit:
        line = line[: max(limit - 1, 1)] + "…"
    return "".join(char if ord(char) in _glyphs() else BOX for char in line) or "(empty)"


def draws(text: str) -> bool:
    """Tell whether the fonts in use have every letter of a text.

    Examples
    --------
    >>> draws("1,25 Mio."), draws("\ue000")
    (True, False)
    """
    return all(ord(char) in _glyphs() for char in text)


def plain(texts: Iterable[Text]) -> None:
    """Take mathematics out of texts that matplotlib makes by itself, such as tick labels."""
    for text in texts:
        text.set_parse_math(False)
        text.set_fontfamily(families())
