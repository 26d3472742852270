"""A pool of daemon threads: a load that is cancelled leaves no thread that keeps Python from ending."""

from __future__ import annotations

import contextlib
import queue
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from dtanalytics.errors import ApiError, DtError

_Task = tuple[Future[Any], Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class Workers(Executor):
    """Runs tasks in at most ``count`` daemon threads, which are made when they are needed."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Run a task in one of the threads."""
        future: Future[Any] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("no task can be given to workers after their shutdown")
            self._tasks.put((future, task, args, options))
            if len(self._threads) < self._count:
                name = f"{self._name}-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()
        return future

    def _work(self) -> None:
        while (item := self._tasks.get()) is not None:
            future, task, args, options = item
            if future.set_running_or_notify_cancel():
                try:
                    result = task(*args, **options)
                except BaseException as error:  # noqa: BLE001  # raised where the result is asked for
                    future.set_exception(error)
                else:
                    future.set_result(result)
                    del result
            del item, future, task, args, options  # a thread that waits keeps nothing in memory

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; with ``cancel_futures`` begin none of those that wait."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                with contextlib.suppress(queue.Empty):
                    while (item := self._tasks.get_nowait()) is not None:
                        item[0].cancel()
            for _ in self._threads:
                self._tasks.put(None)
        for thread in self._threads if wait else ():
            thread.join()


def without_frames(error: BaseException) -> BaseException:
    """An error without the frames that it passed, whose variables hold answers, keys and callers.

    An unexpected error becomes an ``ApiError`` that says in which line it arose and quotes no data.
    """
    if isinstance(error, Exception) and not isinstance(error, DtError):
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        error = ApiError(
            f"an answer could not be dealt with ({type(error).__name__} in {where}); nothing was kept: "
            "report this to the authors of dtanalytics"
        )
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
