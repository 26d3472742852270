"""One request until it has a usable answer: auth, limit, retry, time limit, status to error.

What is retried is the whole of get, parse and validate, because a cut body is often only seen when
it does not parse. Credentials go to their origin alone, redirects are not followed, netrc is not read.
Nothing that a service says is quoted: it may repeat the keys, or hold somebody's call.
"""

from __future__ import annotations

import copy
import datetime as dt
import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import requests
import tenacity
import urllib3
from pydantic import SecretStr

from dtanalytics.apis import bodies
from dtanalytics.apis.deadline import Deadline, Exchange
from dtanalytics.apis.httptime import moment_of
from dtanalytics.apis.limiter import Limiter, Stopped
from dtanalytics.apis.refusals import Answer, is_no_http, refusal
from dtanalytics.apis.session import OriginAuth, session_for
from dtanalytics.apis.workers import without_frames
from dtanalytics.errors import ApiError, RateLimitError
from dtanalytics.settings import origin_of

T = TypeVar("T")
logger = logging.getLogger("dtanalytics")

CONNECTIONS = 16
"""Requests under way at once, at most."""

ATTEMPTS = 6
"""Tries of one request that fails; refusals for the rate limit have ``RATE_LIMIT_ATTEMPTS``."""

RATE_LIMIT_ATTEMPTS = 8
SILENCE_LIMIT = 25.0
"""A service that has given no usable answer for so long, and asked for no patience, is down [s]."""

_CONNECT_TIMEOUT, _READ_TIMEOUT, _BODY_TIMEOUT = 10.0, 12.0, 60.0


class Transport:
    """Asks one service on behalf of one account, for one load; safe to share between threads.

    ``latency`` is the least time that an answer took to begin [s]; ``doubt`` is why answers are asked again.
    """

    def __init__(self, service: str, auth: OriginAuth, limiter: Limiter, *, deadline: float) -> None:
        self.service = service
        self.limiter = limiter
        self.deadline = Deadline(deadline)
        self.stop = self.deadline.stop
        self.sent = 0
        self.server_time: dt.datetime | None = None
        self.latency = math.inf
        self.doubt = ""
        self._last_usable = time.monotonic()
        self._begun: dict[int, float] = {}
        self._failure: ApiError | None = None
        self._auth = auth
        self._host = urlsplit(auth.origin).hostname
        self._requests: dict[str, requests.PreparedRequest] = {}
        self._session = session_for(auth, CONNECTIONS)
        self._bundle = self._session.verify if isinstance(self._session.verify, str) else None

    def close(self) -> None:
        """Call off whatever still runs and drop the connections."""
        self.deadline.close()
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
            stop=self._enough,
            wait=_wait,
            sleep=tenacity.nap.sleep_using_event(self.stop),
            before_sleep=self._log,
            reraise=True,
        )
        try:
            for attempt in retrying:
                with attempt:
                    return self._once(url, params, parse)
        finally:
            self._begun.pop(threading.get_ident(), None)
        raise AssertionError("unreachable")  # tenacity raises the last error

    def _once(self, url: str, params: Mapping[str, str], parse: Callable[[Answer], T]) -> T:
        result, failure = self._try(url, params, parse)
        if failure is not None:
            raise failure
        return result  # type: ignore[return-value]

    def _try(
        self, url: str, params: Mapping[str, str], parse: Callable[[Answer], T]
    ) -> tuple[T | None, BaseException | None]:
        """Ask once; a failure is returned, so that its traceback holds no frame with an answer in it."""
        failure: BaseException | None
        try:
            with self.limiter.slot(self.stop, self._waited):
                if self.stop.is_set():
                    return None, Stopped()
                self._begun.setdefault(threading.get_ident(), time.monotonic())
                self.sent += 1
                answer, failure = self._send(url, params)
            if failure is None:
                failure = self._refused(answer)
            if failure is None:
                result = parse(answer)
                self._last_usable = time.monotonic()
                self._failure = None
                return result, None
        except Stopped as stopped:
            return None, stopped
        except Exception as error:  # noqa: BLE001  # an answer may be made to break anything
            failure = without_frames(error)
        if isinstance(failure, ApiError):
            if failure.status is None and self.deadline.left() < 0.1:
                failure = self._failure or self._too_late()  # broken off here: what was before is the reason
            self._failure = failure
        return None, failure

    def _send(self, url: str, params: Mapping[str, str]) -> tuple[Answer, ApiError | None]:
        nothing = Answer(b"", {}, 0)
        if self._bundle and not Path(self._bundle).exists():
            what = f"REQUESTS_CA_BUNDLE names {self._bundle}, where nothing is"
            return nothing, ApiError(f"{self.service}: {what}; correct or unset it")
        first = max(0.0, self._first_byte())
        with self.deadline.exchange(first) as exchange:
            try:
                request = copy.copy(self._prepared(url))
                # a space as %20, the way the vendor writes it
                request.url = f"{request.url}?{urlencode(params, quote_via=quote)}" if params else request.url
                timeout = (min(_CONNECT_TIMEOUT, first + 0.01), first + 0.01)
                with self._session.send(request, stream=True, timeout=timeout) as response:
                    self.latency = min(self.latency, response.elapsed.total_seconds())
                    self._note_time(response.headers)
                    answer, failure = self._read(response, exchange)
                    if not exchange.late:  # else its end is no end
                        return answer, failure
                    what = f"the answer of {self._host} took too long"
            except requests.exceptions.SSLError:
                bundle = f", and that {self._bundle} (REQUESTS_CA_BUNDLE) is right" if self._bundle else ""
                what = f"no trusted TLS connection to {self._host}; check the clock and the proxy{bundle}"
                return nothing, ApiError(f"{self.service}: {what}")
            except requests.Timeout:
                what = f"no answer from {self._host} in {first:.2g} s"
            except requests.ConnectionError as error:
                what = f"no connection to {self._host}, or it was cut"
                if exchange.late:
                    what = f"no answer from {self._host} in {first:.2g} s"
                elif is_no_http(error):
                    what = f"what {self._host} answers is no HTTP, or its headers are too long"
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                what = f"the answer of {self._host} broke off ({type(error).__name__})"
        return nothing, ApiError(f"{self.service}: {what}; check the network and try again", retryable=True)

    def _read(self, response: requests.Response, exchange: Exchange) -> tuple[Answer, ApiError | None]:
        """Read the body as it comes, within a size and a time."""
        exchange.end = time.monotonic() + min(_BODY_TIMEOUT, max(0.0, self.deadline.left()))
        try:
            body = bodies.read(response.raw, response.headers, self._note_bytes)
        except bodies.UnusableError as error:
            return Answer(b"", {}, 0), ApiError(f"{self.service}: {error}", retryable=error.retryable)
        return Answer(body, response.headers, response.status_code), None

    def _note_bytes(self) -> None:
        """Note that bytes came: a slow service is not down."""
        if self.stop.is_set():
            raise Stopped
        self._last_usable = time.monotonic()

    def _prepared(self, url: str) -> requests.PreparedRequest:
        """A request with its headers; every page differs in its query alone."""
        if url not in self._requests:
            self._requests[url] = self._session.prepare_request(requests.Request("GET", url))
        return self._requests[url]

    def _note_time(self, headers: Mapping[str, str]) -> None:
        stamp = moment_of(headers.get("Date", ""))
        if stamp is not None:
            self.server_time = dt.datetime.fromtimestamp(stamp, dt.UTC)

    def clock_lead(self) -> dt.timedelta:
        """How far this machine's clock is ahead of the service's, which says when a day is over."""
        lead = dt.datetime.now(dt.UTC) - self.server_time if self.server_time else dt.timedelta(0)
        return lead if lead > dt.timedelta(minutes=1) else dt.timedelta(0)

    def _refused(self, answer: Answer) -> ApiError | None:
        """What is wrong with the status of an answer; to be asked to wait shows that the service is there."""
        error = refusal(self.service, answer, left=self.deadline.left(), server_time=self.server_time)
        wait = getattr(error, "wait", None)
        if error is not None and error.retryable and (wait or isinstance(error, RateLimitError)):
            self._last_usable = max(self._last_usable, time.monotonic() + (wait or 0.0))
        return error

    def _waited(self, since: float) -> None:
        """Count a wait for the account's own quota neither as the load's time nor as silence."""
        self.deadline.exclude_wait(since)
        self._last_usable = time.monotonic()

    def _first_byte(self) -> float:
        """Seconds until an answer has to begin: in a first try fewer, so that there is time for another."""
        begun = self._begun.get(threading.get_ident(), 0.0)
        if time.monotonic() - begun < 1.0:
            return min(_READ_TIMEOUT, 0.45 * self.deadline.seconds, self._patience())
        return self._patience()

    def _patience(self) -> float:
        """Seconds that a request of this thread may still take [s]."""
        begun = self._begun.get(threading.get_ident(), time.monotonic())
        return min(self.deadline.left(), max(self._last_usable, begun) + SILENCE_LIMIT - time.monotonic())

    def _enough(self, state: tenacity.RetryCallState) -> bool:
        """Give up after so many tries, or when the next wait would pass the time that there is."""
        error = state.outcome.exception() if state.outcome else None
        limited = isinstance(error, RateLimitError)
        tries = RATE_LIMIT_ATTEMPTS if limited else ATTEMPTS
        return state.attempt_number >= tries or state.upcoming_sleep >= (
            self.deadline.left() if limited or getattr(error, "wait", None) else self._patience()
        )

    def overdue(self) -> ApiError | None:
        """The error when the time of the load is over, or nothing has been heard for too long; else None."""
        now = time.monotonic()
        begun = min(list(self._begun.values()), default=now)
        quiet = now - max(self._last_usable, begun)
        if self.deadline.left() > -0.3 and quiet < SILENCE_LIMIT + 2:
            return None
        return self._failure or self._too_late()

    def _too_late(self) -> ApiError:
        doubt = f"; what came did not add up: {self.doubt}" if self.doubt else ""
        return ApiError(
            f"{self.service}: not everything came within {self.deadline.seconds:.0f} s "
            f"(DTANALYTICS_DEADLINE); load again, later or with more time{doubt}",
            retryable=True,
        )

    def _log(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        logger.info("%s; try %d, again in %.1f s", error, state.attempt_number, wait)


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
