"""Questions that the service answers at once, without the cache: one call by its sid, a number of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dtanalytics.apis.client import Client
from dtanalytics.calling.public import public
from dtanalytics.errors import InputError
from dtanalytics.frames import to_pandas
from dtanalytics.loading.demonstration import beside
from dtanalytics.loading.options import Money, Version, warn_of_window
from dtanalytics.loading.sources import Source, bids_source, leadflow_source
from dtanalytics.schema import BIDS, LEADFLOW, Report
from dtanalytics.settings import Settings, in_force
from dtanalytics.window import likely_meant, parse_window


@public
def get_leadflow_call(sid: str, *, money: Money = "float", settings: Settings | None = None) -> pd.DataFrame:
    """The one LeadFlow call with a sid, from the service.

    Returns
    -------
    DataFrame
        One row, as from :func:`dtanalytics.load_leadflow`.

    Raises
    ------
    NotFoundError
        There is none (a ``LookupError``).

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     sid = dta.load_leadflow("2026-10-05", progress=False)["sid"].iloc[0]
    ...     call = dta.get_leadflow_call(sid)
    >>> len(call), call["sid"].iloc[0] == sid
    (1, True)
    """
    return _one(leadflow_source(in_force(settings)), sid, LEADFLOW, money)


@public
def get_bid_call(
    sid: str, *, version: Version = "v2", money: Money = "float", settings: Settings | None = None
) -> pd.DataFrame:
    """The one Bid Management call with a sid, from the service.

    Returns
    -------
    DataFrame
        One row, as from :func:`dtanalytics.load_bids`.

    Raises
    ------
    NotFoundError
        There is none (a ``LookupError``).

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     sid = dta.load_bids("2026-10-05", progress=False)["sid"].iloc[0]
    ...     call = dta.get_bid_call(sid)
    >>> len(call), call["sid"].iloc[0] == sid
    (1, True)
    """
    return _one(bids_source(in_force(settings), version=version), sid, BIDS, money)


@public
def count_bids(
    start: Any,
    end: Any = None,
    *,
    where: Mapping[str, Any] | str | None = None,
    version: Version = "v2",
    settings: Settings | None = None,
) -> int:
    """How many Bid Management calls the service counts in a window; none is transferred.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo():
    ...     dta.count_bids("2026-10-05") == len(dta.load_bids("2026-10-05"))
    True
    """
    settings, window = in_force(settings), parse_window(start, end)
    source = bids_source(settings, where=where, version=version)
    if window.clock() != window:
        raise InputError(
            f"{window} begins or ends in the second of two equal hours, which the service's clock cannot "
            "tell apart: count the calls of a load"
        )
    warn_of_window(likely_meant(start, end, window), beside(window, settings.bids_url))
    with source.connect() as client:
        return client.count(window)


def _one(source: Source[Client], sid: str, report: Report, money: Money) -> pd.DataFrame:
    """The frame of one call."""
    with source.connect() as client:
        table = client.call(sid)
    source.drift.warn()
    return to_pandas(table, report, money=money)
