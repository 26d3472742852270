"""Both reports by name, and the data dictionary as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, nearest
from dtanalytics.schema.bids import BIDS
from dtanalytics.schema.leadflow import LEADFLOW
from dtanalytics.schema.platforms import PLATFORM_REPORTS
from dtanalytics.schema.report import Report

if TYPE_CHECKING:
    import pandas as pd

REPORTS: dict[str, Report] = {report.name: report for report in (LEADFLOW, BIDS)}
ALL_REPORTS: dict[str, Report] = {**REPORTS, **PLATFORM_REPORTS}
"""Both reports, and the tables of other platforms' calls, by name."""


@public
def fields(report: str | None = None) -> pd.DataFrame:
    """List the columns of the reports: the data dictionary.

    Parameters
    ----------
    report : {"leadflow", "bids", "invoca", "ringba", "retreaver", "callrail", "dialogtech"}, optional
        One report, or the table of a platform's calls (`read_calls`; the same for each); both reports when
        left out.

    Returns
    -------
    DataFrame
        A row a column, in column order: ``report, name, type`` (Arrow, at rest), ``pandas`` (dtype
        in a frame), ``unit``, ``personal`` ("direct" identifies a person alone, "quasi" together
        with others), ``v2, v3`` (the vendor's spelling; null where it is not sent), ``meaning``.

    Raises
    ------
    InputError
        When there is no such report.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> table = dta.fields("leadflow").set_index("name")
    >>> table.loc["talk_seconds", ["type", "pandas", "unit"]].tolist()
    ['int32', 'Int32', 's']
    """
    import pandas as pd

    if report is not None and report not in ALL_REPORTS:
        raise InputError(f"there is no report {report!r}: {nearest(report, ALL_REPORTS)}")
    rows = [
        {
            "report": item.name,
            "name": field.name,
            "type": str(field.arrow),
            "pandas": field.pandas,
            "unit": field.unit,
            "personal": field.personal,
            "v2": field.v2,
            "v3": field.v3,
            "meaning": field.meaning,
        }
        for item in (REPORTS.values() if report is None else (ALL_REPORTS[report],))
        for field in item.fields
    ]
    return pd.DataFrame(rows, dtype="str")
