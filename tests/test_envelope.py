"""What may stand beside an array of records, one member at a time: a fact about paging, or a reason to refuse."""

from __future__ import annotations

import json

import pytest

from dtanalytics.decode import PageDecoder
from dtanalytics.errors import ApiError
from dtanalytics.schema import LEADFLOW

RECORD = {"sid": "1", "call_date": "2026-10-05 09:30:00"}


def page(members, records, name="response"):
    """Decode an answer with members beside its records."""
    body = json.dumps({**members, name: records}).encode()
    return PageDecoder(LEADFLOW, lambda _: None)(body, "page 1")


@pytest.mark.parametrize("records", [[], [RECORD]], ids=["empty", "one"])
@pytest.mark.parametrize("name", ["response", "data", "results", "calls", "items", "rows"])
def test_an_array_under_a_usual_name_is_the_records(name, records):
    assert len(page({}, records, name)) == len(records)


@pytest.mark.parametrize("records", [[], [RECORD]], ids=["empty", "one"])
@pytest.mark.parametrize(
    "member",
    [
        {"page": 1}, {"page_size": 250}, {"pageSize": "250"}, {"start_date": "2026-10-05"}, {"requestId": "a-1"},
        {"took": 12.5}, {"version": "v2"}, {"success": True}, {"success": "true"}, {"status": 200}, {"status": "ok"},
        {"code": "200"}, {"message": ""}, {"message": "OK"}, {"error": None}, {"errors": []}, {"errors": {}},
        {"partial": False}, {"truncated": "no"}, {"has_more": False}, {"next": None}, {"nextPageToken": ""},
        {"meta": {"took": 3}}, {"meta": {"paging": {"page": 1}}}, {"links": {"self": "x", "next": None}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_a_neutral_member_changes_nothing(member, records):
    found = page(member, records)

    assert (len(found), found.counts, bool(found.more)) == (len(records), (), False)


@pytest.mark.parametrize("records", [[], [RECORD]], ids=["empty", "one"])
@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ({"message": "Limit Exceeded"}, "reports an error or a warning"),
        ({"messages": ["slow down"]}, "reports an error or a warning"),
        ({"error": "no"}, "reports an error or a warning"),
        ({"errors": [{"reason": "timeout"}]}, "reports an error or a warning"),
        ({"error": {"code": 5}}, "reports an error or a warning"),
        ({"warnings": ["shard 3"]}, "reports an error or a warning"),
        ({"fault": {"faultstring": "quota"}}, "reports an error or a warning"),
        ({"exception": "java.lang"}, "reports an error or a warning"),
        ({"success": False}, "no full answer"),
        ({"success": "no"}, "no full answer"),
        ({"status": "error"}, "no full answer"),
        ({"status": 500}, "no full answer"),
        ({"statusCode": "429"}, "no full answer"),
        ({"code": -1}, "no full answer"),
        ({"partial": True}, "no full answer"),
        ({"incomplete": 1}, "no full answer"),
        ({"timed_out": "true"}, "no full answer"),
        ({"truncated": "yes"}, "no full answer"),
        ({"meta": {"status": "failed"}}, "no full answer"),
        ({"total": "many"}, "no number of records"),
        ({"count": None}, "no number of records"),
        ({"total": -1}, "no number of records"),
        ({"degraded": 1}, "meaning is not known"),
        ({"page": {"number": 1}}, "meaning is not known"),
        ({"other": [1]}, "exactly one array"),
    ],
    ids=json.dumps,
)
def test_a_member_that_says_no_is_refused_and_not_quoted(member, reason, records):
    with pytest.raises(ApiError, match=reason) as refused:
        page(member, records)

    assert refused.value.retryable
    assert not any(word in str(refused.value) for word in ("Limit", "slow down", "shard", "quota", "java"))


@pytest.mark.parametrize("name", ["d", "failed", "affiliates"])
def test_an_empty_array_under_another_name_is_not_taken_for_no_calls(name):
    with pytest.raises(ApiError, match="is empty"):
        page({}, [], name)


@pytest.mark.parametrize(
    "member", [{"total": 1}, {"count": "1"}, {"meta": {"totalRecords": 1}}], ids=json.dumps
)
def test_a_stated_number_of_records_is_kept_to_be_compared(member):
    assert page(member, [RECORD]).counts == (1,)


@pytest.mark.parametrize(
    "member",
    [{"has_more": True}, {"next": "cursor-2"}, {"links": {"next": "http://x/?page=2"}}],
    ids=json.dumps,
)
def test_an_answer_that_says_that_more_follow_is_remembered(member):
    assert page(member, [RECORD]).more
