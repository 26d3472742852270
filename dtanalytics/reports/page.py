"""Pages: a notebook that was run as HTML that needs no network and no script, and prints on A4."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtanalytics.calling.public import public
from dtanalytics.texts.paths import expand

if TYPE_CHECKING:
    from dtanalytics.reports.tables import Table
    from dtanalytics.reports.written import Written

_SCRIPT = re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE)
_IMAGE = re.compile(r'<img\b[^>]*\bsrc="data:image/png;base64,[^>]*>')
_NO_TEXT = 'alt="No description has been provided for this image"'
_POLICY = (  # a browser then runs and fetches nothing, whatever a name in the data may contain
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_INDEX = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}
a {{ font-weight: 600 }} li {{ margin: 1rem 0 }} p {{ margin: .2rem 0; opacity: .8 }}
</style></head><body><h1>{title}</h1><ul>
{items}
</ul></body></html>
"""
_PAGE = """<!doctype html>
<html lang="en"><head>{policy}<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }}
body {{ color: #000; background: #fff }}
.dt-table {{ margin: 0 0 1.5rem; overflow-x: auto }}
{style}</style></head><body><h1>{title}</h1><p class="dt-period">{period}</p>
{tables}{notes}
</body></html>
"""


_SIMPLE = """<!doctype html>
<html lang="en"><head>{policy}<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }}
p {{ opacity: .8 }}
</style></head><body><h1>{title}</h1>
{parts}
</body></html>
"""


def simple_page(title: str, parts: Iterable[str], notes: Iterable[str] = ()) -> str:
    """Lay out a page of parts that are HTML already; title and notes are escaped, nothing is fetched or run.

    Examples
    --------
    >>> "<h1>A &lt; B</h1>" in simple_page("A < B", ["<b>part</b>"])
    True
    """
    body = [*parts, *(f"<p>{html.escape(note)}</p>" for note in notes)]
    return _SIMPLE.format(policy=_POLICY, title=html.escape(title), parts="\n".join(body))


def render(notebook: Any, title: str, period: str, *, inputs: bool) -> str:
    """Render a page that holds its figures and needs neither scripts nor a server.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Run.
    title, period : str
        At the head of the page, and of each sheet of paper.
    inputs : bool
        Show the code too.

    Returns
    -------
    str
        HTML.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # nbconvert declares no types
        exclude_input=not inputs, exclude_input_prompt=True, exclude_output_prompt=True
    )
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    texts = _texts(notebook)
    page = _IMAGE.sub(lambda found: _described(found.group(), texts), page)
    page = _SCRIPT.sub("", page).replace("<head>", f"<head>{_POLICY}", 1)
    page = page.replace("</head>", f"<style>{_STYLE}{_paper(title, period)}</style></head>", 1)
    head = f'<p class="dt-period">{html.escape(period)}</p>'
    return re.sub(r"<main\b[^>]*>", lambda found: found.group() + head, page, count=1)


def of_tables(title: str, period: str, tables: Iterable[Table], notes: Iterable[str] = ()) -> str:
    """Write a page of tables that needs neither scripts nor a server, and prints on A4.

    Parameters
    ----------
    title, period : str
        At the head of the page, and of each sheet of paper.
    tables : iterable of Table
        As `dtanalytics.reports.table` lays them out.
    notes : iterable of str
        Sentences below the tables.

    Returns
    -------
    str
        HTML.
    """
    shown = "".join(f'<div class="dt-table">{one._repr_html_()}</div>' for one in tables)
    listed = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return _PAGE.format(
        policy=_POLICY,
        title=html.escape(title),
        style=_STYLE + _paper(title, period),
        period=html.escape(period),
        tables=shown,
        notes=f"<ul>{listed}</ul>" if listed else "",
    )


def _paper(title: str, period: str) -> str:
    """Style of a sheet of paper: what stands at its head."""
    return f"@page {{ @top-left {{ content: {_css(title)} }} @top-right {{ content: {_css(period)} }} }}"


def _texts(notebook: Any) -> dict[str, str]:
    """Text of each picture that has one, by its data: nbconvert's template leaves texts out."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [
        (output["data"]["image/png"], output.metadata.get("image/png", {}).get("alt"))
        for output in outputs
        if "image/png" in output.get("data", {})
    ]
    return {"".join(data.split()): text for data, text in pictures if text}


def _described(image: str, texts: dict[str, str]) -> str:
    """Give an image its text."""
    data = "".join(image.partition("base64,")[2].partition('"')[0].split())
    return image.replace(_NO_TEXT, f'alt="{html.escape(texts.get(data, "A picture."))}"', 1)


def _css(text: str) -> str:
    """Write a text as a CSS string that ends neither itself nor the style element."""
    plain = "".join(f"\\{ord(sign):x} " if sign in '\\"<>\n\r\f' else sign for sign in text)
    return f'"{plain}"'


@public
def write_index(out: str | Path, written: Iterable[Written], title: str = "Call reports") -> Path:
    """Write the page that links the reports.

    Examples
    --------
    >>> import tempfile
    >>> from dtanalytics.reports import Written
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_index(folder, [Written("margin", "Who <earns> it", "", Path("01_margin.html"))])
    ...     "Who &lt;earns&gt; it" in path.read_text("utf-8")
    True
    """
    items = "\n".join(
        f'<li><a href="{html.escape(report.path.name)}">{html.escape(report.title)}</a>'
        f"<p>{html.escape(report.summary)}{_workbook(report)}</p>{_period(report)}</li>"
        for report in written
    )
    path = expand(out, "out") / "index.html"
    if (path.parent / "gallery" / "index.html").exists():
        items += '\n<li><a href="gallery/index.html">Gallery</a><p>Every picture, with its numbers.</p></li>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_INDEX.format(title=html.escape(title), items=items), encoding="utf-8")
    return path


def _period(report: Written) -> str:
    return f'<p class="dt-period">{html.escape(report.period)}</p>' if report.period else ""


def _workbook(report: Written) -> str:
    return f' <a href="{html.escape(report.workbook.name)}">XLSX</a>' if report.workbook else ""
