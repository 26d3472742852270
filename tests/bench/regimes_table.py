"""Write what `bench_regimes` measured into the handbook: ``python -m tests.bench regimes``, then
``python -m tests.bench.regimes_table [build/bench.json]``.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explain" / "intervals.md"
BEGIN, END = "<!-- regimes: begin -->", "<!-- regimes: end -->"
TABLES = {
    "Of 95 % intervals hold the truth": (
        "rate", "difference of rates", "margin per call", "its difference",
    ),
    "Of 95 % intervals hold the truth; the sum of shrunken means over the true sum": (
        "shrunken rates", "shrunken means", "shrunken means over truth",
    ),
    "The estimated loss of `unsold` over the true one; of its 95 % intervals hold the truth": (
        "unsold over truth", "unsold in all", "unsold by state",
    ),
    "Of 90 % bands of `pacing` hold the sum of the month": ("pacing of 90 %",),
    "Of all `keep` and `cut` are false": ("verdicts",),
}  # fmt: skip
_NAME = re.compile(
    r"regimes: (?P<regime>.+), (?P<statistic>[^,]+?)(?: \(\+- (?P<error>[\d.]+)\))?",
)
_VERDICTS = re.compile(r"false of (\d+) verdicts")


def cells(rows: Iterable[Mapping[str, object]]) -> dict[str, dict[str, str]]:
    """Statistic -> regime -> what was measured, with its Monte Carlo error."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        name = _NAME.fullmatch(str(row["name"]))
        if name is None or "figure" not in row:
            continue
        value = float(str(row["figure"]))
        verdicts = _VERDICTS.fullmatch(name["statistic"])
        if verdicts:
            found["verdicts"][name["regime"]] = f"{value:.3f} of {int(verdicts[1]):,}"
        else:
            found[name["statistic"]][name["regime"]] = f"{value:.3f} \u00b1 {float(name['error']):.3f}"
    return found


def tables(found: Mapping[str, Mapping[str, str]]) -> str:
    """Write the tables as Markdown."""
    written = []
    for title, statistics in TABLES.items():
        regimes = list(dict.fromkeys(regime for one in statistics for regime in found.get(one, {})))
        if not regimes:
            continue
        heads = ["regime", *statistics]
        lines = [f"**{title}**", "", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
        for regime in regimes:
            shown = [found.get(one, {}).get(regime, "") for one in statistics]
            lines.append("| " + " | ".join([regime, *shown]) + " |")
        written.append("\n".join(lines))
    return "\n\n".join(written)


def main() -> None:
    """Replace what stands between the marks of the page."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench.json"
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = tables(cells(json.loads(path.read_text(encoding="utf-8"))))
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
