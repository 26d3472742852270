"""Requests side by side: as many as the latency of the service asks for."""

import math
import threading
import time
from types import SimpleNamespace

import pytest

from dtanalytics.apis.client import Lanes


def thread_of_a_request():
    time.sleep(0.01)
    return threading.current_thread().name


@pytest.mark.parametrize(("latency", "lanes"), [(0.0004, 2), (0.006, 4), (0.150, 16), (math.inf, 16)])
def test_a_slow_service_is_asked_by_more_threads_than_a_quick_one(latency, lanes):
    """One for each 2 ms and one more, never one alone and never more than 16."""
    with Lanes(SimpleNamespace(latency=latency), "test") as pool:
        asked = [pool.submit(thread_of_a_request) for _ in range(64)]

        assert len({future.result() for future in asked}) == lanes


def test_nothing_is_asked_once_the_load_is_called_off():
    pool = Lanes(SimpleNamespace(latency=0.01), "test")
    pool.shutdown()

    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(thread_of_a_request)
