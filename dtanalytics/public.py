"""Functions that users call: wrong arguments are answered with the right ones, errors show the user's line.

A call that succeeds pays for one more Python frame; signatures are looked at only after a call has failed.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from dtanalytics import tracebacks
from dtanalytics.errors import ArgumentError, DtError, nearest

P = ParamSpec("P")
R = TypeVar("R")


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function that users call.

    Raises
    ------
    ArgumentError
        By the wrapped function: an argument has a wrong name, is missing, is one too many, or made the call
        fail and is of another type than the signature says.

    Examples
    --------
    >>> @public
    ... def double(number: int, *, total: bool = False) -> int:
    ...     return number * 2
    >>> double(1, totals=True)
    Traceback (most recent call last):
    dtanalytics.errors.ArgumentError: double() has no argument 'totals'; did you mean 'total'?
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except DtError as error:
            raise tracebacks.shorten(error)  # noqa: B904 - the same error, without the package's frames
        except (TypeError, ValueError, AttributeError, LookupError):
            told = _told(function, args, kwargs)
            if told is None:
                raise
            refused = ArgumentError(told)
            refused.__suppress_context__ = not tracebacks.whole()
            raise refused  # noqa: B904 - the context stays for debuggers, and is not shown

    return called


def _told(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """Say which argument was wrong, where one was."""
    name = f"{function.__name__}()"
    signature = inspect.signature(function)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return f"{name} {_misfit(signature, args, kwargs)}"
    for at, value in given.items():
        parameter = signature.parameters[at]
        hint = _hint(function, parameter.annotation)
        if parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD} and not fits(value, hint):
            return f"{name}: {at} takes {described(parameter.annotation)}, not {kind_of(value)}"
    return None


def _misfit(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Say what of the arguments does not fit the signature."""
    parameters = {name: one for name, one in signature.parameters.items() if name != "self"}
    placed = [
        name
        for name, one in parameters.items()
        if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
    ]
    args = args[1:] if "self" in signature.parameters else args
    unknown = [name for name in kwargs if name not in parameters]
    if unknown:
        return f"has no argument {unknown[0]!r}; {nearest(unknown[0], parameters)}"
    if len(args) > len(placed):
        named = [name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY]
        taken = (
            f"takes {len(placed)} by position ({', '.join(placed)})" if placed else "takes none by position"
        )
        rest = f"; give the others by name: {', '.join(f'{name}=' for name in named)}" if named else ""
        return f"{taken}, not {len(args)}{rest}"
    twice = [name for name in placed[: len(args)] if name in kwargs]
    if twice:
        return f"was given {twice[0]!r} twice, by position and by name"
    missing = [
        name
        for name, one in parameters.items()
        if one.default is one.empty and name not in kwargs and name not in placed[: len(args)]
    ]
    return f"needs {' and '.join(map(repr, missing))}"


def _hint(function: Callable[..., Any], annotation: Any) -> Any:
    """Return what an annotation means; Any where that needs a module that is imported for type checkers."""
    if not isinstance(annotation, str):
        return Any if annotation is inspect.Parameter.empty else annotation
    home = sys.modules.get(function.__module__)
    try:
        return eval(annotation, vars(home) if home else {})  # noqa: S307 - an annotation of our own
    except (NameError, AttributeError, TypeError):
        return Any


def fits(value: object, hint: Any) -> bool:
    """Tell whether a value may be what a type hint says; True where the hint says too little.

    Examples
    --------
    >>> fits("five", int | None), fits(5, int | None), fits("a", Sequence[str]), fits(["a"], Sequence[str])
    (False, True, False, True)
    """
    if hint is Any:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inner)
    if hint is None or hint is type(None):
        return value is None
    if hint is bool:
        return isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}
    if hint in {int, float}:
        return isinstance(value, Integral if hint is int else Real) and not isinstance(value, bool)
    if origin is tuple:
        return isinstance(value, tuple)
    if origin is get_origin(Callable[..., Any]):
        return callable(value)
    plain = origin or hint
    if not isinstance(plain, type):
        return True
    if isinstance(value, str | bytes) and plain in {Sequence, Iterable}:
        return False
    if not isinstance(value, plain):
        return False
    if len(inner) == 1 and isinstance(value, list | tuple | set | frozenset):
        return all(fits(one, inner[0]) for one in value)
    return True


def described(annotation: Any) -> str:
    """Write a type hint for a reader: the names of the types, without the modules.

    Examples
    --------
    >>> described("str | Sequence[str] | None"), described("Literal['a', 'b']")
    ('str | Sequence[str] | None', "'a', 'b'")
    """
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    if text.startswith("Literal[") and text.endswith("]"):
        return text.removeprefix("Literal[").removesuffix("]")
    return text.replace("pd.", "pandas.")


def kind_of(value: object) -> str:
    """Say of what type a value is, and never the value: it may be a secret or somebody's number."""
    return "None" if value is None else type(value).__name__
