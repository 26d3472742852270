"""Two processes that publish to one folder at the same time: every day of both is listed, or an error says so."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import dtanalytics as dta
from dtanalytics.errors import CacheError, InputError
from dtanalytics.scan import dataset
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import using

PUBLISH = """
import sys, pathlib
import dtanalytics as dta
from dtanalytics.settings import Settings
settings = Settings(
    access_key="emulated-access-key", secret_access_key="emulated-secret-key", api_key="emulated-api-key",
    leadflow_url=sys.argv[1], cache_dir=pathlib.Path(sys.argv[2]), requests_per_minute=0,
)
sys.stdin.readline()
for day in sys.argv[4:]:
    dta.publish("leadflow", day, url=sys.argv[3], settings=settings)
"""


@pytest.fixture
def demo():
    with dta.demo() as started:
        yield started


def days_of(folder):
    """Days that the list of a folder names."""
    return sorted(dataset.Folder(str(folder), LEADFLOW).published().days)


def test_two_processes_list_the_days_of_both(demo, tmp_path):
    odd, even = ["2026-10-05", "2026-10-07", "2026-10-09"], ["2026-10-06", "2026-10-08", "2026-10-09"]
    command = [sys.executable, "-c", PUBLISH, demo.service.leadflow_url]
    both = [
        subprocess.Popen(
            [*command, str(tmp_path / name), str(tmp_path / "shared"), *days],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ,
        )
        for name, days in (("a", odd), ("b", even))
    ]
    with ThreadPoolExecutor(2) as pool:  # both begin once both are ready
        said = [errors for _, errors in pool.map(lambda process: process.communicate("go\n"), both)]
    calls = dta.load_leadflow("2026-10-05", "2026-10-10", progress=False)
    found = dta.scan("leadflow", "2026-10-05", "2026-10-10", source=str(tmp_path / "shared"))

    assert [process.returncode for process in both] == [0, 0], said
    assert days_of(tmp_path / "shared") == sorted({*odd, *even})
    assert int(found.rollup(None, "call_count").iloc[0, 0]) == len(calls) > 0


def test_on_storage_without_locks_the_second_of_two_publishers_is_refused(demo, tmp_path, monkeypatch):
    """The list that the first one wrote stays as it is."""
    monkeypatch.setattr(dataset.Folder, "local", False)
    written = dataset.Folder.write_day

    def meanwhile(folder, day, table):
        monkeypatch.setattr(dataset.Folder, "write_day", written)
        dta.publish("leadflow", "2026-10-06", url=str(tmp_path))
        return written(folder, day, table)

    monkeypatch.setattr(dataset.Folder, "write_day", meanwhile)
    with pytest.raises(CacheError, match="another process published"):
        dta.publish("leadflow", "2026-10-05", url=str(tmp_path))

    assert days_of(tmp_path) == ["2026-10-06"]


def test_a_publisher_that_waits_too_long_for_another_says_so(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "_PATIENCE", 0.1)
    with (
        dataset.Folder(str(tmp_path), LEADFLOW).one_writer(),
        pytest.raises(CacheError, match="another process has been publishing"),
    ):
        dta.publish("leadflow", "2026-10-05", url=str(tmp_path))


def test_of_two_questions_at_the_same_time_one_has_the_folder(demo, tmp_path, monkeypatch):
    """The condition is compared again once it is this process's turn to write."""
    turn = dataset.Folder.one_writer

    def after_another(folder):
        monkeypatch.setattr(dataset.Folder, "one_writer", turn)
        with using(demo.settings):
            dta.publish("bids", "2026-10-05", where={"channel": "SourceTrak"}, url=str(tmp_path))
        return turn(folder)

    monkeypatch.setattr(dataset.Folder, "one_writer", after_another)
    with pytest.raises(InputError, match="another folder"):
        dta.publish("bids", "2026-10-05", url=str(tmp_path))
