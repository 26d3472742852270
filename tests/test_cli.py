"""The command line parses, calls and prints; what fails, fails in one line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import os
import signal
import subprocess
import sys

import click
import pytest
import time_machine
from click.testing import CliRunner, Result

import dtanalytics as dta
from dtanalytics import settings
from dtanalytics.cli.commands import main
from dtanalytics.emulator.sample import sample_calls
from dtanalytics.errors import InputError
from dtanalytics.reports import Written
from dtanalytics.window import parse_window

NOON = dt.datetime(2026, 11, 18, 15, tzinfo=dt.UTC)


def run(*arguments: str, **options) -> Result:
    return CliRunner().invoke(main, list(arguments), **options)


def every_command(command: click.Command = main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    return [
        found for name, child in command.commands.items() for found in every_command(child, (*path, name))
    ]


def test_the_promised_commands_are_there():
    """The groups and commands that users and their scripts rely on are at the top."""
    promised = {"load", "report", "cache", "export", "emulate", "fields", "metrics", "doctor", "gallery"}

    assert promised - set(main.commands) == set()


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_each_command_explains_itself(path):
    """Each command's help says what it does and shows an example of itself."""
    shown = run(*path, "--help")

    assert shown.exit_code == 0
    assert f"Example:\n    dtanalytics {' '.join(path)}" in shown.output


@pytest.mark.parametrize("path", every_command(), ids=" ".join)
def test_each_option_explains_itself(path):
    """No option lacks a word of help."""
    command: click.Command = main
    for name in path:
        command = command.commands[name]

    assert [
        option.name for option in command.params if isinstance(option, click.Option) and not option.help
    ] == []


def test_fields_are_csv_for_programs():
    """`fields --csv` is the data dictionary, every value of it."""
    rows = list(csv.DictReader(io.StringIO(run("fields", "leadflow", "--csv").stdout)))

    assert rows == dta.fields("leadflow").fillna("").to_dict("records")


def test_fields_are_a_table_for_people():
    """`fields` shows every column's name and its whole meaning."""
    lines = run("fields", "bids").stdout.splitlines()

    assert len(lines) == 1 + len(dta.fields("bids"))
    assert any("click_id " in line and "click identifier, byte for byte" in line for line in lines)


def test_metrics_are_csv_for_programs():
    """`metrics --csv` has a row a definition, formula included."""
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(run("metrics", "--csv").stdout))}

    assert rows["margin_rate"]["formula"] == "margin / revenue"


def test_an_error_is_one_line():
    """What the package refuses is one line on stderr and exit code 1, without a traceback."""
    done = run("fields", "leadflw")

    assert (done.exit_code, done.stdout, type(done.exception)) == (1, "", SystemExit)
    assert done.stderr == "error: there is no report 'leadflw': did you mean 'leadflow'?\n"


def test_debug_shows_where_an_error_comes_from():
    """With --debug the error itself comes through."""
    assert isinstance(run("--debug", "fields", "leadflw").exception, InputError)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("load", "leadflow"),
        ("load", "leadflow", "2026-10", "2026-11", "2026-12"),
        ("load", "leadflow", "2026-10", "--active", "2"),
        ("report",),
        ("report", "margin", "--all"),
        ("report", "margin", "--set", "12"),
        ("export", "nonsense", "2026-10"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments):
    """A command line that cannot be meant is refused before anything is done."""
    assert run(*arguments).exit_code == 2


def test_missing_credentials_name_the_variables():
    """Without credentials the error names what to set."""
    done = run("load", "leadflow", "2026-10-05")

    assert done.exit_code == 1
    assert "DIALOGTECH_ACCESS_KEY" in done.stderr
    assert done.stderr.count("\n") == 1


def test_load_says_what_came_and_where_it_is(service, tmp_path):
    """`load` counts the service's calls of the window and names the cache; asked again, it asks nobody."""
    expected = len(service.records("leadflow", "2026-10-05", "2026-10-08"))
    said = f"{expected:,} calls on 3 days, 2026-10-05 to 2026-10-07; cached in {tmp_path / 'cache'}\n"

    assert run("load", "leadflow", "2026-10-05", "2026-10-08").stdout == said
    asked = len(service.requests)
    assert run("load", "leadflow", "2026-10-05", "2026-10-08").stdout == said

    assert len(service.requests) == asked


def test_load_passes_its_conditions_on(service):
    """--set, --active and --where reach the service as it spells them."""
    run("load", "leadflow", "2026-10-05", "--set", "12", "--active", "0")
    run("load", "bids", "2026-10-05", "--where", "talk_minutes:[0.5 TO *]")

    first, *_, last = [entry.query for entry in service.requests]
    assert (first["set_id"], first["active"]) == ("12", "0")
    assert "talk_minutes:[0.5 TO *]" in last["q"]


def test_load_of_an_empty_window_is_no_error(service):
    """A day without calls is loaded like any other."""
    done = run("load", "bids", "2025-01-01")

    assert done.exit_code == 0
    assert done.stdout.startswith("0 calls; cached in ")


def test_offline_fails_for_days_that_are_not_cached(service):
    """With --offline nobody is asked, and what is missing is an error."""
    done = run("load", "leadflow", "2026-10-05", "--offline")

    assert done.exit_code == 1
    assert service.requests == []


def test_wrong_credentials_fail_in_one_line(emulate):
    """A service that refuses the credentials is exit code 1, and no secret is printed."""
    emulate(settings={"secret_access_key": "wrong-but-secret"})

    done = run("load", "leadflow", "2026-10-05")

    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert "wrong-but-secret" not in done.output


def test_the_cache_can_be_looked_after(service):
    """info, vintages, verify, compact and clear tell what the functions of the same names tell."""
    run("load", "leadflow", "2026-10-05", "2026-10-08")
    held = next(csv.DictReader(io.StringIO(run("cache", "info", "--csv").stdout)))

    assert (held["report"], held["days"]) == ("leadflow", "3")
    assert run("cache", "vintages", "leadflow", "2026-10-05").stdout.count("2026-10-05") >= 1
    assert run("cache", "verify").stdout == "every file is as it was written\n"
    assert run("cache", "compact").stdout == "0 months joined\n"
    assert run("cache", "clear", "leadflow", "2026-10-05", "--yes").stdout == "1 days removed\n"
    assert run("cache", "clear", "--yes").stdout == "2 days removed\n"


def test_clearing_asks_first(service):
    """Without --yes and without an answer nothing is removed."""
    run("load", "leadflow", "2026-10-05")

    assert run("cache", "clear", input="n\n").exit_code == 1
    assert dta.cache.info()["days"].tolist() == [1]


def test_a_damaged_cache_is_exit_code_1(service, tmp_path):
    """`cache verify` lists a file whose bytes have changed."""
    run("load", "leadflow", "2026-10-05")
    (file,) = (tmp_path / "cache").rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)

    done = run("cache", "verify")

    assert done.exit_code == 1
    assert file.name in done.stdout


def test_export_writes_a_conversion_file(service, tmp_path):
    """`export` joins both reports of the window and tells what was written and what was not."""
    path = tmp_path / "clicks.csv"

    done = run("export", "google-clicks", "2026-10", "--conversion-name", "Call", "--out", str(path))

    assert done.exit_code == 0, done.output
    assert "Google Click ID" in path.read_text(encoding="utf-8")
    assert done.stdout.startswith(f"{path}: ")


def test_doctor_finds_all_well(service):
    """With credentials that are accepted, both services are ok, and no secret is shown."""
    run("load", "leadflow", "2026-10-05")

    done = run("doctor")

    assert (done.exit_code, done.stdout.count("\nok ")) == (0, 4), done.output
    assert [line for line in done.stdout.splitlines() if "emulated-" in line] == []


def test_doctor_names_what_is_wrong(emulate, tmp_path):
    """Refused credentials and a readable cache are BAD, and exit code 1."""
    emulate(settings={"api_key": "wrong", "bid_token": "wrong"})
    (tmp_path / "cache").mkdir(mode=0o755)

    done = run("doctor")

    assert done.exit_code == 1
    assert [line.split()[1:3] for line in done.stdout.splitlines() if line.startswith("BAD")] == [
        ["cache", "folder"],
        ["LeadFlow", "answers"],
        ["Bid", "Management"],
    ]


def test_doctor_without_credentials_is_not_alarmed():
    """Nothing set up yet is nothing wrong: the variables are named, exit code 0."""
    done = run("doctor")

    assert done.exit_code == 0
    assert "set DIALOGTECH_BID_TOKEN" in done.stdout


def test_emulate_prints_what_to_set(tmp_path):
    """The printed variables are all that a second program needs to load from the emulator."""
    command = [sys.executable, "-m", "dtanalytics", "emulate", "--calls", "300", "--seed", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as serving:
        try:
            lines = list(itertools.takewhile(lambda line: line.startswith("export "), serving.stdout))
            variables = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
            done = subprocess.run(
                [sys.executable, "-m", "dtanalytics", "load", "bids", "2026-09-01", "2026-11-01"],
                env={**os.environ, **variables},
                capture_output=True,
                text=True,
                check=False,
                encoding="utf-8",
            )
        finally:
            serving.send_signal(signal.SIGINT)

    assert done.stdout.startswith("225 calls on "), done.stderr
    assert serving.returncode == 0


def test_module_is_the_command():
    """`python -m dtanalytics` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "dtanalytics", "--version"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )

    assert done.stdout.endswith(f"version {dta.__version__}\n")


@pytest.mark.parametrize(
    ("typed", "window"),
    [
        (("2026-10",), "2026-10"),
        (("2026-W41",), "2026-W41"),
        (("2026-10-05", "2026-10-12"), "2026-W41"),
        (("2026-10-05", "2026-10-08"), "2026-10-05/2026-10-08"),
        (("last-month",), "2026-10"),
        (("last-week",), "2026-W46"),
        (("last month",), "2026-10"),
    ],
)
def test_a_report_takes_any_window(monkeypatch, typed, window):
    """--window is one period, in words too, or a start and an end; the notebook gets it as a text that loads."""
    asked = []
    monkeypatch.setattr(
        "dtanalytics.reports.write",
        lambda name, out, given, **_: asked.append((name, given)) or Written(name, "", "", out / "a.html"),
    )

    with time_machine.travel("2026-11-18 15:00", tick=False):
        done = run("report", "margin", "--window", *typed, "-p", "set_id", "12", "-p", "name", "x")

    assert done.exit_code == 0, done.output
    assert asked == [("margin", {"demo": False, "set_id": 12, "name": "x", "window": window})]
    assert str(parse_window(window)) == str(
        parse_window(*(text.replace("last-", "last ") for text in typed), now=NOON)
    )


def test_of_ones_own_account_all_reports_are_written_but_the_one_that_reads_files_of_ones_own(
    monkeypatch, tmp_path
):
    """It is named with what to give it, the index is written, and given its files it is written, too."""
    asked, indexes = [], []
    monkeypatch.setattr(
        "dtanalytics.reports.write",
        lambda name, out, given, **_: asked.append((name, given)) or Written(name, "", "", out / "a.html"),
    )
    monkeypatch.setattr(
        "dtanalytics.reports.write_index", lambda out, pages: indexes.append(len(pages)) or out
    )
    own = ("report", "--all", "--out", str(tmp_path), "--window", "2026-10-05")

    done = run(*own)
    given = run(*own, "-p", "files", "invoca.csv")

    assert (done.exit_code, given.exit_code) == (0, 0)
    assert "migration is left out: it reads files of your own; give -p files PATH" in done.stderr
    assert indexes == [12, 13]
    assert all(parameters["demo"] is False for _, parameters in asked)


def test_the_calls_of_the_emulator_are_those_of_the_demonstration(monkeypatch):
    """Without options `emulate` serves what dta.demo() serves; --calls makes up others."""
    served = []
    monkeypatch.setattr("dtanalytics.emulator.Emulator.__init__", lambda _, made, **__: served.append(made))
    monkeypatch.setattr("dtanalytics.emulator.Emulator.__enter__", lambda _: 1 / 0)

    run("emulate")
    run("emulate", "--calls", "300")

    assert [made.leadflow.num_rows for made in served] == [20_000, 300]
    assert served[0].leadflow.equals(sample_calls().leadflow)


def test_an_empty_cache_says_so():
    """`cache info` of nothing is a sentence; for programs it is a head without rows."""
    folder = settings.current().cache_dir

    assert run("cache", "info").stdout == f"the cache is empty: nothing has been loaded into {folder}\n"
    assert run("cache", "info", "--csv").stdout.startswith("report,condition,days,")


def test_commands_complete():
    """A shell that asks is told the commands, as the help says."""
    asked = {"_DTANALYTICS_COMPLETE": "bash_complete", "COMP_WORDS": "dtanalytics rep", "COMP_CWORD": "1"}

    done = CliRunner(env=asked).invoke(main, prog_name="dtanalytics")

    assert "plain,report" in done.stdout
    assert "_DTANALYTICS_COMPLETE=bash_source" in run("--help").stdout


def test_doctor_can_be_asked_in_python(monkeypatch):
    monkeypatch.setenv("DTANALYTICS_BIDS_TIMEZONE", "US/East")

    found = {finding.topic: finding.ok for finding in dta.doctor.examine(ask=False)}

    assert found["DTANALYTICS_BIDS_TIMEZONE"] is False
