"""Pages of a load are typed together, and nobody can tell."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow as pa
import pytest

from dtanalytics.apis.paging import EmptyRows, Page, Walk, retry_until_stable
from dtanalytics.decode import PageDecoder, decode_page, page_decoder
from dtanalytics.errors import ApiError, IncompleteError, SchemaError
from dtanalytics.schema import LEADFLOW


def record(sid, **values):
    return dict.fromkeys(LEADFLOW.wire()) | {"sid": sid, "call_date": "2026-10-05 09:30:00", **values}


def page(*sids, **values):
    return json.dumps([record(sid, **values) for sid in sids], separators=(",", ":")).encode()


@pytest.fixture
def drift():
    return Counter()


@pytest.fixture(params=[1, 700, 1 << 20], ids=["each-alone", "a-few-together", "all-together"])
def reader(request, drift, monkeypatch):
    monkeypatch.setattr(page_decoder, "BATCH_BYTES", request.param)
    return PageDecoder(LEADFLOW, drift.update)


BODIES = [
    page("1", "2", offer_price="12.50"),
    page("3", offer_price=12.5),
    b"[]",
    page("4", talk_seconds="x"),
    b'{"calls":' + page("5", "6") + b"}",
    page("7", call_date="2026-10-05 09:30:00-04:00"),
    page("8", new_field=1),
    json.dumps([record("9")], indent=2).encode(),
    page("10", offer="Ünal"),
]


def test_every_page_has_the_rows_that_it_has_alone(reader):
    pages = [reader(body, f"page {number}") for number, body in enumerate(BODIES)]

    assert [len(each) for each in pages] == [2, 1, 0, 1, 2, 1, 1, 1, 1]
    assert [each.table() for each in pages] == [decode_page(body, LEADFLOW).table for body in BODIES]


@pytest.mark.parametrize("typed_first", [False, True])
def test_keys_are_the_same_before_and_after_the_page_is_typed(reader, typed_first):
    pages = [reader(body, "a page") for body in BODIES]
    if typed_first:
        pa.concat_tables([each.table() for each in pages])

    assert [key for each in pages for key in each.keys] == [str(number) for number in range(1, 11)]


def test_what_surprises_is_counted_once_a_page(reader, drift):
    pages = [reader(body, "a page") for body in BODIES]
    for each in [*pages, *pages]:
        each.table()

    assert drift == {"unreadable value in 'talk_seconds'": 1, "unknown key 'new_field'": 1}


TWICE = page("2").replace(b'"sid":"2"', b'"sid":"2","sid":"2"')
NO_TIME = page("2").replace(b'"2026-10-05 09:30:00"', b"null")


@pytest.mark.parametrize(("wrong", "error"), [(TWICE, ApiError), (NO_TIME, SchemaError)])
def test_a_page_that_cannot_be_typed_spoils_no_other(reader, wrong, error):
    pages = [reader(page("1"), "page 1"), None, reader(page("3"), "page 3")]
    with pytest.raises(error, match="page 2"):
        reader(wrong, "page 2").table()

    assert [pages[at].table()["sid"].to_pylist() for at in (0, 2)] == [["1"], ["3"]]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", page("1")[:-5], page("1").replace(b'"1"', b'"\xff"'), b'{"error":"x"}']
)
def test_an_answer_that_is_none_is_an_error_at_once(reader, body):
    with pytest.raises(ApiError, match="page 2 of the LeadFlow History report is not a usable answer"):
        reader(body, "page 2")


def test_a_page_that_proves_wrong_late_is_walked_again(reader):
    answers = iter([TWICE, page("2")])

    def walk():
        return Walk([Page(reader(next(answers), "page 1"))])

    assert retry_until_stable(walk, "the window")["sid"].to_pylist() == ["2"]


def test_a_page_that_stays_wrong_is_named_in_the_error(reader):
    with pytest.raises(IncompleteError, match=r"the window do not add up.*page 1 .*'sid' occurs twice"):
        retry_until_stable(lambda: Walk([Page(reader(TWICE, "page 1"))]), "the window")


def test_the_span_of_a_page_is_that_of_its_first_and_last_record(reader):
    body = json.dumps([record("1"), record("2", call_date="2026-10-05 10:00:00")]).encode()
    first, last = reader(body, "a page").span

    assert (first.isoformat(), last.isoformat()) == ("2026-10-05T09:30:00", "2026-10-05T10:00:00")
    assert EmptyRows(LEADFLOW.empty()).span is None
