"""What decoding promises: one shape, nothing lost without a word, and a typed error for whatever cannot be told."""

from __future__ import annotations

import json
import pickle
from decimal import Decimal

import pyarrow as pa
import pytest

from dtanalytics.decode import decode_page, decode_pages, iter_tables, warn_drift
from dtanalytics.decode.body import split
from dtanalytics.decode.fast import read_fast
from dtanalytics.decode.lines import from_arrays, from_records
from dtanalytics.errors import ApiError, SchemaDriftWarning, SchemaError
from dtanalytics.schema import BIDS, LEADFLOW

CALL = {"sid": "a1", "call_date": "2026-10-05 09:30:00"}


def call(**fields):
    """Bytes of a page with one LeadFlow call."""
    return json.dumps([CALL | fields]).encode()


@pytest.mark.parametrize("report", [LEADFLOW, BIDS], ids=lambda report: report.name)
@pytest.mark.parametrize("body", [b"[]", b'{"response": []}', b'\xef\xbb\xbf {"total": 0, "calls": []} '])
def test_no_calls_have_the_whole_schema(report, body):
    """An empty answer, bare or wrapped, is a table of zero rows with every column and its metadata."""
    decoded = decode_page(body, report)

    assert decoded.table.num_rows == 0
    assert decoded.table.schema.equals(report.schema, check_metadata=True)
    assert not decoded.drift


@pytest.mark.parametrize("report", [LEADFLOW, BIDS], ids=lambda report: report.name)
def test_any_call_has_the_whole_schema(report):
    """One call that brings nothing but its key and time has every column too."""
    page = json.dumps([{"sid": "1", report.time: "2026-10-05 09:30:00"}]).encode()

    assert decode_page(page, report).table.schema.equals(report.schema, check_metadata=True)


def test_unknown_keys_are_kept_as_they_were_sent():
    """Numbers digit by digit, nested values whole, in the order sent; counted once a record."""
    decoded = decode_page(
        b'[{"x":1.50,"sid":"1","y":{"a":[1e5,"\\u00e9"]},"call_date":"2026-10-05 09:30:00"}]', LEADFLOW
    )

    assert decoded.table["extra"].to_pylist() == ['{"x":1.50,"y":{"a":[1e5,"é"]}}']
    assert {key: count for key, count in decoded.drift.items() if "unknown" in key} == {
        "unknown key 'x'": 1,
        "unknown key 'y'": 1,
    }


def test_keys_that_the_vendor_deprecated_appear_nowhere():
    """call_logging_id and phone_number are dropped on arrival, whatever else is kept."""
    body = b'[{"sid":"1","date_added":"2026-10-05 09:30:00","call_logging_id":"C77","phone_number":"5550102","x":1}]'
    decoded = decode_page(body, BIDS)

    assert "C77" not in str(decoded.table.to_pylist()) + str(decoded.drift)
    assert "5550102" not in str(decoded.table.to_pylist())
    assert decoded.table["extra"].to_pylist() == ['{"x":1}']


def test_one_warning_names_all_that_was_not_expected():
    """Unknown keys, missing keys and fields with unreadable values, but no value of anybody's."""
    page = dict.fromkeys(LEADFLOW.wire()) | CALL | {"surprise": "Ms Smith", "margin": "lots"}
    del page["caller_id"]
    drift = decode_page(json.dumps([page]).encode(), LEADFLOW).drift

    with pytest.warns(SchemaDriftWarning) as caught:
        warn_drift(drift, LEADFLOW)
    text = str(caught[0].message)
    assert len(caught) == 1
    assert all(
        word in text
        for word in ("unknown key 'surprise'", "missing key 'caller_id'", "unreadable value in 'margin'")
    )
    assert "Smith" not in text
    assert "lots" not in text


def test_a_page_as_declared_warns_of_nothing():
    decoded = decode_page(json.dumps([dict.fromkeys(LEADFLOW.wire()) | CALL]).encode(), LEADFLOW)

    assert not decoded.drift
    warn_drift(decoded.drift, LEADFLOW)  # warnings are errors here


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "it is empty"),
        (b"<html><title>Sign in</title>", "looks like a web page"),
        (b'{"error": "rate limit exceeded"}', "reports an error or a warning ('error')"),
        (b'{"error": "no", "response": []}', "reports an error"),
        (b'{"message": "Forbidden"}', "reports an error or a warning ('message')"),
        (b'{"a": [], "b": []}', "exactly one array"),
        (b'"text"', "neither an array nor an object"),
        (b"[1, 2]", "something else than records"),
        (b"null", "neither"),
        (call()[:-5], "Unterminated"),
        (call(x="\xff").replace(b"\\u00ff", b"\xff"), "utf-8"),
        (call(x=1).replace(b": 1", b": NaN"), "NaN"),
        (call(x=1).replace(b": 1", b": -Infinity"), "Infinity"),
        (call(x=1).replace(b": 1", b": 1e999"), "1e999"),
        (call(x=1).replace(b'"x"', b'"sid"'), "'sid' occurs twice"),
        (call(x=1).replace(b": 1", b': {"a": 1, "a": 2}'), "'a' occurs twice"),
        (call(city="\ud800"), "surrogates"),
        (b"[" * 100_000, "too deeply"),
        (b'{"n": 1, "n": 2, "response": []}', "'n' occurs twice"),
    ],
)
def test_a_body_that_is_no_answer_is_an_error_worth_asking_again(body, said):
    """Never an empty table, never a guess; the message names the page and the reason."""
    with pytest.raises(ApiError, match=r"^page 3 of the LeadFlow History report") as caught:
        decode_page(body, LEADFLOW, source="page 3")

    assert said in str(caught.value)
    assert caught.value.retryable


def test_an_error_shows_nothing_of_a_body():
    """Whatever a service answers, a call or a page, must not reach a log."""
    page = call(first_name="Grace", caller_id="2125550123")[:-1]
    for body in (
        page,
        b'{"response": ' + page,
        page[1:] + b"}",
        b'[{"name": "Grace", "phone": "2125550123"}',
    ):
        with pytest.raises(ApiError) as caught:
            decode_page(body, LEADFLOW)

        assert "Grace" not in str(caught.value)
        assert "2125550123" not in str(caught.value)
    with pytest.raises(ApiError) as caught:
        decode_page(b"<html>" + b"x" * 5_000, LEADFLOW)

    assert "xx" not in str(caught.value)


def test_an_error_travels_between_processes():
    with pytest.raises(ApiError) as caught:
        decode_page(b"<html>", LEADFLOW)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 (our own bytes)

    assert (str(again), again.retryable) == (str(caught.value), True)


@pytest.mark.parametrize(
    ("field", "sent", "shown"),
    [
        ("sid", None, "sid is null"),
        ("sid", "", 'sid is ""'),
        ("sid", [1], "sid is [1]"),
        ("call_date", "soon", 'call_date is "soon"'),
        ("call_date", "2026-10-05", "2026-10-05"),
        ("call_date", None, "call_date is null"),
    ],
)
def test_a_call_without_key_or_time_is_an_error_that_says_which(field, sent, shown):
    """Page, record, field and value."""
    body = json.dumps([CALL, CALL | {field: sent}]).encode()

    with pytest.raises(SchemaError, match="page 3, record 2") as caught:
        decode_page(body, LEADFLOW, source="page 3")
    assert shown in str(caught.value)


def test_a_missing_key_field_is_an_error_too():
    with pytest.raises(SchemaError, match="record 1: sid is missing"):
        decode_page(b'[{"call_date": "2026-10-05 09:30:00"}]', LEADFLOW)


@pytest.mark.parametrize(
    "wrap",
    ["%s", '{"response": %s}', '{"page": 1, "more": false, "error": null, "calls": %s}', "\ufeff\n%s\n"],
)
def test_bare_and_wrapped_answers_are_the_same(wrap):
    """An array, or an object with one array in it."""
    body = wrap.replace("%s", call(offer="Roofing").decode()).encode()

    assert decode_page(body, LEADFLOW).table["offer"].to_pylist() == ["Roofing"]


def test_one_call_may_come_without_an_array():
    """As the service answers a question for one sid."""
    assert decode_page(call(offer="Roofing")[1:-1], LEADFLOW).table["offer"].to_pylist() == ["Roofing"]


def test_both_versions_fill_the_same_columns():
    """v3's renamed fields are v2's columns; what a version does not send is null and no drift."""
    sent = dict.fromkeys(BIDS.wire("v3")) | {
        "sid": "1",
        "date_added": "2026-10-05 09:30:00",
        "first_touch": "u",
        "ppc_campaign_id": 77,
        "os": "iOS",
    }
    decoded = decode_page(json.dumps([sent]).encode(), BIDS, version="v3")
    row = decoded.table.to_pylist()[0]

    assert (row["baseuri"], row["adwords_campaign_id"], row["os"], row["super_id"]) == (
        "u",
        "77",
        "iOS",
        None,
    )
    assert not decoded.drift


def ordinary_page(rows=6):
    """A page as a service would print it: every key, some nulls, some blanks, numbers and strings."""
    printed = {"name": ["Ana", None, "", "O'Neil \u00e9"], "text": ["00501", None, ""], "flag": ["Y", "N", None], "money": ["12.50", 7, None],
               "minutes": ["1.5", None], "int8": [1, 5], "int32": [3, None], "int64": [10**12, None], "time": ["2026-10-05 09:30:00", "2026-11-01 01:30:00.0", None]}  # fmt: skip
    records = [
        {name: printed[field.kind][row % len(printed[field.kind])] for name, field in BIDS.wire().items()}
        | {"call_logging_id": str(row), "phone_number": None, "sid": row, "date_added": "2026-10-05 09:30:00"}
        for row in range(rows)
    ]
    return json.dumps(records).encode()


CUTS = {
    "as sent": lambda body: from_arrays([body, b"[]", body]),
    "as records": lambda body: from_records([split(body)] * 2),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("comma", [b",", b", ", b" ,\n  "])
def test_ordinary_pages_take_the_fast_way(cut, comma):
    """Otherwise every other test would pass on the slow one alone."""
    parts = read_fast(CUTS[cut](ordinary_page().replace(b"}, {", b"}%b{" % comma)), BIDS, BIDS.wire())

    assert parts is not None
    assert parts.columns["sid"].to_pylist() == ["0", "1", "2", "3", "4", "5"] * 2
    assert parts.columns["first_name"].to_pylist() == ["00501", None, None] * 4


@pytest.mark.parametrize("zeros", [b"00000", b'"00000"'])
def test_idle_zeros_take_the_fast_way_too(zeros):
    """The vendor may print them in every record."""
    page = ordinary_page().replace(b'"pool_id": 1000000000000', b'"pool_id": ' + zeros)

    assert read_fast(from_records([split(page)]), BIDS, BIDS.wire()) is not None


def test_a_key_that_one_record_lacks_is_found():
    """Null as the others' nulls are, but counted as missing."""
    records = json.loads(ordinary_page())
    del records[4]["vt_device"]
    decoded = decode_page(json.dumps(records).encode(), BIDS)

    assert decoded.drift == {"missing key 'vt_device'": 1}
    assert decoded.table["vt_device"].to_pylist()[4] is None


def test_bytes_that_are_no_text_are_an_error_on_an_ordinary_page():
    """Never a replacement character, never bytes in a column of text."""
    for wrong in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80"):
        with pytest.raises(ApiError, match="utf-8"):
            decode_page(ordinary_page(10).replace(b"O'Neil", wrong), BIDS)


def test_many_answers_become_one_table_in_their_order():
    """However they are batched, wrapped or odd; an empty one is nothing."""
    pages = [
        call(sid=str(number), offer_price=price) for number, price in enumerate(["1.5", 2, "lots", None])
    ]
    pages.insert(2, b"[]")
    for size in (1, 150, 10**9):
        decoded = decode_pages(pages, LEADFLOW, batch_bytes=size)

        assert decoded.table["sid"].to_pylist() == ["0", "1", "2", "3"]
        assert decoded.table["offer_price"].to_pylist() == [Decimal("1.5"), Decimal(2), None, None]
        assert decoded.table.schema.equals(LEADFLOW.schema, check_metadata=True)
        assert decoded.drift["unreadable value in 'offer_price'"] == 1
        assert decoded.drift["missing key 'offer'"] == 4


def test_the_answer_at_fault_is_named_among_many():
    """After what came before it was handed over."""
    tables = iter_tables(
        [("a.json", call()), ("b.json", b"<html>"), ("c.json", call())], LEADFLOW, batch_bytes=1
    )

    assert next(tables).table.num_rows == 1
    with pytest.raises(ApiError, match=r"^b\.json of"):
        next(tables)


def test_a_table_holds_valid_arrow_data():
    """Text that Arrow checks character by character, decimals within their precision."""
    table = decode_pages([ordinary_page(), call(offer="中文")[:0] or ordinary_page(3)], BIDS).table

    table.validate(full=True)
    assert pa.types.is_decimal(table.schema.field("talk_minutes").type)
