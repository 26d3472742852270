"""A line on long loads: seen by people, and by nobody else."""

from __future__ import annotations

import io
import sys

import nbformat
import pytest
from nbclient import NotebookClient

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


SLOW = """
from dtanalytics.loading import progress
progress.DELAY = 0
with progress.Progress("LeadFlow", 2, shown=None, left=lambda: 97) as bar:
    bar._bar.mininterval = 0
    bar.records(1250)
    bar.days(1)
    {end}
"""


def test_a_load_in_a_notebook_leaves_nothing_to_see(monkeypatch):
    """The line is shown in an output of its own, not on stderr, whose background is red, and is emptied.

    So it is where a load fails: its error stands alone.
    """
    for variable in ("CI", "PYTEST_VERSION"):
        monkeypatch.delenv(variable, raising=False)
    code = [SLOW.format(end=""), SLOW.format(end="raise RuntimeError")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in code])
    lines = []

    class Watched(NotebookClient):
        def process_message(self, message, *rest):
            if message["msg_type"] in {"display_data", "update_display_data"}:
                lines.append(message["content"]["data"].get("text/plain"))
            return super().process_message(message, *rest)

    Watched(notebook, kernel_name="python3", timeout=60, allow_errors=True).execute()

    left = [[(one.output_type, dict(one.get("data", {}))) for one in cell.outputs] for cell in notebook.cells]
    assert left == [[("display_data", {})], [("display_data", {}), ("error", {})]]
    assert any("1/2" in line and "1,250 records, 97 requests left" in line for line in lines if line)
