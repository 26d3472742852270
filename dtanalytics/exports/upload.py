"""The one way from calls to an upload file: read, check, write, remember."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from dtanalytics.errors import InputError
from dtanalytics.exports import calls as reading
from dtanalytics.exports.currencies import check as check_currency
from dtanalytics.exports.currencies import payable
from dtanalytics.exports.phone import hash_phones
from dtanalytics.exports.preflight import check
from dtanalytics.exports.replacing import as_csv
from dtanalytics.exports.result import Export
from dtanalytics.exports.rules import Context
from dtanalytics.exports.times import moment
from dtanalytics.exports.upload_log import Where, click_hash, opened
from dtanalytics.money import SCALE, written
from dtanalytics.schema import TIMEZONE
from dtanalytics.texts.currencies import PLACES
from dtanalytics.texts.paths import expand

PathLike = str | os.PathLike[str]
Consent = Literal["GRANTED", "DENIED"] | None
Negative = Literal["refuse", "zero"]
_NOT_A_NAME = re.compile(r"[\x00-\x1f\x7f]|^[=+\-@]|^\s|\s$")


@dataclass(frozen=True)
class Options:
    """What the user asked for, checked."""

    path: Path
    conversion_name: str
    value: reading.Value
    currency: str
    now: pd.Timestamp
    qualified: str | None
    negative: Negative
    ledger: Where

    @property
    def file(self) -> str:
        """The file's name in the ledger."""
        return str(self.path.absolute())


def options(
    path: PathLike,
    conversion_name: str,
    value: reading.Value,
    currency: str | None,
    now: Any,
    qualified: str | None,
    negative: Negative,
    ledger: Where,
) -> Options:
    """Check the arguments that all exports share."""
    if not isinstance(conversion_name, str) or not conversion_name or len(conversion_name) > 100:
        raise InputError(
            "conversion_name must be the name of the conversion action or goal, 1 to 100 characters, "
            f"spelled as on the platform; not {conversion_name!r}"
        )
    if _NOT_A_NAME.search(conversion_name):
        raise InputError(
            f"conversion_name={conversion_name!r} begins like a formula, holds a control character or "
            "a space at an end: a platform would not find it"
        )
    currency = check_currency(currency)
    if negative not in {"refuse", "zero"}:
        raise InputError(f"negative must be 'refuse' or 'zero', not {negative!r}")
    when = pd.Timestamp.now("UTC").as_unit("us") if now is None else moment(now, "now")
    return Options(expand(path), conversion_name, value, currency, when, qualified, negative, ledger)


def consent(ad_user_data: Consent, ad_personalization: Consent) -> dict[str, str]:
    """Columns of consent that were asked for, with the value that all rows get."""
    given = {"Ad User Data": ad_user_data, "Ad Personalization": ad_personalization}
    for name, answer in given.items():
        if answer not in {None, "GRANTED", "DENIED"}:
            raise InputError(f"{name} must be 'GRANTED', 'DENIED' or None, not {answer!r}")
    return {name: answer for name, answer in given.items() if answer is not None}


def export(
    calls: pd.DataFrame,
    kind: str,
    asked: Options,
    columns: Callable[[pd.DataFrame], dict[str, pd.Series | str]],
    *,
    preamble: Sequence[str] = (),
    first_rows: Sequence[Sequence[str]] = (),
    action_created: Any = None,
    hash_callers: bool = False,
) -> Export:
    """Write the conversions that pass the preflight, and remember them."""
    conversions = reading.read(calls, asked.value, asked.qualified)
    frame = conversions.frame[conversions.frame["qualified"].fillna(value=False)].reset_index(drop=True)
    frame = _identities(frame, kind, hash_callers=hash_callers)
    frame["units"] = policy(frame["units"], asked)
    created = None if action_created is None else moment(action_created, "action_created")
    with opened(asked.ledger) as book:
        earlier = book.sent(kind, asked.conversion_name)
        pairs = zip(earlier["click_hash"], earlier["conversion_time"], strict=True)
        found = check(
            frame,
            Context(
                kind,
                asked.now,
                conversions.valued,
                created,
                frozenset(earlier["order_id"]),
                frozenset((click, int(time)) for click, time in pairs if click is not None),
            ),
        )
        good = frame[found["error"].isna()]
        cells = pd.DataFrame(columns(good), index=good.index).astype("str").fillna("")
        rows = cells.itertuples(index=False, name=None)
        content = as_csv(list(cells.columns), [*first_rows, *rows], preamble)
        book.put("sent", _records(good, kind, asked), asked.path, content)
    again = frame["sid"][found["error"].notna()].isin(earlier["order_id"][earlier["file"] == asked.file])
    notes = [*conversions.notes, *_notes(conversions.frame, frame, good), *_replaced(int(again.sum()), asked)]
    return Export(asked.path, _written(good), refused(frame, found), asked.currency, tuple(notes))


def refused(frame: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """List the calls that broke a rule, with the money at stake."""
    bad = found["error"].notna()
    listed = pd.DataFrame({"sid": frame["sid"], "error": found["error"], "remedy": found["remedy"]})
    listed["value"] = amounts(frame["units"])
    listed["also"] = found["also"]
    return listed[bad].reset_index(drop=True)


def amounts(units: pd.Series) -> pd.Series:
    """Units as amounts [currency], null when unknown."""
    return units.astype("Float64").astype("float64") / SCALE


def currency_text(units: pd.Series, currency: str) -> pd.Series:
    """Currency of each amount; empty where there is none."""
    return pd.Series(currency, index=units.index, dtype="str").where(units.notna(), "")


def money_text(units: pd.Series, currency: str) -> pd.Series:
    """Units as they are written in a currency; empty when unknown."""
    places = PLACES[currency]
    return units.map(lambda amount: "" if pd.isna(amount) else written(int(amount), places)).astype("str")


def _identities(frame: pd.DataFrame, kind: str, *, hash_callers: bool) -> pd.DataFrame:
    leads = kind == "google_leads"
    if hash_callers:
        frame["phone_hash"] = hash_phones(frame["caller"])
    if not leads:
        native = "msclkid" if kind.startswith("microsoft") else "gclid"
        frame["kind"] = frame["kind"].fillna(native)
    frame["click_hash"] = frame["phone_hash"] if leads else click_hash(frame["click_id"])
    return frame


def policy(units: pd.Series, asked: Options) -> pd.Series:
    """Amounts as the currency can pay them, and 0 for what is below it where that was asked for."""
    units = payable(units, asked.currency)
    return units.clip(lower=0) if asked.negative == "zero" else units


def _records(good: pd.DataFrame, kind: str, asked: Options) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "platform": kind,
            "action": asked.conversion_name,
            "order_id": good["sid"],
            # a hash of a telephone number can be guessed, so it is not kept
            "click_hash": None if kind == "google_leads" else good["click_hash"],
            "conversion_time": good["time"].astype("int64"),
            "units": good["units"],
            "measure": reading.describe(asked.value),
            "currency": asked.currency,
            "contested": good["contested"].fillna(value=False).astype(int),
            "sent_at": asked.now.value // 1000,
            "file": asked.file,
            "click_kind": None if kind == "google_leads" else good["kind"],
        },
        index=good.index,
    )


def _written(good: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sid": good["sid"],
            "click_id": good["click_id"],
            "click_id_type": good["kind"],
            "conversion_time": good["time"].dt.tz_convert(TIMEZONE),
            "value": amounts(good["units"]),
        }
    ).reset_index(drop=True)


def _replaced(count: int, asked: Options) -> list[str]:
    if not count:
        return []
    note = (
        f"{count} calls that an earlier export wrote into this file count as sent and are not in it any "
        f"more; if it was never uploaded, export again after dta.exports.forget({str(asked.path)!r}) "
        "(command line: with --forget)"
    )
    return [note]


def _notes(everything: pd.DataFrame, chosen: pd.DataFrame, good: pd.DataFrame) -> list[str]:
    notes = []
    left = len(everything) - len(chosen)
    if left:
        notes.append(f"{left} calls are no conversions (not qualified, or not known to be)")
    unsure = int((~good["click_known"]).sum())
    if unsure:
        notes.append(f"{unsure} calls have no click time: their age was judged by the time of the call")
    return notes
