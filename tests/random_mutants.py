"""Change the code at random places and see whether the tests of the module notice: ``make mutants``.

    python tests/random_mutants.py [--seed 1] [--count 150] [--only dtanalytics/money.py ...]

Each mutant changes one operator, comparison or constant in a copy of the repository and runs the test files
that speak of the module. The report lists the survivors with their lines: each is either a test that is
missing, or a change without effect. Mutants that are known to have no effect stand in `EQUAL`, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_FILES = 5
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
EQUAL: dict[str, str] = {}
"""``path: the mutated line, as the report prints it`` -> why no test can notice."""


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every node that can be changed, with the field to change; annotations and docstrings are left alone."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if part is not None
        for inner in ast.walk(part)
    }
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


def mutate(source: str, pick: random.Random) -> tuple[str, int, str, str]:
    """Change one place: the new source, the line, and that line before and after."""
    tree = ast.parse(source)
    before = ast.unparse(tree).splitlines()
    node, field = pick.choice(list(places(tree)))
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
    return after, line, before[line].strip(), after.splitlines()[line].strip()


def tests_of(path: Path) -> list[str]:
    """The test files that speak most of a module: of its name, of what it defines."""
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
    best = sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])
    return best[:MOST_FILES]


def survives(folder: Path, path: Path, changed: str, seconds: float) -> bool:
    """Whether the tests of the module, and its examples, stay green with the changed source."""
    copied = folder / path.relative_to(ROOT)
    kept = copied.read_text(encoding="utf-8")
    copied.write_text(changed, encoding="utf-8")
    for quiet in copied.parent.glob(f"__pycache__/{copied.stem}.*"):
        quiet.unlink()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--doctest-modules"]
    try:
        done = subprocess.run(
            [*command, str(path.relative_to(ROOT)), *tests_of(path)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:  # it hangs, which is noticed
        return False
    finally:
        copied.write_text(kept, encoding="utf-8")
    return done.returncode == 0


def main() -> int:
    """Print the survivors and the share that was noticed; fail below 95 %."""
    read = argparse.ArgumentParser(description=__doc__)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--count", type=int, default=150)
    read.add_argument("--seconds", type=float, default=300)
    read.add_argument("--only", nargs="*", default=[])
    asked = read.parse_args()
    pick = random.Random(asked.seed)
    modules = [ROOT / name for name in asked.only] or sorted((ROOT / "dtanalytics").rglob("*.py"))
    modules = [path for path in modules if any(True for _ in places(ast.parse(path.read_text("utf-8"))))]
    noticed = equal = 0
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "copy"
        ignored = shutil.ignore_patterns(".venv", ".git", "build", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, folder, ignore=ignored)
        for number in range(asked.count):
            path = modules[number % len(modules)] if asked.only else pick.choice(modules)
            changed, line, before, after = mutate(path.read_text(encoding="utf-8"), pick)
            name = f"{path.relative_to(ROOT)}: {after}"
            if name in EQUAL:
                equal += 1
            elif survives(folder, path, changed, asked.seconds):
                print(
                    f"SURVIVED {path.relative_to(ROOT)} (line {line} unparsed)\n    {before}\n    {after}",
                    flush=True,
                )
            else:
                noticed += 1
    tried = asked.count - equal
    print(f"{noticed} of {tried} mutants noticed ({noticed / max(tried, 1):.0%}), {equal} without effect")
    return noticed < 0.95 * tried


if __name__ == "__main__":
    raise SystemExit(main())
