"""Answers of the services that were saved as files, as the frames that a load gives."""

from __future__ import annotations

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.decode.saved import Paths, read_saved
from dtanalytics.duplicates import mark
from dtanalytics.frames import to_pandas
from dtanalytics.loading.options import Money
from dtanalytics.schema import BIDS, LEADFLOW


@public
def read_leadflow(path: Paths, *, money: Money = "float") -> pd.DataFrame:
    """Saved answers of LeadFlow History: a file, a folder of files, or a list of such paths.

    A file ends in ``.json``, ``.jsonl`` or ``.ndjson``, packed (``.gz``) or not. It holds an answer, a list
    of answers, or an answer or a record a line, in UTF-8, UTF-16 or UTF-32; ``~`` and variables are replaced.

    Returns
    -------
    DataFrame
        As from :func:`dtanalytics.load_leadflow`; of calls that occur twice, the last in order of file names.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> from dtanalytics.demo import sample_file
    >>> dta.read_leadflow(sample_file("leadflow"))["affiliate"].nunique() > 5
    True
    """
    return mark(to_pandas(read_saved(path, LEADFLOW), LEADFLOW, money=money))


@public
def read_bids(path: Paths, *, money: Money = "float") -> pd.DataFrame:
    """Saved answers of Bid Management, v2 or v3: a file, a folder of files, or a list of such paths.

    A file ends in ``.json``, ``.jsonl`` or ``.ndjson``, packed (``.gz``) or not. It holds an answer, a list
    of answers, or an answer or a record a line, in UTF-8, UTF-16 or UTF-32; ``~`` and variables are replaced.

    Returns
    -------
    DataFrame
        As from :func:`dtanalytics.load_bids`; of calls that occur twice, the last in order of file names.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> from dtanalytics.demo import sample_file
    >>> dta.read_bids(sample_file("bids"))["channel"].cat.categories.tolist()
    ['Call Extension', 'SourceTrak']
    """
    return mark(to_pandas(read_saved(path, BIDS), BIDS, money=money))
