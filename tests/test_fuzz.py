"""Whatever text or bytes come from outside: a right answer or an error of the package, never a bare one.

Each property is tried on what hypothesis makes up; the examples are what such runs found, and inputs that
broke other readers. The profile "long" of hypothesis tries more.
"""

from __future__ import annotations

import contextlib
import json
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dtanalytics.decode import decode_page, decode_pages
from dtanalytics.decode.saved import read_saved
from dtanalytics.errors import DtError, SchemaDriftWarning
from dtanalytics.filters import conditions, to_query
from dtanalytics.metrics.formulas import parse
from dtanalytics.schema import BIDS, LEADFLOW
from dtanalytics.texts.instants import read_instant
from dtanalytics.window import parse_window

REPORTS = [LEADFLOW, BIDS]
NAMES = [*LEADFLOW.wire(), *BIDS.wire(), *BIDS.wire("v3"), "response", "error", "sid", "é", ""]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["Y", "N", "2026-10-05 09:30:00", "10000-01-01 00:00:00", "2026-10-05T09:30:00-25:00", "$5", "1e999"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
records = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=6)
placed = records.map(
    lambda record: (
        {"sid": "1", "call_date": "2026-10-05 09:30:00", "date_added": "2026-10-05 09:30:00"} | record
    )
)
answers = (
    st.lists(placed | records | values, max_size=3)
    | st.fixed_dictionaries({"response": st.lists(placed, max_size=2)})
    | values
)


@st.composite
def bodies(draw):
    """Bytes that are, were, or never were an answer."""
    body = json.dumps(draw(answers), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(body)))
        body = (
            body[:at]
            + draw(st.binary(max_size=3) | st.sampled_from([b"00", b"}", b"[", b'"', b"\\u", b",", b"NaN"]))
            + body[at + draw(st.integers(0, 2)) :]
        )
    return body


CORPUS = [
    b"", b"\xef\xbb\xbf", b"[]", b"{}", b"null", b'"', b"[[]]", b"[null]", b"[1]", b'[[[]], {"sid": "1"}]', b"[{}]", b"[" * 5000, b'{"a":' * 600 + b"1" + b"}" * 600,
    b'[{"sid": 1e400}]', b'[{"sid": ' + b"9" * 5000 + b"}]", b'[{"sid": "\\ud800"}]', b'[{"sid":"1","sid":"2"}]', b"[NaN]",
    b'[{"sid":"1","call_date":"0000-00-00 00:00:00"}]', b'[{"sid":"1","call_date":"9999-12-31 23:59:59"}]',
    b'[{"sid":"1","date_added":"0001-01-01 00:00:00"}]', b'{"response": [], "error": "no"}', b"\x00" * 9, b"\xff\xfe[\x00",
    b'[{"sid":"1","call_date":"2026-10-05 09:30:00","x":' + b"[" * 60 + b"]" * 60 + b"}]",
    b'[{"sid":"1","call_date":"2026-10-05 09:30:00","talk_seconds":99999999999999999999}]',
    b'[{"sid":"1","call_date":"2026-10-05 09:30:00","pool_id":-0,"rank":00}]',
]  # fmt: skip


@pytest.mark.parametrize("report", REPORTS)
@given(body=bodies() | st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_refused(report, body):
    read(report, body)


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("body", CORPUS, ids=range(len(CORPUS)))
def test_bytes_that_broke_readers(report, body):
    read(report, body)


def read(report, body):
    """Read bytes by both ways in; what is no answer is an error of the package."""
    for version in ("v2", "v3"):
        with contextlib.suppress(DtError):
            assert decode_page(body, report, version=version).table.schema.equals(report.schema)
        with contextlib.suppress(DtError):
            decode_pages([body, b"[]"], report, version=version)


@given(body=bodies() | st.binary(max_size=60), ending=st.sampled_from([".json", ".json.gz", ".jsonl"]))
def test_any_file_is_read_or_refused(tmp_path_factory, body, ending):
    file = tmp_path_factory.mktemp("saved") / f"a{ending}"
    file.write_bytes(body)
    with contextlib.suppress(DtError), warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaDriftWarning)
        read_saved(file, LEADFLOW)


PIECES = st.sampled_from(["channel", "rank", "talk_minutes", "date_added", "city", ":", "[", "]", "{", "}", " TO ", "*", ",", '"', "\\", " ", "1", "0.5", "2026-10-05", "SourceTrak", "AND", "é", "\n", "-", "1e99", "nan"])  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30))
@example("channel:" + "\\" * 10_001)
@example("rank:[" * 2000)
@example('channel:"' + '\\"' * 5000)
def test_any_condition_is_read_or_refused_and_reads_back(text):
    with contextlib.suppress(DtError):
        assert conditions(to_query(text)) == conditions(text)


WORDS = st.sampled_from(["2026", "2026-10", "2026-10-05", "last", "this", "past", "7", "0", "9999", "day", "days", "week", "weeks", "month", "quarter", "year", "to", "date", "today", "W", "Q", "40", "-", " ", "T", ":", "00", "Z", "+", "05", ".", "NaT", "mtd"])  # fmt: skip


@given(
    st.lists(WORDS, max_size=8).map("".join) | st.lists(WORDS, max_size=6).map(" ".join),
    st.none() | st.text(max_size=12),
)
@example("last 9999 years", None)
@example("last 9999 weeks", None)
@example("0001-W01", None)
@example("9999-Q4", None)
@example("9999-W53", None)
@example("2026-10-05T00:00+23:59:59.999999", None)
def test_any_words_are_a_window_or_refused(start, end):
    with contextlib.suppress(DtError):
        parse_window(start, end).days()
    with contextlib.suppress(DtError):
        read_instant(start)


PARTS = st.sampled_from(["revenue", "payout", "calls", "call_count", "(", ")", "+", "-", "*", "/", "**", "1", "9", ".5", " ", "and", "not", "<", "==", ",", "__class__", ".", "[", "'", "lambda", "é"])  # fmt: skip


@given(st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=30))
@example("(" * 3000)
@example("-" * 3000 + "1")
@example("9**9**9")
@example("\0")
def test_any_formula_is_read_or_refused(text):
    with contextlib.suppress(DtError):
        parse(text)
