"""Microsoft Advertising: offline conversions, as the page and as the bulk service take them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.exports.calls import QUALIFIED, Value
from dtanalytics.exports.result import Export
from dtanalytics.exports.times import utc, utc_american
from dtanalytics.exports.upload import Negative, PathLike, currency_text, export, money_text, options
from dtanalytics.exports.upload_log import Where

ZONE = "Parameters:TimeZone=+0000"
FORMAT_VERSION = ("Format Version", "", "", "", "", "6.0", "", "", "", "", "")


@public
def microsoft_clicks(
    calls: pd.DataFrame,
    path: PathLike,
    conversion_name: str,
    value: Value = "margin",
    currency: str | None = None,
    now: Any = None,
    *,
    qualified: str | None = QUALIFIED,
    negative: Negative = "refuse",
    enhanced: bool = False,
    ledger: Where = None,
) -> Export:
    """Write calls as offline conversions for Microsoft Advertising's own page.

    Parameters
    ----------
    calls, path, conversion_name, value, currency, now, qualified, negative, ledger
        As for ``google_clicks``; ``conversion_name`` is the name of the goal. A name that matches
        no goal is silently not counted.
    enhanced : bool, default False
        Add the caller's hashed number (E.164, SHA-256) where it has one, and an empty e-mail column.

    Returns
    -------
    Export
        ``written``, ``refused`` and ``path``; printed, the preflight.

    Notes
    -----
    Times are UTC, written ``yyyy-MM-dd HH:mm:ss``: the file has one fixed offset, so Eastern time
    would be an hour off on one side of a clock change. Microsoft gives its refusals no names; the
    ones of Google Ads are used for the same faults.

    References
    ----------
    Microsoft Advertising Help, "Import offline conversions".

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": ["0" * 32], "click_id_type": ["msclkid"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = microsoft_clicks(calls, f"{folder}/ms.csv", "Call", now="2026-10-06", ledger=folder)
    ...     print(done.path.read_text("utf-8").splitlines()[2])
    00000000000000000000000000000000,Call,2026-10-05 18:00:00,12.50,USD
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)

    def columns(good: pd.DataFrame) -> dict[str, pd.Series | str]:
        cells: dict[str, pd.Series | str] = {
            "Microsoft Click ID": good["click_id"],
            "Conversion Name": asked.conversion_name,
            "Conversion Time": utc(good["time"]),
            "Conversion Value": money_text(good["units"], asked.currency),
            "Conversion Currency": currency_text(good["units"], asked.currency),
        }
        if enhanced:
            cells |= {"Hashed Email Address": "", "Hashed Phone Number": good["phone_hash"]}
        return cells

    return export(calls, "microsoft_clicks", asked, columns, preamble=[ZONE], hash_callers=enhanced)


@public
def microsoft_bulk(
    calls: pd.DataFrame,
    path: PathLike,
    conversion_name: str,
    value: Value = "margin",
    currency: str | None = None,
    now: Any = None,
    *,
    qualified: str | None = QUALIFIED,
    negative: Negative = "refuse",
    ledger: Where = None,
) -> Export:
    """Write calls as offline conversions for Microsoft Advertising's bulk service.

    Parameters
    ----------
    calls, path, conversion_name, value, currency, now, qualified, negative, ledger
        As for ``microsoft_clicks``.

    Returns
    -------
    Export
        ``written``, ``refused`` and ``path``; printed, the preflight.

    Notes
    -----
    ``Client Id`` is the call's ``sid``, so that a row of the answer finds its call. Times are UTC.

    References
    ----------
    Microsoft Advertising, "Offline Conversion Record - Bulk", format version 6.0.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": ["0" * 32], "click_id_type": ["msclkid"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = microsoft_bulk(calls, f"{folder}/bulk.csv", "Call", now="2026-10-06", ledger=folder)
    ...     print(done.path.read_text("utf-8").splitlines()[2])
    Offline Conversion,,,,1710,,USD,Call,10/5/2026 6:00:00 PM,12.50,00000000000000000000000000000000
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)

    def columns(good: pd.DataFrame) -> dict[str, pd.Series | str]:
        return {
            "Type": "Offline Conversion",
            "Status": "",
            "Id": "",
            "Parent Id": "",
            "Client Id": good["sid"],
            "Name": "",
            "Conversion Currency Code": currency_text(good["units"], asked.currency),
            "Conversion Name": asked.conversion_name,
            "Conversion Time": utc_american(good["time"]),
            "Conversion Value": money_text(good["units"], asked.currency),
            "Microsoft Click Id": good["click_id"],
        }

    return export(calls, "microsoft_bulk", asked, columns, first_rows=[FORMAT_VERSION])
