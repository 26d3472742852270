"""A line that shows how far a long load is; nothing is shown outside terminals and notebooks."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

DELAY = 2.0
"""A load that is done by then shows nothing [s]."""


class Progress:
    """Days done of days asked, records, requests left in the minute and the time left.

    Parameters
    ----------
    title : str
        What is loaded.
    days : int
        Days that are asked for.
    shown : bool or None
        None decides: shown in a notebook or terminal, silent in CI and in pipes.
    left : callable
        Requests that may go at once; None without a limit.
    """

    def __init__(self, title: str, days: int, shown: bool | None, left: Callable[[], int | None]) -> None:
        self._lock = threading.Lock()
        self._left = left
        self._records = 0
        self._bar: Any = None
        if somebody_looks() if shown is None else shown:
            from tqdm import tqdm  # plain: the notebook flavour needs widgets that may be missing

            self._bar = tqdm(
                total=days,
                desc=title,
                unit="day",
                delay=0 if shown else DELAY,
                miniters=0,  # records alone move the line, too
                file=_Output() if in_kernel() else sys.stderr,
                leave=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def records(self, count: int) -> None:
        """Count records that came."""
        if self._bar is None:
            return
        with self._lock:
            self._records += count
            left = self._left()
            waiting = "" if left is None else f", {left} requests left this minute"
            self._bar.set_postfix_str(f"{self._records:,} records{waiting}", refresh=False)
            self._bar.update(0)  # shows it when the delay is over; a refresh would not wait for that

    def days(self, count: int) -> None:
        """Count days that are complete."""
        if self._bar is not None:
            with self._lock:
                self._bar.update(count)


class _Output:
    """An output of a notebook's cell that tqdm writes into as if it were a terminal.

    Notebooks show stderr in red, and keep the place of a line that was erased. An output that is
    updated has neither: it is made for the first text, and is emptied when tqdm erases its line.
    """

    def __init__(self) -> None:
        self._handle: Any = None

    def write(self, text: str) -> None:
        """Show a line in the place of the one before."""
        from IPython.display import display

        line = text.replace("\r", "").strip()
        shown: dict[str, str] = {"text/plain": line} if line else {}
        if self._handle is not None:
            self._handle.update(shown, raw=True)
        elif line:
            self._handle = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython declares no types

    def flush(self) -> None:
        """Do nothing: an output is shown when it is written."""


def somebody_looks() -> bool:
    """True in a notebook or at a terminal, outside CI and pytest, whose kernels inherit its variable."""
    if os.environ.get("CI") or os.environ.get("PYTEST_VERSION"):
        return False
    return in_kernel() or (sys.stderr is not None and sys.stderr.isatty())


def in_kernel() -> bool:
    """True where a notebook's kernel runs the code: its stderr is sent to the page."""
    return "ipykernel" in sys.modules and hasattr(sys.stderr, "session")
