"""Times of calls as text to instants: counts since 1970, times with an offset, wall clocks of a zone."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.wall_clock import resolve
from dtanalytics.errors import InputError
from dtanalytics.ledgers.cells import bare
from dtanalytics.ledgers.dates import read_times
from dtanalytics.ledgers.spellings import spelling
from dtanalytics.platforms.values import joined, words_of
from dtanalytics.platforms.zones import zones_of
from dtanalytics.schema import ARROW_TYPES, TIMEZONE

_KIND = ARROW_TYPES["time"]
_COUNTS = ((631_152_000, 4_102_444_800, 1_000_000), (631_152_000_000, 4_102_444_800_000, 1_000),
           (631_152_000_000_000, 4_102_444_800_000_000, 1))  # fmt: skip
"""Least and largest count (1990 to 2100) in seconds, milliseconds and microseconds; microseconds in one."""
_COUNT = re.compile(r"\d{9,16}(?:\.0+)?")


def read_instants(
    column: pa.ChunkedArray, zone: str | None, name: str, dayfirst: bool | None
) -> tuple[pa.Array, pa.Array, bool]:
    """Read the times of calls.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of text
        Counts of seconds, milliseconds or microseconds since 1970; ISO 8601; or times as people write them.
    zone : str, optional
        Zone of times without an offset; Eastern where none is named.
    name : str
        Of the column, for messages.
    dayfirst : bool, optional
        Order of day and month where no time decides it.

    Returns
    -------
    (instants, ambiguous, guessed)
        Instants; where the clock alone does not decide them; whether some had neither an offset nor a
        zone.

    Raises
    ------
    InputError
        A value is no time, or may be two.
    """
    text = column.cast(pa.string())
    known = text.drop_null()
    if not len(known):
        return pa.nulls(len(text), _KIND), pa.nulls(len(text), pa.bool_()), False
    if pc.all(pc.ascii_is_decimal(known)).as_py():
        numbers = _counted(text, known, name)
        return numbers, _never(numbers), False
    zoned = _cast(text, pa.timestamp("us", tz="UTC"))
    if zoned is None:
        zoned = _cast(
            pc.replace_substring(pc.replace_substring(text, " -", "-"), " +", "+"),
            pa.timestamp("us", tz="UTC"),
        )
    if zoned is not None:
        return zoned.cast(_KIND), _never(zoned), False
    wall = _cast(text, pa.timestamp("us"))
    if wall is not None:
        _check_years(wall, name)
        instants, ambiguous = resolve(wall, zone or TIMEZONE)
        return instants, ambiguous, zone is None
    return _by_words(text, zone, name, dayfirst)


def read_zoned(
    column: pa.ChunkedArray,
    zones: pa.ChunkedArray | None,
    zone: str | None,
    name: str,
    dayfirst: bool | None,
) -> tuple[pa.Array, pa.Array, bool]:
    """Read the times of calls whose rows name zones of their own.

    Parameters
    ----------
    column, name, dayfirst
        As for `read_instants`.
    zones : pyarrow.ChunkedArray of text, optional
        The zone of each row's time; null where a row names none.
    zone : str, optional
        Zone of rows that name none.

    Raises
    ------
    InputError
        As for `read_instants`; or a time needs its zone, and what the row names is none.
    """
    if zones is None:
        return read_instants(column, zone, name, dayfirst)
    codes, words = words_of(zones)
    named = zones_of([word for word in words if word is not None])
    code = codes.fill_null(len(words)).to_numpy(zero_copy_only=False)
    read, places = [], []
    for number in np.unique(code).tolist():
        word = words[number] if number < len(words) else None
        its_zone = zone if word is None else named[word]
        rows = np.flatnonzero(code == number)
        read.append(read_instants(column.take(pa.array(rows)), its_zone, name, dayfirst))
        places.append(rows)
        if read[-1][2] and word is not None:
            raise InputError(
                f"{word!r} stands as the zone of times in {name!r}, and is no zone that is known: say which "
                "it is, timezone='America/Chicago'"
            )
    back = pa.array(np.argsort(np.concatenate(places)) if places else [], pa.int64())
    instants, ambiguous = (
        pa.concat_arrays([one[at] for one in read]).take(back) if read else pa.nulls(0, kind)
        for at, kind in enumerate((_KIND, pa.bool_()))
    )
    return instants, ambiguous, any(guessed for *_, guessed in read)


def _never(instants: pa.Array) -> pa.Array:
    """False where there is an instant: it needs no clock."""
    return pc.not_equal(instants, instants)


def _cast(text: pa.ChunkedArray, kind: pa.DataType) -> pa.Array | None:
    try:
        made = text.cast(kind)
    except pa.ArrowInvalid:
        return None
    return joined(made)


def _check_years(wall: pa.Array, name: str) -> None:
    if pc.max(pc.year(wall)).as_py() > 9998:
        raise InputError(f"{name!r} holds the year 9999, which stands for no time: put nothing for it")


def _counted(text: pa.ChunkedArray, known: pa.ChunkedArray, name: str) -> pa.Array:
    if pc.max(pc.binary_length(known)).as_py() > 16:
        raise _no_count(known[0].as_py(), name)
    numbers = joined(text.cast(pa.int64()))
    low, high = pc.min(numbers).as_py(), pc.max(numbers).as_py()
    for least, most, factor in _COUNTS:
        if least <= low and high <= most:
            return pc.multiply(numbers, factor).cast(pa.timestamp("us", tz="UTC")).cast(_KIND)
    return (
        pa.array([None if one is None else _count(str(one), name) for one in numbers.to_pylist()], pa.int64())
        .cast(pa.timestamp("us", tz="UTC"))
        .cast(_KIND)
    )


def _count(text: str, name: str) -> int:
    number = int(text.partition(".")[0])
    for least, most, factor in _COUNTS:
        if least <= number <= most:
            return number * factor
    raise _no_count(text, name)


def _no_count(text: str, name: str) -> InputError:
    return InputError(
        f"{name!r} holds {text[:20]}, which counts neither seconds nor milliseconds since 1970: write times "
        "such as 2026-10-05 14:13:00, with an offset where there is one"
    )


def _by_words(
    text: pa.ChunkedArray, zone: str | None, name: str, dayfirst: bool | None
) -> tuple[pa.Array, pa.Array, bool]:
    """Times as people write them: each different text once."""
    codes, words = words_of(text)
    said = [bare(word or "") for word in words]
    counts = [bool(_COUNT.fullmatch(word)) for word in said]
    clocks = [None if count or not word else word for word, count in zip(said, counts, strict=True)]
    written = pd.Series(clocks, name=name, dtype="str")
    try:
        made = read_times(written, dayfirst, zone or TIMEZONE)
    except InputError as error:
        raise InputError(_renamed(str(error))) from None
    instants = np.array(made.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]"))
    for at in np.flatnonzero(counts):
        instants[at] = np.datetime64(_count(said[at], name), "us")
    bare_clock = np.array([not count and bool(word) and not _has_zone(word)
                           for word, count in zip(said, counts, strict=True)])  # fmt: skip
    found = pa.array(instants).cast(pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    local = pc.local_timestamp(found.cast(pa.timestamp("us", tz=zone or TIMEZONE)))
    ambiguous = pc.and_(resolve(local, zone or TIMEZONE)[1], pa.array(bare_clock))
    return found.cast(_KIND).take(codes), ambiguous.take(codes), bool(bare_clock.any() and zone is None)


def _has_zone(word: str) -> bool:
    read = spelling(word)
    return read is not None and (isinstance(read.zone, timedelta) or read.zone is not None)


def _renamed(message: str) -> str:
    """A message of the readers of ledgers, for a file of calls."""
    return re.sub(r"^row \d+ of the ledger: ", "", message).replace("the ledger's ", "")
