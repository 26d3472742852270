"""Upload files read back by a parser of the platforms' rules that knows nothing of the exporter."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from decimal import Decimal

import export_calls
import pandas as pd
import pytest
import upload_rules
from export_calls import MSCLKID, NOW, bids, joined

from dtanalytics import exports
from dtanalytics.errors import InputError, SchemaError, WriteError
from dtanalytics.exports.money import to_units
from dtanalytics.mask import mask

CLICK_FILES = ["google_clicks", "microsoft_clicks", "microsoft_bulk", "sa360"]
FILES = [*CLICK_FILES, "google_leads"]
CALL = datetime(2026, 10, 15, 18, 0, tzinfo=UTC)


def platform(kind: str) -> str:
    return "microsoft" if kind.startswith("microsoft") else "google"


def write(kind: str, calls: pd.DataFrame, path, **options):
    return getattr(exports, kind)(calls, path, "Qualified call", **{"now": NOW, **options})


@pytest.mark.parametrize("kind", FILES)
def test_a_good_call_is_one_valid_row_with_its_moment_and_margin(kind, tmp_path):
    done = write(kind, joined({}, platform=platform(kind)), tmp_path / "a.csv")
    (row,) = getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8"))

    assert (row.time, row.value) == (CALL, Decimal("12.50"))
    assert done.written["sid"].tolist() == ["1710010011223344"]
    assert done.refused.empty


@pytest.mark.parametrize("kind", [*FILES, "google_adjustments"])
def test_no_calls_make_a_file_of_headers(kind, tmp_path):
    done = write(kind, joined({}, platform=platform(kind)).iloc[:0], tmp_path / "a.csv")

    assert getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8")) == []
    assert done.written.empty
    assert done.refused.columns.tolist() == ["sid", "error", "remedy", "value", "also"]


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_private_and_holds_no_caller(kind, tmp_path):
    done = write(kind, joined({}, platform=platform(kind)), tmp_path / "a.csv")
    text = done.path.read_text(encoding="utf-8")

    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert not any(word in text for word in ("5550102", "555-0102", "HYPERLINK", "Acme"))
    assert [path.name for path in tmp_path.glob("*.csv")] == ["a.csv"]


def test_calls_are_left_as_they_were(tmp_path):
    calls = joined({})
    before = calls.copy(deep=True)
    write("google_clicks", calls, tmp_path / "a.csv", negative="zero")

    pd.testing.assert_frame_equal(calls, before)


@pytest.mark.parametrize(
    "change",
    [
        lambda calls: calls.set_axis(["x", "x"]),
        lambda calls: calls.iloc[::-1],
        lambda calls: calls.astype(
            dict.fromkeys(["sid", "click_id", "click_id_type", "caller_id"], "object")
        ),
        lambda calls: calls.astype(dict.fromkeys(["sid", "click_id", "click_id_type"], "category")),
        lambda calls: calls.astype({"offer_qualified": bool, "contest_qualification": object}),
        lambda calls: calls.assign(sid=[17, 18]),
    ],
    ids=["repeated index", "reversed", "objects", "categories", "plain flags", "numbers as sid"],
)
@pytest.mark.parametrize("kind", [*FILES, "google_adjustments"])
def test_any_form_of_the_same_calls_is_read(change, kind, tmp_path):
    calls = joined({"sid": "17"}, {"sid": "18", "call_date": "2026-10-15 15:00"}, platform=platform(kind))
    done = write(kind, change(calls), tmp_path / "a.csv")

    assert set(done.written["sid"]) == (set() if kind == "google_adjustments" else {"17", "18"})


# -- identifiers -----------------------------------------------------------------------------------


def test_each_kind_of_google_click_has_a_column_of_its_own_byte_for_byte(tmp_path):
    ids = {"gclid": "EAIaIQobChMI_-aA", "gbraid": "0AAAAAo-_x", "wbraid": "Cl8KCQjw_-"}
    calls = joined(
        *({"sid": kind, "click_id": text, "click_id_type": kind} for kind, text in ids.items()),
    )
    rows = upload_rules.google_clicks(
        write("google_clicks", calls, tmp_path / "a.csv").path.read_text(encoding="utf-8")
    )

    assert {row.kind: row.click_id for row in rows} == ids


def test_gclids_that_differ_in_case_alone_are_two_clicks(tmp_path):
    calls = joined({"sid": "1", "click_id": "Abc"}, {"sid": "2", "click_id": "aBC"})
    done = write("google_clicks", calls, tmp_path / "a.csv")
    rows = upload_rules.google_clicks(done.path.read_text(encoding="utf-8"))

    assert [row.click_id for row in rows] == ["Abc", "aBC"]


def test_consent_is_written_when_it_is_given(tmp_path):
    done = write("google_clicks", joined({}), tmp_path / "a.csv", ad_user_data="GRANTED")
    lines = done.path.read_text(encoding="utf-8").splitlines()

    assert lines[1].endswith(",Order ID,Ad User Data")
    assert lines[2].endswith(",1710010011223344,GRANTED")


@pytest.mark.parametrize("kind", CLICK_FILES)
def test_a_click_id_whose_kind_nobody_named_is_taken_for_the_platforms_own(kind, tmp_path):
    calls = joined({}, platform=platform(kind))
    done = write(kind, calls.drop(columns=["click_id_type", "click_id_field"]), tmp_path / "a.csv")

    assert len(getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8"))) == 1


# -- value -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ({}, "margin", "12.50"),
        ({}, "revenue", "40.00"),
        ({"affiliate_qualified": False}, "margin", "40.00"),
        ({"affiliate_qualified": None}, "margin", "40.00"),
        ({"offer_price": 0.3, "affiliate_price": 0.1}, "margin", "0.20"),
        ({"offer_price": 10.12345, "affiliate_price": 0.0}, "margin", "10.1234"),
        ({"offer_price": 27.5}, "margin", "0.00"),
        ({}, "affiliate_price", "27.50"),
        ({}, 3.999, "3.999"),
        ({}, Decimal("0.1"), "0.10"),
    ],
)
def test_value_is_exact_and_written_plainly(call, value, expected, tmp_path):
    done = write("google_clicks", joined(call), tmp_path / "a.csv", value=value)

    assert done.path.read_text(encoding="utf-8").splitlines()[2].split(",")[3] == expected


def test_every_amount_of_a_float_column_is_the_amount_that_was_meant():
    """A float times 10,000 often falls just short of the whole number."""
    units = pd.Series(range(100_000))

    assert to_units(units / 10_000).tolist() == units.tolist()


def test_without_a_value_the_platform_applies_its_own(tmp_path):
    done = write("google_clicks", joined({}), tmp_path / "a.csv", value=None)
    (row,) = upload_rules.google_clicks(done.path.read_text(encoding="utf-8"))

    assert (row.value, row.currency) == (None, "")


def test_decimal_money_and_plain_flags_give_the_same_file(tmp_path):
    calls = joined({})
    other = calls.assign(
        offer_price=[Decimal("40.0000")],
        affiliate_price=[Decimal("27.5000")],
        offer_qualified=[True],
        affiliate_qualified=[True],
        click_id_type=["gclid"],
    )
    first = write("google_clicks", calls, tmp_path / "a.csv", ledger=False)
    second = write("google_clicks", other, tmp_path / "b.csv", ledger=False)

    assert first.path.read_bytes() == second.path.read_bytes()


def test_a_value_below_zero_is_listed_or_written_as_zero(tmp_path):
    calls = joined({"affiliate_price": 50.0})
    listed = write("google_clicks", calls, tmp_path / "a.csv")
    zero = write("google_clicks", calls, tmp_path / "b.csv", negative="zero")

    assert listed.refused[["error", "value"]].to_numpy().tolist() == [["NEGATIVE_VALUE", -10.0]]
    assert upload_rules.google_clicks(zero.path.read_text(encoding="utf-8"))[0].value == 0


# -- which calls -----------------------------------------------------------------------------------


def test_calls_that_did_not_qualify_or_may_not_have_are_no_conversions(tmp_path):
    calls = joined(
        {"sid": "1"}, {"sid": "2", "offer_qualified": False}, {"sid": "3", "offer_qualified": None}
    )
    done = write("google_clicks", calls, tmp_path / "a.csv")

    assert done.written["sid"].tolist() == ["1"]
    assert done.refused.empty
    assert "2 calls are no conversions (not qualified, or not known to be)" in done.notes


def test_bids_alone_are_conversions_without_a_value(tmp_path):
    done = write("google_clicks", bids({}), tmp_path / "a.csv")
    (row,) = upload_rules.google_clicks(done.path.read_text(encoding="utf-8"))

    assert (row.time, row.value) == (CALL, None)
    assert any("bids alone know no money" in note for note in done.notes)


def test_bids_alone_take_their_value_from_a_column(tmp_path):
    done = write("google_clicks", bids({}).assign(worth=[7]), tmp_path / "a.csv", value="worth")

    assert upload_rules.google_clicks(done.path.read_text(encoding="utf-8"))[0].value == Decimal("7.00")


# -- every rule, broken on purpose -----------------------------------------------------------------

OLD = {"call_date": "2026-10-15 14:00", "displayed_timestamp": None, "click_id_field": "last_touch"}
BROKEN = [
    ({"sid": None}, "MISSING_ORDER_ID", FILES),
    ({"sid": "+18005550102"}, "ORDER_ID_CONTAINS_PII", FILES),
    ({"sid": "18005550102"}, "ORDER_ID_CONTAINS_PII", FILES),
    ({"sid": "jo@example.com"}, "ORDER_ID_CONTAINS_PII", FILES),
    ({"sid": "2125550142", "caller_id": None, "ani": None}, "ORDER_ID_CONTAINS_PII", CLICK_FILES),
    ({"sid": "=cmd()"}, "INVALID_ORDER_ID", FILES),
    ({"click_id": None, "click_id_type": None}, "MISSING_CLICK_ID", CLICK_FILES),
    ({"click_id": " "}, "MISSING_CLICK_ID", CLICK_FILES),
    ({"click_id": MSCLKID, "click_id_type": "msclkid"}, "WRONG_CLICK_ID", ["google_clicks", "sa360"]),
    ({"click_id": "Abc", "click_id_type": "gclid"}, "WRONG_CLICK_ID", ["microsoft_clicks", "microsoft_bulk"]),
    ({"click_id_type": "gbraid"}, "WRONG_CLICK_ID", ["sa360"]),
    ({"click_id": "{gclid}"}, "UNPARSEABLE_GCLID", ["google_clicks", "sa360"]),
    ({"click_id": "%7Bgclid%7D"}, "UNPARSEABLE_GCLID", ["google_clicks", "sa360"]),
    ({"click_id": "{gbraid}", "click_id_type": "gbraid"}, "UNPARSEABLE_GBRAID", ["google_clicks"]),
    ({"click_id": "=1+1", "click_id_type": "wbraid"}, "UNPARSEABLE_WBRAID", ["google_clicks"]),
    ({"click_id": "{msclkid}"}, "UNPARSEABLE_MSCLKID", ["microsoft_clicks", "microsoft_bulk"]),
    ({"click_id": MSCLKID[:-1]}, "UNPARSEABLE_MSCLKID", ["microsoft_clicks", "microsoft_bulk"]),
    ({"caller_id": "Anonymous"}, "INVALID_USER_IDENTIFIER", ["google_leads"]),
    ({"call_date": None, "date_added": None}, "MISSING_CONVERSION_TIME", FILES),
    ({"call_date": "2026-10-20 13:00"}, "LATER_THAN_MAXIMUM_DATE", FILES),
    ({"last_touch_timestamp": "2026-10-15 14:00:01"}, "CONVERSION_PRECEDES_EVENT", FILES),
    ({**OLD, "last_touch_timestamp": "2026-07-22 11:59:59"}, "EXPIRED_EVENT", FILES),
    ({**OLD, "last_touch_timestamp": "2026-08-18 11:59:59"}, "EXPIRED_EVENT", ["google_leads"]),
    (
        {"call_date": "2026-10-20 07:00", "last_touch_timestamp": "2026-10-20 06:00:01"},
        "TOO_RECENT_EVENT",
        ["google_clicks", "google_leads", "sa360"],
    ),
    ({"offer_price": None}, "MISSING_VALUE", FILES),
    ({"affiliate_price": 50.0}, "NEGATIVE_VALUE", FILES),
]


@pytest.mark.parametrize("kind", FILES)
def test_each_broken_rule_is_caught_under_the_platforms_name(kind, tmp_path):
    broken = [(call, error) for call, error, kinds in BROKEN if kind in kinds]
    calls = joined({"sid": "first"}, *(call for call, _ in broken), platform=platform(kind))
    done = write(kind, calls, tmp_path / "a.csv")
    rows = getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8"))

    assert len(rows) == 1
    assert done.written["sid"].tolist() == ["first"]
    assert done.refused["error"].tolist() == [error for _, error in broken]
    assert done.refused["remedy"].str.len().gt(10).all()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("click", ["2026-10-15 14:00:00", "2026-10-15 13:59:59"])
def test_a_call_does_not_precede_a_click_of_the_same_second_or_of_the_one_before(kind, click, tmp_path):
    calls = joined({"last_touch_timestamp": click}, platform=platform(kind))

    assert len(write(kind, calls, tmp_path / "a.csv").written) == 1


@pytest.mark.parametrize("kind", FILES)
def test_a_click_at_the_edge_of_its_age_still_goes(kind, tmp_path):
    oldest = "2026-08-18 12:00:00" if kind == "google_leads" else "2026-07-22 12:00:00"
    calls = joined({**OLD, "last_touch_timestamp": oldest}, platform=platform(kind))

    assert len(write(kind, calls, tmp_path / "a.csv").written) == 1


@pytest.mark.parametrize("kind", ["google_clicks", "google_leads", "sa360"])
def test_a_click_of_six_hours_ago_goes(kind, tmp_path):
    calls = joined({"call_date": "2026-10-20 07:00", "last_touch_timestamp": "2026-10-20 06:00:00"})

    assert write(kind, calls, tmp_path / "a.csv").written["sid"].tolist() == calls["sid"].tolist()


@pytest.mark.parametrize("kind", ["microsoft_clicks", "microsoft_bulk"])
def test_a_call_of_this_very_moment_goes_where_no_platform_asks_to_wait(kind, tmp_path):
    calls = joined({"call_date": "2026-10-20 12:00:00"}, platform="microsoft")

    assert write(kind, calls, tmp_path / "a.csv").written["sid"].tolist() == calls["sid"].tolist()


def test_a_click_without_a_time_is_judged_by_its_call_and_said_so(tmp_path):
    unknown = {"last_touch_timestamp": None, "displayed_timestamp": None}
    calls = joined({**unknown, "sid": "1"}, {**unknown, "sid": "2", "call_date": "2026-10-20 07:00"})
    done = write("google_clicks", calls, tmp_path / "a.csv")

    assert done.written["sid"].tolist() == ["1"]
    assert done.refused["error"].tolist() == ["TOO_RECENT_EVENT"]
    assert any("no click time" in note for note in done.notes)


def test_a_click_id_of_the_first_page_is_as_old_as_the_first_number_shown(tmp_path):
    first_page = {"click_id_field": "baseuri", "displayed_timestamp": "2026-07-01 12:00"}
    done = write("google_clicks", joined(first_page), tmp_path / "a.csv")

    assert done.refused["error"].tolist() == ["EXPIRED_EVENT"]


@pytest.mark.parametrize("kind", ["google_clicks", "google_leads", "sa360"])
def test_an_action_younger_than_six_hours_takes_nothing(kind, tmp_path):
    young = write(kind, joined({}), tmp_path / "a.csv", action_created="2026-10-20 06:00:01")
    old = write(kind, joined({}), tmp_path / "b.csv", action_created="2026-10-20 06:00:00")

    assert young.refused["error"].tolist() == ["TOO_RECENT_CONVERSION_ACTION"]
    assert len(old.written) == 1


@pytest.mark.parametrize("kind", CLICK_FILES)
def test_one_click_and_time_or_one_sid_goes_once(kind, tmp_path):
    other = {"click_id": "0" * 32}
    calls = joined(
        {"sid": "1"}, {"sid": "2"}, {"sid": "1", **other, "call_date": "2026-10-16"}, platform=platform(kind)
    )
    done = write(kind, calls, tmp_path / "a.csv")
    getattr(upload_rules, kind)(done.path.read_text(encoding="utf-8"))

    assert done.written["sid"].tolist() == ["1"]
    assert done.refused.set_index("sid")["error"].to_dict() == {
        "2": "CLICK_CONVERSION_ALREADY_EXISTS",
        "1": "ORDER_ID_ALREADY_IN_USE",
    }


@pytest.mark.parametrize("kind", CLICK_FILES)
def test_a_row_that_is_refused_takes_neither_its_click_nor_its_sid_from_the_next(kind, tmp_path):
    """The first row's sid was sent before, so its click and moment are free for the second one's."""
    sent = joined({"sid": "1", "call_date": "2026-10-15 14:30"}, platform=platform(kind))
    write(kind, sent, tmp_path / "a.csv")
    calls = joined(
        {"sid": "1"}, {"sid": "2"}, {"sid": "2", "call_date": "2026-10-16"}, platform=platform(kind)
    )
    done = write(kind, calls, tmp_path / "b.csv")

    assert done.written["sid"].tolist() == ["2"]
    assert done.refused[["sid", "error"]].to_numpy().tolist() == [
        ["1", "ORDER_ID_ALREADY_IN_USE"],
        ["2", "ORDER_ID_ALREADY_IN_USE"],
    ]


@pytest.mark.parametrize(
    ("currency", "price", "expected", "sent"),
    [
        ("USD", 40.5, "40.50", 40.5),
        ("JPY", 4050.0, "4050", 4050.0),
        ("JPY", 4050.5, "4050", 4050.0),
        ("KRW", 4051.5, "4052", 4052.0),
        ("KWD", 40.5, "40.500", 40.5),
        ("CLF", 40.5, "40.5000", 40.5),
    ],
)
def test_an_amount_has_the_decimal_places_of_its_currency(currency, price, expected, sent, tmp_path):
    calls = joined({"offer_price": price})
    done = write("google_clicks", calls, tmp_path / "a.csv", currency=currency, value="revenue")

    assert done.path.read_text(encoding="utf-8").splitlines()[2].split(",")[3] == expected
    assert done.written["value"].tolist() == exports.sent()["value"].tolist() == [sent]


TIMES = {
    "naive": lambda c: c.assign(call_date=c["call_date"].dt.tz_localize(None)),
    "UTC": lambda c: c.assign(call_date=c["call_date"].dt.tz_convert("UTC")),
    "objects": lambda c: c.assign(call_date=c["call_date"].astype(object)),
    "text": lambda c: c.assign(call_date="2026-10-15T14:00:00", last_touch_timestamp="2026-10-15 13:50:00"),
    "text with an offset": lambda c: c.assign(call_date="2026-10-15T18:00:00Z"),
}
FLAGS = [
    {"offer_qualified": "Y", "affiliate_qualified": "yes", "contest_qualification": "N"},
    {"offer_qualified": 1, "affiliate_qualified": 1.0},
]
MONEY = [
    {"offer_price": "$40.00", "affiliate_price": "27.50"},
    {"offer_price": Decimal("40.00"), "affiliate_price": Decimal("27.50")},
]
CALLERS = [{"caller_id": 8005550102.0}, {}]


@pytest.mark.parametrize("times", [*TIMES, "Arrow"])
@pytest.mark.parametrize("kind", FILES)
def test_calls_of_any_dtype_give_the_same_file(kind, times, tmp_path):
    """Columns of each kind are of another dtype at once: times in five ways, the others in two, and all of Arrow."""
    calls = joined({}, platform=platform(kind))
    way = [*TIMES, "Arrow"].index(times) % 2
    if times == "Arrow":
        other = calls.convert_dtypes(dtype_backend="pyarrow")
    else:
        other = TIMES[times](calls).assign(**FLAGS[way], **MONEY[way], **CALLERS[way])
    first = write(kind, calls, tmp_path / "a.csv", ledger=False)
    second = write(kind, other, tmp_path / "b.csv", ledger=False)

    assert len(first.written) == 1
    assert first.path.read_bytes() == second.path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.assign(offer_qualified="perhaps"),
        lambda c: c.assign(offer_price="1.250,50 EUR or so"),
        lambda c: c.assign(call_date=1_760_551_200),
        lambda c: c.assign(call_date="yesterday"),
        lambda c: pd.concat([c, c[["offer_price"]]], axis=1),
    ],
    ids=["flag", "money", "number as a time", "no time", "two columns of a name"],
)
def test_a_column_that_cannot_be_read_is_named(change, tmp_path):
    with pytest.raises(SchemaError, match=r"offer_qualified|offer_price|call_date"):
        write("google_clicks", change(joined({})), tmp_path / "a.csv")

    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("kind", [*FILES, "google_adjustments"])
def test_masked_calls_are_refused_also_after_a_way_through_csv(kind, tmp_path):
    masked = mask(joined({}, platform=platform(kind)), key="k")
    masked.to_csv(tmp_path / "masked.csv", index=False)
    for calls in (masked, pd.read_csv(tmp_path / "masked.csv", dtype={"sid": "str"})):
        with pytest.raises(InputError, match="masked"):
            write(kind, calls, tmp_path / "a.csv")

    assert not (tmp_path / "a.csv").exists()


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a folder"):
        write("google_clicks", joined({}), tmp_path)
    with pytest.raises(WriteError, match="cannot be written"):
        write("google_clicks", joined({}), tmp_path / "file" / "a.csv")
    with pytest.raises(WriteError, match="cannot be written"):
        exports.to_csv(joined({}), tmp_path / "file" / "a.csv")

    assert exports.sent().empty


def test_a_call_that_breaks_several_rules_is_listed_once_with_the_others_named(tmp_path):
    call = {"affiliate_price": 50.0, "last_touch_timestamp": "2026-06-01", "displayed_timestamp": None}
    done = write("google_clicks", joined(call), tmp_path / "a.csv")

    assert done.refused[["error", "also"]].to_numpy().tolist() == [["EXPIRED_EVENT", "NEGATIVE_VALUE"]]


def test_every_rule_has_a_name_and_a_remedy():
    table = exports.rules()

    assert table["error"].is_unique
    assert set(table["source"]) == {"platform", "dtanalytics"}
    named = {error for _, error, _ in BROKEN}
    elsewhere = {"TOO_RECENT_CONVERSION_ACTION", "CLICK_CONVERSION_ALREADY_EXISTS", "ORDER_ID_ALREADY_IN_USE"}
    uploads = table.loc[table["files"] != "google_adjustments", "error"]
    assert set(uploads) == named | elsewhere


# -- preflight -------------------------------------------------------------------------------------


def test_the_preflight_adds_up_calls_and_money_and_is_inert(tmp_path):
    calls = joined({"sid": "1"}, {"sid": "2", "click_id": None}, {"sid": "3", "click_id": "{gclid}"})
    done = write("google_clicks", calls, tmp_path / "<b>a.csv")
    table = done.summary()

    assert table["call_count"].tolist() == [1, 1, 1]
    assert table["value"].tolist() == [12.5, 12.5, 12.5]
    assert "UNPARSEABLE_GCLID" in repr(done)
    assert "<b>" not in done._repr_html_()


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"currency": "usd"},
        {"currency": ""},
        {"currency": "XYZ"},
        {"currency": "XXX"},
        {"currency": "HRK"},
        {"now": 1_760_551_200},
        {"now": "yesterday-ish"},
        {"negative": "keep"},
        {"value": "margn"},
        {"value": "offer_qualified"},
        {"value": ["margin"]},
        {"qualified": "offer_qualifed"},
        {"ad_user_data": "YES"},
    ],
)
def test_an_argument_that_cannot_be_meant_writes_nothing(options, tmp_path):
    with pytest.raises(InputError):
        write("google_clicks", joined({}), tmp_path / "a.csv", **options)

    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("name", ["", "=cmd()", "a\nb", " a", "x" * 101])
def test_a_conversion_name_that_no_platform_has_writes_nothing(name, tmp_path):
    with pytest.raises(InputError, match="conversion_name"):
        exports.google_clicks(joined({}), tmp_path / "a.csv", name)


@pytest.mark.parametrize("column", ["sid", "click_id", "offer_price"])
def test_a_missing_column_is_named(column, tmp_path):
    with pytest.raises(SchemaError, match=column):
        write("google_clicks", joined({}).drop(columns=column), tmp_path / "a.csv")


def test_search_ads_takes_an_activity_by_id_or_by_name(tmp_path):
    by_id = write("sa360", joined({}), tmp_path / "a.csv", floodlight_activity_id=77, ledger=False)
    by_name = write("sa360", joined({}), tmp_path / "b.csv", ledger=False)

    assert upload_rules.sa360(by_id.path.read_text(encoding="utf-8"))[0].name == "77"
    assert upload_rules.sa360(by_name.path.read_text(encoding="utf-8"))[0].name == "Qualified call"


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "out" / "a.csv"
    write("google_clicks", joined({}), path, ledger=False)
    before = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write("google_clicks", joined({"sid": "other"}), path, ledger=False)

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["a.csv"]


def test_what_a_killed_process_left_beside_the_file_is_swept_by_a_later_run(tmp_path):
    left, fresh, strange = (tmp_path / name for name in (".a.csv.x1.tmp", ".a.csv.x2.tmp", ".b.csv.x3.tmp"))
    for file in (left, fresh, strange):
        file.touch()
    for file in (left, strange):
        os.utime(file, (0, 0))

    write("google_clicks", joined({}), tmp_path / "a.csv", ledger=False)

    assert {file.name for file in (left, fresh, strange) if file.exists()} == {
        ".a.csv.x2.tmp",
        ".b.csv.x3.tmp",
    }


def test_the_helper_calls_are_what_a_load_gives():
    frame = export_calls.joined({})

    assert str(frame["call_date"].dtype) == "datetime64[us, America/New_York]"
    assert str(frame["sid"].dtype) == "str"
