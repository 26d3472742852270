"""What an accountant distrusts: renamed partners, parts of the calls, books of others, lists to pay from."""

from __future__ import annotations

import ast
import sqlite3
from decimal import Decimal

import pandas as pd
import pytest
import time_machine

import dtanalytics as dta
from dtanalytics.errors import CacheError, InputError, StatementWarning


def frame(*rows):
    """Calls by hand: sid, day, affiliate, price; all count."""
    sids, days, names, prices = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "sid": sids,
            "call_date": pd.to_datetime([f"{day} 12:00" for day in days]),
            "affiliate": pd.Series(names, dtype="str"),
            "offer": "Roof",
            "affiliate_qualified": True,
            "affiliate_price": prices,
        }
    )


OCTOBER = frame(
    ("1", "2026-10-05", "North", 12.5),
    ("2", "2026-10-06", "North", 12.5),
    ("3", "2026-10-07", "South", 20.0),
    ("4", "2026-10-30", "East", 90.0),
    ("5", "2026-10-06", "East", 30.0),
    ("6", "2026-10-08", None, 5.0),
)


def made(window, calls, book, **options):
    return dta.statement(window, calls=calls, book=book, now=options.pop("now", "2026-12-20"), **options)


def paid(path):
    listed = pd.read_csv(path, dtype="str")
    total = listed["payable"].map(Decimal).groupby(listed["affiliate"].fillna("")).sum()
    state = listed.groupby(listed["affiliate"].fillna(""))["state"].unique()
    return {name: (str(total[name]), *state[name]) for name in total.index}


def test_a_list_for_accounting_says_what_is_paid_now_and_why_no_more(tmp_path):
    statement = made("2026-10", OCTOBER, tmp_path, now="2026-11-09", minimum=24, hold_days=15).issue()

    assert paid(statement.to_csv(tmp_path / "a.csv")) == {
        "": ("0.00", "no partner"),
        "East": ("30.00", "payable in part"),
        "North": ("25.00", "payable"),
        "South": ("0.00", "below minimum"),
    }
    held = made("2026-10-30", OCTOBER, tmp_path / "b", now="2026-11-09", hold_days=15)
    assert paid(held.to_csv(tmp_path / "b.csv")) == {"East": ("0.00", "on hold")}
    back = statement.cancel()
    assert paid(back.to_csv(tmp_path / "c.csv"))["North"] == ("-25.00", "taken back")


def test_a_list_for_accounting_of_nothing_has_the_same_columns(tmp_path):
    some, none = (
        made(day, OCTOBER, tmp_path).to_csv(tmp_path / f"{day}.csv") for day in ("2026-10", "2026-09")
    )

    assert list(pd.read_csv(none)) == list(pd.read_csv(some))
    assert len(pd.read_csv(none)) == 0


def test_a_partner_who_owes_is_paid_nothing_in_the_list(tmp_path):
    made("2026-10", OCTOBER, tmp_path).issue()
    disputed = OCTOBER.assign(affiliate_qualified=[False, True, True, True, True, True])
    later = made("2026-11", disputed, tmp_path)

    assert paid(later.to_csv(tmp_path / "a.csv"))["North"] == ("0.00", "nothing to pay")


def test_a_renamed_partner_is_told_since_both_names_would_be_paid(tmp_path):
    made("2026-10", OCTOBER, tmp_path).issue()
    renamed = OCTOBER.replace({"affiliate": {"North": "North Media"}})
    with pytest.warns(StatementWarning, match="2 of 2 calls owed to 'North' are calls of 'North Media' now"):
        told = made("2026-11", renamed, tmp_path)

    (note,) = [note for note in told.notes if "renamed" in note]
    adjustments = ast.literal_eval(note.partition("adjustments=")[2])
    with pytest.warns(StatementWarning):
        mended = made("2026-11", renamed, tmp_path, adjustments=adjustments)
    assert told.due["payable"].iloc[-1] == 25.0
    assert mended.due["payable"].tolist() == [0.0] * len(mended.due)


def test_a_masked_column_of_partners_is_refused(tmp_path):
    calls = OCTOBER.replace({"affiliate": {"North": "(206) 555-0143"}})
    with pytest.warns(dta.errors.PersonalDataWarning):
        masked = dta.calls(calls).mask()

    with pytest.raises(InputError, match="'affiliate' is masked"):
        made("2026-10", masked, tmp_path)


def test_all_calls_of_one_partner_that_are_gone_are_told(tmp_path):
    made("2026-10", OCTOBER, tmp_path).issue()

    with pytest.warns(StatementWarning, match="all calls owed for 2026-10 to 'South' are gone"):
        made("2026-11", OCTOBER[OCTOBER["affiliate"] != "South"], tmp_path)


def test_calls_that_are_a_part_of_a_load_are_told(service, tmp_path):
    day = dta.load_leadflow("2026-10-05")
    with pytest.warns(StatementWarning, match=f"are 3 of the {len(day)} that were loaded"):
        made("2026-10-05", day.head(3), tmp_path)
    with pytest.warns(StatementWarning, match="loaded for 2026-10-05, which is not all of 2026-10"):
        made("2026-10", day, tmp_path)


@pytest.mark.parametrize("engine", ["duckdb", "dask"])
def test_a_scan_is_owed_what_a_load_is(service, tmp_path, engine):
    loaded = made("2026-10-05", dta.load_leadflow("2026-10-05"), tmp_path)
    scanned = made("2026-10-05", dta.scan("leadflow", "2026-10-05", engine=engine), tmp_path)

    pd.testing.assert_frame_equal(scanned.due, loaded.due)


def test_a_name_that_stands_for_no_name_is_told(tmp_path):
    notes = made("2026-10", OCTOBER.assign(affiliate=OCTOBER["affiliate"].fillna("None")), tmp_path).notes

    assert any(note.startswith("'None' is paid as the name of an affiliate") for note in notes)


@pytest.fixture
def a_day_after(emulate):
    """A service with a settled and issued period, of which calls were disputed; a day after the last load."""
    service = emulate(now="2026-10-10 06:00")
    first = dta.statement(("2026-10-01", "2026-10-10"), "advertiser").issue()
    service.advance(days=30)
    dta.load_leadflow("2026-10-10", "2026-10-20")
    asked = pd.Timestamp.now("UTC")
    with time_machine.travel((asked + pd.Timedelta(days=1)).to_pydatetime()):
        yield first, asked.tz_convert("America/New_York")


def test_disputes_of_days_that_are_final_are_found_without_being_asked_for(a_day_after):
    first, _ = a_day_after
    second = dta.statement(("2026-10-10", "2026-10-20"), "advertiser")
    now = dta.load_leadflow("2026-10-01", "2026-10-20", refresh=True).calls.rollup(None, ["revenue"])

    assert second.due["corrections"].iloc[-1] < 0
    both = [one.due[name].iloc[-1] for one in (first, second) for name in ("calls", "corrections")]
    assert round(sum(both), 4) == now["revenue"].iloc[0]
    assert not any("asked last" in note for note in second.notes)


@pytest.mark.parametrize("options", [{"refresh": False}, {"offline": True}])
def test_days_that_were_not_asked_again_are_told(a_day_after, options):
    _, asked = a_day_after
    second = dta.statement(("2026-10-10", "2026-10-20"), "advertiser", **options)

    assert second.corrections.empty
    told = f"19 days, 2026-10-01 to 2026-10-19, were asked last on {asked:%Y-%m-%d} or later"
    assert any(told in note for note in second.notes)


def test_a_folder_may_have_a_dot_in_its_name(tmp_path):
    folder = tmp_path / "books.2026"
    made("2026-10", OCTOBER, folder).issue()

    assert (folder / "issued.sqlite").is_file()
    assert len(dta.statements(book=folder)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("PRAGMA user_version = 9", "written by a newer version"),
        ("ALTER TABLE balance RENAME COLUMN held TO hold", "its table 'balance' lacks"),
        ("UPDATE statement SET notes = '{'", "was not written by dtanalytics"),
        ("UPDATE line SET units = 'much'", "was not written by dtanalytics"),
    ],
)
def test_a_book_of_others_is_refused_in_a_sentence(tmp_path, change, message):
    made("2026-10", OCTOBER, tmp_path).issue()
    with sqlite3.connect(tmp_path / "issued.sqlite") as book:
        for name in ("no_update_of_statement", "no_update_of_line"):
            book.execute(f"DROP TRIGGER {name}")
        book.execute(change)
    book.close()

    with pytest.raises(CacheError, match=message):
        made("2026-11", OCTOBER, tmp_path)


def test_a_statement_whose_file_cannot_be_written_is_issued_and_said_to_be(service, tmp_path):
    from click.testing import CliRunner

    from dtanalytics.cli.commands import main

    (tmp_path / "file").write_text("", encoding="utf-8")
    ended = CliRunner().invoke(
        main, ["statement", "2026-10-05", "--issue", "--out", str(tmp_path / "file" / "a.csv")]
    )

    assert ended.exit_code == 1
    assert "statement 1 is issued all the same; write it with: dtanalytics statements 1 --out" in ended.output
    assert len(dta.statements()) == 1
