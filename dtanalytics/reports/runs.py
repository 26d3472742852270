"""Notebooks run on given parameters and written as HTML that opens without a network.

A notebook is a report when it has a cell tagged ``parameters``. Its name on the command line is its
file name without the leading number: ``notebooks/01_margin.ipynb`` is the report ``margin``.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtanalytics.calling.public import public
from dtanalytics.errors import ConfigError, DtError
from dtanalytics.reports import kernel
from dtanalytics.reports.notebooks import NOT_INSTALLED, check, find, fitted, opened
from dtanalytics.reports.opening import opening
from dtanalytics.reports.page import render
from dtanalytics.reports.records import RECORD, RECORDED, recorded_table
from dtanalytics.reports.written import Written
from dtanalytics.texts.paths import expand

if TYPE_CHECKING:
    import pandas as pd


_OURS = "dtanalytics"
"""Metadata of the cells that are run for the page, and are none of the notebook's."""


@public
def write(
    name: str, out: str | Path, parameters: Mapping[str, Any] | None = None, *, inputs: bool = False
) -> Written:
    """Run one report and write it as HTML.

    Parameters
    ----------
    name : str
        A report's name (see `names`), or the path of a notebook of your own.
    out : str or Path
        Folder for ``<name>.html``; it is made.
    parameters : mapping, optional
        Values for the notebook's ``parameters`` cell; those left out keep the notebook's own.
    inputs : bool
        Show the code too.

    Returns
    -------
    Written
        What was written, and where.

    Raises
    ------
    InputError
        When there is no such report or file, or its cell tagged ``parameters`` does not have a parameter.
    ConfigError
        When the extra ``notebook`` is not installed.
    DtError
        When a cell fails; nothing is written then.

    Examples
    --------
    >>> write("margn", "build/report")
    Traceback (most recent call last):
    dtanalytics.errors.InputError: there is no report 'margn': did you mean 'margin'?
    """
    source = find(name)
    given = dict(parameters or {})
    try:
        from papermill.exceptions import PapermillExecutionError
    except ImportError as error:
        raise ConfigError(NOT_INSTALLED) from error
    given = fitted(source, given)
    check(source, given)
    told = _told(source)
    try:
        with _environment():
            notebook = _run(told, given)
    except PapermillExecutionError as error:
        number = _number(error, told.cells, injected=bool(given))
        message = f"report {name!r} failed in cell {number}: {error.ename}: {error.evalue}"
        if error.ename == "ValueError" and "unpack" in error.evalue and isinstance(given.get("window"), str):
            message += (
                f". window is the text {given['window']!r} here, which load_leadflow(window) takes as it is; "
                "for start, end = window write a pair, ('2026-10-01', '2026-11-01'), in the cell tagged "
                "'parameters'"
            )
        raise DtError(message) from error
    title, summary = opening(notebook, source.stem)
    period = _period(notebook)
    tables = _tables(notebook)
    folder = expand(out, "out")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source.stem}.html"
    path.write_text(render(notebook, title, period, inputs=inputs), encoding="utf-8")
    return Written(name, title, summary, path, tables, period=period)


def _run(notebook: Any, given: Mapping[str, object]) -> Any:
    """Run the cells; once more where the kernel did not start, as when another process took its ports."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.translators import papermill_translators

    papermill_translators.register("python", _with_tuples())
    for _attempt in range(2):
        try:
            return papermill.execute_notebook(
                notebook,
                None,
                given,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                extra_arguments=["--log-level=CRITICAL"],  # no words about encryption, or about its own end
            )
        except DeadKernelError as error:
            message = (
                "the kernel ended while it ran the report, as it does where memory ends: load less or scan"
            )
            raise DtError(message) from error
        except RuntimeError as error:  # an error of a cell is none of these
            failure = error
    message = f"the report was not run, because its kernel did not start, twice: {failure}"
    raise DtError(message) from failure


def _with_tuples() -> Any:
    """Return papermill's writer of parameters, which writes a tuple as a tuple and not as a text."""
    from papermill.translators import PythonTranslator

    class Translator(PythonTranslator):  # type: ignore[misc]  # papermill ships no types
        @classmethod
        def translate(cls, val: Any) -> Any:
            if isinstance(val, tuple):
                return f"({''.join(f'{cls.translate(one)}, ' for one in val)})"
            return super().translate(val)

    return Translator


def _told(source: Path) -> Any:
    """Read a notebook, with a cell before and one after its own that tell what the page says of it."""
    import nbformat

    notebook = opened(source)
    before, after = (
        nbformat.v4.new_code_cell(code, metadata={_OURS: True})  # type: ignore[no-untyped-call]
        for code in (kernel.BEGIN, kernel.END)
    )
    notebook.cells = [before, *notebook.cells, after]
    return notebook


def _number(error: Any, cells: Sequence[Any], *, injected: bool) -> int:
    """Number of the cell that failed, as one counts in the notebook, from 1."""
    tagged = next((at for at, cell in enumerate(cells) if "parameters" in cell.metadata.get("tags", ())), 0)
    return int(error.cell_index) - (injected and error.cell_index > tagged)


def _period(notebook: Any) -> str:
    """Take the two cells out again; return what the last one said."""
    last = notebook.cells[-1]
    notebook.cells = [cell for cell in notebook.cells if _OURS not in cell.metadata]
    said = [output.data[kernel.PERIOD] for output in last.outputs if kernel.PERIOD in output.get("data", {})]
    return said[0] if said else ""


def _tables(notebook: Any) -> dict[str, pd.DataFrame]:
    """Frames of the tables that a notebook shows, in their order, each under a title of its own."""
    found: dict[str, pd.DataFrame] = {}
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    for data in (output.get("data", {}) for output in outputs):
        if RECORDED not in data:
            continue
        title, frame = recorded_table(data.pop(RECORDED))
        title = title or "Table"
        numbered = (f"{title} ({number})" for number in itertools.count(2))
        found[next(name for name in itertools.chain([title], numbered) if name not in found)] = frame
    return found


@contextmanager
def _environment() -> Iterator[None]:
    """Tell kernels to show no progress, which a page would keep, and to record their tables."""
    told = {"CI": os.environ.get("CI") or "1", RECORD: "1"}
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
