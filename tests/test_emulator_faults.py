"""Each fault switch does on the wire what its name says, once, and counts that it did."""

from __future__ import annotations

import email.utils
import gzip
import json
import math
import socket
import time
import zlib
from urllib.parse import urlsplit

import pytest
from emulator_client import BrokenError, bid_headers, bids_page, get, leadflow_headers, leadflow_page

from dtanalytics.emulator import Emulator, Fault, Quirks
from dtanalytics.emulator.service.faults import ON_ANSWERS, ON_PAGES, ON_ROWS

WEEK = ("2026-10-01", "2026-10-08")


def retry_after(reply):
    assert reply.status == 429
    return reply.headers.get("retry-after")


def total(reply):
    return reply.headers["content-range"].partition("/")[2]


CHECKS = {
    Fault.TOO_MANY_SECONDS: lambda bad, _: retry_after(bad) == "1",
    Fault.TOO_MANY_DATE: lambda bad, _: (
        abs(email.utils.parsedate_to_datetime(retry_after(bad)).timestamp() - time.time()) < 30
    ),
    Fault.TOO_MANY_BARE: lambda bad, _: retry_after(bad) is None,
    Fault.TOO_MANY_MALFORMED: lambda bad, _: retry_after(bad) == "soon",
    Fault.TOO_MANY_NEGATIVE: lambda bad, _: retry_after(bad) == "-5",
    Fault.TOO_MANY_DAY: lambda bad, _: retry_after(bad) == "86400",
    Fault.SERVER_ERROR: lambda bad, _: bad.status == 503,
    Fault.CHUNKED_CUT: lambda bad, _: (
        bad.headers["transfer-encoding"] == "chunked" and b"\r\n0\r\n" not in bad.body
    ),
    Fault.CLOSE_DELIMITED_CUT: lambda bad, good: (
        "content-length" not in bad.headers and bad.body == good.body[: len(good.body) // 2]
    ),
    Fault.TRUNCATED_GZIP: lambda bad, good: (
        bad.headers["content-encoding"] == "gzip"
        and good.body.startswith(zlib.decompressobj(31).decompress(bad.body))
    ),
    Fault.DRIP: lambda bad, good: bad.body == good.body,
    Fault.LOGIN_PAGE: lambda bad, _: bad.status == 200 and bad.body.startswith(b"<!DOCTYPE html>"),
    Fault.ERROR_OBJECT: lambda bad, _: (bad.status, set(bad.json)) == (200, {"error"}),
    Fault.EMPTY_BODY: lambda bad, _: (bad.status, bad.body) == (200, b""),
    Fault.DUPLICATE_KEYS: lambda bad, good: (
        len(bad.body) == len(good.body) + len(',"sid":"0000000000000000"')
    ),
    Fault.NOT_A_NUMBER: lambda bad, _: b":NaN," in bad.body,
    Fault.HUGE_NUMBER: lambda bad, _: b":1e999," in bad.body,
    Fault.INVALID_UTF8: lambda bad, _: b'"city":"Caf\xe9"' in bad.body,
    Fault.BYTE_ORDER_MARK: lambda bad, good: bad.body == b"\xef\xbb\xbf" + good.body,
    Fault.BOMB: lambda bad, _: len(bad.body) < 20_000 and len(gzip.decompress(bad.body)) > 5_000_000,
    Fault.REDIRECT: lambda bad, _: (
        (bad.status, bad.headers["location"]) == (302, "http://127.0.0.1:9/elsewhere")
    ),
    Fault.ROW_INSERTED: lambda bad, good: (
        len({row["sid"] for row in bad.rows} - {row["sid"] for row in good.rows}) == 1
    ),
    Fault.ROW_DELETED: lambda bad, good: good.rows[0]["sid"] not in {row["sid"] for row in bad.rows},
    Fault.ROW_UPDATED: lambda bad, good: good.rows[0]["city"] != bad.rows[0]["city"] == "Elsewhere",
    Fault.SHORT_PAGE: lambda bad, good: bad.rows == good.rows[: len(good.rows) // 2],
    Fault.EMPTY_PAGE: lambda bad, _: bad.rows == [],
    Fault.TOTAL_MISSING: lambda bad, _: total(bad) == "*",
    Fault.TOTAL_TEXT: lambda bad, _: total(bad) == "many",
    Fault.TOTAL_LOW: lambda bad, good: int(total(bad)) == int(total(good)) - 1,
    Fault.TOTAL_HIGH: lambda bad, good: int(total(bad)) == int(total(good)) + 1,
    Fault.TOTAL_CHANGES: lambda bad, good: int(total(bad)) > int(total(good)),
    Fault.RANGE_ABSENT: lambda bad, _: "content-range" not in bad.headers,
    Fault.RANGE_MALFORMED: lambda bad, _: bad.headers["content-range"] == "rows",
    Fault.EXPIRED: lambda bad, _: bad.status == 401,
    Fault.OTHER_ACCOUNT: lambda bad, _: {row["acct_id"] for row in bad.rows} == {"99999"},
    Fault.NEW_COLUMN: lambda bad, _: all("brand_new_key" in row for row in bad.rows),
    Fault.MISSING_COLUMN: lambda bad, _: not any("city" in row for row in bad.rows),
    Fault.NUMBERS: lambda bad, _: {type(row["talk_minutes"]) for row in bad.rows} == {float},
    Fault.BIG_INTEGER: lambda bad, good: (
        [row["sid"] for row in bad.rows] == [int(row["sid"]) for row in good.rows]
    ),
    Fault.FLOAT_IDS: lambda bad, good: (
        [row["sid"] for row in bad.rows] == [float(row["sid"]) for row in good.rows]
    ),
    Fault.FLOAT_NOISE: lambda bad, good: all(
        0 < row["talk_minutes"] - float(sound["talk_minutes"]) < 1e-9
        for row, sound in zip(bad.rows, good.rows, strict=True)
    ),
    Fault.BODY: lambda bad, good: bad.body == good.body + b" ",
    Fault.BYTES: lambda bad, good: bad.body == good.body.upper(),
    Fault.EMPTY_TEXT: lambda bad, _: not any(None in row.values() for row in bad.rows),
    Fault.LEADING_ZEROS: lambda bad, _: b'"pool_id":00000,' in bad.body,
    Fault.INSTEAD: lambda bad, _: (bad.status, bad.body, bad.headers["x-why"]) == (418, b"no", "tea"),
    Fault.HEADER: lambda bad, _: bad.headers["date"] == "Fri, 31 Dec 9999 23:59:59 GMT",
    Fault.BESIDE: lambda bad, good: bad.json == {"response": good.rows, "partial": True},
    Fault.LAGGING: lambda bad, _: (bad.rows, bad.headers["content-range"]) == ([], "*/0"),
    Fault.HTTP_1_0: lambda bad, good: bad.rows == good.rows and "content-length" not in bad.headers,
    Fault.DRIP_CHUNKS: lambda bad, good: (
        bad.body
        == b"".join(b"1\r\n%b\r\n" % good.body[at : at + 1] for at in range(len(good.body))) + b"0\r\n\r\n"
    ),
    Fault.DRIP_GZIP: lambda bad, good: zlib.decompress(bad.body, 31) == good.body,
    Fault.NEW_STATUS: lambda bad, _: "Voicemail" in {row["channel"] for row in bad.rows},
}
BREAKS = [Fault.RESET_BEFORE_HEADERS, Fault.RESET_MID_BODY, Fault.SHORT_CONTENT_LENGTH, Fault.HEADER_TIMEOUT]
ENDLESS = [Fault.DRIP_STATUS, Fault.DRIP_HEADERS, Fault.DRIP_TRAILERS, Fault.CONTINUES]
VALUES = {
    Fault.INSTEAD: (418, b"no", {"X-Why": "tea"}),
    Fault.BODY: lambda body: body + b" ",
    Fault.BYTES: lambda head, body: head + body.upper(),
    Fault.DRIP_CHUNKS: 0,
    Fault.DRIP_GZIP: 0,
    Fault.DRIP: 0,
    Fault.HEADER_TIMEOUT: 0,
    Fault.BOMB: 6_000_000,
}


@pytest.mark.parametrize("fault", CHECKS, ids=lambda fault: fault.name)
def test_a_fault_does_what_its_name_says_to_the_request_it_waits_for(service, fault):
    sound = bids_page(service, rows=50)
    service.inject(fault, at=2, report="bids", value=VALUES.get(fault))
    before = bids_page(service, rows=50)
    struck = bids_page(service, rows=50)

    assert before.body == sound.body
    assert service.fired[fault] == 1
    assert CHECKS[fault](struck, sound)


@pytest.mark.parametrize("fault", BREAKS, ids=lambda fault: fault.name)
def test_a_connection_breaks_and_the_next_one_is_served(service, fault):
    service.inject(fault, value=VALUES.get(fault))
    with pytest.raises(BrokenError):
        leadflow_page(service)
    after = leadflow_page(service)

    assert len(after.rows) == 250
    assert service.fired[fault] == 1


@pytest.mark.parametrize("fault", ENDLESS, ids=lambda fault: fault.name)
def test_an_answer_without_end_goes_on_until_the_service_stops(october, fault):
    with Emulator(october) as service:
        service.inject(fault, value=0.01)
        parts = urlsplit(service.leadflow_url)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as connection:
            heads = "".join(f"{name}: {value}\r\n" for name, value in leadflow_headers(service).items())
            query = "start_date=2026-10-05&end_date=2026-10-06"
            connection.sendall(f"GET {parts.path}?{query} HTTP/1.1\r\n{heads}\r\n".encode())
            received = [connection.recv(1 << 20) for _ in range(5)]

    assert all(received)
    assert service.fired[fault] == 1


def test_the_same_page_comes_whatever_was_asked(service):
    service.inject(Fault.SAME_PAGE, at=2, times=math.inf)
    pages = [leadflow_page(service, page=page).rows for page in (1, 2, 3)]

    assert pages[0] == pages[1] == pages[2]
    assert service.fired[Fault.SAME_PAGE] == 2


def test_count_disagrees_with_the_rows(service):
    url, headers = service.bids_url + "/count", bid_headers(service)
    service.inject(Fault.COUNT_WRONG, value=3)
    bids_page(service)
    counts = [get(url, headers).json["count"] for _ in range(2)]

    assert counts == [1203, 1200]


def test_a_total_is_wrong_in_count_too(service):
    service.inject(Fault.TOTAL_MISSING)

    assert get(service.bids_url + "/count", bid_headers(service)).json == {"count": None}


def test_every_fault_is_carried_out_by_one_table_and_tested_here():
    carried_out = [*ON_PAGES, *ON_ANSWERS, *ON_ROWS]

    assert sorted(fault.name for fault in carried_out) == sorted(fault.name for fault in Fault)
    assert {*CHECKS, *BREAKS, *ENDLESS, Fault.SAME_PAGE, Fault.COUNT_WRONG} == set(Fault)


def test_a_fault_without_effect_is_not_counted(service):
    service.inject(Fault.OTHER_ACCOUNT, report="leadflow")
    leadflow_page(service)

    assert service.fired[Fault.OTHER_ACCOUNT] == 0


def test_faults_of_one_report_leave_the_other_alone(service):
    service.inject(Fault.SERVER_ERROR, report="bids", times=math.inf)

    assert leadflow_page(service).status == 200
    assert [bids_page(service).status for _ in range(3)] == [503] * 3


def test_what_a_fault_did_to_the_rows_is_in_the_ledger(service):
    for fault in (Fault.ROW_INSERTED, Fault.ROW_DELETED, Fault.ROW_UPDATED, Fault.NEW_STATUS):
        service.inject(fault)
        before = service.ledger("leadflow", *WEEK)
        leadflow_page(service)

        assert service.ledger("leadflow", *WEEK) != before


def test_changed_rows_stay_readable_json_under_other_quirks(october):
    for quirks in (Quirks(pretty=True), Quirks(wrapped=True, numbers=True)):
        with Emulator(october, quirks=quirks) as service:
            service.inject(Fault.NEW_COLUMN)
            page = leadflow_page(service)

            assert all(row["brand_new_key"] == "1" for row in page.rows)


def test_several_faults_may_strike_the_same_request(service):
    service.inject(Fault.RANGE_ABSENT)
    service.inject(Fault.EMPTY_PAGE)
    page = bids_page(service)

    assert "content-range" not in page.headers
    assert json.loads(page.body) == []


def test_no_credential_is_in_an_answer(service):
    for fault in (None, Fault.EXPIRED, Fault.REDIRECT, Fault.ERROR_OBJECT):
        if fault:
            service.inject(fault)
        reply = get(service.leadflow_url, leadflow_headers(service))

        assert b"emulated-" not in reply.body + repr(reply.headers).encode()
