"""Faults 126 and on: services that hide records, leave values out, or refuse what others allow."""

from __future__ import annotations

import datetime as dt
import warnings

import pytest
from test_fault_wire import BIDS, LEADFLOW, SPAN, each_seed, hurry  # noqa: F401  # a fixture

import dtanalytics as dta
from dtanalytics.emulator import Emulator, Quirks, generate
from dtanalytics.emulator.service.faults import Fault
from dtanalytics.errors import IncompleteError, SchemaDriftWarning


def turn(world, **quirks):
    """Let the service behave in another way from now on."""
    world.service.quirks = Quirks(**quirks)
    world.service._views.clear()


@each_seed(126)
def test_a_page_size_that_is_refused_is_asked_smaller(world, tally, monkeypatch):
    """A service that answers 400 to 250 records a page gives all calls in smaller pages."""
    here = world(quirks={"refused_above": 60}, page_cap=60)
    here.run("E", tally=tally)


@each_seed(127)
def test_a_replica_without_the_newest_calls_hides_none_in_silence(world, tally, monkeypatch):
    """Every second answer lacks the three newest calls: all calls come, or an error says what does not fit."""
    here = world(quirks={"replica_lag": 3})
    window = ("2026-10-07", "2026-10-10")
    here.run("ET", lambda: here.load(*window), window=window, tally=tally, heal=False)


@each_seed(128)
def test_a_replica_without_the_newest_calls_of_a_newest_first_order(world, tally, monkeypatch):
    """The same where the newest calls come first, so that pages of both replicas do not fit."""
    here = world(quirks={"replica_lag": 3, "order": "newest"})
    window = ("2026-10-07", "2026-10-10")
    here.run("ET", lambda: here.load(*window), window=window, tally=tally, heal=False)


@each_seed(129)
def test_values_that_whole_pages_lack_are_no_nulls(world, tally, monkeypatch):
    """A field that is null on every second page, and comes when it is asked alone, is an error."""
    field = {"leadflow": "talk_seconds", "bids": "talk_minutes"}
    here = world(page_cap=40)
    turn(here, page_cap=40, blank_pages=field[here.report])
    here.run("T", tally=tally, heal=False)


@each_seed(130, reports=BIDS)
def test_conditions_that_a_service_misreads_are_an_error(world, tally, monkeypatch):
    """No call comes under a condition, and some that meet it without: never an empty frame."""
    here = world(quirks={"conditions_match": False})
    with pytest.raises(IncompleteError, match="reads them in another way"):
        here.load(*SPAN, where={"channel": "SourceTrak"})
    tally.outcomes.append("T")


@each_seed(131, reports=LEADFLOW)
def test_a_service_that_leaves_out_the_first_second_is_an_error(world, tally, monkeypatch):
    """Windows share their edge, so a call at the very second of a window's start would be lost."""
    here = world()
    turn(here, page_cap=25, start_inclusive=False, end_inclusive=False)
    here.run("T", tally=tally, heal=False)


@each_seed(133)
def test_a_service_that_is_empty_from_some_answer_on_is_an_error(world, tally, monkeypatch):
    """Calls that came a moment ago cannot be no calls: a key may have expired without a word."""
    here = world()
    here.service.inject(Fault.LAGGING, at=4, times=float("inf"), report=here.report)
    here.run("T", tally=tally)


@each_seed(132, reports=LEADFLOW)
def test_records_left_out_between_pages_are_an_error(world, tally, monkeypatch):
    """A service that drops a record at each edge between pages is found by a page of another size."""
    here = world()
    turn(here, page_cap=25, skipped=1)
    here.run("T", tally=tally, heal=False)


def test_a_page_without_a_column_that_stays_so_is_told_and_asked_again_next_time(tmp_path):
    """What the service itself says is kept, with a warning, and is not final for ten minutes."""
    from dtanalytics.demo import settings_for

    calls = generate(bids=400, start="2026-10-01", end="2026-10-08", seed=3)
    with Emulator(calls, quirks=Quirks(page_cap=50)) as service:
        rows = service.records("bids", "2026-10-01", "2026-10-08")
        for row in rows[:150]:
            service.update("bids", row["sid"], zipcode=None)
        for row in rows[150:]:
            service.update("bids", row["sid"], zipcode="02139")
        settings = settings_for(service, tmp_path)

        def load():
            return dta.load_bids("2026-10-01", "2026-10-08", settings=settings, progress=False)

        with pytest.warns(SchemaDriftWarning, match="no value on whole pages in 'zipcode'"):
            first = load()
        asked = len(service.requests)
        with pytest.warns(SchemaDriftWarning, match="no value on whole pages"):
            again = load()

    assert first["zipcode"].isna().sum() == again["zipcode"].isna().sum() == 150
    assert len(service.requests) > asked


@pytest.mark.parametrize("report", ["leadflow", "bids"])
def test_a_day_that_came_empty_is_asked_again_by_the_next_load(tmp_path, hurry, report):  # noqa: F811
    """A service that answers "no calls" for a whole load and then has calls never loses a day for good."""
    from dtanalytics.demo import settings_for

    calls = generate(leadflow=60, bids=60, start="2026-10-01", end="2026-10-04", seed=5)
    load = dta.load_leadflow if report == "leadflow" else dta.load_bids
    with Emulator(calls) as service:
        settings = settings_for(service, tmp_path)
        service.inject(Fault.LAGGING, times=float("inf"))
        empty = load("2026-10-01", "2026-10-04", settings=settings, progress=False)
        with dta.settings.using(settings):
            stored = dta.cache.vintages(report, "2026-10-01", "2026-10-04")
        service._injections.clear()
        full = load("2026-10-01", "2026-10-04", settings=settings, progress=False)
        before = len(service.requests)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            load("2026-10-01", "2026-10-04", settings=settings, progress=False)

    assert (len(empty), len(full)) == (0, 60)
    assert stored["rows"].tolist() == [0, 0, 0]
    assert stored["final"].tolist() == [False, False, False]
    assert len(service.requests) == before, "days with calls that have settled are final"


def test_a_call_that_a_lagging_replica_shows_last_is_loaded(tmp_path):
    """The newest calls are asked for once more when all else was read: two requests, the last of a load."""
    from dtanalytics.demo import settings_for

    def load(name, act):
        calls = generate(leadflow=60, start="2026-10-01", end="2026-10-03", seed=4)
        with Emulator(calls) as service:
            last = service.records("leadflow")[-1]
            late = {**last, "sid": "9" * 16, "call_date": dt.datetime(2026, 10, 2, 23, 59, 59)}
            act(service, lambda: service.insert("leadflow", late))
            settings = settings_for(service, tmp_path / name)
            frame = dta.load_leadflow("2026-10-01", "2026-10-03", settings=settings, progress=False)
            return len(frame), len(service.requests)

    before, requests = load("a", lambda _service, _insert: None)
    after, _ = load("b", lambda service, insert: service.after(requests - 2, insert))

    assert (before, after) == (60, 61)


def test_a_newest_call_at_a_clock_that_never_was_is_no_contradiction(tmp_path):
    """02:30 in the night in which an hour is left out reads as 03:30, where the service finds no call."""
    from dtanalytics.demo import settings_for

    calls = generate(leadflow=40, start="2026-03-07", end="2026-03-08", seed=9)
    with Emulator(calls) as service:
        last = service.records("leadflow")[-1]
        service.insert("leadflow", {**last, "sid": "9" * 16, "call_date": dt.datetime(2026, 3, 8, 2, 30)})
        frame = dta.load_leadflow(
            "2026-03-07", "2026-03-09", settings=settings_for(service, tmp_path), progress=False
        )

    assert len(frame) == 41
    assert frame["call_date"].iloc[-1].isoformat() == "2026-03-08T03:30:00-04:00"


def test_records_that_come_and_go_end_in_an_error_and_not_in_a_loop(tmp_path, hurry):  # noqa: F811
    """A service whose newest call is there every second time is given up after a few rounds."""
    from dtanalytics.demo import settings_for

    calls = generate(leadflow=200, start="2026-10-01", end="2026-10-03", seed=7)
    with Emulator(calls, quirks=Quirks(replica_lag=2, order="newest", page_cap=30)) as service:
        settings = settings_for(service, tmp_path, deadline=15.0)
        with pytest.raises(IncompleteError, match="do not add up"):
            dta.load_leadflow("2026-10-01", "2026-10-03", settings=settings, progress=False)
        assert len(service.requests) < 500


def test_a_window_that_was_doubted_at_last_is_read_again_by_the_next_load(emulate):
    """What a load kept of a service that leaves out the first second is not taken up when it is mended."""
    service = emulate(quirks=Quirks(start_inclusive=False))
    with pytest.raises(IncompleteError, match="first second"):
        dta.load_leadflow(*SPAN, progress=False)
    service.quirks = Quirks()
    service._views.clear()
    frame = dta.load_leadflow(*SPAN, progress=False)

    assert service.compare("leadflow", frame.astype(object).where(frame.notna(), None), *SPAN).exact


@each_seed(200, reports=LEADFLOW)
def test_a_service_that_skips_its_second_page_is_an_error(world, tally, monkeypatch):
    """A service that counts one page too many after the first leaves a whole page out: never fewer calls."""
    here = world(page_cap=25)
    turn(here, page_cap=25, second_page_skipped=True)
    here.run("T", tally=tally, heal=False)


@each_seed(201)
def test_a_call_that_only_one_of_two_replicas_knows_is_not_lost(world, tally, monkeypatch):
    """One call in the middle is there in every second answer: it comes, or an error says so."""
    here = world(page_cap=25)
    turn(here, page_cap=25, replica_gap=True)
    window = ("2026-10-04", "2026-10-08")
    here.run("ET", lambda: here.load(*window), window=window, tally=tally, heal=False)


def test_the_first_record_of_any_question_is_not_taken_for_all(emulate):
    """A service that gives one record of any question: an error, or every call by many small questions."""
    calls = generate(leadflow=6, start="2026-10-05", end="2026-10-06", seed=3)
    service = emulate(calls, quirks=Quirks(result_cap=1))
    frame = dta.load_leadflow("2026-10-05", progress=False)

    assert service.compare("leadflow", frame.astype(object).where(frame.notna(), None)).exact


def test_a_cap_on_each_day_hides_no_call(emulate):
    """A service that gives the first 60 records of any day of a question gives the others when they are asked alone."""
    calls = generate(leadflow=300, start="2026-10-05", end="2026-10-08", seed=3)
    service = emulate(calls, quirks=Quirks(day_cap=60))
    frame = dta.load_leadflow("2026-10-05", "2026-10-08", progress=False)

    assert service.compare("leadflow", frame.astype(object).where(frame.notna(), None)).exact
