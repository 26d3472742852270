"""Any answer as a table that sorts, filters, copies and saves: `show`."""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import ConfigError, InputError
from dtanalytics.explore.charts import somebody_clicks
from dtanalytics.personal.include import listed
from dtanalytics.personal.names import name_of
from dtanalytics.personal.sharing import shareable
from dtanalytics.reports.tables import table

_BUTTONS: Any = [
    {"extend": "copyHtml5", "text": "copy"},
    {"extend": "csvHtml5", "text": "save as CSV", "exportOptions": {"escapeExcelFormula": True}},
]
_STYLE = """<style>
.dta-show .dt-container { --dt-html-background: transparent; background: transparent; color: inherit; }
.dta-show .dt-container :is(.dt-button, .dt-paging-button, input) {
  background: transparent !important; color: inherit !important;
  border: 1px solid rgba(128, 128, 128, .5) !important;
}
.dta-show .dt-container caption { text-align: left; }
.dta-show .dt-container :is(th, td).dt-left { text-align: left; }
.dta-show .dt-container :is(th, td).dt-right { text-align: right; font-variant-numeric: tabular-nums; }
</style>"""
"""The colours of the page around the table, light or dark."""
_STATIC = 30
"""Rows of the table that stands where no script runs."""


@dataclass(frozen=True, repr=False)
class Shown:
    """A table that sorts and filters where a notebook runs scripts, and stands still elsewhere.

    Attributes
    ----------
    frame : DataFrame
        What is shown, without the columns that identify people.
    title, note : str
        Text above and below.
    """

    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        if not somebody_clicks():
            return str(
                table(self.frame, self.title, self.note, rows=_STATIC, include=list(self.frame))._repr_html_()
            )
        return self.live()

    def live(self) -> str:
        """Return the table with its script: nothing is fetched, and every cell is text."""
        import itables
        from itables.javascript import generate_init_offline_itables_html

        caption = " ".join(part for part in (self.title, self.note) if part)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks pandas in ways that pandas gives up
            made = itables.to_html_datatable(
                _texts(self.frame),
                caption=_escaped(caption) or None,
                table_id="t" + hashlib.sha256(f"{id(self)}{caption}".encode()).hexdigest()[:12],
                connected=False,
                allow_html=False,
                showIndex=False,
                buttons=_BUTTONS,
                layout={"topStart": "buttons"},
                maxBytes=0,
                maxColumns=0,
                style="width:auto;max-width:100%",
                classes="display compact nowrap",
                columnDefs=[
                    {"className": f"dt-{side}", "targets": places}
                    for side, places in _sides(self.frame).items()
                    if places
                ],
                **self.options,
            )
        script = generate_init_offline_itables_html(itables.options.dt_bundle)
        return f'{script}\n{_STYLE}\n<div class="dta-show">{made}</div>'

    def __repr__(self) -> str:
        """Show the table as text."""
        return "\n".join(
            part for part in (self.title, self.frame.to_string(max_rows=_STATIC), self.note) if part
        )


def _sides(frame: pd.DataFrame) -> dict[str, list[int]]:
    """Say which columns stand at which side: numbers at the right."""
    numbers = [place for place, dtype in enumerate(frame.dtypes) if dtype.kind in "iuf"]
    return {"right": numbers, "left": [place for place in range(frame.shape[1]) if place not in numbers]}


def _escaped(text: str) -> str:
    import html

    return html.escape(text)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Give columns the dtypes that the library writes rightly; times keep their wall clock."""
    found = {}
    for place, name in enumerate(frame.columns):
        column = frame.iloc[:, place]
        if (
            isinstance(column.dtype, pd.CategoricalDtype)
            or column.dtype.kind in "mM"
            or isinstance(column.dtype, pd.DatetimeTZDtype)
        ):
            column = column.astype("str")
        found[name] = column
    return pd.DataFrame(found)


@public
def show(
    frame: pd.DataFrame | pd.Series[Any],
    title: str = "",
    *,
    include: str | Iterable[Hashable] = (),
) -> Shown:
    """Show any answer as a table that sorts, filters, copies and saves as CSV.

    Parameters
    ----------
    frame : DataFrame or Series
        What a method of ``df.calls`` returned, or any table; not changed.
    title : str
        Text above.
    include : str or iterable
        Columns that identify people and shall be shown all the same; left out otherwise, and named below.

    Returns
    -------
    Shown
        In a notebook that runs, a table with its script, which needs no network; where cells are run by a
        program (reports, nbconvert), the table of ``dtanalytics.reports.table``. Every text is shown as it
        is, and cells that a spreadsheet would take for a formula are saved with an apostrophe.

    Raises
    ------
    ConfigError
        The extra ``explore`` is not installed; the message says how.
    InputError
        It is no frame, or a column of `include` is not there.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> dta.show(pd.DataFrame({"affiliate": ["North"], "margin": [1234.5]}))
      affiliate  margin
    0     North  1234.5
    """
    if importlib.util.find_spec("itables") is None:
        raise ConfigError(
            "show needs the extra explore, which is not installed: pip install 'dtanalytics[explore]'"
        )
    if not isinstance(frame, pd.DataFrame | pd.Series):
        raise InputError(f"show takes a pandas DataFrame or Series, not {type(frame).__name__}")
    kept, left = shareable(frame.to_frame() if isinstance(frame, pd.Series) else frame, include)
    names: list[str] = []
    for label in kept.columns:
        name = name_of(label)
        while name in names:
            name += "'"
        names.append(name)
    note = f"Left out, because they identify people: {listed(left)} (include= shows them)." if left else ""
    return Shown(kept.set_axis(names, axis=1), title, note)
