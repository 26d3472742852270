"""Imported calls in loads, statements, restatements and on the command line, as DialogTech's are."""

from __future__ import annotations

import json
import warnings

import pandas as pd
import platform_answers as written
import pytest
from click.testing import CliRunner
from platform_answers import saved

import dtanalytics as dta
from dtanalytics.cli import main
from dtanalytics.errors import InputError, StatementWarning, WindowWarning

FIRST, SECOND, THIRD = written.EXPECTED


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DTANALYTICS_OFFLINE", "1")


def imported(tmp_path, *records, platform="invoca"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dta.import_calls(saved(tmp_path, "import.json", json.dumps(records)), platform)


def invoca(at, day, affiliate, paid, **changed):
    return written.invoca(FIRST) | {
        "transaction_id": f"T-{at}",
        "complete_call_id": f"C-{at}",
        "start_time_utc": int(pd.Timestamp(day, tz="America/New_York").timestamp() * 1000),
        "affiliate_name": affiliate,
        "affiliate_payout_localized": paid,
        **changed,
    }


def october(tmp_path, *more):
    days = [invoca(1, "2024-10-01 09:00", "North", 10.25), invoca(2, "2024-10-15 09:00", "North", "$5.00"),
            invoca(3, "2024-10-31 23:59", "South", 0)]  # fmt: skip
    return imported(tmp_path, *days, *more)


def owed(statement):
    return statement.due.set_index("affiliate")[["opening", "calls", "corrections", "due"]].loc[
        lambda due: due.index.notna()
    ]


def test_a_statement_of_imported_calls_is_corrected_by_later_files_and_owes_nothing_twice(tmp_path):
    october(tmp_path)
    first = dta.statement("2024-10", platforms="invoca", now="2024-11-30")
    assert owed(first).to_numpy().tolist() == [[0.0, 15.25, 0.0, 15.25], [0.0, 0.0, 0.0, 0.0]]
    first.issue()
    later = {"transaction_id": "T-9", "corrects_transaction_id": "T-2", "complete_call_id": "other"}
    november = invoca(4, "2024-11-30 10:00", "South", 7)
    imported(
        tmp_path,
        invoca(2, "2024-10-15 09:00", "North", "$5.00"),
        invoca(2, "2024-10-15 09:00", "North", 1, **later),
        invoca(3, "2024-10-31 23:59", "South", 2),
        november,
    )
    second = dta.statement("2024-11", platforms="invoca", now="2024-12-30")
    assert second.corrections[["sid", "amount"]].to_numpy().tolist() == [["C-2", -4.0], ["C-3", 2.0]]
    assert owed(second)["calls"].to_dict() == {"North": 0.0, "South": 7.0}


def test_statements_of_one_platform_say_nothing_of_the_others_calls(tmp_path):
    october(tmp_path)
    dta.statement("2024-10", platforms="invoca", now="2024-11-30").issue()
    days = [
        int(pd.Timestamp(day, tz="UTC").timestamp()) * 1000
        for day in ("2024-10-01 12:00", "2024-10-31 12:00")
    ]
    ringba = [
        written.ringba(FIRST) | {"inboundCallId": f"RGB{day}", "callDt": day, "payoutAmount": 1.75}
        for day in days
    ]
    imported(tmp_path, *ringba, platform="ringba")
    other = dta.statement("2024-10", platforms="ringba", now="2024-11-30")
    assert (len(other.corrections), other.due["due"].iloc[-1]) == (0, 3.5)


def test_a_statement_over_both_platforms_says_what_it_owes_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("DTANALYTICS_OFFLINE", "0")
    with dta.demo():
        ours = dta.load_leadflow("2026-10-05", progress=False)
        seen = ours[ours["affiliate_qualified"].fillna(value=False) & ours["caller_id"].notna()].iloc[0]
        again = invoca(
            1,
            "2026-10-05",
            "North",
            1.5,
            start_time_utc=int(seen["call_date"].timestamp() * 1000) + 3000,
            calling_phone_number=seen["caller_id"],
            destination_phone_number=seen["transfer_number"],
        )
        imported(tmp_path, again)
        with pytest.warns(StatementWarning, match="1 calls were recorded by DialogTech and by Invoca"):
            both = dta.statement(
                "2026-10-05", platforms=["dialogtech", "invoca"], progress=False, now="2026-11-30"
            )
        assert any("1.50 or more is owed twice" in note for note in both.notes)
        alone = dta.statement("2026-10-05", progress=False, now="2026-11-30")
    assert round(both.due["due"].iloc[-1] - alone.due["due"].iloc[-1], 4) == 1.5


def test_what_later_files_changed_is_told_call_by_call(tmp_path):
    october(tmp_path)
    imported(tmp_path, invoca(2, "2024-10-15 09:00", "North", 1))
    found = dta.restatements("2024-10", since="2024-01-01", platform="invoca")
    changes = found.changes[found.changes["field"] == "affiliate_price"]
    assert changes[["sid", "before", "after"]].to_numpy().tolist() == [["C-2", "5.0", "1.0"]]
    assert found.by_affiliate["payout_change"].iloc[-1] == -4.0


def test_a_set_is_asked_of_dialogtech_alone(tmp_path):
    october(tmp_path)
    for ask in (
        lambda: dta.load_calls("2024-10", platforms="invoca", set_id=3),
        lambda: dta.load_calls("2024-10", set_id=3),
        lambda: dta.statement("2024-10", platforms=["dialogtech", "invoca"], set_id=3),
    ):
        with pytest.raises(InputError, match="platforms='dialogtech'"):
            ask()
    with pytest.raises(InputError, match="leave one of them out"):
        dta.statement("2024-10", calls=pd.DataFrame(), platforms="invoca")
    with pytest.raises(InputError, match="those of 'leadflow'"):
        dta.scan("dialogtech", "2024-10")
    with pytest.raises(InputError, match="empty"):
        dta.load_calls("2024-10", platforms=[])


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


def test_the_command_imports_files_and_says_how_many_calls_are_new(tmp_path):
    path = saved(tmp_path, "a.csv", written.export("invoca", written.EXPECTED))
    first = run("import", path, "--timezone", "America/New_York", "--csv")
    assert first.exit_code == 0, first.output
    table = pd.read_csv(pd.io.common.StringIO(first.stdout))
    assert table[["read", "added", "changed"]].sum().tolist() == [3, 3, 0]
    again = run("import", path, "--timezone", "America/New_York", "--csv")
    assert pd.read_csv(pd.io.common.StringIO(again.stdout))["added"].sum() == 0
    assert len(dta.load_calls("2026-10-05", "2026-11-02", platforms="invoca")) == 3
    assert "invoca" in run("cache", "info").output


def test_the_command_says_in_one_line_what_is_no_file_of_calls(tmp_path):
    for path, said in (
        (tmp_path / "none.csv", "does not exist"),
        (saved(tmp_path, "b.csv", "a,b\n1,2\n"), "'a', 'b'"),
    ):
        found = run("import", path)
        assert (found.exit_code, found.output.count("\n")) == (1, 1)
        assert said in found.output
    assert "invoca" in run("import", saved(tmp_path, "c.csv", "id\n1\n"), "--platform", "invoka").output


def test_the_command_takes_what_a_file_leaves_open(tmp_path):
    text = "Key;Call Date;Publisher;Revenue\nRGB1;05/10/2024 09:00;Acme;1.250\n"
    path = saved(tmp_path, "a.csv", text)
    open_questions = run("import", path, "--name", "Key", "sid", "--decimal", ",")
    assert "dayfirst" in open_questions.output
    found = run(
        "import", path, "--name", "Key", "sid", "--dayfirst", "--decimal", ",", "--timezone", "UTC",
        "--delimiter", ";", "--encoding", "utf-8",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    calls = dta.load_calls("2024-10-05", platforms="ringba")
    assert (calls["sid"].tolist(), calls["offer_price"].tolist()) == (["RGB1"], [1250.0])


def test_commands_ask_imported_calls_by_platform(tmp_path):
    october(tmp_path)
    table = run("statement", "2024-10", "--platform", "invoca", "--csv", "--offline")
    assert table.exit_code == 0, table.output
    assert "15.25" in table.output
    with pytest.warns(WindowWarning, match="2024-10-01 to 2024-10-31"):
        calm = run("watch", "--platform", "invoca", "--now", "2024-10-31", "--weeks", 2, "--offline")
    assert calm.exit_code == 0, calm.output


def test_a_load_notes_of_which_window_it_holds_all_calls(tmp_path):
    october(tmp_path)
    note = dta.load_calls("2024-10", platforms="invoca").attrs["dtanalytics"]
    assert (note["start"], note["end"], note["rows"]) == ("2024-10-01T00:00:00", "2024-11-01T00:00:00", 3)
    with pytest.warns(WindowWarning):
        note = dta.load_calls("2024-09-01", "2024-12-01", platforms="invoca").attrs["dtanalytics"]
    assert (note["start"], note["end"]) == ("2024-10-01T00:00:00", "2024-11-01T00:00:00")
    with pytest.warns(WindowWarning):
        assert "start" not in dta.load_calls("2024-12", platforms="invoca").attrs.get("dtanalytics", {})
