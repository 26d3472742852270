"""Faults 1 to 47: what the wire, the pages, the credentials and the records can do to a load."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from dataclasses import dataclass

import pytest
from fault_world import BASE, SEEDS, SPAN, Tally, World
from odd_answers import BODIES, SENT

import dtanalytics as dta
from dtanalytics.emulator import Fault
from dtanalytics.emulator.service.faults import ON_ROWS
from dtanalytics.errors import AuthError, DtError, RateLimitError, SchemaDriftWarning

FOREVER = float("inf")
BOTH = ("leadflow", "bids")
BIDS = ("bids",)
LEADFLOW = ("leadflow",)


@dataclass(frozen=True)
class Case:
    """A fault, how often it strikes, and which outcomes are right."""

    number: int
    name: str
    allowed: str
    fault: Fault
    times: float = 1
    value: object = None
    reports: tuple[str, ...] = BOTH
    warns: bool = False
    deadline: float = 0.0

    def __str__(self) -> str:
        return f"{self.number:02d}-{self.name}"


CASES = [
    Case(1, "429-seconds", "R", Fault.TOO_MANY_SECONDS),
    Case(2, "429-date", "R", Fault.TOO_MANY_DATE),
    Case(3, "429-bare", "R", Fault.TOO_MANY_BARE),
    Case(4, "429-malformed", "R", Fault.TOO_MANY_MALFORMED),
    Case(4, "429-negative", "R", Fault.TOO_MANY_NEGATIVE),
    Case(5, "429-a-day", "T", Fault.TOO_MANY_DAY),
    Case(6, "429-for-ever", "T", Fault.TOO_MANY_BARE, FOREVER),
    Case(7, "500-once", "R", Fault.SERVER_ERROR, value=500),
    Case(7, "502-once", "R", Fault.SERVER_ERROR, value=502),
    Case(7, "503-once", "R", Fault.SERVER_ERROR, value=503),
    Case(7, "504-once", "R", Fault.SERVER_ERROR, value=504),
    Case(8, "5xx-for-ever", "T", Fault.SERVER_ERROR, FOREVER),
    Case(9, "reset-before-headers", "R", Fault.RESET_BEFORE_HEADERS),
    Case(10, "reset-in-body", "R", Fault.RESET_MID_BODY),
    Case(11, "content-length-short", "R", Fault.SHORT_CONTENT_LENGTH),
    Case(12, "chunked-cut", "R", Fault.CHUNKED_CUT),
    Case(13, "closed-cut", "R", Fault.CLOSE_DELIMITED_CUT),
    Case(14, "gzip-cut", "R", Fault.TRUNCATED_GZIP),
    Case(16, "header-time-out", "R", Fault.HEADER_TIMEOUT, value=0.9),
    Case(17, "drip", "RT", Fault.DRIP, value=0.05, deadline=1.0),
    Case(18, "login-page", "T", Fault.LOGIN_PAGE, FOREVER),
    Case(18, "login-page-once", "R", Fault.LOGIN_PAGE),
    Case(19, "error-object", "T", Fault.ERROR_OBJECT, FOREVER),
    Case(19, "error-object-once", "RT", Fault.ERROR_OBJECT),
    Case(20, "empty-body", "RT", Fault.EMPTY_BODY),
    Case(20, "empty-body-for-ever", "T", Fault.EMPTY_BODY, FOREVER),
    Case(21, "duplicate-keys", "T", Fault.DUPLICATE_KEYS, FOREVER),
    Case(21, "nan", "T", Fault.NOT_A_NUMBER, FOREVER),
    Case(21, "1e999", "T", Fault.HUGE_NUMBER, FOREVER),
    Case(22, "invalid-utf8", "T", Fault.INVALID_UTF8, FOREVER),
    Case(22, "byte-order-mark", "E", Fault.BYTE_ORDER_MARK, FOREVER),
    Case(23, "bomb", "T", Fault.BOMB, FOREVER, value=200_000_000),
    Case(24, "redirect", "T", Fault.REDIRECT, FOREVER),
    Case(25, "row-inserted", "ER", Fault.ROW_INSERTED),
    Case(26, "row-deleted", "R", Fault.ROW_DELETED),
    Case(28, "short-page", "R", Fault.SHORT_PAGE),
    Case(29, "empty-page", "RT", Fault.EMPTY_PAGE),
    Case(29, "empty-page-for-ever", "T", Fault.EMPTY_PAGE, FOREVER, reports=BIDS),
    Case(30, "same-page-for-ever", "ET", Fault.SAME_PAGE, FOREVER),
    Case(31, "total-missing", "ET", Fault.TOTAL_MISSING, FOREVER, reports=BIDS),
    Case(31, "total-is-text", "ET", Fault.TOTAL_TEXT, FOREVER, reports=BIDS),
    Case(32, "total-low", "T", Fault.TOTAL_LOW, FOREVER, reports=BIDS),
    Case(32, "total-high", "T", Fault.TOTAL_HIGH, FOREVER, reports=BIDS),
    Case(34, "range-absent", "T", Fault.RANGE_ABSENT, FOREVER, reports=BIDS),
    Case(34, "range-absent-once", "R", Fault.RANGE_ABSENT, reports=BIDS),
    Case(34, "range-malformed", "T", Fault.RANGE_MALFORMED, FOREVER, reports=BIDS),
    Case(34, "total-changes", "T", Fault.TOTAL_CHANGES, FOREVER, reports=BIDS),
    Case(35, "count-disagrees", "T", Fault.COUNT_WRONG, FOREVER, reports=BIDS),
    Case(38, "expired", "T", Fault.EXPIRED, FOREVER, value=401),
    Case(38, "forbidden", "T", Fault.EXPIRED, FOREVER, value=403),
    Case(39, "other-account", "T", Fault.OTHER_ACCOUNT, FOREVER, reports=BIDS),
    Case(44, "new-column", "E", Fault.NEW_COLUMN, FOREVER, warns=True),
    Case(45, "missing-column", "T", Fault.MISSING_COLUMN, FOREVER, value="sid"),
    Case(46, "numbers", "E", Fault.NUMBERS, FOREVER),
    Case(46, "beyond-2-to-53", "E", Fault.BIG_INTEGER, FOREVER),
    Case(46, "empty-text", "E", Fault.EMPTY_TEXT, FOREVER),
    Case(46, "leading-zeros", "E", Fault.LEADING_ZEROS, FOREVER, reports=BIDS),
]

REFUSALS = {  # what may stand beside an array that is no answer
    "limit": {"message": "Limit Exceeded"},
    "message": {"message": "We are busy, please come back later"},
    "success": {"success": False},
    "status": {"status": "error"},
    "status-code": {"statusCode": 500},
    "code": {"code": 500},
    "errors": {"errors": [{"reason": "timeout"}]},
    "partial": {"partial": True},
    "truncated": {"truncated": "true"},
    "warning": {"warnings": ["shard 3 of 5 did not answer"]},
    "unknown": {"degraded_mode": 1},
    "meta": {"meta": {"status": "failed"}},
    "total": {"total": 99_999},
    "more": {"has_more": True},
    "next": {"next": "cursor-2"},
}
NEUTRAL = {
    "page": {"page": 1, "page_size": 250, "start_date": "2026-10-05"},
    "ok": {"success": True, "status": 200, "error": None, "errors": [], "message": ""},
    "meta": {"meta": {"took": 12, "request_id": "a-b-c"}, "has_more": False, "next": None},
}
OTHER_STATUS = {  # name -> status, body, headers, outcomes once, outcomes for ever
    "503-retry-after": (503, b"", {"Retry-After": "1"}, "R", "T"),
    "503-a-day": (503, b"", {"Retry-After": "86400"}, "T", "T"),
    "403-limit": (403, b'{"message":"Limit Exceeded"}', {}, "R", "T"),
    "403-too-many": (403, b"<h1>Too Many Requests</h1>", {"Retry-After": "1"}, "R", "T"),
    "429-year-10000": (429, b"", {"Retry-After": "Fri, 31 Dec 10000 23:59:59 GMT"}, "R", "T"),
    "429-400-digits": (429, b"", {"Retry-After": "9" * 400}, "R", "T"),
    "429-fraction": (429, b"", {"Retry-After": "0.4"}, "R", "T"),
    "429-superscript": (429, b"", {"Retry-After": "\xb2"}, "R", "T"),
    "520": (520, b"", {}, "R", "T"),
    "999": (999, b"", {}, "RT", "T"),
    "408": (408, b"", {}, "R", "T"),
    "413": (413, b"", {}, "ERT", "T"),
    "204": (204, b"", {}, "RT", "T"),
    "206-html": (206, b"<html>", {}, "R", "T"),
    "null": (200, b"null", {}, "R", "T"),
    "empty-object": (200, b"{}", {}, "R", "T"),
    "array-of-null": (200, b"[null]", {}, "R", "T"),
    "deep": (200, b"[" * 100_000, {}, "R", "T"),
    "text": (200, b'"[]"', {}, "R", "T"),
    "failed-array": (200, b'{"failed": []}', {}, "R", "T"),
    "quotes-keys": (403, b"key emulated-access-key, emulated-bid-token of 555-0100 is unknown", {}, "T", "T"),
}
HEADERS = {
    "date-10000": (("Date", "Fri, 31 Dec 10000 23:59:59 GMT"), "E"),
    "date-zone": (("Date", "Mon, 05 Oct 2026 10:00:00 +9999999999"), "E"),
    "date-none": (("Date", "yesterday"), "E"),
    "brotli": (("Content-Encoding", "br"), "T"),
    "zstd": (("Content-Encoding", "zstd"), "T"),
    "gzip-that-is-none": (("Content-Encoding", "gzip"), "T"),
    "charset": (("Content-Type", "text/plain; charset=utf-16"), "E"),
    "location": (("Location", "http://127.0.0.1:9/emulated-access-key"), "E"),
}
RANGES = {
    "huge": "1-25/200000000000",
    "digits": "1-25/" + "9" * 400,
    "negative": "-1-25/400",
    "reversed": "25-1/400",
    "unicode": "1-25/\xb2\xb3",
    "zero": "0-0/400",
    "words": "bytes",
    "two": "1-25/400, 26-50/400",
    "star": "*/400",
}
DRIPS = (
    Fault.DRIP_STATUS,
    Fault.DRIP_HEADERS,
    Fault.DRIP_CHUNKS,
    Fault.DRIP_GZIP,
    Fault.DRIP_TRAILERS,
    Fault.CONTINUES,
)
CASES += [
    *(
        Case(61 + place, f"beside-{name}", "T", Fault.BESIDE, FOREVER, members)
        for place, (name, members) in enumerate(REFUSALS.items())
    ),
    *(
        Case(76 + place, f"neutral-{name}", "E", Fault.BESIDE, FOREVER, members)
        for place, (name, members) in enumerate(NEUTRAL.items())
    ),
    *(
        Case(79 + place, f"{name}-once", answer[3], Fault.INSTEAD, 1, answer[:3])
        for place, (name, answer) in enumerate(OTHER_STATUS.items())
    ),
    *(
        Case(79 + place, f"{name}-for-ever", answer[4], Fault.INSTEAD, FOREVER, answer[:3])
        for place, (name, answer) in enumerate(OTHER_STATUS.items())
    ),
    *(
        Case(100 + place, f"header-{name}", allowed, Fault.HEADER, FOREVER, header)
        for place, (name, (header, allowed)) in enumerate(HEADERS.items())
    ),
    *(
        Case(108 + place, f"range-{name}", "T", Fault.RANGE_MALFORMED, FOREVER, text, reports=BIDS)
        for place, (name, text) in enumerate(RANGES.items())
    ),
    *(
        Case(117 + place, fault.name.lower(), "T", fault, FOREVER, deadline=0.6)
        for place, fault in enumerate(DRIPS)
    ),
    Case(134, "drip-headers-once", "R", Fault.DRIP_HEADERS),
    # a part of the records, and nothing says which part
    Case(135, "partial-once", "R", Fault.INSTEAD, 1, (206, b"[]", {})),
    Case(135, "partial-for-ever", "T", Fault.INSTEAD, FOREVER, (206, b"[]", {})),
    Case(123, "http-1.0", "E", Fault.HTTP_1_0, FOREVER),
    Case(124, "replica-lags", "R", Fault.LAGGING, 2),
    *(
        Case(
            number,
            f"{status}-{'once' if times == 1 else 'for-ever'}",
            allowed,
            Fault.INSTEAD,
            times,
            (status, b"", {}),
        )
        for number, status in ((138, 304), (139, 421))
        for times, allowed in ((1, "R"), (FOREVER, "T"))
    ),
    Case(136, "float-ids", "E", Fault.FLOAT_IDS, FOREVER),
    Case(137, "float-noise", "E", Fault.FLOAT_NOISE, FOREVER, warns=True),
    *(
        Case(140 + place, f"body-{name}", allowed, Fault.BODY, FOREVER, body)
        for place, (name, (allowed, body)) in enumerate(BODIES.items())
    ),
    *(
        Case(170 + place, f"sent-{name}", allowed, Fault.BYTES, FOREVER, sent)
        for place, (name, (allowed, sent)) in enumerate(SENT.items())
    ),
    Case(125, "silence", "T", Fault.HEADER_TIMEOUT, FOREVER, 30.0, deadline=0.6),
]


@pytest.fixture
def hurry(monkeypatch):
    """The same decisions in less time: short patience for a header, a small cap for a body, few tries, no waits."""
    from dtanalytics.apis import bodies, client, transport

    monkeypatch.setattr(transport, "_READ_TIMEOUT", 0.8)
    monkeypatch.setattr(bodies, "MAX_BYTES", 4_000_000)
    monkeypatch.setattr(client, "RECHECK_AFTER", 0.2)
    monkeypatch.setattr(transport, "_wait", lambda _state: 0.0)
    monkeypatch.setattr(transport, "ATTEMPTS", 3)
    monkeypatch.setattr(transport, "RATE_LIMIT_ATTEMPTS", 4)


def world_for(stack, tmp_path, seed, report, **options):
    folder = tmp_path / f"{report}-{seed}"
    folder.mkdir()
    return World(folder, seed, report, stack, **options)


WHATEVER_THE_CALLS = {Fault.BODY, Fault.BYTES, Fault.BESIDE, Fault.HEADER}
"""Faults of an answer's form, which are the same for any calls: one seed of each report shows them."""
SHARES = {
    1: [SEEDS],
    2: [SEEDS[:3], SEEDS[3:]],
    3: [(1, 2), (3, 4), (5, 2)],
    4: [(1, 2), (3, 4), (5, 2), (1, 4)],
}
"""Seeds for each of the cases that one fault has: all five between them, and both reports for each."""


def with_seeds(cases):
    """Each case with its seeds."""
    for _, same in itertools.groupby(sorted(cases, key=lambda case: case.number), lambda case: case.number):
        together = list(same)
        if together[0].fault in WHATEVER_THE_CALLS:
            yield from (pytest.param(case, SEEDS[:2], id=str(case)) for case in together)
        else:
            shares = SHARES[len(together)]
            yield from (
                pytest.param(case, seeds, id=str(case)) for case, seeds in zip(together, shares, strict=True)
            )


@pytest.mark.parametrize(("case", "seeds"), list(with_seeds(CASES)))
def test_a_fault_of_the_wire_is_survived_or_named(case, seeds, tmp_path, hurry, record_property):
    tally = Tally(seeds=set(seeds))
    for place, seed in enumerate(seeds):
        report = case.reports[seed % len(case.reports)]
        options = {"settings": {"deadline": case.deadline}} if case.deadline else {}
        options["place"] = place
        with contextlib.ExitStack() as stack:
            if case.fault not in ON_ROWS:
                options["shared"] = True
            world = world_for(stack, tmp_path, seed, report, **options)
            # a count is asked once a walk; the pages that hold most of the calls are asked first
            at = 1 if case.number == 35 else world.random.randint(1, 3 if case.times == 1 else 2)
            world.service.inject(case.fault, at=at, times=case.times, value=case.value, report=report)
            with warnings.catch_warnings():
                if case.warns:
                    warnings.simplefilter("ignore", SchemaDriftWarning)
                world.run(case.allowed, tally=tally)

            assert world.service.fired[case.fault] >= 1, "the fault did not strike"
    record_property("faults", (case.number, vars(tally)))


def each_seed(number, reports=BOTH):
    """Run a test once a seed, alternating the reports, and add its counts to the matrix."""

    def wrap(function):
        @pytest.mark.parametrize("_number", [number], ids=[f"{number:02d}"])
        def test(_number, tmp_path, hurry, record_property, monkeypatch):
            tally = Tally(seeds=set(SEEDS))
            for seed in SEEDS:
                with contextlib.ExitStack() as stack:

                    def world(seed=seed, stack=stack, **options):
                        return world_for(stack, tmp_path, seed, reports[seed % len(reports)], **options)

                    function(world, tally, monkeypatch)
            record_property("faults", (number, vars(tally)))

        test.__doc__ = function.__doc__
        test.__name__ = function.__name__
        return test

    return wrap


@each_seed(15)
def test_nobody_answers(world, tally, monkeypatch):
    """A refused connection and a name that does not resolve are typed errors."""
    here = world()
    url = "leadflow_url" if here.report == "leadflow" else "bids_url"
    for place in ("http://127.0.0.1:9", "https://nowhere.invalid"):
        gone = here.settings.model_copy(update={url: place})
        with pytest.raises(DtError, match="no connection to"):
            here.load(settings=gone)
    here.run("E", tally=tally)


@each_seed(27)
def test_a_call_that_changes_while_it_is_read_comes_once_in_a_form_it_had(world, tally, monkeypatch):
    """The record is the old one or the new one, whole; the next load of a day that is open has the new one."""
    here = world()
    before = here.service.ledger(here.report, *SPAN)
    here.service.inject(Fault.ROW_UPDATED, at=here.random.randint(1, 5), report=here.report)
    found = here.differences(here.load())

    old = dict.fromkeys(found.altered, 0)
    assert (found.lost, found.duplicated, found.invented) == ([], [], [])
    assert here.service.fired[Fault.ROW_UPDATED]
    assert all(here.service.ledger(here.report, *SPAN)[sid] != before[sid] for sid in old)
    here.published = here.state()
    here.run("E", lambda: here.load(refresh=True), tally=tally, heal=False)


@each_seed(33)
def test_the_page_size_is_capped_in_silence(world, tally, monkeypatch):
    """Whatever the service makes of 250, every call comes."""
    here = world(page_cap=17)
    here.run("E", tally=tally)


@each_seed(36)
def test_ties_come_in_another_order_each_time(world, tally, monkeypatch):
    """Calls of the same second that change places at a page's edge are neither lost nor doubled."""
    here = world(quirks={"order": "unstable"}, page_cap=40)
    here.run("E", tally=tally)


@each_seed(37)
def test_a_page_of_which_nothing_is_wanted_does_not_end_the_reading(world, tally, monkeypatch):
    """Rows are cut to the window after all pages came, so an empty rest of a page stops nothing."""
    here = world(page_cap=10)
    window = ("2026-10-06 20:00", "2026-10-07")

    here.run("E", lambda: here.load(*window), window=window, tally=tally)


@each_seed(38)
def test_after_an_expired_key_the_rest_is_loaded(world, tally, monkeypatch):
    """What came before the key expired is not asked again."""
    here = world(page_cap=20)
    whole = None
    with contextlib.suppress(AuthError):
        here.service.inject(Fault.EXPIRED, at=5, times=FOREVER, report=here.report)
        whole = here.load()
    assert whole is None
    assert here.service.fired[Fault.EXPIRED]
    here.service._injections.clear()
    before = len(here.service.requests)
    here.run("E", tally=tally)
    assert len(here.service.requests) > before


@each_seed(40)
def test_long_windows_are_cut_and_their_edges_belong_once(world, tally, monkeypatch):
    """A month is asked in pieces of at most seven days; no second at an edge is lost or doubled."""
    here = world(quirks={"end_inclusive": True})
    window = ("2026-09-20", "2026-10-12")
    here.run("E", lambda: here.load(*window), window=window, tally=tally)


@each_seed(41)
def test_the_doubled_and_the_missing_hour_are_complete(world, tally, monkeypatch):
    """Both nights on which the clocks change are exact, and their odd clocks are flagged."""
    import fault_world

    from dtanalytics.emulator import generate

    made = generate(leadflow=500, bids=400, start="2026-10-31", end="2026-11-03", seed=len(tally.outcomes))
    monkeypatch.setattr(fault_world, "calls_of", lambda _seed: made)
    here = world()
    window = ("2026-10-31", "2026-11-03")
    here.run("E", lambda: here.load(*window), window=window, tally=tally)


@each_seed(42)
def test_a_wrong_clock_freezes_no_day_too_early(world, tally, monkeypatch):
    """Today and a future window are asked again, whichever day this machine believes in."""
    import time_machine

    with time_machine.travel("2026-10-07 12:00:00+00:00", tick=True):
        here = world()
    for day in ("07", "08", "09"):
        with time_machine.travel(f"2026-10-{day} 12:00:00+00:00", tick=True):
            before = len(here.service.requests)
            here.run("E", tally=tally, heal=False)
            here.published = here.state()
            assert len(here.service.requests) > before


@each_seed(43)
def test_calls_that_arrive_late_are_found(world, tally, monkeypatch):
    """A call that appears in a day of last week is there with the next load."""
    import time_machine

    with time_machine.travel("2026-10-10 12:00:00+00:00", tick=True):
        here = world()
        first = here.load()
        record = dict(here.service.records(here.report, *SPAN)[3])
        here.service.delete(here.report, record["sid"])
        here.load()
        here.service.insert(here.report, record)
        again = here.load()

        assert sorted(again["sid"]) == sorted(first["sid"])
        here.published = here.state()
        here.run("E", tally=tally, heal=False)


@each_seed(45)
def test_a_known_key_that_is_not_sent_is_null_and_named(world, tally, monkeypatch):
    """A missing column is null, with its type, and the warning names it."""
    here = world(quirks={})
    here.service.inject(Fault.MISSING_COLUMN, times=FOREVER, value="city", report=here.report)
    with pytest.warns(SchemaDriftWarning, match="city"):
        frame = here.load()

    assert frame["city"].isna().all()
    assert here.service.fired[Fault.MISSING_COLUMN]
    tally.outcomes.append("E")


@each_seed(47, reports=LEADFLOW)
def test_a_word_never_seen_passes_through(world, tally, monkeypatch):
    """A status that no document mentions is kept as it is."""
    here = world()
    here.service.inject(Fault.NEW_STATUS, times=FOREVER, report=here.report)
    frame = here.load()

    known = {"Connected", "Affiliate Cap", "No Buyer", "Hang Up"}
    assert set(frame["lead_status"].dropna()) - known
    assert here.service.fired[Fault.NEW_STATUS]
    tally.outcomes.append("E")


def test_a_refusal_of_a_day_says_how_long(tmp_path, hurry):
    """An absurd Retry-After is an error at once that says what the server asks for."""
    with contextlib.ExitStack() as stack:
        here = world_for(stack, tmp_path, 1, "leadflow")
        here.service.inject(Fault.TOO_MANY_DAY, times=FOREVER)
        before = len(here.service.requests)
        with pytest.raises(RateLimitError, match="asks to wait 24 h"):
            here.load()

        assert len(here.service.requests) == before + 1


def test_a_bomb_is_given_up_at_the_cap_and_not_unpacked(tmp_path, hurry):
    """What unpacks to more than any page is refused by size, once, before it is read to its end."""
    with contextlib.ExitStack() as stack:
        here = world_for(stack, tmp_path, 1, "leadflow")
        here.service.inject(Fault.BOMB, times=FOREVER, value=200_000_000)
        before = len(here.service.requests)
        with pytest.raises(DtError, match="larger than 3 MiB"):
            here.load()

        assert len(here.service.requests) == before + 1


def test_a_redirect_carries_no_key_to_another_place(tmp_path, hurry):
    """The place that a redirect names is never asked."""
    with contextlib.ExitStack() as stack:
        here = world_for(stack, tmp_path, 1, "leadflow")
        other = world_for(stack, tmp_path, 2, "leadflow")
        asked = len(other.service.requests)
        here.service.inject(Fault.REDIRECT, times=FOREVER, value=other.service.leadflow_url)
        with pytest.raises(DtError, match="not followed"):
            dta.load_leadflow(*SPAN, settings=here.settings)

        assert len(other.service.requests) == asked
        assert BASE[1] == SPAN[0]


def test_a_part_of_an_answer_that_does_not_say_which_part_is_none(tmp_path, hurry):
    """HTTP 206 without a Content-Range, empty from the first request on, is not taken for days without calls."""
    with contextlib.ExitStack() as stack:
        here = world_for(stack, tmp_path, 1, "leadflow")
        here.service.inject(Fault.INSTEAD, times=FOREVER, value=(206, b"[]", {}))
        with pytest.raises(DtError, match="206"):
            here.load()
