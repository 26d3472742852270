"""A report on disk: where its page is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Written:
    """One report on disk.

    Attributes
    ----------
    name, title, summary : str
        Its name; its first heading, or its file's name in words; its first paragraph.
    path : Path
        The page.
    tables : dict of str to DataFrame
        What it shows by `dtanalytics.reports.table`: title -> the whole frame, numbers as numbers.
    workbook : Path or None
        Its tables as a file, where one was asked for.
    period : str
        Of which period its calls are, and as of when.

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
    period: str = ""
