"""Try the package without an account: both services on this machine, with two synthetic months."""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr

from dtanalytics.calling.public import public
from dtanalytics.emulator.sample import END, START, sample_calls
from dtanalytics.emulator.service.answers import Credentials
from dtanalytics.emulator.service.quirks import Quirks
from dtanalytics.emulator.service.server import Emulator
from dtanalytics.emulator.world.calls import Calls
from dtanalytics.errors import InputError
from dtanalytics.loading import demonstration
from dtanalytics.settings import Settings, process_wide
from dtanalytics.texts.instants import read_moment
from dtanalytics.window import Window


def sample_file(report: str) -> Path:
    """Path of the saved answer that holds the sample of one report.

    Parameters
    ----------
    report : {"leadflow", "bids"}
        Which report.

    Returns
    -------
    Path
        A ``.json.gz`` that ``dta.read_leadflow`` or ``dta.read_bids`` reads: in the installed package, or in
        the repository's ``data/``.

    Examples
    --------
    >>> sample_file("bids").name
    'bids.json.gz'
    """
    package = Path(__file__).parent
    installed = package / "data" / f"{report}.json.gz"
    return installed if installed.exists() else package.parent / "data" / installed.name


def settings_for(service: Emulator, cache_dir: Path, **other: Any) -> Settings:
    """Settings that ask an emulator, keep a cache of their own, and have no quota."""
    known = service.credentials
    values: dict[str, Any] = {
        "access_key": SecretStr(known.access_key),
        "secret_access_key": SecretStr(known.secret_access_key),
        "api_key": SecretStr(known.api_key),
        "bid_token": SecretStr(known.bid_token),
        "leadflow_url": service.leadflow_url,
        "bids_url": service.bids_url,
        "cache_dir": cache_dir,
        "offline": False,
        "requests_per_minute": 0,
    }
    return Settings(**{**values, **other})


class Demo:
    """Both services on the sample, settings that point at them, and a cache that vanishes.

    Attributes
    ----------
    service : Emulator
        The services; its levers change what they answer.
    calls : Calls
        What they serve; ``calls.truth`` is what is true about it.
    settings : Settings
        In force while the demo runs.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._stack = contextlib.ExitStack()

    def start(self) -> Self:
        """Begin, and last until ``stop()`` or the end of the process: one line at the top of a notebook."""
        self.calls: Calls = sample_calls()
        stack = self._stack
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="dtanalytics-demo-", ignore_cleanup_errors=True)
        )
        self.service = stack.enter_context(Emulator(self.calls, **self._options))
        self.settings = stack.enter_context(process_wide(settings_for(self.service, Path(folder))))
        for service in (self.service.leadflow_url, self.service.bids_url):
            demonstration.SERVED[service] = Window(*map(dt.datetime.fromisoformat, (START, END)))
            stack.callback(demonstration.SERVED.pop, service, None)
        atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """End the services, put the former settings back in force and delete the cache."""
        atexit.unregister(self.stop)
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        """Say what can be loaded."""
        return f"<dtanalytics demo: synthetic calls from {START} to {END} (Eastern), both reports>"


@public
def demo(
    *,
    quirks: Quirks | None = None,
    now: str | datetime | None = None,
    requests_per_window: int = 0,
    window: float = 60.0,
    latency: float = 0.0,
    credentials: Credentials | None = None,
    port: int = 0,
) -> Demo:
    """Run both services on this machine and point every load at them.

    Parameters
    ----------
    quirks : Quirks, optional
        How the services behave where their documents are silent.
    now : str or datetime, optional
        What was known then, Eastern: ``"2026-10-20"``. Everything when left out.
    requests_per_window, window : int, float [s]
        Limit of requests for each service in any ``window``; 0 is off.
    latency : float [s]
        Time before each answer.
    credentials : Credentials, optional
        What the services take.
    port : int
        Port of this machine; 0 takes a free one.

    Returns
    -------
    Demo
        A context manager. In a notebook ``demo = dta.demo().start()`` lasts as long as the kernel.

    Examples
    --------
    >>> import dtanalytics as dta
    >>> with dta.demo() as demo:
    ...     calls = dta.load_leadflow("2026-10-05", progress=False)
    >>> calls["affiliate"].nunique()
    10
    """
    if window <= 0:
        raise InputError(f"window is {window!r}: give the seconds in which requests are counted, such as 60")
    return Demo(
        quirks=quirks,
        now=None if now is None else read_moment(now, "now", None)[0],
        requests_per_window=requests_per_window,
        window=window,
        latency=latency,
        credentials=credentials,
        port=port,
    )
