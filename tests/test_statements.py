"""What is owed is owed once, to the cent, and what changed afterwards comes as a correction."""

from __future__ import annotations

import time
from decimal import Decimal

import loading_processes
import pandas as pd
import pytest

import dtanalytics as dta
from dtanalytics.errors import DtError, InputError, SchemaError, StatementError, StatementWarning

NOW = "2026-12-20"


def frame(*rows):
    """Calls by hand: sid, day, affiliate, whether it counts, price."""
    return pd.DataFrame(
        {
            "sid": [row[0] for row in rows],
            "call_date": pd.to_datetime([f"{row[1]} 12:00" for row in rows]),
            "affiliate": pd.Series([row[2] for row in rows], dtype="str"),
            "advertiser": "Acme",
            "offer": "Roof",
            "affiliate_qualified": pd.Series([row[3] for row in rows], dtype="boolean"),
            "affiliate_price": [row[4] for row in rows],
            "offer_qualified": True,
            "offer_price": 30.0,
        }
    )


OCTOBER = frame(
    ("1", "2026-10-05", "North", True, 12.5),
    ("2", "2026-10-06", "North", True, 12.5),
    ("3", "2026-10-07", "South", True, 20.0),
    ("4", "2026-10-08", "South", False, 20.0),
)


def owed(statement, column="due"):
    """Amount by partner; the total under None, where there is no row of nobody."""
    names = [None if pd.isna(name) else name for name in statement.due[statement.by]]
    return dict(zip(names, statement.due[column], strict=True))


def made(window="2026-10", calls=OCTOBER, **options):
    return dta.statement(window, calls=calls, now=options.pop("now", NOW), **options)


def later(*changes, window="2026-11"):
    """What November's statement says after calls of October changed."""
    made().issue()
    calls = OCTOBER.copy()
    for row, values in changes:
        for name, value in values.items():
            calls.loc[row, name] = value
    return made(window, calls)


def test_each_partner_is_owed_its_calls_that_count():
    statement = made()

    assert owed(statement) == {"North": 25.0, "South": 20.0, None: 45.0}
    assert statement.calls["sid"].tolist() == ["1", "2", "3"]
    assert statement.by_offer[
        ["affiliate", "offer", "price", "call_count", "amount"]
    ].to_numpy().tolist() == [
        ["North", "Roof", 12.5, 2, 25.0],
        ["South", "Roof", 20.0, 1, 20.0],
    ]


def test_advertisers_owe_the_offer_s_price():
    assert owed(made(by="advertiser")) == {"Acme": 120.0, None: 120.0}


def test_nothing_is_remembered_before_it_is_issued():
    made()

    assert owed(made()) == owed(made().issue())
    assert dta.statements()["number"].tolist() == [1]


def test_a_call_is_not_owed_twice():
    made().issue()

    assert owed(made(), "calls") == {"North": 0.0, "South": 0.0, None: 0.0}
    with pytest.raises(StatementError, match="nothing to issue"):
        made().issue()


@pytest.mark.parametrize(
    ("row", "change", "partner", "amount", "reason"),
    [
        (0, {"affiliate_qualified": False}, "North", -12.5, "disputed"),
        (3, {"affiliate_qualified": True}, "South", 20.0, "qualified later"),
        (2, {"affiliate_price": 15.0}, "South", -5.0, "price changed"),
        (2, {"affiliate_qualified": pd.NA}, "South", -20.0, "unknown"),
        (3, {"sid": "9", "affiliate_qualified": True}, "South", 20.0, "appeared late"),
    ],
)
def test_what_changed_in_a_settled_period_is_a_correction_with_its_reason(
    row, change, partner, amount, reason
):
    statement = later((row, change))

    assert statement.corrections[["affiliate", "amount", "reason"]].to_numpy().tolist() == [
        [partner, amount, reason]
    ]
    assert owed(statement)[partner] == amount


def test_a_call_that_is_gone_is_taken_back():
    made().issue()
    statement = made("2026-11", OCTOBER.iloc[1:])

    assert statement.corrections[["sid", "amount", "reason"]].to_numpy().tolist() == [
        ["1", -12.5, "withdrawn"]
    ]


def test_a_call_of_another_partner_is_taken_from_one_and_owed_to_the_other():
    statement = later((0, {"affiliate": "South"}))

    assert statement.corrections[["affiliate", "amount", "reason"]].to_numpy().tolist() == [
        ["North", -12.5, "moved to another partner"],
        ["South", 12.5, "moved to another partner"],
    ]
    assert owed(statement)[None] == 0.0


def test_a_statement_that_was_taken_back_counts_as_never_issued():
    made().issue().cancel("wrong month")

    assert owed(made()) == {"North": 25.0, "South": 20.0, None: 45.0}
    assert dta.statements()[["number", "due"]].to_numpy().tolist() == [[1, 45.0], [2, -45.0]]
    assert dta.statements()["cancelled_by"].tolist() == [2, pd.NA]


def test_only_the_last_statement_can_be_taken_back():
    first, _ = made().issue(), made("2026-11", OCTOBER).issue()

    with pytest.raises(StatementError, match="statement 2 stands on statement 1"):
        first.cancel()


def test_what_was_made_before_another_was_issued_cannot_be_issued():
    one, other = made(), made()
    one.issue()

    with pytest.raises(StatementError, match="make this one again"):
        other.issue()
    with pytest.raises(StatementError, match="is issued"):
        one.issue()


def test_less_than_the_minimum_is_carried_into_the_next_opening():
    first = made(minimum=22).issue()
    second = made("2026-11", OCTOBER)

    assert owed(first, "payable") == {"North": 25.0, "South": 0.0, None: 25.0}
    assert owed(second, "opening") == {"South": 20.0, None: 20.0}


def test_calls_younger_than_the_days_of_holding_are_owed_and_not_paid():
    first = made(hold_days=33, now="2026-11-08 12:00").issue()
    second = made("2026-11", OCTOBER, hold_days=33)

    assert owed(first, "held") == {"North": 0.0, "South": 20.0, None: 20.0}
    assert owed(first, "payable") == {"North": 25.0, "South": 0.0, None: 25.0}
    assert owed(second, "payable") == {"South": 20.0, None: 20.0}


def test_an_adjustment_by_hand_has_a_reason_and_a_partner_who_is_known():
    statement = made(adjustments={"north": (Decimal("-2.25"), "paid twice in May")})

    assert owed(statement)["North"] == 22.75
    with pytest.raises(InputError, match="no reason"):
        made(adjustments=[("North", 1, " ")])
    with pytest.raises(InputError, match="did you mean 'North'"):
        made(adjustments={"Nort": (1, "x")})


def test_case_and_white_space_do_not_tell_partners_apart():
    made().issue()
    calls = OCTOBER.assign(affiliate=[" NORTH", "north", "South", "South"])

    more = calls.assign(call_date=pd.Timestamp("2026-11-05"), sid=list("5678"))
    statement = made("2026-11", pd.concat([calls, more]))

    assert statement.corrections.empty
    assert owed(statement, "calls") == {"North": 25.0, "South": 20.0, None: 45.0}


def test_calls_of_nobody_are_owed_and_paid_to_nobody():
    calls = OCTOBER.assign(affiliate=["North", None, "South", "South"])
    statement = made(calls=calls)

    assert statement.due[["calls", "payable"]].to_numpy().tolist() == [
        [12.5, 12.5],
        [20.0, 20.0],
        [12.5, 0.0],
        [45.0, 32.5],
    ]
    assert "1 calls that count have no affiliate" in statement.notes[0]


def test_a_row_that_stands_there_twice_is_owed_once_and_a_contradiction_is_refused():
    assert owed(made(calls=pd.concat([OCTOBER, OCTOBER])))[None] == 45.0
    with pytest.raises(InputError, match="different things, first sid 1"):
        made(calls=pd.concat([OCTOBER, OCTOBER.assign(affiliate_price=1.0)]))


def test_a_call_without_an_identifier_is_refused():
    with pytest.raises(SchemaError, match="have no sid"):
        made(calls=OCTOBER.assign(sid=None))


def test_balances_of_two_currencies_are_not_added():
    made().issue()

    with pytest.raises(InputError, match="'USD'"):
        made("2026-11", currency="EUR")


def test_a_period_that_is_not_over_is_issued_only_when_that_is_said():
    with pytest.warns(StatementWarning, match="31 days"):
        statement = made("2199-10")

    with pytest.raises(StatementError, match="unfinished=True"):
        statement.issue()
    assert statement.issue(unfinished=True).number == 1


def test_a_settled_period_that_was_not_given_is_told_and_left_as_it_is():
    made().issue()
    november = frame(("7", "2026-11-05", "North", True, 10.0))

    with pytest.warns(StatementWarning, match="no call of 2026-10, which is settled"):
        statement = made("2026-11", november)
    assert owed(statement) == {"North": 10.0, None: 10.0}


def test_days_that_can_still_change_and_periods_without_a_statement_are_told():
    made().issue()
    calls = pd.concat([OCTOBER, frame(("7", "2026-12-05", "North", True, 10.0))])

    with pytest.warns(StatementWarning) as told:
        made("2026-12", calls, now="2026-12-20")
    assert [str(one.message)[:40] for one in told] == [
        "19 days, 2026-12-13 to 2026-12-31, can s",
        "2026-11 lies between statements and has ",
    ]


def test_periods_that_overlap_owe_each_call_once():
    made(("2026-10-01", "2026-10-07")).issue()
    statement = made()

    assert statement.calls["sid"].tolist() == ["3"]
    assert owed(statement) == {"North": 0.0, "South": 20.0, None: 20.0}


def test_another_account_s_calls_are_not_issued_again():
    made().issue()

    with pytest.warns(StatementWarning, match="3 calls are owed by statements of the account"):
        other = made(account="second")
    with pytest.raises(StatementError, match="cannot be issued twice"):
        other.issue()


def test_of_processes_that_issue_at_once_one_wins(tmp_path):
    OCTOBER.to_parquet(tmp_path / "calls.parquet")
    program = (
        "import pathlib, sys, time, pandas as pd, dtanalytics as dta\n"
        "folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]\n"
        "calls = pd.read_parquet(folder / 'calls.parquet')\n"
        "made = dta.statement('2026-10', calls=calls, now='2026-12-20', book=folder)\n"
        "(folder / f'{name}.made').touch()\n"
        "while not (folder / 'go').exists():\n"
        "    time.sleep(0.005)\n"
        "try:\n"
        "    made.issue()\n"
        "    said = 'issued'\n"
        "except dta.errors.DtError as error:\n"
        "    said = type(error).__name__\n"
        "(folder / f'{name}.said').write_text(said, encoding='utf-8')\n"
    )
    running = [loading_processes.run(program, tmp_path, name) for name in "ab"]
    while len(list(tmp_path.glob("*.made"))) < 2 and all(process.is_alive() for process in running):
        time.sleep(0.02)
    (tmp_path / "go").touch()
    for process in running:
        process.join(60)

    said = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.said")]
    assert sorted(said) == ["StatementError", "issued"]
    assert dta.statements(book=tmp_path)["number"].tolist() == [1]


def test_files_hold_what_is_due_and_no_caller(tmp_path):
    calls = OCTOBER.assign(caller_id="2125550147", affiliate=["=North", "=North", "South", "South"])
    statement = made(calls=calls, adjustments={"South": (0.5, "bonus")}).issue()
    listed = pd.read_csv(statement.to_csv(tmp_path / "a.csv"), dtype={"amount": "str"})
    page = statement.to_html(tmp_path / "a.html").read_text(encoding="utf-8")
    book = pd.read_excel(statement.to_excel(tmp_path / "a.xlsx"), sheet_name="Due", engine="calamine")

    assert sum(map(Decimal, listed["amount"])) == Decimal("45.50")
    assert listed["affiliate"].iloc[0] == "'=North"
    assert "$45.50" in page
    assert "2125550147" not in page
    assert "<script" not in page
    assert book["due"].tolist() == [25.0, 20.5, 45.5]


def test_the_whole_shows_in_a_line_and_as_a_table():
    statement = made()

    assert (
        repr(statement)
        == "<statement to affiliates, 2026-10: due 45.00 USD to 2 affiliates, 3 calls, 0 corrections>"
    )
    assert "$45.00" in statement._repr_html_()


def test_an_issued_statement_is_read_back_as_it_was():
    first = made(adjustments={"South": (0.5, "bonus")}).issue()
    again = dta.issued_statement(1)

    for name in ("due", "calls", "corrections", "adjustments", "by_offer"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(first, name))
    assert repr(again) == repr(first)


def test_statements_of_all_partners_add_up_to_the_payout_of_the_period(service):
    calls = dta.load_leadflow("2026-10")
    for by, measure in (("affiliate", "payout"), ("advertiser", "revenue")):
        statement = dta.statement("2026-10", by)
        expected = calls.calls.rollup(None, [measure])[measure].iloc[0]
        assert statement.due["calls"].iloc[-1] == expected > 0


def test_the_tables_have_one_shape_for_any_rows():
    empty, full = made(calls=OCTOBER.head(0)), later((0, {"affiliate_qualified": False}))

    for name in ("due", "calls", "corrections", "adjustments", "by_offer"):
        assert getattr(empty, name).dtypes.to_dict() == getattr(full, name).dtypes.to_dict()


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "offer"},
        {"minimum": -1},
        {"hold_days": 1.5},
        {"currency": "usd"},
        {"adjustments": {"North": 5}},
        {"account": ""},
        {"set_id": "twelve"},
        {"minimum": float("nan")},
    ],
)
def test_a_wrong_argument_is_answered(wrong):
    with pytest.raises(InputError):
        made(**wrong)


def test_issued_statements_cannot_be_changed():
    from dtanalytics.statements.book import opened, place

    made().issue()
    with pytest.raises(DtError, match="issued statements are not changed"), opened(place()) as book:
        book._connection.execute("UPDATE line SET units = 0")


SCRIPT = """
import os, sys, pandas as pd, dtanalytics as dta
from dtanalytics.statements import book
whole, (name, when) = book.Book, sys.argv[3:5]
step = getattr(whole, name)
def killed(*args):
    if when == "after":
        step(*args)
    os._exit(9)
setattr(whole, name, killed) if when != "done" else None
made = dta.statement("2026-10", calls=pd.read_parquet(sys.argv[1]), now="2026-12-20", book=sys.argv[2])
made.issue().to_csv(sys.argv[2] + "/issued.csv")
os._exit(9)
"""


@pytest.mark.parametrize(
    ("step", "when", "numbers"),
    [("_insert", "after", []), ("add", "after", []), ("add", "done", [1])],
)
def test_a_process_that_is_killed_has_issued_the_statement_whole_or_not_at_all(step, when, numbers, tmp_path):
    OCTOBER.to_parquet(tmp_path / "calls.parquet")
    process = loading_processes.run(SCRIPT, tmp_path / "calls.parquet", tmp_path, step, when)
    process.join(60)
    assert process.exitcode == 9

    assert dta.statements(book=tmp_path)["number"].tolist() == numbers
    assert owed(made(book=tmp_path), "calls")[None] == (0.0 if numbers else 45.0)


def test_disputes_of_settled_days_are_corrections_to_the_cent(emulate):
    service = emulate(now="2026-10-10 06:00")
    first = dta.statement(("2026-10-01", "2026-10-10"), "advertiser").issue()
    before = dta.load_leadflow("2026-10-01", "2026-10-10").calls.rollup(None, ["revenue"])["revenue"].iloc[0]
    service.advance(days=30)
    second = dta.statement(("2026-10-10", "2026-10-20"), "advertiser", refresh=True)
    after = dta.load_leadflow("2026-10-01", "2026-10-10").calls.rollup(None, ["revenue"])["revenue"].iloc[0]
    own = dta.load_leadflow("2026-10-10", "2026-10-20").calls.rollup(None, ["revenue"])["revenue"].iloc[0]

    assert first.due["calls"].iloc[-1] == before
    assert round(second.due["corrections"].iloc[-1], 4) == round(after - before, 4) < 0
    assert second.due["calls"].iloc[-1] == own
    assert set(second.corrections["reason"]) <= {"disputed", "price changed"}


def test_a_set_is_settled_by_itself_and_its_calls_are_owed_once(service):
    part = dta.statement("2026-10-05", set_id=1201).issue()
    rest = dta.statement("2026-10-05")
    payout = dta.load_leadflow("2026-10-05").calls.rollup(None, ["payout"])["payout"].iloc[0]

    assert part.due["calls"].iloc[-1] > 0
    assert part.due["calls"].iloc[-1] + rest.due["calls"].iloc[-1] == payout
    assert rest.corrections.empty
    assert not set(part.calls["sid"]) & set(rest.calls["sid"])


def test_the_commands_issue_list_write_and_take_back(service, tmp_path):
    from click.testing import CliRunner

    from dtanalytics.cli.commands import main

    def run(*words):
        return CliRunner().invoke(main, list(words))

    asked = run("statement", "2026-10-05", "--out", "a.xlsx")
    issued = run("statement", "2026-10-05", "--issue", "--out", "a.html")
    listed = run("statements", "--csv")
    taken = run("statements", "1", "--cancel", "--reason", "wrong day", "--out", "b.csv")

    assert [one.exit_code for one in (asked, issued, listed, taken)] == [0, 0, 0, 0]
    assert asked.output.startswith("<statement to affiliates, 2026-10-05")
    assert issued.output.startswith("<statement 1 to affiliates, 2026-10-05")
    assert listed.output.splitlines()[1].startswith("1,affiliate,2026-10-05,")
    assert "note: takes back statement 1: wrong day" in taken.output
    assert [path.stat().st_size > 0 for path in map(tmp_path.joinpath, ("a.xlsx", "a.html", "b.csv"))] == [
        True
    ] * 3
    assert run("statement", "2026-10-05", "--issue", "--out", "a.pdf").exit_code == 2
    assert run("statement", "2026-10-05", "--issue", "--partner", "nobody").exit_code == 1
    assert len(dta.statements()) == 2


def test_one_partner_sees_its_own_part_alone(tmp_path):
    part = made().only("north")
    page = part.to_html(tmp_path / "north.html").read_text(encoding="utf-8")

    assert owed(part) == {"North": 25.0, None: 25.0}
    assert "South" not in page
    assert repr(part).startswith("<statement to North, 2026-10: due 25.00 USD")
    with pytest.raises(StatementError, match="one partner's part"):
        part.issue()


def test_a_payment_is_as_fine_as_the_currency_and_the_rest_is_carried():
    calls = OCTOBER.assign(affiliate_price=33.3333)

    assert owed(made(calls=calls), "payable")["North"] == 66.67
    assert owed(made(calls=calls), "carried")["North"] == -0.0034
    assert owed(made(calls=calls, currency="JPY"), "payable")["North"] == 67.0


def test_raw_records_and_other_engines_are_owed_the_same():
    import polars as pl

    text = OCTOBER.assign(
        affiliate_qualified=["Y", "Y", "Y", "N"], affiliate_price=["12.50", "$12.50", "20.0", ""]
    ).astype({"call_date": "str"})

    assert owed(made(calls=text)) == owed(made(calls=pl.from_pandas(text))) == owed(made())
