"""Conditions on groups, as text: what they mean, and that text is never run."""

import subprocess
import sys

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError, SchemaError

CALLS = pd.DataFrame(
    {
        "affiliate": ["a", "b", "b", "c", "c", "c"],
        "my label": [1, 2, 2, 3, 3, 3],
        "call_day": pd.to_datetime(["2026-10-05", *["2026-10-06"] * 2, *["2026-10-07"] * 3]),
        "offer_qualified": [True, True, True, False, False, False],
        "offer_price": [10.0, 20.0, 30.0, 1.0, 1.0, 1.0],
        "affiliate_qualified": [True, True, False, True, True, True],
        "affiliate_price": [12.0, 5.0, 5.0, 2.0, 2.0, 2.0],
    }
)
# by affiliate: a has 1 call, margin -2, rate -0.2; b has 2, margin 45, rate 0.9; c has 3, margin -6, no rate


@pytest.mark.parametrize(
    ("having", "kept"),
    [
        ("call_count > 1", "bc"),
        ("1 < call_count <= 2", "b"),
        ("call_count >= 2 and margin < 0", "c"),
        ("call_count >= 2 & margin < 0", "c"),
        ("call_count == 1 | margin > 0", "ab"),
        ("not margin > 0", "ac"),
        ("~(margin > 0)", "ac"),
        ("margin_rate > 0", "b"),
        ("not margin_rate > 0", "a"),
        ("margin_rate != 0.9", "a"),
        ("margin_rate > 0 or call_count == 3", "bc"),
        ("affiliate == 'b'", "b"),
        ("'b' != affiliate", "ac"),
        ("affiliate in ['a', 'c']", "ac"),
        ("affiliate not in ('a',)", "bc"),
        ("`affiliate` == 'a'", "a"),
        ("call_count ** 2 + 1 > 4", "bc"),
        ("-margin > 1", "ac"),
        ("revenue / call_count > 20", "b"),
        ("revenue / (call_count - 1) > 0", "b"),
        ("call_count * 1000000000 * 1000000000 * 1000000000 > 0", "abc"),
        ("call_count % 2 == 1", "ac"),
    ],
)
def test_groups_that_pass_are_kept(having, kept):
    table = dta.rollup(CALLS, "affiliate", "call_count", having=having)

    assert "".join(table["affiliate"]) == kept


@pytest.mark.parametrize(
    ("by", "having", "kept"),
    [
        ("call_day", "call_day >= '2026-10-06'", [2, 3]),
        ("D", "call_day == '2026-10-05' or call_count == 3", [1, 3]),
        ("my label", "`my label` in [1, 3]", [1, 3]),
        ("offer_qualified", "offer_qualified", [3]),
        ("offer_qualified", "not offer_qualified", [3]),
    ],
)
def test_columns_of_by_are_compared_with_constants_of_their_kind(by, having, kept):
    assert dta.rollup(CALLS, by, "call_count", having=having)["call_count"].tolist() == kept


REFUSED = [
    "call_count.__init__.__globals__.get('sys').modules.get('os').system('touch ran') == 0",
    "call_count.to_csv('ran') == 0",
    "__import__('os').system('touch ran') == 0",
    "open('ran', 'w') == 0",
    "(lambda: call_count)() > 1",
    "[x for x in call_count] == 1",
    "f'{call_count}' == '1'",
    "call_count[0] > 1",
    "call_count > 1 if call_count else 0",
    "(x := 3) > 1",
    "@sys.exit(1) > 1",
    "call_count > 1; import os",
    "call_count is 1",
    "call_count == None",
    "*call_count > 1",
    "call_count > 1j",
    "call_count > 1e999",
    "call_count > 99999999999999999999",
    "call_count ** call_count > 1",
    "call_count ** 11 > 1",
    "9**9**9 > call_count",
    "9**9**9**9 > call_count",
    "call_count > " + "-" * 500 + "1",
    "(" * 400 + "call_count > 1" + ")" * 400,
    "call_count > 1" + " and call_count > 1" * 100,
    "call_count",
    "call_count + 1",
    "1 < 2",
    "True",
    "",
    "call_count > 'a'",
    "affiliate + 'x' == 'bx'",
    "affiliate in 'abc'",
    "affiliate in [call_count]",
    "not affiliate",
    "`` > 1",
    "`nothing` > 1",
    "quoted_name_0_ > 1",
]


@pytest.mark.parametrize("having", REFUSED)
def test_text_reaches_nothing_but_what_it_names(having, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError):
        dta.rollup(CALLS, "affiliate", "call_count", having=having)

    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("formula", [*REFUSED[:25], "revenue ** 2", "revenue > 1", "'a'", "revenue == 'a'"])
def test_formulas_of_metrics_are_read_by_the_same_parser(formula, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError):
        dta.metric("mine", formula, unit="ratio", replace=True)

    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    ("formula", "value"),
    [("call_count * call_count", 36), ("call_count + call_count", 12), ("+call_count - -call_count", 12)],
)
def test_whole_numbers_are_multiplied_and_added(formula, value, own_metrics):
    dta.metric("mine", formula, unit="calls")

    assert dta.rollup(CALLS, None, "mine")["mine"].tolist() == [value]


@pytest.mark.parametrize(
    "formula",
    [
        "talk_time * talk_time",
        "talk_time + talk_time",
        "0 - 9223372036854775807 - talk_time",
        "revenue + talk_time",
        "talk_time / revenue",
    ],
)
def test_formulas_beyond_what_can_be_counted_are_refused(formula, own_metrics):
    """Whole numbers never wrap around to negative ones, also where they are brought to another scale."""
    calls = pd.DataFrame({"talk_seconds": [2**62], "offer_price": [1.0], "offer_qualified": [True]})
    dta.metric("mine", formula, unit="s")

    with pytest.raises(SchemaError, match="talk_time"):
        dta.rollup(calls, None, "mine")


@pytest.mark.parametrize(
    "line",
    [
        "import dtanalytics.rollup.pandas_calls as m; print(m.__name__)",
        "import dtanalytics; dtanalytics.rollup; import dtanalytics.rollup.pandas_calls as m; print(m.__name__)",
        "from dtanalytics.rollup import pandas_calls as m; print(m.__name__)",
    ],
)
def test_modules_of_the_rollup_are_imported_by_their_names(line):
    """Though `dtanalytics.rollup` is the function."""
    done = subprocess.run(
        [sys.executable, "-c", line], capture_output=True, text=True, check=True, encoding="utf-8"
    )

    assert done.stdout.strip() == "dtanalytics.rollup.pandas_calls"
