"""What ``dtanalytics doctor`` looks at: versions, settings without secrets, the cache, the credentials."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dtanalytics import cache
from dtanalytics.errors import ConfigError, DtError, NotFoundError, nearest
from dtanalytics.loading import direct
from dtanalytics.settings import SECRETS, VARIABLES, Settings, current, problems_outside

_LIBRARIES = ("pandas", "pyarrow", "numpy", "duckdb", "narwhals", "requests", "matplotlib", "great_tables")
KNOWN = frozenset({*VARIABLES.values(), "DTANALYTICS_RECORD", "DTANALYTICS_BENCH_ROWS"})
_EXTRAS = ("jupyterlab", "papermill", "dask", "xlsxwriter", "phonenumbers")


@dataclass(frozen=True)
class Finding:
    """One line of the examination; ``ok`` is None where there is nothing to judge."""

    topic: str
    text: str
    ok: bool | None = None


def examine(*, ask: bool = True) -> Iterator[Finding]:
    """Look at everything that a load depends on, cheapest first.

    Parameters
    ----------
    ask : bool
        Ask each service that has credentials one cheap question.

    Yields
    ------
    Finding
        As soon as it is known. Secrets are said to be set or not, never shown.

    Examples
    --------
    >>> [finding.topic for finding in examine(ask=False)][:2]
    ['python', 'dtanalytics']
    """
    yield Finding("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for name in ("dtanalytics", *_LIBRARIES, *_EXTRAS):
        try:
            yield Finding(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            missing = None if name in _EXTRAS else False
            yield Finding(name, "not installed" + (" (optional)" if name in _EXTRAS else ""), missing)
    yield from _strangers()
    try:
        settings = current().checked()
    except ConfigError as error:
        yield from _problems(error)
        return
    yield from _settings(settings)
    yield from _cache(settings)
    if ask and not settings.offline:
        brief = settings.model_copy(update={"deadline": min(settings.deadline, 20.0)})
        yield _service("LeadFlow answers", lambda: direct.get_leadflow_call("0", settings=brief))
        yield _service("Bid Management answers", lambda: direct.count_bids("yesterday", settings=brief))


def _strangers() -> Iterator[Finding]:
    """Variables that look like settings and are none."""
    for variable in sorted(os.environ):
        if variable.upper().startswith(("DTANALYTICS_", "DIALOGTECH_")) and variable.upper() not in KNOWN:
            yield Finding(variable, f"is no setting; {nearest(variable.upper(), VARIABLES.values())}")


def _problems(error: ConfigError) -> Iterator[Finding]:
    """Each variable that cannot be used, else what is wrong with the whole."""
    try:
        found = problems_outside()
    except ConfigError:
        found = {}
    for variable, text in found.items():
        yield Finding(variable, text, ok=False)
    if not found:
        yield Finding("settings", str(error), ok=False)


def _settings(settings: Settings) -> Iterator[Finding]:
    for name, variable in VARIABLES.items():
        value = getattr(settings, name)
        shown = ("set" if value else "not set") if name in SECRETS else str(value)
        yield Finding(variable, shown)


def _cache(settings: Settings) -> Iterator[Finding]:
    folder = settings.cache_dir
    place = next((step for step in (folder, *folder.parents) if step.is_dir()), folder)
    if not os.access(place, os.W_OK | os.X_OK):
        yield Finding("cache folder", f"{place} cannot be written to: choose DTANALYTICS_CACHE_DIR", ok=False)
    if not folder.is_dir():
        yield Finding("cache", "empty: nothing has been loaded yet")
        return
    if os.name == "posix":
        mode = stat.S_IMODE(folder.stat().st_mode)
        private = mode & 0o077 == 0
        advice = "" if private else f"; others can read it: chmod 700 {folder}"
        yield Finding("cache folder", f"mode {mode:04o}{advice}", private)
    try:
        damaged = len(cache.verify())
    except DtError as error:
        yield Finding("cache files", str(error), ok=False)
        return
    advice = "as written" if not damaged else f"{damaged} damaged: see dtanalytics cache verify"
    yield Finding("cache files", advice, not damaged)


def _service(topic: str, question: Callable[[], object]) -> Finding:
    """Ask once; an answer that there is no such call proves that the credentials are accepted."""
    try:
        question()
    except NotFoundError:
        pass
    except ConfigError as error:
        return Finding(topic, str(error))
    except DtError as error:
        return Finding(topic, str(error), ok=False)
    return Finding(topic, "yes, and accepts the credentials", ok=True)
