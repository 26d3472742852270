"""How long callers talk: classes of length, the survival curve, and the buffers of the offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dtanalytics.analysis.tables import Bools, Floats, Ints, as_list, group_codes, local, numbers, ratio, true
from dtanalytics.columns.kinds import refused
from dtanalytics.columns.numbering import in_order, numbered, repeated_rows
from dtanalytics.columns.slices import slices
from dtanalytics.errors import InputError
from dtanalytics.rollup.groups import compress
from dtanalytics.stats.design_effect import moderated_effect
from dtanalytics.stats.intervals import wilson

_CALLER = "_caller"


def durations(
    calls: Any, by: str | Sequence[str] | None = None, *, width: int = 10, longest: int = 600
) -> pd.DataFrame:
    """Count connected calls by length of talk.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    by : str or sequence of str, optional
        Columns to group by.
    width : int, default 10 [s]
        Width of a class.
    longest : int, default 600 [s]
        Where the last class begins, which has no end.

    Returns
    -------
    pandas.DataFrame
        One row a group and class that has calls: the `by` columns, ``seconds_from`` and
        ``seconds_to`` [s, half-open; the last one null], ``call_count``, ``offer_qualified_count``
        [calls] and ``share`` [ratio of the group's calls]. Connected calls of unknown length are
        left out.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"lead_status": "Connected", "talk_seconds": [4, 95, 99, 1200],
    ...                       "offer_qualified": [False, True, True, True]})
    >>> durations(calls)[["seconds_from", "seconds_to", "call_count", "offer_qualified_count"]]
       seconds_from  seconds_to  call_count  offer_qualified_count
    0             0          10           1                      0
    1            90         100           2                      2
    2           600        <NA>           1                      1
    """
    keys = as_list(by)
    if width < 1 or longest < width:
        raise InputError(f"width={width} and longest={longest}: give seconds with 1 <= width <= longest")
    calls, talk = _talks(calls, [*keys, "offer_qualified"])
    top = longest // width * width
    calls = calls.assign(seconds_from=np.minimum(talk // width * width, top).astype(np.int64))
    codes, table = group_codes(calls, [*keys, "seconds_from"])
    groups, _ = group_codes(table, keys)
    table["seconds_to"] = (table["seconds_from"] + width).astype("Int64")
    table.loc[table["seconds_from"] == top, "seconds_to"] = pd.NA
    table["call_count"] = np.bincount(codes, minlength=len(table))
    qualified = true(calls["offer_qualified"]).astype(np.int64)
    table["offer_qualified_count"] = np.bincount(codes, qualified, minlength=len(table)).astype(np.int64)
    table["share"] = ratio(table["call_count"], np.bincount(groups, table["call_count"])[groups])
    return table


def survival(
    calls: Any, by: str | Sequence[str] | None = None, *, longest: int | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Share of connected calls that talk longer than a time: the survival curve.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    by : str or sequence of str, optional
        Columns to group by.
    longest : int, optional [s]
        Last time wanted; all of them by default.
    confidence : float, default 0.95 [ratio]
        Coverage of the interval at each time.

    Returns
    -------
    pandas.DataFrame
        One row a group and length of talk that occurred: the `by` columns, ``seconds`` [s],
        ``at_risk`` (calls that talked at least as long), ``ended`` (calls that ended then) [calls],
        ``survival`` (share that talked longer), ``survival_low`` and ``survival_high`` [ratio].

    Notes
    -----
    Kaplan and Meier's estimate. The end of each talk is known, nothing is censored, so it is one
    less the empirical distribution. The interval is Wilson's for a share of the calls, widened where
    callers call again and ``caller_id`` is there (`dtanalytics.analysis.clustering`).

    References
    ----------
    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", J. Am. Stat.
    Assoc. 53, doi:10.1080/01621459.1958.10501452.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"lead_status": "Connected", "talk_seconds": [5, 60, 60, 200]})
    >>> survival(calls)[["seconds", "at_risk", "ended", "survival"]]
       seconds  at_risk  ended  survival
    0        5        4      1      0.75
    1       60        3      2      0.25
    2      200        1      1      0.00
    """
    keys = as_list(by)
    calls, talk = _talks(calls, keys, callers="caller_id" not in keys)
    calls = calls.assign(seconds=talk.astype(np.int64))
    codes, table = group_codes(calls, [*keys, "seconds"])
    groups, _ = group_codes(table, keys)
    ended = np.bincount(codes, minlength=len(table))
    all_calls = np.bincount(groups, ended)[groups].astype(np.int64) if len(table) else ended
    gone = pd.Series(ended).groupby(groups).cumsum().to_numpy(dtype=np.int64)
    left = all_calls - gone
    table["at_risk"], table["ended"] = left + ended, ended
    table["survival"] = ratio(left, all_calls)
    effect = np.ones(len(table))
    if _CALLER in calls:
        effect = _clustering(calls[_CALLER].to_numpy(), codes, groups, ended)
    table["survival_low"], table["survival_high"] = wilson(left, all_calls, confidence, effect)
    return table if longest is None else table[table["seconds"] <= longest].reset_index(drop=True)


def buffers(
    calls: Any,
    by: str | Sequence[str] = "offer",
    side: str = "offer",
    given: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Find the talk time from which calls qualify: the buffer of each offer.

    Parameters
    ----------
    calls : frame
        LeadFlow calls.
    by : str or sequence of str, default "offer"
        Whose buffers; with ``side="affiliate"`` for instance ``["affiliate", "set_name"]``.
    side : {"offer", "affiliate"}
        Whose qualification.
    given : mapping, optional
        Buffers that are known, name -> seconds, for a single column in `by`; others are found.

    Returns
    -------
    pandas.DataFrame
        One row a group with connected calls, sorted: the `by` columns, ``connected_count`` [calls],
        ``buffer`` [s; null where no call qualified], ``qualified_below`` and ``unqualified_above``
        [calls that the buffer does not explain], ``pass_share`` [ratio of connected calls that
        talked at least as long].

    Notes
    -----
    A buffer is the length of talk that best parts qualified from other calls: the least calls on
    the wrong side, the shortest such length, and always one at which a call qualified. Calls that
    talked long enough and did not qualify are mostly repeats.

    Examples
    --------
    >>> import pandas as pd
    >>> calls = pd.DataFrame({"lead_status": "Connected", "offer": "Auto", "talk_seconds": [20, 88, 90, 300],
    ...                       "offer_qualified": [False, False, True, True]})
    >>> buffers(calls)[["offer", "connected_count", "buffer", "pass_share"]]
      offer  connected_count  buffer  pass_share
    0  Auto                4      90         0.5
    """
    keys = as_list(by)
    if side not in {"offer", "affiliate"}:
        raise InputError(f"side is 'offer' or 'affiliate', not {side!r}")
    calls, talk = _talks(calls, [*keys, f"{side}_qualified"])
    codes, table = group_codes(calls, keys)
    qualified = true(calls[f"{side}_qualified"])
    found = thresholds(codes, talk, qualified, len(table))
    if given is not None:
        found = np.array([given.get(name, best) for name, best in zip(table[keys[0]], found, strict=True)])
    long = talk >= found[codes]
    n = np.bincount(codes, minlength=len(table))
    table["connected_count"] = n
    table["buffer"] = pd.array(np.where(np.isnan(found), 0, found).astype(np.int64), dtype="Int64")
    table.loc[np.isnan(found), "buffer"] = pd.NA
    table["qualified_below"] = np.bincount(codes[qualified & ~long], minlength=len(table))
    table["unqualified_above"] = np.bincount(codes[~qualified & long], minlength=len(table))
    passed = ratio(np.bincount(codes[long], minlength=len(table)), n)
    table["pass_share"] = np.where(np.isnan(found), np.nan, passed)
    return table


def thresholds(
    codes: npt.NDArray[np.integer[Any]],
    talk: Floats,
    qualified: Bools,
    groups: int,
    calls: Any = None,
    asked: Bools | None = None,
) -> Floats:
    """Least talk time with the fewest calls on its wrong side, by group [s]; null where none qualified.

    ``calls`` says how many calls each row stands for, ``asked`` which rows count.
    """
    span = int(talk.max(initial=0) if asked is None else talk.max(where=asked, initial=0)) + 1
    size = groups * span
    ids = np.empty(len(talk), dtype=np.int64)
    for part in slices(len(talk)):
        with np.errstate(invalid="ignore"):  # a length that is unknown is not asked for
            cell = np.multiply(codes[part], span, dtype=np.int64) + talk[part].astype(np.int64)
        ids[part] = cell * 2 + qualified[part]
        if asked is not None:
            ids[part][~asked[part]] = 2 * size
    numbers, found = compress(ids, 2 * size + 1) if 2 * size > len(talk) else (ids, np.arange(2 * size + 1))
    count = np.bincount(numbers, calls, len(found)).astype(np.float64, copy=False)
    kept = (count > 0) & (found < 2 * size)
    cell, row = np.unique(found[kept] // 2, return_inverse=True)
    yes, no = (np.bincount(row, count[kept] * (found[kept] % 2 == is_yes), cell.size) for is_yes in (1, 0))
    code, time = np.divmod(cell, span)
    # Qualified calls before it are wrong, and others before it are not: up to a number of the group's own.
    wrong = np.cumsum(yes - no) - (yes - no)
    best = np.full(groups, np.nan)
    chosen = np.lexsort((time, wrong, code))
    chosen = chosen[yes[chosen] > 0]
    heads, at = np.unique(code[chosen], return_index=True)
    best[heads] = time[chosen][at]
    return best


def lengths(column: pd.Series) -> Floats:
    """Read lengths of talk [s]; null is NaN, and a length below 0 a SchemaError."""
    talk = numbers(column)
    if (talk < 0).any():
        raise refused(
            column,
            f"{talk[talk < 0][0]:g} s, which is no length of a talk",
            "leave these calls out, or mend them; audit() lists them",
        )
    return talk


def _talks(frame: Any, columns: Sequence[str], *, callers: bool = False) -> tuple[pd.DataFrame, Floats]:
    """Connected calls of known length, with the numbers of their callers, and that length in seconds."""
    useful = ["caller_id"] if callers else []
    calls = local(frame, ["lead_status", "talk_seconds", *columns], useful)
    if callers and "caller_id" in calls:
        calls = calls.assign(**{_CALLER: numbered(calls["caller_id"])}).drop(columns="caller_id")
    talk = lengths(calls["talk_seconds"])
    rows = np.asarray(calls["lead_status"] == "Connected") & ~np.isnan(talk)
    return calls[rows], talk[rows]


def _clustering(callers: Ints, codes: Ints, groups: Ints, ended: Ints) -> Floats:
    """Design effect of each share of calls that talk longer: 1 where callers call once.

    Parameters
    ----------
    callers : numpy.ndarray
        Number of each call's caller, -1 where unknown.
    codes : numpy.ndarray
        Row of the table that each call ended in; rows are sorted by group and time.
    groups, ended : numpy.ndarray
        Group of each row of the table, and calls that ended then.
    """
    rows, caller = repeated_rows(callers)
    code = codes[rows]
    pair = pd.factorize(groups[code] * (int(caller.max(initial=0)) + 1) + caller)[0]
    order, _ = in_order(pair * len(ended) + code)  # by caller and group, the shortest talk first
    code, pair = code[order], pair[order]
    sizes = np.bincount(pair, minlength=1)
    size = sizes[pair]
    rank = np.arange(len(pair)) - (np.cumsum(sizes) - sizes)[pair]
    longer = size - rank  # calls of this caller that talked at least as long
    others = ended - np.bincount(code, minlength=len(ended))
    first = np.searchsorted(groups, groups)
    last = np.searchsorted(groups, groups, side="right") - 1

    def to_date(each: Any) -> Floats:
        """Sum from the group's first time on; each call of a caller who calls once counts 1."""
        whole = np.cumsum(np.bincount(code, each, len(ended)) + others)
        return np.asarray(whole - np.where(first > 0, whole[first - 1], 0.0))

    # Sums over callers: n squared, n times h, h squared, where h of n calls talk longer.
    n_h_gone, h_h_gone, gone = to_date(size), to_date(2 * longer - 1), to_date(np.ones(len(code)))
    n_n, calls = n_h_gone[last], gone[last]
    share = 1 - gone / calls
    square = n_n - h_h_gone - 2 * share * (n_n - n_h_gone) + share**2 * n_n
    some, every = to_date(rank == 0), to_date(longer == 1)  # callers of whom a call, or all, have ended
    told = np.minimum(some, some[last] - every)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.maximum(square / (calls * share * (1 - share)), 1)
    return moderated_effect(np.where(gone < calls, effect, n_n / calls), n_n / calls, told)
