"""Settings as they stand in the environment and in ``.env``: where each comes from is kept beside it."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dotenv
from pydantic import SecretStr

from dtanalytics.errors import ConfigError

VARIABLES = {
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
    "currency": "DTANALYTICS_CURRENCY",
    "locale": "DTANALYTICS_LOCALE",
}
SECRETS = frozenset({"access_key", "secret_access_key", "api_key", "bid_token", "mask_key"})
PREFIX = "DTANALYTICS_"
ARGUMENTS, ENVIRONMENT = "the arguments", "the environment"

_FIELDS = {variable: name for name, variable in VARIABLES.items()}
_MOST_BYTES = 1 << 20
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


@dataclass(frozen=True)
class Given:
    """A value as it was typed, and the place where it stands; the text of a secret is wrapped."""

    value: Any
    place: str


def wrapped(name: str, value: Any) -> Any:
    """Wrap the text of a secret, so that no message and no traceback shows it."""
    if name not in SECRETS or value is None or isinstance(value, SecretStr):
        return value
    return SecretStr(value) if isinstance(value, str) else type(value)


def given_outside() -> dict[str, Given]:
    """Settings of the environment and, where it has none, of ``.env`` in the working folder."""
    return _from_file(Path(".env")) | _ours(os.environ, ENVIRONMENT)


def _ours(variables: Mapping[str, str | None], place: str) -> dict[str, Given]:
    """Those of our variables that are not empty, in any case; one in capitals takes precedence.

    Raises
    ------
    ConfigError
        A variable is called almost as one of ours: it would have no effect.
    """
    given = {}
    for variable in sorted(variables, reverse=True):  # capitals come last, and so overwrite
        name, value = _FIELDS.get(variable.upper()), variables[variable]
        if name is None and variable.upper().startswith(PREFIX):
            _refuse_misspelt(variable, place)
        if name and value and value.strip():
            given[name] = Given(wrapped(name, value), place)
    return given


def _refuse_misspelt(variable: str, place: str) -> None:
    import difflib  # only a variable that is none of ours needs it

    known = {ours.removeprefix(PREFIX): ours for ours in _FIELDS if ours.startswith(PREFIX)}
    close = difflib.get_close_matches(variable.upper().removeprefix(PREFIX), known, n=1, cutoff=0.8)
    if close:
        raise ConfigError(
            f"{variable} in {place} is no setting; did you mean {known[close[0]]}? Correct or remove it"
        )


def _from_file(file: Path) -> dict[str, Given]:
    """Variables of a ``.env`` file that are ours; nothing in it is replaced or run."""
    try:
        if not file.is_file():
            return {}
        place = str(file.absolute())
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = str(error.strerror)
    else:
        if len(content) > _MOST_BYTES:
            raise ConfigError(f"{place} is larger than 1 MiB and not read: it cannot be a file of settings")
        text = _text(content)
        if text is not None:
            return _ours(dotenv.dotenv_values(stream=io.StringIO(text), interpolate=False), place)
        reason = "it is no text in UTF-8 or UTF-16"
    raise ConfigError(f"{file.absolute()} cannot be read ({reason}): save it again, or remove it")


def _text(content: bytes) -> str | None:
    """Text of a file, however an editor or a shell saved it."""
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
