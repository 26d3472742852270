"""Every error that the package raises on purpose, in one tree; a message says what to do next.

Branch on what can be done about it: ``except ApiError as error: if error.retryable: ...``.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable

from dtanalytics import tracebacks

_LONGEST = 4000
"""Characters of a message at most: values that it quotes may be of any length."""


class DtError(Exception):
    """The root: whatever dtanalytics raises on purpose is one of these."""

    def __str__(self) -> str:
        """The message, whose middle is left out where it is very long."""
        text = super().__str__()
        if len(text) <= _LONGEST:
            return text
        left_out = len(text) - _LONGEST
        return f"{text[: _LONGEST // 2]} … ({left_out:,} characters) … {text[-_LONGEST // 2 :]}"

    def _render_traceback_(self) -> list[str]:
        """Show the user's own lines in IPython, and the whole with ``%xmode Verbose``."""
        return tracebacks.rendered(self)


class ConfigError(DtError):
    """A setting is missing or unusable; the message names the variable to set."""


class InputError(DtError, ValueError):
    """An argument cannot be understood: a date, a column, a metric, a filter."""


class ArgumentError(InputError, TypeError):
    """A function was called with an argument that it does not have, or that is of another type."""


class UnknownNameError(DtError, AttributeError):
    """There is no method or function of that name; the message suggests the nearest."""


class NotFoundError(DtError, LookupError):
    """The one call that was asked for does not exist."""


class ApiError(DtError):
    """The service did not give a usable answer.

    Attributes
    ----------
    status : int or None
        HTTP status of the answer, None when there was no answer.
    retryable : bool
        True when asking again, later and unchanged, may succeed.
    """

    def __init__(self, message: str, *, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with the attributes (worker processes hand errors back)."""
        return _rebuild, (type(self), str(self), self.status, self.retryable)


def _rebuild(kind: type[ApiError], message: str, status: int | None, retryable: bool) -> ApiError:
    return kind(message, status=status, retryable=retryable)


class AuthError(ApiError):
    """The service refused the credentials (401 or 403)."""


class RateLimitError(ApiError):
    """The service asks to wait longer than the caller allows (429)."""


class IncompleteError(ApiError):
    """The service answered, and what came cannot be shown to be everything."""


class SchemaError(DtError):
    """Data does not have the form that its schema declares: a key, a type, a column."""


class CacheError(DtError):
    """The cache cannot be read or written; nothing that was published is lost."""


class StatementError(DtError):
    """A statement cannot be issued or taken back as asked; the issued ones are as they were."""


class WriteError(DtError, OSError):
    """A file cannot be written: the folder, its rights, or the disk; what was there is as it was."""


class SchemaDriftWarning(UserWarning):
    """The service sent keys or values that the schema does not know; they are kept in ``extra``."""


class StatementWarning(UserWarning):
    """A statement may not hold all that is owed: days that can still change, periods without a statement."""


class WindowWarning(UserWarning):
    """The span of time asked for may not be the one that was meant."""


class DuplicateCallsWarning(UserWarning):
    """Calls stand in a frame more than once, and so does their money."""


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn at the line that called the package, whatever lies between."""
    frame, levels = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == "dtanalytics":
        frame, levels = frame.f_back, levels + 1
    warnings.warn(message, category, stacklevel=levels + 1)


class LedgerWarning(UserWarning):
    """A partner's file holds something that changes what is matched: totals, rounded or repeated calls."""


class PlatformWarning(UserWarning):
    """Calls of another platform hold something that changes what their figures mean, or what was read."""


class PersonalDataWarning(UserWarning):
    """Columns that identify people, though not by the schema's names, were left out or masked."""


def nearest(name: object, known: Iterable[str]) -> str:
    """Say which known names come closest to a name that is not known.

    Examples
    --------
    >>> nearest("affilate", ["affiliate", "offer"])
    "did you mean 'affiliate'?"
    """
    import difflib  # only a mistake needs it

    names = list(dict.fromkeys(map(str, known)))
    alike = [item for item in names if item.casefold() == str(name).casefold()]
    if alike:  # in capitals it shares no letter
        return f"did you mean {alike[0]!r}?"
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    if close:
        return "did you mean " + " or ".join(repr(item) for item in close) + "?"
    return "known are " + ", ".join(names)


__all__ = [
    "ApiError",
    "ArgumentError",
    "AuthError",
    "CacheError",
    "ConfigError",
    "DtError",
    "DuplicateCallsWarning",
    "IncompleteError",
    "InputError",
    "LedgerWarning",
    "NotFoundError",
    "PersonalDataWarning",
    "PlatformWarning",
    "RateLimitError",
    "SchemaDriftWarning",
    "SchemaError",
    "StatementError",
    "StatementWarning",
    "UnknownNameError",
    "WindowWarning",
    "WriteError",
]


def __dir__() -> list[str]:
    """List the errors and warnings."""
    return __all__
