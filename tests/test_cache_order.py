"""Which answer of the cache counts: the newest by the manifest's numbers, whole, and never an older one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import time_machine

import dtanalytics as dta
from dtanalytics.cache import files, manifest
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator, Quirks
from dtanalytics.errors import ApiError, CacheError
from dtanalytics.loading.sources import bids_source, leadflow_source
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import current, using

DAY = "2026-10-05"
READERS = ("load", "scan duckdb", "scan dask", "publish")


@pytest.fixture
def restated(emulate, time_machine_at):
    """A day that was final, lost a call all the same, and was asked again on purpose: two final answers."""
    service = emulate()
    time_machine_at("2026-10-20 12:00")
    first = dta.load_leadflow(DAY, progress=False)
    service.delete("leadflow", first["sid"].iloc[0])
    time_machine_at("2026-10-22 12:00")
    service.now_sids = dta.load_leadflow(DAY, progress=False, refresh=True)["sid"].tolist()
    assert service.now_sids == first["sid"].iloc[1:].tolist()
    return service


def newest_file() -> Path:
    """File of the newest answer for the day."""
    entry = leadflow_source(current()).entry
    return entry.data / entry.manifest().days[DAY][-1].file


def damage(path: Path, how: str) -> None:
    """Do to a file what disks and people do."""
    content = bytearray(path.read_bytes())
    if how == "flipped bit":
        content[len(content) // 2] ^= 4
    elif how == "cut":
        del content[len(content) // 2 :]
    elif how == "empty":
        content.clear()
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "link":
        path.symlink_to(path.parent)
    elif how != "gone":
        path.write_bytes(content)


DAMAGE = ("flipped bit", "cut", "empty", "gone", "folder", "link")


def sids(reader: str, folder: Path, **options) -> list[str]:
    """Sids of the day, whoever reads them."""
    if reader == "load":
        return dta.load_leadflow(DAY, progress=False, **options)["sid"].sort_values().tolist()
    if reader == "publish":
        dta.publish("leadflow", DAY, **options, url=str(folder))
        return sorted(pd.read_parquet(folder / "leadflow")["sid"])
    scanned = dta.scan("leadflow", DAY, engine=reader.split()[1], progress=False, **options)
    if scanned.engine == "dask":
        return sorted(scanned.dask["sid"].compute())
    return sorted(row[0] for row in scanned.relation.select("sid").fetchall())


@pytest.mark.parametrize("how", DAMAGE)
def test_a_day_whose_newest_answer_is_damaged_is_asked_again(restated, how):
    """The answer before it holds a call that was deleted; it never counts as the newest."""
    damage(newest_file(), how)

    assert dta.load_leadflow(DAY, progress=False)["sid"].tolist() == restated.now_sids
    assert dta.load_leadflow(DAY, offline=True)["sid"].tolist() == restated.now_sids


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize("reader", READERS)
def test_offline_a_day_whose_newest_answer_is_damaged_is_an_error_every_time(restated, reader, how, tmp_path):
    damage(newest_file(), how)

    for _ in range(2):
        with pytest.raises(CacheError, match=DAY):
            sids(reader, tmp_path / "shared", offline=True)


@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_a_damaged_day_has_it_asked_again(restated, reader, tmp_path):
    damage(newest_file(), "flipped bit")

    assert sids(reader, tmp_path / "shared") == sorted(restated.now_sids)


def test_a_damaged_day_stays_damaged_while_the_service_does_not_answer(restated):
    damage(newest_file(), "flipped bit")
    restated.stop()
    with pytest.raises(ApiError):
        dta.load_leadflow(DAY, progress=False, settings=current().model_copy(update={"deadline": 1.0}))

    with pytest.raises(CacheError, match="damaged"):
        dta.load_leadflow(DAY, offline=True)


def test_what_was_known_then_is_an_error_when_its_file_is_lost(restated):
    """The answer of the 20th is there; the one of the 22nd was damaged and replaced by another."""
    newest = newest_file()
    restated.delete("leadflow", restated.now_sids[0])
    damage(newest, "cut")
    with time_machine.travel("2026-10-24 12:00+00:00"):
        dta.load_leadflow(DAY, progress=False)

    assert len(dta.load_leadflow(DAY, as_of="2026-10-21")) == len(restated.now_sids) + 1
    with pytest.raises(CacheError, match="choose another as_of"):
        dta.load_leadflow(DAY, as_of="2026-10-23")
    assert dta.load_leadflow(DAY, as_of="2026-10-25")["sid"].tolist() == restated.now_sids[1:]


def test_after_a_damaged_manifest_no_day_is_final(restated):
    """What the damaged one said is lost, so the day is asked once more."""
    folder = leadflow_source(current()).entry.manifests
    damage(max(folder.iterdir()), "flipped bit")

    assert dta.load_leadflow(DAY, progress=False)["sid"].tolist() == restated.now_sids


@pytest.mark.parametrize("minutes", [-120, -2, -1, 0])
def test_the_later_answer_counts_though_the_clock_was_set_back(emulate, minutes):
    """The clock of this machine goes back between two loads of a day."""
    service = emulate()
    with time_machine.travel("2026-10-08 12:00+00:00"):
        gone = dta.load_leadflow(DAY, progress=False)["sid"].iloc[0]
    service.delete("leadflow", gone)
    with time_machine.travel(dt.datetime(2026, 10, 8, 12, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)):
        later = dta.load_leadflow(DAY, progress=False)

    assert gone not in set(later["sid"])
    assert dta.load_leadflow(DAY, offline=True)["sid"].tolist() == later["sid"].tolist()


def records(*calls):
    """LeadFlow calls of (sid, day) pairs."""
    return pa.Table.from_pylist(
        [
            {"sid": sid, "call_date": dt.datetime(2026, 10, day, 12), "call_day": dt.date(2026, 10, day)}
            for sid, day in calls
        ],
        schema=LEADFLOW.schema,
    )


def published(entry, day, table, since, asked=20):
    """Publish a day as a load that set out to write manifest number ``since``."""
    moment = dt.datetime(2026, 10, asked, tzinfo=dt.UTC)
    written = replace(entry, since=since)
    written.publish({f"2026-10-{day:02}": written.write(dt.date(2026, 10, day), table, moment)})


@pytest.fixture
def offline(tmp_path):
    """An empty cache, offline."""
    with Emulator(quirks=Quirks()) as service:
        settings = settings_for(service, tmp_path / "cache", offline=True)
        with using(settings):
            entry = leadflow_source(settings).entry
            entry.prepare()
            yield entry


MOVED = [((1, 2), {"5": "a", "6": "bc"}), ((2, 1), {"5": "ab", "6": "c"}), ((0, 0), {"5": "a", "6": "bc"})]


@pytest.mark.parametrize("reader", ["load", "scan duckdb", "scan dask", "publish"])
@pytest.mark.parametrize(("order", "expected"), MOVED)
def test_a_call_that_moved_to_another_day_stands_where_the_newest_load_found_it(
    offline, order, expected, reader, tmp_path
):
    """Days 5 (a and b) and 6 (b and c) come from two loads; ``b`` is counted once, three calls in all.

    An earlier release kept no numbers (0): there the moments of asking decide, 20 and 21 October.
    """
    for day, since, calls in ((5, order[0], "ab"), (6, order[1], "bc")):
        published(offline, day, records(*((sid, day) for sid in calls)), since, asked=15 + day)

    window = ("2026-10-05", "2026-10-07")
    if reader == "load":
        found = dta.load_leadflow(*window)
        again = dta.load_leadflow(*window, columns=["sid"])
        assert again["sid"].tolist() == found["sid"].tolist()
        assert dta.load_leadflow(*window, as_of="2026-12-01")["sid"].tolist() == found["sid"].tolist()
    elif reader == "publish":
        dta.publish("leadflow", *window, url=str(tmp_path / "shared"))
        found = pd.read_parquet(tmp_path / "shared" / "leadflow").sort_values("sid")
    else:
        scanned = dta.scan("leadflow", *window, engine=reader.split()[1])
        found = (
            scanned.dask.compute()
            if scanned.engine == "dask"
            else scanned.relation.to_arrow_table().to_pandas()
        )
    found = found.sort_values("sid")
    days = pd.to_datetime(found["call_day"]).dt.day.astype(str)
    assert found["sid"].groupby(days.to_numpy()).sum().to_dict() == expected


def test_an_answer_is_not_replaced_by_a_load_that_began_before_it_was_known(offline):
    """Load 1 set out first and came last: what load 2 published meanwhile stays."""
    published(offline, 5, records(("a", 5), ("b", 5)), since=2)
    published(offline, 5, records(("a", 5)), since=1, asked=21)

    assert dta.load_leadflow(DAY)["sid"].tolist() == ["a", "b"]


def test_of_two_answers_of_one_moment_the_later_one_counts(offline):
    published(offline, 5, records(("a", 5)), since=1)
    published(offline, 5, records(("a", 5), ("b", 5)), since=2)

    assert dta.load_leadflow(DAY, as_of="2026-10-20 12:00")["sid"].tolist() == ["a", "b"]


def test_a_day_without_calls_is_final_only_when_that_was_said_twice_with_time_between(emulate):
    """A replica that lags answers without calls for a while; the day settled long ago."""
    emulate()
    day = "2026-10-05"
    sid = dta.load_leadflow(day, progress=False)["sid"].tolist()
    dta.cache.clear()
    entry = leadflow_source(current()).entry
    asked = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    entry.prepare()
    entry.publish({day: entry.write(dt.date(2026, 10, 5), LEADFLOW.empty(), asked)})

    assert dta.load_leadflow(day, progress=False)["sid"].tolist() == sid


def test_a_where_that_the_service_ignored_is_applied_to_what_is_cached(emulate):
    """The entry of a condition holds calls that do not meet it."""
    service = emulate()
    where = {"talk_minutes": pd.Interval(0.5, float("inf"), closed="left"), "channel": "Call Extension"}
    source = bids_source(current(), where=where)
    everything = dta.load_bids(DAY, progress=False)
    wrong = bids_source(current()).entry
    table = wrong.read(wrong.parts(wrong.manifest(), [dt.date(2026, 10, 5)]))
    from dtanalytics.cache.entry import plain
    from dtanalytics.schema import BIDS

    source.entry.prepare()
    asked = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    source.entry.publish({DAY: source.entry.write(dt.date(2026, 10, 5), plain(table, BIDS), asked)})
    meant = everything[(everything["talk_minutes"] >= 0.5) & (everything["channel"] == "Call Extension")]

    assert 0 < len(meant) < len(everything)
    found = dta.load_bids(DAY, where=where, offline=True)
    assert found["sid"].tolist() == meant["sid"].tolist()
    assert (
        dta.load_bids(DAY, where=where, offline=True, columns=["sid"])["sid"].tolist()
        == meant["sid"].tolist()
    )
    for engine in ("duckdb", "dask"):
        scanned = dta.scan("bids", DAY, where=where, offline=True, engine=engine)
        assert scanned.rollup(None, "call_count").iloc[0, 0] == len(meant)
    assert service.requests


def test_a_cache_of_an_earlier_release_is_read(offline):
    """Its manifests had neither numbers nor doubt: written here as that release wrote them."""
    table = records(("a", 5), ("b", 5))
    written = offline.write_file(DAY, table)
    body = (
        f'{{"format":1,"account_id":"7","days":{{"{DAY}":[{{"asked":"2026-10-20T00:00:00Z",'
        f'"checked":"2026-10-21T00:00:00Z","rows":2,"file":"{written["file"]}",'
        f'"sha256":"{written["sha256"]}","bytes":{written["bytes"]}}}]}}}}'
    ).encode()
    files.make_folder(offline.manifests)
    (offline.manifests / "00000007.json").write_bytes(files.digest(body).encode() + b"\n" + body + b"\n")

    assert dta.load_leadflow(DAY)["sid"].tolist() == ["a", "b"]
    assert manifest.latest(offline.manifests).number == 7
    assert dta.cache.verify().empty
    published(offline, 5, records(("a", 5)), since=8, asked=22)
    assert dta.load_leadflow(DAY)["sid"].tolist() == ["a"]
    assert dta.load_leadflow(DAY, as_of="2026-10-20")["sid"].tolist() == ["a", "b"]
