"""Whatever stands in headers, envelopes, conditions, partners' files and settings: read, or refused by name."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import warnings
from types import SimpleNamespace

import pandas as pd
from hypothesis import example, given
from hypothesis import strategies as st

import dtanalytics as dta
from dtanalytics.apis import httptime
from dtanalytics.apis.bids import Bids, _parse_count
from dtanalytics.apis.refusals import Answer, refusal
from dtanalytics.decode import PageDecoder
from dtanalytics.errors import DtError
from dtanalytics.schema import LEADFLOW
from dtanalytics.settings import Settings
from dtanalytics.settings.outside import SECRETS

CHARACTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HEADER = (
    st.lists(
        st.sampled_from(
            [
                "items",
                "bytes",
                "rows",
                " ",
                "=",
                "-",
                "/",
                "*",
                "0",
                "1",
                "25",
                "250",
                "9" * 20,
                "²",
                ",",
                "\u2013",
            ]
        ),
        max_size=9,
    ).map("".join)
    | CHARACTERS
)


def bids_client(rows):
    """A client of which only the reading of answers is used, with so many records in each."""
    client = Bids.__new__(Bids)
    client.on_page, client._longest_page = lambda _: None, 0
    client._decode = lambda _body, _source: range(rows)
    client._nothing = ()
    return client


@given(text=HEADER, rows=st.sampled_from([0, 1, 25, 250]))
@example("1-25/" + "9" * 400, 25)
@example("1-25/²", 25)
@example("\n1-25/25", 25)
def test_a_content_range_is_the_place_of_the_records_or_refused(text, rows):
    with contextlib.suppress(DtError):
        page = bids_client(rows)._parse(Answer(b"[]", {"Content-Range": text}), "records 1 and on")
        assert len(page) == rows
        assert page.last is None or page.total is None or page.last <= page.total
        assert page.first in (None, 0) or page.last - page.first + 1 == rows


DATES = st.lists(
    st.sampled_from(
        ["Fri,", "31", "Dec", "2026", "10000", "0", "23:59:59", "GMT", "+9999", "EST", "-1", ".5", "1e9", ";"]
    ),
    max_size=7,
).map(" ".join)


@given(text=DATES | CHARACTERS | st.integers().map(str) | st.floats().map(str), status=st.integers(100, 999))
@example("9" * 400, 429)
@example("Fri, 31 Dec 10000 23:59:59 GMT", 503)
@example("Mon, 05 Oct 2026 10:00:00 +9999999999", 429)
def test_a_retry_after_is_a_time_to_wait_or_none(text, status):
    wait = httptime.retry_after({"Retry-After": text}, dt.datetime(2026, 10, 5, tzinfo=dt.UTC))
    assert wait is None or (math.isfinite(wait) and wait >= 0)
    answer = Answer(text.encode(), {"Retry-After": text}, status)
    refused = refusal("the service", answer, left=60.0, server_time=None)
    assert refused is None or len(text) < 12 or text not in str(refused)


NAMES = st.sampled_from(
    ["response", "data", "count", "total", "next", "has_more", "error", "message", "status", "meta", "page"]
)
MEMBERS = st.dictionaries(
    NAMES | st.text(max_size=6),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.none(), max_size=1)
    | st.dictionaries(NAMES, st.integers() | st.text(max_size=3), max_size=2),
    max_size=5,
)  # fmt: skip
RECORD = {"sid": "1", "call_date": "2026-10-05 09:30:00"}


@given(members=MEMBERS, records=st.integers(0, 2))
def test_what_stands_beside_records_is_understood_or_refused(members, records):
    rows = [{**RECORD, "sid": str(number)} for number in range(records)]
    body = json.dumps({**members, "response": rows}).encode()
    with contextlib.suppress(DtError):
        page = PageDecoder(LEADFLOW, lambda _: None)(body, "page 1")
        assert len(page) == records
        assert len(page.keys) == page.table().num_rows == records


@given(
    (MEMBERS | st.integers() | st.floats() | CHARACTERS | st.lists(st.integers(), max_size=2)).map(
        lambda value: json.dumps(value).encode()
    )
    | st.binary(max_size=20)
)
@example(b"9" * 5000)
@example(b"[" * 100_000)
@example(b'{"count": 1e3}')
@example(rb'"0\u001f"')
def test_a_count_is_a_whole_number_or_refused(body):
    with contextlib.suppress(DtError):
        assert 0 <= _parse_count(Answer(body, {})) < 10**15


CALLS = pd.DataFrame(
    {
        "affiliate": ["North", "South", None],
        "offer_price": [1.0, 2.0, 3.0],
        "offer_qualified": [True, False, True],
        "affiliate_price": [1.0, 1.0, 1.0],
        "affiliate_qualified": [True, True, False],
        "call_date": pd.to_datetime(["2026-10-05 09:30"] * 3).tz_localize("America/New_York"),
    }
)
CONDITIONS = st.sampled_from(
    ["call_count", "margin", "affiliate", "`affiliate`", "'North'", ">", "<=", "==", "!=", "and", "or", "not", "~", "in", "is", "(", ")", "[", "]", ",", "1", "-", "0.5", "*", "**", "9", "%", "/", "//", "None", "True", "@x", ".", "__class__", "é", "\n", "#", "if", ":="]
)  # fmt: skip


@given(st.lists(CONDITIONS, max_size=9).map(" ".join) | st.text(max_size=20))
@example("9**9**9")
@example("call_count > 0 and __import__('os').system('true')")
@example("(" * 3000)
@example("call_count in [1, [2]]")
@example("'a' * 10**9")
@example("call_count % 0 > 1")
@example("\0")
def test_any_condition_on_groups_is_applied_or_refused(text):
    with contextlib.suppress(DtError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dta.rollup(CALLS, by="affiliate", metrics=["call_count", "margin"], having=text)
        assert list(found.columns) == ["affiliate", "call_count", "margin"]
        assert len(found) <= 3


CELLS = st.sampled_from(
    ["Call ID", "sid", "Date", "Time", "Amount", "Billed", "Total", "10/05/2026", "2026-10-05 09:30", "1,234.50", "12,50", "$3", "(3.00)", "EUR", "Y", "007", "=1+1", "", " ", "é", "\ufeff", "1e999", "nan", "9" * 30, '"', "''", "-"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)  # fmt: skip
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5)


@given(
    lines=LINES,
    mark=st.sampled_from([",", ";", "\t", "|", "\0"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32", "cp1252"]),
    junk=st.binary(max_size=4),
)
@example([["sid", "Amount"], ["1", "1e999999999"]], ",", "utf-8", b"")
def test_any_ledger_is_read_or_refused(tmp_path_factory, lines, mark, encoding, junk):
    text = "\r\n".join(mark.join(line) for line in lines)
    file = tmp_path_factory.mktemp("ledger") / "a.csv"
    file.write_bytes(text.encode(encoding, "replace") + junk)
    with contextlib.suppress(DtError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert dta.read_ledger(file).shape[0] <= len(text) + 5
    if lines:
        wide = max(map(len, lines))
        frame = pd.DataFrame([line + [None] * (wide - len(line)) for line in lines])
        with contextlib.suppress(DtError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dta.read_ledger(frame.iloc[1:].set_axis(frame.iloc[0], axis=1))


VALUES = (
    CHARACTERS
    | st.floats()
    | st.integers()
    | st.none()
    | st.booleans()
    | st.binary(max_size=5)
    | st.lists(st.text(max_size=3), max_size=2)
    | st.sampled_from(["nan", "inf", "1e9", "0.5", "99999999", "http://127.0.0.1:1", "https://a.b:99999", "~", "//", "USD", "x" * 5000])
)  # fmt: skip
FIELDS = sorted(Settings.model_fields)


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4))
@example({"requests_per_minute": "nan"})
@example({"settle_days": 10**30})
@example({"leadflow_url": "http://[::1"})
@example({"bids_timezone": "../../etc/passwd"})
@example({"access_key": "secret\nkey-of-somebody"})
def test_any_setting_is_read_or_refused_without_its_secrets(values):
    given = {
        name: f"hush-{value}" if name in SECRETS and isinstance(value, str) else value
        for name, value in values.items()
    }
    try:
        made = Settings(**given)
    except DtError as error:
        said = str(error)
    else:
        said = repr(made)
        assert 0 <= made.requests_per_minute <= 10_000
        assert 0 <= made.settle_days <= 3_660
    assert "hush-" not in said


def test_a_refusal_holds_nothing_of_what_the_service_says():
    answer = Answer(b"key abc-def-ghi of 212-555-0100", {"Retry-After": "soon"}, 403)
    said = SimpleNamespace(text=str(refusal("the service", answer, left=60.0, server_time=None)))
    assert "abc" not in said.text
    assert "555" not in said.text
