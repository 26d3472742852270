"""The demo serves the sample for as long as it lasts and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.demo import sample_file
from dtanalytics.errors import ConfigError, WindowWarning
from dtanalytics.loading import demonstration
from dtanalytics.settings import Settings, current
from dtanalytics.window import parse_window


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


def test_a_month_that_the_demonstration_does_not_have_is_told():
    """A window without calls names the months that have some; one that reaches into them says nothing."""
    months = r"has calls of 2026-09 and 2026-10 alone: none of 2026-08-01 up to 2026-09-01"
    with dta.demo() as demo:
        with pytest.warns(WindowWarning, match=months):
            assert dta.load_leadflow("2026-08", progress=False).empty
        with pytest.warns(WindowWarning, match=months):
            assert dta.count_bids("2026-08") == 0
        with pytest.warns(WindowWarning, match=months):
            dta.scan("bids", "2026-08", progress=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            calls = dta.load_leadflow("2026-08-31", "2026-09-02", progress=False)
        settings = demo.settings

    assert calls.attrs["dtanalytics"]["demo"] is True
    assert demonstration.SERVED == {}
    assert demonstration.beside(parse_window("2026-08"), settings.leadflow_url) is None


def test_missing_credentials_say_first_what_to_do(monkeypatch, tmp_path):
    """The message begins with the variables to set, and names the way without an account."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("DIALOGTECH_", "DTANALYTICS_"))]:
        monkeypatch.delenv(name)

    with pytest.raises(ConfigError) as caught:
        dta.load_leadflow("2026-10-05", settings=Settings(cache_dir=tmp_path))

    assert str(caught.value) == (
        "set DIALOGTECH_ACCESS_KEY and DIALOGTECH_API_KEY in the environment or in a .env file, or try the package without an account by dta.demo(): credentials are missing"
    )
