"""Tables of the analyses, laid out for people: money, per cent, intervals; every text escaped."""

from __future__ import annotations

import base64
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

from dtanalytics.errors import InputError
from dtanalytics.metrics.units import unit_of
from dtanalytics.personal.lineage import Part, listed
from dtanalytics.personal.names import name_of
from dtanalytics.personal.sharing import shareable

if TYPE_CHECKING:
    from great_tables import GT

RECORD = "DTANALYTICS_RECORD"
"""Environment variable; where it is set, a table that is shown carries its frame."""

RECORDED = "application/vnd.apache.arrow.file"
"""MIME type of that frame, in base64."""

_TAG = re.compile(r"<[^>]+>")
_MISSING = "\N{EN DASH}"
_ENDS = ("_low", "_high")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$"}
_WIDTH = 56  # of an interval's bar [px]
_SCALE = f"display:inline-block;position:relative;width:{_WIDTH}px;height:8px;margin-left:6px;background:#eee"
_INSIDE = "position:absolute;height:8px;background:#8fb3d9"


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
        return {RECORDED: _recorded(self)} if os.environ.get(RECORD) else {}

    def _repr_html_(self) -> str:
        return str(self.gt.as_raw_html())

    def __repr__(self) -> str:
        """Show the cells as text."""
        plain = self.cells.map(lambda cell: html.unescape(_TAG.sub("", cell)))
        plain.columns = [name.replace("_", " ") for name in plain.columns]
        return "\n".join(part for part in (self.title, plain.to_string(index=False), self.note) if part)


def table(
    frame: pd.DataFrame | pd.Series[Any],
    title: str = "",
    note: str = "",
    *,
    currency: str = "USD",
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
    currency : str
        ISO code of the money.
    rows : int
        Most rows to show; the note then says how many there are. A total is always shown.
    include : str or iterable
        Columns that identify people and shall be shown all the same; left out otherwise, and named
        below the table.

    Returns
    -------
    Table
        Ratios in per cent, money with two decimals, counts grouped, nulls as a dash. A column that
        has ``_low`` and ``_high`` beside it becomes one cell: the value, the interval, and a bar that
        shows the interval on the scale of its column. A row marked by ``is_total`` is set off.
        The same frame gives the same HTML.

    Raises
    ------
    InputError
        When ``rows`` is less than 1, or a column of ``include`` is not there.

    Examples
    --------
    >>> table(pd.DataFrame({"affiliate": ["North"], "margin": [1234.5], "margin_rate": [0.25]}), "Margin")
    Margin
    affiliate    margin margin rate
        North $1,234.50       25.0%
    """
    from great_tables import GT, loc, style

    if rows < 1:
        raise InputError(f"rows is {rows}: show at least 1")
    shown, left = _columns(frame.to_frame() if isinstance(frame, pd.Series) else frame, include)
    whole = shown.copy(deep=False)
    total = shown.pop("is_total").to_numpy(bool) if "is_total" in shown else np.zeros(len(shown), bool)
    kept = total | ((~total).cumsum() <= rows)
    shown, total = shown[kept], total[kept]

    every = [str(name) for name in shown]
    ends = {f"{name}{end}" for name in every for end in _ENDS if _has_interval(shown, name)}
    names = [name for name in every if name not in ends]
    texts = pd.DataFrame({name: _cells(shown, name, currency) for name in names}, columns=names)
    if total.any():
        texts.loc[total, names[0]] = "Total"

    right = [name for name in names if _is_number(shown[name])]
    laid_out = (
        GT(texts, id=_identity(title, names))
        .fmt(str)  # the texts are HTML already, and escaped
        .cols_label(cases={name: name.replace("_", " ") for name in names})
        .cols_align("left")
        .tab_options(table_font_size="13px", data_row_padding="4px")
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
        f"{hidden_rows:,} more not shown." if hidden_rows else "",
        f"Left out, because they identify people: {listed(left)} (include= shows them)." if left else "",
    ]
    foot = " ".join(filter(None, remarks))
    return Table(laid_out.tab_source_note(foot) if foot else laid_out, title, texts, foot, whole)


def recorded_table(data: str) -> tuple[str, pd.DataFrame]:
    """Title and frame of a table that was shown where `RECORD` is set."""
    import pyarrow as pa

    with pa.ipc.open_file(pa.BufferReader(base64.b64decode(data))) as file:
        table = file.read_all()
    return table.schema.metadata[b"title"].decode(), table.to_pandas()


def _recorded(shown: Table) -> str:
    import pyarrow as pa

    table = pa.Table.from_pandas(shown.frame.apply(_storable))
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"title": shown.title.encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as file:
        file.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()


def _storable(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn into text what Arrow has no type for: mixed objects, intervals."""
    import pyarrow as pa

    try:
        pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError):
        return column.astype("str")
    return column


def _columns(frame: pd.DataFrame, include: str | Iterable[Hashable]) -> tuple[pd.DataFrame, list[Part]]:
    """Make columns of the index, leave out what identifies people; names are text, and differ."""
    shown, left = shareable(frame, include)
    names: list[str] = []
    for label in shown.columns:
        plain = name_of(label)
        numbered = (f"{plain} ({number})" for number in itertools.count(2))
        names.append(next(name for name in itertools.chain([plain], numbered) if name not in names))
    return shown.set_axis(names, axis=1), left


def _cells(frame: pd.DataFrame, name: str, currency: str) -> list[str]:
    """Write the cells of one column as HTML."""
    column = frame[name]
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        dated = column.dt.strftime("%Y-%m-%d" if _is_days(column) else "%Y-%m-%d %H:%M")
        return [html.escape(str(text)) if pd.notna(text) else _MISSING for text in dated]
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("object").map({True: "yes", False: "no"})
    if not _is_number(column):
        return [html.escape(str(value)) if pd.notna(value) else _MISSING for value in column]
    beside = [frame[name + end] for end in _ENDS] if _has_interval(frame, name) else []
    unit = unit_of(name) or ("" if all(_is_whole(one) for one in (column, *beside)) else "number")
    cells = [_number(value, unit, currency) for value in column]
    if not beside:
        return cells
    low, high = (one.astype("float64") for one in beside)
    start = min(low.min(), 0.0)
    width = max(high.max() - start, 1e-12)
    return [
        cell
        if pd.isna(a) or pd.isna(b)
        else f"{cell}{_interval(a, b, unit, currency)}{_bar(a, b, start, width)}"
        for cell, a, b in zip(cells, low, high, strict=True)
    ]


def _interval(low: float, high: float, unit: str, currency: str) -> str:
    ends = f"{_number(low, unit, currency)} to {_number(high, unit, currency)}"
    return f' <span style="color:#777;white-space:nowrap">({ends})</span>'


def _bar(low: float, high: float, start: float, width: float) -> str:
    left, long = (round(_WIDTH * part / width) for part in (low - start, high - low))
    inside = f'<span style="{_INSIDE};left:{left}px;width:{max(long, 1)}px"></span>'
    return f'<span style="{_SCALE}">{inside}</span>'


def _number(value: Any, unit: str, currency: str) -> str:
    if pd.isna(value):
        return _MISSING
    if value < 0:
        positive = _number(-value, unit, currency)
        if positive == _number(0, unit, currency):
            return positive
        return f'<span style="white-space:nowrap">\N{MINUS SIGN}{positive}</span>'  # a line may not end in it
    if unit == "currency":
        return f"{_SIGNS.get(currency, html.escape(currency) + ' ')}{value:,.2f}"
    if unit == "ratio":
        return f"{100 * value:.1f}%"
    if unit == "probability":
        return f"{value:.3f}" if value >= 0.001 else "&lt;0.001"
    return f"{value:,.2f}" if unit == "number" else f"{abs(value):,.0f}"


def _has_interval(frame: pd.DataFrame, name: str) -> bool:
    return all(f"{name}{end}" in frame for end in _ENDS)


def _is_number(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _is_whole(column: pd.Series[Any]) -> bool:
    known = column.dropna().astype("float64")
    return bool((known == known.round()).all())


def _is_days(column: pd.Series[Any]) -> bool:
    return bool((column.dropna() == column.dropna().dt.normalize()).all())


def _identity(title: str, names: list[str]) -> str:
    """Name the table in its page by what it shows: the library's own name is random."""
    return "t" + hashlib.sha256("|".join([title, *names]).encode()).hexdigest()[:8]
