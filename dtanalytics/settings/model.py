"""The settings: what each means, how it is read, and which address its credentials may go to."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr

from dtanalytics.errors import ConfigError, nearest
from dtanalytics.settings import values
from dtanalytics.settings.origins import (
    BIDS_URLS,
    LEADFLOW_URL,
    is_vendor,
    origin_of,
    read_address,
    with_path,
)
from dtanalytics.settings.outside import ARGUMENTS, SECRETS, VARIABLES, Given, given_outside, wrapped
from dtanalytics.texts.numerals import Numerals, numerals

_READERS: dict[str, Callable[[Any], Any]] = {
    "access_key": values.read_key,
    "secret_access_key": values.read_key,
    "api_key": values.read_key,
    "bid_token": values.read_key,
    "leadflow_url": read_address,
    "bids_url": lambda value: None if value is None else read_address(value),
    "cache_dir": values.read_folder,
    "offline": values.read_flag,
    "requests_per_minute": functools.partial(
        values.read_number, least=1, most=values.MOST_PER_MINUTE, zero="no limit"
    ),
    "settle_days": functools.partial(values.read_whole, most=values.MOST_SETTLE_DAYS),
    "bids_timezone": values.read_zone,
    "deadline": functools.partial(values.read_number, least=0.1, most=values.LONGEST_DEADLINE),
    "mask_key": values.read_pass_phrase,
    "currency": values.read_currency,
    "locale": values.read_locale,
}
_SENT_TO = {
    "leadflow_url": ("access_key", "secret_access_key", "api_key"),
    "bids_url": ("bid_token",),
}
"""Which credentials go to which address; v3 of Bid Management is checked where it is asked."""


class Settings(BaseModel):
    """Where the services are, who asks, and where the cache lives.

    Every field can be given as an argument, by its environment variable (``Settings.variable(name)``), or
    by that variable in a file ``.env`` in the working folder; the first of these that has it counts. White
    space around a value does not count, and an empty variable is one that is not set.

    A credential goes to the vendor's addresses, or to an address that was set in the same place: keys of the
    environment never go where a ``.env`` points.

    Attributes
    ----------
    access_key, secret_access_key, api_key : SecretStr or None
        LeadFlow's two keys and its rate-limit key; Bid Management v3 uses the first two.
    bid_token : SecretStr or None
        Bid Management v2's token.
    leadflow_url, bids_url : str or None
        Other addresses of the services: https, or http on this machine. An address without a path gets the
        vendor's path.
    cache_dir : Path
        Folder of the cache; it holds telephone numbers. ``~`` and variables are replaced. In the environment
        and in ``.env`` it is absolute, so that it does not depend on the working folder.
    offline : bool
        Never ask a service; days that are not cached raise.
    requests_per_minute : float
        Ceiling of each service and account, 1 to 10,000, a fraction rounded down [1/min]; 0 turns it off.
    settle_days : int
        A day is final that many days after its end, 0 to 3,660 [d].
    bids_timezone : str
        Zone in which Bid Management writes its clocks.
    deadline : float
        Longest time of one load, without waits for the account's own quota, 0.1 to 86,400 [s].
    mask_key : SecretStr or None
        Key of the pseudonyms that ``df.calls.mask()`` makes.
    currency : str
        Currency of the account's money, a code of ISO 4217: what uploads, tables and plots say unless told.
    locale : str or None
        How tables, plots and pages write numbers and money, such as ``de_DE``; the package's own English
        when it is not set. Words and dates stay English, and files and frames as programs read them.

    Raises
    ------
    ConfigError
        A value that cannot be used, with the name of its variable and never the value of a secret; a
        credential whose address was set elsewhere; an argument of another name.

    Examples
    --------
    >>> Settings(settle_days=" 14 ").settle_days
    14
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    access_key: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    api_key: SecretStr | None = None
    bid_token: SecretStr | None = None
    leadflow_url: str = LEADFLOW_URL
    bids_url: str | None = None
    cache_dir: Path = Field(default_factory=values.user_cache)
    offline: bool = False
    requests_per_minute: float = 100.0
    settle_days: int = 7
    bids_timezone: str = "America/New_York"
    deadline: float = 300.0
    mask_key: SecretStr | None = None
    currency: str = "USD"
    locale: str | None = None

    _places: dict[str, str] = PrivateAttr(default_factory=dict)

    def __init__(self, **arguments: Any) -> None:
        given = given_outside() | _arguments(arguments)
        arguments.clear()  # a traceback that shows variables shows no secret
        read, problems = _read(given)
        if problems:
            raise ConfigError(_told(problems))
        super().__init__(**read)
        self._places = {name: item.place for name, item in given.items()}
        self._check_addresses()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with other values, read as if they were arguments.

        A value that cannot be used raises where the settings are put in force or used.
        """
        update = dict(update or {})
        given = _arguments(update)
        read, problems = _read(given)
        copied = super().model_copy(update=read | {name: given[name].value for name in problems}, deep=deep)
        copied._places = self._places | {name: item.place for name, item in given.items()}  # noqa: SLF001  # ours
        return copied

    def checked(self) -> Self:
        """Return these settings, or raise what is wrong with them; cheap enough for every load.

        Settings that were copied with other values, or made without validation, are read here.
        """
        held = {name: Given(self.__dict__.get(name), self._place(name)) for name in VARIABLES}
        read, problems = _read(held)
        if problems:
            raise ConfigError(_told(problems))
        same = all(read[name] is self.__dict__[name] or read[name] == self.__dict__[name] for name in read)
        settings = self if same else super().model_copy(update=read)
        settings._check_addresses()  # noqa: SLF001  # our own
        return settings

    def __getstate__(self) -> dict[Any, Any]:
        """Refuse to pickle secrets: a pickle travels and stays."""
        held = [VARIABLES[name] for name in sorted(SECRETS) if self.__dict__.get(name)]
        if held:
            raise ConfigError(
                f"settings that hold {', '.join(held)} are not pickled, because a pickle shows them: "
                "let each process read its own environment"
            )
        return super().__getstate__()

    @staticmethod
    def variable(name: str) -> str:
        """Environment variable of a setting.

        Examples
        --------
        >>> Settings.variable("bid_token")
        'DIALOGTECH_BID_TOKEN'
        """
        return VARIABLES.get(name, name)

    @property
    def numerals(self) -> Numerals:
        """How numbers are written for people."""
        return numerals(self.locale)

    def leadflow_endpoint(self) -> str:
        """Address of the LeadFlow History report."""
        return with_path(self.leadflow_url, LEADFLOW_URL)

    def bids_endpoint(self, version: Literal["v2", "v3"] = "v2") -> str:
        """Address of Bid Management in one version."""
        if self.bids_url is None:
            return BIDS_URLS[version]
        url = with_path(self.bids_url, BIDS_URLS[version])
        return url.replace("/v2/user/", f"/{version}/user/").replace("/v3/user/", f"/{version}/user/")

    def require(self, *names: str) -> None:
        """Raise a ConfigError that names the variables of credentials that are not set."""
        missing = [self.variable(name) for name in names if not getattr(self, name)]
        if missing:
            listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            raise ConfigError(
                f"set {listed} in the environment or in a .env file, or try the package "
                "without an account by dta.demo(): credentials are missing"
            )

    def account(self, *names: str) -> str:
        """Fingerprint that separates accounts in the cache; the credentials cannot be read from it."""
        self.require(*names)
        digest = hashlib.blake2b(person=b"dta-account", digest_size=8)
        for name in names:
            digest.update(getattr(self, name).get_secret_value().encode() + b"\0")
        return digest.hexdigest()

    def check_place(self, address: str, *credentials: str) -> None:
        """Raise a ConfigError when credentials would go to an address that was set in another place.

        Parameters
        ----------
        address : str
            Name of the setting that holds the address.
        *credentials : str
            Names of the settings that would be sent to it.
        """
        url = getattr(self, address)
        if url is None or is_vendor(url):
            return
        place = self._place(address)
        for name in credentials:
            if getattr(self, name) and self._place(name) != place:
                raise ConfigError(
                    f"{VARIABLES[address]} in {place} names {origin_of(url)}, but {VARIABLES[name]} stands "
                    f"in {self._place(name)}: a key goes only to the vendor, or to an address that is set in "
                    "the same place. Set both in one place, or remove the address"
                )

    def _check_addresses(self) -> None:
        for address, credentials in _SENT_TO.items():
            self.check_place(address, *credentials)

    def _place(self, name: str) -> str:
        places: dict[str, str] = (self.__pydantic_private__ or {}).get("_places", {})
        return places.get(name, ARGUMENTS)


def problems_outside() -> dict[str, str]:
    """What is wrong with each variable of the environment and of ``.env``.

    Raises
    ------
    ConfigError
        When ``.env`` cannot be read.
    """
    return {VARIABLES[name]: text for name, text in _read(given_outside())[1].items()}


def _arguments(arguments: dict[str, Any]) -> dict[str, Given]:
    fields = {variable: name for name, variable in VARIABLES.items()}
    unknown = next((name for name in arguments if fields.get(name, name) not in VARIABLES), None)
    if unknown is not None:
        arguments.clear()  # a traceback that shows variables shows no secret
        raise ConfigError(f"there is no setting {unknown[:60]!r}: {nearest(unknown, VARIABLES)}")
    given = {}
    for name, value in arguments.items():
        field = fields.get(name, name)
        given[field] = Given(wrapped(field, value), ARGUMENTS)
    return given


def _read(given: Mapping[str, Given]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values as they are meant, and what is wrong with which."""
    read, problems = {}, {}
    for name, item in given.items():
        try:
            value = _READERS[name](item.value)
        except (ValueError, TypeError) as error:
            problems[name] = str(error)
            continue
        if name == "cache_dir" and not value.is_absolute():
            if item.place != ARGUMENTS:
                quoted = str(value)[:1] in {'"', "'"}
                problems[name] = (
                    "it stands in quotes; leave them out"
                    if quoted
                    else "it is relative to the working folder; begin it with / or ~ (or a drive)"
                )
                continue
            value = value.absolute()
        read[name] = value
    return read, problems


def _told(problems: Mapping[str, str]) -> str:
    found = "; ".join(f"{VARIABLES[name]}: {text}" for name, text in problems.items())
    return f"a setting cannot be used: {found}"
