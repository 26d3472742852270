"""What people wait for: the first table after an import, each notebook, and each target of make on a fresh clone.

``DTANALYTICS_BENCH_MAKE="setup report test"`` says which targets are timed, each with what it needs; "setup report"
by default, since the tests take minutes.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.harness import Bench

ROOT = Path(__file__).parents[2]
FIRST_TABLE = 0.15
NOTEBOOK = 4.0
TARGETS = {"setup": 60.0, "report": 120.0, "test": 480.0}
"""Limits [s]; those of report and test include the set-up."""
FIRST = """
import json, pickle, time
import dtanalytics
with open({path!r}, "rb") as file:
    calls = pickle.load(file)
started = time.perf_counter()
calls.calls.margin("affiliate")
print(json.dumps(time.perf_counter() - started))
"""
LOADED = """
import pickle
import dtanalytics as dta
with dta.demo():
    calls = dta.load_leadflow("2026-10", progress=False)
with open({path!r}, "wb") as file:
    pickle.dump(calls, file)
"""


def run(bench: Bench) -> None:
    """Time each by the clock."""
    first_table(bench)
    notebooks(bench)
    targets(bench)


def first_table(bench: Bench) -> None:
    """Time the first table of a process, whose import of the package is over."""
    name = "first margin after the import"
    if not bench.wants(name):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "calls.pickle"))
        output(sys.executable, "-c", LOADED.format(path=path))
        taken = [json.loads(output(sys.executable, "-c", FIRST.format(path=path))) for _ in range(7)]
    bench.figure(name, sorted(taken)[3], high=FIRST_TABLE, unit="s")


def notebooks(bench: Bench) -> None:
    """Time each notebook with the start of its kernel."""
    import nbformat
    from nbclient import NotebookClient

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        client = NotebookClient(
            nbformat.read(path, as_version=4),
            resources={"metadata": {"path": path.parent}},
            extra_arguments=["--log-level=ERROR"],
        )
        name = f"notebook {path.stem}"
        before = os.times()
        bench.within(name, client.execute, NOTEBOOK, rounds=1)
        if bench.wants(name):  # by the clock on a busy machine says little
            now = os.times()
            kernel = now.children_user + now.children_system - before.children_user - before.children_system
            bench.figure(f"{name}, processor time of its kernel", kernel, unit="s")


def targets(bench: Bench) -> None:
    """Time targets of make in a fresh clone of what is committed."""
    for target in os.environ.get("DTANALYTICS_BENCH_MAKE", "setup report").split():
        name = f"make {target}, on a fresh clone"
        if bench.wants(name):
            with tempfile.TemporaryDirectory() as folder:
                clone = f"{folder}/clone"
                output("git", "clone", "-q", str(ROOT), clone)
                made = functools.partial(output, "make", "-C", clone, target)
                bench.within(name, made, TARGETS[target], rounds=1)


def output(*command: str) -> str:
    """Run a command; what it prints."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout
