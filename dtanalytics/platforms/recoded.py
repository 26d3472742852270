"""A copy of delimited text in UTF-8, whatever its encoding is, for DuckDB's reader."""

from __future__ import annotations

import codecs
import gzip
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from dtanalytics.errors import InputError
from dtanalytics.platforms.parts import Part
from dtanalytics.texts.encodings import WESTERN, WesternText

_CHUNK = 1 << 22


@contextmanager
def recoded(part: Part, code: str, lines: int, *, is_told: bool) -> Iterator[Path]:
    """Write a copy of a text in UTF-8 with line feeds, without its first lines; it exists within the block.

    Parameters
    ----------
    part : Part
        The file.
    code : str
        Its encoding.
    lines : int
        Lines to leave out.
    is_told : bool
        Whether the encoding is known, and not taken from the first bytes: what begins as UTF-8 may go on as
        Windows-1252, since both write text without accents alike.

    Raises
    ------
    InputError
        The file has another encoding.
    """
    with tempfile.TemporaryDirectory(prefix="dta-") as folder:
        copy = Path(folder, "text.csv")
        try:
            _write(part, code, lines, copy, is_told=is_told)
        except UnicodeError:
            if is_told or code != "utf-8":
                raise InputError(
                    f"{part.name} is not {code}: ask for it again, or name its encoding="
                ) from None
            _write(part, WESTERN, lines, copy, is_told=False)
        yield copy


def _write(part: Part, code: str, lines: int, copy: Path, *, is_told: bool) -> None:
    """Write the copy, a piece at a time."""
    try:
        inner = codecs.getincrementaldecoder(code)(errors="replace" if code == WESTERN else "strict")
    except LookupError:
        raise InputError(f"encoding {code!r} is not known: 'utf-8', 'utf-16', 'cp1252', ...") from None
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    western = WesternText(part.name) if code == WESTERN and not is_told else None
    above = ""
    is_last = False
    with _opened(part) as opened, copy.open("wb") as out:
        while not is_last:
            piece = opened.read(_CHUNK)
            is_last = not piece
            if western:
                western.check(piece, is_last=is_last)
            text = decoder.decode(piece, final=is_last)
            if lines:
                above += text
                if above.count("\n") < lines:
                    continue
                text, lines = above.split("\n", lines)[lines], 0
            out.write(text.encode())


def _opened(part: Part) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(part.path)) if part.packed else part.path.open("rb")
