"""Which settings are in force: of this context, else of the whole process, else of the environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from dtanalytics.errors import ConfigError
from dtanalytics.settings.model import Settings


@dataclass(eq=False)
class _InForce:
    """Settings until they are over, which contexts that were copied meanwhile see, too."""

    settings: Settings
    over: bool = False


_here: ContextVar[tuple[_InForce, ...]] = ContextVar("dtanalytics_settings", default=())
_everywhere: list[_InForce] = []


def current() -> Settings:
    """The settings in force: the innermost ``using``, else of a demo, else as configured outside."""
    for item in reversed((*tuple(_everywhere), *_here.get())):
        if not item.over:
            return item.settings
    return Settings()


def in_force(settings: Settings | None) -> Settings:
    """Settings given to a function, else those in force; checked either way.

    Raises
    ------
    ConfigError
        When one cannot be used.
    """
    if settings is not None and not isinstance(settings, Settings):
        raise ConfigError(f"settings is {type(settings).__name__}: give dtanalytics.settings.Settings(...)")
    return (settings if settings is not None else current()).checked()


@contextmanager
def using(settings: Settings) -> Iterator[Settings]:
    """Put other settings in force for a while: in this thread, or in this task of asyncio, alone.

    Threads that are started meanwhile do not see them (``asyncio.to_thread`` does); give those
    ``settings=``.
    """
    settings = in_force(settings)
    item = _InForce(settings)
    _here.set((*(known for known in _here.get() if not known.over), item))
    try:
        yield settings
    finally:
        item.over = True


@contextmanager
def process_wide(settings: Settings) -> Iterator[Settings]:
    """Put other settings in force for a while in the whole process, as a notebook needs.

    A notebook runs each cell in a context of its own, so that what one cell puts into its context the
    next one does not see. A ``using`` in force in a thread goes before.
    """
    with using(settings) as checked:
        item = _InForce(checked)
        _everywhere.append(item)
        try:
            yield checked
        finally:
            item.over = True
            _everywhere.remove(item)
