"""Notebooks run on given parameters and written as HTML that opens without a network.

A notebook is a report when it has a cell tagged ``parameters``. Its name on the command line is its
file name without the leading number: ``notebooks/01_margin.ipynb`` is the report ``margin``.
"""

from __future__ import annotations

import html
import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtanalytics.errors import ConfigError, DtError, InputError, nearest
from dtanalytics.reports.tables import RECORD, RECORDED, recorded_table
from dtanalytics.texts.paths import expand

if TYPE_CHECKING:
    import pandas as pd

_PACKAGE = Path(__file__).parents[1]
_HOMES = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")  # installed, or a checkout
_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_POLICY = (  # a browser then runs and fetches nothing, whatever a name in the data may contain
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_PRINT = """<style>
@page { size: A4 landscape; margin: 12mm }
@media print {
  body { padding: 0 !important }
  body * { overflow: visible !important }  /* what scrolls on a screen is cut off on paper */
  h1, h2, h3, .jp-MarkdownCell { break-after: avoid }
  .jp-MarkdownCell, .jp-OutputArea-child, figure, img, tr { break-inside: avoid }
  thead { display: table-header-group }
  table { font-size: 11px !important }
  img { max-width: 100% !important; max-height: 90mm !important; object-fit: contain }
}
</style>
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222 }}
body {{ max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}
a {{ color: #0b5394; font-weight: 600 }} li {{ margin: 1rem 0 }} p {{ margin: .2rem 0; color: #555 }}
</style></head><body><h1>{title}</h1><ul>
{items}
</ul></body></html>
"""


@dataclass(frozen=True)
class Written:
    """One report on disk.

    Attributes
    ----------
    name, title, summary : str
        Its name, its heading and the first words of its prose.
    path : Path
        The page.
    tables : dict of str to DataFrame
        What it shows by `dtanalytics.reports.table`: title -> the whole frame, numbers as numbers.
    workbook : Path or None
        Its tables as a file, where one was asked for.

    Examples
    --------
    >>> Written("margin", "Who earns the margin?", "", Path("01_margin.html")).path.name
    '01_margin.html'
    """

    name: str
    title: str
    summary: str
    path: Path
    tables: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    workbook: Path | None = None


def names() -> dict[str, Path]:
    """List the reports that there are.

    Returns
    -------
    dict of str to Path
        Name -> notebook, in the order of their numbers.

    Examples
    --------
    >>> list(names())[:2]
    ['start_here', 'margin']
    """
    home = next((folder for folder in _HOMES if folder.is_dir()), None)
    notebooks = sorted(home.glob("[0-9][0-9]_*.ipynb")) if home else []
    return {path.stem[3:]: path for path in notebooks}


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
        When there is no such report.
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
    source = _find(name)
    try:
        import papermill
        from papermill.exceptions import PapermillExecutionError
    except ImportError as error:
        raise ConfigError("reports need Jupyter: pip install 'dtanalytics[notebook]'") from error
    try:
        with _environment():
            notebook = papermill.execute_notebook(
                source,
                None,
                dict(parameters or {}),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                extra_arguments=["--log-level=ERROR"],  # a kernel on loopback warns that it does not encrypt
            )
    except PapermillExecutionError as error:
        message = f"report {name!r} failed in cell {error.cell_index}: {error.ename}: {error.evalue}"
        raise DtError(message) from error
    title, summary = _opening(notebook)
    folder = expand(out, "out")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{source.stem}.html"
    path.write_text(_html(notebook, title, inputs=inputs), encoding="utf-8")
    return Written(name, title, summary, path, _tables(notebook))


def write_index(out: str | Path, written: Iterable[Written], title: str = "Call reports") -> Path:
    """Write the page that links the reports.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_index(folder, [Written("margin", "Who <earns> it", "", Path("01_margin.html"))])
    ...     "Who &lt;earns&gt; it" in path.read_text()
    True
    """
    items = "\n".join(
        f'<li><a href="{html.escape(report.path.name)}">{html.escape(report.title)}</a>'
        f"<p>{html.escape(report.summary)}{_workbook(report)}</p></li>"
        for report in written
    )
    path = expand(out, "out") / "index.html"
    if (path.parent / "gallery" / "index.html").exists():
        items += '\n<li><a href="gallery/index.html">Gallery</a><p>Every picture, with its numbers.</p></li>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_PAGE.format(title=html.escape(title), items=items), encoding="utf-8")
    return path


def _workbook(report: Written) -> str:
    return f' <a href="{html.escape(report.workbook.name)}">XLSX</a>' if report.workbook else ""


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


def _find(name: str) -> Path:
    known = names()
    if name in known:
        return known[name]
    if name.endswith(".ipynb") and (path := expand(name, "the report")).is_file():
        return path
    raise InputError(f"there is no report {name!r}: {nearest(name, known) if known else 'none is installed'}")


def _opening(notebook: Any) -> tuple[str, str]:
    """Heading and first paragraph of a notebook."""
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heading = re.search(r"^#\s+(.+)$", prose, re.MULTILINE)
    paragraphs = [text for text in prose.split("\n\n") if text.strip() and not text.lstrip().startswith("#")]
    return _plain(heading.group(1) if heading else "Report"), _plain(paragraphs[0] if paragraphs else "")


def _plain(markdown: str) -> str:
    return re.sub(r"[*`]", "", " ".join(markdown.split()))


def _html(notebook: Any, title: str, *, inputs: bool) -> str:
    """Render a page that holds its figures and needs neither scripts nor a server."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # nbconvert declares no types
        exclude_input=not inputs, exclude_input_prompt=True, exclude_output_prompt=True
    )
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    page = _SCRIPT.sub("", page).replace("<head>", f"<head>{_POLICY}", 1)
    return page.replace("</head>", f"{_PRINT}</head>", 1)
