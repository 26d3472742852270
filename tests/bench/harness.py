"""Measure variants against each other, round by round, so that a busy machine slows all of them alike.

A module ``bench_<topic>.py`` in this folder exposes ``def run(bench: Bench) -> None``.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

WIDTHS = (44, 30, 8, 9, 6)
PEAK = """
def _peak_mb():
    import pathlib, resource, sys
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count the parent's memory at the fork
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(f"\\npeak_mb={_peak_mb()}")
"""


@dataclass
class Bench:
    """Runs comparisons, prints a row for each as it is known, keeps all rows for ``build/bench.json``."""

    only: str = "*"
    rows: list[dict[str, object]] = field(default_factory=list)

    def compare(
        self,
        name: str,
        variants: Mapping[str, Callable[[], object]],
        *,
        rounds: int = 5,
        ours: str = "ours",
        target: float | None = None,
        higher_is_better: bool = True,
        by: str = "min",
    ) -> float | None:
        """Time the variants in turn, ``rounds`` times over.

        The ratio is the time of the best other variant divided by ours (how many times faster we
        are), to be at least ``target``; with ``higher_is_better=False`` ours divided by the best
        other (what we cost), to be at most ``target``. ``by`` is "min" or "median" over the rounds.
        """
        if not self.wants(name):
            return None
        seconds: dict[str, list[float]] = {variant: [] for variant in variants}
        order = list(variants)
        for number in range(rounds):
            for variant in order if number % 2 == 0 else reversed(order):
                seconds[variant].append(timed(variants[variant]))
        pick = {"min": min, "median": statistics.median}[by]
        times = {variant: pick(values) for variant, values in seconds.items()}
        others = [taken for variant, taken in times.items() if variant != ours]
        ratio = None
        if others:
            ratio = min(others) / times[ours] if higher_is_better else times[ours] / min(others)
        ok = None
        if ratio is not None and target is not None:
            ok = ratio >= target if higher_is_better else ratio <= target
        self._add(
            {
                "name": name,
                "ratio": ratio,
                "target": target,
                "ok": ok,
                "higher_is_better": higher_is_better,
                "by": by,
                "rounds": rounds,
                "seconds": {
                    variant: {"min": min(values), "median": statistics.median(values)}
                    for variant, values in seconds.items()
                },
            },
            "  ".join(f"{variant} {readable(taken)}" for variant, taken in times.items()),
        )
        return ratio

    def peak_memory(self, name: str, python_code: str, *, target_mb: float | None = None) -> float | None:
        """Run code in a fresh interpreter and report the most memory that it held at once [MB]."""
        if not self.wants(name):
            return None
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", python_code + PEAK],
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
        if done.returncode != 0:
            raise RuntimeError(f"{name} failed:\n{done.stderr}")
        peak = float(done.stdout.rsplit("peak_mb=", 1)[1])
        ok = None if target_mb is None else peak <= target_mb
        seconds = time.perf_counter() - started
        self._add(
            {"name": name, "peak_mb": peak, "target": target_mb, "ok": ok, "seconds": {"ours": seconds}},
            f"peak {peak:,.0f} MB in {readable(seconds)}",
        )
        return peak

    def figure(
        self, name: str, value: float, *, low: float | None = None, high: float | None = None, unit: str = ""
    ) -> None:
        """Report a figure that is no ratio of times, such as a coverage, and whether it lies where it has to."""
        value = float(value)
        ok = None if low is None and high is None else (low or 0) <= value <= (high or float("inf"))
        limits = " to ".join(f"{end:g}" for end in (low or 0, high) if end is not None)
        self._add(
            {"name": name, "figure": value, "unit": unit, "low": low, "high": high, "ok": ok},
            f"{value:.3g} {unit}{f', to be {limits}' if ok is not None else ''}",
        )

    def within(self, name: str, function: Callable[[], object], seconds: float, *, rounds: int = 3) -> None:
        """Time a function by the clock on the wall; the median of the rounds has to keep a limit [s]."""
        if self.wants(name):
            taken = statistics.median(timed(function) for _ in range(rounds))
            self.figure(name, taken, high=seconds, unit="s")

    def skip(self, name: str, reason: str) -> None:
        """Say in the table that something was not measured, and why."""
        if self.wants(name):
            self._add({"name": name, "skipped": reason}, f"skipped: {reason}")

    def note(self, text: str) -> None:
        """Print a remark between the rows."""
        print(f"  {text}", flush=True)

    def wants(self, name: str) -> bool:
        """Tell whether ``--only`` lets this row be measured (set-up that only it needs can be left out)."""
        return fnmatch(name, f"*{self.only}*")

    def sizes(self, default: tuple[int, ...] = (1_000_000,)) -> list[int]:
        """Row counts to measure at, from DTANALYTICS_BENCH_ROWS (``1e6,1e7``) or the default."""
        asked = os.environ.get("DTANALYTICS_BENCH_ROWS", "")
        return [int(float(size)) for size in asked.split(",") if size.strip()] or list(default)

    def _add(self, row: dict[str, object], times: str) -> None:
        self.rows.append(row)
        ratio, target = row.get("ratio"), row.get("target")
        sign = ">=" if row.get("higher_is_better") else "<="
        cells = (
            str(row["name"]),
            times,
            "" if ratio is None else f"{ratio:.3g}x",
            "" if target is None else f"{sign} {target:g}",
            {True: "holds", False: "MISSED", None: ""}[row.get("ok")],
        )
        print(
            " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip(),
            flush=True,
        )


def timed(function: Callable[[], object]) -> float:
    """Call once with the garbage collector out of the way [s]."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        function()
        return time.perf_counter() - started
    finally:
        gc.enable()


def readable(seconds: float) -> str:
    """Write a duration with three digits and a fitting unit."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} us"
