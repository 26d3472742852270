"""A world in which one thing goes wrong: emulator, cache, what is allowed to come out, and the count of it.

Every run ends as exact rows, as exact rows after a retry, or as a typed error that leaves the published
cache as it was. The ledger of the emulator is the oracle; a witness says that the fault really struck.
"""

from __future__ import annotations

import contextlib
import io
import logging
import random
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import dtanalytics as dta
from dtanalytics.cache import files
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator, Quirks, compare, generate
from dtanalytics.errors import DtError
from dtanalytics.settings import using

SEEDS = (1, 2, 3, 4, 5)
BASE = ("2026-10-03", "2026-10-05")
SPAN = ("2026-10-05", "2026-10-09")
_calls = {}


def calls_of(seed):
    """A few hundred calls of both reports, another set for each seed."""
    if seed not in _calls:
        _calls[seed] = generate(leadflow=450, bids=400, start="2026-10-01", end="2026-10-10", seed=seed)
    return _calls[seed]


@dataclass
class Tally:
    """What a run brought, in the words of the report line."""

    lost: int = 0
    duplicated: int = 0
    invented: int = 0
    altered: int = 0
    leaked: int = 0
    outcomes: list[str] = field(default_factory=list)

    def line(self, faults, seeds):
        """The one line that a reader looks for."""
        counts = {kind: self.outcomes.count(kind) for kind in "ERT"}
        return (
            f"{faults} faults x {seeds} seeds: lost {self.lost}, duplicated {self.duplicated}, "
            f"invented {self.invented}, altered {self.altered}, leaked {self.leaked} "
            f"(exact {counts['E']}, after a retry {counts['R']}, typed error {counts['T']})"
        )


class World:
    """One emulator and one cache, with two days published before anything goes wrong."""

    def __init__(self, folder: Path, seed: int, report: str, stack: contextlib.ExitStack, **options) -> None:
        self.folder = folder
        self.seed = seed
        self.report = report
        self.random = random.Random(f"{report}{seed}")
        quirks = Quirks(page_cap=options.pop("page_cap", 25), **options.pop("quirks", {}))
        settings = options.pop("settings", {})
        self.service = stack.enter_context(Emulator(calls_of(seed), quirks=quirks, **options))
        self.settings = settings_for(self.service, folder / "cache", deadline=20, **settings)
        stack.enter_context(using(self.settings))
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        for name in ("dtanalytics", "urllib3"):
            logger = logging.getLogger(name)
            level = logger.level
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            stack.callback(logger.removeHandler, handler)
            stack.callback(logger.setLevel, level)
        self.load(*BASE)
        self.published = self.state()

    def load(self, *window, **options):
        """Load the report of this world."""
        loader = dta.load_leadflow if self.report == "leadflow" else dta.load_bids
        return loader(*(window or SPAN), progress=False, **options)

    def state(self):
        """The published cache: the newest manifest and the content of every file that it names."""
        from dtanalytics.cache.admin import entries

        found = {}
        for entry in entries():
            state = entry.manifest()
            found[entry.folder.name] = (
                state,
                {name: files.digest((entry.data / name).read_bytes()) for name in state.names()},
            )
        return found

    def differences(self, frame, window=SPAN):
        """What the frame gets wrong."""
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return compare(self.service.ledger(self.report, *window), self.report, rows)

    def secrets(self):
        """What must never be seen anywhere."""
        known = self.service.credentials
        return [known.access_key, known.secret_access_key, known.api_key, known.bid_token]

    def run(self, allowed, act=None, *, window=SPAN, heal=True, tally=None):
        """Load while something is wrong, judge what came, mend, and load again.

        Parameters
        ----------
        allowed : str
            Letters of the outcomes that are right: E exact, R exact after a retry, T typed error.
        act : callable, optional
            Does the load; ``self.load`` by default.
        """
        tally = tally if tally is not None else Tally()
        said = ""
        try:
            frame = (act or self.load)()
        except DtError as error:
            outcome = "T"
            said = "".join(traceback.format_exception(error)) + repr(error.__dict__)
            assert self.state() == self.published, "an error changed the published cache"
        else:
            outcome = "R" if "R" in allowed else "E"
            found = self.differences(frame, window)
            self.count(found, tally)
            assert found.exact, found
            said = repr(frame.attrs)
        tally.outcomes.append(outcome)
        names = "".join(str(path) for path in self.folder.rglob("*"))
        text = said + self.log.getvalue() + names
        tally.leaked += sum(secret in text for secret in self.secrets())
        assert not tally.leaked
        assert outcome in allowed, f"{outcome} is not among {allowed}: {said[-600:]}"
        if heal:
            self.service._injections.clear()
            again = self.load(*window)
            found = self.differences(again, window)
            self.count(found, tally)
            assert found.exact, found
            assert dta.cache.verify().empty
        return tally

    @staticmethod
    def count(found, tally):
        """Add up what a frame got wrong."""
        tally.lost += len(found.lost)
        tally.duplicated += len(found.duplicated)
        tally.invented += len(found.invented)
        tally.altered += len(found.altered)
