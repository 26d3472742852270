"""Functions that users call: wrong arguments are answered with the right ones, errors show the user's line.

Whatever of a signature can be checked without the function is checked before it runs, which costs some
microseconds; the rest of the signature is looked at when the function has failed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dtanalytics import tracebacks
from dtanalytics.calling.arguments import Arguments
from dtanalytics.errors import ArgumentError, DtError

P = ParamSpec("P")
R = TypeVar("R")


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function that users call.

    Raises
    ------
    ArgumentError
        By the wrapped function: an argument has a wrong name, is missing, is one too many, is of another
        type than the signature says, or lies outside its limits.

    Examples
    --------
    >>> @public
    ... def double(number: int, *, total: bool = False) -> int:
    ...     return number * 2
    >>> double(1, totals=True)
    Traceback (most recent call last):
    dtanalytics.errors.ArgumentError: double() has no argument 'totals'; did you mean 'total'?
    >>> double(1, total="yes")
    Traceback (most recent call last):
    dtanalytics.errors.ArgumentError: double(): total is True or False, not str
    """
    arguments = Arguments(function)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            arguments.check(args, kwargs)
            return function(*args, **kwargs)
        except DtError as error:
            raise tracebacks.shorten(error)  # noqa: B904 - the same error, without the package's frames
        except (TypeError, ValueError, AttributeError, LookupError):
            told = arguments.wrong(args, kwargs)
            if told is None:
                raise
            refused = ArgumentError(told)
            refused.__suppress_context__ = not tracebacks.whole()
            raise refused  # noqa: B904 - the context stays for debuggers, and is not shown

    return called
