"""Callers are numbered by what stands in the column, telephone numbers or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.geography import last_digits
from dtanalytics.columns.numbering import are_ten_digits, numbered, repeats, repeats_by_row, whole_numbers

COLUMNS = {
    "telephone numbers": ["2125550101", "2125550100", "2125550101", "2125550102", "2125550100"],
    "unknown callers": ["2125550101", None, None, "2125550101", "2125550102"],
    "leading zeros": ["0012", "12", "012", "0012", "12"],
    "signs and hexadecimal digits": ["0x10", "16", "+16", "-0", "0"],
    "long numbers": ["11111111111111111", "11111111111111112", "11111111111111111", "1", "1"],
    "pseudonyms": ["af03", "2c1b", "af03", "anonymous", "2c1b"],
    "other digits": ["٣٣", "33", "٣٣", "\uff13\uff13", "33"],
    "nobody": [None, None, None, None, None],
}


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_two_calls_have_one_number_where_their_callers_are_the_same_text(values):
    codes = numbered(pd.Series(values, dtype="str"))
    for first in range(len(values)):
        assert (codes[first] == -1) == (values[first] is None)
        for second in range(len(values)):
            assert (codes[first] == codes[second]) == (values[first] == values[second])


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_repeats_are_the_rows_whose_value_stands_there_again_one_number_a_value(values):
    rows, codes = repeats(pd.Series(values, dtype="str"))
    again = [row for row, value in enumerate(values) if value is not None and values.count(value) > 1]
    assert sorted(rows.tolist()) == again
    for row, code in zip(rows, codes, strict=True):
        assert {values[other] for other in rows[codes == code]} == {values[row]}
    assert len(np.unique(codes)) == len({values[row] for row in rows})


@pytest.mark.parametrize("values", COLUMNS.values(), ids=COLUMNS)
def test_repeats_by_row_are_the_same_rows_with_the_same_numbers_from_the_first_row_on(values):
    column = pd.Series(values, dtype="str")
    rows, codes = repeats_by_row(column)
    assert rows.tolist() == sorted(rows.tolist())
    assert dict(zip(rows, codes, strict=True)) == dict(zip(*repeats(column), strict=True))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2125550101", None, "0000000000"], True),
        (["2125550101", "+212555010"], False),
        (["2125550101", "0x12555010"], False),
        (["2125550101", "212555010"], False),
        (["2125550101", "12125550101"], False),
        (["\u0662\u0661\u0662\u0665\u0665"], False),
        ([""], False),
        ([None], False),
    ],
)
def test_only_ten_decimal_digits_in_each_text_are_ten_digits(values, expected):
    assert are_ten_digits(pd.Series(values, dtype="str")) is expected


def test_a_column_that_was_set_anew_is_numbered_anew():
    calls = pd.DataFrame({"caller_id": pd.Series(["1", "2", "1"], dtype="str")})
    assert [len(set(numbered(calls["caller_id"]).tolist())), len(repeats(calls["caller_id"])[0])] == [2, 2]
    calls.loc[2, "caller_id"] = "3"
    assert [len(set(numbered(calls["caller_id"]).tolist())), len(repeats(calls["caller_id"])[0])] == [3, 0]
    part = calls.iloc[1:]
    assert len(numbered(part["caller_id"])) == 2


def test_numbers_begin_at_zero_and_leave_none_out():
    codes = numbered(pd.Series(["9", None, "7", "9", "8"], dtype="str"))
    assert sorted(set(codes.tolist())) == [-1, 0, 1, 2]


def test_no_calls_have_no_numbers():
    empty = pd.Series([], dtype="str")
    assert numbered(empty).tolist() == []
    assert [part.tolist() for part in repeats(empty)] == [[], []]


def test_ten_digits_are_read_the_same_in_every_company():
    plain = ["2125550100", "12125550101", "32125550100", "0212555010", "5550100", None]
    assert last_digits(plain).tolist() == [2125550100, 2125550101, -1, 212555010, -1, -1]
    assert whole_numbers(pd.Series(plain, dtype="str")) is not None
    assert last_digits([*plain, "anonymous"]).tolist() == [*last_digits(plain).tolist(), -1]
