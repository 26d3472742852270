"""Names complete inside quotes in IPython, and nothing runs for it."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from dtanalytics.accessor.completion import names_for

CALLS = pd.DataFrame({"affiliate": ["North"], "affiliate_price": [1.0], "offer": ["Auto"]})


@pytest.mark.parametrize(
    ("line", "begun", "names"),
    [
        ('calls.calls.margin("aff', "aff", ["affiliate", "affiliate_price"]),
        ("x = calls.calls.plot.margin('off", "off", ["offer"]),
        ('calls.calls.rollup(["affiliate", "off', "off", ["offer"]),
        (
            'calls.calls.rollup("affiliate", "margin_p',
            "margin_p",
            ["margin_per_call"],
        ),
        (
            'calls.calls.rollup(["affiliate", "offer"], ["margin", "payout_per_c',
            "payout_per_c",
            ["payout_per_call"],
        ),
        ('calls.calls.rollup("affiliate", metrics="payout_per_c', "payout_per_c", ["payout_per_call"]),
        ('calls.calls.margin("mon', "mon", ["month"]),
        ('calls.calls.margin(sort="', "", ["name", "value"]),
        ('calls.calls.bridge(calls, by="aff', "aff", ["affiliate", "affiliate_price"]),
        ('calls["aff', "", []),
        ('print("aff', "", []),
        ('calls.calls.nothing("aff', "", []),
        ('unknown.calls.margin("aff', "", []),
    ],
)
def test_names_that_fit_the_argument(line, begun, names):
    assert names_for(line, {"calls": CALLS}) == (begun, names)


def test_nothing_of_the_users_runs():
    """Attributes of objects, which may be computed, are not followed."""

    class Costly:
        @property
        def frame(self):
            raise AssertionError("asked")

    assert names_for('costly.frame.calls.margin("', {"costly": Costly()}) == ("", [])


IPYTHON = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.completer import provisionalcompleter
import pandas as pd
shell = InteractiveShell.instance()
shell.user_ns["calls"] = pd.DataFrame({"affiliate": ["North"], "offer": ["Auto"]})
for _ in range(2):
    shell.run_line_magic("load_ext", "dtanalytics")
    shell.run_line_magic("reload_ext", "dtanalytics")
code = 'calls.calls.margin("aff'
with provisionalcompleter():
    for one in shell.Completer.completions(code, len(code)):
        print(code[:one.start] + one.text)
"""


def test_ipython_completes_a_column_once():
    done = subprocess.run(
        [sys.executable, "-c", IPYTHON], capture_output=True, text=True, check=True, encoding="utf-8"
    )

    assert done.stdout.splitlines()[-1:] == ['calls.calls.margin("affiliate']
    assert done.stdout.count("affiliate") == 1
