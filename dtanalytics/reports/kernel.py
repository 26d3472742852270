"""What a notebook's kernel tells the page: of which period its calls are, and what its figures show.

`dtanalytics.reports.write` runs `begin` before the notebook's first cell and `end` after its last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from dtanalytics.errors import ConfigError, InputError
from dtanalytics.loading.note import LATEST
from dtanalytics.plots import alt
from dtanalytics.reports.drawn import is_plot
from dtanalytics.settings.force import current
from dtanalytics.settings.origins import on_this_machine
from dtanalytics.window import Window, parse_window

Bundle = tuple[dict[str, Any], dict[str, Any]]
PERIOD = "application/vnd.dtanalytics.period"
"""MIME type of the line that says of which period a page is."""

BEGIN = "from dtanalytics.reports import kernel as _report_kernel; _report_kernel.begin()"
END = "from dtanalytics.reports import kernel as _report_kernel; _report_kernel.end(globals())"


def begin() -> None:
    """Give each figure that is shown a text of what it shows, and show no other texts about plots."""
    from IPython import get_ipython
    from matplotlib.figure import Figure

    formatter = get_ipython().display_formatter
    formatter.mimebundle_formatter.for_type(Figure, alt.bundle)
    formatter.format = partial(_shown, formatter.format)


def end(names: Mapping[str, Any]) -> None:
    """Show of which period the notebook's calls are."""
    from IPython.display import display

    display({PERIOD: period_of_notebook(names)}, raw=True)  # type: ignore[no-untyped-call]  # IPython declares no types


def _shown(shown: Callable[..., Bundle], value: Any, *args: Any, **named: Any) -> Bundle:
    """Show a value as ever; nothing where its only text is what Python says of a plot that ends a cell."""
    data, metadata = shown(value, *args, **named)
    return ({}, {}) if set(data) == {"text/plain"} and is_plot(value) else (data, metadata)


def period_of_notebook(names: Mapping[str, Any]) -> str:
    """Say of which period a notebook is, and when the service was last asked for it.

    Parameters
    ----------
    names : mapping
        The notebook's global names. The period is its ``window``; without one, that of the frames of calls
        that it holds, else of all that it loaded. The moment is the earliest at which one of these was asked.

    Returns
    -------
    str
        For people; times in UTC.

    Examples
    --------
    >>> calls = pd.DataFrame({"sid": ["1"]})
    >>> calls.attrs["dtanalytics"] = {"start": "2026-10-05T00:00:00", "end": "2026-10-12T00:00:00",
    ...                               "asked": "2026-10-20T11:30:00+00:00"}
    >>> LATEST.clear()  # nothing else was loaded
    >>> period_of_notebook({"calls": calls})
    'Period: 2026-10-05 to 2026-10-11, Eastern, as of 2026-10-20 11:30 UTC'
    """
    frames = [value for value in list(names.values()) if isinstance(value, pd.DataFrame)]
    noted = [note for frame in frames if "start" in (note := frame.attrs.get("dtanalytics") or {})]
    notes = noted or list(LATEST)  # no variable may hold what was loaded
    loaded = [(Window(*map(_naive, (note["start"], note["end"]))), note.get("asked")) for note in notes]
    try:
        windows = {parse_window(names["window"])}
    except (KeyError, InputError):
        windows = {window for window, _ in loaded}
    own = [asked for window, asked in loaded if asked and window in windows]
    asked = own or [asked for _, asked in loaded if asked]
    moment = f"as of {pd.Timestamp(min(asked)):%Y-%m-%d %H:%M} UTC" if asked else ""
    spans = " and ".join(_span(window) for window in sorted(windows))
    period = f"Period: {spans}, Eastern" if spans else ""
    made_up = any(note.get("demo") for note in (*notes, *LATEST)) or names.get("demo") or _emulated()
    demo = "demonstration data, made up" if made_up else ""
    return ", ".join(filter(None, [period, moment, demo]))


def _emulated() -> bool:
    """Whether the notebook's loads ask this machine: of an emulator, whatever the notebook calls it."""
    try:
        settings = current()
    except ConfigError:
        return False  # nothing could be loaded
    return any(map(on_this_machine, (settings.leadflow_url, settings.bids_url)))


def _naive(text: str) -> Any:
    return pd.Timestamp(text).to_pydatetime()


def _span(window: Window) -> str:
    """Whole days with their last one, as people say a period; moments with their end."""
    if window != window.whole_days():
        return str(window)
    first, last = window.days()[0], window.days()[-1]
    return f"{first}" if first == last else f"{first} to {last}"
