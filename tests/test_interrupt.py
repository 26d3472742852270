"""Ctrl-C, and the proxies of the environment, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import dtanalytics as dta
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator, Fault, generate

LOAD = """
import sys, pathlib
import dtanalytics as dta
from dtanalytics.settings import Settings
settings = Settings(
    access_key="emulated-access-key", secret_access_key="emulated-secret-key", api_key="emulated-api-key",
    bid_token="emulated-bid-token", leadflow_url=sys.argv[1], cache_dir=pathlib.Path(sys.argv[2]),
    requests_per_minute=0,
)
print("ready", flush=True)
print(len(dta.load_leadflow("2026-10-01", "2026-10-04", settings=settings, progress=False)))
"""
FOREVER = float("inf")


@pytest.fixture
def service():
    with Emulator(generate(leadflow=300, start="2026-10-01", end="2026-10-04", seed=2)) as emulator:
        yield emulator


def started(service, folder, **environment):
    """A process that loads from the service."""
    return subprocess.Popen(
        [sys.executable, "-c", LOAD, service.leadflow_url, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    ("fault", "value"),
    [(Fault.HEADER_TIMEOUT, 60.0), (Fault.DRIP_CHUNKS, 0.05), (Fault.TOO_MANY_SECONDS, 60)],
    ids=["silence", "drip", "asked-to-wait"],
)
def test_ctrl_c_ends_a_load_within_a_second_whatever_it_waits_for(service, tmp_path, fault, value):
    service.inject(fault, times=FOREVER, value=value)
    process = started(service, tmp_path)
    assert process.stdout.readline() == "ready\n"
    end = time.monotonic() + 60
    while not (service.requests or service.fired) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    begun = time.monotonic()
    _, said = process.communicate(timeout=30)

    # the interpreter's own end takes part of it on a machine that is busy
    assert time.monotonic() - begun < 1.0 + 2.0 * busy()
    assert "KeyboardInterrupt" in said
    assert "emulated-access-key" not in said


def busy():
    """1 where more processes want to run than there are processors, else 0 (a load average, not a time)."""
    return float(os.getloadavg()[0] > (os.cpu_count() or 1))


class Proxy(BaseHTTPRequestHandler):
    """Notes what is asked of it, and refuses."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.send_error(502)

    do_CONNECT = do_GET  # noqa: N815  # the name that http.server calls

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def elsewhere(folder):
    """Settings that ask a host which does not exist."""
    keys = dict.fromkeys(("access_key", "secret_access_key", "api_key"), "a-secret-key-of-mine")
    return dta.settings.Settings(
        **keys, leadflow_url="https://calls.invalid", cache_dir=folder, requests_per_minute=0, deadline=3.0
    )


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_loopback_is_reached_without_the_proxy_of_the_environment(
    service, proxy, tmp_path, monkeypatch, name
):
    monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
    calls = dta.load_leadflow(
        "2026-10-01", "2026-10-04", settings=settings_for(service, tmp_path), progress=False
    )

    assert len(calls) == 300
    assert proxy.asked == []


def test_a_proxy_of_the_environment_is_used_for_other_hosts_and_sees_no_key(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    settings = elsewhere(tmp_path)
    with pytest.raises(dta.errors.DtError):
        dta.load_leadflow("2026-10-01", "2026-10-02", settings=settings, progress=False)

    assert {path for path, _ in proxy.asked} == {"calls.invalid:443"}
    assert "secret" not in str(proxy.asked)


def test_hosts_that_the_environment_excepts_are_not_asked_through_the_proxy(proxy, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", "calls.invalid")
    settings = elsewhere(tmp_path)
    with pytest.raises(dta.errors.DtError, match="no connection to"):
        dta.load_leadflow("2026-10-01", "2026-10-02", settings=settings, progress=False)

    assert proxy.asked == []
