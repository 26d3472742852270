"""The HTTP session of one service: credentials go to its origin alone, connections can be ended."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.auth import AuthBase

from dtanalytics.apis.deadline import DeadlineAdapter
from dtanalytics.settings import LOOPBACK, origin_of


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
        self.origin = origin
        self._headers = dict(headers)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers when the request goes to the origin."""
        if origin_of(request.url or "") == self.origin:
            for name, (template, secrets) in self._headers.items():
                request.headers[name] = template.format(*(secret.get_secret_value() for secret in secrets))
        return request


class _Session(requests.Session):
    """A session that keeps no cookies and does not even read where an answer redirects to."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request by the adapter alone: what else requests does for each takes a tenth of a load."""
        begun = time.perf_counter()
        options.setdefault("proxies", self.proxies)
        response = self.get_adapter(request.url or "").send(request, verify=self.verify or True, **options)
        response.elapsed = dt.timedelta(seconds=time.perf_counter() - begun)
        return response


def session_for(auth: OriginAuth, connections: int) -> requests.Session:
    """A session for the origin of the credentials, through the proxy that the environment names for it."""
    session = _Session()
    session.trust_env = False  # no netrc; what else the environment says is read here, once
    # This machine is reached without a proxy: keys would go to it in clear, and it could not come back.
    own = urlsplit(auth.origin).hostname in LOOPBACK
    session.proxies = {} if own else dict(requests.utils.get_environ_proxies(auth.origin))
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.auth = auth
    session.headers.update({"Content-Type": "application/json", "Accept": "application/json"})
    session.headers["Accept-Encoding"] = "gzip"
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session
