"""The command line parses, calls and prints; what fails, fails in one line."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner, Result

import dtanalytics as dta
from dtanalytics.cli import main
from dtanalytics.errors import InputError


def run(*arguments: str, **options) -> Result:
    return CliRunner().invoke(main, list(arguments), **options)


def every_command(command: click.Command = main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [path]
    return [
        found for name, child in command.commands.items() for found in every_command(child, (*path, name))
    ]


def test_commands_are_those_that_the_design_names():
    """The groups and commands at the top are these, and no others."""
    assert sorted(main.commands) == sorted(
        ["load", "report", "cache", "export", "emulate", "fields", "metrics", "doctor"]
    )


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

    assert (done.exit_code, done.stdout) == (1, "")
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


def test_module_is_the_command():
    """`python -m dtanalytics` is the same program."""
    done = subprocess.run(
        [sys.executable, "-m", "dtanalytics", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.endswith(f"version {dta.__version__}\n")
