"""What is said when something goes wrong: the true reason, nobody's number, and not too much of it."""

from __future__ import annotations

import traceback

import pytest

import dtanalytics as dta
from dtanalytics.demo import settings_for
from dtanalytics.emulator import Emulator, Fault, Quirks, generate
from dtanalytics.errors import ApiError, ConfigError, IncompleteError, InputError, SchemaError
from dtanalytics.settings import Settings

FOREVER = float("inf")
WINDOW = ("2026-10-01", "2026-10-03")


@pytest.fixture(scope="module")
def calls():
    return generate(leadflow=60, bids=60, start="2026-10-01", end="2026-10-03", seed=5)


@pytest.fixture
def asked(calls, tmp_path, monkeypatch):
    """Load from a service with a fault that never ends, within a few seconds, and give the error."""
    from dtanalytics.apis import transport

    monkeypatch.setattr(transport, "_wait", lambda _state: 0.0)

    def load(kind, fault, value, report="leadflow", deadline=5.0):
        loader = dta.load_leadflow if report == "leadflow" else dta.load_bids
        with Emulator(calls) as service:
            service.inject(fault, times=FOREVER, value=value)
            settings = settings_for(service, tmp_path, deadline=deadline)
            with pytest.raises(kind) as caught:
                loader(*WINDOW, settings=settings, progress=False)
        return str(caught.value)

    return load


def test_a_redirect_to_what_is_no_address_is_a_redirect(asked):
    """The address is not read, so it cannot be what fails."""
    assert "redirects elsewhere (HTTP 302)" in asked(
        ApiError, Fault.INSTEAD, (302, b"", {"Location": "http://[::1"})
    )


def test_who_refuses_is_said_as_far_as_it_shows(asked):
    """A firewall's page is not taken for the service's word about the keys, nor a proxy's for the service's."""
    assert "perhaps of a proxy or a firewall" in asked(
        ApiError, Fault.INSTEAD, (403, b"\n<html>Blocked</html>", {})
    )
    assert "firewall" not in asked(ApiError, Fault.INSTEAD, (403, b'{"message": "Forbidden"}', {}))
    assert "HTTPS_PROXY" in asked(ApiError, Fault.INSTEAD, (407, b"", {}))


def test_what_is_no_http_is_not_called_a_broken_connection(asked):
    """Another protocol, and headers beyond what anybody sends."""
    said = asked(ApiError, Fault.BYTES, lambda _head, body: b"HTTP/1.1 abc OK\r\n\r\n" + body)
    assert "what 127.0.0.1 answers is no HTTP" in said
    said = asked(ApiError, Fault.BYTES, lambda head, body: head[:-2] + b"X-A: 1\r\n" * 300 + b"\r\n" + body)
    assert "what 127.0.0.1 answers is no HTTP, or its headers are too long" in said


def test_an_answer_that_does_not_begin_in_time_is_not_called_a_broken_connection(asked):
    """Somebody who reads that the connection was cut looks at the wrong end."""
    assert "no answer from 127.0.0.1 in " in asked(ApiError, Fault.HEADER_TIMEOUT, 30.0, deadline=2.0)


def test_a_time_that_no_calendar_has_is_shown(asked):
    """The shape alone, 9999-99-99 99:99:99, looks right."""
    said = asked(SchemaError, Fault.BODY, lambda body: body.replace(b"2026-10-01", b"2026-02-30"))
    assert 'is "2026-02-30 ' in said


def test_a_range_of_telephone_numbers_is_not_quoted(asked):
    """Numbers beyond any count of calls may be anything."""
    said = asked(IncompleteError, Fault.RANGE_MALFORMED, "2125550101-2125550102/2125550103", "bids")
    assert "Content-Range" in said
    assert "2125550" not in said


def test_what_did_not_add_up_is_said_when_the_time_is_over(tmp_path):
    """A service that gives one record of any question is asked for less and less, until the time is over."""
    many = generate(leadflow=3000, start="2026-10-01", end="2026-10-03", seed=5)
    with Emulator(many, quirks=Quirks(result_cap=1), latency=0.02) as service:
        settings = settings_for(service, tmp_path, deadline=2.5)
        with pytest.raises(ApiError, match=r"DTANALYTICS_DEADLINE.*did not come before"):
            dta.load_leadflow(*WINDOW, settings=settings, progress=False)


def test_a_memory_limit_without_a_unit_is_refused_before_anything_is_done():
    """DuckDB would say so when the scan is used for the first time, in an error of its own."""
    with pytest.raises(InputError, match="such as '2GB'"):
        dta.scan("leadflow", "2026-10-05", memory_limit="1e9", offline=True)


def test_the_last_days_are_not_counted_backwards():
    """A minus is no hyphen between words: 'last -1 days' is not the last day."""
    with pytest.raises(InputError):
        dta.load_leadflow("last -1 days")


def test_a_message_quotes_no_text_of_100_kb():
    """A whole file in the place of a name is a mistake that a notebook has to survive."""
    with pytest.raises(InputError) as caught:
        dta.scan("a" * 100_000, "2026-10")
    assert len(str(caught.value)) < 5_000


def test_an_unknown_setting_beside_a_key_shows_no_key():
    """No variable of the package holds the key when the error is shown with all variables."""
    with pytest.raises(ConfigError) as caught:
        Settings(access_key="AK-made-up-8472", acess_key="x")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame.locals for frame in shown.stack if "dtanalytics/settings" in frame.filename]
    assert ours
    assert "8472" not in str(ours)
