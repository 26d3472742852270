"""The demo serves the sample for as long as it lasts and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.demo import sample_file
from dtanalytics.settings import current


def test_inside_the_demo_loads_ask_it_and_afterwards_everything_is_as_before():
    before = current()
    with dta.demo() as demo:
        frame = dta.load_leadflow("2026-10-05", progress=False)
        inside = current()
        exact = demo.service.compare("leadflow", frame, "2026-10-05", "2026-10-06").exact
        cached = any(inside.cache_dir.rglob("*.parquet"))

    assert len(frame) > 100
    assert exact
    assert cached
    assert not inside.cache_dir.exists()
    assert current() == before


def test_an_argument_that_the_emulator_does_not_have_is_answered_with_the_nearest():
    with pytest.raises(dta.errors.ArgumentError, match="no argument 'quirk'; did you mean 'quirks'"):
        dta.demo(quirk=3)


def test_the_saved_sample_reads_as_the_demo_loads():
    with dta.demo():
        loaded = dta.load_leadflow("2026-10-12", progress=False)
    saved = dta.read_leadflow(sample_file("leadflow"))
    same_day = saved[saved["call_day"] == "2026-10-12"].reset_index(drop=True)

    assert list(same_day.columns) == list(loaded.columns)
    assert same_day["sid"].tolist() == loaded["sid"].tolist()
    pd.testing.assert_frame_equal(same_day.astype("str"), loaded.astype("str"))


def test_a_demo_at_a_moment_knows_only_what_was_known_then():
    with dta.demo(now="2026-10-20 12:00:00") as demo:
        assert (
            max(row["call_date"] for row in demo.service.records("leadflow")).isoformat()
            <= "2026-10-20T12:00:00"
        )


def test_a_started_demo_ends_with_its_process(tmp_path):
    program = "import dtanalytics as dta; print(dta.demo().start().settings.cache_dir)"
    folder = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout.strip()

    assert "dtanalytics-demo-" in folder
    assert not Path(folder).exists()


def test_the_repr_says_which_days_there_are():
    assert "2026-09-01 to 2026-11-01" in repr(dta.demo())
