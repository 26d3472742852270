"""What was sent is remembered, not sent again, and corrected while it can be."""

from __future__ import annotations

import sqlite3
import stat
from decimal import Decimal

import loading_processes
import pandas as pd
import pytest
import upload_rules
from export_calls import GOOD, NOW, joined

from dtanalytics import exports
from dtanalytics.errors import CacheError, InputError
from dtanalytics.exports import store, upload_log
from dtanalytics.settings import current

NAME = "Qualified call"


def send(calls, path, **options):
    return exports.google_clicks(calls, path, NAME, now=options.pop("now", NOW), **options)


def adjust(calls, path, now, **options):
    done = exports.google_adjustments(calls, path, NAME, now=now, **options)
    return done, upload_rules.google_adjustments(done.path.read_text(encoding="utf-8"))


def test_a_call_is_sent_once_whatever_the_file_is_called(tmp_path):
    calls = joined({"sid": "1"}, {"sid": "2", "click_id": "other"})
    first = send(calls.iloc[:1], tmp_path / "a.csv")
    second = send(calls, tmp_path / "b.csv")

    assert first.written["sid"].tolist() == ["1"]
    assert second.written["sid"].tolist() == ["2"]
    assert second.refused["error"].tolist() == ["CLICK_CONVERSION_ALREADY_EXISTS"]


def test_a_sid_is_used_once_even_with_another_click(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    done = send(joined({"click_id": "other"}), tmp_path / "b.csv")

    assert done.refused["error"].tolist() == ["ORDER_ID_ALREADY_IN_USE"]


def test_another_name_or_another_platform_is_another_conversion(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    other = exports.google_clicks(joined({}), tmp_path / "b.csv", "Other", now=NOW)
    leads = exports.google_leads(joined({}), tmp_path / "c.csv", NAME, now=NOW)

    assert len(other.written) == len(leads.written) == 1


def test_a_file_that_was_never_uploaded_can_be_taken_back(tmp_path):
    send(joined({}), tmp_path / "a.csv")

    assert exports.forget(tmp_path / "a.csv") == 1
    assert len(send(joined({}), tmp_path / "b.csv").written) == 1


def test_a_second_export_into_the_same_file_says_what_is_not_in_it_any_more(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    again = send(joined({}), tmp_path / "a.csv")
    other = send(joined({}), tmp_path / "b.csv")

    assert again.written.empty
    assert "1 calls that an earlier export wrote into this file" in repr(again)
    assert "--forget" in repr(again)
    assert other.notes == ()


def test_taking_back_a_file_undoes_the_last_export_into_it_alone(tmp_path):
    send(joined({"sid": "1"}), tmp_path / "a.csv", now="2026-10-19")
    send(joined({"sid": "2", "click_id": "b"}), tmp_path / "a.csv", now="2026-10-20")

    assert exports.forget(tmp_path / "a.csv") == 1
    assert exports.sent()["sid"].tolist() == ["1"]


def test_a_file_that_is_taken_back_leaves_no_adjustment_behind(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    adjust(joined({"contest_qualification": True}), tmp_path / "b.csv", "2026-10-21")
    exports.forget(tmp_path / "a.csv")
    send(joined({}), tmp_path / "c.csv")

    assert exports.sent()["adjustment_type"].isna().all()


def test_nothing_is_remembered_when_it_is_not_wanted(tmp_path):
    send(joined({}), tmp_path / "a.csv", ledger=False)

    assert len(send(joined({}), tmp_path / "b.csv", ledger=False).written) == 1
    assert exports.sent().empty


def test_the_ledger_lies_beside_the_cache_private_and_without_a_caller(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    exports.google_leads(joined({}), tmp_path / "b.csv", NAME, now=NOW)
    path = current().cache_dir / "exports" / "sent.sqlite"
    content = path.read_bytes()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"5550102" not in content
    assert exports.hash_phone("8005550102").encode() not in content
    assert GOOD["click_id"].encode() not in content


def test_what_was_sent_can_be_read(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    row = exports.sent().iloc[0]

    assert (row["platform"], row["conversion_name"], row["sid"]) == ("google_clicks", NAME, GOOD["sid"])
    assert row["value"] == 12.5
    assert row["conversion_time"] == pd.Timestamp("2026-10-15 14:00", tz="America/New_York")
    assert row["file"] == str(tmp_path / "a.csv")


def test_a_file_that_could_not_be_written_is_not_remembered(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="disk full"):
            send(joined({}), tmp_path / "a.csv")

    assert exports.sent().empty


def test_a_crash_between_the_file_and_its_record_never_loses_a_call(tmp_path, monkeypatch):
    """The platform knows the order id, so the second file can do no harm; a lost call could."""

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(upload_log.UploadLog, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            send(joined({}), tmp_path / "a.csv")

    assert len(send(joined({}), tmp_path / "a.csv").written) == 1


def test_a_ledger_that_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "sent.sqlite").write_text(
        "not a database, but long enough to be taken for one" * 20, encoding="utf-8"
    )
    with pytest.raises(CacheError, match="ledger="):
        send(joined({}), tmp_path / "a.csv", ledger=tmp_path)

    assert not (tmp_path / "a.csv").exists()


def test_processes_that_export_the_same_calls_at_once_write_each_call_once(tmp_path):
    program = (
        "import sys, pandas as pd\n"
        "from dtanalytics import exports\n"
        "calls = pd.DataFrame({'sid': [f's{i}' for i in range(8)], 'offer_qualified': True, 'margin': 1.0,\n"
        "    'call_date': pd.Timestamp('2026-10-15 14:00'), 'click_id': [f'c{i}' for i in range(8)],\n"
        "    'click_id_type': 'gclid'})\n"
        "for i in range(8):\n"
        "    part = calls.iloc[[i, (i + 3) % 8]]\n"
        "    exports.google_clicks(part, f'{sys.argv[1]}/{sys.argv[2]}-{i}.csv', 'x', now='2026-10-20',\n"
        "        ledger=sys.argv[1])\n"
    )
    running = [loading_processes.run(program, tmp_path, name) for name in "ab"]
    for process in running:
        process.join(60)
        assert process.exitcode == 0
    rows = [
        row.order_id
        for path in tmp_path.glob("[ab]-*.csv")
        for row in upload_rules.google_clicks(path.read_text(encoding="utf-8"))
    ]

    assert sorted(rows) == sorted(f"s{i}" for i in range(8))


# -- adjustments -----------------------------------------------------------------------------------


def test_a_call_that_was_disputed_after_its_upload_is_retracted(tmp_path):
    send(joined({"sid": "1"}, {"sid": "2", "click_id": "b"}), tmp_path / "a.csv")
    later = joined({"sid": "1", "contest_qualification": True}, {"sid": "2", "click_id": "b"})
    done, rows = adjust(later, tmp_path / "b.csv", "2026-10-21 09:00")

    assert [(order, kind, value) for order, _, kind, value in rows] == [("1", "RETRACT", None)]
    assert done.written["value"].tolist() == [12.5]
    assert done.refused.empty


def test_a_call_that_lost_its_qualification_is_retracted(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    _, rows = adjust(joined({"offer_qualified": False}), tmp_path / "b.csv", "2026-10-21")

    assert [row[2] for row in rows] == ["RETRACT"]


def test_a_call_that_was_disputed_before_its_upload_stays(tmp_path):
    disputed = joined({"contest_qualification": True})
    send(disputed, tmp_path / "a.csv")
    done, rows = adjust(disputed, tmp_path / "b.csv", "2026-10-21")

    assert rows == []
    assert done.refused.empty


def test_a_changed_value_is_restated_each_time_and_no_more_than_it_changes(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    cheaper = joined({"offer_price": 35.0})
    _, first = adjust(cheaper, tmp_path / "b.csv", "2026-10-21")
    _, again = adjust(cheaper, tmp_path / "c.csv", "2026-10-22")
    back, second = adjust(joined({}), tmp_path / "d.csv", "2026-10-23")

    assert [row[2:] for row in first] == [("RESTATE", Decimal("7.50"))]
    assert again == []
    assert [row[2:] for row in second] == [("RESTATE", Decimal("12.50"))]
    assert back.written["value"].tolist() == [-5.0]


@pytest.mark.parametrize(
    ("now", "error"),
    [
        ("2026-10-15 13:59", "ADJUSTMENT_PRECEDES_CONVERSION"),
        ("2026-10-15 14:00", "ADJUSTMENT_PRECEDES_CONVERSION"),
        ("2026-10-16 13:59:59", "TOO_RECENT_CONVERSION"),
        ("2026-10-16 14:00:00", None),
        ("2026-12-08 13:00:00", None),  # 54 days of 24 hours: the clock went back in between
        ("2026-12-08 13:00:01", "CONVERSION_EXPIRED"),
    ],
)
def test_an_adjustment_goes_from_24_hours_to_54_days_after_the_call(now, error, tmp_path):
    send(joined({}), tmp_path / "a.csv")
    done, rows = adjust(joined({"contest_qualification": True}), tmp_path / "b.csv", now)

    assert done.refused["error"].tolist() == ([error] if error else [])
    assert len(rows) == (0 if error else 1)


def test_an_adjustment_is_later_than_the_last_one(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    adjust(joined({"offer_price": 35.0}), tmp_path / "b.csv", "2026-10-21 09:00:00")
    done, rows = adjust(joined({}), tmp_path / "c.csv", "2026-10-21 09:00:00.9")

    assert rows == []
    assert done.refused["error"].tolist() == ["MORE_RECENT_RESTATEMENT_FOUND"]


def test_a_retraction_is_final(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    disputed = joined({"contest_qualification": True})
    adjust(disputed, tmp_path / "b.csv", "2026-10-21")
    again, _ = adjust(disputed, tmp_path / "c.csv", "2026-10-22")
    settled, rows = adjust(joined({}), tmp_path / "d.csv", "2026-10-23")

    assert again.refused.empty
    assert rows == []
    assert settled.refused["error"].tolist() == ["CONVERSION_ALREADY_RETRACTED"]


def test_a_disputed_call_that_was_never_sent_is_listed_and_an_undisputed_one_is_not(tmp_path):
    disputed = {"contest_qualification": True}
    calls = joined({"sid": "1", **disputed}, {"sid": "2"}, {"sid": "3", **disputed, "click_id": None})
    done, rows = adjust(calls, tmp_path / "a.csv", "2026-10-21")

    assert rows == []
    assert done.refused[["sid", "error"]].to_numpy().tolist() == [["1", "CONVERSION_NOT_FOUND"]]


def test_a_value_below_zero_cannot_be_restated(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    done, _ = adjust(joined({"offer_price": 5.0}), tmp_path / "b.csv", "2026-10-21")

    assert done.refused["error"].tolist() == ["NEGATIVE_VALUE"]


def test_conversions_are_adjusted_with_what_they_were_sent_with(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    with pytest.raises(InputError, match="sent with measure 'margin'"):
        adjust(joined({}), tmp_path / "b.csv", "2026-10-21", value="revenue")


def test_an_adjustment_in_the_hour_that_comes_twice_is_a_single_moment(tmp_path):
    send(joined({}), tmp_path / "a.csv")
    now = pd.Timestamp("2026-11-01 06:30", tz="UTC")
    _, rows = adjust(joined({"contest_qualification": True}), tmp_path / "b.csv", now)

    assert rows[0][1] == now.to_pydatetime()


UNKNOWN = {
    "qualified": {"offer_qualified": None},
    "paid": {"affiliate_qualified": None},
    "disputed": {"contest_qualification": None},
    "price": {"offer_price": None},
    "everything": {"offer_qualified": None, "affiliate_qualified": None, "contest_qualification": None},
}


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN)
def test_what_has_become_unknown_changes_nothing(change, tmp_path):
    send(joined({}), tmp_path / "a.csv")
    done, rows = adjust(joined(change), tmp_path / "b.csv", "2026-10-21")

    assert rows == []
    assert done.refused.empty


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN)
def test_what_has_become_unknown_after_a_retraction_is_not_listed(change, tmp_path):
    send(joined({}), tmp_path / "a.csv")
    disputed = {"contest_qualification": True}
    adjust(joined(disputed), tmp_path / "b.csv", "2026-10-21")
    done, rows = adjust(joined({**disputed, **change}), tmp_path / "c.csv", "2026-10-22")

    assert rows == []
    assert done.refused.empty


@pytest.mark.parametrize(
    "later",
    [{}, {"offer_price": 35.0}, {"contest_qualification": True}, {"offer_price": 27.5}],
    ids=["as before", "another price", "disputed", "still nothing"],
)
def test_nothing_is_written_after_a_restatement_to_nothing(later, tmp_path):
    send(joined({}), tmp_path / "a.csv")
    _, first = adjust(joined({"offer_price": 27.5}), tmp_path / "b.csv", "2026-10-21")
    done, rows = adjust(joined(later), tmp_path / "c.csv", "2026-10-22")

    assert [row[2:] for row in first] == [("RESTATE", Decimal("0.00"))]
    assert rows == []
    assert done.refused["error"].tolist() == (
        ["CONVERSION_ALREADY_RETRACTED"] if later in ({}, {"offer_price": 35.0}) else []
    )


@pytest.mark.parametrize(
    ("kind", "error"), [("gclid", None), ("gbraid", None), ("wbraid", "WBRAID_CANNOT_BE_ADJUSTED")]
)
def test_a_conversion_of_a_wbraid_is_not_adjusted(kind, error, tmp_path):
    send(joined({"click_id_type": kind}), tmp_path / "a.csv")
    disputed = joined({"contest_qualification": True}).drop(columns="click_id_type")
    done, rows = adjust(disputed, tmp_path / "b.csv", "2026-10-21")

    assert done.refused["error"].tolist() == ([error] if error else [])
    assert len(rows) == (0 if error else 1)


def test_a_sid_that_says_two_things_is_listed_and_one_that_says_one_thing_twice_is_adjusted_once(tmp_path):
    send(joined({"sid": "1"}, {"sid": "2", "click_id": "b"}), tmp_path / "a.csv")
    cheaper, other = {"offer_price": 35.0}, {"offer_price": 36.0}
    calls = joined(
        {"sid": "1", **cheaper}, {"sid": "1", **other}, {"sid": "2", **cheaper}, {"sid": "2", **cheaper}
    )
    done, rows = adjust(calls, tmp_path / "b.csv", "2026-10-21")

    assert [row[0] for row in rows] == ["2"]
    assert done.refused[["sid", "error"]].to_numpy().tolist() == [["1", "DUPLICATE_ADJUSTMENT_IN_REQUEST"]]


def test_a_ledger_of_an_earlier_version_is_read_and_goes_on(tmp_path):
    send(joined({"sid": "1"}), tmp_path / "a.csv", ledger=tmp_path)
    with sqlite3.connect(tmp_path / "sent.sqlite") as old:
        old.execute("ALTER TABLE sent DROP COLUMN click_kind")
        old.execute("DROP TABLE pending")
    old.close()
    send(joined({"sid": "2", "click_id": "b"}), tmp_path / "b.csv", ledger=tmp_path)

    assert sorted(exports.sent(tmp_path)["sid"]) == ["1", "2"]


KILLED = {
    "before the file is prepared": ("dtanalytics.exports.upload_log", "prepared", "before"),
    "before its records": ("dtanalytics.exports.upload_log.UploadLog", "record", "before"),
    "before they are durable": ("dtanalytics.exports.upload_log.UploadLog", "_intend", "before"),
    "before the file is in place": ("dtanalytics.exports.upload_log", "renamed", "before"),
    "before that is noted": ("dtanalytics.exports.upload_log", "renamed", "after"),
    "at the end": ("dtanalytics.exports.upload_log.UploadLog", "put", "after"),
}


@pytest.mark.parametrize("moved", [False, True], ids=["file stays", "file is taken away"])
@pytest.mark.parametrize(("place", "name", "when"), KILLED.values(), ids=KILLED)
def test_a_process_that_is_killed_leaves_file_and_ledger_saying_the_same(place, name, when, moved, tmp_path):
    """Over both exports each call stands in one file, whatever was killed in between."""
    program = (
        "import importlib, os, sys\n"
        "from export_calls import NOW, joined\n"
        "from dtanalytics import exports\n"
        "place, name, when, folder = sys.argv[1:]\n"
        "try:\n"
        "    home = importlib.import_module(place)\n"
        "except ModuleNotFoundError:\n"
        "    module, _, cls = place.rpartition('.')\n"
        "    home = getattr(importlib.import_module(module), cls)\n"
        "whole = getattr(home, name)\n"
        "def killed(*args):\n"
        "    if when == 'after':\n"
        "        whole(*args)\n"
        "    os._exit(9)\n"
        "setattr(home, name, killed)\n"
        "exports.google_clicks(joined({}), f'{folder}/a.csv', 'Qualified call', now=NOW, ledger=folder)\n"
    )
    process = loading_processes.run(program, place, name, when, tmp_path)
    process.join(60)
    assert process.exitcode == 9
    first = tmp_path / "a.csv"
    rows = upload_rules.google_clicks(first.read_text(encoding="utf-8")) if first.exists() else []
    if moved:
        first.unlink(missing_ok=True)
    done = send(joined({}), tmp_path / "b.csv", ledger=tmp_path)
    rows += upload_rules.google_clicks(done.path.read_text(encoding="utf-8"))

    assert [row.order_id for row in rows] == [GOOD["sid"]]
    assert exports.sent(tmp_path)["sid"].tolist() == [GOOD["sid"]]


def test_every_adjustment_rule_is_broken_above():
    table = exports.rules()
    listed = table.loc[table["files"].str.contains("google_adjustments"), "error"]

    assert set(listed) == {
        "NEGATIVE_VALUE",
        "CONVERSION_NOT_FOUND",
        "CONVERSION_ALREADY_RETRACTED",
        "ADJUSTMENT_PRECEDES_CONVERSION",
        "TOO_RECENT_CONVERSION",
        "CONVERSION_EXPIRED",
        "MORE_RECENT_RESTATEMENT_FOUND",
        "WBRAID_CANNOT_BE_ADJUSTED",
        "DUPLICATE_ADJUSTMENT_IN_REQUEST",
    }


def test_the_ledger_waits_for_another_process_and_then_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.05)
    with upload_log.opened(tmp_path), pytest.raises(CacheError, match="locked") as caught:
        send(joined({}), tmp_path / "a.csv", ledger=tmp_path)

    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
