"""Faults 48 to 60: what a disk, other processes and a user's Ctrl-C can do to the cache."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import re
import signal
import threading
import time
from pathlib import Path

import loading_processes
import pytest
from fault_world import SEEDS, SPAN, Tally, World
from other_os import SYSTEMS, play

import dtanalytics as dta
from dtanalytics.apis import client, paging
from dtanalytics.cache import files
from dtanalytics.errors import CacheError
from dtanalytics.loading import fetch

BOTH = ("leadflow", "bids")
SEEDS = SEEDS[: len(SYSTEMS)]
"""One for each system: what a disk does is the same for any calls."""


@pytest.fixture
def each_world(tmp_path, record_property):
    """Call a function with one world a seed, on each system in turn, and add what it counts to the matrix."""

    def run(number, function):
        tally = Tally(seeds=set(SEEDS))
        for seed in SEEDS:
            with contextlib.ExitStack() as stack:
                folder = tmp_path / f"world-{seed}"
                folder.mkdir()
                play(SYSTEMS[seed % len(SYSTEMS)], stack.enter_context(pytest.MonkeyPatch.context()))
                function(World(folder, seed, BOTH[seed % 2], stack, shared=True), tally)
        record_property("faults", (number, vars(tally)))

    return run


class Disk:
    """Fails the Nth operation of the cache that changes the disk, and counts them."""

    def __init__(self, monkeypatch, fail_at, error):
        self.count = 0
        self.fail_at = fail_at
        self.error = error
        for name in ("open", "write", "fsync", "link", "rename"):
            monkeypatch.setattr(files.os, name, self._wrap(getattr(os, name), name))
        monkeypatch.setattr(files.Path, "replace", self._wrap(Path.replace, "replace"))

    def _wrap(self, function, name):
        def call(*args, **options):
            writes = name != "open" or (len(args) > 1 and args[1] & os.O_CREAT)
            if writes:
                self.count += 1
                if self.count == self.fail_at:
                    raise OSError(self.error, os.strerror(self.error))
            return function(*args, **options)

        return call


@pytest.mark.parametrize(("number", "error"), [(49, errno.ENOSPC), (50, errno.EIO)])
def test_the_nth_operation_of_the_disk_fails_for_every_n(each_world, number, error):
    """Full disk or broken disk at the Nth write, fsync or rename, until the load gets through."""

    def one(here, tally):
        step = 1 if here.seed == 1 else 7
        for fail_at in range(here.seed, 400, step):
            with pytest.MonkeyPatch.context() as patch:
                disk = Disk(patch, fail_at, error)
                try:
                    frame = here.load()
                except CacheError:
                    frame = None
                    assert here.state() == here.published
            if disk.count < fail_at:
                break
            if frame is not None:
                here.count(here.differences(frame), tally)
                assert here.differences(frame).exact
                dta.cache.clear(here.report, *SPAN)
                here.published = here.state()
        else:
            pytest.fail("the load never got through")
        tally.outcomes.append("T")
        here.published = here.state()
        here.run("E", tally=tally)

    each_world(number, one)


KILLS = int(os.environ.get("TEST_KILLS", "10"))
"""How often a load of each report is killed, at points that cover all its writes."""


@pytest.mark.timeout(180 + 5 * KILLS)
def test_kill_minus_nine_at_any_write_leaves_the_next_load_exact(each_world):
    """A process is killed at the Nth write, fsync, link or rename; the next load is exact and nothing is broken."""

    def one(here, tally):
        points = [1 + 60 * number // (KILLS - 1) for number in range(KILLS)]
        for at in points[here.seed - 1 :: len(SEEDS)]:
            child = loading_processes.start(here.settings, here.report, SPAN, dies_at=at)
            child.join(60)
            assert child.exitcode in {-signal.SIGKILL, 0}
            here.published = here.state()
            here.run("E", tally=tally)
            dta.cache.clear(here.report, *SPAN)
        assert leftovers(here, older_than=3600) == []

    each_world(48, one)


def leftovers(here, older_than):
    """Files of the cache that nothing refers to and that are older than some seconds."""
    from dtanalytics.cache.inspect import entries

    known = {name for entry in entries() for name in entry.manifest().names()}
    kept = {"question.json", "CACHEDIR.TAG"}
    return [
        path
        for path in here.settings.cache_dir.rglob("*")
        if path.is_file()
        and path.name not in known | kept
        and path.parent.name != "manifests"
        and time.time() - path.stat().st_mtime > older_than
    ]


def data_files(here):
    """Data files of the published days."""
    return sorted(here.settings.cache_dir.rglob("*.parquet"))


def test_a_read_only_cache_serves_what_it_holds_and_names_what_it_cannot_keep(each_world, monkeypatch):
    """Reading needs no write; a load that has to write says where it could not."""

    def one(here, tally):
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, 1, errno.EROFS)
            baseline = here.load("2026-10-03", "2026-10-05")
        assert here.differences(baseline, ("2026-10-03", "2026-10-05")).exact
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, 1, errno.EROFS)
            with pytest.raises(CacheError, match="DTANALYTICS_CACHE_DIR"):
                here.load()
        here.run("E", tally=tally)

    each_world(50, one)


@pytest.mark.parametrize(("number", "how"), [(51, "flip"), (52, "cut")])
def test_a_damaged_file_is_moved_aside_and_its_days_are_asked_again(each_world, number, how):
    """One flipped bit, or a file cut short, anywhere."""

    def one(here, tally):
        here.load()
        here.published = here.state()
        for path in data_files(here)[:3]:
            content = bytearray(path.read_bytes())
            place = here.random.randrange(len(content))
            if how == "flip":
                content[place] ^= 1 << here.random.randrange(8)
            else:
                del content[place:]
            path.write_bytes(content)
        assert len(dta.cache.verify()) == 3
        baseline = here.load("2026-10-03", "2026-10-05")
        assert here.differences(baseline, ("2026-10-03", "2026-10-05")).exact
        here.run("R", tally=tally)

    each_world(number, one)


@pytest.mark.parametrize("how", ["cut", "changed", "gone", "future"])
def test_a_damaged_manifest_is_passed_over_and_a_newer_one_is_refused(each_world, how):
    """Truncated or altered: the one before it counts. Gone: asked again. From the future: an error."""

    def one(here, tally):
        here.load()
        newest = max(here.settings.cache_dir.rglob("0*.json"), key=lambda path: path.name)
        content = newest.read_bytes()
        if how == "future":
            body = content.partition(b"\n")[2].rstrip(b"\n").replace(b"{", b'{"format":99,', 1)
            newest.write_bytes(files.digest(body).encode() + b"\n" + body + b"\n")
            with pytest.raises(CacheError, match="newer dtanalytics"):
                here.load()
            newest.write_bytes(content)
            tally.outcomes.append("T")
        elif how == "cut":
            newest.write_bytes(content[: here.random.randrange(len(content))])
        elif how == "changed":
            fewer = re.sub(rb'"rows":(\d+)', lambda rows: b'"rows":%d' % (int(rows[1]) - 1), content, count=1)
            assert fewer != content
            newest.write_bytes(fewer)
        else:
            for path in here.settings.cache_dir.rglob("0*.json"):
                path.unlink()
        here.published = here.state()
        here.run("R", tally=tally)

    each_world(53, one)


def test_offline_an_altered_manifest_is_passed_over_too(each_world):
    """The one before it counts, with every row, though no day can be asked again."""

    def one(here, tally):
        here.load()
        here.load("2026-10-01", "2026-10-02")
        newest = max(here.settings.cache_dir.rglob("0*.json"), key=lambda path: path.name)
        content = newest.read_bytes()
        fewer = re.sub(rb'"rows":(\d+)', lambda rows: b'"rows":%d' % (int(rows[1]) - 1), content)
        assert fewer != content
        newest.write_bytes(fewer)
        assert here.differences(here.load(offline=True), SPAN).exact
        here.published = here.state()
        here.run("E", tally=tally)

    each_world(53, one)


@pytest.mark.parametrize("number", [54, 56])
def test_two_writers_and_a_reader_never_see_anything_but_whole_days(each_world, number):
    """Two processes load the same window while a third reads; with locks that do nothing, too."""

    def one(here, tally):
        wanted = len(here.service.ledger(here.report, *SPAN))
        writers = [
            loading_processes.start(
                here.settings, here.report, SPAN, rows=wanted, idle_locks=number == 56, refresh=True
            )
            for _ in range(2)
        ]
        while any(writer.is_alive() for writer in writers):
            frame = here.load("2026-10-03", "2026-10-05", offline=True)
            assert here.differences(frame, ("2026-10-03", "2026-10-05")).exact
            time.sleep(0.02)
        assert [writer.exitcode for writer in writers] == [0, 0]
        here.published = here.state()
        here.run("E", tally=tally)

    each_world(number, one)


def test_a_reader_during_a_publication_sees_the_old_days_or_the_new_ones(each_world):
    """Many readings while a writer publishes the same days again and again."""

    def one(here, tally):
        here.load()
        done = threading.Event()
        faults = []

        def read():
            while not done.is_set():
                try:
                    frame = here.load(offline=True, settings=here.settings)
                    faults.extend([] if here.differences(frame).exact else ["differs"])
                except Exception as error:  # noqa: BLE001  # whatever it is, the test must show it
                    faults.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(3):
            here.load(refresh=True)
        done.set()
        reader.join()

        assert faults == []
        here.published = here.state()
        here.run("E", tally=tally)

    each_world(55, one)


def test_what_a_crash_left_is_swept_after_an_hour_and_not_before(each_world):
    """Old orphans go, young ones stay: somebody may be about to refer to them."""

    def one(here, tally):
        data = next(here.settings.cache_dir.rglob("data"))
        old, young = data / ".tmp-1-old", data / ".tmp-2-young"
        orphan = data / "2026-10-05.0123456789abcdef.parquet"
        for path in (old, young, orphan):
            path.write_bytes(b"x")
        for path in (old, orphan):
            os.utime(path, (time.time() - 3700, time.time() - 3700))
        here.run("E", tally=tally)

        assert (old.exists(), orphan.exists(), young.exists()) == (False, False, True)

    each_world(57, one)


def test_links_and_hostile_names_in_the_cache_are_refused(each_world, tmp_path):
    """A link is never followed, a name with a path in it never opened."""

    def one(here, tally):
        entry = next(path.parent for path in here.settings.cache_dir.rglob("question.json"))
        elsewhere = tmp_path / f"elsewhere-{here.seed}"
        entry.rename(elsewhere)
        entry.symlink_to(elsewhere)
        for offline in (False, True):
            with pytest.raises(CacheError, match="is a link"):
                here.load(offline=offline)
        entry.unlink()
        elsewhere.rename(entry)
        newest = max(here.settings.cache_dir.rglob("0*.json"), key=lambda path: path.name)
        content = newest.read_bytes()
        name = data_files(here)[0].name.encode()
        body = content.partition(b"\n")[2].rstrip(b"\n").replace(name, b"../../../etc/passwd")
        newest.write_bytes(files.digest(body).encode() + b"\n" + body + b"\n")
        with pytest.raises(CacheError, match="no file of a cache"):
            here.load()
        newest.write_bytes(content)
        tally.outcomes.append("T")
        here.run("E", tally=tally)

    each_world(58, one)


def test_an_interrupted_load_goes_on_where_it_stopped(each_world, monkeypatch):
    """Ctrl-C at any page: the next load is exact, and windows that were proved are not asked again."""

    def one(here, tally):
        monkeypatch.setattr(paging, "LOOKAHEAD", 2)
        monkeypatch.setattr(fetch, "WINDOWS", 1)
        monkeypatch.setattr(fetch, "MAX_DAYS", 1)
        clean = len(here.service.requests)
        here.load()
        whole = len(here.service.requests) - clean
        dta.cache.clear(here.report, *SPAN)
        here.published = here.state()
        stop_at = (
            whole - 1 - here.seed % 3
        )  # what is paid for by then outweighs the look whether it still stands
        start = len(here.service.requests)
        waiting = client.wait

        def interrupted(futures, **_options):
            while len(here.service.requests) - start < stop_at and not all(f.done() for f in futures):
                time.sleep(0.001)
            raise KeyboardInterrupt

        monkeypatch.setattr(client, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            here.load()
        monkeypatch.setattr(client, "wait", waiting)
        assert here.state() == here.published
        time.sleep(0.2)  # requests under way when the load was called off come to their end
        before = len(here.service.requests)
        here.run("E", tally=tally, heal=False)
        assert len(here.service.requests) - before < whole

    each_world(59, one)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_share_one_ceiling(tmp_path, method, record_property):
    """However a pool is started, no window of the ceiling's length holds more requests than it allows."""
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    path = tmp_path / "requests.log"
    workers = [context.Process(target=loading_processes.take_slots, args=(path, 15, queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    moments = sorted(queue.get(timeout=60) for _ in range(30))
    for worker in workers:
        worker.join()

    most = max(sum(start <= moment < start + 2.0 for moment in moments) for start in moments)
    assert most <= 20
    record_property("faults", (60, vars(Tally(outcomes=["E"], seeds={method}))))
