"""How many calls of each report are in the other one, and why the rest are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.matching.pairing import Pairs, pair
from dtanalytics.analysis.tables import Bools, columns_of, local, ratio
from dtanalytics.calling.public import public
from dtanalytics.schema import BIDS, LEADFLOW


@public
def match_report(leadflow: pd.DataFrame, bids: pd.DataFrame) -> pd.DataFrame:
    """Say how many calls of each report are in the other, and why the rest are not.

    Parameters
    ----------
    leadflow, bids : pandas.DataFrame
        As for `dtanalytics.join_calls`.

    Returns
    -------
    pandas.DataFrame
        One row overall, then one a day, channel and affiliate, as far as the frames have these. ``by``
        and ``group`` say which; then for each report its calls, those matched, the match rate [ratio],
        and the unmatched by reason [calls]. A side without that dimension is null: LeadFlow knows no
        channel, Bid Management no affiliate.

    Notes
    -----
    Reasons, the first that applies. LeadFlow: ``leadflow_outside_window`` (a day before the first or
    after the last day of the bids), ``no_web_visit`` (no bid record has the dialled number: it is
    advertised offline, or not tracked), ``only_in_leadflow``. Bids: ``bids_outside_window``,
    ``other_account`` (an account none of whose calls is in LeadFlow, while another's are),
    ``only_in_bids``. ``bids_repeated`` counts the records that gave way to a surer one.

    Examples
    --------
    >>> leadflow = pd.DataFrame({"sid": ["1", "2"], "affiliate": ["A", "B"]})
    >>> bids = pd.DataFrame({"sid": ["2"], "channel": ["SourceTrak"]})
    >>> match_report(leadflow, bids)[["by", "group", "leadflow_match_rate", "bids_match_rate"]]
              by       group  leadflow_match_rate  bids_match_rate
    0    overall         all                  0.5              1.0
    1    channel  SourceTrak                  NaN              1.0
    2  affiliate           A                  0.0              NaN
    3  affiliate           B                  1.0              NaN
    """
    pairs = pair(
        local(leadflow, [LEADFLOW.key], _LEADFLOW, warn=False), local(bids, [BIDS.key], _BIDS, warn=False)
    )
    sides = _sides(pairs)
    leadflow_day, bids_day = _day(pairs.leadflow), _day(pairs.bids)
    tables = [_overall(sides)]
    if leadflow_day is not None and bids_day is not None:
        tables.append(_by("day", sides, {"leadflow": leadflow_day, "bids": bids_day}))
    if "channel" in pairs.bids:
        tables.append(_by("channel", sides, {"bids": pairs.bids["channel"]}))
    if "affiliate" in pairs.leadflow:
        tables.append(_by("affiliate", sides, {"leadflow": pairs.leadflow["affiliate"]}))
    report = pd.concat(tables, ignore_index=True)
    report["bids_repeated"] = pd.array([pairs.repeated, *[None] * (len(report) - 1)], dtype="Int64")
    return report


_LEADFLOW = ("call_day", "affiliate", "affiliate_number")
_BIDS = ("call_day", "channel", "dnis", "acct_id", "rank", BIDS.time)


def _sides(pairs: Pairs) -> dict[str, pd.DataFrame]:
    """For each report, one column a reason for what became of its calls."""
    days = _day(pairs.leadflow), _day(pairs.bids)
    matched = pairs.of_leadflow >= 0
    untracked = np.zeros(len(matched), dtype=bool)
    if "affiliate_number" in pairs.leadflow and "dnis" in pairs.bids:
        untracked = _unknown_values(pairs.leadflow["affiliate_number"], pairs.bids["dnis"])
    tests = {"leadflow_outside_window": _outside(*days, matched), "no_web_visit": untracked}
    leadflow = _reasons("leadflow", matched, tests)

    matched = pairs.of_bids >= 0
    foreign = np.zeros(len(matched), dtype=bool)
    if "acct_id" in pairs.bids and matched.any():
        foreign = _unknown_values(pairs.bids["acct_id"], pairs.bids["acct_id"][matched])
    tests = {"bids_outside_window": _outside(*days[::-1], matched), "other_account": foreign}
    return {"leadflow": leadflow, "bids": _reasons("bids", matched, tests)}


def _unknown_values(values: pd.Series[Any], known: pd.Series[Any]) -> Bools:
    """Tell which values are not among those that are known."""
    return np.asarray(values.notna() & ~values.isin(known.dropna().unique()), dtype=bool)


def _reasons(report: str, matched: Bools, tests: dict[str, Bools]) -> pd.DataFrame:
    """One row a call: that it is there, matched, and if not for which reason, the first that holds."""
    columns = {f"{report}_count": np.ones(len(matched), dtype=bool), f"{report}_matched": matched}
    left = ~matched
    for name, test in tests.items():
        columns[name] = left & test
        left = left & ~test
    return pd.DataFrame({**columns, f"only_in_{report}": left})


def _outside(days: pd.Series[Any] | None, others: pd.Series[Any] | None, matched: Bools) -> Bools:
    if days is None or others is None or not others.notna().any():
        return np.zeros(len(matched), dtype=bool)
    return np.asarray((days < others.min()) | (days > others.max()), dtype=bool)


def _day(frame: pd.DataFrame) -> pd.Series[Any] | None:
    """Eastern day of each call, where the frame tells."""
    return local(frame, ["call_day"])["call_day"] if "call_day" in columns_of(frame) else None


def _overall(sides: dict[str, pd.DataFrame]) -> pd.DataFrame:
    counts = pd.concat([side.sum() for side in sides.values()])
    return _lay_out("overall", counts.to_frame("all").T)


def _by(by: str, sides: dict[str, pd.DataFrame], keys: dict[str, pd.Series[Any]]) -> pd.DataFrame:
    """Count by group; a report without these groups is null, a group without its calls is 0."""
    parts = [
        sides[report].groupby(key.reset_index(drop=True), dropna=False, observed=True).sum()
        for report, key in keys.items()
    ]
    counts = (parts[0] if len(parts) == 1 else parts[0].join(parts[1], how="outer")).fillna(0)
    return _lay_out(by, counts.reindex(columns=[name for side in sides.values() for name in side.columns]))


def _lay_out(by: str, counts: pd.DataFrame) -> pd.DataFrame:
    groups = pd.DatetimeIndex(counts.index).strftime("%Y-%m-%d") if by == "day" else counts.index
    counts = counts.astype("Int64").reset_index(drop=True)
    table = pd.DataFrame({"by": by, "group": groups}, index=counts.index).astype("str")
    for report in ("leadflow", "bids"):
        count, matched = counts.pop(f"{report}_count"), counts.pop(f"{report}_matched")
        table[count.name], table[matched.name] = count, matched
        table[f"{report}_match_rate"] = ratio(matched.astype("Float64"), count)
    return pd.concat([table, counts], axis="columns")


def summary(pairs: Pairs) -> dict[str, Any]:
    """Overall counts and rates as plain numbers, fit for JSON."""
    row = _overall(_sides(pairs)).drop(columns=["by", "group"]).astype(object).iloc[0]
    plain = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    return {**plain, "bids_repeated": pairs.repeated}
