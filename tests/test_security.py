"""Secrets never leave, personal data stays put: what is searched is everything that a load leaves behind."""

from __future__ import annotations

import io
import logging
import os
import pickle
import stat
import subprocess
import sys
import traceback

import pandas as pd
import pytest
from pydantic import SecretStr

import dtanalytics as dta
from dtanalytics.emulator import Credentials, Fault
from dtanalytics.errors import ApiError, AuthError, ConfigError, DtError
from dtanalytics.settings import Settings, origin_of

SECRETS = {
    "access_key": "AKfedcba9876543210",
    "secret_access_key": "SKsecretsecretsecret42",
    "api_key": "XKratelimitratelimit7",
    "bid_token": "BTtokentokentokentoken",
}


@pytest.fixture
def guarded(emulate):
    """Both services with known secrets, and a place where everything that is said is collected."""
    return emulate(credentials=Credentials(**SECRETS))


def assert_no_secret(text):
    """None of the secrets is in a text."""
    assert [name for name, secret in SECRETS.items() if secret in text] == []


def test_no_secret_is_in_the_log_of_any_library_at_debug_level(guarded):
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        dta.load_leadflow("2026-10-05")
        dta.load_bids("2026-10-05")
    finally:
        root.removeHandler(handler)
        root.setLevel(logging.WARNING)

    assert "GET /report" in said.getvalue()
    assert_no_secret(said.getvalue())


def test_no_secret_is_in_a_representation_a_pickle_or_the_attributes_of_a_frame(guarded):
    frame = dta.load_leadflow("2026-10-05")

    assert_no_secret(repr(guarded.settings) + str(guarded.settings) + guarded.settings.model_dump_json())
    assert_no_secret(repr(frame.attrs) + pickle.dumps(frame).decode("latin-1"))


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RESET_MID_BODY, Fault.EXPIRED, Fault.LOGIN_PAGE])
def test_no_secret_is_in_a_traceback_that_prints_every_variable(guarded, no_waiting, fault):
    guarded.inject(fault, times=float("inf"))
    with pytest.raises(DtError) as caught:
        dta.load_leadflow("2026-10-05")
    error = caught.value

    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert_no_secret(shown)
    assert_no_secret(pickle.dumps(error).decode("latin-1"))


def test_an_error_keeps_its_status_when_it_travels_between_processes():
    error = pickle.loads(pickle.dumps(AuthError("no", status=401)))  # noqa: S301  # our own bytes

    assert (type(error), error.status, error.retryable, str(error)) == (AuthError, 401, False, "no")


def test_verbose_tracebacks_of_ipython_show_no_secret(guarded, tmp_path):
    script = (
        "import os\n"
        "from IPython.core.ultratb import VerboseTB\n"
        "import sys\n"
        "import dtanalytics as dta\n"
        "from dtanalytics.apis import transport\n"
        "transport._wait = lambda state: 0\n"
        "try:\n"
        "    dta.load_leadflow('2026-10-05', progress=False)\n"
        "except Exception:\n"
        "    print(VerboseTB(theme_name='nocolor').text(*sys.exc_info()))\n"
    )
    guarded.inject(Fault.RESET_BEFORE_HEADERS, times=float("inf"))
    known = guarded.settings
    environment = {
        **os.environ,
        **{known.variable(name): secret for name, secret in SECRETS.items()},
        known.variable("leadflow_url"): known.leadflow_url,
        known.variable("cache_dir"): str(tmp_path / "other"),
        known.variable("requests_per_minute"): "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        encoding="utf-8",
    )

    assert "no connection to 127.0.0.1" in done.stdout, done.stderr
    assert_no_secret(done.stdout + done.stderr)


def test_no_secret_is_in_an_address_a_name_or_a_file_of_the_cache(guarded):
    dta.load_leadflow("2026-10-05")
    dta.load_bids("2026-10-05")

    asked = "".join(request.path + repr(request.query) for request in guarded.requests)
    assert_no_secret(asked)
    for path in guarded.settings.cache_dir.rglob("*"):
        assert_no_secret(str(path) + (path.read_bytes().decode("latin-1") if path.is_file() else ""))


def test_a_server_that_answers_with_the_credentials_is_not_quoted(guarded, no_waiting, monkeypatch):
    from dtanalytics.emulator.service import faults
    from dtanalytics.emulator.service.httpd import Answer

    said = f'{{"error": "who is {SECRETS["access_key"]}:{SECRETS["secret_access_key"]}?"}}'.encode()
    monkeypatch.setitem(faults.ON_ANSWERS, Fault.ERROR_OBJECT, lambda _answer, _value: Answer(200, said))
    guarded.inject(Fault.ERROR_OBJECT, times=float("inf"))

    with pytest.raises(ApiError, match="the service reports an error") as caught:
        dta.load_leadflow("2026-10-05")
    assert "who is" not in str(caught.value)
    assert_no_secret(str(caught.value))


def test_files_of_the_cache_are_for_their_owner_alone(guarded):
    before = os.umask(0o022)
    try:
        dta.load_leadflow("2026-10-05")
    finally:
        os.umask(before)
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for path in [guarded.settings.cache_dir, *guarded.settings.cache_dir.rglob("*")]
    }

    assert modes == {(True, 0o700), (False, 0o600)}


def test_deprecated_fields_are_never_kept(guarded):
    frame = dta.load_bids("2026-10-05")

    assert not {"call_logging_id", "phone_number"} & set(frame)
    for path in guarded.settings.cache_dir.rglob("*.parquet"):
        assert b"call_logging_id" not in path.read_bytes()


@pytest.mark.parametrize(
    "url", ["http://dialogtechapis.com/x", "ftp://host/x", "https://user:pw@host/x", "//host/x", "host"]
)
def test_credentials_are_refused_to_any_place_but_https_or_this_machine(url):
    with pytest.raises(ConfigError):
        Settings(leadflow_url=url)


@pytest.mark.parametrize("url", ["http://localhost:1/x", "http://127.0.0.1:1/x", "https://host/x"])
def test_loopback_and_https_are_accepted(url):
    assert origin_of(url).startswith(url.split("//")[0])


def test_netrc_is_not_read(guarded, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    assert len(dta.load_leadflow("2026-10-05")) > 0


def test_a_header_is_put_on_requests_to_its_origin_only(guarded):
    import requests

    from dtanalytics.apis.session import OriginAuth

    auth = OriginAuth("https://host:443", {"x-api-key": ("{}", [SecretStr("abcdef")])})
    sent = [
        auth(requests.Request("GET", url).prepare()).headers.get("x-api-key")
        for url in ("https://host/a", "https://HOST:443/b", "https://other/a", "https://host:444/a")
    ]

    assert sent == ["abcdef", "abcdef", None, None]


def test_recordings_are_not_followed_by_a_load(guarded):
    dta.load_leadflow("2026-10-05")

    assert {request.path for request in guarded.requests} == {"/report/v1/leadflow/v2/history"}


def test_every_direct_identifier_is_gone_after_masking(service):
    frame = dta.load_leadflow("2026-10-05").assign()
    masked = dta.calls(frame).mask(key="k")
    values = {
        str(value)
        for name in ("caller_id", "first_name", "last_name", "street_address", "recording_link")
        for value in frame[name].dropna()
    }
    text = masked.to_csv()

    assert len(values) > 10
    assert [value for value in values if f",{value}," in text] == []
    assert pd.testing.assert_series_equal(masked["sid"], frame["sid"]) is None


def test_a_bad_setting_is_not_repeated_in_its_message(monkeypatch):
    monkeypatch.setenv("DTANALYTICS_SETTLE_DAYS", "SKsecretsecretsecret42")

    with pytest.raises(ConfigError, match="DTANALYTICS_SETTLE_DAYS") as caught:
        Settings()
    assert_no_secret(str(caught.value))


def test_an_api_error_is_not_an_empty_frame(guarded, no_waiting):
    guarded.inject(Fault.SERVER_ERROR, times=float("inf"))

    with pytest.raises(ApiError, match="HTTP 503"):
        dta.load_leadflow("2026-10-05")
