"""Times in the headers of an answer, which may say anything: a number of seconds, a date, or nonsense."""

from __future__ import annotations

import calendar
import datetime as dt
import email.utils
import re
from collections.abc import Mapping

_SECONDS = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_LAST = calendar.timegm((9998, 1, 1, 0, 0, 0))


def retry_after(headers: Mapping[str, str], now: dt.datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` asks for; None when absent, malformed or negative.

    Examples
    --------
    >>> retry_after({"Retry-After": "2"}), retry_after({"Retry-After": "soon"})
    (2.0, None)
    """
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = moment_of(text)
    if moment is None:
        return None
    wait = moment - (now or dt.datetime.now(dt.UTC)).timestamp()
    return wait if wait >= 0 else None


def moment_of(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date up to the year 9998, which is UTC when it names no zone."""
    try:
        parts = email.utils.parsedate_tz(text[:100])
        if parts is None or not 1970 <= parts[0] < 9999:
            return None
        moment = calendar.timegm((*parts[:6], 0, 1, 0)) - (parts[9] or 0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return moment if 0 <= moment < _LAST else None


def duration(seconds: float) -> str:
    """A time as a message says it."""
    return f"{seconds / 3600:.0f} h" if seconds >= 7200 else f"{seconds:.0f} s"
