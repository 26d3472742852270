"""Paths mean what they mean in a shell, wherever one is given."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import InputError
from dtanalytics.texts.paths import expand


@pytest.mark.parametrize(
    ("typed", "below_home"),
    [
        ("~", ""),
        ("~/a b/calls.csv", "a b/calls.csv"),
        ("$HOME/calls", "calls"),
        ("${HOME}/calls", "calls"),
        ("%HOME%/calls", "calls"),
        ("~/$WHICH/x", "north/x"),
        (Path("~/x.json"), "x.json"),
    ],
)
def test_home_and_variables_are_replaced(typed, below_home, monkeypatch, tmp_path):
    monkeypatch.setenv("WHICH", "north")

    assert expand(typed) == tmp_path / "home" / below_home


@pytest.mark.parametrize("typed", ["a/b.csv", "100%_sure%.csv", "costs$.csv", "a~b", "./~/x", "%NOT_SET%/x"])
def test_a_path_without_variables_stays_as_it_is(typed):
    assert expand(typed) == Path(typed)


def test_a_file_that_exists_is_taken_as_it_stands(tmp_path):
    (tmp_path / "$NOT_SET.json").touch()

    assert expand("$NOT_SET.json") == Path("$NOT_SET.json")


def test_what_a_variable_holds_is_not_read_again(monkeypatch):
    monkeypatch.setenv("FOLDER", "a$HOME")

    assert expand("$FOLDER/x") == Path("a$HOME/x")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("$EMPTY", "is empty once"),
        ("a\0b", "NUL"),
        ("x" * 5000, "too long"),
        ("x/" * 3000, "too long"),
        ("$NOT_SET/calls", r"\$NOT_SET, which is not set"),
        ("~nobody_of_that_name/x", "~nobody_of_that_name, a user"),
        ("\ud800", "no file name may"),
        (b"bytes", "bytes, not a path"),
        (None, "NoneType, not a path"),
        (7, "int, not a path"),
    ],
)
def test_what_is_no_path_is_refused_with_its_reason(typed, said, monkeypatch):
    monkeypatch.setenv("EMPTY", "")

    with pytest.raises(InputError, match=f"^the file .*{said}"):
        expand(typed, "the file")


def test_exports_and_published_folders_lie_below_the_home_that_was_meant(tmp_path):
    table = pd.DataFrame({"sid": ["1"]})
    with dta.demo():
        dta.publish("leadflow", "2026-10-05", url="~/shared")
        scanned = dta.scan("leadflow", "2026-10-05", source="$HOME/shared")
        counted = int(scanned.rollup(None, "call_count")["call_count"].item())
    dta.exports.to_csv(table, "~/a.csv")
    dta.exports.to_excel(table, "$HOME/b.xlsx")

    home = tmp_path / "home"
    assert counted > 100
    assert {path.name for path in home.iterdir()} >= {"a.csv", "b.xlsx", "shared"}
    assert not list(tmp_path.glob("~*"))


def test_loopback_is_reached_without_a_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with dta.demo():
        assert len(dta.load_leadflow("2026-10-05", progress=False)) > 100
        assert dta.count_bids("2026-10-05") > 0
