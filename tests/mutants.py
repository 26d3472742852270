"""Take one guard away at a time and see that a test turns red: ``python tests/mutants.py``.

Works on a copy of the repository; prints a line a guard, and fails when a guard can go unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Mutant:
    """A guard, how it is taken away, and the test that must notice."""

    guard: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = [
    Mutant("pages read early are read again", "apis/numbered.py", "            if changed:\n", "            if False:\n", "test_paging.py -k deleted"),
    Mutant("nothing new may lie behind the last record", "apis/completeness.py", "            if unknown:\n", "            if False:\n", "test_paging.py -k for_ever"),
    Mutant("no record comes twice", "apis/paging.py", "        if len(set(keys)) < len(keys):\n", "        if False:\n", "test_paging.py -k change_places"),
    Mutant("an answer without records is asked again", "apis/client.py", "        if not empty:\n", "        if True:\n", "test_fault_wire.py -k replica-lags"),
    Mutant("what stands beside an empty array is heeded", "decode/envelope.py", "        elif plain in _BAD:\n", "        elif False:\n", "test_envelope.py -k says_no"),
    Mutant("records of another window are no answer", "apis/completeness.py", "        if outside.any():\n", "        if False:\n", "test_paging.py -k outside_of_the_window"),
    Mutant("what waits too long is ended", "apis/deadline.py", "                exchange.break_off()\n\n    def close", "                pass\n\n    def close", "test_fault_wire.py -k drip-headers-once"),
    Mutant("a column that a whole page lacks is asked again", "apis/completeness.py", "        for blank in blank_pages(table, sizes)[:_BLANK]:\n", "        for blank in ():\n", "test_fault_service.py -k whole_pages"),
    Mutant("what vanishes is not empty", "apis/paging.py", "        if reasons and not table.num_rows:\n", "        if False:\n", "test_fault_service.py -k from_some_answer_on"),
    Mutant("replicas that disagree are noticed", "apis/client.py", "        if not different:\n", "        if True:\n", "test_fault_service.py -k shows_last"),
    Mutant("conditions that are misread are noticed", "apis/bids.py", "            self._check_conditions(window)\n", "            pass\n", "test_fault_service.py -k misreads"),
    Mutant("a sid that is passed over is noticed", "apis/client.py", "        if came and not table.num_rows:\n", "        if False:\n", "test_loading.py -k a_sid_that_the_service"),
    Mutant("a key that may have lost digits is refused", "decode/exact.py", "parsed is UNREADABLE or lost):", "parsed is UNREADABLE):", "test_fault_wire.py -k sids-with-exponents"),
    Mutant("a refused page size is asked smaller", "apis/leadflow.py", "_SMALLER = (100, 50, 25)", "_SMALLER = ()", "test_fault_service.py -k asked_smaller"),
    Mutant("one publisher at a time", "scan/dataset.py", "        if self.published().number != published.number - 1:\n", "        if False:\n", "test_publishers.py -k without_locks"),
    Mutant("the count must agree", "apis/ranged.py", "        if counted != rows:\n", "        if False:\n", "test_paging.py -k count_that_disagrees"),
    Mutant("a page must lie where it was asked", "apis/ranged.py", "if page.first != offset + 1 or not page:", "if False:", "test_paging.py -k lies_elsewhere"),
    Mutant("what fails is tried again", "apis/transport.py", "return isinstance(error, ApiError) and error.retryable", "return False", "test_request_pool.py -k by_itself"),
    Mutant("redirects are not followed", "apis/session.py", 'self.get_adapter(request.url or "").send(request, verify=self.verify or True, **options)', "super().send(request, **options)", "test_fault_wire.py -k redirect_carries"),
    Mutant("a body has a largest size", "apis/bodies.py", "        if size > MAX_BYTES:\n", "        if False:\n", "test_fault_wire.py -k at_the_cap"),
    Mutant("one account a cache entry", "loading/fetch.py", "    if len(names) > 1:\n", "    if False:\n", "test_fault_wire.py -k other-account"),
    Mutant("files are what was written", "cache/read.py", " if files.digest(content) == vintage.sha256 else None", "", "test_fault_disk.py -k moved_aside"),
    Mutant("a damaged manifest is passed over", "cache/records.py", "if not body or head != files.digest(body).encode():", "if not body:", "test_fault_disk.py -k offline_an_altered"),
    Mutant("no link in the cache is followed", "cache/files.py", "    if disk.is_link(folder):", "    if False:", "test_fault_disk.py -k hostile"),
    Mutant("a day settles before it is final", "cache/entry.py", "dt.timedelta(days=1 + settle_days)", "dt.timedelta(days=1)", "test_loading.py -k settling"),
    Mutant("an unfinished load is taken up", "loading/fetch.py", "        staged = staging.latest(entry.staging)\n", "        staged = Manifest()\n", "test_fault_disk.py -k interrupted"),
    Mutant("all days appear together or none", "loading/fetch.py", "                    staging.add(entry.staging, *done[-1])\n", "                    entry.publish(done[-1].days)\n", "test_loading.py -k together_or_not"),
]  # fmt: skip


def survives(mutant: Mutant, folder: Path) -> str:
    """Run the tests without the guard; empty when they turn red, else what went wrong."""
    path = folder / "dtanalytics" / mutant.file
    whole = path.read_text(encoding="utf-8")
    if whole.count(mutant.old) != 1:
        return f"the guard stands {whole.count(mutant.old)} times in {mutant.file}"
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    name, *options = mutant.tests.split()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        f"tests/{name}",
        *options,
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
        )
    finally:
        path.write_text(whole, encoding="utf-8")
    if done.returncode == 1:
        return ""
    return "nobody noticed" if done.returncode == 0 else done.stdout[-400:]


def main() -> int:
    """Try every mutant, or those whose guard holds a word that is given."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "copy"
        shutil.copytree(
            ROOT, folder, ignore=shutil.ignore_patterns(".venv", ".git", "build", "*cache*", "notebooks")
        )
        shutil.copytree(ROOT / "dtanalytics" / "cache", folder / "dtanalytics" / "cache")
        for mutant in MUTANTS:
            if wanted in mutant.guard:
                problem = survives(mutant, folder)
                failures += bool(problem)
                print(
                    f"{'RED  ' if not problem else 'GREEN'} {mutant.guard}  [{mutant.tests}] {problem}",
                    flush=True,
                )
    return failures


if __name__ == "__main__":
    sys.exit(main())
