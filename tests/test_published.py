"""Published folders: read as they are by others, and by ``scan`` only when they hold what was published."""

from __future__ import annotations

import json
import os
import shutil

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.parquet as pq
import pytest

import dtanalytics as dta
from dtanalytics.errors import CacheError, DtError, InputError
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import using

DAY, NEXT = "2026-10-05", "2026-10-06"
BOTH = (DAY, "2026-10-07")
READERS = ("duckdb", "dask")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Two published days of the sample, their sids by day, and the settings of the cache they came from."""
    folder = tmp_path_factory.mktemp("shared") / "calls"
    with dta.demo() as demo:
        calls = dta.load_leadflow(*BOTH, progress=False)
        dta.publish("leadflow", *BOTH, url=str(folder))
        yield folder, calls, demo.settings


@pytest.fixture
def folder(shared, tmp_path):
    """A copy of the published folder, and a cache of its own that remembers nothing."""
    source, calls, settings = shared
    shutil.copytree(source, tmp_path / "calls")
    with using(settings.model_copy(update={"cache_dir": tmp_path / "cache", "offline": True})):
        yield tmp_path / "calls", calls


def count(source, window=BOTH, engine="duckdb"):
    """Calls that a scan counts."""
    return int(
        dta.scan("leadflow", *window, source=str(source), engine=engine).rollup(None, "call_count").iloc[0, 0]
    )


@pytest.mark.parametrize("reader", ["pandas", "pyarrow", "DuckDB"])
def test_others_read_the_folder_as_it_is(folder, reader):
    """The list of days is none of their files; types are plain ones."""
    place, calls = folder
    report = place / "leadflow"
    if reader == "pandas":
        frame = pd.read_parquet(report)
    elif reader == "pyarrow":
        frame = pads.dataset(report, partitioning="hive").to_table().to_pandas()
    else:
        frame = duckdb.read_parquet(f"{report}/**/*.parquet").to_arrow_table().to_pandas()

    assert sorted(frame["sid"]) == sorted(calls["sid"])
    paid = (
        frame.loc[frame["offer_qualified"].fillna(value=False).astype(bool), "offer_price"]
        .astype(float)
        .sum()
    )
    expected = calls.loc[calls["offer_qualified"].fillna(value=False), "offer_price"].sum()
    assert round(paid, 2) == round(float(expected), 2) > 0


def test_columns_are_of_types_that_every_reader_knows(folder):
    place, _ = folder
    schema = pq.read_schema(next(place.rglob("*.parquet")))

    kinds = {str(kind) for kind in schema.types}
    assert not [kind for kind in kinds if "dictionary" in kind or "extension" in kind or "view" in kind]
    assert {path.name[0] for path in place.rglob("*") if path.is_file() and path.suffix != ".parquet"} == {
        "_"
    }


def test_an_unfinished_file_is_passed_over_by_others(folder):
    place, calls = folder
    (place / "leadflow" / "month=2026-10" / "_0123.tmp").write_bytes(b"half a file")

    assert len(pd.read_parquet(place / "leadflow")) == len(calls) == count(place)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)


def foreign(path):
    path.unlink()
    pq.write_table(pa.table({"sid": ["1"], "offer_price": [1e9]}), path)


def of_another_day(path):
    shutil.copy(path.with_name(f"{NEXT}.parquet"), path)


DAMAGE = {
    "flipped bit": flip,
    "foreign": foreign,
    "another day": of_another_day,
    "no Parquet": lambda path: path.write_bytes(b"sid\n1\n"),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("engine", READERS)
@pytest.mark.parametrize("how", DAMAGE)
def test_a_published_day_that_is_not_what_was_published_is_an_error(folder, how, engine):
    """Also when the day was found sound before; days beside it are read."""
    place, calls = folder
    assert count(place, engine=engine) == len(calls)
    DAMAGE[how](place / "leadflow" / "month=2026-10" / f"{DAY}.parquet")

    for _ in range(2):
        with pytest.raises(CacheError, match=f"{DAY}.*publish"):
            count(place, engine=engine)
    assert count(place, (NEXT,), engine) == (calls["call_day"] == NEXT).sum()


def test_publishing_again_mends_a_damaged_day(shared, tmp_path):
    source, calls, _ = shared
    shutil.copytree(source, tmp_path / "calls")
    flip(tmp_path / "calls" / "leadflow" / "month=2026-10" / f"{DAY}.parquet")

    dta.publish("leadflow", DAY, url=str(tmp_path / "calls"))

    assert count(tmp_path / "calls") == len(calls)


def vintage(**changes):
    """Change what the list says of the first day."""

    def change(content):
        content["days"][DAY].update(changes)

    return change


LISTS = {
    "day without calls": vintage(rows=0, file=None, sha256="", bytes=0),
    "rows below zero": vintage(rows=-1),
    "rows without end": vintage(rows=10**400),
    "other digest": vintage(sha256="0" * 64),
    "no digest": vintage(sha256=""),
    "fewer rows": vintage(rows=1),
    "days as list": lambda content: content.update(days=[DAY, NEXT]),
    "days as numbers": lambda content: content.update(days={DAY: 40, NEXT: 40}),
    "days as null": lambda content: content.update(days=None),
    "another report": lambda content: content.update(report="bids"),
    "another schema": lambda content: content.update(schema="0"),
    "no schema": lambda content: content.pop("schema"),
    "another condition": lambda content: content.update(condition="set_id=12"),
    "one day less": lambda content: content["days"].pop(DAY),
}
TEXTS = {
    "deep": "[" * 100_000,
    "600 deep": '{"days":' + '{"a":' * 600 + "1" + "}" * 601,
    "no JSON": "{",
    "empty": "",
    "no encoding": b"\xff\xfe",
    "null": "null",
}


OTHERS = {"folder": os.mkdir, "file": lambda path: path.write_bytes(b"x")}
if hasattr(os, "mkfifo"):  # not on Windows
    OTHERS["pipe"] = os.mkfifo


@pytest.mark.parametrize("name", [f"month=2026-10/{DAY}.parquet", "month=2026-10", "_published.json"])
@pytest.mark.parametrize("how", OTHERS)
def test_something_else_in_the_place_of_a_published_file_is_an_error(folder, name, how):
    """A pipe without a writer is not waited for, a folder is no list of days."""
    place, _ = folder
    path = place / "leadflow" / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    OTHERS[how](path)
    with pytest.raises(CacheError):
        count(place)


@pytest.mark.parametrize("name", [*LISTS, *TEXTS])
def test_a_list_of_days_that_is_not_what_was_written_is_an_error(folder, name):
    place, _ = folder
    path = place / "leadflow" / "_published.json"
    if name in TEXTS:
        text = TEXTS[name]
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    else:
        content = json.loads(path.read_bytes())
        LISTS[name](content)
        path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(DtError) as told:
        count(place)
    assert 20 < len(str(told.value)) < 600


def test_a_day_named_like_a_path_is_never_opened(folder):
    """Only days of the window are looked up, so other names in the list are nothing."""
    place, calls = folder
    path = place / "leadflow" / "_published.json"
    content = json.loads(path.read_bytes())
    content["days"]["../../../etc/passwd"] = content["days"][DAY]
    path.write_text(json.dumps(content), encoding="utf-8")

    assert count(place) == len(calls)


def test_a_folder_of_an_earlier_release_is_said(folder):
    """It had no checksums."""
    place, _ = folder
    (place / "leadflow" / "_published.json").unlink()
    (place / "leadflow" / "published.json").write_text('{"days":{"2026-10-05":40}}', encoding="utf-8")

    with pytest.raises(CacheError, match="new folder"):
        count(place)
    with pytest.raises(CacheError, match="new folder"):
        dta.publish("leadflow", *BOTH, url=str(place))


NAMES = ["a[1]", "[", "a*b", "what?", "sid=7", "affiliate=Nobody", "month=2020-01", "o'neil", 'a"b', "50%", "a#b", "ä ö", "{x}", "a::b", "$5", "_hidden", ".hidden"]  # fmt: skip


@pytest.mark.parametrize("engine", READERS)
@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_folder_is_only_a_name(folder, tmp_path, name, engine):
    """Neither a pattern, nor a column of a partition, nor SQL, nor a URL."""
    place, calls = folder
    moved = tmp_path / name / "calls"
    moved.parent.mkdir()
    place.rename(moved)

    found = dta.scan("leadflow", *BOTH, source=str(moved), engine=engine).rollup("affiliate", "call_count")
    expected = calls.calls.rollup("affiliate", "call_count")
    assert found["call_count"].tolist() == expected["call_count"].tolist()
    assert found["affiliate"].astype(str).tolist() == expected["affiliate"].astype(str).tolist()


@pytest.mark.parametrize("name", ["a[1]", "sid=7", "affiliate=Nobody", "o'neil", "a*b"])
def test_the_name_of_a_cache_folder_is_only_a_name(shared, tmp_path, name):
    _, calls, settings = shared
    with using(settings.model_copy(update={"cache_dir": tmp_path / name})):
        found = dta.scan("leadflow", *BOTH).rollup("affiliate", "call_count")
    assert (
        found["call_count"].tolist() == calls.calls.rollup("affiliate", "call_count")["call_count"].tolist()
    )


WRONG = [
    ("leadflow", {"where": {"channel": "SourceTrak"}}, "bids"),
    ("leadflow", {"where": {}}, "bids"),
    ("bids", {"set_id": 12}, "leadflow"),
    ("bids", {"version": "v9"}, "v2"),
    ("leadflow", {"version": "v9"}, "v2"),
    ("leadflow", {"version": "v3"}, "bids"),
]


@pytest.mark.parametrize(("report", "options", "said"), WRONG)
@pytest.mark.parametrize("act", ["scan", "scan source", "publish"])
def test_an_argument_of_the_other_report_is_refused(shared, tmp_path, report, options, said, act):
    """It would change nothing, and the figures would be taken for what was asked."""
    folder, *_ = shared
    with pytest.raises(InputError, match=said):  # noqa: PT012  # one of two calls
        if act == "publish":
            dta.publish(report, *BOTH, **options, url=str(tmp_path / "new"))
        else:
            dta.scan(report, *BOTH, **options, **({"source": str(folder)} if "source" in act else {}))


@pytest.mark.parametrize("options", [{"set_id": 12}, {"refresh": True}, {"as_of": "2026-10-20"}])
def test_published_calls_are_those_of_their_publication(folder, options):
    """One question, one state: what would change it is refused."""
    place, _ = folder
    with pytest.raises(InputError):
        dta.scan("leadflow", *BOTH, source=str(place), **options)


def test_a_folder_holds_the_calls_of_one_question(shared, tmp_path):
    where = {"channel": "SourceTrak"}
    dta.publish("bids", DAY, where=where, url=str(tmp_path))
    with pytest.raises(InputError, match="another folder"):
        dta.publish("bids", NEXT, url=str(tmp_path))

    found = dta.scan("bids", DAY, where=where, source=str(tmp_path)).rollup(None, "call_count").iloc[0, 0]
    assert found == (dta.load_bids(DAY, progress=False)["channel"] == "SourceTrak").sum() > 0
    with pytest.raises(InputError, match="channel"):
        dta.scan("bids", DAY, source=str(tmp_path))


def test_a_day_that_has_no_calls_any_more_leaves_no_file(shared, tmp_path):
    """Other readers would still count what it held."""
    from dtanalytics.cache.manifest import Vintage
    from dtanalytics.scan.dataset import Folder, Published

    source, calls, _ = shared
    shutil.copytree(source, tmp_path / "calls")
    folder = Folder(str(tmp_path / "calls"), LEADFLOW)
    before = folder.published()
    known = before.days[DAY]
    empty = Vintage(known.asked, known.checked, 0)
    days = {**before.days, DAY: empty}
    folder.list_days(Published(before.report, before.schema, number=before.number + 1, days=days))

    left = (calls["call_day"] == NEXT).sum()
    assert len(pd.read_parquet(tmp_path / "calls" / "leadflow")) == count(tmp_path / "calls") == left


@pytest.mark.parametrize("url", ["nothing://x", "file://", "http:/x", "memory", "a\0b", "", "s3://"])
def test_a_place_that_is_none_is_said(shared, url):
    with pytest.raises(DtError) as told:
        dta.scan("leadflow", DAY, source=url)
    assert 20 < len(str(told.value)) < 600
