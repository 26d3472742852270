"""A line on long loads: seen by people, and by nobody else."""

from __future__ import annotations

import io
import sys

import pytest

from dtanalytics.loading.progress import Progress, somebody_looks


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_a_terminal(monkeypatch) -> Terminal:
    """A terminal on stderr, outside CI and outside of any test run."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.setattr(sys, "stderr", Terminal())  # not in a fixture: pytest takes stderr before each call
    return sys.stderr


def test_a_terminal_has_somebody_who_looks(monkeypatch):
    at_a_terminal(monkeypatch)

    assert somebody_looks()


@pytest.mark.parametrize("variable", ["CI", "PYTEST_VERSION"])
def test_nobody_looks_in_ci_or_in_a_test_run(monkeypatch, variable):
    """A notebook under pytest --nbval compares its outputs: a bar that depends on the machine's speed fails it."""
    at_a_terminal(monkeypatch)
    monkeypatch.setenv(variable, "1")

    assert not somebody_looks()


def test_nobody_looks_in_a_pipe(monkeypatch):
    at_a_terminal(monkeypatch)
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    assert not somebody_looks()


def test_a_bar_says_days_records_and_what_the_budget_leaves(monkeypatch):
    """Asked for by name it shows at once: the title, days of days, records, requests left."""
    terminal = at_a_terminal(monkeypatch)
    with Progress("LeadFlow", 2, shown=True, left=lambda: 97) as progress:
        progress._bar.mininterval = 0  # each change is shown, however fast they follow each other
        progress.records(1250)
        progress.days(1)
        said = terminal.getvalue()

    assert "LeadFlow" in said
    assert "1/2" in said
    assert "1,250 records, 97 requests left this minute" in said


def test_a_short_load_shows_nothing(monkeypatch):
    """A load that ends within two seconds leaves no trace."""
    terminal = at_a_terminal(monkeypatch)
    with Progress("LeadFlow", 1, shown=None, left=lambda: None) as progress:
        progress.records(10)
        progress.days(1)

    assert terminal.getvalue().strip("\r ") == ""
