"""Every picture of a frame of calls, one file each, with the table behind it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dtanalytics import plots
from dtanalytics.analysis.keywords import keyword_value, keywords
from dtanalytics.analysis.matching.join import join_calls
from dtanalytics.analysis.matching.match import match_report
from dtanalytics.analysis.money import bridge, heatmap, matrix, overview, pacing, state_map, trend
from dtanalytics.analysis.money.compare import compare
from dtanalytics.analysis.partners.cohorts import cohort_grid
from dtanalytics.analysis.partners.quality import quality
from dtanalytics.analysis.partners.scorecard import scorecard
from dtanalytics.analysis.period import period_of
from dtanalytics.analysis.supply import capacity, talk, unsold
from dtanalytics.analysis.terms.break_even import break_even
from dtanalytics.analysis.terms.what_if import what_if
from dtanalytics.errors import InputError
from dtanalytics.plots import alt
from dtanalytics.plots.picture import of_period
from dtanalytics.rollup import rollup
from dtanalytics.texts.paths import expand

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gallery(
    calls: pd.DataFrame,
    folder: str | Path,
    earlier: pd.DataFrame | None = None,
    dpi: float = 150,
    *,
    bids: pd.DataFrame | None = None,
) -> list[Path]:
    """Draw all plots of a frame into a folder.

    Parameters
    ----------
    calls : pandas.DataFrame
        LeadFlow calls.
    folder : str or Path
        Made when it is not there; files of the same names are replaced.
    earlier : pandas.DataFrame, optional
        Calls of an earlier period, for the bridge; the first half of the frame's days by default.
    dpi : float, default 150
        Resolution [pixels per inch]; 300 for print.
    bids : pandas.DataFrame, optional
        Bid Management calls of the same days, for the pictures of keywords.

    Returns
    -------
    list of Path
        The pictures (PNG), each with what it shows in its metadata (``Description``), for readers who do
        not see it; beside each lies the table behind it (JSON of the same name, one object a row, which no
        program takes for a formula).

    Raises
    ------
    InputError
        There are no calls.

    Examples
    --------
    >>> import dtanalytics as dta, tempfile
    >>> with dta.demo(), tempfile.TemporaryDirectory() as folder:
    ...     pictures = gallery(dta.load_leadflow("2026-10", progress=False), folder, dpi=40)
    >>> pictures[0].name, len(pictures) > 20
    ('margin.png', True)
    """
    import matplotlib.pyplot as plt

    if calls.empty:
        raise InputError("there are no calls to draw")
    folder = expand(folder, "folder")
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    drawn = _pictures(calls, *_periods(calls, earlier))
    with of_period(period_of(calls)):
        for name, ax, table in drawn if bids is None else chain(drawn, _keywords(calls, bids)):
            path = folder / f"{name}.png"
            figure: Any = ax.figure
            figure.savefig(path, dpi=dpi, metadata={"Description": alt.of_figure(figure)})
            plt.close(figure)
            rows = table.reset_index() if table.index.name else table
            rows.to_json(path.with_suffix(".json"), orient="records", date_format="iso")
            pictures.append(path)
    return pictures


def _periods(frame: pd.DataFrame, earlier: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    if earlier is not None:
        return frame, earlier
    day = frame["call_day"]
    middle = day.min() + (day.max() - day.min() + pd.Timedelta(days=1)) / 2
    return frame[day >= middle], frame[day < middle]


def _pictures(
    frame: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame
) -> Iterator[tuple[str, Axes, Any]]:
    yield from _money(frame, now, before)
    yield from _supply(frame, now, before)
    yield from _time_and_place(frame)
    yield from _judgement(frame, now, before)


def _money(frame: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame) -> Iterator[tuple[str, Axes, Any]]:
    table = overview.margin(frame, "affiliate")
    yield "margin", plots.margin_bars(table), table
    table = overview.qualification(frame, "affiliate")
    yield "qualification", plots.qualification_rates(table), table
    table = overview.funnel(frame)
    yield "funnel", plots.funnel_steps(table), table
    table = bridge.bridge(now, before, "affiliate")
    yield "bridge", plots.waterfall(table), table
    yield "bridge_by_affiliate", plots.waterfall(table, over="segments"), table
    table = matrix.matrix(frame)
    yield "matrix", plots.mosaic(table), table
    table = matrix.matrix(frame, "affiliate")
    yield "matrix_by_affiliate", plots.mosaic(table), table


def _supply(frame: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame) -> Iterator[tuple[str, Axes, Any]]:
    table = unsold.unsold(frame)
    yield "unsold", plots.unsold_flow(table), table
    table = unsold.capacity_to_buy(frame)
    yield "capacity_to_buy", plots.capacity_to_buy(table), table
    counts = frame["offer"].value_counts().head(3)
    offers = [str(name) for name in counts.index[counts > 0]]
    if offers:
        table = what_if(frame, {offers[0]: {"buffer": 180}}, by="affiliate")
        yield "what_if", plots.before_and_after(table), table
        table = break_even(frame, dict.fromkeys(offers, range(30, 181, 30)))
        yield "break_even", plots.break_even(table), table
    table = capacity.concurrency(frame)
    yield "concurrency", plots.concurrency(table), table
    for by in ("affiliate", "offer"):
        table = capacity.cap_profile(frame, by)
        yield f"cap_hours_by_{by}", plots.cap_hours(table, capacity.cap_hours(frame, by)), table
    table = pacing.pacing(pd.concat([before, now]))
    yield "pacing", plots.pacing(table), table


def _time_and_place(frame: pd.DataFrame) -> Iterator[tuple[str, Axes, Any]]:
    table = heatmap.heatmap(frame, "margin")
    yield "heatmap", plots.heatmap(table, metric="margin"), table
    table = trend.trend(frame, "D")
    yield "trend_daily", plots.trend(table), table
    table = trend.trend(frame, "W", "affiliate")
    yield "trend_weekly_by_affiliate", plots.trend(table), table
    table = state_map.state_map(frame)
    yield "state_map", plots.state_map(table), table
    table = talk.durations(frame)
    yield "durations", plots.durations(table, buffers=talk.buffers(frame)), table
    table = talk.survival(frame, "affiliate")
    yield "survival_by_affiliate", plots.survival(table), table


def _judgement(
    frame: pd.DataFrame, now: pd.DataFrame, before: pd.DataFrame
) -> Iterator[tuple[str, Axes, Any]]:
    table = scorecard(frame, "affiliate", target="overall")
    yield "scorecard", plots.verdicts(table), table
    yield "scorecard_funnel", plots.control_funnel(table), table
    table = compare(now, before, "affiliate")
    yield "compare", plots.changes(table), table
    table = quality(frame, "affiliate")
    yield "quality", plots.quality_signals(table), table
    table = cohort_grid(frame)
    yield "cohorts", plots.retention(table), table


def _keywords(frame: pd.DataFrame, bids: pd.DataFrame) -> Iterator[tuple[str, Axes, Any]]:
    table = match_report(frame, bids)
    yield "match_rates", plots.match_rates(table), table
    table = rollup(bids, "channel", ["call_count", *(f"rank_{rank}_count" for rank in range(1, 6))])
    yield "rank_mix", plots.rank_mix(table), table
    calls = join_calls(frame, bids, how="inner")
    table = keyword_value(calls)
    yield "keyword_values", plots.keyword_values(table), table
    yield "keyword_shrinkage", plots.keyword_shrinkage(table), table
    table = keywords(calls, "campaign", weights="estimate")
    yield "rank_bands", plots.rank_bands(table), table
    for level in ("hour", "device"):
        table = keywords(calls, level)
        yield f"profit_by_{level}", plots.profit_bars(table), table
