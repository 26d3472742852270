"""Each argument of each public function: what it cannot be is refused by an error that names it; none is bare."""

from __future__ import annotations

import inspect
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics import cache, exports, plots, reports
from dtanalytics.errors import DtError
from dtanalytics.settings import Settings, using

CALLS = pd.DataFrame(
    {
        "sid": ["1", "2", "3"],
        "set_name": "Autumn",
        "affiliate": ["North", "South", "North"],
        "offer": ["Auto", None, "Auto"],
        "advertiser": "Brightpath",
        "lead_status": ["Connected", "No Buyer", "Connected"],
        "caller_id": ["2125550101", "2125550102", "2125550101"],
        "lf_state": ["NY", "TX", "NY"],
        "offer_qualified": [True, None, False],
        "offer_price": [20.0, None, 20.0],
        "affiliate_qualified": [True, None, False],
        "affiliate_price": [12.5, None, 12.5],
        "talk_seconds": pd.array([120, 90, 20], dtype="Int32"),
        "call_date": pd.to_datetime(["2026-10-05 09:10", "2026-10-06 10:00", "2026-10-12 09:30"]),
        "call_day": pd.to_datetime(["2026-10-05", "2026-10-06", "2026-10-12"]),
        "call_hour": pd.array([9, 10, 9], dtype="Int8"),
    }
)
BIDS = pd.DataFrame(
    {
        "sid": ["1", "3"],
        "date_added": CALLS["call_date"].iloc[[0, 2]].to_numpy(),
        "channel": "Paid Search",
        "campaign": "Brand",
        "ad_group": "Exact",
        "keyword": "insurance",
        "match_type": "e",
        "rank": 1,
        "pool_id": 7,
        "domain_set_id": 9,
        "device": "mobile",
        "click_id": ["Cj0a", "Cj0b"],
        "click_id_type": "gclid",
    }
)
JOINED = dta.join_calls(CALLS, BIDS)

VALUES = {
    "None": None,
    "True": True,
    "half": 0.5,
    "five": 5,
    "zero": 0,
    "negative": -1,
    "NaN": float("nan"),
    "infinite": float("inf"),
    "huge": 10**30,
    "NA": pd.NA,
    "no text": "",
    "typo": "affilate",
    "other signs": "\x00'; --",
    "bytes": b"x",
    "empty list": [],
    "numbers": [5, 6],
    "nothing listed": [None],
    "list in a list": [["affiliate"]],
    "one name twice": ["affiliate", "affiliate"],
    "mapping": {},
    "frame": CALLS,
    "no columns": pd.DataFrame(),
    "object": object(),
}
TEXTS, NUMBERS = {"no text", "typo", "other signs"}, {"five", "zero", "negative"}
RIGHT = {
    "None": {"None"},
    "bool": {"True"},
    "int": {"five"},
    "float": {"half", "five"},
    "str": set(),
    "bytes": {"bytes"},
    "Sequence[str]": {"empty list"},
    "Mapping[str, float]": {"mapping"},
    "Mapping[Any, float]": {"mapping"},
    "Mapping[Any, str]": {"mapping"},
    "tuple[int, int]": {"numbers"},
    "Literal['parts', 'segments']": set(),
    "Literal['revenue', 'payout']": set(),
    "Literal['overall']": set(),
    "Literal['.', ',']": set(),
    "Total": {"True"},
    "Sort": set(),
    "By": {"None", "empty list"},
    "Size": {"None", "numbers"},
    "How": set(),
    "Money": set(),
    "Version": set(),
    "Engine": set(),
    "Quasi": set(),
    "Negative": set(),
    "Consent": {"None"},
    "Against": set(),
    "Axes": set(),
    "Settings": set(),
    "PathLike": set(),
}
"""What may be right of the values, by the parts of an annotation; with other parts nothing is known."""
FREE = {"title", "note", "path", "conversion_name", "key", "meaning", "name", "unit", "needs"}
FREE |= {"folder", "out", "url", "source"}
"""Any text is right."""
ALSO = {
    **dict.fromkeys(["target", "earlier"], NUMBERS),
    **{name: {"zero"} for name in ("settle_days", "seed", "set_id", "latency")},
}
GIVEN = {
    "calls": CALLS,
    "frame": CALLS,
    "frames": [CALLS],
    "leadflow": CALLS,
    "bids": BIDS,
    "other": CALLS.assign(sid=["4", "5", "6"]),
    "ledger": CALLS[["sid"]].assign(revenue=1.0),
    "conversion_name": "Call",
    "start": "2026-10-05",
    "since": "2026-10-01",
    "report": "leadflow",
    "sid": "1",
    "number": "2125550101",
    "name": "mine",
    "unit": "calls",
    "file": "none.csv",
    "replace": True,
    "url": "memory://nowhere",
    "out": "out",
    "folder": "out",
    "written": [],
}
LIGHT = {"repeats": 100, "replace": True}


def functions() -> dict[str, tuple]:
    """Name as users write it -> the object that has it, and its name there."""
    found = {}
    homes = {"dta": dta, "dta.exports": exports, "dta.cache": cache, "plots": plots, "reports": reports}
    for home, module in homes.items():
        for name in module.__all__:
            if inspect.isfunction(getattr(module, name)):
                found[f"{home}.{name}"] = (module, name)
    del found["plots.gallery"]  # each right value draws every picture, which takes a minute
    for home, of in (
        ("df.calls", lambda frame: frame.calls),
        ("df.calls.plot", lambda frame: frame.calls.plot),
    ):
        for name in dir(of(CALLS)):
            if name != "plot":
                found[f"{home}.{name}"] = (of, name)
    return found


def cases(parameter) -> dict[str, bool]:
    """Label of each value that may be wrong -> whether it is for sure."""
    parts = [part.strip() for part in str(parameter.annotation).split("|")]
    known = all(part in RIGHT for part in parts)
    right = set().union(*(RIGHT.get(part, set()) for part in parts), ALSO.get(parameter.name, set()))
    if "str" in parts and parameter.name in FREE:
        right |= TEXTS
    return {label: known for label in VALUES if not known or label not in right}


@pytest.mark.parametrize("written", functions())
def test_no_wrong_value_is_taken_or_ends_in_a_bare_error(written, tmp_path, monkeypatch, own_metrics):
    """It is refused with a `DtError` that has the argument's name, or the value, in its message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    home, name = functions()[written]
    settings = Settings(cache_dir=tmp_path / "cache", offline=True)
    found = []
    with using(settings):
        call = callable_of(home, name)
        parameters = inspect.signature(call).parameters
        given = {"path": tmp_path / "out.csv"} | GIVEN
        base = {
            one: given[one]
            for one, how in parameters.items()
            if one in given and (how.default is how.empty or one in LIGHT or one == "other")
        } | {one: value for one, value in LIGHT.items() if one in parameters}
        answers = attempt(call, base) is None
        for one, how in parameters.items():
            if how.kind is how.VAR_KEYWORD:
                continue
            for label, wrong in cases(how).items():
                if VALUES[label] is how.default:
                    continue
                sys.modules["dtanalytics.metrics.dictionary"]._own.clear()  # what dta.metric just defined
                said = attempt(call, {**base, one: VALUES[label]})
                if isinstance(said, DtError):
                    named = one in str(said) or repr(VALUES[label]) in str(said)
                    if wrong and answers and not named:
                        found.append(f"{one}={label}: the message does not name it: {str(said)[:100]}")
                elif said is not None:
                    found.append(f"{one}={label}: {type(said).__name__}: {str(said)[:100]}")
                elif wrong:
                    found.append(f"{one}={label}: taken without a word")
    assert found == []


def callable_of(home, name):
    """The function; of a method that of the first frame for which it works."""
    if inspect.ismodule(home):
        return getattr(home, name)
    known = [getattr(home(frame), name) for frame in (CALLS, JOINED, BIDS)]
    base = {one: GIVEN[one] for one in ("other", "ledger") if one in inspect.signature(known[0]).parameters}
    return next((one for one in known if attempt(one, base) is None), known[0])


def attempt(call, arguments) -> Exception | None:
    try:
        with np.errstate(all="ignore"):
            call(**arguments)
    except Exception as error:  # noqa: BLE001 - each kind is judged by the test
        return error
    finally:
        plt.close("all")
    return None
