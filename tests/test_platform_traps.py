"""What goes wrong in code that others wrote for these platforms: corrections, flags, zones, spreadsheets, pages."""

from __future__ import annotations

import gzip
import io
import json
import warnings
import zipfile
from datetime import datetime, timedelta

import pandas as pd
import platform_answers as written
import pytest
import xlsxwriter
from platform_answers import read, rows_of, saved

import dtanalytics as dta
from dtanalytics.errors import (
    ApiError,
    DtError,
    IncompleteError,
    InputError,
    PlatformWarning,
    SchemaDriftWarning,
    SchemaError,
)

ONE = written.EXPECTED[0]


def invoca(**changed):
    return written.invoca(ONE) | changed


def table(tmp_path, text, name="file.csv", platform=None, **options):
    return read(saved(tmp_path, name, text), platform, **options)


def answer(tmp_path, value, platform=None, **options):
    return read(saved(tmp_path, "answer.json", json.dumps(value)), platform, **options)


def told(path, platform=None, **options):
    """The messages of a reading, and its calls."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", EncodingWarning)  # a file of zoneinfo's own
        calls = dta.read_calls(path, platform, **options)
    return [str(one.message) for one in found], calls


def test_a_correction_replaces_what_it_corrects_whatever_its_own_call_id_is(tmp_path):
    rows = [
        invoca(transaction_id="T-1"),
        invoca(
            transaction_id="T-2",
            complete_call_id="other",
            corrects_transaction_id="T-1",
            corrected_at="2026-10-07T12:00:00Z",
            advertiser_payin_localized=0,
        ),
        invoca(
            transaction_id="T-3",
            complete_call_id="another",
            corrects_transaction_id="T-2",
            corrected_at="2026-10-08T12:00:00Z",
            advertiser_payin_localized=99.5,
        ),
        invoca(transaction_id="T-9", complete_call_id="9"),
    ]
    for order in (rows, rows[::-1]):
        calls = answer(tmp_path, order)
        assert calls["sid"].tolist() == ["1", "9"]
        assert calls["offer_price"].tolist() == [99.5, 274.77]
        assert calls["affiliate_price"].tolist() == [120.5, 120.5]


def test_two_corrections_of_one_row_count_by_the_time_of_the_correction(tmp_path):
    rows = [
        invoca(
            transaction_id="T-3",
            corrects_transaction_id="T-1",
            corrected_at="2026-10-08T01:00:00+02:00",
            advertiser_payin_localized=10,
        ),
        invoca(
            transaction_id="T-2",
            corrects_transaction_id="T-1",
            corrected_at="2026-10-08T00:30:00Z",
            advertiser_payin_localized=20,
        ),
        invoca(transaction_id="T-1"),
    ]
    assert answer(tmp_path, rows)["offer_price"].tolist() == [20.0]


def test_a_correction_without_its_original_stands_for_the_call(tmp_path):
    rows = [invoca(transaction_id="T-2", corrects_transaction_id="T-1", advertiser_payin_localized=7)]
    calls = answer(tmp_path, rows)
    assert (calls["sid"].tolist(), calls["offer_price"].tolist()) == (["1"], [7.0])


def test_of_two_corrections_without_their_original_the_newest_stands_for_the_call(tmp_path):
    rows = [
        invoca(
            transaction_id=f"T-{at}",
            corrects_transaction_id="T-1",
            corrected_at=f"2026-10-0{day}T12:00:00Z",
            advertiser_payin_localized=day,
        )
        for at, day in ((2, 9), (3, 8))
    ]
    calls = answer(tmp_path, rows)
    assert (calls["sid"].tolist(), calls["offer_price"].tolist()) == (["1"], [9.0])


def test_rows_of_signals_and_sales_are_no_calls(tmp_path):
    rows = [
        invoca(),
        invoca(transaction_id="T-5", transaction_type="PostCallEvent", advertiser_payin_localized=5),
    ]
    rows.append(invoca(transaction_id="T-6", complete_call_id="lost", transaction_type="Sale"))
    path = saved(tmp_path, "a.json", json.dumps(rows))
    messages, calls = told(path)
    assert calls["offer_price"].tolist() == [274.77]
    assert any("1 rows of sales or signals are of calls that are not here" in one for one in messages)


@pytest.mark.parametrize(("payin", "flag"), [(12.5, True), ("$12.50", True), (0, False), ("0.00", False), (-3, True), (None, None), ("", None), ("{Null}", None)])  # fmt: skip
def test_invoca_flags_follow_from_money_and_an_absent_amount_is_unknown(tmp_path, payin, flag):
    value = answer(tmp_path, [invoca(advertiser_payin_localized=payin)])["offer_qualified"][0]
    assert (None if value is pd.NA else bool(value)) is flag


@pytest.mark.parametrize("word", ["{Null}", "{Empty}"])
def test_invocas_words_for_nothing_are_nothing_and_not_told(tmp_path, word):
    changed = {"advertiser_payin_localized": word, "region": word, "gclid": word, "duration": word}
    messages, calls = told(saved(tmp_path, "a.json", json.dumps([invoca(**changed)])))
    assert messages == []
    assert calls[["offer_price", "lf_state", "click_id", "total_seconds"]].isna().all(axis=None)


def test_an_advertisers_view_of_invoca_has_no_payout_and_no_flag(tmp_path):
    record = invoca()
    del record["affiliate_payout_localized"]
    calls = answer(tmp_path, [record])
    assert calls[["affiliate_price", "affiliate_qualified"]].isna().all(axis=None)


def test_converted_with_nothing_on_both_sides_is_converted_for_nothing(tmp_path):
    calls = answer(
        tmp_path, {"report": {"records": [written.ringba(ONE) | {"conversionAmount": 0, "payoutAmount": 0}]}}
    )
    assert calls[["offer_price", "affiliate_price"]].to_numpy().tolist() == [[0.0, 0.0]]
    assert calls[["offer_qualified", "affiliate_qualified"]].to_numpy().tolist() == [[True, True]]


def test_keys_that_a_publishers_token_leaves_out_are_null_not_false(tmp_path):
    record = {
        key: value
        for key, value in written.ringba(ONE).items()
        if key not in {"buyer", "targetName", "conversionAmount", "hasConverted"}
    }
    calls = answer(tmp_path, [record])
    assert calls[["advertiser", "offer", "offer_price", "offer_qualified"]].isna().all(axis=None)


@pytest.mark.parametrize(("reason", "status"), [("No Buyer", "No Buyer"), ("Publisher cap reached", "Affiliate Cap"), ("Caller hung up", "Caller hung up"), (None, "Not Connected")])  # fmt: skip
def test_a_state_is_no_buyer_or_cap_only_where_a_reason_says_so(tmp_path, reason, status):
    record = written.ringba(ONE) | {"hasConnected": False, "incompleteCallReason": reason}
    assert answer(tmp_path, [record])["lead_status"].tolist() == [status]


def test_ringbas_older_answers_list_names_and_values(tmp_path):
    record = written.ringba(ONE)
    columns = [
        {"name": key, "formattedValue": str(value), "original": value} for key, value in record.items()
    ]
    calls = answer(tmp_path, {"result": {"callLog": {"data": [{"columns": columns}]}}})
    assert rows_of(calls) == [written.expected("ringba")[0]]


def test_ringbas_older_answers_count_by_what_stands_behind_the_formatted_value(tmp_path):
    record = written.ringba(ONE)
    shown = {"callDt": "10/05/2026 06:30 AM", "conversionAmount": "$275", "callLengthInSeconds": "00:03"}
    columns = [
        {"name": key, "formattedValue": shown.get(key, str(value)), "original": value}
        for key, value in record.items()
    ]
    calls = answer(tmp_path, {"result": {"callLog": {"data": [{"columns": columns}]}}})
    assert rows_of(calls) == [written.expected("ringba")[0]]


@pytest.mark.parametrize("word", ["n/a", "NULL"])
def test_a_word_for_no_value_is_no_flag_and_nothing_to_tell(tmp_path, word):
    path = saved(tmp_path, "a.json", json.dumps([written.ringba(ONE) | {"hasConverted": word}]))
    messages, calls = told(path)
    assert (messages, calls["offer_qualified"].isna().all()) == ([], True)


def test_a_partial_or_failed_answer_is_refused(tmp_path):
    report = {"records": [written.ringba(ONE)], "partialResult": True, "totalCount": 9}
    with pytest.raises(IncompleteError):
        answer(tmp_path, {"isSuccessful": True, "report": report})
    with pytest.raises(ApiError):
        answer(tmp_path, {"isSuccessful": False, "transactionId": "x"}, "ringba")


@pytest.mark.parametrize("platform", ["ringba", "callrail"])
def test_pages_that_are_missing_are_told_and_pages_that_are_there_are_not(tmp_path, platform):
    records = [written.RECORD[platform](call) for call in written.EXPECTED]
    if platform == "ringba":
        pages = [
            {"report": {"records": records[:2], "totalCount": 3}},
            {"report": {"records": records[2:], "totalCount": 3}},
        ]
    else:
        pages = [
            {"page": 1, "total_pages": 2, "total_records": 3, "calls": records[:2]},
            {"page": 2, "total_pages": 2, "total_records": 3, "calls": records[2:]},
        ]
    one, other = (saved(tmp_path, f"{at}.json", json.dumps(page)) for at, page in enumerate(pages))
    assert any("3 calls" in message and "2 are here" in message for message in told(one)[0])
    assert not any("are here" in message for message in told([one, other])[0])


def test_retreavers_sid_is_the_publishers_and_its_forwarded_time_tells_a_connection(tmp_path):
    record = written.retreaver(ONE)
    record["call"]["forwarded_time"] = None
    calls = answer(tmp_path, [record])
    assert (calls["sid"].tolist(), calls["lead_status"].tolist()) == (["1"], ["Not Connected"])
    assert json.loads(calls["extra"][0])["sid"] == "publisher-7"


def test_retreavers_receivable_counts_and_converted_does_not(tmp_path):
    record = written.retreaver(ONE)
    record["call"] |= {"receivable": False, "payable": True, "converted": True, "revenue": None}
    calls = answer(tmp_path, [record])
    assert calls[["offer_qualified", "affiliate_qualified"]].to_numpy().tolist() == [[False, True]]
    assert calls["offer_price"].isna().all()


@pytest.mark.parametrize(
    ("value", "price"), [(50, 50.0), ("50", 50.0), ("", None), ("--", None), (0, 0.0), (None, None)]
)
def test_callrails_value_may_be_nothing(tmp_path, value, price):
    found = answer(tmp_path, {"calls": [written.callrail(ONE) | {"value": value}]})["offer_price"][0]
    assert (None if pd.isna(found) else found) == price


@pytest.mark.parametrize(("word", "flag"), [("good_lead", True), ("not_a_lead", False), (None, None)])
def test_callrails_good_lead_is_a_flag_where_the_user_asks(tmp_path, word, flag):
    record = written.callrail(ONE) | {"lead_status": word}
    asked = answer(tmp_path, {"calls": [record]}, names={"lead_status": "offer_qualified"})[
        "offer_qualified"
    ][0]
    assert (None if asked is pd.NA else bool(asked)) is flag
    assert answer(tmp_path, {"calls": [record]})["offer_qualified"].isna().all()


@pytest.mark.parametrize("call_type", ["missed", "abandonded", "voicemail", "outbound", "in_progress"])
def test_callrails_own_words_stay(tmp_path, call_type):
    record = written.callrail(ONE) | {"call_type": call_type, "answered": False}
    assert answer(tmp_path, {"calls": [record]})["lead_status"].tolist() == [call_type]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2019-01-24 06:43:15 -07:00", "2019-01-24 08:43:15-05:00"),
        ("2026-07-01T12:00:00Z", "2026-07-01 08:00:00-04:00"),
        ("2026-07-01T12:00:00.123Z", "2026-07-01 08:00:00.123000-04:00"),
        ("2026-12-01T12:00:00+01:00", "2026-12-01 06:00:00-05:00"),
        ("1548337395000", "2019-01-24 08:43:15-05:00"),
        ("1548337395", "2019-01-24 08:43:15-05:00"),
        ("2026-07-01 08:00:00", "2026-07-01 08:00:00-04:00"),
        ("7/1/2026 8:00:00 AM EDT", "2026-07-01 08:00:00-04:00"),
        ("1/24/2019 6:43:15 AM -07:00", "2019-01-24 08:43:15-05:00"),
    ],
)
def test_every_instant_is_read_as_one_and_shown_in_eastern(tmp_path, text, instant):
    calls = table(tmp_path, f"Call Record ID,Call Start Time,Earned\n1,{text},2.50\n", dayfirst=False)
    assert str(calls["call_date"][0]) == instant


def test_a_clock_without_an_offset_is_of_the_zone_named_or_eastern_and_said(tmp_path):
    path = saved(
        tmp_path,
        "f.csv",
        "Call Record ID,Call Start Time,Earned\n1,2026-07-01 12:00:00,2.50\n2,2026-12-01 12:00:00,2.50\n",
    )
    messages, calls = told(path)
    assert calls["call_hour"].tolist() == [12, 12]
    assert any("timezone=" in message for message in messages)
    messages, calls = told(path, timezone="America/Phoenix")
    assert calls["call_hour"].tolist() == [15, 14]
    assert not messages


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 8), ("America/Chicago", 13), ("Pacific Time (US & Canada)", 15), ("EST", 12)]
)
def test_a_zone_above_the_column_counts(tmp_path, zone, hour):
    path = saved(
        tmp_path, "f.csv", f"Call Record ID,Call Start Time ({zone}),Earned\n1,2026-07-01 12:00:00,2.50\n"
    )
    messages, calls = told(path)
    assert (calls["call_hour"].tolist(), messages) == ([hour], [])


def test_the_hour_that_occurs_twice_is_marked_where_the_clock_alone_tells(tmp_path):
    text = "Call Record ID,Call Start Time,Earned\n1,2026-11-01 01:30:00,1\n2,2026-11-01 03:30:00,1\n"
    calls = table(tmp_path, text, timezone="America/New_York")
    assert calls["call_date_ambiguous"].tolist() == [True, False]
    zoned = table(
        tmp_path, text.replace("01:30:00", "01:30:00 -05:00").replace("03:30:00", "03:30:00 -05:00")
    )
    assert zoned["call_date_ambiguous"].tolist() == [False, False]
    assert str(zoned["call_date"][0]) == "2026-11-01 01:30:00-05:00"


def test_days_before_months_are_told_by_all_files_together_or_asked_for(tmp_path):
    head = "Call Record ID,Call Start Time,Earned\n"
    first = saved(tmp_path, "1.csv", head + "1,05/10/2026 08:00,1\n")
    saved(tmp_path, "2.csv", head + "2,25/10/2026 08:00,1\n")
    both = read(tmp_path, timezone="America/New_York")
    assert both["call_day"].astype(str).tolist() == ["2026-10-05", "2026-10-25"]
    with pytest.raises(InputError, match="dayfirst"):
        read(first, timezone="America/New_York")
    assert read(first, timezone="America/New_York", dayfirst=True)["call_day"].astype(str).tolist() == [
        "2026-10-05"
    ]


@pytest.mark.parametrize(
    ("amounts", "prices"),
    [
        (["$274.77", "$1,250.00"], [274.77, 1250.0]),
        (["274,77 €", "1.250,00 €"], [274.77, 1250.0]),
        (["(12.50)", "3.00"], [-12.5, 3.0]),
        (["12.50", ""], [12.5, None]),
    ],
)
def test_amounts_are_read_by_one_grammar_a_column(tmp_path, amounts, prices):
    rows = "".join(f"{at};2026-10-05T12:00:0{at}Z;{amount}\n" for at, amount in enumerate(amounts))
    calls = table(tmp_path, "Call Record ID;Call Start Time;Earned\n" + rows)
    assert [None if pd.isna(price) else price for price in calls["offer_price"]] == prices


def test_an_amount_that_may_be_two_is_asked_for(tmp_path):
    text = "Call Record ID;Call Start Time;Earned\n1;2026-10-05T12:00:00Z;1.250\n"
    with pytest.raises(InputError, match="decimal="):
        table(tmp_path, text)
    assert table(tmp_path, text, decimal=",")["offer_price"].tolist() == [1250.0]


def test_a_number_of_three_decimals_in_json_is_no_thousand(tmp_path):
    assert answer(tmp_path, [invoca(advertiser_payin_localized=1.125)])["offer_price"].tolist() == [1.125]


def test_what_a_spreadsheet_does_is_undone_or_refused(tmp_path):
    head = "id,start_time,customer_phone_number,zip_code,value\n"
    calls = table(tmp_path, head + '="101",2026-10-05T12:00:00Z,2125550101.0,2134,5\n', platform="callrail")
    assert calls[["sid", "caller_id", "entered_zip"]].to_numpy().tolist() == [["101", "2125550101", "02134"]]
    with pytest.raises(InputError, match="rounded"):
        table(tmp_path, head + "1.23457E+15,2026-10-05T12:00:00Z,2125550101,2134,5\n", platform="callrail")
    rounded = table(tmp_path, head + "101,2026-10-05T12:00:00Z,2.12555E+09,2134,5\n", platform="callrail")
    assert rounded["caller_id"].isna().all()
    assert json.loads(rounded["extra"][0]) == {"customer_phone_number": "2.12555E+09"}


def test_blank_rows_totals_repeated_headers_and_title_lines_are_no_calls(tmp_path):
    head = "Call Record ID,Call Start Time,Earned,Paid\n"
    text = f"Acme Inc.\nOctober\n\n{head}1,2026-10-05T12:00:00Z,2.50,1\n{head},,,\n2,2026-10-05T13:00:00Z,2.50,1\nTotal,,5.00,2\n,,5.00,2\n"
    messages, calls = told(saved(tmp_path, "f.csv", text))
    assert (calls["sid"].tolist(), calls["offer_price"].sum()) == (["1", "2"], 5.0)
    assert any("2 rows without a call, such as totals" in one for one in messages)


def test_a_call_without_an_identifier_or_a_time_is_refused(tmp_path):
    head = "Call Record ID,Call Start Time,Earned\n"
    with pytest.raises(SchemaError, match="no identifier"):
        table(tmp_path, head + "1,2026-10-05T12:00:00Z,1\n,2026-10-05T12:00:00Z,1\n")
    with pytest.raises(SchemaError, match="has no time"):
        table(tmp_path, head + "1,,1\n")


def test_a_call_in_several_files_is_the_one_of_the_last(tmp_path):
    saved(tmp_path, "1.json", json.dumps([written.ringba(ONE)]))
    saved(tmp_path, "2.json", json.dumps([written.ringba(ONE) | {"payoutAmount": 7.0}]))
    assert read(tmp_path)["affiliate_price"].tolist() == [7.0]


def test_an_archive_of_several_tables_and_a_workbook_are_read(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", written.export("ringba", written.EXPECTED[:2]))
        archive.writestr("b.csv", written.export("ringba", written.EXPECTED[2:]))
        archive.writestr("__MACOSX/._a.csv", "junk")
    assert rows_of(read(saved(tmp_path, "log.zip", packed.getvalue()))) == written.expected("ringba")
    frame = pd.DataFrame([written.exported("ringba", call) for call in written.EXPECTED])
    frame.to_excel(tmp_path / "log.xlsx", index=False, engine="xlsxwriter")
    assert rows_of(read(tmp_path / "log.xlsx")) == written.expected("ringba")


def test_cells_of_a_workbook_keep_their_kind(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "log.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(
        0,
        0,
        [
            "Inbound Call ID",
            "Caller ID",
            "Revenue",
            "Converted",
            "tag:Geo:ZipCode",
            "Call Date",
            "Call Length",
        ],
    )
    sheet.write_row(1, 0, ["RGB1", 2125550101, 1.125, True, 2134])
    sheet.write_datetime(1, 5, datetime(2026, 7, 1, 12), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    sheet.write_datetime(1, 6, timedelta(seconds=3723), book.add_format({"num_format": "[h]:mm:ss"}))
    book.close()
    row = read(tmp_path / "log.xlsx", timezone="America/Chicago").iloc[0]
    assert (str(row["call_date"]), row["caller_id"], row["offer_price"]) == (
        "2026-07-01 13:00:00-04:00",
        "2125550101",
        1.125,
    )
    assert (bool(row["offer_qualified"]), int(row["total_seconds"]), row["entered_zip"]) == (
        True,
        3723,
        "02134",
    )


def test_files_of_two_platforms_are_two_platforms_calls_unless_one_is_named(tmp_path):
    saved(tmp_path, "1.csv", written.export("ringba", written.EXPECTED[:1]))
    saved(tmp_path, "2.json", written.answer("invoca", written.EXPECTED[1:]))
    calls = read(tmp_path)
    assert dict(zip(calls["sid"], calls["platform"], strict=True)) == {
        "1": "ringba",
        "2": "invoca",
        "3": "invoca",
    }
    with pytest.raises(SchemaError, match="Inbound Call ID"):
        read(tmp_path, "invoca")


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("error.csv", b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "web page"),
        ("empty.csv", b"", "empty"),
        ("empty.json", b"", "empty"),
        ("blank.csv", b"\n \n", "empty"),
        ("error.json", b'{"error": "Unauthorized"}', "keys"),
        ("other.csv", b"date,amount\n2026-10-05,3\n", "'date', 'amount'"),
        ("half.json", b'[{"uuid": "1", "start_time"', "no usable answer"),
        ("broken.zip", b"PK\x03\x04junk", "unpacked"),
        ("broken.csv.gz", b"\x1f\x8bjunk", "gz"),
        ("list.json", b'["a", "b"]', "something else than calls"),
        ("nothing.json", b"[]", "platform="),
    ],
)
def test_what_is_no_file_of_calls_is_named(tmp_path, name, body, said):
    with pytest.raises(DtError, match=said):
        read(saved(tmp_path, name, body))


def test_wrong_arguments_say_what_is_right(tmp_path):
    path = saved(tmp_path, "a.json", written.answer("invoca"))
    for options, said in [
        ({"platform": "invoka"}, "invoca"), ({"names": {"x": "sid"}}, "'x'"), ({"names": {"sid": "Call ID"}}, "names="),
        ({"timezone": "America/Chigago"}, "America/Chicago"), ({"names": {"region": "affilate"}}, "affiliate"),
    ]:  # fmt: skip
        with pytest.raises(DtError, match=said):
            read(path, **options)
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "none.csv")


def test_unknown_columns_and_unreadable_values_are_kept_and_told_once(tmp_path):
    text = 'Call Record ID,Call Start Time,Earned,Mood\n1,2026-10-05T12:00:00Z,soon,"a ""b"" \\c"\n2,2026-10-05T12:00:01Z,2.50,\n'
    with pytest.warns(SchemaDriftWarning) as found:
        calls = dta.read_calls(saved(tmp_path, "f.csv", text))
    assert len(found) == 1
    assert "unreadable values in 'Earned' (1 calls); unknown column 'Mood' (1 calls)" in str(found[0].message)
    assert json.loads(calls["extra"][0]) == {"Mood": 'a "b" \\c', "Earned": "soon"}
    assert calls["extra"].isna().tolist() == [False, True]
    assert calls["offer_price"].isna().tolist() == [True, False]


def test_the_users_names_come_before_the_mappings(tmp_path):
    text = "Call Record ID,Call Start Time,Earned,Deal\n1,2026-10-05T12:00:00Z,2.50,9.00\n"
    assert table(tmp_path, text, names={"deal": "offer_price"})["offer_price"].tolist() == [9.0]
    blank = text + "2,2026-10-05T12:00:01Z,3.50,\n"
    assert table(tmp_path, blank, names={"deal": "offer_price"})["offer_price"].isna().tolist() == [
        False,
        True,
    ]
    own = "Key,When,Cash\n1,2026-10-05T12:00:00Z,2.50\n"
    calls = table(
        tmp_path, own, platform="ringba", names={"Key": "sid", "When": "call_date", "Cash": "offer_price"}
    )
    assert calls[["sid", "offer_price"]].to_numpy().tolist() == [["1", 2.5]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_encoding_and_delimiter_is_told_from_the_text(tmp_path, encoding, delimiter):
    row = [ONE | {"affiliate": "Café Zürich"}]
    path = saved(tmp_path, "f.csv", written.export("invoca", row, delimiter).encode(encoding))
    assert read(path)["affiliate"].tolist() == ["Café Zürich"]


def test_an_export_of_another_alphabet_asks_for_its_encoding(tmp_path):
    row = [ONE | {"affiliate": "テスト屋"}]
    path = saved(tmp_path, "f.csv", written.export("invoca", row, ",").encode("shift_jis"))
    with pytest.raises(InputError, match="name its encoding"):
        read(path)
    assert read(path, encoding="shift_jis")["affiliate"].tolist() == ["テスト屋"]


FAR = 1 << 19
"""Bytes: more than are looked at to tell the layout."""


def exported(affiliate, encoding):
    """An export in which the first letter that is no ASCII stands far behind the header."""
    plain = written.export("invoca", [ONE | {"affiliate": "North"}]).splitlines()
    last = written.export("invoca", [ONE | {"affiliate": affiliate, "sid": "9"}]).splitlines()[1]
    return "\n".join([plain[0], *plain[1:] * (FAR // len(plain[1])), last, ""]).encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "affiliate"),
    [
        ("shift_jis", "テスト屋"),
        ("gb18030", "屋顶维修"),
        ("big5", "屋頂維修"),
        ("cp949", "지붕수리"),
        ("cp1251", "Крыши"),
        ("cp1253", "Στέγες"),
    ],
)
def test_letters_of_another_alphabet_far_behind_the_header_ask_for_the_encoding(
    tmp_path, encoding, affiliate
):
    for name, body in (("f.csv", bytes), ("f.csv.gz", gzip.compress)):
        path = saved(tmp_path, name, body(exported(affiliate, encoding)))
        with pytest.raises(InputError, match="neither UTF-8 nor Western text"):
            read(path)
    assert affiliate in read(path, encoding=encoding)["affiliate"].tolist()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-16"])
def test_western_letters_far_behind_the_header_are_read(tmp_path, encoding):
    path = saved(tmp_path, "f.csv", exported("Café Zürich", encoding))
    assert set(read(path)["affiliate"]) == {"North", "Café Zürich"}


def test_broken_characters_of_utf_8_are_not_read_as_western_ones(tmp_path):
    body = exported("Café Zürich", "utf-8").replace("ü".encode(), b"\xc3")
    with pytest.raises(InputError, match="UTF-8 in which some characters are broken"):
        read(saved(tmp_path, "f.csv", body))


def test_a_path_with_the_marks_of_a_pattern_is_that_path(tmp_path):
    saved(tmp_path, "a1.csv", written.export("invoca", written.EXPECTED[:1]))
    path = saved(tmp_path, "a[1]*.csv", written.export("invoca", written.EXPECTED[1:]))
    assert read(path)["sid"].tolist() == ["2", "3"]


def test_values_of_several_lines_and_short_rows_are_read_and_long_ones_refused(tmp_path):
    head = "Call Record ID,Call Start Time,Earned,Affiliate\n"
    calls = table(
        tmp_path, head + '1,2026-10-05T12:00:00Z,2.50,"North\nand South"\n2,2026-10-05T12:00:01Z,1\n'
    )
    assert calls["affiliate"].astype(object).where(calls["affiliate"].notna(), None).tolist() == [
        "North\nand South",
        None,
    ]
    with pytest.raises(InputError, match=r"f\.csv"):
        table(tmp_path, head + "1,2026-10-05T12:00:00Z,2.50,North,South\n", name="f.csv")


def test_the_platform_warning_names_the_platform(tmp_path):
    path = saved(tmp_path, "f.csv", "Call Record ID,Call Start Time,Earned\n1,2026-07-01 12:00:00,2.50\n")
    with pytest.warns(PlatformWarning, match="Invoca"):
        dta.read_calls(path)


def test_a_file_of_a_platform_without_its_key_is_not_taken_for_another_platforms(tmp_path):
    records = [written.retreaver(call)["call"] for call in written.EXPECTED]  # `sid` is the publisher's
    for record in records:
        del record["uuid"]
    with pytest.raises(SchemaError, match=r"looks like calls of Retreaver and has no 'uuid'"):
        answer(tmp_path, records)


@pytest.mark.parametrize("amount", ["Infinity", {"amount": 5.0, "currency": "USD"}])
def test_what_is_no_amount_names_no_currency(tmp_path, amount):
    others = [written.invoca(call) for call in written.EXPECTED[1:]]
    calls = answer(tmp_path, [invoca(advertiser_payin_localized=amount), *others])
    assert calls["offer_price"].tolist() == [pytest.approx(float("nan"), nan_ok=True), 0, 1250]
    assert "advertiser_payin_localized" in json.loads(calls["extra"].iloc[0])


@pytest.mark.parametrize("platform", ["invoca", "ringba", "callrail", "retreaver"])
@pytest.mark.parametrize("line", ["Generated on 2026-11-01", "\x1a", "\x00\x00\x00"])
def test_a_line_below_the_table_is_no_call(tmp_path, platform, line):
    text = written.export(platform, written.EXPECTED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right = dta.read_calls(saved(tmp_path, "right.csv", text), platform=platform)["sid"].tolist()
        found = dta.read_calls(saved(tmp_path, "f.csv", text + line + "\n"), platform=platform)[
            "sid"
        ].tolist()
    assert found == right
