"""A world in which one thing goes wrong: emulator, cache, what is allowed to come out, and the count of it.

Every run ends as exact rows, as exact rows after a retry, or as a typed error that leaves the published
cache as it was. The ledger of the emulator is the oracle; a witness says that the fault really struck.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import logging
import random
import shutil
import tempfile
import threading
import time
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
LOADERS = {"leadflow": dta.load_leadflow, "bids": dta.load_bids}
SPAN = ("2026-10-05", "2026-10-07")
_calls = {}
_standing = {}
_right = {}
_people = {}
_NOTHING_WRONG = compare({}, "leadflow", [])
DEADLINE = 20.0


def calls_of(seed):
    """A few hundred calls of both reports, another set for each seed."""
    if seed not in _calls:
        _calls[seed] = generate(leadflow=240, bids=270, start="2026-10-01", end="2026-10-10", seed=seed)
    return _calls[seed]


def standing(seed, report):
    """An emulator of a seed that all faults share which leave its calls alone, and a cache of two days of a report."""
    if seed not in _standing:
        service = Emulator(calls_of(seed), quirks=Quirks(page_cap=25)).start()
        folder = Path(tempfile.mkdtemp(prefix="dta-standing-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for name, load in LOADERS.items():
            with using(settings_for(service, folder / name)):
                load(*BASE, progress=False)
        _standing[seed] = service, folder
    service, folder = _standing[seed]
    service._injections.clear()
    service.fired.clear()
    return service, folder / report


PEOPLE = ("caller_id", "ani", "street_address", "ip_address")


def locals_of(error):
    """Every variable of every frame that an error passed, as a verbose traceback prints them."""
    said, seen = "", set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "dtanalytics" in frame.f_code.co_filename:
                said += "".join(f"{name} = {value!r}\n" for name, value in frame.f_locals.items())
        error = error.__cause__ or error.__context__
    return said


def threads_left():
    """Names of threads that a load left behind."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("dta-")]


@dataclass
class Tally:
    """What a run brought, in the words of the report line."""

    lost: int = 0
    duplicated: int = 0
    invented: int = 0
    altered: int = 0
    leaked: int = 0
    hung: int = 0
    outcomes: list[str] = field(default_factory=list)
    seeds: set[int] = field(default_factory=set)

    def add(self, other):
        """Add up what two runs brought."""
        for name, value in other.items():
            setattr(
                self, name, getattr(self, name) | value if name == "seeds" else getattr(self, name) + value
            )

    def line(self, faults, seeds):
        """The one line that a reader looks for."""
        counts = {kind: self.outcomes.count(kind) for kind in "ERT"}
        return (
            f"{faults} faults x {seeds} seeds: lost {self.lost}, duplicated {self.duplicated}, "
            f"invented {self.invented}, altered {self.altered}, leaked {self.leaked}, hung {self.hung} "
            f"(exact {counts['E']}, after a retry {counts['R']}, typed error {counts['T']})"
        )


class World:
    """One emulator and one cache, with two days published before anything goes wrong."""

    def __init__(self, folder: Path, seed: int, report: str, stack: contextlib.ExitStack, **options) -> None:
        self.folder = folder
        self.seed = seed
        self.report = report
        self.random = random.Random(f"{report}{seed}")
        settings = {"deadline": DEADLINE, **options.pop("settings", {})}
        self.place = options.pop("place", SEEDS.index(seed))  # among the seeds of its fault
        self.shared = options.pop("shared", False)
        if self.shared:
            self.service, cache = standing(seed, report)
            shutil.copytree(cache, folder / "cache", copy_function=shutil.copyfile)
        else:
            quirks = Quirks(page_cap=options.pop("page_cap", 25), **options.pop("quirks", {}))
            self.service = stack.enter_context(Emulator(calls_of(seed), quirks=quirks, **options))
        self.settings = settings_for(self.service, folder / "cache", **settings)
        stack.enter_context(using(self.settings))
        self.log = io.StringIO()
        handler = logging.StreamHandler(self.log)
        for name in ("dtanalytics", "urllib3"):
            logger = logging.getLogger(name)
            level = logger.level
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            stack.callback(setattr, logger, "propagate", logger.propagate)
            logger.propagate = False  # else every line is written twice
            stack.callback(logger.removeHandler, handler)
            stack.callback(logger.setLevel, level)
        if not self.shared:
            self.load(*BASE)
        self.published = self.state()

    def load(self, *window, **options):
        """Load the report of this world."""
        return LOADERS[self.report](*(window or SPAN), progress=False, **options)

    def state(self):
        """The published cache: the newest manifest and the content of every file that it names."""
        from dtanalytics.cache.inspect import entries

        found = {}
        for entry in entries():
            state = entry.manifest()
            found[entry.folder.name] = (
                state,
                {name: files.digest((entry.data / name).read_bytes()) for name in state.names()},
            )
        return found

    def differences(self, frame, window=SPAN):
        """What the frame gets wrong; one that equals a frame that was right about the same calls is right."""
        key = self.shared and (self.seed, self.report, window)
        if key and key in _right and frame.equals(_right[key]):
            return _NOTHING_WRONG
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        found = compare(self.service.ledger(self.report, *window), self.report, rows)
        if key and found.exact:
            _right[key] = frame
        return found

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
        begun = time.monotonic()
        try:
            frame = (act or self.load)()
        except DtError as error:
            outcome = "T"
            said = "".join(traceback.format_exception(error)) + repr(error.__dict__) + locals_of(error)
            assert self.state() == self.published, "an error changed the published cache"
        else:
            outcome = "R" if "R" in allowed else "E"
            found = self.differences(frame, window)
            self.count(found, tally)
            assert found.exact, found
            said = repr(frame.attrs)
        taken = time.monotonic() - begun
        tally.hung += taken > 1.1 * self.settings.deadline + 1
        assert not tally.hung, f"{taken:.1f} s for a deadline of {self.settings.deadline} s"
        tally.outcomes.append(outcome)
        names = "".join(str(path) for path in self.folder.rglob("*"))
        text = said + self.log.getvalue() + names
        tally.leaked += sum(secret in text for secret in [*self.secrets(), *self.callers()])
        assert not tally.leaked
        assert outcome in allowed, f"{outcome} is not among {allowed}: {said[-600:]}"
        # After an error the next load must be whole: of each report once, for the reports take turns.
        if heal and self.place < (2 if outcome == "T" else 1):
            self.service._injections.clear()
            # with the usual time limit: a busy machine is not what is tried here
            again = self.load(*window, settings=self.settings.model_copy(update={"deadline": DEADLINE}))
            found = self.differences(again, window)
            self.count(found, tally)
            assert found.exact, found
            assert dta.cache.verify().empty
        return tally

    def callers(self):
        """Names and numbers of people, which must not be seen either."""
        key = self.seed, self.report
        if not self.shared or key not in _people:
            rows = self.service.records(self.report, *(SPAN if self.shared else ()))[:40]
            _people[key] = [str(row[name]) for row in rows for name in PEOPLE if row.get(name)]
        return _people[key]

    @staticmethod
    def count(found, tally):
        """Add up what a frame got wrong."""
        tally.lost += len(found.lost)
        tally.duplicated += len(found.duplicated)
        tally.invented += len(found.invented)
        tally.altered += len(found.altered)
