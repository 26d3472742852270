"""What the user configured: environment first, then ``.env``; secrets stay wrapped.

A credential belongs to one origin: https anywhere, plain http on this machine only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dtanalytics.errors import ConfigError

LEADFLOW_URL = "https://dialogtechapis.com/report/v1/leadflow/v2/history"
BIDS_URLS = {
    "v2": "https://api.ifbyphone.com/v2/user/bid-management",
    "v3": "https://api.dialogtech.com/v3/user/bid-management",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_ENVIRONMENT = {
    "access_key": "DIALOGTECH_ACCESS_KEY",
    "secret_access_key": "DIALOGTECH_SECRET_ACCESS_KEY",
    "api_key": "DIALOGTECH_API_KEY",
    "bid_token": "DIALOGTECH_BID_TOKEN",
    "leadflow_url": "DTANALYTICS_LEADFLOW_URL",
    "bids_url": "DTANALYTICS_BIDS_URL",
    "cache_dir": "DTANALYTICS_CACHE_DIR",
    "offline": "DTANALYTICS_OFFLINE",
    "requests_per_minute": "DTANALYTICS_REQUESTS_PER_MINUTE",
    "settle_days": "DTANALYTICS_SETTLE_DAYS",
    "bids_timezone": "DTANALYTICS_BIDS_TIMEZONE",
    "deadline": "DTANALYTICS_DEADLINE",
    "mask_key": "DTANALYTICS_MASK_KEY",
}


def _setting(name: str, default: Any = None, **options: Any) -> Any:
    alias = AliasChoices(name, _ENVIRONMENT[name])
    if "default_factory" not in options:
        options["default"] = default
    return Field(validation_alias=alias, **options)


def _user_cache() -> Path:
    return platformdirs.user_cache_path("dtanalytics")


class Settings(BaseSettings):
    """Where the services are, who asks, and where the cache lives.

    Every field can be given by name or by its environment variable (``Settings.variable(name)``).

    Attributes
    ----------
    access_key, secret_access_key, api_key : SecretStr or None
        LeadFlow's two keys and its rate-limit key; Bid Management v3 uses the first two.
    bid_token : SecretStr or None
        Bid Management v2's token.
    leadflow_url, bids_url : str or None
        Other addresses of the services; an address without a path gets the vendor's path.
    cache_dir : Path
        Folder of the cache; it holds telephone numbers.
    offline : bool
        Never ask a service; days that are not cached raise.
    requests_per_minute : float
        Ceiling of each service and account [1/min]; 0 turns it off.
    settle_days : int
        A day is final that many days after its end [d].
    bids_timezone : str
        Zone in which Bid Management writes its clocks.
    deadline : float
        Longest time for one request, repetitions included [s].
    mask_key : SecretStr or None
        Key of the pseudonyms that ``df.calls.mask()`` makes.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    access_key: SecretStr | None = _setting("access_key")
    secret_access_key: SecretStr | None = _setting("secret_access_key")
    api_key: SecretStr | None = _setting("api_key")
    bid_token: SecretStr | None = _setting("bid_token")
    leadflow_url: str = _setting("leadflow_url", LEADFLOW_URL)
    bids_url: str | None = _setting("bids_url")
    cache_dir: Path = _setting("cache_dir", default_factory=_user_cache)
    offline: bool = _setting("offline", default=False)
    requests_per_minute: float = _setting("requests_per_minute", 100.0)
    settle_days: int = _setting("settle_days", 7)
    bids_timezone: str = _setting("bids_timezone", "America/New_York")
    deadline: float = _setting("deadline", 300.0)
    mask_key: SecretStr | None = _setting("mask_key")

    def __init__(self, **values: Any) -> None:
        # pydantic's own message names fields, not what to do
        problems = ""
        try:
            super().__init__(**values)
        except ValidationError as error:
            problems = "; ".join(
                f"{self.variable(str(item['loc'][0])) if item['loc'] else 'settings'}: {item['msg']}"
                for item in error.errors(include_input=False, include_context=False)
            )
        if problems:
            raise ConfigError(f"a setting cannot be used: {problems}")

    @field_validator("leadflow_url", "bids_url")
    @classmethod
    def _known_origin(cls, url: str | None) -> str | None:
        if url is None:
            return None
        origin_of(url)
        return url.rstrip("/")

    @field_validator("requests_per_minute", "settle_days", "deadline")
    @classmethod
    def _not_negative(cls, value: float) -> float:
        if value < 0:
            raise ValueError("must not be negative")
        return value

    @staticmethod
    def variable(name: str) -> str:
        """Environment variable of a setting.

        Examples
        --------
        >>> Settings.variable("bid_token")
        'DIALOGTECH_BID_TOKEN'
        """
        return _ENVIRONMENT.get(name, name)

    def leadflow_endpoint(self) -> str:
        """Address of the LeadFlow History report."""
        return _with_path(self.leadflow_url, LEADFLOW_URL)

    def bids_endpoint(self, version: Literal["v2", "v3"] = "v2") -> str:
        """Address of Bid Management in one version."""
        if self.bids_url is None:
            return BIDS_URLS[version]
        url = _with_path(self.bids_url, BIDS_URLS[version])
        return url.replace("/v2/user/", f"/{version}/user/").replace("/v3/user/", f"/{version}/user/")

    def require(self, *names: str) -> None:
        """Raise a ConfigError that names the variables of credentials that are not set."""
        missing = [self.variable(name) for name in names if not getattr(self, name)]
        if missing:
            raise ConfigError(
                f"credentials are missing: set {' and '.join(missing)} in the environment or in a .env file "
                "(or try the package without an account: dta.demo())"
            )

    def account(self, *names: str) -> str:
        """Fingerprint that separates accounts in the cache; the credentials cannot be read from it."""
        self.require(*names)
        digest = hashlib.blake2b(person=b"dta-account", digest_size=8)
        for name in names:
            digest.update(getattr(self, name).get_secret_value().encode() + b"\0")
        return digest.hexdigest()


def origin_of(url: str) -> str:
    """Scheme, host and port of an address that may be given credentials.

    Raises
    ------
    ConfigError
        When it is neither https nor http on this machine, or carries a user name.

    Examples
    --------
    >>> origin_of("https://Example.com/report?x=1")
    'https://example.com:443'
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host or parts.username is not None or parts.password is not None:
        raise ConfigError("an address of a service must look like https://host/path, without a user name")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ConfigError(
            f"{parts.scheme}://{host} is refused: credentials go over https only (http on this machine only)"
        )
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}:{port}"


def _with_path(url: str, vendor: str) -> str:
    return url if urlsplit(url).path.strip("/") else url.rstrip("/") + urlsplit(vendor).path


_overrides: list[Settings] = []


def current() -> Settings:
    """The settings in force: the innermost ``using``, else environment and ``.env``."""
    return _overrides[-1] if _overrides else Settings()


@contextmanager
def using(settings: Settings) -> Iterator[Settings]:
    """Put other settings in force for a while, in the whole process.

    A plain stack and no context variable: a notebook runs each cell in a context of its own.
    """
    _overrides.append(settings)
    try:
        yield settings
    finally:
        _overrides.remove(settings)
