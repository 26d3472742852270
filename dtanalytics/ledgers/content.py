"""What a partner's file holds: text of any encoding, or a workbook; packed or not."""

from __future__ import annotations

import gzip
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dtanalytics.errors import InputError, nearest
from dtanalytics.texts.encodings import WESTERN, WesternText, encoding_of
from dtanalytics.texts.paths import expand

LARGEST = 2**31
"""Bytes that a packed file may hold: more is no list of calls."""
_BOOKS = frozenset({"[Content_Types].xml", "content.xml", "mimetype"})
"""Files by which an archive is a workbook."""
_FEW = 10
_SAVE = "save it as CSV or XLSX"
STRANGERS = (
    (b"%PDF", "a PDF: ask for the table as CSV or XLSX"),
    (b"PAR1", "a Parquet file: pass pandas.read_parquet(path)"),
    (b"<", f"a web page or XML, whatever its name says: open it in a spreadsheet and {_SAVE}"),
    (b"{", "JSON: pass pandas.read_json(path, dtype=False)"),
    (b"[{", "JSON: pass pandas.read_json(path, dtype=False)"),
)


class Content(NamedTuple):
    """The name of a file, and its text or the bytes of a workbook."""

    name: str
    text: str | None
    workbook: bytes | None


def content(path: str | os.PathLike[str], encoding: str | None = None) -> Content:
    """Read a file: unpack it, and decode its text.

    Parameters
    ----------
    path : str or path
        CSV or other delimited text, XLSX, XLS, XLSB or ODS; also packed, one file in a gz or a zip.
    encoding : str, optional
        Of the text. By default a byte order mark decides, then whether the text is valid UTF-8; what
        is neither is read as Windows-1252.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        No such file; an empty one, or one of another kind, which is named.
    """
    file = expand(path, "the path of the ledger")
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise InputError(f"there is no file {file}{neighbours(file)}") from None
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    return _content(file.name, data, encoding)


def neighbours(file: Path) -> str:
    """Say which file of the same folder has nearly that name."""
    names = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
    found = nearest(file.name, names)
    return f" in its folder: {found}" if found.startswith("did you mean") else ""


def _content(name: str, data: bytes, encoding: str | None) -> Content:
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(LARGEST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name} is a broken gz file ({error}): ask for it again") from None
        return _content(name, _bounded(name, data), encoding)
    if data.startswith(b"PK"):
        return _unzipped(name, data, encoding)
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # XLS, or a workbook with a password
        return Content(name, None, data)
    text = _decoded(name, data, encoding)
    if not text.strip():
        raise InputError(f"{name} is empty: ask for it again")
    start = text.lstrip()[:8].encode("utf-8", "replace")
    for sign, what in STRANGERS:
        if start.replace(b"\n", b"").replace(b" ", b"").startswith(sign):
            raise InputError(f"{name} is {what}")
    return Content(name, text, None)


def _unzipped(name: str, data: bytes, encoding: str | None) -> Content:
    with unzipped(name, io.BytesIO(data)) as (packed, files):
        if files is None:
            return Content(name, None, data)
        if len(files) != 1:
            held = ", ".join(one.filename for one in files[:5])
            raise InputError(f"{name} holds {len(files)} files ({held}): unpack it and name the one to read")
        return _content(f"{name}:{files[0].filename}", packed.read(files[0]), encoding)


@contextmanager
def unzipped(
    name: str, source: io.BytesIO | Path
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo] | None]]:
    """Open an archive: itself, and its files in the order of their names, or None where it is a workbook.

    Raises
    ------
    InputError
        It is broken, has a password, holds nothing, or a file of more than 2 GB.
    """
    try:
        with zipfile.ZipFile(source) as packed:
            files = [one for one in packed.infolist() if not is_aside(one.filename)]
            if _BOOKS & {one.filename for one in files}:
                yield packed, None
                return
            if not files:
                raise InputError(f"{name} is an archive without files: ask for it again")
            _bounded(name, b"", max(one.file_size for one in files))
            yield packed, sorted(files, key=lambda one: one.filename)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError) as error:
        if type(error) is RuntimeError and "encrypted" not in str(error):
            raise
        raise InputError(f"{name} cannot be unpacked ({error}): unpack it and name the file") from None


def is_aside(name: str) -> bool:
    """Folders, and what macOS adds to archives."""
    return name.endswith("/") or name.startswith("__MACOSX/") or Path(name).name.startswith("._")


def _bounded(name: str, data: bytes, size: int = 0) -> bytes:
    if max(len(data), size) > LARGEST:
        raise InputError(f"{name} unpacks to more than 2 GB: no list of calls is as long; split it")
    return data


def _decoded(name: str, data: bytes, encoding: str | None) -> str:
    data = data.removesuffix(b"\x1a")  # how DOS ends a file
    if encoding is not None:
        try:
            return data.decode(encoding).lstrip("\ufeff")
        except LookupError:
            raise InputError(
                f"encoding {encoding!r} is not known: 'utf-8', 'utf-16', 'cp1252', ..."
            ) from None
        except UnicodeError:
            raise InputError(f"{name} is not {encoding}: leave encoding= away, or name another") from None
    code = encoding_of(data)
    if code in {"utf-8", WESTERN} and b"\0" in data:  # some programs pad with them
        data = data.rstrip(b"\0")
        data = data.replace(b"\0", b"") if data.count(0) * _FEW < len(data) else data
    if code in {"utf-8", WESTERN} and re.search(rb"[\x00-\x08]", data):
        raise InputError(f"{name} is neither text nor a workbook: {_SAVE}")
    if code == WESTERN:
        WesternText(name).check(data, is_last=True)
    try:
        return data.decode(code).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise InputError(f"{name} begins as {code} and breaks off: ask for it again") from None
