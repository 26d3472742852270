"""Requests: as many side by side as the latency of the service asks for, each sent again by itself."""

import math
import threading
import time
from types import SimpleNamespace

import pytest

import dtanalytics as dta
from dtanalytics.apis.request_pool import RequestPool
from dtanalytics.emulator import Fault, Quirks


def thread_of_a_request():
    time.sleep(0.01)
    return threading.current_thread().name


@pytest.mark.parametrize(("latency", "lanes"), [(0.0004, 2), (0.006, 4), (0.150, 16), (math.inf, 16)])
def test_a_slow_service_is_asked_by_more_threads_than_a_quick_one(latency, lanes):
    """One for each 2 ms and one more, never one alone and never more than 16."""
    with RequestPool(SimpleNamespace(latency=latency), "test") as pool:
        asked = [pool.submit(thread_of_a_request) for _ in range(64)]

        assert len({future.result() for future in asked}) == lanes


def test_nothing_is_asked_once_the_load_is_called_off():
    pool = RequestPool(SimpleNamespace(latency=0.01), "test")
    pool.shutdown()

    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(thread_of_a_request)


def test_a_request_that_fails_is_sent_again_by_itself_and_not_with_its_whole_window(emulate):
    """One answer of five is a 503: one request more than without it, or the walk would have begun anew."""
    service = emulate(quirks=Quirks(page_cap=60))
    sent = [0]
    for number in range(3):  # the first finds out how pages are numbered, the third meets the fault
        if number == 2:
            service.inject(Fault.SERVER_ERROR, at=4, times=1, report="leadflow", value=503)
        dta.load_leadflow("2026-10-05", "2026-10-08", refresh=True, progress=False)
        sent.append(len(service.requests))

    assert service.fired[Fault.SERVER_ERROR] == 1
    assert sent[3] - sent[2] == sent[2] - sent[1] + 1
