"""Why did margin change? The bridge from one period to another, in parts that tie to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dtanalytics.analysis.money.lengths import periods_of
from dtanalytics.analysis.tables import Floats, Ints, as_list, check_frame, measured, ratio
from dtanalytics.errors import InputError
from dtanalytics.money import currency, units
from dtanalytics.platforms.differences import warn_different

PARTS = ("volume", "mix", "qualification", "price", "new", "lost")
"""Columns of a bridge that add up to ``change``."""
SIDES = ("offer_qualification", "affiliate_qualification", "offer_price", "affiliate_price")
"""Qualification and price, each split by the side of the trade that it belongs to."""
_COUNTS = ("call_count", "offer_qualified_count", "affiliate_qualified_count")
_MEASURES = (*_COUNTS, "revenue", "payout")


def bridge(
    calls: Any,
    other: Any,
    by: str | Sequence[str] = "affiliate",
    *,
    symmetric: bool = False,
    sides: bool = False,
    total: bool = False,
) -> pd.DataFrame:
    """Explain the change of margin from an earlier period to this one, segment by segment.

    Parameters
    ----------
    calls, other : frame
        LeadFlow calls of this period and of the earlier one, which should be as long: sums are compared, and
        a `WindowWarning` tells where loads differ by more than months do. Any engine that `rollup` takes.
    by : str or sequence of str, default "affiliate"
        Columns whose values are the segments; a null is a segment of its own.
    symmetric : bool, default False
        Weigh both periods alike instead of valuing volume and mix at the earlier period's margins:
        exchanging the periods then negates every volume, mix, qualification and price, and turns
        what is new into what is lost.
    sides : bool, default False
        Add the columns ``offer_qualification, affiliate_qualification, offer_price,
        affiliate_price``; the first two add up to ``qualification``, the last two to ``price``.
    total : bool, default False
        Add one last row with the sums, marked by the boolean column ``is_total``.

    Returns
    -------
    pandas.DataFrame
        One row a segment, sorted: the `by` columns, then [currency] ``volume, mix, qualification,
        price, new, lost`` and ``change``, which is their sum in each row. The sum of ``change`` is
        the change of margin. Both hold exactly, to the cent where all money is in cents and to
        1/10,000 otherwise. No null values. ``.attrs["periods"]`` says what was compared, where both
        frames were loaded.

    Raises
    ------
    InputError
        No column is named.
    SchemaError
        A column is missing.

    Notes
    -----
    With calls n, N = sum(n), share w = n/N, margin per call m and M = sum(w m), over the segments
    that have calls in both periods (0 and 1):

    ======================== ====================================================================
    volume                   (N1 - N0) w0 m0 + N1 (w1 - w0) M0; all segments: (N1 - N0) M0
    mix                      N1 (w1 - w0) (m0 - M0): share gained by what earns above the average
    qualification and price  n1 (m1 - m0), split by m = q_o p_o - q_a p_a (q the share of calls that
                             qualify, p the mean price of those, for offer and affiliate): a change
                             of q at the mean of both prices, a change of p at the mean of both q
    new, lost                the whole margin of a segment without calls in the other period
    ======================== ====================================================================

    So mix is zero in every row when no share changed. The symmetric form takes the means of both
    periods for N, w, m, M and n wherever the table above takes one period's. Where nothing
    qualified in one period its price is unknown, and all of the change is one of qualification.
    Each part is rounded once; the difference to ``change`` goes to the parts whose rounding was
    largest, in the order of the columns.

    References
    ----------
    Price-volume-mix analysis as in Kitagawa (1955), "Components of a difference between two rates",
    J. Am. Stat. Assoc. 50, doi:10.1080/01621459.1955.10501299 (the symmetric form).

    Examples
    --------
    One affiliate brings twice the calls, the other one's offer pays a dollar less:

    >>> import pandas as pd
    >>> def calls(affiliates, prices):
    ...     return pd.DataFrame({
    ...         "affiliate": affiliates, "lead_status": "Connected",
    ...         "offer_qualified": True, "offer_price": prices,
    ...         "affiliate_qualified": True, "affiliate_price": 6.0,
    ...     })
    >>> before = calls(["A", "B"], [10.0, 8.0])
    >>> now = calls(["A", "A", "B"], [10.0, 10.0, 7.0])
    >>> bridge(now, before, "affiliate")[["affiliate", "volume", "mix", "price", "change"]]
      affiliate  volume  mix  price  change
    0         A     3.5  0.5    0.0     4.0
    1         B    -0.5  0.5   -1.0    -1.0
    """
    keys = as_list(by)
    if not keys:
        raise InputError("by: name at least one column whose values are the segments, such as 'affiliate'")
    check_frame(other, "other")
    warn_different(calls, other, keys)
    compared = periods_of(calls, other)
    periods = measured(other, keys, _MEASURES), measured(calls, keys, _MEASURES)
    keys = list(periods[0].columns[: len(keys)])  # a frequency such as "h" has made a column
    table, old, new = _align_periods(*periods, keys)
    amounts = _round_to_total(_split(old, new, symmetric=symmetric), new["margin"] - old["margin"])
    for name, values in amounts.items():
        table[name] = currency(values)
    columns = [*keys, *PARTS, "change", *(SIDES if sides else ())]
    table = table[columns]
    if total:
        table = _with_total(table, {name: amounts[name] for name in columns if name in amounts})
    table.attrs |= compared
    return table


def _align_periods(
    old: pd.DataFrame, new: pd.DataFrame, keys: list[str]
) -> tuple[pd.DataFrame, dict[str, Ints], dict[str, Ints]]:
    """Align the segments of both periods; a segment that a period lacks has zeros there."""
    for name in keys:
        old[name], new[name] = _common_types(old[name], new[name])
    table = pd.concat([old.assign(_period=0), new.assign(_period=1)], ignore_index=True)
    grouped = table.groupby(keys, observed=True, dropna=False, sort=True)
    codes = grouped.ngroup().to_numpy()
    period = table["_period"].to_numpy()
    sizes: list[dict[str, Ints]] = []
    for which in (0, 1):
        rows = period == which
        found: dict[str, Ints] = {}
        for name in _MEASURES:
            column = table.loc[rows, name]
            values = units(column) if name in {"revenue", "payout"} else column.to_numpy(dtype=np.int64)
            found[name] = np.zeros(grouped.ngroups, dtype=np.int64)
            found[name][codes[rows]] = values
        found["margin"] = found["revenue"] - found["payout"]
        sizes.append(found)
    _, first = np.unique(codes, return_index=True)
    return table[keys].iloc[first].reset_index(drop=True), sizes[0], sizes[1]


def _common_types(old: pd.Series, new: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Give the names of both periods one type: a period may lack some, or have no rows and no types."""
    if old.dtype == new.dtype:
        return old, new
    if old.empty or new.empty:
        kind = old.dtype if new.empty else new.dtype
        return old.astype(kind), new.astype(kind)
    if isinstance(old.dtype, pd.CategoricalDtype) and isinstance(new.dtype, pd.CategoricalDtype):
        names = pd.concat([old.astype("str"), new.astype("str")]).dropna().sort_values().unique()
        kind = pd.CategoricalDtype(list(names))
        return old.astype("str").astype(kind), new.astype("str").astype(kind)
    texts = any(isinstance(kind, pd.CategoricalDtype | pd.StringDtype) for kind in (old.dtype, new.dtype))
    return (old.astype("str"), new.astype("str")) if texts else (old.astype(object), new.astype(object))


def _split(old: dict[str, Ints], new: dict[str, Ints], *, symmetric: bool) -> dict[str, Floats]:
    """Exact parts, before rounding, in units of money."""
    n0, n1 = (period["call_count"].astype(np.float64) for period in (old, new))
    stays = (n0 > 0) & (n1 > 0)
    n0, n1 = np.where(stays, n0, 0), np.where(stays, n1, 0)
    margin0, margin1 = (np.where(stays, period["margin"], 0) for period in (old, new))
    total0, total1 = n0.sum(), n1.sum()
    m0, m1 = _rate(margin0, n0), _rate(margin1, n1)
    mean0, mean1 = _rate(margin0.sum(), total0), _rate(margin1.sum(), total1)
    w0, w1 = _rate(n0, total0), _rate(n1, total1)
    if symmetric:
        share, rate, mean = (w0 + w1) / 2, (m0 + m1) / 2, (mean0 + mean1) / 2
        calls, size = (n0 + n1) / 2, (total0 + total1) / 2
    else:
        share, rate, mean, calls, size = w0, m0, mean0, n1, total1
    shift = size * (w1 - w0)
    parts = {
        "volume": (total1 - total0) * share * rate + shift * mean,
        "mix": shift * (rate - mean),
    }
    for side, paid, qualified, sign in (
        ("offer", "revenue", "offer_qualified_count", 1),
        ("affiliate", "payout", "affiliate_qualified_count", -1),
    ):
        yes0, yes1 = (np.where(stays, period[qualified], 0) for period in (old, new))
        price0, price1 = (ratio(np.where(stays, p[paid], 0), y) for p, y in ((old, yes0), (new, yes1)))
        # Without a qualified call there is no price to compare: keep the other period's.
        price0, price1 = (
            np.nan_to_num(np.where(np.isnan(price0), price1, price0)),
            np.nan_to_num(np.where(np.isnan(price1), price0, price1)),
        )
        q0, q1 = _rate(yes0, n0), _rate(yes1, n1)
        parts[f"{side}_qualification"] = sign * calls * (q1 - q0) * ((price0 + price1) / 2)
        parts[f"{side}_price"] = sign * calls * (price1 - price0) * ((q0 + q1) / 2)
    parts["new"] = np.where(stays, 0, np.where(old["call_count"] == 0, new["margin"], 0)).astype(np.float64)
    parts["lost"] = np.where(stays, 0, np.where(old["call_count"] > 0, -old["margin"], 0)).astype(np.float64)
    return parts


def _rate(numerator: Any, denominator: Any) -> Floats:
    return np.nan_to_num(ratio(numerator, denominator))


def _round_to_total(parts: dict[str, Floats], change: Ints) -> dict[str, Ints]:
    """Round the parts so that they add up to the change in each row, and the sides to their parts."""
    finest = ("volume", "mix", *SIDES, "new", "lost")
    exact = np.column_stack([parts[name] for name in finest])
    cent = 100
    step = cent if not (change % cent).any() else 1
    whole = _rounded(exact / step, change // step) * step
    out = {name: whole[:, column] for column, name in enumerate(finest)}
    out["qualification"] = out["offer_qualification"] + out["affiliate_qualification"]
    out["price"] = out["offer_price"] + out["affiliate_price"]
    out["change"] = change
    return out


def _rounded(exact: Floats, target: Ints) -> Ints:
    """Whole numbers next to the exact ones that add up to the target of each row."""
    whole = np.copysign(
        np.floor(np.abs(exact) + 0.5), exact
    )  # halves are rounded away from zero, so that exchanging the periods only changes signs
    error = exact - whole
    missing = target - whole.sum(axis=1).astype(np.int64)
    # A unit that is missing is added to the part that rounding lowered most; one too many is taken from
    # the part that it raised most.
    order = np.argsort(-error * np.sign(missing)[:, None], axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    step = np.where(rank < np.abs(missing)[:, None], np.sign(missing)[:, None], 0)
    return whole.astype(np.int64) + step


def _with_total(table: pd.DataFrame, amounts: dict[str, Ints]) -> pd.DataFrame:
    last = pd.DataFrame({name: currency([values.sum()]) for name, values in amounts.items()})
    keys = [name for name in table.columns if name not in amounts]
    for name in keys:
        last[name] = pd.Series([None], dtype=table[name].dtype)
    return pd.concat(
        [table.assign(is_total=False), last[list(table.columns)].assign(is_total=True)], ignore_index=True
    )
