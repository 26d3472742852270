"""Other platforms' answers and exports: every value as the vendor's documents say."""

from __future__ import annotations

import csv
import gzip
import io
import json
import warnings

import pandas as pd
import platform_answers as written
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from platform_answers import CHECKED, read, rows_of, saved

import dtanalytics as dta
from dtanalytics.errors import PlatformWarning, SchemaError
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


def test_what_an_analysis_cannot_know_of_a_platform_it_says(tmp_path):
    rail = read(saved(tmp_path, "c.json", written.answer("callrail")))
    for ask in (rail.calls.margin, rail.calls.unsold, rail.calls.audit, rail.calls.scorecard):
        with pytest.raises(SchemaError, match="CallRail"):
            ask()
    assert rail.calls.rollup("lf_state")["call_count"].sum() == 3
    assert rail.calls.keywords()["revenue"].isna().all()
    paid = read(saved(tmp_path, "i.json", written.answer("invoca")))
    with pytest.raises(SchemaError, match="Invoca"):
        paid.calls.what_if(offers={"Roofing": {"price": 30.0}})
    with pytest.raises(SchemaError, match="'Affiliate Cap', which Invoca never says"):
        paid.calls.cap_hours()


def test_a_comparison_over_two_platforms_says_what_they_define_differently_and_ties(tmp_path):
    one = read(saved(tmp_path, "i.json", written.answer("invoca")))
    other = read(saved(tmp_path, "r.json", written.answer("ringba", written.EXPECTED[:2])))
    with pytest.warns(PlatformWarning, match="lf_state is in Invoca the region"):
        table = one.calls.bridge(other, "affiliate")
    assert round(table["change"].sum(), 4) == round(
        (274.77 + 1250 - 120.5 - 12.25) - (274.77 - 120.5 - 12.25), 4
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one.calls.bridge(one, "affiliate")


def test_concatenated_with_dialogtech_calls_the_money_adds_up(tmp_path):
    one = read(saved(tmp_path, "i.json", written.answer("invoca")))
    record = dict.fromkeys(LEADFLOW.wire()) | {
        "sid": "9", "call_date": "2026-10-05 09:30:00", "affiliate": "North", "offer_price": "20.00", "offer_qualified": "Y",
        "affiliate_price": "5.00", "affiliate_qualified": "N", "lead_status": "Connected"}  # fmt: skip
    ours = dta.read_leadflow(saved(tmp_path, "l.json", json.dumps([record])))
    both = pd.concat([ours, one])
    table = dta.rollup(both, "affiliate", ["call_count", "revenue", "payout"])
    assert table.to_numpy().tolist() == [["North", 3, 1544.77, 120.5], ["South", 1, 0.0, 12.25]]


@given(
    platform=st.sampled_from(["invoca", "ringba"]),
    order=st.randoms(use_true_random=False),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    missing=st.sets(st.sampled_from(CHECKED[2:]), max_size=4),
    comma=st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_order_of_columns_delimiter_encoding_and_decimal_mark_gives_the_same_calls(
    tmp_path, platform, order, delimiter, encoding, missing, comma
):
    """Columns that are left out are null, all others are as they were."""
    rows = [written.exported(platform, call) for call in written.EXPECTED]
    spelled = {target: label for target, label in LABEL_OF[platform].items() if label in rows[0]}
    for row in rows:
        for target in missing & spelled.keys():
            del row[spelled[target]]
        for target in {"offer_price", "affiliate_price"} - missing:
            amount = float(str(row[spelled[target]]).replace("$", "").replace(",", ""))
            text = f"{amount:,.2f}"
            row[spelled[target]] = text.translate(str.maketrans(",.", ".,")) if comma else text
    names = list(rows[0])
    order.shuffle(names)
    out = io.StringIO()
    writer = csv.DictWriter(out, names, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    found = rows_of(read(saved(tmp_path, "any.csv", out.getvalue().encode(encoding)), platform))
    gone = missing & spelled.keys()
    gone |= {
        f"{side}_qualified"
        for side in ("offer", "affiliate")
        if platform == "invoca" and f"{side}_price" in gone
    }
    gone |= {"offer"} if platform == "invoca" and "set_name" in gone else set()
    for row, right in zip(found, written.expected(platform), strict=True):
        assert {k: v for k, v in row.items() if k not in gone | {"lead_status"}} == {
            k: v for k, v in right.items() if k not in gone | {"lead_status"}
        }
        assert all(row[name] is None for name in gone - {"lead_status"})


LABEL_OF = {
    "invoca": {
        "set_name": "Advertiser Campaign", "affiliate": "Affiliate", "caller_id": "Caller ID", "advertiser": "Advertiser", "offer_price": "Earned",
        "affiliate_price": "Paid", "talk_seconds": "Connected Duration (seconds)", "total_seconds": "Duration (seconds)", "entered_zip": "Verified Zip",
        "lf_state": "Region (Invoca)", "vt_keyword": "Search Keywords", "click_id": "Google Click ID",
    },
    "ringba": {
        "set_name": "Campaign", "affiliate": "Publisher", "caller_id": "Caller ID", "advertiser": "Buyer", "offer": "Target", "offer_price": "Revenue",
        "affiliate_price": "Payout", "offer_qualified": "Converted", "affiliate_qualified": "Paid Out", "talk_seconds": "Connected Call Length",
        "total_seconds": "Call Length", "entered_zip": "tag:Geo:ZipCode", "lf_state": "tag:InboundNumber:State", "click_id": "tag:User:gclid",
    },
}  # fmt: skip
