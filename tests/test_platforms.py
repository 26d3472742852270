"""Other platforms' answers and exports: every value as the vendor's documents say."""

from __future__ import annotations

import gzip
import json

import pandas as pd
import platform_answers as written
import pytest
from platform_answers import read, rows_of, saved

import dtanalytics as dta
from dtanalytics.schema import LEADFLOW

ALL = sorted(written.RECORD)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("platform", ALL)
def test_every_value_of_a_saved_answer_is_what_the_platform_said(tmp_path, platform, named):
    calls = read(saved(tmp_path, "answer.json", written.answer(platform)), platform if named else None)
    assert rows_of(calls) == written.expected(platform)
    assert calls["platform"].tolist() == [platform] * 3


@pytest.mark.parametrize("platform", ALL)
def test_every_value_of_an_export_is_what_the_platform_said(tmp_path, platform):
    calls = read(saved(tmp_path, "export.csv", written.export(platform)))
    assert rows_of(calls) == written.expected(platform)


@pytest.mark.parametrize("platform", ALL)
def test_any_platform_has_the_same_columns_and_types_with_calls_and_without(tmp_path, platform):
    calls = read(saved(tmp_path, "answer.json", written.answer(platform)))
    none = read(saved(tmp_path, "empty.json", "[]"), platform)
    assert list(calls.columns[: len(LEADFLOW.columns)]) == LEADFLOW.columns
    assert list(none.columns) == list(calls.columns)
    kinds = {name: "category" if str(kind) == "category" else kind for name, kind in calls.dtypes.items()}
    assert kinds == {
        name: "category" if str(kind) == "category" else kind for name, kind in none.dtypes.items()
    }


def test_json_lines_and_packed_files_and_folders_are_read_as_one(tmp_path):
    for at, call in enumerate(written.EXPECTED):
        body = json.dumps(written.retreaver(call)).encode()
        saved(tmp_path, f"{at}.jsonl.gz" if at else "0.jsonl", gzip.compress(body) if at else body)
    assert rows_of(read(tmp_path)) == written.expected("retreaver")
    assert rows_of(
        read([tmp_path / "0.jsonl", tmp_path / "1.jsonl.gz", tmp_path / "2.jsonl.gz"])
    ) == written.expected("retreaver")


def test_concatenated_with_dialogtech_calls_the_money_adds_up(tmp_path):
    one = read(saved(tmp_path, "i.json", written.answer("invoca")))
    record = dict.fromkeys(LEADFLOW.wire()) | {
        "sid": "9", "call_date": "2026-10-05 09:30:00", "affiliate": "North", "offer_price": "20.00", "offer_qualified": "Y",
        "affiliate_price": "5.00", "affiliate_qualified": "N", "lead_status": "Connected"}  # fmt: skip
    ours = dta.read_leadflow(saved(tmp_path, "l.json", json.dumps([record])))
    both = pd.concat([ours, one])
    table = dta.rollup(both, "affiliate", ["call_count", "revenue", "payout"])
    assert table.to_numpy().tolist() == [["North", 3, 1544.77, 120.5], ["South", 1, 0.0, 12.25]]
