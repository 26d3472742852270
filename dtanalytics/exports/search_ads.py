"""Search Ads 360: a bulksheet of conversions."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError
from dtanalytics.exports.calls import QUALIFIED, Value
from dtanalytics.exports.result import Export
from dtanalytics.exports.times import utc_iso
from dtanalytics.exports.upload import Negative, PathLike, export, money_text, options
from dtanalytics.exports.upload_log import Where


@public
def sa360(
    calls: pd.DataFrame,
    path: PathLike,
    conversion_name: str,
    value: Value = "margin",
    currency: str | None = None,
    now: Any = None,
    *,
    floodlight_activity_id: str | int | None = None,
    qualified: str | None = QUALIFIED,
    negative: Negative = "refuse",
    action_created: Any = None,
    ledger: Where = None,
) -> Export:
    """Write calls as conversions for a Search Ads 360 bulksheet.

    Parameters
    ----------
    calls, path, value, currency, now, qualified, negative, action_created, ledger
        As for ``google_clicks``. The sheet has no column for the currency: the advertiser's holds.
    conversion_name : str
        Name of the Floodlight activity; written when its id is not given.
    floodlight_activity_id : str or int, optional
        Id of the Floodlight activity, which then stands in the sheet alone.

    Returns
    -------
    Export
        ``written``, ``refused`` and ``path``; printed, the preflight.

    Notes
    -----
    ``Conversion timestamp`` is written in UTC as ``yyyy-MM-ddTHH:mm:ssZ``. The help page recommends
    UTC to avoid ambiguity; that this spelling is read is an assumption to try on one row first.

    References
    ----------
    Search Ads 360 Help 13607450, "Upload conversions".

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": ["Cj0KC-x"], "click_id_type": ["gclid"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = sa360(calls, f"{folder}/sa.csv", "Call", now="2026-10-06", ledger=folder,
    ...         floodlight_activity_id=77)
    ...     print(done.path.read_text("utf-8").splitlines()[1])
    Conversion,Add,Active,Cj0KC-x,1710,12.50,2026-10-05T18:00:00Z,77
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)
    activity = "" if floodlight_activity_id is None else str(floodlight_activity_id)
    if activity and not re.fullmatch(r"[0-9]{1,20}", activity):
        raise InputError(f"floodlight_activity_id must be digits, not {floodlight_activity_id!r}")

    def columns(good: pd.DataFrame) -> dict[str, pd.Series | str]:
        return {
            "Row type": "Conversion",
            "Action": "Add",
            "Status": "Active",
            "Click ID": good["click_id"],
            "Advertiser Conversion ID": good["sid"],
            "Conversion revenue": money_text(good["units"], asked.currency),
            "Conversion timestamp": utc_iso(good["time"]),
            "Floodlight activity ID": activity,
            **({} if activity else {"Floodlight activity name": asked.conversion_name}),
        }

    return export(calls, "sa360", asked, columns, action_created=action_created)
