"""The same calls as other people's frames hold them, and every question that reads their columns."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

import dtanalytics as dta
from dtanalytics.accessor import summary
from dtanalytics.analysis import keywords
from dtanalytics.analysis.matching import join, match
from dtanalytics.analysis.money import (
    audit,
    bridge,
    compare,
    heatmap,
    matrix,
    overview,
    pacing,
    state_map,
    trend,
)
from dtanalytics.analysis.partners import cohorts, quality, scorecard
from dtanalytics.analysis.supply import capacity, talk, unsold
from dtanalytics.analysis.terms import break_even, what_if
from dtanalytics.analysis.watch import watch
from dtanalytics.demo import sample_file
from dtanalytics.schema import BIDS, LEADFLOW

REPORTS = {"leadflow": LEADFLOW, "bids": BIDS}
DERIVED = ["call_day", "call_hour"]


class Calls(NamedTuple):
    """Calls of both reports."""

    leadflow: Any
    bids: Any


@cache
def records() -> Calls:
    """Return some hundred records of each report as the service sends them; most bids have their call."""
    found = {name: json.loads(gzip.decompress(sample_file(name).read_bytes())) for name in REPORTS}
    wanted = found["leadflow"][::40]
    sids = {record["sid"] for record in wanted}
    bids = [record for at, record in enumerate(found["bids"]) if record["sid"] in sids or at % 100 == 0]
    return Calls(wanted, bids)


@cache
def loaded() -> Calls:
    """Return the same calls as a load makes them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in REPORTS:
            Path(folder, f"{name}.json").write_text(json.dumps(getattr(records(), name)), encoding="utf-8")
        leadflow, bids = Path(folder, "leadflow.json"), Path(folder, "bids.json")
        return Calls(dta.read_leadflow(leadflow), dta.read_bids(bids))


# -- how others spell a column ---------------------------------------------------------------------


def _columns(frame: pd.DataFrame, *kinds: str) -> list[str]:
    fields = {**BIDS.by_name, **LEADFLOW.by_name}
    return [name for name in frame.columns if name in fields and fields[name].kind in kinds]


def _each(*kinds: str) -> Callable[[Callable[[pd.Series], Any]], Callable[[pd.DataFrame], pd.DataFrame]]:
    """Make a spelling of a whole frame from one of its columns of these kinds."""

    def of(change: Callable[[pd.Series], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
        return lambda frame: frame.assign(**{name: change(frame[name]) for name in _columns(frame, *kinds)})

    return of


_FLAGS, _MONEY, _TIMES, _DAYS = _each("flag"), _each("money"), _each("time"), _each("day")
_MINUTES, _COUNTS, _NAMES, _TEXTS = (
    _each("minutes"), _each("int8", "int32", "int64"), _each("name"), _each("text"),
)  # fmt: skip


def _said(yes: Any, no: Any, kind: str = "object") -> Callable[[pd.Series], pd.Series]:
    return lambda flags: flags.astype(object).map({True: yes, False: no}).astype(kind)


def _objects(column: pd.Series, change: Callable[[Any], Any] = lambda value: value) -> pd.Series:
    values = [None if pd.isna(value) else change(value) for value in column]
    return pd.Series(values, dtype=object, index=column.index)


def _arrow(kind: pa.DataType) -> Callable[[pd.Series], pd.Series]:
    return lambda column: pd.Series(
        pd.array(pa.array(_objects(column), kind), dtype=pd.ArrowDtype(kind)), index=column.index
    )


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))


def _offsets(times: pd.Series) -> list[str | None]:
    """ISO text, every other time in UTC."""
    zones = ["UTC", "America/New_York"]
    return [
        None if pd.isna(one) else one.tz_convert(zones[at % 2]).isoformat() for at, one in enumerate(times)
    ]


def _two_zones(times: pd.Series) -> pd.Series:
    zones = ["UTC", "America/Los_Angeles"]
    found = [
        None if pd.isna(one) else one.tz_convert(zones[at % 2]).to_pydatetime()
        for at, one in enumerate(times)
    ]
    return pd.Series(found, dtype=object)


def _seconds(unit: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(column: pd.Series) -> pd.Series:
        return pd.to_timedelta(column.astype("float64"), unit="s").astype(f"timedelta64[{unit}]")

    return _timed(change)


def _timed(change: Callable[[pd.Series], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(
        **{name: change(frame[name]) for name in frame.columns if name in {"talk_seconds", "total_seconds"}}
    )


def _clock(value: float) -> str:
    minutes, seconds = divmod(int(value), 60)
    return f"{minutes}:{seconds:02d}"


def _csv(**options: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: pd.read_csv(io.StringIO(frame.to_csv(index=False)), **options)


def _parquet(**options: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def there_and_back(frame: pd.DataFrame) -> pd.DataFrame:
        file = io.BytesIO()
        frame.to_parquet(file)
        return pd.read_parquet(file, **options)

    return there_and_back


def _at_rest(frame: pd.DataFrame) -> pd.DataFrame:
    """As the cache and published folders hold it: decimals, dates, dictionaries, all of them Arrow's."""
    from frame_tables import to_arrow

    report = LEADFLOW if "affiliate" in frame else BIDS
    return to_arrow(frame, report).to_pandas(types_mapper=pd.ArrowDtype)


def _decimals_at_rest(frame: pd.DataFrame) -> pd.DataFrame:
    from frame_tables import to_arrow

    return to_arrow(frame, LEADFLOW if "affiliate" in frame else BIDS).to_pandas()


def _shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories in another order than that of their text, one of them without a call."""
    turned = {name: [*frame[name].cat.categories[::-1], "nobody"] for name in _columns(frame, "name")}
    return frame.assign(**{name: frame[name].cat.set_categories(words) for name, words in turned.items()})


def _reversed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame.columns[::-1]]


def _bytes(frame: pd.DataFrame) -> pd.DataFrame:
    """As files without a type for text hold it: flags, names, identifiers, times and amounts are bytes."""
    texts = frame.assign(**{name: _said("Y", "N")(frame[name]) for name in _columns(frame, "flag")})
    kinds = ("flag", "name", "text", "time", "money", "int8", "int32", "int64")
    return texts.assign(
        **{name: _objects(texts[name], lambda one: str(one).encode()) for name in _columns(frame, *kinds)}
    )


def _of_several_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of objects that spell one value in several ways."""
    times = lambda one: one.isoformat()  # noqa: E731 - one of several ways
    made = {name: _in_turn(frame[name], pd.Timestamp.date, pd.Timestamp.isoformat, pd.Timestamp.to_datetime64)
            for name in _columns(frame, "day")}  # fmt: skip
    made |= {
        name: _in_turn(frame[name], times, pd.Timestamp.to_pydatetime) for name in _columns(frame, "time")
    }
    clock = lambda one: (dt.datetime(2000, 1, 1) + dt.timedelta(seconds=int(one))).time()  # noqa: E731
    duration = lambda one: str(pd.Timedelta(seconds=int(one)))  # noqa: E731
    for name in ("talk_seconds", "total_seconds"):
        if name in frame:
            made[name] = _in_turn(frame[name], clock, duration, _clock)
    return frame.assign(**made)


def _in_turn(column: pd.Series, *ways: Callable[[Any], Any]) -> pd.Series:
    found = [None if pd.isna(one) else ways[at % len(ways)](one) for at, one in enumerate(column)]
    return pd.Series(found, dtype=object, index=column.index)


def _utc_midnights(days: pd.Series) -> pd.Series:
    return _objects(days, lambda day: day.tz_localize("UTC"))


FRAMES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "as loaded": lambda frame: frame,
    "flags: Y and N": _FLAGS(_said("Y", "N")),
    "flags: yes and No": _FLAGS(_said("yes", "No")),
    "flags: text 1 and 0": _FLAGS(_said("1", "0", "str")),
    "flags: TRUE and FALSE": _FLAGS(_said("TRUE", "FALSE", "str")),
    "flags: 1 and 0": _FLAGS(_said(1, 0, "Int64")),
    "flags: 1.0 and 0.0": _FLAGS(_said(1.0, 0.0, "float64")),
    "flags: True and False as objects": _FLAGS(_said(yes=True, no=False)),
    "flags: bool": _FLAGS(lambda flags: flags.fillna(value=False).astype(bool) if flags.notna().all() else flags),
    "flags: Arrow": _FLAGS(_arrow(pa.bool_())),
    "flags: category of Y and N": _FLAGS(_said("Y", "N", "category")),
    "flags: category of bool": _FLAGS(_said(yes=True, no=False, kind="category")),
    "money: Decimal": _MONEY(lambda money: _objects(money, _decimal)),
    "money: Arrow decimal": _MONEY(lambda m: _arrow(pa.decimal128(18, 4))(_objects(m, _decimal))),
    "money: narrow Arrow decimal": _MONEY(lambda m: _arrow(pa.decimal128(9, 4))(_objects(m, _decimal))),
    "money: Arrow double": _MONEY(_arrow(pa.float64())),
    "money: Float64": _MONEY(lambda money: money.astype("Float64")),
    "money: text": _MONEY(lambda money: _objects(money, str)),
    "money: text with signs": _MONEY(lambda money: _objects(money, lambda one: f"$ {one:,.4f}")),
    "money: Arrow text": _MONEY(lambda money: _arrow(pa.string())(_objects(money, "{:.4f}".format))),
    "minutes: text": _MINUTES(lambda minutes: _objects(minutes, "{:.1f}".format)),
    "minutes: Decimal": _MINUTES(lambda minutes: _objects(minutes, _decimal)),
    "times: UTC": _TIMES(lambda times: times.dt.tz_convert("UTC")),
    "times: another zone": _TIMES(lambda times: times.dt.tz_convert("Asia/Kolkata")),
    "times: naive": _TIMES(lambda times: times.dt.tz_localize(None)),
    "times: naive, to the nanosecond": _TIMES(lambda times: times.dt.tz_localize(None).dt.as_unit("ns")),
    "times: objects": _TIMES(_objects),
    "times: objects in two zones": _TIMES(_two_zones),
    "times: Arrow": _TIMES(_arrow(pa.timestamp("ns", "UTC"))),
    "times: Arrow without a zone": _TIMES(lambda t: _arrow(pa.timestamp("s"))(t.dt.tz_localize(None))),
    "times: text": _TIMES(lambda times: _objects(times, lambda one: f"{one:%Y-%m-%d %H:%M:%S}")),
    "times: ISO text, mixed offsets": _TIMES(_offsets),
    "days: date objects": _DAYS(lambda days: _objects(days, lambda day: day.date())),
    "days: text": _DAYS(lambda days: _objects(days, "{:%Y-%m-%d}".format)),
    "days: Arrow": _DAYS(lambda d: _arrow(pa.date32())(_objects(d, lambda day: day.date()))),
    "days: midnights in UTC, as objects": _DAYS(_utc_midnights),
    "days: to the nanosecond": _DAYS(lambda days: days.dt.as_unit("ns")),
    "seconds: timedelta64[s]": _seconds("s"),
    "seconds: timedelta64[ms]": _seconds("ms"),
    "seconds: timedelta64[us]": _seconds("us"),
    "seconds: timedelta64[ns]": _seconds("ns"),
    "seconds: Arrow duration": _timed(
        lambda column: _arrow(pa.duration("ms"))(_objects(column, lambda s: dt.timedelta(seconds=int(s))))
    ),
    "seconds: timedelta objects": _timed(
        lambda column: _objects(column, lambda s: dt.timedelta(seconds=int(s)))
    ),
    "seconds: float": _timed(lambda column: column.astype("float64")),
    "seconds: minutes and seconds": _timed(lambda column: _objects(column, _clock)),
    "numbers: text": _COUNTS(lambda column: _objects(column, lambda value: str(int(value)))),
    "numbers: float": _COUNTS(lambda column: column.astype("float64")),
    "numbers: Arrow": _COUNTS(_arrow(pa.int64())),
    "numbers: objects": _COUNTS(lambda column: _objects(column, int)),
    "names: objects": _NAMES(_objects),
    "names: str": _NAMES(lambda names: names.astype("str")),
    "names: Arrow": _NAMES(_arrow(pa.string())),
    "names: Arrow view": _NAMES(_arrow(pa.large_string())),
    "names: Arrow dictionary": _NAMES(_arrow(pa.dictionary(pa.int32(), pa.string()))),
    "ids: objects": _TEXTS(_objects),
    "ids: Arrow": _TEXTS(_arrow(pa.string())),
    "ids: Arrow view": _TEXTS(lambda texts: _arrow(pa.string_view())(_objects(texts))),
    "ids: category": _TEXTS(lambda texts: texts.astype("category")),
    "JSON records": lambda frame: pd.DataFrame(getattr(records(), _side(frame))),
    "read_json": lambda frame: pd.read_json(io.StringIO(json.dumps(getattr(records(), _side(frame))))),
    "CSV as read_csv reads it": _csv(),
    "CSV as text": _csv(dtype=str),
    "CSV by pyarrow": _csv(dtype_backend="pyarrow", engine="pyarrow"),
    "Parquet by pyarrow": _parquet(dtype_backend="pyarrow"),
    "Parquet nullable": _parquet(dtype_backend="numpy_nullable"),
    "convert_dtypes": lambda frame: frame.convert_dtypes(),
    "convert_dtypes to Arrow": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "objects throughout": lambda frame: frame.astype(object),
    "bytes": _bytes,
    "objects of several types": _of_several_types,
    "Arrow at rest": _at_rest,
    "Arrow at rest, as to_pandas has it": _decimals_at_rest,
    "Arrow at rest, no derived columns": lambda frame: _at_rest(frame).drop(columns=DERIVED),
    "no derived columns": lambda frame: frame.drop(columns=DERIVED),
    "no derived columns, UTC": lambda f: _TIMES(lambda t: t.dt.tz_convert("UTC"))(f).drop(columns=DERIVED),
    "index of two levels, columns in another order": lambda frame: _reversed(frame).set_index(
        [frame.index, frame["sid"].rename("key")]
    ),
    "index named like a column": lambda frame: frame.set_index("sid", drop=False),
    "index that repeats, categories in no order": lambda frame: _shuffled(frame).set_axis([7] * len(frame), axis=0),
}  # fmt: skip
"""How a frame of calls may come, by name: each is the loaded frame, spelled otherwise."""


def _side(frame: pd.DataFrame) -> str:
    return "leadflow" if "affiliate" in frame else "bids"


# -- what is asked ---------------------------------------------------------------------------------


def _half(frame: pd.DataFrame, *, later: bool) -> pd.DataFrame:
    """Half of a frame, told by its rows, so that no column is read."""
    return frame.iloc[len(frame) // 2 :] if later else frame.iloc[: len(frame) // 2]


Ask = Callable[[Any], Any]


def _board(calls: Any) -> pd.DataFrame:
    """What a board says of some chosen calls: its table, and the sids."""
    board = dta.explore(calls, ["affiliate", "offer"]).select(
        window=("2026-10-03", "2026-10-20"), hour=(8, 20), talk=(30, 400)
    )
    table = board.rollup().sort_values(["affiliate", "offer"], ignore_index=True)
    sids = board.calls["sid"].astype("str").str.removesuffix(".0")
    return table.assign(chosen=", ".join(sorted(sids)))


TERMS = {"Auto Prime": {"price": 30.0, "buffer": 120}, "Roof Repair": {"repeat_days": 30}}
"""Terms that are proposed, of offers of the sample."""
LEADFLOW_ASKS: dict[str, Ask] = {
    "rollup": lambda f: f.calls.rollup(
        ["affiliate", "lead_status"], ["call_count", "margin", "caller_count"]
    ),
    "rollup by week": lambda f: f.calls.rollup(["W", "lead_status"], total=True),
    "rollup by day": lambda f: f.calls.rollup("D", ["connected_count", "talk_time"]),
    "margin": lambda f: f.calls.margin("affiliate"),
    "margin of all": lambda f: f.calls.margin(),
    "qualification": lambda f: f.calls.qualification("offer"),
    "funnel": lambda f: f.calls.funnel("set_name"),
    "trend": lambda f: f.calls.trend("W", "affiliate", ["call_count", "margin"]),
    "trend by hour": lambda f: f.calls.trend("h", metrics="revenue"),
    "heatmap": lambda f: f.calls.heatmap("margin"),
    "compare": lambda f: f.calls.compare(by="affiliate", repeats=100),
    "compare frames": lambda f: _half(f, later=True).calls.compare(_half(f, later=False), repeats=100),
    "bridge": lambda f: _half(f, later=True).calls.bridge(_half(f, later=False), "affiliate"),
    "matrix": lambda f: f.calls.matrix("affiliate"),
    "matrix by week": lambda f: f.calls.matrix("W"),
    "unsold": lambda f: f.calls.unsold("lf_state"),
    "capacity_to_buy": lambda f: f.calls.capacity_to_buy(),
    "concurrency": lambda f: f.calls.concurrency(),
    "cap_profile": lambda f: capacity.cap_profile(f, "affiliate"),
    "cap_hours": lambda f: f.calls.cap_hours("affiliate"),
    "cap_hours of buyers": lambda f: f.calls.cap_hours("offer"),
    "pacing": lambda f: f.calls.pacing(),
    "state_map": lambda f: f.calls.state_map(),
    "durations": lambda f: f.calls.durations("offer"),
    "survival": lambda f: f.calls.survival("affiliate"),
    "buffers": lambda f: f.calls.buffers("offer"),
    "what_if": lambda f: f.calls.what_if(TERMS, {"Harbor Leads": {"repeat_days": 3}}, repeats=100),
    "flipped_calls": lambda f: f.calls.flipped_calls(TERMS),
    "break_even": lambda f: f.calls.break_even({"Auto Prime": [60, 120]}, repeats=100),
    "watch": lambda f: f.calls.watch("affiliate", start="2026-10-01", false_alarm_rate=0.999),
    "scorecard": lambda f: f.calls.scorecard("affiliate", repeats=100),
    "audit": lambda f: f.calls.audit(),
    "statement": lambda f: dta.statement("2026-10", calls=f, now="2026-12-20").due,
    "quality": lambda f: f.calls.quality("affiliate"),
    "cohorts": lambda f: f.calls.cohorts("affiliate"),
    "cohort_grid": lambda f: f.calls.cohort_grid(),
    "explore": _board,
    "summary": lambda f: pd.Series(summary.summary(f)).to_frame("text"),
}
BIDS_ASKS: dict[str, Ask] = {
    "bids rollup": lambda f: f.calls.rollup("channel", ["rank_1_count", "talk_time"]),
    "bids trend": lambda f: f.calls.trend("D"),
    "bids heatmap": lambda f: f.calls.heatmap(),
    "keywords of bids": lambda f: f.calls.keywords("campaign"),
    "keywords by hour": lambda f: f.calls.keywords("hour"),
    "pool_health": lambda f: f.calls.pool_health("MS"),
    "valuetrack": lambda f: keywords.valuetrack(f).reset_index(drop=True),
    "bids summary": lambda f: pd.Series(summary.summary(f)).to_frame("text"),
}
BOTH_ASKS: dict[str, Callable[[Any, Any], Any]] = {
    "match_report": match.match_report,
    "join_calls": lambda f, b: join.join_calls(f, b).calls.keywords("ad_group", weights={1: 1, 2: 0.9, 3: 0.7, 4: 0.6, 5: 0.5}),
    "keyword_value": lambda f, b: join.join_calls(f, b, "inner").calls.keyword_value("campaign"),
    "rank_weights": lambda f, b: join.join_calls(f, b).calls.rank_weights("campaign"),
    "two grams": lambda f, b: join.join_calls(f, b, "outer").calls.keywords("2gram"),
}  # fmt: skip
ENGINE_ASKS: dict[str, Ask] = {
    "margin": lambda f: overview.margin(f, "affiliate"),
    "compare": lambda f: compare.compare(f, by="affiliate", repeats=100),
    "bridge": lambda f: bridge.bridge(f, f, "affiliate"),
    "matrix": lambda f: matrix.matrix(f, "affiliate"),
    "unsold": lambda f: unsold.unsold(f, "lf_state"),
    "capacity_to_buy": unsold.capacity_to_buy,
    "concurrency": capacity.concurrency,
    "cap_hours": capacity.cap_hours,
    "pacing": pacing.pacing,
    "state_map": state_map.state_map,
    "trend": lambda f: trend.trend(f, "W", "affiliate", "margin"),
    "heatmap": heatmap.heatmap,
    "durations": talk.durations,
    "survival": talk.survival,
    "buffers": talk.buffers,
    "what_if": lambda f: what_if.what_if(f, TERMS, repeats=100),
    "break_even": lambda f: break_even.break_even(f, {"Auto Prime": [60, 120]}, repeats=100),
    "watch": lambda f: watch.watch(f, start="2026-10-01", false_alarm_rate=0.999),
    "scorecard": lambda f: scorecard.scorecard(f, repeats=100),
    "audit": audit.audit,
    "statement": lambda f: dta.statement("2026-10", calls=f, now="2026-12-20").due,
    "quality": quality.quality,
    "cohorts": cohorts.cohorts,
    "cohort_grid": cohorts.cohort_grid,
}
READS = {
    "rollup": "flags money names ids",
    "rollup by week": "flags money days names",
    "rollup by day": "days seconds names",
    "margin": "flags money names",
    "margin of all": "flags money names",
    "qualification": "flags names ids",
    "funnel": "flags names",
    "trend": "flags money days names",
    "trend by hour": "flags money times days",
    "heatmap": "flags money days numbers",
    "compare": "flags money days names ids",
    "bridge": "flags money names",
    "matrix": "flags money names",
    "matrix by week": "flags money days",
    "unsold": "flags money times numbers names ids",
    "capacity_to_buy": "flags money times numbers names ids",
    "concurrency": "times seconds names",
    "cap_profile": "numbers names",
    "cap_hours": "numbers names",
    "cap_hours of buyers": "numbers names",
    "pacing": "flags money days",
    "state_map": "flags money names",
    "durations": "flags seconds names",
    "survival": "seconds names",
    "buffers": "flags seconds names",
    "what_if": "flags money times seconds names ids",
    "break_even": "flags money times seconds names ids",
    "watch": "flags money times seconds names",
    "audit": "flags money minutes days seconds numbers names ids",
    "quality": "flags money times seconds names ids",
    "statement": "flags money times names ids",
    "cohorts": "flags money times names ids",
    "cohort_grid": "flags money times ids",
    "explore": "flags money times days seconds numbers names",
    "summary": "flags money days ids",
    "bids rollup": "minutes numbers names",
    "bids trend": "days",
    "bids heatmap": "days numbers",
    "keywords of bids": "numbers names ids",
    "keywords by hour": "numbers",
    "pool_health": "days numbers",
    "valuetrack": "names ids",
    "bids summary": "days",
    "match_report": "times days numbers names ids",
}
"""Kinds of columns that a question reads; one that is not here is asked of whole frames only."""
ASKS: dict[str, Ask | Callable[[Any, Any], Any]] = {**LEADFLOW_ASKS, **BIDS_ASKS, **BOTH_ASKS}


def asked(name: str, calls: Calls) -> Any:
    """Ask a question of calls, of the report that it is about."""
    if name in LEADFLOW_ASKS:
        return LEADFLOW_ASKS[name](calls.leadflow)
    return BIDS_ASKS[name](calls.bids) if name in BIDS_ASKS else BOTH_ASKS[name](*calls)


@cache
def expected(name: str) -> Any:
    """The values of the answer that loaded calls give."""
    return plain(asked(name, loaded()))


SPELLINGS = {
    kind: [name for name in FRAMES if name.startswith(f"{kind}: ")]
    for kind in ("flags", "money", "minutes", "times", "days", "numbers", "seconds", "names", "ids")
}
"""Spellings of the columns of each kind."""
_FIELDS = {
    "flags": ("flag",), "money": ("money",), "minutes": ("minutes",), "times": ("time",), "days": ("day",),
    "numbers": ("int8", "int32", "int64"), "names": ("name",), "ids": ("text",),
}  # fmt: skip


@cache
def _columns_spelled(report: str, spelling: str) -> dict[str, pd.Series]:
    """The columns that a spelling of one kind of column changes."""
    frame, kind = getattr(loaded(), report), spelling.split(":", maxsplit=1)[0]
    columns = ("talk_seconds", "total_seconds") if kind == "seconds" else _columns(frame, *_FIELDS[kind])
    made = FRAMES[spelling](frame)
    return {name: made[name] for name in columns if name in made}


def _mixture(report: str, at: int, kinds: str) -> pd.DataFrame:
    """Every column of these kinds in the spelling of this number, counted round; seconds are numbers, too, at last."""
    columns: dict[str, pd.Series] = {}
    for kind, names in SPELLINGS.items():
        if kind in kinds.split() and (kind != "seconds" or at < len(names)):
            columns |= _columns_spelled(report, names[at % len(names)])
    return getattr(loaded(), report).assign(**columns)


@cache
def spelled(name: str, kinds: str = "") -> Calls:
    """Both reports, spelled so: whole frames, columns of one kind, or a mixture of spellings of columns of these kinds."""
    if name.startswith("mixture"):
        return Calls(*(_mixture(report, int(name.split()[1]), kinds) for report in REPORTS))
    return Calls(*(FRAMES[name](frame) for frame in loaded()))


SLOW = {"scorecard", "unsold", "capacity_to_buy", "compare frames", "statement", "watch", *BOTH_ASKS}
"""Questions that take long: asked of these frames only, in which every kind of column is spelled otherwise."""
THOROUGH = {
    "JSON records",
    "read_json",
    "CSV as text",
    "Parquet by pyarrow",
    "Arrow at rest",
    "objects throughout",
}


def pairs() -> list[tuple[str, str]]:
    """Every question, with every spelling of a whole frame and of the columns that it reads.

    Spellings of columns are asked in mixtures, in which every kind is spelled otherwise at once, and the first
    of each kind alone, too: beside columns as loaded.
    """
    found = [
        (name, spelling)
        for spelling in FRAMES
        for name in ASKS
        if spelling != "as loaded"
        and (spelling in THOROUGH or name not in SLOW)
        and (":" not in spelling or spelling in {SPELLINGS[kind][0] for kind in READS.get(name, "").split()})
    ]
    for name, kinds in READS.items():
        if name not in SLOW:
            lengths = [len(SPELLINGS[kind]) for kind in kinds.split()]
            if {"seconds", "numbers"} <= set(kinds.split()):
                lengths.append(len(SPELLINGS["seconds"]) + len(SPELLINGS["numbers"]))
            found += [(name, f"mixture {at}") for at in range(max(lengths))]
    return found


def plain(table: Any) -> pd.DataFrame:
    """The values of a table, without the dtypes that labels have."""

    def one(column: pd.Series) -> Any:
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_convert("America/New_York").dt.tz_localize(None)
        if column.dtype.kind == "M":
            return column.astype("datetime64[us]")
        if column.dtype.kind in "iuf":
            return column.to_numpy("float64", na_value=float("nan"))
        return pd.Series([None if pd.isna(v) else v for v in column], dtype=object)

    table = table.to_native() if hasattr(table, "to_native") else table
    table = table.reset_index(drop=True)
    table.attrs = {}  # pandas would copy them for every column
    return pd.DataFrame({name: one(table[name]) for name in table.columns}, index=table.index)


def same(found: Any, wanted: Any) -> None:
    """See that two answers are the same, to the cent."""
    same_values(plain(found), plain(wanted))


def same_values(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """See that the values of two answers are the same, to the cent."""
    if found.equals(wanted):
        return
    # A load has every column of its report; one that was never sent and names nothing may be left out.
    wanted = wanted[[name for name in wanted if name in found or wanted[name].notna().any()]]
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-9, atol=1e-6)
