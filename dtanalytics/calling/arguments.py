"""What the arguments of a function may be, read from its signature; and which of those given are wrong."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_origin

from dtanalytics.calling.hints import (
    UNIONS,
    described,
    fits,
    is_number,
    is_telling,
    kind_of,
    takes_text,
    words_of,
)
from dtanalytics.errors import ArgumentError, InputError, nearest

_RATIOS = frozenset({"confidence", "false_discovery_rate", "false_alarm_rate", "level"})
"""Between 0 and 1, without these."""
_LARGE = 10**15
_LIMITS: dict[str, tuple[float, float]] = {
    "top": (1, _LARGE),
    "rows": (1, _LARGE),
    "days": (1, 3_660),
    "weeks": (1, 520),
    "settle_days": (0, 3_660),
    "hours": (0.01, 87_600),
    "width": (1, 86_400),  # seconds of talk, of a day at most
    "longest": (1, 86_400),
    "repeats": (1, 1_000_000),
    "seed": (0, _LARGE),
    "dpi": (1, 2_400),
    "sheet": (0, 10_000),
    "latency": (0, 3_600),
    "requests_per_window": (0, _LARGE),
    "port": (0, 65_535),
}
"""Least and most of numbers, by the name of the argument, which means the same in every function."""


class Arguments:
    """What a function takes.

    Parameters
    ----------
    function : callable
        Its signature is read when it is first called.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = f"{function.__name__}()"

    @functools.cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._function)

    @functools.cached_property
    def _checked(self) -> dict[str, Any]:
        """Parameters whose hint says all that they may be -> the hint."""
        hints = {name: self._hint(name) for name in self._signature.parameters}
        return {name: hint for name, hint in hints.items() if is_telling(hint)}

    def _hint(self, name: str) -> Any:
        """Return what an annotation means; Any where there is none, or for all of ``*args``."""
        parameter = self._signature.parameters[name]
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            return Any
        annotation = parameter.annotation
        if not isinstance(annotation, str):
            return Any if annotation is parameter.empty else annotation
        try:
            return eval(annotation, {}, _Names(self._function.__module__))  # noqa: S307 - an annotation of our own
        except (NameError, AttributeError, TypeError):
            return Any

    def at(self, place: int) -> str | None:
        """Return the name of the argument at a place, counted from 0 and without ``self``."""
        names = [name for name in self._signature.parameters if name != "self"]
        return names[place] if place < len(names) else None

    def words(self, name: str | None) -> list[str]:
        """Return the words that an argument takes, where its hint lists them."""
        known = name is not None and name in self._signature.parameters
        return [word for word in words_of(self._hint(str(name))) if isinstance(word, str)] if known else []

    def check(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Raise ArgumentError where an argument is of a wrong name or type, as far as its hint says."""
        given = self._bound(args, kwargs)
        checked = self._checked
        for name, value in given.items():
            if name not in checked:
                continue
            if not fits(value, checked[name]):
                raise ArgumentError(self._says(name, value))
            if isinstance(value, list | tuple) and Sequence[str] in _members(checked[name]):
                _check_names(name, value)
            elif is_number(value):
                _check_number(name, value)

    def _bound(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give each argument its name, as `inspect` does, but in a tenth of the time."""
        placed, named, needed = self._plain
        if len(args) <= len(placed):
            given = dict(zip(placed, args, strict=False))
            if kwargs.keys() <= named and given.keys().isdisjoint(kwargs):
                given |= kwargs
                if needed <= given.keys():
                    return given
        try:
            return self._signature.bind(*args, **kwargs).arguments
        except TypeError:
            raise ArgumentError(f"{self._name} {_misfit(self._signature, args, kwargs)}") from None

    @functools.cached_property
    def _plain(self) -> tuple[list[str], frozenset[str], frozenset[str]]:
        """Arguments given by position, those given by name, and those without a default."""
        parameters = self._signature.parameters.items()
        placed = [
            name for name, one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
        ]
        named = [
            name for name, one in parameters if one.kind in {one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD}
        ]
        needed = [
            name
            for name, one in parameters
            if one.default is one.empty and one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
        ]
        return placed, frozenset(named), frozenset(needed)

    def wrong(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
        """Say which argument made a call fail, where one is of another type than its hint."""
        for name, value in self._signature.bind(*args, **kwargs).arguments.items():
            if not fits(value, self._hint(name)):
                return self._says(name, value)
        return None

    def _says(self, name: str, value: object) -> str:
        hint = self._hint(name)
        words = [word for word in words_of(hint) if isinstance(word, str)]
        known = isinstance(value, str) and words and not takes_text(hint)
        close = nearest(value, words) if known else ""
        instead = f"; {close}" if close.startswith("did") else "" if known else f", not {kind_of(value)}"
        return f"{self._name}: {name} is {described(hint)}{instead}"


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in UNIONS else (hint,)


def _check_names(name: str, given: Sequence[Any]) -> None:
    """Refuse a list of names that holds something else, or one of them twice."""
    other = next((one for one in given if not isinstance(one, str)), None)
    if not all(isinstance(one, str) for one in given):
        raise ArgumentError(f"{name} takes names, which are text, not a list with {kind_of(other)} in it")
    twice = next((one for one in given if given.count(one) > 1), None)
    if twice is not None:
        raise InputError(f"{name} names {twice!r} twice")


def _check_number(name: str, value: Any) -> None:
    """Refuse what is no finite number, or lies outside the argument's limits."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if name in _RATIOS:
        if not 0 < number < 1:
            usual = "0.05" if name.endswith("rate") else "0.95"
            raise InputError(f"{name} is {value!r}: give a ratio between 0 and 1, such as {usual}")
        return
    least, most = _LIMITS.get(name, (-_LARGE, _LARGE))
    if not least <= number <= most:
        limits = f"a number from {least:,} to {most:,}"
        if most == _LARGE:
            limits = "a finite number" if least == -_LARGE else f"a number that is {least} or more"
        raise InputError(f"{name} is {value!r}: give {limits}")


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


class _Names(dict[str, Any]):
    """The names of a module; what it imports for type checkers only is imported when it is asked for."""

    def __init__(self, module: str) -> None:
        super().__init__(vars(sys.modules[module]) if module in sys.modules else {})
        self._module = module

    def __missing__(self, name: str) -> Any:
        home = _for_checkers(self._module).get(name)
        if home is None:
            raise KeyError(name)
        module = importlib.import_module(home[0])
        return getattr(module, home[1]) if home[1] else module


@functools.cache
def _for_checkers(module: str) -> dict[str, tuple[str, str]]:
    """Name -> module and name there (none: the module itself), of what stands under ``if TYPE_CHECKING:``."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError):
        return {}
    blocks = [
        step for step in tree.body if isinstance(step, ast.If) and ast.unparse(step.test) == "TYPE_CHECKING"
    ]
    steps = [step for block in blocks for step in block.body]
    modules = [name for step in steps if isinstance(step, ast.Import) for name in step.names]
    return {name.asname or name.name: (name.name, "") for name in modules} | {
        name.asname or name.name: (step.module, name.name)
        for step in steps
        if isinstance(step, ast.ImportFrom) and step.module
        for name in step.names
    }
