"""Write what `bench_size` and `bench_scans` measured into docs/scale.md: ``python -m tests.bench size scans``, then
``python -m tests.bench.size_table [build/bench.json]``. Cells that were not measured stay as they are.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- sizes: begin -->", "<!-- sizes: end -->"
ANALYSIS, GROWTH = "analysis", "10 M / 1 M"
COLUMNS = {
    ("size", 1_000_000, "s"): "1 M [s]",
    ("size", 3_000_000, "s"): "3 M [s]",
    ("size", 10_000_000, "s"): "10 M [s]",
    ("size", 10_000_000, "MB"): "memory of 10 M [MB]",
    ("scans", 10_000_000, "s"): "scan of 10 M [s]",
    ("scans", 10_000_000, "MB"): "memory of the scan [MB]",
}
HEADS = [ANALYSIS, *COLUMNS.values()]
HEADS.insert(4, GROWTH)
_NAME = re.compile(r"(size|scans): (.+?), ([\d,]+) calls(, memory)?")
_FLOOR = 0.1  # seconds; a shorter time says nothing about growth
_WHOLE = 10  # from here on without decimals

Cells = dict[str, dict[str, str]]


def measured(rows: Iterable[Mapping[str, object]]) -> Cells:
    """Analysis -> head of a column -> what was measured."""
    found: Cells = {}
    for row in rows:
        name = _NAME.fullmatch(str(row["name"]))
        if name is None or "figure" not in row:
            continue
        key = (name[1], int(name[3].replace(",", "")), "MB" if name[4] else "s")
        if key in COLUMNS:
            value = float(str(row["figure"]))
            shown = f"{value:,.0f}" if name[4] or value >= _WHOLE else f"{value:.1f}"
            found.setdefault(f"`{name[2]}`", {})[COLUMNS[key]] = shown
    return found


def written_before(table: str) -> Cells:
    """Cells of the table that stands there."""
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.strip().splitlines()]
    return {cells[0]: dict(zip(HEADS[1:], cells[1:], strict=False)) for cells in lines[2:]}


def table(cells: Cells) -> str:
    """Write the table as Markdown."""
    lines = ["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
    for name, row in cells.items():
        first, last = (row.get(head, "") for head in ("1 M [s]", "10 M [s]"))
        growth = f"{float(last) / max(float(first), _FLOOR):.1f}" if first and last else ""
        shown = [name, *((row | {GROWTH: growth}).get(head, "") for head in HEADS[1:])]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines)


def main() -> None:
    """Renew the table between the marks of the page."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench.json"
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    old, _, after = rest.partition(END)
    cells = written_before(old)
    for name, row in measured(json.loads(path.read_text(encoding="utf-8"))).items():
        cells[name] = cells.get(name, {}) | row
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(cells)}\n\n{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
