"""Tables of the analyses, laid out for people: money, per cent, intervals; every text escaped."""

from __future__ import annotations

import hashlib
import html
import itertools
import os
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError
from dtanalytics.personal.include import listed
from dtanalytics.personal.names import name_of
from dtanalytics.personal.parts import Part
from dtanalytics.personal.sharing import shareable
from dtanalytics.reports.cells import is_number, plain, written
from dtanalytics.reports.plain_text import as_text, terminal_width
from dtanalytics.reports.records import RECORD, RECORDED, recorded
from dtanalytics.settings import current
from dtanalytics.texts.currencies import checked

if TYPE_CHECKING:
    from great_tables import GT

_SHORT = 20
_TAG = re.compile(r"<[^>]+>")
_LOOSE = re.compile(r"#(\w+) thead, tbody, tfoot, tr, td, th { border-style: none; }\s+tr {[^}]*}")
_LINE = "rgba(128,128,128,.5)"
_STYLE = """
#ID .gt_table, #ID .gt_table * { color: inherit; background-color: transparent; border-color: LINE; }
#ID .gt_table tr, #ID .gt_table tr:hover { background: transparent; }
[data-jp-theme-light] #ID {
  --paper: var(--jp-layout-color0, #fff);
  background: linear-gradient(to right, var(--paper) 40%, transparent) left / 48px 100% no-repeat local,
    linear-gradient(to left, var(--paper) 40%, transparent) right / 48px 100% no-repeat local,
    linear-gradient(to right, rgba(128,128,128,.6), transparent) left / 16px 100% no-repeat scroll,
    linear-gradient(to left, rgba(128,128,128,.6), transparent) right / 16px 100% no-repeat scroll;
}
@media print {
  #ID, #ID .gt_table tr, #ID .gt_table td, #ID .gt_table th { color: #000; background: #fff; }
}
"""
"""The colours of the page around the table, light or dark; black on white in print. Where a table is wider
than its place, it scrolls, and a shadow at the edge says that there is more."""


_UNBROKEN = "#ID .gt_table_body td:nth-child(AT) { white-space: nowrap; }\n"
"""For columns of dates and identifiers, whose hyphens are no place to end a line."""
_NO_FORMULAS = 'class="tex2jax_ignore mathjax_ignore"'
"""JupyterLab typesets what stands between two dollar signs as a formula, amounts too, unless told so."""


@dataclass(frozen=True, repr=False)
class Table:
    """A table that is laid out: HTML in notebooks, text elsewhere.

    Attributes
    ----------
    gt : great_tables.GT
        The table itself, for whoever wants to style it further.
    title, note : str
        Text above and below.
    cells : DataFrame
        The cells as they are shown: HTML, escaped.
    frame : DataFrame
        What was laid out, whole: numbers as numbers, and the rows that are not shown; without the
        columns that identify people.

    Examples
    --------
    >>> shown = table(pd.DataFrame({"affiliate": ["North"], "margin": [1234.5]}))
    >>> shown.cells["margin"].tolist(), shown.frame["margin"].tolist()
    (['$1,234.50'], [1234.5])
    """

    gt: GT
    title: str
    cells: pd.DataFrame
    note: str
    frame: pd.DataFrame

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Carry the frame beside the HTML, where a report is being written."""
        return {RECORDED: recorded(self.frame, self.title)} if os.environ.get(RECORD) else {}

    def _repr_html_(self) -> str:
        # great_tables' two rules for all tables of a page are meant for this one
        whole = str(self.gt.as_raw_html())
        whole = whole.replace("<div id=", f"<div {_NO_FORMULAS} id=", 1)
        return _LOOSE.sub(r"#\1 :is(thead, tbody, tfoot, tr, td, th) { border-style: none; }", whole, count=1)

    def __repr__(self) -> str:
        """Show the cells as text, at a terminal no wider than it is."""
        plain = self.cells.map(lambda cell: html.unescape(_TAG.sub("", cell)))
        plain.columns = [name.replace("_", " ") for name in plain.columns]
        lines = as_text(plain, terminal_width())
        return "\n".join(part for part in (self.title, lines, self.note) if part)


@public
def table(
    frame: pd.DataFrame | pd.Series[Any],
    title: str = "",
    note: str = "",
    *,
    currency: str | None = None,
    rows: int = 30,
    include: str | Iterable[Hashable] = (),
) -> Table:
    """Lay out what an analysis returned, for reading.

    Parameters
    ----------
    frame : DataFrame or Series
        What a method of ``df.calls`` returned, or any table. It is not changed; its values stay ratios
        and money.
    title, note : str
        Text above and below.
    currency : str, optional
        ISO code of the money; that of the settings (``DTANALYTICS_CURRENCY``) when left out.
    rows : int
        Most rows to show; the note then says how many there are.
    include : str or iterable
        Columns that identify people and shall be shown all the same; left out otherwise, and named
        below the table.

    Returns
    -------
    Table
        Ratios in per cent, their changes in points, money with two decimals, counts grouped, flags as yes
        and no, nulls as a dash. A column that
        has ``_low`` and ``_high`` beside it becomes one cell: the value, the interval, and a bar that
        shows the interval on the scale of its column. A row marked by ``is_total`` is set off, one marked by
        ``is_other`` is named as the others together; both are always shown.
        What the figures assume (``.attrs["assumptions"]``, as of `what_if`) stands below the table.
        Numbers are written as the setting ``DTANALYTICS_LOCALE`` says. The same frame gives the same HTML.

    Raises
    ------
    InputError
        When it is no frame, ``rows`` is less than 1, or a column of ``include`` is not there.

    Examples
    --------
    >>> table(pd.DataFrame({"affiliate": ["North"], "margin": [1234.5], "margin_rate": [0.25]}), "Margin")
    Margin
    affiliate    margin margin rate
        North $1,234.50       25.0%
    """
    settings = current()
    currency, numerals = checked(settings.currency if currency is None else currency), settings.numerals
    from great_tables import GT, loc, style

    if not isinstance(frame, pd.DataFrame | pd.Series):
        raise InputError(
            f"table lays out a pandas DataFrame or Series, not {type(frame).__name__}: pass what a method of "
            "df.calls returned, or pandas.DataFrame(...) of it"
        )
    shown, left = _columns(frame.to_frame() if isinstance(frame, pd.Series) else frame, include)
    whole = shown.copy(deep=False)
    shown = shown.assign(**{str(name): plain(shown[name]) for name in shown})
    total, other = (
        shown.pop(mark).to_numpy(bool) if mark in shown else np.zeros(len(shown), bool)
        for mark in ("is_total", "is_other")
    )
    kept = total | other | ((~total).cumsum() <= rows)
    shown, total, other = shown[kept], total[kept], other[kept]

    cells = written(shown, currency, numerals)
    names = list(cells)
    texts = pd.DataFrame(cells, columns=names, index=shown.index)
    for marked, name in ((total, "Total"), (other, "Others")):
        if marked.any():
            texts.loc[marked, names[0]] = name

    right = [name for name in names if is_number(shown[name])]
    identity = _identity(title, names)
    words = [(at, name) for at, name in enumerate(names, start=1) if name not in right]
    unbroken = [at for at, name in words if shown[name].dtype.kind == "M" or _is_one_word(texts[name])]
    style_of = _STYLE + "".join(_UNBROKEN.replace("AT", str(at)) for at in unbroken)
    laid_out = (
        GT(texts, id=identity)
        .fmt(str)  # the texts are HTML already, and escaped
        .cols_label(cases={name: name.replace("_", " ") for name in names})
        .cols_align("left")
        .tab_options(table_font_size="13px", data_row_padding="4px")
        .tab_options(table_margin_left="0px", heading_align="left")  # where pictures begin, too
        .tab_options(table_additional_css=style_of.replace("ID", identity).replace("LINE", _LINE))
    )
    if right:
        laid_out = laid_out.cols_align("right", columns=right)
    if title:
        laid_out = laid_out.tab_header(title=title)
    if total.any():
        bold = loc.body(rows=total.nonzero()[0].tolist())
        laid_out = laid_out.tab_style(style.text(weight="bold"), bold)
    hidden_rows = len(frame) - len(shown)
    remarks = [
        note,
        *map(numerals.tell, frame.attrs.get("assumptions", ())),
        f"{numerals.number(hidden_rows)} more not shown." if hidden_rows else "",
        f"Left out, because they identify people: {listed(left)} (include= shows them)." if left else "",
    ]
    foot = " ".join(filter(None, remarks))
    return Table(laid_out.tab_source_note(foot) if foot else laid_out, title, texts, foot, whole)


def _columns(frame: pd.DataFrame, include: str | Iterable[Hashable]) -> tuple[pd.DataFrame, list[Part]]:
    """Make columns of the index, leave out what identifies people; names are text, and differ."""
    shown, left = shareable(frame, include)
    names: list[str] = []
    for label in shown.columns:
        plain = name_of(label)
        numbered = (f"{plain} ({number})" for number in itertools.count(2))
        names.append(next(name for name in itertools.chain([plain], numbered) if name not in names))
    return shown.set_axis(names, axis=1), left


def _is_one_word(cells: pd.Series[Any]) -> bool:
    """Tell whether cells are short and hold no space at which a line could end."""
    return not any(" " in str(cell) or len(str(cell)) > _SHORT for cell in cells)


def _identity(title: str, names: list[str]) -> str:
    """Name the table in its page by what it shows: the library's own name is random."""
    return "t" + hashlib.sha256("|".join([title, *names]).encode()).hexdigest()[:8]
