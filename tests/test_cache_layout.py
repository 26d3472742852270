"""Columns in the cache's files: however they are coded they are the same in a frame."""

import datetime as dt
from dataclasses import replace

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from other_os import SYSTEMS, play

from dtanalytics.cache import parquet
from dtanalytics.cache.entry import Entry, Question
from dtanalytics.cache.manifest import Vintage
from dtanalytics.cache.read import Damaged, Part, PartsReader
from dtanalytics.frames import to_pandas
from dtanalytics.schema import LEADFLOW


@pytest.fixture(autouse=True, params=SYSTEMS)
def _system(request, monkeypatch):
    play(request.param, monkeypatch)


ASKED = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAYS = [dt.date(2026, 10, 5), dt.date(2026, 10, 6)]
ZIPS = [["02139", None] * 300, [*(f"{number:05}" for number in range(599)), None]]


def entry_of(folder, before_each=lambda _: None):
    entry = Entry(folder, Question("leadflow", "test"))
    entry.prepare()
    written = {}
    for day, zips in zip(DAYS, ZIPS, strict=True):
        before_each(day)
        records = [
            {"sid": f"{day:%d}-{at}", "call_date": dt.datetime.combine(day, dt.time(12)), "call_day": day, "entered_zip": code}
            for at, code in enumerate(zips)
        ]  # fmt: skip
        written[day.isoformat()] = entry.write(
            day, pa.Table.from_pylist(records, schema=LEADFLOW.schema), ASKED
        )
    entry.publish(written)
    return entry


def dictionary_of(file, name):
    group = pq.read_metadata(file).row_group(0)
    found = next(
        group.column(at) for at in range(group.num_columns) if group.column(at).path_in_schema == name
    )
    return found.has_dictionary_page


def test_days_with_and_without_repeated_text_are_read_as_one_frame(tmp_path):
    entry = entry_of(tmp_path)
    parts = entry.parts(entry.manifest(), DAYS)

    both = to_pandas(entry.read(parts), LEADFLOW)
    first = to_pandas(entry.read(parts[:1]), LEADFLOW)

    found = both["entered_zip"].astype(object)
    assert found.where(found.notna(), None).tolist() == ZIPS[0] + ZIPS[1]
    assert both["entered_zip"].dtype == first["entered_zip"].dtype == "str"
    assert first["entered_zip"].isna().sum() == 300


def test_files_that_an_earlier_release_wrote_are_read_with_the_others(tmp_path, monkeypatch):
    """It kept text with short offsets."""
    new = parquet._field_at_rest
    old = {DAYS[0]: lambda field, *_: field, DAYS[1]: new}
    entry = entry_of(tmp_path, lambda day: monkeypatch.setattr(parquet, "_field_at_rest", old[day]))
    parts = entry.parts(entry.manifest(), DAYS)

    assert [pq.read_schema(part.path).field("sid").type for part in parts] == [pa.string(), pa.large_string()]
    found = to_pandas(entry.read(parts), LEADFLOW)
    assert found["sid"].tolist() == [f"{day}-{at}" for day in ("05", "06") for at in range(600)]
    assert found["entered_zip"].isna().sum() == 301


@pytest.mark.parametrize(("offset", "rows"), [(0, 1000), (0, 1), (99, 2), (100, 100), (250, 500), (999, 1)])
def test_rows_in_the_middle_of_a_file_are_read_wherever_its_row_groups_end(
    tmp_path, monkeypatch, offset, rows
):
    monkeypatch.setattr(parquet, "_ROW_GROUP", 100)
    noon = dt.datetime.combine(DAYS[0], dt.time(12))
    records = [{"sid": str(at), "call_date": noon, "call_day": DAYS[0]} for at in range(1000)]
    entry = Entry(tmp_path, Question("leadflow", "test"))
    entry.prepare()
    written = entry.write_file("2026-10", pa.Table.from_pylist(records, schema=LEADFLOW.schema))
    vintage = Vintage(asked=ASKED, checked=ASKED, rows=rows, offset=offset, **written)
    part = Part("2026-10-05", entry.data / written["file"], vintage)

    assert pq.read_metadata(part.path).num_row_groups == 10
    found = PartsReader(LEADFLOW, [part]).read(["sid", "call_day"])
    assert found["sid"].to_pylist() == [str(at) for at in range(offset, offset + rows)]


def test_identifiers_are_kept_without_a_dictionary(tmp_path):
    entry = entry_of(tmp_path)
    files = [part.path for part in entry.parts(entry.manifest(), DAYS)]

    assert [dictionary_of(file, "sid") for file in files] == [False, False]
    assert [dictionary_of(file, "entered_zip") for file in files] == [True, False]


def test_a_file_notes_the_least_and_largest_of_its_times_and_of_nothing_else(tmp_path):
    """Of a number they would be some caller's number, in plain text at the end of the file."""
    entry = entry_of(tmp_path)
    group = pq.read_metadata(entry.parts(entry.manifest(), DAYS)[0].path).row_group(0)
    columns = [group.column(at) for at in range(group.num_columns)]

    assert {column.path_in_schema for column in columns if column.is_stats_set} == {"call_date", "call_day"}


def test_a_file_of_fewer_rows_than_were_noted_is_damaged(tmp_path):
    """Its day is asked again; rows that are missing are never passed over."""
    entry = entry_of(tmp_path)
    part = entry.parts(entry.manifest(), DAYS)[0]
    claimed = replace(part, vintage=msgspec.structs.replace(part.vintage, rows=601))

    assert PartsReader(LEADFLOW, [part]).read(["sid"]).num_rows == 600
    with pytest.raises(Damaged, match="2026-10-05"):
        PartsReader(LEADFLOW, [claimed]).read(["sid"])


def test_a_file_says_which_columns_hold_no_null_and_tables_stay_alike(tmp_path):
    """What is read of days with and without nulls has one schema."""
    entry = entry_of(tmp_path)
    parts = entry.parts(entry.manifest(), DAYS)
    schema = pq.read_metadata(parts[0].path).schema
    optional = {schema.column(at).path: schema.column(at).max_definition_level for at in range(len(schema))}

    assert (optional["sid"], optional["call_date"], optional["entered_zip"], optional["offer"]) == (
        0,
        0,
        1,
        1,
    )
    assert entry.read(parts).schema.field("sid") == pa.field("sid", pa.large_string(), nullable=True)
    assert all(field.nullable for field in entry.read(parts).schema)
