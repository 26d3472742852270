"""What decoding makes of each value: the exact one, or null with the value kept as it was sent."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from dtanalytics.decode import decode_page, wall_clock
from dtanalytics.schema import BIDS, LEADFLOW

EASTERN = ZoneInfo("America/New_York")
CALL = {"sid": "a1", "call_date": "2026-10-05 09:30:00"}


def call(**fields):
    """Bytes of a page with one LeadFlow call."""
    return json.dumps([CALL | fields]).encode()


def value(name, sent, report=LEADFLOW, base=CALL):
    """What becomes of one value that was sent, given as JSON text."""
    record = json.dumps(base)[:-1] + f', "{name}": {sent}}}'
    table = decode_page(f"[{record}]".encode(), report).table
    return table[name][0].as_py(), table["extra"][0].as_py()


def bid(name, sent):
    return value(name, sent, BIDS, {"sid": "b1", "date_added": "2026-10-05 09:30:00"})


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('"007"', "007"),
        ("9007199254740993", "9007199254740993"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.50", "1.50"),
        ("1e5", "1e5"),
        ('"caf\\u00e9 \\ud83d\\ude00"', "café 😀"),
        ('"a\\"},{\\"sid\\":\\"b"', 'a"},{"sid":"b'),
        ('"\\u0000"', "\x00"),
        ('" x "', " x "),
        ('""', None),
        ("null", None),
    ],
)
def test_text_keeps_every_character_and_every_digit(sent, read):
    """Leading zeros, digits beyond 2^53, escapes; only null and the empty string are absent."""
    assert value("transfer_number", sent) == (read, None)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("12.5", "12.5"),
        ('"12.50000"', "12.5"),
        ('"0012"', "12"),
        ("-3.1415", "-3.1415"),
        ("1e2", "100"),
        ('"99999999999999.9999"', "99999999999999.9999"),
        ('".5"', "0.5"),
        ("-0", "0"),
        ('""', None),
    ],
)
def test_money_is_read_exactly(sent, read):
    """Number or string, any spelling of a decimal that four places hold."""
    assert value("offer_price", sent) == (None if read is None else Decimal(read), None)


@pytest.mark.parametrize(
    "sent",
    [
        "1.23456",
        "123456789012345",
        '"NaN"',
        "true",
        '"1e999"',
        "[1.50]",
        '"1,250"',
        '"12,50"',
        '"5 EUR"',
        '"-"',
        '"n/a"',
    ],
)
def test_money_that_four_places_cannot_hold_is_kept_as_it_was_sent(sent):
    """Never rounded, never cut: null in its column, its own JSON text in extra."""
    assert value("offer_price", sent) == (None, f'{{"offer_price":{sent}}}')


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("$5", "5"),
        ("$12.50", "12.5"),
        ("1,234.50", "1234.5"),
        ("$1,234,567.8901", "1234567.8901"),
        ("(3.00)", "-3"),
        ("-$7.25", "-7.25"),
        ("USD 9.10", "9.1"),
        (" 5", "5"),
    ],
)
@pytest.mark.parametrize("count", [1, 50])
def test_money_written_for_people_is_read_where_it_reads_in_one_way(sent, read, count):
    """Every record alike, and beside records that are as declared: the same amounts, and one finding that is counted."""
    calls = [CALL | {"sid": f"a{n}", "offer_price": sent} for n in range(count)]
    page = decode_page(json.dumps([*calls, CALL | {"sid": "b", "offer_price": "1.50"}]).encode(), LEADFLOW)

    assert page.table["offer_price"].to_pylist() == [Decimal(read)] * count + [Decimal("1.50")]
    assert page.table["extra"].null_count == count + 1
    assert page.drift["amounts written as text in 'offer_price', which were read"] == count


@pytest.mark.parametrize(
    ("sent", "read"),
    [("3", 3), ('"3"', 3), ('"3.0"', 3), ("3.0", 3), ("-2147483648", -(2**31)), ('""', None)],
)
def test_whole_numbers_come_in_any_spelling(sent, read):
    """As number or string, with or without idle decimals."""
    assert value("talk_seconds", sent) == (read, None)


@pytest.mark.parametrize("sent", ["2147483648", "3.5", '"3 s"', "false", '"0x10"'])
def test_what_is_no_whole_number_of_that_size_goes_to_extra(sent):
    """An overflow is not wrapped round, a fraction is not cut."""
    assert value("talk_seconds", sent) == (None, f'{{"talk_seconds":{sent}}}')


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('"Y"', True),
        ('"n"', False),
        ("true", True),
        ('"False"', False),
        ("1", True),
        ('"0"', False),
        ('""', None),
    ],
)
def test_flags_come_in_any_spelling(sent, read):
    """Y and N, true and false, 1 and 0."""
    assert value("reroute", sent) == (read, None)


def test_a_word_that_is_no_flag_goes_to_extra():
    assert value("reroute", '"maybe"') == (None, '{"reroute":"maybe"}')


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("2026-10-05 09:30:00", "2026-10-05 13:30:00"),
        ("2026-10-05T09:30:00.250", "2026-10-05 13:30:00.250"),
        ("2026-12-05 09:30:00.0", "2026-12-05 14:30:00"),
        ("2026-10-05T13:30:00Z", "2026-10-05 13:30:00"),
        ("2026-10-05 09:30:00-0700", "2026-10-05 16:30:00"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01 06:30:00"),
    ],
)
def test_times_are_eastern_unless_they_say_otherwise(sent, utc):
    """A wall clock is Eastern, daylight saving time included; an explicit offset is obeyed."""
    time, extra = bid("talk_start", json.dumps(sent))

    assert time.timestamp() == datetime.fromisoformat(utc + "+00:00").timestamp()
    assert extra is None


@pytest.mark.parametrize(
    "sent",
    [
        "2026-10-05",
        "0000-00-00 00:00:00",
        "10/05/2026 09:30",
        "2026-10-05 25:00:00",
        "2026-10-05 09:30:00.1234567",
    ],
)
def test_a_time_that_is_not_to_the_second_or_not_in_the_calendar_goes_to_extra(sent):
    """A day alone is not read as midnight."""
    assert bid("talk_start", json.dumps(sent)) == (None, f'{{"talk_start":"{sent}"}}')


@pytest.mark.parametrize(
    ("sent", "instant", "hour", "day", "flag"),
    [
        ("2026-11-01 00:59:59", "2026-11-01 04:59:59", 0, date(2026, 11, 1), False),
        ("2026-11-01 01:00:00", "2026-11-01 05:00:00", 1, date(2026, 11, 1), True),
        ("2026-11-01 01:59:59", "2026-11-01 05:59:59", 1, date(2026, 11, 1), True),
        ("2026-11-01 02:00:00", "2026-11-01 07:00:00", 2, date(2026, 11, 1), False),
        ("2026-03-08 01:59:59", "2026-03-08 06:59:59", 1, date(2026, 3, 8), False),
        ("2026-03-08 02:00:00", "2026-03-08 07:00:00", 3, date(2026, 3, 8), True),
        ("2026-03-08 02:30:00", "2026-03-08 07:30:00", 3, date(2026, 3, 8), True),
        ("2026-03-08 03:30:00", "2026-03-08 07:30:00", 3, date(2026, 3, 8), False),
        ("2026-03-08 23:59:59", "2026-03-09 03:59:59", 23, date(2026, 3, 8), False),
    ],
)
def test_the_two_odd_nights_keep_the_clock_that_was_sent(sent, instant, hour, day, flag):
    """The first of two, the hour after a gap, both flagged, and the clock sent can be had again."""
    table = decode_page(call(call_date=sent), LEADFLOW).table
    row = table.to_pylist()[0]

    assert row["call_date"].timestamp() == datetime.fromisoformat(instant + "+00:00").timestamp()
    assert (row["call_hour"], row["call_day"], row["call_date_ambiguous"]) == (hour, day, flag)
    assert wall_clock(table, LEADFLOW)[0].as_py() == datetime.fromisoformat(sent)


def test_a_time_with_its_offset_is_never_ambiguous():
    """The second 01:30 of the night can be said, and is not moved to the first."""
    row = decode_page(call(call_date="2026-11-01 01:30:00-05:00"), LEADFLOW).table.to_pylist()[0]

    assert row["call_date"].timestamp() == datetime(2026, 11, 1, 1, 30, tzinfo=EASTERN, fold=1).timestamp()
    assert row["call_date_ambiguous"] is False


def test_an_account_of_another_zone_is_read_by_its_own_clock():
    """09:30 in Chicago is 10:30 Eastern, and the day and hour are Eastern."""
    row = decode_page(call(), LEADFLOW, timezone="America/Chicago").table.to_pylist()[0]

    assert row["call_date"] == datetime(2026, 10, 5, 10, 30, tzinfo=EASTERN)
    assert row["call_hour"] == 10


def test_idle_zeros_are_read_as_digits():
    """The vendor's sample prints 00000, which is not JSON: 0 in a number, unchanged in a text."""
    body = b'[{"sid":"1","date_added":"2026-10-05 09:30:00","pool_id":00000,"zipcode":02134,"search_term":":007, 00"}]'
    row = decode_page(body, BIDS).table.to_pylist()[0]

    assert (row["pool_id"], row["zipcode"], row["search_term"]) == (0, "02134", ":007, 00")
