"""What all pictures have in common: style, size, money, heading, alternative text, and their help."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ParamSpec

from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.plots import alt, layout, numbers, style
from dtanalytics.plots.room import fit
from dtanalytics.settings import current

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Size = tuple[float, float] | None
P = ParamSpec("P")

_COMMON = """    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    figsize : (float, float), optional [inch]
        Width and height of a new figure; by default what the content needs.
    title : str, optional
        Your own heading.
    currency : str, optional
        ISO code of the money, such as ``"EUR"``; by default that of the settings, else ``"USD"``.
"""


_period: ContextVar[str] = ContextVar("period", default="")


@contextmanager
def of_period(words: str) -> Iterator[None]:
    """Draw pictures whose tables do not say of which period they are."""
    token = _period.set(words)
    try:
        yield
    finally:
        _period.reset(token)


class Empty(Exception):  # noqa: N818 - no error: it ends the drawing of a picture of nothing
    """There is nothing to draw; the message is written in the picture."""

    def __init__(self, text: str = "no calls in this selection") -> None:
        super().__init__(text)


def picture(draw: Callable[P, Axes]) -> Callable[P, Axes]:
    """Make a plot of a function that draws: style and settings around it, heading and size to the axes.

    The function has the parameters ``ax``, ``figsize``, ``title`` and ``currency``, and raises `Empty` when
    there is nothing to draw. Its docstring says what its other parameters are; these are added.
    """
    signature = inspect.signature(draw)

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Axes:
        given = signature.bind(*args, **kwargs).arguments
        ax, size = given.get("ax"), given.get("figsize")
        _check(ax, size)
        code = numbers.currency_of(given.get("currency"))
        with style.styled(size, code, current().numerals) as drawing:
            told = getattr(next(iter(given.values()), None), "attrs", {})
            drawing.period = told.get("period") or _period.get()
            try:
                done = draw(*args, **kwargs)
            except (KeyError, IndexError) as lacking:
                raise _not_its_table(draw.__name__, given, lacking) from lacking
            except Empty as nothing:
                done = style.nothing(drawing.ax or style.axes(ax, 6.0, 2.6), str(nothing))
            if given.get("title") is not None:
                layout.retitle(done, given["title"])
            if ax is not None:
                fit(done)
            alt.attach(done, drawing.facts, drawing.numerals)
        return done

    drawn.__doc__ = _helped(draw.__doc__ or "")
    return drawn


def _check(ax: object, size: object) -> None:
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise InputError(f"ax is matplotlib Axes, such as ax=axes[0, 1], not {type(ax).__name__}")
    if size is None:
        return
    if ax is not None:
        raise InputError("figsize is the size of a new figure; with ax give the figure its size instead")
    sides = size if isinstance(size, tuple | list) else ()
    if len(sides) != 2 or not all(isinstance(side, int | float) and 0.5 <= side <= 200 for side in sides):
        raise InputError(f"figsize is width and height in inches, such as (8, 4), not {size!r}")


def _not_its_table(name: str, given: Mapping[str, Any], lacking: LookupError) -> Exception:
    """Say that a table is not the one that is drawn; the error itself where that is not the reason."""
    argument, table = next(iter(given.items()))
    known = [str(column) for column in getattr(table, "columns", ())]
    missing = lacking.args[0] if lacking.args else ""
    if isinstance(missing, list) and missing:  # as pandas names those of `dropna(subset=)`
        missing = missing[0]
    if not isinstance(missing, str) or missing in known:
        return lacking
    quoted = (
        f"no column {missing!r}: {nearest(missing, known)}" if missing.isidentifier() else "not its columns"
    )
    return SchemaError(f"{argument} is not what {name} draws, and has {quoted}")


def _helped(text: str) -> str:
    """Put the common parameters at the end of the section of parameters."""
    head, mark, rest = text.partition("\n    Returns\n    -------")
    return f"{head.rstrip()}\n{_COMMON}{mark}{rest}" if mark else text
