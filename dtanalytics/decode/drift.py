"""What an answer brings that the schema does not expect: named, counted, and told once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import msgspec
import pyarrow as pa

from dtanalytics.errors import SchemaDriftWarning, warn_caller
from dtanalytics.schema import Report

MOST_TOLD = 12
"""Surprises that a warning names; the rest is counted."""

_MISSING = "missing key"
_WRITTEN = "amounts written as text"
_ROUNDED = "numbers with the noise of binary fractions"
_BLANK = "no value on whole pages"
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def missing(key: str) -> str:
    """Name a key that records lack."""
    return f"{_MISSING} {key!r}"


def is_missing(what: str) -> bool:
    """Tell whether a call keeps no trace of a surprise: a key or values missing, a number that was read."""
    return what.startswith((_MISSING, _WRITTEN, _ROUNDED, _BLANK))


def unknown(key: str) -> str:
    """Name a key that no schema knows."""
    return f"unknown key {named(key)}"


def unreadable(key: str) -> str:
    """Name a key whose value is not of its kind."""
    return f"unreadable value in {key!r}"


def written_out(key: str) -> str:
    """Name a key whose amounts came as text for people, such as ``$12.50``, and were read."""
    return f"{_WRITTEN} in {key!r}, which were read"


def rounded(key: str) -> str:
    """Name a key whose numbers carried the noise of binary fractions, such as 7.100000000000001."""
    return f"{_ROUNDED} in {key!r}, which were rounded off"


def blank(name: str) -> str:
    """Name a column that whole pages lack, while all others have it."""
    return f"{_BLANK} in {name!r}"


def named(key: str) -> str:
    """A key in a message: short, and without digits that may be somebody's number.

    Examples
    --------
    >>> named("caller 2125550100")
    "'caller …'"
    """
    return repr(re.sub(r"[0-9][0-9 ().+-]{5,}", "…", key[:60]))


def drift_in(extra: pa.ChunkedArray | None, report: Report) -> Counter[str]:
    """Count what the column ``extra`` of calls keeps, by what was wrong with it.

    Examples
    --------
    >>> from dtanalytics.schema import LEADFLOW
    >>> drift_in(pa.chunked_array([['{"margin":"$5","new":1}', None]]), LEADFLOW)
    Counter({"unreadable value in 'margin'": 1, "unknown key 'new'": 1})
    """
    found: Counter[str] = Counter()
    if extra is not None:
        for text in extra.drop_null().to_pylist():
            found.update(_MEMBERS.decode(text).keys())
    known = report.wire("v2").keys() | report.wire("v3").keys()
    told: Counter[str] = Counter()
    for key, count in found.items():
        told[unreadable(key) if key in known else unknown(key)] += count
    return told


def warn_drift(drift: Mapping[str, int], report: Report) -> None:
    """Warn once of everything that the schema did not expect, if there is anything.

    Parameters
    ----------
    drift : mapping of str to int
        From :class:`Decoded`, or the sum of several.
    report : Report
        Named in the message.
    """
    if not drift:
        return
    told = sorted(drift.items())[:MOST_TOLD]
    found = "; ".join(f"{what} ({count:,} records)" for what, count in told)
    if len(drift) > len(told):
        found += f"; and {len(drift) - len(told):,} more of this kind"
    warn_caller(
        f"The service's {report.title} report is not quite as declared: {found}. Unknown keys and "
        f"unreadable values are kept as JSON text in the column 'extra', missing ones are null.",
        SchemaDriftWarning,
    )
