"""Files as they come: line ends, headers of several lines, zones in columns, empty pages, footers, folders."""

from __future__ import annotations

import gzip
import json
import warnings

import pandas as pd
import platform_answers as written
import pytest
from platform_answers import read, saved

import dtanalytics as dta
from dtanalytics.errors import InputError

ONE = written.EXPECTED[0]
HEAD = "Call Record ID,Call Start Time,Earned,Paid\n"


def told(path, **options):
    """The messages of a reading, and its calls."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", EncodingWarning)  # a file of zoneinfo's own
        calls = dta.read_calls(path, **options)
    return [str(one.message) for one in found], calls


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", ["", "Acme Inc.\n\n", '"Calls of ""Acme""\nand others"\n'])
def test_a_header_of_several_lines_loses_no_call(tmp_path, above, end):
    text = above + 'Call Record ID,"Call\nStart Time",Earned\n'
    text += "".join(f"{at},2026-10-05T12:00:0{at}Z,2.50\n" for at in range(3))
    calls = read(saved(tmp_path, "f.csv", text.replace("\n", end)))
    assert calls["sid"].tolist() == ["0", "1", "2"]
    mixed = text.replace('"Call\nStart', '"Call\n Start').replace("Z,2.50\n", "Z,2.50\r\n")
    assert read(saved(tmp_path, "g.csv", mixed))["sid"].tolist() == ["0", "1", "2"]


def test_lines_may_end_in_both_ways(tmp_path):
    text = HEAD + "1,2026-10-05T12:00:00Z,2,1\r\n2,2026-10-05T12:00:01Z,2,1\n3,2026-10-05T12:00:02Z,2,1\r\n"
    assert read(saved(tmp_path, "f.csv", text))["sid"].tolist() == ["1", "2", "3"]


def test_files_of_one_layout_are_read_as_one_and_each_header_is_none_of_the_calls(tmp_path):
    first = saved(tmp_path, "0.csv", HEAD + "1,2026-10-05T12:00:00Z,2,1\n2,2026-10-05T12:00:01Z,2,1\n")
    saved(tmp_path, "1.csv", HEAD + "3,2026-10-05T12:00:02Z,2,1\n" + HEAD + "4,2026-10-05T12:00:03Z,2\n")
    saved(tmp_path, "2.csv", HEAD.replace(",Call", ", Call") + "5,2026-10-05T12:00:04Z,2,1")
    saved(tmp_path, "3.csv", "\ufeff" + HEAD + "1,2026-10-05T12:00:00Z,9,1\n")
    saved(tmp_path, "4.csv", HEAD)
    saved(tmp_path, "5.csv.gz", gzip.compress((HEAD + "6,2026-10-05T12:00:05Z,2,1\n").encode()))
    calls = read(tmp_path)
    assert calls["sid"].tolist() == ["1", "2", "3", "4", "5", "6"]
    assert calls["offer_price"].tolist() == [9.0, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert calls["affiliate_price"].isna().tolist() == [False, False, False, True, False, False]
    assert read(first)["sid"].tolist() == ["1", "2"]


def test_a_row_that_is_none_is_told_with_its_file_and_line(tmp_path):
    saved(tmp_path, "0.csv", HEAD + "1,2026-10-05T12:00:00Z,2,1\n")
    saved(tmp_path, "1.csv", HEAD + "2,2026-10-05T12:00:00Z,2,1\n3,2026-10-05T12:00:00Z,2,1,9\n")
    with pytest.raises(InputError, match=r"line 3 of 1\.csv is no row of the 4 columns"):
        read(tmp_path)


def test_a_folder_is_read_with_the_folders_in_it(tmp_path):
    saved(tmp_path, "1.csv", HEAD + "1,2026-10-05T12:00:00Z,2,1\n")
    for name, sid in (("10", 2), (".hidden", 3), ("__MACOSX", 4)):
        (tmp_path / name).mkdir()
        saved(tmp_path / name, "1.csv", HEAD + f"{sid},2026-10-05T12:00:01Z,2,1\n")
    assert read(tmp_path)["sid"].tolist() == ["1", "2"]


def test_an_empty_last_page_is_no_reason_to_refuse_the_others(tmp_path):
    saved(tmp_path, "1.json", json.dumps([written.invoca(ONE)]))
    saved(tmp_path, "2.json", "[]")
    assert read(tmp_path)["sid"].tolist() == ["1"]


def test_the_last_page_that_names_a_next_one_is_told(tmp_path):
    page = {"has_next_page": True, "calls": [written.callrail(ONE)]}
    first = saved(tmp_path, "1.json", json.dumps(page))
    last = saved(tmp_path, "2.json", json.dumps(page | {"has_next_page": False}))
    assert any("another page follows" in one for one in told(first)[0])
    assert told([first, last])[0] == []


def test_a_line_of_text_below_the_calls_is_no_call(tmp_path):
    text = HEAD.replace("Call Record ID,Call Start Time", "Call Start Time,Call Record ID")
    text += "2026-10-05T12:00:00Z,1,2,1\nRows: 1,,,\n"
    messages, calls = told(saved(tmp_path, "f.csv", text))
    assert calls["sid"].tolist() == ["1"]
    assert any("without a call" in one for one in messages)


def test_the_users_name_of_the_key_tells_the_platform_with_the_other_columns(tmp_path):
    text = "Key,Call Date,Publisher,Revenue\nRGB1,2026-10-05T12:00:00Z,Acme,2.50\n"
    calls = read(saved(tmp_path, "f.csv", text), names={"Key": "sid"})
    assert calls[["sid", "platform", "offer_price"]].to_numpy().tolist() == [["RGB1", "ringba", 2.5]]


@pytest.mark.parametrize(
    ("header", "clock", "is_ambiguous"),
    [
        ("Eastern Time (US & Canada)", "01:30", True),
        ("America/Chicago", "01:30", True),
        ("UTC", "01:30", False),
    ],
)
def test_a_zone_above_the_column_leaves_the_hour_that_occurs_twice_marked(
    tmp_path, header, clock, is_ambiguous
):
    text = f"Call Record ID,Call Start Time ({header}),Earned\n1,2026-11-01 {clock},1\n2,2026-11-01 12:00,1\n"
    calls = read(saved(tmp_path, "f.csv", text)).set_index("sid")
    assert calls["call_date_ambiguous"][["1", "2"]].tolist() == [is_ambiguous, False]


def test_a_column_of_zones_counts_row_by_row(tmp_path):
    text = "Call Record ID,Call Start Time,Time Zone,Earned\n"
    text += "1,2026-07-01 12:00,Pacific Time (US & Canada),1\n2,2026-07-01 12:00,America/Chicago,1\n"
    text += "3,2026-07-01 12:00,UTC,1\n4,2026-11-01 01:30,Central Time,1\n"
    messages, calls = told(saved(tmp_path, "f.csv", text))
    calls = calls.set_index("sid").loc[["1", "2", "3", "4"]]
    assert calls["call_hour"].tolist() == [15, 13, 8, 1]
    assert calls["call_date_ambiguous"].tolist() == [False, False, False, True]
    assert messages == []
    unknown = saved(tmp_path, "g.csv", text.replace("UTC", "Moon"))
    with pytest.raises(InputError, match=r"'Moon'.*timezone="):
        read(unknown)
    assert read(unknown, timezone="UTC")["call_hour"].tolist().count(8) == 3


def test_est_beside_edt_tells_the_two_hours_of_that_night_apart(tmp_path):
    text = "Call Record ID,Call Start Time,Time Zone,Earned\n"
    text += "1,2026-11-01 01:30,EDT,1\n2,2026-11-01 01:30,EST,1\n"
    calls = read(saved(tmp_path, "f.csv", text))
    assert calls["call_date"].astype(str).tolist() == [
        "2026-11-01 01:30:00-04:00",
        "2026-11-01 01:30:00-05:00",
    ]
    assert calls["call_date_ambiguous"].tolist() == [False, False]


def test_the_click_in_a_landing_page_that_many_calls_share_is_read(tmp_path):
    records = [written.retreaver(one) for one in written.EXPECTED]
    for record in records:
        record["call"] |= {"tags": {}, "visitor_url": "https://acme.example/?gclid=Cj0KCQ&x=1"}
    calls = read(saved(tmp_path, "a.json", json.dumps(records)))
    assert calls["click_id"].tolist() == ["Cj0KCQ"] * 3
    assert calls["click_id_type"].tolist() == ["gclid"] * 3


@pytest.mark.parametrize(("number", "price"), [("3.55e1", 35.5), ("1E2", 100.0), ("25e-1", 2.5)])
def test_a_number_of_json_may_have_an_exponent(tmp_path, number, price):
    text = json.dumps([written.ringba(ONE) | {"conversionAmount": 77}]).replace("77,", f"{number},")
    assert read(saved(tmp_path, "a.json", text))["offer_price"].tolist() == [price]


def test_revenue_and_payout_in_two_currencies_are_refused(tmp_path):
    path = saved(tmp_path, "f.csv", HEAD.replace(",", ";") + "1;2026-10-05T12:00:00Z;$2.50;€1.00\n")
    with pytest.raises(InputError, match="'Earned' and 'Paid' are in"):
        read(path)


def signal(**changed):
    return written.invoca(ONE) | {"transaction_type": "Signal", "start_time_utc": 1577880000000} | changed


def test_money_of_signals_before_october_2020_is_told_with_its_count_and_amount(tmp_path):
    rows = [
        signal(transaction_type="Call", transaction_id="T-1"),
        signal(transaction_id="T-2", advertiser_payin_localized="1,040.00", affiliate_payout_localized=7),
        signal(transaction_id="T-2", advertiser_payin_localized="1,040.00", affiliate_payout_localized=7),
        signal(transaction_id="T-3", advertiser_payin_localized=99, affiliate_payout_localized=0),
        signal(
            transaction_id="T-4",
            corrects_transaction_id="T-3",
            advertiser_payin_localized=10.5,
            affiliate_payout_localized=None,
        ),
        signal(transaction_id="T-5", advertiser_payin_localized=0, affiliate_payout_localized=None),
    ]
    messages, calls = told(saved(tmp_path, "a.json", json.dumps(rows)))
    assert calls["offer_price"].tolist() == [274.77]
    assert [one for one in messages if "2 rows" in one and "1,050.50 of revenue and 7.00 of payout" in one]
    later = [row | {"start_time_utc": 1791209580000} for row in rows]  # in the call's row since then
    assert told(saved(tmp_path, "b.json", json.dumps(later)))[0] == []


def test_no_calls_at_all_say_what_was_there(tmp_path):
    assert len(read(saved(tmp_path, "f.csv", HEAD))) == 0
    assert isinstance(read(saved(tmp_path, "f.csv", HEAD)), pd.DataFrame)


@pytest.mark.parametrize("write", [json.dumps, repr])
def test_objects_in_the_cells_of_a_table_are_looked_into(tmp_path, write):
    record = written.retreaver(ONE)["call"] | {"number": {"id": 5, "number": "+18005550100"}}
    rows = [record, record | {"uuid": "2", "target_group": {}, "tags": {}, "number": "+18005550100"}]
    frame = pd.DataFrame(rows).map(lambda value: write(value) if isinstance(value, dict) else value)
    calls = read(saved(tmp_path, "f.csv", frame.to_csv(index=False)))
    assert calls["advertiser"].tolist() == ["Acme", "Roof A"]
    assert calls["vt_keyword"].astype(object).where(calls["vt_keyword"].notna(), None).tolist() == [
        "roof repair",
        None,
    ]
    assert calls["affiliate_number"].tolist() == ["8005550100", "8005550100"]
    assert calls["click_id"].isna().tolist() == [False, True]
