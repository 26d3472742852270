"""Addresses of the services: the vendor's own, and which other ones may be given credentials."""

from __future__ import annotations

import functools
import ipaddress
import re
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from dtanalytics.errors import ConfigError

LEADFLOW_URL = "https://dialogtechapis.com/report/v1/leadflow/v2/history"
BIDS_URLS = {
    "v2": "https://api.ifbyphone.com/v2/user/bid-management",
    "v3": "https://api.dialogtech.com/v3/user/bid-management",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that are this machine: plain http is safe there, and a proxy never stands between."""

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*", re.ASCII)
_SHAPE = "an address of a service must look like https://host/path"


def on_this_machine(url: str | None) -> bool:
    """Tell whether an address is this machine's, where an emulator answers and no account's service.

    Examples
    --------
    >>> on_this_machine("http://127.0.0.1:8080/history"), on_this_machine(LEADFLOW_URL)
    (True, False)
    """
    return url is not None and (urlsplit(url).hostname or "").lower() in LOOPBACK


@functools.lru_cache(maxsize=32)
def origin_of(url: str) -> str:
    """Scheme, host and port of an address that may be given credentials.

    Raises
    ------
    ConfigError
        When it is neither https nor http on this machine, carries a user name, or is no address.

    Examples
    --------
    >>> origin_of("https://Example.com/report?x=1")
    'https://example.com:443'
    """
    parts, port = _split(url)
    host = (parts.hostname or "").lower()
    if not host or "@" in parts.netloc:
        raise ConfigError(f"{_SHAPE}, without a user name")
    if not _is_host(host, bracketed="[" in parts.netloc):
        raise ConfigError(f"{_SHAPE}; its host is no name and no IP address (other scripts as xn--…)")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ConfigError(
            f"{parts.scheme}://{host[:60]} is refused: credentials go over https only "
            "(http on this machine only)"
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{port or (443 if parts.scheme == 'https' else 80)}"


def read_address(value: Any) -> str:
    """Read an address of a service, without a slash at its end.

    Raises
    ------
    ValueError
        When it is none that may be given credentials, or carries a query or a fragment.
    """
    if not isinstance(value, str):
        raise TypeError("no text; give an address such as https://host/path")
    url = value.strip()
    try:
        origin_of(url)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    if "?" in url or "#" in url:
        raise ValueError(
            f"{_SHAPE}, without a query (?) or a fragment (#): both are added as they are needed"
        )
    return url.rstrip("/")


def is_vendor(url: str) -> bool:
    """Tell whether an address is on one of the vendor's own origins."""
    return origin_of(url) in {origin_of(vendor) for vendor in (LEADFLOW_URL, *BIDS_URLS.values())}


def with_path(url: str, vendor: str) -> str:
    """Give an address that has no path the vendor's."""
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + urlsplit(vendor).path


def _split(url: str) -> tuple[SplitResult, int | None]:
    if not url.isprintable() or " " in url or "\\" in url:
        raise ConfigError(f"{_SHAPE}, without white space, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(f"{_SHAPE}: its brackets or its port (1 to 65535) cannot be read") from None
    if port == 0 or parts.netloc.rpartition("]")[2].endswith(":"):
        raise ConfigError(f"{_SHAPE}: its port must be 1 to 65535")
    return parts, port


def _is_host(host: str, *, bracketed: bool) -> bool:
    if bracketed:
        with suppress(ValueError):
            return bool(ipaddress.IPv6Address(host))
        return False
    return len(host) <= 253 and _HOST.fullmatch(host.removesuffix(".")) is not None
