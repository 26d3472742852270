"""One request until it has a usable answer: auth, limit, retry, deadline, status to error.

What is retried is the whole of get, parse and validate, because a cut body is often only seen when
it does not parse. Credentials go to their origin alone, redirects are not followed, netrc is not read.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests
import tenacity
import urllib3
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from dtanalytics.apis.limiter import Limiter, Stopped
from dtanalytics.errors import ApiError, AuthError, RateLimitError
from dtanalytics.settings import LOOPBACK, origin_of

T = TypeVar("T")
logger = logging.getLogger("dtanalytics")

CONNECTIONS = 16
"""Requests under way at once, at most."""

ATTEMPTS = 6
"""Tries of one request that fails; refusals for the rate limit have ``REFUSALS``."""

REFUSALS = 8
LONGEST_WAIT = 120.0
"""A server that asks for more patience than this gets an error instead [s]."""

MAX_BYTES = 64 * 1024 * 1024
"""No page of 250 records is this large; a body that is, decompressed, is an attack or a fault."""

_CONNECT_TIMEOUT, _READ_TIMEOUT = 10.0, 30.0
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Answer:
    """What came: a body that is whole as far as HTTP can tell."""

    body: bytes
    headers: Mapping[str, str]


class OriginAuth(AuthBase):
    """Headers of secrets, put on requests to one origin and on no others.

    Parameters
    ----------
    origin : str
        As from ``settings.origin_of``.
    headers : mapping of str to (str, list of SecretStr)
        Header -> template with one ``{}`` a secret.
    """

    def __init__(self, origin: str, headers: Mapping[str, tuple[str, list[SecretStr]]]) -> None:
        self._origin = origin
        self._headers = dict(headers)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers when the request goes to the origin."""
        if origin_of(request.url or "") == self._origin:
            for name, (template, secrets) in self._headers.items():
                request.headers[name] = template.format(*(secret.get_secret_value() for secret in secrets))
        return request

    def scrub(self, text: str) -> str:
        """Take the secrets out of a text that a server sent back."""
        for _, secrets in self._headers.values():
            for secret in secrets:
                if len(secret.get_secret_value()) > 3:
                    text = text.replace(secret.get_secret_value(), "***")
        return text


class Transport:
    """Asks one service on behalf of one account; safe to share between threads.

    ``latency`` is the least time that an answer took to begin [s].
    """

    def __init__(self, service: str, auth: OriginAuth, limiter: Limiter, *, deadline: float) -> None:
        self.service = service
        self.limiter = limiter
        self.deadline = deadline
        self.stop = threading.Event()
        self.sent = 0
        self.server_time: dt.datetime | None = None
        self.latency = math.inf
        self._auth = auth
        self._requests: dict[str, requests.PreparedRequest] = {}
        self._session = requests.Session()
        self._session.trust_env = False  # no netrc; what else the environment says is read below, once
        # This machine is reached without a proxy: keys would go to it in clear, and it could not come back.
        own = urlsplit(auth._origin).hostname in LOOPBACK  # noqa: SLF001  # our own
        self._session.proxies = {} if own else dict(requests.utils.get_environ_proxies(auth._origin))  # noqa: SLF001
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        self._session.verify = bundle or True
        self._session.auth = auth
        self._session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})
        self._session.headers["Accept-Encoding"] = "gzip"
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS, max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Call off whatever still runs and drop the connections."""
        self.stop.set()
        self._session.close()

    def get(self, url: str, params: Mapping[str, str], parse: Callable[[Answer], T]) -> T:
        """Ask until the answer parses.

        Parameters
        ----------
        url : str
            Address on the transport's origin.
        params : mapping
            Query; never holds a secret.
        parse : callable
            Turns the answer into what is wanted, or raises an ``ApiError``; a retryable one is
            asked again like a broken connection.

        Raises
        ------
        AuthError, RateLimitError, ApiError
            After the last try, or at once where trying again cannot help.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_worth_another_try),
            stop=_Patience(self.deadline),
            wait=_wait,
            sleep=tenacity.nap.sleep_using_event(self.stop),
            before_sleep=self._log,
            reraise=True,
        )
        for attempt in retrying:
            with attempt:
                return self._once(url, params, parse)
        raise AssertionError("unreachable")  # tenacity raises the last error

    def _once(self, url: str, params: Mapping[str, str], parse: Callable[[Answer], T]) -> T:
        with self.limiter.slot(self.stop):
            if self.stop.is_set():
                raise Stopped
            self.sent += 1
            status, headers, body, failure = self._send(url, params)
        if failure is not None:
            raise failure
        if status not in (200, 206):
            raise self._refusal(status, headers, body)
        try:
            return parse(Answer(body, headers))
        except ApiError as error:  # it may show what the server said, and a server may say what it was sent
            error.args = (self._auth.scrub(str(error)),)
            raise

    def _send(
        self, url: str, params: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes, ApiError | None]:
        """Send once; a failure is returned, so that its traceback holds no frame with a header in it."""
        host = urlsplit(url).hostname
        try:
            request = self._prepared(url).copy()
            # a space as %20, the way the vendor writes it
            request.url = f"{request.url}?{urlencode(params, quote_via=quote)}" if params else request.url
            timeout = (_CONNECT_TIMEOUT, _READ_TIMEOUT)
            with self._session.send(request, stream=True, allow_redirects=False, timeout=timeout) as response:
                self.latency = min(self.latency, response.elapsed.total_seconds())
                self._note_time(response.headers)
                body, failure = self._read(response)
                return response.status_code, response.headers, body, failure
        except requests.exceptions.SSLError:
            return (
                0,
                {},
                b"",
                ApiError(
                    f"{self.service}: no trusted TLS connection to {host}; check the clock, "
                    "the proxy and REQUESTS_CA_BUNDLE"
                ),
            )
        except requests.Timeout:
            what = f"no answer from {host} in {_READ_TIMEOUT:.0f} s"
        except requests.ConnectionError:
            what = f"no connection to {host}, or it was cut"
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            what = f"the answer of {host} broke off ({type(error).__name__})"
        return (
            0,
            {},
            b"",
            ApiError(f"{self.service}: {what}; check the network and try again", retryable=True),
        )

    def _prepared(self, url: str) -> requests.PreparedRequest:
        """A request with its headers; every page differs in its query alone."""
        if url not in self._requests:
            self._requests[url] = self._session.prepare_request(requests.Request("GET", url))
        return self._requests[url]

    def _read(self, response: requests.Response) -> tuple[bytes, ApiError | None]:
        """Read the body as it comes, within a size and a time."""
        end = time.monotonic() + min(self.deadline, 2 * _READ_TIMEOUT)
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(_CHUNK, decode_content=True):
            parts.append(part)
            size += len(part)
            if size > MAX_BYTES:
                return b"", ApiError(
                    f"{self.service}: the answer is larger than {MAX_BYTES >> 20} MiB; refused"
                )
            if time.monotonic() > end:
                return b"", ApiError(f"{self.service}: the answer drips; given up", retryable=True)
            if self.stop.is_set():
                raise Stopped
        return b"".join(parts), None

    def _note_time(self, headers: Mapping[str, str]) -> None:
        stamp = email.utils.parsedate_tz(headers.get("Date", ""))
        if stamp is not None:
            self.server_time = dt.datetime.fromtimestamp(email.utils.mktime_tz(stamp), dt.UTC)

    def _refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
        said = self._auth.scrub(" ".join(body[:200].decode("utf-8", "replace").split()))
        if status in (401, 403):
            return AuthError(
                f"{self.service} refuses the credentials (HTTP {status}); check the keys, and that the "
                "account may use this report",
                status=status,
            )
        if status == 429:
            error = RateLimitError(
                f"{self.service}: more requests than the account may make (HTTP 429)",
                status=429,
                retryable=True,
            )
            wait = retry_after(headers, self.server_time)
            if wait is not None and wait > LONGEST_WAIT:
                return RateLimitError(
                    f"{self.service} asks to wait {_duration(wait)} (HTTP 429); ask again then", status=429
                )
            error.__dict__["wait"] = wait
            return error
        if 300 <= status < 400:
            target = urlsplit(headers.get("Location", "")).hostname or "an unnamed place"
            return ApiError(
                f"{self.service} redirects to {target}; not followed, because credentials stay with their "
                "origin: set the service's real address",
                status=status,
            )
        retryable = status >= 500 or status == 408
        return ApiError(f"{self.service} answers HTTP {status}: {said}", status=status, retryable=retryable)

    def _log(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        logger.info("%s; try %d, again in %.1f s", error, state.attempt_number, wait)


def retry_after(headers: Mapping[str, str], now: dt.datetime | None = None) -> float | None:
    """Seconds that a ``Retry-After`` asks for; None when absent, malformed or negative.

    Examples
    --------
    >>> retry_after({"Retry-After": "2"}), retry_after({"Retry-After": "soon"})
    (2.0, None)
    """
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    moment = email.utils.parsedate_tz(text)
    if moment is None:
        return None
    now = now or dt.datetime.now(dt.UTC)
    wait = email.utils.mktime_tz(moment) - now.timestamp()
    return wait if wait >= 0 else None


def _worth_another_try(error: BaseException) -> bool:
    return isinstance(error, ApiError) and error.retryable


def _wait(state: tenacity.RetryCallState) -> float:
    """As long as the server asked, else exponential; both with jitter, so that readers spread."""
    error = state.outcome.exception() if state.outcome else None
    asked: float | None = getattr(error, "wait", None)
    if asked is not None:
        return asked + tenacity.wait_random(0.05, 0.5)(state)
    most = 30.0 if isinstance(error, RateLimitError) else 5.0
    return tenacity.wait_random_exponential(multiplier=0.5, max=most)(state) + 0.1


class _Patience(tenacity.stop.stop_base):
    """Give up after so many tries, or when the next wait would pass the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def __call__(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        tries = REFUSALS if isinstance(error, RateLimitError) else ATTEMPTS
        passed = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        return state.attempt_number >= tries or passed > self._deadline


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.0f} h" if seconds >= 7200 else f"{seconds:.0f} s"


def transport_for(
    service: str,
    url: str,
    headers: Mapping[str, tuple[str, list[SecretStr]]],
    limiter: Limiter,
    deadline: float,
) -> Transport:
    """A transport whose credentials belong to the origin of ``url``."""
    return Transport(service, OriginAuth(origin_of(url), headers), limiter, deadline=deadline)


def text(params: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters as text, without those that are None."""
    return {name: str(value) for name, value in params.items() if value is not None}
