"""The metrics that are watched: what each needs, its streams, and what a change of it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dtanalytics import columns
from dtanalytics.analysis.tables import Bools, Floats, group_codes, ratio, true
from dtanalytics.analysis.watch.streams import Stream, repriced, share, value, volume
from dtanalytics.analysis.watch.watched import Watched

_MONEY = ("offer_qualified", "offer_price", "affiliate_qualified", "affiliate_price")


@dataclass(frozen=True)
class Metric:
    """One metric of every segment.

    Attributes
    ----------
    shown : Stream
        What is expected and observed.
    streams : list of Stream
        Whose evidence is averaged.
    worth : numpy.ndarray [currency]
        What one more of it is worth, a value a segment; null where it has no price.
    is_sum : bool
        Whether it is shown as a sum, not per call.
    """

    shown: Stream
    streams: list[Stream]
    worth: Floats
    is_sum: bool = False


def _calls(watched: Watched) -> Metric:
    stream = volume(watched.hours, watched.sums())
    worth = _mean(watched, watched.margin, np.ones(len(watched.hour), dtype=bool))
    return Metric(stream, [stream], worth, is_sum=True)


def _connect_rate(watched: Watched) -> Metric:
    stream = share(watched.hours, watched.sums(watched.connected), watched.sums())
    return Metric(stream, [stream], _mean(watched, watched.margin, watched.connected))


def _qualification(side: str) -> Callable[[Watched], Metric]:
    def read(watched: Watched) -> Metric:
        asked = watched.connected & watched.stated(side)
        hits = asked & watched.qualified(side)
        stream = share(watched.hours, watched.sums(hits), watched.sums(asked))
        money = watched.revenue if side == "offer" else -watched.payout
        return Metric(stream, [stream], _mean(watched, money, hits))

    return read


def _margin(watched: Watched) -> Metric:
    stream = value(watched.hours, watched.segment, watched.hour, watched.margin)
    streams = [stream, *(_prices(watched, side) for side in ("offer", "affiliate"))]
    return Metric(stream, streams, np.ones(watched.hours.segments))


def _prices(watched: Watched, side: str) -> Stream:
    """Qualified calls with another price than calls of their kind: a new price shows within some calls."""
    kinds = [name for name in ("offer", "affiliate", "set_name") if name in watched.calls]
    kind, _ = group_codes(watched.calls, kinds)
    price = columns.money(watched.calls[f"{side}_price"]).filled
    telling = watched.in_past
    if "contest_qualification" in watched.calls:
        telling = telling & ~true(watched.calls["contest_qualification"])
    order = np.argsort(watched.hour, kind="stable")
    asked, otherwise = repriced(kind, price, watched.qualified(side), telling, order)
    return share(watched.hours, watched.sums(otherwise), watched.sums(asked))


def _leakage(watched: Watched) -> Metric:
    leaked = watched.qualified("affiliate") & ~watched.qualified("offer")
    amount = np.where(leaked, watched.payout, 0.0)
    paid = watched.payout[watched.in_past & watched.qualified("affiliate")]
    stream = value(watched.hours, watched.segment, watched.hour, amount, paid[:1] if paid.size else None)
    return Metric(stream, [stream], -np.ones(watched.hours.segments), is_sum=True)


def _talk_time(watched: Watched) -> Metric:
    rows = watched.connected & ~np.isnan(watched.talk)
    segment, hour, talk = watched.segment[rows], watched.hour[rows], watched.talk[rows]
    shown = value(watched.hours, segment, hour, talk)
    # Few calls last long: their logarithms tell more about all others.
    stream = value(watched.hours, segment, hour, np.log1p(np.maximum(talk, 0)))
    return Metric(shown, [stream], np.full(watched.hours.segments, np.nan))


METRICS: dict[str, tuple[tuple[str, ...], Callable[[Watched], Metric]]] = {
    "call_count": ((*_MONEY,), _calls),
    "connect_rate": (("lead_status", *_MONEY), _connect_rate),
    "offer_qualification_rate": (("lead_status", *_MONEY), _qualification("offer")),
    "affiliate_qualification_rate": (("lead_status", *_MONEY), _qualification("affiliate")),
    "margin_per_call": ((*_MONEY,), _margin),
    "leakage": ((*_MONEY,), _leakage),
    "average_talk_time": (("lead_status", "talk_seconds"), _talk_time),
}
"""Name -> columns that it needs, and how it is read."""


def _mean(watched: Watched, money: Floats, rows: Bools) -> Floats:
    """Mean of money over calls of the past, by segment."""
    rows = rows & watched.in_past
    number = np.bincount(watched.segment[rows], minlength=watched.hours.segments)
    return ratio(np.bincount(watched.segment[rows], money[rows], watched.hours.segments), number)
