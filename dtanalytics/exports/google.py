"""Google Ads: click conversions and enhanced conversions for leads."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.exports.calls import QUALIFIED, Value
from dtanalytics.exports.result import Export
from dtanalytics.exports.times import eastern
from dtanalytics.exports.upload import (
    Consent,
    Negative,
    PathLike,
    consent,
    currency_text,
    export,
    money_text,
    options,
)
from dtanalytics.exports.upload_log import Where
from dtanalytics.schema import TIMEZONE

ZONE = f"Parameters:TimeZone={TIMEZONE}"


@public
def google_clicks(
    calls: pd.DataFrame,
    path: PathLike,
    conversion_name: str,
    value: Value = "margin",
    currency: str | None = None,
    now: Any = None,
    *,
    qualified: str | None = QUALIFIED,
    negative: Negative = "refuse",
    action_created: Any = None,
    ad_user_data: Consent = None,
    ad_personalization: Consent = None,
    ledger: Where = None,
) -> Export:
    """Write calls as click conversions for Google Ads, after a preflight.

    Parameters
    ----------
    calls : pandas.DataFrame
        Joined calls (``join_calls``), or bids alone.
    path : path
        File to write; one that exists is replaced. Mode 0600, UTF-8, LF.
    conversion_name : str
        Name of the conversion action, spelled as in the account.
    value : str, number or None, default "margin"
        Worth of a call [currency]: ``margin`` (offer price where the offer qualified, less
        affiliate price where the affiliate did), ``revenue``, a column, one number for all, or
        None for the action's own default. Bids alone know no margin; then no value is written.
    currency : str, optional
        ISO 4217 code; that of the settings (``DTANALYTICS_CURRENCY``) when left out.
    now : datetime-like, optional
        Moment against which ages are judged (a clock without a zone is Eastern); the current
        time by default.
    qualified : str or None, default "offer_qualified"
        Column that says which calls are conversions; None for all. Null is no conversion. Of bids
        alone all calls are.
    negative : {"refuse", "zero"}
        What becomes of a value below zero: listed, or written as 0. Zero itself is written.
    action_created : datetime-like, optional
        When the conversion action was created, if lately.
    ad_user_data, ad_personalization : {"GRANTED", "DENIED"}, optional
        Consent of all callers in the file; without it the column is left out.
    ledger : path or False, optional
        Folder that remembers what was sent (the cache's by default); False remembers nothing.

    Returns
    -------
    Export
        ``written``, ``refused`` and ``path``; printed, the preflight.

    Raises
    ------
    InputError
        For an argument that cannot be used; nothing is written.
    SchemaError
        When a column that is needed is missing.

    Notes
    -----
    The click is as old as ``last_touch_timestamp`` (else ``displayed_timestamp``) says; where
    neither is known, ages are judged by the call and the result says so. A call that is already
    disputed is written: the dispute is not decided; one that is disputed later is a row of
    ``google_adjustments``. What was written counts as sent, and a second export into the same path
    leaves it out: ``dta.exports.forget(path)`` takes a file back that was never uploaded. Times are
    Eastern, with the zone in the first line; in the hour that comes twice, the second occurrence
    carries its offset.

    References
    ----------
    Google Ads Help 7014069, "Import conversions from ad clicks"; Google Ads API,
    ``ConversionUploadError``.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": ["Cj0KC-x"], "click_id_type": ["gclid"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = google_clicks(calls, f"{folder}/google.csv", "Call", now="2026-10-06", ledger=folder)
    ...     print(done.path.read_text("utf-8"), end="")
    Parameters:TimeZone=America/New_York
    Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,Order ID
    Cj0KC-x,Call,2026-10-05 14:00:00,12.50,USD,1710
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)
    consents = consent(ad_user_data, ad_personalization)

    def columns(good: pd.DataFrame) -> dict[str, pd.Series | str]:
        braids = [kind for kind in ("gbraid", "wbraid") if (good["kind"] == kind).any()]
        return {
            "Google Click ID": good["click_id"].where(good["kind"] == "gclid"),
            **_conversion(good, asked.conversion_name, asked.currency),
            "Order ID": good["sid"],
            **{kind.upper(): good["click_id"].where(good["kind"] == kind) for kind in braids},
            **consents,
        }

    return export(calls, "google_clicks", asked, columns, preamble=[ZONE], action_created=action_created)


@public
def google_leads(
    calls: pd.DataFrame,
    path: PathLike,
    conversion_name: str,
    value: Value = "margin",
    currency: str | None = None,
    now: Any = None,
    *,
    qualified: str | None = QUALIFIED,
    negative: Negative = "refuse",
    action_created: Any = None,
    ad_user_data: Consent = None,
    ad_personalization: Consent = None,
    ledger: Where = None,
) -> Export:
    """Write calls as enhanced conversions for leads: found by the caller's hashed number.

    Parameters
    ----------
    calls, path, conversion_name, value, currency, now, qualified, negative, action_created, ledger
        As for ``google_clicks``; ``calls`` needs ``caller_id`` or ``ani``.
    ad_user_data, ad_personalization : {"GRANTED", "DENIED"}, optional
        Consent of all callers in the file; without it the cell is empty.

    Returns
    -------
    Export
        ``written``, ``refused`` and ``path``; printed, the preflight.

    Raises
    ------
    ConfigError
        Without the library ``phonenumbers`` (``pip install 'dtanalytics[phone]'``).
    InputError
        For an argument that cannot be used; nothing is written.

    Notes
    -----
    A number is brought into E.164 form and hashed with SHA-256; what is no assigned number is
    listed and never hashed. Only the hash leaves. The call must be at most 63 days after its click.
    A call that goes out both here and by click under the same name may be counted twice, since this
    file has no order id.

    References
    ----------
    Google Ads Help 13262500, "About enhanced conversions for leads".

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": [None], "caller_id": ["(800) 555-0102"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = google_leads(calls, f"{folder}/leads.csv", "Call", now="2026-10-06", ledger=folder)
    ...     print(done.path.read_text("utf-8").splitlines()[2][:10])
    ,c5383c2ee
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)
    consents = consent(ad_user_data, ad_personalization)

    def columns(good: pd.DataFrame) -> dict[str, pd.Series | str]:
        return {
            "Email": "",
            "Phone Number": good["phone_hash"],
            **_conversion(good, asked.conversion_name, asked.currency),
            "Ad User Data": consents.get("Ad User Data", ""),
            "Ad Personalization": consents.get("Ad Personalization", ""),
        }

    return export(
        calls,
        "google_leads",
        asked,
        columns,
        preamble=[ZONE],
        action_created=action_created,
        hash_callers=True,
    )


def _conversion(good: pd.DataFrame, name: str, currency: str) -> dict[str, pd.Series | str]:
    return {
        "Conversion Name": name,
        "Conversion Time": eastern(good["time"]),
        "Conversion Value": money_text(good["units"], currency),
        "Conversion Currency": currency_text(good["units"], currency),
    }
