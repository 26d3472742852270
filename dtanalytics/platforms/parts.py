"""Files of other platforms: which holds JSON, which delimited text or a workbook; packed or not."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from dtanalytics.errors import InputError
from dtanalytics.ledgers.content import STRANGERS, neighbours, unzipped
from dtanalytics.texts.encodings import encoding_of
from dtanalytics.texts.paths import expand

HEAD = 1 << 18
"""Bytes of a file that tell what it is."""
_ENDINGS = (
    ".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".zip", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods",
)  # fmt: skip
_WANTED = (
    "saved answers (.json, .jsonl, .ndjson) or exports (.csv, .tsv, .txt, .xlsx), packed (.gz, .zip) or not"
)


@dataclass(frozen=True)
class Part:
    """One file with calls, unpacked as far as needed.

    Attributes
    ----------
    name : str
        What messages call it.
    kind : {"json", "text", "book"}
        What it holds.
    path : Path
        Where it is.
    head : bytes
        Its first bytes, unpacked.
    packed : bool
        Whether the file at ``path`` is packed by gzip.
    is_passing : bool
        Whether the file is there only until the next is taken: a member of an archive.
    """

    name: str
    kind: Literal["json", "text", "book"]
    path: Path
    head: bytes = b""
    packed: bool = False
    is_passing: bool = False


def parts(path: Any) -> Iterator[Part]:
    """List what a path, a folder or several paths hold; members of archives exist until the next is taken.

    Raises
    ------
    InputError
        There is no such file, or it is empty, cannot be unpacked, or is of another kind, which is named.
    """
    if isinstance(path, list | tuple):
        if not path:
            raise InputError(f"the list of paths is empty; looked for {_WANTED}")
        for one in path:
            yield from parts(one)
        return
    place = expand(path)
    try:
        if place.is_dir():
            found = sorted(file for file in place.rglob("*") if _is_wanted(file, place))
            if not found:
                raise InputError(f"{place} is a folder without such files; looked for {_WANTED}")
            for file in found:
                yield from _parts(str(file.relative_to(place)), file)
            return
        if not place.is_file():
            what = "is no regular file" if place.exists() else f"does not exist{neighbours(place)}"
            raise InputError(f"{place} {what}; looked for {_WANTED}")
        yield from _parts(place.name, place)
    except OSError as error:
        raise InputError(f"{place} cannot be read: {error.strerror or error}") from None


def _is_wanted(file: Path, folder: Path) -> bool:
    name = file.name.lower().removesuffix(".gz")
    aside = any(one.startswith((".", "__MACOSX")) for one in file.relative_to(folder).parts)
    return name.endswith(_ENDINGS) and not aside and file.is_file()


def _parts(name: str, path: Path) -> Iterator[Part]:
    with path.open("rb") as opened:
        head = opened.read(HEAD)
    packed = head.startswith(b"\x1f\x8b")
    if packed:
        head = _unpacked_head(name, path)
    if head.startswith(b"PK"):
        yield from _members(name, path, packed=packed)
        return
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        yield Part(name, "book", path, head, packed)
        return
    yield Part(name, _kind(name, head), path, head, packed)


def _unpacked_head(name: str, path: Path) -> bytes:
    try:
        with gzip.open(path) as opened:
            return opened.read(HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{name} is a broken gz file ({error}): ask for it again") from None


def _kind(name: str, head: bytes) -> Literal["json", "text"]:
    text = decoded(head, encoding_of(head, is_cut=True)).lstrip("\ufeff \t\r\n")
    if not text.strip("\0 \t\r\n"):
        raise InputError(f"{name} is empty: ask for it again")
    squeezed = text[:16].replace("\n", "").replace("\r", "").replace(" ", "").replace("\t", "")
    if squeezed.startswith(("{", "[")) or (text.startswith('"') and ".json" in name.lower()):
        return "json"
    for sign, what in STRANGERS:
        if squeezed.encode("utf-8", "replace").startswith(sign):
            raise InputError(f"{name} is {what}")
    return "text"


def decoded(head: bytes, encoding: str) -> str:
    """Return the text of a file's first bytes."""
    return head.decode(encoding, errors="replace").lstrip("\ufeff")


def _members(name: str, path: Path, *, packed: bool) -> Iterator[Part]:
    """Parts of an archive, each written to a folder of its own, or the workbook that it is."""
    data = io.BytesIO(gzip.decompress(path.read_bytes())) if packed else path
    with unzipped(name, data) as (archive, files):
        if files is None:
            yield Part(name, "book", path, b"", packed)
            return
        for one in files:
            with tempfile.TemporaryDirectory(prefix="dta-") as folder:
                place = Path(folder, f"member{Path(one.filename).suffix}")
                with archive.open(one) as inside, place.open("wb") as out:
                    shutil.copyfileobj(inside, out)
                for part in _parts(f"{name}:{one.filename}", place):
                    yield replace(part, is_passing=True)
