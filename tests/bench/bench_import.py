"""Importing the package costs what importing pandas costs: nothing else is imported before its use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tests.bench.harness import Bench


def importing(module: str) -> Callable[[], object]:
    """Start an interpreter that imports one module; compiled files stay, as they do for users."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", f"import {module}"]
    return lambda: subprocess.run(command, check=True, env=environment)


def run(bench: Bench) -> None:
    """Compare wall times of fresh interpreters."""
    name = "import dtanalytics against import pandas"
    if not bench.wants(name):
        return
    variants = {"ours": importing("dtanalytics"), "pandas": importing("pandas")}
    for start in variants.values():  # compiles what has no .pyc yet
        start()
    bench.compare(name, variants, rounds=21, target=1.05, higher_is_better=False, by="median")
