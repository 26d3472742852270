"""Whatever the calls are, no row of any file breaks a platform's rule, and every call is accounted for."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import upload_rules
from export_calls import MSCLKID, joined
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dtanalytics import exports
from dtanalytics.errors import InputError

NOW = pd.Timestamp("2026-11-03 09:00", tz="America/New_York")
FILES = {"google_clicks": (90, 6), "google_leads": (63, 6), "microsoft_clicks": (90, 0), "microsoft_bulk": (90, 0), "sa360": (90, 6)}  # fmt: skip

text = st.text(max_size=12) | st.sampled_from(["=cmd()", "+1", "{gclid}", "a,b", 'a"b', "a\nb", "-x", "@x"])
click_ids = st.sampled_from(["Abc", "aBC", "x-_9", MSCLKID, MSCLKID.upper()]) | text | st.none()
ago = st.sampled_from([0, 1, 6, 24, 48, 50, 51, 52, 62 * 24, 63 * 24, 90 * 24]) | st.integers(-5, 2400)
moments = st.builds(
    lambda hours, seconds: NOW - pd.Timedelta(hours=hours, seconds=seconds), ago, st.integers(-2, 3601)
)
clicks = st.none() | st.builds(lambda hours: NOW - pd.Timedelta(hours=hours), ago)
sids = st.sampled_from(["1", "1710010011223344", "8005550102", "+18005550102", "=1"]) | text | st.none()
callers = st.sampled_from(["Anonymous", "266696687"]) | text | st.none()
prices = (
    st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 0.1, 12.3456, 40.0])
)
flags = st.none() | st.booleans()


@st.composite
def calls(draw):
    """A good call of this moment, each of whose fields is anything in one of eight cases."""

    def mostly(usual, hostile):
        return draw(hostile if draw(st.integers(0, 7)) == 0 else usual)

    call = draw(moments)
    ids = draw(
        st.sampled_from([(MSCLKID, "msclkid"), ("Abc-_9", "gclid"), ("aBC", "gbraid"), ("0AAAA", "wbraid")])
    )
    click = mostly(
        st.timedeltas(*(timedelta(days=days) for days in (0, 60))).map(lambda gap: call - gap), clicks
    )
    return {
        "sid": mostly(st.integers(1, 40).map(str), sids),
        "call_date": mostly(st.just(call), st.none()),
        "call_date_ambiguous": draw(flags),
        "date_added": mostly(st.just(call), st.none()),
        "offer_qualified": mostly(st.just(value=True), flags),
        "offer_price": mostly(st.integers(0, 10**6).map(lambda units: units / 10_000), prices),
        "affiliate_qualified": draw(flags),
        "affiliate_price": mostly(st.sampled_from([0.0, 0.1, 3.3333]), prices),
        "caller_id": mostly(st.sampled_from(["(800) 555-0102", "+12125550142"]), callers),
        "click_id": mostly(st.just(ids[0]), click_ids),
        "click_id_type": mostly(st.just(ids[1]), st.sampled_from(["gclid", "msclkid", "new", None])),
        "click_id_field": draw(st.sampled_from(["last_touch", "baseuri"])),
        "last_touch_timestamp": click,
        "displayed_timestamp": mostly(st.just(click), st.none()),
    }


def margin(call: dict) -> Decimal:
    """Worth of a call by hand, to 1/10,000."""

    def earned(price: float, qualified: bool | None) -> Decimal:
        exact = Decimal(str(price)) if qualified else Decimal(0)
        return exact.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)

    return earned(call["offer_price"], call["offer_qualified"]) - earned(
        call["affiliate_price"], call["affiliate_qualified"]
    )


@settings(max_examples=10, phases=(Phase.generate,), suppress_health_check=[HealthCheck.too_slow])
@given(made=st.lists(calls(), min_size=15, max_size=25))
def test_no_row_of_any_file_breaks_a_rule(made):
    frame = joined(*made)
    for kind, (oldest, youngest) in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            done = getattr(exports, kind)(frame, Path(folder) / "a.csv", "Call", now=NOW, ledger=False)
            rows = getattr(upload_rules, kind)(done.path.read_bytes().decode())
        accounted = len(done.written) + len(done.refused)

        assert len(rows) == len(done.written)
        assert accounted == sum(call["offer_qualified"] is True for call in made)
        for row, sid in zip(rows, done.written["sid"], strict=True):
            assert_is_one_of(row, [call for call in made if call["sid"] == sid], oldest, youngest)


def assert_is_one_of(row: upload_rules.Row, sources: list[dict], oldest: int, youngest: int) -> None:
    """One of the calls with this sid is the row: its click byte for byte, its moment, its worth, its age."""
    problems = []
    for call in sources:
        moment = call["call_date"] if call["call_date"] is not None else call["date_added"]
        if moment is None or (row.click_id and row.click_id != call["click_id"]):
            problems.append("another click or no time")
            continue
        moment = moment.tz_convert("UTC").floor("s")
        second_time = pd.Timestamp(row.time) - moment == pd.Timedelta(hours=1)
        if not (pd.Timestamp(row.time) == moment or (call["call_date_ambiguous"] and second_time)):
            problems.append("another time")
            continue
        if row.value != margin(call):
            problems.append(f"another value: {row.value} for {margin(call)}")
            continue
        click = call["last_touch_timestamp"]
        try:
            upload_rules.ages(
                row, None if click is None else click.to_pydatetime(), NOW.to_pydatetime(), oldest, youngest
            )
        except upload_rules.InvalidFileError as error:
            problems.append(str(error))
            continue
        return

    pytest.fail(f"{row} is none of its calls: {problems}")


def test_white_space_around_identifiers_and_clicks_is_no_part_of_them(tmp_path):
    calls = pd.DataFrame({
        "sid": ["1710 "], "call_date": ["2026-10-05 14:00"], "margin": [12.5], "offer_qualified": [True],
        "click_id": [" Cj0KC-x\u00a0"], "click_id_type": ["gclid "],
    })  # fmt: skip
    done = exports.google_clicks(calls, tmp_path / "google.csv", "Call", now="2026-10-06", ledger=False)
    assert done.path.read_text("utf-8").splitlines()[2] == "Cj0KC-x,Call,2026-10-05 14:00:00,12.50,USD,1710"


@pytest.mark.parametrize("engine", ["polars", "arrow", "duckdb"])
def test_calls_of_every_engine_make_the_same_file(tmp_path, engine):
    frame = joined({"sid": "1"}, {"sid": "2", "click_id": None}, {"sid": "3", "click_id": "dEf"})
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    made = {"polars": pl.from_arrow, "arrow": lambda table: table, "duckdb": duckdb.from_arrow}[engine](arrow)
    first, second = (
        exports.google_clicks(one, tmp_path / f"{at}.csv", conversion_name="Call", now=NOW, ledger=False)
        for at, one in enumerate((frame, made))
    )
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.refused["error"].tolist() == second.refused["error"].tolist()


def test_what_is_no_frame_of_calls_is_named(tmp_path):
    with pytest.raises(InputError, match=r"calls: calls come as pandas, pyarrow, .* not as list"):
        exports.google_clicks([1], tmp_path / "x.csv", conversion_name="Call", now=NOW, ledger=False)
