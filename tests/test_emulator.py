"""The emulator's services answer as the vendor's documents say, and its ledger is exact."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import itertools
import json
import time
from decimal import Decimal

import pytest
from emulator_client import (
    BrokenError,
    all_pages,
    bid_headers,
    bids_page,
    get,
    leadflow_headers,
    leadflow_page,
    read_record,
)

from dtanalytics.emulator import Emulator, Quirks, compare, fingerprint, generate, serve_process
from dtanalytics.schema import REPORTS

WEEK = ("2026-10-01", "2026-10-08")


# -- what the vendor's pages print ------------------------------------------------------------------

LEADFLOW_KEYS = [
    "call_date",
    "set_name",
    "affiliate",
    "phone_label",
    "affiliate_number",
    "advertiser",
    "offer",
    "transfer_number",
    "caller_id",
    "lead_status",
    "entered_zip",
    "lf_state",
    "first_name",
    "last_name",
    "street_address",
    "city",
    "state",
    "zipcode",
    "reroute",
    "repeat_affiliate_caller",
    "affiliate_cap",
    "offer_qualified",
    "offer_price",
    "affiliate_qualified",
    "affiliate_price",
    "margin",
    "talk_minutes",
    "talk_seconds",
    "total_minutes",
    "total_seconds",
    "call_duration",
    "recording_link",
    "contest_qualification",
    "sid",
]
BID_KEYS = [
    "acct_id",
    "smart_minutes",
    "date_added",
    "talk_minutes",
    "talk_start",
    "talk_end",
    "dnis",
    "ani",
    "first_name",
    "last_name",
    "street_address",
    "city",
    "state",
    "zipcode",
    "call_logging_id",
    "sid",
    "rank",
    "search_term",
    "incoming_keyword",
    "activity_type_id",
    "url_tag",
    "baseuri",
    "last_touch",
    "last_touch_timestamp",
    "referrer",
    "ip_address",
    "displayed_timestamp",
    "phone_number",
    "super_id",
    "pool_id",
    "domain_set_id",
    "activity_keyword",
    "phone_label",
    "vt_keyword",
    "vt_matchtype",
    "vt_network",
    "vt_device",
    "vt_devicemodel",
    "vt_creative",
    "vt_placement",
    "vt_target",
    "vt_param1",
    "vt_param2",
    "vt_random",
    "vt_aceid",
    "vt_adposition",
    "vt_adwords_producttargetid",
    "vt_adtype",
    "recording",
    "adwords_account_id",
    "adwords_campaign_id",
    "adwords_adgroup_id",
    "adwords_keyword_id",
    "channel",
]


def test_a_leadflow_record_has_the_34_keys_in_the_order_of_the_vendors_page(service):
    rows = leadflow_page(service).rows

    assert len(rows) == 250
    assert {tuple(row) for row in rows} == {tuple(LEADFLOW_KEYS)}


def test_a_bid_record_is_shaped_like_the_vendors_sample(service):
    rows = bids_page(service, rows=250).rows

    assert {tuple(sorted(row)) for row in rows} == {tuple(sorted(BID_KEYS))}
    assert all(row["call_logging_id"] is None and row["phone_number"] == "" for row in rows)
    assert all(row["talk_start"].endswith(".0") and isinstance(row["rank"], str) for row in rows)
    assert {type(row["activity_type_id"]) for row in rows} == {int, type(None)}


def test_v3_renames_and_drops_what_its_page_says(service):
    [row] = get(service.bids_v3_url, bid_headers(service), rows=1).rows

    assert {"first_touch", "ppc_keyword_id", "ppc_gclid", "browser_version", "pid"} <= set(row)
    assert not {"baseuri", "adwords_keyword_id", "super_id", "phone_number", "call_logging_id"} & set(row)


# -- everything travels -----------------------------------------------------------------------------

QUIRKS = [
    Quirks(),
    Quirks(page_base=0, wrapped=True, end_inclusive=False, beyond="last"),
    Quirks(order="newest", page_cap=100, numbers=True, gzip=True),
    Quirks(order="shuffled", empty_text=True, pretty=True, wrapped=True),
    Quirks(page_cap=37, extra_keys={"new": {"a": 1}}, count_shape="number", beyond="last"),
]


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_all_pages_together_are_the_ledger_whatever_the_quirks(october, quirks):
    with Emulator(october, quirks=quirks) as service:
        leads = all_pages(
            lambda page: leadflow_page(service, *WEEK, page=page, page_size=250), quirks.page_base
        )
        bids = all_pages(lambda page: bids_page(service, *WEEK, start=page, rows=250), 0)
        read = [read_record("leadflow", row) for row in leads if row["call_date"] < WEEK[1]]

        assert service.compare("leadflow", read, *WEEK).exact
        assert service.compare("bids", [read_record("bids", row) for row in bids], *WEEK).exact


def test_v3_carries_its_own_fields_exactly(service):
    query = {"q": "date_added:[2026-10-01 TO 2026-10-08}", "rows": 250}
    rows = all_pages(lambda page: get(service.bids_v3_url, bid_headers(service), start=page, **query), 0)

    assert service.compare(
        "bids", [read_record("bids", row, "v3") for row in rows], *WEEK, version="v3"
    ).exact


def test_a_page_is_packed_for_clients_that_accept_it(october):
    with Emulator(october, quirks=Quirks(gzip=True)) as service:
        plain = bids_page(service)
        packed = get(
            service.bids_url,
            {**bid_headers(service), "Accept-Encoding": "gzip"},
            q=service.requests[0].query["q"],
        )

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_v2_ids_with_leading_zeros_are_no_json_until_repaired(october):
    with Emulator(october, quirks=Quirks(zeros=True)) as service:
        body = bids_page(service, rows=250).body

    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert b'"pool_id":000000,' in body


def test_one_altered_field_changes_the_fingerprint(service):
    for report in ("leadflow", "bids"):
        record = service.records(report)[0]
        whole = fingerprint(report, record)
        changed = [
            fingerprint(report, {**record, name: None})
            for name, value in record.items()
            if value not in (None, "")
        ]

        assert len(changed) > 20
        assert whole not in changed


def test_the_smallest_change_of_money_or_time_changes_the_fingerprint(service):
    record = next(row for row in service.records("leadflow") if row["offer_price"] is not None)
    step = {
        "margin": Decimal("0.0001"),
        "talk_minutes": Decimal("0.01"),
        "talk_seconds": 1,
        "call_date": dt.timedelta(microseconds=1),
    }
    changed = {fingerprint("leadflow", {**record, name: record[name] + by}) for name, by in step.items()}

    assert len(changed - {fingerprint("leadflow", record)}) == 4


def test_compare_names_the_lost_the_doubled_the_invented_and_the_altered(service):
    first, second, *rest = service.records("leadflow", *WEEK)
    changed = {**second, "city": "Elsewhere"}
    invented = {**first, "sid": "1"}
    found = compare(service.ledger("leadflow", *WEEK), "leadflow", [changed, *rest, rest[0], invented])

    assert (found.lost, found.altered, found.invented) == ([first["sid"]], [second["sid"]], ["1"])
    assert found.duplicated == [rest[0]["sid"]]
    assert not found.exact


# -- LeadFlow's parameters --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-10-01", "end_date": "2026-10-08T00:00:01"},
        {"start_date": "2026-10-01"},
        {"start_date": "2026-10-02", "end_date": "2026-10-01"},
        {"start_date": "yesterday", "end_date": "2026-10-01"},
        {"start_date": "2026-10-01", "end_date": "2026-10-02", "set_id": "Roofing"},
        {"start_date": "2026-10-01", "end_date": "2026-10-02", "active": "2"},
    ],
    ids=str,
)
def test_leadflow_refuses_a_question_it_does_not_understand(service, query):
    answer = get(service.leadflow_url, leadflow_headers(service), **query)

    assert answer.status == 400
    assert answer.json["message"]


def test_leadflow_needs_both_headers_and_the_right_ones(service):
    right = leadflow_headers(service)
    dates = {"start_date": "2026-10-01", "end_date": "2026-10-02"}
    missing = [get(service.leadflow_url, {name: right[name]}, **dates).status for name in right]
    wrong = [get(service.leadflow_url, {**right, name: "wrong"}, **dates).status for name in right]

    assert missing == [401, 401]
    assert wrong == [403, 403]


def test_a_sid_is_found_whatever_the_dates(service):
    sid = service.records("leadflow")[700]["sid"]
    answer = get(service.leadflow_url, leadflow_headers(service), sid=sid, start_date="2001-01-01")

    assert [row["sid"] for row in answer.rows] == [sid]
    assert get(service.leadflow_url, leadflow_headers(service), sid="none").rows == []


def test_sets_part_the_calls(service):
    def pages(**query):
        return all_pages(lambda page: leadflow_page(service, page=page, **query), 1)

    parts = {number: pages(set_id=number) for number in (1201, 1202, 1203)}

    assert {row["set_name"] for row in parts[1203]} == {"Roofing"}
    assert sum(map(len, parts.values())) == len(pages())


def test_a_page_holds_at_most_250_records(service):
    assert len(leadflow_page(service, page_size=1000).rows) == 250


def test_times_with_an_offset_are_understood_as_instants(service):
    eastern = leadflow_page(service, "2026-10-01T04:00:00", "2026-10-01T20:00:00").rows
    same = leadflow_page(service, "2026-10-01T08:00:00Z", "2026-10-02T00:00:00+00:00").rows

    assert same == eastern


# -- Bid Management's parameters --------------------------------------------------------------------


def test_content_range_counts_as_in_the_vendors_example():
    with Emulator(generate(leadflow=30, bids=18)) as service:
        second = get(service.bids_url, bid_headers(service), rows=2, start=1)
        whole = get(service.bids_url, bid_headers(service), rows=18)

    assert second.headers["content-range"] == "3-4/18"
    assert second.rows == whole.rows[2:4]


def test_the_vendors_example_filter_has_both_kinds_of_bounds(service):
    low, high = "2026-10-05 06:30:00", "2026-10-05 18:00:00"
    exact = service.records("bids", low, high)
    at_least = [row for row in exact if float(row["talk_minutes"]) >= 0.5]
    q = f"date_added:[{low} TO {high}}},talk_minutes:[0.5 TO *]"
    answer = get(service.bids_url, bid_headers(service), q=q, rows=250)
    count = get(service.bids_url + "/count", bid_headers(service), q=q)

    assert [row["sid"] for row in answer.rows] == [row["sid"] for row in at_least]
    assert count.json == {"count": len(at_least)}


def test_exclusive_and_inclusive_bounds_differ_by_the_edges(service):
    times = sorted(row["date_added"].isoformat(sep=" ") for row in service.records("bids", *WEEK))
    low, high = times[10], times[20]

    def count(text):
        return get(service.bids_url + "/count", bid_headers(service), q=text).json["count"]

    counted = [count(f"date_added:{a}{low} TO {high}{b}") for a, b in itertools.product("[{", "]}")]

    assert counted == [11, 10, 10, 9]


@pytest.mark.parametrize(
    "q", ["nonsense", "no_such:[1 TO 2]", "talk_minutes:[x TO 2]", "rank:[1 TO 2] rank:[1 TO 2]"]
)
def test_a_query_that_cannot_be_read_is_refused(service, q):
    assert get(service.bids_url, bid_headers(service), q=q).status == 400


def test_plain_and_quoted_values_filter_too(service):
    def channels(q):
        return {row["channel"] for row in get(service.bids_url, bid_headers(service), q=q, rows=250).rows}

    assert channels("channel:SourceTrak") == {"SourceTrak"}
    assert channels('rank:[1 TO 5],channel:"Call Extension"') == {"Call Extension"}


def test_one_call_by_its_sid_and_404_for_none(service):
    record = service.records("bids")[5]
    found = get(f"{service.bids_url}/{record['sid']}", bid_headers(service))

    assert read_record("bids", found.json) == {name: record[name] for name in record}
    assert get(f"{service.bids_url}/0", bid_headers(service)).status == 404


def test_bids_know_a_token_and_v3_its_keys_or_the_token(service):
    keys = service.credentials
    right = {"access_key": keys.access_key, "secret_key": keys.secret_access_key}
    asked = [
        get(service.bids_url, {}),
        get(service.bids_url, {"Authorization": "Bearer wrong"}),
        get(service.bids_url, bid_headers(service)),
        get(service.bids_v3_url, bid_headers(service)),
        get(service.bids_v3_url, right),
        get(service.bids_v3_url, {**right, "secret_key": "wrong"}),
    ]

    assert [answer.status for answer in asked] == [401, 403, 200, 200, 200, 403]


@pytest.mark.parametrize(
    ("shape", "answer"), [("number", "{n}"), ("count", '{{"count": {n}}}'), ("total", '{{"total": {n}}}')]
)
def test_count_has_the_shape_asked_for(october, shape, answer):
    with Emulator(october, quirks=Quirks(count_shape=shape)) as service:
        text = get(service.bids_url + "/count", bid_headers(service)).body.decode()

    assert text == answer.format(n=1200)


# -- limit, log, time, levers -----------------------------------------------------------------------


def test_the_limit_refuses_only_what_exceeds_any_window_and_says_for_how_long(october):
    with Emulator(october, requests_per_window=3, window=600) as service:
        statuses = [leadflow_page(service).status for _ in range(5)]
        other = bids_page(service)
        refused = leadflow_page(service)

    assert statuses == [200, 200, 200, 429, 429]
    assert other.status == 200
    assert 598 <= int(refused.headers["retry-after"]) <= 600
    assert service.refused == 3


def test_the_limit_forgets_what_left_the_window(october):
    with Emulator(october, requests_per_window=1, window=0.05) as service:
        first = leadflow_page(service)
        deadline = time.monotonic() + 10
        while leadflow_page(service).status != 200 and time.monotonic() < deadline:
            pass

    assert first.status == 200
    assert service.requests[-1].status == 200


def test_the_log_tells_what_was_asked(service):
    leadflow_page(service, page=3)

    assert service.requests[-1].query == {"start_date": "2026-10-01", "end_date": "2026-10-08", "page": "3"}
    assert (service.requests[-1].report, service.requests[-1].status) == ("leadflow", 200)


def test_rows_inserted_deleted_and_changed_are_served_and_in_the_ledger(service):
    first, second, *_ = service.records("leadflow", *WEEK)
    service.insert("leadflow", {**first, "sid": "1", "affiliate": '<b>"$x$" 名'})
    service.delete("leadflow", second["sid"])
    service.update("leadflow", first["sid"], lead_status="Voicemail", margin=None)
    rows = {row["sid"]: row for row in leadflow_page(service).rows}

    assert rows["1"]["affiliate"] == '<b>"$x$" 名'
    assert second["sid"] not in rows
    assert (rows[first["sid"]]["lead_status"], rows[first["sid"]]["margin"]) == ("Voicemail", None)
    assert set(rows) <= set(service.ledger("leadflow", *WEEK))


def test_an_action_runs_between_two_requests(service):
    sid = service.records("leadflow", *WEEK)[0]["sid"]
    service.after(2, lambda: service.delete("leadflow", sid))
    seen = [leadflow_page(service).rows[0]["sid"] == sid for _ in range(3)]

    assert seen == [True, True, False]


def test_nothing_is_seen_before_it_happens(october):
    with Emulator(october, now="2026-10-03 12:00:00") as service:
        early = service.records("leadflow")
        service.advance(days=40)
        late = service.records("leadflow")

    assert max(row["call_date"] for row in early).isoformat() <= "2026-10-03T12:00:00"
    assert len(late) == 2000


def test_a_dispute_arrives_days_after_its_call(october):
    with Emulator(october, now="2026-12-31") as service:
        settled = {row["sid"]: row for row in service.records("leadflow") if row["contest_qualification"]}
        ages = []
        for sid, row in itertools.islice(settled.items(), 5):
            service.now = row["call_date"].isoformat()
            service.advance(days=1)
            before = {item["sid"]: item for item in service.records("leadflow")}[sid]
            ages.append((before["contest_qualification"], before["offer_qualified"]))

    assert len(settled) > 10
    assert ages == [(False, True)] * 5


def test_some_disputes_take_the_bill_back(october):
    table = october.table("leadflow").to_pylist()
    voided = [row for row in table if row["contest_qualification"] and not row["offer_qualified"]]

    assert voided
    assert all(row["offer_price"] is None for row in voided)


def test_calls_in_progress_are_asked_for_with_active_and_say_nothing_of_their_end(october):
    longest = max(october.leadflow.to_pylist(), key=lambda row: row["total_seconds"])
    middle = longest["call_date"].replace(tzinfo=None).isoformat()
    with Emulator(october, now=middle) as service:
        service.advance(seconds=60)
        day = (middle[:10], middle[:10] + "T23:59:59")
        running = leadflow_page(service, *day, active=1).rows
        over = leadflow_page(service, *day, active=0).rows

    assert longest["sid"] in {row["sid"] for row in running}
    assert longest["sid"] not in {row["sid"] for row in over}
    assert {row["total_seconds"] for row in running} == {None}


def test_a_process_of_its_own_serves_the_same_calls():
    with serve_process(leadflow=40, bids=10, seed=3, quirks={"wrapped": True}) as remote:
        rows = get(remote.bids_url, bid_headers(remote)).json["response"]
        stats = remote.stats()

    assert [row["sid"] for row in rows] == generate(leadflow=40, bids=10, seed=3).bids["sid"].to_pylist()
    assert stats == {"requests": 1, "refused": 0}


def test_the_canonical_tables_have_the_schema_that_loaders_promise(october):
    for name, report in REPORTS.items():
        assert october.table(name).schema.equals(report.schema, check_metadata=True)


# -- quirks one by one ------------------------------------------------------------------------------


def sids(reply):
    return [row["sid"] for row in reply.rows]


@pytest.fixture
def quirky(october):
    """Start an emulator with quirks on October's calls, or on others."""
    with contextlib.ExitStack() as stack:
        yield lambda calls=october, **quirks: stack.enter_context(Emulator(calls, quirks=Quirks(**quirks)))


def test_a_call_at_the_last_second_belongs_to_the_window_or_not(quirky):
    for inclusive in (True, False):
        service = quirky(end_inclusive=inclusive)
        last = service.records("leadflow", *WEEK)[-1]

        assert (last["sid"] in sids(leadflow_page(service, WEEK[0], last["call_date"], page=2))) == inclusive


def test_pages_count_from_their_base(quirky):
    for base in (0, 1):
        service = quirky(page_base=base)
        pages = [sids(leadflow_page(service, page=number)) for number in (0, 1, 2)]

        assert sids(leadflow_page(service)) == pages[0]
        assert (pages[0] == pages[1]) == (base == 1)
        assert pages[1] != pages[2]


def test_orders_differ_and_only_the_unstable_one_changes():
    calls = generate(leadflow=200, bids=0, start="2026-10-01", end="2026-10-02", tick=3600)
    seen = {}
    for order in ("oldest", "newest", "shuffled", "unstable"):
        with Emulator(calls, quirks=Quirks(order=order)) as service:
            seen[order] = [sids(leadflow_page(service)) for _ in range(2)]
    times = dict(zip(*(calls.leadflow[name].to_pylist() for name in ("sid", "call_date")), strict=True))

    assert seen["newest"][0] == seen["oldest"][0][::-1]
    assert {order: first == again for order, (first, again) in seen.items()} == {
        "oldest": True,
        "newest": True,
        "shuffled": True,
        "unstable": False,
    }
    assert seen["shuffled"][0] != seen["oldest"][0]
    assert [times[sid] for sid in seen["unstable"][0]] == sorted(times.values())


def test_after_the_end_comes_nothing_or_the_last_page_again(quirky):
    assert leadflow_page(quirky(beyond="empty"), page=99).rows == []
    last = quirky(beyond="last")
    pages = all_pages(lambda page: leadflow_page(last, page=page), 1)

    assert sids(leadflow_page(last, page=99)) == [
        row["sid"] for row in pages[-len(leadflow_page(last, page=99).rows) :]
    ]


def test_one_call_comes_alone_or_in_a_list(quirky):
    alone, listed, wrapped = quirky(), quirky(single="array"), quirky(wrapped=True)
    sid = alone.records("bids")[0]["sid"]

    assert get(f"{alone.bids_url}/{sid}", bid_headers(alone)).json["sid"] == sid
    assert sids(get(f"{listed.bids_url}/{sid}", bid_headers(listed))) == [sid]
    assert sids(get(f"{wrapped.bids_url}/{sid}", bid_headers(wrapped))) == [sid]


def test_numbers_come_without_quotes_and_null_as_empty_text(quirky):
    [row, *_] = leadflow_page(quirky(numbers=True, empty_text=True)).rows

    assert isinstance(row["talk_seconds"], int)
    assert None not in row.values()


def test_missing_keys_are_missing(quirky):
    assert "zipcode" not in leadflow_page(quirky(missing_keys=frozenset({"zipcode"}))).rows[0]


def test_an_answer_waits_for_its_latency(october):
    with Emulator(october, latency=0.05) as service:
        asked = time.monotonic()
        leadflow_page(service)

        assert service.requests[0].at - asked >= 0.05


def test_a_failure_of_the_emulator_itself_is_never_mistaken_for_a_fault(october, monkeypatch):
    service = Emulator(october).start()
    monkeypatch.setattr("dtanalytics.emulator.service.requests.put_page", lambda *_: 1 / 0)
    with pytest.raises(BrokenError):
        leadflow_page(service)

    with pytest.raises(RuntimeError, match="the emulator failed"):
        service.stop()
