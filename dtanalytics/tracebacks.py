"""How much of a traceback is shown: a user's own lines, unless the whole is wanted.

An error that the package raises on purpose says what to do; the frames between the user's line and the
place that noticed only hide it. ``DTANALYTICS_DEBUG=1`` and IPython's ``%xmode Verbose`` show them all.
"""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType
from typing import Any

DEBUG = "DTANALYTICS_DEBUG"


def shell() -> Any:
    """Return the IPython shell that runs this code, if one does."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None and hasattr(module, "get_ipython") else None


def whole() -> bool:
    """Tell whether every frame is wanted."""
    return os.environ.get(DEBUG, "").strip().lower() not in {"", "0", "false", "no", "off"}


def users_part(trace: TracebackType | None) -> TracebackType | None:
    """Return the frames before the package's first one, as a traceback of its own.

    Where the package called itself (a command, a worker) all frames are returned.
    """
    outer: list[TracebackType] = []
    at = trace
    while at is not None and at.tb_frame.f_globals.get("__name__", "").split(".")[0] != "dtanalytics":
        outer.append(at)
        at = at.tb_next
    if not any(not one.tb_frame.f_code.co_filename.startswith("<frozen") for one in outer):
        return trace
    cut: TracebackType | None = None
    for one in reversed(outer):
        cut = TracebackType(cut, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return cut


def shorten(error: BaseException) -> BaseException:
    """Take the package's frames off an error that is about to leave it, and those of what caused it.

    In IPython they stay: there `rendered` chooses what is shown, and ``%debug`` sees every frame.
    """
    if whole() or shell() is not None:
        return error
    error.__suppress_context__ = True
    seen = {id(error)}
    cause = error.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        cause.__traceback__ = None
        cause.__suppress_context__ = True
        cause = cause.__cause__
    return error.with_traceback(None)


def rendered(error: BaseException) -> list[str]:
    """Return the lines that IPython shows: the user's frames in the mode that is set, and the message."""
    running = shell()
    kind, trace = type(error), error.__traceback__
    if running is None:
        return traceback.format_exception(kind, error, trace)
    shown = running.InteractiveTB
    if whole() or shown.mode == "Verbose":
        lines: list[str] = shown.structured_traceback(kind, error, trace, tb_offset=shown.tb_offset)
        return lines
    cause, suppressed = error.__cause__, error.__suppress_context__
    error.__cause__, error.__suppress_context__ = None, True
    try:
        lines = shown.structured_traceback(kind, error, users_part(trace), tb_offset=shown.tb_offset)
    finally:
        error.__cause__, error.__suppress_context__ = cause, suppressed
    return lines
