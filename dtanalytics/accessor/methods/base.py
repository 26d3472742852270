"""What the methods of ``df.calls`` and ``df.calls.plot`` share: the frame, and answers to wrong names."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import UnknownNameError, nearest


class Methods:
    """Hold the frame that the methods hand to the functions of the package.

    Each public method of a subclass answers wrong arguments with the right ones (`dtanalytics.calling`), and
    shows the help of the function whose name its docstring gives.
    """

    _written = "df.calls"
    """How a user writes the object, for messages."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __init_subclass__(cls) -> None:
        for name, function in list(vars(cls).items()):
            if inspect.isfunction(function) and not name.startswith("_"):
                method: Any = public(_of_a_period(function))
                method.getdoc = _full_help(function)  # IPython asks a function for it
                setattr(cls, name, method)

    if not TYPE_CHECKING:  # a checker knows the names

        def __getattr__(self, name: str) -> Any:
            """Suggest the nearest method."""
            if name.startswith("_"):
                raise AttributeError(name)
            raise UnknownNameError(f"{self._written} has no {name!r}; {nearest(name, dir(self))}")

    def __dir__(self) -> list[str]:
        """List the methods, so that completion shows nothing else first."""
        return method_names(type(self))


def _of_a_period(function: Callable[..., Any]) -> Callable[..., Any]:
    """Note in each table that a method answers with of which period its calls are; pictures say it."""

    @functools.wraps(function)
    def asked(self: Methods, *args: Any, **kwargs: Any) -> Any:
        answer = function(self, *args, **kwargs)
        if isinstance(answer, pd.DataFrame) and answer is not self._frame:
            from dtanalytics.analysis.period import period_of

            answer.attrs["period"] = period_of(self._frame)
        return answer

    return asked


def method_names(methods: type[Methods]) -> list[str]:
    """Public names of a class: those of its bases in their order, then its own."""
    classes = (*methods.__mro__[1:], methods)
    return [name for one in classes for name in vars(one) if not name.startswith("_")]


def _full_help(method: Callable[..., Any]) -> Callable[[], str]:
    """Help for one method in IPython: the docstring of the function that it stands for, read when asked."""

    def getdoc() -> str:
        said = inspect.getdoc(method) or ""
        named = re.search(r"`dtanalytics\.([\w.]+)\.(\w+)`", said)
        if named is None:
            return said
        function = getattr(importlib.import_module(f"dtanalytics.{named[1]}"), named[2])
        return f"{said}\n\n{inspect.getdoc(function)}"

    return getdoc
