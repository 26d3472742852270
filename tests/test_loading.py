"""Loads against the emulator: every call of the window, once, unaltered, whatever the service is like."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.cache import staging
from dtanalytics.emulator import MARKET, Fault, Quirks, compare
from dtanalytics.errors import (
    AuthError,
    CacheError,
    ConfigError,
    DtError,
    IncompleteError,
    InputError,
    NotFoundError,
    SchemaDriftWarning,
)
from dtanalytics.loading import columns, fetch
from dtanalytics.loading.sources import leadflow_source
from dtanalytics.schema import BIDS, LEADFLOW

WEEK = ("2026-10-05", "2026-10-12")
DAYS = ("2026-10-05", "2026-10-08")


def differences(service, report, frame, start, end):
    """What a frame gets wrong about a window, by the emulator's own ledger."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return compare(service.ledger(report, start, end), report, rows)


def exact(service, report, frame, start, end):
    return differences(service, report, frame, start, end).exact


LOADERS = {"leadflow": dta.load_leadflow, "bids": dta.load_bids}


@pytest.fixture(params=["leadflow", "bids"])
def report(request):
    return request.param


OPEN = [  # any three of the first four meet in every way; each order meets both values of each
    (base, wrapped, inclusive, cap, order)
    for order, rows in {
        "oldest": ["0000", "1111", "0101", "1010"],
        "newest": ["0011", "1100", "0110", "1001"],
        "shuffled": ["0000", "1111", "0110", "1001"],
    }.items()
    for base, wrapped, inclusive, cap in (map(int, row) for row in rows)
]
"""What the documents leave open: the first page's number, an array or an object, the end, the cap, the order."""


@pytest.mark.parametrize(("base", "wrapped", "inclusive", "capped", "order"), OPEN)
def test_whatever_the_documents_leave_open_the_frame_is_the_same(
    emulate, base, wrapped, inclusive, capped, order
):
    cap, beyond = (50, "last") if capped else (100, "empty")
    quirks = Quirks(
        page_base=base,
        wrapped=bool(wrapped),
        end_inclusive=bool(inclusive),
        order=order,
        page_cap=cap,
        beyond=beyond,
    )
    service = emulate(quirks=quirks)

    calls = dta.load_leadflow(*DAYS)
    bids = dta.load_bids(*DAYS)

    assert exact(service, "leadflow", calls, *DAYS)
    assert exact(service, "bids", bids, *DAYS)
    assert calls["call_date"].is_monotonic_increasing
    assert len(calls) > 100


@pytest.mark.parametrize(
    "looks",
    [
        {"numbers": True, "count_shape": "number"},
        {"zeros": True, "count_shape": "total"},
        {"empty_text": True, "count_shape": "text"},
        {"pretty": True},
        {"gzip": True},
    ],
    ids=lambda looks: next(iter(looks)),
)
def test_whatever_the_answers_look_like_the_frame_is_the_same(emulate, report, looks):
    service = emulate(quirks=Quirks(**looks))

    frame = LOADERS[report](*WEEK)

    assert exact(service, report, frame, *WEEK)


def test_unstable_ties_lose_nothing(emulate, report):
    service = emulate(quirks=Quirks(order="unstable", page_cap=60))

    assert exact(service, report, LOADERS[report](*WEEK), *WEEK)


def test_version_three_gives_the_same_table(emulate):
    service = emulate(settings={"bids_url": None})
    settings = service.settings.model_copy(update={"bids_url": service.bids_v3_url})

    frame = dta.load_bids(*WEEK, version="v3", settings=settings)

    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert compare(service.ledger("bids", *WEEK, version="v3"), "bids", rows, "v3").exact
    assert list(frame) == BIDS.columns


def test_a_second_load_asks_nothing_and_verify_finds_nothing(service, report):
    first = LOADERS[report]("2026-10")
    asked = len(service.requests)

    second = LOADERS[report]("2026-10")

    pd.testing.assert_frame_equal(first, second)
    assert len(service.requests) == asked
    assert dta.cache.verify().empty


def test_a_longer_window_asks_only_for_the_days_that_are_missing(service):
    dta.load_leadflow("2026-10-05", "2026-10-08")
    asked = len(service.requests)

    calls = dta.load_leadflow("2026-10-04", "2026-10-10")

    windows = {(r.query["start_date"][:10], r.query["end_date"][:10]) for r in service.requests[asked:]}
    missing = {("2026-10-04", "2026-10-05"), ("2026-10-08", "2026-10-10")}
    assert windows >= missing
    # what is asked besides, to see that nothing is withheld, is a part of them
    assert all(any(low <= start and end <= high for low, high in missing) for start, end in windows)
    assert exact(service, "leadflow", calls, "2026-10-04", "2026-10-10")


def test_no_request_spans_more_than_seven_days(service):
    dta.load_leadflow("2026-09-25", "2026-11-05")

    spans = {
        dt.datetime.fromisoformat(r.query["end_date"]) - dt.datetime.fromisoformat(r.query["start_date"])
        for r in service.requests
    }
    assert max(spans) == dt.timedelta(days=7)


def test_a_window_of_too_many_pages_is_read_in_shorter_ones(emulate, report, monkeypatch):
    service = emulate(quirks=Quirks(page_cap=50))
    monkeypatch.setattr(fetch, "MOST_PAGES", 3)

    frame = LOADERS[report](*WEEK)

    assert exact(service, report, frame, *WEEK)
    asked = {(r.query.get("start_date"), r.query.get("q")) for r in service.requests}
    assert len(asked) > 2


def test_hours_of_a_day_are_cut_out_of_the_cached_day(service):
    calls = dta.load_leadflow("2026-10-05 09:30", "2026-10-05 17:00", columns=["sid"])
    day = dta.load_leadflow("2026-10-05")
    clock = day["call_date"].dt.tz_localize(None)

    inside = day[(clock >= "2026-10-05 09:30") & (clock < "2026-10-05 17:00")]
    assert calls["sid"].tolist() == inside["sid"].tolist()
    assert list(calls) == ["sid"]
    assert 0 < len(calls) < len(day)


def test_both_nights_on_which_clocks_change_are_complete(emulate):
    from dtanalytics.emulator import generate

    calls = generate(leadflow=6_000, bids=500, start="2026-03-06", end="2026-03-11", seed=4)
    service = emulate(calls)

    spring = dta.load_leadflow("2026-03-06", "2026-03-11")

    assert exact(service, "leadflow", spring, "2026-03-06", "2026-03-11")


def test_the_hour_that_occurs_twice_is_flagged_and_complete(service):
    night = dta.load_leadflow("2026-10-31", "2026-11-03")

    assert exact(service, "leadflow", night, "2026-10-31", "2026-11-03")
    clock = night["call_date"].dt.tz_localize(None)
    twice = (clock >= "2026-11-01 01:00") & (clock < "2026-11-01 02:00")
    assert (night["call_date_ambiguous"] == twice).all()


@pytest.mark.filterwarnings("ignore::dtanalytics.errors.WindowWarning")  # it may not have begun
@pytest.mark.parametrize("start", ["2020-01-05", "2026-12-24"])
def test_an_empty_window_is_a_typed_empty_frame(service, report, start):
    empty, full = LOADERS[report](start), LOADERS[report]("2026-10-05")

    assert len(empty) == 0
    assert list(empty) == list(full)
    different = [
        name for name in full if empty[name].dtype != full[name].dtype and full[name].dtype != "category"
    ]
    assert different == []
    assert type(empty.index) is type(full.index)


def test_the_types_are_the_promised_ones_in_full_and_in_part(service):
    frame = dta.load_leadflow("2026-10-05")
    promised = {field.name: field.pandas for field in LEADFLOW.fields}

    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == promised
    assert list(frame.index) == list(range(len(frame)))


def test_decimal_money_is_exact(service):
    frame = dta.load_leadflow("2026-10-05", money="decimal")
    records = service.records("leadflow", "2026-10-05", "2026-10-06")

    assert sum(frame["offer_price"].dropna()) == sum(
        (Decimal(str(record["offer_price"])) for record in records if record["offer_price"]), Decimal(0)
    )


@pytest.mark.parametrize("window", [WEEK, ("2026-10-05 09:30", "2026-10-07 17:00")])
@pytest.mark.parametrize("length", [{"FEW": 0}, {"FEW": 0, "VALUES": 1}, {"FEW": 0, "LONG": 0}], ids=str)
def test_a_long_load_is_the_same_frame_as_a_short_one(service, report, monkeypatch, window, length):
    short = LOADERS[report](*window)
    for name, rows in length.items():
        monkeypatch.setattr(columns, name, rows)

    long = LOADERS[report](*window)

    pd.testing.assert_frame_equal(long, short)
    assert repr(long.attrs) == repr(short.attrs)


def test_columns_come_in_the_order_asked(service):
    names = ["offer_price", "sid", "call_hour"]

    assert list(dta.load_leadflow("2026-10-05", columns=names)) == names


def test_a_set_is_asked_and_cached_on_its_own(service):
    everything = dta.load_leadflow(*WEEK)
    number, _share = MARKET.sets["Roofing"]
    one = dta.load_leadflow(*WEEK, set_id=number)

    assert set(one["set_name"]) == {"Roofing"}
    assert len(one) == (everything["set_name"] == "Roofing").sum() > 0
    assert set(dta.cache.info()["rows"]) == {len(everything), len(one)}


def test_calls_in_progress_are_never_cached(service):
    dta.load_leadflow("2026-10-05", active=True)

    assert dta.cache.info().empty
    assert {request.query["active"] for request in service.requests} == {"1"}


def test_a_filter_gives_the_rows_that_the_same_filter_gives_on_a_frame(service):
    from dtanalytics import filters

    where = {"talk_minutes": pd.Interval(0.5, np.inf, closed="left"), "channel": "SourceTrak"}
    everything = dta.load_bids(*WEEK)

    some = dta.load_bids(*WEEK, where=where)

    assert some["sid"].tolist() == filters.apply(everything, where)["sid"].tolist()
    assert 0 < len(some) < len(everything)
    assert dta.count_bids(*WEEK, where=where) == len(some)


def test_single_calls_are_found_by_sid_or_are_a_lookup_error(service):
    sid = service.records("leadflow")[0]["sid"]
    bid = service.records("bids")[0]["sid"]

    assert dta.get_leadflow_call(sid)["sid"].tolist() == [sid]
    assert dta.get_bid_call(bid)["sid"].tolist() == [bid]
    for ask in (dta.get_leadflow_call, dta.get_bid_call):
        with pytest.raises(NotFoundError, match="no call with sid 'missing'"):
            ask("missing")
        with pytest.raises(LookupError):
            ask("missing")


@pytest.mark.parametrize("sid", ["", "..", "count", "a\nb", None, 1.5])
def test_what_is_no_sid_is_refused_before_anything_is_sent(service, sid):
    with pytest.raises(InputError, match=r"sid .*is not the identifier of a call|sid is text, not"):
        dta.get_bid_call(sid)

    assert service.requests == []


# -- days that may still change --------------------------------------------------------------------


def test_recent_days_are_asked_again_and_settled_days_are_not(emulate, time_machine_at):
    service = emulate()
    time_machine_at("2026-10-20 12:00")
    dta.load_leadflow("2026-10-01", "2026-10-20")
    asked = len(service.requests)

    dta.load_leadflow("2026-10-01", "2026-10-20")

    again = service.requests[asked:]
    assert (
        min(request.query["start_date"][:10] for request in again) == "2026-10-13"
    )  # the 12th ended 7 days ago


def test_a_day_is_never_final_before_the_settling_time_is_over(emulate, time_machine_at):
    service = emulate()
    for moment, expected in [
        ("2026-10-13 03:59", True),
        ("2026-10-13 04:01", True),
        ("2026-10-13 04:02", False),
    ]:
        # Eastern midnight that ends the seventh day after the 5th is 04:00 UTC
        time_machine_at(moment)
        asked = len(service.requests)
        dta.load_leadflow("2026-10-05")

        assert (len(service.requests) > asked) is expected


def test_a_changed_answer_becomes_a_new_vintage_and_the_old_one_stays_readable(emulate, time_machine_at):
    service = emulate()
    time_machine_at("2026-10-08 12:00")
    before = dta.load_leadflow("2026-10-05")
    sid = before.loc[before["offer_qualified"].fillna(value=False), "sid"].iloc[0]
    time_machine_at("2026-10-09 12:00")
    service.update("leadflow", sid, contest_qualification=True)

    after = dta.load_leadflow("2026-10-05")
    known = dta.load_leadflow("2026-10-05", as_of="2026-10-09 07:00")

    pd.testing.assert_frame_equal(known, before)
    assert known.attrs["dtanalytics"]["asked"] == before.attrs["dtanalytics"]["asked"]
    assert after.set_index("sid").loc[sid, "contest_qualification"]
    assert dta.cache.vintages("leadflow", "2026-10-05")["current"].tolist() == [False, True]


def test_an_answer_that_did_not_change_is_no_new_vintage(emulate, time_machine_at):
    emulate()
    for day in (8, 9, 10):
        time_machine_at(f"2026-10-{day:02d} 12:00")
        dta.load_leadflow("2026-10-05")

    assert len(dta.cache.vintages("leadflow", "2026-10-05")) == 1


def test_as_of_before_anything_was_known_is_an_error(service):
    dta.load_leadflow("2026-10-05")

    with pytest.raises(CacheError, match="nothing was known of 2026-10-05"):
        dta.load_leadflow("2026-10-05", as_of="2026-10-06")


def test_refresh_asks_for_settled_days_too(service):
    dta.load_leadflow("2026-10-05")
    asked = len(service.requests)

    dta.load_leadflow("2026-10-05", refresh=True)

    assert len(service.requests) > asked


# -- offline, wrong input, wrong settings ----------------------------------------------------------


def test_offline_reads_the_cache_and_names_the_days_that_are_missing(service):
    first = dta.load_leadflow("2026-10-05")
    asked = len(service.requests)

    pd.testing.assert_frame_equal(dta.load_leadflow("2026-10-05", offline=True), first)
    with pytest.raises(CacheError, match="offline, and 2026-10-06 not in the cache"):
        dta.load_leadflow("2026-10-05", "2026-10-07", offline=True)
    assert len(service.requests) == asked


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: dta.load_leadflow("2026-10-08", "2026-10-05"), "2026-10-08 is not before end 2026-10-05"),
        (lambda: dta.load_leadflow("yesteryear"), "'yesteryear'"),
        (lambda: dta.load_leadflow("2026-10", columns=["afiliate"]), "did you mean 'affiliate'"),
        (lambda: dta.load_bids("2026-10", where={"talk_minute": 1}), "talk_minute"),
        (lambda: dta.load_leadflow("2026-10", set_id="twelve"), "set_id is a whole number"),
        (lambda: dta.load_leadflow("2026-10", active=2), "active is True or False"),
        (lambda: dta.load_bids("2026-10", version="v4"), "version is 'v2' or 'v3'"),
    ],
)
def test_bad_input_is_named_and_nothing_is_sent(service, ask, says):
    with pytest.raises(InputError, match=says):
        ask()

    assert service.requests == []


def test_missing_credentials_name_the_variables(service):
    bare = service.settings.model_copy(update={"access_key": None, "api_key": None})

    with pytest.raises(ConfigError, match="DIALOGTECH_ACCESS_KEY and DIALOGTECH_API_KEY"):
        dta.load_leadflow("2026-10-05", settings=bare)


def test_wrong_credentials_are_an_auth_error_at_once(service):
    from pydantic import SecretStr

    wrong = service.settings.model_copy(update={"bid_token": SecretStr("not-it")})

    with pytest.raises(AuthError) as caught:
        dta.load_bids("2026-10-05", settings=wrong)

    assert caught.value.status in (401, 403)
    assert len(service.requests) == 1


def test_a_service_that_is_down_is_a_retryable_error(service, no_waiting):
    down = service.settings.model_copy(update={"leadflow_url": "http://127.0.0.1:9"})

    with pytest.raises(DtError, match=r"no connection to 127\.0\.0\.1") as caught:
        dta.load_leadflow("2026-10-05", settings=down)

    assert caught.value.retryable


def test_unknown_keys_are_kept_and_warned_of_once(emulate):
    emulate(quirks=Quirks(extra_keys={"shoe_size": 43}))

    with pytest.warns(SchemaDriftWarning, match="shoe_size") as warned:
        frame = dta.load_leadflow(*WEEK)

    assert len(warned) == 1
    assert warned[0].filename == __file__  # the reader's own line, not one of the package
    assert set(frame["extra"]) == {'{"shoe_size":43}'}


def test_days_appear_together_or_not_at_all(emulate, monkeypatch):
    """The first of three weeks is whole when the key expires; its days wait until the others are there."""
    monkeypatch.setattr(fetch, "WINDOWS", 1)
    service = emulate(quirks=Quirks(page_cap=20))
    service.inject(Fault.EXPIRED, at=45, times=10_000, report="leadflow")

    with pytest.raises(AuthError):
        dta.load_leadflow("2026-10-01", "2026-10-22", progress=False)

    entry = leadflow_source(service.settings).entry
    assert len(staging.latest(entry.staging).days) == 7
    assert entry.manifest().days == {}


# -- services that do not do what they were asked -----------------------------------------------------


@pytest.mark.parametrize("order", ["oldest", "newest", "shuffled"])
def test_records_withheld_by_a_cap_are_found_in_shorter_windows(emulate, report, order):
    """The first 60 records of any question are given: the load asks shorter questions, and has every call."""
    service = emulate(quirks=Quirks(result_cap=60, order=order))

    assert exact(service, report, LOADERS[report](*WEEK), *WEEK)


@pytest.mark.parametrize(
    "quirk", [{"hours_late": 4}, {"hours_late": -5}, {"ignores": frozenset({"dates"})}], ids=str
)
def test_a_window_that_is_read_in_another_zone_or_passed_over_is_an_error(emulate, report, quirk):
    emulate(quirks=Quirks(**quirk))

    with pytest.raises(DtError, match="do not add up"):
        LOADERS[report](*WEEK)


def test_conditions_that_the_service_passes_over_hold_all_the_same(emulate):
    emulate(quirks=Quirks(ignores=frozenset({"conditions"})))

    some = dta.load_bids(*WEEK, where={"channel": "SourceTrak"})

    assert set(some["channel"]) == {"SourceTrak"}


def test_a_sid_that_the_service_passes_over_is_an_error(emulate):
    service = emulate(quirks=Quirks(ignores=frozenset({"sid"})))
    for report, ask in (("leadflow", dta.get_leadflow_call), ("bids", dta.get_bid_call)):
        with pytest.raises(IncompleteError, match="passes over the sid"):
            ask(service.records(report)[-1]["sid"])


def test_a_set_that_the_service_passes_over_is_an_error(emulate):
    emulate(quirks=Quirks(ignores=frozenset({"set_id"})))

    with pytest.raises(DtError, match="does not heed set_id"):
        dta.load_leadflow(*WEEK, set_id=MARKET.sets["Roofing"][0])


@pytest.mark.parametrize("quirk", [{"beyond": "refused"}, {"page_least": 10}], ids=str)
def test_a_service_that_refuses_what_lies_behind_or_small_pages_is_read(emulate, report, quirk):
    service = emulate(quirks=Quirks(**quirk))

    assert exact(service, report, LOADERS[report](*WEEK), *WEEK)


def test_no_thread_of_a_load_lives_on_after_an_error(emulate, report):
    service = emulate(settings={"deadline": 0.5})
    service.inject(Fault.HEADER_TIMEOUT, times=10_000, value=30.0)

    with pytest.raises(DtError):
        LOADERS[report](*WEEK)

    for thread in threading.enumerate():
        if thread.name.startswith("dta-") and not thread.name.startswith("dta-type"):
            thread.join(2.0)
            assert not thread.is_alive()
