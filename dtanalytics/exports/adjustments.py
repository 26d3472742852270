"""Google Ads: take back or correct conversions whose calls changed after their upload."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError
from dtanalytics.exports import calls as reading
from dtanalytics.exports.calls import QUALIFIED, Value
from dtanalytics.exports.google import ZONE
from dtanalytics.exports.preflight import check
from dtanalytics.exports.replacing import as_csv
from dtanalytics.exports.result import Export
from dtanalytics.exports.rules import Context
from dtanalytics.exports.times import eastern
from dtanalytics.exports.upload import (
    Negative,
    Options,
    PathLike,
    amounts,
    currency_text,
    money_text,
    options,
    policy,
    refused,
)
from dtanalytics.exports.upload_log import UploadLog, Where, opened
from dtanalytics.schema import TIMEZONE

HEADER = (
    "Order ID",
    "Conversion Name",
    "Adjustment Time",
    "Adjustment Type",
    "Adjusted Value",
    "Adjusted Value Currency",
)


@public
def google_adjustments(
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
    """Write the adjustments of conversions that ``google_clicks`` sent and that changed since.

    A call that was disputed, or lost its qualification, since its upload is retracted; one whose
    value changed is restated. Calls that did not change are in neither frame.

    Parameters
    ----------
    calls : pandas.DataFrame
        The calls as they are known now (load them with ``refresh=True``).
    path : path
        File to write; one that exists is replaced. Mode 0600, UTF-8, LF.
    conversion_name, value, currency, qualified, negative
        As they were for ``google_clicks``; another value or currency is an error.
    now : datetime-like, optional
        Moment of the adjustment, and the one against which ages are judged.
    ledger : path, optional
        Folder that remembers what was sent; the cache's by default.

    Returns
    -------
    Export
        ``written`` with ``sid, adjustment_type, adjustment_time, value`` (what the platform's total
        is wrong by without the row [currency]); ``refused`` lists what changed and can no longer, or
        not yet, be adjusted.

    Raises
    ------
    InputError
        When the conversions were sent with another value or currency; nothing is written.

    Notes
    -----
    A conversion can be adjusted from 24 hours to 54 days after the call, each time later than
    before, and no more once it is retracted or restated to 0. Conversions of a wbraid cannot be
    adjusted at all. A flag that has become unknown changes nothing.

    References
    ----------
    Google Ads API, ``ConversionAdjustmentUploadError``; Google Ads Help 7686447, "Import conversion
    adjustments".

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from dtanalytics.exports import google_clicks
    >>> calls = pd.DataFrame({"sid": ["1710"], "call_date": ["2026-10-05 14:00"], "margin": [12.5],
    ...     "offer_qualified": [True], "click_id": ["Cj0KC-x"], "click_id_type": ["gclid"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = google_clicks(calls, f"{folder}/a.csv", "Call", now="2026-10-06", ledger=folder)
    ...     disputed = calls.assign(contest_qualification=True)
    ...     done = google_adjustments(disputed, f"{folder}/b.csv", "Call", now="2026-10-09", ledger=folder)
    ...     print(done.path.read_text("utf-8").splitlines()[2])
    1710,Call,2026-10-09 00:00:00,RETRACT,,
    """
    asked = options(path, conversion_name, value, currency, now, qualified, negative, ledger)
    conversions = reading.read(calls, asked.value, asked.qualified)
    frame = conversions.frame.dropna(subset=["sid"])
    now_known = _once(frame.assign(units=policy(frame["units"], asked)))
    when = asked.now.floor("s")
    with opened(asked.ledger) as book:
        frame = _wanted(now_known, _state(book, asked))
        found = check(frame.assign(units=frame["new_units"]), Context("google_adjustments", when))
        good = frame[found["error"].isna()]
        restated = good["type"] == "RESTATE"
        moments = pd.Series(when, index=good.index, dtype="datetime64[us, UTC]")
        cells = pd.DataFrame(
            {
                HEADER[0]: good["sid"],
                HEADER[1]: asked.conversion_name,
                HEADER[2]: eastern(moments),
                HEADER[3]: good["type"],
                HEADER[4]: money_text(good["new_units"], asked.currency).where(restated, ""),
                HEADER[5]: currency_text(good["new_units"].where(restated), asked.currency),
            }
        )
        content = as_csv(HEADER, cells.astype("str").itertuples(index=False, name=None), [ZONE])
        book.put(
            "adjusted",
            pd.DataFrame(
                {
                    "action": asked.conversion_name,
                    "order_id": good["sid"],
                    "type": good["type"],
                    "units": good["new_units"],
                    "adjusted_at": when.value // 1000,
                    "file": asked.file,
                },
                index=good.index,
            ),
            asked.path,
            content,
        )
    written = pd.DataFrame(
        {
            "sid": good["sid"],
            "adjustment_type": good["type"],
            "adjustment_time": moments.dt.tz_convert(TIMEZONE),
            "value": amounts(good["units"]),
        }
    ).reset_index(drop=True)
    return Export(asked.path, written, refused(frame, found), asked.currency, conversions.notes)


def _once(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a sid, the last, marked where another says something else that matters."""
    said = frame.groupby("sid")[["units", "qualified", "contested"]].nunique(dropna=False)
    contradicted = frame["sid"].map((said > 1).any(axis=1)).astype(bool)
    return frame.assign(contradicted=contradicted).drop_duplicates("sid", keep="last")


def _state(book: UploadLog, asked: Options) -> pd.DataFrame:
    """What the platform holds of each call: moment, value, and what was adjusted since."""
    sent = book.sent("google_clicks", asked.conversion_name)
    measure = reading.describe(asked.value)
    for column, mine in (("measure", measure), ("currency", asked.currency)):
        others = sorted(set(sent[column]) - {mine})
        if others:
            raise InputError(
                f"conversions {asked.conversion_name!r} were sent with {column} "
                f"{', '.join(map(repr, others))}, not {mine!r}: adjust them with what they were sent with"
            )
    changes = book.adjusted(asked.conversion_name)
    last = changes.drop_duplicates("order_id", keep="last").set_index("order_id")
    frame = sent.rename(columns={"order_id": "sid", "units": "held"})[
        ["sid", "conversion_time", "held", "contested", "click_kind"]
    ].rename(columns={"contested": "contested_then"})
    adjusted = frame["sid"].map(last["units"]).astype("Int64")
    frame["retracted"] = frame["sid"].map(last["type"]).eq("RETRACT") | adjusted.eq(0).fillna(value=False)
    frame["held"] = frame["held"].mask(frame["sid"].isin(last.index), adjusted)
    frame["adjusted_at"] = _moments(frame["sid"].map(last["adjusted_at"]).astype("Int64"))
    frame["conversion_time"] = _moments(frame["conversion_time"])
    return frame


def _moments(microseconds: pd.Series) -> pd.Series:
    return pd.to_datetime(microseconds, unit="us", utc=True).astype("datetime64[us, UTC]")


def _wanted(known: pd.DataFrame, state: pd.DataFrame) -> pd.DataFrame:
    """The calls whose conversion should change: ``type``, ``new_units``, and ``units`` at stake.

    Only what is known changes anything: a flag that is null now says neither that a call counts nor
    that it does not.
    """
    frame = known[
        ["sid", "click_id", "kind", "units", "qualified", "contested", "settled", "contradicted"]
    ].rename(columns={"units": "new_units"})
    frame = frame.merge(state.astype({"sid": "str"}), on="sid", how="left")
    frame["click_kind"] = frame["click_kind"].astype("str").fillna(frame["kind"])
    uploaded = frame["conversion_time"].notna()
    retracted = frame["retracted"].fillna(value=False).astype(bool)
    frame["retracted"] = retracted
    disputed = frame["contested"].fillna(value=False).astype(bool)
    before = frame["contested_then"].fillna(0).astype(bool)
    gone = (disputed & ~before) | ~frame["qualified"].fillna(value=True).astype(bool)
    differs = frame["settled"] & frame["new_units"].notna()
    differs &= (frame["new_units"] != frame["held"].fillna(-(2**62))).fillna(value=False).astype(bool)
    undisputed = ~frame["contested"].fillna(value=True).astype(bool)
    counts_again = retracted & frame["settled"] & undisputed & (frame["new_units"] != 0).fillna(value=True)
    restate = uploaded & ~gone & (counts_again | (differs & ~retracted))
    sendable = disputed & frame["click_id"].notna()
    retract = gone & ~retracted & (uploaded | sendable)
    frame["type"] = pd.Series("RESTATE", index=frame.index).mask(retract, "RETRACT")
    frame["new_units"] = frame["new_units"].mask(retract)
    frame["units"] = frame["held"].fillna(0) - frame["new_units"].fillna(0)
    frame["units"] = frame["units"].mask(~uploaded)
    return frame[restate | retract].reset_index(drop=True)
