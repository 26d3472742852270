"""Change the code at random places and see whether a test notices: ``make mutants``.

    python tests/random_mutants.py [--seed 1] [--count 150] [--only dtanalytics/money.py ...] [--list]

Each mutant changes one operator, comparison or constant in a copy of the repository and runs the tests that
execute the changed line. Which tests execute which line is measured once for each test file, with coverage, and
kept in ``build/mutants``. The report lists the survivors with their lines: each is either a test that is
missing, or a change without effect. Mutants that are known to have no effect stand in `EQUAL`, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import multiprocessing
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
MAPS = ROOT / "build" / "mutants"
MOST_FILES, MOST_TESTS = 5, 80
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
WITHOUT_EFFECT = {"strict", "frozen", "slots", "copy", "sort", "observed", "stacklevel"}
"""Keywords that state what holds anyway (``zip(..., strict=True)``) or only save time."""
NOT_MAPPED = {
    "test_browser",
    "test_docs",
    "test_gallery",
    "test_notebooks",
    "test_other_os",
    "test_packaging",
}
"""Test files that run the package in other processes, or not at all."""
LIBRARIES = (
    "pandas",
    "pyarrow.parquet",
    "duckdb",
    "polars",
    "narwhals",
    "scipy.stats",
    "requests",
)
EQUAL: dict[str, str] = {
    "dtanalytics/rollup/packed/packing.py: if sum((kept.bits for kept in self.fields)) + one.bits >= BITS:": "sums of "
    "exactly 64 bits take a word more, which is only slower",
    "dtanalytics/apis/numbered.py: short = {index for index, page in pages.items() if len(page) <= longest}": "more "
    "pages are read again than need be",
    "dtanalytics/metrics/measures.py: fits = nw.when(known.abs() <= _LARGEST).then(known).otherwise(0.0)": "a sum "
    "with an amount of 2**62 units is not used, see rollup/asloaded.py",
    "dtanalytics/metrics/measures.py: _LARGEST = float(1 << 63)": "as above",
    "dtanalytics/metrics/measures.py: return column * scale if scale > 2 else column": "a scale is 1, 10, 100 ...",
}
"""``path: the mutated line, as the report prints it`` -> why no test can notice."""


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every node that can be changed, with the field to change; annotations, messages and reprs are left alone."""
    skipped = set()
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        quiet = isinstance(node, ast.keyword) and node.arg in WITHOUT_EFFECT
        if quiet or isinstance(node, ast.Raise) or getattr(node, "name", None) in {"__repr__", "__str__"}:
            parts.append(node)
        skipped.update(id(inner) for part in parts if part is not None for inner in ast.walk(part))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
            if not any(isinstance(side, ast.JoinedStr) for side in ast.iter_child_nodes(node)):
                yield node, "op"
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
            yield node, "ops"
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
            yield node, "operand"
        elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
            yield node, "value"


def mutate(source: str, place: int) -> tuple[str, range, str, str]:
    """Change one place: the new source, the lines of its statement, and the line before and after."""
    tree = ast.parse(source)
    before = ast.unparse(tree).splitlines()
    node, field = list(places(tree))[place]
    around = [one for one in ast.walk(tree) if isinstance(one, ast.stmt) and one.lineno <= node.lineno]
    first = max((one.lineno for one in around if node.end_lineno <= one.end_lineno), default=node.lineno)
    lines = range(min(first, node.lineno), node.end_lineno + 1)  # of its statement, up to the change
    if field == "op":
        node.op = SWAPS[type(node.op)]()
    elif field == "ops":
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif field == "value":
        node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1
    else:
        operand = copy.deepcopy(node.operand)  # the node becomes its operand
        node.__class__ = type(operand)
        node.__dict__ = operand.__dict__
    after = ast.unparse(tree)
    line = next(
        (at for at, (old, new) in enumerate(zip(before, after.splitlines(), strict=False)) if old != new), 0
    )
    return after, lines, before[line].strip(), after.splitlines()[line].strip()


def files_of(path: Path) -> list[str]:
    """The test files that speak of a module, of its name and of what it defines; those that speak most first."""
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    names = [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    words = re.compile(r"\b(" + "|".join(map(re.escape, [*names, dotted.rpartition(".")[2]])) + r")\b")
    scores = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        scores[str(file.relative_to(ROOT))] = 20 * text.count(dotted) + len(words.findall(text))
    return sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])


def measure(only: list[str]) -> None:
    """Run each test file once and keep which of its tests execute which lines; a map is kept until its file changes."""
    MAPS.mkdir(parents=True, exist_ok=True)
    for file in [ROOT / name for name in only] or sorted((ROOT / "tests").rglob("test_*.py")):
        kept = MAPS / f"{file.stem}.coverage"
        if file.stem in NOT_MAPPED or (kept.exists() and kept.stat().st_mtime > file.stat().st_mtime):
            continue
        options = (
            "-q -p no:cacheprovider --cov=dtanalytics --cov-config=/dev/null --cov-context=test --cov-report="
        )
        there = os.environ | {"COVERAGE_FILE": str(kept.with_suffix(".part"))}
        subprocess.run(
            [sys.executable, "-m", "pytest", *options.split(), file], cwd=ROOT, env=there, check=True
        )
        kept.with_suffix(".part").rename(kept)


def tests_of(path: Path, lines: range) -> list[str]:
    """The tests that execute one of the lines; where none is known to, the files that speak of the module."""
    order = {name: at for at, name in enumerate(files_of(path))}
    found = set()
    for kept in MAPS.glob("*.coverage"):
        data = CoverageData(str(kept))
        data.read()
        seen = data.contexts_by_lineno(str(path))
        found.update(test.partition("[")[0].partition("|")[0] for at in lines for test in seen.get(at, ()))
    found.discard("")  # run at import
    ranked = sorted(found, key=lambda test: (order.get(test.partition("::")[0], len(order)), test))
    return ranked[:MOST_TESTS] or list(order)[:MOST_FILES]


def run(folder: Path, tests: list[str], seconds: int) -> None:
    """Run tests in the copy; this process is a fork, in which the libraries are imported already."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))  # a busy machine makes no mutant hang
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [
        str(folder),
        *(one for one in sys.path if Path(one).resolve() not in {ROOT, ROOT / "tests"}),
    ]
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--doctest-modules", *tests]))


def outcome_of(folder: Path, path: Path, changed: str, tests: list[str], seconds: int) -> str:
    """What the tests, and the module's examples, say of the changed source: a test is red, none is, or no end came."""
    name = str(path.relative_to(ROOT))
    forked = multiprocessing.get_context("fork").Process(target=run, args=(folder, [name, *tests], seconds))
    kept = path.read_text(encoding="utf-8")
    write(folder / name, changed)
    forked.start()
    forked.join(10 * seconds)
    forked.kill()
    forked.join()
    write(folder / name, kept)
    if (forked.exitcode or 0) < 0:
        return "HUNG"  # or the tests alone take longer: to be looked at
    return "SURVIVED" if forked.exitcode in {0, 5} else "noticed"


def write(path: Path, source: str) -> None:
    """Write a module, and drop what was compiled from it: its time of change may be the same second."""
    path.write_text(source, encoding="utf-8")
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
        compiled.unlink()


def main() -> int:
    """Print every mutant, and the share that was noticed; fail below 95 %."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--count", type=int, default=150)
    read.add_argument("--seconds", type=int, default=120, help="processor time; what takes longer hangs")
    read.add_argument("--only", nargs="*", default=[], help="modules to change")
    read.add_argument("--maps", nargs="*", default=[], help="test files to measure; all by default")
    read.add_argument("--list", action="store_true", help="print the mutants, run nothing")
    asked = read.parse_args()
    modules = [ROOT / name for name in asked.only] or sorted((ROOT / "dtanalytics").rglob("*.py"))
    there_are = [
        (path, at) for path in modules for at, _ in enumerate(places(ast.parse(path.read_text("utf-8"))))
    ]
    chosen = random.Random(asked.seed).sample(there_are, min(asked.count, len(there_are)))
    count = {"noticed": 0, "SURVIVED": 0, "HUNG": 0, "equal": 0, "mutant": 0}
    asked.list or asked.maps == ["none"] or measure(asked.maps)
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "copy"
        ignored = shutil.ignore_patterns(".venv", ".git", "build", "__pycache__", ".*_cache")
        asked.list or shutil.copytree(ROOT, folder, ignore=ignored)
        for library in () if asked.list else LIBRARIES:
            importlib.import_module(library)
        unchanged = [] if asked.list else chosen[:1]
        for path, _ in unchanged:
            source = path.read_text(encoding="utf-8")
            if outcome_of(folder, path, source, files_of(path)[:1], asked.seconds) == "noticed":
                raise SystemExit(f"the tests of {path} are red before anything was changed")
        for path, place in chosen:
            changed, lines, before, after = mutate(path.read_text(encoding="utf-8"), place)
            name = path.relative_to(ROOT)
            begun, tests = time.monotonic(), [] if asked.list else tests_of(path, lines)
            if f"{name}: {after}" in EQUAL:
                outcome = "equal"
            elif asked.list:
                outcome = "mutant"
            else:
                outcome = outcome_of(folder, path, changed, tests, asked.seconds)
            count[outcome] += 1
            took = f"{time.monotonic() - begun:.0f} s, {len(tests)} tests"
            print(f"{outcome} {name}:{lines[-1]} ({took})\n    {before}\n    {after}", flush=True)
    tried = count["noticed"] + count["SURVIVED"] + count["HUNG"]
    print(
        f"{count['noticed']} of {tried} mutants noticed, {count['HUNG']} without an end, {count['equal']} without effect"
    )
    return count["noticed"] < 0.95 * tried


if __name__ == "__main__":
    raise SystemExit(main())
