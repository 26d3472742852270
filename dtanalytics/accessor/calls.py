"""``df.calls``: a table of contents of what can be asked of a frame of calls.

The accessor holds nothing but the frame. Each method has the arguments of the function behind it, which can
be called without the accessor, and imports it when it is first asked for (a test compares the two).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dtanalytics.accessor.plots import Plots
from dtanalytics.errors import UnknownNameError, nearest
from dtanalytics.public import public

if TYPE_CHECKING:
    from dtanalytics.analysis.keywords.table import Weights
    from dtanalytics.analysis.keywords.value import Value
    from dtanalytics.analysis.matching.reconcile import Reconciliation, Tolerance
    from dtanalytics.analysis.money.periods import Against
    from dtanalytics.exports.calls import Value as UploadValue
    from dtanalytics.exports.ledger import Where
    from dtanalytics.exports.result import Export
    from dtanalytics.exports.upload import Consent, Negative, PathLike
    from dtanalytics.mask import Quasi
    from dtanalytics.rollup.table import Having, Sort, Total

By = str | Sequence[str] | None


@lru_cache(maxsize=1)
def _known_columns() -> frozenset[str]:
    """Return the columns of both reports."""
    from dtanalytics.schema import REPORTS

    return frozenset(name for report in REPORTS.values() for name in report.columns)


def _is_calls(columns: pd.Index) -> bool:
    return not _known_columns().isdisjoint(columns)


@pd.api.extensions.register_dataframe_accessor("calls")
class CallsAccessor:
    """What an expert asks of calls, as methods of their frame.

    Raises
    ------
    AttributeError
        The frame does not hold calls at all. A frame of calls that lacks a column which a method
        needs raises `SchemaError` from that method, naming the column.

    Examples
    --------
    >>> df = pd.DataFrame({"affiliate": ["North", "South", "North"], "lead_status": "Connected"})
    >>> df.calls.rollup("affiliate", "connected_count")
      affiliate  connected_count
    0     North                2
    1     South                1
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not _is_calls(frame.columns):
            raise AttributeError(
                "this frame does not hold calls: it has no column of either report (see dta.fields()). "
                "Load calls with load_leadflow() or load_bids()."
            )
        self._frame = frame

    def rollup(
        self,
        by: str | Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort | None = None,
        columns: str | None = None,
        explain: bool = False,
    ) -> Any:
        """Sum by group and work out metrics: `dtanalytics.rollup.rollup`."""
        from dtanalytics.rollup import rollup

        return rollup(
            self._frame,
            by,
            metrics,
            total=total,
            having=having,
            top=top,
            sort=sort,
            columns=columns,
            explain=explain,
        )

    def margin(
        self,
        by: By = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort | None = None,
        columns: str | None = None,
    ) -> pd.DataFrame:
        """Calls, revenue, payout and what is left: `dtanalytics.analysis.money.overview.margin`."""
        from dtanalytics.analysis.money.overview import margin

        return margin(self._frame, by, total=total, having=having, top=top, sort=sort, columns=columns)

    def qualification(
        self,
        by: By = None,
        *,
        confidence: float = 0.95,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort = "name",
    ) -> pd.DataFrame:
        """Qualification of both sides with intervals: `dtanalytics.analysis.money.overview.qualification`."""
        from dtanalytics.analysis.money.overview import qualification

        return qualification(
            self._frame, by, confidence=confidence, total=total, having=having, top=top, sort=sort
        )

    def funnel(
        self,
        by: By = None,
        *,
        total: Total = False,
        having: Having | None = None,
        top: int | None = None,
        sort: Sort = "name",
        columns: str | None = None,
    ) -> pd.DataFrame:
        """Step by step from call to payment: `dtanalytics.analysis.money.overview.funnel`."""
        from dtanalytics.analysis.money.overview import funnel

        return funnel(self._frame, by, total=total, having=having, top=top, sort=sort, columns=columns)

    def trend(
        self,
        freq: str = "D",
        by: str | Sequence[str] | None = None,
        metrics: str | Sequence[str] | None = None,
        *,
        as_of: Any = None,
        settle_days: int = 7,
        vintages: pd.DataFrame | None = None,
        value: str = "rows",
    ) -> pd.DataFrame:
        """Metrics over time, unsettled periods marked: `dtanalytics.analysis.money.patterns.trend`."""
        from dtanalytics.analysis.money.patterns import trend

        return trend(
            self._frame,
            freq,
            by,
            metrics,
            as_of=as_of,
            settle_days=settle_days,
            vintages=vintages,
            value=value,
        )

    def heatmap(self, metric: str = "call_count") -> pd.DataFrame:
        """Weekday by hour: `dtanalytics.analysis.money.overview.heatmap`."""
        from dtanalytics.analysis.money.overview import heatmap

        return heatmap(self._frame, metric)

    def compare(
        self,
        other: Any = None,
        by: str | Sequence[str] | None = None,
        *,
        against: Against | None = None,
        days: int | None = None,
        metrics: str | Sequence[str] | None = None,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Differences from an earlier frame, with intervals: `dtanalytics.analysis.money.compare.compare`."""
        from dtanalytics.analysis.money.compare import compare

        return compare(
            self._frame,
            other,
            by,
            against=against,
            days=days,
            metrics=metrics,
            confidence=confidence,
            repeats=repeats,
            seed=seed,
        )

    def bridge(
        self,
        other: Any,
        by: str | Sequence[str] = "affiliate",
        *,
        symmetric: bool = False,
        sides: bool = False,
        total: bool = False,
    ) -> pd.DataFrame:
        """Why margin changed since an earlier frame: `dtanalytics.analysis.money.bridge.bridge`."""
        from dtanalytics.analysis.money.bridge import bridge

        return bridge(self._frame, other, by, symmetric=symmetric, sides=sides, total=total)

    def matrix(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Who paid and who was paid: `dtanalytics.analysis.money.matrix.matrix`."""
        from dtanalytics.analysis.money.matrix import matrix

        return matrix(self._frame, by)

    def unsold(
        self, by: str | Sequence[str] | None = None, *, hours: float = 24.0, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Calls that found no buyer, and their worth: `dtanalytics.analysis.supply.unsold.unsold`."""
        from dtanalytics.analysis.supply.unsold import unsold

        return unsold(self._frame, by, hours=hours, confidence=confidence)

    def capacity_to_buy(
        self,
        by: str | Sequence[str] = ("lf_state", "call_hour"),
        *,
        statuses: Sequence[str] = ("No Buyer", "Affiliate Cap"),
        hours: float = 24.0,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Where capacity would keep the most margin: `dtanalytics.analysis.supply.unsold.capacity_to_buy`."""
        from dtanalytics.analysis.supply.unsold import capacity_to_buy

        return capacity_to_buy(self._frame, by, statuses=statuses, hours=hours, confidence=confidence)

    def concurrency(self, by: str | Sequence[str] | None = "advertiser") -> pd.DataFrame:
        """The most calls at the same time: `dtanalytics.analysis.supply.capacity.concurrency`."""
        from dtanalytics.analysis.supply.capacity import concurrency

        return concurrency(self._frame, by)

    def cap_hours(
        self, by: str | Sequence[str] = "affiliate", *, false_discovery_rate: float = 0.05
    ) -> pd.DataFrame:
        """The hour from which a cap bites: `dtanalytics.analysis.supply.capacity.cap_hours`."""
        from dtanalytics.analysis.supply.capacity import cap_hours

        return cap_hours(self._frame, by, false_discovery_rate=false_discovery_rate)

    def pacing(
        self, metric: str = "margin", *, last_day: Any = None, weeks: int = 8, confidence: float = 0.9
    ) -> pd.DataFrame:
        """The month against earlier ones, with a forecast: `dtanalytics.analysis.money.pacing.pacing`."""
        from dtanalytics.analysis.money.pacing import pacing

        return pacing(self._frame, metric, last_day=last_day, weeks=weeks, confidence=confidence)

    def state_map(self, metric: str = "margin", state: str = "lf_state") -> pd.DataFrame:
        """A metric of each state and its tile: `dtanalytics.analysis.money.patterns.state_map`."""
        from dtanalytics.analysis.money.patterns import state_map

        return state_map(self._frame, metric, state)

    def durations(
        self, by: str | Sequence[str] | None = None, *, width: int = 10, longest: int = 600
    ) -> pd.DataFrame:
        """Connected calls by length of talk: `dtanalytics.analysis.supply.talk.durations`."""
        from dtanalytics.analysis.supply.talk import durations

        return durations(self._frame, by, width=width, longest=longest)

    def survival(
        self, by: str | Sequence[str] | None = None, *, longest: int | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Share of calls that talk longer: `dtanalytics.analysis.supply.talk.survival`."""
        from dtanalytics.analysis.supply.talk import survival

        return survival(self._frame, by, longest=longest, confidence=confidence)

    def buffers(
        self, by: str | Sequence[str] = "offer", side: str = "offer", given: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Talk time from which calls qualify: `dtanalytics.analysis.supply.talk.buffers`."""
        from dtanalytics.analysis.supply.talk import buffers

        return buffers(self._frame, by, side, given)

    def scorecard(
        self,
        by: str | Sequence[str] = "affiliate",
        *,
        target: float | Literal["overall"] = 0.0,
        confidence: float = 0.95,
        repeats: int = 1000,
        seed: int = 0,
        flags: bool = True,
    ) -> pd.DataFrame:
        """Keep, cut or wait: `dtanalytics.analysis.partners.scorecard.scorecard`."""
        from dtanalytics.analysis.partners.scorecard import scorecard

        return scorecard(
            self._frame, by, target=target, confidence=confidence, repeats=repeats, seed=seed, flags=flags
        )

    def audit(self) -> pd.DataFrame:
        """Rows that contradict themselves: `dtanalytics.analysis.money.audit.audit`."""
        from dtanalytics.analysis.money.audit import audit

        return audit(self._frame)

    def reconcile(
        self,
        ledger: Any,
        on: str | Sequence[str] = "sid",
        names: Mapping[Any, str] | None = None,
        tolerance: Tolerance = "5min",
        *,
        money: Literal["revenue", "payout"] = "revenue",
        fields: Sequence[str] | None = None,
        net: bool = False,
        decimal: Literal[".", ","] | None = None,
        dayfirst: bool | None = None,
        timezone: str | None = None,
        sheet: str | int | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> Reconciliation:
        """Compare with a partner's list of calls: `dtanalytics.analysis.matching.reconcile.reconcile`."""
        from dtanalytics.analysis.matching.reconcile import reconcile

        return reconcile(
            self._frame,
            ledger,
            on,
            names,
            tolerance,
            money=money,
            fields=fields,
            net=net,
            decimal=decimal,
            dayfirst=dayfirst,
            timezone=timezone,
            sheet=sheet,
            encoding=encoding,
            delimiter=delimiter,
        )

    def quality(
        self,
        by: str | Sequence[str] | None = "affiliate",
        *,
        signals: str | Sequence[str] | None = None,
        buffers: Mapping[Any, float] | None = None,
        hours: tuple[int, int] = (0, 6),
        false_discovery_rate: float = 0.05,
    ) -> pd.DataFrame:
        """Signs of poor or bought traffic: `dtanalytics.analysis.partners.quality.quality`."""
        from dtanalytics.analysis.partners.quality import quality

        return quality(
            self._frame,
            by,
            signals=signals,
            buffers=buffers,
            hours=hours,
            false_discovery_rate=false_discovery_rate,
        )

    def cohorts(self, by: str | Sequence[str] | None = None, *, confidence: float = 0.95) -> pd.DataFrame:
        """Callers by the week of their first call: `dtanalytics.analysis.partners.cohorts.cohorts`."""
        from dtanalytics.analysis.partners.cohorts import cohorts

        return cohorts(self._frame, by, confidence=confidence)

    def cohort_grid(self, by: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Each week's new callers from week to week: `dtanalytics.analysis.partners.cohorts.cohort_grid`."""
        from dtanalytics.analysis.partners.cohorts import cohort_grid

        return cohort_grid(self._frame, by)

    def keywords(self, level: str = "keyword", *, weights: Weights = None) -> pd.DataFrame:
        """What keywords, ad groups or campaigns bring in: `dtanalytics.analysis.keywords.keywords`."""
        from dtanalytics.analysis.keywords.table import keywords

        return keywords(self._frame, level, weights=weights)

    def keyword_value(
        self,
        level: str = "keyword",
        *,
        value: Value = "margin",
        weights: Weights = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """What a call is worth, few calls believed little: `dtanalytics.analysis.keywords.keyword_value`."""
        from dtanalytics.analysis.keywords.value import keyword_value

        return keyword_value(self._frame, level, value=value, weights=weights, confidence=confidence)

    def rank_weights(self, level: str = "keyword", *, confidence: float = 0.95) -> pd.DataFrame:
        """How far each rank's keywords can be believed: `dtanalytics.analysis.keywords.rank_weights`."""
        from dtanalytics.analysis.keywords.confidence import rank_weights

        return rank_weights(self._frame, level, confidence=confidence)

    def pool_health(self, freq: str = "W", *, confidence: float = 0.95) -> pd.DataFrame:
        """How sure the matches of each number pool are: `dtanalytics.analysis.keywords.pool_health`."""
        from dtanalytics.analysis.keywords.confidence import pool_health

        return pool_health(self._frame, freq, confidence=confidence)

    def to_google_ads(
        self,
        path: PathLike,
        conversion_name: str,
        value: UploadValue = "margin",
        currency: str | None = None,
        now: Any = None,
        *,
        qualified: str | None = "offer_qualified",
        negative: Negative = "refuse",
        action_created: Any = None,
        ad_user_data: Consent = None,
        ad_personalization: Consent = None,
        ledger: Where = None,
    ) -> Export:
        """Write conversions for Google Ads: `dtanalytics.exports.google_clicks`."""
        from dtanalytics.exports import google_clicks

        return google_clicks(
            self._frame,
            path,
            conversion_name,
            value,
            currency,
            now,
            qualified=qualified,
            negative=negative,
            action_created=action_created,
            ad_user_data=ad_user_data,
            ad_personalization=ad_personalization,
            ledger=ledger,
        )

    def to_microsoft_ads(
        self,
        path: PathLike,
        conversion_name: str,
        value: UploadValue = "margin",
        currency: str | None = None,
        now: Any = None,
        *,
        qualified: str | None = "offer_qualified",
        negative: Negative = "refuse",
        enhanced: bool = False,
        ledger: Where = None,
    ) -> Export:
        """Write conversions for Microsoft Advertising: `dtanalytics.exports.microsoft_clicks`."""
        from dtanalytics.exports import microsoft_clicks

        return microsoft_clicks(
            self._frame,
            path,
            conversion_name,
            value,
            currency,
            now,
            qualified=qualified,
            negative=negative,
            enhanced=enhanced,
            ledger=ledger,
        )

    def mask(
        self,
        *,
        key: str | bytes | None = None,
        quasi: Quasi = "coarsen",
        include: str | Iterable[Hashable] = (),
    ) -> pd.DataFrame:
        """Return the calls without what identifies people: `dtanalytics.mask.mask`."""
        from dtanalytics.mask import mask

        return mask(self._frame, key=key, quasi=quasi, include=include)

    @property
    def plot(self) -> Plots:
        """Pictures of the tables above: ``df.calls.plot.margin("affiliate")``."""
        return Plots(self, self._frame)

    if not TYPE_CHECKING:  # a checker knows the names

        def __getattr__(self, name: str) -> Any:
            """Suggest the nearest method."""
            if name.startswith("_"):
                raise AttributeError(name)
            raise UnknownNameError(f"df.calls has no {name!r}; {nearest(name, dir(self))}")

    def __dir__(self) -> list[str]:
        """List the methods, so that completion shows nothing else first."""
        return [name for name in vars(type(self)) if not name.startswith("_")]

    def __repr__(self) -> str:
        """Say the same as text."""
        from dtanalytics.accessor.summary import summary

        return "\n".join(f"{topic:<8} {text}" for topic, text in summary(self._frame).items())

    def _repr_html_(self) -> str:
        """What is in the frame and what to ask of it, for notebooks."""
        from dtanalytics.accessor.summary import summary_html

        return summary_html(self._frame)


def _full_help(method: Callable[..., Any]) -> Callable[[], str]:
    """Help for one method in IPython: the docstring of the function that it stands for, read when asked."""

    def getdoc() -> str:
        said = inspect.getdoc(method) or ""
        named = re.search(r"`dtanalytics\.([\w.]+)\.(\w+)`", said)
        if named is None:
            return said
        function = getattr(importlib.import_module(f"dtanalytics.{named[1]}"), named[2])
        return f"{said}\n\n{inspect.getdoc(function)}"

    return getdoc


for _class in (CallsAccessor, Plots):
    for _name, _function in list(vars(_class).items()):
        if inspect.isfunction(_function) and not _name.startswith("_"):
            _method: Any = public(_function)
            if _class is CallsAccessor:
                _method.getdoc = _full_help(_function)  # IPython asks a function for it
            setattr(_class, _name, _method)


@public
def calls(frame: pd.DataFrame) -> CallsAccessor:
    """Return ``frame.calls`` with a type that editors and type checkers know.

    Examples
    --------
    >>> df = pd.DataFrame({"lead_status": ["Connected", "No Buyer"]})
    >>> calls(df).rollup(None, ["call_count", "connected_count"])
       call_count  connected_count
    0           2                1
    """
    return CallsAccessor(frame)
