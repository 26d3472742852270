"""The fast way of reading gives what the exact way gives, or leaves the page to it."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dtanalytics.decode import decode_page
from dtanalytics.decode.body import find_records
from dtanalytics.decode.exact import read_exact
from dtanalytics.decode.fast import read_fast
from dtanalytics.decode.lines import from_arrays
from dtanalytics.decode.raw_columns import to_table
from dtanalytics.errors import DtError
from dtanalytics.schema import BIDS, LEADFLOW, TIMEZONE

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
TRICKY = st.sampled_from([
    '""', '"\\""', '":\\"\\""', '"},{\\"sid\\":1"', '"a\\\\"', '"\\u0000"', '"\\ud83d\\ude00"', '"\\u00e9"', '"é中"', '"x:\\"\\",y"',
    '"\\/"', '" "', '"null"', '"=cmd()"', '"<script>"', '"\\": 00"', '"sid\\": 5"', "null",
])  # fmt: skip
BAD = st.sampled_from([
    "NaN", "Infinity", "-Infinity", "1e999", "-1e400", "00000", "007", "-00", "1.", ".5", "+5", "0x10", "{}", "[]", '{"a":[1.50]}',
    '"\\ud800"', '"\\udc00\\ud800"', '"\\x"', "truth", '"\t"', "1e-400", "9" * 400, '"unclosed',
])  # fmt: skip
DECIMALS = st.sampled_from([
    "0", "-0", "1", "12.5", "12.50", "12.500000", "1.23456", "1e2", "1E-2", "-3.25", "99999999999999.9999", "123456789012345", "1e30", "0.0000",
    "1e-9", "0e999999999", "1e99999999999",
])  # fmt: skip
MORE_STRINGS = st.sampled_from([
    "+5", ".5", "5.", "00012.50", " 5", "5 ", "0x10", "1_0", "$5", "1,5", ".", "-", "\u0661", "NaN", "inf", "1e999", "1.00000000000000000000000000000000000",
])  # fmt: skip
TIMES = st.sampled_from([
    "2026-10-05 09:30:00", "2026-10-05T09:30:00", "2026-10-05 09:30:00.0", "2026-10-05 09:30:00.123456", "2026-11-01 01:30:00", "2026-11-01 00:59:59",
    "2026-03-08 02:30:00", "2026-03-08 03:30:00", "1999-12-31 23:59:59", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
])  # fmt: skip
ODD_TIMES = st.sampled_from([
    "2026-10-05", "2026-10-05 09:30", "2026-10-05 09", "2026-10-05 09:30:00Z", "2026-11-01T01:30:00-05:00", "2026-10-05 09:30:00+0200", "0000-00-00 00:00:00",
    "0000-01-01 00:00:00", "2026-02-30 00:00:00", "2026-10-05 24:00:00", "2026-10-05 09:30:60", "2026-10-05 09:30:00.1234567", "2026-10-05 09:30:00.1000000",
    "2026-10-05 09:30:00.", "2026-10-05t09:30:00", " 2026-10-05 09:30:00", "20261005T093000", "٢٠٢٦-10-05 09:30:00", "2026-10-05 09:30:00-99:00", "0001-01-01 00:00:00+14:00",
])  # fmt: skip


def quoted(texts):
    return texts.map(json.dumps)


def tokens(kind):
    """One way of printing a column, so that whole pages are often alike and the fast way is taken."""
    some = {
        "name": [quoted(TEXT), quoted(TEXT).map(lambda text: text.encode().decode("unicode_escape", "ignore") and text), TRICKY],
        "flag": [quoted(st.sampled_from(["Y", "N", "y", "n", "", "true", "False", "1", "0"])), st.sampled_from(["true", "false"]), st.sampled_from(["0", "1"]), quoted(st.sampled_from(["maybe", "yes", "fal\u017fe", "Y "]))],
        "time": [quoted(TIMES), quoted(TIMES | ODD_TIMES)],
    }  # fmt: skip
    some["text"] = [*some["name"], st.integers(0, 10**20).map(str), st.sampled_from(["1.50", "1e5", "-7"])]
    numbers = [DECIMALS, quoted(DECIMALS), DECIMALS | quoted(DECIMALS), quoted(DECIMALS | MORE_STRINGS)]
    wholes = [
        st.integers(-130, 130).map(str),
        quoted(st.integers(0, 2**63).map(str)),
        quoted(st.sampled_from(["3.0", "3.5", "007", "1e2"])),
    ]
    return st.sampled_from(some.get(kind, numbers if kind in {"money", "minutes"} else wholes + numbers))


@st.composite
def pages(draw, report, version):
    """Bytes of a page: columns mostly printed alike, sometimes with a key or a value that is wrong."""
    wire = report.wire(version)
    keys = draw(st.lists(st.sampled_from([*wire, *sorted(report.dropped)]), unique=True, max_size=7))
    time = next(key for key, field in wire.items() if field.name == report.time)
    keys = [report.key, time, *(key for key in keys if key not in {report.key, time})]
    kinds = {key: wire[key].kind if key in wire else "text" for key in keys}
    printed = {key: draw(tokens(kinds[key])) for key in keys}
    printed[report.key] = draw(
        st.sampled_from([quoted(st.text("ab0", min_size=1, max_size=3)), st.integers(0, 99).map(str)])
    )
    printed[time] = draw(st.sampled_from([quoted(TIMES), quoted(TIMES), quoted(TIMES | ODD_TIMES)]))
    colon, comma = draw(st.sampled_from([(":", ","), (": ", ", "), (" : ", "\n,\n "), (":\t", ",")]))
    nullable = st.just("null") if draw(st.booleans()) else st.nothing()
    wrong = draw(st.integers(0, 9)) == 0
    records = []
    for _ in range(draw(st.integers(0, 4))):
        record = []
        for key in keys:
            odd = draw(st.integers(0, 30)) if wrong else 30
            if odd == 0:
                continue
            value = draw(
                BAD if odd == 1 else printed[key] if key in {report.key, time} else printed[key] | nullable
            )
            name = "unknown" if odd == 2 else draw(st.sampled_from(keys)) if odd == 3 else key
            record.append(f'"{name}"{colon}{value}')
        records.append("{" + comma.join(record) + "}")
    body = "[" + comma.join(records) + "]"
    wrap = draw(
        st.sampled_from(
            ["%s"] * 3
            + [
                '{"response":%s}',
                '{ "n": 1, "rows" : %s }',
                '{"a":[],"rows":%s}',
                '{"rows":%s,"rows":[]}',
                "\ufeff%s",
                '{"error":"no","rows":%s}',
            ]
        )
    )
    return (wrap % body.replace("%", "%%") if "%%" in wrap else wrap.replace("%s", body)).encode()


def outcome(read):
    """What came of reading: the table and the drift, or the kind of error."""
    try:
        table, drift = read()
    except DtError as error:
        return type(error)
    table.validate(full=True)
    return table.combine_chunks(), drift


def exactly(body, report, version):
    wire = report.wire(version)
    parts = read_exact(find_records(body, report, "the answer"), report, wire, "the answer")
    return to_table(parts, report, TIMEZONE), parts.drift


def publicly(body, report, version):
    decoded = decode_page(body, report, version=version)
    return decoded.table, decoded.drift


@pytest.mark.parametrize(
    ("report", "version"), [(LEADFLOW, "v2"), (BIDS, "v2"), (BIDS, "v3")], ids=["leadflow", "bids", "v3"]
)
def test_both_ways_give_the_same_rows_the_same_drift_or_the_same_error(report, version):
    """Generated pages: each way of printing, each kind of fault."""

    @given(pages(report, version))
    @example(b"")
    @example(b"[]")
    def check(body):
        assert outcome(lambda: publicly(body, report, version)) == outcome(
            lambda: exactly(body, report, version)
        )

    check()


RECORD = '{"sid":"%d","date_added":"2026-10-05 09:30:00","city":"x\\u007d,{\\"sid\\":\\"9"}'
SPLICES = st.sampled_from([
    "", "\0", "},{", "}{", "},,{", "}, {", "},\n{", "}", "{", "]", "[", "][", ",", '"', "\\", "null", "null,", ":", "\n", " ", "\ufeff", '{"sid":"8"}', ',"sid":"8"', "NaN", "\x1f", "\ud800",
])  # fmt: skip


@st.composite
def damaged_answers(draw):
    """A few plain arrays of records; something is put in or left out at one place of one of them."""
    comma = draw(st.sampled_from([",", ", "]))
    counts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    bodies = ["[" + comma.join(RECORD % number for number in range(count)) + "]" for count in counts]
    hurt = draw(st.integers(0, len(bodies) - 1))
    at = draw(st.integers(0, len(bodies[hurt]))) if draw(st.booleans()) else bodies[hurt].find("}") + 1
    cut, put = draw(st.integers(0, 2)), draw(SPLICES)
    bodies[hurt] = bodies[hurt][:at] + put + bodies[hurt][at + cut :]
    return [body.encode("utf-8", "surrogatepass") for body in bodies]


SHORT = b'{"sid":"1","date_added":"2026-10-05 09:30:00"}'
LONG = SHORT[:-1] + b',"city":"x"}'


@settings(max_examples=150)
@given(damaged_answers())
@example(
    [b"[" + SHORT + b"," + 4 * SHORT + b"\0},{},{},{}]"]
)  # the end, behind as many records as commas say
@example([b"[" + b",".join([LONG, 2 * SHORT, SHORT, LONG, LONG]) + b"]"])  # as many keys as there should be
@example([b"[" + LONG[:-2] + b"}]", b'[{","state":"y"}]'])
def test_answers_read_as_sent_are_answers_that_can_be_read_one_by_one(bodies):
    """Where a comma lacks or is one too many, where a text does not end, the fast way sees it or leaves it."""
    lines = from_arrays(bodies)
    parts = read_fast(lines, BIDS, BIDS.wire()) if lines else None

    assume(parts is not None)
    one_by_one = pa.concat_tables(exactly(body, BIDS, "v2")[0] for body in bodies)
    assert to_table(parts, BIDS, TIMEZONE).to_pylist() == one_by_one.to_pylist()
