"""What every test stands on: a home of its own, no settings from outside, no network but loopback."""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib
import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

import nbval.kernel
import pytest
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).parents[1]

hypothesis_settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40)
hypothesis_settings.register_profile("long", deadline=None, max_examples=20_000)
hypothesis_settings.load_profile("repeatable")


# -- isolation -------------------------------------------------------------------------------------


def foreign_settings() -> list[str]:
    """Name the environment variables that would steer the package from outside."""
    return [name for name in os.environ if name.startswith(("DIALOGTECH_", "DTANALYTICS_"))]


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the whole process too: doctests and notebook kernels see no fixture of this folder."""
    for name in foreign_settings():
        del os.environ[name]
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        os.environ.pop(
            "PYTHONWARNDEFAULTENCODING", None
        )  # kernels and commands would print what libraries do
    os.environ["CI"] = "1"  # nobody looks: no progress bar in a notebook's output
    # A kernel sets its own backend, which wins over this file; fonts are listed once, not once a test.
    matplotlib_home = ROOT / "build" / "matplotlib"
    matplotlib_home.mkdir(parents=True, exist_ok=True)
    (matplotlib_home / "matplotlibrc").write_text("backend: Agg\n", encoding="utf-8")
    os.environ["MPLCONFIGDIR"] = str(matplotlib_home)
    home = tempfile.TemporaryDirectory(prefix="dtanalytics-home-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    use_home(os.environ.__setitem__, Path(home.name))


def use_home(set_variable, home: Path) -> None:
    """Point every folder that the package or Jupyter may write to into ``home``."""
    set_variable("HOME", str(home))
    set_variable("XDG_CACHE_HOME", str(home / ".cache"))
    set_variable("XDG_CONFIG_HOME", str(home / ".config"))
    set_variable("XDG_DATA_HOME", str(home / ".local/share"))
    set_variable("DTANALYTICS_CACHE_DIR", str(home / "dtanalytics-cache"))


@pytest.fixture(autouse=True)
def _isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty home, an empty cache and an empty working directory."""
    for name in foreign_settings():
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    use_home(monkeypatch.setenv, home)
    monkeypatch.chdir(tmp_path)


# -- network guard ---------------------------------------------------------------------------------


def is_loopback(address: object) -> bool:
    """Tell whether a socket address stays on this machine."""
    if not isinstance(address, tuple):  # a Unix socket
        return True
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guarded(connect):
    """Wrap a method of ``socket.socket`` so that it fails the test instead of leaving the machine."""

    def method(self: socket.socket, address: object) -> object:
        if not is_loopback(address):
            pytest.fail(f"a test tried to reach {address!r}; only loopback is allowed")
        return connect(self, address)

    return method


socket.socket.connect = guarded(socket.socket.connect)
socket.socket.connect_ex = guarded(socket.socket.connect_ex)


# -- emulator --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def october():
    """Six weeks of calls of both reports about October 2026, with their truth; read only."""
    from dtanalytics.emulator import generate

    return generate(leadflow=2_000, bids=1_200, start="2026-09-25", end="2026-11-06", seed=10)


@pytest.fixture
def emulate(october, tmp_path: Path):
    """Start an emulator (its arguments as given) and put settings in force that point at it.

    The function returns the service; ``service.settings`` has a cache in ``tmp_path / "cache"``.
    """
    from dtanalytics.demo import settings_for
    from dtanalytics.emulator import Emulator
    from dtanalytics.settings import using

    with contextlib.ExitStack() as stack:

        def start(calls=None, settings=None, **options):
            service = stack.enter_context(Emulator(calls or october, **options))
            service.settings = settings_for(service, tmp_path / "cache", **(settings or {}))
            stack.enter_context(using(service.settings))
            return service

        yield start


@pytest.fixture
def service(emulate):
    """Both services on the calls of ``october``, without quirks, and settings that point at them."""
    return emulate()


# -- notebooks -------------------------------------------------------------------------------------


def started_again(start):
    """Wrap nbval's start of a kernel: the ports chosen for one may be taken before it listens, which kills it."""

    @functools.wraps(start)
    def method(*arguments, **options):
        with contextlib.suppress(RuntimeError):
            return start(*arguments, **options)
        return start(*arguments, **options)

    return method


nbval.kernel.start_new_kernel = started_again(nbval.kernel.start_new_kernel)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let nbval compare figures, which it leaves out: by their pixels, whatever wrote the file."""
    from figures import pixels_of

    for item in items:
        if type(item).__name__ == "IPyNbCell":
            item.parent.skip_compare = [kind for kind in item.parent.skip_compare if kind != "image/png"]
            item.sanitize = functools.partial(pixels_of, item.sanitize)
    items.sort(key=long_files_first)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file():
    """Look for examples in docstrings of the package alone: reading those of the tests takes seconds a process."""
    found = yield
    return [one for one in found if type(one).__name__ != "DoctestModule"]


LONG = (
    "notebooks",
    "test_fault_wire",
    "test_any_frame",
    "test_docs",
    "test_loading",
    "test_explore",
    "test_gallery",
    "album",
)


def long_files_first(item: pytest.Item) -> int:
    """Files that take longest start first, so that no process waits for the other at the end; the rest as they were."""
    return next((at for at, name in enumerate(LONG) if name in str(item.path)), len(LONG))


# -- time ------------------------------------------------------------------------------------------


@pytest.fixture
def time_machine_at():
    """Set the clock of this process to a moment (UTC); it runs on from there."""
    import time_machine

    with contextlib.ExitStack() as stack:

        def travel(moment: str) -> None:
            stack.enter_context(time_machine.travel(f"{moment}:00+00:00", tick=True))

        yield travel


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: what is tested is that it is tried, not how long that takes."""
    from dtanalytics.apis import transport

    monkeypatch.setattr(transport, "_wait", lambda _state: 0.0)


# -- the fault matrix ------------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter) -> None:
    """Add the faults up that this run injected, from all workers, and print the matrix: a line for each number of seeds."""
    found = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "faults" and report.when == "call"
    ]
    if not found:
        return
    from fault_world import Tally

    faults = collections.defaultdict(Tally)
    for number, tally in found:
        faults[number].add(tally)
    by_seeds = collections.defaultdict(list)
    for tally in faults.values():
        by_seeds[len(tally.seeds)].append(tally)
    for seeds, tallies in sorted(by_seeds.items(), reverse=True):
        whole = Tally()
        for tally in tallies:
            whole.add(vars(tally))
        terminalreporter.write_line(whole.line(len(tallies), seeds))


@pytest.fixture
def own_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics that a test defines are gone after it."""
    importlib.import_module("dtanalytics.metrics.dictionary")
    monkeypatch.setattr(sys.modules["dtanalytics.metrics.dictionary"], "_own", {})
