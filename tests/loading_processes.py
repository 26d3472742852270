"""Processes that load into one cache, or run a program: at the same time, or until they are killed.

They are forked from a process that has imported the package once, which takes a tenth of a new interpreter's time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from dtanalytics.apis import limiter

CONTEXT = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
if sys.platform != "win32":
    CONTEXT.set_forkserver_preload(
        [
            "__main__",
            "dtanalytics.loading.loaders",
            "dtanalytics.apis.leadflow",
            "dtanalytics.apis.bids",
            "dtanalytics.exports.calls",
            "dtanalytics.statements.statement",
        ]
    )


def start(settings: Any, report: str, window: tuple[str, str], **options: Any) -> BaseProcess:
    """Start a process that loads a window of a report, and ends with status 0 when it could.

    Parameters
    ----------
    settings : Settings
        Where the service and the cache are; the process reads them from its environment.
    rows : int, optional
        So many calls have to come.
    dies_at : int, optional
        The process is killed at this write, fsync, link or rename.
    idle_locks : bool, optional
        Locks of files do nothing, as on some network disks.
    refresh : bool, optional
        Ask again for days that are final, too.
    """
    process = CONTEXT.Process(target=_load, args=(_environment(settings), report, window, options))
    process.start()
    return process


def run(code: str, *arguments: object) -> BaseProcess:
    """Start a process that runs a program with these arguments, which it finds in ``sys.argv[1:]``."""
    process = CONTEXT.Process(target=_run, args=(code, ["program", *map(str, arguments)]))
    process.start()
    return process


def _run(code: str, arguments: list[str]) -> None:
    sys.argv[:] = arguments
    exec(compile(code, "program", "exec"), {"__name__": "program"})  # noqa: S102 - its purpose


def take_slots(path: Path, count: int, moments: Any) -> None:
    """Take slots of a ceiling of 20 requests in two seconds, and tell the moment of each."""
    log = limiter.Limiter(20, path, window=2.0)
    for _ in range(count):
        with log.slot(threading.Event()):
            moments.put(time.monotonic())


def _environment(settings: Any) -> dict[str, str]:
    """The settings as a process reads them."""
    said = {
        settings.variable(name): str(getattr(settings, name))
        for name in ("leadflow_url", "bids_url", "cache_dir", "requests_per_minute")
    }
    for name in ("access_key", "secret_access_key", "api_key", "bid_token"):
        said[settings.variable(name)] = getattr(settings, name).get_secret_value()
    return said


def _load(
    environment: Mapping[str, str], report: str, window: tuple[str, str], options: dict[str, Any]
) -> None:
    import filelock

    import dtanalytics as dta

    os.environ.update(environment)
    rows, dies_at = options.pop("rows", None), options.pop("dies_at", 0)
    if options.pop("idle_locks", False):
        filelock.BaseFileLock.acquire = lambda self, *_args, **_options: self
    if dies_at:
        _die_at(dies_at)
    load = dta.load_leadflow if report == "leadflow" else dta.load_bids
    came = len(load(*window, progress=False, **options))
    if rows is not None and came != rows:
        sys.exit(f"{came} calls came, not {rows}")


def _die_at(at: int) -> None:
    """Kill this process at its Nth operation that changes the disk."""
    from dtanalytics.cache import files

    count = 0

    def dying(function: Callable[..., Any], *, creates: bool = False) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal count
            if not creates or (len(args) > 1 and args[1] & os.O_CREAT):
                count += 1
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **options)

        return call

    files.os.open = dying(os.open, creates=True)
    for name in ("write", "fsync", "link"):
        setattr(files.os, name, dying(getattr(os, name)))
    files.Path.replace = dying(files.Path.replace)
