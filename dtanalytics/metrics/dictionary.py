"""The dictionary of measures and metrics: finding them, working them out, adding one's own.

A rate is worked out from sums, never stored and never averaged; it is a ratio from 0 to 1, and null
where its denominator is zero.
"""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dtanalytics.calling.public import public
from dtanalytics.errors import InputError, SchemaError, nearest
from dtanalytics.metrics import formulas
from dtanalytics.metrics.conditions import where
from dtanalytics.metrics.definitions import MEASURES, METRICS, Metric
from dtanalytics.metrics.measures import Measure
from dtanalytics.schema import REPORTS

if TYPE_CHECKING:
    import narwhals as nw

_own: dict[str, tuple[Measure, ...] | Metric] = {}


def known() -> list[str]:
    """Return the names of all measures and metrics, the user's own last."""
    return [*MEASURES, *METRICS, *_own]


def find(name: str) -> tuple[Measure, ...] | Metric:
    """Return a definition by name; several for a measure that frames hold in different columns."""
    if not isinstance(name, str):
        raise InputError(f"metrics are named by text, such as 'margin', not {name!r}")
    found = MEASURES.get(name) or METRICS.get(name) or _own.get(name)
    if found is None:
        raise InputError(f"no metric is called {name!r}: {suggested(name)}")
    return found


def suggested(name: object) -> str:
    """Say which metrics others call so, which have these words in their name, or whose names are nearest.

    Examples
    --------
    >>> suggested("RPC")
    'RPC: revenue_per_call, revenue_per_connected or revenue_per_qualified'
    """
    words = _words_of(name)
    if words:
        others = [one for one in known() if any(words <= _words_of(text) for text in _called(one))]
        own = [one for one in known() if words <= _words_of(one)]
        found = others or (own if len(own) <= _MOST_NAMED else [])
        if found:
            either = " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)
            return f"{str(name).strip()}: {either}"
    return nearest(name, known())


_MOST_NAMED = 4


def _words_of(text: object) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", str(text).lower()))


def _called(name: str) -> list[str]:
    """Return the names that others have for a metric."""
    found = find(name)
    also = found.also_called if isinstance(found, Metric) else found[0].also_called
    return [text for text in re.split(r"[,()]", also) if text.strip()]


def measures_for(names: Iterable[str], columns: Collection[str]) -> dict[str, Measure]:
    """Return the measures that the named measures and metrics rest on, for a frame with these columns.

    Raises
    ------
    InputError
        A name is not known.
    SchemaError
        The frame lacks columns that a measure needs; the message names them.
    """
    measures: dict[str, Measure] = {}
    lacking: dict[str, str] = {}
    pending = list(names)
    while pending:
        name = pending.pop(0)
        if name in measures or name in lacking:
            continue
        found = find(name)
        if isinstance(found, Metric):
            pending.extend(found.needs)
            continue
        fitting = next((one for one in found if all(need in columns for need in one.needs)), None)
        if fitting is None:
            lacking[name] = " or ".join(
                ", ".join(repr(need) for need in one.needs if need not in columns) for one in found
            )
        else:
            measures[name] = fitting
    if lacking:
        needed = "; ".join(f"{name} needs the column {missing}" for name, missing in lacking.items())
        raise SchemaError(
            f"{needed}, which the frame does not have; {_remedy(lacking.values(), columns)}, "
            "or ask for another metric"
        )
    return measures


def _remedy(lacking: Iterable[str], columns: Collection[str]) -> str:
    """Say what to do about columns that are missing: rename one that is spelled almost so, or load them."""
    ours = {name for report in REPORTS.values() for name in report.columns}
    others = [str(name) for name in columns if name not in ours]
    for name in re.findall(r"'(\w+)'", " ".join(lacking)):
        close = difflib.get_close_matches(name, others, n=1, cutoff=0.85)
        if close:
            return f"rename {close[0]!r} to {name!r}"
    return "load it too (columns=)"


def fits(name: str, columns: Collection[str]) -> bool:
    """Tell whether a frame with these columns has all that a measure or metric needs."""
    try:
        measures_for([name], columns)
    except SchemaError:
        return False
    return True


def evaluate(name: str, amounts: dict[str, formulas.Amount]) -> formulas.Amount:
    """Work out one measure or metric from the sums of measures; metrics are kept among them."""
    if name not in amounts:
        found = find(name)
        assert isinstance(found, Metric)  # noqa: S101 - the sums hold every measure
        amounts[name] = formulas.evaluate(
            found.formula, {need: evaluate(need, amounts) for need in found.needs}
        )
    return amounts[name]


def is_additive(name: str) -> bool:
    """Tell whether the values of groups add up to the value of all of them."""
    found = find(name)
    if isinstance(found, Metric):
        return "/" not in found.formula and "*" not in found.formula and all(map(is_additive, found.needs))
    return not found[0].distinct


@public
def metric(
    name: str,
    formula: str | None = None,
    *,
    unit: str,
    sum: str | None = None,  # noqa: A002 - reads as what it does: sum="talk_seconds"
    rows: nw.Expr | None = None,
    where: Mapping[str, Any] | None = None,
    needs: str | Sequence[str] = (),
    meaning: str = "",
    replace: bool = False,
) -> None:
    """Add a metric of your own, usable wherever a metric is asked for.

    Say one of: a ``formula`` over measures and metrics; a column to ``sum``; ``rows``, a narwhals
    expression to be summed; or none of these, and the rows that pass ``where`` are counted.

    Parameters
    ----------
    name : str
        A new name.
    formula : str, optional
        For example ``"revenue / talk_time * 3600"``.
    unit : str
        ``"calls"``, ``"currency"``, ``"s"``, ``"min"``, ``"ratio"``, ...
    sum : str, optional
        Column to sum; a null adds nothing. Summed exactly, in as many decimals as its values have.
    rows : narwhals.Expr, optional
        Row expression to sum; name the columns that it reads in ``needs``.
    where : mapping, optional
        Conditions on rows: ``{"offer_qualified": True, "talk_seconds": pd.Interval(60, 600)}``; of times
        also a day, month or year (``{"call_day": "2026-10"}``), of several values a list. Rows in which
        a tested value is null do not count.
    needs : str or sequence of str
        Columns that ``rows`` reads, and columns of your own that are in no report.
    meaning : str
        For the dictionary.
    replace : bool
        Replace a metric of your own that has this name.

    Raises
    ------
    InputError
        The name is taken, the unit is empty, a column or metric is not known, or a condition is of
        another type than its column.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> billable = {"offer_qualified": True}
    >>> dta.metric("billable_time", sum="talk_seconds", where=billable, unit="s", replace=True)
    >>> dta.metric("billable_minutes", "billable_time / 60", unit="min", replace=True)
    >>> calls = pd.DataFrame({"offer_qualified": [True, False], "talk_seconds": [90, 600]})
    >>> dta.rollup(calls, None, "billable_minutes")
       billable_minutes
    0               1.5
    """
    _check_name(name, unit, replace=replace)
    if where is not None and not isinstance(where, Mapping):
        raise InputError(f'{name}: where= takes conditions by column, such as {{"offer_qualified": True}}')
    needs = (needs,) if isinstance(needs, str) else needs
    if formula is not None:
        if sum is not None or rows is not None or where is not None:
            raise InputError(
                f"{name}: a formula stands alone; put sum=, rows= or where= into a metric of its own"
            )
        for used in formulas.names(formula):
            if used == name:
                raise InputError(f"{name}: the formula uses itself")
            find(used)
        _own[name] = Metric(name, unit, formula, meaning, source="user")
        return
    conditions = _where({} if where is None else where)
    measure = Measure(name, unit, meaning, conditions, sum, rows=rows, reads=tuple(needs), source="user")
    if rows is not None and (sum is not None or where is not None or not needs):
        raise InputError(f"{name}: rows= stands alone, with the columns that it reads in needs=")
    columns = {column for report in REPORTS.values() for column in report.columns}
    for column in measure.needs:
        if column not in columns and column not in needs:
            raise InputError(
                f"{name}: no report has a column {column!r}: {nearest(column, columns)} "
                f"A column of your own is named in needs=[{column!r}]."
            )
    _own[name] = (measure,)


_where = where  # the parameter of the same name hides it


def _check_name(name: str, unit: str, *, replace: bool) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise InputError(
            f"{name!r} cannot be a metric's name: use letters, digits and _, as in billable_minutes"
        )
    if not isinstance(unit, str) or not unit:
        raise InputError(f"{name}: say the unit, for example unit='currency' or unit='calls'")
    if name in MEASURES or name in METRICS:
        raise InputError(f"{name} is already defined by the package; choose another name")
    if name in _own and not replace:
        raise InputError(f"{name} is already defined; say replace=True to define it anew")


@public
def metrics() -> pd.DataFrame:
    """Return the dictionary of measures and metrics.

    Returns
    -------
    pandas.DataFrame
        One row a definition: ``name, kind, unit, formula, meaning, needs, null_rule, also_called,
        source, report``. ``kind`` is ``measure`` or ``metric``; ``report`` says which frames have it.

    Examples
    --------
    >>> table = metrics().set_index("name")
    >>> table.loc["margin_rate", ["kind", "unit", "formula"]].tolist()
    ['metric', 'ratio', 'margin / revenue']
    """
    return pd.DataFrame([_entry(name) for name in known()]).astype("str")


def _entry(name: str) -> dict[str, str]:
    found = find(name)
    kind, ones = ("metric", (found,)) if isinstance(found, Metric) else ("measure", found)
    reports = [report.name for report in REPORTS.values() if fits(name, report.columns)]
    each = {
        "formula": [one.formula for one in ones],
        "meaning": [ones[0].meaning],
        "needs": [", ".join(one.needs) for one in ones],
        "null_rule": [ones[0].null_rule],
        "also_called": [ones[0].also_called],
        "source": [one.source for one in ones],
    }
    return {
        "name": name,
        "kind": kind,
        "unit": ones[0].unit,
        **{column: " or ".join(dict.fromkeys(texts)) for column, texts in each.items()},
        "report": ", ".join(reports),
    }
