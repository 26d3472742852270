"""Of which days the services of ``dta.demo()`` have calls: a window beside them is answered with a word."""

from __future__ import annotations

from dtanalytics.window import Window

SERVED: dict[str, Window] = {}
"""Address of a service of a demonstration that runs in this process -> the days of its calls."""


def beside(window: Window, service: str | None) -> str | None:
    """Say which months the demonstration has, where it is asked for a window in which it has no calls.

    Examples
    --------
    >>> from dtanalytics.window import parse_window
    >>> SERVED["http://127.0.0.1:1"] = parse_window("2026-09-01", "2026-11-01")
    >>> beside(parse_window("2026-08"), "http://127.0.0.1:1")
    'the demonstration has calls of 2026-09 and 2026-10 alone: none of 2026-08-01 up to 2026-09-01'
    >>> beside(parse_window("2026-10"), SERVED.popitem()[0]) is None
    True
    """
    served = SERVED.get(service or "")
    if served is None or (window.start < served.end and served.start < window.end):
        return None
    months = sorted({f"{day:%Y-%m}" for day in served.days()})
    return f"the demonstration has calls of {' and '.join(months)} alone: none of {window}"
