"""Calls as text to LeadFlow's table: columns by their kind, states and flags by the platform's rules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dtanalytics.decode.values import to_json
from dtanalytics.ledgers.kinds import Reading as Checked
from dtanalytics.platforms import values
from dtanalytics.platforms.clicks import add_clicks
from dtanalytics.platforms.folding import as_calls
from dtanalytics.platforms.instants import read_zoned
from dtanalytics.platforms.mapping import Platform, Source
from dtanalytics.platforms.raw import Raw
from dtanalytics.schema import LEADFLOW, Report
from dtanalytics.texts.amounts import DecimalMark

_ROWS = ("_transaction_id", "_corrects_transaction_id", "_corrected_at", "_transaction_type")
_READ_BEFORE = frozenset({LEADFLOW.time, "extra", "_zone", *_ROWS})
CONNECTED, NOT_CONNECTED = "Connected", "Not Connected"


@dataclass(frozen=True)
class Reading:
    """What the files leave open, and the user says."""

    timezone: str | None = None
    decimal: DecimalMark | None = None
    dayfirst: bool | None = None
    sheet: str | int | None = None
    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        Checked(self.decimal, self.dayfirst, self.timezone, self.sheet, self.encoding, self.delimiter)


class Typed(NamedTuple):
    """Calls of one platform.

    Attributes
    ----------
    table : pyarrow.Table
        LeadFlow's table and what goes with it, sorted by time, then ``sid``.
    earlier : pyarrow.Table
        Calls that were corrected, as they were before.
    unreadable : Counter
        Columns of the platform -> calls whose value is not of its kind.
    notes : list of str
        What a reader has to know.
    """

    table: pa.Table
    earlier: pa.Table
    unreadable: Counter[str]
    notes: list[str]


def typed(raws: Sequence[Raw], how: Reading) -> Typed:
    """Read all calls of one platform."""
    platform = raws[0].platform
    origins = {target: name for raw in reversed(raws) for target, name in raw.origins.items()}
    rows = together([raw.table for raw in raws if raw.table.num_columns])
    if rows is None:
        empty = platform.report.empty()
        return Typed(empty, empty, Counter(), [])
    calls = as_calls(rows, platform, how.decimal)
    unreadable: Counter[str] = Counter()
    notes = [*calls.notes, *_missing(raws, calls.table.num_rows)]
    table = _typed(calls.table, platform, how, origins, unreadable, notes)
    earlier = (
        _typed(calls.earlier, platform, how, origins, Counter(), [])
        if calls.earlier.num_rows
        else table.slice(0, 0)
    )
    return Typed(table, earlier, unreadable, notes)


def _missing(raws: Sequence[Raw], rows: int) -> list[str]:
    """Say where the answers announce more calls than are here: pages were not saved."""
    most = max((raw.announced or 0 for raw in raws), default=0)
    if rows >= most:
        says_more = {raw.has_more for raw in raws} == {True}
        return ["the last answer here says that another page follows: save that, too"] if says_more else []
    return [f"the answers speak of {most:,} calls, and {rows:,} are here: save the other pages, too"]


def together(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Put tables of text below each other, whichever columns each has."""
    if len(tables) < 2:
        return tables[0] if tables else None
    kinds: dict[str, set[pa.DataType]] = {}
    for table in tables:
        for name, column in zip(table.column_names, table.columns, strict=True):
            kinds.setdefault(name, set()).add(column.type)
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    alike = [
        pa.table({name: column.cast(pa.string()) if name in mixed else column
                  for name, column in zip(table.column_names, table.columns, strict=True)})
        for table in tables
    ]  # fmt: skip
    return pa.concat_tables(alike, promote_options="default")


def _typed(
    table: pa.Table,
    platform: Platform,
    how: Reading,
    origins: Mapping[str, str],
    unreadable: Counter[str],
    notes: list[str],
) -> pa.Table:
    sources = {source.target: source for source in platform.sources}
    made: dict[str, pa.Array] = {}
    bad: dict[str, pa.Array] = {}

    values.check_currencies(
        {
            origins.get(name, name): table[name]
            for name, source in sources.items()
            if source.reading == "money" and name in table.column_names
        }
    )

    def one(name: str) -> tuple[str, pa.Array, list[str]]:
        source = sources.get(name) or Source(name, ())
        return name, *_column(table[name], source, platform, how, origins.get(name, name))

    names = [name for name in table.column_names if name not in _READ_BEFORE]
    with ThreadPoolExecutor(pa.cpu_count(), "dtanalytics-platform") as pool:
        for name, column, wrong in pool.map(one, names):
            made[name] = column
            if wrong:
                bad[name] = pc.is_in(table[name].cast(pa.string()), pa.array(wrong, pa.string()))
    zones = table["_zone"] if "_zone" in table.column_names and how.timezone is None else None
    instants, ambiguous, guessed = read_zoned(
        table[LEADFLOW.time],
        zones,
        how.timezone or None,
        origins.get(LEADFLOW.time, LEADFLOW.time),
        how.dayfirst,
    )
    if guessed and not platform.has_wall_clock:
        notes.append(
            f"the times in {origins.get(LEADFLOW.time)!r} have no offset and were taken as Eastern: if the "
            "account shows another zone, say which, timezone='America/Chicago'"
        )
    made |= {LEADFLOW.time: instants, LEADFLOW.ambiguous: ambiguous}
    made["extra"] = _with_unreadable(table, bad, origins, unreadable)
    rows = table.num_rows
    _derive(made, platform, rows)
    return in_order(_in_shape(made, platform.report, rows))


def _column(
    column: pa.ChunkedArray, source: Source, platform: Platform, how: Reading, name: str
) -> tuple[pa.Array, list[str]]:
    """One column by its kind, and the texts that are not of it."""
    kind = source.reading
    if kind == "id":
        return values.ids(column, platform.title), []
    if kind == "money":
        return values.money(column, name, how.decimal)
    if kind == "flag":
        return values.flags(column, source)
    if kind == "seconds":
        return values.seconds(column)
    if kind == "phone":
        return values.phones(column)
    if kind == "zip":
        return values.zips(column)
    if kind == "name":
        return values.names(column, source.words), []
    return column, []


def _with_unreadable(
    table: pa.Table, bad: Mapping[str, pa.Array], origins: Mapping[str, str], unreadable: Counter[str]
) -> pa.Array:
    """``extra``, with the values that are not of their kind."""
    extra = table["extra"] if "extra" in table.column_names else pa.nulls(table.num_rows, pa.string())
    if not bad:
        return extra
    texts = extra.to_pylist()
    for name, where in bad.items():
        rows = np.flatnonzero(np.asarray(where.fill_null(fill_value=False)))
        said = table[name].cast(pa.string())
        key = origins.get(name, name)
        unreadable[key] += len(rows)
        for row in rows.tolist():
            kept = json.loads(texts[row] or "{}")
            kept[key] = said[row].as_py()
            texts[row] = to_json(kept)
    return pa.array(texts, pa.string())


def _derive(made: dict[str, pa.Array], platform: Platform, rows: int) -> None:
    """Columns that follow from others."""
    made["platform"] = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), rows), [platform.name]
    )
    local = pc.local_timestamp(made[LEADFLOW.time])
    made["call_day"] = local.cast(pa.date32(), safe=False)
    made["call_hour"] = pc.hour(local).cast(pa.int8())
    for flag, amount in (platform.inferred or {}).items():
        if flag not in made and amount in made:
            made[flag] = pc.not_equal(made[amount], pa.scalar(0, made[amount].type))
    for name in ("talk", "total"):
        if f"{name}_seconds" in made and f"{name}_minutes" not in made:
            made[f"{name}_minutes"] = _tenths(made[f"{name}_seconds"])
    if "total_seconds" in made:
        made["call_duration"] = pc.divide(pc.add(made["total_seconds"], 59), 60).cast(pa.int32())
    if "lead_status" not in made:
        made["lead_status"] = _status(made, platform, rows)
    add_clicks(made, rows)


def _tenths(seconds: pa.Array) -> pa.Array:
    """Minutes in tenths, as DialogTech has them."""
    coded = seconds.dictionary_encode()
    tenths = [None if one is None else Decimal((one + 3) // 6) / 10 for one in coded.dictionary.to_pylist()]
    return pa.array(tenths, pa.decimal128(10, 2)).take(coded.indices)


def _status(made: Mapping[str, pa.Array], platform: Platform, rows: int) -> pa.Array:
    """``Connected``, the platform's own word, or ``Not Connected``."""
    unknown = pa.nulls(rows, pa.bool_())
    connected = made.get("_connected", unknown)
    if "_given" in made:
        connected = pc.coalesce(connected, pc.equal(made["_given"], "true"))
    if platform.connected_by_talk and "talk_seconds" in made:
        connected = pc.greater(made["talk_seconds"], 0)
    word = made.get("_status", pa.nulls(rows, pa.string()))
    codes, words = values.words_of(pa.chunked_array([word]) if isinstance(word, pa.Array) else word)
    some = [*words, None]
    labels = [  # of calls that were not connected, that were, and of which nobody knows
        *(NOT_CONNECTED if one is None else one for one in some), *(CONNECTED for _ in some), *some,
    ]  # fmt: skip
    state = connected.cast(pa.int32()).fill_null(2)
    place = pc.add(pc.multiply(state, len(some)), codes.cast(pa.int32()).fill_null(len(words)))
    return values.coded_array(values.joined(place) if isinstance(place, pa.ChunkedArray) else place, labels)


def _in_shape(made: Mapping[str, pa.Array], report: Report, rows: int) -> pa.Table:
    unsaid = {one.type: pa.nulls(rows, one.type) for one in report.schema if one.name not in made}
    arrays: list[Any] = [
        _as(made[one.name], one.type) if one.name in made else unsaid[one.type] for one in report.schema
    ]
    return pa.table(arrays, names=report.columns)


def _as(column: Any, kind: pa.DataType) -> Any:
    if column.type == kind or (pa.types.is_string(kind) and pa.types.is_dictionary(column.type)):
        return column  # names and texts of few values stay numbered: a frame needs no more
    if pa.types.is_integer(kind) and pa.types.is_string(column.type):
        words = column.to_pylist()
        return pa.array(
            [int(word) if word and word.isascii() and word.isdigit() else None for word in words], kind
        )
    return column.cast(kind)


def in_order(table: pa.Table) -> pa.Table:
    """Rows by time, then sid."""
    times = table[LEADFLOW.time].cast(pa.int64()).to_numpy()
    if len(times) < 2:
        return table
    order = np.argsort(times, kind="stable")
    ranked = times[order]
    tied = np.flatnonzero(ranked[1:] == ranked[:-1])
    if len(tied):
        members = np.union1d(tied, tied + 1)
        some = pa.table({"time": ranked[members], "sid": table[LEADFLOW.key].take(pa.array(order[members]))})
        inner = pc.sort_indices(some, [("time", "ascending"), ("sid", "ascending")]).to_numpy()
        order[members] = order[members][inner]
    return table if np.array_equal(order, np.arange(len(order))) else table.take(pa.array(order))
