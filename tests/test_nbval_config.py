"""A notebook that shows a load passes on the next day, and a changed figure still fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import nbformat
from click.testing import CliRunner

from dtanalytics.cli import main

LOAD = """import dtanalytics as dta
calls = dta.load_leadflow("2026-10-05")
print("in 12.5 ms, cached in /tmp/somewhere-1/calls")
calls.calls"""


def compared(folder, *names, environment) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "--nbval",
        "--nbval-current-env",
    ]
    command += ["--nbval-sanitize-with", str(folder / "nbval.cfg"), *names]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=folder, encoding="utf-8"
    )
    return done.stdout


def test_a_notebook_passes_on_another_day(emulate, tmp_path):
    """The outputs of one day are those of the next but for moments, times and folders; calls are compared."""
    (tmp_path / "nbval.cfg").write_text(CliRunner().invoke(main, ["nbval-config"]).stdout, encoding="utf-8")
    service = emulate(now="2026-11-01")
    known = service.credentials
    environment = {
        **os.environ,
        "DTANALYTICS_LEADFLOW_URL": service.leadflow_url,
        "DTANALYTICS_REQUESTS_PER_MINUTE": "0",
        "DTANALYTICS_CACHE_DIR": str(tmp_path / "cells"),
        "DIALOGTECH_ACCESS_KEY": known.access_key,
        "DIALOGTECH_SECRET_ACCESS_KEY": known.secret_access_key,
        "DIALOGTECH_API_KEY": known.api_key,
    }
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(LOAD)]), tmp_path / "today.ipynb"
    )
    renew = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
    subprocess.run([*renew, str(tmp_path / "today.ipynb")], env=environment, check=True, capture_output=True)
    today = (tmp_path / "today.ipynb").read_text(encoding="utf-8")
    other_day = re.sub(r"as of \d{4}-\d\d-\d\d \d\d:\d\d", "as of 2026-11-02 05:00", today)
    other_day = other_day.replace("12.5 ms, cached in /tmp/somewhere-1", "31 ms, cached in /tmp/else-2")
    code = LOAD.splitlines()[2].replace('"', '\\"')
    other_day = other_day.replace(code.replace("12.5 ms", "31 ms").replace("somewhere-1", "else-2"), code)
    (tmp_path / "yesterday.ipynb").write_text(other_day, encoding="utf-8")
    (tmp_path / "changed.ipynb").write_text(
        re.sub(r"revenue [\d,.]+", "revenue 1.00", today), encoding="utf-8"
    )
    service.advance(days=1)

    assert "as of 2026-11-02" in other_day
    said = compared(tmp_path, "yesterday.ipynb", "changed.ipynb", environment=environment)
    assert "PASSED yesterday.ipynb::Cell 0" in said
    assert "FAILED changed.ipynb::Cell 0" in said
