"""The status of an answer to an error: what the service refuses, and whether to ask again.

Nothing that a service says is quoted: it may repeat the keys, or hold somebody's call.
"""

from __future__ import annotations

import datetime as dt
import http
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

from dtanalytics.apis.httptime import duration, retry_after
from dtanalytics.errors import ApiError, AuthError, RateLimitError

LONGEST_WAIT = 120.0
"""A server that asks for more patience than this gets an error instead [s]."""

_LIMIT = re.compile(rb"limit exceeded|too many requests|rate limit|throttl|quota", re.IGNORECASE)


_HINTS = {
    404: "; check the service's address",
    407: ": the proxy wants a name and a password; set them in HTTPS_PROXY",
    511: ": the network wants somebody to log in first; open a web page in a browser",
}


@dataclass(frozen=True, repr=False)
class Answer:
    """What came: a body that is whole as far as HTTP can tell. Its repr shows nothing of it."""

    body: bytes
    headers: Mapping[str, str]
    status: int = 200


def refusal(service: str, answer: Answer, *, left: float, server_time: dt.datetime | None) -> ApiError | None:
    """What is wrong with the status of an answer; None when it is one with records, or with none.

    Parameters
    ----------
    service : str
        Its name, for the message.
    answer : Answer
        Nothing of it is quoted: it may repeat the keys, or hold somebody's call.
    left : float
        Time that the load still has [s]; a service that asks for more is not waited for.
    server_time : datetime or None
        The service's clock, by which the moment in a ``Retry-After`` is read.

    Returns
    -------
    ApiError or None
        One that may be asked again has the attribute ``wait`` where the service named a time [s].
    """
    status = answer.status
    if status in (200, 204) or (status == 206 and "Content-Range" in answer.headers):
        return None
    limited = status == 429 or (status in (401, 403, 503) and _LIMIT.search(answer.body[:2000]))
    if limited or status == 503:
        return _later(service, answer, bool(limited), left, server_time)
    if status in (401, 403):
        page = "; a web page says so, perhaps of a proxy or a firewall" * _is_page(answer)
        return AuthError(
            f"{service} refuses the credentials (HTTP {status}){page}; check the keys, and that the "
            "account may use this report",
            status=status,
        )
    if 300 <= status < 400 and status != http.HTTPStatus.NOT_MODIFIED:
        return ApiError(
            f"{service} redirects elsewhere (HTTP {status}); not followed, because credentials stay "
            "with their origin: set the service's real address",
            status=status,
        )
    hint = _HINTS.get(status, "")
    return ApiError(
        f"{service} answers HTTP {status}{_phrase(status)}{hint}",
        status=status,
        retryable=status >= 500 or status in (202, 206, 304, 408, 421, 425),
    )


def _later(
    service: str, answer: Answer, limited: bool, left: float, server_time: dt.datetime | None
) -> ApiError:
    """The error for a service that asks to come back: for a while, or until the limit allows it."""
    status, wait = answer.status, retry_after(answer.headers, server_time)
    kind = RateLimitError if limited else ApiError
    if wait is not None and wait > min(LONGEST_WAIT, left):
        return kind(
            f"{service} asks to wait {duration(wait)} (HTTP {status}); ask again then",
            status=status,
        )
    what = "more requests than the account may make" if limited else "unavailable for now"
    error = kind(f"{service}: {what} (HTTP {status})", status=status, retryable=True)
    error.__dict__["wait"] = wait
    return error


def _is_page(answer: Answer) -> bool:
    return answer.body[:200].lstrip()[:1] == b"<"


def _phrase(status: int) -> str:
    """The standard's words for a status, never the service's."""
    try:
        return f" ({http.HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def is_no_http(error: BaseException | None) -> bool:
    """Tell an answer that cannot be read from a connection that was cut (which is an HTTPException, too)."""
    while error is not None and not isinstance(error, HTTPException):
        error = next((item for item in error.args if isinstance(item, BaseException)), error.__cause__)
    return error is not None and not isinstance(error, RemoteDisconnected | IncompleteRead)
