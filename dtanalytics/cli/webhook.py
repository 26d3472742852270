"""Tell a chat, at an address of the user's own: https, no redirects, nobody's number."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

from dtanalytics.errors import ApiError, ConfigError

_TIMEOUT = (5.0, 15.0)  # to connect, to answer [s]


def checked(url: str) -> str:
    """Return the address of a webhook, or raise ConfigError; the address itself is a secret.

    Examples
    --------
    >>> checked("https://chat.example.com/hooks/abc")
    'https://chat.example.com/hooks/abc'
    """
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if not good:
        raise ConfigError(
            "the webhook is no https address: pass all of it, such as https://chat.example.com/hooks/..., "
            "without a user's name in it"
        )
    return url.strip()


def plain(text: str) -> str:
    """Text in one line that no chat takes for markup or for a call to everybody.

    Examples
    --------
    >>> plain("<!channel> & @here")
    '&lt;!channel&gt; &amp; @\u200bhere'
    """
    escaped = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", "@\u200b")


def post(url: str, message: dict[str, Any]) -> None:
    """Send a message as JSON.

    Raises
    ------
    ConfigError
        The address is not https.
    ApiError
        Nobody answered there, or with anything but success. The address is not quoted: it is a secret.
    """
    import requests

    address = checked(url)
    host = urlsplit(address).hostname
    session = requests.Session()
    session.trust_env = False  # no netrc
    session.proxies = dict(requests.utils.get_environ_proxies(address))
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    try:
        with session:
            answer = session.post(address, json=message, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        kind = type(error).__name__
        told = f"the webhook at {host} cannot be reached ({kind}): see that it is up"
        raise ApiError(told, retryable=True) from None
    if not 200 <= answer.status_code < 300:
        told = f"the webhook at {host} answered with status {answer.status_code}: make a new one there"
        raise ApiError(told, status=answer.status_code)
